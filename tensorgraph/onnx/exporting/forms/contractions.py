"""The forms of products, convolution, pooling and the softmax family."""

from __future__ import annotations

from typing import Any

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.form import Form, axes_of, is_single
from tensorgraph.onnx.exporting.forms.shapes import cut
from tensorgraph.onnx.exporting.program import Value
from tensorgraph.symbolic.expr import Expr

MOST_SPATIAL = 3
"""So many spatial axes runtimes convolve and pool along."""


def _matmul(g: Emitter, v: Value) -> str:
    """Multiply; a vector beside matrices is one of them.

    onnxruntime 1.32 joins a transposition with the product, which is wrong where the other operand
    has one axis.
    """
    x, y = v.args
    left, right = (g.get(a, v.dtype) for a in v.args)
    if x.ndim > 1 and y.ndim == 1:
        return g.squeeze(g.node("MatMul", left, g.unsqueeze(right, [1])), [v.ndim])
    if x.ndim == 1 and y.ndim > 1:
        return g.squeeze(g.node("MatMul", g.unsqueeze(left, [0]), right), [v.ndim - 1])
    return g.node("MatMul", left, right)


def _numbers(e: Expr) -> bool:
    return e.dtype.kind != "b"


def _has_products(e: Expr) -> bool:
    return e.dtype.kind != "b" and not any(0 in x.shape for x in e.args)


def _einsum(g: Emitter, v: Value) -> str:
    """Multiply and add up, without those axes of length 1 that are repeated along another's."""
    terms, arrow, result = v.static["subscripts"].replace(" ", "").partition("->")
    labels = terms.split(",")
    if "..." in terms:
        operands = [g.get(x, v.dtype) for x in v.args]
        return g.node("Einsum", *operands, equation=v.static["subscripts"])
    wide = {c for x, term in zip(v.args, labels, strict=True)
            for n, c in zip(x.shape, term, strict=True) if n != 1}  # fmt: skip
    operands, kept = [], []
    for x, term in zip(v.args, labels, strict=True):
        single = [i for i, c in enumerate(term) if x.shape[i] == 1 and c in wide]
        operands.append(g.squeeze(g.get(x, v.dtype), single))
        kept.append("".join(c for i, c in enumerate(term) if i not in single))
    return g.node("Einsum", *operands, equation=",".join(kept) + arrow + result)


def _linear(g: Emitter, v: Value) -> str:
    x, _, bias = v.args
    given = [g.get(a, v.dtype) for a in v.args]
    if x.ndim == 2 and bias.ndim == 1:
        return g.node("Gemm", *given, transB=1)
    turned = g.node("Transpose", given[1], perm=[1, 0])
    return g.node("Add", g.node("MatMul", given[0], turned), given[2])


# ---------------------------------------------------------------------------------- convolution


def _is_convolved(e: Expr) -> bool:
    """Return whether runtimes have a convolution along as many axes, of these numbers.

    onnxruntime has none in double precision.
    """
    shapes = [e.shape, *(x.shape for x in e.args)]
    return is_single(e) and e.ndim - 2 <= MOST_SPATIAL and not any(0 in s for s in shapes)


def _geometry(v: Value) -> dict[str, Any]:
    return {
        "strides": v.static["stride"],
        "dilations": v.static["dilation"],
        "pads": _pads(v.static["padding"]),
        "group": v.static["groups"],
    }


def _pads(padding: Any) -> list[int]:
    return [before for before, _ in padding] + [after for _, after in padding]


def _conv(g: Emitter, v: Value) -> str:
    return g.node("Conv", *(g.get(x, v.dtype) for x in v.args), **_geometry(v))


def _conv_transpose(g: Emitter, v: Value) -> str:
    left, *others = map(_left_out, v.traces)
    if any(other != left for other in others):
        raise NotImplementedError("its result is longer by a row at some sizes than at others")
    given = (g.get(a, v.dtype) for a in v.args)
    return g.node("ConvTranspose", *given, **_geometry(v), output_padding=left)


def _left_out(e: Expr) -> list[int]:
    """Return along each axis how much of the result no window of the convolution ends in."""
    x, weight, *_ = e.args
    geometry = zip(
        e.static["shape"], x.shape[2:], weight.shape[2:], e.static["stride"],
        e.static["padding"], e.static["dilation"], strict=True,
    )  # fmt: skip
    return [n + a + b - ((m - 1) * s + (k - 1) * d + 1) for n, m, k, s, (a, b), d in geometry]


def _is_transposed(e: Expr) -> bool:
    """Return whether what a convolution leaves out is less than a step, as runtimes ask."""
    steps = zip(_left_out(e), e.static["stride"], e.static["dilation"], strict=True)
    return _is_convolved(e) and all(left < max(s, d) for left, s, d in steps)


def _conv_weight_grad(g: Emitter, v: Value) -> str:
    """Convolve x by y, examples and channels exchanged, stride and dilation too."""
    x, y = (g.get(a, v.dtype) for a in v.args)
    swapped = [1, 0, *range(2, v.ndim)]
    found = g.node(
        "Conv", g.node("Transpose", x, perm=swapped), g.node("Transpose", y, perm=swapped),
        strides=v.static["dilation"], dilations=v.static["stride"],
        pads=_pads(v.static["padding"]),
    )  # fmt: skip
    sizes = {2 + i: slice(0, k) for i, k in enumerate(v.static["size"])}
    return g.node("Transpose", cut(g, found, sizes), perm=swapped)


def _in_one_group(e: Expr) -> bool:
    return _is_convolved(e) and e.static["groups"] == 1


# -------------------------------------------------------------------------------------- pooling


def _pool(kind: str, **more: Any) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        return g.node(
            kind, g.get(v.args[0], v.dtype), kernel_shape=v.static["size"],
            strides=v.static["stride"], pads=_pads(v.static["padding"]), **more,
        )  # fmt: skip

    return Form(emit, _is_pooled)


def _is_pooled(e: Expr) -> bool:
    inside = all(a < k and b < k for (a, b), k in zip(e.static["padding"], e.static["size"],
                                                     strict=True))  # fmt: skip
    return inside and _is_convolved(e) and e.args[0].dtype == e.dtype


# ------------------------------------------------------------------------------ the softmax family


def _softmax(kind: str) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        (axis,) = axes_of(v.static["axis"], v.ndim)
        return g.node(kind, g.get(v.args[0], v.dtype), axis=axis)

    return Form(emit, _along_one_axis)


def _along_one_axis(e: Expr) -> bool:
    axis = e.static["axis"]
    return e.ndim > 0 and len(axes_of(axis, e.ndim)) == 1 and e.size > 0


FORMS = {
    "matmul": Form(_matmul, _numbers),
    "einsum": Form(_einsum, _has_products),
    "linear": Form(_linear, lambda e: e.dtype.kind == "f"),
    "conv": Form(_conv, _is_convolved),
    "conv_transpose": Form(_conv_transpose, _is_transposed),
    "conv_weight_grad": Form(_conv_weight_grad, _in_one_group),
    "max_pool": _pool("MaxPool"),
    "avg_pool": _pool("AveragePool", count_include_pad=0),
    "softmax": _softmax("Softmax"),
    "log_softmax": _softmax("LogSoftmax"),
}
"""By the names of the operations in the registry."""
