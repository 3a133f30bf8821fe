"""What a tensor can hold: dtypes, and turning data into arrays that the engine computes with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tensorgraph import errors
from tensorgraph.array_likes import NUMERIC, made_array, numbers_of, plain, what_else
from tensorgraph.engine.modes import MODE

Array = NDArray[Any]

_SINGLE: np.dtype[Any] = np.dtype(np.float32)
_DEFAULT = ContextVar("tensorgraph_default_dtype", default=_SINGLE)


def default_dtype() -> np.dtype[Any]:
    """Return the type of Python floats and of parameters; a NumPy array keeps its own.

    It is float32, but in a test that asks for float64 throughout.
    """
    return _DEFAULT.get()


@contextmanager
def by_default(dtype: DTypeLike) -> Iterator[None]:
    """Let Python floats and parameters be of another type in the block."""
    token = _DEFAULT.set(np.dtype(dtype))
    try:
        yield
    finally:
        _DEFAULT.reset(token)


PLAIN = frozenset(map(np.dtype, "?bhilqBHILQefd"))
"""The types of NumPy's numbers, in the machine's order of bytes: asked before all else."""


def to_dtype(dtype: DTypeLike | None) -> np.dtype[Any]:
    """Return a NumPy dtype that the engine computes with.

    Raises:
        DTypeError: it is unknown, or not real numbers, integers or booleans.
    """
    try:
        if dtype is None:
            raise TypeError  # which NumPy takes for float64
        found = np.dtype(dtype)
    except (TypeError, ValueError):
        raise errors.DTypeError(f"unknown dtype {dtype!r}; write e.g. 'float32'") from None
    _check_numeric(found)
    return found if found.isnative else found.newbyteorder("=")


def is_foreign(value: Any) -> bool:
    """Return whether this is an array of another kind than NumPy's: a device's, or a symbolic one.

    Such arrays answer NumPy's functions themselves, and stay what they are.
    """
    return type(value) is not np.ndarray and (
        hasattr(value, "__array_function__") and not isinstance(value, np.ndarray)
    )


def is_on_device(value: Any) -> bool:
    """Return whether this is an array of a device: of another kind, with values that can change."""
    return is_foreign(value) and hasattr(value, "__setitem__")


def as_array(value: Any) -> Any:
    """Return a number as an array, and an array of any kind as it is."""
    return value if hasattr(value, "__array_function__") else made_array(value)


def copied(array: Any) -> Any:
    """Return a copy that nobody else refers to, of a NumPy scalar as an array."""
    return np.array(array) if isinstance(array, (np.ndarray, np.generic)) else array.copy()


def host_values(array: Any) -> Array:
    """Return the values of an array in NumPy's memory, for a check that has to look at them.

    This is the only way by which the engine's own code takes values off a device. A symbolic array
    has none: the result is empty, so that what looks at values finds nothing. It is for messages
    and the like (what must hold asks :func:`holds`): what is computed with, or decided by, needs
    values, and asks whether these have the array's shape.
    """
    if is_foreign(array):
        values: Array = array.get()  # CuPy's name for it
        return values
    return np.asarray(array)


def holds(condition: Any) -> bool:
    """Return whether a condition is true of all elements: of an array that a check has computed.

    A symbolic one has no values yet. It is taken to hold, and the observer is told what must.
    """
    known = host_values(condition)  # of all examples, where a layer computes with many
    if known.size or not condition.size:
        return bool(known.all())
    observer = MODE.get().observer
    if observer is not None:
        observer.check(condition.all() if condition.shape else condition)
    return True


def to_host(array: Any) -> Array:
    """Return the values of an array in NumPy's memory, to keep them.

    Raises:
        GraphError: a symbolic array, which has none.
    """
    values = host_values(array)
    return values if values.shape == array.shape else np.asarray(array)  # a symbol refuses


def placed(array: Any, own: Any) -> Any:
    """Return an array of NumPy's where ``own`` is, such as on its device; another as it is."""
    return np.asarray(array, like=own) if isinstance(array, np.ndarray) else array


