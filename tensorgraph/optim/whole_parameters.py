"""Parameters one by one, in their shapes, for rules that take each as a whole: norms, matrices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.engine.arrays import placed, to_host
from tensorgraph.engine.tensor import Tensor
from tensorgraph.optim.flat_parameters import Pack, Start, frozen
from tensorgraph.optim.working_dtype import working_dtype


class WholePack(Pack):
    """One parameter in its shape; arrays of its state may have other shapes."""

    __slots__ = ()

    def _layout(self) -> tuple[list[tuple[Any, tuple[int, ...]]], list[Any]]:
        return [(..., self.params[0].shape)], [...]

    def _parameters(self) -> Any:
        return _in_dtype(self.params[0]._data, self.dtype)

    def _gradients(self) -> Any:
        return _in_dtype(self.params[0]._grad._data, self.dtype)  # type: ignore[union-attr]

    def state_by_name(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Return a copy of the state."""
        (state,) = self.kept()
        arrays = {key: np.array(to_host(value)) for key, value in state.items()}
        return {self.names[0]: {"steps": np.array(self.steps), **arrays}}


def _in_dtype(array: Any, dtype: np.dtype[Any]) -> Any:
    return frozen(array if array.dtype == dtype else array.astype(dtype))


def whole(
    named: Iterable[tuple[str, Tensor]], start: Start, saved: Mapping[str, Any] | None = None
) -> list[WholePack]:
    """Return a pack for each parameter.

    The arguments are those of :func:`tensorgraph.optim.flat_parameters.packed`.
    """
    packs = []
    for name, param in named:
        state, steps = start(_in_dtype(param._data, working_dtype(param.dtype))), 0
        if saved is not None:
            state = {key: placed(saved[f"{name}/{key}"], value) for key, value in state.items()}
            steps = int(saved[f"{name}/steps"])
        packs.append(WholePack([name], [param], state, steps))
    return packs
