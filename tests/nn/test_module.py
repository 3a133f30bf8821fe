"""Modules: what they find in their attributes, what they save and load, and where calls happen."""

import copy
import dataclasses
import gc
import pickle
import threading
import weakref
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.engine.modes import MODE
from tensorgraph.errors import ShapeError, StateError
from tensorgraph.nn.module import walk


class Bag(nn.Module):
    """A module with the attributes it is given; never calls ``super().__init__()``."""

    def __init__(self, **attributes):
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, x):
        return x * 2


def parameter(*shape):
    return tg.tensor(np.zeros(shape), requires_grad=True)


def scope_of(y):
    return y.node.scope


# ------------------------------------------------------------------------------- what is found

names = st.text("abcxyz", min_size=1, max_size=3)
leaves = st.one_of(
    st.builds(lambda: parameter(2)),
    st.builds(lambda: tg.zeros(3)),
    st.sampled_from([None, 1, "text", np.zeros(2), len]),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(names, inner, max_size=3),
        st.dictionaries(names, inner, max_size=3).map(lambda d: Bag(**d)),
    ),
    max_leaves=12,
)


def enumerate_by_recursion(path, value):
    """Yield (path, tensor) as the documentation says: the definition, written the simple way."""
    if type(value) is tg.Tensor:
        yield path, value
    elif isinstance(value, nn.Module):
        for name, item in value.__dict__.items():
            yield from enumerate_by_recursion([*path, name], item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from enumerate_by_recursion([*path, name], item)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from enumerate_by_recursion([*path, str(i)], item)


@given(st.dictionaries(names, trees, max_size=4))
def test_all_tensors_are_found_in_order_of_assignment(attributes):
    model = Bag(**attributes)
    expected = [(".".join(path), tensor) for path, tensor in enumerate_by_recursion([], model)]
    assert len(dict(expected)) == len(expected)
    same = [(name, id(tensor)) for name, tensor in expected if tensor.requires_grad]
    assert [(name, id(tensor)) for name, tensor in model.named_parameters()] == same
    assert [id(tensor) for tensor in model.parameters()] == [i for _, i in same]
    same = [(name, id(tensor)) for name, tensor in expected if not tensor.requires_grad]
    assert [(name, id(tensor)) for name, tensor in model.named_buffers()] == same
    assert [id(tensor) for tensor in model.buffers()] == [i for _, i in same]
    assert list(model.state_dict()) == [name for name, _ in expected]


def test_tied_weights_count_once_under_their_first_name():
    tied = parameter(2, 3)
    model = Bag(encoder=Bag(weight=tied), decoder=Bag(weight=tied, bias=parameter(2)))
    assert [name for name, _ in model.named_parameters()] == ["encoder.weight", "decoder.bias"]
    assert "8 parameters" in repr(model)


def test_a_list_that_grew_is_seen_as_it_is():
    model = nn.Sequential(nn.Linear(2, 2))
    model.layers.append(nn.Linear(2, 2, bias=False))
    assert [name for name, _ in model.named_parameters()] == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight",
    ]  # fmt: skip


def test_modules_that_refer_to_each_other():
    child = Bag(weight=parameter(1))
    parent = Bag(child=child)
    child.parent = parent
    assert [name for name, _ in parent.named_parameters()] == ["child.weight"]
    assert [name for name, _ in child.named_modules()] == ["", "parent"]


def test_a_container_in_itself_is_walked_once():
    parts = [parameter(1)]
    parts.append(parts)
    assert len(Bag(parts=parts).parameters()) == 1


def test_a_result_kept_in_an_attribute_is_neither_parameter_nor_buffer():
    model = Bag(weight=parameter(2))
    model.last = model.weight * 2
    assert [name for name, _ in model.named_parameters()] == ["weight"]
    assert model.buffers() == []


def test_freezing_a_parameter_keeps_it_in_the_state():
    model = nn.Linear(2, 2)
    before = list(model.state_dict())
    model.weight.requires_grad = False
    assert [name for name, _ in model.named_parameters()] == ["bias"]
    assert list(model.state_dict()) == before


def test_a_dataclass_can_be_a_module():
    @dataclasses.dataclass
    class Pair(nn.Module):
        first: nn.Linear
        second: nn.Linear

        def forward(self, x):
            return self.second(self.first(x))

    pair = Pair(nn.Linear(2, 3), nn.Linear(3, 1))
    assert [name for name, _ in pair.named_modules()] == ["", "first", "second"]
    assert scope_of(pair(tg.ones((1, 2)))) == "model.second Linear"


