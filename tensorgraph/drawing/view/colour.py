"""What colours mean: all that ``color_by`` may be, for pictures and for the explorer's page.

What draws knows the names of colours only, those of the palette. One more quantity is one more
entry of ``QUANTITIES``, and one more meaning besides is a class in ``COLOURINGS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import log10
from typing import Any

from tensorgraph.drawing.palette import FAMILIES, HEATS, HUES
from tensorgraph.drawing.scene.scene import Box, Scene
from tensorgraph.drawing.view.view import Key, Scale, Tile
from tensorgraph.observe.bytes_and_seconds import BYTES, SECONDS, Units, amount_text

UNITS: dict[str, Units] = {"bytes": BYTES, "seconds": SECONDS}


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

    def tone(self, kind: str, boxes: Sequence[Box]) -> str:
        """Return the colour of a tile of a kind that stands for boxes."""
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

    def tone(self, kind: str, boxes: Sequence[Box]) -> str:
        """Return the hue of the module around a tile; outside of all an operation has none."""
        call = boxes[0].call
        if call is not None:
            return f"hue{self.hues[call] % len(HUES)}"
        return "module" if kind == "op" else kind


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
            self.scale = Scale(f"{self.quantity.title}, log scale:", low, text(self.high))

    def tone(self, kind: str, boxes: Sequence[Box]) -> str:
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


def heat_tone(share: float) -> str:
    """Return the colour of a share from 0 to 1."""
    step = int(max(round(share, 3), 0.0) * len(HEATS))  # rounded: the middle is 0.5 exactly
    return f"heat{min(step, len(HEATS) - 1)}"


COLOURINGS: dict[str, tuple[str, Callable[[Scene], Colouring]]] = {
    "family": ("Family", Colouring),
    "module": ("Module", ByModule),
    **{name: (q.title, partial(ByQuantity, name)) for name, q in QUANTITIES.items()},
}
"""All that ``color_by`` may be: its title on the page, and what makes it for a scene."""


def is_measured(color_by: str) -> bool:
    """Return whether a colouring needs the graph to be computed again."""
    return color_by in QUANTITIES and QUANTITIES[color_by].is_measured
