"""A view as a Mermaid flowchart, which GitHub, GitLab and many editors draw in Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from tensorgraph.display.text import printable
from tensorgraph.drawing.palette import DIFFERENCES, LINE, TONES
from tensorgraph.drawing.view.view import Gradient, Link, Outline, Tile, View
from tensorgraph.drawing.view.wording import shape_text

_MARKUP = re.compile(r"[!-'*/;-<>-@[-^`{-~-]")
"""ASCII that Mermaid, Markdown or HTML may take for more than itself."""
_ENUMERATION = re.compile(r"^(\s*\d+)\.(?=\s)")


def to_mermaid(view: View, direction: str, legend: bool = True) -> str:
    """Return a view as the text of a flowchart; gradients have boxes of their own."""
    lines = [
        *(["---", f"title: {_yaml(view.title)}", "---"] if view.title else []),
        f"flowchart {'TB' if direction == 'down' else 'LR'}",
        *_tiles(view),
        *_gradients(view),
        *_links(view),
        *(_legend(view) if legend else ()),
        *_colours(view),
    ]
    return "\n".join(lines) + "\n"


def _tiles(view: View) -> Iterator[str]:
    """Yield the tiles, those in outlines inside of subgraphs that stand as they do."""
    inside: dict[int | None, list[Tile]] = {}
    for tile in view.tiles:
        inside.setdefault(tile.outline, []).append(tile)
    parts: dict[int | None, list[Outline]] = {}
    for outline in view.outlines:
        parts.setdefault(outline.parent, []).append(outline)
    waiting: list[Outline | str] = list(reversed(parts.get(None, ())))
    yield from (line for tile in inside.get(None, ()) for line in _tile(tile))
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
            continue
        yield f"subgraph o{part.id}[{_quoted([part.title])}]"
        yield from (line for tile in inside.get(part.id, ()) for line in _tile(tile))
        waiting += ["end", *reversed(parts.get(part.id, ()))]


def _tile(tile: Tile) -> Iterator[str]:
    yield _box(f"t{tile.id}", tile, _rows(tile))
    for i, leaf in enumerate(tile.docked):
        yield _box(f"t{tile.id}_{i}", leaf, _rows(leaf))
        yield f"t{tile.id}_{i} --> t{tile.id}"


def _rows(tile: Tile) -> list[str]:
    title = tile.title + (f" × {tile.repeat}" if tile.repeat > 1 else "")
    told = shape_text(tile.shape, tile.dtype), tile.warn
    return [title, *tile.lines, *filter(None, told)]


def _box(name: str, tile: Tile, rows: list[str]) -> str:
    """Return a box, with round ends for a leaf."""
    left, right = ("([", "])") if tile.is_leaf else ("[", "]")
    return f"{name}{left}{_quoted(rows)}{right}:::{tile.tone}"


def _gradients(view: View) -> Iterator[str]:
    """Yield the boxes of gradients, and the links to those of docked leaves."""
    if not view.mirror:
        return
    for tile in view.tiles:
        if tile.gradient:
            yield _gradient_box(f"g{tile.id}", tile.gradient)
        for i, leaf in enumerate(tile.docked):
            if leaf.gradient:
                yield _gradient_box(f"g{tile.id}_{i}", leaf.gradient)
                if tile.gradient:
                    yield f"g{tile.id} --> g{tile.id}_{i}"


def _gradient_box(name: str, gradient: Gradient) -> str:
    told = [str(gradient.shape)] if gradient.shape else []
    return f"{name}[{_quoted([gradient.title, *gradient.lines, *told])}]:::{gradient.tone}"


def _links(view: View) -> Iterator[str]:
    """Yield the links, and those at which the backward pass begins."""
    for link in view.links:
        yield _LINKS[link.kind].format(source=link.source, target=link.target, label=_label(link))
    for tile in view.turning() if view.mirror else ():
        yield f"t{tile} --> g{tile}"


_LINKS = {
    "data": "t{source} -->{label} t{target}",
    "gradient": "g{source} -->{label} g{target}",
    "state": "t{source} -->{label} t{target}",
    "state gradient": "g{source} --> g{target}",
    "saved": "t{source} -.-{label} g{target}",
}


def _label(link: Link) -> str:
    if link.kind == "state":
        return f"|{_quoted([f'{link.label} of the turn before'.strip()])}|"
    text = link.label or (f"× {link.count}" if link.count > 1 else "")
    return f"|{_quoted([text])}|" if text and link.kind == "data" else ""


def _legend(view: View) -> Iterator[str]:
    """Yield what the colours of numbers mean; those of families are told by the words on boxes."""
    keys = _told(view)
    if not keys:
        return
    yield f"subgraph legend[{_quoted([view.scale.quantity if view.scale else 'colours'])}]"
    yield "direction LR"
    for i, (tone, word) in enumerate(keys):
        yield f"k{i}[{_quoted([word])}]:::{tone}"
    yield "end"


def _told(view: View) -> list[tuple[str, str]]:
    """Return the colours of the legend, with what each means."""
    keys = [(key.tone, key.word) for key in view.keys]
    if view.scale is not None:
        tones = view.scale.tones
        return [(tones[0], view.scale.low), (tones[-1], view.scale.high), *keys]
    return keys if any(tone in DIFFERENCES for tone, _ in keys) else []


def _colours(view: View) -> Iterator[str]:
    tiles = [*view.tiles, *(leaf for tile in view.tiles for leaf in tile.docked)]
    gradients = [tile.gradient for tile in tiles if tile.gradient and view.mirror]
    used = {tile.tone for tile in tiles} | {gradient.tone for gradient in gradients}
    used |= {tone for tone, _ in _told(view)}
    for tone, (light, _) in TONES.items():
        if tone in used:
            yield f"classDef {tone} fill:{light}22,stroke:{light}"
    yield f"linkStyle default stroke:{LINE[0]}"


def _yaml(text: str) -> str:
    """Return a text in the head of the file, which is YAML: a string of JSON is one there, too."""
    return json.dumps(" ".join(printable(text).splitlines()), ensure_ascii=False)


def _quoted(rows: Iterable[str]) -> str:
    """Return lines of text that stand for themselves in a label, none of it Markdown or markup."""
    lines = [line for row in rows for line in printable(row).splitlines() or [""]]
    return f'"{"<br/>".join(map(_escaped, lines)) or " "}"'


def _escaped(line: str) -> str:
    text = _MARKUP.sub(lambda found: f"#{ord(found[0])};", line)
    return _ENUMERATION.sub(r"\1#46;", text)
