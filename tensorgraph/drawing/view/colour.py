"""What colours mean: all that ``color_by`` may be, for pictures and for the explorer's page.

What draws knows the names of colours only, those of the palette. One more quantity is one more
entry of ``QUANTITIES``, and one more meaning besides is a class in ``COLOURINGS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite, isnan, log10
from typing import Any

from tensorgraph.drawing.palette import FAMILIES, HEATS, HUES, SIGNS
from tensorgraph.drawing.scene.own_notes import Numbers, farthest
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene
from tensorgraph.drawing.view.view import Key, Scale, Tile
from tensorgraph.observe.bytes_and_seconds import BYTES, SECONDS, Units, amount_text

UNITS: dict[str, Units] = {"bytes": BYTES, "seconds": SECONDS}
HEAT_TONES = tuple(f"heat{i}" for i in range(len(HEATS)))
SIGN_TONES = tuple(f"sign{i}" for i in range(len(SIGNS)))
OWN = "own"
"""What colours by the caller's numbers are called."""
DIFFERENCE = "difference"
"""What colours by what became of parts are called."""
SIGNS_OF = {"added": "+", "removed": "−", "changed": "~", "same": ""}
"""What is written before parts of two graphs, beside their colour."""
WIDE = 1000.0
"""From numbers above zero of which the largest is so many times the least on, a scale is
logarithmic."""


@dataclass(frozen=True)
class Quantity:
    """A number of a box that may colour it."""

    title: str
    """What the page calls it."""
    forward: str
    """Where in a box the number stands: ``gradient.norm``."""
    backward: str
    """The same for what the page shows in the backward pass."""
    unit: str = ""
    """One of ``UNITS``; empty for a plain number."""
    adds_up: bool = False
    """Whether the page gives several boxes together their sum, not the greatest."""
    of_results: bool = False
    """Whether a picture colours operations only."""
    is_measured: bool = False
    """Whether the graph is computed again to know it."""
    noise: float = 0.0
    """What is less than this part of the largest is rounding, and has no part in the scale."""

    def of(self, box: Box) -> float | None:
        """Return the number of a box in a picture; ``None`` where there is none."""
        if self.of_results and box.kind != "op":
            return None
        known = [v for v in (_at(box, p) for p in {self.forward, self.backward}) if v is not None]
        return float(sum(known)) if known else None

    def text(self, number: float) -> str:
        """Return a number with its unit."""
        return amount_text(number, UNITS[self.unit]) if self.unit else f"{number:.3g}"


def _at(box: Box, path: str) -> Any:
    found: Any = box
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


QUANTITIES = {
    "bytes": Quantity("Memory", "bytes", "bytes", "bytes", adds_up=True, of_results=True),
    "time": Quantity(
        "Time", "forward_seconds", "backward_seconds", "seconds", adds_up=True, is_measured=True
    ),
    "grad": Quantity(
        "Gradient norm", "gradient.norm", "gradient.norm", is_measured=True, noise=1e-6
    ),
}


