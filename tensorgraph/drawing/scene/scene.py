"""What a picture shows, as plain data: boxes, the wires between them, and the modules around them.

A scene holds no tensors and no graph. Ids are positions in its lists, which follow the order of
creation in the graph, so that the same program gives the same scene in every process.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tensorgraph.drawing.scene.samples import Sample

Shape = tuple[int, ...]
_NUMBERED = re.compile(r"\[(\d+)\]$")
COUNTS = ("count", "zeros", "nans", "infs")
"""The statistics of several arrays that are the sums of theirs."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is told of an array's elements; all but the counts are of the finite ones."""

    count: int
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    norm: float | None = None
    """The Euclidean norm."""
    zeros: int = 0
    nans: int = 0
    infs: int = 0
    histogram: tuple[int, ...] = ()
    """Counts of equal parts of ``range``."""
    range: tuple[float, float] | None = None
    sample: Sample | None = None
    """What the elements look like, where that is asked for."""

    @staticmethod
    def pooled(parts: Sequence[Statistics | None]) -> Statistics | None:
        """Return what is told of the elements of several arrays together, but for a histogram."""
        told = [part for part in parts if part is not None]
        if len(set(told)) < 2:
            return told[0] if told else None
        counts = {key: sum(getattr(each, key) for each in told) for key in COUNTS}
        finite = [each for each in told if each.mean is not None]
        if not finite:
            return Statistics(**counts)
        keys = ("min", "max", "mean", "std", "norm")
        low, high, means, stds, norms = (
            np.array([getattr(each, key) for each in finite], float) for key in keys
        )
        weights = [each.count - each.nans - each.infs for each in finite]
        scale = float(max(abs(low).max(), abs(high).max())) or 1.0  # so that no square overflows
        mean = np.average(means / scale, weights=weights)
        squares = (stds / scale) ** 2 + (means / scale - mean) ** 2
        return Statistics(
            **counts,
            min=float(low.min()),
            max=float(high.max()),
            mean=float(mean) * scale,
            std=math.sqrt(np.average(squares, weights=weights)) * scale,
            norm=math.hypot(*norms),
        )


@dataclass(frozen=True, slots=True)
class Wire:
    """An operand of an operation: where its value comes from."""

    source: int
    """The box that makes the value."""
    operand: str
    """What the operation calls it: ``x``, ``weight``."""
    note: str = ""
    """What happens to its axes: ``broadcast (3,) → (4, 3)``."""
    stops: bool = False
    """Whether no gradient flows back along it, though one flows to both ends."""

    @property
    def number(self) -> int | None:
        """Which of the operands in a row it is, if it is one of these: 2 for ``arrays[2]``."""
        found = _NUMBERED.search(self.operand)
        return int(found[1]) if found else None

    @property
    def role(self) -> str:
        """What the operation calls it, and all in a row with it: ``arrays``."""
        return _NUMBERED.sub("", self.operand)


