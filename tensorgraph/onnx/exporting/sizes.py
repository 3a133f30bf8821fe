"""Sizes that are known only when a file is run: sums and products of the sizes of input axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from typing import Any, NoReturn

import numpy as np

Monomial = tuple[str, ...]
Samples = Sequence[Mapping[str, int]]


class Size:
    """A whole number such as ``batch``, ``2·batch + 1`` or ``batch·time``, of which terms are kept.

    Example:
        >>> batch = Size.of("batch")
        >>> print(2 * batch + 1, batch - batch + 3, batch.at({"batch": 5}))
        2·batch + 1 3 5
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = {m: c for m, c in sorted(terms.items()) if c}
        """The coefficient of each product of names; the empty product is 1."""

    @classmethod
    def of(cls, name: str) -> Size:
        """Return the size that has a name."""
        return cls({(name,): 1})

    @property
    def name(self) -> str | None:
        """Its name, if it is nothing but the size of an axis."""
        only = list(self.terms.items())
        return (
            only[0][0][0] if len(only) == 1 and only[0][1] == 1 and len(only[0][0]) == 1 else None
        )

    def at(self, sizes: Mapping[str, int]) -> int:
        """Return the number for given sizes of axes."""
        return sum(c * math.prod(sizes[n] for n in m) for m, c in self.terms.items())

    def __add__(self, other: int | Size) -> int | Size:
        terms = dict(self.terms)
        for m, c in _terms(other).items():
            terms[m] = terms.get(m, 0) + c
        return _plain(terms)

    __radd__ = __add__

    def __neg__(self) -> Size:
        return Size({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: int | Size) -> int | Size:
        return self + (-other)

    def __rsub__(self, other: int) -> int | Size:
        return -self + other

    def __mul__(self, other: int | Size) -> int | Size:
        terms: dict[Monomial, int] = {}
        for m, c in self.terms.items():
            for n, d in _terms(other).items():
                product = tuple(sorted((*m, *n)))
                terms[product] = terms.get(product, 0) + c * d
        return _plain(terms)

    __rmul__ = __mul__

    def _is_no_number(self, *others: Any) -> NoReturn:
        raise NotImplementedError(f"it needs a number, where {self!r} is known in each run only")

    __index__ = __int__ = __float__ = __array__ = _is_no_number
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _is_no_number
    __lt__ = __le__ = __gt__ = __ge__ = _is_no_number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(tuple(self.terms.items()))

    def __repr__(self) -> str:
        parts = []
        for m, c in sorted(self.terms.items(), key=lambda term: -len(term[0])):
            factors = [] if c == 1 and m else [str(c)]
            parts.append("·".join([*factors, *m]))
        return " + ".join(parts) or "0"


AnySize = int | Size


def _terms(value: int | Size) -> Mapping[Monomial, int]:
    return value.terms if isinstance(value, Size) else {(): value}


def _plain(terms: Mapping[Monomial, int]) -> int | Size:
    size = Size(terms)
    return size if any(m for m in size.terms) else size.terms.get((), 0)


def monomials(names: Sequence[str]) -> list[Monomial]:
    """Return all products of different names, the empty one first."""
    return list(chain.from_iterable(combinations(names, k) for k in range(len(names) + 1)))


def fitted(
    values: Sequence[Any], samples: Samples, rounding: float = np.finfo(float).eps
) -> list[float] | None:
    """Return the coefficients of the products of sizes that values are sums of, if they are.

    Args:
        values: a number for each sample.
        samples: the sizes by name: as many as there are products, and some that must fit then.
        rounding: how far values may be off, as a share of themselves.
    """
    products = monomials(list(samples[0]))
    table = np.array([[math.prod(s[n] for n in m) for m in products] for s in samples], float)
    count, numbers = len(products), np.array(values, float)
    if not np.isfinite(numbers).all():
        return None
    found = np.linalg.solve(table[:count], numbers[:count])
    near = np.rint(found)
    if np.allclose(table @ near, numbers, rtol=4 * rounding, atol=0):
        return list(near)
    scale = np.abs(table * found).sum(axis=1)
    fits = np.abs(table @ found - numbers) <= 16 * rounding * scale
    return list(found) if fits.all() else None


def size_of(values: Sequence[int], samples: Samples) -> AnySize | None:
    """Return the size that whole numbers are in the samples, if it is one."""
    if all(value == values[0] for value in values):
        return values[0]
    found = fitted(values, samples)
    if found is None or any(c != round(c) for c in found):
        return None
    names = list(samples[0])
    return Size({m: int(c) for m, c in zip(monomials(names), found, strict=True)})


def size_by(values: Sequence[int], known: Mapping[str, Sequence[int]]) -> Size | None:
    """Return what whole numbers are by known sizes, each a number for each sample, if it is told.

    That is one of them times a number and more, or a multiple of a product of some.
    """
    for name, sizes in known.items():
        spread = sizes[-1] - sizes[0]
        factor, rest = divmod(values[-1] - values[0], spread) if spread else (0, 1)
        more = values[0] - factor * sizes[0]
        if not rest and all(v == factor * n + more for v, n in zip(values, sizes, strict=True)):
            return Size({(name,): factor, (): more})
    for count in (2, 3):
        for names in combinations(sorted(known), count):
            products = [math.prod(ns) for ns in zip(*(known[n] for n in names), strict=True)]
            if products[0] and all(v * products[0] == values[0] * p
                                   for v, p in zip(values, products, strict=True)):  # fmt: skip
                factor, rest = divmod(values[0], products[0])
                if not rest:
                    return Size({names: factor})
    return None
