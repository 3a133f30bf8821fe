"""What the elementwise operations are, in mpmath: one expression each gives value and derivatives.

Derivatives are central differences with so many bits that nothing of them is lost, so they depend
on nothing but the expression. Where an operation has a kink, ``PIECES`` says which smooth piece
counts at a point; where there is nothing to take differences of, at the edge of a domain or at
infinity, ``EDGES`` says the limit. What takes or gives booleans stands in ``DISCRETE``.
"""

import math
import operator
from collections.abc import Callable

import numpy as np
from mpmath import mp, mpf

INF, NAN = math.inf, math.nan

STEP_BITS = {np.float16: 50, np.float32: 80, np.float64: 140}
RANGE_BITS = {np.float16: 40, np.float32: 300, np.float64: 1200}

FAR = 2**5000
"""Stands for infinity: there all but logarithms are further than floats go, or at their limit."""


END = 4096


def exp(x):
    """Return eˣ; where no float holds it or what it is multiplied with, something as large."""
    if abs(x) <= END:
        return mp.exp(x)
    beyond = abs(x) - END
    large = mp.exp(END) * (1 + beyond + beyond * beyond / 2)
    return large if x > 0 else 1 / large


def _sigmoid(x):
    return 1 / (1 + exp(-x))


def _softplus(x):
    return mp.log1p(exp(x)) if x < 0 else x + mp.log1p(exp(-x))


def _sinh(x):
    return mp.sinh(x) if abs(x) < 1 else (exp(x) - exp(-x)) / 2


def _cosh(x):
    return (exp(x) + exp(-x)) / 2


def _normal_cdf(x):
    if abs(x) > 2**20:
        return mpf(x > 0)
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _logaddexp(x, y):
    large, small = max(x, y), min(x, y)
    return large + mp.log1p(exp(small - large))


def _hypot(x, y):
    return mp.sqrt(x * x + y * y)


def _log_ndtr(x):
    if x > 2**20:
        return mpf(0)
    if x > -(2**20):
        return mp.log(_normal_cdf(x)) if x < 8 else mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2)
    series, term = mpf(0), mpf(1)
    for k in range(1, 80):
        series, term = series + term, -term * (2 * k - 1) / (x * x)
    return -x * x / 2 - mp.log(-x * mp.sqrt(2 * mp.pi)) + mp.log(series)


def _scaled_bessel(order, x):
    """Return e^−|x| Iₙ(x)."""
    size = abs(x)
    if size < 2**14:
        value = mp.besseli(order, size) * mp.exp(-size)
    else:
        value, term = mpf(0), 1 / mp.sqrt(2 * mp.pi * size)
        for k in range(1, 40):
            value, term = value + term, term * ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k * size)
    return value if x >= 0 or order % 2 == 0 else -value


def _sinc(x):
    return mp.sinpi(x) / (mp.pi * x) if x else mpf(1)


def _power(x, y):
    if x > 0:
        return exp(y * mp.log(x))
    return mp.power(x, y) if x else mpf(NAN)


SMOOTH: dict[str, Callable] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "positive": lambda x: +x,
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "astype": lambda x: +x,
    "power": _power,
    "sqrt": mp.sqrt,
    "hypot": _hypot,
    "exp": exp,
    "expm1": lambda x: mp.expm1(x) if abs(x) < 1 else exp(x) - 1,
    "exp2": lambda x: exp(x * mp.ln(2)),
    "log": mp.log,
    "log1p": mp.log1p,
    "log2": lambda x: mp.log(x) / mp.ln(2),
    "log10": lambda x: mp.log(x) / mp.ln(10),
    "logaddexp": _logaddexp,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": lambda x: _sinh(x) / _cosh(x),
    "asinh": lambda x: mp.sign(x) * mp.log1p(abs(x) + x * x / (1 + _hypot(x, 1))),
    "acosh": mp.acosh,
    "atanh": lambda x: (mp.log1p(x) - mp.log1p(-x)) / 2,
    "erf": mp.erf,
    "erfc": lambda x: 2 * _normal_cdf(-x * mp.sqrt(2)),
    "erfinv": mp.erfinv,
    "ndtr": _normal_cdf,
    "log_ndtr": _log_ndtr,
    "sinc": _sinc,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "xlogy": lambda x, y: x * mp.log(y) if x else mpf(0),
    "xlog1py": lambda x, y: x * mp.log1p(y) if x else mpf(0),
    "logit": lambda x: mp.log(x) - mp.log1p(-x),
    "nextafter": lambda x, y: +x,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "log_sigmoid": lambda x: -_softplus(-x),
    "gelu": lambda x: x * _normal_cdf(x),
    "silu": lambda x: x * _sigmoid(x),
    "normal_density": lambda x: exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
}
"""The function that an operation is, of mpmath's numbers."""


