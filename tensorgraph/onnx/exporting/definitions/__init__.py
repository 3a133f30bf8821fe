"""What operations are that ONNX has no operator for, in operations that it has one for.

Functions of expressions, which decide nothing by values. Read ``elementwise``, ``reductions``,
``matrices``, ``spectra`` and ``frequencies``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph.onnx.exporting.definitions import (
    elementwise,
    frequencies,
    matrices,
    reductions,
    spectra,
)

DEFINITIONS: dict[str, Callable[..., Any]] = {
    **elementwise.DEFINITIONS,
    **reductions.DEFINITIONS,
    **matrices.DEFINITIONS,
    **spectra.DEFINITIONS,
    **frequencies.DEFINITIONS,
}
"""By the names of the operations in the registry."""
