"""Checking gradients: ours, and those of your own operations and models.

``gradcheck`` compares the gradient of any function with a numeric one. ``check_op`` tests all that
an operation promises. ``strategies`` draws inputs from an operation's domain for hypothesis.
"""

from __future__ import annotations

from tensorgraph.testing.gradcheck import gradcheck
from tensorgraph.testing.report import GradcheckResult

__all__ = ["GradcheckResult", "gradcheck"]