class Colouring:
    """What the colours of one picture mean: families of operations, and kinds of all else."""

    scale: Scale | None = None
    kinds: tuple[str, ...] = ("module", "parameter", "input", "constant")
    """Those that the legend tells."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    said: str = ""
    """A sentence on what colours mean, which stands below the picture."""

    def tone(self, kind: str, boxes: Sequence[Box], call: ModuleCall | None = None) -> str:
        """Return the colour of a tile of a kind that stands for boxes, or for a folded call."""
        if kind != "op":
            return kind
        return boxes[0].family if boxes[0].family in FAMILIES else "elementwise"

    def gradient_tone(self, tone: str) -> str:
        """Return the colour of the gradient beside a tile."""
        return "gradient"

    def keys(self, tiles: Sequence[Tile]) -> Iterator[Key]:
        """Yield the entries of the legend of a picture with these tiles."""
        used = {tile.tone for tile in tiles if tile.kind == "op"}
        yield from (Key(family, family) for family in FAMILIES if family in used)
        found = {tile.kind for tile in tiles if tile.tone == tile.kind}
        yield from (Key(kind, kind, kind != "module") for kind in self.kinds if kind in found)


class ByModule(Colouring):
    """One hue for each of the outer modules."""

    kinds = ("parameter", "input", "constant")

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.hues = _outer_modules(scene)

    def tone(self, kind: str, boxes: Sequence[Box], call: ModuleCall | None = None) -> str:
        """Return the hue of the module around a tile; outside of all an operation has none."""
        around = boxes[0].call
        if around is not None:
            return f"hue{self.hues[around] % len(HUES)}"
        return "module" if kind == "op" else kind

    def keys(self, tiles: Sequence[Tile]) -> Iterator[Key]:
        """Yield the modules by their hues, those of one hue together, then what has none."""
        calls, boxes = self.scene.calls, self.scene.boxes
        named: dict[str, dict[str, None]] = {}
        for tile in tiles:
            around = boxes[tile.boxes[0]].call
            if around is None or not tile.tone.startswith("hue"):
                continue
            number = self.hues[around]
            outer = next(call for call in calls if self.hues[call.id] == number)
            named.setdefault(tile.tone, {})[outer.path] = None
        for tone, paths in sorted(named.items()):
            first, *others = paths
            yield Key(tone, f"{first} …" if len(others) > 2 else ", ".join(paths))
        yield from super().keys(tiles)


def _outer_modules(scene: Scene) -> dict[int, int]:
    """Number the modules in the outermost one; those inside have the same number."""
    numbers: dict[int, int] = {}
    count = 0
    for call in scene.calls:
        outer = call.parent
        if outer is None or scene.calls[outer].parent is None:
            numbers[call.id], count = count, count + 1
        else:
            numbers[call.id] = numbers[outer]
    return numbers


class ByQuantity(Colouring):
    """A number of each tile, on a logarithmic scale from the least to the largest of the scene.

    Numbers that are nothing but rounding beside the largest are told as at most the least.
    """

    def __init__(self, name: str, scene: Scene) -> None:
        super().__init__(scene)
        self.quantity = QUANTITIES[name]
        numbers = [n for n in map(self.quantity.of, scene.boxes) if n]
        if numbers:
            self.high = max(numbers)
            known = [n for n in numbers if n >= self.quantity.noise * self.high]
            self.low, text = min(known), self.quantity.text
            low = f"{'≤ ' * (len(known) < len(numbers))}{text(self.low)}"
            title = f"{self.quantity.title}, log scale:"
            self.scale = Scale(title, low, text(self.high), HEAT_TONES)

    def tone(self, kind: str, boxes: Sequence[Box], call: ModuleCall | None = None) -> str:
        """Return how hot a tile is; where nothing is known of it, it has the colour of nothing."""
        numbers = [n for n in map(self.quantity.of, boxes) if n]
        if not numbers:
            return "constant"
        ratio = self.high / self.low
        return heat_tone(log10(max(numbers) / self.low) / log10(ratio) if ratio > 1 else 0.5)

    def gradient_tone(self, tone: str) -> str:
        """Return the colour of the tile itself."""
        return tone

    def keys(self, tiles: Sequence[Tile]) -> Iterator[Key]:
        """Yield nothing: the scale tells all colours."""
        return iter(())


class ByOwnNumber(Colouring):
    """The numbers that the caller gave, on a scale from the least to the largest of them.

    Where they have both signs, zero is grey, and the farthest number is at one end. Of several
    numbers the one that is farthest from zero has the colour.
    """

    said = "What stands for several numbers has the colour of the one farthest from zero."

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        parts = [box.numbers for box in scene.boxes] + [call.numbers for call in scene.calls]
        known = [number for numbers in parts for number in numbers if isfinite(number)]
        self.low, self.high = min(known, default=0.0), max(known, default=0.0)
        self.has_signs = self.low < 0 < self.high
        self.is_wide = 0 < self.low and self.high >= WIDE * self.low
        if self.has_signs:
            self.high = max(-self.low, self.high)
            self.low = -self.high
        ends = number_text(self.low), number_text(self.high)
        how = " (0 is grey)" if self.has_signs else ", log scale" if self.is_wide else ""
        if known:
            tones = SIGN_TONES if self.has_signs else HEAT_TONES
            self.scale = Scale(f"{scene.quantity}{how}:", *ends, tones)

    def tone(self, kind: str, boxes: Sequence[Box], call: ModuleCall | None = None) -> str:
        """Return the colour of the number of a tile; of none and of NaN or ∞ others."""
        number = farthest(numbers_of(boxes, call))
        if number is None:
            return "unknown"
        if not isfinite(number):
            return "nan"
        tones = SIGN_TONES if self.has_signs else HEAT_TONES
        return tones[min(int(round(self._share(number), 3) * len(tones)), len(tones) - 1)]

    def _share(self, number: float) -> float:
        """Return how far a number is from the lower to the upper end, from 0 to 1."""
        number = min(max(number, self.low), self.high)
        if self.is_wide:
            low, at, high = (log10(each) for each in (self.low, number, self.high))
        else:
            size = max(-self.low, self.high) or 1.0  # so that no difference overflows
            low, at, high = self.low / size, number / size, self.high / size
        return (at - low) / (high - low) if low < high else 0.5

    def gradient_tone(self, tone: str) -> str:
        """Return the colour of the tile itself."""
        return tone

    def keys(self, tiles: Sequence[Tile]) -> Iterator[Key]:
        """Yield what is not on the scale."""
        used = {tile.tone for tile in tiles}
        words = {"nan": "NaN or ∞", "unknown": "no number"}
        yield from (Key(tone, word) for tone, word in words.items() if tone in used)


class ByDifference(Colouring):
    """What became of each part, where two graphs are compared."""

    def tone(self, kind: str, boxes: Sequence[Box], call: ModuleCall | None = None) -> str:
        """Return what all of a tile became; one where only some changed is changed itself."""
        statuses = {box.status or "same" for box in boxes}
        return statuses.pop() if len(statuses) == 1 else "changed"

    def keys(self, tiles: Sequence[Tile]) -> Iterator[Key]:
        """Yield what became of the parts, each with the sign that is written on them."""
        used = {tile.tone for tile in tiles}
        yield from (
            Key(tone, f"{SIGNS_OF[tone]} {tone}".strip()) for tone in SIGNS_OF if tone in used
        )


def numbers_of(boxes: Sequence[Box], call: ModuleCall | None = None) -> Numbers:
    """Return the caller's numbers for a tile: those of a folded module, or of what is in it."""
    if call is not None and call.numbers:
        return call.numbers
    return tuple(number for box in boxes for number in box.numbers)


