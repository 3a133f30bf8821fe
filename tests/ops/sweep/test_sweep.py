"""Every elementwise operation, its first and second derivatives, on the whole range of floats."""

import itertools

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tests.ops.sweep import table
from tests.ops.sweep.exact import DISCRETE, PIECES, SLOPES, SMOOTH, SPECIAL, STATIC
from tests.ops.sweep.floats import DTYPES, both_signs, magnitudes
from tests.ops.sweep.measure import SWEPT, computed, errors, points
from tests.ops.sweep.terms import ULPS
from tests.thorough import THOROUGH

ELEMENTWISE = [name for name, op in REGISTRY.items() if op.family == "elementwise"]
GRADS = ("maximum_grad", "minimum_grad")
"""What the derivatives of maximum and minimum are, and are swept as."""

inf, nan = np.inf, np.nan


def test_no_operation_is_left_out():
    assert {*SMOOTH, *PIECES, *SPECIAL, *DISCRETE, *SLOPES, *GRADS} == set(ELEMENTWISE)
    assert set(SLOPES.values()) <= set(SWEPT)


@pytest.mark.parametrize("name", SWEPT)
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_value_and_derivatives_are_exact_to_a_few_ulps(name, dtype):
    found = errors(name, dtype, points(name, dtype, fine=THOROUGH))
    wrong = [f"{ulps:.3g} ulp {where}" for _, ulps, where in found if not ulps <= ULPS]
    assert not wrong, f"{name}: {len(wrong)} are off, such as {wrong[:3]}"


@pytest.mark.parametrize("name", DISCRETE)
def test_what_has_no_derivative_is_exact(name):
    op, function = REGISTRY[name], DISCRETE[name]
    if name.endswith("_shift"):
        numbers = [np.array([0, 1, 5, 31])]
    elif name.startswith("bitwise"):
        numbers = [np.array(values) for values in ([0, 1, 5, -3, 2**40], [True, False])]
    else:
        numbers = [
            np.concatenate([both_signs(magnitudes(dtype, 0.02)), [0, -0.0, inf, -inf, nan]])
            for dtype in DTYPES
        ]
    for values in numbers:
        columns = zip(*itertools.product(values, repeat=op.arity), strict=True)
        arrays = [np.array(column, values.dtype) for column in columns]
        expected = [function(*point) for point in zip(*(a.tolist() for a in arrays), strict=True)]
        np.testing.assert_array_equal(op(*arrays), expected)


# ------------------------------------------------------------------------- NaN and infinities

CONSTANT_SLOPE = {
    "positive": 1, "negative": -1, "square": nan, "astype": 1, "relu": 0, "leaky_relu": 0.25,
    "clip": 1, "floor": 0, "ceil": 0, "trunc": 0, "round": 0, "sign": 0,
}  # fmt: skip
"""Derivatives at NaN, where that is not NaN."""


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("name", [name for name in SWEPT if REGISTRY[name].arity == 1])
def test_a_nan_stays_one(name, dtype):
    value, ((plain, recorded),), _ = computed(name, dtype, (np.array([nan], dtype),))
    assert np.isnan(value)
    expected = [CONSTANT_SLOPE.get(name, nan)]
    np.testing.assert_array_equal(plain, np.array(expected, dtype))
    np.testing.assert_array_equal(recorded, plain)


@pytest.mark.parametrize("function", [tg.maximum, tg.minimum])
def test_a_nan_gets_the_gradient_of_what_it_is_the_larger_or_smaller_of(function):
    x = tg.tensor([1.0, nan, nan, 1.0], requires_grad=True)
    y = tg.tensor([nan, 1.0, nan, 1.0], requires_grad=True)
    found = tg.gradients(function(x, y).sum(), [x, y])
    np.testing.assert_array_equal(found[0], [0, 1, 0.5, 0.5])
    np.testing.assert_array_equal(found[1], [1, 0, 0.5, 0.5])


