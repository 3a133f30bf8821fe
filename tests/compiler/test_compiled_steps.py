"""Whole training steps as programs: each layer, each optimizer, against the steps themselves."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.optim import flat_parameters
from tests.compiler.back_ends import compiled, on_every_back_end
from tests.nn.layer_cases import CASES
from tests.nn.test_layers import made
from tests.optim.optimizer_cases import CASES as OPTIMIZERS
from tests.symbolic.test_capture import Step

RNG = np.random.default_rng(0)
STEPS = 4


def taken(build, inputs, runner=None, steps=STEPS):
    """Return what some steps return and leave behind, run as they are or compiled."""
    tg.random.seed(0)
    step = build()
    run = step if runner is None else compiled(step, runner)
    tg.random.seed(1)
    results = [run(*inputs(i)) for i in range(steps)]
    left = step.state()
    return run, [*results, *left, step.optimizer.state_dict(), tg.random.default_generator().state]


def assert_alike(found, expected):
    """Compare nested containers of numbers and arrays."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for x, y in zip(found, expected, strict=True):
            assert_alike(x, y)
    elif isinstance(expected, (str, int, type(None))):
        assert found == expected
    else:
        x, y = (np.asarray(v.detach() if type(v) is tg.Tensor else v) for v in (found, expected))
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-10)


def compare(build, inputs, runner, steps=STEPS):
    """Take some steps, compiled from the second on, and compare them with the same steps."""
    run, found = taken(build, inputs, runner, steps)
    assert_alike(found, taken(build, inputs, None, steps)[1])
    assert "as it is" not in repr(run)
    return run


@on_every_back_end
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_steps_of_every_layer(name, training, runner):
    case = CASES[name]
    drawn = [case.inputs(seed=i) for i in range(STEPS)]

    def build():
        return Step(made(case, "float64", training), case.rest, [], optim.Adam)

    compare(build, drawn.__getitem__, runner)


@on_every_back_end
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_sequences_whose_lengths_are_arguments(kind, runner):
    layer = kind(2, 3, num_layers=2, bidirectional=True, dtype="float64")

    def outputs(x, lengths):
        with tg.no_grad():
            return layer(x, lengths=lengths)

    run = compiled(outputs, runner)
    for lengths in ([5, 2, 0], [1, 5, 4], [5, 2, 0]):
        given = RNG.normal(size=(3, 5, 2)), np.array(lengths)
        assert_alike(run(*given), outputs(*given))
    assert repr(run).splitlines()[0] == "compiled outputs: 1 program"
    with pytest.raises(tg.errors.ArgumentError, match=r"lengths are in 0 … 5, .* not .5, 6, 1."):
        run(RNG.normal(size=(3, 5, 2)), np.array([5, 6, 1]))


def net(make_optimizer):
    layers = nn.Sequential(
        nn.Linear(3, 4, bias=False, dtype="float64"),  # one before a batch norm has no gradient
        nn.BatchNorm(4, dtype="float64"),
        nn.Dropout(p=0.5),
        nn.Tanh(),
    )
    return Step(layers, (), [], make_optimizer)


@on_every_back_end
@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("block", [5, flat_parameters.BLOCK])
def test_steps_of_every_optimizer(rule, block, runner, monkeypatch):
    monkeypatch.setattr(flat_parameters, "BLOCK", block)
    drawn = [[RNG.normal(size=(5, 3))] for _ in range(STEPS)]
    compare(lambda: net(OPTIMIZERS[rule].make), drawn.__getitem__, runner)


@on_every_back_end
def test_a_smaller_last_batch_has_a_program_of_its_own(runner):
    drawn = [[RNG.normal(size=(n, 3))] for n in (5, 5, 2) * 4]
    run = compare(lambda: net(optim.Adam), drawn.__getitem__, runner, steps=len(drawn))
    assert repr(run).splitlines()[0] == "compiled Step: 2 programs"
