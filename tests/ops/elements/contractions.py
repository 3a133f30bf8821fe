"""Contractions: sums of products, one product at a time."""

import math

import numpy as np

from tests.ops.elements.shapes import permute_dims
from tests.ops.elements.storage import axes_of, build, fitted, flat, indices, one


def einsum(*operands, subscripts):
    """Sum over all letters, one product at a time; ellipses and length-1 axes broadcast."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = [_named(t, x.ndim) for t, x in zip(left.split(","), operands, strict=True)]
    sizes = {}
    for names, x in zip(terms, operands, strict=True):
        for name, n in zip(names, x.shape, strict=True):
            sizes[name] = n if sizes.get(name, 1) == 1 else sizes[name]
    batch = sorted((name for name in sizes if name[0] == "…"), key=lambda name: int(name[1:]))
    if arrow:
        before, dots, after = right.partition("...")
        result = [*before, *(batch if dots else ()), *after]
    else:
        letters = left.replace("...", "").replace(",", "")
        result = [*batch, *sorted(c for c in set(letters) if letters.count(c) == 1)]
    summed = [name for name in sizes if name not in result]

    def entry(index):
        at = dict(zip(result, index, strict=True))
        products = []
        for rest in indices([sizes[name] for name in summed]):
            place = {**at, **dict(zip(summed, rest, strict=True))}
            products.append(
                math.prod(
                    float(x[fitted([place[c] for c in names], x.shape)])
                    for names, x in zip(terms, operands, strict=True)
                )
            )
        return math.fsum(products)

    return build([sizes[name] for name in result], entry)


def _named(term, ndim):
    """Return a name for each axis; those of the ellipsis are counted from its end."""
    before, dots, after = term.partition("...")
    extra = ndim - len(before) - len(after)
    return [*before, *(f"…{k - extra}" for k in range(extra if dots else 0)), *after]


def matmul(x, y):
    left = "k" if x.ndim == 1 else "...ik"
    right = "k" if y.ndim == 1 else "...kj"
    out = "..." * (x.ndim > 2 or y.ndim > 2) + "i" * (x.ndim > 1) + "j" * (y.ndim > 1)
    return einsum(x, y, subscripts=f"{left},{right}->{out}")


def matmul_where(x, y, mask):
    products = matmul(x, y)
    return build(products.shape, lambda at: products[at] if mask[fitted(at, mask.shape)] else 0.0)


def masked_matmul(x, y, mask):
    lead = np.broadcast_shapes(x.shape[:-2], mask.shape[:-2])
    shape = (*lead, *x.shape[-2:])
    kept = build(shape, lambda at: x[fitted(at, x.shape)] if mask[fitted(at, mask.shape)] else 0.0)
    return matmul(kept, y)


def linear(x, weight, bias):
    return build(
        (*x.shape[:-1], weight.shape[0]),
        lambda at: math.fsum(
            [x[(*at[:-1], k)] * weight[at[-1], k] for k in range(x.shape[-1])]
            + [bias[fitted(at, bias.shape)]]
        ),
    )


def tensordot(x, y, axes=2):
    if isinstance(axes, int):
        axes = (range(x.ndim - axes, x.ndim), range(axes))
    first, second = ((a,) if isinstance(a, int) else tuple(a) for a in axes)
    x_names = [chr(97 + i) for i in range(x.ndim)]
    y_names = [chr(65 + i) for i in range(y.ndim)]
    for a, b in zip(axes_of(first, x.ndim), axes_of(second, y.ndim), strict=True):
        y_names[b] = x_names[a]
    kept = [n for n in x_names if n not in y_names] + [n for n in y_names if n not in x_names]
    names = "".join(x_names), "".join(y_names), "".join(kept)
    return einsum(x, y, subscripts="{},{}->{}".format(*names))


def vecdot(x, y, axis=-1):
    x, y = (
        permute_dims(v, [i for i in range(v.ndim) if i != one(axis, v.ndim)] + [axis])
        for v in (x, y)
    )
    return einsum(x, y, subscripts="...i,...i->...")


def outer(x, y):
    a, b = flat(x), flat(y)
    return build((len(a), len(b)), lambda index: a[index[0]] * b[index[1]])
