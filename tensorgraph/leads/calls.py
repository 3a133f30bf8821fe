"""Keywords that a call does not take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

from tensorgraph.errors import ArgumentTypeError, listing
from tensorgraph.leads.attributes import like
from tensorgraph.leads.table import ANYWHERE, keyword_leads

F = TypeVar("F", bound=Callable[..., Any])


def with_leads(function: F) -> F:
    """Return a function whose error for an unknown keyword says what to write instead.

    So do its errors for numbers or arrays one by one that are one argument here, and for more
    arguments than it takes.

    Example:
        >>> @with_leads
        ... def total(x, axis=None): ...
        >>> total([1, 2], dim=0)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentTypeError: total has no keyword 'dim'; write axis=0 for dim=0
    """
    qualified = function.__qualname__.rpartition("<locals>.")[2]
    name = qualified.removesuffix(".__init__")
    is_constructor = name != qualified

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # in notebooks and by pytest
        try:
            return function(*args, **kwargs)
        except TypeError:
            kinds = type(args[0]).__mro__ if is_constructor and args else ()
            places = [kind.__name__ for kind in kinds] or [name]
            known = signature(function).parameters.values()
            better = (
                unknown_keyword(places, kwargs, known)
                or numbers_apart(name, args)
                or arrays_apart(name, args)
                or too_many(places, args, known)
                or too_few(places, args, kwargs, known)
            )
            if better is None:  # the error is one of what the function does
                raise
            raise better from None

    return call  # type: ignore[return-value]


def unknown_keyword(
    places: Sequence[str], given: dict[str, Any], parameters: Iterable[Parameter]
) -> ArgumentTypeError | None:
    """Return the error for the first keyword that a call does not take, if there is one.

    Args:
        places: what is called, and what it is a kind of, as the table names them.
        given: the keywords of the call.
        parameters: what it takes.
    """
    parameters = list(parameters)
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
        return None
    known = [p.name for p in parameters if p.kind is not Parameter.VAR_POSITIONAL]
    known = [name for name in known if name != "self"]
    unknown = next((name for name in given if name not in known), None)
    if unknown is None:
        return None
    lead = keyword_lead(places, unknown, given[unknown], known)
    told = lead or f"it takes {listing(known, limit=20) or 'none'}"
    return ArgumentTypeError(f"{places[0]} has no keyword {unknown!r}; {told}")


_TOGETHER: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "zeros": lambda numbers: f"tg.zeros({numbers})",
    "ones": lambda numbers: f"tg.ones({numbers})",
    "full": lambda numbers: f"tg.full({numbers[:-1]}, {numbers[-1]})",
    "tensor": lambda numbers: f"tg.tensor({list(numbers)})",
    "asarray": lambda numbers: f"tg.asarray({list(numbers)})",
}
"""How numbers are written that PyTorch takes one by one, by the function."""


def numbers_apart(name: str, args: tuple[Any, ...]) -> ArgumentTypeError | None:
    """Return the error for numbers given one by one that are one argument here.

    Example:
        >>> print(numbers_apart("zeros", (2, 3)))
        zeros(2, 3): these numbers are one argument; write tg.zeros((2, 3))
    """
    numbers = len(args) > 1 and all(type(value) in (int, float) for value in args)
    if name not in _TOGETHER or not numbers:
        return None
    seen = f"{name}({', '.join(map(repr, args))})"
    return ArgumentTypeError(
        f"{seen}: these numbers are one argument; write {_TOGETHER[name](args)}"
    )


def arrays_apart(name: str, args: tuple[Any, ...]) -> ArgumentTypeError | None:
    """Return the error for arrays given one by one to a function that takes a list of them."""
    if name not in ("concat", "stack") or not any(hasattr(arg, "shape") for arg in args[1:]):
        return None
    return ArgumentTypeError(
        f"{name}: the arrays are one argument, a list; write tg.{name}([x, y]) for tg.{name}(x, y)"
    )


def too_many(
    places: Sequence[str], args: tuple[Any, ...], parameters: Iterable[Parameter]
) -> ArgumentTypeError | None:
    """Return the error for more arguments without a name than a call takes.

    What to write is known where all rows of this call say the same.

    Args:
        places: what is called, and what it is a kind of, as the table names them.
        args: all that it is given without a name, a method's ``self`` first.
        parameters: what it takes, likewise.
    """
    parameters = [p for p in parameters if p.kind is not Parameter.VAR_KEYWORD]
    taken = [p.name for p in parameters if p.kind is not Parameter.KEYWORD_ONLY]
    starred = any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
    if starred or len(args) <= len(taken):
        return None
    given = len(args)
    if taken[:1] == ["self"]:
        taken, given = taken[1:], given - 1
    named = [p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY]
    nothing = f"; by name: {listing(named)}" if named else "" if taken else "; leave them out"
    told = _only_line(places) or nothing
    return ArgumentTypeError(
        f"{places[0]} takes {listing(taken) or 'no arguments'}, and was given {given}{told}"
    )


def too_few(
    places: Sequence[str],
    args: tuple[Any, ...],
    given: dict[str, Any],
    parameters: Iterable[Parameter],
) -> ArgumentTypeError | None:
    """Return the error for a call that lacks an argument, or that gives one twice.

    What to write is known where all rows of this call say the same: of NumPy's ``diff(x)``.
    """
    parameters = list(parameters)
    names = [p.name for p in parameters if p.name != "self"]
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in parameters if p.kind in positional]
    missing = [p.name for p in needed[len(args) :] if p.default is p.empty and p.name not in given]
    twice = [p.name for p in needed[: len(args)] if p.name in given]
    told = _only_line(places) or f"; it takes {listing(names, limit=20)}"
    if twice:
        return ArgumentTypeError(f"{places[0]} is given {twice[0]} by place and by name{told}")
    return ArgumentTypeError(f"{places[0]} lacks {listing(missing)}{told}") if missing else None


def _only_line(places: Sequence[str]) -> str:
    """Return what all rows of a call say to write, after a semicolon, if it is the same."""
    lines = {lead.told for lead in keyword_leads() if lead.place in places and not lead.keyword}
    return f"; {lines.pop()}" if len(lines) == 1 else ""


def keyword_lead(places: Sequence[str], name: str, value: Any, known: Sequence[str]) -> str | None:
    """Return what to write instead of a keyword, if that is known.

    Example:
        >>> keyword_lead(["sum"], "keepdim", True, ["axis", "keepdims"])
        'write keepdims=True for keepdim=True'
    """
    for place in (*places, ANYWHERE):
        for lead in keyword_leads():
            if (lead.place, lead.name) != (place, name):
                continue
            if lead.keyword in known:
                given = _written(value)
                note = f" ({lead.note})" if lead.note else ""
                return f"write {lead.keyword}={given} for {name}={given}{note}"
            if not lead.keyword:
                return lead.told
    return like(name, known)


def keyword_here(places: Sequence[str], name: str, known: Iterable[str]) -> str | None:
    """Return the keyword here that takes the same value as one elsewhere, if that is known.

    Example:
        >>> keyword_here(["LayerNorm"], "epsilon", ["shape", "eps"])
        'eps'
    """
    known = list(known)
    rows = (lead for lead in keyword_leads() if lead.name == name and lead.keyword in known)
    return next((lead.keyword for lead in rows if lead.place in (*places, ANYWHERE)), None)


def _written(value: Any) -> str:
    """Return a value as it is written in a call, if it is short."""
    plain = value is None or isinstance(value, (bool, int, float, str, tuple, list))
    text = repr(value) if plain else ""
    return text if text and len(text) <= 40 else "…"
