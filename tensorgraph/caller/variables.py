"""Which variables may name values: those of the user's own code, the innermost first."""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import islice
from types import FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple

from tensorgraph.caller.statements import (
    BESIDE,
    NOWHERE,
    STANDS,
    Occurrence,
    Sought,
    Stand,
    Statements,
)

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
"""The folder of this package: what its code stands in is no code of the user's."""

DEEPEST = 3
"""So far into what variables hold an object's name is looked for,"""

MOST_LOOKED_INTO = 5000
"""in so many objects,"""

MOST_PARTS = 200
"""among so many parts of each."""

FRAMES = 20
"""Of so many frames, from the innermost on, the variables are looked at."""


class Holder(NamedTuple):
    """A variable and what it holds."""

    name: str
    """Its name; ``""`` for the first parameter of a method, whose attributes have names alone."""
    value: Any
    rank: tuple[bool, int, bool]
    """What comes first names a value: whether only a loop left it, how far out it is, and whether
    it is but another name of a variable."""


class Variables:
    """The variables that may name values, as the user's statements have them.

    Those of an interpreter (IPython's ``Out``, ``_3``), what a loop left that no operation takes,
    and the first parameter of a method, name nothing. Frames further out count, too, as far as they
    run the user's code: a helper that is given a loss knows what its caller calls the values.

    Args:
        frame: where names are looked up first; ``None`` for nowhere.

    Example:
        >>> import sys
        >>> weight, _3 = 1.5, 2.5
        >>> [h.name for h in Variables(sys._getframe()).holders if type(h.value) is float]
        ['weight']
    """

    def __init__(self, frame: FrameType | None) -> None:
        frames = list(_users_frames(frame))[:FRAMES]
        said = {f.f_code: Statements(f) for f in frames}
        self._said = list(said.values())
        receivers = {id(f.f_locals[name]) for f in frames if (name := _receiver(f))}
        found = [h for i, f in enumerate(frames) for h in _holders(f, i, said[f.f_code], receivers)]
        first: dict[Any, Holder] = {}
        for holder in found:  # an inner variable hides an outer one
            first.setdefault(holder.name or id(holder.value), holder)
        self.holders = sorted(first.values(), key=lambda holder: holder.rank)
        """The variables, those first whose names are to be preferred."""

    def bound(self, name: str) -> Collection[str]:
        """Return how a name is bound where it is bound first: see ``Statements.bound``."""
        return next(filter(None, (said.bound(name) for said in self._said)), ())

    def fit(
        self,
        name: str,
        ops: Collection[str] = (),
        beside: Collection[str] = (),
        here: bool = False,
    ) -> int:
        """Return how well a variable fits an operand, by the statements: see ``Statements.fit``."""
        best = NOWHERE
        for said in self._said:
            best = max(best, said.fit(name, ops, beside, here))
            if said.bound(name):  # what is called so further out is another variable
                break
        return best

    def fit_of_number(
        self, number: float, ops: Collection[str] = (), beside: Collection[str] = ()
    ) -> int:
        """Return how well a number that the source writes out fits an operand, as :meth:`fit`."""
        fits = (said.fit_of_number(number, ops, beside) for said in self._said)
        return max(fits, default=NOWHERE)

    def stands(self, what: Sought, at: Occurrence) -> Iterator[Stand]:
        """Yield where a number stands in the statements: see ``Statements.stands``."""
        for n, said in enumerate(self._said):
            for stand in said.stands(what, at):
                yield stand._replace(position=(n, *stand.position))
            if any(said.bound(name) for name in what.parts if isinstance(name, str)):
                break  # what is called so further out is another variable

    def computations(self) -> Iterator[ast.expr]:
        """Yield what the statements compute of variables as of numbers: ``lambd / (2 * m)``."""
        for said in self._said:
            yield from said.computations()

    def counted(self) -> Iterator[tuple[str, ast.expr]]:
        """Yield what the statements compute of a loop's counter, and the counter: ``gamma**t``."""
        for said in self._said:
            yield from said.counted()

    def best(
        self, names: Iterable[str], ops: Collection[str] = (), beside: Collection[str] = ()
    ) -> list[str]:
        """Return those of the variables that fit an operand best: all, if none stands anywhere.

        What the functions say that are running counts before what others say. To stand in an
        operation of this kind alone says little: the same is met often.
        """
        names = list(names)
        for here in (True, False):
            fits = [self.fit(name, ops, beside, here) for name in names]
            most = max(fits, default=NOWHERE)
            enough = most if most >= BESIDE else STANDS
            likely = [(name, fit) for name, fit in zip(names, fits, strict=True) if fit >= enough]
            if likely:  # of these, the first, and what fits no worse
                return [name for name, fit in likely if fit >= likely[0][1]]
        return names


