"""Grad-CAM, saliency, integrated gradients, occlusion and bilinear resizing of two small networks.

Made by PyTorch's autograd in float64, one picture at a time, as the papers write it; the gradients
checked against central differences in NumPy, integrated gradients against the differences of the
scores. Versions: requirements.txt. Seed: 10.
Command: python Tests/Goldens/explanation.py

The networks take pictures [1, 12, 10, 2]: conv1 (3×3, valid) to 3 channels, ReLU, 2×2 max pool,
conv2 (3×3, same) to 4, ReLU, flatten (rows, columns, channels), dense to 1 (`single`, followed by a
sigmoid) or to 3 (`several`, followed by a softmax).

Keys: `input`; `weights/<network>/<layer>.<kind>`; `<network>.<class>/…` with `logit` (the score: of
the first class of `single` its opposite), `probability`, `gradCAM` (at the output of conv2's ReLU),
`saliency`, `saliency.probability`, `integrated` (8 steps, baseline 0.25), `occlusion` (patch 4×3,
steps of 3 and 2, the last at the border, covered with the mean of each channel), `occlusion.value`
(the same, covered with 0.5); `resized/input`, `resized/<height>x<width>`.
"""

import numpy as np
import torch
import torch.nn.functional as F

from golden import check, leaf, named, write

random = np.random.default_rng(10)
HEIGHT, WIDTH, CHANNELS = 12, 10, 2
picture = random.uniform(size=(1, HEIGHT, WIDTH, CHANNELS))
tensors = {"input": picture}


def network(outputs):
    def draw(*shape):
        return random.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))

    return {
        "conv1.filter": draw(3, 3, CHANNELS, 3),
        "conv1.bias": draw(3),
        "conv2.filter": draw(3, 3, 3, 4),
        "conv2.bias": draw(4),
        "dense.weight": draw(5 * 4 * 4, outputs),
        "dense.bias": draw(outputs),
    }


def features(x, w):
    """[batch, 5, 4, 4]: what conv2's ReLU puts out."""
    x = x.permute(0, 3, 1, 2)
    x = F.relu(F.conv2d(x, w["conv1.filter"].permute(3, 2, 0, 1), w["conv1.bias"]))
    x = F.max_pool2d(x, 2)
    x = F.relu(F.conv2d(x, w["conv2.filter"].permute(3, 2, 0, 1), w["conv2.bias"], padding=1))
    return x.permute(0, 2, 3, 1)


def outputs(features, w):
    return features.flatten(1) @ w["dense.weight"] + w["dense.bias"]


def score(outputs, index, scale):
    """The score of a class, and of the first of two classes with one output."""
    if outputs.shape[1] == 1:
        logit = outputs[:, 0] if index == 1 else -outputs[:, 0]
        return logit if scale == "logit" else torch.sigmoid(logit)
    return outputs[:, index] if scale == "logit" else torch.softmax(outputs, 1)[:, index]


def explain(w, index):
    w = {name: torch.tensor(value) for name, value in w.items()}

    def run(x, scale="logit"):
        return score(outputs(features(x, w), w), index, scale)

    def gradient(x, scale="logit"):
        x = leaf(x)
        run(x, scale).sum().backward()
        return x.grad.numpy()

    def value(x, scale="logit"):
        return run(torch.tensor(x), scale).item()

    result = {"logit": value(picture), "probability": value(picture, "probability")}

    a = leaf(features(torch.tensor(picture), w).detach().numpy())
    score(outputs(a, w), index, "logit").sum().backward()
    alpha = a.grad.mean(dim=(1, 2))[0]
    result["gradCAM"] = F.relu((alpha * a.detach()[0]).sum(-1)).numpy()

    result["saliency"] = np.abs(gradient(picture))[0].max(-1)
    result["saliency.probability"] = np.abs(gradient(picture, "probability"))[0].max(-1)
    direction = random.normal(size=picture.shape)
    for scale in "logit", "probability":
        ahead, behind = (value(picture + step * direction, scale) for step in (1e-6, -1e-6))
        slope = (gradient(picture, scale) * direction).sum()
        check(f"slope of the {scale}", (ahead - behind) / 2e-6, slope, 1e-6)

    baseline, steps = np.full_like(picture, 0.25), 8

    def integrated(steps):
        points = [baseline + (i + 0.5) / steps * (picture - baseline) for i in range(steps)]
        mean = np.mean([gradient(point) for point in points], axis=0)
        return ((picture - baseline) * mean)[0].sum(-1)

    result["integrated"] = integrated(steps)
    difference = value(picture) - value(baseline)
    check("completeness", integrated(20000).sum(), difference, 1e-3)

    def occlusion(cover):
        rows, columns = [0, 3, 6, 8], [0, 2, 4, 6, 7]
        sums, counts = np.zeros((HEIGHT, WIDTH)), np.zeros((HEIGHT, WIDTH))
        for y in rows:
            for x in columns:
                covered = picture.copy()
                covered[0, y : y + 4, x : x + 3] = cover
                sums[y : y + 4, x : x + 3] += value(picture) - value(covered)
                counts[y : y + 4, x : x + 3] += 1
        return sums / counts

    result["occlusion"] = occlusion(picture[0].mean((0, 1)))
    result["occlusion.value"] = occlusion(0.5)
    return result


for name, count in ("single", 1), ("several", 3):
    weights = network(count)
    tensors |= {f"weights/{name}/{key}": value for key, value in weights.items()}
    for index in range(max(count, 2)):
        tensors |= named(f"{name}.{index}", explain(weights, index))

small = random.normal(size=(5, 3))
tensors["resized/input"] = small
for size in (11, 8), (2, 7), (1, 1), (5, 3), (4, 9):
    resized = F.interpolate(
        torch.tensor(small)[None, None], size, mode="bilinear", align_corners=False
    )
    tensors[f"resized/{size[0]}x{size[1]}"] = resized[0, 0].numpy()

write("explanation", tensors, __doc__)
