"""What trains and measures, on arrays of a device: losses, random numbers, fit, a model's way."""

import inspect

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim, train
from tensorgraph.engine.tensor import wrap
from tensorgraph.errors import DTypeError, GraphError, ShapeError
from tests.engine.device import DeviceArray
from tests.engine.test_device import host, moved
from tests.nn.test_losses_promises import CASES as LOSSES


def on_device(x):
    array = x._data if type(x) is tg.Tensor else x
    return type(array) is DeviceArray


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_and_gradient(name):
    loss, outputs, targets, options = LOSSES[name]

    def run(place):
        first, *others = outputs if isinstance(outputs, tuple) else (outputs,)
        z = wrap(place(first), None, True)
        known = inspect.signature(loss).parameters  # other options say what check_loss checks
        more = {key: place(value) for key, value in options.items() if key in known}
        cost = loss(z, *map(place, others), *([] if targets is None else [place(targets)]), **more)
        (cost * cost).sum().backward()
        return cost, z.grad

    for x, y in zip(run(moved), run(lambda x: x), strict=True):
        assert on_device(x)
        np.testing.assert_allclose(host(x), host(y), rtol=1e-10, atol=1e-12)


# -------------------------------------------------------------------------- how a model gets there


def model_of(seed=0):
    tg.random.seed(seed)
    return nn.Sequential(
        nn.Linear(3, 8, dtype="float64"),
        nn.BatchNorm(8, dtype="float64"),
        nn.ReLU(),
        nn.Dropout(p=0.25),
        nn.Linear(8, 2, dtype="float64"),
    )


def test_a_model_goes_to_a_device_and_back():
    model = model_of()
    before = model.state_dict()
    model(tg.ones((2, 3), "float64")).sum().backward()
    gradients = [p.grad.numpy() for p in model.parameters()]
    statistics = model.state_dict()
    assert model.map_arrays(DeviceArray) is model
    assert all(on_device(t) and t.is_leaf for t in (*model.parameters(), *model.buffers()))
    assert all(on_device(p.grad) for p in model.parameters())
    assert all(
        np.array_equal(value, statistics[name]) for name, value in model.state_dict().items()
    )
    model.load_state_dict(before)
    assert all(map(on_device, model.parameters()))
    model.map_arrays(lambda array: array.get())
    assert all(type(p._data) is np.ndarray for p in model.parameters())
    for p, g in zip(model.parameters(), gradients, strict=True):
        assert np.array_equal(p.grad.data, g)
    assert model(tg.ones((2, 3), "float64")).shape == (2, 2)


def test_what_a_function_of_arrays_may_return():
    model = model_of()
    before = model.state_dict()
    for function, error, said in [
        (lambda a: a.astype("float32"), DTypeError, r"write model.astype\('float32'\)"),
        (lambda a: a[:1], ShapeError, r"makes \(1, 3\) of an array of shape \(8, 3\)"),
        (lambda a: a.tolist(), DTypeError, "returns a list, not an array"),
        ("cuda", DTypeError, r"write model.map_arrays\(cupy.asarray\)"),
    ]:
        with pytest.raises(error, match=said):
            model.map_arrays(function)
    seen = []

    def fails_later(array):
        seen.append(array)
        return array if len(seen) > 3 else array * 0 if len(seen) < 3 else None

    with pytest.raises(DTypeError):
        model.map_arrays(fails_later)
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())


def test_an_array_comes_to_where_another_is():
    weight = wrap(DeviceArray(np.ones(2)), None, True)
    for value in ([1.0, 2.0], np.array([1.0, 2.0]), tg.tensor([1.0, 2.0]), DeviceArray([1.0, 2.0])):
        found = tg.asarray(value, like=weight)
        assert on_device(found) and host(found).tolist() == [1.0, 2.0] and found.is_leaf
    assert tg.asarray([1, 2], "float32", like=weight).dtype == np.float32
    back = tg.asarray(weight.detach(), like=np.zeros(0))
    assert type(back.data) is np.ndarray and back.numpy().tolist() == [1.0, 1.0]
    assert tg.asarray(weight, like=weight) is weight
    for there, place in [(weight, tg.zeros(1)), (tg.tensor([1.0], requires_grad=True), weight)]:
        with pytest.raises(GraphError, match="needs a gradient would lose it"):
            tg.asarray(there, like=place)


def test_a_dtype_and_gradients_stay_on_the_device():
    model = model_of().map_arrays(DeviceArray).astype("float32")
    assert all(on_device(t) for t in (*model.parameters(), *model.buffers()))
    y = model(tg.asarray(np.ones((2, 3), "float32"), like=model.layers[0].weight))
    y.sum().backward()
    assert y.dtype == np.float32 and all(on_device(p.grad) for p in model.parameters())
    assert [host(p.grad).dtype for p in model.parameters()] == [np.dtype("f")] * 6


# ------------------------------------------------------------------- what values decide the size of


