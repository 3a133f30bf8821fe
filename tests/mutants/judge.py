"""Runs tests on mutants: in a child of a process in which all is imported and collected already.

A change inside functions is put into those that live there: their code is replaced in a forked
child, which then runs the tests that reach it, the quickest first, and stops at the first that
fails. Of what runs when the package is imported, the child of a process that has only imported
other packages imports the changed one, and collects tests anew.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.faults.fault import Fault, nodes
from tests.mutants.mutate import Mutant
from tests.mutants.reach import OPTIONS, ROOT, Changing, Reach, located

HEAVY = (
    "numpy numpy.testing scipy.special scipy.stats scipy.ndimage scipy.optimize matplotlib.pyplot"
    " hypothesis hypothesis.extra.numpy mpmath pandas xarray safetensors.numpy graphviz IPython"
    " sklearn.datasets doctest xml.dom.minidom"
).split()
QUICK = 2.0
"""Seconds of the quickest tests, which run one by one before all others file by file."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    verdict: str
    """``killed``, ``survived``, or ``unreached`` by any test."""
    killer: str = ""
    ran: int = 0
    left: int = 0
    """Tests that reach it and did not run, for want of time."""
    seconds: float = 0.0
    warm: bool = True

    def line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def verdict_of(line: str) -> Verdict:
    told = json.loads(line)
    mutant = told.pop("mutant")
    fault, place = Fault(**mutant.pop("fault")), tuple(mutant.pop("place"))
    return Verdict(Mutant(fault, place=place, **mutant), **told)


# -------------------------------------------------------------------------------- the tests to run


def chosen(mutant: Mutant, reach: Reach, seconds: float) -> tuple[list[str], int]:
    """Return the tests to run, those that reach a mutant first, and how many of these are left."""
    block = reach.block_of(mutant)
    room = f"tests/{mutant.room}/"
    there = [(name, test.seconds) for name, test in reach.tests.items() if test.reaches(block)]
    there.sort(key=lambda nt: nt[1] * (1 if nt[0].startswith(room) else 3))
    quick: list[str] = []
    rest: list[str] = []
    total = 0.0
    for name, needed in there:
        total += needed + 0.005
        if total < QUICK:
            quick.append(name)
        elif total < seconds or not (quick or rest):
            rest.append(name)
    position = {name: i for i, name in enumerate(reach.tests)}
    rest.sort(key=position.__getitem__)
    left = len(there) - len(quick) - len(rest)
    # Tests beside them may use what these have left behind: a fixture, a cache.
    files = {name.partition("::")[0] for name in quick + rest}
    beside = [name for name in reach.tests if name.partition("::")[0] in files]
    return limited([*quick, *rest, *beside], reach, seconds), left


# ------------------------------------------------------------------------------------- children


def in_child(job: Callable[[int], None], limit: float) -> str:
    """Run a job in a forked child, and return what it wrote; a name of what ended it else."""
    read, write = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
            job(write)
        finally:
            os._exit(0)
    os.close(write)
    told = b""
    deadline = time.monotonic() + limit
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(read, 1 << 16) if ready else b""
        told += part
        if not part:
            break
    if not ready:
        told = b'{"failed": "no result in time"}'
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.close(read)
    _, status = os.waitpid(child, 0)
    if not told and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = "time" if number == signal.SIGPROF else signal.Signals(number).name
        return json.dumps({"failed": f"ended by {name}"})
    return told.decode() or '{"failed": "ended without a word"}'


