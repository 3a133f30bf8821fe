"""Tensors among arrays, scalars and lists: operators, dtypes, and NumPy's own functions."""

import operator

import numpy as np
import pytest
import scipy.linalg
from scipy import special

import tensorgraph as tg
from tensorgraph.ops import OPS
from tensorgraph.ops.numpy_api import _ON_VALUES, recorded_functions

DTYPES = ["bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64"]
BINARY = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "power": operator.pow,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}
BITWISE = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}
SCALARS = [True, 2, 2.0, *(np.dtype(d).type(2) for d in DTYPES)]


def assert_like(result, expected):
    assert type(result) is tg.Tensor
    assert result.dtype == expected.dtype
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result.data, expected, rtol=1e-6)  # a kernel may differ


def attempt(f, *args):
    """Return the result, or the class of NumPy's refusal."""
    try:
        with np.errstate(all="ignore"):
            return f(*args)
    except (TypeError, ValueError):
        return None


# ------------------------------------------------------------------------------- promotion


@pytest.mark.parametrize("name", BINARY | BITWISE)
@pytest.mark.parametrize("left", DTYPES)
def test_promotion_of_pairs_is_numpys(name, left):
    f = (BINARY | BITWISE)[name]
    for right in DTYPES:
        a, b = np.array([2, 3]).astype(left), np.array([3, 2]).astype(right)
        expected = attempt(f, a, b)
        for x, y in [(tg.tensor(a), tg.tensor(b)), (tg.tensor(a), b), (a, tg.tensor(b))]:
            if expected is None:
                with pytest.raises((TypeError, ValueError)):
                    f(x, y)
            else:
                assert_like(f(x, y), expected)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_promotion_with_scalars_is_numpys(name, dtype):
    f, array = BINARY[name], np.array([2, 3]).astype(dtype)
    for scalar in SCALARS:
        for swapped in (False, True):
            args = (scalar, array) if swapped else (array, scalar)
            # array ** 2 takes a way of its own, whose dtypes are not those of np.power.
            expected = attempt(getattr(np, name), *args)
            tensors = [tg.tensor(a) if a is array else a for a in args]
            if expected is None:
                with pytest.raises((TypeError, ValueError)):
                    f(*tensors)
            else:
                with np.errstate(all="ignore"):
                    assert_like(f(*tensors), expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_unary_dtypes_are_numpys(dtype):
    array = np.array([1, 0, 1]).astype(dtype)
    for name in (
        "exp",
        "sqrt",
        "tanh",
        "abs",
        "square",
        "floor",
        "isnan",
        "logical_not",
        "negative",
    ):
        expected = attempt(getattr(np, name), array)
        if expected is None:
            with pytest.raises(tg.errors.DTypeError):
                OPS[name](tg.tensor(array))
        else:
            assert OPS[name](tg.tensor(array)).dtype == expected.dtype, name


@pytest.mark.parametrize("dtype", DTYPES)
def test_reduction_dtypes_are_numpys(dtype):
    array = np.array([[1, 0, 1]]).astype(dtype)
    for name in (
        "sum",
        "mean",
        "prod",
        "max",
        "min",
        "var",
        "std",
        "any",
        "argmax",
        "cumulative_sum",
    ):
        expected = getattr(np, "cumsum" if name == "cumulative_sum" else name)(array, axis=1)
        found = OPS[name](tg.tensor(array), axis=1)
        assert found.dtype == expected.dtype, name
        np.testing.assert_allclose(found.data, expected, rtol=1e-3 if dtype == "float16" else 1e-7)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "norm", "mean", "var"])
