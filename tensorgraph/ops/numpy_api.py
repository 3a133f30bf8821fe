"""NumPy's functions on tensors: ``np.exp(t)``, ``np.sum(t, axis=0)``, ``array * t``.

Our names are NumPy's, so the table of what NumPy calls is looked up rather than written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tensorgraph.op import ndim_of, shape_of
from tensorgraph.tensor import Tensor

_KEYWORDS = {
    "a_min": "min",
    "a_max": "max",
    "ddof": "correction",
    "indices_or_sections": "sections",
    "newshape": "shape",
    "reps": "repetitions",
    "constant_values": "constant",
}
"""NumPy's keywords for which we have other names."""

_FIRST = ("a", "x", "x1", "arr", "m", "ary", "A", "array", "arrays")
"""What NumPy calls the first argument."""


def numpy_table(ops: Mapping[str, Callable[..., Any]]) -> dict[Any, Callable[..., Any]]:
    """Return which of ``ops`` stands for which NumPy function, ufunc, or ufunc method."""
    table = {getattr(np, name): op for name, op in ops.items() if callable(getattr(np, name, None))}
    reductions = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min",
                  "logical_and": "all", "logical_or": "any", "logaddexp": "logsumexp"}  # fmt: skip
    for ufunc, name in reductions.items():
        table[getattr(np, ufunc), "reduce"] = ops[name]
    table.update({np.shape: shape_of, np.ndim: ndim_of, np.size: lambda x: x.size})
    table[np.cumsum] = ops["cumulative_sum"]
    table[np.linalg.norm] = _linalg_norm(ops["norm"])
    table[np.astype] = lambda x, dtype: ops["astype"](x, dtype=dtype)
    return table


def _linalg_norm(norm: Callable[..., Any]) -> Callable[..., Any]:
    def linalg_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
        matrix_norm = (ndim_of(x) == 2 and axis is None) or isinstance(axis, tuple)
        if ord not in (None, "fro") and (ord != 2 or matrix_norm):
            raise TypeError(f"np.linalg.norm on a Tensor: only the Euclidean norm, not ord={ord!r}")
        return norm(x, axis=axis, keepdims=keepdims)

    return linalg_norm


def bind_numpy(ops: Mapping[str, Callable[..., Any]]) -> None:
    """Make tensors answer NumPy's functions with ``ops``."""
    table = numpy_table(ops)

    def call(key: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        op = table.get(key)
        if op is None:
            raise TypeError(
                f"{name} has no counterpart among tensorgraph's ops; write"
                f" {name}(x.numpy()) to compute without gradient, or declare one with tg.op"
            )
        if key is np.var or key is np.std:
            kwargs = {k: v for k, v in kwargs.items() if v is not None}
        named = {_KEYWORDS.get(k, k): v for k, v in kwargs.items()}
        for keyword in ("out", "where", "casting", "order", "subok", "initial"):
            if named.pop(keyword, None) is not None:
                raise TypeError(f"{name} on a Tensor takes no {keyword}=; tensors do not change")
        first = [k for k in _FIRST if k in named] if not args else []
        args = (*(named.pop(k) for k in first), *args)
        dtype = named.pop("dtype", None) if key is not np.astype else None
        result = op(*args, **named)
        return result if dtype is None else result.astype(dtype)

    def array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Record a NumPy ufunc like the op of the same name."""
        if method == "__call__":
            return call(ufunc, f"np.{ufunc.__name__}", inputs, kwargs)
        if method == "reduce":
            kwargs = {"axis": 0, **kwargs}
        return call((ufunc, method), f"np.{ufunc.__name__}.{method}", inputs, kwargs)

    def array_function(
        self: Tensor, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Record a NumPy function like the op of the same name."""
        return call(func, f"np.{func.__name__}", args, kwargs)

    Tensor.__array_ufunc__ = array_ufunc
    Tensor.__array_function__ = array_function
