"""Arrays of Keras, Flax and GPT-2's files: turned by rule, or refused."""

import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, StateError, UsageWarning

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def close(found, expected):
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-5)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def assert_unchanged(model, before):
    for name, value in model.state_dict().items():
        assert np.array_equal(value, before[name])


# ----------------------------------------------------------------- each layer, against its equation


@pytest.mark.parametrize("form", ["keras", "flax", "nested", "tf"])
def test_dense_layers_and_norms(form):
    class Net(nn.Module):
        def __init__(self):
            self.dense_1 = nn.Linear(2, 3)
            self.norm = nn.BatchNorm(3)
            self.layers = [nn.LayerNorm(3)]

        def forward(self, x):
            return self.layers[0](self.norm(self.dense_1(x)))

    kernel, bias, gamma, beta, mean = normal(2, 3), *normal(4, 3)
    variance = normal(3) ** 2
    scale, shift = normal(2, 3)
    keras = {
        "dense_1/kernel": kernel, "dense_1/bias": bias, "norm/gamma": gamma, "norm/beta": beta,
        "norm/moving_mean": mean, "norm/moving_variance": variance, "layers/0/gamma": scale,
        "layers/0/beta": shift,
    }  # fmt: skip
    given = {
        "keras": keras,
        "tf": {f"{name}:0": value for name, value in keras.items()},
        "flax": {
            "params/dense_1/kernel": kernel, "params/dense_1/bias": bias,
            "params/norm/scale": gamma, "params/norm/bias": beta, "batch_stats/norm/mean": mean,
            "batch_stats/norm/var": variance, "params/layers_0/scale": scale,
            "params/layers_0/bias": shift,
        },
        "nested": {
            "params": {
                "dense_1": {"kernel": kernel, "bias": bias},
                "norm": {"scale": gamma, "bias": beta},
                "layers": [{"scale": scale, "bias": shift}],
            },
            "batch_stats": {"norm": {"mean": mean, "var": variance}},
        },
    }[form]  # fmt: skip
    if form == "nested":
        given["params"]["layers"] = {"0": given["params"]["layers"][0]}
    net = Net().eval()
    report = nn.load_foreign(net, given)
    assert report.whole and len(report.loaded) == 8
    assert report.converted == {"dense_1.weight": "(in, out) → (out, in)"}
    x = normal(5, 2)
    y = gamma * (x @ kernel + bias - mean) / np.sqrt(variance + 1e-5) + beta
    centred = y - y.mean(-1, keepdims=True)
    close(net(x), scale * centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) + shift)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["kernel", "weight"])
def test_convolutions_with_the_channels_last(rank, name):
    layer = getattr(nn, f"Conv{rank}d")(2, 4, (3, 2, 1)[:rank], bias=False)
    kernel = normal(*(3, 2, 1)[:rank], 2, 4)
    nn.load_foreign(layer, {name: kernel})
    x = normal(1, 2, *(5,) * rank)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:rank], range(2, 2 + rank))
    places, taps = "ijk"[:rank], "uvw"[:rank]
    close(layer(x), np.einsum(f"nc{places}{taps},{taps}co->no{places}", windows, kernel))


@pytest.mark.parametrize("name", ["kernel", "depthwise_kernel"])
def test_a_depthwise_convolution(name):
    layer = nn.Conv2d(3, 6, (2, 1), groups=3, bias=False)
    kernel = normal(2, 1, 3, 2)
    report = nn.load_foreign(layer, {name: kernel})
    assert report.converted == {"weight": "(*places, channels, m) → (channels · m, 1, *places)"}
    x = normal(1, 3, 4, 4)
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 1), (2, 3))
    expected = np.einsum("ncijuv,uvcm->ncmij", windows, kernel).reshape(1, 6, 3, 4)
    close(layer(x), expected)
    ordinary = normal(2, 1, 1, 6)  # Flax' of the same layer
    nn.load_foreign(layer, {"kernel": ordinary})
    assert np.array_equal(layer.weight.data, ordinary.transpose(3, 2, 0, 1))


