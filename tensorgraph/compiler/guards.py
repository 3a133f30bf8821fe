"""What a program depends on besides arrays: when another call is one that it was made for.

A function's results depend on the kind of its arguments, on what its code names (closure cells,
globals, defaults, the object that it is a method of), and on settings that the capture tells of.
What can be seen of these is compared before each run: numbers and strings by value, other things by
identity, lists and dicts also by what is in them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import partial
from itertools import chain
from operator import is_
from sysconfig import get_path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.modes import PACKAGE
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer

PLAIN = (bool, int, float, complex, str, bytes, type(None))
# ------------------------------------------------------------------------------------ arguments


class Arguments:
    """The arguments of a call: arrays, which vary from call to call, and all else."""

    __slots__ = ("arrays", "key", "kinds", "places", "rest", "structure")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        leaves, self.structure = flatten((args, kwargs))
        self.arrays = [x for x in leaves if _is_array(x)]
        """The tensors and arrays among them."""
        self.rest = [None if _is_array(x) else x for x in leaves]
        self.places = [i for i, x in enumerate(leaves) if _is_array(x)]
        kinds = [kind_of(x) for x in leaves]
        self.key = (repr(self.structure), *kinds)
        """Equal for calls that one program may serve."""
        self.kinds = kinds if len(self.places) == len(leaves) == len(args) else None
        """Those of the arguments, where these are arrays without names or containers."""

    def call(self, f: Callable[..., Any], *arrays: Any) -> Any:
        """Call a function with other arrays in their places."""
        leaves = list(self.rest)
        for i, array in zip(self.places, arrays, strict=True):
            leaves[i] = array
        args, kwargs = unflatten(self.structure, leaves)
        return f(*args, **kwargs)


def _is_array(x: Any) -> bool:
    return type(x) is Tensor or isinstance(x, (np.ndarray, np.generic))


def kind_of(x: Any) -> Any:
    """Return what is alike for arguments that a program cannot tell apart."""
    if type(x) is Tensor:
        data = x._data
        return Tensor, data.shape, data.dtype, x._requires_grad, type(data) is np.ndarray
    if isinstance(x, (np.ndarray, np.generic)):
        return np.ndarray, x.shape, x.dtype, False, type(x) is np.ndarray
    if isinstance(x, PLAIN):
        return type(x), repr(x)
    return type(x), id(x)


def are_of(kinds: Sequence[Any], args: tuple[Any, ...]) -> bool:
    """Return whether arrays are of these kinds; it may say no where it is not sure."""
    if len(args) != len(kinds):
        return False
    for x, (kind, shape, dtype, wants_gradient, _) in zip(args, kinds, strict=True):
        if type(x) is not kind:
            return False
        if kind is Tensor:
            if x._requires_grad is not wants_gradient:
                return False
            x = x._data
            if type(x) is not np.ndarray:
                return False
        if x.shape != shape or x.dtype is not dtype:
            return False
    return True


# --------------------------------------------------------------------------------- what is named


class Reading(NamedTuple):
    """A place that a function reads: an attribute, a global, a closure cell."""

    name: str
    """What messages call it."""
    read: Callable[[], Any]
    write: Callable[[Any], None]


MISSING = object()


class Surroundings:
    """What a function and the functions that it names read, and what that was at some time."""

    def __init__(self, f: Callable[..., Any], given: Sequence[Any] = ()) -> None:
        """Look around.

        Args:
            f: the function.
            given: arguments whose attributes it may read.
        """
        self._readings = list(_readings(f, given))
        self._reads = [reading.read for reading in self._readings]
        self._values = [read() for read in self._reads]
        self._contents = {i: copy(v) for i, v in enumerate(self._values) if _is_container(v)}

    @property
    def arrays(self) -> list[Any]:
        """The arrays of NumPy's among them, which may change in place."""
        inside = chain.from_iterable(_items(value) for value in self._contents.values())
        return [x for x in (*self._values, *inside) if isinstance(x, np.ndarray)]

    def changed(self) -> str | None:
        """Return the name of something that is not what it was, if there is such a thing."""
        now = [read() for read in self._reads]
        if not all(map(is_, now, self._values)):
            for reading, x, y in zip(self._readings, now, self._values, strict=True):
                if not same(x, y):
                    return reading.name
        for i, content in self._contents.items():
            if not same(_items(now[i]), _items(content)):
                return self._readings[i].name
        return None

    def restore(self) -> None:
        """Bring all back to what it was."""
        for i, (reading, value) in enumerate(zip(self._readings, self._values, strict=True)):
            if reading.read() is not value:
                reading.write(value)
            content = self._contents.get(i)
            if content is not None and not same(_items(value), _items(content)):
                value.clear()
                (value.extend if type(value) is list else value.update)(content)


def same(x: Any, y: Any) -> bool:
    """Return whether two values are one, or equal numbers, strings, or tuples of such."""
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, (tuple, list)):
        return len(x) == len(y) and all(map(same, x, y))
    return isinstance(x, PLAIN) and repr(x) == repr(y)  # −0.0 is not 0.0, and NaN is NaN


def _is_container(value: Any) -> bool:
    return type(value) in (list, dict, set)


def _items(value: Any) -> tuple[Any, ...]:
    """Return what is in a list, a dict or a set."""
    if isinstance(value, dict):
        return (*value, *value.values())
    return tuple(sorted(value, key=repr)) if isinstance(value, set) else tuple(value)


