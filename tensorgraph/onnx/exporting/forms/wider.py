"""Whole numbers of kinds that runtimes have no kernels for, computed as of 64 bits.

ONNX itself has no maximum of 16 bits; onnxruntime leaves out more. What wraps around in fewer bits
is the same when 64 are cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

import numpy as np

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.form import Form
from tensorgraph.onnx.exporting.program import Value

WIDE = np.dtype(np.int64)
ALWAYS = {"int32", "int64"}
BYTES = frozenset({"int8", "uint8"})
KERNELS: Mapping[str, Set[str]] = {
    **dict.fromkeys(("max", "min", "argmax", "argmin"), BYTES),
    **dict.fromkeys(("maximum", "minimum", "clip", "relu"), BYTES | {"uint32", "uint64"}),
    **dict.fromkeys(("sum", "prod", "cumulative_sum", "tril", "triu", "power"), frozenset()),
    "argsort": {*BYTES, "int16", "uint16", "uint32"},
    "matmul": {"uint32", "uint64"},
    "negative": {"int8", "int16"},
    "pad": {*BYTES, "uint32", "uint64"},
    "where": {*BYTES, "uint32"},
}
"""By operation, the whole numbers that there are kernels for besides those of ``ALWAYS``."""
ORDERED = {"max", "min", "argmax", "argmin", "argsort"}
"""Operations that compare, where a number of 64 bits without a sign may not become a negative."""


def in_wider(name: str, form: Form) -> Form:
    """Return the form of an operation for all whole numbers."""
    if name not in KERNELS:
        return form

    def lacks(x: Value) -> bool:
        return x.dtype.kind in "iu" and x.dtype.name not in KERNELS[name] | ALWAYS

    def turned(g: Emitter, x: str, dtype: np.dtype[np.generic]) -> str:
        """Return 64 bits that are in order with a sign as they were without, or the reverse."""
        if name not in ORDERED or dtype != np.uint64:
            return x
        return g.node("Add", x, g.number(np.iinfo(WIDE).min, WIDE))

    def wide(g: Emitter, x: Value) -> Value:
        if not lacks(x):
            return x
        found = replace(x, dtype=WIDE)
        if x.constant is None or x.dtype == np.uint64:
            g.put(found, turned(g, g.get(x, WIDE), x.dtype))
        return found

    def emit(g: Emitter, v: Value) -> str:
        if not any(map(lacks, (v, *v.args))):
            return form.emit(g, v)
        args = tuple(wide(g, x) for x in v.args)
        found = form.emit(g, replace(v, args=args, dtype=WIDE if lacks(v) else v.dtype))
        return g.cast(turned(g, found, v.dtype), v.dtype) if lacks(v) else found

    return Form(emit, form.fits)
