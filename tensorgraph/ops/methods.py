"""What binds operations to arrays: their operators, methods, and answers to NumPy's functions.

Tensors get them here, symbolic arrays in ``symbolic/expr.py``, both by :func:`bind_operators`. What
type checkers are told of them is written from what stands here to ``engine/operators.pyi``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, SupportsIndex

from tensorgraph.engine.autodiff import backward
from tensorgraph.engine.dispatch import make_operator
from tensorgraph.engine.lost_gradients import refuse_in_place, values_leave
from tensorgraph.engine.operators import METHODS
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.leads.attributes import lead_of_module, missing_from_object
from tensorgraph.ops import arithmetic, bits, contract, index, numpy_methods, shape, transcendental
from tensorgraph.ops.numpy_api import numpy_protocol

Ops = Mapping[str, Callable[..., Any]]

_general_power = make_operator(transcendental.power)


def _power(x: Any, y: Any, modulus: Any = None) -> Any:
    if modulus is not None:
        return NotImplemented  # of whole numbers only; Python's message names the types
    # For integers and booleans NumPy has a dtype of its own.
    squared = type(y) in (int, float) and y == 2 and type(x) is Tensor and x._data.dtype.kind == "f"
    return arithmetic.square(x) if squared else _general_power(x, y)


_floor_divide = make_operator(arithmetic.floor_divide)
_remainder = make_operator(arithmetic.remainder)


def _divmod(x: Any, y: Any) -> Any:
    quotient = _floor_divide(x, y)
    return quotient if quotient is NotImplemented else (quotient, _remainder(x, y))


def _round(x: Any, digits: SupportsIndex | None = None) -> Any:
    return arithmetic.round(x, decimals=0 if digits is None else digits)


BINARY: dict[str, Callable[..., Any]] = {
    "add": make_operator(arithmetic.add),
    "sub": make_operator(arithmetic.subtract),
    "mul": make_operator(arithmetic.multiply),
    "truediv": make_operator(arithmetic.divide),
    "floordiv": _floor_divide,
    "mod": _remainder,
    "divmod": _divmod,
    "pow": _power,
    "matmul": make_operator(contract.matmul),
    "and": make_operator(bits.bitwise_and),
    "or": make_operator(bits.bitwise_or),
    "xor": make_operator(bits.bitwise_xor),
    "lshift": make_operator(bits.bitwise_left_shift),
    "rshift": make_operator(bits.bitwise_right_shift),
}
COMPARING: dict[str, Callable[..., Any]] = {
    "eq": make_operator(arithmetic.equal),
    "ne": make_operator(arithmetic.not_equal),
    "lt": make_operator(arithmetic.less),
    "le": make_operator(arithmetic.less_equal),
    "gt": make_operator(arithmetic.greater),
    "ge": make_operator(arithmetic.greater_equal),
}
UNARY: dict[str, Callable[..., Any]] = {
    "neg": arithmetic.negative,
    "pos": arithmetic.positive,
    "abs": arithmetic.abs,
    "invert": bits.bitwise_invert,
    "getitem": index.getitem,
    "round": _round,
}


def _reflected(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y, *modulus: op(y, x, *modulus)


def _called(name: str, op: Callable[..., Any]) -> str:
    """Return how an operation is called on what it needs: ``tg.maximum(x, y)``."""
    needed = [p for p in signature(op).parameters.values() if p.default is p.empty]
    written = {"condition": "x > 0", "arrays": "[x, y]", "subscripts": '"ij,jk->ik"'}
    return f"tg.{name}({', '.join(written.get(p.name, p.name) for p in needed)})"


def _missing_attribute(ops: Ops) -> Callable[[Tensor, str], Any]:
    """Return what tells what to write instead of an attribute that a tensor does not have."""

    def as_function(name: str) -> str | None:
        if name in ops:
            return f"write {_called(name, ops[name])}"
        if name.endswith("_") and name[:-1] in ops:  # as PyTorch calls what changes a tensor
            return f"write x.assign({_called(name[:-1], ops[name[:-1]])})"
        return lead_of_module("tensorgraph", name)

    def missing(x: Tensor, name: str) -> Any:
        if name == "_mask":  # NumPy's masked arrays take _data and _mask of what they are given
            values_leave(x, sys._getframe(1))
        return missing_from_object(x, name, f"a Tensor has no attribute {name!r}", as_function)

    return missing


def bind_operators(
    cls: type,
    ops: Ops,
    value: Callable[[Any], Any],
    kind: Callable[[Any], Any],
    own: Callable[[Any, Any], Any] = lambda x, made: made,
) -> None:
    """Give a class of arrays all operators, the methods, and NumPy's functions.

    Args:
        cls: a class of arrays that ops take.
        ops: all operations by name.
        value: of an array of this class, the array that NumPy's other functions are asked about.
        kind: an array of which only shape and dtype are the same, for those that ask no more.
        own: of an array of this class, and one that NumPy makes like it, what stands for that.
    """
    methods = {**{name: ops[name] for name in METHODS}, **numpy_methods.METHODS}
    array_ufunc, array_function = numpy_protocol(ops, cls, value, kind, own)
    operators = {**BINARY, **COMPARING, **UNARY}
    properties = {"T": property(numpy_methods.transpose), "mT": property(shape.matrix_transpose)}
    bound: dict[str, Any] = {
        **{f"__{name}__": op for name, op in operators.items()},
        **{f"__r{name}__": _reflected(op) for name, op in BINARY.items()},
        **{name: op for name, op in methods.items() if name not in cls.__dict__},
        **properties,
        "__array_ufunc__": array_ufunc,
        "__array_function__": array_function,
    }
    for name, attribute in bound.items():
        setattr(cls, name, attribute)


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%",
          "pow": "**", "matmul": "@"}  # fmt: skip


def _augmented(op: Callable[..., Any], sign: str) -> Callable[..., Any]:
    """Return an operator as ``x -= y`` runs it: not on a leaf that needs a gradient."""

    def assign(x: Any, y: Any) -> Any:
        if x._requires_grad and x._node is None and not hasattr(x, "_is_argument"):
            refuse_in_place(x, sign)
        return op(x, y)

    return assign


def bind_tensor(ops: Ops) -> None:
    """Give tensors all that is written of them but stands in another file than their class."""
    bind_operators(Tensor, ops, lambda x: x.data, lambda x: x.data, lambda x, made: wrap(made))
    bound = {"backward": backward, "__getattr__": _missing_attribute(ops)}
    bound |= {f"__i{name}__": _augmented(BINARY[name], sign) for name, sign in _SIGNS.items()}
    # Not by assignments: a type checker would let any attribute pass then.
    for name, method in bound.items():
        setattr(Tensor, name, method)
