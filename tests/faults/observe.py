"""Faults of what observes: debugging, profiles, norms."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "observe/profile.py",
        ("Profile.backward", "event.node.op.recomputes", "False",
         "profile: a checkpoint counts twice"),
        ("Profile.backward", "event.result is not event.g", "True",
         "profile: a gradient that is passed on is counted"),
        ("_new_bytes", "getattr(array, 'base', None) is None", "True",
         "profile: views counted as made"),
        ("Profile.backward", "(times.backward or 0.0) + event.seconds", "times.backward",
         "profile: nodes without backward times"),
    ),
    *planted_in(
        "observe/watch.py",
        ("Watch.__exit__", "self.steps += 1", "self.steps = 1",
         "watch: a new layer's column too short"),
        ("_sum_of_squares", "dtype=np.float64", "", "watch: squares in float32"),
        ("Watch.__exit__", "p not in around", "p",
         "watch: containers count beside what is in them"),
        ("_Size.restore", "self._module.forward = self._own", "del self._module.forward",
         "watch: a forward of the user's own is lost"),
    ),
]  # fmt: skip
