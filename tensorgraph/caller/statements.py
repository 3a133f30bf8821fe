"""What the user's own statements say of variables: how each is bound, and beside what it stands.

Values alone cannot tell which of several variables an operation took: ``prev = y.copy()`` holds
what ``y`` does, and the 4 of ``x / 4`` may be that of ``for k in range(5)``. The source can.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Set
from types import FrameType
from typing import NamedTuple

from tensorgraph.caller.bytecode import source_of_code
from tensorgraph.caller.source import Place, Variable, Word, function_of, read_from, resolved

NOWHERE, STANDS, IN_OP, BESIDE, IN_OP_BESIDE = range(5)
"""How well a variable fits an operand: it stands nowhere; in any operation; in one of this kind;
in any beside one of the other operands; in one of this kind beside one of these."""


MEANINGS = 2
"""So often what a variable or a function stands for is put in its place."""


class Occurrence(NamedTuple):
    """Where a recorded operation takes a number: what the source may tell that by."""

    ops: Collection[str]
    """What the operation may be called in its record."""
    i: int
    """Which of its operands the number is."""
    beside: Collection[str]
    """The variables in the others."""
    names: Collection[str]
    """These, and those that they were computed from."""
    words: Collection[str | float]
    """By what operations they were computed, and from what numbers."""


class Sought(NamedTuple):
    """A number as it may stand in the source."""

    parts: tuple[str | float, ...]
    """The variables that it is computed from, or the number that is written out."""
    computed: bool = False
    """Whether numbers may be written out beside these."""


class Stand(NamedTuple):
    """A place in the source where a number may stand, and how well an operand is met there."""

    others: int
    """How much else stands there."""
    fit: int
    """How well the place fits: see ``Statements.fit``."""
    likeness: float
    """Which share of all that stands beside either stands beside both."""
    same_side: bool
    """Whether it is the same of the operands."""
    function: str
    """In which it is."""
    position: tuple[int, ...]
    """Where it is: what is further on is computed later, as far as that can be seen."""

    @property
    def rank(self) -> tuple[int, int, float, bool]:
        """How well an operand is met: what is higher is better."""
        return -self.others, self.fit, self.likeness, self.same_side


class Statements:
    """What the source around a frame says of the variables that can be seen from there."""

    def __init__(self, frame: FrameType) -> None:
        self._function = function_of(frame.f_code)
        code = frame.f_code
        found = list(read_from(code, frame.f_globals))
        self._sources = found or [source_of_code(code, self._function)]
        self._bound = {variable for source in self._sources for variable in source.bindings}
        self._modules = {
            variable
            for source in self._sources
            for variable, how in source.bindings.items()
            if how == {"module"}
        }

    def bound(self, name: str) -> Collection[str]:
        """Return how a name is bound: ``value``, ``alias``, ``loop``, ``receiver``, ``module``."""
        variable = self._variable(name)
        return {how for source in self._sources for how in source.bindings.get(variable, ())}

    def fit(
        self,
        name: str,
        ops: Collection[str] = (),
        beside: Collection[str] = (),
        here: bool = False,
    ) -> int:
        """Return how well a variable fits an operand of an operation, by where it stands.

        Args:
            name: the variable.
            ops: what the operation may be called in its record: ``{"divide"}``.
            beside: the variables in its other operands.
            here: whether only statements of the function count that the frame runs.

        Returns:
            One of ``NOWHERE``, ``STANDS``, ``IN_OP``, ``BESIDE``, ``IN_OP_BESIDE``: a higher number
            fits better.

        Example:
            >>> import sys
            >>> a, y, prev = 1, 2, 2
            >>> (a - y, a - 3, prev + y)
            (-1, -2, 4)
            >>> said = Statements(sys._getframe())
            >>> said.fit("y", {"subtract"}, {"a"}) > said.fit("prev", {"subtract"}, {"a"})
            True
        """
        variable = self._variable(name)
        places = [place for source in self._sources for place in source.places_of(variable)]
        if here:
            places = [(op, i) for op, i in places if self._is_here(op.function)]
        return self._fit(places, ops, beside)

    def fit_of_number(
        self, number: float, ops: Collection[str] = (), beside: Collection[str] = ()
    ) -> int:
        """Return how well a number that the source writes out fits an operand, as :meth:`fit`.

        It is the whole operand: that of ``x * (0.5 * d)`` is no 0.5.
        """
        places = (place for source in self._sources for place in source.places_of(number))
        alone = (place for place in places if place[0].operands[place[1]] == {number})
        return self._fit(alone, ops, beside)

    def stands(self, what: Sought, at: Occurrence) -> Iterator[Stand]:
        """Yield where a number stands in the source, with how well an operand is met there."""
        sought = {self._variable(x) if isinstance(x, str) else x for x in what.parts}
        known = {*map(self._variable, at.names), *at.words}
        for n, source in enumerate(self._sources):
            for operation, k in source.places_of(next(iter(sought))):
                own = operation.operands[k] - self._modules
                if sought <= own:
                    rest = {w for j, each in enumerate(operation.words) if j != k for w in each}
                    rest |= {operation.op}.difference(at.ops)
                    others = [x for x in own - sought if not (what.computed and _is_number(x))]
                    yield Stand(
                        len(others),
                        self._fit([(operation, k)], at.ops, at.beside),
                        self._likeness(rest, known),
                        k == at.i,
                        operation.function,
                        (n, *operation.position),
                    )

    def _likeness(self, words: Set[Word], known: Set[Word]) -> float:
        """Return which share of all the words are those of both, once variables are spelt out."""
        best = 0.0
        for _ in range(1 + MEANINGS):
            here = words - self._modules
            best = max(best, len(here & known) / max(len(here | known), 1))
            words = {x for word in here for x in ([word] if word in known else self._meaning(word))}
        return best

    def _meaning(self, word: Word) -> Set[Word]:
        """Return what a variable or a function stands for; anything else, for itself."""
        variable = self._variable(word) if isinstance(word, str) else word
        found = [source.meant[variable] for source in self._sources if variable in source.meant]
        return {x for words in found for x in words} if found else {word}

    def computations(self) -> Iterator[ast.expr]:
        """Yield what the source computes of variables as of numbers: ``lambd / (2 * m)``."""
        for source in self._sources:
            yield from source.computations.values()

    def counted(self) -> Iterator[tuple[str, ast.expr]]:
        """Yield what the source computes of a loop's counter, and the counter: ``gamma**t``."""
        for source in self._sources:
            for (variable, _), node in source.counted.items():
                if self._variable(variable.name) == variable:
                    yield variable.name, node

    def _fit(self, places: Iterable[Place], ops: Collection[str], beside: Iterable[str]) -> int:
        others = {self._variable(name) for name in beside}
        best = NOWHERE
        for operation, i in places:
            rest = operation.operands[:i] + operation.operands[i + 1 :]
            meets = any(others & other for other in rest)
            best = max(best, STANDS + 2 * meets + (operation.op in ops))
        return best

    def _is_here(self, function: str) -> bool:
        """Return whether a function is the frame's, or one that is defined in it."""
        inner = self._function + ".<locals>." if self._function else ""
        return function == self._function or (bool(inner) and function.startswith(inner))

    def _variable(self, name: str) -> Variable:
        """Return the variable that a name means where the frame is."""
        return resolved(self._function, name, self._bound)


def _is_number(x: Variable | float) -> bool:
    return not isinstance(x, Variable)
