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
        ("FunctionCall.__init__", "MODE.get().recording and self._depends_on_others()", "False",
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
]  # fmt: skip
