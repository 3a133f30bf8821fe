"""An independent interpreter of operations: exact first and second derivatives, without the engine.

A :class:`Dual` is a + b·ε with ε² = 0, its parts complex. With a = x + i·h·u and b = v the real
part of the result's b is ∇f·v, the imaginary part of its a is h ∇f·u, and that of its b is
h uᵀ∇²f v: no differences are taken, so all of them are exact to rounding (h is 1e-20). Kinks are
decided by the real part. Nothing here imports tensorgraph; every function has an op's name.
"""

from __future__ import annotations

import builtins
import math
from functools import cache

import mpmath
import numpy as np
from scipy import special

from tests.ops import along_one_axis

STEP = 1e-20


class Dual:
    """A number (an array of them) a + b·ε; both parts are complex arrays of one shape."""

    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b

    @property
    def real(self):
        return self.a.real

    @property
    def shape(self):
        return self.a.shape

    def __add__(self, other):
        other = constant(other)
        return Dual(self.a + other.a, self.b + other.b)

    def __mul__(self, other):
        return bilinear(np.multiply)(self, constant(other))

    def __neg__(self):
        return Dual(-self.a, -self.b)

    def __sub__(self, other):
        return self + -constant(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * reciprocal(constant(other))

    def __rtruediv__(self, other):
        return reciprocal(self) * other

    __radd__, __rmul__ = __add__, __mul__


def constant(value):
    if isinstance(value, Dual):
        return value
    array = np.asarray(value, dtype=complex)
    return Dual(array, np.zeros_like(array))


def chain(f, slope):
    """Return an elementwise function, given its analytic formula and that of its derivative."""
    return lambda x: Dual(f(x.a), slope(x.a) * x.b)


def linear_map(f):
    """Return a function that is linear in all its operands together."""
    return lambda *xs, **static: Dual(
        f(*(x.a for x in xs), **static), f(*(x.b for x in xs), **static)
    )


def bilinear(f):
    return lambda x, y, **static: Dual(
        f(x.a, y.a, **static), f(x.b, y.a, **static) + f(x.a, y.b, **static)
    )


@cache
def by_scalars(ref):
    """Return an elementwise function, given its reference on scalars: a name in ``math``.

    mpmath, which has the same names, takes the derivatives, with twice the digits.
    """
    f = getattr(mpmath, ref.removeprefix("math."))

    @cache
    def partial(orders, *numbers):
        return float(mpmath.diff(f, numbers, orders)) if any(orders) else float(f(*numbers))

    def function(*xs):
        reals = np.broadcast_arrays(*(x.real for x in xs))
        axes = np.eye(len(xs), dtype=int)

        def at(*orders):
            total = tuple(map(int, np.sum(orders, axis=0)))
            return np.vectorize(lambda *numbers: partial(total, *numbers), otypes=[float])(*reals)

        value, slopes = at(0 * axes[0]) + 0j, []
        for i, x in enumerate(xs):
            value = value + 1j * at(axes[i]) * x.a.imag
            bends = [at(axes[i], axes[j]) * y.a.imag for j, y in enumerate(xs)]
            slopes.append((at(axes[i]) + 1j * builtins.sum(bends)) * x.b)
        return Dual(value, builtins.sum(slopes))

    return function


def pick(mask, x, y):
    x, y = constant(x), constant(y)
    return Dual(np.where(mask, x.a, y.a), np.where(mask, x.b, y.b))


# ------------------------------------------------------------------------------------ elementwise

_SQRT_PI = math.sqrt(math.pi)


def _erf(z):
    x = z.real
    return special.erf(x) + 1j * z.imag * (2 / _SQRT_PI * np.exp(-x * x))


def _logistic(z):
    return 1 / (1 + np.exp(-z))


add = Dual.__add__
subtract = Dual.__sub__
multiply = Dual.__mul__
divide = Dual.__truediv__
negative = Dual.__neg__
positive = linear_map(np.positive)
reciprocal = chain(lambda z: 1 / z, lambda z: -1 / (z * z))
square = chain(lambda z: z * z, lambda z: 2 * z)
sqrt = chain(np.sqrt, lambda z: 0.5 / np.sqrt(z))
exp = chain(np.exp, np.exp)
expm1 = chain(np.expm1, np.exp)
exp2 = chain(lambda z: np.exp(z * math.log(2)), lambda z: math.log(2) * np.exp(z * math.log(2)))
log = chain(np.log, lambda z: 1 / z)
log1p = chain(np.log1p, lambda z: 1 / (1 + z))
log2 = chain(np.log2, lambda z: 1 / (z * math.log(2)))
log10 = chain(np.log10, lambda z: 1 / (z * math.log(10)))
sin = chain(np.sin, np.cos)
cos = chain(np.cos, lambda z: -np.sin(z))
tan = chain(np.tan, lambda z: 1 / np.cos(z) ** 2)
asin = chain(np.arcsin, lambda z: 1 / np.sqrt(1 - z * z))
acos = chain(np.arccos, lambda z: -1 / np.sqrt(1 - z * z))
atan = chain(np.arctan, lambda z: 1 / (1 + z * z))
sinh = chain(np.sinh, np.cosh)
cosh = chain(np.cosh, np.sinh)
tanh = chain(np.tanh, lambda z: (1 / np.cosh(z)) ** 2)
asinh = chain(np.arcsinh, lambda z: 1 / np.sqrt(z * z + 1))
acosh = chain(np.arccosh, lambda z: 1 / (np.sqrt(z - 1) * np.sqrt(z + 1)))
atanh = chain(np.arctanh, lambda z: 1 / (1 - z * z))
erf = chain(_erf, lambda z: 2 / _SQRT_PI * np.exp(-z * z))
sigmoid = chain(_logistic, lambda z: _logistic(z) * _logistic(-z))
softplus = chain(lambda z: np.log1p(np.exp(z)), _logistic)
log_sigmoid = chain(lambda z: -np.log1p(np.exp(-z)), lambda z: _logistic(-z))


def _beside(f, slope):
    """Return f beside the real axis, where f is known of real numbers alone."""
    return lambda z: f(z.real) + 1j * z.imag * slope(z.real)


def known(*functions):
    """Return an elementwise function, given it and its first two derivatives for real numbers."""
    f, slope, bend = functions
    return chain(_beside(f, slope), _beside(slope, bend))


def _density(x):
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _mills(x):
    return _density(x) / special.ndtr(x)


def _mills_slope(x):
    return -_mills(x) * (x + _mills(x))


def _mills_bend(x):
    return _mills(x) * ((x + _mills(x)) ** 2 - 1 - _mills_slope(x))


def _polygamma(n):
    return lambda x: special.polygamma(n, x)


def _sinc_derivative(n):
    terms = [
        (math.pi ** (2 * k), (-1) ** k / (math.factorial(2 * k) * (2 * k + 1))) for k in range(45)
    ]
    series = np.polynomial.Polynomial([c for a, b in terms for c in (a * b, 0)]).deriv(n)
    return lambda x: series(x)


def _erfinv_slope(y):
    return _SQRT_PI / 2 * np.exp(special.erfinv(y) ** 2)


def _erfinv_bend(y):
    return 2 * special.erfinv(y) * _erfinv_slope(y) ** 2


def _erfinv_third(y):
    x, slope = special.erfinv(y), _erfinv_slope(y)
    return (2 + 8 * x * x) * slope**3


erfc = known(
    special.erfc,
    lambda x: -2 / _SQRT_PI * np.exp(-x * x),
    lambda x: 4 * x / _SQRT_PI * np.exp(-x * x),
)
erfinv = known(special.erfinv, _erfinv_slope, _erfinv_bend)
erfinv_slope = known(_erfinv_slope, _erfinv_bend, _erfinv_third)
ndtr = known(special.ndtr, _density, lambda x: -x * _density(x))
log_ndtr = known(special.log_ndtr, _mills, _mills_slope)
log_ndtr_slope = known(_mills, _mills_slope, _mills_bend)
log_ndtr_gap = known(lambda x: x + _mills(x), lambda x: 1 + _mills_slope(x), _mills_bend)
gammaln = known(special.gammaln, special.digamma, _polygamma(1))
digamma = known(special.digamma, _polygamma(1), _polygamma(2))
sinc = known(*map(_sinc_derivative, range(3)))
cbrt = known(
    np.cbrt,
    lambda x: 1 / (3 * np.cbrt(x) ** 2),
    lambda x: -2 / (9 * np.cbrt(x) ** 5),
)


cbrt_slope = known(
    lambda x: 1 / (3 * np.cbrt(x) ** 2),
    lambda x: -2 / (9 * np.cbrt(x) ** 5),
    lambda x: 10 / (27 * np.cbrt(x) ** 8),
)


def digamma_slope(x, order):
    return known(*map(_polygamma, range(order, order + 3)))(x)


def sinc_slope(x, order):
    return known(*map(_sinc_derivative, range(order, order + 3)))(x)


def iv(x, order):
    return known(*(lambda x, k=k: special.ivp(order, x, k) for k in range(3)))(x)


def ive(x, order):
    return iv(x, order) * exp(abs(-x) * -1.0)


def betaln(x, y):
    return gammaln(x) + gammaln(y) - gammaln(x + y)


def xlogy(x, y):
    return x * log(y)


def xlog1py(x, y):
    return x * log1p(y)


def logit(x):
    return log(x) - log(1 - x)


def softsign(x):
    return x / (1 + abs(x))


def copysign(x, y):
    return x * (np.sign(x.real) * np.copysign(1.0, y.real))


def nextafter(x, y):
    return x + np.zeros(np.shape(y))


def fmod(x, y):
    return x - y * np.trunc(x.real / y.real)


asin_slope = chain(lambda z: 1 / np.sqrt(1 - z * z), lambda z: z / np.sqrt(1 - z * z) ** 3)
acosh_slope = chain(lambda z: 1 / np.sqrt(z * z - 1), lambda z: -z / np.sqrt(z * z - 1) ** 3)
asinh_slope = chain(lambda z: 1 / np.sqrt(z * z + 1), lambda z: -z / np.sqrt(z * z + 1) ** 3)
atanh_slope = chain(lambda z: 1 / (1 - z * z), lambda z: 2 * z / (1 - z * z) ** 2)
erf_slope = chain(
    lambda z: 2 / _SQRT_PI * np.exp(-z * z), lambda z: -4 * z / _SQRT_PI * np.exp(-z * z)
)
normal_density = chain(
    lambda z: np.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    lambda z: -z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi),
)


