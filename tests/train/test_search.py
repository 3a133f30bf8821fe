"""Random search: what is drawn, on any executor, resumed to the same result."""

import json
import math
import os
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.train import (
    Space,
    choice,
    fit,
    integers,
    log_uniform,
    one_minus_log_uniform,
    search,
    uniform,
)

SPACE = {
    "lr": log_uniform(1e-4, 1.0), "beta": one_minus_log_uniform(0.9, 0.999),
    "hidden": integers(2, 9), "kind": choice(["a", "b"]), "fixed": 7,
}  # fmt: skip


def bowl(params, seed):
    return abs(math.log10(params["lr"]) + 2) + abs(params["hidden"] - 5)


def moody(params, seed):
    """An objective that fails at some points and is no number at others."""
    if params["hidden"] == 2:
        raise RuntimeError("two\nare too few")
    return math.nan if params["hidden"] == 3 else params["lr"]


def deadly(params, seed):
    os._exit(1)


def found_by(result):
    return [(t.number, t.params, t.value, t.error) for t in result]


# ---------------------------------------------------------------------------- what is drawn


def drawn(distribution, count=4000):
    rng = np.random.default_rng(0)
    return np.array([distribution.draw(rng) for _ in range(count)])


def test_scales():
    logs = np.log10(drawn(log_uniform(1e-4, 1.0)))
    assert np.allclose(np.histogram(logs, 4, (-4, 0))[0] / 4000, 0.25, atol=0.03)
    # The course: of β from 0.9 to 0.999, half are below 0.99.
    betas = drawn(one_minus_log_uniform(0.9, 0.999))
    assert betas.min() >= 0.9 and betas.max() <= 0.999
    assert np.isclose((betas < 0.99).mean(), 0.5, atol=0.03)
    even = drawn(uniform(-1.0, 3.0))
    assert np.allclose(np.histogram(even, 4, (-1, 3))[0] / 4000, 0.25, atol=0.03)
    whole = drawn(integers(2, 5))
    assert np.allclose(np.bincount(whole)[2:] / 4000, 0.25, atol=0.03)
    assert all(type(x) is int for x in (integers(2, 5).draw(np.random.default_rng(0)),))
    assert np.isclose((drawn(choice(["a", "b"])) == "a").mean(), 0.5, atol=0.03)


INTERVALS = st.sampled_from([log_uniform(1e-4, 10), one_minus_log_uniform(0.5, 0.9999),
                             uniform(-2.0, 5.0), integers(-3, 40)])  # fmt: skip


@given(INTERVALS, st.integers(0, 10**6), st.integers(1, 5))
def test_a_space_around_points_holds_them_and_is_smaller(distribution, seed, count):
    rng = np.random.default_rng(seed)
    values = [distribution.draw(rng) for _ in range(count)]
    around = distribution.around(values)
    assert distribution.low <= around.low < around.high <= distribution.high
    assert around.low <= min(values) and max(values) <= around.high
    assert all(around.low <= around.draw(rng) <= around.high for _ in range(5))
    again = around.around([around.draw(rng)])
    assert around.low <= again.low < again.high <= around.high


