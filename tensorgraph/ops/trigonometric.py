"""Trigonometric and hyperbolic functions and their inverses, element by element.

Where the textbook's derivative rounds to nothing or leaves the range of floats, it is an operation
of its own, whose body is that formula and whose kernel keeps its digits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.domain import Real
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._blocks import by_blocks, floating, over
from tensorgraph.ops.arithmetic import APART, by_real_part, multiply
from tensorgraph.ops.transcendental import hypot, hypot_slope, scaled, sqrt

__all__ = [
    "acos", "acosh", "acosh_slope", "asin", "asin_slope", "asinh", "asinh_slope", "atan", "atan2",
    "atan2_slope", "atanh", "atanh_slope", "cos", "cosh", "deg2rad", "rad2deg", "sin", "sinh",
    "tan", "tanh", "tanh_slope",
]  # fmt: skip

INSIDE_ONE = Real(-0.9, 0.9)
ABOVE_ONE = Real(1.1, 5.0)

# --------------------------------------------------------------------------------- trigonometric

sin = register(
    "sin",
    np.sin,
    {"x": lambda g, x: g * cos(x)},
    ref="math.sin",
    doc="""Return the sine.

    >>> tg.sin([0.0, 1.0]).round(3)
    tensor([0.   , 0.841])
    """,
)
cos: OpFunction = register(
    "cos", np.cos, {"x": lambda g, x: -(g * sin(x))}, ref="math.cos",
    doc="""Return the cosine.

    >>> tg.cos([0.0, 1.0]).round(3)
    tensor([1.  , 0.54])
    """,
)  # fmt: skip
tan = register(
    "tan", np.tan, {"x": lambda g, out: g * (1 + out * out)}, domain={"x": Real(-1.2, 1.2)},
    ref="math.tan", doc="""Return the tangent.

    >>> tg.tan([0.0, 1.0]).round(3)
    tensor([0.   , 1.557])
    """,
)  # fmt: skip


def _asin_slope_kernel(x: Any) -> Any:
    x = floating(x)
    return 1 / np.sqrt((1 - x) * (1 + x))


asin_slope: OpFunction = register(
    "asin_slope",
    _asin_slope_kernel,
    {"x": lambda g, x: g * (x * asin_slope(x) / ((1 - x) * (1 + x)))},
    domain={"x": INSIDE_ONE},
    ref=lambda x: 1 / math.sqrt((1 - x) * (1 + x)),
    body=lambda x: 1 / sqrt(1 - x * x),
    symbol="1/√(1−x²)",
    facts={"positive": True},
    doc="""Return 1 / √(1 − x²), the derivative of asin, with all digits near ±1 too.

    >>> tg.asin_slope([0.0, 0.6])
    tensor([1.  , 1.25])
    """,
)
asin = register(
    "asin", np.asin, {"x": lambda g, x: g * asin_slope(x)}, domain={"x": INSIDE_ONE},
    ref="math.asin", doc="""Return the inverse sine; NaN outside [−1, 1].

    >>> tg.asin([0.0, 1.0]).round(3)
    tensor([0.   , 1.571])
    """,
)  # fmt: skip
acos = register(
    "acos", np.acos, {"x": lambda g, x: -(g * asin_slope(x))}, domain={"x": INSIDE_ONE},
    ref="math.acos", doc="""Return the inverse cosine; NaN outside [−1, 1].

    >>> tg.acos([1.0, 0.0]).round(3)
    tensor([0.   , 1.571])
    """,
)  # fmt: skip
atan = register(
    "atan", np.atan, {"x": lambda g, x: g * atan2_slope(1, x)}, ref="math.atan",
    doc="""Return the inverse tangent.

    >>> tg.atan([0.0, 1.0]).round(3)
    tensor([0.   , 0.785])
    """,
)  # fmt: skip


def _atan2_kernel(x: Any, y: Any) -> Any:
    if not (np.iscomplexobj(x) or np.iscomplexobj(y)):
        return np.atan2(x, y)
    # The plane is turned until the point lies on the axis, where the angle is analytic.
    angle = np.atan2(np.real(x), np.real(y))
    c, s = np.cos(angle), np.sin(angle)
    return angle + np.atan((x * c - y * s) / (y * c + x * s))


def _atan2_slope_kernel(x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return x / (x * x + y * y)
    x, y, larger = scaled(x, y)
    return x / (x * x + y * y) / larger


def _atan2_slope_by_x(g: Any, x: Any, y: Any) -> Any:
    length, c, s = hypot(x, y), hypot_slope(x, y), hypot_slope(y, x)
    return g * ((s - c) * (s + c) / length / length)


def _atan2_slope_by_y(g: Any, x: Any, y: Any) -> Any:
    length = hypot(x, y)
    return -2 * g * (hypot_slope(x, y) * hypot_slope(y, x) / length / length)


atan2_slope: OpFunction = register(
    "atan2_slope",
    _atan2_slope_kernel,
    {"x": _atan2_slope_by_x, "y": _atan2_slope_by_y},
    domain={"x": APART},
    ref=lambda x, y: x / (x * x + y * y),
    body=lambda x, y: x / (x * x + y * y),
    symbol="x/(x²+y²)",
    facts={"sign_of": ("x",)},
    doc="""Return x / (x² + y²), the derivative of atan2(y, x) by y; no square leaves the range.

    Its derivative by x cancels near x = ±y: it is exact to an ulp of 1 / (x² + y²).

    >>> tg.atan2_slope([1.0, 2.0], [1.0, 0.0])
    tensor([0.5, 0.5])
    """,
)
atan2 = register(
    "atan2",
    _atan2_kernel,
    {
        "x": lambda g, x, y: g * atan2_slope(y, x),
        "y": lambda g, x, y: -(g * atan2_slope(x, y)),
    },
    domain={"x": APART},
    ref="math.atan2",
    doc="""Return the angle of the point (y, x): the inverse tangent of x / y by quadrant.

    >>> tg.atan2([1.0, -1.0], [0.0, 1.0]).round(3)
    tensor([ 1.571, -0.785])
    """,
)


@with_leads
def deg2rad(x: AnyArray) -> AnyArray:
    """Return an angle in radians, given in degrees: x · π / 180.

    Example:
        >>> import tensorgraph as tg
        >>> tg.deg2rad([180.0, -90.0]).round(3)
        tensor([ 3.142, -1.571])
    """
    return multiply(x, math.pi / 180)


@with_leads
def rad2deg(x: AnyArray) -> AnyArray:
    """Return an angle in degrees, given in radians: x · 180 / π.

    Example:
        >>> import tensorgraph as tg
        >>> tg.rad2deg([np.pi, -np.pi / 2])
        tensor([180., -90.])
    """
    return multiply(x, 180 / math.pi)


# ------------------------------------------------------------------------------------ hyperbolic

sinh = register(
    "sinh", np.sinh, {"x": lambda g, x: g * cosh(x)}, ref="math.sinh",
    doc="""Return the hyperbolic sine.

    >>> tg.sinh([0.0, 1.0]).round(3)
    tensor([0.   , 1.175])
    """,
)  # fmt: skip
cosh: OpFunction = register(
    "cosh", np.cosh, {"x": lambda g, x: g * sinh(x)}, ref="math.cosh",
    facts={"positive": True}, doc="""Return the hyperbolic cosine.

    >>> tg.cosh([0.0, 1.0]).round(3)
    tensor([1.   , 1.543])
    """,
)  # fmt: skip


def _tanh_slope_kernel(x: Any) -> Any:
    """Return 4e / (1 + e)² with e = exp(−2|x|), which neither cancels nor overflows."""
    e = np.abs(x)
    e += e
    e = over(np.exp, over(np.negative, e))
    e /= over(np.square, 0.5 + 0.5 * e)
    return e


tanh_slope: OpFunction = register(
    "tanh_slope",
    by_blocks(_tanh_slope_kernel, lambda x: 1 / np.square(np.cosh(x))),
    {"x": lambda g, x: -2 * g * (tanh_slope(x) * tanh(x))},
    ref=lambda x: 1 / math.cosh(x) ** 2,
    body=lambda x: 1 - tanh(x) * tanh(x),
    symbol="tanh′",
    facts={"positive": True},
    doc="""Return 1 − tanh²(x), the derivative of tanh, where tanh(x) rounds to ±1 too.

    >>> tg.tanh_slope([0.0, 1.0]).round(3)
    tensor([1.  , 0.42])
    """,
)
tanh: OpFunction = register(
    "tanh", np.tanh, {"x": lambda g, x: g * tanh_slope(x)}, ref="math.tanh",
    facts={"between": (-1, 1)}, letter="A", doc="""Return the hyperbolic tangent.

    >>> tg.tanh([0.0, 1.0]).round(3)
    tensor([0.   , 0.762])
    """,
)  # fmt: skip


def _asinh_slope_kernel(x: Any) -> Any:
    return 1 / np.hypot(floating(x), 1)


asinh_slope: OpFunction = register(
    "asinh_slope",
    by_real_part(_asinh_slope_kernel, lambda x: 1 / np.sqrt(x * x + 1)),
    {"x": lambda g, x: -(g * (asinh_slope(x) * asinh_slope(x) * hypot_slope(x, 1)))},
    ref=lambda x: 1 / math.hypot(x, 1),
    body=lambda x: 1 / sqrt(x * x + 1),
    symbol="1/√(x²+1)",
    facts={"positive": True},
    doc="""Return 1 / √(x² + 1), the derivative of asinh, without overflow.

    >>> tg.asinh_slope([0.0, 0.75])
    tensor([1. , 0.8])
    """,
)
asinh = register(
    "asinh", np.asinh, {"x": lambda g, x: g * asinh_slope(x)}, ref="math.asinh",
    doc="""Return the inverse hyperbolic sine.

    >>> tg.asinh([0.0, 1.0]).round(3)
    tensor([0.   , 0.881])
    """,
)  # fmt: skip


def _acosh_slope_kernel(x: Any) -> Any:
    x = floating(x)
    return 1 / (np.sqrt(x - 1) * np.sqrt(x + 1))


acosh_slope: OpFunction = register(
    "acosh_slope",
    _acosh_slope_kernel,
    {"x": lambda g, x: -(g * (0.5 * acosh_slope(x) * (1 / (x - 1) + 1 / (x + 1))))},
    domain={"x": ABOVE_ONE},
    ref=lambda x: 1 / (math.sqrt(x - 1) * math.sqrt(x + 1)),
    body=lambda x: 1 / sqrt(x * x - 1),
    symbol="1/√(x²−1)",
    facts={"positive": True},
    doc="""Return 1 / √(x² − 1), the derivative of acosh, near 1 and without overflow.

    >>> tg.acosh_slope([1.25, 2.0]).round(3)
    tensor([1.333, 0.577])
    """,
)
acosh = register(
    "acosh", np.acosh, {"x": lambda g, x: g * acosh_slope(x)}, domain={"x": ABOVE_ONE},
    ref="math.acosh", doc="""Return the inverse hyperbolic cosine; NaN below 1.

    >>> tg.acosh([1.0, 2.0]).round(3)
    tensor([0.   , 1.317])
    """,
)  # fmt: skip


def _atanh_slope_kernel(x: Any) -> Any:
    x = floating(x)
    return 1 / ((1 - x) * (1 + x))


atanh_slope: OpFunction = register(
    "atanh_slope",
    _atanh_slope_kernel,
    {"x": lambda g, x: g * (2 * x * atanh_slope(x) / ((1 - x) * (1 + x)))},
    domain={"x": INSIDE_ONE},
    ref=lambda x: 1 / ((1 - x) * (1 + x)),
    body=lambda x: 1 / (1 - x * x),
    symbol="1/(1−x²)",
    doc="""Return 1 / (1 − x²), the derivative of atanh, with all digits near ±1 too.

    >>> tg.atanh_slope([0.0, 0.5]).round(3)
    tensor([1.   , 1.333])
    """,
)
atanh = register(
    "atanh", np.atanh, {"x": lambda g, x: g * atanh_slope(x)}, domain={"x": INSIDE_ONE},
    ref="math.atanh", doc="""Return the inverse hyperbolic tangent; ±inf at ±1.

    >>> tg.atanh([0.0, 0.5]).round(3)
    tensor([0.   , 0.549])
    """,
)  # fmt: skip
