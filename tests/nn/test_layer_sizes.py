"""Layers and losses of many examples: each is treated as it is among few, in both orders.

Sizes lie beyond those at which paths begin, see ``tests/thresholds.py``.
"""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.testing.ops.op_calls import Case
from tensorgraph.testing.ops.orders import orders
from tensorgraph.testing.ops.sizes import Examples, rounding
from tests import thresholds
from tests.nn.layer_cases import CASES
from tests.nn.test_layers import made, outputs
from tests.nn.test_losses import ALL, call, drawn

SIZES = [thresholds.value(name) + 1 for name in {**thresholds.ELEMENTWISE, **thresholds.ADDED_UP}]
LARGEST = max(SIZES)


def repeated(examples, size):
    """Return the numbers of all examples, again and again, of inputs of at least some size."""
    inputs = zip(examples.case.inputs, examples.axes, strict=True)
    least = min(np.size(value) for value, axis in inputs if axis is not None)
    return np.tile(np.arange(examples.count), -(-size // least))


def layer_examples(name, dtype, training):
    """Return a call of a layer by its inputs and its parameters, which all examples share."""
    case = CASES[name]
    layer = made(case, dtype, training)
    named = dict(layer.named_parameters())
    rng = np.random.default_rng(1)
    values = [p.numpy() + 0.3 * rng.standard_normal(p.shape).astype(dtype) for p in named.values()]

    def f(*arguments):
        inputs, tensors = arguments[: len(case.shapes)], arguments[len(case.shapes) :]
        state = dict(zip(named, map(tg.asarray, tensors), strict=True))
        return outputs(nn.functional_call(layer, state, *inputs, *case.rest))

    inputs = case.inputs(dtype)
    axes = (case.batch_axis,) * len(inputs) + (None,) * len(values)
    names = (*(f"input {k}" for k in range(len(inputs))), *named)
    return Examples(Case(name, f, (*inputs, *values)), names, axes, case.batch_axis)


def of_layers(expected, whole):
    """Leave room for rounding in numbers of the size of 1, of which nothing may be left."""
    return rounding(expected, whole) + 4000 * np.finfo(expected.dtype).eps


BY_EXAMPLE = [name for name, case in CASES.items() if case.batch_axis is not None]


@pytest.mark.parametrize("name", BY_EXAMPLE)
def test_a_layer_treats_an_example_among_many_as_among_few(name):
    # What a batch's statistics are made of is repeated too: they stay the same.
    parts = made(CASES[name]).modules()
    modes = [False] if any(isinstance(part, nn.Dropout) for part in parts) else [False, True]
    for training in modes:
        examples = layer_examples(name, "float64", training)
        for size in SIZES if training == modes[-1] else [LARGEST]:
            examples.compare(repeated(examples, size), of_layers)
    examples = layer_examples(name, "float32", False)
    examples.compare(repeated(examples, LARGEST), of_layers)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ALL)
def test_a_loss_is_the_same_among_many_examples_as_among_few(name, dtype):
    loss, *given, _ = drawn(name, (5, 3))
    inputs = tuple(value.astype(dtype) for value in given)
    each = Case(name, lambda p, y: call(loss, p, y, "none"), inputs)
    examples = Examples(each, ("the prediction", "the target"), (0, 0), 0)
    for size in SIZES:
        examples.compare(repeated(examples, size), rounding)
    compare_costs(name, loss, inputs)


def compare_costs(name, loss, inputs):
    """The mean of many costs is that of few; each example has its share of the gradient."""
    times = -(-LARGEST // inputs[0].size)
    many = tuple(np.tile(value, (times, 1)) for value in inputs)
    for reduction, share in (("mean", times), ("sum", 1)):
        few, all_ = (
            orders(
                Case(name, lambda p, y, r=reduction: call(loss, p, y, r), given),
                lambda what, k, like: np.ones_like(like),
            )
            for given in (inputs, many)
        )
        bound = 64 * np.finfo(inputs[0].dtype).eps
        np.testing.assert_allclose(all_.values[0], few.values[0] * (times / share), rtol=bound)
        for found, expected in zip(all_.first, few.first, strict=True):
            expected = np.tile(expected, (times, 1)) / share
            np.testing.assert_allclose(found, expected, bound, bound * np.abs(expected).max())
