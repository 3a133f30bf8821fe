"""What each mistake is told: what was seen, what was expected, what to write instead."""

import inspect
import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.op import REGISTRY

X = np.arange(6.0).reshape(2, 3)


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


def told(call, error):
    """Return the text of the error that a call raises; nothing may change by it."""
    mode, state = MODE.get(), tg.random.default_generator().state
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert MODE.get() is mode
    assert tg.random.default_generator().state == state
    return str(caught.value)


# ------------------------------------------------------------------------------ the classes


def test_errors_are_pythons_own_kinds_too():
    builtin = (ValueError, TypeError, RuntimeError, UserWarning)
    classes = [
        c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__
    ]
    assert len(classes) >= 10
    assert all(issubclass(c, builtin) and inspect.getdoc(c) for c in classes)
    assert issubclass(errors.AxisError, IndexError)
    assert issubclass(errors.AnomalyError, FloatingPointError)


# ------------------------------------------------------------------------------ shapes that clash


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


def test_the_module_path_is_told():
    model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.ReLU(), tg.nn.Linear(5, 2))
    text = told(lambda: model(tg.ones((7, 4))), errors.ShapeError)
    assert re.match(r"linear in \S*layers\[2\] Linear: ", text)
    assert "(7, 3)" in text and "3 features" in text and "takes 5" in text
    assert MODE.get().scope == ""


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


# ------------------------------------------------------------------------------------ backward


def test_backward_of_a_non_scalar():
    y = leaf([1.0, 2.0]) * 2
    assert told(y.backward, errors.GraphError) == (
        "only a scalar has a gradient by itself, this result of 'multiply' has shape (2,); write"
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
    assert text.endswith("write requires_grad=True where a parameter is made")
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


# ------------------------------------------------------------------------------------ data


@pytest.mark.parametrize("data", [[1, 2], [True], np.ones(2, np.uint8)])
def test_gradients_of_integers(data):
    text = told(lambda: tg.tensor(data, requires_grad=True), errors.DTypeError)
    dtype = tg.tensor(data).dtype
    assert text == (
        f"requires_grad=True needs a floating-point tensor, this one is {dtype}; write"
        " dtype='float32' (or .astype('float32'))"
    )
    x = tg.tensor(data)
    told(lambda: setattr(x, "requires_grad", True), errors.DTypeError)
    assert not x.requires_grad


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (
            [[1, 2], [3]],
            errors.ShapeError,
            "ragged data: data[0] has length 2, data[1] has length 1",
        ),
        ([[1, 2], 3], errors.ShapeError, "data[0] has length 2, data[1] is a number"),
        (
            [[[1], [2]], [[1], [2, 3]]],
            errors.ShapeError,
            "data[0][0] has length 1, data[1][1] has leng",
        ),
        ([np.ones(2), np.ones(3)], errors.ShapeError, "data[0] has length 2, data[1] has length 3"),
        ("abc", errors.DTypeError, "not strings (dtype <U3)"),
        (["a", 1.0], errors.DTypeError, "not strings"),
        (b"a", errors.DTypeError, "not bytes"),
        (1j, errors.DTypeError, "not complex numbers"),
        (None, errors.DTypeError, "not objects such as None"),
        ([1.0, None], errors.DTypeError, "not objects such as None"),
        ([{"a": 1}], errors.DTypeError, "not objects such as a dict"),
        ({1, 2}, errors.DTypeError, "not objects such as a set; write list(...) around it"),
        (iter([1]), errors.DTypeError, "a list_iterator; write list(...) around it"),
        (np.array([object()]), errors.DTypeError, "not objects"),
        (np.datetime64("2020-01-01"), errors.DTypeError, "not datetime64"),
        (-(2**70), errors.DTypeError, "an integer does not fit in 64 bits"),
        (2**70, errors.DTypeError, "an integer does not fit in 64 bits; write it as a float"),
    ],
)
def test_data_that_makes_no_tensor(data, error, text):
    assert text in told(lambda: tg.tensor(data), error)


@pytest.mark.parametrize(("data", "dtype"), [([300], "uint8"), ([[-1]], "uint16"), (128, "int8")])
def test_integers_that_do_not_fit_their_dtype(data, dtype):
    text = told(lambda: tg.tensor(data, dtype=dtype), errors.ArgumentError)
    assert f"out of bounds for {dtype}; write a wider dtype" in text


