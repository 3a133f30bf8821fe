"""A function of one example as a function of many: vmap."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import index
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.function_types import P
from tensorgraph.engine.layers import layer_of
from tensorgraph.engine.modes import mode
from tensorgraph.engine.nested_containers import flatten, kind_of, opened, unflatten
from tensorgraph.engine.tensor import Tensor, asarray, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops.shape import broadcast_to, permute_dims
from tensorgraph.transforms.batched import Batched, BatchLayer, Randomness, batched
from tensorgraph.transforms.function_call import handed_out, name_of


@with_leads
def vmap(
    f: Callable[P, Any], in_axes: Any = 0, out_axes: Any = 0, randomness: Randomness = "error"
) -> Callable[P, Any]:
    """Return a function that computes ``f``, written for one example, for many at once.

    Inside ``f`` each argument has the shape of one example; every operation runs once, on all of
    them. Transforms nest, in any order: ``vmap(grad(loss))`` gives the gradient of each example,
    ``vmap(vmap(f))`` maps over two axes. Tensors that ``f`` uses besides its arguments are the same
    for all examples, and gradients flow to them from outside.

    Nothing can be decided by an element's value inside: ``if x > 0`` is ``tg.where``. Tensors from
    outside are not changed inside. ``x.backward()`` works for leaves that ``f`` makes; for others
    write :func:`tg.grad <tensorgraph.grad>`. Results that are the same for all examples are
    repeated. An operation without a batching rule is computed in a loop, and a warning says so.

    Args:
        f: a function of tensors, or nested containers of them, that returns tensors.
        in_axes: the axis along which the examples of an argument stand, ``None`` for an argument
            that all share; for several arguments a tuple. For a container, one for all of it or a
            container like it (or like its beginning). Keyword arguments are mapped along axis 0 of
            their tensors and arrays, as in JAX; bind those that all share by ``functools.partial``.
        out_axes: the axis along which the results stand, in the same way; ``None`` for what is the
            same for all examples.
        randomness: what ``tg.random`` gives inside: ``"error"``, ``"different"`` for a draw of
            each example's own, ``"same"`` for one that all share.

    Returns:
        A function of the same arguments, with the additional axis. Where these are all NumPy
        arrays or numbers, so are the results, unless they are part of a graph.

    Raises:
        ShapeError: arguments have different numbers of examples, or no axis to map.
        ArgumentError: ``in_axes`` or ``out_axes`` do not fit, nothing is mapped, or ``out_axes`` is
            None for a result that differs.
        LayerError: ``f`` asks for a value, draws random numbers without saying which, or changes a
            tensor from outside.

    Example:
        >>> import tensorgraph as tg
        >>> tg.vmap(tg.vecdot)(tg.ones((3, 2)), tg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
        tensor([ 3.,  7., 11.])

        The gradient of each example:

        >>> loss = lambda w, x, y: ((x @ w - y) ** 2).sum()
        >>> w, X, Y = tg.ones(2), tg.tensor([[1.0, 2.0], [0.0, 1.0]]), tg.tensor([1.0, 0.0])
        >>> print(tg.vmap(tg.grad(loss), in_axes=(None, 0, 0))(w, X, Y))
        [[4. 8.]
         [0. 2.]]
    """
    if not callable(f) or isinstance(f, type):
        raise errors.DTypeError(f"vmap: f is a function, not {errors.describe(f)}")
    if randomness not in ("error", "different", "same"):
        raise errors.ArgumentError(
            f'vmap: randomness is "error", "different" or "same", not {randomness!r}'
        )
    _check_axes(in_axes, "in_axes")
    _check_axes(out_axes, "out_axes")
    name = name_of(f)

    @wraps(f)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        axes = in_axes if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
        if len(axes) != len(args):
            raise errors.ArgumentError(
                f"vmap: in_axes {in_axes!r} has {len(axes)} entries, {name} was called with"
                f" {len(args)} arguments by position; in_axes is one for all, or one for each"
            )
        leaves, structure = flatten((list(args), kwargs))
        wanted = [a for pair in zip(axes, args, strict=True) for a in _axes_of(*pair, "in_axes")]
        wanted += [0 if _is_array(x) else None for x in flatten(kwargs)[0]]
        inputs = [
            _mapped(x, axis, i) for i, (x, axis) in enumerate(zip(leaves, wanted, strict=True))
        ]
        layer = BatchLayer(_size(name, inputs, wanted), randomness)
        given = [
            x if axis is None else wrap(batched(layer, x))
            for x, axis in zip(inputs, wanted, strict=True)
        ]
        positional, named = unflatten(structure, given)
        with mode(layer=layer):
            result = f(*positional, **named)
        found, kind = flatten(result)
        places = _axes_of(out_axes, result, "out_axes")
        outputs = [_unmapped(x, axis, layer, name) for x, axis in zip(found, places, strict=True)]
        arrays = [isinstance(x, (np.ndarray, np.generic)) for x in leaves if _is_array(x)]
        return unflatten(kind, handed_out(outputs, bool(arrays) and all(arrays)))

    return mapped


def _check_axes(axes: Any, what: str) -> None:
    """Raise unless axes are integers or None, in any containers."""
    for axis in flatten(axes)[0]:
        if axis is None:
            continue
        try:
            index(axis)
        except TypeError:
            raise errors.DTypeError(
                f"vmap: {what} is an integer, None, or a tuple of these, not {axis!r}"
            ) from None


def _axes_of(axes: Any, tree: Any, what: str) -> list[int | None]:
    """Return the axis for each leaf of a container, of which ``axes`` may tell a beginning."""
    level = opened(axes)
    if level is None:
        return [None if axes is None else index(axes)] * len(flatten(tree)[0])
    found = opened(tree)
    # In a dataclass None is static, and so is what has no elements to map.
    own = {**dict(zip(level.keys, level.parts, strict=True)), **(level.static or {})}
    fits = found is not None and kind_of(axes) is kind_of(tree)
    if found is None or not fits or {*found.keys, *(found.static or {})} != {*own}:
        raise errors.ArgumentError(
            f"vmap: {what} {axes!r} is not built like what it belongs to, {errors.describe(tree)}"
        )
    pairs = zip(found.keys, found.parts, strict=True)
    return [axis for key, part in pairs for axis in _axes_of(own[key], part, what)]


def _is_array(x: Any) -> bool:
    return hasattr(x, "dtype")


def _mapped(x: Any, axis: int | None, i: int) -> Any:
    """Return an argument with its examples in front."""
    if axis is None:
        return x
    try:
        tensor = asarray(x)
    except (TypeError, ValueError) as error:
        raise errors.DTypeError(
            f"vmap: input {i} is {errors.describe(x)}, which has no examples; write in_axes=None"
            " for it"
        ) from error
    if not -tensor.ndim <= axis < tensor.ndim:
        raise errors.ShapeError(
            f"vmap: input {i} has shape {tensor.shape}, and no axis {axis} for its examples; write"
            " in_axes=None for an argument that all examples share"
        )
    return _moved(tensor, axis % tensor.ndim, 0)


def _moved(x: Any, source: int, target: int) -> Any:
    """Return a tensor with an axis at another place."""
    if source == target:
        return x
    order = [i for i in range(x.ndim) if i != source]
    order.insert(target, source)
    return permute_dims(x, axes=tuple(order))


def _size(name: str, inputs: list[Any], axes: list[int | None]) -> int:
    """Return how many examples there are."""
    sizes = [x.shape[0] for x, axis in zip(inputs, axes, strict=True) if axis is not None]
    if not sizes:
        raise errors.ArgumentError(
            f"vmap: nothing that {name} was called with is mapped; give it an array, and an axis in"
            " in_axes"
        )
    if len(set(sizes)) > 1:
        raise errors.ShapeError(
            f"vmap: {name} was called with different numbers of examples, {errors.listing(sizes)};"
            " write in_axes=None for an argument that all examples share"
        )
    return int(sizes[0])


def _unmapped(x: Any, axis: int | None, layer: BatchLayer, name: str) -> Tensor:
    """Return a result as it is outside, with its examples at an axis."""
    if not _is_array(x) and not isinstance(x, (bool, int, float)):
        hint = "; is a return missing?" if x is None else ""
        raise errors.DTypeError(f"vmap: {name} returned {errors.describe(x)}, not a tensor{hint}")
    array: Any = x._data if type(x) is Tensor else x
    mine = type(array) is Batched and layer_of(array) is layer
    differs = mine and array.batched
    value = array.value if mine else x
    tensor = value if type(value) is Tensor else asarray(value)
    if axis is None:
        if differs:
            raise errors.ArgumentError(
                f"vmap: a result of {name} differs from example to example, so it has an axis of"
                " them; write out_axes=0, or reduce it outside"
            )
        return tensor
    if not differs:
        tensor = broadcast_to(tensor, shape=(layer.size, *tensor.shape))
    if not -tensor.ndim <= axis < tensor.ndim:
        raise errors.ArgumentError(
            f"vmap: out_axes {axis} is no axis of a result with {tensor.ndim} axes"
        )
    moved: Tensor = _moved(tensor, 0, axis % tensor.ndim)
    return moved
