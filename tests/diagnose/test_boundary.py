"""The plane as a classifier sees it: what is asked, what is drawn, what is refused."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import DTypeError, ShapeError

boundary = tg.diagnose.decision_boundary
X = np.array([[0.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 2.0]])


def drawn(predict, labels, **settings):
    """Return the regions and the colours of the points in a figure."""
    mesh, points = boundary(predict, X, labels, **settings).axes[-1].collections
    return np.asarray(mesh.get_array()), np.asarray(points.get_array())


def test_regions_are_what_the_classifier_says():
    regions, colours = drawn(lambda p: (p[:, 0] > 0.5) & (p[:, 1] > 1), [0, 0, 0, 1])
    assert regions[0, 0] == regions[0, -1] == regions[-1, 0] == 0 != regions[-1, -1]
    assert regions.mean() == pytest.approx(0.25, abs=0.01)
    assert colours.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (1, -1)])
def test_classes_in_a_row_or_a_column_are_the_same(shape):
    labels = np.array([0, 1, 1, 0]).reshape(shape)
    regions, colours = drawn(lambda p: (p[:, 0] > 0.5).reshape(shape), labels)
    assert regions[:, 0].max() == 0 and regions[:, -1].min() == 1
    assert colours.tolist() == [0, 1, 1, 0]


def test_a_class_has_one_colour_in_both():
    regions, colours = drawn(lambda p: np.where(p[:, 0] > 0.5, "b", "c"), ["a", "b", "c", "a"])
    assert colours.tolist() == [0, 1, 2, 0]
    assert set(regions.flat) == {1, 2}


def test_points_on_a_line_have_a_plane_around_them():
    figure = boundary(lambda p: p[:, 0] > 0, X * [1, 0], [0, 0, 1, 1])
    assert figure.axes[0].get_ylim() == (-1, 1)


def test_given_axes_are_drawn_on():
    figure = boundary(lambda p: p[:, 0] > 0.5, X, [0, 0, 1, 1])
    again = boundary(lambda p: p[:, 0] > 0.5, X, [0, 0, 1, 1], axes=figure.axes[0])
    assert again is figure and len(figure.axes) == 1


@pytest.mark.parametrize(
    ("predict", "x", "labels", "error", "message"),
    [
        (lambda p: p[:, 0] > 0, X.T, [0, 1, 0, 1], ShapeError, r"\(2, 4\); write x.T"),
        (lambda p: p[:, 0] > 0, X[:, 0], [0, 1, 0, 1], ShapeError, r"shape \(m, 2\), not \(4,\)"),
        (lambda p: p[:, 0] > 0, X, [0, 1], ShapeError, "4 points and 2 labels"),
        (lambda p: [0, 1], X, [0, 1, 0, 1], ShapeError, "and 2 answers of predict"),
        (lambda p: p[:, 0] / 2, X, [0, 1, 0, 1], DTypeError, "what predict returns > 0.5"),
    ],
)
def test_what_is_refused(predict, x, labels, error, message):
    with pytest.raises(error, match=message):
        boundary(predict, x, labels)
