"""Faults of pictures: where things stand, and what is drawn of them."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_LAYOUT = [
    *planted_in(
        "drawing/layout/ranks.py",
        ("loose[v] and len(below[v]) == 1", "len(below[v]) == 1",
         "layout: a branch from a shared value is pulled down with its last node"),
        ("    closing = _closing(below)\n", "    closing: set[Arrow] = set()\n",
         "layout: a cycle leaves its nodes without a rank"),
    ),
    *planted_in(
        "drawing/layout/order.py",
        ("row[:] = [next(moving) if u in means else u for u in row]", "list(moving)",
         "layout: rows are never sorted by their neighbours"),
        ("    return mirrored if better else best\n", "    return best\n",
         "layout: the main line is left of what joins it"),
        ("total += len(ends) - bisect_right(ends, end)", "total += bisect_right(ends, end)",
         "layout: links that do not cross are counted"),
    ),
    *planted_in(
        "drawing/layout/coordinates.py",
        ("if place[u] <= last or crosses or back[u] not in (-1, v):",
         "if place[u] <= last or crosses:", "layout: a side branch bends the main line"),
        ("need = between(u, v) + shift[u] - shift[v]", "need = between(u, v)",
         "layout: tiles whose links touch them off their middle overlap"),
    ),
    *planted_in(
        "drawing/layout/relax.py",
        ("mean = (mean * weight + before * other) / (weight + other)",
         "mean = (mean + before) / 2", "layout: pooled places without their weights"),
    ),
    *planted_in(
        "drawing/layout/routes.py",
        ("        if route and point == route[-1]:\n            continue\n", "",
         "layout: routes with the same point twice"),
        ("yield grid.x[dummy], grid.bands[rank + 1][0]", "pass",
         "layout: links run through tiles beside them"),
        ("if until < low), None)", "if until < high), None)",
         "layout: two links on one rail"),
        ("            routes[key] = []\n", "            routes[key] = [(0.0, 0.0), (1.0, 1.0)]\n",
         "layout: links without a rail are drawn across"),
    ),
    *planted_in(
        "drawing/layout/level.py",
        ("        tall[0] = max(tall[0], header)\n", "        pass\n",
         "layout: tiles over the title of their frame"),
        ("max(inner + padding.left + padding.right, padding.width)",
         "inner + padding.left + padding.right",
         "layout: a frame narrower than its title"),
    ),
    *planted_in(
        "drawing/layout/nested.py",
        ("return self.sheets[node].centers[crossing][0] - self.sheets[node].size[0] / 2",
         "return 0.0", "layout: links meet frames where they do not enter them"),
        ("outward = sorted(frames, key=lambda f: -len(self._way_out(f)))", "outward = list(frames)",
         "layout: frames laid out before those inside of them"),
    ),
    *planted_in(
        "drawing/layout/components.py",
        ("x, top = 0.0, bottom + gap", "x, top = 0.0, top + h + gap",
         "layout: rows of parts overlap where one is higher than the next"),
    ),
]  # fmt: skip

_SVG = [
    *planted_in(
        "drawing/formats/lettering.py",
        ("safe = text.translate(CONTROL)", "safe = text",
         "render_svg: a control character in a name"),
        ("return escape(safe, quote=True)", "return safe", "render_svg: markup in a name"),
        ("return size * sum(map(_mono if mono else _proportional, text))",
         "return size * 0.4 * len(text)", "render_svg: text wider than its card"),
    ),
    *planted_in(
        "drawing/formats/draw_tiles.py",
        ("return gradient is not None and not gradient.is_computed", "return False",
         "render_svg: a gradient that is not computed looks like one that is"),
        ('kind = "absent" if absent else "bad" if tile.warn else "tile"',
         'kind = "absent" if absent else "tile"', "render_svg: a NaN does not stand out"),
        ("for step in (2, 1) if tile.repeat > 1 else ():", "for step in ():",
         "render_svg: a repeated block looks like one"),
        ("        if not self.mirrored or self.tile.gradient:\n", "        if True:\n",
         "render_svg: a gradient where none flows"),
    ),
    *planted_in(
        "drawing/formats/canvas.py",
        ("            y = 2 * self.axis - y\n", "            y = self.axis + y\n",
         "render_svg: the backward pass is not mirrored to the right"),
        ("            x = 2 * self.axis - x\n", "            x = self.axis + x\n",
         "render_svg: the backward pass is not mirrored"),
        ("return tidy([ends[0], *route, ends[1]])", "return route",
         "render_svg: arrows end in the air above a card beside high pills"),
        ("if count > 1}", "if count > 2}", "render_svg: two gradients that add up are not marked"),
    ),
    *planted_in(
        "drawing/formats/draw_links.py",
        ("        for i in self.canvas.turning():\n            start",
         "        for i in ():\n            start",
         "render_svg: no link from the loss to its gradient"),
        ("for point in reversed(route)]", "for point in route]",
         "render_svg: gradients run downward"),
    ),
    *planted_in(
        "drawing/view/colour.py",
        ("hue{self.hues[call] % len(HUES)}", "hue{self.hues[call]}",
         "render_svg: no colour for the ninth module"),
        ("heat{min(step, len(HEATS) - 1)}", "heat{step}",
         "render_svg: no colour for the hottest tile"),
        ("(Key(family, family) for family in FAMILIES if family in used)",
         "(Key(family, family) for family in FAMILIES)",
         "render_svg: the legend explains colours that are not there"),
    ),
    *planted_in(
        "drawing/palette.py",
        ('MUTED = ("#4f586a", "#adb6c8")', 'MUTED = ("#8a93a5", "#6d7688")',
         "render_svg: shapes too faint to read"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [*_LAYOUT, *_SVG]
