"""Matching paths of parameters and modules, as a state dict has them: ``layers.0.weight``."""

from __future__ import annotations

from fnmatch import fnmatchcase


def stands_at(name: str, path: str) -> bool:
    """Return whether a parameter or module stands at a path, or in a module at that path.

    Example:
        >>> [stands_at("layers.10.bias", path) for path in ("layers.10", "*.bias", "layers.1")]
        [True, True, False]
        >>> stands_at("layers.1.bias", "layers.[0-2]")
        True
    """
    return (
        name == path
        or name.startswith(f"{path}.")
        or fnmatchcase(name, path)
        or fnmatchcase(name, f"{path}.*")
    )
