"""``tg.explain``: whose gradient, of which loss; what is said beside the causes; refusals."""

import gc
import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import DTypeError, GraphError, ShapeError
from tensorgraph.teacher.explaining import run_again


def parameter(*shape, seed=1, name=None):
    values = np.random.default_rng(seed).normal(size=shape)
    return tg.tensor(values.astype(np.float32), requires_grad=True, name=name)


x = tg.tensor(np.random.default_rng(0).normal(size=(20, 3)), dtype="float32")
labels = np.arange(20) % 2


# ---------------------------------------------------------------------------------- which loss


def test_a_loss_that_is_not_given_is_found_by_what_it_was_computed_from():
    W = parameter(3, 1)
    other = ((x @ parameter(3, 1)) ** 2).mean()
    loss = ((x @ W) ** 2).mean()
    later = ((x @ parameter(3, 1)) ** 2).mean()
    why = tg.explain(W)
    assert why.healthy
    assert why.size == pytest.approx(float(np.sqrt(np.mean(tg.gradients(loss, W).data ** 2.0))))
    del other, later


def test_without_a_loss_it_says_what_grad_alone_tells():
    W = parameter(4, 3)
    (W[:2] ** 2).sum().backward()
    gc.collect()
    why = tg.explain(W)
    assert (why.verdict, why.zeros) == ("partly zero", 0.5)
    told = " ".join(str(why).split())  # however wide the terminal is
    assert "the loss it is of is gone" in told and "tg.explain(W, loss)" in told


def test_a_parameter_that_nothing_was_computed_from():
    lonely = parameter(2)
    why = tg.explain(lonely)
    assert (why.verdict, why.causes[0].kind) == ("none", "no loss")
    assert ".grad is None" in why.summary


def test_the_newest_loss_that_is_held_is_looked_at_if_none_was_computed_from_it():
    unused, used = parameter(2), parameter(3, 1)
    cost = (x @ used).mean()
    why = tg.explain(unused)
    assert why.causes[0].kind == "not used"
    assert "the newest that is there is cost" in str(why)
    del cost


def said(explanation):
    """Return what is said, as one line."""
    return " ".join(str(explanation).split())


def test_leaves_that_were_changed_since():
    W = parameter(3, 1)
    loss = ((x @ W) ** 2).mean()
    loss.backward()
    before = loss.item()
    W.assign(0.5 * W.data)
    why = tg.explain(W, loss)
    assert f"it was {before:.6g} and would be {before / 4:.6g} now" in said(why)
    assert why.size == pytest.approx(float(np.sqrt(np.mean(W.grad.data**2))) / 2, rel=1e-5)


def test_a_graph_of_which_backward_was_not_asked():
    W = parameter(3, 1)
    assert tg.explain(W, ((x @ W) ** 2).mean()).notes == (
        "W.grad is None, as backward() has not been called on this loss; the numbers are what it"
        " will give",
    )


# -------------------------------------------------------------------------- a function as a loss


def decisions(W):
    scores = x @ W
    guesses = scores.argmax(axis=1)
    return ((guesses - labels) ** 2).astype("float32").mean()


def unrecorded(W):
    with tg.no_grad():
        h = tg.tanh(x @ W)
    return (h * parameter(2)).mean()


def by_numpy(W):
    h = np.tanh(x.numpy() @ W.numpy())
    return (tg.tensor(h) * parameter(2)).mean()


def logged(W):
    print(float(W.data.mean()), end="")
    return (x @ W * 2.0).mean()


@pytest.mark.parametrize(
    ("compute", "kind", "op", "line"),
    [
        (decisions, "no derivative", "argmax", "guesses ="),
        (unrecorded, "no_grad", "matmul", "h = tg.tanh(x @ W)"),
        (by_numpy, "detached", "", "W.numpy()"),
    ],
)
def test_a_function_tells_the_line_where_values_leave_the_graph(compute, kind, op, line):
    W = parameter(3, 2)
    cause, *others = tg.explain(W, lambda: compute(W)).causes
    assert (cause.kind, cause.op, others) == (kind, op, [])
    file, _, number = cause.line.rpartition(":")
    with open(__file__, encoding="utf-8") as source:
        assert line in source.readlines()[int(number) - 1]
    assert file == "test_explain.py"
    assert "the loss differs by" in cause.checked


