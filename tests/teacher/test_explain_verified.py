"""``tg.explain`` says nothing that it has not computed, and leaves everything as it was."""

import random
from itertools import pairwise

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim

rng = np.random.default_rng(0)
x = rng.normal(size=(40, 6)).astype(np.float32)
labels = np.arange(40) % 3


def parameter(values, name=None, dtype="float32"):
    return tg.tensor(np.asarray(values), dtype=dtype, requires_grad=True, name=name)


def network():
    tg.random.seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))


def cost(model):
    return nn.losses.cross_entropy(model(x), labels)


# ----------------------------------------------------------------------------------- not finite


@pytest.mark.parametrize(
    ("values", "compute", "op"),
    [
        ([-1.0, 1.0], lambda w: tg.log(w).sum(), "log"),
        ([1e25, 2e25], lambda w: (w**2).sum(), "square"),
        ([1e30, -1e30], lambda w: (w * 1e30).sum(), "multiply"),
    ],
)
def test_a_loss_that_is_not_finite_is_not_healthy(values, compute, op):
    w = parameter(values)
    why = tg.explain(w, compute(w))
    assert (why.verdict, why.causes[0].op) == ("not finite", op)
    assert "its gradient is finite" in why.summary and why.alarming


def test_biases_that_are_0_are_judged_as_the_weights_are():
    wide = nn.Sequential(*[nn.Linear(6, 6, init=nn.init.normal(std=90.0)) for _ in range(6)])
    why = tg.explain(wide, wide(x).mean())
    assert {one.verdict for one in why[:2]} == {"huge"}
    b = parameter(np.zeros(3))
    assert tg.explain(b, (1e-30 * (b - 1) ** 2).sum()).verdict == "tiny"
    assert tg.explain(b, (1e9 * b).sum()).verdict == "huge"


# ------------------------------------------------------------------------------ as things were


@pytest.mark.parametrize("rule", [optim.SGD, optim.Adam])
def test_a_function_that_trains_changes_nothing(rule):
    model = network()
    optimizer = rule(model.named_parameters(), lr=0.1)

    def step():
        optimizer.zero_grad()
        loss = cost(model)
        loss.backward()
        optimizer.step()
        return loss

    def state():
        parts = [model.state_dict(), optimizer.state_dict()]
        return {f"{k}/{name}": v for k, part in enumerate(parts) for name, v in part.items()}

    step()
    before, grads = state(), [p.grad for p in model.parameters()]
    assert tg.explain(model.layers[0].weight, step).healthy
    assert all(p.grad is g for p, g in zip(model.parameters(), grads, strict=True))
    for name, value in state().items():
        np.testing.assert_array_equal(value, before[name])


def test_random_numbers_of_numpy_and_python_are_left_as_they_are():
    w = parameter([1.0, 2.0])
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    tg.explain(w, lambda: (w * np.random.normal(size=2)).sum() * random.random())  # noqa: NPY002
    found = np.random.normal(), random.random()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    assert found == (np.random.normal(), random.random())  # noqa: NPY002


def test_checks_of_values_that_explain_tries_do_not_end_it():
    w = parameter([1.0, 2.0])

    def loss():
        values = w.numpy()
        assert (values > 0).all(), "only positive"
        return parameter(values.sum()) * 1.0

    assert tg.explain(w, loss).causes[0].kind == "detached"


# ------------------------------------------------------------------- values that leave the graph


def regularised_by_a_number(model):
    return cost(model) + 0.1 * float((model.layers[0].weight ** 2).sum())


def regularised_by_an_array(model):
    return cost(model) + 0.1 * np.sum(model.layers[0].weight.numpy() ** 2)


def gated(model):
    h = tg.relu(model.layers[0](x))
    gate = tg.sigmoid(h.detach().sum(axis=1, keepdims=True))
    return nn.losses.cross_entropy(model.layers[2](h * gate), labels)


def beside_an_array(model):
    h = tg.relu(model.layers[0](x))
    return nn.losses.cross_entropy(model.layers[2](h + h.numpy()), labels)


@pytest.mark.parametrize(
    ("compute", "line"),
    [
        (regularised_by_a_number, "0.1 * float"),
        (regularised_by_an_array, ".numpy() ** 2"),
        (gated, "h.detach()"),
        (beside_an_array, "h.numpy()"),
    ],
)
def test_a_part_that_leaves_the_graph_is_told_though_gradients_are_there(compute, line):
    model = network()
    why = tg.explain(model, lambda: compute(model))
    first, last = why["layers.0.weight"], why["layers.2.weight"]
    assert (first.verdict, last.verdict) == ("incomplete", "healthy")
    assert not first.alarming and not why.warnings(set())  # it may be meant
    (cause,) = first.causes
    with open(__file__, encoding="utf-8") as source:
        assert line in source.readlines()[int(cause.line.rpartition(":")[2]) - 1]
    assert cause.kind == "left out" and "missing in what was recorded" in cause.checked
    assert len(why.causes) == 1  # one line, one cause


def logged(model):
    loss = cost(model)
    assert float(loss) < 1e9 and model.layers[0].weight.numpy().any()
    return loss


def masked(model):
    z = model.layers[0](x)
    return nn.losses.cross_entropy(model.layers[2](z * (z.numpy() > 0)), labels)


def shifted(model):
    z = model(x)
    z = z - z.numpy().max(axis=1, keepdims=True)
    return -(z - tg.log(tg.exp(z).sum(axis=1, keepdims=True)))[np.arange(40), labels].mean()


