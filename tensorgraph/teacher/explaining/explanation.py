"""What ``tg.explain`` returns: causes in words, with numbers, as text and as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tensorgraph.display.tables import text_table
from tensorgraph.display.terminal import terminal_width
from tensorgraph.display.text import escaped
from tensorgraph.errors import listing

WIDTH = 88
"""Lines of text are no longer, as far as words allow; in a narrow terminal they are shorter."""

HEALTHY = "healthy"
HARMLESS = frozenset(
    ("never looked up", "not chosen", "masked", "zero inputs", "no influence", "frozen",
     "nothing left to learn", "at a minimum", "left out", "off units")
)  # fmt: skip
"""Reasons for a gradient of 0 that are no reason to warn."""

SICK_SHARE = 0.5
"""A gradient of which so large a part is 0 for dead units is worth a warning."""


@dataclass(frozen=True)
class Cause:
    """A reason why a gradient is as it is."""

    kind: str
    """In a word or two: ``"dead units"``, ``"zero weights"``, ``"detached"``, …"""
    text: str
    """What was found, with numbers."""
    remedy: str = ""
    """What to write instead."""
    checked: str = ""
    """By what computation it was found to be so."""
    op: str = ""
    """The operation to blame."""
    module: str = ""
    """The path and class of the module that it ran in."""
    line: str = ""
    """The user's line, ``file:line``, as far as it is known."""
    units: tuple[int, ...] = ()
    """The units that it is about, if it is about units."""
    share: float = 1.0
    """Which part of the elements in question it is to blame for."""

    @property
    def where(self) -> str:
        """The operation, the module and the line."""
        place = f"{self.op} in {self.module}" if self.op and self.module else self.op or self.module
        return f"{place} at {self.line}" if place and self.line else place or self.line

    def lines(self) -> list[str]:
        """Return it as paragraphs."""
        head = f"{self.where}: {self.text}" if self.where else self.text
        told = [head]
        if self.checked:
            told.append(f"checked: {self.checked}")
        if self.remedy:
            told.append(f"write: {self.remedy}")
        return told


