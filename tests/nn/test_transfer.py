"""Transfer: what freezing stops and what it keeps, new heads, and weights that fit in part."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, StateError
from tensorgraph.nn.state_paths import stands_at


class Net(nn.Module):
    """A trunk with a batch norm and a dropout, and a head."""

    def __init__(self):
        self.trunk = nn.Sequential(
            nn.Linear(3, 4), nn.BatchNorm(4), nn.Dropout(p=0.5), nn.ReLU(), nn.Linear(4, 4)
        )
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.trunk(x))


X = np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32)
Y = np.arange(20) % 2


def step(model, optimizer):
    cost = nn.losses.cross_entropy(model(X), Y)
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name], after[name])}


def adam(model):
    return optim.AdamW(model.named_parameters(), lr=0.1, weight_decay=0.5)


TRUNK = ["trunk.layers.0.weight", "trunk.layers.0.bias", "trunk.layers.1.weight",
         "trunk.layers.1.bias", "trunk.layers.4.weight", "trunk.layers.4.bias"]  # fmt: skip
HEAD = ["head.weight", "head.bias"]

# --------------------------------------------------------------------------------------- freezing


@pytest.mark.parametrize("optimizer_first", [True, False])
def test_a_frozen_trunk_is_a_fixed_function_and_the_head_learns(optimizer_first):
    model = Net()
    optimizer = adam(model)
    step(model, optimizer)  # moments and running statistics are on their way
    assert nn.freeze(model, "trunk") == TRUNK
    if not optimizer_first:
        optimizer = adam(model)
    before, features = model.state_dict(), model.trunk(X).numpy()
    for _ in range(3):
        model.train()
        step(model, optimizer)
    assert changed(before, model.state_dict()) == set(HEAD)
    assert np.array_equal(model.trunk(X).data, features)


def test_what_is_left_of_a_gradient_moves_nothing():
    model = Net()
    optimizer = adam(model)
    nn.losses.cross_entropy(model(X), Y).backward()
    nn.freeze(model, "trunk")
    before = model.state_dict()
    optimizer.step()
    assert changed(before, model.state_dict()) == set(HEAD)


def test_gradients_flow_through_what_is_frozen_to_what_is_not():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    nn.losses.cross_entropy(model(X), Y).backward()
    expected = model.layers[0].weight.grad.numpy()
    nn.freeze(model, "layers.2")
    model.zero_grad()
    x = tg.tensor(X, requires_grad=True)
    nn.losses.cross_entropy(model(x), Y).backward()
    assert np.array_equal(model.layers[0].weight.grad.data, expected)
    assert x.grad is not None
    assert model.layers[2].weight.grad is None


def test_nothing_is_recorded_in_a_frozen_trunk():
    model = Net()
    nn.freeze(model, "trunk")
    assert model.trunk(X).node is None


def test_the_state_dict_stays_whole_and_fits_an_unfrozen_model():
    model, other = Net(), Net()
    nn.freeze(model)
    assert list(model.state_dict()) == list(other.state_dict())
    other.load_state_dict(model.state_dict())
    model.load_state_dict(other.state_dict())
    assert model.parameters() == []


@pytest.mark.parametrize(
    ("paths", "frozen"),
    [
        (["trunk.layers.0"], TRUNK[:2]),
        (["trunk.layers.[01]"], TRUNK[:4]),
        (["trunk.layers.0.bias", "head"], [TRUNK[1], *HEAD]),
        (["*.weight"], [*TRUNK[::2], HEAD[0]]),
        (["trunk.*"], TRUNK),
        (["*"], TRUNK + HEAD),
        ([], TRUNK + HEAD),
        (["trunk.layers.2"], []),
    ],
)
def test_paths_and_patterns(paths, frozen):
    model = Net()
    assert nn.freeze(model, *paths) == frozen
    left = [path for path in TRUNK + HEAD if path not in frozen]
    assert [path for path, _ in model.named_parameters()] == left
    assert nn.freeze(model, *paths) == frozen  # again
    assert nn.unfreeze(model, *paths) == frozen
    assert nn.unfreeze(model, *paths) == []
    assert [path for path, _ in model.named_parameters()] == TRUNK + HEAD


def test_modules_at_a_path_evaluate_whatever_the_model_does():
    model = Net()
    nn.freeze(model, "trunk.layers.[12]")
    assert [m.training for m in model.train().trunk.layers] == [True, False, False, True, True]
    assert model.training
    nn.unfreeze(model, "trunk.layers.1")
    assert [m.training for m in model.trunk.layers] == [True, True, False, True, True]
    model.eval()
    nn.unfreeze(model)
    assert not any(m.training for m in model.modules())
    assert all(m.training for m in model.train().modules())


def test_frozen_parameters_alone_leave_the_mode():
    model = Net()
    nn.freeze(model, "*.weight", "*.bias")
    assert all(module.training for module in model.modules())


def test_a_whole_model_is_frozen_and_trained_again():
    model = Net()
    nn.freeze(model)
    assert not model.train().training
    nn.unfreeze(model)
    assert all(module.training for module in model.modules())


def test_buffers_and_constants_are_not_unfrozen():
    model = Net()
    model.head.bias.requires_grad = False  # by hand
    nn.freeze(model)
    assert nn.unfreeze(model) == [*TRUNK, "head.weight"]
    assert [name for name, _ in model.named_buffers()] == [
        "trunk.layers.1.running_mean", "trunk.layers.1.running_var", "head.bias",
    ]  # fmt: skip


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_knows_what_is_frozen_and_does_not_share_it(copied):
    model = Net()
    nn.freeze(model, "trunk")
    other = copied(model)
    assert nn.unfreeze(other) == TRUNK
    assert [path for path, _ in model.named_parameters()] == HEAD
    assert not model.trunk.training


def test_a_part_is_unfrozen_by_itself_and_the_whole_still_knows():
    model = Net()
    nn.freeze(model)
    assert nn.unfreeze(model.trunk) == [path.removeprefix("trunk.") for path in TRUNK]
    assert model.trunk.training
    assert [path for path, _ in model.named_parameters()] == TRUNK


def test_tied_weights_are_frozen_together():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model.layers[1].weight = model.layers[0].weight
    nn.freeze(model, "layers.0")
    assert [path for path, _ in model.named_parameters()] == ["layers.1.bias"]
    assert nn.unfreeze(model.layers[1]) == ["weight"]


def test_an_optimizer_made_before_goes_on_after():
    model = Net()
    optimizer = adam(model)
    nn.freeze(model, "trunk")
    step(model, optimizer)
    nn.unfreeze(model)
    before = model.state_dict()
    step(model, optimizer)
    assert changed(before, model.state_dict()) >= set(TRUNK + HEAD) - {"trunk.layers.0.bias"}


def test_an_optimizer_tells_of_what_was_unfrozen_since_it_was_made():
    model = Net()
    nn.freeze(model, "trunk")
    optimizer = adam(model)
    step(model, optimizer)
    nn.unfreeze(model.trunk, "layers.4")
    with pytest.warns(
        tg.errors.UsageWarning, match=r"'trunk\.layers\.4\.\w+' .* nn\.unfreeze"
    ) as told:
        step(model, optimizer)
    assert len(told) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it says so once, and not if another optimizer has them
        step(model, optimizer)
        nn.unfreeze(model)
        _other = adam(model)
        step(model, optimizer)


def test_the_repr_tells_what_is_frozen():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    nn.freeze(model, "layers.0")
    lines = repr(model).splitlines()
    assert lines[0] == "Sequential()  10 + 16 frozen parameters"
    assert lines[1].endswith("  16 frozen")
    assert lines[2].endswith("         10")
    nn.unfreeze(model)
    assert "frozen" not in repr(model)


@pytest.mark.parametrize("function", [nn.freeze, nn.unfreeze])
def test_a_path_at_which_nothing_is(function):
    model = Net()
    with pytest.raises(
        ArgumentError, match=r"nothing is at 'trnk'; there are trunk, trunk\.layers"
    ):
        function(model, "head", "trnk")
    assert model.head.training
    assert len(model.parameters()) == 8
    with pytest.raises(ArgumentError, match="nothing is at ''"):
        function(model, "")
    with pytest.raises(DTypeError, match=f"{function.__name__} takes a module, not "):
        function([model])


@given(
    st.lists(st.sampled_from(["a", "b", "1", "10"]), min_size=1, max_size=3),
    st.lists(st.sampled_from(["a", "b", "1", "10", "*"]), min_size=1, max_size=3),
)
def test_a_path_without_patterns_names_itself_and_what_is_below(name, path):
    found = stands_at(".".join(name), ".".join(path))
    if "*" not in path:
        assert found == (name[: len(path)] == path)
    elif found:  # what a star takes the place of may be longer
        assert len(name) >= len(path)


# --------------------------------------------------------------------------------------- new heads


def test_the_last_layer_with_parameters_is_replaced():
    old, new = nn.Linear(4, 10), nn.Linear(4, 5)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), old, nn.Softmax(), tg.tanh)
    assert nn.replace_head(model, new) is old
    assert model.layers[2] is new
    assert model(X).shape == (20, 5)


def test_a_head_is_replaced_by_its_path():
    model, new = Net(), nn.Linear(4, 7)
    nn.replace_head(model, new, "head")
    assert model.head is new
    nn.replace_head(model, deeper := nn.Linear(4, 4), "trunk.layers.4")
    assert model.trunk.layers[4] is deeper
    heads = nn.ModuleDict({"a": nn.ModuleList([nn.Linear(2, 2)])})
    nn.replace_head(heads, third := nn.Linear(2, 3), "a.0")
    assert heads["a"][0] is third
    multi = nn.MultiTask(nn.Linear(3, 4), {"age": nn.Linear(4, 1)})
    nn.replace_head(multi, fourth := nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 1)), "heads.age")
    assert multi.heads["age"] is fourth


def test_the_recipe_of_the_course_trains_the_new_head_alone():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 10))
    nn.freeze(model)
    nn.replace_head(model, nn.Sequential(nn.Dropout(p=0.1), nn.Linear(4, 2)))
    assert all(module.training for module in model.layers[2].modules())
    before = model.state_dict()
    for _ in range(2):
        step(model, optim.SGD(model.parameters(), lr=0.1))
    assert changed(before, model.state_dict()) == {
        "layers.2.layers.1.weight", "layers.2.layers.1.bias",
    }  # fmt: skip
    assert repr(model).startswith("Sequential()  10 + 16 frozen parameters")


def test_a_new_head_is_in_the_mode_of_the_model():
    model, new = Net().eval(), nn.Linear(4, 3)
    nn.replace_head(model, new, "head")
    assert not new.training
    nn.replace_head(model.train(), new := nn.Linear(4, 3).eval(), "head")
    assert new.training


@pytest.mark.parametrize(
    ("model", "new", "path", "error", "text"),
    [
        (Net(), nn.Linear(5, 2), "head", ShapeError,
         r"layer at 'head', Linear\(4 → 2, .*\), has in_features=4, the new Linear\(5 → 2, .*\) has"
         r" in_features=5; write nn.Linear\(4, …\)"),
        (Net(), nn.Sequential(nn.ReLU(), nn.Linear(3, 2)), "head", ShapeError, "in_features=3"),
        (nn.Sequential(nn.Conv2d(3, 4, 1)), nn.Conv2d(2, 4, 1), None, ShapeError, "in_channels=2"),
        (Net(), nn.Linear(4, 2), None, ArgumentError, r"last\? Write .*new_layer, 'head'\)"),
        (Net(), nn.Linear(4, 2), "hed", ArgumentError, "no module is at 'hed'; there are trunk,"),
        (Net(), nn.Linear(4, 2), "", ArgumentError, "no module is at ''"),
        (Net(), nn.Linear(4, 2), "head.weight", ArgumentError, "no module is at 'head.weight'"),
        (nn.Sequential(nn.ReLU()), nn.Linear(4, 2), None, ArgumentError, "no layer of the model"),
        (Net(), tg.tanh, "head", DTypeError, "takes modules, not a function"),
        ([1], nn.Linear(1, 1), None, DTypeError, r"takes modules, not \[1\]"),
    ],
)  # fmt: skip
def test_a_head_that_cannot_be_replaced(model, new, path, error, text):
    before = repr(model)
    with pytest.raises(error, match=text):
        nn.replace_head(model, new, path)
    assert repr(model) == before


def test_a_layer_in_a_tuple_cannot_be_replaced():
    model = Net()
    model.parts = (nn.Linear(1, 1),)
    with pytest.raises(ArgumentError, match=r"'parts.0' is in a tuple, .*; keep layers in a list"):
        nn.replace_head(model, nn.Linear(1, 1), "parts.0")


# --------------------------------------------------------------------------------- weights in part


def test_what_fits_is_loaded_and_the_rest_is_told():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 5))
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 2))
    state = other.state_dict()
    del state["layers.1.bias"]
    state["layers.1.weight"] = state["layers.1.weight"] * 1j
    state["extra"] = np.zeros(1)
    before = model.state_dict()
    report = nn.load_matching(model, state)
    assert report.loaded == [
        "layers.0.weight", "layers.0.bias", "layers.1.running_mean", "layers.1.running_var",
    ]  # fmt: skip
    assert report.missing == ["layers.1.bias"]
    assert report.unexpected == ["extra"]
    assert list(report.misfits) == ["layers.1.weight", "layers.2.weight", "layers.2.bias"]
    after = model.state_dict()
    assert changed(before, after) == {"layers.0.weight"}  # the others start alike
    assert all(np.array_equal(after[name], state[name]) for name in report.loaded)
    lines = str(report).splitlines()
    assert lines[0].startswith("loaded 4 of 8: layers.0.weight, layers.0.bias, ")
    assert lines[1] == "missing, left as they were: layers.1.bias"
    assert lines[3] == (
        "wrong shape: layers.2.weight is (5, 4), the state has (2, 4), left as it was"
    )
    assert lines[5] == "unexpected, not used: extra"
    assert repr(report) == str(report)


def test_what_is_loaded_is_a_copy_in_the_dtype_of_the_model():
    model = nn.Linear(2, 1)
    state = {"weight": np.ones((1, 2)), "bias": [2]}
    nn.load_matching(model, state)
    state["weight"][:] = 7
    assert model.weight.dtype == np.float32
    assert model.weight.data.tolist() == [[1, 1]]
    assert model.bias.data.tolist() == [2]


def test_names_are_renamed():
    model, other = nn.Linear(2, 1), nn.Linear(2, 1)
    state = {f"backbone.{name}": value for name, value in other.state_dict().items()}
    report = nn.load_matching(model, state, lambda name: name.removeprefix("backbone."))
    assert report.loaded == ["weight", "bias"]
    assert np.array_equal(model.weight.data, other.weight.data)
    with pytest.raises(ArgumentError, match="rename returns 'x' for two names"):
        nn.load_matching(model, state, lambda name: "x")


def test_if_nothing_fits_that_is_an_error_with_the_remedy():
    model = nn.Linear(2, 1)
    state = {f"backbone.{name}": value for name, value in model.state_dict().items()}
    with pytest.raises(StateError, match=r"the names have the prefix 'backbone\.'"):
        nn.load_matching(model, state)
    with pytest.raises(StateError, match="expected the dict that state_dict"):
        nn.load_matching(model, [1])
    with pytest.raises(DTypeError, match="load_matching takes a module"):
        nn.load_matching(state, model)
    assert nn.load_matching(nn.ReLU(), {}).loaded == []


# ----------------------------------------------------------------------------------------- advice


@pytest.mark.parametrize(
    ("examples", "before", "retrain"),
    [
        (100, 1_000_000, "head"),
        (999, 1_000_000, "head"),
        (1000, 1_000_000, "last layers"),
        (100_000, 1_000_000, "all layers"),
        (1_000_000, 1_000_000, "from scratch"),
        (1_000_000, 100, "from scratch"),
        (1, 1, "from scratch"),
    ],
)
def test_the_less_data_the_less_is_trained_again(examples, before, retrain):
    advice = nn.transfer_advice(examples, pretrained_on=before)
    assert advice.retrain == retrain
    assert str(advice).startswith(f"{retrain}: ")


def test_advice_on_no_data():
    with pytest.raises(ArgumentError, match="transfer_advice: examples is at least 1, not 0"):
        nn.transfer_advice(0, 10)
    with pytest.raises(DTypeError, match="pretrained_on"):
        nn.transfer_advice(10, 0.5)
