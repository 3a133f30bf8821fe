"""Programs in C that are compiled while NumPy's kernels run, and products in several threads."""

import os
import subprocess
import sys

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.compiler.c.runner import CRunner
from tensorgraph.compiler.compiled import compile
from tests.machine.needs import needs

X = np.linspace(-1, 1, 24).reshape(6, 4)


def training():
    """Return a step of float64, and what it changes."""
    tg.random.seed(3)
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Dropout(p=0.5), nn.Linear(5, 1))
    model.astype("float64")
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)

    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step, model


def taken(wrap, steps, between=lambda k, run: None):
    step, model = training()
    run, losses = wrap(step), []
    for k in range(steps):
        between(k, run)
        losses.append(run(tg.tensor(X)).item())
    return [*losses, *(p.data.tolist() for p in model.parameters())]


def assert_close(found, expected):
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-13)


@needs("cc")
def test_numpys_kernels_run_until_the_program_is_compiled(monkeypatch):
    """The same numbers come out, the same masks are drawn, and state goes over from one to both."""
    compiled, languages = [], []
    monkeypatch.setattr(CRunner, "ready", lambda self: bool(compiled))

    def between(k, run):
        if k >= 2:
            languages.append(run.program.runner.language)
        if k == 5:
            compiled.append(True)

    assert_close(taken(compile, 9, between), taken(lambda step: step, 9))
    assert languages == ["NumPy"] * 4 + ["C"] * 3


@needs("cc")
def test_what_is_printed_and_profiled_changes_when_the_program_is_compiled(monkeypatch):
    compiled = []
    monkeypatch.setattr(CRunner, "ready", lambda self: bool(compiled))
    run = compile(lambda x: tg.sin(x) * tg.cos(x))
    for _ in range(2):
        run(X)
    assert "in NumPy, 4 steps" in repr(run) and "def run" in run.source
    with tg.profile() as p:
        run(X)
    assert "kernel 6 × 4: sin" in {row.name for row in p.ops}
    compiled.append(True)
    run(X)
    assert "in C, 2 steps" in repr(run) and "int part0" in run.source
    with tg.profile() as p:
        run(X)
    assert "loops 6 × 4: sin, cos, multiply" in {row.name for row in p.ops}


@needs("cc")
def test_a_program_that_cannot_be_compiled_goes_on_by_numpy(monkeypatch):
    def refuse(self):
        raise tg.errors.CompileError("no space left")

    monkeypatch.setattr(CRunner, "ready", lambda self: True)
    monkeypatch.setattr(CRunner, "load", refuse)
    languages = []

    def between(k, run):
        if k >= 2:
            languages.append(run.program.runner.language)

    with pytest.warns(tg.errors.UsageWarning, match="no space left; it runs by NumPy") as found:
        result = taken(compile, 5, between)
    assert languages == ["NumPy"] * 3
    assert len(found) == 1 and found[0].filename == __file__
    assert_close(result, taken(lambda step: step, 5))


IN_THREADS = """
import numpy as np
import tensorgraph as tg
from tensorgraph import nn

def losses(wrap):
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(160, 200), nn.ReLU(), nn.Linear(200, 120)).astype("float64")
    optimizer = tg.optim.SGD(model.parameters(), lr=0.01)

    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    run, x = wrap(step), tg.tensor(np.linspace(-1, 1, 256 * 160).reshape(256, 160))
    found = [run(x).item() for _ in range(5)]
    return run, [*found, *(p.data.sum() for p in model.parameters())]

run, found = losses(lambda step: tg.compile(step, wait=True))
np.testing.assert_allclose(found, losses(lambda step: step)[1], rtol=1e-10)
print(run.program.runner.language)
"""


@needs("cc")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_products_may_run_in_several_threads(threads):
    """BLAS reads how many there are when it is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", IN_THREADS],
        env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("C\n", "")
