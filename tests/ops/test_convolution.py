"""Convolution: the equation in nested loops, SciPy's correlation, its adjoints, its layers."""

import math

import numpy as np
import pytest
from hypothesis import event, given, settings, strategies as st
from scipy import signal

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.ops import _convolution
from tensorgraph.testing import gradcheck
from tests.ops import elements

DTYPES = ["float32", "float64"]


def normal(seed, *shape, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def close(found, expected, rtol=1e-12, atol=1e-12):
    found = found.numpy() if isinstance(found, tg.Tensor) else found
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


# --------------------------------------------------------------------------- against references


def test_finds_the_vertical_edge_of_the_course():
    """Deep Learning Specialization, course 4, week 1: from light to dark in the middle."""
    image = np.repeat([[10.0, 10, 10, 0, 0, 0]], 6, axis=0)
    edge = np.array([[1.0, 0, -1]] * 3)
    found = tg.conv(image[None, None], edge[None, None])
    close(found[0, 0], np.repeat([[0.0, 30, 30, 0]], 4, axis=0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_is_scipys_correlation_summed_over_channels(dtype):
    x, w = normal(0, 2, 3, 7, 6, dtype=dtype), normal(1, 4, 3, 3, 2, dtype=dtype)
    found = tg.conv(tg.tensor(x), w).numpy()
    assert found.dtype == dtype
    for n in range(2):
        for o in range(4):
            planes = [signal.correlate2d(x[n, c], w[o, c], mode="valid") for c in range(3)]
            np.testing.assert_allclose(found[n, o], np.sum(planes, axis=0), rtol=1e-4, atol=1e-5)


def test_same_padding_is_scipys_for_odd_kernels():
    x, w = normal(0, 1, 1, 6, 5), normal(1, 1, 1, 3, 5)
    close(tg.conv(x, w, padding="same")[0, 0], signal.correlate2d(x[0, 0], w[0, 0], mode="same"))


@st.composite
def convolutions(draw):
    """Return shapes of x and of a weight, and the geometry of a convolution that fits them."""
    rank = draw(st.integers(1, 3))

    def sizes(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    groups, inner, outer = (draw(st.integers(1, 2)) for _ in range(3))
    size, stride, dilation = sizes(1, 3 if rank < 3 else 2), sizes(1, 3), sizes(1, 2)
    spans = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    kind = draw(st.sampled_from(["none", "one", "each", "pairs", "same"]))
    padding = {
        "none": lambda: 0,
        "one": lambda: draw(st.integers(0, 2)),
        "each": lambda: sizes(0, 2),
        "pairs": lambda: tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in size),
        "same": lambda: "same",
    }[kind]()
    least = [1 if kind == "same" else max(1, span - _least(padding, i)) for i, span in
             enumerate(spans)]  # fmt: skip
    lengths = tuple(draw(st.integers(n, n + 3)) for n in least)
    event("padding", kind)
    event("spatial axes", rank)
    x_shape = (draw(st.integers(0, 2)), groups * inner, *lengths)
    geometry = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return x_shape, (groups * outer, inner, *size), geometry


def _least(padding, axis):
    side = padding[axis] if isinstance(padding, tuple) else padding
    return sum(side) if isinstance(side, tuple) else 2 * side


@given(convolutions())
def test_is_the_equation_in_nested_loops(made):
    x_shape, w_shape, geometry = made
    x, w = normal(0, *x_shape), normal(1, *w_shape)
    close(tg.conv(tg.tensor(x), w, **geometry), elements.conv(x, w, **geometry))


@given(convolutions())
def test_the_three_operations_are_one_trilinear_form(made):
    x_shape, w_shape, geometry = made
    x, w = normal(0, *x_shape), normal(1, *w_shape)
    y = normal(2, *tg.conv(x, w, **geometry).shape)
    forward = float((y * tg.conv(x, w, **geometry)).sum())
    back = float((x * tg.conv_transpose(y, w, shape=x_shape[2:], **geometry)).sum())
    aside = float((w * tg.conv_weight_grad(x, y, size=w_shape[2:], **geometry)).sum())
    scale = 1 + float(np.abs(y).sum())
    assert forward == pytest.approx(back, abs=1e-12 * scale)
    assert forward == pytest.approx(aside, abs=1e-12 * scale)


@settings(max_examples=max(settings().max_examples // 3, 10))
@given(convolutions())
def test_gradients_are_right_at_both_orders(made):
    x_shape, w_shape, geometry = made
    x, w = normal(0, max(x_shape[0], 1), *x_shape[1:]), normal(1, *w_shape)
    gradcheck(lambda x, w: tg.conv(x, w, **geometry), x, w, order=2)


@pytest.mark.parametrize("block", [1, 2000, 10**6])  # a row, three of four, all of them
@pytest.mark.parametrize("groups", [1, 2])
def test_blocks_of_any_size_give_the_same(block, groups, monkeypatch):
    x, w = normal(0, 3, 4, 9, 7), normal(1, 6, 4 // groups, 3, 2)
    geometry = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "groups": groups}
    y = elements.conv(x, w, **geometry)
    back = elements.conv_transpose(y, w, shape=(9, 7), **geometry)
    aside = elements.conv_weight_grad(x, y, size=(3, 2), **geometry)
    monkeypatch.setattr(_convolution, "BLOCK", block)
    close(tg.conv(x, w, **geometry), y)
    close(tg.conv_transpose(y, w, shape=(9, 7), **geometry), back)
    close(tg.conv_weight_grad(x, y, size=(3, 2), **geometry), aside, rtol=1e-11)


@pytest.mark.parametrize("batch", [0, 1, 5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_of_any_size_and_layout(batch, dtype):
    x, w = normal(0, batch, 2, 4, 3, dtype=dtype), normal(1, 3, 2, 2, 2, dtype=dtype)
    expected = elements.conv(x, w)
    for layout in (x, np.asfortranarray(x), np.repeat(x, 2, axis=3)[..., ::2], x[:, ::-1]):
        w_here = w[:, ::-1] if layout.strides[1] < 0 else w
        leaf = tg.tensor(layout, requires_grad=True)
        y = tg.conv(leaf, w_here)
        assert y.dtype == dtype
        close(y, expected.astype(dtype), rtol=1e-4, atol=1e-5)
        y.sum().backward()
        assert leaf.grad.dtype == dtype
        assert leaf.grad.shape == x.shape


def test_only_x_and_the_weight_are_saved():
    x = tg.tensor(normal(0, 2, 3, 5, 5), requires_grad=True)
    w = tg.tensor(normal(1, 4, 3, 3, 3), requires_grad=True)
    saved = [s for s in tg.conv(x * 1.0, w, padding=1).node.saved if s is not None]
    assert sorted(s.size for s in saved) == sorted([x.size, w.size])


def test_a_kernel_as_large_as_the_image_is_a_fully_connected_layer():
    x, w = normal(0, 4, 3, 5, 2), normal(1, 6, 3, 5, 2)
    close(tg.conv(x, w).reshape(4, 6), x.reshape(4, -1) @ w.reshape(6, -1).T)


def test_a_kernel_of_one_place_is_a_linear_layer_at_each():
    x, w = normal(0, 4, 3, 5, 2), normal(1, 6, 3, 1, 1)
    close(tg.conv(x, w), np.einsum("nchw,oc->nohw", x, w[..., 0, 0]))


def test_an_image_without_places_has_its_padding_only():
    x = tg.tensor(np.zeros((2, 1, 0, 3)), requires_grad=True)
    w = tg.tensor(normal(1, 1, 1, 2, 2), requires_grad=True)
    y = tg.conv(x, w, padding=1)
    assert y.shape == (2, 1, 1, 4)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert not w.grad.numpy().any()


def test_groups_see_their_own_channels_only():
    x, w = normal(0, 2, 4, 6), normal(1, 6, 2, 3)
    halves = [tg.conv(x[:, 2 * g : 2 * g + 2], w[3 * g : 3 * g + 3]) for g in range(2)]
    close(tg.conv(x, w, groups=2), np.concatenate(halves, axis=1))


# ------------------------------------------------------------------------------------- padding


@pytest.mark.parametrize(
    "n, k, stride, dilation, before, after",
    [
        (5, 3, 1, 1, 1, 1),
        (5, 2, 1, 1, 0, 1),  # an even kernel: the odd zero comes after
        (5, 4, 1, 1, 1, 2),
        (5, 3, 2, 1, 1, 1),
        (6, 3, 2, 1, 0, 1),  # TensorFlow's well-known asymmetry
        (224, 7, 2, 1, 2, 3),
        (7, 3, 1, 2, 2, 2),
        (5, 1, 3, 1, 0, 0),  # a stride beyond the kernel needs none
        (1, 5, 1, 1, 2, 2),
    ],
)
def test_same_padding_is_tensorflows(n, k, stride, dilation, before, after):
    x, w = normal(0, 1, 1, n), normal(1, 1, 1, k)
    y = tg.conv(x, w, stride=stride, padding="same", dilation=dilation)
    assert y.shape[2] == math.ceil(n / stride)
    wide = np.pad(x, ((0, 0), (0, 0), (before, after)))
    close(y, tg.conv(wide, w, stride=stride, dilation=dilation))


def test_padding_by_axis_and_by_side():
    x, w = normal(0, 1, 1, 4, 5), normal(1, 1, 1, 3, 3)
    by_axis = np.pad(x, ((0, 0), (0, 0), (1, 1), (2, 2)))
    by_side = np.pad(x, ((0, 0), (0, 0), (1, 1), (2, 0)))
    close(tg.conv(x, w, padding=(1, 2)), tg.conv(by_axis, w))
    close(tg.conv(x, w, padding=[1, (2, 0)]), tg.conv(by_side, w))


# ------------------------------------------------------------------------------------- windows


def test_windows_are_a_view_that_cannot_be_written():
    x = normal(0, 3, 8)
    view = tg.windows(x, size=3, stride=2)
    assert view.shape == (3, 3, 3)
    assert np.shares_memory(view, x)
    assert not view.flags.writeable
    assert x.flags.writeable
    np.testing.assert_array_equal(view, np.lib.stride_tricks.sliding_window_view(x, 3, 1)[:, ::2])


def test_windows_that_tile_add_up_to_what_they_were_cut_from():
    x = normal(0, 2, 6, 4)
    tiles = tg.windows(x, size=(3, 2), stride=(3, 2))
    close(tg.overlap_add(tiles, shape=(6, 4), stride=(3, 2)), x)


def test_a_spectrogram_is_windows_times_waves():
    """What short-time Fourier analysis calls overlap-add comes back to the signal."""
    x = normal(0, 64)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(16) / 16)
    frames = tg.windows(x, size=16, stride=8) * hann
    again = tg.overlap_add(frames, shape=64, stride=8)
    close(again[8:-8], x[8:-8])


# -------------------------------------------------------------------------------------- layers


def test_layer_is_the_convolution_plus_a_bias_for_each_channel():
    layer = nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 0), dtype="float64")
    layer.bias.assign([1.0, -2.0, 0.5])
    x = normal(0, 2, 2, 5, 4)
    expected = elements.conv(x, layer.weight.numpy(), stride=(2, 1), padding=(1, 0))
    close(layer(x), expected + np.array([1.0, -2.0, 0.5])[:, None, None])


def test_a_causal_layer_sees_nothing_that_comes_later():
    layer = nn.Conv1d(1, 2, 3, padding=((4, 0),), dilation=2, dtype="float64")
    x = normal(0, 1, 1, 10)
    later = x.copy()
    later[..., 6:] += 1
    one, other = layer(x).numpy(), layer(later).numpy()
    assert one.shape == (1, 2, 10)
    np.testing.assert_array_equal(one[..., :6], other[..., :6])
    assert (one[..., 6:] != other[..., 6:]).all()


def test_weights_start_by_the_fan_of_a_window():
    generator = tg.random.Generator(0)
    layer = nn.Conv2d(16, 200, 5, groups=2, generator=generator)
    assert layer.weight.shape == (200, 8, 5, 5)
    assert float(layer.weight.std()) == pytest.approx(math.sqrt(2 / (8 * 25)), rel=0.02)
    assert not layer.bias.numpy().any()
    again = nn.Conv2d(16, 200, 5, groups=2, generator=tg.random.Generator(0))
    np.testing.assert_array_equal(layer.weight.numpy(), again.weight.numpy())


def test_layers_take_an_initialiser_and_a_dtype():
    layer = nn.Conv1d(1, 2, 3, bias=False, init=nn.init.constant(0.5), dtype="float64")
    assert layer.weight.dtype == "float64"
    assert layer.bias is None
    close(layer(np.ones((1, 1, 3))), np.full((1, 2, 1), 1.5))
    assert [name for name, _ in layer.named_parameters()] == ["weight"]


@pytest.mark.parametrize(
    "layer, text",
    [
        (nn.Conv2d(3, 16, 3), "Conv2d(3 → 16, 3×3, init=he_normal)"),
        (nn.Conv1d(3, 16, 5, bias=False), "Conv1d(3 → 16, 5, bias=False, init=he_normal)"),
        (
            nn.Conv2d(4, 8, (3, 1), stride=(2, 1), padding=(1, 0), dilation=2, groups=4),
            "Conv2d(4 → 8, 3×1, stride=(2, 1), padding=(1, 0), dilation=2, groups=4,"
            " init=he_normal)",
        ),
        (
            nn.Conv1d(1, 1, 2, stride=2, padding="same", init=nn.init.xavier_normal),
            "Conv1d(1 → 1, 2, stride=2, padding='same', init=xavier_normal)",
        ),
    ],
)
def test_repr_shows_what_is_not_the_default(layer, text):
    assert repr(layer) == text


def test_the_same_layer_takes_images_of_any_size():
    layer = nn.Conv2d(1, 2, 3, padding="same")
    for shape in [(4, 1, 8, 8), (1, 1, 1, 1), (2, 1, 3, 30)]:
        assert layer(tg.ones(shape)).shape == (shape[0], 2, *shape[2:])


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "shape, message",
    [
        ((5, 8, 8), r"must have shape \(batch, 1 channel, height, width\); write x\[:, None\]"),
        ((5, 8, 8, 1), r"write tg.permute_dims\(x, \(0, 3, 1, 2\)\) to put the channels first"),
        ((5, 64), r"write x.reshape\(\(-1, 1, height, width\)\) if each row is an image"),
        ((5, 3, 8, 8), r"x of shape \(5, 3, 8, 8\) must have shape \(batch, 1 channel, .*width\)$"),
        (
            (5, 1, 2, 8),
            r"spans 3 places of an axis that has only 2 \(spatial shape \(2, 8\)\); pad",
        ),
    ],
)
def test_inputs_that_do_not_fit_are_told_with_the_layers_path(shape, message):
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    with pytest.raises(ShapeError, match=rf"conv in model.layers\[0\] Conv2d: .*{message}"):
        model(tg.zeros(shape))


def test_what_the_errors_say_to_write_works():
    layer = nn.Conv2d(1, 4, 3)
    x = tg.zeros((5, 8, 8))
    assert layer(x[:, None]).shape == (5, 4, 6, 6)
    assert layer(tg.permute_dims(tg.zeros((5, 8, 8, 1)), (0, 3, 1, 2))).shape == (5, 4, 6, 6)
    assert layer(tg.zeros((5, 64)).reshape((-1, 1, 8, 8))).shape == (5, 4, 6, 6)


def test_one_image_without_a_batch():
    with pytest.raises(ShapeError, match=r"write x\[None\] for a batch of one"):
        nn.Conv2d(3, 4, 3)(tg.zeros((3, 8, 8)))


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ArgumentError, "groups = 2 must divide the 3"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), ArgumentError, "and the 3 that go out"),
        (lambda: nn.Conv2d(0, 4, 3), ArgumentError, "Conv2d: in_channels is at least 1, not 0"),
        (lambda: nn.Conv2d(3, 4.5, 3), DTypeError, "Conv2d: out_channels is an integer, not 4.5"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), ArgumentError, "kernel_size is an integer .*or 2 of"),
        (lambda: nn.Conv2d(3, 4, 0), ArgumentError, "Conv2d: kernel_size is an integer from 1"),
        (
            lambda: nn.Conv1d(3, 4, 3, stride=0),
            ArgumentError,
            "Conv1d: stride is an integer from 1",
        ),
        (
            lambda: nn.Conv2d(3, 4, 3.5),
            DTypeError,
            "kernel_size must be an integer or a tuple of them, not 3.5",
        ),
        (lambda: nn.Conv2d(3, 4, 3, padding=-1), ArgumentError, 'Conv2d: padding is "same", an'),
        (lambda: nn.Conv2d(3, 4, 3, padding="valid"), ArgumentError, "not 'valid'"),
        (lambda: nn.Conv2d(3, 4, 3, padding=1.5), ArgumentError, "not 1.5"),
        (lambda: nn.Conv1d(3, 4, 3, padding=(2, 0)), ArgumentError, r"write \(\(2, 0\),\)"),
        (lambda: nn.Conv2d(3, 4, 3, padding=(1, 1, 1, 1)), ArgumentError, "for each of 2 spatial"),
        (
            lambda: nn.Conv2d(1, 1, 3, init=lambda shape, **_: tg.zeros((1,))),
            ShapeError,
            r"returned shape \(1,\) for a parameter of shape \(1, 1, 3, 3\)",
        ),
    ],
)
def test_layers_refuse_what_makes_no_sense(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: tg.conv(x, tg.zeros((4, 3))), r"a weight has shape \(out, in / groups, \*ker"),
        (lambda x: tg.conv(x, tg.zeros((0, 3, 2))), r"not \(0, 3, 2\)"),
        (lambda x: tg.conv(x, tg.zeros((4, 3, 2)), groups=3), "must divide the 4 output channels"),
        (lambda x: tg.conv(x, tg.zeros((4, 3, 2)), groups=1.5), "groups is an integer, not 1.5"),
        (lambda x: tg.conv(x, tg.zeros((1, 3, 3)), dilation=4), r"9 places \(size 3, dilation 4\)"),
        (lambda x: tg.conv(x, tg.zeros((1, 3, 9)), padding=(0,)), "9 places of an axis .* only 8"),
        (
            lambda x: tg.conv(x, tg.zeros((1, 3, 12)), padding=1),
            "12 places of an axis that has only 8, 10 with the padding",
        ),
        (
            lambda x: tg.conv_transpose(x, tg.zeros((3, 2, 2)), shape=20),
            r"no result of such a convolution over \(20,\), which gives \(19,\)",
        ),
        (
            lambda x: tg.conv_weight_grad(x, tg.zeros((2, 5, 6)), size=2),
            r"y of shape \(2, 5, 6\) is no result .* which gives \(2, 5, 7\)",
        ),
        (lambda x: tg.conv_weight_grad(x, x, size=1, groups=2), "groups = 2 divides"),
        (lambda x: tg.windows(x, size=9), "spans 9 places of an axis that has only 8"),
        (lambda x: tg.windows(x, size=(1, 1, 1, 1)), "no 4 axes for windows"),
        (lambda x: tg.windows(x, size=()), r"size is an integer from 1, not \(\)"),
        (lambda x: tg.overlap_add(x, shape=9), r"has \(2,\) windows of size \(8,\)"),
        (lambda x: tg.overlap_add(x, shape=(9, 9)), r"must end in 2 counts and 2 sizes"),
    ],
)
def test_operations_refuse_what_does_not_fit(call, message):
    with pytest.raises((ShapeError, ArgumentError, DTypeError), match=message):
        call(tg.zeros((2, 3, 8)))
