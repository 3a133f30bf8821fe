"""Faults of the plugin for pytest, and of what takes functions of other libraries."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "testing/plugin/sanitizer.py",
        ("Sanitizer.forward", "calls & (calls - 1) == 0", "calls & (calls - 1)",
         "sanitizer: fast looks at other calls than the first, second, fourth, …"),
        ("Sanitizer.backward", "part not in self._twice", "False",
         "sanitizer: no second derivative is looked at"),
    ),
    *planted_in(
        "testing/plugin/judgement.py",
        ("_Rule.not_the_same_again", "_frozen(self.g)", "self.g",
         "sanitizer: a rule may write into the gradient that it is given"),
        ("_Rule._agrees_with_complex_step", "1e-11 * max(lengths)", "max(lengths)",
         "sanitizer: the complex step agrees with gradients that are twice too small"),
        ("_Rule.wrong_in_single_precision", "self._explained(off, scale, eps)", "True",
         "sanitizer: a rule may be wrong in float32 alone"),
        ("_Rule._explained", "64 * eps", "8e4 * eps",
         "sanitizer: a rule may be wrong by less than a percent in float32"),
        ("_Rule._depends_on_size", "largest(among_all - sum_to(alone, among_all.shape))", "0.0",
         "sanitizer: an elementwise rule may be wrong where arrays are large"),
        ("_Rule._sample", "-jumps[distinct]", "jumps[distinct]",
         "sanitizer: in large arrays no element is looked at where the gradient jumps"),
    ),
    *planted_in(
        "testing/plugin/recorded_calls.py",
        ("RecordedCall.changed", "before != _print_of(value)", "False",
         "sanitizer: what was kept may be written to before the backward pass"),
    ),
    *planted_in(
        "testing/plugin/leaks.py",
        ("Survivors.__init__", "gc.disable()", "gc.enable()",
         "no_leaks: the collector hides cycles"),
    ),
    *planted_in(
        "testing/plugin/failures.py",
        ("_show_own_lines", "not _is_of_package(step.tb_frame)", "True",
         "failures: the frames of the package are shown"),
    ),
    *planted_in(
        "testing/plugin/assertions.py",
        ("_broken_bound", "x - y if less else y - x", "y - x if less else x - y",
         "assertions: the element furthest inside a bound is told"),
    ),
    *planted_in(
        "testing/closeness.py",
        ("difference", "np.argmax(excess)", "np.argmin(excess)",
         "assert_close: an element that is close is told as the worst"),
    ),
    *planted_in(
        "testing/foreign/adapter.py",
        ("_Call.run", 'r.dtype.kind in "fc"', 'r.dtype.kind in "fci"',
         "functions of other libraries: whole numbers are taken for floating-point results"),
    ),
]  # fmt: skip
