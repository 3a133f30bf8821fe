"""Contractions: matrix products and everything einsum can say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import as_array
from tensorgraph.engine.notation import MATMUL
from tensorgraph.engine.op import register
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.summation import add_up
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops._axes import one_axis
from tensorgraph.ops.arithmetic import astype, multiply
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import matrix_transpose, permute_dims, reshape

__all__ = [
    "einsum", "linear", "matmul", "outer", "tensordot", "vecdot",
]  # fmt: skip

Shape = tuple[int, ...]


def _matmul_by_x(g: Any, y: Any, x_shape: Shape) -> Any:
    y_ndim = len(shape_of(y))
    if len(x_shape) == 1 and y_ndim == 1:
        return g * y
    if y_ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return (y @ g[..., None])[..., 0]
    return g @ y.mT


def _matmul_by_y(g: Any, x: Any, y_shape: Shape) -> Any:
    x_ndim = len(shape_of(x))
    if x_ndim == 1 and len(y_shape) == 1:
        return g * x
    if x_ndim == 1:
        return x[:, None] * g[..., None, :]
    if len(y_shape) == 1:
        return (x.mT @ g[..., None])[..., 0]
    return x.mT @ g


def _matmul_shape(x: Any, y: Any) -> Shape:
    inner = shape_of(y)[-2:][0]
    if shape_of(x)[-1] != inner:
        raise ValueError("the inner axes differ")  # which the kernel tells in other words
    batch = np.broadcast_shapes(shape_of(x)[:-2], shape_of(y)[:-2])
    return (*batch, *shape_of(x)[-2:-1], *shape_of(y)[-1:] * (ndim_of(y) > 1))


matmul = register(
    "matmul",
    np.matmul,
    {"x": _matmul_by_x, "y": _matmul_by_y},
    family="contract",
    shape=_matmul_shape,
    symbol="@",
    notation=MATMUL,
    code="@",
    letter="Z",
    facts={"sign_of": ("x", "y")},
    doc="""Return the matrix product x @ y: vectors, matrices, or stacks of them that broadcast.

    Products are added up by BLAS, in an order of its own: a sum of n is off by some √n units in the
    last place of Σ|x y|. `sum` of the products is more exact, and slower. float16 is added up in
    float32.

    >>> tg.matmul([[1.0, 2.0]], [[3.0], [4.0]])
    tensor([[11.]])
    """,
)


def _linear_kernel(x: Any, weight: Any, bias: Any) -> Any:
    out = np.matmul(x, weight.T)
    out += bias
    return out


def _linear_by_weight(g: Any, x: Any) -> Any:
    if len(shape_of(x)) == 1:
        return g[:, None] * x
    if len(shape_of(x)) > 2:
        x = x.reshape((-1, shape_of(x)[-1]))
        g = g.reshape((-1, shape_of(g)[-1]))
    return g.mT @ x


def _linear_by_bias(g: Any) -> Any:
    leading = tuple(range(len(shape_of(g)) - 1))
    return sum(g, axis=leading) if leading else g


def _check_linear(x: Any, weight: Any, bias: Any) -> dict[str, Any]:
    x_shape, w_shape, b_shape = shape_of(x), shape_of(weight), shape_of(bias)
    if len(w_shape) != 2 or not x_shape or x_shape[-1] != w_shape[1]:
        raise ShapeError(
            f"the input of shape {x_shape} has {x_shape[-1] if x_shape else 'no'} features along"
            f" axis -1, a weight of shape {w_shape} takes {w_shape[-1] if w_shape else 'none'}"
        )
    if b_shape != w_shape[:1]:
        raise ShapeError(f"the bias of shape {b_shape} must have shape {w_shape[:1]}")
    return {}


linear = register(
    "linear",
    _linear_kernel,
    {
        "x": lambda g, weight: g @ weight,
        "weight": _linear_by_weight,
        "bias": _linear_by_bias,
    },
    family="fused",
    symbol="x Wᵀ + b",
    body=lambda x, weight, bias: matmul(x, matrix_transpose(weight)) + bias,
    prepare=_check_linear,
    letter="Z",
    doc="""Return x Wᵀ + b, samples along the leading axes of x; W has shape (out, in).

    >>> tg.linear([1.0, 2.0], [[1.0, 1.0], [1.0, -1.0]], [0.5, 0.0])
    tensor([ 3.5, -1. ])
    """,
)

# ----------------------------------------------------------------------------------------- einsum


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
            operands.append(np.eye(n, dtype=g.dtype, like=as_array(g)))
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
            operands.append(np.ones(n, dtype=g.dtype, like=as_array(g)))
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


_einsum = register(
    "einsum",
    _einsum_kernel,
    {"*operands": _einsum_rule},
    family="contract",
    shape=_einsum_shape,
    prepare=_check_einsum,
    code="np.einsum(subscripts, *operands)",
    letter="Z",
    doc="Sum products of elements as the subscripts say.",
)


def einsum(subscripts: Any, *operands: Any) -> Any:
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
    return _einsum(*operands, subscripts=subscripts)


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


# ------------------------------------------------------------------------------------- composites


def tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """Sum products over the given axes of x and y: a count, or a pair of axis lists.

    Raises:
        ShapeError: the summed axes differ in length.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tensordot(tg.ones((2, 3, 4)), tg.ones((3, 4, 5))).shape
        (2, 5)
    """
    x_ndim, y_ndim = ndim_of(x), ndim_of(y)
    if isinstance(axes, (int, np.integer)):
        if not 0 <= axes <= min(x_ndim, y_ndim):
            raise ArgumentError(
                f"tensordot: axes = {axes} does not fit tensors with {x_ndim} and {y_ndim} axes"
            )
        pair = [list(range(x_ndim - axes, x_ndim)), list(range(axes))]
    else:
        if not isinstance(axes, (list, tuple)) or len(axes) != 2:
            raise ArgumentError(
                f"tensordot: axes is a count, or a pair of axis lists, not {axes!r}"
            )
        pair = [[a] if ndim_of(a) == 0 else list(a) for a in axes]
    summed_x = [one_axis(a, x_ndim, "tensordot axis") for a in pair[0]]
    summed_y = [one_axis(a, y_ndim, "tensordot axis") for a in pair[1]]
    lengths = [shape_of(x)[a] for a in summed_x], [shape_of(y)[a] for a in summed_y]
    if lengths[0] != lengths[1]:
        raise ShapeError(
            f"tensordot: the summed axes have lengths {lengths[0]} in x of shape {shape_of(x)} and"
            f" {lengths[1]} in y of shape {shape_of(y)}"
        )
    free_x = [a for a in range(x_ndim) if a not in summed_x]
    free_y = [a for a in range(y_ndim) if a not in summed_y]
    inner = math.prod(lengths[0])
    outer_x = tuple(shape_of(x)[a] for a in free_x)
    outer_y = tuple(shape_of(y)[a] for a in free_y)
    rows = reshape(permute_dims(x, axes=(*free_x, *summed_x)), shape=(math.prod(outer_x), inner))
    columns = reshape(permute_dims(y, axes=(*summed_y, *free_y)), shape=(inner, math.prod(outer_y)))
    return reshape(matmul(rows, columns), shape=outer_x + outer_y)


def _axis_last(x: Any, axis: int) -> Any:
    """Return x with an axis moved behind all others."""
    place, ndim = one_axis(axis, ndim_of(x), "vecdot: axis"), ndim_of(x)
    if place == ndim - 1:
        return x
    return permute_dims(x, axes=(*range(place), *range(place + 1, ndim), place))


def vecdot(x: Any, y: Any, axis: int = -1) -> Any:
    """Return the scalar products of the vectors along ``axis`` of x and y; other axes broadcast.

    The result has the dtype of a product, as NumPy's has: small integers stay so, and wrap around.

    Raises:
        ShapeError: the vectors differ in length.

    Example:
        >>> import tensorgraph as tg
        >>> tg.vecdot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
        tensor(11.)
    """
    first, second = _axis_last(x, axis), _axis_last(y, axis)
    n, m = shape_of(first)[-1], shape_of(second)[-1]
    if n != m:
        raise ShapeError(
            f"vecdot: the vectors along axis {axis} have length {n} in x of shape {shape_of(x)}"
            f" and {m} in y of shape {shape_of(y)}"
        )
    products = multiply(first, second)
    total = sum(products, axis=-1)
    return total if total.dtype == products.dtype else astype(total, dtype=products.dtype)


def outer(x: Any, y: Any) -> Any:
    """Return all products of an element of x with an element of y; both are flattened.

    Example:
        >>> import tensorgraph as tg
        >>> tg.outer([1.0, 2.0], tg.tensor([3.0, 4.0])).shape
        (2, 2)
    """
    return multiply(reshape(x, shape=(-1, 1)), reshape(y, shape=(1, -1)))
