"""Elementwise functions, softmax and its kin, variance and mean, matrix products: values and
gradients.

Made by PyTorch's autograd in float64. Versions: requirements.txt. Seed: 1.
Command: python Tests/Goldens/operations.py

Keys: `<case>/<argument>`, `/output`, `/upstream`, `/gradient/<argument>`; reductions also `/axes`
(int64). The gradient is that of Σ upstream · output.
"""

import numpy as np
import torch
import torch.nn.functional as F

from golden import differentiate, named, write

random = np.random.default_rng(1)
tensors = {}


def add(case, function, axes=None, **arguments):
    tensors.update(named(case, differentiate(function, random, **arguments)))
    if axes is not None:
        tensors[f"{case}/axes"] = np.array(axes, np.int64)


# Moderate values, then ones far out, where a naive formula overflows or cancels.
plain = random.normal(size=(3, 5)) * 2
far = np.array([[-1000.0, -100, -40, -20, -1e-9], [1e-9, 0.5, 20, 100, 1000]])
elementwise = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "relu": F.relu,
    "geluErf": lambda x: F.gelu(x, approximate="none"),
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
}
for name, function in elementwise.items():
    add(name, lambda input: function(input), input=plain)
    add(f"{name}.far", lambda input: function(input), input=far)
# The gradient at exactly zero is zero, in PyTorch and in Keras.
add("relu.zero", lambda input: F.relu(input), input=np.array([-1.0, 0.0, -0.0, 1.0]))

# Rows that need the maximum subtracted, and a row of equal values.
hard = np.array([[1000.0, 1001, 999, 0], [-1000, -1001, -999, -1000], [3, 3, 3, 3]])
for name, function in {
    "softmax": torch.softmax,
    "logSoftmax": torch.log_softmax,
    "logSumExp": torch.logsumexp,
}.items():
    cube = random.normal(size=(2, 3, 4)) * 3
    add(name, lambda input: function(input, -1), [-1], input=cube)
    add(f"{name}.axis1", lambda input: function(input, 1), [1], input=cube)
    add(f"{name}.hard", lambda input: function(input, -1), [-1], input=hard)
add(
    "logSumExp.axes01",
    lambda input: torch.logsumexp(input, (0, 1)),
    [0, 1],
    input=random.normal(size=(2, 3, 4)) * 3,
)

# Variance is that of the population (divided by the count); ".sample" divides by count − 1.
# The offset of 1e4 shows a variance computed as E[x²] − E[x]²; its input is exact in Float.
block = random.normal(size=(2, 3, 4, 5))
for suffix, axes in {"last": [-1], "first": [0], "middle": [1, 2], "all": [0, 1, 2, 3]}.items():
    add(f"mean.{suffix}", lambda input: input.mean(axes), axes, input=block)
    add(f"variance.{suffix}", lambda input: input.var(axes, correction=0), axes, input=block)
    add(f"variance.{suffix}.sample", lambda input: input.var(axes, correction=1), axes, input=block)
add(
    "variance.offset",
    lambda input: input.var([0, 1, 2], correction=0),
    [0, 1, 2],
    input=np.round(block * 64) / 64 + 1e4,
)

for name, (left, right) in {
    "square": ((4, 4), (4, 4)),
    "uneven": ((3, 7), (7, 5)),
    "column": ((6, 1), (1, 6)),
    "batched": ((2, 3, 4), (2, 4, 5)),
    "broadcastRight": ((2, 3, 4), (4, 5)),
    "broadcastLeft": ((3, 4), (2, 4, 5)),
    "broadcastBoth": ((2, 1, 3, 4), (1, 3, 4, 2)),
}.items():
    add(
        f"matrixProduct.{name}",
        lambda left, right: left @ right,
        left=random.normal(size=left),
        right=random.normal(size=right),
    )

write("operations", tensors, __doc__)
