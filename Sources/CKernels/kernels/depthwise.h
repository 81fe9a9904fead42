// Depthwise convolution: each channel with a kernel of its own, so that channels are the vector and
// nothing is summed over them. A few output pixels side by side share each weight.
//
// The usual kernel, of 3 x 3, has loops of its own, in which taps are known to the compiler.

enum {
  NEIGHBOURS = 4,
  TAPS = 3,          // Rows and columns of the usual kernel.
  RUN = 8,           // Neighbours under it: with their weights they fit into 16 registers.
  SUMMED_PIXELS = 8  // Summed in registers before the next channels: few, so that the cache keeps them.
};

// The rows or columns first ..< last of a kernel of `size` that lie in the image for an output at
// `place`.
INLINE void taps_inside(
    long place, long stride, long padding, long dilation, long size, long extent, long *first,
    long *last) {
  const long start = place * stride - padding;
  *first = start < 0 ? smaller((-start + dilation - 1) / dilation, size) : 0;
  *last = start < extent ? larger(smaller((extent - start - 1) / dilation + 1, size), *first) : *first;
}

// Where the taps of one row of the kernel begin in an image, for an output at column 0.
INLINE long tap_row_start(const PatchShape *shape, const Pixel *pixel, long tap_row) {
  const long y =
      pixel->row * shape->stride_height - shape->padding_top + tap_row * shape->dilation_height;
  return ((pixel->image * shape->height + y) * shape->width - shape->padding_left)
      * shape->channels;
}

INLINE void depthwise_pixels(
    const int pixels, const PatchShape *shape, const Pixel *pixel, long first_row, long last_row,
    long first_column, long last_column, const float *input, const float *weights,
    const float *bias, Vector bound, float *output) {
  const long channels = shape->channels, step = shape->stride_width * channels;
  for (long c = 0; c < channels; c += WIDTH) {
    const long count = smaller(WIDTH, channels - c);
    Vector sum[NEIGHBOURS];
    const Vector start = bias ? load_some(bias + c, count) : (Vector){0};
    UNROLL for (int p = 0; p < pixels; p++) sum[p] = start;
    for (long row = first_row; row < last_row; row++) {
      const float *source =
          input + tap_row_start(shape, pixel, row) + pixel->column * step + c;
      for (long column = first_column; column < last_column; column++) {
        const Vector weight =
            load_some(weights + (row * shape->kernel_width + column) * channels + c, count);
        const float *tap = source + column * shape->dilation_width * channels;
        UNROLL for (int p = 0; p < pixels; p++) sum[p] += weight * load_some(tap + p * step, count);
      }
    }
    UNROLL for (int p = 0; p < pixels; p++)
      store_some(output + p * channels + c, at_least(bound, sum[p]), count);
  }
}

// RUN output pixels, or the first `pixels` of them, of a kernel of TAPS columns, where stride and
// dilation are 1: a pixel of the image is read once for the neighbours that share it. Of those that
// they see, first ..< last lie in the image.
INLINE void depthwise_run(
    const PatchShape *shape, long pixels, long first, long last, long count, long first_row,
    long last_row, const float *input, const float *weights, const float *bias, Vector bound,
    float *output) {
  const long channels = shape->channels;
  const Vector start = bias ? load_some(bias, count) : (Vector){0};
  Vector sum[RUN], weight[TAPS];
  UNROLL for (int p = 0; p < RUN; p++) sum[p] = start;
  for (long row = first_row; row < last_row; row++) {
    const float *source = input + row * shape->dilation_height * shape->width * channels;
    UNROLL for (int j = 0; j < TAPS; j++)
      weight[j] = load_some(weights + (row * TAPS + j) * channels, count);
    UNROLL for (int x = 0; x < RUN + TAPS - 1; x++) {
      // The rows above were read a row ago; this one comes from afar.
      if (row == last_row - 1) __builtin_prefetch(source + (x + RUN) * channels);
      if (x < first || x >= last) continue;
      const Vector value = load_some(source + x * channels, count);
      UNROLL for (int j = 0; j < TAPS; j++) {
        if (x >= j && x - j < RUN) sum[x - j] += weight[j] * value;
      }
    }
  }
  UNROLL for (int p = 0; p < RUN; p++) {
    __builtin_prefetch(output + (p + RUN) * channels, 1);
    if (p < pixels) store_some(output + p * channels, at_least(bound, sum[p]), count);
  }
}

