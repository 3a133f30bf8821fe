"""Arrays whose rows belong together: row i of each is example i."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.array_likes import (
    NUMERIC,
    columns_of,
    counted,
    missing_in,
    numbers_of,
    to_plain,
    what_else,
)
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, describe, listing

Array = NDArray[Any]
Indices = NDArray[np.intp]
Key = int | str
"""What one of several arrays is called: its place, or its key in a dict."""


class ExampleTable(ABC):
    """Examples that are taken by their numbers; each has one part or several, or a dict of them."""

    form: type
    """In which the parts are handed out: one array, a tuple, or a dict."""
    length: int

    @property
    @abstractmethod
    def keys(self) -> tuple[Key, ...]:
        """What the parts are called."""

    @property
    @abstractmethod
    def given(self) -> Any:
        """What the examples are taken from, in the form in which it was given."""

    @abstractmethod
    def rows(self, rows: Indices) -> dict[Key, Array]:
        """Return copies of some rows of all parts."""

    def __len__(self) -> int:
        return self.length

    def as_given(self, columns: Mapping[Key, Any]) -> Any:
        """Return columns in the form in which the examples were given: one, a tuple, or a dict."""
        if self.form is dict:
            return dict(columns)
        return tuple(columns.values()) if self.form is tuple else next(iter(columns.values()))

    def take(self, rows: Indices) -> Any:
        """Return copies of the given rows, in the form in which the examples were given."""
        return self.as_given(self.rows(rows))


MOST_DIGESTED = 2**24
"""About how many elements of an array are read to tell it from others."""


class AlignedArrays(ExampleTable):
    """One array, several, or a dict of them, of equal length.

    Arrays are kept as they are, so a memory-mapped one is not read before its rows are taken.

    Args:
        function: what messages begin with.
        arrays: what was given, one array or several; or a single dict.

    Raises:
        ArgumentError: no arrays, or no examples in them; several arrays given as one.
        ShapeError: arrays of different lengths, or a number in place of one.
    """

    def __init__(self, function: str, arrays: Sequence[Any]) -> None:
        if len(arrays) == 1 and isinstance(arrays[0], Mapping):
            self.form = dict
            given: dict[Key, Any] = dict(arrays[0])
        else:
            self.form = tuple if len(arrays) > 1 else np.ndarray
            if len(arrays) == 1:
                _refuse_several(function, arrays[0])
            given = dict(enumerate(arrays))
        if not given:
            raise ArgumentError(f"{function}: no arrays were given")
        self.columns = {key: _column(value, function) for key, value in given.items()}
        lengths = {key: len(column) for key, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            seen = listing([f"{name_of(key)} has {n}" for key, n in lengths.items()])
            raise ShapeError(f"{function}: arrays must have one row for each example, but {seen}")
        self.length = next(iter(lengths.values()))
        if self.length == 0:
            raise ArgumentError(f"{function}: there are no examples: the arrays have length 0")

    @property
    def keys(self) -> tuple[Key, ...]:
        """What the arrays are called."""
        return tuple(self.columns)

    @property
    def given(self) -> Any:
        """The arrays, in the form in which they were given."""
        return self.as_given(self.columns)

    def digest(self) -> str:
        """Return a text that other arrays have not; of large ones, every so many rows are read."""
        found = blake2b(digest_size=8)
        for key, column in self.columns.items():
            rows = np.ascontiguousarray(column[:: max(column.size // MOST_DIGESTED, 1)])
            plain = not rows.dtype.hasobject
            found.update(f"{key!r} {column.dtype} {column.shape}".encode())
            found.update(rows.tobytes() if plain else repr(rows.tolist()).encode())
        return found.hexdigest()

    def rows(self, rows: Indices) -> dict[Key, Array]:
        """Return copies of some rows of all arrays."""
        return {key: column[rows] for key, column in self.columns.items()}


def same_arrays(function: str, sets: Mapping[str, Any]) -> list[AlignedArrays]:
    """Return sets, each an array, a tuple of arrays or a dict of them, that have the same arrays.

    Raises:
        ArgumentError: arrays that are not in all.
        DTypeError: text or dates in one set and numbers in another.
        ShapeError: examples of different shapes.
    """
    tables = {
        name: AlignedArrays(
            f"{function}: {name}", arrays if isinstance(arrays, tuple) else (arrays,)
        )
        for name, arrays in sets.items()
    }
    (one, first), *others = tables.items()
    for two, second in others:
        if first.form is not second.form or first.columns.keys() != second.columns.keys():
            held = [
                f"{name} has {listing([name_of(key) for key in tables[name].columns])}"
                for name in (one, two)
            ]
            raise ArgumentError(f"{function}: {', '.join(held)}; give the same arrays of both")
        for key, column in first.columns.items():
            other = second.columns[key]
            if column.shape[1:] != other.shape[1:]:
                raise ShapeError(
                    f"{function}: {name_of(key)} has examples of shape {column.shape[1:]} in {one}"
                    f" and {other.shape[1:]} in {two}; bring them to the same shape first"
                )
            if _sort(column) != _sort(other):
                raise DTypeError(
                    f"{function}: {name_of(key)} is {column.dtype} in {one} and {other.dtype} in"
                    f" {two}; give both the same kind of data"
                )
    return list(tables.values())


def _sort(array: Array) -> str:
    """Return what data is: numbers, text (or objects), or the kind of its dtype."""
    kind = array.dtype.kind
    return "numbers" if kind in NUMERIC else "text" if kind in "OUST" else kind


def _refuse_several(function: str, value: Any) -> None:
    """Raise where several arrays are in one list, which NumPy would take for two examples."""
    if not isinstance(value, (tuple, list)) or len(value) < 2:
        return
    shapes = [getattr(part, "shape", ()) for part in value]
    # A list of arrays with as many axes may be examples, such as images, or sequences to be padded.
    if all(shapes) and (isinstance(value, tuple) or len(set(map(len, shapes))) > 1):
        raise ArgumentError(
            f"{function}: a {type(value).__name__} of {len(value)} arrays of shapes"
            f" {listing(shapes, 3)} was given; give each as an argument of its own, or all in a"
            " dict"
        )


def _column(value: Any, function: str) -> Array:
    """Return what was given as an array; a frame of numbers as numbers, of whatever types."""
    array = as_array(value, function)
    return array if columns_of(value) is None else numbers_of(array)


def as_array(value: Any, what: str) -> Array:
    """Return data with an axis of examples as an array; one that is an array stays as it is.

    Raises:
        ArgumentError: values are masked.
        DTypeError: no array, such as a sparse matrix or a generator.
        ShapeError: a number in place of an array; nested sequences of different lengths.
    """
    array = to_plain(value, what)
    if array.ndim == 0:
        raise ShapeError(f"{what}: an array has one row for each example, not {describe(value)}")
    return array


def as_numbers(value: Any, what: str) -> Array:
    """Return data with an axis of examples as an array of real numbers or truth values.

    Raises:
        ArgumentError: values are masked.
        DTypeError: there is anything else in it.
        ShapeError: a number in place of an array; nested sequences of different lengths.
    """
    array = numbers_of(as_array(value, what))
    if array.dtype.kind not in NUMERIC:
        raise DTypeError(f"{what} are numbers, not {what_else(array, value)}")
    return array


def sortable(array: Array) -> Array:
    """Return an array whose values have an order: objects that have none as text.

    Example:
        >>> sortable(np.array([1, "1"], object)).tolist()
        ['int 1', 'str 1']
    """
    if array.dtype.kind != "O":
        return array
    try:
        np.sort(array, axis=None)
    except TypeError:
        texts = [f"{type(one).__name__} {one}" for one in array.flat]
        return np.array(texts, np.str_).reshape(array.shape)
    return array


def in_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return numbers in a dtype, cut at its limits, and rounded where it is one of integers."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        greatest = float(limits.max)
        if int(greatest) > limits.max:  # of 64 bits, which float64 rounds up
            greatest = np.nextafter(greatest, 0)
        return np.rint(values).clip(float(limits.min), greatest).astype(dtype)
    limit = np.finfo(dtype).max
    with np.errstate(over="ignore"):
        cast = values.astype(dtype)
    return np.where(np.isinf(cast) & np.isfinite(values), np.copysign(limit, cast), cast)


def name_of(key: Key) -> str:
    """Return the name of an array in messages."""
    return repr(key) if isinstance(key, str) else f"array {key}"


def refuse_missing(array: Array, what: str, advice: str) -> None:
    """Raise where numbers are NaN or infinite, or labels are missing.

    Raises:
        ArgumentError: with how many there are and where the first stands.
    """
    missing = missing_in(array)
    if missing.any():
        kind = {"O": "None or NaN", "M": "NaT", "m": "NaT"}.get(array.dtype.kind, "NaN or infinite")
        raise ArgumentError(f"{what}: {counted(missing, kind)}; {advice}")
