"""One operation on arrays, or one layer, in float32.

Arrays have 4096 x 4096 scalars. Layers work on 16 images of 56 x 56 with 64 channels; dense on 64 rows of 4096.
Variant "out" writes into a standing array where others allocate the result; "channels_last" is PyTorch's layout NHWC;
"fused", "foreach" are PyTorch's forms of Adam.
"""
import argparse

from common import lockstep, set_threads

parser = argparse.ArgumentParser()
parser.add_argument("framework", choices=["numpy", "torch", "tf"])
parser.add_argument("operation")
parser.add_argument("variant", nargs="?", default="")
parser.add_argument("--threads", type=int, required=True)
options = parser.parse_args()
set_threads(options.threads)

import numpy as np

random = np.random.default_rng(0)
ARTICLE = [(32, 3, 3, 3), (32,), (128, 32, 3, 3), (128,), (64, 128, 3, 3), (64,), (128, 64, 3, 3), (128,),
           (64, 86528), (64,), (1, 64), (1,)]
# Size of the window and stride.
CONVOLUTIONS = {"conv1": (1, 1), "conv3": (3, 1), "conv5": (5, 1), "conv3s2": (3, 2), "depthwise": (3, 1)}


def uniform(*shape):
    return random.random(shape, dtype=np.float32)


def operands(operation):
    """The arrays of an operation that works on arrays."""
    if operation.startswith("sgemm"):
        size = int(operation[5:])
        return uniform(size, size), uniform(size, size)
    second = {"add": (4096, 4096), "add_row": (1, 4096), "add_column": (4096, 1)}.get(operation)
    return (uniform(4096, 4096),) + ((uniform(*second),) if second else ())


def adam_shapes(operation):
    return ARTICLE if operation == "adam_5m" else [(4166667,)] * 12


def with_numpy(operation):
    if operation.startswith("adam"):
        state = [(uniform(*shape), uniform(*shape), np.zeros(shape, np.float32), np.zeros(shape, np.float32))
                 for shape in adam_shapes(operation)]

        def step():
            for p, g, m, v in state:
                m *= 0.9
                m += 0.1 * g
                v *= 0.999
                v += 0.001 * g * g
                p -= 1e-3 * m / (np.sqrt(v) + 1e-7)
        return step
    arrays = operands(operation)
    a, b = arrays[0], arrays[-1]
    out = {"out": np.empty_like(a)} if options.variant == "out" else {}

    def softmax():
        e = np.exp(a - a.max(1, keepdims=True))
        e /= e.sum(1, keepdims=True)
        return e
    if operation.startswith("sgemm"):
        return lambda: np.matmul(a, b, **out)
    return {
        "add": lambda: np.add(a, b, **out), "add_row": lambda: np.add(a, b, **out),
        "add_column": lambda: np.add(a, b, **out), "exp": lambda: np.exp(a, **out),
        "tanh": lambda: np.tanh(a, **out), "relu": lambda: np.maximum(a, 0, **out), "sum": lambda: a.sum(),
        "sum_rows": lambda: a.sum(0), "sum_columns": lambda: a.sum(1), "softmax": softmax,
        "transpose": lambda: np.ascontiguousarray(a.T),
    }[operation]


