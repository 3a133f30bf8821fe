"""The rate that falls on a plateau: what it counts, what is saved, and ``fit``."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import ArgumentError, DTypeError, StateError
from tensorgraph.optim.schedules import Plateau
from tensorgraph.testing import check_schedule

METRICS = st.lists(st.one_of(st.floats(-2.0, 2.0), st.just(math.nan)), max_size=30)


def seen(rate, metrics, start=0):
    """Return the rates before each metric and after the last."""
    rates = []
    for step, metric in enumerate(metrics, start):
        rates.append(rate(step))
        rate.see(metric)
    return [*rates, rate(start + len(metrics))]


@given(METRICS, st.integers(0, 3), st.integers(0, 2), st.booleans())
def test_it_falls_after_more_than_patience_metrics_that_are_no_better(
    metrics, patience, cooldown, largest
):
    rate = Plateau(
        1.0, 0.5, patience, mode="max" if largest else "min", cooldown=cooldown, least=0.01
    )
    expected, best, bad, rest = [1.0], math.inf, 0, 0
    for metric in metrics:
        cost = -metric if largest else metric
        better = best == math.inf or cost < best - 1e-4 * abs(best)
        better = better and not math.isnan(cost)
        best, bad = (cost, 0) if better else (best, bad + 1)
        if rest:
            rest, bad = rest - 1, 0
        falls = bad > patience
        bad, rest = (0, cooldown) if falls else (bad, rest)
        expected.append(max(expected[-1] * 0.5, 0.01) if falls else expected[-1])
    assert seen(rate, metrics) == expected


@given(METRICS, METRICS)
def test_what_it_saw_is_all_there_is_to_know(before, after):
    rate = Plateau(1.0, 0.5, patience=1)
    rates = seen(rate, before)
    again = Plateau(1.0, 0.5, patience=1)
    again.events = np.array(rate.events)
    assert [again(step) for step in range(len(before) + 1)] == rates
    copies = [again, pickle.loads(pickle.dumps(rate)), copy.deepcopy(rate)]
    expected = seen(rate, after, len(before) + 1)
    for other in copies:
        assert seen(other, after, len(before) + 1) == expected
        np.testing.assert_array_equal(other.events, rate.events)


def test_an_old_step_keeps_its_rate_and_a_new_one_is_not_raised_by_the_least():
    rate = Plateau(1.0, 0.5, patience=0, least=2.0)
    assert seen(rate, [1.0, 1.0, 1.0]) == [1.0] * 4
    rate = Plateau(1.0, 0.5, patience=0)
    assert seen(rate, [1.0, 1.0, 1.0]) == [1.0, 1.0, 0.5, 0.25]
    assert [rate(step) for step in range(4)] == [1.0, 1.0, 0.5, 0.25]
    assert not check_schedule(rate).broken


def test_an_optimizer_saves_what_it_saw():
    def made():
        w = tg.tensor(np.array([0.0]), requires_grad=True)
        return w, optim.SGD([w], lr=Plateau(1.0, 0.5, patience=0))

    def steps(w, optimizer, count):
        for _ in range(count):
            w.grad = [1.0]
            optimizer.step()
            optimizer.lr.see(3.0)

    (one, first), (other, second) = made(), made()
    assert second.state_dict()["lr/events"].shape == (0,)
    steps(one, first, 3)
    second.load_state_dict(first.state_dict())
    other.assign(one.data)
    for w, optimizer in ((one, first), (other, second)):
        steps(w, optimizer, 2)
    assert one.item() == other.item() == -(1 + 1 + 0.5 + 0.25 + 0.125)
    assert first.lr == second.lr != Plateau(1.0, 0.5, patience=0)
    before = second.lr.events
    with pytest.raises(StateError, match="the steps of events do not fall"):
        second.load_state_dict({**first.state_dict(), "lr/events": np.array([[3, 1.0], [1, 1.0]])})
    assert second.lr.events == before


def test_in_fit_a_callback_tells_it(tmp_path):
    x = np.random.default_rng(0).standard_normal((16, 3)).astype("float32")

    def trained(epochs, path):
        tg.random.seed(0)
        model, rate = nn.Linear(3, 1), Plateau(0.5, 0.5, patience=0, threshold=0.9)
        optimizer = optim.SGD(model.parameters(), lr=rate)
        tg.train.fit(
            model, nn.losses.mse, optimizer, (x, x[:, :1]), (x, x[:, :1]), epochs=epochs,
            callbacks=[lambda run: rate.see(run.history["dev_loss"][-1])],
            progress=False, checkpoint=path,
        )  # fmt: skip
        return rate.events, rate(10**6), model.weight.numpy()

    whole = trained(6, tmp_path / "whole.safetensors")
    trained(3, tmp_path / "part.safetensors")
    events, rate, weight = trained(6, tmp_path / "part.safetensors")
    assert len(events) == 6 and rate < 0.5
    assert (events, rate) == whole[:2]
    np.testing.assert_array_equal(weight, whole[2])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"alpha0": -1}, "alpha0 is at least 0"),
        ({"factor": 1.0}, r"factor is in \[0, 1\)"),
        ({"patience": -1}, "patience is at least 0"),
        ({"mode": "least"}, "mode is one of 'min', 'max'"),
        ({"threshold": -1}, "threshold is at least 0"),
        ({"least": math.inf}, "least is"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, told):
    with pytest.raises(ArgumentError, match=f"Plateau: {told}"):
        Plateau(**{"alpha0": 0.1, **settings})


def test_metrics_and_events_that_are_none_are_refused():
    rate = Plateau(0.1)
    with pytest.raises(DTypeError, match=r"Plateau\.see: a metric is a number, not 'good'"):
        rate.see("good")
    with pytest.raises(ArgumentError, match="events are pairs"):
        rate.events = [1.0]
    with pytest.raises(ArgumentError, match="a step is at least 0"):
        rate(-1)
    with pytest.raises(TypeError):
        hash(rate)
    assert rate.events == [] and repr(rate).startswith("Plateau(0.1, factor=0.1, patience=10, ")


def made_of(rate):
    yield optim.schedules.warmup(rate, 3)
    yield optim.schedules.join([optim.schedules.constant(0.2), rate], [2])
    yield optim.schedules.per_epoch(rate, 2)
    yield optim.schedules.warmup(optim.schedules.per_epoch(rate, 2), 1)


@pytest.mark.parametrize("i", range(4))
@pytest.mark.parametrize("before", [0, 1, 5])
def test_it_is_saved_within_other_schedules(i, before):
    def trained(optimizer, rate, steps):
        rates = []
        for _ in range(steps):
            optimizer.params[0].grad = [1.0]
            optimizer.step()
            rate.see(1.0)
            rates.append(optimizer.params[0].item())
        return rates

    def made():
        rate = Plateau(0.5, 0.5, 1)
        w = tg.tensor([1.0], requires_grad=True)
        return optim.SGD([w], lr=[*made_of(rate)][i]), rate

    (one, rate), (other, again) = made(), made()
    trained(one, rate, before)
    state = one.state_dict()
    other.load_state_dict(state)
    other.params[0].assign(one.params[0].numpy())
    assert again.events == rate.events
    assert trained(other, again, 6) == trained(one, rate, 6)
    with pytest.raises(StateError, match="makes no sense"):
        other.load_state_dict(
            {k: v - 9 if "events" in k else v for k, v in state.items()}
            if before
            else {**state, next(k for k in state if "events" in k): [[-1, 0]]}
        )


def falls(rate, metrics):
    """Return after which metrics the rate fell."""
    found = []
    for step, metric in enumerate(metrics):
        before = rate(step)
        rate.see(metric)
        found += [step] * (rate(step + 1) < before)
    return found


def test_metrics_in_a_cooldown_do_not_count():
    for cooldown, expected in ((0, [2, 4, 6, 8]), (2, [2, 6, 10]), (3, [2, 7])):
        rate = Plateau(1.0, factor=0.5, patience=1, cooldown=cooldown)
        assert falls(rate, [1.0] + [2.0] * 10)[: len(expected)] == expected


def test_a_share_of_a_best_below_0_is_below_it_too():
    metrics = [-1.0, -1.05, -1.2]  # better by less than a tenth, then by more
    assert falls(Plateau(1.0, patience=0, threshold=0.1), metrics) == [1]
    assert falls(Plateau(1.0, patience=0, threshold=0.1, mode="max"), [-1.0, -0.95, -0.8]) == [1]
