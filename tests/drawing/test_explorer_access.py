"""The explorer by keyboard and for screen readers: axe's rules, the focus, keys, names."""

from importlib.resources import files

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.drawing.explorer import page
from tests.drawing.explorer_scenes import RUN, blocks, two_layers

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
FINDINGS = """
    const done = arguments[arguments.length - 1];
    const rules = {'color-contrast': {enabled: arguments[0]}};
    axe.run(document, {rules, resultTypes: ['violations']}).then(({violations}) => done(
      violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
        .map(({id, nodes}) => [id, ...nodes.map((node) => node.html.slice(0, 120))])));"""
STEP = """
    const slider = document.querySelector('#step');
    slider.value = arguments[0];
    slider.dispatchEvent(new Event('input'));"""
FOCUSED = """
    const e = document.activeElement;
    const style = getComputedStyle(e);
    const face = e.querySelector(':scope > .face');
    const {width, height} = e.getBoundingClientRect();
    return {
      what: e.id || e.dataset.act || e.dataset.key || e.className || e.tagName,
      ring: face ? parseFloat(getComputedStyle(face).strokeWidth) > 2
        : style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      seen: width > 0 && height > 0,
    }"""
CONTROLS = """
    const tabbed = [...document.querySelectorAll('button, select, input, [tabindex="0"]')];
    return tabbed.filter((e) => e.checkVisibility() && !e.closest('dialog:not([open])'))
      .map((e) => e.id || e.dataset.act || e.dataset.key || e.className)"""
TAB, ENTER, SPACE, ESCAPE = "\ue004", "\ue007", " ", "\ue00c"
LEFT, RIGHT, DOWN = "\ue012", "\ue014", "\ue015"


def network():
    """Return a small network with images, values and formulas."""
    rng = np.random.default_rng(0)
    image = tg.tensor(rng.random((2, 5, 5)), name="image")
    weight = tg.tensor(rng.normal(size=(25, 3)), requires_grad=True, name="W")
    scores = image.reshape(2, 25) @ weight
    scores.name = "Z"
    return tg.render(tg.tanh(scores).sum()).html(RUN)


def states(browser):
    """Go through all that the page can show, and say what it is."""
    yield "first view"
    browser.click(".pill.forward")
    yield "a box with its values"
    browser.press("d")
    browser.js(STEP, 6)
    yield "a backward step with formulas"
    browser.press("?")
    yield "the keys"
    browser.press("?", "r")
    yield "the training run"
    browser.press("r", "/", "m")
    yield "what was found"
    browser.press(ESCAPE)


def findings(browser, contrast):
    browser.driver.set_script_timeout(60)
    return browser.driver.execute_async_script(FINDINGS, contrast)


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)], ids=str)
def test_the_rules_of_accessibility(browser, size):
    browser.screen(*size)
    browser.open(network())
    browser.js(AXE + "; window.axe = axe")
    for state in states(browser):
        assert findings(browser, contrast=False) == [], state
    if browser.one("#more").is_displayed():
        browser.one("#more").click()
        assert findings(browser, contrast=False) == [], "the menu"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_rules_of_contrast(browser, theme):
    browser.screen(1000, 800, theme, touch=False)
    browser.open(network())
    browser.js(AXE + "; window.axe = axe")
    browser.press("d", "/", "z", ENTER)
    assert findings(browser, contrast=True) == [], "values and formulas"
    browser.js(STEP, 6)
    browser.press("?")
    assert findings(browser, contrast=True) == [], "a step, and the keys"


# ------------------------------------------------------------------------------------ the keyboard


def test_tab_reaches_every_control_and_the_focus_is_seen(browser):
    browser.open(page(blocks(2), RUN))
    wanted = browser.js(CONTROLS)
    browser.js("document.activeElement.blur()")
    reached = []
    for _ in wanted:
        browser.press(TAB)
        found = browser.js(FOCUSED)
        assert found["ring"] and found["seen"], found
        reached.append(found["what"])
    assert sorted(reached) == sorted(wanted)
    assert [*reached[:2], *reached[-2:]] == ["search", "colour", "step", "close"], "as they stand"


def focus(browser, css):
    browser.js("document.querySelector(arguments[0]).focus()", css)


