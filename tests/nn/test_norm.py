"""Normalisation layers against plain NumPy written from their equations, feature by feature."""

import copy
import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.testing import gradcheck

SHAPES = [
    ((5, 3), 1),
    ((3, 5), 0),
    ((4, 3, 2), 1),
    ((4, 2, 3), -1),
    ((2, 3, 2, 2), 1),
    ((2, 2, 3, 2), -2),
    ((3, 2, 2, 1), -4),
]
DTYPES = {"float16": 4e-3, "float32": 2e-6, "float64": 1e-13}
"""Of each dtype, how far a result may be off."""


def moments(x, axis):
    """Return mean and variance of each feature."""
    rows = np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
    means = np.array([math.fsum(row) / len(row) for row in rows])
    variances = [
        math.fsum((v - m) ** 2 for v in row) / len(row) for row, m in zip(rows, means, strict=True)
    ]
    return means, np.array(variances)


def normalised(x, axis, means, variances, eps, weight, bias):
    """Return γ (x − μ) / √(σ² + ε) + β, one feature at a time."""
    out = np.empty_like(x)
    features, results = np.moveaxis(x, axis, 0), np.moveaxis(out, axis, 0)
    for k, feature in enumerate(features):
        results[k] = weight[k] * (feature - means[k]) / math.sqrt(variances[k] + eps) + bias[k]
    return out


def batch_norm(features, axis=1, dtype="float64", **settings):
    """Return a layer whose scale and shift are not those of the start."""
    layer = nn.BatchNorm(features, axis, dtype=dtype, **settings)
    layer.weight.assign(np.linspace(0.5, -2.0, features).astype(dtype))
    layer.bias.assign(np.linspace(-1.0, 3.0, features).astype(dtype))
    return layer


def data(*shape, mean=0.0, dtype="float64", seed=0):
    return (mean + np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


# ----------------------------------------------------------------------------------- batch norm


@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_batch_norm_is_its_equation(shape, axis, dtype):
    x = data(*shape, mean=2.0, dtype=dtype)
    layer = batch_norm(shape[axis], axis, dtype, eps=0.01)
    found = layer(x)
    assert found.dtype == dtype
    precise = x.astype(float)
    expected = normalised(
        precise, axis, *moments(precise, axis), 0.01, layer.weight.data, layer.bias.data
    )
    np.testing.assert_allclose(found.data, expected, rtol=0, atol=4 * DTYPES[dtype])


@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple),
    seed=st.integers(0, 1000),
)
def test_batch_norm_gives_each_feature_mean_0_and_variance_1(data, shape, seed):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    features = shape[axis]
    x = 3 + 2 * np.random.default_rng(seed).standard_normal(shape)
    layer = nn.BatchNorm(features, axis, eps=1e-12, dtype="float64")
    if math.prod(shape) == features:
        with pytest.raises(errors.ShapeError, match="too few values of each feature, 1"):
            layer(x)
        return
    means, variances = moments(layer(x).numpy(), axis)
    np.testing.assert_allclose(means, 0, atol=1e-13)
    np.testing.assert_allclose(variances, 1, rtol=1e-6)


def test_the_courses_layout_is_the_default_transposed():
    z = data(3, 8)  # features in rows, examples in columns: Z^[l] of shape (n^[l], m)
    rows, columns = batch_norm(3), batch_norm(3, axis=0)
    for _ in range(3):
        np.testing.assert_allclose(columns(z).data, rows(z.T).data.T, rtol=1e-14)
    for name in ("running_mean", "running_var"):
        np.testing.assert_allclose(getattr(columns, name), getattr(rows, name), rtol=1e-14)
    np.testing.assert_allclose(columns.eval()(z).data, rows.eval()(z.T).data.T, rtol=1e-14)


