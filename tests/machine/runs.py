"""Runs the tests as they would run on other machines: ``make machines``.

    python -m tests.machine.runs [WORD ...] [--list]

With other kernels of NumPy and of BLAS, in another terminal and locale, with the oldest NumPy that
is allowed, beside PyTorch, on trained networks that packages ship, with trackers of runs, and on
every other Python that this machine has; each of them runs what it could change. The newest Python
runs all but kernels, those between only what a Python does in a way of its own. Packages go into
environments of their own, below ``.venv``. WORDs choose the runs whose name holds one of them.
Prints the closing line of each, and all of one that fails; exits with 1 then.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from numpy._core import _multiarray_umath as umath

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# What is written in C for each dataflow.
C_PROGRAMS = tuple(
    f"compiler/test_{name}.py" for name in ("c_sweep", "c_programs", "c_windows", "memory_order")
)
# Programs of their own, which no run changes.
BROWSER_AND_TEX = (
    *(f"drawing/{path.name}" for path in sorted(ROOT.glob("tests/drawing/test_explorer*.py"))),
    "drawing/test_renderers.py", "formulas/test_mathml.py", "formulas/test_latex.py",
)  # fmt: skip
# What is run in a narrow terminal.
EXAMPLES = ("house/test_examples.py", "house/test_faults.py")
# What type checkers find, and that a killed run goes on.
BESIDE = ("house/test_types.py", "train/test_save_killed.py")
# What neither kernels nor packages change.
SYMBOLS = ("caller", "formulas", "house/test_faults.py", "leads", "symbolic")
# What no kernel changes.
PROTOCOLS = (
    "array_api", "display", "drawing", "engine/test_lost_gradients.py", "engine/test_scale.py",
    "house", "optim/test_recorded_steps.py", "testing",
)  # fmt: skip
# What one digit more or less does not change: programs are compared with the same kernels.
PROGRAMS = tuple(
    f"compiler/{path.name}"
    for path in sorted(ROOT.glob("tests/compiler/test_*.py"))
    if path.name != "test_c_sweep.py"
)
# Rules written in operations, which run on any packages if these do.
COMPOSED = ("optim", "ops/test_op_sizes.py", "testing")
# Bounds on errors, which NumPy's kernels may use up.
SWEEP = ("ops/sweep",)
# Bits that are the same wherever the kernels are: those that stand in round as they happen to.
SAME_BITS = ("distributed", "engine/test_device_training.py")
# What loads a package that adds loops to NumPy's own functions, in whose place others stand there.
ADDED_LOOPS = ("onnx",)
# What is known of NumPy's own functions, in whose place others stand there.
FOLLOWED = ("numeric/test_op_without_rule.py",)
# What no Python changes: kernels, and where they stand in a picture.
KERNELS = (*C_PROGRAMS, "drawing", "ops")
# Where most is printed, or read from what was.
PRINTED = (
    "display", "drawing/test_render_picture.py", "formulas/test_names_in_interpreters.py", "house",
    "train/test_fit_looks.py",
)  # fmt: skip
# Where code is read, frames are looked at, errors are told and objects are counted.
INTERPRETED = (
    "caller", "compiler", "display", "engine", "formulas/test_names_in_interpreters.py", "house",
    "leads",
)  # fmt: skip


def tests(*folders: str, but: tuple[str, ...] = BESIDE) -> tuple[str, ...]:
    """Return pytest's arguments for some tests without others."""
    left_out = (f"--ignore=tests/{name}" for name in but)
    return (*(f"tests/{name}" for name in folders), *left_out)


def files(word: str) -> tuple[str, ...]:
    """Return the test files of an environment of their own, one of ``needs.OWN_ENVIRONMENTS``."""
    found = sorted((ROOT / "tests").rglob(f"test_{word}_*.py"))
    return tuple(str(path.relative_to(ROOT)) for path in found)


def all_but(*left_out: str) -> tuple[str, ...]:
    """Return pytest's arguments for all tests that another machine can change, without some."""
    return tests("", but=(*BESIDE, *left_out))


