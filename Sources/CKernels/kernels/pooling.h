// Max pooling, a row of windows at a time, channels innermost. A tap is a pixel of a window.

typedef uint8_t Taps __attribute__((vector_size(WIDTH)));

INLINE Mask load_taps(const uint8_t *p, long count) {
  Taps taps = {0};
  memcpy(&taps, p, count == WIDTH ? WIDTH : (size_t)count);
  return __builtin_convertvector(taps, Mask);
}

INLINE void store_taps(uint8_t *p, Mask mask, long count) {
  const Taps taps = __builtin_convertvector(mask, Taps);
  memcpy(p, &taps, count == WIDTH ? WIDTH : (size_t)count);
}

// Taps first ..< last of a window at `position` that fall on the image.
typedef struct {
  long first, last;
} TapRange;

INLINE TapRange taps_at(
    long position, long stride, long dilation, long padding, long size, long kernel) {
  const long start = position * stride - padding;
  TapRange range = {0, kernel};
  while (range.first < kernel && start + range.first * dilation < 0) range.first++;
  while (range.last > range.first && start + (range.last - 1) * dilation >= size) range.last--;
  return range;
}

// Windows of 2 x 2 that lie in the image are most of all windows there are: with these constants in place
// of `shape.kernel_width` and the ranges, the loops over them unroll.
#define IS_PAIR(range) ((range).first == 0 && (range).last == 2)
static const TapRange pair = {0, 2};

INLINE void max_pool_pixel(
    PatchShape shape, long kernel_width, TapRange rows, TapRange columns, const float *corner,
    float *out, uint8_t *indices) {
  const long channels = shape.channels;
  const long row_stride = shape.dilation_height * shape.width * channels;
  const long column_stride = shape.dilation_width * channels;
  for (long c = 0; c < channels; c += WIDTH) {
    const long count = smaller(WIDTH, channels - c);
    Vector best = splat(-INFINITY);
    Mask winner = {0};
    bool is_first = true;
    for (long i = rows.first; i < rows.last; i++) {
      for (long j = columns.first; j < columns.last; j++) {
        const Vector next = load_some(corner + i * row_stride + j * column_stride + c, count);
        // The first of several; what is not a number before all.
        const Mask wins = is_first ? (Mask){0} - 1 : (next > best) | ((next != next) & (best == best));
        best = choose(wins, next, best);
        winner = (wins & (int32_t)(i * kernel_width + j)) | (~wins & winner);
        is_first = false;
      }
    }
    store_some(out + c, best, count);
    if (indices) store_taps(indices + c, winner, count);
  }
}

// Windows of output row `row`, numbered over [image][row]; `indices` may be null.
static void max_pool_row(
    PatchShape shape, long row, const float *input, float *output, uint8_t *indices) {
  const long channels = shape.channels;
  const long image = row / shape.output_height, y = row % shape.output_height;
  const TapRange rows = taps_at(
      y, shape.stride_height, shape.dilation_height, shape.padding_top, shape.height,
      shape.kernel_height);
  for (long x = 0; x < shape.output_width; x++) {
    const TapRange columns = taps_at(
        x, shape.stride_width, shape.dilation_width, shape.padding_left, shape.width,
        shape.kernel_width);
    const long top = y * shape.stride_height - shape.padding_top;
    const long left = x * shape.stride_width - shape.padding_left;
    const float *corner = input + ((image * shape.height + top) * shape.width + left) * channels;
    const long place = (row * shape.output_width + x) * channels;
    uint8_t *winners = indices ? indices + place : 0;
    if (shape.kernel_width == 2 && IS_PAIR(rows) && IS_PAIR(columns))
      max_pool_pixel(shape, 2, pair, pair, corner, output + place, winners);
    else
      max_pool_pixel(
          shape, shape.kernel_width, rows, columns, corner, output + place, winners);
  }
}

INLINE void max_pool_gradient_pixel(
    PatchShape shape, long kernel_width, TapRange rows, TapRange columns, const float *upstream,
    const uint8_t *indices, float *corner, bool overwrites, bool around) {
  const long channels = shape.channels;
  const long row_stride = shape.dilation_height * shape.width * channels;
  const long column_stride = shape.dilation_width * channels;
  for (long c = 0; c < channels; c += WIDTH) {
    const long count = smaller(WIDTH, channels - c);
    const Vector gradient = load_some(upstream + c, count);
    const Mask winner = load_taps(indices + c, count);
    for (long i = rows.first; i < rows.last; i++) {
      for (long j = columns.first; j < columns.last; j++) {
        float *pixel = corner + i * row_stride + j * column_stride + c;
        const Vector share = keep(winner == (int32_t)(i * kernel_width + j), gradient);
        if (around)
          put(pixel, share, true);
        else
          store_some(pixel, overwrites ? share : load_some(pixel, count) + share, count);
      }
    }
  }
}

// What the windows of output row `row` give to the pixels that won them. Where windows neither overlap
// nor leave the image (`overwrites`), every pixel under one is written, and nothing is read before.
static void max_pool_gradient_row(
    PatchShape shape, long row, const float *upstream, const uint8_t *indices,
    float *input_gradient, int overwrites, int around_cache) {
  const long channels = shape.channels;
  const bool around = overwrites && around_cache && can_pass_cache(input_gradient, channels);
  const long image = row / shape.output_height, y = row % shape.output_height;
  const TapRange rows = taps_at(
      y, shape.stride_height, shape.dilation_height, shape.padding_top, shape.height,
      shape.kernel_height);
  for (long x = 0; x < shape.output_width; x++) {
    const TapRange columns = taps_at(
        x, shape.stride_width, shape.dilation_width, shape.padding_left, shape.width,
        shape.kernel_width);
    const long top = y * shape.stride_height - shape.padding_top;
    const long left = x * shape.stride_width - shape.padding_left;
    float *corner = input_gradient + ((image * shape.height + top) * shape.width + left) * channels;
    const long place = (row * shape.output_width + x) * channels;
    if (overwrites && shape.kernel_width == 2 && IS_PAIR(rows) && IS_PAIR(columns))
      max_pool_gradient_pixel(
          shape, 2, pair, pair, upstream + place, indices + place, corner, true, around);
    else
      max_pool_gradient_pixel(
          shape, shape.kernel_width, rows, columns, upstream + place, indices + place, corner,
          overwrites, around);
  }
  finish_stores(around);
}
