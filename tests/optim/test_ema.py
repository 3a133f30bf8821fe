"""Means of weights: against their equation, swapped in for a while, saved, in ``fit``."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import ArgumentError, StateError, UsageError, UsageWarning
from tests.optim.optimizer_cases import draws, give, parameters

SHAPES = [(), (3,), (2, 3), (0,)]


def walked(ema, params, steps=6):
    """Move parameters about; return all they were, the first values too."""
    seen = [[p.numpy() for p in params]]
    for values in draws(SHAPES, steps):
        for param, value in zip(params, values, strict=True):
            param.assign(value.astype(param.dtype))
        ema.update()
        seen.append([p.numpy() for p in params])
    return seen


@given(st.floats(0.0, 1.0), st.sampled_from(["float32", "float64"]))
def test_the_mean_is_its_sum(decay, dtype):
    params = parameters(SHAPES, dtype)
    ema = optim.EMA(params, decay)
    seen = walked(ema, params)
    weights = [decay ** len(seen[1:]), *((1 - decay) * decay**k for k in range(5, -1, -1))]
    with ema.averaged():
        for i, param in enumerate(params):
            expected = sum(w * step[i].astype(float) for w, step in zip(weights, seen, strict=True))
            np.testing.assert_allclose(
                param.data, expected, atol=1e-5 if dtype == "float32" else 1e-12
            )
            assert param.dtype == dtype


def test_with_a_decay_that_grows_it_is_the_plain_mean():
    params = parameters(SHAPES)
    ema = optim.EMA(params, decay=lambda t: t / (t + 1))
    seen = walked(ema, params)[1:]
    with ema.averaged():
        for i, param in enumerate(params):
            np.testing.assert_allclose(
                param.data, np.mean([s[i] for s in seen], axis=0), atol=1e-14
            )


def test_half_precision_is_averaged_in_single():
    (w,) = parameters([(3,)], "float16")
    w.assign(np.zeros(3, "float16"))
    ema = optim.EMA([w], decay=0.999)
    w.assign(np.ones(3, "float16"))
    for _ in range(1000):
        ema.update()
    assert ema.state_dict()["0"].dtype == np.float32
    with ema.averaged():
        np.testing.assert_allclose(w.data, 1 - 0.999**1000, atol=1e-3)


@pytest.mark.parametrize("kind", ["EMA", "ScheduleFreeSGD", "ScheduleFreeAdamW"])
def test_parameters_are_swapped_in_and_back(kind):
    params = parameters(SHAPES)
    optimizer = optim.SGD(params, lr=0.5)
    if kind != "EMA":
        optimizer = getattr(optim, kind)(params, lr=0.5)
    means = optim.EMA(params, 0.5) if kind == "EMA" else optimizer
    for step in draws(SHAPES, 3):
        give(params, step)
        optimizer.step()
        if kind == "EMA":
            means.update()
    held = [p._data for p in params]
    for leave in (False, True):
        try:
            with means.averaged():
                assert all(p._data is not h for p, h in zip(params, held, strict=True))
                assert not np.array_equal(params[2].data, held[2])
                if leave:
                    raise KeyError
        except KeyError:
            pass
        assert all(p._data is h for p, h in zip(params, held, strict=True))
    with pytest.warns(UsageWarning, match=r"averaged\(\): 1 of 4 parameters were changed inside"):
        with means.averaged():
            params[1].assign(np.zeros(3))
    assert all(p._data is h for p, h in zip(params, held, strict=True))
    give(params, draws(SHAPES, 1)[0])
    optimizer.step()  # goes on from what they hold


def test_a_schedule_free_mean_is_what_the_paper_says():
    (w,) = parameters([(4,)])
    start, gradients = w.numpy(), [g for (g,) in draws([(4,)], 8)]
    rates = [0.1 * min(1, (t + 1) / 4) for t in range(8)]
    optimizer = optim.ScheduleFreeSGD([w], lr=lambda step: rates[step], beta=0.8)
    for g in gradients:
        give([w], [g])
        optimizer.step()
    z = start - np.cumsum([r * g for r, g in zip(rates, gradients, strict=True)], axis=0)
    with optimizer.averaged():
        np.testing.assert_allclose(w.data, np.average(z, axis=0, weights=np.square(rates)))


def test_a_state_goes_round_and_wrong_ones_are_refused():
    one, other = parameters(SHAPES), parameters(SHAPES)
    first, second = optim.EMA(one, 0.9), optim.EMA(other, 0.9)
    walked(first, one)
    second.load_state_dict(first.state_dict())
    assert second.updates == 6
    with first.averaged(), second.averaged():
        for p, q in zip(one, other, strict=True):
            np.testing.assert_array_equal(p.data, q.data)
    state = first.state_dict()
    for wrong in (
        {**state, "x": np.zeros(1)},
        {**state, "1": np.zeros(2)},
        {**state, "updates": -1},
    ):
        with pytest.raises(StateError):
            second.load_state_dict(wrong)
    assert second.updates == 6


def test_decays_that_make_no_sense_are_refused():
    params = parameters(SHAPES)
    with pytest.raises(ArgumentError, match=r"EMA: decay is in \[0, 1\], not 1.5"):
        optim.EMA(params, 1.5)
    with pytest.raises(ArgumentError, match=r"EMA: decay\(0\) is in"):
        optim.EMA(params, lambda t: 2.0).update()
    assert repr(optim.EMA(params)) == "EMA(decay=0.999)  4 parameters, 0 updates"


def test_in_fit_it_is_a_callback_and_resumes(tmp_path):
    x = np.random.default_rng(0).standard_normal((16, 3)).astype("float32")

    def trained(epochs, path):
        tg.random.seed(0)
        model = nn.Linear(3, 1)
        ema = optim.EMA(model.parameters(), 0.8)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        tg.train.fit(
            model, nn.losses.mse, optimizer, (x, x[:, :1]), epochs=epochs, batch_size=4,
            step_callbacks=[ema], progress=False, checkpoint=path,
        )  # fmt: skip
        return ema.state_dict()

    whole = trained(4, tmp_path / "whole.safetensors")
    trained(2, tmp_path / "part.safetensors")
    again = trained(4, tmp_path / "part.safetensors")
    assert whole["updates"] == 16
    for key, value in whole.items():
        np.testing.assert_array_equal(again[key], value)


@pytest.mark.parametrize("kind", [optim.ScheduleFreeSGD, optim.ScheduleFreeAdamW])
def test_blocks_at_the_mean_may_stand_within_each_other_but_take_no_steps(kind):
    params = parameters([(3,)])
    optimizer = kind(params, lr=0.1)
    for values in draws([(3,)], 5):
        give(params, values)
        optimizer.step()
    before, state = params[0].numpy(), optimizer.state_dict()
    with optimizer.averaged():
        mean = params[0].numpy()
        assert (mean != before).any()
        with optimizer.averaged():
            np.testing.assert_array_equal(params[0], mean)
        np.testing.assert_array_equal(params[0], mean)
        give(params, [np.ones(3)])
        with pytest.raises(UsageError, match=r"step\(\) inside .*leave the block first"):
            optimizer.step()
    np.testing.assert_array_equal(params[0], before)
    for key, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, state[key])
    optimizer.step()
    with pytest.raises(ZeroDivisionError), optimizer.averaged():
        raise ZeroDivisionError
    optimizer.step()
