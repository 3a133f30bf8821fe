"""The steps of a long short-term memory, for all of its gates at once.

The input gate i, the forget gate f, the proposal g and the output gate o stand side by side along
the last axis, as the cell's product makes them. Each operation computes what its body says, to the
same bits, without a value of the graph for every gate and factor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.arrays import as_array
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.notation import STEPS
from tensorgraph.engine.op import REGISTRY, Op, OpFunction
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import ShapeError
from tensorgraph.ops._batching import leading
from tensorgraph.ops._blocks import floating, over
from tensorgraph.ops.activation import sigmoid, sigmoid_kernel, sigmoid_slope
from tensorgraph.ops.joining import concat
from tensorgraph.ops.reduce import in_single
from tensorgraph.ops.splitting import split
from tensorgraph.ops.trigonometric import tanh, tanh_slope


def _parts(gates: Any) -> list[Any]:
    """Return i, f, g and o."""
    n = shape_of(gates)[-1] // 4
    return [gates[..., k * n : (k + 1) * n] for k in range(4)]


def _side_by_side(*parts: Any) -> Any:
    shape = shape_of(parts[0])
    static = {"axis": len(shape) - 1, "edges": tuple(k * shape[-1] for k in range(5))}
    return dispatch(REGISTRY["concat"], parts, static)


def _nothing(g: Any) -> Any:
    """Return the gradient of a gate that plays no part."""
    return np.zeros(g.shape, g.dtype, like=as_array(g))


# ------------------------------------------------------------------------------------- the gates


def _check_gates(z: Any) -> dict[str, Any]:
    if not shape_of(z) or shape_of(z)[-1] % 4:
        raise ShapeError(f"z of shape {shape_of(z)} must hold four gates along its last axis")
    return {}


def _gates_kernel(z: Any) -> Any:
    out = sigmoid_kernel(z)
    _parts(out)[2][...] = np.tanh(_parts(z)[2])
    return out


def _gates_body(z: Any) -> Any:
    i, f, g, o = split(z, 4, axis=-1)
    return concat([sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)], axis=-1)


def _gates_slope_kernel(z: Any) -> Any:
    # σ′(z) is e / (1 + e)² with e = exp(−|z|), tanh′(z) four times that of 2 z.
    e = np.abs(floating(z))
    proposal = _parts(e)[2]
    proposal *= 2
    e = over(np.exp, over(np.negative, e))
    e /= over(np.square, 1 + e)
    _parts(e)[2][...] *= 4
    return e


def _gates_slope_body(z: Any) -> Any:
    i, f, g, o = split(z, 4, axis=-1)
    slopes = [sigmoid_slope(i), sigmoid_slope(f), tanh_slope(g), sigmoid_slope(o)]
    return concat(slopes, axis=-1)


def _gates_curvature(g: Any, z: Any) -> Any:
    i, f, proposal, o = _parts(z)
    sides = _side_by_side(tanh(0.5 * i), tanh(0.5 * f), 2 * tanh(proposal), tanh(0.5 * o))
    return -(g * (lstm_gates_slope(z) * sides))


lstm_gates_slope: OpFunction = Op(
    "lstm_gates_slope",
    in_single(_gates_slope_kernel),
    {"z": _gates_curvature},
    family="fused",
    batch=leading,
    symbol="gates′",
    body=_gates_slope_body,
    lowering=_gates_slope_body,
    prepare=_check_gates,
    notation=STEPS,
    doc="Return the derivatives of what `lstm_gates` returns, side by side as those.",
).call
lstm_gates: OpFunction = Op(
    "lstm_gates",
    _gates_kernel,
    {"z": lambda g, z: g * lstm_gates_slope(z)},
    family="fused",
    batch=leading,
    symbol="gates",
    body=_gates_body,
    lowering=_gates_body,
    prepare=_check_gates,
    notation=STEPS,
    letter="A",
    doc="Return σ(i), σ(f), tanh(g) and σ(o), side by side as these are in z.",
).call

# ------------------------------------------------------------------------------------- the state


def _check_state(gates: Any, c: Any) -> dict[str, Any]:
    shape = shape_of(c)
    if not shape or shape_of(gates) != (*shape[:-1], 4 * shape[-1]):
        raise ShapeError(
            f"gates of shape {shape_of(gates)} must be four side by side for each number of c, of"
            f" shape {shape}"
        )
    return {}


def _memory_kernel(gates: Any, c: Any) -> Any:
    i, f, g, _ = _parts(gates)
    out = f * c
    out += i * g
    return out


def _memory_by_gates(g: Any, gates: Any, c: Any) -> Any:
    i, _, proposal, _ = _parts(gates)
    return _side_by_side(g * proposal, g * c, g * i, _nothing(g))


def _memory_body(gates: Any, c: Any) -> Any:
    i, f, g, _ = split(gates, 4, axis=-1)
    return f * c + i * g


lstm_memory: OpFunction = Op(
    "lstm_memory",
    _memory_kernel,
    {"gates": _memory_by_gates, "c": lambda g, gates: g * _parts(gates)[1]},
    family="fused",
    batch=leading,
    symbol="f·c + i·g",
    body=_memory_body,
    lowering=_memory_body,
    prepare=_check_state,
    notation=STEPS,
    doc="Return f · c + i · g: what is remembered next.",
).call


def _output_by_gates(g: Any, c: Any) -> Any:
    nothing = _nothing(g)
    return _side_by_side(nothing, nothing, nothing, g * tanh(c))


def _output_body(gates: Any, c: Any) -> Any:
    return split(gates, 4, axis=-1)[3] * tanh(c)


lstm_output: OpFunction = Op(
    "lstm_output",
    lambda gates, c: _parts(gates)[3] * np.tanh(c),
    {
        "gates": _output_by_gates,
        "c": lambda g, gates, c: g * _parts(gates)[3] * tanh_slope(c),
    },
    family="fused",
    batch=leading,
    symbol="o·tanh(c)",
    body=_output_body,
    lowering=_output_body,
    prepare=_check_state,
    notation=STEPS,
    doc="Return o · tanh(c): what is shown of what is remembered.",
).call
