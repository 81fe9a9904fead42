// AVX-512: 32 registers of 16 floats hold a tile of 14 x 32 (28), two vectors of B and one of A.
#include "include/CKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)

#define WIDTH 16
#define ROWS 14
#define PANEL_VECTORS 2
#define TRANSPOSED_ROWS 8
#define EACH_PRODUCT_TILE(X)                                                              \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(7, 1)                                 \
  X(8, 1) X(9, 1) X(10, 1) X(11, 1) X(12, 1) X(13, 1) X(14, 1)                            \
  X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2) X(7, 2)                                 \
  X(8, 2) X(9, 2) X(10, 2) X(11, 2) X(12, 2) X(13, 2) X(14, 2)
#define EACH_TRANSPOSED_TILE(X)                                                           \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(7, 1) X(8, 1)                         \
  X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2) X(7, 2) X(8, 2)
#define ROWS_TILE_ROWS 6
#define ROWS_TILE_PANELS 2
#define EACH_ROWS_TILE(X)                                                                 \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)                                         \
  X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2)
// In one instruction what takes eight: p 2^n, whether or not 2^n has an exponent.
#define TIMES_POWER_OF_TWO(p, n) (Vector)_mm512_scalef_ps((__m512)(p), (__m512)(n))
#include "kernels/table.h"

#pragma clang attribute pop

const Kernels *kernels_avx512(void) {
  return __builtin_cpu_supports("x86-64-v4") ? &kernels : 0;
}

#else

const Kernels *kernels_avx512(void) { return 0; }

#endif
