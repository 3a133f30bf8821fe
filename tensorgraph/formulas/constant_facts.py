"""What is known of a recorded graph's constants before anything is derived: its premises."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tensorgraph.formulas.facts import Fact, asserted_of, sum_of_affine
from tensorgraph.formulas.naming.constants import Constants
from tensorgraph.symbolic.expr import Expr
from tensorgraph.symbolic.replay import Replay


def premises(recorded: Replay, constants: Constants) -> Mapping[Expr, tuple[Fact, ...]]:
    """Return what is known of the values of a graph: asserted, or read off the caller's variables.

    What NumPy computes from constants is not recorded. So an array that equals the one-hot form of
    labels among the caller's variables has its facts, and one that is a·Y + b has the sum that
    follows from Y's. Such facts say on what they rest.
    """
    found: dict[Expr, tuple[Fact, ...]] = {}
    for place, e in recorded.exprs.items():
        facts = asserted_of(place)
        if facts:
            found[e] = facts
    arrays = {
        e: np.asarray(v)
        for e, v in recorded.given.items()
        if hasattr(v, "dtype") and v.ndim and e not in recorded.leaves and e not in found
    }
    for e, array in arrays.items():
        found[e] = tuple(constants.one_hot(array))
    for e, array in arrays.items():
        if not found[e]:
            related = (sum_of_affine(array, y, f) for y, f in constants.known_sums())
            found[e] = tuple(filter(None, related))[:1]
    result = {e: tuple(f.about(e) for f in facts) for e, facts in found.items()}
    for e, value in constants.given().items():
        if value > 0:
            result[e] = (Fact("positive", True, "data", e),)
    return result
