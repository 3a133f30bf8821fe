"""Elementwise ops with static parameters, or whose operands are fitted to one of them."""

import builtins
import math

from tests.ops.elements.storage import build, fitted


def affine(x, scale, shift):
    return build(
        x.shape, lambda i: x[i] * scale[fitted(i, scale.shape)] + shift[fitted(i, shift.shape)]
    )


def dropout(x, mask, keep_prob):
    return build(x.shape, lambda index: x[index] / keep_prob if mask[index] else 0.0)


def clip(x, min=None, max=None):
    def entry(index):
        value = x[index]
        if min is not None and value < min:
            return min
        return max if max is not None and value > max else value

    return build(x.shape, entry)


def astype(x, dtype):
    return build(x.shape, lambda index: x[index], dtype)


def round(x, decimals=0):
    return build(x.shape, lambda index: builtins.round(float(x[index]), decimals))


def leaky_relu(x, slope=0.01):
    return build(x.shape, lambda index: x[index] if x[index] > 0 else slope * x[index])


def elu(x, alpha=1.0):
    return build(x.shape, lambda i: x[i] if x[i] > 0 else alpha * math.expm1(x[i]))
