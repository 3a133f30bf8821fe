"""Data that make no tensor, tensors changed in place, several elements for one: what is told."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tests.raising import told

X = np.arange(6.0).reshape(2, 3)


def leaf(data, **kwargs):
    return tg.tensor(data, dtype="float64", requires_grad=True, **kwargs)


# --------------------------------------------------------------------------------------------- data


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
        ("abc", errors.DTypeError, "not strings such as 'abc'; number classes by"),
        (["a", 1.0], errors.DTypeError, "not strings"),
        (b"a", errors.DTypeError, "not bytes"),
        (1j, errors.DTypeError, "not complex numbers"),
        (None, errors.DTypeError, "not objects such as None"),
        ([1.0, None], errors.DTypeError, "not objects such as None"),
        ([{"a": 1}], errors.DTypeError, "not objects such as a dict"),
        ({1, 2}, errors.DTypeError, "not objects such as a set; write list(...) around it"),
        (iter([1]), errors.DTypeError, "a list_iterator; write list(...) around it"),
        (np.array([object()]), errors.DTypeError, "not objects"),
        (np.datetime64("2020-01-01"), errors.DTypeError, "not dates (dtype datetime64[D])"),
        (-(2**70), errors.DTypeError, "an integer that does not fit in 64 bits"),
        (2**70, errors.DTypeError, "an integer that does not fit in 64 bits; write it as a float"),
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


# -------------------------------------------------------------------------------- changing in place


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
    with pytest.raises(AttributeError, match=r"write w.assign\(w.data - "):
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
    x = y = 1 * leaf([1.0, 2.0])
    y += 1
    y *= 2
    assert x.data.tolist() == [1, 2] and y.data.tolist() == [4, 6]
    assert y.requires_grad and y is not x


# --------------------------------------------------------------------------------- one element only


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


def test_a_gradient_is_deleted_and_a_shape_is_not_set():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    w.sum().backward()
    del w.grad
    assert w.grad is None
    with pytest.raises(errors.ImmutableError, match=r"w = w\.reshape\(\(1, 2\)\) for w"):
        w.shape = (1, 2)
    with pytest.raises(errors.ImmutableError, match=r"w = w\.astype\('float64'\) for w"):
        w.dtype = float
