"""Running ONNX models by onnxruntime."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime

import tensorgraph as tg
from tensorgraph.engine.nested_containers import flatten

Run = Callable[..., list[Any]]


def checked(model: Any) -> Any:
    """Return a model that ONNX's checker takes, its shapes too."""
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    return model


def runner(model: Any) -> Run:
    """Return a function from arrays to a list of arrays. ``model`` is a proto, or a path."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    given = model if isinstance(model, str) else model.SerializeToString()
    session = onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_inputs()]
    return lambda *arrays: session.run(None, dict(zip(names, arrays, strict=True)))


def arrays_in(values: Any) -> list[Any]:
    """Return the arrays in a container, those of tensors too."""
    leaves = (x.numpy() if isinstance(x, tg.Tensor) else x for x in flatten(values)[0])
    return [np.asarray(x) for x in leaves if hasattr(x, "dtype")]


def assert_alike(
    found: Sequence[Any], expected: Sequence[Any], digits: float | None = None
) -> None:
    """Raise unless arrays have the same dtypes and shapes, and nearly the same elements."""
    for x, y in zip(found, expected, strict=True):
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        tolerance = digits or {2: 4e-3, 4: 2e-5, 8: 1e-9}.get(x.dtype.itemsize, 0)
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def assert_exports(
    f: Any, inputs: Sequence[Any], *others: Sequence[Any], digits: float | None = None, **how: Any
) -> Any:
    """Raise unless the file of a function gives what that gives, for all these inputs."""
    model = checked(tg.onnx.export(f, tuple(inputs), **how))
    run = runner(model)
    for given in (inputs, *others):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tg.errors.UsageWarning)
            expected = arrays_in(f(*given))
        assert_alike(run(*arrays_in(given)), expected, digits)
    return model
