"""Files that were damaged or made to harm: a clear error, and nothing is changed or run."""

import bz2
import gzip
import json
import lzma
import os
import pickle
import resource

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import StateError
from tensorgraph.train import array_file
from tensorgraph.train.array_file import read


def run():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3))
    return {
        "model": model,
        "optimizer": tg.optim.Adam(model.named_parameters()),
        "random": tg.train.RandomState(),
    }


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a file, its content, and what it holds."""
    file = tmp_path_factory.mktemp("damaged") / "run"
    tg.train.save(file, **run(), note=[1.5, float("nan"), "text"])
    return file, file.read_bytes(), tg.train.load(file)


def assert_refused_or_the_same(file, content, good):
    """A changed file is refused, and changes nothing; but for a space that means nothing."""
    parts = run()
    before = {name: part.state_dict() for name, part in parts.items()}
    damaged = file.with_name("damaged")
    damaged.write_bytes(content)
    try:
        found = tg.train.load(damaged, **parts)
    except StateError as error:
        assert str(damaged) in str(error)
        for name, part in parts.items():
            np.testing.assert_equal(part.state_dict(), before[name])
    else:
        np.testing.assert_equal(found, good)


positions = st.floats(0, 1, exclude_max=True)


@given(st.lists(st.tuples(positions, st.integers(1, 255)), min_size=1, max_size=4))
def test_changed_bytes_anywhere_are_noticed(saved, changes):
    file, content, good = saved
    damaged = bytearray(content)
    for where, change in changes:
        damaged[int(where * len(damaged))] ^= change
    assert_refused_or_the_same(file, damaged, good)


def test_every_bit_of_the_weights_is_watched(saved):
    file, content, _ = saved
    start = 8 + int.from_bytes(content[:8], "little")
    damaged = file.with_name("damaged")
    for k in range(start, len(content), 7):
        damaged.write_bytes(content[:k] + bytes([content[k] ^ 1 << k % 8]) + content[k + 1 :])
        with pytest.raises(StateError, match="does not have the checksum that it had when it was"):
            tg.train.load(damaged)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"dtype":"F32"', b'"dtype":"I32"'),
        (b'"shape":[2,3]', b'"shape":[3,2]'),
        (b'"m/v":{', b'"m/w":{'),
    ],
)
def test_a_header_that_fits_the_numbers_but_is_another_is_noticed(tmp_path, old, new):
    tg.train.save(tmp_path / "file", m={"v": np.ones((2, 3), np.float32)})
    content = (tmp_path / "file").read_bytes()
    assert content.count(old) == 1
    (tmp_path / "file").write_bytes(content.replace(old, new))
    with pytest.raises(StateError, match="does not have the checksum"):
        tg.train.load(tmp_path / "file")


def test_a_file_cut_off_anywhere_is_refused(saved):
    file, content, _ = saved
    damaged = file.with_name("damaged")
    for length in [*range(0, len(content), 41), len(content) - 1]:
        damaged.write_bytes(content[:length])
        seen = f"truncated: {length:,} of at least " if length else "empty"
        with pytest.raises(StateError, match=f"cannot read '.*damaged': it is {seen}"):
            tg.train.load(damaged)


@given(start=positions, end=positions, new=st.binary(max_size=20))
def test_a_piece_that_was_replaced_is_noticed(saved, start, end, new):
    file, content, good = saved
    first, last = sorted([int(start * len(content)), int(end * len(content))])
    assert_refused_or_the_same(file, content[:first] + new + content[last:], good)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_are_a_file_of_arrays(saved, content):
    damaged = saved[0].with_name("damaged")
    for whole in (content, len(content).to_bytes(8, "little") + content):
        damaged.write_bytes(whole)
        try:
            assert tg.train.load(damaged) == {}
        except StateError as error:
            assert str(damaged) in str(error)


OTHERS = {
    "a pointer of git-lfs": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "write git lfs pull",
    ),
    "a page of HTML": (b"\n\n<!DOCTYPE html><html><title>Sign in</title>", "fetch the file itself"),
    "a page of XML": (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "fetch the file itself"),
    "JSON": (b'{"error": "Repository not found"}', "fetch the file itself"),
    "a zip archive": (b"PK\x03\x04" + bytes(40), "unpack it, and save what is in it"),
    "a pickle": (pickle.dumps({"weight": [1.0, 2.0]}), "where you trust it"),
    "an array of np.save": (b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}", r"write np\.load\(path\)"),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n" + bytes(40), "read it with h5py"),
    "gzip": (gzip.compress(b"weights" * 10), "compressed by gzip; unpack it first"),
    "bzip2": (bz2.compress(b"weights" * 10), "compressed by bzip2; unpack it first"),
    "xz": (lzma.compress(b"weights" * 10), "compressed by xz; unpack it first"),
    "half a number": (b"\x10\x00\x00", "truncated: 3 bytes are there; copy or download it again"),
    "noise": (bytes(range(100, 200)), "damaged, or no safetensors file at all .*header too large"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_file_of_another_kind_is_called_what_it_is(tmp_path, what):
    content, advice = OTHERS[what]
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(StateError, match=f"cannot read '.*file': it is .*{advice}"):
        tg.train.load(tmp_path / "file")


@pytest.mark.parametrize("length", [ord("<") + 256, ord("{"), ord("P") + 256 * ord("K"), 0x280])
def test_a_length_of_the_header_that_looks_like_another_kind_of_file(tmp_path, length):
    header = json.dumps({"w": tensor([1], [0, 4])}).encode().ljust(length)
    content = length.to_bytes(8, "little") + header + bytes(4)
    (tmp_path / "file").write_bytes(content)
    assert tg.train.load(tmp_path / "file") == {"w": np.zeros(1, np.float32)}
    for cut in (1, 5, length // 2):
        (tmp_path / "file").write_bytes(content[:-cut])
        whole = f"{len(content) - 4 * (cut > 4):,}"  # its numbers are not known without the header
        with pytest.raises(StateError, match=f"truncated: .* of at least {whole} bytes are there"):
            tg.train.load(tmp_path / "file")


# ----------------------------------------------------------------- files that were made to do harm


def tensor(shape, offsets, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


HOSTILE = {
    "a header of 8 exabytes": (2**63 - 1).to_bytes(8, "little") + b"{}",
    "a header of a terabyte": (10**12).to_bytes(8, "little") + b"{}" * 100,
    "overlapping arrays": file_of({"a": tensor([2], [0, 8]), "b": tensor([2], [4, 12])}, b"0" * 12),
    "one place for two": file_of({"a": tensor([1], [0, 4]), "b": tensor([1], [0, 4])}, b"0" * 4),
    "a hole": file_of({"a": tensor([1], [4, 8])}, b"0" * 8),
    "more than there is": file_of({"a": tensor([10**9], [0, 4 * 10**9])}, b"0" * 4),
    "too much to count": file_of({"a": tensor([2**40, 2**40], [0, 4])}, b"0" * 4),
    "nothing, of a shape too large": file_of({"a": tensor([0, 2**62, 2**62], [0, 0])}),
    "more axes than there are": file_of({"a": tensor([1] * 100, [0, 4])}, b"0" * 4),
    "a negative length": file_of({"a": tensor([-1], [0, 4])}, b"0" * 4),
    "a length of another size": file_of({"a": tensor([3], [0, 4])}, b"0" * 4),
    "objects": file_of({"a": tensor([1], [0, 8], "O")}, b"0" * 8),
    "powers of two": file_of({"a": tensor([4], [0, 4], "F8_E8M0")}, b"0" * 4),
    "deep lists": file_of(b"[" * 10**5),
    "deep dicts": file_of(b'{"a":' * 10**5),
    "a number that is none": file_of(b'{"a": NaN}'),
    "text that is none": file_of({"__metadata__": {"tree": 1}}),
    "no dict": file_of(b"[]"),
    "bytes that are no text": file_of(b'{"\xff": 1}'),
    "a pickle": b"\x80\x04cposix\nsystem\n(S'touch owned'\ntR.",
}


@pytest.fixture
def little_memory():
    """Let the process take 300 MB more at most."""
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + 300 * 2**20, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("little_memory")
def test_a_hostile_file_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(HOSTILE[name])
    with pytest.raises(StateError, match="cannot read 'file': "):
        tg.train.load("file")
    assert os.listdir(tmp_path) == ["file"]


def pairs(**parts):
    return json.dumps({"dict": [[name, value] for name, value in parts.items()]})


W = {"w": np.zeros(2, np.float32)}


@pytest.mark.parametrize(
    ("arrays", "tree", "text"),
    [
        ({}, "{", "Expecting"),
        ({}, "NaN", "its tree holds NaN, which is no JSON"),
        ({}, pairs(a=float("inf")), "its tree holds Infinity, which is no JSON"),
        ({}, "[" * 10**5 + "]" * 10**5, "its tree is more than 100 deep"),
        ({}, "[" * 500 + "]" * 500, "its tree is more than 100 deep"),
        ({}, pairs(a={"b": 1}), "an object with the keys 'b', which means nothing here"),
        ({}, pairs(a={"b" * 1000: [[]] * 100}), "means nothing here"),
        ({}, pairs(a={"dict": [], "tuple": []}), "the keys 'dict', 'tuple'"),
        ({}, pairs(a={"dict": {}}), "the keys 'dict'"),
        ({}, pairs(a={"dict": [["k"]]}), "a dict with a key that is none, or comes twice"),
        ({}, pairs(a={"dict": [[[], 1]]}), "a dict with a key that is none"),
        ({}, pairs(a={"dict": [["k", 1], ["k", 2]]}), "or comes twice"),
        ({}, pairs(a={"float": "1e5"}), "the keys 'float'"),
        ({}, pairs(a={"array": "w"}), "the keys 'array'"),
        (W, pairs(a={"array": "w"}, b={"array": "w"}), "the keys 'array'"),
        (W, pairs(a={"scalar": "w"}), "the keys 'scalar'"),
        (W, pairs(a=1), "its tree has no place for w"),
        ({}, pairs(a=1).replace("1", "1" * 5000), "4300"),
        ({}, "[]", "it holds no parts"),
        ({}, "3", "it holds no parts"),
    ],
)
def test_a_tree_that_was_made_to_do_harm_is_refused(tmp_path, arrays, tree, text):
    array_file.write(tmp_path / "file", arrays, tree)  # with a right checksum
    with pytest.raises(StateError) as caught:
        tg.train.load(tmp_path / "file")
    assert text in str(caught.value)
    assert "file" in str(caught.value)


def test_a_file_of_a_later_version(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(array_file, "VERSION", "2")
        tg.train.save(tmp_path / "file", a=1)
    with pytest.raises(StateError, match="it is of version 2, this is version 1"):
        tg.train.load(tmp_path / "file")


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (b'{"tensorgraph":', b'{"tensorgrapi":', False),  # nothing is lost
        (b':"tensorgraph 1', b':"tensorgrapi 1', True),
        (b':"tensorgraph 1', b':"tensorgraph x', True),
        (b':"tensorgraph 1 ', b':"tensorgraph_1_', True),
    ],
)
def test_a_damaged_mark_does_not_make_it_a_file_of_another_tool(tmp_path, old, new, refused):
    tg.train.save(tmp_path / "file", model={"w": np.zeros(3)})
    content = (tmp_path / "file").read_bytes()
    assert content.count(old) == 1
    (tmp_path / "file").write_bytes(content.replace(old, new))
    if refused:
        with pytest.raises(StateError, match="checksum"):
            tg.train.load(tmp_path / "file")
    else:
        np.testing.assert_equal(tg.train.load(tmp_path / "file"), {"model": {"w": np.zeros(3)}})


def test_equal_content_makes_equal_files(tmp_path):
    parts = {"a": np.zeros(3), "b": {"c": np.ones(2), "d": [1, 2.5]}}
    contents = []
    for _ in range(5):
        tg.train.save(tmp_path / "file", **parts)
        contents.append((tmp_path / "file").read_bytes())
    assert len(set(contents)) == 1


def test_names_like_paths_are_names(tmp_path):
    names = {"../../outside": 1.0, "/etc/passwd": 2.0, "C:\\x": 3.0, "": 4.0, ".": 5.0}
    tree = {name: np.float32([value]) for name, value in names.items()}
    tg.train.save(tmp_path / "file", tree=tree)
    assert tg.train.load(tmp_path / "file")["tree"] == names
    assert os.listdir(tmp_path) == ["file"]


def test_reading_a_file_says_what_is_in_it(tmp_path):
    tg.train.save(tmp_path / "file", w=np.arange(3))
    arrays, text = read(tmp_path / "file")
    assert arrays["w"].tolist() == [0, 1, 2]
    assert json.loads(text) == {"dict": [["w", {"array": "w"}]]}
