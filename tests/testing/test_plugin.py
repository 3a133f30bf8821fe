"""The pytest plugin, in runs of pytest within this one: what it adds, and that it adds nothing."""

import re
import subprocess
import sys

import pytest
from hypothesis import settings

import tensorgraph as tg
from tensorgraph.teacher.judging import judgement
from tensorgraph.testing import strategies
from tensorgraph.testing.plugin import around_tests, failures, hypothesis_settings, seeds

pytest_plugins = ["pytester"]
# What is first imported in a run within this one is forgotten after it.
LOADED = judgement, strategies, around_tests, failures, hypothesis_settings, seeds

HEAD = """
import numpy as np
import pytest
import random
import tensorgraph as tg
from hypothesis import given, settings, strategies as st
"""
OPS = """
halved = tg.op("halved", lambda x: x * x, {"x": lambda g, x: g * x})
greedy = tg.op("greedy", lambda x: 2 * x, {"x": lambda g: np.multiply(g, 2, out=g)})
narrow = tg.op("narrow", lambda x: 3 * x, {"x": lambda g: g * (4 if g.dtype == "f4" else 3)})
kinked = tg.op(
    "kinked", lambda x: np.maximum(x, 0.1 * x), {"x": lambda g, x: g * tg.where(x > 0, 1.0, 0.1)}
)
calls = iter(range(1000))
moody = tg.op("moody", lambda x: x * x, {"x": lambda g, x: g * x * (2 + next(calls))})
third = tg.op("third", lambda x: x**3, {"x": lambda g, x: g * 3 * tg.asarray(x).detach() ** 2})

def ones(dtype="f4"):
    return tg.tensor(np.array([[1.0, 3.0]], dtype), requires_grad=True)
"""


@pytest.fixture
def run(pytester):
    """Run tests, and return what each ended as, and all that was printed."""

    def run_tests(text, *options):
        pytester.makepyfile(HEAD + text)
        found = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-v", *options)
        printed = "\n".join(found.outlines)
        ends = re.findall(r"::(\w+)(?:\[\w+\])? ([A-Z]+)", printed)
        return dict(ends), printed

    return run_tests


def line(text, piece):
    """Return the number of the line in a test's file that begins with a piece of text."""
    lines = (HEAD + text).strip().splitlines()
    return next(k for k, found in enumerate(lines, 1) if found.strip().startswith(piece))


def part(printed, name):
    """Return what is printed of one failed test."""
    return re.split(r"_{5,}|={5,}", printed.partition(f"_ {name} _")[2].lstrip("_"), maxsplit=1)[0]


# -------------------------------------------------------------------------------- the sanitizer


FAULTY = """
def test_wrong():
    (halved(ones()) * 2).sum().backward()

def test_wrong_in_grad():
    tg.grad(lambda x: halved(x).sum())(ones())

def test_wrong_and_caught():
    with pytest.raises(RuntimeError):
        halved(ones()).sum().backward()

@pytest.mark.tg_gradcheck("off")
def test_wrong_but_not_looked_at():
    halved(ones()).sum().backward()

def test_writes():
    y = ones() * 2
    (greedy(y) * y).sum().backward()

def test_shares():
    a = np.array([1.0, 2.0])
    w = tg.asarray(a)
    w.requires_grad = True
    y = (w * w).sum()
    a[0] = 5
    y.backward()

def test_single_precision():
    narrow(ones("f8")).sum().backward()
    narrow(ones("f4")).sum().backward()

def test_moody():
    moody(ones()).sum().backward()

def test_second_order():
    x = ones()
    tg.gradients(third(x).sum(), x)
    (first,) = tg.gradients(third(x).sum(), [x], create_graph=True)

@given(st.floats(0.1, 3))
def test_drawn(v):
    x = tg.tensor(v, requires_grad=True)
    (halved(x) if v > 1.7 else kinked(x)).backward()
"""


