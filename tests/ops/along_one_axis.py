"""Windows, convolution and pooling along one spatial axis, in plain NumPy: see ``duals.py``.

Windows are cut out one after the other. Operands may be complex; those with fewer than three axes
stand for a batch of one, of one channel.
"""

import numpy as np


def lifted(x):
    """Return x with three axes: a batch, channels, a length."""
    return x[(None,) * (3 - len(x.shape))]


def strips(x, size, stride, padding, dilation=1, fill=0.0):
    """Return x padded along its last axis, and its windows there as views of it."""
    x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [padding], constant_values=fill)
    span = (size - 1) * dilation + 1
    starts = range(0, x.shape[-1] - span + 1, stride)
    return x, [x[..., s : s + span : dilation] for s in starts]


def cut(x, padding):
    return x[..., padding[0] : x.shape[-1] - padding[1]]


def windows(x, size, stride, dilation):
    return np.stack(strips(x, size, stride, (0, 0), dilation)[1], axis=-2)


def overlap_add(x, shape, stride, dilation):
    zeros = np.zeros((*x.shape[:-2], shape), dtype=x.dtype)
    out, parts = strips(zeros, x.shape[-1], stride, (0, 0), dilation)
    for p, part in enumerate(parts):
        part += x[..., p, :]
    return out


# ------------------------------------------------------------------------------------ convolution


def as_one_group(w, groups):
    """Return the weight without groups that does the same: zeros between them."""
    out, inner, size = w.shape
    wide = np.zeros((groups, out // groups, groups, inner, size), dtype=w.dtype)
    for g in range(groups):
        wide[g, :, g] = w.reshape(groups, out // groups, inner, size)[g]
    return wide.reshape(out, groups * inner, size)


def conv(x, weight, stride, padding, dilation, groups):
    w = as_one_group(lifted(weight), groups)
    _, parts = strips(lifted(x), w.shape[2], stride, padding, dilation)
    return np.stack([np.einsum("nck,ock->no", part, w) for part in parts], axis=-1)


def conv_transpose(x, weight, shape, stride, padding, dilation, groups):
    x, w = lifted(x), as_one_group(lifted(weight), groups)
    zeros = np.zeros((x.shape[0], w.shape[1], shape), dtype=x.dtype)
    out, parts = strips(zeros, w.shape[2], stride, padding, dilation)
    for p, part in enumerate(parts):
        part += np.einsum("no,ock->nck", x[..., p], w)
    return cut(out, padding)


def conv_weight_grad(x, y, size, stride, padding, dilation):
    y = lifted(y)
    _, parts = strips(lifted(x), size, stride, padding, dilation)
    return np.sum([np.einsum("no,nck->ock", y[..., p], w) for p, w in enumerate(parts)], axis=0)


# ---------------------------------------------------------------------------------------- pooling


def shares_of_maxima(x, size, stride, padding):
    """Return what each element counts in each window's maximum: (batch, channel, place, window)."""
    x = lifted(x)
    _, parts = strips(x, size, stride, padding, fill=-np.inf)
    shares = np.zeros((*x.shape[:2], x.shape[2] + sum(padding), len(parts)))
    for p, part in enumerate(parts):
        ties = part == np.max(part, axis=-1, keepdims=True)
        inside = slice(p * stride, p * stride + size)
        shares[:, :, inside, p] = ties / np.sum(ties, axis=-1, keepdims=True)
    return shares[:, :, padding[0] : padding[0] + x.shape[2]]


def max_pool_grad(y, x, peaks, size, stride, padding):
    return np.einsum("ncp,nclp->ncl", lifted(y), shares_of_maxima(x, size, stride, padding))


def means(n, size, stride, padding):
    """Return the matrix of average pooling: a row for each window of n places."""
    starts = range(-padding[0], n + padding[1] - size + 1, stride)
    rows = np.array([[s <= i < s + size for i in range(n)] for s in starts], dtype=float)
    return rows / np.sum(rows, axis=1, keepdims=True)


def avg_pool(x, size, stride, padding):
    return lifted(x) @ means(x.shape[-1], size, stride, padding).T


def avg_pool_grad(y, shape, size, stride, padding):
    return lifted(y) @ means(shape, size, stride, padding)
