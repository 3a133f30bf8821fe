"""Histograms of activations against NumPy's, what is seen of a model, and weights as images."""

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from matplotlib.image import imread

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError

histograms, images_of = tg.diagnose.activation_histograms, tg.diagnose.weight_images
RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4))


def dense(init=nn.init.he_normal, activation=nn.Tanh, depth=3):
    tg.random.seed(0)
    layers = [layer for _ in range(depth) for layer in (nn.Linear(4, 4, init=init), activation())]
    return nn.Sequential(*layers)


# ------------------------------------------------------------------------------------ one histogram


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6)), st.integers(1, 20))
def test_counts_and_moments_are_those_of_numpy(values, bins):
    found = histograms({"A": values}, bins=bins)["A"]
    assert len(found.counts) == bins and len(found.edges) == bins + 1
    assert found.counts.sum() == len(values)
    assert found.mean == pytest.approx(values.mean(), rel=1e-9, abs=1e-9)
    assert found.std == pytest.approx(values.std(), rel=1e-6, abs=1e-6)
    assert found.zero == (values == 0).mean() and found.saturated is None
    slack = 1e-9 * max(1, abs(found.edges).max())
    assert found.edges[0] <= values.min() + slack and values.max() <= found.edges[-1] + slack
    for k, count in enumerate(found.counts):
        low, high = found.edges[k : k + 2]
        strictly = ((values > low + slack) & (values < high - slack)).sum()
        assert strictly <= count <= ((values >= low - slack) & (values <= high + slack)).sum()


@pytest.mark.parametrize(
    ("ends", "mean"),
    [([np.inf], np.inf), ([-np.inf], -np.inf), ([np.inf, -np.inf], np.nan), ([np.nan], np.nan)],
)
def test_beside_what_is_not_finite_numbers_may_be_as_large_as_they_are(ends, mean):
    found = histograms({"A": np.array([1.7e308, 1.7e308, -1.0, *ends])})["A"]
    assert found.mean == pytest.approx(mean, nan_ok=True) and np.isnan(found.std)


@pytest.mark.parametrize(
    ("make", "low", "high"),
    [(tg.tanh, -1, 1), (tg.sigmoid, 0, 1), (lambda z: tg.softmax(z, axis=-1), 0, 1)],
)
def test_saturation_is_measured_where_it_is_known(make, low, high):
    z = tg.tensor(5 * X, requires_grad=True)
    a = make(z)
    near = 0.01 * (high - low)
    expected = ((a.numpy() <= low + near) | (a.numpy() >= high - near)).mean()
    found = histograms({"A": a})["A"]
    assert found.saturated == pytest.approx(expected) and expected > 0.1
    assert (found.edges[0], found.edges[-1]) == (low, high)
    by_hand = histograms({"A": a.numpy()}, limits=(low, high))["A"]
    assert by_hand.saturated == found.saturated and np.array_equal(by_hand.counts, found.counts)
    assert histograms({"A": tg.relu(z)})["A"].saturated is None


def test_activations_that_are_not_finite():
    found = histograms({"A": np.array([1.0, np.inf, 2.0, np.nan])}, bins=2)["A"]
    assert found.counts.tolist() == [1, 1] and np.isnan(found.mean)
    huge = histograms({"A": np.array([-1.7e308, 1.7e308])}, bins=2)["A"]
    assert huge.counts.tolist() == [1, 1] and huge.std == pytest.approx(1.7e308)
    nothing = histograms({"A": np.array([np.nan])})
    nothing.plot()[0, 0].figure.draw_without_rendering()


# ------------------------------------------------------------------------------- what is seen of it


def test_each_layer_is_seen_once_in_evaluation_mode():
    passing = nn.Dropout(p=0.5), nn.Flatten()
    model = nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm(6), nn.ReLU(), *passing, nn.Linear(6, 2)
    )  # fmt: skip
    before = model.state_dict()
    found = histograms(model, X)
    assert list(found.runs[""]) == [f"layers.{k}" for k in (0, 1, 2, 5)], "others pass values on"
    model.eval()
    hidden = model[:3](X.astype("f")).numpy()
    assert found["layers.2"].zero == (hidden == 0).mean()
    assert found["layers.2"].mean == pytest.approx(hidden.mean(), rel=1e-5)
    model.train()
    after = model.state_dict()
    assert all(np.array_equal(before[path], after[path]) for path in before)
    assert all(module.training for module in model.modules())
    hooks = [value for m in model.modules() for n, value in vars(m).items() if "_after" in n]
    assert not any(hooks), "no hook is left behind"


class Functional(nn.Module):
    """Activations by functions, as PyTorch's users write them."""

    def __init__(self):
        self.hidden, self.out = nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x):
        return tg.sigmoid(self.out(np.tanh(self.hidden(x))))


