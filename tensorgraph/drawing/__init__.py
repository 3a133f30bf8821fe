"""Pictures of recorded graphs; ``tg.render`` is the way in, see :func:`picture.render`."""

from __future__ import annotations

from tensorgraph.drawing.picture import Picture, RunPicture, render

__all__ = ["Picture", "RunPicture", "render"]
