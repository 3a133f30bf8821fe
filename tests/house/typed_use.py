"""Public names as type checkers see them: mypy reads this file, nothing runs it."""

from __future__ import annotations

import tensorgraph as tg
from tensorgraph import exp, nn, optim
from tensorgraph.data import split
from tensorgraph.diagnose import accuracy
from tensorgraph.train import fit


def use() -> None:
    x = tg.tensor([1.0], requires_grad=True)
    y: tg.Tensor = (exp(x) + tg.where(x > 0, x, 0)).sum()
    y.backward()
    tg.derive(y, wrt=x)
    tg.derive(y, x)
    tg.derive(lambda x: (x * x).sum(), x, wrt="x")
    tg.render(y)
    tg.trace(tg.relu, x)
    tg.grad(tg.sum)(x)
    model = nn.Sequential(nn.Linear(2, 1))
    optim.Adam(model.parameters(), lr=0.1).step()
    optim.SGD(model.parameters(), lr="x")  # type: ignore[arg-type]  # an unused ignore is an error
    optim.SGD(model.parameters())  # type: ignore[call-arg]
    accuracy([1], [1])
    tg.diagnose.ladder(human=0.1, train=0.2, train_dev=0.2, dev=0.3)
    split(x.data)
    assert callable(fit) and callable(tg.testing.gradcheck)
