"""The forms of random draws: each run of the file draws anew, by the runtime's generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.form import Form
from tensorgraph.onnx.exporting.program import Value
from tensorgraph.onnx.exporting.sizes import AnySize, Size


def _drawn(g: Emitter, kind: str, shape: tuple[AnySize, ...], dtype: Any) -> str:
    number = g.type_of(dtype)
    if not any(isinstance(n, Size) for n in shape):
        return g.node(kind, shape=list(shape), dtype=number)
    return g.node(f"{kind}Like", g.zeros(shape, dtype), dtype=number)


def _draws(kind: str) -> Form:
    return Form(lambda g, v: _drawn(g, kind, v.shape, v.dtype))


def _bernoulli(g: Emitter, v: Value) -> str:
    p = v.args[1]
    dtype = np.dtype(np.float32) if p.weak or p.dtype.kind != "f" else p.dtype
    return g.node("Less", _drawn(g, "RandomUniform", v.shape, dtype), g.get(p, dtype))


def _permutation(g: Emitter, v: Value) -> str:
    keys = _drawn(g, "RandomUniform", v.shape, np.float32)
    return g.several("TopK", 2, keys, g.size(v.shape[0]), axis=0)[1]


FORMS = {
    "normal": _draws("RandomNormal"),
    "uniform": _draws("RandomUniform"),
    "bernoulli": Form(_bernoulli),
    "permutation": Form(_permutation),
}
"""By the names of the operations in the registry."""
