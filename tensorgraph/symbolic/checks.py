"""What must hold of operands, as expressions: where kernels look at indices and labels, and raise.

The kernels themselves do not run on symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.ops._keys import ARRAY
from tensorgraph.symbolic.expr import Expr


def conditions(op: Op, operands: Sequence[Any], static: Mapping[str, Any]) -> list[Expr]:
    """Return single booleans that must be true, or the operation raises for its operands.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph.symbolic.expr import symbol
        >>> labels = symbol("labels", (3,), "int64")
        >>> conditions(tg.one_hot.op, [labels], {"num_classes": 4, "axis": -1})
        [<all bool[]>]
    """
    found = _CONDITIONS.get(op.name)
    if found is None or REGISTRY.get(op.name) is not op:
        return []
    wholes: list[Expr] = [condition.all() for condition in found(*operands, **static)]
    return wholes


def _within(index: Any, least: int, length: int) -> Iterator[Any]:
    """Yield that the integers of an index lie in a range, where that is not known yet."""
    if type(index) is Expr and index.value is None and index.dtype.kind in "iu":
        yield (index >= least) & (index < length)


def _labels(logits: Any, labels: Any, *, axis: int) -> Iterator[Any]:
    return _within(labels, 0, shape_of(logits)[axis])


def _at(shape: Sequence[int], indices: Sequence[Any], key: Sequence[Any]) -> Iterator[Any]:
    """Yield what must hold of index arrays, which stand in a key where it has its placeholders."""
    arrays = iter(indices)
    parts = [next(arrays) if part is ARRAY else part for part in key]
    given = sum(map(_axes_of, parts))
    axis = 0
    for part in parts:
        if part is not None and not isinstance(part, (int, slice)) and part is not Ellipsis:
            yield from _within(part, -shape[axis], shape[axis])
        axis += len(shape) - given if part is Ellipsis else _axes_of(part)


def _axes_of(part: Any) -> int:
    """Return how many axes of an array a part of a key is for; ``...`` is for those left over."""
    if part is None or part is Ellipsis:
        return 0
    is_mask = not isinstance(part, (int, slice)) and part.dtype.kind == "b"
    return ndim_of(part) if is_mask else 1


_CONDITIONS: dict[str, Callable[..., Iterator[Any]]] = {
    "one_hot": lambda labels, *, num_classes, **_: _within(labels, 0, num_classes),
    "class_cross_entropy": _labels,
    "softmax_minus_one_hot": _labels,
    "getitem": lambda x, *indices, key: _at(shape_of(x), indices, key),
    "scatter": lambda x, *indices, key, shape: _at(shape, indices, key),
}
