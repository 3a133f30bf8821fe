"""Operators that multiply and add up: matrix products, einsum, convolutions."""

from __future__ import annotations

from typing import Any

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.linalg import det
from tensorgraph.onnx.importing.table import WEIGHT_AND_BIAS, operator
from tensorgraph.onnx.importing.values import Ints, allowed


@operator("MatMul", weights={0: "weight", 1: "weight"})
def matmul(x: Any, y: Any) -> Any:
    """Return a matrix product."""
    return ops.matmul(x, y)


@operator("Gemm", weights=WEIGHT_AND_BIAS)
def gemm(
    a: Any, b: Any, c: Any = None, *, alpha: float = 1.0, beta: float = 1.0, transA: int = 0,
    transB: int = 0, broadcast: int = 1,
) -> Any:  # fmt: skip
    """Return alpha a b + beta c, of matrices that may be transposed."""
    if a.dtype.kind == "f" and alpha == 1 and (c is None or beta == 1):
        rows = ops.matrix_transpose(a) if transA else a
        if transB and c is not None and ndim_of(c) == 1 and shape_of(c)[0] == shape_of(b)[0]:
            return ops.linear(rows, b, c)
    product = ops.matmul(
        ops.matrix_transpose(a) if transA else a, ops.matrix_transpose(b) if transB else b
    )
    whole = a.dtype.kind in "iu"
    product = product if alpha == 1 else product * (int(alpha) if whole else alpha)
    if c is None:
        return product
    return product + (c if beta == 1 else c * (int(beta) if whole else beta))


@operator("Einsum")
def _einsum(*inputs: Any, equation: str) -> Any:
    return ops.einsum(equation.replace(" ", ""), *inputs)


@operator("Det")
def _det(x: Any) -> Any:
    return det(x)


# ------------------------------------------------------------------------------------ convolutions


def geometry(
    lengths: Ints, size: Ints, strides: Ints | None, dilations: Ints | None, pads: Ints | None,
    auto_pad: str,
) -> tuple[Ints, Ints, tuple[tuple[int, int], ...]]:  # fmt: skip
    """Return strides, dilations and the padding on both sides of each axis.

    Raises:
        OnnxError: they do not fit one another.
    """
    rank = len(size)
    stride, dilation = strides or (1,) * rank, dilations or (1,) * rank
    around = pads or (0,) * (2 * rank)
    if not len(lengths) == rank == len(stride) == len(dilation) == len(around) / 2:
        raise OnnxError(
            f"windows of {size} over {lengths} with strides {stride}, dilations {dilation} and pads"
            f" {around}: there must be as many of each as axes"
        )
    if min((*stride, *dilation, *size), default=1) < 1:
        raise OnnxError(f"windows of {size}, strides {stride}, dilations {dilation}: below 1")
    if auto_pad in ("NOTSET", ""):
        allowed(tuple(n + max(sum(around[i::rank]), 0) for i, n in enumerate(lengths)))
        return stride, dilation, tuple(zip(around[:rank], around[rank:], strict=True))
    if auto_pad == "VALID":
        return stride, dilation, ((0, 0),) * rank
    if auto_pad not in ("SAME_UPPER", "SAME_LOWER"):
        raise OnnxError(f"auto_pad {auto_pad!r} is not known")
    sides = []
    for n, k, s, d in zip(lengths, size, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        small, large = total // 2, total - total // 2
        sides.append((small, large) if auto_pad == "SAME_UPPER" else (large, small))
    return stride, dilation, tuple(sides)


@operator("Conv", weights=WEIGHT_AND_BIAS)
def conv(
    x: Any, weight: Any, bias: Any = None, *, auto_pad: str = "NOTSET",
    dilations: Ints | None = None, group: int = 1, kernel_shape: Ints | None = None,
    pads: Ints | None = None, strides: Ints | None = None,
) -> Any:  # fmt: skip
    """Return a convolution."""
    size = shape_of(weight)[2:]
    stride, dilation, sides = geometry(shape_of(x)[2:], size, strides, dilations, pads, auto_pad)
    if min((0, *(n for side in sides for n in side))) < 0:
        raise OnnxError(f"Conv with the pads {pads}, which are negative")
    y = ops.conv(x, weight, stride=stride, padding=sides, dilation=dilation, groups=group)
    return y if bias is None else y + _of_channels(bias, ndim_of(y))


def _of_channels(bias: Any, rank: int) -> Any:
    return ops.reshape(bias, shape=(-1, *(1,) * (rank - 2)))


@operator("ConvTranspose", weights=WEIGHT_AND_BIAS)
def _conv_transpose(
    x: Any, weight: Any, bias: Any = None, *, auto_pad: str = "NOTSET",
    dilations: Ints | None = None, group: int = 1, kernel_shape: Ints | None = None,
    output_padding: Ints | None = None, output_shape: Ints | None = None, pads: Ints | None = None,
    strides: Ints | None = None,
) -> Any:  # fmt: skip
    size, lengths = shape_of(weight)[2:], shape_of(x)[2:]
    same = auto_pad.startswith("SAME")
    stride, dilation, sides = geometry(
        lengths, size, strides, dilations, pads, "NOTSET" if same else auto_pad
    )
    more = output_padding or (0,) * len(size)
    each = list(zip(lengths, size, stride, dilation, more, strict=True))
    whole = [s * (n - 1) + o + (k - 1) * d + 1 for n, k, s, d, o in each]
    if output_shape is not None or same:
        wanted = output_shape or tuple(n * s for n, _, s, _, _ in each)
        gone = [w - n for w, n in zip(whole, wanted[-len(size) :], strict=True)]
        sides = tuple(
            (g // 2, g - g // 2) if auto_pad == "SAME_UPPER" else (g - g // 2, g // 2) for g in gone
        )
    # What the kernels reach, of which some is cut off, and to which zeros may be added.
    reach = tuple(s * (n - 1) + (k - 1) * d + 1 for n, k, s, d, _ in each)
    allowed((shape_of(x)[0], shape_of(weight)[1] * group, *whole))
    y = ops.conv_transpose(x, weight, shape=reach, stride=stride, dilation=dilation, groups=group)
    after = [(0, max(w - r, 0)) for w, r in zip(whole, reach, strict=True)]
    around = [(max(-a, 0), max(-b, 0)) for a, b in sides]
    if any(b for _, b in after):
        y = ops.pad(y, pad_width=((0, 0), (0, 0), *after))
    if any(a or b for a, b in around):
        y = ops.pad(y, pad_width=((0, 0), (0, 0), *around))
    if any(a > 0 or b > 0 for a, b in sides):
        ends = zip(shape_of(y)[2:], sides, strict=True)
        inner = (slice(max(a, 0), n - max(b, 0)) for n, (a, b) in ends)
        y = y[(slice(None), slice(None), *inner)]
    return y if bias is None else y + _of_channels(bias, ndim_of(y))
