"""A view as a flow chart of Mermaid, which many pages of Markdown draw by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from tensorgraph.display.text import escaped
from tensorgraph.drawing.view.view import Tile, View
from tensorgraph.drawing.view.wording import shape_text

ENDS = {"parameter": ("([", "])"), "input": ("([", "])"), "constant": ("([", "])"),
        "module": ("[[", "]]")}  # fmt: skip
"""What stands around the text of a box and gives it its form; round ends are of leaves."""


def to_mermaid(view: View, direction: str) -> str:
    """Return the forward pass of a view as the text of a flow chart.

    Args:
        view: what is drawn.
        direction: where it runs: ``down`` or ``right``.
    """
    head = [f"---\ntitle: {_quoted(view.title)}\n---"] if view.title else []
    lines = [*head, f"flowchart {'TD' if direction == 'down' else 'LR'}"]
    lines += [f"  {line}" for line in (*_inside(view, None), *_links(view))]
    return "\n".join(lines) + "\n"


def _inside(view: View, outline: int | None) -> Iterator[str]:
    """Yield the boxes in an outline, and the outlines in it."""
    for tile in view.tiles:
        if tile.outline == outline:
            yield _box(f"t{tile.id}", tile)
            for k, leaf in enumerate(tile.docked):
                yield _box(f"t{tile.id}_{k}", leaf)
    for each in view.outlines:
        if each.parent == outline:
            yield f"subgraph o{each.id} [{_quoted(each.title)}]"
            yield from (f"  {line}" for line in _inside(view, each.id))
            yield "end"


def _box(name: str, tile: Tile) -> str:
    times = f" × {tile.repeat}" if tile.repeat > 1 else ""
    told = [f"{tile.title}{times}", *tile.lines, shape_text(tile.shape, tile.dtype)]
    left, right = ENDS.get(tile.kind, ("[", "]"))
    text = "\n".join(filter(None, told))
    return f"{name}{left}{_quoted(text)}{right}"


def _links(view: View) -> Iterator[str]:
    for tile in view.tiles:
        yield from (f"t{tile.id}_{k} --> t{tile.id}" for k in range(len(tile.docked)))
    for link in view.links:
        if link.kind == "data":
            label = f"|{_quoted(link.label)}|" if link.label else ""
            yield f"t{link.source} -->{label} t{link.target}"


def _quoted(text: str) -> str:
    """Return a text in quotation marks; entities are written with # there."""
    plain = escaped(text).replace("#", "&#35;").replace("&", "#").replace("##", "#")
    return f'"{plain.replace(chr(10), "<br>")}"'
