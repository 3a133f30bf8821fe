"""Functions that say their gradient themselves, on tensors of any layer.

Where such a function is called in a layer, two may want a derivative: what is recorded inside, and
what is outside: a tangent, or a graph that a batched array's value belongs to. Both get the own
gradient. For the outside, the function is called there once more, on what the layer's arrays hold,
and goes into the layer by itself; from that the layer makes its arrays. So in the end a graph is
recorded, and a tangent pushed, where nothing is around, however layers nest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import wanted
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node, mark, reachable
from tensorgraph.engine.layers import Layer, LayeredArray, current, layer_of
from tensorgraph.engine.modes import MODE, mode
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.transforms.joint import Joint, entered, left, lifted_into

Pull = Callable[[list[Any]], list[Any]]
"""``pull(seeds)`` returns the gradient by each input, ``None`` for zero, of those of the results,
which are zeros for whole numbers; all of them tensors."""


class Own:
    """A function of tensors with a gradient of its own."""

    name = ""
    """What messages call it."""
    record: Op
    """The operation that is recorded."""

    def run(self, inputs: list[Tensor]) -> tuple[list[Tensor], Pull]:
        """Return the results, and what takes gradients back to the inputs."""
        raise NotImplementedError


class _Around(Own):
    """A function as it is outside of a layer, which it is called in."""

    def __init__(self, of: Own, layer: Layer) -> None:
        self.name, self.record, self._of, self._layer = of.name, of.record, of, layer

    def run(self, inputs: list[Tensor]) -> tuple[list[Tensor], Pull]:
        layer = self._layer
        with mode(layer=layer):
            results, pull = self._of.run([entered(x, layer) for x in inputs])
        arrays: list[Any] = [x._data for x in results]
        if any(array.moves for array in arrays if layer_of(array) is layer):
            raise _captured(self.name, "a tensor of the function that is differentiated forward")

        def pull_around(seeds: list[Any]) -> list[Any]:
            with mode(layer=layer):
                found = pull([entered(seed, layer) for seed in seeds])
            return [None if g is None else left(g, layer) for g in found]

        return [left(x, layer) for x in results], pull_around


def called(own: Own, inputs: Sequence[Tensor]) -> tuple[list[Tensor], Pull]:
    """Return the results of a function, whose derivatives are its own, and its pull."""
    layer = current(inputs)
    if layer is not None:
        inputs = [lifted_into(layer, x) for x in inputs]
    start = mark()
    with watch() as states:
        results, pull = own.run([_alias(x) for x in inputs])
    _check_captured(results, [place_of(x) for x in inputs], start, own.name)
    arrays = [x._data for x in results]
    if layer is not None and any(wanted(x._data) for x in (*inputs, *results)):
        with replay(states), mode(layer=layer.around):
            found = called(_Around(own, layer), [left(x, layer) for x in inputs])
            arrays = layer.taken(*found, [x._data for x in inputs])
    floats = [k for k, array in enumerate(arrays) if array.dtype.kind in "fc"]
    connected = [wrap(array) for array in arrays]
    if floats and MODE.get().recording and any(x._requires_grad for x in inputs):
        again = _Recorded(own, inputs, pull, connected, states)
        pattern = sum(bit << i for i, bit in enumerate([*(x._requires_grad for x in inputs), True]))
        recorded = again.record(
            own.record,
            [(place_of(x), x._data) for x in inputs],
            own.record.plan(pattern, len(inputs)),
            [connected[k] for k in floats],
        )
        for k, result in zip(floats, recorded, strict=True):
            connected[k] = result
    return connected, pull


class _Recorded(Joint):
    """One call of a function that says what its gradient is."""

    def __init__(
        self, own: Own, inputs: Sequence[Tensor], pull: Pull, results: list[Tensor], states: Any
    ) -> None:
        super().__init__([x for x in results if x.dtype.kind in "fc"], states)
        self._own, self._pull = own, pull
        self._arrays = [x._data for x in inputs]
        self._kinds = [(x.shape, x.dtype) for x in results]

    def outputs(self, operands: Sequence[Any]) -> list[Any]:
        """Return the floats among what the function returns for other operands."""
        return [x for x in self._run(operands)[0] if x.dtype.kind in "fc"]

    def _run(self, operands: Sequence[Any]) -> tuple[list[Tensor], Pull]:
        return self._own.run([x if type(x) is Tensor else wrap(x) for x in operands])

    def gradients(self, seeds: list[Any], operands: Sequence[Any]) -> list[Any]:
        """Return the gradient by each input, as the function says it."""
        graph = type(seeds[0]) is Tensor
        layered = any(isinstance(x, LayeredArray) for x in (*seeds, *operands))
        recording = graph or (layered and MODE.get().recording)  # outside of the layer
        pull = self._pull
        with mode(recording=recording, call=self.call):
            arrays = [x._data if type(x) is Tensor else x for x in operands]
            if any(x is not y for x, y in zip(arrays, self._arrays, strict=True)):
                pull = self._run(operands)[1]  # symbols, or other values
            found = pull(self._cotangents(seeds))
        pulled = [
            wrap(np.zeros(x.shape, x.dtype)) if g is None else g
            for g, x in zip(found, self._arrays, strict=True)
        ]
        return pulled if graph else [g._data for g in pulled]

    def _cotangents(self, seeds: list[Any]) -> list[Any]:
        """Return a gradient of each result, zeros for whole numbers."""
        rest = iter(seeds)
        parts = [
            next(rest) if dtype.kind in "fc" else np.zeros(shape, dtype)
            for shape, dtype in self._kinds
        ]
        return [x if type(x) is Tensor else wrap(x) for x in parts]


def _alias(x: Tensor) -> Tensor:
    """Return a tensor with the same array, which it keeps when ``x`` is assigned another."""
    if x._node is not None:
        return x
    if not x._requires_grad:
        return wrap(x._data)
    same = REGISTRY["positive"]
    return wrap(x._data, Node(same, {}, (x,), same.plan(0b11, 1), (x._data,) * 2, None), True)


def _check_captured(results: Sequence[Tensor], own: Sequence[Any], start: int, name: str) -> None:
    """Raise where results depend on what wants a gradient, and is no argument."""
    places = {place_of(x) for x in results if x._requires_grad}
    nodes = [p for p in places if type(p) is Node and p.seq > start]
    found = {*reachable(nodes, after=start)[1], *(places - {*nodes})} - {*own}
    if found:
        raise _captured(name, errors.listing(sorted({_called(place) for place in found})))


def _captured(name: str, what: str) -> errors.GraphError:
    return errors.GraphError(
        f"custom_gradient: {name} uses {what}, which wants a gradient and is no argument, so"
        " that it would get none. Pass it as an argument; or write tg.stop_gradient(…) around"
        " it, if it is constant"
    )


def _called(place: Any) -> str:
    if type(place) is Tensor:
        return errors.owner(place)
    return f"a result of {place.op.name!r}{errors.where_in(place.scope)}"
