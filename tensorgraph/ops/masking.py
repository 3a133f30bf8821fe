"""Dropout, given the mask of what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.arguments import number
from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.domain import Boolean
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import ShapeError

__all__ = ["dropout"]


def _check(x: Any, mask: Any, *, keep_prob: float) -> dict[str, Any]:
    keep_prob = number(keep_prob, "keep_prob", above=0, most=1)
    shape, mask_shape = shape_of(x), shape_of(mask)
    if mask_shape != shape:
        raise ShapeError(f"x of shape {shape} and its mask of shape {mask_shape} must be alike")
    return {"keep_prob": keep_prob}


def _kernel(x: Any, mask: Any, *, keep_prob: float) -> Any:
    if type(mask) is np.ndarray and is_foreign(x):
        mask = np.asarray(mask, like=x)  # random numbers are drawn on the host
    out = np.multiply(x, mask)  # before the division, which may overflow: what is dropped is 0
    if out.dtype.kind not in "fc":
        return out / keep_prob
    out /= keep_prob
    return out


dropout: OpFunction = register(
    "dropout",
    _kernel,
    {
        "x": lambda g, mask, keep_prob: dropout(g, mask, keep_prob=keep_prob),
        "mask": NONDIFF,
    },
    family="fused",
    symbol="x·D/keep_prob",
    domain={"mask": Boolean()},
    body=lambda x, mask, *, keep_prob: x * mask / keep_prob,
    prepare=_check,
    doc="""Return x · mask / keep_prob: elements where the mask is false become 0, others grow.

    >>> tg.dropout([1.0, 2.0], [True, False], keep_prob=0.5)
    tensor([2., 0.])
    """,
)
