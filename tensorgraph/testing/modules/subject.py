"""What is checked: a function or a module with inputs, called as often as its promises need it."""

from __future__ import annotations

import copy
import inspect
import random as pythons
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

import numpy as np

from tensorgraph import errors, random
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.nested_containers import flatten, places, unflatten
from tensorgraph.engine.tensor import Tensor, argument, wrap
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module
from tensorgraph.testing.plain_arrays import largest, read_only

Results = dict[str, Array]
"""What a call returned, each array by its place: ``the result``, ``the result[0]``."""


def reseed(seed: int) -> None:
    """Let what is drawn from NumPy's and Python's default sources be the same again."""
    np.random.seed(seed)  # noqa: NPY002  # what users may draw from
    pythons.seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let a block draw the same random numbers each time, and give back the states after it."""
    drawn = random.default_generator().state
    numpys, python = np.random.get_state(), pythons.getstate()  # noqa: NPY002
    random.seed(seed)
    reseed(seed)
    try:
        yield
    finally:
        random.default_generator().state = drawn
        np.random.set_state(numpys)  # noqa: NPY002
        pythons.setstate(python)


class Subject:
    """A function of tensors, and what to call it with.

    Args:
        f: the function.
        inputs: tensors, arrays, or nested containers of these; anything else is handed on.
        batch_axis: along which axis inputs hold examples, one for all or one for each input;
            ``None`` where they hold none.
    """

    modes: tuple[bool, ...] = (False,)
    """In which modes there is something to be seen; a function knows of none."""
    noun = "function"

    def __init__(
        self,
        f: Callable[..., Any],
        inputs: Sequence[Any],
        batch_axis: int | Sequence[int | None] | None,
    ) -> None:
        self.f = f
        inputs = [_as_array(value) for value in inputs]
        leaves, self._structure = flatten(list(inputs))
        self._leaves = [x.numpy() if type(x) is Tensor else x for x in leaves]
        self.names = _names(f, inputs)
        """What messages call each array that goes in."""
        self._axes = _axes(inputs, batch_axis)
        self.batch_axis = next((axis for axis in self._axes if axis is not None), None)
        """Along which axis results hold examples."""

    # -------------------------------------------------------------------------------------- inputs

    def given(self, dtype: Any = np.float64) -> list[Any]:
        """Return the leaves of the inputs, those of floating-point numbers in a dtype."""
        return [_in_dtype(leaf, dtype) for leaf in self._leaves]

    def arguments(self, leaves: Sequence[Any]) -> list[Any]:
        """Return what to call the function with, given the leaves."""
        found: list[Any] = unflatten(self._structure, leaves)
        return found

    def with_leaves(self, leaves: Sequence[Any]) -> Self:
        """Return the same function with other inputs."""
        other = copy.copy(self)
        other._leaves = list(leaves)
        return other

    def floating(self) -> list[int]:
        """Return which of the leaves are floating-point numbers."""
        return [i for i, leaf in enumerate(self._leaves) if _kind(leaf) == "f"]

    @property
    def batch(self) -> int:
        """How many examples there are, by the first input that holds any."""
        for leaf, axis in zip(self._leaves, self._axes, strict=True):
            if axis is not None and np.ndim(leaf) > axis:
                return int(np.shape(leaf)[axis])
        return 0

    def of_examples(self, leaves: Sequence[Any], chosen: Sequence[int]) -> list[Any]:
        """Return inputs that hold these of the examples; what holds none stays as it is."""
        count = self.batch
        return [
            np.take(leaf, chosen, axis=axis) if _holds(leaf, axis, count) else leaf
            for leaf, axis in zip(leaves, self._axes, strict=True)
        ]

    # ------------------------------------------------------------------------------------- calling

    def fresh(self, dtype: str = "float64", training: bool = False) -> Callable[..., Any]:
        """Return what to call: of a module a copy, in this precision and mode."""
        return self.f

    def outputs(self, f: Callable[..., Any], leaves: Sequence[Any], seed: int = 0) -> Results:
        """Return what a call with leaves returns, as arrays; equal seeds draw equal numbers."""
        return arrays_of(self.tensors(f, leaves, seed))

    def tensors(self, f: Callable[..., Any], leaves: Sequence[Any], seed: int = 0) -> Any:
        """Return what a call with leaves returns."""
        with seeded(seed):
            return f(*self.arguments(self._constants(leaves)))

    def called_again(self, f: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        """Return what a call returns, in a block that has seen to the random numbers of tg."""
        reseed(0)
        return f(*self.arguments(leaves))

    def variables(self, leaves: Sequence[Any]) -> list[Any]:
        """Return the leaves with tensors that want a gradient in place of real numbers."""
        return [variable(leaf) if _kind(leaf) == "f" else leaf for leaf in leaves]

    def _constants(self, leaves: Sequence[Any]) -> list[Any]:
        """Return the leaves with tensors in place of real numbers: what any module takes."""
        return [wrap(read_only(leaf)) if _is_real(leaf) else leaf for leaf in leaves]


class ModuleSubject(Subject):
    """A module, called as copies of itself."""

    noun = "module"

    def __init__(
        self,
        module: Module,
        inputs: Sequence[Any],
        batch_axis: int | Sequence[int | None] | None,
    ) -> None:
        super().__init__(module, inputs, batch_axis)
        self.module = module

    @cached_property
    def modes(self) -> tuple[bool, ...]:  # type: ignore[override]
        """Training, and evaluation where that is something else."""
        training, evaluation = (
            self.outputs(self.fresh(training=mode), self.given()) for mode in (True, False)
        )
        same = training.keys() == evaluation.keys() and all(
            np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
            for a, b in zip(training.values(), evaluation.values(), strict=True)
        )
        return (True,) if same else (True, False)

    def fresh(self, dtype: str = "float64", training: bool = False) -> Module:
        """Return a copy of the module, in this precision and mode."""
        return copy.deepcopy(self.module).astype(dtype).train(training)

    def moved(self, seed: int = 1, dtype: str = "float64", training: bool = False) -> Module:
        """Return a copy with other parameters.

        Away from the start, where biases are 0 and scales 1, mistakes cannot cancel.
        """
        module = self.fresh(dtype, training)
        rng = np.random.default_rng(seed)
        for parameter in module.parameters():
            parameter.assign(moved(parameter.numpy(), rng))
        return module

    @property
    def mixing(self) -> list[str]:
        """The layers that let examples influence each other in training, as they declare."""
        return self._layers(lambda layer: layer.mixes_examples)

    @property
    def stopping(self) -> list[str]:
        """The layers that let no gradient through some of what they compute, as they declare."""
        return self._layers(lambda layer: layer.stops_gradients)

    def _layers(self, chosen: Callable[[Module], bool]) -> list[str]:
        return [
            placed(found.place, found.value)
            for found in walk(self.module)
            if isinstance(found.value, Module) and chosen(found.value)
        ]


def moved(array: Array, rng: np.random.Generator) -> Array:
    """Return other numbers of the same signs and about the same size; zeros become small."""
    other = array * rng.uniform(0.8, 1.25, array.shape)
    size = largest(array) or 1.0
    zeros = rng.uniform(-0.3, 0.3, array.shape) * min(size, 1.0)
    return np.where(array == 0, zeros, other).astype(array.dtype)


def variable(array: Array) -> Tensor:
    """Return a leaf with these numbers, which nobody else has."""
    return argument(read_only(np.array(array)))


def placed(place: str, thing: Any) -> str:
    """Return where something stands in a model, as messages of the engine have it.

    Example:
        >>> placed("layers[0].weight", 1.0)
        'model.layers[0].weight'
    """
    dot = "." if place and place[0] != "[" else ""
    kind = f" {type(thing).__name__}" if isinstance(thing, Module) else ""
    return f"model{dot}{place}{kind}"


def parameter_places(module: Module) -> dict[str, str]:
    """Return where each tensor of a module stands, by its path in state dicts."""
    return {found.path: placed(found.place, found.value) for found in walk(module)}


def arrays_of(returned: Any) -> Results:
    """Return the arrays in what a call returned, each by its place."""
    leaves = flatten(returned)[0]
    found = {}
    for leaf, place in zip(leaves, places(returned), strict=True):
        if type(leaf) is Tensor or isinstance(leaf, (np.ndarray, np.generic, int, float)):
            found[f"the result{place}"] = np.asarray(leaf.numpy() if type(leaf) is Tensor else leaf)
    return found


def tensors_of(returned: Any) -> list[Tensor]:
    """Return the tensors in what a call returned that a gradient can be asked of."""
    return [x for x in flatten(returned)[0] if type(x) is Tensor and x.requires_grad]


def shapes_of(values: Sequence[Any] | Mapping[str, Any]) -> str:
    """Return the shapes of arrays, in words."""
    items = values.values() if isinstance(values, Mapping) else values
    return ", ".join(str(np.shape(x)) for x in items if isinstance(x, np.ndarray)) or "no array"


def _as_array(value: Any) -> Any:
    """Return a table of another library, or a nested list of numbers, as an array."""
    table = hasattr(value, "__array__") and not isinstance(value, (Tensor, np.ndarray, np.generic))
    numbers = isinstance(value, list) and all(
        isinstance(leaf, (int, float)) for leaf in flatten(value)[0]
    )
    return np.asarray(value) if table or numbers else value


def _names(f: Any, inputs: Sequence[Any]) -> list[str]:
    """Return what to call each leaf of the inputs: by the name of the parameter."""
    function = getattr(f, "forward", f)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = ()  # type: ignore[assignment]
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names += [f"inputs[{k}]" for k in range(len(names), len(inputs))]
    return [
        f"{name}{place}"
        for name, value in zip(names, inputs, strict=False)
        for place in places(value)
    ]


def _axes(inputs: Sequence[Any], batch_axis: Any) -> list[int | None]:
    """Return the axis of examples of each leaf."""
    one_for_all = batch_axis is None or isinstance(batch_axis, int)
    axes = [batch_axis] * len(inputs) if one_for_all else list(batch_axis)
    if len(axes) != len(inputs):
        raise errors.ArgumentError(
            f"batch_axis={batch_axis!r} names {len(axes)} axes, there are {len(inputs)} inputs;"
            " give one for each, None for an input that holds no examples"
        )
    return [axis for axis, value in zip(axes, inputs, strict=True) for _ in places(value)]


def _is_real(leaf: Any) -> bool:
    return type(leaf) is not Tensor and _kind(leaf) == "f"


def _holds(leaf: Any, axis: int | None, count: int) -> bool:
    """Return whether an input holds examples along an axis."""
    return axis is not None and np.ndim(leaf) > axis and np.shape(leaf)[axis] == count


def _kind(leaf: Any) -> str:
    return leaf.dtype.kind if isinstance(leaf, (np.ndarray, np.generic, Tensor)) else ""


def _in_dtype(leaf: Any, dtype: Any) -> Any:
    return np.asarray(leaf).astype(dtype) if _kind(leaf) == "f" else leaf