def numbers_text(numbers: Numbers) -> str:
    """Return one number, or the least and the largest of several.

    Example:
        >>> numbers_text((0.25,)), numbers_text((0.5, -1.0, float("nan")))
        ('0.25', '−1 … 0.5, NaN')
    """
    known = [number for number in numbers if not isnan(number)]
    ends = dict.fromkeys(number_text(end) for end in (min(known), max(known))) if known else ()
    parts = [" … ".join(ends)] if ends else []
    return ", ".join([*parts, *(["NaN"] if len(known) < len(numbers) else [])])


def number_text(number: float) -> str:
    """Return a number in three digits."""
    return f"{number + 0.0:.3g}".replace("-", "−").replace("inf", "∞")


def heat_tone(share: float) -> str:
    """Return the colour of a share from 0 to 1."""
    step = int(max(round(share, 3), 0.0) * len(HEATS))  # rounded: the middle is 0.5 exactly
    return f"heat{min(step, len(HEATS) - 1)}"


COLOURINGS: dict[str, tuple[str, Callable[[Scene], Colouring]]] = {
    "family": ("Family", Colouring),
    "module": ("Module", ByModule),
    **{name: (q.title, partial(ByQuantity, name)) for name, q in QUANTITIES.items()},
    OWN: ("Your numbers", ByOwnNumber),
    DIFFERENCE: ("Difference", ByDifference),
}
"""What colours may mean: the title on the page, and what makes it for a scene."""
WORDS = tuple(name for name in COLOURINGS if name not in (OWN, DIFFERENCE))
"""What ``color_by`` may be as a word."""


def is_measured(color_by: str) -> bool:
    """Return whether a colouring needs the graph to be computed again."""
    return color_by in QUANTITIES and QUANTITIES[color_by].is_measured
