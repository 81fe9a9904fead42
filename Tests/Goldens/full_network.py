"""The article's network at full size, 5,723,457 parameters: loss and samples of all 12 gradients.

Images 224×224×3, channels 32, 128, 64, 128, then 86528 → 64 → 1, batch 2: see network.py for layers
and formulas.
Made by PyTorch's autograd in float64; checked to 1e-10 against Keras in float64. Versions:
requirements.txt. Nothing is random.
Command: python Tests/Goldens/full_network.py (a minute, 2 GB)

Keys: `scales`, `centres` [12] and `stream` (int64) of the weight formula; `images/sum`,
`weights/sums` [12] and `weights/lasts` [12] (the last entry of each) to check the formula with;
`logits`, `probabilities`, `loss`; `activations/norms` [5] (conv1 … conv4, dense1; after ReLU, and
pool if there is one); `gradients/norms`, `gradients/sums`, `gradients/absoluteSums` [12], in the
order of network.NAMES; `gradients/<name>/indices` (int64, row-major) and
`gradients/<name>/samples`, n = min(64, count) of each, the k-th at ⌊(k + h(k, 300)/2¹⁶) count/n⌋.
`float32/errors` [12]: the relative L2 error of PyTorch's float32 gradients.

The last layers have weights of mostly one sign, for a reason: then the gradients of different
pixels add up instead of cancelling, and a max pool that decides a near tie otherwise in Float does
not show.
"""

import numpy as np
import tensorflow as tf
import torch
import keras

import network
from golden import check, hashed, relative_error, write

keras.config.set_floatx("float64")
SIZE, BATCH, CHANNELS, HIDDEN, STREAM, SAMPLES = 224, 2, (32, 128, 64, 128), 64, 0, 64
#          conv1     conv2       conv3          conv4          dense1         dense2
SCALES = [1, 1 / 8, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 4, 1 / 8, 2.0**-15, 32, 1 / 64, 1 / 8]
CENTRES = [1 / 2, 1 / 2, 1 / 2, 1 / 2, 31 / 64, 1 / 2, 31 / 64, 1 / 2, -1 / 4, 1 / 2, 1 / 4, 1 / 2]

images, labels = network.images(BATCH, SIZE), network.labels(BATCH)
weights = network.weights(SIZE, CHANNELS, HIDDEN, SCALES, CENTRES, STREAM)
assert sum(value.size for value in weights.values()) == 5_723_457


def check_against_keras(result):
    model = network.keras_model(SIZE, CHANNELS, HIDDEN, weights)
    assert model.count_params() == 5_723_457
    with tf.GradientTape() as tape:
        # The identity makes Keras forget the logits, so that the clip applies.
        p = tf.identity(model(images))
        loss = keras.losses.BinaryCrossentropy(dtype="float64")(labels, p)
    check("loss", loss, result["loss"])
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    for name, gradient in zip(network.NAMES, gradients):
        check(name, gradient, result[f"gradients/{name}"], 1e-10)


result = network.loss_and_gradients(images, labels, weights)
check_against_keras(result)
single = network.loss_and_gradients(images, labels, weights, torch.float32)

gradients = [result[f"gradients/{name}"] for name in network.NAMES]
layers = [name for name in result if name.startswith("activations/")]
tensors = {
    "scales": np.array(SCALES),
    "centres": np.array(CENTRES),
    "stream": np.array(STREAM),
    "images/sum": np.sum(images),
    "weights/sums": np.array([value.sum() for value in weights.values()]),
    "weights/lasts": np.array([value.flat[-1] for value in weights.values()]),
    "logits": result["logits"],
    "probabilities": result["probabilities"],
    "loss": result["loss"],
    "activations/norms": np.array([np.linalg.norm(result[name].ravel()) for name in layers]),
    "gradients/norms": np.array([np.linalg.norm(gradient.ravel()) for gradient in gradients]),
    "gradients/sums": np.array([gradient.sum() for gradient in gradients]),
    "gradients/absoluteSums": np.array([np.abs(gradient).sum() for gradient in gradients]),
    "float32/errors": np.array(
        [
            relative_error(single[f"gradients/{name}"], result[f"gradients/{name}"])
            for name in network.NAMES
        ]
    ),
}
for name, gradient in zip(network.NAMES, gradients):
    count = min(SAMPLES, gradient.size)
    k = np.arange(count)
    index = np.floor((k + hashed(k, 300) / 2.0**16) * gradient.size / count).astype(np.int64)
    tensors[f"gradients/{name}/indices"] = index
    tensors[f"gradients/{name}/samples"] = gradient.ravel()[index]

write("full_network", tensors, __doc__)
for name, gradient, error in zip(network.NAMES, gradients, tensors["float32/errors"]):
    norm = np.linalg.norm(gradient.ravel())
    print(f"{name:13} norm {norm:9.4g} sum {gradient.sum():9.4g} float32 {error:.1e}")
