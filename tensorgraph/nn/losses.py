"""Losses: how wrong a prediction is.

A *loss* belongs to one example; the *cost* is its mean over all m examples, which is what
``reduction="mean"`` returns and training minimises. ``"none"`` returns the loss of each example,
``"sum"`` their total. A prediction and its target are never broadcast against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph import errors
from tensorgraph.arrays import to_array
from tensorgraph.modes import MODE
from tensorgraph.ops._axes import one_axis
from tensorgraph.ops.arithmetic import astype
from tensorgraph.ops.reduce import mean, sum
from tensorgraph.ops.softmax import class_cross_entropy, softmax_cross_entropy
from tensorgraph.shapes import shape_of

Shape = tuple[int, ...]

REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "mean": mean,
    "sum": sum,
    "none": lambda losses: losses,
}


def cross_entropy(logits: Any, target: Any, axis: int = -1, reduction: str = "mean") -> Any:
    """Return the cross-entropy of softmax(logits) against the target.

    For one example with logits z and target distribution y over the classes,

        loss = −Σₖ yₖ log aₖ   with   a = softmax(z),

    and its gradient by z is a − y (Goodfellow, Bengio & Courville 2016, equation 6.31; Deep
    Learning Specialization, course 2, week 3). A class c stands for the distribution that is 1 at
    c. The logits come straight from a linear layer; a softmax before the loss would be a second
    one.

    Args:
        logits: shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the logits without ``axis``; or distributions, of
            the same shape as the logits.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes of logits and target do not fit as above.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that the logits do not have.
        ArgumentError: an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
        >>> cost = tg.nn.losses.cross_entropy(z, [0, 1])
        >>> print(f"{cost:.4f}")
        0.4100
        >>> cost.backward()
        >>> print((z.grad * 2).round(4))  # m dZ = A − Y
        [[-0.1192  0.1192]
         [ 0.5    -0.5   ]]
    """
    check_reduction(reduction)
    logits, target = _arrays(logits), _arrays(target)
    shape, target_shape = shape_of(logits), shape_of(target)
    try:
        axis = one_axis(axis, len(shape))
    except errors.AxisError as error:
        raise errors.AxisError(f"{_here('cross_entropy')}: {error}") from None
    if target_shape == shape:
        if target.dtype != logits.dtype and logits.dtype.kind == "f":
            # One-hot integers, or float64 beside float32: the loss comes in the logits' dtype.
            target = astype(target, dtype=logits.dtype)
        return REDUCTIONS[reduction](softmax_cross_entropy(logits, target, axis=axis))
    if target_shape != shape[:axis] + shape[axis + 1 :]:
        raise errors.ShapeError(_misfit(shape, target_shape, axis))
    return REDUCTIONS[reduction](class_cross_entropy(logits, target, axis=axis))


def check_reduction(reduction: str) -> None:
    """Raise unless ``reduction`` is a known word.

    Raises:
        ArgumentError: it is not.
    """
    if reduction not in REDUCTIONS:
        raise errors.ArgumentError(
            f"reduction must be {' or '.join(map(repr, REDUCTIONS))}, not {reduction!r}"
        )


def _arrays(value: Any) -> Any:
    return value if hasattr(value, "dtype") else to_array(value)


def _here(name: str) -> str:
    return f"{name}{errors.where_in(MODE.get().scope)}"


def _misfit(shape: Shape, target: Shape, axis: int) -> str:
    classes = shape[:axis] + shape[axis + 1 :]
    hint = ""
    if target in ((*classes, 1), (1, *classes), (*shape[:axis], 1, *shape[axis + 1 :])):
        hint = f"; write target.reshape({classes}) to drop the axis of length 1"
    elif target == shape[::-1]:
        hint = "; write target.T"
    elif len(shape) == 2 and target == shape[axis : axis + 1]:
        hint = f"; write axis={1 - axis} if the classes stand along axis {1 - axis}"
    return (
        f"{_here('cross_entropy')}: logits of shape {shape} with the classes along axis {axis} take"
        f" integer classes of shape {classes}, or distributions of shape {shape}, not a target of"
        f" shape {target}{hint}"
    )