LARGE = """
from tensorgraph.engine.op import REGISTRY

@pytest.fixture
def wrong_where_large():
    rule = REGISTRY["relu"].rule_word(0)
    code = rule.__code__
    planted = lambda g, out: g * (out > 0) * (1.5 if np.size(out) > 1000 else 1.0)
    rule.__code__ = planted.__code__
    yield
    rule.__code__ = code

def backward(f, values, dtype="f8"):
    f(tg.tensor(np.array(values, dtype), requires_grad=True)).sum().backward()

def squared(at, slope):
    rule = {"x": lambda g, x: g * np.where(x == at, slope, 2 * x)}
    return tg.op("squared", lambda x: x * x, rule)

def test_large_alone(wrong_where_large):
    backward(tg.relu, np.random.default_rng(0).normal(size=2000))

def test_large_and_broadcast(wrong_where_large):
    backward(lambda x: tg.relu(x + np.zeros((50, 1))), np.random.default_rng(0).normal(size=50))

def test_at_one_of_the_values():
    backward(squared(1.0, 7.0), np.ones(300))

def test_at_zero():
    backward(squared(0.0, 3.0), np.r_[np.zeros(200), np.ones(100)])

def test_at_one_element_of_many():
    backward(squared(0.0, 3.0), np.r_[np.linspace(-1, 1, 1000), 0.0])

def test_at_a_kink():
    rule = {"x": lambda g, x: g * np.where(x == 0, 5.0, x > 0)}
    backward(tg.op("cut", lambda x: np.maximum(x, 0), rule), np.r_[np.zeros(200), -np.ones(99), 2])

def test_by_less_than_a_percent_in_single_precision():
    rule = {"x": lambda g, x: g * np.cos(x) * (1.001 if x.dtype == "f4" else 1)}
    backward(tg.op("sine", np.sin, rule), [0.3, 0.4], "f4")
"""


def test_the_sanitizer_finds_what_is_wrong_at_a_few_places_or_by_a_little(run):
    ends, printed = run(LARGE, "--tg-gradcheck=full")
    assert set(ends.values()) == {"FAILED"} and len(ends) == LARGE.count("def test_"), ends
    for name in ends:
        assert "GradcheckError: '" in part(printed, name), printed
    assert "of 24 elements among 2000 it makes what is off by 0.5 of 1" in printed


def test_the_sanitizer_finds_what_is_wrong_and_names_it(run):
    ends, printed = run(OPS + FAULTY, "--tg-gradcheck=fast")
    assert ends.pop("test_wrong_but_not_looked_at") == "PASSED"
    assert set(ends.values()) == {"FAILED"}, ends
    wrong = part(printed, "test_wrong")
    name = "test_the_sanitizer_finds_what_is_wrong_and_names_it.py"
    for said in (
        "GradcheckError: 'halved': the gradient rule for 'x' is wrong",
        "the gradient is wrong at x, index (0,",
        "2 of 2 checked derivatives are wrong, all by the factor 0.5",
        f"{name}:{line(OPS + FAULTY, '(halved(ones()) * 2)')}",
        "with      x (1, 2) float32; result (1, 2) float32",
        f"{name}:{line(OPS, 'halved =')}",
        "    x = np.array([[1.0, 3.0]])",
        "tg.testing.gradcheck(lambda x: halved(x), x)  # your operation 'halved'",
    ):
        assert said in wrong, wrong
    assert "'greedy': the gradient rule for 'x' writes to what it is given" in printed
    assert "for 'x' was fed with other values than the forward pass had: x was" in printed
    assert "'narrow': the gradient rule for 'x' returned in float32 what is off by" in printed
    assert "it depends on something that changes" in part(printed, "test_moody")
    assert "second derivative" in part(printed, "test_second_order")
    assert "v=2.0" in part(printed, "test_drawn")
    assert re.search(r"tensorgraph: \d+ runs of gradient rules of \d operations checked", printed)


