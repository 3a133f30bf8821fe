"""Nested state as JSON and named arrays, which is what a file can hold without pickle.

JSON has lists, strings, booleans, null, and numbers. All else is an object with a single key that
says what it is: ``{"dict": [[key, value], …]}``, ``{"tuple": […]}``, ``{"float": "nan"}``, and
``{"array": name}`` or ``{"scalar": name}`` for an array of that name.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor

Arrays = dict[str, NDArray[Any]]

DTYPES = {
    "BOOL": "?", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "u1", "U16": "<u2",
    "U32": "<u4", "U64": "<u8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip
"""The kinds of number that a file holds, as the safetensors format and NumPy name them."""
_HELD = frozenset(map(np.dtype, DTYPES.values()))

DEEPEST = 100
"""How many containers may stand inside each other."""


def encode(tree: Any) -> tuple[str, Arrays]:
    """Return a tree as JSON, and the arrays in it, each under its path: ``model/layers.0.weight``.

    Raises:
        DTypeError: something that a file cannot hold; it says where.
        StateError: containers more than 100 deep, as those are that contain themselves.

    Example:
        >>> encode({"w": np.zeros(2), "steps": (1, float("inf"))})[0]
        '{"dict": [["w", {"array": "w"}], ["steps", {"tuple": [1, {"float": "inf"}]}]]}'
    """
    arrays: Arrays = {}
    encoded = _encoded(tree, (), arrays)
    try:
        return json.dumps(encoded, allow_nan=False), arrays
    except ValueError as error:  # an integer of more than 4300 digits
        raise errors.StateError(f"save: {error}") from None


def _encoded(value: Any, path: tuple[str, ...], arrays: Arrays) -> Any:
    if len(path) > DEEPEST:
        raise errors.StateError(
            f"save: {_where(path[:3])} holds containers more than {DEEPEST} deep; does one contain"
            " itself?"
        )
    if isinstance(value, (np.ndarray, np.generic, Tensor)):
        kind = "scalar" if isinstance(value, np.generic) else "array"
        return {kind: _kept(value, path, arrays)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": repr(float(value))}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, dict):
        return {
            "dict": [
                [_key(key, path), _encoded(item, (*path, str(key)), arrays)]
                for key, item in value.items()
            ]
        }
    if isinstance(value, (list, tuple)):
        items = [_encoded(item, (*path, str(i)), arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    _refuse(value, path)


def _key(key: Any, path: tuple[str, ...]) -> Any:
    if isinstance(key, (str, int)) and not isinstance(key, bool):
        return key
    raise errors.DTypeError(
        f"save: the keys of the dict {_where(path)} are strings or integers, not"
        f" {errors.describe(key)}"
    )


def _kept(value: Any, path: tuple[str, ...], arrays: Arrays) -> str:
    """Keep an array under a name that no other has; return the name."""
    array = np.asarray(value.data if type(value) is Tensor else value)
    if array.dtype.newbyteorder("<") not in _HELD:
        _refuse(value, path)
    plain = "/".join(path).encode(errors="replace").decode()
    name, k = plain, 1
    while name in arrays or name == "__metadata__":
        name, k = f"{plain}#{k}", k + 1
    # A copy only where it has to be: files hold numbers in order, with the low byte first.
    arrays[name] = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    return name


def _refuse(value: Any, path: tuple[str, ...]) -> NoReturn:
    what = errors.describe(value)
    hint = "; write its state_dict()" if hasattr(value, "state_dict") else ""
    raise errors.DTypeError(
        f"save: {_where(path)} is {what}; a file holds arrays of numbers, numbers, strings, None,"
        f" and dicts, lists and tuples of them{hint}"
    )


def _where(path: tuple[str, ...]) -> str:
    return "/".join(path)


def decode(text: str, arrays: Arrays) -> Any:
    """Return the tree that was encoded.

    Raises:
        ValueError: it is not the work of :func:`encode`; it says why.

    Example:
        >>> decode(*encode({"a": [1, (2.5, None)], 7: np.float32(0.5)}))
        {'a': [1, (2.5, None)], 7: np.float32(0.5)}
    """
    try:
        encoded = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(f"its tree is more than {DEEPEST} deep") from None
    left = dict(arrays)
    tree = _decoded(encoded, left, DEEPEST)
    if left:
        raise ValueError(f"its tree has no place for {errors.listing(list(left))}")
    return tree


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"its tree holds {name}, which is no JSON")


def _decoded(encoded: Any, left: Arrays, depth: int) -> Any:
    """Return a tree, and take its arrays out of those that are left."""
    if depth < 0:
        raise ValueError(f"its tree is more than {DEEPEST} deep")
    if isinstance(encoded, list):
        return [_decoded(item, left, depth - 1) for item in encoded]
    if not isinstance(encoded, dict):
        return encoded
    match encoded:
        case {"dict": list(pairs), **rest} if not rest:
            return _dict(pairs, left, depth)
        case {"tuple": list(items), **rest} if not rest:
            return tuple(_decoded(item, left, depth - 1) for item in items)
        case {"float": "nan" | "inf" | "-inf" as name, **rest} if not rest:
            return float(name)
        case {"array": str(name), **rest} if not rest and name in left:
            return left.pop(name)
        case {"scalar": str(name), **rest} if not rest and name in left and not left[name].shape:
            return left.pop(name)[()]
    keys = errors.listing([repr(key[:40]) for key in encoded], 2)
    raise ValueError(f"its tree holds an object with the keys {keys}, which means nothing here")


def _dict(pairs: list[Any], left: Arrays, depth: int) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for pair in pairs:
        match pair:
            case [str(key) | int(key), value] if key not in found:
                found[key] = _decoded(value, left, depth - 1)
            case _:
                raise ValueError("its tree holds a dict with a key that is none, or comes twice")
    return found
