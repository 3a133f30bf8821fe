"""What a loss promises of its labels: their dtypes, their forms, and which are refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.tensor import tensor
from tensorgraph.testing.losses.loss_calls import EXACT, LossCall, difference
from tensorgraph.testing.plain_arrays import read_only

WIDTHS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def check_label_dtypes(call: LossCall) -> str:
    """The same labels cost the same as integers of every width, in a list and in a tensor.

    Labels 0 and 1 in floating point do so as integers and booleans. What is refused is told.
    """
    y = call.targets
    whole, refused = call.value(), []
    for name, labels in _forms(y):
        try:
            found = call.value(targets=labels)
        except Exception:
            refused.append(name)
            continue
        if off := difference(found, whole, EXACT):
            raise AssertionError(
                f"with the same labels as {name} the cost is {off} as {y.dtype}"
                + (": numbers without a sign wrap around" if "uint" in name else "")
                + (": True is no number in a difference" if name == "bool" else "")
            )
    return f"refuses labels as {errors.listing(refused)}" if refused else ""


def _forms(y: Array) -> Iterable[tuple[str, Any]]:
    kinds: list[str] = []
    if y.dtype.kind in "iu":
        kinds = [k for k in WIDTHS if np.array_equal(y.astype(k), y) and k != y.dtype]
    elif y.dtype.kind == "f" and np.isfinite(y).all() and (y == np.round(y)).all():
        kinds = [k for k in WIDTHS if np.array_equal(_cast(y, k), y)]
        kinds += ["bool"] * bool(np.isin(y, (0, 1)).all())
    yield from ((kind, y.astype(kind)) for kind in kinds)
    yield "a tensor", tensor(y)
    if y.dtype.kind != "b":
        yield "a read-only array", read_only(y)


def _cast(y: Array, kind: str) -> Array:
    info = np.iinfo(kind)
    return np.clip(y, float(info.min), float(min(info.max, 2**53))).astype(kind)


def check_one_hot(call: LossCall) -> str:
    """Where one-hot targets are taken too, they cost what the classes do."""
    axis = call.label_axis
    assert axis is not None
    if call.settings.get("ignore_index") is not None or call.batch is None:
        return ""
    count = call.predictions.shape[axis]
    hot = np.moveaxis(np.eye(count)[call.targets], -1, axis)
    try:
        found = call.value(targets=hot)
    except Exception:
        return "takes classes, not one-hot targets"
    if off := difference(found, call.value(), EXACT):
        raise AssertionError(f"with one-hot targets the cost is {off} for the classes")
    return ""


def check_bad_classes(call: LossCall) -> None:
    """A class that does not exist is refused, or costs NaN; it does not count as another one."""
    axis = call.label_axis
    assert axis is not None
    count = call.predictions.shape[axis]
    for bad in (count, -1):
        if bad == call.settings.get("ignore_index"):
            continue
        labels = np.array(call.targets, np.int64)
        labels.reshape(-1)[0] = bad
        try:
            found = call.value(targets=labels)
        except Exception:
            continue
        if np.isfinite(found).all():
            meaning = ": NumPy counts it from the end" if bad < 0 else ""
            raise AssertionError(
                f"label {bad} is taken, though there are the classes 0 … {count - 1}{meaning}; the"
                f" batch costs {float(found.sum()):.6g}\nraise an error unless 0 <= labels <"
                f" {count}"
            )


def check_refusals(call: LossCall, refused: Iterable[Array]) -> None:
    """Targets that make no sense are refused."""
    for targets in refused:
        try:
            found = call.value(targets=targets)
        except Exception:
            continue
        raise AssertionError(f"targets {targets.tolist()} are taken; they cost {found!r}")
