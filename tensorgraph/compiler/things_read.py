"""One walk through all that a function reads besides its arguments, to any depth."""

from __future__ import annotations

import queue
import random
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from types import BuiltinMethodType, FunctionType, MemberDescriptorType, MethodType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.code_names import CodeNames, code_names, is_library, is_library_module
from tensorgraph.compiler.conditions import MISSING, VALUES
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer

MOST = 2000
"""How many things are looked at before each run."""

FIXED = (tuple, frozenset)
CONTAINERS = (*FIXED, dict, list, set, deque)
DRAWN_FROM = (np.random.Generator, np.random.RandomState, random.Random)
QUEUES = (queue.Queue, queue.SimpleQueue)


class Place(NamedTuple):
    """A place that a function reads: a global, a closure cell, an attribute."""

    name: str
    """What messages call it."""
    owner: Any
    """What it is a place of."""
    code: str
    """How it is read of the owner, which stands for ``{}``; nothing where ``read`` alone tells."""
    read: Callable[[], Any]
    write: Callable[[Any], None]
    erase: Callable[[], None]


class Part(NamedTuple):
    """What was at a place, or in a container."""

    name: str
    thing: Any
    """The container; of a place ``None``."""
    values: tuple[Any, ...]


def looked(f: Callable[..., Any], given: Sequence[Any]) -> Look:
    """Return all that a function reads: looked for until no function with other names is found."""
    read: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    while True:
        look = Look(f, given, read, written)
        if look.read <= read and look.written <= written:
            return look
        read, written = read | look.read, written | look.written


