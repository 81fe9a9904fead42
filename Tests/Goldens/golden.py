"""What every script here shares: repeatable inputs, gradients, checks, and the writing of files.

Versions: those of requirements.txt. `write` refuses to run under any others, so a file cannot
silently come from something else. Not run by itself; see README.md for the command.

Layout in every file: activations [batch, height, width, channels], convolution kernels [height,
width, inputChannels, outputChannels], dense weights [inputs, outputs].
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import pathlib
import sys
from importlib.metadata import version

import numpy as np
import torch
from safetensors.numpy import save_file

# One thread: sums are then taken in one order, and a file can be remade byte for byte.
torch.set_num_threads(1)

HERE = pathlib.Path(__file__).parent


def check_versions():
    """Stops unless the installed packages are those of requirements.txt."""
    for line in (HERE / "requirements.txt").read_text().split():
        package, wanted = line.split("==")
        found = version(package).split("+")[0]
        assert found == wanted, f"{package} is {found}, the goldens are made with {wanted}"


def write(name, tensors, about):
    """Writes `tensors` to `<name>.safetensors`, in the folder given as argument or in this one.

    `about` becomes the only metadata entry: several would be written in random order.
    """
    check_versions()
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    arrays = {key: np.asarray(value, order="C") for key, value in tensors.items()}
    for key, array in arrays.items():
        assert array.dtype in (np.float32, np.float64, np.int64, np.uint8), (key, array.dtype)
    pins = ", ".join((HERE / "requirements.txt").read_text().split())
    save_file(
        arrays, folder / f"{name}.safetensors", {"about": f"{' '.join(about.split())} {pins}"}
    )
    size = (folder / f"{name}.safetensors").stat().st_size
    print(f"{name}.safetensors: {len(arrays)} tensors, {size:,} bytes")


def relative_error(value, reference):
    """‖value − reference‖ / ‖reference‖, or the plain norm where the reference is zero."""
    value, reference = np.asarray(value, np.float64), np.asarray(reference, np.float64)
    assert value.shape == reference.shape, (value.shape, reference.shape)
    scale = np.linalg.norm(reference.ravel())
    return np.linalg.norm((value - reference).ravel()) / (scale if scale > 0 else 1.0)


def check(what, value, reference, tolerance=1e-12):
    """Stops unless two independent implementations agree."""
    error = relative_error(value, reference)
    assert error <= tolerance, f"{what}: relative error {error:.3g} > {tolerance:.0e}"


def leaf(array):
    """A recorded float64 tensor of PyTorch."""
    return torch.tensor(np.asarray(array, np.float64), requires_grad=True)


def differentiate(function, upstream, **arguments):
    """Runs `function` under PyTorch's autograd, in float64.

    Returns `<argument>` for each argument, `output`, `upstream`, and `gradient/<argument>`: the
    gradient of Σ upstream · output. `upstream` is a random generator, which draws it, or an array.
    """
    leaves = {name: leaf(array) for name, array in arguments.items()}
    output = function(**leaves)
    if isinstance(upstream, np.random.Generator):
        upstream = upstream.normal(size=tuple(output.shape))
    (output * torch.tensor(upstream)).sum().backward()
    result = {name: value.detach().numpy() for name, value in leaves.items()}
    result["output"] = output.detach().numpy()
    result["upstream"] = np.asarray(upstream, np.float64)
    result |= {f"gradient/{name}": value.grad.numpy() for name, value in leaves.items()}
    return result


def named(case, tensors):
    """`tensors` with `<case>/` before each key."""
    return {f"{case}/{key}": value for key, value in tensors.items()}


def same_padding(size, kernel, stride, dilation=1):
    """The padding (before, after) of one axis that Keras calls "same": the odd one comes last."""
    output = -(-size // stride)
    total = max((output - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def hashed(index, stream):
    """16 repeatable bits for each index, in `stream`, which keeps tensors apart.

    The upper half of Wellons' "lowbias32" hash of `index + stream · 2654435761`, modulo 2³².
    """
    x = np.asarray(index).astype(np.uint32) + np.uint32(stream * 2654435761 % 2**32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return (x >> np.uint32(16)).astype(np.int64)
