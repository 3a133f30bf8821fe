"""A kernel's failure in terms of the op: its operands, the axes that clash, what would fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.shapes import shape_of


def explain(
    op: Any, operands: Sequence[Any], error: Exception, static: Mapping[str, Any] | None = None
) -> Exception:
    """Return ``error`` in terms of an op: its name, its operands, the module it stands in."""
    where = f"{op.name}{errors.where_in(MODE.get().scope)}"
    if type(error).__module__ == errors.__name__:
        strange = _no_array(op, operands) if type(error) is errors.ShapeError else None
        if strange:  # it has no shape to speak of
            return errors.DTypeError(f"{where}: {strange}")
        if not str(error).startswith((f"{op.name}:", f"{where}:")):
            error.args = (f"{where}: {error}{_named(op, operands)}",)
        return error if is_users(op) else error.with_traceback(None)
    clash = _clash(op, operands)
    given = [
        f"{op.operand_name(i)} = {errors.describe(operand)}" for i, operand in enumerate(operands)
    ]
    given += [f"{name} = {errors.describe(value)}" for name, value in (static or {}).items()]
    detail = f"{where}: {clash or errors.reworded(error)}\n  got " + "\n      ".join(given)
    if isinstance(error, IndexError):
        return errors.AxisError(detail)
    if isinstance(error, TypeError):
        return errors.DTypeError(detail)
    # NumPy has one class for both.
    about_shapes = clash or any(word in str(error) for word in ("shape", "broadcast", "dimension"))
    return errors.ShapeError(detail) if about_shapes else errors.ArgumentError(detail)


def cause(op: Any, error: Exception) -> Exception | None:
    """Return what an explained error is raised from: the failure of a user's kernel, if it is one.

    Its lines are the user's to correct. Of this package's kernels the explanation says all, and
    what NumPy said would make the traceback twice as long.
    """
    of_ours = type(error).__module__ == errors.__name__
    return error if is_users(op) and not of_ours else None


def is_users(op: Any) -> bool:
    """Return whether the kernel of an op is a user's."""
    return hasattr(op.kernel, "returns_any_dtype")


def _no_array(op: Any, operands: Sequence[Any]) -> str | None:
    """Say which operand is nothing to compute with; only the first one is never left out."""
    for i, operand in enumerate(operands):
        if isinstance(operand, (str, bytes, dict, set)) or (operand is None and i == 0):
            return f"{op.operand_name(i)} is a tensor or an array, not {errors.describe(operand)}"
    return None


def _named(op: Any, operands: Sequence[Any]) -> str:
    """Return a line that tells which operands have names, if any."""
    names = [
        f"{op.operand_name(i)} is {operand.name!r}"
        for i, operand in enumerate(operands)
        if hasattr(operand, "shape")
        and getattr(operand, "name", None) not in (None, op.operand_name(i))
    ]
    return f"\n  where {', '.join(names)}" if names else ""


def _clash(op: Any, operands: Sequence[Any]) -> str | None:
    """Say which axes of the operands do not fit, and what would make them fit."""
    shapes = [shape_of(operand) for operand in operands]
    if op.name == "matmul" and () in shapes:
        scalar = op.inputs[shapes.index(())]
        return f"{scalar} is a scalar, matmul multiplies vectors and matrices; write x * y"
    if op.family == "elementwise":
        return _broadcast_clash(op, shapes)
    if op.name == "matmul":
        return _matmul_clash(shapes[0], shapes[1])
    return None


def _broadcast_clash(op: Any, shapes: Sequence[tuple[int, ...]]) -> str | None:
    for j, second in enumerate(shapes):
        for i, first in enumerate(shapes[:j]):
            for axis in range(-1, -1 - min(len(first), len(second)), -1):
                if first[axis] != second[axis] and 1 not in (first[axis], second[axis]):
                    a, b = op.inputs[i], op.inputs[j]
                    text = (
                        f"{a} of shape {first} and {b} of shape {second} do not broadcast:"
                        f" axis {axis} has {first[axis]} against {second[axis]}"
                    )
                    return text + _broadcast_hint(a, first, b, second)
    return None


def _broadcast_hint(a: str, first: tuple[int, ...], b: str, second: tuple[int, ...]) -> str:
    if len(first) == len(second) >= 2 and first[-2:] == second[-2:][::-1]:
        return f"; write {b}.mT to swap the last two axes of {b}"
    short, shape, long = (b, second, first) if len(second) < len(first) else (a, first, second)
    if len(shape) == 1 and len(long) == 2 and shape[0] == long[0]:
        return f"; write {short}[:, None] to line {short} up with the rows"
    return ""


def _matmul_clash(x: tuple[int, ...], y: tuple[int, ...]) -> str | None:
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] == inner:
        return _batch_clash(x[:-2], y[:-2])
    y_axis = "-2" if len(y) > 1 else "0"
    text = (
        f"x of shape {x} and y of shape {y}: axis -1 of x has {x[-1]},"
        f" axis {y_axis} of y has {inner}, and they must be equal"
    )
    if len(y) > 1 and x[-1] == y[-1]:
        return f"{text}; write x @ y.mT"
    if len(x) > 1 and x[-2] == inner:
        return f"{text}; write x.mT @ y"
    return text


def _batch_clash(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    return f"the batch shapes {x} and {y} do not broadcast"
