"""What a function computes, as expressions that know where in the model and the source they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.modes import MODE, observing, user_line
from tensorgraph.engine.observers import Backward, Forward, Observer
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.onnx.exporting import sequences
from tensorgraph.onnx.importing.imported import Imported
from tensorgraph.symbolic.capture import Captured, capture
from tensorgraph.symbolic.expr import Expr, constant


class Place(NamedTuple):
    """Where something is computed."""

    scope: str = ""
    """The path and class of the module: ``model.layers[0] Linear``."""
    line: str = ""
    """The file and line of the user's that it stands in."""
    of_gradient: bool = False

    def __str__(self) -> str:
        where = " in " * bool(self.scope) + self.scope
        return where + " (its gradient)" * self.of_gradient + f", {self.line}" * bool(self.line)


class Reader(Observer):
    """Keeps where each expression was computed, and the modules that were called."""

    def __init__(self, steps: Collection[int] | None = None, *, whole: bool = True) -> None:
        self.allowed, self.whole = steps, whole
        self.steps: set[int] = set()
        """The lengths of sequences whose steps are taken one by one."""
        self.places: dict[Expr, Place] = {}
        self.roots: dict[Module, None] = {}

    def met(self, thing: Any) -> None:
        """Keep a module that no other one calls."""
        if isinstance(thing, Module) and MODE.get().call is None:
            self.roots[thing] = None

    def instead(self, part: Any, *inputs: Any, **how: Any) -> Any:
        """Return what stands for the results of a recurrent layer along its sequence.

        Raises:
            ExportError: its steps are needed one by one, and there may be any number of them.
        """
        found = sequences.whole(part, *inputs, **how) if self.whole else None
        if found is None:
            length = shape_of(inputs[0])[1]
            self.steps.add(length)
            if self.allowed is not None and length not in self.allowed:
                raise errors.ExportError(
                    f"{MODE.get().scope} goes step by step along an axis whose size may be any,"
                    " which a file can only where no gradient is computed, in float32, and without"
                    ' proj_features; fix that axis: dynamic_axes={"x": {0: "batch"}}'
                )
        return found

    def forward(self, event: Forward) -> None:
        """Keep the place of a result."""
        if type(event.out) is Expr:
            self.places.setdefault(event.out, Place(MODE.get().scope, user_line() or ""))

    def backward(self, event: Backward) -> None:
        """Keep the place of all that a gradient rule computed."""
        place = Place(event.node.scope, event.node.line or "", of_gradient=True)
        stack = [event.result]
        while stack:
            e = stack.pop()
            if type(e) is Expr and e.op is not None and e not in self.places and e is not event.g:
                self.places[e] = place
                stack.extend(e.args)


@dataclass(frozen=True, eq=False)
class Reading:
    """A function of arrays as expressions."""

    captured: Captured
    places: dict[Expr, Place]
    roots: Sequence[Module]
    steps: Collection[int]
    """The lengths of sequences whose steps are taken one by one."""

    def named_tensors(self) -> dict[str, tuple[Expr, Tensor]]:
        """Return the tensors that the function uses besides its inputs, of those that have a name.

        Those of a module are called as in its ``state_dict``; of several modules, the class and a
        number stand before that.
        """
        known: dict[int, str] = {}
        groups: list[tuple[Module, dict[int, str]]] = []
        for root in self.roots:  # one may lie in another
            own = {id(t): path for path, t in root._tensors() if id(t) not in known}
            known |= own
            groups += [(root, own)] if own else []
        if len(groups) > 1:
            for i, (root, own) in enumerate(groups):
                known |= {t: f"{type(root).__name__}_{i}.{path}" for t, path in own.items()}
        found: dict[str, tuple[Expr, Tensor]] = {}
        for e, tensor in self.captured.tensors.items():
            name = known.get(id(tensor)) or tensor.name
            if name and name not in found:
                found[name] = e, tensor
        return found

    def unnamed(self, named: Collection[str]) -> dict[Expr, Expr]:
        """Return the other tensors as constants, such as zeros that the function itself makes."""
        own = self.named_tensors()
        kept = {own[name][0] for name in named}
        return {
            e: constant(np.asarray(to_host(t.data)))
            for e, t in self.captured.tensors.items()
            if e not in kept
        }


def read(
    f: Callable[..., Any],
    arguments: Sequence[Any],
    names: Sequence[str],
    model: Module | None = None,
    steps: Collection[int] | None = None,
) -> Reading:
    """Return what ``f`` computes of arrays like these, a model or a part of one; nothing runs.

    Args:
        f: the function.
        arguments: what it is called with.
        names: what these are called.
        model: the module that is exported.
        steps: how long sequences may be that are gone through step by step; any, unless given.

    Raises:
        ExportError: it writes to tensors, which a file cannot.
        GraphError: it asks for the value of an element.
    """
    try:
        reading = _read(f, arguments, names, model, Reader(steps))
    except sequences.StepsNeeded:
        reading = _read(f, arguments, names, model, Reader(steps, whole=False))
    except errors.GraphError as error:
        if isinstance(error, errors.ExportError):
            raise
        hint = "; a loaded network is written if all of it is arithmetic: keep its file otherwise"
        raise errors.ExportError(
            f"onnx.export: what is computed follows from values, which a file cannot tell: {error}"
            + hint * isinstance(model, Imported)
        ) from error
    captured = reading.captured
    if captured.written:
        known = {e: name for name, (e, _) in reading.named_tensors().items()}
        written = ", ".join(known.get(e) or e.name or "a tensor" for e in captured.written)
        raise errors.ExportError(
            f"onnx.export: the function writes {written}, but a file has no state; call"
            " model.eval() first where that is what training keeps up, or return the new value"
        )
    return reading


def _read(
    f: Callable[..., Any], arguments: Sequence[Any], names: Sequence[str], model: Module | None,
    reader: Reader,
) -> Reading:  # fmt: skip
    if model is not None:
        reader.roots[model] = None

    def watched(*tensors: Tensor) -> Any:
        with observing(reader):
            return f(*tensors)

    captured = capture(watched, *arguments, names=names)
    return Reading(captured, reader.places, list(reader.roots), reader.steps)