def spread(x, kernel, stride):
    """Return a transposed convolution along one axis, of (n, c) with a kernel (k, out, c)."""
    out = np.zeros(((len(x) - 1) * stride + len(kernel), kernel.shape[1]))
    for i, row in enumerate(x):
        out[i * stride : i * stride + len(kernel)] += kernel @ row
    return out


def test_transposed_convolutions_of_keras_and_of_flax():
    x = normal(4, 2)
    for out in (3, 2):
        kernel = normal(3, out, 2)  # Keras: (places, out, in)
        expected = spread(x, kernel, 2).T[None]
        flax = kernel[::-1].transpose(0, 2, 1)
        for layout, array in {"keras": kernel, "flax": flax}.items():
            layer = nn.ConvTranspose1d(2, out, 3, stride=2, bias=False)
            nn.load_foreign(layer, {"kernel": array}, layout=layout)
            close(layer(x.T[None]), expected)
            if out != 2:  # the shape tells
                nn.load_foreign(layer, {"kernel": array})
                close(layer(x.T[None]), expected)
    square = {"up/kernel": kernel}
    net = nn.ModuleDict({"up": nn.ConvTranspose1d(2, 2, 3, bias=False), "norm": nn.LayerNorm(2)})
    norm = {"norm/gamma": np.ones(2), "norm/beta": np.ones(2)}
    assert nn.load_foreign(net, square | norm).converted["up.weight"].startswith("(*places, out")
    with pytest.raises(StateError, match=r"write layout='keras' or layout='flax'"):
        nn.load_foreign(net["up"], {"kernel": kernel})


def keras_step(kind, x, state, kernel, recurrent, bias):
    """Return a step of a recurrent layer as Keras' documentation has it."""
    if kind == "GRU":
        xz, xr, xh = np.split(x @ kernel + bias[0], 3, axis=-1)
        hz, hr, hh = np.split(state @ recurrent + bias[1], 3, axis=-1)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        return z * state + (1 - z) * np.tanh(xh + r * hh)
    if kind == "RNN":
        return np.tanh(x @ kernel + state @ recurrent + bias)
    h, c = state
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@pytest.mark.parametrize(("kind", "called", "gates"), [("RNN", "simple_rnn", 1), ("GRU", "gru", 3),
                                                       ("LSTM", "lstm", 4)])  # fmt: skip
def test_recurrent_layers_of_keras(kind, called, gates):
    layer = getattr(nn, kind)(2, 3)
    kernel, recurrent = normal(2, 3 * gates), normal(3, 3 * gates)
    bias = normal(2, 9) if kind == "GRU" else normal(3 * gates)
    arrays = {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias}
    report = nn.load_foreign(layer, {f"{called}_cell/{name}": a for name, a in arrays.items()})
    assert report.whole and report.sources["cell.bias_hh"] == f"{called}_cell/bias"
    x = normal(1, 4, 2)
    state = (np.zeros((1, 3)),) * 2 if kind == "LSTM" else np.zeros((1, 3))
    for t in range(4):
        state = keras_step(kind, x[:, t], state, kernel, recurrent, bias)
    close(layer(x)[0][:, -1], state[0] if kind == "LSTM" else state)


def test_a_gru_that_resets_before_the_product_is_refused():
    arrays = {"kernel": normal(2, 9), "recurrent_kernel": normal(3, 9), "bias": normal(9)}
    with pytest.raises(StateError, match=r"wrong shape: bias has \(9,\), for bias_ih \(9,\) and"):
        nn.load_foreign(nn.GRUCell(2, 3), arrays)


@pytest.mark.parametrize("out", ["out", "attention_output"])
def test_attention_whose_kernels_have_three_axes(out):
    layer = nn.MultiHeadAttention(4, 2)
    arrays = {f"{n}/kernel": normal(4, 2, 2) for n in ("query", "key", "value")}
    arrays |= {f"{n}/bias": normal(2, 2) for n in ("query", "key", "value")}
    arrays |= {f"{out}/kernel": normal(2, 2, 4), f"{out}/bias": normal(4)}
    assert nn.load_foreign(layer, arrays).whole
    x = normal(1, 3, 4)
    q, k, v = (
        np.einsum("ntd,dhk->nthk", x, arrays[f"{n}/kernel"]) + arrays[f"{n}/bias"]
        for n in ("query", "key", "value")
    )
    scores = np.exp(np.einsum("nthk,nshk->nhts", q, k) / np.sqrt(2))
    heads = np.einsum("nhts,nshk->nthk", scores / scores.sum(-1, keepdims=True), v)
    expected = np.einsum("nthk,hkd->ntd", heads, arrays[f"{out}/kernel"]) + arrays[f"{out}/bias"]
    close(layer(x), expected)