def test_functions_between_layers_are_seen():
    model = Functional()
    found = histograms(model, X)
    assert list(found.runs[""]) == ["hidden", "out (input)", "out", "output"]
    hidden = model.hidden(X.astype("f"))
    assert found["out (input)"].std == pytest.approx(np.tanh(hidden.numpy()).std(), rel=1e-5)
    assert found["out (input)"].saturated is not None and found["output"].saturated is not None


def test_a_layer_that_is_called_often_counts_all():
    class Twice(nn.Module):
        def __init__(self):
            self.step = nn.Linear(4, 4)

        def forward(self, x):
            return self.step(tg.tanh(self.step(x)))

    found = histograms(Twice(), X)
    assert found["step"].counts.sum() == 2 * X.size
    assert found["step (input)"].counts.sum() == X.size


def test_a_model_of_several_inputs_and_outputs():
    class Pair(nn.Module):
        def __init__(self):
            self.first = nn.Linear(4, 2)

        def forward(self, x, y):
            return {"sum": x + y, "both": (self.first(x), y)}

    found = histograms(Pair(), (X, X))
    assert list(found.runs[""]) == ["first", "output"]


def test_an_error_leaves_no_hook():
    model = dense()
    with pytest.raises(ShapeError):
        histograms(model, X[:, :3])
    assert list(histograms(model, X).runs[""]) == [f"layers.{k}" for k in range(6)]


# ------------------------------------------------------------------------------- several, and shown

INITS = {"zeros": nn.init.zeros, "large": nn.init.normal(std=10.0), "He": nn.init.he_normal}
CHOSEN = ["layers.1", "layers.5"]


def test_initialisations_beside_each_other():
    found = histograms({name: dense(init) for name, init in INITS.items()}, X, layers=CHOSEN)
    assert list(found.runs) == ["zeros", "large", "He"] and list(found["He"]) == CHOSEN
    assert found["zeros"]["layers.5"].zero == 1
    assert found["large"]["layers.5"].saturated > 0.7 > 0.2 > found["He"]["layers.5"].saturated
    by_hand = {"a": {"A1": X}, "b": {"A1": X, "A2": X[:1]}}
    assert list(histograms(by_hand)["b"]) == ["A1", "A2"]


def test_it_is_drawn_on_any_axes():
    by_hand = histograms({"a": {"A1": X}, "b": {"A1": X, "A2": X[:1]}})
    axes = Figure().subplots(2, 2)
    drawn = by_hand.plot(axes.ravel())
    assert drawn.shape == (2, 2) and (drawn == axes).all()
    assert axes[0, 0].get_ylabel() == "a" and axes[1, 1].get_title() == "A2"
    assert not axes[0, 1].axison, "a network with fewer layers leaves its last axes empty"
    (stairs,) = axes[0, 0].patches
    np.testing.assert_allclose(stairs.get_data().values.sum(), 1)
    own = by_hand.plot()
    assert own._repr_png_().startswith(b"\x89PNG") and own[0]._repr_png_()
    one = Figure().subplots()
    assert histograms({"A1": X}).plot(one)[0, 0] is one
    with pytest.raises(ShapeError, match=r"4 Axes of matplotlib \(2 rows of 2\), not 1"):
        by_hand.plot(one)
    with pytest.raises(ArgumentTypeError, match="ax is one Axes"):
        histograms({"A1": X}).plot([3])


def test_it_is_shown_as_a_table():
    found = histograms({"zeros": dense(nn.init.zeros)}, X, layers=CHOSEN)
    head, first, _ = str(found).splitlines()
    assert head.split() == ["network", "layer", "mean", "std", "zero", "saturated"]
    assert first.split() == ["zeros", "layers.1", "0", "0", "100", "%", "0", "%"]
    assert "<th>zeros</th><td>layers.1</td>" in found._repr_html_() and str(found).isascii()
    assert str(histograms({"A1": X})).split()[:2] == ["layer", "mean"]
    with pytest.raises(KeyError, match="'A2' is not there; there are A1"):
        histograms({"A1": X})["A2"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: histograms(dense()), ArgumentError, r"Write activation_histograms\(model, x\)"),
        (lambda: histograms(3, X), DTypeError, "a model is wanted, or a dict of activations"),
        (lambda: histograms(nn.Tanh, X), DTypeError, r"write Tanh\(…\)"),
        (lambda: histograms({}), ArgumentError, "an empty dict"),
        (lambda: histograms({"a": dense(), "A1": X}, X), DTypeError, "not both in one"),
        (lambda: histograms({"A1": np.zeros((0, 3))}), ArgumentError, "A1 is empty"),
        (lambda: histograms({"A1": "far"}), DTypeError, "A1 must hold real numbers"),
        (lambda: histograms(dense(), X, layers=["layers.9"]), ArgumentError, "is no layer; there"),
        (lambda: histograms(dense(), X, layers="layers.1"), ArgumentError, "'l' is no layer"),
        (lambda: histograms(dense(), X, layers=[]), ArgumentError, "layers names none"),
        (lambda: histograms({"A1": X}, bins=0), ArgumentError, "bins is at least 1"),
        (lambda: histograms({"A1": X}, limits=(1, -1)), ArgumentError, "two numbers that rise"),
        (lambda: histograms({"A1": X}, limits=3), DTypeError, "limits must be a list"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ------------------------------------------------------------------------------- weights as images


@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (2, 3, 3), (3, 2, 5), (2, 2, 1)], ids=str)
def test_weights_of_units_are_images_of_the_shape_of_inputs(shape):
    pictures = RNG.normal(size=(6, *shape))
    W = pictures.reshape(6, -1)
    last = pictures
    if len(shape) == 3:
        last = np.moveaxis(pictures, 1, -1) if shape[0] == 3 and shape[2] != 3 else pictures
        last = last[..., 0] if last.shape[-1] == 1 else last
    for weights, axis in ((W, 0), (W.T, 1), (tg.tensor(W, requires_grad=True), 0)):
        np.testing.assert_array_equal(images_of(weights, shape, axis=axis).images, last)


