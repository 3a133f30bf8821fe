"""A view in Graphviz's language.

The backward pass is a second graph beside the first: its edges point the same way and are drawn
with the arrow at their tail (``dir=back``), so that each gradient lands on the row of its value.
Edges that would pull rows apart, those to saved values, do not count for the layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

import graphviz  # type: ignore[import-untyped]

from tensorgraph.display.text import printable
from tensorgraph.drawing.formats.canvas import title_lines
from tensorgraph.drawing.formats.legend import SAVED, keeps, keys_of
from tensorgraph.drawing.formats.lettering import shortened, width_of
from tensorgraph.drawing.palette import THEMES, Theme
from tensorgraph.drawing.view.options import TITLE_SIZE, Options
from tensorgraph.drawing.view.view import Gradient, Link, Outline, Tile, View
from tensorgraph.drawing.view.wording import shape_text

MANY = 500
"""With more tiles Graphviz looks for good places only so long: otherwise its time is squared."""

FONT = "Helvetica,Arial,sans-serif"


def to_dot(view: View, options: Options) -> str:
    """Return a view as the text of a directed graph."""
    return _Writer(view, options).text()


Row = tuple[str, float, str]
"""A line of a label: its text, its size in points, its colour."""


class _Writer:
    """A view in Graphviz's language, in the colours and type of the options."""

    def __init__(self, view: View, options: Options) -> None:
        self.view, self.turned = view, options.direction == "right"
        self.theme: Theme = THEMES["light" if options.theme == "auto" else options.theme]
        self.scale = options.font_size / TITLE_SIZE
        self.legend = options.has_legend
        self.font = f"{options.font},{FONT}" if options.font else FONT
        self.ink, self.muted, self.bad = (self.colour(role) for role in ("ink", "muted", "bad"))
        self.widths = self._widths()
        self.graph = self._graph()

    def colour(self, role: str, tone: str = "") -> str:
        return self.theme.colour(role, tone)

    def size(self, points: float) -> str:
        return f"{points * self.scale:g}"

    def text(self) -> str:
        view = self.view
        if len(view.tiles) > MANY:
            self.graph.attr("graph", nslimit="0.01")
        self._add_tiles()
        if view.mirror:
            for tile in view.tiles:
                self._add_gradient(tile)
            self._add_sides()
        flows = {(link.target, link.source) for link in view.links if link.kind == "gradient"}
        for link in view.links:
            self._add_link(link)
            if view.mirror and link.kind == "data":
                self._add_mirrored(link, (link.source, link.target) in flows)
        red = self.colour("line", "gradient")
        for i in view.turning() if view.mirror else ():
            self.graph.edge(f"t{i}", f"g{i}", color=red, constraint="false")
        return str(self.graph.source)

    def _graph(self) -> graphviz.Digraph:
        type_ = {"fontname": self.font, "fontsize": self.size(12)}
        return graphviz.Digraph(
            "picture",
            graph_attr={
                "rankdir": "LR" if self.turned else "TB",
                **type_,
                "bgcolor": self.colour("paper"),
                "ranksep": "0.35",
                "nodesep": "0.25",
                "label": self._feet(),
                "labelloc": "b",
                "labeljust": "l",
                "tooltip": _plain(self.view.title) or "graph",
            },
            node_attr={"shape": "plain", **type_, "fontcolor": self.ink},
            edge_attr={
                "color": self.muted,
                "fontname": self.font,
                "fontsize": self.size(9),
                "fontcolor": self.muted,
            },
        )

    # ------------------------------------------------------------------------------------- boxes

    def _add_tiles(self) -> None:
        """Add the tiles, those in outlines inside clusters that stand in each other as they do."""
        clusters = [self._cluster(outline) for outline in self.view.outlines]
        for tile in self.view.tiles:
            home = self.graph if tile.outline is None else clusters[tile.outline]
            tip = _plain(tile.tip).replace("\n", "&#10;")
            home.node(f"t{tile.id}", label=self._tile(tile), tooltip=tip or "tile")
        for outline in reversed(self.view.outlines):
            home = self.graph if outline.parent is None else clusters[outline.parent]
            home.subgraph(clusters[outline.id])

    def _cluster(self, outline: Outline) -> graphviz.Digraph:
        """Return the frame of an outline, its title in the upper left corner."""
        cluster = graphviz.Digraph(f"cluster_{outline.id}")
        title = [(line, 11.0, self.muted) for line in _title_lines(outline)]
        cluster.attr(
            label=self._label(title) if title else "",
            labelloc="t",
            labeljust="l",
            color=self.colour("edge"),
            bgcolor=self.colour("frame"),
            style="rounded",
            tooltip=_plain(outline.title) or "module",
        )
        return cluster

    def _widths(self) -> dict[int, float]:
        """Return how wide tiles must be so that the arrow to their middle is beside all titles."""
        found: dict[int, float] = {}
        for tile in () if self.turned else self._entries():
            outline = self.view.tiles[tile].outline
            while outline is not None:
                around = self.view.outlines[outline]
                for line in _title_lines(around):
                    wide = 2 * width_of(line, 11) + 12
                    found[tile] = max(found.get(tile, 0.0), wide)
                outline = around.parent
        return found

    def _entries(self) -> set[int]:
        """Return the tiles to which no link leads from inside of their outline."""
        home = [tile.outline for tile in self.view.tiles]
        led = {
            link.target
            for link in self.view.links
            if link.kind == "data" and home[link.source] == home[link.target]
        }
        return {tile.id for tile in self.view.tiles} - led

    def _add_gradient(self, tile: Tile) -> None:
        """Add the tile of a gradient; where there is none, nothing is seen in its place."""
        gradients = [each.gradient for each in (tile, *tile.docked) if each.gradient]
        if not gradients:
            self.graph.node(f"g{tile.id}", label="", style="invis", shape="point")
            return
        cells = [self._gradient_cell(gradient, bool(tile.warn)) for gradient in gradients]
        self.graph.node(f"g{tile.id}", label=_table(cells), tooltip="gradient")

    def _add_sides(self) -> None:
        """Keep the backward pass at the right: each pass hangs on its heading."""
        with self.graph.subgraph() as top:
            top.attr(rank="same")
            for side, arrow in (("forward", "↓→"), ("backward", "↑←")):
                words = f"{side.upper()} {arrow[self.turned]}"
                top.node(side, label=self._label([(words, 10, self.muted)]))
            top.edge("forward", "backward", style="invis")
        later = {link.target for link in self.view.links if link.kind == "data"}
        for tile in self.view.tiles:
            if tile.id not in later:
                self.graph.edge("forward", f"t{tile.id}", style="invis")
                self.graph.edge("backward", f"g{tile.id}", style="invis")

    def _gradient_cell(self, gradient: Gradient, bad: bool) -> str:
        absent = not gradient.is_computed
        title = f"{gradient.title} {gradient.shape}" if gradient.shape else gradient.title
        line = self.bad if bad else self.muted if absent else self.colour("line", gradient.tone)
        fill = self.colour("paper") if absent else self.colour("fill", gradient.tone)
        style = ' STYLE="dashed"' if absent else ""
        text = self._lines(
            [(title, 12, self.ink), *((line, 10, self.muted) for line in gradient.lines)]
        )
        return f'<TD BORDER="1"{style} COLOR="{line}" BGCOLOR="{fill}">{text}</TD>'

    # ------------------------------------------------------------------------------------- links

    def _add_link(self, link: Link) -> None:
        source, target, edge = link.source, link.target, self.graph.edge
        loose = {"constraint": "false"}  # it does not pull rows apart
        match link.kind:
            case "data":
                label = _plain(link.label) or (f"× {link.count}" * (link.count > 1))
                # Links of unequal weight are straighter, and placed in a third of the time.
                wide = f"{link.width:g}"
                edge(f"t{source}", f"t{target}", label=label, penwidth=wide, weight="8")
            case "state":
                told = _plain(f"{link.label} of the turn before".strip())
                edge(f"t{source}", f"t{target}", label=told, **loose)
            case "state gradient":
                edge(f"g{source}", f"g{target}", color=self.colour("line", "gradient"), **loose)
            case "saved":
                look = {"style": "dashed", "arrowhead": "none", "color": self.colour("wire")}
                tip = _plain(f"saved {link.label}")
                edge(f"t{source}", f"g{target}", tooltip=tip, **look, **loose)

    def _add_mirrored(self, link: Link, flows: bool) -> None:
        """Add what runs backward beside a link; unseen without a gradient, for the rows' sake."""
        back = {"dir": "back", "color": self.colour("line", "gradient")}
        look = back if flows else {"style": "invis"}
        self.graph.edge(f"g{link.source}", f"g{link.target}", weight="2", **look)

    # ------------------------------------------------------------------------------------ labels

    def _tile(self, tile: Tile) -> str:
        """Return the label of a tile: its lines, below them the leaves docked to it."""
        title = tile.title + (f" × {tile.repeat}" if tile.repeat > 1 else "")
        wide = self.widths.get(tile.id, 0.0) * self.scale
        cells = [self._cell(tile, [(title, 13, self.ink)], 10, tile.is_leaf, wide)]
        cells += [self._cell(each, [(each.title, 11, self.ink)], 9, True) for each in tile.docked]
        return _table(cells)

    def _cell(
        self, tile: Tile, rows: list[Row], small: float, is_round: bool, wide: float = 0.0
    ) -> str:
        told = filter(None, (*tile.lines, shape_text(tile.shape, tile.dtype)))
        rows = [*rows, *((line, small, self.muted) for line in told)]
        rows += [(f"⚠ {tile.warn}", small, self.bad)] if tile.warn else []
        line = self.bad if tile.warn else self.colour("line", tile.tone)
        style = ' STYLE="rounded"' if is_round else ""
        style += f' WIDTH="{wide:.0f}"' if wide else ""
        return (
            f'<TD BORDER="{2 if tile.warn else 1}"{style} COLOR="{line}"'
            f' BGCOLOR="{self.colour("fill", tile.tone)}">{self._lines(rows)}</TD>'
        )

    def _lines(self, rows: Iterable[Row]) -> str:
        return "<BR/>".join(
            f'<FONT POINT-SIZE="{self.size(size)}" COLOR="{colour}">{_text(text)}</FONT>'
            for text, size, colour in rows
        )

    def _label(self, rows: Iterable[Row]) -> str:
        return f"<{self._lines(rows)}>"

    def _feet(self) -> str:
        """Return what stands below: the legend, what is folded, and formulas."""
        view = self.view
        keys = "".join(self._keys()) if self.legend else ""
        legend = f'<TD ALIGN="LEFT"><TABLE BORDER="0"><TR>{keys}</TR></TABLE></TD>'
        cells = [legend] if keys else []
        title = title_lines(view.title, 0.0)
        rows: list[Row] = [("\n".join(title), 13, self.ink)] if title else []
        rows += [(view.folded, 10, self.muted)] if view.folded else []
        rows += [(line.text, 12, self.ink) for line in view.caption]
        cells += [f'<TD ALIGN="LEFT">{self._lines([row])}</TD>' for row in rows]
        return _table(cells) if cells else ""

    def _keys(self) -> Iterator[str]:
        """Yield the cells of the legend: what colours mean."""
        if scale := self.view.scale:
            yield f"<TD>{self._lines([(f'{scale.quantity}  {scale.low}', 10, self.muted)])}</TD>"
            for tone in scale.tones:
                yield f'<TD BGCOLOR="{self.colour("fill", tone)}" WIDTH="12"></TD>'
            yield f"<TD>{self._lines([(scale.high, 10, self.muted)])}</TD>"
        for key in keys_of(self.view):
            line, fill = self.colour("line", key.tone), self.colour("fill", key.tone)
            style = ' STYLE="rounded"' if key.is_round else ""
            yield f'<TD BORDER="1"{style} COLOR="{line}" BGCOLOR="{fill}" WIDTH="14"></TD>'
            yield f"<TD>{self._lines([(key.word, 10, self.muted)])}</TD>"
        if keeps(self.view):
            yield f"<TD>{self._lines([(f'┄ {SAVED}', 10, self.muted)])}</TD>"


def _table(cells: Iterable[str]) -> str:
    rows = "".join(f"<TR>{cell}</TR>" for cell in cells)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="4">{rows}</TABLE>>'


def _title_lines(outline: Outline) -> list[str]:
    """Return the title of an outline, class and place each on a line."""
    return [shortened(line, 24) for line in outline.title.split("  ") if line]


def _plain(text: str) -> str:
    """Return text that stands for itself where it is no markup."""
    return str(graphviz.escape(printable(text)))


def _text(text: str) -> str:
    """Return text that stands for itself in a label that is markup."""
    return escape(printable(text)).replace("\n", "<BR/>").replace("\\", "&#92;&#92;") or " "
