"""Flax' recurrent cells, which have an array for each gate: joined as its newer cells have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.tensor import array_of

ORDERS = ("i", "f", "g", "o"), ("r", "z", "n"), ("",)
"""The gates of an LSTM, a GRU and a simple cell by their letters, in the order of Flax' newer."""
_GATE = re.compile(r"((?:.*\.)?)([ih])([a-z]?)_?\.(kernel|bias)")

Named = Mapping[str, tuple[str, Any]]
"""For each name in a file the one to look for, and the array."""
Parts = dict[tuple[str, str, str], str]
"""Names in a file by what they are: of the input or the state, the letter, kernel or bias."""


def joined_gates(arrays: Named, known: Any) -> dict[str, tuple[str, Any]]:
    """Return arrays with those of the gates of a cell joined, in ``dense_i`` and ``dense_h``.

    Biases of which there are not two for each gate are joined in ``dense``, of shape (2, gates ·
    hidden), with zeros where there is none.

    Args:
        arrays: by their names in a file.
        known: names that mean something already.

    Example:
        >>> import numpy as np
        >>> arrays = {f"cell/{s}/kernel": (f"cell.{s}.kernel", np.eye(2)) for s in "ih"}
        >>> [wanted for wanted, _ in joined_gates(arrays, set()).values()]
        ['cell.dense_i.kernel', 'cell.dense_h.kernel']
    """
    cells: dict[str, Parts] = {}
    for name, (wanted, _) in arrays.items():
        if wanted not in known and (found := _GATE.fullmatch(wanted)):
            above, side, letter, kind = found.groups()
            cells.setdefault(above, {})[side, letter, kind] = name
    joined = dict(arrays)
    for above, parts in cells.items():
        order = _order({what: np.shape(arrays[name][1]) for what, name in parts.items()})
        if order is None:
            continue
        values = {key: to_host(array_of(arrays[name][1])) for key, name in parts.items()}
        title = f"{next(iter(parts.values()))} and {len(parts) - 1} more"
        for name in parts.values():
            del joined[name]
        for what, value in _dense(values, order).items():
            joined[f"{title}, {what}"] = f"{above}{what}", value
    return joined


def _order(shapes: Mapping[tuple[str, str, str], tuple[int, ...]]) -> list[str] | None:
    """Return the gates of arrays that make a cell, in order; nothing where they do not fit."""
    order = next((list(o) for o in ORDERS if {letter for _, letter, _ in shapes} == set(o)), None)
    if order is None or any((s, g, "kernel") not in shapes for s in "ih" for g in order):
        return None
    hidden = shapes["h", order[0], "kernel"][-1:]
    rows = {(side, *shape[:1]) for (side, _, kind), shape in shapes.items() if kind == "kernel"}
    fit = all(
        len(shape) == (2 if kind == "kernel" else 1) and shape[-1:] == hidden
        for (*_, kind), shape in shapes.items()
    )
    return order if fit and len(rows) == 2 else None


def _dense(
    values: Mapping[tuple[str, str, str], NDArray[Any]], order: list[str]
) -> dict[str, NDArray[Any]]:
    """Return the kernels of the input and of the state, and their biases if there are any."""
    found = {
        f"dense_{side}.kernel": np.concatenate([values[side, g, "kernel"] for g in order], axis=-1)
        for side in "ih"
    }
    if any(kind == "bias" for *_, kind in values):
        none = np.zeros_like(values["h", order[0], "kernel"][0])
        biases = [[values.get((side, g, "bias"), none) for g in order] for side in "ih"]
        found["dense.bias"] = np.stack([np.concatenate(side) for side in biases])
    return found
