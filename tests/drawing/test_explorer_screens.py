"""The explorer's page on phones, tablets and large screens, under fingers, and on paper."""

import pytest

import tensorgraph as tg
from tensorgraph.drawing.explorer import page
from tests.drawing.browser import STEP
from tests.drawing.explorer_scenes import RUN, Builder, blocks, two_layers

SIZES = [(390, 844), (768, 1024), (1500, 900)]
PHONE = SIZES[0]


OUTSIDE = """
    const clipped = `#stage svg *, .math *, .rows *, #bench, #bench *, #found *, dialog *, script,
      style`;
    const name = (e) => e.tagName + (e.id && '#' + e.id) + ' ' + e.textContent.slice(0, 20);
    return [...document.querySelectorAll('body *')].filter((e) => {
      if (e.matches(clipped)) return false;
      const {left, right, top, bottom, width} = e.getBoundingClientRect();
      const scrolls = e.closest('#details') && !e.matches('#details');
      const across = left >= 0 && right <= innerWidth;
      const down = scrolls || (top >= 0 && bottom <= innerHeight);
      return width && !(across && down);
    }).map(name)"""
CUT_OFF = """
    return [...document.querySelectorAll('header, .buttons, .tools, #stepper, #details, main')]
      .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1)
      .map((e) => e.id || e.className)"""
SIDEWAYS = """
    window.scrollTo(50, 50);
    const {scrollWidth, scrollHeight} = document.documentElement;
    return [scrollX, scrollY, scrollWidth - innerWidth, scrollHeight - innerHeight]"""
NOT_HIT = """
    const controls = [...document.querySelectorAll('button, select, input, output')];
    return controls.filter((e) => {
      const {x, y, width, height} = e.getBoundingClientRect();
      if (!width || e.closest('#details')) return false;
      const hit = document.elementFromPoint(x + width / 2, y + height / 2);
      return !(e.contains(hit) || e.labels?.[0]?.contains(hit));
    }).map((e) => e.id || e.dataset.act)"""
SMALL_FOR_FINGERS = """
    return [...document.querySelectorAll('header button, footer button')].filter((e) => {
      const {width, height} = e.getBoundingClientRect();
      return width && (width < 34 || height < 34);
    }).map((e) => e.id || e.dataset.act)"""
SENTENCE = """
    const e = document.querySelector('#telling');
    const {left, right, top, bottom} = e.getBoundingClientRect();
    const points = [[left + 2, top + 2], [left + 2, bottom - 2], [right - 2, top + 2]];
    return {
      hidden: [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight],
      covered: points.some(([x, y]) => !e.contains(document.elementFromPoint(x, y))),
    }"""
FRAMES = """
    const stage = document.querySelector('#stage').getBoundingClientRect();
    const frame = (e) => {
      const {left, right, top, bottom} = e.getBoundingClientRect();
      return [left - stage.left, right - stage.left, top - stage.top, bottom - stage.top];
    };
    return {
      stage: [stage.width, stage.height],
      drawing: frame(document.querySelector('#world')),
      now: [...document.querySelectorAll('.is-current > .face')].map(frame),
    }"""
VIEW = """
    const {a, e, f} = document.querySelector('#world').transform.baseVal.consolidate().matrix;
    return [a, e, f]"""
UNDER = """
    const {left, top} = document.querySelector('#stage').getBoundingClientRect();
    const matrix = document.querySelector('#world').getScreenCTM().inverse();
    const {x, y} = new DOMPoint(arguments[0], arguments[1]).matrixTransform(matrix);
    return [x, y]"""
SHOWN = """
    return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility())
      .map((e) => e.id || e.className || e.tagName)"""
SIZE_OF = "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()"


def talkative():
    """Return operations deep in modules of which long sentences are told."""
    b = Builder()
    call = b.call("model.encoder.blocks[11].attention.projection", "Projection")
    names = [f"normalised_{what}_projection" for what in ("query", "key", "value")]
    leaves = [b.leaf(name, (64, 128)) for name in names]
    long = b.op(
        "multiply", leaves, (64, 128), "attended_values_of_all_heads", call=call, saved=(0, 1, 2)
    )
    b.op("mean", [long], (), "loss")
    return b.scene("an experiment with a rather long name, " * 3)


@pytest.fixture(params=SIZES, ids=str)
def screen(browser, request):
    width, height = request.param
    browser.screen(width, height, touch=width < 1000)
    return browser


def check_inside(browser, state):
    assert browser.js(SIDEWAYS) == [0, 0, 0, 0], state
    assert browser.js(OUTSIDE) == browser.js(CUT_OFF) == [], state
    assert browser.js(NOT_HIT) == [], state


def test_nothing_lies_outside(screen):
    screen.open(page(talkative(), RUN))
    check_inside(screen, "first view")
    if screen.one("#more").is_displayed():
        assert screen.js(SMALL_FOR_FINGERS) == []
        screen.one("#more").click()
        check_inside(screen, "all tools")
        assert screen.one("#search").is_displayed() and screen.one("#colour").is_displayed()
        screen.one("#more").click()
        screen.one("#sheet").click()
    screen.click(".tile.forward")
    check_inside(screen, "selected")
    screen.press("\ue010")  # end
    check_inside(screen, "last step")


