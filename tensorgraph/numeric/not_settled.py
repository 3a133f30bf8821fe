"""What is said where values do not tell a derivative."""

from __future__ import annotations

from typing import Any, Protocol

from tensorgraph import errors
from tensorgraph.numeric.ridders import Slope


class Named(Protocol):
    """What is differentiated."""

    name: str


def not_settled(f: Named, at: tuple[int, ...], x: Any, s: Slope) -> errors.GraphError:
    """Return the error for a derivative at an index, where the operand is ``x``."""
    where = f"index {at}, where the input is {x:.6g}" if at else f"the input {x:.6g}"
    return errors.GraphError(
        f"{f.name}: its numeric gradient does not settle at {where}: {s.value:.6g} ± {s.error:.1g};"
        " the kernel jumps there, is noisy, or is not defined on both sides. Move the input to"
        " where it is defined all around, or give the operation a rule: tg.op(…, vjp={…})"
    )
