"""What is computed with values: in a layer, by one example after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import host_values, to_host
from tensorgraph.engine.layers import LayeredArray, deepest, layer_of
from tensorgraph.engine.modes import mode, no_grad
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor, tensor, wrap
from tensorgraph.transforms.linear_solve import Array


def values(array: Any) -> Array:
    """Return what an array holds, which a symbolic one does not."""
    if host_values(array).shape != array.shape:
        raise errors.GraphError(
            "implicit: solve, and the linear systems of the gradient, compute with values, which a"
            " captured function has not; call it outside of tg.compile and tg.trace"
        )
    return np.asarray(to_host(array))


def values_inside(array: Any) -> Array:
    """Return all values of an array of any layer: examples stand along its first axes."""
    while isinstance(array, LayeredArray):
        held = array.layer.left(array)
        array = held._data if type(held) is Tensor else held
    return values(array)


def solved_by_examples(solve: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, list[Tensor]]:
    """Return how a solution is nested, and its parts, which are constants.

    Raises:
        LayerError: ``solve`` asks for a value that differs from example to example.
    """
    leaves, structure = flatten(list(args))
    layer = deepest([x._data for x in leaves if type(x) is Tensor])
    if layer is None:
        return _solved(solve, args)
    with no_grad(), mode(layer=layer.around):
        found = [
            solved_by_examples(solve, unflatten(structure, row)) for row in layer.examples(leaves)
        ]
    if not found:
        raise errors.LayerError(
            "implicit: there is no example to solve for, which would tell what a solution looks"
            " like; call a function under tg.vmap with at least one example"
        )
    if any(layer_of(x) is layer for _, parts in found for x in parts):
        raise errors.LayerError(CAPTURED)
    columns = zip(*(parts for _, parts in found), strict=True)
    return found[0][0], [wrap(layer.of_examples([x._data for x in rows])) for rows in columns]


CAPTURED = (
    "implicit: under tg.vmap, solve is called for each example, with that example's values, so it"
    " can only use what all examples share besides its arguments; pass what differs as an argument:"
    " tg.implicit(residual, solve)(a, b) with solve = lambda a, b: …"
)


def _solved(solve: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, list[Tensor]]:
    try:
        with no_grad():
            found, structure = flatten(solve(*args))
    except errors.LayerError as error:
        raise errors.LayerError(CAPTURED) from error
    return structure, [x.detach() if type(x) is Tensor else tensor(x) for x in found]
