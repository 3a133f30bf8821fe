"""ModuleList and ModuleDict against Python's list and dict, and as parts of a model."""

import copy
import pickle
from operator import add

import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import DTypeError


class Holder(nn.Module):
    """A module with one attribute."""

    def __init__(self, items):
        self.items = items

    def forward(self, x):
        for item in self.items.values() if isinstance(self.items, dict) else self.items:
            x = item(x)
        return x


def paths(items):
    return [path for path, _ in Holder(items).named_parameters()]


def layer():
    return nn.Linear(2, 2)


# ------------------------------------------------------------------- what a list and a dict do


def set_slice(items, new):
    items[1:3] = new


def add_in_place(items, new):
    items += new


LIST_CALLS = {
    "append": lambda items, i, new: items.append(new[0]),
    "extend": lambda items, i, new: items.extend(iter(new)),
    "insert": lambda items, i, new: items.insert(i, new[0]),
    "[i] =": lambda items, i, new: items.__setitem__(i, new[0]),
    "[1:3] =": lambda items, i, new: set_slice(items, iter(new)),
    "+=": lambda items, i, new: add_in_place(items, new),
    "del [i]": lambda items, i, new: items.__delitem__(i),
    "del [:2]": lambda items, i, new: items.__delitem__(slice(2)),
    "pop": lambda items, i, new: items.pop(i),
    "remove": lambda items, i, new: items.remove(items[i]),
    "index": lambda items, i, new: items.index(items[i]),
    "in": lambda items, i, new: items[i] in items and new[0] not in items,
    "[i]": lambda items, i, new: items[i],
    "[1:]": lambda items, i, new: list(items[1:]),
    "+": lambda items, i, new: list(add(items, new)),
    "reverse": lambda items, i, new: items.reverse(),
    "clear": lambda items, i, new: items.clear(),
}


def outcome(call, *arguments):
    """Return what a call returned, or the kind of error it raised."""
    try:
        return call(*arguments)
    except (IndexError, KeyError, ValueError) as error:
        return type(error)


@given(st.lists(st.tuples(st.sampled_from(list(LIST_CALLS)), st.integers(-3, 3)), max_size=8))
def test_a_module_list_does_what_a_list_does(calls):
    plain = [layer(), layer(), layer()]
    modules = nn.ModuleList(iter(plain))
    for name, i in calls:
        new = [layer(), layer()]
        expected = outcome(LIST_CALLS[name], plain, i, new)
        assert outcome(LIST_CALLS[name], modules, i, new) == expected
        assert list(modules) == plain
        assert len(modules) == len(plain)
        assert paths(modules) == paths(plain)


DICT_CALLS = {
    "[k] =": lambda items, k, new: items.__setitem__(k, new[0]),
    "update": lambda items, k, new: items.update({k: new[0]}, c=new[1]),
    "update pairs": lambda items, k, new: items.update([(k, new[0])]),
    "|=": lambda items, k, new: items.__ior__({k: new[0]}) is items,
    "setdefault": lambda items, k, new: items.setdefault(k, new[0]),
    "del": lambda items, k, new: items.__delitem__(k),
    "pop": lambda items, k, new: items.pop(k, None),
    "[k]": lambda items, k, new: items[k],
    "get": lambda items, k, new: items.get(k),
    "in": lambda items, k, new: k in items,
    "keys": lambda items, k, new: list(items),
    "clear": lambda items, k, new: items.clear(),
}


@given(st.lists(st.tuples(st.sampled_from(list(DICT_CALLS)), st.sampled_from("abd")), max_size=8))
def test_a_module_dict_does_what_a_dict_does(calls):
    plain = {"a": layer(), "b": layer()}
    modules = nn.ModuleDict(plain)
    for name, key in calls:
        new = [layer(), layer()]
        expected = outcome(DICT_CALLS[name], plain, key, new)
        assert outcome(DICT_CALLS[name], modules, key, new) == expected
        assert dict(modules) == plain
        assert paths(modules) == paths(plain)


def test_slices_and_sums_of_module_lists_are_module_lists():
    modules = nn.ModuleList([layer(), layer()])
    assert type(modules[1:]) is type(add(modules, [layer()])) is nn.ModuleList


@pytest.mark.parametrize(
    "put",
    [
        lambda items, item: items.append(item),
        lambda items, item: items.extend([layer(), item]),
        lambda items, item: items.insert(0, item),
        lambda items, item: items.__setitem__(0, item),
        lambda items, item: set_slice(items, [layer(), item]),
        lambda items, item: add_in_place(items, [layer(), item]),
        lambda items, item: add(items, [item]),
        lambda items, item: nn.ModuleList([layer(), item]),
    ],
)
@pytest.mark.parametrize(
    ("item", "message"),
    [
        (None, "is None, not a module"),
        (tg.relu, r"is a function, not a module; write nn.ReLU\(\) for tg.relu"),
        (nn.Tanh, r"is the class Tanh, not a module; write Tanh\(\)"),
        (tg.ones(2), r"is shape \(2,\) float32, not a module"),
    ],
)
def test_a_module_list_takes_modules_only(put, item, message):
    first = layer()
    modules = nn.ModuleList([first])
    with pytest.raises(DTypeError, match=f"ModuleList: item .* {message}$"):
        put(modules, item)
    assert list(modules) == [first]


