"""Formulas as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable

from tensorgraph.formulas.writing.formula import Formula
from tensorgraph.formulas.writing.text import (
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
RELATIONS = {"≠": r"\neq", "≤": r"\leq", "≥": r"\geq"}
FUNCTIONS = {"σ": r"\sigma", "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos",
             "tanh": r"\tanh", "log σ": r"\log \sigma", "log Σ exp": r"\log \sum \exp"}  # fmt: skip


def latex(f: Formula) -> str:
    """Return a formula as LaTeX, without the dollar signs."""
    return _set(f)[0]


def latex_name(name: str) -> str:
    """Return a name: ``dW2`` as dW^{[2]}, as the course numbers layers, ``beta1`` as β₁."""
    primes = len(name) - len(name.rstrip("′"))
    prefix, head, number = split_name(name.rstrip("′"))
    head, _, index = head.partition("_")
    if head in GREEK or head in LETTERS:
        letter, small = LETTERS[GREEK.get(head, head)], f"_{{{number}}}" if number else ""
    else:
        letter = _letter(head)
        small = f"^{{[{number}]}}" if number else ""
    below = f"_{{{_letter(index)}}}" if index else ""
    return prefix + letter + below + small + "'" * primes


def _letter(head: str) -> str:
    """Return a letter in italics, a word upright."""
    if head.endswith("\u0302"):
        return rf"\hat{{{_letter(head[:-1])}}}"
    return head if len(head) == 1 else rf"\mathrm{{{_escaped(head)}}}"


def axes_below(axes: Iterable[int] | None) -> str:
    """Return axes as a subscript."""
    return "" if axes is None or not tuple(axes) else f"_{{{','.join(map(str, axes))}}}"


def _in(f: Formula, tightness: int) -> str:
    inner, own = _set(f)
    return inner if own >= tightness else rf"\left({inner}\right)"


def _set(f: Formula) -> tuple[str, int]:
    match f.kind:
        case "name":
            return latex_name(f.text), WHOLE
        case "number":
            return _number(f.text)
        case "negative":
            return f"-{_in(f.parts[0], PRODUCT)}", NEGATIVE
        case "sum":
            return _sum(f), SUM
        case "product":
            return _product(f), PRODUCT
        case "matmul":
            return r" \, ".join(_in(p, POWER) for p in f.parts), MATMUL
        case "fraction":
            return rf"\frac{{{_set(f.parts[0])[0]}}}{{{_set(f.parts[1])[0]}}}", WHOLE
        case "power":
            base = _in(f.parts[0], WHOLE)
            if f.parts[0].kind == "name" and "^" in base:
                base = rf"\left({base}\right)"
            return f"{base}^{{{_set(f.parts[1])[0]}}}", POWER
        case "root":
            return rf"\sqrt{{{_set(f.parts[0])[0]}}}", WHOLE
        case "transpose":
            return f"{{{_in(f.parts[0], WHOLE)}}}^{{\\top}}", POWER
        case "reduce":
            return _reduction(f), MATMUL
        case "test":
            relation = RELATIONS.get(f.text, f.text)
            return rf"[{_in(f.parts[0], SUM)} {relation} {_in(f.parts[1], SUM)}]", WHOLE
        case "equation":
            return " = ".join(_set(p)[0] for p in f.parts), SUM
        case "derivative":
            of, by = (rf"\partial {_set(part)[0]}" for part in f.parts)
            return rf"\frac{{{of}}}{{{by}}}", WHOLE
        case "absolute":
            return rf"\left|{_set(f.parts[0])[0]}\right|", WHOLE
        case "bare":
            inner = _set(f.parts[0])[0]
            return inner[1:-1] if f.parts[0].kind == "test" else inner, WHOLE
        case "item":
            return _item(f), WHOLE
    name = FUNCTIONS.get(f.text) or r"\mathrm{" + _escaped(f.text) + "}"
    operands = ", ".join(_set(p)[0] for p in f.parts)
    return rf"{name}{axes_below(f.axes)}\left({operands}\right)", WHOLE


def _number(text: str) -> tuple[str, int]:
    """Return a number, in powers of ten where it is written with e."""
    digits, _, exponent = text.partition("e")
    if not exponent:
        return text, NEGATIVE if text.startswith("-") else WHOLE
    power = f"10^{{{int(exponent)}}}"
    if digits == "1":
        return power, POWER
    return rf"{digits} \cdot {power}", NEGATIVE if digits.startswith("-") else PRODUCT


def _sum(f: Formula) -> str:
    result = ("-" if f.text[0] == "−" else "") + _in(f.parts[0], NEGATIVE)
    for sign, part in zip(f.text[1:], f.parts[1:], strict=True):
        result += f" {'-' if sign == '−' else '+'} {_in(part, PRODUCT)}"
    return result


def _product(f: Formula) -> str:
    signs = {"∘": r" \odot ", "·": r" \cdot ", " ": r" \, "}
    result = _in(f.parts[0], PRODUCT)
    for sign, part in zip(f.text, f.parts[1:], strict=True):
        result += signs[sign] + _in(part, MATMUL)
    return result


def _reduction(f: Formula) -> str:
    inner, own = _set(f.parts[0])
    symbol = {"Σ": r"\sum", "Π": r"\prod"}.get(f.text) or rf"\operatorname{{{f.text}}}"
    symbol += axes_below(f.axes)
    simple = f.text in ("Σ", "Π") and own >= POWER
    return f"{symbol} {inner}" if simple else rf"{symbol}\left({inner}\right)"


def _item(f: Formula) -> str:
    key = _escaped(f.text)
    for part in f.parts[1:]:
        key = key.replace("?", _set(part)[0], 1)
    return f"{_in(f.parts[0], WHOLE)}_{{{key}}}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_").replace("…", r"\ldots ").replace("×", r"{\times}")
