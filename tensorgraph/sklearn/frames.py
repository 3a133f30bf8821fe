"""Frames in which there are columns without numbers, and what to put before an estimator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.array_likes import columns_of, numbers_of, of_one, text_in, what_else
from tensorgraph.errors import DTypeError

Array = NDArray[Any]


@contextmanager
def numbers_wanted(X: Any, kind: str) -> Iterator[None]:
    """Say which columns hold no numbers, and what to write, where scikit-learn refuses inputs.

    Args:
        X: the inputs.
        kind: the estimator's name, for messages.

    Raises:
        DTypeError: there are such columns, or the inputs are strings.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        columns = columns_of(X)
        told = _of_array(X) if columns is None else _of_columns(columns, kind)
        if not told:
            raise
        raise DTypeError(f"{kind}: {told}") from error


def no_objects(X: Array) -> Array:
    """Return inputs as numbers: polars' frames of several types come as objects.

    Raises:
        ValueError: they are none.
    """
    return X.astype(np.float64) if X.dtype.kind == "O" else X


def _of_columns(columns: dict[Any, Any], kind: str) -> str:
    """Return which columns hold strings or dates, and what makes numbers of them."""
    held = {name: numbers_of(np.asarray(column)) for name, column in columns.items()}
    dates = [name for name, column in held.items() if column.dtype.kind in "mM"]
    texts = [name for name, column in columns.items() if text_in(column) is not None]
    if texts:
        return (
            f"the columns {texts} of X hold strings; write make_pipeline(make_column_transformer("
            f"(OneHotEncoder(sparse_output=False), {texts}), remainder='passthrough'), {kind}(…))"
        )
    if dates:
        return f"the columns {dates} of X hold {what_else(held[dates[0]]).partition(' (')[0]};" + (
            " for each of their columns d write (d - d.min()) / np.timedelta64(1, 'D')"
        )
    return ""


def _of_array(X: Any) -> str:
    if not (hasattr(X, "__array__") or hasattr(X, "dtype") or isinstance(X, (list, tuple))):
        return f"X is {of_one(X)}"
    array = numbers_of(np.asarray(X)) if hasattr(X, "dtype") or isinstance(X, list) else None
    return "" if array is None or text_in(array) is None else f"X holds {what_else(array, X)}"
