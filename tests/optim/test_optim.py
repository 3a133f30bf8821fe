"""Optimizers against their equations, one parameter at a time, in plain NumPy."""

import copy
import inspect
import math
import pickle
import weakref
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import (
    AnomalyError,
    ArgumentError,
    DTypeError,
    GraphError,
    ImmutableError,
    ShapeError,
    StateError,
    UsageWarning,
)
from tensorgraph.optim import flat

SHAPES = [(), (3,), (2, 3), (0,), (4, 1, 2), (7,), (5, 5)]


# The rules, line by line as their sources write them; ``None`` where there is no gradient.


def transcription(rule):
    """Return ``f(theta, gradients)`` from ``rule(theta, g, memory, t)``; memory starts empty."""

    def run(theta, gradients):
        memory, t = defaultdict(lambda: np.zeros_like(theta)), 0
        for g in gradients:
            if g is not None:
                t += 1
                theta = rule(theta, g, memory, t)
        return theta

    return run


def sgd(lr, decay=0.0):
    return transcription(lambda theta, g, memory, t: theta - lr * g - lr * decay * theta)


def ewma(lr, beta, corrected):
    def rule(theta, g, memory, t):
        memory["v"] = beta * memory["v"] + (1 - beta) * g
        return theta - lr * (memory["v"] / (1 - beta**t) if corrected else memory["v"])

    return transcription(rule)


def heavy_ball(lr, beta, nesterov=False, decay=0.0):
    def rule(theta, g, memory, t):
        memory["v"] = beta * memory["v"] + g
        return (
            theta - lr * decay * theta - lr * (g + beta * memory["v"] if nesterov else memory["v"])
        )

    return transcription(rule)


def rmsprop(lr, beta, eps):
    def rule(theta, g, memory, t):
        memory["s"] = beta * memory["s"] + (1 - beta) * g**2
        return theta - lr * g / (np.sqrt(memory["s"]) + eps)

    return transcription(rule)


def adagrad(lr, eps):
    def rule(theta, g, memory, t):
        memory["s"] = memory["s"] + g**2
        return theta - lr * g / (np.sqrt(memory["s"]) + eps)

    return transcription(rule)


def adam(lr=0.001, betas=(0.9, 0.999), eps=1e-8, decay=0.0):
    """Kingma & Ba 2015, algorithm 1; with decay, Loshchilov & Hutter 2019, algorithm 2."""

    def rule(theta, g, memory, t):
        memory["m"] = betas[0] * memory["m"] + (1 - betas[0]) * g
        memory["v"] = betas[1] * memory["v"] + (1 - betas[1]) * g**2
        m_hat = memory["m"] / (1 - betas[0] ** t)
        v_hat = memory["v"] / (1 - betas[1] ** t)
        return theta - lr * (m_hat / (np.sqrt(v_hat) + eps) + decay * theta)

    return transcription(rule)


def nadam(lr, betas, eps):
    """Dozat 2016, algorithm 2, with one μ for all steps."""
    mu, nu = betas

    def rule(theta, g, memory, t):
        memory["m"] = mu * memory["m"] + (1 - mu) * g
        memory["n"] = nu * memory["n"] + (1 - nu) * g**2
        m_bar = mu * memory["m"] / (1 - mu ** (t + 1)) + (1 - mu) * g / (1 - mu**t)
        n_hat = memory["n"] / (1 - nu**t)
        return theta - lr * m_bar / (np.sqrt(n_hat) + eps)

    return transcription(rule)


def lion(lr, betas, decay):
    """Chen et al. 2023, program 1."""

    def rule(theta, g, memory, t):
        update = np.sign(betas[0] * memory["m"] + (1 - betas[0]) * g)
        memory["m"] = betas[1] * memory["m"] + (1 - betas[1]) * g
        return theta - lr * (update + decay * theta)

    return transcription(rule)


RULES = {
    "SGD": (lambda p, **k: optim.SGD(p, lr=0.1, **k), sgd(0.1)),
    "SGD decayed": (lambda p, **k: optim.SGD(p, 0.1, 0.02, **k), sgd(0.1, 0.02)),
    "EWMAMomentum": (lambda p, **k: optim.EWMAMomentum(p, lr=0.1, **k), ewma(0.1, 0.9, False)),
    "EWMAMomentum corrected": (
        lambda p, **k: optim.EWMAMomentum(p, 0.1, 0.7, bias_correction=True, **k),
        ewma(0.1, 0.7, True),
    ),
    "HeavyBall": (lambda p, **k: optim.HeavyBall(p, lr=0.02, **k), heavy_ball(0.02, 0.9)),
    "HeavyBall decayed": (
        lambda p, **k: optim.HeavyBall(p, 0.02, 0.8, 0.1, **k),
        heavy_ball(0.02, 0.8, decay=0.1),
    ),
    "Nesterov": (
        lambda p, **k: optim.Nesterov(p, lr=0.02, **k),
        heavy_ball(0.02, 0.9, nesterov=True),
    ),
    "RMSprop": (lambda p, **k: optim.RMSprop(p, lr=0.01, beta=0.8, **k), rmsprop(0.01, 0.8, 1e-8)),
    "Adagrad": (lambda p, **k: optim.Adagrad(p, lr=0.5, **k), adagrad(0.5, 1e-10)),
    "Adam": (lambda p, **k: optim.Adam(p, **k), adam()),
    "Adam with settings": (
        lambda p, **k: optim.Adam(p, lr=0.03, betas=(0.5, 0.7), eps=1e-3, **k),
        adam(0.03, (0.5, 0.7), 1e-3),
    ),
    "Adam without memory": (
        lambda p, **k: optim.Adam(p, lr=0.03, betas=(0.0, 0.0), **k),
        adam(0.03, (0.0, 0.0)),
    ),
    "AdamW": (lambda p, **k: optim.AdamW(p, lr=0.01, **k), adam(0.01, decay=0.01)),
    "NAdam": (lambda p, **k: optim.NAdam(p, lr=0.01, **k), nadam(0.01, (0.9, 0.999), 1e-8)),
    "Lion": (
        lambda p, **k: optim.Lion(p, lr=0.003, weight_decay=0.1, **k),
        lion(0.003, (0.9, 0.99), 0.1),
    ),
}


