"""Loops of many steps: scan and fori_loop, whose graph does not grow with every step.

Python's own loops are recorded as they run, and so are short ones here. Of a long one, each block
of √n steps is one operation, that backward computes again (:func:`tg.checkpoint
<tensorgraph.checkpoint>`): of n steps, the graph holds √n blocks and the inside of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, sqrt
from typing import Any, TypeVar

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import integer, whole
from tensorgraph.engine.modes import no_grad
from tensorgraph.engine.nested_containers import flatten, places, unflatten
from tensorgraph.engine.tensor import Tensor, tensor, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops.joining import concat, stack
from tensorgraph.transforms.checkpoint import checkpoint
from tensorgraph.transforms.function_call import as_output, name_of

Tree = TypeVar("Tree")
Step = Callable[[int, Any, Any], tuple[Any, Any]]
"""``step(i, carry, xs)`` returns the next carry, and what is stacked."""

SHORT = 100
"""Loops of so many steps are recorded whole."""


@with_leads
def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    *,
    block: int | None = None,
) -> tuple[Any, Any]:
    """Return the last carry and the stacked outputs of ``carry, y = f(carry, x)`` for each x.

    The loop ``for x in xs``, of any length in little memory: of n steps, backward holds √n carries
    and √n recorded steps, and computes all of them once more. Loops up to 100 steps are recorded
    whole. Gradients flow to ``init``, ``xs`` and what ``f`` uses from outside. A gradient of a
    gradient keeps all steps.

    Args:
        f: a function of the carry and of one x; returns the next carry and one y, or ``None``.
        init: the first carry: nested containers of tensors or numbers. Its shapes and dtypes stay.
        xs: containers of tensors with one first axis, along which the loop runs; or nothing.
        length: the number of steps, where there are no ``xs``. With 0, ``f`` still runs once, on
            zeros, which tells the shape of what it returns.
        reverse: whether it runs from the last x to the first; outputs stay at their x's place.
        block: how many steps are recorded at once: 1 for the least memory per step, ``length`` for
            no second computation.

    Returns:
        The carry, and outputs like those of ``f``, with a first axis for the steps.

    Raises:
        ArgumentError: no number of steps is told, or ``length`` or ``block`` are too small.
        ShapeError: ``xs`` differ in length, the carry changes its structure or a shape, or an
            output is None in some steps only.
        DTypeError: the carry changes a dtype, or ``f`` returns something else.

    Example:
        >>> import tensorgraph as tg
        >>> total, sums = tg.scan(lambda s, x: (s + x, s + x), 0.0, tg.tensor([1.0, 2.0, 3.0]))
        >>> print(total, sums)
        6.0 [1. 3. 6.]
    """
    parts, built = flatten(xs) if xs is not None else ([], None)
    arrays = [x if type(x) is Tensor else tensor(x) for x in parts]
    count = _length(arrays, places(xs) if arrays else [], length)

    def step(i: int, carry: Any, given: list[Tensor]) -> tuple[Any, Any]:
        returned = f(carry, unflatten(built, given) if given else None)
        if isinstance(returned, tuple) and len(returned) == 2:
            return returned
        raise errors.DTypeError(
            f"scan: {name_of(f)} returns a pair, the carry and an output, not"
            f" {errors.describe(returned)}; write return carry, None if there is no output"
        )

    loop = _Loop("scan", name_of(f), step, init)
    order = range(count)
    return loop.run(order[::-1] if reverse else order, arrays, block)


@with_leads
def fori_loop(
    lower: int,
    upper: int,
    body_fun: Callable[[int, Any], Any],
    init_val: Tree,
    *,
    block: int | None = None,
) -> Tree:
    """Return ``val`` after ``val = body_fun(i, val)`` for each i from ``lower`` to ``upper`` - 1.

    As :func:`scan`, without inputs and outputs.

    Raises:
        ShapeError: ``val`` changes its structure or a shape.
        DTypeError: it changes a dtype, or is no tensor.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.fori_loop(0, 5, lambda i, v: v * 2, 1.0))
        32.0
        >>> print(tg.grad(lambda x: tg.fori_loop(0, 1000, lambda i, v: v * x, 1.0))(1.0))
        1000.0
    """

    def step(i: int, carry: Any, given: list[Tensor]) -> tuple[Any, Any]:
        return body_fun(i, carry), None

    loop = _Loop("fori_loop", name_of(body_fun), step, init_val)
    steps = range(integer(lower, "fori_loop: lower"), integer(upper, "fori_loop: upper"))
    last: Tree = loop.run(steps, [], block)[0] if steps else loop.carry
    return last


def _length(xs: Sequence[Tensor], at: Sequence[str], length: int | None) -> int:
    """Return the number of steps."""
    counts = {f"xs{place}": x.shape[0] if x.ndim else None for place, x in zip(at, xs, strict=True)}
    if length is not None:
        counts["length"] = whole(length, "scan: length")
    if not counts:
        raise errors.ArgumentError("scan: how many steps? give xs, or length=10")
    (name, count), *others = counts.items()
    for other, n in [(name, count), *others]:
        if n is None:
            raise errors.ShapeError(
                f"scan: {other} is a number, which has no first axis; xs are stacked along that"
            )
        if n != count:
            raise errors.ShapeError(f"scan: {name} has {count} steps, {other} has {n}")
    return count or 0


class _Loop:
    """A loop that starts from a carry, whose shapes and dtypes stay."""

    def __init__(self, name: str, of: str, step: Step, init: Any) -> None:
        leaves, self._structure = flatten(init)
        floats = [x.dtype for x in leaves if getattr(getattr(x, "dtype", None), "kind", "") == "f"]
        # A number is of the precision of what it is carried with.
        dtype = np.result_type(*floats) if floats else None
        first = [
            x if x is None or type(x) is Tensor else tensor(x, dtype if type(x) is float else None)
            for x in leaves
        ]
        self._name, self._of, self._step, self._places = name, of, step, places(init)
        self._kinds = [_kind(x) for x in first]
        self.carry = unflatten(self._structure, first)

    def run(self, order: range, xs: list[Tensor], block: int | None) -> tuple[Any, Any]:
        """Return the last carry and the stacked outputs, for steps in this order."""
        count = len(order)
        if block is None:
            block = count if count <= SHORT else ceil(sqrt(count))
        else:
            block = whole(block, f"{self._name}: block", 1)
        if count == 0:
            return self.carry, self._no_outputs(xs)
        if block >= count:
            return self._steps(self.carry, order, xs)
        carry, outputs = self.carry, []
        for begin in range(0, count, block):
            carry, ys = self._block(carry, order[begin : begin + block], xs)
            outputs.append(ys)
        return carry, self._joined(outputs[:: order.step], concat)

    def _block(self, carry: Any, order: range, xs: list[Tensor]) -> tuple[Any, Any]:
        """Run some steps as one operation."""
        first = min(order[0], order[-1])

        def steps(carry: Any, xs: list[Tensor]) -> tuple[Any, Any]:
            return self._steps(carry, order, xs, first)

        found: tuple[Any, Any] = checkpoint(steps)(
            carry, [x[first : first + len(order)] for x in xs]
        )
        return found

    def _steps(self, carry: Any, order: range, xs: list[Tensor], first: int = 0) -> tuple[Any, Any]:
        """Return the carry after some steps, and their outputs; ``xs`` begin at the ``first``."""
        outputs = []
        for i in order:
            carry, y = self._step(i, carry, [x[i - first] for x in xs])
            carry = self._checked(carry, i)
            outputs.append(y)
        return carry, self._joined(outputs[:: order.step], stack)

    def _no_outputs(self, xs: list[Tensor]) -> Any:
        """Return outputs like those of a step on zeros, with a length of 0."""
        zeros = [wrap(np.zeros((1, *x.shape[1:]), x.dtype)) for x in xs]
        with no_grad():
            leaves, structure = flatten(self._steps(self.carry, range(1), zeros)[1])
        return unflatten(structure, [y if y is None else y[:0] for y in leaves])

    def _checked(self, carry: Any, i: int) -> Any:
        """Return a carry, which must be one like the first."""
        leaves, structure = flatten(carry)
        if structure != self._structure:
            raise errors.ShapeError(
                f"{self._name}: {self._of} returned a carry built as {structure} in step {i}, and"
                f" was given one built as {self._structure}"
            )
        for place, kind, leaf in zip(self._places, self._kinds, leaves, strict=True):
            value = leaf if leaf is None else as_output(leaf, self._of)
            if _kind(value) != kind:
                wrong = kind is not None and value is not None and kind[0] == value.shape
                raise (errors.DTypeError if wrong else errors.ShapeError)(
                    f"{self._name}: {f'{place} of ' * bool(place)}the carry is"
                    f" {_told(_kind(value))} after step {i} of {self._of}, and was {_told(kind)}"
                )
        return carry

    def _joined(self, outputs: list[Any], join: Callable[[list[Any]], Any]) -> Any:
        """Return outputs as one, joined along the first axis."""
        leaves, structure = flatten(outputs[0])
        columns: list[list[Any]] = [[] for _ in leaves]
        for y in outputs:
            parts, other = flatten(y)
            if other != structure:
                raise errors.ShapeError(
                    f"{self._name}: {self._of} returned an output built as {other}, and one as"
                    f" {structure} before"
                )
            for column, part in zip(columns, parts, strict=True):
                column.append(part if part is None else as_output(part, self._of))
        return unflatten(structure, [self._column(parts, join) for parts in columns])

    def _column(self, parts: list[Any], join: Callable[[list[Any]], Any]) -> Any:
        """Return what all steps returned at one place, joined; ``None`` of nothing but that."""
        lacking = [part is None for part in parts]
        if any(lacking) and not all(lacking):
            raise errors.ShapeError(
                f"{self._name}: {self._of} returned None for an output in one step, and a tensor in"
                " another; write tg.zeros_like(…) where there is nothing"
            )
        return None if any(lacking) else join(parts)


def _kind(x: Tensor | None) -> tuple[tuple[int, ...], Any] | None:
    return None if x is None else (x.shape, x.dtype)


def _told(kind: tuple[tuple[int, ...], Any] | None) -> str:
    return "None" if kind is None else f"{kind[1]} of shape {kind[0]}"
