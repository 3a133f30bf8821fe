"""What is exported: a function, example inputs, what they are called, and their dynamic axes."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.nested_containers import Structure, flatten, opened, unflatten
from tensorgraph.engine.tensor import array_of
from tensorgraph.nn.module import Module
from tensorgraph.onnx.importing.imported import Imported
from tensorgraph.train.module_modes import evaluating

Axes = Mapping[str, Mapping[int, str] | Sequence[int]]
"""Which axes have any size: for an input their numbers, with a name or without."""

BATCH = "batch"
"""What the first axis is called unless another name is given."""


@dataclass(frozen=True, eq=False)
class ExampleCall:
    """A function with example inputs, of which the arrays are the file's inputs."""

    function: Callable[..., Any]
    structure: Structure
    leaves: Sequence[Any]
    """The arrays, and Python's numbers and words, which the file keeps as they are."""
    names: Sequence[str]
    """What the arrays are called."""
    dynamic: Mapping[str, Mapping[int, str]]
    """The names of sizes by axis, by input."""

    @property
    def arrays(self) -> list[Any]:
        """The example inputs that are arrays."""
        return [leaf for leaf in self.leaves if is_array(leaf)]

    @property
    def sizes(self) -> list[str]:
        """The names of the sizes that may be any."""
        return list(dict.fromkeys(n for axes in self.dynamic.values() for n in axes.values()))

    @property
    def example_sizes(self) -> dict[str, int]:
        """What these are in the examples, where two that have one name are alike."""
        shapes = {n: array_of(a).shape for n, a in zip(self.names, self.arrays, strict=True)}
        return {size: shapes[name][axis] for size, (name, axis) in self.axes.items()}

    @property
    def axes(self) -> dict[str, tuple[str, int]]:
        """For each named size the first input that has it, and its axis."""
        found: dict[str, tuple[str, int]] = {}
        for name, axes in self.dynamic.items():
            for axis, size in axes.items():
                found.setdefault(size, (name, axis))
        return found

    def shapes(self, sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
        """Return the shapes of the arrays where named sizes are these."""
        found = []
        for name, array in zip(self.names, self.arrays, strict=True):
            named = self.dynamic.get(name, {})
            shape = array_of(array).shape
            found.append(tuple(sizes[named[i]] if i in named else n for i, n in enumerate(shape)))
        return found

    def __call__(self, *arrays: Any) -> Any:
        """Call the function with other arrays."""
        given = iter(arrays)
        leaves = [next(given) if is_array(leaf) else leaf for leaf in self.leaves]
        return self.function(*unflatten(self.structure, leaves))

    @property
    def model(self) -> Module | None:
        """The module that is exported, or whose method is."""
        owner = getattr(self.function, "__self__", self.function)
        return owner if isinstance(owner, Module) else None

    @contextmanager
    def evaluated(self) -> Iterator[None]:
        """Run a block in which a model is in evaluation mode."""
        if self.model is None:
            yield
        else:
            with evaluating(self.model):
                yield


def is_array(leaf: Any) -> bool:
    """Return whether an example input is one of a file, rather than a number that it keeps."""
    return hasattr(leaf, "dtype") and hasattr(leaf, "shape")


def example_call(
    function: Any,
    inputs: Sequence[Any],
    input_names: Sequence[str] | None,
    dynamic_axes: Axes | str | None,
) -> ExampleCall:
    """Return what is exported.

    Raises:
        ArgumentError: names or axes do not fit the inputs.
        DTypeError: the function cannot be called; or there is no array among the inputs.
    """
    if not callable(function):
        raise errors.DTypeError(
            "onnx.export takes a model or a function, then example inputs, not"
            f" {errors.describe(function)}; write tg.onnx.export(model, x, path)"
        )
    leaves, structure = flatten(tuple(inputs))
    arrays = [leaf for leaf in leaves if is_array(leaf)]
    if not arrays:
        raise errors.DTypeError(
            "onnx.export: there is no array among the example inputs; write"
            " tg.onnx.export(model, x, path) with an x as the model takes it"
        )
    found = _names(function, inputs)
    names = named(input_names, found, "input_names")
    if isinstance(function, Imported) and dynamic_axes == BATCH:
        dynamic_axes = _declared(function, names)
    dynamic = _dynamic(dynamic_axes, dict(zip(names, arrays, strict=True)))
    return ExampleCall(function, structure, leaves, names, dynamic)


def _names(function: Any, inputs: Sequence[Any]) -> list[str]:
    """Return what the arrays in a call are called: the parameters, and their places in these."""
    if isinstance(function, Imported):
        parameters = [declared.name for declared in function.inputs]
    else:
        parameters = _parameters(getattr(function, "forward", function))
    more = range(len(parameters), len(inputs))
    parameters += ["x"] if len(inputs) == 1 and more else [f"x{i}" for i in more]
    return [name for p, value in zip(parameters, inputs, strict=False)
            for name in places(value, p) if name]  # fmt: skip


def _parameters(function: Any) -> list[str]:
    """Return the names of a function's parameters that are taken by position."""
    try:
        found = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    return [n for n, p in found.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def places(tree: Any, name: str, of_leaves: Callable[[Any], bool] = is_array) -> list[str]:
    """Return names for the leaves of a container: ``state.0``, ``state.hidden``."""
    level = opened(tree)
    if level is None:
        return [name] if of_leaves(tree) else []
    dot = "." * bool(name)
    parts = zip(getattr(tree, "_fields", level.keys), level.parts, strict=True)
    return [n for key, part in parts for n in places(part, f"{name}{dot}{key}", of_leaves)]


def named(names: Sequence[str] | None, found: Sequence[str], what: str) -> list[str]:
    """Return the names that are wanted, or those that were found.

    Raises:
        ArgumentError: there are more or fewer than there are arrays, or two are alike.
    """
    if names is None:
        return list(found)
    wanted = [names] if isinstance(names, str) else list(names)
    if len(wanted) != len(found) or len(set(wanted)) != len(wanted):
        raise errors.ArgumentError(
            f"onnx.export: {what}={wanted} must be {len(found)} different names, in place of"
            f" {list(found)}"
        )
    return wanted


def _declared(network: Imported, names: Sequence[str]) -> Axes:
    """Return the axes that a network's file leaves open, where it names them, or numbers them."""
    found: dict[str, dict[int, str]] = {}
    for name, declared in zip(names, network.inputs, strict=False):
        for axis, n in enumerate(declared.shape or ()):
            if not isinstance(n, int):
                found.setdefault(name, {})[axis] = n or f"{name}_{axis}"
    return found


def _dynamic(given: Axes | str | None, arrays: Mapping[str, Any]) -> dict[str, dict[int, str]]:
    """Return the named sizes by axis of each input.

    Raises:
        ArgumentError: an input or an axis is not there.
    """
    shapes = {name: tuple(array_of(array).shape) for name, array in arrays.items()}
    if given is None:
        return {}
    if isinstance(given, str):
        length = next((shape[0] for shape in shapes.values() if shape), None)
        return {n: {0: given} for n, shape in shapes.items() if shape and shape[0] == length}
    found: dict[str, dict[int, str]] = {}
    for name, axes in dict(given).items():
        if name not in shapes:
            raise errors.ArgumentError(
                f"onnx.export: dynamic_axes names {name!r}, but the inputs are {[*shapes]}"
            )
        ndim = len(shapes[name])
        pairs = axes.items() if isinstance(axes, Mapping) else [(a, f"{name}_{a}") for a in axes]
        for axis, size in pairs:
            if not -ndim <= axis < ndim:
                raise errors.ArgumentError(
                    f"onnx.export: dynamic_axes names axis {axis} of {name!r}, whose example has"
                    f" shape {shapes[name]}"
                )
            found.setdefault(name, {})[axis % ndim] = size
    _check_alike(found, shapes)
    return found


def _check_alike(dynamic: Mapping[str, Mapping[int, str]], shapes: Mapping[str, Any]) -> None:
    """Raise if axes whose sizes have one name are not of one length in the examples."""
    lengths: dict[str, tuple[int, str]] = {}
    for name, axes in dynamic.items():
        for axis, size in axes.items():
            length, first = lengths.setdefault(size, (shapes[name][axis], name))
            if shapes[name][axis] != length:
                raise errors.ArgumentError(
                    f"onnx.export: dynamic_axes names {size!r} what is {length} in {first!r} and"
                    f" {shapes[name][axis]} in {name!r}; give each its own name"
                )


def split_path(inputs: Sequence[Any], path: Any) -> tuple[Sequence[Any], Any]:
    """Return example inputs and the path, which may stand last among them.

    One tuple alone is the list of inputs, as PyTorch has it.
    """
    if path is None and inputs and isinstance(inputs[-1], (str, os.PathLike)):
        *inputs, path = inputs
    if len(inputs) == 1 and type(inputs[0]) is tuple:
        (inputs,) = inputs
    return inputs, path