def test_every_optimizer_is_held_to_its_equation():
    classes = {n for n in optim.__all__ if inspect.isclass(getattr(optim, n))}
    rules = {n for n in classes if issubclass(getattr(optim, n), optim.Optimizer)} - {"Optimizer"}
    assert rules == {name.split()[0] for name in RULES}


@pytest.fixture(params=[4, 20, flat.BLOCK], ids="blocks of {}".format)
def block(request, monkeypatch):
    """Cut into small blocks, so that small tests meet packs of several, and blocks of a large."""
    monkeypatch.setattr(flat, "BLOCK", request.param)


def parameters(shapes, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return [tg.tensor(rng.standard_normal(s).astype(dtype), requires_grad=True) for s in shapes]


def give(params, gradients):
    for param, g in zip(params, gradients, strict=True):
        # As a tensor a gradient of the right dtype is taken as it is, order of memory included.
        param.grad = g if g is None else tg.asarray(g)


def draws(shapes, steps, seed=1):
    rng = np.random.default_rng(seed)
    return [[np.asarray(rng.standard_normal(s)) for s in shapes] for _ in range(steps)]


# ------------------------------------------------------------------------------------ equations


@pytest.mark.parametrize("rule", RULES)
def test_100_steps_follow_the_equations(rule, block):
    make, reference = RULES[rule]
    params = parameters(SHAPES)
    start = [np.array(p.data) for p in params]
    gradients = draws(SHAPES, 100)
    optimizer = make(params)
    for step in gradients:
        give(params, step)
        optimizer.step()
    for i, param in enumerate(params):
        expected = reference(start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, rtol=1e-12, atol=1e-12)
        assert param.shape == SHAPES[i]


@pytest.mark.parametrize("rule", RULES)
def test_float32_stays_float32(rule, block):
    make, reference = RULES[rule]
    params = parameters(SHAPES, "float32")
    start = [np.array(p.data) for p in params]
    gradients = draws(SHAPES, 20)
    optimizer = make(params)
    for step in gradients:
        give(params, [g.astype(np.float32) for g in step])
        optimizer.step()
    for i, param in enumerate(params):
        assert param.dtype == np.float32
        expected = reference(start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, atol=2e-5)
    assert all(v.dtype == np.float32 for k, v in optimizer.state_dict().items() if "/m" in k)


def test_parameters_of_several_dtypes_keep_their_own():
    params = [*parameters([(3,), (2,)], "float32"), *parameters([(3,)], "float64")]
    optimizer = optim.Adam(params)
    give(params, [np.ones(p.shape, np.float64) for p in params])
    optimizer.step()
    assert [str(p.dtype) for p in params] == ["float32", "float32", "float64"]


patterns = st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=8)


@given(patterns, st.sampled_from(list(RULES)), st.sampled_from([3, 8, 1000]))
def test_a_parameter_without_a_gradient_stays_and_its_time_too(pattern, rule, size):
    make, reference = RULES[rule]
    shapes = [(2,), (3, 2), (), (5,)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flat, "BLOCK", size)
        params = parameters(shapes)
        start = [np.array(p.data) for p in params]
        gradients = draws(shapes, len(pattern))
        gradients = [
            [g if present else None for g, present in zip(step, row, strict=True)]
            for step, row in zip(gradients, pattern, strict=True)
        ]
        optimizer = make(params)
        for step in gradients:
            give(params, step)
            optimizer.step()
    for i, param in enumerate(params):
        expected = reference(start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, rtol=1e-12, atol=1e-12)
    assert optimizer.steps == len(pattern)


# Rates that suit each rule on a parabola (400 steps) and on Rosenbrock's valley, and how many steps
# it takes along that: without momentum, or with steps that only shrink, it takes long.
RATES = {
    "SGD": (0.1, 0.002, 8000),
    "EWMAMomentum": (0.1, 0.02, 2500),
    "HeavyBall": (0.02, 0.002, 2500),
    "Nesterov": (0.02, 0.0015, 2500),
    "RMSprop": (0.1, 0.01, 4000),
    "Adagrad": (1.0, 1.0, 6000),
    "Adam": (0.1, 0.1, 2500),
    "AdamW": (0.1, 0.1, 2500),
    "NAdam": (0.1, 0.02, 2500),
    "Lion": (0.05, 0.02, 2500),
}


def parabola(w):
    return ((w - [1.0, 0.5]) ** 2 * [1.0, 3.0]).sum()


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def minimised(name, f, start, lr, steps):
    w = tg.tensor(start, dtype="float64", requires_grad=True)
    plain = {"weight_decay": 0.0} if name == "AdamW" else {}
    cosine = lambda step: lr * (1 + math.cos(math.pi * step / steps)) / 2  # noqa: E731
    optimizer = getattr(optim, name)([w], lr=cosine, **plain)
    for _ in range(steps):
        optimizer.zero_grad()
        f(w).backward()
        optimizer.step()
    return w.data


def test_every_optimizer_has_rates_to_be_tried_with():
    assert set(RATES) == {name.split()[0] for name in RULES}


@pytest.mark.parametrize("name", RATES)
def test_every_rule_finds_the_bottom_of_a_parabola(name):
    found = minimised(name, parabola, [3.0, -2.0], RATES[name][0], 400)
    np.testing.assert_allclose(found, [1.0, 0.5], atol=1e-4)


