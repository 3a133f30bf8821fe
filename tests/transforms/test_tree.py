"""``tg.tree``, and the containers that everything takes: drawn nested, with static fields."""

from collections import namedtuple
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.engine.nested_containers import flatten, flatten_like, places, unflatten

Pair = namedtuple("Pair", "a b")


@dataclass(frozen=True)
class Layer:
    weight: Any
    bias: Any = None
    name: str = "layer"
    activation: Any = tg.tanh


@dataclass
class Model:
    layers: Any
    scale: Any = 1.0
    depth: int = field(default=2, metadata={"static": True})
    frozen: bool = False


@dataclass(slots=True)
class Slotted:
    inside: Any
    note: str = "s"


@dataclass
class Alike:
    """With the fields of another."""

    inside: Any
    note: str = "s"


@dataclass
class Checked:
    """Its ``__init__`` refuses what is no array, and computes a field."""

    x: Any
    size: int = field(init=False, metadata={"static": True})

    def __post_init__(self):
        if self.x is None:
            raise TypeError("no array")
        self.size = 1


def containers(leaf):
    """Nested containers of all kinds, the empty ones too."""
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
            | st.builds(Pair, inner, inner)
            | st.builds(Layer, inner, inner | st.none(), st.sampled_from(["one", "two"]))
            | st.builds(Model, inner, inner, st.integers(0, 3))
            | st.builds(Slotted, inner)
            | st.builds(Checked, inner)
        ),
        max_leaves=8,
    )


def shapes_and_dtypes():
    shapes = st.sampled_from([(), (1,), (3,), (0,), (2, 3)])
    return st.tuples(shapes, st.sampled_from(["float16", "float32", "float64"]))


@st.composite
def trees_of_tensors(draw):
    return draw(
        containers(
            shapes_and_dtypes().map(
                lambda kind: tg.tensor(np.arange(np.prod(kind[0])).reshape(kind[0]) + 0.5, kind[1])
            )
        )
    )


def kinds(tree):
    """Return the types of all containers in a tree, and its static fields, in order."""
    if isinstance(tree, dict):
        return [dict, *(k for v in tree.values() for k in kinds(v))]
    if isinstance(tree, (list, tuple)):
        return [type(tree), *(k for v in tree for k in kinds(v))]
    if hasattr(tree, "__dataclass_fields__"):
        values = [getattr(tree, name) for name in tree.__dataclass_fields__]
        return [type(tree), *(k for v in values for k in kinds(v))]
    return [] if type(tree) is tg.Tensor else [tree]


@given(tree=trees_of_tensors())
def test_taken_apart_and_put_together(tree):
    leaves, structure = flatten(tree)
    assert all(type(leaf) is tg.Tensor for leaf in leaves)
    again = unflatten(structure, leaves)
    assert kinds(again) == kinds(tree)
    found, same = flatten(again)
    assert same == structure and repr(same) == repr(structure)
    assert [*map(id, found)] == [*map(id, leaves)] == [*map(id, flatten_like(structure, tree))]
    assert len(places(tree)) == len(leaves) == len(set(places(tree)))


@given(tree=trees_of_tensors())
def test_places_lead_to_the_leaves(tree):
    for place, leaf in zip(places(tree), tg.tree.leaves(tree), strict=True):
        assert eval(f"tree{place}") is leaf


@given(tree=trees_of_tensors())
def test_map_applies_to_each_leaf(tree):
    doubled = tg.tree.map(lambda x, y: x + y, tree, tree)
    assert kinds(doubled) == kinds(tree)
    for x, y in zip(tg.tree.leaves(tree), tg.tree.leaves(doubled), strict=True):
        assert x.dtype == y.dtype and np.array_equal(2 * x, y)
    assert tg.tree.structure(doubled) == tg.tree.structure(tree)


@given(tree=trees_of_tensors())
def test_ravel_and_back(tree):
    vector, unravel = tg.tree.ravel(tree)
    leaves = tg.tree.leaves(tree)
    assert vector.shape == (sum(x.size for x in leaves),)
    if leaves:
        assert vector.dtype == np.result_type(*(x.dtype for x in leaves))
    again = unravel(vector)
    assert kinds(again) == kinds(tree)
    for x, y in zip(leaves, tg.tree.leaves(again), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype) and np.array_equal(x, y)