def _readings(f: Callable[..., Any], given: Sequence[Any]) -> Iterator[Reading]:
    """Yield the places that a function reads, and those that the functions read which it names."""
    objects = [x for x in given if not isinstance(x, PLAIN)]
    seen: dict[Any, Any] = {}
    left: list[Any] = [f]
    while left:
        thing = left.pop()
        owner = getattr(thing, "__self__", None)
        key = id(getattr(thing, "__func__", thing)), id(owner)
        if key in seen:
            continue
        seen[key] = thing
        if isinstance(thing, Module):
            left += [module.forward for module in thing.modules() if hasattr(module, "forward")]
        elif isinstance(thing, partial):
            left += [thing.func, *thing.args, *thing.keywords.values()]
        elif isinstance(thing, (FunctionType, MethodType)):
            function = getattr(thing, "__func__", thing)
            if not isinstance(function, FunctionType) or _is_library(function):
                continue
            names = _names(function)
            readings = list(_named(function))
            found = [reading.read() for reading in readings]
            yield from readings
            for value in (owner, *found, *objects):
                yield from _attributes(value, names)
                left += _methods(value, names)
            left += [value for value in found if callable(value) and not isinstance(value, type)]


def _is_library(f: FunctionType) -> bool:
    """Return whether a function is the engine's or a library's: they read nothing that changes."""
    return f.__code__.co_filename.startswith(LIBRARIES)


LIBRARIES = (PACKAGE, *(get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")))


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function, and of those that stand in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _names(f: FunctionType) -> set[str]:
    """Return the names of globals and attributes in a function's code."""
    return {name for code in _codes(f.__code__) for name in code.co_names}


def _named(f: FunctionType) -> Iterator[Reading]:
    """Yield a function's closure cells, defaults, and the globals that it names."""
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        yield Reading(name, partial(_cell, cell), partial(setattr, cell, "cell_contents"))
    for name in ("__defaults__", "__kwdefaults__"):
        yield Reading(name, partial(getattr, f, name), partial(setattr, f, name))
    for name in sorted(_names(f) & f.__globals__.keys()):
        place = f.__globals__
        yield Reading(name, partial(place.get, name, MISSING), partial(place.__setitem__, name))


def _cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing yet
        return MISSING


def _attributes(thing: Any, names: set[str]) -> Iterator[Reading]:
    """Yield the attributes of an object, or a module of Python's, that a function may read.

    Of the engine's objects the capture tells on which attributes it depends.
    """
    if isinstance(thing, (Tensor, Optimizer)) or _is_library_module(thing):
        return
    known = vars(thing).keys() if hasattr(thing, "__dict__") else set()
    fixed = {name for name, value in _of_classes(thing) if not hasattr(value, "__get__")}
    for name in sorted(names & (known | fixed)):
        read = partial(getattr, thing, name, MISSING)
        yield Reading(name, read, partial(setattr, thing, name))


def _methods(thing: Any, names: set[str]) -> list[Any]:
    """Return the methods of an object that a function may call."""
    found = dict(_of_classes(thing))
    return [
        MethodType(found[name], thing)
        for name in names & found.keys()
        if isinstance(found[name], FunctionType)
    ]


def _of_classes(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what the classes of an object hold by name, the most general first; of users' alone."""
    for kind in reversed(type(thing).__mro__):
        if kind.__module__.partition(".")[0] not in ("builtins", "numpy", "tensorgraph"):
            yield from vars(kind).items()


def _is_library_module(thing: Any) -> bool:
    file = getattr(thing, "__file__", None) or "" if isinstance(thing, ModuleType) else ""
    return file.startswith(LIBRARIES)


# ------------------------------------------------------------------- what the capture tells of


class Settings:
    """Attributes that were read as constants, and what the modules that were met consist of.

    What all of these are in is looked through at once, by identity. Only where something is not
    the same object, it is looked at what it is: calls keep some things for the next one.
    """

    def __init__(self, settings: Sequence[tuple[Any, str, Any]]) -> None:
        # Whether tensors have gradients, their program looks at.
        self._settings = [setting for setting in settings if type(setting[0]) is not Tensor]
        owners = {id(owner): owner for owner, _, _ in self._settings}
        self._owners = list(owners.values())
        self._modules = [owner for owner in self._owners if isinstance(owner, Module)]
        self._before = self.now()
        self._look()

    def _look(self) -> None:
        """Keep where all is, and what is there."""
        self._sources: list[Any] = []
        left = [value for owner in self._owners for value in self._attributes(owner)]
        while left:
            value = left.pop()
            if type(value) in (list, dict):
                items = value.values() if type(value) is dict else value
                self._sources.append(items)
                left += items
        self._found = [*chain.from_iterable(self._sources)]

    def _attributes(self, owner: Any) -> list[Any]:
        """Return the attributes of an owner: all, or those that were read of what counts steps."""
        if "steps" in getattr(type(owner), "_follows", ()):
            return [getattr(owner, name) for o, name, _ in self._settings if o is owner]
        self._sources.append(vars(owner).values())
        return [*vars(owner).values()]

    def hold(self) -> bool:
        """Return whether all is as it was."""
        found = [*chain.from_iterable(self._sources)]
        if len(found) == len(self._found) and all(map(is_, found, self._found)):
            return True
        if not same(self.now(), self._before):
            return False
        self._look()
        return True

    def now(self) -> list[Any]:
        """Return what was read as it is now, and all that is in modules."""
        inside = [
            (name, _listed(value))
            for module in self._modules
            for name, value in {"training": module.training, **vars(module)}.items()
            if name not in module._follows
        ]
        return [*inside, *(_listed(getattr(o, name, MISSING)) for o, name, _ in self._settings)]


def _listed(value: Any) -> Any:
    """Return a value; a list or dict as a copy of what is in it, at any depth."""
    if type(value) is dict:
        value = [*value, *value.values()]
    return [_listed(x) for x in value] if type(value) is list else value
