// Products of blocked matrices: the two loops in which a convolution spends its time.

// A in blocks of WIDTH columns: block i starts at offsets[i], or if there are none at i * stride.
typedef struct {
  const long *offsets;
  long stride;
} Blocks;

// acc += A B for a tile of `rows` rows and `vectors` vectors, held in registers. Rows of A are
// WIDTH floats apart, so that all of them are displacements from one address.
INLINE void multiply(
    const int rows, const int vectors, Vector acc[ROWS][PANEL_VECTORS], const float *a_start,
    Blocks blocks, long runs, long run_length, const float *b, long b_stride) {
  const long last = runs * vectors_of(run_length) - 1;
  long index = 0;
  for (long run = 0; run < runs; run++) {
    for (long first = 0; first < run_length; first += WIDTH, index++) {
      const float *a = a_start + (blocks.offsets ? blocks.offsets[index] : index * blocks.stride);
      const long depth = smaller(WIDTH, run_length - first);
      const long following = smaller(index + 1, last);
      const float *next =
          a_start + (blocks.offsets ? blocks.offsets[following] : following * blocks.stride);
      for (long k = 0; k < depth; k++) {
        Vector column[PANEL_VECTORS];
        // A row of the next block with each column of this one: blocks lie too far apart to be foreseen.
        __builtin_prefetch(next + k * WIDTH);
        UNROLL for (int j = 0; j < vectors; j++) {
          column[j] = load(b + j * WIDTH);
          // B comes from the second-level cache, each row once; to few rows of A from further away.
          __builtin_prefetch(b + j * WIDTH + (rows < 4 ? 64 : 8) * b_stride);
        }
        UNROLL for (int r = 0; r < rows; r++) {
          UNROLL for (int j = 0; j < vectors; j++) acc[r][j] += a[r * WIDTH + k] * column[j];
        }
        b += b_stride;
      }
    }
  }
}

typedef void ProductTile(
    const float *a, Blocks blocks, long runs, long run_length, const float *b, long b_stride,
    const float *bias, float *c, long c_stride, int flags);

INLINE void product_tile(
    const int rows, const int vectors, const float *a, Blocks blocks, long runs, long run_length,
    const float *b, long b_stride, const float *bias, float *c, long c_stride, int flags) {
  Vector acc[ROWS][PANEL_VECTORS];
  UNROLL for (int j = 0; j < vectors; j++) {
    const bool is_start = bias && !(flags & PRODUCT_ACCUMULATE);
    const Vector start = is_start ? load(bias + j * WIDTH) : (Vector){0};
    UNROLL for (int r = 0; r < rows; r++) acc[r][j] = start;
  }
  if (flags & PRODUCT_ACCUMULATE) {
    // What is added to at the end may be far away: fetch it while the product is computed.
    UNROLL for (int r = 0; r < rows; r++) {
      UNROLL for (int j = 0; j < vectors; j++) __builtin_prefetch(c + r * c_stride + j * WIDTH, 1);
    }
  }
  multiply(rows, vectors, acc, a, blocks, runs, run_length, b, b_stride);
  if (flags & PRODUCT_ACCUMULATE) {
    UNROLL for (int r = 0; r < rows; r++) {
      UNROLL for (int j = 0; j < vectors; j++) acc[r][j] += load(c + r * c_stride + j * WIDTH);
    }
  }
  if (flags & PRODUCT_RECTIFY) {
    UNROLL for (int r = 0; r < rows; r++) {
      UNROLL for (int j = 0; j < vectors; j++) acc[r][j] = at_least((Vector){0}, acc[r][j]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int j = 0; j < vectors; j++) store(c + r * c_stride + j * WIDTH, acc[r][j]);
  }
}

// What a transposed product sums over: `runs` of `count` rows, runs of A stride floats apart, B without
// a gap.
typedef struct {
  long runs, count, stride;
} Sum;

// acc += A^T B: TRANSPOSED_ROWS channels of A against `vectors` blocks of B.
typedef void TransposedTile(
    const float *a, const float *b, long b_block_stride, Sum sum, float *c, long c_stride);

INLINE void transposed_tile(
    const int rows, const int vectors, const float *a_start, const float *b, long b_block_stride,
    Sum sum, float *c, long c_stride) {
  Vector acc[ROWS][PANEL_VECTORS];
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int j = 0; j < vectors; j++) acc[r][j] = load(c + r * c_stride + j * WIDTH);
  }
  // The next tile adds to the rows below.
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int j = 0; j < vectors; j++)
      __builtin_prefetch(c + (rows + r) * c_stride + j * WIDTH, 1);
  }
  for (long run = 0; run < sum.runs; run++) {
    const float *a = a_start + run * sum.stride;
    for (long t = 0; t < sum.count; t++) {
      Vector column[PANEL_VECTORS];
      UNROLL for (int j = 0; j < vectors; j++) column[j] = load(b + j * b_block_stride);
      UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int j = 0; j < vectors; j++) acc[r][j] += a[r] * column[j];
      }
      a += WIDTH;
      b += WIDTH;
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int j = 0; j < vectors; j++) store(c + r * c_stride + j * WIDTH, acc[r][j]);
  }
}

