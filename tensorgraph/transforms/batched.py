"""Batched arrays: what a vmapped function is given for an array, which holds all examples at once.

To the function it is an array of the shape that one example has. What it computes is computed by
each operation's batching rule, see ``ops/_batching.py``.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal, NoReturn

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.layers import (
    Layer,
    LayeredArray,
    apply_in_layer,
    detached,
    layer_of,
    made_like,
    outside,
    stand_in,
)
from tensorgraph.engine.modes import user_level, user_line
from tensorgraph.engine.op import HANDLERS, REGISTRY, Op
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.ops import OPS
from tensorgraph.ops._batching import FAMILIES, ManyExamples, Operand, looped
from tensorgraph.ops.methods import bind_operators

WHAT = "in a function under tg.vmap"

Randomness = Literal["error", "different", "same"]


class Batched(LayeredArray, ManyExamples):
    """An array of which each example has one, or which all examples share."""

    __slots__ = ("batched", "value")

    @property
    def held(self) -> Any:
        """The examples, or what they share."""
        return self.value

    def __repr__(self) -> str:
        kind = f"{self.dtype}{list(self.shape)}"
        return f"<{kind} of {self.layer.size} examples>" if self.batched else f"<{kind} of all>"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        return str(self)

    def no_value(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise: nothing may be decided, or taken out, by a value that differs.

        Raises:
            LayerError: always.
        """
        line = user_line()
        raise errors.LayerError(
            f"{line + ': ' if line else ''}{WHAT}, a tensor stands for many examples, so nothing"
            " can be decided by its value, and it is no number; write tg.where(condition, a, b) for"
            " a if condition else b, compute with tensors and tg's functions, and return what you"
            " want to see"
        )

    item = tolist = tobytes = no_value
    __bool__ = __float__ = __int__ = __index__ = __complex__ = __array__ = no_value
    __trunc__ = __floor__ = __ceil__ = no_value
    __hash__ = object.__hash__

    def get(self) -> Any:
        """Return the values of all examples, for checks: see ``host_values``."""
        return host_values(getattr(self.value, "_data", self.value))


bind_operators(
    Batched, OPS, Batched.no_value, stand_in, lambda x, made: made_like(x, x.value, made)
)
HANDLERS[Batched] = apply_in_layer


def batched(layer: BatchLayer, value: Any, is_batched: bool = True) -> Batched:
    """Return an array of a layer; ``value`` has its examples along the first axis if it has any."""
    new: Batched = object.__new__(Batched)
    if type(value) is Tensor:
        value = outside(value)
    elif isinstance(value, np.generic):
        value = np.asarray(value)
    shape = value.shape
    new.layer, new.value, new.batched = layer, value, is_batched
    new.shape = shape[1:] if is_batched else shape
    new.dtype = value.dtype
    return new


