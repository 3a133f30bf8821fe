"""Nested containers of tensors: lists, tuples, named tuples, dicts and dataclasses.

Whatever takes a nested container takes these: ``tg.grad``, ``tg.compile``, ``tg.checkpoint`` and
so on. What is no container is a *leaf*, ``None`` too. Static fields of a dataclass are no leaves:
those that hold neither numbers nor arrays nor containers of them (names, functions, booleans,
``None``), and those declared ``field(metadata={"static": True})``. They stand as they are in
whatever is built alike.

Example:
    >>> from dataclasses import dataclass
    >>> import tensorgraph as tg
    >>> @dataclass(frozen=True)
    ... class Line:
    ...     slope: tg.Tensor
    ...     offset: tg.Tensor
    ...     name: str = "line"
    >>> line = Line(tg.tensor(2.0), tg.tensor(1.0))
    >>> gradient = tg.grad(lambda line, x: line.slope * x + line.offset)(line, 3.0)
    >>> step = tg.tree.map(lambda p, g: p - 0.1 * g, line, gradient)
    >>> print(step.slope.round(2), step.offset.round(2), step.name)
    1.7 0.9 line
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine import nested_containers
from tensorgraph.engine.nested_containers import Structure, flatten_like, places
from tensorgraph.engine.tensor import tensor
from tensorgraph.leads.attributes import module_hooks
from tensorgraph.leads.calls import with_leads
from tensorgraph.transforms.packing import Packing

__all__ = ["leaves", "map", "ravel", "structure", "unflatten"]
__getattr__, __dir__ = module_hooks(__name__, __all__)


@with_leads
def map(f: Callable[..., Any], tree: Any, *trees: Any) -> Any:
    """Return a container like ``tree`` of what ``f`` returns for its leaves.

    With several trees, ``f`` takes what stands in all of them at the same place.

    Raises:
        ShapeError: the trees are not built alike; it says where.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tree.map(lambda a, b: a + 10 * b, {"x": 1, "y": [2]}, {"x": 3, "y": [4]})
        {'x': 31, 'y': [42]}
    """
    first, built = nested_containers.flatten(tree)
    columns = [first]
    for k, other in enumerate(trees, 1):
        try:
            columns.append(flatten_like(built, other))
        except ValueError as error:
            raise errors.ShapeError(
                f"tree.map: tree {k} is not built like the first one: {error}"
            ) from None
    return nested_containers.unflatten(built, [f(*row) for row in zip(*columns, strict=True)])


@with_leads
def leaves(tree: Any) -> list[Any]:
    """Return the leaves of a container, in order.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tree.leaves({"x": 1, "y": (2, [3])})
        [1, 2, 3]
    """
    return nested_containers.flatten(tree)[0]


@with_leads
def structure(tree: Any) -> Structure:
    """Return how a container is built: the same with ``None`` for each leaf.

    Structures of containers that are built alike are equal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tree.structure({"x": 1, "y": (2, [3])})
        {'x': None, 'y': (None, [None])}
    """
    return nested_containers.flatten(tree)[1]


@with_leads
def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """Return the container of a structure that has these leaves.

    Raises:
        ShapeError: there are more or fewer leaves than the structure has.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tree.unflatten({"x": None, "y": (None, [None])}, [1, 2, 3])
        {'x': 1, 'y': (2, [3])}
    """
    given = list(leaves)
    asked = len(nested_containers.flatten(structure)[0])
    if len(given) != asked:
        raise errors.ShapeError(
            f"tree.unflatten: the structure has {asked} leaves, {len(given)} were given"
        )
    return nested_containers.unflatten(structure, given)


@with_leads
def ravel(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return all elements of a container as one vector, and the function that makes it anew of one.

    The vector is a tensor; or an array, if all leaves are arrays. Its dtype is that of the leaves,
    where floats differ the widest, which holds them all exactly. ``unravel(vector)`` gives each
    leaf its shape and dtype back; of a tensor it makes tensors, of an array arrays, and gradients
    flow through both.

    Raises:
        DTypeError: a leaf is no number or array; or leaves are not all floats, nor all of one
            dtype: a whole number has no place among floats, which may round it.
        ShapeError: by ``unravel``, if the vector has another length.

    Example:
        >>> import tensorgraph as tg
        >>> vector, unravel = tg.tree.ravel({"w": tg.ones((2, 2)), "b": tg.zeros(1)})
        >>> print(vector, unravel(2 * vector)["w"])
        [1. 1. 1. 1. 0.] [[2. 2.]
         [2. 2.]]

        A function of a vector, as SciPy minimises it: ``lambda v: cost(unravel(v))``.
    """
    found, built = nested_containers.flatten(tree)
    arrays = [_array(leaf, place) for leaf, place in zip(found, places(tree), strict=True)]
    _check_dtypes(arrays, places(tree))
    packing = Packing(arrays)

    def unravel(vector: Any) -> Any:
        values = vector if hasattr(vector, "dtype") else tensor(vector, packing.dtype)
        if tuple(values.shape) != (packing.size,):
            raise errors.ShapeError(
                f"unravel: expected a vector of {packing.size}, got {errors.describe(vector)}"
            )
        if values.dtype.kind != packing.dtype.kind:
            raise errors.DTypeError(
                f"unravel: the leaves are {packing.dtype}, which {values.dtype} is not; write"
                f" .astype({packing.dtype.name!r})"
            )
        return nested_containers.unflatten(built, packing.unpack(values))

    return packing.pack(arrays) if arrays else tensor([], packing.dtype), unravel


def _array(leaf: Any, place: str) -> Any:
    """Return a leaf as something with shape and dtype."""
    if hasattr(leaf, "dtype"):
        return leaf
    if isinstance(leaf, (bool, int, float)):
        return tensor(leaf)
    where = f"{place} of the tree" if place else "the tree"
    raise errors.DTypeError(f"tree.ravel: {where} is {errors.describe(leaf)}, no number or array")


def _check_dtypes(arrays: Sequence[Any], at: Sequence[str]) -> None:
    """Raise unless all are floats, or all have one dtype."""
    if len({x.dtype for x in arrays}) <= 1 or all(x.dtype.kind == "f" for x in arrays):
        return
    dtypes = [x.dtype for x in arrays]
    common = np.result_type(*([dtype for dtype in dtypes if dtype.kind == "f"] or dtypes))
    odd = next(k for k, x in enumerate(arrays) if x.dtype.kind != "f" and x.dtype != common)
    other = next(x.dtype for x in arrays if x.dtype != arrays[odd].dtype)
    raise errors.DTypeError(
        f"tree.ravel: {at[odd]} of the tree is {arrays[odd].dtype}, another leaf {other}; a vector"
        " of both may round it. Leave it out, declare its field static, or write"
        f" .astype({common.name!r})"
    )
