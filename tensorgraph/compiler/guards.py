"""What a program depends on besides arrays: when another call is one that it was made for.

A function's results depend on the kind of its arguments, on what its code names (closure cells,
globals, defaults, the object that it is a method of), and on settings that the capture tells of.
What can be seen of these is compared before each run: numbers and strings by value, other things by
identity, lists and dicts also by what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from operator import is_
from typing import Any
from zlib import crc32

import numpy as np

from tensorgraph.compiler.surroundings import same
from tensorgraph.compiler.things_read import MISSING, PLAIN
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.symbolic.trace import input_names

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

    def contents(self) -> list[int]:
        """Return a checksum of what is in each array of NumPy's."""
        arrays = [x for x in self.arrays if isinstance(x, np.ndarray) and not x.dtype.hasobject]
        flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
        return [crc32(array.view(np.uint8).data) for array in flat]

    def names(self, f: Callable[..., Any]) -> list[str]:
        """Return what the arrays are called that a function is given."""
        flat = self.arrays if self.kinds is not None else ()
        return input_names(f, flat, len(self.arrays))

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
