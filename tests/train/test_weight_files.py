"""Files of weights that other tools wrote: in several parts, NumPy's, or made to harm."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, StateError
from tests.train.test_save_damaged import little_memory  # noqa: F401  # a fixture


def write_parts(folder, *parts, index=None, **more):
    """Write files of arrays and their index, and return its path."""
    names = {}
    for i, arrays in enumerate(parts):
        file = f"model-{i}.safetensors"
        safetensors.numpy.save_file(arrays, folder / file)
        names |= dict.fromkeys(arrays, file)
    path = folder / "model.safetensors.index.json"
    content = {"metadata": {"total_size": 0}, "weight_map": names if index is None else index}
    path.write_text(json.dumps(content | more))
    return path


def model_and_state():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3))
    return model, nn.torch_state_dict(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3)))


def test_weights_in_several_files(tmp_path):
    model, state = model_and_state()
    names = list(state)
    path = write_parts(
        tmp_path, {n: state[n] for n in names[::2]}, {n: state[n] for n in names[1::2]}
    )
    found = tg.train.load(path, model=model)
    assert found.keys() == state.keys()
    assert np.array_equal(model.layers[0].weight.data, state["0.weight"])
    assert tg.train.load_weights(path, model_and_state()[0]).whole


def test_a_folder_of_links_as_a_hub_keeps_it(tmp_path):
    snapshot = tmp_path / "snapshots"
    snapshot.mkdir()
    path = write_parts(snapshot, {"w": np.ones(2)})
    os.replace(snapshot / "model-0.safetensors", tmp_path / "blob")
    (snapshot / "model-0.safetensors").symlink_to("../blob")
    assert tg.train.load(path)["w"].tolist() == [1.0, 1.0]


OUTSIDE = ["../model.safetensors", "/etc/passwd", "a/b", "..", ".", "", "a\\b", "C:x", "a\0b"]


@pytest.mark.parametrize("file", OUTSIDE)
def test_an_index_leads_to_files_beside_it_only(tmp_path, file):
    safetensors.numpy.save_file({"w": np.ones(2)}, tmp_path / "model.safetensors")
    folder = tmp_path / "folder"
    folder.mkdir()
    path = write_parts(folder, index={"w": file})
    with pytest.raises(StateError, match="which is no file beside it"):
        tg.train.load(path)


def test_parts_that_are_missing_are_named(tmp_path):
    path = write_parts(
        tmp_path, {"a": np.ones(2)}, index={"a": "model-0.safetensors", "b": "two", "c": "three"}
    )
    with pytest.raises(StateError, match="index of 3 files, and beside it there is no three, two;"):
        tg.train.load(path)


def test_an_array_is_in_one_file(tmp_path):
    path = write_parts(tmp_path, {"a": np.ones(2)}, {"a": np.zeros(2), "b": np.ones(1)})
    names = {"a": "model-0.safetensors", "b": "model-1.safetensors"}
    path.write_text(json.dumps({"weight_map": names}))
    with pytest.raises(StateError, match="two of its files have a"):
        tg.train.load(path)
    path.write_text(json.dumps({"weight_map": {"a": "model-0.safetensors", "c": names["a"]}}))
    with pytest.raises(StateError, match="it names c, which is in none of its files"):
        tg.train.load(path)


BAD_INDEX = {
    "text": (b"weights", "it is no JSON"),
    "a list": (b"[]", "it is no index of weights"),
    "no map": (b'{"error": "not found"}', "it is no index of weights"),
    "no names": (b'{"weight_map": {"a": 1}}', "it is no index of weights"),
    "twice": (b'{"weight_map": {"a": "x", "a": "y"}}', "'a' stands in it twice"),
    "deep": (b'{"weight_map": ' + b"[" * 10**5, "it is no JSON"),
    "no text": (b'{"\xff": 1}', "it is no JSON"),
}


@pytest.mark.parametrize("what", BAD_INDEX)
def test_an_index_that_is_none(tmp_path, what):
    content, said = BAD_INDEX[what]
    (tmp_path / "index.json").write_bytes(content)
    with pytest.raises(StateError, match=f"cannot read '.*index.json': .*{said}"):
        tg.train.load(tmp_path / "index.json")


@pytest.mark.usefixtures("little_memory")
def test_an_index_that_is_too_long_is_not_read(tmp_path):
    with (tmp_path / "index.json").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(StateError, match="too many for an index"):
        tg.train.load(tmp_path / "index.json")


@pytest.mark.parametrize("name", ["run.json", "run.npz"])
def test_a_file_that_was_saved_is_read_by_any_name(tmp_path, name):
    model, other = model_and_state()[0], model_and_state()[0]
    tg.train.save(tmp_path / name, model=model)
    tg.train.load(tmp_path / name, model=other)
    assert np.array_equal(other.layers[0].weight.data, model.layers[0].weight.data)


# ------------------------------------------------------------------------------------ NumPy's own


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives_of_numpy(tmp_path, save):
    model, state = model_and_state()
    big = {name: value.astype(value.dtype.newbyteorder(">")) for name, value in state.items()}
    save(tmp_path / "model.npz", **big)
    found = tg.train.load(tmp_path / "model.npz", model=model)
    assert all(value.dtype.isnative for value in found.values())
    assert np.array_equal(model.layers[0].weight.data, state["0.weight"])
    save(tmp_path / "empty.npz")
    assert tg.train.load(tmp_path / "empty.npz") == {}


def archive_of(tmp_path, content, name="w.npy"):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)
    return path


def header(shape, dtype="<f4"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"shape": shape, "fortran_order": False, "descr": dtype}
    )
    return stream.getvalue()


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (header((10**11,)) + bytes(8), "another length than its header says"),
        (header((10**9, 10**9, 10**9)) + bytes(8), "another length than its header says"),
        (header((2,)) + bytes(8) + b"more", "another length than its header says"),
        (header((-1,)) + bytes(8), "another length than its header says"),
        (header((1,), "|O") + pickle.dumps(print), "Object arrays cannot be loaded"),
        (header((1,), "<U1") + bytes(4), "'w' holds no numbers but <U1"),
        (b"\x93NUMPY\x01\x00v\x00{'descr': ", "EOF"),
        (b"nothing", "magic string|EOF"),
    ],
)
def test_arrays_that_lie_are_refused(tmp_path, content, said):
    with pytest.raises(StateError, match=f"cannot read '.*model.npz': .*({said})"):
        tg.train.load(archive_of(tmp_path, content))


def damaged(data, content):
    """Return bytes of which some are others, or are missing."""
    found = bytearray(content)
    where = data.draw(st.lists(st.integers(0, len(found) - 1), min_size=1, max_size=4))
    for k in where:
        found[k] ^= data.draw(st.integers(1, 255))
    return bytes(found[: data.draw(st.integers(0, len(found)))])


@given(st.data())
def test_a_damaged_archive_is_refused_or_read(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("npz") / "model.npz"
    np.savez(path, w=np.ones(3), b=np.zeros(1))
    path.write_bytes(damaged(data, path.read_bytes()))
    try:
        assert isinstance(tg.train.load(path), dict)
    except StateError as error:
        assert "cannot read" in str(error)


# ------------------------------------------------------------------------------- what is told apart


def zipped(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return stream.getvalue()


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".npz"])
def test_a_zip_archive_is_told_by_what_is_in_it(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    for names, said in [
        (
            ["model/data.pkl", "model/data/0"],
            r"what torch.save writes.*safetensors.torch.save_file",
        ),
        (
            ["metadata.json", "model.weights.h5"],
            "a model that Keras saved; in Keras write np.savez",
        ),
    ]:
        path.write_bytes(zipped(*names))
        with pytest.raises(StateError, match=said):
            tg.train.load(path)
    if suffix != ".npz":
        path.write_bytes(zipped("w.npy"))
        with pytest.raises(StateError, match=r"np.savez wrote; give the file a name that ends in"):
            tg.train.load(path)


def test_eight_bit_floats_are_exact(tmp_path):
    # 1 sign, 4 bits of exponent (bias 7), 3 of fraction; and 1, 5 (bias 15), 2.
    values = {
        "F8_E4M3": {0x00: 0.0, 0x01: 2.0**-9, 0x38: 1.0, 0xC1: -2.25, 0x7E: 448.0},
        "F8_E5M2": {0x00: 0.0, 0x01: 2.0**-16, 0x3C: 1.0, 0xC1: -2.5, 0x7B: 57344.0},
    }
    for kind, numbers in values.items():
        data = bytes(numbers)
        array = {"dtype": kind, "shape": [len(data)], "data_offsets": [0, len(data)]}
        text = json.dumps({"w": array}).encode()
        (tmp_path / "w").write_bytes(len(text).to_bytes(8, "little") + text + data)
        found = tg.train.load(tmp_path / "w")["w"]
        assert found.dtype == np.float32
        assert found.tolist() == list(numbers.values())


def test_load_weights_says_what_to_write(tmp_path):
    layer = nn.Linear(2, 1)
    tg.train.save(tmp_path / "run", net=layer)
    with pytest.raises(ArgumentError, match=r"tg.train.save wrote .*load\(path, net=model\)"):
        tg.train.load_weights(tmp_path / "run", layer)
    tg.train.save(tmp_path / "run", model=layer, epoch=3)
    assert tg.train.load_weights(tmp_path / "run", nn.Linear(2, 1)).whole
    with pytest.raises(DTypeError, match=r"write tg.train.load_weights\(path, model\)"):
        tg.train.load_weights(layer, tmp_path / "run")
    np.savez(tmp_path / "w.npz", kernel=np.ones((2, 1)))
    with pytest.raises(StateError, match="missing: bias"):
        tg.train.load_weights(tmp_path / "w.npz", layer)
    report = tg.train.load_weights(tmp_path / "w.npz", layer, partial=True, layout="keras")
    assert report.loaded == ["weight"] and layer.weight.data.tolist() == [[1.0, 1.0]]
