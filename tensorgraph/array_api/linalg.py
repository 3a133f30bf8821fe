"""The standard's extension ``linalg``: what is in ``tg.linalg``, by the same names.

``eig`` and ``eigvals`` are not there: their results are complex.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import linalg, ops
from tensorgraph.engine.shapes import ndim_of
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.ops.sets import known

_AS_THEY_ARE = (
    "cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power"
    " matrix_transpose outer slogdet solve svdvals tensordot vecdot vector_norm"
).split()

globals().update({name: linalg.LINALG[name] for name in _AS_THEY_ARE})


def trace(x: Tensor, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> Any:
    """Return the sum of each matrix's diagonal, computed in ``dtype``."""
    found = linalg.trace(x if dtype is None else ops.astype(x, dtype=dtype), offset=offset)
    wanted = np.dtype(found.dtype if dtype is None else dtype)
    return found if found.dtype == wanted else ops.astype(found, dtype=wanted)


def qr(x: Tensor, /, *, mode: Any = "reduced") -> Any:
    """Return Q and R; ``mode="complete"`` only of what needs no gradient, as Q has none then."""
    if mode != "complete" or x.requires_grad:
        return linalg.qr(x, mode=mode)
    return linalg.QRResult(*map(wrap, np.linalg.qr(known(x, "qr"), mode)))


def svd(x: Tensor, /, *, full_matrices: bool = True) -> Any:
    """Return U, S and Vh; square ones of what is not square only where it needs no gradient."""
    if not full_matrices or x.requires_grad or x.shape[-2] == x.shape[-1]:
        return linalg.svd(x, full_matrices=full_matrices)
    return linalg.SVDResult(*map(wrap, np.linalg.svd(known(x, "svd"))))


def matrix_rank(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Any:
    """Return the rank of each matrix; ``rtol`` is one number, or one for each."""
    return _of_each(linalg.matrix_rank, x, rtol)


def pinv(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Any:
    """Return the Moore–Penrose inverse of each matrix; ``rtol`` is one number, or one for each."""
    return _of_each(linalg.pinv, x, rtol)


def _of_each(function: Callable[..., Any], x: Tensor, rtol: Any) -> Any:
    if not ndim_of(rtol):
        return function(x, rtol=rtol)
    stack, matrix = x.shape[:-2], x.shape[-2:]
    limits = np.broadcast_to(known(rtol, "rtol"), stack).ravel().tolist()
    if not limits:
        return function(x)
    rows = ops.reshape(x, (len(limits), *matrix))
    found = ops.stack([function(rows[i], rtol=limit) for i, limit in enumerate(limits)])
    return ops.reshape(found, (*stack, *found.shape[1:]))


if not TYPE_CHECKING:
    __all__ = sorted([*_AS_THEY_ARE, "matrix_rank", "pinv", "qr", "svd", "trace"])
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
