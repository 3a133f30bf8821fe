"""What the bank is made of: networks written by hand, and mistakes made in their backward passes.

A network's backward pass is ordinary code of a student. A mistake is a piece of it, and what stands
there instead; the pass is run with the one in place of the other.
"""

from __future__ import annotations

import inspect
import linecache
import textwrap
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

import tensorgraph as tg

KINDS = {
    "factor": "all of it is a factor too large; the word says which: m, 1/m, 2, keep_prob, …",
    "sign": "all of it has the wrong sign",
    "transpose": "a matrix is transposed, or is not where it ought to be",
    "missing sum": "a sum over an axis is missing",
    "wrong axis": "the sum is over another axis, or over all of them",
    "mean for sum": "a mean stands where a sum is meant",
    "sum for mean": "a sum stands where a mean is meant",
    "shape": "right numbers in another shape, keepdims for example",
    "missing mask": "the mask of ReLU, of dropout or of a maximum is missing",
    "wrong mask": "the mask is made of something else",
    "missing derivative": "the derivative of the activation is missing",
    "extra derivative": "the derivative of an activation is there once too often",
    "wrong derivative": "the derivative is that of another activation, or is misremembered",
    "wrong value": "the derivative, or a product, is taken at another value: Z for A, A for Z",
    "wrong layer": "activation, weights, mask or gradient are those of another layer or time step",
    "regularisation": "the penalty's gradient is missing, there twice, scaled, or on a bias",
    "cross terms": "softmax is differentiated as if each output had its own input alone",
    "entries": "only some rows, columns or entries are wrong; the words say which",
    "overwritten": "what ought to be added up is overwritten: uses, time steps, repeated indices",
    "missing path": "one way from the value to the loss is left out",
    "missing factor": "a value that multiplies is left out",
    "missing term": "a term that is added is left out",
    "rounding": "right but for rounding, or for something that small",
    "unexplainable": "no rule says what this is",
}
"""What may be wrong with a gradient."""


@dataclass(frozen=True)
class Network:
    """A network that a student has written: data, forward pass, backward pass."""

    name: str
    data: Callable[..., tuple[dict[str, Any], dict[str, Any]]]
    """Draws the data and the parameters, by their names."""
    forward: Callable[..., dict[str, Any]]
    """Takes them by their names, or the latter as ``parameters``; returns all it computed."""
    backward: tuple[Callable[..., Any], ...]
    """Functions of NumPy arrays: the last takes values by their names and returns the gradients,
    those nearest to the loss first; it uses the others."""
    loss: str = "cost"
    times_m: str = ""
    """The gradients which are kept m times as large, as the course keeps dZ."""

    def __str__(self) -> str:
        return self.name

    def on(self, name: str, **sizes: Any) -> Network:
        """Return the network on other data, which are drawn with ``sizes``."""
        data = self.data
        return replace(self, name=name, data=lambda rng: data(rng, **sizes))

    @cached_property
    def source(self) -> str:
        return "\n\n".join(textwrap.dedent(inspect.getsource(f)) for f in self.backward)


@dataclass(frozen=True)
class Fault:
    """What is wrong in one place."""

    first: tuple[str, ...]
    """The gradients that are wrong by it and nearest to the loss."""
    kinds: tuple[str, ...]
    """What is wrong: of ``KINDS``. All of these say it rightly, the first one best."""
    words: tuple[str, ...]
    """What a diagnosis should contain; ``|`` stands between words of which one is enough."""


@dataclass
class Problem:
    """What a student has in hand: a loss, and gradients of their own."""

    loss: tg.Tensor
    tensors: dict[str, tg.Tensor]
    """The parameters and everything on the way to the loss, by their names."""
    gradients: dict[str, Any]
    """As the student keeps them, nearest to the loss first."""
    backward: Callable[..., Any]
    """What computed these,"""
    values: dict[str, Any]
    """from these: call it with ``**values``."""
    times_m: dict[str, int]
    """By how much what a gradient is kept as is larger than the loss's."""

    def meant(self, name: str) -> tg.Tensor:
        """Return the tensor whose gradient has this name."""
        return self.tensors[name if name in self.tensors else name.removeprefix("d")]


def problem(network: Network, source: str, seed: int, dtype: str) -> Problem:
    """Return what a student has in hand whose backward pass is ``source``."""
    data, parameters = network.data(np.random.default_rng(seed))
    data = {name: cast(value, dtype) for name, value in data.items()}
    leaves = {
        name: tg.tensor(cast(np.asarray(value), dtype), requires_grad=True, name=name)
        for name, value in parameters.items()
    }
    found = called(network.forward, {**data, **leaves, "parameters": leaves})
    tensors = {
        name: value
        for name, value in {**found, **leaves}.items()
        if isinstance(value, tg.Tensor) and value.requires_grad
    }
    for name, tensor in tensors.items():
        tensor.name = name
    backward = compiled(source, network)
    values = in_numpy({**data, **leaves, **found, "parameters": leaves})
    values = {name: values[name] for name in inspect.signature(backward).parameters}
    m = np.shape(data["X"])[1] if network.times_m else 1
    return Problem(
        found[network.loss],
        tensors,
        backward(**in_numpy(values)),
        backward,
        values,
        dict.fromkeys(network.times_m.split(), m),
    )