INLINE void depthwise_row(
    const PatchShape *shape, const Pixel *pixel, long first_row, long last_row,
    const float *input, const float *weights, const float *bias, Vector bound, float *output) {
  const long channels = shape->channels, seen = RUN + TAPS - 1;
  const float *source = input + tap_row_start(shape, pixel, 0);
  for (long column = 0; column < shape->output_width; column += RUN) {
    const long x = column - shape->padding_left;
    const long pixels = smaller(RUN, shape->output_width - column);
    const long first = larger(0, -x), last = smaller(pixels + TAPS - 1, shape->width - x);
    const bool whole = first == 0 && last == seen;
    for (long c = 0; c < channels; c += WIDTH) {
      const long count = smaller(WIDTH, channels - c), place = column * channels + c;
      const float *from = source + place, *start = bias ? bias + c : 0;
      // What is known to be whole costs no branch, and what is no tail of channels no copy.
      if (whole && count == WIDTH)
        depthwise_run(
            shape, RUN, 0, seen, WIDTH, first_row, last_row, from, weights + c, start, bound,
            output + place);
      else if (count == WIDTH)
        depthwise_run(
            shape, pixels, first, last, WIDTH, first_row, last_row, from, weights + c, start,
            bound, output + place);
      else
        depthwise_run(
            shape, pixels, first, last, count, first_row, last_row, from, weights + c, start,
            bound, output + place);
    }
  }
}

static void depthwise(
    PatchShape shape, long first_output_row, long rows, const float *input, const float *weights,
    const float *bias, int rectify, float *output) {
  const Vector bound = lower_bound(rectify);
  for (long r = first_output_row; r < first_output_row + rows; r++) {
    Pixel pixel = {r / shape.output_height, r % shape.output_height, 0};
    long first_row, last_row;
    taps_inside(
        pixel.row, shape.stride_height, shape.padding_top, shape.dilation_height,
        shape.kernel_height, shape.height, &first_row, &last_row);
    float *target = output + r * shape.output_width * shape.channels;
    if (shape.kernel_width == TAPS && shape.stride_width == 1 && shape.dilation_width == 1) {
      depthwise_row(&shape, &pixel, first_row, last_row, input, weights, bias, bound, target);
      continue;
    }
    while (pixel.column < shape.output_width) {
      long first, last, unused, last_of_all;
      taps_inside(
          pixel.column, shape.stride_width, shape.padding_left, shape.dilation_width,
          shape.kernel_width, shape.width, &first, &last);
      taps_inside(
          pixel.column + NEIGHBOURS - 1, shape.stride_width, shape.padding_left,
          shape.dilation_width, shape.kernel_width, shape.width, &unused, &last_of_all);
      float *place = target + pixel.column * shape.channels;
      if (first == 0 && last_of_all == shape.kernel_width
          && pixel.column + NEIGHBOURS <= shape.output_width) {
        depthwise_pixels(
            NEIGHBOURS, &shape, &pixel, first_row, last_row, 0, shape.kernel_width, input, weights,
            bias, bound, place);
        pixel.column += NEIGHBOURS;
      } else {
        depthwise_pixels(
            1, &shape, &pixel, first_row, last_row, first, last, input, weights, bias, bound,
            place);
        pixel.column++;
      }
    }
  }
}

