"""Names for formulas: those of the variables where ``derive`` is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from types import FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.caller.statements import Occurrence, Sought, Stand
from tensorgraph.caller.variables import Variables
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.facts import Fact, asserted_of
from tensorgraph.formulas.naming.parameters import Parameter, parameters_of
from tensorgraph.nn.module import Module
from tensorgraph.symbolic.array_table import ArrayTable

MANY = 1000
"""In a container of more elements, none is named after it."""

LOOKED_BACK = 40
"""Of so many values that were computed before, names and operations tell an operand from others."""

PRODUCTS = ("multiply", "divide")
"""To stand beside an array in these says more than in a sum, whose terms hold much else."""


class _Array(NamedTuple):
    """An array that a variable holds."""

    name: str
    value: Any


class Scope:
    """What the variables of a caller hold, by what it is.

    Args:
        frame: whose variables these are; ``None`` for none.
    """

    def __init__(self, frame: FrameType | None) -> None:
        self.variables = Variables(frame)
        self.places: dict[Any, str] = {}
        self.numbers: dict[str, float] = {}
        self.parameters: dict[str, Parameter] = {}
        """What is known of modules' parameters and buffers, by the paths that name them."""
        self.asserted: list[tuple[Any, Fact]] = []
        self._names: set[str] = set()
        self._own: dict[str, str] = {}
        """What parts of containers are called in these: ``W1``, by their longer names."""
        self._arrays: list[_Array] = []
        self._by_content: ArrayTable[list[_Array]] | None = None
        self.counts: frozenset[str] = frozenset()
        """The numbers that are not only what a loop left."""
        self.single: frozenset[str] = frozenset()
        """The variables that hold something of their own, not what is in a list; of no loop."""
        holders = self.variables.holders
        for left_by_loop in (False, True):
            found = [h for h in holders if h.rank[0] is left_by_loop]
            modules = [h for h in found if isinstance(h.value, Module)]
            others = [h for h in found if not isinstance(h.value, Module)]
            named = [h for h in others if h.name]
            for each in (*named, *modules):  # a name of its own comes before one in a container
                self._add(each.name, each.value)
            for each in named:
                self._number(each.value)
            for each in others:
                for name, part in _parts(each.name, each.value):
                    longer = _dotted(each.name, name) if name in self._names else name
                    self._own[longer] = name
                    self._add(longer, part)
            if not left_by_loop:
                self.counts = frozenset(self.numbers)
                self.single = frozenset(h.name for h in named)

    def _add(self, name: str, value: Any) -> None:
        self._names.add(name)
        if type(value) is Tensor:
            self.places.setdefault(place_of(value), value.name or name)
            if not value.requires_grad:
                self._arrays.append(_Array(value.name or name, value._data))
                self.asserted += [(value._data, fact) for fact in asserted_of(place_of(value))]
        elif isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf":
            self.numbers.setdefault(name, value.item())
        elif isinstance(value, np.ndarray):
            self._arrays.append(_Array(name, value))
        elif type(value) in (int, float):
            self.numbers.setdefault(name, value)
        elif isinstance(value, (np.floating, np.integer)):
            self.numbers.setdefault(name, value.item())
        elif isinstance(value, Module):
            self.add_module(value, name)

    def _number(self, value: Any) -> None:
        """Number the values that a variable had one after the other, if a list keeps them.

        Those of ``caches.append((A_prev, Z))`` in a loop are Z1, Z2, …; Z has the last alone.
        """
        for column in _columns(value) if isinstance(value, list) and len(value) <= MANY else ():
            places = [place_of(x) for x in column if type(x) is Tensor and not x.is_leaf]
            name = self.places.get(places[-1]) if len(places) == len(column) > 1 else None
            if name is not None and "value" in self.variables.bound(name):
                for i, place in enumerate(places, 1):
                    if self.places.get(place, name) == name:
                        self.places[place] = f"{name}{i}"

    def add_module(self, module: Module, variable: str = "") -> None:
        """Take in the parameters and buffers of a module, under their paths.

        Args:
            module: the module.
            variable: what holds it.
        """
        for tensor, parameter in parameters_of(module, variable):
            name = tensor.name or parameter.path
            if tensor.requires_grad:
                self.places.setdefault(place_of(tensor), name)
            else:
                self._arrays.append(_Array(name, tensor._data))
            self.parameters.setdefault(parameter.path, parameter)

    def leave_numbers(self, read: Collection[str]) -> None:
        """Leave the numbers out that none of these variables holds: nothing computes with them."""
        self.numbers = {
            name: number
            for name, number in self.numbers.items()
            if name in read or self._own.get(name) in read or name.split(".")[0] in read
        }

    def heed(self, places: Collection[Any]) -> None:
        """Call parts of containers what these call them, where nothing else in a graph is.

        ``parameters["W1"]`` is W1, even if another dict has a W1, too.
        """
        known = {place: self.places[place] for place in places if place in self.places}
        times = Counter(self._own.get(name, name) for name in known.values())
        for place, name in known.items():
            own = self._own.get(name)
            if own is not None and times[own] == 1:
                self.places[place] = own

    def of_place(self, place: Any) -> str | None:
        """Return what a node or leaf is called."""
        return self.places.get(place)

    def of_array(self, array: Any) -> str | None:
        """Return the variable that holds an array with these elements: the first of several."""
        return next((each.name for each in self._alike(array)), None)

    def of_operand(self, array: Any, node: Node, i: int) -> list[str]:
        """Return the variables that an operand of a node may be, by what they hold.

        Of several with the same elements, those that the statements have in such a place, the most
        likely first, and after these other names of the same arrays.
        """
        alike = self._alike(array)
        names = list(dict.fromkeys(each.name for each in alike))
        best = self.variables.best(names, {node.op.name}, self._beside(node, i))
        arrays = [each.value for each in alike if each.name in best]
        same = [each.name for each in alike if any(each.value is x for x in arrays)]
        return list(dict.fromkeys([*best, *same]))

    def others(self, names: Sequence[str]) -> list[str]:
        """Return those of the variables that hold another array than the first of them."""
        held = {each.name: each.value for each in self._arrays[::-1]}
        return [name for name in names if held.get(name) is not held.get(names[0])]

    def fit(self, names: Iterable[str], node: Node, i: int) -> int:
        """Return how well all of these variables fit an operand of a node, by the statements."""
        beside = self._beside(node, i)
        return min(self.variables.fit(name, {node.op.name}, beside) for name in names)

    def fit_of_number(self, number: float, node: Node, i: int) -> int:
        """Return how well a number that the statements write out fits an operand of a node."""
        return self.variables.fit_of_number(number, {node.op.name}, self._beside(node, i))

    def stands(self, what: Sought, node: Node, i: int) -> list[Stand]:
        """Return where a number stands in the statements, and how well an operand is met there."""
        return [*self.variables.stands(what, self.occurrence(node, i))]

    def occurrence(self, node: Node, i: int) -> Occurrence:
        """Return what the statements may tell an operand of a node by."""
        names, words = set[str](), set[str | float]()
        waiting: list[Any] = [p for k, p in enumerate(node.parents) if k != i]
        for place in islice(waiting, LOOKED_BACK):  # to which more is added meanwhile
            known = self.places.get(place) if type(place) in (Node, Tensor) else None
            if known is not None:
                names.add(known)
            elif type(place) is Node:
                words.add(place.op.name)
                waiting += place.parents
            elif type(place) is Tensor or np.ndim(place):
                array = place._data if type(place) is Tensor else place
                names.update(each.name for each in self._alike(array))
            else:
                words.add(np.asarray(place).item())
        return Occurrence({node.op.name}, i, self._beside(node, i), names, words)

    def fit_beside(self, number: str | float, arrays: Iterable[Any]) -> int:
        """Return how well a variable or a number that is written out fits beside these arrays."""
        beside = self._names_of(arrays)
        if isinstance(number, str):
            return self.variables.fit(number, PRODUCTS, beside)
        return self.variables.fit_of_number(number, PRODUCTS, beside)

    def likeness_beside(self, name: str, arrays: Iterable[Any]) -> float:
        """Return how much of what stands beside a variable, where it fits best, is these arrays."""
        beside = self._names_of(arrays)
        at = Occurrence(PRODUCTS, 0, beside, beside, ())
        found = self.variables.stands(Sought((name,)), at)
        return max(((s.fit, s.likeness) for s in found), default=(0, 0.0))[1]

    def _names_of(self, arrays: Iterable[Any]) -> set[str]:
        return {each.name for array in arrays for each in self._alike(array)}

    def holds_array(self, name: str) -> bool:
        """Return whether a variable, or what one holds, is an array that is called so."""
        return any(each.name == name for each in self._arrays)

    def arrays(self) -> list[Any]:
        """Return the constant arrays that variables hold."""
        return [each.value for each in self._arrays]

    def labels(self) -> Iterator[tuple[Any, str]]:
        """Yield the variables that hold integers: labels and indices."""
        for array in self.arrays():
            name = self.of_array(array)
            if array.dtype.kind in "iu" and name is not None:
                yield array, name

    def _beside(self, node: Node, i: int) -> set[str]:
        """Return the variables in the other operands of a node, as far as these are known."""
        found = set()
        for k, parent in enumerate(node.parents):
            inside = parent.parents if type(parent) is Node and parent not in self.places else ()
            for place in (parent, *inside) if k != i else ():
                if type(place) in (Node, Tensor):
                    found.add(self.places.get(place, ""))
                elif np.ndim(place):
                    found.update(each.name for each in self._alike(place))
        return found - {""}

    def _alike(self, array: Any) -> list[_Array]:
        """Return the variables that hold an array with these elements, the best first."""
        if self._by_content is None:
            self._by_content = ArrayTable()
            for each in self._arrays:
                self._by_content.put(_flat(each.value), [*self._same(each.value), each])
        return self._same(array)

    def _same(self, array: Any) -> list[_Array]:
        assert self._by_content is not None
        return self._by_content.get(_flat(array)) or []


