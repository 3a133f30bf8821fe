"""What is to be drawn: recorded tensors, or a module or function that is run to record it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.caller.variables import variable_of
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor, argument, tensor
from tensorgraph.formulas.derivation import Derivation
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.recorded_call import (
    argument_names,
    call_name,
    call_parameters,
    recorded_call,
)
from tensorgraph.formulas.targets import places_in
from tensorgraph.nn.module import Module


@dataclass
class Recording:
    """Recorded outputs, and what is known of their graph besides."""

    outputs: list[Tensor]
    title: str
    scopes: list[Scope]
    """Variables that may hold values of the graph, those to be asked first at the front."""
    names: dict[Any, str] = field(default_factory=dict)
    """Names by place that are known otherwise; they come first."""
    followed: set[Any] = field(default_factory=set)
    """Leaves that want a gradient only so that what is computed from them is recorded."""
    given: dict[Any, Any] = field(default_factory=dict)
    """For the place of an argument, that which stands for it in the graph."""
    derives_by_followed: bool = False
    """Whether gradients of these are wanted all the same."""
    called_at: str = ""
    """Where ``render`` was called: the source line of no operation."""
    formula: str = ""
    caption: tuple[str, ...] = ()
    typeset: tuple[tuple[str, str, str], ...] = ()

    def name_of(self, place: Any) -> str | None:
        """Return what the tensor at a place is called."""
        known = place.name if type(place) is Tensor else None
        for found in (known, self.names.get(place), *(s.of_place(place) for s in self.scopes)):
            if found:
                return found
        return None

    def name_of_array(self, array: Any, node: Node, i: int) -> str | None:
        """Return the variable that an array is which a node has as its ``i``-th operand."""
        found = (name for scope in self.scopes for name in scope.of_operand(array, node, i))
        return next(found, None)

    def heed(self) -> None:
        """Let scopes know what is in the graph: a name may be short that nothing else in it has."""
        places = {place for each in self.outputs for place in places_in(place_of(each))}
        for scope in self.scopes:
            scope.heed(places)

    def is_given(self, name: str) -> bool:
        """Return whether an array with a name is what the caller holds, not a part of a module."""
        scope = self.scopes[-1]
        return scope.holds_array(name) and name not in scope.parameters


def recording_of(
    x: Any, args: tuple[Any, ...], frame: FrameType, asks: str = "render"
) -> Recording:
    """Return what is to be drawn for the arguments of ``render``.

    Args:
        x: a tensor, several of them, a derivation, a module or a function.
        args: the arguments of the last two.
        frame: whose variables give names.
        asks: the function that messages speak of.

    Raises:
        ArgumentError: arguments are missing, or there is nothing to give them to.
        DTypeError: it is nothing that has a graph.
        GraphError: nothing was recorded.
    """
    if isinstance(x, Module) or (callable(x) and not isinstance(x, (Tensor, Derivation))):
        return _run(x, args, Scope(frame), frame, asks)
    if args:
        raise errors.ArgumentError(
            f"{asks}: further arguments are what a module or function is called with;"
            f" {errors.describe(x)} takes none. Write tg.{asks}([a, b]) for several tensors"
        )
    if isinstance(x, Derivation):
        found = _recorded([x.output], frame)
        found.names |= x.called
        found.formula, found.caption = x.mathml(), tuple(str(x).splitlines())
        found.typeset = tuple(x.typeset())
        return found
    tensors = flatten(x)[0]
    for each in tensors:
        if type(each) is not Tensor:
            raise errors.DTypeError(
                f"{asks}: a picture is of a tensor, a list of tensors, a module or function with"
                f" its arguments, or what tg.derive returns, not of {errors.describe(each)}"
            )
    if not tensors:
        raise errors.ArgumentError(f"{asks}: the list holds no tensor")
    _check_recorded(tensors, asks)
    return _recorded(tensors, frame)


def _recorded(tensors: list[Tensor], frame: FrameType) -> Recording:
    tensors = list({place_of(each): each for each in tensors}.values())
    found = Recording(tensors, "", [Scope(frame)])
    found.heed()
    names = [found.name_of(place_of(each)) for each in tensors]
    found.title = ", ".join(name for name in names if name)
    return found


def _check_recorded(tensors: Sequence[Tensor], asks: str) -> None:
    if not any(each.requires_grad for each in tensors):
        raise errors.GraphError(
            f"{asks}: {errors.owner(tensors[0])} has no recorded graph: nothing it was computed"
            " from has requires_grad=True, or it was computed under tg.no_grad(). Write"
            " requires_grad=True where a parameter is made; or, to see everything that a function"
            f" f or a module computes, tg.{asks}(f, x)"
        )


# ---------------------------------------------------------------------------------------- running


def _run(f: Any, args: tuple[Any, ...], scope: Scope, frame: FrameType, asks: str) -> Recording:
    """Call a module or function, recording all that it computes; it is left as it was."""
    if not args and call_parameters(f):
        raise errors.ArgumentError(
            f"{asks}: {_title(f, frame)} is drawn by running it once; give it an example of its"
            f" arguments: tg.{asks}(model, x)"
        )
    leaves, structure = flatten(args)
    found = Recording([], _title(f, frame), [scope])
    given = [_followed(leaf, found) for leaf in leaves]
    for leaf, name in zip(given, argument_names(f, args), strict=True):
        if name and type(leaf) is Tensor:
            found.names[place_of(leaf)] = name
    for leaf, stand_in in zip(leaves, given, strict=True):
        if type(leaf) is Tensor and type(stand_in) is Tensor:
            found.given[place_of(leaf)] = place_of(stand_in)
    result, inner = recorded_call(f, unflatten(structure, given))
    outputs = [each for each in flatten(result)[0] if type(each) is Tensor]
    if not outputs:
        raise errors.DTypeError(
            f"{asks}: {found.title} returned {errors.describe(result)}, which holds no tensor;"
            " write it over tensors and tg functions"
        )
    recorded = [each for each in outputs if type(each._node) is Node]
    if not recorded:
        raise errors.GraphError(
            f"{asks}: nothing that {found.title} computed was recorded: it computes with integers"
            " or detached values only, or not at all"
        )
    found.outputs = recorded
    found.scopes = [*(Scope(each) for each in inner), scope]
    found.heed()
    found.called_at = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    if isinstance(f, Module):
        held = (*f.named_buffers(), *f.named_parameters())
        found.names |= {place_of(t): t.name or path for path, t in held}
    return found


def _title(f: Any, frame: FrameType) -> str:
    """Return what a module or function is called: by itself, or by the variable that holds it."""
    own = call_name(f) if isinstance(f, Module) or hasattr(f, "__name__") else ""
    return own or variable_of(f, frame) or call_name(f) or "function"


def _followed(leaf: Any, recording: Recording) -> Any:
    """Return an argument such that what is computed from it is recorded."""
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind in "fiub":
        leaf = tensor(leaf, dtype=leaf.dtype)
    if type(leaf) is not Tensor or leaf.dtype.kind != "f":
        return leaf
    if leaf.requires_grad:
        return leaf if leaf.is_leaf else argument(leaf.data)
    followed = argument(leaf.data)
    followed.name = leaf.name
    recording.followed.add(followed)
    return followed
