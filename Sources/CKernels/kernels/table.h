// The kernels of one instruction set, compiled for the target and the sizes that the including file
// has chosen, and their table.
#include "vector.h"

#include "product.h"
#include "winograd.h"
#include "winograd_gradient.h"
#include "patches.h"
#include "bands.h"
#include "depthwise.h"
#include "functions.h"
#include "streams.h"
#include "pooling.h"
#include "normalization.h"

static const Kernels kernels = {
  .convolution = {
    .product = product,
    .rows_product = rows_product,
    .transposed_product = transposed_product,
    .pack_panels = pack_panels,
    .pack_patches = pack_patches,
    .add_patches = add_patches,
    .pack_gradient = pack_gradient,
    .pack_band = pack_band,
    .band_product = band_product,
    .band_transposed_product = band_transposed_product,
    .winograd_weights = winograd_weights,
    .winograd_input = winograd_input,
    .winograd_products = winograd_products,
    .winograd_output = winograd_output,
    .winograd_pooled_output = winograd_pooled_output,
    .winograd_gradient = winograd_gradient,
    .winograd_input_gradient = winograd_input_gradient,
    .winograd_weight_products = winograd_weight_products,
    .winograd_weight_gradient = winograd_weight_gradient,
    .depthwise = depthwise,
    .depthwise_gradients = depthwise_gradients,
    .vector_width = WIDTH,
    .panel_width = PANEL,
    .rows = ROWS,
  },
  .streams = {
    .exp = stream_exp,
    .log = stream_log,
    .sqrt = stream_sqrt,
    .tanh = stream_tanh,
    .sigmoid = stream_sigmoid,
    .softplus = stream_softplus,
    .relu = stream_relu,
    .add = stream_add,
    .subtract = stream_subtract,
    .multiply = stream_multiply,
    .divide = stream_divide,
    .minimum = stream_minimum,
    .maximum = stream_maximum,
    .relu_gradient = stream_relu_gradient,
    .sum_row = sum_row,
    .add_rows = add_rows,
    .minimum_row = minimum_row,
    .maximum_row = maximum_row,
    .softmax_row = softmax_row,
    .dropout = dropout,
    .adam = adam,
    .momentum_step = momentum_step,
    .transpose_block = transpose_block,
    .max_pool_row = max_pool_row,
    .max_pool_gradient_row = max_pool_gradient_row,
    .row_moments = row_moments,
    .scale_rows = scale_rows,
    .gradient_moments = gradient_moments,
    .combine_rows = combine_rows,
  },
};
