"""The warning of a forgotten ``eval()``: inference while a layer is still in training mode."""

from __future__ import annotations

import warnings
from weakref import WeakSet

from tensorgraph.engine.modes import MODE, user_level
from tensorgraph.errors import UsageWarning
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module

# Not an attribute of the layer, where it would be copied and saved with it.
_WARNED: WeakSet[Module] = WeakSet()


def warn_of_inference(layer: Module, name: str, effect: str) -> None:
    """Warn, once for each layer, if nothing is recorded while it runs in training mode.

    Who trains records; who does not has no use for what the layer does in training.

    Args:
        layer: which is in training mode.
        name: what a message calls what it does.
        effect: what it does to inference.
    """
    if MODE.get().recording or layer in _WARNED:
        return
    _WARNED.add(layer)
    warnings.warn(
        f"{here(name)}: under tg.no_grad() the layer is still in training mode, where {effect};"
        " write model.eval() before inference, and model.train() before training goes on",
        UsageWarning,
        stacklevel=user_level(),
    )
