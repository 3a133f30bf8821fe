"""Losses against their equations, written in plain NumPy, and against known numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.nn import losses
from tensorgraph.nn.losses import cross_entropy, kl_divergence, multi_label, nll
from tensorgraph.testing import gradcheck

DTYPES = ["float32", "float64"]
REDUCE = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}
NAN, INF = math.nan, math.inf


def normal(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def simplex(*shape, axis=-1, seed=0):
    """Return distributions along an axis."""
    weights = np.random.default_rng(seed).uniform(0.1, 1.0, shape)
    return weights / weights.sum(axis, keepdims=True)


def close(found, expected, dtype="float64"):
    tolerance = {"rtol": 1e-12, "atol": 1e-14} if dtype == "float64" else {"atol": 2e-5}
    np.testing.assert_allclose(getattr(found, "data", found), expected, **tolerance)


def slopes(f, x, dtype="float64"):
    """Return f's value, its gradient, and the gradient of a projection of that."""
    x = tg.tensor(x, dtype, requires_grad=True)
    value = f(x)
    (first,) = tg.gradients(value.sum(), [x], create_graph=True)
    along = tg.tensor(normal(*x.shape, dtype=dtype, seed=5))
    (second,) = tg.gradients((first * along).sum() + 0 * x.sum(), [x])
    assert value.dtype == first.dtype == second.dtype == dtype
    return value.data, first.data, second.data, along.data


# ------------------------------------------------------------------- element by element, all alike


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def binary(a, y):
    return -(y * np.log(a) + (1 - y) * np.log(1 - a))


def huber(e, delta):
    return np.where(abs(e) <= delta, e**2 / 2, delta * (abs(e) - delta / 2))


ELEMENTWISE = {
    "mse": (losses.mse, normal, normal, lambda p, y: (p - y) ** 2),
    "l1": (losses.l1, normal, normal, lambda p, y: abs(p - y)),
    "huber": (losses.huber, normal, normal, lambda p, y: huber(p - y, 1)),
    "huber, δ = 0.3": (
        lambda *args: losses.huber(*args, delta=0.3), normal, normal,
        lambda p, y: huber(p - y, 0.3),
    ),
    "hinge": (
        losses.hinge, normal, lambda *shape, seed: np.sign(normal(*shape, seed=seed)),
        lambda s, y: np.maximum(0, 1 - y * s),
    ),
    "binary_cross_entropy": (
        losses.binary_cross_entropy,
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        binary,
    ),
    "binary_cross_entropy_with_logits": (
        losses.binary_cross_entropy_with_logits, normal,
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda z, y: binary(sigmoid(z), y),
    ),
    "multi_label": (
        multi_label, normal, lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda z, y: binary(sigmoid(z), y),
    ),
}  # fmt: skip
CLASSWISE = {
    "cross_entropy": (
        cross_entropy, normal, simplex,
        lambda z, y: -(y * np.log(np.exp(z) / np.exp(z).sum(-1, keepdims=True))).sum(-1),
    ),
    "kl_divergence": (
        kl_divergence, lambda *shape, seed: np.log(simplex(*shape, seed=seed)), simplex,
        lambda q, p: (p * np.log(p)).sum(-1) - (p * q).sum(-1),
    ),
}  # fmt: skip
ALL = {**ELEMENTWISE, **CLASSWISE}
every_loss = pytest.mark.parametrize("name", ALL)
shapes = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)


def drawn(name, shape, seed=0):
    """Return a loss, a prediction and a target for it, and the losses by the equation."""
    loss, prediction, target, reference = ALL[name]
    p, y = prediction(*shape, seed=seed), target(*shape, seed=seed + 1)
    return loss, p, y, reference(p, y)


def call(loss, prediction, target, reduction):
    """Call a loss; with an axis that it takes before the reduction it is the last one."""
    along = (-1,) if loss in (cross_entropy, kl_divergence, nll) else ()
    return loss(prediction, target, *along, reduction)


def test_no_loss_is_left_out():
    assert {name.partition(",")[0] for name in ALL} | {"nll"} == set(losses.__all__)


@every_loss
@given(shapes, st.sampled_from(list(REDUCE)), st.sampled_from(DTYPES), st.integers(0, 99))
def test_a_loss_is_its_equation(name, shape, reduction, dtype, seed):
    loss, p, y, expected = drawn(name, shape, seed)
    prediction = tg.tensor(p.astype(dtype))
    for target in (y, tg.tensor(y), y.astype(dtype), y.tolist()):
        cost = call(loss, prediction, target, reduction)
        assert cost.dtype == dtype
        assert cost.shape == (expected.shape if reduction == "none" else ())
        close(cost, REDUCE[reduction](expected), "float32" if target is not y else dtype)
    again = call(loss, p, y, reduction)  # arrays do as well, and give an array
    assert not isinstance(again, tg.Tensor)
    close(again, REDUCE[reduction](expected))


