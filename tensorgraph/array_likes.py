"""Arrays of what other libraries and plain Python hold: lists, frames, masked arrays, objects.

All rooms take their data through here, so one rule holds everywhere. A frame, a series or a list is
what NumPy makes of it; objects that are all numbers, such as the columns of a frame of mixed types,
are numbers. An array of a subclass becomes a plain one, and what only the subclass knows is never
lost in silence: a masked value is refused. What is no number is told with the line to write.

*Missing values* of pandas (``NA`` in ``Int64``, ``Float64``, types of Arrow), polars and Arrow
(nulls) are NaN in a column of numbers, which becomes float64, as these libraries' own ``to_numpy``
has it; so a tensor holds NaN, and what learns from data says where. In a column of truth values, of
text or of objects, and in a list, they are an error that tells how many there are and what to
write: for a truth value there is no NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from numbers import Number, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, describe, ragged

Array = NDArray[Any]

NUMERIC = "fiub"
"""The kinds of dtypes whose values are real numbers or truth values."""
_TEXT = "UST"


def plain(array: Array, what: str) -> Array:
    """Return an array of a subclass as one of NumPy's own; a memory-mapped one stays that.

    Raises:
        ArgumentError: values are masked.

    Example:
        >>> type(plain(np.ma.array([1.0, 2.0]), "x")) is np.ndarray
        True
        >>> plain(np.ma.array([1.0, -999.0], mask=[False, True]), "x")
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentError: x: 1 of 2 values is masked, ...
    """
    if type(array) is np.ndarray or isinstance(array, np.memmap):
        return array
    if isinstance(array, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(array)
        if mask.dtype.names:  # of records: each of their fields has its own
            fields = np.ascontiguousarray(mask).view(bool).reshape(*mask.shape, -1)
            mask = np.logical_or.reduce(fields, axis=-1)
        if mask.any():
            raise ArgumentError(
                f"{what}: {counted(mask, 'masked')}; leave these examples out, or write"
                " x.astype(float).filled(np.nan)"
            )
    return np.asarray(array)


def to_plain(value: Any, what: str) -> Array:
    """Return anything like an array as an array of NumPy's own.

    Raises:
        ArgumentError: values are masked.
        DTypeError: something that NumPy makes no array of: a sparse matrix, a generator, a dict.
        ShapeError: nested sequences of different lengths.

    Example:
        >>> to_plain([[1, 2], [3, 4]], "x").shape
        (2, 2)
        >>> to_plain((row for row in [1, 2]), "x")
        Traceback (most recent call last):
        ...
        tensorgraph.errors.DTypeError: x: an array, a list or a frame is wanted, not a ...
    """
    if isinstance(value, np.ndarray):
        return plain(value, what)
    _refuse_masked_parts(value, what)
    array = made_array(value, f"{what}: ")
    if array.dtype.kind == "O" and array.ndim == 0:
        raise DTypeError(f"{what}: an array, a list or a frame is wanted, not {of_one(value)}")
    if array.dtype.kind == "U" and isinstance(value, (list, tuple)):
        # NumPy writes numbers among strings as strings, a NaN as "nan".
        objects = np.array(value, object)
        if not all(isinstance(part, str) for part in objects.flat):
            return objects
    return array


def made_array(value: Any, before: str = "") -> Array:
    """Return what NumPy makes of a value, or say why it makes nothing of it.

    Args:
        value: no array of NumPy's.
        before: what messages begin with.

    Raises:
        DTypeError: a tensor of another library that does not give its values to NumPy.
        ShapeError: nested sequences of different lengths.
    """
    only_dlpack = hasattr(value, "__dlpack__") and not hasattr(value, "__array__")
    try:
        if only_dlpack:
            return np.from_dlpack(value)
        return _by_columns(_integers_kept(np.asarray(value), value), value)
    except ValueError:
        raise ShapeError(f"{before}{ragged(value)}") from None
    except (RuntimeError, TypeError, BufferError) as error:
        part = value
        while isinstance(part, (list, tuple)) and part:
            part = part[0]
        if not (hasattr(part, "__array__") or only_dlpack):
            raise
        raise DTypeError(f"{before}{_of_other_library(part, error, part is value)}") from None


def _integers_kept(array: Array, value: Any) -> Array:
    """Return the array of nested sequences, in uint64 where NumPy rounded integers to floats.

    It does so where some need 64 bits without a sign, and others would do with fewer.
    """
    if array.dtype != np.float64 or not isinstance(value, (list, tuple)):
        return array
    if not (array >= 2.0**63).any() or (array < 0).any():
        return array
    objects = np.array(value, object)
    integers = all(isinstance(part, (int, np.integer)) for part in objects.flat)
    return objects.astype(np.uint64) if integers else array


def _by_columns(array: Array, value: Any) -> Array:
    """Return a frame of numbers some of which are missing as numbers, with NaN in their places.

    Columns of several types come together as objects, in which what is missing is none, as it would
    be in each column alone.
    """
    columns = columns_of(value) if array.dtype.kind == "O" else None
    if not columns or not missing_in(array).any():
        return array
    arrays = [np.asarray(column) for column in columns.values()]
    if any(one.dtype.kind not in NUMERIC or one.ndim != 1 for one in arrays):
        return array
    found = np.stack(arrays, axis=1)
    return found if found.shape == array.shape else array  # columns may share a name


def _of_other_library(value: Any, error: Exception, alone: bool) -> str:
    """Return what a tensor of another library is that refuses to be an array, and the line.

    Args:
        value: the tensor.
        error: what it raised.
        alone: whether it stands in no list.
    """
    library = type(value).__module__.split(".")[0]
    dtype = str(getattr(value, "dtype", ""))
    if getattr(value, "requires_grad", False):
        numbers = ".float()" if "bfloat16" in dtype else ""
        return f"a tensor of {library} that requires a gradient; write x.detach(){numbers}.numpy()"
    if "bfloat16" in dtype:
        return f"a tensor of {library} of dtype bfloat16; write x.float().numpy()"
    if library == "tensorgraph":
        line = "write x.data.get()" if alone else "write tg.stack([...])"
        return f"{'a tensor' if alone else 'tensors'} in a device's memory; {line}"
    if hasattr(value, "__array_function__") and hasattr(value, "get"):  # CuPy's
        return f"an array of {library}, in a device's memory; write x.get()"
    return f"a {type(value).__name__} of {library} that gives NumPy no array: {error}"


def _refuse_masked_parts(value: Any, what: str) -> None:
    """Raise where arrays in a list are masked, which NumPy would stack without their masks."""
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], np.ndarray):
        for i, part in enumerate(value):
            if isinstance(part, np.ndarray):
                plain(part, f"{what}[{i}]")


def one_each(array: Array) -> Array:
    """Return one value for each example, shape (m,), also of a column (m, 1) or a row (1, m).

    A column comes of a layer with one output or of a frame with one column, a row of samples that
    stand in columns. An array of another shape stays as it is.

    Example:
        >>> one_each(np.array([[0.1], [0.9]])).shape, one_each(np.zeros((2, 3))).shape
        ((2,), (2, 3))
    """
    return array.reshape(-1) if array.ndim == 2 and 1 in array.shape else array


def numbers_of(array: Array) -> Array:
    """Return an array of objects that are all numbers as numbers; any other as it is.

    A frame with columns of numbers and truth values comes as an array of objects. Numbers of more
    than 64 bits become float64; those that are too large for it, infinite.

    Example:
        >>> numbers_of(np.array([[1.5, True], [2, False]], object))
        array([[1.5, 1. ],
               [2. , 0. ]])
    """
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        with np.errstate(over="ignore", under="ignore"):
            return array.astype(np.float64)
    if array.dtype.kind != "O" or not array.size:
        return array
    try:
        values = array.tolist()
        found = _integers_kept(np.array(values), values)
    except (ValueError, TypeError):  # arrays of several shapes
        return array
    return found if found.dtype.kind in NUMERIC and found.shape == array.shape else array


def columns_of(value: Any) -> dict[Any, Any] | None:
    """Return the columns of a frame, or of a table of Arrow, by name; nothing for what is none.

    Example:
        >>> columns_of([[1, 2]]) is None
        True
    """
    names = getattr(value, "columns", None) if hasattr(value, "to_numpy") else None
    names = getattr(value, "column_names", names)
    return None if names is None else {name: value[name] for name in names}


def row_names(value: Any) -> Array | None:
    """Return what the index of a frame or series calls its rows, where that is not their numbers.

    Example:
        >>> row_names([1, 2]) is None
        True
    """
    index: Any = getattr(value, "index", None)
    if not (hasattr(index, "to_numpy") and hasattr(value, "to_numpy")):
        return None
    names: Array = np.empty(len(index), np.dtype(object))
    names[:] = list(index)
    return None if names.tolist() == list(range(len(names))) else names


def what_else(array: Array, source: Any = None) -> str:
    """Return what an array holds that is no numbers, and the line to write.

    Args:
        array: of another kind than numbers.
        source: what it was made of.

    Example:
        >>> what_else(np.array(["cat", "dog"]))
        "strings such as 'cat'; number classes by tg.data.Classes.of(labels).encode(labels)"
    """
    kind = array.dtype.kind
    if told := _of_columns(source):
        return told
    if kind == "O" and array.ndim == 0 and not isinstance(source, int):
        return f"objects such as {of_one(source)}"
    if kind == "O":
        return _of_objects(array, source)
    if kind in _TEXT:
        return _of_text(array)
    if kind == "V" and array.dtype.names is None:  # a type that NumPy itself does not have
        return f"numbers of dtype {array.dtype}; write x.astype('float32')"
    name, line = {
        "M": (
            "dates",
            f"{_DAYS} with d = np.asarray(x), the days since the first",
        ),
        "m": ("durations", "write np.asarray(x) / np.timedelta64(1, 'D')"),
        "c": ("complex numbers", "write their .real and .imag as two arrays"),
        "V": ("records", "write their fields as columns: np.stack([x['a'], x['b']], 1)"),
    }[kind]
    return f"{name} (dtype {array.dtype}); {line}"


def of_one(value: Any) -> str:
    """Return what an object is that is no number, and that NumPy cannot look into."""
    if hasattr(value, "toarray"):
        return f"a sparse matrix ({type(value).__name__}); write x.toarray()"
    for compute in ("collect", "compute"):  # of polars, and of Dask
        if callable(getattr(value, compute, None)):
            return f"a {type(value).__name__}, which is not computed yet; write x.{compute}()"
    listed = isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))
    return f"{describe(value)}{'; write list(...) around it' * listed}"


def _of_columns(source: Any) -> str:
    """Return which columns of a frame of several hold strings, and the line; else nothing."""
    columns = columns_of(source) or {}
    texts = {name: one for name, column in columns.items() if (one := text_in(column)) is not None}
    if len(columns) < 2 or not texts:
        return ""
    names, first = list(texts), next(iter(texts.values()))
    line = f"pd.get_dummies(x, columns={names}, dtype=float)"
    if type(source).__module__.startswith("polars"):
        line = f"x.to_dummies({names})"
    elif hasattr(source, "column_names"):
        line = line.replace("(x,", "(x.to_pandas(),")
    return f"strings such as {first!r} in the columns {names}; write {line}"


def text_in(column: Any) -> str | None:
    """Return the first string in a column; nothing where there is none.

    Example:
        >>> text_in([1, "a", "b"]), text_in([1, 2])
        ('a', None)
    """
    array = to_plain(column, "x")
    if array.dtype.kind not in "OUT":
        return None
    return next((str(one) for one in array.flat if isinstance(one, str)), None)


def _of_objects(array: Array, source: Any) -> str:
    missing = missing_in(array)
    if missing.any():
        rest = array[~missing]
        if len(rest) and all(isinstance(part, (str, bytes)) for part in rest):
            line = f"and {_NUMBER_CLASSES}"
        elif type(source).__module__.startswith("pandas"):
            line = "or write x.to_numpy(float, na_value=np.nan)"
        else:
            line = "or write np.nan in their place"
        first = array.flat[int(missing.argmax())]
        return (
            f"objects such as {first!r}: {counted(missing, 'missing')}; leave these examples out,"
            f" {line}"
        )
    odd = next((part for part in array.flat if not isinstance(part, (Real, np.number))), None)
    if isinstance(odd, (str, bytes)):
        return _of_text(array, odd)
    if odd is None and all(isinstance(part, (int, float)) for part in array.flat):
        return "an integer that does not fit in 64 bits; write it as a float"
    if getattr(odd, "shape", ()) or isinstance(odd, Sequence):
        return f"objects such as {describe(odd)}; write np.stack(list(x))"
    if odd is None or (isinstance(odd, Number) and hasattr(odd, "__float__")):
        seen = next(part for part in array.flat if not isinstance(part, (int, float)))
        return f"objects such as {seen!r}; write np.asarray(x, float)"
    if isinstance(odd, (date, timedelta)):
        return f"dates or durations such as {odd}; for each of their columns d {_DAYS}"
    seen = of_one(odd)
    return f"objects such as {seen}{'' if ';' in seen else '; write a number for each'}"


def _of_text(array: Array, odd: str | bytes | None = None) -> str:
    first = odd if odd is not None else next(iter(array.reshape(-1).tolist()), "")
    try:
        array.astype(float)
    except (ValueError, TypeError):
        line = _NUMBER_CLASSES
    else:
        line = "write x.astype(float)"
    return f"{'bytes' if isinstance(first, bytes) else 'strings'} such as {first!r}; {line}"


_DAYS = "write (d - d.min()) / np.timedelta64(1, 'D')"
_NUMBER_CLASSES = "number classes by tg.data.Classes.of(labels).encode(labels)"


# ---------------------------------------------------------------------------------------- missing


def missing_in(array: Array) -> NDArray[np.bool_]:
    """Return where numbers are NaN or infinite, dates are NaT, objects are None, NaN, NaT or NA.

    Example:
        >>> missing_in(np.array(["a", None, float("nan")], object)).tolist()
        [False, True, True]
    """
    kind = array.dtype.kind
    if kind in "fc":
        return ~np.isfinite(array)
    if kind in "mM":
        return np.isnat(array)
    if kind in "OT":
        flags = np.fromiter(map(is_missing, array.flat), bool, array.size)
        return flags.reshape(array.shape)
    return np.zeros(array.shape, bool)


def is_missing(value: Any) -> bool:
    """Return whether an object stands for a value that is not there.

    That is ``None``, and what is not equal to itself: NaN and NaT; pandas' NA is whatever it is
    compared with.

    Example:
        >>> [is_missing(value) for value in (None, float("nan"), np.datetime64("NaT", "D"), 0, "")]
        [True, True, True, False, False]
    """
    differs = value != value
    own = differs is value and not isinstance(value, (bool, np.bool_))
    return value is None or own or (isinstance(differs, (bool, np.bool_)) and bool(differs))


def counted(flags: NDArray[np.bool_], what: str) -> str:
    """Return how many values are so, and where the first stands.

    Example:
        >>> counted(np.array([[False, True], [True, True]]), "masked")
        '3 of 4 values are masked, the first at index (0, 1)'
    """
    place = tuple(int(i) for i in np.unravel_index(int(flags.argmax()), flags.shape))
    count = int(flags.sum())
    shown = place[0] if len(place) == 1 else place
    are = "values is" if count == 1 else "values are"
    return f"{count} of {flags.size} {are} {what}, the first at index {shown}"
