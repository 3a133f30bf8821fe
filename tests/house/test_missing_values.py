"""What is missing in columns of pandas and polars: NaN among numbers, an error among others."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tensorgraph as tg
from tensorgraph.array_likes import to_plain
from tensorgraph.data import Batches, Normalize
from tensorgraph.errors import ArgumentError, DTypeError

NUMBERS_WITHOUT_ONE = {
    "Int64": pd.Series([1, None], dtype="Int64"),
    "UInt8": pd.Series([1, None], dtype="UInt8"),
    "Float64": pd.Series([1.0, None], dtype="Float64"),
    "float64": pd.Series([1.0, None]),
    "an array of pandas": pd.array([1, None], "Int64"),
    "integers of polars": pl.Series([1, None]),
    "numbers of polars": pl.Series([1.0, None]),
    "a frame": pd.DataFrame({"a": pd.array([1, None], "Int64")}),
    "a frame of several types": pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [1.0, 2.0]}),
    "with truth values": pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [True, False]}),
    "a frame of polars": pl.DataFrame({"a": [1, None], "b": [1.0, 2.0]}),
    "with truth values of polars": pl.DataFrame({"a": [1, None], "b": [True, False]}),
}
OTHERS_WITHOUT_ONE = {
    "truth values": pd.Series([True, None], dtype="boolean"),
    "truth values of polars": pl.Series([True, None]),
    "objects": pd.Series([1, None], dtype=object),
    "a list": [1, None],
    "a list with NA": [1, pd.NA],
    "a frame of truth values": pd.DataFrame({"a": pd.array([True, None], "boolean"), "b": [1, 2]}),
    "a frame of polars": pl.DataFrame({"a": [True, None]}),
    "columns that share a name": pd.concat([pd.Series([1, None], name="a", dtype="Int64"),
                                            pd.Series([1.0, 2.0], name="a")], axis=1),
}  # fmt: skip
TAKES_NUMBERS = {
    "tensor": tg.tensor,
    "asarray": tg.asarray,
    "operand": lambda x: tg.tensor(0.0) + x,
    "to_plain": lambda x: to_plain(x, "x"),
    "Batches": lambda x: next(iter(Batches(x, batch_size=2, shuffle=False))),
}


@pytest.mark.parametrize("door", TAKES_NUMBERS)
@pytest.mark.parametrize("kind", NUMBERS_WITHOUT_ONE)
def test_a_number_that_is_missing_is_nan(kind, door):
    found = np.asarray(TAKES_NUMBERS[door](NUMBERS_WITHOUT_ONE[kind]))
    assert found.dtype == np.float64
    assert np.isnan(found.reshape(2, -1)).tolist() == [[False] * (found.size // 2), [
        True, *[False] * (found.size // 2 - 1)]]  # fmt: skip
    assert found.reshape(2, -1)[0].tolist() == [1.0] * (found.size // 2)


@pytest.mark.parametrize("door", ["tensor", "asarray", "operand"])
@pytest.mark.parametrize("kind", OTHERS_WITHOUT_ONE)
def test_what_else_is_missing_is_an_error_with_its_place(kind, door):
    with pytest.raises(DTypeError, match=r"1 of [24] values is missing, .*at index .*write"):
        TAKES_NUMBERS[door](OTHERS_WITHOUT_ONE[kind])


@pytest.mark.parametrize("kind", NUMBERS_WITHOUT_ONE)
def test_what_learns_says_where_a_number_is_missing(kind):
    given = NUMBERS_WITHOUT_ONE[kind]
    with pytest.raises(ArgumentError, match=r"1 of [24] values is NaN or infinite, .*index .*1"):
        Normalize().fit(given)
