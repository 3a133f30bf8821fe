"""How large the explorer's page is, and how soon it can be used in headless Chromium.

    python -m benchmarks.explorer

Prints for some graphs the size of the page, the time to write it, the time from asking for it until
its program has drawn the first view, and the time of one step and of unfolding one level, each with
the browser's own work until the next frame.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tensorgraph.drawing.explorer import page
from tests.drawing.browser import Browser
from tests.drawing.explorer_scenes import blocks, chain

SCENES = {
    "1,002 operations in equal blocks": lambda: blocks(200),
    "1,002 operations in other blocks": lambda: blocks(200, alike=False),
    "1,002 operations without modules": lambda: blocks(200, modules=False, alike=False),
    "5,000 operations in a row": lambda: chain(5000),
}
FRAME = """
    const [key, done] = arguments, from = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));
"""


def main(repeats: int = 5) -> None:
    head = ("kB", "written ms", "usable ms", "step ms", "unfold ms", "boxes")
    print(f"{'':34}" + "".join(f"{name:>12}" for name in head))
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(Path(folder))
        try:
            for name, make in SCENES.items():
                rows = [measured(browser, make()) for _ in range(repeats)]
                numbers = [statistics.median(column) for column in zip(*rows, strict=True)]
                print(f"{name:34}" + "".join(f"{number:12.0f}" for number in numbers))
        finally:
            browser.close()


def measured(browser: Browser, scene: object) -> tuple[float, ...]:
    start = time.perf_counter()
    text = page(scene)
    written = 1e3 * (time.perf_counter() - start)
    browser.open(text)
    usable = float(browser.js("return document.body.dataset.ready"))
    shown = float(browser.js("return document.body.dataset.tiles"))
    step, unfold = (browser.driver.execute_async_script(FRAME, key) for key in ("ArrowRight", "]"))
    return len(text.encode()) / 1e3, written, usable, step, unfold, shown


if __name__ == "__main__":
    main()
