"""Reads printed formulas as numbers, as a reader does with the arrays at hand.

It knows nothing of the package: only what the signs mean.
"""

import re

import numpy as np

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e[−-]?\d+)?)|(?P<sum>Σ)|(?P<name>[A-Za-zα-ω_][A-Za-zα-ω_0-9]*)"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+|ᵀ)|(?P<axes>[₀₁₂₃](?:,[₀₁₂₃])*)|(?P<sign>[-+−∘×/()\[\]><,]))"
)
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃", "01234567890123")


def value_of(text, arrays, functions):
    """Return what a formula's right side is, given arrays and functions by name."""
    reader = _Reader(text, arrays, functions)
    found = reader.sum()
    assert reader.next() == ("end", ""), f"{text!r}: {reader.tokens[reader.at :]} is left"
    return found


class _Reader:
    def __init__(self, text, arrays, functions):
        self.arrays, self.functions = arrays, functions
        self.tokens, at = [], 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            assert found, f"{text!r}: what is {text[at:]!r}?"
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0

    def next(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, *signs):
        """Return the next sign if it is one of these."""
        kind, found = self.next()
        if kind != "sign" or found not in signs:
            return None
        self.at += 1
        return found

    def sum(self):
        sign = -1 if self.take("−") else 1
        found = sign * self.quotient()
        while sign := self.take("+", "−"):
            term = self.quotient()
            found = found + term if sign == "+" else found - term
        return found

    def quotient(self):
        found = self.elementwise()
        while self.take("/"):
            found = found / self.product()
        return found

    def elementwise(self):
        found = self.product()
        while self.take("∘"):
            found = found * self.product()
        return found

    def product(self):
        """Factors side by side: matrices are multiplied as such, anything else by elements."""
        found = self.power()
        while self.next()[0] in ("number", "name", "sum") or self.next()[1] in ("(", "["):
            other = self.power()
            matrices = np.ndim(found) == np.ndim(other) == 2 and np.size(found) > 1 < np.size(other)
            found = found @ other if matrices else found * other
        return found

    def power(self):
        found = self.atom()
        while self.next()[0] == "raised":
            raised = self.tokens[self.at][1]
            self.at += 1
            found = found.T if raised == "ᵀ" else found ** int(raised.translate(DIGITS))
        return found

    def atom(self):
        kind, word = self.next()
        self.at += 1
        if kind == "number":
            return float(word.replace("−", "-"))
        if kind == "sum":
            axes = self.axes()
            return np.sum(self.power(), axis=axes, keepdims=axes is not None)
        if kind == "name":
            return self.named(word)
        if word == "(":
            found = self.sum()
            assert self.take(")")
            return found
        assert word == "[", f"{word!r} begins nothing"
        found = self.sum()
        sign = self.take(">", "<")
        other = self.sum()
        assert self.take("]")
        return (found > other if sign == ">" else found < other) * 1.0

    def axes(self):
        if self.next()[0] != "axes":
            return None
        self.at += 1
        return tuple(int(n) for n in self.tokens[self.at - 1][1].translate(DIGITS).split(","))

    def named(self, word):
        if word in self.arrays:
            return self.arrays[word]
        assert word in self.functions, f"{word} is neither an array nor a function"
        axes, shape = self.axes(), self.shape()
        assert self.take("("), f"{word} is a function"
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        assert self.take(")")
        told = {"axis": axes, "shape": shape}
        told = {name: each for name, each in told.items() if each is not None}
        return self.functions[word](*arguments, **told)

    def shape(self):
        """Return what stands in brackets behind a function's name: 2×8."""
        if not self.take("["):
            return None
        sides = []
        while not self.take("]"):
            sides.append(int(self.tokens[self.at][1]))
            self.at += 1
            self.take("×")
        return tuple(sides)
