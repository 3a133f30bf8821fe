"""float32 against float64: the same numbers in, and out what rounding alone tells apart."""

from __future__ import annotations

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.op import Op
from tensorgraph.testing.ops.op_calls import Case
from tensorgraph.testing.ops.orders import Orders, orders, random_projection
from tensorgraph.testing.ops.sizes import worst

EPS = float(np.finfo(np.float32).eps)
UNITS = 16
"""Of rounding, that an algorithm may lose besides what its inputs' rounding moves it by."""
_LARGEST, _LEAST = 1e37, 1e-37
"""What float32 holds, with room for what is multiplied on the way."""
_DRAWS = 2


def check_precision(op: Op, case: Case) -> None:
    """float32 gives what float64 does, up to rounding: results and derivatives of both orders.

    How much rounding explains is seen in float64, from inputs that are moved as float32 rounds.
    """
    floating = case.floating
    if not floating:
        return
    singles = {k: np.asarray(case.inputs[k]).astype(np.float32) for k in floating}
    doubles = {k: x.astype(np.float64) for k, x in singles.items()}
    projection, names = random_projection(0), [op.operand_name(k) for k in floating]
    found = orders(case.with_inputs(dict(singles)), projection)
    exact = orders(case.with_inputs(dict(doubles)), projection)
    moved = [_moved(case, doubles, seed) for seed in range(_DRAWS)]
    others = [[array for _, array in other.told(names)] for other in moved]
    typical: dict[str, float] = {}
    pairs = zip(found.told(names), exact.told(names), *others, strict=True)
    for (what, single), (_, double), *near in pairs:
        if single.dtype.kind != "f" or single.shape != double.shape:
            continue
        typical[what] = _typical(double)
        before = typical.get(what.replace("second derivative", "gradient"), 0.0)
        room = _room(double, near, max(typical[what], before))
        at = worst(np.where(np.abs(double) < _LARGEST, single, double), double, room)
        if at is not None:
            given = ", ".join(
                f"{name} {singles[k][at]!s}"
                for name, k in zip(names, floating, strict=True)
                if singles[k].shape == double.shape
            )
            off = abs(float(single[at]) - double[at])
            raise AssertionError(
                f"{case}: in float32 {what} is {single[at]!s} at index {at}, where float64 gives"
                f" {double[at]:.9g}{given and f', of {given}'}; that is {off / room[at]:.1f} times"
                " what rounding explains"
            )


def _moved(case: Case, inputs: dict[int, Array], seed: int) -> Orders:
    rng = np.random.default_rng(seed)
    moved = {
        k: np.asarray(x * (1 + EPS * rng.choice([-1.0, 1.0], x.shape))) for k, x in inputs.items()
    }
    return orders(case.with_inputs(dict(moved)), random_projection(0))


def _typical(array: Array) -> float:
    known = np.abs(array[np.isfinite(array)])
    return float(np.median(known)) if known.size else 0.0


def _room(exact: Array, near: list[Array], typical: float) -> Array:
    with np.errstate(all="ignore"):
        noise = np.max([np.abs(other - exact) for other in near], axis=0, initial=0.0)
        room: Array = UNITS * (EPS * (np.abs(exact) + typical) + noise) + _LEAST
    return room
