"""``check_schedule`` on schedules that are right, on the package's own, and on faulty ones."""

import itertools
import math
import re

import pytest

import tensorgraph as tg
from tensorgraph.errors import CheckError, DTypeError
from tensorgraph.optim import schedules
from tensorgraph.optim.schedules import constant, cosine, join, one_cycle, per_epoch, warmup
from tensorgraph.testing import check_schedule
from tensorgraph.testing.optimizers.schedule_claims import CLAIMS


def test_every_schedule_makes_its_claims():
    assert set(CLAIMS) == {getattr(schedules, name) for name in schedules.__all__}


def poly(step, steps=80):
    return 0.2 * (1 - min(step, steps) / steps) ** 2


def straight(step):
    return 0.1 * min(1.0, (step + 1) / 10) * 0.98 ** max(0, step - 9)


RIGHT = {
    "poly": (poly, {"steps": 80, "start": 0.2, "end": 0.0, "falls": 0}),
    "warm-up": (straight, {"peak": 0.1, "rises": 9, "falls": 9, "joints": [9]}),
    "a lambda": (lambda step: 1 / (1 + step), {"start": 1.0}),
    "a tensor": (lambda step: tg.tensor(0.5), {}),
    "a rate set by hand": (schedules.Manual([(0, 0.1), (5, 0.2)]), {"peak": 0.2}),
    "warm-up of the package": (warmup(cosine(0.1, 30), 5), {}),
    "epochs": (per_epoch(warmup(cosine(0.1, 9, 0.01), 2), 4), {"peak": 0.1, "end": 0.01}),
    "joined": (join([warmup(constant(0.2), 3), cosine(0.2, 9, 0.1)], [6]), {"joints": [6]}),
    "one cycle": (one_cycle(1.0, 100, cycle=0.8), {"peak": 1.0, "joints": [40, 80]}),
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_schedules_pass_at_the_first_try(case):
    schedule, said = RIGHT[case]
    assert not check_schedule(schedule, **said).broken


class Counting:
    """Counts its calls, as schedules of other libraries do."""

    n = 0

    def __call__(self, step):
        self.n += 1
        return 0.1 * 0.9**self.n


calls = itertools.count()


class Forgets:
    """Loses its rate when it is pickled."""

    def __init__(self):
        self.rate = 0.1

    def __call__(self, step):
        return self.rate

    def __getstate__(self):
        return {"rate": 0.2}

    def __deepcopy__(self, memo):
        return self


class LateByOne(schedules.constant):
    def at(self, t):
        return self.alpha0 / max(t, 1)


FAULTY = {
    # name: (schedule, what is said, the promise that is broken, what is told)
    "divides by the step": (
        lambda step: 0.1 / math.sqrt(step), {}, "rates",
        "at step 0 it raises ZeroDivisionError: .*; the first step is step 0",
    ),
    "negative after the end": (
        lambda step: 0.1 * (1 - step / 50), {"steps": 50}, "rates",
        "at step 51 the rate is -0.002; .* also after the last step",
    ),
    "grows without bound": (
        lambda step: 0.1 * 1.5 ** min(step, 2000), {}, "rates", "step 1000000 it raises Over",
    ),
    "a list that ends": (
        lambda step: [0.1] * 100 + [0.0][step], {}, "rates", "at step 0 it raises TypeError",
    ),
    "a table that ends": (
        dict.fromkeys(range(100), 0.1).__getitem__, {}, "rates", "at step 100 it raises KeyError",
    ),
    "nothing at the end": (
        lambda step: 0.1 if step < 100 else None, {}, "rates", "at step 100 it returns None",
    ),
    "NaN in the middle": (
        lambda step: 0.1 * (math.nan if step == 7 else 1), {}, "rates", "at step 7 the rate is nan",
    ),
    "counts for itself": (
        Counting(), {}, "same whenever asked", "take the step from the argument, do not count",
    ),
    "counts, and begins again": (
        Counting(), {}, "resumes", "goes on after 1 steps, step 1 has the rate 0.09, not 0.081",
    ),
    "counts outside": (
        lambda step: 0.1 * 0.9 ** next(calls), {}, "same whenever asked", "at step 201 the rate is",
    ),
    "does not know NumPy's integers": (
        lambda step: 0.1 if type(step) is int else 0.2, {}, "same whenever asked", r"np.int64\(3\)",
    ),
    "pickled to another": (Forgets(), {}, "copies", "at step 0 is 0.2, not 0.1"),
    "starts at 0": (
        lambda step: 0.1 * min(step, 10) / 10, {"start": 0.01}, "start",
        "at step 0 the rate is 0; 0.01 it is to start with; step 1 has that",
    ),
    "starts late": (
        LateByOne(0.1), {"falls": 1, "start": 0.05}, "start", "at step 0 the rate is 0.1; 0.05",
    ),
    "ends one step late": (
        lambda step: 0.1 * (1 - min(step, 51) / 51), {"steps": 50, "end": 0.0}, "end",
        "at step 50 the rate is 0.00196.*; 0 it is to end with, from step 50 on; step 51 has that",
    ),
    "rises again after the end": (
        lambda step: 0.05 * (1 + math.cos(math.pi * step / 50)), {"steps": 50, "end": 0.0}, "end",
        "at step 51 the rate is",
    ),
    "rises again": (
        lambda step: 0.05 * (1 + math.cos(math.pi * step / 50)), {"steps": 50, "falls": 0},
        "falls", "at step 51 the rate rises from 0 .*; it falls from step 0",
    ),
    "never at its peak": (
        lambda step: warmup(cosine(0.1, 90), 10)(step) if step < 10 else cosine(0.1, 90)(step),
        {"peak": 0.1}, "peak", "at step 10 the rate is 0.0969.*; 0.1 is to be the largest",
    ),
    "over its peak": (
        lambda step: 0.1 * (step + 2) / 10 if step < 10 else 0.1, {"peak": 0.1}, "peak",
        "at step 9 the rate is 0.11",
    ),
    "falls while it warms up": (
        lambda step: 0.1 * (step % 5 + 1) / 10, {"rises": 9}, "rises",
        "at step 5 the rate falls from 0.05 to 0.01; it rises up to step 9",
    ),
    "jumps where its parts meet": (
        lambda step: 0.01 * step if step < 10 else 0.12 * 0.99 ** (step - 10), {"joints": [10]},
        "joints", "between step 9 and 10 the rate jumps from 0.09 to 0.12",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_what_people_do_wrong_is_found_in_its_place(case):
    schedule, said, promise, told = FAULTY[case]
    with pytest.raises(CheckError) as caught:
        check_schedule(schedule, **said)
    broken = {kept.promise: kept.broken for kept in caught.value.result.broken}
    assert promise in broken, str(caught.value)
    assert re.search(told, broken[promise], re.DOTALL), broken[promise]


def test_an_optimizer_that_takes_the_rate_of_the_next_step_is_told(monkeypatch):
    from tensorgraph.optim import groups

    right = groups.rate_at
    monkeypatch.setattr(groups, "rate_at", lambda owner, rate, step: right(owner, rate, step + 1))
    with pytest.raises(CheckError, match="used by an optimizer: step 0 of an optimizer moves by"):
        check_schedule(cosine(0.1, 50))


def test_what_is_no_schedule_is_refused():
    with pytest.raises(DTypeError, match=r"a schedule is a function of the step, not 0\.1"):
        check_schedule(0.1)
    with pytest.raises(DTypeError, match=r"cosine is a class; write check_schedule\(cosine\(…\)\)"):
        check_schedule(cosine)
