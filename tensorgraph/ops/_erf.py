"""The error function erf(x) = 2/√π ∫₀ˣ exp(−s²) ds, which NumPy lacks.

It takes two formulas, each a polynomial fitted so that what is fitted enters only as a
correction, and both are evaluated for every element (a branch would cost more than it saves):

- near, |x| < 1:  erf(x) = x + x·P(u),            u = x²
- far,  |x| ≥ 1:  erf(x) = 1 + exp(−x²)·Q(t),     t = (|x| − 1)/(|x| + 3)

So P = erf(x)/x − 1 and Q = −exp(x²)·erfc(x), both smooth in their variable. P and Q are
least-squares fits on Chebyshev points, weighted by what an error in them does to erf; that
stays below 2e-17 (float64, 12 terms each) and 2e-9 (float32, 7 terms). ``tests/ops/test_erf.py``
holds the fit, in mpmath, and derives the coefficients below anew.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import as_array
from tensorgraph.errors import DTypeError
from tensorgraph.ops._blocks import BLOCK, first_order


class _Fit(NamedTuple):
    """The two polynomials for one dtype."""

    end: float
    """erf rounds to 1 from here on."""
    coefficients: tuple[tuple[float, float], ...]
    """(P, Q), highest power first."""


_FITS: dict[np.dtype[Any], _Fit] = {
    np.dtype(np.float64): _Fit(
        6.0,
        (
            (-7.798543850549947e-10, -0.0013357069722710233),
            (1.3721520406351094e-08, -0.0010827765264840613),
            (-1.6208829856810202e-07, 0.008794636169036125),
            (1.6447471190594618e-06, 0.0020638485832869835),
            (-1.4924740785377576e-05, -0.04262056822823847),
            (0.00012055295112667001, 0.02236912007915987),
            (-0.0008548325982543225, 0.22394701380467177),
            (0.005223977607269946, -0.7239166898329807),
            (-0.026866170643256995, 1.2234841077169298),
            (0.1128379167094513, -1.377096922818191),
            (-0.37612638903183543, 1.0928480591356111),
            (0.12837916709551256, -0.427583576155807),
        ),
    ),
    np.dtype(np.float32): _Fit(
        4.0,
        (
            (7.8824974e-05, -0.010302333),
            (-0.0008018855, 0.23384534),
            (0.005189312, -0.72537166),
            (-0.026854329, 1.2235904),
            (0.11283597, -1.3771005),
            (-0.37612626, 1.0928481),
            (0.12837917, -0.42758358),
        ),
    ),
}

# As 0-d arrays: NumPy takes them in half the time of Python floats, which counts on small arrays.
_CONSTANTS = {
    dtype: tuple(np.array(value, dtype) for value in (1, 3, fit.end))
    for dtype, fit in _FITS.items()
}
_HORNER = {
    dtype: [(np.array(p, dtype), np.array(q, dtype)) for p, q in fit.coefficients]
    for dtype, fit in _FITS.items()
}


def erf(x: Any) -> Any:
    """Return the error function of each element, within 1.5 ulp of the exact value.

    Args:
        x: real numbers of any shape, or complex ones beside the real axis, as the complex step
            has them.

    Returns:
        An array of x's shape, and of its dtype if that is inexact, else float64. Only float32
        and float64 have kernels; float16 and long double are computed in float64.

    Raises:
        DTypeError: x is complex and not beside the real axis, or not made of numbers.
    """
    x = as_array(x)
    if x.dtype.kind == "c":
        return _beside_real_axis(x)
    if x.dtype.kind not in "fiub":
        raise DTypeError(f"erf has no {x.dtype.name} kernel; give it real numbers")
    source = x if x.dtype in _FITS else x.astype(np.float64)
    result = np.empty(x.shape, source.dtype, like=x)
    source, target = source.reshape(-1), result.reshape(-1)
    for start in range(0, source.size, BLOCK):
        block = slice(start, start + BLOCK)
        _erf_block(source[block], target[block])
    return result.astype(x.dtype, copy=False) if x.dtype.kind == "f" else result


def _beside_real_axis(z: Any) -> Any:
    """Return erf x + iy·erf′(x) for z = x + iy: what is left out is y² times as small."""
    return first_order("erf", z, erf, lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x * x)))


def _erf_block(x: Any, out: Any) -> None:
    one, three, end = _CONSTANTS[x.dtype]
    (p, q), *rest = _HORNER[x.dtype]
    if type(x) is not np.ndarray:  # a device takes numbers, but no arrays of NumPy's
        one, three, end = one[()], three[()], end[()]
        (p, q), *rest = [(p[()], q[()]) for p, q in _HORNER[x.dtype]]
    size = np.abs(x)
    np.minimum(size, end, out=size)  # keeps u and exp(−u) finite; a NaN stays a NaN

    variables = np.empty((2, x.size), x.dtype, like=x)
    u, t = variables
    np.multiply(size, size, out=u)
    np.subtract(size, one, out=t)
    t /= size + three

    # Horner on both polynomials at once: their variables, and their values, are rows.
    values = np.empty_like(variables)
    near, far = values
    near[...] = p
    far[...] = q
    for p, q in rest:
        values *= variables
        near += p
        far += q

    near *= size
    near += size
    np.negative(u, out=u)
    far *= np.exp(u, out=u)
    far += one
    np.copysign(np.where(size < one, near, far), x, out=out)  # erf is odd, down to −0
