"""An optimizer that can be made again and again, and the parameters and gradients it steps on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.modes import no_grad
from tensorgraph.engine.tensor import Tensor, asarray, tensor
from tensorgraph.optim.base import Optimizer

Gradients = Sequence[Array | None]
"""For each parameter; ``None`` where it has no gradient."""

NAMED = {"scalar": (), "vector": (3,), "matrix": (2, 3), "empty": (0,), "block": (4, 1, 2)}
"""The parameters that optimizers step on, by the names that messages call them."""

RATE = 0.1
"""The learning rate of an optimizer that has none by default."""


@dataclass(frozen=True)
class Subject:
    """An optimizer to be checked: what makes it, and with which settings."""

    rule: Callable[..., Any]
    settings: Mapping[str, Any]

    def make(self, params: Any, **options: Any) -> Any:
        """Return a new optimizer of these parameters."""
        return self.rule(params, **{**self.settings, **options})

    @property
    def is_rule(self) -> bool:
        """Whether it is derived from the package's ``Optimizer``, and promises what that does."""
        return isinstance(self.rule, type) and issubclass(self.rule, Optimizer)

    def takes(self, name: str) -> bool:
        """Return whether it has a setting of this name."""
        try:
            parameters = inspect.signature(self.rule).parameters
        except (TypeError, ValueError):
            return False
        return name in parameters

    def setting(self, name: str) -> Any:
        """Return the value of a setting, given or by default; ``None`` if there is none."""
        if name in self.settings:
            return self.settings[name]
        if not self.takes(name):
            return None
        found = inspect.signature(self.rule).parameters[name].default
        return None if found is inspect.Parameter.empty else found

    @property
    def without_decay(self) -> dict[str, Any]:
        """The options that leave gradients alone to move a parameter."""
        return {name: 0.0 for name in ("weight_decay", "l2") if self.takes(name)}

    def run(
        self, start: Sequence[Array], gradients: Sequence[Gradients], **options: Any
    ) -> list[Array]:
        """Return the parameters after steps with these gradients."""
        params = leaves(start)
        optimizer = self.make(params, **options)
        stepped(optimizer, params, gradients)
        return [np.array(p.data) for p in params]


def subject_of(rule: Any, settings: Mapping[str, Any]) -> Subject:
    """Return what is checked, given a class, a function that makes one, or a partial of these.

    Raises:
        DTypeError: something else.
    """
    if not callable(rule):
        raise errors.DTypeError(
            f"check_optimizer: it takes what makes optimizers, a class, not {_seen(rule)}; write"
            " check_optimizer(tg.optim.SGD, lr=0.1)"
        )
    given = dict(settings)
    while isinstance(rule, partial) and not rule.args:
        given = {**rule.keywords, **given}
        rule = rule.func
    bare = Subject(rule, given)
    if bare.takes("lr") and bare.setting("lr") is None:
        given["lr"] = RATE
    return Subject(rule, given)


def _seen(rule: Any) -> str:
    if isinstance(rule, Optimizer):
        return f"an optimizer that {type(rule).__name__} made"
    return errors.describe(rule)


def leaves(start: Sequence[Array]) -> list[Tensor]:
    """Return parameters with these values."""
    return [tensor(array, requires_grad=True) for array in start]


def values(seed: int = 0, dtype: Any = np.float64) -> list[Array]:
    """Return the first values of the parameters in ``NAMED``."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(s)).astype(dtype) for s in NAMED.values()]


def draws(steps: int, seed: int = 1, tiny: bool = False) -> list[list[Array]]:
    """Return gradients of the parameters in ``NAMED`` for some steps.

    Args:
        steps: how many.
        seed: of the draws.
        tiny: whether some elements are 0 or hardly more: where an ε stands shows in those.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(steps):
        step = [np.asarray(rng.standard_normal(s)) for s in NAMED.values()]
        if tiny:
            step[1] = step[1] * [0.0, 1e-8, 1.0]
        found.append(step)
    return found


def stepped(optimizer: Any, params: Sequence[Tensor], gradients: Sequence[Gradients]) -> None:
    """Take a step with each of the gradients."""
    for step in gradients:
        give(params, step)
        optimizer.step()


def give(params: Sequence[Tensor], gradients: Gradients) -> None:
    """Give parameters their gradients."""
    with no_grad():
        for param, g in zip(params, gradients, strict=True):
            param.grad = None if g is None else asarray(np.array(g, param.dtype))


def apart(
    found: Sequence[Array],
    expected: Sequence[Array],
    rtol: float = 0.0,
    names: Sequence[str] = tuple(NAMED),
) -> str:
    """Return in words where parameters differ most; nothing if they agree.

    Args:
        found: what the parameters became.
        expected: what they should be.
        rtol: what may be wrong, relative to the largest number of a parameter, at least 1.
        names: of the parameters.
    """
    worst, told = 0.0, ""
    for name, a, b in zip(names, found, expected, strict=True):
        if a.shape != b.shape:
            return f"parameter {name!r} has shape {a.shape}, not {b.shape}"
        off = np.nan_to_num(np.abs(np.asarray(a, float) - b), nan=np.inf)
        limit = rtol * max(1.0, float(np.max(np.abs(b), initial=0.0)))
        if (largest := float(np.max(off, initial=0.0))) > max(limit, worst):
            worst = largest
            index = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
            where = f" at {index}" if index else ""
            told = f"parameter {name!r}{where} is {a[index]:.12g}, not {b[index]:.12g}"
    return told
