"""Misclassified examples: which, in which order, and what is seen of them."""

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.image import imread

import tensorgraph as tg
from tensorgraph.diagnose.misclassified_examples import COLUMNS, IMAGES, ROWS, SIDE
from tensorgraph.display.png import grey_levels, png, shrunk
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError

misclassified = tg.diagnose.misclassified

P = [[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.05, 0.9, 0.05], [0.2, 0.5, 0.3]]
LABELS = [0, 1, 2, 2]
COLOURS = np.arange(4 * 2 * 5 * 3, dtype=np.uint8).reshape(4, 2, 5, 3)


def images_of(found):
    """Return the images of a page as a reader sees them, decoded by another library."""
    sources = re.findall(r'src="data:image/png;base64,([^"]+)"', found._repr_html_())
    return [imread(io.BytesIO(base64.b64decode(source))) for source in sources]


def test_the_most_confident_mistake_comes_first():
    found = misclassified(P, LABELS, np.eye(4))
    assert found.indices.tolist() == [2, 1, 3]
    assert found.true.tolist() == [2, 1, 2] and found.predicted.tolist() == [1, 2, 1]
    np.testing.assert_allclose(found.confidence, [0.9, 0.7, 0.5])
    np.testing.assert_array_equal(found.examples, np.eye(4)[[2, 1, 3]])
    assert len(found) == 3 and found.total == 4
    assert found.verdict == "3 of 4 examples are misclassified (75 %)"


@given(st.integers(2, 5), st.integers(1, 30), st.randoms(use_true_random=False))
def test_it_is_what_accuracy_counts(k, m, random):
    rng = np.random.default_rng(random.randrange(2**32))
    p, labels = rng.dirichlet(np.ones(k), m), rng.integers(0, k, m)
    found = misclassified(p, labels, rng.normal(size=(m, 2)))
    wrong = 1 - tg.diagnose.accuracy(p.argmax(1), labels)
    assert len(found) / m == pytest.approx(wrong)
    assert sorted(found.indices) == np.flatnonzero(p.argmax(1) != labels).tolist()
    assert (np.diff(found.confidence) <= 0).all()
    assert (found.true != found.predicted).all()


def test_two_classes_by_the_probability_of_one():
    found = misclassified([0.5, 0.2, 0.9], [0, 1, 1], ["a", "b", "c"], classes=[0, 1])
    assert found.indices.tolist() == [1, 0], "from 0.5 on it is the positive"
    np.testing.assert_allclose(found.confidence, [0.8, 0.5])
    assert found.examples.tolist() == [["b"], ["a"]]


def test_classes_have_names():
    found = misclassified(P, ["cat", "dog", "eel", "eel"], np.eye(4), classes=["cat", "dog", "eel"])
    assert found.true.tolist() == ["eel", "dog", "eel"]
    assert found.predicted.tolist() == ["dog", "eel", "dog"]


# ------------------------------------------------------------------------------------------ images


@pytest.mark.parametrize(
    "inputs",
    [COLOURS, np.moveaxis(COLOURS, -1, 1), tg.tensor(COLOURS), COLOURS.tolist()],
    ids=["last", "first", "tensor", "list"],
)
def test_images_in_colour(inputs):
    found = misclassified(P, LABELS, inputs)
    np.testing.assert_array_equal(found.examples, COLOURS[[2, 1, 3]])
    if np.asarray(inputs).dtype == np.uint8:
        for seen, index in zip(images_of(found), found.indices, strict=True):
            np.testing.assert_array_equal(np.rint(seen * 255), COLOURS[index])


@pytest.mark.parametrize("shape", [(4, 6, 5), (4, 1, 6, 5), (4, 6, 5, 1)], ids=str)
def test_images_in_grey(shape):
    inputs = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = misclassified(P, LABELS, inputs)
    assert found.examples.shape == (3, 6, 5) and found.columns == ()
    first, *_ = images_of(found)
    grey = inputs.reshape(4, 6, 5)[2]
    expected = (grey - grey.min()) / (grey.max() - grey.min())
    np.testing.assert_allclose(first, expected, atol=0.51 / 255)


def test_rows_of_pixels_are_images_where_their_shape_is_given():
    inputs = np.random.default_rng(0).random((4, 12))
    found = misclassified(P, LABELS, inputs, image_shape=(3, 4))
    np.testing.assert_array_equal(found.examples, inputs[[2, 1, 3]].reshape(3, 3, 4))
    coloured = misclassified(P, LABELS, inputs, image_shape=(2, 2, 3))
    np.testing.assert_array_equal(coloured.examples, inputs[[2, 1, 3]].reshape(3, 2, 2, 3))


def test_of_many_channels_the_mean_is_seen():
    inputs = np.random.default_rng(0).random((4, 8, 5, 6))
    found = misclassified(P, LABELS, inputs)
    np.testing.assert_allclose(found.examples, inputs[[2, 1, 3]].mean(1))


def test_what_is_told_of_an_image():
    html = misclassified(P, LABELS, COLOURS)._repr_html_()
    assert 'alt="example 2: 2 taken for 1"' in html
    assert "true <b>2</b><br>predicted <b>1</b>, 90 %<br>example 2" in html
    assert 'width="96" height="38"' in html, "small images are seen large, large ones small"


