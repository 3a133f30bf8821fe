"""Programs: the steps of a graph over numbered places, which an interpreter goes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensorgraph import errors
from tensorgraph.nn.module import Module
from tensorgraph.onnx.importing.graph import Declared
from tensorgraph.onnx.importing.table import function_at, key_of

Path = tuple[str, ...]
"""Attributes that lead from a module to a tensor in it."""

Step = tuple[Callable[..., Any] | str, tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""What computes (or the attribute of the module that does), the places of what it takes and of its
results, and the places that nobody reads after it."""


class Program:
    """What a module computes: it holds no tensors of the module, only where they are.

    Args:
        count: how many places there are before the constants: the inputs.
        constants: the arrays behind them.
        weights: where in the module the tensors behind those are.
        size: how many places there are in all; place 0 holds ``None``, what is left out.
        steps: what is computed, in order.
        labels: what messages call each step.
        results: the places of the results.
        outputs: what the file declares of them, if it does.
    """

    __slots__ = ("_frame", "_labels", "_size", "_steps", "_weights", "count", "outputs", "results")

    def __init__(
        self, count: int, constants: Sequence[Any], weights: Sequence[Path], size: int,
        steps: Sequence[Step], labels: Sequence[str], results: tuple[int, ...],
        outputs: Sequence[Declared] = (),
    ) -> None:  # fmt: skip
        self.count, self.results, self.outputs = count, results, tuple(outputs)
        self._frame = [*constants]
        self._weights, self._size = tuple(weights), size
        self._steps, self._labels = tuple(steps), tuple(labels)

    def __reduce__(self) -> tuple[Any, ...]:
        steps = [(_named(step[0]), *step[1:]) for step in self._steps]
        told = (self.count, self._frame, self._weights, self._size, steps, self._labels)
        return _restored, (*told, self.results, self.outputs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Program:
        return self  # nothing in it changes

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """Compute without a module: a program that has no weights."""
        return self.run(None, values)

    def run(self, module: Any, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the results for some inputs, with the weights of a module."""
        __tracebackhide__ = True
        call: Any
        places = [None, *values, *self._frame]
        for path in self._weights:
            owner = module
            for name in path:
                owner = vars(owner)[name]
            places.append(owner)
        places += [None] * (self._size - len(places))
        at, call = 0, None
        try:
            for at, (compute, taken, results, dead) in enumerate(self._steps):  # noqa: B007
                call = vars(module)[compute] if type(compute) is str else compute
                out = call(*[places[i] for i in taken])
                if type(out) is not tuple:
                    places[results[0]] = out
                else:
                    for i, value in zip(results, out, strict=False):
                        places[i] = value
                for i in dead:
                    places[i] = None
        except Exception as error:
            where = self._labels[at]
            own = isinstance(error, MemoryError) or type(error).__module__ == errors.__name__
            if not own and not _belongs_to_others(call):
                raise errors.OnnxError(f"{where}: {error or type(error).__name__}") from error
            if not getattr(error, "__notes__", None):
                error.add_note(f"in {where}")
            raise
        return tuple([places[i] for i in self.results])


def _belongs_to_others(call: Any) -> bool:
    """Return whether a module computes that somebody put in the place of a part."""
    return isinstance(call, Module) and not type(call).__module__.startswith(__package__)


def _named(compute: Any) -> Any:
    """Return what a pickle holds for a step: an operator by its place in the table."""
    settings = {}
    if isinstance(compute, partial):
        compute, settings = compute.func, compute.keywords
    return key_of(compute) or compute, settings


def _restored(count: int, constants: Any, weights: Any, size: int, steps: Any, *rest: Any) -> Any:
    """Return a program of what its pickle holds."""
    return Program(count, constants, weights, size, [(_found(*s[0]), *s[1:]) for s in steps], *rest)


def _found(compute: Any, settings: dict[str, Any]) -> Any:
    function = function_at(compute) if isinstance(compute, tuple) else compute
    return partial(function, **settings) if settings else function
