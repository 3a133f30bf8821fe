"""What a call gives: values, gradients, second derivatives; each projected on numbers to choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.autodiff import differentiate
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.testing.ops.op_calls import Case

Projection = Callable[[str, int, Array], Array]
"""Returns what the ``k``-th ``"result"`` or ``"gradient"``, which is given, is projected on."""


@dataclass(frozen=True)
class Orders:
    """The results of a call, and the derivatives of what they are projected on."""

    values: list[Array]
    first: list[Array]
    """⟨seed, result⟩, summed over the results, differentiated by each floating input."""
    second: list[Array]
    """⟨weight, gradient⟩, summed over the inputs, differentiated by each; none if not asked for."""

    def told(self, inputs: Sequence[str]) -> Iterator[tuple[str, Array]]:
        """Yield each array with what it is called, given the names of the floating inputs."""
        several = len(self.values) > 1
        for k, value in enumerate(self.values):
            yield f"result {k}" if several else "the result", value
        for name, slope in zip(inputs, self.first, strict=True):
            yield f"the gradient by {name}", slope
        for name, slope in zip(inputs, self.second, strict=False):
            yield f"the second derivative by {name}", slope


def orders(case: Case, projection: Projection, second: bool = True) -> Orders:
    """Run a call, and differentiate it: first order on plain arrays, as ``backward`` does."""
    with np.errstate(all="ignore"):
        variables, results = case.run()
        arrays = [np.asarray(result) for result in results]
        seeds = [projection("result", k, array) for k, array in enumerate(arrays)]
        first = pulled(variables, results, seeds)
        again = []
        if second:
            slopes = pulled(variables, results, seeds, create_graph=True)
            weights = [projection("gradient", k, g.numpy()) for k, g in enumerate(slopes)]
            again = pulled(variables, slopes, weights)
    return Orders(arrays, [g.numpy() for g in first], [g.numpy() for g in again])


def random_projection(seed: int) -> Projection:
    """Return a projection on random numbers of float32, in the dtype of what is projected."""

    def drawn(what: str, k: int, like: Array) -> Array:
        rng = np.random.default_rng((seed, len(what), k))
        kind = like.dtype if like.dtype.kind == "f" else np.float64
        return np.asarray(rng.uniform(0.5, 1.5, like.shape), np.float32).astype(kind)

    return drawn


def pulled(
    variables: Sequence[Tensor],
    results: Sequence[Any],
    seeds: Sequence[Array],
    create_graph: bool = False,
) -> list[Tensor]:
    """Return the gradients of all results together; the graph can be used again."""
    known = [
        (result, _start(seed, result.dtype))
        for result, seed in zip(results, seeds, strict=True)
        if type(result) is Tensor and result.requires_grad
    ]
    outputs = [result for result, _ in known]
    starts = [wrap(seed) if create_graph else seed for _, seed in known]
    return differentiate(outputs, starts, variables, create_graph, retain=True)


def _start(seed: Array, dtype: Any) -> Array:
    """Return a gradient to start from: itself, as it may also be an operand, and read-only."""
    start = np.asarray(seed, dtype)
    start.flags.writeable = False
    return start
