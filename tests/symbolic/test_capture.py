"""Whole training steps on symbols: each layer and each optimizer against running it."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.engine.modes import meet
from tensorgraph.optim import flat_parameters
from tensorgraph.symbolic.capture import capture
from tensorgraph.symbolic.expr import Expr
from tests.nn.layer_cases import CASES
from tests.nn.test_layers import made, outputs
from tests.optim.optimizer_cases import CASES as OPTIMIZERS

RNG = np.random.default_rng(0)


class Step:
    """A model that is trained: by one layer, with a parameter on its inputs."""

    def __init__(self, layer, rest, inputs, make_optimizer):
        self.layer, self.rest = layer, rest
        self.scale = tg.tensor(1.25, "float64", requires_grad=True, name="scale")
        named = [*layer.named_parameters(), ("scale", self.scale)]
        self.optimizer = make_optimizer(named)

    def __call__(self, *inputs):
        self.optimizer.zero_grad()
        inputs = [self.scale * x for x in inputs]
        results = outputs(self.layer(*inputs, *self.rest))
        weights = [np.cos(np.arange(r.size)).reshape(r.shape) + 0.1 for r in results]
        loss = sum(((r * r + r) * w).sum() for r, w in zip(results, weights, strict=True))
        loss = loss + self.scale * 0.5
        loss.backward()
        self.optimizer.step()
        return loss, *results

    def state(self):
        """Return all arrays that a step changes."""
        tensors = [*self.layer.parameters(), *self.layer.buffers(), self.scale]
        return [t.data for t in tensors], [t.grad for t in tensors]


def assert_same(found, expected):
    for x, y in zip(found, expected, strict=True):
        if x is None or y is None:
            assert x is y
            continue
        x, y = (v.detach() if isinstance(v, tg.Tensor) else v for v in (x, y))
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-12, atol=1e-12)


def compare(build, inputs):
    """Take a step, and two others by a capture: against three steps."""
    eager, captured = build(), build()
    for step in (eager, captured):
        tg.random.seed(1)
        step(*inputs)
    before = captured.state(), captured.optimizer.state_dict()
    caught = capture(captured, *inputs)
    arrays, gradients = captured.state()
    assert all(x is y for x, y in zip(gradients, before[0][1], strict=True))
    assert_same(arrays, before[0][0])
    assert captured.optimizer.steps == 1 == int(captured.optimizer.state_dict()["steps"])
    tg.random.seed(2)
    expected = eager(*inputs)
    tg.random.seed(2)
    values = caught.values(*inputs)
    assert_same([values[e] for e in caught.outputs], [r.data for r in expected])
    written = {id(caught.tensors[e]): values[new] for e, new in caught.written.items()}
    mine = [*captured.layer.parameters(), *captured.layer.buffers(), captured.scale]
    assert_same([written.get(id(t), t.data) for t in mine], eager.state()[0])
    tg.random.seed(2)
    assert_same(caught(*inputs), [r.data for r in expected])
    assert_same_state(captured, eager)
    tg.random.seed(3)
    expected = eager(*inputs)
    tg.random.seed(3)
    assert_same(caught(*inputs), [r.data for r in expected])
    assert_same_state(captured, eager)
    assert not caught.unrepeated
    return caught


def assert_same_state(captured, eager):
    (arrays, gradients), (their_arrays, their_gradients) = captured.state(), eager.state()
    assert_same(arrays, their_arrays)
    assert_same(gradients, their_gradients)
    mine, theirs = captured.optimizer.state_dict(), eager.optimizer.state_dict()
    assert mine.keys() == theirs.keys()
    assert_same(mine.values(), theirs.values())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_a_step_of_every_layer(name, training):
    case = CASES[name]
    inputs = case.inputs()

    def build():
        return Step(made(case, "float64", training), case.rest, inputs, optim.Adam)

    caught = compare(build, inputs)
    assert "scale" in {e.name for e in caught.written}


@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("block", [5, flat_parameters.BLOCK])
def test_a_step_of_every_optimizer(rule, block, monkeypatch):
    monkeypatch.setattr(flat_parameters, "BLOCK", block)
    make = OPTIMIZERS[rule].make

    def build():
        tg.random.seed(0)
        layers = nn.Sequential(
            nn.Linear(3, 4, dtype="float64"), nn.BatchNorm(4, dtype="float64"), nn.Tanh()
        )
        step = Step(layers, (), [], make)
        step.optimizer.lr = optim.schedules.inverse_time(step.optimizer.lr, 0.5)
        return step

    compare(build, [RNG.normal(size=(5, 3))])


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_a_recorded_step_of_every_optimizer(rule):
    x = RNG.normal(size=(3,))

    def run(last):
        w = tg.tensor(np.cos(np.arange(6.0)).reshape(2, 3), requires_grad=True)
        optimizer = OPTIMIZERS[rule].make([w], differentiable=True)

        def step(x):
            optimizer.zero_grad()
            (tg.tanh(w @ x) ** 2).sum().backward(create_graph=True)
            optimizer.step()

        step(x)
        before = w._data, w.node
        if last is None:
            caught = capture(step, x)
            assert w._data is before[0]
            assert w.node is before[1] and optimizer.steps == 1
            caught(x)
        else:
            step(x)
        state = optimizer.state_dict()
        return [w.data, *(state[key] for key in state if not key.endswith("steps"))]

    assert_same(run(None), run("eager"))


def test_gradients_that_add_up_clipped_and_hooked_and_checkpointed():
    x = RNG.normal(size=(3, 4))

    def run(caught):
        tg.random.seed(0)
        w = tg.tensor(np.cos(np.arange(8.0)).reshape(2, 4), requires_grad=True, name="w")
        w.register_hook(lambda g: g * 0.5)
        drop = nn.Dropout(keep_prob=0.5)
        inside = tg.checkpoint(lambda x: drop(tg.tanh(x @ w.mT)))
        optimizer = optim.EWMAMomentum([w], 0.1)

        def step(x):
            (inside(x) ** 2).sum().backward()
            (w * w).sum().backward()
            optim.clip_by_value([w], 0.7)
            norm = optim.clip_by_global_norm([w], 0.9)
            optimizer.step()
            return norm

        step(x)
        tg.random.seed(4)
        if not caught:
            norm = step(x)
            return norm, w.grad.data, w.data
        found = capture(step, x)
        tg.random.seed(4)
        values = found.values(x)
        (e,) = (e for e, t in found.tensors.items() if t is w)
        gradient, new = values[found.gradients[e]], values[found.written[e]]
        return values[found.outputs[0]], gradient, new

    assert_same(run(True), run(False))


def test_gradients_of_gradients_inside_a_step():
    w = tg.tensor(RNG.normal(size=(3,)), requires_grad=True, name="w")

    def penalty(x):
        slope = tg.gradients((tg.sin(w) * x).sum(), w, create_graph=True)
        return tg.grad(lambda v: (v * v * slope).sum())(w), tg.gradients((slope**2).sum(), w)

    x = RNG.normal(size=(3,))
    assert_same(capture(penalty, x)(x), [r.data for r in penalty(x)])


def test_all_is_as_it_was_when_the_function_raises():
    layer, optimizer = nn.BatchNorm(2), None
    optimizer = optim.Adam(layer.parameters())

    def step(x):
        optimizer.zero_grad()
        layer(x).sum().backward()
        optimizer.step()
        return float(layer.weight.sum())

    (layer(RNG.normal(size=(4, 2)).astype("float32")) ** 2).sum().backward()
    before = [(t, t._data, t.grad) for t in layer.parameters() + layer.buffers()]
    with pytest.raises(tg.errors.GraphError, match="has no value"):
        capture(step, RNG.normal(size=(4, 2)).astype("float32"))
    assert all(t._data is data and t.grad is grad for t, data, grad in before)
    assert optimizer.steps == 0
    optimizer.step()


def test_tensors_are_bound_by_reference_and_a_trace_keeps_their_values():
    w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
    f = lambda x: (w.detach() * x + w.data).sum()  # noqa: E731
    caught, traced = capture(f, np.ones(2)), tg.trace(f, np.ones(2))
    assert caught(np.ones(2)) == traced(np.ones(2)) == 6
    w.assign([2.0, 2.0])
    assert caught(np.ones(2)) == 8 and traced(np.ones(2)) == 6


def test_a_trace_of_a_step_lists_what_it_writes():
    w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
    optimizer = optim.SGD([w], lr=0.5)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    traced = tg.trace(step, np.ones(2, "float32"))
    lines = str(traced).splitlines()
    assert lines[:2] == ["x: float32[2]", "w: float32[2]"] and lines[-1] == "return "
    assert "w ← %" in lines[-2]
    assert [" = subtract(" in line for line in lines].count(True) == 1
    assert w.grad is None and w.numpy().tolist() == [1.0, 2.0]


def test_each_call_draws_anew_and_in_order():
    generator = tg.random.Generator(0)

    def f(p):
        unused = tg.random.normal(3, generator=generator)
        mask = tg.random.bernoulli(p, generator=generator)
        order = tg.random.permutation(4, generator=generator)
        return (
            tg.random.uniform(2, mask, 2.0, generator=generator),
            order,
            mask,
            unused.shape[0] * p,
        )

    p = np.array([0.25, 0.75], np.float64)
    caught = capture(f, p)
    for _ in range(2):
        state = generator.state
        expected = f(p)
        generator.state = state
        assert_same(caught(p), [np.asarray(r) for r in expected])


# ------------------------------------------------------------------------ tensors over symbols


def test_a_tensor_over_a_symbol_has_no_value_and_says_what_to_write():
    w = tg.asarray(tg.trace(lambda x: x, np.ones((2, 3))).inputs[0])
    w.requires_grad = True
    loss = (w * w).sum()
    assert repr(w) == "tensor(<x float64[2, 3]>, dtype=float64, requires_grad=True)"
    assert str(loss) == "<sum float64[], whose value is known outside only>"
    with pytest.raises(tg.errors.GraphError, match=r"write tg\.where\(condition, a, b\)"):
        bool(loss > 0)
    for ask in (float, int, math.floor, np.asarray, lambda x: [0, 1][x.astype("int64")]):
        with pytest.raises(tg.errors.GraphError, match="return it from the function"):
            ask(loss)
    with pytest.raises(tg.errors.GraphError, match=r"tg\.asarray\(array\)\[i\] for an array"):
        np.ones(3)[tg.astype(loss, "int64")]
    loss.backward()
    assert type(w.grad.data) is Expr and w.grad.shape == (2, 3)
    assert type(tg.softmax(w).data) is type(tg.logsumexp(w).data) is Expr


def z_of(shape, dtype=np.float32):
    return tg.trace(lambda x: x, np.ones(shape, dtype)).inputs[0]


def test_numpys_functions_that_ask_for_values_are_refused_on_symbols(tmp_path):
    z, i = z_of((3,)), z_of((3,), np.int64)
    calls = [
        lambda x: np.allclose(x, x + 1), lambda x: np.array_equal(x, x + 1),
        lambda x: np.array_equiv(x, x), lambda x: np.isclose(x, 1.0), np.count_nonzero,
        np.nonzero, np.argwhere, np.flatnonzero, np.where, np.array2string, np.array_repr,
        np.array_str,
        lambda x: np.copyto(np.zeros(3), x), lambda x: np.save(tmp_path / "x", x),
        lambda x: np.savez(tmp_path / "x", x=x), lambda x: np.savez_compressed(tmp_path / "x", x),
        lambda x: np.savetxt(tmp_path / "x", x), lambda x: np.full_like(np.zeros(3), x),
        lambda x: np.full_like(x, x), np.min_scalar_type,
    ]  # fmt: skip
    for call in calls:
        for x in (z, tg.asarray(z)):
            with pytest.raises(tg.errors.GraphError, match="has no value"):
                call(x)
    with pytest.raises(tg.errors.GraphError, match=r"how many elements .* is not known of a sym"):
        np.bincount(i)


def test_numpys_functions_that_ask_for_shape_and_dtype_answer_on_symbols():
    z = z_of((2, 3))
    for x in (z, tg.asarray(z)):
        assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
        assert np.result_type(x, np.float64) == np.float64
        assert np.can_cast(x, np.float64) and not np.can_cast(x, np.float16)
        assert np.common_type(x) is np.float32
        assert np.isrealobj(x) and not np.iscomplexobj(x)
        for make in (np.zeros_like, np.ones_like, np.empty_like, lambda x: np.full_like(x, 2)):
            made = make(x)
            assert (made.shape, made.dtype) == ((2, 3), np.float32)
        assert np.zeros(4, like=x).shape == (4,)


def test_what_is_written_at_a_symbolic_index_is_as_at_a_known_one():
    index, value = np.array([2, 0]), np.array([5.0, 6.0])
    for write in (tg.set_at, tg.add_at, tg.max_at):
        captured = capture(lambda i, write=write: write(tg.zeros(4), i, value), index)
        for places in (index, np.array([1, 1])):
            assert_same([captured(places)], [write(tg.zeros(4), places, value)])
    mask = np.array([True, False, True, False])
    for write in (tg.set_at, tg.add_at):
        with pytest.raises(tg.errors.GraphError, match=rf"^{write.__name__}\W.*symbolic mask"):
            tg.trace(lambda m, write=write: write(tg.zeros(4), m, value), mask)


def test_where_set_at_writes_is_a_constant_of_the_capture():
    w = tg.tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
    caught = capture(lambda v: tg.set_at(w, [2, 0], v), np.ones(2, "float32"))
    assert list(caught.tensors.values()) == [w]
    assert caught(np.array([8, 9], "float32")).tolist() == [9, 2, 8]


# ------------------------------------------------------------------- what a capture leaves behind


class Lazy(optim.Optimizer):
    """An optimizer whose state arises in its first step."""

    def start(self, param):
        return {}

    def update(self, param, grad, state, t, lr):
        m = state.get("m", 0.0) + grad
        return param - lr * m, {"m": m}


@pytest.mark.parametrize("block", [2, flat_parameters.BLOCK])
def test_state_that_arises_in_a_captured_step_is_gone_afterwards(block, monkeypatch):
    monkeypatch.setattr(flat_parameters, "BLOCK", block)
    w = tg.tensor(np.ones(4), requires_grad=True, name="w")
    optimizer = Lazy([("w", w)], lr=0.5)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    x = np.arange(4.0)
    capture(step, x)
    assert "w/m" not in optimizer.state_dict()
    step(x)
    assert optimizer.state_dict()["w/m"].tolist() == x.tolist()
    capture(step, x)(x)
    assert optimizer.state_dict()["w/m"].tolist() == (2 * x).tolist()
    assert w.data.tolist() == (1 - 1.5 * x).tolist()


class Slots:
    __slots__ = ("kept",)


class Both(Slots):
    """An object with slots and a dict, which a step tells of before it changes it."""

    def __init__(self):
        self.kept, self.other = 1, 2


def test_slots_and_dicts_are_restored_along_the_classes():
    thing = Both()

    def f(x):
        meet(thing)
        thing.kept, thing.other, thing.new = x, x, x
        return x

    capture(f, np.ones(2))
    assert (thing.kept, thing.other) == (1, 2)
    assert not hasattr(thing, "new")


def test_a_capture_inside_a_capture_leaves_all_as_it_was():
    w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
    optimizer = optim.SGD([w], lr=0.5)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    x = np.array([1.0, 3.0], "float32")
    for meet_first in (True, False):

        def outer(x, meet_first=meet_first):
            y = (w * x).sum() if meet_first else x.sum()
            before = w.data
            inner = capture(step, x)
            assert (w.data is before, w.grad) == (True, None)
            assert list(inner.tensors.values()) == [w]
            assert [inner.tensors[e] for e in inner.written] == [w]
            inner(x)
            return y + (w * x).sum()

        steps = optimizer.steps
        caught = capture(outer, x)
        assert w.numpy().tolist() == [1.0, 2.0] and w.grad is None and optimizer.steps == steps
        assert [caught.tensors[e] for e in caught.written] == [w]
        result = caught(x)
        assert w.numpy().tolist() == [0.5, 0.5]
        assert result == (7 if meet_first else 4) + 2
        w.assign([1.0, 2.0])
        w.grad = None


def test_a_tensor_that_is_given_a_value_and_nothing_else_is_written():
    w, x = tg.tensor([1.0, 2.0]), np.ones(2, "float32")
    caught = capture(lambda x: (w.assign(3 * x), x.sum())[1], x)
    assert w.numpy().tolist() == [1.0, 2.0]
    assert [caught.tensors[e] for e in caught.written] == [w]
    assert caught(x) == 2.0 and w.numpy().tolist() == [3.0, 3.0]


def test_what_is_written_to_an_argument_is_told_and_done():
    def f(p, x):
        (p * x).sum().backward()
        p.assign(p - 2 * p.grad)
        return p.sum()

    p, x = tg.tensor([1.0, 2.0], requires_grad=True, name="p"), np.ones(2, "float32")
    caught = capture(f, p, x, names=["p", "x"])
    assert p.numpy().tolist() == [1.0, 2.0] and p.grad is None
    assert not caught.tensors
    assert list(caught.written) == list(caught.gradients) == [caught.inputs[0]]
    values = caught.values(p.numpy(), x)
    assert values[caught.gradients[caught.inputs[0]]].tolist() == [1.0, 1.0]
    assert caught(p, x).item() == -1.0
    assert p.numpy().tolist() == [-1.0, 0.0] and p.is_leaf and p.requires_grad
    with pytest.raises(tg.errors.GraphError, match=r"writes its argument 'p'.*write tg\.tensor"):
        caught(p.numpy(), x)


def test_setters_before_a_tensor_is_read_are_undone():
    grad = tg.tensor([5.0, 5.0])
    for change in [
        lambda w, x: setattr(w, "grad", x),
        lambda w, x: setattr(w, "requires_grad", False),
        lambda w, x: setattr(w, "name", "other"),
        lambda w, x: w.register_hook(lambda g: g * 2),
    ]:
        w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
        w.grad = grad

        def f(x, w=w, change=change):
            change(w, x)
            return (w * x).sum()

        capture(f, np.ones(2, "float32"))
        assert w.grad is grad and w.requires_grad and w.name == "w" and not w._hooks


def test_a_hook_that_a_captured_function_removes_is_there_afterwards():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    y = w * w
    removers = [w.register_hook(lambda g: g * 2), y.register_hook(lambda g: g * 2)]
    capture(lambda x: (x, [remove() for remove in removers])[0], np.ones(2))
    y.sum().backward()
    assert w.grad.data.tolist() == [8.0, 16.0]


def test_a_gradient_that_is_set_is_told():
    w = tg.tensor([1.0, 2.0], requires_grad=True)

    def f(x):
        w.grad = x
        return (w * x).sum()

    x = np.array([3.0, 4.0], "float32")
    caught = capture(f, x)
    (gradient,) = caught.gradients.values()
    assert gradient is caught.inputs[0]


def test_a_capture_is_called_with_tensors_too():
    w = tg.tensor([1.0, 2.0], name="w")

    def f(x):
        w.assign(w + x)
        return w * 2

    caught, x = capture(f, np.ones(2, "float32")), tg.ones(2, requires_grad=True)
    result = caught(x)
    assert result.data.tolist() == [4.0, 6.0] and w.data.tolist() == [2.0, 3.0]
    assert type(w._data) is np.ndarray and w.is_leaf
    result.sum().backward()
    assert x.grad.data.tolist() == [2.0, 2.0]
    assert caught.values(tg.ones(2))[caught.outputs[0]].data.tolist() == [6.0, 8.0]


def test_what_eager_refuses_by_its_values_is_a_check():
    caught = capture(lambda p: tg.random.bernoulli(p), np.full(2, 0.5))
    caught(np.array([0.0, 1.0]))
    with pytest.raises(tg.errors.GraphError, match="a check of the captured function"):
        caught(np.array([-1.0, 2.0]))


# ---------------------------------------------------------------------- observers inside a capture


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("around", [tg.profile, tg.debug])
def test_observers_find_nothing_in_what_is_traced(around, create_graph):
    w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")

    def f(x):
        y = tg.where(x > 0, tg.log(w * x), tg.softmax(w)).sum()
        return tg.gradients(y, w, create_graph=create_graph)

    def watched(x):
        with around() as found:
            slope = f(x)
        if around is tg.profile:
            made = {row.name: (row.calls, row.bytes) for row in found.ops}
            assert made["log"] == made["where"] == (1, 0)
        return slope

    x = np.array([1.0, -1.0], "float32")
    found, expected = capture(watched, x)(x), f(x)
    assert_same([found], [expected])


def test_the_card_of_a_tensor_over_a_symbol_shows_what_is_known():
    w = tg.asarray(z_of((2, 3)))
    w.requires_grad, w.name = True, "w"
    card = w._repr_html_()
    assert "<b>w</b> · parameter" in card and "&lt;x float32[2, 3], whose value" in card


@pytest.mark.parametrize("of_part", [lambda x: x[None], lambda x: x[[0, 0]]])
def test_a_gradient_is_added_to_one_that_no_symbol_is_in(of_part):
    """The first gradient, of what is used whole, is the same for all inputs: an array."""

    def cost(x):
        return (x * np.array([2.0, 3.0])).sum() + (of_part(x) ** 2).sum()

    x = np.array([0.5, -1.0])
    assert (tg.trace(tg.grad(cost), x)(x) == tg.grad(cost)(x)).all()