@pytest.mark.parametrize("keep_old", [0, 0.5, 0.9, 1])
@pytest.mark.parametrize(("shape", "axis"), [((6, 3), 1), ((3, 6), 0), ((2, 3, 2, 2), 1)])
def test_running_averages_are_exponentially_weighted(keep_old, shape, axis):
    layer = batch_norm(3, axis, keep_old=keep_old)
    mean, variance = np.zeros(3), np.ones(3)
    for step in range(20):
        x = (1 + step) * data(*shape, mean=0.1 * step, seed=step)
        layer(x)
        batch_mean, batch_variance = moments(x, axis)
        mean = keep_old * mean + (1 - keep_old) * batch_mean
        variance = keep_old * variance + (1 - keep_old) * batch_variance
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var, variance, rtol=1e-12)
    x = data(*shape, seed=99)
    expected = normalised(x, axis, mean, variance, layer.eps, layer.weight.data, layer.bias.data)
    np.testing.assert_allclose(layer.eval()(x).data, expected, rtol=1e-11, atol=1e-13)


def test_evaluation_uses_the_running_averages_and_leaves_them_alone():
    layer = batch_norm(2)
    for seed in range(5):
        layer(data(4, 2, seed=seed))
    before = layer.state_dict()
    layer.eval()
    one, three = data(1, 2, seed=7), data(3, 2, seed=7)
    np.testing.assert_allclose(layer(three)[:1].data, layer(one).data, rtol=1e-14)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_averages_are_state_and_keep_their_dtype(dtype):
    layer = batch_norm(2, dtype=dtype)
    with warnings.catch_warnings(action="ignore", category=errors.UsageWarning):
        layer(data(4, 2))  # float64, whatever the layer is
    assert {name: value.dtype for name, value in layer.named_buffers()} == {
        "running_mean": np.dtype(dtype),
        "running_var": np.dtype(dtype),
    }
    other = nn.BatchNorm(2, dtype=dtype)
    other.load_state_dict(layer.state_dict())
    x = data(3, 2, dtype=dtype)
    np.testing.assert_array_equal(other.eval()(x), layer.eval()(x))


def test_a_copy_has_averages_of_its_own():
    layer = batch_norm(2)
    layer(data(4, 2))
    for copied in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        copied(data(4, 2, seed=1))
        assert not np.array_equal(copied.running_mean, layer.running_mean)


def test_averages_do_not_depend_on_recording_or_on_gradients():
    layers = [batch_norm(2) for _ in range(3)]
    x = data(4, 2)
    layers[0](x)
    layers[1](tg.tensor(x, requires_grad=True)).sum().backward()
    with tg.no_grad(), pytest.warns(errors.UsageWarning, match="still in training mode"):
        layers[2](x)
    for layer in layers[1:]:
        np.testing.assert_array_equal(layer.running_mean, layers[0].running_mean)
        np.testing.assert_array_equal(layer.running_var, layers[0].running_var)
        assert layer.running_mean.is_leaf and not layer.running_mean.requires_grad


def test_what_a_checkpoint_computes_again_is_not_averaged_again():
    x = tg.tensor(data(4, 2), requires_grad=True)
    plain, inside = batch_norm(2), batch_norm(2)
    for k in range(3):
        (plain(x + k) ** 2).sum().backward()
        tg.checkpoint(lambda x, k=k: tg.checkpoint(inside)(x + k) ** 2)(x).sum().backward()
    np.testing.assert_array_equal(inside.running_mean, plain.running_mean)
    np.testing.assert_array_equal(inside.running_var, plain.running_var)
    np.testing.assert_array_equal(inside.weight.grad, plain.weight.grad)


def test_gradcheck_counts_as_one_call():
    x = data(4, 2)
    checked, called = batch_norm(2), batch_norm(2)
    assert gradcheck(checked, x, order=2).method == "complex step"
    called(x)
    np.testing.assert_array_equal(checked.running_mean, called.running_mean)


