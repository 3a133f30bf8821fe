"""The cube root, element by element; the square root stands among the powers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.domain import Real
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.ops._blocks import double_by_blocks
from tensorgraph.ops.arithmetic import APART, square

__all__ = ["cbrt", "cbrt_slope"]


def _cbrt_kernel(x: Any) -> Any:
    if np.iscomplexobj(x):
        side = np.sign(np.real(x))
        return side * np.power(x * side, 1 / 3)
    return np.cbrt(x)


def _cbrt_slope_of_complex(x: Any) -> Any:
    return 1 / (3 * np.square(_cbrt_kernel(x)))


cbrt_slope: OpFunction = register(
    "cbrt_slope",
    double_by_blocks(lambda x: 1 / (3 * np.square(np.cbrt(x))), _cbrt_slope_of_complex),
    {"x": lambda g, x, out: g * (-2 / 3 * out / x)},
    domain={"x": APART},
    ref=lambda x: 1 / (3 * math.cbrt(x) ** 2),
    body=lambda x: 1 / (3 * square(cbrt(x))),
    symbol="1/(3∛x²)",
    facts={"positive": True},
    doc="""Return 1 / (3·∛x²), the derivative of cbrt; inf at 0.

    >>> tg.cbrt_slope([8.0, 0.0]).round(3)
    tensor([0.083,   inf])
    """,
)
cbrt: OpFunction = register(
    "cbrt",
    _cbrt_kernel,
    {"x": lambda g, x: g * cbrt_slope(x)},
    domain={"x": Real(0.1, 5.0)},
    ref="math.cbrt",
    symbol="∛",
    facts={"sign_of": ("x",)},
    doc="""Return the cube root, of negative numbers too. The derivative at 0 is inf.

    >>> tg.cbrt([8.0, -27.0])
    tensor([ 2., -3.])
    """,
)
