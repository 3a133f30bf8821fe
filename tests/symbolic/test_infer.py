"""Shapes and dtypes of results by rule, against what the kernels return."""

import itertools
import math
import time

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.symbolic import infer
from tensorgraph.symbolic.capture import capture
from tensorgraph.symbolic.expr import symbol
from tests.ops.op_cases import EVERY, cases


@pytest.fixture
def small_kernels(monkeypatch):
    """Let no kernel see more than a single element for each operand without a value."""
    zeros = infer._zeros

    def small(x, shape):
        assert x.value is not None or math.prod(shape) <= 1, f"a kernel computes on {shape}"
        return zeros(x, shape)

    monkeypatch.setattr(infer, "_zeros", small)


def inputs_of(case, dtype):
    """Return the inputs of a case in another floating-point type."""
    with np.errstate(over="ignore"):
        return tuple(x.astype(dtype) if np.asarray(x).dtype.kind == "f" else x for x in case.inputs)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_every_result_and_gradient_is_as_the_kernel_makes_it(name, dtype, small_kernels):
    for case in cases(name):
        inputs = inputs_of(case, dtype)
        kinds = [np.asarray(x).dtype.kind for x in inputs]
        fixed = _known_kinds(name, case)
        known = [i for i, kind in enumerate(kinds) if kind in fixed]

        def run(*arrays, inputs=inputs, known=known, case=case):
            given = [inputs[i] if i in known else x for i, x in enumerate(arrays)]
            with tg.enable_grad():
                results = case.function(*given)
            found = results if isinstance(results, (list, tuple)) else [results]
            slopes = []
            for r in found:
                if type(r) is tg.Tensor and r.requires_grad and r.size:
                    wanted = [x for x in given if type(x) is tg.Tensor and x.requires_grad]
                    slopes += tg.gradients((r * r).sum(), wanted, retain_graph=True)
            return [*found, *slopes]

        tensors = [tg.tensor(x, requires_grad=np.asarray(x).dtype.kind == "f") for x in inputs]
        caught = capture(run, *tensors)
        values = caught.values(*inputs)
        for e, value in values.items():
            assert e.shape == np.shape(value), (case, e)
            assert e.dtype == np.asarray(value).dtype, (case, e)


KINDS = ["float64", "float32", "float16", "int64", "int8", "uint8", "bool"]


def mixed(inputs):
    """Yield the inputs with each pair of dtypes for the first two arrays of floats.

    A third, such as a bias, is of a larger dtype than they may be.
    """
    floats = [i for i, x in enumerate(inputs) if getattr(x, "dtype", np.dtype(int)).kind == "f"]
    for first, second in itertools.product(KINDS, KINDS if len(floats) > 1 else KINDS[:1]):
        kinds = dict(zip(floats, itertools.cycle((first, second, "float64"))))
        with np.errstate(invalid="ignore", over="ignore"):
            yield tuple(x.astype(kinds[i]) if i in kinds else x for i, x in enumerate(inputs))


@pytest.mark.parametrize("name", EVERY)
def test_mixed_dtypes_and_integers_are_as_the_kernel_has_them(name, small_kernels):
    compared = 0
    for case in cases(name):
        for inputs in mixed(case.inputs):
            fixed = _known_kinds(name, case)
            known = {i for i, x in enumerate(inputs) if np.asarray(x).dtype.kind in fixed}

            def run(*arrays, inputs=inputs, known=known, case=case):
                given = [inputs[i] if i in known else x for i, x in enumerate(arrays)]
                results = case.function(*given)
                return [*results] if isinstance(results, (list, tuple)) else [results]

            try:
                run(*map(tg.tensor, inputs))
            except (TypeError, ValueError, IndexError):
                continue  # NumPy, or the operation, takes no such operands
            for e, value in capture(run, *inputs).values(*inputs).items():
                assert e.shape == np.shape(value), (case, e)
                assert e.dtype == np.asarray(value).dtype, (case, e)
            compared += 1
    assert compared


