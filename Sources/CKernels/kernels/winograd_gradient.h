// The rest of Winograd's convolution: gradients of the output and of the weights, and the products.

// The gradient at one output, zero where the output is not above zero.
INLINE Vector masked_gradient(
    const float *upstream, const float *output, Vector scale, long count) {
  const Vector gradient = scale * load_some(upstream, count);
  return output ? keep(load_some(output, count) > (Vector){0}, gradient) : gradient;
}

// dY of one tile, and its sum.
INLINE Vector tile_gradient(
    const Window *window, const float *upstream, const float *output, Vector scale,
    long row_stride, long channels, long count, Vector y[TILE][TILE]) {
  Vector sum = {0};
  UNROLL for (int i = 0; i < TILE; i++) {
    UNROLL for (int j = 0; j < TILE; j++) {
      const long place = i * row_stride + j * channels;
      y[i][j] = (Vector){0};
      if (i >= window->bottom || j >= window->right) continue;
      y[i][j] = masked_gradient(upstream + place, output ? output + place : 0, scale, count);
      sum += y[i][j];
    }
  }
  return sum;
}

// The same from pooled gradients, each of which goes to one of four outputs.
INLINE Vector tile_gradient_from_pooled(
    const Window *window, const float *upstream, const float *output, const uint8_t *choices,
    Vector scale, long width, long channels, long count, Vector y[TILE][TILE]) {
  const long bytes = (channels + 7) / 8;
  Vector sum = {0};
  UNROLL for (int i = 0; i < TILE / 2; i++) {
    UNROLL for (int j = 0; j < TILE / 2; j++) {
      Vector gradient = {0};
      Mask right = {0}, below = {0};
      if (i < window->bottom && j < window->right) {
        const long pixel = i * width + j, place = pixel * channels;
        gradient = masked_gradient(upstream + place, output ? output + place : 0, scale, count);
        right = load_bits(choices + pixel * 2 * bytes, count);
        below = load_bits(choices + pixel * 2 * bytes + bytes, count);
      }
      sum += gradient;
      y[2 * i][2 * j] = keep(~right & ~below, gradient);
      y[2 * i][2 * j + 1] = keep(right & ~below, gradient);
      y[2 * i + 1][2 * j] = keep(~right & below, gradient);
      y[2 * i + 1][2 * j + 1] = keep(right & below, gradient);
    }
  }
  return sum;
}

INLINE void transform_tile_gradient(
    const Vector y[TILE][TILE], float *target, long plane_stride) {
  Vector columns[TILE][PATCH];
  UNROLL for (int j = 0; j < TILE; j++) {
    Vector column[TILE];
    UNROLL for (int i = 0; i < TILE; i++) column[i] = y[i][j];
    transform_output_gradient(column, columns[j]);
  }
  UNROLL for (int i = 0; i < PATCH; i++) {
    Vector row[TILE], m[PATCH];
    UNROLL for (int j = 0; j < TILE; j++) row[j] = columns[j][i];
    transform_output_gradient(row, m);
    UNROLL for (int j = 0; j < PATCH; j++) store(target + (i * PATCH + j) * plane_stride, m[j]);
  }
}

static void winograd_gradient(
    WinogradShape shape, WinogradBlock block, const float *upstream, const float *output,
    const uint8_t *choices, float scale, float *planes, float *bias_gradient) {
  const long channels = shape.output_channels, bytes = (channels + 7) / 8;
  const Vector factor = splat(scale);
  for (long c = 0; c < block.channels; c += WIDTH) {
    const long count = smaller(WIDTH, block.channels - c), channel = block.first_channel + c;
    float *target = planes + c * block.capacity;
    Vector sum = {0};
    Tile tile = tile_at(shape, block.first_tile);
    for (long t = 0; t < block.tiles; t++, advance(shape, &tile), target += WIDTH) {
      Vector y[TILE][TILE];
      if (choices) {
        const Window window = output_window(shape, &tile, TILE / 2);
        const long place = window.offset * channels + channel;
        sum += tile_gradient_from_pooled(
            &window, upstream + place, output ? output + place : 0,
            choices + window.offset * 2 * bytes + channel / 8, factor, shape.output_width / 2,
            channels, count, y);
      } else {
        const Window window = output_window(shape, &tile, TILE);
        const long place = window.offset * channels + channel;
        sum += tile_gradient(
            &window, upstream + place, output ? output + place : 0, factor,
            shape.output_width * channels, channels, count, y);
      }
      transform_tile_gradient(y, target, block.plane_stride);
    }
    if (bias_gradient)
      store_some(
          bias_gradient + channel, load_some(bias_gradient + channel, count) + sum, count);
  }
}

