"""Programs that ``mpiexec`` starts, with what they say, and never for ever."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 300
"""Seconds after which a program is taken for one that hangs, also on a busy machine."""


@cache
def launcher():
    """Return the command that starts processes: that of the environment, if it has one."""
    beside = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("mpiexec")
    assert found, "no mpiexec: write pip install mpich"
    version = subprocess.run([found, "--version"], capture_output=True, encoding="utf-8").stdout
    many = ["--oversubscribe", "--allow-run-as-root"] * ("Open" in version.split("\n")[0])
    return [found, *many]


def launched(count, *arguments):
    """Run Python in some processes; return the exit code and all that they print."""
    # The processes of a test are no part of those that run the tests.
    others = ("PMI_", "PMIX_", "OMPI_", "HYDRA_", "SLURM_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(others)}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*launcher(), "-n", str(count), sys.executable, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        encoding="utf-8", cwd=ROOT, env=environment,
    ) as process:  # fmt: skip
        try:
            said = process.communicate(timeout=LONGEST)[0]
        except subprocess.TimeoutExpired:
            process.terminate()  # mpiexec ends those that it started
            said = process.communicate()[0]
            raise AssertionError(f"{command} hangs; it has said:\n{said}") from None
    return process.returncode, said
