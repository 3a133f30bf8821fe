"""Numbers of Python's that are known only later: they decide no dtype, as NumPy has it."""

import operator

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import constant, symbol

T = symbol("t", (), float, weak=True)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("f", [operator.add, operator.truediv, operator.mul, np.maximum])
def test_a_number_decides_no_dtype(f, dtype):
    x = symbol("x", (3,), dtype)
    array = np.arange(1, 4).astype(dtype)
    for e, expected in [(f(x, T), f(array, 2.5)), (f(T, x), f(2.5, array))]:
        found = evaluate([e], {x: array, T: 2.5})[e]
        assert e.dtype == found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_what_is_computed_from_numbers_alone_is_one():
    x = symbol("x", (3,))
    rate = 0.1 / (1 - 0.9**T) * tg.sqrt(1 - 0.5**T)
    e = x * rate
    assert rate.weak and (T > 3).weak and tg.where(T > 3, T, 1).weak and constant(2.0).weak
    assert not e.weak and not (T * constant(np.float64(2))).weak and not T.astype("float32").weak
    values = evaluate([e, T > 3], {x: np.ones(3, "float32"), T: 2.0})
    assert type(values[rate]) is float and values[T > 3] is False
    assert values[rate] == pytest.approx(0.1 / (1 - 0.9**2) * 0.75**0.5, rel=1e-15)
    assert e.dtype == values[e].dtype == np.float32
    assert repr(rate) == "<multiply float>" and repr(T) == "<t float>"


def test_a_fused_operation_takes_a_number():
    x = symbol("x", (3,))
    e = tg.affine(x, T, 0.5)
    assert e.dtype == evaluate([e], {x: np.ones(3, "float32"), T: 2.0})[e].dtype == np.float32


@pytest.mark.parametrize(("dtype", "kind"), [("float32", float), ("int32", int), ("bool", bool)])
def test_an_item_is_a_number(dtype, kind):
    x, y = symbol("x", (1, 1), dtype), symbol("y", (3,), "float32")
    e = x.item()
    assert e.weak and e.item() is e and (e * y).dtype == np.float32
    values = evaluate([e, e * y], {x: np.ones((1, 1), dtype), y: np.ones(3, "float32")})
    assert type(values[e]) is kind and values[e * y].dtype == np.float32
    assert repr(e) == f"<item {kind.__name__}>"
    assert f"{e:.3f}" == f"{e}" == f"<item {kind.__name__}, whose value is known outside only>"


def test_a_number_stays_one_below_tensors():
    w = tg.asarray(symbol("w", (3,)))
    w.requires_grad = True
    loss = ((w * T) ** 2).sum() * T
    loss.backward()
    assert loss.dtype == w.grad.dtype == np.float32
