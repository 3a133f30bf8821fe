"""Layers: transforms that work below tensors, on the arrays in them.

While a function is vmapped, or differentiated forward, its arguments are tensors whose data is an
array of that call's *layer*: one that holds many examples, or a value with its tangent. It behaves
as an array, and operations on it are computed by the layer, from what it holds: arrays, tensors of
what is outside, or arrays of an outer layer. So layers nest, and what is inside one is ordinary
code on tensors.

A layer that was made later lies deeper, and takes an operation over; what is not of it is a
constant there. Two graphs are kept apart by that: a leaf that is made inside has its data lifted
into the layer, so a tensor that needs a gradient and whose data is not of the layer comes from
outside, where its own gradient is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from operator import attrgetter
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import placed
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.op import Op
from tensorgraph.engine.operators import Operators

_next_number = count().__next__
"""Counts layers; of threads that make some at a time, each gets its own number."""


class Layer:
    """One call of a transform that works below tensors."""

    def __init__(self) -> None:
        self.number = _next_number()
        """Larger for a layer that was made later: that lies deeper."""
        self.around: Layer | None = MODE.get().layer

    def lift(self, value: Any) -> LayeredArray:
        """Return a constant, an array or a tensor of what is outside, as an array of the layer."""
        raise NotImplementedError

    def apply(self, op: Op, args: Sequence[Any], static: dict[str, Any]) -> Any:
        """Compute an operation, one of whose operands is of this layer and none of a deeper one."""
        raise NotImplementedError

    def entered(self, value: Any) -> LayeredArray:
        """Return what :meth:`left` makes of an array of the layer as an array of it again."""
        raise NotImplementedError

    def left(self, array: Any) -> Any:
        """Return what an array of the layer holds: with several examples, one for each."""
        raise NotImplementedError

    def examples(self, leaves: Sequence[Any]) -> list[list[Any]]:
        """Return, for each example, values of outside for those of the layer among leaves."""
        raise NotImplementedError

    def of_examples(self, arrays: Sequence[Any]) -> LayeredArray:
        """Return the array whose examples are these arrays of outside."""
        raise NotImplementedError

    def taken(self, results: Sequence[Any], pull: Any, inputs: Sequence[Any]) -> list[Any]:
        """Return results of a function with a gradient of its own as arrays of the layer.

        Args:
            results: the function's, of outside, on what the inputs hold.
            pull: takes gradients of the results back to the inputs, outside.
            inputs: arrays of the layer.
        """
        raise NotImplementedError

    def draw(self, op: Op, operands: Sequence[Any], static: dict[str, Any]) -> Any:
        """Return a random draw, as it is inside."""
        raise NotImplementedError

    def drawn_around(self, op: Op, operands: Sequence[Any], static: dict[str, Any]) -> Any:
        """Return a random draw, as it is outside."""
        if self.around is None:
            return op(*operands, **static)
        return self.around.draw(op, operands, static)

    def detached(self, array: Any) -> Any:
        """Return an array of the layer, or of one outside, through which no gradient flows."""
        raise NotImplementedError

    def handed_outside(self, array: Any) -> Any:
        """Return the values of an array of the layer as those of a tensor from outside.

        Raises:
            LayerError: there is not one value.
        """
        raise NotImplementedError


class LayeredArray(Operators):
    """An array that a layer computes with; to what is inside, an array like any other."""

    __slots__ = ("__weakref__", "dtype", "layer", "shape")

    layer: Any
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def held(self) -> Any:
        """The values: an array or a tensor of what is outside."""
        raise NotImplementedError

    @property
    def moves(self) -> bool:
        """Whether the layer itself wants a derivative of what is computed from it."""
        return False

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array with no axes")
        return self.shape[0]

    def copy(self) -> LayeredArray:
        """Return the array itself, which never changes."""
        return self

    __hash__ = object.__hash__


def stand_in(x: Any) -> Any:
    """Return zeros that take no memory, of the shape and dtype of an array of a layer."""
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def made_like(x: Any, held: Any, made: Any) -> Any:
    """Return an array of NumPy's as a constant of x's layer, where what x holds is.

    Args:
        x: an array of a layer.
        held: an array or a tensor that it holds.
        made: such as ``np.zeros(3, like=x)``.
    """
    return x.layer.lift(placed(made, getattr(held, "_data", held)))


def layer_of(x: Any) -> Layer | None:
    """Return the layer of an array, or of a tensor's data; ``None`` for other arrays."""
    array = getattr(x, "_data", x)
    return array.layer if isinstance(array, LayeredArray) else None


def deepest(arrays: Sequence[Any]) -> Layer | None:
    """Return the deepest layer that arrays are of, if they are of one."""
    found: Layer | None = None
    for array in arrays:
        if isinstance(array, LayeredArray) and (found is None or array.layer.number > found.number):
            found = array.layer
    return found


def current(tensors: Sequence[Any]) -> Layer | None:
    """Return the layer that a function of tensors runs in: the deepest of theirs and this one."""
    layers = [MODE.get().layer, *map(layer_of, tensors)]
    inside = [layer for layer in layers if layer is not None]
    return max(inside, key=attrgetter("number"), default=None)


def apply_in_layer(op: Op, args: tuple[Any, ...], static: dict[str, Any]) -> Any:
    """Compute an operation on arrays, at least one of which is of a layer: the deepest does it."""
    layer: Any = deepest(args)
    return layer.apply(op, args, static)


def lifted(array: Any) -> Any:
    """Return the data of a leaf that is made here: inside a layer, of that layer."""
    layer = MODE.get().layer
    return array if layer is None or layer_of(array) is layer else layer.lift(array)


def outside(x: Any) -> Any:
    """Return what a tensor is to a layer: itself where it is part of something, else its array."""
    observed = MODE.get().observer is not None
    return x if x._requires_grad or observed else x._data


def detached(array: Any) -> Any:
    """Return the data of a tensor such that no gradient flows through it, in any layer."""
    layer: Any = layer_of(array)
    return array if layer is None else layer.detached(array)


def agreed(old: Any, new: Any) -> Any:
    """Return a new array for a tensor that holds an old one, in the layer of that.

    Raises:
        LayerError: there is one for each example, and the tensor was not made there.
    """
    before, after = layer_of(old), layer_of(new)
    while after is not None and (before is None or after.number > before.number):
        new = after.handed_outside(new)
        after = layer_of(new)
    return new if before is after or before is None else before.lift(new)
