"""Two modules beside each other that nothing runs: their layers, settings and parameters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from types import CellType, CodeType, FunctionType
from typing import Any

from tensorgraph.differences.array_difference import Tolerance, difference
from tensorgraph.differences.longest_common import longest_common
from tensorgraph.differences.result import Difference, Line, counted, excerpt
from tensorgraph.drawing.picture import Picture
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import GraphError
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module

MOST = 30
"""So many lines of layers, and of parameters, are told at most."""


@dataclass
class Row:
    """A module in another one."""

    place: str
    """Where, as Python writes it: ``layers[0]``."""
    what: str
    """``Linear(3, 4)``."""
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """Its own parameters and buffers."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Its own attributes that are plain, and the code of what it computes."""
    is_training: bool = True

    @property
    def depth(self) -> int:
        """How many modules are around it, about."""
        return self.place.count(".") + self.place.count("[")

    @property
    def name(self) -> str:
        """Its attribute; empty for a place in a list, which says nothing."""
        return "" if self.place.endswith("]") else self.place.rpartition(".")[2]


class ModuleDifference(Difference):
    """What two modules do not have in common: layers, settings, parameters and what these hold.

    Attributes:
        added: layers that only the second one has, as ``(place, Linear(3, 4))``.
        removed: those that only the first one has.
        changed: layers that have other settings, or parameters that are not alike, in words.

    Example:
        >>> from tensorgraph import nn
        >>> import tensorgraph as tg
        >>> a = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
        >>> b = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
        >>> print(tg.diff(a, b, values=False))
        1 layer changed, 2 the same
          … 1 layer the same …
          layers[0] Linear(4 → 8, init=he_normal)
        ~ layers[1] ReLU() → Tanh()
    """

    def __init__(self, a: Module, b: Module, tolerance: Tolerance, values: bool) -> None:
        self._a, self._b = _rows(a), _rows(b)
        self._pairs = _matched(self._a, self._b)
        back = {j for j in self._pairs.values()}
        self.removed = [_told(r) for i, r in enumerate(self._a) if i not in self._pairs]
        self.added = [_told(r) for j, r in enumerate(self._b) if j not in back]
        self._layers = {
            j: f"{self._a[i].what} → {self._b[j].what}"
            for i, j in self._pairs.items()
            if self._a[i].what != self._b[j].what
        }
        self._tensors = [
            line
            for i, j in self._pairs.items()
            for line in _tensor_lines(
                self._a[i], self._b[j], tolerance, values, j not in self._layers
            )
        ]
        self._facts = [*self._modes()]
        for i, j in self._pairs.items():
            if j not in self._layers:
                self._facts += _fact_lines(self._a[i], self._b[j])
        self.changed = [*self._layers.values(), *self._facts, *self._tensors]

    def _modes(self) -> Iterator[str]:
        """Yield which modules are in another mode; those in them are not told again."""
        told: list[str] = []
        for i, j in self._pairs.items():
            one, other = self._a[i], self._b[j]
            inside = any(not t or other.place.startswith((f"{t}.", f"{t}[")) for t in told)
            if one.is_training != other.is_training and not inside:
                told.append(other.place)
                modes = (
                    "in training" if row.is_training else "in evaluation" for row in (one, other)
                )
                yield f"{other.place or 'the module'}: {' → '.join(modes)}"

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def lines(self) -> list[Line]:
        """Return what stands in the text: a headline, layers, parameters."""
        same = counted(len(self._pairs) - len(self._layers), "layer")
        if not self:
            return [Line(f"the same: {same} with the same settings and parameters")]
        counts = {"added": self.added, "removed": self.removed, "changed": self._layers}
        told = [f"{counted(len(found), 'layer')} {word}" for word, found in counts.items() if found]
        told.append(f"{same.split()[0]} the same" if told else f"{same} the same")
        settings, count = len(self._facts), len(self._tensors)
        if settings:
            told.append(f"{counted(settings, 'setting')} differ{'s' * (settings == 1)}")
        if count:
            told.append(f"{counted(count, 'parameter')} differ{'s' * (count == 1)}")
        lines = [*self._layer_lines()]
        layers = excerpt(lines, "layer", MOST) if any(counts.values()) else ()
        some = [Line(text, "~") for text in self._facts[:MOST]]
        if settings > MOST:
            some.append(Line(f"… {settings - MOST:,} more settings that differ"))
        some += [Line(text, "≠") for text in self._tensors[:MOST]]
        if count > MOST:
            some.append(Line(f"… {count - MOST:,} more parameters that differ"))
        return [Line(", ".join(told)), *layers, *some]

    def _layer_lines(self) -> Iterator[Line]:
        back = {j: i for i, j in self._pairs.items()}
        i = 0
        for j, row in enumerate(self._b):
            one = back.get(j)
            while one is not None and i < one:
                if i not in self._pairs:
                    yield Line(" ".join(_told(self._a[i])).strip(), "−")
                i += 1
            i = i + 1 if one is not None else i
            sign = "+" if one is None else "~" if j in self._layers else ""
            yield Line(f"{row.place} {self._layers.get(j, row.what)}".strip(), sign)
        for k in range(i, len(self._a)):
            if k not in self._pairs:
                yield Line(" ".join(_told(self._a[k])).strip(), "−")

    def render(self) -> Picture:
        """Refuse: a picture is of a graph, and a module has one when it is called.

        Raises:
            GraphError: always.
        """
        raise GraphError(
            "diff: a picture needs what the modules compute; give an example of what they are"
            " called with: tg.diff(a, b, x).render()"
        )


