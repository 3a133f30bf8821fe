"""Faults of the engine: the graph and the backward pass."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "engine/malloc.py",
        ("keep_freed_memory", "mallopt(_TRIM_THRESHOLD, _KEPT)", "True",
         "malloc: what lies on top is given back at every step"),
        ("keep_freed_memory", "os.environ.get(SWITCH) == '0'", "False",
         "malloc: the switch that leaves the C library alone is not heeded"),
        ("_is_set_by_user", "'glibc.malloc.' in os.environ.get('GLIBC_TUNABLES', '')", "False",
         "malloc: settings of the user's own are overruled"),
    ),
    *planted_in(
        "engine/explain.py",
        ("_no_array", "operand is None", "False",
         "explain: None is told as an input of shape ()"),
    ),
    *planted_in(
        "engine/gradient_hook.py",
        ("GradientHook.remove", "h is not self.hook", "True",
         "backward: a hook that was removed still runs"),
    ),
    *planted_in(
        "engine/explain.py",
        ("cause", "error if is_users(op) and not of_ours else None", "error",
         "notebook: a traceback tells the same error twice"),
        ("explain", "error if is_users(op) else error.with_traceback(None)", "error",
         "notebook: a traceback goes on into what found the error"),
    ),
    *planted_in(
        "engine/creation.py",
        ("arange", "_before(cast(numbers, wanted), stop, step)", "cast(numbers, wanted)",
         "creation: in a shorter type, a range holds its stop"),
        ("_before", "numbers < last", "numbers <= last", "creation: a range holds its stop"),
    ),
    *planted_in(
        "engine/arrays.py",
        ("to_array", "array.astype(array.dtype.newbyteorder('='), copy=False)", "array",
         "optim: parameters keep the order of bytes of another machine"),
        ("cast", "array < range_.max + 1.0", "True", "creation: integers wrap around"),
    ),
    *planted_in(
        "engine/rule.py",
        ("compile_rule", "f'{name}={expression}' if name in after_star else expression",
         "expression", "op_errors: static parameters after a star handed on by position"),
    ),
    *planted_in(
        "engine/shapes.py",
        ("sum_to", "(*range(lead), *stretched)", "stretched or tuple(range(lead))",
         "broadcasting: new axes not summed where others are"),
        ("sum_over", "add_up(g, axis=axes)", "g.sum(axis=axes)",
         "broadcasting: long columns added one by one"),
    ),
    *planted_in(
        "engine/summation.py",
        ("add_up", "_in_blocks(x, axis)", "x", "sum, mean: long columns added one by one"),
        ("add_up", "add_up(x.astype(np.float32), axis=axis, keepdims=keepdims).astype(_HALF)",
         "np.add.reduce(x, axis=axis, keepdims=keepdims)", "sum: float16 added up in float16"),
        ("_is_of_short_rows", "axis in (-1, x.ndim - 1, (x.ndim - 1,))", "True",
         "sum: rows added up whatever the axis"),
        ("add_up", "np.ones(x.shape[-1], x.dtype)", "np.full(x.shape[-1], 1 + 1e-9, x.dtype)",
         "sum: many short rows off by 1e-9"),
        ("add_up", "sums[..., None] if keepdims else sums", "sums",
         "sum: short rows without the axis that is kept"),
        ("_added", "sums[(*lead, slice(rest))] += x[(*lead, slice(rest))]", "pass",
         "sum, mean: what is left of blocks is lost"),
    ),
    *planted_in(
        "engine/backward_pass.py",
        ("sweep", "gradient = rule(g, saved, node, i)",
         "gradient = rule(g, saved, node, i)\n"
         "if gradient.size > 1000:\n"
         "    place = (np.arange(gradient.size) == 7).reshape(gradient.shape)\n"
         "    gradient = gradient * (1 + 0.5 * place).astype(gradient.dtype)",
         "op_sizes: element 7 of every gradient above 1,000 off by half"),
        ("sweep",
         "if parent in owned and type(total) is type(gradient) is np.ndarray:\n"
         "    np.add(total, gradient, out=total)\n"
         "else:\n"
         "    sums[parent] = total + gradient\n"
         "    owned.add(parent)",
         "if parent in owned and type(total) is type(gradient) is np.ndarray:\n"
         "    np.add(total, gradient, out=total)\n"
         "else:\n"
         "    sums[parent] = gradient\n"
         "    owned.add(parent)", "a lost accumulation"),
        ("sweep", "np.add(total, gradient, out=total)", "pass",
         "the third gradient of a leaf lost"),
        ("sweep", "parent in owned and type(total) is type(gradient) is np.ndarray",
         "type(total) is type(gradient) is np.ndarray",
         "a borrowed array added to in place"),
        ("_is_fresh", "gradient is g", "", "the gradient of the result taken for a new array"),
        ("_is_fresh", "gradient.base is not None", "", "a view taken for a new array"),
        ("_is_fresh", "return REGISTRY.get(node.op.name) is node.op", "return True",
         "an array that a rule keeps taken for a new one"),
        ("totals_of", "total if mine else copied(total)", "np.asarray(total)",
         "leaves share the memory of their gradients"),
        ("sweep", "(-parent.seq, parent)", "(parent.seq, parent)", "nodes in the wrong order"),
        ("sweep",
         "if node.hooks:\n"
         "    hooks = [h for h in node.hooks if useful is None or type(h) is not Retained]\n"
         "    g = run_hooks(hooks, wrap_gradient(g), create_graph)\n"
         "    g = g if create_graph else g._data\n"
         "    if node in targets:\n"
         "        sums[node] = g",
         "if node.hooks and create_graph:\n"
         "    hooks = [h for h in node.hooks if useful is None or type(h) is not Retained]\n"
         "    g = run_hooks(hooks, wrap_gradient(g), create_graph)\n"
         "    g = g if create_graph else g._data\n"
         "    if node in targets:\n"
         "        sums[node] = g", "hooks dropped at first order"),
        ("run_hooks", "g = result if result.dtype == g.dtype else result.astype(dtype=g.dtype)",
         "pass", "what a hook returns is dropped"),
        ("totals_of", "np.zeros(target.shape, target.dtype, like=like)",
         "np.ones(target.shape, target.dtype)",
         "not 0 for an input that is not reached"),
        ("totals_of", "np.zeros(target.shape, target.dtype, like=like)", "np.zeros(target.shape)",
         "zeros of the wrong dtype for an input that is not reached"),
        ("sweep", "node.saved = None", "pass", "what was saved is not released"),
        ("sweep", "gradient.shape != like.shape or gradient.dtype is not like.dtype",
         "gradient.shape != like.shape", "the cast to the operand's dtype forgotten"),
        ("fitted", "sum_to(gradient, parent.shape)", "sum_to(gradient, parent.shape) / 1.00000001",
         "the sum to shape off by 1e-8"),
        ("sweep",
         "if create_graph:\n"
         "    sums[parent] = total + gradient\n"
         "elif parent in owned and type(total) is type(gradient) is np.ndarray:\n"
         "    np.add(total, gradient, out=total)\n"
         "else:\n"
         "    sums[parent] = total + gradient\n"
         "    owned.add(parent)",
         "if create_graph:\n"
         "    sums[parent] = total + gradient.detach()\n"
         "elif parent in owned and type(total) is type(gradient) is np.ndarray:\n"
         "    np.add(total, gradient, out=total)\n"
         "else:\n"
         "    sums[parent] = total + gradient\n"
         "    owned.add(parent)", "a gradient's own graph cut where gradients add up"),
        ("_lifted", "wrap(as_array(value), parent, True)", "wrap(as_array(value))",
         "saved operands cut off the graph"),
        ("LeafHooks.arrived", "not self._awaited[leaf]", "self._awaited[leaf] < 2",
         "a hook runs before the last gradient has arrived"),
        ("sweep", "gradient = gradient._data", "pass",
         "a rule that returns a tensor leaves one among arrays"),
        ("_lifted", "wrap(as_array(value), node, True)", "wrap(as_array(value))",
         "saved results cut off the graph"),
        ("_lifted", "type(parent) is Tensor and parent._data is not value", "False",
         "second order takes the leaf's new value for the old one"),
        ("sweep",
         "if parent.seq > after:\n"
         "    heappush(queue, (-parent.seq, parent))", "heappush(queue, (-parent.seq, parent))",
         "a checkpoint's backward goes on outside"),
        ("sweep", "sums[node] if targets and node in targets else sums.pop(node)", "sums.pop(node)",
         "the gradient of a value on the way dropped"),
        ("sweep",
         "if node in targets:\n"
         "    sums[node] = g", "", "a value's own gradient misses its hook"),
        ("sweep", "create_graph and not MODE.get().recording", "False",
         "no gradient's gradient under no_grad, though asked for"),
        ("sweep", "raise _released(node)", "continue", "gradient 0 from a graph that was released"),
        ("sweep", "quiet", "", "NumPy's warnings leak out of backward"),
        ("run_hooks", "as_around(hook, g)", "hook(g)", "hooks: NumPy's warnings are swallowed"),
        ("run_hooks", "hooks", "hooks[::-1]", "hooks in the wrong order"),
        ("LeafHooks.run", "sums[leaf] = run_hooks(leaf._hooks, total, self._create_graph)",
         "sums[leaf] = leaf._grad = run_hooks(leaf._hooks, total, self._create_graph)",
         "a failing hook leaves some leaves updated"),
        ("sweep", "add_into is not None and parent in owned and "
         "_are_arrays(sums[parent], g, *saved[1:-1])",
         "add_into is not None and (parent not in sums or not owned.add(parent)) and parent in "
         "owned and _are_arrays(sums[parent], g, *saved[1:-1])",
         "backward: a slice's gradient added in place to an array that others hold"),
        ("sweep", "useful is None or type(h) is not Retained", "True",
         "backward: gradients() adds to a retained .grad"),
    ),
    *planted_in(
        "engine/autodiff.py",
        ("_accumulated", "old._data + new._data", "np.add(new._data, 0)",
         "a stale gradient: backward twice does not add up"),
        ("_accumulated", "old._data + new._data", "np.add(old._data, new._data, out=old._data)",
         "a gradient handed out is added to in place"),
        ("backward",
         "with _COMMIT:\n"
         "    for leaf, total in zip(leaves, totals, strict=True):\n"
         "        leaf._grad = total if leaf._grad is None else _accumulated(leaf._grad, total)",
         "if True:\n"
         "    for leaf, total in zip(leaves, totals, strict=True):\n"
         "        leaf._grad = total if leaf._grad is None else _accumulated(leaf._grad, total)",
         "no lock: updates of a shared leaf lost"),
        ("differentiate", "seed if root not in sums else sums[root] + seed", "seed",
         "of two outputs of one node the last counts"),
        ("_seed", "array.copy()", "array", "a caller's seed is kept without a copy"),
        ("_accumulated", "old._requires_grad or new._requires_grad", "False",
         "a recorded gradient added up without its graph"),
        ("gradients", "run_hooks(target._hooks, total, create_graph) if target._hooks else total",
         "total", "gradients() runs no hooks of leaves"),
    ),
    *planted_in(
        "engine/dispatch.py",
        ("_constant", "value.copy()", "value",
         "a caller's array is saved without a copy"),
    ),
    *planted_in(
        "engine/tensor.py",
        ("_brought", "getattr(data, 'requires_grad', False)", "False",
         "device_training: what comes elsewhere loses its gradient"),
        ("Tensor.__array__", "NDArray[np.object_]", "Array",
         "Tensor: array * tensor is an array to type checkers"),
        ("rebind", "observer.met(tensor)", "pass", "capture: a parameter is written unseen"),
        ("Tensor.assign", "copied(array_of(value, self.dtype))", "array_of(value, self.dtype)",
         "assign: the caller's array is shared"),
        ("Retained.owner", "owner if owner is not None and owner._node is self._node() else None",
         "owner",
         "recorded_steps: a graph recorded before adds to the .grad of a parameter's new value"),
        ("Retained.__call__", "g if owner._grad is None else owner._grad + g", "g",
         "backward: a retained .grad does not add up"),
        ("Tensor.retain_grad", "not self._retains_grad()", "True",
         "backward: a .grad that was retained twice counts twice"),
        ("Tensor.grad", "not self._retains_grad()", "True",
         "lost_gradients: a .grad that is retained may not be read before backward"),
        ("Tensor.__pandas_priority__", "5000", "0",
         "lost_gradients: a pandas Series takes only the values of a tensor"),
        ("asarray", "data.astype(dtype)", "wrap(array_of(data, dtype))",
         "lost_gradients: a tensor of another dtype loses its gradient"),
        ("Tensor.register_hook", "tuple(sorted(hooks, key=lambda h: type(h) is Retained))",
         "hooks", "backward: a retained .grad misses the hooks that were added later"),
    ),
    *planted_in(
        "engine/graph.py",
        ("leading_to", "any(node.parents[i] in useful for i, _ in node.plan.rules)",
         "all(node.parents[i] in useful for i, _ in node.plan.rules)",
         "a path that meets another one is not walked"),
    ),
    *planted_in(
        "engine/observers.py",
        ("_Both.forward", "self._outer.forward(event)", "",
         "profile: hides the observer around it"),
    ),
    *planted_in(
        "engine/modes.py",
        ("_holder", "return id(frame)", "break",
         "modes: the block of a generator that waits counts for its caller"),
        ("_holder", "current.running() if type(current) is _ByFrame else 0", "0",
         "modes: the block of a function is hidden by that of a generator that runs it"),
        ("_go_on", "_HELD.pop(holder, None)", "pass",
         "modes: a generator's block goes on though it has ended"),
        ("_holder", "_is_decorated(frame)", "False",
         "modes: a decorated context manager changes the mode of its user"),
        ("_serves", "frame.f_code.co_name in _SERVING", "False",
         "modes: a block entered in __enter__ is taken for its own"),
        ("_without", "_changed(below, last._changes_in(below))", "after",
         "modes: a block that ends before a later one leaves its change behind"),
    ),
    *planted_in(
        "observe/debug.py",
        ("_Debugging._changes_in", "beside(around.observer, NonFinite())", "NonFinite()",
         "debug: hides the observer around it"),
    ),
    *planted_in(
        "engine/float_warnings.py",
        ("end_silence", "ERRORS.set(before[-1])", "pass",
         "debug: NumPy warns of nothing after the block"),
    ),
    *planted_in(
        "engine/decorating.py",
        ("_generated_and_awaited_in", "step, given = generator.athrow, error",
         "step, given = generator.asend, None",
         "modes: what is thrown into an asynchronous generator is lost"),
    ),
    *planted_in(
        "engine/random_generator.py",
        ("_free_generators", "free(generator._lock)", "",
         "fork: a child waits for a thread of its parent"),
        ("_free_generators", "free(generator._made.bit_generator.lock)", "pass",
         "fork: a child waits for a thread that NumPy was drawing in"),
        ("Generator.__setstate__", "_LIVE.add(self)", "",
         "fork: a copied generator hangs in a child"),
    ),
    *planted_in(
        "engine/state_dict.py",
        ("converted", "np.array(values, own.dtype, order='C')", "np.asarray(values, own.dtype)",
         "module: a loaded state is shared with the caller"),
    ),
    *planted_in(
        "engine/lost_gradients.py",
        ("number_leaves", "line.module in ('math', 'cmath') and function not in _FACTS",
         "line.module in ('math', 'cmath')",
         "lost_gradients: math.isnan is told to lose a gradient"),
        ("_shows", "any(_SHOWING & set(_around(name)) for name in modules)",
         "any(_SHOWING & set(_around(name)) for name in modules[:1])",
         "lost_gradients: libraries that show, but ask by others, are told of"),
        ("values_leave", "_stores(asked, line) or _is_shown(line.taker)", "_is_shown(line.taker)",
         "lost_gradients: a table that keeps predictions is told of"),
        ("_is_shown", "('comparison', 'text', 'mapping')", "('text',)",
         "lost_gradients: an array that is compared is told of"),
        ("values_leave", "MODE.get().recording", "True",
         "lost_gradients: told under no_grad"),
        ("_instead", "written_here(name, line.module)", "f'tg.{name}'",
         "lost_gradients: a function of tg.linalg is looked for in tg"),
    ),
]  # fmt: skip
