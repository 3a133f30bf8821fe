"""The ladder of error rates: the course's cases, its intervals, and what it refuses."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from scipy import stats

import tensorgraph as tg
from tensorgraph.diagnose.confidence_intervals import Term, combined, wilson
from tensorgraph.diagnose.error_ladder import Step
from tensorgraph.diagnose.remedies import BELOW_0, REMEDIES
from tensorgraph.errors import ArgumentError, DTypeError

ladder = tg.diagnose.ladder

rates = st.floats(0, 1)
sizes = st.integers(2, 10**6)
levels = st.floats(0.5, 0.999)

# ------------------------------------------------------------------------------ the course's cases

# human, train, train-dev, dev in percent → what to work on, what else is large
CASES = [
    # course 3, week 2, "Bias and variance with mismatched data distributions"
    ((0, 1, 9, 10), "variance", []),
    ((0, 1, 1.5, 10), "data mismatch", []),
    ((0, 10, 11, 12), "avoidable bias", []),
    ((0, 10, 11, 20), "avoidable bias", ["data mismatch"]),
    ((4, 7, 10, 12), "avoidable bias", ["variance", "data mismatch"]),
    # course 3, week 1, "Avoidable bias": the same network, two baselines
    ((1, 8, None, 10), "avoidable bias", []),
    ((7.5, 8, None, 10), "variance", []),
    ((1, 7, None, 8), "avoidable bias", []),
    ((6, 7, None, 10), "variance", []),
    # course 2, week 1, "Bias / variance"
    ((0, 1, None, 11), "variance", []),
    ((0, 15, None, 16), "avoidable bias", []),
    ((0, 15, None, 30), "avoidable bias", ["variance"]),
]


@pytest.mark.parametrize(("percents", "cause", "others"), CASES, ids=str)
def test_the_worked_cases_of_the_course(percents, cause, others):
    human, train, train_dev, dev = (None if p is None else p / 100 for p in percents)
    found = ladder(human=human, train=train, train_dev=train_dev, dev=dev)
    assert found.largest.name == cause
    assert [step.name for step in found.rivals] == others
    assert found.remedies == REMEDIES[cause]
    assert f"the largest step is {cause}" in str(found)
    named = {line[4:] for line in str(found).splitlines() if line.startswith("  - ")}
    assert named == set(REMEDIES[cause])


def test_steps_of_the_same_size_are_taken_from_the_bottom():
    found = ladder(human=0.06, train=0.07, dev=0.08)  # 0.07 − 0.06 > 0.08 − 0.07 > 0.01 in floats
    assert [step.size for step in found.steps] == [0.01, 0.01]
    assert found.largest.name == "avoidable bias"
    assert [step.name for step in found.rivals] == ["variance"]


def test_the_verdict_names_what_is_close():
    found = ladder(human=0, train=0.10, train_dev=0.11, dev=0.20)
    assert found.verdict == (
        "the largest step is avoidable bias: 10 %; close to it: data mismatch (9 %)"
    )


def test_a_test_set_shows_overfitting_to_dev():
    found = ladder(human=0.0, train=0.01, dev=0.02, test=0.09)
    assert found.largest.name == "overfitting to dev"
    assert found.remedies == ("get a bigger dev set, or a new one",)
    assert [step.upper for step in found.steps] == ["train", "dev", "test"]


def test_a_step_below_0_is_explained_and_never_chosen():
    found = ladder(human=0.05, train=0.03, train_dev=0.02, dev=0.01, test=0.005)
    assert found.largest is None and found.remedies == ()
    assert found.verdict == "no step goes up; there is nothing to work on here"
    assert found.notes == tuple(f"{s.name} is below 0: {BELOW_0[s.name]}" for s in found.steps)
    assert found.notes[0] in str(found)
    assert "−2 %" in str(found)


@given(st.lists(rates, min_size=5, max_size=5))
def test_steps_add_up_and_the_largest_is_the_largest(values):
    names = ("human", "train", "train_dev", "dev", "test")
    given_rates = dict(zip(names, values, strict=True))
    try:
        found = ladder(**given_rates)
    except ArgumentError as error:
        assert "write 1 - accuracy" in str(error)
        assert values[3] < values[1] < values[0]
        return
    assert math.isclose(sum(s.size for s in found.steps), values[4] - values[0], abs_tol=1e-11)
    best = max(s.size for s in found.steps)
    assert (found.largest is None) == (best <= 0)
    if found.largest:
        assert found.largest.size == best
        assert all(s.size >= best / 2 and s is not found.largest for s in found.rivals)
    assert [s.interval for s in found.steps] == [None] * 4
    ElementTree.fromstring(found.svg())


# --------------------------------------------------------------------------------------- intervals


@given(st.integers(0, 1000), st.integers(2, 1000), levels)
def test_wilson_is_that_of_scipy(errors, more, confidence):
    n = errors + more
    expected = stats.binomtest(errors, n).proportion_ci(confidence, method="wilson")
    assert np.allclose(wilson(errors / n, n, confidence), expected, rtol=1e-10, atol=1e-12)


# Newcombe 1998, "Interval estimation for the difference between independent proportions", table
# II, method 10: a/m − b/n at 95 %.
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]


@pytest.mark.parametrize(("counts", "expected"), NEWCOMBE)
def test_differences_are_those_of_newcombe(counts, expected):
    a, m, b, n = counts
    dev, train = Term(1, a / m, wilson(a / m, m, 0.95)), Term(-1, b / n, wilson(b / n, n, 0.95))
    assert np.allclose(combined([dev, train]), expected, atol=5e-5)
    if a / m > b / n:
        found = ladder(human=0.0, train=b / n, dev=a / m, sizes={"train": n, "dev": m})
        assert np.allclose(found.steps[1].interval, expected, atol=5e-5)


@given(rates, sizes, rates, sizes, levels)
def test_an_interval_holds_its_number_and_turns_with_its_sign(p, m, q, n, confidence):
    a, b = (wilson(p, m, confidence), wilson(q, n, confidence))
    assert 0 <= a.low <= p <= a.high <= 1
    forward = combined([Term(1, p, a), Term(-1, q, b)])
    back = combined([Term(1, q, b), Term(-1, p, a)])
    assert forward.low <= p - q <= forward.high
    assert np.allclose(forward, (-back.high, -back.low), atol=1e-12)
    assert -1 - 1e-12 <= forward.low and forward.high <= 1 + 1e-12


@given(rates, st.integers(2, 10**5), levels)
def test_more_examples_say_more(p, n, confidence):
    few, many = wilson(p, n, confidence), wilson(p, 4 * n, confidence)
    assert many.high - many.low < few.high - few.low


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        train, dev = rng.binomial(2000, 0.05) / 2000, rng.binomial(300, 0.08) / 300
        found = ladder(human=0, train=train, dev=dev, sizes={"train": 2000, "dev": 300})
        held += 0.03 in found.steps[1].interval
    assert 0.92 <= held / 400 <= 0.98


def test_small_sets_show_noise_and_large_sets_do_not():
    small = ladder(human=0.05, train=0.05, dev=0.08, sizes={"train": 100, "dev": 100})
    assert small.steps[1].is_noise
    assert small.largest is None
    assert small.verdict == "no step is more than noise; measure on larger sets"
    assert "variance 3 %" in str(small) and "within noise" in str(small)
    assert "within noise" in small.svg()
    large = ladder(human=0.05, train=0.05, dev=0.08, sizes={"train": 10_000, "dev": 10_000})
    assert large.steps[1].is_noise is False
    assert large.largest.name == "variance"


def test_a_step_above_noise_is_named_before_a_larger_one_within_it():
    found = ladder(
        human=0.0, train=0.05, train_dev=0.05, dev=0.11,
        sizes={"train": 10_000, "train_dev": 10_000, "dev": 20},
    )  # fmt: skip
    assert [step.is_noise for step in found.steps] == [False, True, True]
    assert found.largest.name == "avoidable bias"
    assert [step.name for step in found.rivals] == ["data mismatch"]


def test_a_step_below_0_within_noise_means_nothing():
    found = ladder(human=0.0, train=0.05, dev=0.04, sizes={"train": 100, "dev": 100})
    assert found.notes == ()


def test_rivals_are_what_these_sets_do_not_tell_apart():
    rungs = {"human": 0.0, "train": 0.10, "dev": 0.14}
    assert ladder(**rungs).rivals == ()
    large = ladder(**rungs, sizes={"train": 10_000, "dev": 10_000})
    small = ladder(**rungs, sizes={"train": 60, "dev": 60})
    assert large.rivals == () and small.largest.name == "avoidable bias"
    assert [step.name for step in small.rivals] == ["variance"]
    assert small.verdict.endswith("avoidable bias: 10 %; perhaps as large: variance (4 %)")


@given(st.floats(0, 0.4), st.floats(0, 0.9), sizes, sizes)
@example(0.1, 0.25, 300, 300)
@example(0.1, 0.25, 3000, 3000)
def test_a_rival_shares_a_rate_with_the_largest_step(p, q, m, n):
    found = ladder(human=0.0, train=p, dev=q, sizes={"train": m, "dev": n})
    bias, variance = found.steps
    if found.largest is None or min(bias.size, variance.size) <= 0:
        assert found.rivals == ()
        return
    # Bias less variance is 2 train − dev: train counts twice, in a single draw.
    train, dev = wilson(p, m, 0.95), wilson(q, n, 0.95)
    if found.largest is bias:
        other, low = variance, 2 * p - q - math.hypot(2 * (p - train.low), dev.high - q)
        high = 2 * p - q + math.hypot(2 * (train.high - p), q - dev.low)
    else:
        other, low = bias, q - 2 * p - math.hypot(q - dev.low, 2 * (train.high - p))
        high = q - 2 * p + math.hypot(dev.high - q, 2 * (p - train.low))
    if min(abs(low), abs(high), abs(other.size - found.largest.size / 2)) > 1e-9:
        close = other.size >= found.largest.size / 2 or low <= 0 <= high
        assert found.rivals == ((other,) if close else ())


def test_human_error_is_exact_unless_it_has_a_size():
    exact = ladder(human=0.01, train=0.05, dev=0.06, sizes={"train": 100})
    train = wilson(0.05, 100, 0.95)
    assert exact.steps[0].interval == pytest.approx((train.low - 0.01, train.high - 0.01))
    assert exact.steps[1].interval is None and exact.steps[1].is_noise is None
    measured = ladder(human=0.01, train=0.05, dev=0.06, sizes={"train": 100, "human": 100})
    assert measured.steps[0].interval.low < exact.steps[0].interval.low


def test_confidence_widens_intervals():
    sizes = {"train": 500, "dev": 500}
    ends = [
        ladder(human=0, train=0.1, dev=0.2, sizes=sizes, confidence=c).steps[1].interval
        for c in (0.8, 0.95, 0.99)
    ]
    assert ends[0].low > ends[1].low > ends[2].low and ends[0].high < ends[1].high < ends[2].high


# --------------------------------------------------------------------------------- looks and types


def test_the_picture_is_well_formed_and_tells_the_steps():
    found = ladder(human=0, train=0.1, train_dev=0.11, dev=0.2, test=0.2, sizes={"dev": 500})
    root = ElementTree.fromstring(found.svg())
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    for text in ("human", "train-dev", "20 % · data mismatch 9 %", "11 % · variance 1 %"):
        assert text in texts
    assert found._repr_svg_() == found.svg()
    widths = [float(n.get("width")) for n in root.iter() if n.tag.endswith("rect")][1:]
    # Each set's bar and the part it adds: together they are as long as its rate.
    human, *pairs = widths
    assert human == 0
    lengths = [a + b for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
    assert np.allclose(np.array(lengths) / lengths[-1], [0.5, 0.55, 1, 1], atol=2e-3)
    assert lengths[-1] + 90 < 720


def test_a_perfect_ladder_has_a_picture_too():
    ElementTree.fromstring(ladder(human=0, train=0, dev=0).svg())


@pytest.mark.parametrize("kind", [float, np.float32, np.float64, np.asarray, tg.tensor])
def test_any_number_is_a_rate(kind):
    found = ladder(human=kind(0.0), train=kind(0.25), dev=kind(0.5))
    assert found.rates == {"human": 0.0, "train": 0.25, "dev": 0.5}
    assert all(type(rate) is float for rate in found.rates.values())


def test_a_step_prints_itself():
    step = Step("variance", "train", "dev", 0.03, wilson(0.03, 100, 0.95))
    assert str(step) == "variance 3 %  [1.03 %, 8.45 %]"


# --------------------------------------------------------------------------------------- bad input

OK = {"human": 0.0, "train": 0.01, "dev": 0.1}
BAD = [
    ({"dev": 10}, ArgumentError, "dev = 10 is no error rate, .* for 10 % write dev=0.1"),
    ({"train": -0.1}, ArgumentError, r"train = -0.1 is no error rate, which lies in \[0, 1\]$"),
    ({"test": 300}, ArgumentError, r"test = 300 is no error rate, which lies in \[0, 1\]$"),
    ({"human": math.nan}, ArgumentError, "human is a finite number, not nan"),
    ({"train_dev": math.inf}, ArgumentError, "train_dev is a finite number, not inf"),
    ({"dev": "0.1"}, DTypeError, "dev is a number, not '0.1'"),
    ({"dev": None}, DTypeError, "dev is a number, not None"),
    ({"dev": True}, DTypeError, "dev is a number, not True"),
    ({"dev": [0.1, 0.2]}, DTypeError, r"dev is a number, not \[0.1, 0.2\]"),
    ({"dev": np.array([0.1])}, DTypeError, "dev is a number, not shape"),
    ({"human": 0.99, "train": 0.95, "dev": 0.9}, ArgumentError, "write 1 - accuracy"),
    ({"sizes": {"dev": 1}}, ArgumentError, "a dev set of 1 measures no error rate"),
    ({"sizes": {"dev": 0}}, ArgumentError, "a dev set of 0 measures no error rate"),
    ({"sizes": {"dev": 10.0}}, DTypeError, "size of the dev set is an integer, not 10.0"),
    ({"sizes": {"dev": True}}, DTypeError, "size of the dev set is an integer, not True"),
    ({"sizes": {"test": 10}}, ArgumentError, "'test', which has no error rate; write test=..."),
    ({"sizes": {"val": 10}}, ArgumentError, "'val', which has no error rate; the sets are human"),
    ({"sizes": [10, 20]}, DTypeError, "sizes must be a dict"),
    ({"confidence": 95}, ArgumentError, r"confidence, such as 0\.95, is in \(0, 1\), not 95"),
    ({"confidence": 1}, ArgumentError, r"confidence, .* is in \(0, 1\), not 1"),
]


@pytest.mark.parametrize(("changed", "kind", "message"), BAD, ids=str)
def test_bad_input_is_refused_with_the_fix(changed, kind, message):
    with pytest.raises(kind, match=f"^ladder: .*{message}"):
        ladder(**{**OK, **changed})