// One function for each size of tile, since its loops over rows and vectors must unroll.
#define DEFINE_PRODUCT_TILE(R, V)                                                          \
  static void product_tile_##R##x##V(                                                      \
      const float *a, Blocks blocks, long runs, long run_length, const float *b,           \
      long b_stride, const float *bias, float *c, long c_stride, int flags) {              \
    product_tile(                                                                          \
        R, V, a, blocks, runs, run_length, b, b_stride, bias, c, c_stride, flags);         \
  }
#define DEFINE_TRANSPOSED_TILE(R, V)                                                       \
  static void transposed_tile_##R##x##V(                                                   \
      const float *a, const float *b, long b_block_stride, Sum sum, float *c,              \
      long c_stride) {                                                                     \
    transposed_tile(R, V, a, b, b_block_stride, sum, c, c_stride);                         \
  }
EACH_PRODUCT_TILE(DEFINE_PRODUCT_TILE)
EACH_TRANSPOSED_TILE(DEFINE_TRANSPOSED_TILE)

#define PRODUCT_TILE_ENTRY(R, V) [V - 1][R - 1] = product_tile_##R##x##V,
#define TRANSPOSED_TILE_ENTRY(R, V) [V - 1][R - 1] = transposed_tile_##R##x##V,
static ProductTile *const product_tiles[PANEL_VECTORS][ROWS] = {
    EACH_PRODUCT_TILE(PRODUCT_TILE_ENTRY)};
static TransposedTile *const transposed_tiles[PANEL_VECTORS][TRANSPOSED_ROWS] = {
    EACH_TRANSPOSED_TILE(TRANSPOSED_TILE_ENTRY)};

// Cuts what remains into tiles of nearly equal size, so that none is left with a row or two.
INLINE long next_tile(long remaining, long most) {
  const long tiles = (remaining + most - 1) / most;
  return (remaining + tiles - 1) / tiles;
}

INLINE void multiply_panel(
    const float *a, Blocks blocks, long rows, long runs, long run_length, const float *b,
    long b_stride, const float *bias, float *c, long c_stride, long vectors, int flags) {
  for (long row = 0; row < rows;) {
    const long count = next_tile(rows - row, ROWS);
    product_tiles[vectors - 1][count - 1](
        a + row * WIDTH, blocks, runs, run_length, b, b_stride, bias, c + row * c_stride, c_stride,
        flags);
    row += count;
  }
}

