"""Every Python block of the README runs, and prints what the block after it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine.printed import alike

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(
    r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", README.read_text("utf-8"), re.DOTALL
)


def test_the_readme_has_blocks():
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block(number):
    program, printed = BLOCKS[number]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-X", "utf8", "-"],
        input=program,
        capture_output=True,
        encoding="utf-8",
        cwd=README.parent,
        env=os.environ | {"COLUMNS": "200"},  # as wide as what prints may be
    )
    assert run.returncode == 0, run.stderr
    assert alike(run.stdout, printed), run.stdout
