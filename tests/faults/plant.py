"""The strength of the tests, measured: plant one fault at a time; the tests must turn red.

    python -m tests.faults.plant [WORD ...] [--jobs N] [--list]

Each fault is an edit of one file of a copy of the repository, on which the tests then run: those
of its op, topic or file first, which find most faults in seconds, then those of its room, those
over whole programs and of the engine's other promises, then the rest. WORDs choose the faults whose
file or description holds one of them. Exits with 1 if a fault survives all tests, with 2 if the
tests are red without any.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from tensorgraph.testing.strategies.random_graphs.kinds import KINDS
from tests.faults import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "tensorgraph",
    "tests",
    "examples",
    "benchmarks",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
PROGRAMS = "tests/engine/test_programs.py"
STAGES = (
    ["tests/engine/test_backward.py", PROGRAMS],
    [
        "tests/transforms/test_checkpoint.py",
        "tests/engine/test_threads.py",
        "tests/engine/test_edges.py",
        "tests/ops/test_ops.py",
    ],
    ["tests"],
)
"""Tests in the order in which they are tried; a later stage leaves out what has run before."""
LIMIT_SECONDS = 600
"""A fault that makes a stage take longer than this is found."""


@dataclass(frozen=True)
class Outcome:
    """What became of one fault."""

    fault: Fault | None
    killer: str | None
    """The first test that failed; ``None`` if all passed."""
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.plant", description=__doc__)
    parser.add_argument("words", nargs="*", help="only faults that mention one of these")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--list", action="store_true", help="list the faults and stop")
    options = parser.parse_args(argv)
    chosen = [
        f for f in FAULTS if not options.words or any(w in f"{f.file} {f}" for w in options.words)
    ]
    if options.list:
        print("\n".join(f"{fault.file:32} {fault}" for fault in chosen))
        return 0
    return report(run_all(chosen, options.jobs))


def run_all(faults: Sequence[Fault], jobs: int) -> list[Outcome]:
    """Try all faults, and none at all, which must leave the tests green."""
    with tempfile.TemporaryDirectory(prefix="faults-") as directory:
        copies: SimpleQueue[Path] = SimpleQueue()
        for k in range(jobs):
            copies.put(copy_of_repository(Path(directory) / str(k)))
        red = Event()

        def attempt(fault: Fault | None) -> Outcome | None:
            copy = copies.get()
            try:
                outcome = None if red.is_set() else run_one(fault, copy)
            finally:
                copies.put(copy)
            if outcome is None:
                return None
            if fault is None and outcome.killer:  # then no fault needs to be tried
                red.set()
            verdict = outcome.killer or "SURVIVED"
            print(f"{outcome.seconds:6.1f} s  {fault or 'no fault'!s:70}  {verdict}", flush=True)
            return outcome

        with ThreadPoolExecutor(jobs) as pool:
            return [o for o in pool.map(attempt, [None, *faults]) if o is not None]


def copy_of_repository(target: Path) -> Path:
    for name in COPIED:
        copy_part(name, target)
    for path in {target / fault.file for fault in FAULTS if fault.file.endswith(".py")}:
        # As they will be with a fault: if code without comments fails, it fails without any.
        write(path, ast.unparse(ast.parse(path.read_text(encoding="utf-8"))))
    return target


def copy_part(name: str, target: Path) -> None:
    """Copy a file or folder of the repository, in place of what stands there."""
    source = ROOT / name
    if source.is_dir():
        shutil.rmtree(target / name, ignore_errors=True)
        shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        shutil.copy(source, target / name)


def run_one(fault: Fault | None, copy: Path) -> Outcome:
    """Plant a fault in a copy, run the stages until a test fails, and take it out again."""
    start = time.monotonic()
    if fault is not None:
        path = copy / fault.file
        original = path.read_text(encoding="utf-8")
        write(path, fault.planted(original))
    done: list[str] = []
    killer = None
    try:
        for stage in (*likely(fault), *STAGES) if fault is not None else STAGES:
            killer = first_failure(copy, stage, done)
            if killer is not None:
                break
            done += stage if stage in STAGES else []
    finally:
        if fault is not None:
            write(path, original)
    return Outcome(fault, killer, time.monotonic() - start)


def likely(fault: Fault) -> list[list[str]]:
    """Return the stages for a fault: the tests of what it names, then those of its file's room.

    It names ops and topics, or else is looked for in tests named like its file.
    """
    ops = [f"{PROGRAMS}::test_one_step[{name}]" for name in fault.named if name in KINDS]
    room, *places = Path(fault.file).with_suffix("").parts[1:]
    files = [
        str(path.relative_to(ROOT))
        for topic in (*fault.named, *reversed(places), room)
        for path in sorted((ROOT / "tests").rglob(f"test_{topic}*.py"))
    ]
    first = [*ops, *dict.fromkeys(files)] or [*STAGES[0], "-k", "not one_step"]
    return [first, [f"tests/{room}"]] if (ROOT / "tests" / room).is_dir() else [first]


_seconds = itertools.count(int(time.time()))


def write(path: Path, source: str) -> None:
    """Write a source file such that what was compiled of it before is out of date.

    Python tells that by the length and the second of the last change, which may both be the same.
    """
    path.write_text(source, encoding="utf-8")
    second = next(_seconds)
    os.utime(path, (second, second))


def first_failure(copy: Path, tests: Sequence[str], done: Sequence[str]) -> str | None:
    """Return the first test that fails, ``None`` if all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no"]
    command += ["-p", "no:cacheprovider", *tests]
    # The test that all faults fit the code would be red for that reason alone; and a peer that may
    # not be installed must not be what finds a fault.
    command += [f"--ignore={name}" for name in (*done, "tests/house/test_faults.py")]
    command += ["--ignore-glob=*/test_torch_*", "--ignore-glob=*/test_real_*"]
    environment = os.environ | {
        "HYPOTHESIS_PROFILE": "faults",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": str(copy),
    }
    try:
        result = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True,
            timeout=LIMIT_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no result in {LIMIT_SECONDS} s"
    if result.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", result.stdout, re.MULTILINE)
    return found[1].removeprefix("tests/") if found else f"pytest exit {result.returncode}"


def report(outcomes: Sequence[Outcome]) -> int:
    """Print the survivors and the score; return the exit status."""
    clean, *planted = outcomes
    if clean.killer is not None:
        print(f"\nThe tests are red without any fault: {clean.killer}; the score means nothing.")
        return 2
    survivors = [outcome.fault for outcome in planted if outcome.killer is None]
    for fault in survivors:
        print(f"survived: {fault} ({fault.file})" if fault else "")
    print(f"\n{len(planted) - len(survivors)} of {len(planted)} faults found")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