def test_two_tensors_with_one_path_are_an_error():
    model = Bag(parts={0: parameter(1), "0": parameter(1)})
    with pytest.raises(StateError, match=r"Bag has two tensors with the path 'parts.0'"):
        model.named_parameters()


def test_modules_are_found_in_order():
    model = Bag(a=nn.Sequential(nn.Linear(1, 1)), b={"c": (Bag(),)})
    assert [name for name, _ in model.named_modules()] == ["", "a", "a.layers.0", "b.c.0"]
    assert [type(module) for module in model.modules()] == [Bag, nn.Sequential, nn.Linear, Bag]


def test_train_and_eval_reach_all_modules_and_return_the_module():
    model = Bag(inner=[Bag(inner={"x": Bag()})])
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert model.train() is model
    assert all(module.training for module in model.modules())


def test_zero_grad_forgets_all_gradients():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    model(tg.ones((4, 2))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


# ------------------------------------------------------------------------------ save and load


def small():
    return Bag(
        first=nn.Linear(2, 3), rest=[nn.Linear(3, 1, dtype="float64")], count=tg.tensor([1, 2])
    )


def test_a_state_goes_round():
    one, other = small(), small()
    other.load_state_dict(one.state_dict())
    for name, value in one.state_dict().items():
        assert np.array_equal(other.state_dict()[name], value)
        assert other.state_dict()[name].dtype == value.dtype


def test_a_state_is_a_copy_both_ways():
    model = small()
    state = model.state_dict()
    before = copy.deepcopy(state)
    state["first.weight"][:] = 7
    assert np.array_equal(model.first.weight.data, before["first.weight"])
    model.load_state_dict(state)
    state["first.weight"][:] = 8
    assert (model.first.weight.data == 7).all()


def test_a_graph_recorded_before_loading_keeps_the_old_values():
    model = Bag(weight=tg.tensor([3.0], requires_grad=True))
    y = (model.weight * model.weight).sum()
    model.load_state_dict({"weight": np.float32([5.0])})
    y.backward()
    assert model.weight.grad.item() == 6.0
    assert model.weight.item() == 5.0


def test_loading_converts_to_the_dtype_of_the_model():
    model = small()
    model.load_state_dict({k: v.astype(np.float64) if v.dtype.kind == "f" else v
                           for k, v in model.state_dict().items()})  # fmt: skip
    assert model.first.weight.dtype == np.float32
    assert model.rest[0].weight.dtype == np.float64


DAMAGE = {
    "missing": lambda state, name: state.pop(name),
    "unexpected": lambda state, name: state.update({f"{name}_2": np.zeros(1)}),
    "wrong shape": lambda state, name: state.update({name: np.zeros((7, 5))}),
    "not an array": lambda state, name: state.update({name: "text"}),
    "wrong kind of number": lambda state, name: state.update({name: state[name] * 1j}),
}


@given(st.data())
def test_a_failed_load_changes_nothing_and_lists_every_problem(data):
    model = small()
    before = model.state_dict()
    held = [tensor._data for tensor in [*model.parameters(), *model.buffers()]]
    state = {name: value + 1 for name, value in before.items()}
    chosen = data.draw(st.lists(st.sampled_from(list(state)), min_size=1, unique=True))
    expected = []
    for name in chosen:
        problem = data.draw(st.sampled_from(list(DAMAGE)))
        DAMAGE[problem](state, name)
        # Complex numbers are refused before their kind is compared.
        expected.append(("not an array" if problem == "wrong kind of number" else problem, name))
    with pytest.raises(StateError, match="does not fit Bag, nothing was loaded") as caught:
        model.load_state_dict(state)
    for problem, name in expected:
        assert any(
            line.strip().startswith(problem) and name in line
            for line in str(caught.value).splitlines()
        )
    assert all(
        tensor._data is array
        for tensor, array in zip([*model.parameters(), *model.buffers()], held, strict=True)
    )


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (lambda s: {f"net.{k}": v for k, v in s.items()}, "the names have the prefix 'net.'"),
        (
            lambda s: {k.removeprefix("layers."): v for k, v in s.items()},
            "the names lack the prefix 'layers.'",
        ),
        (
            lambda s: {k: v.T for k, v in s.items()},
            "wrong shape: layers.0.weight is (3, 2), the state has (2, 3); write"
            " state['layers.0.weight'].T",
        ),
        (lambda s: {}, "to keep the present values where some are missing, load"),
        (lambda s: {**s, "more": 1}, "to leave out the unexpected, load"),
        (lambda s: list(s), "expected the dict that state_dict() returned, not list"),
    ],
)
def test_a_failed_load_says_what_to_write(state, text):
    model = nn.Sequential(nn.Linear(2, 3))
    with pytest.raises(StateError) as caught:
        model.load_state_dict(state(model.state_dict()))
    assert text in str(caught.value)


