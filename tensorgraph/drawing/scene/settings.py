"""The static parameters of an operation, as a call in the user's code writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.notation import TRANSPOSE
from tensorgraph.engine.numeric_rule import is_numeric
from tensorgraph.engine.op import Op
from tensorgraph.ops.window import per_side

NUMERIC = "numeric gradient"
"""What is said of an operation without a gradient rule."""


class Applied(Protocol):
    """An operation on operands, such as a node of a graph."""

    @property
    def op(self) -> Op:
        """The operation."""

    @property
    def static(self) -> Mapping[str, Any]:
        """Its static parameters."""

    @property
    def parents(self) -> tuple[Any, ...]:
        """Its operands."""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the result."""


def settings(node: Applied) -> str:
    """Return an operation's static parameters as a call writes them, without defaults.

    And that its gradient is numeric, if it is.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[1.0, 2.0]], requires_grad=True)
        >>> settings(x.sum(axis=1).node), settings(x[:, 0].node)
        ('axis=1', '[:, 0]')
        >>> w = tg.ones((1, 1, 3), requires_grad=True)
        >>> settings(tg.conv(tg.ones((1, 1, 5)), w, padding="same").node)
        'padding=same'
    """
    defaults = node.op.defaults
    shown = []
    for key, value in node.static.items():
        default = defaults.get(key)
        written = "same" if key == "padding" and _is_same(node) else _as_given(key, value, default)
        if written is None or (type(written) is type(default) and written == default):
            continue
        shown.append(_index(written) if key == "key" else f"{key}={_text(written)}")
    shown += [NUMERIC] if is_numeric(node.op) else []
    return ", ".join(shown)


def symbol(node: Applied) -> str:
    """Return an operation's symbol; axes in another order are a transposition if two are swapped.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.ones((2, 3, 4), requires_grad=True)
        >>> symbol(x.mT.node), symbol(tg.permute_dims(x, (1, 0, 2)).node)
        ('xᵀ', 'permute')
    """
    axes = node.static.get("axes", ()) if node.op.notation == TRANSPOSE else ()
    as_matrices = (*axes[:-2], *axes[:-3:-1]) == (*range(len(axes)),)
    return node.op.symbol if as_matrices else "permute"


def _as_given(key: str, value: Any, default: Any) -> Any:
    """Return a parameter as it was probably given: one number where it holds for all axes."""
    if key == "axis" and isinstance(value, tuple) and len(value) == 1:
        return value[0]
    if isinstance(value, tuple) and (type(default) is int or key in ("size", "stride")):
        return _uniform(tuple(_uniform(side) for side in value))
    return value


def _uniform(value: Any) -> Any:
    """Return the one number in a tuple of equal ones; anything else as it is."""
    same = isinstance(value, tuple) and len(set(value)) == 1
    return value[0] if same else value


def _is_same(node: Applied) -> bool:
    """Return whether windows are padded as ``padding="same"`` asks for, and at all."""
    static, padding = node.static, node.static["padding"]
    if not isinstance(padding, tuple) or any(type(side) is not tuple for side in padding):
        return False  # of an operation of the user's, which has its own meaning of it
    if not any(map(any, padding)):
        return False
    rank = len(padding)
    operands = {node.op.operand_name(i): p.shape for i, p in enumerate(node.parents)}
    lengths = static.get("shape", operands.get("x", ())[-rank:])
    size = static.get("size", operands.get("weight", ())[-rank:])
    windows: Any = lengths, size, static.get("stride"), static.get("dilation", (1,) * rank)
    if not all(isinstance(each, tuple) and len(each) == rank for each in windows):
        return False
    return bool(padding == per_side("same", *windows))


def _index(key: Any) -> str:
    """Return what stands in the brackets of an index, with them."""
    written = errors.key_text(key)
    return f"[{written.removeprefix('np.s_[').removesuffix(']')}]"


def _text(value: Any) -> str:
    """Return a static parameter as text that is the same in every process."""
    if isinstance(value, (bool, int, float, str, np.generic)):
        return str(value)
    if isinstance(value, (tuple, list)):
        parts = ", ".join(map(_text, value))
        return f"({parts},)" if len(value) == 1 else f"({parts})"
    if isinstance(value, slice) or value is Ellipsis:
        return errors.key_text(value)
    if isinstance(value, np.dtype):
        return str(value)
    if hasattr(value, "shape"):
        return f"array of shape {tuple(value.shape)}"
    return str(getattr(value, "__name__", type(value).__name__))
