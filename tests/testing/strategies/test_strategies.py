"""What strategies draw: it is what they promise, and prints as the code that makes it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeError
from tensorgraph.testing import gradcheck, strategies
from tensorgraph.testing.strategies.literals import literal
from tensorgraph.testing.strategies.modules import KINDS, LAYERS
from tensorgraph.testing.strategies.random_graphs.kinds import APART
from tensorgraph.testing.strategies.tensors import LAYOUTS

MORE = settings(max_examples=3 * settings().max_examples)
FIRST = settings(database=None, phases=[Phase.generate], max_examples=200)
NAMES = {"tg": tg, "nn": tg.nn, "np": np}


def run(code):
    """Return the names that code defines."""
    names = dict(NAMES)
    exec(code, names)
    return names


# ------------------------------------------------------------------------------ tensors, places


@MORE
@given(st.data(), st.sampled_from(["float64", "float32", "float16", "int64", "uint8", "bool"]))
def test_tensors_have_what_is_asked_for(data, dtype):
    shape = data.draw(st.sampled_from([(), (2,), (3, 2)]))
    x = data.draw(strategies.tensors(dtype, shape))
    assert (x.dtype, x.shape) == (np.dtype(dtype), shape)
    assert x.requires_grad == (x.dtype.kind == "f")
    low, high = (0, 1) if dtype == "bool" else (0 if dtype == "uint8" else -10, 10)
    assert np.all((low <= x.numpy()) & (x.numpy() <= high))


@given(st.data())
@pytest.mark.parametrize("layout", LAYOUTS)
def test_tensors_lie_in_memory_as_asked(layout, data):
    x = data.draw(strategies.tensors(shape=(2, 3), layout=layout, domain=tg.Real(1.0, 2.0)))
    array = x._data
    assert np.all((1 <= array) & (array <= 2))
    assert array.flags.writeable == (layout != "read-only")
    assert {
        "contiguous": array.flags.c_contiguous,
        "transposed": array.flags.f_contiguous,
        "strided": array.strides == (48, 16),
        "reversed": array.strides == (-24, -8),
        "read-only": array.flags.c_contiguous,
    }[layout]


@MORE
@given(strategies.tensors(st.sampled_from(["float32", "float64"]), requires_grad=st.booleans()))
def test_what_depends_on_memory_does_not_change_numbers(x):
    assert np.array_equal((x * x).numpy(), np.square(np.array(x.numpy())))


@MORE
@given(st.data(), strategies.broadcastable(1, max_side=2))
def test_an_axis_is_one_that_numpy_takes(data, shapes):
    (shape,) = shapes
    axis = data.draw(strategies.axis(shape))
    found = tg.sum(np.ones(shape), axis=axis)
    assert np.array_equal(found, np.ones(shape).sum(axis))


def test_axes_can_be_restricted():
    seen = set()

    @settings(max_examples=60)
    @given(strategies.axis(2, none=False, several=False))
    def collect(axis):
        seen.add(axis)

    collect()
    assert seen == {0, 1, -1, -2}


@MORE
@given(st.data(), strategies.broadcastable(1, min_side=0))
def test_a_key_is_one_that_numpy_takes(data, shapes):
    x = np.ones(shapes[0])
    x[data.draw(strategies.index(shapes[0]))]
    key = data.draw(strategies.index(shapes[0], advanced=False, newaxis=False))
    entries = key if isinstance(key, tuple) else (key,)
    assert all(entry is ... or isinstance(entry, (int, slice)) for entry in entries)


@MORE
@given(strategies.einsum_spec())
def test_a_contraction_is_one_that_numpy_takes(spec):
    subscripts, operands = spec
    found = eval(repr(spec), dict(NAMES))
    np.testing.assert_allclose(found, np.einsum(subscripts, *operands), atol=1e-12)


@given(strategies.einsum_spec(max_operands=1, ellipsis=False, repeated=False))
def test_contractions_can_be_restricted(spec):
    term = spec.subscripts.partition("->")[0]
    assert len(spec.operands) == 1 and "." not in spec.subscripts and len(set(term)) == len(term)


@given(strategies.broadcastable(3, min_side=0))
def test_shapes_broadcast(shapes):
    assert len(shapes) == 3
    np.broadcast_shapes(*shapes)


# ------------------------------------------------------------------------------------- graphs


@MORE
@given(strategies.graphs())
def test_a_graph_prints_as_code_that_computes_it(graph):
    names = run(repr(graph))
    total, leaves = names["total"], [names[f"v{i}"] for i in range(len(graph.leaves))]
    again = graph()
    assert total.item() == again.item()
    assert all(np.array_equal(x.numpy(), y) for x, y in zip(leaves, graph.leaves, strict=True))


@MORE
@given(strategies.graphs())
def test_a_graph_is_the_same_in_numpy(graph):
    total = graph(*graph.leaves).item()
    assert graph.by_numpy(*graph.leaves) == pytest.approx(total, rel=1e-9, abs=1e-9)


@given(strategies.graphs(["add", "multiply", tg.exp, "einsum"]))
def test_a_graph_of_complex_numbers_tells_its_slope(graph):
    """One complex step along the first leaf is the sum of its gradient."""
    first, *rest = graph.leaves
    slope = graph(first + 1e-20j, *rest).imag / 1e-20
    leaves = graph.tensors()
    gradient = tg.gradients(graph(*leaves), leaves[0])
    assert slope == pytest.approx(gradient.sum().item(), rel=1e-9, abs=1e-9)


@MORE
@given(strategies.graphs(["subtract", "relu", "maximum"], max_steps=4))
def test_a_graph_is_drawn_away_from_kinks(graph):
    """That x − x is 0, where relu has one, is common."""
    values = graph.values(graph.leaves)
    for step in graph.steps:
        assert step.kind.distance([values[i] for i in step.args], step.static) >= APART
    gradcheck(graph, *graph.leaves)


def test_a_graph_may_hold_an_operation_of_ones_own():
    halve = tg.op("halve", lambda x: x / 2, {"x": lambda g: g / 2})
    seen = []

    @given(strategies.graphs([halve], max_steps=2))
    def collect(graph):
        seen.append(repr(graph))
        gradcheck(graph, *graph.leaves)

    collect()
    assert any("v1 = halve(v0)" in code for code in seen)


def test_a_graph_needs_as_many_leaves_as_it_has():
    @settings(max_examples=1)
    @given(strategies.graphs())
    def check(graph):
        with pytest.raises(ArgumentError, match=r"write graph\(\*graph.leaves\)"):
            graph(*graph.leaves, 1.0)

    check()


# ----------------------------------------------------------------------- networks, losses, data


@MORE
@given(strategies.modules())
def test_a_network_takes_its_inputs_and_prints_as_code(network):
    model, inputs = network
    made = run(repr(network))
    x = tg.asarray(made["x"])
    assert np.array_equal(x.numpy(), *inputs)
    assert np.array_equal(made["model"].eval()(x).numpy(), model.eval()(x).numpy())


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_a_network_takes_what_is_asked_for(kind, data):
    model, (x,) = data.draw(strategies.modules(kind, dtype="float32", max_batch=2))
    assert x.ndim == KINDS[kind] + 1 and x.dtype == ("int64" if kind == "words" else "float32")
    assert all(p.dtype == "float32" for p in model.parameters())
    assert model(tg.asarray(x)).shape[0] == len(x)


def test_every_layer_is_drawn():
    for name in LAYERS:

        def holds(network, name=name):
            held = {type(layer).__name__ for layer in network.module.modules()}
            return name in {each.removesuffix("1d").removesuffix("2d") for each in held}

        layers = [name, "Linear"] if name == "Residual" else name
        find(strategies.modules(layers=layers), holds, settings=FIRST)


def test_drawing_a_network_leaves_the_default_generator_alone():
    @given(strategies.modules(), st.data())
    def check(network, data):
        before = tg.random.default_generator().state
        data.draw(strategies.modules())
        assert tg.random.default_generator().state == before

    check()


@MORE
@given(strategies.losses())
def test_a_loss_takes_its_prediction_and_target(call):
    loss, prediction, target = call
    z = tg.tensor(prediction, requires_grad=True)
    cost = loss(z, target)
    assert np.isfinite(cost.numpy()).all()
    assert np.array_equal(eval(repr(call), dict(NAMES)), loss(prediction, target))


@given(strategies.losses(["multi_label", "cross_entropy"], missing=False, reductions=["sum"]))
def test_losses_can_be_restricted(call):
    assert not np.isnan(call.target).any() and call.target.min() >= 0
    assert call.loss.keywords["reduction"] == "sum"


@MORE
@given(strategies.optimizers())
def test_an_optimizer_is_made_of_parameters_and_prints_as_code(make):
    after = []
    for factory in (make, eval(repr(make), dict(NAMES))):
        params = [tg.tensor([1.0, -2.0], requires_grad=True) for _ in range(2)]
        optimizer = factory(params)
        for _ in range(3):
            sum((p * p).sum() for p in params).backward()
            optimizer.step()
            optimizer.zero_grad()
        after.append([p.numpy() for p in params])
    assert np.array_equal(*after) and np.abs(after).max() < 2


@given(strategies.optimizers(groups=False, weight_decay=False))
def test_optimizers_can_be_restricted(make):
    optimizer = make([tg.tensor([1.0], requires_grad=True)])
    assert len(optimizer.groups) == 1
    assert getattr(optimizer, "weight_decay", 0) == 0


@MORE
@given(strategies.datasets(missing=True, min_rows=3))
def test_a_data_set_has_a_label_for_each_example(data):
    features, labels = data
    assert len(features) == len(labels) >= 3 and np.isfinite(features).all()
    made = run(repr(data))
    assert np.array_equal(made["features"], features)
    assert np.array_equal(made["labels"], labels, equal_nan=labels.dtype == float)


def test_what_data_sets_suffer_from_is_drawn():
    seen = set()

    @settings(max_examples=100)
    @given(strategies.datasets("classes", missing=True, min_rows=6))
    def collect(data):
        features, labels = data
        known, counts = np.unique(labels[labels >= 0], return_counts=True)
        seen.update(
            word
            for word, holds in {
                "missing": (labels == -1).any(),
                "one class": len(known) == 1,
                "a rare class": len(known) > 1 and counts.max() >= 4 * counts.min(),
                "constant": (np.ptp(features, axis=0) == 0).any(),
                "duplicates": len(np.unique(features, axis=0)) < len(features),
            }.items()
            if holds
        )

    collect()
    assert seen == {"missing", "one class", "a rare class", "constant", "duplicates"}


def test_what_data_sets_suffer_from_can_be_left_out():
    @given(strategies.datasets(duplicates=False, constant=False, min_rows=2))
    def check(data):
        assert np.isfinite(data.labels).all() and data.labels.min() >= -100
        assert (np.ptp(data.features, axis=0) > 0).all()

    check()


# ------------------------------------------------------------------------------------ printing


@pytest.mark.parametrize(
    "value",
    [
        np.array([1.0, np.nan, -np.inf]),
        np.zeros((0, 2), "float32"),
        np.array([True]),
        np.array([[1, 2]], "int8"),
        (slice(None, None, -1), ..., None, [1.5, np.float64(2.0)]),
        {"a": (np.inf,)},
    ],
    ids=repr,
)
def test_values_print_as_code(value):
    found = eval(literal(value), dict(NAMES))
    np.testing.assert_equal(found, value)
    assert getattr(found, "dtype", None) == getattr(value, "dtype", None)


def test_a_failing_example_is_shown_as_code():
    @settings(database=None, phases=[Phase.generate, Phase.shrink])
    @given(strategies.modules("rows", ["Linear"], max_layers=1))
    def check(network):
        raise AssertionError

    with pytest.raises(AssertionError) as caught:
        check()
    assert "model = nn.Sequential(nn.Linear(1, 1)).astype('float64')" in str(caught.value.__notes__)


# ------------------------------------------------------------------------------ by annotation


@settings(max_examples=5)
@given(...)
def test_types_are_drawn_by_annotation(
    x: tg.Tensor,
    module: tg.nn.Module,
    conv: tg.nn.Conv2d,
    lstm: tg.nn.LSTM,
    optimizer: tg.optim.Optimizer,
    adam: tg.optim.Adam,
    generator: tg.random.Generator,
):
    assert type(x) is tg.Tensor and isinstance(module, tg.nn.Module)
    assert type(conv) is tg.nn.Conv2d and type(lstm) is tg.nn.LSTM and type(adam) is tg.optim.Adam
    assert isinstance(optimizer, tg.optim.Optimizer) and type(generator) is tg.random.Generator


ROOT = Path(tg.__file__).parent.parent
BY_ANNOTATION = """
import sys
assert "tensorgraph.testing" not in sys.modules
@hypothesis.settings(max_examples=1, database=None, deadline=None)
@hypothesis.given(...)
def check(x: tg.Tensor):
    assert type(x) is tg.Tensor