def test_reading_values_for_a_log_is_no_cause(capsys):
    W = parameter(3, 2)
    assert tg.explain(W, lambda: logged(W)).healthy
    unused = parameter(3, 2, seed=2)
    why = tg.explain(unused, lambda: (print(unused.data.mean()), logged(W))[1])
    assert why.causes[0].kind == "not used"
    assert "the loss is the same" in why.causes[0].checked


def test_a_function_leaves_everything_as_it_was():
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Dropout(p=0.5), nn.Linear(4, 2))
    state, grads = model.state_dict(), [p.grad for p in model.parameters()]
    tg.random.seed(1)
    expected = tg.random.normal(4).numpy()
    tg.random.seed(1)
    tg.explain(model, lambda: nn.losses.cross_entropy(model(x), labels))
    np.testing.assert_array_equal(tg.random.normal(4).numpy(), expected)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    assert [p.grad for p in model.parameters()] == grads


def test_a_parameter_keeps_its_values_when_others_were_tried():
    W = parameter(3, 2)
    W.grad = np.ones((3, 2), "float32")
    data, grad = W.data.copy(), W.grad
    assert tg.explain(W, lambda: decisions(W)).causes[0].checked
    np.testing.assert_array_equal(W.data, data)
    assert W.grad is grad and W.is_leaf


def test_a_checkpoint_draws_what_it_drew():
    W, dropout = parameter(3, 4), nn.Dropout(p=0.5)
    loss = (tg.checkpoint(lambda x: dropout(x @ W))(x) ** 2).mean()
    expected = tg.gradients(loss, W, retain_graph=True)
    why = tg.explain(W, loss)
    assert why.size == pytest.approx(float(np.sqrt(np.mean(expected.data**2))), rel=1e-6)
    assert "parameters have changed" not in str(why)


def test_explaining_leaves_the_graph_for_backward():
    W = parameter(3, 1)
    loss = ((x @ W) ** 2).mean()
    tg.explain(W, loss)
    loss.backward()
    assert W.grad is not None


# ------------------------------------------------------------------------------ what grad holds


def test_gradients_that_were_added_up():
    w = parameter(4)
    loss = (w**2).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert "w.grad is 2 times the gradient of this loss" in str(tg.explain(w, loss))
    other = (w**4).sum()
    other.backward()
    assert "gradients of other losses were added to it" in " ".join(
        str(tg.explain(w, loss)).split()
    )


def test_a_hook_that_takes_the_gradient_away():
    w = parameter(4)
    w.register_hook(lambda g: 0 * g)
    loss = (w**2).sum()
    loss.backward()
    why = tg.explain(w, loss)
    assert (why.verdict, why.causes[0].kind) == ("zero", "hook")
    assert "hooks change it, on w" in said(why)


def test_gradients_forgotten_after_backward():
    w = parameter(4)
    loss = (w**2).sum()
    loss.backward()
    w.zero_grad()
    assert "zero_grad() was called after backward()" in str(tg.explain(w, loss))


def test_a_result_has_no_grad_of_its_own():
    h = tg.tanh(x @ parameter(3, 4))
    loss = (h**2).mean()
    assert "write h.retain_grad() before backward()" in str(tg.explain(h, loss))


# --------------------------------------------------------------------------------- several, models


def test_a_model_has_each_cause_once():
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    model.layers[2].bias.assign(np.full(8, -99.0))
    why = tg.explain(model, nn.losses.cross_entropy(model(x), 0 * labels))
    assert [one.verdict for one in why] == ["zero"] * 5 + ["healthy"]
    (names,) = [n for cause, n in why.by_cause().items() if cause.kind == "dead units"]
    assert names == ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"]
    assert why["layers.0.weight"] is why[0] and len(why) == 6
    with pytest.raises(KeyError):
        why["nothing"]
    assert repr(why) == "<Explanations of 6 gradients, 5 not healthy>"


def test_causes_that_lie_behind_another_are_told_in_order():
    """Two dead layers: to let the gradient through the last one is not enough."""
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    for layer in (model.layers[0], model.layers[2]):
        layer.bias.assign(np.full(4, -99.0))
    why = tg.explain(model.layers[0].weight, nn.losses.cross_entropy(model(x), labels))
    assert [cause.module for cause in why.causes] == [
        "model.layers[3] ReLU",
        "model.layers[1] ReLU",
    ]


