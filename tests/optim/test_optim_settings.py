"""An optimizer's settings and parameters: learning rates, what is refused, what is forgotten."""

import ast
import copy
import inspect
import math
import pickle
import weakref
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    GraphError,
    LostGradientWarning,
    UsageWarning,
)
from tests.optim.optimizer_cases import RATES, give, parameters

# ----------------------------------------------------------------------------------- learning rates


def test_the_learning_rate_may_be_a_function_of_the_steps_taken():
    asked = []

    def schedule(step):
        asked.append(step)
        return 1.0 / (1 + step)

    (w,) = parameters([(1,)])
    w.assign([0.0])
    optimizer = optim.SGD([w], lr=schedule)
    asked.clear()
    for _ in range(3):
        w.grad = np.ones(1)
        optimizer.step()
    assert asked == [0, 1, 2]
    assert w.item() == pytest.approx(-(1 + 1 / 2 + 1 / 3))


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf, "fast", None])
def test_a_learning_rate_that_makes_no_sense_is_refused(lr):
    with pytest.raises(ArgumentError, match=r"SGD: lr is .* finite and not neg"):
        optim.SGD(parameters([(1,)]), lr=lr)


def test_a_learning_rate_that_is_a_tensor_is_read_at_each_step():
    (w,) = parameters([(1,)])
    w.assign([0.0])
    lr = tg.tensor(0.5, dtype="float64")
    optimizer = optim.SGD([w], lr=lr)
    for rate in (0.5, 0.25):
        lr.assign(rate)
        w.grad = np.ones(1)
        optimizer.step()
    assert w.item() == -0.75
    assert not w.data.flags.writeable
    with pytest.raises(ArgumentError, match="lr is tensor"):
        optim.SGD([w], lr=tg.ones(2))


def test_a_learning_rate_that_goes_wrong_later_stops_the_step():
    params = parameters([(2,)])
    optimizer = optim.SGD(params, lr=lambda step: 0.1 if step == 0 else math.nan)
    give(params, [np.ones(2)])
    optimizer.step()
    held = params[0]._data
    with pytest.raises(ArgumentError, match=r"lr\(1\) returned nan"):
        optimizer.step()
    assert params[0]._data is held
    assert optimizer.steps == 1


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"betas": (0.9, 1.0)}, r"^Adam: betas\[1\] is in \[0, 1\), not 1$"),
        ({"betas": (0.9,)}, "betas are two numbers"),
        ({"betas": 0.9}, r"Adam: betas are two numbers such as \(0.9, 0.999\), not 0.9"),
        ({"betas": ("a", "b")}, r"betas\[0\] is a number, not 'a'"),
        ({"betas": None}, "betas are two numbers .* not None"),
        ({"eps": -1e-8}, "eps is at least 0, not -1e-08"),
        ({"eps": "small"}, "eps is a number, not 'small'"),
    ],
)
def test_adam_refuses_settings_that_make_no_sense(settings, text):
    with pytest.raises(ArgumentError, match=text):
        optim.Adam(parameters([(1,)]), **settings)


def test_settings_that_a_rule_does_not_take_are_refused():
    class Steps(optim.Optimizer):
        def update(self, param, grad, state, t, lr, size):
            return param - lr * size * grad, state

    with pytest.raises(
        ArgumentError, match=r"needs size, the constructor gave lr; write Steps\(params, lr, size, "
    ):
        Steps(parameters([(2,)]), lr=0.1)
    Steps(parameters([(2,)]), lr=0.1, size=2)
    Steps(parameters([(2,)]), 0.1, 2)
    with pytest.raises(ArgumentError, match=r"SGD needs lr, the constructor gave none; "):
        optim.SGD(parameters([(2,)]))
    with pytest.raises(
        ArgumentError, match=r"l2, the constructor gave lr, .*; write SGD\(params, lr"
    ):
        optim.SGD(parameters([(2,)]), 0.1, 0.9)  # momentum in PyTorch
    with pytest.raises(ArgumentError, match=r"gave lr, lr; write SGD\(params, lr, \*, momentum"):
        optim.SGD(parameters([(2,)]), 0.1, lr=0.1)
    with pytest.raises(ArgumentError, match=r"SGD has no setting 'beta'; it has lr, momentum, "):
        optim.SGD(parameters([(2,)]), 0.1, beta=0.9)


