"""``tg.precision``: where the digits go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.differences.digits.losses import Comparison, Loss
from tensorgraph.differences.digits.ranges import lost_constants
from tensorgraph.differences.digits.remedies import Remedies
from tensorgraph.differences.digits.report import LostDigits, PrecisionReport
from tensorgraph.differences.digits.rounded import is_float
from tensorgraph.differences.digits.tape import Entry, recorded
from tensorgraph.engine.arrays import to_dtype
from tensorgraph.leads.calls import with_leads

_NARROW = ("float16", "float32")


@with_leads
def precision(
    f: Callable[..., Any],
    *inputs: Any,
    loss: Callable[[Any], Any] | None = None,
    dtype: DTypeLike = "float32",
) -> PrecisionReport:
    """Return what a computation loses in single precision, operation by operation, worst first.

    The function runs in ``dtype``, forward and backward, and so does each of its operations in
    double precision, from the same arguments. What an operation loses *by itself* is found by
    giving it the right operands, rounded once; what that *costs*, by computing all else in double
    precision. So ``mean(x²) − mean(x)²`` is told of the difference, where the digits go, and a
    centred variance is not accused. Errors are relative, and such that a tenth of an array's
    elements are as wrong: a few that cancel by chance do not count.

    Of what costs two digits and a half or more, the usual remedy is said where there is one, if it
    was tried at these inputs and gains digits. Random draws and decisions (``x > 0``) are those of
    the narrow run. Backward starts from a gradient of 1 for each element of the results.

    Args:
        f: a function of tensors, or a module, whose parameters are in ``dtype`` for as long as this
            runs.
        inputs: tensors, arrays and containers of them; floating-point ones are rounded to
            ``dtype``.
        loss: a function of what ``f`` returns, to go on with: ``lambda out:
            tg.nn.losses.mse(out, y)``.
        dtype: ``"float32"`` or ``"float16"``.

    Raises:
        ArgumentError: another ``dtype``.
        DTypeError: ``f`` is no function, or returns nothing that it computed of tensors.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x = np.linspace(1000.0, 1001.0, 50)
        >>> found = tg.precision(lambda x: (x * x).mean() - x.mean() ** 2, x)
        >>> found.serious[0].op, found.serious[0].remedy[:33]
        ('subtract', 'mean(x²) − mean(x)²: write tg.var')
        >>> tg.precision(lambda x: tg.var(x), x).serious
        ()
    """
    if not callable(f):
        raise errors.DTypeError(
            f"precision: f is a function of tensors or a module, not {errors.describe(f)}"
        )
    narrow = to_dtype(dtype)
    if narrow.name not in _NARROW:
        raise errors.ArgumentError(f"precision: dtype is float16 or float32, not {narrow.name}")
    tape = recorded(f, inputs, loss, narrow)
    with np.errstate(all="ignore"):
        comparison = Comparison(tape, narrow)
        remedies = Remedies(comparison)
        found = [_told(loss, comparison, remedies) for loss in comparison.losses()]
        gradients = list(comparison.gradients())
        return PrecisionReport(
            narrow.name,
            len(tape.entries),
            dict(comparison.results()),
            {name: error for name, error, _ in gradients},
            tuple(sorted(found, key=lambda lost: -lost.effect)),
            sum(_takes_more(entry, narrow) for entry in tape.entries),
            {
                **lost_constants(tape.entries),
                **{name: gone for name, gone in comparison.undefined() if gone},
                **{f"gradient of {name}": gone for name, _, gone in gradients if gone},
            },
        )


def _takes_more(entry: Entry, narrow: np.dtype[Any]) -> bool:
    """Return whether an operation takes an array from outside that has more digits."""
    return any(
        source.entry is None
        and is_float(source.array)
        and np.ndim(source.array) > 0
        and source.array.dtype.itemsize > narrow.itemsize
        for source in entry.operands
    )


def _told(loss: Loss, comparison: Comparison, remedies: Remedies) -> LostDigits:
    entry, op = comparison.tape.entries[loss.k], comparison.tape.entries[loss.k].op
    name = op.name if loss.i is None else f"∂{op.name}/∂{op.operand_name(loss.i)}"
    lost = LostDigits(
        name, loss.own, loss.total, loss.effect, comparison.dtype.name, entry.path, entry.line,
        op.family in ("reduce", "contract"), loss.remarks,
    )  # fmt: skip
    if not lost.is_serious:
        return lost
    return LostDigits(**{**vars(lost), "remedy": remedies.of(loss)})
