"""Dependencies that only parts of the package need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def require(module: str, extra: str) -> ModuleType:
    """Return a module of an optional dependency.

    Raises:
        ImportError: it is not installed; it says what to install.

    Example:
        >>> require("math", "io").pi
        3.141592653589793
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"this needs {package}, which is not installed ({error}); write"
            f" pip install 'tensorgraph-engine[{extra}]'",
            name=error.name,
        ) from error
