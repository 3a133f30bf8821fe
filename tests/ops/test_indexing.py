"""Indexing over made-up keys: what is read, where gradients go, and the functional updates."""

import numpy as np
import pytest
from hypothesis import event, given, settings, strategies as st
from hypothesis.extra import numpy as hnp

import tensorgraph as tg
from tensorgraph.testing.strategies import axis as axes, index
from tests import thresholds
from tests.ops import elements

MORE = settings(max_examples=3 * settings().max_examples)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3)


@st.composite
def arrays_and_keys(draw):
    """Return an array, and a key that it takes."""
    shape = draw(SHAPES)
    key = draw(index(shape))
    x = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)
    return x, key if isinstance(key, tuple) else (key,)


def value_for(x, key):
    """Return numbers that fit ``x[key]``, one of its axes of length 1 to stretch."""
    shape = list(x[key].shape)
    if len(shape) > 1:
        shape[-1] = 1
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


@MORE
@given(arrays_and_keys())
def test_reads_what_numpy_reads(made):
    x, key = made
    found = tg.tensor(x)[key].numpy()
    assert found.shape == x[key].shape
    np.testing.assert_array_equal(found, x[key])
    np.testing.assert_array_equal(found, elements.getitem(x, key))


@MORE
@given(arrays_and_keys())
def test_gradient_adds_up_where_it_was_read(made):
    x, key = made
    leaf = tg.tensor(x, requires_grad=True)
    read = leaf[key]
    g = np.cos(np.arange(read.size)).reshape(read.shape)
    found = tg.gradients(read, leaf, g).numpy()
    np.testing.assert_allclose(found, elements.scatter(g, key, x.shape), atol=1e-14)
    event("an element is read twice", bool(found.size) and len(set(_positions(x, key))) < g.size)
    tg.testing.gradcheck(lambda x: x[key] ** 2, x, order=2)


def _positions(x, key):
    return elements.positions(x.shape, key).reshape(-1).tolist()


@MORE
@given(arrays_and_keys())
def test_set_at_is_assignment(made):
    x, key = made
    value = value_for(x, key)
    expected = x.copy()
    expected[key] = value
    np.testing.assert_array_equal(tg.set_at(tg.tensor(x), key, value).numpy(), expected)
    tg.testing.gradcheck(lambda x, v: tg.set_at(x, key, v) ** 2, x, value)


@MORE
@given(arrays_and_keys())
def test_add_at_adds_once_for_each_time_an_element_is_named(made):
    x, key = made
    value = value_for(x, key)
    expected = x.copy()
    np.add.at(expected, key, value)
    found = tg.add_at(tg.tensor(x), key, value).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)  # another order of sums
    tg.testing.gradcheck(lambda x, v: tg.add_at(x, key, v) ** 2, x, value)


@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3), st.data())
def test_take_is_numpys(shape, data):
    x = np.arange(np.prod(shape, dtype=float)).reshape(shape)
    axis = data.draw(axes(shape, several=False))
    n = x.size if axis is None else shape[axis]
    picks = data.draw(
        hnp.arrays(np.int64, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
                   elements=st.integers(-n, n - 1))
    )  # fmt: skip
    np.testing.assert_array_equal(
        tg.take(tg.tensor(x), picks, axis=axis).numpy(), np.take(x, picks, axis=axis)
    )
    tg.testing.gradcheck(lambda x: tg.take(x, picks, axis=axis) ** 2, x)


def test_keys_of_every_python_type():
    x = np.arange(12.0).reshape(3, 4)
    t = tg.tensor(x)
    keys = [
        0, -1, np.int64(2), [0, 2], (0, [1, 3]), np.array([True, False, True]), ..., None, True,
        slice(None, None, -1), (slice(1, None), None, 2), [], [[0], [1]], np.array(1), (),
    ]  # fmt: skip
    for key in keys:
        np.testing.assert_array_equal(t[key].numpy(), x[key])
    picks = tg.tensor([2, 0])
    np.testing.assert_array_equal(t[picks].numpy(), x[[2, 0]])
    np.testing.assert_array_equal(t[picks, picks].numpy(), x[[2, 0], [2, 0]])
    np.testing.assert_array_equal(t[t > 5].numpy(), x[x > 5])


def test_what_multiply_at_says_to_write_for_symbolic_indices_is_the_same():
    x, values = tg.arange(4.0), tg.tensor([5.0, -5.0])
    with pytest.raises(tg.errors.GraphError) as refused:
        tg.trace(tg.multiply_at, x, tg.tensor([0, 2]), values)
    _, line = str(refused.value).split("where none is repeated, write ")
    written = eval(f"lambda x, index, value: {line}", {"tg": tg})
    for places in ([0, 2], [3, 1]):
        found = tg.compile(written)(x, tg.tensor(places), values)
        np.testing.assert_array_equal(found, tg.multiply_at(x, places, values))


