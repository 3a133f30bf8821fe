"""Symbols of modules' parameters: short, told apart, and explained."""

import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.formulas.naming.parameters import Parameter, parameters_of, symbols

nn = tg.nn


def symbols_of(module, variable="model", taken=()):
    parameters = [p for _, p in parameters_of(module, variable)]
    found = symbols(parameters, taken)
    return {p.path.removeprefix(f"{variable}."): found[p] for p in parameters}


class Block(nn.Module):
    def __init__(self, **parts):
        for name, part in parts.items():
            setattr(self, name, part)


CASES = {
    "a layer alone": (nn.Linear(2, 3), "W b"),
    "the number of a layer": (
        nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)),
        "W0 b0 W2 b2",
    ),
    "gates": (nn.LSTM(3, 4), "W_ih W_hh b_ih b_hh"),
    "projections": (nn.MultiHeadAttention(4, 2), "W_q b_q W_k b_k W_v b_v W_out b_out"),
    "normalisation": (nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3)), "W0 b0 gamma1 beta1"),
    "a buffer": (nn.BatchNorm(3), "gamma beta running_mean running_var"),
    "names that end in digits": (
        Block(fc1=nn.Linear(2, 3), fc2=nn.Linear(3, 1)),
        "W_fc1 b_fc1 W_fc2 b_fc2",
    ),
    "one's own": (Block(W1=tg.tensor([1.0]), theta=tg.tensor([1.0])), "W1 theta"),
    "a list": (Block(scales=[tg.tensor([1.0]), tg.tensor([2.0])]), "scales0 scales1"),
    "nested numbers": (
        nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Linear(2, 2))),
        "W_0_0 b_0_0 W_1_0 b_1_0",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_symbols(name):
    module, expected = CASES[name]
    assert " ".join(symbols_of(module).values()) == expected


def test_only_parts_that_differ_are_shown():
    model = Block(
        encoder=Block(attention=nn.MultiHeadAttention(4, 2, bias=False)),
        decoder=Block(attention=nn.MultiHeadAttention(4, 2, bias=False)),
    )
    found = symbols_of(model)
    assert found["encoder.attention.q_proj.weight"] == "W_encoder_q"
    assert found["decoder.attention.out_proj.weight"] == "W_decoder_out"


def test_a_letter_that_is_taken_is_told_apart():
    assert list(symbols_of(nn.Linear(2, 3), "fc", {"W"}).values()) == ["W_fc", "b_fc"]


PART = st.sampled_from(["a", "b", "q_proj", "layers", "0", "1", "fc1"])


@given(
    st.sets(st.tuples(st.lists(PART, max_size=4).map(tuple), st.sampled_from("Wb")), max_size=8),
    st.sets(st.sampled_from(["W", "b", "W0", "W_a"])),
)
def test_two_parameters_share_a_symbol_only_where_their_paths_have_the_same_parts(found, taken):
    parameters = [Parameter(".".join((*path, letter)), letter, path) for path, letter in found]
    result = symbols(parameters, taken)
    for p in parameters:
        for other in parameters:
            alike = p is not other and result[p] == result[other]
            assert not alike or sorted(p.around) == sorted(other.around)
