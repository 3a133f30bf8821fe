"""Trading time for memory: a function whose inside is computed again in the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.autodiff import gradients_at
from tensorgraph.engine.function_types import P
from tensorgraph.engine.graph import Node, mark, reachable
from tensorgraph.engine.modes import MODE, mode, user_line
from tensorgraph.engine.op import Op
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, wrap


def checkpoint(f: Callable[P, Any]) -> Callable[P, Tensor]:
    """Return ``f`` such that backward computes its inside again instead of keeping it.

    Costs one more forward pass of ``f``, saves the memory of everything between its inputs and its
    output. Random draws are repeated exactly. Gradients flow to arguments and to tensors that ``f``
    refers to from outside, such as a module's parameters, at any order. Arrays given as arguments
    are copied, so they may be changed before backward; what ``f`` reads otherwise may not.

    Args:
        f: a function that returns one tensor.

    Raises:
        DTypeError: ``f`` returned something else.
        GraphError: in backward, if a leaf was given a new value since, or ``f`` does not return
            the same again, bit by bit.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> block = tg.checkpoint(lambda x: tg.exp(tg.sin(x)))
        >>> block(x).node
        <node ... checkpoint (2,) float32>
    """

    @wraps(f)
    def recomputed_in_backward(*args: Any, **kwargs: Any) -> Any:
        if not MODE.get().recording:
            return f(*args, **kwargs)
        kept = _as_they_are(args), _as_they_are(kwargs)
        start = mark()
        with watch() as states:
            output = f(*args, **kwargs)
        if type(output) is not Tensor:
            raise errors.DTypeError(
                f"checkpoint: {_name(f)} returned {errors.describe(output)}, not one tensor"
            )
        if type(output._node) is not Node or output._node.seq <= start:
            return output
        _, inputs = reachable([output._node], after=start)
        again = _Recomputation(f, *kept, states, inputs, output)
        plan = _CHECKPOINT.plan((2 << len(inputs)) - 1, len(inputs))
        static = {"again": again}
        current = MODE.get()
        node = Node(_CHECKPOINT, static, tuple(inputs), plan, (output._data,), current.call)
        if current.lines:
            node.line = user_line()
        return wrap(output._data, node, True)

    return recomputed_in_backward


class _Recomputation:
    """Computes a checkpointed function again, and its gradients by all inputs at once."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        states: dict[Any, Any],
        inputs: list[Any],
        output: Tensor,
    ) -> None:
        self.f, self.args, self.kwargs = f, args, kwargs
        self.states, self.inputs = states, inputs
        self.call = MODE.get().call
        self.leaves = [(leaf, leaf._data) for leaf in inputs if type(leaf) is Tensor]
        self.first = _fingerprint(output)
        self.pending: tuple[Any, list[Any]] = (None, [])

    def gradient(self, g: Any, i: int) -> Any:
        """Return the gradient by the ``i``-th input; all of them are computed for the first."""
        seed, results = self.pending
        if seed is not g or results[i] is None:  # of an earlier pass, some may never be fetched
            results = self._all_gradients(g)
            self.pending = (g, results)
        result, results[i] = results[i], None
        if all(r is None for r in results):
            self.pending = (None, [])
        return result if type(g) is Tensor else result._data

    def _all_gradients(self, g: Any) -> list[Any]:
        if any(leaf._data is not data for leaf, data in self.leaves):
            raise errors.GraphError(
                f"checkpoint: {_name(self.f)} would compute something else now, since a leaf it"
                " uses was assigned a new value; call backward before assign()"
            )
        create_graph = type(g) is Tensor
        start = mark()
        with replay(self.states), mode(recording=True, call=self.call):
            output = self.f(*self.args, **self.kwargs)
        self._check(output, start)
        sums = {output._node: g}
        return list(gradients_at(self.inputs, sums, create_graph, create_graph, after=start))

    def _check(self, output: Any, start: int) -> None:
        """Raise unless ``f`` returned again what it did at first."""
        if type(output) is not Tensor:
            what = errors.describe(output)
        elif type(output._node) is not Node or output._node.seq <= start:
            what = "a result that nothing leads to"
        elif _fingerprint(output) != self.first:
            what = "another value"
        else:
            return
        raise errors.GraphError(
            f"checkpoint: {_name(self.f)} returned {what} when backward computed it again, so there"
            " is no right gradient: something it reads was changed in between. Pass that as an"
            " argument, call backward before the change, and draw random numbers by tg.random"
        )


def _as_they_are(value: Any) -> Any:
    """Return an argument such that what the caller changes in it later is not seen."""
    if isinstance(value, np.ndarray):
        return value if value.base is None and not value.flags.writeable else value.copy()
    if type(value) is Tensor and not value._requires_grad:
        return wrap(value._data)  # assign() gives a tensor other data
    if type(value) in (list, tuple):
        return type(value)(map(_as_they_are, value))
    if type(value) is dict:
        return {key: _as_they_are(part) for key, part in value.items()}
    return value


def _fingerprint(output: Tensor) -> tuple[Any, ...]:
    """Return what tells a value from another one, without keeping it."""
    data = output._data
    bits = hash(data.tobytes()) if type(data) is np.ndarray else None
    return data.shape, data.dtype, bits


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)


_CHECKPOINT = Op(
    "checkpoint",
    lambda *inputs, again: again.f(*again.args, **again.kwargs),
    {"*inputs": lambda g, i, again: again.gradient(g, i)},
    family="fused",
    recomputes=True,
    symbol="↻",
    doc="A function whose inside is computed again in the backward pass.",
)
