// Bands of images: some rows, laid out so that a product can read every place of a kernel in them.

static void pack_band(
    BandShape shape, const float *image, const float *output, float scale, float *band) {
  const Vector factor = splat(scale);
  const long next_row = shape.width * shape.channels;
  for (long row = shape.first_row; row < shape.first_row + shape.rows; row++) {
    const bool in_image = row >= 0 && row < shape.height;
    for (long phase = 0; phase < shape.phases; phase++) {
      // Columns first ..< last of this phase lie in the image, the first of them at x.
      const long start = shape.first_column + phase;
      const long first = smaller(start < 0 ? quotient_up(-start, shape.phases) : 0, shape.columns);
      const long end = start < shape.width ? quotient_up(shape.width - start, shape.phases) : 0;
      const long last = in_image ? larger(smaller(end, shape.columns), first) : first;
      const long x = start + first * shape.phases;
      const long step = shape.phases * shape.channels;
      for (long c = 0; c < shape.used_channels; c += WIDTH, band += shape.columns * WIDTH) {
        const long count = smaller(WIDTH, shape.used_channels - c);
        memset(band, 0, (size_t)(first * WIDTH) * sizeof(float));
        memset(band + last * WIDTH, 0, (size_t)((shape.columns - last) * WIDTH) * sizeof(float));
        if (first == last) continue;
        const long place = (row * shape.width + x) * shape.channels + shape.first_channel + c;
        for (long j = 0; j < last - first; j++) {
          const float *source = image + place + j * step;
          // The same place of the next row: a row is walked in pieces, which the processor does not foresee.
          __builtin_prefetch(source + next_row);
          if (output) __builtin_prefetch(output + place + j * step + next_row);
          Vector value = load_some(source, count);
          if (output)
            value = keep(load_some(output + place + j * step, count) > (Vector){0}, factor * value);
          else if (scale != 1)
            value *= factor;
          store(band + (first + j) * WIDTH, value);
        }
      }
    }
  }
}
