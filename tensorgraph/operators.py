"""The operators and methods of arrays that stand for ops.

Declared here, for a reader and for type checkers; ``tensorgraph/ops/__init__.py`` binds to them the
ops of the same names. This list of methods is the only one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tensorgraph.tensor import Tensor

Operand = Any
"""What an operator takes on its other side: a Tensor, an array, a list or a number."""


class Operators:
    """What can be written ``x + y`` or ``x.sum()``."""

    __slots__ = ()

    abs: Callable[..., Tensor]
    all: Callable[..., Tensor]
    any: Callable[..., Tensor]
    argmax: Callable[..., Tensor]
    argmin: Callable[..., Tensor]
    argsort: Callable[..., Tensor]
    astype: Callable[..., Tensor]
    clip: Callable[..., Tensor]
    cos: Callable[..., Tensor]
    cumulative_sum: Callable[..., Tensor]
    exp: Callable[..., Tensor]
    expand_dims: Callable[..., Tensor]
    flip: Callable[..., Tensor]
    log: Callable[..., Tensor]
    log_softmax: Callable[..., Tensor]
    logsumexp: Callable[..., Tensor]
    max: Callable[..., Tensor]
    mean: Callable[..., Tensor]
    min: Callable[..., Tensor]
    norm: Callable[..., Tensor]
    permute_dims: Callable[..., Tensor]
    prod: Callable[..., Tensor]
    relu: Callable[..., Tensor]
    repeat: Callable[..., Tensor]
    round: Callable[..., Tensor]
    sigmoid: Callable[..., Tensor]
    sin: Callable[..., Tensor]
    softmax: Callable[..., Tensor]
    sort: Callable[..., Tensor]
    sqrt: Callable[..., Tensor]
    square: Callable[..., Tensor]
    squeeze: Callable[..., Tensor]
    std: Callable[..., Tensor]
    sum: Callable[..., Tensor]
    take: Callable[..., Tensor]
    tanh: Callable[..., Tensor]
    var: Callable[..., Tensor]

    # Each bound by a line of its own, ``backward`` in ``autodiff.py``.
    __array_ufunc__: Callable[..., Any]
    __array_function__: Callable[..., Any]
    reshape: Callable[..., Tensor]
    backward: Callable[..., None]
    T: Tensor
    mT: Tensor
    __getitem__: Callable[[Tensor, Any], Tensor]
    __add__: Callable[[Tensor, Operand], Tensor]
    __radd__: Callable[[Tensor, Operand], Tensor]
    __sub__: Callable[[Tensor, Operand], Tensor]
    __rsub__: Callable[[Tensor, Operand], Tensor]
    __mul__: Callable[[Tensor, Operand], Tensor]
    __rmul__: Callable[[Tensor, Operand], Tensor]
    __truediv__: Callable[[Tensor, Operand], Tensor]
    __rtruediv__: Callable[[Tensor, Operand], Tensor]
    __floordiv__: Callable[[Tensor, Operand], Tensor]
    __rfloordiv__: Callable[[Tensor, Operand], Tensor]
    __mod__: Callable[[Tensor, Operand], Tensor]
    __rmod__: Callable[[Tensor, Operand], Tensor]
    __pow__: Callable[[Tensor, Operand], Tensor]
    __rpow__: Callable[[Tensor, Operand], Tensor]
    __matmul__: Callable[[Tensor, Operand], Tensor]
    __rmatmul__: Callable[[Tensor, Operand], Tensor]
    __and__: Callable[[Tensor, Operand], Tensor]
    __rand__: Callable[[Tensor, Operand], Tensor]
    __or__: Callable[[Tensor, Operand], Tensor]
    __ror__: Callable[[Tensor, Operand], Tensor]
    __xor__: Callable[[Tensor, Operand], Tensor]
    __rxor__: Callable[[Tensor, Operand], Tensor]
    __neg__: Callable[[Tensor], Tensor]
    __pos__: Callable[[Tensor], Tensor]
    __invert__: Callable[[Tensor], Tensor]
    __lt__: Callable[[Tensor, Operand], Tensor]
    __le__: Callable[[Tensor, Operand], Tensor]
    __gt__: Callable[[Tensor, Operand], Tensor]
    __ge__: Callable[[Tensor, Operand], Tensor]
    if TYPE_CHECKING:  # as methods, since Python's types have them as methods

        def __eq__(self, other: Operand) -> Tensor: ...  # type: ignore[override]
        def __ne__(self, other: Operand) -> Tensor: ...  # type: ignore[override]
        def __abs__(self) -> Tensor: ...
