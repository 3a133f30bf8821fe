"""The programs for one kind of arguments, and when a new one is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Any

from tensorgraph import errors
from tensorgraph.compiler.conditions import Conditions
from tensorgraph.compiler.guards import Arguments, Settings, demand_kinds, same
from tensorgraph.compiler.program import Known, MakeRunner, Program
from tensorgraph.compiler.returned import AsItIs
from tensorgraph.compiler.state import Unfit
from tensorgraph.compiler.surroundings import Surroundings
from tensorgraph.engine.backward_pass import run_hooks
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.random_generator import followed

MOST = 8
"""How many programs are made for one kind of arguments: more would be made anew again and again."""

UNFIT = object()
"""Returned where a program is not for a call."""

WITHOUT_VALUES = "return what you want to see, and look at it outside"
NEW_VALUES = "A program changes tensors only: return the new values, or give a tensor to assign to"
OUTSIDE = "A program changes tensors only: return what is to be kept, and keep it outside"


class Variant:
    """A program, and what it depends on besides the arguments."""

    def __init__(
        self, program: Program, arguments: Arguments, surroundings: Surroundings, seconds: float
    ) -> None:
        self.program, self.surroundings, self.seconds = program, surroundings, seconds
        self.recording = MODE.get().recording
        self._is_for = _takes(arguments.kinds)
        self.settings = Settings(program.captured.settings)
        self._are_unchanged = self._watched()

    def _watched(self) -> Callable[[], bool]:
        """Return what tells whether all is where it was, when all was found as it had been."""
        conditions = Conditions()
        self.surroundings.demand(conditions)
        self.settings.demand(conditions)
        return conditions.function()

    def serves(self, args: tuple[Any, ...], recording: bool) -> bool:
        """Return whether it is for arguments of this kind; it may say no where it is not sure."""
        return recording is self.recording and self._is_for(args)

    def run(self, arrays: Sequence[Any]) -> Any:
        """Return what the program returns; or ``UNFIT``, if something is not as it was.

        Raises:
            Refused: the function itself has to say why it cannot go on; nothing has changed.
        """
        if self.program.draws and followed():
            return UNFIT
        if not self._are_unchanged():
            if self.surroundings.changed() is not None or not self.settings.hold():
                return UNFIT
            self._are_unchanged = self._watched()
        try:
            return self.program(arrays)
        except Unfit:
            return UNFIT


def _takes(kinds: Sequence[Any] | None) -> Callable[[tuple[Any, ...]], bool]:
    """Return what tells whether arguments are arrays of these kinds; ``None`` for no arrays."""
    conditions = Conditions()
    if kinds is None:
        conditions.holds("False")
    else:
        demand_kinds(conditions, "args", kinds)
    return conditions.function("args")


class Kind:
    """What is known of calls with one kind of arguments."""

    def __init__(self) -> None:
        self.variants: list[Variant] = []
        self._seen: list[Surroundings] = []
        self._missed: list[Any] = []
        self.results: list[Any] = []
        """Of which kinds the results of an earlier call were."""

    def was_seen(self, surroundings: Surroundings) -> bool:
        """Return whether a call like this one came before; from now on one did."""
        settings = [variant.settings.now() for variant in self.variants]
        known = any(seen.changed() is None for seen in self._seen)
        if known and (not settings or any(same(settings, missed) for missed in self._missed)):
            return True
        self._seen = [*self._seen[-MOST:], surroundings]
        self._missed = [*self._missed[-MOST:], settings]
        return False

    def make(
        self,
        f: Callable[..., Any],
        name: str,
        arguments: Arguments,
        surroundings: Surroundings,
        make_runner: MakeRunner,
    ) -> Variant:
        """Return a new program.

        Raises:
            AsItIs: the function cannot become one.
            GraphError: it asks for the value of a tensor.
        """
        if len(self.variants) == MOST:
            raise AsItIs(f"it depends on what changes again and again; there are {MOST} programs")
        if surroundings.unseen is not None:
            raise AsItIs(surroundings.unseen)
        start = perf_counter()
        try:
            call = partial(arguments.call, f)
            program = Program(
                call,
                arguments.arrays,
                make_runner,
                surroundings.arrays,
                Known(arguments.names(f), surroundings.names(), self.results, arguments.static),
            )
            changed = surroundings.overwritten()
            if changed is not None:
                raise AsItIs(f"it changes {changed}. {OUTSIDE}")
            unwatched = surroundings.watch_arrays(_read_anew(program, surroundings.arrays))
            if unwatched is not None:
                raise AsItIs(unwatched)
        except AsItIs:
            raise
        except Exception as error:
            if isinstance(error, errors.GraphError) and not _in_hook(error):
                error.add_note(f"while tg.compile captured {name}; {WITHOUT_VALUES}")
                raise
            who = "a hook" if _in_hook(error) else "it"
            raise AsItIs(f"{who} cannot be captured: {_in_words(error)}") from error
        finally:
            surroundings.restore()
        new = Variant(program, arguments, surroundings, perf_counter() - start)
        self.variants.append(new)
        return new


def _read_anew(program: Program, arrays: Sequence[Any]) -> list[Any]:
    """Return those arrays that are operands as they are, and no others had the same in them."""
    constants = program.captured.constants
    times = Counter(e for _, e in constants)
    alone = {id(array) for array, e in constants if times[e] == 1}
    return [array for array in arrays if id(array) in alone]


def _in_words(error: Exception) -> str:
    """Return what an error says; one for a key says no more than the key."""
    return repr(error) if isinstance(error, KeyError) else str(error)


def _in_hook(error: BaseException) -> bool:
    """Return whether an error comes from a hook of a gradient."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is run_hooks.__code__:
            return True
        trace = trace.tb_next
    return False
