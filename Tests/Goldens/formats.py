"""Writes the small files in `formats/`, which the tests of `Checkpoints` read, and whose bytes they compare with their own.

Made with numpy 2.4.6 and safetensors 0.8.0. Nothing is random. Command: python Tests/Goldens/formats.py
"""

import pathlib

import numpy as np
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent / "formats"

# One metadata entry: several would be written in random order.
save_file(
    {
        "float32": np.array([[1.5, -0.0, np.inf], [np.finfo(np.float32).tiny / 8, 3e38, -7]], np.float32),
        "float64": np.array([0.1, -np.inf, 5e-324, np.pi]),
        "int32": np.array([[-(2**31)], [2**31 - 1]], np.int32),
        "int64": np.array([-(2**63), 2**63 - 1, 2**53 + 1], np.int64),
        "uint8": np.array([0, 127, 255], np.uint8),
        "bool": np.array([[True, False, True]]),
        "rank 0": np.array(2.5, np.float32),
        "empty": np.zeros((2, 0, 3), np.float64),
        'Ünï "quoted" \\ \n\t\b\f\x01 🩻': np.array([42], np.int32),
    },
    FOLDER / "tensors.safetensors",
    {"naïve \"key\"": "text\nof two lines, ä, 🩻"},
)
save_file(
    {
        "half": np.array([1, 2, 3], np.float16),
        "byte": np.array([-1, 1], np.int8),
        "single": np.array([0.5], np.float32),
    },
    FOLDER / "other-types.safetensors",
)

for name, array in {
    "float32": np.array([[1, 2, 3], [4, 5, 6]], np.float32) / 4,
    "float64": np.array([0.1, -np.inf, 5e-324]),
    "int32": np.array([[-(2**31)], [2**31 - 1]], np.int32),
    "int64": np.array(2**53 + 1, np.int64),
    "uint8": np.zeros((0, 4), np.uint8),
    "bool": np.array([True, False]),
    "fortran": np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)),
    "big-endian": np.array([1, 2], ">f4"),
    "float16": np.array([1, 2], np.float16),
    "record": np.array([(1, 2.0)], [("a", "<i4"), ("b", "<f8")]),
}.items():
    np.save(FOLDER / f"{name}.npy", array)
for version in (2, 3):
    with open(FOLDER / f"version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, np.array([[1, 2], [3, 4]], np.int32), (version, 0))