@given(tree=trees_of_tensors())
def test_gradients_flow_through_ravel_and_unravel(tree):
    """Those of a sum of squares, by the containers and by the vector."""

    def squares(tree):
        return sum(((x.astype("float64") ** 2).sum() for x in tg.tree.leaves(tree)), tg.tensor(0.0))

    def by_vector(tree):
        return (tg.tree.ravel(tree)[0].astype("float64") ** 2).sum()

    vector, unravel = tg.tree.ravel(tree)
    for gradient in (tg.grad(squares)(tree), tg.grad(by_vector)(tree)):
        assert kinds(gradient) == kinds(tree)
        for x, g in zip(tg.tree.leaves(tree), tg.tree.leaves(gradient), strict=True):
            assert g.dtype == x.dtype and np.allclose(g, 2 * x, rtol=2e-3)
    back = tg.grad(lambda v: squares(unravel(v)))(vector)
    assert np.allclose(back, 2 * vector, rtol=2e-3)


def test_second_order_through_a_vector():
    tree = {"w": tg.tensor([1.0, 2.0], dtype="float64"), "b": [tg.tensor(3.0, dtype="float64")]}
    vector, unravel = tg.tree.ravel(tree)

    def cost(tree):
        return (tree["w"] ** 3).sum() * tree["b"][0] ** 2

    h = tg.hessian(lambda v: cost(unravel(v)))(vector)
    blocks = tg.hessian(cost)(tree)
    assert np.array_equal(h[:2, :2], blocks["w"]["w"])
    assert np.array_equal(h[2, :2], blocks["b"][0]["w"])
    assert [h[2, 2].item(), blocks["b"][0]["b"][0].item()] == pytest.approx([18, 18])


def test_arrays_give_an_array_and_vectors_give_their_kind():
    vector, unravel = tg.tree.ravel({"a": np.ones(2), "b": np.zeros((1, 1), np.float32)})
    assert type(vector) is np.ndarray and vector.tolist() == [1, 1, 0]
    again = unravel(vector + 1)
    assert type(again["a"]) is np.ndarray and again["b"].dtype == np.float32
    assert type(unravel(tg.tensor(vector))["a"]) is tg.Tensor
    assert unravel([1.0, 2.0, 3.0])["b"].data.tolist() == [[3]]
    vector[0] = 7  # its own memory
    nothing, back = tg.tree.ravel([])
    assert type(nothing) is tg.Tensor and nothing.shape == (0,) and back(np.zeros(0)) == []
    whole, back = tg.tree.ravel([tg.tensor([1, 2]), tg.tensor(3)])
    assert whole.dtype == np.int64 and back(whole)[1].item() == 3
    assert tg.tree.ravel((1.0, tg.tensor(2.0)))[0].data.tolist() == [1, 2]


