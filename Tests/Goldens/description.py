"""Writes Tests/TensorTests/DescriptionGoldens.swift: what numpy.array2string prints, with its defaults.

numpy 2.4.6. Seed 20240607. Run: python Tests/Goldens/description.py
"""

import pathlib

import numpy as np

random = np.random.default_rng(20240607)
types = {np.float32: "Float", np.float64: "Double", np.int32: "Int32", np.int64: "Int64",
         np.uint8: "UInt8", np.bool_: "Bool"}


def literal(value):
    if isinstance(value, np.bool_):
        return "true" if value else "false"
    if isinstance(value, np.integer):
        return str(value)
    if np.isnan(value):
        return ".nan"
    if np.isinf(value):
        return ".infinity" if value > 0 else "-.infinity"
    return repr(value.item()) if isinstance(value, np.float64) else str(value)


cases = []


def case(name, array, expression=None):
    kind = types[array.dtype.type]
    if expression is None:
        values = ", ".join(literal(v) for v in array.ravel())
        expression = f"Tensor<{kind}>([{values}], shape: {list(array.shape)})"
    cases.append((name, expression, np.array2string(array)))


f32, f64 = np.float32, np.float64
for kind in (f32, f64):
    n = types[kind]
    case(f"{n}: whole numbers", np.array([1, 2, 3], kind))
    case(f"{n}: signs and fractions", np.array([[1, -2.5], [0.125, 100]], kind))
    case(f"{n}: thirds", np.array([1 / 3, 2 / 3, 1, -4 / 3], kind))
    case(f"{n}: zeros of both signs", np.array([0.0, -0.0], kind))
    case(f"{n}: one scalar", np.array(1, kind))
    case(f"{n}: one scalar, cut", np.array(2 / 3, kind))
    case(f"{n}: not a number alone", np.array(np.nan, kind))
    case(f"{n}: not finite", np.array([np.nan, np.inf, -np.inf], kind))
    case(f"{n}: not finite, positive", np.array([np.inf, np.nan], kind))
    case(f"{n}: not finite among numbers", np.array([1.5, np.nan, -np.inf, -20.25], kind))
    case(f"{n}: not finite among exponents", np.array([1.5e-7, np.nan, -np.inf, -20.25], kind))
    case(f"{n}: 999,999 and more", np.array([999999, 1000000], kind))
    case(f"{n}: at the upper limit", np.array([99999999], kind))
    case(f"{n}: above the upper limit", np.array([1e8, 1], kind))
    case(f"{n}: at the lower limit", np.array([0.0001, 0.05], kind))
    case(f"{n}: below the lower limit", np.array([0.00009, 0.05], kind))
    case(f"{n}: a span of 1,000", np.array([1, 1000], kind))
    case(f"{n}: a span of more", np.array([1, 1001], kind))
    case(f"{n}: a carry to a new digit", np.array([9.999999999, 99.99999999], kind))
    case(f"{n}: extremes", np.array([np.finfo(kind).max, np.finfo(kind).tiny, -1], kind))
    case(f"{n}: the least of all", np.array([np.finfo(kind).smallest_subnormal, 0], kind),
         f"Tensor<{n}>([.leastNonzeroMagnitude, 0], shape: [2])")
    case(f"{n}: normal deviates", random.normal(size=(3, 4)).astype(kind))
    case(f"{n}: a long line", random.normal(size=30).astype(kind))
    case(f"{n}: a long line of exponents", np.exp(5 * random.normal(size=(2, 9))).astype(kind))
    case(f"{n}: rank 3", random.normal(size=(2, 2, 3)).astype(kind))
    case(f"{n}: rank 4", random.normal(size=(2, 1, 2, 2)).astype(kind))
    case(f"{n}: exactly 1,000", np.arange(1000, dtype=kind), f"Tensor<{n}>.arange(1000)")
    case(f"{n}: 1,001", np.arange(1001, dtype=kind), f"Tensor<{n}>.arange(1001)")
    case(f"{n}: a large matrix", np.arange(2400, dtype=kind).reshape(40, 60) / 8,
         f"(Tensor<{n}>.arange(2400) / 8).reshaped(to: [40, 60])")
    case(f"{n}: large, with a short axis", np.arange(2000, dtype=kind).reshape(500, 4),
         f"Tensor<{n}>.arange(2000).reshaped(to: [500, 4])")
    case(f"{n}: large, rank 3", np.arange(1200, dtype=kind).reshape(2, 8, 75),
         f"Tensor<{n}>.arange(1200).reshaped(to: [2, 8, 75])")
    for shape in ([0], [2, 0], [0, 3, 4]):
        case(f"{n}: empty {shape}", np.zeros(shape, kind), f"Tensor<{n}>.zeros({shape})")

# Halfway between two roundings at the last digit: the exact value of the scalar decides.
case("Double: ties by the exact value",
     np.array([1.000000005, 1.000000015, 1.000000025, 1.000000035, 1.000000045]))
case("Double: ties with exponents",
     np.array([1.000000005e30, 1.000000015e30, 1.000000025e-30, 1.000000035e-30, 1.000000045e99]))
case("Double: true ties go to the even digit",
     np.array([0.001953125, 1.001953125, 2.005859375, 3.013671875]))
case("Double: true ties with exponents", np.array([100000000.5, 100000001.5, 1234567892.5]))
case("Double: wide exponents", np.array([1e-300, 1.5, 2.25e300]))
case("Int32: one", np.array(7, np.int32))
case("Int32: columns", np.array([[1, -20], [300, 4]], np.int32))
case("Int64: extremes", np.array([np.iinfo(np.int64).min, 0, np.iinfo(np.int64).max]))
case("Int64: a long line", np.arange(40, dtype=np.int64), "Tensor<Int64>.arange(40)")
case("Int64: a large cube", np.arange(1331, dtype=np.int64).reshape(11, 11, 11),
     "Tensor<Int64>.arange(1331).reshaped(to: [11, 11, 11])")
case("UInt8: columns", np.array([[0, 255], [7, 10]], np.uint8))
case("Bool: columns", np.array([[True, False], [False, True]]))
case("Bool: one", np.array(True))
case("Bool: one false", np.array(False))
case("Bool: all true", np.array([True]))

lines = ["// Written by Tests/Goldens/description.py with numpy 2.4.6.", "// swift-format-ignore-file",
         "import Tensor", "",
         "struct DescriptionGolden: Sendable {", "  let name, printed, expected: String", "}", "",
         "let descriptionGoldens: [DescriptionGolden] = {", "  var list: [DescriptionGolden] = []",
         "  func add(_ name: String, _ tensor: some CustomStringConvertible, _ expected: String) {",
         "    list.append(DescriptionGolden(name: name, printed: tensor.description, expected: expected))",
         "  }"]
for name, expression, expected in cases:
    lines.append(f'  add("{name}", {expression}, """')
    lines += ["    " + line if line else "" for line in expected.split("\n")]
    lines.append('    """)')
lines.append("  return list\n}()\n")
target = pathlib.Path(__file__).parent.parent / "TensorTests" / "DescriptionGoldens.swift"
target.write_text("\n".join(lines))