def sigmoid_slope(x):
    return sigmoid(x) * sigmoid(-x)


def tanh_slope(x):
    return sigmoid_slope(x * 2) * 4


def silu_slope(x):
    return sigmoid(x) + x * sigmoid_slope(x)


def gelu_slope(x):
    return (erf(x * math.sqrt(0.5)) + 1) * 0.5 + x * normal_density(x)


def hypot_slope(x, y, by):
    return (x, y)[by] / sqrt(x * x + y * y)


def atan2_slope(x, y):
    return x / (x * x + y * y)


def logaddexp_slope(x, y):
    return sigmoid(x - y)


def abs(x):
    return x * np.sign(x.real)


def relu(x):
    return pick(x.real > 0, x, 0.0)


def leaky_relu(x, slope):
    return pick(x.real > 0, x, x * slope)


def elu(x, alpha):
    return pick(x.real > 0, x, expm1(x) * alpha)


def elu_slope(x, alpha):
    return pick(x.real > 0, 1.0, exp(x) * alpha)


def gelu(x):
    return x * (erf(x * math.sqrt(0.5)) + 1) * 0.5


def silu(x):
    return x * sigmoid(x)


def power(x, y):
    return exp(y * log(x))


def power_slope(x, y):
    return y * power(x, y - 1)


