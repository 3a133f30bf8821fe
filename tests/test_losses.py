"""Losses against their equations, written in plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.nn.losses import cross_entropy

DTYPES = ["float32", "float64"]


def normal(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# ------------------------------------------------------------------------------ cross-entropy


def reference(z, y, axis):
    """−Σ y log softmax(z), by the definition, for distributions y."""
    a = np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)
    return -(y * np.log(a)).sum(axis=axis)


@st.composite
def problems(draw):
    """Draw logits, classes, the same classes one-hot, and the axis of the classes."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = shape[axis]
    rest = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
    classes = rng.integers(0, count, rest)
    one_hot = np.moveaxis(np.eye(count)[classes], -1, axis)
    return rng.standard_normal(shape), classes, one_hot, axis


@given(problems(), st.sampled_from(["mean", "sum", "none"]), st.sampled_from(DTYPES))
def test_cross_entropy_of_classes_and_of_distributions(problem, reduction, dtype):
    z, classes, one_hot, axis = problem
    reduce = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}[reduction]
    expected = reduce(reference(z, one_hot, axis))
    tolerance = {"rtol": 1e-12, "atol": 1e-14} if dtype == "float64" else {"atol": 1e-5}
    targets = [classes, one_hot, one_hot.astype(int), tg.tensor(classes), tg.tensor(one_hot)]
    for target in targets:
        cost = cross_entropy(tg.tensor(z.astype(dtype)), target, axis=axis, reduction=reduction)
        assert cost.dtype == dtype
        np.testing.assert_allclose(cost.data, expected, **tolerance)
    again = cross_entropy(z, classes, axis=axis, reduction=reduction)  # arrays do as well
    np.testing.assert_allclose(again, expected, rtol=1e-12, atol=1e-14)


@given(problems(), st.sampled_from(DTYPES))
def test_the_gradient_of_the_cost_is_a_minus_y_over_m(problem, dtype):
    z, classes, one_hot, axis = problem
    a = np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)
    expected = (a - one_hot) / (z.size // z.shape[axis])
    for target in (classes, one_hot):
        logits = tg.tensor(z.astype(dtype), requires_grad=True)
        cross_entropy(logits, target, axis=axis).backward()
        assert logits.grad.dtype == dtype
        np.testing.assert_allclose(
            logits.grad.data, expected, atol=1e-14 if dtype == "float64" else 1e-6
        )


@pytest.mark.parametrize("order", [1, 2])
def test_cross_entropy_passes_gradcheck(order):
    z, y = normal(4, 3), np.random.default_rng(1).dirichlet(np.ones(3), 4)
    tg.testing.gradcheck(lambda z, y: cross_entropy(z, y), z, y, order=order)
    tg.testing.gradcheck(lambda z: cross_entropy(z, [0, 2, 1], axis=0), z[:3].T, order=order)


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    st.lists(st.integers(1, 3), max_size=3).map(tuple),
    st.data(),
)
def test_nothing_is_broadcast(logits, target, data):
    axis = data.draw(st.integers(0, len(logits) - 1))
    fits = target in (logits, logits[:axis] + logits[axis + 1 :])
    try:
        losses = cross_entropy(tg.zeros(logits), np.zeros(target, int), axis, "none")
    except ShapeError as error:
        assert not fits
        assert str(logits) in str(error)
        assert str(target) in str(error)
    else:
        assert fits
        assert losses.shape == logits[:axis] + logits[axis + 1 :]


@pytest.mark.parametrize(
    ("logits", "target", "axis", "hint"),
    [
        ((5, 3), (5, 1), -1, "write target.reshape((5,)) to drop the axis of length 1"),
        ((3, 5), (1, 5), 0, "write target.reshape((5,)) to drop the axis of length 1"),
        ((5, 3), (3, 5), -1, "write target.T"),
        ((3, 5), (5,), -1, "write axis=0 if the classes stand along axis 0"),
    ],
)
def test_a_misfit_says_what_to_write(logits, target, axis, hint):
    with pytest.raises(ShapeError) as caught:
        cross_entropy(tg.zeros(logits), np.zeros(target, int), axis)
    assert hint in str(caught.value)


def test_cross_entropy_refuses_wrong_classes_and_words():
    z = tg.zeros((2, 3))
    with pytest.raises(AxisError, match="3"):
        cross_entropy(z, [0, 3])
    with pytest.raises(AxisError, match="-1"):
        cross_entropy(z, [0, -1])
    with pytest.raises(DTypeError, match="class labels are integers, not float32"):
        cross_entropy(z, [0.0, 1.0])
    with pytest.raises(ArgumentError, match="'mean' or 'sum' or 'none', not 'avg'"):
        cross_entropy(z, [0, 1], reduction="avg")
    with pytest.raises(AxisError, match="cross_entropy: axis 2 is out of range"):
        cross_entropy(z, [0, 1], axis=2)
    with pytest.raises(AxisError, match="it has no axes"):
        cross_entropy(tg.tensor(0.0), 0)


def test_cross_entropy_is_finite_where_softmax_saturates():
    z = tg.tensor([[1e4, 0.0], [0.0, -1e4]], requires_grad=True)
    cost = cross_entropy(z, [0, 1], reduction="none")
    assert cost.data.tolist() == [0.0, 1e4]
    cost.sum().backward()
    assert z.grad.data.tolist() == [[0.0, 0.0], [1.0, -1.0]]