def _gammaln(x):
    value = mp.loggamma(x) if x > 0 else mp.log(abs(mp.pi / (x * mp.sinpi(x)))) - mp.loggamma(-x)
    return mp.re(value)


def _with_gammaln(x):
    return _gammaln(x), [mp.psi(0, x)], [[mp.psi(1, x)]]


def _with_digamma(x):
    return mp.psi(0, x), [mp.psi(1, x)], [[mp.psi(2, x)]]


def _with_betaln(x, y):
    value = _gammaln(x) + _gammaln(y) - _gammaln(x + y)
    bend = mp.psi(1, x + y)
    return (
        value,
        [mp.psi(0, v) - mp.psi(0, x + y) for v in (x, y)],
        [[mp.psi(1, x) - bend, -bend], [-bend, mp.psi(1, y) - bend]],
    )


def _with_iv(x):
    value, slope, beyond = (_scaled_bessel(n, x) * exp(abs(x)) for n in range(3))
    return value, [slope], [[(value + beyond) / 2]]


def _with_ive(x):
    value, slope, beyond = (_scaled_bessel(n, x) for n in range(3))
    side = mp.sign(x)
    bend = (value + beyond) / 2 - 2 * side * slope + side * side * value
    return value, [slope - side * value], [[bend]]


SPECIAL: dict[str, Callable] = {
    "gammaln": _with_gammaln,
    "digamma": _with_digamma,
    "betaln": _with_betaln,
    "iv": _with_iv,
    "ive": _with_ive,
}
"""Functions that mpmath knows the derivatives of, and takes long to compute with many bits: they
give value, first and second derivatives."""

DIGITS = 700
"""For these: as many as a difference of neighbouring powers of ten may cancel."""

POLES = {"gammaln": (INF, NAN, NAN), "digamma": (NAN, NAN, NAN)}
"""Value, first and second derivative at −1, −2, …"""

SLOPES = {
    "acosh_slope": "acosh",
    "asin_slope": "asin",
    "asinh_slope": "asinh",
    "atan2_slope": "atan2",
    "atanh_slope": "atanh",
    "digamma_slope": "digamma",
    "cbrt_slope": "cbrt",
    "elu_slope": "elu",
    "erfinv_slope": "erfinv",
    "erf_slope": "erf",
    "gelu_slope": "gelu",
    "hypot_slope": "hypot",
    "log_ndtr_gap": "log_ndtr",
    "log_ndtr_slope": "log_ndtr",
    "logaddexp_slope": "logaddexp",
    "power_slope": "power",
    "sigmoid_slope": "sigmoid",
    "silu_slope": "silu",
    "sinc_slope": "sinc",
    "tanh_slope": "tanh",
}
"""Operations that are the derivative of another: they are swept as the first and second of that."""

DISCRETE: dict[str, Callable] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "same": lambda x, y: x == y or (x != x and y != y),
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "logical_and": lambda x, y: bool(x) and bool(y),
    "logical_or": lambda x, y: bool(x) or bool(y),
    "logical_xor": lambda x, y: bool(x) != bool(y),
    "logical_not": operator.not_,
    "bitwise_and": operator.and_,
    "bitwise_left_shift": operator.lshift,
    "bitwise_or": operator.or_,
    "bitwise_right_shift": operator.rshift,
    "bitwise_xor": operator.xor,
    "bitwise_invert": lambda x: not x if isinstance(x, bool) else ~x,
    "signbit": lambda x: math.copysign(1, x) < 0,
    "isnan": math.isnan,
    "isinf": math.isinf,
    "isfinite": math.isfinite,
}
"""Operations without derivatives, on Python's numbers."""


def _constant(value):
    return lambda *xs: mpf(value)


def _is_integer(function):
    """Return the pieces of what is constant between steps."""
    return lambda *xs: _constant(function(*xs))


