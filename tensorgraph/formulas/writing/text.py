"""Formulas as Unicode text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, assert_never

from tensorgraph.formulas.writing.formula import Formula, inverse_of

SUBSCRIPT = str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉,")
SUPERSCRIPT = str.maketrans("0123456789-t", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵗ")
GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε",
    "eta": "η", "theta": "θ", "lambda": "λ", "lambd": "λ", "lam": "λ", "mu": "μ", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "pi": "π",
}  # fmt: skip

# How tightly a part holds together.
CONDITION, SUM, NEGATIVE, PRODUCT, MATMUL, POWER, WHOLE = range(7)


class NameParts(NamedTuple):
    """A name, by how its parts are set: ``dA_prev1``, ``beta2``, ``x_1``."""

    prefix: str
    """Leading ``d``, of a gradient."""
    head: str
    """Its letter or word."""
    below: str
    """What stands after an underscore: ``prev``."""
    number: str
    """That of a layer or, of Greek letters, an index."""
    primes: str


def split_name(name: str) -> NameParts:
    """Return a name by how its parts are set."""
    rest = name.rstrip("′")
    primes, prefix = name[len(rest) :], ""
    while re.fullmatch(r"d[A-Zα-ωa-z].*", rest) and _is_gradient(rest):
        prefix, rest = prefix + "d", rest[1:]
    parted = re.fullmatch(r"(_*[^_]+)_(.*[^_].*)", rest)
    head, below = parted.groups() if parted else (rest, "")
    numbered = re.fullmatch(r"(.*[^\d_])(\d+)", head)
    if numbered:
        return NameParts(prefix, numbered[1], below, numbered[2], primes)
    numbered = re.fullmatch(r"(.*?[^\d_])_?(\d+)", below)
    below, number = numbered.groups() if numbered else (below, "")
    return NameParts(prefix, head, below, number, primes)


def _is_gradient(name: str) -> bool:
    """Return whether a name is that of a gradient: d and a letter, not a word with d."""
    rest = re.sub(r"_\w+$|\d+$", "", name[1:])
    letter = len(rest.replace("\u0302", "")) == 1 or rest in GREEK or rest[:1].isupper()
    return letter or (rest[:1] == "d" and _is_gradient(rest))


def pretty(name: str) -> str:
    """Return a name with Greek letters as such."""
    prefix, head, below, number, primes = split_name(name)
    small = ",".join(filter(None, (below, number)))
    if head not in GREEK or not set(small) <= set("0123456789,"):
        return name
    return prefix + GREEK[head] + small.translate(SUBSCRIPT) + primes


def text(f: Formula) -> str:
    """Return a formula as one line of text."""
    return _set(f)[0]


def axis_text(axes: Iterable[int] | None) -> str:
    """Return axes as a subscript."""
    return "" if axes is None else ",".join(map(str, axes)).translate(SUBSCRIPT)


def _set(f: Formula) -> tuple[str, int]:
    match f.kind:
        case "name":
            return pretty(f.text), WHOLE
        case "number":
            return f.text.replace("-", "−"), NEGATIVE if f.text.startswith("-") else WHOLE
        case "negative":
            return f"−{_in(f.parts[0], PRODUCT)}", NEGATIVE
        case "sum":
            return _sum(f), SUM
        case "product":
            return _product(f), PRODUCT
        case "matmul":
            return " ".join(_in(p, POWER) for p in f.parts), MATMUL
        case "fraction":
            below = f.parts[1]
            tightness = MATMUL if below.kind == "reduction" else POWER
            return f"{_in(f.parts[0], PRODUCT)} / {_in(below, tightness)}", PRODUCT
        case "power":
            return _power(f), POWER
        case "root":
            return f"√{_in(f.parts[0], WHOLE)}", POWER
        case "transpose":
            inverted = inverse_of(f)
            if inverted is not None:
                return f"{_in(inverted, WHOLE)}⁻ᵀ", POWER
            return f"{_in(f.parts[0], WHOLE)}ᵀ", POWER
        case "reduction":
            return _reduction(f), MATMUL
        case "relation":
            return f"[{_condition(f)}]", WHOLE
        case "condition":
            return _condition(f), CONDITION
        case "equation":
            return " = ".join(_set(p)[0] for p in f.parts), SUM
        case "derivative":
            return f"∂{_set(f.parts[0])[0]}/∂{_set(f.parts[1])[0]}", WHOLE
        case "enclosed":
            return f"{f.text[0]}{', '.join(_set(p)[0] for p in f.parts)}{f.text[1]}", WHOLE
        case "item":
            return _item(f), WHOLE
        case "step":
            return _step(f), WHOLE if f.parts or f.text == "t" else SUM
        case "series":
            return f"Σ_{index_text(f.text)} {_in(f.parts[0], PRODUCT)}", MATMUL
        case "repeated":
            return f"{_set(f.parts[0])[0]}    {f.text}", SUM
        case "function":
            return f"{f.text}{axis_text(f.axes)}({', '.join(_set(p)[0] for p in f.parts)})", WHOLE
    assert_never(f.kind)


def _step(f: Formula) -> str:
    """Return a name with an index, or an index that stands by itself."""
    if not f.parts:
        return re.sub(r"([+-])", r" \1 ", f.text).replace("-", "−")
    return f"{_set(f.parts[0])[0]}_{index_text(f.text)}"


def index_text(index: str) -> str:
    """Return a step as an index: ``t``, ``{t−1}``."""
    shown = index.replace("-", "−")
    return shown if shown.isalnum() else f"{{{shown}}}"


def _condition(f: Formula) -> str:
    return f"{_in(f.parts[0], SUM)} {f.text} {_in(f.parts[1], SUM)}"


def _in(f: Formula, tightness: int) -> str:
    """Return a part, in parentheses unless it holds together at least so tightly."""
    inner, own = _set(f)
    return inner if own >= tightness else f"({inner})"


def _sum(f: Formula) -> str:
    first = _in(f.parts[0], NEGATIVE if f.text[0] == "+" else PRODUCT)
    parts = [("−" if f.text[0] == "−" else "") + first]
    parts += [f" {s} {_in(p, PRODUCT)}" for s, p in zip(f.text[1:], f.parts[1:], strict=True)]
    return "".join(parts)


def _product(f: Formula) -> str:
    parts = [_in(p, MATMUL if i else PRODUCT) for i, p in enumerate(f.parts)]
    result = parts[0] if f.parts[0].kind != "fraction" else f"({parts[0]})"
    for sign, part in zip(f.text, parts[1:], strict=True):
        result += f" {part}" if sign == " " else f" {sign} {part}"
    return result


def _power(f: Formula) -> str:
    base, exponent = f.parts
    shown = _set(exponent)[0].replace("−", "-")
    if re.fullmatch(r"-?\d+|t", shown):
        return _in(base, WHOLE) + shown.translate(SUPERSCRIPT)
    return f"{_in(base, WHOLE)}^{_in(exponent, WHOLE)}"


def _reduction(f: Formula) -> str:
    inner, own = _set(f.parts[0])
    symbol = f.text + axis_text(f.axes)
    simple = not f.text.isascii() and own >= POWER  # after a sign, but not after a word
    return f"{symbol} {inner}" if simple else f"{symbol}({inner})"


def _item(f: Formula) -> str:
    key = f.text
    for part in f.parts[1:]:
        key = key.replace("?", _set(part)[0], 1)
    return f"{_in(f.parts[0], WHOLE)}[{key}]"
