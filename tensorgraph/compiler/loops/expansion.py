"""Expressions in simpler operations, before they are lowered.

A fused operation becomes what it computes; slices of what was joined become the parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorgraph.compiler.c_functions import TYPES
from tensorgraph.engine.op import REGISTRY
from tensorgraph.symbolic.expr import Expr, in_order, lift, remade
from tensorgraph.symbolic.joined_parts import part

RESHAPING = [REGISTRY[name] for name in ("reshape", "expand_dims", "squeeze")]
"""Operations after which elements are where they were, in another shape."""


def expanded(roots: Iterable[Expr], given: set[Expr]) -> dict[Expr, Expr]:
    """Return what stands for each expression that the roots are made of.

    Args:
        roots: what is computed.
        given: inputs, which stay what they are.
    """
    new: dict[Expr, Expr] = {e: e for e in given}
    for e in in_order(roots, lambda e: () if e in given else e.args):
        if e not in new:
            new[e] = _simplest(remade(e, [new[x] for x in e.args]))
    return new


def _simplest(e: Expr) -> Expr:
    """Return an expression in simpler operations, all the way."""
    if e.op is None:
        return e
    body = e.op.lowering
    if body is not None and {e.dtype.name, *(x.dtype.name for x in e.args)} <= TYPES.keys():
        result = lift(body(*e.args, **e.static))
        if result.dtype == e.dtype and result.shape == e.shape:
            inner = expanded([result], {*e.args})
            return inner[result]
    rule = _SIMPLER.get(e.op)
    return e if rule is None else rule(e)


def _reshape(e: Expr) -> Expr:
    """Return a reshape of what was not reshaped before; nothing where the shape stays."""
    (x,) = e.args
    while x.op in RESHAPING:
        (x,) = x.args
    if x.shape == e.shape:
        return x
    if x is e.args[0]:
        return e
    from_flat: Any = x.reshape(e.shape)
    return lift(from_flat)


def _pad(e: Expr) -> Expr:
    """Return what is padded, where nothing is added."""
    return e if any(map(any, e.static["pad_width"])) else e.args[0]


_SIMPLER = {REGISTRY["getitem"]: part, REGISTRY["pad"]: _pad} | dict.fromkeys(RESHAPING, _reshape)
