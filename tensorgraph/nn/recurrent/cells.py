"""One step of a recurrent layer: cells of a simple RNN, GRU and LSTM.

Names, shapes and the order of the gates in the parameters are PyTorch's, so that weights can be
carried over: ``weight_ih`` of shape (gates · hidden, in), ``weight_hh`` (gates · hidden, hidden),
``bias_ih`` and ``bias_hh`` (gates · hidden). Below, W x stands for
``x @ weight_ih.T + bias_ih`` and U h for ``h @ weight_hh.T + bias_hh``, of which every gate has a
block of rows.

Each gate's block of ``weight_ih`` starts as a matrix of its own, by default from a distribution
that keeps signals at their scale, and that of ``weight_hh`` as an orthogonal matrix: what is
multiplied by it again and again neither grows nor shrinks (Saxe et al. 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tensorgraph import errors
from tensorgraph.arguments import boolean, whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, tensor, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, constant, glorot_uniform, orthogonal
from tensorgraph.nn.linear import parameter, weighted
from tensorgraph.nn.loading.layouts import Foreign, Kept, Ways, turned
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.nn.recurrent.lstm_steps import lstm_gates, lstm_memory, lstm_output
from tensorgraph.ops.activation import sigmoid
from tensorgraph.ops.contract import linear
from tensorgraph.ops.joining import concat
from tensorgraph.ops.splitting import split
from tensorgraph.ops.trigonometric import tanh
from tensorgraph.random import Generator

Shape = tuple[int, ...]

State = TypeVar("State")
"""What a cell remembers: h, or the pair (h, c)."""

Pair = tuple[Tensor, Tensor]


GATES_IN_ROWS = "(in, gates · hidden) → (gates · hidden, in)"
BOTH_BIASES = "a bias of the input and one of the state"


def _gates_in_rows(cell: Cell[Any], array: NDArray[Any]) -> NDArray[Any] | None:
    """Return Keras' kernel, of shape (in, gates · hidden), as a weight here."""
    return _own_gates(cell, array.T) if array.ndim == 2 else None


def _own_gates(cell: Cell[Any], rows: NDArray[Any]) -> NDArray[Any] | None:
    """Return the blocks of rows of Keras' gates in the order of those here."""
    count = len(cell.biases)
    if rows.shape[0] != count * cell.hidden_features:
        return None
    blocks = np.split(rows, count)
    order = [cell.keras_gates.index(gate) for gate in cell.gates]
    return np.concatenate([blocks[k] for k in order or range(count)])


def _both_biases(cell: Cell[Any], array: NDArray[Any]) -> list[NDArray[Any]] | None:
    """Return the biases of the input and of the state, of which Keras may have one for both."""
    given = [array, np.zeros_like(array)] if array.ndim == 1 and cell.gates != "rzn" else [*array]
    if len(given) != 2 or np.ndim(given[0]) != 1:  # a GRU that resets before the product
        return None
    found = [_own_gates(cell, bias) for bias in given]
    return None if found[0] is None or found[1] is None else [found[0], found[1]]


def _flax_rows(cell: Cell[Any], array: NDArray[Any]) -> NDArray[Any] | None:
    """Return Flax' kernel, of shape (in, gates · hidden), as a weight here: its order is ours."""
    return array.T if array.ndim == 2 else None


