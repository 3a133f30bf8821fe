"""What type checkers and editors see of the library: nothing wrong, and all there is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jedi
import pytest

import tensorgraph as tg
from tests.house.stubs import stale

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("typed_use.py")


def test_stubs_are_what_the_records_say():
    assert not stale(), "write them anew with `make stubs`"


@pytest.fixture
def program(tmp_path):
    """Return the program as a user has it: outside the repository."""
    return Path(shutil.copy(PROGRAM, tmp_path / "program.py"))


def test_mypy_finds_nothing_in_a_users_program(program):
    options = ["--strict", f"--cache-dir={ROOT / '.mypy_cache'}", "--no-error-summary"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(program)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_pyright_finds_nothing_in_a_users_program(program):
    settings = {
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": True,
        "enableTypeIgnoreComments": False,
        "extraPaths": [str(ROOT)],
    }
    (program.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable,
         "--project", str(program.parent)],
        capture_output=True, text=True,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    told = report["generalDiagnostics"]
    assert [(d["range"]["start"]["line"] + 1, d["message"]) for d in told] == []


# ------------------------------------------------------------------------------------- completion

START = """
import tensorgraph as tg
from tensorgraph import nn

class Own(nn.Module):
    def __init__(self):
        self.linear = nn.Linear(2, 1)

    def forward(self, x):
        return tg.relu(self.linear(x))

x = tg.tensor([1.0])
model = nn.Sequential(nn.Linear(2, 1))
cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: g * 3 * x**2})
"""


def script(line):
    return jedi.Script(START + line, project=jedi.Project(ROOT))


def completed(line):
    return {found.name for found in script(line).complete()}


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


@pytest.mark.parametrize(
    "made",
    ["x", "tg.exp(x)", "x.sum()", "x + 1", "x @ x", "x[0]", "-x", "x == 1", "x.T", "x.grad", "model(x)",
     "Own()(x)", "nn.ReLU()(x)", "nn.losses.mse(x, x)", "tg.concat([x, x])", "cube(x)",
     "tg.zeros(3)", "tg.random.normal((2,))", "tg.grad(lambda x: x.sum())(x)"],
)  # fmt: skip
def test_all_of_a_tensor_is_completed(made):
    assert public(x := tg.tensor([1.0])) - completed(f"y = {made}\ny.") == set()
    assert "shape" in public(x)


@pytest.mark.parametrize("room", ["tg", "nn", "tg.nn", "tg.optim", "nn.losses", "nn.init", "tg.data",
                                  "tg.train", "tg.diagnose", "tg.testing", "tg.optim.schedules"])
def test_all_of_a_room_is_completed(room):
    names = set(eval(room, {"tg": tg, "nn": tg.nn}).__all__)
    assert names and names - completed(f"{room}.") == set()


def test_lazy_rooms_and_names_are_completed():
    later = {"data", "train", "diagnose", "testing", "derive", "render", "trace", "assume"}
    assert later <= completed("tg.")


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("tg.softmax(", ["x", "axis=-1"]),
        ("x.sum(", ["axis=None", "keepdims=False"]),
        ("tg.nn.losses.huber(", ["prediction", "target", 'reduction="mean"', "*", "delta=1.0"]),
        ("nn.LeakyReLU(", ["slope=0.01"]),
        ("tg.optim.SGD(", ["params", "lr", "weight_decay=0.0", "*", "differentiable=False"]),
        ("x.backward(", ["gradient=None", "*", "retain_graph=False", "create_graph=False"]),
    ],
)
def test_signatures_show_parameters(call, parameters):
    found = script(call).get_signatures()
    shown = [p.to_string().split(":")[0] if "=" not in p.to_string() else p.name for p in found[0].params]
    assert [p.split("=")[0] for p in parameters if p != "*"] == [s for s in shown if s != "*"]


@pytest.mark.parametrize("name", ["tg.exp", "x.sum", "tg.nn.losses.mse", "tg.derive", "nn.GELU"])
def test_hovering_shows_the_docstring(name):
    thing = eval(name, {"tg": tg, "x": tg.tensor([1.0]), "nn": tg.nn})
    (first,) = script(name).help()[:1]
    assert thing.__doc__.strip().splitlines()[0] in first.docstring()
