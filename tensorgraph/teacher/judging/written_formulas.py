"""Formulas as strings: ``"dZ2 @ A1.T / m"``, with the caller's names, the graph's and each other's.

They may stand in any order. One that cannot be computed is wrong by itself, and says why.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor

_PRODUCTS = ("dot", "matmul")


class Namespace(dict[str, Any]):
    """What the names in a formula stand for, as copies: nothing of the caller's can be changed.

    Args:
        frame: the caller's.
        graph: the arrays of the graph by name; they come first.
        others: what else was handed in, by name: arrays, and formulas that are computed when asked.
    """

    def __init__(
        self, frame: FrameType | None, graph: Mapping[str, Any], others: Mapping[str, Any]
    ) -> None:
        super().__init__(np=np)
        self._frame, self._graph, self._others = frame, graph, others
        self._under_way: set[str] = set()

    def __missing__(self, name: str) -> Any:
        if name in self._graph:
            return as_arrays(self._graph[name])
        if name not in self._others or name in self._under_way:
            return as_arrays(variable(self._frame, name))
        other = self._others[name]
        if not isinstance(other, str):
            return as_arrays(other)
        self._under_way.add(name)
        try:
            return self.value(other)
        finally:
            self._under_way.discard(name)

    def value(self, formula: str) -> Any:
        """Return what a formula gives; it raises whatever its own names and shapes make it."""
        with np.errstate(all="ignore"):
            return eval(formula, self)

    def near(self, name: str) -> str:
        """Return a name that this one may have been meant to be; "" for none."""
        known = [*self._graph, *self._others, *(self._frame.f_locals if self._frame else ())]
        return next(iter(get_close_matches(name, [k for k in known if k != name], 1, 0.7)), "")


def variable(frame: FrameType | None, name: str) -> Any:
    """Return what a name stands for in a frame.

    Raises:
        KeyError: for nothing.
    """
    for space in (frame.f_locals, frame.f_globals) if frame is not None else ():
        if name in space:
            return space[name]
    raise KeyError(name)


def as_arrays(value: Any) -> Any:
    """Return a value in which each tensor and each array is a copy.

    Example:
        >>> import tensorgraph as tg
        >>> as_arrays({"W": tg.tensor([1.0]), "n": 2})
        {'W': array([1.], dtype=float32), 'n': 2}
    """
    if type(value) is Tensor:
        return np.array(value.numpy())
    if type(value) is np.ndarray:
        return value.copy()
    if isinstance(value, dict):
        return {k: as_arrays(v) for k, v in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(as_arrays, value))
    if type(value) in (list, tuple):
        return type(value)(map(as_arrays, value))
    return value


def why_not(formula: str, error: Exception, space: Namespace, shape: tuple[int, ...] | None) -> str:
    """Return why a formula cannot be computed, in words.

    Args:
        formula: the formula.
        error: what it raised.
        space: what its names stand for.
        shape: that of what it is to be, if it is known.
    """
    if isinstance(error, NameError):
        near = space.near(error.name or "")
        return f"name {error.name!r} is not defined" + (f"; did you mean {near}?" if near else "")
    try:
        tree = ast.parse(formula.strip(), mode="eval")
    except SyntaxError:
        return f"{type(error).__name__}: {error}"
    for node in _inner_first(tree.body):
        pair = _operands(node)
        if pair is None or _computed(node, space) is not None:
            continue
        left, right = (_computed(part, space) for part in pair)
        if left is None or right is None:
            continue
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            return f"^ is no power; write {ast.unparse(pair[0])}**{ast.unparse(pair[1])}"
        if np.ndim(left) or np.ndim(right):
            return _shapes_told(node, pair, left, right, shape if node is tree.body else None)
    return f"{type(error).__name__}: {error}"


def _shapes_told(
    node: ast.expr, pair: list[ast.expr], left: Any, right: Any, shape: tuple[int, ...] | None
) -> str:
    a, b = (_bracketed(part) for part in pair)
    told = f"{a} is {np.shape(left)}, {b} is {np.shape(right)}: they do not fit"
    is_product = not isinstance(node, ast.BinOp) or isinstance(node.op, ast.MatMult)
    if not (is_product and np.ndim(left) == np.ndim(right) == 2):
        return told
    ways = {
        f"{a}.T @ {b}": (left.T, right),
        f"{a} @ {b}.T": (left, right.T),
        f"{b} @ {a}": (right, left),
        f"{b}.T @ {a}": (right.T, left),
        f"{b} @ {a}.T": (right, left.T),
    }
    fitting = {
        way: (x.shape[0], y.shape[1]) for way, (x, y) in ways.items() if x.shape[1] == y.shape[0]
    }
    if shape is not None:
        fitting = {way: its for way, its in fitting.items() if its == shape}
    for way, its in fitting.items():
        return f"{told}; {way.replace('.T.T', '')} would, and is {its}"
    return told


def _inner_first(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of an expression before it, but for those with variables of their own."""
    if isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.Lambda, ast.DictComp, ast.SetComp)):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _inner_first(child)
    yield node


def _operands(node: ast.expr) -> list[ast.expr] | None:
    """Return the two operands of what takes two."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and len(node.args) == 2:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _PRODUCTS:
            return node.args
    return None


def _computed(node: ast.expr, space: Namespace) -> Any:
    try:
        return space.value(ast.unparse(node))
    except Exception:  # whatever somebody's formula raises
        return None


def _bracketed(node: ast.expr) -> str:
    text = ast.unparse(node)
    return f"({text})" if isinstance(node, ast.BinOp) else text


def cannot(key: str, formula: str, why: str) -> errors.ArgumentError:
    """Return the error that a formula cannot be computed."""
    return errors.ArgumentError(
        f"judge: the formula for {key!r}, {formula!r}, cannot be computed: {why}"
    )
