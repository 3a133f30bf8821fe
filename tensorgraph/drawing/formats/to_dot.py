"""A view in Graphviz's language.

The backward pass is a second graph beside the first: its edges point the same way and are drawn
with the arrow at their tail (``dir=back``), so that each gradient lands on the row of its value.
Edges that would pull rows apart, those to saved values, do not count for the layout.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import graphviz  # type: ignore[import-untyped]

from tensorgraph.display.text import printable
from tensorgraph.drawing.palette import BAD, EDGE, INK, LINE, MUTED, TONES
from tensorgraph.drawing.view.options import Options
from tensorgraph.drawing.view.view import Gradient, Link, Tile, View
from tensorgraph.drawing.view.wording import shape_text

MANY = 500
"""With more tiles Graphviz looks for good places only so long: otherwise its time is squared."""

_COLOURS = {name: on_light for name, (on_light, _) in TONES.items()}
_BAD, _INK, _MUTED = BAD[0], INK[0], MUTED[0]
_FONT = "Helvetica,Arial,sans-serif"


def to_dot(view: View, options: Options) -> str:
    """Return a view as the text of a directed graph."""
    graph = graphviz.Digraph(
        "picture",
        graph_attr={
            "rankdir": "TB" if options.direction == "down" else "LR",
            "fontname": _FONT,
            "fontsize": "12",
            "ranksep": "0.35",
            "nodesep": "0.25",
            "label": _caption(view),
            "labelloc": "b",
            "labeljust": "l",
            "tooltip": graphviz.escape(printable(view.title)) or "graph",
        },
        node_attr={
            "shape": "plain",
            "fontname": _FONT,
            "fontsize": "12",
            "fontcolor": _INK,
        },
        edge_attr={"color": _MUTED, "fontname": _FONT, "fontsize": "9", "fontcolor": _MUTED},
    )
    if len(view.tiles) > MANY:
        graph.attr("graph", nslimit="0.01")
    _add_tiles(graph, view)
    if view.mirror:
        for tile in view.tiles:
            _add_gradient(graph, tile)
        _add_sides(graph, view)
    flows = {(link.target, link.source) for link in view.links if link.kind == "gradient"}
    for link in view.links:
        _add_link(graph, link)
        if view.mirror and link.kind == "data":
            _add_mirrored(graph, link, (link.source, link.target) in flows)
    return str(graph.source)


def _add_tiles(graph: graphviz.Digraph, view: View) -> None:
    """Add the tiles, those in outlines inside clusters that stand in each other as they do."""
    clusters = []
    for outline in view.outlines:
        cluster = graphviz.Digraph(f"cluster_{outline.id}")
        cluster.attr(
            label=_label([(outline.title, "11", _MUTED)]) if outline.title else "",
            labelloc="t",
            color=EDGE[0],
            style="rounded",
            tooltip=graphviz.escape(printable(outline.title)) or "module",
        )
        clusters.append(cluster)
    for tile in view.tiles:
        home = graph if tile.outline is None else clusters[tile.outline]
        tip = graphviz.escape(printable(tile.tip)).replace("\n", "&#10;")
        home.node(f"t{tile.id}", label=_tile(tile), tooltip=tip or "tile")
    for outline in reversed(view.outlines):
        home = graph if outline.parent is None else clusters[outline.parent]
        home.subgraph(clusters[outline.id])


def _add_gradient(graph: graphviz.Digraph, tile: Tile) -> None:
    """Add the tile of a gradient; where there is none, nothing is seen in its place."""
    gradients = [each.gradient for each in (tile, *tile.docked) if each.gradient]
    if not gradients:
        graph.node(f"g{tile.id}", label="", style="invis", shape="point")
        return
    cells = [_gradient_cell(gradient, bool(tile.warn)) for gradient in gradients]
    graph.node(f"g{tile.id}", label=_table(cells), tooltip="gradient")


def _add_sides(graph: graphviz.Digraph, view: View) -> None:
    """Keep the backward pass at the right: each pass is tied to one of two invisible points."""
    with graph.subgraph() as top:
        top.attr(rank="same")
        for side in ("forward", "backward"):
            top.node(side, label="", style="invis", shape="point", width="0", height="0")
        top.edge("forward", "backward", style="invis")
    later = {link.target for link in view.links if link.kind == "data"}
    for tile in view.tiles:
        if tile.id not in later:
            graph.edge("forward", f"t{tile.id}", style="invis")
            graph.edge("backward", f"g{tile.id}", style="invis")


def _gradient_cell(gradient: Gradient, bad: bool) -> str:
    absent = gradient.of is None
    title = f"{gradient.title} {gradient.shape}" if gradient.shape else gradient.title
    colour = _BAD if bad else _MUTED if absent else _COLOURS["gradient"]
    style = ' STYLE="dashed"' if absent else ""
    text = _lines([(title, "12", _INK), *((line, "10", _MUTED) for line in gradient.lines)])
    return f'<TD BORDER="1"{style} COLOR="{colour}" BGCOLOR="{colour}14">{text}</TD>'


def _add_link(graph: graphviz.Digraph, link: Link) -> None:
    if link.kind == "data":
        label = graphviz.escape(printable(link.label)) or (f"× {link.count}" * (link.count > 1))
        # Links of unequal weight are straighter, and placed in a third of the time.
        graph.edge(
            f"t{link.source}", f"t{link.target}", label=label, penwidth=f"{link.width:g}",
            weight="8",
        )  # fmt: skip
    elif link.kind == "saved":
        graph.edge(
            f"t{link.source}", f"g{link.target}", constraint="false", style="dashed",
            arrowhead="none", color=LINE[0],
            tooltip=graphviz.escape(printable(f"saved {link.label}")),
        )  # fmt: skip


def _add_mirrored(graph: graphviz.Digraph, link: Link, flows: bool) -> None:
    """Add what runs backward beside a link; unseen where no gradient does, for the rows' sake."""
    look = {"dir": "back", "color": _COLOURS["gradient"]} if flows else {"style": "invis"}
    graph.edge(f"g{link.source}", f"g{link.target}", weight="2", **look)


