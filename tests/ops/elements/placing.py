"""Where elements go by labels, conditions and positions: segments, updates, choices, grids."""

import functools
import itertools
import math

import numpy as np

from tests.ops.elements.indexing import positions
from tests.ops.elements.shapes import concat, expand_dims, permute_dims, reshape, split, unstack
from tests.ops.elements.storage import axes_of, build, fitted, flat, indices, one

# --------------------------------------------------------------------------------------------- axes


def moveaxis(x, source, destination):
    old, new = axes_of(source, x.ndim), axes_of(destination, x.ndim)
    rest = iter(a for a in range(x.ndim) if a not in old)
    return permute_dims(x, [old[new.index(i)] if i in new else next(rest) for i in range(x.ndim)])


def swapaxes(x, axis1, axis2):
    a, b = one(axis1, x.ndim), one(axis2, x.ndim)
    return permute_dims(x, [{a: b, b: a}.get(i, i) for i in range(x.ndim)])


def rot90(x, k=1, axes=(0, 1)):
    a, b = axes_of(axes, x.ndim)
    for _ in range(k % 4):
        shape = list(x.shape)
        shape[a], shape[b] = shape[b], shape[a]

        def entry(at, x=x):
            place = list(at)
            place[a], place[b] = at[b], x.shape[b] - 1 - at[a]
            return x[tuple(place)]

        x = build(shape, entry)
    return x


def fliplr(x):
    return build(x.shape, lambda at: x[(at[0], x.shape[1] - 1 - at[1], *at[2:])])


def flipud(x):
    return build(x.shape, lambda at: x[(x.shape[0] - 1 - at[0], *at[1:])])


def atleast_1d(*arrays):
    return _each(arrays, lambda x: x if x.ndim else reshape(x, 1))


def atleast_2d(*arrays):
    return _each(arrays, lambda x: x if x.ndim > 1 else reshape(x, (1, len(flat(x)))))


def atleast_3d(*arrays):
    return _each(arrays, lambda x: x if x.ndim > 2 else expand_dims(atleast_2d(x), 2))


def _each(arrays, f):
    return f(arrays[0]) if len(arrays) == 1 else [f(x) for x in arrays]


def ravel(x):
    return reshape(x, -1)


