"""Where results differ: how much, and which operation, of which layer, at which line made them so.

Every operation of two calls is looked at in turn. The first one whose result differs, though what
it took did not, is where the difference was made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.modes import MODE, PACKAGE, mode
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.testing.modules.subject import Results
from tensorgraph.testing.plain_arrays import largest

_HERE = os.path.dirname(__file__)
CLOSE = 1e-9
"""What two ways to compute the same may differ by in float64, relative to the largest number."""


class Ran(NamedTuple):
    """An operation that ran."""

    name: str
    scope: str
    line: str
    out: Array

    def __str__(self) -> str:
        where = f" in {self.scope}" if self.scope else ""
        return f"{self.name}{where}" + (f" at {self.line}" if self.line else "")


class Trace(Observer):
    """Keeps the results of all operations, and where random numbers were drawn."""

    def __init__(self) -> None:
        self.ran: list[Ran] = []
        self.draws: list[str] = []

    def forward(self, event: Forward) -> None:
        """Keep the result of an operation."""
        self.ran.append(Ran(event.op.name, MODE.get().scope, user_line(), np.asarray(event.out)))

    def source(self, generator: Any) -> Any:
        """Keep where it is drawn."""
        self.draws.append(here())
        return generator


def here() -> str:
    """Return what runs now: the layer, and the line of the user's code."""
    scope, line = MODE.get().scope, user_line()
    return " at ".join(filter(None, (scope, line)))


def user_line() -> str:
    """Return the user's line that runs: the innermost one that is called from here."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_HERE):
            return ""
        if not name.startswith(PACKAGE):
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def traced(call: Callable[[], Any]) -> Trace:
    """Run something, and return what ran in it, up to an error if it raises one."""
    trace = Trace()
    with mode(observer=trace):
        call()
    return trace


def first_apart(
    one: Callable[[], Any],
    other: Callable[[], Any],
    apart: Callable[[Array, Array], bool] | None = None,
) -> str:
    """Return where two calls begin to differ, as a line of a message; nothing if unknown.

    Args:
        one: the one call.
        other: the other.
        apart: whether two results of an operation differ in a way that they should not.
    """
    apart = apart or (lambda a, b: a.shape != b.shape or not np.array_equal(a, b, equal_nan=True))
    for a, b in zip(traced(one).ran, traced(other).ran, strict=False):
        if a.name != b.name:
            return f"\nfirst in {a}, where the other call runs {b.name}"
        if apart(a.out, b.out):
            return f"\nfirst in {a}"
    return ""


def difference(found: Results, expected: Results, rtol: float = CLOSE, atol: float = 0.0) -> str:
    """Return where and by how much results differ, in words; nothing if they agree.

    Args:
        found: what a call returned.
        expected: what it should have.
        rtol: what may differ, relative to the largest number of an array.
        atol: what may differ besides.
    """
    if found.keys() != expected.keys():
        return f"{_list(found)} came back, not {_list(expected)}"
    for place, a in found.items():
        if told := array_difference(a, expected[place], rtol, atol):
            return f"{place} {told}"
    return ""


def array_difference(a: Array, b: Array, rtol: float = CLOSE, atol: float = 0.0) -> str:
    """Return where two arrays differ most, in words; nothing if they agree."""
    if a.shape != b.shape:
        return f"has shape {a.shape}, not {b.shape}"
    if a.dtype.kind not in "fc" or b.dtype.kind not in "fc":
        bad = np.asarray(a != b)
        distance = bad.astype(float)
    else:
        with np.errstate(all="ignore"):
            distance = np.abs(a.astype(np.float64) - b)
            distance = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, distance)
            distance = np.where(np.isnan(distance), np.inf, distance)
            size = np.abs(b)[np.isfinite(b)]
        bad = distance > rtol * float(np.max(size, initial=0.0)) + atol
    if not bad.any():
        return ""
    index = tuple(int(i) for i in np.unravel_index(np.argmax(distance * bad), bad.shape))
    at = f" at index {index}" if index else ""
    some = f", {int(bad.sum())} of {bad.size} differ" if bad.size > 1 else ""
    return f"is {number(a[index])}, not {number(b[index])}{at}{some}"


def number(value: Any) -> str:
    """Return a number as text, of few digits."""
    return f"{value:.9g}" if np.asarray(value).dtype.kind == "f" else str(value)


def _list(results: Results) -> str:
    return ", ".join(results) or "nothing"


def stays_at(changed: Array, j: int, count: int) -> bool:
    """Return whether what changed in a result belongs to example ``j`` of ``count`` alone.

    Examples may lie along any axis, and be joined with another axis.
    """
    if not changed.any():
        return True
    for axis, length in enumerate(changed.shape):
        if length and length % count == 0:
            before, after = changed.shape[:axis], changed.shape[axis + 1 :]
            for joined in ((count, length // count), (length // count, count)):
                parts = changed.reshape(*before, *joined, *after)
                others = np.delete(parts, j, axis=axis + (joined[0] != count))
                if not others.any():
                    return True
    return False


def examples_apart(j: int, count: int) -> Callable[[Array, Array], bool]:
    """Return whether the results of other examples than ``j`` differ."""

    def apart(a: Array, b: Array) -> bool:
        if a.shape != b.shape or a.dtype.kind not in "fc":
            return False
        size = largest(a)
        with np.errstate(invalid="ignore"):
            changed = ~(np.abs(a - b) <= CLOSE * size) & ~(np.isnan(a) & np.isnan(b))
        return not stays_at(changed, j, count)

    return apart
