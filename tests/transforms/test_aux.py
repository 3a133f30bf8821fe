"""``has_aux``: what a function returns besides comes out beside its derivative."""

import numpy as np
import pytest

import tensorgraph as tg


def f64(x):
    return tg.tensor(x, dtype="float64")


def with_parts(x):
    square = x * x
    return (square * x).sum(), {"square": square, "name": "cube", "list": [1, None]}


TRANSFORMS = {
    "grad": (
        lambda x: tg.grad(with_parts, has_aux=True)(x),
        lambda x: tg.grad(lambda x: with_parts(x)[0])(x),
    ),
    "value_and_grad": (
        lambda x: ((pair := tg.value_and_grad(with_parts, has_aux=True)(x))[1], pair[0][1]),
        lambda x: tg.grad(lambda x: with_parts(x)[0])(x),
    ),
    "vjp": (
        lambda x: ((three := tg.vjp(with_parts, x, has_aux=True))[1](1.0)[0], three[2]),
        lambda x: tg.vjp(lambda x: with_parts(x)[0], x)[1](1.0)[0],
    ),
    "jvp": (
        lambda x: tg.jvp(with_parts, (x,), (x,), has_aux=True)[1:],
        lambda x: tg.jvp(lambda x: with_parts(x)[0], (x,), (x,))[1],
    ),
    "hvp": (
        lambda x: tg.hvp(with_parts, x, x, has_aux=True),
        lambda x: tg.hvp(lambda x: with_parts(x)[0], x, x),
    ),
    "jacobian": (
        lambda x: tg.jacobian(with_parts, has_aux=True)(x),
        lambda x: tg.jacobian(lambda x: with_parts(x)[0])(x),
    ),
    "hessian": (
        lambda x: tg.hessian(with_parts, has_aux=True)(x),
        lambda x: tg.hessian(lambda x: with_parts(x)[0])(x),
    ),
}


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("make", [f64, tg.tensor, np.array])
def test_aux_comes_out_beside_the_derivative(name, make):
    """In the kind of the arguments, arrays for arrays, and without a graph."""
    x = make([1.0, -2.0, 3.0])
    with_aux, without = TRANSFORMS[name]
    derivative, aux = with_aux(x)
    expected = without(x)
    assert type(derivative) is type(expected) and type(aux["square"]) is type(x)
    assert np.array_equal(derivative, expected) and aux["square"].dtype == x.dtype
    assert np.array_equal(aux["square"], [1, 4, 9])
    assert (aux["name"], aux["list"]) == ("cube", [1, None])
    assert not getattr(aux["square"], "requires_grad", False)


def test_the_value_stands_beside_aux():
    (value, aux), gradient = tg.value_and_grad(with_parts, has_aux=True)(f64([2.0]))
    assert value.item() == 8 and aux["square"].item() == 4 and gradient.item() == 12
    value, _, aux = tg.vjp(with_parts, f64([2.0]), has_aux=True)
    assert value.item() == 8 and aux["square"].item() == 4


@pytest.mark.parametrize("name", TRANSFORMS)
def test_aux_stays_connected_to_what_is_outside(name):
    """Its gradient by an argument around, and by a parameter, is that of the function itself."""
    x = tg.tensor([1.0, -2.0], dtype="float64", requires_grad=True)
    _, aux = TRANSFORMS[name][0](x)
    (g,) = tg.gradients(aux["square"].sum(), [x])
    assert g.numpy().tolist() == [2, -4]
    w = tg.tensor(3.0, dtype="float64", requires_grad=True)
    _, aux = tg.grad(lambda x: (x * x, w * x), has_aux=True)(2.0)
    assert tg.gradients(aux, w).item() == 2
    with tg.no_grad():
        _, aux = tg.grad(lambda x: (x * x, w * x), has_aux=True)(2.0)
    assert not aux.requires_grad


def test_aux_in_nested_transforms():
    def outer(x):
        gradient, square = tg.grad(lambda y: (y**3, y * y), has_aux=True)(x)
        return gradient * square, square  # 3 x⁴

    second, aux = tg.grad(outer, has_aux=True)(f64(2.0))
    assert second.item() == pytest.approx(12 * 2**3) and aux.item() == 4 and not aux.requires_grad
    third = tg.grad(tg.grad(lambda x: outer(x)[0]))(f64(2.0))
    assert third.item() == 36 * 2**2


FORWARD = {
    "jvp": lambda f, x: tg.jvp(f, (x,), (x,), has_aux=True)[2],
    "jacobian": lambda f, x: tg.jacobian(f, mode="forward", has_aux=True)(x)[1],
}


@pytest.mark.parametrize("name", FORWARD)
def test_aux_of_what_is_differentiated_forward(name):
    """In any nesting it is what the function returned, of values that have left the layer."""
    call, x = FORWARD[name], f64([1.0, -2.0, 3.0])

    def square(x):
        return call(with_parts, x)["square"]

    assert np.array_equal(square(x[:0]), []) and np.array_equal(square(x), [1, 4, 9])
    assert np.array_equal(tg.vmap(square)(x.reshape((3, 1))), [[1], [4], [9]])
    assert np.array_equal(tg.grad(lambda x: square(x).sum())(x), 2 * x)
    assert np.array_equal(tg.jvp(square, x, x)[1], 2 * x * x)
    pushed = tg.jvp(tg.grad(with_parts, has_aux=True), x, x, has_aux=True)
    assert np.array_equal(pushed[2]["square"], [1, 4, 9])
    made_inside = call(lambda x: (x.sum(), x * tg.tensor([1.0, 2.0, 3.0], requires_grad=True)), x)
    assert not made_inside.requires_grad
    w = tg.tensor(3.0, dtype="float64", requires_grad=True)
    with tg.no_grad():
        assert not any(y.requires_grad for y in call(lambda x: (x * w, [x * w, x]), x))
    assert tg.gradients(call(lambda x: (x * w, x * w), x).sum(), w).item() == 2


@pytest.mark.parametrize(
    ("returned", "got"),
    [
        (lambda x: x, r"shape \(\) float32"),
        (lambda x: (x, 1, 2), "a tuple of 3"),
        (lambda x: [x, 1], r"(\[tensor|a list)"),
        (lambda x: None, "None"),
    ],
)
def test_no_pair(returned, got):
    text = rf"returns a pair \(result, aux\), not {got}.*write return result, aux"
    for call in (
        lambda: tg.grad(returned, has_aux=True)(2.0),
        lambda: tg.value_and_grad(returned, has_aux=True)(2.0),
        lambda: tg.vjp(returned, 2.0, has_aux=True),
        lambda: tg.jvp(returned, (2.0,), (1.0,), has_aux=True),
        lambda: tg.hvp(returned, 2.0, 1.0, has_aux=True),
        lambda: tg.jacobian(returned, has_aux=True)(2.0),
        lambda: tg.hessian(returned, has_aux=True)(2.0),
    ):
        with pytest.raises(tg.errors.DTypeError, match=text):
            call()
