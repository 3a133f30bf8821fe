"""Steps as part of the graph, so that what comes after can be differentiated through them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import placed, to_host
from tensorgraph.engine.gradient_hook import Wishes
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import MODE, enable_grad, meet, number
from tensorgraph.engine.op import Plan
from tensorgraph.engine.state_dict import updated
from tensorgraph.engine.tensor import Tensor, rebind, tensor, wrap
from tensorgraph.ops.arithmetic import astype
from tensorgraph.optim.flat_parameters import Start, State, Update, check_finite, following
from tensorgraph.optim.working_dtype import (
    DOUBLE,
    SINGLE,
    check_range,
    converted,
    leaves_range,
    warn_of_double,
    working_dtype,
)

Next = tuple[Tensor, State]
"""The next value of a parameter, and its next state."""


class RecordedPack:
    """A parameter whose updates are recorded, and its state as tensors.

    What it offers is what :class:`tensorgraph.optim.flat_parameters.Pack` does.
    """

    __slots__ = ("dtype", "huge", "names", "params", "state", "steps")

    _follows = frozenset(("steps",))
    """What every step counts."""

    def __init__(self, name: str, param: Tensor, state: State, steps: int) -> None:
        self.names, self.params, self.steps = [name], [param], steps
        self.dtype = working_dtype(param.dtype, state.values())
        """In which the rule computes, and the state is kept."""
        self.huge = False
        self.state: State = {}
        self._begin(state)
        if param.is_leaf:
            # In a graph a leaf is the place where gradients gather, whatever its value by then. So
            # the parameter becomes a result.
            self._rebind(_beginning(param._data))
        else:
            param.retain_grad()

    def _begin(self, state: State) -> None:
        self.state = {
            key: self.state[key] if key in self.state else tensor(converted(value, self.dtype))
            for key, value in state.items()
        }

    def begin_by(self, start: Start) -> None:
        """Keep of the state what ``start`` makes too, and begin what is new in that."""
        self._begin(start(converted(self.params[0].data, self.dtype)))

    def gradients(self) -> Any:
        """Return the gradient; ``huge`` tells if its squares are.

        Raises:
            AnomalyError: the gradient is not finite.
        """
        (param,) = self.params
        meet(self, param, *self.state.values())
        check_finite(self.names, self.params)
        grad: Any = param.grad
        self.huge = leaves_range(grad.data, self.dtype)
        if self.huge and self.dtype == SINGLE:
            if self.state:
                warn_of_double(self.names, self.params)
            self.huge, self.dtype = False, DOUBLE
        return grad

    def next(self, update: Update, grad: Any) -> Next:
        """Return the next value of the parameter and its state.

        Raises:
            AnomalyError: the gradient is huge, and what the rule makes of it is not finite.
            ShapeError: the rule returned a parameter of another shape.
        """
        (param,) = self.params
        with enable_grad():
            kept = {key: _in_dtype(value, self.dtype) for key, value in self.state.items()}
            old, grad = _in_dtype(param, self.dtype), _in_dtype(grad, self.dtype)
            new, state = update(old, grad, kept, number("t", self, following))
            if new.shape != param.shape:
                raise errors.ShapeError(
                    f"update() was given {self.names[0]!r} of shape {param.shape} and returned"
                    f" shape {new.shape}"
                )
            # A learning rate in float64 makes results of its dtype.
            state = {key: _in_dtype(value, self.dtype) for key, value in state.items()}
            new = _in_dtype(new, param.dtype)
        if self.huge:
            check_range(self.names, self.params, [x.data for x in (new, *state.values())])
        return new, state

    def kept(self) -> State:
        """Return the state."""
        return self.state

    def restore(self, kept: State) -> None:
        """Do nothing: the state changes when all is well."""

    def commit(self, values: Next) -> None:
        """Give the parameter and the state what :meth:`next` returned."""
        new, state = values
        for key, value in state.items():
            self._keep(key, value)
        self.steps += 1
        with enable_grad():
            self._rebind(updated(new))

    def _keep(self, key: str, value: Tensor) -> None:
        kept = self.state.get(key)
        if kept is None or (value.is_leaf and value._requires_grad):
            self.state = {**self.state, key: value}
        else:
            rebind(kept, value._data, value._node)
            kept._requires_grad = value._requires_grad
            Wishes.changes += 1

    def _rebind(self, value: Tensor) -> None:
        (param,) = self.params
        rebind(param, value._data, value._node)
        param._requires_grad = True
        Wishes.changes += 1
        param.retain_grad()

    def has_gradients(self) -> bool:
        """Return whether the parameter has a gradient."""
        return self.params[0].grad is not None

    def split(self) -> list[RecordedPack]:
        """Return the pack itself: it has one parameter."""
        return [self]

    def state_by_name(self) -> dict[str, State]:
        """Return a copy of the state."""
        arrays = {key: np.array(to_host(value.data)) for key, value in self.state.items()}
        return {self.names[0]: {"steps": np.array(self.steps), **arrays}}


def _beginning(value: Any) -> Tensor:
    """Return a parameter's first value as a result that no gradient flows on from.

    A leaf in its place would gather one that nobody asks for; and as that is part of the graph,
    leaf and graph would keep each other alive.
    """
    node = Node(updated.op, {}, (value,), Plan((), ()), (value,), MODE.get().call)
    return wrap(value, node, True)


def _in_dtype(value: Tensor, dtype: np.dtype[Any]) -> Tensor:
    fits = value.dtype == dtype or value.dtype.kind not in "fc"
    return value if fits else astype(value, dtype=dtype)


def recorded(
    named: Iterable[tuple[str, Tensor]], start: Start, saved: Mapping[str, Any] | None = None
) -> list[RecordedPack]:
    """Return a pack for each parameter.

    The arguments are those of :func:`tensorgraph.optim.flat_parameters.packed`.
    """
    packs = []
    for name, param in named:
        state, steps = start(converted(param.data, working_dtype(param.dtype))), 0
        if saved is not None:
            state = {key: placed(saved[f"{name}/{key}"], value) for key, value in state.items()}
            steps = int(saved[f"{name}/steps"])
        packs.append(RecordedPack(name, param, state, steps))
    return packs
