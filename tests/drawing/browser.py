"""Drives headless Chromium, so that tests can use the explorer's page as a reader does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from selenium import webdriver
from selenium.webdriver import ActionChains

from tests.machine.needs import CHROMIUM, program

STEP = """
    const slider = document.querySelector('#step');
    slider.value = arguments[0];
    slider.dispatchEvent(new Event('input'));"""

SETTINGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--disable-extensions", "--force-device-scale-factor=1", "--window-size=1400,900",
)  # fmt: skip


class Browser:
    """One session of Chromium."""

    def __init__(self, folder: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = program(CHROMIUM)
        for setting in (*SETTINGS, f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(setting)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.ChromeService(program("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.page = folder / "explorer.html"

    def close(self):
        self.driver.quit()

    def open(self, text, fragment=""):
        """Load a page, and wait until its program has run."""
        self.page.write_text(text, encoding="utf-8")
        self.requests()
        self.driver.get("about:blank")  # another fragment of the same address would load nothing
        self.driver.get(f"{self.page.as_uri()}{fragment}")

    def screen(self, width, height, theme="light", touch=True):
        """Show pages on a screen of a size, in a system's theme, with fingers or without."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        self.cdp("Emulation.setDeviceMetricsOverride", **metrics)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=touch)
        self.theme(theme)

    def theme(self, theme, media=""):
        """Tell pages that the system is light or dark, and what they are shown on: a ``print``."""
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.cdp("Emulation.setEmulatedMedia", media=media, features=features)

    def plain(self):
        """Show pages as at first."""
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=False)
        self.cdp("Emulation.setEmulatedMedia", media="", features=[])

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def js(self, script, *args):
        return self.driver.execute_script(script, *args)

    def all(self, css):
        return self.driver.find_elements("css selector", css)

    def one(self, css):
        return self.driver.find_element("css selector", css)

    def text(self, css):
        return self.js("return document.querySelector(arguments[0]).textContent", css)

    def texts(self, css):
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return self.js(script, css)

    def click(self, css, kind="click"):
        """Click an element wherever it is, in sight or not."""
        self.js(
            "document.querySelector(arguments[0]).dispatchEvent("
            "new MouseEvent(arguments[1], {bubbles: true}))",
            css,
            kind,
        )

    def press(self, *keys):
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()

    def errors(self):
        """Return what the page has written to the console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Return the addresses that pages asked for since the last call."""
        events = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
        sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
        urls = [request["request"]["url"] for request in sent]
        return [
            url for url in urls if not url.startswith(("chrome:", "chrome-untrusted:", "data:"))
        ]


def contrast(a, b):
    """Return the contrast ratio of WCAG 2.2."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    """Return the relative luminance of a computed colour: rgb(…) or oklab(…)."""
    numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", colour)][:3]
    if colour.startswith("oklab"):
        return _oklab_luminance(*numbers)
    linear = [_linear(n / 255) for n in numbers]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _linear(channel):
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _oklab_luminance(lightness, a, b):
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
