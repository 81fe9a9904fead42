// What Swift cannot reach: processor features, and loops in vector instructions.
#ifndef ROENTGEN_CKERNELS_H
#define ROENTGEN_CKERNELS_H

#include <stdint.h>

// The number of cores that this process may run on, 1 or more.
int kernels_available_threads(void);

// Asks the system to back these bytes with huge pages: a fault for each of those instead of one for every
// 4 KiB, and fewer look-ups of addresses.
void kernels_advise_huge_pages(void *_Nonnull start, long bytes);

// Activations are [batch][height][width][channels], weights [height][width][input][output], all
// dense. A kernel sees a tensor in blocks of `vector_width` channels and in panels of
// `panel_width` columns:
//   blocked   [channels / vector_width][rows][vector_width]
//   panels    [columns / panel_width][depth][panel_width], the last panel filled with zeros

// A convolution of stride 1 with 3x3 or 5x5 taps, cut into tiles of tile x tile = 4x4 or 2x2 outputs.
// Either way a tile depends on 6x6 inputs. Tiles are numbered over [image][tile row][tile column].
typedef struct {
  long tile;
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

// A band: rows of one image [height][width][channels] as [row][phase][channels in blocks][column]
// [vector_width], where column j of a phase is column first_column + phase + j * phases of the image.
// What lies outside the image is zero. `used_channels` from first_channel on are those of one group.
typedef struct {
  long height, width, channels;
  long first_channel, used_channels;
  long first_row, rows;
  long first_column, columns, phases;
} BandShape;

// `around_cache` says of a result that it is too large to stay in the cache: then it is written past it.

// Where a product starts and what it ends with.
enum {
  PRODUCT_ACCUMULATE = 1,  // adds to what is there (and ignores the bias)
  PRODUCT_RECTIFY = 2,     // max(x, 0) at the end; not a number stays so
};

// The convolutions of one instruction set.
typedef struct {
  // C = A B (+ bias). A is blocked, [runs][run_length in blocks][capacity][vector_width] of `rows`
  // rows; B has rows b_stride floats apart: one panel, or any matrix whose rows can be read in whole
  // vectors; C has `columns` <= panel_width columns, c_stride floats apart.
  void (*_Nonnull product)(
      const float *_Nonnull a, long capacity, long rows, long runs, long run_length,
      const float *_Nonnull b, long b_stride, const float *_Nullable bias, float *_Nonnull c,
      long c_stride, long columns, int flags);

  // C = A B (+ bias), where A lies in rows a_stride floats apart and B is `panels` whole panels, one
  // after the other, `depth` rows each. C is c_stride floats apart. Takes PRODUCT_RECTIFY.
  void (*_Nonnull rows_product)(
      const float *_Nonnull a, long a_stride, long rows, long depth, const float *_Nonnull b,
      const float *_Nullable bias, float *_Nonnull c, long c_stride, long panels, int flags);

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

  // A band <- `image`, or `scale` times it, zero where `output` (if given) is not above zero.
  void (*_Nonnull pack_band)(
      BandShape shape, const float *_Nonnull image, const float *_Nullable output, float scale,
      float *_Nonnull band);
  // As `product`, with B a panel, where block i of A starts at offsets[i] from `band`.
  void (*_Nonnull band_product)(
      const float *_Nonnull band, const long *_Nonnull offsets, long rows, long runs,
      long run_length, const float *_Nonnull b, const float *_Nullable bias, float *_Nonnull c,
      long c_stride, long columns, int flags);
  // As `transposed_product`, where block i of A starts at offsets[i] from `band` and has `pixels` of
  // its rows there, as many row_stride floats on, and so forth, `rows` times. B has as many.
  void (*_Nonnull band_transposed_product)(
      const float *_Nonnull band, const long *_Nonnull offsets, long row_stride, long rows,
      long pixels, const float *_Nonnull b, long runs, long run_length, long columns,
      float *_Nonnull c, long c_stride);

  // U = G g G^T of weights [taps][taps][depth][columns], whose rows are `stride` floats apart, as
  // [panel][36][depth][panel_width].
  void (*_Nonnull winograd_weights)(
      long tile, const float *_Nonnull weights, long depth, long columns, long stride,
      float *_Nonnull transformed);
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
      const float *_Nullable bias, int rectify, float *_Nonnull output, int around_cache);
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
  // dg = G^T dU G, [taps][taps][depth] rows `stride` apart, of channels first_row ..< first_row + rows
  // and some columns.
  void (*_Nonnull winograd_weight_gradient)(
      long tile, const float *_Nonnull transformed, long u_depth, long u_columns, long depth,
      long columns, long stride, long first_row, long rows, float *_Nonnull gradient);

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

// f(x), element by element.
typedef void UnaryStream(
    const float *_Nonnull x, float *_Nonnull out, long count, int around_cache);
// f(x, y); a step is 1, or 0 for an operand that is one float.
typedef void BinaryStream(
    const float *_Nonnull x, long x_step, const float *_Nonnull y, long y_step,
    float *_Nonnull out, long count, int around_cache);

// Loops over rows of floats, which no alignment is asked of. `out` may be an operand.
typedef struct {
  UnaryStream *_Nonnull exp, *_Nonnull log, *_Nonnull sqrt, *_Nonnull tanh, *_Nonnull sigmoid;
  UnaryStream *_Nonnull softplus, *_Nonnull relu;
  BinaryStream *_Nonnull add, *_Nonnull subtract, *_Nonnull multiply, *_Nonnull divide;
  // What is not a number wins.
  BinaryStream *_Nonnull minimum, *_Nonnull maximum;
  // x where y is above zero, else zero.
  BinaryStream *_Nonnull relu_gradient;

  // What `count` floats come to; not a number wins against all.
  float (*_Nonnull sum_row)(const float *_Nonnull x, long count);
  float (*_Nonnull minimum_row)(const float *_Nonnull x, long count);
  float (*_Nonnull maximum_row)(const float *_Nonnull x, long count);

  // out += each of some rows of `count` floats, `stride` apart.
  void (*_Nonnull add_rows)(
      const float *_Nonnull x, long stride, long rows, long count, float *_Nonnull out);

  // The softmax of `count` >= 1 floats.
  void (*_Nonnull softmax_row)(
      const float *_Nonnull x, float *_Nonnull out, long count, int around_cache);

  // out[i] = x[i] * scale where the word at position start + i of Philox's stream under the key is less
  // than `threshold` (at most 2^32), else zero.
  void (*_Nonnull dropout)(
      const float *_Nonnull x, float *_Nonnull out, long count, uint64_t start, uint32_t key0,
      uint32_t key1, uint64_t threshold, float scale, int around_cache);

  // m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
  // w = w decay - rate m / (sqrt(v) root_scale + epsilon)
  void (*_Nonnull adam)(
      float *_Nonnull w, float *_Nonnull m, float *_Nonnull v, const float *_Nonnull g, long count,
      float beta1, float beta2, float rate, float root_scale, float epsilon, float decay);
  // v = momentum v + g', w -= learning_rate v, where g' = g + weight_decay w; with Nesterov
  // w -= learning_rate (g' + momentum v).
  void (*_Nonnull momentum_step)(
      float *_Nonnull w, float *_Nonnull velocity, const float *_Nonnull g, long count,
      float learning_rate, float momentum, float weight_decay, int is_nesterov);

  // out[column][row] = in[row][column].
  void (*_Nonnull transpose_block)(
      const float *_Nonnull in, long in_stride, long rows, long columns, float *_Nonnull out,
      long out_stride, int around_cache);

  // The largest float of each window of one output row, numbered over [image][row], and which it was,
  // tap row * kernel width + tap column: the first of several; what is not a number wins.
  void (*_Nonnull max_pool_row)(
      PatchShape shape, long row, const float *_Nonnull input, float *_Nonnull output,
      uint8_t *_Nullable indices);
  // The adjoint: adds to the input's gradient, or writes it where windows neither overlap nor leave
  // the image.
  void (*_Nonnull max_pool_gradient_row)(
      PatchShape shape, long row, const float *_Nonnull upstream, const uint8_t *_Nonnull indices,
      float *_Nonnull input_gradient, int overwrites, int around_cache);

  // Of the columns of x [rows][channels]: their means, and the sums of squares of what differs from
  // them.
  void (*_Nonnull row_moments)(
      const float *_Nonnull x, long rows, long channels, float *_Nonnull mean,
      float *_Nonnull deviation);
  // The sums over the rows of g, and of g (x - mean).
  void (*_Nonnull gradient_moments)(
      const float *_Nonnull g, const float *_Nonnull x, const float *_Nonnull mean, long rows,
      long channels, float *_Nonnull sums, float *_Nonnull products);
  // out = x scale + offset, and out = g a + x b + offset, of which all but x, g, out are rows.
  void (*_Nonnull scale_rows)(
      const float *_Nonnull x, const float *_Nonnull scale, const float *_Nonnull offset, long rows,
      long channels, float *_Nonnull out);
  void (*_Nonnull combine_rows)(
      const float *_Nonnull g, const float *_Nonnull a, const float *_Nonnull x,
      const float *_Nonnull b, const float *_Nonnull offset, long rows, long channels,
      float *_Nonnull out);
} StreamKernels;

// The kernels of one instruction set.
typedef struct {
  ConvolutionKernels convolution;
  StreamKernels streams;
} Kernels;

// The kernels for any processor.
const Kernels *_Nonnull kernels_portable(void);
// The kernels in AVX2 and FMA, or null where the processor lacks them.
const Kernels *_Nullable kernels_avx2(void);
// The kernels in AVX-512 (F, BW, CD, DQ, VL), or null where the processor lacks it.
const Kernels *_Nullable kernels_avx512(void);

#endif
