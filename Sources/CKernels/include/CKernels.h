// What Swift cannot reach: processor features, and loops in vector instructions.
#ifndef ROENTGEN_CKERNELS_H
#define ROENTGEN_CKERNELS_H

#include <stdint.h>

// The number of cores that this process may run on, 1 or more.
int kernels_available_threads(void);

// Activations are [batch][height][width][channels], weights [height][width][input][output], all
// dense. A kernel sees a tensor in blocks of `vector_width` channels and in panels of
// `panel_width` columns:
//   blocked   [channels / vector_width][rows][vector_width]
//   panels    [columns / panel_width][depth][panel_width], the last panel filled with zeros

// A 3x3 convolution of stride 1, cut into tiles of 4x4 outputs. Tiles are numbered over
// [image][tile row][tile column].
typedef struct {
  long height, width, input_channels, output_channels;
  long padding_top, padding_left;
  long output_height, output_width;
  long tile_rows, tile_columns;
} WinogradShape;

// Tiles first_tile ..< first_tile + tiles and channels first_channel ..< first_channel + channels,
// seen as 36 planes, one for each frequency, plane_stride floats apart. A blocked plane has room
// for `capacity` tiles in each block.
typedef struct {
  long first_tile, tiles, capacity;
  long first_channel, channels;
  long plane_stride;
} WinogradBlock;

// Any convolution, as a product of patches [pixel][depth] and weights [depth][output channel].
// Depth falls into `runs` of `run_length` floats that lie side by side in an image row: a whole
// row of the kernel where that is possible (one group, no dilation), one pixel of it otherwise.
typedef struct {
  long batch, height, width, channels;
  long output_height, output_width, output_channels;
  long kernel_height, kernel_width;
  long stride_height, stride_width, dilation_height, dilation_width;
  long padding_top, padding_left;
  long groups;
  long runs, run_length;
} PatchShape;

// Output pixels first_pixel ..< first_pixel + pixels, numbered over [image][row][column], and runs
// first_run ..< first_run + runs, for one group. Blocks have room for `capacity` pixels.
typedef struct {
  long first_pixel, pixels, capacity;
  long first_run, runs;
  long group;
} PatchBlock;

// Where a product starts and what it ends with.
enum {
  PRODUCT_ACCUMULATE = 1,  // adds to what is there (and ignores the bias)
  PRODUCT_RECTIFY = 2,     // max(x, 0) at the end; not a number stays so
};

