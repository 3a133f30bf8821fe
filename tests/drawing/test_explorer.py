"""What the explorer's page does, in headless Chromium."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.drawing.explorer import page
from tensorgraph.drawing.scene.scene import Scene
from tests.drawing.browser import contrast, luminance
from tests.drawing.explorer_scenes import HOSTILE, RUN, blocks, chain, lanes, two_layers, used_twice

PLACES = """
    return Object.fromEntries([...document.querySelectorAll('.tile, .pill')].map((e) => {
      const side = e.classList.contains('forward') ? 'forward' : 'backward';
      const {e: x, f: y} = e.transform.baseVal.consolidate().matrix;
      return [side + ' ' + (e.dataset.key ?? 'pill ' + e.dataset.box), [x, y]];
    }))"""
FACTS = """
    const facts = {};
    let part = '';
    for (const e of document.querySelectorAll('#details h3, #details dt')) {
      if (e.matches('h3')) part = e.textContent + ' ';
      else facts[part + e.textContent] = e.nextSibling.textContent;
    }
    return facts"""
MARKED = """
    return [...document.querySelectorAll('.is-' + arguments[0])].map((e) =>
      (e.classList.contains('backward') ? '∂' : '') + (e.dataset.key ?? e.dataset.box)).sort()"""
ENDS = """
    return [...document.querySelectorAll('path.saved')].map((e) =>
      [e.dataset.source, e.dataset.target])"""
LINKS = """
    return [...document.querySelectorAll('path.link')].map((e) =>
      [e.dataset.source, e.dataset.target])"""
ACTIVE = """
    return [...document.querySelectorAll('.is-active')].map((e) =>
      e.classList[0] + ' ' + e.dataset.source).sort()"""
HEATS = """
    return Object.fromEntries([...document.querySelectorAll('.tile.heated')].map((e) => [
      (e.classList.contains('backward') ? '∂' : '') + e.dataset.key,
      parseInt(e.style.getPropertyValue('--heat'))]))"""
HUES = """
    return [...document.querySelectorAll('.tile.forward')].map((e) =>
      e.style.getPropertyValue('--hue'))"""
SET = """
    const field = document.querySelector(arguments[0]);
    field.value = arguments[1];
    field.dispatchEvent(new Event(arguments[2]))"""
UNTIL_IT_STOPS = """
    const done = arguments[0];
    const look = () => document.querySelector('.playing')
      ? setTimeout(look, 20) : done(document.querySelector('#step').value);
    look()"""
SIDES = """
    const {left, right} = document.querySelector(arguments[0]).getBoundingClientRect();
    return [left, right]"""
COLOURS = """
    const {color, backgroundColor} = getComputedStyle(document.querySelector(arguments[0]));
    return [color, backgroundColor]"""
WHEEL = """
    document.querySelector('#graph').dispatchEvent(new WheelEvent('wheel', {
      deltaY: arguments[0], clientX: 300, clientY: 400, bubbles: true, cancelable: true}))"""
UNDER = """
    const matrix = document.querySelector('#world').getScreenCTM().inverse();
    const {x, y} = new DOMPoint(300, 400).matrixTransform(matrix);
    return [x, y]"""
INSIDE = """
    const s = document.querySelector('#stage').getBoundingClientRect();
    return [...document.querySelectorAll('.tile > .face')].every((e) => {
      const r = e.getBoundingClientRect();
      return r.left >= s.left && r.right <= s.right && r.top >= s.top && r.bottom <= s.bottom;
    })"""
VIEW = """
    const {a, e, f} = document.querySelector('#world').transform.baseVal.consolidate().matrix;
    return [a, e, f]"""


def tile(box, side="forward"):
    return f".tile.{side}[data-key='box {box}']"


def tiles(browser):
    return int(browser.js("return document.body.dataset.tiles"))


def overlaps(browser):
    """Return how many pairs of tiles lie on each other."""
    return browser.js(
        """
        const faces = [...document.querySelectorAll('.tile > .face, .pill > .face')];
        const boxes = faces.map((e) => e.getBoundingClientRect());
        let pairs = 0;
        boxes.forEach((p, i) => boxes.slice(0, i).forEach((q) => {
          const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
          const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
          if (wide > 0.5 && high > 0.5) pairs++;
        }));
        return pairs"""
    )


def test_gradients_mirror_their_values(browser):
    browser.open(page(two_layers()))
    places = browser.js(PLACES)
    forward = {k[8:]: v for k, v in places.items() if k.startswith("forward box")}
    backward = {k[9:]: v for k, v in places.items() if k.startswith("backward box")}
    assert set(forward) == set(backward) == {f"box {i}" for i in (2, 3, 5, 6, 7, 8)}
    axes = {round(x + backward[k][0], 3) for k, (x, _) in forward.items()}
    assert len(axes) == 1
    assert all(y == backward[k][1] for k, (_, y) in forward.items())
    assert max(x for x, _ in forward.values()) < min(x for x, _ in backward.values())
    down = sorted(forward, key=lambda k: forward[k][1])
    assert down == [f"box {i}" for i in (2, 3, 5, 6, 7, 8)]
    assert len(browser.all(".link.forward")) == len(browser.all(".link.backward")) == 5
    assert overlaps(browser) == 0


def test_rows_side_by_side_stay_apart(browser):
    scene = lanes(5)
    browser.open(page(scene))
    assert overlaps(browser) == 0
    places = browser.js(PLACES)
    for box in scene.boxes:
        _, y = places.get(f"forward box {box.id}", (0, 0))
        sources = [places.get(f"forward box {wire.source}") for wire in box.wires]
        assert all(y > source[1] for source in sources if source), "forward runs down"
    forward = {key[8:]: place for key, place in places.items() if key.startswith("forward box")}
    assert len({round(x + places[f"backward {key}"][0], 3) for key, (x, _) in forward.items()}) == 1
    columns = {}
    for box in scene.boxes:
        if box.op == "add":
            columns.setdefault(box.name, []).append(places[f"forward box {box.id}"][0])
    for name, xs in columns.items():
        assert max(xs) - min(xs) < 1, f"{name} is straight"


def test_leaves_are_docked(browser):
    browser.open(page(two_layers()))
    assert browser.texts(".pill.forward > .small") == ["X  4×3", "W1  3×5", "W2  5×2"]
    assert browser.texts(".pill.backward > .small") == ["∂W1", "∂W2  5×2"]
    missing = ".pill.backward.missing"
    assert [e.get_attribute("data-box") for e in browser.all(missing)] == ["1"]
    assert browser.one(missing).accessible_name == "∂W1 not computed"


def test_saved_values_lead_to_the_gradients_that_read_them(browser):
    browser.open(page(two_layers()))
    assert sorted(browser.js(ENDS)) == [
        ["box 2", "box 2"], ["box 3", "box 3"], ["box 3", "box 5"], ["box 5", "box 5"],
        ["box 6", "box 6"], ["box 6", "box 7"],
    ]  # fmt: skip


def test_panel_tells_all_about_a_value(browser):
    browser.open(page(two_layers()))
    browser.click(tile(5))
    assert browser.text("#details h2") == "Z2matmul"
    assert browser.text("#details .source") == "train.py:7Z2 = A1 @ W2"
    assert browser.texts("#details math") == ["equation-of-matmul", "rule-of-matmul"]
    assert browser.texts("#details li") == [
        "xA14 × 5", "yW25 × 2", "as xA24 × 2", "xA180 B", "yW240 B",
    ]  # fmt: skip
    numbers = {
        "Minimum": "−1.5", "Mean": "0.25", "Maximum": "2.5", "Deviation": "0.75", "Elements": "40",
    }  # fmt: skip
    assert browser.js(FACTS) == {
        "Shape": "4 × 2", "Type": "float32", "Memory": "32 B",
        "Time forward": "15 µs", "Time backward": "2.5 ms",
        **{f"Value {k}": v for k, v in numbers.items()},
        "Value Norm": "6.5", "Value zeros": "10 (25.0 %)",
        **{f"Gradient {k}": v for k, v in numbers.items()},
        "Gradient Norm": "0.0625",
    }  # fmt: skip
    heights = browser.js(
        "return [...document.querySelector('.histogram').querySelectorAll('rect')]"
        ".map((e) => e.height.baseVal.value)"
    )
    assert heights == pytest.approx([44 * 1 / 20, 0, 44, 44 * 19 / 20], abs=44 / 35)


def test_numbers_of_a_recorded_network(browser):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(6, 4)), np.eye(3)[rng.integers(3, size=6)]
    W = tg.tensor(rng.normal(size=(4, 3)), requires_grad=True)
    Z = X @ W
    loss = -(Y * tg.log(tg.softmax(Z, axis=1))).sum() / 6
    browser.open(tg.render(loss).html())
    browser.press("/", "Z matmul", "\ue007")
    z = X @ W.numpy()
    a = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    told = browser.js(FACTS)
    assert told["Shape"] == "6 × 3" and told["Type"] == "float64"
    assert number(told["Value Mean"]) == pytest.approx(z.mean(), rel=1e-3)
    assert number(told["Value Norm"]) == pytest.approx(np.linalg.norm(z), rel=1e-3)
    assert number(told["Gradient Norm"]) == pytest.approx(np.linalg.norm(a - Y) / 6, rel=1e-3)
    assert "out=xy" in browser.texts("#details math")


def number(text):
    return float(text.replace("−", "-"))


def test_a_histogram_tells_its_range(browser):
    browser.open(page(two_layers()))
    browser.click(tile(5))
    assert browser.texts("#details figcaption") == ["−1.52.5", "−1.52.5"]
    browser.click(tile(6))
    assert browser.texts("#details figcaption") == ["01", "−1.52.5"]


@pytest.mark.parametrize("alike", [True, False])
def test_few_boxes_are_visible_at_first(browser, alike):
    for count in (9, 60):
        browser.open(page(blocks(count, alike=alike)))
        assert 2 < tiles(browser) <= 150
    assert tiles(browser) == 3 if alike else tiles(browser) > 60


def test_panel_follows_links_and_says_what_is_missing(browser):
    browser.open(page(two_layers()))
    browser.click(tile(5))
    browser.click("#details li:nth-child(2) button.link")
    assert browser.text("#details h2") == "W2parameter"
    browser.click(".pill.forward[data-box='1']")
    assert browser.text("#details h2") == "W1parameter"
    assert browser.text("#details p.missing") == "not computed"
    browser.click(tile(8, "backward"))
    assert browser.text("#details h2") == "lossmean"
    browser.click("#graph")
    assert browser.text("#details h2") == "two layers"
    assert browser.texts("#details math") == ["derived"]


FORWARD = [2, 3, 5, 6, 7, 8]
BACKWARD = FORWARD[::-1]


def test_steps_to_the_end_and_back(browser):
    browser.open(page(two_layers()))
    before = browser.js(PLACES), browser.js(VIEW)
    for at, box in enumerate(FORWARD, 1):
        browser.press("\ue014")  # right
        assert browser.js(MARKED, "current") == [f"box {box}"]
        assert browser.text("#telling").startswith(f"Forward {at} of 6")
        still_to_come = {f"box {b}" for b in FORWARD[at:]}
        assert set(browser.js(MARKED, "pending")) >= still_to_come
        assert not set(browser.js(MARKED, "pending")) & {f"box {b}" for b in FORWARD[:at]}
    for at, box in enumerate(BACKWARD, 1):
        browser.press("\ue014")
        assert browser.js(MARKED, "current") == [f"∂box {box}"]
        assert browser.text("#telling").startswith(f"Backward {at} of 6")
        assert browser.js("return Number(document.querySelector('#step').value)") == 6 + at
    assert browser.js(MARKED, "pending") == []
    browser.press("\ue014")
    assert browser.js(MARKED, "current") == ["∂box 2"], "there is no step after the last"
    for box in [*FORWARD, *BACKWARD]:
        side = "∂" if browser.text("#telling").startswith("Backward") else ""
        assert browser.js(MARKED, "current") == [f"{side}box {box}"]
        browser.press("\ue012")  # left
    assert browser.text("#telling") == "Before the first step"
    assert (browser.js(PLACES), browser.js(VIEW)) == before, "nothing moves"


def test_a_step_shows_what_it_takes_and_what_it_adds_to(browser):
    browser.open(page(two_layers()))
    browser.js(SET, "#step", 3, "input")
    assert browser.js(MARKED, "input") == ["4", "box 3"]
    assert browser.text("#telling") == "Forward 3 of 6: matmul(A1, W2) → Z2 4 × 2"
    assert browser.js("return document.querySelectorAll('.link.forward.is-active').length") == 1
    browser.js(SET, "#step", 10, "input")
    assert browser.text("#telling") == "Backward 4 of 6: from ∂Z2, reads A1, W2, adds to ∂A1, ∂W2"
    assert browser.js(MARKED, "read") == ["4", "box 3"]
    assert browser.js(MARKED, "fed") == ["∂4", "∂box 3"]
    assert browser.js(ACTIVE) == ["link box 3", "saved box 3", "saved box 5"]
    assert browser.text("#details h2") == "Z2matmul", "the panel follows"
    browser.press("\ue00c")  # escape
    assert browser.js(MARKED, "pending") == browser.js(MARKED, "current") == []


def test_a_gradient_comes_together(browser):
    browser.open(page(used_twice()))
    sums = []
    for _ in range(4):
        browser.press("\ue014")
        sums.append(browser.text(tile(0, "backward") + " .badge"))
    assert sums == ["", "", "Σ 1 of 3", "Σ 3 of 3"]
    browser.click(tile(0))
    assert browser.text("#details p.note") == "The sum of 3 contributions."


def test_playing_stops_at_the_end(browser):
    browser.open(page(used_twice()))
    browser.press("\ue010", "\ue012")  # end, left
    browser.press(" ")
    browser.driver.set_script_timeout(30)
    assert browser.driver.execute_async_script(UNTIL_IT_STOPS) == "4"


def test_equal_blocks_are_folded_and_unfold(browser):
    browser.open(page(blocks(30)))
    names = browser.texts(".tile.forward > .title")
    assert names == ["relu", "Block × 30", "mean → loss"]
    assert all(source != target for source, target in browser.js(LINKS))
    browser.click(".tile.forward.repeat", "dblclick")
    assert tiles(browser) == 32
    assert overlaps(browser) == 0
    assert browser.text("#details h2") == "Block × 30repeat"
    browser.click("[data-key='call 3']")
    assert browser.texts("#details li") == ["blocks.1.W1not computed", "blocks.1.W2not computed"]
    assert browser.js(FACTS) == {
        "Operations": "5", "Parameters": "128 in 2", "Memory of values": "1.28 kB",
    }  # fmt: skip
    browser.click("[data-key='call 3'] .fold")
    assert tiles(browser) == 34
    assert browser.text("#details .path") == "model.blocks[1]"
    browser.press("e")
    assert tiles(browser) == 32
    browser.press("[", "[")
    assert browser.texts(".tile.forward > .title") == ["Net", "mean → loss"]
    browser.press("]")
    assert tiles(browser) == 3


def test_what_is_unfolded_stays_in_its_place(browser):
    browser.open(page(lanes(5)))
    browser.press("[")
    before = sum(browser.js(SIDES, ".tile.forward.module > .face")) / 2
    browser.click(".tile.forward.module", "dblclick")
    assert sum(browser.js(SIDES, ".outline.forward")) / 2 == pytest.approx(before, abs=1)


def test_search_unfolds_what_hides_the_answer(browser):
    browser.open(page(blocks(30)))
    browser.press("/", "blocks.7.w2", "\ue007")
    assert browser.text("#details h2") == "blocks.7.W2parameter"
    (pill,) = browser.all(".pill.forward.selected")
    box, stage = pill.rect, browser.one("#stage").rect
    assert stage["x"] < box["x"] < stage["x"] + stage["width"]
    assert stage["y"] < box["y"] < stage["y"] + stage["height"]


def test_search_finds_modules_lines_and_nothing(browser):
    browser.open(page(blocks(4)))
    browser.press("/", "mlp")
    assert browser.texts("#found b")[:4] == ["MLP"] * 4
    assert browser.js("return document.querySelectorAll('#found [aria-selected=true]').length") == 1
    browser.press("\ue015", "\ue007")  # down
    assert browser.text("#details .path") == "model.blocks[1].mlp"
    browser.press("/", "nowhere to be found")
    assert browser.text("#none-found") == "nothing found"
    browser.open(page(two_layers()))
    browser.press("/", "train.py:7", "\ue007")
    assert browser.text("#details h2") == "Z2matmul"


@pytest.mark.parametrize(("modules", "alike"), [(True, True), (True, False), (False, False)])
def test_a_thousand_operations(browser, modules, alike):
    browser.open(page(blocks(200, modules, alike)))
    assert 2 < tiles(browser) <= 150
    assert browser.js("return document.querySelectorAll('*').length") < 5000
    shown = tiles(browser)
    browser.click(".tile.forward:is(.run, .repeat)", "dblclick")
    assert tiles(browser) > shown
    browser.press("\ue010")  # end
    assert browser.text("#telling").startswith("Backward 1001 of 1001")
    browser.press("\ue011")  # home
    browser.press("/", "#77", "\ue007")
    assert browser.js(FACTS)["Shape"]


def test_a_long_chain_is_cut_into_runs_of_runs(browser):
    browser.open(page(chain(5000)))
    assert browser.texts(".tile.forward > .title")[::3] == [
        "1 – 1600 of 5000",
        "4801 – 5000 of 5000",
    ]
    browser.press("]")
    assert browser.text(".tile.forward > .title") == "1 – 40 of 5000"
    browser.press("/", "#4321", "\ue007")
    assert browser.text("#details h2") == "logelementwise"
    assert browser.js(FACTS)["Shape"] == "4322"


def test_all_of_a_graph_can_be_open(browser):
    browser.open(page(blocks(40)))
    while browser.all(".tile.forward:is(.run, .repeat, .module)"):
        browser.press("]")
    assert tiles(browser) == 202
    assert len({key for key in browser.js(PLACES) if key.startswith("forward box")}) == 202
    assert overlaps(browser) == 0


def test_themes(browser):
    for system in ("light", "dark"):
        media = [{"name": "prefers-color-scheme", "value": system}]
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        browser.open(page(two_layers()))
        first = contrasts(browser)
        browser.press("t")
        second = contrasts(browser)
        assert (first["ground"] > 0.5) == (system == "light")
        assert (second["ground"] > 0.5) == (system == "dark")
        assert min(first["least"], second["least"]) >= 4.5
        browser.press("t")
        assert contrasts(browser) == first
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def contrasts(browser):
    """Return the luminance of the ground, and the least contrast of texts on what is below them."""
    browser.click(tile(5))
    _, ground = browser.js(COLOURS, "body")
    _, panel = browser.js(COLOURS, "#details")
    inks = {
        css: browser.js(COLOURS, css)[0] for css in ("body", "#details h3", "#details dt", ".dim")
    }
    texts = ("#graph .title", "#graph .small", ".pill .small", "#graph .badge")
    fill = "return getComputedStyle(document.querySelector(arguments[0])).fill"
    face = browser.js(fill, tile(8, "backward") + " .face")
    inks_on_tiles = [browser.js(fill, css) for css in texts[:3]]
    pairs = [(ink, panel) for ink in inks.values()] + [(ink, face) for ink in inks_on_tiles]
    return {"ground": luminance(ground), "least": min(contrast(a, b) for a, b in pairs)}


def choose(browser, mode):
    browser.js(SET, "#colour", mode, "change")


def test_colours_tell_quantities(browser):
    browser.open(page(two_layers()))
    modes = browser.js(
        "return [...document.querySelectorAll('#colour option')].map((o) => o.value)"
    )
    assert modes == ["family", "bytes", "time", "grad", "nan"]
    choose(browser, "bytes")
    heats = browser.js(HEATS)
    assert heats["box 2"] == heats["∂box 3"] == 100 and heats["box 8"] == 0
    assert browser.text("#legend") == "4 B80 B"
    assert heats["box 5"] == round(100 * math.log(32 / 4) / math.log(80 / 4))
    choose(browser, "time")
    assert browser.js(HEATS) == {"box 5": 0, "∂box 5": 100}
    assert browser.text("#legend") == "15 µs2.5 ms"
    choose(browser, "grad")
    assert set(browser.js(HEATS)) == {f"{side}box {i}" for i in (5, 6, 8) for side in ("", "∂")}
    choose(browser, "family")
    assert browser.js(HEATS) == {}


def test_first_nan(browser):
    browser.open(page(two_layers()))
    choose(browser, "nan")
    # One question: between several, a page that is still laid out may exchange its elements.
    keys = "return [...document.querySelectorAll('.origin')].map((e) => e.dataset.key)"
    assert browser.js(keys) == ["box 7"]
    assert browser.text("#legend") == "First NaN or infinity: the value of log (#7)"
    browser.open(page(blocks(2)))
    choose(browser, "nan")
    assert browser.text("#legend") == "Every number is finite."


def test_colour_by_module(browser):
    browser.open(page(blocks(3)))
    browser.press("]", "]")
    browser.press("c")
    assert browser.js("return document.querySelector('#colour').value") == "module"
    inside = browser.js(HUES)
    assert len(set(inside)) == 5 and all(inside), "three blocks, the model, and what is outside"


def test_pan_zoom_and_fit(browser):
    browser.open(page(two_layers()))
    scale, x, y = browser.js(VIEW)
    before = browser.js(UNDER)
    browser.js(WHEEL, -300)
    assert browser.js(VIEW)[0] > 1.2 * scale
    assert browser.js(UNDER) == pytest.approx(before, abs=1e-2)
    browser.press("f")
    assert browser.js(VIEW) == pytest.approx([scale, x, y])
    browser.press("+")
    assert browser.js(VIEW)[0] == pytest.approx(1.25 * scale)
    browser.press("-")
    assert browser.js(VIEW) == pytest.approx([scale, x, y])
    from selenium.webdriver import ActionChains

    stage = browser.one("#stage")
    drag = ActionChains(browser.driver, duration=10).move_to_element_with_offset(stage, -400, 0)
    drag.click_and_hold().move_by_offset(30, 20).release().perform()
    assert browser.js(VIEW) == pytest.approx([scale, x + 30, y + 20])
    browser.press("f")
    assert browser.js(INSIDE)


def test_minimap(browser):
    browser.open(page(two_layers()))
    assert not browser.one("#minimap").is_displayed(), "all is in sight"
    browser.press("+", "+")
    assert browser.one("#minimap").is_displayed()
    browser.open(page(blocks(30)))
    browser.press("]", "]")
    minimap = browser.one("#minimap")
    assert minimap.is_displayed()
    before = browser.js(VIEW)
    minimap.click()  # its middle
    scale, _, y = browser.js(VIEW)
    assert scale == before[0]
    height = browser.js("return document.querySelector('#world').getBBox().height")
    stage = browser.one("#stage").rect["height"]
    assert (stage / 2 - y) / scale == pytest.approx(height / 2, rel=0.05)


def test_keyboard_alone(browser):
    browser.open(page(blocks(2)))
    browser.press("?")
    assert browser.one("#keys").is_displayed()
    browser.press("\ue00c")
    assert not browser.one("#keys").is_displayed()
    browser.press("\ue015")  # down
    first = browser.js("return document.querySelector('.tile.selected').dataset.key")
    browser.press("\ue015", "\ue013")  # down, up
    assert browser.js("return document.querySelector('.tile.selected').dataset.key") == first
    browser.press("b")
    assert browser.all(".tile.backward") == []
    browser.press("b")
    assert browser.all(".tile.backward")
    assert browser.one(".tile.forward").accessible_name == "relu 8 × 8"


def test_training_run(browser):
    browser.open(page(blocks(3), RUN))
    browser.press("r")
    assert browser.one("#run").is_displayed()
    assert browser.text("#verdict") == (
        "At the last step the norm of blocks.2 is infinite: gradients exploded."
    )
    kinds = browser.js("return [...document.querySelectorAll('.cell')].map((e) => e.classList[1])")
    assert kinds == ["cold", "cold", "none", "cold", "warm", "cold", "warm", "warm", "infinite"]
    told = browser.js("return [...document.querySelectorAll('.cell')].map((e) => e.dataset.told)")
    assert told[0] == "blocks.0, step 1: 1e−9" and told[2] == "blocks.0, step 3: nothing recorded"
    assert len(browser.all("#lines polyline")) == 3
    browser.click("[data-kind=activations]")
    assert browser.text("#verdict") == (
        "Last step: least 3 (blocks.0), greatest 3 (blocks.0); a factor of 1."
    )
    browser.click("#heat .layer")
    assert not browser.one("#run").is_displayed()


def test_a_layer_of_the_run_leads_to_its_module(browser):
    run = {"gradients": {"blocks[1]": [1.0, 2.0]}}
    browser.open(page(blocks(3), run))
    browser.press("r")
    browser.click("#heat .layer")
    assert browser.text("#details .path") == "model.blocks[1]"


def test_a_run_alone(browser):
    browser.open(page(Scene((), title="run"), RUN))
    assert browser.one("#run").is_displayed()
    long = {"gradients": {"a": [1.5**k for k in range(1000)], "b": [0.0] * 1000}}
    browser.open(page(Scene(()), long))
    assert len(browser.all(".cell")) <= 2 * 150
    assert browser.one(".cell").get_attribute("data-told") == "a, steps 1–7: 11.391"


@pytest.mark.parametrize("scene", [Scene(()), Scene((), title="empty")])
def test_nothing_to_show(browser, scene):
    browser.open(page(scene))
    browser.press("f", "]", "[", "\ue014", "\ue015", "t", "b", "r", "e")
    assert tiles(browser) == 0


def test_a_name_cannot_leave_the_data(browser):
    browser.open(page(two_layers(HOSTILE)))
    assert browser.js("return document.body.dataset.owned") is None
    browser.click(".pill.forward[data-box='4']")
    assert browser.text("#details h2").startswith("</script>")
