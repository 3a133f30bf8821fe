"""What PyTorch calls the tensors of a model, and in which arrays it keeps them.

Each layer whose tensors have other names there says so, in ``torch_name``; where it gives one name
to several, PyTorch has them in one array, one after the other along axis 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.state_dict import is_state
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.contents import HasContents, items_of

if TYPE_CHECKING:
    from tensorgraph.nn.module import Module


@dataclass(frozen=True)
class TorchArray:
    """An array of a PyTorch module, as the tensors that it is made of here."""

    tensors: tuple[Tensor, ...]
    """One after the other along axis 0; none where it means nothing here."""
    start: Any = None
    """What PyTorch's array starts as, where it means nothing here."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole array."""
        if not self.tensors:
            return np.shape(self.start)
        first = self.tensors[0].shape
        if len(self.tensors) == 1:
            return first
        return (sum(t.shape[0] for t in self.tensors), *first[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the whole array."""
        return np.result_type(*(t.dtype for t in self.tensors))

    def cut(self, array: Any) -> list[tuple[Tensor, Any]]:
        """Return each tensor with its part of an array."""
        if len(self.tensors) < 2:
            return [(tensor, array) for tensor in self.tensors]
        edges = np.cumsum([t.shape[0] for t in self.tensors])[:-1]
        return list(zip(self.tensors, np.split(array, edges), strict=True))

    def joined(self) -> NDArray[Any]:
        """Return a copy of the whole array, in NumPy's memory."""
        if not self.tensors:
            return np.array(self.start)
        parts = [to_host(t.data) for t in self.tensors]
        return np.array(parts[0]) if len(parts) == 1 else np.concatenate(parts)


def torch_arrays(model: Module) -> dict[str, TorchArray]:
    """Return the arrays that PyTorch would have of a model, by their names there.

    Tied tensors have one under each of their names, as there.

    Raises:
        StateError: two tensors that make no array together have one name.
    """
    tensors: dict[str, list[Tensor]] = {}
    for name, tensor in _named(model, frozenset()):
        tensors.setdefault(name, []).append(tensor)
    found = {name: TorchArray(tuple(parts)) for name, parts in tensors.items()}
    for name, array in found.items():
        if len({t.shape[1:] if t.ndim else () for t in array.tensors}) > 1 or (
            len(array.tensors) > 1 and not array.tensors[0].ndim
        ):
            raise errors.StateError(
                f"{type(model).__name__} has two tensors that PyTorch would call {name!r}; give"
                " the attributes or dict keys on the way other names, or load by the names that"
                " state_dict() has"
            )
    found.update((name, TorchArray((), start)) for name, start in _beside(model, frozenset()))
    return found


@with_leads
def torch_state_dict(model: Module) -> dict[str, NDArray[Any]]:
    """Return copies of all parameters and buffers by their names in PyTorch, as arrays.

    What ``load_state_dict`` of the same network in PyTorch takes whole (``strict=True``), after
    ``{name: torch.from_numpy(array) for name, array in state.items()}``: ``0.weight`` in a
    Sequential, ``weight_ih_l0`` of a recurrent layer, ``in_proj_weight`` of an attention, and
    ``num_batches_tracked`` of a batch norm, as 0. Tied tensors have all of their names.

    Raises:
        DTypeError: something that is not a module.
        StateError: PyTorch would call two tensors alike.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3))
        >>> list(nn.torch_state_dict(model))[:3]
        ['0.weight', '0.bias', '1.weight']
        >>> model.load_state_dict(nn.torch_state_dict(model))  # and back
    """
    if not hasattr(model, "torch_name"):
        raise errors.DTypeError(f"torch_state_dict takes a module, not {errors.describe(model)}")
    return {name: array.joined() for name, array in torch_arrays(model).items()}


def _named(module: Any, above: frozenset[int]) -> Iterator[tuple[str, Tensor]]:
    """Yield all tensors in a module with their names in PyTorch, under each place that they have.

    Those that share a name come in the order in which they stand in its array.
    """
    above |= {id(module)}
    for path, value in held(module, above):
        if isinstance(value, Tensor):
            if is_state(value):
                yield module.torch_name(path), value
        else:
            for name, tensor in _named(value, above):
                yield module.torch_name(f"{path}.{name}"), tensor


def _beside(module: Any, above: frozenset[int]) -> Iterator[tuple[str, Any]]:
    """Yield what PyTorch has beside, in all modules in one."""
    yield from module.torch_only.items()
    above |= {id(module)}
    for path, value in held(module, above):
        if not isinstance(value, Tensor):
            for name, start in _beside(value, above):
                yield module.torch_name(f"{path}.{name}"), start


def held(value: Any, above: frozenset[int]) -> Iterator[tuple[str, Any]]:
    """Yield the tensors and modules in a module, not those in modules in it, each in all places.

    Args:
        value: the module, or a list, tuple or dict in it.
        above: the ids of what it is in, which is not entered again.
    """
    for key, _, item in items_of(value):
        if id(item) in above:
            continue
        if isinstance(item, (Tensor, HasContents)):
            yield key, item
        else:
            for path, inner in held(item, above | {id(item)}):
                yield f"{key}.{path}", inner