def test_embeddings():
    for name in ("embeddings", "embedding", "weight"):
        for layer in (nn.Embedding(3, 2), nn.EmbeddingBag(3, 2)):
            table = normal(3, 2)
            nn.load_foreign(layer, {name: table})
            assert np.array_equal(layer.weight.data, table)


# --------------------------------------------------------------------------------- what is not told


def gpt2(square):
    """Return a network, and arrays whose names are PyTorch's and whose matrices are (in, out)."""
    net = nn.ModuleDict({"c_attn": nn.Linear(4, 12), "c_proj": nn.Linear(4, 4)})
    arrays = {"c_attn.weight": normal(4, 12), "c_attn.bias": normal(12)}
    return net, arrays | {"c_proj.weight": square, "c_proj.bias": normal(4)}


def test_a_square_matrix_is_not_guessed():
    net, arrays = gpt2(square := normal(4, 4))
    before = net.state_dict()
    with pytest.raises(StateError, match=r"c_proj.weight of shape \(4, 4\) fits in several ways"):
        nn.load_foreign(net, arrays)
    assert_unchanged(net, before)
    report = nn.load_foreign(net, arrays, layout="keras")
    assert list(report.converted) == ["c_attn.weight", "c_proj.weight"]
    assert np.array_equal(net["c_proj"].weight.data, square.T)
    nn.load_foreign(net, arrays, layout="torch")
    assert np.array_equal(net["c_proj"].weight.data, square)
    assert np.array_equal(net["c_attn"].weight.data, arrays["c_attn.weight"].T)  # as it fits
    arrays["c_attn.weight"] = arrays["c_attn.weight"].T
    assert nn.load_foreign(net, arrays).converted == {}
    assert np.array_equal(net["c_proj"].weight.data, square)


def test_a_square_kernel_is_what_its_name_says():
    layer, array = nn.Linear(3, 3, bias=False), normal(3, 3)
    nn.load_foreign(layer, {"kernel": array})
    assert np.array_equal(layer.weight.data, array.T)
    nn.load_foreign(layer, {"weight": array})
    assert np.array_equal(layer.weight.data, array)
    cube, conv = normal(3, 3, 3), nn.Conv1d(3, 3, 3, bias=False)
    nn.load_foreign(conv, {"kernel": cube})
    assert np.array_equal(conv.weight.data, cube.transpose(2, 1, 0))
    nn.load_foreign(conv, {"weight": cube})
    assert np.array_equal(conv.weight.data, cube)


def test_a_flatten_of_images_is_warned_of():
    def net(*before):
        return nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), *before, nn.Flatten(), nn.Linear(8, 1))

    def arrays(at):
        conv = {"layers/0/kernel": normal(2, 2, 1, 2), "layers/0/bias": normal(2)}
        return conv | {f"layers/{at}/kernel": normal(8, 1), f"layers/{at}/bias": normal(1)}

    with pytest.warns(
        UsageWarning, match=r"permute_dims\(x, axes=\(0, 2, 3, 1\)\) before the Flat"
    ):
        nn.load_foreign(net(), arrays(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = net(lambda x: tg.permute_dims(x, axes=(0, 2, 3, 1)))
        given = arrays(4)
        nn.load_foreign(model, given)
        nn.load_foreign(net(), nn.torch_state_dict(net()))
    x = normal(1, 1, 3, 3)
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2), (2, 3))
    images = np.einsum("ncijuv,uvco->nijo", windows, given["layers/0/kernel"])
    rows = np.maximum(images + given["layers/0/bias"], 0).reshape(1, -1)
    close(model(x), rows @ given["layers/4/kernel"] + given["layers/4/bias"])


# ---------------------------------------------------------------------------------- all, or nothing


def small():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3), nn.Linear(3, 1))


