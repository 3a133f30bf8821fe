"""What each operation loses by itself, and what becomes of that in the end.

By itself: the narrow operation is given the right operands, rounded once. So what a difference
loses of operands that are nearly equal is the difference's loss, and not theirs. In the end: all
else is computed in double precision, and only this operation is as wrong as it is by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.differences.digits.double import Double, swept
from tensorgraph.differences.digits.ranges import not_a_number, out_of_range, vanished
from tensorgraph.differences.digits.rounded import (
    WIDE,
    digits,
    error_of,
    error_of_gradient,
    is_float,
    rounded,
    widened,
)
from tensorgraph.differences.digits.tape import Entry, Source, Tape, same
from tensorgraph.engine.autodiff import differentiate
from tensorgraph.engine.observers import Backward
from tensorgraph.engine.tensor import Tensor

_MOST = 40
"""Of so many operations, those that lose most by themselves, it is found out what becomes of it."""
_SHAKEN = 3
"""How often the computation in double precision is shaken to see its noise."""
FEW = 1.0
"""Digits: an operation that loses fewer by itself is as good as any."""


@dataclass(frozen=True)
class Loss:
    """What one operation, or one gradient rule, loses."""

    k: int
    """Which operation."""
    i: int | None
    """The operand whose gradient it is; ``None`` in the forward pass."""
    own: float
    """The relative error that it makes of right operands."""
    total: float
    """The relative error that its result really has."""
    effect: float
    """The relative error of results, or gradients, if nothing else were wrong."""
    remarks: tuple[str, ...] = ()


class Comparison:
    """A computation in both precisions."""

    def __init__(self, tape: Tape, dtype: np.dtype[Any]) -> None:
        self.tape, self.dtype, self.double = tape, dtype, Double(tape)
        wanted = {name: leaf for name, leaf in tape.leaves.items() if leaf.requires_grad}
        outputs = [(k, t) for _, k, t in tape.results if t.requires_grad]
        self.right: dict[str, Any] = {}
        """The gradients in double precision, by leaf,"""
        self.found: dict[str, Any] = {}
        """and in the narrow one."""
        self._noise: dict[str, Any] = {}
        """How far gradients are off in double precision."""
        self._underflowed: set[int] = set()
        """Operations whose results round to 0 where others need them."""
        self._narrow: dict[tuple[int, int], Backward] = {}
        self._wide: dict[tuple[int, int], Backward] = {}
        self._leaves = {name: self.double.leaf(leaf) for name, leaf in wanted.items()}
        if outputs:
            entry_of = {e.node: k for k, e in enumerate(tape.entries) if e.node is not None}
            found, self._narrow = swept([t for _, t in outputs], list(wanted.values()), entry_of)
            wide = [self.double.values[k] for k, _ in outputs]
            right, self._wide = swept(wide, list(self._leaves.values()), self.double.entry_of)
            self._noise = self._seen_noise(right)
            self.found = dict(zip(wanted, found, strict=True))
            self.right = dict(zip(wanted, right, strict=True))

    def _gradients(self, other: Double) -> list[Any]:
        """Return the gradients of another computation in double precision."""
        outputs = [other.values[k] for _, k, t in self.tape.results if t.requires_grad]
        leaves = [other.leaf(self.tape.leaves[name]) for name in self._leaves]
        return swept(outputs, leaves, other.entry_of)[0] if outputs else []

    def _seen_noise(self, right: Sequence[Any]) -> dict[str, Any]:
        """Return how far gradients are off if each operation is, by its last digit in double."""
        rng = np.random.default_rng(0)

        def shaken(_: int, own: Any) -> Any:
            return own * (1 + 2.0**-52 * rng.uniform(-1, 1, own.shape)) if is_float(own) else own

        noise = [np.zeros(g.shape) for g in right]
        for _ in range(_SHAKEN):
            for most, g, other in zip(
                noise, right, self._gradients(Double(self.tape, shaken)), strict=True
            ):
                np.fmax(most, np.abs(g - other), out=most)
        return dict(zip(self._leaves, noise, strict=True))

    def _error(self, name: str, found: Any) -> float:
        """Return how wrong the gradient of a leaf is."""
        return error_of_gradient(found, self.right[name], self._noise[name], self.dtype)

    # ------------------------------------------------------------------------------- in the end

    def results(self) -> Iterator[tuple[str, float]]:
        """Yield how wrong each result is."""
        for name, k, tensor in self.tape.results:
            yield name, error_of(tensor._data, self.double.values[k]._data, self.dtype)

    def undefined(self) -> Iterator[tuple[str, str]]:
        """Yield how much of each result is no number in double precision either."""
        for name, k, _ in self.tape.results:
            yield name, not_a_number(self.double.values[k]._data)

    def gradients(self) -> Iterator[tuple[str, float, str]]:
        """Yield how wrong each gradient is, and how much of it vanished."""
        for name, right in self.right.items():
            gone = vanished(self.found[name], right)
            yield name, self._error(name, self.found[name]), gone

    # --------------------------------------------------------------------------- by themselves

    def losses(self) -> list[Loss]:
        """Return what operations and rules lose, those that lose hardly anything left out."""
        return [*self._forward(), *self._backward()]

    def _forward(self) -> Iterator[Loss]:
        lost: list[tuple[float, int, Any, tuple[str, ...]]] = []
        for k, entry in enumerate(self.tape.entries):
            right = self.double.values[k]._data
            if not is_float(entry.out) or entry.out.dtype == WIDE or entry.op.family == "random":
                continue
            given = self.given(entry, self.double.operands(entry))
            if not _are_finite(given):
                continue  # the one before is to blame
            own_out = entry.op.compute(tuple(given), entry.static)
            own = error_of(own_out, right, self.dtype)
            remarks = tuple(out_of_range(entry, right, given))
            if digits(own, entry.out.dtype) < FEW:
                continue
            if makers := self._makers_of_zeros(entry, given):
                self._underflowed |= makers
                continue  # these are to blame
            lost.append((own, k, own_out, remarks))
        lost = [found for found in lost if found[1] not in self._underflowed]
        lost += [self._underflow(k) for k in self._underflowed]
        lost.sort(key=lambda found: -found[0])
        for own, k, own_out, remarks in lost[:_MOST]:
            entry, right = self.tape.entries[k], self.double.values[k]._data
            total = error_of(entry.out, right, self.dtype)
            yield Loss(k, None, own, total, self._effect_of_value(k, widened(own_out)), remarks)

    def _makers_of_zeros(self, entry: Entry, given: Sequence[Any]) -> set[int]:
        """Return which operations' results an operation loses digits of because they round to 0."""
        repaired, makers = [], set()
        for x, right, source in zip(
            given, self.double.operands(entry), entry.operands, strict=True
        ):
            if is_float(x) and source.entry is not None:
                gone = (x == 0) & (right != 0)
                makers |= {source.entry} if np.any(gone) else set()
                x = np.where(gone, right, x)
            repaired.append(widened(x))
        if not makers:
            return makers
        right = entry.op.compute(tuple(self.double.operands(entry)), entry.static)
        error = error_of(entry.op.compute(tuple(repaired), entry.static), right, self.dtype)
        return makers if digits(error, self.dtype) < FEW else set()

    def _underflow(self, k: int) -> tuple[float, int, Any, tuple[str, ...]]:
        """Return what an operation loses whose result rounds to 0: all of it."""
        entry, right = self.tape.entries[k], self.double.values[k]._data
        given = self.given(entry, self.double.operands(entry))
        return 1.0, k, rounded(right, entry.out), tuple(out_of_range(entry, right, given))

    def _effect_of_value(self, k: int, value: Any) -> float:
        """Return how wrong results and gradients are if one operation gives another value."""
        off = Double(self.tape, lambda j, own: value if j == k else own)
        effects = [
            error_of(off.values[j]._data, self.double.values[j]._data, self.dtype)
            for _, j, _ in self.tape.results
        ]
        effects += [
            self._error(name, g)
            for name, g in zip(self._leaves, self._gradients(off), strict=False)
        ]
        return max(effects, default=0.0)

    def given(self, entry: Entry, operands: Sequence[Any]) -> list[Any]:
        """Return right operands, rounded."""
        return [
            rounded(x, source.array) for x, source in zip(operands, entry.operands, strict=True)
        ]

    def _backward(self) -> Iterator[Loss]:
        lost: list[tuple[float, int, int, Any]] = []
        for (k, i), wide in self._wide.items():
            entry, narrow = self.tape.entries[k], self._narrow.get((k, i))
            if narrow is None or entry.node is None or entry.op.recomputes:
                continue
            if self._underflowed & {k, *(source.entry for source in entry.operands)}:
                continue  # the operation whose result is 0 is to blame
            saved = [
                rounded(value, like)
                for value, like in zip(
                    wide.saved, (*(s.array for s in entry.operands), entry.out), strict=False
                )
            ]
            g = rounded(wide.g, entry.out)
            if not _are_finite([g, *saved]):
                continue
            rule = dict(entry.node.plan.rules)[i]
            try:
                own_result = rule(g, saved, entry.node, i)
            except Exception:  # a rule of a user's own may not be run twice
                continue
            own_result = np.broadcast_to(_summed(own_result, wide.result), wide.result.shape)
            own = error_of(own_result, wide.result, self.dtype)
            if digits(own, self.dtype) < FEW:
                continue
            lost.append((own, k, i, own_result))
        lost.sort(key=lambda found: -found[0])
        for own, k, i, own_result in lost[:_MOST]:
            right = self._wide[k, i].result
            total = error_of(self._narrow[k, i].result, right, self.dtype)
            yield Loss(k, i, own, total, self._effect(k, i, widened(own_result) - right))

    def wrong_by(self, inside: Collection[int], source: Source) -> float | None:
        """Return how wrong the gradient is that some operations pass to what comes from outside."""
        worst = None
        for (k, i), wide in self._wide.items():
            narrow = self._narrow.get((k, i))
            operand = self.tape.entries[k].operands[i]
            if k in inside and narrow is not None and same(operand, source):
                error = error_of(narrow.result, wide.result, self.dtype)
                worst = error if worst is None else max(worst, error)
        return worst

    def _effect(self, k: int, i: int, off: Any) -> float:
        """Return how wrong gradients are if one that a rule makes is off by so much."""
        source = self.tape.entries[k].operands[i]
        if source.entry is None:
            targets = {id(leaf): name for name, leaf in self._leaves.items()}
            leaf = None if source.leaf is None else self.double.leaf(source.leaf)
            name = targets.get(id(leaf))
            moved = {name: off} if name else {}
        else:
            start: Tensor = self.double.values[source.entry]
            if not start.requires_grad:
                return 0.0
            with np.errstate(all="ignore"):
                found = differentiate(
                    [start], [off], list(self._leaves.values()), create_graph=False, retain=True
                )
            moved = dict(zip(self._leaves, (g._data for g in found), strict=True))
        errors = [self._error(name, self.right[name] + by) for name, by in moved.items()]
        return max(errors, default=0.0)


def _are_finite(operands: Sequence[Any]) -> bool:
    return all(np.all(np.isfinite(x)) for x in operands if is_float(x))


def _summed(g: Any, like: Any) -> Any:
    """Return a rule's gradient in the shape of its operand, as the backward pass sums it."""
    g = np.asarray(g)
    lead = g.ndim - like.ndim
    g = g.sum(axis=tuple(range(lead))) if lead > 0 else g
    axes = tuple(a for a, n in enumerate(like.shape) if n == 1 != g.shape[a])
    return g.sum(axis=axes, keepdims=True) if axes else g