@pytest.mark.parametrize("name", RATES)
def test_every_rule_finds_the_end_of_rosenbrocks_valley(name):
    found = minimised(name, rosenbrock, [-1.0, 1.0], *RATES[name][1:])
    np.testing.assert_allclose(found, [1.0, 1.0], atol=0.05)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_pure_and_runs_on_tensors(rule):
    make, _ = RULES[rule]
    optimizer = make(parameters([(3,)]))
    theta, g = draws([(3,), (3,)], 1)[0]
    state = {key: np.abs(value) + 0.5 for key, value in optimizer.start(theta).items()}
    for array in (theta, g, *state.values()):
        array.flags.writeable = False  # a rule that wrote into what it is given would raise
    settings = optimizer.groups[0].settings(0)
    new, after = optimizer.update(theta, g, state, 3, **settings)

    lifted = {key: tg.tensor(value) for key, value in state.items()}
    again, _ = optimizer.update(tg.tensor(theta), tg.tensor(g), lifted, 3, **settings)
    np.testing.assert_allclose(again.data, new, rtol=1e-14)
    assert after.keys() == state.keys()

    def step(theta, g, lr, *values):
        state = dict(zip(lifted, values, strict=True))
        return optimizer.update(theta, g, state, 3, **{**settings, "lr": lr})[0].sum()

    tg.testing.gradcheck(step, theta, g, np.array(0.1), *state.values())


# --------------------------------------------------------------------------------- what changes


def test_a_graph_recorded_before_a_step_keeps_the_old_values(block):
    shapes = [(3,), (2, 5), (2,)]  # packed, cut or alone, depending on the block
    params = parameters(shapes)
    optimizer = optim.SGD(params, lr=1.0)
    for _ in range(2):  # the second time the parameters are parts of a pack
        old = [np.array(p.data) for p in params]
        views = [p.data for p in params]
        cost = sum((p * p).sum() for p in params)
        give(params, [np.ones(shape) for shape in shapes])
        optimizer.step()
        assert all((view == o).all() for view, o in zip(views, old, strict=True))
        optimizer.zero_grad()
        cost.backward()
        for param, o in zip(params, old, strict=True):
            np.testing.assert_array_equal(param.grad.data, 2 * o)
            np.testing.assert_array_equal(param.data, o - 1)


def test_gradients_are_left_alone(block):
    params = parameters([(3,), (9,)])
    gradients = [np.ones(3), np.ones(9)]
    give(params, gradients)
    optim.Adam(params).step()
    assert all((p.grad.data == 1).all() for p in params)


def test_values_assigned_between_steps_count(block):
    params = parameters([(3,), (2,)])
    optimizer = optim.SGD(params, lr=0.5)
    for _ in range(2):
        give(params, [np.ones(3), np.ones(2)])
        optimizer.step()
        params[0].assign(np.zeros(3))
    give(params, [np.ones(3), np.ones(2)])
    optimizer.step()
    np.testing.assert_array_equal(params[0].data, [-0.5] * 3)


@pytest.mark.parametrize("shapes", [[(2, 3)], [(2, 3), (4,)]])
def test_a_gradient_can_be_in_any_memory_order(shapes):
    params = parameters(shapes)
    gradients = [np.arange(6.0).reshape(2, 3).copy("F"), np.ones(4)][: len(shapes)]
    expected = params[0].data - gradients[0]
    give(params, gradients)
    optim.SGD(params, lr=1.0).step()
    np.testing.assert_array_equal(params[0].data, expected)


def test_zero_grad_forgets_all_gradients():
    params = parameters([(3,), (2,)])
    give(params, [np.ones(3), np.ones(2)])
    optim.SGD(params, lr=1.0).zero_grad()
    assert [p.grad for p in params] == [None, None]


def test_a_rule_that_fails_changes_nothing():
    class Fails(optim.SGD):
        def update(self, param, grad, state, t, **settings):
            raise ZeroDivisionError

    params = parameters([(3,), (2,)])
    held = [p._data for p in params]
    optimizer = Fails(params, lr=0.1)
    give(params, [np.ones(3), np.ones(2)])
    with pytest.raises(ZeroDivisionError):
        optimizer.step()
    assert all(p._data is array for p, array in zip(params, held, strict=True))
    assert optimizer.state_dict()["steps"] == optimizer.state_dict()["0/steps"] == 0


def test_a_rule_that_fails_for_some_parameters_changes_none():
    class Fails(optim.Adam):
        def update(self, param, grad, state, t, **settings):
            if (grad == 7).any():
                raise ZeroDivisionError
            return super().update(param, grad, state, t, **settings)

    params = [*parameters([(3,)]), *parameters([(2,)], "float32")]  # of two packs
    optimizer = Fails(params)
    give(params, [np.ones(3), np.ones(2)])
    optimizer.step()
    held, before = [p._data for p in params], optimizer.state_dict()
    give(params, [np.ones(3), np.full(2, 7.0)])
    with pytest.raises(ZeroDivisionError):
        optimizer.step()
    assert all(p._data is array for p, array in zip(params, held, strict=True))
    for name, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def in_place_param(param, grad, state, lr):
    param -= lr * grad


def in_place_grad(param, grad, state, lr):
    np.clip(grad, -1, 1, out=grad)


def in_place_state(param, grad, state, lr):
    state["m"][:] = 0