def test_lists_and_dicts_of_tensors():
    W, V = parameter(3, 2), parameter(2, 1, name="V")
    loss = (x @ W @ V).mean()
    assert [one.name for one in tg.explain([W, V], loss)] == ["W", "V"]
    assert [one.name for one in tg.explain({"a": V}, loss)] == ["a"]


def test_it_is_shown_as_text_and_as_a_table():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    model.layers[0].bias.assign(np.full(4, -99.0))
    why = tg.explain(model, nn.losses.cross_entropy(model(x), labels))
    assert str(why).isascii()
    assert max(map(len, str(why).splitlines())) <= 88
    assert ">zero</td>" in why._repr_html_() and "<b>✘</b>" in why._repr_html_()
    assert "all 4 units are dead" in why._repr_html_()
    assert "all 4 units are dead" in why[0]._repr_html_()


def test_frozen_parts_of_a_model():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    nn.freeze(model, "layers.0")
    why = tg.explain(model, nn.losses.cross_entropy(model(x), labels))
    assert why["layers.0.weight"].causes[0].kind == "frozen"
    assert "nn.unfreeze(model, 'layers.0.weight')" in str(why)


def test_a_layer_that_is_never_called():
    class Forgetful(nn.Module):
        def __init__(self):
            self.used, self.forgotten = nn.Linear(3, 2), nn.Linear(3, 2)

        def forward(self, x):
            return self.used(x)

    model = Forgetful()
    why = tg.explain(model, nn.losses.cross_entropy(model(x), labels))
    assert "was not called" in str(why["forgotten.weight"].causes[0].text)


# ------------------------------------------------------------------------------------- optimizer


def test_a_parameter_that_the_optimizer_lacks():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    some = optim.SGD(model.layers[0].parameters(), lr=0.1)
    why = tg.explain(model, nn.losses.cross_entropy(model(x), labels), optimizer=some)
    assert [one.verdict for one in why] == ["healthy"] * 2 + ["not optimized"] * 2
    assert "it is not among the 2 parameters of SGD" in said(why)


def test_a_parameter_that_was_replaced_after_the_optimizer_was_made():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    every = optim.SGD(model.named_parameters(), lr=0.1)
    model.layers[0] = nn.Linear(3, 4)
    why = tg.explain(model, nn.losses.cross_entropy(model(x), labels), optimizer=every)
    assert why["layers.0.weight"].causes[0].kind == "replaced"
    assert why["layers.2.weight"].healthy


# ---------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ((None,), DTypeError, "whose gradient?"),
        (([],), DTypeError, "whose gradient?"),
        ((parameter(2), 0.5), DTypeError, "the loss is a tensor, or a function"),
        ((parameter(2), x), ShapeError, "a loss is a single number"),
        ((parameter(2), lambda: 0.5), DTypeError, "the function returned 0.5"),
    ],
)
def test_what_is_no_gradient_and_no_loss(arguments, error, told):
    with pytest.raises(error, match=re.escape(told)):
        tg.explain(*arguments)


def test_wrong_optimizers_and_watches():
    w = parameter(2)
    with pytest.raises(DTypeError, match="optimizer is 3"):
        tg.explain(w, w.sum(), optimizer=3)
    with pytest.raises(DTypeError, match=r"watch is an nn\.Watch, or the history"):
        tg.explain(w, w.sum(), watch=3)


def test_a_graph_without_values_is_refused():
    w = parameter(2)

    def step(x):
        loss = (w * x).sum()
        tg.explain(w, loss)
        return loss

    with pytest.raises(GraphError, match="a symbol"):
        tg.trace(step, tg.ones(2))


def test_a_deep_network_is_not_run_again_for_each_parameter(monkeypatch):
    runs = []
    backward = run_again.Rerun.backward
    monkeypatch.setattr(
        run_again.Rerun, "backward", lambda *given: runs.append(1) or backward(*given)
    )

    def count(depth):
        layers = [x for _ in range(depth) for x in (tg.nn.Linear(4, 4), tg.nn.Sigmoid())]
        model = tg.nn.Sequential(*layers)
        loss = (model(tg.random.normal((8, 4))) ** 2).mean()
        runs.clear()
        assert "tiny" in str(tg.explain(model, loss)) or depth < 40
        return len(runs)

    tg.random.seed(0)
    assert count(120) < 2 * count(40) + 8
