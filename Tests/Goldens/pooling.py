"""Max and average pooling: output and gradient.

Made by PyTorch's autograd in float64, each case with "valid" or "same" padding checked against
TensorFlow's tf.nn.max_pool2d or avg_pool2d and its gradient to 1e-12. Versions: requirements.txt.
Seed: 3.
Command: python Tests/Goldens/pooling.py

Keys, for each case: `input`, `output`, `upstream`, `gradient/input`, and as int64 `window` [rows,
columns], `stride` [rows, columns], `padding` [top, bottom, left, right]. `average.excluded…`
divides by the number of pixels of the image in the window (as Keras does), `average.included…` by
the size of the window. Among equal maxima the first in row-major order takes the whole gradient
(case `max.ties`; PyTorch and TensorFlow agree).
"""

import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F

from golden import check, differentiate, named, same_padding, write

random = np.random.default_rng(3)
tensors = {}


def pool(input, kind, window, stride, padding):
    top, bottom, left, right = padding
    border = (left, right, top, bottom)
    image = input.permute(0, 3, 1, 2)
    if kind == "max":
        result = F.max_pool2d(F.pad(image, border, value=-torch.inf), window, stride)
    else:
        result = F.avg_pool2d(F.pad(image, border), window, stride)
        if kind == "average.excluded":
            result = result / F.avg_pool2d(F.pad(torch.ones_like(image), border), window, stride)
    return result.permute(0, 2, 3, 1)


def check_against_tensorflow(case, kind, result, window, stride, mode):
    function = tf.nn.max_pool2d if kind == "max" else tf.nn.avg_pool2d
    input = tf.Variable(result["input"])
    with tf.GradientTape() as tape:
        output = function(input, window, stride, mode)
        loss = tf.reduce_sum(output * result["upstream"])
    check(f"{case} output", output, result["output"])
    check(f"{case} gradient", tape.gradient(loss, input), result["gradient/input"])


def add(kind, suffix, input, window, stride, padding=(0, 0, 0, 0)):
    """`input` is an array or a shape; a shape is filled with normal numbers."""
    case = f"{kind}.{suffix}"
    if isinstance(input, tuple):
        input = random.normal(size=input)
    mode = "VALID" if padding == (0, 0, 0, 0) else None
    if padding == "same":
        mode = "SAME"
        padding = sum((same_padding(*axis) for axis in zip(input.shape[1:3], window, stride)), ())
    result = differentiate(
        lambda input: pool(input, kind, window, stride, padding), random, input=input
    )
    if mode and not (mode == "SAME" and kind == "average.included"):
        check_against_tensorflow(case, kind, result, window, stride, mode)
    geometry = {"window": window, "stride": stride, "padding": padding}
    result |= {name: np.array(value, np.int64) for name, value in geometry.items()}
    tensors.update(named(case, result))


for kind in "max", "average.excluded", "average.included":
    add(kind, "2x2.stride2", (2, 6, 8, 3), (2, 2), (2, 2))
    add(kind, "2x2.stride2.odd", (2, 7, 5, 3), (2, 2), (2, 2))
    add(kind, "2x2.stride2.same", (2, 7, 5, 3), (2, 2), (2, 2), "same")
    add(kind, "2x2.stride1", (1, 5, 4, 2), (2, 2), (1, 1))
    add(kind, "3x3.stride2", (2, 7, 8, 3), (3, 3), (2, 2))
    add(kind, "3x3.stride2.same.even", (2, 8, 6, 3), (3, 3), (2, 2), "same")
    add(kind, "3x3.stride2.same.odd", (2, 7, 9, 3), (3, 3), (2, 2), "same")
    add(kind, "3x3.stride2.padding1", (1, 7, 8, 3), (3, 3), (2, 2), (1, 1, 1, 1))
    add(kind, "3x2.stride3x1", (1, 8, 6, 2), (3, 2), (3, 1))
    add(kind, "whole", (2, 4, 5, 3), (4, 5), (1, 1))
add("max", "negative.same", -1 - random.random(size=(1, 5, 5, 2)), (3, 3), (2, 2), "same")
add("max", "ties", random.integers(0, 2, size=(2, 6, 6, 3)).astype(float), (2, 2), (2, 2))
add(
    "max",
    "ties.overlapping",
    random.integers(0, 2, size=(1, 7, 7, 2)).astype(float),
    (3, 3),
    (2, 2),
)

write("pooling", tensors, __doc__)