# ----------------------------------------------------------------------------------------- labels


def _tile(tile: Tile) -> str:
    """Return the label of a tile: its lines, below them the leaves docked to it."""
    colour = _COLOURS[tile.tone]
    border = _BAD if tile.warn else colour
    title = tile.title + (f" × {tile.repeat}" if tile.repeat > 1 else "")
    rows = [(title, "13", _INK), *((line, "10", _MUTED) for line in (*tile.lines, *_shape(tile)))]
    rows += [(f"⚠ {tile.warn}", "10", _BAD)] if tile.warn else []
    width = ' BORDER="2"' if tile.warn else ' BORDER="1"'
    leaf = tile.kind in ("parameter", "input", "constant")
    style = ' STYLE="rounded"' if leaf else ""
    cells = [f'<TD{width}{style} COLOR="{border}" BGCOLOR="{colour}20">{_lines(rows)}</TD>']
    for docked in tile.docked:
        own = _COLOURS[docked.tone]
        rows = [(docked.title, "11", _INK)]
        rows += [(line, "9", _MUTED) for line in (*docked.lines, *_shape(docked)) if line]
        edge = _BAD if docked.warn else own
        cells.append(
            f'<TD BORDER="1" STYLE="rounded" COLOR="{edge}" BGCOLOR="{own}20">{_lines(rows)}</TD>'
        )
    return _table(cells)


def _shape(tile: Tile) -> list[str]:
    return [] if tile.shape is None else [shape_text(tile.shape, tile.dtype)]


def _table(cells: Iterable[str]) -> str:
    rows = "".join(f"<TR>{cell}</TR>" for cell in cells)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="4">{rows}</TABLE>>'


def _lines(rows: Iterable[tuple[str, str, str]]) -> str:
    return "<BR/>".join(
        f'<FONT POINT-SIZE="{size}" COLOR="{colour}">{_text(text)}</FONT>'
        for text, size, colour in rows
    )


def _label(rows: Iterable[tuple[str, str, str]]) -> str:
    return f"<{_lines(rows)}>"


def _caption(view: View) -> str:
    rows = [(line, "12", _INK) for line in view.caption]
    if scale := view.scale:
        told = f"colour: {scale.quantity}, {scale.low} … {scale.high}"
        rows.append((told, "10", _MUTED))
    rows += [(view.folded, "10", _MUTED)] if view.folded else []
    return _label(rows) if rows else ""


def _text(text: str) -> str:
    """Return text that stands for itself in a label that is markup."""
    return escape(printable(text)).replace("\n", "<BR/>").replace("\\", "&#92;&#92;") or " "
