"""Names for formulas: those of the variables where ``derive`` is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.facts import Fact, asserted_of
from tensorgraph.nn.module import Module
from tensorgraph.ops.transcendental import sqrt
from tensorgraph.symbolic.expr import Expr, constant, symbol
from tensorgraph.symbolic.replay import content


class Scope:
    """The variables of a caller, by what they hold."""

    def __init__(self, frame: FrameType | None) -> None:
        self.places: dict[Any, str] = {}
        self.numbers: dict[str, float] = {}
        self.symbols: dict[str, Expr] = {}
        self._arrays: list[tuple[str, Any]] = []
        self._named: list[Any] = []
        self._asserted: list[tuple[Any, Fact]] = []
        self._by_content: dict[bytes, str] = {}
        for name, value in _variables(frame):
            self._add(name, value)

    def _add(self, name: str, value: Any) -> None:
        if type(value) is Tensor:
            self.places.setdefault(place_of(value), value.name or name)
            if not value.requires_grad:
                self._arrays.append((value.name or name, value._data))
                self._asserted += [(value._data, fact) for fact in asserted_of(place_of(value))]
        elif isinstance(value, np.ndarray):
            self._arrays.append((name, value))
        elif type(value) in (int, float) or isinstance(value, (np.floating, np.integer)):
            self.numbers.setdefault(name, value)
        elif isinstance(value, Module):
            for path, tensor in value.named_parameters():
                self.places.setdefault(place_of(tensor), tensor.name or f"{name}.{path}")
            for path, tensor in value.named_buffers():
                self._arrays.append((tensor.name or f"{name}.{path}", tensor._data))
        elif isinstance(value, (list, tuple)) and len(value) <= 1000:
            for i, part in enumerate(value):
                if type(part) is Tensor:
                    self._add(f"{name}{i}", part)
        elif type(value) is dict and len(value) <= 1000:
            for key, part in value.items():
                if type(part) is Tensor or isinstance(part, np.ndarray):
                    self._add(str(key), part)

    def of_place(self, place: Any) -> str | None:
        """Return what a node or leaf is called."""
        return self.places.get(place)

    def of_array(self, array: Any) -> str | None:
        """Return the variable that holds an array with these elements."""
        if self._arrays:
            for name, value in self._arrays[::-1]:
                self._by_content[_key(value)] = name
            self._named = [value for _, value in self._arrays]
            self._arrays = []
        return self._by_content.get(_key(array))

    def labels(self) -> Iterator[tuple[Any, str]]:
        """Yield the variables that hold integers: labels and indices."""
        self.of_array(np.zeros(0))
        for array in self._named:
            name = self.of_array(array)
            if array.dtype.kind in "iu" and name is not None:
                yield array, name

    def explain(self, array: Any) -> tuple[Callable[..., Expr], Sequence[Any]] | None:
        """Return how an array without a name follows from arrays that have one.

        What NumPy computes from constants is not recorded: ``1 - Y`` is just another array.
        """
        if self.of_array(array) is not None:
            return None
        known = [a for a in self._named if a.dtype.kind == "f"]
        for other in known:
            if other.shape == array.shape:
                if np.array_equal(array, 1 - other):
                    return lambda y: 1 - y, [other]
                if np.array_equal(array, -other):
                    return lambda y: -y, [other]
        for labels, _ in self.labels():
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
        yield from self._asserted
        for array in self._named:
            yield from ((array, fact) for fact in self.one_hot(array))

    def one_hot(self, array: Any) -> Iterator[Fact]:
        """Yield facts of an array that is the one-hot form of labels in a variable."""
        if array.ndim == 0 or not np.all((array == 0) | (array == 1)):
            return
        for labels, known in self.labels():
            for axis in range(array.ndim):
                if labels.size == 0 or labels.shape != array.shape[:axis] + array.shape[axis + 1 :]:
                    continue
                hot = np.expand_dims(labels, axis) == _classes(array, axis)
                inside = labels.min() >= 0 and labels.max() < array.shape[axis]
                if inside and np.array_equal(hot, array):
                    note = f"{self.of_array(array) or 'an array'} = one_hot({known})"
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
        for name, value in self.numbers.items():
            counts = len(name) == 1 or name.startswith(("n_", "num_", "batch"))
            if value == n and n > 2 and type(value) is int and (counts or name in self.symbols):
                return self._symbol(name)
        return None

    def _in_terms(self, v: float) -> Expr | None:
        for name, value in self.numbers.items():
            if value == v and type(value) is type(v):
                return self._symbol(name)
        for name, value in self.numbers.items():
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
        for name, value in self.numbers.items():
            for below, count in self.numbers.items():
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
            self.symbols[name] = symbol(name, (), np.asarray(self.numbers[name]).dtype)
        return self.symbols[name]

    def given(self) -> dict[Expr, Any]:
        """Return the values of the numbers that were found."""
        return {e: self.numbers[name] for name, e in self.symbols.items()}


def _key(array: Any) -> bytes:
    """Return what tells an array from others; leading axes of length 1, but of indices, do not."""
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        while array.ndim and array.shape[0] == 1:
            array = array[0]
    return content(array)


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


def _variables(frame: FrameType | None) -> Iterator[tuple[str, Any]]:
    if frame is None:
        return
    local: Mapping[str, Any] = frame.f_locals
    for name, value in list(local.items()):
        if name.isidentifier() and not name.startswith("_"):
            yield name, value
    if frame.f_globals is not local:
        for name, value in list(frame.f_globals.items()):
            if not name.startswith("_") and name not in local:
                yield name, value


def unique(wanted: Mapping[Expr, str]) -> dict[Expr, str]:
    """Return names no two of which are alike: a second one gets a prime."""
    taken: set[str] = set()
    result = {}
    for e, name in wanted.items():
        while name in taken:
            name += "′"
        taken.add(name)
        result[e] = name
    return result
