"""Formulas as MathML, as a browser shows them in a notebook."""

import pytest

from tests.drawing.browser import Browser
from tests.formulas import derive_losses, derive_networks  # noqa: F401  # which add cases
from tests.formulas.derive_cases import CASES, derived
from tests.machine.needs import require

FAULTS = r"""
const box = (e) => e.getBoundingClientRect();
const seen = (e) => box(e).width > 0 && box(e).height > 0;
const meet = (a, b) =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
const inside = (a, b) =>
  a.left > b.left - 1 && a.right < b.right + 1 && a.top > b.top - 1 && a.bottom < b.bottom + 1;
const tell = (what, e) => `${e.closest("section").id}: ${what} in ${e.textContent}`;
const found = [];
for (const e of document.querySelectorAll("math *")) {
  const parts = [...e.children].filter(seen).map(box);
  if (parts.some((a, i) => parts.some((b, k) => k < i && meet(a, b))))
    found.push(tell("parts overlap", e));
  if (!inside(box(e), box(e.closest("math")))) found.push(tell("a part is cut", e));
  if (e.tagName === "mfrac" && parts[0].bottom > parts[1].top)
    found.push(tell("above is below", e));
  if (e.tagName === "msqrt" && parts.some((a) => a.left < box(e).left + 4))
    found.push(tell("no room for the sign", e));
}
for (const section of document.querySelectorAll("section")) {
  const equations = [...section.querySelectorAll("math")];
  for (let i = 1; i < equations.length; i++)
    if (box(equations[i]).top < box(equations[i - 1]).bottom + 6)
      found.push(tell("equations stand too close", equations[i]));
}
return found;
"""


def shown(sections):
    """Return a page with each derivation as a notebook shows it."""
    parts = "".join(f"<section id='{name}'>{html}</section>" for name, html in sections.items())
    return f"<!doctype html><meta charset=utf-8><body style='width: 800px'>{parts}"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    require("browser")
    browser = Browser(tmp_path_factory.mktemp("mathml"))
    yield browser
    browser.close()


def test_nothing_overlaps_or_is_cut(browser):
    browser.open(shown({name: derived(name)[0]._repr_html_() for name in CASES}))
    assert browser.js("return document.querySelectorAll('math').length") > len(CASES)
    assert not browser.js(FAULTS)
    height = "return document.querySelector('munder > mo').getBoundingClientRect().height"
    assert browser.js(height) > 20  # Σ is larger than a letter


GAPS = """
const leaves = (e) => e.children.length ? [...e.children].flatMap(leaves) : [e];
const boxes = (e) => leaves(e).filter((l) => l.textContent).map((l) => l.getBoundingClientRect());
return [...document.querySelectorAll("mfrac")].map(({children: [above, below]}) =>
  Math.min(...boxes(below).map((b) => b.top)) - Math.max(...boxes(above).map((b) => b.bottom)));
"""


@pytest.mark.parametrize("font", ["math", "DejaVu Sans", "Liberation Serif"])
def test_the_bar_of_a_fraction_keeps_off_its_parts(browser, font):
    """A notebook takes a font without measures for mathematics where there is none with them."""
    fractions = [derived(name)[0]._repr_html_() for name in CASES if "sigmoid" in name]
    style = f"<style>math {{ font: 20px '{font}' }}</style>".replace("'math'", "math")
    browser.open(style + shown({"fractions": "".join(fractions)}))
    gaps = browser.js(GAPS)
    assert gaps and min(gaps) > 16, gaps


def test_what_overlaps_is_found(browser):
    wrong = "<math><mrow><mi>x</mi><mi style='position: relative; left: -9px'>W</mi></mrow></math>"
    browser.open(shown({"wrong": wrong}))
    assert browser.js(FAULTS)