@pytest.mark.parametrize("change", [in_place_param, in_place_grad, in_place_state])
@pytest.mark.parametrize("shapes", [[(3,)], [(3, 2)], [(3,), (2,)], [(9,)]])
def test_a_rule_that_works_in_place_is_refused_and_changes_nothing(change, shapes, block):
    class InPlace(optim.Adam):
        failing = False

        def update(self, param, grad, state, t, **settings):
            if self.failing:
                change(param, grad, state, settings["lr"])
            return super().update(param, grad, state, t, **settings)

    params = parameters(shapes)
    optimizer = InPlace(params)
    for steps in range(2):  # the second time the parameters are parts of a pack
        optimizer.failing = True
        cost = sum((p * p).sum() for p in params)
        give(params, [np.full(shape, 2.0) for shape in shapes])
        old, before = [np.array(p.data) for p in params], optimizer.state_dict()
        message = r"InPlace.update\(\) changes an array in place .* write param = param - "
        with pytest.raises(ImmutableError, match=message):
            optimizer.step()
        assert optimizer.steps == steps
        for name, value in optimizer.state_dict().items():
            np.testing.assert_array_equal(value, before[name])
        for param, o in zip(params, old, strict=True):
            np.testing.assert_array_equal(param.data, o)
            assert (param.grad.data == 2).all()
        optimizer.zero_grad()
        cost.backward()
        for param, o in zip(params, old, strict=True):
            np.testing.assert_array_equal(param.grad.data, 2 * o)
        optimizer.failing = False
        optimizer.step()


def test_a_rule_cannot_keep_writing_into_what_it_returned():
    class Scratch(optim.SGD):
        array = np.zeros(3)

        def update(self, param, grad, state, t, **settings):
            return np.subtract(param, settings["lr"] * grad, out=self.array), state

    params = parameters([(3,)])
    optimizer = Scratch(params, lr=1.0)
    give(params, [np.ones(3)])
    optimizer.step()
    with pytest.raises(ImmutableError, match="in place"):
        optimizer.step()


def test_other_errors_of_a_rule_come_as_they_are():
    class Fails(optim.SGD):
        def update(self, param, grad, state, t, **settings):
            raise ValueError("a rule's own")

    params = parameters([(3,)])
    give(params, [np.ones(3)])
    with pytest.raises(ValueError, match=r"^a rule's own$"):
        Fails(params, lr=1.0).step()


@pytest.mark.parametrize("change", [lambda p: p.sum(), lambda p: p.astype(np.float32)])
def test_a_rule_that_is_not_elementwise_is_found(change):
    class Wrong(optim.SGD):
        def update(self, param, grad, state, t, **settings):
            return change(param), state

    params = parameters([(3,)])
    give(params, [np.ones(3)])
    with pytest.raises(ShapeError, match=r"shape \(3,\) float64 and returned shape"):
        Wrong(params, lr=0.1).step()


def test_overflow_is_not_announced_by_numpy():
    params = parameters([(3,)], "float32")
    give(params, [np.full(3, 1e30, np.float32)])
    optim.Adam(params).step()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_is_reported_with_its_path_and_nothing_changes(bad, block):
    shapes = [(3,), (2, 5), (2,)]
    params = parameters(shapes)
    optimizer = optim.Adam([(f"layers.{i}.weight", p) for i, p in enumerate(params)])
    give(params, [np.ones(shape) for shape in shapes])
    optimizer.step()
    held, before = [p._data for p in params], optimizer.state_dict()
    gradients = [np.ones(shape) for shape in shapes]
    gradients[1][1, 3] = bad
    give(params, gradients)
    message = r"gradient of 'layers.1.weight' is not finite in 1 of 10 .* nothing was updated"
    with pytest.raises(AnomalyError, match=message):
        optimizer.step()
    assert all(p._data is array for p, array in zip(params, held, strict=True))
    for name, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


# ------------------------------------------------------------------------------- learning rates


def test_the_learning_rate_may_be_a_function_of_the_steps_taken():
    asked = []

    def schedule(step):
        asked.append(step)
        return 1.0 / (1 + step)

    (w,) = parameters([(1,)])
    w.assign([0.0])
    optimizer = optim.SGD([w], lr=schedule)
    asked.clear()
    for _ in range(3):
        w.grad = np.ones(1)
        optimizer.step()
    assert asked == [0, 1, 2]
    assert w.item() == pytest.approx(-(1 + 1 / 2 + 1 / 3))


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf, "fast", None])
def test_a_learning_rate_that_makes_no_sense_is_refused(lr):
    with pytest.raises(ArgumentError, match=r"SGD: lr is .* finite and not neg"):
        optim.SGD(parameters([(1,)]), lr=lr)


def test_a_learning_rate_that_is_a_tensor_is_read_at_each_step():
    (w,) = parameters([(1,)])
    w.assign([0.0])
    lr = tg.tensor(0.5, dtype="float64")
    optimizer = optim.SGD([w], lr=lr)
    for rate in (0.5, 0.25):
        lr.assign(rate)
        w.grad = np.ones(1)
        optimizer.step()
    assert w.item() == -0.75
    assert not w.data.flags.writeable
    with pytest.raises(ArgumentError, match="lr is tensor"):
        optim.SGD([w], lr=tg.ones(2))


def test_a_learning_rate_that_goes_wrong_later_stops_the_step():
    params = parameters([(2,)])
    optimizer = optim.SGD(params, lr=lambda step: 0.1 if step == 0 else math.nan)
    give(params, [np.ones(2)])
    optimizer.step()
    held = params[0]._data
    with pytest.raises(ArgumentError, match=r"lr\(1\) returned nan"):
        optimizer.step()
    assert params[0]._data is held
    assert optimizer.steps == 1


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"betas": (0.9, 1.0)}, r"^Adam: betas\[1\] is in \[0, 1\), not 1$"),
        ({"betas": (0.9,)}, "betas are two numbers"),
        ({"betas": 0.9}, r"Adam: betas are two numbers such as \(0.9, 0.999\), not 0.9"),
        ({"betas": ("a", "b")}, r"betas\[0\] is a number, not 'a'"),
        ({"betas": None}, "betas are two numbers .* not None"),
        ({"eps": -1e-8}, "eps is at least 0, not -1e-08"),
        ({"eps": "small"}, "eps is a number, not 'small'"),
    ],
)
def test_adam_refuses_settings_that_make_no_sense(settings, text):
    with pytest.raises(ArgumentError, match=text):
        optim.Adam(parameters([(1,)]), **settings)


