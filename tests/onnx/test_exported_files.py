"""The files: where they are written, in which versions, and where the weights lie."""

import numpy as np
import onnx
import pytest

import tensorgraph as tg
from tensorgraph.onnx.exporting import files
from tests.onnx.running import assert_alike, checked, runner

X = np.random.default_rng(0).standard_normal((2, 30)).astype("float32")


def model():
    tg.random.seed(0)
    return tg.nn.Sequential(tg.nn.Linear(30, 40), tg.nn.GELU(), tg.nn.Linear(40, 2))


def test_written_as_pytorch_users_write_it(tmp_path):
    net = model()
    for i, call in enumerate([
        lambda path: tg.onnx.export(net, X, path),
        lambda path: tg.onnx.export(net, (X,), str(path)),
        lambda path: tg.onnx.export(net, X, path=path),
    ]):  # fmt: skip
        path = tmp_path / f"net{i}.onnx"
        proto = call(path)
        assert onnx.load(path) == proto
        assert_alike(runner(str(path))(X), [net(X).numpy()])
    assert len([*tmp_path.iterdir()]) == 3


@pytest.mark.parametrize("opset", [18, 19, 20, 21, 22, 23])
def test_opsets(opset):
    net = model()
    proto = checked(tg.onnx.export(net, X, opset=opset))
    assert [(o.domain, o.version) for o in proto.opset_import] == [("", opset)]
    assert_alike(runner(proto)(X), [net(X).numpy()])


def test_weights_lie_beside_a_large_model(tmp_path):
    net = tg.nn.Sequential(tg.nn.Linear(30, 40), tg.nn.GELU(), tg.nn.Linear(40, 30))
    path = tmp_path / "net.onnx"
    tg.onnx.export(net, X, path, external_above=1000)
    assert {p.name for p in tmp_path.iterdir()} == {"net.onnx", "net.onnx.data"}
    assert path.stat().st_size < 3000
    assert (tmp_path / "net.onnx.data").stat().st_size == 2 * 4 * 30 * 40
    onnx.checker.check_model(str(path), full_check=True)
    assert_alike(runner(str(path))(X), [net(X).numpy()])


def test_weights_that_no_protocol_buffer_holds_need_a_second_file(tmp_path, monkeypatch):
    """By hand with 2.1 GiB, which onnxruntime reads; here the limit is lower."""
    monkeypatch.setattr(files, "LARGEST_FILE", 4000)
    net = tg.nn.Sequential(tg.nn.Linear(30, 40), tg.nn.Linear(40, 30, bias=False))
    with pytest.raises(tg.errors.ExportError, match=r'9,760 bytes .*; write path="model.onnx"'):
        tg.onnx.export(net, X)
    proto = tg.onnx.export(net, X, tmp_path / "net.onnx", external_above=10**12)
    assert proto.ByteSize() < 4000 and len(proto.graph.initializer) == 3
    assert (tmp_path / "net.onnx.data").stat().st_size == 2 * 4 * 30 * 40
    again = tg.onnx.load(tmp_path / "net.onnx")
    np.testing.assert_array_equal(again.state_dict()["layers.0.weight"], net.layers[0].weight)


def test_a_failed_export_leaves_the_file_of_before(tmp_path):
    path = tmp_path / "net.onnx"
    tg.onnx.export(model(), X, path)
    before = path.read_bytes()
    with pytest.raises(tg.errors.ExportError):
        tg.onnx.export(lambda x: x * min(len(x), 4), X, path)
    assert path.read_bytes() == before
    with pytest.raises(OSError, match="no folder"):
        tg.onnx.export(model(), X, tmp_path / "none" / "net.onnx")
    assert [p.name for p in tmp_path.iterdir()] == ["net.onnx"]


def test_what_was_exported_is_unchanged(tmp_path):
    net = model()
    before = net.state_dict()
    tg.onnx.export(net, X)
    assert all((before[name] == value).all() for name, value in net.state_dict().items())
    assert net.training
    assert not net.layers[0].weight.grad


def test_values_are_those_of_the_time_of_export():
    net = model()
    first = tg.onnx.export(net, X)
    expected = net(X).numpy()
    net.layers[0].weight.assign(net.layers[0].weight * 2)
    assert_alike(runner(first)(X), [expected])
