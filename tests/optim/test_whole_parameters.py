"""Rules that take parameters as wholes, steps uphill, and states that are switched on and off."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.errors import ShapeError
from tensorgraph.optim.muon import orthogonal
from tensorgraph.testing import check_op, gradcheck
from tests.optim.optimizer_cases import CASES, SHAPES, draws, equation, give, parameters

# ------------------------------------------------------------------------------- as a whole


class Normed(optim.Optimizer):
    """Steps of one length, and a state of another shape than the parameter's."""

    elementwise = False

    def start(self, param):
        return {"rows": np.zeros_like(param, shape=param.shape[:1])}

    def update(self, param, grad, state, t, lr):
        step = grad / tg.sqrt((grad * grad).sum() + 1e-30)
        return param - lr * step, {"rows": state["rows"] + 1}


@pytest.mark.parametrize("differentiable", [False, True])
def test_a_rule_may_take_parameters_one_by_one_in_their_shapes(differentiable):
    params = parameters([(2, 3), (3,), (4, 1, 2)])
    before = [p.numpy() for p in params]
    optimizer = Normed(params, lr=0.5, differentiable=differentiable)
    with tg.no_grad():
        give(params, draws([p.shape for p in params], 1)[0])
    optimizer.step()
    for k, (param, old) in enumerate(zip(params, before, strict=True)):
        assert np.linalg.norm(param.data - old) == pytest.approx(0.5)
        assert optimizer.state_dict()[f"{k}/rows"].shape == param.shape[:1]
    other = Normed(parameters([(2, 3), (3,), (4, 1, 2)]), lr=0.5)
    other.load_state_dict(optimizer.state_dict())
    assert (other.state_dict()["2/rows"] == 1).all()


def test_a_whole_parameter_keeps_its_shape():
    class Wrong(Normed):
        def update(self, param, grad, state, t, lr):
            return param.sum(axis=0), state

    params = parameters([(2, 3)])
    give(params, [np.ones((2, 3))])
    with pytest.raises(ShapeError, match=r"of shape \(2, 3\) float64 and returned shape \(3,\)"):
        Wrong(params, lr=0.1).step()


def test_adafactor_keeps_rows_and_columns_only():
    params = parameters([(30, 20), (5, 30, 20), (7,)])
    state = optim.Adafactor(params).state_dict()
    shapes = {key: value.shape for key, value in state.items() if "/" in key}
    assert (shapes["0/rows"], shapes["0/columns"]) == ((30, 1), (1, 20))
    assert (shapes["1/rows"], shapes["1/columns"]) == ((5, 30, 1), (5, 1, 20))
    assert shapes["2/v"] == (7,)


# The polynomial's slope at 0 is 3.4445⁵ = 485, so rounding in small singular values shows.
WELL = {shape: np.eye(*shape) - 0.2 * np.arange(shape[0])[:, None] for shape in [(3, 3), (2, 4)]}


@pytest.mark.parametrize("shape", WELL)
def test_orthogonal_matrices_are_checked_as_an_op(shape):
    check_op(orthogonal, WELL[shape])
    check_op(orthogonal, WELL[shape].T.copy())


