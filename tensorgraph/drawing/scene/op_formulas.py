"""The equation and the gradient rules of operations as formulas, read off their records.

A rule is code over operators and ops; run on symbolic operands it writes its own formula. So there
is no second list of formulas that could be wrong. Where a rule does not run on symbols, its source
is shown.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import Op
from tensorgraph.engine.rule import Word
from tensorgraph.formulas.writing.formula import Formula, formula
from tensorgraph.formulas.writing.mathml import mathml
from tensorgraph.formulas.writing.text import text
from tensorgraph.symbolic.expr import Expr, lift, make, symbol

LONGEST = 160
"""A formula of more characters is harder to read than the source."""


def rules_of(scene: Scene, places: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Return for each kind of operation in a scene its equation and its gradient rules.

    Each by operand, as ``mathml`` and ``text``; the first operation of a kind stands for all.

    Args:
        scene: as ``capture`` returns it.
        places: the place of each box.
    """
    first: dict[str, Node] = {}
    for op in scene.forward:
        if type(places[op]) is Node:
            first.setdefault(scene.boxes[op].op, places[op])
    return {name: _told(node) for name, node in first.items()}


def _told(node: Node) -> dict[str, Any]:
    op = node.op
    names = [op.operand_name(i) for i in range(len(node.parents))]
    args = tuple(
        symbol(name, np.shape(parent), getattr(parent, "dtype", node.dtype))
        for name, parent in zip(names, node.parents, strict=True)
    )
    out = make(op, args, node.static, node.shape, node.dtype)
    known = dict(zip(args, names, strict=True))
    equation = _equation(op, args, node.static, out, known)
    gradients = {name: _gradient(node, i, args, out, known) for i, name in enumerate(names)}
    return {**equation, "gradients": gradients}


def _equation(
    op: Op, args: tuple[Expr, ...], static: dict[str, Any], out: Expr, known: dict[Expr, str]
) -> dict[str, str]:
    """Return what an operation computes: of a fused one, its definition if that is short."""
    body = op.body
    candidates = [lambda: body(*args, **static)] if body is not None else []
    for make_it in (*candidates, lambda: out):
        found = _formula(make_it, "out", known)
        if found:
            return {"equation": found["mathml"], "text": found["text"]}
    return {"equation": "", "text": f"out = {op.name}({', '.join(known.values())})"}


def _gradient(
    node: Node, i: int, args: tuple[Expr, ...], out: Expr, known: dict[Expr, str]
) -> dict[str, str]:
    """Return the gradient of the ``i``-th operand, in terms of that of the result."""
    rule = node.op.rule_word(i)
    label = f"∂{node.op.operand_name(i)}"
    if isinstance(rule, Word):
        said = "0" if rule.name == "ZERO" else "none: the result does not depend smoothly on it"
        return {"mathml": "", "text": f"{label} = {said}" if said == "0" else f"{label}: {said}"}
    g = symbol("g", node.shape, node.dtype)
    names = {**known, out: "out", g: "g"}
    found = _formula(lambda: _run(node, i, args, out, g), label, names)
    return found or {"mathml": "", "text": f"{label}: {_source(rule)}"}


def _run(node: Node, i: int, args: tuple[Expr, ...], out: Expr, g: Expr) -> Any:
    """Return what the rule makes of symbols."""
    plan = node.op.plan(1 << i | 1 << len(args), len(args))
    twin = Node(node.op, node.static, args, plan, (*args, out), None)
    return dict(plan.rules)[i](g, twin.saved, twin, i)


def _formula(make_it: Any, label: str, names: dict[Expr, str]) -> dict[str, str] | None:
    """Return an expression as an equation; ``None`` where there is none, or it is too long."""
    try:
        found = formula(lift(make_it()), names)
        line = f"{label} = {text(found)}"
    except Exception:  # whatever a user's rule may raise for operands that are no arrays
        return None
    if len(line) > LONGEST:
        return None
    return {"mathml": mathml(found, Formula("name", text=label)), "text": line}


def _source(rule: Any) -> str:
    """Return the source of a rule in one line."""
    try:
        lines = inspect.getsource(rule).strip().splitlines()
    except (OSError, TypeError):
        return "a rule in code"
    return " ".join(line.strip() for line in lines).rstrip(",")
