"""How alike vectors are: the cosine of their angle, and their distance, as functions and layers."""

from __future__ import annotations

import math
from typing import Any

from tensorgraph.arguments import boolean, integer, number, scalar
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.half_precision import to_half, to_single
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops._axes import one_axis
from tensorgraph.ops.arithmetic import not_equal, where
from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.moments import norm
from tensorgraph.ops.reduce import max, sum


def _pair(name: str, x: Any, y: Any, axis: int) -> tuple[Any, Any]:
    """Return two arrays of vectors of one length.

    Raises:
        ShapeError: their shapes do not broadcast, or the vectors have other lengths.
    """
    x, y = (value if hasattr(value, "dtype") else asarray(value) for value in (x, y))
    shapes = tuple(x.shape), tuple(y.shape)
    fits = all(shapes) and len(shapes[0]) == len(shapes[1])
    along = one_axis(axis, len(shapes[0]), f"{here(name)}: axis") if fits else 0
    pairs = zip(*shapes, strict=False)
    if (
        not fits
        or shapes[0][along] != shapes[1][along]
        or any(1 not in p and p[0] != p[1] for p in pairs)
    ):
        raise ShapeError(
            f"{here(name)}: x of shape {shapes[0]} and y of shape {shapes[1]} must be vectors of"
            f" one length along axis {axis}, and else the same or 1; write x[:, None] and y[None]"
            " for all pairs, with axis=-1"
        )
    return to_single(x), to_single(y)


@with_leads
def cosine_similarity(x: Any, y: Any, axis: int = 1, eps: float = 1e-8) -> Any:
    """Return the cosine of the angle between vectors, from −1 for opposite to 1 for equal ones.

        cos = ⟨x, y⟩ / (max(‖x‖, ε) · max(‖y‖, ε))

    Deep Learning Specialization, course 5, week 2 (similarity of word vectors). A vector of zeros
    has the cosine 0 with all.

    Args:
        x: vectors along ``axis``.
        y: as many or one, of the same length: all other axes are of the same length or 1.
        axis: along which the vectors lie; the result has not got it.
        eps: ε, the least length that is divided by.

    Raises:
        ShapeError: shapes that do not fit.
        AxisError: an ``axis`` that they do not have.
        ArgumentError: an ``eps`` that is not above 0.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = tg.tensor([[1.0, 0.0], [3.0, 4.0]]), tg.tensor([[0.0, 2.0], [3.0, 4.0]])
        >>> print(tg.nn.cosine_similarity(x, y))
        [0. 1.]
    """
    name = "cosine_similarity"
    least = number(eps, f"{here(name)}: eps", above=0)
    given = x, y
    x, y = _pair(name, x, y, axis)
    # Each is made a unit vector first, so that no product leaves the range of its numbers.
    x, y = (v / maximum(norm(v, axis=axis, keepdims=True), least) for v in (x, y))
    return to_half(sum(x * y, axis=axis), *(v for v in given if hasattr(v, "dtype")))


@with_leads
def pairwise_distance(
    x: Any, y: Any, ord: float = 2.0, eps: float = 1e-6, keepdims: bool = False
) -> Any:
    """Return the distance ‖x − y + ε‖ of vectors along the last axis.

        ‖d‖ = (Σᵢ |dᵢ|^p)^(1/p)    with p = ``ord``, and maxᵢ |dᵢ| for p = ∞

    ε keeps the slope finite where two vectors are equal.

    Args:
        x: of shape (…, features).
        y: the same, or other axes of length 1.
        ord: p, from 1 on.
        eps: ε, added to each difference.
        keepdims: whether the last axis stays, with length 1.

    Raises:
        ShapeError: shapes that do not fit.
        ArgumentError: an ``ord`` below 1, or an ``eps`` below 0.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = tg.tensor([[3.0, 4.0]]), tg.zeros((1, 2))
        >>> print(tg.nn.pairwise_distance(x, y, eps=0.0), tg.nn.pairwise_distance(x, y, 1, eps=0.0))
        [5.] [7.]
    """
    name = "pairwise_distance"
    order = _order(ord, f"{here(name)}: ord")
    least = number(eps, f"{here(name)}: eps", 0)
    given = x, y
    x, y = _pair(name, x, y, -1)
    distance = _length(x - y + least, order, bool(keepdims))
    return to_half(distance, *(v for v in given if hasattr(v, "dtype")))


def _order(ord: Any, what: str) -> float:
    order = scalar(ord, what)
    if not order >= 1:
        raise ArgumentError(f"{what} is at least 1, not {order}")
    return order


def _length(x: Any, order: float, keepdims: bool) -> Any:
    if order == 2:
        return norm(x, axis=-1, keepdims=keepdims)
    if order == 1:
        return sum(abs(x), axis=-1, keepdims=keepdims)
    largest = max(abs(x), axis=-1, keepdims=True)
    if order == math.inf:
        return largest if keepdims else largest[..., 0]
    # In parts of the largest, whose powers stay in the range of the numbers.
    scale = getattr(largest, "detach", lambda: largest)()
    scale = where(not_equal(scale, 0), scale, 1)
    total = sum(abs(x / scale) ** order, axis=-1, keepdims=True)
    some = not_equal(total, 0)
    root = where(some, where(some, total, 1) ** (1 / order), 0) * scale
    return root if keepdims else root[..., 0]


class CosineSimilarity(Module):
    """The cosine of the angle between vectors: :func:`cosine_similarity` as a layer.

    Args:
        axis: along which the vectors lie.
        eps: the least length that is divided by.

    Raises:
        ArgumentError: an ``eps`` that is not above 0.
        ShapeError: when called: inputs of shapes that do not fit.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.CosineSimilarity(axis=-1)
        CosineSimilarity(axis=-1)
        >>> tg.nn.CosineSimilarity()(tg.ones((5, 3)), tg.ones((5, 3))).shape
        (5,)
    """

    @with_leads
    def __init__(self, axis: int = 1, eps: float = 1e-8) -> None:
        self.axis = integer(axis, "CosineSimilarity: axis")
        self.eps = number(eps, "CosineSimilarity: eps", above=0)

    def forward(self, x: Operand, y: Operand) -> Tensor:
        """Return the cosine of each vector of x with that of y."""
        z: Tensor = cosine_similarity(asarray(x), asarray(y), self.axis, self.eps)
        return z

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"axis={self.axis}"


class PairwiseDistance(Module):
    """The distance of vectors along the last axis: :func:`pairwise_distance` as a layer.

    Args:
        ord: the p of the norm, from 1 on.
        eps: what is added to each difference.
        keepdims: whether the last axis stays, with length 1.

    Raises:
        ArgumentError: an ``ord`` below 1, or an ``eps`` below 0.
        ShapeError: when called: inputs of shapes that do not fit.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.PairwiseDistance(ord=1)
        PairwiseDistance(ord=1)
        >>> tg.nn.PairwiseDistance()(tg.ones((5, 3)), tg.zeros((5, 3))).shape
        (5,)
    """

    @with_leads
    def __init__(self, ord: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> None:
        self.ord = _order(ord, "PairwiseDistance: ord")
        self.eps = number(eps, "PairwiseDistance: eps", 0)
        self.keepdims = boolean(keepdims, "PairwiseDistance: keepdims")

    def forward(self, x: Operand, y: Operand) -> Tensor:
        """Return the distance of each vector of x to that of y."""
        z: Tensor = pairwise_distance(asarray(x), asarray(y), self.ord, self.eps, self.keepdims)
        return z

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"ord={self.ord:g}"
