"""Symbolic arrays: immutable expression nodes that operations accept in place of arrays.

An expression knows what would be computed, and the shape and dtype of the result; nothing runs.
Equal expressions are one object, so comparing and remembering them is by identity. Gradient rules
are code over operators, array methods and ops, so they run on expressions as they stand.

Python's numbers decide no dtype: ``x * 2.0`` is of the dtype of x. Nor does an expression that
stands for one, which is *weak*: a constant that is Python's number, a symbol of a number that is
known only when the expression is computed, and what is computed from these alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NoReturn
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.engine.modes import user_line
from tensorgraph.engine.op import HANDLERS, Op
from tensorgraph.engine.operators import Operators
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops import OPS
from tensorgraph.ops.methods import bind_operators
from tensorgraph.symbolic.infer import result_like

Shape = tuple[int, ...]

_TABLE: WeakValueDictionary[Any, Expr] = WeakValueDictionary()
_LOCK = threading.RLock()
"""Held while the table is looked at and written to."""
in_forked_child(lambda: free(_LOCK))
_NOTHING: dict[str, Any] = {}
LARGEST_INT = np.iinfo(np.int64).max


class Expr(Operators):
    """A symbolic array: an input, a constant, or an operation on other symbolic arrays.

    Make inputs with :func:`symbol`; operations on them give expressions.

    Example:
        >>> from tensorgraph.symbolic.expr import symbol
        >>> x = symbol("x", (2, 3))
        >>> y = (x * 2).sum(axis=1)
        >>> y.shape, y.op.name
        ((2,), 'sum')
        >>> (x * 2).sum(axis=1) is y
        True
    """

    __slots__ = ("__weakref__", "args", "dtype", "name", "op", "shape", "static", "value", "weak")

    op: Op | None
    """The operation; ``None`` for an input or a constant."""
    args: tuple[Expr, ...]
    static: dict[str, Any]
    shape: Shape
    dtype: np.dtype[Any]
    value: Any
    """A constant's array or number; ``None`` for anything else."""
    name: str | None
    """What an input is called."""
    weak: bool
    """Whether it stands for one of Python's numbers, which decide no dtype."""

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def is_input(self) -> bool:
        """Whether this stands for an array that is given."""
        return self.op is None and self.value is None

    def __repr__(self) -> str:
        given = "constant" if self.value is not None else self.name or "input"
        return f"<{self.op.name if self.op else given} {kind_text(self)}>"

    def __str__(self) -> str:
        return f"{repr(self)[:-1]}, whose value is known outside only>"

    def __format__(self, spec: str) -> str:
        return str(self)  # a format for numbers has nothing to show here, and does no harm

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a symbolic array with no axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Expr]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        raise errors.GraphError(
            f"{_at_line()}a symbolic array has no value, so nothing can be decided by it; write"
            " tg.where(condition, a, b) for a if condition else b"
        )

    def _no_value(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise errors.GraphError(
            f"{_at_line()}a symbolic array ({self!r}) has no value; compute with it by operators"
            " and tg's functions (tg.where for if, tg.asarray(array)[i] for an array that it"
            " indexes), and return it from the function that is traced to see its value: return"
            " loss, or return loss.item()"
        )

    tolist = tobytes = __float__ = __int__ = __index__ = __complex__ = __array__ = _no_value
    __trunc__ = __floor__ = __ceil__ = _no_value

    def item(self) -> Expr:
        """Return what stands for the only element as one of Python's numbers."""
        return self if self.weak else apply(item, (self,), {})

    def get(self) -> NDArray[Any]:
        """Return a constant's values; of anything else none, for checks: see ``host_values``."""
        return np.empty(0, self.dtype) if self.value is None else np.asarray(self.value)

    def copy(self) -> Expr:
        """Return the expression itself, which never changes."""
        return self

    __hash__ = object.__hash__


def kind_text(e: Expr) -> str:
    """Return an expression's dtype and shape as text; of a number of Python's its type."""
    return type(e.dtype.type(0).item()).__name__ if e.weak else f"{e.dtype}{list(e.shape)}"


def _at_line() -> str:
    line = user_line()
    return f"{line}: " if line else ""


def stand_in(x: Expr) -> NDArray[Any]:
    """Return zeros that take no memory, of the shape and dtype of an expression."""
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


bind_operators(Expr, OPS, Expr._no_value, stand_in)

item = Op(
    "item",
    lambda x: x.item(),
    {"x": NONDIFF},
    family="shape",
    shape=lambda x: (),
    dtype=lambda x: np.asarray(x.dtype.type(0).item()).dtype,
    doc="Return the only element as one of Python's numbers.",
)


def symbol(
    name: str | None, shape: Iterable[int] = (), dtype: Any = np.float32, weak: bool = False
) -> Expr:
    """Return a new input: a symbolic array of which only shape and dtype are known.

    A weak one stands for one of Python's numbers.

    Example:
        >>> from tensorgraph.symbolic.expr import symbol
        >>> symbol("x", (2, 3))
        <x float32[2, 3]>
    """
    return _new(None, (), _NOTHING, tuple(shape), np.dtype(dtype), None, name, weak)


def in_64_bits(value: Any) -> Any:
    """Return an integer that no array holds as the float that kernels take it as."""
    large = type(value) is int and not -LARGEST_INT <= value <= LARGEST_INT
    return float(value) if large else value


def constant(value: Any) -> Expr:
    """Return the expression for a number or an array that is known.

    Example:
        >>> from tensorgraph.symbolic.expr import constant
        >>> constant(2.0) is constant(2.0)
        True
    """
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        shape, dtype = value.shape, value.dtype
        key: Any = (shape, dtype.str, blake2b(np.ascontiguousarray(value).data).digest())
        if value.base is not None or value.flags.writeable:  # its owner may change it
            value = value.copy()
            value.flags.writeable = False
    else:
        value = in_64_bits(value)
        shape, dtype = (), np.asarray(value).dtype
        key = (type(value), repr(value))  # -0.0 is not 0.0
    weak = not isinstance(value, np.ndarray)
    return _interned(key, (None, (), _NOTHING, shape, dtype, value, None, weak))


def constant_of_its_own(value: Any) -> Expr:
    """Return a constant that is told apart from every other one, also from those of equal value."""
    e = constant(value)
    return _new(None, (), _NOTHING, e.shape, e.dtype, e.value, None, e.weak)


def lift(value: Any) -> Expr:
    """Return any operand as an expression: tensors, arrays and numbers are constants."""
    if type(value) is Expr:
        return value
    if type(value) is Tensor:
        return lift(value._data)
    return constant(value if isinstance(value, (bool, int, float)) else np.asarray(value))


def apply(op: Op, args: tuple[Any, ...], static: dict[str, Any]) -> Expr:
    """Return the expression for an operation, at least one operand of which is symbolic."""
    operands = tuple(map(lift, args))
    shape, dtype = result_like(op, operands, static)
    return make(op, operands, static, shape, dtype)


def make(
    op: Op, args: tuple[Expr, ...], static: dict[str, Any], shape: Shape, dtype: np.dtype[Any]
) -> Expr:
    """Return the expression for an operation whose result's shape and dtype are known."""
    key = (op, tuple(map(id, args)), _frozen(static))
    return _interned(key, (op, args, static, shape, dtype, None, None, _is_weak(op, args)))


def _is_weak(op: Op, args: tuple[Expr, ...]) -> bool:
    """Return whether a result is one of Python's numbers."""
    computes = op.family == "elementwise" and "dtype" not in op.defaults
    return op is item or (computes and all(e.weak for e in args))


def _frozen(value: Any) -> Any:
    """Return a static parameter as something that can be a key."""
    if isinstance(value, dict):
        return tuple((name, _frozen(part)) for name, part in sorted(value.items()))
    if isinstance(value, (tuple, list)):
        return tuple(map(_frozen, value))
    if isinstance(value, slice):
        return ("slice", value.start, value.stop, value.step)
    if isinstance(value, (bool, float)):
        return (type(value), value)  # 1, 1.0 and True are different parameters
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


def _interned(key: Any, fields: tuple[Any, ...]) -> Expr:
    with _LOCK:
        found = _TABLE.get(key)
        if found is None:
            found = _TABLE[key] = _new(*fields)
        return found


def _new(*fields: Any) -> Expr:
    new: Any = object.__new__(Expr)
    new.op, new.args, new.static, new.shape, new.dtype, new.value, new.name, new.weak = fields
    return new  # type: ignore[no-any-return]


def in_order(
    roots: Iterable[Expr], below: Callable[[Expr], Iterable[Expr]] = lambda e: e.args
) -> list[Expr]:
    """Return the expressions that the roots are made of, operands first, without recursion.

    ``below`` tells what an expression is made of, where that is not all its operands.
    """
    done: dict[Expr, None] = {}
    stack: list[tuple[Expr, bool]] = [(root, False) for root in list(roots)[::-1]]
    while stack:
        e, expanded = stack.pop()
        if expanded:
            done[e] = None
        elif e not in done:
            stack.append((e, True))
            stack.extend((arg, False) for arg in tuple(below(e))[::-1] if arg not in done)
    return list(done)


def remade(e: Expr, args: Sequence[Expr]) -> Expr:
    """Return an expression with other operands, of the same shapes and types."""
    if e.op is None or all(x is y for x, y in zip(args, e.args, strict=True)):
        return e
    return make(e.op, tuple(args), e.static, e.shape, e.dtype)


def exchanged(e: Expr, instead: Callable[[Expr], Expr | None]) -> Expr:
    """Return an expression with others in place of those that ``instead`` has another for."""
    new: dict[Expr, Expr] = {}

    def below(x: Expr) -> tuple[Expr, ...]:
        other = instead(x)
        if other is None:
            return x.args
        new[x] = other
        return ()

    for x in in_order([e], below):
        if x not in new:
            new[x] = remade(x, [new[y] for y in x.args])
    return new[e]


HANDLERS[Expr] = apply
