"""What a loss promises of a batch: its order, its examples, its shapes, its reductions."""

from __future__ import annotations

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.testing.losses.loss_calls import EXACT, LossCall, difference
from tensorgraph.testing.plain_arrays import largest

TOGETHER = (
    "\nif the examples belong together (pairs, a root over the batch), write independent=False"
)


def check_reductions(call: LossCall, seed: int) -> str:
    """The sum is that of the losses, and the mean is it divided by what no prediction changes."""
    counts = []
    _require_each(call.value(reduction="none"), call, 'with reduction="none"')
    for p in call.varied(seed):
        single, total, mean = (call.value(p, reduction=kind) for kind in ("none", "sum", "mean"))
        if off := difference(total, np.asarray(single.sum()), EXACT, float(np.abs(single).sum())):
            raise AssertionError(f'"sum" is {off}, the sum of the losses of "none"')
        if abs(mean) > 1e-12 * largest(single):
            counts.append(float(total / mean))
    if not counts:
        return ""
    if np.ptp(counts) > 1e-9 * max(counts):
        raise AssertionError(
            f'"sum" is {counts[0]:.9g} times "mean", for other predictions {counts[-1]:.9g} times:'
            " what the mean divides by depends on the predictions"
        )
    plain = call.left_out is None and call.settings.get("weight") is None
    if plain and abs(counts[0] - single.size) > 1e-9 * single.size:
        raise AssertionError(
            f'"sum" is {counts[0]:.9g} times "mean", but "none" returns {single.size} losses'
        )
    default = call.value(call.predictions)
    for kind in ("mean", "sum", "none"):
        named = call.value(call.predictions, reduction=kind)
        if named.shape == default.shape and not difference(named, default, EXACT):
            break
    else:
        raise AssertionError("without reduction=… it is none of mean, sum and none")
    return "" if plain else f'"mean" divides by {counts[0]:.6g}'


def check_permuted(call: LossCall, seed: int) -> None:
    """A permuted batch has permuted losses, the same cost and a permuted gradient."""
    order = np.random.default_rng(seed).permutation(call.count)
    if np.array_equal(order, np.arange(call.count)):
        order = order[::-1]
    moved = call.taking(order)
    axis, _ = call.batch or (0, 0)
    losses, permuted = call.losses(), moved.losses()
    pairs = [("cost", moved.value(), call.value())]
    if losses is not None and permuted is not None and call.count in losses.shape:
        pairs = [("losses", permuted, np.take(losses, order, axis=_axis_of(losses, call)))]
    pairs.append(("gradient", moved.gradient(), np.take(call.gradient(), order, axis=axis)))
    for what, found, expected in pairs:
        if off := difference(found, expected, EXACT):
            raise AssertionError(
                f"with the examples in the order {_listed(order)} the {what} is {off}{TOGETHER}"
            )


def check_independent(call: LossCall, seed: int) -> None:
    """Neither the loss of an example nor its gradient depends on another example's prediction."""
    axis, _ = call.batch or (0, 0)
    other = np.roll(call.predictions, 1, axis=axis)
    kept = np.zeros(call.predictions.shape, bool)
    index = [slice(None)] * kept.ndim
    index[axis] = slice(0, 1)
    kept[tuple(index)] = True
    mixed = np.where(kept, call.predictions, other)
    first, changed = (
        np.take(call.total_gradient(p), 0, axis=axis) for p in (call.predictions, mixed)
    )
    if off := difference(changed, first, EXACT, largest(first)):
        raise AssertionError(
            f"with other predictions of the other examples the gradient by example 0 is"
            f" {off}\nis a mean, a softmax or a standardisation taken along the batch?{TOGETHER}"
        )
    losses, after = call.losses(), call.losses(mixed)
    if losses is not None and after is not None and call.count in losses.shape:
        at = _axis_of(losses, call)
        mine, now = np.take(losses, 0, axis=at), np.take(after, 0, axis=at)
        if off := difference(np.asarray(now), np.asarray(mine), EXACT):
            raise AssertionError(
                f"with other predictions of the other examples the loss of example 0 is"
                f" {off}{TOGETHER}"
            )


def check_doubled(call: LossCall) -> str:
    """Every example twice costs the same, a mean, or twice as much, a sum; say which."""
    once, twice = call.value(), call.taking([*range(call.count)] * 2).value()
    if once.shape:
        _require_each(once, call, "without a reduction")
        expected = np.concatenate([once, once], axis=_axis_of(once, call))
        if off := difference(twice, expected, EXACT):
            raise AssertionError(f"with every example twice the losses are {off}")
        return ""
    if not difference(twice, once, EXACT):
        return "the cost is a mean over the examples"
    if not difference(twice, 2 * once, EXACT):
        return "the cost is a sum over the examples"
    raise AssertionError(
        f"with every example twice the cost is {twice:.9g}, neither {once:.9g} as a mean is, nor"
        f" {2 * once:.9g} as a sum is{TOGETHER}"
    )


