"""The derived formulas that stand beside what is judged."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.derivation import line_of
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.problem import Problem
from tensorgraph.formulas.solution import Solution
from tensorgraph.formulas.targets import Target
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.teacher.judging.marking import Mark
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.recording import Recording


@dataclass(frozen=True)
class Written:
    """A formula as text and as MathML."""

    text: str
    mathml: str


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
    scaled = any(m.scale != 1 for m in marks)
    wanted: dict[Any, str] = {}
    for mark in marks:
        place = old.get(mark.place)
        if place is not None and (type(place) is Tensor or not scaled):
            wanted.setdefault(place, names.of(mark.place))
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
        if label in lines and len(lines[label].text) < 160:
            result[mark.key] = lines[label]
    return result
