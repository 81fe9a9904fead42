"""Optimizers over 100 steps on a fixed sequence of gradients.

Made by Keras' optimizers on TensorFlow or by PyTorch's, in float64; each checked to 1e-12 against
its update rule written in NumPy below. Versions: requirements.txt. Seed: 7.
Command: python Tests/Goldens/optimizers.py

Four parameters, p = 0…3, of shapes [3, 4], [5], [2, 2, 1, 3], [2, 3], whose gradients are about 1,
1e-4, 1e3 and 1e-8. Some entries are always zero, every tenth step is all zero, and parameter 1 gets
nothing before the sixth step.

Keys: `gradients/<p>` [100, …], `start/<p>`, and for each case `<case>/<1, 10 or 100>/<p>`, the
parameters after that many steps, and its hyper-parameters as float64 scalars:
`<case>/learningRate`, `/momentum`, `/beta1`, `/beta2`, `/epsilon`, `/weightDecay` (those it has).
Cases named `…decaying` use the learning rate `<case>/learningRates` [100], halved every 20 steps:
only then do Keras' and PyTorch's momentum differ.

w: parameter, g: gradient, η: learning rate, μ: momentum, λ: weight decay, t: step from 1.
  sgd                    w −= η g
  momentum.keras         v = μ v − η g;  w += v
  nesterov.keras         v = μ v − η g;  w += μ v − η g
  momentum.pytorch       v = μ v + g;    w −= η v
  nesterov.pytorch       v = μ v + g;    w −= η (g + μ v)
  …weightDecay.pytorch   g += λ w first  (coupled)
  …weightDecay.keras     w −= η λ w first  (decoupled)
  adam.keras             w −= η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
  adam.pytorch           w −= η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
  adamW.*                w −= η λ w first, then as above
"""

import numpy as np
import tensorflow as tf
import torch
import keras

from golden import check, write

keras.config.set_floatx("float64")
random = np.random.default_rng(7)
STEPS, KEPT = 100, (1, 10, 100)
SHAPES, SCALES = [(3, 4), (5,), (2, 2, 1, 3), (2, 3)], [1, 1e-4, 1e3, 1e-8]

start = [random.normal(size=shape) for shape in SHAPES]
gradients = [
    random.normal(0.3, 1, size=(STEPS, *shape)) * scale for shape, scale in zip(SHAPES, SCALES)
]
for gradient in gradients:
    gradient[9::10] = 0
    gradient.reshape(STEPS, -1)[:, 1] = 0
gradients[1][:5] = 0

halved = 0.05 * 0.5 ** (np.arange(STEPS) // 20)
tensors = {f"start/{p}": value for p, value in enumerate(start)}
tensors |= {f"gradients/{p}": value for p, value in enumerate(gradients)}


def keras_steps(optimizer, rates):
    variables = [keras.Variable(value, dtype="float64") for value in start]
    for step in range(STEPS):
        optimizer.learning_rate = rates[step]
        optimizer.apply([tf.constant(gradient[step]) for gradient in gradients], variables)
        yield [variable.numpy() for variable in variables]


def pytorch_steps(make, rates):
    variables = [torch.tensor(value) for value in start]
    optimizer = make(variables, rates[0])
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = rates[step]
        for variable, gradient in zip(variables, gradients):
            variable.grad = torch.tensor(gradient[step])
        optimizer.step()
        yield [variable.numpy().copy() for variable in variables]


def formula_steps(rule, rates):
    """`rule(w, g, η, t, state)` returns the new w; `state` is a dictionary of its own."""
    values, states = [value.copy() for value in start], [{} for _ in start]
    for step in range(STEPS):
        values = [
            rule(w, g[step], rates[step], step + 1, s) for w, g, s in zip(values, gradients, states)
        ]
        yield values


def add(case, made, rule, rates, **hyperparameters):
    make_steps = pytorch_steps if ".pytorch" in case else keras_steps
    for step, (values, others) in enumerate(
        zip(make_steps(made, rates), formula_steps(rule, rates)), 1
    ):
        for p, (value, other) in enumerate(zip(values, others)):
            check(f"{case} step {step} parameter {p}", value, other)
            # The parameter moves little when its gradients are tiny, so check the movement as well.
            check(f"{case} step {step} movement {p}", value - start[p], other - start[p], 1e-6)
            if step in KEPT:
                tensors[f"{case}/{step}/{p}"] = value
    if case.endswith("decaying"):
        tensors[f"{case}/learningRates"] = rates
    else:
        hyperparameters["learningRate"] = rates[0]
    tensors.update(
        {f"{case}/{name}": np.array(value, np.float64) for name, value in hyperparameters.items()}
    )


def sgd(momentum=0.0, nesterov=False, form="keras", coupled=0.0, decoupled=0.0):
    def rule(w, g, rate, t, state):
        g = g + coupled * w
        w = w - rate * decoupled * w
        v = state.get("v", 0)
        if form == "keras":
            state["v"] = v = momentum * v - rate * g
            return w + (momentum * v - rate * g if nesterov else v)
        state["v"] = v = momentum * v + g
        return w - rate * (g + momentum * v if nesterov else v)

    return rule


def adam(beta1, beta2, epsilon, form, decay=0.0):
    def rule(w, g, rate, t, state):
        w = w - rate * decay * w
        state["m"] = m = beta1 * state.get("m", 0) + (1 - beta1) * g
        state["v"] = v = beta2 * state.get("v", 0) + (1 - beta2) * g * g
        if form == "keras":
            return w - rate * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + epsilon)
        return w - rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)

    return rule


