"""Several tasks at once: each costs what its labelled examples cost, whatever else is missing."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.nn import losses
from tensorgraph.testing import gradcheck

NAN = float("nan")
LOSSES = {
    "age": losses.mse,
    "species": losses.cross_entropy,
    "tags": losses.multi_label,
    "alive": losses.binary_cross_entropy_with_logits,
}


def make_outputs(rng, m):
    """Return outputs of the four tasks for m examples."""
    shapes = {"age": (m, 1), "species": (m, 3), "tags": (m, 2), "alive": (m,)}
    return {task: rng.standard_normal(shape) for task, shape in shapes.items()}


def make_targets(rng, labelled):
    """Return targets with NaN where an example is not labelled for a task."""
    m = len(labelled["age"])
    whole = {
        "age": rng.standard_normal((m, 1)),
        "species": rng.integers(0, 3, m).astype(float),
        "tags": rng.integers(0, 2, (m, 2)).astype(float),
        "alive": rng.integers(0, 2, m).astype(float),
    }
    for task, rows in labelled.items():
        whole[task][~rows] = NAN
    return whole


def by_hand(task, z, y):
    """Return the loss of one example, written from its equation."""
    if task == "age":
        return (z[0] - y[0]) ** 2
    if task == "species":
        return np.log(np.exp(z).sum()) - z[int(y)]
    if task == "alive":
        return np.log(1 + np.exp(z)) - y * z
    there = ~np.isnan(y)
    return (np.log(1 + np.exp(z)) - y * z)[there].mean()


@st.composite
def problems(draw):
    m = draw(st.integers(1, 6))
    rows = st.lists(st.booleans(), min_size=m, max_size=m).map(np.array)
    labelled = {task: draw(rows) for task in LOSSES}
    weights = draw(st.dictionaries(st.sampled_from(list(LOSSES)), st.floats(0, 10), max_size=4))
    return m, labelled, weights, draw(st.integers(0, 100))


@given(problems())
def test_the_cost_is_the_weighted_sum_of_the_means_over_labelled_examples(problem):
    m, labelled, weights, seed = problem
    rng = np.random.default_rng(seed)
    outputs, targets = make_outputs(rng, m), make_targets(rng, labelled)
    costs = nn.task_losses(outputs, targets, LOSSES)
    expected = {}
    for task, rows in labelled.items():
        each = [by_hand(task, outputs[task][i], targets[task][i]) for i in range(m) if rows[i]]
        expected[task] = np.mean(each) if each else 0.0
        assert costs[task].item() == pytest.approx(expected[task], rel=1e-9, abs=1e-12)
    total = nn.multitask_loss(outputs, targets, LOSSES, weights)
    wanted = sum(weights.get(task, 1.0) * cost for task, cost in expected.items())
    assert total.item() == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@given(problems())
def test_what_is_not_labelled_has_no_influence_and_no_gradient(problem):
    m, labelled, weights, seed = problem
    rng = np.random.default_rng(seed)
    plain, targets = make_outputs(rng, m), make_targets(rng, labelled)
    outputs = {task: tg.tensor(z, requires_grad=True) for task, z in plain.items()}
    wild = {task: np.where(_rows(labelled[task], z), z, NAN) for task, z in plain.items()}
    spoilt = {task: tg.tensor(z, requires_grad=True) for task, z in wild.items()}
    costs = []
    for found in (outputs, spoilt):
        cost = nn.multitask_loss(found, targets, LOSSES, weights)
        cost.backward()
        costs.append(cost.item())
    assert costs[0] == costs[1]
    for task, rows in labelled.items():
        gradient = outputs[task].grad.data
        assert np.array_equal(gradient, spoilt[task].grad.data)
        assert not gradient[~rows].any()
        if rows.any() and weights.get(task, 1.0) > 1e-3:
            assert gradient[rows].any()


def _rows(rows, like):
    return rows.reshape(-1, *[1] * (like.ndim - 1))


def test_gradients_are_right_at_both_orders():
    rng = np.random.default_rng(0)
    labelled = {task: np.array([True, False, True]) for task in LOSSES}
    targets, plain = make_targets(rng, labelled), make_outputs(rng, 3)

    def f(*outputs):
        found = dict(zip(plain, outputs, strict=True))
        return nn.multitask_loss(found, targets, LOSSES, {"age": 0.5, "tags": 2.0})

    gradcheck(f, *plain.values(), order=2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_cost_has_the_dtype_of_the_outputs(dtype):
    rng = np.random.default_rng(0)
    labelled = {task: np.array([True, False]) for task in LOSSES}
    outputs = {task: z.astype(dtype) for task, z in make_outputs(rng, 2).items()}
    weights = {"age": np.float64(0.5)}
    for targets in (make_targets(rng, labelled), dict.fromkeys(LOSSES)):
        assert nn.multitask_loss(outputs, targets, LOSSES, weights).dtype == dtype


# -------------------------------------------------------------------------- ways to have no label


ONE = {"t": tg.tensor([[1.0, 2.0], [3.0, 5.0], [0.0, 0.0]], requires_grad=True)}


@pytest.mark.parametrize(
    "target",
    [
        [1, None, 0],
        (1, NAN, 0),
        np.array([1, NAN, 0]),
        np.array([1, None, 0]),
        np.float32([1, NAN, 0]),
        tg.tensor([1, NAN, 0]),
    ],
)
def test_classes_with_gaps(target):
    cost = nn.multitask_loss(ONE, {"t": target}, {"t": losses.cross_entropy})
    expected = losses.cross_entropy(ONE["t"][[0, 2]], [1, 0])
    assert cost.item() == expected.item()


def test_classes_that_are_no_whole_numbers_are_refused_by_the_loss():
    with pytest.raises(DTypeError, match="integer"):
        nn.multitask_loss(ONE, {"t": [0.5, NAN, 1.0]}, {"t": losses.cross_entropy})


def test_a_loss_that_knows_missing_labels_goes_on_doing_so():
    ignoring = partial(losses.cross_entropy, ignore_index=-1)
    cost = nn.multitask_loss(ONE, {"t": np.array([1, -1, -1])}, {"t": ignoring})
    assert cost.item() == losses.cross_entropy(ONE["t"][:1], [1]).item()
    gaps = np.array([[1, NAN], [NAN, NAN], [0, 1]])
    cost = nn.multitask_loss(ONE, {"t": gaps}, {"t": losses.multi_label})
    assert cost.item() == pytest.approx(losses.multi_label(ONE["t"], gaps).item())


def test_a_loss_that_does_not_know_missing_parts_says_what_to_write():
    gaps = np.array([[1, NAN], [NAN, NAN], [0, 1]])
    with pytest.raises(ArgumentError, match=r"task 't' has .* take losses\.multi_label, or make"):
        nn.multitask_loss(ONE, {"t": gaps}, {"t": losses.mse})


@pytest.mark.parametrize("target", [None, [None] * 3, [NAN] * 3])
def test_a_task_without_labels_costs_nothing(target):
    z = tg.tensor([NAN, float("inf"), 1.0], requires_grad=True)
    cost = nn.multitask_loss({"t": z}, {"t": target}, {"t": losses.mse})
    cost.backward()
    assert cost.item() == 0
    assert cost.shape == ()
    assert z.grad.data.tolist() == [0, 0, 0]


def test_a_loss_of_ones_own_is_not_asked_about_no_examples():
    z = tg.tensor([1.0, 2.0], requires_grad=True)
    cost = nn.multitask_loss({"t": z}, {"t": [NAN, NAN]}, {"t": lambda z, y: ((z - y) ** 2).mean()})
    assert cost.item() == 0


def test_an_empty_batch_costs_nothing():
    cost = nn.multitask_loss({"t": np.zeros((0, 2))}, {"t": np.zeros((0, 2))}, {"t": losses.mse})
    assert cost.item() == 0


# -------------------------------------------------------------------------------------- the module


def two_heads():
    return nn.MultiTask(
        nn.Sequential(nn.Linear(3, 4), nn.Tanh()), {"a": nn.Linear(4, 1), "b": nn.Linear(4, 2)}
    )


def test_heads_share_the_trunk():
    model = two_heads()
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    outputs = model(x)
    shared = model.trunk(x)
    for task, head in model.heads.items():
        assert np.array_equal(outputs[task].data, head(shared).data)
    assert [path for path, _ in model.named_parameters()][-2:] == ["heads.b.weight", "heads.b.bias"]
    assert repr(model).startswith("MultiTask(a, b)  31 parameters")
    targets = {"a": np.zeros((5, 1)), "b": None}
    nn.multitask_loss(outputs, targets, {"a": losses.mse, "b": losses.mse}).backward()
    assert not model.heads["b"].weight.grad.data.any()
    assert model.trunk.layers[0].weight.grad.data.any()


def test_a_shared_trunk_learns_two_tasks_with_half_of_the_labels_missing():
    rng = np.random.default_rng(0)
    tg.random.seed(0)
    x = rng.standard_normal((200, 3)).astype(np.float32)
    targets = {"a": (x[:, :1] * 2).copy(), "b": (x[:, 0] > x[:, 1]).astype(float)}
    targets["a"][::2], targets["b"][1::2] = NAN, NAN
    model = two_heads()
    optimizer = tg.optim.Adam(model.parameters(), lr=0.05)
    loss = partial(nn.multitask_loss, losses={"a": losses.mse, "b": losses.cross_entropy})
    costs = []
    for _ in range(60):
        cost = loss(model(x), targets)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        costs.append(cost.item())
    assert costs[-1] < 0.2 * costs[0]


@pytest.mark.parametrize(
    ("trunk", "heads", "error", "text"),
    [
        (nn.ReLU(), {}, ArgumentError, r'such as {"age": nn.Linear\(16, 1\)}, not a dict'),
        (nn.ReLU(), [nn.ReLU()], ArgumentError, "heads are a dict of modules"),
        (3, {"a": nn.ReLU()}, DTypeError, "'trunk' is a int"),
        (nn.ReLU(), {"a": [nn.ReLU()]}, DTypeError, "'a' is a list"),
        (nn.ReLU(), {1: nn.ReLU()}, DTypeError, "1 is a ReLU; .* named by strings"),
    ],
)
def test_what_is_no_trunk_and_no_heads(trunk, heads, error, text):
    with pytest.raises(error, match=text):
        nn.MultiTask(trunk, heads)


@pytest.mark.parametrize(
    ("outputs", "targets", "weights", "error", "text"),
    [
        ({"s": [1.0]}, {"t": [1.0]}, {}, ArgumentError, "are those of t, outputs those of s"),
        ({"t": [1.0]}, {}, {}, ArgumentError, "targets those of none; .* write None as its target"),
        ({"t": [1.0]}, [1.0], {}, ArgumentError, r"targets those of \[1.0\]"),
        ([1.0], {"t": [1.0]}, {}, ArgumentError, r"outputs those of \[1.0\]"),
        ({"t": [1.0, 2.0]}, {"t": [1.0]}, {}, ShapeError,
         r"task 't' has an output of shape \(2,\) and a target of shape \(1,\)"),
        ({"t": [1.0]}, {"t": [1.0]}, {"u": 1}, ArgumentError, "weight of 'u' is 1; .* tasks t"),
        ({"t": [1.0]}, {"t": [1.0]}, {"t": -1}, ArgumentError, "weight of 't' is -1"),
        ({"t": [1.0]}, {"t": [1.0]}, {"t": NAN}, ArgumentError, "weight of 't' is nan"),
        ({"t": [1.0]}, {"t": [1.0]}, {"t": "1"}, ArgumentError, "weight of 't' is '1'"),
    ],
)  # fmt: skip
def test_tasks_and_weights_that_do_not_fit(outputs, targets, weights, error, text):
    with pytest.raises(error, match=text):
        nn.multitask_loss(outputs, targets, {"t": losses.mse}, weights)
