"""Several operations that ONNX has one operator for: normalisations, a convolution with a bias.

Runtimes and viewers know the one operator. What is found here is what our layers compute; the same
written otherwise is exported as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.op import Op
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.contractions import FORMS as CONTRACTIONS
from tensorgraph.onnx.exporting.forms.form import Form, axes_of, is_single
from tensorgraph.onnx.exporting.program import Value
from tensorgraph.ops.arithmetic import add, divide, subtract
from tensorgraph.ops.convolution import conv, conv_transpose
from tensorgraph.ops.moments import affine, center, rms
from tensorgraph.ops.shape import reshape
from tensorgraph.ops.transcendental import sqrt
from tensorgraph.symbolic.expr import Expr, in_order, make, remade


def _operator(name: str, inputs: Sequence[str], kernel: Callable[..., Any]) -> Op:
    """Return the record of an operator of ONNX's, which only stands in what is exported."""
    return Op(name, kernel, dict.fromkeys(inputs, NONDIFF), family="fused", shape=_first)


def _first(x: Any, *others: Any, **static: Any) -> Any:
    return x.shape


batch_norm = _operator(
    "batch_norm",
    ("x", "scale", "shift", "mean", "var"),
    lambda x, scale, shift, mean, var, *, eps=0.0: x,
)
layer_norm = _operator(
    "layer_norm", ("x", "scale", "shift"), lambda x, scale, shift, *, axis=0, eps=0.0: x
)

group_norm = _operator(
    "group_norm", ("x", "scale", "shift"), lambda x, scale, shift, *, groups=1, eps=0.0: x
)


def idiomatic(roots: Sequence[Expr]) -> Iterator[tuple[Expr, Expr]]:
    """Yield expressions that the roots are made of, each with one in ONNX's own operators."""
    new: dict[Expr, Expr] = {}
    for e in in_order(roots):
        written = remade(e, [new[x] for x in e.args])
        for way in _WAYS.get(written.op, ()):
            found = way(written)
            if found is not None:
                written = found
                break
        new[e] = written
        yield e, written


# ---------------------------------------------------------------------------------- convolution


def _with_bias(e: Expr) -> Expr | None:
    """Return a convolution to which a number for each channel is added, as one."""
    y, bias = e.args
    if y.op not in (conv.op, conv_transpose.op) or len(y.args) > 2 or y.shape != e.shape:
        return None
    flat = _of_channels(bias, e.ndim)
    if flat is None or flat.dtype != e.dtype or not CONTRACTIONS[y.op.name].fits(y):
        return None
    return make(y.op, (*y.args, flat), y.static, e.shape, e.dtype)


def _of_channels(x: Expr, ndim: int) -> Expr | None:
    """Return the vector that stands along axis 1 of an array of so many axes, if it is one."""
    if ndim == 2 and x.ndim == 1:
        return x
    stands = x.ndim == ndim - 1 and all(n == 1 for n in x.shape[1:])
    if stands and x.op is reshape.op and x.args[0].ndim == 1:
        return x.args[0]
    return None


# -------------------------------------------------------------------------------- normalisation


def _batch_norm(e: Expr) -> Expr | None:
    """Return (x − mean) · scale / √(var + eps) + shift, channels along axis 1, as one."""
    centred, slope, shift = e.args
    if centred.op is not subtract.op or not is_single(e) or centred.shape != e.shape:
        return None
    vectors = [_of_channels(x, e.ndim) for x in (centred.args[1], slope, shift)]
    if any(v is None or v.dtype != e.dtype for v in vectors):
        return None
    mean, quotient, offset = (v for v in vectors if v is not None)
    if quotient.op is not divide.op or quotient.args[1].op is not sqrt.op:
        return None
    widened = quotient.args[1].args[0]
    if widened.op is not add.op or widened.args[1].value is None or widened.args[1].ndim:
        return None
    var, eps = widened.args[0], float(widened.args[1].value)
    x, scale = centred.args[0], quotient.args[0]
    if any(a.shape != mean.shape or a.dtype != e.dtype for a in (var, scale, offset)):
        return None
    if x.dtype != e.dtype:
        return None
    return make(batch_norm, (x, scale, offset, mean, var), {"eps": eps}, e.shape, e.dtype)


