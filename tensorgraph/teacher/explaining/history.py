"""Since when units have no gradient, by what a watch has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.observe.watch import Watch
from tensorgraph.teacher.explaining.explanation import Explanation


def since(explanation: Explanation, x: Tensor, watch: Any) -> Explanation:
    """Return an explanation that says since which step a gradient is 0, as far as was watched.

    Raises:
        DTypeError: it is no watch.
    """
    if not isinstance(watch, Watch):
        raise errors.DTypeError(f"explain: watch is an nn.Watch, not {errors.describe(watch)}")
    if explanation.verdict not in ("zero", "partly zero", "none"):
        return explanation
    told = watch.silent_since(x)
    if not told:
        return explanation
    return replace(explanation, notes=(*explanation.notes, told))
