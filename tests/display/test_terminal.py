"""A line is printed where somebody may read it, and nothing ends where nobody can."""

import io
import os
import sys

import pytest

from tensorgraph.display.terminal import has_terminal, say
from tests.train.fit_cases import data, network, quick


class WriteOnly:
    """What programs put in the place of a stream that they do not have."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def broken_pipe():
    read, write = os.pipe()
    os.close(read)
    return os.fdopen(write, "w", buffering=1)


class Full(io.StringIO):
    """A terminal that is gone."""

    def write(self, text):
        raise OSError(5, "Input/output error")


class Removed:
    """A widget of a window, in the place of a stream, that is there no longer."""

    encoding = "widget"

    def write(self, text):
        raise RuntimeError("the widget was deleted")

    def isatty(self):
        raise RuntimeError("the widget was deleted")


NOBODY_READS = {
    "none": lambda: None,
    "closed": closed,
    "broken pipe": broken_pipe,
    "terminal that is gone": Full,
    "bytes": io.BytesIO,
    "removed": Removed,
    "write only": WriteOnly,
}


@pytest.mark.parametrize("kind", NOBODY_READS)
def test_a_run_does_not_end_for_the_lack_of_a_reader(monkeypatch, kind):
    out, err = NOBODY_READS[kind](), NOBODY_READS[kind]()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert not has_terminal()
    history = quick(network(), data(), progress=True)
    monkeypatch.undo()
    assert history["epoch"].tolist() == [1, 2]
    if kind == "write only":
        assert out.text == f"{history}\n"
    if kind == "broken pipe":
        with pytest.raises(BrokenPipeError):  # what is left in its buffer
            out.close()
        err.close()


def test_a_bar_where_standard_output_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", None)
    assert quick(network(), data(), progress=True)["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", r"F\u2081 - \xe9 \ud800"),
        ("latin-1", r"F\u2081 - é \ud800"),
        ("utf-8", r"F₁ − é \ud800"),
        ("utf-16", r"F₁ − é \ud800"),
    ],
)
def test_what_a_terminal_cannot_show_is_escaped(monkeypatch, encoding, shown):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    say("F₁ − é \ud800")
    monkeypatch.undo()
    assert stream.buffer.getvalue().decode(encoding) == f"{shown}\n"


def test_a_metric_with_a_name_that_the_terminal_cannot_show(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    history = quick(network(), data(), metrics={"F₁": lambda z, y: 0.5}, progress=True)
    monkeypatch.undo()
    assert history["train_F₁"].tolist() == [0.5, 0.5]
    lines = stream.buffer.getvalue().decode("ascii").splitlines()
    assert lines[0].split()[3] == r"train_F\u2081"
    assert len(lines) == 3