RIGHT = """
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_kinks_ties_and_saturation(dtype):
    w = tg.tensor(np.array([[0.0, 1.0, 1.0, -2.0, 300.0, -0.0]], dtype), requires_grad=True)
    for f in (tg.relu, tg.abs, tg.tanh, tg.sigmoid, kinked, lambda x: tg.softmax(x, axis=1)):
        f(w).sum().backward()
    tg.max(w, axis=1).sum().backward()
    tg.maximum(w, 0).sum().backward()
    tg.sort(w, axis=1)[0, 1].backward()
    tg.softmax_cross_entropy(w, [[0, 0, 1, 0, 0, 0]]).sum().backward()
    tg.log(w[:, 1:2] * 1e-30).sum().backward()

def test_a_network_trains():
    tg.random.seed(0)
    model = tg.nn.Sequential(
        tg.nn.Conv2d(1, 2, 3), tg.nn.ReLU(), tg.nn.MaxPool2d(2), tg.nn.Flatten(),
        tg.nn.Linear(8, 8), tg.nn.BatchNorm(8), tg.nn.Dropout(p=0.5), tg.nn.Linear(8, 3),
    )
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    x = np.random.default_rng(0).standard_normal((4, 1, 6, 6)).astype("f4")
    for _ in range(4):
        loss = tg.nn.losses.cross_entropy(model(x), [0, 1, 2, 0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert tg.grad(tg.grad(lambda x: tg.checkpoint(tg.exp)(x)))(0.0).item() == 1

@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_kinks_in_large_arrays(dtype):
    drawn = np.random.default_rng(0).standard_normal((20, 30))
    for values in (np.round(drawn, 1), np.maximum(drawn, 0)):
        w = tg.tensor(values.astype(dtype), requires_grad=True)
        for f in (tg.relu, tg.tanh, kinked, lambda x: tg.max(x, axis=1)):
            f(w).sum().backward()

@tg.compile
def slope(x):
    return tg.grad(lambda x: (x * x).sum())(x)

def test_compiled():
    assert [slope(tg.tensor([1.0, 3.0])).sum().item() for _ in range(3)] == [8, 8, 8]
"""


def test_the_sanitizer_lets_pass_what_is_right(run):
    for how, chosen in (("full", "kinks"), ("fast", "not kinks")):
        ends, printed = run(OPS + RIGHT, f"--tg-gradcheck={how}", "-k", chosen, "-W", "error")
        assert set(ends.values()) == {"PASSED"}, printed
        assert "checked" in printed and "could not be judged" not in printed


# ------------------------------------------------------------------------- fixtures and marks


FIXTURES = """
KEPT = []

def test_seeded(tg_seed):
    print("drawn", random.random(), np.random.rand(), tg.random.uniform().item())
    assert tg_seed == 7

def test_passes(tg_seed):
    assert 0 <= tg_seed < 2**32

def test_float64(float64):
    assert tg.tensor(1.0).dtype == tg.nn.Linear(2, 3).weight.dtype == np.float64

def test_float32():
    assert tg.tensor([0.5]).dtype == tg.ones(2).dtype == np.float32

def test_keeps(no_leaks):
    w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
    KEPT.append((w * w).sum())

def test_cycle(no_leaks):
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward(create_graph=True)
    del w
    assert [[] for _ in range(10_000)]  # so many that the collector would run

def test_arrays(no_leaks):
    KEPT.append(np.zeros(5000))

@pytest.fixture
def ends_badly():
    yield
    raise OSError

def test_ended_badly(no_leaks, ends_badly):
    pass

def test_after_that():
    import gc, tracemalloc
    assert gc.isenabled() and not tracemalloc.is_tracing()

@pytest.fixture
def model():
    return tg.nn.Linear(2, 2)

def test_lets_go(no_leaks, model):
    model(tg.ones((1, 2))).sum().backward()
    with pytest.raises(Exception) as caught:
        model(tg.ones(3))

@pytest.mark.tg_debug("on")
def test_nan():
    tg.log(tg.tensor([1.0, 0.0]))

def test_nan_not_looked_at():
    tg.log(tg.tensor([1.0, 0.0]))

@pytest.mark.tg_gradcheck("full")
def test_marked():
    halved(ones()).sum().backward()

@pytest.mark.tg_gradcheck("slow")
def test_mistyped():
    pass
"""


