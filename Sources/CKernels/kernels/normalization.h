// Batch normalization: sums over the rows of a matrix [rows][channels], channel by channel.

enum { NORMALIZED = 4 };  // vectors of channels that are taken at a time, for their sums in registers

// mean <- the mean of the rows; deviation <- the sum of squares of what differs from it. Two passes over
// rows that stay in the cache, since one pass would lose small variances of large values; the second also
// finds by how much the first mean was off.
static void row_moments(
    const float *x, long rows, long channels, float *mean, float *deviation) {
  for (long c = 0; c < channels; c += NORMALIZED * WIDTH) {
    const long vectors = smaller(NORMALIZED, blocks(channels - c));
    Vector sums[NORMALIZED] = {{0}}, squares[NORMALIZED] = {{0}}, rests[NORMALIZED] = {{0}};
    for (long row = 0; row < rows; row++) {
      for (long j = 0; j < vectors; j++)
        sums[j] += load_some(
            x + row * channels + c + j * WIDTH, smaller(WIDTH, channels - c - j * WIDTH));
    }
    for (long j = 0; j < vectors; j++) sums[j] *= 1 / (float)rows;
    for (long row = 0; row < rows; row++) {
      for (long j = 0; j < vectors; j++) {
        const Vector d = load_some(x + row * channels + c + j * WIDTH,
                                   smaller(WIDTH, channels - c - j * WIDTH)) - sums[j];
        squares[j] += d * d;
        rests[j] += d;
      }
    }
    for (long j = 0; j < vectors; j++) {
      const long count = smaller(WIDTH, channels - c - j * WIDTH);
      const Vector rest = rests[j] * (1 / (float)rows);
      store_some(mean + c + j * WIDTH, sums[j] + rest, count);
      store_some(deviation + c + j * WIDTH, squares[j] - rest * rests[j], count);
    }
  }
}

// out = x * scale + offset, channel by channel.
static void scale_rows(
    const float *x, const float *scale, const float *offset, long rows, long channels, float *out) {
  for (long row = 0; row < rows; row++) {
    for (long c = 0; c < channels; c += WIDTH) {
      const long count = smaller(WIDTH, channels - c), i = row * channels + c;
      store_some(
          out + i,
          load_some(x + i, count) * load_some(scale + c, count) + load_some(offset + c, count),
          count);
    }
  }
}

// sums <- the sum of g; products <- the sum of g (x - mean).
static void gradient_moments(
    const float *g, const float *x, const float *mean, long rows, long channels, float *sums,
    float *products) {
  for (long c = 0; c < channels; c += NORMALIZED * WIDTH) {
    const long vectors = smaller(NORMALIZED, blocks(channels - c));
    Vector sum[NORMALIZED] = {{0}}, product[NORMALIZED] = {{0}}, middle[NORMALIZED];
    for (long j = 0; j < vectors; j++)
      middle[j] = load_some(mean + c + j * WIDTH, smaller(WIDTH, channels - c - j * WIDTH));
    for (long row = 0; row < rows; row++) {
      for (long j = 0; j < vectors; j++) {
        const long count = smaller(WIDTH, channels - c - j * WIDTH);
        const long i = row * channels + c + j * WIDTH;
        const Vector gradient = load_some(g + i, count);
        sum[j] += gradient;
        product[j] += gradient * (load_some(x + i, count) - middle[j]);
      }
    }
    for (long j = 0; j < vectors; j++) {
      const long count = smaller(WIDTH, channels - c - j * WIDTH);
      store_some(sums + c + j * WIDTH, sum[j], count);
      store_some(products + c + j * WIDTH, product[j], count);
    }
  }
}

// out = g * a + x * b + offset, channel by channel.
static void combine_rows(
    const float *g, const float *a, const float *x, const float *b, const float *offset, long rows,
    long channels, float *out) {
  for (long row = 0; row < rows; row++) {
    for (long c = 0; c < channels; c += WIDTH) {
      const long count = smaller(WIDTH, channels - c), i = row * channels + c;
      store_some(
          out + i,
          load_some(g + i, count) * load_some(a + c, count)
              + (load_some(x + i, count) * load_some(b + c, count) + load_some(offset + c, count)),
          count);
    }
  }
}
