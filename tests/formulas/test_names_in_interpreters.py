"""Names of values where code is entered piece by piece: what the interpreter keeps is no name."""

import subprocess
import sys
from code import InteractiveConsole
from doctest import DocTestParser, DocTestRunner
from io import StringIO

from tests.notebook import environment, executed

CELLS = [
    "import numpy as np",
    "import tensorgraph as tg",
    "rng = np.random.default_rng(3)",
    "m = 6",
    "Z = tg.tensor(rng.normal(size=m), requires_grad=True)",
    "Z",
    "A = tg.sigmoid(Z)",
    "A",
    "Y = rng.integers(0, 2, m) * 1.0",
    "previous = Y.copy()",
    "previous",
    "Y",
    "J = ((A - Y) ** 2).sum() / m",
    "J",
    "S = tg.tensor(rng.normal(size=m), requires_grad=True)",
    "for k in range(m + 1):\n    pass\n",
    "print(tg.derive(J, wrt=A))",
    "print(tg.derive((tg.exp(S) * 2).sum(), wrt=S))",
]
EXPECTED = ["dA = 2 (A − Y) / m", "dS = 2 exp(S)"]
"""``A`` is also what the interpreter has as ``_8``, ``Out[8]`` and, later, as ``__``."""


def formulas(shown):
    """Return the expected lines that were printed, after a prompt or not."""
    return [line for each in shown.splitlines() for line in EXPECTED if each.endswith(line)]


def run(arguments, lines, tmp_path):
    """Return what a Python process prints that is given some lines."""
    result = subprocess.run(
        [sys.executable, *arguments], input="\n".join(lines) + "\n", env=environment(tmp_path),
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    return result.stdout


def test_an_ipython_session(tmp_path):
    shown = run(["-m", "IPython", "--simple-prompt", "--no-banner"], CELLS, tmp_path)
    assert formulas(shown) == EXPECTED, shown


def test_cells_of_an_ipython_shell(tmp_path):
    """Each statement of a cell is compiled by itself; the cells before are known, too."""
    shell = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        f"for cell in {CELLS!r}:\n"
        "    shell.run_cell(cell, store_history=True)\n"
    )
    shown = run(["-c", shell], [], tmp_path)
    assert formulas(shown) == EXPECTED, shown


def test_an_executed_notebook(tmp_path, monkeypatch):
    outputs = [out for found in executed(CELLS, tmp_path, monkeypatch) for out in found]
    shown = [out.text for out in outputs if out.output_type == "stream"]
    assert "".join(shown).splitlines() == EXPECTED


def test_the_plain_prompt(capsys):
    console = InteractiveConsole()
    for cell in CELLS:
        for line in cell.split("\n"):
            console.push(line)
    assert formulas(capsys.readouterr().out) == EXPECTED


def test_the_debugger(tmp_path):
    lines = [line for cell in CELLS[:-2] for line in cell.split("\n")]
    path = tmp_path / "program.py"
    path.write_text("\n".join([*lines, "done = True"]), encoding="utf-8")
    commands = [f"break {len(lines) + 1}", "continue", "A", *CELLS[-2:], "quit"]
    shown = run(["-m", "pdb", str(path)], commands, tmp_path)
    assert formulas(shown) == EXPECTED


def test_a_doctest():
    examples = "\n".join(
        ">>> " + "\n... ".join(f"_ = {cell}" if cell in "AJYZ previous" else cell for cell in cells)
        for cells in (cell.strip("\n").split("\n") for cell in CELLS)
    )
    want = examples.replace("wrt=A))", f"wrt=A))\n{EXPECTED[0]}")
    want = want.replace("wrt=S))", f"wrt=S))\n{EXPECTED[1]}")
    test = DocTestParser().get_doctest(want, {}, "names", None, None)
    shown = StringIO()
    assert DocTestRunner(verbose=False).run(test, out=shown.write).failed == 0, shown.getvalue()


def test_code_without_source(capsys):
    exec("\n".join(CELLS), {})
    assert capsys.readouterr().out.splitlines() == EXPECTED
