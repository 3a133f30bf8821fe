"""Faults of the engine: the gradient rules of the ops, the backward pass and the transforms."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_LAST = "(np.arange(x.size) == x.size - 1).reshape(x.shape)"

_ARITHMETIC = planted_in(
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

_TRANSCENDENTAL = planted_in(
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

_ACTIVATION = planted_in(
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

_REDUCE = planted_in(
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

_SOFTMAX = planted_in(
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

_SHAPE = planted_in(
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
    *planted_in(
        "ops/repeat.py",
        ("g.reshape((size, repeats)).sum(axis=1)", "g.reshape((repeats, size)).sum(axis=0)",
         "repeat: summed as tile would be"),
        ("range(0, len(split_shape), 2)", "range(0, len(split_shape) - 2, 2) or (0,)",
         "tile: the last axis not summed"),
    ),
    *planted_in(
        "ops/index.py",
        ("np.add.at(out, _fill_key(key, indices), x)", "out[_fill_key(key, indices)] = x",
         "getitem: of duplicate indices one counts"),
        ('"x": lambda g, indices, key: _getitem(g, *indices, key=key)',
         '"x": lambda g, indices, key: _getitem(g, *indices, key=key) * (1 + 1e-8)',
         "scatter: off by 1e-8"),
        ("np.add.at(out.reshape(-1), places, np.reshape(rows, -1))",
         "out.reshape(-1)[places] = np.reshape(rows, -1)",
         "getitem: of rows named twice one counts"),
        ("out[key] += x", "out[key] = x",
         "backward: a slice's gradient takes the place of those before it"),
    ),
]  # fmt: skip

_CONTRACT = planted_in(
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

_WINDOW = [
    *planted_in(
        "ops/window.py",
        ("places[(..., *at)] += x[(..., *at)]", "places[(..., *at)] = x[(..., *at)]",
         "overlap_add: where windows overlap the last one counts"),
        ("(total // 2, total - total // 2)", "(total - total // 2, total // 2)",
         'conv: an odd zero of "same" comes before'),
    ),
    *planted_in(
        "ops/convolve.py",
        ("return _conv_by_x(y, g, x_shape", 'return _conv_by_x(getattr(y, "_data", y), g, x_shape',
         "conv_weight_grad: y taken as constant, wrong at second order only"),
        ("total += np.matmul(", "total[...] = np.matmul(",
         "conv_weight_grad, convolution: of several blocks the last one counts"),
        ("np.matmul(rows, columns, out=_matrices(out[:, block]",
         "np.matmul(rows[::-1], columns, out=_matrices(out[:, block]", "conv: groups swapped"),
    ),
    *planted_in(
        "ops/pool.py",
        ("share /= np.maximum(count, 1)", "pass", "max_pool_grad: each of tied maxima gets all"),
        ("0), axis=_axes(size)) / count", "0), axis=_axes(size))",
         "max_pool_grad: the sum of ties for their mean, wrong at second order only"),
        ("overlapping = any(", "overlapping = all(",
         "max_pool_grad: windows that overlap along one axis taken for disjoint"),
        ("padded(x, padding, _lowest(x.dtype))", "padded(x, padding, 0)",
         "max_pool: padding counts as 0"),
        ("np.minimum(starts + k, n) - np.maximum(starts, 0)", "np.minimum(starts + k, n) - starts",
         "avg_pool: padding before the first element counts"),
    ),
]  # fmt: skip

_NORMALISE = [
    *planted_in(
        "ops/normalise.py",
        ("    centred -= np.add.reduce(centred, axis=axis, keepdims=True) / count\n", "",
         "center: a large mean is rounded"),
        ("g - mean(g, axis=axis, keepdims=True)",
         "g - mean(g, axis=axis, keepdims=True) * (1 + 1e-8)",
         "center: the mean of the gradient off by 1e-8"),
        ("np.sqrt(squares / length(x.shape, axis) + eps)",
         "np.sqrt(squares / length(x.shape, axis)) + eps", "rms: eps outside of the root"),
        ("root = out if eps else", 'root = getattr(out, "_data", out) if eps else',
         "rms: the root taken as constant, wrong at second order only"),
    ),
    *planted_in(
        "ops/dropout.py",
        ("dropout(g, mask, keep_prob=keep_prob)", "g * mask",
         "dropout: the gradient is not scaled"),
    ),
    *planted_in(
        "random.py",
        ("numpy.random(tied.size) <", "0.5 <",
         "random: a Bernoulli draw decides by one byte, so its probability is off"),
    ),
]  # fmt: skip

_UPDATES = """    updates = [
        (leaf, _run_hooks(leaf._hooks, total, create_graph) if leaf._hooks else total)
        for leaf, total in zip(leaves, totals, strict=True)
    ]
