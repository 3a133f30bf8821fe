"""Saving and loading: what goes round, what is refused, and that all is loaded or nothing."""

import json
import math
import os
import re
import stat
from typing import NamedTuple

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given, strategies as st
from hypothesis.extra import numpy as hnp

import tensorgraph as tg
from tensorgraph import nn, train
from tensorgraph.errors import ArgumentError, DTypeError, StateError
from tensorgraph.train.state_encoding import DEEPEST, DTYPES, decode, encode

# ------------------------------------------------------------------------------------ round trips

dtypes = st.sampled_from([np.dtype(name) for name in DTYPES.values()])
byte_orders = st.sampled_from("<>")


@st.composite
def arrays(draw):
    """Draw an array of any kind that a file holds, any memory layout and either byte order."""
    array = draw(hnp.arrays(draw(dtypes), hnp.array_shapes(min_dims=0, min_side=0, max_side=3)))
    layout = draw(st.sampled_from(["plain", "transposed", "strided", "reversed"]))
    if layout == "transposed":
        array = array.T
    elif array.ndim and layout != "plain":
        array = array[:: 2 if layout == "strided" else -1]
    return array.astype(array.dtype.newbyteorder(draw(byte_orders)), copy=False)


numbers = st.one_of(st.integers(), st.floats(), st.booleans(), st.integers(-(10**60), 10**60))
leaves = st.one_of(
    st.none(),
    numbers,
    st.text(st.characters(), max_size=5),
    arrays(),
    arrays().map(lambda array: array.ravel()[0] if array.size else np.float32(1)),
)
keys = st.one_of(st.text(max_size=3), st.integers(-3, 3), st.sampled_from(["a/b", "../x", "a"]))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
    ),
    max_leaves=8,
)


def assert_same(found, wanted):
    """Compare two trees to the bit; arrays come back in the byte order of the machine."""
    if isinstance(wanted, (np.ndarray, np.generic)):
        assert isinstance(found, np.ndarray) == isinstance(wanted, np.ndarray)
        assert found.dtype == wanted.dtype.newbyteorder("=")
        assert found.dtype.isnative
        assert found.shape == wanted.shape
        assert found.tobytes() == np.asarray(wanted, found.dtype).tobytes()
        return
    assert type(found) is type(wanted)
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        assert list(map(type, found)) == list(map(type, wanted))
        for key, value in wanted.items():
            assert_same(found[key], value)
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_same(one, other)
    elif isinstance(wanted, float):
        assert math.isnan(found) if math.isnan(wanted) else repr(found) == repr(wanted)
    else:
        assert found == wanted


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@given(tree=trees)
@example(tree=({"a": ([{"b": (1, ())}], ([],))}, [{}, ({},)]))  # each kind in each other
def test_a_tree_goes_round_to_the_bit(directory, tree):
    file = directory / "tree.safetensors"
    tg.train.save(file, tree=tree, path=1)
    assert_same(tg.train.load(file), {"tree": tree, "path": 1})


def test_arrays_of_any_memory_layout_go_round(tmp_path):
    whole = np.arange(24.0).reshape(2, 3, 4)
    views = {
        "transposed": whole.T,
        "strided": whole[:, ::2, ::3],
        "reversed": whole[::-1, :, ::-1],
        "broadcast": np.broadcast_to(whole[0, 0], (3, 4)),
        "big-endian": whole.astype(">f4"),
        "read-only": tg.tensor(whole).data,
        "number": whole[1, 2, 3],
        "0-d": whole[1, 2, 3, ...],
        "empty": whole[:0],
    }
    tg.train.save(tmp_path / "file", views=views)
    assert_same(tg.train.load(tmp_path / "file")["views"], views)


@given(tree=trees)
def test_packing_and_unpacking_undo_each_other_without_a_file(tree):
    assert_same(decode(*encode(tree)), tree)


def test_a_packed_tree_is_plain_json():
    text, arrays = encode({"a": [math.nan, -math.inf, 0.1, -0.0, 2**200], "w": np.zeros(3)})
    json.loads(text, parse_constant=pytest.fail)
    assert list(arrays) == ["w"]


def test_arrays_stand_in_the_file_under_their_paths(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3))
    optimizer = tg.optim.Adam(model.named_parameters())
    tg.train.save(tmp_path / "file", model=model, optimizer=optimizer)
    found = safetensors.numpy.load_file(tmp_path / "file")
    assert np.array_equal(found["model/layers.0.weight"], model.layers[0].weight.data)
    assert {"model/layers.0.bias", "optimizer/layers.0.weight/m"} <= found.keys()