def test_float32_weights_under_a_minimiser_of_float64():
    scipy = pytest.importorskip("scipy.optimize")
    start = Layer(tg.zeros((2, 1)), tg.ones(1))
    vector, unravel = tg.tree.ravel(start)

    def cost(vector):
        layer = unravel(vector)
        return ((layer.weight - 2) ** 2).sum() + ((layer.bias + 1) ** 2).sum()

    found = scipy.minimize(tg.value_and_grad(cost), vector.numpy().astype(float), jac=True).x
    assert np.allclose(found, [2, 2, -1], atol=1e-4)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: tg.tree.map(lambda x, y: x, {"a": [1, 2]}, {"a": [1]}),
            tg.errors.ShapeError,
            r"tree 1 is not built like the first one: at \['a'\]: expected a list of 2, got a list",
        ),
        (
            lambda: tg.tree.map(lambda x, y, z: x, [{"a": 1}], [{"a": 1}], [{"b": 1}]),
            tg.errors.ShapeError,
            r"tree 2 .* at \[0\]: expected a dict with the keys \['a'\], got .* \['b'\]",
        ),
        (
            lambda: tg.tree.map(lambda x, y: x, [Layer(1.0)], [Model(1.0)]),
            tg.errors.ShapeError,
            r"at \[0\]: expected a Layer with the fields \['weight'\], got a Model with the",
        ),
        (
            lambda: tg.tree.map(lambda x, y: x, Slotted(1.0), Alike(1.0)),
            tg.errors.ShapeError,
            r"expected a Slotted with the fields \['inside'\], got a Alike with the",
        ),
        (
            lambda: tg.tree.map(lambda x, y: x, Layer(1.0), Layer(1.0, 2.0)),
            tg.errors.ShapeError,
            r"expected a Layer with the fields \['weight'\], got .* \['weight', 'bias'\]",
        ),
        (
            lambda: tg.tree.map(lambda x, y: x, [Layer(1.0)], [Layer(1.0, name="other")]),
            tg.errors.ShapeError,
            r"at \[0\].name: expected 'layer', which is static there, got 'other'",
        ),
        (
            lambda: tg.tree.map(lambda x, y: x, {"a": Pair(1, 2)}, {"a": 1}),
            tg.errors.ShapeError,
            r"at \['a'\]: expected a Pair of 2, got one int",
        ),
        (
            lambda: tg.tree.unflatten([None, None], [1]),
            tg.errors.ShapeError,
            "the structure has 2 leaves, 1 were given",
        ),
        (
            lambda: tg.tree.ravel({"a": "x"}),
            tg.errors.DTypeError,
            r"\['a'\] of the tree is 'x', no number or array",
        ),
        (lambda: tg.tree.ravel("x"), tg.errors.DTypeError, "the tree is 'x'"),
        (
            lambda: tg.tree.ravel([tg.ones(2), tg.tensor([1, 2])]),
            tg.errors.DTypeError,
            r"\[1\] of the tree is int64, another leaf float32; .* write .astype\('float32'\)",
        ),
        (
            lambda: tg.tree.ravel([np.ones(2, np.int32), np.ones(2, bool)]),
            tg.errors.DTypeError,
            r"\[1\] of the tree is bool, another leaf int32; .* write .astype\('int32'\)",
        ),
        (
            lambda: tg.tree.ravel([tg.ones(2)])[1](np.ones(3)),
            tg.errors.ShapeError,
            r"unravel: expected a vector of 2, got",
        ),
        (
            lambda: tg.tree.ravel([tg.ones(2)])[1](np.ones(2, int)),
            tg.errors.DTypeError,
            r"the leaves are float32, which int64 is not; write .astype\('float32'\)",
        ),
        (
            lambda: tg.grad(lambda m: m.scale)(Model([], 3)),
            tg.errors.DTypeError,
            r"argument 0 is int64, .* field\(metadata=\{'static': True\}\)",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


# --------------------------------------------------------------------------- where they are taken


def model():
    first = Layer(tg.tensor([[1.0, -2.0]], dtype="float64"), tg.tensor([0.5], dtype="float64"))
    last = Layer(tg.tensor([2.0], dtype="float64"), name="last")
    return Model([first, last], tg.tensor(0.25, dtype="float64"))


def output(model, x):
    for layer in model.layers:
        x = layer.activation(x @ layer.weight.T)
        x = x if layer.bias is None else x + layer.bias
    return (x * model.scale).sum() * model.depth


X = np.array([[0.3, -0.2], [1.0, 0.1]])


def as_dict(m):
    return {
        "w": [layer.weight for layer in m.layers],
        "b": m.layers[0].bias,
        "s": m.scale,
    }


def output_of_dict(d):
    x = tg.tanh(X @ d["w"][0].T) + d["b"]
    return (tg.tanh(x @ d["w"][1].T) * d["s"]).sum() * 2


def test_gradients_of_a_dataclass():
    g = tg.grad(output)(model(), X)
    expected = tg.grad(output_of_dict)(as_dict(model()))
    assert type(g) is Model and type(g.layers[1]) is Layer and g.layers[1].name == "last"
    assert g.layers[1].bias is None and g.depth == 2 and g.frozen is False
    found = as_dict(g)
    for x, y in zip(tg.tree.leaves(found), tg.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12)
    with pytest.raises(FrozenInstanceError):
        g.layers[0].weight = 1


def test_other_transforms_of_a_dataclass():
    m = model()
    value, pull = tg.vjp(output, m, X)
    (g, _) = pull(1.0)
    _, slope = tg.jvp(lambda m: output(m, X), (m,), (g,))
    squares = sum((x * x).sum() for x in tg.tree.leaves(g))
    np.testing.assert_allclose(slope, squares, rtol=1e-12)
    product = tg.hvp(lambda m: output(m, X), m, g)
    assert type(product) is Model
    j = tg.jacobian(lambda m: Pair(m.scale * 2, {"w": m.layers[0].weight}))(m)
    assert (
        type(j) is Pair and j.a.scale.item() == 2 and j.b["w"].layers[0].weight.shape == (1, 2) * 2
    )
    wanting = tg.tree.map(lambda x: tg.tensor(x.numpy(), requires_grad=True), m)
    found = tg.gradients(output(wanting, X), wanting)
    np.testing.assert_allclose(found.scale, g.scale)
    assert value.item() == output(m, X).item()


def test_a_checkpoint_of_dataclasses_and_of_several_results():
    m = tg.tree.map(lambda x: tg.tensor(x.numpy(), requires_grad=True), model())

    def f(m, x):
        return Pair(output(m, x), {"sum": (m.scale.astype("float32") * 3, None, tg.tensor(2))})

    def total(f):
        pair = f(m, X)
        assert type(pair) is Pair and pair.b["sum"][1] is None and pair.b["sum"][2].item() == 2
        assert pair.b["sum"][0].dtype == np.float32
        return pair.a**2 * pair.b["sum"][0]

    for order in (1, 2):
        found, expected = [], []
        for f_, into in ((tg.checkpoint(f), found), (f, expected)):
            g = tg.gradients(total(f_), m, create_graph=order > 1)
            if order > 1:
                g = tg.gradients(sum((x**2).sum() for x in tg.tree.leaves(g)), m)
            into += tg.tree.leaves(g)
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-6)


