"""All partial derivatives of a function, of first and second order: jacobian and hessian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Literal, overload

import numpy as np

from tensorgraph.engine.function_types import Function, OfSeveral, P, Partials
from tensorgraph.engine.nested_containers import unflatten
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.transforms.function_call import FunctionCall, chosen_arguments
from tensorgraph.transforms.gradients import grad


@overload
def jacobian(f: Function[Tensor, P], argnums: Literal[0] = 0) -> Partials: ...
@overload
def jacobian(
    f: Function[Any, P], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> OfSeveral[Any]: ...
@with_leads
def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Return the function that computes all partial derivatives of ``f``, row by row in reverse.

    For an output of shape s and an argument of shape t the result has shape s + t; where the output
    or the argument is a container, the result is a container of such tensors. With ``has_aux``, the
    function computes the pair of it and what ``f`` returned besides; see :func:`grad`.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.jacobian(lambda x: x * x)(tg.tensor([1.0, 2.0])))
        [[2. 0.]
         [0. 4.]]
    """
    chosen = chosen_arguments(f, argnums)

    @wraps(f)
    def all_partials(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        call = FunctionCall(f, args, kwargs, chosen, has_aux)
        partials = unflatten(
            call.structure, [call.arrange(_rows(call, k)) for k in range(len(call.outputs))]
        )
        return (partials, call.aux) if has_aux else partials

    return all_partials


def _rows(call: FunctionCall, k: int) -> list[Tensor]:
    """Return the derivatives of the ``k``-th output by each variable."""
    output = call.outputs[k]
    rows: list[list[Tensor]] = []
    for position in range(output.size):
        unit = np.zeros(output.size, output.dtype, like=output._data)
        unit[position] = 1
        seeds = [None] * len(call.outputs)
        seeds[k] = unit.reshape(output.shape)  # type: ignore[call-overload]
        rows.append(call.pull(seeds, retain=True))
    shapes = [output.shape + variable.shape for variable in call.variables]
    if not rows:
        like = zip(shapes, call.variables, strict=True)
        return [wrap(np.zeros(shape, variable.dtype)) for shape, variable in like]
    stacked: list[Any] = [np.stack(column) for column in zip(*rows, strict=True)]
    return [whole.reshape(shape) for whole, shape in zip(stacked, shapes, strict=True)]


@overload
def hessian(f: Function[Any, P], argnums: Literal[0] = 0) -> Partials: ...
@overload
def hessian(
    f: Function[Any, P], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> OfSeveral[Any]: ...
@with_leads
def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Return the function that computes all second partial derivatives of ``f``, a number.

    With ``has_aux``, it computes the pair of them and what ``f`` returned besides.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0])))
        [[ 6.  0.]
         [ 0. 12.]]
    """
    return jacobian(grad(f, argnums, has_aux), argnums, has_aux)
