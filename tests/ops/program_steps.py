"""What a step of a program can do: its operands, its parameters, where it may be evaluated.

Elementwise kinds are what their records say. Every kind is named like the function of
``tests/ops/duals.py`` that says what it computes; without one, its record's ``ref`` does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph.engine.rule import Word
from tensorgraph.ops import OPS
from tests.ops import duals, windowing
from tests.ops.duals import Dual

Shape = tuple[int, ...]
APART = 1e-3
"""How far values stay from kinks, where gradients jump."""
SIZE = 24
"""How many elements a value has at most."""


@dataclass(frozen=True)
class Kind:
    """What a step can do: which operands and parameters fit, and where it may be evaluated."""

    name: str
    arity: int
    options: Callable[..., list[dict[str, Any]]]
    """Static parameters to try for operands of the given shapes; none if they do not fit."""
    domain: tuple[tuple[float, float] | None, ...] = ()
    """The interval each operand must lie in; anywhere if not given."""
    kinks: Callable[..., Any] | None = None
    """Distances of the operands (and the static parameters) from a kink or a pole."""
    run: Callable[..., Any] | None = None
    """How the engine does it, if not by the op of this name."""
    ties: bool = True
    """Whether it is defined, and documented, exactly on its kinks."""

    def interval(self, i: int) -> tuple[float, float] | None:
        return self.domain[min(i, len(self.domain) - 1)] if self.domain else None

    def engine(self, *operands: Any, **static: Any) -> Any:
        return (self.run or OPS[self.name])(*operands, **static)

    def reference(self, *operands: Dual, **static: Any) -> Dual:
        known = getattr(duals, self.name, None)
        return (known or duals.by_scalars(OPS[self.name].op.ref))(*operands, **static)

    def distance(self, operands: Sequence[Any], static: dict[str, Any]) -> float:
        if self.kinks is None:
            return math.inf
        return float(np.min(self.kinks(*operands, **static), initial=math.inf))


@cache
def options(kind: str, shapes: tuple[Shape, ...]) -> list[dict[str, Any]]:
    """Return the static parameters of a kind that fit these shapes and keep the result small."""
    return KINDS[kind].options(*shapes)


def _broadcasting(*shapes: Shape) -> list[dict[str, Any]]:
    try:
        size = math.prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return []
    return [{}] if size <= SIZE else []


def _axis_choices(shape: Shape) -> list[Any]:
    ndim = len(shape)
    several = [axes for n in range(2, ndim) for axes in itertools.combinations(range(ndim), n)]
    return [None, *range(ndim), *((-1,) if ndim > 1 else ()), *several]


def _reductions(shape: Shape, **more: Any) -> list[dict[str, Any]]:
    return [
        {"axis": axis, "keepdims": bool(k % 2), **more}
        for k, axis in enumerate([*_axis_choices(shape), None])
    ]


def _spreads(shape: Shape) -> list[dict[str, Any]]:
    return [
        {**static, "correction": correction}
        for static in _reductions(shape)
        for correction in (0, 1)
        if np.zeros(shape).sum(static["axis"]).size * 2 <= math.prod(shape)
    ]


def _along(*shapes: Shape) -> list[dict[str, Any]]:
    if any(shape != shapes[0] for shape in shapes):
        return []
    return [{"axis": axis} for axis in range(-1 if shapes[0] else 0, len(shapes[0]))]


def _normalised(shape: Shape) -> list[dict[str, Any]]:
    several = [{"axis": (0, 1)}] if len(shape) > 1 else []
    return _along(shape) + several


def _reshapes(shape: Shape) -> list[dict[str, Any]]:
    size = math.prod(shape)
    targets = {(-1,), (1, -1), (size, 1), shape[::-1], (1, *shape)}
    targets |= {(n, size // n) for n in (2, 3) if size % n == 0}
    return [{"shape": target} for target in sorted(targets)]


def _permutations(shape: Shape) -> list[dict[str, Any]]:
    return [{"axes": axes} for axes in itertools.permutations(range(len(shape)))]


def _expansions(shape: Shape) -> list[dict[str, Any]]:
    return [{"axis": axis} for axis in (0, len(shape), (0, len(shape) + 1))]


def _squeezes(shape: Shape) -> list[dict[str, Any]]:
    ones = tuple(i for i, n in enumerate(shape) if n == 1)
    return [{"axis": axis} for axis in (ones, *ones, None) if ones]


def _broadcasts(shape: Shape) -> list[dict[str, Any]]:
    wide = tuple(3 if n == 1 else n for n in shape)
    targets = {wide, (2, *shape), (2, *wide)}
    return [{"shape": t} for t in sorted(targets) if t != shape and math.prod(t) <= SIZE]


def _rolls(shape: Shape) -> list[dict[str, Any]]:
    return [{"shift": 2, "axis": None}] + [
        {"shift": shift, "axis": axis}
        for shift, axis in ((1, 0), (-1, -1), ((1, 2), (0, 1)))
        if len(shape) > (1 if isinstance(axis, tuple) else 0)
    ]


def _flips(shape: Shape) -> list[dict[str, Any]]:
    return [{"axis": None}, *_along(shape)]


def _diagonals(shape: Shape) -> list[dict[str, Any]]:
    return [{"k": k} for k in (-1, 0, 1) if len(shape) > 1]


def _pads(shape: Shape) -> list[dict[str, Any]]:
    if not 0 < len(shape) < 3:
        return []
    uneven = tuple((i, 2 - i) for i in range(len(shape)))
    return [
        {"pad_width": 1, "constant": 0},
        {"pad_width": (0, 2), "constant": 0.5},
        {"pad_width": uneven, "constant": 0},
    ]


def _tiles(shape: Shape) -> list[dict[str, Any]]:
    choices = [(2,), (1, 2), (2, 1, 1)] + [(2,) * len(shape)] * bool(shape)
    return [{"repetitions": r} for r in choices if math.prod(r) * math.prod(shape) <= SIZE]


def _repeats(shape: Shape) -> list[dict[str, Any]]:
    return [{"repeats": 2, "axis": axis} for axis in [None, *range(len(shape))]]


def _joins(*shapes: Shape) -> list[dict[str, Any]]:
    first = shapes[0]
    return [
        {"axis": axis}
        for axis in range(len(first))
        if all(s[:axis] + s[axis + 1 :] == first[:axis] + first[axis + 1 :] for s in shapes)
        and all(len(s) == len(first) for s in shapes)
    ]


def _stacks(*shapes: Shape) -> list[dict[str, Any]]:
    fit = len(set(shapes)) == 1 and len(shapes[0]) < 3
    return [{"axis": axis} for axis in range(-1, len(shapes[0]) + 1) if fit]


def _parts(shape: Shape) -> list[dict[str, Any]]:
    return [{"axis": axis, "part": n - 1} for axis, n in enumerate(shape)]


def _splits(shape: Shape) -> list[dict[str, Any]]:
    return [
        {"sections": sections, "axis": axis, "part": part}
        for axis, n in enumerate(shape)
        for sections, part in ((n, 0), ([1], 0), ([1], 1))
    ]


def _keys(shape: Shape) -> list[Any]:
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


def _gets(shape: Shape) -> list[dict[str, Any]]:
    return [{"key": key} for key in _keys(shape)]


def _puts(shape: Shape, value: Shape) -> list[dict[str, Any]]:
    def fits(key: Any) -> bool:
        region = np.empty(shape)[key].shape
        return len(value) <= len(region) and all(
            n in (1, m) for n, m in zip(value[::-1], region[::-1], strict=False)
        )

    return [{"key": key} for key in _keys(shape) if fits(key)]


def _scatters(shape: Shape) -> list[dict[str, Any]]:
    return [
        {"key": key, "shape": target}
        for target in ((3,), (2, 3), (1,), (2, 1, 3))
        for key in _keys(target)
        if np.empty(target)[key].shape == shape
    ]


def _takes(shape: Shape) -> list[dict[str, Any]]:
    flat = {"indices": np.array([0, math.prod(shape) - 1, 0]), "axis": None}
    return [flat] + [
        {"indices": np.array([[n - 1, 0], [0, 0]]), "axis": axis} for axis, n in enumerate(shape)
    ]


def _takes_along(shape: Shape) -> list[dict[str, Any]]:
    return [
        {"indices": np.arange(math.prod(shape)).reshape(shape) // 2 % n, "axis": axis}
        for axis, n in enumerate(shape)
    ]


def _sorts(shape: Shape) -> list[dict[str, Any]]:
    return [{"axis": axis, "descending": bool(axis % 2)} for axis in range(-1, len(shape)) if shape]


def _matmuls(x: Shape, y: Shape) -> list[dict[str, Any]]:
    if not (x and y) or x[-1] != (y[-2] if len(y) > 1 else y[0]):
        return []
    return _broadcasting(x[:-2], y[:-2])


def _mask(shape: Shape) -> Any:
    return np.arange(math.prod(shape)).reshape(shape) % 3 != 1


def _masked_products(x: Shape, y: Shape) -> list[dict[str, Any]]:
    fit = min(len(x), len(y)) > 1 and _matmuls(x, y)
    return [{"mask": _mask((x[-2], y[-1]))}] if fit else []


def _masked_matrices(x: Shape, y: Shape) -> list[dict[str, Any]]:
    fit = min(len(x), len(y)) > 1 and _matmuls(x, y)
    return [{"mask": _mask(x[-2:])}] if fit else []


def _linears(x: Shape, weight: Shape, bias: Shape) -> list[dict[str, Any]]:
    fit = x and len(weight) == 2 and x[-1] == weight[1] and bias == weight[:1]
    return [{}] if fit else []


_EINSUMS = (
    "i->", "i->i", "ij->ji", "ij->i", "ij->", "ii->i", "ii->", "ijk->kj", "...i->...", "iij->j",
    "i,i->", "i,j->ij", "ij,j->i", "ij,ij->ij", "ij,kj->ik", "ij,jk->ki", "ij,ij->", "ij,j",
    "...j,j->...", "ijk,k->ij", "ij,ii->j", "i,->i", "ij,kl->il",
    "i,i,i->i", "ij,jk,k->i", "ij,j,i->", "i,ij,j->j",
)  # fmt: skip


def _einsums(*shapes: Shape) -> list[dict[str, Any]]:
    def fits(subscripts: str) -> bool:
        if subscripts.count(",") != len(shapes) - 1:
            return False
        try:
            np.einsum(subscripts, *map(np.zeros, shapes))
        except ValueError:
            return False
        return True

    return [{"subscripts": s} for s in _EINSUMS if fits(s)]


def _tensordots(x: Shape, y: Shape) -> list[dict[str, Any]]:
    choices = (0, 1, 2, (-1, -1), ([0, 1], [1, 0]), (0, -1))

    def fits(axes: Any) -> bool:
        try:
            return np.tensordot(np.zeros(x), np.zeros(y), axes).size <= SIZE
        except (ValueError, IndexError):
            return False

    return [{"axes": axes} for axes in choices if fits(axes)]


def _labels(shape: Shape) -> list[dict[str, Any]]:
    return [
        {"labels": np.arange(math.prod(rest)).reshape(rest) % shape[axis], "axis": axis}
        for axis in range(-1, len(shape))
        if shape
        for rest in [shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]]
    ]


def _affines(x: Shape, scale: Shape, shift: Shape) -> list[dict[str, Any]]:
    fit = _broadcasting(x, scale, shift)
    return [{}] if fit and np.broadcast_shapes(x, scale, shift) == x else []


def _masked(shape: Shape) -> list[dict[str, Any]]:
    return [{"mask": _mask(shape), "keep_prob": 0.75}]


def _differences(x: Any, y: Any = None, **static: Any) -> Any:
    return np.diff(np.sort(x, axis=None)) if y is None else np.abs(x - y)


def _result(f: Callable[..., Any]) -> Callable[..., Any]:
    def result(x: Any, **static: Any) -> Any:
        with np.errstate(all="ignore"):  # a slope of √ at 0, which is what is looked for
            return f(duals.constant(x), **static).real

    return result


# The distance of operands from a kink or a pole that a domain of each by itself cannot tell.
DISTANCES: dict[str, Callable[..., Any]] = {
    "clip": lambda x, min, max: [np.abs(x - b) for b in (min, max) if b is not None],
    "atan2": lambda x, y: np.abs(y),
    "remainder": lambda x, y: np.abs(x / y - np.round(x / y)),
    "floor_divide": lambda x, y: np.abs(x / y - np.round(x / y)),
    "maximum": _differences,
    "minimum": _differences,
    "maximum_grad": lambda gradient, x, y: _differences(x, y),
    "minimum_grad": lambda gradient, x, y: _differences(x, y),
}
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "leaky_relu": [{"slope": 0.01}, {"slope": 0.3}],
    "elu": [{"alpha": 1.0}, {"alpha": 0.7}],
    "elu_slope": [{"alpha": 1.0}, {"alpha": 0.7}],
    "hypot_slope": [{"by": 0}, {"by": 1}],
    "clip": [{"min": -0.5, "max": 0.7}, {"min": None, "max": 0.5}, {"min": 0.5, "max": None}],
}
"""Static parameters of elementwise operations; the others have none."""


def _elementwise(op: tg.Op) -> Kind:
    """Return the kind of step that an elementwise record says it is."""
    domains = [op.domain.get(name, tg.Real()) for name in op.inputs]
    real = [domain for domain in domains if isinstance(domain, tg.Real)]
    avoided = [domain.avoid for domain in real]

    def kinks(*operands: Any, **static: Any) -> Any:
        pairs = zip(operands, avoided, strict=True)
        return [np.min(np.abs(x - point)) for x, points in pairs for point in points]

    return Kind(
        op.name,
        op.arity,
        (lambda *shapes: OPTIONS[op.name] if _broadcasting(*shapes) else [])
        if op.name in OPTIONS
        else _broadcasting,
        tuple((domain.low, domain.high) for domain in real),
        DISTANCES.get(op.name) or (kinks if any(avoided) else None),
        ties=op.name not in ("atan2", "hypot_slope") and hasattr(duals, op.name),
    )


def _is_elementwise(op: tg.Op) -> bool:
    special = ("where", "astype")  # one takes a condition, the other does nothing in float64
    smooth = not all(isinstance(rule, Word) for rule in op.vjp.values())
    return op.family == "elementwise" and smooth and op.name not in special


POSITIVE, MODEST = (0.4, 2.5), (-2.0, 2.0)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(_elementwise(op) for op in tg.REGISTRY.values() if _is_elementwise(op)),
        Kind("into", 1, lambda s: [{"low": -2.0, "high": 2.0}],
             run=lambda x, low, high: tg.sigmoid(x) * (high - low) + low),
        Kind("integer_power", 1, lambda s: [{"n": n} for n in (-2, -1, 1, 2, 3)], (POSITIVE,),
             run=lambda x, n: x**n),
        Kind("where", 3, lambda *s: [{"above": 0.25}] * len(_broadcasting(*s)),
             kinks=lambda c, x, y, above: np.abs(c - above),
             run=lambda c, x, y, above: tg.where(c > above, x, y)),
        Kind("sum", 1, _reductions),
        Kind("mean", 1, _reductions),
        Kind("prod", 1, _reductions, (MODEST,)),
        Kind("logsumexp", 1, _reductions),
        Kind("max", 1, _reductions, kinks=_differences),
        Kind("min", 1, _reductions, kinks=_differences),
        Kind("var", 1, _spreads),
        Kind("std", 1, _spreads, kinks=_result(duals.std), ties=False),
        Kind("norm", 1, _reductions, kinks=_result(duals.norm), ties=False),
        Kind("rms", 1, lambda s: _reductions(s, eps=0.5) + _reductions(s, eps=0.0),
             kinks=_result(duals.rms), ties=False),
        Kind("unit", 1, lambda s: [{"axis": axis} for axis in _axis_choices(s)],
             kinks=lambda x, axis: _result(duals.norm)(x, axis=axis), ties=False),
        Kind("rms_slope", 1, lambda s: [{"axis": axis} for axis in _axis_choices(s)],
             kinks=lambda x, axis: _result(duals.norm)(x, axis=axis), ties=False),
        Kind("std_slope", 1, lambda s: [{k: v for k, v in static.items() if k != "keepdims"}
                                        for static in _spreads(s)],
             # Its rounding grows as the square of the spread falls, the reference's too.
             kinks=lambda x, **static: 0.1 * _result(duals.std)(x, **static), ties=False),
        Kind("center", 1, lambda s: [{"axis": axis} for axis in _axis_choices(s)]),
        Kind("affine", 3, _affines),
        Kind("dropout", 1, _masked, run=lambda x, mask, keep_prob: tg.dropout(x, mask, keep_prob)),
        Kind("cumulative_sum", 1, lambda s: _along(s) if s else []),
        Kind("softmax", 1, lambda s: _normalised(s) if s else []),
        Kind("log_softmax", 1, lambda s: _normalised(s) if s else []),
        Kind("softmax_cross_entropy", 2, lambda x, y: _along(x, y) if x else [],
             (None, (0.05, 1.0))),
        Kind("class_cross_entropy", 1, _labels,
             run=lambda x, labels, axis: tg.class_cross_entropy(x, labels, axis=axis)),
        Kind("softmax_minus_one_hot", 1, _labels,
             run=lambda x, labels, axis: tg.softmax_minus_one_hot(x, labels, axis=axis)),
        Kind("sigmoid_cross_entropy", 2, lambda x, y: [{}] * (x == y), (None, (0.05, 0.95))),
        Kind("sigmoid_minus", 2, lambda x, y: [{}] * (x == y)),
        Kind("minus_mean", 2, lambda x, y: _along(x, y) if x else [], (None, POSITIVE)),
        Kind("minus_share", 2, lambda x, y: _along(x, y) if x else [], (None, POSITIVE)),
        Kind("reshape", 1, _reshapes),
        Kind("permute_dims", 1, _permutations),
        Kind("matrix_transpose", 1, lambda s: [{}] * (len(s) > 1)),
        Kind("expand_dims", 1, _expansions),
        Kind("squeeze", 1, _squeezes),
        Kind("broadcast_to", 1, _broadcasts),
        Kind("flip", 1, _flips),
        Kind("roll", 1, _rolls),
        Kind("tril", 1, _diagonals),
        Kind("triu", 1, _diagonals),
        Kind("pad", 1, _pads),
        Kind("tile", 1, _tiles),
        Kind("repeat", 1, _repeats),
        Kind("concat", 3, _joins, run=lambda *xs, axis: tg.concat(xs, axis)),
        Kind("stack", 2, _stacks, run=lambda *xs, axis: tg.stack(xs, axis)),
        Kind("split", 1, _splits, 
             run=lambda x, sections, axis, part: tg.split(x, sections, axis)[part]),
        Kind("unstack", 1, _parts, run=lambda x, axis, part: tg.unstack(x, axis)[part]),
        Kind("getitem", 1, _gets, run=lambda x, key: x[key]),
        Kind("scatter", 1, _scatters, 
             run=lambda x, key, shape: tg.add_at(tg.zeros(shape, x.dtype), key, x)),
        Kind("add_at", 2, _puts, run=lambda x, value, key: tg.add_at(x, key, value)),
        Kind("set_at", 2, _puts, run=lambda x, value, key: tg.set_at(x, key, value)),
        Kind("take", 1, _takes),
        Kind("take_along_axis", 1, _takes_along),
        Kind("sort", 1, _sorts, kinks=_differences),
        Kind("matmul", 2, _matmuls),
        Kind("matmul_where", 2, _masked_products,
             run=lambda x, y, mask: tg.matmul_where(x, y, mask)),
        Kind("masked_matmul", 2, _masked_matrices,
             run=lambda x, y, mask: tg.masked_matmul(x, y, mask)),
        Kind("linear", 3, _linears),
        *(
            Kind(name, arity, _einsums, run=lambda *xs, subscripts: tg.einsum(subscripts, *xs))
            for name, arity in (("einsum1", 1), ("einsum", 2), ("einsum3", 3))
        ),
        Kind("windows", 1, windowing.windows),
        Kind("overlap_add", 1, windowing.overlap_adds),
        *(
            Kind(name, arity, choices, kinks=kinks, run=windowing.along_one_axis(name))
            for name, arity, choices, kinks in (
                ("conv", 2, windowing.convs, None),
                ("conv_transpose", 2, windowing.conv_transposes, None),
                ("conv_weight_grad", 2, windowing.conv_weight_grads, None),
                ("max_pool", 1, windowing.pools, _differences),
                ("max_pool_grad", 1, windowing.max_pool_grads, None),
                ("avg_pool", 1, windowing.pools, None),
                ("avg_pool_grad", 1, windowing.avg_pool_grads, None),
            )
        ),
        Kind("tensordot", 2, _tensordots),
        Kind("vecdot", 2, lambda x, y: _along(x, y) if x else []),
        Kind("outer", 2, lambda x, y: [{}] * (math.prod(x) * math.prod(y) <= SIZE)),
    )
}  # fmt: skip
"""Every kind of step; between them they use every differentiable op (a test counts)."""
