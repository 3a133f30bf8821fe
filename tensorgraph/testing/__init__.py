"""Checking gradients: ours, and those of your own operations and models.

``gradcheck`` compares the gradient of any function with a numeric one. ``check_op`` tests all that
an operation promises. ``strategies`` draws inputs from an operation's domain for hypothesis.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgraph.testing.check_op import check_op
from tensorgraph.testing.gradcheck import gradcheck
from tensorgraph.testing.report import GradcheckResult

if TYPE_CHECKING:
    from tensorgraph.testing import strategies as strategies
else:

    def __getattr__(name: str) -> Any:
        """Import ``strategies`` when it is asked for: it needs hypothesis."""
        if name == "strategies":
            return import_module("tensorgraph.testing.strategies")
        raise AttributeError(f"module 'tensorgraph.testing' has no attribute {name!r}")


__all__ = ["GradcheckResult", "check_op", "gradcheck"]
