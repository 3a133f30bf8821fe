"""Twins: nodes that compute with expressions, by the rules of the recorded ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorgraph.engine.autodiff import differentiate
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import enable_grad
from tensorgraph.engine.op import REGISTRY, Plan
from tensorgraph.engine.rule import ZERO_RULE
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.symbolic.expr import Expr


def twin_of(
    node: Node, op: Any, static: Any, args: Sequence[Expr], parents: Any, plan: Plan, e: Expr
) -> Node:
    """Return a node that computes with expressions."""
    # Rules see a number as it was written, such as an exponent; this one is no length.
    values = [float(x.value) if type(x.value) in (int, float) else x for x in args]
    ours = REGISTRY.get(op.name) is op
    defined = ours and op.family == "elementwise" and op.body is not None
    rules = tuple(
        (i, _through_body if defined else rule)
        for i, rule in plan.rules
        if rule is not ZERO_RULE.call and type(parents[i]) in (Node, Tensor)
    )
    keep = tuple(range(len(args))) if defined else plan.keep
    return Node(op, static, parents, Plan(keep, rules), [*values, e], node.call)


def _through_body(g: Any, saved: Sequence[Any], node: Node, i: int) -> Any:
    """Return the gradient of an elementwise operation as its body says it.

    Its own rule says the same in the way that keeps the digits.
    """
    operands = [wrap(x, None, k == i) if type(x) is Expr else x for k, x in enumerate(saved[:-1])]
    assert node.op.body is not None
    with enable_grad():
        out = node.op.body(*operands, **node.static)
    (gradient,) = differentiate([out], [g], [operands[i]], False, False)
    return gradient._data


def twin(node: Node, e: Expr, parents: Sequence[Any]) -> Node:
    """Return a node in the place of a recorded one that computes another expression."""
    assert e.op is not None
    plan = e.op.plan((2 << len(e.args)) - 1, len(e.args))  # gradients flow to all operands
    return twin_of(node, e.op, e.static, e.args, parents, plan, e)