INLINE void depthwise_pixel_gradients(
    const int pixels, const PatchShape *shape, const Pixel *pixel, long first_row, long last_row,
    long first_column, long last_column, const float *input, const float *upstream,
    const float *output, Vector scale, const float *weights, float *input_gradient,
    float *weight_gradient, float *bias_gradient) {
  const long channels = shape->channels, step = shape->stride_width * channels;
  for (long c = 0; c < channels; c += WIDTH) {
    const long count = smaller(WIDTH, channels - c);
    Vector gradient[NEIGHBOURS], total = {0};
    UNROLL for (int p = 0; p < pixels; p++) {
      gradient[p] = scale * load_some(upstream + p * channels + c, count);
      if (output)
        gradient[p] =
            keep(load_some(output + p * channels + c, count) > (Vector){0}, gradient[p]);
      total += gradient[p];
    }
    if (bias_gradient)
      store_some(bias_gradient + c, load_some(bias_gradient + c, count) + total, count);
    for (long row = first_row; row < last_row; row++) {
      const long start = tap_row_start(shape, pixel, row) + pixel->column * step + c;
      for (long column = first_column; column < last_column; column++) {
        const long place = start + column * shape->dilation_width * channels;
        const long tap = (row * shape->kernel_width + column) * channels + c;
        if (weight_gradient) {
          Vector sum = load_some(weight_gradient + tap, count);
          UNROLL for (int p = 0; p < pixels; p++)
            sum += gradient[p] * load_some(input + place + p * step, count);
          store_some(weight_gradient + tap, sum, count);
        }
        if (input_gradient) {
          const Vector weight = load_some(weights + tap, count);
          UNROLL for (int p = 0; p < pixels; p++) {
            float *target = input_gradient + place + p * step;
            store_some(target, load_some(target, count) + weight * gradient[p], count);
          }
        }
      }
    }
  }
}

// What the gradients of weights and bias are summed from and into, from some pixel and channel on.
typedef struct {
  const float *input, *upstream, *output;
  Vector scale;
  float *weights, *bias;
} Sums;

// Adds products of the gradient at some output pixels and what taps first_column ..< last_column see.
INLINE void depthwise_products(
    Vector sums[TAPS][TAPS], Vector *total, const PatchShape *shape, long first_pixel, long pixels,
    long first_row, long last_row, long first_column, long last_column, long count, Sums from) {
  const long channels = shape->channels, step = shape->stride_width * channels;
  const long next_row = shape->dilation_height * shape->width * channels;
  const long next_column = shape->dilation_width * channels;
  for (long p = first_pixel; p < first_pixel + pixels; p++) {
    Vector gradient = from.scale * load_some(from.upstream + p * channels, count);
    if (from.output)
      gradient = keep(load_some(from.output + p * channels, count) > (Vector){0}, gradient);
    *total += gradient;
    const float *corner = from.input + p * step;
    __builtin_prefetch(corner + (TAPS - 1) * next_row + SUMMED_PIXELS * step);
    UNROLL for (int i = 0; i < TAPS; i++) {
      if (i < first_row || i >= last_row) continue;
      UNROLL for (int j = 0; j < TAPS; j++) {
        if (j < first_column || j >= last_column) continue;
        sums[i][j] += gradient * load_some(corner + i * next_row + j * next_column, count);
      }
    }
  }
}

// The sums of one vector of channels over `pixels` pixels from `column` on, of which columns
// first_inside ..< last_inside see nothing but the image.
INLINE void depthwise_sums(
    const PatchShape *shape, long column, long pixels, long first_inside, long last_inside,
    long first_row, long last_row, long count, Sums from) {
  Vector sums[TAPS][TAPS], total = {0};
  UNROLL for (int i = 0; i < TAPS; i++) {
    UNROLL for (int j = 0; j < TAPS; j++)
      sums[i][j] = load_some(from.weights + (i * TAPS + j) * shape->channels, count);
  }
  for (long p = 0; p < pixels;) {
    if (column + p >= first_inside && column + p < last_inside) {
      const long inside = smaller(last_inside - column, pixels) - p;
      depthwise_products(
          sums, &total, shape, p, inside, first_row, last_row, 0, TAPS, count, from);
      p += inside;
    } else {
      long first, last;
      taps_inside(
          column + p, shape->stride_width, shape->padding_left, shape->dilation_width, TAPS,
          shape->width, &first, &last);
      depthwise_products(
          sums, &total, shape, p, 1, first_row, last_row, first, last, count, from);
      p++;
    }
  }
  UNROLL for (int i = 0; i < TAPS; i++) {
    UNROLL for (int j = 0; j < TAPS; j++)
      store_some(from.weights + (i * TAPS + j) * shape->channels, sums[i][j], count);
  }
  if (from.bias) store_some(from.bias, load_some(from.bias, count) + total, count);
}