class Look:
    """One walk through all that a function reads, if attributes of these names are read."""

    def __init__(
        self,
        f: Callable[..., Any],
        given: Sequence[Any],
        read: frozenset[str],
        written: frozenset[str],
    ) -> None:
        self._known, self._stored = read, written
        self.read, self.written = frozenset[str](), frozenset[str]()
        self.places: list[Place] = []
        self.containers: list[tuple[str, Any]] = []
        self.parts: list[Part] = []
        self.changeable: list[tuple[Part, Place | None]] = []
        self.arrays: list[tuple[str, NDArray[Any]]] = []
        self.unseen: str | None = None
        self._loads: Counter[str] = Counter()
        self._direct: list[tuple[str, NDArray[Any]]] = []
        self._seen: dict[Any, Any] = {}
        self._count = 0
        self._left: list[tuple[str, Any]] = [*(("", x) for x in given), ("", f)]
        while self._left and self.unseen is None:
            self._visit(*self._left.pop())

    @property
    def operands(self) -> list[NDArray[Any]]:
        """The arrays that are named at one place in the code, under their own name."""
        return [array for name, array in self._direct if self._loads[name] == 1]

    def _visit(self, name: str, thing: Any) -> None:
        """Look at a thing, and keep what is to be looked at next."""
        key: Any = id(thing)
        if isinstance(thing, MethodType):  # there is a new one each time
            key = id(thing.__func__), id(thing.__self__)
        if isinstance(thing, (*VALUES, Tensor, Optimizer)) or key in self._seen:
            return
        self._seen[key] = thing
        self.unseen = self.unseen or _unseen(name, thing)
        if isinstance(thing, np.ndarray):
            self.arrays.append((name, thing))
        elif isinstance(thing, FunctionType):
            self._function(thing)
        elif isinstance(thing, MethodType):
            self._method(thing)
        elif isinstance(thing, BuiltinMethodType):
            self._left.append((name, thing.__self__))
        elif isinstance(thing, Module):
            modules = [module for module in thing.modules() if hasattr(module, "forward")]
            self._left += [("", module.forward) for module in modules]
        elif isinstance(thing, partial):
            self._left += [("", x) for x in (thing.func, *thing.args, *thing.keywords.values())]
        else:
            if isinstance(thing, CONTAINERS):
                self._container(name, thing)
            self._object(name, thing)

    def _follow(self, name: str, values: Iterable[Any]) -> None:
        self._left += [(name, value) for value in values]

    def _counted(self, more: int) -> None:
        self._count += more
        if self._count > MOST and self.unseen is None:
            self.unseen = (
                f"it names more than {MOST:,} things, which cannot be looked at before each run;"
                " give what it reads of them as an argument"
            )

    def _container(self, name: str, thing: Any) -> None:
        self._counted(len(thing))
        if self.unseen is not None:
            return
        values = items_of(thing)
        part = Part(name, thing, values)
        if isinstance(thing, (set, frozenset)):
            part = Part(name, thing, tuple(sorted(values, key=repr)))
        self.parts.append(part)
        if not isinstance(thing, FIXED):
            self.containers.append((name, thing))
            self.changeable.append((Part(name, thing, values), None))
        self._follow(name, values)

    def _method(self, method: MethodType) -> None:
        """Look at a method, and at its object, whose attributes it may read."""
        f, owner = method.__func__, method.__self__
        if isinstance(f, FunctionType) and not is_library(f):
            self._left.append(("", f))
            if f.__name__ in dict(_of_classes(owner)):
                self._place(_method_place("", owner, f.__name__))
            if isinstance(owner, Module):
                self._object("", owner)
            else:
                self._left.append(("", owner))

    def _function(self, f: FunctionType) -> None:
        """Look at closure cells, defaults and globals of a function."""
        if is_library(f):
            return
        names = code_names(f)
        self.read |= names.read
        self.written |= names.written
        self._loads += names.loads
        for place in _named(f, names):
            value = self._place(place)
            if value is np and (place.name, "random") in names.pairs:
                self.unseen = UNSEEN_DRAWS.format(f"{place.name}.random")
            elif value is random or value is np.random:
                self.unseen = UNSEEN_DRAWS.format(place.name)

    def _place(self, place: Place) -> Any:
        """Look at what is at a place."""
        value = place.read()
        self.places.append(place)
        self._counted(1)
        part = Part(place.name, None, (value,))
        self.parts.append(part)
        self.changeable.append((part, place))
        if isinstance(value, np.ndarray):
            self._direct.append((place.name.rpartition(".")[2], value))
        self._left.append((place.name, value))
        return value

    def _object(self, name: str, thing: Any) -> None:
        """Look at the attributes of an object that are named in the code, and at its methods.

        Of the engine's objects the capture tells on which attributes it depends.
        """
        if is_library_module(thing):
            return
        classes = [*_of_classes(thing)]
        held = dict(classes)
        own = held if isinstance(thing, type) else getattr(thing, "__dict__", {})
        apart = {k for k, value in held.items() if not _is_value(value)}
        stored = self._stored if own is not held and hasattr(thing, "__dict__") else frozenset()
        for attribute in sorted((self._known & (own.keys() | held.keys()) | stored) - apart):
            self._place(_attribute(name, thing, attribute))
        for attribute in sorted(apart & self._known):
            self._place(_method_place(name, thing, attribute))
        making = () if isinstance(thing, type) else MAKING
        for attribute, value in classes:  # also what is called by super()
            named = attribute in self._known or attribute.startswith("__")
            if attribute in apart and named and attribute not in making:
                self._follow(name, _methods(thing, value))
        self._follow(name, [own[k] for k in ("__wrapped__",) if k in own])


MAKING = ("__init__", "__new__", "__post_init__", "__init_subclass__", "__del__")
"""Methods that nobody calls of an object that is there."""
UNSEEN_DRAWS = (
    "it draws from {0}, which no program does; draw from tg.random, or give what is drawn as an"
    " argument"
)


def _unseen(name: str, thing: Any) -> str | None:
    """Return why something cannot be watched, if so."""
    drawing = isinstance(thing, (BuiltinMethodType, MethodType)) and thing.__self__
    if isinstance(thing, DRAWN_FROM) or isinstance(drawing, DRAWN_FROM):
        return UNSEEN_DRAWS.format(name)
    what = f"it names {name or 'something'}, a {type(thing).__name__}"
    if isinstance(thing, QUEUES) or hasattr(type(thing), "__next__") or _yields(thing):
        return f"{what}: what comes next is not seen; take it outside, and give it as an argument"
    if isinstance(thing, np.ndarray) and thing.dtype.hasobject:
        return f"{what} of Python's objects; name a list, or give it as an argument"
    return None


def _yields(thing: Any) -> bool:
    """Return whether a library's code says what is in something, as for batches of a data set."""
    kinds = [vars(kind) for kind in type(thing).__mro__]
    iterate = next((held["__iter__"] for held in kinds if "__iter__" in held), None)
    if iterate is None or isinstance(thing, (*CONTAINERS, *VALUES, np.ndarray, Module, type)):
        return False
    return not isinstance(iterate, FunctionType) or is_library(iterate)