class BatchLayer(Layer):
    """One call of a vmapped function.

    Args:
        size: how many examples there are.
        randomness: what random draws are: refused, or drawn for each example, or once for all.
        warns: whether it warns of operations that are computed example by example.
    """

    def __init__(self, size: int, randomness: Randomness = "error", warns: bool = True) -> None:
        super().__init__()
        self.size, self.randomness, self.warns = size, randomness, warns

    def lift(self, value: Any) -> Batched:
        """Return a constant, which all examples share."""
        return batched(self, value, is_batched=False)

    def apply(self, op: Op, args: Sequence[Any], static: dict[str, Any]) -> Batched:
        """Compute an operation for all examples at once."""
        operands: list[Any] = []
        differ = False
        for arg in args:
            operand = self._operand(arg)
            operands.append(operand)
            differ = differ or operand.batched
        if not differ:
            shared = dispatch(op, tuple(operand.value for operand in operands), static)
            return batched(self, shared, is_batched=False)
        rule = op.batch or FAMILIES.get(op.family if is_told(op) else "")
        out = NotImplemented if rule is None else rule(op, self.size, operands, static)
        if out is not NotImplemented:
            return batched(self, out)
        made_of = op.lowering or op.body
        if made_of is not None:
            made: Batched = self.of(made_of(*map(self.of, args), **static))
            return made
        if self.warns:
            tell_of_loop(op)
        return batched(self, looped(op, self.size, operands, static))

    def entered(self, value: Any) -> Batched:
        """Return all examples as an array."""
        return batched(self, value)

    def left(self, array: Batched) -> Any:
        """Return all examples."""
        return array.spread(self.size)

    def examples(self, leaves: Sequence[Any]) -> list[list[Any]]:
        """Return the leaves of each example."""
        return [[self._of_example(x, i) for x in leaves] for i in range(self.size)]

    def _of_example(self, x: Any, i: int) -> Any:
        if type(x) is not Tensor or layer_of(x) is not self:
            return x
        array: Any = x._data
        value = array.value[i, ...] if array.batched else array.value
        return value if type(value) is Tensor else wrap(value)

    def of_examples(self, arrays: Sequence[Any]) -> Batched:
        """Return these arrays as the examples of one."""
        return batched(self, np.stack(arrays))

    def taken(self, results: Sequence[Any], pull: Any, inputs: Sequence[Any]) -> list[Any]:
        """Return the results of all examples: their gradients are recorded outside."""
        return [batched(self, x) for x in results]

    def of(self, value: Any) -> Any:
        """Return an array of this layer; a number as it is."""
        mine = type(value) is Batched and value.layer is self
        return value if mine or not hasattr(value, "dtype") else self.lift(value)

    def draw(self, op: Op, operands: Sequence[Any], static: dict[str, Any]) -> Any:
        """Return a random draw: one for each example, or one for all."""
        if self.randomness == "error":
            raise errors.LayerError(
                f"{WHAT}, {op.name} draws random numbers; write"
                ' tg.vmap(f, randomness="different") for a draw of its own for each example,'
                ' randomness="same" for one that all share, or draw them outside and pass them as'
                " an argument"
            )
        generator, *parameters = operands
        arrays = [getattr(p, "_data", p) for p in parameters]
        given = [
            self._operand(p if layer_of(array) is not self else array)
            for p, array in zip(parameters, arrays, strict=True)
        ]
        if self.randomness == "same":
            if any(operand.batched for operand in given):
                raise errors.LayerError(
                    f'{WHAT}, with randomness="same", {op.name} is given a parameter that'
                    " differs from example to example; write tg.random.uniform(shape) < p"
                )
            values = [operand.value for operand in given]
            return self.drawn_around(op, (generator, *values), static)
        if "shape" not in static:
            rows = [self.drawn_around(op, (generator,), static) for _ in range(self.size)]
            return wrap(batched(self, np.stack(rows) if rows else np.zeros((0, static["n"]), int)))
        values = [operand.aligned(len(static["shape"])) for operand in given]
        static = {**static, "shape": (self.size, *static["shape"])}
        return wrap(batched(self, self.drawn_around(op, (generator, *values), static)))

    def _operand(self, x: Any) -> ManyExamples:
        return x if type(x) is Batched and x.layer is self else Operand(x, False)

    def detached(self, array: Batched) -> Batched:
        """Return an array through which no gradient flows."""
        value = array.value
        kept = value.detach() if type(value) is Tensor else detached(value)
        return batched(self, kept, array.batched)

    def handed_outside(self, array: Batched) -> Any:
        """Return the values that all examples share.

        Raises:
            LayerError: each has its own.
        """
        if array.batched:
            raise errors.LayerError(
                f"{WHAT}, a tensor from outside was to be given a value that differs from example"
                " to example; return the value instead of assigning it, and write model.eval() for"
                " layers that keep averages, such as batch norm"
            )
        return array.value.data if type(array.value) is Tensor else array.value


def is_told(op: Op) -> bool:
    """Return whether an operation's family is stated, and not what stands there by default."""
    return op.states_family or REGISTRY.get(op.name) is op


_TOLD: set[str] = set()


def tell_of_loop(op: Op) -> None:
    """Warn, once, that an operation is computed example by example."""
    if op.name in _TOLD:
        return
    _TOLD.add(op.name)
    warnings.warn(
        f"tg.vmap computes {op.name} one example after the other, as its record tells no batching"
        ' rule. Declare it with family="elementwise" if each element of the result depends on the'
        " elements in its own place alone, or with batch=lambda op, size, operands, static:"
        " op(*(x.spread(size) for x in operands), **static) if it takes further axes in front",
        errors.UsageWarning,
        stacklevel=user_level(),
    )