@pytest.mark.parametrize(
    "make",
    [
        lambda dtype: tg.tensor([1.0], dtype=dtype),
        lambda dtype: tg.asarray([1.0], dtype=dtype),
        lambda dtype: tg.zeros(1, dtype=dtype),
        lambda dtype: tg.tensor([1.0]).astype(dtype),
        lambda dtype: tg.one_hot([0], 2, dtype=dtype),
    ],
)
def test_unknown_dtype(make):
    assert "unknown dtype 'float23'; write e.g. 'float32'" in told(
        lambda: make("float23"), errors.DTypeError
    )
    assert "not complex numbers" in told(lambda: make("complex64"), errors.DTypeError)
    assert "not objects" in told(lambda: make(object), errors.DTypeError)


# ------------------------------------------------------------------------- changing in place


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            "x[0] = 5.0",
            "x = tg.set_at(x, 0, 5.0) for x[…] = …, or tg.add_at(x, 0, 5.0) for x[…] += …",
        ),
        ("x[1:, 0] = y", "x = tg.set_at(x, np.s_[1:, 0], value)"),
        ("x[::-1] = 1", "x = tg.set_at(x, np.s_[::-1], 1)"),
        ("x[..., None] = 1", "tg.set_at(x, np.s_[..., None], 1)"),
        ("x[x > 1] = 0", "tg.set_at(x, mask, 0)"),
        ("x[[0, 1]] = 0", "tg.set_at(x, index, 0)"),
        ("x[0] += 1", "tg.add_at(x, 0, value)"),
        ("w[0] = 0", "write weights = tg.set_at(weights, 0, 0)"),
        ("v[0] = 0", "write x = tg.set_at(x, 0, 0)"),
    ],
)
def test_setting_an_element_prints_the_line_to_write(change, text):
    scope = {
        "x": tg.tensor(X),
        "y": tg.zeros(1),
        "w": tg.zeros(3, name="weights"),
        "v": tg.zeros(3, name="layers.0 v"),
    }
    message = told(lambda: exec(change, scope), errors.ImmutableError)
    assert message.startswith("tensors do not change in place; write ")
    assert text in message
    assert scope["x"].data.tolist() == X.tolist()


def test_setting_the_data_prints_the_line_to_write():
    w = leaf([1.0, 2.0], name="w")
    text = told(lambda: setattr(w, "data", np.zeros(2)), errors.ImmutableError)
    assert text.endswith("write w.assign(value) for w.data = value")
    assert w.data.tolist() == [1, 2]
    with pytest.raises(AttributeError, match=r"write x.assign\(x.data - y\)"):
        w.sub_(1)


def test_deleting_an_element_prints_the_line_to_write():
    scope = {"x": tg.tensor(X)}
    text = told(lambda: exec("del x[0]", scope), errors.ImmutableError)
    assert text.endswith("write x = x[mask] to keep some elements")


def test_the_advised_lines_work():
    x = tg.tensor(X)
    assert tg.set_at(x, np.s_[1:, 0], 9.0).data[1, 0] == 9
    assert tg.set_at(x, x > 1, 0).data.sum() == 1
    assert tg.add_at(x, 0, 1).data[0].tolist() == [1, 2, 3]


def test_augmented_operators_make_another_tensor():
    x = y = leaf([1.0, 2.0])
    y += 1
    y *= 2
    assert x.data.tolist() == [1, 2] and y.data.tolist() == [4, 6]
    assert y.requires_grad and x.is_leaf


# ---------------------------------------------------------------------- indices, labels, axes


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
            "holds integers or booleans, not float32; write .astype",
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


# ---------------------------------------------------------------------------- one element only


def test_the_truth_of_several_elements():
    mask = tg.tensor([True, False], name="mask")
    text = (
        "the truth of tensor 'mask' with shape (2,) is ambiguous: it has 2 elements; write .any()"
    )
    assert told(lambda: 1 if mask else 0, errors.ShapeError).startswith(text)
    assert "tg.where(condition, a, b)" in told(lambda: not mask, errors.ShapeError)
    assert "it has 0 elements" in told(lambda: bool(tg.zeros(0)), errors.ShapeError)
    assert "this result of 'multiply'" in told(
        lambda: bool(leaf([1.0, 2.0]) * 2), errors.ShapeError
    )
    with pytest.raises(errors.ShapeError, match="ambiguous"):
        assert mask and True


