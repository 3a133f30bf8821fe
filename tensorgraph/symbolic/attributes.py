"""What an object's attributes hold, kept to be compared with later, and to be restored."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from typing import Any

import numpy as np

from tensorgraph.engine.tensor import Tensor


class Attributes:
    """What the attributes of an object hold: in slots or its dict, and what is in lists and dicts.

    Example:
        >>> from types import SimpleNamespace
        >>> from tensorgraph.symbolic.attributes import Attributes
        >>> thing = SimpleNamespace(n=1, seen=[])
        >>> before = Attributes(thing)
        >>> thing.n, thing.new = 2, 3
        >>> thing.seen.append(4)
        >>> before.changed()
        ['n', 'seen', 'new']
        >>> before.restore()
        >>> thing
        namespace(n=1, seen=[])
    """

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.values = _attributes(owner)
        self._contents = {
            name: copy(value)
            for name, value in self.values.items()
            if type(value) in (list, dict, set)
        }

    @property
    def follows(self) -> Collection[str]:
        """The attributes that each step brings about by itself, and those written by a run."""
        default = ("_data", "_grad") if type(self.owner) is Tensor else ()
        return getattr(type(self.owner), "_follows", default)

    def changed(self) -> list[str]:
        """Return the names of those that are there no more, are new, or hold something else."""
        now, before = _attributes(self.owner), self.values | self._contents
        names = [*before, *(name for name in now if name not in before)]
        return [
            name
            for name in names
            if not (name in before and name in now and _same(before[name], now[name]))
        ]

    def restore(self) -> None:
        """Give the object back what they held."""
        for name in _attributes(self.owner).keys() - self.values.keys():
            object.__delattr__(self.owner, name)
        for name, value in self.values.items():
            if name in self._contents and not _same(value, self._contents[name]):
                value.clear()
                (value.extend if type(value) is list else value.update)(self._contents[name])
            object.__setattr__(self.owner, name, value)


def _same(x: Any, y: Any) -> bool:
    """Return whether two values are one object, equal numbers, or containers of such."""
    if x is y:
        return True
    if isinstance(x, (list, tuple)):
        return type(x) is type(y) and len(x) == len(y) and all(map(_same, x, y))
    if isinstance(x, set):
        return type(x) is type(y) and {*map(id, x)} == {*map(id, y)}
    if isinstance(x, dict):
        return type(x) is type(y) and x.keys() == y.keys() and all(_same(x[k], y[k]) for k in x)
    plain = isinstance(x, (bool, int, float, str, np.dtype))
    return plain and type(x) is type(y) and bool(x == y)


def _attributes(thing: Any) -> dict[str, Any]:
    """Return what an object's attributes hold, those in slots and those in its dict."""
    state = object.__getstate__(thing)
    parts = state if isinstance(state, tuple) else (state,)
    return {name: value for part in parts if part for name, value in part.items()}