@dataclass(frozen=True)
class Run:
    """One way of running tests: by an interpreter, with packages, in an environment."""

    name: str
    tests: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    packages: tuple[str, ...] = ()
    """What is installed beside the extra ``test``; with neither, this very environment serves."""
    alone: tuple[str, ...] = ()
    """What is installed without what it depends on: packages of which only files are wanted."""

    @property
    def folder(self) -> Path:
        return ROOT / ".venv" / "machines" / re.sub(r"\W+", "-", self.name)

    def interpreter(self) -> str:
        """Return the interpreter that has what the run needs, installed if it is not yet."""
        if not (self.packages or self.alone) and self.python == sys.executable:
            return self.python
        python, stamp = str(self.folder / "bin" / "python"), self.folder / "stamp"
        if not stamp.exists() or stamp.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
            subprocess.run([self.python, "-m", "venv", "--clear", self.folder], check=True)
            options = ["--quiet", "--no-compile", "--editable"]
            install = [python, "-m", "pip", "install", *options, ".[test]"]
            subprocess.run([*install, *self.packages], cwd=ROOT, check=True)
            if self.alone:
                bare = [python, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps"]
                subprocess.run([*bare, *self.alone], check=True)
            stamp.touch()
        return python

    def command(self) -> list[str]:
        return [self.interpreter(), "-m", "pytest", "--numprocesses", "auto", *self.tests]

    def outcome(self) -> tuple[bool, str]:
        """Run the tests, and return whether they passed and what pytest printed."""
        done = subprocess.run(
            self.command(), cwd=ROOT, env=os.environ | FEW | self.variables, check=False,
            stdout=subprocess.PIPE, encoding="utf-8", errors="replace",
        )  # fmt: skip
        return done.returncode == 0, done.stdout.strip()


# ------------------------------------------------------------------------------------- the runs


def runs() -> Iterator[Run]:
    """Yield all runs that this machine can make."""
    yield Run("plain kernels", all_but(*SYMBOLS, *PROTOCOLS), plain())
    yield Run(
        "kernels one ulp off",
        all_but(*SYMBOLS, *PROTOCOLS, *PROGRAMS, *SWEEP, *SAME_BITS, *ADDED_LOOPS, *FOLLOWED),
        {"PYTHONPATH": str(Path(__file__).parent / "off_by_one_ulp"), "OPENBLAS_NUM_THREADS": "1"},
    )
    if variables := sanitizers():
        yield Run("C under sanitizers", tests(*C_PROGRAMS), variables)
    yield Run("narrow terminal, ASCII", tests(*PRINTED), NARROW)
    yield Run(
        "oldest packages",
        all_but(*BROWSER_AND_TEX, *EXAMPLES, *SYMBOLS, *COMPOSED, *SWEEP),
        packages=oldest(),
    )
    yield Run(
        "PyTorch",
        files("torch"),
        packages=("torch==2.13.0", "jax==0.10.2", "onnxscript"),
        alone=TRAINED,
    )
    yield Run("real models", files("real"), alone=(*TRAINED, "skl2onnx==1.20.0"))
    yield Run(
        "trackers",
        files("trackers"),
        packages=("mlflow-skinny==3.17.2", "sqlalchemy", "alembic", "wandb==0.31.0"),
    )
    versions = interpreters()
    for version, python in versions.items():
        newest = version == max(versions, key=numbers_of)
        everything = all_but(*BROWSER_AND_TEX, *EXAMPLES, *KERNELS, *COMPOSED)
        own = tests(*INTERPRETED, but=(*BESIDE, *BROWSER_AND_TEX, *EXAMPLES, *C_PROGRAMS))
        yield Run(f"Python {version}", everything if newest else own, python=python)


# Packages that have trained networks in them.
TRAINED = ("g2p_en==2.1.0", "magika==1.0.3", "silero_vad==6.2.3")
FEW = {"HYPOTHESIS_PROFILE": "machine"}
NARROW = {
    "COLUMNS": "40",
    "TERM": "dumb",
    "FORCE_COLOR": "1",
    "LC_ALL": "C",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONUTF8": "0",
}


def sanitizers() -> dict[str, str]:
    """Return what makes GCC's programs stop where they leave their memory; nothing without GCC."""
    if not sys.platform == "linux" or shutil.which("gcc") is None:
        return {}
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}.so"], capture_output=True, text=True
        ).stdout
        for name in ("libasan", "libubsan")
    ]
    return {
        "CC": "gcc -fsanitize=address,undefined -fno-sanitize-recover=undefined",
        "LD_PRELOAD": " ".join(map(str.strip, libraries)),
        "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
        "TENSORGRAPH_CACHE": str(ROOT / ".venv" / "machines" / "sanitized"),
    }


def plain() -> dict[str, str]:
    """Return what makes NumPy and OpenBLAS use their plainest kernels, with two threads."""
    # Only features that the processor has, and for which NumPy has kernels: others make it warn.
    dispatched = (name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name])
    variables = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(dispatched),
        "OPENBLAS_NUM_THREADS": "2",
    }
    kernel = {"x86_64": "Nehalem", "AMD64": "Nehalem", "aarch64": "ARMV8"}.get(platform.machine())
    return variables | ({"OPENBLAS_CORETYPE": kernel} if kernel else {})


def oldest() -> tuple[str, ...]:
    """Return what the project requires, in the oldest versions that it allows."""
    return tuple(requirement.replace(">=", "==") for requirement in PROJECT["dependencies"])


def interpreters() -> dict[str, str]:
    """Return the other Pythons on the path and of pyenv that the project allows, by version."""
    allowed = tuple(map(int, re.findall(r"\d+", PROJECT["requires-python"])))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [*map(Path, os.get_exec_path()), *pyenv.glob("versions/*/bin")]
    found = {
        version: str(path)
        for place in places
        for path in sorted(place.glob("python3.*"))
        if re.fullmatch(r"python3\.\d+", path.name) and (version := version_of(path))
    }
    versions = sorted(found, key=numbers_of)
    return {
        version: found[version]
        for version in versions
        if numbers_of(version) >= allowed and numbers_of(version) != sys.version_info[:2]
    }


def numbers_of(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def version_of(python: Path) -> str | None:
    """Return the version of an interpreter that works and can make environments."""
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return result.stdout.strip() or None


# ------------------------------------------------------------------------------ the command line


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.machine.runs", description=__doc__)
    parser.add_argument("words", nargs="*", help="only runs whose name holds one of these")
    parser.add_argument("--list", action="store_true", help="list the runs and stop")
    options = parser.parse_args(argv)
    chosen = [r for r in runs() if not options.words or any(w in r.name for w in options.words)]
    if options.list:
        print("\n".join(run.name for run in chosen))
        return 0
    if not chosen:
        parser.error(f"no run is called by any of {' '.join(options.words)}")
    failed = []
    for run in chosen:
        passed, printed = run.outcome()
        if not passed:
            failed.append(run.name)
            print(printed)
        closing_line = printed.rpartition("\n")[2]
        print(f"{'passed' if passed else 'FAILED'}  {run.name:25}  {closing_line}", flush=True)
    if failed:
        print("failed:", ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
