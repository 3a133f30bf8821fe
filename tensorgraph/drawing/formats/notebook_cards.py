"""Short cards in HTML, which notebooks show for tensors and modules."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tensorgraph.display.text import escaped
from tensorgraph.drawing.scene.scene import Statistics
from tensorgraph.drawing.scene.statistics import statistics
from tensorgraph.drawing.view.wording import shape_text, statistics_lines
from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module
from tensorgraph.observe.bytes_and_seconds import bytes_text

ROWS = 30
"""A module's card lists no more of what is in it."""

FEW = 1_000_000
"""Of a tensor with more elements no statistics are computed to show it."""

_BOX = (
    "display:inline-block;border:1px solid #8884;border-radius:6px;padding:6px 10px;"
    "font:13px/1.45 system-ui,sans-serif"
)
_SMALL = "opacity:.7;font-size:12px"
_CODE = "font-family:ui-monospace,monospace;font-size:12px;white-space:pre"


def card(x: Tensor | Module) -> str:
    """Return the card of a tensor or module.

    Example:
        >>> import tensorgraph as tg
        >>> "not computed" in card(tg.tensor([1.0], requires_grad=True, name="w"))
        True
    """
    return module_card(x) if isinstance(x, Module) else tensor_card(x)


def tensor_card(x: Tensor) -> str:
    """Return a tensor's name, shape, dtype and size, its first elements, and its gradient."""
    kind = (
        f"result of {x.node.op.name}{f' in {x.node.scope}' if x.node.scope else ''}"
        if x.node
        else "parameter"
        if x.requires_grad
        else "tensor"
    )
    title = f"<b>{escaped(x.name)}</b> · " if x.name else ""
    head = f"{title}{escaped(kind)} · {escaped(shape_text(x.shape, str(x.dtype)))}"
    if is_foreign(x.numpy()):
        return _card([f"{head} · {escaped(str(x))}"])
    first = np.array2string(x.numpy(), threshold=40, edgeitems=2, separator=", ")
    rows = [
        f"{head} · {bytes_text(x.numpy().nbytes)}",
        f'<div style="{_CODE}">{escaped(_few_lines(first))}</div>',
    ]
    if 1 < x.size <= FEW and x.dtype.kind in "fiu":
        rows.append(_described("", statistics(x.numpy())))
    gradient = x.grad
    if gradient is not None or (x.requires_grad and x.is_leaf):
        if gradient is None:
            rows.append(f'<span style="{_SMALL}">gradient: not computed</span>')
        elif gradient.size <= FEW:
            rows.append(_described("gradient: ", statistics(gradient.numpy())))
    return _card(rows)


def module_card(model: Module) -> str:
    """Return a module's parts, with their settings and numbers of parameters."""
    found = [f for f in walk(model) if isinstance(f.value, Module)]
    count = sum(parameter.size for parameter in model.parameters())
    rows = [f"<b>{escaped(type(model).__name__)}</b> · {count:,} parameters"]
    cells = []
    for place, module in [(f.place, f.value) for f in found[1 : ROWS + 1]]:
        own = sum(parameter.size for parameter in module.parameters())
        what = f"{type(module).__name__}({module.extra_repr()})"
        cells.append(
            f'<tr><td style="{_SMALL}">{escaped(place)}</td><td>{escaped(what)}</td>'
            f'<td style="text-align:right">{f"{own:,}" if own else ""}</td></tr>'
        )
    if cells:
        rows.append(f"<table>{''.join(cells)}</table>")
    if len(found) > ROWS + 1:
        rows.append(f'<span style="{_SMALL}">… and {len(found) - ROWS - 1:,} more</span>')
    return _card(rows)


def _card(rows: Iterable[str]) -> str:
    inside = "".join(f"<div>{row}</div>" for row in rows)
    return f'<div style="{_BOX}">{inside}</div>'


def _few_lines(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(lines if len(lines) <= 8 else [*lines[:4], "…", *lines[-3:]])


def _described(label: str, found: Statistics) -> str:
    """Return statistics as a line with a small histogram."""
    told = " · ".join(statistics_lines(found))
    return f'<span style="{_SMALL}">{label}{escaped(told)}</span> {_bars(found.histogram)}'


def _bars(counts: tuple[int, ...]) -> str:
    if not counts:
        return ""
    top = max(counts)
    bars = "".join(
        f'<rect x="{4 * i}" y="{16 - 16 * n / top:.1f}" width="3" height="{16 * n / top:.1f}"/>'
        for i, n in enumerate(counts)
    )
    return (
        f'<svg width="{4 * len(counts)}" height="16" fill="currentColor" opacity=".6"'
        f' style="vertical-align:middle">{bars}</svg>'
    )