def test_gradients_sum_to_0_over_the_batch():
    """A shift of all examples changes nothing, nor does a scale: dX is orthogonal to 1 and to X."""
    x = tg.tensor(data(6, 3, mean=1.0), requires_grad=True)
    layer = batch_norm(3, eps=0.0)
    (g,) = tg.gradients((tg.sin(layer(x)) * data(6, 3, seed=1)).sum(), [x])
    np.testing.assert_allclose(g.data.sum(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose((g.data * x.data).sum(axis=0), 0, atol=1e-14)


def test_a_feature_that_does_not_vary_becomes_its_bias():
    x = np.column_stack([np.full(5, 7.3), np.arange(5.0)])
    layer = batch_norm(2)
    for dtype in ("float32", "float64"):
        np.testing.assert_allclose(layer(x.astype(dtype))[:, 0].data, -1, atol=1e-3)
    assert abs(layer.running_var[0].item() - 0.9**2) < 1e-6


# -------------------------------------------------------------------------------- large means


@pytest.mark.parametrize(
    ("dtype", "mean", "tolerance"),
    [("float32", 1e4, 1e-5), ("float32", 1e6, 1e-4), ("float16", 500.0, 4e-3)],
)
@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda dtype: nn.BatchNorm(4, dtype=dtype), (4096, 4)),
        (lambda dtype: nn.BatchNorm(4, dtype=dtype), (64, 4, 8, 8)),
        (lambda dtype: nn.LayerNorm(4096, dtype=dtype), (4, 4096)),
    ],
)
def test_a_large_mean_costs_no_accuracy(dtype, mean, tolerance, make, shape):
    x = data(*shape, mean=mean, dtype=dtype)
    precise = make("float64")(x.astype("float64")).data  # of the numbers as they were rounded
    found = make(dtype)(x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found.data.astype(float), precise, rtol=0, atol=tolerance)


def test_centring_is_exact_where_the_mean_is_large():
    x = (1e7 + np.arange(-3.0, 4.0)).astype("float32")
    np.testing.assert_array_equal(tg.center(x), np.arange(-3.0, 4.0))


def test_half_precision_overflows_only_where_its_result_does():
    x = np.array([[-6e4, 6e4]], "float16")
    np.testing.assert_allclose(nn.LayerNorm(2, dtype="float16")(x).data, [[-1, 1]])
    np.testing.assert_allclose(nn.RMSNorm(2, dtype="float16")(x).data, [[-1, 1]])
    assert tg.rms(x).item() == 6e4


@pytest.mark.parametrize("dtype", ["int8", "int64", "bool"])
def test_integers_are_centred_and_squared_as_floats(dtype):
    x = np.array([0, 1, 1, 1]) if dtype == "bool" else np.array([-100, 100, 100, 100])
    x = x.astype(dtype)
    np.testing.assert_allclose(tg.center(x), x.astype(float) - x.astype(float).mean())
    np.testing.assert_allclose(tg.rms(x), np.sqrt(np.square(x.astype(float)).mean()))


def test_the_derivative_of_rms_at_0_is_0():
    x = tg.zeros((2, 3), requires_grad=True)
    tg.rms(x, axis=1).sum().backward()
    np.testing.assert_array_equal(x.grad, np.zeros((2, 3)))


@pytest.mark.parametrize("eps", [-1e-5, math.inf, math.nan])
def test_rms_refuses_an_eps_that_makes_no_sense(eps):
    with pytest.raises(errors.ArgumentError, match=r"eps is (finite and )?at least 0, not"):
        tg.rms([1.0], eps=eps)


# --------------------------------------------------------------------------- layer and RMS norm

LAST_AXES = [((4, 3), 3), ((2, 4, 3), (3,)), ((2, 4, 3), (4, 3)), ((3,), 3), ((2, 2, 3, 2), (3, 2))]


def row_by_row(x, shape, normalise):
    """Apply a function of a list of numbers to the last axes together."""
    size = math.prod(shape)
    rows = [normalise([float(v) for v in row]) for row in x.reshape(-1, size)]
    return np.array(rows).reshape(x.shape)


def layer_normalised(row, eps=0.01):
    mean = math.fsum(row) / len(row)
    variance = math.fsum((v - mean) ** 2 for v in row) / len(row)
    return [(v - mean) / math.sqrt(variance + eps) for v in row]


def rms_normalised(row, eps=0.01):
    return [v / math.sqrt(math.fsum(w * w for w in row) / len(row) + eps) for v in row]


