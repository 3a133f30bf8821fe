"""Trained networks that packages ship, run and differentiated as they are.

The packages are installed without what they need themselves: only their files are read.
"""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import tensorgraph as tg
from tests.machine.needs import require

RATE = 16_000


def files_of(module):
    """Return where a package lies, without importing it."""
    require(module)
    return Path(find_spec(module).origin).parent


def runtime_results(path, feed):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options).run(None, feed)


def check(network, path, feed, tolerance):
    """Compare results with onnxruntime's; return the first, of which the gradient is wanted."""
    found = network(**{name: tg.tensor(value) for name, value in feed.items()})
    found = found if isinstance(found, tuple) else (found,)
    for ours, wanted in zip(found, runtime_results(path, feed), strict=True):
        np.testing.assert_allclose(ours.data, wanted, rtol=tolerance, atol=tolerance)
    return found[0]


TEXTS = {
    "python": b"import os\n\n\ndef main():\n    print(os.getcwd())\n" * 40,
    "html": b"<!doctype html><html><head><title>t</title></head><body><p>x</p></body></html>" * 30,
}


def magika_input(text):
    """Return the first 1,024 and the last 1,024 bytes, as magika's network takes them."""
    padding = 256
    first = list(text[:1024].lstrip()) + [padding] * 1024
    last = [padding] * 1024 + list(text[-1024:].rstrip())
    return first[:1024] + last[-1024:]


def test_magika_knows_what_a_text_is():
    folder = files_of("magika") / "models" / "standard_v3_3"
    path = folder / "model.onnx"
    labels = json.loads((folder / "config.min.json").read_text())["target_labels_space"]
    network = tg.onnx.load(path)
    feed = {"bytes": np.array([magika_input(text) for text in TEXTS.values()], np.int32)}
    shares = check(network, path, feed, 1e-5)
    assert [labels[i] for i in shares.data.argmax(axis=1)] == list(TEXTS)
    tg.log(shares[np.arange(2), shares.data.argmax(axis=1)]).sum().backward()
    assert all(np.isfinite(p.grad.data).all() for p in network.parameters())


def speech(n):
    """Return something between a voice and noise."""
    t = np.arange(n) / RATE
    voice = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 12))
    noise = np.random.default_rng(0).standard_normal(n)
    return (0.2 * voice * np.sin(2 * np.pi * 3 * t) + 0.01 * noise).astype(np.float32)


SILERO = {
    "silero_vad.onnx": {"state": (2, 1, 128), "sr": None},
    "silero_vad_16k_op15.onnx": {"state": (2, 1, 128), "sr": None},
    "silero_vad_half.onnx": {"state": (2, 1, 128)},
    "silero_vad_op18_ifless.onnx": {"sr": None, "state": (2, 1, 128)},
    "silero_vad_openvino_16k.onnx": {"state": (2, 1, 128)},
    "silero_vad_16k_sequence.onnx": {"h": (1, 1, 128), "c": (1, 1, 128)},
}


@pytest.mark.parametrize("name", SILERO)
def test_silero_hears_as_in_onnxruntime(name):
    """A chunk of sound is 512 samples behind 64 of the chunk before."""
    path = files_of("silero_vad") / "data" / name
    network = tg.onnx.load(path)
    chunks = speech(3 * 512).reshape(3, 512)
    behind = np.concatenate([np.zeros((1, 64), np.float32), chunks[:-1, -64:]])
    sound = np.concatenate([behind, chunks], axis=1)
    feed = {"input": sound if "sequence" in name else sound[1:2]}
    for other, shape in SILERO[name].items():
        feed[other] = np.array(RATE) if shape is None else np.zeros(shape, np.float32)
    first = check(network, path, feed, 2e-5)
    first.sum().backward()
    reached = [p for p in network.parameters() if p.grad is not None]
    assert len(reached) >= 10  # some files hold a network for 8 kHz besides
    assert all(np.isfinite(p.grad.data).all() for p in reached)
    assert any(np.abs(p.grad.data).max() > 0 for p in reached)
