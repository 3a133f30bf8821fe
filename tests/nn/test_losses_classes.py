"""Losses of classes with all their options, against a loop over examples."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ShapeError
from tensorgraph.nn.losses import cross_entropy, kl_divergence, nll
from tensorgraph.testing import gradcheck
from tests.nn.loss_helpers import DTYPES, INF, NAN, REDUCE, close, normal, shapes, simplex, slopes


def reference(z, target, axis=-1, weight=None, smoothing=0.0, ignore=None):
    """Return the losses and weights of all examples, one after the other, by the definition."""
    z = np.moveaxis(z, axis, -1)
    classes = z.shape[-1]
    hot = target.ndim == z.ndim
    target = np.moveaxis(target, axis, -1) if hot else target
    weight = np.ones(classes) if weight is None else weight
    found, counted = np.zeros(z.shape[:-1]), np.zeros(z.shape[:-1])
    for i in np.ndindex(found.shape):
        if not hot and target[i] == ignore:
            continue
        y = target[i] if hot else np.eye(classes)[target[i]]
        a = np.exp(z[i]) / sum(np.exp(z[i]))
        q = (1 - smoothing) * y + smoothing / classes
        found[i] = -sum(weight[k] * q[k] * math.log(a[k]) for k in range(classes))
        counted[i] = sum(weight * y)
    return found, counted


@st.composite
def problems(draw):
    """Draw logits, classes, the same classes one-hot, and the axis of the classes."""
    shape = draw(shapes)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    shape = tuple(n + (k == axis % len(shape)) for k, n in enumerate(shape))  # two classes or more
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = shape[axis]
    rest = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
    classes = rng.integers(0, count, rest)
    one_hot = np.moveaxis(np.eye(count)[classes], -1, axis)
    return rng.standard_normal(shape), classes, one_hot, axis


@given(
    problems(),
    st.sampled_from(list(REDUCE)),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.9]),
    st.sampled_from([None, 0, -100]),
    st.sampled_from(DTYPES),
)
def test_cross_entropy_with_all_its_options(problem, reduction, weighted, smoothing, ignore, dtype):
    z, classes, one_hot, axis = problem
    weight = np.linspace(0.5, 2.0, z.shape[axis]) if weighted else None
    if ignore == -100:
        classes = np.where(np.arange(classes.size).reshape(classes.shape) % 2, classes, -100)
    found, counted = reference(z, classes, axis, weight, smoothing, ignore)
    expected = (
        found.sum() / (counted.sum() or 1) if reduction == "mean" else REDUCE[reduction](found)
    )
    options = {"weight": weight, "label_smoothing": smoothing}
    logits = tg.tensor(z.astype(dtype))
    kinds = [] if ignore == -100 else ["uint8", "uint64"]
    for target in (classes, tg.tensor(classes), *(classes.astype(k) for k in ["int8", *kinds])):
        cost = cross_entropy(logits, target, axis, reduction, ignore_index=ignore, **options)
        assert cost.dtype == dtype
        close(cost, expected, dtype)
    close(cross_entropy(z, classes, axis, reduction, ignore_index=ignore, **options), expected)
    if ignore is None:  # a class is the distribution that is 1 there
        for target in (one_hot, one_hot.astype(int), tg.tensor(one_hot)):
            cost = cross_entropy(logits, target, axis, reduction, **options)
            assert cost.dtype == dtype
            close(cost, expected, dtype)
    if not smoothing:
        logs = z - np.log(np.exp(z).sum(axis, keepdims=True))
        logs = tg.tensor(logs.astype(dtype))
        cost = nll(logs, classes, axis, reduction, weight=weight, ignore_index=ignore)
        assert cost.dtype == dtype
        close(cost, expected, dtype)


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


OPTIONS = [
    {},
    {"weight": [0.5, 2.0, 1.0]},
    {"label_smoothing": 0.2},
    {"ignore_index": 1},
    {"ignore_index": -100, "weight": [0.5, 2.0, 1.0], "label_smoothing": 0.2},
]


@pytest.mark.parametrize("options", OPTIONS[:3], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_gradients_by_distributions_and_weights_at_both_orders(options, reduction):
    z, classes = normal(4, 3), [0, 2, 1, 0]

    def cost(z, y, **more):
        return cross_entropy(z, y, reduction=reduction, **{**options, **more})

    gradcheck(cost, z, simplex(4, 3), order=2)
    if "weight" in options:
        gradcheck(lambda z, w: cost(z, classes, weight=w), z, np.array([0.5, 2.0, 1.0]), order=2)
        gradcheck(
            lambda w: nll(z, classes, reduction=reduction, weight=w), np.array([0.5, 2.0, 1.0])
        )


@given(problems(), st.floats(-1e3, 1e3))
def test_invariances_of_cross_entropy(problem, shift):
    z, classes, one_hot, axis = problem
    cost = cross_entropy(z, classes, axis)
    close(cross_entropy(z, one_hot, axis), cost)
    np.testing.assert_allclose(cross_entropy(z + shift, classes, axis), cost, atol=1e-11)
    close(cross_entropy(z, classes, axis, weight=np.full(z.shape[axis], 3.0)), cost)
    close(cross_entropy(np.moveaxis(z, axis, 0), classes, 0), cost)
    close(cross_entropy(z, classes, axis, "sum"), cost * max(classes.size, 1))
    close(nll(tg.log_softmax(z, axis=axis), classes, axis), cost)
    logs = tg.log_softmax(z, axis=axis)
    y = tg.softmax(normal(*z.shape, seed=9), axis=axis)
    entropy = -(y * np.log(y)).sum(axis).mean()
    close(kl_divergence(logs, y, axis) + entropy, cross_entropy(z, y, axis))
    assert kl_divergence(logs, y, axis) > -1e-15
    close(kl_divergence(np.log(y), y, axis), 0)


def test_a_weight_is_how_often_an_example_counts():
    z, classes = normal(5, 3), np.array([0, 1, 2, 1, 0])
    often = np.repeat(np.arange(5), np.array([1, 3, 2])[classes])
    for options in ({}, {"ignore_index": 2}):
        close(
            cross_entropy(z, classes, weight=[1, 3, 2], **options),
            cross_entropy(z[often], classes[often], **options),
        )


@pytest.mark.parametrize("options", OPTIONS[:3], ids=str)
@pytest.mark.parametrize("loss", [cross_entropy, nll])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_ignored_example_is_as_if_it_were_not_there(options, loss, dtype):
    if loss is nll and "label_smoothing" in options:
        return
    z, classes = normal(4, 3, dtype=dtype), np.array([0, -100, 2, -100])
    kept = classes >= 0
    alone = slopes(lambda z: loss(z, classes[kept], **options), z[kept], dtype)
    for filling in (0.0, 1e4, -INF, INF, NAN):  # which has no influence
        z[~kept] = filling
        found = slopes(lambda z: loss(z, classes, ignore_index=-100, **options), z, dtype)
        close(found[0], alone[0], dtype)
        close(found[1][kept], alone[1], dtype)
        assert not found[1][~kept].any()
        assert not found[2][~kept].any()
        losses_of = loss(z, classes, -1, "none", ignore_index=-100, **options)
        assert losses_of.shape == (4,)
        assert not losses_of[~kept].any()


@pytest.mark.parametrize("loss", [cross_entropy, nll])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.0]])
def test_a_class_to_ignore_need_not_fit_the_dtype_of_the_labels(loss, weight):
    for kind in ("uint8", "int8"):
        classes = np.array([0, 2], kind)
        close(
            loss(normal(2, 3), classes, weight=weight, ignore_index=-1000),
            loss(normal(2, 3), classes, weight=weight),
        )


@pytest.mark.parametrize("loss", [cross_entropy, nll])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.0]])
def test_where_nothing_counts_the_cost_is_0(loss, weight):
    for classes in ([7, 7], [2, 7]) if weight else ([7, 7],):
        value, first, second, _ = slopes(
            lambda z, c=classes: loss(z, c, weight=weight, ignore_index=7), normal(2, 3)
        )
        assert value == 0
        assert not first.any()
        assert not second.any()


def test_a_class_of_no_weight_may_be_impossible():
    z = [[0.0, -INF], [0.0, 1.0]]
    for target in ([1, 1], [[0.0, 1.0], [0.0, 1.0]]):
        assert cross_entropy(z, target) == INF
        cost = cross_entropy(z, [1, 0], weight=[2, 0])
        assert cost == pytest.approx(math.log1p(math.e), rel=1e-6)
    assert nll(z, [1, 0], weight=[2, 0]) == 0
    smooth = cross_entropy(z, [1, 0], weight=[2, 0], label_smoothing=0.5)
    assert np.isfinite(smooth)
    assert cross_entropy(z, [0, 0], label_smoothing=0.5) == INF  # which asks for every class


@given(shapes, st.lists(st.integers(1, 3), max_size=3).map(tuple), st.data())
def test_classes_are_not_broadcast(logits, target, data):
    axis = data.draw(st.integers(0, len(logits) - 1))
    classes = logits[:axis] + logits[axis + 1 :]
    for loss, fitting in ((cross_entropy, (logits, classes)), (nll, (classes,))):
        try:
            found = loss(tg.zeros(logits), np.zeros(target, int), axis, "none")
        except ShapeError as error:
            if logits[axis] == 1:
                assert f"{logits} has one class along axis {axis}" in str(error)
                continue
            assert target not in fitting
            assert str(logits) in str(error)
            assert str(target) in str(error)
        else:
            assert target in fitting
            assert found.shape == classes


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
    for loss in (cross_entropy, nll):
        with pytest.raises(ShapeError) as caught:
            loss(tg.zeros(logits), np.zeros(target, int), axis)
        assert hint in str(caught.value)
