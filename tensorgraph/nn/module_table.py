"""What ``repr`` shows of a module: a line for each module in it, with the count of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tensorgraph.nn.contents import HasContents, walk

if TYPE_CHECKING:
    from tensorgraph.nn.module import Module


def table_of(module: Module) -> str:
    """Return a module as a line if there is none in it, else as a table of them."""
    rows = [_Row("", *_described(module))]
    above = [""]  # the places of the modules around the next one
    for _, place, part in walk(module):
        if isinstance(part, HasContents) and part is not module:
            while above[-1] and not place.startswith((f"{above[-1]}.", f"{above[-1]}[")):
                above.pop()
            name = place.removeprefix(above[-1]).removeprefix(".")
            rows.append(_Row("  " * len(above) + name, *_described(part)))
            above.append(place)
    if len(rows) == 1:
        return rows[0].what
    widths = [max(len(row[k]) for row in rows[1:]) for k in range(3)]
    head = f"{rows[0].what}  {rows[0].size or 0} parameters"
    return "\n".join([head, *(row.line(widths) for row in rows[1:])])


class _Row(NamedTuple):
    """A line of a module's ``repr``."""

    name: str
    what: str
    size: str

    def line(self, widths: list[int]) -> str:
        cells = [self.name.ljust(widths[0]), self.what.ljust(widths[1])]
        return "  ".join([*cells, self.size.rjust(widths[2])]).rstrip()


def _described(module: Any) -> tuple[str, str]:
    count = sum(parameter.size for parameter in module.parameters())
    frozen = sum(tensor.size for tensor in module.buffers() if tensor in module._frozen)
    sizes = [f"{count:,}"] * bool(count) + [f"{frozen:,} frozen"] * bool(frozen)
    return f"{type(module).__name__}({module.extra_repr()})", " + ".join(sizes)
