"""From a scene to the view that is drawn of it."""

from __future__ import annotations

from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.drawing.view.colour import COLOURINGS
from tensorgraph.drawing.view.fold import fold
from tensorgraph.drawing.view.hierarchy import Group
from tensorgraph.drawing.view.links import links_of
from tensorgraph.drawing.view.options import Options
from tensorgraph.drawing.view.tiles import Tiles
from tensorgraph.drawing.view.view import Caption, Outline, View


def view_of(scene: Scene, options: Options) -> View:
    """Return what is drawn of a scene."""
    folding = fold(scene, options)
    _, colouring_of = COLOURINGS[options.color_by]
    colouring = colouring_of(scene)
    tiles = Tiles(folding, colouring, options)
    seen = [*tiles.all, *(leaf for tile in tiles.all for leaf in tile.docked)]
    return View(
        tiles=tuple(tiles.all),
        links=tuple(links_of(tiles)),
        outlines=tuple(_outline(tiles, *entry) for entry in folding.opened),
        mirror=tiles.mirror,
        folded=" ".join(filter(None, (folding.sentence(), _said(tiles)))),
        title=scene.title if options.title is None else options.title,
        caption=tuple(Caption(*line) for line in scene.typeset),
        keys=tuple(colouring.keys(seen)),
        scale=colouring.scale,
    )


def _said(tiles: Tiles) -> str:
    """Return what is to be said of the colours of tiles that stand for several numbers."""
    several = any(len(set(numbers)) > 1 for numbers in tiles.numbers)
    return tiles.colouring.said if several else ""


def _outline(tiles: Tiles, group: Group, around: Group | None) -> Outline:
    named = "  ".join(tiles.names(group)) if group.call is not None else ""
    times = f" × {group.copies}" if group.copies > 1 else ""
    parent = None if around is None else tiles.outlines[around]
    label = "" if group.call is None else tiles.scene.calls[group.call].label
    title = "  ".join(filter(None, (f"{named}{times}".strip(), label)))
    return Outline(tiles.outlines[group], title, parent, group.copies)
