"""A recorded graph on symbolic arrays: forward, and backward by the ops' own rules.

For each recorded node a twin is made whose operands, and what it saved, are expressions. The
engine's one backward loop then runs over the twins as it does over any graph: the same rules, the
same sums over broadcast axes, the same casts. So the formula is the code that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.backward_pass import sweep
from tensorgraph.engine.graph import Node, ancestors, interpret
from tensorgraph.engine.modes import mode
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.ops.arithmetic import astype, not_equal, where
from tensorgraph.ops.shape import reshape
from tensorgraph.ops.transcendental import power
from tensorgraph.symbolic.array_table import ArrayTable
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, constant, in_64_bits, in_order, make, symbol
from tensorgraph.symbolic.reader import VALUES, Before, Operand, Place, Reader, selects
from tensorgraph.symbolic.twins import twin, twin_of

Rewritten = Callable[[Expr, Collection[Expr]], Expr]


@dataclass(eq=False)
class Replay:
    """A recorded graph as expressions."""

    exprs: dict[Any, Expr] = field(default_factory=dict)
    """The expression of each place: a node, or a leaf."""
    recorded: dict[Any, Expr] = field(default_factory=dict)
    """What was recorded at each place, where nothing is read as anything else."""
    twins: dict[Any, Any] = field(default_factory=dict)
    """The place that stands for each recorded one."""
    given: dict[Expr, Any] = field(default_factory=dict)
    """The recorded value of each input."""
    contents: ArrayTable[list[Expr]] = field(default_factory=ArrayTable)
    """What constant arrays are, by what these hold: a node keeps a copy for each use.

    Of arrays alike there are several where they are known to be different variables."""
    values: dict[Expr, Any] = field(default_factory=dict)
    """The recorded values that masks were compared with."""
    leaves: set[Expr] = field(default_factory=set)
    """The inputs that a gradient flows to."""
    saved: dict[Expr, Any] = field(default_factory=dict)
    """The values that the graph kept for its backward pass."""
    called: dict[Expr, Sequence[str]] = field(default_factory=dict)
    """What constant arrays may be called by all their uses, the best first."""
    users: dict[Expr, Node] = field(default_factory=dict)
    """The first node that takes each input or constant array."""
    read: dict[Expr, None] = field(default_factory=dict)
    """Constants that were found to follow from others."""
    decided: dict[Expr, None] = field(default_factory=dict)
    """Masks that are the same everywhere, by which every choice falls on one side."""

    def known(self, array: Any, names: Sequence[str]) -> Expr | None:
        """Return what an array is that may have one of these names, if it was met before."""
        for e in self.contents.get(np.squeeze(array)) or ():
            before = self.called.get(e, ())
            both = [name for name in before if name in names]
            if both or not before or not names:
                self.called[e] = both or before or names
                return e
        return None

    def meet(self, array: Any, e: Expr) -> None:
        """Take in what an array is."""
        flat = np.squeeze(array)
        self.contents.put(flat, [*(self.contents.get(flat) or ()), e])

    def backward(self, root: Any, seed: Expr) -> dict[Any, Expr]:
        """Return the gradient of every place that one flows to, given that of ``root``."""
        places = frozenset(self.twins.values())
        with mode(observer=None):
            sums, _ = sweep({self.twins[root]: seed}, False, True, targets=places)
        return {
            place: sums[twin] if type(sums[twin]) is Expr else constant(sums[twin])
            for place, twin in self.twins.items()
            if twin in sums
        }


def replay(
    roots: Sequence[Node],
    reader: Reader = VALUES,
    rewritten: Rewritten = lambda e, asked: e,
    asked: Collection[Any] = (),
) -> Replay:
    """Return a recorded graph as expressions.

    Args:
        roots: the nodes that everything wanted leads to.
        reader: what reads constants.
        rewritten: an equal expression that says more, given those of the places asked for, past
            which it must not lead; the gradient is then that one's.
        asked: the places that gradients are wanted of.

    Raises:
        GraphError: what the graph saved was released; or it holds a gradient hook or a checkpoint,
            which have no formula.
    """
    result = Replay()
    wanted: set[Expr] = set()

    def leaf(node: Node, i: int) -> Expr:
        return _leaf(result, node, i, reader)

    def step(node: Node, operands: list[Expr]) -> Expr:
        args = tuple(operands)
        e = make(node.op, args, node.static, node.shape, node.dtype)
        for i in node.plan.keep:
            result.saved[e if i == len(args) else args[i]] = node.saved[i]
        plain = tuple(
            result.recorded.get(p, x) if type(p) is Node else x
            for p, x in zip(node.parents, args, strict=True)
        )
        result.recorded[node] = make(node.op, plain, node.static, node.shape, node.dtype)
        parents = tuple(
            result.twins.get(p, x) if type(p) in (Node, Tensor) else x
            for p, x in zip(node.parents, args, strict=True)
        )
        known_as = rewritten(e, wanted)
        chosen = None if node in roots else _decided(e)
        result.exprs[node] = known_as
        if chosen is not None:
            _choose(result, node, e, parents, chosen)
        elif known_as is e:
            result.twins[node] = twin_of(node, node.op, node.static, args, parents, node.plan, e)
        else:
            _read(result, node, known_as)
        if node in asked:
            wanted.add(result.exprs[node])
        return result.exprs[node]

    nodes = ancestors(roots)
    for node in nodes:
        _check(node)
        for i, parent in enumerate(node.parents):
            value = parent._data if type(parent) is Tensor else parent
            if type(parent) is Tensor and parent._requires_grad:
                leaf(node, i)
            elif isinstance(value, np.ndarray) and value.ndim and _keeps(node, i):
                _take_in(result, value)
    interpret(nodes, leaf, step)
    return result


def _read(result: Replay, node: Node, known_as: Expr) -> None:
    """Let a twin stand for a node that computes what it is known as, from places before it."""
    twins = {result.exprs[place]: own for place, own in result.twins.items()}
    for e in in_order([known_as], lambda e: () if e in twins else e.args):
        if e not in twins and e.op is not None:
            parents = tuple(twins.get(x, x) for x in e.args)
            if any(type(p) in (Node, Tensor) for p in parents):
                twins[e] = twin(node, e, parents)
    if known_as in twins:
        result.twins[node] = twins[known_as]


def _decided(e: Expr) -> int | None:
    """Return which operand a choice always takes, where its mask is the same everywhere."""
    mask = e.args[0].value if e.op is where.op else None
    if not isinstance(mask, np.ndarray) or mask.size == 0 or mask.dtype.kind != "b":
        return None
    if (mask != mask.flat[0]).any():
        return None
    chosen = 1 if mask.flat[0] else 2
    x = e.args[chosen]
    number = x.value is not None and x.size == 1
    return chosen if number or (x.shape == e.shape and x.dtype == e.dtype) else None


def _choose(result: Replay, node: Node, e: Expr, parents: Any, chosen: int) -> None:
    """Let a choice stand for what it always takes."""
    x, parent = e.args[chosen], parents[chosen]
    result.decided[e.args[0]] = None
    if x.shape != e.shape or x.dtype != e.dtype:
        x = constant(np.full(e.shape, x.value, e.dtype))
    result.exprs[node] = x
    if type(parent) in (Node, Tensor):
        same = REGISTRY["positive"]
        result.twins[node] = twin_of(node, same, {}, (x,), (parent,), same.plan(3, 1), x)


def _check(node: Node) -> None:
    where = errors.where_in(node.scope)
    if node.saved is None:
        raise errors.GraphError(
            f"derive: what {node.op.name!r}{where} saved was released by a backward pass; write"
            " retain_graph=True in that pass, or derive before it"
        )
    if node.hooks:
        raise errors.GraphError(
            f"derive: a gradient hook on the result of {node.op.name!r}{where} changes the"
            " gradient in a way that has no formula; remove it first"
        )
    # Users' own operations may run a function again, too, and leave out nothing.
    opened_by = getattr(node.static.get("again"), "opened_by", "")
    if opened_by:
        raise errors.GraphError(
            f"derive: what tg.{node.op.name} leaves out of the graph has no formula; {opened_by} to"
            " derive its gradient"
        )


def _leaf(result: Replay, node: Node, i: int, reader: Reader) -> Expr:
    """Return the expression of a node's operand that is a leaf or constant array."""
    parent = node.parents[i]
    if type(parent) is Tensor and parent in result.exprs:
        return result.exprs[parent]
    value = parent._data if type(parent) is Tensor else parent
    if type(parent) is Tensor and parent._requires_grad:
        kept = node.saved[i] if i in node.plan.keep else value
        e = _input(result, np.asarray(kept), parent.name)
        result.leaves.add(e)
        result.twins[parent] = wrap(e, None, True)
    elif np.ndim(value) and _keeps(node, i):
        e = _selecting(result, np.asarray(value), Operand(node, i), reader)
    elif np.ndim(value) == 0 and node.op is power.op and i == 1:
        e = constant(value)  # its rule asks for a number; a 3 is no k that happens to be 3
    else:
        e = _constant(result, value, getattr(parent, "name", None), Operand(node, i), reader)
    result.users.setdefault(e, node)
    if type(parent) is Tensor:
        result.exprs[parent] = e
    return e


