"""Recurrent layers as ONNX's own operators, which go along sequences of any length.

While a function is traced each direction of each layer is one operation. Where its gradient is
wanted, or for numbers or cells that onnxruntime does not take, the steps are written one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.op import Op
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import asarray
from tensorgraph.nn.recurrent.cells import Cell, GRUCell, LSTMCell, RNNCell
from tensorgraph.ops.arithmetic import astype
from tensorgraph.ops.reduce import sum


@dataclass(frozen=True, eq=False)
class Kind:
    """An operator of ONNX's that a cell is the step of."""

    name: str
    blocks: tuple[int, ...]
    """Which block of rows here is each of the operator's."""
    settings: dict[str, Any]


KINDS: dict[type[Cell[Any]], Kind] = {
    RNNCell: Kind("RNN", (0,), {}),
    GRUCell: Kind("GRU", (1, 0, 2), {"linear_before_reset": 1}),
    LSTMCell: Kind("LSTM", (0, 3, 1, 2), {}),
}
"""ONNX has the gates in the orders z, r, h and i, o, f, c."""


class StepsNeeded(Exception):
    """The steps are needed one by one."""


def _by_steps(*args: Any) -> NoReturn:
    raise StepsNeeded


def _rule(g: Any) -> Any:
    _by_steps()


INPUTS = ("x", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "h", "c", "lengths")


def _along(x: Any, *others: Any, kind: Kind, backwards: bool) -> Any:
    return (*x.shape[:2], others[1].shape[-1])


def _sequence(name: str, inputs: Sequence[str]) -> Op:
    """Return the record of an operation from sequences to h after each step."""
    return Op(
        name, lambda x, weight_ih, weight_hh, bias_ih, bias_hh, h, c, lengths=None, *, kind=None,
        backwards=False: x, dict.fromkeys(inputs, _rule), family="fused", shape=_along,
        dtype=lambda x, *_, **__: x.dtype, batch=_by_steps,
    )  # fmt: skip


sequence = _sequence("sequence", INPUTS)
last_state = Op(
    "last_state", lambda y, *, which=0: y, {"y": _rule}, family="fused",
    shape=lambda y, **_: (y.shape[0], y.shape[2]), dtype=lambda y, **_: y.dtype, batch=_by_steps,
)  # fmt: skip
"""The last h or c of such an operation."""


def whole(cell: Any, x: Any, state: Any, there: Any, backwards: bool) -> Any:
    """Return h of all steps and the last state; ``None`` for what the operators do not take."""
    kind = KINDS.get(type(cell))
    if kind is None or getattr(cell, "proj_features", None) is not None:
        return None
    m, steps, _ = shape_of(x)
    x = asarray(x)
    weights = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]
    nothing = np.zeros(shape_of(cell.weight_ih)[0], np.float32)
    weights = [nothing if w is None else w for w in weights]
    start = cell.start(state, (m,), x.dtype)
    pair = start if isinstance(start, tuple) else (start, start)
    given = [x, *weights, *pair]
    if any(np.dtype(v.dtype) != np.float32 for v in given):
        return None
    lengths = np.full(m, steps, np.int32) if there is None else None
    if lengths is None:
        lengths = sum(astype(asarray(there), dtype=np.int32), axis=1)
    static = {"kind": kind, "backwards": backwards}
    y = dispatch(sequence, (*given, lengths), static)
    ends = [dispatch(last_state, (y,), {"which": i}) for i in range(1 + isinstance(start, tuple))]
    return y, tuple(ends) if isinstance(start, tuple) else ends[0]
