"""The table of thresholds names every number that a size is compared with."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import tensorgraph as tg
from tests.thresholds import NO_SIZES, THRESHOLDS, value

PACKAGE = Path(tg.__file__).parent
ROOMS = ("engine", "ops", "nn", "optim", "compiler")
LEAST = 16
"""Smaller numbers count axes and operands."""


def files():
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            yield ".".join(path.relative_to(PACKAGE).with_suffix("").parts), path


def constants():
    """Yield the names of all whole numbers that a module gives a name to."""
    for name, path in files():
        for statement in ast.parse(path.read_text("utf-8")).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Name):
                    found = getattr(import_module(f"tensorgraph.{name}"), target.id, None)
                    if type(found) is int and found >= LEAST:
                        yield f"{name}.{target.id}"


def test_every_named_number_is_in_the_table():
    known = {*THRESHOLDS, *NO_SIZES}
    unknown = [n for n in constants() if not {n, n.rpartition(".")[0]} & known]
    assert not unknown, "is it a size? Enter it in tests/thresholds.py"


@pytest.mark.parametrize("name", THRESHOLDS)
def test_the_table_names_numbers_that_stand_there(name):
    assert type(value(name)) is int


def test_sizes_are_compared_with_named_numbers():
    """A number without a name could not be taken from where it stands."""
    found = []
    for name, path in files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                sizes = [s for s in sides if getattr(s, "attr", "") in ("size", "nbytes")]
                numbers = [
                    s.value for s in sides if isinstance(s, ast.Constant) and type(s.value) is int
                ]
                if sizes and any(n >= LEAST for n in numbers):
                    found.append(f"{name}: {ast.unparse(node)}")
    assert not found
