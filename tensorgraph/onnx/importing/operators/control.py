"""Control flow, which Python's own is: branches and loops by the values that there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.graph import Declared
from tensorgraph.onnx.importing.program import Program
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import (
    MAX_ITERATIONS,
    Ints,
    allowed,
    axis_of,
    known,
    one_int,
)


def _true(value: Any, what: str) -> bool:
    return bool(known(value, what).reshape(-1)[0])


@operator("If")
def _if(
    condition: Any, *around: Any, then_branch: Program, else_branch: Program, captured: int
) -> Any:
    chosen = then_branch if _true(condition, "the condition of If") else else_branch
    return chosen(*around)


_turns: ContextVar[Iterator[int] | None] = ContextVar("turns", default=None)
"""The turns of all loops that run in one another."""


@contextmanager
def _counted() -> Iterator[Callable[[], None]]:
    """Give a function that counts a turn, of this loop and of all around it.

    Raises:
        OnnxError: there are too many.
    """
    around = _turns.get()
    turns = iter(range(MAX_ITERATIONS)) if around is None else around
    own = _turns.set(turns)

    def turn() -> None:
        if next(turns, None) is None:
            raise OnnxError(
                f"a Loop or Scan, with what runs in it, goes round more than {MAX_ITERATIONS} times"
            )

    try:
        yield turn
    finally:
        _turns.reset(own)


@operator("Loop")
def _loop(most: Any, going: Any, *values: Any, body: Program, captured: int) -> Any:
    split = len(values) - captured
    states, around = list(values[:split]), values[split:]
    end = math.inf if most is None else one_int(most, "how often Loop runs")
    more = going is None or _true(going, "the condition of Loop")
    rows: list[list[Any]] = [[] for _ in range(len(body.results) - 1 - split)]
    keeps_on, turn = np.array(True) if going is None else going, 0
    with _counted() as count:
        while more and turn < end:
            count()
            keeps_on, *results = body(np.array(turn, np.int64), keeps_on, *states, *around)
            states = results[:split]
            for row, value in zip(rows, results[split:], strict=True):
                row.append(value)
            more = _true(keeps_on, "the condition of Loop")
            turn += 1
    each = zip(rows, body.outputs[1 + split :], strict=True)
    return (*states, *(_stacked(row, 0, declared) for row, declared in each))


def _stacked(values: list[Any], axis: int, declared: Declared) -> Any:
    """Return what each turn gave; of no turns what the graph declares, as far as it does."""
    if values:
        return ops.stack(values, axis=axis)
    shape = [n if isinstance(n, int) else 0 for n in declared.shape or ()]
    shape.insert(axis_of(axis, len(shape) + 1), 0)
    return np.zeros(allowed(tuple(shape)), declared.dtype or np.float32)


_ALL = range(999)
"""Places of what is gone through step by step, which is data."""


@operator("Scan", since=9, statistics=_ALL)
def _scan(
    *values: Any, body: Program, num_scan_inputs: int, captured: int,
    scan_input_axes: Ints | None = None, scan_input_directions: Ints | None = None,
    scan_output_axes: Ints | None = None, scan_output_directions: Ints | None = None,
) -> Any:  # fmt: skip
    given, around = values[: len(values) - captured], values[len(values) - captured :]
    split = len(given) - num_scan_inputs
    states, scanned = list(given[:split]), given[split:]
    axes = scan_input_axes or (0,) * num_scan_inputs
    back = scan_input_directions or (0,) * num_scan_inputs
    moved = [
        ops.moveaxis(x, axis_of(axis, ndim_of(x)), 0) for x, axis in zip(scanned, axes, strict=True)
    ]
    steps = shape_of(moved[0])[0]
    rows: list[list[Any]] = [[] for _ in range(len(body.results) - split)]
    with _counted() as count:
        for turn in range(steps):
            count()
            parts = [x[steps - 1 - turn if b else turn] for x, b in zip(moved, back, strict=True)]
            results = body(*states, *parts, *around)
            states = list(results[:split])
            for row, value in zip(rows, results[split:], strict=True):
                row.append(value)
    out_axes = scan_output_axes or (0,) * len(rows)
    turned = scan_output_directions or (0,) * len(rows)
    ends = [
        _stacked(row[::-1] if b else row, axis, declared)
        for row, axis, b, declared in zip(rows, out_axes, turned, body.outputs[split:], strict=True)
    ]
    return (*states, *ends)


@operator("Scan", since=8, statistics=_ALL)
def _scan_of_batches(
    lengths: Any, *values: Any, body: Program, num_scan_inputs: int, captured: int,
    directions: Ints | None = None,
) -> Any:  # fmt: skip
    if lengths is not None:
        raise OnnxError("Scan with lengths of its sequences is not known; opset 9 has none")
    given, around = values[: len(values) - captured], values[len(values) - captured :]
    examples = [
        _scan(
            *(x[i] for x in given), *around, body=body, num_scan_inputs=num_scan_inputs,
            captured=captured, scan_input_directions=directions,
        )
        for i in range(shape_of(given[0])[0])
    ]  # fmt: skip
    return tuple(ops.stack(list(parts), axis=0) for parts in zip(*examples, strict=True))
