"""Logarithms in the terms of entropies and likelihoods: x·log y, and log-odds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.domain import Real
from tensorgraph.engine.op import register
from tensorgraph.ops._blocks import both_floating, floating
from tensorgraph.ops.arithmetic import APART, equal, logical_and, where
from tensorgraph.ops.transcendental import log, log1p

__all__ = ["logit", "xlog1py", "xlogy"]


def _product(x: Any, logarithm: Any) -> Any:
    """Return x · logarithm, and 0 where x is 0 unless the logarithm is NaN."""
    zero = np.equal(x, 0) & ~np.isnan(logarithm)
    return np.where(zero, 0 * x, x * logarithm)


def _xlogy_kernel(x: Any, y: Any) -> Any:
    x, y = both_floating(x, y)
    return _product(x, np.log(y))


def _xlog1py_kernel(x: Any, y: Any) -> Any:
    x, y = both_floating(x, y)
    return _product(x, np.log1p(y))


def _over(x: Any, y: Any, zero: Any) -> Any:
    """Return x / y, and 0 where x is 0 and y too, as ``zero`` says."""
    both = logical_and(equal(x, 0), zero)
    return x / where(both, 1, y)


xlogy = register(
    "xlogy",
    _xlogy_kernel,
    {"x": lambda g, y: g * log(y), "y": lambda g, x, y: g * _over(x, y, equal(y, 0))},
    domain={"y": APART},
    ref=lambda x, y: x * math.log(y),
    symbol="x·log y",
    body=lambda x, y: x * log(where(equal(x, 0), 1, y)),
    doc="""Return x · log y, and 0 where x is 0, y = 0 included.

    The derivative by x is log y, −inf at y = 0; that by y is x / y, and 0 where both are 0.

    >>> tg.xlogy([0.0, 2.0], [0.0, 1.0])
    tensor([0., 0.])
    """,
)
xlog1py = register(
    "xlog1py",
    _xlog1py_kernel,
    {"x": lambda g, y: g * log1p(y), "y": lambda g, x, y: g * _over(x, 1 + y, equal(y, -1))},
    domain={"y": Real(-0.7, 3.0)},
    ref=lambda x, y: x * math.log1p(y),
    symbol="x·log(1+y)",
    body=lambda x, y: x * log1p(where(equal(x, 0), 0, y)),
    doc="""Return x · log(1 + y), and 0 where x is 0, y = −1 included.

    The derivative by x is log(1 + y), −inf at −1; that by y is x / (1 + y), and 0 at x = 0, y = −1.

    >>> tg.xlog1py([0.0, 2.0], [-1.0, 0.0])
    tensor([0., 0.])
    """,
)


def _logit_kernel(x: Any) -> Any:
    x = floating(x)
    if np.iscomplexobj(x):
        return np.log(x) - np.log1p(-x)
    middle = np.abs(x - 0.5) <= 0.25
    near = 2 * np.atanh(2 * np.where(middle, x, 0.5) - 1)
    return np.where(middle, near, np.log(x) - np.log1p(-x))


logit = register(
    "logit",
    _logit_kernel,
    {"x": lambda g, x: g / x + g / (1 - x)},
    domain={"x": Real(0.1, 0.9)},
    ref="scipy.special.logit",
    code="np.log(x) - np.log1p(-x)",
    doc="""Return the log-odds log(x / (1 − x)): the inverse of sigmoid, relatively exact at ½ too.

    It is −inf at 0, inf at 1 and NaN outside. Its derivative is 1/x + 1/(1 − x); that of this one
    cancels at ½, where it is exact to an ulp of 1/x².

    >>> tg.logit([0.5, 0.0])
    tensor([  0., -inf])
    """,
)
