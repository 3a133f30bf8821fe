"""Running a dataflow by NumPy: one function that calls kernel after kernel.

The function is written as Python's source, so that nothing is looked up or decided between two
kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.dataflow import Dataflow
from tensorgraph.compiler.numpy_plan import Plan, is_ours, roots_of
from tensorgraph.symbolic.expr import Expr, in_order, remade

EXPANDED = frozenset(["linear"])
"""Fused operations whose body, where results have their places, is as fast as their kernel."""


class NumpyRunner:
    """A dataflow as a function of NumPy calls; ``source`` is its code."""

    language = "NumPy"

    def __init__(self, dataflow: Dataflow) -> None:
        plan = Plan(_expanded(dataflow))
        self.source = plan.source
        self.memory = plan.memory
        """Bytes of the block that intermediate results are in."""
        self.works = plan.works
        """The kernels that it calls, one after the other."""
        self._plan = plan
        self._run = plan.function(timed=False)
        self._timed: Callable[..., Any] | None = None

    @contextmanager
    def timed(self) -> Iterator[list[float]]:
        """Add up in a list what each of the works takes in seconds, until this ends."""
        if self._timed is None:
            self._timed = self._plan.function(timed=True)
        seconds = [0.0] * len(self.works)
        self._plan.laps[:] = seconds
        run, self._run = self._run, self._timed
        try:
            yield seconds
        finally:
            self._run = run
            seconds[:] = self._plan.laps

    def __call__(
        self,
        arrays: Sequence[NDArray[Any]],
        numbers: Sequence[float],
        generators: Sequence[np.random.Generator],
        fresh: int | None = None,
    ) -> Sequence[NDArray[Any]]:
        """Return the outputs, and overwrite what the dataflow writes."""
        outputs: Sequence[NDArray[Any]] = self._run(arrays, numbers, generators)
        return outputs


def numpy_runner(dataflow: Dataflow) -> NumpyRunner:
    """Return a runner that needs no compiler.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.symbolic.expr import symbol
        >>> x = symbol("x", (2,))
        >>> runner = numpy_runner(Dataflow((x,), (), (), (), (x * x + 1,), {}, ()))
        >>> [float(value) for value in runner([np.array([1, 2], "float32")], [], [])[0]]
        [2.0, 5.0]
    """
    return NumpyRunner(dataflow)


def _expanded(dataflow: Dataflow) -> Dataflow:
    """Return a dataflow with the bodies of some operations in their place."""
    new: dict[Expr, Expr] = {}
    for e in in_order(roots_of(dataflow)):
        args = [new[x] for x in e.args]
        if e.op is not None and e.op.name in EXPANDED and is_ours(e.op):
            new[e] = e.op.body(*args, **e.static)  # type: ignore[misc]
        else:
            new[e] = remade(e, args)
    return replace(
        dataflow,
        drawn=tuple(new[e] for e in dataflow.drawn),
        checks=tuple(new[e] for e in dataflow.checks),
        outputs=tuple(new[e] for e in dataflow.outputs),
        written={e: new[value] for e, value in dataflow.written.items()},
    )