def compiled(source: str, network: Network) -> Callable[..., Any]:
    """Return the last function of a source, which can be read as that of a file can."""
    file = f"<{network}, {zlib.crc32(source.encode())}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope = dict(network.backward[-1].__globals__)
    exec(compile(source, file, "exec"), scope)
    return scope[network.backward[-1].__name__]


def called(function: Callable[..., Any], values: dict[str, Any]) -> Any:
    """Call a function with the values that it asks for by name."""
    return function(**{name: values[name] for name in inspect.signature(function).parameters})


def cast(value: Any, dtype: str) -> Any:
    """Return an array of floats in a dtype, and all else as it is."""
    floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(dtype) if floats else value


def in_numpy(value: Any) -> Any:
    """Return copies of the arrays of all tensors in a container."""
    if isinstance(value, dict):
        return {name: in_numpy(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(in_numpy(part) for part in value)
    return value.numpy().copy() if isinstance(value, tg.Tensor) else value


@dataclass(frozen=True)
class Attempt:
    """A network's backward pass as somebody writes it: with faults, or right in another way."""

    network: Network
    changes: tuple[tuple[str, str], ...]
    """Pieces of the right backward pass, each with what stands there instead."""
    faults: tuple[Fault, ...] = ()
    """What is wrong, what is nearest to the loss first; nothing if it is right."""

    def __str__(self) -> str:
        changes = (new or f"without {old}" for old, new in self.changes)
        return f"{self.network}: {' '.join(', and '.join(changes).split())}"

    @property
    def first(self) -> tuple[str, ...]:
        """The gradients that are wrong first: any of them is the place to name."""
        return self.faults[0].first

    @property
    def kind(self) -> str:
        """What is wrong there."""
        return self.faults[0].kinds[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """All that may be said of it rightly."""
        return self.faults[0].kinds

    @property
    def words(self) -> tuple[str, ...]:
        """What should be said with it; ``|`` stands between words of which one is enough."""
        return self.faults[0].words

    @property
    def explainable(self) -> bool:
        """Whether a rule says what is wrong first: who finds none has not found it."""
        return "unexplainable" not in self.kinds

    @property
    def others(self) -> tuple[Fault, ...]:
        """Further faults, which do not follow from the first, in their order from the loss."""
        return self.faults[1:]

    @cached_property
    def source(self) -> str:
        """The backward pass as this student has written it."""
        source = self.network.source
        for old, new in self.changes:
            if source.count(old) != 1:
                raise LookupError(f"{old!r} stands {source.count(old)} times in {self.network}")
            source = source.replace(old, new)
        return source

    def problem(self, seed: int = 0, dtype: str = "float64") -> Problem:
        """Return the student's loss and gradients, and what they are made of."""
        return problem(self.network, self.source, seed, dtype)

    def loss_and_gradients(
        self, seed: int = 0, dtype: str = "float64"
    ) -> tuple[tg.Tensor, dict[str, Any]]:
        """Return the loss, and the gradients as the student keeps them."""
        made = self.problem(seed, dtype)
        return made.loss, made.gradients


def mistake(
    network: Network,
    old: str,
    new: str,
    first: str,
    kinds: str,
    *words: str,
    also: tuple[str, ...] = (),
) -> Attempt:
    """Return a network with one piece of code changed, and what is wrong then.

    Args:
        network: the network.
        old: a piece of its backward pass.
        new: what stands there instead.
        first: the gradients that are wrong first, with spaces between.
        kinds: what is wrong, with ``|`` between the ways to say it.
        words: what is to be said with it.
        also: what is wrong once more, and not by this, where the piece is run again; as ``first``.
    """
    faults = (Fault((*place.split(),), (*kinds.split("|"),), words) for place in (first, *also))
    return Attempt(network, ((old, new),), tuple(faults))


def together(*mistakes: Attempt) -> Attempt:
    """Return several mistakes of one network at once; the first is nearest to the loss."""
    return Attempt(
        mistakes[0].network,
        tuple(change for one in mistakes for change in one.changes),
        tuple(fault for one in mistakes for fault in one.faults),
    )


def right(network: Network, old: str, new: str) -> Attempt:
    """Return a network with one piece of code written in another way that is right as well."""
    return Attempt(network, ((old, new),))
