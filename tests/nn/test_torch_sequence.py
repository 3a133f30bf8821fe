"""Sequence layers beside PyTorch's, where that is installed; not part of the tests."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))

KINDS = ["RNN", "GRU", "LSTM"]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def close(tensor, peer):
    np.testing.assert_allclose(tensor.data, peer.detach().numpy(), rtol=1e-10, atol=1e-12)


def parts(state):
    return list(state) if isinstance(state, tuple) else [state]


def compare_gradients(tensors, peers, outputs, peer_outputs):
    """Backpropagate the same random numbers through both, and compare all gradients."""
    for i, (tensor, peer) in enumerate(zip(outputs, peer_outputs, strict=True)):
        close(tensor, peer)
        g = normal(*tensor.shape, seed=50 + i)
        tensor.backward(g, retain_graph=True)
        peer.backward(peer.new_tensor(g), retain_graph=True)
    for tensor, peer in zip(tensors, peers, strict=True):
        close(tensor.grad, peer.grad)


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_layers(kind):
    peer = getattr(torch.nn, kind)(3, 4, batch_first=True).double()
    layer = getattr(nn, kind)(3, 4, dtype="float64")
    # The names differ by the number of the layer, which PyTorch appends.
    layer.cell.load_state_dict(
        {name.removesuffix("_l0"): p.detach().numpy() for name, p in peer.named_parameters()}
    )
    x = tg.tensor(normal(2, 5, 3), requires_grad=True)
    states = [tg.tensor(normal(2, 4, seed=i), requires_grad=True) for i in (1, 2)]
    states = states if kind == "LSTM" else states[:1]
    leaves = [torch.tensor(t.data.copy(), requires_grad=True) for t in (x, *states)]
    given, peer_given = tuple(states), tuple(leaf[None] for leaf in leaves[1:])
    if kind != "LSTM":
        (given,), (peer_given,) = given, peer_given
    outputs, last = layer(x, given)
    peer_outputs, peer_last = peer(leaves[0], peer_given)
    compare_gradients(
        [x, *states, *layer.parameters()],
        [*leaves, *peer.parameters()],
        [outputs, *parts(last)],
        [peer_outputs, *(part[0] for part in parts(peer_last))],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_cells(kind):
    peer = getattr(torch.nn, f"{kind}Cell")(3, 4).double()
    cell = getattr(nn, f"{kind}Cell")(3, 4, dtype="float64")
    cell.load_state_dict({name: p.detach().numpy() for name, p in peer.named_parameters()})
    x = normal(2, 3)
    state = cell(x, cell(x))
    peer_state = peer(torch.tensor(x), peer(torch.tensor(x)))
    for one, other in zip(parts(state), parts(peer_state), strict=True):
        close(one, other)


def test_embedding():
    layer = nn.Embedding(7, 3, dtype="float64")
    peer = torch.nn.Embedding(7, 3, _weight=torch.tensor(layer.weight.data.copy()))
    ids = np.array([[6, 0, 6], [2, 6, 0]])
    compare_gradients(
        layer.parameters(), list(peer.parameters()), [layer(ids)], [peer(torch.tensor(ids))]
    )


@pytest.mark.parametrize("causal", [True, False])
def test_scaled_dot_product_attention(causal):
    arrays = [normal(2, 3, 5, 4), normal(2, 3, 5, 4, seed=1), normal(2, 3, 5, 6, seed=2)]
    mask = None if causal else normal(2, 1, 5, 5, seed=3) > -1  # PyTorch takes one of the two
    tensors = [tg.tensor(array, requires_grad=True) for array in arrays]
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    peer_mask = None if mask is None else torch.tensor(mask)
    compare_gradients(
        tensors,
        leaves,
        [nn.scaled_dot_product_attention(*tensors, mask, causal=causal)],
        [
            torch.nn.functional.scaled_dot_product_attention(
                *leaves, attn_mask=peer_mask, is_causal=causal
            )
        ],
    )


def test_multi_head_attention():
    peer = torch.nn.MultiheadAttention(6, 3, batch_first=True).double()
    layer = nn.MultiHeadAttention(6, 3, dtype="float64")
    weights = np.split(peer.in_proj_weight.detach().numpy(), 3)
    biases = normal(3, 6)
    with torch.no_grad():
        peer.in_proj_bias.copy_(torch.tensor(biases.reshape(-1)))
        peer.out_proj.bias.copy_(torch.tensor(normal(6, seed=1)))
    for part, weight, bias in zip("qkv", weights, biases, strict=True):
        getattr(layer, f"{part}_proj").load_state_dict({"weight": weight, "bias": bias})
    layer.out_proj.load_state_dict(
        {n: p.detach().numpy() for n, p in peer.out_proj.named_parameters()}
    )
    query, memory = normal(2, 3, 6), normal(2, 5, 6, seed=2)
    mask = np.array([[True] * 5, [True, False, False, True, False]])
    expected, _ = peer(
        *map(torch.tensor, (query, memory, memory)), key_padding_mask=torch.tensor(~mask)
    )
    close(layer(query, memory, key_mask=mask), expected)
