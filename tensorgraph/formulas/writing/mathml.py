"""Formulas as MathML, which browsers show by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import assert_never

from tensorgraph.formulas.writing.formula import Formula, inverse_of, is_tall
from tensorgraph.formulas.writing.text import (
    GREEK,
    MATMUL,
    POWER,
    PRODUCT,
    SUM,
    WHOLE,
    _set as as_text,
    split_name,
)

TRANSPOSED = "\u22a4"
LARGE = {"Σ": "∑", "Π": "∏"}
"""The signs of sums and products, which are as tall as what they are of."""


STRUT_ABOVE = "<mspace depth='0.35em'/>"
"""Of no width; it reaches down from what is above a bar."""
STRUT_BELOW = "<mspace height='1em'/>"
"""It reaches up from what is below."""


def mathml(
    f: Formula, left: Formula | None = None, note: str = "", word: str = "", sign: str = "="
) -> str:
    """Return a formula, or an equation and for which steps it holds, as a ``<math>`` element.

    A word may stand before it.
    """
    inner = f"<mtext>{escape(word)}</mtext>" if word else ""
    inner += _set(f) if left is None else f"{_set(left)}{_sign(sign)}{_set(f)}"
    inner += f"<mtext>\u2003{escape(note)}</mtext>" if note else ""
    return (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">'
        f"<mrow>{inner}</mrow></math>"
    )


def _row(*parts: str) -> str:
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def _sign(text: str) -> str:
    return f"<mo>{escape(text)}</mo>"


def _word(text: str) -> str:
    if text.endswith("\u0302"):
        return f'<mover accent="true">{_word(text[:-1])}<mo>^</mo></mover>'
    kind = ' mathvariant="normal"' if len(text) == 1 and not text.isalpha() else ""
    return f"<mi{kind}>{escape(text)}</mi>"


def _index(index: str) -> str:
    return f"<mn>{index}</mn>" if index.isdecimal() else f"<mi>{escape(index)}</mi>"


def mathml_name(name: str) -> str:
    """Return a name, its number above as the course numbers layers, or below Greek letters."""
    return _raised_name(name, "")


def _raised_name(name: str, sign: str) -> str:
    """Return a name with a sign above it, beside its number."""
    prefix, head, index, number, primes = split_name(name)
    greek = head in GREEK or head in GREEK.values()
    base = _word(GREEK.get(head, head) + primes)
    below = [_index(index)] if index else []
    below += [f"<mn>{number}</mn>"] if number and greek else []
    small = "".join(below) if len(below) < 2 else f"<mrow>{_sign(',').join(below)}</mrow>"
    numbered = [_sign("["), f"<mn>{number}</mn>", _sign("]")] if number and not greek else []
    above = _row(*numbered, *([_sign(sign)] if sign else [])) if numbered or sign else ""
    if above:
        base = (
            f"<msubsup>{base}{small}{above}</msubsup>" if small else f"<msup>{base}{above}</msup>"
        )
    elif small:
        base = f"<msub>{base}{small}</msub>"
    return _row(*(_word(letter) for letter in prefix), base)


def _in(f: Formula, tightness: int) -> str:
    """Return a part, in parentheses where the text of the formula has them."""
    own = WHOLE if f.kind == "fraction" else as_text(f)[1]
    return _set(f) if own >= tightness else _enclosed(f, _set(f))


def _enclosed(f: Formula, inner: str, signs: str = "()") -> str:
    """Return what is set of a part, in parentheses as tall as it is."""
    kind = "" if is_tall(f) else ' stretchy="false"'
    left, right = (f"<mo{kind}>{escape(sign)}</mo>" for sign in signs)
    return _row(left, inner, right)


def _base(f: Formula) -> str:
    """Return what stands below a power: a name with a number has one above it already."""
    numbered = f.kind == "name" and "<msup" in mathml_name(f.text)
    if numbered or f.kind in ("fraction", "derivative"):
        return _enclosed(f, _set(f))
    return _in(f, WHOLE)


def _axes(axes: Iterable[int] | None) -> str:
    return f"<mn>{','.join(map(str, axes))}</mn>" if axes else ""


def _fraction(above: str, below: str) -> str:
    """Return a fraction whose bar keeps off its parts, in a font without measures for one too.

    Few systems have a font for mathematics. From the others browsers do not know how far from a bar
    to stand; struts that are taller than letters tell them.
    """
    above, below = f"<mrow>{above}{STRUT_ABOVE}</mrow>", f"<mrow>{below}{STRUT_BELOW}</mrow>"
    return f"<mfrac>{above}{below}</mfrac>"


def _set(f: Formula) -> str:
    parts = f.parts
    match f.kind:
        case "name":
            return mathml_name(f.text)
        case "number":
            return _number(f.text)
        case "negative":
            return _row(_sign("−"), _in(parts[0], PRODUCT))
        case "sum":
            return _sum(f)
        case "product":
            signs = {" ": "<mspace width='0.2em'/>"}
            row = [_in(parts[0], PRODUCT)]
            for sign, part in zip(f.text, parts[1:], strict=True):
                row += [signs.get(sign) or _sign(sign), _in(part, MATMUL)]
            return _row(*row)
        case "matmul":
            return _row("<mspace width='0.15em'/>".join(_in(p, POWER) for p in parts), "")
        case "fraction":
            return _fraction(_set(parts[0]), _set(parts[1]))
        case "power":
            return f"<msup>{_base(parts[0])}{_set(parts[1])}</msup>"
        case "root":
            return f"<msqrt>{_set(parts[0])}</msqrt>"
        case "transpose":
            inverted = inverse_of(f)
            if inverted is not None:
                return f"<msup>{_base(inverted)}{_row(_sign('−'), _sign(TRANSPOSED))}</msup>"
            if parts[0].kind == "name":
                return _raised_name(parts[0].text, TRANSPOSED)
            return f"<msup>{_base(parts[0])}{_sign(TRANSPOSED)}</msup>"
        case "reduction":
            return _reduction(f)
        case "relation":
            return _enclosed(f, _condition(f), "[]")
        case "condition":
            return _condition(f)
        case "equation":
            return _sign("=").join(map(_set, parts))
        case "derivative":
            of, by = (_row(_sign("∂"), _set(part)) for part in parts)
            return _fraction(of, by)
        case "enclosed":
            inner = _sign(",").join(map(_set, parts))
            return _row(_sign(f.text[0]), inner, _sign(f.text[1]))
        case "step":
            index = f"<mtext>{f.text.replace('-', '−')}</mtext>"
            return f"<msub>{_set(parts[0])}{index}</msub>" if parts else index
        case "series":
            below = f"<mtext>{f.text}</mtext>"
            return _row(f"<munder>{_sign('∑')}{below}</munder>", _in(parts[0], PRODUCT))
        case "item":
            key = _word(f.text.replace("?", ", ".join(as_text(p)[0] for p in parts[1:])))
            return f"<msub>{_in(parts[0], WHOLE)}{key}</msub>"
        case "repeated":
            return _row(_set(parts[0]), f"<mspace width='1em'/><mtext>{f.text}</mtext>")
        case "function":
            return _function(f)
    assert_never(f.kind)


def _function(f: Formula) -> str:
    name, below = _word(f.text), _axes(f.axes)
    head = f"<msub>{name}{below}</msub>" if below else name
    operands = Formula("function", f.parts)
    return _row(head, _enclosed(operands, _sign(",").join(map(_set, f.parts))))


def _condition(f: Formula) -> str:
    return _row(_in(f.parts[0], SUM), _sign(f.text), _in(f.parts[1], SUM))


def _number(text: str) -> str:
    """Return a number, in powers of ten where it is written with e."""
    digits, _, exponent = text.replace("-", "−").partition("e")
    if not exponent:
        return f"<mn>{digits}</mn>"
    power = f"<msup><mn>10</mn><mn>{exponent[0].strip('+')}{exponent[1:].lstrip('0')}</mn></msup>"
    return power if digits == "1" else _row(f"<mn>{digits}</mn>", _sign("·"), power)


def _sum(f: Formula) -> str:
    row = [_sign("−")] if f.text[0] == "−" else []
    row.append(_in(f.parts[0], PRODUCT))
    for sign, part in zip(f.text[1:], f.parts[1:], strict=True):
        row += [_sign(sign), _in(part, PRODUCT)]
    return _row(*row)


def _reduction(f: Formula) -> str:
    sign = not f.text.isascii()
    symbol = _sign(LARGE.get(f.text, f.text)) if sign else _word(f.text)
    below = _axes(f.axes)
    head = f"<munder>{symbol}{below}</munder>" if below else symbol
    simple = sign and as_text(f.parts[0])[1] >= POWER
    inner = _set(f.parts[0])
    return _row(head, inner) if simple else _row(head, _enclosed(f.parts[0], inner))