def keras_of(model):
    """Return a model's state as Keras would keep it."""
    found = {}
    for name, value in model.state_dict().items():
        holder, _, kind = name.rpartition(".")
        norm = holder.endswith("1")
        called = {"running_mean": "moving_mean", "running_var": "moving_variance"} | (
            {"weight": "gamma", "bias": "beta"} if norm else {"weight": "kernel"}
        )
        found[f"{holder}/{called.get(kind, kind)}"] = value.T
    return found


@given(st.data())
def test_nothing_is_changed_unless_all_fits(data):
    source, model = small(), small()
    before, arrays = model.state_dict(), keras_of(source)
    report = nn.load_foreign(small(), arrays)
    assert report.whole and set(report.converted) == {"layers.0.weight", "layers.2.weight"}
    name = data.draw(st.sampled_from(list(arrays)))
    change = data.draw(st.sampled_from(["missing", "unexpected", "wrong shape"]))
    if change == "missing":
        del arrays[name]
    elif change == "unexpected":
        arrays["more/kernel"] = np.zeros(3)
    else:
        arrays[name] = np.zeros((7, 5))
    with pytest.raises(StateError, match=f"nothing was loaded\n  {change}: ") as caught:
        nn.load_foreign(model, arrays)
    assert "write partial=True" in str(caught.value)
    assert_unchanged(model, before)
    report = nn.load_foreign(model, arrays, partial=True)
    assert not report.whole and str(report).startswith(f"loaded {len(report.loaded)} of 8: ")
    loaded = source.state_dict()
    for path, value in model.state_dict().items():
        assert np.array_equal(value, (loaded if path in report.loaded else before)[path])
    assert len(report.loaded) == 8 - (change != "unexpected")
    assert report.unexpected == ["more/kernel"] * (change == "unexpected")
    assert len(report.missing) == (change == "missing")
    assert len(report.misfits) == (change == "wrong shape")


def test_if_nothing_fits_there_is_nothing_to_load_in_part():
    with pytest.raises(StateError, match="missing: weight, bias\n  unexpected: w\n"):
        nn.load_foreign(nn.Linear(2, 1), {"w": np.zeros(3)}, partial=True)


