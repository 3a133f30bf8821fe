"""Learning rate schedules against their equations, the course's numbers, and each other."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.optim.schedules import (
    Manual,
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    exponential,
    inverse_sqrt,
    inverse_time,
    join,
    linear,
    one_cycle,
    per_epoch,
    polynomial,
    staircase,
    warmup,
)
from tensorgraph.testing import check_schedule

RATES = st.floats(1e-6, 10.0)
FACTORS = st.floats(0.1, 1.0)
COUNTS = st.integers(1, 50)
STEPS = st.integers(0, 300)

DECAYS = st.one_of(
    st.builds(constant, RATES),
    st.builds(inverse_time, RATES, st.floats(0.0, 10.0)),
    st.builds(exponential, RATES, FACTORS),
    st.builds(inverse_sqrt, RATES),
    st.builds(staircase, RATES, FACTORS, COUNTS),
    st.builds(cosine, RATES, COUNTS),
    st.builds(linear, RATES, COUNTS),
    st.builds(polynomial, RATES, COUNTS, st.floats(0.0, 4.0)),
)
"""Schedules that never rise."""


def composed(inner):
    return st.one_of(
        st.builds(warmup, inner, st.integers(0, 20)),
        st.builds(per_epoch, inner, COUNTS),
        st.builds(lambda a, b, n: join([a, b], [n]), inner, inner, COUNTS),
    )


SCHEDULES = st.recursive(
    DECAYS
    | st.builds(one_cycle, RATES, COUNTS, st.floats(1.0, 100.0), st.floats(0.01, 1.0))
    | st.builds(cosine_restarts, RATES, COUNTS, st.integers(1, 3), RATES)
    | st.builds(cyclic, RATES, RATES, COUNTS, FACTORS),
    composed,
    max_leaves=4,
)

# ------------------------------------------------------------------------------ known numbers


def test_the_table_of_the_course():
    """Course 2, week 2, "Learning rate decay": α₀ = 0.2, decay rate 1, epochs 1 to 4."""
    decay = per_epoch(inverse_time(0.2, rate=1), steps_per_epoch=10)
    assert [round(decay(10 * epoch), 3) for epoch in range(1, 5)] == [0.1, 0.067, 0.05, 0.04]
    assert decay(0) == 0.2


@given(RATES, st.floats(0.0, 10.0), STEPS)
def test_each_schedule_is_its_equation(alpha0, x, t):
    every = 1 + int(x)
    expected = {
        constant(alpha0): alpha0,
        inverse_time(alpha0, x): 1 / (1 + x * t) * alpha0,
        exponential(alpha0): math.exp(t * math.log(0.95)) * alpha0,
        inverse_sqrt(alpha0): alpha0 * (t + 1) ** -0.5,
        staircase(alpha0, 0.5, every): alpha0 / 2 ** math.floor(t / every),
        cosine(alpha0, 300, x): x + (alpha0 - x) * math.cos(math.pi * t / 600) ** 2,
    }
    for schedule, value in expected.items():
        assert schedule(t) == pytest.approx(value, rel=1e-11, abs=1e-14), schedule


@given(RATES, st.integers(1, 300), st.floats(1.0, 100.0), st.floats(0.01, 1.0), STEPS)
def test_one_cycle_is_a_line_through_its_corners(peak, steps, divisor, cycle, t):
    corners = [0, cycle * steps / 2, cycle * steps, max(steps, cycle * steps + 1e-9)]
    expected = np.interp(t, corners, [peak / divisor, peak, peak / divisor, 0.0])
    found = one_cycle(peak, steps, divisor, cycle)(t)
    if t != steps:  # where a cycle without an end jumps to 0
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12 * peak)
    else:
        assert found == 0.0


@given(RATES, RATES, st.integers(1, 300), st.floats(0.0, 4.0), STEPS)
def test_lines_and_powers(alpha0, final, steps, power, t):
    expected = np.interp(t, [0, steps], [alpha0, final])
    assert linear(alpha0, steps, final)(t) == pytest.approx(expected, rel=1e-12)
    left = max(0.0, 1 - t / steps)
    expected = final if t >= steps else alpha0 * left**power + final * (1 - left**power)
    assert polynomial(alpha0, steps, power, final)(t) == pytest.approx(expected, rel=1e-9)


@given(RATES, COUNTS, st.integers(1, 3), STEPS)
def test_each_wave_is_a_cosine_from_its_own_start(alpha0, steps, factor, t):
    starts, length = [0], steps
    while starts[-1] + length <= t:
        starts.append(starts[-1] + length)
        length *= factor
    expected = cosine(alpha0, length, 1e-7)(t - starts[-1])
    assert cosine_restarts(alpha0, steps, factor, 1e-7)(t) == pytest.approx(expected, rel=1e-12)


@given(RATES, RATES, COUNTS, FACTORS, STEPS)
def test_cycles_are_lines_through_their_corners(low, peak, steps, shrink, t):
    corners = np.arange(0, 301 + 2 * steps, steps)
    heights = [low + (peak - low) * shrink ** (k // 2) * (k % 2) for k in range(len(corners))]
    expected = np.interp(t, corners, heights)
    assert cyclic(low, peak, steps, shrink)(t) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_one_cycle_by_default():
    cycle = one_cycle(2.0, steps=200)
    values = [cycle(step) for step in range(200)]
    assert values[0] == pytest.approx(0.2)
    assert values[90] == max(values) == 2.0
    assert values[180] == pytest.approx(0.2)
    assert 0 < values[199] < 0.011
    assert cycle(200) == cycle(10_000) == 0.0


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (constant(0.1), "constant(0.1)"),
        (inverse_time(np.float32(0.5), rate=1), "inverse_time(0.5, rate=1.0)"),
        (exponential(0.1), "exponential(0.1, base=0.95)"),
        (inverse_sqrt(1), "inverse_sqrt(1.0)"),
        (staircase(0.1, 0.5, np.int64(30)), "staircase(0.1, factor=0.5, every=30)"),
        (cosine(0.1, steps=9), "cosine(0.1, steps=9, final=0.0)"),
        (one_cycle(0.1, 9), "one_cycle(0.1, steps=9, divisor=10.0, cycle=0.9)"),
        (warmup(constant(0.1), 5), "warmup(constant(0.1), steps=5)"),
        (per_epoch(constant(0.1), 5), "per_epoch(constant(0.1), steps_per_epoch=5)"),
        (join([constant(0.1), constant(0.2)], [3]),
         "join((constant(0.1), constant(0.2)), boundaries=(3,))"),
        (cosine_restarts(0.1, 9), "cosine_restarts(0.1, steps=9, factor=1, final=0.0)"),
        (linear(0.1, 9), "linear(0.1, steps=9, final=0.0)"),
        (polynomial(0.1, 9), "polynomial(0.1, steps=9, power=1.0, final=0.0)"),
        (cyclic(0.1, 0.2, 9), "cyclic(0.1, peak=0.2, steps=9, shrink=1.0)"),
        (Manual(0.1), "Manual([(0, 0.1)])"),
    ],
)  # fmt: skip
def test_a_schedule_is_shown_as_it_is_written(schedule, text):
    assert repr(schedule) == text


# --------------------------------------------------------------------------------- properties


@given(SCHEDULES, STEPS)
def test_every_schedule_returns_a_rate_and_is_plain_data(schedule, t):
    value = schedule(t)
    assert type(value) is float
    assert 0 <= value < math.inf
    assert schedule(np.int64(t)) == schedule(t) == value
    again = pickle.loads(pickle.dumps(schedule))
    assert again == schedule == copy.deepcopy(schedule) == eval(repr(schedule))
    assert hash(again) == hash(schedule)
    assert again(t) == value
    assert schedule != constant(123.0)
    with pytest.raises(AttributeError):
        schedule.steps = 3


@settings(max_examples=12)
@given(SCHEDULES)
def test_every_schedule_keeps_what_schedules_promise(schedule):
    assert not check_schedule(schedule).broken


@given(SCHEDULES, st.integers(0, 30), STEPS)
def test_warmup_is_a_straight_line_that_ends_where_the_schedule_begins(schedule, steps, t):
    warm = warmup(schedule, steps)
    values = [warm(step) for step in range(steps + 1)]
    rise = values[-1] / (steps + 1)
    np.testing.assert_allclose(np.diff([0.0, *values]), rise, rtol=1e-9, atol=1e-15)
    assert warm(steps + t) == schedule(t)


@given(st.lists(SCHEDULES, min_size=1, max_size=4), st.data())
def test_joined_schedules_each_begin_with_their_own_step_0(schedules, data):
    lengths = data.draw(st.lists(COUNTS, min_size=len(schedules), max_size=len(schedules)))
    boundaries = np.cumsum(lengths)[:-1].tolist()
    joined = join(schedules, boundaries)
    expected = [s(t) for s, n in zip(schedules, lengths, strict=True) for t in range(n)]
    assert [joined(t) for t in range(sum(lengths))] == expected
    assert joined(sum(lengths)) == schedules[-1](lengths[-1])


@given(RATES, st.lists(COUNTS, min_size=1, max_size=3), STEPS)
def test_where_values_agree_a_join_is_as_smooth_as_its_parts(alpha0, lengths, t):
    # Warm-up, then cosines, each from where the one before ended: no step is a jump.
    parts, start = [], alpha0
    for n in lengths:
        parts.append(cosine(start, n, start / 2))
        start = start / 2
    rate = warmup(join(parts, np.cumsum(lengths)[:-1].tolist()), 10)
    steepest = max(alpha0 / 11, alpha0 / 2 * math.pi / 2 / min(lengths))
    assert abs(rate(t + 1) - rate(t)) <= steepest * (1 + 1e-9)


@given(SCHEDULES, COUNTS, STEPS)
def test_per_epoch_holds_for_an_epoch(schedule, steps_per_epoch, t):
    assert per_epoch(schedule, steps_per_epoch)(t) == schedule(t // steps_per_epoch)


def test_any_function_of_the_step_can_be_a_part():
    assert warmup(lambda step: 1 / (1 + step), 1)(2) == 0.5
    assert per_epoch(lambda epoch: epoch, 3)(7) == 2


def test_a_rate_that_grows_beyond_all_numbers_is_refused_by_the_optimizer():
    growing = exponential(0.1, base=10.0)
    assert growing(1000) == math.inf
    w = tg.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=lambda step: growing(1000))
    w.grad = tg.ones(1)
    with pytest.raises(ArgumentError, match=r"returned inf; it must be a number that is finite"):
        optimizer.step()


# ------------------------------------------------------------------------------------- refusals

NOT_RATES = [-0.1, math.nan, math.inf, None, "0.1"]


@pytest.mark.parametrize("bad", NOT_RATES)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (constant, "constant: alpha0"),
        (lambda bad: inverse_time(bad, 1.0), "inverse_time: alpha0"),
        (lambda bad: inverse_time(0.1, bad), "inverse_time: rate"),
        (lambda bad: exponential(bad), "exponential: alpha0"),
        (lambda bad: exponential(0.1, bad), "exponential: base"),
        (inverse_sqrt, "inverse_sqrt: k"),
        (lambda bad: staircase(bad, 0.5, 2), "staircase: alpha0"),
        (lambda bad: staircase(0.1, bad, 2), "staircase: factor"),
        (lambda bad: cosine(bad, 10), "cosine: alpha0"),
        (lambda bad: cosine(0.1, 10, bad), "cosine: final"),
        (lambda bad: one_cycle(bad, 10), "one_cycle: peak"),
        (lambda bad: one_cycle(0.1, 10, divisor=bad), "one_cycle: divisor"),
        (lambda bad: one_cycle(0.1, 10, cycle=bad), "one_cycle: cycle"),
        (lambda bad: Manual(0.1).set(bad), "Manual.set: alpha"),
        (lambda bad: Manual([(0, 0.1), (3, bad)]), "Manual: the rate of step 3"),
    ],
)
def test_settings_that_are_no_rates_are_refused(make, name, bad):
    with pytest.raises(ArgumentError) as caught:
        make(bad)
    assert str(caught.value).startswith(f"{name} is ")
    assert str(caught.value).endswith(f", not {bad!r}")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda n: staircase(0.1, 0.5, n), "staircase: every"),
        (lambda n: cosine(0.1, n), "cosine: steps"),
        (lambda n: one_cycle(0.1, n), "one_cycle: steps"),
        (lambda n: per_epoch(constant(0.1), n), "per_epoch: steps_per_epoch"),
        (lambda n: join([constant(0.1)] * 2, [n]), r"join: boundaries\[0\]"),
    ],
)
def test_lengths_are_positive_integers(make, name):
    with pytest.raises(ArgumentError, match=f"{name} is at least 1, not 0"):
        make(0)
    with pytest.raises(DTypeError, match=f"{name} is an integer, not 2.5"):
        make(2.5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: warmup(constant(0.1), -1), ArgumentError, "warmup: steps is at least 0, not -1"),
        (lambda: warmup(0.1, 5), DTypeError,
         r"warmup: schedule must be a function of the step, not 0\.1; write constant\(0\.1\)"),
        (lambda: per_epoch(None, 5), DTypeError, "per_epoch: schedule must be a function"),
        (lambda: join([constant(0.1), 0.1], [5]), DTypeError, r"join: schedules\[1\] must be a fu"),
        (lambda: join(constant(0.1), [5]), DTypeError, "join: schedules must be a list"),
        (lambda: join([constant(0.1)] * 2, 5), DTypeError, "join: boundaries must be a list"),
        (lambda: join([constant(0.1)] * 3, [5]), ArgumentError,
         "join: 3 schedules have 2 boundaries between them, not 1"),
        (lambda: join([constant(0.1)] * 3, [5, 5]), ArgumentError,
         r"join: boundaries must increase, not \(5, 5\)"),
        (lambda: one_cycle(0.1, 10, divisor=0.5), ArgumentError, "divisor is at least 1, not 0.5"),
        (lambda: one_cycle(0.1, 10, cycle=0.0), ArgumentError, r"cycle is in \(0, 1\], not 0"),
    ],
)  # fmt: skip
def test_compositions_that_make_no_sense_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@given(SCHEDULES)
def test_steps_are_integers_from_0_on(schedule):
    name = type(schedule).__name__
    with pytest.raises(ArgumentError, match=f"{name}: a step is at least 0, not -1"):
        schedule(-1)
    with pytest.raises(DTypeError, match=rf"{name}: a step is an integer, not 1\.5"):
        schedule(1.5)


# --------------------------------------------------------------------------------------- by hand


def test_a_change_by_hand_holds_from_the_next_step_on():
    rate = Manual(0.1)
    assert [rate(step) for step in range(117)] == [0.1] * 117
    rate.set(0.05)
    assert rate.events == [(0, 0.1), (117, 0.05)]
    assert [rate(117), rate(118)] == [0.05, 0.05]
    assert rate.events == [(0, 0.1), (117, 0.05)]
    assert [rate(0), rate(116), rate(117)] == [0.1, 0.1, 0.05]


def test_of_several_changes_between_two_steps_the_last_counts():
    rate = Manual(0.1)
    rate(0)
    rate.set(0.3)
    rate.set(0.2)
    assert rate(1) == 0.2
    assert rate.events == [(0, 0.1), (1, 0.2)]


def test_a_change_before_the_first_step_is_the_start():
    rate = Manual(0.1)
    rate.set(0.2)
    assert rate.events == [(0, 0.2)]
    assert rate(0) == 0.2
    assert rate.events == [(0, 0.2)]


def test_looking_back_changes_nothing():
    rate = Manual(0.1)
    for step in range(10):
        rate(step)
    rate.set(0.2)
    assert [rate(3), rate(9)] == [0.1, 0.1]
    assert rate.events == [(0, 0.1), (10, 0.2)]
    assert rate(10) == 0.2


def test_a_change_after_loading_keeps_what_was_before():
    rate = Manual(0.5)
    rate.events = [(0, 0.1), (50, 0.05)]
    rate.set(0.01)
    assert rate(100) == 0.01
    assert rate.events == [(0, 0.1), (50, 0.05), (100, 0.01)]


def test_a_change_during_a_replay_takes_the_place_of_what_was_recorded():
    rate = Manual([(0, 0.1), (5, 0.2), (9, 0.3)])
    assert [rate(step) for step in range(5)] == [0.1] * 5
    rate.set(0.7)
    assert [rate(step) for step in range(5, 12)] == [0.7] * 7
    assert rate.events == [(0, 0.1), (5, 0.7)]


CHANGES = st.one_of(st.just("step"), st.floats(0.0, 1.0), st.tuples(st.just("look"), STEPS))


@given(st.lists(CHANGES, max_size=60))
def test_a_run_with_any_changes_replays_exactly(changes):
    rate, used = Manual(0.1), []
    for change in changes:
        if change == "step":
            used.append(rate(len(used)))
        elif isinstance(change, float):
            rate.set(change)
        elif change[1] < len(used):
            assert rate(change[1]) == used[change[1]]
    final = rate(len(used))
    replays = [
        Manual(rate.events),
        Manual(events=np.array(rate.events)),
        pickle.loads(pickle.dumps(rate)),
        copy.copy(rate),
        eval(repr(rate)),
    ]
    for again in replays:
        assert again == rate
        assert [again(step) for step in range(len(used) + 1)] == [*used, final]
        assert again.events == rate.events
        again.set(0.9)
        assert again(len(used) + 1) == 0.9
        assert again != rate


def test_events_are_plain_data_of_its_own():
    rate = Manual(np.float64(0.1))
    assert [(type(step), type(value)) for step, value in rate.events] == [(int, float)]
    rate.events.append((1, 0.5))
    assert rate.events == [(0, 0.1)]
    with pytest.raises(TypeError):
        hash(rate)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([], "integers that increase from 0 on, not none at all"),
        ([(1, 0.1)], "integers that increase from 0 on, not 1"),
        ([(0, 0.1), (5, 0.2), (5, 0.3)], "integers that increase from 0 on, not 0, 5, 5"),
        ([(0, 0.1), (5, 0.2), (3, 0.3)], "not 0, 5, 3"),
        ([(0, 0.1), (1.5, 0.2)], r"not 0, 1\.5"),
        ([(0, 0.1), (math.inf, 0.2)], "events are pairs"),
        ([0.1, 0.2], r"events are pairs \(step, rate\), .*, not \[0.1, 0.2\]"),
        ("0.1", "events are pairs"),
        (None, "the rate of step 0 is a number, not None"),
        ([(0, -0.1)], "the rate of step 0 is at least 0, not -0.1"),
    ],
)
def test_events_that_make_no_sense_are_refused_and_nothing_changes(events, message):
    with pytest.raises(ArgumentError, match=message):
        Manual(events)
    if events is not None:
        rate = Manual([(0, 0.1), (3, 0.2)])
        with pytest.raises(ArgumentError, match=message):
            rate.events = events
        assert rate.events == [(0, 0.1), (3, 0.2)]


def test_steps_of_a_manual_rate_are_integers_from_0_on():
    with pytest.raises(ArgumentError, match="Manual: a step is at least 0, not -1"):
        Manual(0.1)(-1)
    with pytest.raises(DTypeError, match="Manual: a step is an integer, not None"):
        Manual(0.1)(None)


# --------------------------------------------------------------------------- with an optimizer


def run(optimizer, w, steps):
    """Take steps with the gradient 1, which lower w by the rates used; return these."""
    rates = []
    for _ in range(steps):
        before = w.item()
        w.grad = 1.0
        optimizer.step()
        rates.append(before - w.item())
    return rates


def test_changes_by_hand_go_through_an_optimizer_and_its_state():
    rate, w = Manual(0.5), tg.tensor(np.array(0.0), requires_grad=True)
    optimizer = optim.SGD([w], lr=rate)
    rate.set(0.25)  # before the first step
    assert run(optimizer, w, 3) == [0.25] * 3
    rate.set(0.125)
    assert run(optimizer, w, 2) == [0.125] * 2
    state = optimizer.state_dict()
    rate.set(1.0)
    run(optimizer, w, 5)

    other = optim.SGD([w], lr=Manual(2.0))
    other.load_state_dict(state)
    assert run(other, w, 1) == [0.125]
    other.lr.set(4.0)
    assert run(other, w, 1) == [4.0]
    assert other.lr.events == [(0, 0.25), (3, 0.125), (6, 4.0)]

    again = optim.SGD([w], lr=Manual(other.lr.events))
    assert run(again, w, 7) == [0.25] * 3 + [0.125] * 3 + [4.0]


def test_the_rate_of_the_next_step_is_a_number_whatever_the_rate_is():
    a, b = (tg.tensor([1.0], requires_grad=True) for _ in range(2))
    parts = [{"params": [a]}, {"params": [b], "lr": optim.schedules.cosine(1.0, steps=2)}]
    optimizer = tg.optim.SGD(parts, lr=0.5)
    found = []
    for _ in range(3):
        found.append([optimizer.current_lr(group) for group in (None, *optimizer.groups)])
        (a * b).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(found, [[0.5, 0.5, 1.0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.0]])
    optimizer.lr = tg.tensor(0.25)
    assert optimizer.current_lr() == 0.25


def test_reading_the_rate_is_no_step_of_a_rate_set_by_hand():
    w, rate = tg.tensor([1.0], requires_grad=True), optim.schedules.Manual(0.1)
    optimizer = tg.optim.SGD([w], lr=optim.schedules.warmup(rate, 1))
    assert optimizer.current_lr() == pytest.approx(0.05)
    rate.set(0.3)
    assert optimizer.current_lr() == pytest.approx(0.15)
    (2.0 * w).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(w, [0.7], rtol=1e-6)
    assert rate.events == [(0, 0.3)]


def test_a_rate_that_makes_no_sense_is_told():
    w = tg.tensor([1.0], requires_grad=True)
    with pytest.raises(tg.errors.ArgumentError, match=r"lr\(0\) returned"):
        tg.optim.SGD([w], lr=lambda step: -1.0).current_lr()
