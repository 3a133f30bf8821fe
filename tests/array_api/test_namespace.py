"""The namespace of the Array API standard: every function, its parameters, NumPy's values.

NumPy's own namespace is one of the standard, so each call is made there and here. The public suite
of the standard's authors is no package: ``public_suite.py`` runs it where there is a copy.
"""

import inspect

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from hypothesis.extra import numpy as hnp

import tensorgraph as tg
from tensorgraph import array_api as ours
from tests.array_api.calls import CALLS, FINITE, OF_FLOATS
from tests.array_api.standard import (
    ATTRIBUTES,
    BINARY,
    CONSTANTS,
    DTYPES,
    METHODS,
    SIGNATURES,
    UNARY,
)

NAMED, KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY


# ----------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_function_takes_what_the_standard_says(name):
    function = getattr(ours, name)
    mine = inspect.signature(function).parameters
    places = list(mine.values())
    for i, wanted in enumerate(SIGNATURES[name].parameters.values()):
        if wanted.kind is KEYWORD:
            assert mine[wanted.name].kind in (KEYWORD, NAMED), wanted
        elif wanted.kind is NAMED:
            assert (places[i].name, places[i].kind) == (wanted.name, NAMED)
        elif wanted.kind is wanted.VAR_POSITIONAL:
            assert places[i].kind is wanted.kind
        else:
            assert places[i].kind in (NAMED, wanted.kind)
        if wanted.kind is KEYWORD and wanted.default not in (None, inspect.Parameter.empty):
            assert mine[wanted.name].default == wanted.default


def test_all_names_are_there_and_no_others():
    public = {*SIGNATURES, *CONSTANTS, *DTYPES} - {"__array_namespace_info__"}
    assert public - {*ours.__all__} == set()
    assert {*ours.__all__} - public - {"linalg", "fft"} == set()
    x = tg.ones((2, 2))
    for name in ATTRIBUTES:
        assert hasattr(x, name)
    for name in METHODS:
        assert hasattr(x, f"__{name}__"), name


def test_a_tensor_tells_its_namespace():
    x = tg.ones(2)
    assert x.__array_namespace__() is ours
    assert x.__array_namespace__(api_version="2024.12") is ours
    with pytest.raises(tg.errors.ArgumentError, match=r"versions .* are 2021\.12"):
        x.__array_namespace__(api_version="1999.12")
    assert tg.__array_namespace_info__ is ours.__array_namespace_info__


def test_what_the_namespace_says_of_itself():
    info = ours.__array_namespace_info__()
    assert info.devices() == (info.default_device(),) == (tg.ones(2).device,)
    assert info.capabilities()["boolean indexing"]
    assert info.default_dtypes()["real floating"] == ours.asarray(0.5).dtype
    assert info.default_dtypes()["integral"] == ours.asarray(1).dtype
    assert info.default_dtypes()["complex floating"] is None
    for name, dtype in info.dtypes().items():
        assert getattr(ours, name) == dtype
    assert info.dtypes().keys() == {*DTYPES}
    assert info.dtypes(kind="complex floating") == {}
    assert info.dtypes(kind=("bool", "real floating")).keys() == {"bool", "float32", "float64"}
    assert info.dtypes(kind="integral").keys() == {n for n in DTYPES if "int" in n}


def test_there_is_one_device():
    x = tg.ones(2)
    assert x.to_device("cpu") is x
    for f in (
        lambda: x.to_device("gpu"),
        lambda: ours.zeros(2, device="gpu"),
        lambda: ours.asarray([1.0], device="gpu"),
        lambda: ours.__array_namespace_info__().dtypes(device="gpu"),
    ):
        with pytest.raises(tg.errors.ArgumentError, match="cpu"):
            f()


# ---------------------------------------------------------------------------------------- values


def numbers(dtype):
    if dtype.kind == "b":
        return st.booleans()
    if dtype.kind == "f":
        some = st.integers(-40, 40).map(lambda n: n / 8)
        return some | st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan])
    return st.integers(0 if dtype.kind == "u" else -9, 9)


def dtypes(kinds):
    return st.sampled_from([np.dtype(name) for name in DTYPES if np.dtype(name).kind in kinds])


SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
MATRICES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=3)


@st.composite
def arrays(draw, kinds="biuf", shapes=None, of=None):
    dtype = draw(dtypes(kinds)) if of is None else of
    return draw(hnp.arrays(dtype, SHAPES if shapes is None else shapes, elements=numbers(dtype)))


def same(found, expected):
    """Compare what is returned here with what NumPy returns, in containers too."""
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
        return
    if isinstance(expected, (np.ndarray, np.generic)):
        assert type(found) is tg.Tensor
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        rtol = 1e-5 if expected.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(found.numpy(), expected, rtol, 1e-30)
    else:
        assert found == expected


