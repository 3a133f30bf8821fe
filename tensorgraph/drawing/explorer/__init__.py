"""The explorer: a scene as one HTML page in which a graph is folded, searched and stepped through.

In comes a ``Scene``; page.py packs it as JSON and joins it with the program in ``static``. Read
that in the order of ``page.SCRIPTS``: scene.js (the data, its hierarchy and steps), view.js (tiles
and links for what is open), arrange.js (where they stand), draw_tiles.js and canvas.js (drawing),
formulas.js and samples.js (what derive found, what arrays look like), then one file for each part
of the page, and main.js, which starts it.
"""

from tensorgraph.drawing.explorer.page import page

__all__ = ["page"]
