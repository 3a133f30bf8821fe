"""States by PyTorch's names, without PyTorch; beside it they stand in test_torch_state_dict.py."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import DTypeError, StateError
from tests.nn.layer_cases import CASES


def assert_equal(model, state):
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name], err_msg=name)


NAMES = {
    "Sequential": (
        lambda: nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.BatchNorm(3))),
        "0.weight 0.bias 2.0.weight 2.0.bias 2.0.running_mean 2.0.running_var"
        " 2.0.num_batches_tracked",
    ),
    "LSTM": (
        lambda: nn.LSTM(2, 3, proj_features=1),
        "weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 weight_hr_l0",
    ),
    "GRU": (
        lambda: nn.GRU(2, 3, num_layers=2, bidirectional=True, bias=False),
        "weight_ih_l0 weight_hh_l0 weight_ih_l0_reverse weight_hh_l0_reverse"
        " weight_ih_l1 weight_hh_l1 weight_ih_l1_reverse weight_hh_l1_reverse",
    ),
    "MultiHeadAttention": (
        lambda: nn.MultiHeadAttention(4, 2),
        "in_proj_weight in_proj_bias out_proj.weight out_proj.bias",
    ),
    "with sizes": (
        lambda: nn.MultiHeadAttention(4, 2, key_features=3),
        "q_proj_weight in_proj_bias k_proj_weight v_proj_weight out_proj.weight out_proj.bias",
    ),
    "norms without a shift": (
        lambda: nn.TransformerEncoderLayer(2, 1, 3, bias=False),
        "self_attn.in_proj_weight self_attn.out_proj.weight linear1.weight linear2.weight"
        " norm1.weight norm2.weight",
    ),
    "a last norm without a shift": (
        lambda: nn.TransformerEncoder(1, 2, 1, bias=False, norm_first=True).norm,
        "weight",
    ),
    "WeightNorm": (
        lambda: nn.Sequential(nn.WeightNorm(nn.Linear(2, 3))),
        "0.bias 0.parametrizations.weight.original0 0.parametrizations.weight.original1",
    ),
    "SpectralNorm": (
        lambda: nn.SpectralNorm(nn.Linear(2, 3)),
        "bias parametrizations.weight.original parametrizations.weight.0._u"
        " parametrizations.weight.0._v",
    ),
    "ModuleDict": (
        lambda: nn.ModuleDict({"a": nn.PReLU(), "b": nn.ModuleList([nn.Embedding(2, 1)])}),
        "a.weight b.0.weight",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_pytorchs_names(name):
    make, names = NAMES[name]
    assert list(nn.torch_state_dict(make())) == names.split()


@pytest.mark.parametrize("name", CASES)
def test_every_layer_goes_there_and_back(name):
    one, other = (CASES[name].make("float64") for _ in range(2))
    there = nn.torch_state_dict(one)
    other.load_state_dict({key: value + 1 for key, value in there.items()})
    assert_equal(other, {key: value + 1 for key, value in one.state_dict().items()})
    assert nn.load_foreign(other, there).whole
    assert_equal(other, one.state_dict())
    for value in there.values():
        value[...] = 0  # a copy
    assert_equal(other, one.state_dict())


parts = st.sampled_from(
    [
        lambda: nn.Linear(3, 3),
        lambda: nn.BatchNorm(3),
        lambda: nn.LSTM(3, 3, num_layers=2),
        lambda: nn.MultiHeadAttention(3, 1),
        lambda: nn.ReLU(),
        lambda: nn.GRU(3, 2, bidirectional=True),
    ]
).map(lambda make: make())
networks = st.recursive(
    parts,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda layers: nn.Sequential(*layers)),
        st.lists(inner, max_size=3).map(nn.ModuleList),
        st.dictionaries(st.sampled_from("ab"), inner).map(nn.ModuleDict),
    ),
    max_leaves=5,
)


@given(networks)
def test_networks_go_there_and_back(model):
    before = model.state_dict()
    there = nn.torch_state_dict(model)
    model.load_state_dict({name: value * 2 for name, value in there.items()})
    assert_equal(model, {name: value * 2 for name, value in before.items()})
    model.load_state_dict(before)
    assert_equal(model, before)


def test_stacked_arrays_are_cut_in_their_order():
    attention = nn.MultiHeadAttention(2, 1)
    state = nn.torch_state_dict(attention)
    state["in_proj_weight"] = np.arange(12.0).reshape(6, 2)
    attention.load_state_dict(state)
    assert attention.k_proj.weight.data.tolist() == [[4.0, 5.0], [6.0, 7.0]]
    assert attention.v_proj.weight.data.tolist() == [[8.0, 9.0], [10.0, 11.0]]


def test_what_does_not_fit_is_told_by_pytorchs_names_and_nothing_is_changed():
    model = nn.Sequential(nn.LSTM(2, 3), nn.MultiHeadAttention(4, 2), nn.BatchNorm(2))
    before, state = model.state_dict(), nn.torch_state_dict(model)
    del state["0.bias_ih_l0"]
    state["1.in_proj_weight"] = np.zeros((4, 12), "f")
    state["more"] = 1
    with pytest.raises(StateError) as caught:
        model.load_state_dict(state)
    said = str(caught.value)
    assert "missing: 0.bias_ih_l0\n" in said and "unexpected: more\n" in said
    assert "wrong shape: 1.in_proj_weight is (12, 4), the state has (4, 12)" in said
    assert "no state but a result" not in said
    assert_equal(model, before)
    prefixed = {f"module.{name}": value for name, value in nn.torch_state_dict(model).items()}
    with pytest.raises(StateError, match=r"the names have the prefix 'module\.'; load"):
        model.load_state_dict(prefixed)


class Tied(nn.Module):
    def __init__(self):
        self.embed = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embed.weight
        self.layers = [nn.Linear(3, 3)] * 2


def test_of_tied_tensors_one_name_is_enough():
    one, other = Tied(), Tied()
    state = nn.torch_state_dict(one)
    assert list(state) == [
        "embed.weight", "head.weight", "layers.0.weight", "layers.0.bias",
        "layers.1.weight", "layers.1.bias",
    ]  # fmt: skip
    for left_out in ([], ["embed.weight"], ["head.weight", "layers.0.bias"]):
        other = Tied()
        other.load_state_dict({n: v for n, v in state.items() if n not in left_out})
        assert_equal(other, one.state_dict())
        assert other.head.weight is other.embed.weight
    with pytest.raises(StateError, match=r"missing: embed\.weight\n"):
        other.load_state_dict({n: v for n, v in state.items() if "layers" in n})
    state["head.weight"] = state["head.weight"] + 1
    with pytest.raises(StateError, match=r"embed.weight and head.weight are one tensor in this"):
        other.load_state_dict(state)


def test_names_that_a_module_of_ones_own_has_elsewhere():
    class Net(nn.Module):
        def __init__(self):
            self.first = nn.Linear(2, 2)

        def torch_name(self, path):
            return path.replace("first", "fc1")

    net = Net()
    assert list(nn.torch_state_dict(net)) == ["fc1.weight", "fc1.bias"]
    net.load_state_dict({"fc1.weight": np.ones((2, 2)), "fc1.bias": np.ones(2)})
    assert net.first.bias.data.tolist() == [1.0, 1.0]


def test_two_that_would_be_one_there_are_told():
    class Net(nn.Module):
        def __init__(self):
            self.a, self.b = tg.zeros((2, 3)), tg.zeros((2, 2))

        def torch_name(self, path):
            return "same"

    with pytest.raises(StateError, match="two tensors that PyTorch would call 'same'"):
        nn.torch_state_dict(Net())
    with pytest.raises(DTypeError, match="torch_state_dict takes a module"):
        nn.torch_state_dict({})


def test_what_matches_in_part():
    lstm = nn.Sequential(nn.LSTM(2, 3), nn.Linear(3, 4))
    other = nn.Sequential(nn.LSTM(2, 3), nn.Linear(3, 5), nn.BatchNorm(2))
    report = nn.load_matching(lstm, nn.torch_state_dict(other))
    assert report.loaded == [name for name in lstm.state_dict() if name.startswith("layers.0")]
    assert list(report.misfits) == ["layers.1.weight", "layers.1.bias"]
    assert report.unexpected == [f"2.{name}" for name in nn.torch_state_dict(nn.BatchNorm(2))]
    assert np.array_equal(lstm.layers[0].cell.weight_hh.data, other.layers[0].cell.weight_hh.data)


def test_hints_do_not_speak_of_kept_results_where_there_are_none():
    steps = [
        (nn.MultiHeadAttention(2, 1), {"bias_k": np.zeros(2)}),
        (nn.Linear(2, 1), {"weight_g": np.zeros(2)}),
    ]
    for model, more in steps:
        with pytest.raises(StateError) as caught:
            model.load_state_dict({**model.state_dict(), **more})
        assert "no state but a result" not in str(caught.value)
    parameters = nn.Linear(2, 1).named_parameters()
    heavy = tg.optim.SGD(parameters, lr=0.1, momentum=0.9)
    for _, parameter in parameters:
        parameter.grad = np.zeros(parameter.shape, "f")
    heavy.step()
    with pytest.raises(StateError) as caught:
        tg.optim.SGD(parameters, lr=0.1).load_state_dict(heavy.state_dict())
    assert "no state but a result" not in str(caught.value)