def check_shapes(call: LossCall) -> None:
    """One of the two with an axis more is refused, or costs the same.

    NumPy broadcasts a column (n, 1) beside a row (n,) to n × n differences.
    """
    axis, target_axis = call.batch or (0, 0)
    p, y = call.predictions, call.targets
    if p.shape != y.shape:
        y = y.reshape(p.shape)
        others = [("targets", p, call.targets)]
    else:
        others = [
            ("targets", p, np.expand_dims(y, target_axis + 1)),
            ("predictions", np.expand_dims(p, axis + 1), y),
            ("targets", p, y[None]),
        ]
    whole = call.value(p, y)
    for name, predictions, targets in others:
        try:
            found = call.value(predictions, targets)
        except Exception:
            continue
        same = found.size == whole.size and not difference(found.reshape(whole.shape), whole, EXACT)
        if not same:
            told = (
                f"costs {found:.6g}" if found.shape == () else f"has losses of shape {found.shape}"
            )
            raise AssertionError(
                f"predictions of shape {predictions.shape} and targets of shape {targets.shape} are"
                f" broadcast: that {told}, shapes {p.shape} and {y.shape} of the same numbers"
                f" {_cost(whole)}\nrefuse {name} of another shape"
                f" (if predictions.shape != targets.shape: raise …), or reshape them;"
                " if they are meant to be broadcast, write broadcasts=True"
            )


def check_left_out(call: LossCall) -> None:
    """What stands where a target does not count has no influence, on cost or gradient."""
    out = call.left_out
    assert out is not None
    if call.label_axis is not None:
        out = np.broadcast_to(np.expand_dims(out, call.label_axis), call.predictions.shape)
    if out.shape != call.predictions.shape:
        return
    whole, slope = call.value(), call.gradient()
    if slope[out].any():
        raise AssertionError(
            f"a prediction whose target does not count has the gradient {slope[out].max():.6g}"
        )
    for filling in (call.extremes[1], np.nan):
        p = np.where(out, filling, call.predictions)
        for what, found, expected in (
            ("cost", call.value(p), whole), ("gradient", call.gradient(p), slope),
        ):  # fmt: skip
            if off := difference(found, expected, EXACT):
                raise AssertionError(
                    f"with {filling:g} where a target does not count the {what} is {off}\nreplace"
                    " what does not count, tg.where(counts, predictions, 0), as 0 · NaN is NaN"
                )


def check_counted(call: LossCall) -> None:
    """The mean is that of the examples that count, as if the others were not there."""
    out = call.left_out
    assert out is not None
    _, target_axis = call.batch or (0, 0)
    others = tuple(k for k in range(out.ndim) if k != target_axis)
    gone = out.all(axis=others)
    if not gone.any() or gone.all():
        return
    alone = call.taking(np.flatnonzero(~gone))
    kind = "mean" if call.has_reductions else None
    if off := difference(call.value(reduction=kind), alone.value(reduction=kind), EXACT):
        raise AssertionError(
            f"beside {int(gone.sum())} examples that do not count the cost is {off} without them:"
            " the mean divides by examples that do not count"
        )


def _require_each(losses: Array, call: LossCall, when: str) -> None:
    """Raise unless there are losses of every example, where it is known which these are."""
    if call.batch is None or (losses.ndim and losses.shape[_axis_of(losses, call)] == call.count):
        return
    raise AssertionError(
        f"{when} the losses have shape {losses.shape}, for {call.count} examples: is something"
        f" summed along axis {call.batch[1]}, that of the examples?"
    )


def _axis_of(losses: Array, call: LossCall) -> int:
    """Return the axis of the losses along which the examples stand."""
    target_axis = (call.batch or (0, 0))[1]
    if losses.ndim > target_axis and losses.shape[target_axis] == call.count:
        return target_axis
    return next((k for k, n in enumerate(losses.shape) if n == call.count), 0)


def _cost(value: Array) -> str:
    return f"cost {value:.6g}" if value.shape == () else f"have losses of shape {value.shape}"


def _listed(order: Array) -> str:
    return f"{order.tolist()}" if len(order) <= 8 else f"{order[:8].tolist()[:-1]}…"
