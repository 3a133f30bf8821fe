"""What Python asks of a number or a container, asked of tensors: as NumPy answers, or an error."""

import math
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import errors

X = np.array([[1.25, -2.5, 3.5], [-0.5, 7.75, -9.0]])
DTYPES = ["bool", "uint8", "int64", "float16", "float32", "float64"]


def leaf(data=X):
    return tg.tensor(data, requires_grad=True)


# ---------------------------------------------------------------------------- round and divmod


@pytest.mark.parametrize("digits", [(), (None,), (0,), (1,), (-1,)])
@pytest.mark.parametrize("data", [X, X[0, 0], np.array([15, -25, 7]), X.astype("float32")])
def test_round_is_numpys_round(data, digits):
    rounded = round(tg.tensor(data), *digits)
    expected = np.round(data, *(d or 0 for d in digits))
    assert type(rounded) is tg.Tensor and rounded.dtype == data.dtype
    np.testing.assert_array_equal(rounded.data, expected)


def test_round_has_the_gradient_of_a_step():
    x = leaf()
    (round(x, 1) * x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, np.round(X, 1))
    with pytest.raises(errors.DTypeError):
        round(x, 1.5)


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("other", [2, -3, np.float32(1.5), [2, 3, 4], np.array([[2.0], [-3.0]])])
def test_divmod_is_the_quotient_and_the_remainder(dtype, other):
    with np.errstate(all="ignore"):
        array = np.abs(X).astype(dtype) + np.array(1, dtype)
        tensor = tg.tensor(array)
        try:
            cases = [
                (divmod(array, other), (divmod(tensor, other), np.divmod(tensor, other))),
                (divmod(other, array), (divmod(other, tensor), np.divmod(other, tensor))),
                (divmod(array, array), (divmod(tensor, tensor), divmod(array, tensor))),
            ]
        except (OverflowError, errors.DTypeError):
            assert dtype == "uint8" and other == -3
            return
    for expected, found in cases:
        for pair in found:
            assert type(pair) is tuple and len(pair) == 2
            for mine, numpys in zip(pair, expected, strict=True):
                if isinstance(other, list):  # of which NumPy makes int64, as we do
                    assert mine.dtype.kind == numpys.dtype.kind
                else:
                    assert mine.dtype == numpys.dtype
                np.testing.assert_array_equal(mine.data, numpys)


def test_divmod_has_the_gradient_of_the_remainder():
    x = leaf()
    quotient, remainder = divmod(x, 2.0)
    (quotient * 100 + remainder).sum().backward()
    np.testing.assert_array_equal(x.grad.data, np.ones_like(X))
    for f in (divmod, lambda a, b: divmod(b, a)):
        with pytest.raises(TypeError, match="unsupported operand type"):
            f(x, None)


# --------------------------------------------------------------------------------------- numbers


@given(st.one_of(st.floats(-1e15, 1e15), st.integers(-(2**63), 2**63 - 1)))
def test_one_element_is_a_number(value):
    x = tg.tensor(np.array(value))
    for f in (int, float, complex, math.trunc, math.floor, math.ceil, bool):
        assert f(x) == f(value)
    if isinstance(value, int):
        assert operator.index(x) == value and hex(x) == hex(value) and f"{x:,d}" == f"{value:,d}"
    else:
        assert f"{x:.3e} {x:>20}" == f"{value:.3e} {value:>20}"


@pytest.mark.parametrize(
    "f", [int, float, complex, math.trunc, math.floor, math.ceil, "{:.2f}".format]
)
def test_several_elements_are_no_number(f):
    with pytest.raises(errors.ShapeError, match="one element, this tensor has shape"):
        f(leaf())
    for value, error in ((math.inf, OverflowError), (math.nan, ValueError)):
        if f in (int, math.trunc, math.floor, math.ceil):
            with pytest.raises(error):
                f(tg.tensor(value))


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_index_is_an_integer(dtype):
    x = tg.tensor(np.array(1, dtype))
    uses = (lambda: [10, 20][x], lambda: "ab" * x, lambda: list(range(x)), lambda: [1, 2][:x])
    for use in uses:
        if x.dtype.kind in "iu":
            assert use() in (20, "ab", [0], [1])
        else:
            with pytest.raises(errors.DTypeError, match="only an integer tensor can be an index"):
                use()


