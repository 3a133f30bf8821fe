"""einsum: sums of products of elements, over the letters that the result does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import as_array, placed
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.op import Op, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import MULTILINEAR
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.summation import add_up
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._batching import Operand, Static
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.shape import matrix_transpose

__all__ = ["einsum"]

Shape = tuple[int, ...]


def _parse(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Return one term of single letters per operand, and the result's; ellipses spelt out."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ArgumentError(f"{subscripts!r} names {len(terms)} operands, {len(ndims)} were given")
    unused = [c for c in _LETTERS if c not in text]
    widths = [
        n - len(t.replace("...", "")) if "..." in t else 0
        for t, n in zip(terms, ndims, strict=True)
    ]
    batch = "".join(unused[: max(widths, default=0)])
    full = [t.replace("...", batch[len(batch) - w :]) for t, w in zip(terms, widths, strict=True)]
    for term, n, original in zip(full, ndims, terms, strict=True):
        if len(term) != n or not all(c in _LETTERS for c in term):
            raise ArgumentError(
                f"the term {original!r} of {subscripts!r} does not fit a tensor with {n} axes"
            )
    if arrow:
        result = right.replace("...", batch)
    else:
        joined = "".join(t.replace("...", "") for t in terms)
        result = batch + "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    unknown = [c for c in result if c not in "".join(full)]
    if unknown or len(set(result)) != len(result):
        raise ArgumentError(
            f"the result of {subscripts!r} repeats a letter or has one that no operand has"
        )
    return full, result


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _check_einsum(*operands: Any, subscripts: str) -> dict[str, Any]:
    if not isinstance(subscripts, str):
        raise ArgumentError(f"subscripts is a string such as 'ij,jk->ik', not {subscripts!r}")
    shapes = [shape_of(o) for o in operands]
    terms, result = _parse(subscripts, [len(s) for s in shapes])
    _lengths(subscripts, terms, shapes)
    return {"subscripts": f"{','.join(terms)}->{result}"}


def _lengths(subscripts: str, terms: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    """Return how long the axis of each letter is."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            if sizes.get(letter, 1) != 1 and n not in (1, sizes[letter]):
                raise ShapeError(
                    f"in {subscripts!r} axis {letter!r} is {sizes[letter]} in one operand and {n}"
                    f" in another (shapes {', '.join(map(str, shapes))})"
                )
            sizes[letter] = max(n, sizes.get(letter, 1)) if n != 0 else 0
    return sizes


def _einsum_rule(
    g: Any, i: int, shapes: Sequence[Shape], others: Sequence[Any], subscripts: str
) -> Any:
    left, _, result = subscripts.partition("->")
    terms = left.split(",")
    operands, names = [g], [result]
    for k, other in enumerate(others):
        if k != i:
            operands.append(other)
            names.append(terms[k])
    # A letter repeated in this operand reads a diagonal: its gradient is put back on it by an
    # identity matrix. A letter that is nowhere else as long as here was summed away: its gradient
    # is repeated.
    target = ""
    fresh = iter(c for c in _LETTERS if c not in subscripts)
    for letter, n in zip(terms[i], shapes[i], strict=True):
        if letter in target:
            other_name = next(fresh)
            operands.append(placed(np.eye(n, dtype=g.dtype), as_array(g)))
            names.append(letter + other_name)
            target += other_name
        else:
            target += letter
    for letter, n in zip(target, shapes[i], strict=True):
        lengths = [
            shape_of(o)[w.index(letter)]
            for o, w in zip(operands, names, strict=True)
            if letter in w
        ]
        if n not in lengths:
            operands.append(placed(np.ones(n, dtype=g.dtype), as_array(g)))
            names.append(letter)
    return _einsum(*operands, subscripts=f"{','.join(names)}->{target}")


def _einsum_shape(*operands: Any, subscripts: str) -> Shape:
    left, _, result = subscripts.partition("->")
    terms = left.split(",")
    lengths = _lengths(subscripts, terms, [shape_of(x) for x in operands])
    return tuple(lengths[letter] for letter in result)


def _einsum_kernel(*operands: Any, subscripts: str) -> Any:
    """Return the sum of products; what a single operand has to itself is added up first."""
    dtype = np.result_type(*operands)
    if dtype == np.float16:  # NumPy adds up in it
        operands = tuple(x.astype(np.float32) for x in operands)
    left, _, result = subscripts.partition("->")
    terms = left.split(",")
    parts, names = [], []
    for k, (x, term) in enumerate(zip(operands, terms, strict=True)):
        elsewhere = "".join([result, *terms[:k], *terms[k + 1 :]])
        unique = "".join(dict.fromkeys(term))
        x = x if unique == term else np.einsum(f"{term}->{unique}", x)  # a diagonal
        own = tuple(i for i, letter in enumerate(unique) if letter not in elsewhere)
        parts.append(add_up(x, axis=own).astype(x.dtype) if own else x)
        names.append("".join(letter for letter in unique if letter in elsewhere))
    kept_names = ",".join(names) + "->" + result
    out = np.einsum(kept_names, *parts, optimize=len(parts) > 1)
    return out.astype(dtype, copy=False)


