"""Optimizers against their equations, one parameter at a time, in plain NumPy."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.optim import flat_parameters
from tensorgraph.testing import check_optimizer
from tests.optim.optimizer_cases import CASES, RATES, SHAPES, draws, give, parameters


def test_every_optimizer_is_held_to_its_equation():
    classes = {n for n in optim.__all__ if inspect.isclass(getattr(optim, n))}
    rules = {n for n in classes if issubclass(getattr(optim, n), optim.Optimizer)} - {"Optimizer"}
    assert rules == {name.split()[0] for name in CASES}


@pytest.mark.parametrize("rule", CASES)
def test_every_optimizer_keeps_what_optimizers_promise(rule, monkeypatch):
    monkeypatch.setattr(flat_parameters, "BLOCK", 20)  # so that small packs are several, too
    case = CASES[rule]
    assert not check_optimizer(case.rule, **case.settings).broken


# ---------------------------------------------------------------------------------------- equations


@pytest.mark.parametrize("rule", CASES)
def test_100_steps_follow_the_equations(rule, block):
    case = CASES[rule]
    params = parameters(SHAPES)
    start = [np.array(p.data) for p in params]
    gradients = draws(SHAPES, 100)
    optimizer = case.make(params)
    for step in gradients:
        give(params, step)
        optimizer.step()
    for i, param in enumerate(params):
        expected = case.equation(start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, rtol=1e-12, atol=1e-12)
        assert param.shape == SHAPES[i]


@pytest.mark.parametrize("rule", CASES)
def test_float32_stays_float32(rule, block):
    case = CASES[rule]
    params = parameters(SHAPES, "float32")
    start = [np.array(p.data) for p in params]
    gradients = draws(SHAPES, 20)
    optimizer = case.make(params)
    for step in gradients:
        give(params, [g.astype(np.float32) for g in step])
        optimizer.step()
    for i, param in enumerate(params):
        assert param.dtype == np.float32
        expected = case.equation(start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, atol=2e-5)
    assert all(v.dtype == np.float32 for k, v in optimizer.state_dict().items() if "/m" in k)


def test_parameters_of_several_dtypes_keep_their_own():
    params = [*parameters([(3,), (2,)], "float32"), *parameters([(3,)], "float64")]
    optimizer = optim.Adam(params)
    give(params, [np.ones(p.shape, np.float64) for p in params])
    optimizer.step()
    assert [str(p.dtype) for p in params] == ["float32", "float32", "float64"]


patterns = st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=8)


@pytest.mark.filterwarnings("ignore:.*parameters has a gradient, so nothing changes")
@given(patterns, st.sampled_from(list(CASES)), st.sampled_from([3, 8, 1000]))
def test_a_parameter_without_a_gradient_stays_and_its_time_too(pattern, rule, size):
    case = CASES[rule]
    shapes = [(2,), (3, 2), (), (5,)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flat_parameters, "BLOCK", size)
        params = parameters(shapes)
        start = [np.array(p.data) for p in params]
        gradients = draws(shapes, len(pattern))
        gradients = [
            [g if present else None for g, present in zip(step, row, strict=True)]
            for step, row in zip(gradients, pattern, strict=True)
        ]
        optimizer = case.make(params)
        for step in gradients:
            give(params, step)
            optimizer.step()
    for i, param in enumerate(params):
        expected = case.equation(start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, rtol=1e-12, atol=1e-12)
    assert optimizer.steps == len(pattern)


def rosenbrock(x, y):
    """Return the gradient of (1 − x)² + 100 (y − x²)²."""
    return np.array([2 * (x - 1) - 400 * x * (y - x**2), 200 * (y - x**2)])


def minimised(name, slope, start, lr, steps):
    w = tg.tensor(start, dtype="float64", requires_grad=True)
    plain = {"weight_decay": 0.0} if name in ("AdamW", "Muon") else {}
    cosine = lambda step: lr * (1 + math.cos(math.pi * step / steps)) / 2  # noqa: E731
    optimizer = getattr(optim, name)([w], lr=cosine, **plain)
    for _ in range(steps):
        w.grad = slope(*w.data.tolist())
        optimizer.step()
    return w.data


def test_every_optimizer_has_rates_to_be_tried_with():
    assert set(RATES) == {name.split()[0] for name in CASES}


@pytest.mark.parametrize("name", RATES)
def test_every_rule_finds_the_end_of_rosenbrocks_valley(name):
    found = minimised(name, rosenbrock, [-1.0, 1.0], *RATES[name])
    np.testing.assert_allclose(found, [1.0, 1.0], atol=0.05)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_pure_and_runs_on_tensors(rule):
    optimizer = CASES[rule].make(parameters([(3,)]))
    theta, g = draws([(3,), (3,)], 1)[0]
    state = {
        key: np.asarray(np.abs(value) + 0.5)
        for key, value in optimizer.begun(optimizer.groups[0], theta).items()
    }
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
