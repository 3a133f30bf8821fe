"""Executes notebooks as Jupyter does, without a browser."""

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]


def environment(folder):
    """Return the environment of a process that writes into a folder only."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "HOME": str(folder),
        "PYTHONIOENCODING": "utf-8",
        "NO_COLOR": "1",
    }


def executed(cells, folder, monkeypatch, fails=()):
    """Return the outputs of each cell of code, executed one after the other.

    Args:
        cells: their code.
        folder: where they run.
        monkeypatch: of pytest; it sets the environment.
        fails: which of them raise an error, which is an output of theirs.
    """
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    tags = {i: {"tags": ["raises-exception"]} for i in fails}
    made = [nbformat.v4.new_code_cell(c, metadata=tags.get(i, {})) for i, c in enumerate(cells)]
    notebook = nbformat.v4.new_notebook(cells=made)
    options = {"timeout": 300, "kernel_name": "python3"}
    NotebookClient(notebook, resources={"metadata": {"path": folder}}, **options).execute()
    return [cell.outputs for cell in made]
