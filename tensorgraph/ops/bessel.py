"""Bessel functions: the modified ones of whole orders, and sinc, which is a spherical one."""

from __future__ import annotations

import math
from functools import wraps
from inspect import Parameter, signature
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.errors import ArgumentTypeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops import _bessel, _sinc
from tensorgraph.ops.arithmetic import sign

__all__ = ["i0", "i0e", "i1", "i1e", "iv", "ive", "sinc", "sinc_slope"]


def _check_order(x: Any, *, order: SupportsIndex) -> dict[str, Any]:
    return {"order": whole(order, "order", 0)}


def _order_by_name(recorded: OpFunction) -> OpFunction:
    """Return an operation that takes its order by name alone, as SciPy's has it first.

    Of two whole numbers nobody could tell which is meant.
    """
    name = recorded.__name__

    @wraps(recorded)
    def call(*args: Any, **static: Any) -> Any:
        if len(args) > 1:
            raise ArgumentTypeError(
                f"{name}: the order is given by its name, as SciPy's {name}(order, x) has it first;"
                f" write tg.{name}(x, order=2)"
            )
        return recorded(*args, **static)

    x, order = signature(recorded).parameters.values()
    call.__signature__ = signature(recorded).replace(  # type: ignore[attr-defined]
        parameters=[x, order.replace(kind=Parameter.KEYWORD_ONLY)]
    )
    call.op = recorded.op  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def _around(function: Any, x: Any, order: int) -> Any:
    """Return ½(Iₙ₋₁ + Iₙ₊₁), where I₋₁ is I₁."""
    if not order:
        return function(x, order=1)
    return 0.5 * function(x, order=order - 1) + 0.5 * function(x, order=order + 1)


_SERIES = """
    total = term = np.ones(np.shape(x)) * (0.5 * np.asarray(x, float)) ** order
    term = total = term / np.prod(np.arange(1.0, order + 1))
    for k in range(1, 200):
        term = term * (0.25 * np.asarray(x, float) ** 2) / (k * (k + order))
        total = total + term
    return total"""

iv: OpFunction = _order_by_name(
    register(
        "iv",
        lambda x, *, order=0: _bessel.iv(x, order),
        {"x": lambda g, x, order: g * _around(iv, x, order)},
        ref=lambda x: float(np.i0(x)),
        prepare=_check_order,
        symbol="Iₙ",
        notation=function("I", "I", arguments=("order",)),
        code=_SERIES,
        doc="""Return Iₙ(x), the modified Bessel function of a whole order n ≥ 0 (DLMF 10.25).

    Orders up to 3 are exact to 4 ulps, those up to 10 to 16.

    >>> tg.iv([0.0, 1.0], order=1).round(3)
    tensor([0.   , 0.565])
    """,
    )
)
ive: OpFunction = _order_by_name(
    register(
        "ive",
        lambda x, *, order=0: _bessel.ive(x, order),
        {"x": lambda g, x, out, order: g * (_around(ive, x, order) - sign(x) * out)},
        domain={"x": Real(avoid=(0.0,))},
        ref=lambda x: float(np.i0(x)) * math.exp(-abs(x)),
        prepare=_check_order,
        symbol="e⁻ˣIₙ",
        notation=function("ive", arguments=("order",)),
        code=f"{_SERIES} * np.exp(-np.abs(x))",
        doc="""Return e^−|x| · Iₙ(x), without overflow; its derivative at 0 is that of Iₙ.

    The derivative's terms cancel where x is large: it is exact to an ulp of them.

    >>> tg.ive([0.0, 1000.0]).round(4)
    tensor([1.    , 0.0126])
    """,
    )
)


@with_leads
def i0(x: AnyArray) -> AnyArray:
    """Return I₀(x), the modified Bessel function of order 0, of negative numbers too.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i0([0.0, 1.0]).round(3)
        tensor([1.   , 1.266])
    """
    return iv(x, order=0)


@with_leads
def i1(x: AnyArray) -> AnyArray:
    """Return I₁(x), the modified Bessel function of order 1, the derivative of I₀.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i1([0.0, 1.0]).round(3)
        tensor([0.   , 0.565])
    """
    return iv(x, order=1)


@with_leads
def i0e(x: AnyArray) -> AnyArray:
    """Return e^−|x| · I₀(x), without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i0e([0.0, 1000.0]).round(4)
        tensor([1.    , 0.0126])
    """
    return ive(x, order=0)


@with_leads
def i1e(x: AnyArray) -> AnyArray:
    """Return e^−|x| · I₁(x), without overflow.

    Example:
        >>> import tensorgraph as tg
        >>> tg.i1e([0.0, 1000.0]).round(4)
        tensor([0.    , 0.0126])
    """
    return ive(x, order=1)


def _check_slope(x: Any, *, order: SupportsIndex) -> dict[str, Any]:
    return {"order": whole(order, "order", 1)}


_SLOPE = """
    nodes, weights = np.polynomial.legendre.leggauss(60)
    t = np.pi * (nodes + 1) / 2
    angle = t * np.asarray(x, float)[..., None] + order * np.pi / 2
    return np.sum(weights / 2 * t**order * np.cos(angle), axis=-1)
"""

sinc_slope: OpFunction = register(
    "sinc_slope",
    lambda x, *, order=1: _sinc.sinc_slope(x, order),
    {"x": lambda g, x, order: g * sinc_slope(x, order=order + 1)},
    prepare=_check_slope,
    symbol="sinc⁽ⁿ⁾",
    notation=function("sinc′", r"\operatorname{sinc}'"),
    code=_SLOPE,
    doc="""Return the n-th derivative of sinc, n = `order` ≥ 1, also near 0.

    Its terms cancel at its zeros: it is exact to an ulp of the largest, πⁿ/x or less.

    >>> tg.sinc_slope([0.0, 1.0])
    tensor([ 0., -1.])
    """,
)
sinc = register(
    "sinc",
    _sinc.sinc,
    {"x": lambda g, x: g * sinc_slope(x)},
    ref="mpmath.sincpi",
    doc="""Return sin(πx)/(πx), and 1 at 0; exactly 0 at the other whole numbers.

    >>> tg.sinc([0.0, 0.5, 1.0]).round(3)
    tensor([1.   , 0.637, 0.   ])
    """,
)
