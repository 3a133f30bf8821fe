"""The table of operators: what computes a node of a file, by its domain, its name and the opset."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

ONNX, ML, MICROSOFT = "", "ai.onnx.ml", "com.microsoft"
"""Domains: of neural networks, of what scikit-learn's exporters and of what onnxruntime write."""


WEIGHT_AND_BIAS = {1: "weight", 2: "bias"}
"""The weights of most layers, whose first input is what they are applied to."""
_NONE: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Operator:
    """What computes one operator from some version of its opset on.

    The function takes the inputs by place (``None`` for one left out) and the attributes by name;
    it returns a value, or a tuple of several.
    """

    since: int
    function: Callable[..., Any]
    settings: frozenset[int]
    """The places of inputs that are settings, such as axes and bounds: no weights."""
    statistics: frozenset[int]
    """The places of inputs that are running statistics or data: state that is not trained."""
    weights: Mapping[int, str]
    """The places of inputs that are weights also where they stand in a node ``Constant``, and what
    those are called that have no name of their own."""
    weight_attributes: tuple[str, ...]
    """Attributes that are weights: they become inputs behind the others."""
    module: type | None
    """A module that computes it where it has a state, or differs in training."""
    attributes: frozenset[str] | None
    """The attributes that the function takes; ``None`` if it has no parameters to ask."""
    required: frozenset[str]
    """Those of them that a node must have."""
    wants: frozenset[str]
    """What else it takes by name: how many results are wanted (``n_outputs``) and values captured,
    and which narrow dtype each input is of (``narrow``), where one is held in a wider one."""


OPERATORS: dict[tuple[str, str], list[Operator]] = {}
"""All versions of each operator, the newest last."""

_TOLD = ("n_outputs", "captured", "narrow")


def operator(
    *names: str,
    since: int = 1,
    domain: str = ONNX,
    settings: Iterable[int] = (),
    statistics: Iterable[int] = (),
    weights: Mapping[int, str] = _NONE,
    weight_attributes: tuple[str, ...] = (),
    module: type | None = None,
) -> Callable[[F], F]:
    """Enter a function as what computes the operators of these names."""

    def enter(function: F) -> F:
        parameters = _keywords(function)
        named = frozenset(parameters)
        needed = frozenset(n for n, p in parameters.items() if p.default is p.empty)
        record = Operator(
            since, function, frozenset(settings), frozenset(statistics),
            weights, weight_attributes, module,
            named - {*_TOLD}, needed - {*_TOLD}, named & {*_TOLD},
        )  # fmt: skip
        for name in names:
            versions = OPERATORS.setdefault((domain, name), [])
            versions.append(record)
            versions.sort(key=lambda one: one.since)
        return function

    return enter


def enter_all(functions: dict[str, Callable[..., Any]], domain: str = ONNX) -> None:
    """Enter functions of inputs alone, which have no attributes."""
    for name, function in functions.items():
        none: frozenset[Any] = frozenset()
        record = Operator(1, function, none, none, _NONE, (), None, none, none, none)
        OPERATORS.setdefault((domain, name), []).append(record)


def _keywords(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters.items()
    return {name: p for name, p in parameters if p.kind is p.KEYWORD_ONLY}


def find(domain: str, name: str, version: int) -> Operator | None:
    """Return what computes an operator under a version of its domain's opset, if anything does."""
    versions = OPERATORS.get((domain, name), [])
    return next((one for one in reversed(versions) if one.since <= version), None)


Key = tuple[str, str, int]
"""Domain, name and the first version of an operator in the table: what pickles know it by."""


def key_of(function: Callable[..., Any]) -> Key | None:
    """Return by what a function is found again, if it is one of the table."""
    for (domain, name), versions in OPERATORS.items():
        for one in versions:
            if one.function is function:
                return domain, name, one.since
    return None


def function_at(key: Key) -> Callable[..., Any]:
    """Return the function that stands at a place in the table."""
    domain, name, since = key
    return next(one.function for one in OPERATORS[domain, name] if one.since == since)
