"""Static parameters that fit operands of given shapes, one function for each kind of step."""

# ruff: noqa: D103  # each function is named like the kind of step that it serves
from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Choices = list[dict[str, Any]]
SIZE = 24
"""How many elements a result may have, if its operands have not more together."""


def small(size: int, *shapes: Shape) -> bool:
    """Return whether a result may have so many elements, made of operands of these shapes."""
    return size <= max(SIZE, sum(map(math.prod, shapes)))


def broadcasting(*shapes: Shape) -> Choices:
    try:
        size = math.prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return []
    return [{}] if small(size, *shapes) else []


def axis_choices(shape: Shape) -> list[Any]:
    ndim = len(shape)
    several = [axes for n in range(2, ndim) for axes in itertools.combinations(range(ndim), n)]
    return [None, *range(ndim), *((-1,) if ndim > 1 else ()), *several]


def reductions(shape: Shape, **more: Any) -> Choices:
    return [
        {"axis": axis, "keepdims": bool(k % 2), **more}
        for k, axis in enumerate([*axis_choices(shape), None])
    ]


def spreads(shape: Shape) -> Choices:
    return [
        {**static, "correction": correction}
        for static in reductions(shape)
        for correction in (0, 1)
        if np.zeros(shape).sum(static["axis"]).size * 2 <= math.prod(shape)
    ]


def along(*shapes: Shape) -> Choices:
    if any(shape != shapes[0] for shape in shapes):
        return []
    return [{"axis": axis} for axis in range(-1 if shapes[0] else 0, len(shapes[0]))]


def normalised(shape: Shape) -> Choices:
    several = [{"axis": (0, 1)}] if len(shape) > 1 else []
    return along(shape) + several


