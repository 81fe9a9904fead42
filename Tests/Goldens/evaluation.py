"""Reference values for Tests/EvaluationTests: evaluation.json beside this file.

    python3 Tests/Goldens/evaluation.py

Made with NumPy 2.4.6, SciPy 1.17.1 and scikit-learn 1.9.1; seed 20200417. What these have comes from them. The rest is written
here as the papers state it, without the shortcuts that the library takes: DeLong's variance over all pairs, calibration
errors bin by bin, a temperature by root finding, and a bootstrap on a port of the library's random numbers.
"""

import itertools
import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from scipy import optimize, special, stats
from sklearn import calibration, metrics, model_selection

SEED = 20200417
MASK = 0xFFFFFFFF


# Special functions, over the ranges that counts of samples reach.


def special_functions():
    beta, inverse = [], []
    shapes = [0.02, 0.5, 1, 2, 7.5, 31, 59, 1000, 123456.5, 1e8]
    for a, b in itertools.product(shapes, shapes):
        mean = a / (a + b)
        deviation = np.sqrt(mean * (1 - mean) / (a + b + 1))
        points = [1e-12, 1e-3, 0.1, 0.5, 0.9, 0.999]
        points += [mean + k * deviation for k in (-8, -3, -1, 0, 1, 3)]
        for x in points:
            if 0 < x < 1:
                value = special.betainc(a, b, x)
                if value > 1e-280:
                    beta.append([a, b, x, value])
        for p in [1e-12, 1e-4, 0.005, 0.025, 0.3, 0.5, 0.975, 0.9999]:
            x = special.betaincinv(a, b, p)
            # Where the quantile is within rounding of 1, or does not lead back to p, there is nothing to compare.
            if 1e-280 < x < 1 and abs(special.betainc(a, b, x) / p - 1) < 1e-11:
                inverse.append([a, b, p, x])
    probabilities = [1e-300, 1e-50, 1e-16, 1e-8, 0.001, 0.025, 0.3, 0.5, 0.5001, 0.8, 0.975, 1 - 1e-9]
    values = [0, 1e-12, 0.001, 0.5, 1, 3.841458820694124, 10, 100, 1400]
    return {
        "incompleteBeta": beta,
        "incompleteBetaInverse": inverse,
        "normalQuantile": [[p, stats.norm.ppf(p)] for p in probabilities],
        "chiSquaredTail": [[x, stats.chi2.sf(x, 1)] for x in values],
        "studentQuantile": [
            [tail, dof, stats.t.isf(tail, dof)]
            for tail in (1e-6, 0.005, 0.025, 0.05, 0.25)
            for dof in (1, 2, 4, 9, 30, 1000)
        ],
        "binomial": [
            [k, n, p, stats.binom.cdf(k, n, p)]
            for n in (1, 10, 60, 5000)
            for p in (0.01, 0.5, 0.93)
            for k in sorted({0, n // 3, n // 2, n - 1})
        ],
    }


def proportions():
    rows = []
    counts = [(0, 1), (1, 1), (0, 30), (30, 30), (28, 30), (58, 60), (216, 224), (1, 10**6), (3, 7)]
    counts += [(499_999, 10**6), (12_345_678, 10**8)]
    for (k, n), level in itertools.product(counts, (0.8, 0.95, 0.999)):
        test = stats.binomtest(k, n)
        exact = test.proportion_ci(level, "exact")
        wilson = test.proportion_ci(level, "wilson")
        rows.append([k, n, level, exact.low, exact.high, wilson.low, wilson.high])
    return rows


# Binary scores.


def delong(scores, truth):
    """DeLong, DeLong and Clarke-Pearson (1988), equations 2 to 5, over all pairs."""
    x, y = scores[truth], scores[~truth]
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    v10, v01 = psi.mean(axis=1), psi.mean(axis=0)
    return psi.mean(), np.sqrt(v10.var(ddof=1) / len(x) + v01.var(ddof=1) / len(y))


def calibration_error(probabilities, truth, edges):
    """Guo et al. (2017), equation 3, in bins open below and closed above."""
    error = largest = 0.0
    for index, (low, high) in enumerate(zip(edges, edges[1:])):
        inside = (probabilities > low) & (probabilities <= high)
        if index == 0:
            inside |= probabilities == low
        if inside.any():
            gap = abs(probabilities[inside].mean() - truth[inside].mean())
            error += inside.mean() * gap
            largest = max(largest, gap)
    return error, largest


def binary_cases(random):
    cases = {}

    def scores(count, positives, separation, digits=6):
        truth = np.zeros(count, bool)
        truth[random.permutation(count)[:positives]] = True
        logits = random.normal(size=count) + separation * (truth - 0.5)
        values = special.expit(1.7 * logits)
        return np.round(values, digits), truth

    cases["small"] = scores(60, 30, 2.5)
    cases["ties"] = scores(200, 70, 1.5, digits=1)
    cases["rare"] = scores(500, 12, 1.0, digits=3)
    cases["worse than chance"] = scores(40, 15, -1.0)
    for name, (values, truth) in cases.items():
        fpr, tpr, thresholds = metrics.roc_curve(truth, values, drop_intermediate=False)
        precision, recall, cuts = metrics.precision_recall_curve(truth, values)
        area, error = delong(values, truth)
        assert abs(area - metrics.roc_auc_score(truth, values)) < 1e-14
        best = np.argmax(tpr - fpr)
        case = {
            "scores": values.tolist(),
            "truth": truth.tolist(),
            "falsePositiveRate": fpr.tolist(),
            "sensitivity": tpr.tolist(),
            "thresholds": thresholds[1:].tolist(),
            "area": area,
            "areaError": error,
            "areaInterval95": [
                max(0, area - stats.norm.isf(0.025) * error),
                min(1, area + stats.norm.isf(0.025) * error),
            ],
            "precision": precision[:-1][::-1].tolist(),
            "recall": recall[:-1][::-1].tolist(),
            "cuts": cuts[::-1].tolist(),
            "averagePrecision": metrics.average_precision_score(truth, values),
            "youdenThreshold": None if best == 0 else thresholds[best],
            "thresholdAtSensitivity90": thresholds[np.argmax(tpr >= 0.9)],
            "brier": metrics.brier_score_loss(truth, values),
            "calibration": [],
        }
        for strategy, bins in [("uniform", 10), ("uniform", 7), ("quantile", 5)]:
            observed, stated = calibration.calibration_curve(
                truth, values, n_bins=bins, strategy=strategy
            )
            edges = np.linspace(0, 1, bins + 1)
            if strategy == "quantile":
                edges = np.percentile(values, edges * 100)
            expected, largest = calibration_error(values, truth, edges)
            case["calibration"].append(
                {
                    "strategy": strategy,
                    "bins": bins,
                    "observed": observed.tolist(),
                    "stated": stated.tolist(),
                    "expectedError": expected,
                    "maximumError": largest,
                }
            )
        cases[name] = case
    return cases


# Two or more classes.


def class_cases(random):
    cases = []
    for classes, count in [(2, 60), (3, 150), (5, 400)]:
        labels = random.integers(0, classes, count)
        logits = 2.5 * random.normal(size=(count, classes))
        logits[np.arange(count), labels] += 1.5
        logits = np.round(logits, 4)
        probabilities = special.softmax(logits, axis=1)
        predicted = probabilities.argmax(axis=1)
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, predicted)
        specificity = [
            metrics.recall_score(labels != c, predicted != c) for c in range(classes)
        ]
        negative = [metrics.precision_score(labels != c, predicted != c) for c in range(classes)]
        confidence = probabilities.max(axis=1)
        expected, _ = calibration_error(confidence, predicted == labels, np.linspace(0, 1, 16))

        def slope(beta):
            p = special.softmax(beta * logits, axis=1)
            return np.sum((p * logits).sum(axis=1) - logits[np.arange(count), labels])

        beta = optimize.brentq(slope, 1e-3, 1e3, xtol=1e-15, rtol=1e-15)
        cases.append(
            {
                "labels": labels.tolist(),
                "logits": logits.tolist(),
                "confusion": metrics.confusion_matrix(labels, predicted).tolist(),
                "accuracy": metrics.accuracy_score(labels, predicted),
                "balancedAccuracy": metrics.balanced_accuracy_score(labels, predicted),
                "precision": precision.tolist(),
                "sensitivity": recall.tolist(),
                "specificity": specificity,
                "negativePredictiveValue": negative,
                "f1": f1.tolist(),
                "macroF1": metrics.f1_score(labels, predicted, average="macro"),
                "brier": metrics.brier_score_loss(labels, probabilities),
                "expectedError15": expected,
                "temperature": 1 / beta,
            }
        )
    return cases


def mcnemar():
    rows = []
    for b, c in [(0, 0), (0, 1), (3, 3), (1, 9), (10, 25), (40, 22), (500, 431)]:
        exact = 1.0 if b + c == 0 else stats.binomtest(b, b + c, 0.5).pvalue
        corrected = None if b + c == 0 else max(0, abs(b - c) - 1) ** 2 / (b + c)
        plain = None if b + c == 0 else (b - c) ** 2 / (b + c)
        rows.append(
            {
                "counts": [b, c],
                "exact": exact,
                "corrected": corrected,
                "plain": plain,
                "correctedPValue": None if corrected is None else stats.chi2.sf(corrected, 1),
                "plainPValue": None if plain is None else stats.chi2.sf(plain, 1),
            }
        )
    return rows


# The bootstrap, on a port of the library's random numbers.


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            (second >> 32) ^ c[1] ^ k[0],
            second & MASK,
            (first >> 32) ^ c[3] ^ k[1],
            first & MASK,
        ]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def resamples(seed, units, count):
    """`count` lists of units drawn with replacement."""
    for resample in range(count):
        key = philox([resample, 0, 0, 1], [seed & MASK, seed >> 32])[:2]
        drawn = []
        for draw in range(len(units)):
            block = philox([draw >> 1, 0, 0, 0], key)
            word = block[0] | block[1] << 32 if draw % 2 == 0 else block[2] | block[3] << 32
            drawn += units[word * len(units) >> 64]
        yield np.array(drawn)


