"""The promise of shapes, as a signature states them: ``(n,3,h,w)->(n,10)``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.testing.modules.subject import Subject, shapes_of

Shape = tuple[str, ...]
"""Lengths of axes: numbers, or letters that stand for any."""


class Signature(NamedTuple):
    """The shapes of what goes in and of what comes back."""

    inputs: tuple[Shape, ...]
    results: tuple[Shape, ...]

    def lengths(self, shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
        """Return what the letters stand for in a call with inputs of these shapes.

        Raises:
            AssertionError: the shapes are not those of the inputs.
        """
        found: dict[str, int] = {}
        if len(shapes) != len(self.inputs):
            raise AssertionError(f"{len(self.inputs)} inputs are stated, {len(shapes)} were given")
        for k, (stated, shape) in enumerate(zip(self.inputs, shapes, strict=True)):
            if not _fits(stated, shape, found):
                raise AssertionError(f"input {k} has shape {shape}, stated is {_text(stated)}")
        return found

    def drawn(self, lengths: Mapping[str, int], dtype: Any = np.float64) -> list[Any]:
        """Return inputs of these lengths, drawn from N(0, 1)."""
        rng = np.random.default_rng(0)
        shapes = [[lengths.get(name) or int(name) for name in shape] for shape in self.inputs]
        return [rng.standard_normal(shape).astype(dtype) for shape in shapes]

    @property
    def letters(self) -> list[str]:
        """The letters in the inputs, in order."""
        names = dict.fromkeys(name for shape in self.inputs for name in shape)
        return [name for name in names if not name.isdigit()]


def parsed(text: str) -> Signature:
    """Return a signature.

    Raises:
        ArgumentError: the text is none.

    Example:
        >>> parsed("(n,3)->(n)").inputs
        (('n', '3'),)
    """
    plain = re.sub(r"\s", "", text)
    one = r"\((?:\w+(?:,\w+)*,?)?\)"
    if not re.fullmatch(rf"{one}(?:,{one})*->{one}(?:,{one})*", plain):
        raise errors.ArgumentError(
            f"signature={text!r} is none; write the shapes of all inputs and results, as in"
            " '(n,3,h,w)->(n,10)' or '(n,d),(m,d)->(n,m)'"
        )
    sides = []
    for side in plain.split("->"):
        shapes = re.findall(r"\(([\w,]*)\)", side)
        sides.append(tuple(tuple(filter(None, shape.split(","))) for shape in shapes))
    return Signature(*sides)


def example_inputs(signature: Signature) -> list[Any]:
    """Return inputs whose lengths all differ."""
    lengths = {name: 4 + k for k, name in enumerate(signature.letters)}
    return signature.drawn(lengths)


def shapes_are_as_stated(subject: Subject, signature: Signature) -> str:
    """Results have the shapes that are stated, and also where a letter stands for another length.

    Raises:
        AssertionError: they have others.
    """
    leaves = [x for x in subject.given() if isinstance(x, np.ndarray)]
    lengths = signature.lengths([x.shape for x in leaves])
    _require(subject, signature, leaves, lengths)
    if not all(x.dtype.kind == "f" for x in leaves):
        return ""
    for name in signature.letters:
        other = {**lengths, name: lengths[name] + 1}
        try:
            _require(subject, signature, signature.drawn(other), other)
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(
                f"with {name} = {other[name]} for {lengths[name]} it raises"
                f" {type(error).__name__}: {error}"
            ) from None
    return f"any {', '.join(signature.letters)}" if signature.letters else ""


def _require(
    subject: Subject, signature: Signature, leaves: Sequence[Any], lengths: Mapping[str, int]
) -> None:
    results = subject.outputs(subject.fresh(), leaves)
    for_inputs = f"for {shapes_of(leaves)}"
    if len(results) != len(signature.results):
        raise AssertionError(
            f"{for_inputs} {len(results)} results come back, stated are {len(signature.results)}"
        )
    known = dict(lengths)
    for (place, array), stated in zip(results.items(), signature.results, strict=True):
        if not _fits(stated, array.shape, known):
            expected = ", ".join(str(known.get(name, name)) for name in stated)
            raise AssertionError(
                f"{for_inputs} {place} has shape {array.shape}, stated is {_text(stated)}:"
                f" ({expected})"
            )


def _fits(stated: Shape, shape: tuple[int, ...], known: dict[str, int]) -> bool:
    """Return whether a shape is as stated; letters met for the first time become known."""
    if len(stated) != len(shape):
        return False
    return all(
        int(name) == n if name.isdigit() else known.setdefault(name, n) == n
        for name, n in zip(stated, shape, strict=True)
    )


def _text(shape: Shape) -> str:
    return f"({','.join(shape)})"