def _take_in(result: Replay, array: Any) -> None:
    """Let an array that selects be the constant that it is wherever else it stands."""
    if result.contents.get(np.squeeze(array)) is None:
        result.meet(array, constant(array))


def _selecting(result: Replay, array: Any, at: Operand, reader: Reader) -> Expr:
    """Return the constant that an array is; a mask that has other axes elsewhere is that one."""
    names = reader.called(array, at)
    found = result.known(array, names)
    if found is not None and found.shape == array.shape:
        return found
    if found is not None and array.dtype.kind == "b" and (array != array.flat[0]).any():
        return reshape(found, shape=array.shape)  # type: ignore[no-any-return]
    e = constant(array)
    if names and found is None:
        result.called.setdefault(e, names)
    return e


def _input(result: Replay, value: Any, name: str | None) -> Expr:
    e = symbol(name, value.shape, value.dtype)
    result.given[e] = value
    return e


def _keeps(node: Node, i: int) -> bool:
    """Return whether an operand stays what it is; a choice's condition is read as one."""
    return selects(node, i) and node.op is not where.op


def _constant(result: Replay, value: Any, name: str | None, at: Operand, reader: Reader) -> Expr:
    """Return the expression of a number or an array that no gradient flows to."""

    def place(array: Any) -> Expr:
        return _constant(result, array, None, at, reader)

    array = np.asarray(value)
    if array.ndim == 0 and name is None:
        e = reader.number(value, at, place)
        if e.op is not None and any(x in result.given for x in in_order([e])):
            result.read[e] = None
        return e
    names = [name] if name else reader.called(array, at)
    if not names and array.size and (array == array.flat[0]).all():
        e = constant(array)
        result.read[e] = None
        return e
    found = result.known(array, names)
    if found is not None:
        return found if found.shape == array.shape else reshape(found, shape=array.shape)
    computed = None if names else _computed(result, array, at, reader, place)
    if computed is not None:
        e = computed
        result.read[e] = None
    else:
        e = constant(array) if selects(*at) else _input(result, array, name)
        result.called[e] = names
    result.meet(array, e)
    return e


