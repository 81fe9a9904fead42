// AVX2 and FMA: 16 registers of 8 floats hold a tile of 6 x 16 (12), two vectors of B and one of A.
#include "include/CKernels.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define WIDTH 8
#define ROWS 6
#define PANEL_VECTORS 2
#define TRANSPOSED_ROWS 4
#define EACH_PRODUCT_TILE(X)                                                              \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)                                         \
  X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2)
#define EACH_TRANSPOSED_TILE(X)                                                           \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(1, 2) X(2, 2) X(3, 2) X(4, 2)
#define ROWS_TILE_ROWS 6
#define ROWS_TILE_PANELS 1
#define EACH_ROWS_TILE(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)
#include "kernels/table.h"

#pragma clang attribute pop

const Kernels *kernels_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels : 0;
}

#else

const Kernels *kernels_avx2(void) { return 0; }

#endif
