"""Which types hypothesis draws by their annotation, once both it and the package are imported.

Whichever is imported second brings them together: hypothesis by its entry point, which is
``_tensorgraph_hypothesis``, the package at the end of its ``__init__``. Neither imports the other,
and the strategies are imported when one is asked for.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from tensorgraph import nn, optim
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.random import Generator


def register() -> None:
    """Tell hypothesis how tensors, layers, networks, optimizers and generators are drawn.

    Example:
        >>> from hypothesis import given, strategies as st
        >>> import tensorgraph as tg
        >>> register()
        >>> @given(...)
        ... def test_sum(x: tg.Tensor):
        ...     assert tg.sum(x).shape == ()
        >>> test_sum()
    """
    from hypothesis import strategies as st

    for kind in _types():
        st.register_type_strategy(kind, _strategy)


def _types() -> list[type]:
    classes = [one for room in (nn, optim) for one in vars(room).values() if inspect.isclass(one)]
    made = [one for one in classes if issubclass(one, (Module, Optimizer))]
    return [Tensor, Generator, *made]


def _strategy(kind: type) -> Any:
    return import_module("tensorgraph.testing.strategies.of_types").of_type(kind)
