"""Tracing a function: what it would compute, as a readable listing of expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.nesting import Structure, flatten, unflatten
from tensorgraph.engine.rule import parameter_names
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, in_order, lift, symbol


@dataclass(frozen=True, eq=False)
class Trace:
    """What a function computes: inputs, outputs, and the operations between them.

    ``str()`` lists one operation a line, each after its operands; calling a trace computes it.
    """

    inputs: tuple[Expr, ...]
    outputs: tuple[Expr, ...]
    structure: Structure = None

    def __str__(self) -> str:
        return listing(self.outputs, self.inputs)

    __repr__ = __str__

    def __call__(self, *arrays: Any) -> Any:
        """Compute the outputs from arrays, or from tensors."""
        given = dict(zip(self.inputs, flatten(arrays)[0], strict=True))
        values = evaluate(self.outputs, given)
        return unflatten(self.structure, [values[e] for e in self.outputs])


def trace(f: Callable[..., Any], *args: Any) -> Trace:
    """Return what ``f`` does with arrays like ``args``, computing nothing.

    ``f`` runs once on symbolic arrays. What it decides by ``if`` or counts by ``for`` is decided
    then; a decision by an element's value raises. Tensors that it uses besides its arguments are
    constants of the trace.

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
    leaves, structure = flatten(args)
    inputs = tuple(
        symbol(name, np.shape(leaf), getattr(leaf, "dtype", None) or np.asarray(leaf).dtype)
        for name, leaf in zip(_input_names(f, args, len(leaves)), leaves, strict=True)
    )
    results, kind = flatten(f(*unflatten(structure, inputs)))
    for result in results:
        if not (type(result) is Expr or hasattr(result, "dtype")):
            raise errors.DTypeError(
                f"trace: the function returned {errors.describe(result)}, not arrays"
            )
    return Trace(inputs, tuple(map(lift, results)), kind)


def _input_names(f: Callable[..., Any], args: Sequence[Any], count: int) -> list[str]:
    """Return the parameters' names where each is one array; else ``x0``, ``x1`` and so on."""
    try:
        names = list(parameter_names(f))[: len(args)]
    except (TypeError, ValueError):
        names = []
    plain = len(names) == count == len(args)
    return names if plain else [f"x{i}" for i in range(count)]


def listing(outputs: Sequence[Expr], inputs: Sequence[Expr] = ()) -> str:
    """Return expressions as text, one operation a line, operands before what uses them."""
    order = in_order(outputs)
    given = list(dict.fromkeys([*inputs, *(e for e in order if e.is_input)]))
    names: dict[Expr, str] = {e: e.name or f"x{i}" for i, e in enumerate(given)}
    number = count().__next__
    lines = [f"{names[e]}: {e.dtype}{list(e.shape)}" for e in given]
    for e in order:
        if e.value is not None:
            names[e] = _constant_text(e)
        elif e.op is not None:
            names[e] = f"%{number()}"
            operands = [*(names[x] for x in e.args), *_static_text(e.static)]
            call = f"{e.op.name}({', '.join(operands)})"
            lines.append(f"{names[e]} = {call}  {e.dtype}{list(e.shape)}")
    return "\n".join([*lines, f"return {', '.join(names[e] for e in outputs)}"])


def _static_text(static: Mapping[str, Any]) -> list[str]:
    return [f"{key}={value!s}" for key, value in static.items()]


def _constant_text(e: Expr) -> str:
    if e.size > 8:
        return f"<{e.dtype}{list(e.shape)}>"
    return repr(e.value.tolist() if isinstance(e.value, np.ndarray) else e.value)
