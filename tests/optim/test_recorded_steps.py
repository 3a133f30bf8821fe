"""Optimizers whose steps are recorded: derivatives through training, against numeric ones."""

import gc
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import AnomalyError
from tensorgraph.testing import check_op, gradcheck
from tests.optim.optimizer_cases import CASES

X = np.random.default_rng(0).standard_normal((6, 3))
Y = np.random.default_rng(1).standard_normal((6, 1))
START = np.random.default_rng(2).standard_normal((1, 3))


def cost(w):
    return (tg.tanh(X @ w.mT) - Y).square().mean()


def trained(w, make, steps=4):
    """Return the weight after some steps that are recorded."""
    optimizer = make([w], differentiable=True)
    for _ in range(steps):
        optimizer.zero_grad()
        cost(w).backward(create_graph=True)
        optimizer.step()
    return w


SMOOTH = [name for name, case in CASES.items() if case.smooth]


@pytest.mark.parametrize("rule", SMOOTH)
def test_training_can_be_differentiated_by_where_it_starts(rule):
    make = CASES[rule].make
    gradcheck(lambda start: cost(trained(+start, make)), START)


def test_training_can_be_differentiated_by_other_settings_and_to_second_order():
    def after(lr, beta, decay):
        def make(params, **options):
            return optim.EWMAMomentum(params, lr, beta, weight_decay=decay, **options)

        return cost(trained(tg.tensor(START, requires_grad=True), make, steps=3))

    gradcheck(after, np.array(0.2), np.array(0.8), np.array(0.1), order=2)

    def adam(beta1, beta2, eps):
        make = lambda p, **options: optim.Adam(p, 0.1, (beta1, beta2), eps, **options)  # noqa: E731
        return cost(trained(tg.tensor(START, requires_grad=True), make, steps=3))

    gradcheck(adam, np.array(0.8), np.array(0.9), np.array(1e-3))


def network():
    return nn.Sequential(
        nn.Linear(3, 4, dtype="float64"), nn.Tanh(), nn.Linear(4, 1, dtype="float64")
    )


def test_a_model_keeps_its_parameters_while_steps_are_recorded():
    model = network()
    names = [name for name, _ in model.named_parameters()]
    optimizer = optim.SGD(model.named_parameters(), lr=0.1, differentiable=True)
    for _ in range(2):
        optimizer.zero_grad()
        (model(X) - Y).square().mean().backward(create_graph=True)
        optimizer.step()
        assert [name for name, _ in model.named_parameters()] == names
        assert not any(parameter.is_leaf for parameter in model.parameters())
    assert set(model.state_dict()) == set(names)
    model.load_state_dict(model.state_dict())  # makes leaves of them again
    assert all(parameter.is_leaf for parameter in model.parameters())
    optim.Adam(model.named_parameters())


def test_without_a_graph_of_the_gradient_it_counts_as_a_constant():
    start = tg.tensor(START, requires_grad=True)
    w = +start
    optimizer = optim.SGD([w], lr=0.1, differentiable=True)
    cost(w).backward(retain_graph=True)
    gradient = np.array(w.grad.data)
    optimizer.step()
    np.testing.assert_array_equal(tg.gradients(w.sum(), start).data, np.ones((1, 3)))
    np.testing.assert_allclose(w.data, START - 0.1 * gradient)


def test_a_recorded_state_goes_round():
    def run(steps, state=None, model_state=None):
        model = network()
        tg.random.seed(0)
        optimizer = optim.Adam(model.named_parameters(), lr=0.1, differentiable=True)
        if state is not None:
            model.load_state_dict(model_state)
            optimizer = optim.Adam(model.named_parameters(), lr=0.5, differentiable=True)
            optimizer.load_state_dict(state)
        for _ in range(steps):
            optimizer.zero_grad()
            (model(X) - Y).square().mean().backward(create_graph=True)
            optimizer.step()
        return optimizer.state_dict(), model.state_dict()

    tg.random.seed(0)
    whole = run(4)
    tg.random.seed(0)
    again = run(2, *run(2))
    for one, other in zip(whole, again, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            np.testing.assert_array_equal(value, other[name])


def test_single_precision_stays_under_a_learning_rate_in_double_precision():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam([w], lr=tg.tensor(0.1, dtype="float64"), differentiable=True)
    for _ in range(2):
        optimizer.zero_grad()
        (w * w).sum().backward(create_graph=True)
        optimizer.step()
    assert w.dtype == np.float32
    assert all(
        v.dtype == np.float32
        for k, v in optimizer.state_dict().items()
        if k[:2] == "0/" and k != "0/steps"
    )


def test_a_gradient_of_zero_leaves_derivatives_finite():
    """√v has an infinite slope at v = 0, where a ReLU that never fired leaves it."""
    for name in ("Adam", "RMSprop", "Adagrad", "NAdam"):
        lr = tg.tensor(0.1, dtype="float64", requires_grad=True)
        start = tg.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
        w = +start
        optimizer = getattr(optim, name)([w], lr=lr, differentiable=True)
        for _ in range(2):
            optimizer.zero_grad()
            (w[0] ** 2).backward(create_graph=True)
            optimizer.step()
        found = tg.gradients((w * w).sum(), [lr, start])
        assert all(np.isfinite(g.data).all() for g in found), name


def test_the_root_of_a_running_mean_is_checked_as_an_op():
    check_op(optim.square_root.root)


def test_a_recorded_step_refuses_a_gradient_that_is_not_finite():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([("w", w)], lr=0.1, differentiable=True)
    w.grad = tg.tensor([np.nan, 1.0])
    with pytest.raises(AnomalyError, match="gradient of 'w' is not finite in 1 of 2"):
        optimizer.step()
    assert optimizer.steps == 0


def test_recorded_steps_are_freed_without_the_garbage_collector():
    gc.disable()
    try:
        w = tg.tensor(START, requires_grad=True)
        optimizer = optim.Adam([w], lr=0.1, differentiable=True)
        gone = [weakref.ref(w.node)]
        for _ in range(3):
            optimizer.zero_grad()
            cost(w).backward(create_graph=True)
            optimizer.step()
            gone.append(weakref.ref(w.node))
        del optimizer, w
        assert [node() for node in gone] == [None] * 4
    finally:
        gc.enable()
