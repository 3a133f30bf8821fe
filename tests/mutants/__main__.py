"""Draw mutants by a seed, run the tests that reach each, and print the score and the survivors.

    python -m tests.mutants [--seed 1] [--count 200] [--least 25] [--rooms ops,nn]
                            [--seconds 60] [--fresh] [--report]

Works on a copy of the repository below ``.venv/mutants``, made at the first run or with --fresh;
then all tests run once, and what each reaches is stored. Results go to ``results.jsonl`` there, a
line a mutant: a run that was interrupted goes on where it stopped, and the report is of all seeds.
A mutant is found by the first test that fails; of tests that reach it, --seconds are run. Tests of
other programs (browsers, type checkers, interpreters of their own) are left out. Exits with 1 if a
mutant survives that ``equivalent.py`` does not hold.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent

from tests.faults.plant import COPIED, ROOT
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.judge import Verdict, judge, verdict_of
from tests.mutants.mutate import draw

HOME = ROOT / ".venv" / "mutants"
COPY = HOME / "copy"
RESULTS = HOME / "results.jsonl"
LEFT_OUT = (
    "*/test_torch_*", "*/test_explorer*", "*/test_renderers*", "*/test_types*", "*/test_examples*",
    "*/house/test_files*", "*/test_faults*", "*/test_save_killed*", "*/test_names_in_interpreters*",
    "*/test_machines*", "*/test_readme*", "*/test_docs*", "*/test_mutants*",
)  # fmt: skip
VARIABLES = {
    "HYPOTHESIS_PROFILE": "faults",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "PYTHONPATH": str(COPY),
}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--least", type=int, default=25, help="mutants of a room, at least")
    parser.add_argument("--rooms", type=lambda s: s.split(","), default=[])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--fresh", action="store_true", help="copy and map anew")
    parser.add_argument("--report", action="store_true", help="only print what is known")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.inside:  # in the copy
        drawn = draw(ROOT, options.seed, options.count, options.least, options.rooms)
        results = ROOT.parent / RESULTS.name
        done = {verdict.mutant.key for verdict in verdicts(results)}
        judge([m for m in drawn if m.key not in done], options.seconds, results)
        return 0
    if options.fresh or not COPY.exists():
        copy()
        RESULTS.unlink(missing_ok=True)
    if not options.report:
        if not (COPY / "reach").exists():
            run_in_copy(MAP, "tests", *(f"--ignore-glob={name}" for name in LEFT_OUT))
        run_in_copy("-m", "tests.mutants", "--inside", *(argv or sys.argv[1:]))
    return report([*verdicts(RESULTS)])


MAP = "import sys; from tests.mutants.reach import map_tests; sys.exit(map_tests(sys.argv[1:]))"


def copy() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, COPY / name)


def run_in_copy(*arguments: str) -> None:
    first = ["-c"] if arguments[0] == MAP else []
    environment = {**os.environ, **VARIABLES}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, *first, *arguments], cwd=COPY, env=environment, check=False)


def verdicts(results: Path) -> Iterator[Verdict]:
    if results.exists():
        yield from map(verdict_of, results.read_text(encoding="utf-8").splitlines())


def report(found: Sequence[Verdict]) -> int:
    """Print score and survivors by room; return the exit status."""
    reasons = {fault: reason for reason, faults in EQUIVALENT.items() for fault in faults}
    by_room: dict[str, Counter[str]] = defaultdict(Counter)
    survivors = []
    for verdict in found:
        fault = verdict.mutant.fault
        killed = verdict.verdict == "killed"
        what = "killed" if killed else "equivalent" if same(fault) in reasons else "survived"
        by_room[verdict.mutant.room or "package"][what] += 1
        if what == "survived":
            survivors.append(verdict)
    for verdict in sorted(survivors, key=lambda v: (v.mutant.fault.file, v.mutant.line)):
        fault = verdict.mutant.fault
        place = f"{fault.file}:{verdict.mutant.line} in {fault.within or 'the module'}"
        print(f"{place}: {fault.what} ({verdict.verdict} by {verdict.ran} tests)")
        print(indent(f"- {fault.old}\n+ {fault.new}", "    "))
    total: Counter[str] = Counter()
    for room, counts in [*sorted(by_room.items()), ("all", total)]:
        if room != "all":
            total += counts
        judged = counts.total()
        score = 100 * (judged - counts["survived"]) / max(judged, 1)
        print(
            f"{room:10} {judged:5} mutants {counts['killed']:5} killed"
            f" {counts['equivalent']:4} equivalent {counts['survived']:4} survived {score:5.1f} %"
        )
    return 1 if survivors else 0


def same(fault):
    return fault.file, fault.within, fault.old, fault.new


if __name__ == "__main__":
    sys.exit(main())
