"""A scene and the program that shows it, as one HTML file that needs no network."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

from tensorgraph.display.text import encodable, escaped
from tensorgraph.drawing.palette import DIFFERENCES, FAMILIES, KINDS
from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.drawing.view.colour import COLOURINGS, QUANTITIES, UNITS, WIDE
from tensorgraph.drawing.view.fold import MAX_NODES, MOST_USERS
from tensorgraph.drawing.view.hierarchy import SPARED, hierarchy
from tensorgraph.drawing.view.wording import PATH

SCRIPTS = (
    "scene.js", "view.js", "arrange.js", "draw_tiles.js", "canvas.js", "formulas.js", "samples.js",
    "colour.js", "details.js", "stepper.js", "search.js", "training_run.js", "address.js",
    "copying.js", "main.js",
)  # fmt: skip
"""The parts of the page's program, which share one scope; the last one starts it."""

MEASURES = ("min", "max", "mean", "std", "norm")
COUNTS = ("count", "zeros", "nans", "infs")
HEIGHTS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""A bar of a histogram is one character, so high in parts of the tallest."""

Run = Mapping[str, Mapping[str, Sequence[float]]]


def page(scene: Scene, run: Run | None = None) -> str:
    """Return the explorer of a scene: a whole HTML document.

    Args:
        scene: what was recorded.
        run: norms over the steps of a training run by layer: ``{"gradients": {"0.weight": [0.3,
            0.2]}, "activations": {"0": [1.1, 1.2]}}``, such as ``nn.Watch`` collects.

    Example:
        >>> from tensorgraph.drawing.scene.scene import Scene
        >>> page(Scene(boxes=(), title="nothing")).splitlines()[0]
        '<!doctype html>'
    """
    parts = ['"use strict";', _shared(), *map(_static, SCRIPTS)]
    script = "\n".join(["(() => {", *parts, "})();"])
    style = _colours() + _static("explorer.css")
    return Template(_static("page.html")).substitute(
        title=escaped(scene.title or "graph"),
        script=script,
        script_hash=_hash(script),
        style=style,
        style_hash=_hash(style),
        data=_embedded(_packed(scene) | ({"run": _told(run)} if run else {})),
    )


@cache
def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")


def _shared() -> str:
    """Return what the page's program and the rest of the package agree on, as constants of it."""
    constants = {
        "MAX_NODES": MAX_NODES,
        "MOST_USERS": MOST_USERS,
        "UNITS": UNITS,
        "WIDE": WIDE,
        "STATUSES": list(DIFFERENCES),
        "PATH": PATH,
        "COLOURINGS": {name: title for name, (title, _) in COLOURINGS.items()},
        "QUANTITIES": {name: asdict(quantity) for name, quantity in QUANTITIES.items()},
    }
    return "\n".join(f"const {name} = {json.dumps(value)};" for name, value in constants.items())


def _colours() -> str:
    """Return the colours of families and kinds, which are those of pictures, as a style sheet."""
    named = "".join(
        f"--{name}:light-dark({light},{dark});"
        for name, (light, dark) in (FAMILIES | KINDS | DIFFERENCES).items()
    )
    families = "".join(f".family-{name}{{--family:var(--{name})}}" for name in FAMILIES)
    statuses = "".join(f".{name}{{--status:var(--{name})}}" for name in DIFFERENCES)
    return f":root{{{named}}}{families}{statuses}\n"


def _hash(text: str) -> str:
    """Return what a Content-Security-Policy calls a text; no other may then run."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _embedded(data: Any) -> str:
    """Return data as JSON that no text in it can end: HTML looks for ``<`` only."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = encodable(written)
    return text.replace("<", "\\u003c")


