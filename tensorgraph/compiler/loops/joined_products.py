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
from tensorgraph.ops.joining import concat
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
    sums = _sums_of_products(order, uses)
    inner = {x for e in sums for x in e.args if _is_part(x, e, sums, uses)}
    new: dict[Expr, Expr] = {e: e for e in given}
    for e in order:
        if e not in new:
            joined = _joined(e, sums, uses, new) if e in sums and e not in inner else None
            new[e] = remade(e, [new[x] for x in e.args]) if joined is None else joined
    return new


def _sums_of_products(order: Iterable[Expr], uses: Mapping[Expr, int]) -> set[Expr]:
    """Return the sums that have a product among their terms, or a sum that has one."""
    found: set[Expr] = set()
    for e in order:
        matrices = e.op is REGISTRY["add"] and e.ndim == 2
        if matrices and any(_is_product(x, e, uses) or _is_part(x, e, found, uses) for x in e.args):
            found.add(e)
    return found


def _is_product(x: Expr, of: Expr, uses: Mapping[Expr, int]) -> bool:
    """Return whether a term of a sum is a product of matrices, and nothing else."""
    made = x.op is REGISTRY["matmul"] and all(factor.ndim == 2 for factor in x.args)
    return made and uses[x] == 1 and (x.shape, x.dtype) == (of.shape, of.dtype)


def _is_part(x: Expr, of: Expr, sums: set[Expr], uses: Mapping[Expr, int]) -> bool:
    """Return whether a term of a sum is a sum of products itself, of no other use."""
    return x in sums and uses[x] == 1 and (x.shape, x.dtype) == (of.shape, of.dtype)


def _joined(
    e: Expr, sums: set[Expr], uses: Mapping[Expr, int], new: Mapping[Expr, Expr]
) -> Expr | None:
    """Return a sum with its products made one; ``None`` where that saves nothing."""
    terms: list[Expr] = []
    stack = [e]
    while stack:
        x = stack.pop()
        if x is e or _is_part(x, e, sums, uses):
            stack += reversed(x.args)
        else:
            terms.append(x)
    products = dict.fromkeys(x for x in terms if _is_product(x, e, uses))
    (m, n), length = e.shape, sum(x.args[0].shape[1] for x in products)
    if len(products) < 2 or len(products) * m * n <= (m + n) * length:
        return None
    left, right = ([new[x.args[i]] for x in products] for i in (0, 1))
    total = matmul(concat(left, axis=1), concat(right, axis=0))
    for x in terms:
        if x not in products:
            total = add(total, new[x])
    return lift(total)
