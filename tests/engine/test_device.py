"""Arrays that refuse to become NumPy's: operations, layers and optimizers on them."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.engine.modes import mode
from tensorgraph.engine.tensor import rebind, wrap
from tests.engine.device import DeviceArray
from tests.nn.layer_cases import CASES
from tests.nn.test_layers import made, outputs
from tests.ops.op_cases import EVERY, cases
from tests.optim.optimizer_cases import CASES as OPTIMIZERS


def host(value):
    if type(value) is tg.Tensor:
        value = value._data
    return value.get() if type(value) is DeviceArray else np.asarray(value)


def moved(value):
    """Return an array on the device; numbers stay what they are."""
    return DeviceArray(value) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("name", EVERY)
def test_every_operation_and_gradient(name):
    looks = 0
    for case in cases(name):
        expected = gradients(case, case.inputs)
        inputs = tuple(np.asarray(x) if type(x) is float else x for x in case.inputs)
        before = DeviceArray.taken
        found = gradients(case, tuple(map(moved, inputs)))
        looks += DeviceArray.taken - before
        assert len(found) == len(expected)
        for x, y in zip(found, expected, strict=True):
            assert type(x._data if type(x) is tg.Tensor else x) is DeviceArray, case
            assert x.dtype == y.dtype
            np.testing.assert_allclose(host(x), host(y), rtol=1e-12, atol=1e-14, err_msg=str(case))
    assert (looks > 0) == (name in LOOKS), f"{name} took values to the host {looks} times"


LOOKS = {
    name: why
    for why, names in {
        "labels have to be those of classes": "class_cross_entropy one_hot softmax_minus_one_hot",
        "labels have to be those of segments": "segment_max segment_mean segment_min segment_prod"
        " segment_sum",
        "no two places that are written may be one, or all that are have to be found": "add_at"
        " max_at min_at multiply_at put_along_axis set_at",
        "the shape of the result is how often a condition holds": "compress extract",
        "a choice has to be one of those there are": "choose piecewise",
        "how often a matrix is halved depends on its norm": "expm",
        "points may be evenly spaced": "gradient",
        "without an inverse there is another formula": "cofactors det",
        "a quantile's place depends on how many elements are no NaN": "nanmedian nanpercentile"
        " nanquantile",
    }.items()
    for name in names.split()
}
"""The operations that must see values on the host, and why."""


def gradients(case, inputs):
    """Return results, and the gradients of a sum of their squares at first and second order."""
    given = [
        wrap(x, None, True) if getattr(x, "dtype", np.dtype(int)).kind == "f" else x for x in inputs
    ]
    results = case.function(*given)
    found = [*results] if isinstance(results, (list, tuple)) else [results]
    wanted = [x for x in given if type(x) is tg.Tensor]
    for r in [r for r in found if getattr(r, "requires_grad", False) and r.size]:
        slopes = tg.gradients((r * r).sum(), wanted, create_graph=True)
        found = [*found, *slopes]
        total = [(s * s).sum() for s in slopes if s.requires_grad]
        if total:
            found += tg.gradients(sum(total[1:], total[0]), wanted, retain_graph=True)
    return found


def to_device(layer):
    for tensor in [*layer.parameters(), *layer.buffers()]:
        rebind(tensor, DeviceArray(tensor._data))
    return layer


def trained(layer, inputs, rest, make):
    """Return all that two steps leave behind."""
    optimizer = make(layer.named_parameters()) if layer.parameters() else None
    found = []
    for step in range(2):
        tg.random.seed(step)
        layer.zero_grad()
        variables = [wrap(x, None, True) for x in inputs]
        results = outputs(layer(*variables, *rest))
        if any(r.requires_grad for r in results):
            sum(((r * r + r).sum() for r in results[1:]), (results[0] ** 2).sum()).backward()
            if optimizer is not None:
                optimizer.step()
        found += [*results, *(v.grad for v in variables)]
    return [*found, *layer.parameters(), *layer.buffers()]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_every_layer_is_trained(name, training):
    case = CASES[name]
    inputs = case.inputs()
    expected = trained(made(case, "float64", training), inputs, case.rest, optim.Adam)
    layer = to_device(made(case, "float64", training))
    rest = tuple(map(moved, case.rest))
    found = trained(layer, list(map(moved, inputs)), rest, optim.Adam)
    for x, y in zip(found, expected, strict=True):
        assert (x is None) == (y is None)
        if x is not None:
            assert type(x._data) is DeviceArray
            # Where a gradient is 0 but for its rounding, Adam makes a step of that.
            np.testing.assert_allclose(host(x), host(y), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("differentiable", [False, True])
def test_every_optimizer(rule, differentiable):
    make = OPTIMIZERS[rule].make

    def run(place):
        w = wrap(place(np.linspace(-1, 1, 6).reshape(2, 3)), None, True)
        b = wrap(place(np.array([0.5, -0.5])), None, True)
        optimizer = make([w, b], differentiable=differentiable)
        x = place(np.arange(3.0))
        for _ in range(3):
            optimizer.zero_grad()
            ((w @ x + b) ** 2).sum().backward(create_graph=differentiable)
            norm = optim.clip_by_global_norm([w, b], 1.5)
            optimizer.step()
        return w, b, norm

    for x, y in zip(run(DeviceArray), run(np.array), strict=True):
        np.testing.assert_allclose(host(x), host(y), rtol=1e-12)


def test_losses_clipping_and_transforms():
    z = np.random.default_rng(0).normal(size=(4, 3))
    labels, targets = np.array([0, 2, 1, 1]), np.eye(3)[[0, 2, 1, 1]]
    losses = tg.nn.losses

    def run(place):
        x, y, t = place(z), place(labels), place(targets)
        costs = [
            lambda v: losses.cross_entropy(v, y),
            lambda v: losses.cross_entropy(v, t, label_smoothing=0.1),
            lambda v: losses.binary_cross_entropy_with_logits(v, t),
            lambda v: losses.mse(v, t),
        ]
        found = [tg.grad(cost)(wrap(x)) for cost in costs]
        found += [tg.jvp(tg.softmax, (wrap(x),), (wrap(x),))[1], tg.hvp(costs[0], (x,), (x,))[0]]
        return found

    for x, y in zip(run(DeviceArray), run(np.array), strict=True):
        np.testing.assert_allclose(host(x), host(y), rtol=1e-12, atol=1e-15)


def test_the_device_is_strict():
    x = DeviceArray(np.ones(3))
    for wrong in (np.asarray, float, bool, lambda x: x + np.ones(3), lambda x: x[np.array([0])]):
        with pytest.raises(TypeError):
            wrong(x)
    assert repr(wrap(x)) == "tensor(<device float64[3]>, dtype=float64)"
    with mode(recording=False):
        assert type((wrap(x) + 1)._data) is DeviceArray


def test_what_a_leaf_is_given_comes_to_its_device():
    w = wrap(DeviceArray(np.ones(2)), None, True)
    for value in ([3.0, 4.0], np.array([3.0, 4.0]), DeviceArray([3.0, 4.0])):
        w.assign(tg.asarray(value))
        w.assign(value)
        w.grad = value
        for x in (w, w.grad):
            assert type(x._data) is DeviceArray and x.dtype == np.float64
            assert host(x).tolist() == [3.0, 4.0]
        w.assign([0.0, 0.0])
    plain = tg.tensor([1.0, 2.0])
    assert type(plain.assign(np.array([3.0, 4.0], "float32"))._data) is np.ndarray


@pytest.mark.parametrize("differentiable", [False, True])
def test_state_is_saved_from_the_device_and_loaded_to_it(differentiable):
    def training():
        tg.random.seed(0)
        layer = to_device(tg.nn.Linear(3, 2, dtype="float64"))
        optimizer = optim.Adam(layer.named_parameters(), differentiable=differentiable)
        return layer, optimizer

    def step(layer, optimizer):
        optimizer.zero_grad()
        x = wrap(DeviceArray(np.arange(6.0).reshape(2, 3)))
        (layer(x) ** 2).sum().backward(create_graph=differentiable)
        optimizer.step()

    one, other = training(), training()
    step(*one)
    states = [part.state_dict() for part in one]
    assert all(type(value) is np.ndarray for state in states for value in state.values())
    for part, state in zip(other, states, strict=True):
        part.load_state_dict(state)
    step(*one)
    step(*other)
    for x, y in zip(one[0].parameters(), other[0].parameters(), strict=True):
        assert type(y._data) is DeviceArray
        np.testing.assert_array_equal(host(x), host(y))
    tg.nn.load_matching(other[0], states[0])
    assert all(type(p._data) is DeviceArray for p in other[0].parameters())


def test_state_of_a_symbol_is_not_made_up():
    layer = tg.nn.Linear(3, 2)
    with pytest.raises(tg.errors.GraphError, match="has no value"):
        tg.trace(lambda x: [layer(x), layer.state_dict()][0], np.ones((2, 3), "float32"))
