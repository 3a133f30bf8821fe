"""The sweep itself: an operation at all points of the grid, and how far each result is off."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tests.ops.sweep.exact import PIECES, SMOOTH, SPECIAL, STATIC, derivatives
from tests.ops.sweep.floats import DTYPES, around, both_signs, magnitudes, ulps
from tests.ops.sweep.terms import largest_term

SWEPT = [name for name in REGISTRY if name in {**SMOOTH, **PIECES, **SPECIAL}]
"""Operations with values and derivatives, in the order of their declaration."""

ORDINARY = np.array([
    0.1, 0.25, 0.37, 0.5, 0.7, 0.76, 1.28, 1.41, 1.5, 2, 2.4, 2.5, 3, 4, 5, 6, 7, 8.5, 9.01, 10, 11,
    12, 13, 14, 16, 17, 20, 26, 30, 36.5, 38, 40, 60, 85, 88, 89, 95, 103, 104, 300, 500, 700, 709,
    720, 740, 745, 750,
])  # fmt: skip
"""Where exponentials go from 1 to the end of each dtype's range, and derivatives have zeros."""

ALL_BITS = np.array([5.123456789, 8.765432109, 13.131313131, 24.242424242, 33.333333333])
"""Numbers whose squares are rounded."""

POLES = ("divide", "floor_divide", "fmod", "remainder")
"""Operations that have no value where the second input is 0."""
POSITIVE = ("betaln",)
"""Operations that are tried on positive numbers alone, whose squares have inverses."""


@dataclass(frozen=True)
class Worst:
    """The largest error of an operation for one dtype and order of derivative."""

    op: str
    dtype: Any
    order: int
    ulps: float
    where: str


def points(name, dtype, fine=False):
    """Return the points that an operation is tried at: an array for each input."""
    arity = REGISTRY[name].arity
    if arity == 1:
        own = [magnitudes(dtype, 0.1 if fine else 0.02), ORDINARY[:: 1 if fine else 2], ALL_BITS]
        if fine:
            own.append(np.linspace(0.01, 14, 120))
        own = np.concatenate(own).astype(dtype)
        grid = [both_signs(own), around([-1, 1], dtype), [0.0, -0.0, np.inf, -np.inf]]
        return (np.concatenate(grid).astype(dtype),)
    info = np.finfo(dtype)
    root = np.sqrt(float(info.max))
    own = [
        3 * float(info.smallest_subnormal), float(info.smallest_normal), 1 / root, 0.37, 1,
        1 + float(info.eps), 1.7, 11, 85, 1.3 * root, float(info.max) / 3,
    ]  # fmt: skip
    numbers = [*both_signs(np.array(own).astype(dtype)), dtype(0)]
    if arity == 3:
        return tuple(np.array(c) for c in zip(*((n > 1, n, -n) for n in numbers), strict=True))
    pairs = [
        (x, y)
        for i, x in enumerate(numbers)
        for j, y in enumerate(numbers)
        if fine or i == j or (i + 3 * j) % 9 == 0
        if not (name in POLES and y == 0)
        if name not in POSITIVE or min(x, y) >= 1 / root
        if name != "power" or (x != 0 and (fine or abs(y) < 1000))
    ]
    return tuple(np.array(column) for column in zip(*pairs, strict=True))


def computed(name, dtype, arrays):
    """Return the engine's value, and its first and second partial derivatives by input.

    First derivatives come twice: from the plain backward pass, and from that which is recorded.
    """
    xs = [tg.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    leaves = [x for x in xs if x.requires_grad]
    out = getattr(tg, name)(*xs, **STATIC.get(name, {}))
    ones = np.ones(out.shape, out.dtype)
    plain = tg.gradients(out, leaves, ones, retain_graph=True)
    recorded = tg.gradients(out, leaves, ones, create_graph=True)
    second = [_bends(slope, leaves) for slope in recorded]
    first = [(p.numpy(), r.numpy()) for p, r in zip(plain, recorded, strict=True)]
    return out.numpy(), first, second


def _bends(slope, leaves):
    if not slope.requires_grad:
        return [np.zeros(x.shape, x.dtype) for x in leaves]
    ones = np.ones(slope.shape, slope.dtype)
    return [bend.numpy() for bend in tg.gradients(slope, leaves, ones, retain_graph=True)]


def errors(name, dtype, arrays):
    """Yield, for each number computed, its order, its error in ulps, and what was found where."""
    value, first, second = computed(name, dtype, arrays)
    own = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    for k, point in enumerate(zip(*(a.tolist() for a in arrays), strict=True)):
        exact, slopes, bends = derivatives(name, dtype, point)
        results = [((), value[k], exact)]
        if not mp.isnan(exact):  # outside of the domain nothing is said of derivatives
            for a, i in enumerate(own):
                results += [((i,), found[k], slopes[i]) for found in first[a]]
                results += [((i, j), second[a][b][k], bends[i][j]) for b, j in enumerate(own)]
        for by, found, right in results:
            if by and mp.isnan(right):
                continue
            if by and np.isinf(found) and abs(exact) > float(np.finfo(dtype).max):
                continue  # what is a multiple of the value overflows with it
            distance = ulps(found, right, dtype, largest_term(name, by, dtype, point))
            yield len(by), distance, f"by {by} at {point}: {found!r}, not {mp.nstr(right, 8)}"


def worst(name, dtype, fine=False):
    """Return the worst error of each order: of the value, and of derivatives."""
    found = {}
    for order, distance, where in errors(name, dtype, points(name, dtype, fine)):
        if order not in found or distance > found[order].ulps:
            found[order] = Worst(name, dtype, order, distance, where)
    return list(found.values())


def measured():
    """Yield operation, dtype, order and worst error in ulps, for the README."""
    for name in sorted(SWEPT):
        for dtype in DTYPES:
            fine = REGISTRY[name].arity == 1
            for found in sorted(worst(name, dtype, fine), key=lambda found: found.order):
                yield name, dtype, found.order, found.ulps
