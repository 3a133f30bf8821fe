"""The random ops: distributions, seeds, and that no gradient flows through a draw."""

import copy
import pickle

import numpy as np
import pytest
from scipy import stats

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.errors import ArgumentTypeError

DRAWS = {
    "normal": lambda generator: tg.random.normal(2000, generator=generator, dtype="float64"),
    "uniform": lambda generator: tg.random.uniform(2000, generator=generator, dtype="float64"),
    "bernoulli": lambda generator: tg.random.bernoulli(0.3, 2000, generator=generator),
    "permutation": lambda generator: tg.random.permutation(2000, generator=generator),
}


def test_every_random_op_is_here():
    assert set(DRAWS) == {name for name, op in REGISTRY.items() if op.family == "random"}


@pytest.mark.parametrize("name", DRAWS)
def test_equal_seeds_draw_equal_numbers_and_go_on(name):
    first, second = tg.random.Generator(3), tg.random.Generator(3)
    a, b = DRAWS[name](first).numpy(), DRAWS[name](second).numpy()
    assert np.array_equal(a, b)
    assert not np.array_equal(a, DRAWS[name](first).numpy())


@pytest.mark.parametrize("name", DRAWS)
def test_no_gradient_flows_through_a_draw(name):
    assert not DRAWS[name](tg.random.Generator(0)).requires_grad


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_is_normal(dtype):
    draw = tg.random.normal((5000,), 2.0, 0.5, dtype=dtype, generator=tg.random.Generator(1))
    assert draw.dtype == dtype
    assert stats.kstest(draw.numpy(), stats.norm(2.0, 0.5).cdf).pvalue > 1e-3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_is_uniform(dtype):
    draw = tg.random.uniform((5000,), -1.0, 3.0, dtype=dtype, generator=tg.random.Generator(1))
    assert draw.dtype == dtype
    assert draw.min().item() >= -1 and draw.max().item() < 3
    assert stats.kstest(draw.numpy(), stats.uniform(-1.0, 4.0).cdf).pvalue > 1e-3


def test_bernoulli_is_true_with_its_probability():
    p = np.array([0.0, 0.2, 0.9, 1.0])
    draw = tg.random.bernoulli(p, (20000, 4), generator=tg.random.Generator(1))
    assert draw.dtype == np.bool_
    frequency = draw.numpy().mean(axis=0)
    assert frequency[0] == 0 and frequency[3] == 1
    assert np.all(np.abs(frequency - p) <= 5 * np.sqrt(p * (1 - p) / 20000))


@pytest.mark.parametrize("p", [1 / 512, 0.1, 0.5, 0.8, 255.75 / 256])
@pytest.mark.parametrize("as_array", [False, True])
def test_bernoulli_is_exact_beyond_its_first_digit_in_base_256(p, as_array):
    n = 400_000
    draw = tg.random.bernoulli(
        np.full(n, p) if as_array else p, n, generator=tg.random.Generator(1)
    ).numpy()
    assert abs(draw.mean() - p) <= 4 * np.sqrt(p * (1 - p) / n)
    # Neighbours, which stem from the same word of the generator, know nothing of each other.
    both = np.mean(draw[1:] & draw[:-1])
    assert abs(both - p * p) <= 5 * np.sqrt(p * p * (1 - p * p) / n)


@pytest.mark.parametrize("p", [0, 1, 0.0, 1.0, False, True])
@pytest.mark.parametrize("shape", [(), (0,), (7, 3000)])
def test_bernoulli_of_probability_0_and_1_is_certain(p, shape):
    draw = tg.random.bernoulli(p, shape)
    assert draw.shape == shape and draw.dtype == np.bool_
    assert (draw.numpy() == bool(p)).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_bernoulli_takes_probabilities_of_any_precision_and_shape(dtype):
    p = np.array([[0.25], [0.75]], dtype)
    draw = tg.random.bernoulli(p, (3, 2, 5000), generator=tg.random.Generator(1)).numpy()
    assert np.abs(draw.mean(axis=(0, 2)) - [0.25, 0.75]).max() < 0.02


def test_permutation_holds_each_number_once():
    draw = tg.random.permutation(50, generator=tg.random.Generator(1)).numpy()
    assert sorted(draw) == list(range(50))
    assert draw.tolist() != list(range(50))


def test_gradients_flow_to_mean_and_deviation():
    result = tg.testing.gradcheck(
        lambda mean, std: tg.random.normal((2, 3), mean, std, dtype="float64") ** 2,
        np.array([0.5, 1.0, 2.0]),
        np.array(0.3),
        order=2,
    )
    assert result.method == "complex step"


def test_checkpoints_within_checkpoints_draw_again_what_they_drew():
    inner = tg.checkpoint(lambda x: x * tg.random.bernoulli(0.5, x.shape))
    outer = tg.checkpoint(lambda x: tg.sin(inner(x)))
    assert tg.testing.gradcheck(outer, np.linspace(-1, 1, 40), order=2).method == "complex step"


def test_a_copied_generator_goes_on_alike_and_apart():
    first = tg.random.Generator(2)
    DRAWS["normal"](first)
    for copied in (copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        before = first.state
        assert np.array_equal(DRAWS["uniform"](copied), DRAWS["uniform"](first))
        first.state = before


OTHER_ORDERS = {
    "write tg.random.normal((5,), mean=0, std=1)": lambda: tg.random.normal(0, 1, 5),
    "write tg.random.normal((2, 3), mean=0.0, std=0.1)": lambda: tg.random.normal(0.0, 0.1, (2, 3)),
    "write tg.random.uniform((3,), low=0, high=1)": lambda: tg.random.uniform(0, 1, (3,)),
    "write tg.random.uniform(low=-1, high=1)": lambda: tg.random.uniform(-1, 1),
    "write tg.random.normal(mean=2, std=3) or tg.random.normal((2, 3)) or"
    " tg.random.normal((2,), mean=3)": lambda: tg.random.normal(2, 3),
    "write tg.random.normal((4,), mean=2, std=3) or tg.random.normal((2, 3, 4)) or"
    " tg.random.normal((2,), mean=3, std=4)": lambda: tg.random.normal(2, 3, 4),
    "write tg.random.uniform((2, 3, 4, 5))": lambda: tg.random.uniform(2, 3, 4, 5),
}


@pytest.mark.parametrize("told", OTHER_ORDERS)
def test_arguments_in_the_order_of_another_library_are_refused_with_the_line_to_write(told):
    with pytest.raises(ArgumentTypeError, match="the shape comes first") as caught:
        OTHER_ORDERS[told]()
    assert str(caught.value).endswith(told)


def test_a_number_is_a_shape_where_parameters_have_their_names():
    assert tg.random.normal(2, std=0.5).shape == tg.random.uniform(2, high=3).shape == (2,)
    assert tg.random.normal(3, np.zeros(3)).shape == (3,)
