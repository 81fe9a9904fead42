"""The rows of the comparison: a case of ours, what is to be reached against the best of the others, and who they are."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Contender:
    """A script of this folder with its arguments."""
    framework: str
    label: str
    arguments: tuple
    tuned_malloc: bool = False


@dataclass(frozen=True)
class Row:
    suite: str
    case: str
    contenders: tuple
    # The ratio that is required, and the one that is aimed at: time of the best of the others by ours.
    reach: float
    aim: float
    threads: int | None = None
    # What the time is bound by.
    limit: str = "arithmetic"
    # One run takes minutes.
    is_long: bool = False
    needs_images: bool = False
    # The framework that the ratio is to, where that is not whichever is fastest.
    rival: str | None = None
    name: str = field(default="")

    @property
    def title(self):
        return self.name or self.case


def torch(script, *arguments, label="PyTorch", layouts=("nchw", "channels_last"), tuned=True):
    """PyTorch in each layout, as it comes and with a malloc that keeps freed memory and uses huge pages."""
    result = []
    for layout in layouts:
        name = f"{label} {layout}" if layout else label
        variant = (layout,) if layout else ()
        result.append(Contender("PyTorch", name, (script, *place(arguments, variant))))
        if tuned:
            result.append(
                Contender("PyTorch", f"{name}, tuned malloc", (script, *place(arguments, variant)), True))
    return result


def place(arguments, variant):
    """The arguments with the variant in the place of `None`."""
    return tuple(part for argument in arguments for part in (variant if argument is None else (argument,)))


def train(case, network, batch, reach, aim, threads=None, name="", layouts=("channels_last",)):
    size = ("--batch", str(batch))
    return Row("train-step", case, (
        *(Contender("Keras", f"Keras {variant}", ("train_step.py", "keras", variant, network, *size))
          for variant in ("train_on_batch", "function")),
        *torch("train_step.py", "torch", None, network, *size, layouts=layouts),
    ), reach, aim, threads, name=name)


def inference(case, batch, reach, aim, threads=None, name=""):
    size = ("--batch", str(batch))
    return Row("inference", case, (
        Contender("ONNX Runtime", "ONNX Runtime", ("infer.py", "onnxruntime", *size)),
        Contender("OpenVINO", "OpenVINO", ("infer.py", "openvino", *size)),
        Contender("Keras", "Keras function", ("infer.py", "keras", "function", *size)),
        *torch("infer.py", "torch", None, *size, layouts=("channels_last",)),
    ), reach, aim, threads, name=name)


def kernel(case, operation, limit="memory", reach=1.0, aim=1.3, has_out=False):
    variants = (("numpy", "NumPy"), ("torch", "PyTorch"))
    out = [Contender(label, f"{label} out", ("kernels.py", name, operation, "out"))
           for name, label in variants] if has_out else []
    return Row("kernels", case, (
        Contender("NumPy", "NumPy", ("kernels.py", "numpy", operation)),
        Contender("TensorFlow", "TensorFlow", ("kernels.py", "tf", operation)),
        *torch("kernels.py", "torch", operation, layouts=("",)), *out,
    ), reach, aim, limit=limit)


def adam(case, operation):
    return Row("kernels", case, (
        Contender("NumPy", "NumPy", ("kernels.py", "numpy", operation)),
        Contender("TensorFlow", "Keras", ("kernels.py", "tf", operation)),
        *(Contender("PyTorch", f"PyTorch {form}", ("kernels.py", "torch", operation, form))
          for form in ("fused", "foreach")),
    ), 1.0, 1.3, limit="memory")


def layer(case, operation, reach, aim, limit="arithmetic", layouts=("nchw", "channels_last")):
    return Row("layers", case, (
        Contender("TensorFlow", "TensorFlow", ("kernels.py", "tf", operation)),
        *torch("kernels.py", "torch", operation, None, layouts=layouts),
    ), reach, aim, limit=limit)


def convolution(case, operation, reach, aim, limit="arithmetic"):
    return [layer(f"{case} {ours}", f"{operation}_{part}", reach, aim, limit)
            for ours, part in (("forward", "forward"), ("f+b", "fb"))]


def pipeline(case, contenders, reach, aim, threads=1, limit="the decoder", rival=None):
    return Row("pipeline", case, tuple(
        Contender(framework, label, ("pipeline.py", name)) for framework, label, name in contenders
    ), reach, aim, threads, limit, needs_images=True, rival=rival)


def main_job(case, epochs, with_torch):
    contenders = [Contender("Keras", "Keras", ("main_job.py", "keras", "--epochs", str(epochs)))]
    if with_torch:
        contenders.append(Contender(
            "PyTorch", "PyTorch channels_last, tuned malloc", ("main_job.py", "torch", "--epochs", str(epochs)), True))
    return Row("main-job", case, tuple(contenders), 3.0, 3.5, is_long=True, needs_images=True)


ROWS = [
    train("article", "article", 32, 3.0, 3.5, name="training step, batch 32"),
    train("article", "article", 32, 2.8, 3.2, threads=1, name="training step, batch 32, 1 thread"),
    main_job("1 epoch of 8 steps of 32", 1, with_torch=True),
    main_job("10 epochs of 8 steps of 32", 10, with_torch=False),
    inference("article, batch 1", 1, 2.2, 3.0, name="inference, batch 1"),
    inference("article, batch 32", 32, 2.3, 2.8, name="inference, batch 32"),
    *convolution("conv 3×3", "conv3", 2.5, 3.0),
    *convolution("conv 1×1", "conv1", 1.0, 1.2),
    *convolution("conv 5×5", "conv5", 1.0, 1.2),
    *convolution("conv 3×3 stride 2", "conv3s2", 1.0, 1.2),
    *convolution("conv 3×3 depthwise", "depthwise", 1.0, 1.2, "memory"),
    *(kernel(f"sgemm {size}", f"sgemm{size}", "arithmetic", 0.95, 1.0, has_out=True) for size in (512, 1024, 2048)),
    kernel("add", "add", has_out=True), kernel("add row", "add_row", has_out=True),
    kernel("add column", "add_column", has_out=True), kernel("exp", "exp", has_out=True),
    kernel("tanh", "tanh", has_out=True), kernel("relu", "relu", has_out=True),
    kernel("sum", "sum"), kernel("sum over rows", "sum_rows"), kernel("sum over columns", "sum_columns"),
    kernel("softmax", "softmax"), kernel("transpose", "transpose"),
    layer("batch norm f+b", "norm_fb", 1.0, 1.3, "memory"),
    layer("max pool forward", "pool_forward", 1.0, 1.3, "memory"),
    layer("max pool f+b", "pool_fb", 1.0, 1.3, "memory"),
    layer("dense 4096→4096 f+b", "dense_fb", 1.0, 1.3, "memory", layouts=("",)),
    adam("adam 5.7 M", "adam_5m"), adam("adam 50 M", "adam_50m"),
    train("resnet-18", "resnet-18", 8, 1.5, 2.5, name="ResNet-18-shaped training step, batch 8"),
    train("vgg-16", "vgg-16", 8, 1.5, 2.5, name="VGG-shaped training step, batch 8"),
    pipeline("decode + resize, 1 core", [("Pillow", "Pillow", "pillow_resize")], 1.3, 1.5),
    pipeline("augment from memory, 1 core", [
        ("Keras", "Keras", "keras_memory"), ("Pillow", "Pillow affine", "pillow_memory")], 10, 20, limit="arithmetic",
        rival="Keras"),
    pipeline("decode + resize + augment, 1 core", [
        ("Keras", "Keras", "keras_flow"), ("Pillow", "Pillow affine", "pillow_affine")], 1.3, 1.5),
    pipeline("decode + resize + augment, 2 cores", [
        ("Keras", "Keras", "keras_flow"), ("Pillow", "Pillow affine", "pillow_affine")], 1.3, 1.5, threads=2),
]
