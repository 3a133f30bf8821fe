"""From operations on whole arrays to statements: what is stored, and by which loops.

An elementwise operation stores nothing: its result is a formula, which whoever uses it puts into a
loop of its own. It is stored where a statement needs it in memory, or where it is used more than
once and costs more than to be loaded. What no rule here covers is a call of the operation's kernel.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorgraph.compiler.bit_generators import C_TEXT
from tensorgraph.compiler.c_functions import C_TYPES, TYPES
from tensorgraph.compiler.dataflow import Dataflow
from tensorgraph.compiler.loops.convolving import conv, conv_transpose, conv_weight_grad
from tensorgraph.compiler.loops.elements import Element, NotReadable, formula_of
from tensorgraph.compiler.loops.expansion import RESHAPING, expanded
from tensorgraph.compiler.loops.joined_products import with_joined_products
from tensorgraph.compiler.loops.memory_order import reshaped_strides
from tensorgraph.compiler.loops.placing import (
    added_onto,
    concat,
    one_hot,
    pad,
    scattering,
    stack,
    triangle,
)
from tensorgraph.compiler.loops.rearranging import (
    Places,
    broadcast,
    lengths_named,
    source_of,
)
from tensorgraph.compiler.loops.scalars import (
    ZERO,
    Buffer,
    Index,
    Scalar,
    Shape,
    axes,
    cast,
    constant,
    scalar,
)
from tensorgraph.compiler.loops.statements import (
    Array,
    Call,
    Check,
    Computed,
    Draw,
    Loop,
    Number,
    Product,
    Statement,
    Stored,
    given,
    is_for_blas,
    loop_over,
    order_in_memory,
    strides_of,
)
from tensorgraph.engine.op import REGISTRY
from tensorgraph.ops.window import Padding
from tensorgraph.symbolic.expr import Expr, in_order, item

OUT_OF_RANGE = -1
"""The code of the check that indices are in range; those of the dataflow count from 0."""

CHEAP = 4
"""So many cheap operations are done again rather than that their result is loaded."""
LONG_SUM = 512
"""More terms of float32 than these are added up in double precision."""
LONG = 60
"""A formula that grows longer is stored, whoever uses it."""


class Lowering:
    """The statements of a dataflow, and the memory that they work on."""

    def __init__(self, dataflow: Dataflow, blas: bool) -> None:
        """Lower a dataflow.

        Args:
            dataflow: what is computed.
            blas: whether there is a BLAS to call.
        """
        self.statements: list[Statement] = []
        self.blas = blas
        self.laid_out: dict[tuple[Expr, Padding], Stored] = {}
        """Arrays with the batch last, amid zeros, which several convolutions read."""
        self.numbers = {e: i for i, e in enumerate(dataflow.numbers)}
        self.generators = {e: i for i, e in enumerate(dataflow.generators)}
        self.arrays = [given(e, dataflow.parts.get(e, ())) for e in dataflow.arrays]
        self.outputs: list[Buffer] = []
        self._values: dict[Expr, Any] = {
            e: Stored(buffer, e.shape)
            for e, buffer in zip(dataflow.arrays, self.arrays, strict=True)
        }
        self._checked: set[Any] = set()
        inputs = {*dataflow.arrays, *dataflow.numbers, *dataflow.generators}
        wanted = [
            *dataflow.drawn, *dataflow.checks, *dataflow.outputs, *dataflow.written.values()
        ]  # fmt: skip
        simpler = expanded(wanted, inputs)
        joined = with_joined_products([simpler[e] for e in wanted], inputs)
        new = {e: joined[simpler[e]] for e in wanted}
        checks = [new[e] for e in dataflow.checks]
        outputs = [new[e] for e in dataflow.outputs]
        written = {e: new[value] for e, value in dataflow.written.items()}
        drawn = [new[e] for e in dataflow.drawn]
        roots = [*drawn, *checks, *outputs, *written.values()]
        order = in_order(roots)
        self._uses = Counter(x for e in order for x in e.args) + Counter(roots)
        self.onto = added_onto(order, self._uses)
        for e in order:
            if e not in self._values and not self._is_number(e) and e not in self.onto:
                self._values[e] = self._worth(e, self._lowered(e))
        for code, e in enumerate(checks):
            self.statements.append(Check(self._copied(self.array(e)), code))
        for e in outputs:
            self.outputs.append(self._copied(self.array(e), "output"))
        self._overwrite(dataflow, written)

    # ------------------------------------------------------------------------------------- values

    def _is_number(self, e: Expr) -> bool:
        """Return whether an expression is a number of Python's, of which no array is made."""
        return e in self.numbers or e in self.generators or _is_weak(e)

    def array(self, e: Expr) -> Array:
        """Return the value of an expression as an array."""
        if e not in self._values:
            if e.value is not None and not _is_weak(e):
                self._values[e] = _of_constant(e)
            elif e.is_input:
                raise KeyError(f"no value is given for the input {e.name!r}")
            else:
                self._values[e] = Computed((), self._number(e))
        found: Array = self._values[e]
        return found

    def _number(self, e: Expr) -> Scalar:
        """Return a number of Python's as a formula."""
        if e.value is not None:
            return constant(e.value, e.dtype)
        if e in self.numbers:
            return scalar("number", (), np.float64, self.numbers[e])
        if e.op is item:
            (x,) = e.args
            return cast(self.array(x).at([ZERO] * x.ndim), e.dtype)
        return formula_of(e.op, [self._element(x, ()) for x in e.args], e.static, e.dtype)  # type: ignore[arg-type]

    def _element(self, e: Expr, places: Places) -> Any:
        """Return an operand of an elementwise operation, at a place of the result."""
        if _is_weak(e):
            return e.value if e.value is not None else Element(self._number(e), weak=True)
        array = self.array(e)
        return Element(array.at(broadcast(array.shape, places)))

    def _worth(self, e: Expr, array: Array) -> Array:
        """Return an array in memory, if it pays to keep it there."""
        if isinstance(array, Stored):
            return array
        again = self._uses[e] > 1 and _is_costly(array)
        return self._stored(array) if again or array.size()[0] > LONG else array

    def _kept_if_repeated(self, e: Expr, times: int) -> None:
        """Keep what is costly and needed for several elements of a larger result."""
        if 1 < e.size < times and not self._is_number(e) and _is_costly(self.array(e)):
            self.in_memory(e)

    def in_memory(self, e: Expr) -> Stored:
        """Return the value of an expression in memory, where it is from then on.

        What only moves elements is a view, if what it moves is in memory.
        """
        array = self.array(e)
        if not isinstance(array, Stored):
            if source_of(e, [self.array(x) for x in e.args]) is not None:
                self.in_memory(e.args[0])
                array = self._moved(e) or array
            if not isinstance(array, Stored):
                array = self._stored(array)
            self._values[e] = array
        return array

    def contiguous(self, e: Expr) -> Stored:
        """Return the value of an expression with its elements one after the other in memory."""
        array = self.in_memory(e)
        return array if array.is_contiguous else Stored(self._copied(array), array.shape)

    def _stored(self, array: Array) -> Stored:
        """Return an array in memory of its own, in the order of what it is made of."""
        stored = Stored.new(array.dtype, array.shape, order_in_memory(array))
        self.store(array, stored)
        return stored

    def _copied(self, array: Array, kind: str = "temporary") -> Buffer:
        buffer = Buffer(array.shape, array.dtype, kind)
        self.store(array, Stored(buffer, array.shape))
        return buffer

    def store(self, array: Array, into: Stored, combine: str | None = None) -> None:
        """Store all elements of an array, or combine them with what is there."""
        places = axes(array.shape)
        self.loop(array.shape, array.at(places), into.buffer, into.place(places), combine)

    def loop(self, shape: Shape, value: Scalar, out: Buffer, at: Index, combine: Any) -> None:
        """Add a loop over the axes of an array."""
        self.statements.append(loop_over(shape, value, out, at, combine))

    def fill(self, value: Any, buffer: Buffer) -> None:
        """Store one number everywhere."""
        places = axes(buffer.shape)
        filled = constant(value, buffer.dtype)
        self.loop(buffer.shape, filled, buffer, Stored(buffer, buffer.shape).place(places), None)

    # --------------------------------------------------------------------------------- operations

    def _lowered(self, e: Expr) -> Array:
        """Return the result of an operation, or the array of a constant."""
        if e.op is None:
            return self.array(e)
        kinds = {x.dtype for x in (e, *e.args) if x not in self.generators}
        for x in e.args:
            if x in self.onto:
                return scattering(self, x)
        if kinds <= C_TYPES.keys():
            if e.op.family == "elementwise":
                for x in e.args:
                    self._kept_if_repeated(x, e.size)
                try:
                    places = axes(e.shape)
                    operands = [self._element(x, places) for x in e.args]
                    return Computed(e.shape, formula_of(e.op, operands, e.static, e.dtype))
                except NotReadable:
                    return self.call(e)
            if e.op.family == "random":
                return self._drawn(e)
            if e.op.combine is not None:
                return self._reduced(e, e.op.combine.__name__)
            rule = _RULES.get(e.op)
            found = rule(self, e) if rule is not None else self._moved(e)
            if found is not None:
                return found
        return self.call(e)

    def _moved(self, e: Expr) -> Array | None:
        """Return the result of an operation that only moves elements."""
        operands = [self.array(x) for x in e.args]
        if not operands:
            return None
        x = operands[0]
        source = source_of(e, operands)
        if source is None:
            if e.op not in RESHAPING:
                return None
            return self._reshaped(e)
        if e.op is REGISTRY["getitem"]:
            self.check_range(e, x.shape, operands[1:])
        where = source(axes(e.shape))
        place = x.place(where) if isinstance(x, Stored) else None
        if isinstance(x, Stored) and place is not None and not place.gathered:
            steps = [place.step(d) for d in range(len(e.shape))]
            return Stored(x.buffer, e.shape, place.offset, steps)
        return Computed(e.shape, x.at(where))

    def _reshaped(self, e: Expr) -> Stored:
        """Return an array in another shape: where it is, if its elements are in order there."""
        x = self.in_memory(e.args[0])
        strides = reshaped_strides(x.shape, x.strides, e.shape)
        if strides is None:
            x = self.contiguous(e.args[0])
        return Stored(x.buffer, e.shape, x.offset, strides)

    def check_range(self, e: Expr, shape: Shape, indices: Sequence[Array]) -> None:
        """Check that index arrays name places of their axes before anything is read by them."""
        for array, n in zip(indices, lengths_named(e.static["key"], shape), strict=True):
            self.check_between(array, -n, n)

    def check_between(self, array: Array, low: int, high: int) -> None:
        """Check that integers are at least ``low`` and below ``high``."""
        value = cast(array.at(axes(array.shape)), np.int64)
        if value.op in ("constant", "index") or (value, low, high) in self._checked:
            return
        self._checked.add((value, low, high))
        ends = [constant(n, np.int64) for n in (low, high)]
        above = scalar("greater_equal", (value, ends[0]), np.bool_)
        inside = scalar(
            "logical_and", (above, scalar("less", (value, ends[1]), np.bool_)), np.bool_
        )
        holds = Buffer((), np.bool_)
        self.loop(array.shape, inside, holds, ZERO, "logical_and")
        self.statements.append(Check(holds, OUT_OF_RANGE))

    def _drawn(self, e: Expr) -> Array:
        """Return random numbers: drawn in C where they are the same bits there."""
        generator, *numbers = e.args
        known = all(x.value is not None and x.size == 1 for x in numbers)
        assert e.op is not None
        if e.op not in _DRAWN or not known or generator not in self.generators:
            return self.call(e)
        out = Buffer(e.shape, e.dtype)
        values = tuple(float(x.value) for x in numbers)
        self.statements.append(Draw(e.op, self.generators[generator], values, out))
        return Stored(out, e.shape)

    def call(self, e: Expr) -> Array:
        """Return the result of the operation's own kernel."""
        assert e.op is not None
        out = Buffer(e.shape, e.dtype, "result")
        operands = tuple(x if x in self.generators else self._operand(x) for x in e.args)
        self.statements.append(Call(e.op, operands, e.static, out))
        return Stored(out, e.shape)

    def _operand(self, e: Expr) -> Any:
        if _is_weak(e) and e.value is not None:
            return e.value
        kept = self.in_memory(e)
        return Number(kept) if _is_weak(e) else kept

    # --------------------------------------------------------------------------------- reductions

    def _reduced(self, e: Expr, combine: str) -> Array:
        total = self._total(e, combine)
        if total.dtype == e.dtype:
            return total
        return Computed(e.shape, cast(total.at(axes(e.shape)), e.dtype))

    def _total(self, e: Expr, combine: str) -> Stored:
        """Return a reduction, sums of single precision perhaps in double."""
        x = self.array(e.args[0])
        n = len(x.shape)
        given = e.static["axis"]
        lost = {*range(n)} if given is None else {given} if isinstance(given, int) else {*given}
        kept = [d for d in range(n) if d not in lost]
        dtype = e.dtype
        terms = math.prod(x.shape[d] for d in lost)
        wide = terms > LONG_SUM or e.op is REGISTRY["mean"]
        if combine == "add" and dtype == np.float32 and wide:
            dtype = np.dtype(np.float64)  # one by one, as here, they lose digits, or the range
        places = axes(x.shape)
        value = cast(x.at(places), dtype)
        whole = all(x.shape[d] == 1 for d in lost)
        shape = tuple(x.shape[d] for d in kept)
        out = Stored.new(dtype, shape, [kept.index(d) for d in order_in_memory(x) if d in kept])
        at = out.place([places[d] for d in kept])
        self.loop(x.shape, value, out.buffer, at, None if whole else combine)
        if len(e.shape) == len(shape):
            return out
        strides = [out.strides[kept.index(d)] if d in kept else 0 for d in range(n)]
        return Stored(out.buffer, e.shape, 0, strides)

    def _mean(self, e: Expr) -> Array:
        total, places = self._total(e, "add"), axes(e.shape)
        count = e.args[0].size // max(e.size, 1)
        divided = scalar("divide", (total.at(places), constant(count, total.dtype)), total.dtype)
        return Computed(e.shape, cast(divided, e.dtype))

    # ---------------------------------------------------------------------------------- products

    def _matmul(self, e: Expr) -> Array:
        x, y = (self.array(a) for a in e.args)
        if not is_for_blas(e):
            return self.call(e)
        rows = (1, *x.shape) if len(x.shape) == 1 else x.shape
        columns = (*y.shape, 1) if len(y.shape) == 1 else y.shape
        batch = np.broadcast_shapes(rows[:-2], columns[:-2])
        shape = (*batch, rows[-2], columns[-1])
        left = self._matrix(e.args[0], rows, (*batch, *rows[-2:]))
        right = self._matrix(e.args[1], columns, (*batch, *columns[-2:]))
        out = Buffer(shape, e.dtype)
        self.statements.append(Product(left, right, out))
        return Stored(out, e.shape)

    def _matrix(self, e: Expr, shape: Shape, whole: Shape) -> Stored:
        """Return matrices as products take them: one of the last two axes without gaps."""
        stored = self.in_memory(e)
        strides = list(stored.strides)
        if len(shape) > len(stored.shape):
            strides = [0, *strides] if shape[0] == 1 else [*strides, 0]
        m, n = shape[-2:]
        a, b = strides[-2:]
        fits = (b == 1 or n == 1) and (a >= n or m == 1)
        turned = (a == 1 or m == 1) and (b >= m or n == 1)
        if not (fits or turned):
            stored = self.contiguous(e)
            strides = [*strides_of(shape)]
        lead = [0] * (len(whole) - len(shape))
        lead += [0 if p == 1 else s for p, s in zip(shape[:-2], strides, strict=False)]
        return Stored(stored.buffer, whole, stored.offset, [*lead, *strides[-2:]])

    # ------------------------------------------------------------------------------------ writing

    def _overwrite(self, dataflow: Dataflow, written: dict[Expr, Expr]) -> None:
        """Write arrays anew, when all else is computed.

        A value is stored apart first if it is made of elements, of what is overwritten too, that
        stand in other places than its own.
        """
        buffers = dict(zip(dataflow.arrays, self.arrays, strict=True))
        loops = {buffers[e]: self._into(self.array(new), buffers[e]) for e, new in written.items()}
        for out, loop in [*loops.items()]:
            others = [(place.index, loops.get(place.buffer)) for place in loop.loads()]
            if any(o and (o.dims, o.at) != (loop.dims, index) for index, o in others):
                value = self.array(written[next(e for e in written if buffers[e] is out)])
                loops[out] = self._into(Stored(self._copied(value), value.shape), out)
        for loop in loops.values():
            loop.last = True
        self.statements += loops.values()

    def _into(self, value: Array, out: Buffer) -> Loop:
        places = axes(value.shape)
        return loop_over(value.shape, value.at(places), out, Stored(out, value.shape).place(places))


