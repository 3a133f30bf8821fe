"""Settings that a module is given as an attribute of which it takes no notice."""

from __future__ import annotations

from inspect import signature
from types import FrameType
from typing import Any

from tensorgraph.errors import ArgumentTypeError
from tensorgraph.leads.calls import keyword_here
from tensorgraph.leads.table import keyword_leads

SCALARS = frozenset((bool, int, float, str))
"""The types of settings."""

_SWITCHES = ("trainable", "requires_grad")
"""What elsewhere says of a whole module whether it is trained."""


def refuse_vain_setting(module: Any, name: str, value: Any, frame: FrameType) -> None:
    """Raise where an attribute that a module does not have so far is a setting by its name.

    Args:
        module: that gets the attribute.
        name: of the attribute.
        value: of the attribute.
        frame: that sets it. What a layer of this package sets itself, it takes notice of.

    Raises:
        ArgumentTypeError: the name is that of a setting elsewhere, or of an argument.
    """
    kind = type(module)
    lead = None
    if name in _SWITCHES and isinstance(value, bool):
        lead = f"write tg.nn.{'unfreeze' if value else 'freeze'}(model)"
    elif _is_own(kind.__module__) and not _is_own(frame.f_globals.get("__name__", "")):
        lead = _lead(module, name, value)
    if lead:
        raise ArgumentTypeError(f"{kind.__name__}.{name} = {value!r} would change nothing; {lead}")


def _lead(module: Any, name: str, value: Any) -> str | None:
    kind = type(module)
    places = [above.__name__ for above in kind.__mro__]
    arguments = _arguments(kind)
    keyword = name if name in arguments else keyword_here(places, name, arguments)
    if keyword and hasattr(module, keyword) and isinstance(value, float):
        return f"write layer.{keyword} = {value!r}"
    if keyword:  # lengths are those of the weights
        return f"write tg.nn.{kind.__name__}(…, {keyword}={value!r}) for a new layer"
    rows = (lead for lead in keyword_leads() if lead.name == name and lead.place in places)
    return next((lead.told for lead in rows), None)


def _is_own(module: str) -> bool:
    return module.split(".")[0] == "tensorgraph"


def _arguments(kind: Any) -> list[str]:
    """Return what a layer is made with; of an activation, the settings of its function too."""
    function = getattr(kind, "function", None)
    settings = [*signature(function).parameters][1:] if function else []
    return [*signature(kind).parameters, *settings]