def integer_power(x, n):
    """Raise x to an integer power by repeated products: the base may be negative."""
    result = constant(np.ones(x.shape))
    for _ in range(np.abs(n)):
        result = result * x
    return reciprocal(result) if n < 0 else result


def remainder(x, y):
    return x - y * np.floor(x.real / y.real)


def atan2(x, y):
    turn = np.arctan2(x.real, y.real) - np.arctan(x.real / y.real)
    return atan(x / y) + turn


def logaddexp(x, y):
    return log(exp(x) + exp(y))


def maximum(x, y):
    return pick(x.real == y.real, (x + y) * 0.5, pick(x.real > y.real, x, y))


def minimum(x, y):
    return -maximum(-x, -y)


def maximum_grad(gradient, x, y):
    won = pick(x.real > y.real, gradient, 0.0)
    return pick(x.real == y.real, gradient * 0.5, won)


def minimum_grad(gradient, x, y):
    return maximum_grad(gradient, -x, -y)


def clip(x, min, max):
    x = x if min is None else pick(x.real < min, min, x)
    return x if max is None else pick(x.real > max, max, x)


def where(c, x, y, above):
    """Choose x where c lies above a threshold, which no gradient flows through."""
    return pick(c.real > above, x, y)


def into(x, low, high):
    """Squash any numbers into an interval."""
    return sigmoid(x) * (high - low) + low


# ------------------------------------------------------------------------------------- reductions


def _axes(x, axis):
    if axis is None:
        return tuple(range(len(x.shape)))
    return tuple(a % len(x.shape) for a in (axis if isinstance(axis, tuple) else (axis,)))


def _count(x, axis):
    return math.prod(x.shape[a] for a in _axes(x, axis))


