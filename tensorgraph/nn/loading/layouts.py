"""How other libraries keep the arrays of a layer, and how they are turned into its tensors.

A layer lists what it is called elsewhere in ``foreign_arrays``, by the name there, each with the
ways in which it may be kept. Which one it is, is told by its shape; where several fit, by the other
names in the file, or by the layout that is asked for:

- ``"torch"``: output first, (out, in, *places), as here;
- ``"keras"`` and ``"flax"``: places first and output last, (*places, in, out), as in TensorFlow and
  JAX; and so have matrices of the kind ``Conv1D`` in GPT-2's files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

LAYOUTS = ("torch", "keras", "flax")
"""The names that ``layout=`` takes."""

Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Kept:
    """One way in which an array is kept elsewhere."""

    tensors: tuple[str, ...]
    """What it holds, by the names in the layer."""
    turn: Callable[[Any, NDArray[Any]], Arrays | None]
    """Returns, of the layer and the array, a value for each tensor; nothing if it cannot be so."""
    how: str = ""
    """What a report says was done, if anything."""
    layouts: frozenset[str] = frozenset(LAYOUTS)
    """The libraries that keep it so."""


Ways = tuple[Kept, ...]
Foreign = Mapping[str, Ways]
"""The ways in which arrays may be kept, by their names elsewhere."""


def as_it_is(tensor: str, *layouts: str) -> Ways:
    """Return the way of an array that is kept as here."""
    where = frozenset(layouts or LAYOUTS)
    return (Kept((tensor,), lambda layer, array: [array], "", where),)


def turned(
    tensor: str, turn: Callable[[Any, NDArray[Any]], NDArray[Any] | None], how: str, *layouts: str
) -> Ways:
    """Return the way of an array that has other axes than here."""

    def one(layer: Any, array: NDArray[Any]) -> Arrays | None:
        found = turn(layer, array)
        return None if found is None else [found]

    return (Kept((tensor,), one, how, frozenset(layouts or ("keras", "flax"))),)


def output_last(tensor: str) -> Ways:
    """Return the way of a convolution's kernel whose axes are (*places, in, out)."""
    return turned(tensor, _output_first, "(*places, in, out) → (out, in, *places)")


def _output_first(layer: Any, array: NDArray[Any]) -> NDArray[Any] | None:
    n = array.ndim
    return array.transpose(n - 1, n - 2, *range(n - 2)) if n > 2 else None
