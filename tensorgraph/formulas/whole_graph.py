"""A formula for every value and every gradient of a graph, each in terms of what has a name."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node, ancestors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.derivation import line_of
from tensorgraph.formulas.gradient import Gradient, Names
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.problem import Problem
from tensorgraph.formulas.recurrences.equations import placed, range_text
from tensorgraph.formulas.solution import Solution
from tensorgraph.formulas.targets import Target, check_output
from tensorgraph.formulas.writing.formula import Formula, cost, result
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.formulas.writing.text import pretty, text
from tensorgraph.ops.arithmetic import add
from tensorgraph.symbolic.expr import Expr

T = TypeVar("T")

LONGEST = 120
"""A formula that costs more to read is not written beside a box."""

SHORT = 10
"""One that costs no more is as good as simplified."""

SETTINGS = re.compile(r"\[[^]]*=.*\]$")

LATE = "there was no time to simplify it"
LONG = "its formula is too long to be read here"


class Written(NamedTuple):
    """An equation as it is written; without a name on its left, ``= A − Y``."""

    mathml: str
    text: str


@dataclass(frozen=True)
class GraphFormulas:
    """What a graph computes, and its gradients, as formulas; by place, a node or leaf."""

    values: Mapping[Any, Written]
    """How each operation's result comes about: ``A1 = relu(Z1)``."""
    gradients: Mapping[Any, Written]
    """``dZ1 = W2ᵀ dZ2 ∘ [Z1 > 0]``; each was compared with the engine's."""
    letters: Mapping[Any, str]
    """What formulas call what has no name of its own, or a longer one."""
    untold: Mapping[Any, str]
    """Why a gradient has no formula."""
    unwritten: Mapping[Any, str]
    """Why a value has none."""
    notes: tuple[str, ...]
    """What names stand for that are no place's."""


def graph_formulas(
    output: Tensor, names: Mapping[Any, str], scope: Scope, seconds: float
) -> GraphFormulas:
    """Return the formulas of all that leads to an output.

    Formulas use the values and gradients that have a name; those of all others are spelt out.

    Args:
        output: what is differentiated; of more than one element, from a gradient that is given.
        names: what nodes and leaves are called.
        scope: variables that other values may be called after; it takes in the names.
        seconds: after so many of this thread's own work, gradients are not simplified any more.

    Raises:
        GraphError: the graph was released, holds a hook or a checkpoint, or a leaf was assigned to.
        DerivationError: a formula disagrees with the engine's gradient (a defect).

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.tensor([0.5, -1.0], requires_grad=True)
        >>> a = tg.tanh(z)
        >>> loss = a.sum()
        >>> found = graph_formulas(loss, {z: "z", a.node: "a"}, Scope(None), seconds=4.0)
        >>> found.gradients[z].text, found.values[a.node].text
        ('dz = 1 − a²', 'a = tanh(z)')
    """
    deadline = time.thread_time() + seconds
    gradient = None if output.size == 1 else np.ones(output.shape, output.dtype)
    check_output(output, gradient)
    root = place_of(output)
    for place, name in names.items():
        if scope.of_place(place) not in scope.parameters:  # whose symbols are shorter than paths
            scope.places[place] = name
    letters = layer_letters(root, scope)
    scope.places.update(letters)
    return _Found(output, scope, gradient, deadline).formulas(letters)


