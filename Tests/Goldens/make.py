"""Makes every .safetensors file here anew, or checks that the files here are what the scripts make.

Versions: requirements.txt, Python 3.11.
Commands: python Tests/Goldens/make.py            writes Tests/Goldens/*.safetensors
          python Tests/Goldens/make.py --check    writes elsewhere and compares, to 1e-9 relative L2
"""

import pathlib
import subprocess
import sys
import tempfile

from safetensors.numpy import load_file

from golden import HERE, relative_error

SUBJECTS = [
    "operations",
    "convolutions",
    "pooling",
    "normalization",
    "layers",
    "losses",
    "optimizers",
    "schedules",
    "small_network",
    "full_network",
    "philox",
    "qr",
    "augmentation",
    "explanation",
]


def make(folder):
    for subject in SUBJECTS:
        subprocess.run([sys.executable, HERE / f"{subject}.py", folder], check=True)


def compare(folder):
    """The names of tensors that differ, or are in one place only."""
    different = []
    for subject in SUBJECTS:
        old, new = (load_file(place / f"{subject}.safetensors") for place in (HERE, folder))
        for key in sorted(old.keys() | new.keys()):
            if key not in old or key not in new or old[key].shape != new[key].shape:
                different.append(f"{subject}: {key}")
                continue
            # Another processor rounds otherwise, and in Float by more.
            tolerance = 1e-9 if old[key].dtype != "float32" else 1e-5
            if key.startswith("float32/errors"):
                continue
            if relative_error(new[key], old[key]) > tolerance:
                different.append(f"{subject}: {key}")
    return different


if "--check" in sys.argv:
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        different = compare(pathlib.Path(folder))
    print("\n".join(different) or "all golden files are what their scripts make")
    sys.exit(1 if different else 0)
make(HERE)