"""

_SHAPES = planted_in(
    "engine/shapes.py",
    ("axis=(*range(lead), *stretched)", "axis=stretched or tuple(range(lead))",
     "broadcasting: new axes not summed where others are"),
)  # fmt: skip

_BACKWARD = planted_in(
    "engine/autodiff.py",
    ("sums[parent] = total + gradient\n                    owned",
     "sums[parent] = gradient\n                    owned",
     "a lost accumulation"),
    ("np.add(total, gradient, out=total)", "pass", "the third gradient of a leaf lost"),
    ("elif parent in owned and type(total) is np.ndarray:", "elif type(total) is np.ndarray:",
     "a borrowed array added to in place"),
    ("        and gradient is not g\n", "", "the gradient of the result taken for a new array"),
    ("        and gradient.base is None\n", "", "a view taken for a new array"),
    ("        and REGISTRY.get(node.op.name) is node.op\n", "",
     "an array that a rule keeps taken for a new one"),
    ("wrap(total if mine else copied(total))", "wrap(np.asarray(total))",
     "leaves share the memory of their gradients"),
    ("heappush(queue, (-parent.seq, parent))", "heappush(queue, (parent.seq, parent))",
     "nodes in the wrong order"),
    ("if node.hooks:", "if node.hooks and create_graph:", "hooks dropped at first order"),
    ("g = result if result.dtype == g.dtype else result.astype(dtype=g.dtype)", "pass",
     "what a hook returns is dropped"),
    ("wrap(np.zeros(target.shape, target.dtype, like=like))",
     "wrap(np.ones(target.shape, target.dtype))",
     "not 0 for an input that is not reached"),
    ("wrap(np.zeros(target.shape, target.dtype, like=like))", "wrap(np.zeros(target.shape))",
     "zeros of the wrong dtype for an input that is not reached"),
    ("                node.saved = None\n", "                pass\n",
     "what was saved is not released"),
    ("wrap(as_array(old._data + new._data))", "wrap(as_array(np.add(new._data, 0)))",
     "a stale gradient: backward twice does not add up"),
    ("as_array(old._data + new._data)", "np.add(old._data, new._data, out=old._data)",
     "a gradient handed out is added to in place"),
    ("if gradient.shape != like.shape or gradient.dtype is not like.dtype:",
     "if gradient.shape != like.shape:", "the cast to the operand's dtype forgotten"),
    ("gradient = sum_to(gradient, parent.shape)",
     "gradient = sum_to(gradient, parent.shape) / 1.00000001", "the sum to shape off by 1e-8"),
    ("elif create_graph:\n                    sums[parent] = total + gradient",
     "elif create_graph:\n                    sums[parent] = total + gradient.detach()",
     "a gradient's own graph cut where gradients add up"),
    ("lifted.append(wrap(as_array(value), parent, True))",
     "lifted.append(wrap(as_array(value)))",
     "saved operands cut off the graph"),
    ("lifted.append(wrap(as_array(value), node, True))", "lifted.append(wrap(as_array(value)))",
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
    ("if add_into is not None and",
     "if add_into is not None and (parent not in sums or not owned.add(parent)) and",
     "backward: a slice's gradient added in place to an array that others hold"),
    ("if useful is None or type(h) is not Retained", "if True",
     "backward: gradients() adds to a retained .grad"),
)  # fmt: skip

_GRAPH = [
    *planted_in(
        "engine/dispatch.py",
        ("value.copy() if changeable else value", "value",
         "a caller's array is saved without a copy"),
    ),
    *planted_in(
        "engine/tensor.py",
        ("copied(array_of(value, self.dtype))", "array_of(value, self.dtype)",
         "assign: the caller's array is shared"),
        ("if owner is not None and owner._node is self._node() else None", "",
         "recorded_steps: a graph recorded before adds to the .grad of a parameter's new value"),
        ("g if owner._grad is None else owner._grad + g", "g",
         "backward: a retained .grad does not add up"),
        ('any(getattr(h, "owner", None) is self for h in node.hooks)', "False",
         "backward: a .grad that was retained twice counts twice"),
    ),
    *planted_in(
        "engine/graph.py",
        ("if any(node.parents[i] in useful for i, _ in node.plan.rules):",
         "if all(node.parents[i] in useful for i, _ in node.plan.rules):",
         "a path that meets another one is not walked"),
    ),
    *planted_in(
        "engine/checkpoint.py",
        ("with replay(self.states), mode(", "with mode(", "checkpoint: other random numbers"),
        ("seed is not g or results[i] is None", "seed is None",
         "checkpoint: an old pass's gradients"),
        ("create_graph, create_graph, after=start", "False, False, after=start",
         "checkpoint: no gradient of a gradient"),
    ),
    *planted_in(
        "engine/transforms.py",
        ("graph = call.needs_graph or any(", "graph = False and any(",
         "jvp: its result is constant"),
        ("unit[position] = 1", "unit[position] = 1 + 1e-8", "jacobian: off by 1e-8"),
        ("self.needs_graph = MODE.get().recording and self._depends_on_others()",
         "self.needs_graph = False", "grad of grad: the inner gradient is constant"),
    ),
]  # fmt: skip

_PROFILE = [
    *planted_in(
        "observe/profile.py",
        ('if event.node.op.name == "checkpoint":', "if False:",
         "profile: a checkpoint counts twice"),
        ("if event.result is not event.g else 0", "if True else 0",
         "profile: a gradient that is passed on is counted"),
        ('getattr(array, "base", None) is None', "True", "profile: views counted as made"),
        ("(times.backward or 0.0) + event.seconds", "times.backward",
         "profile: nodes without backward times"),
    ),
    *planted_in(
        "engine/modes.py",
        ("        self._outer.forward(event)\n", "", "profile: hides the observer around it"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [
    *_ARITHMETIC, *_TRANSCENDENTAL, *_ACTIVATION, *_REDUCE, *_SOFTMAX, *_SHAPE, *_MOVING,
    *_CONTRACT, *_WINDOW, *_NORMALISE, *_SHAPES, *_BACKWARD, *_GRAPH, *_PROFILE,
]  # fmt: skip