k, o = keras.optimizers, torch.optim
# For Keras as NumPy scalars: a bare 0.1 reaches TensorFlow as a float32.
exact = np.float64
constant = np.full(STEPS, 0.05)
add("sgd", k.SGD(), sgd(), constant)
add(
    "sgd.weightDecay.pytorch",
    lambda p, lr: o.SGD(p, lr, weight_decay=0.1),
    sgd(form="pytorch", coupled=0.1),
    constant,
    weightDecay=0.1,
)
add(
    "sgd.weightDecay.keras",
    k.SGD(weight_decay=exact(0.1)),
    sgd(decoupled=0.1),
    constant,
    weightDecay=0.1,
)
for suffix, rates in ("", constant), (".decaying", halved):
    for name, nesterov in ("momentum", False), ("nesterov", True):
        add(
            f"{name}.keras{suffix}",
            k.SGD(momentum=exact(0.9), nesterov=nesterov),
            sgd(0.9, nesterov),
            rates,
            momentum=0.9,
        )
        add(
            f"{name}.pytorch{suffix}",
            lambda p, lr: o.SGD(p, lr, 0.9, nesterov=nesterov),
            sgd(0.9, nesterov, "pytorch"),
            rates,
            momentum=0.9,
        )
for name, nesterov in ("momentum", False), ("nesterov", True):
    add(
        f"{name}.weightDecay.pytorch",
        lambda p, lr: o.SGD(p, lr, 0.9, weight_decay=0.1, nesterov=nesterov),
        sgd(0.9, nesterov, "pytorch", coupled=0.1),
        constant,
        momentum=0.9,
        weightDecay=0.1,
    )
    add(
        f"{name}.weightDecay.keras",
        k.SGD(momentum=exact(0.9), nesterov=nesterov, weight_decay=exact(0.1)),
        sgd(0.9, nesterov, decoupled=0.1),
        constant,
        momentum=0.9,
        weightDecay=0.1,
    )


def add_adam(case, rates, form, epsilon, beta1=0.9, beta2=0.999, decay=None):
    values = {"beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    if form == "keras":
        betas = {"beta_1": exact(beta1), "beta_2": exact(beta2), "epsilon": exact(epsilon)}
        made = k.AdamW(weight_decay=exact(decay), **betas) if decay else k.Adam(**betas)
    else:

        def made(p, lr):
            common = {"lr": lr, "betas": (beta1, beta2), "eps": epsilon}
            return o.AdamW(p, weight_decay=decay, **common) if decay else o.Adam(p, **common)

    if decay:
        values["weightDecay"] = decay
    add(case, made, adam(beta1, beta2, epsilon, form, decay or 0.0), rates, **values)


constant = np.full(STEPS, 0.01)
for form, epsilon in ("keras", 1e-7), ("pytorch", 1e-8):
    add_adam(f"adam.{form}", constant, form, epsilon)
    # So large that its place decides.
    add_adam(f"adam.{form}.largeEpsilon", constant, form, 1e-3)
    add_adam(f"adam.{form}.otherBetas", constant, form, epsilon, 0.5, 0.9)
    add_adam(f"adam.{form}.decaying", halved, form, epsilon)
    add_adam(f"adamW.{form}", constant, form, epsilon, decay=0.1)

write("optimizers", tensors, __doc__)
