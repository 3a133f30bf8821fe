"""The gradient rule of an operation that was declared without one: its kernel, differentiated.

The derivative is an operation too: so it has a place in graphs, formulas and compiled programs, and
again a numeric derivative, to the second order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine import notation
from tensorgraph.engine.op import HANDLERS, Op
from tensorgraph.engine.rule import WholeRule
from tensorgraph.numeric.kernel_gradient import KernelGradient

_HIGHEST = 2
"""The highest order of derivatives that is computed."""


class NumericRule(WholeRule):
    """Differentiates a kernel by its values.

    Args:
        name: the operation's.
        kernel: computes the result of arrays.
        inputs: what the kernel calls its arrays; the last may be starred.
        static: its static parameters, with their defaults.
        elementwise: whether elements of the result depend on their own element alone.
        by: the inputs by which the kernel is a derivative already.
    """

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        inputs: Sequence[str],
        static: Mapping[str, Any],
        elementwise: bool,
        by: tuple[str, ...] = (),
    ) -> None:
        self.name, self.inputs, self.static = name, tuple(inputs), dict(static)
        self.kernel, self.elementwise, self.by = kernel, elementwise, by
        self._gradient = KernelGradient(_name(name, by), kernel)
        self._records: dict[int, Op] = {}

    def __call__(
        self, g: Any, operands: Sequence[Any], out: Any, static: dict[str, Any], i: int
    ) -> Any:
        """Return the gradient of operand ``i``: of arrays at once, else by an operation."""
        if len(self.by) == _HIGHEST:
            raise errors.GraphError(
                f"{self.name}: its gradient is numeric, and so is its second derivative; further"
                " ones have too few digits. Give the operation a rule: tg.op(…, vjp={…})"
            )
        if not any(type(x) in HANDLERS for x in (g, *operands)):
            if self.elementwise:
                return g * self._gradient.by_element(operands, i, static, out)
            return self._gradient.pulled(g, operands, i, static, out)
        arrays = [getattr(x, "_data", x) for x in (*operands, out)]
        if not any(type(x) in HANDLERS for x in arrays):  # none is a formula
            self._gradient.hold(arrays[:-1], static, arrays[-1])
        if self.elementwise:
            return g * self.derivative(i).call(*operands, **static)
        return self.derivative(i).call(g, *operands, **static)

    def derivative(self, i: int) -> Op:
        """Return the operation that computes the derivative by the ``i``-th operand."""
        if i not in self._records:
            self._records[i] = self._record(i)
        return self._records[i]

    def _record(self, i: int) -> Op:
        of_input, cotangent = self._input(i), () if self.elementwise else (self._cotangent(),)
        by = (*self.by, of_input)
        gradient, elementwise = self._gradient, self.elementwise

        def derivative(*operands: Any, **static: Any) -> Any:
            if elementwise:
                return gradient.by_element(operands, i, static)
            return gradient.pulled(operands[0], operands[1:], i, static)

        inputs = (*cotangent, *self.inputs)
        derivative.__signature__ = _signature(inputs, self.static)  # type: ignore[attr-defined]
        rule = NumericRule(self.name, derivative, inputs, self.static, elementwise, by)
        return Op(
            _name(self.name, by),
            derivative,
            dict.fromkeys(inputs, rule),
            family="elementwise" if elementwise else "fused",
            notation=notation.function(latex=_latex(self.name, by)),
            doc=f"Return the numeric derivative of ``{self.name}`` by ``{of_input}``.",
            shape=_broadcast_shape if elementwise else lambda *x, **_: x[i + 1].shape,
            dtype=lambda *x, **_: x[i + len(cotangent)].dtype,
        )

    def _input(self, i: int) -> str:
        """Return what the ``i``-th operand is called."""
        name, last = self.inputs[min(i, len(self.inputs) - 1)], len(self.inputs) - 1
        return f"{name[1:]}[{i - last}]" if name.startswith("*") else name

    def _cotangent(self) -> str:
        """Return a name for the gradient that arrives, which no input and parameter has."""
        name = "g"
        while name in self.static or name in (key.lstrip("*") for key in self.inputs):
            name += "_"
        return name


def _name(name: str, by: Sequence[str]) -> str:
    """Return what a derivative is called: ∂²f/∂x∂y."""
    if not by:
        return name
    return f"∂{'²' * (len(by) == 2)}{name}/{''.join('∂' + x for x in by)}"


def _latex(name: str, by: Sequence[str]) -> str:
    above = rf"\partial{'^{2}' * (len(by) == 2)} \mathrm{{{name}}}"
    below = " ".join(rf"\partial \mathrm{{{x}}}" for x in by)
    return rf"\frac{{{above}}}{{{below}}}".replace("_", r"\_")


def _broadcast_shape(*operands: Any, **_: Any) -> tuple[int, ...]:
    return np.broadcast_shapes(*(x.shape for x in operands))


def is_numeric(op: Op) -> bool:
    """Return whether an operation, or what it is the derivative of, has no gradient rule."""
    return any(isinstance(rule, NumericRule) for rule in op.vjp.values())


def derivative_of(op: Op) -> str | None:
    """Return the operation whose numeric derivative this one is, by name."""
    for rule in op.vjp.values():
        if isinstance(rule, NumericRule) and rule.by:
            return rule.name
    return None


def _signature(inputs: Sequence[str], static: Mapping[str, Any]) -> inspect.Signature:
    kind = inspect.Parameter
    arrays = [
        kind(key.lstrip("*"), kind.VAR_POSITIONAL if key.startswith("*") else kind.POSITIONAL_ONLY)
        for key in inputs
    ]
    after = [kind(key, kind.KEYWORD_ONLY, default=value) for key, value in static.items()]
    return inspect.Signature([*arrays, *after])