def test_square_images_need_no_shape():
    assert images_of(np.ones((2, 49))).images.shape == (2, 7, 7)
    assert images_of(np.ones((2, 27))).images.shape == (2, 3, 3, 3)
    assert images_of(np.ones((49, 1)), axis=1).images.shape == (1, 7, 7), "logistic regression"


def test_filters():
    for channels, shape in [(1, (5, 3, 3)), (3, (5, 3, 3, 3)), (4, (20, 3, 3))]:
        layer = nn.Conv2d(channels, 5, 3)
        found = images_of(layer).images
        assert found.shape == shape
        if channels == 3:
            np.testing.assert_array_equal(found[2, :, :, 1], layer.weight.numpy()[2, 1])
        elif channels == 4:
            np.testing.assert_array_equal(found[4 * 2 + 1], layer.weight.numpy()[2, 1])


def test_a_model_shows_the_weight_that_is_asked_for():
    model = nn.Sequential(nn.BatchNorm(4), nn.Linear(4, 9), nn.ReLU(), nn.Linear(9, 2))
    assert images_of(model).name == "layers.1.weight"
    for layer in ("layers.3", "layers.3.weight"):
        found = images_of(model, layer=layer)
        np.testing.assert_array_equal(
            found.images.reshape(2, 9), model.layers[3].weight.numpy().astype(float)
        )


def test_colours_tell_sign_and_size():
    found = images_of(np.array([[-2.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]]), (1, 4))
    (blue, grey, pale, red), zeros = (row[0].astype(int) for row in found.pixels)
    assert blue[2] > blue[0] and red[0] > red[2], "negative is blue, positive red"
    assert grey.min() == grey.max() > 200 and (zeros == grey).all()
    np.testing.assert_allclose(pale, (grey + red) / 2, atol=1)
    colour = images_of(np.array([[1.0, 0.0, -1.0]]), (1, 1, 3)).pixels
    assert colour.tolist() == [[[[255, 128, 0]]]]


def test_they_are_drawn_and_shown():
    W = RNG.normal(size=(70, 12))
    found = images_of(W, (3, 4))
    ax = Figure().subplots()
    assert found.plot(ax) is ax and str(found) == "weights: 70 x (3 x 4), the first 64"
    sheet = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(sheet[4:7, 5:9, :3], found.pixels[9] / 255)  # second in second row
    html = found._repr_html_()
    sources = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    shown = imread(io.BytesIO(base64.b64decode(sources[5])))
    assert len(sources) == 64
    np.testing.assert_array_equal(np.rint(shown * 255), found.pixels[5])
    assert found.plot()._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: images_of(np.ones((2, 10))), ShapeError, "10 weights, which is no square image"),
        (lambda: images_of(np.ones((2, 10)), (3, 3)), ShapeError, r"\(3, 3\) holds 9 pixels"),
        (lambda: images_of(np.ones((2, 10)), (10,)), ShapeError, "image_shape"),
        (lambda: images_of(np.ones((2, 10)), (5, 1, 2)), ShapeError, "have 2 channels"),
        (lambda: images_of(np.ones(4)), ShapeError, r"shape \(4,\) holds no images"),
        (lambda: images_of(np.ones((2, 4)), axis=2), ShapeError, "no units along axis 2"),
        (lambda: images_of(nn.Conv2d(1, 2, 3), (3, 3)), ArgumentError, "leave it out"),
        (lambda: images_of(np.ones((2, 4)), layer="a"), ArgumentError, "layer= is for modules"),
        (lambda: images_of(dense(), layer="layers.1"), ArgumentError, "there are layers.0.weight"),
        (lambda: images_of(nn.Tanh()), ArgumentError, "no weight has two axes; there are none"),
        (lambda: images_of(nn.Linear), DTypeError, r"write Linear\(…\)"),
        (lambda: images_of(np.array([[np.nan]])), ArgumentError, "hold nan"),
        (lambda: images_of("far"), DTypeError, "must hold real numbers"),
    ],
)
def test_weights_that_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
