// The kernels of one instruction set, compiled for the target and the sizes that the including file
// has chosen, and their table.
#include "vector.h"

#include "product.h"
#include "winograd.h"
#include "winograd_gradient.h"
#include "patches.h"
#include "depthwise.h"

static const ConvolutionKernels convolution_kernels = {
    .product = product,
    .transposed_product = transposed_product,
    .pack_panels = pack_panels,
    .pack_patches = pack_patches,
    .add_patches = add_patches,
    .pack_gradient = pack_gradient,
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
};
