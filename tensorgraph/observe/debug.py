"""``tg.debug()``: where a NaN or an infinity was made, with the line that made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import reduce
from typing import Any, overload
from weakref import WeakKeyDictionary, WeakSet, ref

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.decorating import Decorated
from tensorgraph.engine.float_warnings import end_silence, silence
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import MODE, Mode, mode, user_line
from tensorgraph.engine.observers import Backward, Forward, Observer, beside
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.activation import sigmoid
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.logits import softmax


@overload
def debug(f: None = None) -> mode: ...
@overload
def debug(f: Decorated) -> Decorated: ...
def debug(f: Any = None) -> Any:
    """Return a context (also a decorator) in which a NaN or infinity raises where it is made.

    Forward and backward are watched. Values that are merely passed on do not raise: an operation is
    to blame if its operands are finite and its result is not, for elementwise ones in the same
    place. A gradient rule is also to blame if it makes a NaN of a finite gradient and a kept
    infinity, as 0 · ∞. Nodes recorded in the block know the user's source line. Slower: every
    result is looked at. NumPy's own warnings are silent in the block. Arrays on a device, and
    symbols in what is traced, are not looked at.

    Raises:
        AnomalyError: an operation or a gradient rule made a NaN or an infinity.

    Example:
        >>> import tensorgraph as tg
        >>> with tg.debug():
        ...     tg.log(tg.tensor([1.0, 0.0]))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.AnomalyError: log made -inf at index (1,), 1 of 2 elements ...
    """
    return _Debugging() if f is None else _Debugging()(f)


class _Debugging(mode):
    """The block of :func:`debug`, which threads and tasks may share: each has its own observer."""

    def _anew(self) -> _Debugging:
        return _Debugging()

    def _changes_in(self, around: Mode) -> dict[str, Any]:
        return {"observer": beside(around.observer, NonFinite()), "lines": True}

    def __enter__(self) -> None:
        silence()  # what NumPy would warn of raises here, and says more
        super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        end_silence()


class NonFinite(Observer):
    """The observer: looks in every result for values that became non-finite in it."""

    def __init__(self) -> None:
        self._received_bad: WeakSet[Node] = WeakSet()
        self._consumers: WeakKeyDictionary[Node, list[_Use]] = WeakKeyDictionary()

    def place(self) -> tuple[str, str | None]:
        """Return the module and the user's line that an operation runs in."""
        return MODE.get().scope, user_line()

    def forward(self, event: Forward) -> None:
        """Raise if a kernel made what is not finite (the engine calls this)."""
        op, arrays, out = event.op, event.arrays, event.out
        if not _in_numpys_memory(out, *arrays) or _all_finite(out):
            return
        sound = _everywhere(_finite, arrays, out.shape, op)
        made = sound & ~_finite(out)
        if not made.any():
            return
        operands = [(op.operand_name(i), array) for i, array in enumerate(arrays)]
        scope, line = self.place()
        raise errors.AnomalyError(
            f"{op.name}{errors.where_in(scope)} made {_first(out, made)} from finite"
            f" operands\n  at {line}\n{_statistics(operands)}"
            f"{_from_logits(op, event.node)}{_grown(arrays)}"
            f"\n  if a tg.where drops these elements: {_remedy(op, len(arrays))}"
        )

    def backward(self, event: Backward) -> None:
        """Raise if a gradient rule did (the engine calls this)."""
        node, i, saved = event.node, event.i, event.saved
        if not _in_numpys_memory(event.g, event.result, *saved):
            return
        g, result = _array(event.g), _array(event.result)
        g_finite, result_finite = _all_finite(g), _all_finite(result)
        if not g_finite and node in self._consumers and node not in self._received_bad:
            raise errors.AnomalyError(
                f"the gradients of {node.op.name}{errors.where_in(node.scope)}, finite one by one,"
                f" sum to {_first(g, ~_finite(g))}\n{_recorded(node)}"
            )
        parent = node.parents[i]
        if type(parent) is Node:
            self._consumers.setdefault(parent, []).append(_Use(node, i, saved))
            if not result_finite:
                self._received_bad.add(parent)
        if result_finite or node.op.recomputes:  # the ops in that were observed
            return
        made = _made_by_rule(node.op, g, saved, result)
        if not made.any():
            return
        operands = [
            ("out" if k == len(node.parents) else node.op.operand_name(k), value)
            for k, value in enumerate(saved)
            if value is not None
        ]
        raise errors.AnomalyError(
            f"the gradient rule of {node.op.name}{errors.where_in(node.scope)} made"
            f" {_first(result, made)} from a finite gradient\n{_recorded(node)}\n"
            f"{_statistics([('gradient', g), *operands])}{self._dropped_by_where(node, i, made)}"
        )

    def _dropped_by_where(self, node: Node, i: int, made: Any) -> str:
        """Return a remark if a ``where`` further on did not take the elements ``made`` here."""
        if made.shape != node.shape:
            return ""
        stack, seen = [node], {node}
        while stack:
            for use in self._consumers.get(stack.pop(), ()):
                consumer = use.node()
                if consumer is None or consumer in seen or consumer.shape != node.shape:
                    continue
                if use.dropped is not None and np.all(use.dropped[made]):
                    line = f" at {consumer.line}" if consumer.line else ""
                    return (
                        f"\n  cause: where{line} did not take this branch, so its gradient is 0"
                        f" here, and 0 · ∞ is NaN: {_remedy(node.op, len(node.parents), i)}"
                    )
                if consumer.op.family == "elementwise":  # the elements keep their places
                    seen.add(consumer)
                    stack.append(consumer)
        return ""


