"""What can be found: the maps at the head of docstrings, ``dir`` and ``help``."""

import inspect
import pydoc
import re
from importlib import import_module

import pytest

import tensorgraph as tg
from tensorgraph.leads.attributes import ROOMS
from tests.leads.samples import variables

LATER = (
    "assume", "data", "debug", "derive", "diagnose", "diff", "explain", "judge", "precision",
    "profile", "render", "testing", "trace",
)  # fmt: skip
MAPPED = ["tg", "tg.nn", "tg.nn.losses", "tg.random", "tg.optim", "tg.train", "tg.data"]
MAPPED += ["tg.diagnose", "tg.distributed", "tg.sklearn", "tg.testing"]


def module(room):
    return import_module(room.replace("tg", "tensorgraph", 1))


def mapped(room):
    """Return the lines of code in the table at the head of a room's docstring."""
    table = re.search(r"^=+  =+\n(.*?)\n=+  =+$", module(room).__doc__, re.DOTALL | re.MULTILINE)
    return re.findall(r"``(.+?)``", table[1])


@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
@pytest.mark.parametrize("room", MAPPED)
def test_the_lines_of_a_map_run(room, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in mapped(room):
        if re.match(r"\w+(\.\w+)*\(|tg\.|\w+[.\[]", line):
            eval(line, variables())


def test_the_map_names_each_room():
    text = " ".join(mapped("tg"))
    for room in (
        "nn",
        "optim",
        "data",
        "train",
        "diagnose",
        "sklearn",
        "testing",
        "random",
        "errors",
    ):
        assert f"tg.{room}." in text


@pytest.mark.parametrize("room", ROOMS)
def test_dir_lists_what_is_public(room):
    listed = dir(module(room))
    assert listed == sorted(listed)
    assert set(module(room).__all__) <= set(listed)
    assert all(hasattr(module(room), name) for name in listed)
    assert not [name for name in listed if name.startswith("_") and name != "__version__"]


def test_dir_lists_what_is_imported_later():
    assert set(LATER) | {"train", "update_rule", "nn", "optim"} <= set(dir(tg))
    assert "strategies" in dir(tg.testing)
    assert not {"Any", "TYPE_CHECKING", "import_module"} & set(dir(tg))


def test_help_begins_with_what_was_asked_for():
    shown = pydoc.plain(pydoc.render_doc(tg))
    assert "make a tensor" in "\n".join(shown.splitlines()[:20])
    for name in LATER:
        value = getattr(tg, name)
        if inspect.isfunction(value):
            first = pydoc.plain(pydoc.render_doc(value)).splitlines()
            assert first[0].startswith(f"Python Library Documentation: function {name}")
            assert first[2].startswith(f"{name}(")


def test_help_of_op_tells_every_field():
    fields = list(inspect.signature(tg.Op).parameters)
    for field in fields:
        assert re.search(rf"^ +{field}: ", tg.op.__doc__, re.MULTILINE), field
