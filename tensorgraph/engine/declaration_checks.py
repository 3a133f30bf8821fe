"""What a declaration of an operation has to be: its kernel is read, its fields are checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.domain import Domain
from tensorgraph.engine.notation import Notation
from tensorgraph.engine.rule import Rule, Word

FAMILIES = ("elementwise", "reduce", "shape", "contract", "index", "random", "fused")


FACT_WORDS = {
    "positive": "above 0",
    "nonnegative": "not below 0",
    "binary": "0 or 1",
    "between": "strictly between two numbers: (low, high)",
    "moved": "elements of the first input: moved, repeated, chosen, or of another dtype",
    "averaged": "between elements of the first input",
    "sign_of": "above 0 where all of these inputs are, not below 0 where none is: their names",
    "one_hot": "1 at one place along an axis, 0 elsewhere: the static parameter that names it",
    "zero_sum": "sums to 0 along the axes that a static parameter names: that parameter",
    "sums_to_one": "sums to 1 along the axes that a static parameter names: that parameter",
}
"""What a record may state of its results, and the value that says it (otherwise True)."""


def numpy_name(kernel: Callable[..., Any]) -> str | None:
    """Return how code calls a kernel that is a function of NumPy's."""
    own = inspect.unwrap(kernel)
    name = getattr(own, "__name__", "")
    return f"np.{name}" if getattr(np, name, None) is own else None


def static_defaults(kernel: Callable[..., Any]) -> dict[str, Any]:
    """Return the kernel's keyword-only parameters; those without a default are required."""
    parameters = _parameters(kernel) or ()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def _parameters(kernel: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return a kernel's parameters; ``None`` for a function of NumPy that does not tell them."""
    if isinstance(inspect.unwrap(kernel), np.ufunc):
        return None
    try:
        return list(inspect.signature(kernel).parameters.values())
    except ValueError:
        return None


def signature(vjp: Iterable[str], defaults: Mapping[str, Any]) -> inspect.Signature:
    """Return the public signature: inputs by position, then static parameters."""
    kind = inspect.Parameter
    kinds = {True: kind.VAR_POSITIONAL, False: kind.POSITIONAL_OR_KEYWORD}
    inputs = [kind(key.lstrip("*"), kinds[key.startswith("*")]) for key in vjp]
    starred = any(p.kind is kind.VAR_POSITIONAL for p in inputs)
    static_kind = kind.KEYWORD_ONLY if starred else kind.POSITIONAL_OR_KEYWORD
    # A parameter that must be given may not follow one that has a default: keyword-only then.
    optional_seen = False
    static = []
    for name, default in defaults.items():
        optional_seen = optional_seen or default is not kind.empty
        required_late = default is kind.empty and optional_seen
        static.append(
            kind(name, kind.KEYWORD_ONLY if required_late else static_kind, default=default)
        )
    return inspect.Signature([*inputs, *static])


def check_kinds(
    name: Any, kernel: Any, vjp: Any, domain: Any, family: Any, facts: Any, notation: Any
) -> None:
    """Raise where a field of a record is of the wrong kind."""

    def fail(problem: str) -> None:
        raise errors.DeclarationError(f"op {name!r}: {problem}")

    if not isinstance(name, str):
        fail("the name is a string")
    if not callable(kernel):
        fail(f"the kernel is a function of arrays, not {errors.describe(kernel)}")
    if not isinstance(vjp, Mapping):
        fail('vjp is a dict of gradient rules by input name: {"x": lambda g, x: …}')
    if any(key.startswith("*") for key in list(vjp)[:-1]):
        fail("only the last input may be starred")
    if family not in FAMILIES:
        fail(f"family {family!r} is none of {', '.join(FAMILIES)}")
    for word in facts:
        if word not in FACT_WORDS:
            fail(f"the fact {word!r} is none of {', '.join(FACT_WORDS)}")
    if not (notation is None or isinstance(notation, Notation)):
        fail(f"the notation is one of tg.notation, not {notation!r}")
    for key, value in domain.items():
        if not isinstance(value, Domain):
            fail(f"the domain of {key!r} is Real, Integer, Boolean or Simplex, not {value!r}")


def check_agreement(
    name: str, kernel: Callable[..., Any], vjp: Mapping[str, Rule], domain: Iterable[str]
) -> None:
    """Raise where the fields of a record contradict each other, at import rather than in use."""

    def fail(problem: str) -> None:
        raise errors.DeclarationError(f"op {name!r}: {problem}")

    inputs = [key.lstrip("*") for key in vjp]
    for key in domain:
        if key not in inputs:
            fail(f"domain given for {key!r}, inputs are {errors.listing(inputs)}")
    for key, rule in vjp.items():
        if not (callable(rule) or isinstance(rule, Word)):
            fail(
                f"the gradient rule for {key!r} is {rule!r}; write a function of g, NONDIFF (no"
                " derivative) or ZERO (derivative zero)"
            )
    core = inspect.unwrap(kernel)
    if isinstance(core, np.ufunc):
        if core.nin != len(vjp):
            fail(f"the kernel takes {core.nin} arrays, vjp lists {len(vjp)}")
    parameters = _parameters(kernel)
    if parameters is None:
        return
    kinds = inspect.Parameter
    positional = tuple(
        "*" + p.name if p.kind is kinds.VAR_POSITIONAL else p.name
        for p in parameters
        if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD, kinds.VAR_POSITIONAL)
    )
    if positional != tuple(vjp):
        fail(
            f"the kernel takes ({errors.listing(positional)}), vjp has rules for"
            f" ({errors.listing(list(vjp))}); every input needs one rule, in the same order"
        )
