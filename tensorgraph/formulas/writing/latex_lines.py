"""Equations as a LaTeX environment, the long ones on several lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import repeat

from tensorgraph.formulas.writing.formula import Formula
from tensorgraph.formulas.writing.latex import (
    DELIMITERS,
    PRODUCT_SIGNS,
    escaped,
    head,
    key_below,
    latex,
    set_part,
    within,
)
from tensorgraph.formulas.writing.text import MATMUL, NEGATIVE, POWER, PRODUCT, SUM, WHOLE, text

ROOM = 46.0
"""How wide a line may be, in letters: what fits on a page in one column."""

Piece = tuple[str, float]
"""What is not broken, and how wide it is."""


def align(
    equations: Iterable[tuple[str | Formula, str, Formula]], notes: Iterable[str] = repeat("")
) -> str:
    """Return equations as an ``align*`` environment.

    Args:
        equations: of each what is on the left, the sign and the formula on the right.
        notes: what stands after each.
    """
    rows: list[str] = []
    for (left, sign, f), note in zip(equations, notes, strict=False):
        named = left if isinstance(left, Formula) else Formula("name", text=left)
        rows += _rows(named, sign, f)
        rows[-1] += note
    return "\n".join([r"\begin{align*}", " \\\\\n".join(rows), r"\end{align*}"])


def _rows(name: Formula, sign: str, f: Formula) -> Iterator[str]:
    """Yield the lines of an equation."""
    room = ROOM - len(text(name))
    sides = f.parts if f.kind == "equation" and width(f) > room else (f,)
    left = latex(name)
    for side in sides:
        first, *others = _filled(_pieces(side, SUM, room), room)
        yield f"{left} &{sign} {first}"
        yield from (rf"  &\quad {{}} {other}" for other in others)
        left, sign = " ", "="


def _filled(pieces: Iterable[Piece], room: float) -> list[str]:
    """Return lines of as many pieces as they have room for."""
    lines, left = [""], room
    for piece, size in pieces:
        if lines[-1] and size > left:
            lines.append("")
            left = room
        lines[-1] += (" " if lines[-1] else "") + piece
        left -= size
    return lines


def width(f: Formula) -> float:
    """Return about how wide a part is, in letters."""
    parts = [width(p) for p in f.parts]
    if f.kind in ("fraction", "derivative"):
        return 1 + max(parts)
    return len(text(f)) - sum(len(text(p)) for p in f.parts) + sum(parts)


def _pieces(f: Formula, tightness: int, room: float) -> list[Piece]:
    """Return a part in pieces between which a line may end.

    Args:
        f: the part.
        tightness: where it holds together less tightly, it is put in parentheses.
        room: how wide it may be without being broken.
    """
    if width(f) <= room or f.kind not in BROKEN:
        return [(within(f, tightness), width(f))]
    pieces = BROKEN[f.kind](f, room)
    return pieces if set_part(f)[1] >= tightness else _enclosed(("", 0), pieces)


def _enclosed(before: Piece, pieces: list[Piece], signs: str = "()") -> list[Piece]:
    """Return pieces in parentheses, which have one size though they stand on several lines."""
    left, right = (DELIMITERS.get(sign, sign) for sign in signs)
    opened = [_joined(before, (rf"\Bigl{left}", 1), pieces[0]), *pieces[1:]]
    return [*opened[:-1], _joined(opened[-1], (rf"\Bigr{right}", 1))]


def _joined(*pieces: Piece) -> Piece:
    """Return pieces as one, within which no line ends."""
    return " ".join(filter(None, (piece for piece, _ in pieces))), sum(size for _, size in pieces)


def _after(sign: str, pieces: list[Piece]) -> list[Piece]:
    """Return pieces after a sign, which goes on the line of the first."""
    return [_joined((sign, 3 if sign else 0), pieces[0]), *pieces[1:]]


def _sum(f: Formula, room: float) -> list[Piece]:
    signs = ["-" if sign == "−" else "+" for sign in f.text]
    result = _after(signs[0].strip("+"), _pieces(f.parts[0], NEGATIVE, room))
    for sign, part in zip(signs[1:], f.parts[1:], strict=True):
        result += _after(sign, _pieces(part, PRODUCT, room))
    return result


def _product(f: Formula, room: float) -> list[Piece]:
    result = _pieces(f.parts[0], PRODUCT, room)
    for sign, part in zip(f.text, f.parts[1:], strict=True):
        pieces = _after(PRODUCT_SIGNS[sign], _pieces(part, MATMUL, room))
        # A number stays with what it multiplies, if both fit on a line.
        if sign == " " and result[-1][1] + pieces[0][1] <= room:
            pieces[0] = _joined(result.pop(), pieces[0])
        result += pieces
    return result


def _matmul(f: Formula, room: float) -> list[Piece]:
    first, *others = (_pieces(part, POWER, room) for part in f.parts)
    return [*first, *(piece for own in others for piece in _after(r"\,", own))]


def _fraction(f: Formula, room: float) -> list[Piece]:
    """Break a long fraction as 1 over what is below, times what is above.

    What is below and too long itself is raised to -1.
    """
    above, under = f.parts
    one = Formula("number", text="1")
    inverse = Formula("fraction", (one, under))
    if width(inverse) > room:
        inverse = Formula("power", (under, Formula("number", text="-1")))
    if above == one:
        return _pieces(inverse, PRODUCT, room)
    return _product(Formula("product", (inverse, above), " "), room)


def _raised(f: Formula, room: float) -> list[Piece]:
    if f.parts[0].kind not in BROKEN:  # whose own superscript goes with this one
        return [(latex(f), width(f))]
    *pieces, last = _pieces(f.parts[0], WHOLE, room)
    above = r"\top" if f.kind == "transpose" else latex(f.parts[1])
    return [*pieces, _joined(last, (f"^{{{above}}}", 1))]


def _root(f: Formula, room: float) -> list[Piece]:
    """Break a long root as a power, whose base may stand on several lines."""
    half = Formula("fraction", (Formula("number", text="1"), Formula("number", text="2")))
    return _raised(Formula("power", (f.parts[0], half)), room)


def _relation(f: Formula, room: float) -> list[Piece]:
    first, second = (_pieces(part, SUM, room) for part in f.parts)
    return _enclosed(("", 0), [*first, *_after(f.latex or f.text, second)], "[]")


def _item(f: Formula, room: float) -> list[Piece]:
    if f.parts[0].kind not in BROKEN:  # whose own subscript goes with this one
        return [(latex(f), width(f))]
    *pieces, last = _pieces(f.parts[0], WHOLE, room)
    return [*pieces, _joined(last, (key_below(f), float(len(f.text))))]


def _repeated(f: Formula, room: float) -> list[Piece]:
    places = rf"\quad \text{{{f.text}}}"
    return [*_pieces(f.parts[0], SUM, room), (places, 3.0 + len(f.text))]


def _function(f: Formula, room: float) -> list[Piece]:
    *settings, name = _head(f)
    return [*settings, *_enclosed(name, _operands(f, room - len(f.text)))]


def _listed(f: Formula, room: float) -> list[Piece]:
    return _enclosed(("", 0), _operands(f, room), f.text)


def _operands(f: Formula, room: float) -> list[Piece]:
    *before, last = (_pieces(part, SUM, room) for part in f.parts)
    return [*(p for own in before for p in [*own[:-1], _joined(own[-1], (",", 1))]), *last]


def _head(f: Formula) -> list[Piece]:
    """Return what stands before operands; a line may end between an operation's settings."""
    *words, last = re.split(r"(?<=,) (?=\w+=)", f.text)
    pieces = [(rf"\operatorname{{{escaped(word)}}}\,", float(len(word))) for word in words]
    return [*pieces, (head(replace(f, text=last)), len(last) + len(f.axes or ()))]


BROKEN: dict[str, Callable[[Formula, float], list[Piece]]] = {
    "sum": _sum,
    "negative": lambda f, room: _after("-", _pieces(f.parts[0], PRODUCT, room - 3)),
    "product": _product,
    "matmul": _matmul,
    "fraction": _fraction,
    "power": _raised,
    "root": _root,
    "relation": _relation,
    "item": _item,
    "transpose": _raised,
    "repeated": _repeated,
    "function": _function,
    "reduction": _function,
    "enclosed": _listed,
}
"""How each kind of part is broken that may stand on several lines."""
