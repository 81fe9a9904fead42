"""The whole network on a small scale: forward, loss, all 12 gradients and ten Adam steps.

Images 46×46×3, batch 4, channels 4, 8, 4, 8, then 72 → 8 → 1: see network.py for layers and
formulas. Made by PyTorch's autograd in float64 and Adam written in NumPy; checked to 1e-9 against
Keras (layers, loss and optimizer) in float64. Versions: requirements.txt. Nothing is random.
Command: python Tests/Goldens/small_network.py

Keys: `images` (float32, exact), `labels` [4, 1]; `weights/<name>`, `logits`, `probabilities`,
`loss`, `activations/<layer>` (after ReLU, and pool if there is one), `gradients/<name>`; `losses`
[11] (before the first step, after each of the ten), `after10/<name>`, and `float32/after10/<name>`,
what PyTorch gets in float32. <name> is conv1.weight, conv1.bias, … conv4, dense1, dense2. Adam in
Keras' form: η = 1e-3, β = 0.9, 0.999, ε = 1e-7,
    w −= η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
The loss is binary cross-entropy from probabilities, clipped to [1e-7, 1 − 1e-7]; nothing reaches
the clip.
"""

import numpy as np
import tensorflow as tf
import torch
import keras

import network
from golden import check, named, relative_error, write

keras.config.set_floatx("float64")
SIZE, BATCH, CHANNELS, HIDDEN, STEPS = 46, 4, (4, 8, 4, 8), 8, 10
# Stream 1628: no channel is dead, and no maximum is so close a call that Float decides otherwise.
SCALES, CENTRES, STREAM = (
    [1, 1, 1 / 2, 1 / 4, 1 / 2, 1 / 4, 1 / 2, 1 / 4, 1 / 4, 1, 1 / 2, 1 / 4],
    [1 / 2] * 12,
    1628,
)

images, labels = network.images(BATCH, SIZE), network.labels(BATCH)
start = network.weights(SIZE, CHANNELS, HIDDEN, SCALES, CENTRES, STREAM)


def train(dtype):
    """The losses, and the weights after the last step."""
    number = {torch.float32: np.float32, torch.float64: np.float64}[dtype]
    w = {name: value.astype(number) for name, value in start.items()}
    m, v = ({name: np.zeros_like(value) for name, value in w.items()} for _ in range(2))
    losses = []
    for t in range(1, STEPS + 2):
        result = network.loss_and_gradients(images, labels, w, dtype)
        losses.append(result["loss"])
        if t > STEPS:
            return np.array(losses), w
        rate = number(1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t))
        for name in w:
            g = result[f"gradients/{name}"].astype(number)
            m[name] += number(0.1) * (g - m[name])
            v[name] += number(0.001) * (g * g - v[name])
            w[name] = w[name] - rate * m[name] / (np.sqrt(v[name]) + number(1e-7))


def check_against_keras(first, losses, after):
    model = network.keras_model(SIZE, CHANNELS, HIDDEN, start)
    exact = np.float64
    adam = keras.optimizers.Adam(exact(1e-3), exact(0.9), exact(0.999), exact(1e-7))
    for step in range(STEPS + 1):
        with tf.GradientTape() as tape:
            # The identity makes Keras forget the logits, so that the clip applies.
            p = tf.identity(model(images))
            loss = keras.losses.BinaryCrossentropy(dtype="float64")(labels, p)
        check(f"loss {step}", loss, losses[step], 1e-9)
        if step == STEPS:
            break
        gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
        if step == 0:
            check("probabilities", p, first["probabilities"])
            for name, gradient in zip(network.NAMES, gradients):
                check(name, gradient, first[f"gradients/{name}"], 1e-10)
        adam.apply(gradients, model.trainable_weights)
    for name, weight in zip(network.NAMES, model.get_weights()):
        check(f"{name} after ten steps", weight, after[name], 1e-9)
        check(f"{name} movement", weight - start[name], after[name] - start[name], 1e-8)


first = network.loss_and_gradients(images, labels, start)
losses, after = train(torch.float64)
check_against_keras(first, losses, after)
losses32, after32 = train(torch.float32)

tensors = {"images": images.astype(np.float32), "labels": labels, "losses": losses}
tensors |= (
    named("weights", start) | first | named("after10", after) | named("float32/after10", after32)
)
write("small_network", tensors, __doc__)

single = network.loss_and_gradients(images, labels, start, torch.float32)
worst = max(
    relative_error(single[f"gradients/{name}"], first[f"gradients/{name}"]) for name in start
)
moved = max(relative_error(after32[name], after[name]) for name in start)
print(f"float32: gradients within {worst:.1e}, weights after ten steps {moved:.1e}")
print("losses", losses)
