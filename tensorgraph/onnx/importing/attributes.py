"""Attributes of nodes: what they hold, without the graphs in them, which are read elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tensorgraph.errors import OnnxError, listing
from tensorgraph.onnx.importing.arrays import array_of_proto
from tensorgraph.onnx.importing.values import allowed

GRAPH = 5
"""The kind of attribute that is a graph."""

Grow = Callable[[int], None]
"""Counts elements that are made of a file and that the file itself does not hold."""


def value_of(attribute: Any, folder: Path | None, what: str, grow: Grow, inner: bool) -> Any:
    """Return what an attribute holds; ``inner`` if calls read it again.

    Raises:
        OnnxError: it is of no known kind, or its tensor contradicts itself.
    """
    if inner:
        grow(len(attribute.floats) + len(attribute.ints) + len(attribute.strings))
    match attribute.type:
        case 1:
            return float(attribute.f)
        case 2:
            return int(attribute.i)
        case 3:
            return _text(attribute.s)
        case 4:
            array = array_of_proto(attribute.t, folder, what)
            grow(array.size if inner else 0)
            return array
        case 6:
            return tuple(map(float, attribute.floats))
        case 7:
            return tuple(map(int, attribute.ints))
        case 8:
            return tuple(map(_text, attribute.strings))
        case 11:
            return dense(attribute.sparse_tensor, folder, what, grow)
        case 13:
            return attribute.tp
    raise OnnxError(f"{what} is of a kind (number {attribute.type}) that is not known")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def dense(sparse: Any, folder: Path | None, what: str, grow: Grow) -> Any:
    """Return a tensor of which a file holds only what is not zero.

    Raises:
        OnnxError: its places do not fit its shape.
    """
    values = array_of_proto(sparse.values, folder, what)
    places = array_of_proto(sparse.indices, folder, what)
    whole = np.zeros(allowed(tuple(sparse.dims)), values.dtype)
    grow(whole.size)
    try:
        flat = places if places.ndim == 1 else np.ravel_multi_index(tuple(places.T), whole.shape)
        whole.reshape(-1)[flat] = values
    except (IndexError, ValueError) as error:
        raise OnnxError(f"{what}: its places do not fit its shape: {error}") from None
    whole.flags.writeable = False
    return whole


_CONSTANT_DTYPES = {"value_float": np.float32, "value_floats": np.float32,
                    "value_int": np.int64, "value_ints": np.int64}  # fmt: skip


def constant_of(attributes: Mapping[str, Any]) -> Any:
    """Return the array of a ``Constant``."""
    if len(attributes) != 1:
        raise OnnxError(f"a Constant has one value, not {listing(list(attributes)) or 'none'}")
    [(name, value)] = attributes.items()
    if name in ("value", "sparse_value"):
        return value
    array = np.array(value, _CONSTANT_DTYPES.get(name, object))
    array.flags.writeable = False
    return array
