"""A function of another library's arrays as a function of tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor

Native = Any
"""An array as the library has it."""
NativeFunction = Callable[..., Sequence[Native]]
"""A function of native arrays, one by one, which returns several."""


@dataclass(frozen=True)
class Library:
    """What is asked of a library: to take arrays, to return them, and to pull gradients back."""

    name: str
    native: Callable[[Array], Native]
    array: Callable[[Native], Array]
    """Of a result, which may be a plain number."""
    pull: Callable[[NativeFunction, Sequence[Native], Sequence[int], Sequence[Native]], Any]
    """``pull(f, inputs, wanted, cotangents)`` returns the gradients by the wanted inputs.

    It is written in what the library differentiates, so that gradients have gradients; of functions
    of complex numbers it is the derivative, not its conjugate.
    """
    around: Callable[[], AbstractContextManager[Any]]
    """In what its functions run."""

    @cached_property
    def op(self) -> Op:
        """The operation that a call is recorded as; what it returns lies end to end."""
        return Op(
            self.name,
            lambda *inputs, call: call.run(inputs),
            {"*inputs": lambda g, i, inputs, call: call.gradient(g, i, inputs)},
            family="fused",
            doc=f"A function of {self.name}.",
        )


def adapted(f: Callable[..., Any], library: Library) -> Callable[..., Any]:
    """Return a function of tensors that computes, and is differentiated, as ``f`` is by its own.

    Arguments are as ``f`` takes them, with tensors or NumPy's arrays for the library's; what is
    neither is passed on. Results come as ``f`` returns them: lists, tuples and dicts may be nested
    in both.
    """

    @wraps(f)
    def function(*args: Any, **options: Any) -> Any:
        leaves, structure = flatten([list(args), options])
        places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, (Tensor, np.ndarray))]
        returned: list[Any] = []

        def of_arrays(*natives: Native) -> Sequence[Native]:
            filled = list(leaves)
            for place, native in zip(places, natives, strict=True):
                filled[place] = native
            positional, keywords = unflatten(structure, filled)
            results, returned[:] = _flat(f(*positional, **keywords))
            return results

        results = called(of_arrays, library, [leaves[place] for place in places])
        return unflatten(returned[0], results)

    return function


def _flat(results: Any) -> tuple[list[Native], list[Any]]:
    """Return the results of a function one by one, and their structure."""
    leaves, structure = flatten(results)
    return leaves, [structure]


def called(f: NativeFunction, library: Library, operands: Sequence[Any]) -> list[Any]:
    """Return what a function of native arrays returns for tensors or arrays, as what these are."""
    call = _Call(f, library)
    if any(type(operand) is Tensor for operand in operands):
        end_to_end = library.op(*operands, call=call)
    else:
        end_to_end = call.run(operands)
    return call.taken_apart(end_to_end)


class _Call:
    """One call of a function. What is not floating-point among its results has no gradient."""

    def __init__(self, f: NativeFunction, library: Library) -> None:
        self.f, self.library = f, library
        self.kinds: dict[int, tuple[tuple[int, ...], np.dtype[Any]]] = {}
        """Shape and dtype of the floating-point results, by position."""
        self._others: dict[int, Array] = {}
        self._pulled: tuple[Any, list[Any]] = (None, [])

    def run(self, inputs: Sequence[Any]) -> Array:
        """Return the floating-point results, laid end to end."""
        with self.library.around():
            natives = [self.library.native(np.array(value)) for value in inputs]
            results = [np.asarray(self.library.array(r)) for r in self.f(*natives)]
        kept = {k: r for k, r in enumerate(results) if r.dtype.kind in "fc"}
        self.kinds = {k: (r.shape, r.dtype) for k, r in kept.items()}
        self._others = {k: r for k, r in enumerate(results) if k not in kept}
        return np.concatenate([np.zeros(0, np.float16), *(r.reshape(-1) for r in kept.values())])

    def taken_apart(self, end_to_end: Any) -> list[Any]:
        """Return all results, the floating-point ones as parts of what they were laid into."""
        parts = dict(zip(self.kinds, self._parts(end_to_end), strict=True))
        return [value for _, value in sorted({**parts, **self._others}.items())]

    def _parts(self, end_to_end: Any) -> list[Any]:
        ends = np.cumsum([0, *(math.prod(shape) for shape, _ in self.kinds.values())]).tolist()
        return [
            _in_precision(end_to_end[start:end].reshape(shape), dtype)
            for start, end, (shape, dtype) in zip(ends, ends[1:], self.kinds.values(), strict=False)
        ]

    def gradient(self, g: Any, i: int, inputs: Sequence[Any]) -> Any:
        """Return the gradient by the ``i``-th input; all are pulled back for the first of them."""
        wanted = [k for k, x in enumerate(inputs) if x.dtype.kind in "fc"]
        if self._pulled[0] is not g:
            self._pulled = g, self._gradients(g, wanted, inputs)
        return self._pulled[1][wanted.index(i)]

    def _gradients(self, g: Any, wanted: Sequence[int], inputs: Sequence[Any]) -> list[Any]:
        floating, count = list(self.kinds), len(inputs)

        def of_floating(*natives: Native) -> Sequence[Native]:
            results = self.f(*natives)
            return [results[k] for k in floating]

        def pull(*natives: Native) -> Sequence[Native]:
            gradients: Sequence[Native] = self.library.pull(
                of_floating, natives[:count], wanted, natives[count:]
            )
            return gradients

        return called(pull, self.library, [*inputs, *self._parts(g)])


def _in_precision(part: Any, dtype: np.dtype[Any]) -> Any:
    """Return real numbers as they were before they were laid beside others of another dtype."""
    return (
        part if dtype == part.dtype or "c" in (dtype.kind, part.dtype.kind) else part.astype(dtype)
    )
