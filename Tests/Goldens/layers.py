"""Layers as Keras computes them: Dense, Conv2D, MaxPool2D, Flatten, BatchNorm and the activations.

Made by Keras layers on TensorFlow in float64, each checked against PyTorch's functions and autograd
to 1e-12. Versions: requirements.txt. Seed: 5.
Command: python Tests/Goldens/layers.py

Keys, for each case: `input`, the layer's parameters (`weight`, `bias`; `gamma`, `beta`,
`runningMean`, `runningVariance`), `output`, `upstream`, `gradient/<input or parameter>`; `stack…`
has the parameters of three layers, `conv/weight`, `norm/gamma`, `dense/weight` and so on.
"""

import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F
import keras

from golden import check, differentiate, named, same_padding, write

keras.config.set_floatx("float64")
random = np.random.default_rng(5)
tensors = {}
ROWS, IMAGES = (5, 7), (3, 8, 7, 4)


def add(case, model, shape, names, reference, training=False, statistics=()):
    """Runs `model`, a layer or a Sequential, and `reference`, the same in PyTorch.

    `names` are those of its trainable weights, `statistics` those of the others, in Keras' order.
    """
    input = random.normal(size=shape)
    model.build(shape)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape) / 2)
    for weight in model.non_trainable_weights:
        weight.assign(random.uniform(0.5, 2, size=weight.shape))
    result = {"input": input}
    result |= {
        name: weight.numpy() for name, weight in zip(names, model.trainable_weights, strict=True)
    }
    before = {
        name: weight.numpy()
        for name, weight in zip(statistics, model.non_trainable_weights, strict=True)
    }

    variables = [tf.Variable(input)] + [weight.value for weight in model.trainable_weights]
    with tf.GradientTape() as tape:
        output = model(variables[0], training=training)
        upstream = random.normal(size=output.shape)
        loss = tf.reduce_sum(output * upstream)
    gradients = tape.gradient(loss, variables)

    other = differentiate(lambda **values: reference(**values, **before), upstream, **result)
    check(f"{case} output", output, other["output"])
    for name, gradient in zip(("input", *names), gradients):
        check(f"{case} gradient of {name}", gradient, other[f"gradient/{name}"], 1e-11)
        other[f"gradient/{name}"] = gradient.numpy()
    after = {}
    if training:
        after = {
            f"after/{name}": weight.numpy()
            for name, weight in zip(statistics, model.non_trainable_weights)
        }
    tensors.update(named(case, other | {"output": output.numpy()} | before | after))


def conv(input, weight, bias, stride=1, dilation=1, same=False):
    padding = (0, 0, 0, 0)
    if same:
        top, bottom = same_padding(input.shape[1], weight.shape[0], stride, dilation)
        left, right = same_padding(input.shape[2], weight.shape[1], stride, dilation)
        padding = (left, right, top, bottom)
    result = F.conv2d(
        F.pad(input.permute(0, 3, 1, 2), padding),
        weight.permute(3, 2, 0, 1),
        bias,
        stride,
        0,
        dilation,
    )
    return result.permute(0, 2, 3, 1)


def max_pool(input, window=2):
    return F.max_pool2d(input.permute(0, 3, 1, 2), window).permute(0, 2, 3, 1)


def batch_norm(input, gamma, beta, runningMean, runningVariance, training):
    images = torch.movedim(input, -1, 1)
    mean, variance = torch.tensor(runningMean), torch.tensor(runningVariance)
    return torch.movedim(
        F.batch_norm(images, mean, variance, gamma, beta, training, 0.01, 1e-3), 1, -1
    )


k = keras.layers
affine = ["weight", "bias"]
add("dense", k.Dense(6), ROWS, affine, lambda input, weight, bias: input @ weight + bias)
add(
    "dense.noBias",
    k.Dense(6, use_bias=False),
    ROWS,
    ["weight"],
    lambda input, weight: input @ weight,
)
add(
    "dense.relu",
    k.Dense(6, activation="relu"),
    ROWS,
    affine,
    lambda input, weight, bias: F.relu(input @ weight + bias),
)
add(
    "dense.oneOutput.sigmoid",
    k.Dense(1, activation="sigmoid"),
    ROWS,
    affine,
    lambda input, weight, bias: torch.sigmoid(input @ weight + bias),
)
add("conv2D.valid", k.Conv2D(5, 3), IMAGES, affine, conv)
add(
    "conv2D.valid.relu",
    k.Conv2D(5, 3, activation="relu"),
    IMAGES,
    affine,
    lambda **values: F.relu(conv(**values)),
)
add(
    "conv2D.same",
    k.Conv2D(5, 3, padding="same"),
    IMAGES,
    affine,
    lambda **values: conv(**values, same=True),
)
add(
    "conv2D.same.stride2",
    k.Conv2D(5, 3, strides=2, padding="same"),
    IMAGES,
    affine,
    lambda **values: conv(**values, stride=2, same=True),
)
add(
    "conv2D.same.2x2",
    k.Conv2D(5, 2, padding="same"),
    IMAGES,
    affine,
    lambda **values: conv(**values, same=True),
)
add(
    "conv2D.noBias",
    k.Conv2D(5, 3, use_bias=False),
    IMAGES,
    ["weight"],
    lambda input, weight: conv(input, weight, None),
)
add("maxPool2D", k.MaxPooling2D(2), IMAGES, [], max_pool)
add("flatten", k.Flatten(), IMAGES, [], lambda input: input.flatten(1))
add("relu", k.ReLU(), IMAGES, [], F.relu)
add("sigmoid", k.Activation("sigmoid"), ROWS, [], torch.sigmoid)
add("softmax", k.Softmax(), ROWS, [], lambda input: input.softmax(-1))
for training in True, False:
    add(
        f"batchNorm.{'training' if training else 'inference'}",
        k.BatchNormalization(),
        IMAGES,
        ["gamma", "beta"],
        lambda **values: batch_norm(**values, training=training),
        training,
        ["runningMean", "runningVariance"],
    )


def stack(input, training, **p):
    x = conv(input, p["conv/weight"], None)
    x = batch_norm(
        x,
        p["norm/gamma"],
        p["norm/beta"],
        p["norm/runningMean"],
        p["norm/runningVariance"],
        training,
    )
    x = max_pool(F.relu(x)).flatten(1)
    return (x @ p["dense/weight"] + p["dense/bias"]).softmax(-1)


# No bias before a batch normalization: it would cancel, and its gradient be rounding noise.
for training in True, False:
    layers = [
        k.Conv2D(5, 3, use_bias=False),
        k.BatchNormalization(),
        k.ReLU(),
        k.MaxPooling2D(2),
        k.Flatten(),
        k.Dense(3),
        k.Softmax(),
    ]
    add(
        f"stack.{'training' if training else 'inference'}",
        keras.Sequential(layers),
        IMAGES,
        ["conv/weight", "norm/gamma", "norm/beta", "dense/weight", "dense/bias"],
        lambda **values: stack(**values, training=training),
        training,
        ["norm/runningMean", "norm/runningVariance"],
    )

write("layers", tensors, __doc__)
