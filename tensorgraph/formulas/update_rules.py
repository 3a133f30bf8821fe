"""The rule of an optimizer as formulas: its own code, run on symbols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.formulas.writing.formula import Formula, formula
from tensorgraph.formulas.writing.latex import latex
from tensorgraph.formulas.writing.latex_lines import align
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.formulas.writing.text import pretty, text
from tensorgraph.symbolic.expr import Expr, symbol

LETTERS = {
    "lr": "alpha", "eps": "epsilon", "betas": "beta", "weight_decay": "lambda", "l2": "lambda2",
    "momentum": "mu",
}  # fmt: skip
"""What the literature calls the settings of optimizers; others keep their names."""

SHARED = ("u", "r", "s", "q", "p", "h")
"""What parts are called that are written once, where they would stand several times."""
SPARED = 6
"""How many operations must be spared by that."""


@dataclass(frozen=True, eq=False)
class UpdateRule:
    """The equations by which an optimizer goes from one step to the next."""

    equations: tuple[tuple[str, Formula], ...]
    computed: Mapping[str, Expr]
    """The same as expressions: each new value by its name."""
    optimizer: str
    """The class of the optimizer."""

    def __str__(self) -> str:
        return "\n".join(line for line, _, _ in self.typeset())

    __repr__ = __str__

    def latex(self) -> str:
        """Return the equations as an ``align*`` environment of LaTeX."""
        return align((name, r"\leftarrow", f) for name, f in self.equations)

    _repr_latex_ = latex

    def typeset(self) -> list[tuple[str, str, str]]:
        """Return the equations as text, LaTeX and MathML."""
        found = []
        for name, f in self.equations:
            left = Formula("name", text=name)
            written = rf"{latex(left)} \leftarrow {latex(f)}"
            found.append((f"{pretty(name)} ← {text(f)}", written, mathml(f, left, sign="←")))
        return found


def update_rule(optimizer: Any) -> UpdateRule:
    """Return the update of an optimizer as formulas, read off its own rule.

    ``update`` runs once on symbols: the parameter θ, its gradient g, its state and the number t of
    the update. Settings stand under their usual letters.

    Args:
        optimizer: one of ``tg.optim``, or your own subclass of ``tg.optim.Optimizer``.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> print(tg.update_rule(tg.optim.SGD([w], lr=0.1)))
        θ ← θ − α g
    """
    shape = (2,) if optimizer.elementwise else optimizer.params[0].shape
    param, grad = symbol("theta", shape, np.float64), symbol("g", shape, np.float64)
    first = optimizer.begun(optimizer.groups[0], np.zeros(shape))
    state = {key: symbol(key, np.shape(value), np.float64) for key, value in first.items()}
    settings = {k: _symbolic(k, v) for k, v in optimizer.groups[0].settings(0).items()}
    t = symbol("t", (), np.int64)
    given = -grad if optimizer.maximize else grad
    new, following = optimizer.update(param, given, dict(state), t, **settings)
    new_values = {k: e for k, e in [*following.items(), ("theta", new)] if e is not state.get(k)}
    before = {**state, "theta": param}
    lines, computed = [], {}
    names: dict[Expr, str] = {}
    taken = {*new_values, *before, *map(LETTERS.get, settings), *settings}
    letters = (letter for letter in SHARED if letter not in taken)
    for key in _in_order(new_values, before):
        e = new_values[key]
        left = [other for other in new_values if other != key and other not in computed]
        if any(before[key] in _seen(new_values[other], new_values) for other in left):
            names[before[key]] = f"{key}0"
            lines.append((f"{key}0", Formula("name", text=key)))
        lines += _written(key, e, names, letters)
        names[e], computed[key] = key, e
    return UpdateRule(tuple(lines), computed, type(optimizer).__name__)


def _in_order(new: Mapping[str, Expr], before: Mapping[str, Expr]) -> list[str]:
    """Return the order of the lines: each after those whose results are in it.

    Before a value is replaced, the others that need the old one are computed, where that can be.
    """
    seen = {key: _seen(e, new) for key, e in new.items()}
    order: list[str] = []
    while left := [key for key in new if key not in order]:
        ready = [k for k in left if not any(new[o] in seen[k] for o in left if o != k)]
        free = [k for k in ready if not any(before[k] in seen[o] for o in left if o != k)]
        order.append((free or ready)[0])
    return order


def _seen(e: Expr, new: Mapping[str, Expr]) -> set[Expr]:
    """Return the parts of an expression that are written out, and the new values in it."""
    named = set(new.values()) - {e}
    found: set[Expr] = set()
    to_do = [e]
    while to_do:
        part = to_do.pop()
        if part not in found:
            found.add(part)
            to_do += () if part in named else part.args
    return found


def _written(
    name: str, e: Expr, names: dict[Expr, str], letters: Iterator[str]
) -> Iterator[tuple[str, Formula]]:
    """Yield the line of a value, behind those of parts that would stand in it again and again."""
    sizes: dict[Expr, int] = {}
    while (part := _worth_a_letter([e, *sizes], {*names, *sizes})) is not None:
        sizes[part] = _operations(part, names)
    for part in sorted(sizes, key=sizes.__getitem__):  # what stands in another comes before it
        if letter := next(letters, None):
            yield letter, formula(part, names)
            names[part] = letter
    yield name, formula(e, names)


def _worth_a_letter(lines: Sequence[Expr], named: Collection[Expr]) -> Expr | None:
    """Return the largest part that is written out several times, if that makes lines long."""
    uses: Counter[Expr] = Counter()
    parts: set[Expr] = set()
    to_do = [*lines]
    while to_do:
        for arg in {*to_do.pop().args}:  # x x is written x²
            uses[arg] += 1
            if arg not in parts and arg not in named and arg.op is not None:
                parts.add(arg)
                to_do.append(arg)
    sizes = {part: _operations(part, named) for part in parts}
    worth = [part for part, size in sizes.items() if (uses[part] - 1) * size >= SPARED]
    return max(worth, key=sizes.__getitem__, default=None)


def _operations(e: Expr, named: Collection[Expr]) -> int:
    """Return of how many operations an expression consists, those of named parts apart."""
    found, to_do = {e}, [e]
    while to_do:
        args = (arg for arg in to_do.pop().args if arg.op is not None and arg not in named)
        new = {*args} - found
        found |= new
        to_do += new
    return len(found)


def _symbolic(name: str, value: Any) -> Any:
    """Return a setting as a symbol; switches, and what is switched off by 0, stay as they are."""
    letter = LETTERS.get(name, name)
    if isinstance(value, tuple):
        return tuple(_symbolic(f"{letter}{i}", part) for i, part in enumerate(value, 1))
    return symbol(letter, (), np.float64) if isinstance(value, float) and value else value
