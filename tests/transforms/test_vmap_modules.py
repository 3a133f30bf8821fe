"""Per-example gradients of whole networks, against a loop over the examples."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn

RNG = np.random.default_rng(0)


def normal(*shape):
    return tg.tensor(RNG.normal(size=shape).astype("float32"))


def attention():
    return nn.MultiHeadAttention(4, 2)


NETWORKS = {
    "MLP": (lambda: nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), normal(4, 3)),
    "convolution": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(16, 2),
        ),
        normal(4, 1, 2, 4, 4),
    ),
    "grouped": (lambda: nn.Conv1d(4, 4, 3, groups=2, stride=2), normal(4, 2, 4, 9)),
    "batch norm": (lambda: nn.Sequential(nn.Linear(3, 5), nn.BatchNorm(5)).eval(), normal(4, 2, 3)),
    "layer norm": (lambda: nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5)), normal(4, 2, 3)),
    "attention": (attention, normal(4, 1, 5, 4)),
    "LSTM": (lambda: nn.LSTM(3, 2), normal(4, 1, 5, 3)),
    "GRU": (lambda: nn.GRU(3, 2), normal(4, 1, 5, 3)),
    "RNN": (lambda: nn.RNN(3, 2), normal(4, 1, 5, 3)),
    "embedding": (
        lambda: nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2)),
        tg.tensor(RNG.integers(0, 5, (4, 2))),
    ),
}  # fmt: skip


def first(y):
    while isinstance(y, (tuple, list)):
        y = y[0]
    return y


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_each_example(name):
    tg.random.seed(0)
    make, x = NETWORKS[name]
    model = make()
    params = dict(model.named_parameters())

    def loss(params, x):
        return (tg.sin(first(nn.functional_call(model, params, x))) ** 2).sum()

    found = tg.vmap(tg.grad(loss), in_axes=(None, 0))(params, x)
    forward = tg.vmap(loss, in_axes=(None, 0))(params, x)
    for k in range(len(x)):
        expected = tg.grad(loss)(params, x[k])
        for key, gradient in expected.items():
            np.testing.assert_allclose(found[key][k], gradient, rtol=2e-4, atol=2e-5, err_msg=key)
        np.testing.assert_allclose(forward[k], loss(params, x[k]), rtol=1e-5)
    forward.sum().backward()
    for key, p in params.items():
        np.testing.assert_allclose(p.grad, found[key].sum(axis=0), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["MLP", "convolution", "attention", "LSTM"])
def test_an_ensemble_of_networks(name):
    """Each member has parameters of its own; all see the same examples."""
    make, x = NETWORKS[name]
    models = [make() for _ in range(3)]
    states = [dict(m.named_parameters()) for m in models]
    stacked = {key: tg.stack([s[key] for s in states]) for key in states[0]}
    found = tg.vmap(lambda p, x: first(nn.functional_call(models[0], p, x)), in_axes=(0, None))(
        stacked, x[0]
    )
    expected = np.stack([first(m(x[0])).numpy() for m in models])
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def test_products_with_a_hessian_of_a_network():
    make, x = NETWORKS["MLP"]
    model = make()
    params = {k: p.detach() for k, p in model.named_parameters()}
    loss = lambda p: (nn.functional_call(model, p, x) ** 2).sum()  # noqa: E731
    v = {k: normal(*p.shape) for k, p in params.items()}
    (found,) = tg.hvp(loss, (params,), (v,))
    gradient = lambda p: sum((g * v[k]).sum() for k, g in tg.grad(loss)(p).items())  # noqa: E731
    for key, expected in tg.grad(gradient)(params).items():
        np.testing.assert_allclose(found[key], expected, rtol=2e-4, atol=2e-4)


LINEAR = nn.Linear(2, 1, bias=False, dtype="float64")
NORMALIZED = nn.BatchNorm(2, affine=False, dtype="float64").eval()


def linear(x, weight):
    return nn.functional_call(LINEAR, {"weight": weight}, x)


def normalized(x, mean):
    """A layer whose buffer is given."""
    return nn.functional_call(NORMALIZED, {"running_mean": mean}, x)


GIVEN = {
    "parameter": (linear, lambda x, w: x @ w.mT, (3, 1, 2)),
    "buffer": (normalized, lambda x, m: (x - m) / np.sqrt(1 + 1e-5), (3, 2)),
}


@pytest.mark.parametrize("computed", [lambda w: w, lambda w: 2 * w * w], ids=["given", "computed"])
@pytest.mark.parametrize("kind", GIVEN)
def test_derivatives_by_what_a_functional_call_is_given(kind, computed):
    """Whatever the transform: as those of the formula, written without a module."""
    call, formula, shape = GIVEN[kind]
    rng = np.random.default_rng(1)
    all_w, all_v = tg.tensor(rng.normal(size=shape)), tg.tensor(rng.normal(size=shape))
    xs = tg.tensor(rng.normal(size=(3, 4, 2)))
    w, v, x = all_w[0], all_v[0], xs[0]

    def of(f, w, x):
        return (f(x, computed(w)) ** 3).sum()

    def each(f, w):
        return tg.vmap(lambda w, x: of(f, w, x))(w, xs).sum()

    def adapted(f, w, x):
        return of(f, w - 0.1 * tg.grad(lambda w: of(f, w, x))(w), x)

    transforms = {
        "grad(vmap)": lambda f: tg.grad(lambda w: each(f, w))(all_w),
        "hessian(vmap)": lambda f: tg.hessian(lambda w: each(f, w))(all_w),
        "jvp(vmap)": lambda f: tg.jvp(lambda w: each(f, w), all_w, all_v)[1],
        "vmap(jvp)": lambda f: tg.vmap(
            lambda w, v, x: tg.jvp(lambda w: of(f, w, x), w, v)[1]
        )(all_w, all_v, xs),
        "jvp": lambda f: tg.jvp(lambda w: of(f, w, x), w, v)[1],
        "forward": lambda f: tg.jacobian(lambda w: of(f, w, x), mode="forward")(w),
        "reverse": lambda f: tg.jacobian(lambda w: of(f, w, x), mode="reverse")(w),
        "hvp": lambda f: tg.hvp(lambda w: of(f, w, x), w, v),
        "MAML": lambda f: tg.grad(
            lambda w: tg.vmap(lambda w, x: adapted(f, w, x), in_axes=(None, 0))(w, xs).sum()
        )(w),
    }  # fmt: skip
    for name, derivative in transforms.items():
        expected = derivative(formula)
        assert np.abs(expected.data).max() > 0, name
        np.testing.assert_allclose(derivative(call), expected, rtol=1e-9, err_msg=name)
    leaf = tg.tensor(all_w.numpy(), requires_grad=True)
    each(call, leaf).backward()
    np.testing.assert_allclose(leaf.grad, transforms["grad(vmap)"](formula), rtol=1e-9)