def test_settings_of_numpys_kind_leave_parameters_in_float32():
    (w,) = parameters([(3,)], "float32")
    optimizer = optim.Adam([w], np.float64(0.1), [np.float64(0.5), np.float32(0.5)], np.float64(1))
    w.grad = np.ones(3)
    optimizer.step()
    assert w.dtype == np.float32
    settings = optimizer.groups[0].settings(0)
    assert {type(value) for value in (settings["lr"], settings["eps"], *settings["betas"])} == {
        float
    }


# ------------------------------------------------------------------------------------ parameters


def test_parameters_come_with_or_without_names():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    w, b = model.parameters()
    for params in (
        model.named_parameters(),
        dict(model.named_parameters()),
        iter(model.named_parameters()),
    ):
        optimizer = optim.SGD(params, lr=0.1)
        assert [id(p) for p in optimizer.params] == [id(w), id(b)]
        assert list(optimizer.state_dict())[-2:] == ["layers.0.weight/steps", "layers.0.bias/steps"]
    assert list(optim.SGD(model.parameters(), 0.1).state_dict())[-2:] == ["0/steps", "1/steps"]


@pytest.mark.parametrize(
    ("params", "error", "text"),
    [
        (lambda: [], ArgumentError, "SGD got no parameters"),
        (lambda: nn.ReLU().parameters(), ArgumentError, "SGD got no parameters"),
        (lambda: nn.Linear(1, 1), DTypeError, "write model.named_parameters()"),
        (lambda: parameters([()])[0], DTypeError, r"write SGD\(\[w\]\) for one"),
        (lambda: None, DTypeError, r"SGD takes a list .* such as model.named_parameters\(\)"),
        (lambda: [np.zeros(2)], DTypeError, "parameter '0' is a ndarray"),
        (lambda: [tg.zeros(2)], GraphError, "parameter '0' wants no gradient"),
        (
            lambda: [("w", parameters([(2,)])[0] * 2)],
            GraphError,
            "parameter 'w' is the result of an operation",
        ),
        (lambda: parameters([(2,)]) * 2, ArgumentError, "'1' was given before, as '0'"),
        (
            lambda: [("w", p) for p in parameters([(2,), (2,)])],
            ArgumentError,
            "'w' was given before",
        ),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(params, error, text):
    with pytest.raises(error, match=text):
        optim.SGD(params(), lr=0.1)


def test_an_optimizer_shows_its_settings():
    optimizer = optim.Adam(nn.Linear(3, 2).named_parameters(), lr=0.01)
    assert repr(optimizer) == (
        "Adam(lr=0.01, betas=(0.9, 0.999), eps=1e-08)  2 parameters of 8 numbers"
    )


# --------------------------------------------------------------------------------------- groups


def network():
    return nn.Sequential(
        nn.Linear(3, 4, dtype="float64"), nn.Tanh(), nn.Linear(4, 2, dtype="float64")
    )


def test_each_group_has_its_settings(block):
    params = parameters(SHAPES)
    start = [np.array(p.data) for p in params]
    gradients = draws(SHAPES, 10)
    first = {"params": params[:3], "lr": 0.5}
    second = {"params": params[3:], "betas": (0.5, 0.7), "eps": 1e-3}
    optimizer = optim.Adam([first, second], lr=0.03)
    for step in gradients:
        give(params, step)
        optimizer.step()
    references = [adam(0.5)] * 3 + [adam(0.03, (0.5, 0.7), 1e-3)] * 4
    for i, param in enumerate(params):
        expected = references[i](start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, rtol=1e-12, atol=1e-12)


def test_settings_can_be_read_and_changed_by_group():
    a, b = parameters([(2,), (2,)])
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1)
    assert [group["lr"] for group in optimizer.groups] == [0.5, 0.1]
    optimizer.lr = 0.2  # for those that have none of their own
    assert [group["lr"] for group in optimizer.groups] == [0.5, 0.2]
    optimizer.groups[1]["lr"] = lambda step: 0.7
    assert optimizer.groups[1].settings(0)["lr"] == 0.7
    with pytest.raises(ArgumentError, match="SGD has no setting 'rate'; it has lr, weight_decay"):
        optimizer.groups[0]["rate"] = 1.0
    with pytest.raises(ArgumentError, match="SGD: lr is -1; it must be"):
        optimizer.groups[0]["lr"] = -1


def test_names_and_states_of_groups_do_not_mix():
    a, b, c = parameters([(2,), (2,), (3,)])
    optimizer = optim.Adam([{"params": [a, b]}, {"params": [c], "lr": 0.5}])
    keys = list(optimizer.state_dict())
    assert keys[:5] == ["steps", "lr", "betas", "eps", "groups/1/lr"]
    assert [key for key in keys if key.endswith("/m")] == ["0/m", "1/m", "2/m"]
    optimizer.groups[1]["lr"] = 0.25
    other = optim.Adam([{"params": [a, b]}, {"params": [c], "lr": 0.5}])
    other.load_state_dict(optimizer.state_dict())
    assert other.groups[1]["lr"] == 0.25


def test_groups_by_path():
    model = network()
    groups = optim.path_groups(
        model, {"layers.0.bias": {"lr": 0.3}, "layers.0": {"lr": 0.1}, "*.bias": {"lr": 0.2}}
    )
    found = [[name for name, _ in group["params"]] for group in groups]
    assert found == [["layers.0.bias"], ["layers.0.weight"], ["layers.2.bias"], ["layers.2.weight"]]
    assert [group.get("lr") for group in groups] == [0.3, 0.1, 0.2, None]
    with pytest.raises(
        ArgumentError, match=r"no parameter is at 'layer', .* parameters are layers.0"
    ):
        optim.path_groups(model, {"layer": {"lr": 0.1}})
    assert len(optim.path_groups(model, {"layers": {"lr": 0.1}})) == 1


def test_decay_groups_spare_biases_and_whatever_is_not_regularised():
    model = network()
    before = model.state_dict()
    optimizer = optim.SGD(optim.decay_groups(model, weight_decay=0.5), lr=0.1)
    for param in model.parameters():
        param.grad = np.zeros(param.shape)
    optimizer.step()
    for name, param in model.named_parameters():
        factor = 0.95 if name.endswith("weight") else 1.0
        np.testing.assert_allclose(param.data, factor * before[name], rtol=1e-15)
    model.layers[0].regularised = False
    decaying, rest = optim.decay_groups(model, weight_decay=0.5)
    assert [name for name, _ in decaying["params"]] == ["layers.2.weight"]
    assert len(rest["params"]) == 3
    assert decaying["params"].model is model


@pytest.mark.parametrize(
    ("params", "error", "text"),
    [
        (lambda p: [{"params": p}, p[0]], DTypeError, 'a group is a dict {"params": '),
        (lambda p: [{"parameters": p}], DTypeError, 'a group is a dict {"params": '),
        (lambda p: [{"params": p}, {"params": p}], ArgumentError, "'2' was given before, as '0'"),
        (lambda p: [{"params": []}], ArgumentError, "SGD got no parameters"),
        (lambda p: [{"params": p, "momentum": 1}], ArgumentError, "SGD has no setting 'momentum'"),
        (lambda p: [{"params": p, "lr": -1}], ArgumentError, "lr is -1"),
    ],
)
def test_what_makes_no_groups_is_refused(params, error, text):
    with pytest.raises(error, match=text):
        optim.SGD(params(parameters([(2,), (3,)])), lr=0.1)


def test_groups_by_path_take_a_module_and_settings():
    with pytest.raises(DTypeError, match="path_groups takes a module, not a list"):
        optim.path_groups(parameters([(2,)]), {})
    with pytest.raises(DTypeError, match=r"the settings of 'layers.0' are a dict such as"):
        optim.path_groups(network(), {"layers.0": 0.1})


def test_an_eps_that_is_0_beside_a_parameter_is_refused():
    half = parameters([(2,)], "float16")
    with pytest.raises(ArgumentError, match=r"Adam: eps=1e-08 is 0 in float16, .* 'w'.* eps=1e-4"):
        optim.Adam([("w", half[0])])
    optimizer = optim.Adam(half, eps=1e-4)
    give(half, [np.zeros(2)])
    before = np.array(half[0].data)
    optimizer.step()
    np.testing.assert_array_equal(half[0].data, before)
    optim.SGD(half, lr=0.1)


def test_adam_says_where_weight_decay_is():
    (w,) = parameters([(2,)])
    with pytest.raises(ArgumentError, match=r"Adam has no setting 'weight_decay'.* such as AdamW"):
        optim.Adam([{"params": [w], "weight_decay": 0.1}])


def test_an_optimizer_of_groups_shows_them():
    a, b = parameters([(2,), (3, 4)])
    assert repr(optim.SGD([{"params": [a]}, {"params": [b], "weight_decay": 0.1}], lr=0.5)) == (
        "SGD(lr=0.5, weight_decay=0.0)\n"
        "  groups[0]  1 parameters of 2 numbers\n"
        "  groups[1]  weight_decay=0.1, 1 parameters of 12 numbers"
    )


def test_settings_that_a_rule_does_not_take_are_refused():
    class Steps(optim.Optimizer):
        def update(self, param, grad, state, t, lr, size):
            return param - lr * size * grad, state

    with pytest.raises(
        ArgumentError, match=r"takes the settings lr, size, the constructor gave lr;"
    ):
        Steps(parameters([(2,)]), lr=0.1)
    Steps(parameters([(2,)]), lr=0.1, size=2)
    Steps(parameters([(2,)]), 0.1, 2)
    with pytest.raises(ArgumentError, match=r"SGD takes the settings lr, weight_decay, .* none; "):
        optim.SGD(parameters([(2,)]))
    with pytest.raises(ArgumentError, match=r"gave lr, weight_decay, 0\.9; write SGD\(params, lr"):
        optim.SGD(parameters([(2,)]), 0.1, 0.0, 0.9)
    with pytest.raises(ArgumentError, match=r"gave lr, lr; write SGD\(params, lr, weight_decay"):
        optim.SGD(parameters([(2,)]), 0.1, lr=0.1)
    with pytest.raises(ArgumentError, match=r"SGD has no setting 'momentum'; it has lr, weight"):
        optim.SGD(parameters([(2,)]), 0.1, momentum=0.9)


def test_the_settings_of_a_rule_are_what_its_update_takes():
    class Steps(optim.Optimizer):
        def update(self, param, grad, state, t, lr, size=2.0):
            return param - lr * size * grad, state

    class Same(Steps):
        def update(self, param, grad, state, t, **settings):
            return super().update(param, grad, state, t, **settings)

    class Fixed(Same):
        def __init__(self, params, size):
            super().__init__(params, lr=0.5, size=size)

    class Anything(optim.Optimizer):
        def update(self, param, grad, state, t, **settings):
            return param - settings["rate"] * grad, state

    assert str(inspect.signature(Steps)) == "(params, lr, size=2.0, *, differentiable=False)"
    assert inspect.signature(Same) == inspect.signature(Steps)
    assert str(inspect.signature(Fixed)) == "(params, size)"
    assert str(inspect.signature(Anything)) == "(params, *, differentiable=False, **settings)"
    for make in (lambda p: Steps(p, 0.5), lambda p: Same(p, lr=0.5), lambda p: Fixed(p, 2.0)):
        (w,) = parameters([(2,)])
        assert make([w]).defaults == {"lr": 0.5, "size": 2.0}
    w.assign([1.0, 1.0])
    for optimizer in (Fixed([w], 2.0), Anything([w], rate=1.0)):
        w.grad = np.ones(2)
        optimizer.step()
    np.testing.assert_array_equal(w.data, [-1.0, -1.0])


@pytest.mark.parametrize("name", RATES)
def test_an_optimizer_shows_how_it_is_made(name):
    kind = getattr(optim, name)
    _, *settings, last = inspect.signature(kind).parameters.values()
    assert last.name == "differentiable" and last.kind is last.KEYWORD_ONLY
    given = {p.name: 0.01 if p.default is p.empty else p.default for p in settings}
    assert kind(parameters([(2,)]), *given.values()).defaults == given


# ----------------------------------------------------------------------------- forgotten parameters


def test_a_parameter_that_no_optimizer_has_is_announced():
    model = network()
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    model.layers[2] = nn.Linear(4, 2, dtype="float64")  # a new head, too late
    model(np.ones((5, 3))).sum().backward()
    with pytest.warns(UsageWarning) as caught:
        optimizer.step()
    texts = [str(warning.message) for warning in caught]
    assert [text.split(" of ")[0] for text in texts] == [
        "SGD: 'layers.2.weight'", "SGD: 'layers.2.bias'",
    ]  # fmt: skip
    assert caught[0].filename == __file__
    assert "make the optimizer when the model is complete" in texts[0]
    optimizer.step()  # it says so once


def test_a_layer_replaced_during_training_is_announced():
    model = network()
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    for steps in range(4):
        if steps == 2:
            model.layers[2] = nn.Linear(4, 2, dtype="float64")
        optimizer.zero_grad()
        model(np.ones((5, 3))).sum().backward()
        if steps == 2:
            with pytest.warns(UsageWarning, match=r"'layers\.2\.(weight|bias)' of Sequential has"):
                optimizer.step()
        else:
            optimizer.step()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_of_model_and_optimizer_trains_by_itself(copied):
    model = network()
    optimizer = optim.Adam(model.named_parameters(), lr=0.1)
    twin, other = copied((model, optimizer))
    for one, its in ((model, optimizer), (twin, other)):  # neither has parameters left out
        one(np.ones((5, 3))).sum().backward()
        its.step()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, twin.state_dict()[name])
    other.step()
    assert (other.steps, optimizer.steps) == (2, 1)
    assert (twin.layers[0].bias.data != model.layers[0].bias.data).all()