class _Use:
    """An operand's place in a node, whose rule for it has run."""

    def __init__(self, node: Node, i: int, saved: Sequence[Any]) -> None:
        self.node = ref(node)
        self.dropped: Any = None
        """For ``where``, which elements of the operand it did not take."""
        if node.op is where.op:
            condition = np.broadcast_to(_array(saved[0]), node.shape)
            self.dropped = ~condition if i == 1 else condition


_LOSSES = {
    sigmoid.op: (
        "nn.losses.binary_cross_entropy_with_logits(z, y), or tg.sigmoid_cross_entropy(z, y)"
    ),
    softmax.op: "nn.losses.cross_entropy(z, y), or tg.softmax_cross_entropy(z, y)",
}
"""The loss from logits in place of the logarithm of a probability, by what made this."""


def _from_logits(op: Op, node: Any) -> str:
    """Return the loss to write where a logarithm meets a probability that was rounded to 0 or 1."""
    made = node.parents[0] if op.name.startswith("log") and node is not None else None
    while type(made) is Node and made.op not in _LOSSES and made.op.family in _PASSING:
        nodes = [parent for parent in made.parents if type(parent) is Node]
        made = nodes[0] if len(nodes) == 1 else None
    if type(made) is not Node or made.op not in _LOSSES:
        return ""
    return (
        f"\n  the {made.op.name}{errors.where_in(made.scope)} before it is rounded to 0 or 1 for"
        f" large z: write the loss from z itself, {_LOSSES[made.op]}"
    )


LARGE = 1e15
"""Numbers above this are met where steps of training were too long, as a rule."""


def _grown(arrays: Sequence[Any]) -> str:
    """Return a remark on numbers so large that training has to have made them."""
    floats = [a for a in map(_array, arrays) if a.dtype.kind == "f" and a.size]
    if not any(float(np.abs(a).max(initial=0, where=np.isfinite(a))) > LARGE for a in floats):
        return ""
    return "\n  in training, numbers so large come of a learning rate that is too large"


_PASSING = ("elementwise", "shape", "index")
"""Families of operations on the way from a probability to its logarithm, such as 1 − a."""