INLINE void multiply_columns(
    const float *a, Blocks blocks, long rows, long runs, long run_length, const float *b,
    long b_stride, const float *bias, float *c, long c_stride, long columns, int flags) {
  const long vectors = vectors_of(columns);
  if (columns % WIDTH == 0) {
    multiply_panel(
        a, blocks, rows, runs, run_length, b, b_stride, bias, c, c_stride, vectors, flags);
    return;
  }
  // The last vector is not whole: work on a copy.
  float copied_bias[PANEL] = {0};
  if (bias) memcpy(copied_bias, bias, (size_t)columns * sizeof(float));
  float tile[ROWS * PANEL] = {0};
  for (long row = 0; row < rows;) {
    const long count = next_tile(rows - row, ROWS);
    float *target = c + row * c_stride;
    if (flags & PRODUCT_ACCUMULATE) {
      for (long r = 0; r < count; r++)
        memcpy(tile + r * PANEL, target + r * c_stride, (size_t)columns * sizeof(float));
    }
    multiply_panel(
        a + row * WIDTH, blocks, count, runs, run_length, b, b_stride, copied_bias, tile,
        PANEL, vectors, flags);
    for (long r = 0; r < count; r++)
      memcpy(target + r * c_stride, tile + r * PANEL, (size_t)columns * sizeof(float));
    row += count;
  }
}

static void product(
    const float *a, long capacity, long rows, long runs, long run_length, const float *b,
    long b_stride, const float *bias, float *c, long c_stride, long columns, int flags) {
  multiply_columns(
      a, (Blocks){0, capacity * WIDTH}, rows, runs, run_length, b, b_stride, bias, c, c_stride,
      columns, flags);
}

static void band_product(
    const float *band, const long *offsets, long rows, long runs, long run_length, const float *b,
    const float *bias, float *c, long c_stride, long columns, int flags) {
  multiply_columns(
      band, (Blocks){offsets, 0}, rows, runs, run_length, b, PANEL, bias, c, c_stride, columns,
      flags);
}

// A tile of C where A lies in rows a_stride floats apart. Fewer rows than in product_tile, whose places
// need a register or two, against more panels.
typedef void RowsTile(
    const float *a, long a_stride, long depth, const float *b, const float *bias, float *c,
    long c_stride, int flags);

INLINE void rows_tile(
    const int rows, const int panels, const float *a, long a_stride, long depth, const float *b,
    const float *bias, float *c, long c_stride, int flags) {
  enum { MOST = ROWS_TILE_PANELS * PANEL_VECTORS };
  const int vectors = panels * PANEL_VECTORS;
  Vector acc[ROWS_TILE_ROWS][MOST];
  UNROLL for (int j = 0; j < vectors; j++) {
    const Vector start = bias ? load(bias + j * WIDTH) : (Vector){0};
    UNROLL for (int r = 0; r < rows; r++) acc[r][j] = start;
  }
  const float *const middle = a + rows / 2 * a_stride;
  for (long k = 0; k < depth; k++) {
    Vector column[MOST];
    UNROLL for (int j = 0; j < vectors; j++) {
      const float *place = b + (j / PANEL_VECTORS * depth + k) * PANEL + j % PANEL_VECTORS * WIDTH;
      column[j] = load(place);
      __builtin_prefetch(place + 8 * PANEL);
    }
    UNROLL for (int r = 0; r < rows; r++) {
      const float factor =
          r < rows / 2 ? a[r * a_stride + k] : middle[(r - rows / 2) * a_stride + k];
      UNROLL for (int j = 0; j < vectors; j++) acc[r][j] += factor * column[j];
    }
  }
  const Vector bound = lower_bound(flags & PRODUCT_RECTIFY);
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int j = 0; j < vectors; j++)
      store(c + r * c_stride + j * WIDTH, at_least(bound, acc[r][j]));
  }
}

#define DEFINE_ROWS_TILE(R, P)                                                             \
  static void rows_tile_##R##x##P(                                                         \
      const float *a, long a_stride, long depth, const float *b, const float *bias,        \
      float *c, long c_stride, int flags) {                                                \
    rows_tile(R, P, a, a_stride, depth, b, bias, c, c_stride, flags);                      \
  }