@pytest.mark.parametrize(
    "params", [lambda m: m.parameters(), lambda m: optim.path_groups(m, {"layers.0": {"lr": 1}})]
)
def test_parameters_of_two_optimizers_frozen_ones_and_those_left_out_are_not(params):
    model = network()
    head = optim.SGD(model.layers[2].parameters(), lr=0.1)  # only these are asked for
    model.layers[0].weight = tg.tensor(model.layers[0].weight)
    model(np.ones((5, 3))).sum().backward()
    head.step()
    model = network()
    optimizer = optim.SGD(params(model), lr=0.1)
    model.layers[2] = nn.Linear(4, 2, dtype="float64")
    other = optim.SGD(model.layers[2].parameters(), lr=0.1)
    model(np.ones((5, 3))).sum().backward()
    optimizer.step()
    other.step()


def test_a_listing_is_a_list_that_knows_its_model():
    model = network()
    listing = model.parameters()
    assert listing.model is model
    assert type(pickle.loads(pickle.dumps(listing))) is list
    gone = weakref.ref(model)
    del model
    assert gone() is None
    assert listing.model is None


# --------------------------------------------------------------------------------------- state


def trained(model, optimizer, steps, seed):
    rng = np.random.default_rng(seed)
    for k in range(steps):
        x = rng.standard_normal((8, 3))
        optimizer.zero_grad()
        parts = model.layers[:1] if k % 3 == 0 else model.layers  # some without gradients
        y = tg.asarray(x)
        for part in parts:
            y = part(y)
        (y * y).mean().backward()
        optimizer.step()


