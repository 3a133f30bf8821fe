"""Faults of the transforms: functions that differentiate functions."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "transforms/function_call.py",
        ("handed_out", "np.array(to_host(r._data))", "np.asarray(to_host(r._data))",
         "grad: arrays handed out are shared with the engine, or read-only"),
        ("handed_out", "not r._requires_grad and layer_of(r) is None", "layer_of(r) is None",
         "grad: what belongs to a graph is handed out as if it did not"),
        ("FunctionCall.__init__", "MODE.get().recording and self._depends_on_others()", "False",
         "grad of grad: the inner gradient is constant"),
        ("_variable", "argument(layer.lift(outside(value)))", "argument(value._data)",
         "vmap: a gradient inside by what comes from outside is cut off from there"),
    ),
    *planted_in(
        "transforms/dual.py",
        ("_transposed", "given and MODE.get().recording", "False", "jvp: its result is constant"),
        ("_of_reduction", "row * tangent", "row", "jvp: reductions are pushed as if by ones"),
        ("DualLayer.apply", "out.dtype.kind in 'fc' and MODE.get().recording",
         "out.dtype.kind in 'fc'", "jvp: a tangent flows through tg.no_grad()"),
        ("_of_all", "np.zeros_like(x)", "x", "jvp: joined arrays move that have no tangent"),
        ("_declared", "(*saved[:i], tangent, *saved[i + 1:-1])",
         "(tangent, *saved[1:-1])", "jvp: of products, the tangent takes the first place"),
        ("_fitted", "tangent.astype(dtype=out.dtype)", "tangent",
         "jvp: tangents have another dtype than what they belong to"),
    ),
    *planted_in(
        "transforms/jacobians.py",
        ("_Blocks._units", "unit[[i - start for i in own], [i - first for i in own]] = 1",
         "unit[[i - start for i in own], [i - first for i in own]] = 1 + 1e-8",
         "jacobian: off by 1e-8"),
        ("_axes_behind", "(*range(count, part.ndim), *range(count))",
         "tuple(range(part.ndim))[::-1]", "jacobian: by columns, axes are turned round"),
        ("_by_pushing", "replay(states)", "watch()",
         "jacobian: forward, a function that draws is another one in each block"),
    ),
    *planted_in(
        "transforms/batched.py",
        ("BatchLayer.draw", "{**static, 'shape': (self.size, *static['shape'])}",
         "{**static, 'shape': (1, *static['shape'])}", "vmap: different draws are the same"),
        ("BatchLayer.detached", "value.detach()", "value",
         "vmap: a gradient flows through detach()"),
        ("is_told", "op.states_family or REGISTRY.get(op.name) is op", "True",
         "vmap: a user's operation is taken for elementwise though nobody said so"),
    ),
    *planted_in(
        "transforms/vmap.py",
        ("_mapped", "_moved(tensor, axis % tensor.ndim, 0)", "tensor",
         "vmap: examples are taken along axis 0, whatever in_axes says"),
        ("_unmapped", "_moved(tensor, 0, axis % tensor.ndim)", "tensor",
         "vmap: results stand along axis 0, whatever out_axes says"),
    ),
    *planted_in(
        "ops/_batching.py",
        ("one_further", "axis + 1", "axis", "vmap: an axis is that of the examples"),
        ("elementwise", "operand.aligned(ndim)", "operand.value",
         "vmap: axes broadcast with those of other examples"),
    ),
    *planted_in(
        "ops/_keys.py",
        ("key_of_examples", "0 if together else picked", "0",
         "vmap: indices apart from each other put the examples elsewhere"),
        ("key_of_examples", "(0, *rest[:at], *axes[1:1 + picked], *rest[at:])", "tuple(axes)",
         "vmap: what indices of each example pick stands in front"),
    ),
    *planted_in(
        "ops/convolution.py",
        ("_conv_of_examples", "size * static['groups']", "size",
         "vmap: weights of each example see all groups"),
    ),
    *planted_in(
        "engine/layers.py",
        ("lifted", "array if layer is None or layer_of(array) is layer else layer.lift(array)",
         "array", "vmap: leaves inside are taken for tensors of outside"),
        ("agreed", "before.lift(new)", "new",
         "vmap: a parameter inside that is given a constant gets no gradient any more"),
    ),
    *planted_in(
        "nn/module.py",
        ("Module.__call__", "Mode(outside.recording, outside.lines, observer, call, outside.layer)",
         "Mode(outside.recording, outside.lines, observer, call)",
         "vmap: dropout in a module draws once for all without being told to"),
    ),
]  # fmt: skip
