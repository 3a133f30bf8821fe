"""Linear algebra, by mpmath with 40 digits, one matrix at a time."""

import itertools
import math

import numpy as np
from mpmath import mp, mpf

from tests.ops.elements.storage import axes_of, build, without

DIGITS = 40


def exact(x):
    """Return an array as a matrix of mpmath's."""
    return mp.matrix([[mpf(float(v)) for v in row] for row in x]) if x.size else mp.matrix(*x.shape)


def plain(m, shape):
    """Return a matrix of mpmath's as an array of a shape."""
    return np.array([[float(m[i, j]) for j in range(m.cols)] for i in range(m.rows)]).reshape(shape)


def each(function, x, shape):
    """Return what a function of one matrix gives of each; ``shape`` is that of a result."""
    lead = x.shape[:-2]
    out = np.zeros((*lead, *shape))
    with mp.workdps(DIGITS):
        for at in itertools.product(*map(range, lead)):
            out[at] = function(x[at])
    return out


def inv(x):
    return each(lambda m: plain(mp.inverse(exact(m)), m.shape) if m.size else m, x, x.shape[-2:])


def _det(m):
    return mp.det(exact(m)) if m.size else mpf(1)


def det(x):
    return each(lambda m: float(_det(m)), x, ())


def detsign(x):
    return each(lambda m: float(mp.sign(_det(m))), x, ())


def logabsdet(x):
    return each(lambda m: float(mp.log(abs(_det(m)))), x, ())


def slogdet(x):
    return [detsign(x), logabsdet(x)]


def cofactors(x):
    """By minors, each with its sign."""

    def entry(m, i, j):
        minor = np.delete(np.delete(m, i, 0), j, 1)
        return float((-1) ** (i + j) * _det(minor))

    n = x.shape[-1]
    return each(lambda m: build((n, n), lambda at: entry(m, *at)), x, (n, n))


def _solved(a, b):
    vector = b.ndim == 1
    b = b[:, None] if vector else b
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (np.broadcast_to(v, (*lead, *v.shape[-2:])) for v in (a, b))
    out = np.zeros(b.shape)
    with mp.workdps(DIGITS):
        for at in itertools.product(*map(range, lead)):
            if b[at].size:
                out[at] = plain(mp.inverse(exact(a[at])) * exact(b[at]), b[at].shape)
    return out[..., 0] if vector else out


def solve(a, b):
    return _solved(a, b)


def solve_triangular(a, b, lower=True, transpose=False, unit_diagonal=False):
    def read(at):
        *_, i, j = at
        if i == j:
            return 1.0 if unit_diagonal else a[at]
        return a[at] if (i > j) == lower else 0.0

    read_of = build(a.shape, read)
    return _solved(np.swapaxes(read_of, -1, -2) if transpose else read_of, b)


def _pinv_of(m):
    """By the normal equations, whose loss of digits 40 of them bear."""
    if 0 in m.shape:
        return np.zeros(m.shape[::-1])
    a = exact(m)
    tall = a.rows >= a.cols
    p = mp.inverse(a.T * a) * a.T if tall else a.T * mp.inverse(a * a.T)
    return plain(p, m.shape[::-1])


def pinv(x):
    return each(_pinv_of, x, x.shape[:-3:-1])


def lstsq(a, b):
    solution = pinv(a) @ b
    residual = ((a @ solution - b) ** 2).sum(axis=-min(b.ndim, 2))
    residual = np.where(residual < 1e-25, 0, residual)
    return [solution, residual]


def matrix_rank(x):
    """All matrices of the table have full rank."""
    return np.full(x.shape[:-2], min(x.shape[-2:]))


def _symmetric(x):
    return build(x.shape, lambda at: (x[at] + x[(*at[:-2], at[-1], at[-2])]) / 2)


def cholesky(x):
    def factor(m):
        return plain(mp.cholesky(exact(m)), m.shape) if m.size else m

    return each(factor, _symmetric(x), x.shape[-2:])


def _eigen(m):
    """Return the eigenvalues in ascending order, and the vectors."""
    if not m.size:
        return np.zeros(0), m
    values, vectors = mp.eigsy(exact(m))
    order = sorted(range(len(values)), key=lambda k: values[k])
    n = len(order)
    v = np.array([[float(vectors[i, k]) for k in order] for i in range(n)])
    return np.array([float(values[k]) for k in order]), v


def eigvalsh(x):
    return each(lambda m: _eigen(m)[0], _symmetric(x), x.shape[-1:])


def eigh(x):
    """The values, and each vector times its first element, which its sign does not change."""
    return [
        eigvalsh(x),
        each(lambda m: (v := _eigen(m)[1]) * v[:1], _symmetric(x), x.shape[-2:]),
    ]


def _singular(m):
    k = min(m.shape)
    if not k:
        return np.zeros((m.shape[0], 0)), np.zeros(0), np.zeros((0, m.shape[1]))
    u, s, v = mp.svd_r(exact(m))
    return plain(u, (m.shape[0], k)), np.array([float(v) for v in s]), plain(v, (k, m.shape[1]))


def svdvals(x):
    return each(lambda m: _singular(m)[1], x, (min(x.shape[-2:]),))


def svd(x):
    """The values, and U's columns times V's, which their signs do not change."""

    def products(m):
        u, _, v = _singular(m)
        return u.T[:, :, None] * v[:, None, :]

    return [svdvals(x), each(products, x, (min(x.shape[-2:]), *x.shape[-2:]))]


