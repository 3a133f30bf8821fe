"""Data sets that give one example at a time, by its number, as PyTorch's map-style ones do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph.array_likes import to_plain
from tensorgraph.data.aligned_arrays import (
    AlignedArrays,
    Array,
    ExampleTable,
    Indices,
    Key,
    name_of,
)
from tensorgraph.errors import ArgumentError, ShapeError, describe, listing


def table_of(function: str, arrays: Sequence[Any]) -> ExampleTable:
    """Return what batches are taken from: arrays with one row for each example, or a data set.

    Raises:
        ArgumentError: there are no examples.
        ShapeError: arrays of different lengths.
    """
    if len(arrays) == 1 and is_data_set(arrays[0]):
        return Samples(function, arrays[0])
    return AlignedArrays(function, arrays)


def is_data_set(value: Any) -> bool:
    """Return whether a value has examples by number, but is no list and nothing like an array.

    Example:
        >>> class Squares:
        ...     def __len__(self):
        ...         return 3
        ...
        ...     def __getitem__(self, i):
        ...         return i, i * i
        >>> is_data_set(Squares()), is_data_set([1, 2]), is_data_set(np.ones(3))
        (True, False, False)
    """
    kind = type(value)
    by_number = hasattr(kind, "__getitem__") and hasattr(kind, "__len__")
    known = isinstance(value, (Sequence, Mapping)) or hasattr(kind, "toarray")
    return by_number and not known and not hasattr(value, "__array__")


class Samples(ExampleTable):
    """The samples of a data set: arrays or numbers, tuples of such, or dicts; all of one form.

    Args:
        function: what messages begin with.
        data: the data set. Its first sample is read here, for its form; others when they are due.

    Raises:
        ArgumentError: it is empty.
    """

    def __init__(self, function: str, data: Any) -> None:
        self._function, self._data = function, data
        self.length = len(data)
        if self.length == 0:
            raise ArgumentError(f"{function}: there are no examples: the data set has length 0")
        first = data[0]
        self.form = _form_of(first)
        self._keys = tuple(_parts(first))

    @property
    def keys(self) -> tuple[Key, ...]:
        """What the parts of a sample are called."""
        return self._keys

    @property
    def given(self) -> Any:
        """The data set."""
        return self._data

    def rows(self, rows: Indices) -> dict[Key, Array]:
        """Return some of the samples, their parts stacked.

        Raises:
            ArgumentError: a sample of another form than the first.
            ShapeError: samples of different shapes or dtypes.
        """
        samples = [self._sample(row) for row in rows.tolist()]
        return {key: self._stacked(key, samples, rows) for key in self.keys}

    def _sample(self, row: int) -> dict[Key, Any]:
        try:
            sample = self._data[row]
        except Exception as error:
            error.add_note(f"(while example {row} of the data set was read)")
            raise
        parts = _parts(sample)
        if tuple(parts) != self.keys or _form_of(sample) is not self.form:
            raise ArgumentError(
                f"{self._function}: example {row} of the data set is {_described(sample)}, the"
                f" first is {_described(self._data[0])}; return all in one form"
            )
        return parts

    def _stacked(self, key: Key, samples: list[dict[Key, Any]], rows: Indices) -> Array:
        what = f"{self._function}: {name_of(key)} of an example"
        arrays = [to_plain(sample[key], what) for sample in samples]
        for array, row in zip(arrays, rows.tolist(), strict=True):
            if array.shape != arrays[0].shape or _sort(array) != _sort(arrays[0]):
                raise ShapeError(
                    f"{self._function}: {name_of(key)} has shape {arrays[0].shape}"
                    f" {arrays[0].dtype} in example {rows[0]} of the data set and {array.shape}"
                    f" {array.dtype} in example {row}; bring all to one shape and dtype in its"
                    " __getitem__"
                )
        return np.stack(arrays)


def _form_of(sample: Any) -> type:
    return (
        dict if isinstance(sample, Mapping) else tuple if isinstance(sample, tuple) else np.ndarray
    )


def _parts(sample: Any) -> dict[Key, Any]:
    """Return the parts of a sample, by place or by key."""
    if isinstance(sample, Mapping):
        return dict(sample)
    return dict(enumerate(sample if isinstance(sample, tuple) else (sample,)))


def _described(sample: Any) -> str:
    if isinstance(sample, Mapping):
        return f"a dict of {listing([repr(key) for key in sample])}"
    return f"a tuple of {len(sample)}" if isinstance(sample, tuple) else describe(sample)


def _sort(array: Array) -> Any:
    """Return what arrays to be stacked have in common: a dtype, of text however long it is."""
    return array.dtype.kind if array.dtype.kind in "US" else array.dtype