@dataclass(frozen=True)
class Explanation:
    """Why a gradient is as it is; what :func:`explain` returns for a tensor.

    Its text is for reading; the fields are for code.
    """

    name: str
    """What the tensor is called."""
    shape: tuple[int, ...]
    verdict: str
    """``"healthy"``, ``"incomplete"``, ``"none"``, ``"zero"``, ``"partly zero"``, ``"alike"``,
    ``"tiny"``, ``"huge"`` or ``"not finite"``."""
    summary: str
    """The verdict in numbers."""
    causes: tuple[Cause, ...] = ()
    """The reasons, those first that the gradient meets last on its way from the loss."""
    notes: tuple[str, ...] = ()
    """What else is to be known."""
    size: float = 0.0
    """The root mean square of the gradient; NaN if there is none."""
    zeros: float = 0.0
    """Which part of its elements is 0."""
    flow: tuple[tuple[str, float, float], ...] = field(default=(), repr=False)
    """The gradient's root mean square at each layer between the loss and the tensor, and the
    factor by which it differs from that of the layer before."""

    @property
    def healthy(self) -> bool:
        """Whether nothing is the matter."""
        return self.verdict == HEALTHY

    @property
    def alarming(self) -> bool:
        """Whether training will hardly go well so: not for a few units or rows without gradient."""
        if self.causes and all(cause.kind in HARMLESS for cause in self.causes):
            return False
        return self.zeros >= SICK_SHARE if self.verdict == "partly zero" else not self.healthy

    def noted(self, notes: Sequence[str]) -> Explanation:
        """Return the same with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def _paragraphs(self) -> list[str]:
        told = [self.summary]
        for i, cause in enumerate(self.causes, 1):
            first, *rest = cause.lines()
            told += [f"{i}. {first}" if len(self.causes) > 1 else first]
            told += [f"   {line}" for line in rest]
        return told

    def __str__(self) -> str:
        lines = wrapped(self._paragraphs())
        if self.flow and self.verdict in ("tiny", "huge"):
            lines += text_table(flow_cells(self.flow), left=[0]).splitlines()
        return "\n".join([*lines, *wrapped(self.notes)])

    def _repr_html_(self) -> str:
        table = table_html(flow_cells(self.flow), "") if self.flow else ""
        causes = "".join(cause_html(cause) for cause in self.causes)
        sign = sign_of(self)
        head = f'<p><b style="color:{COLOURS[sign]}">{sign}</b> <b>{escaped(self.summary)}</b></p>'
        return f"{head}{causes}{table}{notes_html(self.notes)}"


@dataclass(frozen=True)
class Explanations(Sequence[Explanation]):
    """What :func:`explain` returns for a model, or for several tensors: one for each.

    ``explanations["layers.0.weight"]`` is that of a parameter.
    """

    each: tuple[Explanation, ...]
    notes: tuple[str, ...] = ()

    def __getitem__(self, key: int | str | slice) -> Explanation:  # type: ignore[override]
        if isinstance(key, str):
            for one in self.each:
                if one.name == key:
                    return one
            names = listing([one.name for one in self.each])
            raise KeyError(f"{key!r} was not explained; there is {names}")
        return self.each[key]  # type: ignore[return-value]

    def __iter__(self) -> Iterator[Explanation]:
        return iter(self.each)

    def __len__(self) -> int:
        return len(self.each)

    @property
    def healthy(self) -> bool:
        """Whether nothing is the matter with any of them."""
        return all(one.healthy for one in self.each)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Every cause once."""
        return tuple(self.by_cause())

    def by_cause(self) -> dict[Cause, list[str]]:
        """Return the names of the tensors that each cause is about."""
        found: dict[Cause, list[str]] = {}
        for one in self.each:
            for cause in one.causes:
                same = next((c for c in found if _same(c, cause)), cause)
                names = found.setdefault(same, [])
                if one.name not in names:
                    names.append(one.name)
        return found

    def warnings(self, told: set[Any]) -> list[str]:
        """Return what to warn of, each cause once; ``told`` holds what was, and is added to."""
        alarming = Explanations(tuple(one for one in self.each if one.alarming))
        found = []
        for cause, names in alarming.by_cause().items():
            key = cause.kind, cause.op, cause.module
            if cause.kind not in HARMLESS and key not in told:
                told.add(key)
                first, *rest = cause.lines()
                text = "; ".join(
                    [first, *(line for line in rest if not line.startswith("checked"))]
                )
                verdicts = {one.verdict for one in alarming if one.name in names}
                found.append(f"the gradient of {_listed(names)} is {', '.join(verdicts)}: {text}")
        return found

    def _cells(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("", "shape", "gradient", "zeros", "")]
        for one in self.each:
            size = "none" if one.size != one.size and one.verdict == "none" else f"{one.size:.3g}"
            shape = " x ".join(map(str, one.shape)) or "1"
            rows.append((one.name, shape, size, f"{one.zeros:.0%}", one.verdict))
        return rows

    def _paragraphs(self) -> list[str]:
        causes, told = self._told()
        for cause, names in causes.items():
            first, *rest = cause.lines()
            told += [f"{_listed(names)}: {first}", *(f"   {line}" for line in rest)]
        if not told:
            told = ["all gradients are healthy" if self.healthy else "no cause was found"]
        return told

    def _told(self) -> tuple[dict[Cause, list[str]], list[str]]:
        """Return the causes to tell one by one, and a line for those that many layers have."""
        causes = self.by_cause()
        alarming = {one.name for one in self.each if one.alarming}
        few = [c for c in causes if c.kind in _FEW_UNITS and not alarming & set(causes[c])]
        if len(few) < MANY or all(c.kind == "zero values" for c in few):
            return causes, []
        places = dict.fromkeys(c.module or c.op for c in few if c.kind != "zero values")
        names = dict.fromkeys(name for cause in few for name in causes[cause])
        line = (
            f"{_listed(list(names))}: a part of these is 0, as some units are off, in"
            f" {_listed(list(places))}; nothing to do, if they stay few; explanations[name] of one"
            " says which"
        )
        return {cause: names for cause, names in causes.items() if cause not in few}, [line]

    def __str__(self) -> str:
        if not self.each:
            return "there is no parameter"
        table = text_table(self._cells(), left=[0, 4])
        return "\n".join([table, *wrapped([*self._paragraphs(), *self.notes])])

    def _repr_html_(self) -> str:
        causes, lines = self._told()
        told = "".join(cause_html(cause, _listed(names)) for cause, names in causes.items())
        if self.healthy:
            lines = ["all gradients are healthy"]
        signs = "".join(map(sign_of, self.each))
        return f"{table_html(self._cells(), signs)}{told}{notes_html([*lines, *self.notes])}"

    def __repr__(self) -> str:
        sick = [one.name for one in self.each if not one.healthy]
        return f"<Explanations of {len(self.each)} gradients, {len(sick)} not healthy>"


