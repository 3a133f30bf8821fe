"""Losses for predictions that are what numbers, or counts, are expected to be like."""

from __future__ import annotations

from tensorgraph import errors
from tensorgraph.arguments import number
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses._common import (
    as_target,
    in_single_precision,
    matched,
    product,
    reduced,
    refuse,
    values,
    warn_if_swapped,
)
from tensorgraph.nn.message_place import here
from tensorgraph.ops.arithmetic import greater, square, where
from tensorgraph.ops.transcendental import exp, log


@in_single_precision
@with_leads
def poisson_nll(log_rate: AnyArray, target: AnyArray, reduction: str = "mean") -> AnyArray:
    """Return the negative log-likelihood of counts under Poisson distributions.

    For each element, with the logarithm z of the rate and the count y,

        loss = e^z − y z,

    whose gradient by z is e^z − y (McCullagh & Nelder 1989, "Generalized linear models", section
    6.2). What does not depend on z, log y!, is left out. The prediction is the logarithm, which may
    be any number, as logits are. ``"mean"`` divides by the number of elements.

    Args:
        log_rate: the logarithm of the expected count, any shape.
        target: counts, not negative; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a negative count; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.poisson_nll([0.0, 1.0], [0, 2], "none").round(3))
        [1.    0.718]
    """
    z, y = matched("poisson_nll", log_rate, target)
    warn_if_swapped("poisson_nll", z, y)
    found = values(y)
    refuse("poisson_nll", "count", ~(found < 0), found, "is negative; the prediction comes first")
    return reduced(exp(z) - product(y, z), reduction)


@in_single_precision
@with_leads
def gaussian_nll(
    prediction: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    variance: AnyArray | float = 1.0,
    eps: float = 1e-6,
) -> AnyArray:
    """Return the negative log-likelihood of numbers under normal distributions.

    For each element, with the mean μ, the variance σ² and the target y,

        loss = ½ (log σ² + (μ − y)² / σ²),

    to which ½ log 2π is left out (Nix & Weigend 1994, "Estimating the mean and variance of the
    target probability distribution", equation 2): a network that predicts both says how sure it is.
    Variances below ε count as ε, and get no gradient then. ``"mean"`` divides by the number of
    elements.

    Args:
        prediction: μ, any shape.
        target: y, the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        variance: σ², one number or the same shape; such as ``tg.softplus`` of an output.
        eps: ε, above 0.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a negative variance, an ``eps`` that is not above 0; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> losses = tg.nn.losses.gaussian_nll([1.0, 1.0], [1.0, 3.0], "none", variance=[1.0, 4.0])
        >>> print(losses.round(3))
        [0.    1.193]
    """
    name = "gaussian_nll"
    least = number(eps, f"{here(name)}: eps", above=0)
    prediction, target = matched(name, prediction, target)
    variance = as_target(variance, prediction)
    if shape_of(variance) not in ((), shape_of(prediction)):
        raise errors.ShapeError(
            f"{here(name)}: variance of shape {shape_of(variance)} must be one number, or one for"
            f" each element of the prediction, of shape {shape_of(prediction)}"
        )
    found = values(variance)
    refuse(
        name, "variance", ~(found < 0), found,
        "is negative; write tg.softplus(x) or tg.exp(x) of an output that may be any number",
    )  # fmt: skip
    variance = where(greater(variance, least), variance, least)
    error = square(prediction - target)
    return reduced(0.5 * (log(variance) + error / variance), reduction)
