"""What a captured step needs to be run again and again: numbers, checks, and what comes after."""

import copy
import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.nn.contents import LOOKED_UP
from tensorgraph.symbolic.capture import capture
from tensorgraph.symbolic.evaluate import evaluate

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
LABELS = np.array([0, 1, 1])


class Training:
    """A model of one layer and its optimizer."""

    def __init__(self, make=optim.Adam, **settings):
        tg.random.seed(0)
        self.layer = nn.Linear(2, 2, dtype="float64")
        self.optimizer = make(self.layer.named_parameters(), **settings)

    def __call__(self, x):
        self.optimizer.zero_grad()
        loss = (self.layer(x) ** 2).sum()
        loss.backward()
        self.optimizer.step()
        return loss

    def state(self):
        return [p.data for p in self.layer.parameters()], self.optimizer.state_dict()


def assert_alike(mine, theirs):
    for x, y in zip(mine.state()[0], theirs.state()[0], strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13)
    assert mine.state()[1].keys() == theirs.state()[1].keys()
    for key, value in theirs.state()[1].items():
        np.testing.assert_allclose(mine.state()[1][key], value, rtol=1e-13)


# ------------------------------------------------------------------------------------------ numbers


def test_rates_that_are_set_between_steps_count():
    mine, theirs = Training(lr=0.1), Training(lr=0.1)
    caught = capture(mine, X)
    assert sorted(e.name for e in caught.numbers) == ["lr", "t"]
    assert all(e.weak and type(read()) in (int, float) for e, read in caught.numbers.items())
    for rate in (0.1, 0.2, lambda step: 1 / (5 + step), tg.tensor(0.3, "float64")):
        mine.optimizer.lr = theirs.optimizer.lr = rate
        caught(X)
        theirs(X)
        assert_alike(mine, theirs)


def test_a_rate_that_is_set_by_hand_is_asked_once_a_step():
    rates = optim.schedules.Manual(0.1), optim.schedules.Manual(0.1)
    mine, theirs = (Training(optim.SGD, lr=rate) for rate in rates)
    caught = capture(mine, X)
    assert mine.optimizer.lr == theirs.optimizer.lr
    for alpha in (0.1, 0.05, 0.2):
        for rate in rates:
            rate.set(alpha)
        caught(X)
        theirs(X)
        assert_alike(mine, theirs)
    assert rates[0].events == rates[1].events


def test_several_steps_in_one_function_count_one_after_the_other():
    mine, theirs = (Training(lr=optim.schedules.inverse_time(0.1, 1.0)) for _ in range(2))
    caught = capture(lambda x: (mine(x), mine(x))[1], X)
    for _ in range(2):
        caught(X)
        theirs(X)
        theirs(X)
        assert_alike(mine, theirs)


def test_the_current_rate_is_a_number_that_is_returned():
    step = Training(lr=lambda step: 0.5 / (1 + step))

    def f(x):
        before, loss = step.optimizer.current_lr(), step(x)
        return {"loss": loss.item(), "rates": (before, step.optimizer.current_lr()), "n": 3}

    caught = capture(f, X)
    result = caught(X)
    assert result["rates"] == (0.5, 0.25) and result["n"] == 3 and type(result["loss"]) is float
    assert caught(X)["rates"] == (0.25, 0.5 / 3)


def test_groups_have_rates_of_their_own():
    def build():
        tg.random.seed(0)
        a, b = nn.Linear(2, 2, dtype="float64"), nn.Linear(2, 1, dtype="float64")
        groups = [{"params": a.parameters(), "lr": 0.1}, {"params": b.parameters()}]
        optimizer = optim.SGD(groups, lr=0.01, weight_decay=0.1)

        def step(x):
            optimizer.zero_grad()
            b(a(x)).sum().backward()
            optimizer.step()

        return step, optimizer, [*a.parameters(), *b.parameters()]

    (mine, optimizer, params), (theirs, other, their_params) = build(), build()
    caught = capture(mine, X)
    for rate in (0.1, 0.5):
        optimizer.groups[0].lr = other.groups[0].lr = rate
        caught(X)
        theirs(X)
    for p, q in zip(params, their_params, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-13)


def test_other_settings_are_told_with_their_owners():
    step = Training(betas=(0.8, 0.9))
    step(X)
    caught = capture(step, X)
    told = {(type(owner).__name__, name): value for owner, name, value in caught.settings}
    assert told["Group", "betas"] == (0.8, 0.9) and told["Group", "eps"] == 1e-8
    assert told["Linear", "training"] is True
    assert ("Group", "lr") not in told
    holds = lambda: all(getattr(o, name) == value for o, name, value in caught.settings)  # noqa: E731
    assert holds()
    caught(X)
    step(X)
    assert holds()
    step.optimizer.betas = (0.5, 0.9)
    assert not holds()


