"""An optimizer's state: saved, loaded, refused."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import (
    StateError,
)
from tests.optim.optimizer_cases import draws, give, parameters

# ------------------------------------------------------------------------------------------- groups


def network():
    return nn.Sequential(
        nn.Linear(3, 4, dtype="float64"), nn.Tanh(), nn.Linear(4, 2, dtype="float64")
    )


# -------------------------------------------------------------------------------------------- state


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


def test_a_setting_that_is_off_need_not_be_in_a_state():
    """As in one that was saved before there was such a setting."""
    one, other = (optim.SGD(parameters([(2,)]), lr=0.5) for _ in range(2))
    other.lr = 0.25
    state = {
        key: value for key, value in other.state_dict().items() if key not in ("l2", "momentum")
    }
    one.load_state_dict(state)
    assert (one.lr, one.l2, one.momentum) == (0.25, 0.0, 0.0)
    one.l2 = 0.5
    with pytest.raises(StateError, match="missing: l2"):
        one.load_state_dict(state)


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
    state = {name: value + (value.dtype != bool) for name, value in before.items()}
    off = ["lr", "amsgrad", "l2"]  # what may be missing
    name = data.draw(st.sampled_from([name for name in state if name not in off]))
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
    state = {
        key: array + {"f": 0.1, "i": 1}.get(array.dtype.kind, False)
        for key, array in before.items()
    }
    state |= {"betas": np.array([0.5, 0.5]), name: np.array(value)}
    with pytest.raises(StateError, match=f"nothing was loaded\n.*{text}"):
        optimizer.load_state_dict(state)
    assert vars(optimizer) == held
    for key, array in optimizer.state_dict().items():
        np.testing.assert_array_equal(array, before[key])


@pytest.mark.parametrize(
    "params",
    [
        lambda model: model.parameters(),
        lambda model: optim.path_groups(model, {"layers.0": {"lr": 0.02}}),
    ],
    ids=["model", "groups"],
)
def test_a_state_whose_parameters_are_numbered_is_taken_in_their_order(params):
    model, twin = network(), network()
    twin.load_state_dict(model.state_dict())
    grouped = optim.Adam(params(model), lr=0.01)
    listed = [{"params": list(group.params), **group.own} for group in grouped.groups]
    optimizer = optim.Adam(listed, lr=0.01)
    trained(model, optimizer, 4, seed=0)
    saved = optimizer.state_dict()
    assert "3/m" in saved and "layers.2.bias/m" not in saved
    twin.load_state_dict(model.state_dict())
    other = optim.Adam(params(twin), lr=0.5)
    other.load_state_dict(saved)
    trained(model, optimizer, 4, seed=1)
    trained(twin, other, 4, seed=1)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_a_numbered_state_of_another_count_or_of_other_shapes_is_refused():
    model = network()
    params, other = model.parameters(), optim.Adam(model.parameters(), lr=0.01)
    for saved, told in ((params[:3], r"missing: layers\.0\.weight"), (params[::-1], "shape")):
        with pytest.raises(StateError, match=told):
            other.load_state_dict(optim.Adam(list(saved), lr=0.01).state_dict())
