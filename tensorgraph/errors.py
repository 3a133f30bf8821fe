"""Every exception and warning: what was seen, what was expected, what to write instead.

The exceptions subclass ``ValueError``, ``TypeError``, ``RuntimeError`` or ``AttributeError``, so
code that catches those keeps working. The helpers below build the sentences, so that all messages
read alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph.caller.variables import variable_of


class ShapeError(ValueError):
    """Shapes that do not fit together, or do not fit the operation."""


class AxisError(ValueError, IndexError):
    """An axis, index, or class label outside its range."""


class ArgumentError(ValueError):
    """A static parameter whose value makes no sense."""


class DTypeError(TypeError):
    """Data of a kind the engine does not compute with, or cannot differentiate."""


class LinAlgError(ArgumentError, np.linalg.LinAlgError):
    """A matrix of which something does not exist: a singular one's inverse, say."""


class ArgumentTypeError(ArgumentError, DTypeError):
    """An argument of another kind, 2.5 for an integer; or one that is missing or unknown."""


class MissingNameError(AttributeError):
    """A name that a module or an object of this package does not have.

    What to write instead is looked up when the message is read, by ``find(name)``: who asks by
    ``hasattr`` never waits for it.
    """

    def __init__(self, problem: str, name: str, find: Callable[[str], str | None]) -> None:
        # Without obj, of whose attributes Python would add the one that looks most alike.
        super().__init__(problem, name=name)
        self._find = find

    def __str__(self) -> str:
        found = self._find(str(self.name))
        return f"{self.args[0]}; {found}" if found else str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return AttributeError, (str(self),)


class ImmutableError(TypeError):
    """An attempt to change a tensor's elements in place."""


class GraphError(RuntimeError):
    """Differentiation asked of a graph that cannot give it."""


class LayerError(GraphError):
    """A value asked for, or changed, where a transform computes with many at once."""


class AnomalyError(RuntimeError, FloatingPointError):
    """A NaN or an infinity that an operation made, found by ``tg.debug()``."""


class DivergenceError(AnomalyError):
    """Training that came to a NaN or an infinity; ``history`` holds the epochs before."""

    def __init__(self, message: str, history: Any) -> None:
        super().__init__(message)
        self.history = history

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.history)


class DeclarationError(TypeError):
    """An op record that is incomplete or contradicts itself."""


class StateError(ValueError):
    """A state dict that does not fit the module or optimizer it is loaded into."""


class OnnxError(ValueError):
    """An ONNX file that is broken, or that holds what cannot be computed here."""


class GradcheckError(RuntimeError):
    """A gradient that disagrees with its numeric counterpart."""


class CheckError(AssertionError):
    """Promises that a check found broken; ``result`` tells of each, and of those that are kept."""

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.result)


class UsageError(RuntimeError):
    """A call that comes before what it needs, or after what forbids it."""


class NotFittedError(UsageError, ValueError, AttributeError):
    """Something applied before it was fitted; where scikit-learn is imported, also its own error.

    ``except sklearn.exceptions.NotFittedError`` catches it then, and ``ValueError`` and
    ``AttributeError``, which that one is.
    """


class CompileError(RuntimeError):
    """A program that a C compiler refuses, or makes nothing of that can be run."""


class ExportError(GraphError):
    """A function that a file of another format cannot hold."""


class DistributedError(RuntimeError):
    """Processes that do not do the same at the same time, or no longer answer."""


class PeerError(DistributedError):
    """What ended another process, and so ends this one too."""


class FactError(ValueError):
    """An assumption that the data violate."""


class DerivationError(RuntimeError):
    """A formula that disagrees with the gradient that the engine computes."""


class UsageWarning(UserWarning):
    """Something that can be computed, but is hardly what was meant."""


class LostGradientWarning(UsageWarning):
    """A gradient that ends here, though the line does not say so."""


class GradientWarning(UsageWarning):
    """A gradient with which training will hardly get anywhere: none, 0, NaN, or one that fades."""


