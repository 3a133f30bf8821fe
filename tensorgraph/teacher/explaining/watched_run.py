"""A function that computes a loss, run once to see where a parameter's values go.

All it computes is recorded with the user's lines. What leaves the graph is noted: an operation that
is given values of the parameter, or what was computed from them, and is not recorded; and a line
that reads them as an array or a number. Afterwards everything is as it was before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.engine import modes, tensor as tensors
from tensorgraph.engine.modes import MODE, PACKAGE, observing, user_line
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.engine.random_generator import Generator
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.recorded_call import recorded_call
from tensorgraph.symbolic.attributes import Attributes

_READS = {
    "data": ".data", "numpy": ".numpy()", "to_numpy": ".to_numpy()", "detach": ".detach()",
    "item": ".item()", "_read": "", "__array__": "np.asarray", "__float__": "float(x)",
    "__int__": "int(x)", "__bool__": "bool(x)", "__copy__": "copy.copy", "assign": ".assign",
    "__dlpack__": "DLPack", "__deepcopy__": "copy.deepcopy",
}  # fmt: skip


class Kept(Observer):
    """Keeps what leaves, optimizers and the like held before a run, to give it back."""

    def __init__(self) -> None:
        self._before: dict[int, Attributes] = {}

    def met(self, thing: Any) -> None:
        """Keep what is about to be changed, the first time it is met."""
        result = type(thing) is Tensor and thing._node is not None
        if not result and thing is not None and type(thing) is not Generator:
            if id(thing) not in self._before:
                self._before[id(thing)] = Attributes(thing)  # refers to it, so its id stays its own

    def restore(self) -> None:
        """Give back what was held."""
        for attributes in self._before.values():
            attributes.restore()


class Exit(NamedTuple):
    """A place where values leave the graph."""

    kind: str
    """``"no_grad"``, ``"no derivative"``, ``"constant"`` or ``"read"``."""
    op: str
    """The operation, or how the values are read."""
    module: str
    line: str
    array: Any
    """What comes out."""
    sources: frozenset[int]
    """The numbers of the tensors that were asked about and lead there."""


class _Mark(NamedTuple):
    """What is known of an array: from which tensors it comes, and where it left the graph."""

    array: Any  # kept, so that no other array is given its id
    sources: frozenset[int]
    exits: frozenset[int]


_NOTHING: frozenset[int] = frozenset()


class Flow(Kept):
    """Follows the values of some tensors by the arrays that hold them."""

    def __init__(self, asked: list[Tensor]) -> None:
        super().__init__()
        self.asked = asked
        self.exits: list[Exit] = []
        self._marks: dict[int, _Mark] = {}
        for k, each in enumerate(asked):
            self._mark(each._data, frozenset([k]), _NOTHING)

    def _mark(self, array: Any, sources: frozenset[int], exits: frozenset[int]) -> None:
        before = self._mark_of(array)
        sources, exits = sources | before.sources, exits | before.exits
        self._marks[id(_owner(array))] = _Mark(array, sources, exits)

    def _mark_of(self, array: Any) -> _Mark:
        return self._marks.get(id(_owner(array)), _Mark(array, _NOTHING, _NOTHING))

    def forward(self, event: Forward) -> None:
        """Follow an operation; note it if it is not recorded."""
        marks = [mark for array in event.arrays if (mark := self._mark_of(array)).sources]
        if not marks:
            return
        sources = _NOTHING.union(*(mark.sources for mark in marks))
        exits = _NOTHING.union(*(mark.exits for mark in marks))
        if event.node is None and not all(mark.exits for mark in marks):
            kind = _kind(event) if MODE.get().recording else "no_grad"
            exits |= self._leave(kind, event.op.name, user_line() or "", event.out, sources)
        self._mark(event.out, sources, exits)

    def met(self, thing: Any) -> None:
        """Note who reads a tensor that wants a gradient."""
        super().met(thing)
        if type(thing) is not Tensor or not thing._requires_grad:
            return
        mark = self._mark_of(thing._data)
        asked = ""
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_filename in _ENGINES:
            asked, frame = frame.f_code.co_name, frame.f_back
        if mark.sources and frame is not None and asked in _READS:
            if not frame.f_code.co_filename.startswith(PACKAGE):
                line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                self._leave("read", _READS[asked] or asked, line, thing._data, mark.sources)

    def _leave(
        self, kind: str, op: str, line: str, array: Any, sources: frozenset[int]
    ) -> frozenset[int]:
        self.exits.append(Exit(kind, op, MODE.get().scope, line, array, sources))
        return frozenset([len(self.exits) - 1])

    def exits_of(
        self, source: int, constants: list[Any], same: Callable[..., bool]
    ) -> tuple[list[Exit], bool]:
        """Return where the values of a tensor leave the graph on their way to some arrays.

        Where none of these is known, as NumPy computed on, all places where they leave it; the
        second is whether they are known.
        """
        own = [e for e in self.exits if source in e.sources]
        known = [(m.array, m.exits) for m in self._marks.values() if source in m.sources]
        known += [(e.array, frozenset([k])) for k, e in enumerate(self.exits) if e.kind == "read"]
        found = _NOTHING.union(
            *(exits for array, exits in known if exits and any(same(array, c) for c in constants))
        )
        chosen = [self.exits[k] for k in sorted(found) if source in self.exits[k].sources]
        told = {(e.kind, e.op, e.line): e for e in chosen or own}
        return list(told.values()), bool(chosen)


def _kind(event: Forward) -> str:
    """Return why an operation was not recorded, though it might have been."""
    words = [event.op.rule_word(i) for i, _ in enumerate(event.arrays)]
    decided = event.out.dtype.kind != "f" or all(word is NONDIFF for word in words)
    return "no derivative" if decided else "constant"


_ENGINES = (__file__, modes.__file__, tensors.__file__)


def run(f: Callable[[], Any], asked: list[Tensor]) -> tuple[Tensor, Flow, list[FrameType]]:
    """Call a function that computes a loss; return the loss, what left the graph, and its frame.

    Raises:
        DTypeError: it returns no tensor.
        ShapeError: it does not return a single number.
    """
    flow = Flow(asked)
    with _restored(flow):
        loss, frames = recorded_call(f, ())
    if type(loss) is not Tensor:
        raise errors.DTypeError(
            f"explain: the function returned {errors.describe(loss)}, not the loss as a tensor"
        )
    return loss, flow, frames


def value_with(f: Callable[[], Any], instead: Mapping[Tensor, Any]) -> float | None:
    """Return the loss that a function computes if parameters have other values.

    ``None`` if it computes none of them: it may check what it is given.
    """
    kept = Kept()
    with _restored(kept):
        for parameter, array in instead.items():
            kept.met(parameter)
            parameter._data = array
        try:
            loss, _ = recorded_call(f, ())
        except Exception:  # whatever the user's code raises of values that nobody meant for it
            return None
    return float(np.asarray(loss._data).item())


@contextmanager
def _restored(kept: Kept) -> Iterator[None]:
    """Run a block after which all that it met is as it was."""
    try:
        with observing(kept):
            yield
    finally:
        kept.restore()


def _owner(array: Any) -> Any:
    """Return the array that owns the memory of a view."""
    while getattr(array, "base", None) is not None and isinstance(array.base, np.ndarray):
        array = array.base
    return array
