"""Convolution, as one matrix product over all windows of a batch, and its two adjoints.

All three operations are the same sum over a batch x, a weight w and a result y of a convolution,

    Σ  y[n, o, p] · w[o, c, k] · x[n, c, stride · p + dilation · k − padding],

each being its derivative by one of them: ``conv`` by y, ``conv_transpose`` by x and
``conv_weight_grad`` by w. So the gradient rules of each are the other two, at every order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import integer
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.rule import MULTILINEAR
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops import _convolution
from tensorgraph.ops._axes import OneOrMore
from tensorgraph.ops._batching import Operand, Static, looped
from tensorgraph.ops.einstein import einsum
from tensorgraph.ops.padding import pad
from tensorgraph.ops.shape import permute_dims, reshape
from tensorgraph.ops.window import (
    AnyPadding,
    Shape,
    axis_names,
    cropped,
    overlap_add,
    per_axis,
    per_side,
    wide,
    window_counts,
    windows,
)

__all__ = ["conv", "conv_transpose", "conv_weight_grad"]

# -------------------------------------------------------------------------------------- checks


def _channels(weight: Shape, groups: Any) -> tuple[int, int]:
    """Return how many channels the two sides of a weight of this shape have: in, and out."""
    groups = integer(groups, "groups")
    if len(weight) < 3 or 0 in weight:
        raise ShapeError(f"a weight has shape (out, in / groups, *kernel), not {weight}")
    if groups < 1 or weight[0] % groups:
        raise ArgumentError(
            f"groups = {groups} must divide the {weight[0]} output channels of a weight of shape"
            f" {weight}"
        )
    return weight[1] * groups, weight[0]


def _check_batch(shape: Shape, channels: int, rank: int) -> None:
    """Raise unless a shape is (batch, channels, *spatial), and say what would make it so."""
    if len(shape) == rank + 2 and shape[1] == channels:
        return
    hint = ""
    if len(shape) == rank + 1 and shape[0] == channels:
        hint = "; write x[None] for a batch of one"
    elif len(shape) == rank + 1 and channels == 1:
        hint = "; write x[:, None] for the axis of the channel"
    elif len(shape) == 2 and rank > 1:
        target = axis_names(str(channels), rank).replace("batch", "-1")
        hint = f"; write x.reshape({target}) if each row is an image"
    elif len(shape) == rank + 2 and shape[-1] == channels:
        order = (0, rank + 1, *range(1, rank + 1))
        hint = f"; write tg.permute_dims(x, {order}) to put the channels first"
    wanted = axis_names(f"{channels} channel{'s' * (channels > 1)}", rank)
    raise ShapeError(f"x of shape {shape} must have shape {wanted}{hint}")


def _geometry(
    lengths: Shape, size: Shape, stride: Any, padding: Any, dilation: Any, groups: Any
) -> tuple[dict[str, Any], Shape]:
    """Return the static parameters that all three share in one form, and the counts of windows."""
    rank = len(size)
    stride, dilation = per_axis(stride, rank, "stride"), per_axis(dilation, rank, "dilation")
    padding = per_side(padding, lengths, size, stride, dilation)
    counts = window_counts(lengths, size, stride, dilation, padding)
    static = {"stride": stride, "padding": padding, "dilation": dilation, "groups": int(groups)}
    return static, counts


def _check_conv(
    x: Any, weight: Any, *, stride: OneOrMore, padding: AnyPadding, dilation: OneOrMore,
    groups: SupportsIndex,
) -> dict[str, Any]:  # fmt: skip
    size = shape_of(weight)[2:]
    channels, _ = _channels(shape_of(weight), groups)
    _check_batch(shape_of(x), channels, len(size))
    return _geometry(shape_of(x)[2:], size, stride, padding, dilation, groups)[0]


def _check_conv_transpose(
    x: Any, weight: Any, *, shape: OneOrMore, stride: OneOrMore, padding: AnyPadding,
    dilation: OneOrMore, groups: SupportsIndex,
) -> dict[str, Any]:  # fmt: skip
    size = shape_of(weight)[2:]
    _, channels = _channels(shape_of(weight), groups)
    _check_batch(shape_of(x), channels, len(size))
    shape = per_axis(shape, len(size), "shape", least=0)
    static, counts = _geometry(shape, size, stride, padding, dilation, groups)
    if shape_of(x)[2:] != counts:
        raise ShapeError(
            f"x of shape {shape_of(x)} is no result of such a convolution over {shape}, which"
            f" gives {counts}"
        )
    return {"shape": shape, **static}


def _check_conv_weight_grad(
    x: Any, y: Any, *, size: OneOrMore, stride: OneOrMore, padding: AnyPadding,
    dilation: OneOrMore, groups: SupportsIndex,
) -> dict[str, Any]:  # fmt: skip
    x_shape, y_shape = shape_of(x), shape_of(y)
    rank = max(len(x_shape) - 2, 1)
    size = per_axis(size, rank, "size")
    groups = integer(groups, "groups")
    if len(x_shape) < 3 or len(y_shape) < 2 or groups < 1 or x_shape[1] % groups:
        raise ShapeError(
            f"x of shape {x_shape} and y of shape {y_shape} must be batches of channels, which"
            f" groups = {groups} divides"
        )
    _channels((y_shape[1], x_shape[1] // groups, *size), groups)
    static, counts = _geometry(x_shape[2:], size, stride, padding, dilation, groups)
    if y_shape != (x_shape[0], y_shape[1], *counts):
        raise ShapeError(
            f"y of shape {y_shape} is no result of such a convolution of x of shape {x_shape},"
            f" which gives {(x_shape[0], y_shape[1], *counts)}"
        )
    return {"size": size, **static}


# ---------------------------------------------------------------------------------- definitions


def _patches(x: Any, size: Shape, geometry: dict[str, Any]) -> Any:
    """Return the windows of x as (batch, group, channel, count, place), all counts in one axis."""
    groups = geometry["groups"]
    x = pad(x, pad_width=((0, 0), (0, 0), *geometry["padding"]))
    view = windows(x, size=size, stride=geometry["stride"], dilation=geometry["dilation"])
    batch, channels, *counts = shape_of(view)[: -len(size)]
    shape = (batch, groups, channels // groups, math.prod(counts), math.prod(size))
    return reshape(view, shape=shape)


def _by_group(w: Any, groups: int) -> Any:
    out, inner, *size = shape_of(w)
    return reshape(w, shape=(groups, out // groups, inner, math.prod(size)))


def _conv_body(x: Any, weight: Any, **geometry: Any) -> Any:
    size, groups = shape_of(weight)[2:], geometry["groups"]
    y = einsum("ngcpk,gock->ngop", _patches(x, size, geometry), _by_group(weight, groups))
    _, counts = _geometry(shape_of(x)[2:], size, **geometry)
    return reshape(y, shape=(shape_of(x)[0], shape_of(weight)[0], *counts))


def _conv_transpose_body(x: Any, weight: Any, *, shape: Shape, **geometry: Any) -> Any:
    groups, padding = geometry["groups"], geometry["padding"]
    batch, channels, *counts = shape_of(x)
    x = reshape(x, shape=(batch, groups, channels // groups, math.prod(counts)))
    parts = einsum("ngop,gock->ngcpk", x, _by_group(weight, groups))
    inner, *size = shape_of(weight)[1:]
    parts = reshape(parts, shape=(batch, groups * inner, *counts, *size))
    stride, dilation = geometry["stride"], geometry["dilation"]
    whole = overlap_add(parts, shape=wide(shape, padding), stride=stride, dilation=dilation)
    return cropped(whole, padding)


def _conv_weight_grad_body(x: Any, y: Any, *, size: Shape, **geometry: Any) -> Any:
    groups = geometry["groups"]
    batch, channels, *counts = shape_of(y)
    y = reshape(y, shape=(batch, groups, channels // groups, math.prod(counts)))
    w = einsum("ngcpk,ngop->gock", _patches(x, size, geometry), y)
    return reshape(w, shape=(channels, shape_of(x)[1] // groups, *size))


# ----------------------------------------------------------------------------------- operations


def _conv_by_x(
    g: Any, weight: Any, x_shape: Shape, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    return conv_transpose(
        g, weight, shape=x_shape[2:],
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip


def _conv_by_weight(
    g: Any, x: Any, weight_shape: Shape, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    return conv_weight_grad(
        x, g, size=weight_shape[2:],
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip


def _transpose_by_x(
    g: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    return conv(g, weight, stride=stride, padding=padding, dilation=dilation, groups=groups)


def _transpose_by_weight(
    g: Any, x: Any, weight_shape: Shape, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    return _conv_by_weight(x, g, weight_shape, stride, padding, dilation, groups)


def _weight_grad_by_x(
    g: Any, y: Any, x_shape: Shape, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    return _conv_by_x(y, g, x_shape, stride, padding, dilation, groups)


def _weight_grad_by_y(g: Any, x: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    return conv(x, g, stride=stride, padding=padding, dilation=dilation, groups=groups)


# ----------------------------------------------------------------------------------- of examples


def _as_channels(operand: Operand, size: int) -> Any:
    """Return batches of all examples as one batch, in which the channels of all stand in a row."""
    batch, channels, *lengths = operand.shape
    swapped = permute_dims(operand.spread(size), axes=(1, 0, *range(2, operand.ndim + 1)))
    return swapped.reshape((batch, size * channels, *lengths))


def _conv_of_examples(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    x, weight = operands
    if not weight.batched:
        rows = x.value.reshape((size * x.shape[0], *x.shape[1:]))
        out = dispatch(op, (rows, weight.value), static)
        return out.reshape((size, x.shape[0], *shape_of(out)[1:]))
    if size == 0:
        return looped(op, size, operands, static)
    # Each example is a group of its own.
    stacked = weight.value.reshape((size * weight.shape[0], *weight.shape[1:]))
    grouped = {**static, "groups": size * static["groups"]}
    out = dispatch(op, (_as_channels(x, size), stacked), grouped)
    batch, channels, *counts = shape_of(out)
    parted = out.reshape((batch, size, channels // size, *counts))
    return permute_dims(parted, axes=(1, 0, *range(2, 3 + len(counts))))


def _weight_grad_of_examples(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    if size == 0:
        return looped(op, size, operands, static)
    x, y = operands
    grouped = {**static, "groups": size * static["groups"]}
    out = dispatch(op, (_as_channels(x, size), _as_channels(y, size)), grouped)
    return out.reshape((size, y.shape[1], *shape_of(out)[1:]))


# ----------------------------------------------------------------------------------- the records


def _joint_dtype(x: Any, y: Any, **_: Any) -> Any:
    return np.result_type(x.dtype, y.dtype)


conv: OpFunction = register(
    "conv",
    _convolution.conv,
    {"x": _conv_by_x, "weight": _conv_by_weight},
    family="fused",
    jvp={"x": MULTILINEAR, "weight": MULTILINEAR},
    batch=_conv_of_examples,
    symbol="∗",
    body=_conv_body,
    dtype=_joint_dtype,
    prepare=_check_conv,
    notation=function(),
    doc="""Return the convolution of a batch x (batch, channels, *spatial) with a weight.

    The weight has shape (out, channels / groups, *kernel), the result (batch, out, *counts):

        y[n, o, p] = Σ_c Σ_k w[o, c, k] · x[n, c, stride · p + dilation · k − padding],

    with count = ⌊(n + padding − span) / stride⌋ + 1 and span = (kernel − 1) · dilation + 1 along
    each spatial axis, of which there may be any number (Dumoulin & Visin 2016, "A guide to
    convolution arithmetic", relation 15; Deep Learning Specialization, course 4, week 1). The
    kernel is not flipped: mathematics calls this cross-correlation, networks a convolution.

    `stride` and `dilation` are an integer or one for each spatial axis. `padding`, how many zeros
    stand around x, may be an integer or one for each axis, where a pair means before and after; or
    "same": ⌈n / stride⌉ results, TensorFlow's rule, which puts an odd zero after. `groups` cuts
    the channels of x and of y in as many parts, and each part of y sees its part of x only.

    >>> tg.conv([[[1.0, 2.0, 4.0, 8.0]]], [[[-1.0, 1.0]]])
    tensor([[[1., 2., 4.]]])
    """,
)
conv_transpose: OpFunction = register(
    "conv_transpose",
    _convolution.conv_transpose,
    {"x": _transpose_by_x, "weight": _transpose_by_weight},
    family="fused",
    jvp={"x": MULTILINEAR, "weight": MULTILINEAR},
    batch=_conv_of_examples,
    symbol="∗ᵀ",
    body=_conv_transpose_body,
    dtype=_joint_dtype,
    prepare=_check_conv_transpose,
    notation=function(),
    doc="""Return the transposed convolution of x (batch, out, *counts): the adjoint of `conv` by x.

    The weight has the shape that `conv` takes, (out, channels / groups, *kernel); the result has
    shape (batch, channels, *shape), where `conv` with the same parameters would give x's shape.
    Each element of x adds its multiple of the kernel: a stride makes the result larger than x, as
    decoders and generators want it.

    >>> tg.conv_transpose([[[1.0, 2.0, 4.0]]], [[[-1.0, 1.0]]], shape=4)
    tensor([[[-1., -1., -2.,  4.]]])
    """,
)
conv_weight_grad: OpFunction = register(
    "conv_weight_grad",
    _convolution.conv_weight_grad,
    {"x": _weight_grad_by_x, "y": _weight_grad_by_y},
    family="fused",
    jvp={"x": MULTILINEAR, "y": MULTILINEAR},
    batch=_weight_grad_of_examples,
    symbol="∗ʷ",
    body=_conv_weight_grad_body,
    dtype=_joint_dtype,
    prepare=_check_conv_weight_grad,
    notation=function(),
    doc="""Return the gradient of ⟨y, conv(x, weight)⟩ by the weight, whose kernel has shape `size`.

    x has shape (batch, channels, *spatial), y that of the convolution, the result
    (out, channels / groups, *size). The other parameters are those of `conv`.

    >>> tg.conv_weight_grad([[[1.0, 2.0, 4.0, 8.0]]], [[[1.0, 1.0, 1.0]]], size=2)
    tensor([[[ 7., 14.]]])
    """,
)
