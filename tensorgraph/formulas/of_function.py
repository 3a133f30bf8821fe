"""``derive`` of a function, which is run once on example arguments to record a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_array
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor, argument, tensor
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.recorded_call import (
    argument_names,
    call_name,
    call_parameters,
    missing_arguments,
    names_read,
    recorded_call,
)
from tensorgraph.formulas.run_again import Rerun
from tensorgraph.formulas.targets import places_in
from tensorgraph.nn.module import Module


class Asked(NamedTuple):
    """What to differentiate, by what, and the variables around it."""

    output: Tensor
    wrt: Any
    scope: Scope
    rerun: Rerun | None = None
    """The function that was run, if one was given."""


def asked(output: Any, args: Sequence[Any], wrt: Any, frame: FrameType) -> Asked:
    """Return what the arguments of ``derive`` ask for.

    Raises:
        ArgumentError: something is missing, or given twice.
        DTypeError: the first argument is neither a tensor nor a function.
    """
    if callable(output) and type(output) is not Tensor:
        return _recorded(output, args, wrt, frame)
    if type(output) is not Tensor:
        raise errors.DTypeError(
            "derive: the output is a tensor, or a function or module to be run, not"
            f" {errors.describe(output)}; compute it from tensors that have requires_grad=True"
        )
    if len(args) + (wrt is not None) != 1:
        raise errors.ArgumentError(
            "derive: say what to differentiate by: tg.derive(output, wrt=W), or several in a list,"
            " tg.derive(output, wrt=[W, b])"
        )
    return Asked(output, args[0] if args else wrt, Scope(frame))


def _recorded(f: Callable[..., Any], args: Sequence[Any], wrt: Any, frame: FrameType) -> Asked:
    """Run a function or module once.

    Args:
        f: the function or module.
        args: what to call it with.
        wrt: the names or positions of arguments, or paths of a module's parameters, alone or in a
            list; ``None`` for a module's parameters, or else all arguments that have a gradient.
        frame: where ``derive`` was called.

    Raises:
        ArgumentError: nothing is called so, or it has no gradient; an argument is missing.
        DTypeError: it returns no tensor.
    """
    title = call_name(f) or "the function"
    if not args and call_parameters(f):
        raise errors.ArgumentError(
            f"derive: give example arguments to run {title} with: tg.derive(f, X, W)"
        )
    missing = missing_arguments(f, args)
    if missing:
        raise errors.ArgumentError(
            f"derive: {title} also needs {', '.join(missing)}; give an example of each argument"
        )
    args = [_with_arrays(arg) for arg in args]
    arguments = _Arguments(f, args)
    targets = arguments.targets(wrt)
    result, frames = recorded_call(f, unflatten(arguments.structure, arguments.leaves))
    if type(result) is not Tensor:
        raise errors.DTypeError(
            f"derive: {title} returned {errors.describe(result)}, not a tensor; return one scalar,"
            " such as the cost, computed with tensors and tg functions"
        )
    if wrt is None and isinstance(targets, list):  # what it does not use has no formula
        used = places_in(place_of(result))
        targets = [t for t in targets if place_of(t) in used] or targets
    scope = Scope(frames[0] if frames else frame)
    scope.leave_numbers(names_read(f) | set(filter(None, arguments.names)))
    if isinstance(f, Module):
        scope.add_module(f)
    for leaf, name in zip(arguments.leaves, arguments.names, strict=True):
        if type(leaf) is Tensor and leaf.requires_grad and name:
            scope.places[place_of(leaf)] = leaf.name or name
    known = "" if isinstance(f, Module) else call_name(f)
    scope.places.setdefault(place_of(result), known or "output")
    return Asked(result, targets, scope, Rerun(f, arguments.leaves, arguments.structure))


def _with_arrays(arg: Any) -> Any:
    """Return a list of floats as their array; any other argument as it is.

    Whole numbers alone may be a shape, and what holds arrays or tensors is a container.
    """
    leaves = flatten(arg)[0] if isinstance(arg, list) else []
    numbers = all(type(x) in (int, float) for x in leaves)
    return to_array(arg) if numbers and any(type(x) is float for x in leaves) else arg


class _Arguments:
    """The arguments of a call, as leaves of a graph where they are differentiated by."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any]) -> None:
        self.f = f
        self.leaves, self.structure = flatten(tuple(args))
        self.names = argument_names(f, args)
        self.positions = [k for k, arg in enumerate(args) for _ in flatten(arg)[0]]

    def targets(self, wrt: Any) -> Any:
        """Return what to differentiate by."""
        if wrt is None:
            return self.f if isinstance(self.f, Module) else self._all()
        if isinstance(wrt, Mapping):
            return {key: self._one(each) for key, each in wrt.items()}
        if not isinstance(wrt, (list, tuple)):
            found = self._chosen(wrt)
            return found[0] if len(found) == 1 else found
        return [target for each in wrt for target in self._chosen(each)]

    def _all(self) -> list[Tensor]:
        found = [i for i, leaf in enumerate(self.leaves) if _has_gradient(leaf)]
        if not found:
            raise errors.ArgumentError(
                "derive: no argument has a gradient; give an array of floats, or a tensor with"
                " requires_grad=True, or say by what with wrt="
            )
        return [self._leaf(i) for i in found]

    def _one(self, wanted: Any) -> Any:
        found = self._chosen(wanted)
        if len(found) != 1:
            raise errors.ArgumentError(f"derive: {wanted!r} names {len(found)} tensors, not one")
        return found[0]

    def _chosen(self, wanted: Any) -> list[Any]:
        """Return the tensors that a name or position stands for; a tensor stands for itself."""
        if type(wanted) not in (str, int):
            return [wanted]
        found = [i for i, name in enumerate(self.names) if name == wanted]
        if not found:
            parameters = call_parameters(self.f)
            at = parameters.index(wanted) if wanted in parameters else wanted
            found = [i for i, k in enumerate(self.positions) if k == at]
        if found:
            return [self._leaf(i) for i in found]
        paths = dict(self.f.named_parameters()) if isinstance(self.f, Module) else {}
        if wanted in paths:
            return [paths[wanted]]
        known = ", ".join(filter(None, [*self.names, *paths]))
        raise errors.ArgumentError(f"derive: no argument is called {wanted!r}; there are {known}")

    def _leaf(self, i: int) -> Tensor:
        """Return an argument as a leaf that wants a gradient, which takes its place."""
        leaf = self.leaves[i]
        if type(leaf) is not Tensor:
            if np.asarray(leaf).dtype.kind != "f":
                raise errors.ArgumentError(
                    f"derive: the argument {self.names[i] or i} is {errors.describe(leaf)}, which"
                    " has no gradient; write it with floats"
                )
            leaf = argument(tensor(leaf).data)
        elif not leaf.requires_grad or not leaf.is_leaf:
            leaf, name = argument(leaf.data), leaf.name
            leaf.name = name
        self.leaves[i] = leaf
        return leaf


def _has_gradient(leaf: Any) -> bool:
    """Return whether an argument is differentiated by unless others are named."""
    if type(leaf) is Tensor:
        return leaf.requires_grad
    return isinstance(leaf, (float, np.ndarray, np.floating)) and np.asarray(leaf).dtype.kind == "f"
