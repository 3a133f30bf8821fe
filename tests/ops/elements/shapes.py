"""What moves elements: shapes, permutations, padding, joining and splitting."""

import itertools
import math

from tests.ops.elements.storage import axes_of, build, fitted, flat, one, without


def reshape(x, shape):
    values = flat(x)
    shape = list(shape) if isinstance(shape, (tuple, list)) else [shape]
    if -1 in shape:
        known = math.prod(n for n in shape if n != -1)
        shape[shape.index(-1)] = len(values) // known
    rest = iter(values)
    return build(shape, lambda index: next(rest), x.dtype)


def permute_dims(x, axes=None):
    order = tuple(range(x.ndim))[::-1] if axes is None else axes_of(axes, x.ndim)

    def entry(index):
        return x[tuple(index[order.index(i)] for i in range(x.ndim))]

    return build([x.shape[a] for a in order], entry)


def matrix_transpose(x):
    return permute_dims(x, (*range(x.ndim - 2), -1, -2))


def expand_dims(x, axis=0):
    count = len(axis) if isinstance(axis, tuple) else 1
    axes = axes_of(axis, x.ndim + count)
    rest = iter(x.shape)
    return reshape(x, [1 if i in axes else next(rest) for i in range(x.ndim + count)])


def squeeze(x, axis=None):
    axes = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else axes_of(axis, x.ndim)
    return reshape(x, without(x.shape, axes))


def broadcast_to(x, shape):
    return build(shape, lambda index: x[fitted(index, x.shape)])


def flip(x, axis=None):
    axes = axes_of(axis, x.ndim)
    return build(
        x.shape,
        lambda index: x[tuple(n - 1 - i if a in axes else i for a, (i, n) in _places(index, x))],
    )


def _places(index, x):
    return enumerate(zip(index, x.shape, strict=True))


def roll(x, shift, axis=None):
    if axis is None:
        values = flat(x)
        moved = [values[(k - shift) % len(values)] for k in range(len(values))]
        return reshape(build([len(values)], lambda index: moved[index[0]]), x.shape)
    axes = axes_of(axis, x.ndim)
    shifts = shift if isinstance(shift, tuple) else (shift,) * len(axes)
    total = {a: math.fsum(s for b, s in zip(axes, shifts, strict=True) if b == a) for a in axes}
    return build(
        x.shape,
        lambda index: x[tuple(int(i - total.get(a, 0)) % n for a, (i, n) in _places(index, x))],
    )


def tril(x, k=0):
    return build(x.shape, lambda index: x[index] if index[-1] - index[-2] <= k else 0.0)


def triu(x, k=0):
    return build(x.shape, lambda index: x[index] if index[-1] - index[-2] >= k else 0.0)


def tile(x, repetitions):
    reps = repetitions if isinstance(repetitions, tuple) else (repetitions,)
    ndim = sorted([len(reps), x.ndim])[-1]
    reps = (1,) * (ndim - len(reps)) + reps
    x = reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    return build(
        [n * r for n, r in zip(x.shape, reps, strict=True)],
        lambda index: x[tuple(i % n for i, n in zip(index, x.shape, strict=True))],
    )


def repeat(x, repeats, axis=None):
    if axis is None:
        x, axis = reshape(x, -1), 0
    axis = one(axis, x.ndim)
    counts = [repeats] * x.shape[axis] if isinstance(repeats, int) else repeats
    sources = [k for k, count in enumerate(counts) for _ in range(count)]
    shape = [len(sources) if a == axis else n for a, n in enumerate(x.shape)]
    return build(
        shape,
        lambda index: x[tuple(sources[i] if a == axis else i for a, i in enumerate(index))],
    )


def concat(*arrays, axis=0):
    if axis is None:
        arrays, axis = [reshape(a, -1) for a in arrays], 0
    axis = one(axis, arrays[0].ndim)
    sources = [(a, k) for a in arrays for k in range(a.shape[axis])]
    shape = list(arrays[0].shape)
    shape[axis] = len(sources)

    def entry(index):
        array, k = sources[index[axis]]
        return array[(*index[:axis], k, *index[axis + 1 :])]

    return build(shape, entry)


def stack(*arrays, axis=0):
    axis = one(axis, arrays[0].ndim + 1)
    shape = list(arrays[0].shape)
    shape.insert(axis, len(arrays))
    return build(shape, lambda index: arrays[index[axis]][index[:axis] + index[axis + 1 :]])


def split(x, sections, axis=0):
    axis = one(axis, x.ndim)
    n = x.shape[axis]
    if isinstance(sections, int):
        sections = [k * (n // sections) for k in range(1, sections)]
    edges = [0, *[slice(c, None).indices(n)[0] for c in sections], n]
    parts = []
    for start, stop in itertools.pairwise(edges):
        shape = list(x.shape)
        shape[axis] = len(range(start, stop))
        parts.append(build(shape, lambda at, s=start: x[_shifted(at, axis, s)]))
    return parts


def _shifted(index, axis, start):
    return (*index[:axis], index[axis] + start, *index[axis + 1 :])


def unstack(x, axis=0):
    axis = one(axis, x.ndim)
    return [
        build(without(x.shape, (axis,)), lambda at, k=k: x[(*at[:axis], k, *at[axis:])])
        for k in range(x.shape[axis])
    ]
