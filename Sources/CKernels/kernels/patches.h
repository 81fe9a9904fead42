// Patches of images as rows of a blocked matrix (im2col), and back.

// The place of one output pixel.
typedef struct {
  long image, row, column;
} Pixel;

INLINE Pixel pixel_at(PatchShape shape, long index) {
  const long per_image = shape.output_height * shape.output_width, rest = index % per_image;
  return (Pixel){index / per_image, rest / shape.output_width, rest % shape.output_width};
}

// Goes to the start of the next output row.
INLINE void advance_row(PatchShape shape, Pixel *pixel) {
  pixel->column = 0;
  if (++pixel->row < shape.output_height) return;
  pixel->row = 0;
  pixel->image++;
}

// What a run of depth covers: `taps` pixels of one image row from kernel place (row, column) on.
typedef struct {
  long row, column, taps, channels;
} Run;

INLINE Run run_at(PatchShape shape, long index) {
  const long taps = shape.kernel_height * shape.kernel_width / shape.runs;
  return (Run){
      .row = index * taps / shape.kernel_width,
      .column = index * taps % shape.kernel_width,
      .taps = taps,
      .channels = shape.run_length / taps,
  };
}

// Copies the runs of `pixels` pixels, `step` floats apart, into their blocks. Beyond the run a block
// holds whatever follows in the image, which nothing reads; `end` is the end of the images.
//
// Block by block, so that each is written from its first to its last byte. The runs of neighbours
// overlap, and what one has read the next finds in the cache.
INLINE void copy_runs(
    const float *source, long step, long pixels, const float *end, long length, float *target,
    long block_stride) {
  for (long k = 0; k < length; k += WIDTH, target += block_stride) {
    const long room = end - source - k - WIDTH;
    const long whole = room < 0 ? 0 : smaller(room / step + 1, pixels);
    for (long p = 0; p < whole; p++) store(target + p * WIDTH, load(source + p * step + k));
    for (long p = whole; p < pixels; p++)
      store(target + p * WIDTH, load_some(source + p * step + k, smaller(WIDTH, length - k)));
  }
}

// The part first ..< last of a run at column x that lies in the image, in floats.
typedef struct {
  long first, last;
} Extent;

INLINE Extent extent_at(PatchShape shape, Run run, long x, bool in_image) {
  if (!in_image) return (Extent){0, 0};
  const long first = larger(-x, 0), last = smaller(shape.width - x, run.taps);
  return (Extent){first * run.channels, larger(first, last) * run.channels};
}

// The same where a part of the run lies beside the image: zeros there.
INLINE void copy_run_part(
    const float *source, Extent extent, long length, float *target, long block_stride) {
  for (long k = 0; k < length; k += WIDTH, target += block_stride) {
    const long first = larger(extent.first - k, 0);
    const long last = smaller(extent.last - k, smaller(WIDTH, length - k));
    if (first == 0 && last == WIDTH) {
      store(target, load(source + k));
      continue;
    }
    store(target, (Vector){0});
    if (first < last)
      memcpy(target + first, source + k + first, (size_t)(last - first) * sizeof(float));
  }
}

static void pack_patches(
    PatchShape shape, PatchBlock block, const float *input, float *patches) {
  const long block_stride = block.capacity * WIDTH;
  const float *end = input + shape.batch * shape.height * shape.width * shape.channels;
  for (long r = 0; r < block.runs; r++) {
    const Run run = run_at(shape, block.first_run + r);
    float *target = patches + r * vectors_of(shape.run_length) * block_stride;
    Pixel pixel = pixel_at(shape, block.first_pixel);
    for (long p = 0; p < block.pixels; advance_row(shape, &pixel)) {
      const long last = smaller(p + shape.output_width - pixel.column, block.pixels);
      const long y =
          pixel.row * shape.stride_height - shape.padding_top + run.row * shape.dilation_height;
      long x = pixel.column * shape.stride_width - shape.padding_left
          + run.column * shape.dilation_width;
      const bool in_image = y >= 0 && y < shape.height;
      const float *row = input + (pixel.image * shape.height + y) * shape.width * shape.channels
          + block.group * run.channels;
      while (p < last) {
        const float *source = row + x * shape.channels;
        float *blocked = target + p * WIDTH;
        // So many pixels from here on see nothing but the image.
        const long inside = in_image && x >= 0 && x + run.taps <= shape.width
            ? (shape.width - run.taps - x) / shape.stride_width + 1 : 0;
        const long pixels = smaller(inside, last - p);
        if (pixels > 0)
          copy_runs(
              source, shape.stride_width * shape.channels, pixels, end, shape.run_length, blocked,
              block_stride);
        else
          copy_run_part(
              source, extent_at(shape, run, x, in_image), shape.run_length, blocked, block_stride);
        p += larger(pixels, 1);
        x += larger(pixels, 1) * shape.stride_width;
      }
    }
  }
}

static void add_patches(
    PatchShape shape, PatchBlock block, const float *patches, long patch_stride,
    long first_column, long columns, float *input_gradient) {
  const Run run = run_at(shape, block.first_run);
  Pixel pixel = pixel_at(shape, block.first_pixel);
  for (long p = 0; p < block.pixels; advance_row(shape, &pixel)) {
    const long last = smaller(p + shape.output_width - pixel.column, block.pixels);
    const long y =
        pixel.row * shape.stride_height - shape.padding_top + run.row * shape.dilation_height;
    long x = pixel.column * shape.stride_width - shape.padding_left
        + run.column * shape.dilation_width;
    if (y < 0 || y >= shape.height) {
      p = last;
      continue;
    }
    float *row = input_gradient
        + (pixel.image * shape.height + y) * shape.width * shape.channels
        + block.group * run.channels + first_column;
    for (; p < last; p++, x += shape.stride_width) {
      const float *source = patches + p * patch_stride;
      float *target = row + x * shape.channels;
      if (x >= 0 && x + run.taps <= shape.width) {
        for (long k = 0; k < columns; k += WIDTH) {
          const long count = smaller(WIDTH, columns - k);
          store_some(target + k, load_some(target + k, count) + load(source + k), count);
        }
        continue;
      }
      const Extent extent = extent_at(shape, run, x, true);
      const long last_column = smaller(extent.last - first_column, columns);
      for (long k = larger(extent.first - first_column, 0); k < last_column; k++)
        target[k] += source[k];
    }
  }
}

static void pack_gradient(
    const float *upstream, const float *output, long rows, long columns, long stride, float scale,
    long capacity, float *blocked, float *bias_gradient) {
  for (long c = 0; c < columns; c += WIDTH, blocked += capacity * WIDTH) {
    const long count = smaller(WIDTH, columns - c);
    Vector sum = {0};
    for (long r = 0; r < rows; r++) {
      const long place = r * stride + c;
      Vector gradient = scale * load_some(upstream + place, count);
      if (output) gradient = keep(load_some(output + place, count) > (Vector){0}, gradient);
      store(blocked + r * WIDTH, gradient);
      sum += gradient;
    }
    if (bias_gradient)
      store_some(bias_gradient + c, load_some(bias_gradient + c, count) + sum, count);
  }
}
