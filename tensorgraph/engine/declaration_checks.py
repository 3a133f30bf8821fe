"""What a declaration of an operation has to be: its kernel is read, its fields are checked."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import indent
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.domain import Domain
from tensorgraph.engine.notation import Notation
from tensorgraph.engine.rule import LINEAR, MULTILINEAR, Rule, Word

FAMILIES = ("elementwise", "reduce", "shape", "contract", "linalg", "index", "random", "fused")


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

NAMING_AXES = ("one_hot", "zero_sum", "sums_to_one")
"""The facts whose value is the static parameter that names axes."""

OPERATORS = {
    "|": 1, "^": 2, "&": 3, "+": 4, "-": 4, "*": 5, "/": 5, "@": 5, "//": 5, "%": 5, "**": 7,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 0),
}  # fmt: skip
"""Python's operators that a record's code may be, each with how tightly it holds together."""


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


def function_body(code: str) -> str:
    """Return a record's code, an expression or the lines of a function, as such lines."""
    lines = inspect.cleandoc(code)
    return lines if re.search(r"^ *return ", lines, re.MULTILINE) else f"return {lines}"


def check_kinds(name: Any, kernel: Any, vjp: Any, fields: Mapping[str, Any]) -> None:
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
    for key in ("domain", "facts", "jvp"):
        if not isinstance(fields[key] or {}, Mapping):
            fail(f"{key} is a dict, not {fields[key]!r}")
    for key in ("symbol", "code", "letter", "doc"):
        if not isinstance(fields[key] or "", str):
            fail(f"{key} is a string, not {fields[key]!r}")
    for key in ("body", "lowering", "shape", "dtype", "prepare", "add_into", "batch"):
        if not (fields[key] is None or callable(fields[key])):
            fail(f"{key} is a function, not {fields[key]!r}")
    family, notation = fields["family"], fields["notation"]
    if family not in FAMILIES:
        fail(f"family {family!r} is none of {', '.join(FAMILIES)}")
    if not (notation is None or isinstance(notation, Notation)):
        fail(f"the notation is one of tg.notation, not {notation!r}")
    combine = fields["combine"]
    if not (combine is None or (isinstance(combine, np.ufunc) and combine.nin == 2)):
        fail(f"combine is a ufunc of two operands such as np.maximum, not {combine!r}")
    if combine is not None and family != "reduce":
        fail(f"combine says how a reduction combines two elements; the family is {family!r}")
    if fields["lowering"] is not None and family == "elementwise":
        fail("an elementwise operation has no lowering: its kernel is read, element by element")
    for key, value in (fields["domain"] or {}).items():
        if not isinstance(value, Domain):
            fail(f"the domain of {key!r} is Real, Integer, Boolean or Simplex, not {value!r}")


def check_agreement(
    name: str,
    kernel: Callable[..., Any],
    vjp: Mapping[str, Rule],
    domain: Iterable[str],
    jvp: Mapping[str, Rule],
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
    for key, rule in jvp.items():
        if key not in vjp:
            fail(f"jvp has a rule for {key!r}, inputs are {errors.listing(list(vjp))}")
        if not callable(rule) and rule not in (LINEAR, MULTILINEAR):
            fail(
                f"the forward rule for {key!r} is {rule!r}; write a function of g, LINEAR"
                " or MULTILINEAR"
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


ANY_NUMBER = ("function", "item", "body", "enclosed")
"""The kinds of notation for however many operands there are."""


def check_statements(
    name: str,
    vjp: Mapping[str, Rule],
    static: Iterable[str],
    body: Any,
    notation: Notation,
    code: str | None,
    facts: Mapping[str, Any],
) -> None:
    """Raise where what formulas and code are made of does not fit the operation."""

    def fail(problem: str) -> None:
        raise errors.DeclarationError(f"op {name!r}: {problem}")

    inputs, static = [key.lstrip("*") for key in vjp], list(static)
    kind, starred = notation.kind, any(key.startswith("*") for key in vjp)
    if not notation.fits(len(inputs)) or (starred and kind not in ANY_NUMBER):
        fail(
            f"the notation {kind!r} is not for operands ({errors.listing(list(vjp))}); leave it"
            " out, or write tg.notation.function()"
        )
    if kind == "body" and body is None:
        fail("the notation BODY needs a body: body=lambda x: …")
    needed = {"reduction": ("axis",), "item": ("key",)}.get(kind, notation.arguments or ())
    for key in needed:
        if key not in static:
            fail(
                f"the notation {kind!r} shows the static parameter {key!r}; the kernel's are"
                f" ({errors.listing(static)})"
            )
    if code in OPERATORS and len(inputs) != 2 and (code, len(inputs)) != ("-", 1):
        fail(f"the code {code!r} is an operator between two operands, not {len(inputs)}")
    for word, value in facts.items():
        if word not in FACT_WORDS:
            fail(f"the fact {word!r} is none of {', '.join(FACT_WORDS)}")
        if not _states(word, value, inputs, static):
            fail(f"the fact {word!r} cannot be {value!r}; it says: {FACT_WORDS[word]}")


def _states(word: str, value: Any, inputs: Sequence[str], static: Sequence[str]) -> bool:
    """Return whether a fact can have that value."""
    if word in NAMING_AXES:
        return value in static
    if word == "sign_of":
        return (
            isinstance(value, (tuple, list)) and bool(value) and all(key in inputs for key in value)
        )
    if word == "between":
        numbers = isinstance(value, tuple) and all(isinstance(x, (int, float)) for x in value)
        return numbers and len(value) == 2 and value[0] < value[1]
    return value is True


def check_code(name: str, code: Any) -> None:
    """Raise unless Python can read a record's code.

    Asked of users' operations: to parse that of the engine's takes a tenth of the import time, and
    its tests run each.
    """
    if not code or code in OPERATORS or re.fullmatch(r"\.[A-Za-z_]\w*", code):
        return
    try:
        ast.parse(f"def f():\n{indent(function_body(code), '    ')}\n")
    except SyntaxError:
        raise errors.DeclarationError(
            f"op {name!r}: the code {code!r} is no Python; write a function's name, an operator, a"
            " method with its dot, an expression, or the lines of a function"
        ) from None
