"""Formulas and arrays in the explorer's page: beside the boxes, and in the details by steps."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.drawing.explorer import page
from tests.drawing.explorer_scenes import blocks

WRITTEN = """
    const of = (e) => e.closest('[data-key], [data-box]').dataset;
    const places = [...document.querySelectorAll('.backward .formula-place')];
    return Object.fromEntries(places.map((e) => [
      of(e).box ?? of(e).key.replace('box ', ''), e.querySelector('title').textContent]))"""
OUTSIDE_THEIR_BOX = """
    return [...document.querySelectorAll('.formula-place')].filter((e) => {
      const inner = e.querySelector('math').getBoundingClientRect();
      const outer = e.parentNode.querySelector('.face').getBoundingClientRect();
      return inner.left < outer.left || inner.right > outer.right
        || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
    }).map((e) => e.textContent)"""
VISIBLE = """
    return [...document.querySelectorAll('.backward .formula-place')].filter((e) =>
      getComputedStyle(e).visibility === 'visible').length"""
OVERLAPS = """
    const boxes = [...document.querySelectorAll('.tile > .face, .pill > .face')]
      .map((e) => e.getBoundingClientRect());
    return boxes.flatMap((p, i) => boxes.slice(0, i).filter((q) =>
      Math.min(p.right, q.right) - Math.max(p.left, q.left) > 0.5
      && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 0.5)).length"""
STEP = """
    const slider = document.querySelector('#step');
    slider.value = arguments[0];
    slider.dispatchEvent(new Event('input'));"""
LINES = """
    return [...document.querySelectorAll('#details .line')].map((e) =>
      (e.classList.contains('newest') ? '> ' : '') + e.querySelector('.math').title)"""
PIXELS = """
    return [...document.querySelectorAll('#details canvas')].map((canvas) => {
      const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const pixels = [];
      for (let i = 0; i < data.length; i += 4) pixels.push([...data.slice(i, i + 3)]);
      return pixels;
    })"""
PALE, RED, BLUE, NOT_FINITE = [241, 239, 233], [179, 38, 30], [36, 86, 184], [181, 23, 196]


def course():
    """Return the picture of a network of two layers, written as the course does."""
    rng = np.random.default_rng(0)
    X = tg.tensor(rng.normal(size=(3, 8)), name="X")
    Y = tg.tensor(rng.integers(0, 2, (1, 8)).astype(float), name="Y")
    W1, b1, W2, b2 = (
        tg.tensor(rng.normal(size=shape), requires_grad=True)
        for shape in [(4, 3), (4, 1), (1, 4), (1, 1)]
    )
    Z1 = W1 @ X + b1
    A1 = tg.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = tg.sigmoid(Z2)
    cost = -(Y * tg.log(A2) + (1 - Y) * tg.log(1 - A2)).sum() / 8
    return tg.render(cost)


DERIVATION = [
    "dcost = 1", "dA2 = ((1 − Y) / (1 − A2) − Y / A2) / 8", "dZ2 = (A2 − Y) / 8", "db2 = Σ₁ dZ2",
    "dA1 = W2ᵀ dZ2", "dW2 = dZ2 A1ᵀ", "dZ1 = dA1 ∘ (1 − A1²)", "db1 = Σ₁ dZ1", "dW1 = dZ1 Xᵀ",
]  # fmt: skip


@pytest.fixture(scope="module")
def network():
    picture = course()
    return picture.scene, picture._derived, picture.html()


def test_beside_each_gradient_stands_its_formula(browser, network):
    scene, told, text = network
    browser.open(text)
    assert browser.js(WRITTEN) == {}
    browser.press("d")
    written = browser.js(WRITTEN)
    wanted = {str(box.id) for box in scene.boxes if box.differentiable}
    assert written.keys() == wanted
    for box, found in written.items():
        assert told["gradients"][int(box)][1] in found
    assert browser.js(OUTSIDE_THEIR_BOX) == []
    assert browser.js(OVERLAPS) == 0
    assert browser.one("#formulas").get_attribute("aria-pressed") == "true"
    browser.press("d")
    assert browser.js(WRITTEN) == {}


def test_stepping_back_reads_like_the_derivation(browser, network):
    scene, _, text = network
    browser.open(text)
    browser.press("d")
    assert browser.js(LINES) == DERIVATION, "all of it, where nothing is selected"
    ahead = len(scene.forward)
    browser.js(STEP, ahead - 1)
    assert browser.js(LINES) == [] and browser.js(VISIBLE) == 0
    assert "It begins with the backward pass." in browser.text("#details")
    seen, before = [], 0
    for at in range(ahead, ahead + len(scene.backward) + 1):
        browser.js(STEP, at)
        lines = browser.js(LINES)
        assert [line.removeprefix("> ") for line in lines] == DERIVATION[: len(lines)]
        seen += [line for line in lines if line.startswith(">")]
        assert browser.js(VISIBLE) >= before
        before = browser.js(VISIBLE)
    assert [line.removeprefix("> ") for line in seen] == DERIVATION, "each is the newest once"
    browser.click("#details .line:nth-of-type(3)")
    assert browser.text("#details h2").startswith("Z2")


def test_a_formula_that_is_missing_says_why(browser, monkeypatch):
    monkeypatch.setattr("tensorgraph.formulas.whole_graph.LONGEST", 8)
    x = tg.tensor(np.linspace(0.1, 0.9, 4), requires_grad=True)
    loss = tg.sin(tg.exp(x * tg.cos(x)) * x / (1 + x)).sum()
    picture = tg.render(loss)
    browser.open(picture.html())
    browser.press("d", "/", "x parameter", "\ue007")
    assert browser.texts("#details .missing")[0] == (
        "The gradient has no formula: its formula is too long to be read here."
    )
    unwritten = min(picture._derived["unwritten"])
    browser.click(f".tile.forward[data-key='box {unwritten}']")
    assert browser.texts("#details .missing")[0] == (
        "The value has no formula: its formula is too long to be read here."
    )
    browser.click("#graph")
    assert "gradients have no formula: its formula is too long" in browser.text("#details")


def test_a_graph_without_formulas_says_why(browser):
    browser.open(tg.render((tg.ones(3, requires_grad=True) * 2.0).sum()).html())
    assert not browser.one("#formulas").is_displayed()
    assert "None were derived: no value that a gradient flows to has a name" in browser.text(
        "#details"
    )
    browser.open(page(blocks(2)))
    assert "None were derived" not in browser.text("#details"), "nobody asked"


# ------------------------------------------------------------------------------------------- arrays


def show(browser, array, **options):
    """Select a leaf that holds an array."""
    x = tg.tensor(np.array(array), requires_grad=True, name="looked_at")
    with np.errstate(all="ignore"):
        browser.open(tg.render((x * x).sum(), **options).html())
    browser.press("/", "looked_at", "\ue007")


def test_a_matrix_is_a_heat_map_and_its_first_rows(browser):
    show(browser, [[0.0, 2.0], [-1.0, 1.0]])
    value, gradient = browser.js(PIXELS)
    half_blue = [(a + b) / 2 for a, b in zip(PALE, BLUE, strict=True)]
    np.testing.assert_allclose(value[:3], [PALE, RED, half_blue], atol=1.5)
    assert value == gradient, "2 x looks like x"
    assert browser.texts("#details .rows td")[:4] == ["0", "2", "−1", "1"]
    assert browser.texts("#details figcaption")[0] == "−1heat map2"
    label = browser.one("#details .planes").accessible_name
    assert label == "heat map of looked_at, from −1 to 2"


def test_what_is_not_finite_is_seen(browser):
    show(browser, [[np.nan, 1.0, np.inf], [-np.inf, 0.0, 0.5]])
    pixels = browser.js(PIXELS)[0]
    assert [pixel == NOT_FINITE for pixel in pixels] == [True, False, True, True, False, False]
    assert browser.texts("#details .rows td")[:6] == ["NaN", "1", "∞", "−∞", "0", "0.5"]


def test_images_are_shown_as_images(browser):
    array = np.zeros((6, 3, 5, 5))
    array[0, 0], array[1], array[5] = 1.0, 1.0, 0.5  # red, white
    show(browser, array)
    first, second, third, *_ = browser.js(PIXELS)
    assert first[0] == [255, 1, 1] and second[0] == [255, 255, 255] and max(third[0]) <= 1
    assert browser.texts("#details figcaption")[0] == "0images in colour · first 4 of 61"
    show(browser, array[:, 0])
    grey = browser.js(PIXELS)[0][0]
    assert grey == [250, 250, 250]


def test_arrays_before_and_after_a_step(browser, network):
    scene, _, text = network
    browser.open(text)
    ops = [scene.boxes[i].op for i in scene.forward]
    browser.js(STEP, ops.index("tanh") + 1)
    headings = browser.texts("#details h3")[:2], browser.texts("#details h4")
    assert headings == (["Before the step", "After the step"], ["Z1", "A1"])
    assert len(browser.all("#details .looks")) >= 2
    back = [scene.boxes[i].op for i in scene.backward]
    browser.js(STEP, len(ops) + back.index("tanh") + 1)
    assert browser.texts("#details h4") == ["∂A1", "Z1", "∂Z1"]


def test_arrays_of_large_graphs_are_shown_if_asked_for(browser):
    y = tg.tensor([0.5, 0.25], requires_grad=True, name="start")
    for _ in range(45):
        y = tg.tanh(y)
    for values in (False, True):
        browser.open(tg.render(y.sum(), values=values).html())
        browser.press("/", "start", "\ue007")
        assert bool(browser.all("#details canvas")) is values
