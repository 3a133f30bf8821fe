"""Schedules step by step beside PyTorch's, where it is installed."""

import numpy as np
import pytest

from tensorgraph.optim import schedules
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))
theirs = torch.optim.lr_scheduler


def optimizer(lr):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


PAIRS = {
    "restarts": (
        schedules.cosine_restarts(0.5, steps=4, factor=2, final=0.01),
        lambda o: theirs.CosineAnnealingWarmRestarts(o, 4, T_mult=2, eta_min=0.01),
    ),
    "restarts of one length": (
        schedules.cosine_restarts(0.5, steps=7),
        lambda o: theirs.CosineAnnealingWarmRestarts(o, 7),
    ),
    "linear": (
        schedules.linear(0.5 / 3, steps=5, final=0.5),
        lambda o: theirs.LinearLR(o, start_factor=1 / 3, total_iters=5),
    ),
    "polynomial": (
        schedules.polynomial(0.5, steps=15, power=2.0),
        lambda o: theirs.PolynomialLR(o, total_iters=15, power=2.0),
    ),
    "triangular": (
        schedules.cyclic(0.1, peak=0.5, steps=4),
        lambda o: theirs.CyclicLR(o, 0.1, 0.5, step_size_up=4, cycle_momentum=False),
    ),
    "triangular2": (
        schedules.cyclic(0.1, peak=0.5, steps=4, shrink=0.5),
        lambda o: theirs.CyclicLR(
            o, 0.1, 0.5, step_size_up=4, mode="triangular2", cycle_momentum=False
        ),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_rates(name):
    ours, make = PAIRS[name]
    other = optimizer(0.5)
    schedule = make(other)
    for step in range(40):
        assert ours(step) == pytest.approx(other.param_groups[0]["lr"], rel=1e-9, abs=1e-15)
        other.step()
        schedule.step()


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("cooldown", [0, 3])
def test_the_same_falls_on_a_plateau(mode, cooldown):
    settings = {"factor": 0.5, "patience": 2, "mode": mode, "cooldown": cooldown}
    ours, other = schedules.Plateau(0.5, least=0.01, **settings), optimizer(0.5)
    schedule = theirs.ReduceLROnPlateau(other, min_lr=0.01, **settings)
    for step, metric in enumerate(np.random.default_rng(0).uniform(0.5, 1.5, 60)):
        assert ours(step) == pytest.approx(other.param_groups[0]["lr"])
        ours.see(metric)
        schedule.step(metric)
