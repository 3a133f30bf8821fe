"""Sums over all alignments of labels with steps, step by step, and their derivatives.

A path stands at each step at one of several places. From a place it goes to that place again, to
the next, or over that to the one behind, where it may: on to place s it comes from s, s − 1 and
s − 2. Axes are (…, steps, places).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tensorgraph.engine.arrays import is_foreign, placed
from tensorgraph.engine.domain import Boolean
from tensorgraph.engine.op import Op, OpFunction
from tensorgraph.engine.rule import MULTILINEAR, NONDIFF
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import ShapeError
from tensorgraph.ops._batching import leading
from tensorgraph.ops.arithmetic import equal, where
from tensorgraph.ops.joining import stack
from tensorgraph.ops.logits import logsumexp
from tensorgraph.ops.padding import pad
from tensorgraph.ops.reduce import in_single
from tensorgraph.ops.splitting import unstack
from tensorgraph.ops.transcendental import exp

WAYS = 3
"""From how many places a path may come."""

# ------------------------------------------------------------------------------- linear in weights


def _check_carried(x: Any, weights: Any, *, reverse: bool) -> dict[str, Any]:
    *lead, steps, places = shape_of(x)
    if shape_of(weights) != (*lead, steps, WAYS, places):
        raise ShapeError(
            f"weights of shape {shape_of(weights)} must be {WAYS} for each number of x, of shape"
            f" {shape_of(x)}"
        )
    return {"reverse": bool(reverse)}


def _carried_kernel(x: Any, weights: Any, *, reverse: bool = False) -> Any:
    if is_foreign(x):
        return _carried_body(x, weights, reverse=reverse)
    x, weights = np.moveaxis(x, -2, 0), np.moveaxis(weights, (-3, -2), (0, 1))
    out = np.zeros(x.shape, np.result_type(x, weights))
    compute = _carried_back if reverse else _carried_on
    compute(out, np.ascontiguousarray(x), np.ascontiguousarray(weights))
    return np.ascontiguousarray(np.moveaxis(out, 0, -2))


def _carried_on(out: Any, x: Any, weights: Any) -> None:
    wide = np.zeros((*x.shape[1:-1], x.shape[-1] + WAYS - 1), out.dtype)
    own = wide[..., WAYS - 1 :]
    by_way = np.moveaxis(sliding_window_view(wide, x.shape[-1], axis=-1), -2, 0)[::-1]
    for t in range(1, len(x)):
        np.add(out[t - 1], x[t - 1], out=own)
        np.add.reduce(weights[t] * by_way, axis=0, out=out[t])


def _carried_back(out: Any, x: Any, weights: Any) -> None:
    places = x.shape[-1]
    terms = np.zeros((WAYS, *x.shape[1:-1], places + WAYS - 1), out.dtype)
    moved = [terms[k, ..., k : k + places] for k in range(WAYS)]
    for t in range(len(x) - 1, 0, -1):
        np.multiply(weights[t], x[t] + out[t], out=terms[..., :places])
        np.add(moved[0], moved[1], out=out[t - 1])
        out[t - 1] += moved[2]


def _from_before(x: Any, constant: float) -> Any:
    """Return, for each place, what stood a step before in the places that a path may come from."""
    lead = ((0, 0),) * (len(shape_of(x)) - 2)
    places = shape_of(x)[-1]
    before = pad(x, pad_width=(*lead, (1, 0), (WAYS - 1, 0)), constant=constant)[..., :-1, :]
    return stack([before[..., k : k + places] for k in range(WAYS - 1, -1, -1)], axis=-2)


def _carried_body(x: Any, weights: Any, *, reverse: bool) -> Any:
    rows, ways = unstack(x, axis=-2), unstack(weights, axis=-3)
    lead = ((0, 0),) * (len(shape_of(x)) - 2)
    places = shape_of(x)[-1]
    found = [0 * rows[-1 if reverse else 0]]
    for t in range(len(rows) - 1, 0, -1) if reverse else range(1, len(rows)):
        if reverse:
            terms = pad(
                ways[t] * (rows[t] + found[-1])[..., None, :],
                pad_width=(*lead, (0, 0), (0, WAYS - 1)),
            )
            parts = [terms[..., k, k : k + places] for k in range(WAYS)]
        else:
            wide = pad(rows[t - 1] + found[-1], pad_width=(*lead, (WAYS - 1, 0)))
            parts = [
                ways[t][..., k, :] * wide[..., WAYS - 1 - k : WAYS - 1 - k + places]
                for k in range(WAYS)
            ]
        found.append(parts[0] + parts[1] + parts[2])
    return stack(found[::-1] if reverse else found, axis=-2)


def _carried_by_weights(g: Any, x: Any, weights: Any, out: Any, reverse: bool) -> Any:
    here, there = x + out, g + carried(g, weights, reverse=not reverse)
    before, now = (there, here) if reverse else (here, there)
    return _from_before(before, 0.0) * now[..., None, :]


carried: OpFunction = Op(
    "carried",
    in_single(_carried_kernel),
    {
        "x": lambda g, weights, reverse: carried(g, weights, reverse=not reverse),
        "weights": _carried_by_weights,
    },
    family="fused",
    jvp={"x": MULTILINEAR},
    batch=leading,
    body=_carried_body,
    lowering=_carried_body,
    shape=lambda x, weights, *, reverse: shape_of(x),
    dtype=lambda x, weights, *, reverse: np.result_type(x.dtype, weights.dtype),
    prepare=_check_carried,
    doc="Return yₜ[s] = Σₖ weightsₜ[k, s]·(x + y)ₜ₋₁[s − k] of y₀ = 0; reversed, its adjoint by x.",
).call

# ------------------------------------------------------------------------------ sums in logarithms


def _check_reached(emitted: Any, over: Any) -> dict[str, Any]:
    *lead, _, places = shape_of(emitted)
    if shape_of(over) != (*lead, places):
        raise ShapeError(
            f"over of shape {shape_of(over)} must be one for each place of emitted, of shape"
            f" {shape_of(emitted)}"
        )
    return {}


def _start(emitted: Any, dtype: Any = None) -> Any:
    """Return where paths begin: at place 0 or 1, as logarithms."""
    *lead, _, places = shape_of(emitted)
    return np.broadcast_to(
        np.where(np.arange(places) < 2, 0, -math.inf).astype(dtype or emitted.dtype),
        (*lead, places),
    )


def _reached_kernel(emitted: Any, over: Any) -> Any:
    if is_foreign(emitted):
        return _reached_body(emitted, over)
    emitted = np.ascontiguousarray(np.moveaxis(emitted, -2, 0))
    out = np.empty(emitted.shape, emitted.dtype)
    wide = np.full((*out.shape[1:-1], out.shape[-1] + WAYS - 1), -math.inf, out.dtype)
    stay, next_, behind = (wide[..., k : k + out.shape[-1]] for k in (2, 1, 0))
    closed = np.where(over, 0, -math.inf).astype(out.dtype)
    least = np.finfo(out.dtype).min
    out[:1] = _start(np.moveaxis(emitted, 0, -2))
    for t in range(1, len(out)):
        np.add(out[t - 1], emitted[t - 1], out=stay)
        far = behind + closed
        larger, smallest = np.maximum(stay, next_), np.minimum(stay, next_)
        top, middle = np.maximum(larger, far), np.minimum(larger, far)
        shift = np.maximum(top, least)  # where no path has come −∞ − (−∞) would be NaN
        rest = np.exp(middle - shift) + np.exp(smallest - shift)
        np.add(top, np.log1p(rest), out=out[t])
    return np.ascontiguousarray(np.moveaxis(out, 0, -2))


def _reached_body(emitted: Any, over: Any) -> Any:
    rows = unstack(emitted, axis=-2)
    lead = ((0, 0),) * (len(shape_of(over)) - 1)
    places = shape_of(over)[-1]
    reached = [placed(_start(emitted), array_of(emitted))]
    for row in rows[:-1]:
        before = pad(reached[-1] + row, pad_width=(*lead, (WAYS - 1, 0)), constant=-math.inf)
        stay, next_, behind = (before[..., k : k + places] for k in (2, 1, 0))
        ways = [stay, next_, where(over, behind, -math.inf)]
        reached.append(logsumexp(stack(ways, axis=0), axis=0))
    return stack(reached, axis=-2)


def _shares(emitted: Any, over: Any, out: Any) -> Any:
    """Return which share of the paths to a place came which way, by ways before the last axis."""
    ways = _from_before(out + emitted, -math.inf)
    open_ = np.arange(WAYS)[:, None] < WAYS - 1
    open_ = placed(open_, array_of(over)) | over[..., None, None, :]
    none = equal(out, -math.inf)[..., None, :]
    gap = where(open_, ways, -math.inf) - where(none, 0, out[..., None, :])
    return exp(where(none, -math.inf, gap))


reached: OpFunction = Op(
    "reached",
    in_single(_reached_kernel),
    {
        "emitted": lambda g, emitted, over, out: carried(
            g, _shares(emitted, over, out), reverse=True
        ),
        "over": NONDIFF,
    },
    family="fused",
    jvp={
        "emitted": lambda g, emitted, over, out: carried(
            g, _shares(emitted, over, out), reverse=False
        )
    },
    batch=leading,
    domain={"over": Boolean()},
    body=_reached_body,
    lowering=_reached_body,
    shape=lambda emitted, over: shape_of(emitted),
    dtype=lambda emitted, over: emitted.dtype,
    prepare=_check_reached,
    doc="""Return log Σ over the paths to each place before each step of what they have emitted.

    At step 0 paths stand at place 0 or 1. To place s they come over s − 1 where `over` says so.
    """,
).call