@pytest.mark.parametrize("convert", [float, int, complex, lambda x: x.item()])
def test_one_number_of_several(convert):
    text = told(lambda: convert(tg.zeros(2)), errors.ShapeError)
    assert "needs exactly one element, this tensor has shape (2,); write .numpy()" in text


def test_a_format_for_one_number():
    assert "the format '.2f' is for one element" in told(
        lambda: f"{tg.zeros(2):.2f}", errors.ShapeError
    )


# -------------------------------------------------------------------------- static parameters


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
        (
            lambda x: tg.clip(x, min=leaf(0.1)),
            errors.GraphError,
            "min is a parameter without gradient",
        ),
        (lambda x: tg.clip(x, 3, 1), errors.ArgumentError, "clip: min = 3 is above max = 1"),
        (
            lambda x: tg.clip(x, np.zeros(3)),
            errors.ArgumentError,
            "for arrays write tg.minimum(tg.maxim",
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
            "write x[indices] to repeat unevenly",
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
            lambda x: tg.einsum(x, [0, 1]),
            errors.ArgumentError,
            "subscripts is a string such as 'ij,jk->",
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
            "sum(x, axis=None, keepdims=False): got an unexpected keyword argument",
        ),
        (
            lambda x: x.sum(0, False, 3),
            "sum(x, axis=None, keepdims=False): too many positional argument",
        ),
        (lambda x: tg.sum(), "missing a required argument: 'x'"),
        (lambda x: tg.add(x), "add() missing 1 required positional argument: 'y'"),
        (lambda x: tg.exp(x, 2), "exp() takes 1 positional argument but 2 were given"),
        (lambda x: tg.where(x > 0, x), "where(condition, x, y): missing a required argument: 'y'"),
    ],
)
def test_calls_that_do_not_fit_the_signature(call, text):
    assert text in told(lambda: call(tg.tensor(X)), TypeError)


# --------------------------------------------------------------------------------- users' ops


def rule_error(rule, kernel=lambda x: x, error=errors.ShapeError):
    op = tg.op("mine", kernel, {"x": rule})
    x = leaf([1.0, 2.0])
    text = told(lambda: op(x).sum().backward(), error)
    assert x.grad is None
    return text


def test_a_rule_of_a_wrong_shape():
    for shape in ((3,), (), (2, 3)):
        wrong = np.zeros(shape)
        text = rule_error(lambda g: wrong)  # noqa: B023
        assert text == (
            f"mine: its gradient rule for 'x' returned shape {shape}, which does not sum to the"
            " operand's shape (2,)"
        )


@pytest.mark.parametrize("value", [None, 1.0, [1.0, 2.0], "a"])
def test_a_rule_that_returns_no_array(value):
    text = rule_error(lambda g: value, error=errors.DTypeError)
    assert text == (
        f"mine: its gradient rule for 'x' returned {type(value).__name__}, not an array or tensor;"
        " build it from g"
    )


def test_an_error_inside_a_rule_names_the_node():
    x = leaf([1.0, 2.0])
    op = tg.op("mine", lambda x: x, {"x": lambda g: g.nonsense})
    with pytest.raises(AttributeError) as caught:
        op(x).sum().backward()
    assert re.match(
        r"in the backward pass of <node \d+ mine \(2,\) float64", caught.value.__notes__[0]
    )


@pytest.mark.parametrize("value", [None, [1.0], (np.ones(2), np.ones(2)), "a", np.array([None])])
def test_a_kernel_that_returns_no_array(value):
    op = tg.op("mine", lambda x: value, {"x": lambda g: g})
    for x in (leaf([1.0, 2.0]), np.ones(2)):
        text = told(lambda x=x: op(x), errors.DTypeError)
        assert text.startswith("mine: its kernel returned ")
        assert text.endswith("not one array of numbers")


def test_a_kernel_may_return_a_number_and_its_own_errors_are_explained():
    assert tg.op("total", lambda x: float(x.sum()), {"x": lambda g, x: g + 0 * x})(X).item() == 15

    def kernel(x):
        return np.reshape(x, (5,))

    text = told(lambda: tg.op("mine", kernel, {"x": lambda g: g})(leaf([1.0])), errors.ShapeError)
    assert text.startswith(
        "mine: cannot reshape array of size 1 into shape (5,)\n  got x = shape (1,)"
    )


