"""The gamma function's logarithm, its derivatives ψ, ψ′, … and the beta function's logarithm."""

from __future__ import annotations

import math
from typing import Any, SupportsIndex

from tensorgraph.arguments import whole
from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops import _gamma

__all__ = ["betaln", "digamma", "digamma_slope", "gammaln", "polygamma"]

POSITIVE = Real(0.3, 5.0)


def _check_order(x: Any, *, order: SupportsIndex) -> dict[str, Any]:
    return {"order": whole(order, "order", 1)}


_POLYGAMMA = """
    x = np.asarray(x, float)
    total, enough, factorial = 0 * x, 30, np.prod(np.arange(1.0, order + 1))
    for k in range(enough):
        total = total + (x + k) ** -(order + 1.0)
    y = x + enough
    rest = 1 / order + 1 / (2 * y) + (order + 1) / (12 * y**2)
    rest = rest - (order + 1) * (order + 2) * (order + 3) / (720 * y**4)
    rest = rest + np.prod(np.arange(order + 1.0, order + 6)) / (30240 * y**6)
    return (-1) ** (order + 1) * factorial * (total + rest * y ** -float(order))
"""
_DIGAMMA = """
    x = np.asarray(x, float)
    total, enough = 0 * x, 30
    for k in range(enough):
        total = total - 1 / (x + k)
    y = x + enough
    return total + np.log(y) - 1 / (2 * y) - 1 / (12 * y**2) + 1 / (120 * y**4) - 1 / (252 * y**6)
"""

digamma_slope: OpFunction = register(
    "digamma_slope",
    lambda x, *, order=1: _gamma.polygamma(x, order),
    {"x": lambda g, x, order: g * digamma_slope(x, order=order + 1)},
    domain={"x": POSITIVE},
    prepare=_check_order,
    symbol="ψ⁽ⁿ⁾",
    notation=function("ψ′", r"\psi'"),
    code=_POLYGAMMA,
    doc="""Return the n-th derivative of digamma, n = `order` ≥ 1 (DLMF 5.15).

    Below 0 it is exact to an ulp of ψ⁽ⁿ⁾(1 − x) and of the cotangent's derivative; at the poles
    there it is inf where n is odd, and NaN where the side decides of the sign.

    >>> tg.digamma_slope([1.0, 2.0]).round(3)
    tensor([1.645, 0.645])
    """,
)
digamma: OpFunction = register(
    "digamma",
    _gamma.digamma,
    {"x": lambda g, x: g * digamma_slope(x)},
    domain={"x": POSITIVE},
    ref="scipy.special.digamma",
    notation=function("ψ", r"\psi"),
    code=_DIGAMMA,
    doc="""Return ψ(x) = Γ′(x)/Γ(x), the derivative of gammaln (DLMF 5.2).

    At 0 it is −inf and at −0 inf; at the poles −1, −2, … NaN. Below 0 it is exact to an ulp of
    ψ(1 − x) and of π cot πx, which cancel at its zeros.

    >>> tg.digamma([1.0, 2.0]).round(3)
    tensor([-0.577,  0.423])
    """,
)
gammaln: OpFunction = register(
    "gammaln",
    _gamma.gammaln,
    {"x": lambda g, x: g * digamma(x)},
    domain={"x": POSITIVE},
    ref="mpmath.loggamma",
    symbol="log Γ",
    notation=function("log Γ", r"\log \Gamma"),
    code="np.vectorize(math.lgamma, otypes=[np.asarray(x).dtype])(x)",
    doc="""Return log |Γ(x)|: of a whole number, log (x − 1)!; inf at the poles 0, −1 and so on.

    Its zeros at 1 and 2 are relatively exact; at those below 0 an ulp of log Γ(−x) counts.

    >>> tg.gammaln([1.0, 5.0]).round(3)
    tensor([0.   , 3.178])
    """,
)


def _betaln_of_numbers(x: float, y: float) -> float:
    if not 0 < min(x, y) <= max(x, y) < 100:
        raise ValueError("beyond this the terms cancel, or are infinite")
    return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)


betaln = register(
    "betaln",
    _gamma.betaln,
    {
        "x": lambda g, x, y: g * (digamma(x) - digamma(x + y)),
        "y": lambda g, x, y: g * (digamma(y) - digamma(x + y)),
    },
    domain={"x": Real(4.1, 4.9), "y": Real(4.1, 4.9)},
    ref=_betaln_of_numbers,
    symbol="log B",
    notation=function("log B", r"\log \mathrm{B}"),
    code="""
    lgamma = np.vectorize(math.lgamma, otypes=[float])
    return lgamma(x) + lgamma(y) - lgamma(x + y)
""",
    doc="""Return log |B(x, y)| = log |Γ(x) Γ(y) / Γ(x + y)|, also where the terms are far larger.

    It is exact to an ulp of log Γ of the smaller of both; below 0 of the largest term. So are its
    derivatives ψ(x) − ψ(x + y), of their terms.

    >>> tg.betaln([1.0, 2.0], [1.0, 3.0]).round(3)
    tensor([ 0.   , -2.485])
    """,
)


@with_leads
def polygamma(n: SupportsIndex, x: AnyArray) -> AnyArray:
    """Return ψ⁽ⁿ⁾(x), the n-th derivative of digamma; digamma itself for n = 0.

    Raises:
        ArgumentError: n is not a whole number ≥ 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.polygamma(1, [1.0, 2.0]).round(3)
        tensor([1.645, 0.645])
    """
    order = whole(n, "polygamma: n", 0)
    return digamma_slope(x, order=order) if order else digamma(x)
