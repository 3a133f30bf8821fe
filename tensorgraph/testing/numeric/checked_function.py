"""What is being checked: a function reduced to one number, with the ways to evaluate it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.autodiff import gradients
from tensorgraph.engine.modes import mode
from tensorgraph.engine.nested_containers import flatten, places, unflatten
from tensorgraph.engine.numeric_rule import is_numeric
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, argument, asarray, wrap
from tensorgraph.numeric.complex_step import NotAnalyticError, analytic

Direction = dict[int, Array]
"""Which arguments move, by position among the checked ones, and how."""


class CheckedFunction:
    """A user's function of several arguments, of which what is floating-point is checked.

    An argument may be a nested container. Random draws inside the function are repeated at every
    call, so dropout is a function like any other.

    Raises:
        DTypeError: an argument, or what is computed inside, is not float64.
        GradcheckError: the function returned other values for the same arguments.
    """

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any]) -> None:
        if not callable(f) or isinstance(f, type):
            raise errors.DTypeError(f"gradcheck: checks a function, not {errors.describe(f)}")
        self.f = f
        self._leaves, self._structure = flatten(list(inputs))
        self._positions: list[int] = []
        self.places: list[tuple[int, str]] = []
        """What is checked: of which argument, and where in it."""
        self.arrays: list[Array] = []
        found = [(k, place) for k, value in enumerate(inputs) for place in places(value)]
        for position, (k, place) in enumerate(found):
            array = _array_of(self._leaves[position], f"argument {k}{place}")
            if array is not None:
                self._positions.append(position)
                self.places.append((k, place))
                self.arrays.append(array)
        if not self.arrays:
            raise errors.DTypeError(
                "gradcheck: no argument is floating-point, there is nothing to differentiate by;"
                " write tg.testing.gradcheck(f, np.array([1.0, 2.0]))"
            )
        seen = _Precision()
        with mode(recording=True, observer=seen), watch() as self._states:
            self._first = [output._data for output in self._first_outputs(inputs)]
        self.numeric = list(seen.numeric)
        """The operations whose own gradient is numeric, by name."""
        if not all(np.isfinite(values).all() for values in self._first):
            raise errors.GradcheckError("gradcheck: the function is not finite at these arguments")
        self.shapes = [values.shape for values in self._first]

    def require_same(self, outputs: Sequence[Tensor]) -> None:
        """Raise if a later call with the same arguments returned other values than the first."""
        same = len(outputs) == len(self._first) and all(
            np.array_equal(first, later._data)
            for first, later in zip(self._first, outputs, strict=True)
        )
        if not same:
            raise errors.GradcheckError(
                "gradcheck: the function returned other values for the same arguments; draw random"
                " numbers with tg.random (gradcheck repeats those), and keep no state between calls"
            )

    def variables(self, moved: Direction | None = None) -> list[Tensor]:
        """Return fresh leaves with the checked arguments' values, moved by a direction."""
        arrays = [
            np.asarray(array + moved[k]) if moved and k in moved else array
            for k, array in enumerate(self.arrays)
        ]
        if any(array.dtype.kind == "c" for array in arrays):
            arrays = [array.astype(np.result_type(array, np.complex64)) for array in arrays]
        for array in arrays:
            array.flags.writeable = False
        return [argument(array) for array in arrays]

    def extended(self) -> CheckedFunction:
        """Return the same function of arguments of more digits than float64 has."""
        wide = copy(self)
        wide.arrays = [array.astype(np.longdouble) for array in self.arrays]
        return wide

    def outputs(self, variables: Sequence[Tensor]) -> list[Tensor]:
        """Return the floating-point results of the function."""
        leaves = list(self._leaves)
        for position, variable in zip(self._positions, variables, strict=True):
            leaves[position] = variable
        results = flatten(self.f(*unflatten(self._structure, leaves)))[0]
        found = []
        for result in results:
            if type(result) is not Tensor and not isinstance(result, (float, np.ndarray)):
                raise errors.DTypeError(
                    f"gradcheck: the function returned {type(result).__name__}, not a tensor"
                )
            tensor = asarray(result)
            if tensor.dtype.kind in "fc":
                found.append(tensor)
        if not found:
            raise errors.DTypeError("gradcheck: the function returned nothing floating-point")
        return found

    def _first_outputs(self, inputs: Sequence[Any]) -> list[Tensor]:
        """Return the results, or say that a list of numbers is no array where one was meant."""
        try:
            return self.outputs(self.variables())
        except (errors.GraphError, TypeError) as error:
            for k, value in enumerate(inputs):
                if isinstance(value, (list, tuple)) and _holds_numbers(value):
                    raise errors.DTypeError(
                        f"gradcheck: argument {k} is a {type(value).__name__} of numbers, each of"
                        " which is a tensor in the function; write np.array(…) around it for one"
                        f" tensor\n  {error}"
                    ) from None
            raise

    @contextmanager
    def running(self, observer: Observer | None) -> Iterator[None]:
        """Return a context in which the function draws the same random numbers again."""
        with replay(self._states), mode(recording=True, observer=observer):
            yield


