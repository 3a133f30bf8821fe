"""``tg.debug()``: where a NaN or an infinity was made, with the line that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, ref

import numpy as np

from tensorgraph import errors
from tensorgraph.graph import Node
from tensorgraph.modes import MODE, mode, user_line
from tensorgraph.op import Op
from tensorgraph.tensor import Tensor


@contextmanager
def debug() -> Iterator[None]:
    """Run a block in which a NaN or infinity raises where it is made, forward or backward.

    Values that are merely passed on do not raise: an operation is to blame if its operands are
    finite and its result is not. Nodes recorded in the block know the user's source line. Slower:
    every result is looked at. NumPy's own warnings are silent in the block.

    Raises:
        AnomalyError: an operation or a gradient rule made a NaN or an infinity.

    Example:
        >>> import tensorgraph as tg
        >>> with tg.debug():
        ...     tg.log(tg.tensor([1.0, 0.0]))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.AnomalyError: log made -inf at index (1,), 1 of 2 elements ...
    """
    # What NumPy would warn of raises here, and says more.
    with mode(lines=True, observer=_Watcher()), np.errstate(all="ignore"):
        yield


class _Watcher:
    """Looks at every result for values that became non-finite in it."""

    def __init__(self) -> None:
        self._received_bad: WeakSet[Node] = WeakSet()
        self._consumers: WeakKeyDictionary[Node, list[ref[Node]]] = WeakKeyDictionary()

    def forward(self, op: Op, arrays: Sequence[Any], static: dict[str, Any], out: Any) -> None:
        if _all_finite(out) or not all(map(_all_finite, arrays)):
            return
        operands = [(op.operand_name(i), array) for i, array in enumerate(arrays)]
        raise errors.AnomalyError(
            f"{op.name}{errors.where_in(MODE.get().scope)} made {_first_bad(out)} from finite"
            f" operands\n  at {user_line()}\n{_statistics(operands)}"
        )

    def backward(self, node: Node, i: int, g: Any, saved: Sequence[Any], result: Any) -> None:
        g, result = _array(g), _array(result)
        g_finite, result_finite = _all_finite(g), _all_finite(result)
        if not g_finite and node in self._consumers and node not in self._received_bad:
            raise errors.AnomalyError(
                f"the gradients of {node.op.name}{errors.where_in(node.scope)}, finite one by one,"
                f" sum to {_first_bad(g)}\n{_recorded(node)}"
            )
        parent = node.parents[i]
        if type(parent) is Node:
            self._consumers.setdefault(parent, []).append(ref(node))
            if not result_finite:
                self._received_bad.add(parent)
        kept = [value for value in saved if value is not None]
        if result_finite or not (g_finite and all(map(_all_finite, kept))):
            return
        operands = [
            ("out" if k == len(node.parents) else node.op.operand_name(k), value)
            for k, value in enumerate(saved)
            if value is not None
        ]
        raise errors.AnomalyError(
            f"the gradient rule of {node.op.name}{errors.where_in(node.scope)} made"
            f" {_first_bad(result)} from a finite gradient\n{_recorded(node)}\n"
            f"{_statistics([('gradient', g), *operands])}{self._untaken_branch(node, g, result)}"
        )

    def _untaken_branch(self, node: Node, g: Any, result: Any) -> str:
        """Return a remark if the bad elements belong to a branch that ``where`` did not take."""
        if g.shape != result.shape or np.any(g[~np.isfinite(result)]):
            return ""
        stack, seen = [node], {node}
        while stack:
            for weak in self._consumers.get(stack.pop(), ()):
                consumer = weak()
                if consumer is None:
                    continue
                if consumer.op.name == "where":
                    line = f" at {consumer.line}" if consumer.line else ""
                    return (
                        f"\n  cause: where{line} did not take this branch, so its gradient is 0"
                        f" here, and 0 · ∞ is NaN; give {node.op.name} a safe operand there:"
                        f" tg.where(c, tg.{node.op.name}(tg.where(c, x, 1)), other)"
                    )
                if consumer not in seen:
                    seen.add(consumer)
                    stack.append(consumer)
        return ""


def _recorded(node: Node) -> str:
    return f"  recorded at {node.line or 'a line not kept (record it under tg.debug() too)'}"


def _array(value: Any) -> Any:
    return np.asarray(value._data if type(value) is Tensor else value)


def _all_finite(value: Any) -> bool:
    array = _array(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _first_bad(array: Any) -> str:
    bad = np.argwhere(~np.isfinite(array))
    first = tuple(int(k) for k in bad[0])
    where = f" at index {first}" if first else ""
    many = f", {len(bad)} of {array.size} elements" if array.size > 1 else ""
    return f"{array[first]}{where}{many}"


def _statistics(operands: Sequence[tuple[str, Any]]) -> str:
    lines = []
    for name, value in operands:
        array = _array(value)
        if array.size == 1 and array.dtype.kind in "fiub":
            values = f"value {array.item():.6g}"
        elif array.size and array.dtype.kind in "fiu":
            values = f"min {array.min():.6g}, max {array.max():.6g}, {np.sum(array == 0)} zeros"
        else:
            values = "no numbers"
        lines.append(f"  {name}: shape {array.shape} {array.dtype}, {values}")
    return "\n".join(lines)
