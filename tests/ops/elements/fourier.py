"""Fourier transforms by their sums, one frequency at a time."""

import cmath
import itertools
import math

import numpy as np

from tests.ops.elements.storage import build

POWERS = {"backward": (0, 1), "ortho": (0.5, 0.5), "forward": (1, 0)}
"""To which power the number of elements divides the transform, and the inverse."""


def _sum(x, axes, norm, sign):
    """Return the transform of an array of complex numbers over axes."""
    count = math.prod(x.shape[axis] for axis in axes)
    scale = count ** -POWERS[norm][sign > 0]

    def entry(at):
        terms = []
        for place in itertools.product(*(range(x.shape[axis]) for axis in axes)):
            turns = sum(at[a] * k / x.shape[a] for a, k in zip(axes, place, strict=True))
            index = list(at)
            for a, k in zip(axes, place, strict=True):
                index[a] = k
            terms.append(x[tuple(index)] * cmath.exp(sign * 2j * math.pi * turns))
        return scale * complex(math.fsum(t.real for t in terms), math.fsum(t.imag for t in terms))

    return build(x.shape, entry, complex)


def _joined(x):
    return build(x.shape[:-1], lambda at: complex(x[(*at, 0)], x[(*at, 1)]), complex)


def _parted(z):
    return np.stack([z.real, z.imag], axis=-1)


def fftn(x, axes, norm):
    return _parted(_sum(_joined(x), axes, norm, -1))


def ifftn(x, axes, norm):
    return _parted(_sum(_joined(x), axes, norm, 1))


def rfftn(x, axes, norm):
    whole = _sum(x, axes, norm, -1)
    return _parted(whole.take(range(x.shape[axes[-1]] // 2 + 1), axis=axes[-1]))


def irfftn(x, n, axes, norm):
    """After the other axes the last: of conjugates, whose imaginary parts cancel."""
    *others, last = axes
    z = _sum(_joined(x), others, norm, 1) if others else _joined(x)
    shape = list(z.shape)
    shape[last] = n

    def entry(at):
        k = at[last]
        own = (*at[:last], min(k, n - k), *at[last + 1 :])
        value = z[own]
        if k in (0, n - k):
            return complex(value.real)
        return value if k < n - k else value.conjugate()

    return _sum(build(tuple(shape), entry, complex), (last,), norm, 1).real
