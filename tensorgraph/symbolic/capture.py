"""Capturing a function: what it computes and what it changes, as expressions.

The function runs once, on tensors that hold symbols. All of the engine runs as it always does, but
below it nothing is computed: an imperative training step, with its backward pass and its update,
leaves the expressions of all that it would have computed. A compiler starts from these.

Tensors that the function meets besides its arguments, such as parameters and an optimizer's state,
are bound by reference: a symbol stands for what the tensor holds when the capture is evaluated. One
that holds another expression afterwards is state that the function writes. So is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.arrays import copied
from tensorgraph.engine.modes import Forward, Observer, meet, mode
from tensorgraph.engine.nested_containers import Structure, flatten, unflatten
from tensorgraph.engine.random_generator import Generator
from tensorgraph.engine.tensor import Tensor, argument, array_of, rebind, wrap
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, in_order, lift, symbol


@dataclass(frozen=True, eq=False)
class Captured:
    """What a function computes and changes."""

    inputs: tuple[Expr, ...]
    """The symbols of the arguments."""
    outputs: tuple[Expr, ...]
    structure: Structure
    """How the outputs were nested."""
    tensors: Mapping[Expr, Tensor]
    """The tensors that are met besides the arguments, by the symbol that stands for each."""
    written: Mapping[Expr, Expr]
    """What tensors are given, arguments too, by their symbols."""
    gradients: Mapping[Expr, Expr]
    """What ``.grad`` of tensors is afterwards, arguments' too, if it is another one; by symbol."""
    draws: Mapping[Expr, Generator]
    """The generators that are drawn from, by the symbol of each single draw."""
    drawn: tuple[Expr, ...]
    """The draws in their order, which decides what each of them gives."""

    def values(self, *arguments: Any) -> dict[Expr, Any]:
        """Return the value of every expression, for these arguments and the tensors of now.

        Random numbers are drawn as the function would; no tensor is changed.
        """
        given = self._arguments(arguments)
        meet(*self.tensors.values())
        given |= {e: tensor._data for e, tensor in self.tensors.items()}
        given |= self.draws
        state = [*self.written.values(), *self.gradients.values()]
        return evaluate([*self.drawn, *self.outputs, *state], given)

    def __call__(self, *arguments: Any) -> Any:
        """Do what the function does: return its outputs, write the tensors that it writes.

        Gradients are left alone.

        Raises:
            GraphError: an argument that the function writes is no tensor.
        """
        targets = {**self.tensors, **self._arguments(arguments)}
        for e in self.written:
            if type(targets[e]) is not Tensor:
                raise errors.GraphError(
                    f"the captured function writes its argument {e.name or e!r}, which must be a"
                    f" tensor, not {errors.describe(targets[e])}; write tg.tensor(…) for it"
                )
        values = self.values(*arguments)
        for e, new in self.written.items():
            rebind(targets[e], copied(array_of(values[new])))
        return unflatten(self.structure, [values[e] for e in self.outputs])

    def _arguments(self, arguments: Any) -> dict[Expr, Any]:
        """Return what is given for the symbols of the arguments."""
        return dict(zip(self.inputs, flatten(arguments)[0], strict=True))


