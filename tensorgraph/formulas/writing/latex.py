"""Formulas as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from tensorgraph.formulas.writing.formula import Formula, inverse_of, is_tall
from tensorgraph.formulas.writing.text import (
    CONDITION,
    GREEK,
    MATMUL,
    NEGATIVE,
    POWER,
    PRODUCT,
    SUM,
    WHOLE,
    split_name,
)

LETTERS = {"ε": r"\epsilon", "λ": r"\lambda"} | {
    letter: "\\" + word for word, letter in GREEK.items() if letter not in ("ε", "λ")
}
FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh"}
"""Functions for which LaTeX has a command of the same name."""
DELIMITERS = {
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "‖": r"\|",
}  # fmt: skip

PRODUCT_SIGNS = {"∘": r"\odot", "·": r"\cdot", " ": r"\,"}


def latex(f: Formula) -> str:
    """Return a formula as LaTeX, without the dollar signs."""
    return set_part(f)[0]


def latex_name(name: str) -> str:
    """Return a name: ``dW2`` as dW^{[2]}, as the course numbers layers, ``beta1`` as β₁."""
    letter, above = _name(name)
    return f"{letter}^{{{above}}}" if above else letter


def _name(name: str) -> tuple[str, str]:
    """Return a name's letter, with what stands below it, and what stands above it."""
    prefix, head, index, number, primes = split_name(name)
    below = [_letter(index)] if index else []
    if head in GREEK or head in LETTERS:
        letter, above = LETTERS[GREEK.get(head, head)], ""
        below += [number] if number else []
    else:
        letter, above = _letter(head), f"[{number}]" if number else ""
    small = f"_{{{','.join(below)}}}" if below else ""
    return prefix + letter + small, above + r"\prime" * len(primes)


def _letter(head: str) -> str:
    """Return a letter in italics, a word upright."""
    if head.endswith("\u0302"):
        return rf"\hat{{{_letter(head[:-1])}}}"
    if head.isdecimal() or (len(head) == 1 and head.isalpha()):
        return head
    word = escaped(head).replace(" ", r"\ ")
    return rf"\mathrm{{{word}}}"


def axes_below(axes: Iterable[int] | None) -> str:
    """Return axes as a subscript."""
    return "" if axes is None or not tuple(axes) else f"_{{{','.join(map(str, axes))}}}"


def in_parentheses(inner: str, f: Formula, left: str = "(", right: str = ")") -> str:
    """Return what is set of a part, in parentheses as tall as it is."""
    if is_tall(f):
        return rf"\left{left} {inner} \right{right}"
    gap = " " if left[-1].isalpha() else ""
    return f"{left}{gap}{inner}{gap}{right}"


def within(f: Formula, tightness: int) -> str:
    """Return a part, in parentheses unless it holds together at least so tightly."""
    inner, own = set_part(f)
    return inner if own >= tightness else in_parentheses(inner, f)


def _raised(f: Formula, above: str) -> str:
    """Return a part with something above it."""
    if f.kind == "name":
        letter, own = _name(f.text)
        if not own or above == r"\top":
            return f"{letter}^{{{own}{above}}}"
        return f"({latex_name(f.text)})^{{{above}}}"
    base = within(f, WHOLE)
    if f.kind == "step" and "^" in base:
        base = f"{{{base}}}" if above == r"\top" else f"({base})"
    return f"{{{base}}}^{{{above}}}" if f.kind == "item" else f"{base}^{{{above}}}"


def set_part(f: Formula) -> tuple[str, int]:
    """Return a part as LaTeX, and how tightly it holds together."""
    match f.kind:
        case "name":
            return latex_name(f.text), WHOLE
        case "number":
            return _number(f.text)
        case "negative":
            return f"-{within(f.parts[0], PRODUCT)}", NEGATIVE
        case "sum":
            return _sum(f), SUM
        case "product":
            return _product(f), PRODUCT
        case "matmul":
            return r" \, ".join(within(p, POWER) for p in f.parts), MATMUL
        case "fraction":
            return rf"\frac{{{set_part(f.parts[0])[0]}}}{{{set_part(f.parts[1])[0]}}}", POWER
        case "power":
            return _raised(f.parts[0], set_part(f.parts[1])[0]), POWER
        case "root":
            return rf"\sqrt{{{set_part(f.parts[0])[0]}}}", WHOLE
        case "transpose":
            inverted = inverse_of(f)
            if inverted is not None:
                return _raised(inverted, r"-\top"), POWER
            return _raised(f.parts[0], r"\top"), POWER
        case "reduction":
            return _reduction(f), MATMUL
        case "relation":
            return in_parentheses(_condition(f), f, "[", "]"), WHOLE
        case "condition":
            return _condition(f), CONDITION
        case "equation":
            return " = ".join(set_part(p)[0] for p in f.parts), SUM
        case "derivative":
            of, by = (rf"\partial {set_part(part)[0]}" for part in f.parts)
            return rf"\frac{{{of}}}{{{by}}}", POWER
        case "enclosed":
            left, right = (DELIMITERS.get(sign, sign) for sign in f.text)
            inner = ", ".join(set_part(p)[0] for p in f.parts)
            return in_parentheses(inner, f, left, right), WHOLE
        case "step":
            return _step(f)
        case "series":
            return f"{_series(f.text)} {within(f.parts[0], PRODUCT)}", MATMUL
        case "item":
            return _item(f), WHOLE
        case "repeated":
            return rf"{set_part(f.parts[0])[0]} \quad \text{{{f.text}}}", SUM
        case "function":
            return _called(f), WHOLE
    assert_never(f.kind)