def test_around_is_a_quarter_wider_on_the_scale():
    around = log_uniform(1e-4, 1.0).around([1e-3, 1e-1])
    assert np.allclose([around.low, around.high], [10**-3.5, 10**-0.5])
    around = log_uniform(1e-4, 1.0).around([1e-2])
    assert np.allclose([around.low, around.high], [10**-2.25, 10**-1.75])
    around = integers(0, 100).around([20, 60])
    assert (around.low, around.high) == (10, 70)
    assert choice(["a", "b", "c"]).around(["c", "a", "c"]).values == ("a", "c")
    around = Space(SPACE).around([{"lr": 0.1, "beta": 0.95, "hidden": 3, "kind": "a", "fixed": 7}])
    assert around["fixed"] == 7 and around["kind"].values == ("a",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: uniform(1, 1), "uniform: from low to high, not from 1 to 1"),
        (lambda: uniform(0, math.inf), "the ends are finite numbers"),
        (lambda: uniform("a", 1), "the ends are finite numbers, not 'a'"),
        (lambda: log_uniform(0, 1), "log_uniform: the ends are above 0"),
        (lambda: one_minus_log_uniform(0.9, 1), "one_minus_log_uniform: the ends are below 1"),
        (lambda: integers(0.5, 2), "integers: from one whole number to another, not 0.5"),
        (lambda: choice([]), "nothing to choose from"),
        (lambda: choice("adam"), r"choice takes a list, not 'adam'; write choice\(\['adam'"),
        (lambda: choice(5), "choice takes a list, not 5"),
        (lambda: Space({}), "Space: hyperparameters by name"),
        (lambda: Space([1]), "Space: hyperparameters by name"),
        (lambda: Space(SPACE).around([]), "give a list of points with all of lr, beta"),
        (lambda: Space(SPACE).around(Space(SPACE).point(0, 0)), "give a list of points"),
        (lambda: Space(SPACE).around(search(SPACE, bowl, 1).best), "give a list of points"),
        (lambda: Space(SPACE).around([{"lr": 1}]), "give a list of points with all of lr, beta"),
        (lambda: search(SPACE, bowl, 0), "search: trials is at least 1"),
        (lambda: search({}, bowl, 3), "Space"),
        (lambda: search(SPACE, 3, 3), "the objective is a function"),
        (lambda: search(SPACE, bowl, 3, optimize="lower"), "optimize is 'min' or 'max'"),
    ],
)
def test_it_refuses_what_makes_no_sense(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


# ---------------------------------------------------------------------------- the search


def test_trials_are_sorted_and_depend_on_the_seed_alone():
    result = search(SPACE, bowl, 20)
    values = [trial.value for trial in result]
    assert values == sorted(values)
    assert sorted(t.number for t in result) == list(range(20))
    assert result.best is result[0] and result.top(3) == result[:3]
    assert all(t.value == bowl(t.params, 0) for t in result)
    first = {t.number: t.params for t in search(SPACE, bowl, 10)}
    assert first == {t.number: t.params for t in result if t.number < 10}
    assert search(SPACE, bowl, 1, seed=1).best.params != first[0]
    highest = search(SPACE, bowl, 20, optimize="max")
    assert [t.value for t in highest] == sorted(values, reverse=True)


def test_each_trial_has_a_seed_of_its_own():
    seeds = [t.value for t in search(SPACE, lambda params, seed: seed, 10)]
    assert len(set(seeds)) == 10
    assert seeds == [t.value for t in search(SPACE, lambda params, seed: seed, 10)]


def test_an_objective_may_change_its_parameters():
    result = search(SPACE, lambda params, seed: params.pop("lr"), 3)
    assert all("lr" in trial.params for trial in result)


class Backwards(Executor):
    """Runs what it is given when asked for results, the last first."""

    def __init__(self):
        self.work = []

    def submit(self, f, /, *args, **kwargs):
        future = Future()
        self.work.append((future, f, args))
        if len(self.work) == 8:
            threading.Thread(target=self.run_all).start()
        return future

    def run_all(self):
        for future, f, args in reversed(self.work):
            future.set_result(f(*args))


def test_the_result_is_the_same_on_any_executor():
    alone = found_by(search(SPACE, moody, 8))
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        for executor in (threads, processes, Backwards()):
            assert str(alone) == str(found_by(search(SPACE, moody, 8, executor=executor)))


def test_failures_are_kept_and_come_last():
    result = search({"hidden": choice([2, 3, 4]), "lr": uniform(0, 1)}, moody, 12)
    bad = [t for t in result if math.isnan(t.value)]
    assert {t.error for t in bad} == {"RuntimeError: two", ""}
    assert result[-len(bad) :] == bad
    assert len(result.top(12)) == 12 - len(bad)
    assert "RuntimeError: two" in repr(result)
    hopeless = search({"hidden": 2}, moody, 3)
    assert hopeless.top(3) == []
    with pytest.raises(tg.errors.ArgumentError, match="all 3 trials failed, the first with Runt"):
        _ = hopeless.best
    with pytest.raises(tg.errors.ArgumentError, match="returned NaN"):
        _ = search({"hidden": 3}, moody, 3).best
    text = search({"hidden": 4}, lambda params, seed: [1, 2], 1)[0].error
    assert text.startswith("ShapeError: what the objective returned is [1, 2], not a single number")
    assert text.endswith('write history["dev_loss"][-1]')


def test_the_table():
    lines = repr(search({"lr": 0.5, "kind": choice(["adam"])}, lambda p, s: 0.25, 2)).splitlines()
    assert lines[0].split() == ["trial", "lr", "kind", "value", "seconds"]
    assert lines[1].split()[:4] == ["0", "0.5", "adam", "0.25"]


# ---------------------------------------------------------------------------- files


def test_a_search_that_was_killed_goes_on(tmp_path):
    path = tmp_path / "search.jsonl"
    undisturbed = search(SPACE, moody, 12)
    calls = []

    def killed(params, seed):
        if len(calls) == 5:
            raise KeyboardInterrupt
        calls.append(params)
        return moody(params, seed)

    with pytest.raises(KeyboardInterrupt):
        search(SPACE, killed, 12, path=path)
    assert len(path.read_text("utf-8").splitlines()) == 6  # with the header
    failed = {t.number for t in undisturbed if t.failed}
    assert len(failed) == 1 and failed < set(range(5, 11))
    for cut in (1, 20):  # in the midst of a line
        path.write_bytes(path.read_bytes()[:-cut])
        before = len(calls)

        def counted(params, seed):
            calls.append(params)
            return moody(params, seed)

        resumed = search(SPACE, counted, 12, path=path)
        assert str(found_by(resumed)) == str(found_by(undisturbed))
        assert len(calls) - before == (8 if cut == 1 else 2)  # cut off, and failed
    assert len(path.read_text("utf-8").splitlines()) == 14
    fewer = search(SPACE, deadly, 3, path=path)
    assert {t.number for t in fewer} == {0, 1, 2}


def test_a_trial_that_failed_is_tried_again(tmp_path):
    path = tmp_path / "search.jsonl"
    calls = []

    def flaky(params, seed):
        """Runs out of memory at first, and diverges or comes to NaN at some points for good."""
        calls.append(params["k"])
        if params["k"] == 0:
            raise tg.errors.DivergenceError("the cost is nan", None)
        if params["k"] == 1 and calls.count(1) == 1:
            raise MemoryError
        return math.nan if params["k"] == 2 else params["k"]

    space = {"k": choice([0, 1, 2, 3])}
    search(space, flaky, 12, path=path)
    numbers = {k: calls.count(k) for k in range(4)}
    assert all(numbers.values())
    first = search(space, flaky, 12, path=path)
    assert {k: calls.count(k) for k in range(4)} == {**numbers, 1: numbers[1] + 1}
    assert sum(t.failed for t in first) == 0
    assert {t.params["k"] for t in first if math.isnan(t.value)} == {0, 2}
    assert first.best.params["k"] == 1 and {t.error for t in first if t.params["k"] == 1} == {""}
    before = len(calls)
    assert found_by(search(space, flaky, 12, path=path))[0] == found_by(first)[0]
    assert len(calls) == before


def test_a_line_of_the_file_is_for_people_too(tmp_path):
    path = tmp_path / "search.jsonl"
    search({"lr": 0.5, "f": choice([np.tanh])}, lambda p, s: math.inf, 1, path=path)
    header, row = map(json.loads, path.read_text("utf-8").splitlines())
    assert header["seed"] == 0
    assert row["params"] == {"lr": 0.5, "f": "<ufunc 'tanh'>"}
    found = search({"lr": 0.5, "f": choice([np.tanh])}, deadly, 1, path=path)
    assert found[0].params["f"] is np.tanh
    assert found[0].value == math.inf


def test_the_file_of_another_search_is_refused(tmp_path):
    path = tmp_path / "search.jsonl"
    search(SPACE, bowl, 2, path=path)
    before = path.read_bytes()
    for space, seed in (({"lr": uniform(0, 1)}, 0), (SPACE, 1)):
        with pytest.raises(tg.errors.StateError, match="another search"):
            search(space, bowl, 2, path=path, seed=seed)
    assert path.read_bytes() == before
    for text in ("hello\n", "[]\n", '{"search": 1}\n{"trial": 1}\n'):
        path.write_text(text, "utf-8")
        with pytest.raises(tg.errors.StateError):
            search(SPACE, bowl, 2, path=path)


def test_a_file_that_was_cut_in_its_first_line_begins_anew(tmp_path):
    path = tmp_path / "search.jsonl"
    path.write_text('{"search": "Sp', "utf-8")
    search(SPACE, bowl, 2, path=path)
    assert len(path.read_text("utf-8").splitlines()) == 3


def test_a_worker_that_dies_is_no_failed_trial(tmp_path):
    path = tmp_path / "search.jsonl"
    with ProcessPoolExecutor(1) as executor, pytest.raises(BrokenProcessPool):
        search(SPACE, deadly, 2, executor=executor, path=path)
    assert len(path.read_text("utf-8").splitlines()) == 1
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(Exception, match=r"[Pp]ickle|local object"),
    ):
        search(SPACE, lambda p, s: 0, 2, executor=executor)


