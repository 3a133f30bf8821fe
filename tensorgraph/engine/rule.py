"""Gradient rules: what they may ask for, and the call that feeds them from a node.

A rule is ordinary code over operators, array methods and ops. Its *parameter names* say what it
needs, and that is all a node saves:

=================  ==============================================================
``g``              the gradient of the result; in a forward rule the tangent of the input
``out``            the result itself
``x``, ``y``, …    an input, by the name under which ``vjp`` lists it
``x_shape``, …     an input's shape (costs no memory)
``axis``, …        a static parameter of the kernel
``arrays``, …      a starred input: the tuple of all of them
``i``, ``shapes``  for a starred input: its position, and the shapes of all of them
``others``         for a starred input: all of them, with ``None`` in its own place
=================  ==============================================================
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from types import MethodType
from typing import Any, NamedTuple, ParamSpec, TypeAlias

import numpy as np

from tensorgraph.engine.arrays import as_array
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import DeclarationError, listing


class Word:
    """A gradient rule that is a statement, not a formula."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


NONDIFF = Word("NONDIFF")
"""The result does not depend differentiably on this input: no gradient ever flows there."""
ZERO = Word("ZERO")
"""The derivative by this input exists and is zero (almost) everywhere, as for ``floor``."""

LINEAR = Word("LINEAR")
"""A forward rule: the operation is linear in all inputs that say so, taken together, so that on
their tangents it gives that of the result."""
MULTILINEAR = Word("MULTILINEAR")
"""A forward rule: the operation is linear in this input while others stay what they are, so that on
the tangent in its place it gives that of the result."""


class WholeRule:
    """A rule that is given all that a node has, where no parameter names say what it needs."""

    def __call__(
        self, g: Any, operands: Sequence[Any], out: Any, static: dict[str, Any], i: int
    ) -> Any:
        """Return the gradient of operand ``i``."""
        raise NotImplementedError

    def compiled(self) -> CompiledRule:
        """Return the rule as the backward pass calls it."""
        return CompiledRule(
            lambda g, saved, node, i: self(g, saved[:-1], saved[-1], node.static, i),
            lambda i, count: set(range(count + 1)),
        )


Rule = Callable[..., Any] | Word

Q = ParamSpec("Q")
RuleFunction: TypeAlias = (
    Callable[[Any], Any]
    | Callable[[Any, Any], Any]
    | Callable[[Any, Any, Any], Any]
    | Callable[[Any, Any, Any, Any], Any]
    | Callable[Q, Any]
)
"""A rule as a type checker takes it, to which the first few tell what a lambda's parameters are."""

Positions = Callable[[int, int], Iterable[int]]
"""``positions(i, count)``: what operand ``i`` of ``count`` has saved; ``count`` is the result."""


class CompiledRule(NamedTuple):
    """A rule as the backward pass calls it."""

    call: Callable[..., Any]
    """``call(g, saved, node, i)`` returns the gradient of operand ``i``."""
    needs: Callable[[int, int], set[int]]
    """As :data:`Positions`, for all that the rule asks for."""


ZERO_RULE = CompiledRule(
    lambda g, saved, node, i: np.zeros(
        node.parents[i].shape, node.parents[i].dtype, like=as_array(g)
    ),
    lambda i, count: set(),
)


def compile_rule(
    rule: Callable[..., Any], key: str, inputs: Sequence[str], starred: bool, static: Iterable[str]
) -> CompiledRule:
    """Read a rule's parameter names once, and build the call that feeds it.

    Args:
        rule: the gradient rule.
        key: the input it belongs to, as in ``vjp``.
        inputs: the names of all inputs.
        starred: whether the last of them stands for any number of operands.
        static: the names of the kernel's static parameters.

    Raises:
        DeclarationError: the rule asks for something that is not there.
    """
    vocabulary = _vocabulary(key, inputs, starred, static)
    names = parameter_names(rule)
    for name in names:
        if name not in vocabulary:
            raise DeclarationError(
                f"the gradient rule for {key!r} asks for {name!r}, which is none of"
                f" {listing(list(vocabulary), limit=20)}"
            )
    asked = {name: vocabulary[name] for name in names}

    def needs(i: int, count: int) -> set[int]:
        return {position for _, positions in asked.values() for position in positions(i, count)}

    after_star = keyword_only(rule)
    given = (
        f"{name}={expression}" if name in after_star else expression
        for name, (expression, _) in asked.items()
    )
    return CompiledRule(_feeder(", ".join(given))(rule), needs)


def parameter_names(function: Callable[..., Any]) -> Sequence[str]:
    """Return the names of a function's parameters; of a method's without its object."""
    code = getattr(function, "__code__", None)  # `inspect` would make up most of the import time
    if code is not None and not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        names: Sequence[str] = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return names[1:] if type(function) is MethodType else names
    return list(inspect.signature(function).parameters)


def keyword_only(function: Callable[..., Any]) -> Sequence[str]:
    """Return the names of a function's parameters that stand after a star."""
    code = getattr(function, "__code__", None)
    if code is None:
        found = inspect.signature(function).parameters
        return [name for name, p in found.items() if p.kind is p.KEYWORD_ONLY]
    names: Sequence[str] = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
    return names


def _vocabulary(
    key: str, inputs: Sequence[str], starred: bool, static: Iterable[str]
) -> dict[str, tuple[str, Positions]]:
    """Return what a rule may ask for: the expression that gets it, and what must be saved."""
    star = len(inputs) - 1 if starred else len(inputs)

    def nothing(i: int, count: int) -> Iterable[int]:
        return ()

    words: dict[str, tuple[str, Positions]] = {
        "g": ("g", nothing),
        "out": ("saved[-1]", lambda i, count: (count,)),
    }
    for position, name in enumerate(inputs[:star]):
        words[name] = (f"saved[{position}]", _always(position))
        words[f"{name}_shape"] = (f"shape_of(node.parents[{position}])", nothing)
    for name in static:
        words[name] = (f"node.static[{name!r}]", nothing)
    if starred:
        words[inputs[-1]] = (f"tuple(saved[{star}:-1])", lambda i, count: range(star, count))
    if key.startswith("*"):
        words["i"] = (f"i - {star}", nothing)
        words["shapes"] = (f"tuple(map(shape_of, node.parents[{star}:]))", nothing)
        words["others"] = (
            f"tuple(None if k == i else saved[k] for k in range({star}, len(saved) - 1))",
            lambda i, count: (k for k in range(star, count) if k != i),
        )
    return words


def _always(position: int) -> Positions:
    return lambda i, count: (position,)


@cache
def _feeder(arguments: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what turns a rule into ``call(g, saved, node, i)``; ``arguments`` are expressions."""
    source = f"lambda rule: lambda g, saved, node, i: rule({arguments})"
    feeder: Callable[[Callable[..., Any]], Callable[..., Any]] = eval(
        source, {"shape_of": shape_of}
    )
    return feeder
