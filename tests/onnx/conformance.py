"""ONNX's own tests, which its package ships: models with inputs, and what must come out."""

import warnings
from functools import cache
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnx.backend.test
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

import tensorgraph as tg
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.narrow import widened

DATA = Path(onnx.backend.test.__file__).parent / "data"

RANDOM = {
    "Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
    "RandomUniformLike",
}  # fmt: skip
"""What draws numbers, of which only shape and dtype can be compared."""


@cache
def node_cases():
    """Return the cases of single operators, which the package makes when it is asked."""
    state = np.random.get_state()  # noqa: NPY002 - the cases are drawn from what all share
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = load_model_tests(kind="node")
    np.random.set_state(state)  # noqa: NPY002
    return [(c.name, c.model, c.data_sets, c.rtol, c.atol) for c in cases]


def file_cases(kind):
    """Return the cases of models that lie in files."""
    return [_read(folder) for folder in sorted((DATA / kind).iterdir())]


def _read(folder):
    model = onnx.load(folder / "model.onnx")
    weights = {tensor.name for tensor in model.graph.initializer}
    declared = [value for value in model.graph.input if value.name not in weights]
    sets = [
        (_values(data, "input", declared), _values(data, "output", model.graph.output))
        for data in sorted(folder.glob("test_data_set_*"))
    ]
    return folder.name, model, sets, 1e-3, 1e-5


def _values(folder, end, declared):
    count = len(list(folder.glob(f"{end}_*.pb")))
    files = [folder / f"{end}_{i}.pb" for i in range(count)]
    return [_value(f.read_bytes(), d) for f, d in zip(files, declared, strict=True)]


def _value(data, declared):
    match declared.type.WhichOneof("value"):
        case "sequence_type":
            return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
        case "optional_type":
            return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return numpy_helper.to_array(onnx.TensorProto.FromString(data))


def plain(value):
    """Return a value of a data set as an array, or a list of such."""
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return [plain(part) for part in value] if isinstance(value, list) else value


def draws(model):
    """Return whether results are random."""
    kinds = {node.op_type for node in model.graph.node}
    trains = any(n.op_type == "Dropout" and len(n.input) == 3 for n in model.graph.node)
    return bool(kinds & RANDOM) or (trains and "training" in str(model.graph.name))


def refused(model):
    """Return why a model is refused when it is loaded, or an empty text."""
    try:
        tg.onnx.load(model)
    except OnnxError as error:
        text = str(error)
        return text if "not known here" in text else ""
    return ""


def check(case):
    """Raise unless a model computes what it must."""
    _, model, sets, rtol, atol = case
    loaded = tg.onnx.load(model)
    for inputs, outputs in sets:
        found = loaded(*map(plain, inputs))
        found = found if len(outputs) > 1 else (found,)
        assert len(found) == len(outputs)
        for ours, wanted in zip(found, outputs, strict=True):
            compare(ours, plain(wanted), rtol, atol, not draws(model))


def compare(ours, wanted, rtol, atol, values=True):
    """Raise unless a result is what it must be."""
    if isinstance(wanted, list):
        assert len(ours) == len(wanted)
        for one, other in zip(ours, wanted, strict=True):
            compare(one, other, rtol, atol, values)
    elif wanted is None:
        assert ours is None
    else:
        wanted = np.asarray(wanted)
        dtype = wanted.dtype
        assert ours.shape == wanted.shape
        if wanted.dtype.kind in "OSU":
            assert [str(x) for x in ours.flat] == [str(x) for x in wanted.flat]
            return
        wanted = widened(wanted)
        assert ours.dtype == wanted.dtype
        if values:
            eps = ml_dtypes.finfo(dtype).eps if wanted.dtype.kind == "f" else 0
            largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=1) if eps else 0
            ours = getattr(ours, "data", ours)
            np.testing.assert_allclose(
                np.asarray(ours), wanted, rtol=max(rtol, 2 * eps), atol=max(atol, eps * largest)
            )