@every_loss
@pytest.mark.parametrize("shape", [(4,), (3, 2)])
@pytest.mark.parametrize("reduction", REDUCE)
def test_gradients_by_prediction_and_target_at_both_orders(name, shape, reduction):
    loss, p, y, _ = drawn(name, shape, seed=3)
    if name == "hinge":  # its labels are −1 and 1, with nothing in between
        gradcheck(lambda p: call(loss, p, y, reduction), p, order=2)
    else:
        gradcheck(lambda p, y: call(loss, p, y, reduction), p, y, order=2)


@every_loss
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_mean_of_nothing_is_0(name, dtype):
    loss, p, y, _ = drawn(name, (0, 3))
    for reduction in ("mean", "sum"):
        value, first, second, _ = slopes(lambda p, r=reduction: call(loss, p, y, r), p, dtype)
        assert value == 0
        assert first.shape == second.shape == (0, 3)
    assert call(loss, p, y, "none").shape[0] == 0


@every_loss
def test_the_layout_in_memory_does_not_matter(name):
    loss, p, y, expected = drawn(name, (4, 3))
    odd = [np.asfortranarray(np.repeat(x, 2, axis=0))[::2] for x in (p, y)]
    for array in odd:
        array.setflags(write=False)
    close(call(loss, *odd, "none"), expected)


@pytest.mark.parametrize("name", [*ELEMENTWISE, "kl_divergence"])
@pytest.mark.parametrize(
    ("prediction", "target", "hint"),
    [
        ((5, 1), (5,), "; write target.reshape((5, 1)), or prediction.reshape((5,))"),
        ((5,), (5, 1), "; write target.reshape((5,)), or prediction.reshape((5, 1))"),
        ((5, 3), (3, 5), "; write target.T"),
        ((5, 3), (1,), "; write tg.broadcast_to(target, (5, 3)) to compare all with one number"),
        ((5, 3), (1, 3), ""),
        ((2, 3), (2, 3, 4), ""),
    ],
)
def test_nothing_is_broadcast(name, prediction, target, hint):
    loss = ALL[name][0]
    p, y = np.full(prediction, 0.5), np.ones(target)
    with pytest.raises(ShapeError) as caught:
        loss(tg.tensor(p), y)
    assert str(caught.value).endswith(
        f"a prediction of shape {prediction} and a target of shape {target} must have the same"
        f" shape{hint}"
    )
    for line in hint.split("; write ")[1:]:
        written = eval(line.split(" to ")[0].split(", or ")[0], {"target": tg.tensor(y), "tg": tg})
        assert loss(tg.tensor(p), written).shape == ()


@every_loss
@pytest.mark.parametrize("reduction", ["avg", None, ["mean"], "batchmean"])
def test_an_unknown_reduction_is_refused(name, reduction):
    loss, p, y, _ = drawn(name, (2, 3))
    with pytest.raises(ArgumentError) as caught:
        call(loss, p, y, reduction)
    assert str(caught.value) == f"reduction must be 'mean' or 'sum' or 'none', not {reduction!r}"


class Cost(nn.Module):
    def __init__(self, loss):
        self.loss = loss

    def forward(self, prediction, target):
        return self.loss(prediction, target)


@every_loss
def test_messages_tell_the_module(name):
    model = nn.Sequential(Cost(ALL[name][0]))
    with pytest.raises(ShapeError, match=r"^\w+ in model.* Cost: a prediction of shape \(2, 3\)"):
        Cost(ALL[name][0])(tg.zeros((2, 3)), tg.zeros((4,)))
    assert len(model.layers) == 1


@every_loss
@pytest.mark.parametrize("kind", ["int64", "int8", "uint8", "bool"])
def test_whole_numbers_are_labels_and_predictions_too(name, kind):
    loss, p, _, _ = drawn(name, (3, 2))
    y = np.array([[1, 0], [0, 1], [1, 0]], kind) if name != "hinge" else np.ones((3, 2), kind)
    cost = loss(tg.tensor(p.astype("float32")), y)
    assert cost.dtype == "float32"
    close(cost, loss(p, y * 1.0), "float32")
    whole = loss(np.zeros((3, 2), kind), y)  # no difference of unsigned numbers wraps around
    assert whole.dtype == "float32"
    close(whole, loss(np.zeros((3, 2)), y * 1.0), "float32")


