"""The weights of a model, or a dict of arrays, as something that is set, moved and put back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.array_likes import to_plain
from tensorgraph.diagnose.array_arguments import Array
from tensorgraph.diagnose.model_calls import evaluating, is_model

State = dict[str, Array]
SINGLE = "w"
"""What a parameter given by itself is called, if it has no name."""


def is_tensor(value: Any) -> bool:
    """Return whether something is a leaf that can be given other values."""
    return callable(getattr(value, "assign", None)) and hasattr(value, "requires_grad")


class Weights:
    """The weights of a model, or of a dict of tensors or arrays, by their names.

    Tensors get other values inside ``kept`` and are put back at its end, bit by bit; arrays are
    never changed: others stand in their places in what :meth:`argument` returns.

    Args:
        where: what messages begin with.
        given: a model; a dict of tensors or arrays; or one of them.

    Raises:
        DTypeError: it is nothing of this, or holds no floating-point numbers.
        ArgumentError: numbers that are not finite.
    """

    def __init__(self, where: str, given: Any) -> None:
        self.where, self.given = where, given
        self.moved: frozenset[str]
        """The names of what is trained: directions that are drawn at random move nothing else."""
        if is_model(given):
            parameters = dict(given.named_parameters())
            self._held: dict[str, Any] = {**parameters, **dict(given.named_buffers())}
            self.moved = frozenset(parameters)
        elif isinstance(given, Mapping):
            self._held = {str(name): value for name, value in given.items()}
            self.moved = frozenset(self._held)
        elif is_tensor(given) or isinstance(given, np.ndarray):
            self._held = {getattr(given, "name", None) or SINGLE: given}
            self.moved = frozenset(self._held)
        else:
            made = f"; write {given.__name__}(…)" if isinstance(given, type) else ""
            raise errors.DTypeError(
                f"{where}: a model is wanted, or a dict of its weights such as {{'W1': W1, 'b1':"
                f" b1}}, not {errors.describe(given)}{made}"
            )
        self.start: State = {
            name: to_plain(value, f"{where}: {name}") for name, value in self._held.items()
        }
        """The values that they have."""
        self.moved &= frozenset(n for n, v in self.start.items() if v.dtype.kind == "f")
        if not self.moved:
            raise errors.DTypeError(
                f"{where}: there are no floating-point weights in {errors.describe(given)}"
            )
        for name in sorted(self.moved):
            _doubles(where, name, self.start[name])
        self._values = dict(self._held)

    def argument(self) -> Any:
        """Return what a function of the weights is given, with the values set last."""
        if is_model(self.given):
            return self.given
        return dict(self._values) if isinstance(self.given, Mapping) else self._values[self.one]

    @property
    def one(self) -> str:
        """The name of the only one."""
        return next(iter(self._held))

    def set(self, values: Mapping[str, Array]) -> None:
        """Give some of them other values, in the dtypes that they have."""
        for name, value in values.items():
            with np.errstate(over="ignore"):
                cast = np.asarray(value).astype(self.start[name].dtype)
            held = self._held[name]
            if is_tensor(held):
                held.assign(cast)
            else:
                self._values[name] = cast

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Run a block in evaluation mode; put back all values at its end."""
        tensors = {name: held for name, held in self._held.items() if is_tensor(held)}
        try:
            with evaluating(self.given):
                yield
        finally:
            for name, tensor in tensors.items():
                tensor.assign(self.start[name])
            self._values = dict(self._held)

    def gradient(self, cost: Any) -> State:
        """Return the gradient of a cost that was just computed of them.

        Raises:
            GraphError: it is not computed from tensors that require a gradient.
        """
        trained = {n: held for n, held in self._held.items() if getattr(held, "requires_grad", 0)}
        if not trained or not callable(getattr(cost, "backward", None)):
            raise errors.GraphError(
                f"{self.where}: a gradient needs weights that are tensors with requires_grad=True,"
                " and a loss that is computed from them; or give the direction as a dict of arrays"
            )
        engine = import_module("tensorgraph")  # of which this room needs no more than arrays else
        found = engine.gradients(cost, list(trained.values()))
        return {
            name: to_plain(each, f"{self.where}: the gradient by {name}")
            for name, each in zip(trained, found, strict=True)
        }

    def entry(self, text: str) -> tuple[str, tuple[int, ...]]:
        """Return the name and the index of a single weight, such as ``"W1[0, 1]"``.

        Raises:
            ArgumentError: there is no such weight.
        """
        name, _, rest = text.partition("[") if text not in self.start else (text, "", "")
        found = re.fullmatch(r"\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]", rest)
        if name not in self.moved:
            raise errors.ArgumentError(
                f"{self.where}: {text!r} names no weight; there are"
                f" {errors.listing(sorted(self.moved))}, and a direction may be 'random',"
                " 'gradient', 'path', a dict of arrays, or one entry such as"
                f" '{self._example()}'"
            )
        array = self.start[name]
        index = tuple(map(int, found[1].split(","))) if found else ()
        fits = len(index) == array.ndim and all(
            -n <= i < n for i, n in zip(index, array.shape, strict=True)
        )
        if not found and array.size == 1:
            index, fits = (0,) * array.ndim, True
        if not fits:
            raise errors.ArgumentError(
                f"{self.where}: {text!r} is no entry of {name}, which has shape {array.shape};"
                f" write such as '{self._example(name)}'"
            )
        return name, index

    def _example(self, name: str | None = None) -> str:
        name = name or sorted(self.moved)[0]
        shape = self.start[name].shape
        return f"{name}[{', '.join('0' * len(shape))}]" if shape else name

    def state(self, given: Any, what: str) -> State:
        """Return a state, of a model or as a dict, as far as it is of floating-point numbers.

        Raises:
            ArgumentError: a number is NaN or infinite.
            DTypeError: they are no real numbers.
            StateError: names or shapes are not those of these weights.
        """
        values = given.state_dict() if is_model(given) else given
        if not isinstance(values, Mapping):
            if len(self._held) > 1 or not (is_tensor(values) or isinstance(values, np.ndarray)):
                raise errors.StateError(
                    f"{self.where}: {what} is a dict of arrays, as model.state_dict() returns, not"
                    f" {errors.describe(given)}"
                )
            values = {self.one: values}
        found = {str(n): to_plain(v, f"{self.where}: {what}, {n}") for n, v in values.items()}
        for name, value in found.items():
            if name not in self.start or value.shape != self.start[name].shape:
                seen = f"{name} of shape {value.shape}"
                own = {n: v.shape for n, v in self.start.items()}.get(name)
                raise errors.StateError(
                    f"{self.where}: {what} holds {seen}; "
                    + (
                        f"here it has shape {own}"
                        if own is not None
                        else f"there are {errors.listing(list(self.start))}"
                    )
                )
        missing = [name for name in sorted(self.moved) if name not in found]
        if missing:
            raise errors.StateError(f"{self.where}: {what} lacks {errors.listing(missing)}")
        return {
            name: _doubles(self.where, f"{what}: {name}", value)
            for name, value in found.items()
            if self._is_float(name)
        }

    def _is_float(self, name: str) -> bool:
        return self.start[name].dtype.kind == "f"


def _doubles(where: str, name: str, values: Array) -> Array:
    """Return numbers in double precision.

    Raises:
        ArgumentError: one is NaN or infinite, or larger than a double.
        DTypeError: they are no real numbers.
    """
    if values.dtype.kind not in "biuf":
        raise errors.DTypeError(f"{where}: {name} holds real numbers, not {values.dtype}")
    with np.errstate(over="ignore"):
        doubles = values.astype(np.float64)
    if not np.isfinite(doubles).all():
        raise errors.ArgumentError(f"{where}: {name} holds NaN or infinite numbers")
    return doubles
