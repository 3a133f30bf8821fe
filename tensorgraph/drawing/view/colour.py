"""What colours a picture besides families: modules, bytes, time, gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import log10

from tensorgraph.drawing.scene.scene import Box, Scene

QUANTITIES = ("family", "module", "bytes", "time", "grad")
"""What ``color_by`` may be."""


class Heat:
    """Places a quantity of each tile between the least and the largest of the scene."""

    def __init__(self, scene: Scene, color_by: str) -> None:
        self.scene = scene
        self.measure: Callable[[Box], float | None] | None = _MEASURES.get(color_by)
        self.low = self.high = 0.0
        self.scale = ""
        if self.measure is not None:
            values = [v for v in map(self.measure, scene.boxes) if v]
            if values:
                self.low, self.high = min(values), max(values)
                write = _WRITTEN[color_by]
                self.scale = f"{write(self.low)} … {write(self.high)}"
        self._hues = self._modules() if color_by == "module" else {}

    def of(self, boxes: Iterable[Box]) -> float | None:
        """Return where a tile stands, from 0 to 1; ``None`` where nothing is known of it."""
        if self.measure is None:
            return None
        known = [v for v in map(self.measure, boxes) if v]
        if not known:
            return None
        ratio = self.high / self.low
        return round(log10(max(known) / self.low) / log10(ratio), 3) if ratio > 1 else 0.5

    def hue(self, call: int | None) -> int | None:
        """Return which of the outer modules a call is in, where these colour the picture."""
        return None if call is None else self._hues.get(call)

    def _modules(self) -> dict[int, int]:
        """Number the modules in the outermost one; those inside have the same number."""
        hues: dict[int, int] = {}
        count = 0
        for call in self.scene.calls:
            outer = call.parent
            if outer is None or self.scene.calls[outer].parent is None:
                hues[call.id], count = count, count + 1
            else:
                hues[call.id] = hues[outer]
        return hues


def _time(box: Box) -> float | None:
    if box.forward_seconds is None and box.backward_seconds is None:
        return None
    return (box.forward_seconds or 0) + (box.backward_seconds or 0)


def _norm(box: Box) -> float | None:
    return box.gradient.norm if box.gradient is not None else None


_MEASURES: dict[str, Callable[[Box], float | None]] = {
    "bytes": lambda box: float(box.bytes) if box.kind == "op" else None,
    "time": _time,
    "grad": _norm,
}


def bytes_text(count: float) -> str:
    """Return a number of bytes as people read it: ``1.5 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.3g} {unit}"


def seconds_text(seconds: float) -> str:
    """Return a time as people read it: ``1.5 ms``."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            break
    return f"{seconds / size:.3g} {unit}"


_WRITTEN: dict[str, Callable[[float], str]] = {
    "bytes": bytes_text,
    "time": seconds_text,
    "grad": lambda v: f"{v:.3g}",
}
