"""Links to what the explorer shows, and pictures of it on the clipboard."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

import tensorgraph as tg
from tensorgraph.drawing.explorer import page
from tests.drawing.browser import STEP
from tests.drawing.explorer_scenes import blocks, two_layers

STATE = """
    const name = (e) => e.getAttribute('class') + (e.dataset.key ?? e.dataset.box);
    const marked = (css) => [...document.querySelectorAll(css)].map(name);
    return {
      tiles: [...document.querySelectorAll('.tile')].map((e) => e.dataset.key),
      outlines: [...document.querySelectorAll('.heading')].map((e) => e.textContent),
      marked: marked('.is-current, .is-pending, .is-read, .is-fed, .is-input'),
      selected: marked('.selected'),
      step: document.querySelector('#step').value,
      telling: document.querySelector('#telling').textContent,
      details: document.querySelector('#details').textContent,
      pressed: [...document.querySelectorAll('[aria-pressed]')].map((e) => e.ariaPressed),
    }"""
COPY = """
    const done = arguments[arguments.length - 1];
    window.copied = null;
    navigator.clipboard.write = arguments[1]
      ? () => Promise.reject(new DOMException('no', 'NotAllowedError'))
      : async ([item]) => { window.copied = await item.getType('image/png'); };
    HTMLAnchorElement.prototype.click = function () { window.handed = [this.download, this.href]; };
    document.querySelector(arguments[0]).click();
    const said = () => document.querySelector('#said').textContent;
    const read = (blob) => new Promise((found) => {
      const reader = new FileReader();
      reader.addEventListener('load', () => found(reader.result));
      reader.readAsDataURL(blob);
    });
    const look = async () => {
      if (!said()) return setTimeout(look, 20);
      done([said(), window.copied && await read(window.copied), window.handed]);
    };
    look();"""
STAGE = """
    const stage = document.querySelector('#stage');
    document.querySelector('#said').hidden = true; // it lies on the drawing
    const {x, y} = stage.getBoundingClientRect();
    return [Math.round(x), Math.round(y), stage.clientWidth, stage.clientHeight]"""
WRITTEN = """
    const done = arguments[0];
    const before = location.hash;
    const look = () => location.hash === before ? setTimeout(look, 20) : done(location.hash);
    look();"""
IN_SIGHT = """
    const s = document.querySelector('#stage').getBoundingClientRect();
    const r = document.querySelector('.selected > .face').getBoundingClientRect();
    return r.left >= s.left && r.right <= s.right && r.top >= s.top && r.bottom <= s.bottom"""


def unfold(browser):
    browser.click(".tile.forward.repeat", "dblclick")
    browser.click("[data-key='call 13'] .fold")


def select(browser):
    browser.press("/", "blocks.7.w2", "\ue007")


def select_a_module(browser):
    unfold(browser)
    browser.click("[data-key='call 3']")


def step(browser):
    unfold(browser)
    browser.js(STEP, 290)


def look_elsewhere_within_a_step(browser):
    browser.js(STEP, 12)
    select(browser)


def before_the_first_step(browser):
    browser.press("\ue011")  # home


def hide_the_backward_half(browser):
    browser.press("b", "[")


CHANGES = [
    unfold, select, select_a_module, step, look_elsewhere_within_a_step, before_the_first_step,
    hide_the_backward_half,
]  # fmt: skip


def fragment_of(browser):
    """Return the fragment of the link that is copied."""
    browser.js("navigator.clipboard.writeText = async () => {}")
    browser.click("#link")
    return browser.js("return location.hash")


def test_the_address_follows_what_is_shown(browser):
    browser.open(page(two_layers()))
    browser.js(STEP, 3)
    browser.js(STEP, 4)
    browser.driver.set_script_timeout(30)
    assert browser.driver.execute_async_script(WRITTEN) == "#step=4&box=6"
    browser.press("\ue00c", "\ue00c")  # escape
    assert browser.driver.execute_async_script(WRITTEN) == ""


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_link_leads_to_what_is_shown(browser, change):
    text = page(blocks(30))
    browser.open(text)
    first = browser.js(STATE)
    change(browser)
    shown = browser.js(STATE)
    assert shown != first
    link = fragment_of(browser)
    browser.open(text, link)
    assert browser.js(STATE) == shown
    if shown["selected"]:
        assert browser.js(IN_SIGHT)
    assert len(link) < 300


def test_a_link_with_formulas_leads_to_the_derivation(browser):
    w = tg.tensor([0.5, -1.0], requires_grad=True, name="w")
    a = tg.tanh(w)
    text = tg.render((a * a).sum()).html()
    browser.open(text)
    browser.press("d", "\ue010")  # end
    shown = browser.js(STATE)
    assert browser.texts("#details .line")
    browser.open(text, fragment_of(browser))
    assert browser.js(STATE) == shown


def test_another_link_on_the_same_page(browser):
    browser.open(page(blocks(30)))
    first = browser.js(STATE)
    browser.js("location.hash = '#step=12&box=4'")
    browser.js("location.hash = '#open=root&backward=0'")
    assert browser.texts(".tile > .title") == ["Net", "mean → loss"]
    browser.js("location.hash = ''")
    browser.driver.execute_async_script("setTimeout(arguments[0], 0)")
    assert browser.js(STATE) == first


NONSENSE = [
    "#", "#nonsense", "#step=x", "#step=-3", "#step=1e999", "#step=", "#box=length", "#box=-1",
    "#box=1.5", "#box=99999", "#box=__proto__", "#item=root", "#item=call 99", "#item=toString",
    "#open=", "#open=call 99,,root", "#backward=2&formulas=7", "#%", "#%00=%ff&box=%",
    "#" + "a" * 5000, "#<script>document.body.dataset.owned=1</script>",
]  # fmt: skip


def test_nonsense_in_a_link_does_no_harm(browser):
    browser.open(page(two_layers()))
    tiles = browser.js(STATE)["tiles"]
    for nonsense in NONSENSE:
        browser.js("location.hash = arguments[0]", nonsense)
        browser.driver.execute_async_script("setTimeout(arguments[0], 0)")
        assert browser.errors() == [], nonsense
        state = browser.js(STATE)
        assert state["selected"] == [] and state["details"].startswith("two layers"), nonsense
        assert state["tiles"] == (tiles if nonsense != "#open=" else state["tiles"]), nonsense
    assert browser.js("return document.body.dataset.owned") is None


def test_a_link_to_what_is_no_longer_there(browser):
    browser.open(page(blocks(30)))
    browser.press("/", "blocks.29.w2", "\ue007")
    link = fragment_of(browser)
    assert re.search("box=[0-9]", link)
    browser.open(page(two_layers()), link)
    assert browser.text("#details h2") == "two layers"
    browser.open(page(two_layers()), "#step=500")
    assert browser.text("#telling").startswith("Backward 6 of 6"), "the last there is"


# ---------------------------------------------------------------------------------------- pictures


def copied(browser, refused=False):
    """Return what is said, the picture on the clipboard, and what was handed over as a file."""
    browser.driver.set_script_timeout(30)
    said, address, handed = browser.driver.execute_async_script(COPY, "#copy", refused)
    return said, image_of(address), handed


def image_of(address):
    if not address:
        return None
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB")


def screenshot(browser):
    """Return what is seen on the stage, which the picture is of."""
    left, top, width, height = browser.js(STAGE)
    shot = image_of("," + browser.driver.get_screenshot_as_base64())
    return shot.crop((left, top, left + width, top + height))


def check_same(picture, seen):
    """Compare a picture that is twice as sharp with what is seen, by blocks of 8 pixels each way.

    Letters are drawn a little otherwise; a box of another colour is seen in every block of it.
    """
    assert picture.size == (2 * seen.width, 2 * seen.height)
    size = seen.width // 8, seen.height // 8
    blocks_of = [
        np.asarray(image.resize(size, Image.Resampling.BOX), float) for image in (picture, seen)
    ]
    apart = np.abs(blocks_of[0] - blocks_of[1]).max()
    assert apart < 48


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_copied_picture_is_what_is_seen(browser, theme):
    browser.screen(900, 700, theme, touch=False)
    browser.open(page(two_layers()))
    browser.js(STEP, 9)
    browser.press("b", "b", "+")
    browser.js("document.querySelector('#minimap').remove()")  # it is no part of the drawing
    said, picture, handed = copied(browser)
    assert said == "The picture is copied." and handed is None
    check_same(picture, screenshot(browser))


def test_formulas_are_in_the_picture(browser):
    w = tg.tensor([0.5, -1.0], requires_grad=True, name="w")
    a = tg.tanh(w)
    browser.open(tg.render((a * a).sum()).html())
    plain = copied(browser)[1]
    browser.open(browser.page.read_text(encoding="utf-8"))
    browser.press("d")
    _, picture, _ = copied(browser)
    assert np.asarray(picture).std() > 0 and picture.tobytes() != plain.tobytes()
    check_same(picture, screenshot(browser))


def test_where_no_page_may_copy_it_says_so_and_hands_the_picture_over(browser):
    browser.open(page(two_layers()))
    said, picture, (name, address) = copied(browser, refused=True)
    assert "does not let the page copy" in said and name == "two layers.png" and name in said
    assert picture is None
    check_same(image_of(address), screenshot(browser))
    browser.js("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    browser.press("l")
    assert "the link is the address above" in browser.driver.execute_async_script(
        "setTimeout(() => arguments[0](document.querySelector('#said').textContent), 50)"
    )


def test_a_picture_that_cannot_be_made_is_told_of(browser):
    browser.open(page(two_layers()))
    browser.js("HTMLCanvasElement.prototype.toBlob = () => { throw new Error('tainted'); }")
    assert copied(browser)[0] == "The picture could not be made: tainted"


def test_in_a_notebook_there_is_no_address_to_link_to(browser):
    x = tg.tensor([0.5, -1.0], requires_grad=True)
    frame = tg.render((x * x).sum()).explore()
    browser.open(f"<!doctype html>{frame._repr_html_()}")
    browser.driver.switch_to.frame(browser.one("iframe"))
    try:
        browser.click("[data-act=next]")
        assert browser.text("#telling").startswith("Forward 1 of 2")
        assert not browser.one("#link").is_displayed() and browser.one("#copy").is_displayed()
    finally:
        browser.driver.switch_to.default_content()


def test_a_copied_link_is_the_whole_address(browser):
    browser.open(page(two_layers()))
    browser.js("navigator.clipboard.writeText = async (text) => { window.written = text; }")
    browser.press("\ue014", "l")
    assert browser.js("return window.written").endswith("explorer.html#step=1&box=2")