@pytest.mark.parametrize("op", [tg.sigmoid_cross_entropy, tg.softmax_cross_entropy])
@pytest.mark.parametrize("kind", ["int64", "uint8", "bool"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ops_behind_the_losses_stay_in_the_logits_dtype(op, kind, dtype):
    z, y = tg.tensor(normal(2, 3), dtype, requires_grad=True), np.eye(3)[:2]
    value = op(z, y.astype(kind))
    value.sum().backward()
    assert value.dtype == z.grad.dtype == dtype
    close(value, op(normal(2, 3), y), dtype)
    assert tg.sigmoid_cross_entropy(tg.tensor(0.5, dtype), 1).dtype == dtype


# ------------------------------------------------------------------------------ known numbers

THIRDS, BINOMIAL = np.full(3, 1 / 3), np.array([9, 12, 4]) / 25
PREDICTED = [[0.6, 0.4], [0.4, 0.6]]


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        # Wikipedia, "Kullback–Leibler divergence", basic example
        (lambda: kl_divergence(np.log(THIRDS), BINOMIAL), 0.0852996),
        (lambda: kl_divergence(np.log(BINOMIAL), THIRDS), 0.097455),
        # the examples in the documentation of Keras' losses
        (lambda: kl_divergence(np.log(PREDICTED), [[0, 1], [0, 0]]), 0.458),
        (lambda: losses.mse([[1.0, 1.0], [1.0, 0.0]], [[0, 1], [0, 0]]), 0.5),
        (lambda: losses.huber(PREDICTED, [[0, 1], [0, 0]]), 0.155),
        (lambda: losses.hinge(PREDICTED, [[-1, 1], [-1, -1]]), 1.3),
        (lambda: losses.binary_cross_entropy(PREDICTED, [[0, 1], [0, 0]]), 0.815),
        (
            lambda: losses.binary_cross_entropy_with_logits(
                [-18.6, 0.51, 2.94, -12.8], [0, 1, 0, 0]
            ),
            0.865,
        ),
        (lambda: nll(np.log([[0.05, 0.95, 1e-7], [0.1, 0.8, 0.1]]), [1, 2]), 1.177),
        # log K for a network that knows nothing yet
        (lambda: cross_entropy(np.zeros((4, 10)), [0, 3, 9, 3]), 2.302585),
        (lambda: cross_entropy([1.0, 2.0, 3.0], 2), 0.407606),
        (lambda: losses.l1([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2, 8]), 0.5),
    ],
)
def test_known_numbers(cost, expected):
    digits = len(str(expected).partition(".")[2])
    assert float(cost()) == pytest.approx(expected, abs=0.51 * 10**-digits)


# ------------------------------------------------------------------------------ of classes


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


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("reduction", REDUCE)
def test_gradients_of_cross_entropy_at_both_orders(options, reduction):
    z, classes = normal(4, 3), [0, 2, 1, options.get("ignore_index", 0)]

    def cost(z, **more):
        return cross_entropy(z, classes, reduction=reduction, **{**options, **more})

    gradcheck(cost, z, order=2)
    gradcheck(lambda z: cross_entropy(z.T, classes, 0, reduction, **options), z, order=2)
    soft = {name: value for name, value in options.items() if name != "ignore_index"}
    gradcheck(
        lambda z, y: cross_entropy(z, y, reduction=reduction, **soft), z, simplex(4, 3), order=2
    )
    if "weight" in options:
        gradcheck(lambda z, w: cost(z, weight=w), z, np.array([0.5, 2.0, 1.0]), order=2)
    if "label_smoothing" not in options:
        gradcheck(
            lambda z: nll(tg.log_softmax(z), classes, reduction=reduction, **options), z, order=2
        )
        gradcheck(lambda z: nll(z, classes, reduction=reduction, **options), z, order=2)


@given(problems(), st.sampled_from(OPTIONS[:3]), st.floats(1, 1e4))
def test_the_gradient_sums_to_0_over_the_classes(problem, options, scale):
    z, classes, one_hot, axis = problem
    if "weight" in options:
        options = {"weight": np.linspace(0, 2, z.shape[axis])}
    for target in (classes, one_hot):
        logits = tg.tensor(scale * z, requires_grad=True)
        cross_entropy(logits, target, axis, **options).backward()
        np.testing.assert_allclose(logits.grad.data.sum(axis), 0, atol=1e-15)


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


# ------------------------------------------------------------------------------ what is refused

Z = tg.zeros((2, 3))


