"""One call of a function that is to be differentiated forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.layers import layer_of, outside
from tensorgraph.engine.modes import MODE, meet, mode
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.transforms.dual import DualLayer, dual
from tensorgraph.transforms.function_call import Arguments, as_output, checked, with_aux


class ForwardCall(Arguments):
    """A function with its arguments, which is called for each tangent."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        chosen: int | tuple[int, ...],
        has_aux: bool = False,
    ) -> None:
        super().__init__(f, args, chosen, checked)
        self._f, self._kwargs, self._has_aux = f, kwargs, has_aux
        self.aux: Any = None
        """What the function returned besides, once it was called."""
        self.structure: Any = None
        """How the outputs are nested, once it was called."""
        self.widest = max((x.size for x in self.variables), default=0)
        """The size of the largest array that was met."""

    def push(self, tangents: Sequence[Any]) -> tuple[list[Tensor], list[Any]]:
        """Return the outputs, and their tangents for tangents of the variables.

        These are tensors, or arrays of a layer; ``None`` for zero, as is that of an output.
        """
        recording = MODE.get().recording
        meet(*self.variables)
        layer = DualLayer()
        duals = [
            wrap(dual(layer, outside(x), outside(v) if type(v) is Tensor else v))
            for x, v in zip(self.variables, tangents, strict=True)
        ]
        with mode(layer=layer, recording=True):
            result = self._f(*self.opened(duals), **self._kwargs)
        aux = None
        if self._has_aux:
            result, aux = with_aux(result, self.name)
        found, self.structure = flatten(result)
        pairs = [_parted(as_output(x, self.name), layer) for x in found]
        self.widest = max(self.widest, layer.widest)
        if not recording:  # what the function used may want a gradient, but nobody here
            pairs = [(y.detach(), _without_graph(dy)) for y, dy in pairs]
        self.aux = self.arranged_aux(
            aux, lambda x: _parted(x, layer)[0] if recording else _parted(x, layer)[0].detach()
        )
        return [y for y, _ in pairs], [dy for _, dy in pairs]


def _parted(x: Tensor, layer: DualLayer) -> tuple[Tensor, Any]:
    """Return a result and its tangent as they are outside."""
    array: Any = x._data
    if layer_of(array) is not layer:
        return x, None
    primal = array.primal
    return primal if type(primal) is Tensor else wrap(primal), array.tangent


def _without_graph(tangent: Any) -> Any:
    return tangent.detach() if type(tangent) is Tensor else tangent


def slope_of(output: Tensor, tangent: Any) -> Tensor:
    """Return a tangent of an output as a tensor."""
    if tangent is None:
        return wrap(np.zeros(output.shape, output.dtype))
    return tangent if type(tangent) is Tensor else wrap(tangent)
