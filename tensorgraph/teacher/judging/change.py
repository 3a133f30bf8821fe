"""Something that may be wrong at an edge of a backward pass."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from tensorgraph.teacher.judging.passes import Changed
from tensorgraph.teacher.judging.recording import Edge


@dataclass(frozen=True, eq=False)
class Change:
    """Something wrong at an edge."""

    kind: str
    """One word for it: ``mask``, ``derivative``, ``transpose``."""
    key: Hashable
    """What is the same of this at other edges of such operations."""
    text: str
    rule: Changed
    cost: float
    """How unlikely it is before anything is known."""
    others: Mapping[Edge, Changed] = field(default_factory=dict)
    """What stands for the rules of further edges."""
    as_written: bool = False
    """Whether it brings in what may be written in a multiple, as the course writes dZ."""

    def rules(self, edge: Edge) -> dict[Edge, Changed]:
        """Return all rules that it changes, at an edge."""
        return {edge: self.rule, **self.others}
