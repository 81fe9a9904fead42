// The rest of Winograd's convolution: gradients of the output and of the weights, and the products.

// What a tile of gradients is read from, in pixels `row_stride` and `column_stride` floats apart.
typedef struct {
  const float *upstream, *output;  // the output may be null
  long row_stride, column_stride;
} TileSource;

// The gradient at one output, zero where the output is not above zero.
INLINE Vector gradient_at(const TileSource *source, long i, long j, Vector scale) {
  const long place = i * source->row_stride + j * source->column_stride;
  const Vector gradient = scale * load(source->upstream + place);
  if (!source->output) return gradient;
  return keep(load(source->output + place) > (Vector){0}, gradient);
}

// dY of one tile, and its sum.
INLINE Vector tile_gradient(
    const int tile, const TileSource *source, Vector scale,
    Vector y[MOST_OUTPUTS][MOST_OUTPUTS]) {
  Vector sum = {0};
  UNROLL for (int i = 0; i < tile; i++) {
    UNROLL for (int j = 0; j < tile; j++) {
      y[i][j] = gradient_at(source, i, j, scale);
      sum += y[i][j];
    }
  }
  return sum;
}

// The same from pooled gradients, each of which goes to one of four outputs.
INLINE Vector tile_gradient_from_pooled(
    const int tile, const TileSource *source, Mask right[2][2], Mask below[2][2], Vector scale,
    Vector y[MOST_OUTPUTS][MOST_OUTPUTS]) {
  Vector sum = {0};
  UNROLL for (int i = 0; i < tile / 2; i++) {
    UNROLL for (int j = 0; j < tile / 2; j++) {
      const Vector gradient = gradient_at(source, i, j, scale);
      const Mask r = right[i][j], b = below[i][j];
      sum += gradient;
      y[2 * i][2 * j] = keep(~r & ~b, gradient);
      y[2 * i][2 * j + 1] = keep(r & ~b, gradient);
      y[2 * i + 1][2 * j] = keep(~r & b, gradient);
      y[2 * i + 1][2 * j + 1] = keep(r & b, gradient);
    }
  }
  return sum;
}

INLINE void transform_tile_gradient(
    const int tile, const Vector y[MOST_OUTPUTS][MOST_OUTPUTS], float *target,
    long plane_stride) {
  Vector columns[MOST_OUTPUTS][PATCH];
  UNROLL for (int j = 0; j < tile; j++) {
    Vector column[MOST_OUTPUTS];
    UNROLL for (int i = 0; i < tile; i++) column[i] = y[i][j];
    transform_output_gradient(tile, column, columns[j]);
  }
  UNROLL for (int i = 0; i < PATCH; i++) {
    Vector row[MOST_OUTPUTS], m[PATCH];
    UNROLL for (int j = 0; j < tile; j++) row[j] = columns[j][i];
    transform_output_gradient(tile, row, m);
    UNROLL for (int j = 0; j < PATCH; j++) store(target + (i * PATCH + j) * plane_stride, m[j]);
  }
}

INLINE void transform_gradients(
    const int outputs, const bool is_pooled, WinogradShape shape, WinogradBlock block,
    const float *upstream, const float *output, const uint8_t *choices, float scale,
    float *planes, float *bias_gradient) {
  enum { GROUP = 4 };  // vectors whose sums are kept while the tiles go by
  const int size = is_pooled ? outputs / 2 : outputs;
  const long channels = shape.output_channels, bytes = (channels + 7) / 8;
  const long width = shape.output_width >> is_pooled;
  const Vector factor = splat(scale);
  for (long group = 0; group < block.channels; group += GROUP * WIDTH) {
    Vector sums[GROUP] = {{0}};
    Tile tile = tile_at(shape, block.first_tile);
    for (long t = 0; t < block.tiles; t++, advance(shape, &tile)) {
      const Window window = output_window(shape, &tile, size, is_pooled);
      const bool whole = is_whole(&window, size);
      const long end = smaller(group + GROUP * WIDTH, block.channels);
      for (long c = group; c < end; c += WIDTH) {
        const long count = smaller(WIDTH, block.channels - c), channel = block.first_channel + c;
        const long place = window.offset * channels + channel;
        TileSource source = {
            upstream + place, output ? output + place : 0, width * channels, channels};
        float upstream_copy[MOST_OUTPUTS * MOST_OUTPUTS * WIDTH];
        float output_copy[MOST_OUTPUTS * MOST_OUTPUTS * WIDTH];
        if (!whole || count < WIDTH) {
          copy_from_image(
              &window, size, source.upstream, width * channels, channels, count, upstream_copy);
          if (output)
            copy_from_image(
                &window, size, source.output, width * channels, channels, count, output_copy);
          source = (TileSource){upstream_copy, output ? output_copy : 0, size * WIDTH, WIDTH};
        }
        fetch_ahead(upstream + place, size, width * channels, channels, false);
        if (output) fetch_ahead(output + place, size, width * channels, channels, false);
        Vector y[MOST_OUTPUTS][MOST_OUTPUTS];
        if (is_pooled) {
          const uint8_t *bits = choices + window.offset * 2 * bytes + channel / 8;
          Mask right[2][2] = {{{0}}}, below[2][2] = {{{0}}};
          UNROLL for (int i = 0; i < size; i++) {
            UNROLL for (int j = 0; j < size; j++) {
              if (!whole && (i >= window.bottom || j >= window.right)) continue;
              right[i][j] = load_bits(bits + (i * width + j) * 2 * bytes, count);
              below[i][j] = load_bits(bits + (i * width + j) * 2 * bytes + bytes, count);
            }
          }
          sums[(c - group) / WIDTH] +=
              tile_gradient_from_pooled(outputs, &source, right, below, factor, y);
        } else {
          sums[(c - group) / WIDTH] += tile_gradient(outputs, &source, factor, y);
        }
        transform_tile_gradient(
            outputs, y, planes + c * block.capacity + t * WIDTH, block.plane_stride);
      }
    }
    if (!bias_gradient) continue;
    for (long c = group; c < smaller(group + GROUP * WIDTH, block.channels); c += WIDTH) {
      float *target = bias_gradient + block.first_channel + c;
      const long count = smaller(WIDTH, block.channels - c);
      store_some(target, load_some(target, count) + sums[(c - group) / WIDTH], count);
    }
  }
}