def _remainder(x, y):
    quotient = mp.floor(x / y)
    return lambda x, y: x - y * quotient


def _fmod(x, y):
    quotient = mp.sign(x / y) * mp.floor(abs(x / y))
    return lambda x, y: x - y * quotient


def _sign_of(y):
    return 1 if y >= 0 else -1


def _first(x, *others):
    return x


def _last(*xs):
    return xs[-1]


def _shared(x, y):
    return (x + y) / 2


def _atan2(x, y):
    """Return the angle as it goes on smoothly from a point, also on the cut."""
    if abs(x) > abs(y):
        return lambda u, v: mp.sign(x) * mp.pi / 2 - mp.atan(v / u)
    turn = 0 if y > 0 else mp.pi if x >= 0 else -mp.pi
    return lambda u, v: turn + mp.atan(u / v) if v else mpf(0)


def _clip(x):
    low, high = CLIP
    return _constant(low) if x < low else _constant(high) if x > high else _first


PIECES: dict[str, Callable] = {
    "abs": lambda x: (lambda v: v * mp.sign(x)) if x else _constant(0),
    "sign": _is_integer(mp.sign),
    "floor": _is_integer(mp.floor),
    "ceil": _is_integer(mp.ceil),
    "trunc": _is_integer(lambda x: mp.sign(x) * mp.floor(abs(x))),
    "round": _is_integer(mp.nint),
    "floor_divide": _is_integer(lambda x, y: mp.floor(x / y)),
    "remainder": _remainder,
    "fmod": _fmod,
    "copysign": lambda x, y: lambda u, v: mp.sign(x) * _sign_of(y) * u,
    "softsign": lambda x: lambda v: v / (1 + v * mp.sign(x)),
    "maximum": lambda x, y: _shared if x == y else _first if x > y else _last,
    "minimum": lambda x, y: _shared if x == y else _first if x < y else _last,
    "where": lambda condition, x, y: (lambda c, u, v: u) if condition else _last,
    "clip": _clip,
    "relu": lambda x: _first if x > 0 else _constant(0),
    "leaky_relu": lambda x: _first if x > 0 else lambda v: v * mpf(SLOPE),
    "elu": lambda x: _first if x > 0 else lambda v: mpf(ALPHA) * SMOOTH["expm1"](v),
    "atan2": _atan2,
}
"""The smooth function that counts at a point, of operations with kinks: the documented choice."""

CLIP, SLOPE, ALPHA = (-1.5, 40.0), 0.25, 1.5
STATIC = {
    "clip": {"min": CLIP[0], "max": CLIP[1]},
    "leaky_relu": {"slope": SLOPE},
    "elu": {"alpha": ALPHA},
    "astype": {"dtype": "float64"},
}
"""Static parameters that operations are tried with, exact in every dtype."""


def _half_pi():
    return mp.pi / 2


NOWHERE = {"inf": (NAN, NAN, NAN), "-inf": (NAN, NAN, NAN)}
LOGARITHM = {"0.0": (-INF, INF, -INF), "-0.0": (-INF, -INF, -INF), "inf": (INF, 0, 0)}
EDGES: dict[str, dict[str, tuple]] = {
    "gammaln": {"0.0": (INF, -INF, INF), "-0.0": (INF, INF, INF), "-inf": (-INF, NAN, NAN)},
    "digamma": {
        "inf": (INF, 0, 0),
        "0.0": (-INF, INF, -INF),
        "-0.0": (INF, INF, INF),
        "-inf": (NAN, NAN, NAN),
    },
    "ive": {"0.0": (1, 0, 0.5), "-0.0": (1, 0, 0.5)},
    "erfinv": {"1.0": (INF, INF, INF), "-1.0": (-INF, INF, -INF)},
    "logit": {
        "0.0": (-INF, INF, -INF),
        "-0.0": (-INF, -INF, -INF),
        "1.0": (INF, INF, INF),
        "inf": (NAN, NAN, NAN),
        "-inf": (NAN, NAN, NAN),
    },
    "cbrt": {"0.0": (0, INF, -INF), "-0.0": (0, INF, INF)},
    "sqrt": {"0.0": (0, INF, -INF), "-0.0": (0, -INF, INF)},
    "reciprocal": {"0.0": (INF, -INF, INF), "-0.0": (-INF, -INF, -INF)},
    "log": LOGARITHM,
    "log2": LOGARITHM,
    "log10": LOGARITHM,
    "log1p": {"-1.0": (-INF, INF, -INF), "inf": (INF, 0, 0)},
    "sin": NOWHERE,
    "cos": NOWHERE,
    "tan": NOWHERE,
    "asin": {"1.0": (_half_pi, INF, INF), "-1.0": (lambda: -_half_pi(), INF, -INF)},
    "acos": {"1.0": (0, -INF, -INF), "-1.0": (lambda: +mp.pi, -INF, INF)},
    "atanh": {"1.0": (INF, INF, INF), "-1.0": (-INF, INF, -INF)},
    "asinh": {"inf": (INF, 0, 0), "-inf": (-INF, 0, 0)},
    "log_ndtr": {"-inf": (-INF, INF, NAN)},
    "acosh": {"1.0": (0, INF, -INF), "inf": (INF, 0, 0)},
}
"""Value, first and second derivative where limits have to be said. At −0 it is as IEEE 754 says
that 1/−0 is −inf."""

