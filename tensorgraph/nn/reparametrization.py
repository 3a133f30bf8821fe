"""Layers whose weight is computed from other parameters: of a length of its own, or of norm 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, SupportsIndex

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.engine.modes import no_grad
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.loading.layouts import Foreign, as_it_is
from tensorgraph.nn.module import Module
from tensorgraph.ops._axes import one_axis
from tensorgraph.ops.contract import matmul, vecdot
from tensorgraph.ops.moments import norm, unit
from tensorgraph.ops.shape import matrix_transpose, permute_dims, reshape


class _Reparametrized(Module):
    """A layer one of whose parameters is computed anew for each call."""

    torch_parts: ClassVar[Mapping[str, str]]
    """What PyTorch calls what the parameter is computed from."""

    def __init__(self, layer: Module, name: str) -> None:
        weight = getattr(layer, name, None)
        if type(weight) is not Tensor or not weight.requires_grad or weight.ndim < 2:
            raise errors.ArgumentError(
                f"{type(self).__name__}: {type(layer).__name__} has no parameter {name!r} of two"
                " or more axes; write name= for the one that is meant"
            )
        self.layer, self.name = layer, name
        delattr(layer, name)

    def weight(self) -> Any:
        """Return the parameter as the layer takes it."""
        raise NotImplementedError

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the layer makes of its arguments, with this weight."""
        setattr(self.layer, self.name, self.weight())
        try:
            return self.layer(*args, **kwargs)
        finally:
            delattr(self.layer, self.name)

    def torch_name(self, path: str) -> str:
        """Return what PyTorch calls it where ``torch.nn.utils.parametrizations`` made it."""
        if path in self.torch_parts:
            return f"parametrizations.{self.name}.{self.torch_parts[path]}"
        return path.removeprefix("layer.")


class WeightNorm(_Reparametrized):
    """A layer whose weight has its length and its direction as parameters of their own.

        W = g · V / ‖V‖    of each row, which makes one output

    (Salimans & Kingma 2016, "Weight normalization", equation 2.) The layer computes the same at
    first. Its parameters are ``magnitude``, g, and ``direction``, V, in place of the weight.

    Args:
        layer: such as ``Linear`` or a convolution, whose weight is taken out of it.
        name: of the parameter.
        axis: along which each place has a length; 0 for the outputs.

    Raises:
        ArgumentError: the layer has no such parameter.
        AxisError: the parameter has no such axis.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.WeightNorm(tg.nn.Linear(3, 2))
        >>> [(path, p.shape) for path, p in layer.named_parameters()]
        [('layer.bias', (2,)), ('magnitude', (2, 1)), ('direction', (2, 3))]
        >>> layer(tg.ones((5, 3))).shape
        (5, 2)
    """

    torch_parts: ClassVar[Mapping[str, str]] = {"magnitude": "original0", "direction": "original1"}
    foreign_arrays: ClassVar[Foreign] = {
        "weight_g": as_it_is("magnitude", "torch"),  # PyTorch's before there were parametrizations
        "weight_v": as_it_is("direction", "torch"),
    }

    @with_leads
    def __init__(self, layer: Module, name: str = "weight", axis: SupportsIndex = 0) -> None:
        weight = getattr(layer, name, None)
        super().__init__(layer, name)
        assert isinstance(weight, Tensor)
        own = one_axis(axis, weight.ndim, "WeightNorm: axis")
        self.others = tuple(i for i in range(weight.ndim) if i != own)
        self.magnitude = tensor(
            norm(weight.data, axis=self.others, keepdims=True), requires_grad=True
        )
        self.direction = weight

    def weight(self) -> Any:
        """Return g · V / ‖V‖."""
        return self.magnitude * unit(self.direction, axis=self.others)


class SpectralNorm(_Reparametrized):
    """A layer whose weight is divided by its largest singular value, so that it stretches nothing.

        W = V / σ(V),    σ(V) ≈ uᵀ V v

    of the weight as a matrix with a row for each output. The vectors u and v are those of a power
    iteration, which each call in training takes a step further for the next one; they are constants
    (Miyato et al. 2018, "Spectral normalization for generative adversarial networks", algorithm 1).

    Args:
        layer: such as ``Linear`` or a convolution, whose weight is taken out of it.
        name: of the parameter.
        n_power_iterations: how many steps each call in training takes.
        axis: of the outputs.

    Raises:
        ArgumentError: the layer has no such parameter; no iterations.
        AxisError: the parameter has no such axis.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.SpectralNorm(tg.nn.Linear(3, 3, init=tg.nn.init.constant(2.0)))
        >>> print(layer(tg.ones((1, 3))).round(4))
        [[1. 1. 1.]]
    """

    torch_parts: ClassVar[Mapping[str, str]] = {"original": "original", "u": "0._u", "v": "0._v"}
    foreign_arrays: ClassVar[Foreign] = {
        "weight_orig": as_it_is("original", "torch"),
        "weight_u": as_it_is("u", "torch"),
        "weight_v": as_it_is("v", "torch"),
    }

    @with_leads
    def __init__(
        self,
        layer: Module,
        name: str = "weight",
        n_power_iterations: int = 1,
        axis: SupportsIndex = 0,
    ) -> None:
        weight = getattr(layer, name, None)
        super().__init__(layer, name)
        assert isinstance(weight, Tensor)
        own = one_axis(axis, weight.ndim, "SpectralNorm: axis")
        self.order = (own, *(i for i in range(weight.ndim) if i != own))
        self.n_power_iterations = whole(n_power_iterations, "SpectralNorm: n_power_iterations", 1)
        self.original = weight
        rows = self._rows(weight.data)
        single = rows.astype(np.result_type(rows, np.float32))  # LAPACK has no half precision
        u = np.linalg.svd(single)[0][:, 0] if np.isfinite(rows).all() else np.ones(len(rows))
        self.u = tensor(u.astype(rows.dtype))
        self.v = tensor(unit(matmul(matrix_transpose(rows), self.u.data), axis=0))

    def _rows(self, weight: Any) -> Any:
        moved = permute_dims(weight, axes=self.order)
        return reshape(moved, shape=(moved.shape[0], -1))

    def weight(self) -> Any:
        """Return V / σ(V)."""
        rows = self._rows(self.original)
        u, v = self.u.detach(), self.v.detach()
        if self.training:  # for the next call: so they are constants of this one
            with no_grad():
                for _ in range(self.n_power_iterations):
                    self.u.assign(unit(matmul(rows, self.v), axis=0))
                    self.v.assign(unit(matmul(matrix_transpose(rows), self.u), axis=0))
        return self.original / vecdot(u, matmul(rows, v))