class Scalar:
    """A number computed from the checked arguments: results, each times a weight, summed.

    Args:
        checked: the function and its arguments.
        compute: ``compute(variables, graph)`` returns the results, with a graph if that is wanted.
        weights: an array for each result.
    """

    def __init__(
        self,
        checked: CheckedFunction,
        compute: Callable[[Sequence[Tensor], bool], Sequence[Tensor]],
        weights: Sequence[Array],
    ) -> None:
        self.checked, self._compute, self._weights = checked, compute, weights
        self._centre: list[Array] | None = None
        self.results: Sequence[Tensor] = ()
        """What the gradient was computed from."""

    def gradient(self) -> list[Array]:
        """Return the gradient by each checked argument, as the engine computes it."""
        variables = self.checked.variables()
        with self.checked.running(None):
            self.results = self._compute(variables, True)
            found = self._gradients_of(self.results, variables, False)
        self._centre = self._weighted(self.results)
        return [np.array(g._data) for g in found]

    def gradient_seen(
        self, observer: Observer | None, moved: Direction | None = None
    ) -> list[Array]:
        """Return the gradient, also elsewhere; an observer sees what the rules compute, too."""
        variables = self.checked.variables(moved)
        with np.errstate(all="ignore"), self.checked.running(observer):
            found = self._gradients(variables, observer is not None)
        return [np.array(g._data) for g in found]

    def projected_gradient(self, weights: Sequence[Array]) -> Scalar:
        """Return the number ⟨gradient, weights⟩, whose gradient is a second derivative."""
        return Scalar(self.checked, self._gradients, weights)

    def extended(self) -> Scalar:
        """Return the same number, computed with more digits than float64 has."""
        return Scalar(self.checked.extended(), self._compute, self._weights)

    def change(self, moved: Direction, observer: Observer | None = None) -> float:
        """Return how the number changes with the arguments; NaN where it is not defined.

        Each term's change is taken before they are summed: what stays the same cancels exactly.
        """
        try:
            terms = self._terms(moved, observer)
            changes = [(t - c).reshape(-1) for t, c in zip(terms, self.centre, strict=True)]
            return float(sum(map(np.sum, changes)))
        except (ValueError, ArithmeticError):
            return math.nan

    @property
    def centre(self) -> list[Array]:
        """The terms of the sum at the arguments."""
        if self._centre is None:
            self._centre = self._terms({})
        return self._centre

    def size(self) -> float:
        """Return how large the terms of the sum are, as far as their rounding errors go."""
        terms = np.abs(np.concatenate([t.reshape(-1) for t in self.centre]))
        largest = float(np.max(terms, initial=0.0)) or 1.0
        # The rounding errors of many terms are independent of each other.
        return float(min(np.sum(terms), 8 * largest * np.linalg.norm(terms / largest)))

    def complex_step(self, direction: Direction, step: float = 2.0**-100) -> float:
        """Return the derivative along a direction as Im f(x + ih·d) / h.

        Raises:
            NotAnalyticError: an operation has no complex kernel, or lost the imaginary part.
        """
        return self.stepped(direction, step, _ImaginaryPart())

    def stepped(
        self,
        direction: Direction,
        step: float,
        observer: Observer | None = None,
        beside: Direction | None = None,
    ) -> float:
        """Return the same, not watching for lost imaginary parts, at a point ``beside``."""
        moved = {k: 1j * step * d for k, d in direction.items()}
        for k, away in (beside or {}).items():
            moved[k] = moved[k] + away if k in moved else away
        terms = analytic(lambda: self._terms(moved, observer))
        return float(sum(np.sum(t.imag) for t in terms)) / step

    def _terms(self, moved: Direction, observer: Observer | None = None) -> list[Array]:
        variables = self.checked.variables(moved)
        with np.errstate(all="ignore"), self.checked.running(observer):
            return self._weighted(self._compute(variables, False))

    def _weighted(self, results: Sequence[Tensor]) -> list[Array]:
        return [r._data * w for r, w in zip(results, self._weights, strict=True)]

    def _gradients(self, variables: Sequence[Tensor], graph: bool) -> list[Tensor]:
        return self._gradients_of(self._compute(variables, True), variables, graph)

    def _gradients_of(
        self, results: Sequence[Tensor], variables: Sequence[Tensor], graph: bool
    ) -> list[Tensor]:
        """Return the gradients of the number, zeros where it does not depend on a variable."""
        total: Any = None
        for result, weight in zip(results, self._weights, strict=True):
            if result.requires_grad:
                term = (result * wrap(weight)).sum()
                total = term if total is None else total + term
        if total is None:
            return [wrap(np.zeros_like(variable._data)) for variable in variables]
        found: list[Tensor] = gradients(total, list(variables), create_graph=graph)
        return found