def test_arrays_with_one_path_do_not_displace_each_other(tmp_path):
    tree = {"a/b": np.float32([1]), "a": {"b": np.float32([2])}, "\ud800": np.zeros(1)}
    tree |= {"?": np.ones(1)}
    tg.train.save(tmp_path / "file", t=tree, __metadata__=np.arange(3))
    found = tg.train.load(tmp_path / "file")
    assert_same(found["t"], tree)
    assert_same(found["__metadata__"], np.arange(3))


def test_tensors_are_saved_as_arrays_and_named_tuples_as_tuples(tmp_path):
    class Point(NamedTuple):
        x: float
        y: float

    w = tg.tensor([1.0, 2.0], requires_grad=True)
    tg.train.save(tmp_path / "file", w=w, point=Point(1.0, 2.0), twice=w * 2)
    found = tg.train.load(tmp_path / "file")
    assert_same(found["w"], np.float32([1, 2]))
    assert_same(found["twice"], np.float32([2, 4]))
    assert_same(found["point"], (1.0, 2.0))


def test_what_is_loaded_can_be_changed(tmp_path):
    tg.train.save(tmp_path / "file", w=np.zeros(2))
    tg.train.load(tmp_path / "file")["w"][0] = 1


def test_a_path_may_be_a_string_relative_and_with_special_characters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tg.train.save("run [1]*?.st", a=1)
    tg.train.save("run [1]*?.st", a=2)
    assert tg.train.load("run [1]*?.st") == {"a": 2}
    assert os.listdir(tmp_path) == ["run [1]*?.st"]


# ---------------------------------------------------------------------------------- what is refused


class Loop(list):
    """A list that contains itself."""

    def __init__(self):
        super().__init__([self])


def nested(depth):
    tree = 0
    for _ in range(depth):
        tree = [tree]
    return tree


@pytest.mark.parametrize(
    ("part", "error", "text"),
    [
        ({"a": [b"x"]}, DTypeError, "save: part/a/0 is a bytes; a file holds arrays of numbers"),
        (lambda: 0, DTypeError, "part is a function"),
        ({1j: 0}, DTypeError, "the keys of the dict part are strings or integers, not a complex"),
        ({True: 0}, DTypeError, "strings or integers, not True"),
        (np.array(["x"]), DTypeError, "part is shape (1,) <U1"),
        (np.array([None]), DTypeError, "part is shape (1,) object"),
        (np.zeros(1, np.complex128), DTypeError, "part is shape (1,) complex128"),
        (np.longdouble(1), DTypeError, "part is shape ()"),
        (np.str_("x"), DTypeError, "part is shape ()"),
        ([nn.Linear(1, 1)], DTypeError, "part/0 is a Linear; .* write its state_dict()"),
        (Loop(), StateError, "part/0/0 holds containers more than 100 deep; does one contain"),
        ([10**5000], StateError, "4300"),
        ({"x": {1, 2}}, DTypeError, "part/x is a set"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_before_anything_is_written(tmp_path, part, error, text):
    file = tmp_path / "file"
    tg.train.save(file, a=1)
    with pytest.raises(error) as caught:
        tg.train.save(file, part=part)
    for piece in text.split(" .* "):
        assert piece in str(caught.value)
    assert tg.train.load(file) == {"a": 1}
    assert os.listdir(tmp_path) == ["file"]


def test_containers_go_round_up_to_the_depth_that_is_refused(tmp_path):
    tree = nested(DEEPEST - 1)
    tg.train.save(tmp_path / "file", tree=tree)
    assert tg.train.load(tmp_path / "file")["tree"] == tree
    with pytest.raises(StateError, match="deep"):
        tg.train.save(tmp_path / "file", tree=[tree])


def test_nothing_to_save(tmp_path):
    with pytest.raises(ArgumentError, match=r"nothing to save; write save\(path, model=model, …\)"):
        tg.train.save(tmp_path / "file")


def test_without_safetensors_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    monkeypatch.delitem(__import__("sys").modules, "safetensors.numpy")
    with pytest.raises(ImportError, match=r"needs safetensors, .*pip install '.*\[io\]'"):
        tg.train.save(tmp_path / "file", a=1)
    with pytest.raises(ImportError, match="safetensors"):
        tg.train.load(tmp_path / "file")


# ------------------------------------------------------------------------------- whole or not there


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_last_file_and_no_litter(
    tmp_path, monkeypatch, function, error
):
    file = tmp_path / "file"
    tg.train.save(file, a=1)

    def fail(*args):
        raise error

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)):
        tg.train.save(file, a=2)
    assert os.listdir(tmp_path) == ["file"]
    assert tg.train.load(file) == {"a": 1}


def test_the_file_is_on_the_disk_before_it_takes_its_place_and_the_directory_after(
    tmp_path, monkeypatch
):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda fd: (
            calls.append("dir" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file"),
            fsync(fd),
        ),
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append(("replace", b)), replace(a, b)))
    tg.train.save(tmp_path / "file", a=1)
    assert calls == ["file", ("replace", tmp_path / "file"), "dir"]


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        tg.train.save(tmp_path / "no" / "file", a=1)
    with pytest.raises(FileNotFoundError):
        tg.train.load(tmp_path / "file")


