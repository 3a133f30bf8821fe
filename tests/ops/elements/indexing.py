"""Indexing by NumPy's rules, and what is built of it."""

import math

import numpy as np

from tests.ops.elements.shapes import reshape
from tests.ops.elements.storage import build, fitted, flat, indices, one


def positions(shape, key):
    """Return, for each element of ``x[key]``, which element of x it is: by NumPy's rules.

    Index arrays broadcast together; their axes take the place of the first one, or come first if
    something else stands between them.
    """
    key = list(key) if isinstance(key, tuple) else [key]
    used = 0
    for part in key:
        if isinstance(part, (np.ndarray, list)) and np.asarray(part).dtype == bool:
            used += np.asarray(part).ndim
        elif part is not None and part is not Ellipsis:
            used += 1
    full = [slice(None)] * (len(shape) - used)
    here = [i for i, part in enumerate(key) if part is Ellipsis]
    if here:
        key[here[0] : here[0] + 1] = full
    else:
        key += full
    advanced = any_array(key)
    # Each part as (axis of x or None, what it picks); index arrays by their place in the key.
    basic, arrays, axis = [], [], 0
    for place, part in enumerate(key):
        if part is None:
            basic.append((place, None, range(1)))
        elif isinstance(part, slice):
            basic.append((place, axis, range(*part.indices(shape[axis]))))
            axis += 1
        elif isinstance(part, (int, np.integer)) and not advanced:
            arrays.append((place, axis, np.array(part)))
            axis += 1
        else:
            part = np.asarray(part)
            if part.dtype == bool:
                found = [at for at in indices(part.shape) if part[at]]
                if part.ndim == 0:  # an axis of length 1 or 0 that reads nothing
                    arrays.append((place, None, np.zeros(len(found), int)))
                for k in range(part.ndim):
                    picked = np.array([at[k] for at in found], dtype=int)
                    arrays.append((place, axis, picked))
                    axis += 1
            else:
                arrays.append((place, axis, part))
                axis += 1
    together = np.broadcast_shapes(*(a.shape for _, _, a in arrays)) if arrays else ()
    places = sorted({place for place, _, _ in arrays})
    adjacent = places == list(range(places[0], places[-1] + 1)) if places else True
    first = (places[0] if adjacent else -1) if places else 0
    before = [b for b in basic if b[0] < first]
    after = [b for b in basic if b[0] >= first]
    out = [len(r) for _, _, r in before] + list(together) + [len(r) for _, _, r in after]

    def entry(index):
        at = [0] * len(shape)
        split_at = len(before), len(before) + len(together)
        outside = [*index[: split_at[0]], *index[split_at[1] :]]
        for (_, axis, picks), i in zip([*before, *after], outside, strict=True):
            if axis is not None:
                at[axis] = picks[i]
        inside = index[split_at[0] : split_at[1]]
        for _, axis, array in arrays:
            if axis is not None:
                at[axis] = int(array[fitted(inside, array.shape)]) % shape[axis]
        number = 0
        for i, n in zip(at, shape, strict=True):
            number = number * n + i
        return number

    return build(out, entry, int)


def any_array(key):
    return True in [isinstance(part, (np.ndarray, list)) for part in key]


def getitem(x, key):
    values = flat(x)
    return build(
        (where := positions(x.shape, key)).shape, lambda index: values[where[index]], x.dtype
    )


def scatter(x, key, shape):
    out = [0.0] * math.prod(shape)
    where = positions(shape, key)
    for index in indices(where.shape):
        out[where[index]] += x[index]
    return reshape(np.array(out), shape)


def take(x, indices, axis=None, mode="raise"):
    if axis is None:
        x, axis = reshape(x, -1), 0
    n = x.shape[one(axis, x.ndim)]
    if mode != "raise":
        near = {"wrap": lambda i: i % n, "clip": lambda i: sorted((0, i, n - 1))[1]}[mode]
        indices = build(indices.shape, lambda at: near(indices[at]), int)
    return getitem(x, (slice(None),) * one(axis, x.ndim) + (indices,))


def take_along_axis(x, picks, axis=-1):
    axis = one(axis, x.ndim)
    shape = [n if a != axis else picks.shape[a] for a, n in enumerate(x.shape)]

    def entry(index):
        pick = picks[fitted(index, picks.shape)]
        return x[(*index[:axis], pick, *index[axis + 1 :])]

    return build(shape, entry)


def argsort(x, axis=-1, descending=False):
    axis = one(axis, x.ndim)

    def entry(index):
        row = [x[(*index[:axis], k, *index[axis + 1 :])] for k in range(x.shape[axis])]
        order = sorted(range(len(row)), key=lambda k: -row[k] if descending else row[k])
        return order[index[axis]]

    return build(x.shape, entry, int)


def sort(x, axis=-1, descending=False):
    return take_along_axis(x, argsort(x, axis, descending), axis)


def one_hot(labels, num_classes, axis=-1, dtype=None):
    axis = one(axis, labels.ndim + 1)
    shape = [*labels.shape[:axis], num_classes, *labels.shape[axis:]]
    return build(
        shape,
        lambda index: float(labels[index[:axis] + index[axis + 1 :]] == index[axis]),
        dtype or np.float32,
    )


def set_at(x, value, key):
    return _updated(x, value, key, lambda old, new: new)


def add_at(x, value, key):
    return _updated(x, value, key, lambda old, new: old + new)


def _updated(x, value, key, update):
    out = flat(x)
    where = positions(x.shape, key)
    for index in indices(where.shape):
        out[where[index]] = update(out[where[index]], value[fitted(index, value.shape)])
    return reshape(np.array(out), x.shape)
