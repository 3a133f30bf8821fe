"""What a program depends on besides arrays: when another call is one that it was made for.

A function's results depend on the kind of its arguments, on what its code names (closure cells,
globals, defaults, the object that it is a method of), and on settings that the capture tells of.
What can be seen of these is compared before each run: numbers and strings by value, other things by
identity, lists and dicts also by what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

import numpy as np

from tensorgraph.compiler.conditions import MISSING, PLAIN, Conditions, is_same
from tensorgraph.compiler.things_read import views_of
from tensorgraph.engine.nested_containers import flatten, static_parts, unflatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.symbolic.trace import input_names

# ------------------------------------------------------------------------------------ arguments


class Arguments:
    """The arguments of a call: arrays, which vary from call to call, and all else."""

    __slots__ = ("arrays", "key", "kinds", "places", "rest", "static", "structure")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        leaves, self.structure = flatten((args, kwargs))
        self.arrays = [x for x in leaves if _is_array(x)]
        """The tensors and arrays among them."""
        self.rest = [None if _is_array(x) else x for x in leaves]
        self.places = [i for i, x in enumerate(leaves) if _is_array(x)]
        kinds = [kind_of(x) for x in leaves]
        self.static = static_parts(self.structure)
        self.key = (repr(self.structure), *kinds, *map(kind_of, self.static))
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


def demand_kinds(conditions: Conditions, args: str, kinds: Sequence[Any]) -> None:
    """Demand that arguments are arrays of these kinds; they may be so though it says no.

    Args:
        conditions: to which it is added.
        args: what the arguments are called there.
        kinds: one for each.
    """
    for x, (kind, shape, dtype, wants_gradient, _) in zip(
        conditions.items(args, len(kinds)), kinds, strict=True
    ):
        conditions.equals(f"type({x})", kind)
        array = x
        if kind is Tensor:
            conditions.equals(f"{x}._requires_grad", wants_gradient)
            array = f"{x}_data"
            conditions.equals(f"type({array} := {x}._data)", np.ndarray)
        conditions.holds(f"{array}.shape == {conditions.name(shape)}")
        conditions.equals(f"{array}.dtype", dtype)


# ------------------------------------------------------------------- what the capture tells of


class Settings:
    """Attributes that were read as constants, and what the modules that were met consist of."""

    def __init__(self, settings: Sequence[tuple[Any, str, Any]]) -> None:
        # Whether tensors have gradients, their program looks at.
        self._settings = [setting for setting in settings if type(setting[0]) is not Tensor]
        owners = {id(owner): owner for owner, _, _ in self._settings}
        self._modules = [owner for owner in owners.values() if isinstance(owner, Module)]
        self._before = self.now()

    def hold(self) -> bool:
        """Return whether all is as it was."""
        return same(self.now(), self._before)

    def now(self) -> list[Any]:
        """Return what was read as it is now, and all that is in modules."""
        inside = [
            (name, _listed(value))
            for module in self._modules
            for name, value in {"training": module.training, **vars(module)}.items()
            if name not in module._follows
        ]
        items = [_listed(module) for module in self._modules if isinstance(module, list)]
        read = [_listed(getattr(o, name, MISSING)) for o, name, _ in self._settings]
        return [*inside, *items, *read]

    def demand(self, conditions: Conditions) -> None:
        """Demand that all is as it is now: lists and dicts are the same ones, too."""
        left: list[Any] = [*self._modules]
        for module in self._modules:
            names, values = [*vars(module)], [*vars(module).values()]
            free = {i for i, name in enumerate(names) if name in module._follows}
            conditions.contains(vars(module).values(), values, free)
            left += [value for i, value in enumerate(values) if i not in free]
        for owner, name, _ in self._settings:
            if not isinstance(owner, Module):
                left.append(getattr(owner, name, MISSING))
                _demand_setting(conditions, owner, name, left[-1])
        _demand_contents(conditions, left)


def _demand_setting(conditions: Conditions, owner: Any, name: str, value: Any) -> None:
    """Demand that an attribute is as it is, be it one that an owner has in dicts of its own."""
    own = vars(owner)
    dicts = {k: held for k, held in own.items() if type(held) is dict}
    if name in own:
        conditions.item(own, name, value)
    elif any(name in held for held in dicts.values()):
        for k, held in dicts.items():
            conditions.item(own, k, held)
            conditions.item(held, name, held.get(name, MISSING))
    else:
        conditions.equals(f"{conditions.name(owner)}.{name}", value)


def _demand_contents(conditions: Conditions, things: Sequence[Any]) -> None:
    """Demand that what is in lists and dicts is as it is, to any depth."""
    left, seen = [*things], set[int]()
    while left:
        thing = left.pop()
        if isinstance(thing, (list, dict)) and id(thing) not in seen:
            seen.add(id(thing))
            for view in views_of(thing):
                conditions.contains(view, [*view])
                left += view


def same(x: Any, y: Any) -> bool:
    """Return whether two values are one, or equal numbers, strings, or tuples and lists of such."""
    if isinstance(x, (tuple, list)) and type(x) is type(y):
        return x is y or (len(x) == len(y) and all(map(same, x, y)))
    return is_same(x, y)


def _listed(value: Any) -> Any:
    """Return a value; a list or dict as a copy of what is in it, at any depth."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    return [_listed(x) for x in value] if isinstance(value, list) else value
