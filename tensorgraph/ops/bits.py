"""The bits of whole numbers, of booleans too: combined, turned over, moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.domain import Integer
from tensorgraph.engine.notation import function, relation
from tensorgraph.engine.op import register
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.ops.arithmetic import of_booleans

__all__ = [
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor",
]  # fmt: skip


bitwise_and = of_booleans(
    "bitwise_and",
    np.bitwise_and,
    "operator.and_",
    "&",
    """Return x & y.

>>> tg.bitwise_and([6, 5], 3)
tensor([2, 1])
""",
    code="&",
    notation=relation("∧", r"\land"),
)
bitwise_or = of_booleans(
    "bitwise_or",
    np.bitwise_or,
    "operator.or_",
    "|",
    """Return x | y.

>>> tg.bitwise_or([6, 5], 3)
tensor([7, 7])
""",
    code="|",
    notation=relation("∨", r"\lor"),
)
bitwise_xor = of_booleans(
    "bitwise_xor",
    np.bitwise_xor,
    "operator.xor",
    "^",
    """Return x ^ y.

>>> tg.bitwise_xor([6, 5], 3)
tensor([5, 6])
""",
    code="^",
    notation=relation("⊻", r"\veebar"),
)
bitwise_invert = of_booleans(
    "bitwise_invert",
    np.bitwise_invert,
    lambda x: not x,
    "~",
    """Return ~x; for booleans, not x.

    >>> tg.bitwise_invert([True, False])
    tensor([False,  True])
    """,
    notation=function("¬", r"\lnot "),
)


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
