"""What NumPy's functions of matrices are answered with: those of the same name, and a few others.

``np.trace`` and its like are older than stacks of matrices, and take the first two axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tensorgraph.arguments import wanted
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.shapes import ndim_of
from tensorgraph.engine.tensor import array_of, wrap
from tensorgraph.errors import ArgumentError
from tensorgraph.linalg.diagonals import diag, diag_embed, diagonal, trace
from tensorgraph.linalg.factorizations import QRResult, qr
from tensorgraph.linalg.least_squares import pinv
from tensorgraph.linalg.products import cross, kron
from tensorgraph.linalg.spectra import SVDResult, svd, svdvals
from tensorgraph.ops._axes import from_list, one_axis
from tensorgraph.ops.shape import permute_dims, reshape

Functions = Mapping[str, Callable[..., Any]]


def answers(functions: Functions) -> dict[Any, Callable[..., Any]]:
    """Return which of these functions, or what else, stands for which of NumPy's."""
    named = {name: getattr(np.linalg, name, None) for name in functions}
    same = {known: functions[name] for name, known in named.items() if callable(known)}
    older: dict[Any, Callable[..., Any]] = {
        np.linalg.svd: _svd,
        np.linalg.qr: _qr,
        np.linalg.pinv: _pinv,
        np.trace: _trace,
        np.diagonal: _diagonal,
        np.diag: lambda v, k=0: diag(v, k=k),
        np.diagflat: lambda v, k=0: diag_embed(reshape(from_list(v), shape=(-1,)), offset=k),
        np.kron: kron,
        np.cross: _cross,
    }
    return same | older


def _svd(
    x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if not compute_uv:
        return svdvals(x)
    known = _without_gradient(x)
    if full_matrices and known is not None:
        return SVDResult(*map(wrap, np.linalg.svd(known)))
    return svd(x, full_matrices=full_matrices)


def _qr(x: Any, mode: Any = "reduced") -> Any:
    if mode == "r":
        return qr(x).R
    known = _without_gradient(x)
    if mode == "complete" and known is not None:
        return QRResult(*map(wrap, np.linalg.qr(known, mode)))
    return qr(x, mode)


def _without_gradient(x: Any) -> Any:
    """Return the values of x, if no derivative of them is wanted and they are known."""
    array = array_of(from_list(x))
    return array if not wanted(x) and host_values(array).shape == array.shape else None


def _pinv(x: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    return pinv(x, rtol=rcond if rtol is None else rtol)


def _pair_last(x: Any, axis1: int, axis2: int) -> Any:
    """Return x with two of its axes moved behind all others."""
    ndim = ndim_of(x)
    pair = tuple(one_axis(axis, ndim) for axis in (axis1, axis2))
    rest = (axis for axis in range(ndim) if axis not in pair)
    return permute_dims(x, axes=(*rest, *pair))


def _trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return trace(_pair_last(x, axis1, axis2), offset=offset)


def _diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return diagonal(_pair_last(x, axis1, axis2), offset=offset)


def _cross(
    x: Any, y: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    axes = {axisa, axisb, axisc} if axis is None else {axis}
    if len(axes) > 1:
        raise ArgumentError("np.cross on a Tensor takes one axis for all: axis=")
    return cross(x, y, axis=axes.pop())
