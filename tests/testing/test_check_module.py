"""``check_module``, ``check_function``: what is sound passes, each planted mistake is told."""

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, CheckError, DTypeError
from tensorgraph.testing import check_function, check_module
from tests.testing.faulty_modules import BANK, FUNCTIONS, RNG, X


def broken(check, *args, **kwargs):
    """Return what is broken, by promise."""
    with pytest.raises(CheckError) as error:
        check(*args, **kwargs)
    assert str(error.value) == repr(error.value.result)
    return {kept.promise: kept.broken for kept in error.value.result.broken}


def told(fault, found):
    """Return whether exactly the promises that a mistake breaks are told, and how."""
    assert fault.promise in found, found
    for word in fault.told:
        assert word in found[fault.promise], found[fault.promise]
    assert found.keys() <= {fault.promise, *fault.also}, found


@pytest.mark.filterwarnings("ignore::tensorgraph.errors.LostGradientWarning")
@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
@pytest.mark.parametrize("name", BANK)
def test_each_mistake_in_a_module_is_found_and_named(name):
    fault = BANK[name]
    tg.random.seed(0)
    told(fault, broken(check_module, fault.subject(), *fault.inputs))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_mistake_in_a_function_is_found_and_named(name):
    fault = FUNCTIONS[name]
    told(fault, broken(check_function, fault.subject, *fault.inputs, batch_axis=0))


def test_a_sound_model_passes_and_stays_as_it_is():
    tg.random.seed(0)
    model = nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(p=0.5), nn.Linear(8, 2)
    )
    before = {path: t.numpy().copy() for path, t in model.named_parameters()}
    drawn = tg.random.default_generator().state
    found = check_module(model, X)
    assert not found.broken and tg.random.default_generator().state == drawn
    remarks = {kept.promise: kept.remark for kept in found.promises}
    assert "model.layers[1] BatchNorm" in remarks["examples are independent"]
    assert "model.layers[3] Dropout" in remarks["training means the same"]
    assert "model.layers[0].bias" in remarks["every parameter gets a gradient"]
    for path, tensor in model.named_parameters():
        np.testing.assert_array_equal(tensor.numpy(), before[path])
        assert tensor.grad is None
    assert all(module.training for module in model.modules())


class Pair(nn.Module):
    """Several inputs, one of them for all examples; ids; a dict of results; parts in a dict."""

    def __init__(self):
        self.parts = {"words": nn.Embedding(5, 3), "read": [nn.Linear(3, 2)]}

    def forward(self, ids, x, shift):
        h = self.parts["words"](ids) + x
        return {"sum": self.parts["read"][0](h) + shift, "each": (tg.tanh(h), h.sum(axis=1))}


class Rounded(nn.Module):
    """Rounds, with the gradient of what goes in; means to."""

    stops_gradients = True

    def __init__(self):
        self.read = nn.Linear(3, 2)

    def forward(self, x):
        y = self.read(x)
        return y + (tg.round(y) - y).detach()


def test_a_layer_that_means_to_stop_gradients():
    tg.random.seed(0)
    found = check_module(nn.Sequential(Rounded(), nn.Linear(2, 2)), X)
    remarks = {kept.promise: kept.remark for kept in found.promises}
    assert remarks["gradients"] == "model.layers[0] Rounded stops gradients on purpose"


class Table:
    """What other libraries hold numbers in."""

    def __array__(self, dtype=None, copy=None):
        return np.array(X, dtype)


def test_lists_tables_and_integers():
    tg.random.seed(0)
    for x in (X.tolist(), Table()):
        assert not check_module(nn.Linear(3, 2), x).broken
    assert not check_function(tg.exp, np.arange(3)).broken


def test_layers_held_twice_are_told():
    tg.random.seed(0)
    found = check_module(nn.Sequential(*[nn.Linear(3, 3)] * 2, nn.Tanh()), X)
    remark = next(kept.remark for kept in found.promises if kept.promise == "parameters")
    assert "model.layers[0], model.layers[1] are one and the same, trained as one" in remark


class Sampled(nn.Module):
    """Draws in the dtype of what it has computed: in float32 other numbers than in float64."""

    def __init__(self):
        self.mean, self.spread = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x):
        mean = self.mean(x)
        if not self.training:
            return mean
        noise = tg.random.normal(mean.shape, dtype=mean.dtype)
        return mean + tg.exp(self.spread(x) / 2) * noise


def test_noise_in_the_dtype_of_the_activations():
    tg.random.seed(0)
    assert not check_module(Sampled(), X).broken


