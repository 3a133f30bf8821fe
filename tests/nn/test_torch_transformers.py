"""Transformers, attention with all its options, and stacked recurrent layers beside PyTorch."""

import itertools

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def close(tensor, peer):
    np.testing.assert_allclose(tensor.data, peer.detach().numpy(), rtol=1e-9, atol=1e-11)


def as_ours(peer):
    """Return PyTorch's parameters under our names: projections stand apart."""
    state = {}
    for name, value in peer.named_parameters():
        array = value.detach().numpy()
        place, _, last = name.rpartition("in_proj_")
        if last != name:
            for part, rows in zip("qkv", np.split(array, 3), strict=True):
                state[f"{place}{part}_proj.{last}"] = rows
        else:
            state[name] = array
    return state


def moved(peer):
    """Give a module of PyTorch other parameters: biases of 0 show little."""
    with torch.no_grad():
        for k, parameter in enumerate(peer.parameters()):
            parameter += torch.tensor(0.3 * normal(*parameter.shape, seed=k))
    return peer.double()


def compare_gradients(ours, theirs, inputs, leaves, y, z):
    close(y, z)
    g = normal(*y.shape, seed=50)
    y.backward(g)
    z.backward(torch.tensor(g))
    for tensor, leaf in zip(inputs, leaves, strict=True):
        close(tensor.grad, leaf.grad)
    gradients = {name: parameter.grad for name, parameter in ours.named_parameters()}
    for parameter in theirs.parameters():
        parameter.data = parameter.grad
    for name, value in as_ours(theirs).items():
        np.testing.assert_allclose(gradients[name].data, value, rtol=1e-8, atol=1e-10)


def both(*arrays):
    return (
        [tg.tensor(x, requires_grad=True) for x in arrays],
        [torch.tensor(x, requires_grad=True) for x in arrays],
    )


KNOWN = np.array([[True] * 5, [True, True, True, False, False]])
ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU}


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_encoder_layers(activation, causal, first):
    peer = moved(
        torch.nn.TransformerEncoderLayer(
            6, 2, 8, 0.0, activation, batch_first=True, norm_first=first, layer_norm_eps=1e-3
        )
    )
    layer = nn.TransformerEncoderLayer(
        6, 2, 8, ACTIVATIONS[activation](), first, 0.0, causal, eps=1e-3, dtype="float64"
    )
    layer.load_state_dict(as_ours(peer))
    (x,), (leaf,) = both(normal(2, 5, 6))
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5).double() if causal else None
    hidden = torch.zeros(2, 5).double().masked_fill(torch.tensor(~KNOWN), -float("inf"))
    z = peer(leaf, src_mask=mask, src_key_padding_mask=hidden, is_causal=causal)
    compare_gradients(layer, peer, [x], [leaf], layer(x, key_mask=KNOWN), z)


@pytest.mark.parametrize("first", [False, True])
def test_decoder_layers(first):
    peer = moved(torch.nn.TransformerDecoderLayer(6, 3, 8, 0.0, batch_first=True, norm_first=first))
    layer = nn.TransformerDecoderLayer(6, 3, 8, None, first, 0.0, dtype="float64")
    layer.load_state_dict(as_ours(peer))
    (x, memory), leaves = both(normal(2, 4, 6), normal(2, 5, 6, seed=1))
    mask = torch.nn.Transformer.generate_square_subsequent_mask(4).double()
    hidden = torch.zeros(2, 5).double().masked_fill(torch.tensor(~KNOWN), -float("inf"))
    z = peer(*leaves, tgt_mask=mask, memory_key_padding_mask=hidden, tgt_is_causal=True)
    y = layer(x, memory, memory_key_mask=KNOWN)
    compare_gradients(layer, peer, [x, memory], leaves, y, z)


def test_stacks():
    one = torch.nn.TransformerEncoderLayer(6, 2, 8, 0.0, batch_first=True, norm_first=True)
    peer = moved(
        torch.nn.TransformerEncoder(one, 3, torch.nn.LayerNorm(6), enable_nested_tensor=False)
    )
    layer = nn.TransformerEncoder(
        3, 6, 2, hidden_features=8, norm_first=True, dropout=0.0, dtype="float64"
    )
    layer.load_state_dict(as_ours(peer))
    (x,), leaves = both(normal(2, 5, 6))
    compare_gradients(layer, peer, [x], leaves, layer(x), peer(*leaves))
    one = torch.nn.TransformerDecoderLayer(6, 2, 8, 0.0, batch_first=True)
    peer = moved(torch.nn.TransformerDecoder(one, 2))
    decoder = nn.TransformerDecoder(
        2, 6, 2, hidden_features=8, dropout=0.0, causal=False, dtype="float64"
    )
    decoder.load_state_dict(as_ours(peer))
    given, leaves = both(normal(2, 4, 6), normal(2, 5, 6, seed=1))
    compare_gradients(decoder, peer, given, leaves, decoder(*given), peer(*leaves))


