"""Batch normalization: training and inference, outputs, gradients and running statistics.

Made by PyTorch's autograd in float64 from the formula, checked against F.batch_norm and against
Keras' BatchNormalization layer to 1e-12. Versions: requirements.txt. Seed: 4.
Command: python Tests/Goldens/normalization.py

Cases `images` ([4, 5, 6, 3]), `rows` ([7, 4]) and `offset` (means near 1000, [4, 3, 3, 2]), ε =
1e-3. Keys of each: `input`, `gamma`, `beta`, `runningMean`, `runningVariance` (before), `epsilon`,
`training/output`, `training/upstream`, `training/gradient/{input,gamma,beta}`, the same under
`inference/` (running statistics as constants), `batchMean`, `batchVariance` (divided by the count
n), and `keras/runningMean`, `keras/runningVariance`: 0.99 · running + 0.01 · batch, the variance
divided by n; `pytorch/runningMean`, `pytorch/runningVariance`: 0.9 · running + 0.1 · batch, the
variance divided by n − 1.
"""

import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F
import keras

from golden import check, differentiate, named, write

random = np.random.default_rng(4)
tensors = {}
epsilon = 1e-3


def normalize(input, gamma, beta, mean=None, variance=None):
    axes = tuple(range(input.ndim - 1))
    mean = input.mean(axes) if mean is None else torch.tensor(mean)
    variance = input.var(axes, correction=0) if variance is None else torch.tensor(variance)
    return (input - mean) / torch.sqrt(variance + epsilon) * gamma + beta


def pytorch_statistics(input, mean, variance):
    """The running statistics PyTorch would keep, with its default momentum of 0.1."""
    mean, variance = torch.tensor(mean), torch.tensor(variance)
    images = torch.movedim(torch.tensor(input), -1, 1)
    output = F.batch_norm(images, mean, variance, training=True, momentum=0.1, eps=epsilon)
    return torch.movedim(output, 1, -1).numpy(), mean.numpy(), variance.numpy()


def check_against_keras(case, t):
    layer = keras.layers.BatchNormalization(momentum=0.99, epsilon=epsilon, dtype="float64")
    layer.build(t["input"].shape)
    for mode in "training", "inference":
        layer.set_weights([t["gamma"], t["beta"], t["runningMean"], t["runningVariance"]])
        input = tf.Variable(t["input"])
        with tf.GradientTape() as tape:
            output = layer(input, training=mode == "training")
            loss = tf.reduce_sum(output * t[f"{mode}/upstream"])
        gradients = tape.gradient(loss, [input, layer.gamma.value, layer.beta.value])
        check(f"{case} {mode} output", output, t[f"{mode}/output"])
        for name, gradient in zip(("input", "gamma", "beta"), gradients):
            check(f"{case} {mode} {name}", gradient, t[f"{mode}/gradient/{name}"], 1e-10)
        if mode == "training":
            check(f"{case} mean", layer.moving_mean, t["keras/runningMean"])
            check(f"{case} variance", layer.moving_variance, t["keras/runningVariance"])


def add(case, input):
    channels, axes = input.shape[-1], tuple(range(input.ndim - 1))
    arguments = {
        "input": input,
        "gamma": random.uniform(0.5, 2, channels),
        "beta": random.normal(size=channels),
    }
    mean, variance = random.normal(size=channels), random.uniform(0.5, 2, channels)
    batch_mean, batch_variance = input.mean(axes), input.var(axes)
    t = arguments | {
        "runningMean": mean,
        "runningVariance": variance,
        "epsilon": np.array(epsilon),
        "batchMean": batch_mean,
        "batchVariance": batch_variance,
        "keras/runningMean": 0.99 * mean + 0.01 * batch_mean,
        "keras/runningVariance": 0.99 * variance + 0.01 * batch_variance,
    }
    inference = lambda **values: normalize(**values, mean=mean, variance=variance)
    for mode, function in {"training": normalize, "inference": inference}.items():
        result = differentiate(function, random, **arguments)
        t |= named(mode, {key: result[key] for key in result if key not in arguments})

    plain, t["pytorch/runningMean"], t["pytorch/runningVariance"] = pytorch_statistics(
        input, mean, variance
    )
    check(f"{case} PyTorch", plain * t["gamma"] + t["beta"], t["training/output"])
    check_against_keras(case, t)
    tensors.update(named(case, t))


add("images", random.normal(size=(4, 5, 6, 3)) * [0.1, 1, 10] + [5, 0, -3])
add("rows", random.normal(size=(7, 4)) * 2 + 1)
# Multiples of 1/64, so that the input is exact in Float.
add("offset", np.round(random.normal(size=(4, 3, 3, 2)) * 64) / 64 + 1000)

write("normalization", tensors, __doc__)
