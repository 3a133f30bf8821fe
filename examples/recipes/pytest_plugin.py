# %% [markdown]
# # Gradients under pytest
#
# With the package comes a plugin for [pytest](https://docs.pytest.org). It does nothing until it is
# used: by an option, a fixture or a mark. `-p no:tensorgraph` turns it off altogether.
#
# Here is a test file of somebody who declared an operation of their own, and wrote its gradient
# rule a little too fast.

# %%
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = """
import numpy as np
import pytest
import tensorgraph as tg

smooth = tg.op(
    "smooth",
    lambda x: np.sqrt(x * x + 1),
    {"x": lambda g, x, out: g * x * out},  # should be x / out
)


def test_training():
    w = tg.tensor([0.5, -2.0], requires_grad=True)
    before = smooth(w).sum().item()
    smooth(w).sum().backward()
    w.assign(w.data - 0.1 * w.grad.data)
    assert smooth(w).sum().item() < before


def test_scaling(tg_seed):
    x = tg.random.normal((2, 3))
    assert np.allclose(x * 1.1, x + 0.1 * x + 1e-3 * tg.relu(x))


def test_memory(no_leaks):
    history.append((tg.ones(3, requires_grad=True) * 2).sum())


history = []
"""


def run(*options):
    """Run the tests as from a shell, and return what is printed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_smooth.py").write_text(TESTS)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--tb=short",
            "--color=no",
            *options,
        ]
        done = subprocess.run(
            command, cwd=folder, env=os.environ, capture_output=True, encoding="utf-8"
        )
    return done.stdout.replace(folder + os.sep, "")


# %% [markdown]
# ## Failures say what differs, and how to repeat them
#
# Without an option, too:

# %%
printed = run("--tg-seed=7")
print(printed)
assert "1 failed, 2 passed, 1 error" in printed, "the wrong rule is not noticed yet"
assert "elements differ by more than 1e-08 + 1e-05" in printed
assert "held by the list test_smooth.history" in printed

# %% [markdown]
# `assert np.allclose(x, y)`, `assert tg.allclose(x, y)`, `assert (x == y).all()` and bounds such as
# `assert (abs(x) < 1).all()` tell the worst element, where a tensor is in them. Where something is
# called in them that might return another value a second time, nothing is told: assign it to a
# name, or write `tg.testing.assert_close(x, y)`, which tells always. A `gradcheck` that fails
# prints its inputs as code.
#
# Fixtures:
#
# - `tg_seed` seeds `tg.random`, NumPy and `random` with a number that is new each time. A failure
#   prints the line that repeats it, as above.
# - `no_leaks` fails a test that tensors, nodes of the graph or large arrays outlive; the garbage
#   collector is off in it, so that what only it would free counts, too.
# - `float64` lets Python's floats and parameters be float64 in the test, so that `gradcheck` takes
#   what `tg.nn` makes.

# %% [markdown]
# ## Each gradient rule that runs is checked
#
# `test_training` passed: the wrong gradient points downhill all the same. With `--tg-gradcheck`,
# each gradient rule that runs in a test is compared with numeric derivatives where it runs, on the
# numbers that it runs on. The operation, its rule and the line that called it are named, with code
# that repeats it.

# %%
printed = run("-k", "training", "--tg-gradcheck=fast")
print(printed)
assert "'smooth': the gradient rule for 'x' is wrong" in printed
assert "called at test_smooth.py:16" in printed and "rule at   test_smooth.py:9" in printed

# %% [markdown]
# What it finds, and what it does not:
#
# - A rule that is wrong, in float64 or only in the dtype it ran in. Float32 code is recomputed in
#   float64, so that rounding hides nothing. At a kink any slope between those of its sides is
#   right.
# - A rule that is fed with values other than the forward pass had, since somebody wrote into an
#   array that a tensor shares; a rule that writes into what it is given; one that returns something
#   else when it is run again.
# - In gradients of gradients, a rule whose own derivative is wrong.
# - It looks at operations one by one. That a loss is not the loss you meant, no tool can see.
#
# `fast` checks the first, second, fourth, eighth … call of an operation with operands of the same
# shapes and dtypes in a test, and costs a training loop about as much again; `full` checks all. A
# test that means to be wrong says `@pytest.mark.tg_gradcheck("off")`; one that shall always be
# looked at, `@pytest.mark.tg_gradcheck("full")`. Meanwhile compiled functions run operation by
# operation, and operands are kept while their graph lives. What runs in threads of its own is not
# seen.
#
# `--tg-debug` runs each test under `tg.debug()`: a NaN or an infinity raises where it is made.
# `@pytest.mark.tg_debug("on")` and `("off")` do the same for one test.

# %% [markdown]
# ## With hypothesis
#
# `--hypothesis-profile=tensorgraph` sets no deadline, and prints what repeats a failure. Under
# `--tg-gradcheck`, `--tg-debug` and their marks, tests run slower than they were written for, and
# have no deadline either.
#
# ## In continuous integration
#
# GitHub Actions, `.github/workflows/gradients.yml`:
#
# ```yaml
# name: gradients
# on: [push, pull_request]
# jobs:
#   test:
#     runs-on: ubuntu-latest
#     steps:
#       - uses: actions/checkout@v4
#       - uses: actions/setup-python@v5
#         with:
#           python-version: "3.12"
#       - run: pip install tensorgraph-engine pytest pytest-xdist hypothesis
#       - run: pytest -n auto --tg-gradcheck=fast --hypothesis-profile=tensorgraph
#   every-rule:
#     if: github.ref == 'refs/heads/main'
#     runs-on: ubuntu-latest
#     steps:
#       - uses: actions/checkout@v4
#       - uses: actions/setup-python@v5
#         with:
#           python-version: "3.12"
#       - run: pip install tensorgraph-engine pytest pytest-xdist hypothesis
#       - run: pytest -n auto --tg-gradcheck=full --tg-debug
# ```
#
# GitLab, `.gitlab-ci.yml`:
#
# ```yaml
# gradients:
#   image: python:3.12
#   script:
#     - pip install tensorgraph-engine pytest pytest-xdist hypothesis
#     - pytest -n auto --tg-gradcheck=fast --hypothesis-profile=tensorgraph --junitxml=report.xml
#   artifacts:
#     when: always
#     reports:
#       junit: report.xml
# ```
#
# ## Functions of PyTorch, JAX and autograd
#
# `gradcheck` and the other checks take functions of other libraries, too, and check these
# libraries' gradients, of any order:
#
# ```python
# tg.testing.gradcheck(tg.testing.from_torch(torch.nn.functional.gelu), np.linspace(-3, 3, 7))
# tg.testing.gradcheck(tg.testing.from_jax(jax.nn.swish), np.linspace(-3, 3, 7), order=2)
# tg.testing.gradcheck(tg.testing.from_autograd(f), x)
# ```
