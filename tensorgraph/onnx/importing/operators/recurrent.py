"""Recurrent operators: RNN, GRU and LSTM, in one or both directions, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.operators.elementwise import hard_sigmoid
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import ints

Activation = Callable[[Any], Any]
Names: TypeAlias = tuple[str, ...] | None
Numbers: TypeAlias = tuple[float, ...] | None

ACTIVATIONS: dict[str, tuple[Callable[..., Any], float | None, float | None]] = {
    "relu": (lambda x, a, b: ops.relu(x), None, None),
    "tanh": (lambda x, a, b: ops.tanh(x), None, None),
    "sigmoid": (lambda x, a, b: ops.sigmoid(x), None, None),
    "affine": (lambda x, a, b: a * x + b, 1, 0),
    "leakyrelu": (lambda x, a, b: ops.leaky_relu(x, slope=a), 0.01, None),
    "thresholdedrelu": (lambda x, a, b: ops.where(x > a, x, np.asarray(0, x.dtype)), 1, None),
    "scaledtanh": (lambda x, a, b: a * ops.tanh(b * x), 1, 1),
    "hardsigmoid": (lambda x, a, b: hard_sigmoid(x, alpha=a, beta=b), 0.2, 0.5),
    "elu": (lambda x, a, b: ops.elu(x, alpha=a), 1, None),
    "softsign": (lambda x, a, b: ops.softsign(x), None, None),
    "softplus": (lambda x, a, b: ops.softplus(x), None, None),
}
"""What each activation computes, and its two numbers where they are not told: ``None`` has none."""


def _activations(names: Names, standard: tuple[str, ...], count: int, alphas: Numbers,
                 betas: Numbers, clip: float | None) -> list[list[Activation]]:  # fmt: skip
    """Return the activations of each direction."""
    wanted = list(names or standard * count)
    if len(wanted) != len(standard) * count:
        raise OnnxError(f"{len(wanted)} activations; {len(standard) * count} are needed")
    given_a, given_b = list(alphas or ()), list(betas or ())

    def activation(name: str) -> Activation:
        if name.lower() not in ACTIVATIONS:
            raise OnnxError(f"activation {name!r}; known are {', '.join(ACTIVATIONS)}")
        function, alpha, beta = ACTIVATIONS[name.lower()]
        a = given_a.pop(0) if given_a and alpha is not None else alpha
        b = given_b.pop(0) if given_b and beta is not None else beta

        def apply(x: Any) -> Any:
            return function(x if clip is None else ops.clip(x, min=-clip, max=clip), a, b)

        return apply

    each = [activation(name) for name in wanted]
    per = len(standard)
    return [each[i : i + per] for i in range(0, len(each), per)]


Cell = Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]
"""What goes from one state to the next, by the input's share of the gates."""


def _along(
    xs: Any, cell: Cell, state: tuple[Any, ...], lengths: Any, backward: bool
) -> tuple[list[Any], tuple[Any, ...]]:
    """Go through the steps; return what comes out at each, and the last state."""
    steps = shape_of(xs)[0]
    outputs: list[Any] = [None] * steps
    for at in range(steps)[::-1] if backward else range(steps):
        new = cell(xs[at], state)
        if lengths is not None and not (at < lengths).all():
            inside = (at < lengths)[:, None]
            outputs[at] = ops.where(inside, new[0], np.zeros((), new[0].dtype))
            state = tuple(ops.where(inside, n, s) for n, s in zip(new, state, strict=True))
        else:
            outputs[at], state = new[0], new
    return outputs, state


def _recurrent(
    x: Any, w: Any, r: Any, bias: Any, lengths: Any, states: list[Any], cell_of: Any,
    direction: str, layout: int, hidden: int,
) -> Any:  # fmt: skip
    """Return all outputs, and the last states, as the three operators do.

    X has shape (steps, batch, features), or (batch, steps, features) with ``layout``; w has one
    matrix for each direction, and so have the others.
    """
    if direction not in ("forward", "reverse", "bidirectional"):
        raise OnnxError(f"direction {direction!r} is not known")
    if layout:
        x = ops.swapaxes(x, 0, 1)
    batch = shape_of(x)[1]
    counts = None if lengths is None else np.array(ints(lengths, "the lengths of sequences"))
    every, lasts = [], []
    for d in range(shape_of(w)[0]):
        start = tuple(
            np.zeros((batch, hidden), x.dtype) if s is None else s[:, d] if layout else s[d]
            for s in states
        )
        gates = ops.matmul(x, ops.matrix_transpose(w[d]))
        backward = direction == "reverse" or d == 1
        outputs, last = _along(gates, cell_of(d), start, counts, backward)
        every.append(ops.stack(outputs, axis=0))
        lasts.append(last)
    y = ops.stack(every, axis=1)  # (steps, directions, batch, hidden)
    ends = [ops.stack([last[i] for last in lasts], axis=0) for i in range(len(states))]
    if layout:
        y = ops.permute_dims(y, axes=(2, 0, 1, 3))
        ends = [ops.swapaxes(end, 0, 1) for end in ends]
    return (y, *ends)


