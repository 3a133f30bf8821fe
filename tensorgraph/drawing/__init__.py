"""Pictures of recorded graphs, as ``tg.render`` makes them.

A tensor, module or function comes in; an SVG, PNG, PDF, DOT or HTML file goes out. Read picture.py
first, which is ``tg.render`` and leads through the rooms in this order:

- ``scene`` records a graph as plain data: **boxes** (a value and the operation that makes it), the
  **wires** to them (operands), and the **module calls** around them.
- ``view`` chooses what is drawn of it: the **hierarchy** of modules, in which equal parts stand
  once, is folded to **tiles**, the **links** between them, and **outlines** of open modules. Leaves
  that one tile takes are docked to it.
- ``layout`` is plain geometry: it says where rectangles stand and lines run.
- ``formats`` writes a view as SVG or in Graphviz's language. A tile is a **card** with the
  **pills** of the leaves docked to it.
- ``explorer`` writes a scene as a page, which folds and lays it out anew in the browser; its
  program uses the same words.

palette.py holds the colours of all of them. An option of ``tg.render`` is a field of
``view/options.py``, a parameter and a line of documentation in picture.py, and the file that heeds
it; a quantity for ``color_by`` is an entry of ``view/colour.py`` and that line of documentation.
"""

from __future__ import annotations

from tensorgraph.drawing.picture import Picture, RunPicture, render

__all__ = ["Picture", "RunPicture", "render"]
