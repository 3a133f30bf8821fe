"""What is too large or too small for a precision."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph.differences.digits.rounded import WIDE
from tensorgraph.differences.digits.tape import Entry
from tensorgraph.ops.arithmetic import square
from tensorgraph.ops.transcendental import exp


def out_of_range(entry: Entry, right: Any, operands: Sequence[Any]) -> Iterator[str]:
    """Yield what an operation's narrow result cannot hold, given the right one and its operands.

    Operands are those of the narrow computation: what was infinite before is no news.
    """
    out, right = np.asarray(entry.out), np.asarray(right)
    info, total = np.finfo(out.dtype), f"of {out.size:,} entries"
    finite = np.broadcast_to(True, out.shape)
    for x in operands:
        if np.asarray(x).dtype.kind == "f" and np.shape(x) == out.shape:
            finite = finite & np.isfinite(x)
    bad = finite & ~np.isfinite(out) & np.isfinite(right)
    over = int(np.sum(bad & (np.abs(right) > float(info.max))))
    if over:
        yield f"{entry.op.name} overflows{_above(entry, info)}: {over:,} {total}"
    if others := int(np.sum(bad)) - over:
        yield f"{entry.op.name} is not finite where an operand rounds to 0: {others:,} {total}"
    lost = (out == 0) & (right != 0) & (np.abs(right) < float(info.tiny))
    if under := int(np.sum(lost & finite)):
        yield f"{entry.op.name} underflows{_below(entry, info)}: {under:,} {total} are 0"


def lost_constants(entries: Sequence[Entry]) -> dict[str, str]:
    """Return numbers that round to 0, with where they stand."""
    found = {}
    for entry in entries:
        for source in entry.operands:
            x, dtype = source.array, entry.out.dtype
            if isinstance(x, float) and x and dtype.kind == "f" and not np.asarray(x, dtype).item():
                line = entry.line.rpartition("/")[2]
                found[f"{x:g} at {line}"] = f"is 0 in {dtype}, whose least number is" + (
                    f" {float(np.finfo(dtype).smallest_subnormal):.1g}"
                )
    return found


def _above(entry: Entry, info: Any) -> str:
    largest = float(info.max)
    if entry.op is exp.op:
        return f" at x > {math.log(largest):.3g}"
    if entry.op is square.op:
        return f" at |x| > {math.sqrt(largest):.3g}"
    return f" above {largest:.3g}"


def _below(entry: Entry, info: Any) -> str:
    least = float(info.smallest_subnormal)
    if entry.op is exp.op:
        return f" at x < {math.log(least):.3g}"
    return f" below {least:.1g}"


def not_a_number(right: Any) -> str:
    """Return how many entries of a result double precision does not know either."""
    gone = int(np.sum(np.isnan(right)))
    return f"{gone:,} of {np.size(right):,} entries are NaN in float64, too" if gone else ""


def vanished(found: Any, right: Any) -> str:
    """Return how many gradients are 0 because they are too small, if that is a tenth or more."""
    found, right = np.asarray(found), np.asarray(right, WIDE)
    small = np.abs(right) < float(np.finfo(found.dtype).tiny)
    gone = int(np.sum((found == 0) & (right != 0) & small))
    many = gone and gone >= 0.1 * found.size
    return f"{gone:,} of {found.size:,} entries underflow to 0" if many else ""
