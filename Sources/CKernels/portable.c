// Any processor. The compiler cuts a vector of 8 floats into what there is; 16 registers of 4 hold a
// tile of 6 x 8 (12), two of B and one of A.
#include "include/CKernels.h"

#define WIDTH 8
#define ROWS 6
#define PANEL_VECTORS 1
#define TRANSPOSED_ROWS 4
#define EACH_PRODUCT_TILE(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)
#define EACH_TRANSPOSED_TILE(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1)
#define ROWS_TILE_ROWS 6
#define ROWS_TILE_PANELS 1
#define EACH_ROWS_TILE(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)
#include "kernels/table.h"

const Kernels *kernels_portable(void) { return &kernels; }
