"""What hypothesis draws of a type: see ``tensorgraph.hypothesis_types``."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from tensorgraph import optim
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.containers import Sequential
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.random import Generator
from tensorgraph.testing.strategies.modules import KINDS, LAYERS, Network, modules
from tensorgraph.testing.strategies.optimizers import RULES, optimizers
from tensorgraph.testing.strategies.tensors import tensors


def of_type(kind: type) -> Any:
    """Return the strategy for a type of the package; ``NotImplemented`` where there is none.

    Example:
        >>> import tensorgraph as tg
        >>> of_type(tg.nn.Activation)
        NotImplemented
    """
    if kind is Tensor:
        return tensors()
    if kind is Generator:
        return st.integers(0, 2**32 - 1).map(Generator)
    if kind in (Module, Sequential):
        return modules().map(lambda network: network.module)
    if issubclass(kind, Optimizer):
        return _optimizer(kind)
    return _layer(kind)


def _optimizer(kind: type[Optimizer]) -> Any:
    names = [name for name in RULES if kind is Optimizer or getattr(optim, name) is kind]
    if not names:
        return NotImplemented
    parameters = st.lists(tensors(requires_grad=True, layout="contiguous"), min_size=1, max_size=3)
    return st.builds(lambda make, params: make(params), optimizers(names), parameters)


def _layer(kind: type) -> Any:
    """Return the strategy for one layer, out of a network that may hold it."""
    name, dims = re.fullmatch(r"(.*?)([12]d)?", kind.__name__).groups()  # type: ignore[union-attr]
    if name not in LAYERS:
        return NotImplemented
    inputs = {"1d": ["series"], "2d": ["images"]}.get(dims, list(KINDS))

    def found(network: Network) -> Any:
        return next((one for one in network.module.modules() if type(one) is kind), None)

    drawn = modules(inputs, [name], max_layers=1).map(found)
    return drawn.filter(lambda layer: layer is not None)
