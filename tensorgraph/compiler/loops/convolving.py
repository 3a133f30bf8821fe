"""Convolutions: their arrays are laid out with the batch last, for the statement that makes one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tensorgraph.compiler.loops.scalars import Buffer, Shape
from tensorgraph.compiler.loops.statements import Array, Convolution, Stored
from tensorgraph.ops.convolve import BLOCK
from tensorgraph.ops.window import Padding, wide
from tensorgraph.symbolic.expr import Expr

if TYPE_CHECKING:
    from tensorgraph.compiler.loops.lowering import Lowering


def conv(program: Lowering, e: Expr) -> Array:
    """Return a convolution."""
    if not _in_c(program, e):
        return program.call(e)
    x, weight = e.args
    padded = _batch_last(program, x, e.static["padding"])
    y = _new(e, e.shape)
    return _made(program, e, padded, program.contiguous(weight), y, y)


def conv_weight_grad(program: Lowering, e: Expr) -> Array:
    """Return the gradient of a convolution by its weight."""
    if not _in_c(program, e):
        return program.call(e)
    x, y = e.args
    padded = _batch_last(program, x, e.static["padding"])
    weight = Stored(Buffer(e.shape, e.dtype), e.shape)
    return _made(program, e, padded, weight, _batch_last(program, y), weight)


def conv_transpose(program: Lowering, e: Expr) -> Array:
    """Return the gradient of a convolution by its input."""
    if not _in_c(program, e):
        return program.call(e)
    y, weight = e.args
    padding = e.static["padding"]
    padded = _new(e, (*e.shape[:2], *wide(e.shape[2:], padding)))
    given = program.contiguous(weight), _batch_last(program, y)
    return _inside(_made(program, e, padded, *given, padded), e.shape, padding)


def _in_c(program: Lowering, e: Expr) -> bool:
    """Return whether there is a statement for it: of real numbers, of one dtype, with BLAS."""
    empty = any(0 in x.shape for x in (e, *e.args))
    return program.blas and not empty and {x.dtype for x in (e, *e.args)} == {e.dtype}


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
    return (*range(1, len(shape)), 0)


def _new(e: Expr, shape: Shape) -> Stored:
    return Stored.new(e.dtype, shape, _order(shape))


def _batch_last(program: Lowering, e: Expr, padding: Padding = ()) -> Stored:
    """Return an array (batch, channels, *spatial), padded, with the batch last in memory."""
    if not any(map(any, padding)):
        x = program.in_memory(e)
        if _is_batch_last(x):
            return x
        out = _new(e, e.shape)
        program.store(x, out)
        return out
    key = e, tuple(padding)
    if key not in program.padded:  # the gradient by the weight needs it again
        out = _new(e, (*e.shape[:2], *wide(e.shape[2:], padding)))
        program.fill(0, out.buffer)
        program.store(program.array(e), _inside(out, e.shape, padding))
        program.padded[key] = out
    return program.padded[key]


def _is_batch_last(x: Stored) -> bool:
    order = _order(x.shape)
    shape, strides = (tuple(values[d] for d in order) for values in (x.shape, x.strides))
    return Stored(x.buffer, shape, x.offset, strides).is_contiguous


def _inside(x: Stored, shape: Shape, padding: Padding) -> Stored:
    """Return what stands amid the padding."""
    before = [pair[0] for pair in padding]
    offset = sum(n * s for n, s in zip(before, x.strides[2:], strict=True))
    return Stored(x.buffer, shape, x.offset + offset, x.strides)
