"""Reductions, from the list of all elements that are taken together."""

import itertools
import math

from mpmath import mp, mpf

from tests.ops.elements.storage import axes_of, build, one, without


def reduction(f, dtype=float):
    """Return the reduction that applies ``f`` to the list of all elements it takes together."""

    def reduce(x, axis=None, keepdims=False, **static):
        axes = axes_of(axis, x.ndim)
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))

        def entry(index):
            ranges = [range(n) if i in axes else [index[i]] for i, n in enumerate(x.shape)]
            return f([x[at] for at in itertools.product(*ranges)], **static)

        out = build(shape, entry, dtype)
        return out if keepdims else out.reshape(without(shape, axes))

    return reduce


def mean_of(values):
    return math.fsum(values) / len(values)


def _var(values, correction=0):
    middle = mean_of(values)
    return math.fsum((v - middle) ** 2 for v in values) / (len(values) - correction)


def _logsumexp(values):
    with mp.workdps(40):
        return float(mp.log(mp.fsum(mp.exp(mpf(float(v))) for v in values)))


sum = reduction(math.fsum)
mean = reduction(mean_of)
prod = reduction(math.prod)
max = reduction(lambda values: sorted(values)[-1])
min = reduction(lambda values: sorted(values)[0])
argmax = reduction(lambda values: values.index(sorted(values)[-1]), int)
argmin = reduction(lambda values: values.index(sorted(values)[0]), int)
any = reduction(lambda values: True in values, bool)
all = reduction(lambda values: False not in values, bool)
var = reduction(_var)
std = reduction(lambda values, correction=0: math.sqrt(_var(values, correction)))
norm = reduction(lambda values: math.hypot(*values))
rms = reduction(
    lambda values, eps=0.0: math.sqrt(math.fsum(v * v for v in values) / len(values) + eps)
)
logsumexp = reduction(_logsumexp)


def cumulative_sum(x, axis=None):
    axis = 0 if axis is None else one(axis, x.ndim)

    def entry(index):
        return math.fsum(x[(*index[:axis], k, *index[axis + 1 :])] for k in range(index[axis] + 1))

    return build(x.shape, entry)