def test_the_sentence_of_a_step_can_be_read(screen):
    scene = talkative()
    screen.open(page(scene))
    for at in range(len(scene.forward) + len(scene.backward) + 1):
        screen.js(STEP, at)
        assert screen.js(SENTENCE) == {"hidden": [0, 0], "covered": False}, screen.text("#telling")
    screen.open(page(blocks(3)))
    screen.press("]", "\ue014", "\ue014")
    assert screen.js(SENTENCE) == {"hidden": [0, 0], "covered": False}


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_step_is_in_sight_and_the_view_uses_the_space(browser, size):
    browser.screen(*size)
    browser.open(page(blocks(4)))
    browser.press("]", "]")
    steps = int(browser.js("return document.querySelector('#step').max"))
    for at in [*range(1, steps + 1, 3), steps]:
        browser.js(STEP, at)
        found = browser.js(FRAMES)
        (wide, high), (left, right, top, bottom) = found["stage"], found["drawing"]
        assert found["now"], at
        for x0, x1, y0, y1 in found["now"]:
            assert x0 >= 0 and x1 <= wide and y0 >= 0 and y1 <= high, at
        # Beside and below the drawing is no more room than a margin, where it could fill it.
        assert min(right, wide) - max(left, 0) >= min(right - left, wide) - 70, at
        assert min(bottom, high) - max(top, 0) >= min(bottom - top, high) - 70, at


def test_on_a_phone_the_details_are_a_sheet_from_below(browser):
    browser.screen(*PHONE)
    browser.open(page(two_layers()))
    assert not browser.one("#details").is_displayed()
    sheet = browser.one("#sheet")
    assert sheet.text == "two layers" and sheet.get_attribute("aria-expanded") == "false"
    before = browser.js(SIZE_OF, "#stage")
    browser.click(".tile.forward[data-key='box 5']")
    assert browser.one("#details").is_displayed() and sheet.text == "Z2"
    assert sheet.get_attribute("aria-expanded") == "true"
    details, stage = browser.js(SIZE_OF, "#details"), browser.js(SIZE_OF, "#stage")
    assert details["width"] == PHONE[0] and details["top"] >= stage["bottom"]
    assert stage["height"] > 0.3 * before["height"], "the drawing is still seen"
    tile = browser.js(SIZE_OF, ".tile.forward.selected > .face")
    assert stage["top"] <= tile["top"] and tile["bottom"] <= stage["bottom"], "not below the sheet"
    browser.screen(PHONE[1], PHONE[0])
    assert not sheet.is_displayed() and browser.one("#details").is_displayed(), "on its side"
    browser.screen(*PHONE)
    sheet.click()
    assert not browser.one("#details").is_displayed()


# ------------------------------------------------------------------------------------------ fingers


def touch(browser, *moments):
    """Lay fingers on the screen, move them, and lift them: the points at each moment."""
    for kind, points in zip(["touchStart"] + ["touchMove"] * len(moments), moments, strict=False):
        fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        browser.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=fingers)
    browser.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def test_a_finger_moves_the_view(browser):
    browser.screen(*PHONE)
    browser.open(page(two_layers()))
    scale, x, y = browser.js(VIEW)
    touch(browser, [(200, 600)], [(180, 580)], [(160, 550)], [(150, 530)])
    assert browser.js(VIEW) == pytest.approx([scale, x - 50, y - 70], abs=0.5)
    assert browser.all(".selected") == [], "what lies under a finger that moves is not chosen"


def test_two_fingers_scale_what_is_between_them(browser):
    browser.screen(*PHONE)
    browser.open(page(two_layers()))
    scale, *_ = browser.js(VIEW)
    middle = browser.js(UNDER, 200, 400)
    touch(
        browser, [(180, 400), (220, 400)], [(160, 400), (240, 400)], [(140, 400), (260, 400)],
        [(120, 400), (280, 400)],
    )  # fmt: skip
    assert browser.js(VIEW)[0] == pytest.approx(4 * scale, rel=0.02)
    assert browser.js(UNDER, 200, 400) == pytest.approx(middle, abs=1)
    touch(browser, [(100, 400), (300, 400)], [(140, 440), (260, 440)], [(150, 450), (250, 450)])
    assert browser.js(VIEW)[0] == pytest.approx(2 * scale, rel=0.02)
    assert browser.js(UNDER, 200, 450) == pytest.approx(middle, abs=1), "it goes with the fingers"
    assert browser.js("return visualViewport.scale") == 1, "not the page"


def test_a_tap_selects(browser):
    browser.screen(*PHONE)
    browser.open(page(two_layers()))
    at = browser.js(SIZE_OF, ".tile.forward[data-key='box 5'] > .face")
    touch(browser, [(at["x"] + 20, at["y"] + 9)])
    assert browser.text("#details h2") == "Z2matmul"
    assert browser.one("#details").is_displayed()


# -------------------------------------------------------------------------------------------- paper


def test_on_paper_is_nothing_to_press(browser):
    browser.open(page(blocks(30), RUN))
    browser.press("\ue014")
    browser.click(".tile.forward.repeat")
    assert browser.one("#details .wide").is_displayed(), "a button among what is told"
    browser.theme("dark", media="print")
    assert (
        browser.js(SHOWN, "button:not(.link, .line), input, select, footer, #minimap, .fold, .hint")
        == []
    )
    assert browser.js(SHOWN, "h1, #graph, #details h2") != []
    ground, ink = browser.js(
        "const {backgroundColor, color} = getComputedStyle(document.body);"
        "return [backgroundColor, color]"
    )
    assert ground == "rgb(247, 247, 245)" and ink == "rgb(31, 36, 48)", "dark ink on light paper"


def test_a_page_with_a_picture_prints_no_buttons(browser):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    picture = tg.render((x * x).sum())
    browser.open(f"<!doctype html><p>before{picture.svg()}")
    browser.theme("light", media="print")
    assert browser.all("button, input, select, a") == []
