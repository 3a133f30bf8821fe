"""What is known of an operation that lets no gradient through, and what is said of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.graph import Node
from tensorgraph.teacher.explaining.blame import Blame
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Gradients, Rerun


class Told(NamedTuple):
    """What is said of an operation."""

    kind: str
    text: str
    remedy: str = ""
    units: tuple[int, ...] = ()


class Facts(NamedTuple):
    """What is known of an operation that is to blame."""

    blame: Blame
    rerun: Rerun
    found: Gradients
    names: Names

    @property
    def node(self) -> Node:
        """The operation."""
        return self.blame.node

    @property
    def many(self) -> str:
        """For how many elements it is to blame, of how many."""
        count, of = self.blame.count, self.blame.of
        return f"all {of:,}" if count == of else f"{count:,} of {of:,}"

    def operand(self, i: int) -> Any:
        """Return the values of an operand."""
        return np.asarray(to_host(np.asarray(self.rerun.operands[self.node][i])))

    def killed(self, i: int) -> Any:
        """Return the values of an operand where an elementwise operation stops a gradient."""
        mask = self.blame.mask
        values = self.operand(i)
        try:
            return np.broadcast_to(values, mask.shape)[mask]
        except ValueError:
            return values

    def span(self, i: int) -> str:
        """Return the range of an operand there."""
        return span_of(self.killed(i))


def span_of(values: Any) -> str:
    """Return the range of some numbers."""
    values = np.asarray(values, np.float64)
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
