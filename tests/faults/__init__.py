"""Faults to plant, one at a time: see ``tests/faults/plant.py``.

Each replaces a piece of code that stands exactly once where it is looked for, so a change of that
code turns the test of this list red, and the list cannot rot; its layout and what stands around it
may change. A factor of 1 + 1e-8 stands for a slightly wrong number.
"""

from tests.faults import (
    caller,
    compiler,
    data,
    diagnose,
    differences,
    differences_digits,
    display,
    drawing,
    drawing_data,
    drawing_explorer,
    engine,
    files,
    formulas,
    leads,
    linalg,
    nn,
    numeric,
    observe,
    ops,
    optim,
    random,
    symbolic,
    teacher_explaining,
    teacher_judging,
    testing,
    testing_plugin,
    train,
    transforms,
)
from tests.faults.fault import Fault

FAULTS: list[Fault] = [
    *caller.FAULTS,
    *compiler.FAULTS,
    *data.FAULTS,
    *diagnose.FAULTS,
    *differences_digits.FAULTS,
    *differences.FAULTS,
    *display.FAULTS,
    *drawing.FAULTS,
    *drawing_data.FAULTS,
    *drawing_explorer.FAULTS,
    *engine.FAULTS,
    *files.FAULTS,
    *formulas.FAULTS,
    *leads.FAULTS,
    *linalg.FAULTS,
    *nn.FAULTS,
    *numeric.FAULTS,
    *observe.FAULTS,
    *ops.FAULTS,
    *optim.FAULTS,
    *random.FAULTS,
    *symbolic.FAULTS,
    *teacher_explaining.FAULTS,
    *teacher_judging.FAULTS,
    *testing.FAULTS,
    *testing_plugin.FAULTS,
    *train.FAULTS,
    *transforms.FAULTS,
]
