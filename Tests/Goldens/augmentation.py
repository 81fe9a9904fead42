"""The article's augmentation as Keras does it: 100 random transforms, and a few larger ones.

Made by keras.src.legacy.preprocessing.image.ImageDataGenerator (shear_range=0.2, zoom_range=0.2,
horizontal_flip=True) through its get_random_transform and apply_transform, on float32 pixels 0…255,
before the division by 255; each checked to 1e-3 grey levels against `formula` below. Versions:
requirements.txt. Seeds: 1000 … 1099, one per transform, for np.random.seed.
Command: python Tests/Goldens/augmentation.py

Keys: `images` uint8 [4, 24, 24, 3] (ramps, noise, a bright square on black, a disc on noise).
`article/parameters` float64 [100, 4]: shear in degrees, zx, zy, flip (0 or 1); transform t acts on
image t mod 4; `article/outputs` uint8 [100, 24, 24, 3], rounded to the nearest; `article/exact`
float32 [12, …], the first twelve unrounded. `extreme/parameters`, `extreme/outputs`: the same with
the ends of the intervals, the identity, and shears of ±15 degrees, whose direction no rounding can
hide. `large/parameters` [4, 4] and `large/outputs` float32 [4, 8, 224, 3]: rows `large/rows`
(int64) of a transformed 224×224 image whose entry i (row-major in [y, x, channel]) is ⌊h(i, 400) /
512⌋ + (y + 2x + 40 channel) mod 128; h: golden.hashed. `large/means` [4, 3]: the mean of each
channel of the whole output.

With (x, y) = (column, row) seen from the centre side/2 − 0.5, an output pixel comes from the input
point [[1, −sin s], [0, cos s]] · [[zx, 0], [0, zy]] · (x, y), interpolated bilinearly and clamped
to the border; the flip comes last. Keras exchanges the halves of the centre for images that are not
square, which is why all are square here. It draws shear, (zx, zy), horizontal flip, vertical flip,
in this order.
"""

import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from golden import hashed, named, write

generator = ImageDataGenerator(shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
SIDE, LARGE, COUNT = 24, 224, 100


def keras_output(image, parameters):
    shear, zx, zy, flip = parameters
    return generator.apply_transform(
        image.astype(np.float32),
        {"shear": shear, "zx": zx, "zy": zy, "flip_horizontal": bool(flip)},
    )


def formula(image, parameters):
    """The same, written out: bilinear, at the nearest pixel beyond the border."""
    shear, zx, zy, flip = parameters
    s = np.deg2rad(shear)
    # Maps (x, y) of the output, seen from the centre, to those of the input.
    a = np.array([[1, -np.sin(s)], [0, np.cos(s)]]) @ np.diag([zx, zy])
    side = len(image)
    centre = side / 2 - 0.5
    y, x = np.mgrid[:side, :side] - centre
    at = np.clip(
        [a[1, 0] * x + a[1, 1] * y, a[0, 0] * x + a[0, 1] * y] + np.array(centre), 0, side - 1
    )
    low = np.minimum(np.floor(at).astype(int), side - 2)
    fy, fx = (at - low)[..., None]
    (y, x), p = low, image.astype(np.float64)
    upper = (1 - fx) * p[y, x] + fx * p[y, x + 1]
    lower = (1 - fx) * p[y + 1, x] + fx * p[y + 1, x + 1]
    output = (1 - fy) * upper + fy * lower
    return output[:, ::-1] if flip else output


def transformed(images, parameters):
    outputs = [keras_output(images[t % len(images)], values) for t, values in enumerate(parameters)]
    for t, (output, values) in enumerate(zip(outputs, parameters)):
        difference = np.abs(output - formula(images[t % len(images)], values)).max()
        assert difference < 1e-3, (t, values, difference)
    return np.array(outputs)


def rounded(outputs):
    assert outputs.min() >= 0 and outputs.max() <= 255
    return np.round(outputs).astype(np.uint8)


def draw(seed):
    p = generator.get_random_transform((SIDE, SIDE, 3), seed)
    assert p["theta"] == p["tx"] == p["ty"] == 0 and not p["flip_vertical"]
    return [p["shear"], p["zx"], p["zy"], float(p["flip_horizontal"])]


y, x, c = np.indices((SIDE, SIDE, 3))
noise = hashed(np.arange(y.size), 500).reshape(y.shape) >> 8
square = (np.maximum(abs(y - 9), abs(x - 14)) < 5) * (255 - 60 * c)
disc = np.where((y - 14.0) ** 2 + (x - 8.0) ** 2 < 40, 230 - 30 * c, noise // 4)
images = np.stack([4 * y + 6 * x + 5 * c, noise, square, disc]).astype(np.uint8)

article = np.array([draw(1000 + t) for t in range(COUNT)])
assert (
    abs(article[:, 0]).max() <= 0.2
    and article[:, 1:3].min() >= 0.8
    and article[:, 1:3].max() <= 1.2
)
outputs = transformed(images, article)
tensors = {"images": images}
tensors |= named(
    "article", {"parameters": article, "outputs": rounded(outputs), "exact": outputs[:12]}
)

ends = [
    [s, zx, zy, flip]
    for s in (-0.2, 0.2)
    for zx in (0.8, 1.2)
    for zy in (0.8, 1.2)
    for flip in (0, 1)
]
# Four of a kind, so that each meets all four images.
others = [
    [0, 1, 1, 0],
    [0, 1, 1, 1],
    [15, 1, 1, 0],
    [-15, 1, 1, 0],
    [15, 0.8, 1.2, 1],
    [0.2, 1, 1, 0],
    [0, 0.9, 1, 0],
    [0, 1, 0.9, 0],
]
extreme = np.array(ends + [values for values in others for _ in images], np.float64)
tensors |= named(
    "extreme", {"parameters": extreme, "outputs": rounded(transformed(images, extreme))}
)

y, x, c = np.indices((LARGE, LARGE, 3))
large = (hashed(np.arange(y.size), 400).reshape(y.shape) >> 9) + (y + 2 * x + 40 * c) % 128
parameters = np.vstack([article[:3], [[0.2, 0.8, 1.2, 1]]])
outputs = transformed([large], parameters)
rows = np.array([0, 1, 77, 111, 112, 200, 222, 223], np.int64)
tensors |= named(
    "large",
    {
        "parameters": parameters,
        "rows": rows,
        "outputs": outputs[:, rows],
        "means": outputs.astype(np.float64).mean((1, 2)),
    },
)

write("augmentation", tensors, __doc__)
