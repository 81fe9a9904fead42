"""The article's network in PyTorch and in Keras, with weights and images from a closed formula.

Used by small_network.py and full_network.py; not run by itself. Versions: requirements.txt. Nothing
is random.

Layers: conv1, conv2, 2×2 max pool, conv3, pool, conv4, pool, flatten (rows, columns, channels),
dense1, dense2. Convolutions are 3×3 without padding; a ReLU follows all but dense2, a sigmoid that
one. No dropout.

Weight tensor k (0 conv1.weight, 1 conv1.bias, 2 conv2.weight, … 11 dense2.bias), entry i in
row-major order:
    scales[k] · (h(i, stream + k) / 2¹⁶ − centres[k])
Image entry i (row-major in [batch, height, width, 3]), in image n, row y, column x:
    3 h(i, 100) / 2¹⁸ + ((2y + (n + 1) x) mod 64) / 256
where h(i, s) is the upper half of the "lowbias32" hash of (i + s · 2654435761) mod 2³²
(golden.hashed):
    x ^= x >> 16; x *= 0x7feb352d; x ^= x >> 15; x *= 0x846ca68b; x ^= x >> 16; return x >> 16
All values are exact in float32. The label of image n is n mod 2.
"""

import numpy as np
import torch
import torch.nn.functional as F
import keras

from golden import hashed, leaf

NAMES = [
    f"{layer}.{kind}"
    for layer in ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2")
    for kind in ("weight", "bias")
]


def shapes(size, channels, hidden):
    """The shapes of the 12 weight tensors, for images [size, size, 3]."""
    inputs = [3, *channels[:-1]]
    kernels = [(3, 3, before, after) for before, after in zip(inputs, channels)]
    side = (((size - 4) // 2 - 2) // 2 - 2) // 2
    weights = [*kernels, (side * side * channels[-1], hidden), (hidden, 1)]
    return {
        name: shape
        for name, shape in zip(
            NAMES, [shape for weight in weights for shape in (weight, weight[-1:])]
        )
    }


def weights(size, channels, hidden, scales, centres, stream):
    """The 12 weight tensors by name, in order."""
    result = {}
    for name, shape in shapes(size, channels, hidden).items():
        k = len(result)
        bits = hashed(np.arange(np.prod(shape)), stream + k).reshape(shape)
        result[name] = exact(scales[k] * (bits / 2.0**16 - centres[k]))
    return result


def images(batch, size):
    shape = (batch, size, size, 3)
    n, y, x, _ = np.indices(shape, sparse=True)
    noise = hashed(np.arange(np.prod(shape)), 100).reshape(shape)
    return exact(3 * noise / 2.0**18 + (2 * y + (n + 1) * x) % 64 / 256)


def exact(values):
    """`values`, once it is certain that Float holds them exactly."""
    assert (values.astype(np.float32) == values).all()
    return values


def labels(batch):
    return np.arange(batch, dtype=np.float64).reshape(batch, 1) % 2


def forward(images, w):
    """The logits, and every activation by name."""
    x, seen = images.permute(0, 3, 1, 2), {}
    for number in 1, 2, 3, 4:
        kernel = w[f"conv{number}.weight"].permute(3, 2, 0, 1)
        x = F.relu(F.conv2d(x, kernel, w[f"conv{number}.bias"]))
        if number > 1:
            x = F.max_pool2d(x, 2)
        seen[f"conv{number}"] = x.permute(0, 2, 3, 1)
    x = x.permute(0, 2, 3, 1).flatten(1)
    x = seen["dense1"] = F.relu(x @ w["dense1.weight"] + w["dense1.bias"])
    return x @ w["dense2.weight"] + w["dense2.bias"], seen


def loss_and_gradients(images, labels, weights, dtype=torch.float64):
    """A dictionary: `logits`, `probabilities`, `loss`, `activations/…` and `gradients/…`."""
    w = {name: leaf(value) for name, value in weights.items()}
    typed = {name: value.to(dtype) for name, value in w.items()}
    logits, seen = forward(torch.tensor(images, dtype=dtype), typed)
    p = torch.sigmoid(logits)
    clipped = p.clamp(1e-7, 1 - 1e-7)
    y = torch.tensor(labels, dtype=dtype)
    loss = -(y * clipped.log() + (1 - y) * (1 - clipped).log()).mean()
    loss.backward()
    result = {"logits": logits, "probabilities": p, "loss": loss}
    result |= {f"activations/{name}": value for name, value in seen.items()}
    result = {name: value.detach().numpy() for name, value in result.items()}
    return result | {f"gradients/{name}": value.grad.numpy() for name, value in w.items()}


def keras_model(size, channels, hidden, weights):
    """The same in Keras, in its floatx, without dropout."""
    k = keras.layers
    model = keras.Sequential([keras.Input((size, size, 3))])
    for number, count in enumerate(channels, 1):
        model.add(k.Conv2D(count, 3, activation="relu"))
        if number > 1:
            model.add(k.MaxPooling2D(2))
    model.add(k.Flatten())
    model.add(k.Dense(hidden, activation="relu"))
    model.add(k.Dense(1, activation="sigmoid"))
    model.set_weights(list(weights.values()))
    return model
