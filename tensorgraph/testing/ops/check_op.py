"""``check_op``: all that the engine's tests ask of its own operations, asked of yours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorgraph.engine.numeric_rule import is_numeric
from tensorgraph.engine.op import Op
from tensorgraph.errors import ArgumentError, DTypeError, listing
from tensorgraph.testing.ops import points, precision, record_requirements, requirements, sizes
from tensorgraph.testing.ops.op_calls import Case, bound, elementwise_cases, record_of
from tensorgraph.testing.ops.references import check_value, reference
from tensorgraph.testing.ops.suggested_rule import suggested_rule
from tensorgraph.testing.promises import Checked, NotAsked, Promise, examined


def check_op(op: Op | Callable[..., Any], *inputs: Any, **static: Any) -> Checked:
    """Test an operation as the engine tests its own; tell of all promises that it breaks.

    ================  ==============================================================================
    value             is that of ``ref``, element by element
    extremes          so it is at 0 and near it, at the domain's ends and beyond, at infinity; and
                      the gradient is the slope of ``ref``: wherever that gives a number. Without
                      a ``ref``, the gradient is right far out in the domain
    dtypes            float32 in, float32 out; each gradient in the dtype of its operand
    precision         float32 gives what float64 does, up to rounding, in both orders
    gradients         and second derivatives are right, with numeric ones beside them
    zero              so they are at 0 and near it, where that is in the domain
    adjoint           ⟨u, Jv⟩ = ⟨Jᵀu, v⟩
    linearity         the gradient is linear in the one that arrives
    layouts           strided, reversed and transposed inputs change nothing
    aliasing          one array in two places is as good as two
    purity            nothing handed in is changed, no two gradients share memory
    NaN               stays NaN, and in its own element
    sizes             arrays of 1 to 131,101 elements, of up to six axes, give what their elements
                      give among few; or what the examples along an axis do, if there are such
    broadcasting      is repeating, and its gradient is the sum
    saved             is what the rules read, and nothing else
    body              of a fused operation: the same value, gradient and second derivative
    rules             given arrays return arrays
    rule              of an operation without one: which it could have, where its kernel tells
    ================  ==============================================================================

    and what the record states besides: ``shape`` and ``dtype`` (*inference*), ``lowering``,
    ``code`` and ``facts``.

    Args:
        op: what ``tg.op`` returned.
        inputs: what to call it with: float64, integer or boolean arrays. An elementwise operation
            needs none: inputs of many shapes are drawn from its domain.
        static: its static parameters; ``ref`` is given them too.

    Raises:
        CheckError: promises are broken; it tells of each.
        ArgumentError: an operation that is not elementwise got no inputs; or ``ref`` does not take
            the static parameters.

    Example:
        >>> import math
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> sinc = tg.op("sinc", lambda x: np.sin(x) / x,
        ...              {"x": lambda g, x, out: g * (tg.cos(x) - out) / x},
        ...              domain={"x": tg.Real(0.5, 3.0)}, ref=lambda x: math.sin(x) / x)
        >>> tg.testing.check_op(sinc)
        check_op: sinc, 5 calls: 16 promises kept
          ✓ runs, value, dtypes, gradients, adjoint, linearity, layouts, aliasing, purity, ...
    """
    record = record_of(op)
    if inputs:
        arrays = _given(record, inputs)
        cases = [Case(record.name, bound(record, static), arrays, "dtype" not in record.defaults)]
    elif record.family == "elementwise":
        cases = elementwise_cases(record, static)
    else:
        raise ArgumentError(
            f"check_op: {record.name} is not elementwise; give example inputs:"
            f" check_op({record.name}, x, …)"
        )
    if record.ref is not None:
        reference(record, static)  # takes the static parameters
    calls = f"{len(cases)} call{'s' * (len(cases) != 1)}"
    promises = {
        "runs": every(
            cases,
            requirements.check_elementwise if record.family == "elementwise" else Case.run,
        ),
        **_of_calls(record, cases, static, bool(inputs)),
        **_of_record(record, cases, static),
    }
    if is_numeric(record):
        for name in _OF_RULES & promises.keys():
            promises[name] = _not_of_numeric
        promises["rule"] = partial(_of_missing_rule, record, cases)
    needs = dict.fromkeys(promises, ("runs",)) | _NEEDS
    return examined(f"check_op: {record.name}, {calls}", promises, needs)


_OF_RULES = {
    "extremes", "precision", "gradients", "zero", "adjoint", "linearity", "aliasing", "NaN",
    "sizes", "saved", "rules",
}  # fmt: skip
"""Promises that are those of gradient rules, at least in part."""


def _not_of_numeric() -> None:
    raise NotAsked("the gradient is numeric, and would be compared with itself")


def _of_missing_rule(op: Op, cases: Sequence[Case]) -> str:
    """Return the remark that tells which rule an operation without one could have."""
    found = suggested_rule(op, cases)
    if found is None:
        raise NotAsked("it has none, and none follows from its kernel")
    return f"it has none; one that agrees with its values: {found}"


def _given(op: Op, inputs: Sequence[Any]) -> tuple[np.ndarray[Any, Any], ...]:
    """Return example inputs as arrays, if the operation can be checked with them."""
    arrays = tuple(np.array(value) for value in inputs)
    for i, array in enumerate(arrays):
        if array.dtype.kind == "f" and array.dtype != np.float64:
            raise DTypeError(
                f"check_op: {op.name} is given {op.operand_name(i)} in {array.dtype}; give"
                " float64: single precision is tried besides"
            )
    try:
        np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        if op.family == "elementwise":
            raise ArgumentError(
                f"check_op: {op.name} counts as elementwise, but the inputs' shapes"
                f" {listing([array.shape for array in arrays])} do not broadcast;"
                f" {requirements.IF_NOT}"
            ) from None
    return arrays


_NEEDS = {
    "extremes": ("runs", "value", "gradients"),
    "zero": ("runs", "gradients"),
    "adjoint": ("runs", "gradients"),
}
"""Promises that break where others are broken."""


def _of_calls(
    op: Op, cases: Sequence[Case], static: dict[str, Any], given: bool
) -> dict[str, Promise]:
    """Return what every operation promises of its calls, those that are given or those drawn."""
    promises: dict[str, Promise] = {}
    elementwise = op.family == "elementwise"
    if elementwise and op.ref is not None:
        promises["value"] = every(cases, lambda case: check_value(op, case, static))
    promises |= {
        "dtypes": every(cases, requirements.check_dtypes),
        "gradients": every(cases, requirements.check_gradients),
        "adjoint": every(cases, requirements.check_adjoint),
        "linearity": every(cases, requirements.check_linearity),
        "layouts": every(cases, requirements.check_layouts),
        "aliasing": every(cases, requirements.check_aliasing),
        "purity": every(cases, requirements.check_purity),
    }
    many = cases if given or not elementwise else [sizes.elements(op, static).case]
    promises["precision"] = every(many, lambda case: precision.check_precision(op, case))
    if not elementwise:
        return promises | {"sizes": lambda: _sizes_of_others(op, cases)}
    drawn = partial(sizes.elements, op, static, cases=cases if given else ())
    if op.ref is not None:
        promises["extremes"] = partial(_in_turn, op, static, _EXTREMES)
    if op.domain or not given:  # else nobody knows whether it is defined there
        promises["zero"] = partial(points.check_zero, op, static)
        promises.setdefault("extremes", partial(points.check_far, op, static))
    promises |= {
        "NaN": lambda: points.check_nan(op, static, drawn()),
        "sizes": lambda: sizes.check_elements(drawn),
    }
    if op.arity > 1:
        promises["broadcasting"] = every(cases, requirements.check_broadcasting)
    return promises


def _of_record(op: Op, cases: Sequence[Case], static: dict[str, Any]) -> dict[str, Promise]:
    """Return what a record promises by its fields."""
    promises: dict[str, Promise] = {"saved": lambda: requirements.check_saved(op, cases)}
    if op.body is not None:
        promises["body"] = every(cases, lambda case: requirements.check_body(op, case, static))
    promises["rules"] = every(cases, lambda case: record_requirements.check_rules(op, case))
    for stated, check in (
        (op.shape or op.dtype, record_requirements.check_inference),
        (op.lowering, record_requirements.check_lowering),
        (op.code, record_requirements.check_code),
        (op.facts, record_requirements.check_facts),
    ):
        if stated:
            name = check.__name__.removeprefix("check_")
            promises[name] = every(cases, partial(_of_field, check, op, static))
    return promises


def _of_field(check: Callable[..., None], op: Op, static: dict[str, Any], case: Case) -> None:
    check(op, case, static)


_EXTREMES = (points.check_values_at_points, points.check_slopes_at_points)


def _in_turn(op: Op, static: dict[str, Any], checks: Sequence[Callable[..., None]]) -> None:
    for check in checks:
        check(op, static)


def _sizes_of_others(op: Op, cases: Sequence[Case]) -> None:
    if not any([sizes.check_counts(op, case) for case in cases]):
        raise NotAsked(
            "no axis of the inputs holds examples that are treated each by itself: give large ones"
        )


def every(cases: Sequence[Case], check: Callable[[Case], Any]) -> Promise:
    """Return the promise that each of some calls keeps one."""

    def promise() -> None:
        for case in cases:
            check(case)

    return promise