class Stop:
    """A plugin that tells of the first failure, and ends the process there."""

    def __init__(self, out: int) -> None:
        self.out = out

    def tell(self, **what: object) -> None:
        os.write(self.out, json.dumps(what).encode())
        os._exit(1)

    def pytest_collectreport(self, report) -> None:
        if report.failed:
            self.tell(failed=f"import of {report.nodeid}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call) -> None:
        """Tell before a report is made, which takes longer than most tests."""
        allowed = (pytest.skip.Exception, pytest.xfail.Exception)
        if call.excinfo and not call.excinfo.errisinstance(allowed):
            self.tell(failed=item.nodeid)


def run(items: Sequence[pytest.Item], reach: Reach) -> None:
    """Run tests one after another, each for a limited time of the processor."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        known = reach.tests.get(item.nodeid)
        signal.setitimer(signal.ITIMER_PROF, 5 + 20 * (known.seconds if known else 10))
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


# ------------------------------------------------------------------- code of functions that live


def changed(fault: Fault, tree: ast.Module) -> ast.Module:
    """Put a fault into a tree, where the old code stood."""
    place = fault.place_in(tree)
    value = getattr(place.owner, place.field)
    old = value if place.elements is None else value[place.elements][0]
    at = old if hasattr(old, "lineno") else place.owner
    place.put([located(node, at) for node in nodes(fault.new)])
    return ast.fix_missing_locations(tree)


def compiled(fault: Fault) -> tuple[CodeType, CodeType]:
    """Return a module's code without and with a fault."""
    path = ROOT / fault.file
    source = path.read_bytes()
    trees = ast.parse(source), changed(fault, ast.parse(source))
    old, new = (compile(tree, str(path), "exec", dont_inherit=True) for tree in trees)
    return old, new


def identity(code: CodeType) -> tuple:
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_linetable


def own(code: CodeType) -> tuple:
    """Return what a piece of code is, apart from the functions in it."""
    consts = [(type(c), repr(c)) for c in code.co_consts if not isinstance(c, CodeType)]
    return code.co_code, consts, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars


def inner(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def replacements(old: CodeType, new: CodeType) -> dict[tuple, CodeType] | None:
    """Return new code by the identity of the old; None if what runs at import has changed."""
    is_function = bool(old.co_flags & 1)
    same = own(old) == own(new) and len(inner(old)) == len(inner(new))
    found: dict[tuple, CodeType] = {}
    if not same:
        if not is_function:
            return None
    else:
        for one, other in zip(inner(old), inner(new), strict=True):
            within = replacements(one, other)
            if within is None:
                return None
            found |= within
    if is_function and (found or not same):
        found[identity(old)] = new
    return found


class Server:
    """A plugin that, instead of running tests, runs those of each mutant in a child."""

    def __init__(
        self, mutants: Sequence[Mutant], reach: Reach, seconds: float, say: Callable
    ) -> None:
        self.mutants, self.reach, self.seconds, self.say = mutants, reach, seconds, say
        self.to_import: list[Mutant] = []
        self.green: set[str] = set()
        self.red: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        gc.unfreeze()
        self.live: dict[tuple, list[FunctionType]] = {}
        for thing in gc.get_objects():
            if type(thing) is FunctionType and "/tensorgraph/" in thing.__code__.co_filename:
                self.live.setdefault(identity(thing.__code__), []).append(thing)
        gc.freeze()
        for mutant in self.mutants:
            verdict = self.judged(mutant, items, session.config)
            if verdict is None:
                self.to_import.append(mutant)
                continue
            self.say(verdict)
            block = self.reach.block_of(mutant)
            if verdict.verdict != "killed" and (
                block in self.reach.at_import or self.reach.importing(block)
            ):  # what was made by imports was made by the code as it is
                self.to_import.append(mutant)
        return True

    def judged(self, mutant: Mutant, items: dict, config: pytest.Config) -> Verdict | None:
        """Return what became of a mutant; None if it has to be imported."""
        code = replacements(*compiled(mutant.fault))
        if code is None or not any(key in self.live for key in code):
            return None
        start = time.monotonic()
        names, left = chosen(mutant, self.reach, self.seconds)
        names = [name for name in names if name in items and name not in self.red]
        if not names:
            return Verdict(mutant, "unreached")
        wanted = sum(self.reach.tests[name].seconds for name in names)

        def job(out: int) -> None:
            stop = Stop(out)
            try:
                for key, new in code.items():
                    for function in self.live.get(key, ()):
                        function.__code__ = new
            except ValueError:  # another number of free variables
                stop.tell(cold=True)
            config.pluginmanager.register(stop)
            run([items[name] for name in names], self.reach)
            stop.tell(passed=True)

        told = json.loads(in_child(job, 60 + 20 * wanted))
        if "cold" in told:
            return None
        killer = told.get("failed", "")
        if killer in items and not self.is_green(killer, items, config):
            return self.judged(mutant, items, config)
        verdict = "killed" if killer else "survived"
        seconds = round(time.monotonic() - start, 2)
        return Verdict(mutant, verdict, killer, len(names), left, seconds)

    def is_green(self, name: str, items: dict, config: pytest.Config) -> bool:
        """Whether a test passes in a child without any mutant; what does not is not asked again."""
        if name not in self.green:

            def job(out: int) -> None:
                stop = Stop(out)
                config.pluginmanager.register(stop)
                run([items[name]], self.reach)
                stop.tell(passed=True)

            told = json.loads(in_child(job, 60 + 20 * self.reach.tests[name].seconds))
            (self.red if "failed" in told else self.green).add(name)
        return name in self.green


# ------------------------------------------------------------------------------ what is imported


class Select:
    """A plugin that runs some of the tests, in a given order, or all if none are given."""

    def __init__(self, names: Iterable[str], reach: Reach) -> None:
        self.names, self.reach = [*names], reach

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.names:
            there = {item.nodeid: item for item in items}
            items[:] = [there[name] for name in self.names if name in there]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        run(session.items, self.reach)
        return True


def judged_cold(mutant: Mutant, reach: Reach, seconds: float) -> Verdict:
    """Import the changed package in a child, and run its tests stage by stage."""
    start = time.monotonic()
    ran = 0
    for names in filter(None, stages(mutant, reach, seconds)):

        def job(out: int, names: Sequence[str] = names) -> None:
            silence()
            Changing(lambda _, tree: changed(mutant.fault, tree), mutant.fault.file).install()
            files = [*dict.fromkeys(name.partition("::")[0] for name in names)]
            stop = Stop(out)
            status = pytest.main([*OPTIONS, *files], [stop, Select(names, reach)])
            if status == 0:
                stop.tell(passed=True)
            stop.tell(failed=f"pytest exit {int(status)}")

        wanted = sum(reach.tests[name].seconds for name in names)
        told = json.loads(in_child(job, 180 + 20 * wanted))
        ran += len(names)
        if "failed" in told:
            spent = round(time.monotonic() - start, 2)
            return Verdict(mutant, "killed", told["failed"], ran, 0, spent, warm=False)
    spent = round(time.monotonic() - start, 2)
    return Verdict(mutant, "survived", "", ran, len(reach.tests) - ran, spent, warm=False)


def stages(mutant: Mutant, reach: Reach, seconds: float) -> Iterator[list[str]]:
    """Yield tests: of files that reach it most or are named like it, of its room, of all."""
    at_test, _ = chosen(mutant, reach, seconds)
    room = f"tests/{mutant.room}/" if mutant.room else "tests/house/"
    stem = Path(mutant.fault.file).stem.strip("_")
    importing = {*reach.importing(reach.block_of(mutant))}
    names = [
        name
        for name in reach.tests
        if (file := name.partition("::")[0]) in importing
        or (f"_{stem}" in file and (file.startswith(room) or not mutant.room))
    ]
    names.sort(key=lambda name: not name.startswith(room))
    first = limited([*at_test[:200], *names], reach, seconds)
    yield first
    done = {*first}
    second = limited(
        [n for n in reach.tests if n.startswith(room) and n not in done], reach, seconds
    )
    yield second
    done |= {*second}
    yield limited([n for n in at_test if n not in done], reach, seconds)


def limited(names: Iterable[str], reach: Reach, seconds: float) -> list[str]:
    found, total = [], 0.0
    for name in dict.fromkeys(names):
        total += reach.tests[name].seconds + 0.005
        if total < seconds:
            found.append(name)
    return found


def silence(file: str = os.devnull) -> None:
    nowhere = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def judge(mutants: Sequence[Mutant], seconds: float, results: Path) -> None:
    """Judge mutants, and append a line for each to a file."""
    reach = Reach.stored()
    for name in HEAVY:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    known = [m for m in mutants if (m.fault.file, *m.place) in reach.block_at]

    def write(verdict: Verdict) -> None:
        with results.open("a", encoding="utf-8") as file:
            file.write(verdict.line() + "\n")

    for mutant in to_import(known, reach, seconds, write):
        write(judged_cold(mutant, reach, seconds))


def to_import(
    mutants: Sequence[Mutant], reach: Reach, seconds: float, write: Callable
) -> list[Mutant]:
    """Judge mutants in one process that has collected all tests; return those left to import."""
    if not mutants:
        return []
    files = sorted({name.partition("::")[0] for name in reach.tests})
    read, end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            silence(str(ROOT.parent / f"judge-{os.getpid()}.log"))
            server = Server(mutants, reach, seconds, write)
            pytest.main([*OPTIONS, *files], [server])
            os.write(end, json.dumps([mutants.index(m) for m in server.to_import]).encode())
        finally:
            os._exit(0)
    os.close(end)
    with os.fdopen(read, "rb") as file:
        told = file.read()
    os.waitpid(child, 0)
    return [mutants[i] for i in json.loads(told or b"[]")]
