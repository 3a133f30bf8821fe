"""Two operations that tensorgraph does not have."""

import math

import numpy as np

import tensorgraph as tg


def _log_cosh(x):
    a = np.abs(x)
    return a + np.log1p(np.exp(-2 * a)) - math.log(2)  # log(cosh(x)) overflows from 711 on


log_cosh = tg.op(
    "log_cosh",
    _log_cosh,
    {"x": lambda g, x: g * tg.tanh(x)},
    domain={"x": tg.Real(-20, 20)},
    ref=lambda x: abs(x) + math.log1p(math.exp(-2 * abs(x))) - math.log(2),
    doc="log cosh x: a square near 0, |x| far from it.",
)


def _soft_shrink(x, *, threshold=0.5):
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


soft_shrink = tg.op(
    "soft_shrink",
    _soft_shrink,
    {"x": lambda g, x, threshold: g * (tg.abs(x) > threshold)},
    domain={"x": tg.Real(-3, 3, avoid=(-0.5, 0.5))},
    ref=lambda x, threshold=0.5: math.copysign(max(abs(x) - threshold, 0.0), x),
    doc="x moved towards 0 by a threshold, 0 where it would cross it.",
)
