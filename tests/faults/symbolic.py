"""Faults of symbolic arrays."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "symbolic/replay.py",
        ("_decided", "1 if mask.flat[0] else 2", "2 if mask.flat[0] else 1",
         "derive: a mask that is the same everywhere chooses the other side"),
    ),
    *planted_in(
        "symbolic/twins.py",
        ("twin_of", "[float(x.value) if type(x.value) in (int, float) else x for x in args]",
         "args", "derive_names: an exponent takes the name of a length"),
    ),
    *planted_in(
        "symbolic/capture.py",
        ("Capturing.written", "value is not e", "False", "capture: what is written is not told"),
        ("Captured.values", "[*self.drawn, *self.outputs, *state, *self.checks]",
         "[*self.outputs, *state, *self.checks]",
         "capture: random numbers are drawn in the order of their use"),
    ),
    *planted_in(
        "symbolic/capture.py",
        ("Capturing.number", "at if not ahead else _Ahead(at, ahead)", "at",
         "capture: a second step in one function takes the number of the first"),
        ("Captured.conclude", "tensor.zero_grad()", "pass",
         "capture: a forgotten gradient comes back"),
    ),
    *planted_in(
        "symbolic/attributes.py",
        ("Attributes.restore", "object.__setattr__(self.owner, name, value)", "pass",
         "capture: tensors are left with symbols in them"),
        ("Attributes.restore", "object.__delattr__(self.owner, name)", "pass",
         "capture: what a step added is left there"),
        ("Attributes.changed", "self.values | self._contents", "self.values",
         "capture: what is appended to a list is not told"),
    ),
    *planted_in(
        "symbolic/checks.py",
        ("_within", "index < length", "index <= length", "checks: one more class than there is"),
        ("_at", "_within(part, -shape[axis], shape[axis])", "_within(part, -shape[0], shape[0])",
         "checks: every index counts along the first axis"),
    ),
    *planted_in(
        "symbolic/expr.py",
        ("_is_weak", "all(e.weak for e in args)", "any(e.weak for e in args)",
         "expr: what is computed of one number and an array is weak"),
    ),
    *planted_in(
        "symbolic/joined_parts.py",
        ("part", "begin <= start and stop <= end", "begin <= start",
         "joined_parts: what lies in two parts is taken from one"),
        ("part", "start - begin", "start", "joined_parts: a part is taken as the whole"),
        ("part", "x.static['axis'] != axis", "False", "joined_parts: along whatever axis"),
    ),
    *planted_in(
        "symbolic/capture.py",
        ("Capturing.shown", "if self._has_shown:\n    return", "return",
         "compiled_messages: nobody is told that a text is made once"),
        ("Capturing.met", "thing.name or self._called.get(id(thing))", "thing.name",
         "summary: tensors have no names"),
    ),
    *planted_in(
        "symbolic/trace.py",
        ("listing", "gradients.values()", "()", "summary: gradients are not listed"),
    ),
    *planted_in(
        "symbolic/infer.py",
        ("_reduced", "i not in axes", "i not in axes and n != 1",
         "infer: a reduction loses axes of length 1 as well"),
    ),
]  # fmt: skip