def test_attention_to_other_features_with_biases_and_weights():
    peer = moved(torch.nn.MultiheadAttention(6, 2, kdim=3, vdim=4, batch_first=True))
    layer = nn.MultiHeadAttention(6, 2, key_features=3, value_features=4, dtype="float64")
    state = {n: p.detach().numpy() for n, p in peer.named_parameters()}
    biases = np.split(state["in_proj_bias"], 3)
    layer.load_state_dict(
        {
            **{f"{p}_proj.weight": state[f"{p}_proj_weight"] for p in "qkv"},
            **{f"{p}_proj.bias": b for p, b in zip("qkv", biases, strict=True)},
            **{n: v for n, v in state.items() if n.startswith("out_proj")},
        }
    )
    query, key, value = normal(2, 3, 6), normal(2, 5, 3, seed=1), normal(2, 5, 4, seed=2)
    added = normal(2, 2, 3, 5, seed=3)
    added[:, :, 1, 2] = -np.inf
    given = [torch.tensor(a) for a in (query, key, value)]
    expected, weights = peer(
        *given, attn_mask=torch.tensor(added.reshape(4, 3, 5)), average_attn_weights=False
    )
    found, ours = layer(query, key, value, bias=added, need_weights=True)
    close(found, expected)
    close(ours, weights)
    _, averaged = peer(*given, attn_mask=torch.tensor(added.reshape(4, 3, 5)))
    close(ours.mean(axis=1), averaged)
    mask = normal(3, 5, seed=4) > -1
    mask[:, 0] = True
    expected, _ = peer(*given, attn_mask=torch.tensor(~mask))
    close(layer(query, key, value, mask=mask), expected)


@pytest.mark.parametrize("scale", [None, 0.3])
def test_scaled_dot_product_attention_with_a_bias(scale):
    q, k, v, b = (normal(2, 3, 4, seed=i) for i in range(4))
    tensors, leaves = both(q, k, v, b[:, :, :3].copy())
    y = nn.scaled_dot_product_attention(*tensors[:3], bias=tensors[3], scale=scale)
    z = torch.nn.functional.scaled_dot_product_attention(
        *leaves[:3], attn_mask=leaves[3], scale=scale
    )
    close(y, z)
    g = normal(*y.shape, seed=9)
    y.backward(g)
    z.backward(torch.tensor(g))
    for tensor, leaf in zip(tensors, leaves, strict=True):
        close(tensor.grad, leaf.grad)


def layer_by_layer(peer):
    """Return PyTorch's parameters by layers and directions, under the names of our cells."""
    for k in range(peer.num_layers):
        for back in ("", "_reverse") if peer.bidirectional else ("",):
            end = f"_l{k}{back}"
            yield {
                name.removesuffix(end): p.detach().numpy()
                for name, p in peer.named_parameters()
                if name.endswith(end)
            }


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize(
    ("layers", "both_ways", "bias", "proj"),
    [
        *((*made, None) for made in itertools.product([1, 2], [False, True], [False, True])),
        (2, True, True, 3), (1, False, False, 2),
    ],
)  # fmt: skip
def test_stacks_of_recurrent_layers(kind, layers, both_ways, bias, proj):
    if proj and kind != "LSTM":
        return
    settings = {"num_layers": layers, "bidirectional": both_ways, "bias": bias}
    more = {"proj_size": proj} if proj else {}
    peer = getattr(torch.nn, kind)(3, 4, batch_first=True, **settings, **more).double()
    more = {"proj_features": proj} if proj else {}
    layer = getattr(nn, kind)(3, 4, dtype="float64", **settings, **more)
    cells = [layer.cell] if layers == 1 and not both_ways else layer.cells
    for cell, state in zip(cells, layer_by_layer(peer), strict=True):
        cell.load_state_dict(state)
    count, lengths = len(cells), np.array([5, 2, 4])
    h, c = normal(count, 3, proj or 4, seed=1), normal(count, 3, 4, seed=2)
    x = normal(3, 5, 3)
    one = (lambda a: a[0]) if count == 1 else (lambda a: a)
    state = (one(h), one(c)) if kind == "LSTM" else one(h)
    peer_state = (torch.tensor(h), torch.tensor(c)) if kind == "LSTM" else torch.tensor(h)
    for given in (None, lengths):
        leaf = torch.tensor(x, requires_grad=True)
        mine = tg.tensor(x, requires_grad=True)
        y, last = layer(mine, state, given)
        if given is None:
            z, peer_last = peer(leaf, peer_state)
        else:
            packed = torch.nn.utils.rnn.pack_padded_sequence(
                leaf, torch.tensor(given), batch_first=True, enforce_sorted=False
            )
            z, peer_last = peer(packed, peer_state)
            z, _ = torch.nn.utils.rnn.pad_packed_sequence(z, batch_first=True)
        close(y, z)
        pairs = zip(last, peer_last, strict=True) if kind == "LSTM" else [(last, peer_last)]
        for ours, theirs in pairs:
            close(ours, one(theirs))
        g = normal(*y.shape, seed=50)
        y.backward(g)
        z.backward(torch.tensor(g))
        close(mine.grad, leaf.grad)
