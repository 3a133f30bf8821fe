"""A function that computes a loss, run once to see where a parameter's values go.

All it computes is recorded with the user's lines. What leaves the graph is noted: an operation that
is given values of the parameter, or what was computed from them, and is not recorded; and a line
that reads them as an array or a number. Afterwards everything is as it was before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.engine import modes, tensor as tensors
from tensorgraph.engine.modes import MODE, PACKAGE, Forward, Observer, observing, user_line
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.recorded_call import recorded_call

_READS = {
    "data": ".data", "numpy": ".numpy()", "to_numpy": ".to_numpy()", "detach": ".detach()",
    "item": ".item()", "_read": "", "__array__": "np.asarray", "__float__": "float(x)",
    "__int__": "int(x)", "__bool__": "bool(x)", "__copy__": "copy.copy", "assign": ".assign",
    "__dlpack__": "DLPack", "__deepcopy__": "copy.deepcopy",
}  # fmt: skip


class Exit(NamedTuple):
    """A place where values leave the graph."""

    kind: str
    """``"no_grad"``, ``"no derivative"`` or ``"read"``."""
    op: str
    """The operation, or how the values are read."""
    module: str
    line: str
    array: Any
    """What comes out."""
    sources: frozenset[int]
    """The numbers of the tensors that were asked about and lead there."""


class _Flow(Observer):
    """Follows the values of some tensors by the arrays that hold them."""

    def __init__(self, asked: list[Tensor]) -> None:
        self.exits: list[Exit] = []
        self._of: dict[int, frozenset[int]] = {}
        self._kept: list[Any] = []  # so that no id is given to another array
        for k, each in enumerate(asked):
            self._mark(each._data, frozenset([k]))

    def _mark(self, array: Any, sources: frozenset[int]) -> None:
        key = id(_owner(array))
        self._kept.append(array)
        self._of[key] = self._of.get(key, frozenset()) | sources

    def _sources(self, array: Any) -> frozenset[int]:
        return self._of.get(id(_owner(array)), frozenset())

    def forward(self, event: Forward) -> None:
        """Follow an operation; note it if it is not recorded."""
        sources = frozenset[int]().union(*map(self._sources, event.arrays))
        if not sources:
            return
        self._mark(event.out, sources)
        if event.node is None:
            kind = "no derivative" if MODE.get().recording else "no_grad"
            self.exits.append(
                Exit(kind, event.op.name, MODE.get().scope, user_line() or "", event.out, sources)
            )

    def met(self, thing: Any) -> None:
        """Note who reads a tensor that wants a gradient."""
        if type(thing) is not Tensor or not thing._requires_grad:
            return
        sources = self._sources(thing._data)
        asked = ""
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_filename in _ENGINES:
            asked, frame = frame.f_code.co_name, frame.f_back
        if not sources or frame is None or asked not in _READS:
            return
        if frame.f_code.co_filename.startswith(PACKAGE):
            return
        line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        how = _READS[asked] or asked
        self.exits.append(Exit("read", how, MODE.get().scope, line, thing._data, sources))


_ENGINES = (__file__, modes.__file__, tensors.__file__)


def run(f: Callable[[], Any], asked: list[Tensor]) -> tuple[Tensor, list[Exit], list[FrameType]]:
    """Call a function that computes a loss; return the loss, the exits, and the function's frame.

    Raises:
        DTypeError: it returns no tensor.
        ShapeError: it does not return a single number.
    """
    flow = _Flow(asked)
    with _unchanged(asked), observing(flow):
        loss, frames = recorded_call(f, ())
    if type(loss) is not Tensor:
        raise errors.DTypeError(
            f"explain: the function returned {errors.describe(loss)}, not the loss as a tensor"
        )
    return loss, flow.exits, frames


def value_with(f: Callable[[], Any], parameter: Tensor, array: Any) -> float:
    """Return the loss that a function computes if a parameter has other values."""
    with _unchanged([parameter]):
        parameter._data = array
        loss, _ = recorded_call(f, ())
    return float(np.asarray(loss._data).item())


@contextmanager
def _unchanged(parameters: list[Tensor]) -> Iterator[None]:
    """Run a block after which tensors have their values and gradients of before."""
    before = [(p, p._data, p._node, p._grad) for p in parameters]
    try:
        yield
    finally:
        for p, data, node, grad in before:
            p._data, p._node, p._grad = data, node, grad


def _owner(array: Any) -> Any:
    """Return the array that owns the memory of a view."""
    while getattr(array, "base", None) is not None and isinstance(array.base, np.ndarray):
        array = array.base
    return array