def test_fixtures_and_marks(run):
    ends, printed = run(OPS + FIXTURES, "--strict-markers")
    failed = {"test_seeded", "test_nan", "test_marked", "test_mistyped"}
    assert {name for name, end in ends.items() if end == "FAILED"} == failed, printed
    assert re.findall(r"ERROR at teardown of (\w+)", printed) == [
        "test_keeps", "test_cycle", "test_arrays", "test_ended_badly",
    ]  # fmt: skip
    seed = re.search(r"to repeat: pytest '(\S+)' --tg-seed=(\d+)", part(printed, "test_seeded"))
    assert seed[1].endswith("test_seeded")
    kept = line(OPS + FIXTURES, "KEPT.append((w")
    for said in (
        f"test_fixtures_and_marks.py:{kept - 1}: held by",
        f"tensor () float32 made at *.py:{kept}: held by the list test_fixtures_and_marks.KEPT",
        f"node of 'sum' () made at *.py:{kept}",
        f"tensor (2,) float32 made at *.py:{kept + 3}: in a reference cycle",
        f"arrays of 40,000 bytes made at *.py:{line(OPS + FIXTURES, 'KEPT.append(np')}",
        "log made -inf at index (1,)",
        '("fast") or ("full") or ("off"), not (\'slow\',)',
    ):
        assert re.search(re.escape(said).replace(r"\*", ".*"), printed), said + printed


def test_a_seed_is_repeated_and_the_state_given_back(run):
    state = tg.random.default_generator().state
    twice = [run(OPS + FIXTURES, "-k", "test_seeded", "--tg-seed=7", "-rP") for _ in range(2)]
    first, second = (re.search("drawn .*", printed)[0] for _, printed in twice)
    assert first == second and twice[0][0]["test_seeded"] == "PASSED"
    assert tg.random.default_generator().state == state


# ------------------------------------------------------------------------------- what is told


ASSERTIONS = """
t = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
u = np.array([[1.0, 2.5], [3.5, 4.0]])
f = lambda: t

def test_numpys():
    assert np.allclose(t, u, rtol=1e-3)

def test_ours():
    assert tg.allclose(t * 2, u + t)

def test_exactly():
    assert (t == u).all()

def test_at_once():
    assert t == u

def test_bound():
    assert (abs(t - u) < 0.2).all(), "far"

def test_called():
    assert np.allclose(f(), u)

def test_taken_once():
    assert np.allclose(next(iter([t, u])), u) and np.allclose(np.add(u, 1, u), t)

def test_arrays():
    assert np.allclose(u, u + 1)

def test_gradcheck():
    w, k = np.array([2.0, 1.0]), 3
    tg.testing.gradcheck(lambda x: halved(x) * w * k, np.array([1.0, 3.0]), order=2, seed=5)

def test_gradcheck_of_an_operation():
    tg.testing.gradcheck(halved, 2.0)
"""


def test_failures_say_what_differs_and_what_repeats_them(run):
    ends, printed = run(OPS + ASSERTIONS)
    assert set(ends.values()) == {"FAILED"}
    told = part(printed, "test_numpys")
    assert "2 of 4 elements differ by more than 1e-08 + 0.001 · |u|" in told
    assert "the worst at index (0, 1): t 2.0, u 2.5, difference 0.5 (20 % of u)" in told
    assert "t is (2, 2) float32, u (2, 2) float64" in told
    assert "at index (0, 1): t * 2 4.0, u + t 4.5" in part(printed, "test_ours")
    assert "at index (0, 1): t 2.0, u 2.5" in part(printed, "test_exactly")
    assert "1 of 4" not in part(printed, "test_at_once")
    assert "at index (0, 1): t 2.0, u 2.5" in part(printed, "test_at_once")
    bound = part(printed, "test_bound")
    assert "2 of 4 elements are not abs(t - u) < 0.2" in bound
    assert "the furthest at index (0, 1): 0.5 and 0.2" in bound
    for name in ("test_called", "test_taken_once", "test_arrays"):
        assert "index (" not in part(printed, name)
    code = re.search(r"to repeat it:\n((?:E +.*\n)+)", part(printed, "test_gradcheck"))[1]
    assert re.sub(r"(?m)^E +", "", code).splitlines() == [
        "import numpy as np",
        "import tensorgraph as tg",
        "from test_failures_say_what_differs_and_what_repeats_them import halved",
        "k = 3",
        "w = np.array([2.0, 1.0])",
        "f = lambda x: halved(x) * w * k",
        "x = np.array([1.0, 3.0])",
        "tg.testing.gradcheck(f, x, order=2, seed=5)",
    ]
    assert "tg.testing.gradcheck(halved, x)" in part(printed, "test_gradcheck_of_an_operation")


