"""A folder that a user who is not root may read only: what is written there, and what is read."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import diagnose, nn, train
from tensorgraph.drawing.picture import SUFFIXES

X = tg.tensor([1.0, 2.0], requires_grad=True)
PICTURE = tg.render((X * X).sum())
WRITING = {
    **{f"picture{s}": PICTURE.save for s in SUFFIXES if s not in (".png", ".pdf")},
    "sheet.csv": diagnose.error_table(["a"], [["b"]]).to_csv,
    "history.csv": train.History().to_csv,
    "report.html": diagnose.report(errors=diagnose.error_table(["a"], [["b"]])).save,
}
NOBODY = 65534


@pytest.fixture
def folder():
    """A folder of its own: those of pytest nobody else may pass through."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)
        Path(path).chmod(0o700)


def as_a_user(folder, work):
    """Return what ``work`` returns, a text, in a process that may only read the folder."""
    folder.chmod(0o555)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        text = "nothing came of it"
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            text = work()
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        finally:
            os.write(writing, text.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading, encoding="utf-8") as told:
        return told.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no such users")
@pytest.mark.parametrize("name", WRITING)
def test_a_refusal_names_the_file_and_leaves_nothing(folder, name):
    WRITING[name](folder / name)  # here it may be written, and all is imported
    (folder / name).unlink()
    told = as_a_user(folder, lambda: str(WRITING[name](folder / name)))
    assert told.startswith("PermissionError") and str(folder / name) in told
    assert not list(folder.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no such users")
def test_what_lies_there_is_read(folder):
    model = nn.Linear(2, 2)
    path = folder / "model.safetensors"
    train.save(path, model=model)
    path.chmod(0o444)
    other = nn.Linear(2, 2)

    def read():
        train.load(path, model=other)
        return str(np.array_equal(other.weight, model.weight))

    assert as_a_user(folder, read) == "True"
