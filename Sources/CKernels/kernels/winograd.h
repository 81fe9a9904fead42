// Winograd's minimal convolutions F(4x4, 3x3) and F(2x2, 5x5): Y = A^T [(G g G^T) . (B^T d B)] A on
// tiles of 4x4 or 2x2 outputs, and their adjoints. Both see patches of 6x6 and share the points,
// and so B. `tile`, 4 or 2, says which: a constant wherever it decides more than a place.
//
// Points 0, +-3/4, +-3/2 and infinity: about half the rounding error of the usual 0, +-1, +-2, since
// the powers stay closer to one, and A and B are exact in binary. (Lavin and Gray, CVPR 2016; the
// matrices follow from the points as in Barabasz et al., ACM TOMS 46, 2020.)

// Points +-P and +-Q, their squares, cubes and what B is made of.
#define P 0.75f
#define Q 1.5f
#define P2 (P * P)
#define Q2 (Q * Q)
#define P3 (P * P2)
#define Q3 (Q * Q2)
#define P4 (P2 * P2)
#define Q4 (Q2 * Q2)

// A tile of outputs and the taps of the kernel are one less together than a patch.
enum { PATCH = 6, PLANES = PATCH * PATCH, MOST_OUTPUTS = 4, MOST_TAPS = 5 };
#define TAPS_OF(tile) (PATCH + 1 - (tile))

// v = B^T d
INLINE void transform_input(const Vector d[6], Vector v[6]) {
  const Vector even_p = d[4] - Q2 * d[2], odd_p = d[3] - Q2 * d[1];
  const Vector even_q = d[4] - P2 * d[2], odd_q = d[3] - P2 * d[1];
  v[0] = P2 * Q2 * d[0] + (d[4] - (P2 + Q2) * d[2]);
  v[1] = even_p + P * odd_p;
  v[2] = even_p - P * odd_p;
  v[3] = even_q + Q * odd_q;
  v[4] = even_q - Q * odd_q;
  v[5] = P2 * Q2 * d[1] + (d[5] - (P2 + Q2) * d[3]);
}

// d = B v, the adjoint
INLINE void transform_input_gradient(const Vector v[6], Vector d[6]) {
  const Vector sum_p = v[1] + v[2], difference_p = v[1] - v[2];
  const Vector sum_q = v[3] + v[4], difference_q = v[3] - v[4];
  d[0] = P2 * Q2 * v[0];
  d[1] = P2 * Q2 * v[5] - P * Q2 * difference_p - Q * P2 * difference_q;
  d[2] = -(P2 + Q2) * v[0] - Q2 * sum_p - P2 * sum_q;
  d[3] = P * difference_p + Q * difference_q - (P2 + Q2) * v[5];
  d[4] = v[0] + sum_p + sum_q;
  d[5] = v[5];
}

// y = A^T m
INLINE void transform_output(const int tile, const Vector m[6], Vector y[MOST_OUTPUTS]) {
  const Vector sum_p = m[1] + m[2], difference_p = m[1] - m[2];
  const Vector sum_q = m[3] + m[4], difference_q = m[3] - m[4];
  y[0] = m[0] + sum_p + sum_q;
  y[1] = P * difference_p + Q * difference_q;
  if (tile == 4) {
    y[2] = P2 * sum_p + Q2 * sum_q;
    y[3] = P3 * difference_p + Q3 * difference_q + m[5];
  } else {
    y[1] += m[5];
  }
}

// m = A y, the adjoint
INLINE void transform_output_gradient(const int tile, const Vector y[MOST_OUTPUTS], Vector m[6]) {
  Vector even_p = y[0], odd_p = y[1], even_q = y[0], odd_q = y[1];
  if (tile == 4) {
    even_p += P2 * y[2];
    odd_p += P2 * y[3];
    even_q += Q2 * y[2];
    odd_q += Q2 * y[3];
  }
  m[0] = y[0];
  m[1] = even_p + P * odd_p;
  m[2] = even_p - P * odd_p;
  m[3] = even_q + Q * odd_q;
  m[4] = even_q - Q * odd_q;
  m[5] = y[tile - 1];
}

