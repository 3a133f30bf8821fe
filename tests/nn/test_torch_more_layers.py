"""Padding, pooling, resampling, patches, distances and norms beside PyTorch's."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))
peer = torch.nn

RNG = np.random.default_rng(0)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def compare(ours, theirs, *arrays, rest=(), peer_rest=()):
    """Compare results, gradients of a weighted sum by inputs and by parameters of equal names."""
    if isinstance(ours, nn.Module):
        for name, parameter in ours.named_parameters():
            value = normal(*parameter.shape, seed=7)
            parameter.assign(value)
            getattr(theirs, name).data = torch.tensor(value)
    mine = [tg.tensor(x, requires_grad=True) for x in arrays]
    others = [torch.tensor(x, requires_grad=True) for x in arrays]
    y, z = ours(*mine, *rest), theirs(*others, *peer_rest)
    assert y.shape == tuple(z.shape)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-12)
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    (y * weights).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    for tensor, leaf in zip(mine, others, strict=True):
        np.testing.assert_allclose(tensor.grad, leaf.grad.numpy(), rtol=1e-8, atol=1e-10)
    if isinstance(ours, nn.Module):
        for name, parameter in ours.named_parameters():
            expected = getattr(theirs, name).grad.numpy()
            np.testing.assert_allclose(parameter.grad, expected, rtol=1e-8, atol=1e-10)


SHAPES = {1: (2, 3, 9), 2: (2, 3, 7, 9), 3: (2, 2, 5, 7, 6)}
every_rank = pytest.mark.parametrize("rank", SHAPES)


@every_rank
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda r: nn.ZeroPad(2), lambda r: getattr(peer, f"ZeroPad{r}d")(2)),
        (lambda r: nn.ReflectionPad(2), lambda r: getattr(peer, f"ReflectionPad{r}d")(2)),
        (lambda r: nn.ReplicationPad(3), lambda r: getattr(peer, f"ReplicationPad{r}d")(3)),
        (lambda r: nn.CircularPad(4), lambda r: getattr(peer, f"CircularPad{r}d")(4)),
        (
            lambda r: nn.ReflectionPad(((1, 2), *[0] * (r - 1))),
            lambda r: getattr(peer, f"ReflectionPad{r}d")((*[0, 0] * (r - 1), 1, 2)),
        ),
    ],
)
def test_padding(rank, ours, theirs):
    compare(ours(rank), theirs(rank), normal(*SHAPES[rank]))


POOLS = [
    {"kernel_size": 3},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 2, "stride": 3, "ceil_mode": True},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": 2, "stride": 4, "padding": 1, "ceil_mode": True},
]


@every_rank
@pytest.mark.parametrize("settings", POOLS, ids=str)
def test_pooling_of_means(rank, settings):
    ours, theirs = (getattr(kind, f"AvgPool{rank}d") for kind in (nn, peer))
    x = normal(*SHAPES[rank])
    for counted in (False, True):
        compare(
            ours(**settings, count_include_pad=counted),
            theirs(**settings, count_include_pad=counted),
            x,
        )


@every_rank
@pytest.mark.parametrize(
    "settings",
    [
        *POOLS,
        {"kernel_size": 2, "dilation": 2},
        {"kernel_size": 3, "dilation": 2, "padding": 1, "stride": 2},
        {"kernel_size": 2, "dilation": 3, "stride": 2, "ceil_mode": True, "padding": 1},
    ],
    ids=str,
)  # fmt: skip
def test_pooling_of_the_largest_and_where_it_stood(rank, settings):
    ours, theirs = (getattr(kind, f"MaxPool{rank}d") for kind in (nn, peer))
    x = normal(*SHAPES[rank])
    compare(ours(**settings), theirs(**settings), x)
    y, places = ours(**settings, return_indices=True)(x)
    z, expected = theirs(**settings, return_indices=True)(torch.tensor(x))
    np.testing.assert_array_equal(y.data, z.numpy())
    np.testing.assert_array_equal(places.data, expected.numpy())


@every_rank
def test_unpooling(rank):
    x = normal(*SHAPES[rank])
    y, places = getattr(nn, f"MaxPool{rank}d")(2, return_indices=True)(x)
    ours, theirs = (getattr(kind, f"MaxUnpool{rank}d")(2) for kind in (nn, peer))
    indices = torch.tensor(places.numpy())
    compare(
        lambda y: ours(y, places, output_size=x.shape[2:]),
        lambda y: theirs(y, indices, output_size=x.shape[2:]),
        np.array(y),
    )


@every_rank
@pytest.mark.parametrize("size", [1, 3, 4, 11])
def test_adaptive_pooling(rank, size):
    x = normal(*SHAPES[rank])
    for kind in ("Avg", "Max"):
        for sizes in (size, (size, *[None] * (rank - 1))):
            theirs = getattr(peer, f"Adaptive{kind}Pool{rank}d")
            if rank == 1 and isinstance(sizes, tuple):
                continue
            compare(getattr(nn, f"Adaptive{kind}Pool")(sizes), theirs(sizes), x)


MODES = {
    1: [("nearest", "nearest"), ("linear", "linear")],
    2: [("nearest", "nearest"), ("linear", "bilinear"), ("cubic", "bicubic")],
    3: [("nearest", "nearest"), ("linear", "trilinear")],
}


@every_rank
@pytest.mark.parametrize("asked", [{"size": 5}, {"size": 17}, {"scale": 2}, {"scale": 1.7},
                                   {"scale": 0.6}])  # fmt: skip
@pytest.mark.parametrize("corners", [False, True])
def test_interpolation(rank, asked, corners):
    told = {"scale_factor": asked["scale"]} if "scale" in asked else asked
    for mode, theirs in MODES[rank]:
        if mode == "nearest" and corners:
            continue
        align = {} if mode == "nearest" else {"align_corners": corners}
        compare(
            lambda x, m=mode: nn.interpolate(x, **asked, mode=m, align_corners=corners),
            lambda x, m=theirs, a=align: peer.functional.interpolate(x, **told, mode=m, **a),
            normal(*SHAPES[rank]),
        )


def test_channels_into_places_and_back():
    compare(nn.PixelShuffle(2), peer.PixelShuffle(2), normal(2, 8, 3, 2))
    compare(nn.PixelUnshuffle(3), peer.PixelUnshuffle(3), normal(2, 2, 3, 6))
    compare(nn.ChannelShuffle(3), peer.ChannelShuffle(3), normal(2, 6, 3, 2))


@pytest.mark.parametrize(
    "settings",
    [{}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"stride": (2, 1), "padding": (0, 2)}],
    ids=str,
)
def test_patches(settings):
    x = normal(2, 3, 6, 7)
    compare(nn.Unfold((2, 3), **settings), peer.Unfold((2, 3), **settings), x)
    columns = nn.unfold(x, (2, 3), **settings)
    compare(
        nn.Fold((6, 7), (2, 3), **settings),
        peer.Fold((6, 7), (2, 3), **settings),
        np.array(columns),
    )


@every_rank
@pytest.mark.parametrize("affine", [False, True])
def test_instance_norm(rank, affine):
    theirs = getattr(peer, f"InstanceNorm{rank}d")
    compare(
        nn.InstanceNorm(SHAPES[rank][1], 1e-3, affine=affine, dtype="float64"),
        theirs(SHAPES[rank][1], 1e-3, affine=affine, dtype=torch.float64),
        normal(*SHAPES[rank]) + 1,
    )


def test_norms_without_parameters():
    x = normal(4, 3, 2) + 1
    for kind in ("LayerNorm", "RMSNorm"):
        ours = getattr(nn, kind)((3, 2), 1e-3, affine=False)
        compare(ours, getattr(peer, kind)((3, 2), 1e-3, elementwise_affine=False), x)
    compare(nn.GroupNorm(3, 3, affine=False), peer.GroupNorm(3, 3, affine=False), x)
    compare(
        nn.BatchNorm(3, affine=False, dtype="float64"),
        peer.BatchNorm1d(3, affine=False).double(),
        x,
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_convolution(rank, mode):
    settings = {"stride": 2, "padding": 2, "dilation": 2, "padding_mode": mode}
    compare(
        getattr(nn, f"Conv{rank}d")(SHAPES[rank][1], 4, 2, **settings, dtype="float64"),
        getattr(peer, f"Conv{rank}d")(SHAPES[rank][1], 4, 2, **settings, dtype=torch.float64),
        normal(*SHAPES[rank]),
    )


def test_convolution_of_volumes_transposed():
    compare(
        nn.ConvTranspose3d(2, 3, (1, 2, 3), 2, 1, (1, 1, 0), dtype="float64"),
        peer.ConvTranspose3d(2, 3, (1, 2, 3), 2, 1, (1, 1, 0), dtype=torch.float64),
        normal(2, 2, 3, 3, 2),
    )


def test_bilinear_and_prelu():
    compare(
        nn.Bilinear(3, 4, 2, dtype="float64"), peer.Bilinear(3, 4, 2, dtype=torch.float64),
        normal(2, 5, 3), normal(2, 5, 4, seed=1),
    )  # fmt: skip
    compare(nn.PReLU(dtype="float64"), peer.PReLU(dtype=torch.float64), normal(4, 3))
    compare(nn.PReLU(3, dtype="float64"), peer.PReLU(3, dtype=torch.float64), normal(4, 3, 2))


def test_distances():
    x, y = normal(4, 3), normal(4, 3, seed=1)
    compare(nn.CosineSimilarity(), peer.CosineSimilarity(), x, y)
    compare(nn.CosineSimilarity(-1), peer.CosineSimilarity(-1), x[:, None], y[None])
    for p in (1, 2, 3.5, float("inf")):
        for keep in (False, True):
            compare(
                nn.PairwiseDistance(p, keepdims=keep), peer.PairwiseDistance(p, keepdim=keep), x, y
            )


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding", [None, 2])
def test_bags_of_embeddings(mode, padding):
    ids, offsets = np.array([3, 2, 3, 1, 2, 2, 0]), np.array([0, 3, 3, 4])
    ours = nn.EmbeddingBag(5, 3, mode, dtype="float64", padding_idx=padding)
    theirs = peer.EmbeddingBag(5, 3, mode=mode, dtype=torch.float64, padding_idx=padding)
    given, peer_given = (ids, offsets), (torch.tensor(ids), torch.tensor(offsets))
    compare(ours, theirs, rest=given, peer_rest=peer_given)
    square = np.array([[1, 2, 4], [2, 2, 2]])
    ours.zero_grad()
    theirs.zero_grad()
    compare(ours, theirs, rest=(square,), peer_rest=(torch.tensor(square),))
    if mode == "sum":
        weights = normal(7)
        compare(
            lambda w: ours(*given, w),
            lambda w: theirs(*peer_given, per_sample_weights=w),
            weights,
        )


def test_embedding_with_padding():
    ids = np.array([[3, 2, 0], [2, 2, 1]])
    compare(
        nn.Embedding(5, 3, dtype="float64", padding_idx=2),
        peer.Embedding(5, 3, dtype=torch.float64, padding_idx=2),
        rest=(ids,),
        peer_rest=(torch.tensor(ids),),
    )
