"""Shapes that do not fit: what an op tells, and which line it advises."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tests.raising import told

X = np.arange(6.0).reshape(2, 3)


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# -------------------------------------------------------------------------------- shapes that clash


@pytest.mark.parametrize("op", [tg.matmul_where, tg.masked_matmul])
def test_masked_products_are_of_matrices(op):
    mask = np.ones((2, 2), bool)
    for x, y in ((np.ones(2), np.ones((2, 2))), (np.ones((2, 2)), np.ones(2))):
        with pytest.raises(tg.errors.ShapeError, match="needs matrices or stacks of them, not sh"):
            op(x, y, mask)


def test_broadcasting_clash_tells_both_shapes_the_axis_and_names():
    bias = tg.zeros((2, 4), name="bias")
    assert told(lambda: tg.tensor(X, name="activations") + bias, errors.ShapeError) == (
        "add: x of shape (2, 3) and y of shape (2, 4) do not broadcast: axis -1 has 3 against 4\n"
        "  got x = 'activations' with shape (2, 3) float64\n"
        "      y = 'bias' with shape (2, 4) float32"
    )


@pytest.mark.parametrize(
    ("y", "hint"),
    [
        (np.zeros((3, 2)), "axis -1 has 3 against 2; write y.mT to swap the last two axes of y"),
        (np.zeros(2), r"axis -1 has 3 against 2; write y[:, None] to line y up with the rows"),
        (np.zeros((3, 3)), "axis -2 has 2 against 3"),
        (np.zeros((4, 5, 3)), "axis -2 has 2 against 5"),
        ([1.0, 2.0], "axis -1 has 3 against 2"),
    ],
)
@pytest.mark.parametrize("op", [tg.multiply, tg.maximum, tg.power, tg.equal, np.subtract])
def test_hints_for_broadcasting(op, y, hint):
    text = told(lambda: op(tg.tensor(X), y), errors.ShapeError)
    assert hint in text.splitlines()[0]
    assert hint in told(lambda: op(leaf(X), y), errors.ShapeError)


def test_clash_of_three_operands():
    text = told(lambda: tg.where(tg.tensor(X) > 0, tg.tensor(X), np.zeros(2)), errors.ShapeError)
    assert text.startswith("where: condition of shape (2, 3) and y of shape (2,) do not broadcast")


def test_matmul_clash_tells_which_axes_must_agree():
    x, w = tg.tensor(X, name="x"), tg.tensor(X, name="w")
    assert told(lambda: x @ w, errors.ShapeError) == (
        "matmul: x of shape (2, 3) and y of shape (2, 3): axis -1 of x has 3, axis -2 of y has 2,"
        " and they must be equal; write x @ y.mT\n"
        "  got x = 'x' with shape (2, 3) float64\n"
        "      y = 'w' with shape (2, 3) float64"
    )


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        ((3, 2), (3, 4), "write x.mT @ y"),
        ((2, 3), (4,), "axis -1 of x has 3, axis 0 of y has 4, and they must be equal"),
        ((4,), (3, 4), "axis -1 of x has 4, axis -2 of y has 3"),
        ((5, 2, 3), (4, 3, 2), "the batch shapes (5,) and (4,) do not broadcast"),
        ((2, 3), (), "y is a scalar, matmul multiplies vectors and matrices; write x * y"),
        ((), (2, 3), "x is a scalar"),
    ],
)
def test_hints_for_matmul(x, y, text):
    for make in (tg.zeros, np.zeros):
        assert text in told(lambda make=make: tg.zeros(x) @ make(y), errors.ShapeError)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda x: x.reshape(4),
            "reshape: a tensor of shape (2, 3) has 6 elements, which do not fill",
        ),
        (lambda x: x.reshape(-1, -1), "(-1, -1) may hold one -1"),
        (lambda x: x.reshape(-1, 4), "do not fill (-1, 4)"),
        (lambda x: tg.broadcast_to(x, (3, 3)), "shape (2, 3) does not broadcast to (3, 3)"),
        (lambda x: x.squeeze(0), "squeeze: axis 0 of shape (2, 3) has length 2, not 1"),
        (lambda x: tg.zeros(3).mT, "no two axes to swap; write x[:, None] for a column"),
        (lambda x: tg.tril(tg.zeros(3)), "needs a matrix or a stack of them, not shape (3,)"),
        (
            lambda x: tg.concat([x, x.T]),
            "concat: arrays[1] has shape (3, 2), arrays[0] has (2, 3): the"
            "y must agree except along axis 0",
        ),
        (lambda x: tg.stack([x, x.T]), "stack: arrays[1] has shape (3, 2), arrays[0] has (2, 3)"),
        (
            lambda x: tg.tensordot(x, x, 1),
            "the summed axes have lengths [3] in x of shape (2, 3) and [2] in y",
        ),
        (
            lambda x: tg.einsum("ij,jk", x, x),
            "in 'ij,jk' axis 'j' is 3 in one operand and 2 in another",
        ),
        (
            lambda x: tg.take_along_axis(x, [0], 0),
            "must have as many axes as x of shape (2, 3); write indices[..., None] to add one",
        ),
        (
            lambda x: tg.set_at(x, 0, [1.0, 2.0]),
            "set_at: a value of shape (2,) does not fit x[key] of shape (3,)",
        ),
        (lambda x: tg.add_at(x, 0, [1.0, 2.0]), "add_at: a value of shape (2,) does not fit"),
        (
            lambda x: tg.linear(x, tg.zeros((4, 5)), tg.zeros(4)),
            "has 3 features along axis -1, a weight of shape (4, 5) takes 5",
        ),
        (
            lambda x: tg.linear(x, tg.zeros((4, 3)), tg.zeros(3)),
            "the bias of shape (3,) must have shape (4,)",
        ),
        (
            lambda x: tg.softmax_cross_entropy(x, [0, 1]),
            "must have the same shape; for class labels wr"
            "ite tg.class_cross_entropy(logits, labels)",
        ),
        (
            lambda x: tg.class_cross_entropy(x, tg.one_hot([0, 1], 3).astype(int)),
            "for distributions write tg.softmax_cross_entropy(logits, targets)",
        ),
        (lambda x: tg.class_cross_entropy(x, [0, 1, 2]), "need labels of shape (2,), not (3,)"),
        (lambda x: tg.sigmoid_cross_entropy(x, [[1.0]]), "must have the same shape"),
    ],
)
def test_other_clashes(call, text):
    assert text in told(lambda: call(tg.tensor(X)), errors.ShapeError)


def test_named_operands_of_checked_ops():
    w = tg.zeros((4, 5), name="layer.weight")
    text = told(lambda: tg.linear(tg.tensor(X), w, tg.zeros(4)), errors.ShapeError)
    assert text.endswith("\n  where weight is 'layer.weight'")
