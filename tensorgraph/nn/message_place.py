"""How messages of layers begin: with the place of the module that is being called."""

from __future__ import annotations

from tensorgraph.engine.modes import MODE
from tensorgraph.errors import where_in


def here(what: str) -> str:
    """Return ``what`` with its place: ``linear in model.layers[2] Linear``."""
    return f"{what}{where_in(MODE.get().scope)}"
