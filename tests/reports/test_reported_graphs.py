"""Reports of the recorded graph: its depth, its end, hooks, retained gradients, checkpoints."""

import gc
import threading
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn


def in_small_stack(work):
    """Run work on a thread with a stack of 1 MiB; return what it returns, or raise."""
    results = []
    before = threading.stack_size(1 << 20)
    try:
        thread = threading.Thread(target=lambda: results.append(work()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    return results[0]


def test_a_long_chain_is_differentiated_and_freed():
    """pytorch/pytorch#5534, FluxML/Tracker.jl#49: a deep graph overflowed the stack."""

    def work():
        x = tg.tensor(1.0, dtype="float64", requires_grad=True)
        y = x
        for _ in range(30_000):
            y = y + y * 1e-6
        (slope,) = tg.gradients(y, [x])
        seen = weakref.ref(y)
        del y
        return slope.item(), seen()

    slope, left = in_small_stack(work)
    assert slope == pytest.approx((1 + 1e-6) ** 30_000, rel=1e-9)
    assert left is None


def test_a_gradient_with_a_graph_is_freed():
    """pytorch/pytorch#7343: backward(create_graph=True) of tanh leaked for good."""
    x = tg.tensor(np.ones(3), requires_grad=True)
    tg.tanh(x).sum().backward(create_graph=True)
    x, seen = None, weakref.ref(x)
    gc.collect()  # x holds its gradient, whose graph holds x: a cycle, which Python can see
    assert seen() is None


def test_a_hook_that_keeps_its_gradient_is_freed():
    """pytorch/pytorch#82528: a hook with create_graph=True kept the whole graph."""
    kept = []
    x = tg.tensor(np.ones(3), requires_grad=True)
    y = tg.tanh(x)
    y.register_hook(kept.append)
    y.sum().backward(create_graph=True)
    x, y, seen = None, None, weakref.ref(x)
    kept.clear()
    gc.collect()
    assert seen() is None


def test_a_running_loss_keeps_no_arrays_of_past_steps():
    """pytorch/pytorch#17568: total += loss held the graph of every step and its memory."""
    w = tg.tensor(np.ones(4), requires_grad=True)
    total, arrays = 0.0, []
    for step in range(3):
        hidden = tg.exp(w * step)
        arrays.append(weakref.ref(hidden))
        loss = hidden.sum()
        loss.backward()
        total += loss
        del hidden
    assert [array() for array in arrays] == [None] * 3
    assert total.item() == pytest.approx(4 * (1 + np.e + np.e**2))
    with pytest.raises(tg.errors.GraphError, match="was differentiated before"):
        total.backward()


def test_backward_twice_adds_up():
    """tinygrad/tinygrad#6145, candle-org/candle#291: retained graphs and gradients accumulate."""
    x = tg.tensor(3.0, requires_grad=True)
    y = (x * x).retain_grad()
    z = y * 2
    z.backward(retain_graph=True)
    z.backward()
    assert (x.grad.item(), y.grad.item()) == (24, 4)


def test_a_hook_sees_the_whole_gradient_once():
    """Oneflow-Inc/oneflow#7685: the hook of a tensor that is used twice ran for each use."""
    x = tg.ones((2, 3), requires_grad=True)
    y, seen = x + 1, []
    y.register_hook(lambda g: (seen.append(g.numpy()), g * 2)[1])
    (y * 2 + y * 3).sum().backward()
    assert len(seen) == 1 and (seen[0] == 5).all()
    assert (x.grad.numpy() == 10).all()


def test_hooks_run_in_order_before_the_gradient_is_kept():
    """pytorch/pytorch#85849: retain_grad kept what hooks registered later had not seen."""
    x = tg.tensor(1.0, requires_grad=True)
    y = (x * 1).retain_grad()
    y.register_hook(lambda g: g + 1)
    remove = y.register_hook(lambda g: g * 100)
    y.register_hook(lambda g: g * 10)
    remove()
    (y * 2).backward()
    assert (x.grad.item(), y.grad.item()) == (30, 30)


def test_a_hook_runs_where_only_a_gradient_is_asked_for():
    """pytorch/pytorch#85849: hooks of tensors that were the inputs of grad() did not run."""
    x = tg.tensor(1.0, requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    by_y, by_x = tg.gradients(y * 2, [y, x])
    assert (by_y.item(), by_x.item()) == (20, 60)


def test_a_checkpoint_drops_the_same_elements_again():
    """allenai/OLMo-core#828, openai/guided-diffusion#167, pytorch/pytorch#190758: dropout."""

    def run(wrap):
        tg.random.seed(3)
        drop = nn.Dropout(keep_prob=0.5)
        x = tg.ones(1000, requires_grad=True)
        out = wrap(lambda v: drop(drop(v) * 3))(x)
        out.sum().backward()
        return out.numpy(), x.grad.numpy(), tg.random.uniform(3).numpy()

    plain, saving = run(lambda f: f), run(tg.checkpoint)
    for one, other in zip(plain, saving, strict=True):  # the draws that follow are the same too
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(saving[0], saving[1])  # the gradient is that of this mask


def test_a_checkpoint_trains_what_it_refers_to():
    """pytorch/pytorch#190717: recomputed blocks must have the gradients of those that were kept."""

    def gradients(wrap):
        tg.random.seed(0)
        model = nn.Sequential(
            nn.Linear(4, 8), nn.GELU(), nn.Dropout(keep_prob=0.7), nn.Linear(8, 1)
        )
        (wrap(model)(tg.random.normal((5, 4))) ** 2).sum().backward()
        return [p.grad.numpy() for p in model.parameters()]

    for one, other in zip(gradients(lambda f: f), gradients(tg.checkpoint), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_drawn_within_a_checkpoint_is_drawn_once():
    """pytorch/pytorch#193671: the noise of the second run was not that of the first."""
    drop = tg.nn.Dropout(keep_prob=0.5)
    x = tg.tensor(np.ones(1000), requires_grad=True)
    out = tg.checkpoint(lambda x: drop(x * x))(x)
    after = tg.random.uniform((3,))
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * out.numpy())
    assert 300 < np.count_nonzero(out) < 700
    assert (tg.random.uniform((3,)) != after).all()
