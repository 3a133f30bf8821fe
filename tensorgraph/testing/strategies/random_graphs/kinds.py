"""What a step of a random graph can do: its operands, its parameters, where it may be evaluated.

Elementwise kinds are what their records say; the others stand in ``KINDS``. What a step computes
is told by code, which runs and is printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np

from tensorgraph.engine.creation import zeros
from tensorgraph.engine.domain import Real
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.rule import Word
from tensorgraph.ops import OPS
from tensorgraph.testing.strategies.literals import literal, settings_of
from tensorgraph.testing.strategies.random_graphs import choices as fits, windowed
from tensorgraph.testing.strategies.random_graphs.choices import Choices, Shape
from tensorgraph.testing.strategies.random_graphs.written import written

APART = 1e-3
"""How far values stay from kinks, where gradients jump."""


def lifted(x: Any) -> Any:
    """Return an array with three axes: a batch, channels, a length."""
    return x[(None,) * (3 - len(x.shape))]


LIFTED = "lifted = lambda x: x[(None,) * (3 - len(x.shape))]"
"""The same, for those who run the code that is printed."""
NAMES = {"tg": SimpleNamespace(zeros=zeros, **OPS), "lifted": lifted}


@dataclass(frozen=True, eq=False)
class Kind:
    """What a step can do: which operands and parameters fit, and where it may be evaluated."""

    name: str
    arity: int
    options: Callable[..., Choices]
    """Static parameters to try for operands of the given shapes; none if they do not fit."""
    domain: tuple[tuple[float, float] | None, ...] = ()
    """The interval each operand must lie in; anywhere if not given."""
    kinks: Callable[..., Any] | None = None
    """Distances of the operands (and the static parameters) from a kink or a pole."""
    code: str = ""
    """How it is computed from operands and static parameters, if not by the op of this name."""
    op: str = ""
    """The name of its operation, if that is another."""
    function: Callable[..., Any] | None = None
    """An operation that is not the engine's."""

    def interval(self, i: int) -> tuple[float, float] | None:
        """Return the interval that an operand must lie in."""
        return self.domain[min(i, len(self.domain) - 1)] if self.domain else None

    @cached_property
    def run(self) -> Callable[..., Any]:
        """Computes it, with the engine."""
        if self.function is not None:
            return self.function
        return eval(self.code, dict(NAMES)) if self.code else OPS[self.name]

    def written(self, operands: Sequence[str], static: dict[str, Any]) -> str:
        """Return the code that computes it from what stands under these names."""
        if self.code:
            return written(self.code, operands, {k: literal(v) for k, v in static.items()})
        called = self.name if self.function is not None else f"tg.{self.name}"
        return f"{called}({', '.join(operands)}{settings_of(static)})"

    def distance(self, operands: Sequence[Any], static: dict[str, Any]) -> float:
        """Return how far the operands are from the nearest kink."""
        if self.kinks is None:
            return math.inf
        with np.errstate(all="ignore"):
            return float(np.min(self.kinks(*operands, **static), initial=math.inf))


@cache
def options(kind: Kind, shapes: tuple[Shape, ...]) -> Choices:
    """Return the static parameters of a kind that fit these shapes and keep the result small."""
    return kind.options(*shapes)


def _differences(x: Any, y: Any = None, **static: Any) -> Any:
    return np.diff(np.sort(x, axis=None)) if y is None else np.abs(x - y)


# The distance of operands from a kink or a pole that a domain of each by itself cannot tell.
DISTANCES: dict[str, Callable[..., Any]] = {
    "clip": lambda x, min, max: [np.abs(x - b) for b in (min, max) if b is not None],
    "atan2": lambda x, y: np.abs(y),
    "remainder": lambda x, y: np.abs(x / y - np.round(x / y)),
    "floor_divide": lambda x, y: np.abs(x / y - np.round(x / y)),
    "fmod": lambda x, y: np.abs(x / y - np.round(x / y)),
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
    "digamma_slope": [{"order": 1}, {"order": 2}],
    "sinc_slope": [{"order": 1}, {"order": 2}],
    "iv": [{"order": 0}, {"order": 1}, {"order": 2}],
    "ive": [{"order": 0}, {"order": 1}, {"order": 2}],
    "clip": [{"min": -0.5, "max": 0.7}, {"min": None, "max": 0.5}, {"min": 0.5, "max": None}],
}
"""Static parameters of elementwise operations; the others have none."""


