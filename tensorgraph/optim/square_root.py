"""The square root of a running mean of squares, and what a step is divided by."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import ROOT
from tensorgraph.engine.op import Op
from tensorgraph.ops.arithmetic import equal, where


def _slope(g: Any, out: Any) -> Any:
    zero = equal(out, 0)
    return where(zero, 0, g / where(zero, 1, 2 * out))


root = Op(
    "root",
    np.sqrt,
    {"x": _slope},
    family="elementwise",
    domain={"x": Real(0.1, 5.0)},
    ref="math.sqrt",
    symbol="√",
    notation=ROOT,
    doc="Return √x, with derivative 0 at 0: there √g², which is |g|, has a kink.",
).call


def divisor(size: Any, eps: Any) -> Any:
    """Return size + ε, by which a step is divided; where both are 0, the step is too, and it is 1.

    It is given the root, not the squares: while a name holds those, their memory cannot be taken
    for what comes next, and new memory makes a step of 100,000 parameters a third slower.
    """
    return nonzero(size, eps) if _is_0(eps) else size + eps


def nonzero(size: Any, eps: Any) -> Any:
    """Return a size that ε is part of, by which a step is divided; where both are 0, it is 1."""
    return where(equal(size, 0), 1, size) if _is_0(eps) else size


def _is_0(eps: Any) -> bool:
    return type(eps) is float and eps == 0
