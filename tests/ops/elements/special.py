"""Special functions that have static parameters, or no name in a library: mpmath's, with them."""

import numpy as np
from mpmath import mp

from tests.ops.elements.storage import build, fitted


def by_element(function):
    """Return the elementwise function of arrays that a function of mpmath's numbers is."""

    def elements(x, *others, **static):
        def entry(index):
            with mp.workdps(40):
                return float(function(mp.mpf(float(x[index])), **static))

        return build(x.shape, entry)

    return elements


def _mills(x):
    return mp.npdf(x) / mp.ncdf(x)


digamma_slope = by_element(lambda x, order=1: mp.psi(order, x))
sinc_slope = by_element(lambda x, order=1: mp.diff(lambda v: mp.sincpi(v), x, order))
erfinv_slope = by_element(lambda x: mp.diff(mp.erfinv, x))
log_ndtr_slope = by_element(_mills)
log_ndtr_gap = by_element(lambda x: x + _mills(x))
iv = by_element(lambda x, order=0: mp.besseli(order, x))
ive = by_element(lambda x, order=0: mp.besseli(order, x) * mp.exp(-abs(x)))
i0, i1 = iv, by_element(lambda x: mp.besseli(1, x))
i0e, i1e = ive, by_element(lambda x: mp.besseli(1, x) * mp.exp(-abs(x)))
deg2rad, rad2deg = by_element(mp.radians), by_element(mp.degrees)


def polygamma(x, n):
    return digamma_slope(x, order=n) if n else by_element(mp.digamma)(x)


def _clipped(x, low, high):
    return min(max(x, low), high)


def _hardsigmoid(x):
    return _clipped(x / 6 + mp.mpf(1) / 2, 0, 1)


def _elu(x, alpha=1.0):
    return x if x > 0 else alpha * mp.expm1(x)


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848, 1.0507009873554804934

hardtanh = by_element(lambda x, min=-1, max=1: _clipped(x, min, max))
relu6 = by_element(lambda x: _clipped(x, 0, 6))
hardsigmoid = by_element(_hardsigmoid)
hardswish = by_element(lambda x: x * _hardsigmoid(x))
threshold = by_element(lambda x, threshold, value: x if x > threshold else value)
softshrink = by_element(lambda x, limit=0.5: x - _clipped(x, -limit, limit))
hardshrink = by_element(lambda x, limit=0.5: x if abs(x) > limit else 0)
tanhshrink = by_element(lambda x: x - mp.tanh(x))
mish = by_element(lambda x: x * mp.tanh(mp.log1p(mp.exp(x))))
selu = by_element(lambda x: SELU_SCALE * _elu(x, SELU_ALPHA))
celu = by_element(lambda x, alpha=1.0: alpha * _elu(x / alpha))
nan_to_num = by_element(lambda x, nan=0: x)


def glu(x, axis=-1):
    axis = axis % x.ndim
    shape = [n // 2 if i == axis else n for i, n in enumerate(x.shape)]

    def entry(index):
        other = tuple(k + shape[axis] if i == axis else k for i, k in enumerate(index))
        return float(x[index] / (1 + mp.exp(-x[other])))

    return build(shape, entry)


def heaviside(x, y):
    shape = np.broadcast_shapes(x.shape, y.shape)

    def entry(index):
        at = x[fitted(index, x.shape)]
        return 0 if at < 0 else 1 if at > 0 else y[fitted(index, y.shape)]

    return build(shape, entry)
