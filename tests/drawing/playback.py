"""Records the explorer as it steps, for the head of the README: ``make playback``.

    python -m tests.drawing.playback [FILE]

Headless Chromium shows a network of two layers in course 1's notation, with formulas; each step of
both passes is one image of an animated picture, which pages show without scripts.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from selenium.webdriver import Keys

import tensorgraph as tg
from tensorgraph.drawing import Picture
from tests.drawing.browser import Browser

RECORDING = Path(__file__).parents[2] / "examples" / "pictures" / "playback.webp"
SCREEN = {"width": 820, "height": 640, "deviceScaleFactor": 2, "mobile": False}
MILLISECONDS, LAST_MILLISECONDS = 1300, 5000
COLOURS = 128

CLOSER = """
    const {left, top, width, height} = document.querySelector('#stage').getBoundingClientRect();
    document.querySelector('#graph').dispatchEvent(new WheelEvent('wheel', {
      deltaY: -60, clientX: left + width / 2, clientY: top + height / 2, cancelable: true}))"""
TOOLS = "return document.querySelector('header').offsetHeight * devicePixelRatio"


def network() -> Picture:
    """A network of two layers, samples in columns, and its cost."""
    rng = np.random.default_rng(0)
    m = 6
    X = rng.normal(size=(4, m))
    Y = np.eye(3)[:, rng.integers(0, 3, m)]
    W1, b1, W2, b2 = (
        tg.tensor(rng.normal(size=shape), requires_grad=True)
        for shape in [(5, 4), (5, 1), (3, 5), (3, 1)]
    )
    Z1 = W1 @ X + b1
    A1 = tg.tanh(Z1)
    Z2 = W2 @ A1 + b2
    J = tg.nn.losses.cross_entropy(Z2, Y, axis=0)
    J.backward(retain_graph=True)
    return tg.render(J, formulas=True)


def images(picture: Picture, folder: Path) -> Iterator[Image.Image]:
    """Yield what the explorer shows after each step, below its row of tools."""
    browser = Browser(folder)
    command = browser.driver.execute_cdp_cmd
    command("Emulation.setDeviceMetricsOverride", SCREEN)
    command("Emulation.setScrollbarsHidden", {"hidden": True})
    browser.open(picture.html())
    browser.press("d", "f")
    browser.js(CLOSER)
    for _ in (*picture.scene.forward, *picture.scene.backward):
        browser.press(Keys.ARROW_RIGHT)
        screen = Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())).convert("RGB")
        yield screen.crop((0, browser.js(TOOLS), *screen.size))
    browser.close()


def record(path: Path) -> None:
    """Write the recording, in as few colours as keep it a small file."""
    with TemporaryDirectory() as folder:
        seen = list(images(network(), Path(folder)))
    palette = Image.fromarray(np.vstack(seen)).quantize(COLOURS)
    first, *others = (image.quantize(palette=palette, dither=0).convert("RGB") for image in seen)
    durations = [*(MILLISECONDS for _ in others), LAST_MILLISECONDS]
    first.save(
        path, save_all=True, append_images=others, duration=durations, loop=0, lossless=True,
        quality=100, method=4,
    )  # fmt: skip


if __name__ == "__main__":
    record(Path(*sys.argv[1:] or [RECORDING]))
