// Depthwise convolution: each channel with a kernel of its own, so that channels are the vector and
// nothing is summed over them. A few output pixels side by side share each weight.

enum { NEIGHBOURS = 4 };

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

static void depthwise_gradients(
    PatchShape shape, long first_output_row, long rows, const float *input, const float *upstream,
    const float *output, float scale, const float *weights, float *input_gradient,
    float *weight_gradient, float *bias_gradient) {
  const Vector factor = splat(scale);
  for (long r = first_output_row; r < first_output_row + rows; r++) {
    Pixel pixel = {r / shape.output_height, r % shape.output_height, 0};
    long first_row, last_row;
    taps_inside(
        pixel.row, shape.stride_height, shape.padding_top, shape.dilation_height,
        shape.kernel_height, shape.height, &first_row, &last_row);
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
