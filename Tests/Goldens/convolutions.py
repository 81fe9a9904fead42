"""Two-dimensional convolution (cross-correlation): output, gradients of input, kernel and bias.

Made by PyTorch's autograd in float64, each case checked against TensorFlow's tf.nn.conv2d to 1e-12,
with its gradients where TensorFlow has them (not for dilation). Versions: requirements.txt. Seed:
2.
Command: python Tests/Goldens/convolutions.py

Keys, for each case: `input`, `kernel`, `bias`, `output`, `upstream`, `gradient/<argument>`, and as
int64 `stride` [rows, columns], `dilation` [rows, columns], `padding` [top, bottom, left, right].
`padding` is always spelled out; in cases named "same…" it is what Keras' "same" amounts to.
"""

import numpy as np
import tensorflow as tf
import torch.nn.functional as F

from golden import check, differentiate, named, same_padding, write

random = np.random.default_rng(2)
tensors = {}


def convolve(input, kernel, bias, stride, dilation, padding):
    top, bottom, left, right = padding
    image = F.pad(input.permute(0, 3, 1, 2), (left, right, top, bottom))
    result = F.conv2d(image, kernel.permute(3, 2, 0, 1), bias, stride=stride, dilation=dilation)
    return result.permute(0, 2, 3, 1)


def check_against_tensorflow(case, result, stride, dilation, padding):
    top, bottom, left, right = padding
    arguments = [tf.Variable(result[name]) for name in ("input", "kernel", "bias")]
    mode = "SAME" if case.startswith("same") else [[0, 0], [top, bottom], [left, right], [0, 0]]
    with tf.GradientTape() as tape:
        output = (
            tf.nn.conv2d(arguments[0], arguments[1], stride, mode, dilations=dilation)
            + arguments[2]
        )
        loss = tf.reduce_sum(output * result["upstream"])
    check(f"{case} output", output, result["output"])
    if max(dilation) == 1:  # TensorFlow's CPU kernels have no gradient of a dilated convolution.
        for name, gradient in zip(("input", "kernel", "bias"), tape.gradient(loss, arguments)):
            check(f"{case} gradient of {name}", gradient, result[f"gradient/{name}"])


def add(case, input, kernel, outputs, stride=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0)):
    """`input` is [batch, height, width, channels], `kernel` [height, width]."""
    if padding == "same":
        axes = zip(input[1:3], kernel, stride, dilation)
        padding = sum((same_padding(*axis) for axis in axes), ())
    result = differentiate(
        lambda **arguments: convolve(
            **arguments, stride=stride, dilation=dilation, padding=padding
        ),
        random,
        input=random.normal(size=input),
        kernel=random.normal(size=(*kernel, input[3], outputs)),
        bias=random.normal(size=outputs),
    )
    check_against_tensorflow(case, result, stride, dilation, padding)
    geometry = {"stride": stride, "dilation": dilation, "padding": padding}
    result |= {name: np.array(value, np.int64) for name, value in geometry.items()}
    tensors.update(named(case, result))


add("valid", (2, 7, 6, 3), (3, 3), 4)
add("valid.square", (2, 6, 6, 4), (3, 3), 4)
add("valid.stride2", (2, 8, 7, 3), (3, 3), 4, stride=(2, 2))
add("valid.dilation2", (2, 8, 7, 3), (3, 3), 4, dilation=(2, 2))
add("valid.unevenKernel", (1, 7, 6, 2), (2, 3), 3)
add("valid.wholeInput", (2, 3, 4, 2), (3, 4), 3)
add("valid.oneChannel", (1, 5, 5, 1), (3, 3), 1)
add("valid.5x5.stride2", (1, 9, 8, 2), (5, 5), 3, stride=(2, 2))
add("valid.1x1", (2, 4, 5, 3), (1, 1), 6)
add("valid.1x1.stride2", (2, 5, 6, 3), (1, 1), 4, stride=(2, 2))
add("same", (2, 7, 6, 3), (3, 3), 4, padding="same")
add("same.stride2.even", (2, 8, 6, 3), (3, 3), 4, stride=(2, 2), padding="same")
add("same.stride2.odd", (2, 7, 9, 3), (3, 3), 4, stride=(2, 2), padding="same")
add("same.stride3", (1, 8, 10, 2), (3, 3), 3, stride=(3, 3), padding="same")
add("same.unevenStride", (1, 8, 7, 2), (3, 3), 3, stride=(2, 1), padding="same")
add("same.dilation2", (2, 7, 6, 3), (3, 3), 4, dilation=(2, 2), padding="same")
add("same.5x5", (1, 7, 8, 2), (5, 5), 3, padding="same")
add("same.2x2", (1, 5, 6, 2), (2, 2), 3, padding="same")
add("same.4x2", (1, 6, 5, 2), (4, 2), 3, padding="same")
add("same.2x2.stride2", (1, 5, 6, 2), (2, 2), 3, stride=(2, 2), padding="same")
add("explicit", (2, 5, 6, 3), (3, 3), 4, padding=(2, 1, 0, 3))
add("explicit.stride2", (1, 7, 6, 2), (3, 3), 3, stride=(2, 2), padding=(1, 1, 1, 1))
add("explicit.dilation2.stride2", (1, 9, 8, 2), (3, 3), 3, (2, 2), (2, 2), (2, 1, 0, 2))
# Wide enough to fill whole vector registers and tiles, with ragged tails.
add("valid.wide", (2, 13, 11, 8), (3, 3), 19)
add("same.wide", (2, 14, 10, 17), (3, 3), 8, padding="same")

write("convolutions", tensors, __doc__)
