"""What the layers of a model put out for some inputs, in the order in which it is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.array_likes import to_plain
from tensorgraph.diagnose.array_arguments import Array
from tensorgraph.diagnose.model_calls import evaluating, in_dtype_of

BOUNDED = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0)}
"""The limits of activation functions that have two, by the name of the operation."""
Limits = tuple[float, float]


@dataclass
class Values:
    """What one layer put out, in all of its calls."""

    parts: list[Array] = field(default_factory=list)
    limits: Limits | None = None
    """Between which numbers all of it lies, by the operation that made it."""

    @property
    def flat(self) -> Array:
        """All numbers in a row."""
        return np.concatenate([part.reshape(-1) for part in self.parts])


def limits_of(value: Any) -> Limits | None:
    """Return the limits of the operation that made a tensor, if it is one that has two."""
    op = getattr(getattr(value, "node", None), "op", None)
    return BOUNDED.get(getattr(op, "name", ""))


def outputs_of(where: str, model: Any, inputs: tuple[Any, ...]) -> dict[str, Values]:
    """Return what the layers of a model put out, by their paths, in evaluation mode.

    A layer is a module that holds no other. What a model computes in between with functions, as in
    ``self.out(tg.relu(self.hidden(x)))``, is seen as the input of the next layer, ``out (input)``,
    or as the model's ``output``. What only passes values on, as Flatten does, is left out.

    Args:
        where: what messages begin with.
        model: the model; it is left as it was.
        inputs: what it is called with.
    """
    seen = _Seen()
    given = [_as_input(where, model, value) for value in inputs]
    seen.arrays += given
    handles = []
    try:
        for path, module in model.named_modules():
            if not module.children():
                hook = _recording(seen, path or "model")
                handles.append(module.register_forward_hook(hook))
        with evaluating(model), np.errstate(all="ignore"):
            seen.add("output", model(*given))
    finally:
        for handle in handles:
            handle.remove()
    if not seen.layers:
        raise errors.ArgumentError(f"{where}: the model put out no floating-point numbers")
    return seen.layers


def _recording(seen: _Seen, path: str) -> Any:
    def record(module: Any, args: tuple[Any, ...], output: Any) -> None:
        seen.add(f"{path} (input)", args)
        seen.add(path, output)

    return record


class _Seen:
    """The outputs so far, and all arrays that are known already."""

    def __init__(self) -> None:
        self.layers: dict[str, Values] = {}
        self.arrays: list[Array] = []

    def add(self, name: str, output: Any) -> None:
        for value in _leaves(output):
            array = to_plain(value, name)
            known = any(np.may_share_memory(array, other) for other in self.arrays)
            if known or array.dtype.kind != "f" or not array.size:
                continue
            self.arrays.append(array)
            values = self.layers.setdefault(name, Values())
            values.parts.append(array)
            values.limits = limits_of(value)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from _leaves(part)
    elif hasattr(value, "dtype") and hasattr(value, "shape"):
        yield value


def _as_input(where: str, model: Any, value: Any) -> Array:
    return in_dtype_of(model, to_plain(value, f"{where}: x"))