def test_float_in_same_float_out_and_same_gradient(name, dtype):
    x = tg.tensor([[1.0, 2.0]], dtype=dtype, requires_grad=True)
    y = OPS[name](x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype


def test_half_precision_means_do_not_overflow():
    x = tg.ones(70_000, dtype="float16") * 3
    assert x.mean().item() == 3
    assert x.var().item() == 0
    assert x.norm().item() == pytest.approx(3 * 70_000**0.5, rel=1e-3)
    assert tg.logsumexp(x).item() == pytest.approx(3 + np.log(70_000), rel=1e-3)


# ------------------------------------------------------------- operators with other operands


@pytest.mark.parametrize("name", [*BINARY, "matmul"])
def test_operator_with_a_list_on_either_side(name):
    f = BINARY.get(name, operator.matmul)
    x, other = np.array([1.0, 2.0, 3.0]), [4.0, 5.0, 6.0]
    t = tg.tensor(x, requires_grad=True)
    assert_like(f(t, other), f(x, np.array(other)))
    assert_like(f(t, tuple(other)), f(x, np.array(other)))
    assert_like(f(other, t), f(np.array(other), x))


def test_lists_hold_float32_like_tensors_but_are_not_rounded_beside_float64():
    few = [0.1, 0.2]
    single, double = tg.ones(2), tg.ones(2, dtype="float64")
    assert (single + few).dtype == np.float32
    assert (double + few).data.tolist() == [1.1, 1.2]
    assert (few + double).data.tolist() == [1.1, 1.2]
    assert tg.where([True, False], double, few).data.tolist() == [1.0, 0.2]
    assert tg.concat([double, [0.1]]).data.tolist() == [1, 1, 0.1]
    assert tg.set_at(double, [0, 1], few).data.tolist() == [0.1, 0.2]


@pytest.mark.parametrize("f", list(BINARY.values())[:7])
def test_gradients_flow_through_reflected_operators(f):
    x = tg.tensor([1.5, 2.5], dtype="float64", requires_grad=True)
    for left in (3.0, np.float64(3), np.array([3.0, 4.0]), [3.0, 4.0], np.float32(3)):
        reflected = tg.gradients(f(left, x).sum(), x)
        direct = tg.gradients(f(tg.tensor(left, dtype="float64"), x).sum(), x)
        np.testing.assert_allclose(reflected.data, direct.data, rtol=1e-7)


def test_matmul_on_either_side():
    array = np.arange(6.0).reshape(2, 3)
    t = tg.tensor(array, requires_grad=True)
    assert_like(array @ t.T, array @ array.T)
    assert_like(t @ array.T, array @ array.T)
    assert_like([[1.0, 2.0]] @ t, np.array([[1.0, 2.0]]) @ array)
    assert (array @ t.T).requires_grad


def test_unary_operators():
    x = np.array([1.5, -2.5])
    assert_like(-tg.tensor(x), -x)
    assert_like(+tg.tensor(x), x)
    assert_like(abs(tg.tensor(x)), abs(x))
    assert_like(~tg.tensor([True, False]), np.array([False, True]))
    assert_like(~tg.tensor([5]), np.array([-6]))


class Stranger:
    """Knows how to work with anything, and wants no NumPy."""

    __array_ufunc__ = None

    def __radd__(self, other):
        return "reflected"

    def __add__(self, other):
        return "direct"

    __rmatmul__ = __rpow__ = __radd__


def test_a_foreign_operand_is_asked():
    x = tg.tensor([1.0, 2.0])
    assert x + Stranger() == "reflected"
    assert x @ Stranger() == "reflected"
    assert x ** Stranger() == "reflected"
    assert Stranger() + x == "direct"


@pytest.mark.parametrize("other", ["a", None, object(), 1j, {}])
def test_operators_refuse_strangers_as_python_does(other):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for -: 'Tensor' and"):
        x - other
    for f in BINARY.values():
        formats = isinstance(other, str) and f is operator.mod
        if f not in (operator.eq, operator.ne) and not formats:
            with pytest.raises(TypeError):
                f(other, x)
    with pytest.raises(TypeError, match="not supported between instances of 'Tensor' and"):
        x < other  # noqa: B015
    with pytest.raises(
        tg.errors.DTypeError, match=r"multiply: y is .* operands are tensors, arrays"
    ):
        tg.multiply(x, other)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (np.array(["a"]), "strings"),
        (np.array([None]), "objects"),
        (np.array([1j]), "complex numbers"),
        (["a"], "strings"),
        (np.datetime64("2020-01-01"), "datetime64"),
    ],
)
def test_arrays_of_no_numbers_are_refused(other, what):
    x = tg.tensor([1.0], requires_grad=True)
    for f in (lambda: x + other, lambda: other + x, lambda: tg.where(x > 0, x, other)):
        with pytest.raises(tg.errors.DTypeError, match=what):
            f()


def test_what_an_array_subclass_adds_is_left_out():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix([[1.0, 0.0], [0.0, 1.0]])
    product = x * matrix
    assert type(product.data) is np.ndarray
    assert product.data.tolist() == [[1, 0], [0, 4]]


