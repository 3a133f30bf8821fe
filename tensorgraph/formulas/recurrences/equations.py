"""Equations that say the same at each step, as one equation for all t; and terms, as a sum over t.

Two formulas are compared part by part: an index that differs by as much as the steps do is t plus
a number, one that is equal is what it is, and anything else keeps the formulas apart.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tensorgraph.formulas.writing.formula import Formula

INDEXED = ("step", "item", "number")
"""The kinds of parts in whose text a step may stand."""
INDEX = re.compile(r"(?<![\w.])-?\d+(?![\w.])")
FEWEST = 3
"""So many terms of one form are written as a sum over t."""


@dataclass(frozen=True)
class Equation:
    """An equation, for one step or for several."""

    left: Formula
    right: Formula
    range: tuple[int, ...] = ()
    """The steps t that it holds for, where it has a t and these are not all."""
    note: str = ""
    """What it rests on."""


def folded(
    equations: Sequence[Equation],
    written: Mapping[str, Formula],
    steps: Mapping[str, Sequence[int]],
    unfinished: Collection[str] = (),
) -> list[Equation]:
    """Return equations in which those that are alike at several steps are one.

    Args:
        equations: each for one value.
        written: how names with an index are written.
        steps: the indices that each letter stands with.
        unfinished: the letters of which equations are missing: the others say for which steps.
    """
    found = [
        replace(e, left=placed(e.left, written), right=_summed(placed(e.right, written), steps))
        for e in equations
    ]
    families: dict[object, list[tuple[int, Equation]]] = {}
    for i, e in enumerate(found):
        step = _step_of(e.left)
        key = ("alone", i) if step is None else _without_indices(e.left)
        families.setdefault(key, []).append((step or 0, e))
    return [e for family in families.values() for e in _runs(family, unfinished)]


def placed(f: Formula, written: Mapping[str, Formula]) -> Formula:
    """Return a formula in which names with an index are written as such."""
    if f.kind == "name":
        return written.get(f.text, f)
    return replace(f, parts=tuple(placed(p, written) for p in f.parts)) if f.parts else f


def _step_of(left: Formula) -> int | None:
    """Return the step that the left side of an equation is about."""
    found = INDEX.findall(left.text) if left.kind in ("step", "item") else []
    return int(found[0]) if len(found) == 1 else None


def _without_indices(f: Formula) -> Formula:
    text = INDEX.sub("t", f.text) if f.kind in INDEXED else f.text
    return replace(f, text=text, parts=tuple(map(_without_indices, f.parts)))


def _runs(
    family: Sequence[tuple[int, Equation]], unfinished: Collection[str]
) -> Iterator[Equation]:
    """Yield the equations of one family, one for each run of steps that are alike."""
    is_whole = all(part.text not in unfinished for part in family[0][1].left.parts)
    if len(family) == 1:
        yield family[0][1]
        return
    groups: list[tuple[Equation | None, list[tuple[int, Equation]]]] = []
    for t, e in family:
        for i, (form, members) in enumerate(groups):
            common = _common(members[0], (t, e))
            if common is not None and form in (None, common):
                groups[i] = common, [*members, (t, e)]
                break
        else:
            groups.append((None, [(t, e)]))
    for form, members in sorted(groups, key=lambda group: -len(group[1])):
        if form is None:
            yield members[0][1]
            continue
        steps = tuple(t for t, _ in members)
        yield replace(form, range=() if is_whole and len(steps) == len(family) else steps)


def _common(one: tuple[int, Equation], other: tuple[int, Equation]) -> Equation | None:
    (s, e), (t, f) = one, other
    left, right = _general(e.left, f.left, s, t), _general(e.right, f.right, s, t)
    note = (
        e.note
        if e.note == f.note
        else _general_text(Formula("item", text=e.note), Formula("item", text=f.note), s, t)
    )
    if left is None or right is None or note is None:
        return None
    return replace(e, left=left, right=right, note=note)


def _general(f: Formula, g: Formula, s: int, t: int) -> Formula | None:
    """Return what two formulas, at the steps s and t, are instances of; ``None`` if of nothing."""
    if f == g:
        return f
    if (f.kind, f.axes, f.latex) != (g.kind, g.axes, g.latex) or len(f.parts) != len(g.parts):
        return None
    text = f.text if f.text == g.text else _general_text(f, g, s, t)
    parts = [_general(p, q, s, t) for p, q in zip(f.parts, g.parts, strict=True)]
    if text is None or None in parts:
        return None
    found = tuple(p for p in parts if p is not None)
    if f.kind == "number":
        return Formula("step", text=text)
    return replace(f, text=text, parts=found)


def _general_text(f: Formula, g: Formula, s: int, t: int) -> str | None:
    if f.kind not in INDEXED or INDEX.split(f.text) != INDEX.split(g.text):
        return None
    indices = []
    for a, b in zip(map(int, INDEX.findall(f.text)), map(int, INDEX.findall(g.text)), strict=True):
        if a != b and a - s != b - t:
            return None
        indices.append(str(a) if a == b else f"t{a - s:+d}" if a != s else "t")
    rest = iter(indices)
    return INDEX.sub(lambda _: next(rest), f.text)


# ------------------------------------------------------------------------------------------- sums


def _summed(f: Formula, steps: Mapping[str, Sequence[int]]) -> Formula:
    """Return a formula in which terms that are alike but for the step are a sum over t."""
    f = replace(f, parts=tuple(_summed(p, steps) for p in f.parts)) if f.parts else f
    if f.kind != "sum" or len(f.parts) < FEWEST:
        return f
    kinds: dict[object, list[Formula]] = {}
    for sign, part in zip(f.text, f.parts, strict=True):
        kinds.setdefault((sign, _without_indices(part)), []).append(part)
    terms: list[tuple[str, Formula]] = []
    for (sign, _), parts in kinds.items():  # type: ignore[misc]
        series = _series(parts, steps) if len(parts) >= FEWEST else None
        terms += [(sign, series)] if series is not None else [(sign, p) for p in parts]
    if len(terms) == 1:
        sign, only = terms[0]
        return only if sign == "+" else Formula("negative", (only,))
    return replace(f, parts=tuple(p for _, p in terms), text="".join(sign for sign, _ in terms))


def _series(terms: Sequence[Formula], steps: Mapping[str, Sequence[int]]) -> Formula | None:
    """Return terms of consecutive steps as a sum over t; ``None`` where they are something else."""
    indices = [list(_indices(term)) for term in terms]
    slots = range(len(indices[0]))
    telling = [j for j in slots if len({own[j][1] for own in indices}) == len(terms)]
    if not telling:
        return None
    # A gradient's step is what the sum is over, as in Σ dz_tᵀ h_{t−1}.
    j = next((j for j in telling if indices[0][j][0].startswith("d")), telling[0])
    at = sorted(((own[j][1], term) for own, term in zip(indices, terms, strict=True)), key=_first)
    if any(b[0] - a[0] != 1 for a, b in pairwise(at)):
        return None
    (s, first), *others = at
    forms = {_general(first, term, s, t) for t, term in others}
    if len(forms) != 1 or None in forms:
        return None
    (form,) = forms
    letter = indices[0][j][0]
    every = steps.get(letter.removeprefix("d") if letter not in steps else letter, ())
    over = tuple(t for t, _ in at)
    text = "t" if over == tuple(every) else f"t={s}…{over[-1]}"
    assert form is not None
    return Formula("series", (form,), text)


def _first(pair: tuple[int, Formula]) -> int:
    return pair[0]


def _indices(f: Formula) -> Iterator[tuple[str, int]]:
    """Yield the indices in a formula, each with the name that it stands with."""
    if f.kind in INDEXED:
        name = f.parts[0].text if f.parts else ""
        yield from ((name, int(i)) for i in INDEX.findall(f.text))
    for part in f.parts:
        yield from _indices(part)


def range_text(steps: Iterable[int]) -> str:
    """Return steps as ``t = 3 … 0``; nothing for none."""
    listed = list(steps)
    if not listed:
        return ""
    gaps = any(abs(a - b) != 1 for a, b in pairwise(listed))
    if gaps or len(listed) < 3:
        return f"t = {', '.join(map(str, listed))}"
    return f"t = {listed[0]} … {listed[-1]}"