def sign_of(one: Explanation) -> str:
    """Return a sign: whether a gradient is healthy, to be looked at, or a reason to worry."""
    return "✔" if one.healthy else "✘" if one.alarming else "?"


MANY = 4
"""So many causes of a few units that are off are told in a line."""

_FEW_UNITS = ("dead units", "zero values", "off units")

COLOURS = {"✔": "#2e9e4f", "✘": "#d64545", "?": "#888888"}
"""Of signs, to be read on white and on black."""

_LEFT = "text-align:left"


def table_html(cells: Sequence[Sequence[str]], signs: str) -> str:
    """Return a table: names to the left, numbers to the right, signs in front of the rows."""
    head, *rows = cells
    first, *others = (escaped(title) for title in head)
    titles = f'<th style="{_LEFT}">{first}</th>' + "".join(
        f'<th style="text-align:right">{title}</th>' for title in others
    )
    corner = "<th></th>" if signs else ""
    body = ""
    for k, (name, *numbers) in enumerate(rows):
        sign = f'<td style="color:{COLOURS[signs[k]]}"><b>{signs[k]}</b></td>' if signs else ""
        cells_html = "".join(f'<td style="text-align:right">{escaped(n)}</td>' for n in numbers)
        body += f'<tr>{sign}<th style="{_LEFT}">{escaped(name)}</th>{cells_html}</tr>'
    return f"<table><thead><tr>{corner}{titles}</tr></thead><tbody>{body}</tbody></table>"


def cause_html(cause: Cause, whose: str = "") -> str:
    """Return a cause: what it is about and where in bold, how it was checked smaller."""
    head = ": ".join(filter(None, [whose, cause.where]))
    parts = [f"<b>{escaped(head)}</b><br>" if head else "", escaped(cause.text)]
    if cause.remedy:
        parts.append(f"<br>write: <i>{escaped(cause.remedy)}</i>")
    if cause.checked:
        parts.append(f"<br><small>checked: {escaped(cause.checked)}</small>")
    style = f"border-left:3px solid #888888;padding-left:0.8em;margin:0.6em 0;{_LEFT}"
    return f'<div style="{style}">{"".join(parts)}</div>'


def notes_html(notes: Sequence[str]) -> str:
    """Return what else is to be known, in small letters."""
    return "".join(f"<p><small>{escaped(note)}</small></p>" for note in notes)


def flow_cells(flow: Sequence[tuple[str, float, float]]) -> list[tuple[str, ...]]:
    """Return the rows of a table of gradients layer by layer."""
    rows: list[tuple[str, ...]] = [("from the loss down", "gradient", "factor")]
    return rows + [(name, f"{size:.3g}", f"{factor:.3g}") for name, size, factor in flow]


def wrapped(paragraphs: Sequence[str]) -> list[str]:
    """Return paragraphs as lines that fit into a terminal; what is indented stays so."""
    lines = []
    width = terminal_width(WIDTH)
    for text in paragraphs:
        indent = text[: len(text) - len(text.lstrip())]
        lines += textwrap.wrap(
            text.lstrip(), width, initial_indent=indent, subsequent_indent=f"{indent}  ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


_BY_KIND = ("vanishing", "exploding")
"""Of these the first stands for all, that of the tensor furthest from the loss."""


def _same(one: Cause, other: Cause) -> bool:
    if one.kind == other.kind in _BY_KIND:
        return one.op == other.op
    return (one.kind, one.where, one.text) == (other.kind, other.where, other.text)


def _listed(names: Sequence[str]) -> str:
    return (
        ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
    )
