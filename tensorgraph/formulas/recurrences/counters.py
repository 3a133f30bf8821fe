"""Numbers that a loop's statements compute of its counter: the t of ``gamma**t``, or t itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.naming.computations import computed
from tensorgraph.formulas.recurrences.equations import placed
from tensorgraph.formulas.writing.formula import Formula, formula
from tensorgraph.symbolic.expr import Expr, symbol

BEGINNINGS = (0, 1, 2, -1)
"""How far a counter may be ahead of the number of the step."""
EXACT = 1e-12
"""The share up to which the same number may differ, computed in another order."""


def counted_by(values: Mapping[int, Any], scope: Scope) -> dict[int, Formula] | None:
    """Return how the number of each step is written, where the statements compute it so.

    Data that happen to be 0, 1, 2 are not the counter: some statement has to compute with it.

    Args:
        values: what each step is given.
        scope: the caller's variables.
    """
    if any(np.ndim(v) for v in values.values()):
        return None
    for counter, node in scope.variables.counted():
        for ahead in BEGINNINGS:
            numbers = [scope.numbers | {counter: t + ahead} for t in values]
            if all(map(_gives, [node] * len(numbers), numbers, values.values())):
                return dict(_written(node, counter, {t: t + ahead for t in values}))
    return None


def _gives(node: ast.expr, numbers: Mapping[str, float], v: Any) -> bool:
    """Return whether an expression gives a number."""
    try:
        found = float(computed(node, numbers.__getitem__))
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return False
    return abs(found - float(v)) <= EXACT * abs(found)


def _written(
    node: ast.expr, counter: str, counts: Mapping[int, int]
) -> Iterator[tuple[int, Formula]]:
    """Yield an expression as a formula for each step, with the number that the counter had."""
    names: dict[Expr, str] = {}

    def named(name: str) -> Expr:
        known = [e for e, other in names.items() if other == name]
        e = known[0] if known else symbol(name, (), np.float64)
        names[e] = name
        return e

    found = formula(computed(node, named), names)
    for t, n in counts.items():
        yield t, placed(found, {counter: Formula("number", text=str(n))})