def _remedy(op: Op, arity: int, i: int | None = None) -> str:
    """Say how to compute an op only where its result is of use."""
    if arity == 1:
        return (
            f"give {op.name} a safe operand there: tg.where(c, tg.{op.name}(tg.where(c, x, 1)),"
            " other)"
        )
    operand = "the operand that is not safe" if i is None else f"its operand {op.operand_name(i)}"
    return (
        f"give {op.name} safe operands there: replace {operand} by tg.where(c, operand, 1), with"
        " c true where the result is taken"
    )


def _made_by_rule(op: Op, g: Any, saved: Sequence[Any], result: Any) -> Any:
    """Return where a gradient rule made what is not finite.

    An infinity comes from finite operands; a NaN may also come from an infinite one, as 0 · ∞.
    """
    kept = [value for value in saved if value is not None]
    sound = _everywhere(_finite, [g], g.shape, op)
    infinity = sound & _everywhere(_finite, kept, g.shape, op)
    nan = sound & _everywhere(_no_nan, kept, g.shape, op)
    made = np.where(np.isnan(result), _summed(nan, result.shape), _summed(infinity, result.shape))
    return made & ~_finite(result)


def _everywhere(
    test: Callable[[Any], Any], arrays: Sequence[Any], shape: tuple[int, ...], op: Op
) -> Any:
    """Return for each element of a result whether all that it comes from passes the test.

    In an elementwise op it comes from the elements at its own place, else from all there are.
    """
    passed = [test(_array(array)) for array in arrays]
    if op.family == "elementwise" and REGISTRY.get(op.name) is op:  # a user's may only be called so
        with suppress(ValueError):
            return np.broadcast_to(reduce(np.logical_and, passed, np.True_), shape)
    return np.full(shape, all(map(np.all, passed)))


def _summed(mask: Any, shape: tuple[int, ...]) -> Any:
    """Return a mask in the shape to which the gradients that it belongs to were summed."""
    if mask.shape == shape:
        return mask
    lead = mask.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, mask.shape[lead:], strict=True)):
        return np.full(shape, mask.all())
    ones = tuple(lead + k for k, n in enumerate(shape) if n == 1)
    return mask.all(axis=(*range(lead), *ones)).reshape(shape)


def _recorded(node: Node) -> str:
    return f"  recorded at {node.line or 'a line not kept (record it under tg.debug() too)'}"


def _in_numpys_memory(*values: Any) -> bool:
    """Return whether all values can be looked at; those of a symbol or on a device cannot."""
    return not any(is_foreign(v._data if type(v) is Tensor else v) for v in values)


def _array(value: Any) -> Any:
    return np.asarray(value._data if type(value) is Tensor else value)


def _finite(array: Any) -> Any:
    return np.isfinite(array) if array.dtype.kind in "fc" else np.True_


def _no_nan(array: Any) -> Any:
    return ~np.isnan(array) if array.dtype.kind in "fc" else np.True_


def _all_finite(array: Any) -> bool:
    return bool(np.all(_finite(array)))


def _first(array: Any, bad: Any) -> str:
    """Describe the first of the bad elements, and say how many there are."""
    places = np.argwhere(bad)
    first = tuple(int(k) for k in places[0])
    where = f" at index {first}" if first else ""
    many = f", {len(places)} of {array.size} elements" if array.size > 1 else ""
    return f"{array[first]}{where}{many}"


def _statistics(operands: Sequence[tuple[str, Any]]) -> str:
    lines = []
    for name, value in operands:
        array = _array(value)
        if array.size == 1 and array.dtype.kind in "fiub":
            values = f"value {array.item():.6g}"
        elif array.size and array.dtype.kind in "fiu":
            values = f"min {array.min():.6g}, max {array.max():.6g}, {np.sum(array == 0)} zeros"
        else:
            values = "no numbers"
        lines.append(f"  {name}: shape {array.shape} {array.dtype}, {values}")
    return "\n".join(lines)
