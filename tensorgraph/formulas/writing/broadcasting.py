"""What makes room for broadcasting, which formulas leave out, and where they cannot leave it out.

A vector has one axis, the last, as in NumPy. Where it has been given new axes to stand elsewhere,
a reader who does not see these may take it for something else: g · x for the outer product g xᵀ.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np

from tensorgraph.ops.contract import matmul
from tensorgraph.ops.shape import broadcast_to
from tensorgraph.symbolic.expr import Expr, in_order


def bare(e: Expr) -> Expr:
    """Return what a value is before it only gets new axes or is repeated."""
    while hidden(e) and not rearranges(e):
        e = e.args[0]
    return e


def hidden(e: Expr) -> bool:
    """Return whether an operation only makes room for broadcasting, which formulas leave out."""
    return e.op is not None and e.op.notation.kind == "hidden"


def rearranges(e: Expr) -> bool:
    """Return whether a hidden operation gives axes other lengths, which a formula has to show."""
    if not hidden(e) or e.size != e.args[0].size:
        return False
    return [n for n in e.args[0].shape if n != 1] != [n for n in e.shape if n != 1]


def around(e: Expr, names: Container[Expr]) -> list[Expr]:
    """Return the operations around a result that only move its axes, the last first."""
    found = []
    while e not in names and e.op is not None and e.op.notation.kind in ("hidden", "transpose"):
        found.append(e)
        (e,) = e.args
    return found


def only_adds_axes(e: Expr) -> bool:
    """Return whether an operation is an index such as ``x[:, None]``, which a formula hides."""
    if e.op is None or e.op.notation.kind != "item":
        return False
    return all(k is None or k is Ellipsis or k == slice(None) for k in e.static["key"])


def repetition(e: Expr) -> str:
    """Return where in a result stands what its formula shows, if it is repeated there.

    A formula shows the shape of what it computes, as Σ₀ A one row. What numbers make of numbers is
    taken to hold everywhere.
    """
    if e.op is not broadcast_to.op or all(x.size == 1 for x in in_order([e]) if not x.args):
        return ""
    (x,) = e.args
    shape = (1,) * (e.ndim - x.ndim) + x.shape
    along = [i for i, n in enumerate(e.shape) if n != shape[i]]
    if all(n == 1 for n in shape):
        return "in each element"
    if e.ndim == 2:
        return "in each row" if along == [0] else "in each column"
    return f"repeated along {'axis' if len(along) == 1 else 'axes'} {', '.join(map(str, along))}"


class Placement:
    """Where the axes of values are, and where they seem to be.

    Args:
        names: what has a name in the formula.
    """

    def __init__(self, names: Mapping[Expr, str]) -> None:
        self.names = names
        self._seen: dict[Expr, tuple[int, ...]] = {}

    def misread(self, e: Expr) -> bool:
        """Return whether the operands, broadcast as they look, would give something else."""
        if e.op is matmul.op:
            return self._misread_stacks(e)
        if e.op is None or e.op.family != "elementwise":
            return False
        # What seems to be a number is one everywhere.
        arrays = [x for x in e.args if wide(x.shape) and wide(self.seen(x))]
        if len({self.shift(x) for x in arrays}) < 2:
            return False
        try:
            np.broadcast_shapes(*map(self.seen, e.args))
        except ValueError:  # the lengths tell where each stands, unless none has all axes
            return all(len(wide(x.shape)) < len(wide(e.shape)) for x in e.args)
        return True

    def _misread_stacks(self, e: Expr) -> bool:
        """Return whether stacks of matrices would be taken to stand beside others."""
        if all(x.ndim < 3 or self.shift(x) == 0 for x in e.args):
            return False
        try:
            np.broadcast_shapes(*(self.seen(x)[:-2] for x in e.args))
        except ValueError:  # the lengths tell
            return False
        return True

    def shift(self, e: Expr) -> int | None:
        """Return by how many axes a value stands before where it seems to, if all do alike."""
        seen, actual = wide(self.seen(e)), wide(e.shape)
        by = max(actual, default=0) - max(seen, default=0)
        return by if [i + by for i in seen] == actual else None

    def seen(self, e: Expr) -> tuple[int, ...]:
        """Return the shape that a value seems to have."""
        if e not in self._seen:
            self._seen[e] = self._shape(e)
        return self._seen[e]

    def _shape(self, e: Expr) -> tuple[int, ...]:
        if e in self.names or e.op is None:
            return e.shape
        if (hidden(e) and not rearranges(e)) or only_adds_axes(e):
            inner = bare(e)  # of which a reduction shows its axes, so that it is seen where it is
            placed = inner not in self.names and inner.op is not None
            stands = placed and inner.op is not None and inner.op.notation.kind == "reduction"
            return e.shape if stands else self.seen(e.args[0])
        if e.op.family == "elementwise" and not self.misread(e):
            try:
                return np.broadcast_shapes(*map(self.seen, e.args))
            except ValueError:
                return e.shape
        return e.shape


def wide(shape: tuple[int, ...]) -> list[int]:
    """Return the axes of length other than 1, counted from the last."""
    return [len(shape) - i for i, n in enumerate(shape) if n != 1]


def column_and_row(e: Expr) -> tuple[int, int] | None:
    """Return which operand is a column and which a row, if they are that."""
    at = [wide(x.shape) for x in e.args]
    return (0, 1) if at == [[2], [1]] else (1, 0) if at == [[1], [2]] else None


def index(e: Expr) -> str:
    """Return the index that puts a value where it stands: ``:, None`` for a column."""
    axes = wide(e.shape)
    return ", ".join(":" if i in axes else "None" for i in range(max(axes), 0, -1))
