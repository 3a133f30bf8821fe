"""The value of an elementwise operation against its ``ref``, which computes it in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np

from tensorgraph.engine.op import Op
from tensorgraph.errors import ArgumentError, listing
from tensorgraph.testing.numeric.findings import of_single_precision
from tensorgraph.testing.ops.op_calls import Case


def check_value(
    op: Op, case: Case, static: Mapping[str, Any] | None = None, rtol: float = 1e-13
) -> None:
    """An elementwise operation computes what its ``ref`` does, one element after the other."""
    ref = reference(op, dict(static or {}))
    result = np.asarray(case.function(*case.inputs))
    for index, elements in zip(np.ndindex(result.shape), np.broadcast(*case.inputs), strict=True):
        expected = ref(*(e.item() for e in elements))
        found = result[index].item()
        close = abs(found - expected) <= rtol * abs(expected) + 1e-300
        if not (close or found == expected or (found != found and expected != expected)):
            cause = of_single_precision([(found, expected)])
            raise AssertionError(
                f"{case}: {found!r}, but ref gives {expected!r}, for"
                f" {', '.join(repr(e.item()) for e in elements)}{cause and f'; {cause}'}"
            )


def reference(op: Op, static: dict[str, Any]) -> Callable[..., Any]:
    """Return the ``ref`` of an operation, with these static parameters.

    Raises:
        ArgumentError: it has none, or that does not take the static parameters.
    """
    found = _resolve(op.ref)
    if not static:
        return found
    try:
        signature(found).bind(*op.inputs, **static)
    except (TypeError, ValueError):  # the latter if nobody knows
        raise ArgumentError(
            f"check_op: the ref of {op.name} does not take {listing(list(static))}; write"
            f" ref=lambda {', '.join([*op.inputs, '*', *static])}: …"
        ) from None
    return partial(found, **static)


def _resolve(ref: str | Callable[..., Any] | None) -> Callable[..., Any]:
    """Return the function that a dotted name stands for."""
    if isinstance(ref, str):
        module, _, name = ref.rpartition(".")
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found
    if ref is None:
        raise ArgumentError("check_op: the operation has no ref")
    return ref
