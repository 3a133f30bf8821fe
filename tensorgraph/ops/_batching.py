"""Batching rules: how an operation is computed for many examples at once.

A rule is the ``batch`` of a record, ``rule(op, size, operands, static)``. Each operand tells its
value and whether it holds an example in each place of its first axis, or is one and the same to
all; the rule returns the results along a first axis, by the operation itself where that is
possible. What it calls are operations, so a rule serves arrays, tensors and layers alike. It may
return ``NotImplemented``: the operation is then computed by what it is made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.op import Op
from tensorgraph.engine.shapes import shape_of

Shape = tuple[int, ...]
Static = dict[str, Any]


class ManyExamples:
    """What an operation is given that is computed for many examples."""

    __slots__ = ()

    value: Any
    """An array, a tensor or a number; the examples stand along its first axis if there are any."""
    batched: bool
    """Whether each example has a value of its own."""
    shape: Shape
    """The shape of one example's."""

    def aligned(self, ndim: int) -> Any:
        """Return the value such that it broadcasts with others whose examples have ``ndim`` axes.

        What all examples share is left as it is.
        """
        if not self.batched:
            return self.value
        shape = self.value.shape
        missing = ndim + 1 - len(shape)
        return (
            self.value.reshape((shape[0], *(1,) * missing, *shape[1:])) if missing else self.value
        )

    def spread(self, size: int) -> Any:
        """Return the value with a first axis of examples, along which shared ones are repeated."""
        return self.value if self.batched else np.broadcast_to(self.value, (size, *self.shape))


class Operand(ManyExamples):
    """An operand that is no array of the layer, or another view of one."""

    __slots__ = ("batched", "shape", "value")

    def __init__(self, value: Any, batched: bool) -> None:
        self.value, self.batched = value, batched
        shape = shape_of(value)
        self.shape = shape[1:] if batched else shape

    @property
    def ndim(self) -> int:
        """The number of axes of one example's."""
        return len(self.shape)


Rule = Callable[[Op, int, Sequence[Operand], Static], Any]


def elementwise(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Align the axes that broadcast; what examples share is not repeated."""
    ndim = 0
    for operand in operands:
        ndim = max(ndim, len(operand.shape))
    aligned = []
    for operand in operands:
        fits = not operand.batched or len(operand.shape) == ndim
        aligned.append(operand.value if fits else operand.aligned(ndim))
    return dispatch(op, tuple(aligned), static)


def leading(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Compute an operation on the last axes, which takes any others before them."""
    return dispatch(op, tuple(operand.spread(size) for operand in operands), static)


def along(*names: str) -> Rule:
    """Return the rule of operations whose static parameters count axes: they count one more."""

    def rule(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
        moved = {name: one_further(static[name]) for name in names}
        return leading(op, size, operands, {**static, **moved})

    return rule


def one_further(axis: Any) -> Any:
    """Return axes as they are counted behind that of the examples."""
    return tuple(a + 1 for a in axis) if isinstance(axis, tuple) else axis + 1


def flat_or_along(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Compute along an axis, or for ``None`` along the elements of each example, made a row."""
    if static["axis"] is not None:
        return along("axis")(op, size, operands, static)
    (x,) = operands
    rows = Operand(x.value.reshape((size, math.prod(x.shape))), True)
    return along("axis")(op, size, [rows], {**static, "axis": 0})


def in_one_batch(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Compute an operation on batches, each element of which is computed alone: all are one."""
    count = operands[0].shape[0]
    joined = [o.spread(size).reshape((size * count, *o.shape[1:])) for o in operands]
    out = dispatch(op, tuple(joined), static)
    return out.reshape((size, count, *shape_of(out)[1:]))


def looped(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Compute one example after the other."""
    rows = [
        dispatch(op, tuple(o.value[i, ...] if o.batched else o.value for o in operands), static)
        for i in range(size)
    ]
    if rows:
        return np.stack(rows)
    one = [np.ones(o.shape, o.value.dtype) if o.batched else o.value for o in operands]
    like = np.asarray(op.compute([getattr(x, "_data", x) for x in one], static))
    return np.zeros((0, *like.shape), like.dtype)


FAMILIES: dict[str, Rule] = {"elementwise": elementwise, "reduce": along("axis"), "linalg": leading}
"""The rules of families; where there is none, each record of the engine has its own."""
