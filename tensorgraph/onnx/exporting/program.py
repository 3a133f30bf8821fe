"""A function as one list of operations for all sizes of an axis, made from traces at several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.op import Op
from tensorgraph.onnx.exporting.graph_reading import Place
from tensorgraph.onnx.exporting.sizes import AnySize, Samples, Size, fitted, size_by, size_of
from tensorgraph.onnx.exporting.summed_gradients import summed_as
from tensorgraph.symbolic.expr import Expr


@dataclass(eq=False)
class Value:
    """What one operation gives, or an input or a constant."""

    op: Op | None
    args: tuple[Value, ...]
    static: dict[str, Any]
    shape: tuple[AnySize, ...]
    dtype: np.dtype[Any]
    weak: bool
    """Whether it is one of Python's numbers, which decide no dtype."""
    constant: Any = None
    """An array, a number, or something that follows from sizes; ``None`` for what is computed."""
    place: Place = field(default_factory=Place)
    traces: tuple[Expr, ...] = ()
    """What it is in each trace."""

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


@dataclass(frozen=True)
class Formula:
    """A number that follows from sizes: a sum of their products, its root, or one over these."""

    coefficients: tuple[float, ...]
    """Those of ``monomials``."""
    root: bool = False
    inverse: bool = False


@dataclass(frozen=True, eq=False)
class Repeated:
    """An array that is the same along those axes whose size is not known."""

    element: Any
    """An array with one element along these axes, or a formula."""
    shape: tuple[AnySize, ...]


@dataclass(frozen=True)
class Counting:
    """The whole numbers from ``start`` on, ``size`` of them, each ``step`` more."""

    start: AnySize
    step: int
    size: AnySize
    shape: tuple[AnySize, ...]


@dataclass(frozen=True)
class Banded:
    """A matrix with one number below a diagonal, one on it and one above it, such as a mask."""

    numbers: tuple[Any, Any, Any]
    offset: int
    """Where the diagonal begins: how many columns after the first."""
    shape: tuple[AnySize, ...]

    def at(self, shape: tuple[int, ...]) -> Any:
        """Return the matrix of a shape."""
        rows, columns = np.ogrid[: shape[-2], : shape[-1]]
        side = np.sign(columns - rows - self.offset) + 1
        return np.array(self.numbers)[side].reshape(shape)


