"""Names that are imported from the package, but are not there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

from tensorgraph.leads.attributes import ROOMS, lead_of_module


class ForeignImports(MetaPathFinder):
    """Finds no module, but says what to write for ``from tensorgraph.nn import functional``.

    Python turns an ``AttributeError`` of a module into an ``ImportError`` of its own; before, it
    asks the finders for a module of that name.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        """Raise where a name of ours is known from elsewhere; else find nothing."""
        module, _, name = fullname.rpartition(".")
        if module.replace("tensorgraph", "tg", 1) in ROOMS:
            lead = lead_of_module(module, name)
            if lead:
                raise ImportError(f"cannot import name {name!r} from {module!r}; {lead}", name=name)


def install() -> None:
    """Let imports that fail ask the table, after all others that may know."""
    sys.meta_path.append(ForeignImports())