sum = linear_map(np.sum)
cumulative_sum = linear_map(np.cumsum)


def mean(x, axis=None, keepdims=False):
    return sum(x, axis=axis, keepdims=keepdims) * (1 / _count(x, axis))


def prod(x, axis=None, keepdims=False):
    axes = _axes(x, axis)
    rest = [a for a in range(len(x.shape)) if a not in axes]
    rows = permute_dims(x, axes=(*axes, *rest))
    rows = reshape(rows, shape=(_count(x, axis), *(x.shape[a] for a in rest)))
    result = constant(np.ones(rows.shape[1:]))
    for k in range(rows.shape[0]):
        result = result * Dual(rows.a[k], rows.b[k])
    kept = tuple(1 if a in axes else n for a, n in enumerate(x.shape))
    return reshape(result, shape=kept) if keepdims else result


def max(x, axis=None, keepdims=False):
    ties = x.real == np.max(x.real, axis=axis, keepdims=True)
    shares = ties / np.sum(ties, axis=axis, keepdims=True)
    return sum(x * shares, axis=axis, keepdims=keepdims)


def min(x, axis=None, keepdims=False):
    return -max(-x, axis=axis, keepdims=keepdims)


def segment_max(x, labels, num_segments):
    shape = (num_segments, *x.shape[1:])
    rows = [np.flatnonzero(labels == k) for k in range(num_segments)]
    found = [max(Dual(x.a[own], x.b[own]), axis=0) for own in rows]
    parts = np.stack([f.a for f in found]), np.stack([f.b for f in found])
    return Dual(*(part.reshape(shape) for part in parts))


def segment_min(x, labels, num_segments):
    return -segment_max(-x, labels, num_segments)


def _rows(x, axis):
    """Return what stands at each place along an axis."""
    return [Dual(np.take(x.a, k, axis), np.take(x.b, k, axis)) for k in range(x.shape[axis])]


def _running(step, axis, *arrays):
    rows, results = zip(*(_rows(x, axis) for x in arrays), strict=True), []
    for row in rows if arrays[0].shape[axis] else ():
        results.append(step(results[-1] if results else None, *row))
    if not results:
        return arrays[0]
    return stack(*results, axis=axis)


def cumulative_prod(x, axis):
    return _running(lambda before, x: x if before is None else before * x, axis, x)


def logcumsumexp(x, axis):
    return log(cumulative_sum(exp(x), axis=axis))


def linear_recurrence(x, factors, axis):
    return _running(lambda before, x, a: x if before is None else x + a * before, axis, x, factors)


def var(x, axis=None, correction=0, keepdims=False):
    centred = x - mean(x, axis=axis, keepdims=True)
    total = sum(centred * centred, axis=axis, keepdims=keepdims)
    return total * (1 / (_count(x, axis) - correction))


def std(x, axis=None, correction=0, keepdims=False):
    return sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def norm(x, axis=None, keepdims=False):
    return sqrt(sum(x * x, axis=axis, keepdims=keepdims))


def unit(x, axis):
    return x / norm(x, axis=axis, keepdims=True)


def std_slope(x, axis, correction):
    spread = std(x, axis=axis, correction=correction, keepdims=True)
    return center(x, axis) / (spread * (_count(x, axis) - correction))


def rms_slope(x, axis):
    return x / (rms(x, 0, axis=axis, keepdims=True) * _count(x, axis))


def affine(x, scale, shift):
    return x * scale + shift


def rms(x, eps, axis=None, keepdims=False):
    return sqrt(mean(x * x, axis=axis, keepdims=keepdims) + eps)


def center(x, axis):
    return x - mean(x, axis=axis, keepdims=True)


def logsumexp(x, axis=None, keepdims=False):
    return log(sum(exp(x), axis=axis, keepdims=keepdims))


def softmax(x, axis):
    return exp(x) / sum(exp(x), axis=axis, keepdims=True)


def log_softmax(x, axis):
    return x - logsumexp(x, axis=axis, keepdims=True)


def softmax_cross_entropy(logits, targets, axis):
    return -sum(targets * log_softmax(logits, axis=axis), axis=axis)


def class_cross_entropy(logits, labels, axis):
    return -sum(log_softmax(logits, axis) * _hot(logits, labels, axis), axis=axis)


def softmax_minus_one_hot(logits, labels, axis):
    return softmax(logits, axis) - 1.0 * _hot(logits, labels, axis)


def _hot(logits, labels, axis):
    classes = np.arange(logits.shape[axis])
    hot = np.asarray(labels)[..., None] == classes
    return np.moveaxis(hot, -1, axis)