def _packed(scene: Scene) -> dict[str, Any]:
    """Return a scene's data without what repeats: a large graph must stay a small file."""
    data = scene.as_json()
    boxes = [_packed_box(box) for box in data["boxes"]]
    for call in data["calls"]:
        if "numbers" in call:
            call["numbers"] = list(map(_element, call["numbers"]))
    for op, turns in _turns(scene).items():
        boxes[op]["turns"] = turns
    names = sorted({name for box in boxes for name in box})
    packed = {name: _column([box.get(name) for box in boxes]) for name in names}
    return data | {"count": len(boxes), "boxes": packed}


def _turns(scene: Scene) -> dict[int, list[tuple[int, int]]]:
    """Return for operations in equal parts which "× n" they are in and in which turn."""
    spared = SPARED if len(scene.forward) <= MAX_NODES else 0
    return hierarchy(scene, lambda call: False, spared=spared).turns


def _packed_box(box: dict[str, Any]) -> dict[str, Any]:
    packed = {name: value for name, value in box.items() if name != "id"}
    if "wires" in box:
        packed["wires"] = [_packed_wire(wire) for wire in box["wires"]]
    if "numbers" in box:
        packed["numbers"] = list(map(_element, box["numbers"]))
    for name in ("value", "gradient"):
        if name in box:
            packed[name] = _packed_statistics(box[name])
            if "sample" in box[name]:
                packed[f"{name}_sample"] = _packed_sample(box[name]["sample"])
    return packed


def _packed_sample(sample: dict[str, Any]) -> dict[str, Any]:
    ends = {end: float(f"{sample[end]:.5g}") for end in ("low", "high")}
    return sample | ends | {"numbers": [list(map(_element, row)) for row in sample["numbers"]]}


def _element(number: float) -> float | str:
    """Return an element with few digits, whole ones with all; or the word for what is not finite.

    The page reads such a word as a number, which JSON has not.
    """
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    return number if number.is_integer() else float(f"{number:.4g}")


def _packed_wire(wire: dict[str, Any]) -> list[Any]:
    """Return a wire, shorter where it has no note and a gradient flows back on it."""
    packed = [wire["source"], wire["operand"]]
    if "stops" in wire:
        return [*packed, wire.get("note", ""), 1]
    return [*packed, wire["note"]] if "note" in wire else packed


def _column(values: list[Any]) -> dict[str, Any]:
    """Return a column as its distinct values and where they stand; as it is where most differ."""
    keys = list(map(repr, values))
    distinct = dict(zip(keys, values, strict=True))
    if 2 * len(distinct) > len(values):
        return {"values": values}
    place = {key: i for i, key in enumerate(distinct)}
    return {"values": list(distinct.values()), "at": [place[key] for key in keys]}


def _packed_statistics(told: dict[str, Any]) -> list[Any]:
    """Return numbers, the histogram's bars, and its range; the page adds what is left out."""
    measures = [None if name not in told else _finite(told[name]) for name in MEASURES]
    numbers = [*measures, *(told.get(name, 0) for name in COUNTS)]
    tallest = max(told.get("histogram", ()), default=0)
    bars = [-(-count * (len(HEIGHTS) - 1) // tallest) for count in told.get("histogram", ())]
    low, high = told.get("range", (None, None))
    same = (low, high) == (told.get("min"), told.get("max"))
    return ["".join(HEIGHTS[bar] for bar in bars), *numbers, *(() if same else (low, high))]


def _finite(number: float) -> float | None:
    """Return a number, or ``None`` where it overflowed, as a norm of huge elements may."""
    return number if math.isfinite(number) else None


def _told(run: Run) -> dict[str, dict[str, list[float | str | None]]]:
    """Return a run as JSON can say it: null where there is no norm, a word where it overflowed."""
    return {
        kind: {layer: [_norm(norm) for norm in norms] for layer, norms in layers.items()}
        for kind, layers in run.items()
    }


def _norm(norm: float) -> float | str | None:
    if math.isfinite(norm):
        return float(f"{norm:.5g}")
    return None if math.isnan(norm) else "Infinity"