def bootstrap(random):
    count = 50
    groups = random.integers(0, 18, count)
    truth = (groups % 3 == 0) | (random.random(count) < 0.1)
    first = random.normal(size=count) + 1.2 * truth
    second = first + random.normal(size=count)
    order = list(dict.fromkeys(groups.tolist()))
    grouped = [[int(i) for i in np.flatnonzero(groups == g)] for g in order]
    single = [[i] for i in range(count)]

    def area(scores, indices):
        if truth[indices].all() or not truth[indices].any():
            return None
        return metrics.roc_auc_score(truth[indices], scores[indices])

    def summary(units, statistic):
        values = [statistic(indices) for indices in resamples(SEED, units, 400)]
        defined = np.array([v for v in values if v is not None])
        ranks = (1 + min((defined <= 0).sum(), (defined >= 0).sum())) / (1 + len(defined))
        return {
            "interval90": np.quantile(defined, [0.05, 0.95]).tolist(),
            "standardError": defined.std(ddof=1),
            "undefined": len(values) - len(defined),
            "pValue": min(1, 2 * ranks),
        }

    def difference(indices):
        a, b = area(first, indices), area(second, indices)
        return None if a is None else a - b

    # Few positives, so that some draws have none.
    scarce = np.zeros(12, bool)
    scarce[:2] = True
    rank = np.arange(12.0) % 5

    def scarce_area(indices):
        if scarce[indices].all() or not scarce[indices].any():
            return None
        return metrics.roc_auc_score(scarce[indices], rank[indices])

    return {
        "seed": SEED,
        "resamples": 400,
        "groups": groups.tolist(),
        "truth": truth.tolist(),
        "first": first.tolist(),
        "second": second.tolist(),
        "independent": summary(single, lambda i: area(first, i)),
        "grouped": summary(grouped, lambda i: area(first, i)),
        "difference": summary(grouped, difference),
        "scarceTruth": scarce.tolist(),
        "scarceScores": rank.tolist(),
        "scarce": summary([[i] for i in range(12)], scarce_area),
    }