def variable_of(value: Any, frame: FrameType | None = None) -> str | None:
    """Return the variable that holds a value in a frame, or where user's code calls this package.

    Example:
        >>> weights = [1.5, 2.5]
        >>> variable_of(weights)
        'weights'
    """
    frame = frame or sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return next((h.name for h in Variables(frame).holders if h.value is value and h.name), None)


def names_of(values: Iterable[Any], variables: Iterable[Variables]) -> dict[int, str]:
    """Return what variables call some objects, by their ids; those that none holds are left out.

    A variable's own value comes before what is in it: ``critic``, ``trainer.critic``,
    ``nets['critic']``.

    Example:
        >>> import sys
        >>> nets = {"critic": object()}
        >>> names_of(nets.values(), [Variables(sys._getframe())])[id(nets["critic"])]
        "nets['critic']"
    """
    wanted = {id(value) for value in values}
    level = [(h.name, h.value) for each in variables for h in each.holders]
    found: dict[int, str] = {}
    seen: set[int] = set()
    for _ in range(DEEPEST):
        further: list[tuple[str, Any]] = []
        for name, value in level:
            if id(value) in wanted and name:
                found.setdefault(id(value), name)
            elif id(value) not in seen and len(seen) < MOST_LOOKED_INTO:
                seen.add(id(value))
                further += _inside(name, value)
        if len(found) == len(wanted):
            break
        level = further
    return found


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a container or an object holds, as the user's code may write it."""
    if isinstance(value, (list, tuple, dict)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        yield from ((f"{name}[{key!r}]", item) for key, item in islice(pairs, MOST_PARTS) if name)
    elif not isinstance(value, (type, ModuleType, FunctionType)):
        for key, item in list(getattr(value, "__dict__", {}).items())[:MOST_PARTS]:
            yield f"{name}.{key}" if name else str(key), item


def _holders(
    frame: FrameType, depth: int, said: Statements, receivers: Collection[int]
) -> Iterator[Holder]:
    code = frame.f_code
    own = {*code.co_varnames[:1], *code.co_freevars}
    spaces = [frame.f_locals, frame.f_globals][: 1 + (frame.f_locals is not frame.f_globals)]
    for further, space in enumerate(spaces, 2 * depth):
        kept = _kept_by_interpreter(space, said)
        for name, value in list(space.items()):
            bound = said.bound(name)
            if "receiver" in bound or (name in own and id(value) in receivers):
                yield Holder("", value, (False, further, False))
            elif _may_name(name, bound) and (bound or id(value) not in kept):
                left = set(bound) == {"loop"}
                if not left or said.fit(name) > NOWHERE:
                    alias = bool(bound) and "value" not in bound
                    yield Holder(name, value, (left, further, alias))


def _may_name(name: str, bound: Collection[str]) -> bool:
    """Return whether a name is one: ``_loss`` is, if the user's code binds it; ``_`` never is."""
    if not name.isidentifier() or not name.strip("_0123456789"):
        return False
    return bool(bound) or not name.startswith("_")


def _kept_by_interpreter(space: Any, said: Statements) -> set[int]:
    """Return the ids of containers that an interpreter keeps: those under a name with ``_``."""
    return {
        id(value)
        for name, value in list(space.items())
        if name.startswith("_") and isinstance(value, (list, dict)) and not said.bound(name)
    }


def _receiver(frame: FrameType) -> str | None:
    """Return the first parameter of a frame that runs a method, whatever it is called."""
    code = frame.f_code
    owner = code.co_qualname.rpartition(".")[0]
    if not code.co_argcount or code.co_varnames[0] not in frame.f_locals:
        return None
    kinds = type(frame.f_locals[code.co_varnames[0]]).__mro__
    defined = [vars(kind).get(code.co_name) for kind in kinds if kind.__qualname__ == owner]
    method = bool(defined) and not isinstance(defined[0], staticmethod)
    return code.co_varnames[0] if method else None


def _users_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those further out that run code of the user's."""
    first = frame
    while frame is not None:
        if frame is first or not of_library(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


@cache
def of_library(path: str) -> bool:
    """Return whether a source file belongs to an installed package or to Python."""
    if path.startswith((PACKAGE, "<frozen ")):
        return True
    folders = {f for name, f in sysconfig.get_paths().items() if "lib" in name or name == "scripts"}
    folders |= {os.path.dirname(os.__file__)}
    within = any(path.startswith(folder + os.sep) for folder in folders)
    return within or bool({"site-packages", "dist-packages"} & set(path.split(os.sep)))
