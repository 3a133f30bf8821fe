"""Every operation in C: value and gradient of each of its test cases against the eager engine."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.compiler.c.runner import c_runner
from tensorgraph.compiler.dataflow import Dataflow
from tensorgraph.compiler.loops.statements import Call
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.tensor import Tensor, array_of, wrap
from tensorgraph.symbolic.capture import capture
from tests.machine.needs import needs
from tests.ops.op_cases import EVERY, cases

pytestmark = needs("cc")

KERNELS = {
    *(name for name, op in REGISTRY.items() if op.family == "linalg"),
    "argmax", "argmin", "argsort", "avg_pool", "avg_pool_grad", "betaln", "bitwise_left_shift",
    "bitwise_right_shift", "cbrt", "cbrt_slope", "conv", "conv_transpose", "conv_weight_grad",
    "copysign", "cumulative_max_place", "cumulative_prod", "cumulative_sum", "diag_embed",
    "diagonal", "digamma", "digamma_slope", "einsum", "erfinv", "erfinv_slope", "floor_divide",
    "fmod", "gammaln", "iv", "ive", "linear_recurrence", "log_ndtr", "log_ndtr_gap",
    "log_ndtr_slope", "logaddexp", "logcumsumexp", "masked_matmul", "max_pool", "max_pool_grad",
    "nextafter", "remainder", "repeat", "roll", "round", "scatter", "searchsorted", "segment_max",
    "segment_min", "signbit", "sinc", "sinc_slope", "tile",
}  # fmt: skip
"""Operations whose kernels run as they are, in some cases at least; the others are C."""

CASES = 4


def gradient(case):
    """Return a function of a case's inputs that returns their gradients."""
    floating = case.floating

    def total(chosen, inputs):
        inputs = list(inputs)
        for i, x in zip(floating, chosen, strict=True):
            inputs[i] = x
        results = flatten(case.function(*inputs))[0]
        return sum((r * r).sum() for r in results if type(r) is Tensor and r.requires_grad)

    return lambda *inputs: tg.grad(total)([inputs[i] for i in floating], inputs)


def captured(case):
    """Yield what a case computes, and its gradients, with the values for it, and what is right."""
    inputs = [np.asarray(value) for value in case.inputs]
    for f in [case.function] + [gradient(case)] * bool(case.floating and case.is_differentiable):
        expected = [np.asarray(array_of(r)) for r in flatten(f(*map(wrap, inputs)))[0]]
        try:
            caught = capture(f, *inputs)
        except tg.errors.GraphError as error:  # how many elements there are is not known
            assert "symbolic" in str(error)
            continue
        arrays = [*inputs, *(t.data for t in caught.tensors.values())]
        yield caught, arrays, expected


TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 3e-3}


def check(found, expected, what):
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), what
    if found.dtype.kind == "f":
        tolerance = TOLERANCE[found.dtype.name]
        np.testing.assert_allclose(
            found, expected, rtol=tolerance, atol=tolerance / 100, err_msg=what
        )
    else:
        np.testing.assert_array_equal(found, expected, err_msg=what)


@pytest.mark.parametrize("name", EVERY)
def test_value_and_gradient_are_those_of_the_engine(name):
    symbols, given, outputs, expected, checks, told = [], [], [], [], [], []
    for case in cases(name)[:CASES]:
        for caught, arrays, right in captured(case):
            symbols += [*caught.inputs, *caught.tensors]
            given += arrays
            outputs += caught.outputs
            checks += caught.checks
            expected += right
            told += [repr(case)] * len(right)
    flow = Dataflow(tuple(symbols), (), (), (), tuple(outputs), {}, tuple(checks))
    runner = c_runner(flow)
    for found, right, what in zip(runner(given, (), ()), expected, told, strict=True):
        check(found, right, what)
    called = {part.op.name for part in runner._program.parts if isinstance(part, Call)}
    assert called <= KERNELS
