"""Windows, convolution and pooling, as all pairs of places that they link."""

import math

import numpy as np

from tests.ops.elements.reductions import mean_of
from tests.ops.elements.storage import build, indices


def each(value, rank):
    return value if isinstance(value, tuple) else (value,) * rank


def windows(x, size, stride=1, dilation=1):
    rank = len(size) if isinstance(size, tuple) else 1
    size, stride, dilation = each(size, rank), each(stride, rank), each(dilation, rank)
    lead = x.ndim - rank
    shape = [*x.shape[:lead], *_counts(x.shape[lead:], size, stride, dilation), *size]
    return build(
        shape,
        lambda at: x[at[:lead] + _window_places(at[lead:-rank], at[-rank:], stride, dilation)],
    )


def overlap_add(x, shape, stride=1, dilation=1):
    shape = each(shape, 1)
    rank = len(shape)
    stride, dilation = each(stride, rank), each(dilation, rank)
    out = np.zeros((*x.shape[: -2 * rank], *shape))
    for at in indices(x.shape):
        places = _window_places(at[-2 * rank : -rank], at[-rank:], stride, dilation)
        out[at[: -2 * rank] + places] += x[at]
    return out


def _window_places(count, k, stride, dilation):
    """Return where element k of a window lies, along every axis."""
    parts = zip(count, k, stride, dilation, strict=True)
    return tuple(i * s + j * d for i, j, s, d in parts)


def _counts(lengths, size, stride, dilation):
    parts = zip(lengths, size, stride, dilation, strict=True)
    return tuple((n - (k - 1) * d - 1) // s + 1 for n, k, s, d in parts)


def _sides(padding, lengths, size, stride, dilation):
    """Return how much padding comes before and after each axis."""
    if padding == "same":
        sides = []
        for n, k, s, d in zip(lengths, size, stride, dilation, strict=True):
            needed = (math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n
            needed = needed if needed > 0 else 0
            sides.append((needed // 2, math.ceil(needed / 2)))
        return sides
    return [each(side, 2) for side in each(padding, len(lengths))]


def _terms(lengths, size, stride, padding, dilation):
    """Return the counts of windows, and for each its elements: (k, place in x), not of padding."""
    rank = len(lengths)
    stride, dilation = each(stride, rank), each(dilation, rank)
    sides = _sides(padding, lengths, size, stride, dilation)
    wide = [n + before + after for n, (before, after) in zip(lengths, sides, strict=True)]
    counts = _counts(wide, size, stride, dilation)
    terms = {}
    for count in indices(counts):
        terms[count] = []
        for k in indices(size):
            parts = zip(_window_places(count, k, stride, dilation), sides, strict=True)
            place = tuple(p - before for p, (before, _) in parts)
            if False not in [0 <= p < n for p, n in zip(place, lengths, strict=True)]:
                terms[count].append((k, place))
    return counts, terms


def _trilinear(x_shape, w_shape, stride, padding, dilation, groups):
    """Return the counts, and all (n, o, p), (o, c, k), (n, c, place) that a convolution links."""
    out, inner, *size = w_shape
    counts, terms = _terms(x_shape[2:], tuple(size), stride, padding, dilation)
    links = [
        ((n, o, *p), (o, c, *k), (n, o // (out // groups) * inner + c, *place))
        for n, o, c in indices((x_shape[0], out, inner))
        for p, elements in terms.items()
        for k, place in elements
    ]
    return counts, links


def conv(x, weight, stride=1, padding=0, dilation=1, groups=1):
    counts, links = _trilinear(x.shape, weight.shape, stride, padding, dilation, groups)
    y = np.zeros((x.shape[0], weight.shape[0], *counts))
    for at_y, at_w, at_x in links:
        y[at_y] += weight[at_w] * x[at_x]
    return y


def conv_transpose(x, weight, shape, stride=1, padding=0, dilation=1, groups=1):
    shape = (x.shape[0], weight.shape[1] * groups, *each(shape, x.ndim - 2))
    out = np.zeros(shape)
    for at_y, at_w, at_x in _trilinear(shape, weight.shape, stride, padding, dilation, groups)[1]:
        out[at_x] += weight[at_w] * x[at_y]
    return out


def conv_weight_grad(x, y, size, stride=1, padding=0, dilation=1, groups=1):
    out = np.zeros((y.shape[1], x.shape[1] // groups, *each(size, x.ndim - 2)))
    for at_y, at_w, at_x in _trilinear(x.shape, out.shape, stride, padding, dilation, groups)[1]:
        out[at_w] += y[at_y] * x[at_x]
    return out


def _pooled(x_shape, size, stride, padding):
    rank = len(x_shape) - 2
    size = each(size, rank)
    stride = size if stride is None else each(stride, rank)
    counts, terms = _terms(x_shape[2:], size, stride, padding, 1)
    return (*x_shape[:2], *counts), {p: [place for _, place in e] for p, e in terms.items()}


def max_pool(x, size, stride=None, padding=0):
    shape, places = _pooled(x.shape, size, stride, padding)
    return build(shape, lambda at: sorted(x[at[:2] + p] for p in places[at[2:]])[-1])


def avg_pool(x, size, stride=None, padding=0):
    shape, places = _pooled(x.shape, size, stride, padding)
    return build(shape, lambda at: mean_of([x[at[:2] + p] for p in places[at[2:]]]))


def max_pool_grad(y, x, peaks, size, stride=None, padding=0):
    places = _pooled(x.shape, size, stride, padding)[1]
    out = np.zeros(x.shape)
    for at in indices(y.shape):
        tied = [at[:2] + p for p in places[at[2:]] if x[at[:2] + p] == peaks[at]]
        for place in tied:
            out[place] += y[at] / len(tied)
    return out


def avg_pool_grad(y, shape, size, stride=None, padding=0):
    shape = (*y.shape[:2], *each(shape, y.ndim - 2))
    places = _pooled(shape, size, stride, padding)[1]
    out = np.zeros(shape)
    for at in indices(y.shape):
        for p in places[at[2:]]:
            out[at[:2] + p] += y[at] / len(places[at[2:]])
    return out