class Remembers(nn.Module):
    """Keeps its last result, as it is or as an array."""

    def __init__(self, keep):
        self.linear, self.keep = nn.Linear(2, 3), keep

    def forward(self, x):
        y = self.linear(x)
        self.last = self.keep(y)
        return y


def test_a_result_kept_without_a_graph_is_a_buffer_and_a_failed_load_says_what_to_write():
    model = Remembers(lambda y: y)
    state = model.state_dict()
    model(tg.ones((1, 2)))
    model.load_state_dict(state)
    with tg.no_grad():
        model(tg.ones((1, 2)))
    assert [name for name, _ in model.named_buffers()] == ["last"]
    with pytest.raises(StateError, match=r"if last is no state .* self.last = y.numpy\(\)"):
        model.load_state_dict(state)


def test_an_array_of_a_result_is_not_state():
    model = Remembers(lambda y: y.numpy())
    state = model.state_dict()
    with tg.no_grad():
        model(tg.ones((1, 2)))
    model.load_state_dict(state)


def test_a_running_mean_computed_without_a_graph_stays_a_buffer():
    model = Bag(mean=tg.zeros(2))
    with tg.no_grad():
        model.mean = 0.9 * model.mean + 0.1 * tg.ones(2)
    assert list(model.state_dict()) == ["mean"]


def test_a_missing_parameter_is_not_taken_for_a_result():
    with pytest.raises(StateError) as caught:
        nn.Linear(2, 3).load_state_dict({})
    assert "self.last" not in str(caught.value)


def test_loading_floats_into_an_integer_buffer_is_refused():
    model = Bag(count=tg.tensor([1, 2]))
    with pytest.raises(StateError, match=r"wrong kind of number: count is int64.*astype\('int64'"):
        model.load_state_dict({"count": np.array([0.5, 1.0])})


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_is_independent_and_knows_its_own_place(duplicate):
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model(tg.ones((1, 2)))
    twin = duplicate(model)
    twin.layers[0].weight.assign(np.zeros((2, 2)))
    twin.layers.insert(0, nn.Linear(2, 2))
    assert (model.layers[0].weight.data != 0).any()
    assert scope_of(twin(tg.ones((1, 2)))) == "model.layers[2] ReLU"


# ------------------------------------------------------------------------------------- scopes


class Nested(nn.Module):
    def __init__(self):
        self.layers = [nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)]
        self.heads = {"cat": nn.Linear(2, 1)}
        self.block = Bag(inner=nn.Sequential(nn.Tanh()))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def test_nodes_know_the_module_that_made_them():
    model, x = Nested(), tg.tensor(np.ones((1, 2)), requires_grad=True)
    seen = []
    node = model(x).node
    while type(node) is type(node.parents[0]):
        seen.append(node.scope)
        node = node.parents[0]
    assert [*seen, node.scope] == [
        "model.layers[2] Linear", "model.layers[1] ReLU", "model.layers[0] Linear",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("forward", "scope"),
    [
        (lambda m, x: x * 2, "model Nested"),
        (lambda m, x: m.layers[0](x), "model.layers[0] Linear"),
        (lambda m, x: m.layers[0](x) * 2, "model Nested"),
        (lambda m, x: m.heads["cat"](x), "model.heads['cat'] Linear"),
        (lambda m, x: m.block(x), "model.block Bag"),
        # A module inside a part, called past that part.
        (lambda m, x: m.block.inner.layers[0](x), "model.block.inner.layers[0] Tanh"),
        (lambda m, x: nn.Tanh()(x), "model.? Tanh"),
    ],
)
def test_the_scope_is_the_path_from_the_module_that_was_called_first(forward, scope, monkeypatch):
    monkeypatch.setattr(Nested, "forward", forward)
    model, x = Nested(), tg.tensor(np.ones((1, 2)), requires_grad=True)
    for _ in range(2):  # the second call finds what the first kept
        assert scope_of(model(x)) == scope
    assert MODE.get().scope == ""


def test_a_shared_module_has_the_place_of_each_caller():
    shared = nn.Tanh()
    left, right = nn.Sequential(shared), nn.Sequential(tg.relu, shared)
    x = tg.tensor([1.0], requires_grad=True)
    for _ in range(2):
        assert scope_of(left(x)) == "model.layers[0] Tanh"
        assert scope_of(right(x)) == "model.layers[1] Tanh"
        assert scope_of(shared(x)) == "model Tanh"