EACH_ROWS_TILE(DEFINE_ROWS_TILE)
#define ROWS_TILE_ENTRY(R, P) [P - 1][R - 1] = rows_tile_##R##x##P,
static RowsTile *const rows_tiles[ROWS_TILE_PANELS][ROWS_TILE_ROWS] = {
    EACH_ROWS_TILE(ROWS_TILE_ENTRY)};

static void rows_product(
    const float *a, long a_stride, long rows, long depth, const float *b, const float *bias,
    float *c, long c_stride, long panels, int flags) {
  for (long panel = 0; panel < panels;) {
    const long wide = smaller(ROWS_TILE_PANELS, panels - panel);
    for (long row = 0; row < rows;) {
      const long count = next_tile(rows - row, ROWS_TILE_ROWS);
      rows_tiles[wide - 1][count - 1](
          a + row * a_stride, a_stride, depth, b + panel * depth * PANEL,
          bias ? bias + panel * PANEL : 0, c + row * c_stride + panel * PANEL, c_stride, flags);
      row += count;
    }
    panel += wide;
  }
}

// C [runs * run_length][columns] += A^T B, one block of A and one panel of B at a time.
INLINE void multiply_transposed(
    const float *a, Blocks blocks, const float *b, long b_block_stride, Sum sum, long runs,
    long run_length, long columns, float *c, long c_stride) {
  for (long column = 0; column < columns; column += PANEL) {
    const long vectors = vectors_of(smaller(PANEL, columns - column));
    const float *panel = b + column / WIDTH * b_block_stride;
    float *target = c + column;
    long index = 0;
    for (long run = 0; run < runs; run++) {
      for (long first = 0; first < run_length; first += WIDTH, index++) {
        const float *block = a + (blocks.offsets ? blocks.offsets[index] : index * blocks.stride);
        const long depth = smaller(WIDTH, run_length - first);
        for (long row = 0; row < depth;) {
          const long rows = next_tile(depth - row, TRANSPOSED_ROWS);
          transposed_tiles[vectors - 1][rows - 1](
              block + row, panel, b_block_stride, sum, target, c_stride);
          target += rows * c_stride;
          row += rows;
        }
      }
    }
  }
}

static void transposed_product(
    const float *a, const float *b, long capacity, long rows, long runs, long run_length,
    long columns, float *c, long c_stride) {
  multiply_transposed(
      a, (Blocks){0, capacity * WIDTH}, b, capacity * WIDTH, (Sum){1, rows, 0}, runs, run_length,
      columns, c, c_stride);
}

static void band_transposed_product(
    const float *band, const long *offsets, long row_stride, long rows, long pixels,
    const float *b, long runs, long run_length, long columns, float *c, long c_stride) {
  multiply_transposed(
      band, (Blocks){offsets, 0}, b, rows * pixels * WIDTH, (Sum){rows, pixels, row_stride}, runs,
      run_length, columns, c, c_stride);
}

// Some panels at a time, so that a row of B is read in one piece.
enum { PANELS_AT_ONCE = 4 };

static void pack_panels(
    const float *b, long depth, long columns, long stride, float *panels) {
  for (long column = 0; column < columns; column += PANELS_AT_ONCE * PANEL) {
    const long wide = smaller(PANELS_AT_ONCE * PANEL, columns - column);
    for (long k = 0; k < depth; k++) {
      const float *source = b + k * stride + column;
      float *target = panels + column * depth + k * PANEL;
      long i = 0;
      for (; i + PANEL <= wide; i += PANEL, target += depth * PANEL) {
        UNROLL for (int j = 0; j < PANEL_VECTORS; j++) {
          // Rows are far apart: ask for those to come.
          __builtin_prefetch(source + 8 * stride + i + j * WIDTH);
          store(target + j * WIDTH, load(source + i + j * WIDTH));
        }
      }
      if (i < wide) {
        memset(target, 0, PANEL * sizeof(float));
        memcpy(target, source + i, (size_t)(wide - i) * sizeof(float));
      }
    }
  }
}
