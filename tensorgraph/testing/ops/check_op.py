"""``check_op``: all that the engine's tests ask of its own operations, asked of yours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np

from tensorgraph.display.tables import html_table
from tensorgraph.engine.op import Op
from tensorgraph.errors import ArgumentError, listing
from tensorgraph.testing.numeric.findings import of_single_precision
from tensorgraph.testing.ops import record_requirements, requirements
from tensorgraph.testing.ops.op_calls import Case, bound, elementwise_cases, record_of


@dataclass(frozen=True)
class CheckedOp:
    """What a passed :func:`check_op` checked."""

    name: str
    calls: int
    checks: tuple[str, ...]

    def __repr__(self) -> str:
        plural = "s" if self.calls != 1 else ""
        return f"{self.name} passed on {self.calls} call{plural}: {', '.join(self.checks)}"

    def _repr_html_(self) -> str:
        rows = ((check, "✓") for check in self.checks)
        return html_table([self.name, f"{self.calls} calls"], rows)


def check_op(op: Op | Callable[..., Any], *inputs: Any, **static: Any) -> CheckedOp:
    """Test an operation as the engine tests its own; raise for the first promise it breaks.

    Checked are the value against ``ref``, dtypes, first and second derivatives, ⟨u, Jv⟩ = ⟨Jᵀu, v⟩,
    that the gradient is linear in its cotangent, inputs of all layouts, broadcasting, that nothing
    handed to it changes, that it saves what its rules read and nothing else, that rules return
    arrays where arrays came in, a fused operation against its body, and what the record states
    besides: ``shape``, ``dtype``, ``code`` and ``facts``.

    Args:
        op: what ``tg.op`` returned.
        inputs: what to call it with: float64, integer or boolean arrays. An elementwise operation
            needs none: inputs of many shapes are drawn from its domain.
        static: its static parameters; ``ref`` is given them too.

    Raises:
        AssertionError: a promise is broken.
        GradcheckError: a derivative is wrong.
        ArgumentError: an operation that is not elementwise got no inputs; or ``ref`` does not take
            the static parameters.

    Example:
        >>> import math
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> sinc = tg.op("sinc", lambda x: np.sin(x) / x,
        ...              {"x": lambda g, x, out: g * (tg.cos(x) - out) / x},
        ...              domain={"x": tg.Real(0.5, 3.0)}, ref=lambda x: math.sin(x) / x)
        >>> found = tg.testing.check_op(sinc)
        >>> found.calls, found.checks[:3]
        (5, ('value', 'dtypes', 'gradients'))
    """
    record = record_of(op)
    if inputs:
        arrays = tuple(np.array(value) for value in inputs)
        cases = [Case(record.name, bound(record, static), arrays, "dtype" not in record.defaults)]
    elif record.family == "elementwise":
        cases = elementwise_cases(record, static)
    else:
        raise ArgumentError(
            f"check_op: {record.name} is not elementwise; give example inputs:"
            f" check_op({record.name}, x, …)"
        )
    done = []
    if record.ref is not None and record.family == "elementwise":
        done.append("value")
        for case in cases:
            check_value(record, case, static)
    for check in _FOR_ALL:
        done.append(check.__name__.removeprefix("check_"))
        for case in cases:
            check(case)
    if record.family == "elementwise" and record.arity > 1:
        done.append("broadcasting")
        for case in cases:
            requirements.check_broadcasting(case)
    requirements.check_saved(record, cases)
    done.append("saved")
    if record.body is not None:
        done.append("body")
        for case in cases:
            requirements.check_body(record, case, static)
    done.append("rules")
    for case in cases:
        record_requirements.check_rules(record, case)
    for stated, check_field in (
        (record.shape or record.dtype, record_requirements.check_inference),
        (record.lowering, record_requirements.check_lowering),
        (record.code, record_requirements.check_code),
        (record.facts, record_requirements.check_facts),
    ):
        if stated:
            done.append(check_field.__name__.removeprefix("check_"))
            for case in cases:
                check_field(record, case, static)
    return CheckedOp(record.name, len(cases), tuple(done))


_FOR_ALL: tuple[Callable[[Case], None], ...] = (
    requirements.check_dtypes,
    requirements.check_gradients,
    requirements.check_adjoint,
    requirements.check_linearity,
    requirements.check_layouts,
    requirements.check_purity,
)


def check_value(
    op: Op, case: Case, static: Mapping[str, Any] | None = None, rtol: float = 1e-13
) -> None:
    """An elementwise operation computes what its ``ref`` does, one element after the other."""
    reference = _reference(op, dict(static or {}))
    result = np.asarray(case.function(*case.inputs))
    for index, elements in zip(np.ndindex(result.shape), np.broadcast(*case.inputs), strict=True):
        expected = reference(*(e.item() for e in elements))
        found = result[index].item()
        close = abs(found - expected) <= rtol * abs(expected) + 1e-300
        if not (close or found == expected or (found != found and expected != expected)):
            cause = of_single_precision([(found, expected)])
            raise AssertionError(
                f"{case}: {found!r}, but ref gives {expected!r}, for"
                f" {', '.join(repr(e.item()) for e in elements)}{cause and f'; {cause}'}"
            )


def _reference(op: Op, static: dict[str, Any]) -> Callable[..., Any]:
    """Return the ``ref`` of an operation, with these static parameters."""
    reference = _resolve(op.ref)
    if not static:
        return reference
    try:
        signature(reference).bind(*op.inputs, **static)
    except (TypeError, ValueError):  # the latter if nobody knows
        raise ArgumentError(
            f"check_op: the ref of {op.name} does not take {listing(list(static))}; write"
            f" ref=lambda {', '.join([*op.inputs, '*', *static])}: …"
        ) from None
    return partial(reference, **static)


def _resolve(ref: str | Callable[..., Any] | None) -> Callable[..., Any]:
    """Return the function that a dotted name stands for."""
    if isinstance(ref, str):
        module, _, name = ref.rpartition(".")
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found
    if ref is None:
        raise ArgumentError("check_op: the operation has no ref")
    return ref
