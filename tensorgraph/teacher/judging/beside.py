"""The derived formulas that stand beside what is judged."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.derivation import Derivation, line_of
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.problem import Problem
from tensorgraph.formulas.solution import Solution
from tensorgraph.formulas.targets import Target
from tensorgraph.formulas.writing.formula import formula
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.formulas.writing.text import pretty, text
from tensorgraph.symbolic.expr import Expr, constant
from tensorgraph.teacher.judging.mark import Mark
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.recording import Recording, recorded_once_more

LONGEST = 160
"""Formulas that are longer are not shown."""


@dataclass(frozen=True)
class Written:
    """A formula as text and as MathML."""

    text: str
    mathml: str
    mine: str = ""
    """The formula of what was handed in, where that follows from it."""


def formulas_beside(
    loss: Tensor, marks: Sequence[Mark], names: Names, scope: Scope, recording: Recording
) -> Mapping[str, Written]:
    """Return the derived formula of each gradient that is wrong, by its key.

    Those of others are named in it. There is none where the graph was released, or it took long.
    """
    wrong = [m for m in marks if m.verdict in ("wrong", "unexplained") and m.place is not None]
    if not wrong:
        return {}
    old = {new: place for place, new in recording.place.items()}
    if place_of(loss).saved is None:  # released by backward()
        loss, again = recorded_once_more(loss)
        old = {new: again.get(place, place) for new, place in old.items()}
        scope.places |= {again[p]: name for p, name in scope.places.items() if p in again}
    scaled = any(m.scale != 1 for m in marks)
    wanted: dict[Any, str] = {}
    for mark in marks:
        place = old.get(mark.place)
        if place is not None and (type(place) is Tensor or not scaled):
            wanted.setdefault(place, names.of(mark.place))
    leaves = [p for p in names.recording.leaves if p in names.called]
    for leaf in leaves if len(leaves) <= 40 else ():  # what gradients on the way lead to
        wanted.setdefault(old[leaf], names.of(leaf))
    wanted = {place: name for place, name in wanted.items() if name.replace(".", "").isidentifier()}
    for new, name in names.called.items():
        place = old.get(new)
        if place is not None and scope.of_place(place) is None:
            scope.places[place] = name
    try:
        return _derived(loss, wrong, wanted, old, names, scope)
    except (errors.GraphError, errors.DerivationError, errors.ArgumentError, errors.ShapeError):
        return {}


def _derived(
    loss: Tensor,
    wrong: Sequence[Mark],
    wanted: Mapping[Any, str],
    old: Mapping[Any, Any],
    names: Names,
    scope: Scope,
) -> dict[str, Written]:
    if not wanted:
        return {}
    deadline = time.thread_time() + 1.5
    targets = [Target(place, name) for place, name in wanted.items()]
    if place_of(loss) in wanted:
        return {}
    solution = Solution(Problem(loss, targets, scope, None, False, deadline))
    found = solution.derivation()
    lines: dict[str, Written] = {}
    for g in (*found.helpers, *found.gradients):
        equations = found.equations_of(g)
        lines[g.label] = Written(
            "; ".join(line_of(e) for e in equations),
            "".join(mathml(e.right, e.left) for e in equations),
        )
    result = {}
    for mark in wrong:
        label = f"d{names.of(mark.place)}"
        if label in lines and len(lines[label].text) < LONGEST:
            if mark.scale == 1 and " ∂" in lines[label].text:
                continue  # it is written in another multiple than the mark speaks of
            mine = _multiplied(solution, found, label, mark)
            result[mark.key] = replace(lines[label], mine=mine)
    return result


def _multiplied(solution: Solution, found: Derivation, label: str, mark: Mark) -> str:
    """Return the formula of a gradient that is a number times too large."""
    gradient = next((g for g in found.gradients if g.label == label), None)
    if gradient is None or mark.factor is None:
        return ""
    number = _number(solution, abs(mark.factor))
    if number is None:
        return ""
    e = gradient.expr * number if mark.factor > 0 else -(gradient.expr * number)
    came_from = {multiple: e for e, (multiple, _) in solution.multiples.items()}
    cuts = {came_from.get(e, e): told for e, told in solution.labels.items()}
    simple = solution.simplifier.simplest(e, cuts)[1]
    told = f"{pretty(label)} = {text(formula(simple, gradient.names))}"
    return told if len(told) < LONGEST else ""


def _number(solution: Solution, value: float) -> Expr | None:
    """Return a number as the formulas write it: as a variable, or as itself if it is small."""
    if abs(value - 1) < 1e-6:
        return constant(1.0)
    fitting = []
    for name, e in solution.constants.symbols.items():
        held = solution.problem.scope.numbers.get(name)
        if held and abs(held - value) < 1e-6 * value:
            fitting.append(e)
        elif held and abs(held * value - 1) < 1e-6:
            fitting.append(1 / e)
    if fitting:  # of several, nobody knows which is meant
        return fitting[0] if len(fitting) == 1 else None
    if abs(1 / value - round(1 / value)) < 1e-6 / value:
        return 1 / constant(float(round(1 / value)))
    return constant(float(round(value))) if abs(value - round(value)) < 1e-6 * value else None
