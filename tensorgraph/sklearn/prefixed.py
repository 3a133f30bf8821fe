"""Parameters of what an estimator is made of: ``model__width``, ``optimizer__momentum``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import unknown_keyword

OWNERS = {
    "model": "the function or class that makes the model",
    "loss": "the loss",
    "optimizer": "the optimizer",
    "train": "tg.train.fit",
}
"""What takes the parameters, by the word before the two underscores."""


def is_prefixed(name: str) -> bool:
    """Return whether a parameter is one for something that the estimator is made of.

    Example:
        >>> [is_prefixed(name) for name in ("model__width", "lr", "data__width")]
        [True, False, False]
    """
    owner, _, rest = name.partition("__")
    return owner in OWNERS and bool(rest)


def settings_for(owner: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters for one owner, by their own names.

    Example:
        >>> settings_for("model", {"model__width": 8, "lr": 0.1})
        {'width': 8}
    """
    start = f"{owner}__"
    return {n.removeprefix(start): v for n, v in parameters.items() if n.startswith(start)}


def check_known(kind: type, unknown: dict[str, Any]) -> None:
    """Raise where a parameter is neither one of an estimator nor of what it is made of.

    Raises:
        ArgumentTypeError: one is for nobody, with what to write.
    """
    parameters = signature(kind).parameters.values()
    own = [p for p in parameters if p.kind is not Parameter.VAR_KEYWORD]
    places = [one.__name__ for one in kind.__mro__]
    if error := unknown_keyword(places, unknown, own):
        raise error


def check_taken(
    owner: str, function: Any, settings: Iterable[str], kind: str, given: Sequence[str] = ()
) -> None:
    """Raise where a function does not take a parameter that is for it.

    Args:
        owner: the function's word in front of the parameters.
        function: what takes them.
        settings: their names.
        kind: the estimator's name, for messages.
        given: parameters that the estimator sets itself.

    Raises:
        ArgumentError: with the parameters that it takes.
    """
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):  # of what is written in C
        return
    takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in parameters)
    several = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    known = [p.name for p in parameters if p.kind not in several and p.name not in given]
    for name in settings:
        if name in given or not (name in known or takes_any):
            own = f", and {name} is set by {kind} itself" * (name in given)
            raise ArgumentError(
                f"{kind}: {owner}__{name} is for {OWNERS[owner]}, which takes"
                f" {', '.join(known) or 'nothing'}{own}"
            )
