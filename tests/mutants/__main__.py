"""Draw mutants by a seed, run the tests that reach each, and print the score and the survivors.

    python -m tests.mutants [--seed 1] [--count 200] [--least 25] [--rooms ops,nn]
                            [--seconds 60] [--again] [--fresh] [--report]

Works on a copy of the repository below ``.venv/mutants``: the package as it was at the first run,
or at the last with --fresh, and the tests of now; those that are new or have changed run once, to
find out what each reaches. Results go to ``results.jsonl`` there, a line a mutant: a run that was
interrupted goes on where it stopped, and the report is of all seeds. With --again those that were
not found are judged anew, by tests that are stronger now. A mutant is found by the first test that
fails; of tests that reach it, the quickest are run for --seconds. Tests of other programs
(browsers, type checkers, interpreters of their own) are left out. Exits with 1 if a mutant survives
that ``equivalent.py`` does not hold.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from textwrap import indent

from tests.faults.plant import COPIED, ROOT, copy_part
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.judge import Verdict, judge, verdict_of
from tests.mutants.mutate import draw

HOME = ROOT / ".venv" / "mutants"
COPY = HOME / "copy"
RESULTS = HOME / "results.jsonl"
LEFT_OUT = (
    "*/test_torch_*", "*/test_real_*", "*/test_explorer*", "*/test_renderers*", "*/test_types*",
    "*/test_examples*",
    "*/test_faults*", "*/test_save_killed*", "*/test_names_in_interpreters*",
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
    parser.add_argument("--again", action="store_true", help="judge those that are not killed")
    parser.add_argument("--fresh", action="store_true", help="begin anew, with the code of now")
    parser.add_argument("--report", action="store_true", help="only print what is known")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.inside:
        judge_in_copy(options)
        return 0
    if not options.report:
        copy(options.fresh)
        map_stale_tests()
        run_in_copy("-m", "tests.mutants", "--inside", *(argv or sys.argv[1:]))
    return report([*verdicts(RESULTS)])


def judge_in_copy(options: argparse.Namespace) -> None:
    results = ROOT.parent / RESULTS.name
    found = [*verdicts(results)]
    if options.again:
        chosen = [v for v in found if v.verdict != "killed"]
        if options.rooms:
            chosen = [v for v in chosen if v.mutant.room in options.rooms]
        mutants = [verdict.mutant for verdict in chosen]
    else:
        done = {verdict.mutant.key for verdict in found}
        drawn = draw(ROOT, options.seed, options.count, options.least, options.rooms)
        mutants = [mutant for mutant in drawn if mutant.key not in done]
    judge(mutants, options.seconds, results)


def copy(fresh: bool) -> None:
    """Copy the tests as they are now, and the package if there is no copy of it yet."""
    if fresh:
        shutil.rmtree(COPY, ignore_errors=True)
        RESULTS.unlink(missing_ok=True)
    COPY.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        if name != "tensorgraph" or not (COPY / name).exists():
            copy_part(name, COPY)


def map_stale_tests() -> None:
    """Run the tests whose files have changed since it was found out what they reach."""
    known = run_in_copy("-c", "from tests.mutants.reach import *; print(*Reach.stored().digests)")
    files = [path.relative_to(COPY) for path in sorted((COPY / "tests").rglob("test_*.py"))]
    stale = [
        str(file)
        for file in files
        if str(file) not in known.split() and not any(map(file.match, LEFT_OUT))
    ]
    for _, group in groupby(stale, key=lambda file: file.split("/")[1]):  # a folder at a time
        code = "import sys; from tests.mutants.reach import *; sys.exit(map_tests(sys.argv[1:]))"
        run_in_copy("-c", code, *group)


def run_in_copy(*arguments: str) -> str:
    """Run Python in the copy, and return what it printed."""
    environment = {**os.environ, **VARIABLES}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=COPY, env=environment, stdout=subprocess.PIPE, text=True, check=False
    ).stdout


def verdicts(results: Path) -> Iterator[Verdict]:
    """Yield the last verdict on each mutant; what was killed once is."""
    if results.exists():
        found = [verdict_of(line) for line in results.read_text(encoding="utf-8").splitlines()]
        found.sort(key=lambda verdict: verdict.verdict == "killed")
        yield from {verdict.mutant.key: verdict for verdict in found}.values()


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
