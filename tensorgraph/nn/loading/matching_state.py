"""A whole state of a model, by the names that it has here or in PyTorch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.state_dict import fitting
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.loading.torch_names import TorchArray, torch_arrays

if TYPE_CHECKING:
    from tensorgraph.nn.module import Module


def matching(model: Module, state: Mapping[str, Any]) -> list[tuple[Tensor, Any]]:
    """Return each tensor of a model with a copy of its value in a state.

    Raises:
        StateError: the state does not fit. It is told by PyTorch's names, if the state has those.
    """
    own, owner = dict(model._tensors()), type(model).__name__
    if isinstance(state, Mapping) and state.keys() != own.keys():
        there = torch_arrays(model)
        if speaks(there, state) > speaks(own, state):
            return _by_torch_names(there, state, owner)
    values = fitting(own, state, owner, _kept_results(model, own, state))
    return [(tensor, values[path]) for path, tensor in own.items()]


def speaks(known: Collection[str], names: Collection[str]) -> int:
    """Return how many names are known ones, perhaps behind a prefix."""
    return sum(any(end in known for end in _ends(str(name))) for name in names)


def _ends(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[k:]) for k in range(len(parts))]


def in_own_names(model: Module, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a state whose names may be PyTorch's by those that the model has here.

    What means nothing here is left out; other names stay.
    """
    own = dict(model._tensors())
    there = torch_arrays(model)
    if not isinstance(state, Mapping) or speaks(there, state) <= speaks(own, state):
        return state
    paths = {id(tensor): path for path, tensor in own.items()}
    found: dict[str, Any] = {}
    for name, value in state.items():
        array = there.get(name)
        if array is None:
            found[name] = value
        elif np.shape(value) == array.shape:
            found |= {paths[id(tensor)]: part for tensor, part in array.cut(value)}
        elif array.tensors:
            found |= {paths[id(tensor)]: value for tensor in array.tensors}
    return found


def _by_torch_names(
    there: Mapping[str, TorchArray], state: Mapping[str, Any], owner: str
) -> list[tuple[Tensor, Any]]:
    given = {name: value for name, value in state.items() if not _means_nothing(there, name)}
    expected = one_name_each(there, given)
    values = fitting(expected, given, owner)
    found: dict[int, tuple[str, Tensor, Any]] = {}
    for name, array in expected.items():
        for tensor, value in array.cut(values[name]):
            before = found.setdefault(id(tensor), (name, tensor, value))
            if not np.array_equal(before[2], value, equal_nan=value.dtype.kind == "f"):
                raise errors.StateError(
                    f"load_state_dict: the state does not fit {owner}, nothing was loaded\n"
                    f"  {before[0]} and {name} are one tensor in this model, and differ in the"
                    " state; leave one of them out, or untie them"
                )
    return [(tensor, value) for _, tensor, value in found.values()]


def _means_nothing(there: Mapping[str, TorchArray], name: str) -> bool:
    return name in there and not there[name].tensors


def one_name_each(there: Mapping[str, TorchArray], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays that a state has to have: of tied ones those it has, or else the first."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, array in there.items():
        if array.tensors:
            groups.setdefault(tuple(map(id, array.tensors)), []).append(name)
    found = (([n for n in names if n in state] or names[:1]) for names in groups.values())
    return {name: there[name] for names in found for name in names}


def _kept_results(model: Module, own: Mapping[str, Tensor], state: Any) -> str:
    """Return what to do about names that differ because an attribute keeps a result."""
    written = {path for path, module in model.named_modules() if not _is_layer(module)}
    missing = [name for name in own if name not in state]
    buffers = [name for name in missing if not own[name].requires_grad]
    # A model that kept one when it was saved, or now.
    suspects = buffers if missing else [name for name in state if name not in own]
    results = [name for name in suspects if str(name).rpartition(".")[0] in written]
    if not results:
        return ""
    return (
        f"if {errors.listing(results)} is no state but a result that an attribute keeps, keep its"
        " array, as in self.last = y.numpy()"
    )


def _is_layer(module: Module) -> bool:
    """Return whether a module is one of this library's, which keep no results."""
    return type(module).__module__.startswith("tensorgraph.")
