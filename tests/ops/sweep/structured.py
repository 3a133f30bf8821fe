"""How exact structured operations are, in ulps: on short rows of all magnitudes, against mpmath.

Each case says how an operation is called on a matrix of variables, a row for each example, and what
it must give of one row. ``worst`` tries a case in one dtype, values and both orders of derivatives.

An ulp is one of the right value or, where its terms cancel, of the largest term. A term e^(x − max)
is as exact as the rounding of x − max lets it be: half an ulp more for each unit of that.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

import tensorgraph as tg
from tests.ops.sweep.floats import DTYPES, magnitudes, ulps
from tests.ops.sweep.measure import Worst
from tests.ops.sweep.taylor import exp, log, sqrt, total, variables
from tests.thorough import THOROUGH

BITS = {np.float16: 150, np.float32: 350, np.float64: 1300}
"""Enough for 1 and the smallest term beside it."""

PER_DECADE = {np.float16: 0.5, np.float32: 0.1, np.float64: 0.015 if THOROUGH else 0.008}


@dataclass(frozen=True)
class Case:
    """An operation on rows of variables."""

    name: str
    call: Callable[..., Any]
    """The engine's: of a matrix (rows, variables), a matrix (rows, results)."""
    exact: Callable[..., Any]
    """What it is: of the variables of a row as ``Taylor``, the list of results."""
    rows: Callable[..., Any]
    """The matrix to try, given a dtype."""
    largest: Callable[..., Any] = lambda row, found: (0, 0, 0)
    """Of a row and its exact results: the largest terms that cancel in values, gradient, Hessian;
    numbers, or lists with one for each result."""


# ------------------------------------------------------------------------------------------- rows


def spread(dtype):
    """Rows of one magnitude, of mixed ones, of equal elements and of almost equal ones."""
    sizes = magnitudes(dtype, PER_DECADE[dtype])
    with np.errstate(over="ignore"):
        rows = [s * np.array(r, dtype) for s in sizes for r in ((1, -2, 0.5), (1, 1, 1))]
    rows += [[a, b, -a] for a, b in zip(sizes, sizes[::-1], strict=True)]
    rows += [[s, np.nextafter(s, dtype(0)), s] for s in sizes]
    matrix = np.array(rows, dtype)
    return matrix[np.isfinite(matrix).all(axis=1)]


def four(dtype):
    rows = spread(dtype)
    return np.concatenate([rows, rows[::-1, :1]], axis=1)


def resolved(dtype):
    """Rows whose elements differ by normal numbers, or not at all."""
    rows = spread(dtype)
    with np.errstate(over="ignore"):
        gap = rows.max(axis=1) - rows.min(axis=1)
    return rows[(gap == 0) | (gap > 2 * np.finfo(dtype).smallest_normal)]


def apart(dtype):
    """Rows whose elements differ by numbers whose squares fit."""
    rows = spread(dtype)
    with np.errstate(over="ignore"):
        gap = rows.max(axis=1) - rows.min(axis=1)
    return rows[gap > float(np.finfo(dtype).smallest_normal) ** 0.45]


def within(low, high):
    """Rows of magnitudes whose products or squares fit, as powers of what is largest."""

    def rows(dtype):
        info = np.finfo(dtype)
        matrix = np.abs(spread(dtype)).max(axis=1)
        fit = (matrix <= float(info.max) ** high) & (matrix >= float(info.smallest_normal) ** low)
        return spread(dtype)[fit]

    return rows


def logits(dtype):
    """Rows of logits: alike, and further and further apart."""
    gaps = [0, 1e-4, 0.1, 1, 2.5, 5, 9.01, 16, 20, 40, 80, 104, 300, 745, 1e4]
    rows = [[g, 0, -1] for g in gaps] + [[0, g, g] for g in gaps] + [[-g, -g / 3, 0] for g in gaps]
    rows += [[1 + g, 1, 0.5] for g in gaps[:9]]
    return np.array([r for r in rows if max(map(abs, r)) < np.finfo(dtype).max], dtype)


def some_logits(dtype):
    return logits(dtype)[::3]


def pairs(left, right):
    """Rows of the variables of two operands side by side: each of one beside some of the other."""

    def rows(dtype):
        a, b = left(dtype), right(dtype)
        n = max(len(a), len(b))
        return np.concatenate([a[np.arange(n) % len(a)], b[np.arange(n) * 7 % len(b)]], axis=1)

    return rows