def with_torch(operation):
    import torch
    from torch import nn
    torch.set_num_threads(options.threads)
    if operation.startswith("adam"):
        parameters = [torch.from_numpy(uniform(*shape)).requires_grad_() for shape in adam_shapes(operation)]
        for parameter in parameters:
            parameter.grad = torch.rand_like(parameter)
        return torch.optim.Adam(parameters, eps=1e-7, **{options.variant: True}).step
    layout = torch.channels_last if options.variant == "channels_last" else torch.contiguous_format
    kind, _, part = operation.rpartition("_")
    if part in ("forward", "fb"):
        x = torch.from_numpy(uniform(64, 4096) if kind == "dense" else uniform(16, 64, 56, 56))
        if kind in CONVOLUTIONS:
            size, stride = CONVOLUTIONS[kind]
            layer = nn.Conv2d(
                64, 64, size, stride, padding=size // 2, groups=64 if kind == "depthwise" else 1)
        else:
            layer = {"norm": lambda: nn.BatchNorm2d(64), "pool": lambda: nn.MaxPool2d(2),
                     "dense": lambda: nn.Linear(4096, 4096)}[kind]()
        if kind != "dense":
            x, layer = x.contiguous(memory_format=layout), layer.to(memory_format=layout)
        if part == "forward":
            def run():
                with torch.inference_mode():
                    return layer(x)
            return run
        x.requires_grad_()
        upstream = torch.rand_like(layer(x))

        def run():
            x.grad = None
            for parameter in layer.parameters():
                parameter.grad = None
            layer(x).backward(upstream)
        return run
    arrays = [torch.from_numpy(array) for array in operands(operation)]
    a, b = arrays[0], arrays[-1]
    out = {"out": torch.empty_like(a)} if options.variant == "out" else {}
    if operation.startswith("sgemm"):
        return lambda: torch.mm(a, b, **out)
    return {
        "add": lambda: torch.add(a, b, **out), "add_row": lambda: torch.add(a, b, **out),
        "add_column": lambda: torch.add(a, b, **out), "exp": lambda: torch.exp(a, **out),
        "tanh": lambda: torch.tanh(a, **out), "relu": lambda: torch.clamp_min(a, 0, **out),
        "sum": lambda: a.sum(), "sum_rows": lambda: a.sum(0), "sum_columns": lambda: a.sum(1),
        "softmax": lambda: torch.softmax(a, 1), "transpose": lambda: a.t().contiguous(),
    }[operation]


def with_tf(operation):
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    if operation.startswith("adam"):
        import keras
        weights = [keras.Variable(uniform(*shape)) for shape in adam_shapes(operation)]
        gradients = [tf.constant(uniform(*shape)) for shape in adam_shapes(operation)]
        optimizer = keras.optimizers.Adam()
        optimizer.build(weights)
        return tf.function(lambda: optimizer.apply_gradients(zip(gradients, weights)))
    kind, _, part = operation.rpartition("_")
    if part in ("forward", "fb"):
        x = tf.constant(uniform(64, 4096) if kind == "dense" else uniform(16, 56, 56, 64))
        weights = []
        if kind == "depthwise":
            weights = [tf.constant(uniform(3, 3, 64, 1)), tf.constant(uniform(64))]
            layer = lambda x, w, b: tf.nn.bias_add(tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"), b)
        elif kind in CONVOLUTIONS:
            size, stride = CONVOLUTIONS[kind]
            weights = [tf.constant(uniform(size, size, 64, 64)), tf.constant(uniform(64))]
            layer = lambda x, w, b: tf.nn.bias_add(tf.nn.conv2d(x, w, stride, "SAME"), b)
        elif kind == "norm":
            weights = [tf.constant(uniform(64)), tf.constant(uniform(64))]
            layer = lambda x, w, b: tf.compat.v1.nn.fused_batch_norm(x, w, b, is_training=True)[0]
        elif kind == "pool":
            layer = lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID")
        else:
            weights = [tf.constant(uniform(4096, 4096)), tf.constant(uniform(4096))]
            layer = lambda x, w, b: tf.matmul(x, w) + b
        if part == "forward":
            return tf.function(lambda: layer(x, *weights))
        upstream = tf.random.uniform(layer(x, *weights).shape)

        @tf.function
        def run():
            with tf.GradientTape() as tape:
                tape.watch([x] + weights)
                y = layer(x, *weights)
            # The output is returned too: TensorFlow would leave out a forward pass that the gradient does not read.
            return y, tape.gradient(y, [x] + weights, upstream)
        return run
    arrays = [tf.constant(array) for array in operands(operation)]
    a, b = arrays[0], arrays[-1]
    if operation.startswith("sgemm"):
        return lambda: tf.linalg.matmul(a, b).numpy()
    return {
        "add": lambda: a + b, "add_row": lambda: a + b, "add_column": lambda: a + b, "exp": lambda: tf.exp(a),
        "tanh": lambda: tf.tanh(a), "relu": lambda: tf.nn.relu(a),
        # A number is fetched, or the time is that of asking for it.
        "sum": lambda: tf.reduce_sum(a).numpy(), "sum_rows": lambda: tf.reduce_sum(a, 0),
        "sum_columns": lambda: tf.reduce_sum(a, 1), "softmax": lambda: tf.nn.softmax(a),
        "transpose": lambda: tf.transpose(a),
    }[operation]


version = {
    "numpy": lambda: f"NumPy {np.__version__}",
    "torch": lambda: f"PyTorch {__import__('torch').__version__}",
    "tf": lambda: f"TensorFlow {__import__('tensorflow').__version__}",
}
lockstep(globals()["with_" + options.framework](options.operation), version[options.framework]())
