"""Dropout and matrix products given the mask of what counts: what does not may even be NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.arguments import number
from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.domain import Boolean
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import MULTILINEAR, NONDIFF
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import DTypeError, ShapeError
from tensorgraph.ops._batching import elementwise, leading
from tensorgraph.ops._blocks import select
from tensorgraph.ops.arithmetic import not_equal, where
from tensorgraph.ops.contract import matmul

__all__ = ["dropout", "masked_matmul", "matmul_where"]

# ----------------------------------------------------------------------------------------- dropout


def _check_dropout(x: Any, mask: Any, *, keep_prob: float) -> dict[str, Any]:
    keep_prob = number(keep_prob, "keep_prob", above=0, most=1)
    shape, mask_shape = shape_of(x), shape_of(mask)
    if mask_shape != shape:
        raise ShapeError(f"x of shape {shape} and its mask of shape {mask_shape} must be alike")
    return {"keep_prob": keep_prob}


def _dropout_kernel(x: Any, mask: Any, *, keep_prob: float) -> Any:
    if type(mask) is np.ndarray and is_foreign(x):
        mask = np.asarray(mask, like=x)  # random numbers are drawn on the host
    out = _kept(x, mask)  # before the division, which may overflow
    if out.dtype.kind not in "fc":
        return out / keep_prob
    out /= keep_prob
    return out


def _kept(x: Any, mask: Any) -> Any:
    """Return x, with 0 in place of what is dropped, also of infinities and NaN."""
    if mask.dtype == np.bool_:
        return select(mask, x, 0)
    return np.where(mask, np.multiply(x, mask), 0)


def _dropout_lowering(x: Any, mask: Any, *, keep_prob: float) -> Any:
    if mask.dtype == np.bool_:
        return where(mask, x, 0) / keep_prob
    return where(not_equal(mask, 0), x * mask, 0) / keep_prob


dropout: OpFunction = register(
    "dropout",
    _dropout_kernel,
    {
        "x": lambda g, mask, keep_prob: dropout(g, mask, keep_prob=keep_prob),
        "mask": NONDIFF,
    },
    family="fused",
    jvp={"x": MULTILINEAR},
    batch=leading,
    symbol="x·D/keep_prob",
    domain={"mask": Boolean()},
    body=lambda x, mask, *, keep_prob: x * mask / keep_prob,
    lowering=_dropout_lowering,
    prepare=_check_dropout,
    doc="""Return x · mask / keep_prob: elements where the mask is false become 0, others grow.

    >>> tg.dropout([1.0, 2.0], [True, False], keep_prob=0.5)
    tensor([2., 0.])
    """,
)

# -------------------------------------------------------------------------------- matrix products


def _check_mask(mask: Any, shape: tuple[int, ...], what: str) -> None:
    """Raise unless a mask is boolean and as many-axed as a stack of matrices that it broadcasts to.

    Raises:
        DTypeError: it is not boolean.
        ShapeError: it does not fit.
    """
    kind = getattr(mask, "dtype", np.dtype(bool))
    if kind != np.bool_:
        raise DTypeError(f"mask must be boolean, not {kind}; write mask != 0")
    own = shape_of(mask)
    if len(own) < 2 or any(n not in (1, m) for n, m in zip(own[-2:], shape[-2:], strict=True)):
        raise ShapeError(f"a mask of shape {own} does not fit {what} of shape {shape}")


def _check_matrices(x: Any, y: Any) -> None:
    if min(len(shape_of(x)), len(shape_of(y))) < 2:
        raise ShapeError(
            f"needs matrices or stacks of them, not shapes {shape_of(x)} and {shape_of(y)}"
        )


def _check_matmul_where(x: Any, y: Any, mask: Any) -> dict[str, Any]:
    _check_matrices(x, y)
    _check_mask(mask, (shape_of(x)[-2], shape_of(y)[-1]), "a product")
    return {}


def _check_masked_matmul(x: Any, y: Any, mask: Any) -> dict[str, Any]:
    _check_matrices(x, y)
    _check_mask(mask, shape_of(x), "x")
    return {}


def _masked_matmul_kernel(x: Any, y: Any, mask: Any) -> Any:
    x = np.where(mask, x, 0)
    if is_foreign(y):
        return np.matmul(x, y)  # to find what is not finite would take values off the device
    finite = np.isfinite(y)
    if finite.all():
        return np.matmul(x, y)
    # 0 times what is not finite would be NaN: such rows of y are added where they count.
    out = np.matmul(x, np.where(finite, y, 0))
    mask = np.broadcast_to(mask, (*mask.shape[:-2], *x.shape[-2:]))
    for k in np.flatnonzero(~finite.all(axis=(*range(y.ndim - 2), -1))):
        counts = mask[..., k, None] & ~finite[..., k, None, :]
        out = out + np.where(counts, x[..., k, None] * y[..., k, None, :], 0)
    return out


def _where_by_y(g: Any, x: Any, mask: Any) -> Any:
    return masked_matmul(g.mT, x, mask.mT).mT


def _matmul_where_body(x: Any, y: Any, mask: Any) -> Any:
    return where(mask, matmul(x, y), 0)


matmul_where: OpFunction = register(
    "matmul_where",
    lambda x, y, mask: np.where(mask, np.matmul(x, y), 0),
    {
        "x": lambda g, y, mask: masked_matmul(g, y.mT, mask),
        "y": _where_by_y,
        "mask": NONDIFF,
    },
    family="fused",
    jvp={"x": MULTILINEAR, "y": MULTILINEAR},
    batch=elementwise,
    symbol="@ where",
    domain={"mask": Boolean()},
    body=_matmul_where_body,
    lowering=_matmul_where_body,
    prepare=_check_matmul_where,
    letter="Z",
    doc="""Return x @ y where the mask holds, and 0 elsewhere.

    What is masked is ignored, also by the gradients: infinities and NaN in x and y matter to those
    elements only that are made of them and not masked.

    >>> tg.matmul_where([[1.0], [2.0]], [[3.0, 4.0]], [[True, False], [True, True]])
    tensor([[3., 0.],
            [6., 8.]])
    """,
)
masked_matmul: OpFunction = register(
    "masked_matmul",
    _masked_matmul_kernel,
    {
        "x": lambda g, y, mask: matmul_where(g, y.mT, mask),
        "y": lambda g, x, mask: masked_matmul(x.mT, g, mask.mT),
        "mask": NONDIFF,
    },
    family="fused",
    jvp={"x": MULTILINEAR, "y": MULTILINEAR},
    batch=elementwise,
    symbol="@ masked",
    domain={"mask": Boolean()},
    body=lambda x, y, mask: matmul(where(mask, x, 0), y),
    prepare=_check_masked_matmul,
    letter="Z",
    doc="""Return Σ x[i, k] · y[k, j] over those k for which mask[i, k] holds.

    What is masked is ignored, also by the gradients: infinities and NaN in a row of y matter to
    those rows of the result only that count it.

    >>> tg.masked_matmul([[0.5, 0.5]], [[1.0], [float("nan")]], [[True, False]])
    tensor([[0.5]])
    """,
)