// What the rows of G have in common: 1 / (P^2 Q^2), and 1 / (2 x^2 (x^2 - y^2)) for both points.
#define G0 (1 / (P2 * Q2))
#define GP (1 / (2 * P2 * (P2 - Q2)))
#define GQ (1 / (2 * Q2 * (Q2 - P2)))

// u = G g
INLINE void transform_weights(const int tile, const Vector g[MOST_TAPS], Vector u[6]) {
  Vector even_p = GP * g[0] + GP * P2 * g[2], odd_p = GP * P * g[1];
  Vector even_q = GQ * g[0] + GQ * Q2 * g[2], odd_q = GQ * Q * g[1];
  if (tile == 2) {
    even_p += GP * P4 * g[4];
    odd_p += GP * P3 * g[3];
    even_q += GQ * Q4 * g[4];
    odd_q += GQ * Q3 * g[3];
  }
  u[0] = G0 * g[0];
  u[1] = even_p + odd_p;
  u[2] = even_p - odd_p;
  u[3] = even_q + odd_q;
  u[4] = even_q - odd_q;
  u[5] = g[TAPS_OF(tile) - 1];
}

// g = G^T u, the adjoint
INLINE void transform_weight_gradient(const int tile, const Vector u[6], Vector g[MOST_TAPS]) {
  const Vector sum_p = u[1] + u[2], sum_q = u[3] + u[4];
  const Vector difference_p = u[1] - u[2], difference_q = u[3] - u[4];
  g[0] = G0 * u[0] + GP * sum_p + GQ * sum_q;
  g[1] = GP * P * difference_p + GQ * Q * difference_q;
  g[2] = GP * P2 * sum_p + GQ * Q2 * sum_q;
  if (tile == 2) {
    g[3] = GP * P3 * difference_p + GQ * Q3 * difference_q;
    g[4] = GP * P4 * sum_p + GQ * Q4 * sum_q;
  }
  g[TAPS_OF(tile) - 1] += u[5];
}

#undef P
#undef Q

// The place of one tile. Walks with the tiles, since a division each would cost as much as a row.
typedef struct {
  long image, row, column;
} Tile;

INLINE Tile tile_at(WinogradShape shape, long index) {
  const long per_image = shape.tile_rows * shape.tile_columns, rest = index % per_image;
  return (Tile){index / per_image, rest / shape.tile_columns, rest % shape.tile_columns};
}

INLINE void advance(WinogradShape shape, Tile *tile) {
  if (++tile->column < shape.tile_columns) return;
  tile->column = 0;
  if (++tile->row < shape.tile_rows) return;
  tile->row = 0;
  tile->image++;
}

// The part of a tile's 6x6 patch that lies in the image: rows top ..< bottom, columns left ..< right
// of the patch, whose first pixel (perhaps outside) is at `offset` in pixels.
typedef struct {
  long offset, top, bottom, left, right;
} Window;

INLINE Window input_window(WinogradShape shape, const Tile *tile) {
  const long y = tile->row * shape.tile - shape.padding_top;
  const long x = tile->column * shape.tile - shape.padding_left;
  return (Window){
      .offset = (tile->image * shape.height + y) * shape.width + x,
      .top = smaller(larger(-y, 0), PATCH),
      .bottom = larger(smaller(shape.height - y, PATCH), 0),
      .left = smaller(larger(-x, 0), PATCH),
      .right = larger(smaller(shape.width - x, PATCH), 0),
  };
}

// The part of a tile's outputs that exists, or of what is left of them by pooling.
INLINE Window output_window(WinogradShape shape, const Tile *tile, const int size, bool is_pooled) {
  const long height = shape.output_height >> is_pooled, width = shape.output_width >> is_pooled;
  const long y = tile->row * size, x = tile->column * size;
  return (Window){
      .offset = (tile->image * height + y) * width + x,
      .bottom = larger(smaller(height - y, size), 0),
      .right = larger(smaller(width - x, size), 0),
  };
}

