"""ONNX's own tests of single operators and of PyTorch's files, and the nine ImageNet graphs."""

import numpy as np
import onnx
import onnxruntime
import pytest

import tensorgraph as tg
from tests.onnx.conformance import DATA, check, file_cases, node_cases, refused
from tests.thorough import THOROUGH

NOT_KNOWN = {
    "Adagrad", "Adam", "DeformConv", "Gradient", "ImageDecoder", "MelWeightMatrix", "Momentum",
    "TreeEnsemble",
}  # fmt: skip
"""Operators that are left out: optimizers, images as files."""
ALL_NODE_CASES = 1884


def failures(cases):
    """Return the names of cases that pass, and what is wrong with those that are not refused."""
    passed, wrong = [], {}
    for case in cases:
        name, model = case[:2]
        try:
            check(case)
            passed.append(name)
        except Exception as error:
            kinds = {node.op_type for node in model.graph.node}
            why = refused(model)
            if not why or not kinds & NOT_KNOWN:
                wrong[name] = f"{type(error).__name__}: {str(error)[:200]}"
    return passed, wrong


def test_operators_compute_what_the_standards_own_tests_say():
    """What fails is an operator that is left out."""
    passed, wrong = failures(node_cases())
    assert not wrong
    if len(node_cases()) == ALL_NODE_CASES:
        assert len(passed) >= 1861


@pytest.mark.parametrize(("kind", "count"), [("pytorch-operator", 35), ("pytorch-converted", 82)])
def test_files_that_pytorch_wrote_compute_what_it_computed(kind, count):
    passed, wrong = failures(file_cases(kind))
    assert not wrong
    assert len(passed) == count


def test_simple_models_compute_what_they_must():
    passed, wrong = failures(file_cases("simple"))
    assert not wrong
    assert len(passed) >= 13


LIGHT = sorted((DATA / "light").glob("*.onnx"))
if not THOROUGH:  # the largest one takes as long as all others
    LIGHT = [path for path in LIGHT if path.stem != "light_vgg19"]


def runtime_results(path, feed):
    """Return what onnxruntime computes."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    return session.run(None, feed)


@pytest.mark.parametrize("path", LIGHT, ids=lambda path: path.stem)
def test_networks_for_imagenet_run_as_in_onnxruntime_and_are_drawn(path):
    """Their weights are constants, so that images differ by little: logits are compared too."""
    model = tg.onnx.load(path)
    [declared] = model.inputs
    x = np.random.default_rng(0).random(declared.shape).astype(np.float32)
    image = tg.tensor(x, requires_grad=True)
    y = model(image)
    [wanted] = runtime_results(path, {declared.name: x})
    assert y.shape == wanted.shape
    last = onnx.load(path).graph.node[-1]
    if last.op_type == "Softmax":  # of equal numbers up to 1e10, which are rounded otherwise
        logits = tg.onnx.load(path, outputs=[last.input[0]])(image).data
        np.testing.assert_allclose(logits, logits.flat[0], rtol=1e-5)
    else:
        np.testing.assert_allclose(y.data, wanted, rtol=1e-4, atol=1e-6)
    assert "<svg" in tg.render(y.sum()).svg()
