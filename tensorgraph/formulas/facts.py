"""What is known of symbolic arrays: each fact with where it comes from.

A question has three answers: yes, no, and ``None`` for not known. Op records state facts of their
results; a user asserts others by :func:`assume`, which checks them on the data at once; the rest
follows from these by interval arithmetic, or is proved where sums are taken.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.declaration_checks import NAMING_AXES
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.ops._axes import blocks, one_axis, some_axes
from tensorgraph.ops.arithmetic import add, divide, multiply, negative, reciprocal, subtract
from tensorgraph.ops.index import one_hot
from tensorgraph.ops.shape import reshape
from tensorgraph.symbolic.expr import Expr

WORDS = {
    "sums_to": "a pair (axis, c): the sum along the axis is c",
    "sums_to_one": "an axis",
    "zero_sum": "an axis",
    "one_hot": "an axis",
    "constant_along": "an axis",
    "bounded": "a pair (low, high)",
    "binary": "True",
    "positive": "True",
    "nonnegative": "True",
    "nonzero": "True",
    "symmetric": "True",
}
"""What can be assumed, and what is given for it."""


@dataclass(frozen=True, eq=False)
class Fact:
    """Something that holds of an array, and how it is known."""

    word: str
    value: Any
    source: str
    """``"op"``, ``"proof"``, ``"assertion"`` (checked), ``"data"`` or ``"condition"``."""
    of: Any = None
    """The expression that it holds of."""
    note: str = ""
    """For a fact that was read off the data: what was seen."""

    def about(self, e: Expr) -> Fact:
        """Return the same of another expression."""
        return replace(self, of=e)

    def summing(self, axis: Any, total: Any) -> Fact:
        """Return the fact about a sum that this one implies."""
        return replace(self, word="sums_to", value=(axis, total))

    def _key(self) -> tuple[Any, ...]:
        return self.word, self.value, self.source, id(self.of)  # == of expressions is another one

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fact) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


class Interval(NamedTuple):
    """Where the elements lie; an end may belong to it or not."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = True
    high_open: bool = True

    @property
    def positive(self) -> bool:
        """Whether all elements are above 0."""
        return self.low > 0 or (self.low == 0 and self.low_open)

    @property
    def nonnegative(self) -> bool:
        """Whether no element is below 0."""
        return self.low >= 0

    @property
    def without_zero(self) -> bool:
        """Whether no element is 0."""
        return self.positive or self.high < 0 or (self.high == 0 and self.high_open)


ANYWHERE = Interval()
NO_ZERO_OF_ITS_OWN = {multiply.op, divide.op, negative.op, reciprocal.op}
"""Operations whose result is 0 only where an operand is."""