INLINE void transform_any_gradients(
    const int outputs, WinogradShape shape, WinogradBlock block, const float *upstream,
    const float *output, const uint8_t *choices, float scale, float *planes,
    float *bias_gradient) {
  if (choices)
    transform_gradients(
        outputs, true, shape, block, upstream, output, choices, scale, planes, bias_gradient);
  else
    transform_gradients(
        outputs, false, shape, block, upstream, output, 0, scale, planes, bias_gradient);
}

static void winograd_gradient(
    WinogradShape shape, WinogradBlock block, const float *upstream, const float *output,
    const uint8_t *choices, float scale, float *planes, float *bias_gradient) {
  if (shape.tile == 4)
    transform_any_gradients(
        4, shape, block, upstream, output, choices, scale, planes, bias_gradient);
  else
    transform_any_gradients(
        2, shape, block, upstream, output, choices, scale, planes, bias_gradient);
}

static void winograd_products(
    const float *a, WinogradBlock block, const float *u, long u_depth, float *products,
    long product_stride, long columns, int flags) {
  for (long plane = 0; plane < PLANES; plane++)
    multiply_panel(
        a + plane * block.plane_stride, (Blocks){0, block.capacity * WIDTH}, block.tiles, 1,
        block.channels, u + plane * u_depth * PANEL, PANEL, 0, products + plane * product_stride,
        PANEL, vectors_of(columns), flags);
}

static void winograd_weight_products(
    const float *v, WinogradBlock v_block, const float *gradient, WinogradBlock gradient_block,
    float *transformed, long u_depth, long u_columns) {
  const long depth = vectors_of(v_block.channels) * WIDTH;
  const long columns = vectors_of(gradient_block.channels) * WIDTH;
  for (long plane = 0; plane < PLANES; plane++)
    transposed_product(
        v + plane * v_block.plane_stride, gradient + plane * gradient_block.plane_stride,
        v_block.capacity, v_block.tiles, 1, depth, columns,
        transformed + (plane * u_depth + v_block.first_channel) * u_columns
            + gradient_block.first_channel,
        u_columns);
}

INLINE void transform_filters(
    const int tile, const float *weights, long depth, long columns, long stride,
    float *transformed) {
  const int taps = TAPS_OF(tile);
  for (long column = 0; column < columns; column += WIDTH) {
    const long count = smaller(WIDTH, columns - column);
    float *panel = transformed + column / PANEL * PANEL * PLANES * depth + column % PANEL;
    for (long k = 0; k < depth; k++) {
      Vector half[MOST_TAPS][PATCH];
      for (int j = 0; j < taps; j++) {
        Vector g[MOST_TAPS];
        UNROLL for (int i = 0; i < taps; i++)
          g[i] = load_some(weights + ((i * taps + j) * depth + k) * stride + column, count);
        transform_weights(tile, g, half[j]);
      }
      for (int i = 0; i < PATCH; i++) {
        Vector g[MOST_TAPS], u[PATCH];
        UNROLL for (int j = 0; j < taps; j++) g[j] = half[j][i];
        transform_weights(tile, g, u);
        UNROLL for (int j = 0; j < PATCH; j++)
          store(panel + ((i * PATCH + j) * depth + k) * PANEL, u[j]);
      }
    }
  }
}

static void winograd_weights(
    long tile, const float *weights, long depth, long columns, long stride, float *transformed) {
  if (tile == 4)
    transform_filters(4, weights, depth, columns, stride, transformed);
  else
    transform_filters(2, weights, depth, columns, stride, transformed);
}

INLINE void transform_filter_gradients(
    const int tile, const float *transformed, long u_depth, long u_columns, long depth,
    long columns, long stride, long first_row, long rows, float *gradient) {
  const int taps = TAPS_OF(tile);
  for (long k = first_row; k < first_row + rows; k++) {
    for (long column = 0; column < columns; column += WIDTH) {
      const long count = smaller(WIDTH, columns - column);
      const float *source = transformed + k * u_columns + column;
      Vector half[PATCH][MOST_TAPS];
      for (int j = 0; j < PATCH; j++) {
        Vector u[PATCH];
        UNROLL for (int i = 0; i < PATCH; i++)
          u[i] = load(source + (i * PATCH + j) * u_depth * u_columns);
        transform_weight_gradient(tile, u, half[j]);
      }
      for (int i = 0; i < taps; i++) {
        Vector u[PATCH], g[MOST_TAPS];
        UNROLL for (int j = 0; j < PATCH; j++) u[j] = half[j][i];
        transform_weight_gradient(tile, u, g);
        UNROLL for (int j = 0; j < taps; j++)
          store_some(gradient + ((i * taps + j) * depth + k) * stride + column, g[j], count);
      }
    }
  }
}

static void winograd_weight_gradient(
    long tile, const float *transformed, long u_depth, long u_columns, long depth, long columns,
    long stride, long first_row, long rows, float *gradient) {
  if (tile == 4)
    transform_filter_gradients(
        4, transformed, u_depth, u_columns, depth, columns, stride, first_row, rows, gradient);
  else
    transform_filter_gradients(
        2, transformed, u_depth, u_columns, depth, columns, stride, first_row, rows, gradient);
}
