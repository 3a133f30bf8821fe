"""``tg.explain`` on a bank of dead networks: the cause and the place are told, and are true."""

import numpy as np
import pytest

import tensorgraph as tg
from tests.teacher.dead_networks import BANK


@pytest.mark.parametrize("planted", BANK, ids=lambda planted: planted.name)
def test_the_planted_cause_is_told_with_its_place(planted):
    tensor, loss, _ = planted.build()
    why = tg.explain(tensor, loss)
    first = why.causes[0]
    assert (why.verdict, first.kind) == (planted.verdict, planted.kind), str(why)
    assert not planted.op or first.op == planted.op
    assert planted.module in first.module
    assert planted.text in str(why).replace("\n  ", " "), str(why)


@pytest.mark.parametrize("planted", BANK, ids=lambda planted: planted.name)
def test_to_change_what_is_blamed_gives_another_gradient(planted):
    tensor, loss, cure = planted.build()
    before = tg.explain(tensor, loss)
    after = tg.explain(tensor, cure())
    assert after.verdict != before.verdict, str(after)
    assert after.healthy, str(after)


@pytest.mark.parametrize("planted", BANK, ids=lambda planted: planted.name)
def test_backward_changes_nothing_that_is_said(planted):
    """The graph is released then, and its values are computed again."""
    tensor, loss, _ = planted.build()
    before = tg.explain(tensor, loss)
    if loss.requires_grad:
        loss.backward()
    after = tg.explain(tensor, loss)
    assert (after.verdict, after.causes) == (before.verdict, before.causes)
    found = tensor.grad
    if found is not None and np.isfinite(found.numpy()).all():
        size = np.sqrt(np.mean(found.numpy().astype(float) ** 2))
        assert after.size == pytest.approx(size, rel=1e-6, abs=1e-6)
