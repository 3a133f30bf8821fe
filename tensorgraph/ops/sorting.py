"""Sorting, and which elements come first, quickly where they are many.

NaN sorts last, as in NumPy, and equal elements keep their order. What does not keep it is much
faster, so it is tried first where there are many elements: mostly no two are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import wanted
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.op import register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import one_axis
from tensorgraph.ops._batching import along
from tensorgraph.ops.index import take_along_axis

__all__ = ["argsort", "sort"]


def _argsort_axis(x: Any, *, axis: SupportsIndex, descending: bool) -> dict[str, Any]:
    return {"axis": one_axis(axis, ndim_of(x)), "descending": bool(descending)}


MANY = 1000
"""So many elements are sorted much faster by what does not keep the order of equal ones."""

FEW = 4
"""So many times as many elements are there where a few are found without sorting all."""


def _sorting(x: Any, axis: int) -> Any:
    """Return the positions that sort x; equal elements, NaN among them, keep their order."""
    if type(x) is np.ndarray and x.dtype.kind == "f" and x.shape[axis] >= MANY:
        found = np.moveaxis(np.argsort(x, axis=axis), axis, -1)
        rows = np.take_along_axis(np.moveaxis(x, axis, -1), found, axis=-1)
        if not (rows[..., 1:] == rows[..., :-1]).any() and not np.isnan(rows[..., -2]).any():
            return np.moveaxis(found, -1, axis)  # none are equal
    return np.argsort(x, axis=axis, kind="stable")


def _argsort_kernel(x: Any, *, axis: Any = -1, descending: bool = False) -> Any:
    if not descending:
        return _sorting(x, axis)
    # Reversed before and after, so that equal elements keep their order here too.
    backwards = _sorting(np.flip(x, axis), axis)
    return shape_of(x)[axis] - 1 - np.flip(backwards, axis)


_ARGSORT = """
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    backwards = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(backwards, axis)
"""

argsort = register(
    "argsort",
    _argsort_kernel,
    {"x": NONDIFF},
    family="index",
    batch=along("axis"),
    shape=lambda x, *, axis, descending: x.shape,
    dtype=lambda x, *, axis, descending: np.intp,
    prepare=_argsort_axis,
    code=_ARGSORT,
    doc="""Return the positions that sort x along `axis`; equal elements keep their order.

    >>> tg.argsort([30, 10, 20])
    tensor([1, 2, 0])
    """,
)


@with_leads
def sort(x: AnyArray, axis: SupportsIndex = -1, descending: bool = False) -> AnyArray:
    """Return x sorted along ``axis``; a gradient goes back to where each element came from.

    Example:
        >>> import tensorgraph as tg
        >>> tg.sort(tg.tensor([3.0, 1.0, 2.0]))
        tensor([1., 2., 3.])
    """
    axis = one_axis(axis, ndim_of(x), "sort: axis")
    array = array_of(x)
    if type(array) is np.ndarray and not (wanted(x) or _is_observed()):
        found = np.flip(np.sort(array, axis), axis) if descending else np.sort(array, axis)
        return found if isinstance(x, np.ndarray) else wrap(found)
    return take_along_axis(x, argsort(x, axis=axis, descending=descending), axis=axis)


def _is_observed() -> bool:
    """Return whether somebody looks at all operations, who would miss what NumPy does by itself."""
    return MODE.get().observer is not None


def first_places(x: Any, k: int, axis: int, largest: bool) -> Any:
    """Return the positions of the k largest elements along an axis in order, or of the smallest."""
    array = array_of(x)
    quick = None
    if type(array) is np.ndarray and not _is_observed():
        quick = _by_partition(np.moveaxis(array, axis, -1), k, largest)
    if quick is not None:
        places = np.moveaxis(quick, -1, axis)
        return places if isinstance(x, np.ndarray) else wrap(places)
    order = argsort(x, axis=axis, descending=largest)
    return order[(*(slice(None),) * axis, slice(k))]


def _by_partition(rows: Any, k: int, largest: bool) -> Any:
    """Return the positions of a few of many numbers; None where that takes sorting.

    So it is where the k-th is met again, of which the first are wanted, or NaN.
    """
    if rows.dtype.kind != "f" or rows.shape[-1] < max(MANY, FEW * k) or k == 0 or not rows.size:
        return None
    keys = -rows if largest else rows
    found = np.sort(np.argpartition(keys, k - 1, axis=-1)[..., :k], axis=-1)
    best = np.take_along_axis(keys, found, axis=-1)
    last = best.max(axis=-1, keepdims=True)
    if np.isnan(rows).any() or ((keys == last).sum(axis=-1) != (best == last).sum(axis=-1)).any():
        return None
    return np.take_along_axis(found, np.argsort(best, axis=-1, kind="stable"), axis=-1)


def ranked_places(x: Any, ranks: Sequence[int], axis: int) -> Any:
    """Return the positions along an axis of what would stand at ranks if x were sorted.

    They stand along that axis; None where it takes sorting to know them.
    """
    array = array_of(x)
    if type(array) is not np.ndarray or _is_observed():
        return None
    quick = _by_rank(np.moveaxis(array, axis, -1), ranks)
    if quick is None:
        return None
    places = np.moveaxis(quick, -1, axis)
    return places if isinstance(x, np.ndarray) else wrap(places)


def _by_rank(rows: Any, ranks: Sequence[int]) -> Any:
    """Return the positions of a few ranks without sorting; None for NaN, or where that is slower.

    Of equal elements the first has the lowest rank.
    """
    if rows.dtype.kind != "f" or rows.size < MANY or len(ranks) > FEW or np.isnan(rows).any():
        return None
    found = np.partition(rows, ranks, axis=-1)
    return np.stack([_place_of_rank(rows, found[..., k, None], k) for k in ranks], axis=-1)


def _place_of_rank(rows: Any, value: Any, rank: int) -> Any:
    """Return the position of an element in each row, of which its value and its rank are known."""
    same = rows == value
    if np.count_nonzero(same) == value.size:
        return same.argmax(axis=-1)
    nth = rank - np.count_nonzero(rows < value, axis=-1, keepdims=True)
    return (same.cumsum(axis=-1) > nth).argmax(axis=-1)
