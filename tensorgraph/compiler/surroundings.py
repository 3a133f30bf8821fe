"""What a function reads besides its arguments, to any depth, and what that was at some time.

It reads what its code names: closure cells, globals, defaults, the object that it is a method of.
From there on all is followed: what is in containers, the attributes of objects that are named in
the code, the functions and methods that may be called. Numbers and strings are compared by value,
other things by identity, and by what is in them. What cannot be looked at without changing it is
told as ``unseen``.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.conditions import MISSING, Conditions, is_same
from tensorgraph.compiler.things_read import (
    CONTAINERS,
    Look,
    Part,
    items_of,
    looked,
    views_of,
)
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module


class Surroundings:
    """What a function and the functions that it names read, and what that was at some time."""

    def __init__(self, f: Callable[..., Any], given: Sequence[Any] = ()) -> None:
        """Look around.

        Args:
            f: the function.
            given: arguments whose attributes it may read.
        """
        self._f, self._given = f, given
        self._first = look = looked(f, given)
        self.unseen = look.unseen
        """Why not all can be watched, if so."""
        self.arrays = look.operands
        """The arrays of NumPy's that may be no more than operands."""
        self._written = _contents(look.arrays)
        self._contents: list[Content] = []
        self._keep(look)

    def _keep(self, look: Look) -> None:
        self._last = look
        self._sources = [source for _, thing in look.containers for source in views_of(thing)]
        self._lengths, self._found = self._now()

    def _now(self) -> tuple[list[int], list[Any]]:
        return [*map(len, self._sources)], [
            *chain.from_iterable(self._sources),
            *[place.read() for place in self._last.places],
        ]

    def demand(self, conditions: Conditions) -> None:
        """Demand that all is as it was when it was found unchanged last."""
        found = iter(self._found)
        for source, length in zip(self._sources, self._lengths, strict=True):
            conditions.contains(source, [*islice(found, length)])
        for place, value in zip(self._last.places, found, strict=True):
            if value is MISSING or not place.code:
                conditions.equals(f"{conditions.name(place.read)}()", value)
            else:
                conditions.equals(place.code.format(conditions.name(place.owner)), value)
        if self._contents:
            conditions.holds(
                f"{conditions.name(partial(_first_changed, self._contents))}() is None"
            )

    def names(self) -> dict[int, str]:
        """Return what tensors are called in the code, also those in modules, by their ids."""
        whole = [("", self._f)] if isinstance(self._f, Module) else []
        named = [*whole, *(pair for part in self._first.parts for pair in _named_in(part))]
        found: dict[int, str] = {}
        for name, thing in named:
            if type(thing) is Tensor:
                found.setdefault(id(thing), name)
            elif isinstance(thing, Module):
                for _, place, inside in walk(thing):
                    found.setdefault(id(inside), f"{name}.{place}".strip("."))
        return found

    def watch_arrays(self, bound: Sequence[NDArray[Any]]) -> str | None:
        """Compare also what is in arrays, but for those that are read anew; or say why not."""
        without = {id(array) for array in bound}
        left = [(name, array) for name, array in self._first.arrays if id(array) not in without]
        if sum(array.nbytes for _, array in left) > MOST_BYTES:
            name = max(left, key=lambda pair: pair[1].nbytes)[0]
            return (
                f"it reads {name}, an array of NumPy's that is too large to be compared before each"
                f" run; give what is read of it, such as {name}[:3], as an argument"
            )
        self._contents = _contents(left)
        return None

    def changed(self) -> str | None:
        """Return the name of something that is not what it was, if there is such a thing."""
        lengths, now = self._now()
        if lengths != self._lengths or not all(map(is_, now, self._found)):
            if lengths == self._lengths and all(map(is_same, now, self._found)):
                self._found = now
            else:
                look = looked(self._f, self._given)
                name = _difference(self._last.parts, look.parts)
                if name is not None:
                    return name
                self._keep(look)
        return _first_changed(self._contents)

    def overwritten(self) -> str | None:
        """Return the name of something that has changed, be it what is in an array."""
        return self.changed() or _first_changed(self._written)

    def restore(self) -> None:
        """Bring all back to what it was."""
        for part, place in self._first.changeable:
            if place is not None:
                if place.read() is not part.values[0]:
                    if part.values[0] is MISSING:
                        place.erase()
                    else:
                        place.write(part.values[0])
            elif not _are(items_of(part.thing), part.values):
                _fill(part.thing, part.values)
        for name, array, content in self._written:
            if _first_changed([(name, array, content)]):
                _, _, was = content
                array[...] = np.frombuffer(was, array.dtype).reshape(array.shape)


MOST_BYTES = 2**20
"""How much of arrays is compared before each run."""


def _are(x: Sequence[Any], y: Sequence[Any]) -> bool:
    return len(x) == len(y) and all(map(is_, x, y))


Content = tuple[str, NDArray[Any], tuple[Any, ...]]
"""The name of an array, and what was in it."""


def _content(array: NDArray[Any]) -> tuple[Any, ...]:
    return array.shape, array.dtype, array.tobytes()


def _contents(arrays: Sequence[tuple[str, NDArray[Any]]]) -> list[Content]:
    """Return what is in arrays, as far as they are not too large."""
    few, size = [], 0
    for name, array in arrays:
        if size + array.nbytes <= MOST_BYTES:
            size += array.nbytes
            few.append((name, array, _content(array)))
    return few


def _first_changed(contents: Sequence[Content]) -> str | None:
    return next((name for name, array, was in contents if _content(array) != was), None)


def _fill(thing: Any, values: tuple[Any, ...]) -> None:
    """Put things into a container in place of what is there, whatever its class does besides."""
    kind: Any = next(k for k in (OrderedDict, dict, list, set, deque) if isinstance(thing, k))
    kind.clear(thing)
    if issubclass(kind, dict):
        half = len(values) // 2
        for key, value in zip(values[:half], values[half:], strict=True):
            kind.__setitem__(thing, key, value)
    elif kind is set:
        set.update(thing, values)
    else:
        kind.extend(thing, values)


def _difference(before: Sequence[Part], now: Sequence[Part]) -> str | None:
    """Return the name of the first of the parts that is another one, if there is one."""
    for x, y in zip(before, now, strict=False):
        if len(x.values) != len(y.values) or not all(map(_alike, x.values, y.values)):
            return x.name
    return None if len(before) == len(now) else (before or now)[0].name


def _named_in(part: Part) -> Iterator[tuple[str, Any]]:
    """Yield the values of a part, each with what it is called in the code."""
    name, thing, values = part
    if isinstance(thing, dict):
        half = len(values) // 2
        for key, value in zip(values[:half], values[half:], strict=True):
            yield f"{name}[{key!r}]", value
    elif isinstance(thing, (list, tuple)):
        yield from ((f"{name}[{i}]", value) for i, value in enumerate(values))
    elif thing is None:
        yield name, values[0]


def _alike(x: Any, y: Any) -> bool:
    """Return whether two things are one, or of one value, or containers: these are parts too."""
    return is_same(x, y) or (type(x) is type(y) and isinstance(x, CONTAINERS))
