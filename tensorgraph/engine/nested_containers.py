"""Nested lists, tuples, dicts and dataclasses of tensors, taken apart and put together again.

Named tuples and dataclasses keep their types. Of a dataclass those fields are *static* that hold
neither numbers nor arrays nor containers, such as names, functions, ``None`` and booleans, and
those that say so (``field(metadata={"static": True})``, as JAX reads it): they are no leaves, and
stand as they are in what is put together. No ``__init__`` runs then; what else an instance holds is
not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

Structure = Any
"""A nested container in which every leaf has been replaced by ``None``, and every dataclass by its
:class:`Record`."""

WHOLE: list[type] = []
"""Types that are leaves though they are lists, dicts or dataclasses: modules."""


class Opened(NamedTuple):
    """One level of a container."""

    kind: str
    """What messages call it."""
    keys: Sequence[Any]
    """The places of its parts: positions, keys of a dict, or names of fields."""
    parts: Sequence[Any]
    make: Callable[[list[Any]], Any]
    """Returns a container of this kind with other parts."""
    place: str
    """How Python writes a place, for ``format``."""
    static: dict[str, Any] | None = None
    """The static fields of a dataclass."""


class Record:
    """The structure of a dataclass: its type, the structures in its fields, and static fields."""

    __slots__ = ("fields", "static", "type")

    def __init__(self, type_: type, fields: dict[str, Structure], static: dict[str, Any]) -> None:
        self.type, self.fields, self.static = type_, fields, static

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and (self.type, self.fields, self.static) == (
            other.type,
            other.fields,
            other.static,
        )

    __hash__ = None  # type: ignore[assignment]  # as that of lists and dicts

    def __repr__(self) -> str:
        held = {**self.fields, **self.static}
        told = ", ".join(f"{name}={value!r}" for name, value in held.items())
        return f"{self.type.__qualname__}({told})"


def opened(tree: Any) -> Opened | None:
    """Return one level of a container, or of its structure; ``None`` for a leaf."""
    kind = type(tree)
    if kind is Record:
        return _opened_record(tree)
    is_dict, is_sequence = isinstance(tree, dict), isinstance(tree, (list, tuple))
    if not (is_dict or is_sequence or hasattr(kind, "__dataclass_fields__")):
        return None
    if kind not in _PLAIN and isinstance(tree, (type, *WHOLE)):
        return None
    if is_dict:
        keys = list(tree)
        return Opened("a dict", keys, list(tree.values()), lambda v: _dict(keys, v), "[{!r}]")
    if is_sequence:
        name = f"a {kind.__name__}"
        return Opened(name, range(len(tree)), tree, lambda v: _like(tree, v), "[{}]")
    return _opened_dataclass(tree)


_PLAIN = (dict, list, tuple)


def _dict(keys: Sequence[Any], values: Sequence[Any]) -> dict[Any, Any]:
    return dict(zip(keys, values, strict=True))


def _like(sequence: Any, values: list[Any]) -> Any:
    if isinstance(sequence, list):
        return values
    return type(sequence)._make(values) if hasattr(sequence, "_fields") else tuple(values)


def _opened_dataclass(tree: Any) -> Opened:
    values = {f.name: getattr(tree, f.name) for f in fields(tree) if hasattr(tree, f.name)}
    said = {f.name for f in fields(tree) if f.metadata.get("static", False)}
    static = {name: v for name, v in values.items() if name in said or _is_static(v)}
    names = [name for name in values if name not in static]

    def make(parts: list[Any]) -> Any:
        return _instance(type(tree), {**_dict(names, parts), **static})

    kind = f"a {type(tree).__qualname__}"
    return Opened(kind, names, [values[name] for name in names], make, ".{}", static)


def _is_static(value: Any) -> bool:
    """Return whether what a field holds is no number or array, nor a container that holds one."""
    level = opened(value)
    if level is not None:
        return bool(level.parts or level.static) and all(map(_is_static, level.parts))
    return isinstance(value, bool) or not (
        isinstance(value, (int, float, complex)) or hasattr(value, "dtype")
    )


def _opened_record(record: Record) -> Opened:
    names = list(record.fields)

    def make(parts: list[Any]) -> Any:
        return _instance(record.type, {**_dict(names, parts), **record.static})

    kind = f"a {record.type.__qualname__}"
    return Opened(kind, names, list(record.fields.values()), make, ".{}", record.static)


def _instance(type_: type, values: dict[str, Any]) -> Any:
    """Return an instance with these fields, of a frozen class too, whatever its __init__ asks."""
    instance: Any = object.__new__(type_)
    for name, value in values.items():
        object.__setattr__(instance, name, value)
    return instance


# ------------------------------------------------------------------------- taken apart, as a whole


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of a nested container in order, and its structure.

    Example:
        >>> from dataclasses import dataclass
        >>> flatten({"a": 1, "b": [2, 3]})
        ([1, 2, 3], {'a': None, 'b': [None, None]})
        >>> @dataclass(frozen=True)
        ... class Layer:
        ...     weight: float
        ...     name: str
        >>> flatten([Layer(0.5, "first")])
        ([0.5], [Layer(weight=None, name='first')])
    """
    level = opened(tree)
    if level is None:
        return [tree], None
    pairs = [flatten(part) for part in level.parts]
    structures = [structure for _, structure in pairs]
    leaves = [leaf for own, _ in pairs for leaf in own]
    if level.static is None:
        return leaves, level.make(structures)
    return leaves, Record(type(tree), _dict(level.keys, structures), level.static)


