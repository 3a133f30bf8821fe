"""A run that is killed at any instant and resumed ends as one that was not, to the bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("how", ["loop", "fit"])
def test_a_run_killed_at_any_instant_ends_as_the_undisturbed_one(tmp_path, how):
    result = subprocess.run(
        [sys.executable, "-m", "tests.train.killed_run", how, str(tmp_path), "0"],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["kills"] >= 6  # those inside of a save; others may come when all is done
    assert found["litter before"]
    assert found["same"]
    assert found["files"] == ["killed", "whole"]
