"""Optimizers where numbers leave the range: half precision, huge gradients, ε = 0, byte orders."""

import math
from contextlib import nullcontext

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.errors import AnomalyError, StateError, UsageWarning
from tensorgraph.optim.working_dtype import leaves_range, limit
from tests.optim.optimizer_cases import CASES, give, parameters

SQUARING = {"RMSprop", "Adagrad", "Adam", "AdamW", "NAdam"}
"""Those that divide by a root of squares, ε added to it."""
OTHERS_WITH_EPS = {"Adadelta", "Adafactor", "Adamax", "LAMB", "Muon", "RAdam", "ScheduleFreeAdamW"}
"""Those that divide by something else, or do something else besides."""
every_rule = pytest.mark.parametrize("rule", CASES)


def kind(rule):
    return rule.split()[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_square_may_be_added_to_itself_for_many_steps(dtype):
    largest = float(np.finfo(dtype).max)
    assert limit(np.dtype(dtype)) * 2.0**26 <= largest < limit(np.dtype(dtype)) * 2.0**27
    for share, leaves in ((0.99, False), (1.01, True)):
        grad = np.array([np.sqrt(share * limit(np.dtype(dtype)))], dtype)
        assert leaves_range(grad, np.dtype(dtype)) == leaves


def test_the_rules_that_divide_by_a_root_of_squares_are_those_with_an_eps():
    rules = {kind(rule) for rule in CASES}
    assert {r for r in rules if "eps" in make(r, parameters([()])).defaults} == {
        *SQUARING,
        *OTHERS_WITH_EPS,
    }


def make(name, params, **settings):
    return getattr(optim, name)(params, lr=0.01, **settings)


# ---------------------------------------------------------------------------------- half precision


@every_rule
@pytest.mark.parametrize("scale", [1e-6, 1.0, 300.0, 6e4])
@pytest.mark.parametrize("differentiable", [False, True])
def test_a_step_in_float16_is_that_of_float32_rounded(rule, scale, differentiable, block):
    shapes = [(3,), (2, 3), (7,)]
    half = parameters(shapes, "float16")
    single = [tg.tensor(p, dtype="float32", requires_grad=True) for p in half]
    pair = [CASES[rule].make(params, differentiable=differentiable) for params in (half, single)]
    rng = np.random.default_rng(2)
    for _ in range(5):
        gradients = [(scale * rng.uniform(-1, 1, s)).astype("float16") for s in shapes]
        with tg.no_grad():
            give(half, gradients)
            give(single, [g.astype("float32") for g in gradients])
        for optimizer in pair:
            optimizer.step()
        for p, q in zip(half, single, strict=True):
            assert p.dtype == np.float16
            np.testing.assert_array_equal(p.data, q.data.astype("float16"))
        if not differentiable:
            for p, q in zip(half, single, strict=True):
                q.assign(p.data.astype("float32"))
        else:
            break
    for key, value in pair[0].state_dict().items():
        assert value.dtype != np.float16, key


def test_adam_in_float16_takes_a_step_of_a_hundredth():
    (w,) = parameters([()], "float16")
    w.assign(np.float16(1))
    give([w], [np.float16(300)])
    optim.Adam([w], lr=0.01).step()
    assert w.item() == np.float16(0.99)


# --------------------------------------------------------------------------------- huge gradients


@every_rule
@pytest.mark.parametrize("differentiable", [False, True])
def test_after_a_huge_gradient_the_equation_still_holds(rule, differentiable, block):
    case, shapes = CASES[rule], [(3,), (9,)]
    params = parameters(shapes, "float32")
    start = [p.data.astype(float) for p in params]
    rng = np.random.default_rng(3)
    sizes = [1.0, 1e25, 1.0, 1e-3, 3e38 if kind(rule) in SQUARING else 1e25, 1.0]
    gradients = [
        [(size * rng.uniform(0.5, 1, s)).astype("float32") for s in shapes] for size in sizes
    ]
    optimizer = case.make(params, differentiable=differentiable)
    message = r"gradient of '[01]' reaches \S*e.24, whose square leaves .*clip_by_global_norm"
    for k, step in enumerate(gradients):
        with tg.no_grad():
            give(params, step)
        first = k == 1 and optimizer.begun(optimizer.groups[0], np.zeros(2))
        with pytest.warns(UsageWarning, match=message) if first else nullcontext():
            optimizer.step()
    for i, (param, first) in enumerate(zip(params, start, strict=True)):
        expected = case.equation(first, [step[i].astype(float) for step in gradients])
        assert param.dtype == np.float32
        np.testing.assert_allclose(param.data, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", sorted(SQUARING))
def test_a_state_that_left_single_precision_is_saved_and_goes_on(name):
    one, other = parameters([(3,)], "float32"), parameters([(3,)], "float32")
    first, second = make(name, one), make(name, other)
    give(one, [np.full(3, 1e25, "float32")])
    with pytest.warns(UsageWarning, match="in float64"):
        first.step()
    second.load_state_dict(first.state_dict())
    other[0].assign(one[0].data)
    for _ in range(3):
        for params, optimizer in ((one, first), (other, second)):
            give(params, [np.ones(3, "float32")])
            optimizer.step()
        np.testing.assert_array_equal(one[0].data, other[0].data)
    for key, value in first.state_dict().items():
        np.testing.assert_array_equal(value, second.state_dict()[key])


@pytest.mark.parametrize("name", sorted(SQUARING))
@pytest.mark.parametrize("differentiable", [False, True])
def test_what_leaves_double_precision_is_refused_and_nothing_changes(name, differentiable, block):
    params = parameters([(9,), (3,), (7,)])
    optimizer = make(name, [*zip("abc", params, strict=True)], differentiable=differentiable)
    with tg.no_grad():
        give(params, [np.ones(9), np.ones(3), np.ones(7)])
    optimizer.step()
    before, held = optimizer.state_dict(), [p.numpy() for p in params]
    with tg.no_grad():
        give(params, [np.full(9, 1e100), np.ones(3), np.full(7, -1e200)])
    message = "the gradient of 'c' reaches 1e.200: .* leaves the range of float64, and nothing"
    with pytest.raises(AnomalyError, match=message):
        optimizer.step()
    for p, value in zip(params, held, strict=True):
        np.testing.assert_array_equal(p.data, value)
    for key, value in optimizer.state_dict().items():
        np.testing.assert_array_equal(value, before[key])


@pytest.mark.parametrize("name", ["SGD", "HeavyBall", "Nesterov", "EWMAMomentum", "Lion"])
def test_rules_without_squares_take_what_double_precision_holds(name):
    (w,) = parameters([(2,)])
    give([w], [np.array([1e200, -1e200])])
    make(name, [w]).step()
    assert np.isfinite(w.data).all()


def test_a_state_of_blocks_stays_where_a_later_gradient_is_not_finite(block):
    params = parameters([(30,), (30,)])
    optimizer = optim.Adam(params)
    give(params, [np.ones(30), np.full(30, math.nan)])
    with pytest.raises(AnomalyError, match="of '1' is not finite in 30"):
        optimizer.step()
    assert not optimizer.state_dict()["0/m"].any()


# --------------------------------------------------------------------------------------- ε and 0


@pytest.mark.parametrize("name", sorted(SQUARING))
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("differentiable", [False, True])
def test_without_eps_a_gradient_of_0_makes_no_step(name, dtype, differentiable):
    (w,) = parameters([(3,)], dtype)
    before = w.numpy()
    plain = {"weight_decay": 0.0} if name == "AdamW" else {}
    optimizer = make(name, [w], eps=0, differentiable=differentiable, **plain)
    for _ in range(2):
        with tg.no_grad():
            give([w], [np.array([0, 1, -1], dtype)])
        optimizer.step()
    assert w.data[0] == before[0]
    assert (np.sign(before - w.data)[1:] == [1, -1]).all()


@pytest.mark.parametrize("name", sorted(SQUARING | OTHERS_WITH_EPS))
@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_without_eps_nothing_is_divided_by_0(name, shape):
    (w,) = parameters([shape])
    optimizer = make(name, [w], eps=0)
    for gradient in (np.zeros(shape), np.eye(*shape) if len(shape) == 2 else np.eye(3)[0]):
        give([w], [gradient])
        optimizer.step()
        assert np.isfinite(w.data).all()


# ---------------------------------------------------------------------------------------- groups


def two_groups(swapped, names, shapes=((2,), (3,)), kind=optim.SGD, **settings):
    a, b = parameters(shapes)
    parts = [[("a", a)], [("b", b)]] if names else [[a], [b]]
    groups = [{"params": parts[0], "lr": 0.1}, {"params": parts[1], "lr": 0.2, **settings}]
    return kind(groups[::-1] if swapped else groups, lr=1.0)


def rates(optimizer):
    return {name: group["lr"] for group in optimizer.groups for name, _ in group.named}


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_groups_in_another_order_keep_their_settings(swapped, kind):
    saved = two_groups(False, names=True, kind=kind)
    saved.groups[0]["lr"], saved.groups[1]["lr"] = 0.3, 0.4
    other = two_groups(swapped, names=True, kind=kind)
    other.load_state_dict(saved.state_dict())
    assert rates(other) == {"a": 0.3, "b": 0.4}


def test_a_schedule_of_a_group_finds_its_group():
    rate = optim.schedules.Manual(0.5)
    saved, other = two_groups(False, True), two_groups(True, True)
    saved.groups[0]["lr"] = other.groups[1]["lr"] = rate
    rate.set(0.25)
    state = saved.state_dict()
    assert "groups/0/lr/events" in state
    other.load_state_dict(state)
    assert rates(other)["b"] == 0.2


def test_groups_without_names_are_told_by_shape_or_refused():
    saved = two_groups(False, names=False)
    other = two_groups(False, names=False)
    other.load_state_dict(saved.state_dict())
    swapped = two_groups(True, names=False)
    with pytest.raises(StateError, match=r"'0' has shape \(3,\), .* shape \(2,\); .*named_param"):
        swapped.load_state_dict(saved.state_dict())
    assert rates(swapped) == {"0": 0.2, "1": 0.1}


def test_other_groups_are_refused():
    a, b, c = zip("abc", parameters([(2,)] * 3), strict=True)
    pair = optim.SGD([{"params": [a, b], "lr": 0.1}, {"params": [c]}], lr=1.0)
    other = optim.SGD([{"params": [a]}, {"params": [b, c], "lr": 0.2}], lr=1.0)
    whole = optim.SGD([a, b, c], lr=1.0)
    with pytest.raises(StateError, match="'a' and 'b' are in two groups here, in one in the state"):
        other.load_state_dict(pair.state_dict())
    with pytest.raises(StateError, match="'a' and 'c' are in one group here, in two in the state"):
        whole.load_state_dict(pair.state_dict())
    assert rates(other) == {"a": 1.0, "b": 0.2, "c": 0.2}


def test_a_state_saved_before_groups_had_members_is_loaded_by_number():
    saved, other = two_groups(False, True), two_groups(False, True)
    saved.groups[0]["lr"] = 0.7
    state = {k: v for k, v in saved.state_dict().items() if "/params/" not in k}
    other.load_state_dict(state)
    assert rates(other) == {"a": 0.7, "b": 0.2}


# ---------------------------------------------------------------------------------- byte orders


def odd_array(how, tmp_path):
    """Return [1, 2, 3] in float32 as no program of today lays it out."""
    values = np.array([1, 2, 3], "float32")
    if how == "big-endian":
        return values.astype(">f4")
    if how == "unaligned":
        bytes_ = np.zeros(13, np.uint8)[1:]
        bytes_[:] = np.frombuffer(values.tobytes(), np.uint8)
        return bytes_.view("float32")
    if how == "read-only":
        values.setflags(write=False)
        return values
    values.tofile(tmp_path / "values")
    return np.memmap(tmp_path / "values", "float32", mode="r")


@pytest.mark.parametrize("how", ["big-endian", "unaligned", "read-only", "memmap"])
@pytest.mark.parametrize("entry", ["tensor", "assign", "grad", "asarray"])
def test_parameters_and_gradients_of_any_layout_are_updated(how, entry, tmp_path):
    array = odd_array(how, tmp_path)
    w = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    if entry == "tensor":
        w = tg.tensor(array, requires_grad=True)
    elif entry == "assign":
        w.assign(array)
    w.grad = array if entry == "grad" else tg.asarray(array)
    assert w.grad.dtype.isnative
    assert w.dtype.isnative
    optim.SGD([w], lr=0.5).step()
    np.testing.assert_array_equal(w.data, [0.5, 1.0, 1.5])


def test_a_byte_order_asked_for_is_that_of_the_machine():
    assert tg.zeros(2, dtype=">f8").dtype == tg.tensor([1, 2], ">i4").astype(">f8").dtype == float
    ids = tg.nn.Embedding(3, 2)(np.array([1, 2], ">i2"))
    assert ids.shape == (2, 2)
