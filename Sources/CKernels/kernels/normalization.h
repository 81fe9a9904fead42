// Batch normalization: sums over the rows of a matrix [rows][channels], channel by channel.

// `vectors` of channels are taken at a time, with their sums in registers: NORMALIZED whole ones, and at the
// end one by one, of which the last may hold `count` channels only.
enum { NORMALIZED = 4 };
#define EACH_GROUP(CALL)                                                                  \
  long c = 0;                                                                             \
  for (; c + NORMALIZED * WIDTH <= channels; c += NORMALIZED * WIDTH) CALL(NORMALIZED, WIDTH); \
  for (; c < channels; c += WIDTH) CALL(1, smaller(WIDTH, channels - c));

// mean <- the mean of the rows; deviation <- the sum of squares of what differs from it. Two passes over
// rows that stay in the cache, since one pass would lose small variances of large values; the second also
// finds by how much the first mean was off.
INLINE void group_moments(
    const int vectors, const long count, const float *x, long rows, long channels, float *mean,
    float *deviation) {
  Vector sums[NORMALIZED] = {{0}}, squares[NORMALIZED] = {{0}}, rests[NORMALIZED] = {{0}};
  for (long row = 0; row < rows; row++) {
    UNROLL for (int j = 0; j < vectors; j++)
      sums[j] += load_some(x + row * channels + j * WIDTH, count);
  }
  UNROLL for (int j = 0; j < vectors; j++) sums[j] *= 1 / (float)rows;
  for (long row = 0; row < rows; row++) {
    UNROLL for (int j = 0; j < vectors; j++) {
      const Vector d = load_some(x + row * channels + j * WIDTH, count) - sums[j];
      squares[j] += d * d;
      rests[j] += d;
    }
  }
  UNROLL for (int j = 0; j < vectors; j++) {
    const Vector rest = rests[j] * (1 / (float)rows);
    store_some(mean + j * WIDTH, sums[j] + rest, count);
    store_some(deviation + j * WIDTH, squares[j] - rest * rests[j], count);
  }
}

static void row_moments(
    const float *x, long rows, long channels, float *mean, float *deviation) {
#define MOMENTS(VECTORS, COUNT) \
  group_moments(VECTORS, COUNT, x + c, rows, channels, mean + c, deviation + c)
  EACH_GROUP(MOMENTS)
#undef MOMENTS
}

// sums <- the sum of g; products <- the sum of g (x - mean).
INLINE void group_gradient_moments(
    const int vectors, const long count, const float *g, const float *x, const float *mean,
    long rows, long channels, float *sums, float *products) {
  Vector sum[NORMALIZED] = {{0}}, product[NORMALIZED] = {{0}}, middle[NORMALIZED];
  UNROLL for (int j = 0; j < vectors; j++) middle[j] = load_some(mean + j * WIDTH, count);
  for (long row = 0; row < rows; row++) {
    UNROLL for (int j = 0; j < vectors; j++) {
      const long i = row * channels + j * WIDTH;
      const Vector gradient = load_some(g + i, count);
      sum[j] += gradient;
      product[j] += gradient * (load_some(x + i, count) - middle[j]);
    }
  }
  UNROLL for (int j = 0; j < vectors; j++) {
    store_some(sums + j * WIDTH, sum[j], count);
    store_some(products + j * WIDTH, product[j], count);
  }
}

static void gradient_moments(
    const float *g, const float *x, const float *mean, long rows, long channels, float *sums,
    float *products) {
#define MOMENTS(VECTORS, COUNT)                                                           \
  group_gradient_moments(                                                                 \
      VECTORS, COUNT, g + c, x + c, mean + c, rows, channels, sums + c, products + c)
  EACH_GROUP(MOMENTS)
#undef MOMENTS
}

// out = x * scale + offset, channel by channel.
INLINE void group_scale(
    const int vectors, const long count, const float *x, const float *scale, const float *offset,
    long rows, long channels, float *out) {
  Vector a[NORMALIZED], b[NORMALIZED];
  UNROLL for (int j = 0; j < vectors; j++) {
    a[j] = load_some(scale + j * WIDTH, count);
    b[j] = load_some(offset + j * WIDTH, count);
  }
  for (long row = 0; row < rows; row++) {
    UNROLL for (int j = 0; j < vectors; j++) {
      const long i = row * channels + j * WIDTH;
      store_some(out + i, load_some(x + i, count) * a[j] + b[j], count);
    }
  }
}

static void scale_rows(
    const float *x, const float *scale, const float *offset, long rows, long channels, float *out) {
#define SCALE(VECTORS, COUNT) \
  group_scale(VECTORS, COUNT, x + c, scale + c, offset + c, rows, channels, out + c)
  EACH_GROUP(SCALE)
#undef SCALE
}

// out = g * a + x * b + offset, channel by channel.
INLINE void group_combine(
    const int vectors, const long count, const float *g, const float *a, const float *x,
    const float *b, const float *offset, long rows, long channels, float *out) {
  Vector factor[NORMALIZED], slope[NORMALIZED], shift[NORMALIZED];
  UNROLL for (int j = 0; j < vectors; j++) {
    factor[j] = load_some(a + j * WIDTH, count);
    slope[j] = load_some(b + j * WIDTH, count);
    shift[j] = load_some(offset + j * WIDTH, count);
  }
  for (long row = 0; row < rows; row++) {
    UNROLL for (int j = 0; j < vectors; j++) {
      const long i = row * channels + j * WIDTH;
      store_some(
          out + i,
          load_some(g + i, count) * factor[j] + (load_some(x + i, count) * slope[j] + shift[j]),
          count);
    }
  }
}

static void combine_rows(
    const float *g, const float *a, const float *x, const float *b, const float *offset, long rows,
    long channels, float *out) {
#define COMBINE_GROUP(VECTORS, COUNT) \
  group_combine(                      \
      VECTORS, COUNT, g + c, a + c, x + c, b + c, offset + c, rows, channels, out + c)
  EACH_GROUP(COMBINE_GROUP)
#undef COMBINE_GROUP
}
