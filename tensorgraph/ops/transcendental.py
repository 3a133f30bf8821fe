"""Powers, exponentials, logarithms, trigonometric and hyperbolic functions, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import POWER, ROOT
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.ops._erf import erf as erf_kernel
from tensorgraph.ops.arithmetic import APART, abs_kernel, equal, isnan, logical_and, where

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "erf",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "power",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]  # fmt: skip

POSITIVE = Real(0.1, 5.0)
INSIDE_ONE = Real(-0.9, 0.9)
ABOVE_ONE = Real(1.1, 5.0)

# ---------------------------------------------------------------------------------------- powers


def _power_by_base(g: Any, x: Any, y: Any) -> Any:
    if type(y) in (int, float):
        return g * (y * power(x, y - 1)) if y else 0 * g
    # y·x^(y-1) is 0·∞ at x = y = 0, where x⁰ is constant: its derivative is 0.
    both = logical_and(equal(x, 0), equal(y, 0))
    return g * (y * power(x, where(both, 1, y - 1)))


def _power_by_exponent(g: Any, x: Any, out: Any) -> Any:
    # out·log(x) is 0·∞ at x = 0, where 0^y is constant for y > 0: its derivative is 0.
    return g * where(equal(x, 0), 0, out * log(where(equal(x, 0), 1, x)))


power = register(
    "power",
    np.power,
    {"x": _power_by_base, "y": _power_by_exponent},
    domain={"x": APART},
    ref="math.pow",
    symbol="xʸ",
    notation=POWER,
    code="**",
    facts={"sign_of": ("x",)},
    doc="""Return x to the power y.

    x⁰ is 1 with derivative 0, also at x = 0. The derivative by y is out · log(x), and 0 at x = 0.

    >>> tg.power([2.0, 3.0], 3)
    tensor([ 8., 27.])
    """,
)

sqrt = register(
    "sqrt",
    np.sqrt,
    {"x": lambda g, out: g / (2 * out)},
    domain={"x": POSITIVE},
    ref="math.sqrt",
    symbol="√",
    facts={"nonnegative": True},
    notation=ROOT,
    doc="""Return √x; NaN below 0. The derivative at 0 is inf.

    >>> tg.sqrt([4.0, 9.0])
    tensor([2., 3.])
    """,
)


def _hypot_kernel(x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.sqrt(x * x + y * y)
    return np.hypot(x, y)


def _hypot_rule(g: Any, x: Any, out: Any) -> Any:
    # x / out lies in [−1, 1]; g · x could overflow.
    zero = equal(out, 0)
    return g * where(zero, 0, x / where(zero, 1, out))


hypot = register(
    "hypot",
    _hypot_kernel,
    {"x": _hypot_rule, "y": lambda g, y, out: _hypot_rule(g, y, out)},
    domain={"x": Real(avoid=(0.0,))},
    ref="math.hypot",
    symbol="√(x²+y²)",
    facts={"nonnegative": True},
    doc="""Return √(x² + y²) without overflow.

    The derivatives are x / out and y / out; both are 0 where x = y = 0, as that of a norm is.

    >>> tg.hypot([3.0, 0.0], [4.0, 0.0])
    tensor([5., 0.])
    """,
)

# --------------------------------------------------------------------- exponentials and logarithms

exp = register(
    "exp", np.exp, {"x": lambda g, out: g * out}, ref="math.exp", facts={"positive": True},
    doc="""Return eˣ.

    >>> tg.exp([0.0, 1.0]).round(3)
    tensor([1.   , 2.718])
    """,
)  # fmt: skip
expm1 = register(
    "expm1", np.expm1, {"x": lambda g, out: g * (out + 1)}, ref="math.expm1",
    symbol="eˣ−1", doc="""Return eˣ − 1, exact for small x.

    >>> tg.expm1([0.0, 1.0]).round(3)
    tensor([0.   , 1.718])
    """,
)  # fmt: skip
exp2 = register(
    "exp2", np.exp2, {"x": lambda g, out: g * (math.log(2) * out)}, ref="math.exp2",
    symbol="2ˣ", facts={"positive": True}, doc="""Return 2ˣ.

    >>> tg.exp2([3.0, -1.0])
    tensor([8. , 0.5])
    """,
)  # fmt: skip
log = register(
    "log", np.log, {"x": lambda g, x: g / x}, domain={"x": POSITIVE}, ref="math.log",
    doc="""Return the natural logarithm; −inf at 0, NaN below.

    >>> tg.log([1.0, 0.0])
    tensor([  0., -inf])
    """,
)  # fmt: skip
log1p = register(
    "log1p", np.log1p, {"x": lambda g, x: g / (1 + x)}, domain={"x": Real(-0.9, 3.0)},
    ref="math.log1p", symbol="log(1+x)", doc="""Return log(1 + x), exact for small x.

    >>> tg.log1p([0.0, -1.0])
    tensor([  0., -inf])
    """,
)  # fmt: skip
log2 = register(
    "log2", np.log2, {"x": lambda g, x: g / (math.log(2) * x)}, domain={"x": POSITIVE},
    ref="math.log2", symbol="log₂", doc="""Return the logarithm to base 2.

    >>> tg.log2([8.0, 0.5])
    tensor([ 3., -1.])
    """,
)  # fmt: skip
log10 = register(
    "log10", np.log10, {"x": lambda g, x: g / (math.log(10) * x)}, domain={"x": POSITIVE},
    ref="math.log10", symbol="log₁₀", doc="""Return the logarithm to base 10.

    >>> tg.log10([100.0, 0.0])
    tensor([  2., -inf])
    """,
)  # fmt: skip


def _logaddexp_kernel(x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.maximum(x, y) + np.log1p(np.exp(-abs_kernel(np.subtract(x, y))))
    return np.logaddexp(x, y)


def _share(x: Any, y: Any) -> Any:
    """Return eˣ / (eˣ + eʸ), one half where both are the same infinity."""
    gap = x - y
    return 1 / (1 + exp(-where(isnan(gap), 0, gap)))


logaddexp = register(
    "logaddexp",
    _logaddexp_kernel,
    {"x": lambda g, x, y: g * _share(x, y), "y": lambda g, x, y: g * _share(y, x)},
    ref=lambda x, y: max(x, y) + math.log1p(math.exp(-abs(x - y))),
    symbol="log(eˣ+eʸ)",
    doc="""Return log(eˣ + eʸ) without overflow.

    >>> tg.logaddexp([0.0, 20.0], [0.0, 0.0]).round(3)
    tensor([ 0.693, 20.   ])
    """,
)

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
asin = register(
    "asin", np.asin, {"x": lambda g, x: g / sqrt(1 - x * x)}, domain={"x": INSIDE_ONE},
    ref="math.asin", doc="""Return the inverse sine; NaN outside [−1, 1].

    >>> tg.asin([0.0, 1.0]).round(3)
    tensor([0.   , 1.571])
    """,
)  # fmt: skip
acos = register(
    "acos", np.acos, {"x": lambda g, x: -(g / sqrt(1 - x * x))}, domain={"x": INSIDE_ONE},
    ref="math.acos", doc="""Return the inverse cosine; NaN outside [−1, 1].

    >>> tg.acos([1.0, 0.0]).round(3)
    tensor([0.   , 1.571])
    """,
)  # fmt: skip
atan = register(
    "atan", np.atan, {"x": lambda g, x: g / (1 + x * x)}, ref="math.atan",
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


atan2 = register(
    "atan2",
    _atan2_kernel,
    {
        "x": lambda g, x, y: g * y / (x * x + y * y),
        "y": lambda g, x, y: -(g * x / (x * x + y * y)),
    },
    domain={"x": APART},
    ref="math.atan2",
    doc="""Return the angle of the point (y, x): the inverse tangent of x / y by quadrant.

    >>> tg.atan2([1.0, -1.0], [0.0, 1.0]).round(3)
    tensor([ 1.571, -0.785])
    """,
)

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
tanh = register(
    "tanh", np.tanh, {"x": lambda g, out: g - g * out * out}, ref="math.tanh",
    facts={"between": (-1, 1)}, letter="A", doc="""Return the hyperbolic tangent.

    >>> tg.tanh([0.0, 1.0]).round(3)
    tensor([0.   , 0.762])
    """,
)  # fmt: skip
asinh = register(
    "asinh", np.asinh, {"x": lambda g, x: g / sqrt(x * x + 1)}, ref="math.asinh",
    doc="""Return the inverse hyperbolic sine.

    >>> tg.asinh([0.0, 1.0]).round(3)
    tensor([0.   , 0.881])
    """,
)  # fmt: skip
acosh = register(
    "acosh", np.acosh, {"x": lambda g, x: g / sqrt(x * x - 1)}, domain={"x": ABOVE_ONE},
    ref="math.acosh", doc="""Return the inverse hyperbolic cosine; NaN below 1.

    >>> tg.acosh([1.0, 2.0]).round(3)
    tensor([0.   , 1.317])
    """,
)  # fmt: skip
atanh = register(
    "atanh", np.atanh, {"x": lambda g, x: g / (1 - x * x)}, domain={"x": INSIDE_ONE},
    ref="math.atanh", doc="""Return the inverse hyperbolic tangent; ±inf at ±1.

    >>> tg.atanh([0.0, 0.5]).round(3)
    tensor([0.   , 0.549])
    """,
)  # fmt: skip

# -------------------------------------------------------------------------------- error function

erf = register(
    "erf",
    erf_kernel,
    {"x": lambda g, x: g * (2 / math.sqrt(math.pi) * exp(-(x * x)))},
    ref="math.erf",
    facts={"between": (-1, 1)},
    code="np.vectorize(math.erf, otypes=[np.asarray(x).dtype])(x)",
    doc="""Return the error function, 2/√π ∫₀ˣ exp(−t²) dt.

    >>> tg.erf([0.0, 1.0]).round(3)
    tensor([0.   , 0.843])
    """,
)
