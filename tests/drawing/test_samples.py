"""What is shown of arrays: heat maps, rows and images, of any numbers and any size."""

from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tensorgraph as tg
from tensorgraph.drawing.scene.samples import (
    COLUMNS,
    FEW_COLUMNS,
    FEW_ROWS,
    PLANES,
    ROWS,
    SIDE,
    sample_of,
)
from tests.drawing.test_explorer_page import columns_of

NUMBERS = st.floats(width=64) | st.integers(-(10**6), 10**6).map(float)
KINDS = st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_])


def levels_of(sample):
    shape = sample.planes, sample.height, sample.width, sample.channels
    return np.frombuffer(b64decode(sample.levels), np.uint8).reshape(shape)


@given(arrays(np.float64, array_shapes(max_dims=2, max_side=50), elements=NUMBERS))
def test_levels_are_in_the_order_of_the_numbers(array):
    found = sample_of(array)
    matrix = np.atleast_2d(array)
    shown = matrix[:ROWS, :COLUMNS]
    finite = np.isfinite(shown)
    if found is None:
        assert array.size < 2 or not finite.any()
        return
    levels = levels_of(found)[0, ..., 0]
    assert levels.shape == shown.shape
    np.testing.assert_array_equal(levels == 0, ~finite, "0 is what is not finite, and only that")
    order = np.argsort(shown[finite], kind="stable")
    assert (np.diff(levels[finite][order].astype(int)) >= 0).all()
    assert (found.low, found.high) == (shown[finite].min(), shown[finite].max())
    if found.low < found.high:
        assert {1, 255} <= set(levels[finite].tolist()), "the whole range is used"
    np.testing.assert_array_equal(found.numbers, shown[:FEW_ROWS, :FEW_COLUMNS])
    assert (found.part == "") == (shown.size == array.size)


@given(KINDS.flatmap(lambda kind: arrays(kind, array_shapes(min_dims=0, max_dims=5, max_side=7))))
def test_any_array_is_shown_or_nothing_is(array):
    found = sample_of(array)
    if array.size < 2 or array.ndim == 0:
        assert found is None
    elif np.isfinite(array).any() and found is not None:
        levels = levels_of(found)
        assert levels.size <= array.size
        assert found.planes <= PLANES if array.ndim > 2 else found.planes == 1


NOTHING = [
    np.array(3.0), np.zeros((0, 3)), np.zeros((2, 3, 0)), np.ones(1), np.array(["a", "b"]),
    np.full((2, 2), np.nan), np.ones(3, complex),
]  # fmt: skip


@pytest.mark.parametrize("array", NOTHING, ids=repr)
def test_where_there_is_nothing_to_see(array):
    assert sample_of(array) is None


def test_a_matrix_is_cut_to_its_first_rows_and_columns():
    array = np.arange(100.0 * 200).reshape(100, 200)
    found = sample_of(array)
    assert (found.height, found.width) == (ROWS, COLUMNS)
    assert found.part == f"first {ROWS} × {COLUMNS} of 100 × 200"
    assert found.numbers[1] == (200, 201, 202, 203, 204, 205)
    assert sample_of(np.arange(100.0)).part == f"first 1 × {COLUMNS} of 1 × 100"
    assert len(found.levels) < 2000


IMAGES = {
    "grey": ((9, 12, 10), (4, 12, 10, 1), "first 4 of 9"),
    "channels": ((2, 3, 12, 10), (2, 12, 10, 3), ""),
    "channels last": ((2, 12, 10, 3), (2, 12, 10, 3), ""),
    "one channel": ((2, 12, 10, 1), (2, 12, 10, 1), ""),
    "maps of features": ((2, 5, 12, 10), (4, 12, 10, 1), "first 4 of 10"),
    "a kernel of 3 by 3": ((8, 3, 3, 3), (4, 3, 3, 1), "first 4 of 24"),
    "large": ((1, 100, 50), (1, 25, 12, 1), "averaged"),
    "many and large": ((9, 56, 56), (4, 28, 28, 1), "first 4 of 9, averaged"),
}


@pytest.mark.parametrize(("shape", "shown", "part"), IMAGES.values(), ids=IMAGES)
def test_images(shape, shown, part):
    array = np.random.default_rng(0).normal(size=shape)
    found = sample_of(array)
    assert levels_of(found).shape == shown and found.part == part
    assert found.numbers == ()
    assert max(found.width, found.height) <= SIDE


def test_colours_stand_together():
    array = np.zeros((1, 3, 5, 6))
    array[0, 0], array[0, 2, 4, 5] = 1.0, 0.5  # red, and some blue in a corner
    levels = levels_of(sample_of(array))
    assert levels[0, 0, 0].tolist() == [255, 1, 1] and levels[0, 4, 5].tolist() == [255, 1, 128]


def test_an_average_of_what_is_not_finite_is_not_finite():
    array = np.zeros((1, 56, 56))
    array[0, 0, 0], array[0, 55, 55], array[0, 54, 55], array[0, 9, 9] = np.nan, np.inf, -np.inf, 1
    levels = levels_of(sample_of(array))[0, ..., 0]
    assert levels[0, 0] == levels[27, 27] == 0 and (levels == 0).sum() == 2


@pytest.mark.parametrize("largest", [np.finfo(np.float64).max, 1e308, 5e-324])
def test_a_huge_or_tiny_range(largest):
    found = sample_of(np.array([[-largest, 0.0, largest]]))
    assert levels_of(found).ravel().tolist() == [1, 128, 255]
    assert (found.low, found.high) == (-largest, largest)


# ------------------------------------------------------------------------------------- on the page


def picture(rows=2, **options):
    X = tg.tensor(np.arange(3.0 * rows).reshape(rows, 3), name="X")
    w = tg.tensor(np.array([[1.5], [-2.0], [1 / 3]]), requires_grad=True, name="w")
    return tg.render(tg.tanh(X @ w).sum(), **options)


def test_the_page_has_few_digits_and_all_of_a_whole_number():
    ids = tg.tensor(np.array([123456.0, 1 / 3]), requires_grad=True)
    column = columns_of(tg.render((ids * ids).sum()).html())["value_sample"]
    assert column[0]["numbers"] == [[123456.0, 0.3333]]
    assert column[0]["low"] == 0.33333


def test_a_graph_with_numbers_that_are_not_finite_is_shown():
    x = tg.tensor(np.array([[0.0, 1.0, -1.0]]), requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        columns = columns_of(tg.render((tg.log(x) / x).sum()).html())
    samples = dict(zip(columns["op"], columns["value_sample"], strict=True))
    assert samples["log"]["numbers"] == [["-Infinity", 0.0, "NaN"]]
    assert samples["divide"]["numbers"] == [["-Infinity", 0.0, "NaN"]]


@pytest.mark.parametrize(
    ("depth", "values", "there"), [(5, False, True), (45, False, False), (45, True, True)]
)
def test_large_graphs_show_arrays_where_they_are_asked_for(depth, values, there):
    y = tg.tensor([0.5, 0.25], requires_grad=True)
    for _ in range(depth):
        y = tg.tanh(y)
    columns = columns_of(tg.render(y.sum(), values=values, formulas=False).html())
    assert ("value_sample" in columns) is there


def test_a_large_array_costs_little():
    small, large = len(picture(2).html()), len(picture(20_000).html())
    assert large < small + 5000