def to_array(data: Any, dtype: DTypeLike | None = None) -> Any:
    """Return ``data`` as an array the engine computes with, sharing memory where possible.

    The order of its bytes is the machine's: files of other machines give the other one. Of a tensor
    see ``array_of`` in ``tensor.py``.

    Raises:
        ArgumentError: values are masked; a number that does not fit in its dtype.
        DTypeError: it holds anything but real numbers, integers and booleans.
        GraphError: a list of tensors that need a gradient.
        ShapeError: nested sequences of different lengths.
    """
    wanted = None if dtype is None else to_dtype(dtype)
    array: Any
    if isinstance(data, np.ndarray):
        array = data if type(data) is np.ndarray else np.asarray(plain(data, "data"))
    elif isinstance(data, np.generic):
        array = np.asarray(data)
    elif is_foreign(data):
        array = data
    elif hasattr(data, "__dlpack__") and not hasattr(data, "__array__"):
        array = np.from_dlpack(data)
    else:
        array = made_array(data)
        found = () if type(data) in (float, int, bool) else tuple(_inside(data))
        for part in found:
            if isinstance(part, np.ndarray):
                plain(part, "data")  # whose mask is lost
        lost = any(getattr(x, "requires_grad", False) for x in found if x is not data)
        if lost and MODE.get().recording:
            raise errors.GraphError(
                "a list of tensors that need a gradient would lose it; write tg.stack([...])"
            )
        if wanted is None and array.dtype == np.float64 and not hasattr(data, "__array__"):
            double = any(getattr(x, "dtype", None) == np.float64 for x in found)
            wanted = np.dtype(np.float64) if double else default_dtype()
    if array.dtype not in PLAIN:
        array = array if array.dtype.kind in NUMERIC else numbers_of(array)
        if array.dtype.kind not in NUMERIC:
            raise errors.DTypeError(_NO_NUMBERS + what_else(array, data))
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if wanted is None or wanted == array.dtype:
        return array
    if isinstance(data, (int, list, tuple)) and array.dtype.kind == "i" and wanted.kind in "iu":
        try:
            return np.asarray(data, wanted)
        except OverflowError as error:
            raise errors.ArgumentError(f"{error}; write a wider dtype") from None
    return array.astype(wanted) if getattr(data, "ndim", 0) else cast(array, wanted)


def array_beside(data: Any, others: Iterable[Any]) -> Any:
    """Return a list, or a number, as an array for a computation with others.

    Python's floats are float32 like those of ``tg.tensor``, but beside float64 they are not
    rounded.
    """
    array = to_array(data)
    double = any(getattr(other, "dtype", None) == np.float64 for other in others)
    return to_array(data, np.float64) if double and array.dtype.kind == "f" else array


def cast(array: Array, dtype: np.dtype[Any]) -> Array:
    """Return numbers that were written in a program in another dtype, which has to hold them.

    Raises:
        ArgumentError: one is finite, but not in that dtype; or is no integer in its range.

    Example:
        >>> cast(np.array(70_000), np.dtype(np.float16))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentError: 70000 does not fit in float16; write a wider dtype
    """
    if dtype.kind in "iu":
        range_ = np.iinfo(dtype)
        lost = ~((array >= range_.min) & (array < range_.max + 1.0))
        if not lost.any():
            return array.astype(dtype)
    else:
        try:
            with np.errstate(over="raise"):
                return array.astype(dtype)
        except FloatingPointError:
            lost = np.isfinite(array) & (np.abs(array) > np.finfo(dtype).max)
    first = array[lost].flat[0]
    raise errors.ArgumentError(f"{first:g} does not fit in {dtype}; write a wider dtype")


def _inside(data: Any) -> Iterator[Any]:
    """Yield what nested sequences hold, other than plain numbers."""
    if type(data) in (list, tuple):
        for part in data:
            if type(part) not in (float, int, bool):
                yield from _inside(part)
    else:
        yield data


def _check_numeric(dtype: np.dtype[Any]) -> None:
    if dtype.kind not in NUMERIC:
        kinds = {"O": "objects", "U": "strings", "S": "bytes", "c": "complex numbers"}
        raise errors.DTypeError(f"{_NO_NUMBERS}{kinds.get(dtype.kind, str(dtype))} (dtype {dtype})")


_NO_NUMBERS = "tensors hold real numbers, integers or booleans, not "
