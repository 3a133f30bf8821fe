"""Modules: what they find in their attributes, and how they look."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import StateError
from tests.nn.anything_module import Bag, parameter


def scope_of(y):
    return y.node.scope


# ------------------------------------------------------------------------------------ what is found


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


# --------------------------------------------------------------------------------------- appearance


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
