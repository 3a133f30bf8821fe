"""Which tests reach which code, and how long each takes: a plugin of pytest and what it stores.

The package is imported with a mark set at the beginning of each run of statements that no branch
interrupts, and of each lambda; after each test the marks are read. That costs some nanoseconds a
block, where a tracer costs as much as the tests themselves.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import pickle
import pkgutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path

import numpy as np
import pytest

from tests.mutants.mutate import Mutant, blocks

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "reach"
"""A folder with a file for each run of tests."""
OPTIONS = ["-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=line"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what is imported before pytest
Place = tuple[str, int, int]
"""A file, and line and column of a statement or lambda."""


@dataclass
class Test:
    """A test that passes: how long it takes on the processor, and the blocks it reaches."""

    seconds: float
    reached: bytes

    def reaches(self, block: int) -> bool:
        return holds(self.reached, block)


def holds(packed: bytes, block: int) -> bool:
    return bool(packed[block >> 3] & (128 >> (block & 7)))


@dataclass
class Reach:
    """What each test reaches."""

    block_at: dict[Place, int] = field(default_factory=dict)
    at_import: set[int] = field(default_factory=set)
    """Blocks that run when the package is imported."""
    tests: dict[str, Test] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    """Of each file of tests, as it was when they ran."""
    collected: dict[str, bytes] = field(default_factory=dict)
    """What is reached by importing each file of tests."""

    def importing(self, block: int) -> list[str]:
        """Return the files of tests whose import reaches a block."""
        return [file for file, reached in self.collected.items() if holds(reached, block)]

    def block_of(self, mutant: Mutant) -> int:
        return self.block_at[(mutant.fault.file, *mutant.place)]

    @staticmethod
    def stored() -> Reach:
        """Return what is known of the tests as they are now."""
        whole = Reach()
        for path in sorted(STORED.glob("*.pickle")):
            part = pickle.loads(path.read_bytes())
            known = {file for file, told in part.digests.items() if digest(file) == told}
            whole.block_at, whole.at_import = part.block_at, part.at_import
            whole.tests |= {n: t for n, t in part.tests.items() if n.partition("::")[0] in known}
            whole.digests |= {file: part.digests[file] for file in known}
            whole.collected |= part.collected
        return whole

    def store(self) -> None:
        STORED.mkdir(exist_ok=True)
        part = STORED / f"{time.time_ns()}.part"
        part.write_bytes(pickle.dumps(self))
        part.rename(part.with_suffix(".pickle"))


def digest(file: str) -> str:
    path = ROOT / file
    return sha256(path.read_bytes()).hexdigest() if path.exists() else ""


# ------------------------------------------------------------------------------------- importing


class Changing(PathFinder):
    """Imports modules of the package from trees that were changed."""

    def __init__(self, change: Callable[[str, ast.Module], ast.Module], *files: str) -> None:
        self.change = change
        self.files = files
        """The only files changed; all with none."""

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        if name.partition(".")[0] != "tensorgraph":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not (spec.origin or "").endswith(".py"):
            return spec
        file = Path(spec.origin).relative_to(ROOT).as_posix()
        if not self.files or file in self.files:
            spec.loader = ChangingLoader(name, spec.origin, self.change, file)
        return spec

    def install(self) -> None:
        for name in [n for n in sys.modules if n.partition(".")[0] == "tensorgraph"]:
            del sys.modules[name]
        sys.meta_path.insert(0, self)


class ChangingLoader(SourceFileLoader):
    def __init__(self, name: str, path: str, change: Callable, file: str) -> None:
        super().__init__(name, path)
        self.change, self.file = change, file

    def get_code(self, fullname):
        tree = ast.parse(self.get_data(self.path))
        return compile(self.change(self.file, tree), self.path, "exec", dont_inherit=True)


# --------------------------------------------------------------------------------------- marking

MARKS, MARK = "__tensorgraph_marks__", "__tensorgraph_mark__"


class Marker:
    """Sets a mark at the beginning of each block, numbered alike whatever is imported first."""

    def __init__(self, block_at: dict[Place, int]) -> None:
        self.block_at = block_at
        self.count = 0
        self.trees = {}
        for path in sorted((ROOT / "tensorgraph").rglob("*.py")):
            file = path.relative_to(ROOT).as_posix()
            tree = ast.parse(path.read_bytes())
            tree.body = self._block(file, tree.body)
            self.trees[file] = ast.fix_missing_locations(tree)

    def marked(self, file: str, tree: ast.Module) -> ast.Module:
        return self.trees[file]

    def _new(self) -> int:
        self.count += 1
        return self.count - 1

    def _block(self, file: str, body: list[ast.stmt]) -> list[ast.stmt]:
        block = self._new()
        marked: list[ast.stmt] = []
        pending = True
        for statement in body:
            if pending and not belongs_first(statement):
                marked.append(located(ast.parse(f"{MARKS}[{block}] = 1").body[0], statement))
                pending = False
            self.block_at[file, statement.lineno, statement.col_offset] = block
            self._inside(file, statement, block)
            marked.append(statement)
            if isinstance(statement, (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match)):
                block, pending = self._new(), True
        return marked

    def _inside(self, file: str, statement: ast.stmt, block: int) -> None:
        if isinstance(statement, ast.ClassDef):
            statement.body = self._block(file, statement.body)
        else:
            for field_ in ("body", "orelse", "finalbody"):
                if isinstance(inner := getattr(statement, field_, None), list) and inner:
                    setattr(statement, field_, self._block(file, inner))
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                part.body = self._block(file, part.body)
        for node in own_nodes(statement):
            if isinstance(node, ast.Lambda):
                number = self._new()
                self.block_at[file, node.lineno, node.col_offset] = number
                marking = located(ast.parse(f"{MARK}({number})").body[0].value, node.body)
                node.body = ast.copy_location(ast.BoolOp(ast.Or(), [marking, node.body]), node.body)


def own_nodes(statement: ast.stmt) -> list[ast.AST]:
    """Return the nodes of a statement without the statements in it."""
    inner = {id(s) for block in blocks(statement) for s in block}
    found, waiting = [], [*ast.iter_child_nodes(statement)]
    while waiting:
        node = waiting.pop()
        if id(node) not in inner:
            found.append(node)
            waiting += ast.iter_child_nodes(node)
    return found


def belongs_first(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Global() | ast.Nonlocal():
            return True
        case ast.ImportFrom(module="__future__"):
            return True
    return False


def located(new: ast.AST, old: ast.AST) -> ast.AST:
    """Return a tree whose nodes all stand where another begins."""
    for node in ast.walk(new):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = old.lineno
            node.col_offset = node.end_col_offset = old.col_offset
    return new


class Mapping:
    """The plugin that runs tests and notes what each reaches."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        marker = Marker(reach.block_at)
        self.marks = marks = bytearray(marker.count)

        def mark(block: int) -> None:
            marks[block] = 1

        setattr(builtins, MARKS, marks)
        setattr(builtins, MARK, mark)
        Changing(marker.marked).install()
        package = importlib.import_module("tensorgraph")
        for module in pkgutil.walk_packages(package.__path__, "tensorgraph."):
            importlib.import_module(module.name)
        self.reach.at_import |= set(map(int, np.flatnonzero(self._taken())))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        file = report.nodeid.partition("::")[0]
        if file.endswith(".py"):
            before = np.frombuffer(self.reach.collected.get(file, b""), np.uint8)
            now = np.packbits(self._taken())
            self.reach.collected[file] = (now | before if before.size else now).tobytes()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item) -> Iterator:
        self._taken()
        self.failed = False
        start = time.process_time()
        result = yield
        seconds = time.process_time() - start
        if not self.failed:
            self.reach.tests[item.nodeid] = Test(seconds, np.packbits(self._taken()).tobytes())
            file = item.nodeid.partition("::")[0]
            self.reach.digests[file] = self.reach.digests.get(file) or digest(file)
        return result

    def pytest_runtest_logreport(self, report) -> None:
        self.failed |= report.failed or report.skipped

    def pytest_sessionfinish(self) -> None:
        self.reach.store()

    def _taken(self) -> np.ndarray:
        taken = np.frombuffer(bytes(self.marks), np.uint8) != 0
        self.marks[:] = bytes(len(self.marks))
        return taken


def map_tests(arguments: list[str]) -> int:
    """Run tests, and store what each of them reaches."""
    return pytest.main([*OPTIONS, *arguments], [Mapping(Reach())])
