"""What holds for every layer: see layer_cases.py for the layers themselves."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.testing import gradcheck
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
    assert all(result.dtype == dtype for result in results)
    assert all(
        tensor.dtype == dtype
        for tensor in layer.parameters() + layer.buffers()
        if tensor.dtype.kind == "f"
    )
    if any(result.requires_grad for result in results):
        sum(result.sum() for result in results if result.requires_grad).backward()
        for tensor in [*inputs, *layer.parameters()]:
            assert tensor.grad is None or tensor.grad.dtype == dtype


@pytest.mark.parametrize(
    ("name", "training"), [(name, mode) for name, case in CASES.items() for mode in case.modes]
)
def test_gradients_are_right_at_both_orders(name, training):
    case = CASES[name]
    layer = made(case, training=training)
    paths = [path for path, _ in layer.named_parameters()]
    state = layer.state_dict()

    def f(*values):
        inputs = values[: len(case.shapes)]
        tensors = dict(zip(paths, values[len(case.shapes) :], strict=True))
        tg.random.seed(0)
        return outputs(nn.functional_call(layer, tensors, *inputs, *case.rest))

    # Away from the start, where biases are 0 and scales are 1, mistakes cannot cancel.
    rng = np.random.default_rng(1)
    values = [state[path] + 0.3 * rng.standard_normal(state[path].shape) for path in paths]
    gradcheck(f, *case.inputs(), *values, order=2)


@every_layer
def test_single_and_double_precision_agree(name):
    case = CASES[name]
    layer, single = made(case), made(case, "float32")
    single.load_state_dict(layer.state_dict())
    inputs = case.inputs("float32")
    precise = called(layer, case, [x.astype("float64") for x in inputs])
    for a, b in zip(called(single, case, inputs), precise, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-4, atol=1e-5)


@every_layer
def test_inputs_of_any_memory_layout_give_the_same(name):
    case = CASES[name]
    layer, inputs = made(case), case.inputs()
    expected = called(layer, case, inputs)
    odd = [np.asfortranarray(np.repeat(x, 2, axis=-1))[..., ::2] for x in inputs]
    for array in odd:
        array.setflags(write=False)
    for a, b in zip(called(layer, case, odd), expected, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.batch_axis is not None])
def test_an_example_is_treated_alike_in_every_batch(name):
    case = CASES[name]
    layer, inputs = made(case), case.inputs()
    first = [np.take(x, [0], axis=case.batch_axis) for x in inputs]
    none = [np.take(x, [], axis=case.batch_axis) for x in inputs]
    alone, empty = called(layer, case, first), called(layer, case, none)
    for whole, one, nothing in zip(called(layer, case, inputs), alone, empty, strict=True):
        expected = np.take(whole.data, [0], axis=case.batch_axis)
        np.testing.assert_allclose(one.data, expected, rtol=1e-12, atol=1e-13)
        assert nothing.shape == np.take(whole.data, [], axis=case.batch_axis).shape


@every_layer
def test_a_layer_evaluates_the_same_each_time(name):
    case = CASES[name]
    layer, inputs = made(case), case.inputs()
    before = layer.state_dict()
    for a, b in zip(called(layer, case, inputs, 0), called(layer, case, inputs, 1), strict=True):
        np.testing.assert_array_equal(a.data, b.data)
    for path, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[path])


@every_layer
@pytest.mark.parametrize("again", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_computes_the_same(name, again):
    case = CASES[name]
    layer, inputs = made(case), case.inputs()
    expected = called(layer, case, inputs)
    for a, b in zip(called(again(layer), case, inputs), expected, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


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
