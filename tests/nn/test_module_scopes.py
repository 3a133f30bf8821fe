"""The place of a module in its network: in nodes, errors, modes and threads."""

import gc
import threading
import weakref

import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.engine.modes import MODE
from tensorgraph.nn.contents import walk
from tests.nn.anything_module import Bag


def scope_of(y):
    return y.node.scope


# ------------------------------------------------------------------------------------------- scopes


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
    model, x = Nested(), tg.ones((1, 2), requires_grad=True)
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
    model, x = Nested(), tg.ones((1, 2), requires_grad=True)
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
    model(tg.ones((1, 2), requires_grad=True)).sum().backward()
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
