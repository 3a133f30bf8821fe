"""Weights to PyTorch and back by its own names, where it is installed; not part of the tests."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.train.wrong_file import FROM_TORCH
from tests.machine.needs import reason
from tests.nn.layer_cases import LAYERS

torch = pytest.importorskip("torch", reason=reason("torch"))
peer = torch.nn


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def recurrent(kind, **settings):
    ours = dict(settings)
    if "proj_size" in settings:
        ours["proj_features"] = ours.pop("proj_size")
    return (
        lambda: getattr(nn, kind)(3, 4, **ours),
        lambda: getattr(peer, kind)(3, 4, batch_first=True, **settings),
        (2, 5, 3),
    )


def encoder_layer(**settings):
    return peer.TransformerEncoderLayer(4, 2, 16, batch_first=True, **settings)


def decoder_layer(**settings):
    return peer.TransformerDecoderLayer(4, 2, 16, batch_first=True, **settings)


PAIRS = {
    "BatchNorm": [
        (lambda: nn.BatchNorm(3), lambda: peer.BatchNorm1d(3), (4, 3)),
        (lambda: nn.BatchNorm(3), lambda: peer.BatchNorm2d(3), (4, 3, 2, 2)),
        (lambda: nn.BatchNorm(3, affine=False), lambda: peer.BatchNorm1d(3, affine=False), (4, 3)),
    ],
    "GroupNorm": [(lambda: nn.GroupNorm(2, 4), lambda: peer.GroupNorm(2, 4), (2, 4, 3))],
    "InstanceNorm": [
        (
            lambda: nn.InstanceNorm(3, affine=True),
            lambda: peer.InstanceNorm1d(3, affine=True),
            (2, 3, 4),
        )
    ],
    "LayerNorm": [
        (lambda: nn.LayerNorm((3, 2)), lambda: peer.LayerNorm((3, 2)), (2, 3, 2)),
        (lambda: nn.LayerNorm(3, bias=False), lambda: peer.LayerNorm(3, bias=False), (2, 3)),
    ],
    "RMSNorm": [(lambda: nn.RMSNorm(3), lambda: peer.RMSNorm(3, eps=1e-5), (2, 3))],
    "Embedding": [(lambda: nn.Embedding(5, 2), lambda: peer.Embedding(5, 2), None)],
    "EmbeddingBag": [(lambda: nn.EmbeddingBag(5, 2), lambda: peer.EmbeddingBag(5, 2), None)],
    "Linear": [
        (lambda: nn.Linear(3, 3), lambda: peer.Linear(3, 3), (2, 3)),
        (lambda: nn.Linear(3, 2, bias=False), lambda: peer.Linear(3, 2, bias=False), (2, 3)),
    ],
    "Bilinear": [(lambda: nn.Bilinear(3, 2, 4), lambda: peer.Bilinear(3, 2, 4), None)],
    "PReLU": [(lambda: nn.PReLU(3), lambda: peer.PReLU(3), (2, 3))],
    "MultiHeadAttention": [
        (lambda: nn.MultiHeadAttention(4, 2), lambda: attention(), (2, 3, 4)),
        (
            lambda: nn.MultiHeadAttention(4, 2, bias=False),
            lambda: attention(bias=False),
            (2, 3, 4),
        ),
        (
            lambda: nn.MultiHeadAttention(4, 2, key_features=3, value_features=2),
            lambda: attention(kdim=3, vdim=2),
            None,
        ),
    ],
    "TransformerEncoderLayer": [
        (lambda: nn.TransformerEncoderLayer(4, 2), encoder_layer, (2, 3, 4)),
        (
            lambda: nn.TransformerEncoderLayer(4, 2, bias=False),
            lambda: encoder_layer(bias=False),
            (2, 3, 4),
        ),
    ],
    "TransformerDecoderLayer": [
        (lambda: nn.TransformerDecoderLayer(4, 2), decoder_layer, None),
        (
            lambda: nn.TransformerDecoderLayer(4, 2, bias=False),
            lambda: decoder_layer(bias=False),
            None,
        ),
    ],
    "TransformerEncoder": [
        (
            lambda: nn.TransformerEncoder(2, 4, 2, norm_first=True),
            lambda: peer.TransformerEncoder(
                encoder_layer(norm_first=True), 2, peer.LayerNorm(4), enable_nested_tensor=False
            ),
            (2, 3, 4),
        ),
    ],
    "TransformerDecoder": [
        (
            lambda: nn.TransformerDecoder(2, 4, 2),
            lambda: peer.TransformerDecoder(decoder_layer(), 2),
            None,
        ),
    ],
    **{
        f"{kind}Cell": [
            (
                lambda kind=kind: getattr(nn, f"{kind}Cell")(3, 4),
                lambda kind=kind: getattr(peer, f"{kind}Cell")(3, 4),
                (2, 3),
            )
        ]
        for kind in ("RNN", "GRU", "LSTM")
    },
    **{
        kind: [
            recurrent(kind),
            recurrent(kind, bias=False, num_layers=3),
            recurrent(kind, num_layers=2, bidirectional=True),
            recurrent(kind, bidirectional=True),
        ]
        for kind in ("RNN", "GRU")
    },
    "LSTM": [
        recurrent("LSTM"),
        recurrent("LSTM", num_layers=2, bidirectional=True, proj_size=2),
        recurrent("LSTM", num_layers=12, bias=False),
    ],
    **{
        f"Conv{r}d": [
            (
                lambda r=r: getattr(nn, f"Conv{r}d")(4, 6, 3, groups=2),
                lambda r=r: getattr(peer, f"Conv{r}d")(4, 6, 3, groups=2),
                (2, 4, *(5,) * r),
            )
        ]
        for r in (1, 2, 3)
    },
    **{
        f"ConvTranspose{r}d": [
            (
                lambda r=r: getattr(nn, f"ConvTranspose{r}d")(4, 6, 3, stride=2, groups=2),
                lambda r=r: getattr(peer, f"ConvTranspose{r}d")(4, 6, 3, stride=2, groups=2),
                (2, 4, *(3,) * r),
            )
        ]
        for r in (1, 2, 3)
    },
    "WeightNorm": [
        (
            lambda: nn.WeightNorm(nn.Linear(3, 2)),
            lambda: peer.utils.parametrizations.weight_norm(peer.Linear(3, 2)),
            (4, 3),
        )
    ],
    "SpectralNorm": [
        (
            lambda: nn.SpectralNorm(nn.Conv2d(3, 2, 2)),
            lambda: peer.utils.parametrizations.spectral_norm(peer.Conv2d(3, 2, 2)),
            (1, 3, 4, 4),
        )
    ],
    "MultiTask": [],  # PyTorch has none
    "LearnedPositionalEncoding": [],
    "Sequential": [
        (
            lambda: nn.Sequential(
                nn.Conv2d(1, 2, 3),
                nn.BatchNorm(2),
                nn.ReLU(),
                nn.Sequential(nn.Flatten(), nn.Linear(18, 3), nn.PReLU()),
            ),
            lambda: peer.Sequential(
                peer.Conv2d(1, 2, 3),
                peer.BatchNorm2d(2),
                peer.ReLU(),
                peer.Sequential(peer.Flatten(), peer.Linear(18, 3), peer.PReLU()),
            ),
            (2, 1, 5, 5),
        )
    ],
}
ALL = [
    pytest.param(*pair, id=f"{name}-{i}") for name, p in PAIRS.items() for i, pair in enumerate(p)
]


def attention(**settings):
    return peer.MultiheadAttention(4, 2, batch_first=True, **settings)


def drawn(theirs, seed):
    """Give a module of PyTorch's any numbers, and variances that are positive."""
    rng = np.random.default_rng(seed)
    state = {
        name: torch.tensor(rng.uniform(0.2, 1, tuple(value.shape)), dtype=value.dtype)
        if value.dtype.is_floating_point
        else torch.tensor(seed)
        for name, value in theirs.state_dict().items()
    }
    theirs.load_state_dict(state)
    return theirs.eval()