def test_buttons_are_pressed_by_enter_and_by_space(browser):
    browser.open(page(two_layers()))
    for key, pressed in ((ENTER, "false"), (SPACE, "true")):
        focus(browser, "#mirror")
        browser.press(key)
        assert browser.one("#mirror").get_attribute("aria-pressed") == pressed
        assert browser.js("return document.querySelector('#step').value") == "0", "nothing plays"
    focus(browser, "[data-act=next]")
    browser.press(ENTER, SPACE)
    assert browser.text("#telling").startswith("Forward 2 of 6")
    assert browser.js("return document.activeElement.dataset.act") == "next"
    focus(browser, "#help")
    browser.press(ENTER)
    assert browser.one("#keys").is_displayed()
    browser.press(ESCAPE)
    assert browser.js("return document.activeElement.id") == "help", "the focus comes back"


def test_the_slider_and_the_list_of_colours_have_their_own_keys(browser):
    browser.open(page(blocks(2)))
    focus(browser, "#step")
    browser.press(RIGHT, RIGHT, LEFT)
    assert browser.text("#telling").startswith("Forward 1 of"), "each key is one step"
    focus(browser, "#colour")
    browser.press(DOWN)
    assert browser.js("return document.querySelector('#colour').value") == "module"


def test_boxes_are_walked_unfolded_and_chosen(browser):
    browser.open(page(blocks(30)))
    focus(browser, ".tile[tabindex='0']")
    browser.press(DOWN, DOWN)
    focused = browser.js(FOCUSED)
    assert focused["what"] == browser.js(
        "return document.querySelector('.tile.selected').dataset.key"
    )
    assert focused["ring"]
    before = int(browser.js("return document.body.dataset.tiles"))
    browser.press(ENTER)
    assert int(browser.js("return document.body.dataset.tiles")) > before
    inside = browser.js(FOCUSED)["what"]
    assert inside == "call 1", "the focus is on the first of what was unfolded"
    browser.press(DOWN, DOWN)
    assert browser.text("#details .path") == "model.blocks[1]", "and goes on from there"
    browser.press("b", "b")
    assert browser.js(FOCUSED)["what"] == "call 3", "a drawing that is new keeps it"
    browser.press(ESCAPE)
    assert browser.all(".tile.selected") == []


def test_the_focus_is_seen_on_what_is_not_finite(browser):
    browser.open(page(two_layers()))
    browser.press("/", "log", ENTER, DOWN, "\ue013")  # up
    focused = browser.js(FOCUSED)
    assert focused["what"] == "box 7" and focused["ring"]
    assert "broken" in browser.one(".tile.forward.selected").get_attribute("class")


def test_links_in_the_details_lead_on(browser):
    browser.open(page(two_layers()))
    browser.click(".tile.forward[data-key='box 5']")
    focus(browser, "#details li button")
    browser.press(ENTER)
    assert browser.text("#details h2") == "A1relu"


NAMES = {
    "#search": ("combobox", "Search"),
    "#colour": ("combobox", "Colour by"),
    "#fold": ("button", "Fold a level"),
    "#unfold": ("button", "Unfold a level"),
    "#in": ("button", "Zoom in"),
    "#out": ("button", "Zoom out"),
    "#fit": ("button", "Fit"),
    "#mirror": ("button", "Backward"),
    "#link": ("button", "Link"),
    "#copy": ("button", "Copy"),
    "#theme": ("button", "Light or dark"),
    "#help": ("button", "Keys"),
    "#step": ("slider", "Step"),
    "#details": ("complementary", "Details"),
    "#graph": ("application", "The graph: forward on the left, backward on the right"),
    "#telling": ("status", ""),
    "[data-act=first]": ("button", "Before the first step"),
    "[data-act=back]": ("button", "Step back"),
    "[data-act=play]": ("button", "Play or pause"),
    "[data-act=next]": ("button", "Step"),
    "[data-act=last]": ("button", "After the last step"),
    "[data-act=close]": ("button", "Leave the steps"),
    ".tile.forward[data-key='box 5']": ("button", "matmul → Z2 4 × 2"),
    ".tile.backward[data-key='box 5']": ("button", "∂Z2 4 × 2"),
    ".pill.backward[data-box='1']": ("button", "∂W1 not computed"),
}


def test_roles_and_names(browser):
    browser.open(page(two_layers()))
    found = {css: browser.one(css) for css in NAMES}
    assert {css: (e.aria_role, e.accessible_name) for css, e in found.items()} == NAMES
