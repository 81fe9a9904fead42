"""Known answers of the counter-based generator Philox4x32 with ten rounds.

The three published ones are from Random123's tests/kat_vectors (Salmon et al., "Parallel random
numbers: as easy as 1, 2, 3", SC 2011). The others are made by the rounds written out below, which
have to give the published ones first, and are checked against TensorFlow's Philox. Versions:
requirements.txt. Seed: 8.
Command: python Tests/Goldens/philox.py

Keys: `published/counters` [3, 4], `published/keys` [3, 2], `published/outputs` [3, 4]; the same
under `others/`, [64, …]. Words are 32 bits, least significant word first, in int64.
"""

import numpy as np
import tensorflow as tf

from golden import named, write

PUBLISHED = """
00000000 00000000 00000000 00000000  00000000 00000000  6627e8d5 e169c58d bc57ac4c 9b00dbd8
ffffffff ffffffff ffffffff ffffffff  ffffffff ffffffff  408f276d 41c83b0e a20bc7c6 6d5451fd
243f6a88 85a308d3 13198a2e 03707344  a4093822 299f31d0  d16cfe09 94fdcceb 5001e420 24126ea1
"""


def philox(counter, key):
    c, k = [int(word) for word in counter], [int(word) for word in key]
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            second >> 32 ^ c[1] ^ k[0],
            second & 0xFFFFFFFF,
            first >> 32 ^ c[3] ^ k[1],
            first & 0xFFFFFFFF,
        ]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


def tensorflow_philox(counter, key):
    """The same from TensorFlow, which takes the counter and the key in words of 64 bits."""
    words = [int(low) | int(high) << 32 for low, high in (counter[:2], counter[2:], key)]
    return (
        tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[4],
            key=tf.constant(words[2:], tf.uint64),
            counter=tf.constant(words[:2], tf.uint64),
            alg=1,
            dtype=tf.uint32,
        )
        .numpy()
        .tolist()
    )


def table(rows):
    rows = np.array(rows, np.int64)
    return {"counters": rows[:, :4], "keys": rows[:, 4:6], "outputs": rows[:, 6:]}


published = [[int(word, 16) for word in line.split()] for line in PUBLISHED.split("\n") if line]
random = np.random.default_rng(8)
inputs = random.integers(0, 2**32, size=(64, 6))
inputs[:16, 1:] = 0  # Small counters under key zero, as a generator first uses them,
inputs[:16, 0] = np.arange(16)
inputs[16:32, 1:4] = 0  # then under any key, up to where the first word overflows.
inputs[16:32, 0] = 2**32 - 16 + np.arange(16)
others = [[*row, *philox(row[:4], row[4:])] for row in inputs.tolist()]
for row in published + others:
    assert philox(row[:4], row[4:6]) == row[6:], row
    assert tensorflow_philox(row[:4], row[4:6]) == row[6:], row

write("philox", named("published", table(published)) | named("others", table(others)), __doc__)