AT_KNOWN_PLACES = {
    "set_at", "max_at", "min_at", "multiply_at", "put_along_axis", "choose", "segment_prod",
}  # fmt: skip


def _known_kinds(name, case):
    """Return of which kinds inputs must be known: masks, and where some operations write."""
    counted = name.startswith("segment") and "num_segments" not in case.name
    if name in AT_KNOWN_PLACES or counted:
        return "iub"
    return "b" if name not in REGISTRY or REGISTRY[name].family == "index" else ""


def test_every_record_has_a_shape_rule():
    for op in REGISTRY.values():
        assert op.shape or op.body or op.family in infer._SHAPES, op
        own = op.family in infer._DTYPES or op.family in ("elementwise", "reduce")
        assert op.dtype or op.body or own, op


KEYS = [
    np.s_[1], np.s_[-1, 1:], np.s_[..., 0], np.s_[None, 1, ..., None, ::-2], np.s_[[0, 1]],
    np.s_[0, :, [1, 2]], np.s_[:, [0, 1], [[1], [2]]], np.s_[[0], None, [1]], np.s_[[[0, 1]], 1],
    np.s_[:, 1, [0, 2, 3]], np.s_[2:1], np.s_[..., [3, 0]], np.s_[[1], ..., [2]], np.s_[()],
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_the_shape_of_an_index_is_numpys(key):
    x, e = np.zeros((2, 3, 4)), symbol("x", (2, 3, 4))
    assert e[key].shape == x[key].shape
    symbolic = tuple(
        symbol("i", np.shape(part), np.int64) if isinstance(part, list) else part
        for part in (key if isinstance(key, tuple) else (key,))
    )
    assert e[symbolic].shape == x[key].shape


def test_masks_must_be_known():
    e, mask = symbol("x", (2, 3)), np.array([[True, False, True], [False, True, False]])
    assert e[mask].shape == (3,) and e[mask[:, 0]].shape == (1, 3)
    assert e[:, mask[0], None].shape == (2, 2, 1)
    with pytest.raises(tg.errors.GraphError, match=r"write tg\.where\(mask, x, 0\)"):
        e[symbol("mask", (2, 3), np.bool_)]


def test_what_does_not_fit_is_explained_as_ever():
    x, y = symbol("x", (2, 3)), symbol("y", (2, 4))
    for wrong, message in [
        (lambda: x + y, "x of shape .2, 3. and y of shape .2, 4. do not broadcast"),
        (lambda: x @ y, "axis -1 of x has 3, axis -2 of y has 2"),
        (lambda: x @ symbol("s", ()), "write x . y"),
        (lambda: tg.einsum("ij,ij->i", x, y), "axis 'j' is 3 in one operand and 4"),
        (lambda: tg.linear(x, y, y), "3 features along axis -1"),
        (lambda: x[2], "out of bounds|out of range"),
        (lambda: x[0, 0, 0], "too many indices"),
    ]:
        with pytest.raises((ValueError, IndexError), match=message):
            wrong()


def test_an_operation_of_a_user_is_computed_on_zeros_or_has_a_rule(small_kernels, monkeypatch):
    twice = tg.op(
        "twice", lambda x: np.concatenate([x, x]), {"x": lambda g: g[: g.shape[0] // 2]},
        family="shape", shape=lambda x: (2 * x.shape[0], *x.shape[1:]),
    )  # fmt: skip
    assert twice(symbol("x", (2, 3))).shape == (4, 3)
    monkeypatch.undo()
    total = tg.op("total", lambda x: np.asarray(x.sum()), {"x": lambda g, x_shape: g})
    assert total(symbol("x", (2, 3))).shape == ()


def test_tracing_a_convolution_does_not_compute_it():
    x, w = symbol("x", (32, 32, 64, 64)), symbol("w", (32, 32, 3, 3))
    tg.conv(x, w, padding=1)
    start = time.perf_counter()
    assert tg.conv(x, w, padding="same", stride=2).shape == (32, 32, 32, 32)
    assert time.perf_counter() - start < 0.05  # the kernel takes a second
