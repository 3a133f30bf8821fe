"""What an optimizer promises of a step: its equation, what it moves, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.optim import flat_parameters
from tensorgraph.testing.optimizers.stepping import (
    NAMED,
    Subject,
    apart,
    draws,
    give,
    leaves,
    stepped,
    values,
)
from tensorgraph.testing.optimizers.textbook import Equation

CLOSE = 1e-12


def check_first_step(subject: Subject, first_step: Callable[[Array, Array], Any]) -> None:
    """The first step is what its formula says."""
    start, (gradients,) = values(), draws(1, tiny=True)
    expected = [
        np.asarray(first_step(np.array(w), np.array(g)), float)
        for w, g in zip(start, gradients, strict=True)
    ]
    found = subject.run(start, [gradients])
    if off := apart(found, expected, CLOSE):
        raise AssertionError(f"after the first step {off}{_ratio(start, found, expected)}")


def check_equation(subject: Subject, equation: Equation) -> None:
    """Many steps are what the equations of the source say."""
    settings = {
        name: value
        for name, value in vars(subject.make(leaves(values()))).get("defaults", {}).items()
    }
    start, gradients = values(), draws(7, tiny=True)
    expected = []
    for i, theta in enumerate(start):
        memory: dict[str, Array] = {}
        for t, step in enumerate(gradients, 1):
            theta = equation(theta, step[i], memory, t, **settings)
        expected.append(np.asarray(theta))
    if off := apart(subject.run(start, gradients), expected, CLOSE):
        raise AssertionError(f"after 7 steps {off}")


def check_finite(subject: Subject) -> None:
    """Ordinary gradients lead to finite parameters."""
    start, gradients = values(), draws(5)
    for steps in range(1, len(gradients) + 1):
        _require_finite(subject.run(start, gradients[:steps]), f"after step {steps}")


def check_zero_gradient(subject: Subject) -> None:
    """A gradient of exactly 0, of a parameter or of an element, is one like any other.

    A unit that is dead has it, and a row of an embedding that no example asks for.
    """
    for dtype in (np.float64, np.float32):
        start, gradients = values(dtype=dtype), draws(3)
        for step in gradients[:2]:
            step[1][0], step[2][...] = 0.0, 0.0
        for steps in (1, 3):
            try:
                found = subject.run(start, gradients[:steps])
            except Exception as error:
                raise AssertionError(
                    f"{ZEROS} it raises {type(error).__name__}: {error}"
                ) from error
            _require_finite(found, f"{ZEROS} in {np.dtype(dtype)}, after step {steps}")


ZEROS = "where a gradient is 0 from the first step on, as of a dead unit,"


def _require_finite(params: list[Array], when: str) -> None:
    for name, w in zip(NAMED, params, strict=True):
        if not (fine := np.isfinite(w)).all():
            index = tuple(int(i) for i in np.argwhere(~fine)[0])
            where = f" at {index}" if index else ""
            raise AssertionError(
                f"{when}, parameter {name!r}{where} is {w[index]}: a root of what is negative, or"
                " 0 / 0?\nadd eps to what is divided by: grad / (tg.sqrt(s) + eps)"
            )


IN_ONE = (
    " update gets many parameters laid end to end in one array, each element to be treated by"
    " itself: a norm of each parameter is not to be had there"
)


def check_apart(subject: Subject) -> None:
    """Each parameter moves as if it were alone, in whatever order they were given."""
    start, gradients = values(), draws(3)
    together = subject.run(start, gradients)
    alone = [subject.run([w], [[step[i]] for step in gradients])[0] for i, w in enumerate(start)]
    if off := apart(together, alone, CLOSE):
        raise AssertionError(
            f"beside other parameters {off} as it is alone\nis something kept for all of them,"
            f" or summed over them?{IN_ONE if subject.is_rule else ''}"
        )
    back = subject.run(start[::-1], [step[::-1] for step in gradients])[::-1]
    if off := apart(back, together, CLOSE):
        raise AssertionError(f"with the parameters given in reverse order {off}")


def check_sizes(subject: Subject) -> None:
    """A large parameter, which is cut into blocks, moves as its parts do."""
    rng = np.random.default_rng(3)
    w, g = rng.standard_normal((2, 7))
    count = flat_parameters.BLOCK // 7 + 2
    (small,) = subject.run([w], [[g], [2 * g]])
    (large,) = subject.run([np.tile(w, count)], [[np.tile(g, count)], [np.tile(2 * g, count)]])
    if off := apart([large], [np.tile(small, count)], CLOSE, ["large"]):
        raise AssertionError(
            f"of {7 * count:,} elements {off}, as in a small one\neach element must be treated by"
            " itself: the rule gets many parameters in one array, or a large one in blocks"
        )


def check_untouched(subject: Subject) -> None:
    """A parameter without a gradient stays as it is, and so does its time."""
    start, gradients = values(), draws(4)
    skipping = [
        [g if k in (0, 3) or i == 0 else None for i, g in enumerate(step)]
        for k, step in enumerate(gradients)
    ]
    params = leaves(start)
    optimizer = subject.make(params)
    stepped(optimizer, params, skipping[:1])
    before = [np.array(p.data) for p in params]
    stepped(optimizer, params, skipping[1:3])
    if off := apart([p.data for p in params][1:], before[1:], 0, [*NAMED][1:]):
        raise AssertionError(f"without a gradient {off}, which it was before the step")
    stepped(optimizer, params, skipping[3:])
    expected = subject.run(start, [gradients[0], gradients[3]])
    if off := apart([p.data for p in params][1:], expected[1:], CLOSE, [*NAMED][1:]):
        raise AssertionError(
            f"after two steps with a gradient, and two without one between them, {off}; is t"
            " counted for all parameters together?"
        )


def check_nothing_changed(subject: Subject) -> None:
    """The gradients stay as they are, and so do arrays that were read before the step."""
    params, (gradients,) = leaves(values()), draws(1)
    optimizer = subject.make(params)
    give(params, gradients)
    held = [p.data for p in params]
    before = [np.array(p) for p in held]
    optimizer.step()
    for name, param, g in zip(NAMED, params, gradients, strict=True):
        now = None if param.grad is None else np.asarray(param.grad.data)
        if now is None or not np.array_equal(now, g):
            raise AssertionError(f"the step changed the gradient of {name!r}")
    if off := apart(held, before):
        raise AssertionError(
            f"an array that was read before the step changed: {off}\ngive the parameter a new"
            " array: graphs recorded before need the old one"
        )


def check_not_finite(subject: Subject) -> str:
    """With a gradient that is not finite nothing changes: all or nothing. Return what is said."""
    told = ""
    start, gradients = values(), draws(3)
    for bad in (np.nan, np.inf):
        params = leaves(start)
        optimizer = subject.make(params)
        stepped(optimizer, params, gradients[:1])
        before = [np.array(p.data) for p in params]
        state = _state(optimizer)
        spoilt = [np.array(g) for g in gradients[1]]
        spoilt[2][1, 1] = bad
        give(params, spoilt)
        refused = ""
        try:
            optimizer.step()
        except Exception as error:
            refused = f" ({type(error).__name__} was raised)"
        taken = not np.isfinite(params[2].data[1, 1]) and not refused
        if taken and not subject.is_rule:
            told = "a gradient that is not finite goes into the parameters; nothing stops it"
            continue
        if off := apart([p.data for p in params], before):
            raise AssertionError(
                f"with a gradient of 'matrix' that holds {bad} {off}{refused}: nothing may change"
            )
        if not refused:
            told = "a step with a gradient that is not finite is left out without a word"
        elif changed := _differs(_state(optimizer), state):
            raise AssertionError(
                f"a gradient that holds {bad} was refused, but the state {changed!r} has changed"
            )
    return told


def check_no_rate(subject: Subject) -> None:
    """With a learning rate of 0 nothing moves."""
    start = values()
    if off := apart(subject.run(start, draws(3), lr=0.0), start):
        raise AssertionError(f"with lr=0 {off}\nis a step taken that lr is not a factor of?")


def check_decay(subject: Subject) -> None:
    """Weight decay shrinks a parameter by α·λ·θ, once, beside the step along the gradient."""
    start, (gradients,) = values(), draws(1)
    rate, decay = float(subject.setting("lr")), 0.25
    plain = subject.run(start, [gradients], weight_decay=0.0)
    decayed = subject.run(start, [gradients], weight_decay=decay)
    expected = [p - rate * decay * w for p, w in zip(plain, start, strict=True)]
    if off := apart(decayed, expected, CLOSE):
        found = [p - d for p, d in zip(plain, decayed, strict=True)]
        share = float(found[1][0] / (rate * decay * start[1][0]))
        raise AssertionError(
            f"with weight_decay={decay} {off} = the step without it − α·λ·θ; it shrinks by"
            f" {share:.6g}·α·λ·θ\ndecay stands beside the gradient: (1 − α·λ) θ − …"
        )


def check_single(subject: Subject) -> None:
    """float32 parameters stay float32, and move as those in double precision."""
    start, gradients = values(dtype=np.float32), draws(10)
    wide = subject.run([w.astype(np.float64) for w in start], gradients)
    narrow = subject.run(start, gradients)
    for name, w in zip(NAMED, narrow, strict=True):
        if w.dtype != np.float32:
            raise AssertionError(f"parameter {name!r} in float32 became {w.dtype}")
    if off := apart(narrow, wide, 1e-4):
        raise AssertionError(f"in float32 {off}, as in float64, after 10 steps")


def _ratio(start: list[Array], found: list[Array], expected: list[Array]) -> str:
    """Return by what factor the steps are wrong, if it is one."""
    moves = np.concatenate([(a - w).reshape(-1) for a, w in zip(found, start, strict=True)])
    right = np.concatenate([(a - w).reshape(-1) for a, w in zip(expected, start, strict=True)])
    known = np.abs(right) > 1e-9
    if not known.any():
        return ""
    ratios = moves[known] / right[known]
    factor = float(np.median(ratios))
    alike = np.abs(ratios - factor) <= 1e-6 * abs(factor)
    return f": the step is {factor:.6g} times the formula's" if alike.all() else ""


def _state(optimizer: Any) -> dict[str, Array]:
    saved = getattr(optimizer, "state_dict", None)
    return {k: np.array(v) for k, v in saved().items()} if saved else {}


def _differs(found: dict[str, Array], expected: dict[str, Array]) -> str:
    keys = [*expected, *(key for key in found if key not in expected)]
    return next(
        (
            key
            for key in keys
            if key not in found
            or key not in expected
            or not np.array_equal(found[key], expected[key], equal_nan=True)
        ),
        "",
    )
