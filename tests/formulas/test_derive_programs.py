"""``derive`` on programs at random: what it returns is what the engine computes."""

import time

import numpy as np
import pytest
from hypothesis import example, given, note, settings

import tensorgraph as tg
from tensorgraph.testing.strategies import graphs
from tensorgraph.testing.strategies.random_graphs.graph import RandomGraph, Step
from tensorgraph.testing.strategies.random_graphs.kinds import KINDS
from tests.thorough import THOROUGH

NAMED_IN_A_BODY_FIRST = RandomGraph(
    leaves=(np.array([0.4, -0.7]),),
    constants=(),
    steps=(Step(KINDS["unit"], (0,), {"axis": None}), Step(KINDS["silu_slope"], (0,))),
    weights={0: np.array([0.5, 0.6]), 1: np.array([1.3, 1.4]), 2: np.array([1.1, 1.2])},
)
"""Its derived code uses the sigmoid in the body of silu's slope before anywhere else."""

PARTS = pytest.mark.parametrize("part", range(4))
"""Each tries programs of its own, so that several processes share them."""
EXAMPLES = settings().max_examples if THOROUGH else settings().max_examples // 4


def in_graph(output, leaves):
    stack, seen = [output.node], set()
    while stack:
        for parent in getattr(stack.pop(), "parents", ()):
            if isinstance(parent, (tg.Tensor, type(output.node))) and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return [leaf for leaf in leaves if leaf in seen]


@PARTS
@settings(max_examples=10 * EXAMPLES)
@given(program=graphs())
def test_derived_equals_backward(part, program):
    note(str(program))
    leaves = program.tensors()
    total = program(*leaves)
    wrt = in_graph(total, leaves)
    expected = tg.gradients(total, wrt, retain_graph=True)
    start = time.monotonic()
    derivation = tg.derive(total, wrt=wrt, time_limit=4.0)
    text = str(derivation)
    assert time.monotonic() - start < 20  # which only a hanging derivation reaches
    note(text)
    found = derivation.evaluate()
    found = list(found.values()) if isinstance(found, dict) else [found]
    scale = max(1.0, *(float(np.abs(g.numpy()).max(initial=0)) for g in expected))
    for value, gradient in zip(found, expected, strict=True):
        assert value.shape == gradient.shape
        np.testing.assert_allclose(value, gradient.numpy(), rtol=1e-7, atol=1e-9 * scale)


@PARTS
@settings(max_examples=3 * EXAMPLES)
@given(program=graphs(max_steps=5))
@example(program=NAMED_IN_A_BODY_FIRST)
def test_all_that_comes_with_it_can_be_read(part, program):
    note(str(program))
    leaves = program.tensors()
    total = program(*leaves)
    derivation = tg.derive(total, wrt=in_graph(total, leaves), time_limit=4.0)
    assert all(step.difference < 1e-6 for step in derivation.steps()), derivation.steps()
    assert derivation.latex().count("{") == derivation.latex().count("}")
    assert derivation.mathml().startswith("<math")
    assert str(derivation.raw).splitlines()[-1].startswith("return")
    assert derivation.saved is not None
    source = derivation.python()
    namespace = {}
    exec(source, namespace)
    backward, known = namespace["backward"], derivation.arguments()
    code = backward.__code__
    returned = backward(*(known[name] for name in code.co_varnames[: code.co_argcount]))
    returned = returned if isinstance(returned, tuple) else (returned,)
    found = derivation.evaluate()
    found = list(found.values()) if isinstance(found, dict) else [found]
    for value, expected in zip(returned, found, strict=True):
        value = np.broadcast_to(value, expected.shape)
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-9)
