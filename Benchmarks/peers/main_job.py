"""The article's whole job on the images in COVID_DATASET: epochs of 8 steps of 32, two validation steps after each.

Both frameworks use Keras' ImageDataGenerator (rescale, shear 0.2, zoom 0.2, flips; nearest resize to 224 x 224). PyTorch runs
channels_last with Adam's epsilon as in Keras; its batches come from one thread ahead.
"""
import argparse
import os
import queue
import threading

from common import lockstep, set_threads

parser = argparse.ArgumentParser()
parser.add_argument("framework", choices=["keras", "torch"])
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--epochs", type=int, required=True)
options = parser.parse_args()
set_threads(options.threads)

import keras
import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator

import networks

STEPS = 8
VALIDATION_STEPS = 2
keras.utils.set_random_seed(0)
augmenting = ImageDataGenerator(rescale=1 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
scaling = ImageDataGenerator(rescale=1 / 255)


def batches(generator, split):
    files = generator.flow_from_directory(
        os.path.join(os.environ["COVID_DATASET"], split), target_size=(224, 224), batch_size=32, class_mode="binary",
        seed=0)
    while True:
        yield next(files)


def with_keras():
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)

    def run():
        model = networks.keras_model("article")
        model.fit(batches(augmenting, "Train"), epochs=options.epochs, steps_per_epoch=STEPS,
                  validation_data=batches(scaling, "Val"), validation_steps=VALIDATION_STEPS, verbose=0)
    return run, f"Keras {keras.__version__}, TensorFlow {tf.__version__}"


def with_torch():
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits
    torch.set_num_threads(options.threads)

    def tensors(batch):
        images, labels = batch
        return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2), torch.from_numpy(labels)

    def run():
        model = networks.torch_model("article").to(memory_format=torch.channels_last)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)
        train, held = batches(augmenting, "Train"), batches(scaling, "Val")
        ahead = queue.Queue(2)

        def produce():
            for _ in range(options.epochs * STEPS):
                ahead.put(tensors(next(train)))
        threading.Thread(target=produce, daemon=True).start()
        for _ in range(options.epochs):
            model.train()
            for _ in range(STEPS):
                images, labels = ahead.get()
                optimizer.zero_grad(set_to_none=True)
                loss = binary_cross_entropy_with_logits(model(images)[:, 0], labels)
                loss.backward()
                optimizer.step()
                loss.item()
            model.eval()
            with torch.inference_mode():
                for _ in range(VALIDATION_STEPS):
                    images, labels = tensors(next(held))
                    binary_cross_entropy_with_logits(model(images)[:, 0], labels).item()
    return run, f"PyTorch {torch.__version__}"


lockstep(*{"keras": with_keras, "torch": with_torch}[options.framework](), is_long=True)
