"""The explorer of networks whose parts share weights, have roles, repeat, or need long formulas."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.drawing.explorer import page
from tests.drawing.explorer_scenes import RUN, Builder
from tests.drawing.test_explorer_page import data_of
from tests.drawing.test_explorer_screens import SHOWN, STEP, check_inside

FAMILIES = ("contract", "elementwise", "fused", "index", "reduce", "shape")
TILES = """
    return Object.fromEntries([...document.querySelectorAll('.tile.forward')].map((e) => {
      const texts = [...e.querySelectorAll('text')].map((text) => text.textContent);
      const {x, y, width, height} = e.querySelector('.face').getBoundingClientRect();
      return [e.dataset.key, {texts: texts.filter(Boolean), x, y, width, height}];
    }))"""
FORWARD_LINES = """
    return [...document.querySelectorAll('path.link.forward')].map((e) => {
      const heights = [];
      for (let at = 0; at <= 1; at += 0.05) {
        heights.push(e.getPointAtLength(at * e.getTotalLength()).y);
      }
      return {from: e.dataset.source, rises: heights.some((y, i) => y < heights[i - 1] - 0.01)};
    })"""
CROSSED = """
    const box = (e) => e.getBoundingClientRect();
    const notes = [...document.querySelectorAll('text.note')];
    const frames = [...document.querySelectorAll('rect.outline')].map(box);
    return [notes.length, notes.filter((e) => frames.some((frame) => {
      const {left, right, top, bottom} = box(e);
      const apart = left > frame.right || right < frame.left || top > frame.bottom
        || bottom < frame.top;
      const within = left >= frame.left && right <= frame.right && top >= frame.top
        && bottom <= frame.bottom;
      return !apart && !within;
    })).map((e) => e.textContent)]"""
OUT_OF_SIGHT = """
    const stage = document.querySelector('#stage').getBoundingClientRect();
    const faces = document.querySelectorAll('.is-current > .face, .is-fed > .face');
    return [...faces].filter((e) => {
      const {left, right, top, bottom} = e.getBoundingClientRect();
      return left < stage.left || right > stage.right || top < stage.top || bottom > stage.bottom;
    }).map((e) => e.parentNode.textContent)"""
TOO_WIDE = """
    return [...document.querySelectorAll('#details .math')].filter((e) => e.clientWidth)
      .filter((e) => e.scrollWidth > e.clientWidth).map((e) => {
        const {overflowX, backgroundImage} = getComputedStyle(e);
        return [e.title, overflowX, backgroundImage.split('gradient').length - 1];
      })"""
LINES = """
    const formula = [...document.querySelectorAll('#details .math')]
      .find((e) => e.title.startsWith(arguments[0]));
    return [...formula.querySelectorAll('math')].map((e) => e.textContent)"""


class Siamese(nn.Module):
    """Two calls of a stack of modules, compared."""

    def __init__(self):
        self.cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))

    def forward(self, first, second):
        return self.fc(self.cnn(first)) - self.fc(self.cnn(second))


def siamese():
    images = np.ones((2, 3, 1, 4, 4), np.float32)
    return tg.render(Siamese(), *images).html()


class Heads(nn.Module):
    """A mean and the logarithm of a variance from the same features; then equal layers."""

    def __init__(self):
        self.fc21, self.fc22 = nn.Linear(4, 4), nn.Linear(4, 4)
        self.deep = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))

    def forward(self, x):
        mu, logvar = self.fc21(x), self.fc22(x)
        mu.name, logvar.name = "mu", "logvar"
        return self.deep(mu + tg.exp(0.5 * logvar))


class Attention(nn.Module):
    def __init__(self):
        self.q, self.k, self.v = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        return tg.softmax(q @ k.mT / 2) @ v


class Pair(nn.Module):
    def __init__(self, joined):
        self.a, self.b, self.joined = nn.Linear(4, 4), nn.Linear(4, 4), joined

    def forward(self, x):
        return self.joined(self.a(x), self.b(x))


def joined_ops(model):
    """Return how many operations the explorer's page joins to equal parts."""
    boxes = data_of(tg.render(model, np.ones((2, 4), np.float32)).html())["boxes"]
    return len([turns for turns in boxes.get("turns", {"values": []})["values"] if turns])


@pytest.mark.parametrize(
    "model",
    [Attention(), Pair(lambda a, b: a - b), Pair(lambda value, gate: value * tg.sigmoid(gate))],
    ids=["attention", "difference", "gate"],
)
def test_layers_with_roles_are_not_joined(model):
    assert joined_ops(model) == 0


def test_layers_whose_places_can_be_exchanged_are_joined():
    assert joined_ops(Pair(lambda a, b: a + b)) > 0


def test_modules_are_called_by_their_names(browser):
    browser.open(tg.render(Heads(), np.ones((2, 4), np.float32)).html())
    texts = [tile["texts"] for tile in browser.js(TILES).values()]
    assert ["linear → mu", "fc21 · 2 × 4"] in texts and ["linear → logvar", "fc22 · 2 × 4"] in texts
    (title,) = [text for text in browser.texts(".heading text.title") if text.startswith("Linear")]
    assert title.startswith("Linear × 3") and title.endswith("deep.layers[0 … 2]")


