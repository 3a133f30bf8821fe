"""The rule of an optimizer as formulas: its own code, run on symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.symbolic.expr import Expr, in_order, make, symbol
from tensorgraph.symbolic.formula import Formula, formula
from tensorgraph.symbolic.latex import latex, latex_name
from tensorgraph.symbolic.names import Scope
from tensorgraph.symbolic.text import pretty, text

SETTINGS = {"lr": "alpha", "eps": "epsilon", "betas": "beta", "momentum": "beta"}
"""What the literature calls the settings of optimizers; others keep their names."""


@dataclass(frozen=True, eq=False)
class UpdateRule:
    """The equations by which an optimizer goes from one step to the next."""

    equations: tuple[tuple[str, Formula], ...]

    def __str__(self) -> str:
        return "\n".join(f"{pretty(name)} ← {text(f)}" for name, f in self.equations)

    __repr__ = __str__

    def latex(self) -> str:
        """Return the equations as LaTeX, one a line."""
        lines = [rf"{latex_name(name)} \leftarrow {latex(f)}" for name, f in self.equations]
        return " \\\\\n".join(lines)

    def _repr_latex_(self) -> str:
        return f"$$\\begin{{gathered}}{self.latex()}\\end{{gathered}}$$"


def update_rule(optimizer: Any) -> UpdateRule:
    """Return the update of an optimizer as formulas, read off its own rule.

    ``update`` runs once on symbols: the parameter θ, its gradient g, its state and the number t of
    the update. Numbers in it that are settings stand under their usual names.

    Args:
        optimizer: one of ``tg.optim``, or your own subclass of ``tg.optim.Optimizer``.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> print(tg.update_rule(tg.optim.SGD([w], lr=0.1)))
        θ ← θ − α g
    """
    param, grad = symbol("theta", (2,), np.float64), symbol("g", (2,), np.float64)
    t = symbol("t", (), np.int64)
    first = optimizer.start(np.zeros(2))
    state = {key: symbol(key, np.shape(value), np.float64) for key, value in first.items()}
    numbers = _settings(optimizer)
    lr = optimizer.lr(0) if callable(optimizer.lr) else optimizer.lr
    new, following = optimizer.update(param, grad, dict(state), lr, t)
    scope = Scope(None)
    scope.numbers = {"alpha": lr, **numbers}
    names: dict[Expr, str] = {}
    lines = []
    renamed = _Renaming(scope)
    for key, e in [*following.items(), ("theta", new)]:
        e = renamed(e)
        if e is not state.get(key):
            lines.append((key, formula(e, {x: n for x, n in names.items() if x is not e})))
            names[e] = key
    return UpdateRule(tuple(lines))


def _settings(optimizer: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in optimizer.settings:
        value = getattr(optimizer, name)
        letter = SETTINGS.get(name, name)
        if isinstance(value, tuple):
            found |= {f"{letter}{i}": part for i, part in enumerate(value, 1)}
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[letter] = value
    return found


class _Renaming:
    """Puts settings in the place of the numbers that they are."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.done: dict[Expr, Expr] = {}

    def __call__(self, root: Expr) -> Expr:
        for e in in_order([root]):
            if e not in self.done:
                self.done[e] = self._one(e)
        return self.done[root]

    def _one(self, e: Expr) -> Expr:
        if e.value is not None and e.size == 1:
            return self.scope.number(e.value)
        if e.op is None:
            return e
        args = tuple(self.done[x] for x in e.args)
        return make(e.op, args, e.static, e.shape, e.dtype)
