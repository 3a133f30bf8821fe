"""What sorted elements, weights and samples tell, in plain Python; NaN left out where asked."""

import itertools
import math

import numpy as np

from tests.ops.elements.reductions import _var, mean_of, reduction
from tests.ops.elements.storage import build, flat, indices, one, without


def _between(values, place):
    low = math.floor(place)
    share = place - low
    return values[low] if not share else values[low] * (1 - share) + values[low + 1] * share


PLACES = {
    "linear": lambda n, q: (n - 1) * q,
    "lower": lambda n, q: math.floor((n - 1) * q),
    "higher": lambda n, q: math.ceil((n - 1) * q),
    "nearest": lambda n, q: round((n - 1) * q),
    "midpoint": lambda n, q: (math.floor((n - 1) * q) + math.ceil((n - 1) * q)) / 2,
    "hazen": lambda n, q: min(max(n * q - 0.5, 0), n - 1),
    "weibull": lambda n, q: min(max((n + 1) * q - 1, 0), n - 1),
    "median_unbiased": lambda n, q: min(max(n * q + (1 + q) / 3 - 1, 0), n - 1),
}


def _one_quantile(values, q, method="linear"):
    return _between(sorted(values), PLACES[method](len(values), q))


def quantile(x, q, axis=None, keepdims=False, method="linear"):
    f = reduction(lambda values: 0.0, float)
    found = []
    for p in np.ravel(q):
        f = reduction(lambda values, p=float(p): _one_quantile(values, p, method))
        found.append(f(x, axis=axis, keepdims=keepdims))
    return np.array(found) if np.ndim(q) else found[0]


def percentile(x, q, **static):
    return quantile(x, np.asarray(q) / 100, **static)


def median(x, **static):
    return quantile(x, 0.5, **static)


def without_nan(f, nothing=math.nan):
    def known(values, **static):
        values = [v for v in values if v == v]
        return f(values, **static) if values else nothing

    return known


def _nan_var(values, correction=0):
    return _var(values, correction) if len(values) > correction else math.nan


nansum = reduction(without_nan(math.fsum, 0.0))
nanprod = reduction(without_nan(math.prod, 1.0))
nanmax = reduction(without_nan(max))
nanmin = reduction(without_nan(min))
nanmean = reduction(without_nan(mean_of))
nanvar = reduction(without_nan(_nan_var))
nanstd = reduction(
    without_nan(lambda values, correction=0: math.sqrt(_nan_var(values, correction)))
)


def nanquantile(x, q, axis=None, keepdims=False, method="linear"):
    found = []
    for p in np.ravel(q):
        f = reduction(without_nan(lambda values, p=float(p): _one_quantile(values, p, method)))
        found.append(f(x, axis=axis, keepdims=keepdims))
    return np.array(found) if np.ndim(q) else found[0]


def nanpercentile(x, q, **static):
    return nanquantile(x, np.asarray(q) / 100, **static)


def nanmedian(x, **static):
    return nanquantile(x, 0.5, **static)


ptp = reduction(lambda values: sorted(values)[-1] - sorted(values)[0])
count_nonzero = reduction(lambda values: len([v for v in values if v != 0]), int)


def _rows(x, axis):
    """Yield each row along an axis, with the index of the others."""
    others = without(x.shape, [axis])
    for index in indices(others):
        yield index, [x[(*index[:axis], k, *index[axis:])] for k in range(x.shape[axis])]


def along(f, x, axis):
    """Return what a function of rows makes of those along an axis."""
    axis = one(axis, x.ndim)
    results = {index: f(row) for index, row in _rows(x, axis)}
    n = len(next(iter(results.values()))) if results else 0
    shape = [n if i == axis else m for i, m in enumerate(x.shape)]
    return build(shape, lambda i: results[(*i[:axis], *i[axis + 1 :])][i[axis]])


def topk(x, k, axis=-1, largest=True):
    def order(row):
        return sorted(range(len(row)), key=lambda i: -row[i] if largest else row[i])[:k]

    values = along(lambda row: [row[i] for i in order(row)], x, axis)
    return [values, along(order, x, axis).astype(int)]


def kthvalue(x, k, axis=-1, keepdims=False):
    found = [along(lambda row, p=part: p(row, k), x, axis) for part in (_kth, _kth_place)]
    found[1] = found[1].astype(int)
    shape = without(x.shape, [one(axis, x.ndim)])
    return found if keepdims else [part.reshape(shape) for part in found]


def _kth(row, k):
    return [sorted(row)[k - 1]]


def _kth_place(row, k):
    return [sorted(range(len(row)), key=row.__getitem__)[k - 1]]


