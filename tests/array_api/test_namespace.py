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


def test_a_fill_value_keeps_its_gradient():
    x = tg.tensor(2.0, requires_grad=True)
    ours.sum(ours.full((2, 3), x)).backward()
    assert x.grad.item() == 6


def test_complex_numbers_are_refused():
    with pytest.raises(tg.errors.DTypeError, match="complex numbers"):
        ours.asarray(1j)
    with pytest.raises(tg.errors.DTypeError, match="complex numbers"):
        ours.astype(tg.ones(2), np.complex64)
