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
        order: of the derivative that is computed.
    """

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        inputs: Sequence[str],
        static: Mapping[str, Any],
        elementwise: bool,
        order: int = 1,
    ) -> None:
        self.name, self.inputs, self.static = name, tuple(inputs), dict(static)
        self.elementwise, self.order = elementwise, order
        self._gradient = KernelGradient(name, kernel)
        self._records: dict[int, Op] = {}

    def __call__(
        self, g: Any, operands: Sequence[Any], out: Any, static: dict[str, Any], i: int
    ) -> Any:
        """Return the gradient of operand ``i``: of arrays at once, else by an operation."""
        if self.order > _HIGHEST:
            raise errors.GraphError(
                f"{self.name}: its gradient is numeric, and so is its second derivative; further"
                " ones have too few digits. Give the operation a rule: tg.op(…, vjp={…})"
            )
        if not any(type(x) in HANDLERS for x in (g, *operands)):
            if self.elementwise:
                return g * self._gradient.by_element(operands, i, static, out)
            return self._gradient.pulled(g, operands, i, static, out)
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
        name = f"∂{self.name}/∂{of_input}"
        gradient, elementwise = self._gradient, self.elementwise

        def derivative(*operands: Any, **static: Any) -> Any:
            if elementwise:
                return gradient.by_element(operands, i, static)
            return gradient.pulled(operands[0], operands[1:], i, static)

        inputs = (*cotangent, *self.inputs)
        derivative.__signature__ = _signature(inputs, self.static)  # type: ignore[attr-defined]
        rule = NumericRule(name, derivative, inputs, self.static, elementwise, self.order + 1)
        upright = rf"\frac{{\partial \mathrm{{{self.name}}}}}{{\partial {of_input}}}"
        return Op(
            name,
            derivative,
            dict.fromkeys(inputs, rule),
            family="elementwise" if elementwise else "fused",
            notation=notation.function(latex=upright),
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


def _broadcast_shape(*operands: Any, **_: Any) -> tuple[int, ...]:
    return np.broadcast_shapes(*(x.shape for x in operands))


def numeric_inputs(op: Op) -> list[str]:
    """Return the inputs by which an operation is differentiated numerically."""
    return [key for key, rule in op.vjp.items() if isinstance(rule, NumericRule)]


def is_numeric(op: Op) -> bool:
    """Return whether an operation, or what it is the derivative of, has no gradient rule."""
    return any(isinstance(rule, NumericRule) for rule in op.vjp.values())


def _signature(inputs: Sequence[str], static: Mapping[str, Any]) -> inspect.Signature:
    kind = inspect.Parameter
    arrays = [
        kind(key.lstrip("*"), kind.VAR_POSITIONAL if key.startswith("*") else kind.POSITIONAL_ONLY)
        for key in inputs
    ]
    after = [kind(key, kind.KEYWORD_ONLY, default=value) for key, value in static.items()]
    return inspect.Signature([*arrays, *after])
