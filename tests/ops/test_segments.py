"""Rows taken together by labels, and updates at places: what the registry's tests do not see."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.testing import gradcheck

errors = tg.errors
EXTREMA = {"segment_max": (-np.inf, np.iinfo(np.int8).min), "segment_min": (np.inf, 127)}


@pytest.mark.parametrize("name", EXTREMA)
def test_segments_without_rows_and_ties(name):
    f = getattr(tg, name)
    beyond, of_integers = EXTREMA[name]
    assert f(tg.tensor([1.0]), [1], num_segments=3).data.tolist() == [beyond, 1.0, beyond]
    assert f(tg.tensor([5], dtype="int8"), [0], num_segments=2).data.tolist() == [5, of_integers]
    x = tg.tensor([2.0, 2.0, np.nan, 1.0, 2.0], dtype="float64", requires_grad=True)
    y = f(x, [0, 0, 1, 1, 2], num_segments=4)
    assert np.isnan(y.data[1])
    (gradient,) = tg.gradients(y[:3].sum(), [x])
    assert gradient.data.tolist() == [0.5, 0.5, 1.0, 0.0, 1.0]


def test_short_integers_and_half_precision_are_added_up_wide():
    assert tg.segment_sum(tg.full(300, 1).astype("uint8"), np.zeros(300, int)).data == [300]
    assert tg.segment_sum(tg.tensor([True, True]), [0, 0]).data == [2]
    x = tg.ones(5000, dtype="float16")
    assert tg.segment_mean(x, np.zeros(5000, int)).data == [1]
    big = tg.full(4, 3e38)
    assert tg.segment_mean(big, [0, 0, 0, 0]).data == np.float32(3e38)


def test_products_are_differentiated_at_zeros_too():
    x = np.array([0.0, 2.0, 0.0, 3.0, 0.0])
    gradcheck(lambda x: tg.segment_prod(x, [0, 0, 1, 1, 1]), x, order=2)
    gradcheck(lambda x: tg.multiply_at(x, [0, 0, 1], [2.0, 3.0, 4.0]), x, order=2)


def test_no_rows():
    none = np.zeros(0, int)
    for name in ("segment_sum", "segment_mean", "segment_max", "segment_min", "segment_prod"):
        assert getattr(tg, name)(tg.zeros(0), none, num_segments=2).shape == (2,)
        assert getattr(tg, name)(tg.zeros(0), none).shape == (0,)


@pytest.mark.parametrize(
    ("f", "kind", "told"),
    [
        (
            lambda x: tg.segment_sum(x, [0, 3, 0], 2),
            errors.AxisError,
            "sum: label 3 at index (1,)",
        ),
        (
            lambda x: tg.segment_sum(x, [0, -1, 0]),
            errors.AxisError,
            "sum: label -1 at index",
        ),
        (lambda x: tg.segment_max(x, [0, -1, 0]), errors.AxisError, "max: label -1 at index (1,)"),
        (
            lambda x: tg.segment_prod(x, [-3, 0, 0]),
            errors.AxisError,
            "prod: label -3 at index",
        ),
        (
            lambda x: tg.segment_mean(x, [0.0, 1.0, 0.0]),
            errors.DTypeError,
            "mean: labels are in",
        ),
        (lambda x: tg.segment_max(x, [0, -1, 0], 2), errors.AxisError, "label -1 at index (1,)"),
        (lambda x: tg.segment_sum(x, [0.0, 1.0, 0.0]), errors.DTypeError, "labels are integers"),
        (lambda x: tg.segment_mean(x, [0, 1]), errors.ShapeError, "labels of shape (2,) have no"),
        (lambda x: tg.pad(x, 1, mode="empty"), errors.ArgumentError, "pad: mode is one of"),
        (lambda x: tg.pad(x[:0], 1, mode="edge"), errors.ShapeError, "has no elements, of which"),
        (lambda x: tg.moveaxis(x, (0, 0), (0, 1)), errors.ArgumentError, "names an axis twice"),
        (lambda x: tg.rot90(x), errors.AxisError, "rot90: axes 1 is out of range"),
        (lambda x: tg.unflatten(x, 0, (2, 2)), errors.ShapeError, "length 3 does not fill (2, 2)"),
        (lambda x: tg.block([[x], x]), errors.ArgumentError, "at depths [0, 1] of the nested"),
        (lambda x: tg.block([]), errors.ArgumentError, "block: a list is empty"),
        (lambda x: tg.hsplit(x[0], 1), errors.ShapeError, "hsplit: needs a tensor with at least"),
        (lambda x: tg.split(x, 2), errors.ArgumentError, "tg.array_split(x, 2) for parts of"),
        (lambda x: tg.array_split(x, 0), errors.ArgumentError, "sections is at least 1, not 0"),
        (lambda x: tg.delete(x, 3), errors.AxisError, "delete: index 3 is out of bounds"),
        (lambda x: tg.insert(x, 4, 0.0), errors.AxisError, "insert: index 4 is out of bounds"),
        (lambda x: tg.select([x], [x]), errors.DTypeError, "conditions[0] is of booleans, not"),
        (lambda x: tg.select([x > 0], []), errors.ArgumentError, "1 conditions and 0 choices"),
        (lambda x: tg.choose([0, 2], [x, x]), errors.AxisError, "none of the 2 choices"),
        (lambda x: tg.choose([0], []), errors.ArgumentError, "needs at least one choice"),
        (lambda x: tg.piecewise(x, [x > 0], []), errors.ArgumentError, "0 functions for 1"),
        (lambda x: tg.compress([[True]], x), errors.ShapeError, "condition is a vector"),
        (lambda x: tg.broadcast_arrays(x, x[:2]), errors.ShapeError, "do not broadcast together"),
        (lambda x: tg.meshgrid(x[None]), errors.ShapeError, "arrays[0] is a vector, not of shape"),
        (lambda x: tg.meshgrid(x, indexing="ji"), errors.ArgumentError, "meshgrid: indexing is"),
        (lambda x: tg.ix_([0.5]), errors.DTypeError, "ix_: indices are integers or booleans"),
        (lambda x: tg.vander(x[None]), errors.ShapeError, "vander: needs a vector"),
        (lambda x: tg.take(x, [5]), errors.AxisError, "index 5 is out of bounds"),
        (lambda x: tg.take(x, [5], mode="up"), errors.ArgumentError, "take: mode is one of"),
        (lambda x: tg.repeat(x, [1, 2]), errors.ArgumentError, "one for each element along"),
    ],
)
def test_what_does_not_fit_says_so(f, kind, told):
    with pytest.raises(kind) as caught:
        f(tg.tensor([1.0, 2.0, 3.0]))
    assert told in str(caught.value)


def test_methods_with_numpys_signatures():
    array = np.arange(24.0).reshape(2, 3, 4)
    x = tg.tensor(array, requires_grad=True)
    for f in (
        lambda x: x.transpose(), lambda x: x.transpose(2, 0, 1), lambda x: x.transpose((1, 0, 2)),
        lambda x: x.swapaxes(0, -1), lambda x: x.ravel(), lambda x: x.flatten(),
        lambda x: x.dot(x[0].T), lambda x: x.cumsum(), lambda x: x.cumsum(axis=-1),
        lambda x: x.copy(), lambda x: x.compress([True, False, True], axis=1),
        lambda x: x.reshape(4, -1), lambda x: x.repeat([1, 2], axis=0), lambda x: x.T,
    ):  # fmt: skip
        found = f(x)
        assert found.requires_grad
        np.testing.assert_array_equal(found.data, f(array))
    assert x.tolist() == array.tolist()
    for one, other in zip((x > 3).nonzero(), (array > 3).nonzero(), strict=True):
        np.testing.assert_array_equal(one.data, other)
    index = tg.tensor([0, 1, 0])
    np.testing.assert_array_equal(index.choose([x[0, 0, :3], x[1, 0, :3]]).data, [0, 13, 2])
    assert x.copy() is not x and tg.tensor([True]).copy().dtype == bool
    assert tg.tensor(3.0).transpose().shape == ()


def test_places_and_triangles():
    x = np.arange(9.0).reshape(3, 3)
    for name in ("tril_indices", "triu_indices"):
        for args in ((3,), (3, 1), (3, -1, 2)):
            for one, other in zip(getattr(tg, name)(*args), getattr(np, name)(*args), strict=True):
                np.testing.assert_array_equal(one.data, other)
        assert tg.tensor(x)[getattr(tg, name)(3)].data.tolist() == x[getattr(np, name)(3)].tolist()
    assert [i.data.tolist() for i in tg.diag_indices(2, 3)] == [[0, 1]] * 3
    np.testing.assert_array_equal(tg.tri(2, 3, 1).data, np.tri(2, 3, 1, "f4"))
    np.testing.assert_array_equal(tg.identity(3, "int8").data, np.identity(3, "int8"))
    np.testing.assert_array_equal(tg.indices((2, 3)).data, np.indices((2, 3)))
    assert tg.indices(2).dtype == np.int64
