"""What a step reads and changes besides its arguments, and how it is brought back."""

from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from tensorgraph.compiler.code_names import code_names, is_library
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.compiler.surroundings import Surroundings
from tensorgraph.compiler.things_read import DRAWN_FROM
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.random_generator import Generator
from tensorgraph.engine.tensor import Tensor, rebind
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.random import default_generator


class Reached:
    """The models, optimizers, tensors and generators that a step names, and its arguments hold."""

    def __init__(self, step: Callable[..., Any], args: Sequence[Any]) -> None:
        self.step, self.args = step, args
        given, _ = flatten(list(args))
        values = things(step, *given)
        models = _first([value for value in values if isinstance(value, Module)])
        inner = {id(part) for model in models for part in model.modules() if part is not model}
        self.models = [model for model in models if id(model) not in inner]
        self.optimizers = _first([value for value in values if isinstance(value, Optimizer)])
        names = Surroundings(step, given).names()
        self.tensors: dict[str, Tensor] = {}
        """The tensors by what they are called in the code."""
        loose = [value for value in values if type(value) is Tensor and value.is_leaf]
        inside = [f.value for model in self.models for f in walk(model) if type(f.value) is Tensor]
        trained = [tensor for optimizer in self.optimizers for tensor in optimizer.params]
        for tensor in _first([*inside, *loose, *trained]):
            name = names.get(id(tensor)) or tensor.name or f"a tensor of shape {tensor.shape}"
            self.tensors[_fresh(name, self.tensors)] = tensor
        held = [
            value for model in self.models for m in model.modules() for value in vars(m).values()
        ]
        generators = [v for v in (*values, *held) if isinstance(v, Generator)]
        self.generators = _first([default_generator(), *generators])
        self.foreign = [v for v in values if isinstance(v, DRAWN_FROM)]
        """Sources of random numbers of NumPy's and Python's."""

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The tensors that want a gradient."""
        return {name: tensor for name, tensor in self.tensors.items() if tensor.requires_grad}

    def values(self) -> dict[str, Array]:
        """Return what is in the tensors now."""
        return {name: tensor.numpy().copy() for name, tensor in self.tensors.items()}

    def states(self) -> dict[str, Any]:
        """Return what the optimizers keep now."""
        return {
            f"{type(optimizer).__name__}: {key}": value
            for optimizer in self.optimizers
            for key, value in optimizer.state_dict().items()
        }

    def drawn(self) -> list[Any]:
        """Return the states of the generators now."""
        return [copy.deepcopy(generator.state) for generator in self.generators]

    def foreign_states(self) -> str:
        """Return the states of the sources of random numbers of NumPy's and Python's, as text."""
        shared = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
        with np.printoptions(threshold=10_000):
            return repr((shared, [_state(source) for source in self.foreign]))

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Undo what a block does to all that was found."""
        around = Surroundings(self.step, flatten(list(self.args))[0])
        tensors = [(t, t._data, t._grad) for t in self.tensors.values()]
        settings = [
            values for o in self.optimizers for values in (o.defaults, *(g.own for g in o.groups))
        ]
        before = [dict(values) for values in settings]
        states = [(o, o.state_dict()) for o in self.optimizers]
        drawn = [(g, copy.deepcopy(g.state)) for g in self.generators]
        foreign = [(source, _state(source)) for source in self.foreign]
        modules = [(m, m.training) for model in self.models for m in model.modules()]
        try:
            yield
        finally:
            for tensor, data, grad in tensors:
                rebind(tensor, data)
                tensor._grad = grad
            for values, kept in zip(settings, before, strict=True):
                values.clear()
                values.update(kept)
            for optimizer, state in states:
                optimizer.load_state_dict(state)
            for generator, state in drawn:
                generator.state = state
            for source, state in foreign:
                _give_state(source, state)
            for module, training in modules:
                module.training = training
            around.restore()


MOST = 10_000
"""More things than this are not looked at."""


def things(*roots: Any) -> list[Any]:
    """Return what functions name, and what is in that: closures, globals, attributes, containers.

    Only the code of users is looked into.
    """
    seen: dict[int, Any] = {}
    left = [*roots]
    while left and len(seen) < MOST:
        thing = left.pop()
        if id(thing) in seen or isinstance(thing, (str, bytes, int, float, type(None), ModuleType)):
            continue
        seen[id(thing)] = thing
        left += _in(thing)
    return list(seen.values())


def _in(thing: Any) -> list[Any]:
    """Return what a thing refers to."""
    if isinstance(thing, MethodType):
        return [thing.__func__, thing.__self__]
    if isinstance(thing, partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, Compiled):
        return [thing.__wrapped__]
    if isinstance(thing, FunctionType):
        if is_library(thing):
            return []
        names = code_names(thing)
        cells = [cell.cell_contents for cell in thing.__closure__ or () if _is_full(cell)]
        named = [thing.__globals__.get(name) for name in names.globals_read]
        return [*cells, *named, *(thing.__defaults__ or ())]
    if isinstance(thing, dict):
        return [*thing.values()]
    if isinstance(thing, (list, tuple, set, frozenset, deque)):
        return [*thing]
    if type(thing).__module__.partition(".")[0] in ("builtins", "numpy"):
        return []
    if isinstance(thing, (Tensor, Optimizer, Generator, *DRAWN_FROM)):
        return []
    return [*getattr(thing, "__dict__", {}).values()]


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _state(source: Any) -> Any:
    if isinstance(source, np.random.Generator):
        return copy.deepcopy(source.bit_generator.state)
    return source.getstate() if isinstance(source, random.Random) else source.get_state()


def _give_state(source: Any, state: Any) -> None:
    if isinstance(source, np.random.Generator):
        source.bit_generator.state = state
    elif isinstance(source, random.Random):
        source.setstate(state)
    else:
        source.set_state(state)


def plain(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function itself, where it was compiled."""
    return step.__wrapped__ if isinstance(step, Compiled) else step


def _first(things: Sequence[Any]) -> list[Any]:
    return list({id(thing): thing for thing in things}.values())


def _fresh(name: str, taken: dict[str, Any]) -> str:
    """Return a name that no other tensor has."""
    others = [f"{name} ({k})" for k in range(2, len(taken) + 3)]
    return next(other for other in (name, *others) if other not in taken)
