"""The rule of an optimizer as formulas: its own code, run on symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.formulas.writing.formula import Formula, formula
from tensorgraph.formulas.writing.latex import latex
from tensorgraph.formulas.writing.latex_lines import align
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.formulas.writing.text import pretty, text
from tensorgraph.symbolic.expr import Expr, symbol

LETTERS = {"lr": "alpha", "eps": "epsilon", "betas": "beta", "weight_decay": "lambda"}
"""What the literature calls the settings of optimizers; others keep their names."""


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
    param, grad = symbol("theta", (2,), np.float64), symbol("g", (2,), np.float64)
    first = optimizer.start(np.zeros(2))
    state = {key: symbol(key, np.shape(value), np.float64) for key, value in first.items()}
    settings = {k: _symbolic(k, v) for k, v in optimizer.groups[0].settings(0).items()}
    t = symbol("t", (), np.int64)
    new, following = optimizer.update(param, grad, dict(state), t, **settings)
    names: dict[Expr, str] = {}
    lines, computed = [], {}
    for key, e in [*following.items(), ("theta", new)]:
        if e is not state.get(key):
            lines.append((key, formula(e, names)))
            names[e], computed[key] = key, e
    return UpdateRule(tuple(lines), computed, type(optimizer).__name__)


def _symbolic(name: str, value: Any) -> Any:
    """Return a setting as a symbol; switches, and what is switched off by 0, stay as they are."""
    letter = LETTERS.get(name, name)
    if isinstance(value, tuple):
        return tuple(_symbolic(f"{letter}{i}", part) for i, part in enumerate(value, 1))
    return symbol(letter, (), np.float64) if isinstance(value, float) and value else value