def compare(call, *inputs):
    """Make a call in both namespaces, with NumPy's arrays and with tensors."""
    with np.errstate(all="ignore"):
        expected = call(np, *inputs)
    same(call(ours, *(tg.tensor(x) if isinstance(x, np.ndarray) else x for x in inputs)), expected)


@pytest.mark.parametrize("name", UNARY)
@given(data=st.data())
def test_elementwise_functions_of_one_tensor(name, data):
    compare(lambda xp, x: getattr(xp, name)(x), data.draw(arrays(UNARY[name])))


@pytest.mark.parametrize("name", BINARY)
@given(data=st.data())
def test_elementwise_functions_of_two_tensors(name, data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    x = data.draw(arrays(BINARY[name], shapes.input_shapes[0]))
    y = data.draw(arrays(BINARY[name], shapes.input_shapes[1], x.dtype))
    if name in ("floor_divide", "remainder"):
        assume((y != 0).all() and np.isfinite(x).all() and np.isfinite(y).all())
    if name == "pow" or "shift" in name:
        y = np.abs(y)
    compare(lambda xp, x, y: getattr(xp, name)(x, y), x, y)


def test_every_function_is_called():
    assert {*CALLS, *UNARY, *BINARY} == SIGNATURES.keys() - {"__array_namespace_info__"}


@pytest.mark.parametrize("name", [name for name in CALLS if hasattr(np, name)])
@given(data=st.data())
def test_other_functions(name, data):
    x = data.draw(arrays("f" if name in OF_FLOATS else "biuf", MATRICES))
    assume(name not in FINITE or np.isfinite(x).all())
    assume(name != "where" or x.dtype.kind != "b")
    compare(CALLS[name], x)


@given(arrays("iuf", MATRICES))
def test_sorting_in_descending_order(x):
    assume(not np.isnan(x).any())
    found = ours.argsort(tg.tensor(x), descending=True)
    expected = np.argsort(x[..., ::-1], stable=True)[..., ::-1]
    np.testing.assert_array_equal(found.data, x.shape[-1] - 1 - expected)
    np.testing.assert_array_equal(
        ours.sort(tg.tensor(x), descending=True).data, np.sort(x)[..., ::-1]
    )


# -------------------------------------------------------------------------------------- extensions

A = np.random.default_rng(0).normal(size=(2, 3, 3))
SPREAD = np.array([1.0, 0.1, 0.01]) * np.eye(3) + np.zeros((2, 1, 1))
LINALG = {
    "cholesky": lambda la, a: [la.cholesky(a @ a.mT), la.cholesky(a @ a.mT, upper=True)],
    "cross": lambda la, a: la.cross(a, a.mT, axis=1),
    "det": lambda la, a: la.det(a),
    "diagonal": lambda la, a: la.diagonal(a, offset=1),
    "eigh": lambda la, a: la.eigh(a + a.mT).eigenvalues,
    "eigvalsh": lambda la, a: la.eigvalsh(a + a.mT),
    "inv": lambda la, a: la.inv(a),
    "matmul": lambda la, a: la.matmul(a, a),
    "matrix_norm": lambda la, a: [la.matrix_norm(a, ord=2), la.matrix_norm(a, keepdims=True)],
    "matrix_power": lambda la, a: la.matrix_power(a, -2),
    "matrix_rank": lambda la, a: la.matrix_rank(a),
    "matrix_transpose": lambda la, a: la.matrix_transpose(a),
    "outer": lambda la, a: la.outer(a[0, 0], a[1, 1]),
    "pinv": lambda la, a: [la.pinv(a[:, :2]), la.pinv(a, rtol=0.1)],
    "qr": lambda la, a: [*la.qr(a, mode="reduced"), *la.qr(a[:, :, :2], mode="complete")],
    "slogdet": lambda la, a: [*la.slogdet(a)],
    "solve": lambda la, a: la.solve(a, a.mT),
    "svd": lambda la, a: [la.svd(a, full_matrices=False).S, *la.svd(a[:, :2])],
    "svdvals": lambda la, a: la.svdvals(a),
    "tensordot": lambda la, a: la.tensordot(a[0], a[1], axes=1),
    "trace": lambda la, a: la.trace(a, offset=1),
    "vecdot": lambda la, a: la.vecdot(a, a, axis=-1),
    "vector_norm": lambda la, a: [la.vector_norm(a, ord=1), la.vector_norm(a, axis=-1)],
}


@pytest.mark.parametrize("name", LINALG)
def test_linear_algebra(name):
    given = {"matrix_rank": SPREAD}.get(name, A)
    same(LINALG[name](ours.linalg, tg.tensor(given)), LINALG[name](np.linalg, given))


def test_of_linear_algebra_all_real_functions_are_there():
    assert {*ours.linalg.__all__} == LINALG.keys()
    for name in ("eig", "eigvals"):
        with pytest.raises(AttributeError, match=r"write np\.linalg\.eig"):
            getattr(ours.linalg, name)


def test_what_has_no_gradient_is_refused_where_one_is_needed():
    x = tg.tensor(A[:, :2], requires_grad=True)
    for call in (lambda: ours.linalg.svd(x), lambda: ours.linalg.qr(x, mode="complete")):
        with pytest.raises(tg.errors.ArgumentError, match="gradient"):
            call()


def test_each_matrix_may_have_its_own_limit():
    x, limits = tg.tensor(SPREAD), tg.tensor([0.5, 0.05])
    np.testing.assert_array_equal(ours.linalg.matrix_rank(x, rtol=limits), [1, 2])
    same(ours.linalg.pinv(x, rtol=limits), np.linalg.pinv(SPREAD, rtol=limits.numpy()))
    assert ours.linalg.pinv(ours.zeros((0, 2, 3)), rtol=ours.zeros(0)).shape == (0, 3, 2)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_running_results_begin_along_their_axis(axis):
    x = np.arange(1.0, 7.0).reshape(2, 3)
    for running, numpys, initial in (
        (ours.cumulative_sum, np.cumsum, 0),
        (ours.cumulative_prod, np.cumprod, 1),
    ):
        begun = np.insert(numpys(x, axis=axis), 0, initial, axis=axis)
        found = running(ours.asarray(x), axis=axis, include_initial=True)
        np.testing.assert_array_equal(found, begun)


def test_a_trace_is_computed_in_a_dtype():
    x = tg.tensor([[100, 0], [0, 100]], dtype="int8")
    found = ours.linalg.trace(x, dtype=ours.int16)
    assert (found.item(), found.dtype) == (200, np.int16)
    assert ours.linalg.trace(x, dtype=ours.int8).dtype == np.int8


def test_of_fourier_transforms_there_is_what_is_real():
    for name in ("fftfreq", "rfftfreq"):
        same(getattr(ours.fft, name)(5, d=0.5, dtype=ours.float64), getattr(np.fft, name)(5, d=0.5))
        assert getattr(ours.fft, name)(4).dtype == ours.float32
    for x in (A, A[:, :2]):  # two columns are no real and imaginary parts here
        compare(lambda xp, x: [xp.fft.fftshift(x), xp.fft.ifftshift(x, axes=(-1,))], x)
    for name in "fft ifft fftn ifftn rfft irfft rfftn irfftn".split():
        with pytest.raises(AttributeError, match=r"write tg\.fft"):
            getattr(ours.fft, name)
    assert not hasattr(ours.fft, "hfft")


# ----------------------------------------------------------------------------- copies and dtypes


def test_a_copy_passes_gradients_on_and_shares_nothing():
    array = np.ones(3)
    x = tg.tensor(array, requires_grad=True)
    copy = ours.asarray(x, copy=True)
    assert copy.requires_grad and copy is not x
    assert not np.shares_memory(copy.data, x.data)
    assert ours.asarray(x) is x and ours.asarray(x, copy=False) is x
    assert np.shares_memory(ours.asarray(array, copy=False).data, array)
    assert not np.shares_memory(ours.asarray(array, copy=True).data, array)
    for data, dtype in (([1.0], None), (array, np.float32)):
        with pytest.raises(ValueError, match="needs a copy"):
            ours.asarray(data, dtype=dtype, copy=False)


def test_dlpack_of_a_tensor_is_that_tensor():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert ours.from_dlpack(x) is x and ours.from_dlpack(x, copy=False) is x
    assert ours.from_dlpack(x, copy=True).requires_grad
    array = np.arange(3.0)
    assert np.shares_memory(ours.from_dlpack(array).data, array)
    assert not np.shares_memory(ours.from_dlpack(array, copy=True).data, array)


def test_keywords_of_the_standard_that_older_numpys_lack():
    x = tg.tensor([[1.0, 5.0]], requires_grad=True)
    assert ours.reshape(x, (2, 1), copy=True).requires_grad
    assert ours.clip(x, min=2.0).data.tolist() == [[2.0, 5.0]]


def test_a_fill_value_keeps_its_gradient():
    x = tg.tensor(2.0, requires_grad=True)
    ours.sum(ours.full((2, 3), x)).backward()
    assert x.grad.item() == 6


def test_complex_numbers_are_refused():
    with pytest.raises(tg.errors.DTypeError, match="complex numbers"):
        ours.asarray(1j)
    with pytest.raises(tg.errors.DTypeError, match="complex numbers"):
        ours.astype(tg.ones(2), np.complex64)


def test_points_without_the_last_are_of_the_default_dtype_or_that_given():
    assert ours.linspace(0.0, 1.0, 4, endpoint=False).dtype == np.float32
    assert ours.linspace(0.0, 1.0, 4, endpoint=False, dtype=np.float64).dtype == np.float64


def test_spreads_keep_their_axes_if_told_to():
    x = tg.ones((2, 3))
    assert (
        ours.var(x, axis=1, keepdims=True).shape
        == ours.std(x, axis=1, keepdims=True).shape
        == (2, 1)
    )
