"""The fully connected layer, and how parameters are drawn."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from numpy.typing import DTypeLike, NDArray

from tensorgraph import errors
from tensorgraph.arguments import boolean, whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, __all__ as initialisers, he_normal, zeros
from tensorgraph.nn.loading.layouts import LAYOUTS, Foreign, as_it_is, turned
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.contract import linear, matmul
from tensorgraph.ops.shape import matrix_transpose
from tensorgraph.random import Generator


def _input_first(layer: Linear, array: NDArray[Any]) -> NDArray[Any] | None:
    """Return a weight that is kept as (in, out), also where a side is cut in heads."""
    sizes = (prod(array.shape[:k]) for k in range(1, array.ndim))
    return array.reshape(layer.in_features, -1).T if layer.in_features in sizes else None


class Linear(Module):
    """Z = X Wᵀ + b: every output is a weighted sum of all inputs, plus a bias.

    X has shape (…, in_features), samples along the leading axes; the result has shape
    (…, out_features). In the notation of the Deep Learning Specialization, where samples stand in
    columns, this is Z = W X + b with the same W of shape (n^[l], n^[l−1]).

    Args:
        in_features: how many inputs.
        out_features: how many outputs.
        bias: whether b is added; it starts at 0.
        init: where the weight starts, see :mod:`tensorgraph.nn.init`; the default suits ReLU.
        dtype: float32 unless given.
        generator: what the weight is drawn from; the default one unless given.

    Raises:
        ArgumentError: a number of features below 1.
        DTypeError: a number of features that is not an integer.
        ShapeError: ``init`` returned another shape; or, when called, the input does not have
            ``in_features`` along its last axis.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Linear(3, 2)
        >>> layer
        Linear(3 → 2, init=he_normal)
        >>> layer(tg.ones((5, 3))).shape
        (5, 2)
    """

    foreign_arrays: ClassVar[Foreign] = {
        "kernel": turned("weight", _input_first, "(in, out) → (out, in)"),
        "weight": as_it_is("weight", "torch")
        + turned("weight", _input_first, "(in, out) → (out, in)"),
        "bias": turned("bias", lambda layer, bias: bias.reshape(-1), "", *LAYOUTS),
    }

    @with_leads
    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        init: Initializer = he_normal,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.in_features = whole(in_features, "Linear: in_features", 1)
        self.out_features = whole(out_features, "Linear: out_features", 1)
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser, for ``repr``."""
        shape = (self.out_features, self.in_features)
        self.weight = parameter(init, shape, dtype, generator)
        biased = boolean(bias, "Linear: bias")
        self.bias = parameter(zeros, shape[:1], dtype, generator) if biased else None

    def forward(self, x: Operand) -> Tensor:
        """Return x Wᵀ + b."""
        return weighted(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.in_features} → {self.out_features}{bias}, init={self.init}"


def weighted(x: Operand, weight: Tensor, bias: Any) -> Tensor:
    """Return x Wᵀ + b, or without a bias x Wᵀ.

    Raises:
        ShapeError: x has another number of features along its last axis than W.
    """
    y: Tensor
    if bias is not None:
        y = linear(x, weight, bias)
        return y
    features = weight.shape[-1]
    if shape_of(x)[-1:] != (features,):
        raise errors.ShapeError(
            f"{here('linear')}: the input of shape {shape_of(x)} must have {features} features"
            " along axis -1"
        )
    y = matmul(x, matrix_transpose(weight))
    return y


def parameter(
    init: Initializer, shape: tuple[int, ...], dtype: DTypeLike | None, generator: Generator | None
) -> Tensor:
    """Return a new parameter that starts where ``init`` says.

    Raises:
        DTypeError: ``init`` is not an initialiser.
        ShapeError: ``init`` returned another shape.
    """
    name = getattr(init, "__name__", init)
    if not callable(init) or isinstance(init, type):
        name = str(init).lower()
        named = next((own for own in initialisers if own.startswith(name)), "he_normal")
        other = named.replace("xavier", "glorot")
        note = f" (the course's; PyTorch's is {other})" if other != named else ""
        raise errors.DTypeError(
            f"{errors.describe(init)} is not an initialiser; write one of tg.nn.init, such as"
            f" init=tg.nn.init.{named}{note}"
        )
    try:
        value = init(shape, generator=generator, dtype=dtype)
    except TypeError as error:
        said = str(error)
        if not ("unexpected keyword argument" in said or " has no keyword " in said):
            raise
        raise errors.DTypeError(
            f"{name} is not an initialiser, init(shape, *, generator=None, dtype=None) ({error});"
            f" if it returns one, write init={name}(…)"
        ) from None
    if shape_of(value) != shape:
        raise errors.ShapeError(
            f"the initialiser {name} returned shape {shape_of(value)}"
            f" for a parameter of shape {shape}"
        )
    return tensor(value, dtype, requires_grad=True)
