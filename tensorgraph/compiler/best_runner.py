"""The best back end there is: a program in C, and until that is compiled NumPy's kernels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.c.runner import CRunner, c_runner
from tensorgraph.compiler.dataflow import Dataflow, Runner
from tensorgraph.compiler.numpy_runner import NumpyRunner, numpy_runner
from tensorgraph.compiler.works import Work
from tensorgraph.engine.modes import user_level
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

    @property
    def language(self) -> str:
        """What it is written in by now."""
        return self.now.language

    @property
    def source(self) -> str:
        """The source of what runs by now."""
        return self.now.source

    @property
    def memory(self) -> int:
        """Bytes of all intermediate results."""
        return self.now.memory

    @property
    def works(self) -> Sequence[Work]:
        """What it does one after the other."""
        return self.now.works

    def timed(self) -> AbstractContextManager[list[float]]:
        """Add up in a list what each of the works takes in seconds, until this ends."""
        return self.now.timed()


def _compiled(runner: CRunner) -> CRunner | None:
    """Return a runner whose program is loaded; ``None``, with a warning, if it cannot be."""
    try:
        runner.load()
    except CompileError as error:
        warnings.warn(
            f"tg.compile: {error}; it runs by NumPy instead",
            UsageWarning,
            stacklevel=user_level(),
        )
        return None
    return runner
