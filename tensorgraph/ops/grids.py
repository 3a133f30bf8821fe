"""Tensors that are spread over each other's axes: to one shape, as a grid, as powers."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import boolean, one_of, whole
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import DTypeError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list
from tensorgraph.ops.index import beside
from tensorgraph.ops.shape import broadcast_to, reshape
from tensorgraph.ops.transcendental import power

__all__ = ["broadcast_arrays", "ix_", "meshgrid", "vander"]


def broadcast_arrays(*arrays: AnyArray) -> tuple[AnyArray, ...]:
    """Return each tensor repeated to the shape that they have together.

    Raises:
        ShapeError: their shapes do not broadcast together.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = tg.broadcast_arrays(tg.zeros((2, 1)), tg.zeros(3))
        >>> x.shape, y.shape
        ((2, 3), (2, 3))
    """
    shapes = [shape_of(x) for x in arrays]
    try:
        together = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(
            f"broadcast_arrays: shapes {', '.join(map(str, shapes))} do not broadcast together"
        ) from None
    return tuple(broadcast_to(x, shape=together) for x in arrays)


@with_leads
def meshgrid(*arrays: AnyArray, indexing: str = "xy", sparse: bool = False) -> tuple[AnyArray, ...]:
    """Return the coordinates of a grid's points, one tensor for each of the vectors given.

    The k-th has the elements of the k-th vector along axis k; for ``indexing="xy"`` the first two
    axes are exchanged, as rows of a picture are. With ``sparse`` the other axes have length 1.

    Raises:
        ShapeError: an array has more than one axis.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = tg.meshgrid(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0, 5.0]))
        >>> x
        tensor([[1., 2., 3.],
                [1., 2., 3.]])
    """
    one_of(indexing, "meshgrid: indexing", ("xy", "ij"))
    for i, x in enumerate(arrays):
        if ndim_of(x) > 1:
            raise ShapeError(f"meshgrid: arrays[{i}] is a vector, not of shape {shape_of(x)}")
    places = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        places[:2] = [1, 0]
    grid = [_along(x, place, len(arrays)) for x, place in zip(arrays, places, strict=True)]
    return tuple(grid) if boolean(sparse, "meshgrid: sparse") else broadcast_arrays(*grid)


def _along(x: Any, axis: int, ndim: int) -> Any:
    """Return a vector along one of several axes, the others of length 1."""
    return reshape(x, shape=(*(1,) * axis, -1, *(1,) * (ndim - 1 - axis)))


def ix_(*indices: AnyArray) -> tuple[AnyArray, ...]:
    """Return vectors of indices as a key for the rows, columns … they name together.

    ``x[tg.ix_(rows, columns)]`` has a row for each of ``rows``. A vector of booleans stands for the
    places where it is true.

    Raises:
        DTypeError: indices are neither integers nor booleans.
        ShapeError: they are no vector.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.reshape(tg.arange(6), (2, 3))
        >>> x[tg.ix_([0, 1], [0, 2])]
        tensor([[0, 2],
                [3, 5]])
    """
    return tuple(_along(_places(x), axis, len(indices)) for axis, x in enumerate(indices))


def _places(indices: Any) -> Any:
    x = from_list(indices)
    if x.ndim != 1:
        raise ShapeError(f"ix_: indices are vectors, not of shape {x.shape}")
    if x.dtype.kind == "b":
        return np.flatnonzero(to_host(array_of(x)))
    if x.dtype.kind in "iu":
        return x
    if x.size:
        raise DTypeError(f"ix_: indices are integers or booleans, not {x.dtype}")
    return np.zeros(0, np.intp)  # as an empty list is


@with_leads
def vander(x: AnyArray, n: SupportsIndex | None = None, increasing: bool = False) -> AnyArray:
    """Return the powers of a vector's elements as columns: Vandermonde's matrix.

    Column k is x^(n − 1 − k), with ``increasing`` x^k; n is as many as x has elements by default.

    Raises:
        ShapeError: x is no vector.

    Example:
        >>> import tensorgraph as tg
        >>> tg.vander(tg.tensor([2.0, 3.0]), 3)
        tensor([[4., 2., 1.],
                [9., 3., 1.]])
    """
    x = from_list(x)
    if ndim_of(x) != 1:
        raise ShapeError(f"vander: needs a vector, not shape {shape_of(x)}")
    count = shape_of(x)[0] if n is None else whole(n, "vander: n")
    exponents = range(count) if boolean(increasing, "vander: increasing") else range(count)[::-1]
    dtype = x.dtype if x.dtype.kind == "f" else np.int64
    return power(reshape(x, shape=(-1, 1)), beside(np.array(exponents, dtype), x))
