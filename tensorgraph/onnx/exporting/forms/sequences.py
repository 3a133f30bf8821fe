"""The forms of recurrent layers: LSTM, GRU and RNN, of one direction each."""

from __future__ import annotations

import numpy as np

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.form import Form
from tensorgraph.onnx.exporting.program import Repeated, Value
from tensorgraph.onnx.exporting.sequences import Kind, last_state, sequence


def _emit_sequence(g: Emitter, v: Value) -> str:
    x, w_ih, w_hh, b_ih, b_hh, h, c, lengths = v.args
    kind: Kind = v.static["kind"]
    weights = [_gates(g, w, kind) for w in (w_ih, w_hh)]
    biases = [_gates(g, b, kind) for b in (b_ih, b_hh)]
    bias = g.node("Concat", *biases, axis=1) if not (_is_zero(b_ih) and _is_zero(b_hh)) else ""
    states = [h, c] if kind.name == "LSTM" else [h]
    names = [
        "" if lengths.constant is not None else g.get(lengths, np.int32),
        *("" if _is_zero(s) else g.unsqueeze(g.get(s), [0]) for s in states),
    ]
    inputs = [g.transpose(g.get(x), (1, 0, 2)), *weights, bias, *names]
    while not inputs[-1]:
        inputs.pop()
    direction = "reverse" if v.static["backwards"] else "forward"
    found = g.several(
        kind.name, 1 + len(states), *inputs, hidden_size=w_hh.shape[1], direction=direction,
        **kind.settings,
    )  # fmt: skip
    g.siblings[v] = found
    return g.transpose(g.squeeze(found[0], [1]), (1, 0, 2))


def _is_zero(x: Value) -> bool:
    element = x.constant.element if isinstance(x.constant, Repeated) else x.constant
    return isinstance(element, np.ndarray) and not element.any()


def _gates(g: Emitter, weight: Value, kind: Kind) -> str:
    """Return a weight or bias of one direction with the blocks of its gates in ONNX's order."""
    assert isinstance(weight.shape[0], int)
    rows = np.arange(weight.shape[0]).reshape(len(kind.blocks), -1)[list(kind.blocks)].reshape(-1)
    name = g.get(weight)
    if name not in g.initializers:
        return g.unsqueeze(g.node("Gather", name, g.constant(rows), axis=0), [0])
    turned = f"{name}:{kind.name}"
    if turned not in g.initializers:
        g.add_initializer(turned, g.initializers[name][rows][None])
    return turned


def _emit_last(g: Emitter, v: Value) -> str:
    return g.squeeze(g.siblings[v.args[0]][1 + v.static["which"]], [0])


FORMS = {sequence: Form(_emit_sequence), last_state: Form(_emit_last)}
"""How these are written, by their records."""