def describe(value: Any) -> str:
    """Return a short name for an operand: its name if it has one, its shape and dtype."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    shape = getattr(value, "shape", None)
    if shape is None or not hasattr(value, "dtype"):
        plain = value is None or isinstance(value, (bool, int, float, str, slice, list, tuple))
        text = repr(value) if plain else ""
        readable = text and len(text) <= 80 and "\n" not in text
        return text if readable else f"a {type(value).__name__}"
    name = getattr(value, "name", None)
    text = f"shape {tuple(shape)} {value.dtype}"
    return f"{name!r} with {text}" if name else text


def owner(tensor: Any, frame: FrameType | None = None) -> str:
    """Return what a message calls the tensor whose method failed: its own name or a variable's."""
    name = tensor.name or variable_of(tensor, frame)
    if name:
        return f"tensor {name!r}"
    node = tensor.node
    return f"this result of {node.op.name!r}{where_in(node.scope)}" if node else "this tensor"


def where_in(scope: str) -> str:
    """Return `` in model.layers[2] Linear`` for a module scope, or nothing outside modules."""
    return f" in {scope}" if scope else ""


def variable(tensor: Any, frame: FrameType | None = None) -> str:
    """Return what a line to write calls a tensor."""
    name = tensor.name or variable_of(tensor, frame)
    return name if isinstance(name, str) and name.isidentifier() else "x"


def key_text(key: Any) -> str:
    """Return an indexing key as it is written as an argument: ``0``, ``np.s_[1:, 2]``, ``mask``."""
    parts = key if isinstance(key, tuple) else (key,)
    written = ", ".join(map(_key_part, parts))
    plain = len(parts) == 1 and not isinstance(parts[0], slice)
    return written if plain else f"np.s_[{written}]"


def _key_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
        return ":".join(ends if ends[2] else ends[:2])
    if part is Ellipsis:
        return "..."
    if part is None or isinstance(part, int):
        return repr(part)
    kind = getattr(getattr(part, "dtype", None), "kind", "i")
    return "mask" if kind == "b" else "index"


def value_text(value: Any) -> str:
    """Return a value as it is written as an argument, if it is short."""
    return repr(value) if isinstance(value, (bool, int, float)) else "value"


def reworded(error: Exception) -> str:
    """Return an error of NumPy in a user's words, where we have better ones."""
    text = str(error)
    if "did not contain a loop" in text or "not supported for the input types" in text:
        return "it is not defined for operands of these types"
    if "boolean" in text and "the `-` operator" in text:
        return "booleans have no minus; write ~x for not x, x ^ y for either or"
    if "negative integer powers" in text:
        return (
            "an integer to a negative power is no integer; write a float exponent"
            " or .astype('float32')"
        )
    if isinstance(error, OverflowError) and "out of bounds for" in text:
        number, _, dtype = text.removeprefix("Python integer ").partition(" out of bounds for ")
        return f"{number} does not fit into {dtype}; write .astype('int64') for the tensor"
    return text.replace("indexed array", "tensor").replace("for array: array", "for tensor: it")


def ragged(data: Any) -> str:
    """Return what is wrong with nested sequences that do not form a rectangle."""
    level = [("data", data)]
    while level:
        lengths = [len(part) if hasattr(part, "__len__") else -1 for _, part in level]
        for (name, _), n in zip(level, lengths, strict=True):
            if n != lengths[0]:
                first, other = _sized(lengths[0]), _sized(n)
                return f"ragged data: {level[0][0]} {first}, {name} {other}; all must be alike"
        if lengths[0] < 0:
            break
        level = [(f"{name}[{i}]", x) for name, part in level for i, x in enumerate(part)]
    return "ragged data: all parts must be alike"


def _sized(length: int) -> str:
    return f"has length {length}" if length >= 0 else "is a number"


def listing(names: Sequence[Any], limit: int = 8) -> str:
    """Join names for a message, cutting long lists."""
    shown = ", ".join(map(str, names[:limit]))
    return shown if len(names) <= limit else f"{shown}, … ({len(names)} in all)"
