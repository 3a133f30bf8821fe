"""Random programs and every kind of step, with their derivatives: compiled against as they are."""

import numpy as np
import pytest
from hypothesis import given, settings

import tensorgraph as tg
from tensorgraph.compiler.numpy_runner import numpy_runner
from tensorgraph.compiler.program import Program
from tensorgraph.testing.strategies import graphs
from tensorgraph.testing.strategies.random_graphs.kinds import KINDS
from tests.engine import programs as pg


def derivatives_of(program):
    """Return a function of the leaves: the total, its gradient, and a Hessian's product."""

    def derivatives(*leaves):
        total = program(*leaves)
        gradient = tg.gradients(total, leaves, create_graph=True)
        slope = sum(
            ((g * np.cos(np.arange(g.size)).reshape(g.shape)).sum() for g in gradient),
            tg.tensor(0.0),
        )
        product = tg.gradients(slope, leaves) if slope.requires_grad else []
        return [x.detach() for x in (total, *gradient, *product)]

    return derivatives


def assert_compiles(program):
    f, leaves = derivatives_of(program), program.tensors()
    run = Program(f, leaves, numpy_runner)  # not tg.compile: f names a table of all kinds of steps
    expected = [x.numpy() for x in f(*leaves)]
    for _ in range(2):  # what the first run leaves behind may change the second
        found = [x.numpy() for x in run(leaves)]
        for x, y in zip(found, expected, strict=True):
            assert (x.shape, x.dtype) == (y.shape, y.dtype)
            scale = 1e-12 * max(1.0, float(np.abs(y).max(initial=0)))
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=scale)


@settings(max_examples=max(settings().max_examples // 5, 5))
@given(program=graphs())
def test_random_programs(program):
    assert_compiles(program)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step(kind):
    for program in pg.grid(kind, 2):
        try:
            assert_compiles(program)
        except Exception as error:
            error.add_note(str(program))
            raise