def _flax_biases(cell: Cell[Any], array: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the biases of the input and of the state, of which Flax may have one for both."""
    return [array, np.zeros_like(array)] if array.ndim == 1 else [*array]


FLAX_BIASES: Ways = (Kept(("bias_ih", "bias_hh"), _flax_biases, BOTH_BIASES, frozenset({"flax"})),)


class Cell(Module, Generic[State]):
    """One step of a recurrent layer: its parameters, and what the three kinds have in common."""

    biases: ClassVar[tuple[float, ...]]
    """Where the biases of each gate start, together; so many gates there are."""
    gates: ClassVar[str] = ""
    """The letters of the gates, in the order in which the parameters have them."""
    keras_gates: ClassVar[str] = ""
    """The same letters in the order in which Keras has them."""

    foreign_arrays: ClassVar[Foreign] = {
        "kernel": turned("weight_ih", _gates_in_rows, GATES_IN_ROWS, "keras"),
        "recurrent_kernel": turned("weight_hh", _gates_in_rows, GATES_IN_ROWS, "keras"),
        "bias": (Kept(("bias_ih", "bias_hh"), _both_biases, BOTH_BIASES, frozenset({"keras"})),),
        "dense_i.kernel": turned("weight_ih", _flax_rows, GATES_IN_ROWS, "flax"),
        "dense_h.kernel": turned("weight_hh", _flax_rows, GATES_IN_ROWS, "flax"),
        "dense.bias": FLAX_BIASES,
        "dense_i.bias": FLAX_BIASES,
        "dense_h.bias": FLAX_BIASES,
    }

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
        bias: bool = True,
    ) -> None:
        """Draw the parameters.

        Args:
            in_features: how many inputs in each step.
            hidden_features: how many numbers the state has; for an LSTM, h and c have each.
            init: where each gate's weights for the input start, see :mod:`tensorgraph.nn.init`.
            recurrent_init: where each gate's weights for the state start.
            dtype: float32 unless given.
            generator: what the weights are drawn from; the default one unless given.
            bias: whether there are biases, ``bias_ih`` and ``bias_hh``.

        Raises:
            ArgumentError: a number of features below 1.
            DTypeError: a number of features that is not an integer.
        """
        name = type(self).__name__
        self.in_features = whole(in_features, f"{name}: in_features", 1)
        self.hidden_features = whole(hidden_features, f"{name}: hidden_features", 1)
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser of the input's weights, for ``repr``."""
        self.recurrent_init = getattr(recurrent_init, "__name__", repr(recurrent_init))
        """Name of the initialiser of the state's weights."""

        def by_gate(inits: Sequence[Initializer], *columns: int) -> Tensor:
            rows = [parameter(i, (self.hidden_features, *columns), dtype, generator) for i in inits]
            return tensor(concat(rows), requires_grad=True)

        gates = len(self.biases)
        self.weight_ih = by_gate([init] * gates, self.in_features)
        self.weight_hh = by_gate([recurrent_init] * gates, self.out_features)
        starts = [constant(start) for start in self.biases]
        biased = boolean(bias, f"{type(self).__name__}: bias")
        self.bias_ih = by_gate(starts) if biased else None
        self.bias_hh = by_gate([constant(0.0)] * gates) if biased else None

    @property
    def out_features(self) -> int:
        """How many numbers h has, which is what the cell shows of its state."""
        return self.hidden_features

    def forward(self, x: Operand, state: Any = None) -> State:
        """Return the state after the step from ``state``, or from zeros, with the input x.

        Args:
            x: of shape (…, in_features).
            state: h of shape (…, hidden_features), for an LSTM the pair (h, c).

        Raises:
            ShapeError: the shape of the input or of the state does not fit.
            DTypeError: for an LSTM, a state that is not the pair (h, c).
        """
        projected = self.project(x)
        return self.step(projected, self.start(state, projected.shape[:-1], projected.dtype))

    def project(self, x: Operand) -> Tensor:
        """Return W x + b, the input's part of all gates; for all time steps at once, if given."""
        bias = None
        if self.bias_ih is not None and self.bias_hh is not None:
            bias = self.bias_ih + self.bias_hh
        return weighted(x, self.weight_ih, bias)

    def step(self, projected: Tensor, state: Any) -> State:
        """Return the next state, given W x and the present state."""
        raise NotImplementedError

    def start(self, state: Any, batch: Shape, dtype: Any, features: int | None = None) -> Any:
        """Return the state to start from: zeros, unless one is given.

        Args:
            state: the given one, or None.
            batch: the shape of the batch.
            dtype: what zeros are of.
            features: how many numbers it has, as many as h unless given.

        Raises:
            ShapeError: the given one does not fit a batch of this shape.
        """
        shape = (*batch, self.out_features if features is None else features)
        if state is None:
            return wrap(np.zeros(shape, dtype, like=self.weight_hh.data))
        found = shape_of(state)
        if found != shape:
            hint = ""
            if found == (1, *shape):
                hint = "; write h[0], as there is no axis of layers"
            elif found == (2, *shape):
                hint = "; write state[0], as only an LSTM's state is a pair (h, c)"
            elif found in (shape[-1:], (1, shape[-1])):
                hint = f"; write tg.broadcast_to(h, {shape}) to start all examples alike"
            raise errors.ShapeError(
                f"{here(type(self).__name__)}: a state of shape {found} must have shape {shape}"
                f"{hint}"
            )
        return state

    def gated(self, projected: Tensor, h: Any) -> Tensor:
        """Return W x + U h + b of all gates, given W x + b and the state."""
        z: Tensor = linear(h, self.weight_hh, projected)
        return z

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        bias = "" if self.bias_ih is not None else ", bias=False"
        return (
            f"{self.in_features} → {self.hidden_features}{bias}, init={self.init},"
            f" recurrent_init={self.recurrent_init}"
        )


class RNNCell(Cell[Tensor]):
    """h′ = tanh(W x + U h): one step of a simple recurrent network (Elman 1990).

    "Finding structure in time"; in the notation of the Deep Learning Specialization (course 5,
    week 1) a^<t> = tanh(W_ax x^<t> + W_aa a^<t−1> + b_a).

    Example:
        >>> import tensorgraph as tg
        >>> cell = tg.nn.RNNCell(3, 4)
        >>> cell
        RNNCell(3 → 4, init=glorot_uniform, recurrent_init=orthogonal())
        >>> h = cell(tg.ones((5, 3)))
        >>> cell(tg.ones((5, 3)), h).shape
        (5, 4)
    """

    biases = (0.0,)

    def step(self, projected: Tensor, state: Any) -> Tensor:
        """Return h′."""
        h: Tensor = tanh(self.gated(projected, state))
        return h


class GRUCell(Cell[Tensor]):
    """h′ = (1 − z) n + z h: one step of a network of gated recurrent units (Cho et al. 2014).

    The reset gate r, the update gate z and the proposal n are, in this order in the parameters,

    r = σ(W_r x + U_r h),  z = σ(W_z x + U_z h),  n = tanh(W_n x + r (U_n h)).

    There are two variants of the proposal. "Learning phrase representations using RNN
    encoder–decoder for statistical machine translation" resets the state before the product,
    U_n (r h), as does the Deep Learning Specialization (course 5, week 1). Here, as in PyTorch, r
    is applied after it, to U_n h with its bias. And the course's Γ_u is 1 − z.

    Example:
        >>> import tensorgraph as tg
        >>> cell = tg.nn.GRUCell(3, 4)
        >>> cell.weight_hh.shape, cell(tg.ones((5, 3))).shape
        ((12, 4), (5, 4))
    """

    biases = (0.0, 0.0, 0.0)
    gates = "rzn"
    keras_gates = "zrn"

    def project(self, x: Operand) -> Tensor:
        """Return W x + b, the input's part of all gates, without the state's bias."""
        return weighted(x, self.weight_ih, self.bias_ih)

    def step(self, projected: Tensor, state: Any) -> Tensor:
        """Return h′."""
        x_r, x_z, x_n = split(projected, 3, axis=-1)
        h_r, h_z, h_n = split(weighted(state, self.weight_hh, self.bias_hh), 3, axis=-1)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        n = tanh(x_n + r * h_n)
        h: Tensor = n + z * (state - n)
        return h


class LSTMCell(Cell[Pair]):
    """h′ = o tanh(c′), c′ = f c + i g: one step of a network of long short-term memory.

    The input gate i, the forget gate f, the proposal g and the output gate o are, in this order in
    the parameters,

    i = σ(W_i x + U_i h),  f = σ(W_f x + U_f h),  g = tanh(W_g x + U_g h),  o = σ(W_o x + U_o h).

    Hochreiter & Schmidhuber 1997, "Long short-term memory", with the forget gate of Gers,
    Schmidhuber & Cummins 2000, "Learning to forget". In the Deep Learning Specialization (course 5,
    week 1) the gates are Γ_u, Γ_f and Γ_o. The forget gate's bias starts at 1 (in ``bias_ih``), so
    that at first the memory c is kept (Jozefowicz, Zaremba & Sutskever 2015); the others at 0.

    With ``proj_features`` the cell shows h′ = W_hr (o tanh(c′)), of so many numbers, and h has so
    many, c as before (Sak, Senior & Beaufays 2014, "Long short-term memory based recurrent neural
    network architectures for large vocabulary speech recognition", section 2).

    Example:
        >>> import tensorgraph as tg
        >>> cell = tg.nn.LSTMCell(3, 4)
        >>> h, c = cell(tg.ones((5, 3)))
        >>> h, c = cell(tg.ones((5, 3)), (h, c))
        >>> h.shape, c.shape
        ((5, 4), (5, 4))
    """

    biases = (0.0, 1.0, 0.0, 0.0)
    gates = keras_gates = "ifgo"

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
        bias: bool = True,
        proj_features: int | None = None,
    ) -> None:
        self.proj_features = None
        if proj_features is not None:
            self.proj_features = whole(proj_features, "LSTMCell: proj_features", 1)
        super().__init__(
            in_features, hidden_features, init, recurrent_init, dtype, generator, bias=bias
        )
        if self.proj_features is not None:
            shape = (self.proj_features, self.hidden_features)
            self.weight_hr = parameter(init, shape, dtype, generator)

    @property
    def out_features(self) -> int:
        """How many numbers h has."""
        return self.hidden_features if self.proj_features is None else self.proj_features

    def start(self, state: Any, batch: Shape, dtype: Any, features: int | None = None) -> Any:
        """Return the pair (h, c) to start from.

        Raises:
            DTypeError: the given state is not a pair.
        """
        pair = (None, None) if state is None else state
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise errors.DTypeError(
                f"{here(type(self).__name__)}: the state is the pair (h, c), not"
                f" {errors.describe(state)}"
            )
        h, c = pair
        memory = super().start(c, batch, dtype, self.hidden_features)
        return super().start(h, batch, dtype), memory

    def step(self, projected: Tensor, state: Any) -> Pair:
        """Return (h′, c′)."""
        h, c = state
        gates = lstm_gates(self.gated(projected, h))
        c = lstm_memory(gates, c)
        h = lstm_output(gates, c)
        return (h if self.proj_features is None else weighted(h, self.weight_hr, None)), c

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        shown = "" if self.proj_features is None else f", proj_features={self.proj_features}"
        return super().extra_repr() + shown