ROOT_HALF = np.sqrt(0.5)
TWO_INFINITE = [
    ("hypot", inf, 1.0, inf, (1, 0)),
    ("hypot", 1.0, -inf, inf, (0, -1)),
    ("hypot", inf, -inf, inf, (ROOT_HALF, -ROOT_HALF)),
    ("atan2", inf, 1.0, np.pi / 2, (0, 0)),
    ("atan2", 1.0, inf, 0, (0, 0)),
    ("atan2", inf, inf, np.pi / 4, (0, 0)),
    ("logaddexp", inf, 1.0, inf, (1, 0)),
    ("logaddexp", -inf, 1.0, 1, (0, 1)),
    ("logaddexp", inf, inf, inf, (0.5, 0.5)),
    ("logaddexp", -inf, -inf, -inf, (0.5, 0.5)),
    ("logaddexp", -inf, inf, inf, (0, 1)),
    ("divide", 1.0, inf, 0, (0, 0)),
    ("divide", 1.0, 0.0, inf, (inf, -inf)),
    ("divide", -1.0, 0.0, -inf, (inf, inf)),
    ("maximum", inf, inf, inf, (0.5, 0.5)),
    ("minimum", -inf, inf, -inf, (1, 0)),
    ("power", 0.0, 0.0, 1, (0, 0)),
    ("power", 0.0, 0.5, 0, (inf, 0)),
    ("power", 0.0, 2.0, 0, (0, 0)),
    ("power", inf, 0.5, inf, (0, inf)),
]
"""Operation, two inputs, value and derivatives by each: the limits that were chosen."""


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize(("name", "x", "y", "value", "slopes"), TWO_INFINITE)
def test_limits_of_two_inputs(name, x, y, value, slopes, dtype):
    found, first, _ = computed(name, dtype, (np.array([x], dtype), np.array([y], dtype)))
    np.testing.assert_allclose(found, np.array([value], dtype), rtol=4 * np.finfo(dtype).eps)
    for got, slope in zip(first, slopes, strict=True):
        np.testing.assert_allclose(got[0], np.array([slope], dtype), rtol=4 * np.finfo(dtype).eps)


# ------------------------------------------------------------------------- integers and booleans

NUMPYS_OWN = {
    "add", "subtract", "multiply", "negative", "square", "floor_divide", "fmod", "remainder",
    "power",
}  # fmt: skip
"""Arithmetic of integers, which wraps around as NumPy's does, or has no infinity."""
NOT_OF_BOOLEANS = {"positive", "sign"}
WHOLE = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]


@pytest.mark.parametrize("dtype", ["bool", *WHOLE])
@pytest.mark.parametrize(
    "name", [n for n in ELEMENTWISE if n not in NUMPYS_OWN and not n.startswith("bitwise")]
)
def test_an_integer_gives_what_the_same_number_gives(name, dtype):
    op, static = REGISTRY[name], STATIC.get(name, {})
    if name in NOT_OF_BOOLEANS and dtype == "bool":
        with pytest.raises(tg.errors.DTypeError):
            op(np.array([True]))
        return
    values = np.array([0, 1, 3, 5, *([-2, -7] if dtype.startswith("int") else [])]).astype(dtype)
    inputs = [np.roll(values, k) for k in range(op.arity)]
    if name == "where":
        inputs[0] = inputs[0] > 0
    doubles = [x.astype(float) if k or name != "where" else x for k, x in enumerate(inputs)]
    found, expected = (np.asarray(tg.tensor(op(*given, **static))) for given in (inputs, doubles))
    tolerance = 8 * float(np.finfo(found.dtype).eps) if found.dtype.kind == "f" else 0
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=tolerance)


def test_what_does_not_fit_into_an_integer_dtype():
    x = tg.tensor(np.array([1, 200], np.uint8))
    np.testing.assert_array_equal(x.clip(-1, 5), [1, 5])
    np.testing.assert_array_equal(x.clip(3, 300), [3, 200])
    assert x.clip(-1, 300).dtype == np.uint8
    with pytest.raises(tg.errors.ArgumentError, match="no uint8 lies between min = 300"):
        x.clip(300, 400)
    for call in (lambda: x + 300, lambda: tg.maximum(x, -1), lambda: tg.where(x > 5, x, -1)):
        with pytest.raises(tg.errors.ArgumentError, match="does not fit into uint8; write"):
            call()


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_rounding_to_places_that_a_number_does_not_have(dtype):
    most = np.finfo(dtype).max
    x = tg.tensor(np.array([most, -most, 1.25, 0, inf, nan], dtype))
    np.testing.assert_array_equal(x.round(decimals=400), x)
    np.testing.assert_array_equal(x.round(decimals=4)[:2], x[:2])
    np.testing.assert_array_equal(x.round(decimals=-400), [0, 0, 0, 0, inf, nan])


# ------------------------------------------------------------------------- what is published


def test_the_readme_says_how_exact_every_operation_is():
    published = table.published()
    assert published.keys() >= set(SWEPT), "write python -m tests.ops.sweep.table"
    assert all(len(errors) == 9 and max(errors) <= ULPS for errors in published.values())