_DRAWN = {REGISTRY[name] for name in C_TEXT}
"""Random draws that C makes."""


def _is_costly(array: Array) -> bool:
    """Return whether an array that is nowhere takes longer to compute than to load."""
    if isinstance(array, Stored):
        return False
    size, expensive = array.size()
    return expensive or size > CHEAP


def _is_weak(e: Expr) -> bool:
    """Return whether an expression is a number of Python's, which decides no dtype."""
    return e.weak


def _of_constant(e: Expr) -> Array:
    """Return a constant as an array: one value in all places as a formula."""
    value = np.asarray(e.value)
    if value.size and value.dtype.name in TYPES:
        first = value.reshape(-1)[:1]
        bits = np.ascontiguousarray(value).reshape(-1).view(np.uint8).reshape(value.size, -1)
        if value.size == 1 or (bits == first.view(np.uint8)).all():
            return Computed(e.shape, constant(first[0], value.dtype))
    return Stored(Buffer(e.shape, value.dtype, "constant", np.ascontiguousarray(value)), e.shape)


Rule = Callable[[Lowering, Expr], Array | None]

_BY_NAME: dict[str, Rule] = {
    "mean": Lowering._mean,
    "matmul": Lowering._matmul,
    "concat": concat,
    "stack": stack,
    "pad": pad,
    "conv": conv,
    "conv_transpose": conv_transpose,
    "conv_weight_grad": conv_weight_grad,
    "scatter": scattering,
    "overlap_add": scattering,
    "one_hot": one_hot,
    "tril": partial(triangle, comparing="less_equal"),
    "triu": partial(triangle, comparing="greater_equal"),
}
_RULES = {REGISTRY[name]: rule for name, rule in _BY_NAME.items()}