def projection(checked: CheckedFunction, weights: Sequence[Array]) -> Scalar:
    """Return the number ⟨results, weights⟩."""
    return Scalar(checked, lambda variables, graph: checked.outputs(variables), weights)


def _array_of(value: Any, name: str) -> Array | None:
    """Return an argument as a float64 array of our own, ``None`` if it is not to be checked."""
    array = value._data if type(value) is Tensor else np.asarray(value)
    if array.dtype.kind != "f":
        return None
    if array.dtype != np.float64:
        raise errors.DTypeError(
            f"gradcheck: {name} is {array.dtype}, in which rounding alone is as large"
            " as the errors to be found; write .astype('float64')"
        )
    return np.array(array)


def _holds_numbers(values: Sequence[Any]) -> bool:
    return bool(values) and all(
        _holds_numbers(value) if isinstance(value, (list, tuple)) else isinstance(value, float)
        for value in values
    )


class _Precision(Observer):
    """Refuses an operation that rounds float64 to less; remembers those without a rule."""

    def __init__(self) -> None:
        self.numeric: dict[str, None] = {}

    def forward(self, event: Forward) -> None:
        if is_numeric(event.op):
            self.numeric[event.op.name] = None
        out = event.out
        narrow = out.dtype.kind == "f" and out.dtype.itemsize < 8
        if narrow and any(getattr(array, "dtype", None) == np.float64 for array in event.arrays):
            raise errors.DTypeError(
                f"gradcheck: {event.op.name} rounds float64 to {out.dtype} inside the function;"
                " check it in float64 throughout"
            )


class _ImaginaryPart(Observer):
    """Notices an operation that drops the imaginary part, though its result depends on it."""

    def forward(self, event: Forward) -> None:
        if event.out.dtype.kind == "c":
            return
        rule_word = event.op.rule_word
        for i, array in enumerate(event.arrays):
            if callable(rule_word(i)) and np.iscomplexobj(array) and np.any(np.imag(array)):
                raise NotAnalyticError(f"{event.op.name} lost the imaginary part")
