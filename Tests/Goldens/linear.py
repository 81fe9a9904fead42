"""Reference values for Tests/EvaluationTests/LinearScoreTests: linear.json beside this file.

    python3 Tests/Goldens/linear.py

Made with NumPy 2.4.6 and scikit-learn 1.9.1; seed 20200418. Every fit is checked here: the gradient of what it minimizes
is zero within 1e-8 of the sum of its terms' sizes, or the script stops.
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20200418


def check(gradient, terms):
    assert np.all(np.abs(gradient) <= 1e-8 * (1 + np.abs(terms).sum(axis=0))), gradient


def ridge(x, y, penalty):
    model = Ridge(alpha=penalty, solver="cholesky").fit(x, y)
    residual = y - model.predict(x)
    check(x.T @ residual - penalty * model.coef_, x * residual[:, None])
    check(residual.sum(), residual)
    return {"weights": model.coef_.tolist(), "intercept": float(model.intercept_)}


def logistic(x, truth, penalty):
    model = LogisticRegression(
        C=1 / penalty, solver="newton-cholesky", tol=1e-13, max_iter=1000
    ).fit(x, truth)
    weights, intercept = model.coef_[0], model.intercept_[0]
    error = 1 / (1 + np.exp(-(x @ weights + intercept))) - truth
    check(x.T @ error + penalty * weights, x * error[:, None])
    check(error.sum(), error)
    return {"weights": weights.tolist(), "intercept": float(intercept)}


def fits(random):
    result = []
    for samples, features, penalty, kind in [
        (30, 3, 0.5, "noise"),
        (12, 12, 2.0, "noise"),
        (9, 20, 1.0, "noise"),  # more features than samples
        (25, 2, 0.01, "separable"),
        (20, 4, 10.0, "offset"),  # far from zero, of different sizes
        (15, 5, 1.0, "equal"),  # two features are the same, so that only the penalty decides
    ]:
        x = random.normal(size=(samples, features))
        signal = x[:, 0] - 0.5 * x[:, 1]
        if kind != "separable":
            signal = signal + random.normal(size=samples)
        truth = (signal > np.median(signal)).astype(int)
        if kind == "offset":
            x = x * [1, 10, 0.1, 3] + [100, -50, 7, 0]
        if kind == "equal":
            x[:, 3] = x[:, 2]
        y = random.normal(size=samples) + 3
        # Only numbers that survive JSON are fitted to.
        result.append(
            {
                "kind": kind,
                "features": x.tolist(),
                "targets": y.tolist(),
                "truth": [bool(t) for t in truth],
                "penalty": penalty,
                "ridge": ridge(x, y, penalty),
                "logistic": logistic(x, truth, penalty),
            }
        )
    return result


def classes(random):
    labels = np.repeat([0, 1, 2], [14, 9, 11])
    x = random.normal(size=(34, 4)) * [1, 20, 0.3, 5] + [3, 100, -1, 0]
    x[:, 0] += labels
    x[:, 3] += 6 * (labels == 1)
    x = np.column_stack([x, np.full(34, 0.1)])  # one that never changes
    held_out = random.normal(size=(7, 5)) * [1, 20, 0.3, 5, 0] + [4, 100, -1, 2, 0.1]
    result = {
        "labels": labels.tolist(), "features": x.tolist(), "heldOut": held_out.tolist()
    }
    for name, model in {
        "logistic": make_pipeline(
            StandardScaler(),
            OneVsRestClassifier(
                LogisticRegression(C=1 / 0.7, solver="newton-cholesky", tol=1e-13, max_iter=1000)
            ),
        ),
        "ridge": RidgeClassifier(alpha=2.5, solver="cholesky"),
    }.items():
        model.fit(x, labels)
        result[name] = {
            "scores": model.decision_function(held_out).tolist(),
            "predicted": model.predict(held_out).tolist(),
        }
    return result


random = np.random.default_rng(SEED)
golden = {"fits": fits(random), "classes": classes(random)}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, separators=(",", ":"), sort_keys=True) + "\n")
print(f"{path.name}: {path.stat().st_size} bytes")
