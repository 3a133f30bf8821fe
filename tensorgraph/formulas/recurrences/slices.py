"""Slices of what is computed for all time steps at once, read as what one step computes.

A layer multiplies all time steps by its weights together and then takes them apart; a cell computes
its gates together. ``(X W)[:, t]`` is ``X[:, t] W``, and an element of a stack is that element.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.arithmetic import add
from tensorgraph.ops.contract import linear, matmul
from tensorgraph.ops.shape import broadcast_to
from tensorgraph.symbolic.expr import Expr, constant, in_order, lift, make
from tensorgraph.symbolic.replay import Replay
from tensorgraph.symbolic.twins import twin

GETITEM, STACK = REGISTRY["getitem"], REGISTRY["stack"]
PRODUCTS = {linear.op, matmul.op}
JOINT = {STACK, GETITEM, add.op, *PRODUCTS}
"""What may compute something for several steps at once."""
Key = tuple[Any, ...]


def by_steps(recorded: Replay, targets: Collection[Any], named: Callable[[Any], Any]) -> Replay:
    """Return a recorded graph in which slices are read where they are made.

    Args:
        recorded: the graph.
        targets: the places whose own gradient is wanted.
        named: whether the reader knows a place by a name, under which it stays.
    """
    stays = {recorded.exprs[p] for p in targets}
    for place, e in recorded.exprs.items():
        if e.op not in (STACK, GETITEM) and named(place):
            stays.add(e)
    order = in_order(recorded.exprs.values())
    kept = {e for e in order if e in stays or e.op not in JOINT}
    new = _rewritten(order, kept.__contains__, lambda x: x.op is GETITEM and x in stays)
    return recorded if all(new[e] is e for e in order) else rebuilt(recorded, new)


def rebuilt(recorded: Replay, new: Mapping[Expr, Expr]) -> Replay:
    """Return a recorded graph in which others stand for some expressions."""
    twins: dict[Expr, Any] = {}
    result = replace(recorded, exprs={}, twins={})
    for place, e in recorded.exprs.items():
        result.exprs[place] = new[e]
        if place in recorded.twins and new[e] is e:
            twins.setdefault(e, recorded.twins[place])
            result.twins[place] = recorded.twins[place]
    for place, e in recorded.exprs.items():
        if place in recorded.twins and new[e] is not e:
            result.twins[place] = _twin(result, twins, place, new[e])
    return result


def _twin(result: Replay, twins: dict[Expr, Any], place: Node, e: Expr) -> Any:
    """Return the node that computes an expression, and those before it that are new."""
    for x in in_order([e], lambda x: () if x in twins else x.args):
        parents = tuple(twins.get(y, y) for y in x.args)
        if x not in twins and any(type(p) in (Node, Tensor) for p in parents):
            twins[x] = made = twin(place, x, parents)
            result.exprs[made], result.twins[made] = x, made
    return twins[e]


def read(e: Expr, stays: Callable[[Expr], bool]) -> Expr:
    """Return a gradient in which slices of products are products of slices.

    Args:
        e: the gradient.
        stays: whether a value is kept as it is.
    """
    order = in_order([e], lambda x: () if stays(x) else x.args)
    return _rewritten(order, stays, stays)[e]


def _rewritten(
    order: Sequence[Expr], stays: Callable[[Expr], bool], untouched: Callable[[Expr], bool]
) -> dict[Expr, Expr]:
    """Return what stands for each expression when slices are read.

    Args:
        order: expressions, each after its operands.
        stays: which of them are not read as what they are made of.
        untouched: which of them are left as they are.
    """
    new: dict[Expr, Expr] = {}
    for e in order:
        new[e] = e
        if e.op is None or untouched(e):
            continue
        args = tuple(new.get(x, x) for x in e.args)
        found = None
        if e.op is GETITEM and len(args) == 1:
            found = _part(args[0], e.static["key"], stays)
        if found is not None and found.shape == e.shape:
            new[e] = found
        elif any(x is not y for x, y in zip(args, e.args, strict=True)):
            new[e] = make(e.op, args, e.static, e.shape, e.dtype)
    return new


def _part(x: Expr, key: Key, stays: Callable[[Expr], bool]) -> Expr | None:
    """Return ``x[key]`` as it is made from parts of what x is made of; ``None`` where it is not."""
    if any(k is None or k is Ellipsis or isinstance(k, str) for k in key) or stays(x):
        return None
    if x.value is not None:
        return _of_uniform(x, key)
    parts = [*key, *[slice(None)] * (x.ndim - len(key))]
    if x.op is STACK:
        place = parts.pop(x.static["axis"])
        return _sliced(x.args[place], parts, stays) if isinstance(place, int) else None
    if x.op in PRODUCTS and x.args[1].ndim == 2 and x.args[0].ndim > 1:
        if parts[-1] != slice(None):
            return None
        return lift(x.op(_sliced(x.args[0], parts, stays), *x.args[1:]))
    if x.op is broadcast_to.op:
        shape = np.broadcast_to(np.empty(()), x.shape)[key].shape
        return lift(
            broadcast_to(_sliced(x.args[0], _aligned(x.args[0], x, parts), stays), shape=shape)
        )
    if x.op is None or x.op.family != "elementwise":
        return None
    operands = [_aligned(y, x, parts) for y in x.args]
    if all(_part(y, key, stays) is None for y, key in zip(x.args, operands, strict=True)):
        return None
    args = [_sliced(y, key, stays) for y, key in zip(x.args, operands, strict=True)]
    return lift(x.op(*args, **x.static))


def _of_uniform(x: Expr, key: Key) -> Expr | None:
    array = np.asarray(x.value)
    uniform = array.size > 1 and (array == array.flat[0]).all()
    return constant(array[key]) if uniform else None


def _aligned(y: Expr, x: Expr, parts: Sequence[Any]) -> Key:
    """Return the index of an operand that is broadcast to x, for an index of x."""
    found: list[Any] = []
    for n, k in zip(y.shape, parts[x.ndim - y.ndim :], strict=True):
        found.append(k if n != 1 else 0 if isinstance(k, int) else slice(None))
    return tuple(found)


def _sliced(x: Expr, parts: Sequence[Any], stays: Callable[[Expr], bool]) -> Expr:
    while parts and parts[-1] == slice(None):
        parts = parts[:-1]
    if not parts:
        return x
    found = _part(x, tuple(parts), stays)
    return lift(x[tuple(parts)]) if found is None else found
