"""Rules that may stand for an edge's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.teacher.judging.passes import At, Changed, DoesNotFit


def scaled(k: float) -> Changed:
    """Return an edge's own rule, times a number."""
    return lambda at: k * np.asarray(at.usual())


def product(rule: Changed, k: float) -> Changed:
    """Return a rule, times a number."""
    return lambda at: k * np.asarray(rule(at))


def times(slope: Any) -> Changed:
    """Return a rule that multiplies what comes with a slope."""
    return lambda at: at.g * slope


def masked(kept: Any) -> Changed:
    """Return an edge's own rule of what a mask leaves of the gradient."""
    return lambda at: at.usual(at.g * kept)


def plus(value: Any) -> Changed:
    """Return an edge's own rule of the gradient and something more."""
    return lambda at: at.usual(at.g + value)


def multiplied(slope: Any) -> Changed:
    """Return an edge's own rule of a multiple of the gradient."""
    return lambda at: at.usual(at.g * slope)


def blanked(here: tuple[slice, ...]) -> Changed:
    """Return an edge's own rule of a gradient that is 0 somewhere."""

    def rule(at: At) -> Any:
        g = np.array(at.g)
        g[here] = 0
        return at.usual(g)

    return rule


def with_saved(k: int, value: Any) -> Changed:
    """Return a rule that finds another value where it looks for what was saved."""

    def rule(at: At) -> Any:
        saved: Sequence[Any] = at.edge[0].saved
        if k >= len(saved) or saved[k] is None:
            raise DoesNotFit
        return at.usual(saved=[*saved[:k], value, *saved[k + 1 :]])

    return rule
