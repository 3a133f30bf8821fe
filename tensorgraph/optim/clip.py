"""Gradient clipping: between ``backward()`` and ``step()``, gradients that are too large shrink."""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from tensorgraph.arguments import number
from tensorgraph.engine.arrays import holds, host_values
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.half_precision import to_single
from tensorgraph.ops.arithmetic import abs, equal, greater, isfinite, where
from tensorgraph.ops.extrema import maximum
from tensorgraph.optim.flat_parameters import check_finite
from tensorgraph.optim.groups import check_parameters, named_parameters


@with_leads
def clip_by_value(params: Any, limit: float) -> None:
    """Clip every element of all gradients to [−limit, limit].

    The direction of the gradient changes; :func:`clip_by_global_norm` keeps it. Parameters without
    a gradient are skipped. A gradient that was computed with ``create_graph=True`` stays
    differentiable. PyTorch calls it ``clip_grad_value_``.

    Args:
        params: as an optimizer takes them: ``model.named_parameters()``, ``model.parameters()`` or
            a list of tensors.
        limit: the largest absolute value.

    Raises:
        AnomalyError: a gradient is not finite; none is changed then.
        ArgumentError: a limit that is not positive, or no parameters.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([0.25, -3.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> tg.optim.clip_by_value([w], 1.0)
        >>> print(w.grad)
        [ 0.5 -1. ]
    """
    limit = _limit(limit, "clip_by_value: limit")
    pairs = _with_gradients(params, "clip_by_value")
    _check_finite(pairs)
    for _, param, gradient in pairs:
        param.grad = gradient.clip(-limit, limit)


@with_leads
def clip_by_global_norm(params: Any, max_norm: float) -> Any:
    """Scale all gradients alike, so that their joint length is at most ``max_norm``; return it.

    g ← g · min(1, max_norm / ‖g‖₂), where ‖g‖₂ is the root of the sum of the squares of all
    elements of all gradients (Pascanu et al. 2013, "On the difficulty of training recurrent neural
    networks", algorithm 1). What is returned is ‖g‖₂ before clipping; ``max_norm=math.inf`` only
    measures it. Numbers so large or small that their squares leave the range of float32 do no harm.
    Parameters without a gradient are skipped. A gradient that was computed with
    ``create_graph=True`` stays differentiable. PyTorch calls it ``clip_grad_norm_``. In a function
    that is traced, the length is a tensor.

    Args:
        params: as an optimizer takes them: ``model.named_parameters()``, ``model.parameters()`` or
            a list of tensors.
        max_norm: the largest length.

    Raises:
        AnomalyError: a gradient is not finite; none is changed then.
        ArgumentError: a length that is not positive, or no parameters.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.5, -2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> tg.optim.clip_by_global_norm([w], 1.0)
        5.0
        >>> print(w.grad)
        [ 0.6 -0.8]
    """
    max_norm = _limit(max_norm, "clip_by_global_norm: max_norm")
    found = _with_gradients(params, "clip_by_global_norm")
    pairs = [(param, gradient) for _, param, gradient in found]
    maxima = [host_values(np.max(np.abs(g.data))) for _, g in pairs if g.size]
    if any(one.size == 0 for one in maxima):
        return _clip_symbols(pairs, max_norm)
    _check_finite(found)
    largest = max(map(float, maxima), default=0.0)
    if largest == 0:
        return 0.0
    # Measured in a power of two near the largest element: squares stay in range, and dividing by
    # it rounds nothing.
    unit = math.ldexp(0.5, math.frexp(largest)[1])
    scaled = [to_single(g) / unit for _, g in pairs]
    length = reduce(add, [(g * g).sum() for g in scaled]).sqrt()
    norm = unit * float(host_values(length.data))
    if norm > max_norm:
        for (param, _), g in zip(pairs, scaled, strict=True):
            param.grad = g * (max_norm / length)
    return norm


def _clip_symbols(pairs: list[tuple[Tensor, Tensor]], max_norm: float) -> Any:
    """Do the same for gradients without values, by which nothing can be decided; return a tensor.

    The unit is the largest element itself: its power of two is no operation.
    """
    unit = reduce(maximum, [abs(to_single(g)).max() for _, g in pairs if g.size])
    holds(isfinite(unit.data))  # or one of the gradients is not
    unit = where(equal(unit, 0), 1, unit)
    scaled = [to_single(g) / unit for _, g in pairs]
    length = reduce(add, [g.square().sum() for g in scaled]).sqrt()
    limit = max_norm / unit
    too_long = greater(length, limit)
    factor = where(too_long, max_norm / where(too_long, length, 1), unit)
    for (param, _), g in zip(pairs, scaled, strict=True):
        param.grad = g * factor
    return unit * length


def _with_gradients(params: Any, owner: str) -> list[tuple[str, Tensor, Tensor]]:
    """Return the parameters that have a gradient, each with its name and with that."""
    named = named_parameters(params, owner)
    check_parameters(named, owner, results=True)
    return [(name, param, param.grad) for name, param in named if param.grad is not None]


def _check_finite(found: list[tuple[str, Tensor, Tensor]]) -> None:
    """Raise if a gradient is not finite.

    Raises:
        AnomalyError: one is not.
    """
    check_finite([name for name, _, _ in found], [param for _, param, _ in found])


def _limit(value: Any, what: str) -> float:
    """Return a number above 0, which may be ∞: no limit."""
    return math.inf if value == math.inf else number(value, what, above=0)
