"""That all is as it was: one function without a loop, with a line for each thing to be looked at.

Before each run of a program a hundred things may have to be compared. A function that is written
for just these takes a third of the time of loops over lists of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

PLAIN = (bool, int, float, complex, str, bytes, type(None))
VALUES = (*PLAIN, np.generic, range)
"""What is compared by value."""
MISSING = object()


def is_same(x: Any, y: Any) -> bool:
    """Return whether two things are one, or equal numbers or strings of one type."""
    if x is y:
        return True
    return type(x) is type(y) and isinstance(x, VALUES) and repr(x) == repr(y)  # −0.0 is not 0.0


class Conditions:
    """What must hold, written down once to be asked for again and again.

    Things are compared by identity, numbers and strings by value.

    Example:
        >>> held = {"a": 1.0, "b": 2.0}
        >>> conditions = Conditions()
        >>> conditions.contains(held.values(), [1.0, 2.0])
        >>> hold = conditions.function()
        >>> hold()
        True
        >>> held["b"] = 3.0
        >>> hold()
        False
    """

    def __init__(self) -> None:
        self._statements: list[str] = []
        self._terms = {"True": None}
        self._names: dict[str, Any] = {"is_same": is_same}
        self._known: dict[int, str] = {}

    def name(self, thing: Any) -> str:
        """Return what a thing is called in the text."""
        name = self._known.setdefault(id(thing), f"t{len(self._known)}")
        self._names[name] = thing
        return name

    def holds(self, term: str) -> None:
        """Demand that an expression is true."""
        self._terms[term] = None

    def equals(self, expression: str, value: Any) -> None:
        """Demand that an expression has this value."""
        name = self.name(value)
        term = f"{expression} is {name}"
        by_value = isinstance(value, VALUES) and type(value) not in SINGLE
        self.holds(f"({term} or is_same({expression}, {name}))" if by_value else term)

    def item(self, held: dict[str, Any], key: str, value: Any) -> None:
        """Demand that an item of a dict is this; for ``MISSING`` that there is none."""
        if value is MISSING:
            self.holds(f"{key!r} not in {self.name(held)}")
        else:
            self.equals(f"{self.name(held)}[{key!r}]", value)

    def contains(
        self, things: Collection[Any], values: Sequence[Any], free: Collection[int] = ()
    ) -> None:
        """Demand that a container, or a live view of one, holds these values and no others.

        Args:
            things: the container.
            values: what is in it, in its order.
            free: the places of values that may be others.
        """
        items = self.items(self.name(things), len(values))
        for i, (item, value) in enumerate(zip(items, values, strict=True)):
            if i not in free:
                self.equals(item, value)

    def items(self, things: str, count: int) -> list[str]:
        """Demand that there are so many things in a container, and return what they are called."""
        names = [f"{things}_{i}" for i in range(count)]
        self._statements.append(f"[{', '.join(names)}] = {things}")
        return names

    def function(self, arguments: str = "") -> Callable[..., bool]:
        """Return a function that returns whether all of it holds."""
        body = "\n  ".join([*self._statements, f"return {' and '.join(self._terms)}"])
        names = dict(self._names)
        text = f"def hold({arguments}):\n try:\n  {body}\n except {CHANGED}: return False"
        exec(_code(text), names)
        function: Callable[..., bool] = names.pop("hold")  # or it would refer to itself
        return function


SINGLE = (bool, type(None))
"""Types of values of which there is one object each."""
CHANGED = "(AttributeError, KeyError, RuntimeError, ValueError)"
"""Raised where something is not there, or where there is more or less in a container."""


@lru_cache(maxsize=256)
def _code(text: str) -> CodeType:
    return compile(text, "<conditions of tg.compile>", "exec")
