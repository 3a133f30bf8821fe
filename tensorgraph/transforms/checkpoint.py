"""Trading time for memory: a function whose inside is computed again in the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, overload

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.autodiff import gradients_at
from tensorgraph.engine.function_types import P, R
from tensorgraph.engine.graph import Node, mark, reachable
from tensorgraph.engine.modes import MODE, mode
from tensorgraph.engine.nested_containers import flatten, opened, unflatten
from tensorgraph.engine.op import Op
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.transforms.function_call import name_of
from tensorgraph.transforms.joint import Joint, fingerprint


@overload
def checkpoint(f: Callable[P, Tensor]) -> Callable[P, Tensor]: ...
@overload
def checkpoint(f: Callable[P, R]) -> Callable[P, R]: ...
def checkpoint(f: Callable[P, Any]) -> Callable[P, Any]:
    """Return ``f`` such that backward computes its inside again instead of keeping it.

    Costs one more forward pass of ``f``, saves the memory of everything between its inputs and its
    output. Random draws are repeated exactly. Gradients flow to arguments and to tensors that ``f``
    refers to from outside, such as a module's parameters, at any order. Arrays given as arguments
    are copied, so they may be changed before backward; what ``f`` reads otherwise may not.

    Args:
        f: a function that returns a tensor, or nested containers of them and of ``None``.

    Raises:
        DTypeError: ``f`` returned something else, or a container with something else.
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
            result = f(*args, **kwargs)
        leaves, structure = flatten(result)
        for leaf in leaves:
            if type(leaf) is not Tensor and leaf is not None:
                raise errors.DTypeError(
                    f"checkpoint: {name_of(f)} returned {errors.describe(leaf)}, not a tensor"
                )
        inside = {k: x for k, x in enumerate(leaves) if _is_after(x, start)}
        if not inside:
            return result
        outputs = list(inside.values())
        _, inputs = reachable(dict.fromkeys(x._node for x in outputs), after=start)
        again = _Recomputation(f, *kept, states, inputs, inside)
        plan = _CHECKPOINT.plan((2 << len(inputs)) - 1, len(inputs))
        recorded = again.record(_CHECKPOINT, [(x, None) for x in inputs], plan, outputs)
        for k, output in zip(inside, recorded, strict=True):
            leaves[k] = output
        return unflatten(structure, leaves)

    return recomputed_in_backward


def _is_after(value: Any, start: int) -> bool:
    """Return whether a value is a tensor that was computed after the creation number ``start``."""
    return type(value) is Tensor and type(value._node) is Node and value._node.seq > start


class _Recomputation(Joint):
    """Computes a checkpointed function again, and its gradients by all inputs at once."""

    opened_by = "call the function without checkpoint, tg.scan and tg.fori_loop with block=length,"

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        states: dict[Any, Any],
        inputs: list[Any],
        outputs: dict[int, Tensor],
    ) -> None:
        super().__init__([*outputs.values()], states)
        self.f, self.args, self.kwargs = f, args, kwargs
        self.inputs = inputs
        self.leaves = [(leaf, leaf._data) for leaf in inputs if type(leaf) is Tensor]
        self.first = {k: fingerprint(output) for k, output in outputs.items()}

    def outputs(self, operands: Sequence[Any]) -> list[Any]:
        """Return what the function computes again; it knows its arguments itself."""
        leaves = flatten(self.f(*self.args, **self.kwargs))[0]
        return [leaves[k] if k < len(leaves) else None for k in self.first]

    def gradients(self, seeds: list[Any], operands: Sequence[Any]) -> list[Any]:
        """Return the gradient by each input, by computing the function again."""
        if any(leaf._data is not data for leaf, data in self.leaves):
            raise errors.GraphError(
                f"checkpoint: {name_of(self.f)} would compute something else now, since a leaf it"
                " uses was assigned a new value; call backward before assign()"
            )
        create_graph = type(seeds[0]) is Tensor
        start = mark()
        with replay(self.states), mode(recording=True, call=self.call):
            outputs = self.outputs(operands)
        sums: dict[Any, Any] = {}
        for output, first, seed in zip(outputs, self.first.values(), seeds, strict=True):
            self._check(output, start, first)
            node = output._node
            sums[node] = sums[node] + seed if node in sums else seed
        found = gradients_at(self.inputs, sums, create_graph, create_graph, after=start)
        return found if create_graph else [g._data for g in found]

    def _check(self, output: Any, start: int, first: tuple[Any, ...]) -> None:
        """Raise unless ``f`` returned again what it did at first."""
        if type(output) is not Tensor:
            what = errors.describe(output)
        elif not _is_after(output, start):
            what = "a result that nothing leads to"
        elif fingerprint(output) != first:
            what = "another value"
        else:
            return
        raise errors.GraphError(
            f"checkpoint: {name_of(self.f)} returned {what} when backward computed it again, so"
            " there is no right gradient: something it reads was changed in between. Pass that as"
            " an argument, call backward before the change, and draw random numbers by tg.random"
        )


def _as_they_are(value: Any) -> Any:
    """Return an argument such that what the caller changes in it later is not seen."""
    if isinstance(value, np.ndarray):
        return value if value.base is None and not value.flags.writeable else value.copy()
    if type(value) is Tensor and not value._requires_grad:
        return wrap(value._data)  # assign() gives a tensor other data
    level = opened(value)
    if level is None:
        return value
    return level.make([_as_they_are(part) for part in level.parts])


_CHECKPOINT = Op(
    "checkpoint",
    lambda *inputs, again: again.value(inputs),
    {"*inputs": lambda g, i, again: again.gradient(g, i)},
    family="fused",
    recomputes=True,
    symbol="↻",
    doc="A function whose inside is computed again in the backward pass.",
)