AT_0 = {"hypot": (0, 0, 0), "atan2": (0, NAN, NAN)}
"""Value and all first and second derivatives where all inputs are 0; NaN where nothing is said."""


def derivatives(name, dtype, point):
    """Return the value, the first and the second partial derivatives at a tuple of floats.

    They are an ``mpf``, a list of them, and a list of such lists; NaN where there is none.
    """
    count = len(point)
    limits = AT_0.get(name) if not any(point) else None
    if count == 1 and name in EDGES:
        limits = EDGES[name].get(repr(point[0]))
    if count == 1 and name in POLES and -INF < point[0] < 0 and point[0] % 1 == 0:
        limits = POLES[name]
    if limits:
        value, first, second = (mpf(v() if callable(v) else v) for v in limits)
        return value, [first] * count, [[second] * count] * count
    if name in SPECIAL:
        with mp.workdps(60 if name != "betaln" else DIGITS):
            at = [
                mpf(x) if math.isfinite(x) else mpf(FAR) * int(math.copysign(1, x)) for x in point
            ]
            return SPECIAL[name](*map(_far_at_infinity, point))
    bits = STEP_BITS[dtype]
    sizes = [abs(math.log2(abs(x))) if x and math.isfinite(x) else 0 for x in point]
    reach = (
        10_000 if any(map(math.isinf, point)) else int((4 if name == "power" else 2) * sum(sizes))
    )
    with mp.workprec(reach + 2 * bits + RANGE_BITS[dtype] + 64):
        at = [_far_at_infinity(x) for x in point]
        smallest = min((abs(x) for x in at if x), default=1)
        step = [min(abs(x) or smallest, mpf(1)) * mpf(2) ** -bits for x in at]
        if name == "power":  # changes with its base as fast as the exponent is large
            step[0] /= max(1, abs(at[1]))
        piece = PIECES[name](*at) if name in PIECES else SMOOTH[name]

        def f(*moves):
            moved = [x + h * int(k) for x, h, k in zip(at, step, moves, strict=True)]
            return _real(piece, moved)

        axes = np.eye(count, dtype=int)
        value = f(*[0] * count)
        up, down = ([f(*(sign * axis)) for axis in axes] for sign in (1, -1))
        first = [(u - d) / (2 * h) for u, d, h in zip(up, down, step, strict=True)]
        second = [[mpf(0)] * count for _ in range(count)]
        for i in range(count):
            second[i][i] = (up[i] - 2 * value + down[i]) / step[i] ** 2
            for j in range(i):
                corners = (f(*(a * axes[i] + b * axes[j])) * a * b for a, b in CORNERS)
                second[i][j] = second[j][i] = sum(corners) / (4 * step[i] * step[j])
    return value, first, second


def _far_at_infinity(x):
    return mpf(x) if math.isfinite(x) else mpf(FAR) * int(math.copysign(1, x))


CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def _real(function, numbers):
    """Return a function's value, NaN where it has none among the real numbers."""
    try:
        value = mp.mpmathify(function(*numbers))
    except (ZeroDivisionError, ValueError):
        return mpf(NAN)
    return value if isinstance(value, mpf) else mpf(NAN)
