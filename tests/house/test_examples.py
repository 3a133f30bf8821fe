"""Every example runs, and says what it should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# What the output must match, and the arguments to run with.
EXPECTED = {
    "01_scalar_chain": (
        [],
        [
            "u = bc = 6   v = a \\+ u = 11   J = 3v = 33",
            "dJ/da = 3 by hand, 3 by the graph",
            "dJ/db = 6 by hand, 6 by the graph",
            "dJ/dc = 9 by hand, 9 by the graph",
            "d²J/db dc = 3",
        ],
    ),
    "02_logistic_regression": (
        [],
        [
            r"dZ = A − Y: +largest difference \d\.\de-(0[789]|\d\d)",
            r" 100 +0\.2\d+ +(89|9\d)\.\d%",
        ],
    ),
    "03_custom_op": (
        [],
        [
            r"dy/dx \[0.0625 1. +0.25 +\]",
            "first order: +gradcheck passed",
            "second order: +gradcheck passed: order 2",
            "Without the square: gradcheck: the gradient is wrong",
        ],
    ),
    "06_learning_to_learn": (
        [],
        [
            "hypergradient: gradcheck passed: order 1, complex step",
            r"\n +0 +0\.0100 +4\.144\d+ +-2\.49\d+\n",
            r"\n +100 +0\.4\d+ +0\.180\d+ +",
            r"best of 100 rates tried: 0\.4\d+ with cost 0\.181",
        ],
    ),
    "07_derive_the_course": (
        [],
        [
            "dW2 = dZ2 A1ᵀ / m\ndb2 = Σ₁ dZ2 / m\ndW1 = dZ1 Xᵀ / m\ndb1 = Σ₁ dZ1 / m\n"
            "  where dZ2 = m ∂J/∂Z2 = A2 − Y\n"
            "  where dZ1 = m ∂J/∂Z1 = W2ᵀ dZ2 ∘ \\(1 − A1²\\)\n",
            "dZ = \\(A − Y\\) / m    assuming Σ₀ Y = 1 \\(checked on the data\\)\n",
            "must keep A and Y\\.",
            "dW = dZ Xᵀ / m\ndb = Σ₁ dZ / m\n  where dZ = m ∂J/∂Z = A − Y",
            "dA = D ∘ dA_out / keep_prob\n",
            "dX = γ · \\(dY − Σ₁ dY / m − X̂ · Σ₁\\(X̂ ∘ dY\\) / m\\) / σ\n",
            "dW = \\(A − Y\\) Xᵀ / m \\+ λ W / m",
            "Adam\n\nm ← β₁ m \\+ \\(1 − β₁\\) g\n",
        ],
    ),
    "08_see_the_graph": (
        ["pictures"],
        [
            r"dZ2 = \(A2 − Y\) / m    assuming Σ₁ Y = 1 \(checked on the data\)\n",
            r"<picture of J: 18 boxes, 11 operations> -> pictures.mirror.svg\n",
            r"<picture of Sequential: 175 boxes, 98 operations> -> pictures.deep.svg\n",
            r"<picture of loss: 178 boxes, 100 operations> -> pictures.explorer.html: open it",
        ],
    ),
    "04_convnet": (
        ["--quick"],
        [
            r"Sequential\(\)  38,314 parameters",
            r"images +\(64, 1, 8, 8\)\nConv2d +\(64, 32, 8, 8\)",
            r"Flatten +\(64, 1024\)\nLinear +\(64, 10\)",
            r"\n +2 +0\.\d+ +0\.\d+ ",
            r"test accuracy: 9\d\.\d\d%",
        ],
    ),
    "05_sequence": (
        ["--quick"],
        [
            "the sum of 2 of 10 numbers, 400 steps",
            r"\nRNN +1,185 +0\.\d{4} +[1-8]\d\.\d%",
            r"\nGRU +3,489 +0\.00\d\d +(9\d|100)\.\d%",
            r"\nLSTM +4,641 +0\.00\d\d +(9\d|100)\.\d%",
            r"\nattention +4,385 +0\.00\d\d +(9\d|100)\.\d%",
        ],
    ),
    "09_breast_cancer": (
        [],
        [
            r"Split\(train 341, dev 114, test 114\)",
            r"wins: f1 = 0\.9\d+, the best of \d within the limits",
            r"F1 0\.9[5-9]\d, recall 0\.9\d\d, area under the ROC curve 0\.99",
            r"expected calibration error 0\.0\d\d",
        ],
    ),
    "10_missing_labels": (
        [],
        [
            r"complete examples +(\d\d\.\d% *){4}\n",
            r"all, NaN where unknown +(9\d\.\d% *){4}\n",
            r"Only \d\d of 1258 examples have all four labels",
        ],
    ),
    "11_transfer": (
        [],
        [
            r"0–4: 9\d\.\d%",
            r"from scratch +(3\d|4[0-3])\.\d%",
            r"transferred +(4[5-9]|5\d)\.\d%",  # beats it by 8 points, give or take
        ],
    ),
    "12_data_mismatch": (
        [],
        [
            "dev and train-dev do not look alike\ndev and test look alike",
            r"As collected\n(.*\n){5}the largest step is data mismatch: [12]\d",
        ],
    ),
    "digits": (
        ["--quick"],
        [
            r"Split\(train 1,258, dev 270, test 269\)",
            r"\n +5 +0\.\d+ +0\.\d+ +0\.\d+ +0\.0\d+ +0\.0\d+ ",
            r"human +1 %\ntrain .*\ndev .*\ntest ",
            r"\n\(no tag\) +0",
            r"test accuracy: 9\d\.\d\d%",
            r"explorer.html\n.*report.html\n",
        ],
    ),
}


def run(code: list[str], where: Path) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-W", "error", *code],
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path):
    arguments, patterns = EXPECTED[path.stem]
    finished = run([str(path), *arguments], tmp_path)
    assert finished.returncode == 0, finished.stderr
    for pattern in patterns:
        assert re.search(pattern, finished.stdout), f"{pattern}\nnot in\n{finished.stdout}"


def test_pictures_of_the_readme_are_up_to_date(tmp_path):
    """After a change that is meant: ``python examples/08_see_the_graph.py examples/pictures``."""
    assert run([str(ROOT / "examples/08_see_the_graph.py"), "."], tmp_path).returncode == 0
    for name in ("mirror.svg", "deep.svg"):
        kept = ROOT / "examples" / "pictures" / name
        assert (tmp_path / name).read_text("utf-8") == kept.read_text("utf-8")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_numbered_examples_are_short(path):
    if path.stem[0].isdigit():
        assert len(path.read_text(encoding="utf-8").splitlines()) < 80


def test_digits_reads_97_of_100_and_shows_all_of_it(tmp_path):
    finished = run([str(ROOT / "examples/digits.py"), "--seed", "1", "--out", "out"], tmp_path)
    assert finished.returncode == 0, finished.stderr
    accuracy = float(re.search(r"test accuracy: ([\d.]+)%", finished.stdout)[1])
    assert accuracy >= 97
    assert (tmp_path / "out/learning_curve.png").read_bytes().startswith(b"\x89PNG")
    assert "∂" in (tmp_path / "out/graph.svg").read_text(encoding="utf-8")
    assert '"activations":{"layers.0":[' in (tmp_path / "out/explorer.html").read_text("utf-8")
    report = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    for part in "Curves", "Where the error comes from", "Confusion", "Error analysis", "Graph":
        assert part in report


def without(package: str, where: Path) -> subprocess.CompletedProcess:
    """Run the digits as if a package were not installed."""
    code = (
        f"import runpy, sys; sys.modules[{package!r}] = None; sys.argv[1:] = ['--quick'];"
        f"runpy.run_path({str(ROOT / 'examples/digits.py')!r}, run_name='__main__')"
    )
    return run(["-c", code], where)


@pytest.mark.parametrize("package", ["matplotlib", "sklearn"])
def test_a_missing_package_is_named_with_what_installs_it(package, tmp_path):
    message = without(package, tmp_path).stderr
    assert f"ImportError: this example needs {package}" in message
    assert 'pip install "tensorgraph-engine[examples]"' in message


def test_digits_does_without_a_progress_bar(tmp_path):
    finished = without("tqdm", tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "test accuracy" in finished.stdout