def test_ids_several_inputs_and_nested_results():
    tg.random.seed(0)
    inputs = np.array([0, 2, 1, 4]), X, np.ones(2)
    assert not check_module(Pair(), *inputs, batch_axis=(0, 0, None)).broken


def test_examples_along_another_axis():
    assert not check_module(nn.BatchNorm(2, 0), RNG.normal(size=(2, 4)), batch_axis=1).broken
    found = broken(check_module, nn.Softmax(), RNG.normal(size=(2, 4)), batch_axis=1)
    assert "examples lie along axis 1" in found["examples are independent"]


def test_one_result_for_all_examples():
    assert not check_module(Mean(), X, batch_axis=None).broken


class Mean(nn.Module):
    def forward(self, x):
        return tg.tanh(x).mean()


def test_a_signature_draws_inputs_and_tries_other_lengths():
    assert not check_module(nn.Linear(3, 2), signature="(n,3)->(n,2)").broken
    assert not check_function(tg.matmul, signature="(n,d),(d,m)->(n,m)").broken
    found = broken(check_module, Wide(), RNG.normal(size=(3, 2, 5)), signature="(n,2,w)->(n,w)")
    assert found == {"shapes": found["shapes"]}
    assert found["shapes"].startswith("with w = 6 for 5 it raises ShapeError")
    told = broken(check_function, tg.tanh, X, signature="(n,d)->(n)")["shapes"]
    assert "for (4, 3) the result has shape (4, 3), stated is (n): (4)" in told


class Wide(nn.Module):
    """Takes one width only."""

    def __init__(self):
        self.scale = tg.ones((1, 5), requires_grad=True)

    def forward(self, x):
        return (x * self.scale).sum(axis=1)


def test_inputs_drawn_by_hypothesis_are_shrunk():
    lengths = st.tuples(st.integers(1, 5), st.just(3))
    strategy = hnp.arrays("float64", lengths, elements=st.floats(-2, 2))
    assert not check_module(nn.Linear(3, 2), strategy).broken
    found = broken(check_function, of_three, strategy, batch_axis=0)
    assert "for inputs of shapes (2, 3)" in found["any number of examples"]


def of_three(x):
    return tg.tanh(x) if len(x) < 3 else tg.tanh(x) + 0.5


def test_a_deep_model_is_looked_at_along_directions_and_the_element_is_found():
    spoilt = tg.op(
        "spoilt",
        lambda x, w: x * w,
        {"x": lambda g, w: g * w, "w": lambda g, x: g * x * (1 + 1e-6 * (np.arange(60) == 7))},
    )

    class Scaled(nn.Module):
        def __init__(self):
            self.scale = tg.tensor(RNG.normal(size=60).astype("float32"), requires_grad=True)

        def forward(self, x):
            return spoilt(x, self.scale)

    told = broken(check_module, Scaled(), RNG.normal(size=(3, 60)))["gradients"]
    assert "model.scale, index (7,)" in told


def test_what_is_printed():
    with pytest.raises(CheckError) as error:
        check_module(Centred(), X)
    lines = str(error.value).splitlines()
    assert lines[0] == "check_module Centred(): 1 of 16 promises broken"
    assert lines[1].startswith("  ✘ examples are independent: the result for other examples")
    assert "first in mean in model Centred at" in lines[2] and "test_check_module.py" in lines[2]
    assert lines[-1].startswith("  – a permuted batch, any number of examples: not asked for")
    html = error.value.result._repr_html_()
    assert html.count("✘") == 1 and "<th>examples are independent</th>" in html


class Centred(nn.Module):
    def forward(self, x):
        return x - x.mean(axis=0)


def test_a_call_that_fails_is_all_that_is_told():
    found = broken(check_module, nn.Linear(2, 2), X)
    assert list(found) == ["a call"] and found["a call"].startswith("ShapeError: linear in model")


@pytest.mark.parametrize(
    ("check", "args", "kwargs", "error", "told"),
    [
        (check_module, (tg.tanh, X), {}, DTypeError, "there is tg.testing.check_function"),
        (check_module, (nn.ReLU(),), {}, ArgumentError, r"check_module\(model, x\)"),
        (check_module, (nn.ReLU(), X), {"signature": "n,3"}, ArgumentError, "is none; write"),
        (check_module, (nn.ReLU(), X), {"batch_axis": (0, 1)}, ArgumentError, "names 2 axes"),
        (check_function, (nn.ReLU, X), {}, DTypeError, "check_function: checks a function"),
        (check_function, (tg.tanh,), {}, ArgumentError, r"check_function\(f, x\)"),
    ],
)
def test_bad_arguments(check, args, kwargs, error, told):
    with pytest.raises(error, match=told):
        check(*args, **kwargs)