check()
"""


@pytest.mark.parametrize(
    "first",
    [
        # As hypothesis does at the end of its import where the package is installed.
        "import tensorgraph as tg, hypothesis, _tensorgraph_hypothesis\n"
        "_tensorgraph_hypothesis.register()",
        "import hypothesis, sys, _tensorgraph_hypothesis\n_tensorgraph_hypothesis.register()\n"
        "assert 'tensorgraph' not in sys.modules\nimport tensorgraph as tg",
    ],
)
def test_neither_needs_to_be_imported_first(first):
    subprocess.run([sys.executable, "-c", first + BY_ANNOTATION], cwd=ROOT, check=True)


def test_hypothesis_finds_the_function_that_registers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found = project["project"]["entry-points"]["hypothesis"]["tensorgraph"]
    assert found == "_tensorgraph_hypothesis:register"
    assert "_tensorgraph_hypothesis" in project["tool"]["setuptools"]["py-modules"]


# ------------------------------------------------------------------------------ bad arguments


@pytest.mark.parametrize(
    "make, error, told",
    [
        (lambda s: s.tensors(layout="sparse"), ArgumentError, "layout is one of 'any', 'contig"),
        (lambda s: s.tensors("int64", requires_grad=True), DTypeError, "leave requires_grad out"),
        (lambda s: s.tensors("complex128"), DTypeError, "floating-point numbers, integers and"),
        (lambda s: s.axis((), none=False, several=False), ArgumentError, "has no axis; allow"),
        (lambda s: s.axis("x"), ArgumentTypeError, "the number of axes, or a shape"),
        (lambda s: s.index((-1,)), ShapeError, "-1"),
        (lambda s: s.einsum_spec(max_operands=0), ArgumentError, "max_operands is at least 1"),
        (lambda s: s.broadcastable(0), ArgumentError, "n is at least 1"),
        (lambda s: s.broadcastable(min_side=3, max_side=2), ArgumentError, "at least 3, not 2"),
        (lambda s: s.graphs(["expp"]), ArgumentError, "no operation 'expp'.*did you mean 'exp'"),
        (lambda s: s.graphs([]), ArgumentError, "needs operations and shapes"),
        (lambda s: s.graphs(shapes=[(0,)]), ArgumentError, "shapes with elements"),
        (lambda s: s.graphs([np.exp]), DTypeError, "needs an operation made by tg.op"),
        (lambda s: s.modules("pictures"), ArgumentError, "kind of input is one of 'rows'"),
        (lambda s: s.modules(layers="Dense"), ArgumentError, "a layer is one of 'Embedding'"),
        (lambda s: s.modules("rows", "Conv"), ArgumentError, "none of the layers .'Conv'. takes"),
        (lambda s: s.modules(dtype="int64"), ArgumentError, "dtype is one of 'float64'"),
        (lambda s: s.losses("mae"), ArgumentError, "a loss is one of 'mse'"),
        (lambda s: s.losses(reductions=["max"]), ArgumentError, "a reduction is one of 'mean'"),
        (lambda s: s.optimizers("adam"), ArgumentError, "a rule is one of 'SGD'"),
        (lambda s: s.datasets("images"), ArgumentError, "a kind is one of 'classes'"),
        (lambda s: s.datasets(min_rows=4, max_rows=3), ArgumentError, "max_rows is at least 4"),
    ],
)
def test_bad_arguments_are_told(make, error, told):
    with pytest.raises(error, match=told):
        make(strategies)
