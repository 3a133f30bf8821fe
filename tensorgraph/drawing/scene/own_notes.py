"""Numbers and labels of the caller's own, on the boxes and module calls of a scene.

A number colours what it is given for; a label is written on it. Who gives one says what it is for
by a tensor, a module, a name or a path, or by a function of the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.array_likes import to_plain
from tensorgraph.caller.variables import variable_of
from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module

Numbers = tuple[float, ...]
NUMBER = "number"
"""What is said of a quantity that has no name."""


@dataclass(frozen=True)
class OwnNotes:
    """What the caller says of parts of a graph.

    Example:
        >>> from tensorgraph.drawing.scene.scene import Box
        >>> scene = Scene(boxes=(Box(0, "op", (), "float32", 4, op="relu"),))
        >>> OwnNotes({"relu": 2.0}).on(scene).boxes[0].numbers
        (2.0,)
    """

    numbers: Any = None
    """``{what: number}``, a function of the nodes, or a number for each operation in order."""
    labels: Any = None
    """The same with texts, or ``None``."""
    quantity: str = ""
    """What the numbers are called."""

    @classmethod
    def of(cls, color_by: Any, labels: Any, legend: Any, frame: FrameType) -> OwnNotes:
        """Return what the options of ``render`` say; numbers are called as their variable is.

        Raises:
            ArgumentTypeError: numbers or labels are neither a mapping, a function nor a row.
        """
        numbers = None if isinstance(color_by, str) else color_by
        for given, option in ((numbers, "color_by"), (labels, "labels")):
            _check(given, option)
        name = legend if isinstance(legend, str) else _called(numbers, frame)
        return cls(numbers, labels, name if numbers is not None else "")

    def __bool__(self) -> bool:
        return self.numbers is not None or self.labels is not None

    def on(
        self,
        scene: Scene,
        places: Sequence[Any] | None = None,
        given: Mapping[Any, Any] | None = None,
    ) -> Scene:
        """Return a scene with the notes on it.

        Args:
            scene: what is drawn.
            places: the place of each box; ``None`` where there are none.
            given: for the place of an argument, that which stands for it in the graph.

        Raises:
            ArgumentError: a key is nowhere in the scene.
            ArgumentTypeError: what is given is no number or text.
        """
        if not self:
            return scene
        work = _Work(scene, places, given or {})
        work.note(self.numbers, "color_by", _numbers)
        work.note(self.labels, "labels", _label)
        return replace(work.noted(), quantity=self.quantity)


def farthest(numbers: Iterable[float]) -> float | None:
    """Return the one of several numbers that is farthest from zero, NaN before all others.

    Example:
        >>> farthest([0.5, -2.0, 1.0]), farthest([])
        (-2.0, None)
    """
    found: float | None = None
    for number in numbers:
        if number != number:
            return number
        if found is None or abs(number) > abs(found):
            found = number
    return found


def _check(given: Any, option: str) -> None:
    is_row = isinstance(given, (Sequence, np.ndarray, Tensor)) and not isinstance(given, str)
    if given is None or is_row or callable(given) or isinstance(given, Mapping):
        return
    example = "{W: 0.3}" if option == "color_by" else "{W: 'frozen'}"
    raise errors.ArgumentTypeError(
        f"render: {option} is one for each of some parts, {option}={example} by tensors, modules or"
        f" paths, a function of a node, or a row with one for each operation, not"
        f" {errors.describe(given)}"
    )


def _called(numbers: Any, frame: FrameType) -> str:
    own = getattr(numbers, "__name__", "").strip("<>")
    return variable_of(numbers, frame) or (own if own != "lambda" else "") or NUMBER


# ------------------------------------------------------------------------------ what is given


def _numbers(value: Any, key: str) -> Numbers:
    """Return the numbers that are given; of an array its ends, with NaN where it holds one."""
    array = to_plain(value, f"render: what color_by gives {key}")
    if array.dtype.kind not in "fiub":
        hint = "; texts are given as labels"
        if array.dtype.kind == "c":
            hint = ": a complex number has no place between two others; give its size, abs(…)"
        raise errors.ArgumentTypeError(
            f"render: color_by gives {key} a number or an array of numbers, not"
            f" {errors.describe(value)}{hint}"
        )
    array = array.astype(np.float64)
    known = array[~np.isnan(array)]
    ends = [float(known.min()), float(known.max())] if known.size else []
    return (*dict.fromkeys(ends), *([float("nan")] if known.size < array.size else []))


def _label(value: Any, key: str) -> str:
    if isinstance(value, str):
        return value
    array = np.asarray(value.data if isinstance(value, Tensor) else value)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise errors.ArgumentTypeError(
            f"render: labels gives {key} a text or a number, not {errors.describe(value)}"
        )
    number = array.reshape(-1)[0].item()
    return str(number) if not isinstance(number, float) else f"{number:.4g}".replace("-", "−")


# ------------------------------------------------------------------------------ what it is for


@dataclass
class _Found:
    """What a key is for: boxes themselves, or module calls with all inside."""

    rank: int
    """What is said of fewer counts before what is said of many: it is greater."""
    boxes: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)


OF_CLASS, OF_OP, ITSELF = range(3)


class _Work:
    """Notes on their way to a scene."""

    def __init__(
        self, scene: Scene, places: Sequence[Any] | None, given: Mapping[Any, Any]
    ) -> None:
        self.scene, self.places, self.given = scene, places, given
        self.boxes: list[dict[str, Any]] = [{} for _ in scene.boxes]
        self.calls: list[dict[str, Any]] = [{} for _ in scene.calls]
        self.alone: set[int] = set()
        self.at: dict[Any, list[int]] = {}
        for k, place in enumerate(places or ()):
            key = place if type(place) in (Node, Tensor) else id(place)
            self.at.setdefault(key, []).append(k)
        self.names = self._names()
        self._calls: dict[int, list[int]] | None = None

    def _names(self) -> dict[str, _Found]:
        """Return what each name, path, op and class is for."""
        found: dict[str, _Found] = {}

        def add(rank: int, spelled: Iterable[str], part: str, k: int) -> None:
            for name in spelled:
                entry = found.setdefault(name, _Found(rank))
                if entry.rank == rank:
                    getattr(entry, part).append(k)

        for box in self.scene.boxes:
            add(ITSELF, _spelled(box.name or "", box.kind == "parameter"), "boxes", box.id)
        for call in self.scene.calls:
            add(ITSELF, _spelled(call.path, True), "calls", call.id)
        for box in self.scene.boxes:
            add(OF_OP, filter(None, [box.op]), "boxes", box.id)
        for call in self.scene.calls:
            add(OF_CLASS, filter(None, [call.type]), "calls", call.id)
        return found

    def note(self, given: Any, option: str, read: Callable[[Any, str], Any]) -> None:
        """Read what is given, and note it on boxes and calls."""
        if given is None:
            return
        key = "numbers" if option == "color_by" else "label"
        if isinstance(given, Mapping):
            found = [(self._found(what, option), what, value) for what, value in given.items()]
            for part, what, value in sorted(found, key=lambda each: each[0].rank):
                if value is not None:
                    self._put(part, key, read(value, _word(what)))
        else:
            for k, value in self._row(given, option):
                if value is not None:
                    self.boxes[k][key] = read(value, f"{self.scene.boxes[k].op}")
        if key == "numbers":
            self._inherit()

    def _put(self, part: _Found, key: str, value: Any) -> None:
        for k in part.boxes:
            self.boxes[k][key] = value
            self._stands_alone(self.scene.boxes[k].call)
        for k in part.calls:
            self.calls[k][key] = value
            self._stands_alone(k)

    def _stands_alone(self, call: int | None) -> None:
        while call is not None and call not in self.alone:
            self.alone.add(call)
            call = self.scene.calls[call].parent

    def _inherit(self) -> None:
        """Let a module's number hold for the modules and operations in it that have none."""
        for call in self.scene.calls:
            if call.parent is not None and "numbers" in self.calls[call.parent]:
                self.calls[call.id].setdefault("numbers", self.calls[call.parent]["numbers"])
        for box in self.scene.boxes:
            if box.call is not None and not box.is_leaf and "numbers" in self.calls[box.call]:
                self.boxes[box.id].setdefault("numbers", self.calls[box.call]["numbers"])

    def _row(self, given: Any, option: str) -> Iterator[tuple[int, Any]]:
        """Yield what a function or a row gives to each operation."""
        ops = self.scene.forward
        if callable(given):
            if self.places is None:
                raise errors.ArgumentError(
                    f"render: {option} is a function of the nodes of a graph; a trace, a rule or a"
                    f" program has none. Give a mapping by names: {option}={{'loss': …}}"
                )
            for k in ops:
                if type(self.places[k]) is Node:
                    yield k, given(self.places[k])
            return
        if len(given) != len(ops):
            raise errors.ArgumentError(
                f"render: {option} is a row of {len(given):,}, one for each operation in order, and"
                f" the graph has {len(ops):,}; or give it by name: {option}={{W: …}}"
            )
        yield from zip(ops, given, strict=True)

    def noted(self) -> Scene:
        """Return the scene with the notes."""
        boxes = zip(self.scene.boxes, self.boxes, strict=True)
        calls = zip(self.scene.calls, self.calls, strict=True)
        return replace(
            self.scene,
            boxes=tuple(replace(box, **told) if told else box for box, told in boxes),
            calls=tuple(replace(call, **told) if told else call for call, told in calls),
            alone=tuple(sorted(self.alone)),
        )

    # ------------------------------------------------------------------------------------- keys

    def _found(self, key: Any, option: str) -> _Found:
        if isinstance(key, str):
            found = self.names.get(key)
            if found is None:
                raise errors.ArgumentError(
                    f"render: {option} has the key {key!r}, which nothing in this graph is called;"
                    f" {self._near(key)}"
                )
            return found
        if isinstance(key, Module):
            return self._module(key, option)
        if isinstance(key, (Tensor, Node)):
            place = place_of(key) if isinstance(key, Tensor) else key
            place = self.given.get(place, place)
            kept = id(place._data) if type(place) is Tensor else None  # as a constant is
            boxes = self.at.get(place, self.at.get(kept))
            if boxes is None:
                raise errors.ArgumentError(self._elsewhere(key, option))
            return _Found(ITSELF, boxes)
        raise errors.ArgumentTypeError(
            f"render: a key of {option} is a tensor, a module, a name or a path, not"
            f" {errors.describe(key)}; write {option}={{'layers.0.weight': …}}"
        )

    def _module(self, key: Module, option: str) -> _Found:
        """Return the calls of a module, wherever it stands in the ones around it."""
        if self._calls is None:
            self._calls = self._calls_of_modules()
        found = _Found(ITSELF, calls=self._calls.get(id(key), []))
        if not found.calls:
            raise errors.ArgumentError(
                f"render: {option} has a {type(key).__name__} as a key that is not called in this"
                f" graph; {self._near(type(key).__name__)}"
            )
        return found

    def _calls_of_modules(self) -> dict[int, list[int]]:
        """Return the calls of each module, by its id, in all that the graph was called in."""
        modules: dict[str, set[int]] = {}
        seen: set[int] = set()
        for box in self.scene.boxes:
            node = self.places[box.id] if self.places else None
            if type(node) is not Node or node.call is None or box.call is None:
                continue
            top, call = node.call, box.call
            while top.around is not None:
                top = top.around
            while (parent := self.scene.calls[call].parent) is not None:
                call = parent
            if call in seen:
                continue
            seen.add(call)
            root = self.scene.calls[call].path
            for each in walk(top.module()) if isinstance(top.module(), Module) else ():
                modules.setdefault(_joined(root, each.place), set()).add(id(each.value))
        found: dict[int, list[int]] = {}
        for each_call in self.scene.calls:
            for module in modules.get(each_call.path, ()):
                found.setdefault(module, []).append(each_call.id)
        return found

    def _elsewhere(self, key: Tensor | Node, option: str) -> str:
        """Return what to say of a tensor that is not in the graph."""
        is_result = isinstance(key, Node) or key.node is not None
        name = _word(key)
        said = f"render: {option} has {name} as a key, which is not in this graph"
        if is_result and self.given:
            return (
                f"{said}: a module or function is run once more to draw it, and {name} is of the"
                " run before. Draw what that run returned, tg.render(loss), or give names:"
                f" {option}={{'layers.0': …}}"
            )
        return f"{said}; {self._near(name)}"

    def _near(self, key: str) -> str:
        """Return what there is, those first that are written alike."""
        known = {name: found for name, found in self.names.items() if found.rank == ITSELF}
        near = get_close_matches(key, self.names, n=3, cutoff=0.6)
        if near:
            return f"did you mean {errors.listing([repr(name) for name in near])}?"
        first = [*dict.fromkeys(self._first(known))]
        return f"it has {errors.listing(first)}" if first else "nothing in it has a name"

    def _first(self, known: Mapping[str, _Found]) -> Iterator[str]:
        """Yield how each part is spelled first."""
        met: set[tuple[str, int]] = set()
        for name, found in known.items():
            parts = {("box", k) for k in found.boxes} | {("call", k) for k in found.calls}
            if not parts <= met:
                met |= parts
                yield name


def _word(key: Any) -> str:
    """Return what a key is called in messages."""
    if isinstance(key, Tensor):
        return errors.owner(key)
    return repr(key) if isinstance(key, str) else f"a {type(key).__name__}"


def _joined(root: str, place: str) -> str:
    return f"{root}{'' if place.startswith('[') or not place else '.'}{place}"


def _spelled(path: str, is_path: bool) -> Iterator[str]:
    """Yield the ways in which a path is written: with or without the root, brackets or dots.

    Example:
        >>> [*_spelled("model.layers[0]", True)]
        ['model.layers[0]', 'model.layers.0', 'layers[0]', 'layers.0']
    """
    if not path:
        return
    ways = [path]
    if is_path:
        ways.append(_dotted(path))
        for way in (path, _dotted(path)):
            _, dot, inner = way.partition(".")
            ways += [inner] if dot else []
        ways += [_bracketed(way) for way in ways]
    yield from dict.fromkeys(ways)


def _dotted(path: str) -> str:
    return path.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "")


def _bracketed(path: str) -> str:
    first, *others = path.split(".")
    return first + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in others)
