"""What ``fit`` and its kin are given, checked; and what to write where it is something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from numbers import Real
from types import ModuleType
from typing import Any, TypeGuard

from tensorgraph import errors, optim
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn import losses
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.clip import clip_by_global_norm

Loss = Callable[[Any, Any], Any]
Clip = float | Callable[[Any], Any]
"""The largest norm of all gradients together, or a function that clips those of parameters."""
Metrics = Mapping[str, Callable[[Any, Any], Any]]

OPTIMIZERS = [
    name
    for name, value in vars(optim).items()
    if isinstance(value, type) and issubclass(value, Optimizer) and value is not Optimizer
]
ELSEWHERE = {
    "mae": "l1",
    "mean_absolute_error": "l1",
    "mean_squared_error": "mse",
    "bce": "binary_cross_entropy_with_logits",
    "binary_crossentropy": "binary_cross_entropy_with_logits",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
}
"""What other libraries call a loss."""

ACCURACY = 'metrics={"accuracy": lambda z, y: tg.diagnose.accuracy(z.argmax(axis=1), y)}'
BINARY_ACCURACY = (
    'metrics={"accuracy": lambda z, y: tg.diagnose.accuracy(z > 0.5, y)}, or z > 0 of logits'
)
"""What to write where metrics are not given as functions of a model's output."""


def _closest(text: str, names: Iterable[str], otherwise: str) -> str:
    """Return the name that a text is likely to mean."""
    known = {name.lower(): name for name in names}
    found = get_close_matches(text.lower(), known, 1, 0.5)
    return known[found[0]] if found else otherwise


def check_model(model: Any, owner: str) -> None:
    """Raise unless it is a module.

    Raises:
        DTypeError: it is something else.
    """
    if not isinstance(model, Module):
        raise errors.DTypeError(
            f"{owner}: the model is an nn.Module, not {errors.describe(model)}; {_of_module(model)}"
        )


def _of_module(model: Any) -> str:
    if isinstance(model, type):
        return f"write model = {model.__name__}(…) first, one of it"
    return "write a class with forward(self, x), or nn.Sequential(…)"


def check_loss(loss: Any, owner: str) -> None:
    """Raise unless it is a function.

    Raises:
        DTypeError: it is something else, such as the name of one.
    """
    if _is_function(loss):
        return
    if isinstance(loss, type):
        raise errors.DTypeError(
            f"{owner}: the loss is {errors.describe(loss)}, not a function of the model's output"
            f" and the target; write {loss.__name__}() if that is one, or one of tg.nn.losses:"
            f" {', '.join(losses.__all__)}"
        )
    name = "cross_entropy"
    if isinstance(loss, str):
        name = ELSEWHERE.get(loss.lower()) or _closest(loss, losses.__all__, name)
    raise errors.DTypeError(
        f"{owner}: the loss is a function of the model's output and the target, not"
        f" {errors.describe(loss)}; write tg.nn.losses.{name}, without quotes; there are"
        f" {', '.join(losses.__all__)}"
    )


def trained_parameters(model: Module, optimizer: Any, owner: str = "fit") -> list[Tensor]:
    """Return the model's parameters.

    Raises:
        ArgumentError: there are none, or the optimizer lacks some.
        DTypeError: the optimizer is none.
    """
    if not isinstance(optimizer, Optimizer):
        name = getattr(optimizer, "__name__", optimizer)
        name = _closest(name, OPTIMIZERS, "Adam") if isinstance(name, str) else "Adam"
        raise errors.DTypeError(
            f"{owner}: the optimizer is {errors.describe(optimizer)}; write"
            f" tg.optim.{name}(model.named_parameters(), lr=0.001)"
        )
    named = model.named_parameters()
    if not named:
        raise errors.ArgumentError(
            f"{owner}: {type(model).__name__} has no parameters to train; they are the tensors with"
            " requires_grad=True in its attributes (nn.unfreeze(model) gives back what is frozen)"
        )
    trained = {id(param) for param in optimizer.params}
    lacking = [path for path, param in named if id(param) not in trained]
    if lacking:
        raise errors.ArgumentError(
            f"{owner}: the optimizer lacks {errors.listing(lacking)} of the model; make it when the"
            f" model is complete, {type(optimizer).__name__}(model.named_parameters(), …), or write"
            " requires_grad = False for what is not to be trained"
        )
    return [param for _, param in named]


def checked_metrics(metrics: Any, owner: str) -> Metrics:
    """Return metrics by name, none for ``None``.

    Raises:
        ArgumentError: one that is no function, or has a name that it cannot have.
        DTypeError: they are no dict.
    """
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping):
        raise errors.DTypeError(
            f"{owner}: metrics are a dict of functions by name, not {errors.describe(metrics)};"
            f" write {ACCURACY}"
        )
    for name, metric in metrics.items():
        function = _is_function(metric)
        if not isinstance(name, str) or name == "loss" or not function:
            raise errors.ArgumentError(
                f"{owner}: the metric {name!r} is {errors.describe(metric)}; a metric has a name"
                " that is not 'loss', and is a function of predictions and targets; write"
                f" {ACCURACY}"
            )
    return metrics


def clipping(clip: Clip | None) -> Callable[[Any], Any] | None:
    """Return the function that clips the gradients of parameters, if any does.

    Raises:
        ArgumentError: neither a function nor a positive number.
    """
    if clip is None or _is_function(clip):
        return clip
    if isinstance(clip, bool) or not (isinstance(clip, Real) and float(clip) > 0):
        raise errors.ArgumentError(
            f"fit: clip is the largest norm of the gradients, a positive number, or a function of"
            f" the parameters, not {clip!r}"
        )
    largest = float(clip)
    return lambda params: clip_by_global_norm(params, largest)


def functions(name: str, given: Iterable[Callable[[Any], Any]]) -> tuple[Callable[[Any], Any], ...]:
    """Return callbacks as a tuple.

    Raises:
        DTypeError: they are not a list of functions.
    """
    if callable(given) or not isinstance(given, Iterable):
        raise errors.DTypeError(f"fit: {name} is a list of functions; write {name}=[f]")
    found = tuple(given)
    for callback in found:
        if not _is_function(callback):
            write = f"; write {callback.__name__}()" if isinstance(callback, type) else ""
            raise errors.DTypeError(
                f"fit: {name} are functions of the run, not {errors.describe(callback)}{write}"
            )
    return found


def _is_function(value: Any) -> TypeGuard[Callable[..., Any]]:
    """Return whether a value can be called as it is: no class, and no module."""
    return callable(value) and not isinstance(value, (type, ModuleType))
