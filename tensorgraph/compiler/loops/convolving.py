"""Convolutions: their arrays are laid out with the batch last, for the statement that makes one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tensorgraph.compiler.loops.scalars import Buffer, Shape
from tensorgraph.compiler.loops.statements import Array, Convolution, Stored, is_for_blas
from tensorgraph.ops._convolution import BLOCK
from tensorgraph.ops.window import Padding, wide
from tensorgraph.symbolic.expr import Expr

if TYPE_CHECKING:
    from tensorgraph.compiler.loops.lowering import Lowering


def conv(program: Lowering, e: Expr) -> Array | None:
    """Return a convolution; ``None`` if its kernel has to make it."""
    if not _in_c(program, e):
        return None
    x, weight = e.args
    padded = _batch_last(program, x, e.static["padding"])
    y = _new(e, e.shape)
    return _made(program, e, padded, program.contiguous(weight), y, y)


def conv_weight_grad(program: Lowering, e: Expr) -> Array | None:
    """Return the gradient of a convolution by its weight."""
    if not _in_c(program, e):
        return None
    x, y = e.args
    padded = _batch_last(program, x, e.static["padding"])
    weight = Stored(Buffer(e.shape, e.dtype), e.shape)
    return _made(program, e, padded, weight, _batch_last(program, y), weight)


def conv_transpose(program: Lowering, e: Expr) -> Array | None:
    """Return the gradient of a convolution by its input."""
    if not _in_c(program, e):
        return None
    y, weight = e.args
    padding = e.static["padding"]
    padded = _new(e, (*e.shape[:2], *wide(e.shape[2:], padding)))
    given = program.contiguous(weight), _batch_last(program, y)
    return _inside(_made(program, e, padded, *given, padded), e.shape, padding)


def _in_c(program: Lowering, e: Expr) -> bool:
    """Return whether there is a statement for it: BLAS multiplies, and nothing is empty."""
    return program.blas and is_for_blas(e) and not any(0 in x.shape for x in (e, *e.args))


def _made(program: Lowering, e: Expr, x: Stored, weight: Stored, y: Stored, made: Stored) -> Stored:
    """Add the statement that makes one of the three, and return that."""
    geometry = {name: e.static[name] for name in ("stride", "dilation", "groups")}
    row = x.shape[1] * math.prod(weight.shape[2:]) * math.prod(y.shape[3:]) * y.shape[0]
    rows = min(max(BLOCK // row, 1), y.shape[2])
    windows = Buffer((rows * row,), e.dtype)
    assert e.op is not None
    program.statements.append(Convolution(e.op, x, weight, y, made, windows, rows, **geometry))
    return made


def _order(shape: Shape) -> tuple[int, ...]:
    """Return the axes of (batch, channels, *spatial) with the batch last."""
    return (*range(1, len(shape)), 0)


def _new(e: Expr, shape: Shape) -> Stored:
    return Stored.new(e.dtype, shape, _order(shape))


def _batch_last(program: Lowering, e: Expr, padding: Padding = ()) -> Stored:
    """Return an array (batch, channels, *spatial), padded, with the batch last in memory."""
    padding = padding or ((0, 0),) * (e.ndim - 2)
    x, padded = program.array(e), any(map(any, padding))
    if not padded and isinstance(x, Stored) and _is_batch_last(x):
        return x
    key = e, padding
    if key not in program.laid_out:  # the gradient by the weight needs it again
        out = _new(e, (*e.shape[:2], *wide(e.shape[2:], padding)))
        if padded:
            program.fill(0, out.buffer)
        program.store(x, _inside(out, e.shape, padding))
        program.laid_out[key] = out
    return program.laid_out[key]


def _is_batch_last(x: Stored) -> bool:
    order = _order(x.shape)
    shape, strides = (tuple(values[d] for d in order) for values in (x.shape, x.strides))
    return Stored(x.buffer, shape, x.offset, strides).is_contiguous


def _inside(x: Stored, shape: Shape, padding: Padding) -> Stored:
    """Return what stands amid the padding."""
    before = [pair[0] for pair in padding]
    offset = sum(n * s for n, s in zip(before, x.strides[2:], strict=True))
    return Stored(x.buffer, shape, x.offset + offset, x.strides)
