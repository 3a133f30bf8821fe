"""The best back end there is: a program in C, and until that is compiled NumPy's kernels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.c.runner import CRunner, c_runner
from tensorgraph.compiler.dataflow import Dataflow, Runner
from tensorgraph.compiler.numpy_runner import NumpyRunner, numpy_runner
from tensorgraph.errors import CompileError, UsageWarning


def best_runner(dataflow: Dataflow, wait: bool) -> Runner:
    """Return a runner by C, or by NumPy where there is no compiler.

    Args:
        dataflow: what is to be run.
        wait: return when the program is compiled; otherwise NumPy's kernels run until it is.
    """
    in_c = c_runner(dataflow)
    if in_c is None:
        return numpy_runner(dataflow)
    return _compiled(in_c) or numpy_runner(dataflow) if wait else CompiledLater(dataflow, in_c)


class CompiledLater:
    """A runner by NumPy's kernels until a program in C is compiled."""

    def __init__(self, dataflow: Dataflow, in_c: CRunner) -> None:
        self._awaited: CRunner | None = in_c
        self.now: CRunner | NumpyRunner = numpy_runner(dataflow)
        """The runner of the next call."""

    def __call__(
        self,
        arrays: Sequence[NDArray[Any]],
        numbers: Sequence[float],
        generators: Sequence[np.random.Generator],
        fresh: int | None = None,
    ) -> Sequence[NDArray[Any]]:
        """Return the outputs, and overwrite what the dataflow writes."""
        if self._awaited is not None and self._awaited.ready():
            self.now = _compiled(self._awaited) or self.now
            self._awaited = fresh = None  # to another runner all arrays are new
        return self.now(arrays, numbers, generators, fresh)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


def _compiled(runner: CRunner) -> CRunner | None:
    """Return a runner whose program is loaded; ``None``, with a warning, if it cannot be."""
    try:
        runner.load()
    except CompileError as error:
        warnings.warn(f"tg.compile: {error}; it runs by NumPy instead", UsageWarning, stacklevel=2)
        return None
    return runner
