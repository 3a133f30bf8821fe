"""Making tensors from nothing: triangles of ones, and the places of elements as indices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import integer, to_shape, whole
from tensorgraph.engine.arrays import cast, default_dtype, to_dtype
from tensorgraph.engine.creation import eye
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.leads.calls import with_leads


@with_leads
def identity(n: int, dtype: DTypeLike | None = None) -> Tensor:
    """Return the n × n matrix with ones on its diagonal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.identity(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    return eye(n, dtype=dtype)


@with_leads
def tri(n: int, m: int | None = None, k: int = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Return an n × m matrix (square by default) with ones on and below the ``k``-th diagonal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tri(2)
        tensor([[1., 0.],
                [1., 1.]])
    """
    rows, columns = to_shape((n, n if m is None else m), "tri")
    wanted = default_dtype() if dtype is None else to_dtype(dtype)
    return wrap(cast(np.tri(rows, columns, integer(k, "tri: k"), default_dtype()), wanted))


@with_leads
def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Tensor, Tensor]:
    """Return rows and columns of what is on and below the ``k``-th diagonal of an n × m matrix.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tensor([[1.0, 2.0], [3.0, 4.0]])[tg.tril_indices(2)]
        tensor([1., 3., 4.])
    """
    rows, columns = to_shape((n, n if m is None else m), "tril_indices")
    found = np.tril_indices(rows, integer(k, "tril_indices: k"), columns)
    return wrap(found[0]), wrap(found[1])


@with_leads
def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Tensor, Tensor]:
    """Return rows and columns of what is on and above the ``k``-th diagonal of an n × m matrix.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tensor([[1.0, 2.0], [3.0, 4.0]])[tg.triu_indices(2)]
        tensor([1., 2., 4.])
    """
    rows, columns = to_shape((n, n if m is None else m), "triu_indices")
    found = np.triu_indices(rows, integer(k, "triu_indices: k"), columns)
    return wrap(found[0]), wrap(found[1])


@with_leads
def diag_indices(n: int, ndim: int = 2) -> tuple[Tensor, ...]:
    """Return the indices of the diagonal of an array with n elements along each of ``ndim`` axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.set_at(tg.zeros((2, 2)), tg.diag_indices(2), [1.0, 2.0])
        tensor([[1., 0.],
                [0., 2.]])
    """
    places = np.arange(whole(n, "diag_indices: n"))
    return (wrap(places),) * whole(ndim, "diag_indices: ndim", 1)


@with_leads
def indices(shape: Any, dtype: DTypeLike = np.int64) -> Tensor:
    """Return, for each axis of a shape, the places along it of all elements.

    Example:
        >>> import tensorgraph as tg
        >>> tg.indices((2, 2))[1]
        tensor([[0, 1],
                [0, 1]])
    """
    return wrap(np.indices(to_shape(shape, "indices"), to_dtype(dtype)))