def reshapes(shape: Shape) -> Choices:
    size = math.prod(shape)
    targets = {(-1,), (1, -1), (size, 1), shape[::-1], (1, *shape)}
    targets |= {(n, size // n) for n in (2, 3) if size % n == 0}
    return [{"shape": target} for target in sorted(targets)]


def permutations(shape: Shape) -> Choices:
    return [{"axes": axes} for axes in itertools.permutations(range(len(shape)))]


def expansions(shape: Shape) -> Choices:
    return [{"axis": axis} for axis in (0, len(shape), (0, len(shape) + 1))]


def squeezes(shape: Shape) -> Choices:
    ones = tuple(i for i, n in enumerate(shape) if n == 1)
    return [{"axis": axis} for axis in (ones, *ones, None) if ones]


def broadcasts(shape: Shape) -> Choices:
    wide = tuple(3 if n == 1 else n for n in shape)
    targets = {wide, (2, *shape), (2, *wide)}
    return [{"shape": t} for t in sorted(targets) if t != shape and small(math.prod(t), shape)]


def rolls(shape: Shape) -> Choices:
    return [{"shift": 2, "axis": None}] + [
        {"shift": shift, "axis": axis}
        for shift, axis in ((1, 0), (-1, -1), ((1, 2), (0, 1)))
        if len(shape) > (1 if isinstance(axis, tuple) else 0)
    ]


def flips(shape: Shape) -> Choices:
    return [{"axis": None}, *along(shape)]


def diagonals(shape: Shape) -> Choices:
    return [{"k": k} for k in (-1, 0, 1) if len(shape) > 1]


def pads(shape: Shape) -> Choices:
    if not 0 < len(shape) < 3:
        return []
    uneven = tuple((i, 2 - i) for i in range(len(shape)))
    return [
        {"pad_width": 1, "constant": 0},
        {"pad_width": (0, 2), "constant": 0.5},
        {"pad_width": uneven, "constant": 0},
    ]


def tiles(shape: Shape) -> Choices:
    choices = [(2,), (1, 2), (2, 1, 1)] + [(2,) * len(shape)] * bool(shape)
    return [{"repetitions": r} for r in choices if small(math.prod(r) * math.prod(shape), shape)]


def repeats(shape: Shape) -> Choices:
    return [{"repeats": 2, "axis": axis} for axis in [None, *range(len(shape))]]


def joins(*shapes: Shape) -> Choices:
    first = shapes[0]
    return [
        {"axis": axis}
        for axis in range(len(first))
        if all(s[:axis] + s[axis + 1 :] == first[:axis] + first[axis + 1 :] for s in shapes)
        and all(len(s) == len(first) for s in shapes)
    ]


def stacks(*shapes: Shape) -> Choices:
    fit = len(set(shapes)) == 1 and len(shapes[0]) < 3
    return [{"axis": axis} for axis in range(-1, len(shapes[0]) + 1) if fit]


def parts(shape: Shape) -> Choices:
    return [{"axis": axis, "part": n - 1} for axis, n in enumerate(shape)]


def splits(shape: Shape) -> Choices:
    return [
        {"sections": sections, "axis": axis, "part": part}
        for axis, n in enumerate(shape)
        for sections, part in ((n, 0), ([1], 0), ([1], 1))
    ]


def keys(shape: Shape) -> list[Any]:
    """Return indexing keys: basic ones, then some that name an element twice."""
    keys: list[Any] = [(..., None), ...]
    if shape:
        n = shape[0]
        mask = np.arange(math.prod(shape)).reshape(shape) % 2 == 0
        keys += [n - 1, -1, slice(None, None, -1), slice(0, n, 2), slice(1, None), (None, 0)]
        keys += [np.array([0, 0, n - 1, -1]), np.array([[0, n - 1], [0, 0]]), mask]
    if len(shape) > 1:
        m = shape[1]
        keys += [(slice(None), m - 1), (..., slice(None, None, -1)), (0, slice(None, 1))]
        keys += [
            (slice(None), np.array([m - 1, 0, 0])),
            (np.array([0, 0, 0]), np.array([0, 0, -1])),
        ]
        keys += [(np.array([[0], [0]]), np.array([[0, m - 1]])), (None, 0, np.array([0, 0]))]
    if len(shape) > 2:
        keys += [(np.array([0, 0]), slice(None), np.array([0, -1])), (..., 0, slice(None))]
    return keys


def gets(shape: Shape) -> Choices:
    return [{"key": key} for key in keys(shape)]


def puts(shape: Shape, value: Shape) -> Choices:
    def fits(key: Any) -> bool:
        region = np.empty(shape)[key].shape
        return len(value) <= len(region) and all(
            n in (1, m) for n, m in zip(value[::-1], region[::-1], strict=False)
        )

    return [{"key": key} for key in keys(shape) if fits(key)]


def scatters(shape: Shape) -> Choices:
    return [
        {"key": key, "shape": target}
        for target in ((3,), (2, 3), (1,), (2, 1, 3))
        for key in keys(target)
        if np.empty(target)[key].shape == shape
    ]


def takes(shape: Shape) -> Choices:
    flat = {"indices": np.array([0, math.prod(shape) - 1, 0]), "axis": None}
    return [flat] + [
        {"indices": np.array([[n - 1, 0], [0, 0]]), "axis": axis} for axis, n in enumerate(shape)
    ]


def takes_along(shape: Shape) -> Choices:
    return [
        {"indices": np.arange(math.prod(shape)).reshape(shape) // 2 % n, "axis": axis}
        for axis, n in enumerate(shape)
    ]


def sorts(shape: Shape) -> Choices:
    return [{"axis": axis, "descending": bool(axis % 2)} for axis in range(-1, len(shape)) if shape]


def matmuls(x: Shape, y: Shape) -> Choices:
    if not (x and y) or x[-1] != (y[-2] if len(y) > 1 else y[0]):
        return []
    return broadcasting(x[:-2], y[:-2])


def mask(shape: Shape) -> Any:
    return np.arange(math.prod(shape)).reshape(shape) % 3 != 1


def masked_products(x: Shape, y: Shape) -> Choices:
    fit = min(len(x), len(y)) > 1 and matmuls(x, y)
    return [{"mask": mask((x[-2], y[-1]))}] if fit else []


def masked_matrices(x: Shape, y: Shape) -> Choices:
    fit = min(len(x), len(y)) > 1 and matmuls(x, y)
    return [{"mask": mask(x[-2:])}] if fit else []


def linears(x: Shape, weight: Shape, bias: Shape) -> Choices:
    fit = x and len(weight) == 2 and x[-1] == weight[1] and bias == weight[:1]
    return [{}] if fit else []


_EINSUMS = (
    "i->", "i->i", "ij->ji", "ij->i", "ij->", "ii->i", "ii->", "ijk->kj", "...i->...", "iij->j",
    "i,i->", "i,j->ij", "ij,j->i", "ij,ij->ij", "ij,kj->ik", "ij,jk->ki", "ij,ij->", "ij,j",
    "...j,j->...", "ijk,k->ij", "ij,ii->j", "i,->i", "ij,kl->il",
    "i,i,i->i", "ij,jk,k->i", "ij,j,i->", "i,ij,j->j",
)  # fmt: skip


def einsums(*shapes: Shape) -> Choices:
    def fits(subscripts: str) -> bool:
        if subscripts.count(",") != len(shapes) - 1:
            return False
        try:
            np.einsum(subscripts, *map(np.zeros, shapes))
        except ValueError:
            return False
        return True

    return [{"subscripts": s} for s in _EINSUMS if fits(s)]


def tensordots(x: Shape, y: Shape) -> Choices:
    choices = (0, 1, 2, (-1, -1), ([0, 1], [1, 0]), (0, -1))

    def fits(axes: Any) -> bool:
        try:
            return small(np.tensordot(np.zeros(x), np.zeros(y), axes).size, x, y)
        except (ValueError, IndexError):
            return False

    return [{"axes": axes} for axes in choices if fits(axes)]


def labels(shape: Shape) -> Choices:
    return [
        {"labels": np.arange(math.prod(rest)).reshape(rest) % shape[axis], "axis": axis}
        for axis in range(-1, len(shape))
        if shape
        for rest in [shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]]
    ]


def segments(shape: Shape) -> Choices:
    """Return labels of rows, each of which is some row's: what has none has no finite extremum."""
    return [
        {"labels": np.arange(shape[0]) % count, "num_segments": count}
        for count in (1, 2)
        if shape and count <= shape[0]
    ]


def affines(x: Shape, scale: Shape, shift: Shape) -> Choices:
    fit = broadcasting(x, scale, shift)
    return [{}] if fit and np.broadcast_shapes(x, scale, shift) == x else []


def masked(shape: Shape) -> Choices:
    return [{"mask": mask(shape), "keep_prob": 0.75}]


def outers(x: Shape, y: Shape) -> Choices:
    return [{}] * small(math.prod(x) * math.prod(y), x, y)
