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
]  # fmt: skip
