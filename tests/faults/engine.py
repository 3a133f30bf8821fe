"""Faults of the engine: the gradient rules of the ops, the backward pass and the transforms."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

_ARITHMETIC = planted_in(
    "ops/arithmetic.py",
    ("multiply", "g * x", "g * x * (1 + 1e-8)", "multiply: the gradient by y is off by 1e-8"),
    ("subtract", "lambda g: -g", "lambda g: g", "subtract: the sign by y"),
    ("divide", "g * out / y", "g * out", "divide: a forgotten divisor"),
    ("square", "2 * x", "2 * getattr(x, '_data', x)",
     "square: its slope taken as constant, wrong at second order only"),
    ("remainder", "floor_divide(x, y)", "trunc(x / y)", "remainder: rounded towards 0"),
    ("abs", "sign(x)", "where(less(x, 0), -1, 1)", "abs: slope 1 at 0"),
    ("where", "where(condition, 0, g)", "where(condition, g, 0)", "where: the branches swapped"),
    ("maximum", "where(equal(x, y), 0.5 * g, where(greater(x, y), g, 0))",
     "where(greater_equal(x, y), g, 0)", "maximum: x takes all of a tie"),
    ("minimum", "less(y, x)", "greater(y, x)", "minimum: the mask of y the wrong way round"),
    ("_clip_rule", "less(x, min)", "less_equal(x, min)", "clip: no gradient on the bound"),
)  # fmt: skip

_TRANSCENDENTAL = planted_in(
    "ops/transcendental.py",
    ("sin", "g * cos(x)",
     "g * cos(x) * (1 + 1e-8 * (np.arange(x.size) == x.size - 1).reshape(x.shape))",
     "sin: the last element off by 1e-8"),
    ("tanh", "g * out * out", "g * out * getattr(out, '_data', out)",
     "tanh: half of its curvature lost, at second order only"),
    ("log2", "math.log(2) * x", "x", "log2: a forgotten constant"),
    ("sqrt", "2 * out", "2 * out + 1e-8", "sqrt: a guard against 0 that is too thick"),
    ("_power_by_base", "where(both, 1, y - 1)", "where(both, 1, y - (1 + 1e-8))",
     "power: the exponent off by 1e-8"),
    ("_power_by_exponent", "g * where(equal(x, 0), 0, out * log(where(equal(x, 0), 1, x)))",
     "g * out * log(x)", "power: 0 · ∞ at x = 0"),
    ("_power_by_exponent", "where(equal(x, 0), 1, x)", "x",
     "power: 0 · ∞ at x = 0, at second order only"),
    ("logaddexp", "_share(y, x)", "_share(x, y)", "logaddexp: operands swapped"),
    ("atan2", "g * y / (x * x + y * y)", "g * y / (x * x + y * y + 1e-8)",
     "atan2: a guard that is too thick"),
    ("acos", "-(g / sqrt(1 - x * x))", "g / sqrt(1 - x * x)", "acos: the sign"),
    ("acosh", "x * x - 1", "x * x + 1", "acosh: taken for asinh"),
    ("erf", "2 / math.sqrt(math.pi)", "1.1283791", "erf: a constant with eight digits"),
)  # fmt: skip

_ACTIVATION = planted_in(
    "ops/activation.py",
    ("sigmoid", "1 - out", "1 - getattr(out, '_data', out)",
     "sigmoid: a factor taken as constant, wrong at second order only"),
    ("relu", "out > 0", "out >= 0", "relu: slope 1 at 0"),
    ("leaky_relu", "g * slope", "g * 0.01", "leaky_relu: the default slope always"),
    ("elu", "out + alpha", "out + 1", "elu: alpha forgotten"),
    ("_gelu_rule", "-0.5 * (x * x)", "-0.5 * (x * x) - 1e-8", "gelu: the density off by 1e-8"),
    ("_silu_rule", "g * (s + out * (1 - s))", "g * s * (1 + x * (1 - out))",
     "silu: a factor of another formula"),
)  # fmt: skip

_REDUCE = planted_in(
    "ops/reduce.py",
    ("_mean_rule", "g / length(x_shape, axis)", "g", "mean: forgotten 1/n"),
    ("_product_of_others", "np.ones(shape_of(x), dtype=x.dtype, like=x)",
     "np.ones(shape_of(x), dtype=x.dtype, like=x) + 1e-8", "prod: off by 1e-8"),
    ("_product_of_others", "[others * right, others * left]", "[others * left, others * right]",
     "prod: pairs swapped"),
    ("_prod_rule", "inverse(order)", "order", "prod: a permutation not undone"),
    ("cumulative_sum", "flip(g, axis=axis)", "flip(g)", "cumulative_sum: all axes reversed"),
    ("_extremum_rule", "g.reshape(kept(shape, axis)) / ties.sum(axis=axis, keepdims=True)",
     "g.reshape(kept(shape, axis))", "max: each of several maxima gets all"),
    ("_extremum_rule", "g.reshape(kept(shape, axis))", "g",
     "max: axes kept by the gradient or not"),
    ("_deviation", "mean(x, axis=axis, keepdims=True)",
     "mean(getattr(x, '_data', x), axis=axis, keepdims=True)",
     "var, std: the mean taken as constant, wrong at second order only"),
    ("_deviation", "length(shape_of(x), axis) - correction", "length(shape_of(x), axis)",
     "var, std: the correction forgotten"),
    ("_std_rule", "where(flat, 0, g / where(flat, 1, out))", "g / out",
     "std: NaN where all are equal"),
    ("_norm_rule", "where(zero, 0, x / where(zero, 1, length_))", "x / length_", "norm: NaN at 0"),
)  # fmt: skip

_SOFTMAX = planted_in(
    "ops/logits.py",
    ("_log_softmax_rule", "exp(out)", "exp(getattr(out, '_data', out))",
     "log_softmax: its weights taken as constant, wrong at second order only"),
    ("_softmax_rule", "weighted.sum(axis=axis, keepdims=True)",
     "weighted.sum(axis=-1, keepdims=True)", "softmax: the last axis always"),
    ("_logsumexp_rule", "spread(g, shape_of(x), axis) * softmax(x, axis=axis)",
     "spread(g, shape_of(x), axis) * softmax(x, axis=axis) * (1 - 1e-8)", "logsumexp: off by 1e-8"),
    ("_cross_entropy_by_logits", "softmax(logits, axis=axis) * total", "softmax(logits, axis=axis)",
     "cross-entropy: targets taken to sum to 1"),
    ("softmax_minus_one_hot", "_softmax_rule(g, softmax(logits, axis=axis), (axis,))",
     "g * softmax(logits, axis=axis)", "cross-entropy of classes: half of its curvature"),
    ("sigmoid_cross_entropy", "sigmoid(logits) - targets", "sigmoid(logits) - targets + 1e-8",
     "binary cross-entropy: off by 1e-8"),
)  # fmt: skip

_SHAPE = planted_in(
    "ops/shape.py",
    ("permute_dims", "inverse(axes)", "axes",
     "permute_dims: the permutation again, not its inverse"),
    ("flip", "axis=axis", "", "flip: all axes"),
    ("matrix_transpose", "lambda g: g.mT", "lambda g: g if g.shape[-1] == g.shape[-2] else g.mT",
     "matrix_transpose: square matrices not transposed"),
    ("_roll_back", "-shift if isinstance(shift, int) else tuple(-s for s in shift)",
     "shift if isinstance(shift, int) else tuple(-s for s in shift)", "roll: the wrong way"),
    ("tril", "k=k", "", "tril: the diagonal forgotten"),
    ("_pad_rule", "slice(before, before + n)", "slice(0, n)", "pad: cut from the start"),
    ("_concat_rule", "slice(edges[i], edges[i + 1])",
     "slice(edges[i], edges[i + 1], -1 if i > 2 else 1)", "concat: the fourth part lost"),
    ("_stack", "(i,)", "(i % 3,)", "stack: the first part's for the fourth"),
)  # fmt: skip

_MOVING = [
    *planted_in(
        "ops/repetition.py",
        ("_repeat_rule", "g.reshape((size, repeats)).sum(axis=1)",
         "g.reshape((repeats, size)).sum(axis=0)", "repeat: summed as tile would be"),
        ("_tile_rule", "range(0, len(split_shape), 2)", "range(0, len(split_shape) - 2, 2) or (0,)",
         "tile: the last axis not summed"),
    ),
    *planted_in(
        "ops/index.py",
        ("scatter_into", "np.add.at(out, _fill_key(key, indices), x)",
         "out[_fill_key(key, indices)] = x", "getitem: of duplicate indices one counts"),
        ("scatter", "_getitem(g, *indices, key=key)", "_getitem(g, *indices, key=key) * (1 + 1e-8)",
         "scatter: off by 1e-8"),
        ("_add_rows", "np.add.at(out.reshape(-1), places, np.reshape(rows, -1))",
         "out.reshape(-1)[places] = np.reshape(rows, -1)",
         "getitem: of rows named twice one counts"),
        ("scatter_into", "out[key] += x", "out[key] = x",
         "backward: a slice's gradient takes the place of those before it"),
    ),
]  # fmt: skip

_CONTRACT = planted_in(
    "ops/contract.py",
    ("_matmul_by_x", "g @ y.mT", "g @ y.mT * (1 + 1e-8)", "matmul: off by 1e-8"),
    ("_matmul_by_y", "x.mT @ g", "x.mT @ g * (1 if x_ndim < 3 else 1 + 1e-8)",
     "matmul: stacks of matrices off by 1e-8"),
    ("_matmul_by_x", "(y @ g[..., None])[..., 0]", "(y @ g[..., None])[..., 0] * 2",
     "matmul: a vector on the left"),
    ("_matmul_by_y", "x[:, None] * g[..., None, :]", "x[:, None] + g[..., None, :]",
     "matmul: a vector times a matrix"),
    ("_einsum_rule", "np.eye(n, dtype=g.dtype, like=as_array(g))", "np.ones((n, n), dtype=g.dtype)",
     "einsum: a diagonal smeared out"),
    ("_einsum_rule", "n not in lengths", "not lengths",
     "einsum: an axis of length 1 taken for the whole"),
    ("_einsum_rule", "operands.append(other)", "operands.append(getattr(other, '_data', other))",
     "einsum: other operands taken as constant, wrong at second order only"),
    ("_linear_by_weight", "g.mT @ x", "g.mT @ x * (1 + 1e-8)",
     "linear: the weight's gradient off by 1e-8"),
    ("_linear_by_bias", "g.sum(axis=leading)", "g[0]",
     "linear: the bias takes one sample's gradient"),
)  # fmt: skip

_WINDOW = [
    *planted_in(
        "ops/window.py",
        ("_overlap_add_kernel", "places[..., *at] += x[..., *at]", "places[..., *at] = x[..., *at]",
         "overlap_add: where windows overlap the last one counts"),
        ("per_side", "(total // 2, total - total // 2)", "(total - total // 2, total // 2)",
         'conv: an odd zero of "same" comes before'),
    ),
    *planted_in(
        "ops/convolve.py",
        ("_weight_grad_by_x", "_conv_by_x(y, g, x_shape, stride, padding, dilation, groups)",
         "_conv_by_x(getattr(y, '_data', y), g, x_shape, stride, padding, dilation, groups)",
         "conv_weight_grad: y taken as constant, wrong at second order only"),
        ("_conv_weight_grad_kernel",
         "total += np.matmul(_matrices(y[:, block], groups, channels), columns.mT)",
         "total[...] = np.matmul(_matrices(y[:, block], groups, channels), columns.mT)",
         "conv_weight_grad, convolution: of several blocks the last one counts"),
        ("_conv_kernel", "np.matmul(rows, columns, out=_matrices(out[:, block], groups, channels))",
         "np.matmul(rows[::-1], columns, out=_matrices(out[:, block], groups, channels))",
         "conv: groups swapped"),
    ),
    *planted_in(
        "ops/pool.py",
        ("_max_pool_grad_kernel", "share /= np.maximum(count, 1)", "pass",
         "max_pool_grad: each of tied maxima gets all"),
        ("_mean_of_ties",
         "sum(where(ties, _elements(g, size, stride, padding), 0), axis=_axes(size)) / count",
         "sum(where(ties, _elements(g, size, stride, padding), 0), axis=_axes(size))",
         "max_pool_grad: the sum of ties for their mean, wrong at second order only"),
        ("_max_pool_grad_kernel", "any(s < k for k, s in zip(size, stride, strict=True))",
         "all(s < k for k, s in zip(size, stride, strict=True))",
         "max_pool_grad: windows that overlap along one axis taken for disjoint"),
        ("_max_pool_kernel", "_lowest(x.dtype)", "0", "max_pool: padding counts as 0"),
        ("_inside", "np.maximum(starts, 0)", "starts",
         "avg_pool: padding before the first element counts"),
    ),
]  # fmt: skip

_NORMALISE = [
    *planted_in(
        "ops/centering.py",
        ("_center_kernel", "centred -= np.add.reduce(centred, axis=axis, keepdims=True) / count",
         "", "center: a large mean is rounded"),
        ("center", "mean(g, axis=axis, keepdims=True)",
         "mean(g, axis=axis, keepdims=True) * (1 + 1e-8)",
         "center: the mean of the gradient off by 1e-8"),
        ("_rms_kernel", "np.sqrt(squares / length(x.shape, axis) + eps)",
         "np.sqrt(squares / length(x.shape, axis)) + eps", "rms: eps outside of the root"),
        ("_rms_rule", "out if eps else where(equal(out, 0), 1, out)",
         "getattr(out, '_data', out) if eps else where(equal(out, 0), 1, out)",
         "rms: the root taken as constant, wrong at second order only"),
    ),
    *planted_in(
        "ops/masking.py",
        ("dropout", "dropout(g, mask, keep_prob=keep_prob)", "g * mask",
         "dropout: the gradient is not scaled"),
    ),
    *planted_in(
        "random.py",
        ("_below", "numpy.random(tied.size)", "0.5",
         "random: a Bernoulli draw decides by one byte, so its probability is off"),
    ),
]  # fmt: skip

_SHAPES = planted_in(
    "engine/shapes.py",
    ("sum_to", "(*range(lead), *stretched)", "stretched or tuple(range(lead))",
     "broadcasting: new axes not summed where others are"),
)  # fmt: skip

_BACKWARD = planted_in(
    "engine/autodiff.py",
    ("sweep",
     "if parent in owned and type(total) is np.ndarray:\n"
     "    np.add(total, gradient, out=total)\n"
     "else:\n"
     "    sums[parent] = total + gradient\n"
     "    owned.add(parent)",
     "if parent in owned and type(total) is np.ndarray:\n"
     "    np.add(total, gradient, out=total)\n"
     "else:\n"
     "    sums[parent] = gradient\n"
     "    owned.add(parent)", "a lost accumulation"),
    ("sweep", "np.add(total, gradient, out=total)", "pass", "the third gradient of a leaf lost"),
    ("sweep", "parent in owned and type(total) is np.ndarray", "type(total) is np.ndarray",
     "a borrowed array added to in place"),
    ("_is_fresh", "gradient is g", "", "the gradient of the result taken for a new array"),
    ("_is_fresh", "gradient.base is not None", "", "a view taken for a new array"),
    ("_is_fresh", "return REGISTRY.get(node.op.name) is node.op", "return True",
     "an array that a rule keeps taken for a new one"),
    ("_totals", "total if mine else copied(total)", "np.asarray(total)",
     "leaves share the memory of their gradients"),
    ("sweep", "(-parent.seq, parent)", "(parent.seq, parent)", "nodes in the wrong order"),
    ("sweep",
     "if node.hooks:\n"
     "    hooks = [h for h in node.hooks if useful is None or type(h) is not Retained]\n"
     "    g = _run_hooks(hooks, wrap_gradient(g), create_graph)\n"
     "    g = g if create_graph else g._data\n"
     "    if node in targets:\n"
     "        sums[node] = g",
     "if node.hooks and create_graph:\n"
     "    hooks = [h for h in node.hooks if useful is None or type(h) is not Retained]\n"
     "    g = _run_hooks(hooks, wrap_gradient(g), create_graph)\n"
     "    g = g if create_graph else g._data\n"
     "    if node in targets:\n"
     "        sums[node] = g", "hooks dropped at first order"),
    ("_run_hooks", "g = result if result.dtype == g.dtype else result.astype(dtype=g.dtype)",
     "pass", "what a hook returns is dropped"),
    ("_totals", "np.zeros(target.shape, target.dtype, like=like)",
     "np.ones(target.shape, target.dtype)",
     "not 0 for an input that is not reached"),
    ("_totals", "np.zeros(target.shape, target.dtype, like=like)", "np.zeros(target.shape)",
     "zeros of the wrong dtype for an input that is not reached"),
    ("sweep", "node.saved = None", "pass", "what was saved is not released"),
    ("_accumulated", "old._data + new._data", "np.add(new._data, 0)",
     "a stale gradient: backward twice does not add up"),
    ("_accumulated", "old._data + new._data", "np.add(old._data, new._data, out=old._data)",
     "a gradient handed out is added to in place"),
    ("sweep", "gradient.shape != like.shape or gradient.dtype is not like.dtype",
     "gradient.shape != like.shape", "the cast to the operand's dtype forgotten"),
    ("_fitted", "sum_to(gradient, parent.shape)", "sum_to(gradient, parent.shape) / 1.00000001",
     "the sum to shape off by 1e-8"),
    ("sweep",
     "if create_graph:\n"
     "    sums[parent] = total + gradient\n"
     "elif parent in owned and type(total) is np.ndarray:\n"
     "    np.add(total, gradient, out=total)\n"
     "else:\n"
     "    sums[parent] = total + gradient\n"
     "    owned.add(parent)",
     "if create_graph:\n"
     "    sums[parent] = total + gradient.detach()\n"
     "elif parent in owned and type(total) is np.ndarray:\n"
     "    np.add(total, gradient, out=total)\n"
     "else:\n"
     "    sums[parent] = total + gradient\n"
     "    owned.add(parent)", "a gradient's own graph cut where gradients add up"),
    ("_lifted", "wrap(as_array(value), parent, True)", "wrap(as_array(value))",
     "saved operands cut off the graph"),
    ("_lifted", "wrap(as_array(value), node, True)", "wrap(as_array(value))",
     "saved results cut off the graph"),
    ("_lifted", "type(parent) is Tensor and parent._data is not value", "False",
     "second order takes the leaf's new value for the old one"),
    ("sweep",
     "if parent.seq > after:\n"
     "    heappush(queue, (-parent.seq, parent))", "heappush(queue, (-parent.seq, parent))",
     "a checkpoint's backward goes on outside"),
    ("backward",
     "with _COMMIT:\n"
     "    for leaf, total in zip(leaves, totals, strict=True):\n"
     "        leaf._grad = total if leaf._grad is None else _accumulated(leaf._grad, total)",
     "if True:\n"
     "    for leaf, total in zip(leaves, totals, strict=True):\n"
     "        leaf._grad = total if leaf._grad is None else _accumulated(leaf._grad, total)",
     "no lock: updates of a shared leaf lost"),
    ("sweep", "sums[node] if targets and node in targets else sums.pop(node)", "sums.pop(node)",
     "the gradient of a value on the way dropped"),
    ("sweep",
     "if node in targets:\n"
     "    sums[node] = g", "", "a value's own gradient misses its hook"),
    ("differentiate", "seed if root not in sums else sums[root] + seed", "seed",
     "of two outputs of one node the last counts"),
    ("sweep", "create_graph and not MODE.get().recording", "False",
     "no gradient's gradient under no_grad, though asked for"),
    ("_seed", "array.copy()", "array", "a caller's seed is kept without a copy"),
    ("sweep", "raise _released(node)", "continue", "gradient 0 from a graph that was released"),
    ("_accumulated", "old._requires_grad or new._requires_grad", "False",
     "a recorded gradient added up without its graph"),
    ("sweep", "quiet", "", "NumPy's warnings leak out of backward"),
    ("_run_hooks", "hooks", "hooks[::-1]", "hooks in the wrong order"),
    ("gradients", "_run_hooks(target._hooks, total, create_graph) if target._hooks else total",
     "total", "gradients() runs no hooks of leaves"),
    ("_LeafHooks.run", "sums[leaf] = _run_hooks(leaf._hooks, total, self._create_graph)",
     "sums[leaf] = leaf._grad = _run_hooks(leaf._hooks, total, self._create_graph)",
     "a failing hook leaves some leaves updated"),
    ("sweep", "add_into is not None and parent in owned and type(sums[parent]) is np.ndarray",
     "add_into is not None and (parent not in sums or not owned.add(parent)) and parent in "
     "owned and type(sums[parent]) is np.ndarray",
     "backward: a slice's gradient added in place to an array that others hold"),
    ("sweep", "useful is None or type(h) is not Retained", "True",
     "backward: gradients() adds to a retained .grad"),
)  # fmt: skip

_GRAPH = [
    *planted_in(
        "engine/dispatch.py",
        ("_constant", "value.copy() if changeable else value", "value",
         "a caller's array is saved without a copy"),
    ),
    *planted_in(
        "engine/tensor.py",
        ("Tensor.assign", "copied(array_of(value, self.dtype))", "array_of(value, self.dtype)",
         "assign: the caller's array is shared"),
        ("Retained.owner", "owner if owner is not None and owner._node is self._node() else None",
         "owner",
         "recorded_steps: a graph recorded before adds to the .grad of a parameter's new value"),
        ("Retained.__call__", "g if owner._grad is None else owner._grad + g", "g",
         "backward: a retained .grad does not add up"),
        ("Tensor.retain_grad", "any(getattr(h, 'owner', None) is self for h in node.hooks)",
         "False", "backward: a .grad that was retained twice counts twice"),
    ),
    *planted_in(
        "engine/graph.py",
        ("leading_to", "any(node.parents[i] in useful for i, _ in node.plan.rules)",
         "all(node.parents[i] in useful for i, _ in node.plan.rules)",
         "a path that meets another one is not walked"),
    ),
    *planted_in(
        "engine/checkpoint.py",
        ("_Recomputation._all_gradients", "replay(self.states)", "",
         "checkpoint: other random numbers"),
        ("_Recomputation.gradient", "seed is not g or results[i] is None", "seed is None",
         "checkpoint: an old pass's gradients"),
        ("_Recomputation._all_gradients",
         "gradients_at(self.inputs, sums, create_graph, create_graph, after=start)",
         "gradients_at(self.inputs, sums, False, False, after=start)",
         "checkpoint: no gradient of a gradient"),
    ),
    *planted_in(
        "engine/transforms.py",
        ("jvp",
         "call.needs_graph or any(MODE.get().recording and type(v) is Tensor and "
         "v._requires_grad for v in directions)",
         "False and any(MODE.get().recording and type(v) is Tensor and v._requires_grad for v "
         "in directions)", "jvp: its result is constant"),
        ("_rows", "unit[position] = 1", "unit[position] = 1 + 1e-8", "jacobian: off by 1e-8"),
        ("_Call.__init__", "MODE.get().recording and self._depends_on_others()", "False",
         "grad of grad: the inner gradient is constant"),
    ),
]  # fmt: skip

_PROFILE = [
    *planted_in(
        "observe/profile.py",
        ("Profile.backward", "event.node.op.name == 'checkpoint'", "False",
         "profile: a checkpoint counts twice"),
        ("Profile.backward", "event.result is not event.g", "True",
         "profile: a gradient that is passed on is counted"),
        ("_new_bytes", "getattr(array, 'base', None) is None", "True",
         "profile: views counted as made"),
        ("Profile.backward", "(times.backward or 0.0) + event.seconds", "times.backward",
         "profile: nodes without backward times"),
    ),
    *planted_in(
        "engine/modes.py",
        ("_Both.forward", "self._outer.forward(event)", "",
         "profile: hides the observer around it"),
    ),
]  # fmt: skip

FAULTS: list[Fault] = [
    *_ARITHMETIC, *_TRANSCENDENTAL, *_ACTIVATION, *_REDUCE, *_SOFTMAX, *_SHAPE, *_MOVING,
    *_CONTRACT, *_WINDOW, *_NORMALISE, *_SHAPES, *_BACKWARD, *_GRAPH, *_PROFILE,
]  # fmt: skip
