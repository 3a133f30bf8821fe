"""What ``derive`` returns: formulas, with all that shows where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap
from typing import Any

import numpy as np

from tensorgraph.engine.numeric_rule import derivative_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.facts import Fact, before_reshape
from tensorgraph.formulas.gradient import Gradient, Letter, Names, Step, Steps
from tensorgraph.formulas.recurrences.equations import Equation, folded, placed, range_text
from tensorgraph.formulas.recurrences.names import StepNames
from tensorgraph.formulas.recurrences.terms import pieces
from tensorgraph.formulas.steps import equations
from tensorgraph.formulas.verify import Checker, agreement, rounding
from tensorgraph.formulas.writing.formula import Formula, cost, formula, key_text, result
from tensorgraph.formulas.writing.latex import latex
from tensorgraph.formulas.writing.latex_lines import align
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.formulas.writing.numpy_code import identifiers, python
from tensorgraph.formulas.writing.text import axis_text, pretty, text
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, in_order
from tensorgraph.symbolic.trace import Trace

READABLE = 400
"""A backward pass that costs more to read is left out of the steps."""


@dataclass(frozen=True, eq=False, repr=False)
class Derivation:
    r"""Gradients as formulas, checked against the engine's own.

    ``print`` shows them; ``latex()`` and ``mathml()`` set them, which notebooks show;
    ``steps()`` is the derivation; ``python()`` is NumPy code and ``evaluate()`` its values;
    ``saved``, ``facts`` and ``raw`` tell what a backward pass must keep, what the formulas rest
    on, and what they were before.

    Example:
        >>> import tensorgraph as tg
        >>> Z = tg.tensor([0.5, -1.0], requires_grad=True, name="Z")
        >>> A = tg.tanh(Z)
        >>> A.name = "A"
        >>> d = tg.derive(A.sum(), wrt=Z)
        >>> print(d.latex())
        \begin{align*}
        dZ &= 1 - A^{2}
        \end{align*}
        >>> d.saved
        ('A',)
    """

    gradients: tuple[Gradient, ...]
    """What was asked for, in that order."""
    helpers: tuple[Gradient, ...]
    """Gradients on the way that these use."""
    introduced: Mapping[Expr, Letter]
    """Letters for values without a name."""
    unexplained: Mapping[str, str]
    """Names of constants that no variable holds, each with what it is."""
    parameters: Mapping[str, str]
    """Symbols for parameters of modules, each with the path that it stands for."""
    read: tuple[Fact, ...]
    """What was read off the recorded constants."""
    output: Tensor
    """What was differentiated."""
    called: Mapping[Any, str]
    """The names of nodes and leaves of its graph, as formulas have them."""
    given: Mapping[Expr, Any]
    """The recorded inputs."""
    loops: StepNames = field(repr=False)
    """What belongs to the steps of loops."""
    checker: Checker = field(repr=False)
    hints: tuple[str, ...] = ()
    """Why formulas stay long: a fact that would shorten them, an operation without rules."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Gradients of steps that time was too short for, by letter, with the last of these steps."""

    # -------------------------------------------------------------------------------- as text

    def __str__(self) -> str:
        lines = [line_of(e) for e in self._asked()]
        lines += [f"  where {line_of(e)}" for e in self._helping()]
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  hint: {hint}" for hint in self.hints]
        return "\n".join(lines)

    __repr__ = __str__

    @property
    def notes(self) -> tuple[str, ...]:
        """What the names in the formulas stand for, a line for each: ``where Z1 = W x``."""
        lines = [f"where {line_of(e)}" for e in self._defining()]
        lines += [f"where {name} is {what}" for name, what in self._unexplained().items()]
        lines += dict.fromkeys(
            f"where {f.note}" for f in self.read if f.word in ("uniform", "name")
        )
        numbers = [f.note for f in self.read if f.word == "number" and not self._is_length(f)]
        lines += [f"with {', '.join(numbers)}"] if numbers else []
        lines += dict.fromkeys(_numeric([g.expr for g in (*self.gradients, *self.helpers)]))
        return (*lines, *(f"with {line}" for line in _filled(self.parameters)))

    def latex(self) -> str:
        """Return the formulas as an ``align*`` environment of LaTeX, for a paper or a notebook.

        It needs the package amsmath. Long formulas are broken into lines.
        """
        found = self._equations()
        return align(((e.left, "=", e.right) for e in found), map(_holding, found))

    def mathml(self) -> str:
        """Return the formulas as MathML, one ``<math>`` element each."""
        return "\n".join(mathml(e.right, e.left, range_text(e.range)) for e in self._equations())

    def typeset(self) -> list[tuple[str, str, str]]:
        """Return the lines of the text, those that are equations as LaTeX and MathML too.

        What equations rest on has lines of its own.
        """
        asked, found = len(self._asked()), list[tuple[str, str, str]]()
        equations = self._equations()
        for k, e in enumerate(equations):
            word = "" if k < asked else "where "
            before = r"\text{where }" if word else ""
            written = f"{before}{latex(e.left)} = {latex(e.right)}{_holding(e)}"
            line = word + line_of(replace(e, note=""))
            found.append((line, written, mathml(e.right, e.left, range_text(e.range), word)))
        notes = dict.fromkeys(e.note for e in equations if e.note)
        others = str(self).splitlines()[len(equations) :]
        return [*found, *((line.strip(), "", "") for line in (*notes, *others))]

    def _repr_html_(self) -> str:
        told = dict.fromkeys(filter(None, map(self._assumptions, self.gradients)))
        notes = "".join(f"<p>{note}</p>" for note in told)
        # The distance is no part of a formula, which pages without inline styles show, too.
        lines = "".join(
            f'<div style="margin: 0.7em 0">{line}</div>' for line in self.mathml().splitlines()
        )
        return f"<div>{lines}{notes}</div>"

    _repr_latex_ = latex

    def _formula(self, g: Gradient) -> Formula:
        found = result(g.expr, g.names)
        return found if g.multiple is None else g.multiple.formula(found)

    def _line(self, g: Gradient) -> str:
        return f"{pretty(g.label)} = {text(self._formula(g))}"

    # --------------------------------------------------------------------------- as equations

    def _unexplained(self) -> dict[str, str]:
        """Return what each input without a variable is, for all steps at once."""
        named = {
            text(self.loops.of_any_step(name)): what for name, what in self.unexplained.items()
        }
        return named

    def _equations(self) -> list[Equation]:
        return [*self._asked(), *self._helping(), *self._defining()]

    def _asked(self) -> list[Equation]:
        """Return the equations for what was asked, at each step where it is made of steps."""
        return self._folded([e for g in self.gradients for e in self._of(g)])

    def equations_of(self, g: Gradient) -> list[Equation]:
        """Return what is told of one gradient: an equation, or several for its slices."""
        return self._folded(self._of(g))

    def _helping(self) -> list[Equation]:
        """Return the equations for other gradients that these use."""
        backwards = sorted(self.helpers, key=lambda g: -self.loops.step.get(g.raw, 0))
        return self._folded([e for g in backwards for e in self._of(g)])

    def _defining(self) -> list[Equation]:
        """Return what letters stand for."""
        return self._folded(
            [Equation(Formula("name", text=name), f) for name, f in self._definitions()]
        )

    def _folded(self, found: Sequence[Equation]) -> list[Equation]:
        return folded(found, self.loops.written, self.loops.steps, self.left_out)

    def _of(self, g: Gradient) -> list[Equation]:
        """Return the equation for a gradient, or those for its slices at each step."""
        label, note = Formula("name", text=g.label), self._assumptions(g)
        parts = pieces(g.expr) if self.loops.found else []
        if g.multiple is not None or not parts:
            return [Equation(label, self._formula(g), note=note)]
        return [
            Equation(
                Formula("item", (label,), key_text(part.scatter.static["key"])),
                result(part.expr, g.names),
                note=note,
            )
            for part in parts
            if part.scatter is not None
        ]

    @property
    def names(self) -> Names:
        """What values and gradients are called."""
        return self.gradients[0].names.shared

    def _definitions(self) -> list[tuple[str, Formula]]:
        return [
            (letter.name, formula(letter.spelt, self.names.without(e)))
            for e, letter in self.introduced.items()
        ]

    # ---------------------------------------------------------------------------- what it rests on

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the formulas rest on: each fact with its source.

        The source is ``"op"`` (an op's record says so), ``"proof"``, ``"assertion"`` (by
        ``tg.assume``, checked on the data), ``"data"`` (read off the recorded values and the
        caller's variables) or ``"condition"`` (where it fails, so may the formula).
        """
        found = [f for g in (*self.gradients, *self.helpers) for f in g.facts]
        return tuple(dict.fromkeys([*found, *self.read]))

    def fact_text(self, fact: Fact) -> str:
        """Return a fact as a formula: ``Σ₁ Y = 1``."""
        if fact.word in ("equals", "number", "uniform", "name"):
            return fact.note
        fact = before_reshape(fact)
        inner = text(placed(formula(fact.of, self.names), self.loops.written))
        if fact.word == "sums_to":
            bare = inner if inner.isidentifier() or len(inner) == 1 else f"({inner})"
            gap = "" if bare.startswith("(") else " "
            axes = fact.value[0] if isinstance(fact.value[0], tuple) else [fact.value[0]]
            return f"Σ{axis_text(axes)}{gap}{bare} = {float(fact.value[1]):g}"
        if fact.word == "one_hot":
            return f"{inner} is one-hot along axis {fact.value}"
        if fact.word == "symmetric":
            return f"{inner} is symmetric"
        return f"{inner} ≠ 0" if fact.word == "nonzero" else f"{inner} is 0 or 1"

    def _assumptions(self, g: Gradient) -> str:
        sums = [f for f in g.facts if f.word == "sums_to"]
        proved = [f for f in sums if f.source == "proof" and f.value[1] != 0]
        assumed = [self.fact_text(f) for f in sums if f.source == "assertion"]
        seen = [self.fact_text(f) for f in g.facts if f.source == "data" and not f.note]
        told = {
            "assuming {} (checked on the data)": [*assumed, *(f.note for f in g.facts if f.note)],
            "assuming {} (true of this data)": seen,
            "since {} (proved)": [self.fact_text(f) for f in proved],
            "where {}": [self.fact_text(f) for f in g.facts if f.source == "condition"],
        }
        return ", ".join(
            form.format(" and ".join(dict.fromkeys(facts))) for form, facts in told.items() if facts
        )

    def _is_length(self, fact: Fact) -> bool:
        """Return whether a number is the length of an axis, as m mostly is."""
        lengths = {n for e in (*self.given, *(g.raw for g in self.gradients)) for n in e.shape}
        return isinstance(fact.value, int) and fact.value in lengths

    @property
    def saved(self) -> tuple[str, ...]:
        """What a backward pass by these formulas must keep, by name."""
        found: dict[str, None] = {}
        made = {g.raw for g in (*self.gradients, *self.helpers)}
        for g in (*self.gradients, *self.helpers):
            for e in in_order([g.expr], lambda x, g=g: () if x in g.names else x.args):  # type: ignore[misc]
                if e in g.names and e not in made and e.size > 1:
                    found[pretty(g.names[e])] = None
        return tuple(found)

    @property
    def raw(self) -> Trace:
        """The backward pass as it stands, before anything is simplified, as a trace."""
        outputs = tuple(g.raw for g in self.gradients)
        return Trace(
            tuple(e for e in in_order(outputs) if e.is_input), outputs, [None] * len(outputs)
        )

    def steps(self) -> Steps:
        """Return the derivation: the backward pass, each rule applied, and the result.

        It is a list, whose steps hold the difference between their two sides on the recorded data.
        """
        found: list[tuple[str, str, float]] = []
        for g in self._in_order_of_use():
            names = g.names
            spelt = formula(g.raw, names.without(g.raw)) if cost(g.raw, names) < READABLE else None
            start = f"{pretty(g.label)} = {text(spelt) if spelt else '… (see raw)'}"
            found.append(("the backward pass as it stands", start, 0.0))
            for equation in equations(g.events, g.atoms):
                left, right = (text(formula(e, names)) for e in (equation.left, equation.right))
                if equation.spelt is not None:
                    right, left = (
                        left,
                        text(formula(equation.spelt, names.without(equation.spelt))),
                    )
                # What has no value on the left, as 0 / 0, asks nothing of what takes its place.
                difference = self._difference(equation.right, equation.left)
                if left != right:
                    found.append((equation.rule, f"{left} = {right}", difference))
            found.append(("the result", self._line(g), self._difference(g.expr, g.raw)))
        unique = dict.fromkeys(found)
        return Steps(Step(i, rule, line, d) for i, (rule, line, d) in enumerate(unique, 1))

    def _difference(self, e: Expr, other: Expr) -> float:
        value = self.checker.value
        noise = rounding([value(x) for x in in_order([e, other]) if x.op is not None])
        found = agreement(value(e), value(other), noise)
        return 0.0 if np.isnan(found) else found

    def _in_order_of_use(self) -> list[Gradient]:
        """Return all gradients, those that others use first."""
        by_raw = {g.raw: g for g in (*self.gradients, *self.helpers)}
        done: dict[Gradient, None] = {}
        stack = [(g, False) for g in (*self.gradients, *self.helpers)[::-1]]
        waiting: set[Gradient] = set()
        while stack:
            g, ready = stack.pop()
            if ready:
                done[g] = None
            elif g not in done and g not in waiting:
                waiting.add(g)
                stack.append((g, True))
                used = in_order([g.expr], lambda x, g=g: () if x in g.names else x.args)  # type: ignore[misc]
                stack += [(by_raw[x], False) for x in used if x in by_raw and by_raw[x] is not g]
        return list(done)

    # ---------------------------------------------------------------------------------- as values

    def evaluate(self) -> Any:
        """Return the gradients' values by the formulas, on the recorded data.

        An array, or a dict of arrays by name where several were asked for.
        """
        values = evaluate([g.expr for g in self.gradients], self.given)
        arrays = {g.label: np.asarray(values[g.expr], g.raw.dtype) for g in self.gradients}
        return arrays[self.gradients[0].label] if len(arrays) == 1 else arrays

    def python(self, name: str = "backward") -> str:
        """Return the source of a function of NumPy arrays that computes the gradients.

        Its parameters are the values that the formulas name; the source stands by itself.

        Raises:
            ArgumentError: a formula holds an operation that NumPy has no function for.
        """
        names = dict(self.names)
        names |= {g.raw: g.label for g in (*self.gradients, *self.helpers) if g.raw.op is not None}
        made = {e: (letter.name, letter.spelt) for e, letter in self.introduced.items()}
        made |= {g.raw: (g.label, g.expr) for g in self._in_order_of_use()}
        results = [made[g.raw][0] for g in self.gradients]  # of equal ones, the last
        return python(name, made, names, results, self._identifiers())

    def _identifiers(self) -> dict[str, str]:
        """Return Python's name for each name of a formula."""
        every = (*self.gradients, *self.helpers)
        inputs = [e.name for e in self.given if e.name]
        return identifiers([*self.names.values(), *(g.label for g in every), *inputs, "x"])

    def arguments(self) -> dict[str, Any]:
        """Return recorded values for the parameters of :meth:`python`, by name."""
        names = dict(self.names)
        known = {g.label for g in (*self.gradients, *self.helpers)}
        names |= {e: e.name for e in self.given if e not in names and e.name}
        called = self._identifiers()
        return {called[n]: self.checker.value(e) for e, n in names.items() if n not in known}


def line_of(e: Equation) -> str:
    """Return an equation as one line of text."""
    told = [f"for {range_text(e.range)}"] if e.range else []
    return "    ".join([f"{text(e.left)} = {text(e.right)}", *told, *filter(None, [e.note])])


def _holding(e: Equation) -> str:
    """Return in LaTeX for which steps an equation holds."""
    steps = range_text(e.range).replace(" … ", r", \ldots, ")
    return rf" \quad {steps}" if e.range else ""


def _filled(parameters: Mapping[str, str]) -> list[str]:
    """Return what symbols stand for, as many of them on a line as can be read."""
    told = [
        f"{pretty(symbol)} = {path}".replace(" ", "\u00a0") for symbol, path in parameters.items()
    ]
    return [line.replace("\u00a0", " ") for line in wrap(", ".join(told), 90)]


def _numeric(formulas: Sequence[Expr]) -> Iterator[str]:
    """Yield a line for each derivative in formulas that is computed from values alone."""
    for e in in_order(formulas):
        of = None if e.op is None else derivative_of(e.op)
        if e.op is not None and of is not None:
            yield f"where {e.op.name} is numeric: {of} was declared without a gradient rule"
