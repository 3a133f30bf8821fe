"""Nested lists, tuples and dicts of tensors, taken apart and put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Structure = Any
"""A nested container in which every leaf has been replaced by ``None``."""


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of a nested container in order, and its structure.

    Example:
        >>> flatten({"a": 1, "b": [2, 3]})
        ([1, 2, 3], {'a': None, 'b': [None, None]})
    """
    if isinstance(tree, dict):
        pairs = {key: flatten(value) for key, value in tree.items()}
        structure: Structure = {key: pair[1] for key, pair in pairs.items()}
        return [leaf for leaves, _ in pairs.values() for leaf in leaves], structure
    if isinstance(tree, (list, tuple)):
        parts = [flatten(value) for value in tree]
        structure = _rebuild(tree, [part[1] for part in parts])
        return [leaf for leaves, _ in parts for leaf in leaves], structure
    return [tree], None


def places(tree: Any) -> list[str]:
    """Return where the leaves of a nested container stand, in order, as Python indexes them.

    Example:
        >>> places({"a": 1, "b": [2, 3]}), places(1)
        (["['a']", "['b'][0]", "['b'][1]"], [''])
    """
    if isinstance(tree, (dict, list, tuple)):
        pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return [f"[{key!r}]{rest}" for key, value in pairs for rest in places(value)]
    return [""]


def flatten_like(structure: Structure, tree: Any) -> list[Any]:
    """Return the parts of ``tree`` that stand where ``structure`` has leaves.

    Raises:
        ValueError: a container of ``structure`` is missing or of another size or kind.

    Example:
        >>> flatten_like({"a": None, "b": None}, {"a": [1, 2], "b": 3})
        [[1, 2], 3]
    """
    if structure is None:
        return [tree]
    if isinstance(structure, dict):
        fits = isinstance(tree, dict) and tree.keys() == structure.keys()
        pairs = [(part, tree[key]) for key, part in structure.items()] if fits else []
    else:
        fits = isinstance(tree, (list, tuple)) and len(tree) == len(structure)
        pairs = list(zip(structure, tree, strict=True)) if fits else []
    if not fits:
        raise ValueError(f"expected {_sketch(structure)}, got {_sketch(tree)}")
    return [leaf for part, value in pairs for leaf in flatten_like(part, value)]


def _sketch(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict with the keys {list(tree)}"
    kind = type(tree).__name__
    return f"a {kind} of {len(tree)}" if isinstance(tree, (list, tuple)) else f"one {kind}"


def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """Return the container of this structure with these leaves.

    Example:
        >>> unflatten({"a": None, "b": [None, None]}, [1, 2, 3])
        {'a': 1, 'b': [2, 3]}
    """
    return _fill(structure, iter(leaves))


def _fill(structure: Structure, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, dict):
        return {key: _fill(value, leaves) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return _rebuild(structure, [_fill(value, leaves) for value in structure])
    return next(leaves)


def _rebuild(like: Any, values: list[Any]) -> Any:
    if isinstance(like, list):
        return values
    return type(like)(*values) if hasattr(like, "_fields") else tuple(values)