@dataclass(frozen=True, slots=True)
class Box:
    """A value of the graph, with the operation that makes it."""

    id: int
    kind: str
    """``op``; or a leaf: ``parameter`` (wants a gradient), ``input``, ``constant``; or ``more``,
    which stands for many operations of a graph too large to be listed."""
    shape: Shape
    dtype: str
    bytes: int
    name: str | None = None
    """The tensor's name, or the caller's variable."""
    parts: tuple[str, ...] = ()
    """The names of what lies end to end in it."""
    op: str = ""
    """The operation's name; empty for a leaf, as its symbol and family are."""
    symbol: str = ""
    family: str = ""
    call: int | None = None
    """The innermost module call around it."""
    wires: tuple[Wire, ...] = ()
    settings: str = ""
    """The static parameters: ``axis=1, keepdims=True``."""
    saved: tuple[int, ...] = ()
    """What its gradient rules keep: positions of operands, and behind these that of the result."""
    line: str | None = None
    """``file:line`` of the user's code, where it was recorded in debug mode."""
    source: str | None = None
    """The text of that line."""
    text: str = ""
    """A small constant, written out: ``0.5``."""
    exact: str = ""
    """The same without rounding, by which constants are compared."""
    filled: str = ""
    """What all elements of one without a name are, where that is 0."""
    differentiable: bool = False
    """Whether a gradient flows to this value."""
    accumulates: int = 0
    """How many uses add up to its gradient."""
    has_gradient: bool = False
    """Whether a backward pass has left a gradient with the tensor, as far as that is known."""
    value: Statistics | None = None
    gradient: Statistics | None = None
    """``None`` where no gradient was computed, which is not a gradient of zero."""
    forward_seconds: float | None = None
    backward_seconds: float | None = None
    numbers: tuple[float, ...] = ()
    """What the caller says of it: one number, or the least and the largest of several."""
    label: str = ""
    """What the caller wrote on it."""
    status: str = ""
    """What became of it where two graphs are compared: see palette.DIFFERENCES."""

    @property
    def is_leaf(self) -> bool:
        """Whether no operation makes it."""
        return self.kind not in ("op", "more")

    @property
    def saves_result(self) -> bool:
        """Whether its gradient rules keep the value itself."""
        return len(self.wires) in self.saved

    def operand(self, position: int) -> str:
        """Return the name of an operand, or ``out`` for the result."""
        return self.wires[position].operand if position < len(self.wires) else "out"


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """A call of a module."""

    id: int
    path: str
    """The module's place: ``model.layers[0]``."""
    type: str
    """The module's class; empty where it is not known."""
    parent: int | None = None
    """The call around it."""
    number: int | None = None
    """Which of the calls of its module in the one around this is, where there are several,"""
    of: int | None = None
    """and how many there are."""
    numbers: tuple[float, ...] = ()
    """What the caller says of it, as of a box."""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """A recorded graph as it can be drawn."""

    boxes: tuple[Box, ...]
    """In order of creation; a leaf stands just before its first use."""
    calls: tuple[ModuleCall, ...] = ()
    """Each after the one around it."""
    outputs: tuple[int, ...] = ()
    forward: tuple[int, ...] = ()
    """The operations in order."""
    backward: tuple[int, ...] = ()
    """The operations in the order in which a backward pass comes by."""
    title: str = ""
    note: str = ""
    """A sentence on what was left out; mostly empty."""
    formula: str = ""
    """Derived formulas as MathML."""
    caption: tuple[str, ...] = ()
    """The same as lines of text."""
    typeset: tuple[tuple[str, str, str], ...] = ()
    """Such lines as text and, where they are equations, as LaTeX and MathML."""
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The equation and gradient rules of each operation in it, by name."""
    derived: Mapping[str, Any] = field(default_factory=dict)
    """Formulas of values and gradients: see derived.py."""
    quantity: str = ""
    """What the caller's numbers are called."""
    alone: tuple[int, ...] = ()
    """Module calls of which something is said by itself, so that they stand for no others."""

    def as_json(self) -> dict[str, Any]:
        """Return the scene as dicts, lists, strings and numbers, without what is empty."""
        return {
            "boxes": [_box(box) for box in self.boxes],
            "calls": [_filled(call) for call in self.calls],
            **{
                key: list(value) if isinstance(value, tuple) else value
                for key, value in _filled(self).items()
                if key not in ("boxes", "calls", "typeset", "alone")
            },
        }


def _box(box: Box) -> dict[str, Any]:
    found = _filled(box)
    found.pop("exact", None)  # only told apart by it
    found["shape"] = list(box.shape)  # an empty one says something
    if box.wires:
        found["wires"] = [_filled(wire) for wire in box.wires]
    for key in ("value", "gradient"):
        if key in found:
            found[key] = _filled(found[key])
            if "sample" in found[key]:
                found[key]["sample"] = asdict(found[key]["sample"])
    return found


def _filled(record: Any) -> dict[str, Any]:
    """Return the fields of a record that hold something, with short numbers."""
    found = {}
    for name in record.__slots__:
        value = getattr(record, name)
        if value is None or value is False or (isinstance(value, (str, tuple, dict)) and not value):
            continue
        found[name] = _short(value)
    return found


def _short(value: Any) -> Any:
    if type(value) is float:
        return float(f"{value:.5g}")
    return list(map(_short_number, value)) if isinstance(value, tuple) else value


def _short_number(value: Any) -> Any:
    return float(f"{value:.5g}") if type(value) is float else value
