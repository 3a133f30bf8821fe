"""Losses for predictions that are numbers."""

from __future__ import annotations

from tensorgraph import errors
from tensorgraph.arguments import scalar
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.wanted_numbers import differentiable
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses._common import in_single_precision, matched, reduced
from tensorgraph.nn.message_place import here
from tensorgraph.ops.arithmetic import equal, greater, square, where
from tensorgraph.ops.extrema import clip


@in_single_precision
@with_leads
def mse(prediction: AnyArray, target: AnyArray, reduction: str = "mean") -> AnyArray:
    """Return the squared error.

    For each element, with prediction ŷ and target y,

        loss = (ŷ − y)²,

    whose gradient is 2(ŷ − y) (Goodfellow, Bengio & Courville 2016, equation 5.4). There is no ½ in
    it. ``"mean"`` divides by the number of elements, for shape (m, k) by m·k; for 1/m Σ‖ŷ − y‖²
    write ``mse(prediction, target, "sum") / m``.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> prediction = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> target = [[1.0, 0.0], [3.0, 3.0]]
        >>> print(tg.nn.losses.mse(prediction, target))
        1.25
        >>> print(tg.nn.losses.mse(prediction, target, "sum") / 2)  # 1/m, two examples
        2.5
    """
    prediction, target = matched("mse", prediction, target)
    return reduced(square(prediction - target), reduction)


@in_single_precision
@with_leads
def l1(prediction: AnyArray, target: AnyArray, reduction: str = "mean") -> AnyArray:
    """Return the absolute error.

    For each element, with prediction ŷ and target y,

        loss = |ŷ − y|,

    whose gradient is the sign of ŷ − y, and 0 where they are equal. Its minimum is the median, as
    that of the squared error is the mean: outliers count less. ``"mean"`` divides by the number of
    elements.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.l1([1.0, 2.0, 3.0], [1.0, 0.0, 4.0]))
        1.0
    """
    prediction, target = matched("l1", prediction, target)
    return reduced(abs(prediction - target), reduction)


@in_single_precision
@with_leads
def huber(
    prediction: AnyArray, target: AnyArray, reduction: str = "mean", *, delta: float = 1.0
) -> AnyArray:
    """Return Huber's loss: squared error for small errors, absolute error for large ones.

    For each element, with the error e = ŷ − y,

        loss = ½ e²            where |e| ≤ δ
               δ (|e| − ½ δ)   elsewhere,

    whose gradient is e limited to [−δ, δ] (Huber 1964, "Robust estimation of a location
    parameter"). ``"mean"`` divides by the number of elements.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        delta: δ, above 0.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: ``delta`` is not above 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.huber([0.5, 3.0], [0.0, 0.0], "none"))
        [0.125 2.5  ]
    """
    delta = scalar(delta, f"{here('huber')}: delta")  # infinity makes it half the squared error
    if not delta > 0:
        raise errors.ArgumentError(f"{here('huber')}: delta is above 0, not {delta}")
    prediction, target = matched("huber", prediction, target)
    error = prediction - target
    limited = clip(error, min=-delta, max=delta)
    # With the error limited to c this is c·e − ½ c², for small and large errors alike.
    return reduced(limited * (error - 0.5 * limited), reduction)


@in_single_precision
@with_leads
def quantile(
    prediction: AnyArray, target: AnyArray, reduction: str = "mean", *, q: float = 0.5
) -> AnyArray:
    """Return the pinball loss, whose minimum is a quantile of the target.

    For each element, with the error e = y − ŷ,

        loss = q e          where e > 0
               (q − 1) e    where e < 0,

    whose gradient by ŷ is −q where the prediction is too low, 1 − q where it is too high, and 0
    where it is right (Koenker & Bassett 1978, "Regression quantiles", section 3). It is least where
    a share q of the targets lies below the prediction; q = ½ gives half of :func:`l1` and the
    median. ``"mean"`` divides by the number of elements.

    Args:
        prediction: any shape.
        target: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        q: the share, in (0, 1).

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a ``q`` outside (0, 1); an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.quantile([1.0, 1.0], [3.0, 0.0], "none", q=0.75))
        [1.5  0.25]
    """
    q = differentiable(q, f"{here('quantile')}: q", above=0, below=1)
    prediction, target = matched("quantile", prediction, target)
    error = target - prediction
    losses = where(greater(error, 0), q * error, (q - 1) * error)
    return reduced(where(equal(error, 0), 0, losses), reduction)
