"""What holds for every layer: see layer_cases.py for the layers themselves."""

import inspect

import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.testing import check_module
from tests.nn.layer_cases import CASES, LAYERS, WITHOUT_FORWARD

every_layer = pytest.mark.parametrize("name", CASES)
DTYPES = ["float32", "float64"]


def made(case, dtype="float64", training=False, seed=0):
    """Return the layer of a case in the given mode; equal seeds give equal layers."""
    tg.random.seed(seed)
    return case.make(dtype).train(training)


def outputs(result):
    """Return the tensors that a layer returned: one, or a container of them."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [tensor for part in result for tensor in outputs(part)]
    return [result]


def called(layer, case, inputs, seed=0):
    """Call a layer; equal seeds draw equal numbers."""
    tg.random.seed(seed)
    return outputs(layer(*inputs, *case.rest))


def test_every_layer_has_a_case():
    classes = {n for n in nn.__all__ if inspect.isclass(getattr(nn, n))}
    layers = {n for n in classes if issubclass(getattr(nn, n), nn.Module)}
    assert set(LAYERS) == layers - WITHOUT_FORWARD


@every_layer
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("training", [True, False])
def test_results_and_gradients_have_the_dtype_of_the_parameters(name, dtype, training):
    case = CASES[name]
    layer = made(case, dtype, training)
    inputs = [tg.tensor(x, requires_grad=True) for x in case.inputs(dtype)]
    results = called(layer, case, inputs)
    assert all(result.dtype == dtype for result in results if result.dtype.kind == "f")
    assert all(
        tensor.dtype == dtype
        for tensor in layer.parameters() + layer.buffers()
        if tensor.dtype.kind == "f"
    )
    if any(result.requires_grad for result in results):
        sum(result.sum() for result in results if result.requires_grad).backward()
        for tensor in [*inputs, *layer.parameters()]:
            assert tensor.grad is None or tensor.grad.dtype == dtype


@every_layer
def test_every_layer_keeps_what_a_module_promises(name):
    case = CASES[name]
    tg.random.seed(0)
    found = check_module(
        case.make("float32"), *case.inputs(), *case.rest, batch_axis=case.batch_axis
    )
    layer = case.make("float32")
    without_parameters = not layer.parameters()
    not_asked = {kept.promise for kept in found.promises if not kept.asked}
    allowed = {"saved values", *["functional_call"] * without_parameters}
    assert not_asked <= {*allowed, *["gradients"] * layer.stops_gradients}


@every_layer
def test_repr_names_the_layer_and_is_one_line_without_parts(name):
    layer = made(CASES[name])
    text = repr(layer)
    assert text.startswith(type(layer).__name__ + "(")
    assert " at 0x" not in text
    assert "\n" not in text or len(layer.modules()) > 1


@every_layer
def test_graphs_know_the_layer(name):
    case = CASES[name]
    layer = made(case, training=True)
    inputs = [tg.tensor(x, requires_grad=True) for x in case.inputs()]
    for result in called(layer, case, inputs):
        if result.node is not None:
            assert result.node.scope.startswith("model")


@pytest.mark.parametrize("kind", [nn.Conv1d, nn.Conv2d])
@pytest.mark.parametrize(
    "option",
    [{}, {"stride": 2}, {"padding": 1}, {"padding": 2, "dilation": 2}, {"groups": 2},
     {"bias": False}],
)  # fmt: skip
def test_a_convolution_shows_what_was_chosen_and_nothing_else(kind, option):
    inside = repr(kind(2, 4, 3, **option)).partition("(")[2].rpartition("init=")[0]
    size, *shown = inside.rstrip(", ").split(", ")[1:]
    assert inside.startswith("2 → 4, ") and set(size) <= set("3×")
    assert shown == [f"{name}={value!r}" for name, value in option.items()]
