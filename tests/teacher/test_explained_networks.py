"""What is said of any network is true: held against the engine, and against what was planted."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.testing import strategies

ROUNDING = 1e-9


def loss_of(network):
    output = network.module(*map(tg.tensor, network.inputs))
    output = output[0] if isinstance(output, tuple) else output
    return (output.astype("float64") ** 2).sum()


@given(strategies.modules())
@settings(max_examples=25, deadline=None)
def test_what_is_said_of_any_network_agrees_with_the_engine(network):
    model = network.module
    if not model.parameters():
        return
    tg.random.seed(0)
    loss = loss_of(network)
    if loss.node is None:
        return
    model.zero_grad()
    loss.backward(retain_graph=True)
    for (path, parameter), one in zip(
        model.named_parameters(), tg.explain(model, loss), strict=True
    ):
        assert one.name == path
        if parameter.grad is None:
            assert one.verdict == "none"
            continue
        g = parameter.grad.numpy()
        size = float(np.sqrt(np.mean(g**2)))
        assert one.size == pytest.approx(size, rel=1e-6, abs=ROUNDING)
        if one.verdict == "zero":
            assert size <= ROUNDING and one.causes, str(one)
        if one.verdict == "partly zero":
            assert (g == 0).any() and one.causes, str(one)
        if not g.any() and g.size:
            assert one.verdict == "zero"


@given(strategies.graphs())
@settings(max_examples=25, deadline=None)
def test_what_is_said_of_any_graph_agrees_with_the_engine(graph):
    leaves = [tg.tensor(leaf, requires_grad=True) for leaf in graph.leaves]
    loss = graph(*leaves)
    if loss.node is None:
        return
    loss.backward(retain_graph=True)
    for leaf, one in zip(leaves, tg.explain(leaves, loss), strict=True):
        if leaf.grad is None:
            assert one.verdict == "none" and one.causes
            continue
        size = float(np.sqrt(np.mean(leaf.grad.numpy() ** 2)))
        assert one.size == pytest.approx(size, rel=1e-6, abs=ROUNDING)
        assert one.verdict != "zero" or size <= ROUNDING


@given(
    planted=st.sets(st.integers(0, 9), min_size=1, max_size=9),
    columns=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=15, deadline=None)
def test_the_dead_units_are_those_that_were_planted(planted, columns, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(200, 5))
    weights = [rng.normal(size=(10, 5)), rng.normal(size=(1, 10))]
    bias = np.zeros(10)
    bias[list(planted)] = -1e3
    W1, W2 = (tg.tensor(w, requires_grad=True) for w in weights)
    b = tg.tensor(bias[:, None] if columns else bias, requires_grad=True)
    if columns:
        loss = ((W2 @ tg.relu(W1 @ x.T + b) - 1) ** 2).mean()
    else:
        loss = ((tg.relu(x @ W1.T + b) @ W2.T - 1) ** 2).mean()
    for tensor in (W1, b):
        why = tg.explain(tensor, loss)
        assert why.verdict == "partly zero"
        assert [cause.units for cause in why.causes] == [tuple(sorted(planted))]


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e-3, 1.0, 20.0])
def test_a_bias_before_a_norm_has_no_influence_whatever_its_size(scale):
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(size=(12, 3)), dtype="float32")
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Tanh(), nn.Linear(4, 1))
    model.layers[0].bias.assign((scale * rng.normal(size=4)).astype("float32"))
    why = tg.explain(model, ((model(x) - 1) ** 2).mean())
    assert [one.name for one in why if one.verdict == "zero"] == ["layers.0.bias"]
    assert why["layers.0.bias"].causes[0].op == "center"
