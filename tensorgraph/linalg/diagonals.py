"""The diagonal of a matrix: taken out, put in, added up."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import integer
from tensorgraph.engine.arrays import as_array, placed
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.linalg._matrices import Shape, identity, matrices
from tensorgraph.ops._batching import leading
from tensorgraph.ops.padding import pad
from tensorgraph.ops.shape import broadcast_to

__all__ = ["diag", "diag_embed", "diagonal", "trace"]


def _of_matrices(x: Any, *, offset: SupportsIndex) -> dict[str, Any]:
    matrices(x)
    return {"offset": integer(offset, "offset")}


def _length(shape: Shape, offset: int) -> int:
    """Return how many elements the diagonals of matrices have."""
    rows, columns = shape[-2:]
    return max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)


def _back_in_place(g: Any, x_shape: Shape, offset: int) -> Any:
    """Return zeros of a shape with g on the diagonal."""
    rows, columns = x_shape[-2:]
    embedded = diag_embed(g, offset=offset)
    n = shape_of(embedded)[-1]
    inside = embedded[..., :rows, :columns]
    missing = max(rows - n, 0), max(columns - n, 0)
    if missing == (0, 0):
        return inside
    lead = ((0, 0),) * (len(x_shape) - 2)
    return pad(inside, pad_width=(*lead, (0, missing[0]), (0, missing[1])))


diagonal: OpFunction = register(
    "diagonal",
    lambda x, *, offset=0: np.diagonal(x, offset, -2, -1),
    {"x": _back_in_place},
    family="shape",
    batch=leading,
    shape=lambda x, *, offset: (*shape_of(x)[:-2], _length(shape_of(x), offset)),
    prepare=_of_matrices,
    code="np.diagonal(x, offset, -2, -1)",
    facts={"moved": True},
    doc="""Return the diagonal of each matrix, `offset` places above the main one, as a vector.

    >>> tg.linalg.diagonal([[1.0, 2.0], [3.0, 4.0]])
    tensor([1., 4.])
    """,
)


def _embedding(x: Any, *, offset: SupportsIndex) -> dict[str, Any]:
    if ndim_of(x) < 1:
        raise ShapeError("x is a vector or a stack of them, not a number")
    return {"offset": integer(offset, "offset")}


def _diag_embed_kernel(x: Any, *, offset: int = 0) -> Any:
    x = as_array(x)
    beside = np.zeros((*x.shape[:-1], abs(offset)), x.dtype, like=x)
    n = x.shape[-1] + abs(offset)
    if offset < 0:
        elements = np.concatenate([x, beside], axis=-1)[..., None, :]
    else:
        elements = np.concatenate([x, beside], axis=-1)[..., :, None]
    places = placed(np.eye(n, k=offset, dtype=bool), x)
    return np.where(places, elements, np.zeros((), x.dtype, like=x))


diag_embed: OpFunction = register(
    "diag_embed",
    _diag_embed_kernel,
    {"x": lambda g, offset: diagonal(g, offset=offset)},
    family="shape",
    batch=leading,
    shape=lambda x, *, offset: (*shape_of(x)[:-1], *(shape_of(x)[-1] + abs(offset),) * 2),
    prepare=_embedding,
    code="""
        n = x.shape[-1] + abs(offset)
        out = np.zeros((*x.shape[:-1], n, n), x.dtype)
        np.einsum("...ii->...i", out[..., max(-offset, 0):n - max(offset, 0),
                                     max(offset, 0):n - max(-offset, 0)])[...] = x
        return out
    """,
    doc="""Return matrices of zeros with the vectors along the last axis of x as their diagonals.

    >>> tg.linalg.diag_embed([1.0, 2.0])
    tensor([[1., 0.],
            [0., 2.]])
    """,
)


def _trace_rule(g: Any, x_shape: Shape, offset: int) -> Any:
    rows, columns = x_shape[-2:]
    if rows == columns and not offset:
        return g.reshape((*x_shape[:-2], 1, 1)) * identity(rows, as_array(g))
    lines = (*x_shape[:-2], _length(x_shape, offset))
    each = broadcast_to(g.reshape((*x_shape[:-2], 1)), shape=lines)
    return _back_in_place(each, x_shape, offset)


trace: OpFunction = register(
    "trace",
    lambda x, *, offset=0: np.trace(x, offset, -2, -1),
    {"x": _trace_rule},
    family="linalg",
    shape=lambda x, *, offset: shape_of(x)[:-2],
    dtype=lambda x, *, offset: np.trace(np.zeros((1, 1), x.dtype)).dtype,
    prepare=_of_matrices,
    symbol="tr",
    notation=function("tr", r"\operatorname{tr}"),
    code="np.trace(x, offset, -2, -1)",
    doc="""Return the sum of each matrix's diagonal, `offset` places above the main one.

    tr(A B) = tr(B A), and its derivative by A is Bᵀ.

    >>> tg.linalg.trace([[1.0, 2.0], [3.0, 4.0]])
    tensor(5.)
    """,
)


@with_leads
def diag(x: AnyArray, k: SupportsIndex = 0) -> AnyArray:
    """Return the ``k``-th diagonal of a matrix; of a vector, the matrix with that diagonal.

    Raises:
        ShapeError: x has neither one axis nor two; see ``tg.linalg.diagonal`` and
            ``tg.linalg.diag_embed`` for stacks.

    Example:
        >>> import tensorgraph as tg
        >>> tg.diag(tg.tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]])
    """
    ndim = ndim_of(x)
    if ndim not in (1, 2):
        raise ShapeError(
            f"diag: x is a vector or a matrix, not of shape {shape_of(x)}; of stacks write"
            " tg.linalg.diagonal(x) or tg.linalg.diag_embed(x)"
        )
    return diagonal(x, offset=k) if ndim == 2 else diag_embed(x, offset=k)