def elementwise(op: Op) -> Kind:
    """Return the kind of step that an elementwise record says it is."""
    domains = [op.domain.get(name, Real()) for name in op.inputs]
    real = [domain for domain in domains if isinstance(domain, Real)]
    avoided = [domain.avoid for domain in real]

    def kinks(*operands: Any, **static: Any) -> Any:
        pairs = zip(operands, avoided, strict=True)
        return [np.min(np.abs(x - point)) for x, points in pairs for point in points]

    return Kind(
        op.name,
        op.arity,
        (lambda *shapes: OPTIONS[op.name] if fits.broadcasting(*shapes) else [])
        if op.name in OPTIONS
        else fits.broadcasting,
        tuple((domain.low, domain.high) for domain in real),
        DISTANCES.get(op.name) or (kinks if any(avoided) else None),
        function=None if op.name in OPS else op.call,
    )


def _is_elementwise(op: Op) -> bool:
    special = ("where", "astype")  # one takes a condition, the other does nothing in float64
    smooth = not all(isinstance(rule, Word) for rule in op.vjp.values())
    return op.family == "elementwise" and smooth and op.name not in special


POSITIVE, MODEST = (0.4, 2.5), (-2.0, 2.0)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(elementwise(op) for op in REGISTRY.values() if _is_elementwise(op)),
        Kind("into", 1, lambda s: [{"low": -2.0, "high": 2.0}],
             code="lambda x, low, high: tg.sigmoid(x) * (high - low) + low"),
        Kind("integer_power", 1, lambda s: [{"n": n} for n in (-2, -1, 1, 2, 3)], (POSITIVE,),
             code="lambda x, n: x**n"),
        Kind("where", 3, lambda *s: [{"above": 0.25}] * len(fits.broadcasting(*s)),
             kinks=lambda c, x, y, above: np.abs(c - above),
             code="lambda c, x, y, above: tg.where(c > above, x, y)"),
        Kind("sum", 1, fits.reductions),
        Kind("mean", 1, fits.reductions),
        Kind("prod", 1, fits.reductions, (MODEST,)),
        Kind("logsumexp", 1, fits.reductions),
        Kind("max", 1, fits.reductions, kinks=_differences),
        Kind("min", 1, fits.reductions, kinks=_differences),
        Kind("var", 1, fits.spreads),
        Kind("std", 1, fits.spreads, kinks=OPS["std"]),
        Kind("norm", 1, fits.reductions, kinks=OPS["norm"]),
        Kind("rms", 1, lambda s: fits.reductions(s, eps=0.5) + fits.reductions(s, eps=0.0),
             kinks=OPS["rms"]),
        Kind("unit", 1, lambda s: [{"axis": axis} for axis in fits.axis_choices(s)],
             kinks=lambda x, axis: OPS["norm"](x, axis=axis)),
        Kind("rms_slope", 1, lambda s: [{"axis": axis} for axis in fits.axis_choices(s)],
             kinks=lambda x, axis: OPS["norm"](x, axis=axis)),
        Kind("std_slope", 1, lambda s: [{k: v for k, v in static.items() if k != "keepdims"}
                                        for static in fits.spreads(s)],
             # Its rounding grows as the square of the spread falls, the reference's too.
             kinks=lambda x, **static: 0.1 * OPS["std"](x, **static)),
        Kind("center", 1, lambda s: [{"axis": axis} for axis in fits.axis_choices(s)]),
        Kind("affine", 3, fits.affines),
        Kind("dropout", 1, fits.masked,
             code="lambda x, mask, keep_prob: tg.dropout(x, mask, keep_prob)"),
        Kind("cumulative_sum", 1, lambda s: fits.along(s) if s else []),
        Kind("cumulative_prod", 1, lambda s: fits.along(s) if s else [], (MODEST,)),
        Kind("logcumsumexp", 1, lambda s: fits.along(s) if s else []),
        Kind("linear_recurrence", 2, lambda x, y: fits.along(x, y) if x and x == y else [],
             (None, MODEST)),
        Kind("softmax", 1, lambda s: fits.normalised(s) if s else []),
        Kind("log_softmax", 1, lambda s: fits.normalised(s) if s else []),
        Kind("softmax_cross_entropy", 2, lambda x, y: fits.along(x, y) if x else [],
             (None, (0.05, 1.0))),
        Kind("class_cross_entropy", 1, fits.labels,
             code="lambda x, labels, axis: tg.class_cross_entropy(x, labels, axis=axis)"),
        Kind("softmax_minus_one_hot", 1, fits.labels,
             code="lambda x, labels, axis: tg.softmax_minus_one_hot(x, labels, axis=axis)"),
        Kind("sigmoid_cross_entropy", 2, lambda x, y: [{}] * (x == y), (None, (0.05, 0.95))),
        Kind("sigmoid_minus", 2, lambda x, y: [{}] * (x == y)),
        Kind("minus_mean", 2, lambda x, y: fits.along(x, y) if x else [], (None, POSITIVE)),
        Kind("minus_share", 2, lambda x, y: fits.along(x, y) if x else [], (None, POSITIVE)),
        Kind("reshape", 1, fits.reshapes),
        Kind("permute_dims", 1, fits.permutations),
        Kind("matrix_transpose", 1, lambda s: [{}] * (len(s) > 1)),
        Kind("expand_dims", 1, fits.expansions),
        Kind("squeeze", 1, fits.squeezes),
        Kind("broadcast_to", 1, fits.broadcasts),
        Kind("flip", 1, fits.flips),
        Kind("roll", 1, fits.rolls),
        Kind("tril", 1, fits.diagonals),
        Kind("triu", 1, fits.diagonals),
        Kind("pad", 1, fits.pads),
        Kind("tile", 1, fits.tiles),
        Kind("repeat", 1, fits.repeats),
        Kind("concat", 3, fits.joins, code="lambda *xs, axis: tg.concat(xs, axis)"),
        Kind("stack", 2, fits.stacks, code="lambda *xs, axis: tg.stack(xs, axis)"),
        Kind("split", 1, fits.splits,
             code="lambda x, sections, axis, part: tg.split(x, sections, axis)[part]"),
        Kind("unstack", 1, fits.parts, code="lambda x, axis, part: tg.unstack(x, axis)[part]"),
        Kind("getitem", 1, fits.gets, code="lambda x, key: x[key]"),
        Kind("scatter", 1, fits.scatters,
             code="lambda x, key, shape: tg.add_at(tg.zeros(shape, x.dtype), key, x)"),
        Kind("add_at", 2, fits.puts, code="lambda x, value, key: tg.add_at(x, key, value)"),
        Kind("set_at", 2, fits.puts, code="lambda x, value, key: tg.set_at(x, key, value)"),
        *(
            Kind(name, 1, fits.segments, kinks=lambda x, **static: _differences(x),
                 code=f"lambda x, labels, num_segments: tg.{name}(x, labels, num_segments)")
            for name in ("segment_max", "segment_min")
        ),
        Kind("take", 1, fits.takes),
        Kind("take_along_axis", 1, fits.takes_along),
        Kind("sort", 1, fits.sorts, kinks=_differences),
        Kind("matmul", 2, fits.matmuls),
        Kind("matmul_where", 2, fits.masked_products,
             code="lambda x, y, mask: tg.matmul_where(x, y, mask)"),
        Kind("masked_matmul", 2, fits.masked_matrices,
             code="lambda x, y, mask: tg.masked_matmul(x, y, mask)"),
        Kind("linear", 3, fits.linears),
        *(
            Kind(name, arity, fits.einsums, op="einsum",
                 code="lambda *xs, subscripts: tg.einsum(subscripts, *xs)")
            for name, arity in (("einsum1", 1), ("einsum", 2), ("einsum3", 3))
        ),
        Kind("windows", 1, windowed.windows),
        Kind("overlap_add", 1, windowed.overlap_adds),
        *(
            Kind(name, arity, choices, kinks=kinks, code=code)
            for name, arity, choices, kinks, code in (
                ("conv", 2, windowed.convs, None,
                 "lambda x, y, stride, padding, dilation, groups: tg.conv(lifted(x), lifted(y),"
                 " stride=stride, padding=(padding,), dilation=dilation, groups=groups)"),
                ("conv_transpose", 2, windowed.conv_transposes, None,
                 "lambda x, y, stride, padding, dilation, shape, groups: tg.conv_transpose("
                 "lifted(x), lifted(y), stride=stride, padding=(padding,), dilation=dilation,"
                 " shape=shape, groups=groups)"),
                ("conv_weight_grad", 2, windowed.conv_weight_grads, None,
                 "lambda x, y, stride, padding, dilation, size: tg.conv_weight_grad("
                 "lifted(x), lifted(y), stride=stride, padding=(padding,), dilation=dilation,"
                 " size=size)"),
                ("max_pool", 1, windowed.pools, _differences,
                 "lambda g, size, stride, padding: tg.max_pool(lifted(g), size=size,"
                 " stride=stride, padding=(padding,))"),
                ("max_pool_grad", 1, windowed.max_pool_grads, None,
                 "lambda g, x, peaks, size, stride, padding: tg.max_pool_grad(lifted(g), x, peaks,"
                 " size=size, stride=stride, padding=(padding,))"),
                ("avg_pool", 1, windowed.pools, None,
                 "lambda g, size, stride, padding: tg.avg_pool(lifted(g), size=size,"
                 " stride=stride, padding=(padding,))"),
                ("avg_pool_grad", 1, windowed.avg_pool_grads, None,
                 "lambda g, size, stride, padding, shape: tg.avg_pool_grad(lifted(g), size=size,"
                 " stride=stride, padding=(padding,), shape=shape)"),
            )
        ),
        Kind("tensordot", 2, fits.tensordots),
        Kind("vecdot", 2, lambda x, y: fits.along(x, y) if x else []),
        Kind("outer", 2, fits.outers),
    )
}  # fmt: skip
"""Every kind of step; between them they use every differentiable op (a test counts)."""