def test_a_rule_made_from_another_has_its_defaults():
    class Twice(optim.Adam):
        def update(self, param, grad, state, t, lr, betas, eps):
            return super().update(param, 2 * grad, state, t, lr, betas, eps)

    class Other(optim.Adam):
        def update(self, param, grad, state, t, lr, betas, size):
            return param - lr * size * grad, state

    class Static(optim.Optimizer):
        @staticmethod
        def update(param, grad, state, t, lr):
            return param - lr * grad, state

    (w,) = parameters([(1,)])
    usual = optim.Adam([w]).defaults
    assert Twice([w]).defaults == {name: usual[name] for name in ("lr", "betas", "eps")}
    with pytest.raises(TypeError, match=r"^Other needs betas, size, the constructor gave lr;"):
        Other([w], lr=0.1)  # none may have a default before one that lacks it
    assert Static([w], 0.5).defaults == {"lr": 0.5}


def test_the_settings_of_a_rule_are_what_its_update_takes():
    class Steps(optim.Optimizer):
        def update(self, param, grad, state, t, lr, size=2.0):
            return param - lr * size * grad, state

    class Same(Steps):
        def update(self, param, grad, state, t, **settings):
            return super().update(param, grad, state, t, **settings)

    class Fixed(Same):
        def __init__(self, params, size):
            super().__init__(params, lr=0.5, size=size)

    class Anything(optim.Optimizer):
        def update(self, param, grad, state, t, **settings):
            return param - settings["rate"] * grad, state

    assert str(inspect.signature(Steps)) == (
        "(params, lr, size=2.0, *, maximize=False, differentiable=False)"
    )
    assert inspect.signature(Same) == inspect.signature(Steps)
    assert str(inspect.signature(Fixed)) == "(params, size)"
    assert str(inspect.signature(Anything)) == (
        "(params, *, maximize=False, differentiable=False, **settings)"
    )
    for make in (lambda p: Steps(p, 0.5), lambda p: Same(p, lr=0.5), lambda p: Fixed(p, 2.0)):
        (w,) = parameters([(2,)])
        assert make([w]).defaults == {"lr": 0.5, "size": 2.0}
    w.assign([1.0, 1.0])
    for optimizer in (Fixed([w], 2.0), Anything([w], rate=1.0)):
        w.grad = np.ones(2)
        optimizer.step()
    np.testing.assert_array_equal(w.data, [-1.0, -1.0])


@pytest.mark.parametrize("name", RATES)
def test_an_optimizer_shows_how_it_is_made(name):
    kind = getattr(optim, name)
    _, *settings, uphill, last = inspect.signature(kind).parameters.values()
    assert [uphill.name, last.name] == ["maximize", "differentiable"]
    assert uphill.kind == last.kind == last.KEYWORD_ONLY
    given = {p.name: 0.01 if p.default is p.empty else p.default for p in settings}
    values = [given[p.name] for p in settings if p.kind is p.POSITIONAL_OR_KEYWORD]
    named = {name: value for name, value in given.items() if name not in [*given][: len(values)]}
    assert kind(parameters([(2,)]), *values, **named).defaults == given


def test_settings_of_numpys_kind_leave_parameters_in_float32():
    (w,) = parameters([(3,)], "float32")
    optimizer = optim.Adam([w], np.float64(0.1), [np.float64(0.5), np.float32(0.5)], np.float64(1))
    w.grad = np.ones(3)
    optimizer.step()
    assert w.dtype == np.float32
    settings = optimizer.groups[0].settings(0)
    assert {type(value) for value in (settings["lr"], settings["eps"], *settings["betas"])} == {
        float
    }


# --------------------------------------------------------------------------------------- parameters


def test_parameters_come_with_or_without_names():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    w, b = model.parameters()
    for params in (
        model.parameters(),
        model.named_parameters(),
        dict(model.named_parameters()),
        iter(model.named_parameters()),
    ):
        optimizer = optim.SGD(params, lr=0.1)
        assert [id(p) for p in optimizer.params] == [id(w), id(b)]
        assert list(optimizer.state_dict())[-2:] == ["layers.0.weight/steps", "layers.0.bias/steps"]
    assert list(optim.SGD([w, b], 0.1).state_dict())[-2:] == ["0/steps", "1/steps"]


