"""Moving the bits of whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.domain import Integer
from tensorgraph.engine.notation import relation
from tensorgraph.engine.op import register
from tensorgraph.engine.rule import NONDIFF

__all__ = ["bitwise_left_shift", "bitwise_right_shift"]


def _shift(name: str, kernel: Any, sign: str, notation: str, doc: str) -> Any:
    return register(
        name,
        kernel,
        {"x": NONDIFF, "y": NONDIFF},
        domain={"x": Integer(0, 100), "y": Integer(0, 8)},
        ref="operator.lshift" if sign == "<<" else "operator.rshift",
        notation=relation(notation),
        doc=doc,
    )


bitwise_left_shift = _shift(
    "bitwise_left_shift",
    np.bitwise_left_shift,
    "<<",
    "≪",
    """Return x << y: x · 2^y, of which what does not fit in the dtype is lost.

    >>> tg.bitwise_left_shift([1, 5], 2)
    tensor([ 4, 20])
    """,
)
bitwise_right_shift = _shift(
    "bitwise_right_shift",
    np.bitwise_right_shift,
    ">>",
    "≫",
    """Return x >> y: x / 2^y, rounded down.

    >>> tg.bitwise_right_shift([4, 23], 2)
    tensor([1, 5])
    """,
)