class Facts:
    """All that is known of expressions."""

    def __init__(self, asserted: Mapping[Expr, Iterable[Fact]] | None = None) -> None:
        self.asserted = {e: tuple(facts) for e, facts in (asserted or {}).items()}
        self._intervals: dict[Expr, Interval] = {}

    def of(self, e: Expr) -> Iterable[Fact]:
        """Yield what the op record or the user says of an expression, or of what was reshaped."""
        yield from self.asserted.get(e, ())
        if e.op is reshape.op:
            found = (_along_other_axes(fact, e.args[0].shape, e) for fact in self.of(e.args[0]))
            yield from filter(None, found)
        if e.op is not None:
            for word, value in e.op.facts.items():
                if word in NAMING_AXES:
                    axes = some_axes(e.static[value], e.ndim)
                    value = axes[0] if len(axes) == 1 else axes
                yield Fact(word, value, "op", e)
        if e.op is one_hot.op and _is_permutation(e):
            yield Fact("one_hot", 1 - some_axes(e.static["axis"], 2)[0], "op", e)

    def sum_along(self, e: Expr, *axes: int) -> Fact | None:
        """Return the fact that the sum along some of these axes is a number, if one is known."""
        for fact in self.of(e):
            along, total = _sum_told(fact)
            wide = {axis for axis in along if e.shape[axis] != 1}
            if wide and wide <= set(axes):
                return fact.summing(along[0] if len(along) == 1 else along, total)
        return None

    def binary(self, e: Expr) -> bool | None:
        """Return whether the elements are 0 or 1."""
        return True if self.why_binary(e) is not None else None

    def why_binary(self, e: Expr) -> Fact | None:
        """Return the fact that the elements are 0 or 1, if it is known."""
        if e.dtype.kind == "b":
            return Fact("binary", True, "op", e)
        for fact in self.of(e):
            if fact.word in ("binary", "one_hot"):
                return replace(fact, word="binary", value=True)
        return self.why_binary(e.args[0]) if _of_operand(e, "moved") else None

    def positive(self, e: Expr) -> bool | None:
        """Return whether the elements are above 0."""
        where = self.interval(e)
        return True if where.positive else False if where.high <= 0 else None

    def nonnegative(self, e: Expr) -> bool | None:
        """Return whether no element is below 0."""
        where = self.interval(e)
        return True if where.nonnegative else False if where.high < 0 else None

    def nonzero(self, e: Expr) -> bool | None:
        """Return whether no element is 0."""
        if self.interval(e).without_zero or any(f.word == "nonzero" for f in self.of(e)):
            return True
        if e.op in NO_ZERO_OF_ITS_OWN:
            return True if all(self.nonzero(x) for x in e.args) else None
        return False if self.interval(e)[:2] == (0, 0) else None

    def interval(self, e: Expr) -> Interval:
        """Return an interval that holds all elements."""
        found = self._intervals.get(e)
        if found is None:
            found = self._from_operands(e)
            for fact in self.of(e):
                if fact.source != "data" or e.ndim == 0:  # signs are used without being told
                    found = _narrowed(found, _meaning(fact))
            self._intervals[e] = found
        return found

    def _from_operands(self, e: Expr) -> Interval:
        if e.value is not None:
            array = np.asarray(e.value)
            if array.size == 0 or not np.all(np.isfinite(array)):
                return ANYWHERE
            return Interval(float(array.min()), float(array.max()), False, False)
        if e.op is None:
            return ANYWHERE
        if _of_operand(e, "moved") or _of_operand(e, "averaged"):
            return self.interval(e.args[0])
        if e.op in (add.op, subtract.op):
            x, y = map(self.interval, e.args)
            return _added(x, y if e.op is add.op else _negated(y))
        if e.op is negative.op:
            return _negated(self.interval(e.args[0]))
        return self._by_sign(e, e.op.facts.get("sign_of", ()))

    def _by_sign(self, e: Expr, inputs: Collection[str]) -> Interval:
        """Return what follows from the signs of these inputs, whose sign the result has."""
        assert e.op is not None
        named = zip(e.op.inputs, e.args, strict=False)
        parts = [self.interval(x) for name, x in named if name in inputs]
        if parts and all(part.positive for part in parts):
            return Interval(low=0)
        known = parts and all(part.nonnegative for part in parts)
        return Interval(0, low_open=False) if known else ANYWHERE


def _along_other_axes(fact: Fact, shape: Sequence[int], e: Expr) -> Fact | None:
    """Return the same fact of what an array of this shape is reshaped to, or was reshaped from."""
    every = blocks(shape, e.shape)
    to = {b.old[0]: b.new[0] for b in every if len(b.old) == len(b.new) == 1}
    if fact.word in NAMING_AXES and fact.value in to:
        return replace(fact, value=to[fact.value], of=e)
    if fact.word == "sums_to" and fact.value[0] in to:
        return replace(fact, value=(to[fact.value[0]], fact.value[1]), of=e)
    return None


def before_reshape(fact: Fact) -> Fact:
    """Return a fact of a reshaped value as one of what was reshaped, where it is one."""
    found: Fact | None = fact
    while found is not None and found.of is not None and found.of.op is reshape.op:
        fact, found = found, _along_other_axes(found, found.of.shape, found.of.args[0])
    return fact if found is None else found


def _is_permutation(e: Expr) -> bool:
    """Return whether one-hot rows have their 1 in a column of their own, as on a diagonal."""
    labels, n = e.args[0].value, e.static["num_classes"]
    return e.shape == (n, n) and labels is not None and len(np.unique(labels)) == n


def _of_operand(e: Expr, word: str) -> bool:
    """Return whether a record says this of the first operand, which is not rounded on the way."""
    if e.op is None or word not in e.op.facts:
        return False
    return np.can_cast(e.args[0].dtype, e.dtype, "same_kind")


