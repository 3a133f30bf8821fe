"""Draw a recorded graph; see :func:`tensorgraph.render.picture.render` for all options.

``tg.render(x)`` is a function, and the room of everything that belongs to it.

Example:
    >>> import tensorgraph as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.render((x * x).sum())
    <picture: 3 boxes, 2 operations>
"""

from __future__ import annotations

import sys
from types import ModuleType

from tensorgraph.render.picture import Picture, RunPicture, render

__all__ = ["Picture", "RunPicture", "render"]


class _Room(ModuleType):
    """A package that is called like the function it is named after."""

    __call__ = staticmethod(render)


sys.modules[__name__].__class__ = _Room