def head(f: Formula) -> str:
    """Return what stands before the operands of a function or reduction."""
    known = f.latex or (f"\\{f.text}" if f.text in FUNCTIONS else "")
    return (known or rf"\operatorname{{{escaped(f.text)}}}") + axes_below(f.axes)


def _called(f: Formula) -> str:
    """Return a function or reduction with its operands, and no gap before these."""
    operands = ", ".join(set_part(p)[0] for p in f.parts)
    gap = r"\!" if any(map(is_tall, f.parts)) else ""
    return head(f) + gap + in_parentheses(operands, Formula("function", f.parts))


def _step(f: Formula) -> tuple[str, int]:
    """Return a name with an index, or an index that stands by itself."""
    if not f.parts:
        return f.text, SUM
    letter, above = _name(f.parts[0].text)
    head, _, below = letter.partition("_")
    index = f"{below[1:-1]},{f.text}" if below else f.text
    return f"{head}_{{{index}}}" + (f"^{{{above}}}" if above else ""), WHOLE


def _series(steps: str) -> str:
    """Return the sign of a sum over all steps ``t``, or over some, as ``t=1…4``."""
    first, _, last = steps.partition("…")
    return rf"\sum_{{{first}}}" + (f"^{{{last}}}" if last else "")


def _condition(f: Formula) -> str:
    return f"{within(f.parts[0], SUM)} {f.latex or f.text} {within(f.parts[1], SUM)}"


def _number(text: str) -> tuple[str, int]:
    """Return a number, in powers of ten where it is written with e."""
    digits, _, exponent = text.replace("inf", r"\infty").partition("e")
    if not exponent:
        return digits, NEGATIVE if text.startswith("-") else WHOLE
    power = f"10^{{{int(exponent)}}}"
    if digits == "1":
        return power, POWER
    return rf"{digits} \cdot {power}", NEGATIVE if digits.startswith("-") else PRODUCT


def _sum(f: Formula) -> str:
    result = ("-" if f.text[0] == "−" else "") + within(f.parts[0], NEGATIVE)
    for sign, part in zip(f.text[1:], f.parts[1:], strict=True):
        result += f" {'-' if sign == '−' else '+'} {within(part, PRODUCT)}"
    return result


def _product(f: Formula) -> str:
    result = within(f.parts[0], PRODUCT)
    for sign, part in zip(f.text, f.parts[1:], strict=True):
        result += f" {PRODUCT_SIGNS[sign]} " + within(part, MATMUL)
    return result


def _reduction(f: Formula) -> str:
    simple = not f.text.isascii() and set_part(f.parts[0])[1] >= POWER
    return f"{head(f)} {set_part(f.parts[0])[0]}" if simple else _called(f)


def _item(f: Formula) -> str:
    base = within(f.parts[0], WHOLE)
    return f"{{{base}}}{key_below(f)}" if "_" in base else f"{base}{key_below(f)}"


def key_below(f: Formula) -> str:
    """Return the key of an item, which stands below it."""
    key = escaped(f.text)
    for part in f.parts[1:]:
        key = key.replace("?", set_part(part)[0], 1)
    return f"_{{{key}}}"


_ESCAPED = str.maketrans(
    {char: rf"\{char}" for char in "_$%&#{}"}
    | {"\\": r"{\backslash}", "~": r"{\sim}", "^": r"{\wedge}", "×": r"{\times}"}
    | {"…": r"\ldots "}
)


def escaped(text: str) -> str:
    """Return a word with what LaTeX would take for commands written out."""
    return text.translate(_ESCAPED)