def _sum_told(fact: Fact) -> tuple[tuple[int, ...], Any]:
    """Return the axes along which a fact says what the sum is, and the sum; no axes if none."""
    match fact.word:
        case "sums_to":
            axes, total = fact.value
        case "sums_to_one" | "one_hot":
            axes, total = fact.value, 1
        case "zero_sum":
            axes, total = fact.value, 0
        case _:
            axes, total = (), 0
    return axes if isinstance(axes, tuple) else (axes,), total


def _meaning(fact: Fact) -> Interval:
    match fact.word:
        case "positive":
            return Interval(low=0)
        case "nonnegative":
            return Interval(0, low_open=False)
        case "binary" | "one_hot":
            return Interval(0, 1, False, False)
        case "bounded":
            return Interval(fact.value[0], fact.value[1], False, False)
        case "between":
            return Interval(*fact.value)
    return ANYWHERE


def _narrowed(x: Interval, y: Interval) -> Interval:
    low, low_open = max((x.low, x.low_open), (y.low, y.low_open))
    high, high_closed = min((x.high, not x.high_open), (y.high, not y.high_open))
    return Interval(low, high, low_open, not high_closed)


def _negated(x: Interval) -> Interval:
    return Interval(-x.high, -x.low, x.high_open, x.low_open)


def _added(x: Interval, y: Interval) -> Interval:
    low, high = x.low + y.low, x.high + y.high
    return Interval(low, high, x.low_open or y.low_open, x.high_open or y.high_open)


# ----------------------------------------------------------------------------------- assertions

_BY_OBJECT: dict[int, tuple[Any, tuple[Fact, ...]]] = {}


def assume(x: Any, **facts: Any) -> Tensor:
    """State what holds of a tensor, for formulas; it is checked on its values at once.

    The tensor is returned as it is (an array as a new tensor): compute with what is returned.

    Args:
        x: a tensor or an array.
        facts: ``sums_to_one=axis``, ``zero_sum=axis``, ``sums_to=(axis, c)``, ``one_hot=axis``,
            ``constant_along=axis``, ``bounded=(low, high)``; ``binary``, ``positive``,
            ``nonnegative``, ``nonzero`` or ``symmetric`` ``=True``.

    Raises:
        FactError: it does not hold of the values.
        ArgumentError: an unknown fact.
        AxisError: an axis that the tensor does not have.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> Y = tg.assume(np.array([[0.0, 1.0], [0.5, 0.5]]), sums_to_one=1)
        >>> tg.assume(Y, one_hot=1)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.FactError: assume: one_hot=1 does not hold: x[1, 0] is 0.5
    """
    result = x if type(x) is Tensor else tensor(x)
    found = []
    for word, value in facts.items():
        if word not in WORDS:
            raise errors.ArgumentError(f"assume: no fact is called {word!r}; {_listing()}")
        value = _argument(word, value, result.ndim)
        problem = violation(np.asarray(result._data), word, value)
        if problem:
            raise errors.FactError(f"assume: {word}={facts[word]!r} does not hold: {problem}")
        found.append(Fact(word, value, "assertion"))
    _remember(result._node or result, tuple(found))
    return result


def _listing() -> str:
    return "known are " + ", ".join(f"{word} ({what})" for word, what in WORDS.items())


def _argument(word: str, value: Any, ndim: int) -> Any:
    if word in ("sums_to_one", "zero_sum", "one_hot", "constant_along"):
        return one_axis(value, ndim, f"assume: {word}")
    if word in ("sums_to", "bounded"):
        if not (isinstance(value, tuple) and len(value) == 2):
            raise errors.ArgumentError(f"assume: {word} takes {WORDS[word]}, not {value!r}")
        return (one_axis(value[0], ndim, "assume: axis"), value[1]) if word == "sums_to" else value
    if value is not True:
        raise errors.ArgumentError(f"assume: write {word}=True, or leave it out")
    return True


