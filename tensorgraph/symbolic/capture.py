"""Capturing a function: what it computes and what it changes, as expressions.

The function runs once, on tensors that hold symbols. All of the engine runs as it always does, but
below it nothing is computed: an imperative training step, with its backward pass and its update,
leaves the expressions of all that it would have computed. A compiler starts from these.

Tensors that the function meets besides its arguments, such as parameters and an optimizer's state,
are bound by reference: a symbol stands for what the tensor holds when the capture is evaluated. One
that holds another expression afterwards is state that the function writes. So is an argument.

Numbers that change from step to step, such as a scheduled learning rate or the number of a step in
a bias correction, are symbols too, and are read anew before each evaluation. Where the function
itself would look at values and raise, what must hold is kept as a check.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array, copied, holds
from tensorgraph.engine.graph import Node
from tensorgraph.engine.layers import layer_of
from tensorgraph.engine.modes import meet, mode, number, user_level
from tensorgraph.engine.nested_containers import Structure, flatten, unflatten
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.engine.random_generator import Generator
from tensorgraph.engine.tensor import Tensor, argument, array_of, rebind, wrap
from tensorgraph.symbolic.attributes import Attributes
from tensorgraph.symbolic.checks import conditions
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, in_order, lift, symbol


class Counted(NamedTuple):
    """A number that changes with the steps that something counts."""

    name: str
    counter: Any
    at: Callable[[int], Any]
    """Returns the number for a number of steps."""

    def __call__(self) -> Any:
        """Return the number as it is now, or what stands for it in a capture around."""
        return number(*self)


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
    accumulated: Mapping[Expr, Expr]
    """The symbols of gradients that were there before, with the symbol of the tensor of each."""
    numbers: Mapping[Expr, Counted]
    """The symbols of numbers that change from step to step, with what reads each before a run."""
    checks: tuple[Expr, ...]
    """Single booleans that must be true. Where one is not, nothing counts of what is computed: the
    function itself raises, or computes otherwise."""
    settings: tuple[tuple[Any, str, Any], ...]
    """What was read as a constant: its owner, the name of the attribute, and the value."""
    constants: tuple[tuple[Array, Expr], ...]
    """The arrays that operations were given besides tensors, each with the constant that stands for
    what was in it."""
    counted: tuple[tuple[Any, int], ...]
    """What counts its ``steps``, and by how many it has counted on."""
    forgotten: tuple[Tensor, ...]
    """The tensors whose gradients the function has forgotten."""
    unrepeated: tuple[tuple[Any, str], ...]
    """What else the function has changed, which is not done again: an owner and the name of its
    attribute. Where there is such a thing, the function must run as it is."""

    def values(self, *arguments: Any) -> dict[Expr, Any]:
        """Return the value of every expression, for these arguments and the tensors of now.

        Random numbers are drawn as the function would; no tensor is changed.
        """
        given = {**self._arguments(arguments), **self.known()}
        state = [*self.written.values(), *self.gradients.values()]
        return evaluate([*self.drawn, *self.outputs, *state, *self.checks], given)

    def known(self) -> dict[Expr, Any]:
        """Return what is given for all symbols but those of the arguments, as it is now."""
        meet(*self.tensors.values())
        return {
            **{e: tensor._data for e, tensor in self.tensors.items()},
            **{e: _gradient_of(self.tensors[t]) for e, t in self.accumulated.items()},
            **{e: read() for e, read in self.numbers.items()},
            **self.draws,
        }

    def __call__(self, *arguments: Any) -> Any:
        """Do what the function does: return its outputs, write tensors and gradients, count steps.

        Raises:
            GraphError: an argument that the function writes is no tensor; or a check does not hold,
                in which case nothing is written.
        """
        targets = {**self.tensors, **self._arguments(arguments)}
        for e in self.written:
            if type(targets[e]) is not Tensor:
                raise errors.GraphError(
                    f"the captured function writes its argument {e.name or e!r}, which must be a"
                    f" tensor, not {errors.describe(targets[e])}; write tg.tensor(…) for it"
                )
        values = self.values(*arguments)
        for e in self.checks:
            if not holds(array_of(values[e])):
                raise errors.GraphError(
                    "a check of the captured function does not hold; nothing was written. The"
                    " function itself raises, or computes otherwise: call it as it is"
                )
        for e, new in self.written.items():
            rebind(targets[e], copied(array_of(values[new])))
        for e, new in self.gradients.items():
            if type(targets[e]) is Tensor:
                self._give(e, targets[e], wrap(copied(array_of(values[new]))))
        meet(*(thing for thing, _ in self.counted))
        self.conclude()
        return unflatten(self.structure, [values[e] for e in self.outputs])

    def conclude(self) -> None:
        """Do what comes once all is written: count steps, forget gradients."""
        for thing, more in self.counted:
            # No setting, whatever its class checks.
            object.__setattr__(thing, "steps", thing.steps + more)
        for tensor in self.forgotten:
            tensor.zero_grad()

    def _give(self, e: Expr, target: Tensor, gradient: Tensor) -> None:
        """Give a tensor a gradient; to that of an argument, which has none in a capture, add it."""
        before = None if e in self.tensors else target._grad
        target.grad = gradient if before is None else before + gradient

    def _arguments(self, arguments: Any) -> dict[Expr, Any]:
        """Return what is given for the symbols of the arguments."""
        return dict(zip(self.inputs, flatten(arguments)[0], strict=True))


def _gradient_of(tensor: Tensor) -> Any:
    if tensor._grad is None:
        raise errors.GraphError(
            f"{errors.owner(tensor)} had a gradient when the function was captured, and has none"
            " now; capture it again"
        )
    meet(tensor._grad)
    return tensor._grad._data


def capture(
    f: Callable[..., Any],
    *args: Any,
    names: Sequence[str | None] = (),
    called: Mapping[int, str] = MappingProxyType({}),
) -> Captured:
    """Return what ``f`` computes and changes when called with arrays like ``args``.

    ``f`` gets tensors that hold symbols; those of tensors that want a gradient want one too. When
    ``f`` has returned or raised, tensors, optimizers and generators are as they were. No other
    thread may use the same tensors meanwhile.

    Python's numbers are constants of the capture, but for those that optimizers compute with: the
    number of steps, and learning rates. So is what ``f`` decides by ``if``. What else it changes in
    Python's objects is told where it can be seen, as ``unrepeated``. State that a step adds, rather
    than writes, is not captured: take one step before.

    Values are not known now. Where the function itself would raise for a gradient that is not
    finite, a label out of range or a probability outside [0, 1], there is a check.

    Args:
        f: a function of arrays.
        args: arrays, tensors or nested containers of them: only shapes and dtypes are read.
        names: what the inputs are called.
        called: what tensors without a name of their own are called, by their ids.

    Raises:
        DTypeError: ``f`` returns something that is no array or number, nor ``None``.
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
    capturing = Capturing(called)
    try:
        with mode(observer=capturing):
            result = f(*unflatten(structure, arguments))
        found, kind = ([], ()) if result is None else flatten(result)
        for value in found:
            if not (isinstance(value, (bool, int, float)) or hasattr(value, "dtype")):
                raise errors.DTypeError(
                    f"trace: the function returned {errors.describe(value)}, not arrays"
                )
        outputs = tuple(map(lift, found))
        written, gradients = capturing.written(), capturing.gradients()
        capturing.tell_of_no_gradients(gradients.keys() - {*inputs})
        counted, forgotten = capturing.counted(), capturing.forgotten()
        unrepeated = capturing.unrepeated()
    finally:
        capturing.restore()
    drawn, checks = tuple(capturing.drawn), tuple(capturing.checks)
    used = {*in_order([*outputs, *written.values(), *gradients.values(), *drawn, *checks])}
    accumulated = {e: owner for e, owner in capturing.accumulated().items() if e in used}
    read = used | {*written, *gradients, *accumulated.values()}
    others = {*inputs, *accumulated}
    return Captured(
        inputs=inputs,
        outputs=outputs,
        structure=kind,
        tensors={e: t for e, t in capturing.tensors.items() if e in read and e not in others},
        written=written,
        gradients=gradients,
        draws=capturing.draws,
        drawn=drawn,
        accumulated=accumulated,
        numbers={e: of for e, of in capturing.numbers.items() if e in used},
        checks=checks,
        settings=tuple(capturing.settings.values()),
        constants=tuple((a, e) for a, e in capturing.constants.values() if e in used),
        counted=counted,
        forgotten=forgotten,
        unrepeated=unrepeated,
    )


