"""Every guide runs, as a script and as a notebook; what it says is asserted in it."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebook import executed

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "examples").glob("*/*.py"))
TEXT, CODE = "# %% [markdown]\n", "# %%\n"
DRAWS = ROOT / "examples/beyond/see_the_graph.py"
"""It draws the pictures of the README, and runs where they are compared."""


def shelf(guide: Path) -> str:
    """Return where a guide stands: its folder, and the number of its course."""
    return f"{guide.parent.name} {re.match(r'[0-9]?', guide.stem)[0]}".strip()


SHELVES = {name: [*guides] for name, guides in itertools.groupby(GUIDES, shelf)}
EACH = """
import runpy, sys, traceback
failed = False
for path in sys.argv[1:]:
    try:
        runpy.run_path(path, run_name="__main__")  # whose functions go to other processes
    except Exception:
        failed = True
        traceback.print_exc()
sys.exit(failed)
"""


def run(code: list[str], where: Path) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    environment |= {"MPLBACKEND": "Agg"}  # no window opens
    return subprocess.run(
        [sys.executable, "-W", "error", *code],
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=1800,  # of a busy machine; a guide takes seconds
    )


def cells(guide: Path) -> list[tuple[str, str]]:
    """Return the cells of a guide, each with its kind."""
    found = []
    for part in re.split(r"^(?=# %%)", guide.read_text("utf-8"), flags=re.MULTILINE):
        first, _, rest = part.partition("\n")
        found.append((f"{first}\n", rest.strip("\n")))
    return found


def shown_text(cell: str) -> str:
    """Return what a text cell says; every line of it is a comment."""
    lines = cell.splitlines()
    assert all(line == "#" or line.startswith("# ") for line in lines), cell
    return "\n".join(line[2:] for line in lines)


@pytest.mark.parametrize("name", SHELVES)
def test_guides_run(name, tmp_path):
    """In one process, as none of them changes what the next one sees."""
    guides = [str(guide) for guide in SHELVES[name] if guide != DRAWS]
    finished = run(["-c", EACH, *guides], tmp_path)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_guide_is_text_and_code(path):
    empty, *found = cells(path)
    assert empty == ("\n", "")
    assert {kind for kind, _ in found} == {TEXT, CODE}
    texts = [shown_text(cell) for kind, cell in found if kind == TEXT]
    assert re.match(r"# \w", texts[0]), "the first line is the title"
    for target in re.findall(r"\]\(([\w./]+\.\w+)\)", "\n".join(texts)):
        assert (path.parent / target).is_file(), target
    for text in texts:
        assert text.count("$$") % 2 == 0, text
        assert text.replace("$$", "").count("$") % 2 == 0, text


def test_guide_is_a_notebook(tmp_path, monkeypatch):
    guide = ROOT / "examples" / "course" / "1_2_logistic_regression.py"
    code = [cell for kind, cell in cells(guide) if kind == CODE]
    outputs = [output for found in executed(code, tmp_path, monkeypatch) for output in found]
    assert not [o for o in outputs if o.get("name") == "stderr"]
    shown = {kind for output in outputs for kind in output.get("data", ())}
    assert {"image/svg+xml", "text/latex"} <= shown, "pictures, and formulas set as mathematics"


def test_pictures_of_the_readme_are_up_to_date(tmp_path):
    """After a change that is meant: ``cd examples; python beyond/see_the_graph.py``."""
    assert run([str(DRAWS)], tmp_path).returncode == 0
    for name in ("mirror.svg", "deep.svg"):
        kept = ROOT / "examples" / "pictures" / name
        assert (tmp_path / "pictures" / name).read_text("utf-8") == kept.read_text("utf-8")


def test_digits_quickly_and_without_a_progress_bar(tmp_path):
    finished = without("tqdm", tmp_path)
    assert finished.returncode == 0, finished.stderr
    for pattern in [
        r"Split\(train 1,258, dev 270, test 269\)",
        r"\n +5 +0\.\d+ +0\.\d+ +0\.\d+ +0\.0\d+ +0\.0\d+ ",
        r"human +1 %\ntrain .*\ndev .*\ntest ",
        r"\n\(no tag\) +0",
        r"test accuracy: 9\d\.\d\d%",
        r"explorer.html\n.*report.html\n",
    ]:
        assert re.search(pattern, finished.stdout), f"{pattern}\nnot in\n{finished.stdout}"


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
