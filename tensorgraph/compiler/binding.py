"""From what a function computes and changes to a dataflow, and where its arrays are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.dataflow import Dataflow
from tensorgraph.compiler.joined_arrays import exchanged, joined, joins, parts
from tensorgraph.compiler.state import Block, Gradient, NewGradient, Slot, Value
from tensorgraph.symbolic.capture import Captured
from tensorgraph.symbolic.expr import Expr, constant, in_order, symbol


class Binding:
    """A dataflow, and what its arrays stand for.

    They are the arguments, what is read (``tensors``, the gradients of ``owners``, arrays that the
    function names), what is overwritten (``blocks``), and a number that counts the runs.
    """

    def __init__(self, captured: Captured, arrays: Sequence[NDArray[Any]] = ()) -> None:
        """Bind.

        Args:
            captured: what is computed and changed.
            arrays: those that the function names: they are read anew in each run, not constants.
        """
        self._captured = captured
        self._arguments = {e: i for i, e in enumerate(captured.inputs)}
        slots, written = self._state()
        of_arguments = self._of_arguments()
        outputs = [*captured.outputs, *of_arguments]
        roots = [*captured.drawn, *captured.checks, *outputs, *written.values()]
        groups = _groups(roots, written)
        self.blocks = [
            Block([slots[e] for e in group], [e.shape for e in group], group[0].dtype)
            for group in groups
        ]
        """The memory that is overwritten."""
        wholes = [_whole(group, [slots[e] for e in group]) for group in groups]
        instead: dict[Expr, Expr] = {}
        for whole, group in zip(wholes, groups, strict=True):
            if len(group) > 1:
                instead.update(zip(group, parts(whole, [e.shape for e in group]), strict=True))
        used = {*in_order(roots)}
        kinds = {(e.shape, e.dtype) for e in used if e.value is not None}
        alike = [array for array in arrays if (array.shape, array.dtype) in kinds]
        named = {constant(array): array for array in alike}  # which takes time for large ones
        self.named = {e: array for e, array in named.items() if e in used}
        """Arrays that the function names."""
        stand_ins = {e: symbol("named", e.shape, e.dtype) for e in self.named}
        instead |= stand_ins
        read = [e for e in captured.tensors if e not in slots and e in used]
        grads = [e for e in captured.accumulated if e not in slots and e in used]
        self.tensors = [captured.tensors[e] for e in read]
        self.owners = [captured.tensors[captured.accumulated[e]] for e in grads]
        self.symbols = [*read, *grads]
        """What stands for the arrays that are read."""
        changed = {*captured.gradients}
        self.without_gradient = [
            tensor
            for e, tensor in captured.tensors.items()
            if tensor._requires_grad and tensor._grad is None and e not in changed
        ]
        """Tensors that have no gradient before a run, nor afterwards."""
        new = exchanged(roots, instead)
        overwritten = {
            whole: _joined([new[written[e]] for e in group])
            for whole, group in zip(wholes, groups, strict=True)
        }
        runs = symbol("runs", (), np.int64)
        self.dataflow = Dataflow(
            arrays=(*captured.inputs, *self.symbols, *stand_ins.values(), *wholes, runs),
            numbers=tuple(captured.numbers),
            generators=tuple(captured.draws),
            drawn=tuple(new[e] for e in captured.drawn),
            outputs=tuple(new[e] for e in outputs),
            written={**overwritten, runs: runs + 1},
            checks=tuple(new[e] for e in captured.checks),
            parts={whole: group for whole, group in zip(wholes, groups, strict=True) if group[1:]},
        )

    def _state(self) -> tuple[dict[Expr, Slot], dict[Expr, Expr]]:
        """Return what is overwritten by symbol: where it is kept, and with what."""
        captured = self._captured
        kept = {e: new for e, new in captured.written.items() if e not in self._arguments}
        slots: dict[Expr, Slot] = {e: Value(captured.tensors[e]) for e in kept}
        before = {owner: e for e, owner in captured.accumulated.items()}
        for owner, new in captured.gradients.items():
            if owner not in self._arguments:
                tensor = captured.tensors[owner]
                e = before.get(owner, None)
                if e is None:
                    e = symbol(f"{owner.name or 'some'}.grad", owner.shape, owner.dtype)
                slots[e] = NewGradient(tensor) if tensor._grad is None else Gradient(tensor)
                kept[e] = new
        return slots, kept

    def _of_arguments(self) -> list[Expr]:
        """Return what arguments are given; keep at which place among the outputs each is."""
        captured = self._captured
        found: list[Expr] = []
        pairs: list[list[tuple[int, int]]] = []
        for given in (captured.written, captured.gradients):
            mine = [(self._arguments[e], new) for e, new in given.items() if e in self._arguments]
            start = len(captured.outputs) + len(found)
            pairs.append([(i, start + k) for k, (i, _) in enumerate(mine)])
            found += [new for _, new in mine]
        self.values_of_arguments, self.gradients_of_arguments = pairs
        """Which arguments are given what, as places among the arguments and the outputs."""
        return found


def _groups(roots: Iterable[Expr], written: Mapping[Expr, Expr]) -> list[tuple[Expr, ...]]:
    """Return which of the arrays that are written lie end to end: those that are joined so."""
    roots = [*roots]
    groups = joins(roots, written)
    grouped = {e for group in groups for e in group}
    by_value = {new: e for e, new in written.items() if e not in grouped}
    groups += [tuple(by_value[new] for new in group) for group in joins(roots, by_value)]
    grouped = {e for group in groups for e in group}
    return [*groups, *((e,) for e in written if e not in grouped)]


def _whole(group: Sequence[Expr], slots: Iterable[Slot]) -> Expr:
    """Return the symbol of the array in which others lie, called after their number and kind."""
    if len(group) == 1:
        return group[0]
    (kind, *others) = {slot.kind for slot in slots}
    name = f"{len(group):,} {'arrays' if others else kind}"
    return symbol(name, (sum(prod(e.shape) for e in group),), group[0].dtype)


def _joined(values: list[Expr]) -> Expr:
    return values[0] if len(values) == 1 else joined(values)