def _rows(module: Module) -> list[Row]:
    """Return all modules in a module, with their own tensors."""
    found: dict[str, Row] = {}
    for _, place, value in walk(module):
        if isinstance(value, Module):
            what = f"{type(value).__name__}({value.extra_repr()})"
            found[place] = Row(place, what, {}, dict(_facts(value)), value.training)
    tops = sorted(found, key=len, reverse=True)
    for _, place, value in walk(module):
        if isinstance(value, Tensor):
            home = next((t for t in tops if not t or place.startswith((f"{t}.", f"{t}["))), "")
            found[home].tensors[place.removeprefix(home).removeprefix(".")] = value
    return list(found.values())


def _facts(module: Module) -> Iterator[tuple[str, Any]]:
    """Yield what a module computes by, besides layers and tensors, as what can be compared."""
    yield "forward", _code(getattr(type(module), "forward", None))
    for name, value in vars(module).items():
        if isinstance(value, FunctionType):
            yield name, _code(value)
        elif not name.startswith("_") and name != "training" and _is_plain(value):
            yield name, value


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, complex, str))


def _code(function: Any) -> Any:
    """Return what a function does and by which plain values, wherever it is written."""
    code = getattr(function, "__code__", None)
    if code is None:
        return function
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    constants = [c.co_code if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return code.co_code, code.co_names, constants, [cell for cell in cells if _is_plain(cell)]


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _fact_lines(a: Row, b: Row) -> Iterator[str]:
    """Yield what differs of the attributes of two modules that match."""
    for name in dict.fromkeys((*a.facts, *b.facts)):
        one, other = a.facts.get(name), b.facts.get(name)
        if one == other or one is other or (one != one and other != other):
            continue
        is_plain = _is_plain(one) and _is_plain(other)
        told = f"{one!r} → {other!r}" if is_plain else "another function"
        yield f"{b.place}.{name}: {told}".removeprefix(".")


def _matched(a: Sequence[Row], b: Sequence[Row]) -> dict[int, int]:
    """Return which modules are the same: in order, alike in less and less."""
    pairs: dict[int, int] = {}

    def match(key: Any) -> None:
        back = set(pairs.values())
        left = [i for i in range(len(a)) if i not in pairs]
        right = [j for j in range(len(b)) if j not in back]
        keys: list[list[Hashable]] = [[key(a[i]) for i in left], [key(b[j]) for j in right]]
        pairs.update((left[x], right[y]) for x, y in longest_common(*keys))

    match(lambda row: (row.depth, row.name, row.what))
    match(lambda row: (row.depth, row.what))
    match(lambda row: row.place)
    return dict(sorted(pairs.items()))


def _told(row: Row) -> tuple[str, str]:
    return row.place, row.what


def _tensor_lines(
    a: Row, b: Row, tolerance: Tolerance, values: bool, shapes: bool
) -> Iterator[str]:
    """Yield what differs of the parameters of two modules that match."""
    for name in dict.fromkeys((*a.tensors, *b.tensors)):
        path = f"{b.place}.{name}".removeprefix(".")
        one, other = a.tensors.get(name), b.tensors.get(name)
        if one is None or other is None:
            yield f"{path}: {'removed' if other is None else 'added'}"
            continue
        if one.requires_grad != other.requires_grad:
            yield f"{path}: wants {'a' if other.requires_grad else 'no'} gradient now"
        found = difference(one, other, tolerance, stored=True)
        if one.dtype != other.dtype and shapes:
            yield f"{path}: dtype {one.dtype} → {other.dtype}"
        if found is not None and (values if found.what == "values" else shapes):
            yield f"{path}: {found}"
