"""Faults of the transforms: functions that differentiate functions."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "transforms/function_call.py",
        ("FunctionCall.handed_out", "np.array(to_host(r._data))", "np.asarray(to_host(r._data))",
         "grad: arrays handed out are shared with the engine, or read-only"),
        ("FunctionCall.handed_out", "r if r._requires_grad else np.array(to_host(r._data))[()]",
         "np.array(to_host(r._data))[()]",
         "grad: what belongs to a graph is handed out as if it did not"),
        ("FunctionCall.__init__", "self._depends_on_others(self.outputs)", "False",
         "grad of grad: the inner gradient is constant"),
    ),
    *planted_in(
        "transforms/products.py",
        ("jvp",
         "call.needs_graph or any(MODE.get().recording and type(v) is Tensor and "
         "v._requires_grad for v in directions)",
         "False and any(MODE.get().recording and type(v) is Tensor and v._requires_grad for v "
         "in directions)", "jvp: its result is constant"),
    ),
    *planted_in(
        "transforms/jacobians.py",
        ("_rows", "unit[position] = 1", "unit[position] = 1 + 1e-8", "jacobian: off by 1e-8"),
    ),
    *planted_in(
        "transforms/checkpoint.py",
        ("_Recomputation.gradients", "replay(self.states)", "",
         "checkpoint: other random numbers"),
        ("_Recomputation.gradients",
         "gradients_at(self.inputs, sums, create_graph, create_graph, after=start)",
         "gradients_at(self.inputs, sums, False, False, after=start)",
         "checkpoint: no gradient of a gradient"),
        ("_as_they_are", "value.base is None and not value.flags.writeable",
         "not value.flags.writeable", "checkpoint: a view is kept, whose owner may change"),
    ),
    *planted_in(
        "transforms/joint.py",
        ("Joint.gradient", "seed is not g or results[i] is None", "seed is None",
         "checkpoint: an old pass's gradients"),
        ("Joint.value", "replay(self.states)", "", "checkpoint: a value of other random numbers"),
        ("_scattered", "slice(start, stop)", "slice(0, stop - start)",
         "checkpoint: gradients of several results in each other's places"),
    ),
    *planted_in(
        "engine/nested_containers.py",
        ("_opened_dataclass", "name in said or _is_static(v)", "_is_static(v)",
         "tree: a field declared static is a leaf"),
        ("_is_static",
         "bool(level.parts or level.static) and all(map(_is_static, level.parts))", "False",
         "tree: a list of words in a dataclass is no constant"),
        ("_like", "hasattr(sequence, '_fields')", "False", "tree: a named tuple is a tuple"),
        ("flatten_like", "_kind(structure) is _kind(tree)", "True",
         "tree: other dataclasses pass for one built alike"),
    ),
    *planted_in(
        "transforms/packing.py",
        ("Packing.unpack", "part if part.dtype == dtype else astype(part, dtype=dtype)", "part",
         "tree.ravel: leaves lose their dtype"),
    ),
    *planted_in(
        "transforms/function_call.py",
        ("FunctionCall.aux", "x.detach()", "x", "has_aux: the inner graph is handed out"),
        ("FunctionCall.aux", "self._depends_on_others(tensors)", "False",
         "has_aux: cut from the graph around"),
    ),
    *planted_in(
        "transforms/custom_gradient.py",
        ("_alias", "x._node is not None", "True", "custom_gradient: a leaf assigned since"),
        ("_OwnGradient.gradients", "self._call.are_its_own(operands)", "True",
         "custom_gradient: formulas of recorded values"),
        ("_OwnGradient.gradients", "mode(recording=graph, call=self.call)",
         "mode(recording=False, call=self.call)", "custom_gradient: no second order"),
        ("_check_captured", "(places - {*nodes})", "set()",
         "custom_gradient: a captured tensor that is the result"),
    ),
    *planted_in(
        "transforms/implicit.py",
        ("_Solution.gradients", "{value._node: -weights}", "{value._node: weights}",
         "implicit: the sign of what is differentiated again"),
        ("_Solution.gradients", "self._again(out)", "self._again(self._z)",
         "implicit: the second order forgets that the solution moves"),
        ("_check_solution", "equation.solved_with(_forward(value, z), residual)", "residual",
         "implicit: the residual is taken for the distance"),
    ),
    *planted_in(
        "transforms/linear_solve.py",
        ("gmres", "b - product(x)", "rest - product(x)", "implicit: a restart from the wrong rest"),
    ),
    *planted_in(
        "transforms/loops.py",
        ("_Loop.run", "outputs[::order.step]", "outputs", "scan: blocks of a reversed loop"),
        ("_Loop._block", "min(order[0], order[-1])", "order[0]",
         "scan: a block of a reversed loop takes other xs"),
        ("_Loop.run", "count <= SHORT", "True", "scan: every step is kept"),
    ),
]  # fmt: skip