@pytest.mark.parametrize("kind", [getattr(optim, name) for name in RATES])
def test_training_goes_on_exactly_from_a_saved_state(kind, block, tmp_path):
    model = network()
    optimizer = kind(model.named_parameters(), lr=0.01)
    trained(model, optimizer, 7, seed=0)
    optimizer.lr = 0.003
    np.savez(tmp_path / "model.npz", **model.state_dict())
    np.savez(tmp_path / "optimizer.npz", **optimizer.state_dict())

    twin = network()
    other = kind(twin.named_parameters(), lr=0.5)
    twin.load_state_dict(dict(np.load(tmp_path / "model.npz")))
    other.load_state_dict(dict(np.load(tmp_path / "optimizer.npz")))
    assert (other.lr, other.steps) == (0.003, 7)
    assert other.defaults == optimizer.defaults

    trained(model, optimizer, 7, seed=1)
    trained(twin, other, 7, seed=1)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    for name, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, other.state_dict()[name])


def test_a_saved_state_is_a_copy_both_ways():
    params = parameters([(2,)])
    optimizer = optim.Adam(params)
    state = optimizer.state_dict()
    state["0/m"][:] = 5
    assert not optimizer.state_dict()["0/m"].any()
    optimizer.load_state_dict(state)
    state["0/m"][:] = 6
    assert (optimizer.state_dict()["0/m"] == 5).all()


def test_a_learning_rate_that_is_a_function_is_neither_saved_nor_replaced():
    params = parameters([(2,)])
    number, function = optim.SGD(params, lr=0.5), optim.SGD(params, lr=lambda step: 0.1)
    assert "lr" not in function.state_dict()
    schedule = function.lr
    function.load_state_dict(number.state_dict())
    assert function.lr is schedule
    number.load_state_dict(function.state_dict())
    assert number.lr == 0.5