// The kernels of one instruction set.
typedef struct {
  // C = A B (+ bias). A is blocked, [runs][run_length in blocks][capacity][vector_width] of `rows`
  // rows; B is one panel; C has `columns` <= panel_width columns, c_stride floats apart.
  void (*_Nonnull product)(
      const float *_Nonnull a, long capacity, long rows, long runs, long run_length,
      const float *_Nonnull b, const float *_Nullable bias, float *_Nonnull c, long c_stride,
      long columns, int flags);

  // C += A^T B over `rows` rows of blocked A and blocked B, both with room for `capacity` rows. C is
  // [runs * run_length][c_stride], its `columns` (a multiple of vector_width) starting at `c`.
  void (*_Nonnull transposed_product)(
      const float *_Nonnull a, const float *_Nonnull b, long capacity, long rows, long runs,
      long run_length, long columns, float *_Nonnull c, long c_stride);

  // panels <- B [depth][columns], whose rows are `stride` floats apart.
  void (*_Nonnull pack_panels)(
      const float *_Nonnull b, long depth, long columns, long stride, float *_Nonnull panels);

  // Blocked patches <- images.
  void (*_Nonnull pack_patches)(
      PatchShape shape, PatchBlock block, const float *_Nonnull input,
      float *_Nonnull patches);

  // Images += columns first_column ..< first_column + columns of run block.first_run; the patches
  // are [pixel][patch_stride].
  void (*_Nonnull add_patches)(
      PatchShape shape, PatchBlock block, const float *_Nonnull patches,
      long patch_stride, long first_column, long columns, float *_Nonnull input_gradient);

  // Blocked, zero-filled <- `scale` times `rows` rows of `columns` floats, `stride` apart, zero where
  // `output` (if given) is not above zero; their sums are added to bias_gradient (if given).
  void (*_Nonnull pack_gradient)(
      const float *_Nonnull upstream, const float *_Nullable output, long rows, long columns,
      long stride, float scale, long capacity, float *_Nonnull blocked, float *_Nullable bias_gradient);

  // U = G g G^T of weights [3][3][depth][columns], as [panel][36][depth][panel_width].
  void (*_Nonnull winograd_weights)(
      const float *_Nonnull weights, long depth, long columns, float *_Nonnull transformed);
  // V = B^T d B, blocked.
  void (*_Nonnull winograd_input)(
      WinogradShape shape, WinogradBlock block, const float *_Nonnull input,
      float *_Nonnull planes);
  // M = A U, plane by plane: A blocked with `depth` channels, U [36][u_depth][panel_width] of one
  // panel, M [36][tiles][panel_width].
  void (*_Nonnull winograd_products)(
      const float *_Nonnull a, WinogradBlock block, const float *_Nonnull u, long u_depth,
      float *_Nonnull products, long product_stride, long columns, int flags);
  // Y = A^T M A + bias for one panel of channels; `rectify` ends with max(x, 0).
  void (*_Nonnull winograd_output)(
      WinogradShape shape, WinogradBlock block, const float *_Nonnull products,
      const float *_Nullable bias, int rectify, float *_Nonnull output);
  // The same, then the maximum of each 2x2 window and which of the four it was: for each pooled
  // pixel (channels + 7) / 8 bytes with a bit per channel for the column, then as many for the row.
  void (*_Nonnull winograd_pooled_output)(
      WinogradShape shape, WinogradBlock block, const float *_Nonnull products,
      const float *_Nullable bias, int rectify, float *_Nonnull output,
      uint8_t *_Nullable choices);
  // dM = A dY A^T, blocked, where dY is `upstream` times `scale`, zero where `output` (if given) is
  // not above zero. Adds the sums of dY to bias_gradient (if given). With `choices` all tensors are
  // pooled ones.
  void (*_Nonnull winograd_gradient)(
      WinogradShape shape, WinogradBlock block, const float *_Nonnull upstream,
      const float *_Nullable output, const uint8_t *_Nullable choices, float scale,
      float *_Nonnull planes, float *_Nullable bias_gradient);
  // dX += B dV B^T for one panel of channels.
  void (*_Nonnull winograd_input_gradient)(
      WinogradShape shape, WinogradBlock block, const float *_Nonnull products,
      float *_Nonnull input_gradient);
  // dU += V^T dM, plane by plane: dU [36][u_depth][u_columns], both blocks padded to vectors.
  void (*_Nonnull winograd_weight_products)(
      const float *_Nonnull v, WinogradBlock v_block, const float *_Nonnull gradient,
      WinogradBlock gradient_block, float *_Nonnull transformed, long u_depth, long u_columns);
  // dg = G^T dU G, dense [3][3][depth][columns], of channels first_row ..< first_row + rows.
  void (*_Nonnull winograd_weight_gradient)(
      const float *_Nonnull transformed, long u_depth, long u_columns, long depth, long columns,
      long first_row, long rows, float *_Nonnull gradient);

  // Output rows first_output_row ..< first_output_row + rows, numbered over [image][row], of a
  // convolution of as many groups as input and output channels; weights [height][width][channels].
  void (*_Nonnull depthwise)(
      PatchShape shape, long first_output_row, long rows, const float *_Nonnull input,
      const float *_Nonnull weights, const float *_Nullable bias, int rectify,
      float *_Nonnull output);
  // What these output rows add to the gradients (those that are given; the input's needs weights).
  void (*_Nonnull depthwise_gradients)(
      PatchShape shape, long first_output_row, long rows, const float *_Nonnull input,
      const float *_Nonnull upstream, const float *_Nullable output, float scale,
      const float *_Nullable weights, float *_Nullable input_gradient,
      float *_Nullable weight_gradient, float *_Nullable bias_gradient);

  // The depth of a block of channels, and the columns of a panel.
  long vector_width, panel_width;
  // The rows that `product` takes at once: a multiple of it wastes nothing.
  long rows;
} ConvolutionKernels;

// The kernels for any processor.
const ConvolutionKernels *_Nonnull convolution_kernels_portable(void);
// The kernels in AVX2 and FMA, or null where the processor lacks them.
const ConvolutionKernels *_Nullable convolution_kernels_avx2(void);
// The kernels in AVX-512 (F, BW, CD, DQ, VL), or null where the processor lacks it.
const ConvolutionKernels *_Nullable convolution_kernels_avx512(void);

#endif
