"""Which functions of NumPy take tensors, read off the table that answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import tensorgraph as tg
from docs.rst import heading, table
from tensorgraph.ops import OPS
from tensorgraph.ops.numpy_api import other_functions, recorded_functions

MODULES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft}
"""Where functions of arrays are looked for."""


def functions() -> dict[str, Callable[..., Any]]:
    """Return NumPy's public functions that hand themselves over to what they are given."""
    return {
        f"{shown}.{name}": getattr(module, name)
        for shown, module in MODULES.items()
        for name in sorted(module.__all__)
        if _asks_its_operands(getattr(module, name))
    }


def _asks_its_operands(function: Any) -> bool:
    return isinstance(function, np.ufunc) or hasattr(function, "_implementation")


def answers() -> Iterator[tuple[str, str]]:
    """Return each function with what becomes of a tensor: ``recorded``, ``value`` or ``""``."""
    recorded = recorded_functions(OPS)
    others = other_functions(tg.Tensor, lambda x: x, lambda x: x)
    for name, function in functions().items():
        answer = "recorded" if function in recorded else "value" if function in others else ""
        yield name, answer


def page() -> str:
    """Return the page with all of them."""
    found = dict(answers())
    kinds = {kind: [n for n, k in found.items() if k == kind] for kind in ("recorded", "value", "")}
    parts = [
        heading("NumPy's functions on tensors", label="numpy-functions"),
        f"{len(kinds['recorded'])} of NumPy's functions are operations where a tensor is among"
        " their operands: they are recorded, and have gradients to any order where there are any."
        f" {len(kinds['value'])} more tell something of"
        " the values, or of shape and dtype alone. This page is made from the table that answers"
        " them. Where a function is missing, the error says so and names the way around it;"
        " :py:obj:`tg.op <tensorgraph.op>` declares a new one.\n\n",
        heading("Operations", "-"),
        _grid(kinds["recorded"]),
        heading("Answered from values, shape or dtype", "-"),
        _grid(kinds["value"]),
        heading("Without a counterpart", "-"),
        "``f(x.numpy())`` computes them without a gradient.\n\n",
        _grid(kinds[""]),
    ]
    return "".join(parts)


def _grid(names: list[str], columns: int = 4) -> str:
    cells = [_linked(name) for name in names]
    cells += [""] * (-len(cells) % columns)
    rows = [cells[i : i + columns] for i in range(0, len(cells), columns)]
    return table(rows, (), " ".join(["25"] * columns))


def _linked(name: str) -> str:
    own = name.rpartition(".")[2]
    return f":py:obj:`{name} <tensorgraph.{own}>`" if own in OPS else f"``{name}``"
