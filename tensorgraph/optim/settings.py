"""The settings of optimizers: what each may be, and the one form in which rules get it."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor

Rate = float | Tensor | Callable[[int], float]
"""A learning rate: a number, a tensor to differentiate by, or a function of the steps taken."""


def checked(owner: str, name: str, value: Any) -> Any:
    """Return a setting in the form in which a rule gets it.

    Numbers become Python's: NumPy's would turn float32 parameters into float64. A tensor stays.

    Args:
        owner: the class of the optimizer, for messages.
        name: the name of the setting; those not listed in ``CHECKS`` are taken as they are.
        value: what was given.

    Raises:
        ArgumentError: a value that makes no sense.
    """
    return CHECKS[name](owner, name, value) if name in CHECKS else value


def rate_at(owner: str, rate: Rate, step: int) -> Any:
    """Return the learning rate after a number of steps.

    Raises:
        ArgumentError: the function that gives it returned something that makes no sense.
    """
    if not callable(rate):
        return rate
    return _rate(owner, rate(step), f"lr({step}) returned")


def number(value: Any) -> Any:
    """Return the value of a setting, where it is a tensor: a rule that is not recorded takes that.

    Example:
        >>> import tensorgraph as tg
        >>> number(tg.tensor(0.5)), number((0.9, tg.tensor(0.25)))
        (0.5, (0.9, 0.25))
    """
    if type(value) is tuple:
        return tuple(map(number, value))
    return value.item() if type(value) is Tensor else value


def _learning_rate(owner: str, name: str, value: Any) -> Any:
    return value if callable(value) else _rate(owner, value, "lr is")


def _rate(owner: str, value: Any, source: str) -> Any:
    if not 0 <= _real(value) < math.inf:
        raise errors.ArgumentError(
            f"{owner}: {source} {value!r}; it must be a number that is finite and not negative, or"
            " a function of the step that returns one"
        )
    return _plain(value)


def _kept_share(owner: str, name: str, value: Any) -> Any:
    if not 0 <= _real(value) < 1:
        raise errors.ArgumentError(f"{owner}: {name} must be a number in [0, 1), not {value!r}")
    return _plain(value)


def _kept_shares(owner: str, name: str, value: Any) -> Any:
    pair = isinstance(value, (tuple, list)) and len(value) == 2
    if not (pair and all(0 <= _real(beta) < 1 for beta in value)):
        raise errors.ArgumentError(
            f"{owner}: {name} are two numbers in [0, 1) such as (0.9, 0.999), not {value!r}"
        )
    return tuple(_plain(beta) for beta in value)


def _not_negative(owner: str, name: str, value: Any) -> Any:
    if not 0 <= _real(value) < math.inf:
        raise errors.ArgumentError(
            f"{owner}: {name} must be a number, finite and not negative, not {value!r}"
        )
    return _plain(value)


def _yes_or_no(owner: str, name: str, value: Any) -> Any:
    if not isinstance(value, (bool, np.bool_)):
        raise errors.ArgumentError(f"{owner}: {name} must be True or False, not {value!r}")
    return bool(value)


def _real(value: Any) -> float:
    """Return a number as one to compare; NaN, which no limit admits, for what is none."""
    if type(value) is Tensor and value.shape == ():
        return float(value.data.real)  # complex where derivatives are checked by a complex step
    return float(value) if isinstance(value, Real) else math.nan


def _plain(value: Any) -> Any:
    return value if type(value) is Tensor else float(value)


CHECKS: dict[str, Callable[[str, str, Any], Any]] = {
    "lr": _learning_rate,
    "beta": _kept_share,
    "betas": _kept_shares,
    "eps": _not_negative,
    "weight_decay": _not_negative,
    "bias_correction": _yes_or_no,
}
"""Raises for a value that makes no sense, by the name of the setting."""
