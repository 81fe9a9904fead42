// One vector of WIDTH floats and the little that the kernels need beside its operators.
//
// Included once by the file of each instruction set, which defines
//   WIDTH              floats in a vector, 8 or more
//   ROWS               rows, and
//   PANEL_VECTORS      vectors of the tile of C that a product keeps in registers
//   TRANSPOSED_ROWS    the same for a transposed product; divides WIDTH
//   EACH_PRODUCT_TILE(X), EACH_TRANSPOSED_TILE(X)    X(rows, vectors) for every size up to these
//   ROWS_TILE_ROWS, ROWS_TILE_PANELS, EACH_ROWS_TILE(X)    the same for A that lies in rows, in panels
//
// Vectors pass between functions only where these are inlined, so no calling convention meets
// another. `a * b + c` is contracted to one fused instruction where there is one.
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../include/CKernels.h"

#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define PANEL (WIDTH * PANEL_VECTORS)

typedef float Vector __attribute__((vector_size(WIDTH * 4)));
typedef float UnalignedVector __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int32_t Mask __attribute__((vector_size(WIDTH * 4)));  // 0 or -1 in each lane
typedef bool Bits __attribute__((ext_vector_type(WIDTH)));     // WIDTH / 8 bytes in memory
typedef uint32_t Unsigned __attribute__((vector_size(WIDTH * 4)));
typedef uint64_t Wide __attribute__((vector_size(WIDTH * 4)));

INLINE long smaller(long a, long b) { return a < b ? a : b; }
INLINE long larger(long a, long b) { return a > b ? a : b; }
INLINE long quotient_up(long count, long divisor) { return (count + divisor - 1) / divisor; }
INLINE long vectors_of(long channels) { return quotient_up(channels, WIDTH); }

INLINE Vector load(const float *p) { return *(const UnalignedVector *)p; }
INLINE void store(float *p, Vector v) { *(UnalignedVector *)p = v; }

// Stores around the cache, where the processor then reads no line before it is overwritten. They need
// vectors that lie on their boundaries, as those `stride` floats apart from `p` on do:
INLINE bool can_pass_cache(const float *p, long stride) {
  return (uintptr_t)p % sizeof(Vector) == 0 && stride % WIDTH == 0;
}
INLINE void put(float *p, Vector v, bool around_cache) {
  if (around_cache)
    __builtin_nontemporal_store(v, (Vector *)p);
  else
    store(p, v);
}
// They are weakly ordered, and other threads will read them.
INLINE void finish_stores(bool around_cache) {
  if (around_cache) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

INLINE Vector splat(float x) { return x - (Vector){0}; }

// The first `count` lanes from memory, the others zero.
INLINE Vector load_some(const float *p, long count) {
  if (count == WIDTH) return load(p);
  Vector v = {0};
  memcpy(&v, p, (size_t)count * sizeof(float));
  return v;
}

INLINE void store_some(float *p, Vector v, long count) {
  if (count == WIDTH)
    store(p, v);
  else
    memcpy(p, &v, (size_t)count * sizeof(float));
}

INLINE Vector keep(Mask mask, Vector v) { return (Vector)(mask & (Mask)v); }
INLINE Vector choose(Mask mask, Vector yes, Vector no) {
  return (Vector)((mask & (Mask)yes) | (~mask & (Mask)no));
}

// The larger of a bound and v; v itself where it is not a number.
INLINE Vector at_least(Vector bound, Vector v) { return choose(bound > v, bound, v); }
// The bound that rectifies: zero, or what bounds nothing.
INLINE Vector lower_bound(int rectify) { return splat(rectify ? 0.0f : -INFINITY); }

INLINE void store_bits(uint8_t *p, Mask mask, long count) {
  Bits bits = __builtin_convertvector(mask, Bits);
  memcpy(p, &bits, count == WIDTH ? WIDTH / 8 : (size_t)(count + 7) / 8);
}

INLINE Mask load_bits(const uint8_t *p, long count) {
  Bits bits = {0};
  memcpy(&bits, p, count == WIDTH ? WIDTH / 8 : (size_t)(count + 7) / 8);
  return -__builtin_convertvector(bits, Mask);
}

// Shuffles have to name their lanes. PICK(l, s) and REST(l, s) are those with which pairs of rows, s
// apart, exchange the lanes that have bit s: log2(WIDTH) such steps turn a square.
#define PICK(l, s) ((l) & (s) ? WIDTH + (l) - (s) : (l))
#define REST(l, s) ((l) & (s) ? WIDTH + (l) : (l) + (s))
#if WIDTH == 16
#define EACH_LANE(M, s)                                                                   \
  M(0, s), M(1, s), M(2, s), M(3, s), M(4, s), M(5, s), M(6, s), M(7, s), M(8, s),        \
      M(9, s), M(10, s), M(11, s), M(12, s), M(13, s), M(14, s), M(15, s)
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define EACH_LANE(M, s)                                                                   \
  M(0, s), M(1, s), M(2, s), M(3, s), M(4, s), M(5, s), M(6, s), M(7, s)
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif

#define EXCHANGE(s)                                                                       \
  UNROLL for (int i = 0; i < WIDTH; i++) {                                                \
    if (i & (s)) continue;                                                                \
    const Vector a = square[i], b = square[i + (s)];                                      \
    square[i] = __builtin_shufflevector(a, b, EACH_LANE(PICK, s));                        \
    square[i + (s)] = __builtin_shufflevector(a, b, EACH_LANE(REST, s));                  \
  }

// Rows become columns.
INLINE void turn(Vector square[WIDTH]) {
  EXCHANGE(1)
  EXCHANGE(2)
  EXCHANGE(4)
#if WIDTH == 16
  EXCHANGE(8)
#endif
}
