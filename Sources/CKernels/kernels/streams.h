// Loops over long rows of floats: elementary functions, arithmetic, softmax, dropout, optimizers.

// What is stored around the cache must be aligned to a vector: the floats before that.
INLINE long unaligned_head(const float *out, long count, bool around_cache) {
  if (!around_cache) return 0;
  return smaller(count, (long)(-(uintptr_t)out % (WIDTH * sizeof(float)) / sizeof(float)));
}

// `out[i] = EXPRESSION` with LOAD(p, step, n) for the operands at i.
#define STREAM(EXPRESSION)                                                                \
  const bool around = around_cache;                                                       \
  long i = 0;                                                                             \
  const long head = unaligned_head(out, count, around);                                   \
  if (head) {                                                                             \
    const long n = head;                                                                  \
    store_some(out, EXPRESSION, n);                                                       \
    i = head;                                                                             \
  }                                                                                       \
  {                                                                                       \
    const long n = WIDTH;                                                                 \
    for (; i + WIDTH <= count; i += WIDTH) put(out + i, EXPRESSION, around);              \
  }                                                                                       \
  if (i < count) {                                                                        \
    const long n = count - i;                                                             \
    store_some(out + i, EXPRESSION, n);                                                   \
  }                                                                                       \
  finish_stores(around);

#define OPERAND(p, step) ((step) ? load_some((p) + i, n) : splat(*(p)))

#define DEFINE_UNARY(NAME, FUNCTION)                                                      \
  static void NAME(const float *x, float *out, long count, int around_cache) {            \
    STREAM(FUNCTION(load_some(x + i, n)))                                                 \
  }
#define DEFINE_BINARY(NAME, FUNCTION)                                                     \
  static void NAME(                                                                       \
      const float *x, long x_step, const float *y, long y_step, float *out, long count,   \
      int around_cache) {                                                                 \
    if (x_step && y_step) {                                                               \
      STREAM(FUNCTION(load_some(x + i, n), load_some(y + i, n)))                          \
    } else {                                                                              \
      STREAM(FUNCTION(OPERAND(x, x_step), OPERAND(y, y_step)))                            \
    }                                                                                     \
  }

INLINE Vector root(Vector x) { return __builtin_elementwise_sqrt(x); }
INLINE Vector rectified(Vector x) { return at_least(splat(0), x); }
INLINE Vector sum_of(Vector x, Vector y) { return x + y; }
INLINE Vector difference_of(Vector x, Vector y) { return x - y; }
INLINE Vector product_of(Vector x, Vector y) { return x * y; }
INLINE Vector quotient_of(Vector x, Vector y) { return x / y; }
INLINE Vector lesser_of(Vector x, Vector y) { return choose((x != x) | (x < y), x, y); }
INLINE Vector greater_of(Vector x, Vector y) { return choose((x != x) | (x > y), x, y); }
INLINE Vector where_positive(Vector upstream, Vector output) {
  return keep(output > splat(0), upstream);
}

DEFINE_UNARY(stream_exp, exponential)
DEFINE_UNARY(stream_log, logarithm)
DEFINE_UNARY(stream_sqrt, root)
DEFINE_UNARY(stream_tanh, hyperbolic_tangent)
DEFINE_UNARY(stream_sigmoid, logistic)
DEFINE_UNARY(stream_softplus, log_one_plus_exp)
DEFINE_UNARY(stream_relu, rectified)
DEFINE_BINARY(stream_add, sum_of)
DEFINE_BINARY(stream_subtract, difference_of)
DEFINE_BINARY(stream_multiply, product_of)
DEFINE_BINARY(stream_divide, quotient_of)
DEFINE_BINARY(stream_minimum, lesser_of)
DEFINE_BINARY(stream_maximum, greater_of)
DEFINE_BINARY(stream_relu_gradient, where_positive)