@pytest.mark.parametrize("shape", [(4, 4), (7, 3), (3, 7), (0, 3), (1, 1)])
def test_singular_values_come_near_1_and_vectors_stay(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    left, _, right = np.linalg.svd(x, full_matrices=False)
    found = left.T @ orthogonal(x) @ right.T
    np.testing.assert_allclose(found, np.diag(np.diagonal(found)), atol=1e-12)
    assert ((np.diagonal(found) > 0.6) & (np.diagonal(found) < 1.3)).all()
    assert not orthogonal(np.zeros(shape)).any()


def test_orthogonal_has_derivatives_at_0_and_of_any_order():
    gradcheck(orthogonal, np.random.default_rng(1).standard_normal((3, 2)), order=2)
    zero = tg.zeros((2, 2), requires_grad=True)
    assert np.isfinite(tg.gradients(orthogonal(zero).sum(), zero).data).all()


# ---------------------------------------------------------------------------------- uphill


@pytest.mark.parametrize("rule", CASES)
@pytest.mark.parametrize("differentiable", [False, True])
def test_uphill_is_downhill_with_opposite_gradients(rule, differentiable):
    pair = parameters(SHAPES), parameters(SHAPES)
    up = CASES[rule].make(pair[0], maximize=True, differentiable=differentiable)
    down = CASES[rule].make(pair[1], differentiable=differentiable)
    for step in draws(SHAPES, 3):
        with tg.no_grad():
            give(pair[0], step)
            give(pair[1], [np.negative(g) for g in step])
        up.step()
        down.step()
    for p, q in zip(*pair, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_uphill_is_printed_and_refused_if_it_is_no_switch():
    (w,) = parameters([(2,)])
    rule = tg.update_rule(optim.SGD([w], lr=0.1, l2=0.5, maximize=True))
    assert str(rule) == "θ ← θ − α (−g + λ₂ θ)"
    with pytest.raises(tg.errors.DTypeError, match="SGD: maximize is True or False, not 1"):
        optim.SGD([w], lr=0.1, maximize=1)


# -------------------------------------------------------------------------------- switches


def keys(optimizer):
    return {key for key in optimizer.state_dict() if key.startswith("0/")} - {"0/steps"}


@pytest.mark.parametrize(
    ("kind", "settings", "parts"),
    [
        (optim.SGD, {"momentum": 0.9}, [set(), {"0/v"}]),
        (optim.Adam, {"amsgrad": True}, [{"0/m", "0/v"}, {"0/m", "0/v", "0/v_max"}]),
        (optim.RMSprop, {"centered": True}, [{"0/s"}, {"0/s", "0/m"}]),
    ],
)
@pytest.mark.parametrize("by", ["optimizer", "group"])
@pytest.mark.parametrize("differentiable", [False, True])
def test_a_part_of_the_state_is_switched_on_and_off(kind, settings, parts, by, differentiable):
    params = parameters([(3,), (2, 2)])
    optimizer = kind(params, lr=0.1, differentiable=differentiable)
    place = optimizer if by == "optimizer" else optimizer.groups[0]
    ((name, value),) = settings.items()
    off = optimizer.defaults[name]
    for state, setting in zip([*parts, parts[0]], [off, value, off], strict=True):
        setattr(place, name, setting)
        assert keys(optimizer) == state
        kept = {key: optimizer.state_dict()[key] for key in parts[0]}
        setattr(place, name, setting)
        for key, array in kept.items():
            np.testing.assert_array_equal(optimizer.state_dict()[key], array)
        with tg.no_grad():
            give(params, [np.ones(3), np.ones((2, 2))])
        optimizer.step()


def test_what_is_switched_on_begins_there():
    (w,) = parameters([(3,)])
    start, gradients = w.numpy(), [g for (g,) in draws([(3,)], 6)]
    optimizer = optim.SGD([w], lr=0.1)
    for k, g in enumerate(gradients):
        if k == 3:
            optimizer.momentum = 0.5
        give([w], [g])
        optimizer.step()
    half = equation(optim.SGD, lr=0.1)(start, gradients[:3])
    expected = equation(optim.SGD, lr=0.1, momentum=0.5)(half, gradients[3:])
    np.testing.assert_allclose(w.data, expected, rtol=1e-12)


def test_a_switch_midway_is_differentiated_through():
    def after(start):
        w = +start
        optimizer = optim.SGD([w], lr=0.1, differentiable=True)
        for k in range(4):
            optimizer.momentum = 0.9 * (k > 1)
            optimizer.zero_grad()
            tg.tanh(w).square().sum().backward(create_graph=True)
            optimizer.step()
        return (w**3).sum()

    gradcheck(after, np.array([0.5, -1.0]))


def test_momentum_may_be_a_tensor_to_differentiate_by():
    def after(momentum, l2):
        w = tg.tensor([0.5, -1.0], dtype="float64", requires_grad=True)
        settings = {"momentum": momentum, "nesterov": True, "l2": l2, "differentiable": True}
        optimizer = optim.SGD([w], lr=0.1, **settings)
        for _ in range(3):
            optimizer.zero_grad()
            tg.tanh(w).square().sum().backward(create_graph=True)
            optimizer.step()
        return (w**3).sum()

    gradcheck(after, np.array(0.5), np.array(0.25))


def test_a_compiled_step_follows_the_switches():
    x = np.random.default_rng(0).standard_normal((4, 3))
    changes = {4: ("momentum", 0.9), 6: ("nesterov", True), 8: ("maximize", True)}
    changes[10] = ("momentum", 0.0)

    def trained(compiled):
        tg.random.seed(0)
        model = tg.nn.Linear(3, 2, dtype="float64")
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            cost = model(x).square().sum()
            cost.backward()
            optimizer.step()
            return cost

        run = tg.compile(step) if compiled else step
        for k in range(12):
            if k in changes:
                setattr(optimizer, *changes[k])
            run(x)
        return model.weight.numpy()

    np.testing.assert_allclose(trained(True), trained(False), rtol=1e-12)
