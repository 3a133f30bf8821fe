"""A function as it is at several sizes of its dynamic axes.

These are the sizes of the examples, those that show how numbers follow from sizes, and the least
ones: code that tells a few sizes from all others, such as ``min(n, 4)``, does it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.onnx.exporting.example_call import ExampleCall
from tensorgraph.onnx.exporting.graph_reading import Reading, read
from tensorgraph.symbolic.expr import in_order

Sizes = Mapping[str, int]
Three = tuple[int, int, int]

MOST_SIZES = 3
"""So many names of sizes there may be."""
SAMPLES: tuple[tuple[Three, ...], ...] = (
    ((61, 74, 1009), (67, 86, 1013), (71, 94, 1019)),
    ((23, 34, 113), (29, 38, 127), (31, 46, 131)),
    ((7, 10, 13), (11, 14, 17), (19, 22, 29)),
    ((3, 4, 5), (5, 6, 7), (3, 4, 7)),
    ((1, 2, 3), (1, 2, 3), (1, 2, 3)),
)
"""Sizes for each dynamic axis: two that tell how a number follows from it, one odd and one even,
and one by which that is checked. They are hardly the length of anything else; the smaller ones are
for functions that do not take the larger, such as those with a table of positions."""
MULTIPLES = (2, 3, 5)
"""So many times the example's size are tried last: for what only takes multiples of a number."""
LEAST = (1, 2, 3)
"""Sizes that are told from others most often; the first that the function takes is traced."""


def sampled(call: ExampleCall) -> tuple[list[Sizes], list[Reading]]:
    """Return the sizes that the function was traced at, and what it is there.

    Raises:
        ExportError: it raises at sizes other than those of the examples.
        ArgumentError: there are too many names of sizes.
    """
    if len(call.sizes) > MOST_SIZES:
        raise errors.ArgumentError(
            f"onnx.export: dynamic_axes has the {len(call.sizes)} sizes {call.sizes}, at most"
            f" {MOST_SIZES} can be any"
        )
    samples = _Samples(call)
    if not call.sizes:
        return [{}], [samples.of_examples]
    chosen = samples.chosen()
    pairs = ([(name, n) for n in chosen[name][:2]] for name in call.sizes)
    told = [dict(corner) for corner in product(*pairs)]
    if samples.are_of_one_length(told[0], told[-1]):
        told.append({name: sizes[2] for name, sizes in chosen.items()})
    found = {tuple(sizes.values()): samples.at(sizes) for sizes in told}
    for sizes in (call.example_sizes, *samples.least(told[0])):
        reading = samples.at(sizes)
        if not _has_empty(reading):
            found.setdefault(tuple(sizes.values()), reading)
    return [dict(zip(call.sizes, at, strict=True)) for at in found], [*found.values()]


def _has_empty(reading: Reading) -> bool:
    """Return whether an array without elements is computed, of which most is left out."""
    return any(e.size == 0 for e in in_order(reading.captured.outputs))


class _Samples:
    """Traces of a function, each made once.

    Args:
        call: the function, with its examples.
    """

    def __init__(self, call: ExampleCall) -> None:
        self.call = call
        self.of_examples = read(call, call.arrays, call.names, call.model)
        own = call.example_sizes
        self._readings = {tuple(own.values()): self.of_examples}
        self._raised: dict[tuple[int, ...], Exception] = {}

    def at(self, sizes: Sizes) -> Reading:
        """Return the function at some sizes.

        Raises:
            ExportError: it raises there.
        """
        key = tuple(sizes[name] for name in self.call.sizes)
        if key not in self._readings and key not in self._raised:
            arrays = _arrays_like(self.call.arrays, self.call.shapes(sizes))
            try:
                self._readings[key] = read(
                    self.call, arrays, self.call.names, self.call.model, self.of_examples.steps
                )
            except Exception as error:  # a user's function may raise anything
                self._raised[key] = error
        if key in self._raised:
            raised = self._raised[key]
            if isinstance(raised, errors.ExportError):
                raise raised
            told = " and ".join(f"{name} = {n}" for name, n in sizes.items())
            raise errors.ExportError(
                f"onnx.export: the function takes the examples, but not {told}"
                f" ({type(raised).__name__}: {raised}); write dynamic_axes=None for a file that"
                ' takes the sizes of the examples only, or say which axes vary: dynamic_axes={"x":'
                ' {0: "batch"}}'
            ) from raised
        return self._readings[key]

    def _takes(self, sizes: Sizes) -> bool:
        try:
            self.at(sizes)
        except errors.ExportError:
            return False
        return True

    def chosen(self) -> dict[str, Three]:
        """Return three sizes of each axis that the function takes, the largest there are.

        Raises:
            ExportError: there are no others than the example's.
        """
        names = self.call.sizes
        first = dict(zip(names, SAMPLES[0], strict=False))
        if self._takes_all(first):
            return first
        found = {name: self._chosen(name, i) for i, name in enumerate(names)}
        for k in range(2):
            self.at({name: sizes[k] for name, sizes in found.items()})
        return found

    def _takes_all(self, chosen: Mapping[str, Three]) -> bool:
        few, more, many = ({name: sizes[k] for name, sizes in chosen.items()} for k in range(3))
        both = self._takes(few) and self._takes(more)
        return both and (not self.are_of_one_length(few, more) or self._takes(many))

    def are_of_one_length(self, few: Sizes, more: Sizes) -> bool:
        """Return whether about as much is computed at two sizes.

        If not there is a step for each element of an axis, which is refused: thousands more would
        only take time.
        """
        counts = [len([*in_order(self.at(sizes).captured.outputs)]) for sizes in (few, more)]
        return max(counts) < 1.05 * min(counts) + 8

    def _chosen(self, name: str, i: int) -> Three:
        """Return three sizes of one axis, where the others are as in the examples."""
        own = self.call.example_sizes
        a, b, c = (own[name] * k for k in MULTIPLES)
        ways = [*(rung[i] for rung in SAMPLES), (a, b, c)]
        for sizes in ways:
            if self._takes_all({**{other: (n, n, n) for other, n in own.items()}, name: sizes}):
                return sizes
        self.at({**own, name: ways[0][0]})
        raise AssertionError  # which has raised

    def least(self, others: Sizes) -> Iterator[Sizes]:
        """Yield for each axis the least size that the function takes, the others being large."""
        for name in self.call.sizes:
            for n in LEAST:
                sizes = {**others, name: n}
                if self._takes(sizes) and not _has_empty(self.at(sizes)):
                    yield sizes
                    break


def _arrays_like(arrays: Sequence[Any], shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
    """Return tensors of other shapes, which take no memory and want gradients as the arrays do."""
    return [
        wrap(
            np.broadcast_to(np.zeros((), x.dtype), shape), None, getattr(x, "requires_grad", False)
        )
        for x, shape in zip(arrays, shapes, strict=True)
    ]