class Counting(nn.Module):
    def __init__(self):
        self.count = tg.tensor(0)
        self.weight = tg.ones(2, requires_grad=True)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("count", np.array(1.5), "wrong kind of number: count is int64, the state has float64"),
        ("weight", np.ones(2, np.int8), "wrong kind of number: weight is float32, .* int8"),
        ("weight", np.array([True, False]), "wrong kind of number: weight is float32, .* bool"),
        ("weight", np.array([1.0, 1e300]), r"too large: weight is float32, the state has 1e\+300"),
        ("weight", ["a", "b"], "not an array: weight .*strings such as 'a'"),
        ("weight", np.ones(3), "wrong shape: weight has"),
    ],
)
def test_what_does_not_fit_is_left_out_where_a_part_is_wanted(name, value, told):
    rest = {"count": np.array(7), "weight": np.zeros(2)}
    model = Counting()
    with pytest.raises(StateError, match=f"nothing was loaded\n  {told}"):
        nn.load_foreign(model, rest | {name: value})
    report = nn.load_foreign(model, rest | {name: value}, partial=True)
    del rest[name]
    assert report.loaded == list(rest) and list(report.misfits) == [name]
    assert (int(model.count.data), model.weight.data.tolist()) == (
        (0, [0, 0]) if name == "count" else (7, [1, 1])
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32"])
def test_numbers_at_the_end_of_the_range_fit(dtype):
    model, info = Counting(), np.iinfo(dtype) if dtype[0] == "i" else np.finfo(dtype)
    model.count = tg.tensor(0, dtype) if dtype[0] == "i" else model.count
    model.weight = tg.ones(2, dtype if dtype[0] == "f" else "float64", requires_grad=True)
    name = "count" if dtype[0] == "i" else "weight"
    state = model.state_dict()
    wide = np.int64 if dtype[0] == "i" else np.float64
    fits = np.full(state[name].shape, info.max, wide)
    model.load_state_dict(state | {name: fits})
    assert (model.state_dict()[name] == fits).all()
    with pytest.raises(StateError, match=f"too large: {name} is {dtype}"):
        model.load_state_dict(state | {name: fits * 2})
    if dtype[0] == "f":
        model.load_state_dict(state | {name: [np.inf, np.nan]})
        np.testing.assert_array_equal(model.weight.data, [np.inf, np.nan])


def test_norms_of_weights_by_the_names_that_pytorch_had_before():
    layer = nn.WeightNorm(nn.Linear(2, 3))
    arrays = {"bias": normal(3), "weight_g": normal(3, 1), "weight_v": normal(3, 2)}
    assert nn.load_foreign(layer, arrays).whole
    assert np.array_equal(layer.direction.data, arrays["weight_v"])
    layer = nn.SpectralNorm(nn.Linear(2, 3))
    arrays = {"bias": normal(3), "weight_orig": normal(3, 2)}
    arrays |= {"weight_u": normal(3), "weight_v": normal(2)}
    assert nn.load_foreign(layer, arrays).whole
    assert np.array_equal(layer.v.data, arrays["weight_v"])


def test_names_are_changed_or_left_out():
    arrays = {f"model/net/{name}": value for name, value in keras_of(small()).items()}
    arrays["model/step"] = np.array(3)
    rename = lambda name: None if "step" in name else name.removeprefix("model/net/")  # noqa: E731
    assert nn.load_foreign(small(), arrays, rename).whole
    with pytest.raises(StateError, match=r"rename=lambda name: name.removeprefix\('model/net/'\)"):
        nn.load_foreign(small(), arrays)
    with pytest.raises(StateError, match=r"rename=lambda name: name.replace\('w', 'weight'\)"):
        nn.load_foreign(nn.Linear(1, 1), {"w": [[1.0]]})
    inner = {"trunk": nn.Sequential(nn.Linear(2, 3))}
    with pytest.raises(StateError, match=r"rename=lambda name: 'trunk\.layers\.' \+ name"):
        nn.load_foreign(nn.ModuleDict(inner), nn.torch_state_dict(inner["trunk"]))
    rename = lambda name: "trunk.layers." + name  # noqa: E731
    assert nn.load_foreign(nn.ModuleDict(inner), nn.torch_state_dict(inner["trunk"]), rename).whole
    with pytest.raises(ArgumentError, match="'a' and 'b' are both 'weight' in the model"):
        nn.load_foreign(nn.Linear(1, 1), {"a": [[1.0]], "b": [[1.0]]}, lambda name: "weight")


def test_two_arrays_for_one_tensor():
    layer, array = nn.Linear(2, 3, bias=False), normal(2, 3)
    assert nn.load_foreign(layer, {"kernel": array, "weight": array.T}).whole
    with pytest.raises(StateError, match="kernel and weight are both for weight, and differ"):
        nn.load_foreign(layer, {"kernel": array, "weight": array.T + 1})
    with pytest.raises(StateError, match="unexpected: weight"):
        nn.load_foreign(layer, {"kernel": array, "weight": array[:1]})


def test_what_is_wrong_is_said():
    layer = nn.Linear(2, 1)
    with pytest.raises(DTypeError, match="takes a module, not a dict"):
        nn.load_foreign({}, {})
    with pytest.raises(DTypeError, match=r"arrays by name, not .*v.path: v for v in model.weights"):
        nn.load_foreign(layer, [np.zeros(2)])
    with pytest.raises(ArgumentError, match=r"layout is one of 'torch', 'keras', 'flax'"):
        nn.load_foreign(layer, {}, layout="tf")
    with pytest.raises(StateError, match="not an array: weight"):
        nn.load_foreign(layer, {"weight": "text", "bias": [0.0]})
    with pytest.raises(StateError, match=r"not an array: beta .*not complex numbers"):
        nn.load_foreign(nn.LayerNorm(1), {"gamma": [1.0], "beta": np.array([1j])})


def test_what_pytorch_has_beside_is_told():
    report = nn.load_foreign(nn.BatchNorm(2), nn.torch_state_dict(nn.BatchNorm(2)))
    assert report.whole and report.ignored == ["num_batches_tracked"]
    assert "means nothing here: num_batches_tracked" in str(report)
