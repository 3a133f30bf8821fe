"""The promise that gradients are right, at both orders, by inputs and parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import listing
from tensorgraph.nn.module import Module
from tensorgraph.nn.stateless import functional_call
from tensorgraph.testing.modules.stops import stops
from tensorgraph.testing.modules.subject import ModuleSubject, Subject, parameter_places, seeded
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.plain_arrays import largest
from tensorgraph.testing.promises import NotAsked

EVERY_ELEMENT = 40
"""If there are not more numbers to differentiate by, each one is looked at."""
MOST_TOLD = 12
"""Of so many arrays is told whether a derivative by them is wrong."""
FEW_ARRAYS = 6
"""Of more arrays than this, one random direction each stands for them; else two."""


class Samples:
    """An array as a function of a few numbers: how far it is moved along random directions.

    So a derivative by thousands of elements is looked at by a few, in which each of them counts.
    """

    def __init__(self, array: Array, directions: int, rng: np.random.Generator) -> None:
        self.array = array
        unit = largest(array) or 1.0
        drawn = [rng.standard_normal(array.shape) for _ in range(directions)]
        self._ways = [d * (unit / np.linalg.norm(d)) for d in drawn]

    @property
    def start(self) -> Array:
        """The numbers at which it is the array itself."""
        return np.zeros(len(self._ways))

    def at(self, numbers: Any) -> Any:
        """Return the array moved by these numbers."""
        value: Any = self.array
        for k, way in enumerate(self._ways):
            value = value + numbers[k] * way
        return value


Asked = dict[str, "Array | Samples"]
"""What is differentiated by, by what messages call it."""


def asked(arrays: dict[str, Array]) -> Asked:
    """Return what of arrays to differentiate by: all elements, or samples where they are many."""
    if sum(array.size for array in arrays.values()) <= EVERY_ELEMENT:
        return dict(arrays)
    rng = np.random.default_rng(0)
    directions = 2 if len(arrays) <= FEW_ARRAYS else 1
    return {
        name: array if array.size <= directions else Samples(array, directions, rng)
        for name, array in arrays.items()
    }


def compare(f: Callable[[dict[str, Any]], list[Any]], arrays: dict[str, Array]) -> str:
    """Compare the gradients of ``f`` by arrays, and those of the gradients, with numeric ones.

    Raises:
        AssertionError: one is wrong; it says where, in the words of the arrays' names.
    """
    wanted = asked({name: array for name, array in arrays.items() if array.size})
    if not wanted:
        return "there is nothing to differentiate by"
    try:
        return _compare(f, arrays, wanted)
    except AssertionError as error:
        raise _all_wrong(f, arrays, wanted, error) from None


def _all_wrong(
    f: Callable[[dict[str, Any]], list[Any]],
    arrays: dict[str, Array],
    wanted: Asked,
    error: AssertionError,
) -> AssertionError:
    """Return what is wrong by each array: of the first the worst element, of others that it is."""
    told: list[str] = []
    for name in list(wanted)[:MOST_TOLD]:
        try:
            _compare(f, arrays, {name: wanted[name] if told else arrays[name]})
        except AssertionError as found:
            told.append(f"the same holds for {name}" if told else str(found))
    return AssertionError("\n".join(told)) if told else error


def _compare(
    f: Callable[[dict[str, Any]], list[Any]], arrays: dict[str, Array], wanted: Asked
) -> str:
    names = list(wanted)
    held = {name: wrap(array) for name, array in arrays.items()}  # code may ask tensors' methods

    def function(*numbers: Any) -> list[Any]:
        values = {
            name: part.at(x) if isinstance(part, Samples) else x
            for (name, part), x in zip(wanted.items(), numbers, strict=True)
        }
        return f({**held, **values})

    # What gradcheck calls its arguments is put into our words afterwards.
    function.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(f"argument{k}", Parameter.POSITIONAL_ONLY) for k in range(len(names))]
    )
    starts = [part.start if isinstance(part, Samples) else part for part in wanted.values()]
    try:
        with seeded(0):
            found = gradcheck(function, *starts, order=2)
    except (errors.GradcheckError, errors.DTypeError) as error:
        text = str(error).removeprefix("gradcheck: ")
        raise AssertionError(
            re.sub(r"argument (\d+) \(argument\d+\)", lambda m: names[int(m[1])], text)
        ) from None
    return f"{found.method}" + (f", {len(found.kinks)} at a kink" if found.kinks else "")


def of_inputs(subject: Subject, f: Callable[..., Any]) -> dict[str, Array]:
    """Return the inputs to differentiate by, by their names."""
    leaves = subject.given()
    return {f"the input {subject.names[i]}": leaves[i] for i in subject.floating()}


def gradients_are_right(subject: Subject) -> str:
    """Its gradients, and those of its gradients, are the numeric ones: a function's, by inputs."""
    f = subject.fresh()
    if not any(a.dtype.kind == "f" for a in subject.outputs(f, subject.given()).values()):
        raise NotAsked("nothing real comes back")
    try:
        return compare(lambda values: _called(subject, f, values), of_inputs(subject, f))
    except AssertionError as error:
        raise AssertionError(f"{error}{_stops(subject, f)}") from None


def gradients_of_module_are_right(subject: ModuleSubject) -> str:
    """Its gradients, and those of its gradients, are the numeric ones: by inputs, parameters."""
    if subject.stopping:
        raise NotAsked(f"{listing(subject.stopping)} stops gradients on purpose")
    told = []
    for training in subject.modes:
        module = subject.moved(training=training)
        returned = subject.outputs(module, subject.given())
        if not any(a.dtype.kind == "f" for a in returned.values()):
            raise NotAsked("nothing real comes back")
        named = module.named_parameters()
        where = parameter_places(module)
        arrays = of_inputs(subject, module)
        arrays |= {where[path]: tensor.numpy() for path, tensor in named}

        def f(values: dict[str, Any], module: Module = module, named: Any = named) -> list[Any]:
            where = parameter_places(module)
            tensors = {path: values[where[path]] for path, _ in named}
            return _called(subject, lambda *x: functional_call(module, tensors, *x), values)

        try:
            told.append(compare(f, arrays))
        except AssertionError as error:
            mode = f"in {'training' if training else 'evaluation'}: " * (len(subject.modes) > 1)
            stopped = _stops(subject, module)
            mark = "; if it is meant, write stops_gradients = True in the class" * bool(stopped)
            raise AssertionError(f"{mode}{error}{stopped}{mark}") from None
    return ", then ".join(dict.fromkeys(told))


def _stops(subject: Subject, f: Callable[..., Any]) -> str:
    """Return where a call lets no gradient through."""
    return stops(lambda: subject.tensors(f, subject.variables(subject.given())))


def _called(subject: Subject, f: Callable[..., Any], values: dict[str, Any]) -> list[Any]:
    """Return the real tensors that come back for inputs, given by the names."""
    leaves = subject.given()
    for i in subject.floating():
        leaves[i] = values[f"the input {subject.names[i]}"]
    returned = flatten(subject.called_again(f, leaves))[0]
    return [x for x in returned if isinstance(x, (Tensor, float, np.ndarray))]