def searchsorted(x, values, side="left"):
    def place(value):
        return len([v for v in x if v < value or (side == "right" and v == value)])

    return build(values.shape, lambda index: place(values[index]), int)


def increments(x, n=1, axis=-1, prepend=None, append=None):
    def differences(row):
        row = [prepend] * (prepend is not None) + row + [append] * (append is not None)
        for _ in range(n):
            row = [b - a for a, b in itertools.pairwise(row)]
        return row

    return along(differences, x, axis)


def _areas(row, x, dx):
    steps = [dx] * (len(row) - 1) if x is None else [b - a for a, b in itertools.pairwise(x)]
    return [h * (a + b) / 2 for h, (a, b) in zip(steps, itertools.pairwise(row), strict=True)]


def trapezoid(y, x=None, dx=1.0, axis=-1):
    found = along(lambda row: [math.fsum(_areas(row, x, dx))], y, axis)
    return found.reshape(without(y.shape, [one(axis, y.ndim)]))


def cumulative_trapezoid(y, x=None, dx=1.0, axis=-1, initial=None):
    start = [] if initial is None else [initial]
    return along(lambda row: start + list(itertools.accumulate(_areas(row, x, dx))), y, axis)


def interp(x, xp, fp, left=None, right=None):
    left, right = fp[0] if left is None else left, fp[-1] if right is None else right

    def entry(index):
        v = x[index]
        if v < xp[0] or v > xp[-1]:
            return left if v < xp[0] else right
        k = max(i for i in range(len(xp) - 1) if xp[i] <= v)
        return fp[k] + (v - xp[k]) * (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])

    return build(x.shape, entry)


def gradient(f, spacing=1.0, axis=None, edge_order=1):
    def slopes(row):
        n = len(row)
        at = [spacing * k for k in range(n)] if np.ndim(spacing) == 0 else list(spacing)

        def parabola(k, x):
            """The slope at x of the parabola through three points."""
            (a, b, c), (u, v, w) = at[k : k + 3], row[k : k + 3]
            return (
                u * (2 * x - b - c) / ((a - b) * (a - c))
                + v * (2 * x - a - c) / ((b - a) * (b - c))
                + w * (2 * x - a - b) / ((c - a) * (c - b))
            )

        inside = [parabola(k - 1, at[k]) for k in range(1, n - 1)]
        if edge_order == 2:
            return [parabola(0, at[0]), *inside, parabola(n - 3, at[-1])]
        ends = [(row[j] - row[i]) / (at[j] - at[i]) for i, j in ((0, 1), (n - 2, n - 1))]
        return [ends[0], *inside, ends[1]]

    axes = range(f.ndim) if axis is None else [axis]
    found = [along(slopes, f, a) for a in axes]
    return found if len(found) > 1 else found[0]


def convolve(a, v, mode="full"):
    if len(v) > len(a):
        a, v = v, a
    n, k = len(a), len(v)
    full = [
        math.fsum(a[i] * v[s - i] for i in range(n) if 0 <= s - i < k) for s in range(n + k - 1)
    ]
    start, count = {"full": (0, n + k - 1), "same": ((k - 1) // 2, n), "valid": (k - 1, n - k + 1)}[
        mode
    ]
    return np.array(full[start : start + count])


def correlate(a, v, mode="valid"):
    return convolve(a, v[::-1], mode)


def average(x, weights, axis=None, keepdims=False):
    whole = (
        weights
        if weights.shape == x.shape
        else build(x.shape, lambda i: weights[i[one(axis, x.ndim)]])
    )
    total = reduction(math.fsum)
    products = build(x.shape, lambda i: x[i] * whole[i])
    return total(products, axis=axis, keepdims=keepdims) / total(
        whole, axis=axis, keepdims=keepdims
    )


def cov(x, *others, rowvar=True, bias=False, correction=None):
    rows = [r for y in (x, *others) for r in _variables(y, rowvar)]
    left = len(rows[0]) - ((0 if bias else 1) if correction is None else correction)

    def covariance(a, b):
        pairs = zip(a, b, strict=True)
        return math.fsum((u - mean_of(a)) * (v - mean_of(b)) for u, v in pairs) / left

    found = np.array([[covariance(a, b) for b in rows] for a in rows])
    return found if len(rows) > 1 else found.reshape(())


def _variables(x, rowvar):
    if x.ndim < 2:
        return [flat(x)]
    return [list(row) for row in (x if rowvar else x.T)]


def corrcoef(x, *others, rowvar=True):
    found = np.atleast_2d(cov(x, *others, rowvar=rowvar))
    scaled = [
        [found[i, j] / math.sqrt(found[i, i] * found[j, j]) for j in range(len(found))]
        for i in range(len(found))
    ]
    return np.array(scaled) if len(found) > 1 else np.array(1.0)