INLINE bool is_whole(const Window *w, const int size) {
  return w->top == 0 && w->left == 0 && w->bottom == size && w->right == size;
}

// Asks for what the tile after next will need of an image. The rows of a tile are far apart, and few
// channels of a pixel are wanted at a time, which is beyond what the processor foresees.
INLINE void fetch_ahead(
    const float *tile, const int size, long row_stride, long column_stride, const bool to_write) {
  UNROLL for (int i = 0; i < size; i++) {
    UNROLL for (int j = 0; j < size; j++) {
      const float *ahead = tile + i * row_stride + (j + 2 * size) * column_stride;
      if (to_write)
        __builtin_prefetch(ahead, 1);
      else
        __builtin_prefetch(ahead, 0);
    }
  }
}

// Copies of what a tile sees, WIDTH channels deep and `size` pixels wide, for tiles at an edge and
// channels that do not fill a vector: the kernels themselves know whole tiles only.
INLINE void copy_from_image(
    const Window *w, const int size, const float *image, long row_stride, long column_stride,
    long count, float *copy) {
  memset(copy, 0, (size_t)(size * size * WIDTH) * sizeof(float));
  for (long i = w->top; i < w->bottom; i++) {
    for (long j = w->left; j < w->right; j++)
      store(
          copy + (i * size + j) * WIDTH,
          load_some(image + i * row_stride + j * column_stride, count));
  }
}

INLINE void copy_to_image(
    const Window *w, const int size, const float *copy, float *image, long row_stride,
    long column_stride, long count) {
  for (long i = w->top; i < w->bottom; i++) {
    for (long j = w->left; j < w->right; j++)
      store_some(
          image + i * row_stride + j * column_stride, load(copy + (i * size + j) * WIDTH), count);
  }
}

static void winograd_input(
    WinogradShape shape, WinogradBlock block, const float *input, float *planes) {
  const long channels = shape.input_channels;
  Tile tile = tile_at(shape, block.first_tile);
  for (long t = 0; t < block.tiles; t++, advance(shape, &tile)) {
    const Window window = input_window(shape, &tile);
    const bool whole = is_whole(&window, PATCH);
    for (long c = 0; c < block.channels; c += WIDTH) {
      const long count = smaller(WIDTH, block.channels - c);
      const float *patch = input + window.offset * channels + block.first_channel + c;
      long row_stride = shape.width * channels, column_stride = channels;
      float copy[PLANES * WIDTH];
      if (!whole || count < WIDTH) {
        copy_from_image(&window, PATCH, patch, row_stride, column_stride, count, copy);
        patch = copy;
        row_stride = PATCH * WIDTH;
        column_stride = WIDTH;
      }
      Vector columns[PATCH][PATCH];
      for (int j = 0; j < PATCH; j++) {
        Vector d[PATCH];
        UNROLL for (int i = 0; i < PATCH; i++)
          d[i] = load(patch + i * row_stride + j * column_stride);
        transform_input(d, columns[j]);
      }
      float *target = planes + (c * block.capacity + t * WIDTH);
      UNROLL for (int i = 0; i < PATCH; i++) {
        Vector d[PATCH], v[PATCH];
        UNROLL for (int j = 0; j < PATCH; j++) d[j] = columns[j][i];
        transform_input(d, v);
        UNROLL for (int j = 0; j < PATCH; j++)
          store(target + (i * PATCH + j) * block.plane_stride, v[j]);
      }
    }
  }
}