class _Found:
    """The work of one call of ``graph_formulas``."""

    def __init__(self, output: Tensor, scope: Scope, gradient: Any, deadline: float) -> None:
        root = place_of(output)
        met = (p for node in ancestors([root]) for p in (*node.parents, node))
        flowing = dict.fromkeys(p for p in met if p is not root and _wants_gradient(p))
        named = [p for p in flowing if scope.of_place(p)]
        wanted = [Target(p, scope.of_place(p)) for p in named]
        self.problem = Problem(output, wanted, scope, gradient, False, deadline)
        self.solution = Solution(self.problem)
        self.derivation = self.solution.derivation()
        self.by_place = dict(zip(self.problem.places, self.derivation.gradients, strict=True))
        self.helpers = {g.raw: g for g in self.derivation.helpers}

    def formulas(self, letters: Mapping[Any, str]) -> GraphFormulas:
        if not self.by_place:  # nothing has a name in whose terms the rest could be told
            return GraphFormulas({}, {}, {}, {}, {}, ())
        gradients = {p: self._named(g) for p, g in self.by_place.items()}
        others = [p for p in self.problem.raw if p not in self.by_place]
        gradients |= {p: self._other(p, self.problem.raw[p]) for p in others}
        exprs = self.problem.recorded.exprs.items()
        values = {p: self._value(p, e) for p, e in exprs if type(p) is Node}
        of_place = self.problem.scope.of_place
        called = {p: pretty(name) for p, name in self.derivation.called.items()}
        return GraphFormulas(
            values=_those(Written, values),
            gradients=_those(Written, gradients),
            untold=_those(str, gradients),
            unwritten=_those(str, values),
            letters={**letters, **{p: n for p, n in called.items() if n != of_place(p)}},
            notes=self.derivation.notes,
        )

    def _value(self, place: Any, e: Expr) -> Written | str:
        """Return how a value comes about, in terms of those with a name."""
        names = self.derivation.names
        name = names.get(e) or self.problem.scope.of_place(place)
        return self._written(e, names.without(e), name)

    def _named(self, g: Gradient) -> Written | str:
        """Return the formula of a gradient that others may use by its name."""
        if self._is_late(g.expr, g.raw, g.names):
            return LATE
        if cost(g.expr, g.names) > LONGEST:
            return LONG
        found = self.derivation.equations_of(g)
        found = [replace(e, left=_bare(e.left), right=_bare(e.right)) for e in found]
        return Written(
            "".join(mathml(e.right, e.left, range_text(e.range)) for e in found),
            "\n".join(map(line_of, found)),
        )

    def _other(self, place: Any, raw: Expr) -> Written | str:
        """Return the formula of a gradient that nobody named, or the output's."""
        helper, letter = self.helpers.get(raw), self.derivation.called.get(place)
        if helper is not None and helper.label == f"d{letter}":  # one of a loop's, by its step
            return self._named(helper)
        cuts = {g.raw: g.label for g in (*self.derivation.gradients, *self.derivation.helpers)}
        names = Names(self.problem.names, cuts)
        e = raw if raw in names else self.solution.simplifier.simplest(raw, cuts)[1]
        if self._is_late(e, raw, names):
            return LATE
        of = self.problem.scope.of_place(place)
        self.problem.checker.same(f"d{of}" if of else "a gradient", e, raw, raw)
        return self._written(e, names, f"d{of}" if of else None)

    def _written(self, e: Expr, names: Mapping[Expr, str], name: str | None) -> Written | str:
        """Return an expression as an equation, whose left side is a name or nothing."""
        if cost(e, names) > LONGEST:
            return LONG
        sides = Formula("name", text=name or ""), _bare(result(e, names))
        left, right = (placed(side, self.problem.loops.written) for side in sides)
        return Written(mathml(right, left), f"{text(left)} = {text(right)}".strip())

    def _is_late(self, e: Expr, raw: Expr, names: Names) -> bool:
        """Return whether a gradient stands as the backward pass has it for want of time."""
        return self.solution.ran_out and e is raw and cost(e, names) > SHORT


def _those(kind: type[T], found: Mapping[Any, Any]) -> dict[Any, T]:
    return {place: each for place, each in found.items() if isinstance(each, kind)}


def _bare(f: Formula) -> Formula:
    """Return a formula without the settings of its functions, which stand with their boxes."""
    called = SETTINGS.sub("", f.text) if f.kind == "function" else f.text
    return replace(f, text=called, parts=tuple(map(_bare, f.parts)))


def layer_letters(root: Node, scope: Scope) -> dict[Node, str]:
    """Return letters for what layers made that has no name: Z for a product, A of an activation.

    They are numbered by layer, as textbooks do it; what else is a kernel of its own is an H.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.ones((1, 2), requires_grad=True)
        >>> loss = tg.relu(x @ tg.ones((2, 2)) + 1.0).sum()
        >>> list(layer_letters(loss.node, Scope(None)).values())
        ['Z1', 'A1']
    """
    nodes = ancestors([root])
    takers: dict[Any, list[Node]] = {}
    for node in nodes:
        for parent in node.parents:
            if type(parent) is Node:
                takers.setdefault(parent, []).append(node)
    taken = {*scope.places.values(), *scope.numbers}
    found: dict[Node, str] = {}
    layer, others = 0, count(1)
    for node in nodes:
        letter = _letter(node)
        place = _biased(node, takers) if letter == "Z" else node
        layer += letter == "Z"  # also where it has a name, after which its activation is numbered
        if not letter or scope.of_place(place) or place is root:
            continue
        name = f"{letter}{layer}"
        if letter == "H" or name in taken:
            name = next(name for n in others if (name := f"H{n}") not in taken)
        taken.add(name)
        found[place] = name
    return found


def _letter(node: Node) -> str:
    """Return what kind of a layer's result a node is; of none, nothing."""
    if node.op.letter in ("Z", "A"):
        return node.op.letter
    if any(node.op.operand_name(i) == "weight" for i in range(len(node.parents))):
        return "Z"
    return "H" if node.op.family == "fused" and len(node.shape) > 1 else ""


def _biased(product: Node, takers: Mapping[Any, Sequence[Node]]) -> Node:
    """Return the sum of a product and its bias, if that is all that takes it."""
    after = takers.get(product, ())
    return after[0] if len(after) == 1 and after[0].op is add.op else product


def _wants_gradient(place: Any) -> bool:
    return type(place) is Node or (type(place) is Tensor and place.requires_grad)