def test_errors_name_the_module():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(4, 1))
    with pytest.raises(tg.errors.ShapeError, match=r"linear in model\.layers\[2\] Linear: "):
        model(tg.ones((5, 2)))


def test_places_are_looked_up_once_for_all_that_a_module_calls(monkeypatch):
    roots = []

    def counted(root):
        roots.append(root)
        return walk(root)

    monkeypatch.setattr("tensorgraph.nn.module.walk", counted)
    model = nn.Sequential(*(nn.ReLU() for _ in range(50)))
    model(tg.ones((1, 2)))
    assert roots == [model]


def test_what_was_added_since_the_last_call_has_its_place():
    model = nn.Sequential(nn.Tanh())
    x = tg.ones((1, 2), requires_grad=True)
    model(x)
    model.layers.append(nn.ReLU())
    assert scope_of(model(x)) == "model.layers[1] ReLU"
    model.layers[1] = nn.Sigmoid()
    assert scope_of(model(x)) == "model.layers[1] Sigmoid"


def test_the_scope_ends_with_the_call_also_if_that_raises():
    class Fails(nn.Module):
        def forward(self, x):
            raise KeyError("inside")

    model = nn.Sequential(nn.Sequential(Fails()))
    before = MODE.get()
    for _ in range(2):
        with pytest.raises(KeyError, match="inside"):
            model(1)
        assert MODE.get() is before


def test_a_call_keeps_the_mode_around_it():
    model = nn.Sequential(nn.Linear(2, 1))
    x = tg.ones((1, 2))
    assert model(x).requires_grad
    with tg.no_grad():
        assert not model(x).requires_grad
        with tg.enable_grad():
            assert model(x).requires_grad
    with tg.debug():
        assert model(x).node.line is not None
    assert model(x).node.line is None


def test_a_mode_set_inside_forward_keeps_the_place():
    class Quiet(nn.Module):
        def __init__(self):
            self.part = nn.Linear(2, 1)

        def forward(self, x):
            with tg.no_grad():
                assert MODE.get().scope == "model Quiet"
                with tg.enable_grad():
                    return self.part(x)

    assert scope_of(Quiet()(tg.ones((1, 2)))) == "model.part Linear"


def test_threads_do_not_mix_up_their_places():
    shared = nn.Linear(2, 2)
    models = [nn.Sequential(*[tg.relu] * k, shared) for k in range(4)]
    wrong = []

    def work(k):
        for _ in range(300):
            scope = scope_of(models[k](tg.ones((1, 2))))
            if scope != f"model.layers[{k}] Linear":
                wrong.append(scope)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_model_that_was_called_is_freed_without_the_garbage_collector():
    model = Nested()
    model(tg.tensor(np.ones((1, 2)), requires_grad=True)).sum().backward()
    gone = weakref.ref(model)
    gc.collect()
    gc.disable()
    try:
        del model
        assert gone() is None
    finally:
        gc.enable()


def test_a_debugged_call_leaves_no_observer_behind():
    model = nn.Linear(2, 1)
    with tg.debug():
        model(tg.ones((1, 2)))
        gone = weakref.ref(MODE.get().observer)
    assert gone() is None


# --------------------------------------------------------------------------------- appearance


def test_repr_is_a_tree_with_parameter_counts():
    class Net(nn.Module):
        def __init__(self):
            self.trunk = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64))
            self.heads = {"cat": nn.Linear(64, 2, bias=False), "act": nn.Softmax()}
            self.scale = parameter(3)

    assert repr(Net()).splitlines() == [
        "Net()  108,867 parameters",
        "  trunk         Sequential()                                108,736",
        "    layers[0]   Linear(784 → 128, init=he_normal)           100,480",
        "    layers[1]   ReLU()",
        "    layers[2]   Linear(128 → 64, init=he_normal)              8,256",
        "  heads['cat']  Linear(64 → 2, bias=False, init=he_normal)      128",
        "  heads['act']  Softmax(axis=-1)",
    ]


def test_repr_does_not_take_a_longer_name_for_a_part():
    model = Bag(a=Bag(b=Bag()), ab=Bag(), items=[Bag() for _ in range(11)])
    starts = [len(line) - len(line.lstrip()) for line in repr(model).splitlines()]
    assert starts == [0, 2, 4, 2, *[2] * 11]


def test_repr_of_a_module_without_parts_is_one_line():
    assert repr(Bag()) == "Bag()"
    assert repr(nn.ELU(0.5)) == "ELU(alpha=0.5)"


def test_a_module_without_forward_says_what_to_write():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty .* write def forward\(self, x\)"):
        Empty()(1)