def _is_value(value: Any) -> bool:
    """Return whether what a class holds is a value or a slot, nothing that runs when it is read."""
    return isinstance(value, MemberDescriptorType) or not hasattr(value, "__get__")


def _methods(thing: Any, value: Any) -> list[Any]:
    """Return what may be called when an attribute is read or called that a class holds so."""
    functions = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    return [MethodType(functions, thing)] if isinstance(functions, FunctionType) else []


def _of_classes(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a class, or those of an object, hold by name, the most general first.

    Of the classes of users alone.
    """
    for kind in reversed((thing if isinstance(thing, type) else type(thing)).__mro__):
        if kind.__module__.partition(".")[0] not in ("builtins", "numpy", "tensorgraph"):
            yield from vars(kind).items()


def _attribute(prefix: str, thing: Any, name: str) -> Place:
    """Return the place of an attribute."""
    kinds = thing.__mro__ if isinstance(thing, type) else (thing, *type(thing).__mro__)
    owner = next((k for k in kinds if name in getattr(k, "__dict__", ())), thing)
    if isinstance(getattr(owner, "__dict__", {}).get(name), MemberDescriptorType):
        owner = thing
    return Place(
        f"{prefix}.{name}" if prefix else name,
        thing,
        f"{{}}.{name}" if name.isidentifier() else f"getattr({{}}, {name!r})",
        partial(getattr, thing, name, MISSING),
        partial(_give_back, thing, owner, name),
        partial(delattr, thing, name),
    )


def _method_place(prefix: str, thing: Any, name: str) -> Place:
    """Return the place of a method or property, which an object's own attribute may hide."""
    kinds = (thing if isinstance(thing, type) else type(thing)).__mro__
    owner = next(kind for kind in kinds if name in vars(kind))
    return Place(
        f"{prefix}.{name}" if prefix else name,
        thing,
        "",
        partial(_found_first, thing, name),
        partial(_give_back, thing, owner, name),
        partial(delattr, thing, name),
    )


def _found_first(thing: Any, name: str) -> Any:
    """Return what is held by the name in an object, or in the first of its classes that has it."""
    kinds = thing.__mro__ if isinstance(thing, type) else (thing, *type(thing).__mro__)
    for kind in kinds:
        held: Mapping[str, Any] = getattr(kind, "__dict__", {})
        if name in held:
            return held[name]
    return MISSING


def _give_back(thing: Any, owner: Any, name: str, value: Any) -> None:
    """Let an attribute be what it was: if it was its class's, the object had none of its own."""
    if owner is not thing and name in getattr(thing, "__dict__", ()):
        delattr(thing, name)
    if getattr(thing, name, MISSING) is not value:
        setattr(owner, name, value)


def _named(f: FunctionType, names: CodeNames) -> Iterator[Place]:
    """Yield a function's closure cells, defaults, and the globals that it names."""
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        write = partial(setattr, cell, "cell_contents")
        erase = partial(delattr, cell, "cell_contents")
        yield Place(name, cell, "{}.cell_contents", partial(_cell, cell), write, erase)
    for name in ("__code__", "__defaults__", "__kwdefaults__"):
        read, write, erase = (
            partial(getattr, f, name),
            partial(setattr, f, name),
            partial(delattr, f, name),
        )
        yield Place(name, f, f"{{}}.{name}", read, write, erase)
    place = f.__globals__
    for name in sorted(names.globals_read & place.keys() | names.globals_written):
        get, write = partial(place.get, name, MISSING), partial(place.__setitem__, name)
        erase = partial(place.pop, name, None)
        yield Place(name, place, f"{{}}[{name!r}]", get, write, erase)


def _cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing yet
        return MISSING


def views_of(thing: Any) -> tuple[Any, ...]:
    """Return live views of what is in a container."""
    if isinstance(thing, OrderedDict):
        return OrderedDict.keys(thing), OrderedDict.values(thing)
    return (dict.keys(thing), dict.values(thing)) if isinstance(thing, dict) else (thing,)


def items_of(thing: Any) -> tuple[Any, ...]:
    """Return what is in a container: of a dict the keys, then the values."""
    return tuple(chain.from_iterable(views_of(thing)))
