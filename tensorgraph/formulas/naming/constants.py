"""Constants of a graph in terms of the caller's variables: what NumPy or Python computed before.

The graph sees ``1 - Y`` or ``1 / m`` only as an array or a number. What these are is read off the
values of the variables where ``derive`` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph.formulas.facts import Fact
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.ops.transcendental import sqrt
from tensorgraph.symbolic.expr import Expr, constant, symbol


class Constants:
    """What constants are, by the variables of a caller."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.symbols: dict[str, Expr] = {}

    def explain(self, array: Any) -> tuple[Callable[..., Expr], Sequence[Any]] | None:
        """Return how an array without a name follows from arrays that have one.

        What NumPy computes from constants is not recorded: ``1 - Y`` is just another array.
        """
        if self.scope.of_array(array) is not None:
            return None
        known = [a for a in self.scope.arrays() if a.dtype.kind == "f"]
        for other in known:
            if other.shape == array.shape:
                if np.array_equal(array, 1 - other):
                    return lambda y: 1 - y, [other]
                if np.array_equal(array, -other):
                    return lambda y: -y, [other]
        for labels, _ in self.scope.labels():
            for x in known:
                if x.ndim == 1 and labels.shape == array.shape and _picks(x, labels, array):
                    return lambda x, labels=labels: x[labels,], [x]
        for i, x in enumerate(known):
            for y in known[i:]:
                if _may_multiply(x, y, array) and np.array_equal(array, x * y):
                    return lambda x, y: x * y, [x, y]
        return None

    def known_sums(self) -> Iterator[tuple[Any, Fact]]:
        """Yield the caller's arrays of which a fact about sums is known, and the fact."""
        yield from self.scope.asserted
        for array in self.scope.arrays():
            yield from ((array, fact) for fact in self.one_hot(array))

    def one_hot(self, array: Any) -> Iterator[Fact]:
        """Yield facts of an array that is the one-hot form of labels in a variable."""
        if array.ndim == 0 or not np.all((array == 0) | (array == 1)):
            return
        for labels, known in self.scope.labels():
            for axis in range(array.ndim):
                if labels.size == 0 or labels.shape != array.shape[:axis] + array.shape[axis + 1 :]:
                    continue
                hot = np.expand_dims(labels, axis) == _classes(array, axis)
                inside = labels.min() >= 0 and labels.max() < array.shape[axis]
                if inside and np.array_equal(hot, array):
                    note = f"{self.scope.of_array(array) or 'an array'} = one_hot({known})"
                    yield Fact("one_hot", axis, "data", note=note)

    def number(self, value: Any) -> Expr:
        """Return a number of the graph in terms of the caller's variables, if it is one of them."""
        plain = np.asarray(value).item()
        if isinstance(plain, bool) or plain in (0, 1, -1):
            return constant(value)
        found = self._in_terms(plain)
        return constant(value) if found is None else found

    def length(self, n: int) -> Expr | None:
        """Return the variable for the length of an axis, where one is named like a count."""
        for name, value in self.scope.numbers.items():
            counts = len(name) == 1 or name.startswith(("n_", "num_", "batch"))
            if value == n and n > 2 and type(value) is int and (counts or name in self.symbols):
                return self._symbol(name)
        return None

    def _in_terms(self, v: float) -> Expr | None:
        for name, value in self.scope.numbers.items():
            if value == v and type(value) is type(v):
                return self._symbol(name)
        for name, value in self.scope.numbers.items():
            if value in (0, 1, -1) or not np.isfinite(value):
                continue
            if v == -value:
                return -self._symbol(name)
            if v == 2 * value and type(v) is type(value):
                return 2 * self._symbol(name)
            if v == 1 / value:
                return 1 / self._symbol(name)
            if value > 0 and type(v) is float and v == float(value) ** 0.5:
                return sqrt(self._symbol(name))  # type: ignore[no-any-return]
            if type(value) is float and v == 1 - value:
                return 1 - self._symbol(name)
        for name, value in self.scope.numbers.items():
            for below, count in self.scope.numbers.items():
                counted = type(count) is int and type(value) is float and count > 2
                # Short numbers are quotients of others by chance.
                if name == below or count == 0 or not (counted or len(repr(v)) > 10):
                    continue
                for factor in (1, 2):
                    if v == value / (factor * count):
                        bottom = self._symbol(below) * factor if factor > 1 else self._symbol(below)
                        return self._symbol(name) / bottom
        return None

    def _symbol(self, name: str) -> Expr:
        if name not in self.symbols:
            self.symbols[name] = symbol(name, (), np.asarray(self.scope.numbers[name]).dtype)
        return self.symbols[name]

    def given(self) -> dict[Expr, Any]:
        """Return the values of the numbers that were found."""
        return {e: self.scope.numbers[name] for name, e in self.symbols.items()}


def _classes(array: Any, axis: int) -> Any:
    lengths = [array.shape[axis] if i == axis else 1 for i in range(array.ndim)]
    return np.arange(array.shape[axis]).reshape(lengths)


def _picks(x: Any, labels: Any, result: Any) -> bool:
    """Return whether an array holds the elements of a vector that labels tell, as class weights."""
    inside = labels.size and labels.min() >= 0 and labels.max() < len(x)
    return bool(inside and np.array_equal(x[labels], result))


def _may_multiply(x: Any, y: Any, result: Any) -> bool:
    try:
        shape = np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return bool(shape == result.shape and result.size <= 1_000_000)
