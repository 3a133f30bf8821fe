"""Sequences, which are lists, and values that may be missing."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.operators.shapes import concat, parts_along
from tensorgraph.onnx.importing.program import Program
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import ints, known, one_int


@operator("SequenceEmpty")
def _sequence_empty(*, dtype: int = 1) -> list[Any]:
    return []


@operator("SequenceConstruct")
def _sequence_construct(*inputs: Any) -> list[Any]:
    return list(inputs)


@operator("SequenceInsert")
def _sequence_insert(sequence: list[Any], value: Any, position: Any = None) -> list[Any]:
    at = len(sequence) if position is None else one_int(position, "the place in a sequence")
    longer = list(sequence)
    longer.insert(at, value)
    return longer


@operator("SequenceErase")
def _sequence_erase(sequence: list[Any], position: Any = None) -> list[Any]:
    at = -1 if position is None else one_int(position, "the place in a sequence")
    shorter = list(sequence)
    del shorter[at]
    return shorter


@operator("SequenceAt")
def _sequence_at(sequence: list[Any], position: Any) -> Any:
    return sequence[one_int(position, "the place in a sequence")]


@operator("SequenceLength")
def _sequence_length(sequence: list[Any]) -> Any:
    return np.array(len(sequence), np.int64)


@operator("ConcatFromSequence")
def _concat_from_sequence(sequence: list[Any], *, axis: int, new_axis: int = 0) -> Any:
    return ops.stack(sequence, axis=axis) if new_axis else concat(*sequence, axis=axis)


@operator("SplitToSequence")
def _split_to_sequence(x: Any, split: Any = None, *, axis: int = 0, keepdims: int = 1) -> list[Any]:
    n = shape_of(x)[axis]
    if split is None:
        parts = parts_along(x, (1,) * n, axis)
        return list(parts) if keepdims else [ops.squeeze(part, axis=axis) for part in parts]
    if known(split, "the lengths of SplitToSequence").ndim:
        return list(parts_along(x, ints(split, "the lengths of SplitToSequence"), axis))
    size = one_int(split, "the length of SplitToSequence")
    whole, rest = divmod(n, size)
    return list(parts_along(x, (size,) * whole + (rest,) * bool(rest), axis))


@operator("SequenceMap")
def _sequence_map(*values: Any, body: Program, captured: int) -> Any:
    given, around = values[: len(values) - captured], values[len(values) - captured :]
    made = [
        body(*(x[i] if isinstance(x, list) else x for x in given), *around)
        for i in range(len(given[0]))
    ]
    return tuple(list(column) for column in zip(*made, strict=True))


@operator("Optional")
def _optional(x: Any = None, *, type: Any = None) -> Any:
    return x


@operator("OptionalHasElement")
def _optional_has_element(x: Any = None) -> Any:
    return np.array(x is not None)


@operator("OptionalGetElement")
def _optional_get_element(x: Any) -> Any:
    if x is None:
        raise OnnxError("OptionalGetElement of a value that is missing")
    return x
