"""Faults to plant in the engine, one at a time: see ``tests/mutants.py``.

Each replaces a text that stands exactly once in its file, so a change of that code turns the test
of this list red, and the list cannot rot. A factor of 1 + 1e-8 stands for a slightly wrong number.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """An edit of one source file that makes a gradient, or what guards it, wrong."""

    file: str
    old: str
    new: str
    what: str

    def __str__(self) -> str:
        return self.what

    def planted(self, source: str) -> str:
        """Return the source with the fault in it."""
        count = source.count(self.old)
        if count != 1:
            raise LookupError(f"{self.what}: its text stands {count} times in {self.file}")
        return source.replace(self.old, self.new)


def _in(name: str, *edits: tuple[str, str, str]) -> list[Fault]:
    return [Fault(f"tensorgraph/{name}", old, new, what) for old, new, what in edits]


_LAST = "(np.arange(x.size) == x.size - 1).reshape(x.shape)"

_ARITHMETIC = _in(
    "ops/arithmetic.py",
    ('"y": lambda g, x: g * x}', '"y": lambda g, x: g * x * (1 + 1e-8)}',
     "multiply: the gradient by y is off by 1e-8"),
    ('"y": lambda g: -g}', '"y": lambda g: g}', "subtract: the sign by y"),
    ("-(g * out / y)}", "-(g * out)}", "divide: a forgotten divisor"),
    ('"x": lambda g, x: g * (2 * x)', '"x": lambda g, x: g * (2 * getattr(x, "_data", x))',
     "square: its slope taken as constant, wrong at second order only"),
    ("-(g * floor_divide(x, y))", "-(g * trunc(x / y))", "remainder: rounded towards 0"),
    ("g * sign(x)", "g * where(less(x, 0), -1, 1)", "abs: slope 1 at 0"),
    ('"y": lambda g, condition: where(condition, 0, g)',
     '"y": lambda g, condition: where(condition, g, 0)',
     "where: the branches swapped"),
    ('"x": lambda g, x, y: where(equal(x, y), 0.5 * g, where(greater(x, y), g, 0))',
     '"x": lambda g, x, y: where(greater_equal(x, y), g, 0)', "maximum: x takes all of a tie"),
    ('"y": lambda g, x, y: where(equal(x, y), 0.5 * g, where(less(y, x), g, 0))',
     '"y": lambda g, x, y: where(equal(x, y), 0.5 * g, where(greater(y, x), g, 0))',
     "minimum: the mask of y the wrong way round"),
    ("where(less(x, min), 0, g)", "where(less_equal(x, min), 0, g)",
     "clip: no gradient on the bound"),
)  # fmt: skip

_TRANSCENDENTAL = _in(
    "ops/transcendental.py",
    ("g * cos(x)}", f"g * cos(x) * (1 + 1e-8 * {_LAST})}}", "sin: the last element off by 1e-8"),
    ("g - g * out * out", 'g - g * out * getattr(out, "_data", out)',
     "tanh: half of its curvature lost, at second order only"),
    ("g / (math.log(2) * x)", "g / x", "log2: a forgotten constant"),
    ("g / (2 * out)", "g / (2 * out + 1e-8)", "sqrt: a guard against 0 that is too thick"),
    ("1, y - 1)", "1, y - (1 + 1e-8))",
     "power: the exponent off by 1e-8"),
    ("where(equal(x, 0), 0, out * log(where(equal(x, 0), 1, x)))", "out * log(x)",
     "power: 0 · ∞ at x = 0"),
    ("log(where(equal(x, 0), 1, x))", "log(x)", "power: 0 · ∞ at x = 0, at second order only"),
    ('"y": lambda g, x, y: g * _share(y, x)', '"y": lambda g, x, y: g * _share(x, y)',
     "logaddexp: operands swapped"),
    ("g * y / (x * x + y * y)", "g * y / (x * x + y * y + 1e-8)",
     "atan2: a guard that is too thick"),
    ("-(g / sqrt(1 - x * x))", "g / sqrt(1 - x * x)", "acos: the sign"),
    ("g / sqrt(x * x - 1)", "g / sqrt(x * x + 1)", "acosh: taken for asinh"),
    ("2 / math.sqrt(math.pi) * exp(-(x * x))", "1.1283791 * exp(-(x * x))",
     "erf: a constant with eight digits"),
)  # fmt: skip

_ACTIVATION = _in(
    "ops/activation.py",
    ("g * out * (1 - out)}", 'g * out * (1 - getattr(out, "_data", out))}',
     "sigmoid: a factor taken as constant, wrong at second order only"),
    ("g * (out > 0)", "g * (out >= 0)", "relu: slope 1 at 0"),
    ("where(greater(x, 0), g, g * slope)", "where(greater(x, 0), g, g * 0.01)",
     "leaky_relu: the default slope always"),
    ("g * (out + alpha)", "g * (out + 1)", "elu: alpha forgotten"),
    ("exp(-0.5 * (x * x))", "exp(-0.5 * (x * x) - 1e-8)", "gelu: the density off by 1e-8"),
    ("g * (s + out * (1 - s))", "g * s * (1 + x * (1 - out))", "silu: a factor of another formula"),
)  # fmt: skip

_REDUCE = _in(
    "ops/reduce.py",
    ("spread(g / length(x_shape, axis), x_shape, axis)", "spread(g, x_shape, axis)",
     "mean: forgotten 1/n"),
    ("return np.ones(shape_of(x), dtype=x.dtype)",
     "return np.ones(shape_of(x), dtype=x.dtype) + 1e-8",
     "prod: off by 1e-8"),
    ("[others * right, others * left]", "[others * left, others * right]", "prod: pairs swapped"),
    ("axes=inverse(order))", "axes=order)", "prod: a permutation not undone"),
    ("flip(cumulative_sum(flip(g, axis=axis), axis=axis), axis=axis)",
     "flip(cumulative_sum(flip(g), axis=axis), axis=axis)", "cumulative_sum: all axes reversed"),
    ("axis=(*range(lead), *stretched)", "axis=stretched or tuple(range(lead))",
     "broadcasting: new axes not summed where others are"),
    (" / ties.sum(axis=axis, keepdims=True)", "", "max: each of several maxima gets all"),
    ("g.reshape(kept(shape, axis)) /", "g /", "max: axes kept by the gradient or not"),
    ("(x - mean(x, axis=axis, keepdims=True)) / (length",
     '(x - mean(getattr(x, "_data", x), axis=axis, keepdims=True)) / (length',
     "var, std: the mean taken as constant, wrong at second order only"),
    ("keepdims=True)) / (length(shape_of(x), axis) - correction)",
     "keepdims=True)) / length(shape_of(x), axis)", "var, std: the correction forgotten"),
    ("slope = where(flat, 0, g / where(flat, 1, out))", "slope = g / out",
     "std: NaN where all are equal"),
    ("spread(g, shape_of(x), axis) * where(zero, 0, x / where(zero, 1, length_))",
     "spread(g, shape_of(x), axis) * (x / length_)", "norm: NaN at 0"),
)  # fmt: skip

_SOFTMAX = _in(
    "ops/softmax.py",
    ("g - exp(out) * g.sum(", 'g - exp(getattr(out, "_data", out)) * g.sum(',
     "log_softmax: its weights taken as constant, wrong at second order only"),
    ("out * weighted.sum(axis=axis, keepdims=True)", "out * weighted.sum(axis=-1, keepdims=True)",
     "softmax: the last axis always"),
    ("spread(g, shape_of(x), axis) * softmax(x, axis=axis)",
     "spread(g, shape_of(x), axis) * softmax(x, axis=axis) * (1 - 1e-8)", "logsumexp: off by 1e-8"),
    ("softmax(logits, axis=axis) * total - targets", "softmax(logits, axis=axis) - targets",
     "cross-entropy: targets taken to sum to 1"),
    ("_softmax_rule(g, softmax(logits, axis=axis), (axis,))",
     "g * softmax(logits, axis=axis)", "cross-entropy of classes: half of its curvature"),
    ("g * (sigmoid(logits) - targets)", "g * (sigmoid(logits) - targets + 1e-8)",
     "binary cross-entropy: off by 1e-8"),
)  # fmt: skip

_SHAPE = _in(
    "ops/shape.py",
    ("permute_dims(g, axes=inverse(axes))", "permute_dims(g, axes=axes)",
     "permute_dims: the permutation again, not its inverse"),
    ("flip(g, axis=axis)}", "flip(g)}", "flip: all axes"),
    ('{"x": lambda g: g.mT}', '{"x": lambda g: g if g.shape[-1] == g.shape[-2] else g.mT}',
     "matrix_transpose: square matrices not transposed"),
    ("back = -shift", "back = shift", "roll: the wrong way"),
    ("tril(g, k=k)", "tril(g)", "tril: the diagonal forgotten"),
    ("slice(before, before + n)", "slice(0, n)", "pad: cut from the start"),
    ("slice(edges[i], edges[i + 1])", "slice(edges[i], edges[i + 1], -1 if i > 2 else 1)",
     "concat: the fourth part lost"),
    ("g[(slice(None),) * axis + (i,)]", "g[(slice(None),) * axis + (i % 3,)]",
     "stack: the first part's for the fourth"),
)  # fmt: skip

_MOVING = [
    *_in(
        "ops/repeat.py",
        ("g.reshape((size, repeats)).sum(axis=1)", "g.reshape((repeats, size)).sum(axis=0)",
         "repeat: summed as tile would be"),
        ("range(0, len(split_shape), 2)", "range(0, len(split_shape) - 2, 2) or (0,)",
         "tile: the last axis not summed"),
    ),
    *_in(
        "ops/index.py",
        ("np.add.at(out, _fill_key(key, indices), x)", "out[_fill_key(key, indices)] = x",
         "getitem: of duplicate indices one counts"),
        ('"x": lambda g, indices, key: _getitem(g, *indices, key=key)',
         '"x": lambda g, indices, key: _getitem(g, *indices, key=key) * (1 + 1e-8)',
         "scatter: off by 1e-8"),
    ),
]  # fmt: skip

_CONTRACT = _in(
    "ops/contract.py",
    ("return g @ y.mT", "return g @ y.mT * (1 + 1e-8)", "matmul: off by 1e-8"),
    ("return x.mT @ g\n", "return x.mT @ g * (1 if x_ndim < 3 else 1 + 1e-8)\n",
     "matmul: stacks of matrices off by 1e-8"),
    ("return (y @ g[..., None])[..., 0]", "return (y @ g[..., None])[..., 0] * 2",
     "matmul: a vector on the left"),
    ("return x[:, None] * g[..., None, :]", "return x[:, None] + g[..., None, :]",
     "matmul: a vector times a matrix"),
    ("np.eye(n, dtype=g.dtype)", "np.ones((n, n), dtype=g.dtype)",
     "einsum: a diagonal smeared out"),
    ("if n not in lengths", "if not lengths", "einsum: an axis of length 1 taken for the whole"),
    ("operands.append(other)\n", 'operands.append(getattr(other, "_data", other))\n',
     "einsum: other operands taken as constant, wrong at second order only"),
    ("return g.mT @ x", "return g.mT @ x * (1 + 1e-8)",
     "linear: the weight's gradient off by 1e-8"),
    ("g.sum(axis=leading) if leading else g", "g[0] if leading else g",
     "linear: the bias takes one sample's gradient"),
)  # fmt: skip

_UPDATES = """    updates = [
        (leaf, _run_hooks(leaf._hooks, total, create_graph) if leaf._hooks else total)
        for leaf, total in zip(leaves, totals, strict=True)
    ]
