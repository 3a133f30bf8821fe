"""A module's state: saved, loaded, copied."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import StateError
from tests.nn.anything_module import Bag


def scope_of(y):
    return y.node.scope


# ------------------------------------------------------------------------------------ save and load


def small():
    return Bag(
        first=nn.Linear(2, 3), rest=[nn.Linear(3, 1, dtype="float64")], count=tg.tensor([1, 2])
    )


def test_a_state_goes_round():
    one, other = small(), small()
    other.load_state_dict(one.state_dict())
    for name, value in one.state_dict().items():
        assert np.array_equal(other.state_dict()[name], value)
        assert other.state_dict()[name].dtype == value.dtype


def test_a_state_is_a_copy_both_ways():
    model = small()
    state = model.state_dict()
    before = copy.deepcopy(state)
    state["first.weight"][:] = 7
    assert np.array_equal(model.first.weight.data, before["first.weight"])
    model.load_state_dict(state)
    state["first.weight"][:] = 8
    assert (model.first.weight.data == 7).all()


def test_a_graph_recorded_before_loading_keeps_the_old_values():
    model = Bag(weight=tg.tensor([3.0], requires_grad=True))
    y = (model.weight * model.weight).sum()
    model.load_state_dict({"weight": np.float32([5.0])})
    y.backward()
    assert model.weight.grad.item() == 6.0
    assert model.weight.item() == 5.0


def test_loading_converts_to_the_dtype_of_the_model():
    model = small()
    model.load_state_dict({k: v.astype(np.float64) if v.dtype.kind == "f" else v
                           for k, v in model.state_dict().items()})  # fmt: skip
    assert model.first.weight.dtype == np.float32
    assert model.rest[0].weight.dtype == np.float64


DAMAGE = {
    "missing": lambda state, name: state.pop(name),
    "unexpected": lambda state, name: state.update({f"{name}_2": np.zeros(1)}),
    "wrong shape": lambda state, name: state.update({name: np.zeros((7, 5))}),
    "not an array": lambda state, name: state.update({name: "text"}),
    "wrong kind of number": lambda state, name: state.update({name: state[name] * 1j}),
}


@given(st.data())
def test_a_failed_load_changes_nothing_and_lists_every_problem(data):
    model = small()
    before = model.state_dict()
    held = [tensor._data for tensor in [*model.parameters(), *model.buffers()]]
    state = {name: value + 1 for name, value in before.items()}
    chosen = data.draw(st.lists(st.sampled_from(list(state)), min_size=1, unique=True))
    expected = []
    for name in chosen:
        problem = data.draw(st.sampled_from(list(DAMAGE)))
        DAMAGE[problem](state, name)
        # Complex numbers are refused before their kind is compared.
        expected.append(("not an array" if problem == "wrong kind of number" else problem, name))
    with pytest.raises(StateError, match="does not fit Bag, nothing was loaded") as caught:
        model.load_state_dict(state)
    for problem, name in expected:
        assert any(
            line.strip().startswith(problem) and name in line
            for line in str(caught.value).splitlines()
        )
    assert all(
        tensor._data is array
        for tensor, array in zip([*model.parameters(), *model.buffers()], held, strict=True)
    )


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (lambda s: {f"net.{k}": v for k, v in s.items()}, "the names have the prefix 'net.'"),
        (
            lambda s: {k.removeprefix("layers.0."): v for k, v in s.items()},
            "the names lack the prefix 'layers.0.'",
        ),
        (
            lambda s: {k: v.T for k, v in s.items()},
            "wrong shape: layers.0.weight is (3, 2), the state has (2, 3); write"
            " state['layers.0.weight'].T",
        ),
        (lambda s: {}, "to keep the present values where some are missing, load"),
        (lambda s: {**s, "more": 1}, "to leave out the unexpected, load"),
        (lambda s: list(s), "expected the dict that state_dict() returned, not list"),
    ],
)
def test_a_failed_load_says_what_to_write(state, text):
    model = nn.Sequential(nn.Linear(2, 3))
    with pytest.raises(StateError) as caught:
        model.load_state_dict(state(model.state_dict()))
    assert text in str(caught.value)


class Remembers(nn.Module):
    """Keeps its last result, as it is or as an array."""

    def __init__(self, keep):
        self.linear, self.keep = nn.Linear(2, 3), keep

    def forward(self, x):
        y = self.linear(x)
        self.last = self.keep(y)
        return y


def test_a_result_kept_without_a_graph_is_a_buffer_and_a_failed_load_says_what_to_write():
    model = Remembers(lambda y: y)
    state = model.state_dict()
    model(tg.ones((1, 2)))
    model.load_state_dict(state)
    with tg.no_grad():
        model(tg.ones((1, 2)))
    assert [name for name, _ in model.named_buffers()] == ["last"]
    with pytest.raises(StateError, match=r"if last is no state .* self.last = y.numpy\(\)"):
        model.load_state_dict(state)


def test_an_array_of_a_result_is_not_state():
    model = Remembers(lambda y: y.numpy())
    state = model.state_dict()
    with tg.no_grad():
        model(tg.ones((1, 2)))
    model.load_state_dict(state)


def test_a_running_mean_computed_without_a_graph_stays_a_buffer():
    model = Bag(mean=tg.zeros(2))
    with tg.no_grad():
        model.mean = 0.9 * model.mean + 0.1 * tg.ones(2)
    assert list(model.state_dict()) == ["mean"]


def test_a_missing_parameter_is_not_taken_for_a_result():
    with pytest.raises(StateError) as caught:
        nn.Linear(2, 3).load_state_dict({})
    assert "self.last" not in str(caught.value)


def test_loading_floats_into_an_integer_buffer_is_refused():
    model = Bag(count=tg.tensor([1, 2]))
    with pytest.raises(StateError, match=r"wrong kind of number: count is int64.*astype\('int64'"):
        model.load_state_dict({"count": np.array([0.5, 1.0])})


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_is_independent_and_knows_its_own_place(duplicate):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model(tg.ones((1, 2)))
    twin = duplicate(model)
    twin.layers[0].weight.assign(np.zeros((2, 2)))
    twin.layers.insert(0, nn.Linear(2, 2))
    assert (model.layers[0].weight.data != 0).any()
    assert scope_of(twin(tg.ones((1, 2)))) == "model.layers[2] ReLU"
