"""An imported network: a module that takes and returns what its file declares."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Self

import numpy as np

from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import (
    ArgumentError,
    DTypeError,
    ShapeError,
    UsageError,
    describe,
    listing,
)
from tensorgraph.onnx.importing.arrays import TEXT
from tensorgraph.onnx.importing.graph import Declared
from tensorgraph.onnx.importing.narrow import as_narrow, widened
from tensorgraph.onnx.importing.part import Part


class Imported(Part):
    """A network that :func:`load` read from an ONNX file.

    It is called with the inputs that the file declares, in order or by name, and returns the one
    output as a tensor, several as a named tuple. Tables of strings come as arrays, sequences as
    lists.

    Example:
        >>> import onnx, tensorgraph as tg
        >>> value = lambda name: onnx.helper.make_tensor_value_info(name, 1, ["batch"])
        >>> node = onnx.helper.make_node("Exp", ["x"], ["y"])
        >>> graph = onnx.helper.make_graph([node], "exp", [value("x")], [value("y")])
        >>> model = tg.onnx.load(onnx.helper.make_model(graph))
        >>> print(model.inputs[0], model(x=[0.0, 1.0]).round(2))
        'x' (float32, shape (batch)) [1.   2.72]
    """

    inputs: tuple[Declared, ...]
    """What it takes."""
    outputs: tuple[Declared, ...]
    """What it returns."""
    opsets: Mapping[str, int]
    """The version of each set of operators that the file uses."""
    producer: str
    """What wrote the file."""
    names: Mapping[str, str]
    """The file's name of each parameter and buffer, by its path here."""
    quantised: bool = False
    """Whether constants of it are whole numbers of 8 bits or fewer."""

    def __init__(
        self, inputs: Sequence[Declared], outputs: Sequence[Declared], producer: str,
        opsets: Mapping[str, int],
    ) -> None:  # fmt: skip
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.producer, self.opsets = producer.strip(), dict(opsets)
        self.names = {}

    def forward(self, *args: Any, **named: Any) -> Any:
        """Return what the network computes of its inputs."""
        assert self.program is not None
        values = self._checked(args, named)
        results = [_result(value) for value in self.program.run(self, values)]
        if len(results) == 1:
            return results[0]
        return _named_tuple(tuple(output.name for output in self.outputs))(*results)

    def train(self, mode: bool = True) -> Self:
        """Put the network into training mode, or evaluation mode; return it.

        Raises:
            UsageError: it was quantised, and has nothing that can be trained.
        """
        if mode and self.quantised and not self.parameters():
            raise UsageError(
                "this network has no parameters: its weights are whole numbers, as it was"
                " quantised; train the network that it was made of, and quantise that again"
            )
        return super().train(mode)

    def _checked(self, args: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        """Return the inputs in order.

        Raises:
            ArgumentError: one is missing, or one is not known.
            ShapeError: one has another shape than the file declares.
            DTypeError: one is of another kind.
        """
        names = [declared.name for declared in self.inputs]
        given = dict(zip(names, args, strict=False))
        wrong = [name for name in named if name not in names or name in given]
        given |= named
        missing = [name for name in names if name not in given]
        if wrong or missing or len(args) > len(names):
            problem = f"; not given: {listing(missing)}" if missing else ""
            problem += f"; given twice or not known: {listing(wrong)}" if wrong else ""
            raise ArgumentError(
                f"the network takes {listing(self.inputs) or 'no inputs'}, not {len(args)} in order"
                f" and {listing(list(named)) or 'none'} by name{problem}"
            )
        lengths: dict[str, int] = {}
        return [_input(given[one.name], one, lengths) for one in self.inputs]

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{', '.join(map(str, self.inputs))} → {', '.join(map(str, self.outputs))}"


def _input(value: Any, declared: Declared, lengths: dict[str, int]) -> Any:
    if declared.kind != "tensor":
        return _nested(value)
    if declared.dtype is TEXT:
        return np.asarray(value, object)
    wide = widened(value)
    tensor = asarray(wide)
    wanted = declared.dtype
    if wanted is not None and tensor.dtype != wanted:
        if wanted.kind == "f" and tensor.dtype.kind in "iub" and not hasattr(value, "dtype"):
            tensor = asarray(value, wanted)  # a list of whole numbers
        elif wanted.kind in "iu" and tensor.dtype.kind in "iu":
            tensor = tensor.astype(wanted)
        elif wanted.kind != "f" or tensor.dtype.kind != "f":
            raise DTypeError(
                f"the input {declared} is given as {describe(value)}; write .astype('{wanted}')"
            )
    _check_shape(shape_of(tensor), declared, lengths)
    if declared.narrow is None or wide is not value:  # which has few digits already
        return tensor
    return as_narrow(tensor, declared.narrow)


def _nested(value: Any) -> Any:
    """Return a sequence of tensors, or one, or what is left out."""
    if value is None or isinstance(value, (list, tuple)):
        return value and [_nested(part) for part in value]
    return asarray(widened(value))


def _check_shape(shape: tuple[int, ...], declared: Declared, lengths: dict[str, int]) -> None:
    if declared.shape is None:
        return
    fits = len(shape) == len(declared.shape)
    for wanted, found in zip(declared.shape, shape, strict=False):
        if isinstance(wanted, str):
            wanted = lengths.setdefault(wanted, found)
        fits = fits and (wanted is None or wanted == found)
    if not fits:
        told = ", ".join(f"{name} = {n}" for name, n in lengths.items())
        raise ShapeError(
            f"the input {declared} is given with shape {shape}{f' ({told})' if told else ''}"
        )


def _result(value: Any) -> Any:
    if type(value) is Tensor or value is None:
        return value
    if isinstance(value, list):
        return [_result(part) for part in value]
    if isinstance(value, dict):
        return value
    return value if np.asarray(value).dtype == TEXT else asarray(value)


@cache
def _named_tuple(names: tuple[str, ...]) -> Any:
    plain = ["".join(c if c.isalnum() else "_" for c in name) for name in names]
    return namedtuple("Outputs", plain, rename=True)