def _layer_norm(e: Expr) -> Expr | None:
    """Return (x − mean(x)) / √(var(x) + eps) · scale + shift along the last axes, as one."""
    quotient, scale, shift = e.args
    if quotient.op is not divide.op or quotient.args[1].op is not rms.op or not is_single(e):
        return None
    centred, size = quotient.args
    if centred.op is not center.op or size.args[0] is not centred:
        return None
    x = centred.args[0]
    axes = sorted(axes_of(centred.static["axis"], x.ndim))
    first = x.ndim - len(axes)
    same = axes == sorted(axes_of(size.static["axis"], x.ndim)) and size.static["keepdims"]
    rows = x.shape[first:]
    if not same or axes != list(range(first, x.ndim)) or not axes or 0 in x.shape:
        return None
    if any(a.shape != rows or a.dtype != e.dtype for a in (scale, shift)) or x.dtype != e.dtype:
        return None
    static = {"axis": first, "eps": float(size.static["eps"])}
    return make(layer_norm, (x, scale, shift), static, e.shape, e.dtype)


def _group_norm(e: Expr) -> Expr | None:
    """Return a norm over groups of channels, and a scale and shift of each, as one."""
    normalised, slope, offset = e.args
    scale, shift = _of_channels(slope, e.ndim), _of_channels(offset, e.ndim)
    if scale is None or shift is None or normalised.op is not reshape.op:
        return None
    quotient = normalised.args[0]
    if quotient.op is not divide.op or quotient.args[1].op is not rms.op or quotient.ndim != 3:
        return None
    centred, size = quotient.args
    if centred.op is not center.op or size.args[0] is not centred:
        return None
    grouped = centred.args[0]
    axes = [list(axes_of(y.static["axis"], 3)) for y in (centred, size)]
    if grouped.op is not reshape.op or axes != [[2], [2]] or not size.static["keepdims"]:
        return None
    x, groups = grouped.args[0], grouped.shape[1]
    same = x.shape == e.shape and grouped.shape[0] == e.shape[0] and e.shape[1] % groups == 0
    if not same or any(a.dtype != np.float32 for a in (e, x, scale, shift)):
        return None
    static = {"groups": groups, "eps": float(size.static["eps"])}
    return make(group_norm, (x, scale, shift), static, e.shape, e.dtype)


_WAYS: dict[Op | None, tuple[Callable[[Expr], Expr | None], ...]] = {
    add.op: (_with_bias,),
    affine.op: (_batch_norm, _layer_norm, _group_norm),
}


def _normalised(kind: str, **where: str) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        given = {name: v.static[key] for name, key in where.items()}
        return g.node(kind, *(g.get(x, v.dtype) for x in v.args), **given)

    return Form(emit)


def _emit_group_norm(g: Emitter, v: Value) -> str:
    """Write GroupNormalization; before there was one, instance norm with groups for channels."""
    (x, scale, shift), groups, eps = map(g.get, v.args), v.static["groups"], v.static["eps"]
    if groups == v.shape[1] and v.ndim > 2:
        return g.node("InstanceNormalization", x, scale, shift, epsilon=eps)
    if g.opset >= GROUP_NORM_SINCE:
        return g.node("GroupNormalization", x, scale, shift, epsilon=eps, num_groups=groups)
    alike = [g.constant(np.full(groups, n, np.float32)) for n in (1, 0)]
    grouped = g.node("Reshape", x, g.ints([0, groups, -1]))
    flat = g.node("InstanceNormalization", grouped, *alike, epsilon=eps)
    behind = list(range(1, v.ndim - 1))
    scaled = g.node("Mul", g.reshape(flat, v.shape), g.unsqueeze(scale, behind))
    return g.node("Add", scaled, g.unsqueeze(shift, behind))


GROUP_NORM_SINCE = 21
"""The opset from which it has a scale for each channel; before, one for each group."""

FORMS = {
    group_norm: Form(_emit_group_norm),
    batch_norm: _normalised("BatchNormalization", epsilon="eps"),
    layer_norm: _normalised("LayerNormalization", epsilon="eps", axis="axis"),
}
"""How the operators are written, by their records."""
