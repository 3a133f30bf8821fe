"""What is written on tiles and told of them: titles, shapes, statistics."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from tensorgraph.drawing.scene.scene import Box, Shape, Statistics
from tensorgraph.drawing.scene.subgraphs import SYMMETRIC


def shape_text(shape: Shape | None, dtype: str) -> str:
    """Return shape and dtype, as far as they are shown: ``(5, 3) float32``."""
    return " ".join(filter(None, (str(tuple(shape)) if shape is not None else "", dtype)))


SHOWN = ("op", "name", "shape", "dtype")
"""What may stand in a box."""
_WORD, _NAME = r"[^\s.=(),]+", r"[^\s.=(),\d][^\s.=(),]*"
PATH = rf"{_WORD}(\.{_WORD})*\.{_NAME}"
"""What a parameter's place looks like, also to the explorer: ``layers[0].weight``; ``lr=0.01`` and
``v1.5`` are none."""


WORD = r"[a-z]{3,}"
"""An operand's name that is more than a letter."""


def bracketed(path: str) -> str:
    """Return a path with its numbers in brackets: ``layers[0].weight`` for ``layers.0.weight``."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", path) if re.fullmatch(PATH, path) else path


def unambiguous(names: Iterable[str]) -> dict[str, str]:
    """Return paths as short as is unambiguous among them.

    Example:
        >>> unambiguous(["D.fc.weight", "G.fc.weight", "D.fc.bias", "G.bias"])["D.fc.weight"]
        'D.fc.weight'
        >>> unambiguous(["D.fc.weight", "D.fc.bias", "D.out.bias"])
        {'D.fc.weight': 'weight', 'D.fc.bias': 'fc.bias', 'D.out.bias': 'out.bias'}
    """
    ends = {name: _ends(bracketed(name)) for name in dict.fromkeys(names)}
    counts = Counter(end for each in ends.values() for end in each)
    return {name: next((e for e in each if counts[e] == 1), name) for name, each in ends.items()}


def common_end(paths: Sequence[str]) -> str:
    """Return in what all paths end: ``fc.weight`` where several blocks have one."""
    ends = [_ends(bracketed(path)) for path in paths]
    common = [each[0] for each in zip(*ends, strict=False) if len(set(each)) == 1]
    return common[-1] if common else ""


def _ends(name: str) -> list[str]:
    """Return the ends of a path, the shortest first; of what is none, itself."""
    words = name.split(".") if re.fullmatch(PATH, name) else [name]
    return [".".join(words[k:]) for k in reversed(range(len(words)))]


def short_name(box: Box) -> str:
    """Return a tensor's name; of a parameter with a path, the last part."""
    name = box.name or ""
    is_path = box.kind == "parameter" and re.fullmatch(PATH, name)
    return name.rpartition(".")[2] if is_path else name


def op_title(box: Box, show: Collection[str] = SHOWN) -> str:
    """Return a name and what makes the value: ``Z = @``; one of them where one is shown."""
    name = short_name(box) if "name" in show else ""
    if name and box.kind == "op":
        return f"{name} = {box.symbol}" if "op" in show else name
    return box.symbol


def op_lines(box: Box, show: Collection[str] = SHOWN) -> tuple[str, ...]:
    """Return what an operation is, where its symbol does not say it, and its settings."""
    if box.kind == "more":
        return (box.text,)
    if "op" not in show:
        return ()
    words = [box.op] if box.symbol != box.op else []
    words += [box.settings] if box.settings else []
    return (" ".join(words),) if words else ()


def in_turns(words: Sequence[str], columns: Sequence[tuple[int, ...]]) -> str:
    """Return an index as it is in all turns of a loop: ``[:, 0 … 3]``, ``[i:i+2], i = 0, 2 … 6``.

    Args:
        words: what stands around its numbers, one more than these.
        columns: each number, turn by turn; these grow by equal steps.
    """
    steps = [numbers[1] - numbers[0] for numbers in columns]
    told_apart = (s for s, n in Counter(steps).items() if s and (n > 1 or abs(s) > 1))
    free = (letter for letter in "ijkl" if f"{letter} = " not in "".join(words))  # by inner loops
    letters = dict(zip(told_apart, free, strict=False))
    first = {step: column for step, column in zip(steps[::-1], columns[::-1], strict=True)}
    written = [
        f"{letters[step]}{column[0] - first[step][0]:+d}".removesuffix("+0")
        if step in letters
        else _range(column)
        for step, column in zip(steps, columns, strict=True)
    ]
    parts = zip(words, [*written, ""], strict=True)
    told = [f"{letter} = {_range(first[step])}" for step, letter in letters.items()]
    return ", ".join(["".join(word + number for word, number in parts), *told])


