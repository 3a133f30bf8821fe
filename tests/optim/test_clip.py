"""Gradient clipping, against plain NumPy in higher precision."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import AnomalyError, ArgumentError, DTypeError, GraphError
from tensorgraph.testing import gradcheck

DTYPES = ["float32", "float64"]
CLIPS = [optim.clip_by_value, optim.clip_by_global_norm]
each_clip = pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.__name__)


def parameters(gradients, dtype="float64"):
    """Return parameters with these gradients, ``None`` for one without."""
    params = []
    for gradient in gradients:
        shape = () if gradient is None else np.shape(gradient)
        param = tg.tensor(np.zeros(shape, dtype), requires_grad=True)
        param.grad = gradient if gradient is None else tg.asarray(np.asarray(gradient, dtype))
        params.append(param)
    return params


@st.composite
def gradients(draw):
    shapes = draw(st.lists(st.sampled_from([(), (3,), (2, 3), (0,), None]), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return [shape if shape is None else rng.standard_normal(shape) for shape in shapes]


def norm_of(arrays):
    return math.sqrt(math.fsum(float(x) ** 2 for a in arrays for x in a.reshape(-1)))


@given(gradients(), st.floats(0.1, 10), st.sampled_from(DTYPES))
def test_by_value(given_gradients, limit, dtype):
    params = parameters(given_gradients, dtype)
    before = [p.grad for p in params]
    assert optim.clip_by_value(params, limit) is None
    for param, old in zip(params, before, strict=True):
        if old is None:
            assert param.grad is None
        else:
            assert param.grad.dtype == dtype
            expected = np.minimum(np.maximum(old.data, np.array(-limit, dtype)), limit)
            np.testing.assert_array_equal(param.grad.data, expected.astype(dtype))


@given(gradients(), st.floats(0.1, 10), st.sampled_from(DTYPES))
def test_by_global_norm(given_gradients, max_norm, dtype):
    params = parameters(given_gradients, dtype)
    before = [p.grad for p in params]
    expected = norm_of([g.data for g in before if g is not None])
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    norm = optim.clip_by_global_norm(params, max_norm)
    assert type(norm) is float
    assert norm == pytest.approx(expected, rel=tolerance)
    for param, old in zip(params, before, strict=True):
        if norm <= max_norm or old is None:
            assert param.grad is old
        else:
            assert param.grad.dtype == dtype
            wanted = old.data * (max_norm / expected)
            np.testing.assert_allclose(param.grad.data, wanted, rtol=3 * tolerance)


def test_a_known_length():
    params = parameters([[3.0], None, [[0.0, 4.0]], 12.0])
    assert optim.clip_by_global_norm(params, 6.5) == 13.0
    assert params[0].grad.data.tolist() == [1.5]
    assert params[1].grad is None
    assert params[2].grad.data.tolist() == [[0.0, 2.0]]
    assert params[3].grad.item() == 6.0


@pytest.mark.parametrize(
    ("dtype", "size"),
    [("float32", 1e25), ("float32", 3e38), ("float32", 1e-30), ("float32", 1e-45),
     ("float64", 1e200), ("float64", 1.7e308), ("float64", 1e-200), ("float64", 5e-324)],
)  # fmt: skip
def test_squares_beyond_the_range_of_the_dtype_do_no_harm(dtype, size):
    value = float(np.array(size, dtype))
    params = parameters([[value, -value], [[value, value]]], dtype)
    norm = optim.clip_by_global_norm(params, math.inf)
    assert norm == 2 * value
    limit = value / 2
    if limit > 0:
        assert optim.clip_by_global_norm(params, limit) == 2 * value
        clipped = np.concatenate([p.grad.data.reshape(-1) for p in params]).astype("float64")
        if limit / 2 >= np.finfo(dtype).tiny:
            np.testing.assert_allclose(clipped, np.array([1, -1, 1, 1]) * limit / 2, rtol=1e-6)
        else:  # hardly a number of this dtype
            assert (np.abs(clipped) <= limit).all()


def test_many_gradients_in_half_precision_have_a_length():
    params = parameters([np.ones(90_000)], "float16")
    assert optim.clip_by_global_norm(params, 30.0) == 300.0
    assert params[0].grad.dtype == np.float16
    np.testing.assert_allclose(params[0].grad.data, 0.1, rtol=1e-3)


def test_infinity_only_measures():
    params = parameters([[3.0, 4.0]])
    before = params[0].grad
    assert optim.clip_by_global_norm(params, math.inf) == 5.0
    assert params[0].grad is before


def test_zero_and_missing_gradients_have_length_0():
    assert optim.clip_by_global_norm(parameters([[0.0, 0.0], 0.0]), 1.0) == 0.0
    assert optim.clip_by_global_norm(parameters([None, np.zeros(0)]), 1.0) == 0.0


def test_gradients_of_several_dtypes_keep_their_own():
    params = parameters([[3.0]], "float32") + parameters([[4.0]], "float64")
    assert optim.clip_by_global_norm(params, 1.0) == 5.0
    assert [p.grad.dtype for p in params] == [np.float32, np.float64]
    np.testing.assert_allclose([p.grad.item() for p in params], [0.6, 0.8], rtol=1e-7)


@each_clip
def test_what_optimizers_take_can_be_clipped(clip):
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    x = tg.ones((1, 2))
    for params in (model.named_parameters(), model.parameters(), dict(model.named_parameters())):
        model.zero_grad()
        (1000 * model(x)).sum().backward()
        clip(params, 0.01)
        assert norm_of([p.grad.data for p in model.parameters()]) < 0.01 * math.sqrt(13) * 1.001


@each_clip
def test_the_values_of_parameters_and_recorded_graphs_are_left_alone(clip):
    w = tg.tensor([3.0, -4.0], requires_grad=True)
    cost = (w * w).sum()
    cost.backward(retain_graph=True)
    first = w.grad
    clip([w], 1.0)
    assert first.data.tolist() == [6.0, -8.0]
    assert w.data.tolist() == [3.0, -4.0]
    w.zero_grad()
    cost.backward()
    assert w.grad.data.tolist() == [6.0, -8.0]


@each_clip
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_gradients_that_are_not_finite_are_named_and_nothing_is_changed(clip, bad):
    good, other = parameters([[30.0, 40.0], [1.0, bad]])
    before = good.grad
    with pytest.raises(AnomalyError, match=r"the gradient of 'layer\.bias' is not finite in 1"):
        clip([("layer.weight", good), ("layer.bias", other)], 1.0)
    assert good.grad is before


@each_clip
@pytest.mark.parametrize("limit", [0, -1.0, math.nan, "1", None])
def test_a_limit_is_a_positive_number(clip, limit):
    with pytest.raises(ArgumentError, match=f"^{clip.__name__}: .* is (above 0|a number), not"):
        clip(parameters([[1.0]]), limit)


@each_clip
def test_what_has_no_gradients_is_refused(clip):
    with pytest.raises(ArgumentError, match=f"{clip.__name__} got no parameters"):
        clip([], 1.0)
    with pytest.raises(DTypeError, match=rf"{clip.__name__}\(\[w\]\) for one"):
        clip(tg.ones(2), 1.0)
    with pytest.raises(DTypeError, match=r"model.named_parameters\(\)"):
        clip(nn.Linear(1, 1), 1.0)
    with pytest.raises(GraphError, match="parameter '0' wants no gradient"):
        clip([tg.ones(2)], 1.0)


@each_clip
@pytest.mark.parametrize("limit", [0.7, 100.0])
def test_clipped_gradients_can_be_differentiated(clip, limit):
    def f(x):
        w = tg.tensor(np.array([1.0, -2.0, 0.3]), requires_grad=True)
        ((w**2 * x).sum() + (w * x).sum() ** 2).backward(create_graph=True)
        clip([w], limit)
        return w.grad

    gradcheck(f, np.array([0.2, 0.5, -0.4]), order=2)


def test_a_step_is_no_longer_than_the_learning_rate_times_the_limit():
    w = tg.tensor([1e10, -1e10], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5)
    (w**2).sum().backward()
    before = w.data.astype("float64")
    optim.clip_by_global_norm(optimizer.params, 2e10)
    optimizer.step()
    assert norm_of([w.data - before]) == pytest.approx(1e10, rel=1e-6)
