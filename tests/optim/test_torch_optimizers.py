"""Optimizers step by step beside PyTorch's, where it is installed."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tests.machine.needs import reason
from tests.optim.optimizer_cases import draws, give, parameters

torch = pytest.importorskip("torch", reason=reason("torch"))

SHAPES = [(), (3,), (2, 3), (4, 1, 2), (5, 2)]
STEPS = 25

PAIRS = {
    "SGD": ({"lr": 0.1, "l2": 0.01}, {"lr": 0.1, "weight_decay": 0.01}),
    "SGD momentum": (
        {"lr": 0.1, "momentum": 0.9, "l2": 0.01},
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    ),
    "SGD Nesterov": (
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "l2": 0.01},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    "SGD maximize": (
        {"lr": 0.1, "momentum": 0.9, "l2": 0.01, "maximize": True},
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "maximize": True},
    ),
    "Adam": ({}, {}),
    "Adam L2": ({"l2": 0.1}, {"weight_decay": 0.1}),
    "Adam AMSGrad": ({"amsgrad": True, "l2": 0.1}, {"amsgrad": True, "weight_decay": 0.1}),
    "AdamW": ({}, {}),
    "AdamW AMSGrad": ({"amsgrad": True}, {"amsgrad": True}),
    "AdamW maximize": ({"maximize": True}, {"maximize": True}),
    "RMSprop": ({"lr": 0.01, "beta": 0.99}, {}),
    "RMSprop centered": (
        {"lr": 0.01, "beta": 0.9, "centered": True, "momentum": 0.5, "l2": 0.1},
        {"alpha": 0.9, "centered": True, "momentum": 0.5, "weight_decay": 0.1},
    ),
    "Adagrad": ({"l2": 0.1}, {"weight_decay": 0.1}),
    "Adadelta": ({}, {}),
    "Adadelta L2": ({"lr": 0.5, "l2": 0.1}, {"lr": 0.5, "weight_decay": 0.1}),
    "Rprop": ({}, {}),
}
"""By settings here and there, of rules that are the same."""


def compared(ours, theirs, mine, others, steps=STEPS, rtol=1e-9):
    """Take the same steps with both, and compare the parameters after each."""
    for step in draws([p.shape for p in mine], steps):
        give(mine, step)
        for param, g in zip(others, step, strict=True):
            param.grad = torch.tensor(g)
        ours.step()
        theirs.step()
        for p, q in zip(mine, others, strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=rtol, atol=rtol)


def pair(name, here, there, shapes=SHAPES):
    """Return the two optimizers and their parameters."""
    mine = parameters(shapes)
    others = [torch.tensor(p.numpy(), requires_grad=True) for p in mine]
    kind = name.split()[0]
    return (
        getattr(optim, kind)(mine, **here),
        getattr(torch.optim, kind)(others, **there),
        mine,
        others,
    )


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_steps(name):
    compared(*pair(name, *PAIRS[name]))


@pytest.mark.parametrize("name", ["Adamax", "RAdam"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_same_steps_but_for_where_epsilon_stands(name, decay):
    """PyTorch adds ε to |g| in Adamax, and to √v before it is corrected in RAdam."""
    compared(*pair(name, {"l2": decay}, {"weight_decay": decay}), rtol=1e-7)


def test_radam_with_decoupled_decay():
    there = {"weight_decay": 0.1, "decoupled_weight_decay": True}
    compared(*pair("RAdam", {"weight_decay": 0.1}, there), rtol=1e-7)


@pytest.mark.parametrize("lr", [0.01, 1.0])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adafactor(lr, decay):
    here = {"lr": lr, "weight_decay": decay, "eps": 2.220446049250313e-16}
    compared(*pair("Adafactor", here, {"lr": lr, "weight_decay": decay}), rtol=1e-9)


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 8)])
def test_muon(nesterov, shape):
    """PyTorch takes the turns in bfloat16, with three digits."""
    settings = {"lr": 0.01, "nesterov": nesterov}
    compared(*pair("Muon", settings, settings, [shape]), steps=20, rtol=3e-3)


@pytest.mark.parametrize(
    "name",
    [
        "SGD",
        "Adam",
        "AdamW",
        "Adamax",
        "RAdam",
        "Adadelta",
        "Adagrad",
        "Rprop",
        "Muon",
        "Adafactor",
    ],
)  # fmt: skip
def test_the_same_defaults(name):
    shape = (2, 3)
    ours, theirs, *_ = pair(name, *(({"lr": 0.1},) * 2 if name == "SGD" else ({},) * 2), [shape])
    there = theirs.defaults
    names = {"beta": "rho" if name == "Adadelta" else "momentum", "l2": "weight_decay"}
    names |= {"factors": "etas"} if name == "Rprop" else {}
    others = {"Muon": {"eps", "betas"}, "Adafactor": {"eps"}, "AdamW": {"l2"}}
    skipped = others.get(name, set())  # which PyTorch lacks, or chooses by the dtype
    for setting, value in ours.defaults.items():
        key = names.get(setting, setting)
        if key in there and setting not in skipped:
            assert there[key] == pytest.approx(value), setting
    if name == "Rprop":
        assert tuple(ours.lr * limit for limit in ours.limits) == pytest.approx((1e-6, 50))
    if name == "Adafactor":
        assert (there["beta2_decay"], there["eps"][1], there["d"]) == (
            -ours.decay, ours.least_scale, ours.clip
        )  # fmt: skip


def test_a_network_learns_the_same():
    """Gradients of a cost, and a momentum that is switched on midway."""
    x = np.random.default_rng(0).standard_normal((8, 3))
    w = tg.tensor(np.eye(3), requires_grad=True)
    v = torch.tensor(np.eye(3), requires_grad=True)
    ours = optim.SGD([w], lr=0.05, l2=0.1)
    theirs = torch.optim.SGD([v], lr=0.05, weight_decay=0.1)
    for step in range(20):
        if step == 10:
            ours.momentum = theirs.param_groups[0]["momentum"] = 0.9
        ours.zero_grad()
        theirs.zero_grad()
        tg.tanh(x @ w).square().sum().backward()
        torch.tanh(torch.tensor(x) @ v).square().sum().backward()
        ours.step()
        theirs.step()
        np.testing.assert_allclose(w.data, v.detach().numpy(), rtol=1e-10)
