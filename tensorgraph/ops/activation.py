"""Activation functions, element by element; each is stable over the whole line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.arguments import scalar
from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import register
from tensorgraph.ops._erf import erf as erf_kernel
from tensorgraph.ops.arithmetic import abs_kernel, greater, where
from tensorgraph.ops.transcendental import erf, exp

__all__ = [
    "elu", "gelu", "leaky_relu", "log_sigmoid", "relu", "sigmoid", "silu", "softplus",
]  # fmt: skip

KINK_AT_0 = Real(avoid=(0.0,))


def sigmoid_kernel(x: Any) -> Any:
    """Return 1 / (1 + e⁻ˣ); an overflow of e⁻ˣ gives the right limit, 0."""
    return np.reciprocal(1 + np.exp(np.negative(x)))


def softplus_kernel(x: Any) -> Any:
    """Return log(1 + eˣ) as max(x, 0) + log(1 + e^−|x|), which cannot overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-abs_kernel(x)))


sigmoid = register(
    "sigmoid",
    sigmoid_kernel,
    {"x": lambda g, out: g * out * (1 - out)},
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
    lambda x: -softplus_kernel(np.negative(x)),
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
    if type(x) is np.ndarray and x.size > 1000 and x.dtype.kind == "f":
        # NumPy compares with an array three times as fast as with a number.
        return np.maximum(x, np.zeros(x.shape, x.dtype))
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
    doc="""Return max(x, 0); the derivative at 0 is 0.

    >>> tg.relu([3.0, -4.0])
    tensor([3., 0.])
    """,
)


def _check_slope(x: Any, *, slope: float) -> dict[str, Any]:
    return {"slope": float(scalar(slope, "slope"))}


leaky_relu = register(
    "leaky_relu",
    lambda x, *, slope=0.01: np.where(np.greater(x, 0), x, np.multiply(x, slope)),
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
    return np.where(np.greater(x, 0), x, alpha * np.expm1(np.minimum(x, 0)))


def _check_alpha(x: Any, *, alpha: float) -> dict[str, Any]:
    return {"alpha": float(scalar(alpha, "alpha"))}


elu = register(
    "elu",
    _elu_kernel,
    {"x": lambda g, x, out, alpha: where(greater(x, 0), g, g * (out + alpha))},
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


def _gelu_rule(g: Any, x: Any) -> Any:
    return g * (0.5 * (1 + erf(x * _SQRT_HALF)) + x * (_DENSITY_0 * exp(-0.5 * (x * x))))


gelu = register(
    "gelu",
    lambda x: x * (0.5 * (1 + erf_kernel(np.multiply(x, _SQRT_HALF)))),
    {"x": _gelu_rule},
    ref=lambda x: 0.5 * x * math.erfc(-x * _SQRT_HALF),
    code="x * (1 + erf(x / math.sqrt(2))) / 2",
    letter="A",
    doc="""Return x · Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).

    >>> tg.gelu([3.0, -1.0]).round(3)
    tensor([ 2.996, -0.159])
    """,
)


def _silu_rule(g: Any, x: Any, out: Any) -> Any:
    s = sigmoid(x)
    return g * (s + out * (1 - s))


silu = register(
    "silu",
    lambda x: x * sigmoid_kernel(x),
    {"x": _silu_rule},
    ref=lambda x: x / (1 + math.exp(-x)),
    code="x * sigmoid(x)",
    letter="A",
    doc="""Return x · σ(x), also called swish.

    >>> tg.silu([3.0, -1.0]).round(3)
    tensor([ 2.858, -0.269])
    """,
)
