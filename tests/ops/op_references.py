"""What structured ops compute, one element at a time, in plain Python and mpmath.

Arrays serve as storage only: no NumPy function here computes anything. Every function is named like
the op or composite that it stands for, and takes the same arguments.
"""

import builtins
import itertools
import math
from fractions import Fraction

import numpy as np
from mpmath import mp, mpf

# ------------------------------------------------------------------------------------- storage


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


# ---------------------------------------------------------------------------------- reductions


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


def _mean(values):
    return math.fsum(values) / len(values)


def _var(values, correction=0):
    middle = _mean(values)
    return math.fsum((v - middle) ** 2 for v in values) / (len(values) - correction)


def _logsumexp(values):
    with mp.workdps(40):
        return float(mp.log(mp.fsum(mp.exp(mpf(float(v))) for v in values)))


sum = reduction(math.fsum)
mean = reduction(_mean)
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


# --------------------------------------------------------------------------------------- shapes


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


def pad(x, pad_width, constant=0):
    if isinstance(pad_width, int):
        pad_width = (pad_width, pad_width)
    if isinstance(pad_width[0], int):
        pad_width = (pad_width,) * x.ndim

    def entry(index):
        inner = tuple(i - before for i, (before, _) in zip(index, pad_width, strict=True))
        inside = False not in [0 <= i < n for i, n in zip(inner, x.shape, strict=True)]
        return x[inner] if inside else constant

    return build([n + b + a for n, (b, a) in zip(x.shape, pad_width, strict=True)], entry)


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
    shape = [n * repeats if a == axis else n for a, n in enumerate(x.shape)]
    return build(
        shape,
        lambda index: x[tuple(i // repeats if a == axis else i for a, i in enumerate(index))],
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


# --------------------------------------------------------------------------------- contractions


def einsum(*operands, subscripts):
    """Sum over all letters, one product at a time; ellipses and length-1 axes broadcast."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = [_named(t, x.ndim) for t, x in zip(left.split(","), operands, strict=True)]
    sizes = {}
    for names, x in zip(terms, operands, strict=True):
        for name, n in zip(names, x.shape, strict=True):
            sizes[name] = n if sizes.get(name, 1) == 1 else sizes[name]
    batch = sorted((name for name in sizes if name[0] == "…"), key=lambda name: int(name[1:]))
    if arrow:
        before, dots, after = right.partition("...")
        result = [*before, *(batch if dots else ()), *after]
    else:
        letters = left.replace("...", "").replace(",", "")
        result = [*batch, *sorted(c for c in set(letters) if letters.count(c) == 1)]
    summed = [name for name in sizes if name not in result]

    def entry(index):
        at = dict(zip(result, index, strict=True))
        products = []
        for rest in indices([sizes[name] for name in summed]):
            place = {**at, **dict(zip(summed, rest, strict=True))}
            products.append(
                math.prod(
                    float(x[fitted([place[c] for c in names], x.shape)])
                    for names, x in zip(terms, operands, strict=True)
                )
            )
        return math.fsum(products)

    return build([sizes[name] for name in result], entry)


def _named(term, ndim):
    """Return a name for each axis; those of the ellipsis are counted from its end."""
    before, dots, after = term.partition("...")
    extra = ndim - len(before) - len(after)
    return [*before, *(f"…{k - extra}" for k in range(extra if dots else 0)), *after]


def matmul(x, y):
    left = "k" if x.ndim == 1 else "...ik"
    right = "k" if y.ndim == 1 else "...kj"
    out = "..." * (x.ndim > 2 or y.ndim > 2) + "i" * (x.ndim > 1) + "j" * (y.ndim > 1)
    return einsum(x, y, subscripts=f"{left},{right}->{out}")


def linear(x, weight, bias):
    return build(
        (*x.shape[:-1], weight.shape[0]),
        lambda at: math.fsum(
            [x[(*at[:-1], k)] * weight[at[-1], k] for k in range(x.shape[-1])] + [bias[at[-1]]]
        ),
    )


def tensordot(x, y, axes=2):
    if isinstance(axes, int):
        axes = (range(x.ndim - axes, x.ndim), range(axes))
    first, second = ((a,) if isinstance(a, int) else tuple(a) for a in axes)
    x_names = [chr(97 + i) for i in range(x.ndim)]
    y_names = [chr(65 + i) for i in range(y.ndim)]
    for a, b in zip(axes_of(first, x.ndim), axes_of(second, y.ndim), strict=True):
        y_names[b] = x_names[a]
    kept = [n for n in x_names if n not in y_names] + [n for n in y_names if n not in x_names]
    names = "".join(x_names), "".join(y_names), "".join(kept)
    return einsum(x, y, subscripts="{},{}->{}".format(*names))


def vecdot(x, y, axis=-1):
    x, y = (
        permute_dims(v, [i for i in range(v.ndim) if i != one(axis, v.ndim)] + [axis])
        for v in (x, y)
    )
    return einsum(x, y, subscripts="...i,...i->...")


def outer(x, y):
    a, b = flat(x), flat(y)
    return build((len(a), len(b)), lambda index: a[index[0]] * b[index[1]])


# ---------------------------------------------------------------- windows, convolution, pooling


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
    return build(shape, lambda at: _mean([x[at[:2] + p] for p in places[at[2:]]]))


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


# ------------------------------------------------------------------------------------- indexing


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


def take(x, indices, axis=None):
    if axis is None:
        return getitem(reshape(x, -1), (indices,))
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


# -------------------------------------------------------------------------------------- softmax


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


def center(x, axis=None):
    return _along(_center, x, axis)


def softmax(x, axis=-1):
    return _along(_softmax, x, axis)


def log_softmax(x, axis=-1):
    return _along(_log_softmax, x, axis)


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


def sigmoid_cross_entropy(logits, targets):
    def entry(at):
        with mp.workdps(40):
            p = 1 / (1 + mp.exp(-mpf(float(logits[at]))))
            y = mpf(float(targets[at]))
            return float(-y * mp.log(p) - (1 - y) * mp.log(1 - p))

    return build(logits.shape, entry)


# ---------------------------------------------------------------- elementwise, with parameters


def affine(x, scale, shift):
    return build(
        x.shape, lambda i: x[i] * scale[fitted(i, scale.shape)] + shift[fitted(i, shift.shape)]
    )


def dropout(x, mask, keep_prob):
    return build(x.shape, lambda index: x[index] / keep_prob if mask[index] else 0.0)


def clip(x, min=None, max=None):
    def entry(index):
        value = x[index]
        if min is not None and value < min:
            return min
        return max if max is not None and value > max else value

    return build(x.shape, entry)


def astype(x, dtype):
    return build(x.shape, lambda index: x[index], dtype)


def round(x, decimals=0):
    return build(x.shape, lambda index: builtins.round(float(x[index]), decimals))


def leaky_relu(x, slope=0.01):
    return build(x.shape, lambda index: x[index] if x[index] > 0 else slope * x[index])


def elu(x, alpha=1.0):
    return build(x.shape, lambda i: x[i] if x[i] > 0 else alpha * math.expm1(x[i]))