def test_arrays_in_a_dataclass_may_be_changed_after_a_checkpoint():
    w = tg.tensor(2.0, requires_grad=True)
    layer = Slotted(np.array([1.0, 2.0], np.float32))
    y = tg.checkpoint(lambda layer: (w * layer.inside).sum())(layer)
    layer.inside[:] = 50
    y.backward()
    assert w.grad.item() == 3


def test_a_compiled_function_of_dataclasses():
    step = tg.compile(lambda m, x: Layer(output(m, x), m.scale * 2, m.layers[0].name))
    for _ in range(3):
        out = step(model(), X)
        assert type(out) is Layer and out.name == "layer" and out.bias.item() == 0.5
        np.testing.assert_allclose(out.weight, output(model(), X))
    deeper = model()
    deeper.depth = 3  # a static field is part of the program
    np.testing.assert_allclose(step(deeper, X).weight, output(deeper, X))
    other = Model([Layer(x.weight, x.bias, activation=tg.sin) for x in model().layers])
    np.testing.assert_allclose(step(other, X).weight, output(other, X))


def test_traces_and_formulas_of_dataclasses():
    assert "float64[1, 2]" in str(tg.trace(lambda m: output(m, X), model()))
    line = Layer(tg.tensor(2.0, requires_grad=True), tg.tensor(3.0))
    assert str(tg.derive(lambda line: line.weight**2 * line.bias, line)) == "dweight = 6 weight"


def test_containers_in_a_dataclass_are_constants_where_no_number_is_in_them():
    words, inner = ["a", ("b", None, True)], Slotted("x", note="words")
    parts = {"w": 2.0, "k": [], "n": [None, 1.0]}
    leaves, structure = flatten([Slotted(words), Slotted(inner), Slotted(parts)])
    assert leaves == [2.0, None, 1.0]
    again = unflatten(structure, leaves)
    assert again[0].inside is words and again[1].inside is inner and again[2].inside == parts
    g = tg.grad(lambda m: m.scale * 3)(Model(words, tg.tensor(2.0)))
    assert g.layers is words and g.scale.item() == 3


def test_modules_are_leaves():
    @dataclass(eq=False)
    class Net(tg.nn.Module):
        size: int

        def forward(self, x):
            return x * self.size

    net, layers = Net(3), tg.nn.ModuleList([tg.nn.Linear(2, 2)])
    assert tg.tree.leaves([net, layers]) == [net, layers]