def test_a_search_that_is_broken_off_leaves_nothing_running():
    over = threading.Event()
    calls = []

    def objective(params, seed):
        calls.append(seed)
        if len(calls) == 1:
            raise KeyboardInterrupt
        over.wait(60)
        return 0.0

    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(KeyboardInterrupt):
            search(SPACE, objective, 20, executor=executor)
        over.set()
    assert len(calls) <= 2


# ---------------------------------------------------------------------------- with fit


def test_from_coarse_to_fine_with_fit():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 2)).astype("float32")
    train, dev = (x[:40], x[:40, :1]), (x[40:], x[40:, :1])

    def objective(params, seed):
        tg.random.seed(seed)
        model = nn.Linear(2, 1)
        optimizer = optim.SGD(model.parameters(), lr=params["lr"])
        history = fit(model, nn.losses.mse, optimizer, train, dev, epochs=3, progress=False)
        return history["dev_loss"][-1]

    space = Space({"lr": log_uniform(1e-5, 1e3)})
    coarse = search(space, objective, 12)
    assert any("DivergenceError" in t.error for t in coarse) or coarse[-1].value > 10
    fine = search(space.around(coarse.top(3)), objective, 6, seed=1)
    assert fine.best.value < 1.0
    assert fine[-1].value < coarse[-1].value or not math.isnan(fine[-1].value)


def test_ctrl_c_in_fit_ends_the_search():
    def interrupt(run):
        raise KeyboardInterrupt

    def objective(params, seed):
        model = nn.Linear(1, 1)
        x = np.ones((4, 1), "float32")
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        fit(
            model, nn.losses.mse, optimizer, (x, x), epochs=2, progress=False, callbacks=[interrupt]
        )
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        search(SPACE, objective, 3)
