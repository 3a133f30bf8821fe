"""What belongs to a model's state, and checking that saved state fits before it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor, array_of

updated = Op(
    "updated",
    lambda value: value,
    {"value": lambda g: g},
    family="elementwise",
    symbol="θ",
    doc="Return a parameter's new value: a recorded optimizer step gives it to the parameter.",
).call


def is_state(tensor: Tensor) -> bool:
    """Return whether a tensor in an attribute is a parameter or buffer, not a kept result."""
    return tensor.is_leaf or (tensor.node is not None and tensor.node.op is updated.op)


def fitting(
    own: Mapping[str, Any], state: Mapping[str, Any], owner: str, hint: str = ""
) -> dict[str, Any]:
    """Return copies of the arrays in ``state``, in the dtypes of their counterparts in ``own``.

    Args:
        own: what has a shape and a dtype, by name.
        state: arrays by name.
        owner: what messages call it whose state that is.
        hint: what else there is to say where names differ.

    Raises:
        StateError: they do not fit. It lists all names that are missing or unexpected, that have
            another shape or another kind of number, and says what to write instead.

    Example:
        >>> fitting({"w": np.zeros(2)}, {"w": [1.0, 2.0]}, "Net")
        {'w': array([1., 2.])}
    """
    if not isinstance(state, Mapping):
        raise errors.StateError(
            f"load_state_dict: expected the dict that state_dict() returned, not"
            f" {type(state).__name__}"
        )
    missing = [name for name in own if name not in state]
    unexpected = [name for name in state if name not in own]
    problems = []
    if missing:
        problems.append(f"missing: {errors.listing(missing)}")
    if unexpected:
        problems.append(f"unexpected: {errors.listing(unexpected)}")
    if missing or unexpected:
        problems.append(f"  {_remedy(missing, unexpected)}")
    if hint and (missing or unexpected):
        problems.append(f"  {hint}")
    found: dict[str, NDArray[Any]] = {}
    for name, value in own.items():
        if name in state:
            try:
                found[name] = converted(state[name], value, name)
            except (ValueError, TypeError) as error:
                problems.append(str(error))
    if problems:
        listed = "\n  ".join(problems)
        raise errors.StateError(
            f"load_state_dict: the state does not fit {owner}, nothing was loaded\n  {listed}"
        )
    return found


def converted(value: Any, own: Any, name: str) -> NDArray[Any]:
    """Return a copy of ``state[name]``, in the dtype of its counterpart.

    Raises:
        StateError: it is no array, has another shape or another kind of number, or a number that is
            too large.
    """
    try:
        array = array_of(value)
    except (ValueError, TypeError) as error:
        raise errors.StateError(f"not an array: {name} ({error})") from None
    if array.shape != own.shape:
        turned = array.shape == own.shape[::-1]
        hint = f"; write state[{name!r}].T" if turned else ""
        raise errors.StateError(
            f"wrong shape: {name} is {own.shape}, the state has {array.shape}{hint}"
        )
    if not _is_of_kind(array.dtype, own.dtype):
        raise errors.StateError(
            f"wrong kind of number: {name} is {own.dtype}, the state has {array.dtype}; write"
            f" state[{name!r}].astype({str(own.dtype)!r}) if its values fit"
        )
    values = to_host(array)
    with np.errstate(over="ignore"):
        found = np.array(values, own.dtype, order="C")
    lost = found != values if own.dtype.kind in "iu" else np.isinf(found) & np.isfinite(values)
    if lost.any():
        raise errors.StateError(
            f"too large: {name} is {own.dtype}, the state has {values[lost].flat[0]}, which does"
            " not fit"
        )
    return found


def _is_of_kind(given: np.dtype[Any], own: np.dtype[Any]) -> bool:
    """Return whether values of one dtype may be meant for a tensor of the other.

    Bytes for real numbers are those of a model that was quantised: they mean nothing without their
    scale.
    """
    quantised = own.kind == "f" and given.kind in "iub" and given.itemsize == 1
    return np.can_cast(given, own, "same_kind") and not quantised


def _remedy(missing: list[str], unexpected: list[str]) -> str:
    """Say how to make the names fit."""
    for want in missing:
        for name in unexpected:
            if name.endswith(f".{want}"):
                prefix = name.removesuffix(want)
                return (
                    f"the names have the prefix {prefix!r}; load"
                    f" {{name.removeprefix({prefix!r}): value for name, value in state.items()}}"
                )
            if want.endswith(f".{name}"):
                prefix = want.removesuffix(name)
                return (
                    f"the names lack the prefix {prefix!r}; load"
                    f" {{{prefix!r} + name: value for name, value in state.items()}}"
                )
    keep = "to keep the present values where some are missing, load {**x.state_dict(), **state}"
    drop = "to leave out the unexpected, load {name: state[name] for name in x.state_dict()}"
    return "; ".join([keep] * bool(missing) + [drop] * bool(unexpected))
