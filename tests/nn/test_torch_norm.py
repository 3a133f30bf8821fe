"""Normalisation and dropout beside PyTorch, where it is installed."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))

RNG = np.random.default_rng(0)


def shared(ours, theirs):
    """Give both layers the same parameters."""
    for name, parameter in ours.named_parameters():
        value = RNG.standard_normal(parameter.shape)
        parameter.assign(value)
        getattr(theirs, name).data = torch.tensor(value)
    return ours, theirs


def compared(ours, theirs, x):
    """Compare results, and gradients of a weighted sum."""
    mine = tg.tensor(x, requires_grad=True)
    other = torch.tensor(x, requires_grad=True)
    y, z = ours(mine), theirs(other)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-12)
    weights = np.cos(np.arange(x.size)).reshape(x.shape)
    (y * weights).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(mine.grad, other.grad.numpy(), rtol=1e-8, atol=1e-10)
    for name, parameter in ours.named_parameters():
        expected = getattr(theirs, name).grad.numpy()
        np.testing.assert_allclose(parameter.grad, expected, rtol=1e-8, atol=1e-10)
    ours.zero_grad()
    theirs.zero_grad()


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(3, 6, 4), (2, 6, 3, 5)])
def test_group_norm(groups, shape):
    layers = shared(
        nn.GroupNorm(groups, 6, eps=1e-3, dtype="float64"),
        torch.nn.GroupNorm(groups, 6, eps=1e-3, dtype=torch.float64),
    )
    compared(*layers, 2 * RNG.standard_normal(shape) + 1)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("BatchNorm1d", (6, 3)), ("BatchNorm1d", (4, 3, 5)), ("BatchNorm2d", (2, 3, 4, 5))],
)
def test_batch_norm(kind, shape):
    ours, theirs = shared(
        nn.BatchNorm(3, keep_old=0.8, eps=1e-3, dtype="float64"),
        getattr(torch.nn, kind)(3, momentum=0.2, eps=1e-3, dtype=torch.float64),
    )
    count = np.prod(shape) // 3
    for step in range(3):
        compared(ours, theirs, 2 * RNG.standard_normal(shape) + step)
    np.testing.assert_allclose(ours.running_mean, theirs.running_mean.numpy(), rtol=1e-10)
    # Theirs averages the variance as it is estimated for more data: n / (n − 1) times as large.
    started = 0.8**3
    averaged = (ours.running_var.data - started) * count / (count - 1) + started
    np.testing.assert_allclose(averaged, theirs.running_var.numpy(), rtol=1e-10)
    theirs.running_var.data = torch.tensor(np.array(ours.running_var.data))
    compared(ours.eval(), theirs.eval(), RNG.standard_normal(shape))


@pytest.mark.parametrize("kind", ["LayerNorm", "RMSNorm"])
@pytest.mark.parametrize("last", [(3,), (4, 3)])
def test_layer_and_rms_norm(kind, last):
    ours, theirs = shared(
        getattr(nn, kind)(last, 1e-3, dtype="float64"),
        getattr(torch.nn, kind)(last, eps=1e-3, dtype=torch.float64),
    )
    compared(ours, theirs, RNG.standard_normal((2, 4, 3)) + 1)


def test_dropout_counts_p_alike():
    x = np.ones(20_000)
    ours = nn.Dropout(p=0.3)(x).numpy()
    theirs = torch.nn.Dropout(0.3)(torch.tensor(x)).numpy()
    np.testing.assert_allclose(ours.max(), theirs.max())
    assert abs((ours == 0).mean() - (theirs == 0).mean()) < 0.02