@pytest.mark.parametrize("f", [tg.set_at, tg.max_at, tg.min_at])
def test_places_of_symbolic_indices_are_written_to(f):
    x, values = tg.arange(4.0), tg.tensor([5.0, -5.0])
    compiled = tg.compile(lambda x, index, value: f(x, index, value))
    for places in ([0, 2], [3, 1], [1, 1]):
        found = compiled(x, tg.tensor(places), values)
        np.testing.assert_array_equal(found, f(x, places, values))


@pytest.mark.parametrize("f", [tg.delete, lambda x, i: tg.insert(x, i, 0.0)])
def test_of_symbolic_indices_nothing_is_left_out_or_put_in(f):
    with pytest.raises(tg.errors.GraphError, match="call it outside of what is compiled"):
        tg.trace(f, tg.arange(4.0), tg.tensor([0, 2]))


@given(hnp.array_shapes(min_dims=1, max_dims=4, max_side=3), st.data())
def test_axes_are_moved_as_numpy_moves_them(shape, data):
    x = np.arange(np.prod(shape)).reshape(shape)
    count = data.draw(st.integers(0, x.ndim))
    source, to = (
        data.draw(st.permutations(range(x.ndim)).map(lambda axes: axes[:count])) for _ in "st"
    )
    np.testing.assert_array_equal(tg.moveaxis(x, source, to), np.moveaxis(x, source, to))


def test_keys_of_rows_and_columns_are_numpys():
    x = np.arange(12.0).reshape(3, 4)
    for keys in (([2, 0], [1, 3]), ([True, False, True], [0, 2]), ([], [0]), ([1], [False] * 4)):
        np.testing.assert_array_equal(tg.tensor(x)[tg.ix_(*keys)], x[np.ix_(*keys)])


def test_blocks_of_more_axes_than_lists():
    a, b, c = np.ones((2, 3, 4)), np.zeros((2, 3, 1)), np.full((3, 2), 5.0)
    for parts in (
        [a, b],
        [[a, b], [b, a]],
        [a[0], np.arange(2.0)[:0].reshape(3, 0)],
        [a, a[:, :, :1]],
    ):
        np.testing.assert_array_equal(tg.block(parts), np.block(parts))
    rows = [[np.ones((1, 2)), np.zeros(3)], [np.arange(5.0)]]
    np.testing.assert_array_equal(tg.block(rows), np.block(rows))
    np.testing.assert_array_equal(tg.block([c[:1], np.ones(2)]), np.block([c[:1], np.ones(2)]))


WIDE = thresholds.value("ops._scattering.WIDE")


@pytest.mark.parametrize("width", [1, WIDE - 1, WIDE, WIDE + 1])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_are_added_one_by_one_wherever_they_stand(width, dtype, axis):
    shape = [1, width, 1]
    shape[axis - 1 if axis else 1] = width
    shape[axis] = 5
    labels = np.array([[3, -1, 3], [0, -5, 4]])
    rng = np.random.default_rng(axis)
    rows = rng.integers(-8, 9, (*shape[:axis], *labels.shape, *shape[axis + 1 :])).astype(dtype)
    key = (*(slice(None),) * axis, "array")
    expected = np.zeros(shape, dtype)
    np.add.at(expected, (*(slice(None),) * axis, labels), rows)
    for indices in (labels, labels.astype("int8")):
        found = tg.scatter(rows, indices, key=key, shape=tuple(shape))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("index", [4, -5])
@pytest.mark.parametrize("width", [1, WIDE])
def test_what_is_added_outside_is_refused(index, width):
    with pytest.raises(tg.errors.AxisError):
        tg.scatter(np.ones((1, width)), np.array([index]), key=("array",), shape=(4, width))
    with pytest.raises(tg.errors.AxisError):
        places = np.array([0]), np.array([index])
        tg.scatter(np.ones((1, width)), *places, key=("array",) * 2, shape=(4, 4, width))


@pytest.mark.parametrize("trailing", [(), (3,)])
def test_elements_that_several_indices_name_are_added_up(trailing):
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(-4, 4, (5, 1)), rng.integers(-6, 6, 7)
    values = rng.integers(-9, 9, (5, 7, *trailing)).astype(float)
    expected = np.zeros((4, 6, *trailing))
    np.add.at(expected, (rows, columns), values)
    key = ("array", "array")
    found = tg.scatter(values, rows, columns, key=key, shape=expected.shape)
    np.testing.assert_array_equal(found, expected)