def result(outputs):
    return outputs[0] if isinstance(outputs, tuple) else outputs


def in_torch(state):
    return {name: torch.from_numpy(array) for name, array in state.items()}


def test_every_layer_with_a_state_has_a_peer():
    with_state = {
        name for name, cases in LAYERS.items() if any(c.make("float32").state_dict() for c in cases)
    }
    assert with_state - PAIRS.keys() == set()


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize(("make", "make_peer", "shape"), ALL)
def test_a_state_goes_there_and_back(make, make_peer, shape):
    theirs, ours, again = drawn(make_peer(), 1), make().eval(), drawn(make_peer(), 2)
    state = {name: value.numpy() for name, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    again.load_state_dict(in_torch(nn.torch_state_dict(ours)), strict=True)
    for name, value in again.state_dict().items():
        if value.dtype.is_floating_point:
            np.testing.assert_array_equal(value.numpy(), state[name])
    report = nn.load_foreign(make(), theirs.state_dict())
    assert report.whole and not report.converted
    if shape is not None:
        x = normal(*shape)
        with torch.no_grad():
            expected = result(
                theirs(torch.tensor(x), torch.tensor(x), torch.tensor(x))
                if isinstance(theirs, peer.MultiheadAttention)
                else theirs(torch.tensor(x))
            )
        np.testing.assert_allclose(result(ours(x)).numpy(), expected.numpy(), rtol=2e-5, atol=2e-5)


def test_tied_weights_have_all_their_names():
    class Ours(nn.Module):
        def __init__(self):
            self.embed = nn.Embedding(5, 3)
            self.head = nn.Linear(3, 5, bias=False)
            self.head.weight = self.embed.weight

    class Theirs(peer.Module):
        def __init__(self):
            super().__init__()
            self.embed = peer.Embedding(5, 3)
            self.head = peer.Linear(3, 5, bias=False)
            self.head.weight = self.embed.weight

    ours, theirs = Ours(), Theirs()
    theirs.load_state_dict(in_torch(nn.torch_state_dict(ours)), strict=True)
    assert np.array_equal(theirs.head.weight.detach(), ours.embed.weight.data)
    other = Ours()
    other.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    assert np.array_equal(other.head.weight.data, ours.head.weight.data)


def test_files_of_safetensors_that_pytorch_wrote(tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    make = PAIRS["Sequential"][0]
    theirs, ours = drawn(make[1](), 3), make[0]()
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        state = {
            name: value.to(dtype) if value.dtype.is_floating_point else value
            for name, value in theirs.state_dict().items()
        }
        safetensors.save_file(state, tmp_path / "model.safetensors")
        tg.train.load(tmp_path / "model.safetensors", model=ours)
        expected = theirs.state_dict()["0.weight"].to(dtype).float().numpy()
        assert np.array_equal(ours.layers[0].weight.data, expected)


def test_eight_bit_floats(tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    for dtype in (torch.float8_e4m3fn, torch.float8_e5m2):
        every = torch.arange(256, dtype=torch.uint8).view(dtype)
        safetensors.save_file({"w": every}, tmp_path / "w.safetensors")
        found = tg.train.load(tmp_path / "w.safetensors")["w"]
        np.testing.assert_array_equal(found, every.float().numpy())


def test_a_checkpoint_of_torch_save_is_refused_with_the_line_that_converts_it(tmp_path):
    theirs = peer.Linear(2, 3)
    for zipped in (True, False):
        torch.save(
            theirs.state_dict(), tmp_path / "model.pt", _use_new_zipfile_serialization=zipped
        )
        with pytest.raises(tg.errors.StateError, match=r"a pickle.*which is never read") as caught:
            tg.train.load(tmp_path / "model.pt")
        assert FROM_TORCH in str(caught.value)
    line = FROM_TORCH.replace("model.", f"{tmp_path}/model.")
    exec(f"import safetensors.torch, torch\n{line}")
    ours = nn.Linear(2, 3)
    tg.train.load(tmp_path / "model.safetensors", model=ours)
    assert np.array_equal(ours.weight.data, theirs.weight.detach())
