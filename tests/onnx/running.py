"""Running ONNX models: by onnxruntime, or by ONNX's reference where that has no kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

OPTIONS = onnxruntime.SessionOptions()
OPTIONS.log_severity_level = 4
OPTIONS.intra_op_num_threads = OPTIONS.inter_op_num_threads = 1


def checked(model: Any) -> Any:
    """Return a model that ONNX's checker takes, its shapes too."""
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return model


def runner(model: Any, optimized: bool = True) -> Any:
    """Return a function from arrays to a list of arrays, and the name of what runs it."""
    OPTIONS.graph_optimization_level = (
        onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        if optimized
        else onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    )
    names = [port.name for port in model.graph.input]
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), OPTIONS, providers=["CPUExecutionProvider"]
        )
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        session = ReferenceEvaluator(model)
    known = {port.name for port in session.get_inputs()} if hasattr(session, "get_inputs") else None

    def run(*arrays: Any) -> list[Any]:
        given = zip(names, map(np.asarray, arrays), strict=True)
        return session.run(None, {n: a for n, a in given if known is None or n in known})

    return run, type(session).__name__
