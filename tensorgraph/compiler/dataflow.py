"""What a program computes: arrays and numbers in, arrays out, and arrays that it overwrites.

A dataflow says nothing of tensors, modules or optimizers, nor of how anything is computed. The back
ends turn one into a :class:`Runner`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tensorgraph.symbolic.expr import Expr

if TYPE_CHECKING:
    from tensorgraph.compiler.works import Work


@dataclass(frozen=True, eq=False)
class Dataflow:
    """What a program computes."""

    arrays: tuple[Expr, ...]
    """The inputs that stand for arrays, in the order in which a runner takes them."""
    numbers: tuple[Expr, ...]
    """The inputs that stand for Python's numbers, which decide no dtype."""
    generators: tuple[Expr, ...]
    """The inputs that stand for sources of random numbers; several may be the same source."""
    drawn: tuple[Expr, ...]
    """The random draws, in their order, which decides what each of them gives."""
    outputs: tuple[Expr, ...]
    written: Mapping[Expr, Expr]
    """What some of the arrays are overwritten with, once all else is computed."""
    checks: tuple[Expr, ...]
    """Single booleans that must be true; where one is not, nothing is overwritten."""
    parts: Mapping[Expr, tuple[Expr, ...]] = field(default_factory=dict)
    """What the arrays were that lie end to end in some of those given."""


class Failed(Exception):
    """A check of a dataflow does not hold: ``args[0]`` is its place in ``checks``."""


class Runner(Protocol):
    """A dataflow that can be run."""

    @property
    def language(self) -> str:
        """What it is written in."""

    @property
    def source(self) -> str:
        """Its text."""

    @property
    def memory(self) -> int:
        """Bytes of all intermediate results."""

    @property
    def works(self) -> Sequence[Work]:
        """What it does one after the other."""

    def timed(self) -> AbstractContextManager[list[float]]:
        """Add up in a list what each of the works takes in seconds, until this ends.

        Raises:
            CompileError: what reads the clock has to be compiled, and cannot be.
        """

    def __call__(
        self,
        arrays: Sequence[NDArray[Any]],
        numbers: Sequence[float],
        generators: Sequence[np.random.Generator],
        fresh: int | None = None,
    ) -> Sequence[NDArray[Any]]:
        """Return the outputs, in new arrays, and overwrite what the dataflow writes, in place.

        Arrays have the shapes and dtypes of their expressions; they may have any strides. Those
        that are written are writable and C-contiguous, and share no memory with others. The first
        ``fresh`` of them may be others than in the last run, those behind are the same; without it
        all may be others.

        Raises:
            Failed: a check does not hold. No array has changed whose old values the dataflow reads;
                numbers may have been drawn.
        """
