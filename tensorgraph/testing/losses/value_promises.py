"""What a loss promises of its numbers: values, gradients, extremes, precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.errors import describe
from tensorgraph.testing.losses.loss_calls import EXACT, LOGITS, LossCall, as_numbers, difference
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.plain_arrays import largest
from tensorgraph.testing.promises import NotAsked

SINGLE = 2e-4
"""What float32 may lose, relative to the largest number of its kind."""


def check_repeatable(call: LossCall) -> None:
    """The same inputs cost the same again, and what was given stays as it was."""
    y = np.array(call.targets)
    first = as_numbers(call(call.leaf(), y))
    if not np.array_equal(y, call.targets, equal_nan=True):
        raise AssertionError(
            "the loss changed the targets that it was given, in place\nwrite targets = targets - …"
            " for targets -= …"
        )
    again = as_numbers(call(call.leaf(), y))
    if not np.array_equal(first, again, equal_nan=True):
        raise AssertionError(f"{first!r} at first, {again!r} for the same inputs again")
    if not np.isfinite(first).all():
        raise AssertionError(f"it is not finite for the examples given: {first!r}")


def check_differentiable(call: LossCall) -> None:
    """A gradient by the predictions can be had."""
    call.gradient()


def check_gradients(call: LossCall, seed: int) -> str:
    """First and second derivatives by the predictions are right; return where there are kinks."""

    def of_predictions(predictions: Any) -> Any:
        return call(predictions)

    found = gradcheck(of_predictions, call.predictions, order=2, seed=seed)
    return f"{len(found.kinks)} of {call.predictions.size} stand at a kink" if found.kinks else ""


def check_naive(call: LossCall, naive: Callable[[Array, Array], Any], seed: int) -> None:
    """The cost is what the plainly written loss gives, where that is finite."""
    for p in call.varied(seed):
        expected = as_numbers(naive(np.array(p), np.array(call.targets)))
        found = call.value(p)
        if off := difference(found, expected, EXACT):
            ratio = ""
            if found.shape == expected.shape and np.all(expected):
                ratios = found / expected
                if np.ptp(ratios) < 1e-9 and np.isfinite(ratios).all():
                    ratio = f" (all by the factor {float(np.mean(ratios)):.6g})"
            raise AssertionError(f"{off}{ratio}, as naive says, for predictions {_shown(p)}")


def check_perfect(call: LossCall, perfect: Array) -> None:
    """A perfect prediction costs nothing, its gradient is finite, and no other costs less."""
    usual = largest(call.value())
    found = call.value(perfect)
    if not np.all(np.abs(found) <= 1e-6 * usual):
        worst = found.reshape(-1)[int(np.argmax(np.abs(found)))]
        raise AssertionError(
            f"a perfect prediction costs {worst:.6g}, not 0 (the examples given cost up to"
            f" {usual:.3g}): predictions {_shown(perfect)}, targets {_shown(call.targets)}"
        )
    slope = call.gradient(perfect)
    if not np.isfinite(slope).all():
        raise AssertionError(
            f"the gradient at a perfect prediction is {_first_bad(slope)}: a root or a logarithm of"
            " 0 has no slope; training ends in NaN there"
        )


def check_lowest(call: LossCall, lowest: float | None, perfect: Array | None, seed: int) -> None:
    """No prediction costs less than it may, or ever less the farther away it is."""
    low, high = call.extremes
    if lowest is not None:
        # What is a probability, or the logarithm of one, need not be one of many at its ends.
        free = _extreme(call, seed) if low < 0 < high else ()
        near = [] if perfect is None else [
            perfect + share * (call.predictions - perfect) for share in (0.01, 0.1, 0.3)
        ]  # fmt: skip
        for p in (*call.varied(seed), *near, *free):
            found = call.value(p)
            margin = 1e-9 * max(1.0, float(np.nanmax(np.abs(found), initial=0.0)))
            if (found < lowest - margin).any():
                raise AssertionError(
                    f"a prediction costs {float(np.nanmin(found)):.6g}, less than {lowest:g}:"
                    f" predictions {_shown(p)}; is a sign lost?"
                )
        return
    for corner in _extreme(call, seed):
        if (low, high) == (0.0, 1.0):
            path = [np.clip(corner, eps, 1 - eps) for eps in (1e-2, 1e-4, 1e-6, 1e-8)]
        else:
            path = [np.asarray(corner * scale) for scale in (1e-3, 1e-2, 1e-1, 1.0)]
        costs = [float(np.sum(call.value(p))) for p in path]
        steps = np.diff(costs)
        if costs[-1] < 0 and (steps < 0).all() and steps[-1] <= 0.5 * steps[-2]:
            raise AssertionError(
                f"the cost falls without end: {', '.join(f'{c:.4g}' for c in costs)} as"
                f" predictions go to {_shown(path[-1])}\nis a sign lost? If it may be so, write"
                " lowest=-math.inf"
            )


def check_extremes(call: LossCall, seed: int) -> str:
    """Cost and gradient are finite at extreme predictions, in double and in single precision."""
    for dtype in (np.float64, np.float32):
        for p in _extreme(call, seed):
            _require_finite(call.in_dtype(dtype), p, _advice(call))
    for label in _only_label(call):
        one = call.with_inputs(call.predictions, np.full_like(call.targets, label))
        for p in (call.predictions, *_extreme(call, seed)):
            _require_finite(one, p, NOTHING)
    low, high = call.extremes
    return "" if call.given_extremes else f"predictions of {low:g} and {high:g}"


NOTHING = (
    "there may be none of a kind, as in an empty mask: 0 / 0 is NaN; divide by … + 1, or by"
    " tg.maximum(count, 1)"
)


OF_SLOPES = (
    "the cost is finite there: a root of 0 has no slope, as that of a sum of squares where rows are"
    " equal (take tg.norm, or tg.sqrt(… + eps)), and 0 · ∞ is NaN also behind tg.where"
)


def _only_label(call: LossCall) -> tuple[int, ...]:
    """Return the labels that all targets may have, as far as the examples tell."""
    y = call.targets
    alike = y.shape == call.predictions.shape and call.class_axis is None
    return (0, 1) if alike and np.isin(y, (0, 1)).all() else ()


def _require_finite(call: LossCall, p: Array, advice: str) -> None:
    """Raise unless cost and gradient are finite, or what the loss is given is refused."""
    typed = p.astype(call.predictions.dtype)
    for what, compute, mend in (
        ("cost", call.value, advice),
        ("gradient", call.gradient, f"{OF_SLOPES}\n{advice}"),
    ):
        found = compute(typed)
        if not np.isfinite(found).all():
            raise AssertionError(
                f"the {what} is {_first_bad(found)} in {typed.dtype} at predictions {_shown(p)},"
                f" targets {_shown(call.targets)}\n{mend}"
            )


def check_single(call: LossCall, seed: int) -> None:
    """float32 predictions cost what they cost in double precision, in float32."""
    narrow = call.in_dtype(np.float32)
    wide = narrow.in_dtype(np.float64)  # of the numbers that float32 has
    for what, single, double in (
        ("cost", narrow.value(), wide.value()),
        ("gradient", narrow.gradient(), wide.gradient()),
    ):
        if single.dtype != np.float32:
            raise AssertionError(
                f"the {what} of float32 predictions is {single.dtype}: an array of float64 among"
                " the constants, or a number of NumPy? Write plain ones, int(n), or"
                " constant.astype(predictions.dtype)"
            )
        if off := difference(single, double, SINGLE):
            raise AssertionError(f"the {what} in float32 is {off}, as in float64")
    for p in _extreme(call, seed):
        if off := difference(narrow.value(p.astype(np.float32)), wide.value(p), SINGLE):
            raise AssertionError(
                f"the cost in float32 is {off}, as in float64, at predictions {_shown(p)}"
            )


def check_continuous(call: LossCall, seed: int) -> None:
    """The cost does not jump anywhere on straight lines through the predictions.

    What the gradients at both ends of a piece do not tell of the change between them is looked for
    in ever smaller pieces.
    """
    for line in _lines(call, seed):
        t = np.linspace(0.0, 1.0, PIECES + 1)
        ends = [_on_line(call, line, s) for s in t]
        step = 1 / PIECES
        missing = [_untold(a, b, step) for a, b in pairwise(ends)]
        if not np.isfinite(missing).all():
            continue
        size = max(abs(cost) for cost, _ in ends)
        for k in np.argsort(missing)[-3:]:
            low, high, before, after = float(t[k]), float(t[k + 1]), ends[k], ends[k + 1]
            while high - low > 1e-12 and abs(after[0] - before[0]) > 1e-6 * size:
                middle = (low + high) / 2
                here, step = _on_line(call, line, middle), middle - low
                if _untold(before, here, step) >= _untold(here, after, step):
                    high, after = middle, here
                else:
                    low, before = middle, here
            if abs(after[0] - before[0]) > 1e-6 * size:
                p = line(low)
                apart = float(np.abs(line(high) - p).max())
                raise AssertionError(
                    f"the cost jumps from {before[0]:.9g} to {after[0]:.9g} between predictions"
                    f" that differ by {apart:.1g}, at {_shown(p)}, targets {_shown(call.targets)}"
                    "\nwhere two formulas meet they must agree; if a jump is meant, write"
                    " continuous=False"
                )


PIECES = 64
"""In which a line is looked through."""


def _lines(call: LossCall, seed: int) -> Iterator[Callable[[float], Array]]:
    """Yield straight lines through the predictions, from one side to the other, in their domain."""
    rng = np.random.default_rng(seed)
    low, high = call.extremes
    middle = call.predictions
    y = call.targets
    if y.shape == middle.shape and np.isfinite(y).all():
        middle = y.astype(np.float64)  # thresholds are of the difference, as a rule
    reach = 4 * max(1.0, float(np.std(call.predictions)))
    for _ in range(2):
        way = reach * rng.uniform(0.5, 1, middle.shape) * rng.choice([-1.0, 1.0], middle.shape)
        first, last = (np.clip(middle + s * way, low, high) for s in (-1, 1))
        if (low, high) != LOGITS:
            inner = 1e-2 * (min(high, float(np.abs(call.predictions).max())) - max(low, -reach))
            first, last = (np.clip(end, low + inner, high - inner) for end in (first, last))
        yield lambda s, a=first, b=last: np.asarray((1 - s) * a + s * b)  # type: ignore[misc]


def _on_line(call: LossCall, line: Callable[[float], Array], s: float) -> tuple[float, float]:
    """Return the cost, and how it changes along a line."""
    p = line(s)
    return float(call.value(p).sum()), float((call.gradient(p) * (line(1.0) - line(0.0))).sum())


def _untold(a: tuple[float, float], b: tuple[float, float], step: float) -> float:
    """Return how much of a change the slopes at both ends do not tell."""
    return abs(b[0] - a[0] - step * (a[1] + b[1]) / 2)


def check_confident(call: LossCall) -> None:
    """The surer a prediction is of a wrong class, the gradient does not vanish."""
    hot, axis = call.choices, call.class_axis
    if hot is None or axis is None:
        raise NotAsked("the targets choose no classes")
    wrong = np.roll(hot, 1, axis=axis)
    undecided = float(np.abs(call.gradient(np.full(hot.shape, -np.log(hot.shape[axis])))).max())
    found = float(np.abs(call.gradient(SURE * (wrong - 1))).max())
    if found < 1e-6 * undecided:
        raise AssertionError(
            f"where predictions are sure of a wrong class (0, and -{SURE:g} for the others), the"
            f" gradient is {found:.2g}; undecided, it is {undecided:.2g}: such examples are never"
            " learnt\nis a softmax taken twice, or the logarithm of softmax + ε? Take"
            " tg.log_softmax of the logits; if it is meant (as of Brier's), write saturates=True"
        )


SURE = 100.0
"""How far the logit of a class is above the others where nothing is left to doubt."""


def check_class_sums(call: LossCall, seed: int) -> None:
    """Along the classes of logits the gradient sums to 0, and a number added to all is nothing."""
    axis = call.class_axis
    assert axis is not None
    for p in (*call.varied(seed), *_extreme(call, seed)):
        slope = call.gradient(p)
        sums = slope.sum(axis=axis)
        size = largest(slope)
        if np.isfinite(slope).all() and not (np.abs(sums) <= EXACT * size).all():
            worst = float(sums.reshape(-1)[int(np.argmax(np.abs(sums)))])
            raise AssertionError(
                f"the gradient of an example sums to {worst:.6g} along axis {axis} of the classes,"
                f" not to 0 (its largest element is {size:.3g}), at predictions {_shown(p)}\nis the"
                " softmax along another axis, or a term missing?"
            )
    moved = call.value(call.predictions + 3.0)
    if off := difference(moved, call.value(), 1e-9):
        raise AssertionError(f"with 3 added to all logits the cost is {off}")


# --------------------------------------------------------------------------------------- helpers


def _extreme(call: LossCall, seed: int) -> Iterator[Array]:
    """Yield predictions at the ends of their domain."""
    rng = np.random.default_rng(seed)
    low, high = call.extremes
    shape = call.predictions.shape
    yield np.full(shape, low)
    yield np.full(shape, high)
    for _ in range(4):
        yield np.where(rng.random(shape) < 0.5, low, high)
    ends = np.where(rng.random(shape) < 0.5, low, high)
    yield np.where(rng.random(shape) < 0.5, ends, call.predictions)


def _advice(call: LossCall) -> str:
    if call.extremes == (0.0, 1.0):
        return (
            "log 0 is −∞, and 0 · ∞ is NaN: let the loss take logits (log_softmax, softplus), or"
            " bound what the logarithm gets"
        )
    return (
        "exp(1000) is ∞: take tg.log_softmax, tg.logsumexp or tg.softplus, which subtract the"
        " largest first; or say how far predictions go: extremes=(low, high)"
    )


def _first_bad(array: Array) -> str:
    return f"{float(array[~np.isfinite(array)][0])}"


def _shown(array: Array) -> str:
    """Return an array in a line, or its first numbers."""
    if array.size <= 8:
        return np.array2string(array, precision=6, separator=", ").replace("\n", "")
    few = np.array2string(array.reshape(-1)[:6], precision=4, separator=", ")
    return f"{few[:-1]}, …] ({describe(array)})"
