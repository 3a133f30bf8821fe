"""What charts show is what was found: their bars and lines are measured, as a reader does."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from tensorgraph.diagnose import calibration, ladder
from tests.display.charts import Chart

GOLDEN = Path(__file__).parents[1] / "display/golden"
RATES = st.floats(0, 1).map(lambda rate: round(rate, 4))


def reliability(seed=0):
    rng = np.random.default_rng(seed)
    p = rng.random(200)
    return calibration(p, rng.random(200) < p**2, bins=5)


def ladders(sizes=True):
    return ladder(
        human=0.01, train=0.1, train_dev=0.11, dev=0.2, test=0.19,
        sizes={"train": 9000, "dev": 500, "test": 400} if sizes else None,
    )  # fmt: skip


@pytest.mark.parametrize("found", [reliability(), ladders(), ladders(sizes=False)])
def test_charts_can_be_read(found):
    chart = Chart(found.svg())
    chart.check_that_it_can_be_read()
    assert chart.root.get("aria-label").rstrip("0.123456789 ")


@pytest.mark.parametrize(
    ("name", "found"), [("calibration", reliability()), ("ladder", ladders())], ids=str
)
def test_charts_look_as_they_did_when_they_were_looked_at(name, found):
    """A picture that has changed is to be looked at, and then to be put in the old one's place."""
    assert found.svg() == (GOLDEN / f"{name}.svg").read_text("utf-8")


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_a_bar_of_the_reliability_diagram_is_as_high_as_its_bin_is_true(seed, bins):
    rng = np.random.default_rng(seed)
    p = rng.random(10)
    found = calibration(p, rng.random(10) < 0.5, bins=bins)
    chart = Chart(found.svg())
    low, half, high = (chart.middle(text) for text in ("0", "0.5", "1"))
    grid = [y for x, y, right, end in chart.lines if y == end and right > x]
    assert np.allclose(sorted(grid), np.linspace(high, low, 5), atol=1)
    assert half == pytest.approx((low + high) / 2)
    (left, bottom, right, top) = next(line for line in chart.lines if line[1] != line[3])
    assert (bottom, top) == pytest.approx((low, high), abs=1)  # the diagonal
    full = np.flatnonzero(found.weights)
    assert len(chart.bars) == len(full)
    for k, (x, y, width, height) in zip(full, chart.bars, strict=True):
        ends = left + (right - left) * found.edges[k : k + 2]
        assert np.allclose([x, x + width], ends, atol=1.5)
        assert height == pytest.approx((low - high) * found.happened[k], abs=0.1)
        assert y + height == pytest.approx(bottom, abs=0.2)


@given(RATES, RATES, RATES, st.integers(2, 5000))
def test_the_bars_of_a_ladder_are_as_long_as_its_rates(human, train, dev, size):
    assume(not 0.5 < dev < train < human)  # these fall as accuracies do, and are refused
    found = ladder(human=human, train=train, dev=dev, sizes={"dev": size})
    chart = Chart(found.svg())
    ruler = next(line for line in chart.lines if line[0] == line[2])
    zero = ruler[0]
    scale = 330 / (max(human, train, dev, found.intervals["dev"].high) or 1)
    heights = [chart.middle(name) for name in found.rates]
    assert ruler[1] < min(heights) and ruler[3] > max(heights)
    rows = [[bar for bar in chart.bars if bar[1] < y < bar[1] + bar[3]] for y in heights]
    assert [len(row) for row in rows] == [1, 2, 2]
    for (name, rate), row in zip(found.rates.items(), rows, strict=True):
        assert row[0][0] == zero
        assert sum(bar[2] for bar in row) == pytest.approx(rate * scale, abs=0.11)
        step = next((s for s in found.steps if s.upper == name), None)
        if step is not None:  # what the set adds is told apart
            assert row[1][2] == pytest.approx(max(step.size, 0) * scale, abs=0.1)
            assert row[1][0] == pytest.approx(zero + row[0][2], abs=0.11)
    (x, y, end, _) = next(line for line in chart.lines if line[1] == line[3])
    interval = found.intervals["dev"]
    assert (x - zero, end - zero) == pytest.approx(np.array(interval) * scale, abs=0.06)
    assert y == pytest.approx(heights[2], abs=2)


@pytest.mark.parametrize(
    ("rates", "strong"),
    [
        ({"human": 0.0, "train": 0.1, "dev": 0.15}, [True, False]),  # the step to work on
        ({"human": 0.1, "train": 0.1, "dev": 0.1}, [True, True]),  # none
    ],
)
def test_the_step_to_work_on_is_the_strongest(rates, strong):
    root = Chart(ladder(**rates).svg()).root
    opacities = [float(n.get("fill-opacity") or 0) for n in root.iter() if n.tag.endswith("rect")]
    assert [o == 1 for o in opacities[3::2]] == strong
