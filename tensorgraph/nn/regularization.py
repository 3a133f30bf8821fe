"""Regularisation of weights: penalties to add to the cost, and a limit on their length."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, SupportsFloat

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.engine.wanted_numbers import differentiable
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.half_precision import to_half, to_single
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import astype, where
from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.moments import norm


def weights(model: Module) -> list[tuple[str, Tensor]]:
    """Return the weights of a model with their paths: the parameters to be regularised.

    A weight is a parameter with at least two axes. Biases have one; the scales and shifts of
    normalisation layers are left out whatever their shape, as is everything in a module whose
    attribute ``regularised`` is False: ``model.layers[2].regularised = False`` exempts a layer.
    Frozen parameters are not trained, so they are not weights here; tied ones stand once. A bias
    that a module of your own keeps as a column (n, 1) looks like a weight: give it one axis, and
    write ``b[:, None]`` where it is added.

    Raises:
        DTypeError: something that is not a module.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> [path for path, _ in nn.weights(model)]
        ['layers.0.weight', 'layers.2.weight']
    """
    if not isinstance(model, Module):
        raise errors.DTypeError(
            f"weights are those of a module, not of a {type(model).__name__}; give the model itself"
        )
    exempt = {
        id(parameter)
        for module in model.modules()
        if not module.regularised
        for parameter in module.parameters()
    }
    return [
        (path, parameter)
        for path, parameter in model.named_parameters()
        if parameter.ndim >= 2 and id(parameter) not in exempt
    ]


@with_leads
def l2_penalty(
    model: Module, lambd: SupportsFloat, m: int, *, all_parameters: bool = False
) -> Tensor:
    """Return λ/(2m) · Σ ‖W‖²_F over the weights of a model, to be added to its cost.

    ‖W‖²_F is the sum of the squares of all elements, so the penalty adds (λ/m) W to dW (Deep
    Learning Specialization, course 2, week 1). With SGD that is weight decay: each step multiplies
    W by 1 − αλ/m. With optimizers that scale the gradient, such as Adam, it is not: where gradients
    are large, the penalty is scaled down with them (Loshchilov & Hutter 2019, "Decoupled weight
    decay regularization"); there ``optim.AdamW`` decays all weights alike.

    Args:
        model: whose weights are meant, see :func:`weights`.
        lambd: λ, how much weights weigh; gradients flow to a tensor that wants one.
        m: the number of examples that the cost is a mean over.
        all_parameters: count biases and the parameters of normalisation layers too.

    Raises:
        ArgumentError: λ is negative or not finite, or m is not positive.
        DTypeError: λ is not a number, or m not an integer.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> layer = nn.Linear(3, 2, init=nn.init.constant(2.0))
        >>> penalty = nn.l2_penalty(layer, lambd=0.5, m=10)
        >>> print(f"{penalty:.2f}")  # 0.5 / 20 · 6 · 2²
        0.60
        >>> penalty.backward()
        >>> print(layer.weight.grad)  # 0.5 / 10 · W
        [[0.1 0.1 0.1]
         [0.1 0.1 0.1]]
    """
    factor = _factor("l2_penalty", lambd, m) / 2
    return _total(factor, _penalised(model, all_parameters), lambda w: (w * w).sum())


@with_leads
def l1_penalty(
    model: Module, lambd: SupportsFloat, m: int, *, all_parameters: bool = False
) -> Tensor:
    """Return λ/m · Σ |W| over the elements of all weights of a model, to be added to its cost.

    It adds (λ/m) sign(W) to dW, which drives small weights to 0. The course writes m or 2m, which
    differ by a scale of λ (Deep Learning Specialization, course 2, week 1); here it is m.

    Args:
        model: whose weights are meant, see :func:`weights`.
        lambd: λ, how much weights weigh; gradients flow to a tensor that wants one.
        m: the number of examples that the cost is a mean over.
        all_parameters: count biases and the parameters of normalisation layers too.

    Raises:
        ArgumentError: λ is negative or not finite, or m is not positive.
        DTypeError: λ is not a number, or m not an integer.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> layer = nn.Linear(3, 2, init=nn.init.constant(-2.0))
        >>> print(f"{nn.l1_penalty(layer, lambd=0.5, m=10):.2f}")  # 0.5 / 10 · 6 · 2
        0.60
    """
    factor = _factor("l1_penalty", lambd, m)
    return _total(factor, _penalised(model, all_parameters), lambda w: abs(w).sum())


@with_leads
def max_norm(model: Module, limit: float) -> None:
    """Scale the incoming weights of every unit that are longer than ``limit`` back to it.

    Called after each update. The incoming weights of a unit are a row of a weight (out, in), or
    W[i] of one (out, in, *kernel): w ← w · min(1, limit / ‖w‖₂) (Srivastava et al. 2014, "Dropout:
    a simple way to prevent neural networks from overfitting", section 5.1). Lengths of 3 to 4 are
    typical.

    Args:
        model: whose weights are meant, see :func:`weights`.
        limit: the largest length.

    Raises:
        ArgumentError: a limit that is not positive.
        DTypeError: a limit that is not a number.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> layer = nn.Linear(2, 2)
        >>> layer.weight.assign([[3.0, 4.0], [0.3, 0.4]])
        tensor([[3. , 4. ],
                [0.3, 0.4]], requires_grad=True)
        >>> nn.max_norm(layer, limit=1.0)
        >>> print(layer.weight)
        [[0.6 0.8]
         [0.3 0.4]]
    """
    limit = number(limit, "max_norm: limit", above=0)
    for _, weight in weights(model):
        values = astype(weight.data, dtype=np.float64)
        lengths = norm(values, axis=tuple(range(1, weight.ndim)), keepdims=True)
        long = lengths > limit
        known = host_values(long)
        if known.shape != long.shape or known.any():
            weight.assign(values * where(long, limit / maximum(lengths, limit), 1))


def _penalised(model: Module, all_parameters: bool) -> list[Tensor]:
    return model.parameters() if all_parameters else [weight for _, weight in weights(model)]


def _total(factor: Any, found: list[Tensor], size: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the sizes of all weights together, times a factor."""
    if not found:
        return tensor(0.0)
    total: Tensor = to_half(factor * reduce(add, [size(to_single(w)) for w in found]), *found)
    return total


def _factor(name: str, lambd: Any, m: Any) -> Any:
    """Return λ/m as Python's number: NumPy's would turn a float32 cost into float64."""
    examples = f"{name}: m, the number of examples that the cost is a mean over,"
    return differentiable(lambd, f"{name}: lambd", 0) / whole(m, examples, 1)
