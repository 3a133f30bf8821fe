"""Large parameters, which are stepped on block by block, against small ones that are one block."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tests import thresholds
from tests.optim.optimizer_cases import CASES, draws, give

PERIOD = 97
BLOCK = thresholds.value("optim.flat_parameters.BLOCK")
SHAPES = [(BLOCK - 1,), (BLOCK,), (3, 7, -(-BLOCK // 7))]
"""Of parameters that fill a block, leave it a rest, and are cut into several."""


ELEMENTWISE = [name for name, case in CASES.items() if case.rule.elementwise]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_element_of_a_large_parameter_steps_as_among_few(name, dtype):
    (start, *gradients) = (a.astype(dtype) for (a,) in draws([(PERIOD,)], 3))
    few = tg.tensor(start, requires_grad=True)
    many = [tg.tensor(np.resize(start, shape), requires_grad=True) for shape in SHAPES]
    optimizers = CASES[name].make([few]), CASES[name].make(many)
    for g in gradients:
        give([few], [g])
        give(many, [np.resize(g, shape) for shape in SHAPES])
        for optimizer in optimizers:
            optimizer.step()
    ulps = 4 * np.finfo(dtype).eps
    for param in many:
        expected = np.resize(few.numpy(), param.shape)
        np.testing.assert_allclose(param.numpy(), expected, rtol=ulps, atol=ulps)


@pytest.mark.parametrize("kind", [optim.LAMB, optim.LARS])
def test_parameters_of_0_are_left_by_a_step_of_their_own_rule(kind):
    w = tg.zeros(2, requires_grad=True)
    optimizer = kind([w], lr=0.5)
    w.grad = np.array([1.0, -1.0], np.float32)
    optimizer.step()
    np.testing.assert_allclose(w, [-0.5, 0.5], rtol=1e-4)  # their length, 0, has no share in it