# ---------------------------------------------------------------------------------- all or nothing


def run():
    """Return a model, its optimizer, and their states as they are now."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 1))
    optimizer = tg.optim.Adam(model.named_parameters(), lr=0.1)
    (model(tg.random.normal((5, 3))) ** 2).mean().backward()
    optimizer.step()
    return model, optimizer


def test_objects_go_on_from_what_was_saved(tmp_path):
    model, optimizer = run()
    tg.train.save(tmp_path / "file", model=model, optimizer=optimizer)
    other, its = run()
    state = tg.train.load(tmp_path / "file", optimizer=its, model=other)
    assert_same(other.state_dict(), model.state_dict())
    assert_same(its.state_dict(), optimizer.state_dict())
    assert_same(state, {"model": model.state_dict(), "optimizer": optimizer.state_dict()})


@pytest.mark.parametrize(
    "order", [["model", "optimizer", "random"], ["random", "optimizer", "model"]]
)
def test_if_one_part_does_not_fit_nothing_is_changed(tmp_path, order):
    model, optimizer = run()
    random = tg.random.Generator(1)
    tg.train.save(tmp_path / "file", model=model, optimizer=optimizer, random=random)
    other, _ = run()
    theirs = tg.optim.Adam(nn.Linear(3, 4).named_parameters())
    generator = tg.random.Generator(2)
    parts = {"model": other, "optimizer": theirs, "random": generator}
    before = {name: part.state_dict() for name, part in parts.items()}
    with pytest.raises(StateError, match=r"'optimizer' in '.*file' does not fit, nothing was"):
        tg.train.load(tmp_path / "file", **{name: parts[name] for name in order})
    for name, part in parts.items():
        assert_same(part.state_dict(), before[name])


class Fussy:
    """Half-loads its state, and then raises."""

    def __init__(self, error):
        self.error, self.values = error, [1, 2]

    def state_dict(self):
        return {"values": self.values}

    def load_state_dict(self, state):
        self.values[:] = state["values"]
        if self.error is not None:
            error, self.error = self.error, None
            raise error


@pytest.mark.parametrize("error", [KeyError("x"), RuntimeError("y"), ZeroDivisionError()])
def test_a_part_that_is_half_loaded_gets_back_what_it_had(tmp_path, error):
    tg.train.save(tmp_path / "file", part={"values": [3, 4]})
    part = Fussy(error)
    with pytest.raises(StateError, match=r"'part' in .* does not fit, nothing was loaded"):
        tg.train.load(tmp_path / "file", part=part)
    assert part.values == [1, 2]


def test_an_interrupted_load_gives_back_what_was_there(tmp_path):
    tg.train.save(tmp_path / "file", part={"values": [3, 4]})
    part = Fussy(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        tg.train.load(tmp_path / "file", part=part)
    assert part.values == [1, 2]


def test_a_part_that_the_file_does_not_have(tmp_path):
    tg.train.save(tmp_path / "file", model=nn.Linear(2, 1), epoch=3)
    with pytest.raises(ArgumentError, match=r"has no part optimizer; it has model, epoch"):
        tg.train.load(tmp_path / "file", optimizer=run()[1])
    with pytest.raises(DTypeError, match=r"epoch is 0, which has no .*load\(path\)\['epoch'\]"):
        tg.train.load(tmp_path / "file", epoch=0)


# -------------------------------------------------------------------------------- files of others


def test_weights_that_another_tool_saved(tmp_path):
    model, other = nn.Linear(3, 2), nn.Linear(3, 2)
    safetensors.numpy.save_file(model.state_dict(), tmp_path / "file", {"format": "pt"})
    other.load_state_dict(tg.train.load(tmp_path / "file"))
    assert_same(other.state_dict(), model.state_dict())
    other = nn.Linear(3, 2)
    found = tg.train.load(tmp_path / "file", model=other)
    assert_same(other.state_dict(), model.state_dict())
    assert found.keys() == other.state_dict().keys()
    with pytest.raises(ArgumentError, match=r"has no part model, other; it has .* \(of a"):
        tg.train.load(tmp_path / "file", model=model, other=other)


def test_bfloat16_becomes_float32_exactly(tmp_path):
    header = json.dumps({"w": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
    values = np.array([[1.0, -2.5], [3e38, 2.0**-133]], np.float32)  # 8 bits of mantissa each
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    (tmp_path / "file").write_bytes(len(header).to_bytes(8, "little") + header + halves.tobytes())
    found = tg.train.load(tmp_path / "file")["w"]
    assert found.dtype == np.float32
    assert np.array_equal(found, (halves.astype(np.uint32) << 16).view(np.float32))
    assert found[0].tolist() == [1.0, -2.5]


# --------------------------------------------------------------------------------- random numbers


def test_dropout_goes_on_with_the_same_masks(tmp_path):
    shared = tg.random.Generator(5)
    model = nn.Sequential(
        nn.Dropout(p=0.5), nn.Dropout(p=0.5, generator=shared), nn.Dropout(p=0.5, generator=shared)
    )
    model.source = tg.random.Generator(6)
    x = tg.ones((20, 20))
    model(x)
    random = tg.train.RandomState(model)
    assert list(random.state_dict()) == ["default", "model.source", "model.layers.1.generator"]
    tg.train.save(tmp_path / "file", random=random)
    following = [model(x).numpy() for _ in range(2)]
    source = tg.random.normal(3, generator=model.source).numpy()
    tg.train.load(tmp_path / "file", random=random)
    assert np.array_equal([model(x).numpy() for _ in range(2)], following)
    assert np.array_equal(tg.random.normal(3, generator=model.source), source)


def test_the_default_generator_in_a_layer_counts_once():
    model = nn.Sequential(nn.Dropout(p=0.5, generator=tg.random.default_generator()))
    assert list(tg.train.RandomState(model).state_dict()) == ["default"]
    assert list(tg.train.RandomState().state_dict()) == ["default"]


def test_a_model_without_layers_may_have_a_generator():
    model = nn.Sequential()
    model.source = tg.random.Generator(1)
    assert list(tg.train.RandomState(model).state_dict()) == ["default", "model.source"]


def test_random_states_that_do_not_fit_change_nothing():
    model = nn.Sequential(nn.Dropout(p=0.5, generator=tg.random.Generator(5)))
    random = tg.train.RandomState(model)
    before = random.state_dict()
    bad = before | {"model.layers.0.generator": {"bit_generator": "MT19937"}}
    tg.random.uniform()
    now = random.state_dict()
    for state in (bad, tg.train.RandomState().state_dict(), [1], None):
        with pytest.raises(StateError):
            random.load_state_dict(state)
    assert random.state_dict() == now != before
    with pytest.raises(DTypeError, match="RandomState takes a module, not 3"):
        tg.train.RandomState(3)


def pcg(state=1, inc=1, uinteger=0):
    inner = {"state": state, "inc": inc}
    return {"bit_generator": "PCG64", "state": inner, "has_uint32": 0, "uinteger": uinteger}


NO_STATES = [
    {}, None, 3, {"bit_generator": "PCG64"}, pcg() | {"bit_generator": "MT19937"}, pcg(state=-1),
    pcg(state=2**200), pcg(state="x"), pcg(inc=None), pcg(uinteger=2**70),
]  # fmt: skip


@pytest.mark.parametrize("state", NO_STATES)
def test_what_is_no_state_of_a_generator_is_refused(state):
    generator = tg.random.Generator(0)
    before = generator.state_dict()
    with pytest.raises(StateError, match="no state of a random generator"):
        generator.load_state_dict(state)
    assert generator.state_dict() == before


def test_what_is_given_without_a_name_is_refused_with_the_line_to_write(tmp_path):
    model, file = nn.Linear(2, 1), str(tmp_path / "m.pt")
    for function in (train.save, train.load):
        line = f"write tg.train.{function.__name__}({file!r}, model=model)"
        for unnamed in [(model, file), (file, model)]:
            with pytest.raises(ArgumentError, match=re.escape(line)):
                function(*unnamed)
    with pytest.raises(ArgumentError, match=r'save\("run.safetensors", model=model\)'):
        train.save(model)
    assert not list(tmp_path.iterdir())