@pytest.mark.parametrize(
    ("params", "error", "text"),
    [
        (lambda: [], ArgumentError, "SGD got no parameters"),
        (lambda: nn.ReLU().parameters(), ArgumentError, "SGD got no parameters"),
        (lambda: nn.Linear(1, 1), DTypeError, "write model.named_parameters()"),
        (lambda: parameters([()])[0], DTypeError, r"write SGD\(\[w\]\) for one"),
        (lambda: None, DTypeError, r"SGD takes a list .* such as model.named_parameters\(\)"),
        (lambda: [np.zeros(2)], DTypeError, "parameter '0' is a numpy.ndarray; write tg.tensor"),
        (lambda: [tg.zeros(2)], GraphError, "parameter '0' wants no gradient"),
        (
            lambda: [("w", parameters([(2,)])[0] * 2)],
            GraphError,
            "parameter 'w' is the result of an operation",
        ),
        (lambda: parameters([(2,)]) * 2, ArgumentError, "'1' was given before, as '0'"),
        (
            lambda: [("w", p) for p in parameters([(2,), (2,)])],
            ArgumentError,
            "'w' was given before",
        ),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(params, error, text):
    with pytest.raises(error, match=text):
        optim.SGD(params(), lr=0.1)


def test_an_optimizer_shows_its_settings():
    optimizer = optim.Adam(nn.Linear(3, 2).named_parameters(), lr=0.01)
    assert repr(optimizer) == (
        "Adam(lr=0.01, betas=(0.9, 0.999), eps=1e-08, amsgrad=False, l2=0.0)"
        "  2 parameters of 8 numbers"
    )


# ------------------------------------------------------------------------------------------- groups


def network():
    return nn.Sequential(
        nn.Linear(3, 4, dtype="float64"), nn.Tanh(), nn.Linear(4, 2, dtype="float64")
    )


# ----------------------------------------------------------------------------- forgotten parameters


def test_a_parameter_that_no_optimizer_has_is_announced():
    model = network()
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    model.layers[2] = nn.Linear(4, 2, dtype="float64")  # a new head, too late
    model(np.ones((5, 3))).sum().backward()
    with pytest.warns(UsageWarning) as caught:
        optimizer.step()
    texts = [str(warning.message) for warning in caught]
    assert [text.split(" of ")[0] for text in texts] == [
        "SGD: 'layers.2.weight'", "SGD: 'layers.2.bias'",
    ]  # fmt: skip
    assert caught[0].filename == __file__
    assert "make the optimizer when the model is complete" in texts[0]
    optimizer.step()  # it says so once


def test_a_layer_replaced_during_training_is_announced():
    model = network()
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    for steps in range(4):
        if steps == 2:
            model.layers[2] = nn.Linear(4, 2, dtype="float64")
        optimizer.zero_grad()
        model(np.ones((5, 3))).sum().backward()
        if steps == 2:
            with pytest.warns(UsageWarning, match=r"'layers\.2\.(weight|bias)' of Sequential has"):
                optimizer.step()
        else:
            optimizer.step()


WAYS = {
    "filter": lambda m: filter(lambda p: p.requires_grad, m.parameters()),
    "comprehension": lambda m: [p for _, p in m.named_parameters()],
    "groups": lambda m: [{"params": [p for p in m.parameters() if p.ndim == n]} for n in (1, 2)],
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_announced_too_where_the_optimizer_was_given_no_more_than_a_list(way):
    model = network()
    assert len(network().parameters()) == 4  # another model, of which nothing is given
    optimizer = optim.SGD(WAYS[way](model), lr=0.1)
    model.layers[2] = nn.Linear(4, 2, dtype="float64")
    model(np.ones((5, 3))).sum().backward()
    with pytest.warns(UsageWarning, match=r"'layers\.2\.(weight|bias)' of Sequential has a grad"):
        optimizer.step()


def test_parameters_that_a_list_leaves_out_are_not_announced():
    model = network()
    optimizer = optim.SGD([p for p in model.parameters() if p.ndim == 2], lr=0.1)
    for _ in range(2):
        model(np.ones((5, 3))).sum().backward()
        optimizer.step()
    copy.deepcopy((model, optimizer))[1].step()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_an_optimizer_of_another_copy_of_the_model_says_that_it_changes_nothing(copied):
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model = copied(model)
    model(np.ones((5, 3))).sum().backward()
    with pytest.warns(
        UsageWarning, match=r"SGD\.step\(\): none of its 4 parameters has a"
    ) as found:
        optimizer.step()
    assert found[0].filename == __file__
    optimizer.step()  # it says so once


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_of_model_and_optimizer_trains_by_itself(copied):
    model = network()
    optimizer = optim.Adam(model.named_parameters(), lr=0.1)
    twin, other = copied((model, optimizer))
    for one, its in ((model, optimizer), (twin, other)):  # neither has parameters left out
        one(np.ones((5, 3))).sum().backward()
        its.step()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, twin.state_dict()[name])
    other.step()
    assert (other.steps, optimizer.steps) == (2, 1)
    assert (twin.layers[0].bias.data != model.layers[0].bias.data).all()


@pytest.mark.parametrize(
    "params", [lambda m: m.parameters(), lambda m: optim.path_groups(m, {"layers.0": {"lr": 1}})]
)
def test_parameters_of_two_optimizers_frozen_ones_and_those_left_out_are_not(params):
    model = network()
    head = optim.SGD(model.layers[2].parameters(), lr=0.1)  # only these are asked for
    with pytest.warns(LostGradientWarning, match="Linear.weight was a parameter"):
        model.layers[0].weight = tg.tensor(model.layers[0].weight)
    model(np.ones((5, 3))).sum().backward()
    head.step()
    model = network()
    optimizer = optim.SGD(params(model), lr=0.1)
    model.layers[2] = nn.Linear(4, 2, dtype="float64")
    other = optim.SGD(model.layers[2].parameters(), lr=0.1)
    model(np.ones((5, 3))).sum().backward()
    optimizer.step()
    other.step()


def test_a_listing_is_a_list_that_knows_its_model():
    model = network()
    listing = model.parameters()
    assert listing.model is model
    assert type(pickle.loads(pickle.dumps(listing))) is list
    gone = weakref.ref(model)
    del model
    assert gone() is None
    assert listing.model is None


def declared_constructors():
    """Return the constructors that type checkers are shown, by class."""
    for path in sorted(Path(optim.__file__).parent.glob("*.py")):
        for kind in ast.parse(path.read_text(encoding="utf-8")).body:
            for part in getattr(kind, "body", []):
                if isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING":
                    yield kind.name, part.body[0].args


def test_type_checkers_are_shown_what_the_rules_take():
    shown = dict(declared_constructors())
    rules = {n for n in optim.__all__ if isinstance(getattr(optim, n), type)}
    assert shown.keys() == {n for n in rules if issubclass(getattr(optim, n), optim.Optimizer)} - {
        "Optimizer"
    }
    for name, args in shown.items():
        for part in (*args.args, *args.kwonlyargs):
            part.annotation = None
        assert f"({ast.unparse(args)})".replace("self, ", "") == ast.unparse(
            ast.parse(f"def f{inspect.signature(getattr(optim, name))}: ...").body[0].args
        ).join("()")


def stepped(change):
    """Return the parameters after a step of AdamW, made and then changed, and of one made so."""
    w = tg.tensor([1.0, -2.0], requires_grad=True)
    optimizer = change(w)
    (w * w).sum().backward()
    optimizer.step()
    return w.numpy()


@pytest.mark.parametrize(
    ("name", "value"),
    [("lr", 0.5), ("weight_decay", 0.0), ("eps", 0.25), ("betas", (0.5, 0.25))],
)
@pytest.mark.parametrize("place", [lambda o: o, lambda o: o.groups[0]], ids=["all", "group"])
def test_a_setting_that_is_assigned_counts_as_one_that_was_given(name, value, place):
    def changed(w):
        optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.5)
        setattr(place(optimizer), name, value)
        assert getattr(place(optimizer), name) == value
        return optimizer

    given = {"lr": 0.1, "weight_decay": 0.5, name: value}
    np.testing.assert_array_equal(stepped(changed), stepped(lambda w: optim.AdamW([w], **given)))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("learning_rate", r"write {}\.lr = 0\.5"),
        ("weight_decy", r"did you mean 'weight_decay'\?"),
        ("dampening", r"write tg\.optim\.EWMAMomentum"),
        ("betas", "it has lr, momentum"),
        ("rho", "it has lr, momentum"),
    ],
)
def test_an_assigned_setting_that_the_rule_lacks_is_refused(name, told):
    optimizer = optim.SGD([tg.tensor(1.0, requires_grad=True)], lr=0.1)
    with pytest.raises(ArgumentTypeError, match=told.format("optimizer")):
        setattr(optimizer, name, 0.5)
    with pytest.raises(ArgumentTypeError, match=told.format(r"optimizer\.groups\[0\]")):
        setattr(optimizer.groups[0], name, 0.5)
    with pytest.raises(ArgumentError, match="lr is -1"):
        optimizer.groups[0].lr = -1


def test_whether_steps_are_recorded_is_not_changed_afterwards():
    optimizer = optim.SGD([tg.tensor(1.0, requires_grad=True)], lr=0.1)
    with pytest.raises(ArgumentTypeError, match=r"write SGD\(params, …, differentiable=True\)"):
        optimizer.differentiable = True
    assert not optimizer.differentiable


def test_a_rule_may_keep_what_is_no_setting():
    class Named(optim.SGD):
        def __init__(self, params, lr):
            super().__init__(params, lr=lr)
            self.beta = "mine"

    optimizer = Named([tg.tensor(1.0, requires_grad=True)], 0.1)
    optimizer.note = "first run"
    assert (optimizer.beta, optimizer.note, optimizer.lr) == ("mine", "first run", 0.1)


def test_an_optimizer_without_parameters_is_told_what_it_takes():
    with pytest.raises(DTypeError, match=r"Adam takes a list of parameters such as model\.named"):
        optim.Adam(lr=0.1)