def qr(x):
    """Q and R by Gram and Schmidt; each column of Q and row of R times the sign of R's diagonal."""

    def parts(m):
        k = min(m.shape)
        q = mp.matrix(m.shape[0], k)
        a = exact(m)
        for j in range(k):
            column = a[:, j]
            for i in range(j):
                column = column - q[:, i] * (q[:, i].T * a[:, j])[0]
            q[:, j] = column / mp.norm(column)
        return q, q.T * a

    m, n = x.shape[-2:]
    k = min(m, n)
    if not k:
        return [np.zeros((*x.shape[:-2], m, 0)), np.zeros((*x.shape[:-2], 0, n))]
    return [
        each(lambda a: plain(parts(a)[0], (m, k)), x, (m, k)),
        each(lambda a: plain(parts(a)[1], (k, n)), x, (k, n)),
    ]


def expm(x):
    return each(lambda m: plain(mp.expm(exact(m)), m.shape) if m.size else m, x, x.shape[-2:])


def over_gaps(x, gaps):
    shape = np.broadcast_shapes(x.shape, gaps.shape)
    x, gaps = (np.broadcast_to(v, shape) for v in (x, gaps))
    return build(shape, lambda at: x[at] / gaps[at] if x[at] else 0.0)


# ------------------------------------------------------------------------- diagonals and products


def _places(rows, columns, offset):
    return [(i, i + offset) for i in range(rows) if 0 <= i + offset < columns]


def trace(x, offset=0):
    places = _places(*x.shape[-2:], offset)
    return build(x.shape[:-2], lambda at: math.fsum(x[(*at, *place)] for place in places))


def diagonal(x, offset=0):
    places = _places(*x.shape[-2:], offset)
    return build((*x.shape[:-2], len(places)), lambda at: x[(*at[:-1], *places[at[-1]])])


def diag_embed(x, offset=0):
    n = x.shape[-1] + abs(offset)
    places = {place: k for k, place in enumerate(_places(n, n, offset))}
    return build(
        (*x.shape[:-1], n, n),
        lambda at: x[(*at[:-2], places[at[-2:]])] if at[-2:] in places else 0.0,
    )


def diag(x, k=0):
    return diagonal(x, k) if x.ndim == 2 else diag_embed(x, k)


def matrix_power(x, n):
    def power(m):
        return plain((exact(m) if n > 0 else mp.inverse(exact(m))) ** abs(n), m.shape)

    return each(lambda m: power(m) if m.size else m, x, x.shape[-2:])


def multi_dot(*arrays):
    first, last = arrays[0].ndim == 1, arrays[-1].ndim == 1
    with mp.workdps(DIGITS):
        shape = (*arrays[0].shape[:-1], *arrays[-1].shape[1:])
        if 0 in shape:
            return np.zeros(shape)
        matrices = [a if a.ndim == 2 else a[None] if i == 0 else a[:, None]
                    for i, a in enumerate(arrays)]  # fmt: skip
        product = exact(matrices[0])
        for matrix in matrices[1:]:
            product = product * exact(matrix)
        assert product.rows == 1 or not first
        assert product.cols == 1 or not last
        return plain(product, shape)


def kron(x, y):
    ndim = max(x.ndim, y.ndim)
    x, y = (v.reshape((1,) * (ndim - v.ndim) + v.shape) for v in (x, y))
    shape = tuple(m * n for m, n in zip(x.shape, y.shape, strict=True))

    def entry(at):
        pairs = [divmod(i, n) for i, n in zip(at, y.shape, strict=True)]
        return x[tuple(a for a, _ in pairs)] * y[tuple(b for _, b in pairs)]

    return build(shape, entry)


def cross(x, y, axis=-1):
    x, y = (np.moveaxis(v, axis, -1) for v in (x, y))
    lead = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    x, y = (np.broadcast_to(v, (*lead, 3)) for v in (x, y))

    def entry(at):
        *rest, k = at
        i, j = (k + 1) % 3, (k + 2) % 3
        return x[(*rest, i)] * y[(*rest, j)] - x[(*rest, j)] * y[(*rest, i)]

    return np.moveaxis(build((*lead, 3), entry), -1, axis)


# ------------------------------------------------------------------------------------------- norms


def _length(values, p):
    sizes = [abs(mpf(float(v))) for v in values]
    if p == 0:
        return float(sum(v != 0 for v in sizes))
    if math.isinf(p):
        return float(max(sizes) if p > 0 else min(sizes))
    return float(mp.fsum(v ** mpf(p) for v in sizes) ** (1 / mpf(p)))


def vector_norm(x, axis=None, keepdims=False, ord=2):
    axes = axes_of(axis, x.ndim)
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))

    def entry(at):
        ranges = [range(n) if i in axes else [at[i]] for i, n in enumerate(x.shape)]
        return _length([x[place] for place in itertools.product(*ranges)], ord)

    with mp.workdps(DIGITS):
        out = build(shape, entry)
    return out if keepdims else out.reshape(without(shape, axes))


def _size(m, p):
    if p == "fro":
        return _length(m.reshape(-1), 2)
    if p in ("nuc", 2, -2):
        values = _singular(m)[1]
        return {"nuc": math.fsum(values), 2: max(values), -2: min(values)}[p]
    sums = [_length(row, 1) for row in (m.T if abs(p) == 1 else m)]
    return max(sums) if p > 0 else min(sums)


def matrix_norm(x, keepdims=False, ord="fro"):
    out = each(lambda m: _size(m, ord), x, ())
    return out.reshape((*out.shape, 1, 1)) if keepdims else out


def cond(x, p=None):
    def number(m):
        if p in (None, 2, -2):
            values = _singular(m)[1]
            return max(values) / min(values) if p != -2 else min(values) / max(values)
        return _size(m, p) * _size(plain(mp.inverse(exact(m)), m.shape), p)

    return each(number, x, ())
