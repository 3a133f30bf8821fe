"""Faults of pictures: where things stand, and what is drawn of them."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_LAYOUT = [
    *planted_in(
        "drawing/layout/ranks.py",
        ("ranks_of", "loose[v] and len(below[v]) == 1", "len(below[v]) == 1",
         "layout: a branch from a shared value is pulled down with its last node"),
        ("forward", "closing = _closing(below)", "closing: set[Arrow] = set()",
         "layout: a cycle leaves its nodes without a rank"),
    ),
    *planted_in(
        "drawing/layout/order.py",
        ("_sweep",
         "moving = iter(sorted(linked, key=means.__getitem__))\n"
         "row[:] = [next(moving) if u in means else u for u in row]",
         "moving = iter(sorted(linked, key=means.__getitem__))\n"
         "list(moving)", "layout: rows are never sorted by their neighbours"),
        ("ordered_rows", "mirrored if better else best", "best",
         "layout: the main line is left of what joins it"),
        ("_crossings", "len(ends) - bisect_right(ends, end)", "bisect_right(ends, end)",
         "layout: links that do not cross are counted"),
    ),
    *planted_in(
        "drawing/layout/coordinates.py",
        ("_aligned", "back[u] not in (-1, v)", "", "layout: a side branch bends the main line"),
        ("_packed", "between(u, v) + shift[u] - shift[v]", "between(u, v)",
         "layout: tiles whose links touch them off their middle overlap"),
    ),
    *planted_in(
        "drawing/layout/relax.py",
        ("_apart", "(mean * weight + before * other) / (weight + other)", "(mean + before) / 2",
         "layout: pooled places without their weights"),
    ),
    *planted_in(
        "drawing/layout/routes.py",
        ("tidy",
         "if route and point == route[-1]:\n"
         "    continue", "", "layout: routes with the same point twice"),
        ("_between", "yield (grid.x[dummy], grid.bands[rank + 1][0])", "pass",
         "layout: links run through tiles beside them"),
        ("_lanes", "until < low", "until < high", "layout: two links on one rail"),
        ("routes_of", "[]", "[(0.0, 0.0), (1.0, 1.0)]",
         "layout: links without a rail are drawn across"),
    ),
    *planted_in(
        "drawing/layout/inside_frame.py",
        ("_grid", "tall[0] = max(tall[0], header)", "pass",
         "layout: tiles over the title of their frame"),
        ("draw", "max(inner + padding.left + padding.right, padding.width)",
         "inner + padding.left + padding.right", "layout: a frame narrower than its title"),
    ),
    *planted_in(
        "drawing/layout/nested.py",
        ("_Drawing._touched",
         "self.sheets[node].centers[crossing][0] - self.sheets[node].size[0] / 2", "0.0",
         "layout: links meet frames where they do not enter them"),
        ("_Drawing.placed", "sorted(frames, key=lambda f: -len(self._way_out(f)))", "list(frames)",
         "layout: frames laid out before those inside of them"),
    ),
    *planted_in(
        "drawing/layout/components.py",
        ("shelves", "bottom + gap", "top + h + gap",
         "layout: rows of parts overlap where one is higher than the next"),
    ),
]  # fmt: skip

_SVG = [
    *planted_in(
        "drawing/formats/lettering.py",
        ("width_of", "size * sum(map(_mono if mono else _proportional, text))",
         "size * 0.4 * len(text)", "render_svg: text wider than its card"),
    ),
    *planted_in(
        "drawing/formats/to_svg.py",
        ("to_svg", "escaped(view.title or 'computational graph')",
         "view.title or 'computational graph'", "render_svg: markup in a title"),
    ),
    *planted_in(
        "drawing/formats/draw_tiles.py",
        ("_text", "escaped(text)", "text", "render_svg: markup in a name"),
        ("_is_absent", "gradient is not None and not gradient.is_computed", "False",
         "render_svg: a gradient that is not computed looks like one that is"),
        ("PlacedTile._card", "'bad' if tile.warn else 'tile'", "'tile'",
         "render_svg: a NaN does not stand out"),
        ("PlacedTile._card", "(2, 1) if tile.repeat > 1 else ()", "()",
         "render_svg: a repeated block looks like one"),
        ("PlacedTile.svg", "not self.mirrored or self.tile.gradient", "True",
         "render_svg: a gradient where none flows"),
    ),
    *planted_in(
        "drawing/formats/canvas.py",
        ("Canvas.at", "2 * self.axis - y", "self.axis + y",
         "render_svg: the backward pass is not mirrored to the right"),
        ("Canvas.at", "2 * self.axis - x", "self.axis + x",
         "render_svg: the backward pass is not mirrored"),
        ("Canvas._fitted", "tidy([ends[0], *route, ends[1]])", "route",
         "render_svg: arrows end in the air above a card beside high pills"),
        ("Canvas.added", "count > 1", "count > 2",
         "render_svg: two gradients that add up are not marked"),
    ),
    *planted_in(
        "drawing/formats/draw_links.py",
        ("DrawnLinks.links", "self.canvas.turning()", "()",
         "render_svg: no link from the loss to its gradient"),
        ("DrawnLinks.links", "reversed(route)", "route", "render_svg: gradients run downward"),
    ),
    *planted_in(
        "drawing/view/colour.py",
        ("ByModule.tone", "self.hues[call] % len(HUES)", "self.hues[call]",
         "render_svg: no colour for the ninth module"),
        ("heat_tone", "min(step, len(HEATS) - 1)", "step",
         "render_svg: no colour for the hottest tile"),
        ("Colouring.keys", "family in used", "True",
         "render_svg: the legend explains colours that are not there"),
    ),
    *planted_in(
        "drawing/palette.py",
        ("MUTED", "('#4f586a', '#adb6c8')", "('#8a93a5', '#6d7688')",
         "render_svg: shapes too faint to read"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_LAYOUT, *_SVG]
