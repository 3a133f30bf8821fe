"""The modified Bessel functions Iₙ(x) of whole orders, also times e^−|x|; in double precision.

Near 0 it is the power series (DLMF 10.25.2), whose terms are all of one sign. From 8 on I₀ and I₁
are eˣ/√x times polynomials in 16/x − 1, least-squares fits on Chebyshev points that are relatively
right within 7e-17 (``tests/ops/test_special_fits.py`` derives them anew); higher orders follow by
the recurrence Iₙ₊₁ = Iₙ₋₁ − (2n/x)·Iₙ, which costs few digits where x is larger than n²/2.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from tensorgraph.ops._blocks import double_by_blocks, first_order
from tensorgraph.ops._gamma import by_pieces, horner, whole_power

_I0 = (
    1.6478262800201767e-11,
    -6.067819217487935e-11,
    -1.2324978581377898e-10,
    4.5772002064084777e-10,
    4.3601239315109897e-10,
    -1.6190102306630036e-09,
    -1.0221624454740059e-09,
    3.6379991846033144e-09,
    1.9787060191551237e-09,
    -5.953612031255491e-09,
    -3.817831242212694e-09,
    7.430491546464636e-09,
    7.696205056168001e-09,
    -5.404782896616897e-09,
    -1.3453371997059794e-08,
    -6.74765481512865e-09,
    7.563680840816518e-09,
    2.1548377422802855e-08,
    3.932471972461136e-08,
    8.87221974362677e-08,
    2.973599375102812e-07,
    1.4838475658248601e-06,
    1.1143033788378348e-05,
    0.00013621607439193056,
    0.003360551983667886,
    0.4021765094450081,
)
"""Of √x·e⁻ˣ·I₀(x) by 16/x − 1, highest power first."""

_I1 = (
    -1.614615812311125e-11,
    6.305834953365656e-11,
    1.194285743887351e-10,
    -4.758740705080103e-10,
    -4.1762815653155534e-10,
    1.684877941524664e-09,
    9.71058585477085e-10,
    -3.794639979801568e-09,
    -1.8881047615776917e-09,
    6.2427116623141236e-09,
    3.7318122072485345e-09,
    -7.888332844425683e-09,
    -7.783120798422924e-09,
    5.974429747289679e-09,
    1.4077797009906651e-08,
    6.734466994524567e-09,
    -8.436573817877029e-09,
    -2.3373928591080278e-08,
    -4.3128076327079356e-08,
    -1.00012882908952e-07,
    -3.483856531718938e-07,
    -1.8349101327002204e-06,
    -1.5038547198065028e-05,
    -0.00021923576383388923,
    -0.00974957719323576,
    0.38939845902587233,
)
"""The same of I₁."""


def _far_from(order: int) -> float:
    """Return where the power series ends."""
    return max(8.0, order * order / 2)


def _iv(x: Any, order: int) -> Any:
    size = np.abs(x)
    near = size <= _far_from(order)
    value = by_pieces(
        size,
        (near, lambda x: _series(x, order)),
        (~near, lambda x: _far(x, order) * np.exp(0.5 * x) * np.exp(0.5 * x)),
    )
    value = np.where(np.isinf(size), size, value)
    return np.copysign(value, x) if order % 2 else value


def _ive(x: Any, order: int) -> Any:
    size = np.abs(x)
    near = size <= _far_from(order)
    value = by_pieces(
        size,
        (near, lambda x: _series(x, order) * np.exp(-x)),
        (~near, lambda x: _far(x, order)),
    )
    return np.copysign(value, x) if order % 2 else value


@cache
def _terms(order: int) -> list[float]:
    """Return n!·2ⁿ·Iₙ(x)/xⁿ as a polynomial in x²/4, highest power first."""
    terms = [1.0]
    for k in range(1, int(_far_from(order)) + 17):
        terms.append(terms[-1] / (k * (k + order)))
    return terms[::-1]


def _series(x: Any, order: int) -> Any:
    half = 0.5 * x
    total = horner(_terms(order), half * half)
    return total * (whole_power(half, order) / math.factorial(order)) if order else total


def _far(x: Any, order: int) -> Any:
    """Return e⁻ˣ·Iₙ(x) for x > 8."""
    inverse = 1 / x
    root, t = np.sqrt(x), 16 * inverse - 1
    before, value = horner(_I0, t) / root, horner(_I1, t) / root
    if not order:
        return before
    for n in range(1, order):
        before, value = value, before - 2 * n * inverse * value
    return value


def _iv_slope(x: Any, order: int) -> Any:
    return 0.5 * (_iv(x, abs(order - 1)) + _iv(x, order + 1))


def _ive_slope(x: Any, order: int) -> Any:
    around = 0.5 * (_ive(x, abs(order - 1)) + _ive(x, order + 1))
    return around - np.sign(x) * _ive(x, order)


iv = double_by_blocks(
    _iv,
    lambda z, n: first_order("iv", z, lambda x: _iv(x, n), lambda x: _iv_slope(x, n)),
)
"""``iv(x, n)`` is Iₙ(x)."""
ive = double_by_blocks(
    _ive,
    lambda z, n: first_order("ive", z, lambda x: _ive(x, n), lambda x: _ive_slope(x, n)),
)
"""``ive(x, n)`` is e^−|x|·Iₙ(x)."""
