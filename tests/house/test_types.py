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
    options = [
        "--strict",
        "--follow-imports=silent",
        f"--cache-dir={ROOT / '.mypy_cache'}",
        "--no-error-summary",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(program)],
        cwd=ROOT, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_pyright_finds_nothing_in_a_users_program(program):
    settings = {
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": True,
        "enableTypeIgnoreComments": False,
        "extraPaths": [str(ROOT)],
    }
    (program.parent / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable,
         "--project", str(program.parent)],
        capture_output=True, encoding="utf-8",
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
"""What a user wrote, without types."""


def script(line):
    return jedi.Script(START + line, project=jedi.Project(ROOT))


def completed(line):
    return {found.name for found in script(line).complete()}


MADE = (
    "tg.exp(x)", "x.sum()", "x @ x + 1", "x[0]", "x.T", "model(x)", "Own()(x)", "nn.ReLU()(x)",
    "nn.losses.mse(x, x)", "tg.concat([x, x])", "cube(x)", "tg.grad(lambda x: x.sum())(x)",
)  # fmt: skip


@pytest.fixture(scope="module")
def made():
    """One program in which each of them is made, as what jedi has learnt it keeps for one only."""
    return script("\n".join(f"y = {call}\ny.shape" for call in MADE))


@pytest.mark.parametrize("number", range(len(MADE)), ids=MADE.__getitem__)
def test_all_of_a_tensor_is_completed(made, number):
    all_of_it = {name for name in dir(tg.tensor([1.0])) if not name.startswith("_")}
    assert {"shape", "softmax", "backward"} <= all_of_it
    line = START.count("\n") + 2 * (number + 1)
    assert all_of_it - {found.name for found in made.complete(line, len("y."))} == set()


SGD_TAKES = (
    "params", "lr", "momentum", "nesterov", "weight_decay", "l2", "maximize", "differentiable",
)  # fmt: skip
LATER = {"data", "train", "diagnose", "distributed", "testing"}
"""Rooms that are imported when they are asked for."""


@pytest.mark.parametrize("room", ["", "nn", "optim", "data", "train", "diagnose", "testing"])
def test_all_of_a_room_is_completed(room):
    names = {*getattr(tg, room).__all__} if room else {*tg.__all__, *LATER}
    assert len(names) > 2
    assert names - completed(f"tg.{room}.".replace("..", ".")) == set()


@pytest.mark.parametrize(
    ("call", "parameters", "doc"),
    [
        ("tg.softmax(", ["x", "axis"], "without overflow"),
        ("x.sum(", ["axis", "keepdims"], "Return the sum over `axis`"),
        ("nn.losses.huber(", ["prediction", "target", "reduction", "delta"], "Return Huber's loss"),
        ("nn.LeakyReLU(", ["slope"], "slope · x elsewhere"),
        ("tg.optim.SGD(", [*SGD_TAKES], "Gradient descent"),
        ("x.backward(", ["gradient", "retain_graph", "create_graph"], "Add the gradient"),
    ],
)
def test_signatures_show_parameters_and_docstrings(call, parameters, doc):
    first = script(call).get_signatures()[0]
    assert [p.name for p in first.params if p.name != "*"] == parameters
    assert doc in first.docstring()