@pytest.mark.parametrize(
    ("cost", "error", "message"),
    [
        (lambda: cross_entropy(Z, [0, 3]), AxisError, "label 3 at index (1,) is not one of the 3"),
        (lambda: cross_entropy(Z, [0, -1]), AxisError, "label -1 at index (1,)"),
        (lambda: nll(Z, [0, -100]), AxisError, "nll: label -100 at index (1,)"),
        (lambda: nll(Z, [-1, 7], ignore_index=-1), AxisError, "nll: label 7 at index (1,)"),
        (lambda: nll(Z, [0.0, 1.0]), DTypeError, "integers, not float32"),
        (lambda: cross_entropy(Z, [0.0, 1.0]), DTypeError, "integers, not float32"),
        (
            lambda: cross_entropy(Z, [0.0, 1.0], ignore_index=0),
            DTypeError, "integers, not float32",
        ),
        (lambda: cross_entropy(Z, [True, False]), DTypeError, "integers, not bool"),
        (lambda: cross_entropy(Z, [0, 1], 2), AxisError, "cross_entropy: axis 2 is out of range"),
        (lambda: nll(Z, [0, 1], 2), AxisError, "nll: axis 2 is out of range"),
        (lambda: kl_divergence(Z, Z, 2), AxisError, "kl_divergence: axis 2 is out of range"),
        (lambda: cross_entropy(tg.tensor(0.0), 0), AxisError, "it has no axes"),
        (
            lambda: cross_entropy(Z, [0, 1], weight=[1.0, 2.0]), ShapeError,
            "cross_entropy: weight of shape (2,) must hold one number for each of the 3 classes,"
            " shape (3,)",
        ),
        (lambda: nll(Z, [0, 1], weight=1.0), ShapeError, "nll: weight of shape () must hold"),
        (
            lambda: cross_entropy(Z, [0, 1], weight=[1.0, -2.0, 1.0]), ArgumentError,
            "cross_entropy: the weight -2.0 at index (1,) is negative or not finite",
        ),
        (lambda: nll(Z, [0, 1], weight=[1.0, NAN, 1.0]), ArgumentError, "the weight nan"),
        (lambda: nll(Z, [0, 1], weight=tg.tensor([1.0, 1.0, INF])), ArgumentError, "weight inf"),
        *(
            (
                lambda s=smoothing: cross_entropy(Z, [0, 1], label_smoothing=s), ArgumentError,
                f"cross_entropy: label_smoothing is in [0, 1), not {smoothing:g}",
            )
            for smoothing in (1.0, -0.1, NAN)
        ),
        (
            lambda: cross_entropy(Z, [0, 1], label_smoothing="much"), DTypeError,
            "label_smoothing is a number",
        ),
        (lambda: nll(Z, [0, 1], ignore_index=0.5), DTypeError, "ignore_index is an integer"),
        (
            lambda: cross_entropy(Z, Z, ignore_index=0), ArgumentError,
            "cross_entropy: ignore_index marks classes, and this target holds distributions",
        ),
        (lambda: nll(Z, Z), ShapeError, "(for distributions see kl_divergence), not a target"),
        (
            lambda: kl_divergence(Z, np.log(simplex(2, 3))), ArgumentError,
            "does not lie in [0, 1]; it holds probabilities, not their logarithms",
        ),
        (lambda: losses.huber(Z, Z, delta=0), ArgumentError, "huber: delta is above 0, not 0"),
        (lambda: losses.huber(Z, Z, delta=NAN), ArgumentError, "delta is above 0, not nan"),
        (lambda: losses.huber(Z, Z, delta="1"), DTypeError, "delta is a number"),
        (
            lambda: losses.hinge([2.0, 1.0], [1, 0]), ArgumentError,
            "hinge: the label 0.0 at index (1,) is neither −1 nor 1; for labels 0 and 1 write 2 *"
            " target - 1",
        ),
        (
            lambda: losses.binary_cross_entropy([0.5, 1.5], [1, 0]), ArgumentError,
            "binary_cross_entropy: the probability 1.5 at index (1,) does not lie in [0, 1]; for"
            " logits write losses.binary_cross_entropy_with_logits",
        ),
        (
            lambda: losses.binary_cross_entropy([0.5, 0.5], [1, -1]), ArgumentError,
            "the label -1.0 at index (1,) does not lie in [0, 1]; labels are 0 and 1 (for −1 and 1,"
            " write (target + 1) / 2, or losses.hinge)",
        ),
        (
            lambda: losses.binary_cross_entropy_with_logits(tg.zeros(()), 2), ArgumentError,
            "binary_cross_entropy_with_logits: the label 2.0 at index ()",
        ),
        (lambda: multi_label(Z, Z + 2), ArgumentError, "multi_label: the label 2.0 at"),
        (
            lambda: multi_label(Z, Z, mask=Z), DTypeError,
            "multi_label: mask must be boolean, not float32; write mask == 1",
        ),
        (
            lambda: multi_label(Z, Z, mask=[True, False, True]), ShapeError,
            "multi_label: mask of shape (3,) and logits of shape (2, 3) must have the same shape",
        ),
    ],
)  # fmt: skip
def test_refusals(cost, error, message):
    with pytest.raises(error) as caught:
        cost()
    assert message in str(caught.value)