"""

_BACKWARD = _in(
    "autodiff.py",
    ("sums[parent] = total + gradient", "sums[parent] = gradient", "a lost accumulation"),
    ("np.add(total, gradient, out=total)", "pass", "the third gradient of a leaf lost"),
    ("elif parent in owned and type(total) is np.ndarray:", "elif type(total) is np.ndarray:",
     "a borrowed array added to in place"),
    ("        and gradient is not g\n", "", "the gradient of the result taken for a new array"),
    ("        and gradient.base is None\n", "", "a view taken for a new array"),
    ("        and REGISTRY.get(node.op.name) is node.op\n", "",
     "an array that a rule keeps taken for a new one"),
    ("wrap(total if mine else np.array(total))", "wrap(np.asarray(total))",
     "leaves share the memory of their gradients"),
    ("heappush(queue, (-parent.seq, parent))", "heappush(queue, (parent.seq, parent))",
     "nodes in the wrong order"),
    ("if node.hooks:", "if node.hooks and create_graph:", "hooks dropped at first order"),
    ("g = result if result.dtype == g.dtype else astype(result, dtype=g.dtype)", "pass",
     "what a hook returns is dropped"),
    ("wrap(np.zeros(target.shape, target.dtype))", "wrap(np.ones(target.shape, target.dtype))",
     "not 0 for an input that is not reached"),
    ("wrap(np.zeros(target.shape, target.dtype))", "wrap(np.zeros(target.shape))",
     "zeros of the wrong dtype for an input that is not reached"),
    ("                node.saved = None\n", "                pass\n",
     "what was saved is not released"),
    ("wrap(np.asarray(np.add(old._data, new._data)))", "wrap(np.asarray(np.add(new._data, 0)))",
     "a stale gradient: backward twice does not add up"),
    ("np.add(old._data, new._data)", "np.add(old._data, new._data, out=old._data)",
     "a gradient handed out is added to in place"),
    ("if gradient.shape != like.shape or gradient.dtype is not like.dtype:",
     "if gradient.shape != like.shape:", "the cast to the operand's dtype forgotten"),
    ("gradient = sum_to(gradient, parent.shape)",
     "gradient = sum_to(gradient, parent.shape) / 1.00000001", "the sum to shape off by 1e-8"),
    ("sums[parent] = add(total, gradient)", "sums[parent] = add(total, gradient.detach())",
     "a gradient's own graph cut where gradients add up"),
    ("lifted.append(wrap(np.asarray(value), parent, True))",
     "lifted.append(wrap(np.asarray(value)))",
     "saved operands cut off the graph"),
    ("lifted.append(wrap(np.asarray(value), node, True))", "lifted.append(wrap(np.asarray(value)))",
     "saved results cut off the graph"),
    ("elif type(parent) is Tensor and parent._data is not value:", "elif False:",
     "second order takes the leaf's new value for the old one"),
    ("elif parent.seq > after:", "else:", "a checkpoint's backward goes on outside"),
    ("    with _COMMIT:\n", "    if True:\n", "no lock: updates of a shared leaf lost"),
    ("g = sums[node] if targets and node in targets else sums.pop(node)", "g = sums.pop(node)",
     "the gradient of a value on the way dropped"),
    ("                if node in targets:\n                    sums[node] = g\n", "",
     "a value's own gradient misses its hook"),
    ("sums[root] = seed if root not in sums else sums[root] + seed", "sums[root] = seed",
     "of two outputs of one node the last counts"),
    ("if create_graph and not MODE.get().recording:", "if False:",
     "no gradient's gradient under no_grad, though asked for"),
    ("wrap(array.copy())", "wrap(array)", "a caller's seed is kept without a copy"),
    ("                raise _released(node)\n", "                continue\n",
     "gradient 0 from a graph that was released"),
    ("if old._requires_grad or new._requires_grad:", "if False:",
     "a recorded gradient added up without its graph"),
    ("@quiet\ndef sweep(", "def sweep(", "NumPy's warnings leak out of backward"),
    ("    for hook in hooks:\n", "    for hook in hooks[::-1]:\n", "hooks in the wrong order"),
    ("_run_hooks(target._hooks, total, create_graph) if target._hooks else total", "total",
     "gradients() runs no hooks of leaves"),
    (_UPDATES, _UPDATES.replace("[\n", "(\n").replace("]\n", ")\n"),
     "a failing hook leaves some leaves updated"),
)  # fmt: skip

_GRAPH = [
    *_in(
        "dispatch.py",
        ("value.copy() if changeable else value", "value",
         "a caller's array is saved without a copy"),
    ),
    *_in(
        "tensor.py",
        ("np.array(to_array(value, self.dtype))", "to_array(value, self.dtype)",
         "assign: the caller's array is shared"),
    ),
    *_in(
        "graph.py",
        ("if any(node.parents[i] in useful for i, _ in node.plan.rules):",
         "if all(node.parents[i] in useful for i, _ in node.plan.rules):",
         "a path that meets another one is not walked"),
    ),
    *_in(
        "checkpoint.py",
        ("with replay(self.states), mode(", "with mode(", "checkpoint: other random numbers"),
        ("seed is not g or results[i] is None", "seed is None",
         "checkpoint: an old pass's gradients"),
        ("create_graph, create_graph, after=start", "False, False, after=start",
         "checkpoint: no gradient of a gradient"),
    ),
    *_in(
        "transforms.py",
        ("graph = call.needs_graph or any(", "graph = False and any(",
         "jvp: its result is constant"),
        ("unit[position] = 1", "unit[position] = 1 + 1e-8", "jacobian: off by 1e-8"),
        ("self.needs_graph = MODE.get().recording and self._depends_on_others()",
         "self.needs_graph = False", "grad of grad: the inner gradient is constant"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [
    *_ARITHMETIC, *_TRANSCENDENTAL, *_ACTIVATION, *_REDUCE, *_SOFTMAX, *_SHAPE, *_MOVING,
    *_CONTRACT, *_BACKWARD, *_GRAPH,
]  # fmt: skip