SIZED = {
    "nonzero": lambda x: tg.nonzero(x > 0),
    "the method": lambda x: x.nonzero(),
    "argwhere": lambda x: (tg.argwhere(x),),
    "flatnonzero": lambda x: (tg.flatnonzero(x),),
    "unique_all": tg.unique_all,
    "bincount": lambda x: (tg.bincount(x.astype(int)), tg.bincount(x.astype(int), x)),
    "histogram": tg.histogram,
    "weights": lambda x: tg.histogram(x, bins=2, weights=x, density=True),
}


@pytest.mark.parametrize("name", SIZED)
def test_what_values_decide_the_size_of_stays_on_the_device(name):
    x = np.array([3.0, 0.0, 1.0, 3.0])
    found = SIZED[name](wrap(DeviceArray(x)))
    for part, expected in zip(found, SIZED[name](tg.tensor(x)), strict=True):
        assert on_device(part)
        assert np.array_equal(host(part), expected.numpy())


# ---------------------------------------------------------------------------------- random numbers


def test_random_numbers_by_parameters_on_the_device():
    mean, std = np.array([0.0, 3.0]), np.array([1.0, 0.5])
    calls = {
        "normal": lambda place: tg.random.normal((4, 2), place(mean), place(std), "float64"),
        "normal of a mean": lambda place: tg.random.normal((4, 2), place(mean)),
        "uniform": lambda place: tg.random.uniform((4, 2), place(-std), place(std)),
        "bernoulli": lambda place: tg.random.bernoulli(place(std / 2), (4, 2)),
    }
    for name, call in calls.items():
        tg.random.seed(0)
        expected = call(lambda x: x)
        tg.random.seed(0)
        found = call(DeviceArray)
        assert on_device(found), name
        assert np.array_equal(host(found), expected.numpy()), name


# ----------------------------------------------------------------------------------------- training


X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > X[:, 1]).astype(int)


def trained(device, **settings):
    """Return what a run leaves of a model on a device or not; the data are on the host."""
    model = model_of()
    if device:
        model.map_arrays(DeviceArray)
    optimizer = optim.Adam(model.named_parameters(), lr=tg.optim.schedules.cosine(0.05, steps=30))
    history = train.fit(
        model, nn.losses.cross_entropy, optimizer, (X, Y), (X, Y), epochs=3, seed=0, batch_size=16,
        progress=False, **settings,
    )  # fmt: skip
    return model, history, train.predict(model, X)


def accuracy(output, target):
    assert type(output) is np.ndarray and type(target) is np.ndarray
    return tg.diagnose.accuracy(output.argmax(axis=1), target)


def test_a_run_on_a_device_ends_where_it_does_on_the_host(tmp_path):
    metrics = {"accuracy": accuracy}
    _, history, output = trained(False, metrics=metrics)
    file = tmp_path / "run.safetensors"
    model, told, found = trained(True, metrics=metrics, checkpoint=file)
    assert all(on_device(t) for t in (*model.parameters(), *model.buffers()))
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, output, rtol=1e-9, atol=1e-12)
    for name in ("train_loss", "dev_loss", "dev_accuracy"):
        np.testing.assert_allclose(told[name], history[name], rtol=1e-9)
    score = train.evaluate(model, nn.losses.cross_entropy, (X, Y), metrics)
    assert score["accuracy"] == history["dev_accuracy"][-1]
    fresh = model_of(1)
    train.load(file, model=fresh)  # and on the host
    for name, value in fresh.state_dict().items():
        assert np.array_equal(value, model.state_dict()[name])


def test_a_learning_rate_is_found_on_a_device():
    model = model_of().map_arrays(DeviceArray)
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    train.lr_range_test(model, nn.losses.cross_entropy, optimizer, (X, Y), steps=20)
    assert all(map(on_device, model.parameters()))


# --------------------------------------------------------------------------------------- transforms


def cubes(v):
    return v * v * v


TRANSFORMS = {
    "jacobian": lambda x: tg.jacobian(cubes)(x),
    "forward": lambda x: tg.jacobian(cubes, mode="forward")(x),
    "of a constant": lambda x: tg.jacobian(lambda v: [cubes(v), v.detach()])(x)[1],
    "hessian": lambda x: tg.hessian(lambda v: cubes(v).sum())(x),
    "vmap": lambda x: tg.vmap(tg.grad(lambda v: cubes(v).sum()))(x[None] + x[:, None]),
    "hvp": lambda x: tg.hvp(lambda v: cubes(v).sum(), (x,), (x,))[0],
    "vjp": lambda x: tg.vjp(cubes, x)[1](x)[0],
    "checkpoint": lambda x: tg.grad(lambda v: tg.checkpoint(cubes)(v).sum())(x),
    "scan": lambda x: tg.grad(lambda v: tg.scan(lambda c, a: (c * a, c + a), v[0], v)[1].sum())(x),
    "compile": lambda x: tg.compile(tg.grad(lambda v: cubes(v).sum()))(x),
}


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
def test_transforms(name):
    x = np.array([1.0, -2.0, 0.5])
    found, expected = (TRANSFORMS[name](wrap(place(x))) for place in (DeviceArray, np.array))
    assert on_device(found)
    np.testing.assert_allclose(host(found), host(expected), rtol=1e-12)