def places(tree: Any) -> list[str]:
    """Return where the leaves of a nested container stand, in order, as Python writes it.

    Example:
        >>> places({"a": 1, "b": [2, 3]}), places(1)
        (["['a']", "['b'][0]", "['b'][1]"], [''])
    """
    level = opened(tree)
    if level is None:
        return [""]
    pairs = zip(level.keys, level.parts, strict=True)
    return [level.place.format(key) + rest for key, part in pairs for rest in places(part)]


def static_parts(structure: Structure) -> list[Any]:
    """Return what static fields of dataclasses hold, in order.

    Example:
        >>> static_parts([None, Record(object, {"weight": None}, {"name": "first"})])
        ['first']
    """
    level = opened(structure)
    if level is None:
        return []
    inside = [each for part in level.parts for each in static_parts(part)]
    return [*(level.static or {}).values(), *inside]


def flatten_like(structure: Structure, tree: Any, place: str = "") -> list[Any]:
    """Return the parts of ``tree`` that stand where ``structure`` has leaves.

    Args:
        structure: as :func:`flatten` returns it.
        tree: a container built alike; what stands in it for a leaf may be one itself.
        place: where the container stands, for messages.

    Raises:
        ValueError: a container of ``structure`` is missing or of another size or kind; or a static
            field of a dataclass holds something else.

    Example:
        >>> flatten_like({"a": None, "b": None}, {"a": [1, 2], "b": 3})
        [[1, 2], 3]
    """
    level = opened(structure)
    if level is None:
        return [tree]
    found = opened(tree)
    fits = found is not None and kind_of(structure) is kind_of(tree)
    if found is None or not fits or {*found.keys} != {*level.keys}:
        at = f"at {place}: " * bool(place)
        raise ValueError(f"{at}expected {_sketch(structure)}, got {_sketch(tree)}")
    for name, value in (level.static or {}).items():
        if not _same(value, (found.static or {}).get(name)):
            at = f"{place}.{name}"
            raise ValueError(
                f"at {at}: expected {value!r}, which is static there, got"
                f" {(found.static or {}).get(name)!r}"
            )
    others = _dict(found.keys, found.parts)
    return [
        leaf
        for key, part in zip(level.keys, level.parts, strict=True)
        for leaf in flatten_like(part, others[key], place + level.place.format(key))
    ]


def kind_of(tree: Any) -> type:
    """Return what containers must be alike in: lists and tuples may stand for each other."""
    if isinstance(tree, Record):
        return tree.type
    if isinstance(tree, dict):
        return dict
    return tuple if isinstance(tree, (list, tuple)) else type(tree)


def _same(value: Any, other: Any) -> bool:
    return value is other or bool(type(value) is type(other) and value == other)


def _sketch(tree: Any) -> str:
    level = opened(tree)
    if level is None:
        return f"one {type(tree).__name__}"
    if level.static is not None:
        return f"{level.kind} with the fields {list(level.keys)}"
    if isinstance(tree, dict):
        return f"a dict with the keys {list(tree)}"
    return f"{level.kind} of {len(tree)}"


def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """Return the container of this structure with these leaves.

    Example:
        >>> unflatten({"a": None, "b": [None, None]}, [1, 2, 3])
        {'a': 1, 'b': [2, 3]}
    """
    return _fill(structure, iter(leaves))


def _fill(structure: Structure, leaves: Iterator[Any]) -> Any:
    level = None if structure is None else opened(structure)
    if level is None:
        return next(leaves)
    return level.make([_fill(part, leaves) for part in level.parts])
