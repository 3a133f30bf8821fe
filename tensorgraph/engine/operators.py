"""The operators and methods of arrays that stand for ops.

Declared here, for a reader and for type checkers; ``tensorgraph/ops/methods.py`` binds to them the
ops of the same names. This list of methods is the only one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

Operand = Any
"""What an operator takes on its other side: a Tensor, an array, a list or a number."""


class Operators:
    """What can be written ``x + y`` or ``x.sum()``."""

    __slots__ = ()

    abs: Callable[..., Self]
    all: Callable[..., Self]
    any: Callable[..., Self]
    argmax: Callable[..., Self]
    argmin: Callable[..., Self]
    argsort: Callable[..., Self]
    astype: Callable[..., Self]
    clip: Callable[..., Self]
    cos: Callable[..., Self]
    cumulative_sum: Callable[..., Self]
    exp: Callable[..., Self]
    expand_dims: Callable[..., Self]
    flip: Callable[..., Self]
    log: Callable[..., Self]
    log_softmax: Callable[..., Self]
    logsumexp: Callable[..., Self]
    max: Callable[..., Self]
    mean: Callable[..., Self]
    min: Callable[..., Self]
    norm: Callable[..., Self]
    permute_dims: Callable[..., Self]
    prod: Callable[..., Self]
    relu: Callable[..., Self]
    repeat: Callable[..., Self]
    round: Callable[..., Self]
    sigmoid: Callable[..., Self]
    sin: Callable[..., Self]
    softmax: Callable[..., Self]
    sort: Callable[..., Self]
    sqrt: Callable[..., Self]
    square: Callable[..., Self]
    squeeze: Callable[..., Self]
    std: Callable[..., Self]
    sum: Callable[..., Self]
    take: Callable[..., Self]
    tanh: Callable[..., Self]
    var: Callable[..., Self]

    # Each bound by a line of its own.
    __array_ufunc__: Callable[..., Any]
    __array_function__: Callable[..., Any]
    reshape: Callable[..., Self]
    T: Self
    mT: Self
    __getitem__: Callable[[Any, Any], Self]
    __add__: Callable[[Any, Operand], Self]
    __radd__: Callable[[Any, Operand], Self]
    __sub__: Callable[[Any, Operand], Self]
    __rsub__: Callable[[Any, Operand], Self]
    __mul__: Callable[[Any, Operand], Self]
    __rmul__: Callable[[Any, Operand], Self]
    __truediv__: Callable[[Any, Operand], Self]
    __rtruediv__: Callable[[Any, Operand], Self]
    __floordiv__: Callable[[Any, Operand], Self]
    __rfloordiv__: Callable[[Any, Operand], Self]
    __mod__: Callable[[Any, Operand], Self]
    __rmod__: Callable[[Any, Operand], Self]
    __divmod__: Callable[[Any, Operand], tuple[Self, Self]]
    __rdivmod__: Callable[[Any, Operand], tuple[Self, Self]]
    __pow__: Callable[[Any, Operand], Self]
    __rpow__: Callable[[Any, Operand], Self]
    __matmul__: Callable[[Any, Operand], Self]
    __rmatmul__: Callable[[Any, Operand], Self]
    __and__: Callable[[Any, Operand], Self]
    __rand__: Callable[[Any, Operand], Self]
    __or__: Callable[[Any, Operand], Self]
    __ror__: Callable[[Any, Operand], Self]
    __xor__: Callable[[Any, Operand], Self]
    __rxor__: Callable[[Any, Operand], Self]
    __neg__: Callable[[Any], Self]
    __pos__: Callable[[Any], Self]
    __invert__: Callable[[Any], Self]
    __round__: Callable[..., Self]
    __lt__: Callable[[Any, Operand], Self]
    __le__: Callable[[Any, Operand], Self]
    __gt__: Callable[[Any, Operand], Self]
    __ge__: Callable[[Any, Operand], Self]
    if TYPE_CHECKING:  # as methods, since Python's types have them as methods

        def __eq__(self, other: Operand) -> Self: ...  # type: ignore[override]
        def __ne__(self, other: Operand) -> Self: ...  # type: ignore[override]
        def __abs__(self) -> Self: ...
