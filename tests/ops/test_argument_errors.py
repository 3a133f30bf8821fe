"""Indices, labels, axes and static parameters that make no sense: what an op tells."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tests.raising import told

X = np.arange(6.0).reshape(2, 3)


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# ---------------------------------------------------------------------------- indices, labels, axes


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda x: x[5],
            errors.AxisError,
            "getitem: index 5 is out of bounds for axis 0 with size 2",
        ),
        (lambda x: x[0, -4], errors.AxisError, "index -4 is out of bounds for axis 1 with size 3"),
        (lambda x: x[[0, 7]], errors.AxisError, "index 7 is out of bounds"),
        (
            lambda x: x[0, 0, 0],
            errors.AxisError,
            "too many indices for tensor: it is 2-dimensional",
        ),
        (
            lambda x: x[[True, False, True]],
            errors.AxisError,
            "boolean index did not match tensor along",
        ),
        (
            lambda x: x[1.0],
            errors.DTypeError,
            "an index is an integer, not 1.0; write int(…)",
        ),
        (lambda x: x[tg.ones(1)], errors.DTypeError, "write .astype('int64')"),
        (
            lambda x: x["a"],
            errors.DTypeError,
            "an index is an integer, a slice, ..., None, or an array",
        ),
        (lambda x: x[0.5:], errors.DTypeError, "a slice is made of integers, not 0.5"),
        (lambda x: tg.take(x, [7], axis=1), errors.AxisError, "index 7 is out of bounds"),
        (lambda x: tg.take(x, [0], axis=2), errors.AxisError, "take: axis 2 is out of range"),
        (lambda x: tg.set_at(x, 7, 0.0), errors.AxisError, "set_at: index 7 is out of bounds"),
        (
            lambda x: tg.one_hot([0, 3], 3),
            errors.AxisError,
            "one_hot: label 3 at index (1,) is not one of the 3 classes 0 … 2",
        ),
        (lambda x: tg.one_hot([[0], [-1]], 3), errors.AxisError, "label -1 at index (1, 0)"),
        (lambda x: tg.one_hot([0.5], 3), errors.DTypeError, "labels are integers, not float32"),
        (
            lambda x: tg.class_cross_entropy(x, [0, 3]),
            errors.AxisError,
            "class_cross_entropy: label 3 at index (1,) is not one of the 3 classes",
        ),
        (lambda x: tg.class_cross_entropy(x, [-1, 0]), errors.AxisError, "label -1 at index (0,)"),
        (
            lambda x: tg.class_cross_entropy(x, [0.0, 1.0]),
            errors.DTypeError,
            "class labels are integers",
        ),
    ],
)
def test_indices_and_labels_out_of_range(call, error, text):
    assert text in told(lambda: call(tg.tensor(X)), error)
    assert text in told(lambda: call(leaf(X)), error)


AXIS_CALLS = {
    "sum": lambda x, a: tg.sum(x, axis=a),
    "mean": lambda x, a: x.mean(a),
    "max": lambda x, a: x.max(a),
    "argmax": lambda x, a: x.argmax(a),
    "softmax": lambda x, a: x.softmax(a),
    "logsumexp": lambda x, a: x.logsumexp(a),
    "cumulative_sum": lambda x, a: x.cumulative_sum(a),
    "sort": lambda x, a: x.sort(a),
    "argsort": lambda x, a: x.argsort(a),
    "flip": lambda x, a: x.flip(a),
    "roll": lambda x, a: tg.roll(x, 1, a),
    "concat": lambda x, a: tg.concat([x, x], a),
    "split": lambda x, a: tg.split(x, 1, a),
    "unstack": lambda x, a: tg.unstack(x, a),
    "repeat": lambda x, a: x.repeat(2, a),
    "squeeze": lambda x, a: x.squeeze(a),
    "take_along_axis": lambda x, a: tg.take_along_axis(x, [[0]], a),
    "norm": lambda x, a: x.norm(a),
}


@pytest.mark.parametrize("name", AXIS_CALLS)
def test_axis_out_of_range_or_no_integer(name):
    for axis in (2, -3):
        text = told(lambda axis=axis: AXIS_CALLS[name](tg.tensor(X), axis), errors.AxisError)
        assert text == (
            f"{name}: axis {axis} is out of range for a tensor with 2 axes: allowed are -2 … 1"
        )
    for axis in ("a", 1.0):
        text = told(lambda axis=axis: AXIS_CALLS[name](tg.tensor(X), axis), errors.DTypeError)
        assert text == f"{name}: axis must be an integer, not {axis!r}"


def test_axes_of_what_has_none():
    assert "a tensor with 0 axes: it has no axes" in told(
        lambda: tg.tensor(1.0).sum(0), errors.AxisError
    )
    with pytest.raises(TypeError, match=r"len\(\) of a tensor with no axes"):
        len(tg.tensor(1.0))
    with pytest.raises(TypeError, match="iteration over a tensor with no axes"):
        iter(tg.tensor(1.0))
    assert "too many indices for tensor: it is 0-dimensional" in told(
        lambda: tg.tensor(1.0)[0], errors.AxisError
    )


def test_an_axis_named_twice():
    assert "sum: axis (0, -2) names an axis twice" in told(
        lambda: tg.tensor(X).sum((0, -2)), errors.ArgumentError
    )


def test_extrema_of_nothing():
    for f in (tg.max, tg.min, tg.argmax, tg.argmin):
        text = told(lambda f=f: f(tg.zeros((0, 3))), errors.AxisError)
        assert "an empty axis has no extremum (shape (0, 3), axis None)" in text
        assert f(tg.zeros((0, 3)), axis=1).shape == (0,)


# -------------------------------------------------------------------------------- static parameters


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda x: tg.leaky_relu(x, slope="a"),
            errors.ArgumentTypeError,
            "leaky_relu: slope is a number, not",
        ),
        (
            lambda x: tg.elu(x, alpha=None),
            errors.ArgumentTypeError,
            "elu: alpha is a number, not None",
        ),
        (
            lambda x: tg.leaky_relu(x, leaf(0.1)),
            errors.GraphError,
            "slope is a parameter without gradi",
        ),
        (lambda x: tg.clip(x, 3, 1), errors.ArgumentError, "clip: min = 3 is above max = 1"),
        (
            lambda x: tg.clip(x, np.zeros(7)),
            errors.ShapeError,
            "y of shape (7,) do not broadcast: axis -1 has",
        ),
        (lambda x: tg.clip(x, "a"), errors.ArgumentTypeError, "clip: min is a number, not 'a'"),
        (
            lambda x: tg.round(x, 0.5),
            errors.ArgumentTypeError,
            "round: decimals is an integer, not 0.5",
        ),
        (
            lambda x: tg.var(x, correction="a"),
            errors.ArgumentTypeError,
            "correction is a number, not 'a'",
        ),
        (
            lambda x: tg.pad(x, -1),
            errors.ArgumentError,
            "must not be negative; write a slice to cut",
        ),
        (
            lambda x: tg.pad(x, ((1, 2, 3),)),
            errors.ArgumentError,
            "a number, a pair, or a pair for each",
        ),
        (
            lambda x: tg.pad(x, 1.5),
            errors.ArgumentTypeError,
            "pad widths must be an integer or a tuple of them",
        ),
        (
            lambda x: tg.pad(x, 1, constant="a"),
            errors.ArgumentTypeError,
            "constant is a number, not 'a'",
        ),
        (
            lambda x: tg.tile(x, -1),
            errors.ArgumentError,
            "tile: repetitions (-1,) must not be negative",
        ),
        (
            lambda x: tg.repeat(x, -1),
            errors.ArgumentError,
            "repeat: repeats is at least 0, not -1",
        ),
        (
            lambda x: tg.repeat(x, [1, 2]),
            errors.ArgumentError,
            "one for each element along the axis",
        ),
        (lambda x: tg.repeat(x, 1.5), errors.ArgumentTypeError, "repeats is an integer, not 1.5"),
        (
            lambda x: tg.roll(x, (1, 2), axis=0),
            errors.ArgumentError,
            "2 shifts were given for 1 axes",
        ),
        (lambda x: tg.roll(x, "a"), errors.ArgumentTypeError, "shift is an integer, not 'a'"),
        (lambda x: tg.triu(x, "a"), errors.ArgumentTypeError, "k is an integer, not 'a'"),
        (
            lambda x: tg.permute_dims(x, (0, 0)),
            errors.ArgumentError,
            "do not name each of the 2 axes o",
        ),
        (
            lambda x: tg.permute_dims(x, "ab"),
            errors.ArgumentTypeError,
            "axes must be an integer or a tuple of them, not 'ab'",
        ),
        (
            lambda x: x.reshape("a"),
            errors.ArgumentTypeError,
            "a shape must be an integer or a tuple of them, not 'a'",
        ),
        (lambda x: tg.one_hot([0], 0), errors.ArgumentError, "num_classes is at least 1, not 0"),
        (
            lambda x: tg.one_hot([0], 2.5),
            errors.ArgumentTypeError,
            "num_classes is an integer, not 2.5",
        ),
        (
            lambda x: tg.split(x, 2, 1),
            errors.ArgumentError,
            "split: axis 1 of length 3 cannot be cut in"
            "to 2 equal parts; give the positions to cut at",
        ),
        (lambda x: tg.split(x, 0), errors.ArgumentError, "cannot be cut into 0 equal parts"),
        (
            lambda x: tg.tensordot(x, x, [[0]]),
            errors.ArgumentError,
            "a count, or a pair of axis lists",
        ),
        (lambda x: tg.concat(5), errors.DTypeError, "concat: arrays is a list of tensors, not 5"),
        (lambda x: tg.stack(5), errors.DTypeError, "stack: arrays is a list of tensors, not 5"),
        (lambda x: tg.concat([]), errors.ArgumentError, "concat: needs at least one tensor"),
        (lambda x: tg.stack([]), errors.ArgumentError, "stack: needs at least one tensor"),
        (
            lambda x: tg.cumulative_sum(x),
            errors.ArgumentError,
            "axis must be given for a tensor with 2",
        ),
        (
            lambda x: tg.einsum("ij,j", x),
            errors.ArgumentError,
            "'ij,j' names 2 operands, 1 were given",
        ),
        (
            lambda x: tg.einsum("ijk", x),
            errors.ArgumentError,
            "the term 'ijk' of 'ijk' does not fit a t",
        ),
        (lambda x: tg.einsum("ij->k", x), errors.ArgumentError, "one that no operand has"),
        (
            lambda x: tg.einsum(x, x),
            errors.ArgumentError,
            "subscripts is a string such as 'ij,jk->",
        ),
        (
            lambda x: tg.einsum(x, [0, 52], [0]),
            errors.ArgumentError,
            "or a list of whole numbers from 0 to 51 and ... after each operand and for the"
            " result, as in einsum(x, [0, 1], y, [1, 2], [0, 2]); not [0, 52]",
        ),
        (lambda x: tg.einsum(x, [0, True]), errors.ArgumentError, "not [0, True]"),
        (lambda x: tg.einsum(x, [0, -1]), errors.ArgumentError, "not [0, -1]"),
        (lambda x: tg.einsum(x, [0, 1.0]), errors.ArgumentError, "not [0, 1.0]"),
        (lambda x: tg.einsum(x, "ij"), errors.ArgumentError, "not 'ij'"),
        (lambda x: tg.einsum(x), errors.ArgumentError, "not shape (2, 3) float64"),
        (
            lambda x: tg.einsum(x, [0, 1], [2]),
            errors.ArgumentError,
            "the result of 'ab->c' repeats a letter or has one that no operand has",
        ),
        (lambda x: tg.tensordot(x, x, 5), errors.ArgumentError, "tensordot: axes = 5 does not fit"),
        (
            lambda x: tg.where(x, x, 0),
            errors.DTypeError,
            "condition must be boolean, not float64; write",
        ),
        (
            lambda x: tg.tensor([2, 3]) ** -1,
            errors.ArgumentError,
            "an integer to a negative power is no",
        ),
        (lambda x: -(x > 0), errors.DTypeError, "booleans have no minus; write ~x for not x"),
        (
            lambda x: tg.sign(x > 0),
            errors.DTypeError,
            "sign: it is not defined for operands of these t",
        ),
        (lambda x: x & (x > 0), errors.DTypeError, "bitwise_and: it is not defined for operands"),
    ],
)
def test_bad_static_parameters_and_operands(call, error, text):
    assert text in told(lambda: call(tg.tensor(X)), error)
    assert text in told(lambda: call(leaf(X)), error)


def test_a_parameter_of_one_element_is_taken():
    assert tg.leaky_relu(tg.tensor([-1.0]), tg.tensor(0.5)).item() == -0.5
    assert tg.clip(tg.tensor([5.0]), max=np.float32(2)).item() == 2


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda x: tg.one_hot([0]),
            "one_hot(labels, num_classes, axis=-1, dtype=None): missing a requi"
            "red argument: 'num_classes'",
        ),
        (
            lambda x: x.sum(foo=1),
            "sum has no keyword 'foo'; it takes x, axis",
        ),
        (
            lambda x: x.sum(0, False, 3),
            "sum(x, axis=None, keepdims=False): too many positional argument",
        ),
        (lambda x: tg.sum(), "missing a required argument: 'x'"),
        (lambda x: tg.where(x > 0, x), "where(condition, x, y): missing a required argument: 'y'"),
    ],
)
def test_calls_that_do_not_fit_the_signature(call, text):
    assert text in told(lambda: call(tg.tensor(X)), errors.ArgumentTypeError)


def test_calls_with_too_few_or_too_many_operands():
    x = tg.tensor(X)
    assert "add() missing 1 required positional argument: 'y'" in told(lambda: tg.add(x), TypeError)
    assert "exp() takes 1 positional argument but 2" in told(lambda: tg.exp(x, 2), TypeError)
