"""One training step: forward, backward, Adam, with dropout and batch statistics as in training.

Variants: torch nchw, channels_last; keras train_on_batch, function (a tf.function of one's own).
"""
import argparse

from common import lockstep, set_threads

parser = argparse.ArgumentParser()
parser.add_argument("framework", choices=["torch", "keras"])
parser.add_argument("variant")
parser.add_argument("model")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
options = parser.parse_args()
set_threads(options.threads)

import numpy as np

import networks

images = np.random.default_rng(0).random((options.batch, 224, 224, 3), dtype=np.float32)
labels = (np.arange(options.batch) % 2).astype(np.float32)


def with_torch():
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits
    torch.set_num_threads(options.threads)
    layout = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}[options.variant]
    model = networks.torch_model(options.model).train().to(memory_format=layout)
    x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=layout)
    y = torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = binary_cross_entropy_with_logits(model(x)[:, 0], y)
        loss.backward()
        optimizer.step()
        return loss.item()
    return step, f"PyTorch {torch.__version__}"


def with_keras():
    import keras
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    model = networks.keras_model(options.model)
    version = f"Keras {keras.__version__}, TensorFlow {tf.__version__}"
    if options.variant == "train_on_batch":
        return (lambda: model.train_on_batch(images, labels)), version
    assert options.variant == "function"
    x, y = tf.constant(images), tf.constant(labels[:, None])
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, model(x, training=True)))
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss
    return (lambda: float(step())), version


lockstep(*{"torch": with_torch, "keras": with_keras}[options.framework]())
