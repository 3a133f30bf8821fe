"""How exact structured operations are, in ulps: on short rows of all magnitudes, against mpmath.

Each case says how an operation is called on a matrix of variables, a row for each example, and what
it must give of one row. ``worst`` tries a case in one dtype, values and both orders of derivatives.

An ulp is one of the right value or, where its terms cancel, of the largest term. A term e^(x − max)
is as exact as the rounding of x − max lets it be: half an ulp more for each unit of that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

import tensorgraph as tg
from tensorgraph.engine.float_warnings import quiet
from tests.ops.sweep.floats import DTYPES, magnitudes, ulps
from tests.ops.sweep.taylor import exp, log, sqrt, total, variables

BITS = {np.float16: 400, np.float32: 1100, np.float64: 4600}
"""Enough for what remains when squares of all magnitudes are added up."""


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
    sizes = magnitudes(dtype, per_decade=0.15)
    rows = [dtype(s) * np.array(r, dtype) for s in sizes for r in ((1, -2, 0.5), (1, 1, 1))]
    rows += [[a, b, -a] for a, b in zip(sizes, sizes[::-1], strict=True)]
    rows += [[s, np.nextafter(s, dtype(0)), s] for s in sizes]
    with np.errstate(over="ignore"):
        matrix = np.array(rows, dtype)
    return matrix[np.isfinite(matrix).all(axis=1)]


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
    return max(abs(mpf(float(a)) * mpf(float(b))) for a, b in zip(row[:3], row[3:])), 0, 0


LABELS = 0
"""Which class is the right one, in every row."""


def labels(x):
    return np.full(x.shape[0], LABELS)
