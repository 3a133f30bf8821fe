"""Calls to test an operation with: what it is fed, drawn from its domain where that says enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import Parameter, Signature, signature
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.domain import Boolean, Domain, Integer, Real, Simplex
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import DTypeError

APART = 1e-3
"""How far drawn numbers stay from the points that a domain avoids."""


@dataclass(frozen=True)
class Case:
    """One call: a function of tensors, and the arrays to call it with.

    The arrays are made read-only, so whatever writes to an operand fails.
    """

    name: str
    function: Callable[..., Any]
    """Static parameters are bound already."""
    inputs: tuple[Any, ...]
    promotes: bool = True
    """Whether the result has the dtype that all floating-point inputs promote to."""

    def __post_init__(self) -> None:
        for value in self.inputs:
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(str(np.shape(value)) for value in self.inputs)})"

    @property
    def floating(self) -> list[int]:
        """Positions of the inputs that a gradient may be wanted by."""
        kinds = [np.asarray(value).dtype.kind for value in self.inputs]
        return [i for i, kind in enumerate(kinds) if kind == "f"]

    def with_inputs(self, changed: dict[int, Any]) -> Case:
        """Return this call with other inputs at some positions."""
        inputs = [changed.get(i, value) for i, value in enumerate(self.inputs)]
        return Case(self.name, self.function, tuple(inputs), self.promotes)

    def fixing(self, free: int) -> Callable[[Any], Any]:
        """Return the function of one input alone, the others constant."""
        before, after = self.inputs[:free], self.inputs[free + 1 :]
        parameters = list(signature(self.function).parameters)
        name = parameters[free] if free < len(parameters) else "x"
        return with_names(lambda x: self.function(*before, x, *after), [name])

    def run(self, variables: Sequence[int] | None = None) -> tuple[list[Tensor], list[Tensor]]:
        """Return the leaves that stand for some inputs (all floating ones), and the results."""
        wanted = self.floating if variables is None else variables
        arguments = [
            wrap(value, None, True) if i in wanted else value for i, value in enumerate(self.inputs)
        ]
        results = flatten(self.function(*arguments))[0]
        return [arguments[i] for i in wanted], results

    @cached_property
    def is_differentiable(self) -> bool:
        """Whether any result depends differentiably on any input."""
        return any(type(r) is Tensor and r.requires_grad for r in self.run()[1])


def draw(
    domain: Domain, shape: tuple[int, ...], rng: np.random.Generator, dtype: Any = np.float64
) -> Array:
    """Return random numbers in a domain, away from the points that it avoids.

    Example:
        >>> x = draw(Real(-1.0, 1.0, avoid=(0.0,)), (2, 3), np.random.default_rng(0))
        >>> x.shape, bool((abs(x) > 1e-3).all())
        ((2, 3), True)
    """
    if isinstance(domain, Integer):
        return np.asarray(rng.integers(domain.low, domain.high, shape))
    if isinstance(domain, Boolean):
        return np.asarray(rng.integers(0, 2, shape)).astype(bool)
    if isinstance(domain, Simplex):
        weights = rng.uniform(0.1, 1.0, shape)
        total = weights.sum(axis=-1, keepdims=True) if shape else weights
        return np.asarray(weights / total, dtype)
    values = np.asarray(rng.uniform(domain.low, domain.high, shape))
    while (close := near(values, domain)).any():
        fresh = rng.uniform(domain.low, domain.high, shape)
        values = np.where(close, fresh, values)
    return np.asarray(values, dtype)


def near(values: Array, domain: Real) -> Array:
    """Return where numbers are too close to a point that the domain avoids."""
    if not domain.avoid:
        return np.zeros(np.shape(values), dtype=bool)
    distance = np.abs(np.subtract.outer(values, domain.avoid))
    return np.asarray(distance.min(axis=-1) <= APART)


SHAPES: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((), (), ()),
    ((1,), (1,), (1,)),
    ((0,), (0,), (0,)),
    ((2, 3), (2, 3), (2, 3)),
    ((2, 0, 3), (0, 1), (1, 3)),
)
BROADCAST: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((3, 1), (1, 4), ()),
    ((), (2, 3), (3,)),
    ((2, 1, 3), (4, 1), (2, 4, 1)),
    ((1,), (3,), (2, 1)),
)
"""Shapes of up to three operands that broadcast together."""


def elementwise_cases(
    op: Op, static: dict[str, Any] | None = None, rng: np.random.Generator | None = None
) -> list[Case]:
    """Return calls of an elementwise operation over all kinds of shapes, within its domain."""
    rng = rng or np.random.default_rng(0)
    combinations = SHAPES + (BROADCAST if op.arity > 1 else ())
    return [
        Case(
            op.name,
            bound(op, static or {}),
            tuple(
                draw(op.domain.get(name, Real()), shape, rng)
                for name, shape in zip(op.inputs, shapes, strict=False)
            ),
            promotes="dtype" not in op.defaults,
        )
        for shapes in combinations
    ]


def record_of(op: Any) -> Op:
    """Return the record of an operation, given that or the function made of it."""
    record = op if isinstance(op, Op) else getattr(op, "op", None)
    if not isinstance(record, Op):
        raise DTypeError(f"needs an operation made by tg.op, not {type(op).__name__}")
    return record


def bound(function: Callable[..., Any], static: dict[str, Any]) -> Callable[..., Any]:
    """Return a function of the inputs alone."""
    call = lambda *inputs: function(*inputs, **static)  # noqa: E731
    return with_names(call, function.inputs) if isinstance(function, Op) else call


def with_names(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """Return a function whose arguments messages call by these names."""
    function.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(name, Parameter.POSITIONAL_ONLY) for name in names if name.isidentifier()]
    )
    return function
