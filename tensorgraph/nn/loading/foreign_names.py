"""Where in a model an array of another library may belong, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.engine.state_dict import is_state
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.loading.layouts import Kept, as_it_is
from tensorgraph.nn.loading.torch_names import TorchArray, held, torch_arrays

if TYPE_CHECKING:
    from tensorgraph.nn.module import Module

COLLECTIONS = ("params", "batch_stats")
"""What stands around all names in Flax."""

Targets = list[tuple[str, Tensor]]
"""Tensors with their paths."""


def simplified(name: str) -> str:
    """Return a name as it is compared.

    Example:
        >>> simplified("params/layers_0/kernel:0"), simplified("layers.0.kernel")
        ('layers.0.kernel', 'layers.0.kernel')
    """
    parts = re.sub(r":\d+$", "", name).replace("/", ".").split(".")
    kept = ".".join(part for part in parts if part not in COLLECTIONS)
    return re.sub(r"_(?=\d+(\.|$))", ".", _DIRECTION.sub(r"\1_rnn.cell", kept))


_DIRECTION = re.compile(r"\b(forward|backward)_\w+\.(?:simple_rnn|gru|lstm)_cell(?=\.)")
"""A direction of Keras', which is called after the layer that goes in it; and its cell."""


class Places:
    """What arrays of each name may be: in which layer, kept how, and which tensors."""

    def __init__(self) -> None:
        self._ways: dict[str, list[tuple[Any, Kept, Targets]]] = {}
        self.nothing: set[str] = set()
        """The names of arrays that mean nothing here."""

    def __contains__(self, name: str) -> bool:
        return name in self._ways

    def __getitem__(self, name: str) -> list[tuple[Any, Kept, Targets]]:
        return self._ways[name]

    def add(self, name: str, layer: Any, kept: Kept, targets: Targets) -> None:
        """Add one way in which an array of a name may be kept."""
        ways = self._ways.setdefault(simplified(name), [])
        ways.append((layer, kept, targets))

    def targets(self, name: str) -> Targets:
        """Return the tensors that an array of this name may be of, the first way's."""
        return self._ways[name][0][2]

    def start_of(self, name: str) -> str:
        """Return what stands before a name in the first place that ends with it; else nothing."""
        end = f".{simplified(name)}"
        found = next((place for place in self._ways if place.endswith(end)), end)
        return found.removesuffix(end[1:]).removeprefix(".")


def places_of(model: Module) -> Places:
    """Return what arrays may be in a model: by its own names, PyTorch's, and each layer's others.

    What a layer is called stands in its ``foreign_arrays`` and ``foreign_parts``.
    """
    places = Places()
    first = {id(tensor): path for path, tensor in model._tensors()}
    for layer, names in _layers(model, ("",), frozenset()):
        own = dict(_own_tensors(layer))
        for above in names:
            start = f"{above}." if above else ""
            for path, tensor in own.items():
                if path not in layer.foreign_arrays:
                    (kept,) = as_it_is(path)
                    places.add(start + path, layer, kept, [(first[id(tensor)], tensor)])
            for name, ways in layer.foreign_arrays.items():
                for kept in ways:
                    if all(path in own for path in kept.tensors):
                        targets = [(first[id(own[path])], own[path]) for path in kept.tensors]
                        places.add(start + name, layer, kept, targets)
    for name, array in torch_arrays(model).items():
        if not array.tensors:
            places.nothing.add(simplified(name))
        elif simplified(name) not in places:
            places.add(name, None, _stacked(array), [(first[id(t)], t) for t in array.tensors])
    return places


def _stacked(array: TorchArray) -> Kept:
    def cut(layer: Any, whole: NDArray[Any]) -> list[NDArray[Any]] | None:
        fits = np.shape(whole) == array.shape
        return [part for _, part in array.cut(whole)] if fits else None

    return Kept((), cut, "", frozenset({"torch"}))


def _own_tensors(layer: Any) -> Iterator[tuple[str, Tensor]]:
    for path, value in held(layer, frozenset({id(layer)})):
        if isinstance(value, Tensor) and is_state(value):
            yield path, value


def _layers(
    module: Any, names: tuple[str, ...], above: frozenset[int]
) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield all modules with the names that they may have."""
    yield module, names
    above |= {id(module)}
    synonyms = module.foreign_parts
    for path, part in held(module, above):
        if isinstance(part, Tensor):
            continue
        others = [name for name, own in synonyms.items() if own == path]
        called = dict.fromkeys([path, module.torch_name(path), *others])
        joined = [f"{start}.{name}" if start else name for start in names for name in called]
        yield from _layers(part, tuple(joined), above)
