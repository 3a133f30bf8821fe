"""Formulas as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from tensorgraph.formulas.writing.formula import Formula
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
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "‖": r"\|",
}  # fmt: skip


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
        case "reduction":
            return _reduction(f), MATMUL
        case "relation":
            return f"[{_condition(f)}]", WHOLE
        case "condition":
            return _condition(f), CONDITION
        case "equation":
            return " = ".join(_set(p)[0] for p in f.parts), SUM
        case "derivative":
            of, by = (rf"\partial {_set(part)[0]}" for part in f.parts)
            return rf"\frac{{{of}}}{{{by}}}", WHOLE
        case "enclosed":
            left, right = (DELIMITERS.get(sign, sign) for sign in f.text)
            return rf"\left{left}{_set(f.parts[0])[0]}\right{right}", WHOLE
        case "item":
            return _item(f), WHOLE
        case "repeated":
            return rf"{_set(f.parts[0])[0]} \quad \text{{{f.text}}}", SUM
        case "function":
            return _function(f), WHOLE
    assert_never(f.kind)


def _function(f: Formula) -> str:
    own = f"\\{f.text}" if f.text in FUNCTIONS else r"\mathrm{" + _escaped(f.text) + "}"
    operands = ", ".join(_set(p)[0] for p in f.parts)
    return rf"{f.latex or own}{axes_below(f.axes)}\left({operands}\right)"


def _condition(f: Formula) -> str:
    return f"{_in(f.parts[0], SUM)} {f.latex or f.text} {_in(f.parts[1], SUM)}"


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
    symbol = (f.latex or rf"\operatorname{{{f.text}}}") + axes_below(f.axes)
    simple = not f.text.isascii() and own >= POWER
    return f"{symbol} {inner}" if simple else rf"{symbol}\left({inner}\right)"


def _item(f: Formula) -> str:
    key = _escaped(f.text)
    for part in f.parts[1:]:
        key = key.replace("?", _set(part)[0], 1)
    return f"{_in(f.parts[0], WHOLE)}_{{{key}}}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_").replace("…", r"\ldots ").replace("×", r"{\times}")