# ------------------------------------------------------------------------------------- what is left


def test_gradients_add_up_over_captured_calls():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    f = lambda x: (w * x).sum().backward()  # noqa: E731
    x = np.array([1.0, 3.0], "float32")
    first = capture(f, x)
    assert not first.accumulated and [(o, n, v) for o, n, v in first.settings] == [
        (w, "_grad", None)
    ]
    first(x)
    caught = capture(f, x)
    assert [caught.tensors[e] for e in caught.accumulated.values()] == [w] and not caught.settings
    for n in (2, 3):
        caught(x)
        assert w.grad.data.tolist() == (n * x).tolist()
    w.zero_grad()
    with pytest.raises(tg.errors.GraphError, match="had a gradient when"):
        caught(x)


def test_forgotten_gradients_are_forgotten():
    step = Training(optim.SGD, lr=0.1)
    step(X)
    caught = capture(lambda x: (step(x), step.optimizer.zero_grad())[0], X)
    assert all(p.grad is not None for p in step.layer.parameters())
    caught(X)
    assert all(p.grad is None for p in step.layer.parameters()) and step.optimizer.steps == 2


class Counting(nn.Module):
    """A layer that keeps what a capture cannot repeat."""

    def __init__(self, what):
        self.calls, self.seen, self.last, self.what = 0, [], None, what

    def forward(self, x):
        if self.what == "calls":
            self.calls += 1
        elif self.what == "seen":
            self.seen.append(x.shape)
        elif self.what == "last":
            self.last = x.sum().detach()
        else:
            self.new = x.shape
        return x * 2


@pytest.mark.parametrize("what", ["calls", "seen", "last", "new"])
def test_what_cannot_be_repeated_is_told_and_undone(what):
    layer = Counting(what)
    before = copy.copy(vars(layer))
    seen = layer.seen
    caught = capture(layer, X)
    assert caught.unrepeated == ((layer, what),)
    assert vars(layer).keys() - {*LOOKED_UP} == before.keys() - {*LOOKED_UP}
    assert layer.seen is seen and not seen
    assert (layer.calls, layer.last) == (0, None)


def test_a_seed_that_is_set_is_told():
    generator = tg.random.Generator(0)
    tg.random.normal(2, generator=generator)
    state = generator.state

    def f(x):
        generator.seed(3)
        return x + tg.random.normal(2, generator=generator)

    assert capture(f, X).unrepeated == ((generator, "_seed"), (generator, "_made"))
    assert generator.state == state
    caught = capture(lambda x: (setattr(generator, "state", state), x)[1], X)
    assert caught.unrepeated == ((generator, "_made"),)


def test_state_that_arises_in_a_step_is_told():
    class Lazy(optim.Optimizer):
        def update(self, param, grad, state, t, lr):
            m = state.get("m", 0.0) + grad
            return param - lr * m, {"m": m}

    step = Training(Lazy, lr=0.1)
    assert [name for _, name in capture(step, X).unrepeated] == ["_states"]
    step(X)
    assert not capture(step, X).unrepeated


def test_arrays_besides_tensors_are_told_as_they_were_given():
    weights, same = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    caught = capture(lambda x: (x * weights + tg.matmul(x, same)[:, None]).sum(), X)
    assert len(caught.constants) == 2
    assert caught.constants[0][0] is weights and caught.constants[1][0] is same
    assert all(e.value.tolist() == [1.0, 2.0] for _, e in caught.constants)


# ------------------------------------------------------------------------------------------- checks


def refused(f, good, bad, error):
    """Assert that a captured function takes what the function itself takes, and no more."""
    caught = capture(f, *good)
    assert caught.checks and all(e.shape == () and e.dtype == bool for e in caught.checks)
    values = caught.values(*good)
    assert all(values[e] for e in caught.checks)
    found = evaluate(
        caught.checks, {**dict(zip(caught.inputs, bad, strict=True)), **caught.known()}
    )
    assert not all(found[e] for e in caught.checks)
    with pytest.raises(error):
        f(*bad)
    with pytest.raises((tg.errors.GraphError, error)):
        caught(*bad)


