"""The plane as a classifier sees it: what is asked, what is drawn, what is refused."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.diagnose import model_calls
from tensorgraph.display.figure import colours
from tensorgraph.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError

boundary = tg.diagnose.decision_boundary
X = np.array([[0.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 2.0]])
RNG = np.random.default_rng(0)


def regions(ax):
    """Return the place of the class of each point of the plane, by its colour, and its opacity."""
    image = np.asarray(ax.images[0].get_array())
    palette = np.array(colours(8))
    return abs(image[..., None, :3] - palette).sum(axis=-1).argmin(axis=-1), image[..., 3]


def examples(ax):
    """Return the examples that were drawn, by the name of their class."""
    return {points.get_label(): np.asarray(points.get_offsets()) for points in ax.collections}


def drawn(model, labels, x=X, **settings):
    return regions(boundary(model, x, labels, **settings))[0]


def test_regions_are_what_the_classifier_says():
    ax = boundary(lambda p: (p[:, 0] > 0.5) & (p[:, 1] > 1), X, [0, 0, 0, 1])
    found, _ = regions(ax)
    assert found[0, 0] == found[0, -1] == found[-1, 0] == 0 != found[-1, -1]
    assert found.mean() == pytest.approx(0.25, abs=0.01)
    shown = examples(ax)
    np.testing.assert_array_equal(shown["0"], X[:3])
    np.testing.assert_array_equal(shown["1"], X[3:])


@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (1, -1)])
def test_classes_in_a_row_or_a_column_are_the_same(shape):
    labels = np.array([0, 1, 1, 0]).reshape(shape)
    ax = boundary(lambda p: (p[:, 0] > 0.5).reshape(shape), X, labels)
    found, _ = regions(ax)
    assert found[:, 0].max() == 0 and found[:, -1].min() == 1
    np.testing.assert_array_equal(examples(ax)["1"], X[1:3])


def test_a_class_has_one_colour_in_both():
    ax = boundary(lambda p: np.where(p[:, 0] > 0.5, "b", "c"), X, ["a", "b", "c", "a"])
    assert set(regions(ax)[0].flat) == {1, 2}
    found = [tuple(points.get_facecolor()[0, :3]) for points in ax.collections]
    assert found == colours(3)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]


def test_points_on_a_line_have_a_plane_around_them():
    assert boundary(lambda p: p[:, 0] > 0, X * [1, 0], [0, 0, 1, 1]).get_ylim() == (-1, 1)


def test_given_axes_are_drawn_on_and_returned():
    first, second = Figure().subplots(1, 2)
    assert boundary(lambda p: p[:, 0] > 0.5, X, [0, 0, 1, 1], ax=second) is second
    assert second.images and not first.images
    own = boundary(lambda p: p[:, 0] > 0.5, X, [0, 0, 1, 1])
    assert own._repr_png_().startswith(b"\x89PNG")


# ---------------------------------------------------------------------------------- what is asked


class Counting(nn.Module):
    """Remembers what it is given, and in which mode."""

    def __init__(self, *layers):
        self.net, self.seen = nn.Sequential(*layers), []

    def forward(self, x):
        self.seen.append((x.shape, x.dtype, self.training))
        return self.net(x)


def test_a_model_is_asked_in_evaluation_mode_in_its_dtype_and_left_as_it_is():
    model = Counting(
        nn.Linear(2, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(p=0.5), nn.Linear(8, 3)
    )
    model.net.layers[1].eval()
    before = model.state_dict()
    found = drawn(model, [0, 1, 2, 0])
    assert {(dtype.name, mode) for _, dtype, mode in model.seen} == {("float32", False)}
    assert model.training and not model.net.layers[1].training and model.net.layers[3].training
    after = model.state_dict()
    assert all(np.array_equal(before[path], after[path]) for path in before)
    assert np.array_equal(found, drawn(model, [0, 1, 2, 0])), "dropout is off"


@pytest.mark.parametrize("steps", [2, 37, 250])
def test_a_fine_grid_is_asked_in_parts(steps, monkeypatch):
    monkeypatch.setattr(model_calls, "AT_ONCE", 1000)
    model = Counting(nn.Linear(2, 2))
    assert drawn(model, [0, 1, 1, 0], steps=steps).shape == (steps, steps)
    sizes = [shape[0] for shape, _, _ in model.seen]
    assert sum(sizes) == steps**2 and max(sizes) <= 1000
    monkeypatch.setattr(model_calls, "AT_ONCE", steps**2)
    whole = drawn(model, [0, 1, 1, 0], steps=steps)
    assert np.array_equal(whole, drawn(lambda p: model(p.astype("f")), [0, 1, 1, 0], steps=steps))


def test_samples_in_columns():
    W = RNG.normal(size=(3, 2))
    rows = boundary(lambda p: p @ W.T, X, [0, 1, 2, 0])
    columns = boundary(lambda p: W @ p, X.T, np.array([[0, 1, 2, 0]]), axis=0)
    np.testing.assert_array_equal(regions(rows)[0], regions(columns)[0])
    one = boundary(lambda p: W[:1] @ p, X.T, [0, 1, 1, 0], axis=0)  # (1, k), as A2 of the course
    assert np.array_equal(regions(one)[0], drawn(lambda p: p @ W[0], [0, 1, 1, 0]))


def test_as_many_points_as_features_in_columns():
    """A square x says nothing; what axis says counts."""
    square = np.array([[0.0, 1.0], [0.0, 2.0]])
    ax = boundary(lambda p: p[0] > 0.5, square, [0, 1], axis=0)
    np.testing.assert_array_equal(examples(ax)["1"], [[1, 2]])


def test_more_features_by_a_slice():
    x = RNG.normal(size=(20, 4))
    asked = []

    def model(points):
        asked.append(points)
        return points[:, 3] > points[:, 1]

    ax = boundary(model, x, np.arange(20) % 2, features=(3, 1))
    points = np.concatenate(asked)
    np.testing.assert_allclose(points[:, [0, 2]], np.broadcast_to(x[:, [0, 2]].mean(0), (22500, 2)))
    low, high = x[:, 3].min(), x[:, 3].max()
    assert points[:, 3].min() == pytest.approx(low - 0.1 * (high - low))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 3", "feature 1")
    asked.clear()
    boundary(model, x, np.arange(20) % 2, features=(3, 1), others=x[7])
    assert np.unique(np.concatenate(asked)[:, [0, 2]], axis=0).tolist() == [x[7, [0, 2]].tolist()]


def test_a_frame_names_its_features():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["age", "dose"])
    ax = boundary(lambda p: p[:, 0] > 0.5, frame, [False, False, True, True])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("age", "dose")


def test_estimators_of_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    x, y = tg.data.toy.blobs(90, classes=3)
    found = linear.LogisticRegression().fit(x, y)
    by_class = boundary(found, x, y)
    by_probability = boundary(found.predict_proba, x, y, probabilities=True)
    assert np.array_equal(regions(by_class)[0], regions(by_probability)[0])
    two = linear.LogisticRegression().fit(x, y > 0)
    assert np.array_equal(drawn(two, y > 0, x), drawn(two.decision_function, y > 0, x))


# ------------------------------------------------------------------------------- what is made of it


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_one_number_is_a_probability_or_a_score():
    def score(p):
        return 4 * p[:, 0] - 2

    expected = drawn(lambda p: p[:, 0] > 0.5, [0, 0, 1, 1])
    for model in (score, lambda p: sigmoid(score(p)), lambda p: sigmoid(score(p))[:, None]):
        assert np.array_equal(drawn(model, [0, 0, 1, 1]), expected)
        assert np.array_equal(drawn(model, [-1, -1, 1, 1]), expected)
        assert np.array_equal(drawn(model, ["a", "a", "b", "b"]), expected)
        assert np.array_equal(drawn(model, [1, 1, 1, 1]), expected), "the other class is known"
    at = drawn(lambda p: sigmoid(score(p)), [0, 0, 1, 1], threshold=sigmoid(1.0))
    assert np.array_equal(at, drawn(lambda p: p[:, 0] > 0.75, [0, 0, 1, 1]))


def test_a_row_of_numbers_is_one_for_each_class():
    W = RNG.normal(size=(2, 3))

    def logits(p):
        return p @ W

    def softmax(p):
        return np.exp(p @ W) / np.exp(p @ W).sum(axis=1, keepdims=True)

    expected = drawn(lambda p: (p @ W).argmax(axis=1), [0, 1, 2, 0])
    for model in (logits, softmax, lambda p: tg.tensor(logits(p))):
        assert np.array_equal(drawn(model, [0, 1, 2, 0]), expected)
        assert np.array_equal(drawn(model, ["a", "b", "c", "a"]), expected)
    assert np.array_equal(drawn(logits, [0, 1, 1, 0]), expected), "a class may have no example"


def test_floats_that_are_labels_are_classes():
    """As a predict of the course returns them."""
    found = drawn(lambda p: np.where(p[:, 0] > 0.5, 2.0, 1.0), [0, 1, 2, 2])
    assert set(found.flat) == {1, 2}


def test_shades_are_probabilities():
    def z(p):
        return 8 * p[:, 0] - 4

    for model in (z, lambda p: sigmoid(z(p)), lambda p: np.stack([0 * z(p), z(p)], axis=1)):
        ax = boundary(model, X, [0, 0, 1, 1], probabilities=True, steps=21)
        across = np.linspace(-0.1, 1.1, 21)
        _, opacity = regions(ax)
        expected = 0.65 * abs(2 * sigmoid(8 * across - 4) - 1)
        np.testing.assert_allclose(opacity, np.broadcast_to(expected, (21, 21)), atol=1e-12)


@pytest.mark.parametrize("ground", ["black", "white"])
def test_it_is_readable_on_any_ground(ground):
    style = {"axes.labelcolor": "white"} if ground == "black" else {}
    with mpl.rc_context(style):
        ax = boundary(lambda p: p[:, 0] > 0.5, X, [0, 0, 1, 1])
    edges = ax.collections[0].get_edgecolor()[0, :3]
    assert edges.tolist() == ([1, 1, 1] if ground == "black" else [0, 0, 0])


# ---------------------------------------------------------------------------------- what is refused


def HALF(p):
    return p[:, 0] > 0


@pytest.mark.parametrize(
    ("model", "x", "labels", "settings", "error", "message"),
    [
        (HALF, X.T, [0, 1, 0, 1], {}, ShapeError, r"\(2, 4\) has 2 points for 4 .* axis=0"),
        (HALF, X, [0, 1, 0, 1], {"axis": 0}, ShapeError, "leave axis out"),
        (HALF, X[:, 0], [0, 1, 0, 1], {}, ShapeError, r"shape \(m, 2\), not \(4,\)"),
        (HALF, X[:, :1], [0, 1, 0, 1], {}, ShapeError, "1 feature, a plane has two"),
        (HALF, np.ones((5, 3)), [0] * 5, {}, ShapeError, r"3 features.*write features=\(0, 1\)"),
        (HALF, X, [0, 1, 0, 1], {"features": (0, 0)}, ArgumentError, "two different ones of 2"),
        (HALF, X, [0, 1, 0, 1], {"features": (0, 2)}, ArgumentError, "two different ones of 2"),
        (HALF, X, [0, 1, 0, 1], {"others": [1]}, ShapeError, "1 values for 2 features"),
        (HALF, X, [0, 1, 1], {}, ShapeError, "4 points and 3 labels"),
        (HALF, X, [0, 1, 0, 1], {"axis": 2}, ArgumentError, "axis is where the features stand"),
        (HALF, X, [0, 1, 0, 1], {"steps": 1}, ArgumentError, "steps is at least 2"),
        (HALF, X, [0, 1, 0, 1], {"ax": 3}, ArgumentTypeError, r"write ax=plt.gca\(\)"),
        (HALF, X, [0, 1, 0, 1], {"ax": Figure()}, ArgumentTypeError, r"write ax=figure.subplots"),
        (HALF, X, [0, 1, 0, 1], {"axes": None}, ArgumentTypeError, "write ax=None for axes=None"),
        (HALF, X, [0, 1, 0, 1], {"probabilities": True}, ArgumentError, "no probabilities"),
        (lambda p: [0, 1], X, [0, 1, 0, 1], {}, ShapeError, r"for 10000 points .* shape \(2,\)"),
        (lambda p: p.T, X, [0, 1, 0, 1], {}, ShapeError, "write axis=0"),
        (lambda p: (p, {}), X, [0, 1, 0, 1], {}, DTypeError, r"a tuple of 2; write lambda"),
        (lambda p: p[:, 0] * np.nan, X, [0, 1, 0, 1], {}, ArgumentError, "returns hold nan"),
        (lambda p: p[:, 0] / 2, X, [0, 1, 2, 1], {}, ArgumentError, "tells two classes apart"),
        (lambda p: p, X, [0, 1, 2, 1], {}, ArgumentError, "2 numbers for each point, but y holds"),
        (lambda p: p, X, [0, 1, 0, 1], {"threshold": 0.5}, ArgumentError, "leave threshold out"),
        (nn.Linear, X, [0, 1, 0, 1], {}, DTypeError, r"write Linear\(…\)"),
        (3, X, [0, 1, 0, 1], {}, DTypeError, "the model is a module, or a function"),
        (HALF, (X - 0.5) * 1e308, [0, 1, 0, 1], {}, ArgumentError, "too far apart"),
    ],
)
def test_what_is_refused(model, x, labels, settings, error, message):
    with pytest.raises(error, match=message):
        boundary(model, x, labels, **settings)
