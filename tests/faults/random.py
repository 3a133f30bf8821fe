"""Faults of random.py."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "random.py",
        ("_beside", "next(filter(is_on_device, map(_array, parameters)), None)", "None",
         "device_training: draws stay on the host"),
        ("_below", "numpy.random(tied.size)", "0.5",
         "random: a Bernoulli draw decides by one byte, so its probability is off"),
        ("_before", "float(np.nextafter(dtype.type(high), dtype.type(low)))", "high",
         "random: an even draw is rounded up to its end"),
        ("_before", "abs(high) * step + at_zero", "abs(high) * step",
         "random: a draw up to an array's end 0 may be 0"),
        ("_before", "abs(high) * step + at_zero", "at_zero",
         "random: an even draw is rounded up to its end, given as an array"),
        ("uniform", "2 * largest < _LARGEST[drawn]", "True",
         "random: the length of an interval overflows"),
        ("normal", "64 * largest < _LARGEST[drawn]", "True",
         "random: a deviation overflows before the mean is added"),
    ),
]  # fmt: skip
