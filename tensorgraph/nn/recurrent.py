"""Recurrent layers: a simple RNN, GRU and LSTM along sequences.

Sequences have the shape (m, T, features): m examples of T time steps, as in PyTorch with
``batch_first=True``. The equations and parameters are those of the cells, see
:mod:`tensorgraph.nn.cells`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.cells import Cell, GRUCell, LSTMCell, RNNCell
from tensorgraph.nn.init import Initializer, glorot_uniform, orthogonal
from tensorgraph.nn.module import Module
from tensorgraph.nn.place import here
from tensorgraph.ops.shape import stack, unstack
from tensorgraph.random import Generator


class _Layer(Module):
    """A cell applied to one time step after the other."""

    cell_type: ClassVar[type[Cell]]

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        init: Initializer = glorot_uniform,
        recurrent_init: Initializer = orthogonal(),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.cell = self.cell_type(
            in_features, hidden_features, init, recurrent_init, dtype, generator
        )

    def forward(self, x: Any, state: Any = None) -> tuple[Tensor, Any]:
        """Return h of all time steps, and the last state."""
        cell, shape = self.cell, shape_of(x)
        if len(shape) != 3 or shape[1] == 0:
            hint = "; write x[None] for a single sequence" if len(shape) == 2 else ""
            raise errors.ShapeError(
                f"{here(type(self).__name__)}: the input of shape {shape} must have shape"
                f" (m, T, {cell.in_features}): m sequences of T ≥ 1 time steps{hint}"
            )
        projected = cell.project(x)
        state = cell.start(state, shape[:1], projected.dtype)
        outputs = []
        for part in unstack(projected, axis=1):
            state = cell.step(part, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return stack(outputs, axis=1), state


class RNN(_Layer):
    """A simple recurrent network: :class:`RNNCell` applied to each time step of a sequence.

    Called with x of shape (m, T, in_features) and, optionally, the state to start from, of shape
    (m, hidden_features), it returns (outputs, state): the states after all steps, of shape
    (m, T, hidden_features), and the last of them. The parameters are those of ``cell``, which also
    serves to take single steps. In a Sequential, ``lambda result: result[0]`` after the layer
    passes on the outputs alone.

    Args:
        in_features: how many inputs in each step.
        hidden_features: how many numbers the state has.
        init: as for :class:`RNNCell`, like the following.
        recurrent_init: where the state's weights start.
        dtype: float32 unless given.
        generator: what the weights are drawn from.

    Raises:
        ArgumentError: a number of features below 1.
        DTypeError: a number of features that is not an integer.
        ShapeError: when called: the shape of the input or of the state does not fit, or there are
            no time steps.

    Example:
        >>> import tensorgraph as tg
        >>> outputs, h = tg.nn.RNN(3, 4)(tg.ones((5, 7, 3)))
        >>> outputs.shape, h.shape, bool((outputs[:, -1] == h).all())
        ((5, 7, 4), (5, 4), True)
    """

    cell_type = RNNCell


class GRU(_Layer):
    """Gated recurrent units: :class:`GRUCell` applied to each time step of a sequence.

    Called with x of shape (m, T, in_features) and, optionally, the state to start from, of shape
    (m, hidden_features), it returns (outputs, state): the states after all steps, of shape
    (m, T, hidden_features), and the last of them. The parameters are those of ``cell``, which also
    serves to take single steps. In a Sequential, ``lambda result: result[0]`` after the layer
    passes on the outputs alone.

    Args:
        in_features: how many inputs in each step.
        hidden_features: how many numbers the state has.
        init: as for :class:`GRUCell`, like the following.
        recurrent_init: where the state's weights start.
        dtype: float32 unless given.
        generator: what the weights are drawn from.

    Raises:
        ArgumentError: a number of features below 1.
        DTypeError: a number of features that is not an integer.
        ShapeError: when called: the shape of the input or of the state does not fit, or there are
            no time steps.

    Example:
        >>> import tensorgraph as tg
        >>> outputs, h = tg.nn.GRU(3, 4)(tg.ones((5, 7, 3)))
        >>> outputs.shape, h.shape
        ((5, 7, 4), (5, 4))
    """

    cell_type = GRUCell


class LSTM(_Layer):
    """Long short-term memory: :class:`LSTMCell` applied to each time step of a sequence.

    Called with x of shape (m, T, in_features) and, optionally, the state (h, c) to start from, both
    of shape (m, hidden_features), it returns (outputs, (h, c)): h after all steps, of shape
    (m, T, hidden_features), and the last state. The parameters are those of ``cell``, which also
    serves to take single steps. In a Sequential, ``lambda result: result[0]`` after the layer
    passes on the outputs alone.

    Args:
        in_features: how many inputs in each step.
        hidden_features: how many numbers h and c have each.
        init: as for :class:`LSTMCell`, like the following.
        recurrent_init: where the state's weights start.
        dtype: float32 unless given.
        generator: what the weights are drawn from.

    Raises:
        ArgumentError: a number of features below 1.
        DTypeError: a number of features that is not an integer; or, when called, a state that is
            not the pair (h, c).
        ShapeError: when called: the shape of the input or of the state does not fit, or there are
            no time steps.

    Example:
        >>> import tensorgraph as tg
        >>> lstm = tg.nn.LSTM(3, 4)
        >>> lstm
        LSTM()  144 parameters
          cell  LSTMCell(3 → 4, init=glorot_uniform, recurrent_init=orthogonal())  144
        >>> outputs, (h, c) = lstm(tg.ones((5, 7, 3)))
        >>> outputs.shape, h.shape, c.shape
        ((5, 7, 4), (5, 4), (5, 4))
    """

    cell_type = LSTMCell
