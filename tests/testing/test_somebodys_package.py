"""loadcast, a package of somebody else's kind: each mistake in it is found, and told where it is.

The mistakes are such as people make. Each is planted in a copy of the package, whose own tests, a
line each, must turn red and name the place.
"""

import importlib
import re
import shutil
import sys
from pathlib import Path

import pytest

from tensorgraph import random
from tensorgraph.errors import CheckError, GradcheckError

FORECAST = Path(__file__).parents[2] / "examples" / "forecast"

MISTAKES = [
    # file, what stands there, the mistake, the test that is to fail, what it is to say
    ("ops", "g * tg.tanh(x)}", "g * x / (1 + tg.abs(x))}", "operations[log_cosh]",
     r"✘ gradients: .*the gradient is wrong"),
    ("ops", "np.exp(-2 * a))", "np.exp(-a))", "operations[log_cosh]", r"✘ value: .*but ref gives"),
    ("ops", "a = np.abs(x)", "a = np.abs(np.float64(x))", "operations[log_cosh]",
     r"✘ dtypes: .*float32 gives float64, not float32"),
    ("ops", "(tg.abs(x) > threshold)", "(x > threshold)", "soft_shrink_anywhere",
     r"the gradient is wrong at argument 0 \(x"),
    ("layers", "tg.sigmoid(self.gate(x))", "tg.softmax(self.gate(x), axis=0)", "gated_linear",
     r"✘ examples are independent: .*example 0"),
    ("layers", "self.gate(x))", "self.gate(x).detach())", "gated_linear",
     r"✘ every parameter gets a gradient: .*gate\.weight"),
    ("layers", "self.gate = nn.Linear(n_in, n_out)",
     "gate = nn.Linear(n_in, n_out)\n        self.gate = lambda x: gate(x)",
     "gated_linear", r"✘ parameters: .*gate"),
    ("layers", 'dtype="float32"', 'dtype="float64"', "seasonal", r"✘ float32: .*float64"),
    ("layers", "tg.expand_dims(hours, -1)", "tg.reshape(hours, (5, 1))", "seasonal",
     r"✘ any number of examples: "),
    ("layers", "tg.cumulative_sum(steps, axis=-1)", "tg.cumulative_sum(steps, axis=0)",
     "quantile_head", r"✘ examples are independent: "),
    ("layers", "self.drop(h)", "tg.nn.functional.dropout(h)", "forecaster", r"✘ "),
    ("losses", "/ tg.maximum(count, 1)", "/ each.size", "smooth_absolute_error",
     r"✘ examples that count: .*the mean divides by examples that do not count"),
    ("losses", "(q - 1) * miss", "(1 - q) * miss", "pinball", r"✘ (bounded below|perfect): "),
    ("losses", "if np.shape(pred) != np.shape(target):", "if False:", "smooth_absolute_error",
     r"✘ shapes: .*broadcast"),
    ("losses", "miss), axis=-1)", "miss), axis=0)", "pinball", r"✘ "),
    ("losses", "tg.where(known, pred - target, 0)", "(pred - tg.where(known, target, 0)) * known",
     "smooth_absolute_error", r"✘ what does not count: .*NaN"),
    ("optimizers", "(s / (1 - b2**t))", "(s)", "adabelief", r"✘ first step: "),
    ("optimizers", 'm = b1 * state["m"]', 'm = self.m = b1 * getattr(self, "m", state["m"])',
     "adabelief", r"✘ large parameters: .*each element must be treated by itself"),
    ("optimizers", "m / (1 - b1**t)", "m / (1 - b1 ** (t + 1))", "adabelief", r"✘ first step: "),
    ("optimizers", "step = step + 1\n", "schedule.n = step = getattr(schedule, 'n', 0) + 1\n",
     "warmup_then_root", r"✘ same whenever asked: "),
    ("train", "        optimizer.zero_grad()\n", "", "step", r"✘ gradients start anew: "),
    ("train", "    x, y = data\n    step", "    x, y = data\n    x = x - test[0].mean(axis=0)\n"
     "    step", "training", r"✘ test data have no influence: "),
]  # fmt: skip


@pytest.fixture
def planted(tmp_path, monkeypatch, request):
    """Return what imports the tests of a copy of the package with a mistake in it."""

    def imported(file, old, new):
        shutil.copytree(FORECAST / "loadcast", tmp_path / "loadcast")
        path = tmp_path / "loadcast" / f"{file}.py"
        source = path.read_text("utf-8")
        assert source.count(old) >= 1, old
        path.write_text(source.replace(old, new), "utf-8")
        monkeypatch.syspath_prepend(FORECAST / "tests")
        monkeypatch.syspath_prepend(tmp_path)
        forget()
        return importlib.import_module("test_loadcast")

    def forget():
        for name in [n for n in sys.modules if n.split(".")[0] in ("loadcast", "test_loadcast")]:
            del sys.modules[name]

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield imported
    forget()


def called(tests, name):
    """Call one of its tests, as pytest would."""
    bare, _, key = name.rstrip("]").partition("[")
    test = getattr(tests, f"test_{bare}")
    given = [getattr(tests, key)] if key else []
    seeds = "tg_seed" in test.__code__.co_varnames
    random.seed(0)
    test(*([0] if seeds else given))


@pytest.mark.parametrize(
    "file, old, new, test, said",
    MISTAKES,
    ids=[f"{test}: {old.strip()}" for _, old, _, test, _ in MISTAKES],
)
def test_each_mistake_is_found_and_told_where_it_is(planted, file, old, new, test, said):
    tests = planted(file, old, new)
    with pytest.raises((CheckError, GradcheckError)) as found:
        called(tests, test)
    assert re.search(said, str(found.value), re.DOTALL), str(found.value)