def test_the_events_of_a_rate_set_by_hand_are_saved_and_replayed():
    rate, other = optim.schedules.Manual(0.5), optim.schedules.Manual(0.9)
    params = parameters([(2,)])
    one, twin = optim.SGD(params, lr=rate), optim.SGD(parameters([(2,)]), lr=other)
    for step in range(4):
        if step == 2:
            rate.set(0.125)
        give(params, [np.ones(2)])
        one.step()
    state = one.state_dict()
    np.testing.assert_array_equal(state["lr/events"], [[0, 0.5], [2, 0.125]])
    before = twin.state_dict()
    with pytest.raises(StateError, match=r"makes no sense, nothing was loaded\n.*Manual: "):
        twin.load_state_dict(state | {"lr/events": np.array([[0, -1.0]])})
    for name, value in twin.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    twin.load_state_dict(state)
    assert other.events == rate.events
    twin.load_state_dict(optim.SGD(params, lr=0.5).state_dict())  # it keeps its events
    assert other.events == rate.events
    twin.load_state_dict(state)
    other.set(0.25)
    assert other.events == [*rate.events, (4, 0.25)]


def test_settings_given_to_a_group_during_training_are_restored():
    one, other = (
        optim.Adam([{"params": parameters([(2,)])}, {"params": parameters([(3,)]), "lr": 0.5}])
        for _ in range(2)
    )
    one.groups[0]["lr"] = 0.25
    one.groups[0]["betas"] = 0.5, 0.75
    one.groups[1]["lr"] = 0.125
    other.load_state_dict(one.state_dict())
    assert [group.own for group in other.groups] == [group.own for group in one.groups]
    before, own = other.state_dict(), [dict(group.own) for group in other.groups]
    for key, value in (("groups/2/lr", 0.1), ("groups/0/beta", 0.1), ("groups/0/eps", -1.0)):
        with pytest.raises(StateError):
            other.load_state_dict(before | {key: np.array(value)})
    assert [group.own for group in other.groups] == own


def test_a_setting_that_is_a_leaf_keeps_its_identity():
    lr, beta = tg.tensor(0.5, requires_grad=True), tg.tensor(0.25)
    optimizer = optim.HeavyBall(parameters([(2,)]), lr, beta)
    state = optimizer.state_dict()
    lr.assign(0.0625)
    beta.assign(0.75)
    optimizer.load_state_dict(state)
    assert optimizer.lr is lr
    assert (lr.item(), beta.item()) == (0.5, 0.25)


def test_a_learning_rate_given_as_an_integer_takes_a_saved_float():
    one, other = (optim.SGD(parameters([(2,)]), lr=lr) for lr in (1, 0.5))
    one.load_state_dict(other.state_dict())
    assert one.lr == 0.5


def test_what_is_no_state_is_refused():
    with pytest.raises(StateError, match="expected the dict that state_dict"):
        optim.SGD(parameters([(2,)]), lr=0.1).load_state_dict([1, 2])


@given(st.data())
def test_a_failed_load_changes_nothing(data):
    shapes = [(2,), (3, 2), (4,)]
    params = parameters(shapes)
    optimizer = optim.Adam([(f"p{i}", p) for i, p in enumerate(params)], lr=0.01)
    give(params, draws(shapes, 1)[0])
    optimizer.step()
    before = optimizer.state_dict()
    state = {name: value + 1 for name, value in before.items()}
    name = data.draw(st.sampled_from([name for name in state if name != "lr"]))
    damage = data.draw(st.sampled_from(["missing", "unexpected", "wrong shape"]))
    if damage == "missing":
        del state[name]
    elif damage == "unexpected":
        state[name + "x"] = np.zeros(1)
    else:
        state[name] = np.zeros((9, 9))
    with pytest.raises(StateError, match=f"{damage}: {name}"):
        optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert after.keys() == before.keys()
    assert all(np.array_equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("lr", -3.0, r"Adam: lr is -3.0; it must be a number that is finite and not neg"),
        ("lr", math.nan, "lr is nan"),
        ("betas", [5.0, 7.0], r"Adam: betas\[0\] is in \[0, 1\), not 5"),
        ("eps", -1.0, "eps is at least 0, not -1"),
        ("steps", -1, "a number of steps is -1"),
        ("0/steps", -2, "a number of steps is -2"),
    ],
)
def test_a_state_with_settings_that_make_no_sense_is_refused(name, value, text):
    optimizer = optim.Adam(parameters([(3,)]), lr=0.01)
    before, held = optimizer.state_dict(), vars(optimizer).copy()
    state = {key: array + (0.1 if array.dtype.kind == "f" else 1) for key, array in before.items()}
    state |= {"betas": np.array([0.5, 0.5]), name: np.array(value)}
    with pytest.raises(StateError, match=f"nothing was loaded\n.*{text}"):
        optimizer.load_state_dict(state)
    assert vars(optimizer) == held
    for key, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, before[key])


# -------------------------------------------------------------------------------------- packing


def test_small_parameters_share_a_pack_and_large_ones_stand_alone(monkeypatch):
    monkeypatch.setattr(flat, "BLOCK", 10)
    params = parameters([(4,), (30,), (5,), (3,), (10,), (6,)])
    packs = flat.packed([(str(p.size), p) for p in params], lambda flat: {})
    assert [p.names for p in packs] == [["4", "5"], ["30"], ["3", "6"], ["10"]]


def test_an_unused_parameter_is_split_off_once():
    params = parameters([(2,), (3,), (4,)])
    optimizer = optim.Adam(params)
    for _ in range(3):
        give(params, [np.ones(2), None, np.ones(4)])
        optimizer.step()
    assert [p.names for p in optimizer.groups[0].packs] == [["0", "2"], ["1"]]
