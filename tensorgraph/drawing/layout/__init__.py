"""Layered drawings of nested graphs: plain geometry, which knows nothing of tensors.

In come the sizes of nodes, the links between them, and the frames around them; out comes where each
stands and how each link runs (:class:`Placement`). Read nested.py first (frames in frames, each a
drawing of its own), then inside_frame.py, which draws one of them in the steps of Sugiyama, Tagawa
and Toda (1981): ranks.py, layers.py, order.py, coordinates.py (with longest_path.py and relax.py),
routes.py. Parts that no link joins are set side by side by components.py.
"""

from tensorgraph.drawing.layout.nested import INSET, Area, Placement, place
from tensorgraph.drawing.layout.routes import Point, tidy

__all__ = ["INSET", "Area", "Placement", "Point", "place", "tidy"]
