"""What is known of a recorded graph's constants before anything is derived: its premises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tensorgraph.engine.stated_facts import stated_of
from tensorgraph.formulas.algebra.matrices import OF_SYMMETRIC
from tensorgraph.formulas.facts import (
    Fact,
    asserted_of,
    is_symmetric,
    sum_of_affine,
    true_of,
    violation,
)
from tensorgraph.formulas.naming.constants import Constants
from tensorgraph.symbolic.expr import Expr, in_order
from tensorgraph.symbolic.replay import Replay


def premises(
    recorded: Replay, constants: Constants, strict: bool = False
) -> Mapping[Expr, tuple[Fact, ...]]:
    """Return what is known of the values of a graph; of each, what was told comes first.

    That is what the user asserts; what the op states that made it; what follows from these for an
    array that is a·Y + b; then what is true of the data, where that is the one-hot form of labels
    in a variable, or where nobody says it.

    Args:
        recorded: the graph.
        constants: what its constants are.
        strict: leave out what is merely true of the data.
    """
    found: dict[Expr, list[Fact]] = {}
    for place, e in recorded.exprs.items():
        found.setdefault(e, []).extend(asserted_of(place))
    for e, value in recorded.given.items():
        if hasattr(value, "dtype") and value.ndim and e not in recorded.leaves:
            told = found.setdefault(e, [])
            told += _of_constant(value, [*told, *_stated(value)], constants, strict)
    for e in in_order(recorded.exprs.values()) if not strict else ():
        if e.value is not None and e.ndim and e.dtype.kind in "iu":  # as y, in where(y == 1, …)
            found.setdefault(e, []).extend(true_of(np.asarray(e.value)))
    if any(e.op in OF_SYMMETRIC for e in in_order(recorded.exprs.values())):
        for e, value in recorded.given.items():  # other data are to be symmetric where these are
            if e.ndim == 2 and is_symmetric(np.asarray(value)):
                found.setdefault(e, []).append(Fact("symmetric", True, "data"))
    result = {e: tuple(f.about(e) for f in facts) for e, facts in found.items() if facts}
    for e, value in constants.given().items():
        if value > 0:
            result[e] = (Fact("positive", True, "data", e),)
    return result


def _of_constant(
    array: Any, told: list[Fact], constants: Constants, strict: bool
) -> Iterator[Fact]:
    """Yield what is known of a constant array besides what the user asserts of it."""
    yield from (f for f in told if f.source == "op")
    array = np.asarray(array)
    if not told:
        sums = constants.known_sums(data=not strict)
        related = (sum_of_affine(array, y, fact) for y, fact in sums)
        proved = next(filter(None, related), None)
        hot = [] if strict else [*constants.one_hot(array)]
        told = hot or ([proved] if proved is not None else [])
        yield from told
    if not strict:
        known = {(f.word, f.value) for f in told}
        yield from (f for f in true_of(array) if (f.word, f.value) not in known)


def _stated(array: Any) -> Iterator[Fact]:
    """Yield what the op states that made an array, as far as nobody changed it since."""
    for word, value in stated_of(array):
        axes = value if isinstance(value, tuple) else (value,)
        axis = axes[0] % array.ndim
        if len(axes) == 1 and not violation(np.asarray(array), word, axis):
            yield Fact(word, axis, "op")