def test_a_page_stays_small():
    rng = np.random.default_rng(0)
    labels = np.zeros(100, int)
    found = misclassified(np.ones(100), labels, rng.random((100, 300, 200)).astype(np.float32))
    html = found._repr_html_()
    assert (
        html.count("<img") == IMAGES and f"the {IMAGES} most confident mistakes are shown" in html
    )
    assert all(max(image.shape) <= SIDE for image in images_of(found))
    assert len(html) < 400_000
    rows = misclassified(np.ones(100), labels, rng.random((100, 50)))
    assert rows._repr_html_().count("<tr>") == ROWS + 1
    assert f"… {50 - COLUMNS} more" in str(rows) and f"… and {100 - ROWS} more" in str(rows)


# -------------------------------------------------------------------------------------------- rows


def test_rows_have_the_names_of_a_frame():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"age": [30, 41, 57, 8], "town": ["Bonn", "Kyoto", "Lagos", "Pune"]})
    found = misclassified(P, LABELS, frame)
    assert found.columns == ("age", "town")
    assert str(found).splitlines()[:2] == [
        "example  true  predicted  confidence  age   town",
        "      2     2          1        90 %   57  Lagos",
    ]
    assert "<th>town</th>" in found._repr_html_() and "<td>Lagos</td>" in found._repr_html_()


def test_texts_are_rows():
    texts = ["good", "bad " * 40, "<b>fine</b>", "so so"]
    html = misclassified(P, LABELS, texts)._repr_html_()
    assert "&lt;b&gt;fine" in html and f"{('bad ' * 40)[:79]}…" in html


def test_nothing_wrong():
    found = misclassified(P, [0, 2, 1, 1], np.eye(4))
    assert str(found) == "none of 4 examples is misclassified"
    assert found._repr_html_() == "<p>none of 4 examples is misclassified</p>"


BAD = [
    (([[2.0, -1.0]], [0], [1]), {}, ArgumentError, "2 is no probability; from logits write"),
    ((P, [0, 1], COLOURS), {}, ShapeError, "4 probabilities and 2 labels"),
    ((P, LABELS, COLOURS[:3]), {}, ShapeError, "inputs of shape .* do not hold the 4 examples"),
    ((P, LABELS, np.ones((9, 4))), {}, ShapeError, r"their columns do: write inputs.T"),
    ((P, LABELS, 3), {}, ShapeError, r"inputs of shape \(\) do not hold"),
    ((P, [0, 1, 2, 3], COLOURS), {}, AxisError, r"labels\[3\] is 3"),
    ((P, LABELS, np.ones((4, 7))), {"image_shape": (2, 3)}, ShapeError, "image of the 7 numbers"),
    ((P, LABELS, np.ones((4, 6))), {"image_shape": (6,)}, ShapeError, "write .height, width"),
    ((P, LABELS, np.full((4, 2, 2), "a")), {}, DTypeError, "shown as images, which hold numbers"),
]


@pytest.mark.parametrize(("args", "keywords", "kind", "message"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_with_the_fix(args, keywords, kind, message):
    with pytest.raises(kind, match=f"^misclassified: .*{message}"):
        misclassified(*args, **keywords)


# ---------------------------------------------------------------------------------------- as a file


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))))
def test_another_library_reads_the_same_pixels(pixels):
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    np.testing.assert_array_equal(np.rint(imread(io.BytesIO(png(pixels))) * 255), pixels)


@given(arrays(np.float64, (3, 4), elements=st.floats(width=64)))
def test_levels_keep_the_order_of_numbers(image):
    levels = grey_levels(image)
    finite = np.isfinite(image)
    order = np.argsort(image[finite], kind="stable")
    assert (np.diff(levels[finite][order].astype(int)) >= 0).all()
    assert (levels[~finite] == 0).all()
    if np.ptp(image[finite] / 4) if finite.any() else False:
        assert {0, 255} <= set(levels[finite].tolist())


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12))
def test_shrunk_images_keep_their_mean_and_fit(height, width, side):
    image = np.ones((height, width, 3))
    found = shrunk(image, side)
    assert max(found.shape[:2]) <= side or max(height, width) <= side
    assert min(found.shape[:2]) >= 1 and (found == 1).all()


def test_rows_of_numbers_and_pixels_of_images_are_told_apart():
    rows = misclassified(P, LABELS, np.ones((4, 2, 3))[:, 0])
    assert rows.examples.shape == (3, 3) and rows.columns == ("x0", "x1", "x2")
    flat = misclassified(P, LABELS, np.arange(4.0))
    assert flat.examples.shape == (3, 1) and "<table" in flat._repr_html_()
    images = misclassified(P, LABELS, np.ones((4, 2, 3)))
    assert images.examples.shape == (3, 2, 3) and images.columns == ()
    assert "<table" not in images._repr_html_() and str(images).count("\n") == 4


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 7.0])
def test_an_image_of_one_number_is_black(value):
    assert grey_levels(np.full((2, 3), value)).tolist() == [[0] * 3] * 2


def test_images_have_no_features_in_the_table():
    pixels = np.arange(12.0).reshape(3, 2, 2)
    table = str(tg.diagnose.misclassified([0.9, 0.2, 0.3], [1, 1, 1], pixels))
    head, *rows, _ = table.splitlines()
    assert head.split() == ["example", "true", "predicted", "confidence"]
    assert [len(row.split()) for row in rows] == [5, 5]  # 80 % is two words