def grouped_folds(random):
    """How even scikit-learn's StratifiedGroupKFold is: the sum of squared deviations of class shares from 1/5."""
    cases = []
    for groups, classes in [(30, 2), (80, 3), (120, 2)]:
        sizes = 1 + random.poisson(2, groups)
        group = np.repeat(np.arange(groups), sizes)
        labels = random.integers(0, classes, groups)[group]
        flip = random.random(len(labels)) < 0.1
        labels = np.where(flip, random.integers(0, classes, len(labels)), labels)
        totals = np.bincount(labels)
        deviations = []
        for seed in range(10):
            splitter = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=seed)
            parts = [
                np.bincount(labels[test], minlength=classes) / totals
                for _, test in splitter.split(labels, labels, group)
            ]
            deviations.append(float(((np.array(parts) - 0.2) ** 2).sum()))
        cases.append(
            {"labels": labels.tolist(), "groups": group.tolist(), "deviations": deviations}
        )
    return cases


def spread():
    values = [0.966, 0.983, 0.95, 0.933, 0.966]
    interval = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    return {
        "values": values,
        "mean": np.mean(values),
        "deviation": np.std(values, ddof=1),
        "interval95": [float(v) for v in interval],
    }


# All figures of one set, on the same resamples.


def figures(labels, probabilities, predicted, positive):
    """Every figure by its name; None where the samples have none."""
    classes = probabilities.shape[1]
    everything = list(range(classes))
    present = all((labels == c).any() for c in everything)
    shown = [positive] if classes == 2 else everything
    if classes == 2:
        stated, truth = probabilities[:, positive], labels == positive
    else:
        stated, truth = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels

    def area(c):
        if (labels == c).all() or not (labels == c).any():
            return None
        return metrics.roc_auc_score(labels == c, probabilities[:, c])

    def share(part, whole):
        return None if whole.sum() == 0 else (part & whole).sum() / whole.sum()

    def f1(c):
        if not ((labels == c) | (predicted == c)).any():
            return None
        return metrics.f1_score(labels == c, predicted == c)

    f1s, areas = [f1(c) for c in everything], [area(c) for c in everything]
    result = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balancedAccuracy": metrics.balanced_accuracy_score(labels, predicted) if present else None,
        "macroF1": None if None in f1s else np.mean(f1s),
        "brierScore": metrics.brier_score_loss(labels, probabilities, labels=everything)
        if classes > 2
        else np.mean((stated - truth) ** 2),
        "logLoss": metrics.log_loss(labels, probabilities, labels=everything),
        "expectedCalibrationError": calibration_error(stated, truth, [i / 10 for i in range(11)])[0],
    }
    if classes > 2:
        result["areaUnderROC"] = None if None in areas else np.mean(areas)
    for c in shown:
        is_class, taken = labels == c, predicted == c
        result |= {
            f"sensitivity {c}": share(taken, is_class),
            f"specificity {c}": share(~taken, ~is_class),
            f"precision {c}": share(is_class, taken),
            f"negativePredictiveValue {c}": share(~is_class, ~taken),
            f"f1 {c}": f1s[c],
            f"areaUnderROC {c}": areas[c],
            f"averagePrecision {c}": metrics.average_precision_score(is_class, probabilities[:, c])
            if is_class.any()
            else None,
        }
    return result