def _with_examples(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Give the axis of the examples a letter of its own."""
    left, _, result = static["subscripts"].partition("->")
    letter = next((c for c in _LETTERS if c not in left), None)
    if letter is None:
        return NotImplemented
    named = zip(operands, left.split(","), strict=True)
    terms = [letter * operand.batched + term for operand, term in named]
    subscripts = f"{','.join(terms)}->{letter}{result}"
    return dispatch(op, tuple(o.value for o in operands), {"subscripts": subscripts})


_einsum = register(
    "einsum",
    _einsum_kernel,
    {"*operands": _einsum_rule},
    family="contract",
    jvp={"*operands": MULTILINEAR},
    batch=_with_examples,
    shape=_einsum_shape,
    prepare=_check_einsum,
    code="np.einsum(subscripts, *operands)",
    letter="Z",
    doc="Sum products of elements as the subscripts say.",
)


@with_leads
def einsum(subscripts: Any, *operands: AnyArray) -> AnyArray:
    """Sum products of elements over the letters that the result does not keep (NumPy's einsum).

    A list of axis numbers after each operand, and one for the result, stands for letters too.

    Raises:
        ArgumentError: the subscripts do not fit the operands.
        ShapeError: a letter has two lengths.

    Example:
        >>> import tensorgraph as tg
        >>> tg.einsum("ij,ij->i", tg.ones((2, 3)), tg.full((2, 3), 2.0))
        tensor([6., 6.])
        >>> tg.einsum(tg.ones((2, 3)), [0, 1], tg.full((2, 3), 2.0), [0, 1], [0])
        tensor([6., 6.])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _spelt((subscripts, *operands))
    product = _as_product(subscripts, tuple(map(shape_of, operands)))
    if product is None:
        return _einsum(*operands, subscripts=subscripts)
    x, y = (matrix_transpose(operands[i]) if turned else operands[i] for i, turned in product)
    return matmul(x, y)


@lru_cache
def _as_product(subscripts: str, shapes: tuple[Shape, ...]) -> tuple[tuple[int, bool], ...] | None:
    """Return the factors of the product of matrices, or stacks of them, that subscripts say.

    Each is told by its place, and whether it has to be transposed. ``None`` if they say something
    else, or if lengths differ.
    """
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if [*map(len, terms)] != [*map(len, shapes)] or len(terms) != 2 or "..." in subscripts:
        return None
    lengths = [dict(zip(t, shape, strict=True)) for t, shape in zip(terms, shapes, strict=True)]
    repeated = any(len(n) < len(t) for t, n in zip(terms, lengths, strict=True))
    if repeated or any(lengths[0].get(c, n) != n for c, n in lengths[1].items()):
        return None
    if not arrow:
        result = "".join(sorted({*terms[0]} ^ {*terms[1]}))
    batch = "".join(c for c in result if c in terms[0] and c in terms[1])
    summed = "".join(c for c in terms[0] if c in terms[1] and c not in result)
    for i, k in ((0, 1), (1, 0)):
        row = "".join(c for c in terms[i] if c not in terms[k])
        column = "".join(c for c in terms[k] if c not in terms[i])
        axes = (len(row), len(summed), len(column))
        if axes != (1, 1, 1) and (batch or max(axes) > 1 or not summed):
            continue
        x = batch + row + summed, batch + summed + row
        y = batch + summed + column, batch + column + summed
        if result == batch + row + column and terms[i] in x and terms[k] in y:
            return (i, terms[i] != x[0]), (k, terms[k] != y[0])
    return None


def _spelt(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return subscripts and operands of a call with lists of axis numbers."""
    result = [args[-1]] if len(args) % 2 else []
    operands, terms = args[: len(args) - len(result) : 2], [*args[1::2], *result]
    numbers: set[int] = set()
    for term in terms:
        if not isinstance(term, (list, tuple)) or not all(map(_is_axis_number, term)):
            raise ArgumentError(
                "einsum: subscripts is a string such as 'ij,jk->ik', or a list of whole numbers"
                f" from 0 to {len(_LETTERS) - 1} and ... after each operand and for the result, as"
                f" in einsum(x, [0, 1], y, [1, 2], [0, 2]); not {errors.describe(term)}"
            )
        numbers.update(n for n in term if n is not ...)
    # What the result keeps if nothing says so is sorted: letters, too, follow their numbers.
    letters = dict(zip(sorted(numbers), sorted(_LETTERS[: max(len(numbers), 26)]), strict=False))
    spelt = ["".join("..." if n is ... else letters[n] for n in term) for term in terms]
    arrow = f"->{spelt.pop()}" if result else ""
    return ",".join(spelt) + arrow, operands


def _is_axis_number(n: Any) -> bool:
    whole = isinstance(n, (int, np.integer)) and not isinstance(n, bool)
    return n is ... or (whole and 0 <= n < len(_LETTERS))
