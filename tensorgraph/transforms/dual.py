"""Dual arrays: a value and its tangent, which operations push forward together.

What a function is given that is differentiated forward. Nothing is recorded, so that what a
derivative takes does not grow with the number of operations. A tangent is pushed through an
operation by the forward rule of its record, or by what follows from its gradient rule:

- elementwise, J is diagonal, and the gradient rule applied to the tangent is J·v;
- of a reduction to one number J is a row, the gradient rule of 1, so that J·v is Σ J v;
- else uᵀJ is linear in u, and its gradient by u, given v, is J·v (J. Townsend, "A new trick for
  calculating Jacobian vector products", 2017), here of one operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.autodiff import differentiate, place_of
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.graph import Node, mark, reachable
from tensorgraph.engine.layers import (
    Layer,
    LayeredArray,
    apply_in_layer,
    current,
    deepest,
    detached,
    layer_of,
    made_like,
    outside,
    stand_in,
)
from tensorgraph.engine.modes import MODE, mode
from tensorgraph.engine.op import HANDLERS, REGISTRY, Op
from tensorgraph.engine.rule import LINEAR, MULTILINEAR, CompiledRule, Word
from tensorgraph.engine.shapes import shape_of, sum_to
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.ops import OPS
from tensorgraph.ops.methods import bind_operators
from tensorgraph.ops.reduce import sum


class Dual(LayeredArray):
    """A value and its tangent, each an array or a tensor of what is outside."""

    __slots__ = ("primal", "tangent")

    primal: Any
    tangent: Any
    """``None`` where it is zero."""

    @property
    def held(self) -> Any:
        """The value."""
        return self.primal

    @property
    def moves(self) -> bool:
        """Whether it has a tangent."""
        return self.tangent is not None

    def __repr__(self) -> str:
        return f"<{self.primal!r} with tangent {self.tangent!r}>"

    def __str__(self) -> str:
        return str(self.primal)

    def __format__(self, spec: str) -> str:
        return format(self.primal, spec)

    def get(self) -> Any:
        """Return the values, for checks: see ``host_values``."""
        return host_values(values(self))

    def item(self) -> Any:
        """Return the only element as one of Python's numbers."""
        return values(self).item()

    def tolist(self) -> Any:
        """Return the values as nested lists."""
        return values(self).tolist()

    def tobytes(self) -> bytes:
        """Return the values as bytes."""
        return bytes(values(self).tobytes())

    def __bool__(self) -> bool:
        return bool(values(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(values(self), dtype)

    __hash__ = object.__hash__


def values(x: Dual) -> Any:
    """Return the values of a dual array, as an array of what is outside."""
    return detached(x.primal._data) if type(x.primal) is Tensor else detached(x.primal)


bind_operators(Dual, OPS, values, stand_in, lambda x, made: made_like(x, x.primal, made))
HANDLERS[Dual] = apply_in_layer


def dual(layer: DualLayer, primal: Any, tangent: Any) -> Dual:
    """Return a value with its tangent as an array of a layer."""
    new: Dual = object.__new__(Dual)
    new.layer, new.primal, new.tangent = layer, _as_held(primal), tangent
    new.shape, new.dtype = new.primal.shape, new.primal.dtype
    return new


def _as_held(value: Any) -> Any:
    if type(value) is Tensor:
        return outside(value)
    return np.asarray(value) if isinstance(value, np.generic) else value


class _Call(NamedTuple):
    """A call of an operation as gradient rules see it, in place of a node."""

    op: Op
    static: dict[str, Any]
    parents: Sequence[Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class DualLayer(Layer):
    """One call of a function that is differentiated forward."""

    widest = 0
    """The size of the largest result so far."""

    def lift(self, value: Any) -> Dual:
        """Return a constant, whose tangent is zero."""
        return dual(self, value, None)

    def apply(self, op: Op, args: Sequence[Any], static: dict[str, Any]) -> Dual:
        """Compute an operation, and push tangents through it."""
        primals, tangents = [], []
        for arg in args:
            mine = type(arg) is Dual and arg.layer is self
            primals.append(arg.primal if mine else arg)
            tangents.append(arg.tangent if mine else None)
        out = dispatch(op, tuple(primals), static)
        if not hasattr(out, "dtype"):
            out = np.asarray(out)
        moved = out.dtype.kind in "fc" and MODE.get().recording
        if not moved or all(t is None for t in tangents):
            return dual(self, out, None)
        self.widest = max(self.widest, out.size)
        call = _Call(op, static, primals, out.shape, out.dtype)
        tangent = _fitted(_pushed(call, tangents, [*primals, out]), out)
        return dual(self, out, _as_held(tangent))

    def entered(self, value: Any) -> Dual:
        """Return a value that does not move."""
        return dual(self, value, None)

    def left(self, array: Dual) -> Any:
        """Return the value."""
        return array.primal

    def examples(self, leaves: Sequence[Any]) -> list[list[Any]]:
        """Return the leaves without tangents."""
        return [[wrap(values(x._data)) if layer_of(x) is self else x for x in leaves]]

    def of_examples(self, arrays: Sequence[Any]) -> Dual:
        """Return the only one."""
        (array,) = arrays
        return dual(self, array, None)

    def taken(self, results: Sequence[Any], pull: Any, inputs: Sequence[Any]) -> list[Any]:
        """Return results with the tangents that their own gradient pushes."""
        tangents = [x.tangent for x in inputs]
        tangents = transposed(pull, results, tangents, current([*results, *tangents]))
        return [dual(self, y, _fitted(dy, y)) for y, dy in zip(results, tangents, strict=True)]

    def detached(self, array: Dual) -> Any:
        """Return the values, as an array of what is outside."""
        return values(array)

    handed_outside = detached

    def draw(self, op: Op, operands: Sequence[Any], static: dict[str, Any]) -> Any:
        """Return a random draw: the values decide it."""
        given = [x.detach() if type(x) is Tensor else x for x in operands]
        return self.drawn_around(op, given, static)


def _fitted(tangent: Any, out: Any) -> Any:
    """Return a tangent in the shape and dtype of what it belongs to."""
    if tangent is None:
        return None
    if tangent.dtype != out.dtype:
        tangent = tangent.astype(dtype=out.dtype)
    return tangent if tangent.shape == out.shape else np.broadcast_to(tangent, out.shape)


# -------------------------------------------------------------------------------- forward rules


def _pushed(call: _Call, tangents: Sequence[Any], saved: Sequence[Any]) -> Any:
    """Return the result's tangent, given those of the operands; ``None`` where it is zero."""
    op, total, linear = call.op, None, False
    for i, tangent in enumerate(tangents):
        if tangent is None or isinstance(op.rule_word(i), Word):
            continue
        rule = op.forward_rule(i)
        if rule is LINEAR:
            linear = True
            continue
        part = (_declared if rule is not None else _derived(op))(call, i, tangent, saved)
        total = part if total is None or part is None else total + part
    if linear:
        part = _of_all(call, tangents, saved)
        total = part if total is None else total + part
    return total


def _of_all(call: _Call, tangents: Sequence[Any], saved: Sequence[Any]) -> Any:
    """Push through an operation that is linear in its inputs together."""
    operands = [
        x
        if call.op.forward_rule(i) is not LINEAR
        else tangent
        if tangent is not None
        else np.zeros_like(x)
        for i, (x, tangent) in enumerate(zip(saved[:-1], tangents, strict=True))
    ]
    return dispatch(call.op, tuple(operands), call.static)


def _declared(call: _Call, i: int, tangent: Any, saved: Sequence[Any]) -> Any:
    rule = call.op.forward_rule(i)
    if rule is MULTILINEAR:
        operands = (*saved[:i], tangent, *saved[i + 1 : -1])
        return dispatch(call.op, operands, call.static)
    assert isinstance(rule, CompiledRule)
    return rule.call(tangent, saved, call, i)


def _of_elements(call: _Call, i: int, tangent: Any, saved: Sequence[Any]) -> Any:
    return call.op.backward_rule(i).call(tangent, saved, call, i)


def _of_reduction(call: _Call, i: int, tangent: Any, saved: Sequence[Any]) -> Any:
    ones = np.ones(call.shape, call.dtype)
    row = call.op.backward_rule(i).call(ones, saved, call, i)
    static = call.static
    return sum(row * tangent, axis=static["axis"], keepdims=static["keepdims"])


def _transposed(call: _Call, i: int, tangent: Any, saved: Sequence[Any]) -> Any:
    """Push by the gradient rule, differentiated by the gradient that it is given."""
    shape = shape_of(saved[i])

    def pull(seeds: Sequence[Any]) -> list[Any]:
        pulled = call.op.backward_rule(i).call(seeds[0], saved, call, i)
        summed = type(pulled) is Tensor and pulled.shape != shape
        return [sum_to(pulled, shape) if summed else pulled]

    layer = deepest([getattr(v, "_data", v) for v in (*saved, tangent)])
    return transposed(pull, [call], [tangent], layer)[0]


def transposed(
    pull: Callable[[list[Any]], list[Any]],
    results: Sequence[Any],
    tangents: Sequence[Any],
    layer: Layer | None,
) -> list[Any]:
    """Return the tangents of results, ``None`` for zero, by what pulls their gradients back.

    Args:
        pull: returns the gradient by each input, of those of the results; it is linear.
        results: what it belongs to, or what tells their shapes and dtypes.
        tangents: those of the inputs, ``None`` for zero.
        layer: the one that ``pull`` computes in.
    """
    if all(tangent is None for tangent in tangents):
        return [None] * len(results)
    zeros = [np.zeros(y.shape, y.dtype) for y in results]
    units = [wrap(x if layer is None else layer.lift(x), None, x.dtype.kind in "fc") for x in zeros]
    start = mark()
    with mode(recording=True):
        pulled = pull(units)
    pairs = [
        (p, dx)
        for p, dx in zip(pulled, tangents, strict=True)
        if dx is not None and type(p) is Tensor and p._requires_grad
    ]
    graph = MODE.get().recording and _depends_on_others(pairs, units, start)
    pushed: list[Any] = [None] * len(results)
    if not pairs:
        return pushed
    moved = [k for k, unit in enumerate(units) if unit._requires_grad]
    found = differentiate(
        [p for p, _ in pairs],
        [_as_seed(dx, p.dtype, graph) for p, dx in pairs],
        [units[k] for k in moved],
        graph,
        graph,
    )
    for k, dy in zip(moved, found, strict=True):
        pushed[k] = dy if graph or MODE.get().observer is not None else dy._data
    return pushed


def _depends_on_others(pairs: Sequence[tuple[Any, Any]], units: list[Tensor], start: int) -> bool:
    """Return whether something besides units may want a gradient of what is pulled or pushed."""
    if any(type(dx) is Tensor and dx._requires_grad for _, dx in pairs):
        return True
    places = [place_of(p) for p, _ in pairs]
    nodes = [place for place in places if type(place) is Node]
    leaves = [place for place in places if type(place) is not Node]
    mine = set(map(id, units))
    return any(id(place) not in mine for place in (*leaves, *reachable(nodes, after=start)[1]))


def _as_seed(tangent: Any, dtype: Any, graph: bool) -> Any:
    """Return a tangent as a gradient to start from: a tensor if there is to be a graph."""
    seed = wrap(tangent) if graph and type(tangent) is not Tensor else tangent
    if not graph and type(seed) is Tensor:
        seed = seed._data
    return seed if seed.dtype == dtype else seed.astype(dtype=dtype)


def _derived(op: Op) -> Callable[..., Any]:
    """Return how tangents are pushed by the gradient rules of an operation."""
    own = REGISTRY.get(op.name) is op
    if op.family == "elementwise" and (own or op.states_family):
        return _of_elements
    if op.family == "reduce" and own and {"axis", "keepdims"} <= op.defaults.keys():
        return _of_reduction
    return _transposed
