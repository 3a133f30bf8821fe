"""Faults of what explains gradients."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "teacher/explaining/blame.py",
        ("_first_blames", "np.any(passed[elements])", "np.any(passed)",
         "explain: rows that have a gradient hide those that have none"),
        ("_look_at_elements", "elements & (g != 0) & (made == 0)", "elements & (made == 0)",
         "explain: a layer is blamed for what came to it as 0"),
        ("blames", "left & (to_host(g) == 0)", "left & (to_host(g) != 0)",
         "explain: what lies behind a cause is not looked for"),
    ),
    *planted_in(
        "teacher/explaining/run_again.py",
        ("Rerun._is_rounding", "size <= noise(passed.dtype) * rms(other)", "False",
         "explain: what rounding leaves of a sum counts as a gradient"),
    ),
    *planted_in(
        "teacher/explaining/watched_run.py",
        ("Kept.restore", "attributes.restore()", "attributes.changed()",
         "explain: a parameter keeps the values it was tried with"),
        ("Flow.forward", "not all((mark.exits for mark in marks))", "True",
         "explain: every line behind the first that leaves the graph is told"),
    ),
    *planted_in(
        "teacher/explaining/losses.py",
        ("Loss.missed", "halved and not kinked", "halved and kinked",
         "explain: a part that leaves the graph is not told"),
    ),
    *planted_in(
        "teacher/explaining/explanation.py",
        ("Explanations.warnings", "key not in told", "True",
         "explain: fit warns of a cause each epoch"),
    ),
    *planted_in(
        "observe/watch.py",
        ("Watch.silent_since", "last < self.steps", "last <= self.steps",
         "watch: rows that have a gradient are silent"),
    ),
]  # fmt: skip