def test_what_numpy_has_no_power_for_we_have_not_either():
    x = tg.tensor([1, 2, 3])
    assert pow(x, 2).data.tolist() == [1, 4, 9] and pow(2, x).data.tolist() == [2, 4, 8]
    for args in ((x, 2, 5), (2, x, 5), (x, x, x)):
        with pytest.raises(TypeError, match="unsupported operand type"):
            pow(*args)


# ------------------------------------------------------------------------------------ containers


@pytest.mark.parametrize("value", [3.5, np.float32(3.5), 4, True, np.array([9.0]), [1.25, 0, 3.5]])
def test_membership_is_equality_of_an_element(value):
    for data in (X, X.astype("float32")):
        assert (value in tg.tensor(data)) == bool((data == np.asarray(value)).any())


@pytest.mark.parametrize("value", [None, "a", "1.25", object(), {}, b"a", 1j])
def test_what_no_element_can_be_is_not_in_a_tensor(value):
    assert value not in leaf()
    assert (leaf() == value) is False and (leaf() != value) is True


def test_membership_is_of_one_thing():
    with pytest.raises(errors.ShapeError, match="do not broadcast"):
        [1.0, 2.0] in leaf()  # noqa: B015


def test_walking_along_the_first_axis():
    x = leaf()
    first, second = x
    assert np.array_equal(first, X[0]) and first.requires_grad
    for walked, rows in ((reversed(x), X[::-1]), (iter(x), X)):
        assert all(np.array_equal(a, b) for a, b in zip(walked, rows, strict=True))
    with pytest.raises(ValueError, match="too many values"):
        (_one,) = x
    for f in (iter, len, lambda x: [*x]):
        with pytest.raises(TypeError, match="tensor with no axes"):
            f(tg.tensor(1.0))
    assert {x: 1, second: 2}[x] == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_memory_is_given_as_bytes_copies_and_pickles(dtype):
    data = X.astype(dtype)
    x = tg.tensor(data)
    assert bytes(x) == data.tobytes() and bytes(x.T) == data.T.tobytes()
    assert bytes(tg.tensor(np.array(3, dtype))) == np.array(3, dtype).tobytes()
    assert memoryview(x.numpy()).readonly and memoryview(x.numpy()).tobytes() == data.tobytes()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(x, protocol))
        assert again.dtype == dtype and np.array_equal(again, data)
    there = np.from_dlpack(x)
    assert there.dtype == dtype and np.array_equal(there, data)


@pytest.mark.parametrize("data", [X, np.array([[5, 6, 7], [8, 9, 10]])])
def test_augmented_assignment_makes_a_new_tensor(data):
    names = ["add", "sub", "mul", "floordiv", "mod", "pow"]
    names += ["truediv"] if data.dtype.kind == "f" else ["and", "or", "xor"]
    for name in names:
        f = getattr(operator, f"i{name}")
        before = x = tg.tensor(data)
        x = f(x, 2)
        assert x is not before and np.array_equal(before, data)
        assert np.array_equal(x, f(data.copy(), 2)) and x.dtype == data.dtype
    x = tg.tensor(data)
    x @= tg.tensor(data.T)
    assert np.array_equal(x, data @ data.T)


@pytest.mark.parametrize("other", [None, object(), {}, "a"])
def test_operators_leave_to_python_what_they_do_not_know(other):
    x = tg.tensor([1, 2])
    names = ["add", "sub", "truediv", "floordiv", "pow", "matmul", "and_", "or_", "lshift"]
    for name in [*names, "lt", "le", "gt", "ge"]:
        f = getattr(operator, name)
        for args in ((x, other), (other, x)):
            with pytest.raises(TypeError, match=r"unsupported operand|not supported|concatenate"):
                f(*args)
