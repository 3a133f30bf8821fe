"""Softmax and its kin, in 40 digits."""

import builtins
import itertools
import math
from fractions import Fraction

import numpy as np
from mpmath import mp, mpf

from tests.ops.elements.storage import axes_of, build, indices, one, without


def _along(f, x, axis):
    """Apply ``f``, a function of a list that returns one as long, along some axes together."""
    axes = axes_of(axis, x.ndim)
    out = np.empty(x.shape)
    for index in indices([1 if a in axes else n for a, n in enumerate(x.shape)]):
        ranges = [range(n) if a in axes else [index[a]] for a, n in enumerate(x.shape)]
        places = list(itertools.product(*ranges))
        for place, value in zip(places, f([x[p] for p in places]), strict=True):
            out[place] = value
    return out


def _softmax(values):
    with mp.workdps(40):
        weights = [mp.exp(mpf(float(v))) for v in values]
        total = mp.fsum(weights)
        return [float(w / total) for w in weights]


def _log_softmax(values):
    with mp.workdps(40):
        total = mp.log(mp.fsum(mp.exp(mpf(float(v))) for v in values))
        return [float(mpf(float(v)) - total) for v in values]


def _center(values):
    exact = [Fraction(float(v)) for v in values]
    middle = builtins.sum(exact) / (len(exact) or 1)
    return [float(v - middle) for v in exact]


def _unit(values):
    length = math.hypot(*values)
    return [v / length for v in values]


def unit(x, axis=None):
    return _along(_unit, x, axis)


def rms_slope(x, axis=None):
    return _along(lambda values: [v / math.sqrt(len(values)) for v in _unit(values)], x, axis)


def std_slope(x, axis=None, correction=0):
    def of(values):
        return [v / math.sqrt(len(values) - correction) for v in _unit(_center(values))]

    return _along(of, x, axis)


def center(x, axis=None):
    return _along(_center, x, axis)


def softmax(x, axis=-1):
    return _along(_softmax, x, axis)


def log_softmax(x, axis=-1):
    return _along(_log_softmax, x, axis)


def _weighted(f):
    """Return a function of y and weights along some axes together."""

    def along(y, weights, axis):
        pairs = np.empty(y.shape, dtype=object)
        for at in indices(y.shape):
            pairs[at] = Fraction(float(y[at])), Fraction(float(weights[at]))
        return _along(f, pairs, axis)

    return along


@_weighted
def minus_mean(pairs):
    total = builtins.sum(w for _, w in pairs)
    middle = builtins.sum(w * y for y, w in pairs) / (total or 1)
    return [float(y - middle) for y, _ in pairs]


@_weighted
def minus_share(pairs):
    total = builtins.sum(w for _, w in pairs)
    share = builtins.sum(y for y, _ in pairs) / (total or 1)
    return [float(y - w * share) for y, w in pairs]


def softmax_cross_entropy(logits, targets, axis=-1):
    logs = log_softmax(logits, axis)
    axis = one(axis, logits.ndim)
    return build(
        without(logits.shape, (axis,)),
        lambda at: (
            -math.fsum(
                targets[p] * logs[p]
                for p in ((*at[:axis], k, *at[axis:]) for k in range(logits.shape[axis]))
            )
        ),
    )


def softmax_minus_one_hot(logits, labels, axis=-1):
    axis, weights = one(axis, logits.ndim), softmax(logits, axis)
    return build(
        logits.shape,
        lambda at: weights[at] - (labels[at[:axis] + at[axis + 1 :]] == at[axis]),
    )


def class_cross_entropy(logits, labels, axis=-1):
    logs = log_softmax(logits, axis)
    axis = one(axis, logits.ndim)
    return build(labels.shape, lambda at: -logs[(*at[:axis], labels[at], *at[axis:])])


def sigmoid_minus(logits, targets):
    def entry(at):
        with mp.workdps(40):
            return float(1 / (1 + mp.exp(-mpf(float(logits[at])))) - mpf(float(targets[at])))

    return build(logits.shape, entry)


def sigmoid_cross_entropy(logits, targets):
    def entry(at):
        with mp.workdps(40):
            p = 1 / (1 + mp.exp(-mpf(float(logits[at]))))
            y = mpf(float(targets[at]))
            return float(-y * mp.log(p) - (1 - y) * mp.log(1 - p))

    return build(logits.shape, entry)
