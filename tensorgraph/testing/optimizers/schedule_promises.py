"""What a learning rate schedule promises: rates at every step, and what it claims of them."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.errors import describe
from tensorgraph.optim.sgd import SGD
from tensorgraph.testing.optimizers.schedule_claims import Claims

Schedule = Callable[[int], Any]
FAR = 1_000_000
"""A step that no run takes, where a schedule still is one."""
ALIKE = 1e-9


class Run:
    """A schedule, what it claims, and its rates at the steps of a run and beyond."""

    def __init__(self, schedule: Schedule, claims: Claims) -> None:
        self._schedule, self.claims = schedule, claims

    def fresh(self) -> Schedule:
        """Return the schedule as it was given, if it can be copied."""
        try:
            return copy.deepcopy(self._schedule)
        except Exception:
            return self._schedule

    @cached_property
    def rates(self) -> list[float]:
        """The rates of the run, one after the other, and of as many steps after it."""
        schedule = self.fresh()
        return [float(schedule(step)) for step in range(2 * self.claims.length + 2)]

    @cached_property
    def largest(self) -> float:
        """The largest rate."""
        return max(self.rates)


def check_rates(run: Run) -> None:
    """At every step, and long after the last, the rate is a number, finite and not negative."""
    schedule = run.fresh()
    for step in (*range(2 * run.claims.length + 2), FAR):
        try:
            rate = schedule(step)
        except Exception as error:
            raise AssertionError(
                f"at step {step} it raises {type(error).__name__}: {error}"
                + ("; the first step is step 0" if step == 0 else "")
            ) from error
        if type(rate) is Tensor and rate.shape == ():
            rate = rate.item()
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)):
            raise AssertionError(f"at step {step} it returns {describe(rate)}, not a number")
        if not 0 <= rate < math.inf:
            raise AssertionError(
                f"at step {step} the rate is {float(rate):g}; rates are finite and not negative"
                + (" also after the last step" if step > run.claims.length else "")
            )


def check_pure(run: Run) -> None:
    """The rate of a step is the same whenever it is asked for, in whatever order."""
    schedule, rates = run.fresh(), run.rates
    length = len(rates)
    for step in reversed(range(length)):
        if (again := float(schedule(step))) != rates[step]:
            raise AssertionError(
                f"at step {step} the rate is {again:g}, which was {rates[step]:g} when the steps"
                " were asked for in their order\ntake the step from the argument, do not count"
            )
    number = np.int64(min(3, length - 1))
    if (again := float(schedule(number))) != rates[int(number)]:  # type: ignore[arg-type]
        raise AssertionError(f"at np.int64({number}) the rate is {again:g}, not {rates[number]:g}")


def check_used(run: Run) -> None:
    """An optimizer takes the rate of step 0 for its first step, and so on; a group, too."""
    steps = min(20, len(run.rates))
    plain, grouped = _taken(SGD, run.fresh(), steps), _taken(_in_a_group, run.fresh(), steps)
    for found, where in ((plain, ""), (grouped, ", of a group")):
        for step, (rate, expected) in enumerate(zip(found, run.rates, strict=False)):
            if not abs(rate - expected) <= ALIKE * max(run.largest, abs(expected)):
                raise AssertionError(
                    f"step {step} of an optimizer{where} moves by {rate:.9g}, the rate is"
                    f" {expected:.9g}"
                )


def check_resumed(run: Run) -> None:
    """A run that is saved and loaded goes on with the rates that it would have had."""
    steps = min(12, len(run.rates))
    for stop in (1, steps // 2):
        w = tensor(np.array(0.0), requires_grad=True)
        optimizer = SGD([w], lr=run.fresh())
        _moved(optimizer, w, stop)
        other = SGD([w], lr=run.fresh())
        other.load_state_dict(optimizer.state_dict())
        for step, rate in enumerate(_moved(other, w, steps - stop), stop):
            if not abs(rate - run.rates[step]) <= ALIKE * max(run.largest, run.rates[step]):
                raise AssertionError(
                    f"in a run that goes on after {stop} steps, step {step} has the rate"
                    f" {rate:.9g}, not {run.rates[step]:.9g}\na schedule that counts for itself"
                    " begins again: take the step from the argument"
                )


def check_copies(run: Run) -> str:
    """A copy, and what was pickled, give the same rates; return whether it can be pickled."""
    try:
        again = pickle.loads(pickle.dumps(run.fresh()))
    except Exception:
        return "it cannot be pickled, nor can an optimizer that has it: a function of a module can"
    for step in (0, 1, len(run.rates) - 1):
        if (rate := float(again(step))) != run.rates[step]:
            raise AssertionError(
                f"after pickling the rate at step {step} is {rate:g}, not {run.rates[step]:g}"
            )
    return ""


def check_start(run: Run) -> None:
    """Step 0 has the rate that it is said to start with."""
    _require(run, 0, run.claims.start, "it is to start with")


def check_end(run: Run) -> None:
    """From its last step on it has the rate that it is said to end with."""
    steps = run.claims.length
    for step in (steps, steps + 1, len(run.rates) - 1):
        _require(run, step, run.claims.end, f"it is to end with, from step {steps} on")


def check_peak(run: Run) -> None:
    """The largest rate is the one that was said."""
    step = int(np.argmax(run.rates))
    _require(run, step, run.claims.peak, "is to be the largest")


def check_rises(run: Run) -> None:
    """Up to a step the rate never falls."""
    _require_order(run, range(1, (run.claims.rises or 0) + 1), 1, "falls", "it rises up to")


def check_falls(run: Run) -> None:
    """From a step on the rate never rises."""
    first = run.claims.falls or 0
    _require_order(run, range(first + 1, len(run.rates)), -1, "rises", "it falls from")


def check_joints(run: Run) -> None:
    """Where a part goes over into the next one, the rate does not jump."""
    rates = run.rates
    for joint in run.claims.joints:
        if not 2 <= joint < len(rates) - 1:
            continue
        before, here, after = (abs(rates[k] - rates[k - 1]) for k in (joint - 1, joint, joint + 1))
        if here > 1.5 * max(before, after) + ALIKE * run.largest:
            raise AssertionError(
                f"between step {joint - 1} and {joint} the rate jumps from {rates[joint - 1]:.6g}"
                f" to {rates[joint]:.6g}; one step before it changes by {before:.3g}, one after by"
                f" {after:.3g}"
            )


# --------------------------------------------------------------------------------------- helpers


def _require(run: Run, step: int, expected: float | None, what: str) -> None:
    found = run.rates[step]
    if expected is None or abs(found - expected) <= ALIKE * max(run.largest, expected):
        return
    near = [k for k, rate in enumerate(run.rates) if abs(rate - expected) <= ALIKE * run.largest]
    where = f"; step {near[0]} has that" if near else ""
    raise AssertionError(f"at step {step} the rate is {found:.9g}; {expected:.9g} {what}{where}")


def _require_order(run: Run, steps: range, sign: int, does: str, claim: str) -> None:
    rates = run.rates
    for step in steps:
        if sign * (rates[step] - rates[step - 1]) < -1e-12 * run.largest:
            end = steps[-1] if sign > 0 else steps[0] - 1
            raise AssertionError(
                f"at step {step} the rate {does} from {rates[step - 1]:.9g} to {rates[step]:.9g};"
                f" {claim} step {end}, it was said"
            )


def _taken(make: Callable[..., Any], schedule: Schedule, steps: int) -> list[float]:
    w = tensor(np.array(0.0), requires_grad=True)
    return _moved(make([w], lr=schedule), w, steps)


def _in_a_group(params: list[Tensor], lr: Any) -> SGD:
    return SGD([{"params": params, "lr": lr}], lr=0.0)


def _moved(optimizer: Any, w: Tensor, steps: int) -> list[float]:
    """Return by how much steps with the gradient 1 move a parameter."""
    found = []
    for _ in range(steps):
        w.assign(0.0)
        w.grad = 1.0
        optimizer.step()
        found.append(-w.item())
    return found