@pytest.mark.parametrize(("shape", "last"), LAST_AXES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_layer_and_rms_norm_are_their_equations(shape, last, dtype):
    x = data(*shape, mean=1.0, dtype=dtype)
    for kind, normalise in ((nn.LayerNorm, layer_normalised), (nn.RMSNorm, rms_normalised)):
        layer = kind(last, 0.01, dtype=dtype)
        weight = data(*layer.shape, seed=1, dtype=dtype)
        layer.weight.assign(weight)
        expected = row_by_row(x, layer.shape, normalise) * weight.astype(float)
        if kind is nn.LayerNorm:
            bias = data(*layer.shape, seed=2, dtype=dtype)
            layer.bias.assign(bias)
            expected = expected + bias
        found = layer(x)
        assert found.dtype == dtype
        np.testing.assert_allclose(found.data, expected, rtol=0, atol=3 * DTYPES[dtype])


def test_published_numbers():
    # Standardising 1 … 4 divides by √(5/4); their root mean square is √(30/4).
    x = [1.0, 2.0, 3.0, 4.0]
    found = nn.LayerNorm(4, eps=0.0)(x)
    np.testing.assert_allclose(found, [-1.3416408, -0.4472136, 0.4472136, 1.3416408], rtol=1e-6)
    found = nn.RMSNorm(4, eps=0.0)(x)
    np.testing.assert_allclose(found, [0.3651484, 0.7302967, 1.0954451, 1.4605935], rtol=1e-6)


def test_layer_norm_forgets_shift_and_scale_and_rms_norm_the_scale_only():
    x = data(4, 5)
    for make in (nn.LayerNorm, nn.RMSNorm):
        layer = make(5, eps=0.0, dtype="float64")
        np.testing.assert_allclose(layer(3 * x).data, layer(x).data, rtol=1e-12)
    layer_norm, rms_norm = (make(5, 0.0, dtype="float64") for make in (nn.LayerNorm, nn.RMSNorm))
    np.testing.assert_allclose(layer_norm(x + 2).data, layer_norm(x).data, rtol=1e-11)
    assert not np.allclose(rms_norm(x + 2).data, rms_norm(x).data, atol=0.1)
    np.testing.assert_allclose(rms_norm(tg.center(x, axis=1)).data, layer_norm(x).data, rtol=1e-12)


def test_layer_norm_over_features_is_batch_norm_of_the_transpose():
    x = data(4, 5)
    rows = nn.LayerNorm(5, dtype="float64")(x)
    columns = nn.BatchNorm(4, dtype="float64")(x.T)
    np.testing.assert_allclose(rows.data, columns.data.T, rtol=1e-13)


# -------------------------------------------------------------------------------------- as parts


def test_norms_are_not_regularised():
    model = nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 2), nn.LayerNorm((5, 2)), nn.RMSNorm((5, 2))
    )
    assert [module.regularised for module in model.layers] == [True, False, True, False, False]
    assert [path for path, _ in nn.weights(model)] == ["layers.0.weight", "layers.2.weight"]


def test_the_bias_before_batch_norm_has_no_effect():
    x = data(6, 3)
    linear, norm = nn.Linear(3, 2, dtype="float64"), batch_norm(2)
    with_bias = norm(linear(x) + np.array([5.0, -3.0]))
    np.testing.assert_allclose(with_bias.data, norm(linear(x)).data, rtol=1e-12)


def test_repr_shows_the_settings():
    assert repr(nn.BatchNorm(3)) == "BatchNorm(3, axis=1, eps=1e-05, keep_old=0.9)"
    assert repr(nn.LayerNorm(3)) == "LayerNorm((3,), eps=1e-05)"
    assert repr(nn.RMSNorm((2, 3), 0.5)) == "RMSNorm((2, 3), eps=0.5)"


# ------------------------------------------------------------------------------------- messages


def told(kind, action):
    with pytest.raises(kind) as caught:
        action()
    return str(caught.value)