@pytest.mark.parametrize("compute", [logged, masked, shifted])
def test_values_that_are_read_without_effect_on_the_gradient_are_no_matter(compute):
    model = network()
    why = tg.explain(model, lambda: compute(model))
    assert why.healthy, str(why)


# ---------------------------------------------------------------------------- equal, not the same


def test_equal_values_are_no_proof_of_a_copy():
    w, v, data = parameter(range(6), "w"), parameter(np.ones(6)), np.arange(6.0, dtype=np.float32)
    (cause,) = tg.explain(w, (v * data).sum()).causes
    assert cause.kind == "equal values" and "if it was made of w" in cause.text
    assert tg.explain(w, lambda: (v * data).sum()).causes[0].kind == "not used"
    assert tg.explain(w, (v * w.detach()).sum()).causes[0].kind == "detached"


def test_layers_of_the_same_random_numbers_are_no_copies():
    W1, W2 = (parameter(np.random.default_rng(0).normal(size=(6, 6)), n) for n in ("W1", "W2"))
    (cause,) = tg.explain(W2, (tg.tanh(x @ W1) ** 2).sum()).causes
    assert "or both come of the same random numbers" in cause.text


def test_equal_features_are_no_symmetric_units():
    inputs = np.repeat(x[:, :1], 4, axis=1)
    W = parameter(np.repeat(rng.normal(size=(1, 3)), 4, axis=0))
    assert tg.explain(W, ((inputs @ W - x[:, 1:2]) ** 2).mean()).healthy


# --------------------------------------------------------------------- a loss that may be negative


def test_dead_units_of_a_loss_that_is_0_and_may_fall():
    X, W = np.abs(x), parameter(-np.abs(rng.normal(size=(6, 4))))
    why = tg.explain(W, -tg.relu(X @ W).mean())
    assert (why.causes[0].kind, why.alarming) == ("dead units", True)
    w = parameter([0.0])
    assert tg.explain(w, (w**3).sum()).causes[0].kind == "flat"
    assert tg.explain(w, (w**2).sum()).causes[0].kind == "nothing left to learn"


# ------------------------------------------------------------------------------- softmax, attention


def test_units_alike_in_the_last_layer_take_the_gradient_of_the_first_away():
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    for p in model.parameters():
        p.assign(np.full(p.shape, 0.1))
    (cause,) = tg.explain(model.layers[0].weight, cost(model)).causes
    assert cause.kind == "symmetric" and "layers.2.weight are all alike" in cause.text
    model.layers[2].weight.assign(rng.normal(size=(3, 8)))
    assert not (tg.gradients(cost(model), model.layers[0].weight).numpy() == 0).all()


def test_a_softmax_that_is_sure_is_called_saturated():
    V = parameter(9e3 * rng.normal(size=(6, 3)), dtype="float64")
    wrong = (x @ V.numpy()).argmin(axis=1)
    loss = -tg.log(tg.softmax(x @ V, axis=1)[np.arange(40), wrong] + 1e-12).mean()
    loss.backward()
    why = tg.explain(V, loss)
    assert (why.verdict, why.causes[0].kind, why.notes) == ("zero", "saturated", ())


@pytest.mark.parametrize("masked", [-np.inf, -1e9])
@pytest.mark.filterwarnings("error")
def test_a_causal_mask_is_no_reason_to_warn(masked):
    Q, K, V = (parameter(rng.normal(size=(4, 5))) for _ in range(3))
    mask = np.where(np.tril(np.ones((4, 4))) > 0, 0, masked).astype(np.float32)
    why = tg.explain([Q, K, V], ((tg.softmax(Q @ K.mT + mask, axis=-1) @ V) ** 2).mean())
    (cause,) = why.causes
    assert cause.kind == "masked" and "all inputs but one are masked" in cause.text
    assert not any(one.alarming for one in why)


def test_a_unit_that_is_off_for_a_single_example_is_not_called_dead():
    model = network()
    why = tg.explain(model, nn.losses.cross_entropy(model(x[:1]), labels[:1]))
    assert "dead" not in str(why) and not why.warnings(set())
    assert why["layers.0.weight"].causes[0].kind == "off units"


# --------------------------------------------------------------------------------- what is alike


def test_steps_of_a_recurrent_network_are_one_row_and_one_cause():
    U, V = parameter(0.5 * np.eye(5)[::-1], "U"), parameter(rng.normal(size=(6, 5)), "V")
    h = tg.tanh(x @ V)
    for _ in range(60):
        h = tg.tanh(h @ U)
    why = tg.explain(V, h.sum())
    assert why.verdict == "tiny" and len(why.flow) <= 15
    assert any("times tanh, matmul" in name for name, _, _ in why.flow)
    assert "such steps on the way make the gradient smaller" in why.causes[0].text


def test_a_few_units_that_are_off_in_many_layers_are_told_in_a_line():
    tg.random.seed(0)
    sizes = [6] + [16] * 10
    layers = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.ReLU())]
    deep = nn.Sequential(*layers, nn.Linear(16, 3))
    why = tg.explain(deep, cost(deep))
    assert "a part of these is 0, as some units are off" in " ".join(str(why).split())
    assert len(str(why).splitlines()) < len(why) + 10
    assert why._repr_html_().count("<div") <= 1


def test_lines_fit_into_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    w = parameter(np.zeros((3, 4)), "w")
    assert max(map(len, str(tg.explain(w, (w**2).sum())).splitlines())) <= 40
