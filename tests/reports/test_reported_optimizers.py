"""Reports of optimizers: where ε stands, clipping, schedules, what a state brings back."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim

schedules = optim.schedules


def parameter(value=0.0, size=1):
    return tg.tensor(np.full(size, value), dtype="float64", requires_grad=True)


def steps_of(rule, gradients, **settings):
    """Return by how much each gradient moves a parameter."""
    w = parameter()
    optimizer = rule([w], **settings)
    moved = []
    for gradient in gradients:
        before = w.item()
        w.grad = np.array([gradient])
        optimizer.step()
        moved.append(w.item() - before)
    return moved


# ---------------------------------------------------------------------------------------- the rules


def test_where_epsilon_stands_in_adam():
    """pytorch/pytorch#41477, tensorflow/tensorflow#9047: ε was corrected for the start, too."""
    b1, b2, eps, lr = 0.9, 0.999, 0.5, 0.1  # so large an ε that each place gives another step
    gradients, expected, m, v = [2.0, -1.0, 0.25], [], 0.0, 0.0
    for t, g in enumerate(gradients, start=1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        expected.append(-lr * m / (1 - b1**t) / (math.sqrt(v / (1 - b2**t)) + eps))
    found = steps_of(optim.Adam, gradients, lr=lr, betas=(b1, b2), eps=eps)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_where_epsilon_stands_in_rmsprop_and_adagrad():
    """tensorflow/tensorflow#58412, keras-team/keras#17391: √(s + ε) is not √s + ε."""
    (found,) = steps_of(optim.RMSprop, [2.0], lr=0.1, beta=0.75, eps=0.5)
    assert found == pytest.approx(-0.1 * 2 / (math.sqrt(0.25 * 4) + 0.5), rel=1e-12)
    (found,) = steps_of(optim.Adagrad, [2.0], lr=0.1, eps=0.5)
    assert found == pytest.approx(-0.1 * 2 / (2 + 0.5), rel=1e-12)


@pytest.mark.parametrize("gradient", [1e-3, -7.0, 1e4])
def test_the_first_step_of_adam_is_the_learning_rate(gradient):
    """oxiglade/mlx-rs#301, karpathy/convnetjs#107: the means were not corrected for their start."""
    (found,) = steps_of(optim.Adam, [gradient], lr=0.1)
    assert found == pytest.approx(-math.copysign(0.1, gradient), rel=1e-4)


# ------------------------------------------------------------------------------------- parameters


@pytest.mark.parametrize("twice", [lambda w: [w, w], lambda w: [{"params": [w]}, {"params": [w]}]])
def test_a_parameter_given_twice(twice):
    """pytorch/pytorch#40967, deepspeedai/DeepSpeed#195: it was updated twice, or not, by chance."""
    with pytest.raises(tg.errors.ArgumentError, match="parameter '1' was given before, as '0'"):
        optim.SGD(twice(parameter()), lr=0.1)


def test_tied_weights_decay_once():
    """rwth-i6/returnn#1319: groups by module listed a shared weight for each of its modules."""
    model = nn.ModuleDict({"table": nn.Embedding(4, 3), "scores": nn.Linear(3, 4)})
    model["scores"].weight = model["table"].weight
    groups = optim.decay_groups(model, weight_decay=0.5)
    names = [[name for name, _ in group["params"]] for group in groups]
    assert sorted(map(len, names)) == [1, 1] and "scores.bias" in names[1]
    before = model["table"].weight.numpy()
    model["table"].weight.grad = np.zeros((4, 3))
    model["scores"].bias.grad = np.zeros(4)
    optim.SGD(groups, lr=0.1).step()
    np.testing.assert_allclose(model["scores"].weight, before * (1 - 0.1 * 0.5), rtol=1e-6)


# --------------------------------------------------------------------------------------- clipping


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_clipping_what_is_not_finite(bad):
    """pytorch/pytorch#46849, deepspeedai/DeepSpeed#7171: clipping by NaN or ∞ made all NaN or 0."""
    good, wrong = parameter(size=2), parameter(size=2)
    good.grad, wrong.grad = np.array([3.0, 4.0]), np.array([1.0, bad])
    with pytest.raises(tg.errors.AnomalyError, match="'bias' is not finite in 1 of 2 elements"):
        optim.clip_by_global_norm([("weight", good), ("bias", wrong)], 1.0)
    np.testing.assert_array_equal(good.grad, [3, 4])
    np.testing.assert_array_equal(wrong.grad, [1, bad])


def test_clipping_of_nothing_and_to_nothing():
    """OpenNMT/OpenNMT-py#1140: is a limit of 0 no gradient, or no clipping? Refused."""
    w = parameter(size=3)
    assert optim.clip_by_global_norm([w], 1.0) == 0
    w.grad = np.zeros(3)
    assert optim.clip_by_global_norm([w], 1.0) == 0
    assert w.grad.numpy().tolist() == [0, 0, 0]
    with pytest.raises(tg.errors.ArgumentError, match="max_norm is above 0, not 0"):
        optim.clip_by_global_norm([w], 0)
    w.grad = np.array([3.0, 0, 4.0])
    assert optim.clip_by_global_norm([w], math.inf) == 5
    assert w.grad.numpy().tolist() == [3, 0, 4]


def test_gradients_whose_squares_leave_the_range():
    """pytorch/pytorch#53843: a finite gradient of 2e22 has an infinite norm in float32."""
    w = tg.tensor(np.zeros(2), dtype="float32", requires_grad=True)
    for size in (2e22, 1e-30):
        w.grad = np.array([3 * size, -4 * size], "float32")
        assert optim.clip_by_global_norm([w], size) == pytest.approx(5 * size, rel=1e-6)
        np.testing.assert_allclose(w.grad, [0.6 * size, -0.8 * size], rtol=1e-6)


# -------------------------------------------------------------------------------------- schedules


def test_the_first_step_has_the_rate_of_step_0():
    """google-deepmind/optax#1744: the count began at 1, so a schedule's first value was skipped."""
    w, asked = parameter(), []
    rate = lambda step: (asked.append(step), 10.0**-step)[1]  # noqa: E731
    optimizer = optim.SGD([w], lr=rate)
    for _ in range(3):
        w.grad = np.ones(1)
        optimizer.step()
    assert w.item() == pytest.approx(-1.11)
    assert sorted(set(asked)) == [0, 1, 2]


def test_after_warming_up_a_schedule_begins_at_its_own_start():
    """lindermanlab/S5#11, google-deepmind/optax#1781: the cosine had run on during the warm-up."""
    rate = schedules.warmup(schedules.cosine(1.0, steps=10), steps=5)
    found = [rate(step) for step in range(17)]
    rising = [(t + 1) / 6 for t in range(5)]
    falling = [(1 + math.cos(math.pi * min(t, 10) / 10)) / 2 for t in range(12)]
    np.testing.assert_allclose(found, rising + falling, rtol=1e-14, atol=1e-16)


def test_a_schedule_ends_where_it_says():
    """goodfire-ai/spd#642, lightly-ai/lightly#1842: final after steps, or after steps − 1?"""
    rate = schedules.cosine(1.0, steps=4, final=0.1)
    assert rate(3) > 0.1 and rate(4) == rate(5) == pytest.approx(0.1)
    assert schedules.warmup(schedules.cosine(1.0, steps=1), steps=0)(0) == 1


def test_a_state_brings_back_the_rate_the_decay_and_the_step():
    """NVIDIA-NeMo/Automodel#3883, NVIDIA-NeMo/Automodel#763, IntelLabs/distiller#145: on resume."""

    def make(lr, weight_decay):
        w = parameter(1.0)
        rate = schedules.exponential(lr, base=0.5) if lr is None else lr
        return w, optim.AdamW([w], lr=rate, weight_decay=weight_decay)

    def run(w, optimizer, count):
        for _ in range(count):
            w.grad = w.numpy() * 2
            optimizer.step()

    straight, whole = make(0.1, 0.3)
    run(straight, whole, 5)
    first, before = make(0.1, 0.3)
    run(first, before, 2)
    second, after = make(0.9, 0.0)  # what the script says by now
    second.assign(first)
    after.load_state_dict(before.state_dict())
    run(second, after, 3)
    np.testing.assert_array_equal(second, straight)


def test_a_schedule_goes_on_at_the_step_of_the_state():
    """torch-points3d/torch-points3d#630, IntelLabs/distiller#70: a resumed schedule began anew."""
    make = lambda w: optim.SGD([w], lr=schedules.staircase(1.0, factor=0.1, every=2))  # noqa: E731
    first, second = parameter(), parameter()
    before, after = make(first), make(second)
    for _ in range(3):
        first.grad = np.ones(1)
        before.step()
    after.load_state_dict(before.state_dict())
    for _ in range(2):
        second.grad = np.ones(1)
        after.step()
    assert second.item() == pytest.approx(-(0.1 + 0.01))  # steps 3 and 4
