"""Losses, averaged over the batch, and their gradients.

Made by Keras on TensorFlow in float64 (the clipped one in float32 too), each checked against
PyTorch's autograd or the formula in NumPy to 1e-12. Versions: requirements.txt. Seed: 6.
Command: python Tests/Goldens/losses.py

Keys, for each case: `prediction` (probabilities or logits, as the case's name says), `target`
(float64, or int64 labels), `elements` (the unreduced loss), `loss` (its mean, a scalar), `gradient`
(of the mean, with respect to the prediction), and for soft targets `gradient/target`.

Binary cross-entropy from probabilities clips p to [1e-7, 1 − 1e-7]; outside of that interval the
gradient is zero, on its border it is not. `…Float` is the same in float32, where 1 − 1e-7 is 1 −
2⁻²³.
"""

import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F
import keras
import keras.losses as kl

from golden import check, leaf, named, write

keras.config.set_floatx("float64")
random = np.random.default_rng(6)
tensors = {}


def add(case, loss, prediction, target, reference, dtype=np.float64):
    """`loss` makes a Keras loss; `reference(prediction, target)` is its mean in PyTorch."""
    variables = [tf.Variable(prediction.astype(dtype)), tf.Variable(target)]
    if target.dtype != np.int64:
        variables[1] = tf.Variable(target.astype(dtype))
    result = {"prediction": variables[0].numpy(), "target": variables[1].numpy()}
    result["elements"] = loss("none", dtype=np.dtype(dtype).name)(
        variables[1], variables[0]
    ).numpy()
    with tf.GradientTape() as tape:
        value = loss("sum_over_batch_size", dtype=np.dtype(dtype).name)(variables[1], variables[0])
    gradients = tape.gradient(value, variables)
    result["loss"], result["gradient"] = value.numpy(), gradients[0].numpy()

    leaves = [leaf(prediction), leaf(target) if target.dtype != np.int64 else torch.tensor(target)]
    if dtype == np.float64:
        mean = reference(*leaves)
        mean.backward()
        check(f"{case} loss", result["loss"], mean.detach())
        check(f"{case} gradient", result["gradient"], leaves[0].grad)
    if target.dtype != np.int64 and gradients[1] is not None:
        result["gradient/target"] = gradients[1].numpy()
        if dtype == np.float64:
            check(f"{case} gradient of the target", result["gradient/target"], leaves[1].grad)
    tensors.update(named(case, result))


def binary(from_logits=False, smoothing=0.0):
    return lambda reduction, dtype: kl.BinaryCrossentropy(
        from_logits=from_logits, label_smoothing=smoothing, reduction=reduction, dtype=dtype
    )


def clipped(p, y):
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()


def smooth(y, smoothing, classes):
    return y * (1 - smoothing) + smoothing / classes


def logistic(z, y):
    return F.binary_cross_entropy_with_logits(z, y)


def column(values):
    return np.array(values, np.float64).reshape(-1, 1)


# Each probability with label 0, then each with label 1. First beyond the clip, and moderate; then
# just within the clip, where the gradients are huge and would hide the others in a norm.
beyond = [0, 1e-12, 0.9e-7, 0.1, 0.25, 0.5, 0.8, 1 - 1e-12, 1]
near = [1.2e-7, 1e-4, 1 - 1e-4, 1 - 1e-6]
for suffix, values, dtype in (
    ("", beyond, np.float64),
    ("Float", beyond, np.float32),
    (".near", near, np.float64),
):
    add(
        f"binaryCrossEntropy.probabilities{suffix}",
        binary(),
        column(values * 2),
        column([0] * len(values) + [1] * len(values)),
        clipped,
        dtype,
    )
add(
    "binaryCrossEntropy.border",
    binary(),
    column([1e-7, 1e-7, 1 - 1e-7, 1 - 1e-7]),
    column([0, 1, 0, 1]),
    clipped,
)
soft = random.uniform(size=(6, 3))
add(
    "binaryCrossEntropy.probabilities.soft",
    binary(),
    random.uniform(0.05, 0.95, (6, 3)),
    soft,
    clipped,
)
add(
    "binaryCrossEntropy.probabilities.smoothed",
    binary(smoothing=0.1),
    random.uniform(0.05, 0.95, (8, 1)),
    column([0, 1] * 4),
    lambda p, y: clipped(p, smooth(y, 0.1, 2)),
)

logits = [-1000, -100, -20, -1, -1e-9, 0, 1e-9, 0.5, 3, 20, 100, 1000]
add(
    "binaryCrossEntropy.logits",
    binary(True),
    column(logits * 2),
    column([0] * 12 + [1] * 12),
    logistic,
)
add("binaryCrossEntropy.logits.soft", binary(True), random.normal(size=(6, 3)) * 3, soft, logistic)
add(
    "binaryCrossEntropy.logits.smoothed",
    binary(True, 0.1),
    random.normal(size=(8, 1)) * 3,
    column([0, 1] * 4),
    lambda z, y: logistic(z, smooth(y, 0.1, 2)),
)


def sparse(reduction, dtype):
    return kl.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction, dtype=dtype)


def categorical(smoothing=0.0):
    return lambda reduction, dtype: kl.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=reduction, dtype=dtype
    )


def cross_entropy(z, y):
    return -(y * z.log_softmax(-1)).sum(-1).mean()


rows = random.normal(size=(6, 4)) * 3
classes = np.array([0, 3, 1, 1, 2, 0], np.int64)
hard = np.array([[1000.0, 0, -1000, 3], [-1000, -1001, -999, -1000], [5, 5, 5, 5]])
add("softmaxCrossEntropy.labels", sparse, rows, classes, F.cross_entropy)
add("softmaxCrossEntropy.labels.hard", sparse, hard, np.array([1, 2, 0], np.int64), F.cross_entropy)
add("softmaxCrossEntropy.oneHot", categorical(), rows, np.eye(4)[classes], cross_entropy)
add("softmaxCrossEntropy.soft", categorical(), rows, random.dirichlet(np.ones(4), 6), cross_entropy)
add(
    "softmaxCrossEntropy.smoothed",
    categorical(0.1),
    rows,
    np.eye(4)[classes],
    lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1),
)

write("losses", tensors, __doc__)
