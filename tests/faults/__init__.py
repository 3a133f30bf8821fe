"""Faults to plant, one at a time: see ``tests/mutants.py``.

Each replaces a piece of code that stands exactly once where it is looked for, so a change of that
code turns the test of this list red, and the list cannot rot; its layout and what stands around it
may change. A factor of 1 + 1e-8 stands for a slightly wrong number.
"""

from tests.faults import (
    data,
    diagnose,
    drawing,
    engine,
    explorer,
    fitting,
    formulas,
    networks,
    saving,
    scenes,
    training,
)
from tests.faults.fault import Fault

FAULTS: list[Fault] = [
    *engine.FAULTS,
    *networks.FAULTS,
    *training.FAULTS,
    *data.FAULTS,
    *diagnose.FAULTS,
    *fitting.FAULTS,
    *explorer.FAULTS,
    *drawing.FAULTS,
    *scenes.FAULTS,
    *saving.FAULTS,
    *formulas.FAULTS,
]