INLINE void depthwise_row_sums(
    const PatchShape *shape, const Pixel *pixel, long first_row, long last_row, Sums row) {
  const long channels = shape->channels, stride = shape->stride_width;
  const long first_inside = quotient_up(shape->padding_left, stride);
  const long end = shape->width + shape->padding_left - (TAPS - 1) * shape->dilation_width;
  const long last_inside = smaller(quotient_up(larger(end, 0), stride), shape->output_width);
  row.input += tap_row_start(shape, pixel, 0);
  for (long column = 0; column < shape->output_width; column += SUMMED_PIXELS) {
    const long pixels = smaller(SUMMED_PIXELS, shape->output_width - column);
    for (long c = 0; c < channels; c += WIDTH) {
      const long count = smaller(WIDTH, channels - c), place = column * channels + c;
      const Sums from = {
          .input = row.input + column * stride * channels + c,
          .upstream = row.upstream + place,
          .output = row.output ? row.output + place : 0,
          .scale = row.scale,
          .weights = row.weights + c,
          .bias = row.bias ? row.bias + c : 0,
      };
      if (count == WIDTH)
        depthwise_sums(
            shape, column, pixels, first_inside, last_inside, first_row, last_row, WIDTH, from);
      else
        depthwise_sums(
            shape, column, pixels, first_inside, last_inside, first_row, last_row, count, from);
    }
  }
}

static void depthwise_gradients(
    PatchShape shape, long first_output_row, long rows, const float *input, const float *upstream,
    const float *output, float scale, const float *weights, float *input_gradient,
    float *weight_gradient, float *bias_gradient) {
  const Vector factor = splat(scale);
  // Taps that are visited for the input's gradient anyway sum the others in passing.
  const bool in_registers = weight_gradient && !input_gradient && shape.kernel_height == TAPS
      && shape.kernel_width == TAPS;
  for (long r = first_output_row; r < first_output_row + rows; r++) {
    Pixel pixel = {r / shape.output_height, r % shape.output_height, 0};
    long first_row, last_row;
    taps_inside(
        pixel.row, shape.stride_height, shape.padding_top, shape.dilation_height,
        shape.kernel_height, shape.height, &first_row, &last_row);
    if (in_registers) {
      const long place = r * shape.output_width * shape.channels;
      const Sums row = {
          .input = input,
          .upstream = upstream + place,
          .output = output ? output + place : 0,
          .scale = factor,
          .weights = weight_gradient,
          .bias = bias_gradient,
      };
      depthwise_row_sums(&shape, &pixel, first_row, last_row, row);
      continue;
    }
    while (pixel.column < shape.output_width) {
      long first, last, unused, last_of_all;
      taps_inside(
          pixel.column, shape.stride_width, shape.padding_left, shape.dilation_width,
          shape.kernel_width, shape.width, &first, &last);
      taps_inside(
          pixel.column + NEIGHBOURS - 1, shape.stride_width, shape.padding_left,
          shape.dilation_width, shape.kernel_width, shape.width, &unused, &last_of_all);
      const long place = (r * shape.output_width + pixel.column) * shape.channels;
      const float *outputs = output ? output + place : 0;
      if (first == 0 && last_of_all == shape.kernel_width
          && pixel.column + NEIGHBOURS <= shape.output_width) {
        depthwise_pixel_gradients(
            NEIGHBOURS, &shape, &pixel, first_row, last_row, 0, shape.kernel_width, input,
            upstream + place, outputs, factor, weights, input_gradient, weight_gradient,
            bias_gradient);
        pixel.column += NEIGHBOURS;
      } else {
        depthwise_pixel_gradients(
            1, &shape, &pixel, first_row, last_row, first, last, input, upstream + place, outputs,
            factor, weights, input_gradient, weight_gradient, bias_gradient);
        pixel.column++;
      }
    }
  }
}