def _flat(array: Any) -> Any:
    """Return an array without leading axes of length 1, but of indices, which say nothing."""
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        while array.ndim and array.shape[0] == 1:
            array = array[0]
    return array


def _parts(name: str, value: Any, number: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a container or an object holds, by names of their own.

    Args:
        name: that of what holds it; ``""`` for an object whose attributes have names alone.
        value: what holds it.
        number: of an element of a list, where it stands there: the W of ``layers[2]["W"]`` is W2.
    """
    if isinstance(value, (list, tuple)) and len(value) <= MANY:
        for i, part in enumerate(value):
            if not (
                number and type(part) is Tensor and not part.is_leaf
            ):  # two numbers are no name
                yield from _part(f"{name}{number}", part, f"{i}")
    elif isinstance(value, dict) and len(value) <= MANY:
        for key, part in value.items():
            written = "".join(map(str, key)) if isinstance(key, tuple) else str(key)
            if written.isdecimal() or not written.isprintable():
                yield from _part(f"{name}{number}", part, written)
            else:
                yield from _part(f"{written}{number}", part)
    elif not isinstance(value, (Tensor, np.ndarray, ModuleType, FunctionType, type)):
        for attribute, part in list(getattr(value, "__dict__", {}).items()):
            plain = isinstance(part, (Tensor, np.ndarray)) or not name
            if isinstance(attribute, str) and plain and not attribute.startswith("_"):
                yield from _part(attribute, part)


def _columns(value: list[Any]) -> Iterator[Sequence[Any]]:
    """Yield a list, or if its elements are tuples, what stands in the same place of each."""
    if value and all(isinstance(x, tuple) and len(x) == len(value[0]) for x in value):
        yield from zip(*value, strict=True)
    else:
        yield value


def _part(name: str, value: Any, number: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (list, tuple, dict)):
        yield from _parts(name, value, number)
    else:
        yield f"{name}{number}", value


def _dotted(name: str, path: str) -> str:
    return f"{name}.{path}" if name else path
