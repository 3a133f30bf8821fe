"""Activation functions, element by element; each is stable over the whole line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.arguments import scalar
from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.ops import _normal
from tensorgraph.ops._blocks import (
    FEW,
    at_least,
    at_most,
    by_blocks,
    floating,
    from_below,
    over,
    select,
)
from tensorgraph.ops.arithmetic import (
    abs_kernel,
    greater,
    square,
    where,
)
from tensorgraph.ops.extrema import clip
from tensorgraph.ops.transcendental import erf, exp
from tensorgraph.ops.trigonometric import tanh

__all__ = [
    "elu", "elu_slope", "gelu", "gelu_slope", "leaky_relu", "log_sigmoid", "normal_density", "relu",
    "sigmoid", "sigmoid_slope", "silu", "silu_slope", "softplus",
]  # fmt: skip

KINK_AT_0 = Real(avoid=(0.0,))


FAR = 1000
"""Here e⁻ˣ is 0 whatever the dtype: for what an infinity would make NaN."""


@by_blocks
def sigmoid_kernel(x: Any) -> Any:
    """Return eˣ / (1 + eˣ), which keeps its digits down to the subnormals."""
    e = np.exp(at_most(x, 40))  # where the quotient is 1 and eˣ finite
    e /= 1 + e
    return e


def softplus_kernel(x: Any) -> Any:
    """Return log(1 + eˣ) as max(x, 0) + log(1 + e^−|x|), which cannot overflow."""
    x = floating(x)
    out = over(np.log1p, over(np.exp, over(np.negative, abs_kernel(x))))
    out += np.maximum(x, 0)
    return out


def _sigmoid_slope_kernel(x: Any) -> Any:
    """Return e / (1 + e)² with e = e^−|x|, which neither cancels nor overflows."""
    e = over(np.exp, over(np.negative, np.abs(x)))
    e /= over(np.square, 1 + e)
    return e


sigmoid_slope: OpFunction = register(
    "sigmoid_slope",
    by_blocks(_sigmoid_slope_kernel, lambda x: np.exp(-x) / np.square(1 + np.exp(-x))),
    {"x": lambda g, x: -(g * (sigmoid_slope(x) * tanh(0.5 * x)))},
    ref=lambda x: math.exp(-abs(x)) / (1 + math.exp(-abs(x))) ** 2,
    body=lambda x: sigmoid(x) * (1 - sigmoid(x)),
    symbol="σ′",
    facts={"positive": True},
    doc="""Return σ(x)·(1 − σ(x)), the derivative of sigmoid, where σ(x) rounds to 1 too.

    >>> tg.sigmoid_slope([0.0, 2.0]).round(3)
    tensor([0.25 , 0.105])
    """,
)
sigmoid: OpFunction = register(
    "sigmoid",
    sigmoid_kernel,
    {"x": lambda g, x: g * sigmoid_slope(x)},
    ref="scipy.special.expit",
    facts={"between": (0, 1)},
    notation=function("σ", r"\sigma"),
    code="np.exp(-np.logaddexp(0, -x))",
    letter="A",
    doc="""Return the logistic function σ(x) = 1 / (1 + e⁻ˣ).

    >>> tg.sigmoid([0.0, -1e4])
    tensor([0.5, 0. ])
    """,
)
softplus = register(
    "softplus",
    softplus_kernel,
    {"x": lambda g, x: g * sigmoid(x)},
    ref=lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    facts={"positive": True},
    code="np.logaddexp(0, x)",
    letter="A",
    doc="""Return log(1 + eˣ).

    >>> tg.softplus([0.0, 20.0]).round(3)
    tensor([ 0.693, 20.   ])
    """,
)
log_sigmoid = register(
    "log_sigmoid",
    lambda x: -softplus_kernel(np.negative(floating(x))),
    {"x": lambda g, x: g * sigmoid(-x)},
    ref="scipy.special.log_expit",
    notation=function("log σ", r"\log \sigma"),
    code="-np.logaddexp(0, -x)",
    doc="""Return log σ(x) = −log(1 + e⁻ˣ).

    >>> tg.log_sigmoid([0.0, -20.0]).round(3)
    tensor([ -0.693, -20.   ])
    """,
)


def _relu_kernel(x: Any) -> Any:
    if type(x) is np.ndarray and x.size > FEW and x.dtype.kind == "f":
        # NumPy compares with an array twice as fast as with a number, where both lie alike in
        # memory: images have the batch last in it.
        in_rows = x.flags.c_contiguous
        return np.maximum(x, np.zeros(x.shape, x.dtype) if in_rows else np.zeros_like(x))
    return np.maximum(x, 0)


relu = register(
    "relu",
    _relu_kernel,
    {"x": lambda g, out: g * (out > 0)},
    domain={"x": KINK_AT_0},
    ref=lambda x: max(x, 0.0),
    facts={"nonnegative": True},
    code="np.maximum(x, 0)",
    letter="A",
    doc="""Return max(x, 0); the derivative at 0 is 0, and at NaN.

    >>> tg.relu([3.0, -4.0])
    tensor([3., 0.])
    """,
)


def _check_slope(x: Any, *, slope: float) -> dict[str, Any]:
    return {"slope": float(scalar(slope, "slope"))}


leaky_relu = register(
    "leaky_relu",
    lambda x, *, slope=0.01: select(np.greater(x, 0), x, np.multiply(x, slope)),
    {"x": lambda g, x, slope: where(greater(x, 0), g, g * slope)},
    domain={"x": KINK_AT_0},
    ref=lambda x: x if x > 0 else 0.01 * x,
    prepare=_check_slope,
    code="np.where(x > 0, x, slope * x)",
    letter="A",
    doc="""Return x above 0 and slope · x elsewhere; the derivative at 0 is the slope.

    >>> tg.leaky_relu([3.0, -4.0], slope=0.25)
    tensor([ 3., -1.])
    """,
)


def _elu_kernel(x: Any, *, alpha: float = 1.0) -> Any:
    x = floating(x)
    return select(np.greater(x, 0), x, alpha * np.expm1(np.minimum(x, 0)))


def _check_alpha(x: Any, *, alpha: float) -> dict[str, Any]:
    return {"alpha": float(scalar(alpha, "alpha"))}


def _elu_slope_kernel(x: Any, *, alpha: float = 1.0) -> Any:
    e = np.exp(np.minimum(floating(x), 0))
    return select(np.greater(x, 0), e.dtype.type(1), alpha * e)


elu_slope: OpFunction = register(
    "elu_slope",
    _elu_slope_kernel,
    {"x": lambda g, x, alpha: where(greater(x, 0), 0, g * elu_slope(x, alpha=alpha))},
    domain={"x": KINK_AT_0},
    ref=lambda x: 1.0 if x > 0 else math.exp(x),
    prepare=_check_alpha,
    body=lambda x, *, alpha: where(greater(x, 0), 1, elu(x, alpha=alpha) + alpha),
    symbol="elu′",
    doc="""Return 1 above 0 and alpha · eˣ elsewhere, the derivative of elu.

    >>> tg.elu_slope([3.0, -1.0]).round(3)
    tensor([1.   , 0.368])
    """,
)
elu: OpFunction = register(
    "elu",
    _elu_kernel,
    {"x": lambda g, x, alpha: g * elu_slope(x, alpha=alpha)},
    domain={"x": KINK_AT_0},
    ref=lambda x: x if x > 0 else math.expm1(x),
    prepare=_check_alpha,
    code="np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
    letter="A",
    doc="""Return x above 0 and alpha · (eˣ − 1) elsewhere (Clevert et al. 2015).

    >>> tg.elu([3.0, -1.0]).round(3)
    tensor([ 3.   , -0.632])
    """,
)

_SQRT_HALF = math.sqrt(0.5)
_DENSITY_0 = 1 / math.sqrt(2 * math.pi)

normal_density: OpFunction = register(
    "normal_density",
    lambda x: _DENSITY_0 * _normal.exp_of_square(x, 0.5),
    {"x": lambda g, x: -(g * (clip(x, -_normal.END, _normal.END) * normal_density(x)))},
    ref=lambda x: _DENSITY_0 * math.exp(-0.5 * x * x),
    body=lambda x: _DENSITY_0 * exp(-0.5 * (x * x)),
    symbol="φ",
    facts={"positive": True},
    doc="""Return φ(x) = exp(−x²/2) / √(2π), the density of the normal distribution.

    >>> tg.normal_density([0.0, 1.0]).round(3)
    tensor([0.399, 0.242])
    """,
)


def _normal_cdf(x: Any) -> Any:
    return 0.5 * (1 + erf(x * _SQRT_HALF))


def _gelu_curvature(g: Any, x: Any) -> Any:
    return g * (normal_density(x) * (2 - square(clip(x, -_normal.END, _normal.END))))


gelu_slope: OpFunction = register(
    "gelu_slope",
    _normal.gelu_slope,
    {"x": _gelu_curvature},
    ref=lambda x: 0.5 * math.erfc(-x * _SQRT_HALF) + x * _DENSITY_0 * math.exp(-0.5 * x * x),
    body=lambda x: _normal_cdf(x) + x * (_DENSITY_0 * exp(-0.5 * (x * x))),
    symbol="gelu′",
    doc="""Return Φ(x) + x·φ(x), the derivative of gelu, whose tail keeps its digits.

    Its two terms cancel at −0.7518, and those of its own derivative, (2 − x²)·φ(x), at ±√2: they
    are exact to an ulp of the terms.

    >>> tg.gelu_slope([0.0, 1.0]).round(3)
    tensor([0.5  , 1.083])
    """,
)
gelu = register(
    "gelu",
    _normal.gelu,
    {"x": lambda g, x: g * gelu_slope(x)},
    ref=lambda x: 0.5 * x * math.erfc(-x * _SQRT_HALF),
    code="x * (1 + erf(x / math.sqrt(2))) / 2",
    letter="A",
    doc="""Return x · Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).

    Its tail is relatively exact; where Φ(x) lies below the normal numbers its ulp counts.

    >>> tg.gelu([3.0, -1.0]).round(3)
    tensor([ 2.996, -0.159])
    """,
)


def _silu_kernel(x: Any) -> Any:
    e = np.exp(at_most(x, 40))
    e /= 1 + e
    e *= at_least(x, -FAR)  # −∞ · σ(−∞) would be NaN
    return e


def _silu_slope_kernel(x: Any) -> Any:
    size = at_most(np.abs(x), FAR)
    e = over(np.exp, -size)
    total = 1 + e
    e *= total - size
    e /= over(np.square, total)
    return from_below(e, x)


def _silu_curvature(g: Any, x: Any) -> Any:
    return g * (sigmoid_slope(x) * (2 - clip(x, -FAR, FAR) * tanh(0.5 * x)))


def _silu_slope_of_complex(x: Any) -> Any:
    s = 1 / (1 + np.exp(-x))
    return s + x * s * (1 - s)


silu_slope: OpFunction = register(
    "silu_slope",
    by_blocks(_silu_slope_kernel, _silu_slope_of_complex),
    {"x": _silu_curvature},
    ref=lambda x: (1 + math.exp(-x) + x * math.exp(-x)) / (1 + math.exp(-x)) ** 2,
    body=lambda x: sigmoid(x) + silu(x) * (1 - sigmoid(x)),
    symbol="silu′",
    doc="""Return σ(x) + x·σ(x)·(1 − σ(x)), the derivative of silu: 0 at −∞, 1 at +∞.

    Its terms cancel at −1.2785, and those of its own derivative at ±2.3994: they are exact to an
    ulp of the terms.

    >>> tg.silu_slope([0.0, float("inf")])
    tensor([0.5, 1. ])
    """,
)
silu: OpFunction = register(
    "silu",
    by_blocks(_silu_kernel, lambda x: x / (1 + np.exp(-x))),
    {"x": lambda g, x: g * silu_slope(x)},
    ref=lambda x: x / (1 + math.exp(-x)),
    code="x * sigmoid(x)",
    letter="A",
    doc="""Return x · σ(x), also called swish: 0 at −∞.

    Where σ(x) lies below the normal numbers (−87 in float32, −709 in float64) its ulp counts.

    >>> tg.silu([3.0, -1.0]).round(3)
    tensor([ 2.858, -0.269])
    """,
)