LINES = """
def test_gradcheck():
    tg.testing.gradcheck(halved, np.array([1.0, 3.0]))

def test_op():
    tg.testing.check_op(halved, [1.0, 3.0])

def test_loss():
    tg.testing.check_loss(lambda p, t: halved(p - t).mean(), [[1.0], [3.0]], [[2.0], [5.0]])

def test_function_within():
    tg.testing.gradcheck(lambda x: x @ ones(), np.ones(3))

def test_equal():
    assert ones() == [[1.0, 2.0]]

@pytest.mark.tg_gradcheck("full")
def test_sanitizer():
    halved(ones()).sum().backward()

@pytest.mark.tg_debug("on")
def test_debug():
    tg.log(ones() - 1)
"""


def test_failures_show_the_users_lines_alone(run):
    ends, printed = run(OPS + LINES)
    assert set(ends.values()) == {"FAILED"}
    assert not re.search(r"(?m)^\S*tensorgraph/\S+\.py:\d+", printed), printed
    for name in ends:
        shown = re.findall(r"(?m)^>  ", part(printed, name))
        assert len(shown) == 1 + (name == "test_function_within"), part(printed, name)
    _, printed = run(OPS + LINES, "-k", "test_op", "--full-trace")
    assert re.search(r"tensorgraph/testing/promises\.py:\d+: CheckError", printed), printed


# ----------------------------------------------------------------------- elsewhere, and not at all


def test_it_works_in_workers_and_their_counts_add_up(run):
    text = "".join(f"\ndef test_{k}():\n    tg.exp(ones()).sum().backward()\n" for k in range(4))
    wrong = FAULTY.partition("\n\n")[0]
    _, printed = run(OPS + text + wrong, "--tg-gradcheck=full", "-n2", "-p", "no:cov")
    assert "4 passed, 1 failed" in printed or "1 failed, 4 passed" in printed, printed
    assert "tensorgraph: 11 runs of gradient rules of 4 operations checked" in printed


SLOW = """
import time

@given(st.integers())
def test_default(n):
    assert settings.default.deadline is None

@settings(deadline=200, database=None)
@given(st.integers())
def test_slow(n):
    time.sleep(0.3 * (n == 0))
"""


def test_no_deadline_of_hypothesis_where_tests_are_slowed_down(run):
    before = settings.get_current_profile_name()
    try:
        ends = [run(SLOW, "--hypothesis-profile=tensorgraph")[0] for _ in range(2)]
    finally:
        settings.load_profile(before)
    ends.append(run(SLOW, "--tg-gradcheck=fast", "-k", "test_slow")[0])
    asked_for = {"test_default": "PASSED", "test_slow": "FAILED"}
    assert ends == [asked_for, asked_for, {"test_slow": "PASSED"}]


def test_nothing_is_imported_where_nothing_is_used(tmp_path):
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert True\n", "utf-8")
    code = (
        "import sys, pytest\n"
        "failed = pytest.main(['-q', '-W', 'error', '-p', 'no:cacheprovider', *sys.argv[1:]])\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'tensorgraph')], failed)\n"
    )
    for options in ([], ["-p", "no:tensorgraph"]):
        printed = subprocess.run(
            [sys.executable, "-c", code, *options],
            cwd=tmp_path, capture_output=True, encoding="utf-8", check=True,
        ).stdout  # fmt: skip
        assert "[] 0" in printed.splitlines()[-1] or "[] ExitCode.OK" in printed, printed


# ------------------------------------------------------------------------------- what was judged

JUDGED = """
def w():
    return tg.tensor([1.0, 2.0, 3.0], requires_grad=True)

def test_judged():
    assert tg.judge((w() ** 2).sum(), [[-2.0, -4.0, -6.0]])

def test_not_right_as_it_should_be():
    assert not tg.judge((w() ** 2).sum(), [[-2.0, -4.0, -6.0]])

def test_of_something_else():
    assert 1 == 2
"""


def test_a_judgement_that_was_asserted_is_shown_and_no_other(run):
    ends, printed = run(JUDGED)
    assert [*ends.values()] == ["FAILED", "PASSED", "FAILED"]
    assert "the sign is wrong" in part(printed, "test_judged")
    assert re.search(r"^E +worst .*you have -6, it is 6$", part(printed, "test_judged"), re.M)
    assert "the sign is wrong" not in part(printed, "test_of_something_else")
