"""Group norm, and instance norm: features of one example over its places."""

from __future__ import annotations

import math
from typing import ClassVar

from numpy.typing import DTypeLike

from tensorgraph.arguments import boolean, number, whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.half_precision import to_single
from tensorgraph.nn.message_place import here
from tensorgraph.nn.normalization.scale_and_shift import Normalization, Shape, divisor
from tensorgraph.ops.moments import center, rms
from tensorgraph.ops.shape import reshape


class GroupNorm(Normalization):
    """Gives each group of features mean 0 and variance 1 in each example, then a scale and a shift.

        μ = mean(x)      σ² = mean((x − μ)²)      y = γ (x − μ) / √(σ² + ε) + β

    with means over the features of one group and all places of one example (Wu & He 2018, "Group
    normalization", equation 1). No example depends on another, so training and evaluation are the
    same, for a batch of any size. γ and β, one number for each feature, are the parameters
    ``weight`` and ``bias``. One group is layer norm over all features and places; as many groups as
    features are instance norm.

    X has shape (batch, features, *places), as images have.

    Args:
        groups: in how many parts of equal size the features are cut, in their order.
        features: how many features, or channels, there are.
        eps: ε, added to the variance.
        affine: whether there are a scale γ and a shift β; without, the layer has no parameters.
        dtype: float32 unless given.

    Raises:
        ArgumentError: ``groups`` that do not divide the features, a number below 1, or an ``eps``
            that is negative or not finite.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called: the input does not have ``features`` along axis 1; or there is but
            one value in a group, whose variance is 0.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.GroupNorm(2, 4)
        >>> layer
        GroupNorm(2, 4, eps=1e-05)
        >>> print(layer(tg.tensor([[1.0, 3.0, 10.0, 30.0]])).round(3))
        [[-1.  1. -1.  1.]]
    """

    called: ClassVar[str] = "group_norm"
    """What messages call it."""

    @with_leads
    def __init__(
        self,
        groups: int,
        features: int,
        eps: float = 1e-5,
        *,
        affine: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.groups = whole(groups, "GroupNorm: groups", 1)
        self.features = whole(features, "GroupNorm: features", 1)
        if self.features % self.groups:
            raise ArgumentError(
                f"GroupNorm: groups = {self.groups} must divide the {self.features} features"
            )
        self.eps = number(eps, "GroupNorm: eps", 0)
        self._start((self.features,), boolean(affine, "GroupNorm: affine"), dtype)

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x."""
        given = asarray(x)
        size = self._group_size(given.shape)
        grouped = reshape(to_single(given), shape=(given.shape[0], self.groups, size))
        centred = center(grouped, axis=-1)
        deviation = rms(centred, axis=-1, eps=self.eps, keepdims=True)
        normalised = reshape(centred / divisor(deviation, self.eps), shape=given.shape)
        return self._scaled(normalised, given, axis=1)

    def _group_size(self, shape: Shape) -> int:
        """Return how many values of an example there are in a group.

        Raises:
            ShapeError: the input does not fit.
        """
        if len(shape) < 2 or shape[1] != self.features:
            raise ShapeError(
                f"{here(self.called)}: the input of shape {shape} must have {self.features}"
                " features along axis 1"
            )
        size = math.prod(shape[1:]) // self.groups
        if size == 1:
            raise ShapeError(
                f"{here(self.called)}: the input of shape {shape} has a single value in each group"
                f" of an example, and minus its mean that is 0; {self._fewer()}"
            )
        return size

    def _fewer(self) -> str:
        return f"write fewer groups than {self.groups}"

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{self.groups}, {self.features}, eps={self.eps:g}{self._without_affine()}"


class InstanceNorm(GroupNorm):
    """Gives each feature of each example mean 0 and variance 1 over its places.

        μ = mean(x)      σ² = mean((x − μ)²)      y = (x − μ) / √(σ² + ε)

    with means over all places of one feature of one example (Ulyanov, Vedaldi & Lempitsky 2016,
    "Instance normalization: the missing ingredient for fast stylization", equation 1): what an
    image is brighter or richer in contrast by than others is taken away. It is a :class:`GroupNorm`
    with a group for each feature. With ``affine`` a scale γ and a shift β follow.

    X has shape (batch, features, *places), with one axis of places for signals, two for images and
    three for volumes. Training and evaluation are the same; there are no running averages.

    Args:
        features: how many features, or channels, there are.
        eps: ε, added to the variance.
        affine: whether there are a scale γ and a shift β, the parameters ``weight`` and ``bias``.
        dtype: float32 unless given.

    Raises:
        ArgumentError: a number below 1, or an ``eps`` that is negative or not finite.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called: the input does not have ``features`` along axis 1; or it has but
            one place, so that its variance is 0.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.InstanceNorm(2)
        >>> layer
        InstanceNorm(2, eps=1e-05)
        >>> print(layer(tg.tensor([[[1.0, 3.0], [10.0, 30.0]]])).round(3))
        [[[-1.  1.]
          [-1.  1.]]]
    """

    called = "instance_norm"

    @with_leads
    def __init__(
        self,
        features: int,
        eps: float = 1e-5,
        *,
        affine: bool = False,
        dtype: DTypeLike | None = None,
    ) -> None:
        count = whole(features, "InstanceNorm: features", 1)
        super().__init__(
            count, count, number(eps, "InstanceNorm: eps", 0), affine=affine, dtype=dtype
        )

    def _fewer(self) -> str:
        return "for rows of features write LayerNorm or BatchNorm"

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return (
            f"{self.features}, eps={self.eps:g}{', affine=True' if self.weight is not None else ''}"
        )