def unflatten(x, axis, shape):
    axis = one(axis, x.ndim)
    known = math.prod(n for n in shape if n != -1)
    lengths = [x.shape[axis] // known if n == -1 else n for n in shape]
    return reshape(x, [*x.shape[:axis], *lengths, *x.shape[axis + 1 :]])


# --------------------------------------------------------------------------------- joining, cutting


def append(x, values, axis=None):
    return concat(x, values, axis=axis)


def hstack(*arrays):
    parts = [atleast_1d(x) for x in arrays]
    return concat(*parts, axis=1 if parts[0].ndim > 1 else 0)


def vstack(*arrays):
    return concat(*[atleast_2d(x) for x in arrays])


def dstack(*arrays):
    return concat(*[atleast_3d(x) for x in arrays], axis=2)


def column_stack(*arrays):
    return concat(*[x if x.ndim > 1 else reshape(x, (-1, 1)) for x in arrays], axis=1)


def block(*arrays, rows):
    """Join arrays side by side, so many in each row, and the rows one below the other."""
    rest = iter(arrays)
    return vstack(*[hstack(*[atleast_2d(next(rest)) for _ in range(n)]) for n in rows])


def array_split(x, sections, axis=0):
    if isinstance(sections, int):
        n = x.shape[one(axis, x.ndim)]
        lengths = [len(range(k, n, sections)) for k in range(sections)]
        sections = list(itertools.accumulate(lengths))[:-1]
    return split(x, sections, axis)


def hsplit(x, sections):
    return split(x, sections, 0 if x.ndim == 1 else 1)


def vsplit(x, sections):
    return split(x, sections, 0)


def dsplit(x, sections):
    return split(x, sections, 2)


# ----------------------------------------------------------------------------------------- segments


def _segments(combine, start):
    def of(x, labels, num_segments=None):
        count = sorted(flat(labels))[-1] + 1 if num_segments is None else num_segments
        rest = x.shape[labels.ndim :]
        out = {at: [] for at in indices((count, *rest))}
        for place in indices(labels.shape):
            for inner in indices(rest):
                out[(labels[place], *inner)].append(float(x[place + inner]))
        return build(
            (count, *rest), lambda at: functools.reduce(combine, out[at]) if out[at] else start
        )

    return of


segment_sum = _segments(lambda a, b: a + b, 0.0)
segment_prod = _segments(lambda a, b: a * b, 1.0)
segment_max = _segments(lambda a, b: b if b > a else a, -math.inf)
segment_min = _segments(lambda a, b: b if b < a else a, math.inf)


def segment_mean(x, labels, num_segments=None):
    total = segment_sum(x, labels, num_segments)
    count = [flat(labels).count(k) for k in range(total.shape[0])]
    return build(total.shape, lambda at: total[at] / count[at[0]] if count[at[0]] else 0.0)


# ------------------------------------------------------------------------------------------ updates


def _updated(x, value, key, update):
    out, where = flat(x), positions(x.shape, key)
    for at in indices(where.shape):
        out[where[at]] = update(out[where[at]], value[fitted(at, value.shape)])
    return reshape(np.array(out), x.shape)


def max_at(x, value, key):
    return _updated(x, value, key, lambda old, new: new if new > old else old)


def min_at(x, value, key):
    return _updated(x, value, key, lambda old, new: new if new < old else old)


def multiply_at(x, value, key):
    return _updated(x, value, key, lambda old, new: old * new)


def put_along_axis(x, picks, values, axis=-1):
    axis, out = one(axis, x.ndim), x.copy()
    shape = [n if a != axis else picks.shape[a] for a, n in enumerate(x.shape)]
    for at in indices(shape):
        place = (*at[:axis], picks[fitted(at, picks.shape)], *at[axis + 1 :])
        out[place] = values[fitted(at, values.shape)]
    return out


def delete(x, index, axis=None):
    x, axis = (reshape(x, -1), 0) if axis is None else (x, one(axis, x.ndim))
    n = x.shape[axis]
    left_out = list(range(n))[index] if isinstance(index, slice) else index
    several = left_out if isinstance(left_out, list) else [left_out]
    kept = [k for k in range(n) if k not in [i % n for i in several]]
    shape = [len(kept) if a == axis else m for a, m in enumerate(x.shape)]
    return build(shape, lambda at: x[(*at[:axis], kept[at[axis]], *at[axis + 1 :])])


def insert(x, values, index, axis=None):
    """Put in values: before one index all of them, before several one each."""
    x, axis = (reshape(x, -1), 0) if axis is None else (x, one(axis, x.ndim))
    parts = unstack(x, axis)
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    places = index if isinstance(index, list) else [index]
    new = []
    for k, place in enumerate(places):
        part = values if values.ndim <= len(rest) else unstack(values, axis)[k % values.shape[axis]]
        full = build(rest, lambda at, part=part: part[fitted(at, part.shape)])
        new.append((place % len(parts) if place < 0 else place, full))
    out = []
    for k in range(len(parts) + 1):
        out += [full for place, full in new if place == k]
        out += parts[k : k + 1]
    shape = list(x.shape)
    shape[axis] = len(out)
    return build(shape, lambda at: out[at[axis]][at[:axis] + at[axis + 1 :]])


def resize(x, shape):
    values = flat(x)
    places = itertools.count()
    return build(shape, lambda at: values[next(places) % len(values)] if values else 0.0)


# ------------------------------------------------------------------------------------------ choices


def select(*arrays, default=0.0):
    """The first half of the arrays are the conditions."""
    half = len(arrays) // 2
    shape = np.broadcast_shapes(*(x.shape for x in arrays))

    def entry(at):
        for mask, value in zip(arrays[:half], arrays[half:], strict=True):
            if mask[fitted(at, mask.shape)]:
                return value[fitted(at, value.shape)]
        return default

    return build(shape, entry)


def choose(index, *choices, mode="raise"):
    shape = np.broadcast_shapes(index.shape, *(x.shape for x in choices))

    def entry(at):
        k, most = int(index[fitted(at, index.shape)]), len(choices) - 1
        k = k % len(choices) if mode == "wrap" else sorted((0, k, most))[1]
        return choices[k][fitted(at, choices[k].shape)]

    return build(shape, entry)


def piecewise(x, mask, functions):
    return build(x.shape, lambda at: functions[0 if mask[at] else 1](x[at]))


def compress(condition, x, axis=None):
    x, axis = (reshape(x, -1), 0) if axis is None else (x, one(axis, x.ndim))
    kept = [k for k, yes in enumerate(condition) if yes]
    shape = [len(kept) if a == axis else m for a, m in enumerate(x.shape)]
    return build(shape, lambda at: x[(*at[:axis], kept[at[axis]], *at[axis + 1 :])])


def extract(condition, x):
    found = [x[at] for at in indices(x.shape) if condition[at]]
    return build((len(found),), lambda at: found[at[0]])


# -------------------------------------------------------------------------------------------- grids


def broadcast_arrays(*arrays):
    shape = np.broadcast_shapes(*(x.shape for x in arrays))
    return [build(shape, lambda at, x=x: x[fitted(at, x.shape)]) for x in arrays]


def meshgrid(*arrays, indexing="xy", sparse=False):
    vectors = [flat(x) for x in arrays]
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = [1, 0]
    shape = [len(vectors[k]) for k in order]

    def coordinate(k):
        own = [n if order[a] == k or not sparse else 1 for a, n in enumerate(shape)]
        return build(own, lambda at: vectors[k][at[order.index(k)]])

    return [coordinate(k) for k in range(len(arrays))]


def ix_(*vectors):
    count = len(vectors)
    return [
        build([len(v) if a == k else 1 for a in range(count)], lambda at, k=k, v=v: v[at[k]], int)
        for k, v in enumerate(vectors)
    ]


def vander(x, n=None, increasing=False):
    count = len(x) if n is None else n
    return build(
        (len(x), count),
        lambda at: math.prod([x[at[0]]] * (at[1] if increasing else count - 1 - at[1])),
    )
