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
    over = int(np.sum(finite & ~np.isfinite(out) & np.isfinite(right)))
    if over and all(
        np.all(np.isfinite(x)) or np.shape(x) == out.shape for x in map(_array, operands)
    ):
        yield f"{entry.op.name} overflows{_above(entry, info)}: {over:,} {total}"
    lost = (out == 0) & (right != 0) & (np.abs(right) < float(info.tiny))
    if under := int(np.sum(lost & finite)):
        yield f"{entry.op.name} underflows{_below(entry, info)}: {under:,} {total} are 0"
    for source in entry.operands:
        x = source.array
        if isinstance(x, float) and x and not np.asarray(x, out.dtype).item():
            yield f"{x:g} is 0 in {out.dtype}, which ends at {float(info.smallest_subnormal):.1g}"


def _array(x: Any) -> Any:
    array = np.asarray(x)
    return array if array.dtype.kind == "f" else np.zeros(())


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


def vanished(found: Any, right: Any) -> str:
    """Return how many gradients are 0 that are not, if any."""
    found, right = np.asarray(found), np.asarray(right, WIDE)
    gone = int(np.sum((found == 0) & (right != 0)))
    return f"{gone:,} of {found.size:,} entries underflow to 0" if gone else ""
