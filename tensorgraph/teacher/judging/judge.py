"""``judge``: gradients written by hand are marked as a teacher marks them."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node, ancestors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.teacher.judging.beside import formulas_beside
from tensorgraph.teacher.judging.handed_in import (
    flat,
    handed_in,
    line_in,
    parameters_in_order,
    returned_by,
)
from tensorgraph.teacher.judging.judgement import Judgement
from tensorgraph.teacher.judging.mark import Asked
from tensorgraph.teacher.judging.marking import Marking
from tensorgraph.teacher.judging.names import Names, readings
from tensorgraph.teacher.judging.operations import MATMUL
from tensorgraph.teacher.judging.recording import Recording, record
from tensorgraph.teacher.judging.rounding import Rounding
from tensorgraph.teacher.judging.written_formulas import Namespace, cannot


def judge(
    loss: Tensor,
    grads: Any,
    *args: Any,
    wrt: Any = None,
    steps: bool = False,
    time_limit: float | None = 10.0,
) -> Judgement:
    """Compare gradients written by hand with the engine's, and say what is wrong with each.

    The graph of ``loss`` says what is right. Where a gradient is not, changes of the backward pass
    are sought that give exactly what was handed in: a factor, a mask or a term left out, a sum over
    the wrong axis, another value in the place of one. What is said was computed; what nothing
    explains is said to be so. Faults are told from the loss on; what comes later is judged given
    what came earlier, and gradients on the way may leave out what all is divided by, as the Deep
    Learning Specialization writes them: dZ = A − Y, and 1/m with dW and db.

    Args:
        loss: a scalar that was computed with tensors; the rest may be in NumPy.
        grads: the gradients by name, as the course keeps them (``{"dW1": dW1}``): arrays, tensors,
            or formulas such as ``"(A2 - Y) @ A1.T / m"``; or the function that returns
            them; or a list in the order of the parameters. Names are those of the caller's
            variables, of ``tensor.name`` or of paths in a module, with or without the ``d``.
        args: what to call the function with, as NumPy arrays; what is missing are the caller's
            variables of these names.
        wrt: what the gradients are of, where no names say it: tensors, a dict of them, or a module.
        steps: stop at the first that is wrong.
        time_limit: after so many seconds of work, what is not explained yet stays so, which is
            said; ``None`` for no limit.

    Raises:
        GraphError: the loss needs no gradient, is not a scalar, or a parameter was assigned to
            since it was computed.
        ArgumentError: nothing in the graph is called so; none of the formulas can be computed; a
            function lacks an argument, or returns nothing; a list is in another order than the
            parameters.
        DTypeError: something that is no array of numbers.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> X, Y = np.array([[0.5, -1.0, 2.0, 0.1]]), np.array([[1.0, 0.0, 1.0, 1.0]])
        >>> m = X.shape[1]
        >>> w = tg.tensor([[0.3]], dtype="float64", requires_grad=True)
        >>> A = tg.sigmoid(w @ X)
        >>> cost = -(Y * tg.log(A) + (1 - Y) * tg.log(1 - A)).sum() / m
        >>> print(tg.judge(cost, {"dw": "(A - Y) @ X.T"}))
        ✘ dw  4 times too large (m = 4): divide by m
              you have (A - Y) @ X.T
              it is    dw = Σ₁(X ∘ (A − Y)) / m
              worst    you have -1.41478, it is -0.353695
    """
    return judged(loss, grads, args, wrt, steps, time_limit, sys._getframe(1))


def judged(
    loss: Any,
    grads: Any,
    args: tuple[Any, ...],
    wrt: Any,
    steps: bool,
    time_limit: float | None,
    frame: FrameType,
) -> Judgement:
    """Do what ``judge`` does, with the names of a frame."""
    _check(loss, grads, time_limit)
    root = place_of(loss)
    scope = Scope(frame)
    source = ""
    if callable(grads) and not isinstance(grads, (Mapping, Tensor)):
        grads, source = returned_by(grads, args, frame)
    elif args:
        raise errors.ArgumentError(
            f"judge: got {len(args)} more arguments, which only a function is called with; write"
            " tg.judge(loss, backward, caches)"
        )
    tensors = dict(_of_tensors(wrt, scope))
    for name, t in tensors.items():
        scope.places.setdefault(place_of(t), name)
    recording = record(loss)
    names = Names(root, recording, scope)
    inputs = _inputs(grads, names, scope, root)
    if inputs:
        recording = record(loss, inputs, called=scope.of_operand)
        names = Names(root, recording, scope)
    values = {name: recording.values[p] for p, name in names.called.items()}
    by_name = _by_name(grads, None if wrt is None else list(tensors), names)
    names.number_from_one(by_name)
    places = {key: _places(key, names, recording, tensors) for key in by_name}
    space = Namespace(frame, values, by_name)
    items = [
        handed_in(
            key, value, space, source or line_in(frame, key, value),
            places[key][0].shape if places[key] else None,
        )
        for key, value in by_name.items()
    ]  # fmt: skip
    if all(item.failed for item in items):
        raise cannot(items[0].key, items[0].line, items[0].failed)
    asked = [Asked(item, places[item.key]) for item in items]
    if not any(a.places for a in asked):
        raise _unknown([item.key for item in items], names)
    lowest = min(node.dtype.itemsize for node in [root, *_leaf_types(root)])
    rounding = Rounding(recording, lambda *off: record(loss, inputs, off, scope.of_operand), lowest)
    mentioned = set(re.findall(r"\w+", " ".join([source, *(item.line for item in items)])))
    marking = Marking(recording, names, scope, asked, rounding, mentioned, lowest, time_limit)
    marks = marking.marks(steps)
    beside = formulas_beside(loss, marks, names, scope, recording)
    old = {new: place for place, new in recording.place.items()}
    judged_at = {mark.key: old[mark.place] for mark in marks if mark.place in old}
    return Judgement(tuple(marks), beside, loss, steps, judged_at)


def _check(loss: Any, grads: Any, time_limit: Any) -> None:
    if type(loss) is not Tensor:
        hint = "; write tg.judge(f(W, b), …)" if callable(loss) else ""
        raise errors.DTypeError(
            f"judge: the loss is a tensor, whose graph says what is right, not"
            f" {errors.describe(loss)}{hint}"
        )
    if type(loss._node) is not Node:
        raise errors.GraphError(
            f"judge: {errors.owner(loss)} was not computed from anything that needs a gradient;"
            " write W = tg.tensor(W, requires_grad=True) where a parameter is made"
        )
    if loss.size != 1:
        raise errors.GraphError(
            f"judge: only a scalar has a gradient by itself, {errors.owner(loss)} has shape"
            f" {loss.shape}; write .sum() or .mean() first"
        )
    if isinstance(grads, (Mapping, list, tuple)) and not len(grads):
        raise errors.ArgumentError(
            'judge: no gradients were given; write tg.judge(loss, {"dW1": dW1, "db1": db1})'
        )
    if grads is None:
        raise errors.ArgumentError(
            'judge: the gradients are None; write tg.judge(loss, {"dW1": dW1, "db1": db1}), or the'
            " function that returns them"
        )
    number = isinstance(time_limit, (int, float)) and not isinstance(time_limit, bool)
    if time_limit is not None and not (number and time_limit > 0):
        raise errors.ArgumentError(
            f"judge: time_limit is {time_limit!r}; it is a number of seconds above 0, or None"
        )


def _leaf_types(root: Any) -> list[Any]:
    found: list[Any] = []
    seen, waiting = {root}, [root]
    while waiting:
        for parent in waiting.pop().parents:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
                if parent.dtype.kind == "f":
                    found.append(parent)
            elif type(parent) is Tensor and parent.dtype.kind == "f":
                found.append(parent)
    return found


def _of_tensors(wrt: Any, scope: Scope) -> list[tuple[str, Any]]:
    """Return what gradients are by, each with what the caller calls it."""
    if wrt is None:
        return []
    found = parameters_in_order(wrt)
    for _, t in found:
        if type(t) is not Tensor:
            raise errors.DTypeError(f"judge: wrt is of tensors, not {errors.describe(t)}")
    return [
        (name or scope.places.get(place_of(t)) or t.name or f"parameter {n}", t)
        for n, (name, t) in enumerate(found)
    ]


def _by_name(grads: Any, wrt: list[str] | None, names: Names) -> dict[str, Any]:
    """Return gradients by name; those of a list in the order of the parameters."""
    if isinstance(grads, Mapping):
        return flat(grads, lambda key: bool(names.find(key)))
    several = isinstance(grads, (list, tuple))
    values = list(grads) if several else [grads]
    if wrt is not None:
        keys = wrt
    else:
        keys = [names.of(leaf) for leaf in names.recording.leaves if leaf in names.called]
        if len(keys) != len(names.recording.leaves):
            keys = [names.named(leaf, n) for n, leaf in enumerate(names.recording.leaves)]
    if len(keys) != len(values):
        raise errors.ArgumentError(
            f"judge: {len(values)} gradient{'s'[: len(values) != 1]} in a list, and {len(keys)}"
            f" parameter{'s'[: len(keys) != 1]}"
            f" ({errors.listing(keys)}); write them by name:"
            f' {{"d{keys[0] if keys else "W"}": …}}'
        )
    if wrt is None:
        _check_order(keys, values, names.recording.leaves)
    return {
        f"d{key}" if key.isidentifier() else key: v for key, v in zip(keys, values, strict=True)
    }


def _check_order(keys: list[str], values: list[Any], leaves: list[Any]) -> None:
    """Raise if gradients in a list fit the parameters in another order only."""
    mine = [np.shape(v._data if type(v) is Tensor else v) for v in values]
    shapes = [leaf.shape for leaf in leaves]
    if mine == shapes or sorted(mine) != sorted(shapes):
        return
    left = list(zip(keys, shapes, strict=True))
    order = []
    for shape in mine:
        order.append(next(pair for pair in left if pair[1] == shape))
        left.remove(order[-1])
    said = ", ".join(key for key, _ in order)
    raise errors.ArgumentError(
        f"judge: a list is taken in the order in which the loss uses the parameters,"
        f" {errors.listing(keys)}, and the shapes do not fit so; they fit the order {said}. Write"
        f" wrt=[{said}], or the gradients by name"
    )


def _inputs(grads: Any, names: Names, scope: Scope, root: Any) -> dict[str, Any]:
    """Return the constant arrays of a graph that gradients are asked of: X, or A0 of layers."""
    arrays = {each.name: each.value for each in scope._arrays[::-1]}
    found: dict[str, Any] = {}
    for key in flat(grads, lambda key: bool(names.find(key))) if isinstance(grads, Mapping) else ():
        if names.find(key):
            continue
        for name in readings(key):
            value = arrays.get(name)
            if value is None and name == "A0":
                value = _first_input(root)
            if value is not None and np.ndim(value) and value.dtype.kind == "f":
                found[name] = value
                break
    return found


def _first_input(root: Any) -> Any:
    """Return what the first layer multiplies its weights with."""
    for node in ancestors([root]):
        for parent in node.parents if node.op.letter == "Z" or node.op is MATMUL else ():
            value = parent._data if type(parent) is Tensor and not parent.requires_grad else parent
            if isinstance(value, np.ndarray) and value.ndim > 1:
                return value
    return None


def _places(
    key: str, names: Names, recording: Recording, tensors: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Return what a gradient may be of."""
    for name, t in tensors.items():
        if key in (name, f"d{name}"):
            new = recording.place.get(place_of(t))
            return (new,) if new is not None else ()
    return tuple(names.find(key))


def _unknown(keys: list[str], names: Names) -> errors.ArgumentError:
    return errors.ArgumentError(
        f"judge: nothing in the graph of the loss is called {errors.listing(keys)}; it has"
        f" {errors.listing(sorted(set(names.known())), limit=20)}. Name tensors where they are made"
        ' (tg.tensor(W, requires_grad=True, name="W1")), or write wrt=[W1, b1]'
    )