def test_a_list_of_tensors_does_not_lose_its_gradients_silently():
    a, b = tg.tensor(1.0, requires_grad=True), tg.tensor(2.0, requires_grad=True)
    for f in (tg.sum, tg.tensor, lambda x: a * x):
        with pytest.raises(tg.errors.GraphError, match=r"would lose it; write tg.stack\(\[...\]\)"):
            f([a, b])
    assert tg.gradients(tg.stack([a, b]).sum(), [a, b])[0].item() == 1
    with tg.no_grad():
        assert tg.sum([a, b]).item() == 3
    assert tg.tensor([a.detach(), b.detach()]).data.tolist() == [1, 2]


def test_lists_become_tensors_and_arrays_stay_arrays():
    assert type(tg.sum([1.0, 2.0])) is tg.Tensor
    assert tg.exp([0.0]).dtype == np.float32
    assert type(tg.add([1.0], np.ones(1))) is tg.Tensor
    assert type(tg.exp(np.zeros(2))) is np.ndarray
    assert type(tg.add(np.zeros(2), 1)) is np.ndarray
    assert tg.one_hot([0, 1], 2).shape == (2, 2)
    for composite, args in {
        "split": (2,), "unstack": (), "sort": (), "take": ([0],), "set_at": (0, 9.0),
        "add_at": (0, 9.0), "getitem": (0,), "take_along_axis": ([1],), "outer": ([1.0],),
        "vecdot": ([1.0, 1.0],), "tensordot": ([1.0, 2.0], 1),
    }.items():  # fmt: skip
        result = OPS[composite]([3.0, 4.0], *args)
        first = result[0] if isinstance(result, (list, tuple)) else result
        assert type(first) is tg.Tensor, composite


# ------------------------------------------------------------------- NumPy's functions, the table

MATRIX = np.array([[0.3, 0.6, 0.2], [0.5, 0.1, 0.4]])
MASK = MATRIX > 0.35
SPECIAL = {
    "acosh": (MATRIX + 2,),
    "all": (MASK,),
    "any": (MASK,),
    "astype": (MATRIX, "float64"),
    "bitwise_and": (MASK, MASK),
    "bitwise_invert": (MASK,),
    "bitwise_or": (MASK, MASK),
    "bitwise_xor": (MASK, MASK),
    "broadcast_to": (MATRIX, (4, 2, 3)),
    "clip": (MATRIX, 0.2, 0.5),
    "concat": ([MATRIX, MATRIX],),
    "cumulative_sum": (MATRIX,),
    "einsum": ("ij,kj->ik", MATRIX, MATRIX),
    "expand_dims": (MATRIX, 1),
    "logical_and": (MASK, MASK),
    "logical_not": (MASK,),
    "logical_or": (MASK, MASK),
    "logical_xor": (MASK, MASK),
    "matmul": (MATRIX, MATRIX.T),
    "pad": (MATRIX, 1),
    "repeat": (MATRIX, 2),
    "reshape": (MATRIX, (3, 2)),
    "roll": (MATRIX, 1),
    "sort": (MATRIX, 0),
    "split": (MATRIX, 3, 1),
    **{
        name: (MATRIX,)
        for name in (
            "average corrcoef cov deg2rad gradient i0 median nan_to_num nanmax nanmean"
            " nanmedian nanmin nanprod nanstd nansum nanvar ptp rad2deg trapezoid unique_all"
            " unique_counts unique_inverse unique_values"
        ).split()
    },
    **dict.fromkeys(("quantile", "nanquantile"), (MATRIX, 0.3)),
    **dict.fromkeys(("percentile", "nanpercentile"), (MATRIX, 30)),
    **dict.fromkeys(("convolve", "correlate"), (MATRIX[0], MATRIX[1])),
    "bincount": (np.array([0, 2, 2]),),
    "interp": (MATRIX, np.array([0.0, 1.0, 2.0]), MATRIX[0]),
    "stack": ([MATRIX, MATRIX],),
    "take": (MATRIX, np.array([0, 2]), 1),
    "take_along_axis": (MATRIX, np.array([[0], [2]]), 1),
    "tensordot": (MATRIX, MATRIX),
    "tile": (MATRIX, 2),
    "unstack": (MATRIX,),
    "where": (MASK, MATRIX, 0.0),
    **{name: (MATRIX,) for name in ("fliplr", "flipud", "ravel", "rot90")},
    **{
        name: ([MATRIX, MATRIX],)
        for name in ("block", "column_stack", "dstack", "hstack", "vstack")
    },
    **{name: (np.arange(3), 2) for name in ("bitwise_left_shift", "bitwise_right_shift")},
    "array_split": (MATRIX, 2),
    "choose": (np.array([0, 1, 0]), [MATRIX, MATRIX]),
    "compress": ([True, False, True], MATRIX, 1),
    "delete": (MATRIX, 1, 1),
    "dsplit": (MATRIX[None], 3),
    "hsplit": (MATRIX, 3),
    "insert": (MATRIX, 1, 2.0, 1),
    "ix_": (np.array([0, 1]), np.array([1])),
    "meshgrid": (MATRIX[0], MATRIX[1]),
    "moveaxis": (MATRIX, 0, 1),
    "piecewise": (MATRIX, [MASK], [2.0, 3.0]),
    "resize": (MATRIX, (2, 5)),
    "select": ([MASK], [MATRIX], 2.0),
    "swapaxes": (MATRIX, 0, 1),
    "vander": (MATRIX[0],),
    "vsplit": (MATRIX, 2),
}
KEYWORDS = {"cumulative_sum": {"axis": 1}, "cumulative_prod": {"axis": 1}}
CHANGES = {"put_along_axis"}
"""What changes its operand in NumPy, and returns another tensor here."""
SHARED = [
    n for n in OPS if callable(getattr(np, n, None)) and n not in _ON_VALUES and n not in CHANGES
]


