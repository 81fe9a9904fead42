"""The article's network in use.

Variants: torch nchw, channels_last; keras function; onnxruntime and openvino on a file exported from PyTorch, in float32.
"""
import argparse
import os
import subprocess
import sys

from common import lockstep, set_threads

parser = argparse.ArgumentParser()
parser.add_argument("framework", choices=["torch", "keras", "onnxruntime", "openvino"])
parser.add_argument("variant", nargs="?")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--onnx", required=True, help="where the exported network is, or will be")
options = parser.parse_args()
set_threads(options.threads)

import numpy as np

images = np.random.default_rng(0).random((options.batch, 224, 224, 3), dtype=np.float32)
planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2))

EXPORT = """
import sys, torch, networks
model = torch.nn.Sequential(networks.torch_model("article"), torch.nn.Sigmoid()).eval()
torch.onnx.export(model, (torch.rand(2, 3, 224, 224),), sys.argv[1], input_names=["x"], output_names=["y"],
                  opset_version=17, dynamo=False, dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})
"""


def exported():
    """In a process of its own, whose memory is not counted."""
    if not os.path.exists(options.onnx):
        part = f"{options.onnx}.{os.getpid()}"
        subprocess.run([sys.executable, "-c", EXPORT, part], check=True, cwd=os.path.dirname(os.path.abspath(__file__)))
        os.replace(part, options.onnx)
    return options.onnx


def with_torch():
    import torch

    import networks
    torch.set_num_threads(options.threads)
    layout = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}[options.variant]
    model = torch.nn.Sequential(networks.torch_model("article"), torch.nn.Sigmoid()).eval().to(memory_format=layout)
    x = torch.from_numpy(planes).contiguous(memory_format=layout)

    def run():
        with torch.inference_mode():
            return model(x).numpy()
    return run, f"PyTorch {torch.__version__}"


def with_keras():
    import keras
    import tensorflow as tf

    import networks
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    model = networks.keras_model("article")
    function = tf.function(lambda x: model(x, training=False))
    x = tf.constant(images)
    return (lambda: function(x).numpy()), f"Keras {keras.__version__}, TensorFlow {tf.__version__}"


def with_onnxruntime():
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(exported(), settings, providers=["CPUExecutionProvider"])
    return (lambda: session.run(None, {"x": planes})[0]), f"ONNX Runtime {onnxruntime.__version__}"


def with_openvino():
    import openvino
    core = openvino.Core()
    model = core.read_model(exported())
    model.reshape({0: [options.batch, 3, 224, 224]})
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": options.threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
        # On some processors it takes bfloat16 by itself.
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    return (lambda: request.infer({0: planes})[0]), f"OpenVINO {openvino.__version__.split('-')[0]}"


lockstep(*globals()["with_" + options.framework]())
