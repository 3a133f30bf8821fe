"""Arrays as storage: their elements one by one, and the places of axes."""

import itertools

import numpy as np


def indices(shape):
    return itertools.product(*(range(n) for n in shape))


def build(shape, entry, dtype=float):
    """Return the array whose element at ``index`` is ``entry(index)``."""
    out = np.empty(shape, dtype)
    for index in indices(shape):
        out[index] = entry(index)
    return out


def flat(x):
    return [x[index] for index in indices(x.shape)]


def axes_of(axis, ndim):
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(a + ndim if a < 0 else a for a in axes)


def one(axis, ndim):
    return axis + ndim if axis < 0 else axis


def fitted(index, shape):
    """Return where a broadcast array of this shape is read: axes fit from the end."""
    lead = len(index) - len(shape)
    return tuple(i if n > 1 else 0 for i, n in zip(index[lead:], shape, strict=True))


def without(shape, axes):
    return tuple(n for i, n in enumerate(shape) if i not in axes)