def minus_mean(y, weights, axis):
    total = sum(weights, axis=axis, keepdims=True)
    return y - sum(weights * y, axis=axis, keepdims=True) / total


def minus_share(y, weights, axis):
    total = sum(weights, axis=axis, keepdims=True)
    return y - weights * (sum(y, axis=axis, keepdims=True) / total)


def sigmoid_minus(logits, targets):
    return sigmoid(logits) - targets


def dropout(x, mask, keep_prob):
    return x * (mask / keep_prob)


def sigmoid_cross_entropy(logits, targets):
    return -(targets * log_sigmoid(logits)) - (1 - targets) * log_sigmoid(-logits)


# ------------------------------------------------------------------------- moving, joining, picking

reshape = linear_map(lambda x, shape: np.reshape(x, shape))
permute_dims = linear_map(lambda x, axes: np.transpose(x, axes))
matrix_transpose = linear_map(lambda x: np.swapaxes(x, -1, -2))
expand_dims = linear_map(np.expand_dims)
squeeze = linear_map(np.squeeze)
broadcast_to = linear_map(np.broadcast_to)
flip = linear_map(np.flip)
roll = linear_map(np.roll)
tril = linear_map(np.tril)
triu = linear_map(np.triu)
tile = linear_map(lambda x, repetitions: np.tile(x, repetitions))
repeat = linear_map(np.repeat)
concat = linear_map(lambda *xs, axis: np.concatenate(xs, axis=axis))
stack = linear_map(lambda *xs, axis: np.stack(xs, axis=axis))
split = linear_map(lambda x, sections, axis, part: np.split(x, sections, axis)[part])
unstack = linear_map(lambda x, axis, part: np.take(x, part, axis))
getitem = linear_map(lambda x, key: x[key])
take = linear_map(lambda x, indices, axis: np.take(x, indices, axis))
take_along_axis = linear_map(lambda x, indices, axis: np.take_along_axis(x, indices, axis))


def pad(x, pad_width, constant):
    return Dual(np.pad(x.a, pad_width, constant_values=constant), np.pad(x.b, pad_width))


def sort(x, axis, descending):
    order = np.argsort(-x.real if descending else x.real, axis=axis, kind="stable")
    return take_along_axis(x, indices=order, axis=axis)


def _scatter(x, key, shape):
    out = np.zeros(shape, dtype=x.dtype)
    for place, value in zip(np.arange(out.size).reshape(shape)[key].flat, x.flat, strict=True):
        out.flat[place] += value
    return out


scatter = linear_map(_scatter)


def add_at(x, value, key):
    region = np.zeros(x.shape)[key].shape
    return x + scatter(broadcast_to(value, shape=region), key=key, shape=x.shape)


def _set(x, value, key):
    out = np.array(x)
    out[key] = value
    return out


set_at = linear_map(_set)

# ------------------------------------------------------------------------------------ contractions

matmul = bilinear(np.matmul)
tensordot = bilinear(np.tensordot)
outer = bilinear(np.outer)


def matmul_where(x, y, mask):
    return matmul(x, y) * mask


def masked_matmul(x, y, mask):
    return matmul(x * mask, y)


def linear(x, weight, bias):
    return matmul(x, matrix_transpose(weight)) + bias


def vecdot(x, y, axis):
    return sum(x * y, axis=axis)


def einsum(*operands, subscripts):
    values = [x.a for x in operands]
    tangent = np.zeros(())
    for k, x in enumerate(operands):
        tangent = tangent + np.einsum(subscripts, *values[:k], x.b, *values[k + 1 :])
    return Dual(np.einsum(subscripts, *values), tangent)


einsum1 = einsum3 = einsum

# ---------------------------------------------------------------- windows, convolution, pooling

windows = linear_map(along_one_axis.windows)
overlap_add = linear_map(along_one_axis.overlap_add)
conv = bilinear(along_one_axis.conv)
conv_transpose = bilinear(along_one_axis.conv_transpose)
conv_weight_grad = bilinear(along_one_axis.conv_weight_grad)
max_pool_grad = linear_map(along_one_axis.max_pool_grad)
avg_pool = linear_map(along_one_axis.avg_pool)
avg_pool_grad = linear_map(along_one_axis.avg_pool_grad)


def max_pool(x, size, stride, padding):
    shares = along_one_axis.shares_of_maxima(x.real, size, stride, padding)
    return linear_map(lambda x: np.einsum("ncl,nclp->ncp", along_one_axis.lifted(x), shares))(x)
