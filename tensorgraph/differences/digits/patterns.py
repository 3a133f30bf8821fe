"""What is written so that it loses digits, and what the same is that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.differences.digits.tape import Entry, Source, Tape, same


@dataclass(frozen=True)
class Pattern:
    """A piece of a computation, and the usual remedy."""

    seen: str
    """What was written: ``log(1 + exp(x))``."""
    write: str
    """What is written instead: ``tg.softplus(x)``."""
    root: int
    """The operation whose result it is."""
    inside: frozenset[int]
    """All its operations."""
    inputs: tuple[Source, ...]
    """What it is computed from."""
    compute: Callable[..., Any]
    """The remedy, a function of these."""


class Reader:
    """Reads a tape backwards: what an operand was made by."""

    def __init__(self, tape: Tape) -> None:
        self.entries, self._numbers = tape.entries, tape.numbers

    def made(self, source: Source, *names: str) -> tuple[int, Entry] | None:
        """Return the operation that made an operand, if it is one of these."""
        if source.entry is None:
            return None
        entry = self.entries[source.entry]
        return (source.entry, entry) if self.is_op(entry, *names) else None

    @staticmethod
    def is_op(entry: Entry, *names: str) -> bool:
        """Return whether an operation is one of these of the package."""
        return any(entry.op is getattr(ops, name).op for name in names)

    def is_number(self, source: Source, number: float) -> bool:
        """Return whether an operand is a constant of this value, and may be no argument."""
        if source.entry is not None or source.leaf is not None or number in self._numbers:
            return False
        array = np.asarray(source.array)
        return bool(array.dtype.kind in "fiu" and array.size == 1 and array.item() == number)

    def with_number(self, entry: Entry, number: float) -> Source | None:
        """Return the other operand, where one is this number."""
        for one, other in (entry.operands, entry.operands[::-1]):
            if self.is_number(one, number):
                return other
        return None

    def squared(self, source: Source) -> tuple[set[int], Source] | None:
        """Return what was squared to make an operand, and the operations."""
        if found := self.made(source, "square"):
            return {found[0]}, found[1].operands[0]
        if (found := self.made(source, "multiply")) and same(*found[1].operands):
            return {found[0]}, found[1].operands[0]
        if (found := self.made(source, "power")) and self.is_number(found[1].operands[1], 2):
            return {found[0]}, found[1].operands[0]
        return None


def patterns(tape: Tape) -> Iterator[Pattern]:
    """Yield the patterns in a computation; whether the remedy gains digits is not known yet."""
    reader = Reader(tape)
    for k, entry in enumerate(tape.entries):
        for find in _FINDERS:
            yield from find(reader, k, entry)


def _log(reader: Reader, k: int, entry: Entry) -> Iterator[Pattern]:
    if not reader.is_op(entry, "log"):
        return
    of = entry.operands[0]
    if found := reader.made(of, "add"):
        j, add = found
        y = reader.with_number(add, 1)
        if y and (e := reader.made(y, "exp")):
            yield Pattern(
                "log(1 + exp(x))", "tg.softplus(x)", k, frozenset({k, j, e[0]}),
                e[1].operands, ops.softplus,
            )  # fmt: skip
        elif y:
            yield Pattern("log(1 + x)", "tg.log1p(x)", k, frozenset({k, j}), (y,), ops.log1p)
    if found := reader.made(of, "sum"):
        j, total = found
        if e := reader.made(total.operands[0], "exp"):
            axis, keepdims = total.static["axis"], total.static["keepdims"]
            yield Pattern(
                "log(Σ exp(x))", f"tg.logsumexp(x, axis={_axis(axis)})", k,
                frozenset({k, j, e[0]}), e[1].operands,
                lambda x: ops.logsumexp(x, axis=axis, keepdims=keepdims),
            )  # fmt: skip


def _log_of_probability(reader: Reader, k: int, entry: Entry) -> Iterator[Pattern]:
    if not reader.is_op(entry, "log"):
        return
    of = entry.operands[0]
    if found := reader.made(of, "softmax"):
        j, s = found
        axis = s.static["axis"]
        yield Pattern(
            "log(softmax(x))",
            f"tg.log_softmax(x, axis={_axis(axis)}), or nn.losses.cross_entropy of x",
            k, frozenset({k, j}), s.operands, lambda x: ops.log_softmax(x, axis=axis),
        )  # fmt: skip
    if found := reader.made(of, "sigmoid"):
        j, s = found
        yield Pattern(
            "log(sigmoid(x))",
            "tg.log_sigmoid(x), or nn.losses.binary_cross_entropy_with_logits of x", k,
            frozenset({k, j}), s.operands, ops.log_sigmoid,
        )  # fmt: skip
    if (found := reader.made(of, "subtract")) and reader.is_number(found[1].operands[0], 1):
        j, rest = found
        if inner := reader.made(rest.operands[1], "sigmoid"):
            yield Pattern(
                "log(1 − sigmoid(x))",
                "tg.log_sigmoid(-x), or nn.losses.binary_cross_entropy_with_logits of x", k,
                frozenset({k, j, inner[0]}), inner[1].operands, lambda x: ops.log_sigmoid(-x),
            )  # fmt: skip
        else:
            yield Pattern(
                "log(1 − x)", "tg.log1p(-x)", k, frozenset({k, j}), (rest.operands[1],),
                lambda x: ops.log1p(-x),
            )  # fmt: skip
    if (found := reader.made(of, "divide")) and (parts := _softmax_of(reader, found[1])):
        inside, x, axis = parts
        yield Pattern(
            "log(exp(x) / Σ exp(x))", f"tg.log_softmax(x, axis={_axis(axis)})", k,
            frozenset({k, found[0], *inside}), (x,), lambda x: ops.log_softmax(x, axis=axis),
        )  # fmt: skip


def _difference(reader: Reader, k: int, entry: Entry) -> Iterator[Pattern]:
    if not reader.is_op(entry, "subtract"):
        return
    left, right = entry.operands
    if reader.is_number(right, 1) and (e := reader.made(left, "exp")):
        yield Pattern(
            "exp(x) − 1", "tg.expm1(x)", k, frozenset({k, e[0]}), e[1].operands, ops.expm1
        )
    if reader.is_number(left, 1):
        if c := reader.made(right, "cos"):
            yield Pattern(
                "1 − cos(x)", "2 * tg.sin(x / 2) ** 2", k, frozenset({k, c[0]}), c[1].operands,
                lambda x: 2 * ops.square(ops.sin(x / 2)),
            )  # fmt: skip
        if s := reader.made(right, "sigmoid"):
            yield Pattern(
                "1 − sigmoid(x)", "tg.sigmoid(-x)", k, frozenset({k, s[0]}), s[1].operands,
                lambda x: ops.sigmoid(-x),
            )  # fmt: skip
        if (s2 := reader.squared(right)) and (t := reader.made(s2[1], "tanh")):
            yield Pattern(
                "1 − tanh(x)²", "1 / tg.cosh(x) ** 2", k, frozenset({k, t[0], *s2[0]}),
                t[1].operands, lambda x: 1 / ops.square(ops.cosh(x)),
            )  # fmt: skip
    yield from _variance(reader, k, entry)
    roots = reader.made(left, "sqrt"), reader.made(right, "sqrt")
    if roots[0] and roots[1]:
        yield Pattern(
            "√a − √b", "(a - b) / (tg.sqrt(a) + tg.sqrt(b))", k,
            frozenset({k, roots[0][0], roots[1][0]}),
            (roots[0][1].operands[0], roots[1][1].operands[0]),
            lambda a, b: (a - b) / (ops.sqrt(a) + ops.sqrt(b)),
        )  # fmt: skip
    squares = reader.squared(left), reader.squared(right)
    if squares[0] and squares[1]:
        yield Pattern(
            "a² − b²", "(a - b) * (a + b)", k, frozenset({k, *squares[0][0], *squares[1][0]}),
            (squares[0][1], squares[1][1]), lambda a, b: (a - b) * (a + b),
        )  # fmt: skip


def _variance(reader: Reader, k: int, entry: Entry) -> Iterator[Pattern]:
    """E[x²] − E[x]²."""
    of_squares = reader.made(entry.operands[0], "mean")
    outer = reader.squared(entry.operands[1])
    mean = reader.made(outer[1], "mean") if outer else None
    if not (of_squares and outer and mean):
        return
    inner = reader.squared(of_squares[1].operands[0])
    if inner and same(inner[1], mean[1].operands[0]):
        axis, keepdims = mean[1].static["axis"], mean[1].static["keepdims"]
        along = "" if axis is None else f", axis={_axis(axis)}"
        yield Pattern(
            "mean(x²) − mean(x)²",
            f"tg.var(x{along}), or ((x - x.mean(axis, keepdims=True)) ** 2).mean(axis)", k,
            frozenset({k, of_squares[0], mean[0], *outer[0], *inner[0]}), (inner[1],),
            lambda x: ops.var(x, axis=axis, keepdims=keepdims),
        )  # fmt: skip


def _quotient(reader: Reader, k: int, entry: Entry) -> Iterator[Pattern]:
    if not reader.is_op(entry, "divide"):
        return
    if s := _softmax_of(reader, entry):
        inside, x, axis = s
        yield Pattern(
            "exp(x) / Σ exp(x)", f"tg.softmax(x, axis={_axis(axis)})", k,
            frozenset({k, *inside}), (x,), lambda x: ops.softmax(x, axis=axis),
        )  # fmt: skip
    if total := reader.made(entry.operands[0], "sum"):
        x, axis, keepdims = (
            total[1].operands[0],
            total[1].static["axis"],
            total[1].static["keepdims"],
        )
        if reader.is_number(entry.operands[1], np.size(x.array) / max(np.size(total[1].out), 1)):
            yield Pattern(
                "Σ x / n", f"tg.mean(x, axis={_axis(axis)})", k, frozenset({k, total[0]}), (x,),
                lambda x: ops.mean(x, axis=axis, keepdims=keepdims),
            )  # fmt: skip
    below = reader.made(entry.operands[1], "add")
    if reader.is_number(entry.operands[0], 1) and below:
        y = reader.with_number(below[1], 1)
        if y and (e := reader.made(y, "exp")) and (n := reader.made(e[1].operands[0], "negative")):
            yield Pattern(
                "1 / (1 + exp(−x))", "tg.sigmoid(x)", k,
                frozenset({k, below[0], e[0], n[0]}), n[1].operands, ops.sigmoid,
            )  # fmt: skip


def _softmax_of(reader: Reader, entry: Entry) -> tuple[set[int], Source, Any] | None:
    """Return what a quotient is the softmax of, if it is one."""
    above, total = reader.made(entry.operands[0], "exp"), reader.made(entry.operands[1], "sum")
    below = reader.made(total[1].operands[0], "exp") if total else None
    if not (above and total and below) or not total[1].static["keepdims"]:
        return None
    if not same(above[1].operands[0], below[1].operands[0]):
        return None
    inside = {above[0], total[0], below[0]}
    return inside, above[1].operands[0], total[1].static["axis"]


def _root(reader: Reader, k: int, entry: Entry) -> Iterator[Pattern]:
    if not reader.is_op(entry, "sqrt"):
        return
    if add := reader.made(entry.operands[0], "add"):
        parts = [reader.squared(source) for source in add[1].operands]
        if parts[0] and parts[1]:
            yield Pattern(
                "√(a² + b²)", "tg.hypot(a, b)", k,
                frozenset({k, add[0], *parts[0][0], *parts[1][0]}),
                (parts[0][1], parts[1][1]), ops.hypot,
            )  # fmt: skip
    if total := reader.made(entry.operands[0], "sum"):
        inner = reader.squared(total[1].operands[0])
        axis, keepdims = total[1].static["axis"], total[1].static["keepdims"]
        if inner:
            yield Pattern(
                "√Σ x²", f"tg.norm(x, axis={_axis(axis)})", k,
                frozenset({k, total[0], *inner[0]}), (inner[1],),
                lambda x: ops.norm(x, axis=axis, keepdims=keepdims),
            )  # fmt: skip


def _total(reader: Reader, k: int, entry: Entry) -> Iterator[Pattern]:
    for name in ("sum", "mean", "matmul", "cumulative_sum"):
        if reader.is_op(entry, name):
            operands = ", ".join(f'{x}.astype("float64")' for x in entry.op.inputs)
            yield Pattern(
                f"{name} of what nearly cancels, or of large and small",
                f"tg.{name}({operands}, …).astype(x.dtype)", k, frozenset({k}), entry.operands,
                partial(_in_double, entry),
            )  # fmt: skip


def _in_double(entry: Entry, *operands: Any) -> Any:
    """Return an operation in double precision, and only its result in the narrow one."""
    wide = (ops.astype(x, dtype="float64") for x in operands)
    return ops.astype(entry.op.call(*wide, **entry.static), dtype=operands[0].dtype)


def _axis(axis: Any) -> str:
    """Return an axis as a call writes it."""
    return str(axis[0]) if isinstance(axis, tuple) and len(axis) == 1 else str(axis)


_FINDERS = (_log, _log_of_probability, _difference, _quotient, _root, _total)