INLINE float sum_of_lanes(Vector v) {
  float lanes[WIDTH];
  store(lanes, v);
  for (int width = WIDTH / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

// One float of a row, in 64 running ones: they hide the latency of an operation, and each takes a part
// of the rounding errors.
enum { RUNNING = 64 / WIDTH };
#define REDUCE(IDENTITY, COMBINE)                                                         \
  Vector running[RUNNING];                                                                \
  UNROLL for (int j = 0; j < RUNNING; j++) running[j] = splat(IDENTITY);                  \
  long i = 0;                                                                             \
  for (; i + 64 <= count; i += 64) {                                                      \
    UNROLL for (int j = 0; j < RUNNING; j++)                                              \
      running[j] = COMBINE(running[j], load(x + i + j * WIDTH));                          \
  }                                                                                       \
  for (; i + WIDTH <= count; i += WIDTH) running[0] = COMBINE(running[0], load(x + i));   \
  if (i < count) {                                                                        \
    float rest[WIDTH];                                                                    \
    store(rest, splat(IDENTITY));                                                         \
    memcpy(rest, x + i, (size_t)(count - i) * sizeof(float));                             \
    running[1] = COMBINE(running[1], load(rest));                                         \
  }                                                                                       \
  float lanes[WIDTH];                                                                     \
  for (int width = RUNNING / 2; width > 0; width /= 2) {                                  \
    for (int j = 0; j < width; j++) running[j] = COMBINE(running[j], running[j + width]); \
  }                                                                                       \
  store(lanes, running[0]);                                                               \
  for (int width = WIDTH / 2; width > 0; width /= 2) {                                    \
    for (int j = 0; j < width; j++)                                                       \
      lanes[j] = COMBINE(splat(lanes[j]), splat(lanes[j + width]))[0];                    \
  }                                                                                       \
  return lanes[0];

static float sum_block(const float *x, long count) { REDUCE(0, sum_of) }
// Blocks of a few thousand, and those pairwise, so that errors of rounding grow with the logarithm of the count.
static float sum_row(const float *x, long count) {
  enum { BLOCK = 4096 };
  if (count <= BLOCK) return sum_block(x, count);
  const long half = quotient_up(count, BLOCK) / 2 * BLOCK;
  return sum_row(x, half) + sum_row(x + half, count - half);
}
// Eight rows at a time, pairwise, so that `out` is read and written once for them.
static void add_rows(const float *x, long stride, long rows, long count, float *out) {
  for (; rows >= 8; rows -= 8, x += 8 * stride) {
    for (long i = 0; i < count; i += WIDTH) {
      const long n = smaller(WIDTH, count - i);
      Vector row[8];
      UNROLL for (int r = 0; r < 8; r++) row[r] = load_some(x + r * stride + i, n);
      const Vector sum = ((row[0] + row[1]) + (row[2] + row[3]))
          + ((row[4] + row[5]) + (row[6] + row[7]));
      store_some(out + i, load_some(out + i, n) + sum, n);
    }
  }
  for (; rows > 0; rows--, x += stride) stream_add(out, 1, x, 1, out, count, 0);
}
static float minimum_row(const float *x, long count) { REDUCE(INFINITY, lesser_of) }
static float maximum_row(const float *x, long count) { REDUCE(-INFINITY, greater_of) }

// e^(x - largest), and the sum.
INLINE float exponentials(const float *x, float largest, float *out, long count) {
  Vector sums[2] = {{0}};
  long i = 0;
  for (; i + 2 * WIDTH <= count; i += 2 * WIDTH) {
    UNROLL for (int j = 0; j < 2; j++) {
      // The row is in the cache by now, and the memory idle: the next row, which most often follows, may come.
      __builtin_prefetch(x + count + i + j * WIDTH);
      const Vector e = exponential(load(x + i + j * WIDTH) - largest);
      store(out + i + j * WIDTH, e);
      sums[j] += e;
    }
  }
  for (; i < count; i += WIDTH) {
    const long n = smaller(WIDTH, count - i);
    const Vector e = exponential(load_some(x + i, n) - largest);
    store_some(out + i, e, n);
    // The lanes past the end are no part of the sum.
    Vector rest = {0};
    memcpy(&rest, &e, (size_t)n * sizeof(float));
    sums[0] += rest;
  }
  return sum_of_lanes(sums[0] + sums[1]);
}

static void scaled(const float *x, float scale, float *out, long count, int around_cache) {
  STREAM(load_some(x + i, n) * scale)
}

static void softmax_row(const float *x, float *out, long count, int around_cache) {
  // A row of moderate length waits in the first-level cache, so that `out` is written once.
  enum { WAITING = 4096 };
  float row[WAITING];
  float *middle = around_cache && count <= WAITING ? row : out;
  const float sum = exponentials(x, maximum_row(x, count), middle, count);
  scaled(middle, 1 / sum, out, count, around_cache && middle == row);
}

// Philox4x32-10 (Salmon et al., SC 2011), WIDTH / 2 blocks at once, each word in 64 bits: what the
// multiplication of 32 by 32 bits takes.
enum { BLOCKS = WIDTH / 2, WORDS = 4 * BLOCKS };

INLINE void philox(uint64_t block, uint32_t key0, uint32_t key1, uint32_t words[WORDS]) {
  Wide x, y, z = {0}, w = {0};
  for (int i = 0; i < BLOCKS; i++) {
    x[i] = block + (uint64_t)i;
    y[i] = (block + (uint64_t)i) >> 32;
  }
  const Wide low = (Wide){0} + 0xffffffff;
  UNROLL for (int round = 0; round < 10; round++) {
    const Wide first = (x & low) * 0xd2511f53, second = (z & low) * 0xcd9e8d57;
    x = (second >> 32) ^ y ^ key0;
    y = second;
    z = (first >> 32) ^ w ^ key1;
    w = first;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  const Wide xy = (x & low) | y << 32, zw = (z & low) | w << 32;
  const Wide ordered[2] = {INTERLEAVE_LOW(xy, zw), INTERLEAVE_HIGH(xy, zw)};
  memcpy(words, ordered, sizeof ordered);
}

static void dropout(
    const float *x, float *out, long count, uint64_t start, uint32_t key0, uint32_t key1,
    uint64_t threshold, float scale, int around_cache) {
  if (threshold == 0) {
    memset(out, 0, (size_t)count * sizeof(float));
    return;
  }
  const Unsigned last = (Unsigned){0} + (uint32_t)(threshold - 1);
  // Words are made for positions that are multiples of WORDS; the first and the last may lie outside.
  long i = -(long)(start % WORDS);
  const bool around = around_cache && can_pass_cache(out + i, WIDTH);
  for (; i < count; i += WORDS) {
    uint32_t words[WORDS];
    philox((start + (uint64_t)i) / 4, key0, key1, words);
    for (long part = 0; part < WORDS; part += WIDTH) {
      Unsigned word;
      memcpy(&word, words + part, sizeof word);
      const Mask kept = (Mask)(word <= last);
      const long first = i + part;
      if (first >= 0 && first + WIDTH <= count) {
        put(out + first, keep(kept, load(x + first) * scale), around);
        continue;
      }
      for (long lane = larger(-first, 0); lane < smaller(WIDTH, count - first); lane++)
        out[first + lane] = kept[lane] ? x[first + lane] * scale : 0;
    }
  }
  finish_stores(around);
}

static void adam(
    float *w, float *m, float *v, const float *g, long count, float beta1, float beta2,
    float rate, float root_scale, float epsilon, float decay) {
  const float rest1 = 1 - beta1, rest2 = 1 - beta2;
  for (long i = 0; i < count; i += WIDTH) {
    const long n = smaller(WIDTH, count - i);
    const Vector gradient = load_some(g + i, n);
    const Vector first = beta1 * load_some(m + i, n) + rest1 * gradient;
    const Vector second = beta2 * load_some(v + i, n) + rest2 * (gradient * gradient);
    store_some(m + i, first, n);
    store_some(v + i, second, n);
    const Vector step = rate * first / (root(second) * root_scale + epsilon);
    store_some(w + i, load_some(w + i, n) * decay - step, n);
  }
}

static void momentum_step(
    float *w, float *velocity, const float *g, long count, float learning_rate, float momentum,
    float weight_decay, int is_nesterov) {
  for (long i = 0; i < count; i += WIDTH) {
    const long n = smaller(WIDTH, count - i);
    const Vector weight = load_some(w + i, n);
    const Vector gradient = load_some(g + i, n) + weight_decay * weight;
    const Vector next = momentum * load_some(velocity + i, n) + gradient;
    store_some(velocity + i, next, n);
    const Vector direction = is_nesterov ? gradient + momentum * next : next;
    store_some(w + i, weight - learning_rate * direction, n);
  }
}

// out[column][row] = in[row][column], in squares that are turned in registers.
static void transpose_block(
    const float *in, long in_stride, long rows, long columns, float *out, long out_stride,
    int around_cache) {
  // A vector of output is a cache line, or an aligned part of one.
  const bool around = around_cache && can_pass_cache(out, out_stride);
  // Along the rows of the input, which the processor then fetches ahead.
  for (long row = 0; row < rows; row += WIDTH) {
    const long high = smaller(WIDTH, rows - row);
    for (long column = 0; column < columns; column += WIDTH) {
      const long wide = smaller(WIDTH, columns - column);
      const float *source = in + row * in_stride + column;
      float *target = out + column * out_stride + row;
      Vector square[WIDTH];
      UNROLL for (int i = 0; i < WIDTH; i++)
        square[i] = i < high ? load_some(source + i * in_stride, wide) : (Vector){0};
      turn(square);
      if (wide == WIDTH && high == WIDTH) {
        UNROLL for (int i = 0; i < WIDTH; i++) put(target + i * out_stride, square[i], around);
      } else {
        for (long i = 0; i < wide; i++) store_some(target + i * out_stride, square[i], high);
      }
    }
  }
  finish_stores(around);
}
