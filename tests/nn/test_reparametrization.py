"""Layers whose weight is computed: by length and direction, or divided by its spectral norm."""

import copy
import pickle

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError

LAYERS = {
    "linear": (lambda: nn.Linear(3, 2, dtype="float64"), (5, 3), 0),
    "conv": (lambda: nn.Conv2d(2, 3, 2, dtype="float64"), (2, 2, 4, 4), 0),
    "conv_transpose": (lambda: nn.ConvTranspose2d(2, 3, 2, dtype="float64"), (2, 2, 4, 4), 1),
}


@pytest.fixture(params=sorted(LAYERS))
def case(request):
    make, shape, axis = LAYERS[request.param]
    return make(), np.random.default_rng(0).normal(size=shape), axis


def rows(weight, axis):
    return np.moveaxis(np.asarray(weight), axis, 0).reshape(np.shape(weight)[axis], -1)


def test_weight_norm_computes_the_same_at_first_and_scales_by_its_lengths(case):
    layer, x, axis = case
    weight, bias = layer.weight.numpy().copy(), layer.bias.numpy().copy()
    expected = layer(tg.tensor(x)).numpy()
    normed = nn.WeightNorm(layer, axis=axis)
    np.testing.assert_allclose(normed(tg.tensor(x)).numpy(), expected, rtol=1e-12)
    lengths = np.linalg.norm(rows(weight, axis), axis=1)
    np.testing.assert_allclose(normed.magnitude.numpy().ravel(), lengths)
    normed.direction.assign(7 * normed.direction.data)  # only where it points counts
    normed.magnitude.assign(2 * normed.magnitude.data)
    doubled = normed(tg.tensor(x)).numpy() - bias.reshape((-1,) + (1,) * (x.ndim - 2))
    plain = expected - bias.reshape((-1,) + (1,) * (x.ndim - 2))
    np.testing.assert_allclose(doubled, 2 * plain, rtol=1e-9)


def test_the_gradient_of_a_direction_is_orthogonal_to_it(case):
    layer, x, axis = case
    normed = nn.WeightNorm(layer, axis=axis)
    tg.square(normed(tg.tensor(x))).sum().backward()
    along = rows(normed.direction.grad, axis) * rows(normed.direction.data, axis)
    np.testing.assert_allclose(along.sum(axis=1), 0, atol=1e-9)
    assert normed.magnitude.grad is not None and layer.bias.grad is not None


def test_spectral_norm_leaves_a_largest_singular_value_of_1(case):
    layer, x, axis = case
    sizes = np.linalg.svd(rows(layer.weight.data, axis))[1]
    first = layer.weight.numpy() / sizes[0]
    normed = nn.SpectralNorm(layer, axis=axis)
    np.testing.assert_allclose(normed.weight().numpy(), first, rtol=1e-10)
    for _ in range(3):
        normed.original.assign(normed.original.data * 3 + 0.1)
        for _ in range(200):
            normed(tg.tensor(x))
        found = np.linalg.svd(rows(normed.weight().numpy(), axis))[1][0]
        np.testing.assert_allclose(found, 1, rtol=1e-6)
    normed.eval()
    before = normed.u.numpy().copy()
    normed(tg.tensor(x))
    assert (normed.u.numpy() == before).all()


def test_the_gradient_through_a_spectral_norm_takes_its_vectors_as_constants():
    layer = nn.Linear(3, 2, dtype="float64")
    normed = nn.SpectralNorm(layer).eval()
    x = np.random.default_rng(1).normal(size=(4, 3))
    u, v = normed.u.numpy(), normed.v.numpy()

    def cost(weight):
        return tg.square(x @ (weight / (u @ (weight @ v))).mT + layer.bias.detach()).sum()

    tg.square(normed(tg.tensor(x))).sum().backward()
    expected = tg.grad(cost)(normed.original.detach())
    np.testing.assert_allclose(normed.original.grad.numpy(), expected.numpy(), rtol=1e-10)
    assert tg.testing.gradcheck(cost, normed.original.numpy())


@pytest.mark.parametrize("kind", [nn.WeightNorm, nn.SpectralNorm])
def test_wrapped_layers_are_modules_as_any_other(kind):
    normed = kind(nn.Linear(3, 3))
    assert tg.testing.check_module(normed, tg.ones((4, 3)) * 0.5)
    state = normed.state_dict()
    other = kind(nn.Linear(3, 3))
    other.load_state_dict(state)
    x = tg.ones((2, 3))
    other.eval(), normed.eval()
    for twin in (other, copy.deepcopy(normed), pickle.loads(pickle.dumps(normed))):
        np.testing.assert_array_equal(twin(x).numpy(), normed(x).numpy())
    with tg.no_grad():
        np.testing.assert_allclose(tg.compile(normed)(x).numpy(), normed(x).numpy(), rtol=1e-6)
        each = tg.vmap(lambda x: normed(x))(tg.ones((4, 2, 3)))
    np.testing.assert_allclose(each.numpy()[0], normed(x).numpy(), rtol=1e-6)


def test_what_has_no_such_weight_is_told():
    for kind in (nn.WeightNorm, nn.SpectralNorm):
        with pytest.raises(ArgumentError, match="ReLU has no parameter 'weight'"):
            kind(nn.ReLU())
        with pytest.raises(ArgumentError, match="Linear has no parameter 'bias' of two"):
            kind(nn.Linear(2, 2), name="bias")