def _halves(bias: Any, d: int, size: int) -> tuple[Any, Any]:
    """Return the biases of the input and of the state."""
    return (0, 0) if bias is None else (bias[d, :size], bias[d, size:])


WEIGHTS = {1: "weight_ih", 2: "weight_hh", 3: "bias"}


@operator("RNN", weights=WEIGHTS)
def _rnn(
    x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, h: Any = None, *,
    activation_alpha: Numbers = None, activation_beta: Numbers = None, activations: Names = None,
    clip: float | None = None, direction: str = "forward", hidden_size: int | None = None,
    layout: int = 0, output_sequence: int = 0,
) -> Any:  # fmt: skip
    hidden = shape_of(r)[-1]
    functions = _activations(
        activations, ("Tanh",), shape_of(w)[0], activation_alpha, activation_beta, clip
    )

    def cell_of(d: int) -> Cell:
        [f] = functions[d]
        weight, (of_x, of_h) = ops.matrix_transpose(r[d]), _halves(b, d, hidden)

        def cell(gates: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
            return (f(gates + ops.matmul(state[0], weight) + of_x + of_h),)

        return cell

    return _recurrent(x, w, r, b, lengths, [h], cell_of, direction, layout, hidden)


@operator("GRU", weights=WEIGHTS)
def _gru(
    x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, h: Any = None, *,
    activation_alpha: Numbers = None, activation_beta: Numbers = None, activations: Names = None,
    clip: float | None = None, direction: str = "forward", hidden_size: int | None = None,
    layout: int = 0, linear_before_reset: int = 0, output_sequence: int = 0,
) -> Any:  # fmt: skip
    n = shape_of(r)[-1]
    functions = _activations(
        activations, ("Sigmoid", "Tanh"), shape_of(w)[0], activation_alpha, activation_beta, clip
    )

    def cell_of(d: int) -> Cell:
        f, g = functions[d]
        weight, (of_x, of_h) = ops.matrix_transpose(r[d]), _halves(b, d, 3 * n)
        new_bias = 0 if b is None else of_h[2 * n :]

        def cell(gates: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
            h, gates = state[0], gates + of_x
            if linear_before_reset:
                own = ops.matmul(h, weight) + of_h
                z = f(gates[:, :n] + own[:, :n])
                reset = f(gates[:, n : 2 * n] + own[:, n : 2 * n])
                new = g(gates[:, 2 * n :] + reset * own[:, 2 * n :])
            else:
                both = gates[:, : 2 * n] + ops.matmul(h, weight[:, : 2 * n])
                both = both if b is None else both + of_h[: 2 * n]
                z, reset = f(both[:, :n]), f(both[:, n:])
                new = g(gates[:, 2 * n :] + ops.matmul(reset * h, weight[:, 2 * n :]) + new_bias)
            return ((1 - z) * new + z * h,)

        return cell

    return _recurrent(x, w, r, b, lengths, [h], cell_of, direction, layout, n)


@operator("LSTM", weights=WEIGHTS)
def lstm(
    x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, h: Any = None, c: Any = None,
    p: Any = None, *, activation_alpha: Numbers = None, activation_beta: Numbers = None,
    activations: Names = None, clip: float | None = None, direction: str = "forward",
    hidden_size: int | None = None, input_forget: int = 0, layout: int = 0,
    output_sequence: int = 0,
) -> Any:  # fmt: skip
    """Return all outputs, and the last state and memory."""
    told = activations, activation_alpha, activation_beta, clip
    return lstm_of(x, w, r, b, lengths, (h, c), p, told, direction, input_forget, layout, _same)


def _same(x: Any) -> Any:
    return x


def lstm_of(
    x: Any, w: Any, r: Any, b: Any, lengths: Any, start: tuple[Any, Any], p: Any,
    told: tuple[Names, Numbers, Numbers, float | None], direction: str, input_forget: int,
    layout: int, seen: Callable[[Any], Any],
) -> Any:  # fmt: skip
    """Return what an LSTM does, where ``seen`` makes what products see of an input or a state."""
    n = shape_of(r)[-1]
    activations, alphas, betas, clip = told
    functions = _activations(
        activations, ("Sigmoid", "Tanh", "Tanh"), shape_of(w)[0], alphas, betas, clip
    )

    def cell_of(d: int) -> Cell:
        f, g, o = functions[d]
        weight, (of_x, of_h) = ops.matrix_transpose(r[d]), _halves(b, d, 4 * n)
        bias = of_x + of_h
        peep_i, peep_o, peep_f = (0, 0, 0) if p is None else (
            p[d, :n], p[d, n : 2 * n], p[d, 2 * n :]
        )  # fmt: skip

        def cell(gates: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
            hidden, memory = state
            gates = gates + ops.matmul(seen(hidden), weight) + bias
            into, out, forget, new = (gates[:, k * n : (k + 1) * n] for k in range(4))
            if p is not None:
                into, forget = into + peep_i * memory, forget + peep_f * memory
            into = f(into)
            forget = 1 - into if input_forget else f(forget)
            memory = forget * memory + into * g(new)
            out = f(out if p is None else out + peep_o * memory)
            return out * o(memory), memory

        return cell

    return _recurrent(seen(x), w, r, b, lengths, list(start), cell_of, direction, layout, n)
