"""A captured function that runs: tensors and arguments in, tensors out, state overwritten in place.

A program binds what a dataflow computes with to where that is kept: the arrays of tensors that the
function met are read by reference, those that it changes lie in memory of the program's own (see
``state``). All that a call brings about happens, or nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import repeat
from operator import attrgetter, is_
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.binding import Binding
from tensorgraph.compiler.conditions import Conditions
from tensorgraph.compiler.dataflow import Dataflow, Failed, Runner
from tensorgraph.compiler.returned import AsItIs, Returning
from tensorgraph.compiler.state import Unfit, state_of
from tensorgraph.engine.gradient_hook import Wishes
from tensorgraph.engine.op import KERNEL_ERRORS
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import describe
from tensorgraph.symbolic.capture import capture

_data_of = attrgetter("_data")
_grad_of = attrgetter("_grad")


def _in_words(owner: Any, name: str) -> str:
    """Return what messages call an attribute."""
    if type(owner) is not Tensor:
        return f"{name} of {describe(owner)}"
    whose = owner.name or f"a tensor of shape {owner.shape}"
    return f"{'the graph' if name == '_node' else name.strip('_')} of {whose}"


MakeRunner = Callable[[Dataflow], Runner]


class Known(NamedTuple):
    """What is known of a function besides what is captured."""

    arguments: Sequence[str] = ()
    """What its arguments are called."""
    tensors: Mapping[int, str] = MappingProxyType({})
    """What tensors are called that have no name of their own, by their ids."""
    results: Sequence[Any] = ()
    """What makes results of the kinds of an earlier call: see :class:`Returning`."""
    static: Sequence[Any] = ()
    """What static fields of dataclasses hold among the arguments."""


NOTHING = Known()


class Refused(Exception):
    """A check does not hold, or a kernel raised: nothing has changed, the function itself tells."""


class Program:
    """A function of arrays, captured for some shapes and dtypes, and run by a back end."""

    def __init__(
        self,
        f: Callable[..., Any],
        arguments: Sequence[Any],
        make_runner: MakeRunner,
        named: Sequence[NDArray[Any]] = (),
        known: Known = NOTHING,
    ) -> None:
        """Capture a function.

        Args:
            f: takes arrays or tensors, and returns nested containers.
            arguments: such as it is to be called with.
            make_runner: the back end.
            named: arrays that the function names, which may change between runs.
            known: what else is known of it.

        Raises:
            AsItIs: a result is to be differentiated by the caller, or neither an array nor a
                constant; or the function changes something besides tensors.
            GraphError: the function asks for a value.
        """
        returning = Returning(f, known.results, known.static)
        self.captured = captured = capture(
            returning, *arguments, names=known.arguments, called=known.tensors
        )
        self._finish = returning.finish
        held = [x for x in (*arguments, *captured.tensors.values()) if type(x) is Tensor]
        if any(type(x._data) is not np.ndarray for x in held):
            raise AsItIs("some of its arrays are not NumPy's")
        if captured.unrepeated:
            owner, name = captured.unrepeated[0]
            raise AsItIs(f"it changes {_in_words(owner, name)}, as no program does")
        self._numbers = [(number.counter, number.at) for number in captured.numbers.values()]
        self._generators = [*captured.draws.values()]
        self.draws = bool(self._generators)
        """Whether random numbers are drawn."""
        self._locked = [*dict.fromkeys(self._generators)]
        self._bound = bound = Binding(captured, named)
        self.dataflow = bound.dataflow
        self._named = [*bound.named.values()]
        self.state = state_of(bound.blocks)
        self._changes, self._are_wished = Wishes.changes, self._wishes().function()
        self._lack_gradients = self._lack().function()
        self._read: list[Any] = []
        self._rereads = 0
        """How often those were others."""
        self._moves: int | None = None
        """How often arrays besides the arguments were others, up to the last run."""
        self._ticket = np.zeros((), np.int64)  # counts the runs that have written
        self.runner = make_runner(bound.dataflow)

    def _wishes(self) -> Conditions:
        """Return that tensors which were met want gradients, and are hooked, as they are now."""
        conditions = Conditions()
        for tensor in self.captured.tensors.values():
            name = conditions.name(tensor)
            conditions.equals(f"{name}._requires_grad", tensor._requires_grad)
            conditions.equals(f"{name}._hooks", tensor._hooks)
        return conditions

    def _lack(self) -> Conditions:
        """Return that tensors without a gradient have none still."""
        conditions = Conditions()
        for tensor in self._bound.without_gradient:
            conditions.equals(f"{conditions.name(tensor)}._grad", None)
        return conditions

    def _check_wishes(self) -> None:
        """Go on where none of these tensors is among those of which a wish has changed.

        Raises:
            Unfit: one is.
        """
        changes = Wishes.changes
        if not self._are_wished():
            raise Unfit
        self._changes = changes

    def __call__(self, arguments: Sequence[Any]) -> Any:
        """Return what the function returns, and change what it changes.

        Raises:
            Refused: the function itself has to say why it cannot go on; nothing has changed.
            Unfit: what was captured is not what the function would do now.
        """
        state, bound = self.state, self._bound
        with state.lock:
            if Wishes.changes != self._changes:
                self._check_wishes()
            if not self._lack_gradients():
                raise Unfit
            state.prepare()
            given = [x._data if type(x) is Tensor else np.asarray(x) for x in arguments]
            arrays = [*given, *self._arrays_read(), *self._named, *state.arrays, self._ticket]
            moves = state.moves + self._rereads
            fresh = len(given) if moves == self._moves else len(arrays)
            self._moves = None
            outputs = (self._drawing if self.draws else self._run)(arrays, fresh)
            self._moves = moves
            for i, place in bound.values_of_arguments:
                arguments[i]._data = outputs[place]
            for i, place in bound.gradients_of_arguments:
                old, new = arguments[i]._grad, wrap(outputs[place])
                arguments[i]._grad = new if old is None else old + new
        return self._finish(outputs, arguments)

    def _arrays_read(self) -> list[Any]:
        """Return the arrays that are read and not written.

        Raises:
            Unfit: one has another shape or dtype; or a gradient is there that was not, or the
                other way round.
        """
        bound = self._bound
        if not bound.symbols:
            return self._read
        grads = [*map(_grad_of, bound.owners)]
        if any(map(is_, grads, repeat(None))):
            raise Unfit
        read = [*map(_data_of, bound.tensors), *map(_data_of, grads)]
        if not (len(read) == len(self._read) and all(map(is_, read, self._read))):
            for array, e in zip(read, bound.symbols, strict=True):
                if array.shape != e.shape or array.dtype != e.dtype:
                    raise Unfit
            self._read = read
            self._rereads += 1
        return read

    def _drawing(self, arrays: list[Any], fresh: int) -> Sequence[Any]:
        """Run, while no other thread draws from the generators; if it fails, nothing was drawn."""
        with ExitStack() as locks:
            for generator in self._locked:
                locks.enter_context(generator._lock)
            states, runs = [generator.state for generator in self._locked], self._ticket.item()
            try:
                numpys = [generator._numpy for generator in self._generators]
                return self._run(arrays, fresh, numpys)
            except BaseException:
                if self._ticket.item() == runs:
                    for generator, state in zip(self._locked, states, strict=True):
                        generator.state = state
                raise

    def _run(self, arrays: list[Any], fresh: int, generators: Sequence[Any] = ()) -> Sequence[Any]:
        """Run, and do what comes after: also if Ctrl-C comes when all is written."""
        runs = self._ticket.item()
        try:
            numbers = [at(counter.steps) for counter, at in self._numbers]
            return self.runner(arrays, numbers, generators, fresh)
        except (Failed, ArithmeticError, *KERNEL_ERRORS) as error:
            raise Refused from error
        finally:
            if self._ticket.item() != runs:
                self.state.finish()
                self.captured.conclude()