@pytest.mark.parametrize(
    ("f", "good", "bad"),
    [
        (lambda x, y: tg.class_cross_entropy(x, y).sum(), LABELS, LABELS + 1),
        (lambda x, y: tg.class_cross_entropy(x, y).sum(), LABELS, LABELS - 1),
        (lambda x, y: tg.one_hot(y, 2), LABELS, LABELS + 1),
        (lambda x, y: nn.losses.cross_entropy(x, y), LABELS, LABELS + 1),
        (lambda x, y: x[y], LABELS, LABELS + 2),
        (lambda x, y: x[..., y], LABELS, LABELS - 3),
        (lambda x, y: x[:, None, y], LABELS, LABELS + 1),
        (lambda x, y: tg.take(x, y, axis=1), LABELS, LABELS + 1),
        (lambda x, y: tg.take_along_axis(x, y[:, None], axis=1), LABELS, LABELS + 1),
        (lambda x, y: tg.add_at(x, y, 1.0), LABELS, LABELS + 2),
        (lambda x, y: nn.Embedding(2, 3)(y), LABELS, LABELS + 1),
        (lambda x, y: tg.random.bernoulli(y), LABELS * 0.5, LABELS + 1.0),
        (lambda x, y: tg.random.normal(mean=y), LABELS * 0.5, LABELS + np.inf),
        (lambda x, y: tg.random.normal(std=y), LABELS * 0.5, LABELS - 1.0),
        (lambda x, y: tg.random.uniform(low=y, high=1.0), LABELS * 0.5, LABELS + 1.0),
        (lambda x, y: nn.losses.hinge(x[:, 0], y), 2 * LABELS - 1, LABELS),
        (lambda x, y: nn.losses.binary_cross_entropy(x[:, 0] / 9 + 0.5, y), LABELS / 2, LABELS + 1),
    ],
)  # fmt: skip
def test_what_eager_refuses_fails_a_check(f, good, bad):
    refused(f, (X, good), (X, bad), Exception)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("clip", [None, optim.clip_by_value, optim.clip_by_global_norm])
def test_gradients_that_are_not_finite_change_nothing(clip, bad):
    step = Training(lr=0.1)

    def f(x):
        step.optimizer.zero_grad()
        step.layer(x).sum().backward()
        if clip is not None:
            clip(step.layer.parameters(), 1.0)
        step.optimizer.step()

    f(X)
    before = step.state()
    caught = capture(f, X)
    assert len(caught.checks) == (1 if clip is None else 2)
    x = X.copy()
    x[0, 0] = bad
    with pytest.raises(tg.errors.GraphError, match="nothing was written"):
        caught(x)
    assert all(p is q for p, q in zip(step.state()[0], before[0], strict=True)) or all(
        np.array_equal(p, q) for p, q in zip(step.state()[0], before[0], strict=True)
    )
    assert step.optimizer.steps == 1
    with pytest.raises(tg.errors.AnomalyError):
        f(x)


def test_a_batch_that_is_not_finite_is_left_out_of_running_averages():
    mine, theirs = nn.BatchNorm(2, dtype="float64"), nn.BatchNorm(2, dtype="float64")
    caught, bad = capture(lambda x: mine(x), X), X.copy()
    bad[0, 0] = np.nan
    for x in (X, bad, X):
        caught(x)
        if x is bad:
            with pytest.warns(tg.errors.UsageWarning, match="left out"):
                theirs(x)
        else:
            theirs(x)
        for name in ("running_mean", "running_var"):
            found, expected = getattr(mine, name).data, getattr(theirs, name).data
            np.testing.assert_allclose(found, expected, rtol=1e-14)


# ----------------------------------------------------------------------------- tensors over symbols


def test_weights_that_grow_too_long_are_shortened():
    step = Training(optim.SGD, lr=0.5)

    def f(x):
        step(x)
        nn.max_norm(step.layer, 0.4)

    caught = capture(f, X)
    caught(X)
    mine = [p.data for p in step.layer.parameters()]
    step = Training(optim.SGD, lr=0.5)
    f(X)
    for p, q in zip(mine, step.layer.parameters(), strict=True):
        np.testing.assert_allclose(p, q.data, rtol=1e-14)


@pytest.mark.parametrize(
    "ask",
    [float, int, bool, np.asarray, bytes, lambda w: w.data.tolist(), lambda w: 3.0 in w],
    ids=["float", "int", "bool", "asarray", "bytes", "tolist", "in"],
)  # fmt: skip
def test_a_tensor_met_in_a_capture_gives_no_value_away(ask):
    w = tg.tensor([1.5], name="w")

    def f(x):
        ask(w)
        return x * w

    line = f.__code__.co_firstlineno + 1
    with pytest.raises(tg.errors.GraphError, match=r"tg\.where") as caught:
        capture(f, np.ones(1))
    assert re.search(rf"{re.escape(__file__)}:({line}|\d+): ", str(caught.value))


def test_copies_and_items_are_bound_by_reference():
    w = tg.tensor([1.5], name="w")
    caught = capture(
        lambda x: (x * w.item(), copy.copy(w), copy.deepcopy(w), tg.tensor(w)), np.ones(1)
    )
    w.assign([2.5])
    assert [float(np.asarray(r)[0]) for r in caught(np.ones(1))] == [2.5] * 4
