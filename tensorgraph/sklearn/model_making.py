"""The model of an estimator: a copy of the one given, or what a function makes for the data."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from inspect import Parameter, signature
from typing import Any

from tensorgraph.errors import ArgumentError, DTypeError, describe
from tensorgraph.nn.module import Module
from tensorgraph.sklearn.prefixed import check_taken

FUNCTION = (
    "def network(n_features_in_, n_outputs_, width=16): return"
    " nn.Sequential(nn.Linear(n_features_in_, width), nn.ReLU(), nn.Linear(width, n_outputs_))"
)
"""A function that fits any data."""


def made(model: Any, sizes: Mapping[str, int], settings: Mapping[str, Any], kind: str) -> Module:
    """Return a model to be trained, which nobody else has.

    Args:
        model: a module, of which a copy is returned; or a class of modules, or a function that
            returns one.
        sizes: what is known of the data, by the names of parameters; those that a function takes
            are given to it.
        settings: further parameters of the function.
        kind: the estimator's name, for messages.

    Raises:
        ArgumentError: the function takes other parameters, or a module is given some.
        DTypeError: it is nothing of this, or the function returns no module.
    """
    if isinstance(model, Module):
        if settings:
            raise ArgumentError(
                f"{kind}: model__{next(iter(settings))} is for a function that makes the model, and"
                f" the model is a {type(model).__name__} already; write {FUNCTION}"
            )
        return deepcopy(model)
    if not callable(model):
        raise DTypeError(
            f"{kind}: the model is an nn.Module, or a function that makes one, not"
            f" {describe(model)}; write {FUNCTION}"
        )
    check_taken("model", model, settings, kind)
    given = {**_taken(model, sizes), **settings}
    _check_complete(model, given, sizes, kind)
    module = model(**given)
    if not isinstance(module, Module):
        name = getattr(model, "__name__", type(model).__name__)
        raise DTypeError(
            f"{kind}: {name} returns {describe(module)}, not an nn.Module; write {FUNCTION}"
        )
    return module


def _taken(function: Any, sizes: Mapping[str, int]) -> dict[str, int]:
    """Return the sizes that a function has parameters for."""
    parameters = signature(function).parameters
    return {name: size for name, size in sizes.items() if name in parameters}


def _check_complete(
    function: Any, given: Mapping[str, Any], sizes: Mapping[str, int], kind: str
) -> None:
    """Raise where a function lacks an argument that it cannot do without."""
    several = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    for name, parameter in signature(function).parameters.items():
        if parameter.default is parameter.empty and parameter.kind not in several:
            if name not in given:
                raise ArgumentError(
                    f"{kind}: {getattr(function, '__name__', function)} needs {name}; write"
                    f" {kind}(…, model__{name}=…), or call it one of {', '.join(sizes)}, which are"
                    " known from the data"
                )
