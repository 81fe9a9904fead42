"""One pass over the training images in COVID_DATASET.

pillow_resize     decode, nearest 224 x 224, float32 / 255
pillow_affine     the same, then one flip and shear and zoom, linear
pillow_memory     the augmentation alone, from images in memory
keras_flow        Keras' ImageDataGenerator with the article's augmentation, from files
keras_memory      the same from images in memory
"""
import argparse
import glob
import os

from common import lockstep, set_threads

parser = argparse.ArgumentParser()
parser.add_argument("case")
parser.add_argument("--threads", type=int, required=True)
options = parser.parse_args()
set_threads(options.threads)

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import PIL
from PIL import Image

folder = os.path.join(os.environ["COVID_DATASET"], "Train")
files = sorted(glob.glob(os.path.join(folder, "*", "*")))


def resized(path):
    return Image.open(path).convert("RGB").resize((224, 224), Image.NEAREST)


def numbers(image):
    return np.asarray(image, dtype=np.float32) / 255


def augmented(image):
    if random.random() < 0.5:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    zoom, shear = random.uniform(0.8, 1.2), random.uniform(-0.2, 0.2)
    coefficients = (zoom, shear, 112 - 112 * (zoom + shear), 0, zoom, 112 - 112 * zoom)
    return numbers(image.transform((224, 224), Image.AFFINE, coefficients, Image.BILINEAR))


def over(items, function):
    """The function that calls `function` for each of `items`, in as many threads as asked for."""
    if options.threads == 1:
        return lambda: [function(item) for item in items]
    pool = ThreadPoolExecutor(options.threads)
    return lambda: list(pool.map(function, items))


version = f"Pillow {PIL.__version__}"
if options.case.startswith("pillow"):
    run = {
        "pillow_resize": lambda: over(files, lambda path: numbers(resized(path))),
        "pillow_affine": lambda: over(files, lambda path: augmented(resized(path))),
        "pillow_memory": lambda: over([resized(path) for path in files], augmented),
    }[options.case]()
else:
    import keras
    from keras.src.legacy.preprocessing.image import ImageDataGenerator
    version = f"Keras {keras.__version__}"
    generator = ImageDataGenerator(rescale=1 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
    if options.case == "keras_memory":
        pixels = np.stack([np.asarray(resized(path), dtype=np.float32) for path in files])
        batches = generator.flow(pixels, np.zeros(len(files)), batch_size=32)
    else:
        batches = generator.flow_from_directory(folder, target_size=(224, 224), batch_size=32, class_mode="binary")
    run = over(range(-(-len(files) // 32)), lambda _: next(batches))

lockstep(run, version)