static void winograd_input_gradient(
    WinogradShape shape, WinogradBlock block, const float *products, float *input_gradient) {
  const long channels = shape.input_channels;
  Tile tile = tile_at(shape, block.first_tile);
  for (long t = 0; t < block.tiles; t++, advance(shape, &tile)) {
    const Window window = input_window(shape, &tile);
    const bool whole = is_whole(&window, PATCH);
    for (long c = 0; c < block.channels; c += WIDTH) {
      const long count = smaller(WIDTH, block.channels - c);
      const float *source = products + t * PANEL + c;
      Vector columns[PATCH][PATCH];
      for (int j = 0; j < PATCH; j++) {
        Vector v[PATCH];
        UNROLL for (int i = 0; i < PATCH; i++)
          v[i] = load(source + (i * PATCH + j) * block.plane_stride);
        transform_input_gradient(v, columns[j]);
      }
      float *const place = input_gradient + window.offset * channels + block.first_channel + c;
      float *patch = place;
      long row_stride = shape.width * channels, column_stride = channels;
      float copy[PLANES * WIDTH];
      const bool copied = !whole || count < WIDTH;
      if (copied) {
        copy_from_image(&window, PATCH, place, row_stride, column_stride, count, copy);
        patch = copy;
        row_stride = PATCH * WIDTH;
        column_stride = WIDTH;
      }
      UNROLL for (int i = 0; i < PATCH; i++) {
        Vector v[PATCH], d[PATCH];
        UNROLL for (int j = 0; j < PATCH; j++) v[j] = columns[j][i];
        transform_input_gradient(v, d);
        float *row = patch + i * row_stride;
        UNROLL for (int j = 0; j < PATCH; j++)
          store(row + j * column_stride, load(row + j * column_stride) + d[j]);
      }
      if (copied)
        copy_to_image(
            &window, PATCH, copy, place, shape.width * channels, channels, count);
    }
  }
}

// The outputs of one tile, without bias.
INLINE void tile_outputs(
    const int tile, const float *source, long plane_stride,
    Vector y[MOST_OUTPUTS][MOST_OUTPUTS]) {
  Vector columns[PATCH][MOST_OUTPUTS];
  for (int j = 0; j < PATCH; j++) {
    Vector m[PATCH];
    UNROLL for (int i = 0; i < PATCH; i++) m[i] = load(source + (i * PATCH + j) * plane_stride);
    transform_output(tile, m, columns[j]);
  }
  UNROLL for (int i = 0; i < tile; i++) {
    Vector m[PATCH];
    UNROLL for (int j = 0; j < PATCH; j++) m[j] = columns[j][i];
    transform_output(tile, m, y[i]);
  }
}

INLINE void write_outputs(
    const int size, WinogradShape shape, WinogradBlock block, const float *products,
    const float *bias, int rectify, float *output, int around_cache) {
  const long channels = shape.output_channels;
  const Vector bound = lower_bound(rectify);
  const bool around = around_cache && can_pass_cache(output + block.first_channel, channels);
  Tile tile = tile_at(shape, block.first_tile);
  for (long t = 0; t < block.tiles; t++, advance(shape, &tile)) {
    const Window window = output_window(shape, &tile, size, false);
    const bool whole = is_whole(&window, size);
    for (long c = 0; c < block.channels; c += WIDTH) {
      const long count = smaller(WIDTH, block.channels - c), channel = block.first_channel + c;
      const Vector offset = bias ? load_some(bias + channel, count) : (Vector){0};
      Vector y[MOST_OUTPUTS][MOST_OUTPUTS];
      tile_outputs(size, products + t * PANEL + c, block.plane_stride, y);
      float *const place = output + window.offset * channels + channel;
      if (!around) fetch_ahead(place, size, shape.output_width * channels, channels, true);
      float copy[MOST_OUTPUTS * MOST_OUTPUTS * WIDTH];
      const bool copied = !whole || count < WIDTH;
      float *target = copied ? copy : place;
      const long row_stride = copied ? size * WIDTH : shape.output_width * channels;
      const long column_stride = copied ? WIDTH : channels;
      UNROLL for (int i = 0; i < size; i++) {
        UNROLL for (int j = 0; j < size; j++)
          put(
              target + i * row_stride + j * column_stride, at_least(bound, y[i][j] + offset),
              around && !copied);
      }
      if (copied)
        copy_to_image(
            &window, size, copy, place, shape.output_width * channels, channels, count);
    }
  }
  finish_stores(around);
}