def targets(dtype):
    return np.array([[1, 0, 0], [0, 1, 0], [0.25, 0.5, 0.25], [0, 0, 1]], dtype)


def bits(dtype):
    return np.array([[0, 0, 1], [1, 0, 1], [0.25, 1, 0.5], [1, 1, 1]], dtype)


def modest(dtype):
    return np.array([[1, -2, 0.5], [0.1, 3, 3], [-1, 0.3, 7]], dtype)


def weights(dtype):
    return np.array([[0.5, 0.25, 0.25], [1, 2**-9, 2**-10], [0.1, 0.2, 0.3]], dtype)


# ----------------------------------------------------------------------------------------- results


def sizes(row):
    return max(abs(mpf(float(v))) for v in row)


def centred(xs):
    middle = total(xs) / len(xs)
    return [x - middle for x in xs]


def squares(xs):
    return total([x * x for x in xs])


def shares(xs):
    powers = [exp(x) for x in xs]
    return [p / total(powers) for p in powers]


def one(result):
    return lambda xs: [result(xs)]


def of_cancelling(slope=0, curvature=0):
    """Return what says that terms as large as the largest element cancel."""
    return lambda row, found: (sizes(row), slope, curvature)


def gaps(row, found):
    """Return what the rounding of x − max leaves of terms e^(x − max): see the top of this file."""
    gap = 1 + (max(row) - min(row)) / 2 if max(row) - min(row) < 2000 else 1
    gap = mpf(float(gap))
    return (
        [abs(f.value) * gap for f in found],
        [[abs(a) * gap for a in f.first] for f in found],
        [[[abs(a) * gap for a in r] for r in f.second] for f in found],
    )


def by_slope(row, found):
    """As gaps; a curvature is the difference of terms as large as the slopes."""
    value, first, second = gaps(row, found)
    flat = [
        [[max(b, min(s[i], s[j])) for j, b in enumerate(r)] for i, r in enumerate(rows)]
        for s, rows in zip(first, second, strict=True)
    ]
    return value, first, flat


def and_top(row, found):
    """As gaps, and the largest logit is a term of the value."""
    value, first, second = gaps(row, found)
    return [max(v, abs(mpf(float(max(row[:3]))))) for v in value], first, second


def reduced(name, **static):
    return lambda x: getattr(tg, name)(x, axis=1, keepdims=True, **static)


def parted(function):
    """Return a function of two operands, of which a row holds the variables side by side."""
    return lambda x: function(x[:, :3], x[:, 3:])


def both(function):
    return lambda xs: function(xs[:3], xs[3:])


def dots(xs, ys):
    return [total([x * y for x, y in zip(xs, ys, strict=True)])]


def products(row, found):
    return (
        max(abs(mpf(float(a)) * mpf(float(b))) for a, b in zip(row[:3], row[3:], strict=True)),
        0,
        0,
    )


def beside_targets(row, found):
    """A target is a term of A − Y, and of a cost its multiple of a logit is one."""
    _, first, second = gaps(row[:3], found)
    soft = max(abs(mpf(float(y))) for y in row[3:]) if 1 not in row[3:] else 0
    by_targets = [[max(abs(mpf(float(z))) for z in row[:3])] * 6]
    if soft:
        return (
            gaps(row[:3], found)[0],
            by_targets,
            [[[soft + abs(a) for a in r] for r in f.second] for f in found],
        )
    return gaps(row[:3], found)[0], first, second


# ------------------------------------------------------------------------------------------- cases


def _maximum(xs):
    top = max(x.value for x in xs)
    tied = [x for x in xs if x.value == top]
    return total(tied) / len(tied)


def _center(x):
    return tg.center(x, axis=1)


def _rms(eps):
    return one(lambda xs: sqrt(squares(xs) / len(xs) + eps))


def _log_softmax(xs):
    def rest(x):  # all positive: nothing is lost, in however few digits
        return total([exp(y - x) for y in xs])

    return [-log(rest(x)) for x in xs]


def _cost(zs, ys):
    return [-total([y * a for y, a in zip(ys, _log_softmax(zs), strict=True)])]


def _sigmoid(z):
    return 1 / (1 + exp(-z))