def _range(numbers: Sequence[int]) -> str:
    """Return numbers that grow by equal steps: ``0 … 19``, ``0, 2 … 38``; or what they all are."""
    start, second, *_, end = (*numbers, numbers[-1])
    if second == start:
        return f"{start}"
    close = abs(second - start) == 1
    return f"{start} … {end}" if close else f"{start}, {second}" + f" … {end}" * (end != second)


def operand_word(box: Box, position: int) -> str:
    """Return what tells an operand from others, where they may not be exchanged: ``left``."""
    ordered = box.op not in SYMMETRIC and len(box.wires) > 1
    wire = box.wires[position]
    if not ordered or wire.number is not None:
        return ""
    infix = len(box.wires) == 2 and not any(map(str.isalnum, box.symbol))
    return ("left" if position == 0 else "") if infix else wire.operand


def spanned(first: str, last: str) -> str:
    """Return the places of equal modules from the first to the last: ``layers[0 … 11]``.

    Example:
        >>> spanned("layers[0]", "layers[11]"), spanned("fc1", "fc3"), spanned("fc", "fc")
        ('layers[0 … 11]', 'fc1 … fc3', 'fc')
    """
    ends = [re.fullmatch(r"(.*\[)(\d+)\]", place) for place in (first, last)]
    if first == last:
        return first
    if ends[0] and ends[1] and ends[0][1] == ends[1][1]:
        return f"{ends[0][1]}{ends[0][2]} … {ends[1][2]}]"
    return f"{first} … {last}"


def leaf_title(box: Box, name: str = "", operand: str = "") -> str:
    """Return a leaf's name and, where it is short and not in the name, its value: ``lr = 0.1``.

    Args:
        box: the leaf.
        name: what it is called where it is drawn.
        operand: what the operation that takes it calls it, which tells something of a leaf without
            a name, if it is a word: ``mask``.
    """
    name = name or short_name(box)
    word = operand if re.fullmatch(WORD, operand) else ""
    if name and box.text and not re.search(rf"= *{re.escape(box.text)}$", name):
        return f"{name} = {box.text}"
    return name or box.text or word or box.filled or box.kind


def tip(box: Box, path: str) -> str:
    """Return all that is known of a box, in lines; ``path`` is where it stands."""
    saved = ", ".join(map(box.operand, box.saved))
    rows = [
        path,
        f"{box.op}({box.settings})" if box.op else "",
        shape_text(box.shape, box.dtype) + f", {box.bytes:,} bytes",
        f"holds {', '.join(box.parts)}" if box.parts else "",
        f"saves {saved}" if saved else "",
        f"{box.line}  {box.source or ''}".strip() if box.line else "",
    ]
    return "\n".join(filter(None, rows))


def warning(boxes: Iterable[Box]) -> str:
    """Return ``nan`` or ``inf`` where a value or gradient holds one; NaN is the worse of them."""
    found = ""
    for box in boxes:
        for numbers in (box.value, box.gradient):
            if numbers is not None and numbers.nans:
                return "nan"
            if numbers is not None and numbers.infs:
                found = "inf"
    return found


def statistics_lines(found: Statistics) -> tuple[str, ...]:
    """Return statistics in a few short lines."""
    lines = []
    if found.count == 1 and found.mean is not None:
        lines.append(f"= {_short(found.mean, 4)}")
    elif found.mean is not None:
        lines.append(f"{_short(found.mean)} ± {_short(found.std)}")
        lines.append(f"{_short(found.min)} … {_short(found.max)}")
    bad = [f"{n:,} {what}" for n, what in ((found.nans, "NaN"), (found.infs, "inf")) if n]
    return (*lines, ", ".join(bad)) if bad else tuple(lines)


def _short(number: float | None, digits: int = 3) -> str:
    return f"{(number or 0.0) + 0.0:.{digits}g}".replace("-", "−")