def test_an_integer_result_has_no_gradient():
    for kernel in (lambda x: x > 0, lambda x: x.astype(int)):
        y = tg.op("step", kernel, {"x": lambda g: g})(leaf([1.0, -2.0]))
        assert not y.requires_grad


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            dict(vjp={"x": lambda g, w: g}),
            "op 'mine': the gradient rule for 'x' asks for 'w', which is "
            "none of g, out, x, x_shape",
        ),
        (dict(vjp={"x": lambda g, *rest: g}), "asks for 'rest'"),
        (
            dict(kernel=lambda x, *, k: x, vjp={"x": lambda g, q: g}),
            "asks for 'q', which is none of g, out, x, x_shape, k",
        ),
        (dict(kernel=lambda *x: x[0], vjp={"*x": lambda g, j: g}), "i, shapes, others"),
        (
            dict(kernel=lambda x, y: x),
            "the kernel takes (x, y), vjp has rules for (x); every input need"
            "s one rule, in the same order",
        ),
        (
            dict(kernel=lambda x, y: x, vjp={"y": lambda g: g, "x": lambda g: g}),
            "vjp has rules for (y, x); every input needs one rule, in the same order",
        ),
        (dict(kernel=lambda x, k: x), "the kernel takes (x, k)"),
        (dict(vjp={}), "vjp has rules for ()"),
        (
            dict(vjp={"x": None}),
            "the gradient rule for 'x' is None; write a function of g, NONDIFF (no d"
            "erivative) or ZERO (derivative zero)",
        ),
        (dict(vjp={"x": 0}), "the gradient rule for 'x' is 0"),
        (dict(vjp=lambda g: g), "vjp is a dict of gradient rules by input name"),
        (dict(vjp={"*x": lambda g: g, "y": lambda g: g}), "only the last input may be starred"),
        (dict(kernel=3), "the kernel is a function of arrays, not 3"),
        (dict(kernel=np.add), "the kernel takes 2 arrays, vjp lists 1"),
        (dict(name=3), "op 3: the name is a string"),
        (dict(family="magic"), "family 'magic' is none of elementwise, reduce, shape"),
        (dict(domain={"y": tg.Real()}), "domain given for 'y', inputs are x"),
        (
            dict(domain={"x": (0, 1)}),
            "the domain of 'x' is Real, Integer, Boolean or Simplex, not (0, 1",
        ),
    ],
)
def test_bad_declarations(fields, text):
    fields = {"name": "mine", "kernel": lambda x: x, "vjp": {"x": lambda g: g}, **fields}
    known = dict(REGISTRY)
    assert text in told(lambda: tg.op(**fields), errors.DeclarationError)
    assert known == REGISTRY


# ------------------------------------------------------------------------- no state left behind


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


def test_a_failed_module_leaves_no_scope():
    model = tg.nn.Sequential(tg.nn.Linear(2, 2), tg.nn.Linear(3, 1))
    with pytest.raises(errors.ShapeError):
        model(tg.ones((1, 2)))
    assert MODE.get().scope == ""
    assert "in" not in told(lambda: tg.ones(2) @ tg.ones(3), errors.ShapeError).split(":")[0]


def test_a_failed_backward_updates_no_gradient():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    a.grad = [1.0, 1.0]
    bad = tg.op("bad", lambda x: x * 1.0, {"x": lambda g: np.zeros(7)})
    loss = (a * 2).sum() + bad(b * 1.0).sum() + (a * b).sum()
    with pytest.raises(errors.ShapeError):
        loss.backward()
    assert a.grad.data.tolist() == [1, 1] and b.grad is None
    assert tg.is_grad_enabled()


def test_a_failed_load_changes_nothing():
    model = tg.nn.Linear(2, 3)
    before = {k: np.array(v) for k, v in model.state_dict().items()}
    state = dict(model.state_dict())
    first = next(iter(state))
    with pytest.raises((errors.StateError, errors.ShapeError)):
        model.load_state_dict(
            {**state, first: np.ones(np.shape(state[first])), "extra": np.ones(1)}
        )
    after = model.state_dict()
    assert all(np.array_equal(before[k], np.asarray(after[k])) for k in before)