# ------------------------------------------------------------------------------ functional_call


def test_a_functional_call_computes_with_other_tensors_and_leaves_the_module_alone():
    model = nn.Sequential(nn.Linear(2, 3, dtype="float64"), nn.Linear(3, 1, dtype="float64"))
    before, x = model.state_dict(), np.ones((4, 2))
    other = {path: tg.tensor(value + 1, requires_grad=True) for path, value in before.items()}
    result = nn.functional_call(model, other, x)
    hidden = x @ (before["layers.0.weight"].T + 1) + before["layers.0.bias"] + 1
    expected = hidden @ (before["layers.1.weight"].T + 1) + before["layers.1.bias"] + 1
    np.testing.assert_allclose(result.data, expected)
    result.sum().backward()
    assert all(tensor.grad is not None for tensor in other.values())
    assert all(parameter.grad is None for parameter in model.parameters())
    for path, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[path])


def test_a_functional_call_replaces_tied_weights_together_and_knows_the_place():
    tied = parameter(2, 2)
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model.layers[0].weight = model.layers[1].weight = tied
    result = nn.functional_call(model, {"layers.0.weight": 2 * np.eye(2)}, np.ones((1, 2)))
    np.testing.assert_array_equal(result.data, [[4.0, 4.0]])
    with pytest.raises(ShapeError, match=r"in model\.layers\[0\] Linear"):
        nn.functional_call(model, {}, np.ones((1, 3)))


def test_a_functional_call_of_modules_that_refer_to_each_other():
    child = nn.Linear(1, 1)
    child.parents = [child]
    child.parents.append(child.parents)
    child.table = {"self": child}
    weight = tg.ones((1, 1))
    np.testing.assert_array_equal(
        nn.functional_call(child, {"weight": weight, "bias": [2.0]}, [[3.0]]).data, [[5.0]]
    )


class Penalised(nn.Module):
    """A module that asks itself for its parameters."""

    def __init__(self):
        self.net = nn.Linear(2, 1, bias=False, dtype="float64")

    def forward(self):
        return nn.l2_penalty(self.net, 1.0, 1)


def test_what_stands_in_for_a_parameter_is_one():
    model, w = Penalised(), np.array([[1.0, 2.0]])

    def penalty(weight):
        return nn.functional_call(model, {"net.weight": weight})

    assert penalty(w).item() == penalty(tg.tensor(w)).item() == 2.5
    leaf = tg.tensor(w, requires_grad=True)
    assert penalty(leaf * 1).item() == penalty(leaf).item() == 2.5
    with tg.no_grad():
        assert penalty(leaf * 1).item() == penalty(leaf).item() == 2.5
    np.testing.assert_allclose(tg.grad(penalty)(w).data, w)
    np.testing.assert_allclose(tg.hessian(penalty)(tg.tensor(w)).data.reshape(2, 2), np.eye(2))
    assert not model.net.weight.grad


class Pair(NamedTuple):
    left: tg.Tensor
    right: tg.Tensor


class Stack(list):
    pass


def test_a_functional_call_replaces_what_named_tuples_and_subclasses_of_lists_hold():
    class Sum(nn.Module):
        def __init__(self):
            one = [tg.tensor(2.0**i, requires_grad=True) for i in range(4)]
            self.pair, self.stack, self.plain = Pair(*one[:2]), Stack(one[2:3]), (one[3],)

        def forward(self):
            return self.pair.left + self.pair.right + self.stack[0] + self.plain[0]

    model = Sum()
    for i, (path, _) in enumerate(model.named_parameters()):
        assert nn.functional_call(model, {path: 0.0}).item() == 15 - 2**i, path
    assert model().item() == 15


def test_a_functional_call_leaves_buffers_alone():
    layer = nn.BatchNorm(2, dtype="float64")
    before = layer.state_dict()
    given_mean = tg.zeros(2, dtype="float64")
    tensors = {"weight": tg.ones(2), "running_mean": given_mean}
    nn.functional_call(layer, tensors, np.arange(6.0).reshape(3, 2))
    assert not given_mean.data.any()
    for path, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[path])


def test_a_functional_call_refuses_what_does_not_fit():
    layer = nn.Linear(2, 1)
    with pytest.raises(StateError, match=r"Linear has no tensor 'wait'; it has weight, bias"):
        nn.functional_call(layer, {"wait": tg.ones(2)}, tg.ones((1, 2)))
    with pytest.raises(ShapeError, match=r"'weight' has shape \(1, 2\), not \(2,\)"):
        nn.functional_call(layer, {"weight": tg.ones(2)}, tg.ones((1, 2)))
