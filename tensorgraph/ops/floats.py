"""Signs, steps, remainders and neighbours of floating-point numbers, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.arguments import scalar
from tensorgraph.engine.domain import Real
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import NONDIFF, ZERO
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list, from_lists
from tensorgraph.ops._blocks import both_floating
from tensorgraph.ops.arithmetic import (
    APART,
    abs,
    astype,
    equal,
    floor_divide,
    isnan,
    sign,
    where,
)
from tensorgraph.ops.extrema import maximum

__all__ = ["copysign", "fmod", "heaviside", "nan_to_num", "nextafter", "signbit"]

NOT_0 = Real(avoid=(0.0,))

signbit = register(
    "signbit",
    np.signbit,
    {"x": NONDIFF},
    ref=lambda x: math.copysign(1.0, x) < 0,
    doc="""Return where x is negative, −0 included.

    >>> tg.signbit([1.0, -1.0, -0.0])
    tensor([False,  True,  True])
    """,
)
copysign: OpFunction = register(
    "copysign",
    np.copysign,
    {"x": lambda g, x, y: g * (sign(x) * copysign(1.0, y)), "y": ZERO},
    domain={"x": NOT_0, "y": NOT_0},
    ref="math.copysign",
    symbol="±",
    doc="""Return |x| with the sign of y, of a zero too; the derivative is that of |x|, 0 at 0.

    >>> tg.copysign([1.0, -2.0], [-1.0, 0.0])
    tensor([-1.,  2.])
    """,
)
nextafter = register(
    "nextafter",
    lambda x, y: np.nextafter(*both_floating(x, y)),
    {"x": lambda g: g, "y": ZERO},
    ref="math.nextafter",
    doc="""Return the next floating-point number after x in the direction of y.

    The derivative by x is 1, as the distance is that of rounding; by y it is 0.

    >>> tg.nextafter([1.0], [2.0]) > 1
    tensor([ True])
    """,
)


def _quotient(x: Any, y: Any) -> Any:
    """Return trunc(x / y) as fmod takes it, of which x / y may be rounded to the next one."""
    return sign(x) * sign(y) * floor_divide(abs(x), abs(y))


fmod = register(
    "fmod",
    np.fmod,
    {"x": lambda g: g, "y": lambda g, x, y: -(g * _quotient(x, y))},
    domain={"y": APART},
    ref="math.fmod",
    doc="""Return x − y·trunc(x / y), with the sign of x. Integers by 0 are 0.

    >>> tg.fmod([7, -7], 2)
    tensor([ 1, -1])
    """,
)


@with_leads
def heaviside(x: AnyArray, y: AnyArray) -> AnyArray:
    """Return 0 below 0, 1 above and y where x is 0; its derivative by x is 0. NaN stays NaN.

    Of whole numbers it is float64.

    Example:
        >>> import tensorgraph as tg
        >>> tg.heaviside([-1.0, 0.0, 2.0], 0.5)
        tensor([0. , 0.5, 1. ])
    """
    x, given = from_lists(x, y)
    x = x if x.dtype.kind == "f" else astype(x, dtype=np.float64)
    y = y if isinstance(y, (int, float)) else given  # a number has no dtype of its own
    return where(equal(x, 0), y, maximum(sign(x), 0))


@with_leads
def nan_to_num(
    x: AnyArray, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> AnyArray:
    """Return x with numbers in place of NaN and ±inf; the gradient is 0 there.

    Args:
        x: of any shape.
        nan: in place of NaN.
        posinf: in place of inf; None for the largest finite number of x's dtype.
        neginf: in place of −inf; None for the smallest.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nan_to_num([1.0, float("nan"), float("-inf")], neginf=-9.0)
        tensor([ 1.,  0., -9.])
    """
    x = from_list(x)
    numbers = [scalar(nan, "nan")]
    numbers += [scalar(v, "posinf or neginf") for v in (posinf, neginf) if v is not None]
    if x.dtype.kind != "f":
        return x
    limits = np.finfo(x.dtype)
    above = float(limits.max) if posinf is None else posinf
    below = float(limits.min) if neginf is None else neginf
    finite = where(equal(x, -math.inf), below, where(equal(x, math.inf), above, x))
    return where(isnan(x), nan, finite)