def _computed(result: Replay, array: Any, at: Operand, reader: Reader, place: Place) -> Expr | None:
    """Return what an array was computed from, or compared, where that is known."""
    ways = [partial(reader.array, array, place)]
    on = array != 0
    if on.any() and not on.all() and (array[on] == 1).all():
        compared = partial(_condition, result, array, at.node, reader, place)
        ways = [compared, *ways] if array.dtype.kind == "b" else [*ways, compared]
    found = next((e for way in ways if (e := way()) is not None), None)
    if found is not None and array.dtype.kind == "b" and found.dtype.kind != "b":
        return not_equal(found, 0)  # type: ignore[no-any-return]
    return found


def _condition(result: Replay, array: Any, node: Node, reader: Reader, place: Place) -> Expr | None:
    """Return what an array of zeros and ones tells of values before it, where that is known."""
    at_hand = {node: None}
    for _ in range(LOOKED_BACK):
        nodes = [p for p in at_hand if type(p) is Node]
        at_hand |= {p: None for n in nodes for p in n.parents if type(p) in (Node, Tensor)}
    fitting = {
        p: result.recorded.get(p, e)
        for p, e in [*((p, result.exprs.get(p)) for p in at_hand), *result.exprs.items()]
        if e is not None and e.ndim and e.value is None and _broadcasts(e.shape, array.shape)
    }
    known = {**result.given, **reader.given(), **result.values}
    result.values = evaluate(list(fitting.values()), known)
    before = [
        Before(p, result.exprs[p], np.asarray(result.values[e]), p in at_hand)
        for p, e in fitting.items()
    ]
    # A mask stays the array that it is: its operation may state what it made.
    found = reader.condition(array if array.dtype.kind == "b" else array != 0, before, place)
    if found is None or array.dtype.kind == "b":
        return found
    return astype(found, dtype=array.dtype)  # type: ignore[no-any-return]


LOOKED_BACK = 3
"""So many operations before one that takes a mask compute with what is at hand for it."""


def _broadcasts(shape: Sequence[int], to: Sequence[int]) -> bool:
    try:
        return np.broadcast_shapes(tuple(shape), tuple(to)) == tuple(to)
    except ValueError:
        return False


def recorded_values(result: Replay) -> dict[Expr, Any]:
    """Return the value of every expression of the graph, as it was recorded.

    Raises:
        GraphError: what was saved is not what the leaves give now.
    """
    values = evaluate([*result.exprs.values(), *result.saved], result.given)
    for e, kept in result.saved.items():
        if not _close(values[e], kept):
            raise errors.GraphError(
                "derive: a leaf of this graph was assigned a new value after it was recorded;"
                " derive before assign() or optimizer.step(), or compute the output again"
            )
    return values


def _close(x: Any, y: Any) -> bool:
    x, y = np.asarray(in_64_bits(x)), np.asarray(in_64_bits(y))
    if x.dtype.kind != "f":
        return bool(np.array_equal(x, y))
    return bool(np.allclose(x, y, rtol=1e-3, atol=1e-6, equal_nan=True))
