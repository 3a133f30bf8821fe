"""Run the public suite of the Array API standard, of which there is a copy at a path.

    python -m tests.array_api.public_suite PATH [options of pytest]

It is no package: https://github.com/data-apis/array-api-tests, with its submodule. What fails is in
``exceptions.py``. The suite asks for the widest complex dtype as soon as it is imported; a copy of
it takes the answer that there is none. Its own needs are ``pytest-json-report`` and ``ndindex``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASKED = "[(dt, dtype_nbits[dt]) for dt in complex_dtypes], key=lambda x: x[1]\n"
ANSWERED = ASKED.rstrip() + ", default=(xp.float64,)\n"


def without_complex(suite: Path) -> None:
    """Let a copy of the suite run where there are no complex numbers."""
    helpers = suite / "array_api_tests" / "dtype_helpers.py"
    text = helpers.read_text("utf-8")
    if text.count(ASKED) != 1:
        raise SystemExit("the suite asks for complex dtypes in another way than it did")
    helpers.write_text(text.replace(ASKED, ANSWERED), "utf-8")


def main(path: str, *options: str) -> int:
    """Run the suite and return its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "suite"
        shutil.copytree(path, suite, ignore=shutil.ignore_patterns(".git"))
        without_complex(suite)
        environment = os.environ | {
            "ARRAY_API_TESTS_MODULE": "tensorgraph.array_api",
            "ARRAY_API_TESTS_SKIP_DTYPES": "complex64,complex128",
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
        }
        few = [
            "--max-examples",
            "20",
            "--disable-deadline",
            "-rX",
            "-p",
            "tests.array_api.exceptions",
        ]
        command = [sys.executable, "-m", "pytest", "-q", "array_api_tests", *few, *options]
        return subprocess.run(command, cwd=suite, env=environment).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(*sys.argv[1:]))
