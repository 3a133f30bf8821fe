"""All partial derivatives of a function, of first and second order: jacobian and hessian."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import accumulate
from typing import Any, Literal, overload

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import is_on_device, placed
from tensorgraph.engine.autodiff import differentiate, place_of
from tensorgraph.engine.function_types import Function, OfSeveral, P, Partials
from tensorgraph.engine.graph import Node, reachable
from tensorgraph.engine.nested_containers import unflatten
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, argument, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops.joining import concat, stack
from tensorgraph.ops.shape import permute_dims
from tensorgraph.transforms.batched import Batched, BatchLayer, batched
from tensorgraph.transforms.forward_call import ForwardCall
from tensorgraph.transforms.function_call import FunctionCall, chosen_arguments
from tensorgraph.transforms.gradients import grad

Mode = Literal["reverse", "forward"] | None

FIRST = 8
"""How many columns are pushed forward before it is known how large arrays become."""

MOST_AT_ONCE = 2**22
"""How many elements the largest array may have that a block of rows or columns makes."""


@overload
def jacobian(f: Function[Tensor, P], argnums: Literal[0] = 0, mode: Mode = None) -> Partials: ...
@overload
def jacobian(
    f: Function[Any, P],
    argnums: int | Sequence[int] = 0,
    mode: Mode = None,
    has_aux: bool = False,
) -> OfSeveral[Any]: ...
@with_leads
def jacobian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    mode: Mode = None,
    has_aux: bool = False,
) -> Any:
    """Return the function that computes all partial derivatives of ``f``.

    For an output of shape s and an argument of shape t the result has shape s + t; where the output
    or the argument is a container, the result is a container of such tensors. With ``has_aux``, the
    function computes the pair of it and what ``f`` returned besides; see :func:`grad`.

    All rows, or all columns, are computed in one pass as :func:`vmap <tensorgraph.vmap>` computes
    examples; in several where they would take much memory.

    Args:
        f: a function of tensors.
        argnums: the argument to differentiate by, or several; each may be nested.
        mode: ``"reverse"`` computes rows, a gradient of each element of the output; ``"forward"``
            columns, a directional derivative by each element of the arguments, and records
            nothing. By default columns, by one forward call, if the arguments have up to 8
            elements; else rows or columns, whichever are fewer, of one recorded call. That is made,
            too, if ``f`` fails forward because it asks for what is recorded only, such as
            gradients by its argument.
        has_aux: whether ``f`` returns a pair, of what is differentiated and anything else.

    Raises:
        ArgumentError: another mode.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.jacobian(lambda x: x * x)(tg.tensor([1.0, 2.0])))
        [[2. 0.]
         [0. 4.]]
    """
    chosen = chosen_arguments(f, argnums)
    if mode not in ("reverse", "forward", None):
        raise errors.ArgumentError(
            f'jacobian: mode is "reverse" (rows), "forward" (columns) or None, not {mode!r}'
        )

    @wraps(f)
    def all_partials(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        call: ForwardCall | FunctionCall
        if mode == "forward":
            call = ForwardCall(f, args, kwargs, chosen, has_aux)
            parts = _by_pushing(call)
        elif mode is None and (pushed := _pushed_at_once(f, args, kwargs, chosen, has_aux)):
            call, parts = pushed
        else:
            call = FunctionCall(f, args, kwargs, chosen, has_aux)
            inputs, outputs = _count(call.variables), _count(call.outputs)
            parts = _by_rows(call) if mode or outputs <= inputs else _by_columns(call)
        partials = unflatten(call.structure, [call.arrange(part) for part in parts])
        return (partials, call.aux) if has_aux else partials

    return all_partials


def _count(tensors: list[Tensor]) -> int:
    return sum(x.size for x in tensors)


def _pushed_at_once(
    f: Callable[..., Any], *given: Any
) -> tuple[ForwardCall, list[list[Tensor]]] | None:
    """Return a forward call and its derivatives, if one block of columns is all of them."""
    call = ForwardCall(f, *given)
    if _count(call.variables) > FIRST:
        return None
    try:
        return call, _by_pushing(call)
    except Exception:  # it may ask for what is recorded only: gradients by its argument, hooks
        return None


def _by_rows(call: FunctionCall) -> list[list[Tensor]]:
    """Return the derivatives of each output by each variable, by pulling unit vectors back."""

    def pull(units: list[Any]) -> list[Any]:
        return call.pull(units, retain=True)

    blocks = _Blocks(call.outputs, call.variables)
    blocks.run(pull, _widest(call))
    return [
        [blocks.part(k, j) for j in range(len(call.variables))] for k in range(len(call.outputs))
    ]


def _by_columns(call: FunctionCall) -> list[list[Tensor]]:
    """Return the derivatives of each output by each variable, by pushing unit vectors forward.

    What a cotangent is pulled back to is linear in it: its gradient by the cotangent, given a
    tangent, is what that is pushed to. So the function is called once.
    """
    moved = [y for y in call.outputs if y._requires_grad]
    cotangents = [argument(np.zeros(y.shape, y.dtype, like=y._data)) for y in moved]
    pulled = differentiate(moved, cotangents, call.variables, True, True)

    def push(units: list[Any]) -> list[Any]:
        pairs = [(p, u) for p, u in zip(pulled, units, strict=True) if p._requires_grad]
        seeds = [wrap(u) if call.needs_graph else u for _, u in pairs]
        graph = call.needs_graph
        pushed = iter(differentiate([p for p, _ in pairs], seeds, cotangents, graph, True))
        return [next(pushed) if y._requires_grad else None for y in call.outputs]

    blocks = _Blocks(call.variables, call.outputs)
    blocks.run(push, _widest(call))
    return blocks.columns()


def _by_pushing(call: ForwardCall) -> list[list[Tensor]]:
    """Return the derivatives of each output by each variable, recording nothing."""
    outputs: list[Tensor] = []

    def push(units: list[Any]) -> list[Any]:
        outputs[:], tangents = call.push(units)
        return tangents

    blocks = _Blocks(call.variables, outputs)
    with watch() as states:
        blocks.run(push, MOST_AT_ONCE // FIRST, FIRST)
    with replay(states):  # of a function that draws, too, it is the derivative of one
        blocks.run(push, call.widest)
    return blocks.columns()


def _widest(call: FunctionCall) -> int:
    """Return the size of the largest array that a gradient passes."""
    places = [place_of(y) for y in call.outputs if y._requires_grad]
    nodes = reachable([place for place in places if type(place) is Node])[0]
    shapes = [node.shape for node in nodes] + [x.shape for x in call.variables]
    return max(map(math.prod, shapes), default=0)


class _Blocks:
    """The unit vectors of some tensors, and what a linear map makes of them, in blocks.

    Args:
        units: the tensors whose elements are counted through.
        images: the tensors in whose space the results lie.
    """

    def __init__(self, units: list[Tensor], images: list[Tensor]) -> None:
        self.units, self.images = units, images
        self.ends = [0, *accumulate(x.size for x in units)]
        self.done = 0
        self.found: list[list[Any]] = []

    def run(
        self, step: Callable[[list[Any]], list[Any]], widest: int, most: int | None = None
    ) -> None:
        """Compute what is left, or ``most`` of it, as many at once as memory is granted for."""
        last = self.ends[-1] if most is None else min(self.ends[-1], self.done + most)
        at_once = max(MOST_AT_ONCE // max(widest, 1), 1)
        while self.done < last or not self.found:
            start, self.done = self.done, min(self.done + at_once, last)
            self.found.append(self._images(step, start, self.done))

    def _images(self, step: Callable[[list[Any]], list[Any]], start: int, stop: int) -> list[Any]:
        layer = BatchLayer(stop - start, warns=False)
        units = self._units(start, stop)
        try:
            return [
                _rows_of(image, layer) for image in step([batched(layer, unit) for unit in units])
            ]
        except errors.LayerError:  # something asks for a value: a hook, perhaps
            if stop - start <= 1:
                raise
        singles = [step([unit[i] for unit in units]) for i in range(stop - start)]
        return [_stacked(images) for images in zip(*singles, strict=True)]

    def _units(self, start: int, stop: int) -> list[Any]:
        """Return the unit vectors in a range of all elements, for each of the tensors."""
        units = []
        for x, first in zip(self.units, self.ends, strict=False):
            unit = np.zeros((stop - start, x.size), x.dtype)
            own = range(max(start, first), min(stop, first + x.size))
            unit[[i - start for i in own], [i - first for i in own]] = 1
            units.append(_where(x, unit.reshape(stop - start, *x.shape)))
        return units

    def part(self, k: int, j: int) -> Tensor:
        """Return the images of unit vectors of tensor ``k`` in the space of image ``j``."""
        x, y = self.units[k], self.images[j]
        rows = [block[j] for block in self.found]
        shape = x.shape + y.shape
        if any(row is None for row in rows):
            return wrap(_where(y, np.zeros(shape, y.dtype)))
        whole = rows[0] if len(rows) == 1 else concat(rows)
        own = whole if len(self.units) == 1 else whole[self.ends[k] : self.ends[k + 1]]
        return _as_tensor(own.reshape(shape))

    def columns(self) -> list[list[Tensor]]:
        """Return the images with the axes of what is mapped behind those of the image."""
        return [
            [_axes_behind(self.part(k, j), x) for k, x in enumerate(self.units)]
            for j in range(len(self.images))
        ]


def _where(x: Tensor, array: Any) -> Any:
    """Return an array of NumPy's on the device of a tensor, if it is on one."""
    return placed(array, x._data) if is_on_device(x._data) else array


