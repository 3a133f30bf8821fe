"""Powers, exponentials, logarithms and the error function, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import POWER, ROOT
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.errors import ArgumentError
from tensorgraph.ops._blocks import both_floating, select
from tensorgraph.ops._erf import erf as erf_kernel
from tensorgraph.ops._normal import END, exp_of_square
from tensorgraph.ops.arithmetic import (
    APART,
    abs_kernel,
    equal,
    less,
    logical_and,
    logical_not,
    logical_or,
    where,
)
from tensorgraph.ops.extrema import clip

__all__ = [
    "erf",
    "erf_slope",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "hypot_slope",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp_slope",
    "power",
    "power_slope",
    "sqrt",
]  # fmt: skip

POSITIVE = Real(0.1, 5.0)

# ---------------------------------------------------------------------------------------- powers


def _power_slope_kernel(x: Any, y: Any) -> Any:
    x, y = both_floating(x, y)
    lower = y * np.power(x, y - 1)
    # Below 1, y − 1 is rounded, and x^(y−1) may overflow where y times it does not.
    by_power = np.less(y, 1) & np.isfinite(x) & np.not_equal(x, 0)
    lower = select(by_power, y * np.power(x, y) / x, lower)
    # y·x^(y−1) is 0·∞ at x = y = 0, where x⁰ is constant: its derivative is 0.
    return select(np.equal(y, 0), 0 * lower if np.iscomplexobj(lower) else 0, lower)


def _power_slope_body(x: Any, y: Any) -> Any:
    both = logical_and(equal(x, 0), equal(y, 0))
    return y * power(x, where(both, 1, y - 1))


def _power_slope_by_x(g: Any, x: Any, y: Any) -> Any:
    below, lower = _below_one(x, y)
    by_power = (y - 1) * power_slope(x, y) / where(below, x, 1)
    return g * where(below, by_power, y * power_slope(x, lower))


def _power_slope_by_y(g: Any, x: Any, y: Any) -> Any:
    below, lower = _below_one(x, y)
    zero = equal(x, 0)
    lowered = where(below, power(x, y) / where(below, x, 1), power(x, lower))
    return g * (lowered + power_slope(x, y) * where(zero, 0, log(where(zero, 1, x))))


def _below_one(x: Any, y: Any) -> tuple[Any, Any]:
    """Return where x^(y−1) is taken as x^y / x, because y − 1 is rounded, and elsewhere y − 1."""
    below = logical_and(less(y, 1), logical_not(equal(x, 0)))
    return below, where(logical_or(below, equal(y, 0)), 1, y - 1)


power_slope: OpFunction = register(
    "power_slope",
    _power_slope_kernel,
    {"x": _power_slope_by_x, "y": _power_slope_by_y},
    domain={"x": APART},
    ref=lambda x, y: y * math.pow(x, y - 1),
    body=_power_slope_body,
    symbol="y·xʸ⁻¹",
    doc="""Return y · x^(y−1), the derivative of power by x; 0 where y is 0.

    >>> tg.power_slope([2.0, 0.0], [3.0, 0.0])
    tensor([12.,  0.])
    """,
)


def _power_by_base(g: Any, x: Any, y: Any) -> Any:
    if type(y) in (int, float):
        return g * (y * power(x, y - 1)) if y else 0 * g
    return g * power_slope(x, y)


def _power_by_exponent(g: Any, x: Any, out: Any) -> Any:
    # out·log(x) is 0·∞ at x = 0, where 0^y is constant for y > 0: its derivative is 0.
    return g * where(equal(x, 0), 0, out * log(where(equal(x, 0), 1, x)))


def _power_kernel(x: Any, y: Any) -> Any:
    if type(y) in (int, float) and y in (3, 4):
        if type(x) is np.ndarray and x.dtype.char in "fd":  # NumPy knows squares only
            squares = x * x
            return squares * (x if y == 3 else squares)
    return np.power(x, y)


power = register(
    "power",
    _power_kernel,
    {"x": _power_by_base, "y": _power_by_exponent},
    domain={"x": APART},
    ref="math.pow",
    symbol="xʸ",
    notation=POWER,
    code="**",
    facts={"sign_of": ("x",)},
    doc="""Return x to the power y.

    x⁰ is 1 with derivative 0, also at x = 0. The derivative by y is out · log(x), and 0 at x = 0.
    Derivatives are products: where a factor lies below the normal numbers its ulp counts, and where
    one overflows they do. So do the terms of x^(y−1)·(1 + y·log x), which may cancel.

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


