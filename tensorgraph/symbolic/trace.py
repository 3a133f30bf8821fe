"""Tracing a function: what it would compute, as a readable listing of expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType
from typing import Any

import numpy as np

from tensorgraph.engine.function_types import Function, P
from tensorgraph.engine.nested_containers import Structure, flatten, unflatten
from tensorgraph.engine.rule import parameter_names
from tensorgraph.symbolic.capture import capture
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, in_order, kind_text


@dataclass(frozen=True, eq=False)
class Trace:
    """What a function computes: inputs, outputs, and the operations between them.

    ``str()`` lists one operation a line, each after its operands; calling a trace computes it.
    """

    inputs: tuple[Expr, ...]
    outputs: tuple[Expr, ...]
    structure: Structure = None
    known: Mapping[Expr, Any] = field(default_factory=dict)
    """What the tensors held that are used besides the inputs, numbers, and what is drawn from."""
    drawn: tuple[Expr, ...] = ()
    """Random draws, in their order."""
    written: Mapping[Expr, Expr] = field(default_factory=dict)
    """What tensors are given, by what stood for them before."""

    def names(self) -> dict[Expr, str]:
        """Return what inputs are called, and the tensors that are used or written besides."""
        return _distinct(list(dict.fromkeys([*self.inputs, *self.known, *self.written])))

    def __str__(self) -> str:
        return listing(self.outputs, [*self.inputs, *self.known], self.written)

    __repr__ = __str__

    def __call__(self, *arrays: Any) -> Any:
        """Compute the outputs from arrays, or from tensors; no tensor is written."""
        given = {**dict(zip(self.inputs, flatten(arrays)[0], strict=True)), **self.known}
        values = evaluate([*self.drawn, *self.outputs], given)
        return unflatten(self.structure, [values[e] for e in self.outputs])


def trace(f: Function[Any, P], *args: Any) -> Trace:
    """Return what ``f`` does with arrays like ``args``, computing nothing.

    ``f`` runs once, on tensors that hold symbols: a whole training step, if it is one. What it
    decides by ``if`` or counts by ``for`` is decided then; a decision by an element's value raises.
    Tensors that it uses besides its arguments count
    with the values that they have now. Those that it writes are listed (``w ← %7``), and are
    afterwards what they were.

    Args:
        f: a function of arrays, written in ops.
        args: arrays, tensors or nested containers of them: only shapes and dtypes are read.

    Raises:
        DTypeError: ``f`` returns something that is no array.
        GraphError: ``f`` asks for the value of an element.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.trace(lambda x, w: tg.relu(x @ w).sum(), tg.ones((2, 3)), tg.ones((3, 4))))
        x: float32[2, 3]
        w: float32[3, 4]
        %0 = matmul(x, w)  float32[2, 4]
        %1 = relu(%0)  float32[2, 4]
        %2 = sum(%1, axis=(0, 1), keepdims=False)  float32[]
        return %2
    """
    found = capture(f, *args, names=input_names(f, args, len(flatten(args)[0])))
    return Trace(
        found.inputs, found.outputs, found.structure, found.known(), found.drawn, found.written
    )


def input_names(f: Callable[..., Any], args: Sequence[Any], count: int) -> list[str]:
    """Return what the arrays in a call are called.

    Args:
        f: the function that is called.
        args: its arguments by position.
        count: how many arrays there are in them.

    Returns:
        The parameters' names where each is one array; else ``x0``, ``x1`` and so on.
    """
    try:
        names = list(parameter_names(f))[: len(args)]
    except (TypeError, ValueError):
        names = []
    plain = len(names) == count == len(args)
    return names if plain else [f"x{i}" for i in range(count)]


def listing(
    outputs: Sequence[Expr],
    inputs: Sequence[Expr] = (),
    written: Mapping[Expr, Expr] = MappingProxyType({}),
    gradients: Mapping[Expr, Expr] = MappingProxyType({}),
) -> str:
    """Return expressions as text, one operation a line, operands before what uses them."""
    order = in_order([*outputs, *gradients.values(), *written.values()])
    known = (e for e in order if e.is_input)
    given = list(dict.fromkeys([*inputs, *known, *gradients, *written]))
    names = _distinct(given)
    number = count().__next__
    lines = [f"{names[e]}: {kind_text(e)}" for e in given]
    for e in order:
        if e.value is not None:
            names[e] = _constant_text(e)
        elif e.op is not None:
            names[e] = f"%{number()}"
            operands = [*(names[x] for x in e.args), *_static_text(e.static)]
            call = f"{e.op.name}({', '.join(operands)})"
            lines.append(f"{names[e]} = {call}  {kind_text(e)}")
    lines += [f"{names[e]}.grad ← {names[new]}" for e, new in gradients.items()]
    lines += [f"{names[e]} ← {names[new]}" for e, new in written.items()]
    return "\n".join([*lines, f"return {', '.join(names[e] for e in outputs)}"])


def _distinct(inputs: Sequence[Expr]) -> dict[Expr, str]:
    """Return a name for each input; where several have the same, the later ones are numbered."""
    names: dict[Expr, str] = {}
    for i, e in enumerate(inputs):
        name = e.name or f"x{i}"
        names[e] = f"{name}.{i}" if name in names.values() else name
    return names


def _static_text(static: Mapping[str, Any]) -> list[str]:
    return [f"{key}={value!s}" for key, value in static.items()]


def _constant_text(e: Expr) -> str:
    if e.size > 8:
        return f"<{e.dtype}{list(e.shape)}>"
    return repr(e.value.tolist() if isinstance(e.value, np.ndarray) else e.value)
