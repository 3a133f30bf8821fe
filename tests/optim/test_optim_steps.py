"""What a step changes: all parameters or none, and nothing else."""

import math

import numpy as np
import pytest

from tensorgraph import optim
from tensorgraph.errors import (
    AnomalyError,
    ImmutableError,
    ShapeError,
)
from tensorgraph.optim import flat_parameters
from tests.optim.optimizer_cases import give, parameters

# ------------------------------------------------------------------------------------- what changes


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
    class Plain(optim.Optimizer):
        def update(self, param, grad, state, t, lr):
            return param - lr * (grad * 1e30 * 1e30), state

    params = parameters([(3,)], "float32")
    give(params, [np.ones(3, np.float32)])
    Plain(params, lr=1.0).step()
    assert np.isinf(params[0].data).all()


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


# ------------------------------------------------------------------------------------------ packing


def test_small_parameters_share_a_pack_and_large_ones_stand_alone(monkeypatch):
    monkeypatch.setattr(flat_parameters, "BLOCK", 10)
    params = parameters([(4,), (30,), (5,), (3,), (10,), (6,)])
    packs = flat_parameters.packed([(str(p.size), p) for p in params], lambda flat: {})
    assert [p.names for p in packs] == [["4", "5"], ["30"], ["3", "6"], ["10"]]


def test_an_unused_parameter_is_split_off_once():
    params = parameters([(2,), (3,), (4,)])
    optimizer = optim.Adam(params)
    for _ in range(3):
        give(params, [np.ones(2), None, np.ones(4)])
        optimizer.step()
    assert [p.names for p in optimizer.groups[0].packs] == [["0", "2"], ["1"]]