@pytest.mark.parametrize(
    "put",
    [
        lambda items, key, item: items.__setitem__(key, item),
        lambda items, key, item: items.update({"b": layer(), key: item}),
        lambda items, key, item: items.setdefault(key, item),
        lambda items, key, item: items.__ior__({"b": layer(), key: item}),
        lambda items, key, item: nn.ModuleDict({key: item}),
    ],
)
def test_a_module_dict_takes_modules_under_strings_only(put):
    modules = nn.ModuleDict({"a": layer()})
    with pytest.raises(DTypeError, match=r"ModuleDict: item 'c' is 3, not a module$"):
        put(modules, "c", 3)
    with pytest.raises(DTypeError, match=r"ModuleDict: names are strings, not 3$"):
        put(modules, 3, layer())
    assert list(modules) == ["a"]


# --------------------------------------------------------------------------- as part of a model

both = pytest.mark.parametrize(
    "make",
    [
        lambda: nn.ModuleList([layer(), nn.Tanh(), layer()]),
        lambda: nn.ModuleDict({"one": layer(), "two": nn.Tanh(), "three": layer()}),
    ],
    ids=["list", "dict"],
)


@both
def test_containers_are_modules_with_parameters_modes_and_state(make):
    model = Holder(make())
    assert [type(m) for m in model.modules()] == [
        Holder, type(model.items), nn.Linear, nn.Tanh, nn.Linear,
    ]  # fmt: skip
    assert len(model.items.parameters()) == 4
    model.eval()
    assert not any(module.training for module in model.modules())
    other = Holder(make())
    other.load_state_dict(model.state_dict())
    x = tg.ones((3, 2))
    assert (other(x) == model(x)).all()


@both
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_a_copy_holds_the_same(make, again):
    items = make()
    items.note = "kept"
    twin = again(items)
    assert (type(twin), twin.note) == (type(items), "kept")
    assert twin.state_dict().keys() == items.state_dict().keys()
    x = tg.ones((3, 2))
    assert (Holder(twin)(x) == Holder(items)(x)).all()
    twin.clear()
    assert len(items) == 3


@both
def test_a_functional_call_replaces_what_containers_hold(make):
    model, x = Holder(make()), tg.ones((3, 2))
    before = model(x)
    zeros = {path: tg.zeros(p.shape) for path, p in model.named_parameters()}
    assert not nn.functional_call(model, zeros, x).data.any()
    assert (model(x) == before).all()


@both
def test_a_container_is_equal_to_itself_alone(make):
    items = make()
    assert items == items
    assert items != make()
    assert type(items)() != type(items)()
    assert len({items, items}) == 1


def test_nodes_in_containers_know_their_place():
    class Stack(nn.ModuleList):
        """A list that says what it computes."""

        def forward(self, x):
            for module in self:
                x = module(x)
            return x

    class Model(nn.Module):
        def __init__(self):
            self.blocks = nn.ModuleList([nn.Linear(2, 2)])
            self.heads = nn.ModuleDict({"cat": nn.Linear(2, 1)})
            self.stack = Stack([nn.Linear(2, 2)])

        def forward(self, x):
            return self.heads["cat"](self.blocks[0](self.stack(x)))

    node, scopes = Model()(tg.ones((1, 2))).node, []
    for _ in range(3):
        scopes.append(node.scope)
        node = node.parents[0]
    assert scopes == [
        "model.heads['cat'] Linear", "model.blocks[0] Linear", "model.stack[0] Linear",
    ]  # fmt: skip
    assert Stack([nn.Tanh()])(tg.tensor([1.0], requires_grad=True)).node.scope == "model[0] Tanh"


def test_a_sequential_leaves_errors_alone_that_no_tuple_made():
    with pytest.raises(ValueError, match="features") as caught:
        nn.Sequential(nn.Tanh(), layer())(tg.ones((1, 3)))
    assert not hasattr(caught.value, "__notes__")


def test_calling_a_container_says_what_to_write():
    model = nn.Sequential(nn.ModuleList([layer()]), nn.ModuleDict())
    with pytest.raises(NotImplementedError) as caught:
        model(tg.ones((1, 2)))
    assert str(caught.value) == (
        "model.layers[0] ModuleList: a list does not say what it computes; write"
        " for layer in self.layers: x = layer(x), or nn.Sequential(*layers)"
    )
    with pytest.raises(NotImplementedError, match=r"write self\.layers\[name\]\(x\)$"):
        model[1](tg.ones((1, 2)))


def test_repr_of_nested_containers():
    model = Holder(nn.ModuleDict({"a": nn.ModuleList([nn.Linear(2, 3)]), "b": nn.Tanh()}))
    assert repr(model).splitlines() == [
        "Holder()  9 parameters",
        "  items    ModuleDict()                   9",
        "    ['a']  ModuleList()                   9",
        "      [0]  Linear(2 → 3, init=he_normal)  9",
        "    ['b']  Tanh()",
    ]


def test_shared_modules_count_once():
    shared = layer()
    modules = nn.ModuleList([shared, shared])
    assert modules.modules() == [modules, shared]
    assert len(modules.parameters()) == 2


def test_a_layer_of_a_sequential_is_replaced_by_assignment():
    model, head = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), nn.Linear(3, 5)
    model[-1] = head
    assert model[1] is head and model(tg.ones((4, 2))).shape == (4, 5)
    assert any(parameter is head.weight for parameter in model.parameters())
    with pytest.raises(DTypeError, match="layer 0 is 'relu', not a module or function"):
        model[0] = "relu"


def test_layers_of_a_sequential_are_replaced_and_left_out():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    net[1] = tg.tanh
    del net[0], net[-1:]
    assert net.layers == [tg.tanh]