def _rows_of(image: Any, layer: BatchLayer) -> Any:
    """Return the images of a block of unit vectors along a first axis; ``None`` for zero."""
    array = getattr(image, "_data", image)
    if type(array) is Batched and array.layer is layer and array.batched:
        return array.value
    return None  # the map is linear: what is the same for all unit vectors is zero


def _stacked(images: Sequence[Any]) -> Any:
    return None if images[0] is None else stack(images)


def _as_tensor(x: Any) -> Tensor:
    return x if type(x) is Tensor else wrap(x)


def _axes_behind(part: Tensor, x: Tensor) -> Tensor:
    """Return derivatives by x with the axes of x behind the others, and in its dtype."""
    count, own = x.ndim, part if part.dtype == x.dtype else part.astype(dtype=x.dtype)
    if count in (0, part.ndim):
        return own
    behind: Tensor = permute_dims(own, (*range(count, part.ndim), *range(count)))
    return behind


@overload
def hessian(f: Function[Any, P], argnums: Literal[0] = 0) -> Partials: ...
@overload
def hessian(
    f: Function[Any, P], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> OfSeveral[Any]: ...
@with_leads
def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Return the function that computes all second partial derivatives of ``f``, a number.

    Its rows are computed in one pass, as those of :func:`jacobian`. With ``has_aux``, it computes
    the pair of them and what ``f`` returned besides.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0])))
        [[ 6.  0.]
         [ 0. 12.]]
    """
    return jacobian(grad(f, argnums, has_aux), argnums, "reverse", has_aux)
