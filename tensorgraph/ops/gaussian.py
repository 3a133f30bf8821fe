"""The normal distribution's functions: the error function's complement and inverse, Φ and log Φ."""

from __future__ import annotations

import math

from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.ops import _erf_inverse, _log_normal, _normal
from tensorgraph.ops._normal import END
from tensorgraph.ops.activation import normal_density
from tensorgraph.ops.arithmetic import square
from tensorgraph.ops.extrema import clip
from tensorgraph.ops.transcendental import erf_slope, exp

__all__ = [
    "erfc", "erfinv", "erfinv_slope", "log_ndtr", "log_ndtr_gap", "log_ndtr_slope", "ndtr",
]  # fmt: skip

INSIDE_ONE = Real(-0.9, 0.9)

erfc = register(
    "erfc",
    _normal.erfc,
    {"x": lambda g, x: -(g * erf_slope(x))},
    ref="math.erfc",
    facts={"between": (0, 2)},
    code="np.vectorize(math.erfc, otypes=[np.asarray(x).dtype])(x)",
    doc="""Return 1 − erf(x), whose tail is relatively exact.

    >>> tg.erfc([0.0, 1.0]).round(3)
    tensor([1.   , 0.157])
    """,
)

_ERFINV = """
    y = np.asarray(y, float)
    erf = np.vectorize(math.erf, otypes=[float])
    a, log = 0.147, np.log1p(-y * y)
    b = 2 / (math.pi * a) + log / 2
    x = np.copysign(np.sqrt(np.maximum(np.sqrt(b * b - log / a) - b, 0)), y)
    for _ in range(3):
        step = (erf(x) - y) * math.sqrt(math.pi) / 2 * np.exp(x * x)
        x = x - step / (1 + x * step)
    return x
"""

erfinv_slope: OpFunction = register(
    "erfinv_slope",
    _erf_inverse.erfinv_slope,
    {"y": lambda g, y, out: 2 * g * (erfinv(y) * square(out))},
    domain={"y": INSIDE_ONE},
    body=lambda y: math.sqrt(math.pi) / 2 * exp(square(erfinv(y))),
    symbol="√π/2·exp(erfinv²)",
    facts={"positive": True},
    doc="""Return √π/2 · exp(erfinv(y)²), the derivative of erfinv; inf at ±1.

    >>> tg.erfinv_slope([0.0, 0.5]).round(3)
    tensor([0.886, 1.113])
    """,
)
erfinv: OpFunction = register(
    "erfinv",
    _erf_inverse.erfinv,
    {"y": lambda g, y: g * erfinv_slope(y)},
    domain={"y": INSIDE_ONE},
    ref="scipy.special.erfinv",
    symbol="erf⁻¹",
    notation=function("erf⁻¹", r"\operatorname{erf}^{-1}"),
    code=_ERFINV,
    doc="""Return the x with erf(x) = y; ±inf at ±1, NaN beyond.

    >>> tg.erfinv([0.0, 0.5, 1.0]).round(3)
    tensor([0.   , 0.477,   inf])
    """,
)

_TAILS = "0.5 * np.vectorize(math.erfc, otypes=[float])(-np.asarray(x, float) / math.sqrt(2))"

ndtr = register(
    "ndtr",
    _normal.ndtr,
    {"x": lambda g, x: g * normal_density(x)},
    ref=lambda x: 0.5 * math.erfc(-x / math.sqrt(2)),
    facts={"between": (0, 1)},
    symbol="Φ",
    notation=function("Φ", r"\Phi"),
    code=_TAILS,
    doc="""Return Φ(x), the standard normal distribution function, whose tail is relatively exact.

    >>> tg.ndtr([0.0, -10.0])
    tensor([5.0000e-01, 7.6199e-24])
    """,
)
log_ndtr_gap: OpFunction = register(
    "log_ndtr_gap",
    _log_normal.log_ndtr_gap,
    {"x": lambda g, x: g * (1 - log_ndtr_slope(x) * log_ndtr_gap(clip(x, max=END)))},
    body=lambda x: x + log_ndtr_slope(x),
    symbol="x + φ/Φ",
    facts={"positive": True},
    doc="""Return x + φ(x)/Φ(x), also far below 0, where the terms cancel.

    The terms of its own derivative cancel there: that is exact to an ulp of 1.

    >>> tg.log_ndtr_gap([0.0, -1e4])
    tensor([7.9788e-01, 1.0000e-04])
    """,
)
log_ndtr_slope: OpFunction = register(
    "log_ndtr_slope",
    _log_normal.log_ndtr_slope,
    {"x": lambda g, x, out: -(g * (out * log_ndtr_gap(clip(x, max=END))))},
    body=lambda x: normal_density(x) / ndtr(x),
    symbol="φ/Φ",
    facts={"positive": True},
    doc="""Return φ(x)/Φ(x), the derivative of log_ndtr; −x far below 0.

    >>> tg.log_ndtr_slope([0.0, -1e4]).round(3)
    tensor([7.980e-01, 1.000e+04])
    """,
)
log_ndtr = register(
    "log_ndtr",
    _log_normal.log_ndtr,
    {"x": lambda g, x: g * log_ndtr_slope(x)},
    ref="scipy.special.log_ndtr",
    symbol="log Φ",
    notation=function("log Φ", r"\log \Phi"),
    code=f"np.log({_TAILS})",
    doc="""Return log Φ(x), also where Φ(x) is 0 or rounds to 1.

    >>> tg.log_ndtr([0.0, -100.0]).round(3)
    tensor([-6.9300e-01, -5.0055e+03])
    """,
)