static void winograd_output(
    WinogradShape shape, WinogradBlock block, const float *products, const float *bias,
    int rectify, float *output, int around_cache) {
  if (shape.tile == 4)
    write_outputs(4, shape, block, products, bias, rectify, output, around_cache);
  else
    write_outputs(2, shape, block, products, bias, rectify, output, around_cache);
}

// The larger of two, the first if they are equal; what is not a number is larger than all. `second`
// says which it was.
INLINE Vector larger_of(Vector a, Vector b, Mask *second) {
  *second = ~(a >= b) & (a == a);
  return choose(*second, b, a);
}

// The largest of each 2x2 window, with its choice in two masks.
INLINE Vector pooled(Vector y[MOST_OUTPUTS][MOST_OUTPUTS], int i, int j, Mask *right, Mask *below) {
  Mask right_above, right_below;
  const Vector above = larger_of(y[2 * i][2 * j], y[2 * i][2 * j + 1], &right_above);
  const Vector under = larger_of(y[2 * i + 1][2 * j], y[2 * i + 1][2 * j + 1], &right_below);
  const Vector largest = larger_of(above, under, below);
  *right = (*below & right_below) | (~*below & right_above);
  return largest;
}

// `size` is half that of a tile.
INLINE void write_pooled_outputs(
    const int size, WinogradShape shape, WinogradBlock block, const float *products,
    const float *bias, int rectify, float *output, uint8_t *choices) {
  const long channels = shape.output_channels, bytes = (channels + 7) / 8;
  const long width = shape.output_width / 2;
  const Vector bound = lower_bound(rectify);
  Tile tile = tile_at(shape, block.first_tile);
  for (long t = 0; t < block.tiles; t++, advance(shape, &tile)) {
    const Window window = output_window(shape, &tile, size, true);
    const bool whole = is_whole(&window, size);
    for (long c = 0; c < block.channels; c += WIDTH) {
      const long count = smaller(WIDTH, block.channels - c), channel = block.first_channel + c;
      const Vector offset = bias ? load_some(bias + channel, count) : (Vector){0};
      Vector y[MOST_OUTPUTS][MOST_OUTPUTS], largest[2][2];
      Mask right[2][2], below[2][2];
      tile_outputs(2 * size, products + t * PANEL + c, block.plane_stride, y);
      UNROLL for (int i = 0; i < size; i++) {
        UNROLL for (int j = 0; j < size; j++)
          largest[i][j] = at_least(bound, pooled(y, i, j, &right[i][j], &below[i][j]) + offset);
      }
      float *target = output + window.offset * channels + channel;
      uint8_t *bits = choices ? choices + window.offset * 2 * bytes + channel / 8 : 0;
      fetch_ahead(target, size, width * channels, channels, true);
      if (whole && count == WIDTH) {
        UNROLL for (int i = 0; i < size; i++) {
          UNROLL for (int j = 0; j < size; j++) {
            store(target + (i * width + j) * channels, largest[i][j]);
            if (!bits) continue;
            store_bits(bits + (i * width + j) * 2 * bytes, right[i][j], WIDTH);
            store_bits(bits + (i * width + j) * 2 * bytes + bytes, below[i][j], WIDTH);
          }
        }
        continue;
      }
      for (long i = 0; i < window.bottom; i++) {
        for (long j = 0; j < window.right; j++) {
          store_some(target + (i * width + j) * channels, largest[i][j], count);
          if (!bits) continue;
          store_bits(bits + (i * width + j) * 2 * bytes, right[i][j], count);
          store_bits(bits + (i * width + j) * 2 * bytes + bytes, below[i][j], count);
        }
      }
    }
  }
}

static void winograd_pooled_output(
    WinogradShape shape, WinogradBlock block, const float *products, const float *bias,
    int rectify, float *output, uint8_t *choices) {
  if (shape.tile == 4)
    write_pooled_outputs(2, shape, block, products, bias, rectify, output, choices);
  else
    write_pooled_outputs(1, shape, block, products, bias, rectify, output, choices);
}