def summaries(random):
    cases = []
    for classes, count, patients, threshold in [(2, 70, 25, 0.4), (3, 60, 60, None)]:
        group = random.integers(0, patients, count) if patients < count else np.arange(count)
        labels = (group % classes) if patients < count else random.integers(0, classes, count)
        labels = np.where(random.random(count) < 0.1, random.integers(0, classes, count), labels)
        models = []
        for _ in range(2):
            logits = random.normal(size=(count, classes))
            logits[np.arange(count), labels] += 1.2
            probabilities = np.round(special.softmax(logits, axis=1), 2)
            probabilities[:, -1] = 1 - probabilities[:, :-1].sum(axis=1)
            probabilities = np.clip(np.round(probabilities, 12), 0.001, None)
            probabilities /= probabilities.sum(axis=1, keepdims=True)
            models.append(probabilities)

        def predicted(p):
            return p.argmax(axis=1) if threshold is None else np.where(p[:, 0] >= threshold, 0, 1)

        order = list(dict.fromkeys(group.tolist()))
        units = [[int(i) for i in np.flatnonzero(group == g)] for g in order]
        drawn = list(resamples(SEED, units, 200))

        def evaluated(p, indices):
            return figures(labels[indices], p[indices], predicted(p)[indices], 0)

        everyone = np.arange(count)
        first, second = (evaluated(p, everyone) for p in models)
        rows = [[evaluated(p, indices) for p in models] for indices in drawn]
        expected = {}
        for name in first:
            own = np.array([r[0][name] for r in rows if r[0][name] is not None], float)
            both = [r for r in rows if r[0][name] is not None and r[1][name] is not None]
            difference = np.array([r[0][name] - r[1][name] for r in both], float)
            ranks = (1 + min((difference <= 0).sum(), (difference >= 0).sum())) / (1 + len(difference))
            expected[name] = {
                "value": first[name],
                "interval": np.quantile(own, [0.025, 0.975]).tolist(),
                "difference": first[name] - second[name],
                "differenceInterval": np.quantile(difference, [0.025, 0.975]).tolist(),
                "pValue": min(1, 2 * ranks),
            }
        cases.append(
            {
                "labels": labels.tolist(),
                "groups": group.tolist(),
                "threshold": threshold,
                "first": models[0].tolist(),
                "second": models[1].tolist(),
                "figures": expected,
            }
        )
    return cases


def main():
    found = (np.__version__, scipy.__version__, sklearn.__version__)
    assert found == ("2.4.6", "1.17.1", "1.9.1"), f"made with other versions: {found}"
    random = np.random.default_rng(SEED)
    warnings.simplefilter("error")
    content = {
        "specialFunctions": special_functions(),
        "proportions": proportions(),
        "binary": binary_cases(random),
        "classes": class_cases(random),
        "mcnemar": mcnemar(),
        "bootstrap": bootstrap(random),
        "groupedFolds": grouped_folds(random),
        "spread": spread(),
        "summaries": summaries(np.random.default_rng(SEED + 1)),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    text = json.dumps(content, allow_nan=False, default=lambda value: value.item())
    # One list a line, so that a change shows where it is.
    path.write_text(text.replace('], ', '],\n').replace('}, ', '},\n') + "\n")


if __name__ == "__main__":
    main()
