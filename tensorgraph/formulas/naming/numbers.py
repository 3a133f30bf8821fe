"""Numbers of a graph in terms of the caller's: what Python computed before the graph saw it.

Of ``lambd / (2 * m)`` the graph has only the value. A table of forms tells how such numbers come
about, where the statements do not; one is taken where it gives that value to the last digits.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.formulas.naming.computations import computations
from tensorgraph.formulas.naming.distinct import Taken, printed
from tensorgraph.ops.transcendental import sqrt
from tensorgraph.symbolic.expr import Expr, in_64_bits, symbol

SHORT = 10
"""Numbers of fewer characters are multiples and quotients of others by chance."""

MANY = 50
"""Of so many forms that give a number, the one is taken that fits best."""

ULPS = 8
"""How many units in the last place the same number may be off, computed in another order."""


Names = tuple[str, ...]


class NumberForm(NamedTuple):
    """How a number may have been computed from others."""

    build: Callable[..., Any]
    """Computes it: with arrays of numbers, or with expressions."""
    even_short: Callable[..., bool] | None = None
    """Of which numbers a short one is believed to be of this form, told the result first."""


def _float_of(*kinds: type) -> Callable[..., bool]:
    return lambda v, x: type(v) is float and type(x) in kinds


UNARY = (
    NumberForm(lambda x: x, lambda v, x: type(v) is type(x)),
    NumberForm(lambda x: 2 * x, lambda v, x: type(v) is type(x)),
    NumberForm(lambda x: 1 / x, lambda v, x: True),
    NumberForm(lambda x: 1 - x, _float_of(float)),
    NumberForm(sqrt, lambda v, x: type(v) is float and v > 2),
    NumberForm(lambda x: 1 / sqrt(x)),
    NumberForm(lambda x: 1 / (2 * x), lambda v, x: type(x) is int and x > 4),
    NumberForm(lambda x: 2 / x),
    NumberForm(lambda x: x / 2),
    NumberForm(lambda x: x * x),
    NumberForm(lambda x: 1 / (x * x)),
    NumberForm(lambda x: 1 / (1 - x)),
)
"""What is made of one number, the simplest first."""


def _share(v: Any, x: Any, count: Any) -> bool:
    """Return whether this is a share of a count, as λ / m is."""
    return type(count) is int and count > 2 and type(x) is float


BINARY = (
    NumberForm(lambda x, y: x / y, _share),
    NumberForm(lambda x, y: x / (2 * y), _share),
    NumberForm(lambda x, y: x * y),
    NumberForm(lambda x, y: (1 - x) / y, _share),
    NumberForm(lambda x, y: 1 / (x * y)),
    NumberForm(lambda x, y: x**y),
    NumberForm(lambda x, y: 1 - x**y),
    NumberForm(lambda x, y: 1 / (1 - x**y)),
)
"""What is made of two."""


class Made(NamedTuple):
    """A number as it may have been computed."""

    names: Names
    """The variables that it was computed from."""
    make: Callable[[], Expr]
    """Makes it an expression."""


class Numbers:
    """The caller's numbers, and what others are in terms of them.

    Args:
        named: the value of each variable that holds a number.
        written: what the statements compute of such variables.
        signs: symbols that stand for something else.
    """

    def __init__(
        self,
        named: dict[str, Any],
        written: Iterable[ast.expr] = (),
        signs: Collection[str] = (),
    ) -> None:
        self.symbols: dict[str, Expr] = {}
        """The symbols of the variables that were found, by name."""
        self.guesses: dict[str, dict[str, None]] = {}
        """Other variables that a number may as well be, by the name it got."""
        self._named = {name: in_64_bits(v) if _is_finite(v) else v for name, v in named.items()}
        self._taken = Taken(signs)
        self._names = [name for name, v in named.items() if v not in (0, 1, -1) and _is_finite(v)]
        self._values = np.array([float(named[name]) for name in self._names])
        self._written = computations(written, named)

    def symbol(self, name: str) -> Expr:
        """Return what stands for a variable in formulas."""
        if name not in self.symbols:
            value = self._named[name]
            shown = name if value == np.pi else self._taken.primed(name)
            self.symbols[name] = symbol(shown, (), np.asarray(value).dtype)
        return self.symbols[name]

    def reserve(self, sign: str) -> None:
        """Let a symbol stand for something else: a variable that is called so gets a prime."""
        self._taken.add(sign)
        for name, e in self.symbols.items():
            if e.name == name and self._named[name] != np.pi and printed(name) & printed(sign):
                e.name = self._taken.primed(name)

    def guess(self, name: str, others: Iterable[str]) -> None:
        """Take note that a number that got a name may as well be another variable."""
        further = [x for x in others if x != name and self._named[x] == self._named[name]]
        if further:
            self.guesses.setdefault(name, {}).update(dict.fromkeys(further))

    def given(self) -> dict[Expr, Any]:
        """Return the values of the numbers that were found."""
        return {e: self._named[name] for name, e in self.symbols.items()}

    def named(self, v: Any) -> list[str]:
        """Return the variables that hold a number, of its own type."""
        return [name for name, x in self._named.items() if x == v and type(x) is type(v)]

    def in_terms(
        self, v: Any, precision: Any = np.float64, fit: Callable[[Names], int] = lambda names: 0
    ) -> tuple[int, list[Made]] | None:
        """Return how well forms of the caller's numbers fit, and those that fit best.

        The simplest come first; ``None`` if there is none.

        Args:
            v: the number.
            precision: the type that it was computed in.
            fit: how well variables fit where the number stands.
        """
        close = ULPS * float(np.finfo(precision).eps) * abs(v)
        best: tuple[int, list[Made]] | None = None
        for made in islice(chain(self._as_written(v, close), self._found(v, close)), MANY):
            found = fit(made.names)
            if best is None or found > best[0]:
                best = found, []
            if found == best[0]:
                best[1].append(made)
        return best

    def written_with(self, v: float) -> list[str]:
        """Return the variables that the statements compute a number from."""
        return [name for each in self._written if each.value == v for name in each.names]

    def as_written(self, v: float) -> list[Made]:
        """Return what the statements compute that gives a number."""
        return [*self._as_written(v, ULPS * float(np.finfo(np.float64).eps) * abs(v))]

    def _as_written(self, v: Any, close: float) -> Iterator[Made]:
        """Yield what the statements compute that gives a number, or its negative."""
        for each in self._written:
            if abs(each.value - v) <= close:
                yield Made(each.names, partial(each.of, self.symbol))
            elif abs(each.value + v) <= close:
                yield Made(each.names, lambda each=each: -each.of(self.symbol))  # type: ignore[misc]

    def _made(self, build: Callable[..., Any], names: Names) -> Expr:
        return build(*map(self.symbol, names))  # type: ignore[no-any-return]

    def _found(self, v: Any, close: float) -> Iterator[Made]:
        """Yield forms and variables that give a number, the simplest first."""
        x, short = self._values, not is_long(v)
        for forms, operands in ((UNARY, (x,)), (BINARY, (x[:, None], x[None, :]))):
            for form in forms:
                if short and form.even_short is None:
                    continue
                with np.errstate(all="ignore"):
                    values = np.asarray(form.build(*operands))
                for sign in (1, -1):
                    for at in np.argwhere(np.abs(sign * values - v) <= close):
                        names = tuple(self._names[i] for i in at)
                        own = [self._named[name] for name in names]
                        possible = not short or form.even_short(sign * v, *own)  # type: ignore[misc]
                        if possible and len({*names}) == len(names):
                            build = form.build if sign > 0 else _negative_of(form.build)
                            yield Made(names, partial(self._made, build, names))


def is_long(v: Any) -> bool:
    """Return whether a number has so many digits that chance does not give them."""
    return len(repr(v)) > SHORT


def _negative_of(build: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *operands: -build(*operands)


def _is_finite(v: Any) -> bool:
    """Return whether a float holds a number; Python's integers, as generators' states, may not."""
    try:
        return math.isfinite(v)
    except OverflowError:
        return False