def scaled(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """Return real x and y divided by the larger one, and that; so no square leaves the range.

    Beside an infinity a number is 0, and two infinities are ±1: the direction's limit.
    """
    larger = np.maximum(abs(x), abs(y))
    scale = select(larger == 0, larger.dtype.type(1), larger)
    return _ratio(x, scale), _ratio(y, scale), larger


def _ratio(x: Any, scale: Any) -> Any:
    ratio = x / scale
    return select(np.isinf(x), np.copysign(ratio.dtype.type(1), x), ratio)


def _hypot_slope_kernel(x: Any, y: Any, *, by: int = 0) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return (x, y)[by] / np.sqrt(x * x + y * y)
    x, y, larger = scaled(x, y)
    return (x, y)[by] / np.sqrt(select(larger == 0, larger.dtype.type(1), x * x + y * y))


def _hypot_slope_rule(g: Any, x: Any, y: Any, by: int, of: int) -> Any:
    length = hypot(x, y)
    length = where(equal(length, 0), 1, length)  # at 0 the slope is 0 too
    other = hypot_slope(x, y, by=1 - of)
    if by == of:
        return g * (other * (other / length))
    return -(g * (hypot_slope(x, y, by=of) * other / length))


def _hypot_slope_body(x: Any, y: Any, *, by: int) -> Any:
    length = hypot(x, y)
    zero = equal(length, 0)
    return where(zero, 0, (x, y)[by] / where(zero, 1, length))


def _check_by(x: Any, y: Any, *, by: int) -> dict[str, Any]:
    if by not in (0, 1):
        raise ArgumentError(f"by is 0 or 1: the derivative by x or by y, not {by!r}")
    return {"by": by}


hypot_slope: OpFunction = register(
    "hypot_slope",
    _hypot_slope_kernel,
    {
        "x": lambda g, x, y, by: _hypot_slope_rule(g, x, y, by, 0),
        "y": lambda g, x, y, by: _hypot_slope_rule(g, x, y, by, 1),
    },
    domain={"x": Real(avoid=(0.0,))},
    ref=lambda x, y: x / math.hypot(x, y),
    body=_hypot_slope_body,
    prepare=_check_by,
    symbol="x/√(x²+y²)",
    doc="""Return x / √(x² + y²), the derivative of hypot by x, or that by y where `by` is 1.

    It is 0 where x = y = 0, and has its limit where x or y is infinite.

    >>> tg.hypot_slope([3.0, 0.0], [4.0, 0.0])
    tensor([0.6, 0. ])
    """,
)
hypot = register(
    "hypot",
    _hypot_kernel,
    {"x": lambda g, x, y: g * hypot_slope(x, y), "y": lambda g, x, y: g * hypot_slope(x, y, by=1)},
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
    "expm1", np.expm1, {"x": lambda g, x: g * exp(x)}, ref="math.expm1",
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
    "log2", np.log2, {"x": lambda g, x: g / math.log(2) / x}, domain={"x": POSITIVE},
    ref="math.log2", symbol="log₂", doc="""Return the logarithm to base 2.

    >>> tg.log2([8.0, 0.5])
    tensor([ 3., -1.])
    """,
)  # fmt: skip
log10 = register(
    "log10", np.log10, {"x": lambda g, x: g / math.log(10) / x}, domain={"x": POSITIVE},
    ref="math.log10", symbol="log₁₀", doc="""Return the logarithm to base 10.

    >>> tg.log10([100.0, 0.0])
    tensor([  2., -inf])
    """,
)  # fmt: skip


def _logaddexp_kernel(x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.maximum(x, y) + np.log1p(np.exp(-abs_kernel(np.subtract(x, y))))
    plain = all(isinstance(one, (np.ndarray, np.generic, float, int)) for one in (x, y))
    if not plain or np.result_type(x, y).char not in "fd":
        return np.logaddexp(x, y)
    # As NumPy's own, which takes one element after the other. Of equal infinities the gap is NaN.
    return np.maximum(x, y) + np.fmax(np.log1p(np.exp(-np.abs(x - y))), 0)


def _logaddexp_slope_kernel(x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return 1 / (1 + np.exp(y - x))
    x, y = both_floating(x, y)
    gap = select(np.equal(x, y), 0, x - y)  # of equal infinities too
    # What the subtraction rounded away (Knuth's two-sum) counts where the share is tiny.
    back = gap - x
    lost = (x - (gap - back)) - (y + back)
    e = np.exp(-np.abs(gap))
    total = 1 + e
    share = select(gap < 0, e / total, 1 / total)
    return select(gap < 0, share * (1 + select(np.isfinite(lost), lost, 0)), share)


logaddexp_slope: OpFunction = register(
    "logaddexp_slope",
    _logaddexp_slope_kernel,
    {
        "x": lambda g, x, y: g * (logaddexp_slope(x, y) * logaddexp_slope(y, x)),
        "y": lambda g, x, y: -(g * (logaddexp_slope(x, y) * logaddexp_slope(y, x))),
    },
    ref=lambda x, y: 1 / (1 + math.exp(y - x)),
    body=lambda x, y: 1 / (1 + exp(-(x - y))),
    symbol="σ(x−y)",
    facts={"positive": True},
    doc="""Return eˣ / (eˣ + eʸ), the derivative of logaddexp by x; ½ where both are one infinity.

    >>> tg.logaddexp_slope([0.0, 20.0], [0.0, 0.0]).round(3)
    tensor([0.5, 1. ])
    """,
)
logaddexp = register(
    "logaddexp",
    _logaddexp_kernel,
    {
        "x": lambda g, x, y: g * logaddexp_slope(x, y),
        "y": lambda g, x, y: g * logaddexp_slope(y, x),
    },
    ref=lambda x, y: max(x, y) + math.log1p(math.exp(-abs(x - y))),
    symbol="log(eˣ+eʸ)",
    doc="""Return log(eˣ + eʸ) without overflow, exact to an ulp of its larger term, x or y.

    >>> tg.logaddexp([0.0, 20.0], [0.0, 0.0]).round(3)
    tensor([ 0.693, 20.   ])
    """,
)

# -------------------------------------------------------------------------------- error function

erf_slope: OpFunction = register(
    "erf_slope",
    lambda x: 2 / math.sqrt(math.pi) * exp_of_square(x, 1.0),
    {"x": lambda g, x: -2 * g * (clip(x, -END, END) * erf_slope(x))},
    ref=lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x),
    body=lambda x: 2 / math.sqrt(math.pi) * exp(-(x * x)),
    symbol="2/√π·exp(−x²)",
    facts={"positive": True},
    doc="""Return 2/√π exp(−x²), the derivative of erf, whose tail keeps its digits.

    >>> tg.erf_slope([0.0, 1.0]).round(3)
    tensor([1.128, 0.415])
    """,
)
erf = register(
    "erf",
    erf_kernel,
    {"x": lambda g, x: g * erf_slope(x)},
    ref="math.erf",
    facts={"between": (-1, 1)},
    code="np.vectorize(math.erf, otypes=[np.asarray(x).dtype])(x)",
    doc="""Return the error function, 2/√π ∫₀ˣ exp(−t²) dt.

    >>> tg.erf([0.0, 1.0]).round(3)
    tensor([0.   , 0.843])
    """,
)
