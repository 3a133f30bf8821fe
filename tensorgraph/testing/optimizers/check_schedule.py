"""``check_schedule``: is it a learning rate at every step, and the one that it claims to be?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from tensorgraph import errors
from tensorgraph.optim.schedules.base import Schedule as OwnSchedule
from tensorgraph.testing.optimizers import schedule_promises
from tensorgraph.testing.optimizers.schedule_claims import CLAIMS, claims_of
from tensorgraph.testing.optimizers.schedule_promises import Run, Schedule
from tensorgraph.testing.promises import Checked, Promise, examined, quietly


def check_schedule(
    schedule: Schedule,
    *,
    steps: int | None = None,
    start: float | None = None,
    peak: float | None = None,
    end: float | None = None,
    rises: int | None = None,
    falls: int | None = None,
    joints: Sequence[int] = (),
) -> Checked:
    """Ask a learning rate schedule for what schedules promise; raise one error that tells of all.

    At every step, and long after the last, the rate is finite and not negative; it is the same
    whenever it is asked for; an optimizer, and a group of one, takes the rate of step 0 for its
    first step; a run that is saved and loaded goes on with the rates that it would have had. Of a
    schedule of the package the arguments are known.

    Args:
        schedule: a function of the number of steps taken before.
        steps: how many steps the run has.
        start: the rate of step 0.
        peak: the largest rate, which some step has.
        end: the rate from ``steps`` on.
        rises: up to which step it never falls, as in a warm-up.
        falls: from which step on it never rises.
        joints: the steps at which a part goes over into the next one without a jump.

    Raises:
        CheckError: promises are broken; its ``result`` says which.
        DTypeError: something that is not a function.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph.optim.schedules import cosine, warmup
        >>> tg.testing.check_schedule(warmup(cosine(0.1, steps=90), steps=10))
        check_schedule: warmup(cosine(0.1, steps=90, final=0.0), steps=10): 11 promises kept
          ✓ rates, same whenever asked, used by an optimizer, resumes, copies, start, peak, end, ...
        >>> def rate(step):
        ...     return 0.1 * step / 10 if step < 10 else 0.1 * 0.99 ** step
        >>> tg.testing.check_schedule(rate, peak=0.1)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.CheckError: check_schedule: rate: 1 of 6 promises broken
          ✘ peak: at step 10 the rate is 0.0904382075; 0.1 is to be the largest
          ...
    """
    if isinstance(schedule, type):
        raise errors.DTypeError(
            f"check_schedule: {schedule.__name__} is a class; write"
            f" check_schedule({schedule.__name__}(…)), a function of the step"
        )
    if not callable(schedule):
        raise errors.DTypeError(
            f"check_schedule: a schedule is a function of the step, not {errors.describe(schedule)}"
        )
    claims = claims_of(schedule).with_those_given(
        steps=steps, start=start, peak=peak, end=end, rises=rises, falls=falls,
        joints=tuple(joints) or None,
    )  # fmt: skip
    run = Run(schedule, claims)
    asked = {
        "rates": schedule_promises.check_rates,
        "same whenever asked": schedule_promises.check_pure,
        "used by an optimizer": schedule_promises.check_used,
        "resumes": schedule_promises.check_resumed,
        "copies": schedule_promises.check_copies,
    }
    claimed = {
        "start": (claims.start is not None, schedule_promises.check_start),
        "peak": (claims.peak is not None, schedule_promises.check_peak),
        "end": (claims.end is not None, schedule_promises.check_end),
        "rises": (claims.rises is not None, schedule_promises.check_rises),
        "falls": (claims.falls is not None, schedule_promises.check_falls),
        "joints": (bool(claims.joints), schedule_promises.check_joints),
    }
    asked |= {name: check for name, (is_claimed, check) in claimed.items() if is_claimed}
    promises: dict[str, Promise] = {name: partial(check, run) for name, check in asked.items()}
    needs = {name: ["rates"] for name in promises if name != "rates"}
    with quietly():
        return examined(f"check_schedule: {_name(schedule)}", promises, needs)


def _name(schedule: Any) -> str:
    if isinstance(schedule, OwnSchedule) or type(schedule) in CLAIMS:
        return repr(schedule)
    name = getattr(schedule, "__name__", type(schedule).__name__)
    return "the schedule" if name == "<lambda>" else str(name)