static void winograd_products(
    const float *a, WinogradBlock block, const float *u, long u_depth, float *products,
    long product_stride, long columns, int flags) {
  for (long plane = 0; plane < PLANES; plane++)
    multiply_panel(
        a + plane * block.plane_stride, block.capacity * WIDTH, block.tiles, 1, block.channels,
        u + plane * u_depth * PANEL, 0, products + plane * product_stride, PANEL, blocks(columns),
        flags);
}

static void winograd_weight_products(
    const float *v, WinogradBlock v_block, const float *gradient, WinogradBlock gradient_block,
    float *transformed, long u_depth, long u_columns) {
  const long depth = blocks(v_block.channels) * WIDTH;
  const long columns = blocks(gradient_block.channels) * WIDTH;
  for (long plane = 0; plane < PLANES; plane++)
    transposed_product(
        v + plane * v_block.plane_stride, gradient + plane * gradient_block.plane_stride,
        v_block.capacity, v_block.tiles, 1, depth, columns,
        transformed + (plane * u_depth + v_block.first_channel) * u_columns
            + gradient_block.first_channel,
        u_columns);
}

static void winograd_weights(
    const float *weights, long depth, long columns, float *transformed) {
  for (long column = 0; column < columns; column += WIDTH) {
    const long count = smaller(WIDTH, columns - column);
    float *panel = transformed + column / PANEL * PANEL * PLANES * depth + column % PANEL;
    for (long k = 0; k < depth; k++) {
      Vector half[3][PATCH];
      for (int j = 0; j < 3; j++) {
        Vector g[3];
        UNROLL for (int i = 0; i < 3; i++)
          g[i] = load_some(weights + ((i * 3 + j) * depth + k) * columns + column, count);
        transform_weights(g, half[j]);
      }
      for (int i = 0; i < PATCH; i++) {
        Vector g[3] = {half[0][i], half[1][i], half[2][i]}, u[PATCH];
        transform_weights(g, u);
        UNROLL for (int j = 0; j < PATCH; j++)
          store(panel + ((i * PATCH + j) * depth + k) * PANEL, u[j]);
      }
    }
  }
}

static void winograd_weight_gradient(
    const float *transformed, long u_depth, long u_columns, long depth, long columns,
    long first_row, long rows, float *gradient) {
  for (long k = first_row; k < first_row + rows; k++) {
    for (long column = 0; column < columns; column += WIDTH) {
      const long count = smaller(WIDTH, columns - column);
      const float *source = transformed + k * u_columns + column;
      Vector half[PATCH][3];
      for (int j = 0; j < PATCH; j++) {
        Vector u[PATCH];
        UNROLL for (int i = 0; i < PATCH; i++)
          u[i] = load(source + (i * PATCH + j) * u_depth * u_columns);
        transform_weight_gradient(u, half[j]);
      }
      for (int i = 0; i < 3; i++) {
        Vector u[PATCH], g[3];
        UNROLL for (int j = 0; j < PATCH; j++) u[j] = half[j][i];
        transform_weight_gradient(u, g);
        UNROLL for (int j = 0; j < 3; j++)
          store_some(gradient + ((i * 3 + j) * depth + k) * columns + column, g[j], count);
      }
    }
  }
}
