"""Affine resampling as Keras and SciPy do it, on generated pictures.

    python make_affine.py

writes `affine.bin` beside this script. Keras 3.15.1, SciPy 1.17.1, NumPy 2.4.6; seed 11. All little-endian:

  uint8 [18, 18, 3]    the picture of the Keras transforms
  uint8 [13, 21, 1]    the picture of the SciPy transforms
  int32                the number of transforms
  for each:
    float64 [8]        kind, fill mode, six parameters
    uint16 [...]       the new picture, of the old one's shape, in units of 1/128 of a grey level

Kind 0, 100 times: keras.src.legacy.preprocessing.image.apply_affine_transform, then a horizontal flip. Parameters:
rotation and shear in degrees, zx, zy, flip (0 or 1), 0. The first 50 are within the article's ranges.
Kind 1, 30 times: scipy.ndimage.affine_transform of order 1 in float64. Parameters: the matrix, row by row, then the
offset, for (row, column).
Fill modes: 0 nearest, 1 constant with the value 17, 2 reflect.
"""

import struct
from pathlib import Path

import numpy as np
import scipy.ndimage
from keras.src.legacy.preprocessing.image import apply_affine_transform

MODES = ["nearest", "constant", "reflect"]
random = np.random.default_rng(11)


def picture(height, width, channels):
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    smooth = 90 + 5 * x - 3 * y + 20 * c + 70 * ((x + 2 * y) % 11 < 4)
    return np.clip(smooth + random.normal(0, 20, smooth.shape), 0, 255).astype(np.uint8)


def record(kind, mode, parameters, result):
    assert result.min() >= 0 and result.max() <= 255
    head = struct.pack("<8d", kind, mode, *parameters)
    return head + np.round(result.astype(np.float64) * 128).astype("<u2").tobytes()


square, oblong = picture(18, 18, 3), picture(13, 21, 1)
records = []
for number in range(100):
    mode, theta = 0, 0.0
    shear = random.uniform(-0.2, 0.2)
    zx, zy = random.uniform(0.8, 1.2, 2)
    if number >= 50:
        mode, theta = number % 3, random.uniform(-180, 180)
        shear = random.uniform(-30, 30)
        zx, zy = random.uniform(0.4, 2.5, 2)
    flip = int(random.integers(2))
    result = apply_affine_transform(
        square.astype(np.float32),
        theta=theta, shear=shear, zx=zx, zy=zy,
        row_axis=0, col_axis=1, channel_axis=2, fill_mode=MODES[mode], cval=17.0, order=1,
    )
    if flip:
        result = result[:, ::-1]
    records.append(record(0, mode, [theta, shear, zx, zy, flip, 0], result))
for number in range(30):
    mode = number % 3
    matrix = random.normal(0, 1, (2, 2)) + np.eye(2) * (number % 2)
    # Some land far outside, where reflections repeat.
    offset = random.uniform(-60, 60, 2) if number % 5 == 0 else random.uniform(-5, 15, 2)
    result = scipy.ndimage.affine_transform(
        oblong[..., 0].astype(np.float64), matrix, offset, order=1, mode=MODES[mode], cval=17.0
    )
    records.append(record(1, mode, [*matrix.ravel(), *offset], result))
content = square.tobytes() + oblong.tobytes() + struct.pack("<i", len(records)) + b"".join(records)
(Path(__file__).parent / "affine.bin").write_bytes(content)
