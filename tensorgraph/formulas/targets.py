"""What is asked of ``derive``, and whether it can be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.nn.module import Module


@dataclass(frozen=True)
class Target:
    """What to differentiate by, and what it is called."""

    place: Any
    """A node or leaf of the graph."""
    name: str | None


def targets_of(wrt: Any, name: Any, scope: Scope) -> list[Target]:
    """Return what is to be differentiated by, as a flat list.

    Raises:
        ArgumentError: nothing, or names that do not fit.
        DTypeError: something that has no gradient.
    """
    found: list[tuple[Any, Any]]
    if isinstance(wrt, Module):
        scope.add_module(wrt)
        found = [(t, None) for t in wrt.parameters()]
    elif isinstance(wrt, Mapping):
        found = [(t, _of_key(t, str(key), scope)) for key, t in wrt.items()]
    elif isinstance(wrt, (list, tuple)):
        names = name if isinstance(name, (list, tuple)) else [None] * len(wrt)
        if len(names) != len(wrt):
            raise errors.ArgumentError(f"derive: {len(names)} names for {len(wrt)} tensors")
        found = list(zip(wrt, names, strict=True))
    else:
        found = [(wrt, name)]
    if not found:
        raise errors.ArgumentError("derive: wrt names nothing to differentiate by")
    for tensor, _ in found:
        if type(tensor) is not Tensor:
            raise errors.DTypeError(
                f"derive: only by a tensor can be differentiated, not {errors.describe(tensor)}"
            )
        if tensor.dtype.kind != "f":
            raise errors.DTypeError(
                f"derive: {errors.owner(tensor)} holds {tensor.dtype}, which has no gradient; write"
                " .astype('float32') before the graph is recorded"
            )
    fits = _is_word if isinstance(wrt, Mapping) else _is_name  # columns of data are called 50%
    for given in (name for _, name in found if name is not None):
        if not fits(given):
            raise errors.ArgumentError(
                f"derive: {given!r} is no name for a formula; write a letter or word, with digits"
                ' and _ after it: "W1"'
            )
    return [Target(p, n or scope.of_place(p) or t.name) for t, n in found for p in [place_of(t)]]


def _of_key(tensor: Any, key: str, scope: Scope) -> str | None:
    """Return a name; ``None`` if what the caller's variables call it says more.

    That is so of a parameter whose key is its path in the module, and of a number that counts.
    """
    place = place_of(tensor) if type(tensor) is Tensor else None
    path = scope.of_place(place) or ""
    within = path in scope.parameters and f".{path}".endswith(f".{key}")
    return None if within or key.isdecimal() else key


def _is_name(given: Any) -> bool:
    """Return whether something is a name that anything can have in a formula."""
    return isinstance(given, str) and bool(re.fullmatch(r"[^\W\d]\w*(\.\w+)*", given))


def _is_word(key: str) -> bool:
    """Return whether a key can stand in a formula as it is."""
    return len(key.split()) == 1 and key == key.strip()


def check_output(output: Tensor, gradient: Any) -> None:
    """Raise unless ``output`` can be differentiated, from ``gradient`` if that is given.

    Raises:
        GraphError: nothing led to it, or it is no scalar.
        ShapeError: the gradient has another shape.
    """
    if type(output._node) is not Node:
        raise errors.GraphError(
            f"derive: {errors.owner(output)} was not computed from anything that needs a gradient;"
            " write requires_grad=True where a parameter is made"
        )
    if gradient is None and output.size != 1:
        raise errors.GraphError(
            f"derive: only a scalar has a gradient by itself, {errors.owner(output)} has shape"
            f" {output.shape}; write .sum() or .mean() first, or give gradient= to start from"
        )
    if gradient is not None and np.shape(gradient) != output.shape:
        raise errors.ShapeError(
            f"derive: the gradient to start from has shape {np.shape(gradient)}, the output"
            f" {output.shape}"
        )


def check_in_graph(root: Node, targets: Sequence[Target]) -> None:
    """Raise unless the root was computed from every target.

    Raises:
        GraphError: it was not.
    """
    seen = places_in(root)
    for target in targets:
        place = target.place
        known = target.name or "this tensor"
        if type(place) is Tensor and not place.requires_grad:
            raise errors.GraphError(
                f"derive: {known} needs no gradient; write requires_grad=True where it is made"
            )
        if place not in seen:
            raise errors.GraphError(
                f"derive: the output was not computed from {known}: it is not in this graph"
            )


def places_in(root: Any) -> set[Any]:
    """Return the nodes and leaves of a graph."""
    stack, seen = [root], {root}
    while stack:
        place = stack.pop()
        for parent in place.parents if type(place) is Node else ():
            if type(parent) in (Node, Tensor) and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return seen
