"""Dropout: the equation, the statistics of its masks, seeds and generators, and its messages."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import errors, nn

DTYPES = ["float16", "float32", "float64"]


def dropout(seed=0, **settings):
    return nn.Dropout(**settings, generator=tg.random.Generator(seed))


def kept(layer, *shape):
    """Return the mask of one call."""
    return layer(tg.ones(shape)).numpy() != 0


# -------------------------------------------------------------------------------- the equation


@pytest.mark.parametrize("dtype", DTYPES)
@given(keep_prob=st.floats(0.05, 1.0), shape=st.lists(st.integers(0, 5), max_size=3).map(tuple))
def test_elements_are_dropped_or_divided_by_keep_prob(dtype, keep_prob, shape):
    x = np.random.default_rng(0).uniform(1, 2, shape).astype(dtype)
    found = dropout(keep_prob=keep_prob)(x)
    found = found.data if isinstance(found, tg.Tensor) else found
    assert found.shape == shape and found.dtype == dtype
    mask = found != 0
    np.testing.assert_array_equal(found, x / np.asarray(keep_prob, dtype) * mask)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradient_is_the_same_mask_over_keep_prob(dtype):
    x = tg.tensor(np.ones((30, 4), dtype), requires_grad=True)
    y = dropout(keep_prob=0.75)(x)
    y.sum().backward()
    assert x.grad.dtype == dtype
    np.testing.assert_array_equal(x.grad, y)


def test_the_mask_is_an_operand_that_the_graph_shows():
    x = tg.tensor(np.ones((3, 4)), requires_grad=True)
    node = dropout(keep_prob=0.5)(x).node
    assert node.op is tg.dropout.op and node.static == {"keep_prob": 0.5}
    assert node.parents[0] is x and node.parents[1].dtype == np.bool_


def test_evaluation_and_keep_prob_1_return_the_input_itself():
    x = tg.tensor([1.0, 2.0])
    assert dropout(keep_prob=0.5).eval()(x) is x
    assert dropout(keep_prob=1)(x) is x
    assert dropout(p=0)(x) is x


def test_evaluation_draws_nothing():
    layer = dropout(keep_prob=0.5)
    before = layer.generator.state
    layer.eval()(tg.ones(5))
    assert layer.generator.state == before
    layer.train()(tg.ones(5))
    assert layer.generator.state != before


def test_p_is_what_is_dropped_and_keep_prob_what_is_kept():
    np.testing.assert_array_equal(kept(dropout(p=0.2), 100), kept(dropout(keep_prob=0.8), 100))
    assert nn.Dropout(p=0.25).keep_prob == 0.75


# ------------------------------------------------------------------------ the statistics of masks


@pytest.mark.parametrize("keep_prob", [0.001, 0.1, 0.5, 0.8, 0.999])
def test_elements_are_kept_with_keep_prob_each_by_itself(keep_prob):
    masks = kept(dropout(keep_prob=keep_prob), 40, 5000).astype(float)
    deviation = np.sqrt(keep_prob * (1 - keep_prob))
    assert abs(masks.mean() - keep_prob) < 4 * deviation / np.sqrt(masks.size)
    # The counts of rows spread as those of independent elements do: χ² with 40 degrees of freedom.
    counts = (masks.sum(axis=1) - 5000 * keep_prob) / (deviation * np.sqrt(5000))
    assert 14 < np.sum(counts**2) < 84
    # Neighbours along either axis are not correlated.
    centred = (masks - keep_prob) / deviation
    for a, b in ((centred[1:], centred[:-1]), (centred[:, 1:], centred[:, :-1])):
        assert abs((a * b).mean()) < 5 / np.sqrt(a.size)


def test_the_expectation_is_kept():
    x = tg.ones((1000, 100))
    for keep_prob in (0.2, 0.5, 0.9):
        assert abs(dropout(keep_prob=keep_prob)(x).mean().item() - 1) < 0.03


def test_each_call_draws_a_new_mask():
    layer = dropout(keep_prob=0.5)
    assert not np.array_equal(kept(layer, 50), kept(layer, 50))


def test_every_layer_has_a_rate_of_its_own():
    model = nn.Sequential(dropout(1, keep_prob=0.9), dropout(2, p=0.5))
    masks = kept(model, 20_000)
    assert abs(kept(model.layers[0], 20_000).mean() - 0.9) < 0.01
    assert abs(kept(model.layers[1], 20_000).mean() - 0.5) < 0.015
    assert abs(masks.mean() - 0.45) < 0.015


# ------------------------------------------------------------------------- seeds and generators


def test_equal_seeds_give_equal_masks():
    np.testing.assert_array_equal(
        kept(dropout(3, keep_prob=0.5), 50), kept(dropout(3, keep_prob=0.5), 50)
    )
    layer = nn.Dropout(keep_prob=0.5)
    tg.random.seed(3)
    first = kept(layer, 50)
    tg.random.seed(3)
    np.testing.assert_array_equal(kept(layer, 50), first)


def test_a_generator_of_its_own_leaves_the_default_one_alone():
    layer = dropout(keep_prob=0.5)
    before = tg.random.default_generator().state
    kept(layer, 50)
    assert tg.random.default_generator().state == before
    one, other = dropout(1, keep_prob=0.5), dropout(2, keep_prob=0.5)
    expected = kept(copy.deepcopy(one), 50)
    kept(other, 50)
    np.testing.assert_array_equal(kept(one, 50), expected)


def test_layers_may_share_a_generator():
    generator = tg.random.Generator(0)
    layers = [nn.Dropout(keep_prob=0.5, generator=generator) for _ in range(2)]
    assert not np.array_equal(*(kept(layer, 50) for layer in layers))
    generator.seed(0)
    again = kept(layers[1], 50)
    np.testing.assert_array_equal(again, kept(dropout(0, keep_prob=0.5), 50))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_draws_the_same_masks_by_itself(again):
    layer = dropout(keep_prob=0.5)
    copied = again(layer)
    np.testing.assert_array_equal(kept(layer, 50), kept(copied, 50))
    assert layer.generator is not copied.generator


def test_a_checkpoint_draws_its_mask_again():
    x = tg.tensor(np.linspace(1, 2, 50), requires_grad=True)
    layer = dropout(keep_prob=0.5)
    y = tg.checkpoint(lambda x: layer(x) ** 2)(x)
    kept(layer, 7)  # draws in between do not matter
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 2 * y.data / x.data)


# ------------------------------------------------------------------------------------- messages


def told(kind, action):
    with pytest.raises(kind) as caught:
        action()
    return str(caught.value)


def test_a_bare_number_is_refused_with_both_lines_to_write():
    text = told(errors.ArgumentError, lambda: nn.Dropout(0.3))
    assert text == (
        "Dropout(0.3): libraries disagree about what a number without a name means; write"
        " Dropout(p=0.3) to drop with this probability, as in PyTorch and Keras, or"
        " Dropout(keep_prob=0.3) to keep with it, as in the Deep Learning Specialization"
    )
    assert "Dropout(p=0.2)" in told(errors.ArgumentError, lambda: nn.Dropout("a"))


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({}, errors.ArgumentError, "either keep_prob or p = 1 − keep_prob, neither were given"),
        ({"p": 0.2, "keep_prob": 0.8}, errors.ArgumentError, "both were given"),
        ({"keep_prob": 0}, errors.ArgumentError, "keep_prob is in (0, 1], not 0"),
        ({"p": 1.0}, errors.ArgumentError, "p is in [0, 1), not 1"),
        ({"keep_prob": 1.5}, errors.ArgumentError, "keep_prob is in (0, 1], not 1.5"),
        ({"p": -0.1}, errors.ArgumentError, "p is in [0, 1), not -0.1"),
        ({"p": float("nan")}, errors.ArgumentError, "p is in [0, 1), not nan"),
        ({"p": "0.2"}, errors.DTypeError, "p is a number, not '0.2'"),
        ({"p": 0.2, "generator": 7}, errors.DTypeError, "write tg.random.Generator(seed)"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(settings, kind, message):
    assert message in told(kind, lambda: nn.Dropout(**settings))


def test_the_op_refuses_what_does_not_fit():
    x = tg.ones((2, 3))
    assert "must be alike" in told(errors.ShapeError, lambda: tg.dropout(x, [True], 0.5))
    text = told(errors.ArgumentError, lambda: tg.dropout(x, x > 0, keep_prob=0))
    assert "keep_prob is in (0, 1], not 0" in text


def test_repr_shows_the_probability():
    assert repr(nn.Dropout(p=0.9)) == "Dropout(keep_prob=0.1)"


def test_how_much_is_dropped_can_be_changed():
    layer = nn.Dropout(keep_prob=0.75)
    assert layer.p == 0.25
    layer.p = 0.5
    assert layer.keep_prob == 0.5
    with pytest.raises(errors.ArgumentError, match=r"Dropout: p is in \[0, 1\), not 1"):
        layer.p = 1