class Capturing(Observer):
    """Puts symbols in place of what is met."""

    def __init__(self, called: Mapping[int, str]) -> None:
        self._called = called
        self._has_shown = False
        self.tensors: dict[Expr, Tensor] = {}
        self.draws: dict[Expr, Generator] = {}
        self.drawn: dict[Expr, None] = {}
        self.numbers: dict[Expr, Counted] = {}
        self.checks: dict[Expr, None] = {}
        self.settings: dict[tuple[int, str], tuple[Any, str, Any]] = {}
        self.constants: dict[int, tuple[Array, Expr]] = {}
        self._before: dict[int, Attributes] = {}

    def met(self, thing: Any) -> None:
        """Keep what a tensor, an optimizer or the like holds; let a tensor hold a symbol."""
        if id(thing) in self._before or layer_of(thing) is not None:
            return  # what a layer holds is met where that computes with it
        self._before[id(thing)] = Attributes(thing)
        if type(thing) is not Tensor:
            return
        held: Any = thing._data
        if type(held) is not Expr:
            held = symbol(thing.name or self._called.get(id(thing)), thing.shape, thing.dtype)
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

    def number(self, name: str, counter: Any, at: Callable[[int], Any]) -> Expr:
        """Return a symbol for a number, which is read for the steps that are counted by then."""
        self.met(counter)
        ahead = counter.steps - self._before[id(counter)].values["steps"]
        e = symbol(name, (), float, weak=True)
        self.numbers[e] = Counted(name, counter, at if not ahead else _Ahead(at, ahead))
        return e

    def relied(self, owner: Any, name: str, value: Any) -> None:
        """Keep what was read as a constant."""
        self.settings.setdefault((id(owner), name), (owner, name, value))

    def shown(self, thing: Any) -> None:
        """Warn, once: a text is no array, and is not made in each call."""
        if self._has_shown:
            return
        self._has_shown = True
        warnings.warn(
            f"a text is made of {errors.owner(thing)} while a function is captured, as by"
            f" tg.compile: {thing._data}. This happens once, not in each call; return what you want"
            " to see, and print it outside",
            errors.UsageWarning,
            stacklevel=user_level(),
        )

    def check(self, condition: Any) -> None:
        """Keep what must be true."""
        self.checks[condition] = None

    def forward(self, event: Forward) -> None:
        """Keep what was drawn, and what operands must be."""
        if event.op.family == "random":
            self.drawn[event.out] = None
        self.checks |= dict.fromkeys(conditions(event.op, event.arrays, event.static))
        self.constants |= {id(a): (a, lift(a)) for a in event.arrays if type(a) is np.ndarray}

    def written(self) -> dict[Expr, Expr]:
        """Return what tensors hold, other than their symbol."""
        held: dict[Expr, Any] = {e: t._data for e, t in self.tensors.items()}
        return {e: lift(value) for e, value in held.items() if value is not e}

    def gradients(self) -> dict[Expr, Expr]:
        """Return the gradients that were not there before."""
        return {
            e: lift(t._grad)
            for e, t in self.tensors.items()
            if t._grad is not None and t._grad is not self._before[id(t)].values["_grad"]
        }

    def tell_of_no_gradients(self, given: Iterable[Expr]) -> None:
        """Keep as constant that tensors had no gradient, to which what they are given would add."""
        for e in given:
            if self._before[id(self.tensors[e])].values["_grad"] is None:
                self.relied(self.tensors[e], "_grad", None)

    def accumulated(self) -> dict[Expr, Expr]:
        """Return the symbols of gradients that were there before, with those of their tensors."""
        symbols = {id(t): e for e, t in self.tensors.items()}
        befores = ((e, self._before[id(t)].values["_grad"]) for e, t in self.tensors.items())
        return {symbols[id(g)]: e for e, g in befores if g is not None and id(g) in symbols}

    def counted(self) -> tuple[tuple[Any, int], ...]:
        """Return what has counted steps, and how many."""
        counters = [before for before in self._before.values() if "steps" in before.follows]
        counts = [(each.owner, each.owner.steps - each.values["steps"]) for each in counters]
        return tuple((thing, more) for thing, more in counts if more)

    def forgotten(self) -> tuple[Tensor, ...]:
        """Return the tensors that had a gradient, and have none."""
        return tuple(
            before.owner
            for before in self._before.values()
            if type(before.owner) is Tensor
            and before.owner._grad is None
            and before.values["_grad"] is not None
        )

    def unrepeated(self) -> tuple[tuple[Any, str], ...]:
        """Return which attributes have changed that no run of the capture changes."""
        theirs = {id(t) for t in self.tensors.values()}
        return tuple(
            (before.owner, name)
            for key, before in self._before.items()
            if key in theirs or type(before.owner) not in (Tensor, Node)
            for name in before.changed()
            if name not in before.follows
        )

    def restore(self) -> None:
        """Give all that was met what it held before."""
        for before in self._before.values():
            before.restore()


class _Ahead:
    """A number for a step that comes some steps later in the same run."""

    def __init__(self, at: Callable[[int], Any], ahead: int) -> None:
        self._at, self._ahead = at, ahead

    def __call__(self, steps: int) -> Any:
        return self._at(steps + self._ahead)