def test_shared_parameters_stand_above_all_that_take_them(browser):
    browser.open(siamese())
    tiles = browser.js(TILES)
    leaves = {key: tile for key, tile in tiles.items() if "weight" in tile["texts"][0]}
    lines = browser.js(FORWARD_LINES)
    assert len(leaves) == 3 and not any(line["rises"] for line in lines)
    assert {line["from"] for line in lines} >= set(leaves)
    titles = [text.replace("\xa0", " ") for text in browser.texts(".heading text.title")]
    for which in ("call 1 of 2", "call 2 of 2"):
        for path in ("cnn", "fc"):
            assert any(path in title and which in title for title in titles), titles
    browser.js(STEP, 4)
    assert "call 1 of 2" in browser.text("#telling")


def test_notes_stay_in_their_frames(browser):
    browser.open(siamese())
    count, crossed = browser.js(CROSSED)
    assert count and crossed == []
    assert browser.all("text.note[text-anchor=end]") == [], "there is room to the right of the line"


def with_inputs(names):
    """Return a module of operations that each take an input."""
    b = Builder()
    call = b.call("net", "Net")
    h = b.leaf("w", (3,))
    for name in names:
        h = b.op("add", [h, b.leaf(name, (3,), "input")], (3,), call=call)
    b.op("mean", [h], ())
    return b.scene("inputs")


def pills_of_folded(browser, names):
    browser.open(page(with_inputs(names)))
    browser.press("[", "[", "[")
    return browser.texts(".pill.forward > .small")


def test_equal_inputs_of_a_folded_module_are_one(browser):
    assert pills_of_folded(browser, [None] * 12) == ["input × 12 · 3"]
    browser.click(".pill.forward")
    assert browser.text("#details h2") == "inputinput"
    assert len(browser.all(".pill.selected")) == 1
    named = pills_of_folded(browser, [f"mask{k}" for k in range(20)])
    assert named == [*(f"mask{k}  3" for k in range(5)), "and 15 more"]
    # An operation takes each of its own.
    b = Builder()
    b.op("where", [b.leaf(None, (3,), "input"), b.leaf(None, (3,), "input")], (3,))
    browser.open(page(b.scene()))
    assert browser.texts(".pill.forward > .small") == ["input  3", "input  3"]


# ------------------------------------------------------------------------- what there is room for


def colourful():
    """Return operations of all families of which the page can tell all that it can tell."""
    b = Builder()
    h, call = b.leaf("w", (3,)), b.call("model", "Model")
    for family in FAMILIES:
        h = b.op(f"{family}_op", [h], (3,), call=call, family=family, forward_seconds=1e-3)
    b.op("mean", [h], (), "loss")
    return b.scene("an experiment with a rather long name")


def test_the_page_is_as_wide_as_its_window(browser):
    browser.open(page(colourful(), RUN))
    legend = len(FAMILIES)
    for width in range(1500, 660, -40):
        browser.screen(width, 800, touch=False)
        check_inside(browser, width)
        assert len(browser.js(SHOWN, ".swatch")) == legend, width


def far_apart():
    """Return a value that is used beside and far away, where a phone shows one of them only."""
    b = Builder()
    start = b.op("relu", [b.leaf("w", (3,))], (3,), "start")
    ends = [b.op("log", [start], (3,), f"a_rather_long_name_{k}" * 2) for k in range(4)]
    for k in range(3):
        ends[k] = b.op("relu", [ends[k]], (3,))
    while len(ends) > 1:
        ends[-2:] = [b.op("multiply", ends[-2:], (3,), saved=(0, 1))]
    return b.scene("far apart")


def test_on_a_phone_a_step_is_seen_with_what_it_adds_to(browser):
    browser.screen(390, 844)
    browser.open(page(far_apart()))
    assert browser.js("return document.querySelector('#world').getBoundingClientRect().width") > 500
    for at in range(1, int(browser.js("return document.querySelector('#step').max")) + 1):
        browser.js(STEP, at)
        assert browser.js(OUT_OF_SIGHT) == [], at


# ----------------------------------------------------------------------------------- long formulas


def mathml(text):
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow>{text}</mrow></math>'


def row(*parts):
    return f"<mrow>{''.join(parts)}</mrow>"


def test_long_formulas_are_broken_or_seen_to_go_on(browser):
    sums = row(*"<mo>+</mo>".join(f"<mi>term{k}</mi>" for k in range(9)))
    within = row("<mo>(</mo>", row("<mo>−</mo>", "<mi>a</mi>"), "<mo>+</mo>", sums, "<mo>)</mo>")
    fraction = f"<mfrac>{sums}<mn>2</mn></mfrac>"
    told = {
        "1": [mathml("<mi>x</mi><mo>=</mo>" + within), "sum"],
        "2": [mathml("<mi>y</mi><mo>=</mo>" + fraction), "fraction"],
        "3": [mathml("<mi>z</mi><mo>=</mo><mn>1</mn>"), "short"],
    }
    b = Builder()
    h = b.leaf("w", (3,))
    for name in "xyz":
        h = b.op("relu", [h], (3,), name)
    browser.open(page(b.scene(derived={"gradients": told})))
    browser.press("d")
    lines = browser.js(LINES, "sum")
    assert (
        len(lines) > 3 and "".join(lines) == "x=(−a+" + "+".join(f"term{k}" for k in range(9)) + ")"
    )
    assert lines[1].startswith("=(−a") and all(line.startswith("+") for line in lines[2:])
    assert browser.js(LINES, "fraction")[0] == "y" and browser.js(LINES, "short") == ["z=1"]
    assert browser.js(TOO_WIDE) == [["fraction", "auto", 4]]
    browser.screen(390, 844)
    browser.js("document.querySelector('#sheet').click()")
    assert [title for title, *_ in browser.js(TOO_WIDE)] == ["fraction"]
