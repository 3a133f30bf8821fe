"""Every operation, in the calls that the tests of operations make, against its own results."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.onnx.exporting.forms import FORMS
from tensorgraph.symbolic.expr import item
from tests.onnx.running import arrays_in, assert_alike, checked, runner
from tests.ops.op_cases import EVERY, RANDOM, cases

LARGE = {
    "betaln", "cond", "digamma", "digamma_slope", "eigh", "eigvalsh", "gammaln", "iv", "ive",
    "lstsq", "matrix_norm", "matrix_rank", "pinv", "svd", "svdvals",
}  # fmt: skip
"""Of which each call has hundreds of nodes: every fourth is made."""


def in_dtype(values, dtype):
    return [
        v.astype(dtype) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for v in values
    ]


def followed(case, inputs):
    """Return the function with those inputs fixed whose values decide what it computes."""
    fixed = {}
    try:
        tg.onnx.export(case.function, tuple(inputs), dynamic_axes=None)
    except tg.errors.GraphError:
        fixed = {i: v for i, v in enumerate(inputs) if np.asarray(v).dtype.kind in "biu"}

    def function(*arrays):
        given = iter(arrays)
        return case.function(*(fixed[i] if i in fixed else next(given) for i in range(len(inputs))))

    return function, [v for i, v in enumerate(inputs) if i not in fixed]


def together(calls):
    """Return one function of the inputs of several calls."""

    def function(*arrays):
        given = iter(arrays)
        return [f(*(next(given) for _ in inputs)) for f, inputs in calls]

    return function, [v for _, inputs in calls for v in inputs]


def exporting(name, dtype):
    """Return the calls of an operation, as functions of the inputs that may be any."""
    found = []
    for case in cases(name)[:: 4 if name in LARGE else 1]:
        f, inputs = case.function, in_dtype(case.inputs, dtype)
        if any(np.asarray(v).dtype.kind in "biu" for v in inputs):
            f, inputs = followed(case, inputs)
        if arrays_in(inputs) and arrays_in(f(*inputs)):
            found.append((f, inputs))
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EVERY)
def test_op(name, dtype):
    function, inputs = together(exporting(name, dtype))
    if inputs:
        run = runner(checked(tg.onnx.export(function, tuple(inputs), dynamic_axes=None)))
        assert_alike(run(*arrays_in(inputs)), arrays_in(function(*inputs)))


@pytest.mark.parametrize("name", ["add_at", "conv_transpose", "expm1", "linear", "logaddexp", "max",
                                  "max_at", "mean", "scatter", "softmax", "where"])  # fmt: skip
def test_op_in_half_precision(name):
    for case in cases(name):
        f, inputs = followed(case, in_dtype(case.inputs, "float16"))
        run = runner(checked(tg.onnx.export(f, tuple(inputs), dynamic_axes=None)))
        assert_alike(run(*arrays_in(inputs)), arrays_in(f(*inputs)))


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_draws(name):
    """Each run draws anew, as many as the function does, from the same distribution."""
    draw = {
        "normal": lambda x: tg.random.normal((x.shape[0], 200)),
        "uniform": lambda x: tg.random.uniform((x.shape[0], 200)),
        "bernoulli": lambda x: tg.random.bernoulli(0.3, (x.shape[0], 200)),
        "permutation": lambda x: tg.random.permutation(x.shape[0]),
    }[name]
    run = runner(checked(tg.onnx.export(draw, np.ones(5))))
    (first,), (second,) = run(np.ones(40)), run(np.ones(40))
    expected = np.asarray(draw(np.ones(40)).numpy())
    assert (first.dtype, first.shape) == (expected.dtype, expected.shape)
    assert (first != second).any()
    if name == "permutation":
        assert sorted(first) == list(range(40))
    else:
        assert abs(first.mean() - expected.mean()) < 0.1
        assert abs(first.std() - expected.std()) < 0.1


@pytest.mark.parametrize("n", [1, 2, 6])
def test_spectra(n):
    """Also of matrices whose values coincide or are 0, or whose squares leave the range."""
    a = np.random.default_rng(n).standard_normal((n, n))
    stack = np.stack([a, np.eye(n), np.outer(a[0], a[0]), 0 * a, a * 1e200, a * 1e-200])
    scale = np.maximum(np.abs(stack).max(axis=(1, 2), keepdims=True), 1e-300)

    def found(a):
        u, sizes, vh = tg.linalg.svd(a)
        values, vectors = tg.linalg.eigh(a)
        wide = (u * sizes[..., None, :]) @ vh, (vectors * values[..., None, :]) @ vectors.mT
        return u @ u.mT, *(x / scale for x in (*wide, sizes[..., None], values[..., None]))

    run = runner(checked(tg.onnx.export(found, stack, dynamic_axes=None)))
    assert_alike(run(stack), arrays_in(found(stack)), 1e-12)


def test_forms_are_of_operations():
    assert set(FORMS) <= {*REGISTRY.values(), item}


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (lambda x, y: (x // y, x % y, tg.fmod(x, y)),
         (np.array([7, -7, 7, -7, 0, 3]), np.array([2, 2, -2, -2, 5, 0]))),
        (lambda x: (x // np.array([2, 0, 3]), x % np.array([2, 0, 3])), (np.array([5, 6, -7]),)),
        (lambda x, y: (x // y, x % y, tg.fmod(x, y)),
         (np.array([7.5, -7.5, 7.5, -7.5, 0.0]), np.array([2.0, 2.0, -2.0, -2.0, 5.0]))),
        (lambda x: (tg.sign(x), tg.expm1(x), tg.log1p(tg.abs(x)), tg.signbit(x), tg.cbrt(x),
                    tg.isinf(x), tg.isfinite(x), tg.sinc(x)),
         (np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-300, 700.0, -1e5]),)),
        (lambda x, y: (tg.hypot(x, y), tg.atan2(x, y), tg.logaddexp(x, y), tg.copysign(x, y),
                       tg.maximum(x, y), x == y, tg.nextafter(x, y)),
         tuple(np.meshgrid(*2 * [np.array([np.inf, -np.inf, 0.0, -0.0, 1e300, -1e-300, 2.0])]))),
        (lambda x: (tg.round(x), tg.round(x, 1), tg.trunc(x), tg.floor(x)),
         (np.array([-2.5, -1.5, -0.4, 0.5, 1.5, 2.5, 0.25]),)),
        (lambda x: (x + 2.5, x * True, x > 1, tg.where(x > 1, x, 0.5), x / 2, x**2),
         (np.array([1, 2, 3], np.int32),)),
        (lambda x: (x & ~x, x ^ x, x | x, x + x, x * x, x.sum(), x.max(), x < True, abs(x),
                    tg.where(x, ~x, x)),
         (np.array([True, False]),)),
        (lambda x: (tg.linalg.det(x), tg.linalg.inv(x)), (np.array([[0.0, 2.0], [4.0, 0.0]]),)),
        (lambda x: (x << 2, x >> 1, ~x, x & 6), (np.array([-5, 5, 1024]),)),
        (lambda x: (x.astype("float16"), x.astype(bool), x.astype("int8")),
         (np.array([-3.0, 0.0, 5.5]),)),
    ],
)  # fmt: skip
def test_edges(f, inputs):
    """What is not finite, negative, 0 or no float."""
    run = runner(checked(tg.onnx.export(f, tuple(inputs), dynamic_axes=None)))
    with np.errstate(all="ignore"):
        assert_alike(run(*inputs), arrays_in(f(*map(tg.tensor, inputs))))


WHOLE = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]


@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_numbers_of_every_kind(dtype):
    """Also the largest, and those that wrap around."""
    info = np.iinfo(dtype)
    a = np.array([[1, 3, info.max, 2], [info.max, info.min, 5, 1], [4, 4, info.max - 1, 0]], dtype)

    def found(a):
        kept = [tg.maximum(a, a[::-1]), tg.minimum(a, a[::-1]), tg.clip(a, min=1, max=3),
                tg.relu(a), tg.where(a > 1, a, a[::-1]), tg.pad(a, 1), tg.tril(a), tg.triu(a), -a,
                a + a, a * a, abs(a), a // 2, a % 3]  # fmt: skip
        along = [f(a, axis=1) for f in (tg.max, tg.min, tg.argmax, tg.argmin, tg.argsort)]
        # onnxruntime 1.32 adds up whole numbers as floating-point ones.
        sums = [f(a % 11, axis=1) for f in (tg.sum, tg.prod, tg.cumulative_sum)]
        return [*kept, *along, *sums, (a % 5) @ (a % 3).mT, (a % 5) ** 2]

    run = runner(checked(tg.onnx.export(found, a, dynamic_axes=None)))
    for x, y in zip(run(a), arrays_in(found(tg.tensor(a))), strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)


def test_own_operation_is_what_its_kernel_computes():
    cube = tg.op("cube_to_export", lambda x: x * np.square(x), {"x": lambda g, x: 3 * g * x * x})
    x = np.array([1.0, -2.0])
    run = runner(checked(tg.onnx.export(tg.grad(lambda x: cube(x).sum()), x)))
    assert_alike(run(x), [3 * x * x])