def _binary(zs, ys):
    return [log(1 + exp(-z)) + (1 - y) * z for z, y in zip(zs, ys, strict=True)]


def _difference(zs):
    return [a - (k == 0) for k, a in enumerate(shares(zs))]


def _first(x):
    return np.zeros(x.shape[0], int)


def _bends(row, found):
    """Return the size of the terms that cancel where what is differentiated is a direction."""
    return (
        0,
        max(abs(a) for f in found for a in f.first),
        2 * max(abs(a) for f in found for r in f.second for a in r),
    )


CASES = {
    case.name: case
    for case in (
        Case("sum", reduced("sum"), one(total), spread, of_cancelling()),
        Case("mean", reduced("mean"), one(lambda xs: total(xs) / len(xs)), spread, of_cancelling()),
        Case("cumulative_sum", lambda x: tg.cumulative_sum(x, axis=1),
             lambda xs: [total(xs[: k + 1]) for k in range(3)], spread, of_cancelling()),
        Case("cumulative_prod", lambda x: tg.cumulative_prod(x, axis=1),
             lambda xs: [xs[0], xs[0] * xs[1], xs[0] * xs[1] * xs[2]], within(0.3, 0.3)),
        Case("logcumsumexp", lambda x: tg.logcumsumexp(x, axis=1),
             lambda xs: [log(total([exp(x) for x in xs[: k + 1]])) for k in range(3)], modest,
             lambda row, found: (sizes(row), 1, 1)),
        Case("linear_recurrence", parted(lambda x, a: tg.linear_recurrence(x, a, axis=1)),
             both(lambda xs, a: [xs[0], xs[1] + a[1] * xs[0],
                                 xs[2] + a[2] * xs[1] + a[2] * a[1] * xs[0]]),
             pairs(modest, weights), of_cancelling()),
        Case("prod", reduced("prod"), one(lambda xs: xs[0] * xs[1] * xs[2]), within(0.45, 0.45)),
        Case("max", reduced("max"), one(_maximum), spread),
        Case("min", reduced("min"), one(lambda xs: -_maximum([-x for x in xs])), spread),
        Case("center", _center, centred, spread,
             lambda row, found: (max(abs(f.value) for f in found), 0, 0)),
        Case("var", reduced("var"), one(lambda xs: squares(centred(xs)) / len(xs)), spread,
             lambda row, found: (0, max(map(abs, found[0].first)), 0)),
        Case("std", reduced("std"), one(lambda xs: sqrt(squares(centred(xs)) / len(xs))),
             resolved, lambda row, found: (0, max(map(abs, found[0].first)), _bend(found))),
        Case("norm", reduced("norm"), one(lambda xs: sqrt(squares(xs))), spread,
             lambda row, found: (0, 0, _bend(found))),
        Case("unit", lambda x: tg.unit(x, axis=1),
             lambda xs: [x / sqrt(squares(xs)) for x in xs], within(0.45, 1), _bends),
        Case("rms_slope", lambda x: tg.rms_slope(x, axis=1),
             lambda xs: [x / sqrt(3 * squares(xs)) for x in xs], within(0.45, 1), _bends),
        Case("std_slope", lambda x: tg.std_slope(x, axis=1),
             lambda xs: [x / sqrt(3 * squares(centred(xs))) for x in centred(xs)], apart,
             lambda row, found: (max(abs(f.value) for f in found),
                                 max(abs(a) for f in found for a in f.first),
                                 4 * max(abs(a) for f in found for r in f.second for a in r))),
        Case("rms", reduced("rms"), _rms(0), spread, lambda row, found: (0, 0, _bend(found))),
        Case("rms of eps", reduced("rms", eps=2.0**-16), _rms(mpf(2) ** -16), spread,
             lambda row, found: (0, 0, _bend(found))),
        Case("affine", lambda x: tg.affine(x[:, :1], x[:, 1:2], x[:, 2:]),
             one(lambda xs: xs[0] * xs[1] + xs[2]), within(0.45, 0.45),
             lambda row, found: (abs(mpf(float(row[0])) * mpf(float(row[1]))), 0, 0)),
        Case("dropout", lambda x: tg.dropout(x, np.tile([True, False, True], (len(x), 1)), 0.75),
             lambda xs: [xs[0] / 0.75, xs[1] * 0, xs[2] / 0.75], spread),
        Case("logsumexp", reduced("logsumexp"), one(lambda xs: log(total([exp(x) for x in xs]))),
             logits, and_top),
        Case("softmax", lambda x: tg.softmax(x, axis=1), shares, logits, by_slope),
        Case("log_softmax", lambda x: tg.log_softmax(x, axis=1), _log_softmax, logits, gaps),
        Case("class_cross_entropy",
             lambda x: tg.class_cross_entropy(x, _first(x), axis=1)[:, None],
             lambda xs: [-_log_softmax(xs)[0]], logits, gaps),
        Case("softmax_minus_one_hot",
             lambda x: tg.softmax_minus_one_hot(x, _first(x), axis=1), _difference, logits,
             by_slope),
        Case("softmax_cross_entropy",
             parted(lambda z, y: tg.softmax_cross_entropy(z, y, axis=1)[:, None]), both(_cost),
             pairs(some_logits, targets), beside_targets),
        Case("sigmoid_cross_entropy", parted(tg.sigmoid_cross_entropy), both(_binary),
             pairs(some_logits, bits)),
        Case("sigmoid_minus", parted(tg.sigmoid_minus),
             both(lambda zs, ys: [_sigmoid(z) - y for z, y in zip(zs, ys, strict=True)]),
             pairs(some_logits, bits)),
        Case("minus_mean", parted(lambda y, w: tg.minus_mean(y, w, axis=1)),
             both(lambda ys, ws: [y - dots(ys, ws)[0] / total(ws) for y in ys]),
             pairs(modest, weights), lambda row, found: (8, 8, 30)),
        Case("minus_share", parted(lambda y, w: tg.minus_share(y, w, axis=1)),
             both(lambda ys, ws: [y - w * total(ys) / total(ws)
                                  for y, w in zip(ys, ws, strict=True)]),
             pairs(modest, weights), lambda row, found: (8, 8, 30)),
        *(
            Case(name, parted(call), both(dots), pairs(within(0.45, 0.45), within(0.45, 0.45)),
                 products)
            for name, call in {
                "vecdot": lambda x, y: tg.vecdot(x, y)[:, None],
                "matmul": lambda x, y: (x[:, None, :] @ y[:, :, None])[:, 0],
                "einsum": lambda x, y: tg.einsum("ij,ij->i", x, y)[:, None],
                "masked_matmul": lambda x, y: tg.masked_matmul(
                    x[:, None, :], y[:, :, None], np.ones((1, 3), bool))[:, 0],
                "matmul_where": lambda x, y: tg.matmul_where(
                    x[:, None, :], y[:, :, None], np.ones((1, 1), bool))[:, 0],
            }.items()
        ),
        Case("linear", lambda x: tg.linear(x, np.array([[0.5, -1, 2]], x.dtype),
                                           np.array([0.25], x.dtype)),
             one(lambda xs: xs[0] / 2 - xs[1] + 2 * xs[2] + 0.25), within(0.9, 0.9),
             lambda row, found: (2 * sizes(row) + 0.25, 0, 0)),
        Case("conv", lambda x: tg.conv(x[:, None], np.array([[[0.5, -1, 2]]], x.dtype))[:, 0],
             one(lambda xs: xs[0] / 2 - xs[1] + 2 * xs[2]), within(0.9, 0.9),
             lambda row, found: (2 * sizes(row), 0, 0)),
        Case("conv_transpose",
             lambda x: tg.conv_transpose(x[:, None], np.array([[[0.5, -1]]], x.dtype),
                                         shape=4)[:, 0],
             lambda xs: [xs[0] / 2, xs[1] / 2 - xs[0], xs[2] / 2 - xs[1], -xs[2]],
             within(0.9, 0.9), of_cancelling()),
        Case("avg_pool", lambda x: tg.avg_pool(x[:, None], size=3)[:, 0],
             one(lambda xs: total(xs) / 3), spread, of_cancelling()),
        Case("max_pool", lambda x: tg.max_pool(x[:, None], size=3)[:, 0], one(_maximum), spread),
        Case("overlap_add", lambda x: tg.overlap_add(x.reshape((-1, 2, 2)), shape=3),
             lambda xs: [xs[0], xs[1] + xs[2], xs[3]], four, of_cancelling()),
        Case("windows", lambda x: tg.windows(x, size=2).reshape((-1, 4)),
             lambda xs: [xs[0], xs[1], xs[1], xs[2]], spread),
        Case("conv_weight_grad",
             lambda x: tg.conv_weight_grad(x[None], np.array([[[1, 0.5]]], x.dtype).repeat(
                 x.shape[0], 1), size=2, groups=x.shape[0])[:, 0],
             lambda xs: [xs[0] + xs[1] / 2, xs[1] + xs[2] / 2], within(0.9, 0.9),
             of_cancelling()),
        Case("avg_pool_grad",
             lambda x: tg.avg_pool_grad(x[:, None], shape=5, size=3, stride=1)[:, 0],
             lambda xs: [xs[0] / 3, (xs[0] + xs[1]) / 3, total(xs) / 3, (xs[1] + xs[2]) / 3,
                         xs[2] / 3], within(1, 0.9), of_cancelling()),
        Case("max_pool_grad", lambda x: tg.max_pool_grad(
                 x[:, None], np.tile([[0, 2, 1, 1, 0, 3]], (len(x), 1, 1)),
                 np.tile([[2, 1, 3]], (len(x), 1, 1)), size=2)[:, 0],
             lambda xs: [xs[0] * 0, xs[0], xs[1] / 2, xs[1] / 2, xs[2] * 0, xs[2]], spread),
    )
}  # fmt: skip


