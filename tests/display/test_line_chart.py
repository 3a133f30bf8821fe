"""Line charts: every number is drawn, in its place, whatever the numbers are."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tensorgraph.display.line_chart import MOST_POINTS, line_chart, thinned
from tensorgraph.display.png import heights, png
from tests.display.charts import Chart


@given(
    st.lists(
        st.floats(width=64) | st.sampled_from([math.nan, math.inf, 0.0, 1e308, -1e308, 5e-324]),
        min_size=1, max_size=12,
    ),
    st.lists(st.floats(-1e300, 1e300), min_size=12, max_size=12),
)  # fmt: skip
def test_any_numbers_make_a_picture(values, steps):
    text = line_chart("t", {"a": np.array(values)}, np.array(steps[: len(values)]), "step")
    root = ElementTree.fromstring(text)
    for node in root.iter():
        for name, value in node.attrib.items():
            if name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy"):
                assert -1 <= float(value) <= 521, (name, value)
            if name == "points":
                assert all(-1 <= float(v) <= 521 for v in re.split("[ ,]", value))
    drawn = sum(len(n.get("points").split()) for n in root.iter() if n.get("points"))
    drawn += sum(n.tag.endswith("circle") for n in root.iter())
    assert drawn == np.isfinite(values).sum()


def test_a_line_is_where_its_numbers_are():
    root = ElementTree.fromstring(
        line_chart("t", {"a": np.array([0.0, 1.0, 0.5])}, np.array([0.0, 1, 2]), "step")
    )
    points = next(n.get("points") for n in root.iter() if n.get("points"))
    (x0, y0), (x1, y1), (x2, y2) = (map(float, p.split(",")) for p in points.split())
    assert x0 < x1 < x2 and math.isclose(x1 - x0, x2 - x1, abs_tol=0.2)
    assert y1 < y2 < y0 and math.isclose(y0 - y2, y2 - y1, abs_tol=0.2)  # y grows downwards
    ticks = {n.text: float(n.get("y")) - 4 for n in root.iter() if n.get("text-anchor") == "end"}
    assert math.isclose(ticks["0"], y0, abs_tol=0.11)
    assert math.isclose(ticks["1"], y1, abs_tol=0.11)


LINES = {
    "train": np.array([3.0, 1.0, 0.01, 0.2]),
    "dev": np.array([3.0, 1.0, math.nan, 2.0]),
    "the name of a line that is far too long": np.full(4, 0.5),
    "test": np.full(4, 1.5),
}
STEPS = np.array([10.0, 20, 30, 40])


def test_a_chart_of_several_lines_can_be_read():
    chart = Chart(line_chart("loss", LINES, STEPS, "epoch"))
    chart.check_that_it_can_be_read()
    assert chart.texts.keys() >= {"loss (logarithmic)", "epoch", "train", "dev", "test", "0.01"}
    assert "… that is far too long" in chart.texts
    heights = [chart.middle(text) for text in ("1", "0.1", "0.01")]
    assert np.allclose(np.diff(heights), heights[1] - heights[0], atol=0.2)
    first, *_ = chart.curves
    assert first[1][1] == pytest.approx(heights[0], abs=1)
    assert first[2][1] == pytest.approx(heights[2], abs=1)
    alone = Chart(line_chart("loss", {"test": LINES["test"]}, STEPS, "epoch"))
    assert "test" not in alone.texts  # the title says what a single line is


def test_a_chart_looks_as_it_did_when_it_was_looked_at():
    """A picture that has changed is to be looked at, and then to be put in the old one's place."""
    golden = Path(__file__).parent / "golden/lines.svg"
    assert line_chart("loss", LINES, STEPS, "epoch") == golden.read_text("utf-8")


def test_wide_ranges_are_drawn_logarithmically():
    steps = np.arange(3.0)
    wide = line_chart("loss", {"a": np.array([1000.0, 10, 0.1])}, steps, "step")
    assert "loss (logarithmic)" in wide
    points = re.search('points="([^"]+)"', wide)[1].split()
    ys = [float(point.split(",")[1]) for point in points]
    assert math.isclose(ys[1] - ys[0], ys[2] - ys[1], abs_tol=0.2)
    for narrow in ([50.0, 10, 1], [1000.0, 10, 0], [1000.0, 1, -1]):
        assert "logarithmic" not in line_chart("loss", {"a": np.array(narrow)}, steps, "step")


def test_a_gap_is_a_gap_and_a_lone_point_a_dot():
    text = line_chart(
        "t", {"a": np.array([1, 2, math.nan, 3, math.inf, 4, 5])}, np.arange(7.0), "step"
    )
    assert text.count("<polyline") == 2 and text.count("<circle") == 1


@given(st.integers(1, 20_000), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_a_long_line_is_thinned_but_keeps_its_peaks(n, seed):
    values = np.random.default_rng(seed).normal(size=n)
    values[np.random.default_rng(seed + 1).random(n) < 0.3] = math.nan
    kept = thinned(values)
    assert len(kept) <= max(MOST_POINTS + 2, 1)
    assert kept[0] == 0 and kept[-1] == n - 1 and (np.diff(kept) > 0).all()
    if not np.isnan(values).all():
        assert np.nanmax(values[kept]) == np.nanmax(values)
        assert np.nanmin(values[kept]) == np.nanmin(values)


def test_heights_where_nothing_is_finite():
    assert np.isnan(heights(np.array([math.nan, math.inf]))).all()
    assert heights(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(("shape", "kind"), [((2, 3), 0), ((2, 3, 3), 2)])
def test_an_image_says_whether_it_has_colours(shape, kind):
    assert png(np.zeros(shape, np.uint8))[24:26] == bytes([8, kind])  # after width and height
