"""Reads charts back: what a picture's shapes and texts say, as its reader sees them."""

import re
from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

NS = "{http://www.w3.org/2000/svg}"
WIDEST, SLIMMEST = 0.62, 0.42
"""Of a letter's size: what letters take on the average, from wide to narrow fonts."""


@dataclass(frozen=True)
class Box:
    """A place in a picture."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other):
        across = min(self.right, other.right) - max(self.left, other.left)
        return across > 0 and min(self.bottom, other.bottom) > max(self.top, other.top)


class Chart:
    """A picture that was read."""

    def __init__(self, svg):
        self.root = ElementTree.fromstring(svg)
        self.width, self.height = (float(self.root.get(side)) for side in ("width", "height"))
        self.size = float(self.root.get("font-size"))
        back, *self.bars = self._all("rect", "x", "y", "width", "height")
        assert back == (0, 0, self.width, self.height)
        self.lines = self._all("line", "x1", "y1", "x2", "y2")
        self.curves = [
            [tuple(map(float, point.split(","))) for point in node.get("points").split()]
            for node in self.root.iter(f"{NS}polyline")
        ]
        self.texts = {node.text: self._box(node) for node in self.root.iter(f"{NS}text")}

    def _all(self, tag, *names):
        nodes = self.root.iter(NS + tag)
        return [tuple(float(node.get(name) or 0) for name in names) for node in nodes]

    def _box(self, node):
        width = len(node.text) * self.size * SLIMMEST
        x, y = float(node.get("x")), float(node.get("y"))
        left = x - {"start": 0, "middle": 0.5, "end": 1}[node.get("text-anchor")] * width
        return Box(left, y - 0.75 * self.size, left + width, y + 0.2 * self.size)

    def check_that_it_can_be_read(self):
        """Nothing lies outside, no text on another, and no bar or curve on a text."""
        assert self.root.get("viewBox") == f"0 0 {self.width:g} {self.height:g}"
        assert self.root.get("aria-label")
        for text, box in self.texts.items():
            inside = box.left >= 0 and box.top >= 0 and box.right <= self.width
            assert inside and box.bottom <= self.height, text
        for (one, here), (other, there) in combinations(self.texts.items(), 2):
            assert not here.overlaps(there), (one, other)
        for x, y, width, height in self.bars:
            bar = Box(x, y, x + width, y + height)
            assert width >= 0 and height >= 0
            assert x >= 0 and y >= 0 and bar.right <= self.width and bar.bottom <= self.height
            assert not [text for text, box in self.texts.items() if box.overlaps(bar)]
        for curve in self.curves:
            for x, y in curve:
                assert 0 <= x <= self.width and 0 <= y <= self.height
                point = Box(x, y, x + 0.1, y + 0.1)
                assert not [text for text, box in self.texts.items() if box.overlaps(point)]

    def middle(self, text):
        """Return where on its height a text stands: what it labels is at that height."""
        box = self.texts[text]
        return (box.top + box.bottom) / 2


def words(page):
    """Return the text of a page: a line for each row or paragraph, cells apart; no pictures."""
    page = re.sub(r"<svg.*?</svg>|<img[^>]*>|<style.*?</style>", "", page, flags=re.DOTALL)
    page = re.sub(r"</(tr|p|figure|div|thead)>", "\n", page)
    page = re.sub(r"</t[hd]>", " | ", page)
    lines = (re.sub("<[^>]*>", "", line).strip() for line in page.split("\n"))
    return "\n".join(filter(None, lines))
