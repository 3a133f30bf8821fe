"""Part of a graph as one operation, whose gradients by all its inputs are computed at once.

A node has one result. Several are one vector, of which each is a part: the vector itself is never
made, only its gradient is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.layers import Layer, layer_of, outside
from tensorgraph.engine.modes import MODE, mode, user_line
from tensorgraph.engine.op import Op, Plan
from tensorgraph.engine.random_generator import replay
from tensorgraph.engine.tensor import Tensor, array_of, wrap
from tensorgraph.ops.index import scatter
from tensorgraph.ops.shape import reshape
from tensorgraph.transforms.packing import Packing


class Joint:
    """One operation with any number of results, and its gradients by all of its inputs at once.

    Threads may differentiate one graph at a time: what is kept for the next input goes with the
    gradient that it was computed for.
    """

    opened_by = ""
    """What to write for a graph that shows what this one leaves out; "" if it leaves out nothing,
    and outputs and gradients are what operations make of operands, whatever these hold."""

    def __init__(self, outputs: Sequence[Tensor], states: Mapping[Any, Any]) -> None:
        self.packing = Packing(outputs)
        self.states, self.call = states, MODE.get().call
        self._pending: tuple[Any, list[Any]] = (None, [])

    def outputs(self, operands: Sequence[Any]) -> list[Any]:
        """Return what the operation makes of operands, as tensors."""
        raise NotImplementedError

    def gradients(self, seeds: list[Any], operands: Sequence[Any]) -> list[Any]:
        """Return the gradient by each input, of those of the outputs: all arrays, or tensors."""
        raise NotImplementedError

    def value(self, operands: Sequence[Any]) -> Any:
        """Return the operation's result, the outputs as one array: its kernel."""
        with replay(self.states), mode(recording=True, call=self.call):
            arrays = [array_of(output) for output in self.outputs(operands)]
        return arrays[0] if len(arrays) == 1 else self.packing.pack(arrays)

    def gradient(self, g: Any, i: int, operands: Sequence[Any] = ()) -> Any:
        """Return the gradient by the ``i``-th input; all of them are computed for the first."""
        seed, results = self._pending
        if seed is not g or results[i] is None:  # of an earlier pass, some may never be fetched
            several = len(self.packing.places) > 1
            results = self.gradients(self.packing.unpack(g) if several else [g], operands)
            self._pending = (g, results)
        result, results[i] = results[i], None
        if all(r is None for r in results):
            self._pending = (None, [])
        return result

    def record(
        self, op: Op, operands: Sequence[tuple[Any, Any]], plan: Plan, outputs: Sequence[Tensor]
    ) -> list[Tensor]:
        """Return the outputs as results of one node.

        Args:
            op: the operation, whose rules call :meth:`gradient` of what they are told is ``again``.
            operands: the places that it depends on, each with its array.
            plan: which of them get a gradient, and what of them is kept.
            outputs: what was computed.
        """
        arrays = [output._data for output in outputs]
        static = {"again": self}
        if len(arrays) == 1:
            return [_recorded(op, static, operands, plan, arrays[0])]
        vector = np.broadcast_to(np.zeros((), self.packing.dtype), (self.packing.size,))
        whole = _recorded(op, static, operands, plan, vector)._node
        parts = zip(
            self.packing.places, self.packing.shapes, self.packing.dtypes, arrays, strict=True
        )
        one = _PART.plan(0b11, 1)
        return [
            _recorded(
                _PART,
                {"start": start, "stop": stop, "shape": shape, "dtype": dtype},
                [(whole, vector)],
                one,
                array,
            )
            for (start, stop), shape, dtype, array in parts
        ]


def entered(x: Tensor, layer: Layer) -> Tensor:
    """Return a tensor of outside as one of a layer, of which each example has its part."""
    return wrap(layer.entered(outside(x)))


def left(x: Tensor, layer: Layer) -> Tensor:
    """Return what a tensor holds, of a layer or a constant there, as a tensor of outside."""
    value = layer.left(lifted_into(layer, x)._data)
    return value if type(value) is Tensor else wrap(value)


def lifted_into(layer: Layer, x: Tensor) -> Tensor:
    """Return a tensor as it is in a layer: one of outside is a constant there."""
    return x if layer_of(x) is layer else wrap(layer.lift(outside(x)))


def fingerprint(output: Tensor) -> tuple[Any, ...]:
    """Return what tells a value from another one, without keeping it."""
    data = output._data
    bits = hash(data.tobytes()) if type(data) is np.ndarray else None
    return data.shape, data.dtype, bits


def _recorded(
    op: Op,
    static: dict[str, Any],
    operands: Sequence[tuple[Any, Any]],
    plan: Plan,
    array: Any,
) -> Tensor:
    current = MODE.get()
    parents = tuple(place for place, _ in operands)
    node = Node(op, static, parents, plan, (*(value for _, value in operands), array), current.call)
    if current.lines:
        node.line = user_line()
    return wrap(array, node, True)


def _part(x: Any, *, start: int, stop: int, shape: tuple[int, ...], dtype: Any) -> Any:
    return x[start:stop].reshape(shape).astype(dtype, copy=False)


def _scattered(g: Any, x_shape: tuple[int, ...], start: int, stop: int) -> Any:
    return scatter(reshape(g, shape=-1), key=(slice(start, stop),), shape=x_shape)


def _add_part(
    total: Any, g: Any, *, start: int, stop: int, shape: tuple[int, ...], dtype: Any
) -> None:
    total[start:stop] += g.reshape(-1)


_PART = Op(
    "part",
    _part,
    {"x": _scattered},
    add_into=_add_part,
    family="index",
    shape=lambda x, *, start, stop, shape, dtype: shape,
    dtype=lambda x, *, start, stop, shape, dtype: dtype,
    symbol="x[i:j]",
    code="x[start:stop].reshape(shape).astype(dtype)",
    doc="A part of a vector, in a shape and dtype of its own.",
)
