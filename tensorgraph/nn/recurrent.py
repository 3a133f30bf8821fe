"""Recurrent layers: a simple RNN, GRU and LSTM along sequences.

Sequences have the shape (m, T, features): m examples of T time steps, as in PyTorch with
``batch_first=True``. The equations and parameters are those of the cells, see
:mod:`tensorgraph.nn.cells`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic

from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.cells import Cell, GRUCell, LSTMCell, Pair, RNNCell, State
from tensorgraph.nn.init import Initializer, glorot_uniform, orthogonal
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.joining import stack
from tensorgraph.ops.splitting import unstack
from tensorgraph.random import Generator


class Recurrent(Module, Generic[State]):
    """A cell applied to each time step of a sequence, one after the other.

    The parameters are those of ``cell``, which also serves to take single steps. In a Sequential,
    ``lambda result: result[0]`` after the layer passes on the outputs alone.
    """

    cell_type: ClassVar[type[Cell[Any]]]

    @with_leads
    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        init: Initializer = glorot_uniform,
        recurrent_init: Initializer = orthogonal(),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        """Make the cell, of the arguments that it takes: see :class:`RNNCell`."""
        self.cell: Cell[State] = self.cell_type(
            in_features, hidden_features, init, recurrent_init, dtype, generator
        )

    def forward(self, x: Operand, state: Any = None) -> tuple[Tensor, State]:
        """Return h of all time steps, and the last state.

        Args:
            x: sequences, of shape (m, T, in_features).
            state: what to start from, zeros by default: h of shape (m, hidden_features), for an
                LSTM (h, c).

        Returns:
            h after all steps, of shape (m, T, hidden_features), and the state after the last.

        Raises:
            ShapeError: the shape of the input or of the state does not fit, or there are no time
                steps.
            DTypeError: for an LSTM, a state that is not the pair (h, c).
        """
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


class RNN(Recurrent[Tensor]):
    """A simple recurrent network: :class:`RNNCell` applied to each time step of a sequence.

    Example:
        >>> import tensorgraph as tg
        >>> outputs, h = tg.nn.RNN(3, 4)(tg.ones((5, 7, 3)))
        >>> outputs.shape, h.shape, bool((outputs[:, -1] == h).all())
        ((5, 7, 4), (5, 4), True)
    """

    cell_type = RNNCell


class GRU(Recurrent[Tensor]):
    """Gated recurrent units: :class:`GRUCell` applied to each time step of a sequence.

    Example:
        >>> import tensorgraph as tg
        >>> outputs, h = tg.nn.GRU(3, 4)(tg.ones((5, 7, 3)))
        >>> outputs.shape, h.shape
        ((5, 7, 4), (5, 4))
    """

    cell_type = GRUCell


class LSTM(Recurrent[Pair]):
    """Long short-term memory: :class:`LSTMCell` applied to each time step of a sequence.

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