def violation(array: Any, word: str, value: Any) -> str:
    """Return where an array violates a fact, or an empty string."""
    match word:
        case "positive":
            bad = ~(array > 0)
        case "nonnegative":
            bad = ~(array >= 0)
        case "nonzero":
            bad = array == 0
        case "binary":
            bad = (array != 0) & (array != 1)
        case "bounded":
            bad = ~((array >= value[0]) & (array <= value[1]))
        case "one_hot":
            bad = (array != 0) & (array != 1)
            if not bad.any():
                return _sum_violation(array, value, 1)
        case "symmetric":
            if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
                return f"x of shape {array.shape} is not square"
            bad = array != np.swapaxes(array, -1, -2)
        case "constant_along":
            bad = array != array.take([0], axis=value)
        case _:
            axis, total = value if word == "sums_to" else (value, word != "zero_sum")
            return _sum_violation(array, axis, total)
    if not bad.any():
        return ""
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    return f"x[{', '.join(map(str, where))}] is {array[where]}"


def is_symmetric(array: Any) -> bool:
    """Return whether an array is a symmetric matrix, or a stack of them, up to rounding."""
    if array.ndim < 2 or array.shape[-1] != array.shape[-2] or array.dtype.kind not in "iuf":
        return False
    across = np.swapaxes(array, -1, -2)
    return bool(np.allclose(array, across, rtol=1e-13, atol=1e-13 * np.abs(array).max(initial=0)))


def _sum_violation(array: Any, axis: int, total: float) -> str:
    eps = np.finfo(array.dtype).eps if array.dtype.kind == "f" else 0
    with np.errstate(invalid="ignore", over="ignore"):  # ∞ − ∞ is no total
        sums = array.sum(axis=axis, dtype=np.float64)
        scale = np.abs(array).sum(axis=axis, dtype=np.float64) + abs(total)
        bad = ~(np.abs(sums - total) <= 8 * np.sqrt(max(array.shape[axis], 1)) * eps * scale)
    if not bad.any():
        return ""
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    at = ", ".join(map(str, (*where[:axis], ":", *where[axis:])))
    return f"x[{at}] sums to {sums[where]:g}"


def true_of(array: Any) -> list[Fact]:
    """Return what is true of an array's elements, whoever says it: 0 and 1 alone, sums of 1."""
    if array.dtype.kind not in "biuf" or array.size < 2:
        return []
    binary = not violation(array, "binary", True)
    sums = [i for i, n in enumerate(array.shape) if n > 1]
    sums = [axis for axis in sums if not violation(array, "sums_to_one", axis)]
    found = [Fact("one_hot" if binary else "sums_to_one", axis, "data") for axis in sums]
    return [*found, Fact("binary", True, "data")] if binary else found


def sum_of_affine(array: Any, y: Any, fact: Fact) -> Fact | None:
    """Return the sum of an array that is a·y + b, from what is known of y's; ``None`` if it isn't.

    Label smoothing makes such arrays.
    """
    if fact.word not in ("one_hot", "sums_to_one", "sums_to", "zero_sum") or array.shape != y.shape:
        return None
    if np.array_equal(array, y):
        return fact
    axis, total = fact.value if fact.word == "sums_to" else (fact.value, fact.word != "zero_sum")
    low, high = np.unravel_index(y.argmin(), y.shape), np.unravel_index(y.argmax(), y.shape)
    if y[low] == y[high]:
        return None
    a = (array[high] - array[low]) / (y[high] - y[low])
    b = array[low] - a * y[low]
    eps = 16 * np.finfo(array.dtype).eps
    if not np.allclose(array, a * y + b, rtol=eps, atol=eps * float(np.abs(array).max())):
        return None
    found = float(a) * total + float(b) * y.shape[axis]
    nearest = round(found)
    exact = nearest if abs(found - nearest) <= eps * y.shape[axis] else found
    return Fact("sums_to", (axis, exact), "proof", note=fact.note)


def _remember(place: Any, facts: tuple[Fact, ...]) -> None:
    key = id(place)
    before = _BY_OBJECT[key][1] if key in _BY_OBJECT else ()
    _BY_OBJECT[key] = (ref(place, lambda _: _BY_OBJECT.pop(key, None)), (*before, *facts))


def asserted_of(place: Any) -> tuple[Fact, ...]:
    """Return what was assumed of a node or a leaf."""
    return _BY_OBJECT.get(id(place), (None, ()))[1]