def _bend(found):
    """Return the size of the terms that cancel in the curvature of a length or a spread."""
    return max(abs(b) for r in found[0].second for b in r)


# ---------------------------------------------------------------------------------------- measuring


def computed(case, matrix):
    """Return the engine's values, gradients and Hessians: of each row, of each of its results."""
    n = matrix.shape[1]
    x = tg.tensor(matrix, requires_grad=True)
    out = case.call(x)
    first, second = [], []
    for k in range(out.shape[1]):
        (slope,) = tg.gradients(out[:, k].sum(), [x], create_graph=True)
        first.append(slope.numpy())
        bends = [np.zeros_like(matrix)] * n
        if slope.requires_grad:
            bends = [
                tg.gradients(slope[:, i].sum(), [x], retain_graph=True)[0].numpy() for i in range(n)
            ]
        second.append(np.stack(bends, axis=1))
    return out.numpy(), np.stack(first, axis=1), np.stack(second, axis=1)


def errors(case, dtype):
    """Yield order, error in ulps and place of each number that a case computes in a dtype."""
    matrix = case.rows(dtype)
    values, slopes, bends = computed(case, matrix)
    with mp.workprec(BITS[dtype]):
        for r, row in enumerate(matrix):
            exact = case.exact(variables(row))
            allowed = case.largest(row, exact)
            for k, result in enumerate(exact):
                parts = (
                    (values[r, k], result.value), (slopes[r, k], result.first),
                    (bends[r, k], result.second),
                )  # fmt: skip
                for order, (found, right) in enumerate(parts):
                    if order and abs(result.value) > float(np.finfo(dtype).max):
                        continue  # what is made of an infinite value
                    if order == 2 and sizes(row) < float(np.finfo(dtype).smallest_normal):
                        continue  # what is divided by is subnormal itself, or its square is 0
                    large = allowed[order]
                    large = large[k] if isinstance(large, list) else large
                    for at in np.ndindex(np.shape(found)):
                        own, term = right, large
                        for i in at:
                            own = own[i]
                            term = term[i] if isinstance(term, list) else term
                        distance = ulps(found[at], own, dtype, term)
                        place = f"{row.tolist()} result {k} {at}"
                        yield order, distance, f"{place}: {found[at]!r}, not {mp.nstr(own, 8)}"


def worst(name, dtype):
    """Return the worst error of each order: of the value, and of derivatives."""
    found = {}
    for order, distance, where in errors(CASES[name], dtype):
        if order not in found or distance > found[order].ulps:
            found[order] = Worst(name, dtype, order, distance, where)
    return list(found.values())


def measured():
    """Yield operation, dtype, order and worst error in ulps, for the README."""
    found = {}
    for name, dtype in itertools.product(CASES, DTYPES):
        for each in worst(name, dtype):
            key = name.split()[0], dtype, each.order  # an operation may have several cases
            found[key] = max(each.ulps, found.get(key, 0))
    for (name, dtype, order), ulp in sorted(found.items(), key=lambda item: str(item[0])):
        yield name, dtype, order, ulp
