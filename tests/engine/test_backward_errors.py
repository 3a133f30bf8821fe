"""What backward and failing calls tell, and that they leave nothing behind."""

from contextlib import nullcontext

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.engine.modes import MODE
from tests.raising import told

X = np.arange(6.0).reshape(2, 3)


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# ----------------------------------------------------------------------------------------- backward


def test_backward_of_a_non_scalar():
    y = leaf([1.0, 2.0]) * 2
    assert told(y.backward, errors.GraphError) == (
        "only a scalar has a gradient by itself, tensor 'y' has shape (2,); write"
        " .sum() or .mean() first, or give the gradient to start from"
    )
    assert "tensor 'w' has shape (2,)" in told(
        leaf([1.0, 2.0], name="w").backward, errors.GraphError
    )


def test_backward_of_what_needs_no_gradient():
    text = told(tg.tensor(1.0).backward, errors.GraphError)
    assert text.startswith(
        "this tensor needs no gradient: nothing it was computed from has requires_g"
    )
    assert "write requires_grad=True where a parameter is made, and w.assign(w - …)" in text
    with tg.no_grad():
        y = leaf(1.0) * 2
    assert "it was computed under tg.no_grad()" in told(y.backward, errors.GraphError)


def test_backward_twice():
    x = leaf(2.0)
    y = tg.exp(x)
    y.backward()
    text = told(y.backward, errors.GraphError)
    assert (
        "what 'exp' saved was released; write retain_graph=True in the first call, or compute"
        in text
    )
    assert x.grad.item() == pytest.approx(np.exp(2))


def test_backward_of_something_else():
    assert told(lambda: tg.backward(3), errors.DTypeError) == (
        "only a tensor can be differentiated, not 3"
    )


@pytest.mark.parametrize(
    ("gradient", "error", "text"),
    [
        ([1.0], errors.ShapeError, "the gradient to start from has shape (1,), the output (2,)"),
        (1.0, errors.ShapeError, "has shape (), the output (2,)"),
        (np.ones((2, 1)), errors.ShapeError, "has shape (2, 1), the output (2,)"),
        ("ab", errors.DTypeError, "not strings"),
    ],
)
def test_wrong_gradient_to_start_from(gradient, error, text):
    x = leaf([1.0, 2.0])
    y = x * x
    assert text in told(lambda: y.backward(gradient), error)
    assert text in told(lambda: tg.gradients(y, x, grad_output=gradient), error)
    assert x.grad is None
    y.backward([1.0, 1.0])  # the failed calls released nothing
    assert x.grad.data.tolist() == [2, 4]


# ----------------------------------------------------------------------------- no state left behind


def test_a_failed_op_leaves_no_state():
    x = leaf(X)
    y = (x * 2).sum()
    scope = MODE.get()
    for fail in (lambda: x @ x, lambda: x[9], lambda: x.sum(7), lambda: x + "a", lambda: x[0:1.5]):
        with pytest.raises((ValueError, TypeError)):
            fail()
    assert MODE.get() is scope
    y.backward()
    assert x.grad.data.tolist() == np.full((2, 3), 2.0).tolist()


def test_a_failed_backward_updates_no_gradient():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    a.grad = [1.0, 1.0]
    bad = tg.op("bad", lambda x: x * 1.0, {"x": lambda g: np.zeros(7)})
    loss = (a * 2).sum() + bad(b * 1.0).sum() + (a * b).sum()
    with pytest.raises(errors.ShapeError):
        loss.backward()
    assert a.grad.data.tolist() == [1, 1] and b.grad is None
    assert tg.is_grad_enabled()


# ------------------------------------------------------------------------------- hooks of a user's


PLACES = {
    "leaf": lambda x: x,
    "result": lambda x: x * 1.0,
    "output": lambda x: (x * x).sum(),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_numpy_warns_in_a_hook_as_it_does_around_the_backward_pass(place, create_graph):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = PLACES[place](x)
    y.register_hook(lambda g: tg.tensor(np.float64(1.0) / np.zeros(g.shape)))
    loss = (y * y).sum()
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        tg.gradients(loss, x, retain_graph=True, create_graph=create_graph)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        loss.backward(retain_graph=True, create_graph=create_graph)
    with np.errstate(divide="ignore"):
        loss.backward()
    assert np.isinf(x.grad.data).all()


def test_a_backward_pass_in_a_hook_is_quiet_and_its_hooks_are_not():
    x, inner = (tg.tensor(0.0, requires_grad=True) for _ in range(2))
    inner.register_hook(lambda g: np.log(np.zeros(())))

    def hook(g):
        (tg.sqrt(inner) * 0).backward()  # 0 · ∞, without a word

    x.register_hook(hook)
    with pytest.warns(RuntimeWarning) as caught:
        (x * x).backward()
    assert ["divide by zero encountered in log" in str(w.message) for w in caught] == [True]
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.float64(1.0) / np.zeros(2)


@pytest.mark.parametrize("place", PLACES)
def test_what_a_hook_raises_is_its_own(place):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = PLACES[place](x)
    y.register_hook(lambda g: g.no_such_attribute)
    with pytest.raises(AttributeError, match="no attribute 'no_such_attribute'") as caught:
        (y * y).sum().backward()
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("watched", [False, True])
def test_an_attribute_that_a_rule_misses_is_not_what_it_returned(watched):
    around = tg.profile if watched else nullcontext
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    misses = tg.op("misses", lambda x: x + 0, {"x": lambda g: g.no_such_attribute})
    with around(), pytest.raises(AttributeError, match="no_such_attribute") as caught:
        misses(x).sum().backward()
    assert "in the backward pass of <node" in caught.value.__notes__[0]
    for kind, rule in [("NoneType", lambda g: None), ("str", lambda g: "g")]:
        returns = tg.op("returns", lambda x: x + 0, {"x": rule})
        with around(), pytest.raises(tg.errors.DTypeError) as found:
            returns(x).sum().backward()
        assert f"for 'x' returned {kind}, not an array or tensor" in str(found.value)
