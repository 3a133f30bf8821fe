"""Names for formulas: those of the variables where ``derive`` is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.facts import Fact, asserted_of
from tensorgraph.formulas.naming.parameters import Parameter, parameters_of
from tensorgraph.nn.module import Module
from tensorgraph.symbolic.expr import Expr
from tensorgraph.symbolic.replay import content


class Scope:
    """The variables of a caller, by what they hold."""

    def __init__(self, frame: FrameType | None) -> None:
        self.places: dict[Any, str] = {}
        self.numbers: dict[str, float] = {}
        self.parameters: dict[str, Parameter] = {}
        """What is known of modules' parameters and buffers, by the paths that name them."""
        self._arrays: list[tuple[str, Any]] = []
        self._named: list[Any] = []
        self.asserted: list[tuple[Any, Fact]] = []
        self._by_content: dict[bytes, str] = {}
        for name, value in _variables(frame):
            self._add(name, value)

    def _add(self, name: str, value: Any) -> None:
        if type(value) is Tensor:
            self.places.setdefault(place_of(value), value.name or name)
            if not value.requires_grad:
                self._arrays.append((value.name or name, value._data))
                self.asserted += [(value._data, fact) for fact in asserted_of(place_of(value))]
        elif isinstance(value, np.ndarray):
            self._arrays.append((name, value))
        elif type(value) in (int, float) or isinstance(value, (np.floating, np.integer)):
            self.numbers.setdefault(name, value)
        elif isinstance(value, Module):
            self.add_module(value, name)
        elif isinstance(value, (list, tuple)) and len(value) <= 1000:
            for i, part in enumerate(value):
                if type(part) is Tensor:
                    self._add(f"{name}{i}", part)
        elif type(value) is dict and len(value) <= 1000:
            for key, part in value.items():
                if type(part) is Tensor or isinstance(part, np.ndarray):
                    self._add(str(key), part)

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
                self._arrays.append((name, tensor._data))
            self.parameters.setdefault(parameter.path, parameter)

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

    def arrays(self) -> list[Any]:
        """Return the constant arrays that variables hold."""
        self.of_array(np.zeros(0))
        return self._named

    def labels(self) -> Iterator[tuple[Any, str]]:
        """Yield the variables that hold integers: labels and indices."""
        for array in self.arrays():
            name = self.of_array(array)
            if array.dtype.kind in "iu" and name is not None:
                yield array, name


def _key(array: Any) -> bytes:
    """Return what tells an array from others; leading axes of length 1, but of indices, do not."""
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        while array.ndim and array.shape[0] == 1:
            array = array[0]
    return content(array)


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