def arguments(name):
    if name in SPECIAL:
        return SPECIAL[name]
    inputs = len(OPS[name].op.inputs) if hasattr(OPS[name], "op") else 2
    return (MATRIX,) * inputs


def wrapped(value):
    """Return arguments with each array as a tensor that wants a gradient, if it can."""
    if isinstance(value, list):
        return [wrapped(v) for v in value]
    if not isinstance(value, np.ndarray):
        return value
    return tg.tensor(value, requires_grad=value.dtype.kind == "f")


def flat(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


@pytest.mark.parametrize("name", SHARED)
def test_numpy_function_is_the_op_of_its_name(name):
    args, kwargs = arguments(name), KEYWORDS.get(name, {})
    expected = flat(getattr(np, name)(*args, **kwargs))
    tensors = [wrapped(a) for a in args]
    found, direct = getattr(np, name)(*tensors, **kwargs), OPS[name](*tensors, **kwargs)
    for f, d, e in zip(flat(found), flat(direct), expected, strict=True):
        assert type(f) is tg.Tensor
        np.testing.assert_allclose(f.data, e, rtol=1e-12)
        assert f.dtype == e.dtype and f.shape == e.shape
        assert f.requires_grad == d.requires_grad
        assert (f.node and f.node.op) is (d.node and d.node.op)


def test_the_table_has_an_entry_for_every_shared_name():
    table = recorded_functions(OPS)
    assert all(getattr(np, name) in table for name in SHARED)
    assert len(SHARED) > 80


# --------------------------------------------------------- NumPy's functions, ways to call them

X = np.arange(1.0, 7.0).reshape(2, 3)
CALLS = {
    "sum axis": lambda x: np.sum(x, axis=0),
    "sum keyword": lambda x: np.sum(a=x, axis=0, keepdims=True),
    "sum by position": lambda x: np.sum(x, 0, None, None, True),
    "sum dtype": lambda x: np.sum(x, dtype="float32"),
    "mean by position": lambda x: np.mean(x, 0, None, None, True),
    "mean where true": lambda x: np.mean(x, where=True),
    "var ddof": lambda x: np.var(x, axis=0, ddof=1),
    "std ddof": lambda x: np.std(x, ddof=1, keepdims=True),
    "std by position": lambda x: np.std(x, 0, None, None, 1),
    "max": lambda x: np.max(x, 1, None, True),
    "amax": lambda x: np.amax(x, axis=0),
    "amin": lambda x: np.amin(x),
    "argmax": lambda x: np.argmax(x, 0, None),
    "clip": lambda x: np.clip(x, 2, 4),
    "clip none": lambda x: np.clip(x, None, 4),
    "clip keywords": lambda x: np.clip(x, a_min=2, a_max=4),
    "concatenate": lambda x: np.concatenate((x, X), axis=1),
    "concatenate array first": lambda x: np.concatenate([X, x], 0),
    "concatenate flat": lambda x: np.concatenate([x, x], axis=None),
    "stack": lambda x: np.stack([x, X], axis=-1),
    "vstack": lambda x: np.vstack([x, x[0]]),
    "hstack": lambda x: np.hstack([x, x]),
    "hstack vectors": lambda x: np.hstack([x[0], x[1], x[0, 0]]),
    "where": lambda x: np.where(X > 2, x, 0),
    "where else": lambda x: np.where(X > 2, 0, x),
    "transpose": lambda x: np.transpose(x, (1, 0)),
    "transpose default": lambda x: np.transpose(x),
    "swapaxes": lambda x: np.swapaxes(x, 0, -1),
    "moveaxis": lambda x: np.moveaxis(x[None], 0, 2),
    "ravel": lambda x: np.ravel(x),
    "reshape": lambda x: np.reshape(x, -1),
    "reshape order": lambda x: np.reshape(x, (3, 2), order="C"),
    "squeeze": lambda x: np.squeeze(x[None], axis=0),
    "pad": lambda x: np.pad(x, ((1, 0), (0, 1)), "constant", constant_values=2),
    "pad mode": lambda x: np.pad(x, 1, mode="constant"),
    "tile": lambda x: np.tile(x, reps=(2, 1)),
    "repeat": lambda x: np.repeat(x, repeats=2, axis=0),
    "split": lambda x: np.split(x, indices_or_sections=[1], axis=1)[1],
    "sort": lambda x: np.sort(x, axis=0, kind="stable"),
    "take mode": lambda x: np.take(x, 0, mode="raise"),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumsum flat": lambda x: np.cumsum(x),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, X, optimize=True),
    "dot": lambda x: np.dot(x, x.T),
    "dot vector": lambda x: np.dot(x, x[0]),
    "dot scalar": lambda x: np.dot(x, 2.0),
    "dot stack": lambda x: np.dot(x, np.ones((4, 3, 5))),
    "norm": lambda x: np.linalg.norm(x),
    "norm axis": lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    "norm ord": lambda x: np.linalg.norm(x[0], 2),
    "norm fro": lambda x: np.linalg.norm(x, "fro"),
    "linalg matmul": lambda x: np.linalg.matmul(x, x.T),
    "linalg vecdot": lambda x: np.linalg.vecdot(x, x),
    "reduce": lambda x: np.add.reduce(x),
    "reduce all": lambda x: np.add.reduce(x, axis=None),
    "reduce keepdims": lambda x: np.multiply.reduce(x, axis=1, keepdims=True),
    "maximum reduce": lambda x: np.maximum.reduce(x, axis=1),
    "logaddexp reduce": lambda x: np.logaddexp.reduce(x),
    "accumulate": lambda x: np.add.accumulate(x, axis=1),
    "outer": lambda x: np.multiply.outer(x[0], x),
    "ufunc dtype": lambda x: np.add(x, X, dtype="float32"),
    "ufunc out none": lambda x: np.exp(x, out=None),
    "ufunc casting": lambda x: np.add(x, 1, casting="same_kind"),
    "true_divide": lambda x: np.true_divide(2, x),
    "mod": lambda x: np.mod(x, 2),
    "arccos": lambda x: np.arccos(x / 10),
    "rint": lambda x: np.rint(x / 4),
    "around": lambda x: np.around(x / 7, 2),
    "copy": lambda x: np.copy(x),
    "builtin sum": lambda x: sum([x, x]),
    "array plus": lambda x: X + x,
    "scalar times": lambda x: np.float64(2) * x,
    "scalar power": lambda x: np.float64(2) ** x,
    "column_stack": lambda x: np.column_stack([x, x[:, 0], X]),
    "diff": lambda x: np.diff(x),
    "diff axis": lambda x: np.diff(np.sin(x), axis=0),
    "diff twice": lambda x: np.diff(np.sin(x), n=2, axis=-1),
    "diff bool": lambda x: np.diff(x > 2),
    "deg2rad": lambda x: np.deg2rad(x),
    "radians": lambda x: np.radians(x),
    "rad2deg": lambda x: np.rad2deg(x),
    "degrees": lambda x: np.degrees(x),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_numpy_call_is_recorded(name):
    x = tg.tensor(X, requires_grad=True)
    with np.errstate(all="ignore"):
        expected = np.asarray(CALLS[name](X))
    found = CALLS[name](x)
    assert type(found) is tg.Tensor
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(found.data, expected, rtol=1e-7)
    assert found.requires_grad == (expected.dtype.kind == "f")


def test_gradient_through_numpy_functions():
    x = tg.tensor(X, requires_grad=True)
    y = np.sum(np.exp(-np.square(x)) * X) + np.linalg.norm(np.concatenate([x, X]))
    y.backward()
    length = np.sqrt(2 * np.sum(X * X))
    np.testing.assert_allclose(x.grad.data, -2 * X * np.exp(-X * X) * X + X / length)


FACTS = {
    "allclose": lambda x: np.allclose(x, X),
    "array_equal": lambda x: np.array_equal(x, X),
    "isclose": lambda x: np.isclose(x, 1.0),
    "nonzero": lambda x: np.nonzero(x > 2),
    "where": lambda x: np.where(x > 2),
    "argwhere": lambda x: np.argwhere(x > 2),
    "count_nonzero": lambda x: np.count_nonzero(x > 2),
    "searchsorted": lambda x: np.searchsorted(x[0], 2.5),
    "result_type": lambda x: np.result_type(x, np.float32),
    "shape": np.shape,
    "ndim": np.ndim,
    "size": np.size,
    "size axis": lambda x: np.size(x, 1),
    "array_str": lambda x: np.array_str(x),
    "iscomplexobj": np.iscomplexobj,
    "histogram": lambda x: np.histogram(x, bins=x[0]),
    "histogram2d": lambda x: np.histogram2d(x[0], x[1], bins=2),
    "histogramdd": lambda x: np.histogramdd(x, bins=2),
    "histogram_bin_edges": lambda x: np.histogram_bin_edges(x, 3),
    "einsum_path": lambda x: np.einsum_path("ij,kj->ik", x, x),
}
TAKING = {
    "full_like": lambda x: np.full_like(X, x[0, 0]),
}


@pytest.mark.parametrize("name", FACTS)
def test_facts_about_values_have_no_gradient(name):
    found, expected = FACTS[name](tg.tensor(X, requires_grad=True)), FACTS[name](X)
    assert type(found) is type(expected)
    assert str(found) == str(expected)


@pytest.mark.parametrize("name", TAKING)
def test_functions_that_make_arrays_tell_that_the_gradient_is_lost(name):
    with pytest.warns(tg.errors.LostGradientWarning, match=f"np.{name} takes only the values"):
        found = TAKING[name](tg.tensor(X, requires_grad=True))
    assert str(found) == str(TAKING[name](X)) == str(TAKING[name](tg.tensor(X).data))
    assert str(TAKING[name](tg.tensor(X))) == str(found)  # without a gradient to lose


TAKING_IN = {
    "atleast_1d": lambda x: np.atleast_1d(x, x[0, 0], 3),
    "atleast_2d": lambda x: np.atleast_2d(x[0]),
    "atleast_3d": lambda x: np.atleast_3d(x),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, x[0], 0.5, np.ones((2, 1))),
}


@pytest.mark.parametrize("name", TAKING_IN)
def test_what_libraries_take_arrays_in_by_is_recorded_in_the_users_code_alone(name):
    f = TAKING_IN[name]
    x = tg.tensor(X, requires_grad=True)
    found, expected = flat(f(x)), flat(f(X))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(getattr(one, "data", one)), other)
    assert found[0].requires_grad


