"""What reports ask most: the gradient of a function at a point."""

import numpy as np

import tensorgraph as tg


def gradients_of(f, *inputs, upstream=None, dtype="float64"):
    """Return the gradient by each input, of the sum of the result times ``upstream``."""
    leaves = [tg.tensor(x, dtype=dtype, requires_grad=True) for x in inputs]
    out = f(*leaves)
    weights = np.ones(out.shape, dtype) if upstream is None else np.asarray(upstream, dtype)
    return [g.numpy() for g in tg.gradients(out, leaves, weights)]


def gradient_of(f, x, **options):
    """Return the gradient by the only input."""
    return gradients_of(f, x, **options)[0]
