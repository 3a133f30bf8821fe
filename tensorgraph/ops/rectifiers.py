"""Activation functions of two or three pieces, and others composed of operations; softsign.

Each says what its derivative is at a kink; at ±inf they have their limits.
"""

from __future__ import annotations

from typing import Any, SupportsFloat, SupportsIndex

import numpy as np

from tensorgraph.arguments import number, scalar
from tensorgraph.engine.op import register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.wanted_numbers import differentiable
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list, one_axis, part
from tensorgraph.ops._blocks import floating
from tensorgraph.ops.activation import FAR, elu, relu, sigmoid, softplus
from tensorgraph.ops.arithmetic import abs, abs_kernel, greater, square, where
from tensorgraph.ops.extrema import clip
from tensorgraph.ops.trigonometric import tanh

__all__ = [
    "celu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "mish", "relu6", "selu",
    "softshrink", "softsign", "tanhshrink", "threshold",
]  # fmt: skip


def _softsign_kernel(x: Any) -> Any:
    x = floating(x)
    size = abs_kernel(x)
    if np.iscomplexobj(x):
        return x / (1 + size)
    return np.where(np.isinf(x), np.sign(x), x / (1 + size))


softsign = register(
    "softsign",
    _softsign_kernel,
    {"x": lambda g, x: g * square(1 / (1 + abs(x)))},
    ref=lambda x: x / (1 + abs_kernel(x)),
    code="x / (1 + np.abs(x))",
    letter="A",
    doc="""Return x / (1 + |x|); ±1 at ±inf. The second derivative at 0 is 0.

    >>> tg.softsign([1.0, -3.0, float("inf")])
    tensor([ 0.5 , -0.75,  1.  ])
    """,
)


@with_leads
def hardtanh(x: AnyArray, min: SupportsFloat = -1.0, max: SupportsFloat = 1.0) -> AnyArray:
    """Return x limited to [min, max]; the gradient passes inside and on the bounds, as clip's.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardtanh([0.5, 3.0])
        tensor([0.5, 1. ])
    """
    return clip(x, min=min, max=max)


@with_leads
def relu6(x: AnyArray) -> AnyArray:
    """Return min(max(x, 0), 6); the derivative at 0 is 0, as relu's, and at 6 it is 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.relu6([-1.0, 4.0, 9.0])
        tensor([0., 4., 6.])
    """
    return clip(relu(x), max=6.0)


@with_leads
def hardsigmoid(x: AnyArray) -> AnyArray:
    """Return x/6 + ½ limited to [0, 1]; the derivative at ±3 is 1/6, as inside.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardsigmoid([-4.0, 0.0, 1.5])
        tensor([0.  , 0.5 , 0.75])
    """
    return clip(from_list(x) / 6 + 0.5, min=0.0, max=1.0)


@with_leads
def hardswish(x: AnyArray) -> AnyArray:
    """Return x · hardsigmoid(x): 0 up to −3, x from 3 on (Howard et al. 2019).

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardswish([-4.0, 1.5, 4.0])
        tensor([-0.   ,  1.125,  4.   ])
    """
    return clip(x, min=-3.0) * hardsigmoid(x)  # −∞ · 0 would be NaN


@with_leads
def threshold(x: AnyArray, threshold: float, value: float) -> AnyArray:
    """Return x above the threshold and ``value`` elsewhere; the derivative on the threshold is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.threshold([0.5, 2.0], 1.0, -9.0)
        tensor([-9.,  2.])
    """
    return where(greater(x, scalar(threshold, "threshold")), x, scalar(value, "value"))


@with_leads
def softshrink(x: AnyArray, limit: float = 0.5) -> AnyArray:
    """Return x moved towards 0 by ``limit``, and 0 where |x| ≤ limit, with derivative 0.

    Raises:
        ArgumentError: the limit is negative.

    Example:
        >>> import tensorgraph as tg
        >>> tg.softshrink([0.25, -2.0])
        tensor([ 0. , -1.5])
    """
    limit = differentiable(limit, "softshrink: limit", 0)
    return from_list(x) - clip(x, min=-limit, max=limit)


@with_leads
def hardshrink(x: AnyArray, limit: float = 0.5) -> AnyArray:
    """Return x where |x| is above ``limit``, and 0 elsewhere, with derivative 0.

    Raises:
        ArgumentError: the limit is negative.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hardshrink([0.25, -2.0])
        tensor([ 0., -2.])
    """
    return where(greater(abs(x), number(limit, "hardshrink: limit", 0)), x, 0)


@with_leads
def tanhshrink(x: AnyArray) -> AnyArray:
    """Return x − tanh(x), whose terms cancel near 0: it is exact to an ulp of x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tanhshrink([0.0, 2.0]).round(3)
        tensor([0.   , 1.036])
    """
    return from_list(x) - tanh(x)


@with_leads
def mish(x: AnyArray) -> AnyArray:
    """Return x · tanh(softplus(x)): 0 at −∞ (Misra 2019).

    Example:
        >>> import tensorgraph as tg
        >>> tg.mish([1.0, -1.0]).round(3)
        tensor([ 0.865, -0.303])
    """
    return clip(x, min=-FAR) * tanh(softplus(x))  # −∞ · 0 would be NaN


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@with_leads
def selu(x: AnyArray) -> AnyArray:
    """Return λ · elu(x, α), which keeps mean 0 and variance 1 (Klambauer et al. 2017).

    Example:
        >>> import tensorgraph as tg
        >>> tg.selu([1.0, -1.0]).round(3)
        tensor([ 1.051, -1.111])
    """
    return _SELU_SCALE * elu(x, alpha=_SELU_ALPHA)


@with_leads
def celu(x: AnyArray, alpha: float = 1.0) -> AnyArray:
    """Return x above 0 and alpha · (exp(x / alpha) − 1) elsewhere, smooth at 0 (Barron 2017).

    Raises:
        ArgumentError: alpha is not above 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.celu([1.0, -1.0], alpha=2.0).round(3)
        tensor([ 1.   , -0.787])
    """
    alpha = differentiable(alpha, "celu: alpha", above=0)
    return alpha * elu(from_list(x) / alpha)


@with_leads
def glu(x: AnyArray, axis: SupportsIndex = -1) -> AnyArray:
    """Return a · σ(b), where a and b are the halves of x along ``axis`` (Dauphin et al. 2017).

    Raises:
        ShapeError: x has an odd length there.

    Example:
        >>> import tensorgraph as tg
        >>> tg.glu([1.0, 2.0, 0.0, 0.0])
        tensor([0.5, 1. ])
    """
    x = from_list(x)
    axis = one_axis(axis, ndim_of(x), "glu: axis")
    length = shape_of(x)[axis]
    if length % 2:
        raise ShapeError(f"glu takes halves along axis {axis}, whose length is {length}")
    first, second = part(x, axis, None, length // 2), part(x, axis, length // 2, None)
    return first * sigmoid(second)