def test_a_library_takes_the_values_in():
    x = tg.tensor(X, requires_grad=True)
    with pytest.warns(tg.errors.LostGradientWarning, match="takes only the values"):
        found = scipy.linalg.block_diag(x, X)
    np.testing.assert_array_equal(found, scipy.linalg.block_diag(X, X))


def test_like_functions_make_tensors():
    x = tg.tensor(X, requires_grad=True)
    for f in (np.zeros_like, np.ones_like):
        assert_like(f(x), f(X))
        assert f(x, dtype="float32").dtype == np.float32
    assert_like(np.full_like(x, 3), np.full_like(X, 3))
    assert np.empty_like(x).shape == X.shape


def test_files_and_assertions_take_tensors(tmp_path):
    x = tg.tensor(X, requires_grad=True)
    np.save(tmp_path / "x.npy", x)
    assert np.load(tmp_path / "x.npy").tolist() == X.tolist()
    np.savez(tmp_path / "x.npz", first=x)
    with np.load(tmp_path / "x.npz") as file:
        assert file["first"].tolist() == X.tolist()
    np.testing.assert_allclose(x, X)


# ------------------------------------------------------------------------------- refusals


def test_functions_without_counterpart_name_what_to_write():
    x = tg.tensor(X)
    with pytest.raises(TypeError, match=r"np\.ediff1d .* write tg\..*, or give np\.ediff1d x\."):
        np.ediff1d(x)
    with pytest.raises(TypeError, match=r"write np\.linalg\.eig\(A\.numpy\(\)\)"):
        np.linalg.eig(x)
    with pytest.raises(TypeError, match=r"write tg\.fft\.rfft\(u\) \(real and imaginary parts"):
        np.fft.rfft(x)
    with pytest.raises(TypeError, match=r"np\.add\.reduceat has no counterpart"):
        np.add.reduceat(x, [0, 1])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x, a: np.add(x, a, out=a), r"takes no out=: .* write y = np.add\(…\)"),
        (lambda x, a: np.add(a, a, out=x), "takes no out="),
        (lambda x, a: np.exp(x, a), "takes no out="),
        (lambda x, a: np.sum(x, axis=0, out=a[0]), "np.sum on a Tensor takes no out="),
        (lambda x, a: operator.iadd(a, x), r"write y = np.add\(…\) for out=y"),
        (lambda x, a: np.add.at(x, 0, 1), r"write tg.add_at\(x, index, y\)"),
        (lambda x, a: np.add(x, a, where=a > 1), r"takes no where=; write tg.where\(mask"),
        (lambda x, a: np.std(x, where=a > 1), "np.std on a Tensor takes no where="),
        (lambda x, a: np.reshape(x, -1, order="F"), "np.reshape on a Tensor takes no order=F"),
        (lambda x, a: np.var(x, mean=0.0), "has no keyword 'mean'"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_refused_by_name(call, text):
    array = X.copy()
    with pytest.raises(TypeError, match=text):
        call(tg.tensor(X, requires_grad=True), array)
    assert np.array_equal(array, X)


@pytest.mark.parametrize("use", [
    lambda x, a: x * a,
    lambda x, a: tg.checkpoint(lambda x, a: x * a)(x, a),
    lambda x, a: x * tg.tensor(a),
    lambda x, a: tg.nn.losses.mse(x, a),
    lambda x, a: tg.derive(lambda x: (x * a).sum(), x),
])  # fmt: skip
def test_arrays_that_old_versions_of_numpy_warn_to_write_to(use):
    x, array = tg.ones((2, 3), requires_grad=True), np.ones((2, 1))
    use(x, np.broadcast_arrays(array, np.ones((1, 3)))[0])


# ------------------------------------------------------------------- masks, SciPy, statistics

MASKED = [
    ("sum", {}), ("sum", {"initial": 3.0}), ("prod", {}), ("prod", {"initial": 2.0}),
    ("max", {"initial": -9.0}), ("min", {"initial": 0.3}), ("mean", {}), ("any", {}), ("all", {}),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of NumPy, where a mask holds nothing
@pytest.mark.parametrize(("name", "static"), MASKED)
@pytest.mark.parametrize("axes", [{}, {"axis": 1}, {"axis": 0, "keepdims": True}])
def test_masks_and_initial_values_of_reductions_are_numpys(name, static, axes):
    x = np.random.default_rng(0).normal(size=(3, 4))
    for mask in (x > 0, np.array([True, False, True, True]), True):
        expected = getattr(np, name)(x, where=mask, **static, **axes)
        found = getattr(np, name)(tg.tensor(x), where=mask, **static, **axes)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-14)
        assert found.shape == np.shape(expected)


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize(
    "axes", [{}, {"axis": 0}, {"axis": -1}, {"axis": (0, 1), "keepdims": True}]
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_the_extremum_of_nothing_is_the_initial_value(name, axes, dtype):
    f = getattr(np, name)
    for shape in ((0, 2), (2, 0), (0, 0)):
        x = np.zeros(shape, dtype)
        expected, found = f(x, initial=1, **axes), f(tg.tensor(x), initial=1, **axes)
        np.testing.assert_array_equal(found, expected)
        assert found.shape == expected.shape and found.dtype == dtype
    initial = tg.tensor(2.0, requires_grad=True)
    f(tg.zeros((0, 3)), initial=initial, axis=0).sum().backward()
    assert initial.grad == 3


@pytest.mark.parametrize("name", ["std", "var"])
def test_what_is_said_of_a_mask_gives_numpys_number(name):
    x, mask = tg.tensor([1.0, 2.0, 10.0]), np.array([True, True, False])
    with pytest.raises(TypeError) as caught:
        getattr(np, name)(x, where=mask)
    line = str(caught.value).partition("write ")[2]
    found = eval(line, {"tg": tg, "np": np, "x": x, "mask": mask})
    np.testing.assert_allclose(found, getattr(np, name)(x.numpy(), where=mask))
    with pytest.raises(TypeError, match=r"write tg\.where\(mask, np\.exp\(…\), other\)"):
        np.exp(x, where=mask)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
def test_angles_and_steps_have_numpys_values_and_dtypes(dtype):
    values = [-2, 0, 3] if dtype == "int64" else [-1.0, -0.0, 0.0, 2.0, np.nan, -np.inf]
    x = np.array(values, dtype)
    calls = [lambda x: np.angle(x), lambda x: np.angle(x, deg=True), lambda x: np.heaviside(x, 0.5)]
    for f in calls:
        found, expected = f(tg.tensor(x)), f(x)
        rounding = 1e-3 if dtype == "float16" else 1e-6  # NumPy's 180 is a rounded product of π
        np.testing.assert_allclose(found, expected, rtol=rounding)
        assert dtype == "int64" or found.dtype == expected.dtype


def test_what_a_mask_leaves_out_gets_no_gradient():
    x = tg.tensor([1.0, np.nan, 3.0], requires_grad=True)
    np.mean(x, where=[True, False, True]).backward()
    np.testing.assert_array_equal(x.grad, [0.5, 0, 0.5])
    with pytest.raises(tg.errors.ArgumentError, match="needs initial="):
        np.max(x, where=[True, False, True])


OF_SCIPY = (
    "erf erfc erfinv gammaln digamma expit logit log_expit ndtr log_ndtr i0 i1 i0e i1e cbrt exp2"
    " expm1 log1p"
).split()


@pytest.mark.parametrize("name", [*OF_SCIPY, "xlogy", "xlog1py", "betaln"])
def test_elementwise_functions_of_scipy_have_a_gradient(name):
    function = getattr(special, name)
    inputs = np.random.default_rng(0).uniform(0.1, 0.9, (function.nin, 5))
    leaves = [tg.tensor(x, requires_grad=True) for x in inputs]
    found = function(*leaves)
    assert type(found) is tg.Tensor and found.requires_grad
    np.testing.assert_allclose(found.numpy(), function(*inputs), rtol=1e-12)


@pytest.mark.parametrize("name", ["cumprod", "cumsum"])
def test_running_results_of_a_flat_tensor(name):
    x = np.arange(1.0, 7).reshape(2, 3)
    for axis in (None, 0, 1):
        expected = getattr(np, name)(x, axis=axis)
        np.testing.assert_array_equal(getattr(np, name)(tg.tensor(x), axis=axis), expected)


def test_statistics_by_numpys_names():
    rng = np.random.default_rng(0)
    x, w, u, v = rng.normal(size=(3, 6)), rng.uniform(0.1, 1, 6), rng.normal(size=7), [1.0, -2, 3]
    for f in (
        lambda x: np.cov(x, ddof=0),
        lambda x: np.cov(x, aweights=w, fweights=np.arange(1, 7)),
        lambda x: np.cov(x[0], x[1], bias=True),
        lambda x: np.corrcoef(x, rowvar=False),
        lambda x: np.average(x, axis=1, weights=w),
        lambda x: np.trapezoid(x, dx=0.5, axis=0),
        lambda x: np.gradient(x, 0.5, axis=1, edge_order=2),
        lambda x: np.diff(x, n=2, prepend=0.0),
        lambda x: np.nanvar(x, axis=0, ddof=1),
        lambda x: np.percentile(x, [20, 80], axis=1, method="hazen"),
        lambda x: np.maximum.accumulate(x, axis=1),
        lambda x: np.convolve(x[0], v, mode="same"),
        lambda x: np.correlate(v, x[0], mode="full"),
        lambda x: np.interp(x, np.sort(u), u, period=1.5),
    ):
        found = f(tg.tensor(x))
        assert type(found) is tg.Tensor
        np.testing.assert_allclose(found.numpy(), f(x), rtol=1e-12, atol=1e-13)
