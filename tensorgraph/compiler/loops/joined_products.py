"""Sums of matrix products become one: Σᵢ xᵢ yᵢ = [x₁ x₂ …] [y₁; y₂; …].

Each step of a recurrence adds to the gradients of the same weights. As one product they are written
once, in place of once a step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tensorgraph.engine.op import REGISTRY
from tensorgraph.ops.arithmetic import add
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.shape import concat
from tensorgraph.symbolic.expr import Expr, in_order, lift, remade


def with_joined_products(roots: Iterable[Expr], given: set[Expr]) -> dict[Expr, Expr]:
    """Return what stands for each expression that the roots are made of.

    Args:
        roots: what is computed.
        given: inputs, which stay what they are.
    """
    roots = list(roots)
    order = in_order(roots, lambda e: () if e in given else e.args)
    uses = Counter(x for e in order for x in e.args) + Counter(roots)
    inner = {x for e in order if _is_sum(e) for x in e.args if _is_sum(x) and uses[x] == 1}
    new: dict[Expr, Expr] = {e: e for e in given}
    for e in order:
        if e not in new:
            joined = _joined(e, uses, new) if _is_sum(e) and e not in inner else None
            new[e] = remade(e, [new[x] for x in e.args]) if joined is None else joined
    return new


def _is_sum(e: Expr) -> bool:
    return e.op is REGISTRY["add"] and e.ndim == 2 and {x.shape for x in e.args} == {e.shape}


def _joined(e: Expr, uses: Mapping[Expr, int], new: Mapping[Expr, Expr]) -> Expr | None:
    """Return a sum with its products made one; ``None`` where that saves nothing."""
    terms, stack = [], [e]
    while stack:
        x = stack.pop()
        if x is e or (_is_sum(x) and uses[x] == 1):
            stack += reversed(x.args)
        else:
            terms.append(x)
    products = [x for x in terms if _is_product(x) and uses[x] == 1 and x.dtype == e.dtype]
    chosen = {*products}
    (m, n), lengths = e.shape, [x.args[0].shape[1] for x in products]
    if len(products) < 2 or len(products) * m * n <= (m + n) * sum(lengths):
        return None
    left, right = ([new[x.args[i]] for x in products] for i in (0, 1))
    total = matmul(concat(left, axis=1), concat(right, axis=0))
    for x in terms:
        if x not in chosen:
            total = add(total, new[x])
    return lift(total)


def _is_product(e: Expr) -> bool:
    return e.op is REGISTRY["matmul"] and all(x.ndim == 2 for x in e.args)
