"""Recurrent layers: a simple RNN, GRU and LSTM along sequences.

Sequences have the shape (m, T, features): m examples of T time steps, as in PyTorch with
``batch_first=True``. The equations and parameters are those of the cells, see
:mod:`tensorgraph.nn.recurrent.cells`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import boolean, number, whole
from tensorgraph.engine.arrays import holds, host_values, placed
from tensorgraph.engine.modes import instead
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, array_of
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.dropout import Dropout
from tensorgraph.nn.init import Initializer, glorot_uniform, orthogonal
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.nn.recurrent.cells import Cell, GRUCell, LSTMCell, Pair, RNNCell, State
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.joining import concat, stack
from tensorgraph.ops.splitting import unstack
from tensorgraph.random import Generator


class Recurrent(Module, Generic[State]):
    """A cell applied to each time step of a sequence, one after the other.

    The parameters are those of ``cell``, which also serves to take single steps; where there are
    several layers, or two directions, those of the list ``cells``, layer by layer, the way there
    before the way back. In a Sequential, ``lambda result: result[0]`` after the layer passes on the
    outputs alone.
    """

    cell_type: ClassVar[type[Cell[Any]]]

    foreign_parts: ClassVar[Mapping[str, str]] = {
        **{f"{kind}_cell": "cell" for kind in ("simple_rnn", "gru", "lstm")},
        "forward_rnn.cell": "cells.0",
        "backward_rnn.cell": "cells.1",
    }

    cell: Cell[State]
    cells: list[Cell[State]]

    @with_leads
    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        init: Initializer = glorot_uniform,
        recurrent_init: Initializer = orthogonal(),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        """Make the cells, of the arguments that they take: see :class:`RNNCell`.

        Args:
            in_features: how many inputs in each step.
            hidden_features: how many numbers the state has.
            init: where each gate's weights for the input start.
            recurrent_init: where each gate's weights for the state start.
            dtype: float32 unless given.
            generator: what the weights, and what is dropped, are drawn from.
            num_layers: how many layers there are; each takes the outputs of the one below it.
            bidirectional: whether each layer has a second cell, which goes along the sequence from
                its end (Schuster & Paliwal 1997); outputs of both stand side by side.
            dropout: the probability with which outputs are dropped on the way from one layer to the
                next, in training.
            bias: whether the cells have biases.

        Raises:
            ArgumentError: a size below 1, a ``dropout`` outside [0, 1), or one without a second
                layer.
            DTypeError: a size that is not an integer.
        """
        settings = (init, recurrent_init, dtype, generator)
        self._build(
            in_features, hidden_features, settings, num_layers, bidirectional, dropout, bias=bias
        )

    def _build(
        self,
        in_features: int,
        hidden_features: int,
        settings: tuple[Any, ...],
        num_layers: int,
        bidirectional: bool,
        dropout: float,
        **more: Any,
    ) -> None:
        name = type(self).__name__
        self.num_layers = whole(num_layers, f"{name}: num_layers", 1)
        self.bidirectional = boolean(bidirectional, f"{name}: bidirectional")
        p = number(dropout, f"{name}: dropout", 0, below=1)
        if p and self.num_layers == 1:
            raise errors.ArgumentError(
                f"{name}: dropout stands between layers, and num_layers=1 has nothing between;"
                f" write num_layers=2, or tg.nn.Dropout(p={p:g}) after the layer"
            )
        directions = 1 + self.bidirectional
        cells: list[Cell[State]] = []
        for _ in range(self.num_layers):
            cells += (
                self.cell_type(in_features, hidden_features, *settings, **more)
                for _ in range(directions)
            )
            in_features = directions * cells[-1].out_features
        if len(cells) == 1:
            (self.cell,) = cells
        else:
            self.cells = cells
        self.between = Dropout(p=p, generator=settings[-1]) if p else None

    @with_leads
    def forward(
        self, x: Operand, state: Any = None, lengths: Operand | None = None
    ) -> tuple[Tensor, State]:
        """Return h of all time steps, and the last state.

        Args:
            x: sequences, of shape (m, T, in_features).
            state: what to start from, zeros by default: h of shape (m, hidden_features), for an
                LSTM (h, c). With several layers or directions they have one more axis in front, of
                shape (num_layers · directions, m, hidden_features).
            lengths: how many steps each sequence has, integers of shape (m,), where they are not of
                one length: steps after them are not taken, and may hold anything.

        Returns:
            h after all steps, of shape (m, T, directions · hidden_features), 0 after the end of a
            sequence, and the state after its last step.

        Raises:
            ShapeError: the shape of the input, of the state or of the lengths does not fit, or
                there are no time steps.
            DTypeError: for an LSTM, a state that is not the pair (h, c); lengths that are not
                integers.
            ArgumentError: lengths below 0 or above T.
        """
        cells = [self.cell] if "cell" in vars(self) else self.cells
        shape = shape_of(x)
        if len(shape) != 3 or shape[1] == 0:
            hint = "; write x[None] for a single sequence" if len(shape) == 2 else ""
            raise errors.ShapeError(
                f"{here(type(self).__name__)}: the input of shape {shape} must have shape"
                f" (m, T, {cells[0].in_features}): m sequences of T ≥ 1 time steps{hint}"
            )
        there = self._there(lengths, shape)
        if there is not None:
            x = where(there[:, :, None], x, 0)
        directions = 1 + self.bidirectional
        states = self._states(state, len(cells), shape[0])
        y: Any = x
        for first in range(0, len(cells), directions):
            if first and self.between is not None:
                y = self.between(y)
            sides = []
            for k in range(first, first + directions):
                side, states[k] = _along(cells[k], y, states[k], there, backwards=k > first)
                sides.append(side)
            y = sides[0] if directions == 1 else concat(sides, axis=-1)
        return y, self._together(states)

    def _there(self, lengths: Any, shape: tuple[int, ...]) -> Any:
        """Return which steps each sequence has, or None where it has all.

        Raises:
            DTypeError: the lengths are not integers.
            ShapeError: they are not one for each sequence.
            ArgumentError: one is not in 0 … T.
        """
        if lengths is None:
            return None
        given, name = array_of(lengths), here(type(self).__name__)
        if given.dtype.kind not in "iu":
            raise errors.DTypeError(f"{name}: lengths are integers, not {given.dtype}")
        if given.shape != shape[:1]:
            raise errors.ShapeError(
                f"{name}: lengths of shape {given.shape} must have shape {shape[:1]}: one for each"
                " sequence"
            )
        if not holds((given >= 0) & (given <= shape[1])):
            raise errors.ArgumentError(
                f"{name}: lengths are in 0 … {shape[1]}, the number of time steps, not"
                f" {host_values(given).tolist()}"
            )
        there = np.arange(shape[1], like=given) < given[:, None]
        return placed(there, self.parameters()[0].data)

    def _states(self, state: Any, count: int, m: int) -> list[Any]:
        """Return the state that each cell starts from.

        Raises:
            ShapeError: there is not one for each cell.
        """
        if count == 1 or state is None:
            return [state] * count
        if isinstance(state, (tuple, list)):
            return list(zip(*(self._states(part, count, m) for part in state), strict=True))
        shape = shape_of(state)
        if len(shape) != 3 or shape[:2] != (count, m):
            raise errors.ShapeError(
                f"{here(type(self).__name__)}: a state of shape {shape} must have shape"
                f" ({count}, {m}, features): one for each of {self.num_layers} layers"
                + (" and both directions" if self.bidirectional else "")
            )
        return list(unstack(state, axis=0))

    def _together(self, states: list[Any]) -> Any:
        """Return the states of all cells as one, as they are given."""
        if len(states) == 1:
            return states[0]
        if isinstance(states[0], tuple):
            return tuple(stack(parts, axis=0) for parts in zip(*states, strict=True))
        return stack(states, axis=0)

    def torch_name(self, path: str) -> str:
        """Return what PyTorch calls it: by layer and direction, ``weight_ih_l1_reverse``."""
        holder, _, rest = path.partition(".")
        number, _, name = rest.partition(".") if holder == "cells" else ("0", "", rest)
        if holder not in ("cell", "cells"):
            return path
        layer, side = divmod(int(number), 1 + self.bidirectional)
        return f"{name}_l{layer}" + "_reverse" * side

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        parts = [f"num_layers={self.num_layers}"] * (self.num_layers > 1)
        return ", ".join(parts + ["bidirectional=True"] * self.bidirectional)


def _along(
    cell: Cell[Any], x: Operand, state: Any, there: Any, backwards: bool
) -> tuple[Tensor, Any]:
    """Return h of all time steps in their order, and the state after the last that was taken."""
    whole: tuple[Tensor, Any] | None = instead(cell, x, state, there, backwards=backwards)
    if whole is not None:
        return whole
    projected = cell.project(x)
    state = cell.start(state, projected.shape[:1], projected.dtype)
    parts = unstack(projected, axis=1)
    outputs: list[Any] = [None] * len(parts)
    for t in reversed(range(len(parts))) if backwards else range(len(parts)):
        taken = cell.step(parts[t], state)
        state = taken if there is None else _where(there[:, t, None], taken, state)
        outputs[t] = state[0] if isinstance(state, tuple) else state
    y: Tensor = stack(outputs, axis=1)
    return (y if there is None else where(there[:, :, None], y, 0)), state


def _where(there: Any, taken: Any, kept: Any) -> Any:
    """Return the next state of sequences that go on, and the present one of others."""
    if isinstance(taken, tuple):
        return tuple(where(there, *parts) for parts in zip(taken, kept, strict=True))
    return where(there, taken, kept)


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
        >>> both = tg.nn.GRU(3, 4, num_layers=2, bidirectional=True)
        >>> outputs, h = both(tg.ones((5, 7, 3)), lengths=[7, 3, 5, 7, 1])
        >>> outputs.shape, h.shape
        ((5, 7, 8), (4, 5, 4))
    """

    cell_type = GRUCell


class LSTM(Recurrent[Pair]):
    """Long short-term memory: :class:`LSTMCell` applied to each time step of a sequence.

    Besides what the others take, ``proj_features`` is how many numbers h has, if fewer than c: see
    :class:`LSTMCell`.

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

    @with_leads
    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        init: Initializer = glorot_uniform,
        recurrent_init: Initializer = orthogonal(),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
        proj_features: int | None = None,
    ) -> None:
        settings = (init, recurrent_init, dtype, generator)
        self._build(
            in_features,
            hidden_features,
            settings,
            num_layers,
            bidirectional,
            dropout,
            bias=bias,
            proj_features=proj_features,
        )
