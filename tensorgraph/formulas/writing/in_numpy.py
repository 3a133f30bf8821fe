"""What NumPy has no function for, in NumPy: for code that stands by itself."""

from __future__ import annotations

HELPERS = {
    "shifted": """
        def shifted(x, axis):
            top = np.max(x, axis=axis, keepdims=True)
            with np.errstate(invalid="ignore"):
                return np.where(x == top, 0, x - top)
    """,
    "softmax": """
        def softmax(x, axis):
            e = np.exp(shifted(x, axis))
            return e / np.sum(e, axis=axis, keepdims=True)
    """,
    "log_softmax": """
        def log_softmax(x, axis):
            s = shifted(x, axis)
            return s - np.log(np.sum(np.exp(s), axis=axis, keepdims=True))
    """,
    "logsumexp": """
        def logsumexp(x, axis, keepdims):
            total = np.log(np.sum(np.exp(shifted(x, axis)), axis=axis, keepdims=True))
            total = total + np.max(x, axis=axis, keepdims=True)
            return total if keepdims else np.squeeze(total, axis=axis)
    """,
    "sigmoid": """
        def sigmoid(x):
            return np.exp(-np.logaddexp(0, -x))
    """,
    "softplus": """
        def softplus(x):
            return np.logaddexp(0, x)
    """,
    "log_sigmoid": """
        def log_sigmoid(x):
            return -np.logaddexp(0, -x)
    """,
    "relu": """
        def relu(x):
            return np.maximum(x, 0)
    """,
    "leaky_relu": """
        def leaky_relu(x, slope):
            return np.where(x > 0, x, slope * x)
    """,
    "elu": """
        def elu(x, alpha):
            return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    """,
    "erf": """
        def erf(x):
            x = np.asarray(x)
            return np.vectorize(math.erf, otypes=[x.dtype])(x)
    """,
    "gelu": """
        def gelu(x):
            return x * (1 + erf(x / math.sqrt(2))) / 2
    """,
    "silu": """
        def silu(x):
            return x * sigmoid(x)
    """,
    "one_hot": """
        def one_hot(labels, num_classes, axis, dtype):
            labels, classes = np.asarray(labels), np.arange(num_classes)
            shape = [num_classes if i == axis else 1 for i in range(labels.ndim + 1)]
            return (np.expand_dims(labels, axis) == classes.reshape(shape)).astype(dtype)
    """,
    "scatter": """
        def scatter(x, *indices, key, shape):
            x, rest = np.asarray(x), iter(indices)
            out = np.zeros(shape, x.dtype)
            np.add.at(out, tuple(next(rest) if k == "array" else k for k in key), x)
            return out
    """,
    "concat": """
        def concat(*arrays, axis, edges):
            return np.concatenate(arrays, axis=axis)
    """,
    "stack": """
        def stack(*arrays, axis):
            return np.stack(arrays, axis=axis)
    """,
    "pad": """
        def pad(x, pad_width, constant):
            return np.pad(x, pad_width, constant_values=constant) if pad_width else x
    """,
    "cumulative_sum": """
        def cumulative_sum(x, axis):
            return np.cumsum(x, axis=axis)
    """,
    "tile": """
        def tile(x, repetitions):
            return np.tile(x, repetitions)
    """,
    "argsort": """
        def argsort(x, axis, descending):
            if not descending:
                return np.argsort(x, axis=axis, kind="stable")
            backwards = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
            return x.shape[axis] - 1 - np.flip(backwards, axis)
    """,
    "windows": """
        def windows(x, size, stride, dilation):
            axes = tuple(range(-len(size), 0))
            span = [(n - 1) * d + 1 for n, d in zip(size, dilation)]
            view = np.lib.stride_tricks.sliding_window_view(x, span, axis=axes)
            steps = tuple(slice(None, None, n) for n in (*stride, *dilation))
            return view[(..., *steps)]
    """,
    "overlap_add": """
        def overlap_add(x, shape, stride, dilation):
            rank = len(shape)
            counts = x.shape[-2 * rank : -rank]
            out = np.zeros((*x.shape[: -2 * rank], *shape), x.dtype)
            for at in np.ndindex(x.shape[-rank:]):
                each = zip(at, dilation, stride, counts)
                places = [slice(i * d, i * d + s * n, s) for i, d, s, n in each]
                out[(..., *places)] += x[(..., *at)]
            return out
    """,
    "linear": """
        def linear(x, weight, bias):
            return x @ weight.T + bias
    """,
    "center": """
        def center(x, axis):
            return x - np.mean(x, axis=axis, keepdims=True)
    """,
    "rms": """
        def rms(x, axis, eps, keepdims):
            return np.sqrt(np.mean(x * x, axis=axis, keepdims=keepdims) + eps)
    """,
    "std": """
        def std(x, axis, correction, keepdims):
            return np.std(x, axis=axis, ddof=correction, keepdims=keepdims)
    """,
    "var": """
        def var(x, axis, correction, keepdims):
            return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)
    """,
    "norm": """
        def norm(x, axis, keepdims):
            return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    """,
}  # fmt: skip
"""The source of each function, by its name; one may call others."""
