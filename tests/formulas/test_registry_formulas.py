"""The gradient of every operation as a formula: no debris of gradient rules is left in it."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.rule import Word
from tests.ops.op_cases import cases

SMOOTH = [
    name
    for name, op in REGISTRY.items()
    if op.family != "random" and not all(isinstance(rule, Word) for rule in op.vjp.values())
]
DEBRIS = re.compile(
    r"bitwise_|logical_|broadcast_to|expand_dims|squeeze|astype|\[key=|const\["
    r"|where\((True|False)|\b(True|False)\b|0\.6931|1\.4426|0\.4342|1\.128|0\.7978|0\.3989|0\.7071"
    r"|−\(?−|\+ −|(?<![\w.])1 [·∘]|\+ 0(?![.\d])|\(\d+ 0\.\d+\)"
    r"|\[(\w+) = \2\]|\[\w+ [<>=≤≥≠] \w+\] ∘ \[(\w+) ≠ \w+\]"
)
"""What a formula is to be free of: names of what moves data, truth values, decimals of log 2 and
√π, signs and ones that do nothing, and conditions that hold always or twice."""


COUNTED = {"rfftn", "irfftn"}
"""Where a constant array stays: of a half spectrum it says which frequencies count twice."""


def formulas(name):
    """Yield the formula of the gradient by each operand, for arrays of more than one element."""
    for case in cases(name):
        arrays = [np.asarray(value) for value in case.inputs]
        if any(x.size < 2 for x in arrays):
            continue
        for i in [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]:
            tensors = [tg.tensor(x, requires_grad=k == i) for k, x in enumerate(arrays)]
            tensors = [
                t if t.dtype.kind == "f" else x for t, x in zip(tensors, arrays, strict=True)
            ]
            out = case.function(*tensors)
            if isinstance(out, tg.Tensor) and out.requires_grad and out.size > 1:
                T = np.random.default_rng(1).normal(size=out.shape)
                yield str(tg.derive((out * T).sum(), wrt=tensors[i], name="x"))


@pytest.mark.parametrize("name", SMOOTH)
def test_no_debris_of_gradient_rules_is_left(name):
    for text in formulas(name):
        shown = re.sub(r"where a constant .*", "", text)
        found = DEBRIS.search(shown.replace("const[", "c[") if name in COUNTED else shown)
        assert not found, f"{found[0]!r} in {text}"
