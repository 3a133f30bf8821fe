"""The grid of floating-point numbers that operations are tried on, and distances counted in ulps.

An ulp of a number is the distance between the floats around it: below the smallest normal number
that of the subnormals, and after the largest finite number comes infinity. So one count serves
underflow, overflow and all between.
"""

from functools import cache

import numpy as np
from mpmath import mp, mpf

DTYPES = (np.float16, np.float32, np.float64)


@cache
def magnitudes(dtype, per_decade=1.0):
    """Return positive floats from the smallest subnormal to the largest finite one.

    They are the ends of the range of normal and of subnormal numbers, the two floats on either side
    of 1, and numbers with all bits in use between them, ``per_decade`` for each power of ten.
    """
    info = np.finfo(dtype)
    ends = [info.smallest_subnormal, 3 * info.smallest_subnormal, info.smallest_normal, info.max]
    ones = [1 - info.epsneg, 1, 1 + info.eps]
    low, high = np.log10(float(info.smallest_subnormal)), np.log10(float(info.max))
    count = max(int((high - low) * per_decade), 2)
    between = 10 ** (np.linspace(low, high, count + 2)[1:-1])
    return np.unique(np.array([*ends, *ones, *between], dtype))


def both_signs(values):
    """Return numbers with their negatives, in order."""
    return np.unique(np.concatenate([-values, values]))


def around(points, dtype, reach=2):
    """Return points as floats, each with its ``reach`` neighbours below and above."""
    found = [np.asarray(points, dtype)]
    down = up = found[0]
    for _ in range(reach):
        down, up = (
            np.nextafter(down, dtype(-np.inf)),
            np.nextafter(up, dtype(np.inf)),
        )
        found += [down, up]
    return np.unique(np.concatenate(found))


def ulp_of(exact, dtype):
    """Return the distance between floats where an exact number lies, as an exact number."""
    info = np.finfo(dtype)
    exponent = mp.frexp(exact)[1] - 1 if exact else info.minexp
    return mpf(2) ** (min(max(exponent, info.minexp), info.maxexp - 1) - info.nmant)


def ulps(found, exact, dtype, largest=0):
    """Return how far a float is from an exact number, in ulps of that.

    Args:
        found: a number of ``dtype``.
        exact: an ``mpf``: the right value, or inf or nan where that is the right value.
        dtype: in whose ulps is counted.
        largest: the largest term, an ``mpf``, where terms cancel and an ulp of that counts.
    """
    found, exact = float(found), mpf(exact)
    if mp.isnan(exact) or found != found:
        return 0.0 if mp.isnan(exact) and found != found else np.inf
    info = np.finfo(dtype)
    after = mpf(float(info.max)) + ulp_of(mpf(float(info.max)), dtype)
    if abs(exact) >= after and abs(found) > float(info.max):
        return 0.0 if (exact > 0) == (found > 0) else np.inf
    if mp.isinf(exact):
        return np.inf
    reached = after * int(np.sign(found)) if np.isinf(found) else mpf(found)
    return float(abs(reached - exact) / ulp_of(max(abs(exact), abs(mpf(largest))), dtype))
