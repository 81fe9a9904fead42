"""Learning-rate schedules, evaluated at steps 0…129 (the first update uses step 0).

Made by Keras' schedules and PyTorch's schedulers in float64, each checked to 1e-12 against the
formula. Versions: requirements.txt. Nothing is random.
Command: python Tests/Goldens/schedules.py

Keys: `<case>` float64 [130]. η₀ = 0.1 in all, and
  step                       η₀ · 0.5^⌊t/30⌋                             (StepLR)
  exponential                η₀ · 0.97^t                                 (ExponentialLR)
  exponential.keras          η₀ · 0.5^(t/20)                             (ExponentialDecay)
  exponential.keras.stairs   η₀ · 0.5^⌊t/20⌋                             (ExponentialDecay)
  cosine                     ηₑ + (η₀ − ηₑ)(1 + cos(π t/100))/2, ηₑ = 0.001, from t = 100 on ηₑ
                             (CosineDecay)
  warmUpCosine               0.01 + 0.09 t/10 for t < 10, then the cosine, at t − 10
                             (CosineDecay with warm-up)
  warmUpCosine.pytorch       0.1 (t + 1)/10 for t < 10, then the same
                             (LinearLR, CosineAnnealingLR and ConstantLR, one after the other)
  piecewise.pytorch          0.1 below step 20, 0.05 from step 20, 0.025 from step 60 (MultiStepLR)
  piecewise.keras            0.1 up to and including step 20, 0.05 up to and including step 60, then
                             0.025 (PiecewiseConstantDecay)
"""

import math

import numpy as np
import torch
import keras
from torch.optim import lr_scheduler as pytorch

from golden import check, write

keras.config.set_floatx("float64")
# As NumPy scalars: a bare 0.1 reaches TensorFlow as a float32.
COUNT, first, last = 130, np.float64(0.1), np.float64(0.001)
tensors = {}


def add(case, schedule, formula):
    """`schedule` is a Keras schedule, or makes a PyTorch scheduler from an optimizer."""
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        values = [float(schedule(np.float64(step))) for step in range(COUNT)]
    else:
        optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], first)
        scheduler, values = schedule(optimizer), []
        for _ in range(COUNT):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    values = np.array(values)
    check(case, values, np.array([formula(step) for step in range(COUNT)]))
    tensors[case] = values


def cosine(step):
    return last + (first - last) * (1 + math.cos(math.pi * min(step, 100) / 100)) / 2


k = keras.optimizers.schedules
add("step", lambda o: pytorch.StepLR(o, 30, 0.5), lambda t: first * 0.5 ** (t // 30))
add("exponential", lambda o: pytorch.ExponentialLR(o, 0.97), lambda t: first * 0.97**t)
add("exponential.keras", k.ExponentialDecay(first, 20, 0.5), lambda t: first * 0.5 ** (t / 20))
add(
    "exponential.keras.stairs",
    k.ExponentialDecay(first, 20, 0.5, staircase=True),
    lambda t: first * 0.5 ** (t // 20),
)
add("cosine", k.CosineDecay(first, 100, alpha=last / first), cosine)
add(
    "warmUpCosine",
    k.CosineDecay(np.float64(0.01), 100, last / first, warmup_target=first, warmup_steps=10),
    lambda t: 0.01 + 0.09 * t / 10 if t < 10 else cosine(t - 10),
)
add(
    "warmUpCosine.pytorch",
    lambda o: pytorch.SequentialLR(
        o,
        [
            pytorch.LinearLR(o, 1 / 10, total_iters=9),
            pytorch.CosineAnnealingLR(o, 100, last),
            pytorch.ConstantLR(o, last / first, COUNT),
        ],
        [10, 110],
    ),
    lambda t: first * (t + 1) / 10 if t < 10 else cosine(t - 10),
)
add(
    "piecewise.pytorch",
    lambda o: pytorch.MultiStepLR(o, [20, 60], 0.5),
    lambda t: 0.1 if t < 20 else 0.05 if t < 60 else 0.025,
)
add(
    "piecewise.keras",
    k.PiecewiseConstantDecay([20, 60], [first, first / 2, first / 4]),
    lambda t: 0.1 if t <= 20 else 0.05 if t <= 60 else 0.025,
)

write("schedules", tensors, __doc__)