class Aligned:
    """Traces of one function at several sizes, read side by side.

    Args:
        samples: the sizes of each trace.
        places: where the operations of the first trace stand.

    Raises:
        ExportError: they differ by more than numbers that follow from the sizes.
    """

    def __init__(self, samples: Samples, places: Mapping[Expr, Place]) -> None:
        self.samples, self.places = samples, places
        self.values: dict[tuple[Expr, ...], Value] = {}
        self.computed: dict[str, Sequence[int]] = {}
        """Sizes that are known when something is computed, such as how many elements a slice has:
        by name the lengths in the samples."""
        self.sources: dict[Value, dict[str, int]] = {}
        """The axes that these are the lengths of, by name, of the values that have them first."""

    def given(self, traced: tuple[Expr, ...]) -> Value:
        """Return what an input of each trace is: an array that is there, or a generator."""
        return self.values.setdefault(traced, self._joined(traced))

    def value(self, traced: tuple[Expr, ...]) -> Value:
        """Return what one expression of each trace is."""
        stack = [(traced, False)]
        while stack:
            es, ready = stack.pop()
            if es in self.values:
                continue
            alike = (es[0], *(summed_as(es[0], e) for e in es[1:]))
            if ready:
                self.values[es] = self._joined(alike)
                continue
            self._check_alike(alike)
            stack.append((es, True))
            operands = [*zip(*(e.args for e in alike), strict=True)]
            stack.extend((args, False) for args in reversed(operands))
        return self.values[traced]

    def _check_alike(self, es: tuple[Expr, ...]) -> None:
        first = es[0]
        if any(e.is_input for e in es):
            raise self._error(first, "at another size it takes another tensor, or computes one")
        for e in es[1:]:
            if e.op is not first.op or len(e.args) != len(first.args):
                raise self._error(
                    first,
                    "what is computed differs from one size to the other"
                    f" ({_named(first)} here, {_named(e)} there)",
                )
            if e.ndim != first.ndim:
                raise self._error(
                    first, f"it has {first.ndim} axes at one size, {e.ndim} at another"
                )

    def _joined(self, es: tuple[Expr, ...]) -> Value:
        first, fresh = es[0], dict[str, int]()
        place = self.places.get(first, Place())
        shape: list[AnySize] = []
        for axis, lengths in enumerate(zip(*(e.shape for e in es), strict=True)):
            found = self._found(lengths)
            if found is None:
                name = f"{_named(first)}_{len(self.computed)}"
                self.computed[name], fresh[name] = lengths, axis
                found = Size.of(name)
            shape.append(found)
        args = tuple(self.values[a] for a in zip(*(e.args for e in es), strict=True))
        constant = None
        if first.value is not None:
            constant = self._constant([e.value for e in es], tuple(shape), first)
        static = {k: self._static([e.static[k] for e in es], first, k) for k in first.static}
        value = Value(
            first.op, args, static, tuple(shape), first.dtype, first.weak, constant, place, es
        )
        self.sources[value] = fresh
        return value

    def _found(self, values: Sequence[int]) -> AnySize | None:
        found = size_of(values, self.samples)
        if found is None:
            known = {name: [s[name] for s in self.samples] for name in self.samples[0]}
            found = size_by(values, {**known, **self.computed})
        return found

    def _size(self, values: Sequence[int], e: Expr, what: str) -> AnySize:
        found = self._found(values)
        if found is None:
            raise self._error(e, f"{what} is {self._told(values)}, which is no sum of products")
        return found

    def _static(self, values: Sequence[Any], e: Expr, key: str) -> Any:
        """Return a static parameter, in which sizes stand for what differs."""
        first = values[0]
        if type(first) is slice:
            parts = [[v.start, v.stop, v.step] for v in values]
            return slice(*self._static(parts, e, key))
        if isinstance(first, (tuple, list)):
            if len({len(v) for v in values}) > 1:
                raise self._error(e, f"{key} has more or fewer entries at another size")
            return type(first)(self._static(v, e, key) for v in zip(*values, strict=True))
        if all(_equal(v, first) for v in values[1:]):
            return first
        if all(type(v) is int for v in values):
            return self._size(values, e, key)
        raise self._error(e, f"{key} is {self._told(values)}")

    def _constant(self, values: Sequence[Any], shape: tuple[AnySize, ...], e: Expr) -> Any:
        first = values[0]
        if all(_equal(v, first) for v in values[1:]):
            return first
        if not isinstance(first, np.ndarray) or not shape:
            return self._formula([np.asarray(v).item() for v in values], e)
        varying = tuple(i for i, n in enumerate(shape) if isinstance(n, Size))
        single = [v[tuple(slice(0, 1) if i in varying else slice(None) for i in range(v.ndim))]
                  for v in values]  # fmt: skip
        if all(np.array_equal(np.broadcast_to(s, v.shape), v, equal_nan=v.dtype.kind == "f")
               for s, v in zip(single, values, strict=True)):  # fmt: skip
            if all(_equal(s, single[0]) for s in single):
                return Repeated(single[0], shape)
            if all((s == s.flat[0]).all() for s in single):
                return Repeated(self._formula([s.flat[0].item() for s in single], e), shape)
        way = self._counting if len(varying) == 1 else self._banded
        counted = way(values, shape, e)
        if counted is None:
            raise self._error(e, f"an array that has other elements at each size ({e.dtype}"
                                 f"{list(e.shape)}) is made outside of operations")  # fmt: skip
        return counted

    def _counting(
        self, values: Sequence[Any], shape: tuple[AnySize, ...], e: Expr
    ) -> Counting | None:
        flat = [v.reshape(-1) for v in values]
        if any(max(v.shape) != v.size or (v != np.rint(v)).any() for v in values):
            return None
        steps = {int(d) for v in flat for d in np.diff(v)}
        if len(steps) != 1:
            return None
        start = self._size([int(v[0]) for v in flat], e, "the first of an array's elements")
        size = self._size([v.size for v in flat], e, "the size of an array")
        return Counting(start, steps.pop(), size, shape)

    def _banded(self, values: Sequence[Any], shape: tuple[AnySize, ...], e: Expr) -> Banded | None:
        """Return what is told by the first row and column: where these change, and to what."""
        if len(shape) < 2 or any(v.size != v.shape[-2] * v.shape[-1] for v in values):
            return None
        matrix = max((v.reshape(v.shape[-2:]) for v in values), key=np.size)
        edge = np.concatenate([matrix[::-1, 0], matrix[0, 1:]])  # from the lower left on
        changes = np.flatnonzero(edge[1:] != edge[:-1]) + 1
        if changes.size not in (1, 2) or changes[-1] - changes[0] > 1:
            return None
        at = int(changes[0])
        numbers = edge[at - 1], edge[at], edge[-1]
        banded = Banded(numbers, at - len(matrix) + 1, shape)
        fits = all(_equal(banded.at(v.shape), v) for v in values)
        return banded if fits else None

    def _formula(self, values: Sequence[float], e: Expr) -> Formula:
        """Return how a number follows from sizes: such as ``1 / batch``, or ``√(batch − 1)``."""
        array = np.array(values, float)
        rounding = float(np.finfo(e.dtype if e.dtype.kind == "f" else np.float64).eps)
        with np.errstate(divide="ignore", invalid="ignore"):
            ways = {(False, False): array, (False, True): 1 / array,
                    (True, False): array**2, (True, True): 1 / array**2}  # fmt: skip
        for (root, inverse), numbers in ways.items():
            found = fitted([*numbers], self.samples, rounding)
            if found is not None and (not root or (array >= 0).all()):
                return Formula(tuple(found), root, inverse)
        raise self._error(e, f"a number that is {self._told(values)} follows from the size in a way"
                             " that cannot be told")  # fmt: skip

    def _told(self, values: Sequence[Any]) -> str:
        told = [f"{v} where {_where(s)}" for v, s in zip(values, self.samples, strict=True)]
        return ", ".join(dict.fromkeys([told[0], *told[-2:]]))

    def _error(self, e: Expr, problem: str) -> errors.ExportError:
        place = str(self._place_near(e))
        names = " and ".join(self.samples[0])
        return errors.ExportError(
            f"onnx.export: {_named(e)}{place} fixes the size {names}: {problem}; write"
            " dynamic_axes=None for a file that takes the sizes of the examples only"
        )

    def _place_near(self, e: Expr) -> Place:
        """Return where an expression is computed, or a constant first used."""
        own = self.places.get(e, Place())
        if own.line:
            return own
        users = (x for x in self.places if any(a is e for a in x.args))
        return next((self.places[x] for x in users), Place())


def _named(e: Expr) -> str:
    return e.op.name if e.op is not None else "a constant" if e.value is not None else "an input"


def _where(sizes: Mapping[str, int]) -> str:
    return " and ".join(f"{name} = {n}" for name, n in sizes.items())


def _equal(x: Any, y: Any) -> bool:
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        x, y = np.asarray(x), np.asarray(y)
        return bool(np.array_equal(x, y, equal_nan=x.dtype.kind == "f" and y.dtype.kind == "f"))
    return type(x) is type(y) and bool(x == y or (x != x and y != y))
