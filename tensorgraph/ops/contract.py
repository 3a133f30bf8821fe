"""Contractions: matrix products, and what is one of them with axes moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.notation import MATMUL
from tensorgraph.engine.op import Op, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import MULTILINEAR
from tensorgraph.engine.shapes import ndim_of, shape_of, sum_over
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import OneOrMore, one_axis
from tensorgraph.ops._batching import Operand, Static, elementwise
from tensorgraph.ops.arithmetic import astype, multiply
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import matrix_transpose, permute_dims, reshape

__all__ = [
    "linear", "matmul", "outer", "tensordot", "vecdot",
]  # fmt: skip

Shape = tuple[int, ...]


def _matmul_by_x(g: Any, y: Any, x_shape: Shape) -> Any:
    y_ndim = len(shape_of(y))
    if len(x_shape) == 1 and y_ndim == 1:
        return g * y
    if y_ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return (y @ g[..., None])[..., 0] if y_ndim > 2 else y @ g
    return g @ y.mT


def _matmul_by_y(g: Any, x: Any, y_shape: Shape) -> Any:
    x_ndim = len(shape_of(x))
    if x_ndim == 1 and len(y_shape) == 1:
        return g * x
    if x_ndim == 1:
        return x[:, None] * g[..., None, :]
    if len(y_shape) == 1 and x_ndim > 2:
        return (x.mT @ g[..., None])[..., 0]
    return x.mT @ g


def _matmul_shape(x: Any, y: Any) -> Shape:
    inner = shape_of(y)[-2:][0]
    if shape_of(x)[-1] != inner:
        raise ValueError("the inner axes differ")  # which the kernel tells in other words
    batch = np.broadcast_shapes(shape_of(x)[:-2], shape_of(y)[:-2])
    return (*batch, *shape_of(x)[-2:-1], *shape_of(y)[-1:] * (ndim_of(y) > 1))


def _products(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    x, y = operands
    if x.batched and not y.batched and y.ndim <= 2:  # one product, of the rows of all examples
        if x.ndim == 1:
            return dispatch(op, (x.value, y.value), {})
        rows = x.value.reshape((size * math.prod(x.shape[:-1]), x.shape[-1]))
        return dispatch(op, (rows, y.value), {}).reshape((size, *x.shape[:-1], *y.shape[1:]))
    if y.batched and not x.batched and y.ndim == 1 and x.ndim <= 2:
        return dispatch(op, (y.value, x.value.mT if x.ndim == 2 else x.value), {})
    left = x if x.ndim > 1 else Operand(x.value[..., None, :], x.batched)
    right = y if y.ndim > 1 else Operand(y.value[..., None], y.batched)
    out = elementwise(op, size, [left, right], {})
    if x.ndim == 1:
        out = out[..., 0, :]
    return out[..., 0] if y.ndim == 1 else out


matmul = register(
    "matmul",
    np.matmul,
    {"x": _matmul_by_x, "y": _matmul_by_y},
    family="contract",
    jvp={"x": MULTILINEAR, "y": MULTILINEAR},
    batch=_products,
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
    if type(x) is np.ndarray and x.ndim > 2 and x.flags.c_contiguous:
        # One product of all rows; NumPy would ask BLAS for one for each matrix of the stack.
        rows = np.matmul(x.reshape(math.prod(x.shape[:-1]), x.shape[-1]), weight.T)
        out = rows.reshape(*x.shape[:-1], len(weight))
    else:
        out = np.matmul(x, weight.T)
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


def _linear_by_weight(g: Any, x: Any) -> Any:
    if len(shape_of(x)) == 1:
        return g[:, None] * x
    if len(shape_of(x)) > 2:
        x = x.reshape((-1, shape_of(x)[-1]))
        g = g.reshape((-1, shape_of(g)[-1]))
    return g.mT @ x


def _linear_by_bias(g: Any, bias_shape: Shape) -> Any:
    leading = tuple(range(len(shape_of(g)) - len(bias_shape)))
    return sum_over(g, leading) if leading else g


def _check_linear(x: Any, weight: Any, bias: Any) -> dict[str, Any]:
    x_shape, w_shape, b_shape = shape_of(x), shape_of(weight), shape_of(bias)
    if len(w_shape) == 2 and x_shape[-1:] == w_shape[1:]:
        if b_shape == w_shape[:1] or b_shape == x_shape[:-1] + w_shape[:1]:
            return {}
    if len(w_shape) != 2 or not x_shape or x_shape[-1] != w_shape[1]:
        raise ShapeError(
            f"the input of shape {x_shape} has {x_shape[-1] if x_shape else 'no'} features along"
            f" axis -1, a weight of shape {w_shape} takes {w_shape[-1] if w_shape else 'none'}"
        )
    raise ShapeError(f"the bias of shape {b_shape} must have shape {w_shape[:1]}")


def _linear_body(x: Any, weight: Any, bias: Any) -> Any:
    return matmul(x, matrix_transpose(weight)) + bias


def _layers(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    x, weight, bias = operands
    if weight.batched:
        return NotImplemented
    value = bias.value
    if bias.batched or bias.ndim > 1:
        shape = (size, *x.shape[:-1], weight.shape[0])
        value = np.broadcast_to(bias.aligned(x.ndim), shape)
    return dispatch(op, (x.spread(size), weight.value, value), {})


linear = register(
    "linear",
    _linear_kernel,
    {
        "x": lambda g, weight: g @ weight,
        "weight": _linear_by_weight,
        "bias": _linear_by_bias,
    },
    family="fused",
    jvp={
        "x": lambda g, weight: matmul(g, matrix_transpose(weight)),
        "weight": lambda g, x: matmul(x, matrix_transpose(g)),
        "bias": lambda g: g,
    },
    batch=_layers,
    symbol="x Wᵀ + b",
    body=_linear_body,
    lowering=_linear_body,
    prepare=_check_linear,
    letter="Z",
    doc="""Return x Wᵀ + b, samples along the leading axes of x; W has shape (out, in).

    The bias has shape (out,), or the shape of the result: one for each sample.

    >>> tg.linear([1.0, 2.0], [[1.0, 1.0], [1.0, -1.0]], [0.5, 0.0])
    tensor([ 3.5, -1. ])
    """,
)

# ------------------------------------------------------------------------------------- composites


@with_leads
def tensordot(x: AnyArray, y: AnyArray, axes: SupportsIndex | Sequence[OneOrMore] = 2) -> AnyArray:
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
        pair: list[list[Any]] = [list(range(x_ndim - axes, x_ndim)), list(range(axes))]
    else:
        if not isinstance(axes, (list, tuple)) or len(axes) != 2:
            raise ArgumentError(
                f"tensordot: axes is a count, or a pair of axis lists, not {axes!r}"
            )
        sides: Sequence[Any] = axes
        pair = [[a] if ndim_of(a) == 0 else list(a) for a in sides]
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
    inner = (math.prod(lengths[0]),)
    outer_x = tuple(shape_of(x)[a] for a in free_x)
    outer_y = tuple(shape_of(y)[a] for a in free_y)
    # A vector stays one, so that a product of vectors and matrices is nothing but that.
    rows = _arranged(x, (*free_x, *summed_x), _merged(outer_x) + inner)
    columns = _arranged(y, (*summed_y, *free_y), inner + _merged(outer_y))
    return _arranged(matmul(rows, columns), None, outer_x + outer_y)


def _merged(lengths: Shape) -> Shape:
    """Return the length of the one axis that these become; of none, none."""
    return (math.prod(lengths),) if lengths else ()


def _arranged(x: Any, axes: Shape | None, shape: Shape) -> Any:
    """Return x with its axes in another order, then in another shape, if these differ."""
    if axes is not None and axes != tuple(range(len(axes))):
        x = permute_dims(x, axes=axes)
    return x if shape_of(x) == shape else reshape(x, shape=shape)


def _axis_last(x: Any, axis: SupportsIndex) -> Any:
    """Return x with an axis moved behind all others."""
    place, ndim = one_axis(axis, ndim_of(x), "vecdot: axis"), ndim_of(x)
    if place == ndim - 1:
        return x
    return permute_dims(x, axes=(*range(place), *range(place + 1, ndim), place))


@with_leads
def vecdot(x: AnyArray, y: AnyArray, axis: SupportsIndex = -1) -> AnyArray:
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


def outer(x: AnyArray, y: AnyArray) -> AnyArray:
    """Return all products of an element of x with an element of y; both are flattened.

    Example:
        >>> import tensorgraph as tg
        >>> tg.outer([1.0, 2.0], tg.tensor([3.0, 4.0])).shape
        (2, 2)
    """
    return multiply(reshape(x, shape=(-1, 1)), reshape(y, shape=(1, -1)))
