"""What is found to be wrong with a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tensorgraph.teacher.judging.passes import Changed
from tensorgraph.teacher.judging.recording import Edge

UNKNOWN = 3.0
"""What a factor that is no known number costs."""


@dataclass(frozen=True, eq=False)
class Fault:
    """Something that is wrong with a gradient, and makes it what it is."""

    kind: str
    text: str
    cost: float
    changes: Mapping[Edge, Changed] = field(default_factory=dict)
    """What it changes in the backward pass; nothing if it is in the last line alone."""
    scale: float = 1.0
    """How many times the gradient somebody has, which may leave out what all is divided by."""
    factor: float | None = None
    """How many times too large it is, if that is all."""
    also: tuple[str, ...] = ()
    """What would explain it as well."""