def test_one_example_cannot_train_a_batch_norm():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm(2))
    text = told(errors.ShapeError, lambda: model(tg.ones((1, 3))))
    assert text.startswith(
        "batch_norm in model.layers[1] BatchNorm: the input of shape (1, 2) has too few values of"
        " each feature, 1: a single one minus its mean is 0, so the output would be the bias"
    )
    assert "model.eval()" in text
    assert model.eval()(tg.ones((1, 3))).shape == (1, 2)
    text = told(errors.ShapeError, lambda: model.train()(tg.ones((0, 3))))
    assert "(0, 2) has too few values of each feature, 0" in text
    assert nn.BatchNorm(2)(tg.ones((1, 2, 2))).shape == (1, 2, 2)  # two positions will do


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (lambda: nn.BatchNorm(3), (3, 5),
         "(3, 5) must have 3 features along axis 1; write BatchNorm(3, axis=0)"),
        (lambda: nn.BatchNorm(3), (4, 5), "(4, 5) must have 3 features along axis 1"),
        (lambda: nn.BatchNorm(3), (3,),
         "(3,) must have 3 features along axis 1; write BatchNorm(3, axis=0)"),
        (lambda: nn.BatchNorm(3, axis=-3), (3, 4), "must have 3 features along axis -3"),
        (lambda: nn.LayerNorm(3), (3, 4), "the input of shape (3, 4) must end in (3,)"),
        (lambda: nn.LayerNorm((2, 3)), (3,), "the input of shape (3,) must end in (2, 3)"),
        (lambda: nn.RMSNorm(3), (), "the input of shape () must end in (3,)"),
    ],
)  # fmt: skip
def test_an_input_that_does_not_fit(layer, shape, message):
    assert message in told(errors.ShapeError, lambda: layer()(tg.ones(shape)))


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: nn.BatchNorm(0), errors.ArgumentError, "features is at least 1, not 0"),
        (lambda: nn.BatchNorm(2.5), errors.DTypeError, "features is an integer"),
        (lambda: nn.BatchNorm(2, axis="rows"), errors.DTypeError, "axis is an integer"),
        (lambda: nn.BatchNorm(2, keep_old=1.1), errors.ArgumentError,
         "keep_old is in [0, 1], not 1.1"),
        (lambda: nn.BatchNorm(2, keep_old="0.9"), errors.DTypeError, "keep_old is a number"),
        (lambda: nn.BatchNorm(2, eps=-1.0), errors.ArgumentError,
         "eps is at least 0, not -1"),
        (lambda: nn.BatchNorm(2, eps=math.nan), errors.ArgumentError, "eps is at least 0, not "),
        (lambda: nn.LayerNorm(3, math.inf), errors.ArgumentError,
         "LayerNorm: eps is finite and at least 0"),
        (lambda: nn.LayerNorm((3, 0)), errors.ArgumentError, "shape is at least 1, not 0"),
        (lambda: nn.RMSNorm(()), errors.ArgumentError, "RMSNorm: the shape () names no axes"),
        (lambda: nn.RMSNorm("ab"), errors.DTypeError, "RMSNorm: shape is an integer"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(make, kind, message):
    assert message in told(kind, make)


@pytest.mark.parametrize("name", ["momentum", "keep_prob"])
def test_names_of_other_libraries_are_not_taken_for_ours(name):
    with pytest.raises(TypeError, match=f"BatchNorm has no keyword '{name}'; "):
        nn.BatchNorm(2, **{name: 0.9})


def test_a_running_variance_is_never_negative():
    layer = nn.BatchNorm(1, eps=3e-5, keep_old=0.0)
    layer(np.full((8, 1), 0.3, np.float32))
    assert layer.running_var.item() == 0


@pytest.mark.filterwarnings("ignore:model BatchNorm. the input is float64")
@pytest.mark.parametrize("given", ["float64", "int64"])
def test_buffers_keep_their_dtype_beside_any_input(given):
    layer = nn.BatchNorm(2)
    layer(np.arange(8).reshape(4, 2).astype(given))
    assert layer.running_mean.dtype == layer.running_var.dtype == np.float32


def test_group_norm_with_one_group_is_layer_norm_over_all():
    x = np.random.default_rng(0).standard_normal((2, 4, 3))
    np.testing.assert_allclose(
        nn.GroupNorm(1, 4, dtype="float64")(x), nn.LayerNorm((4, 3), dtype="float64")(x)
    )


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: nn.GroupNorm(3, 4), None, "groups = 3 must divide the 4 features"),
        (lambda: nn.GroupNorm(2, 4), (2, 3), "must have 4 features along axis 1"),
        (lambda: nn.GroupNorm(2, 4), (), "must have 4 features along axis 1"),
        (lambda: nn.GroupNorm(4, 4), (2, 4), "a single value in each group .* fewer groups than 4"),
    ],
)
def test_group_norm_says_what_does_not_fit(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make()(np.ones(shape))