def capture(f: Callable[..., Any], *args: Any, names: Sequence[str | None] = ()) -> Captured:
    """Return what ``f`` computes and changes when called with arrays like ``args``.

    ``f`` gets tensors that hold symbols; those of tensors that want a gradient want one too. When
    ``f`` has returned or raised, tensors, optimizers and generators are as they were. No other
    thread may use the same tensors meanwhile.

    Python's numbers are constants of the capture: also the number of steps that an optimizer has
    taken, with which bias corrections and scheduled learning rates are computed. So is what ``f``
    decides by ``if``, and what else it changes in Python's objects is changed. State that a step
    adds, rather than writes, is not captured: take one step before.

    Values are not checked, neither now nor when the capture is evaluated: where the function itself
    would raise for a gradient that is not finite, a label out of range or a probability outside
    [0, 1], the captured one computes on, and its results mean nothing.

    Args:
        f: a function of arrays.
        args: arrays, tensors or nested containers of them: only shapes and dtypes are read.
        names: what the inputs are called.

    Raises:
        DTypeError: ``f`` returns something that is no array, nor ``None``.
        GraphError: ``f`` asks for the value of an element.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
        >>> optimizer = tg.optim.SGD([w], lr=0.5)
        >>> def step(x):
        ...     optimizer.zero_grad()
        ...     loss = (w * x).sum()
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> captured = capture(step, np.ones(2, "float32"))
        >>> print(w)
        [1. 2.]
        >>> print(captured(np.ones(2, "float32")), w)
        3.0 [0.5 1.5]
    """
    leaves, structure = flatten(args)
    tensors = [leaf if type(leaf) is Tensor else wrap(lift(leaf)) for leaf in leaves]
    labels = names or [None] * len(leaves)
    inputs = tuple(symbol(n, t.shape, t.dtype) for n, t in zip(labels, tensors, strict=True))
    arguments = [
        argument(e) if t._requires_grad else wrap(e) for e, t in zip(inputs, tensors, strict=True)
    ]
    capturing = _Capturing()
    try:
        with mode(observer=capturing):
            result = f(*unflatten(structure, arguments))
        found, kind = ([], ()) if result is None else flatten(result)
        for value in found:
            if not (type(value) is Expr or hasattr(value, "dtype")):
                raise errors.DTypeError(
                    f"trace: the function returned {errors.describe(value)}, not arrays"
                )
        outputs = tuple(map(lift, found))
        written, gradients = capturing.written(), capturing.gradients()
    finally:
        capturing.restore()
    drawn = tuple(capturing.drawn)
    used = {*in_order([*outputs, *written.values(), *gradients.values(), *drawn])}
    used |= {*written, *gradients}
    met = {e: tensor for e, tensor in capturing.tensors.items() if e in used - {*inputs}}
    return Captured(inputs, outputs, kind, met, written, gradients, capturing.draws, drawn)


class _Capturing(Observer):
    """Puts symbols in place of what is met."""

    def __init__(self) -> None:
        self.tensors: dict[Expr, Tensor] = {}
        self.draws: dict[Expr, Generator] = {}
        self.drawn: dict[Expr, None] = {}
        self._before: dict[int, tuple[Any, dict[str, Any]]] = {}

    def met(self, thing: Any) -> None:
        """Keep what a tensor, an optimizer or the like holds; let a tensor hold a symbol."""
        if id(thing) in self._before:
            return
        self._before[id(thing)] = thing, _attributes(thing)
        if type(thing) is not Tensor:
            return
        held: Any = thing._data
        if type(held) is not Expr:
            held = symbol(thing.name, thing.shape, thing.dtype)
            thing._data = held
        if held.is_input:  # if it was there before, then of an argument, or of a capture around
            self.tensors.setdefault(held, thing)

    def source(self, generator: Any) -> Any:
        """Return a symbol for a draw; where a checkpoint draws again, the one of the first time."""
        again = generator.noted()
        if type(again) is Expr:
            return again
        e = symbol("generator")
        generator.note(e)
        self.draws[e] = generator
        return e

    def forward(self, event: Forward) -> None:
        """Keep what was drawn."""
        if event.op.family == "random":
            self.drawn[event.out] = None

    def written(self) -> dict[Expr, Expr]:
        """Return what tensors hold, other than their symbol."""
        held: dict[Expr, Any] = {e: t._data for e, t in self.tensors.items()}
        return {e: lift(value) for e, value in held.items() if value is not e}

    def gradients(self) -> dict[Expr, Expr]:
        """Return the gradients that were not there before."""
        return {
            e: lift(t._grad)
            for e, t in self.tensors.items()
            if t._grad is not None and t._grad is not self._before[id(t)][1]["_grad"]
        }

    def restore(self) -> None:
        """Give all that was met what it held before."""
        for thing, attributes in self._before.values():
            for name in _attributes(thing).keys() - attributes.keys():
                delattr(thing, name)
            for name, value in attributes.items():
                setattr(thing, name, value)


def _attributes(thing: Any) -> dict[str, Any]:
    """Return what an object's attributes hold, those in slots and those in its dict."""
    state = object.__getstate__(thing)
    parts = state if isinstance(state, tuple) else (state,)
    return {name: value for part in parts if part for name, value in part.items()}
