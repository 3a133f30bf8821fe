"""The tool behind ``make mutants``: what it draws, and that its list of equivalents fits."""

import ast
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import pytest

from tests.faults.fault import Fault
from tests.faults.plant import ROOT
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.judge import Verdict, compiled, replacements, verdict_of
from tests.mutants.mutate import Module, Mutant, draw
from tests.mutants.reach import Marker

SOURCE = '''
from typing import TYPE_CHECKING
import numpy as np
if TYPE_CHECKING:
    Limit = int | None
LIMIT = 3
rules = {"x": lambda g: g * 2, "y": lambda g: g * 4}

class Stack:
    """How deep: 5."""

    depth: int = 4

    def __repr__(self):
        return "deep" if self.depth > 1 else "flat"

    def push(self, x, at=0, *, copy=False):
        """Return 7."""
        if not copy and any(x < LIMIT for x in self.rows if x):
            raise ValueError(f"{x} is below {LIMIT + 1}")
        self.rows[at] = np.maximum(x, 2.5)[1:]
        at -= 1
        for row in self.rows:
            if row is None:
                continue
        return min(len(self.rows), at)
'''


def changes(source=SOURCE):
    module = Module("x.py", source)
    for statement in module.statements:
        for node, what, new in module.changes(statement):
            if mutant := module.mutant(statement, node, what, new):
                yield mutant


def test_every_kind_of_change_is_drawn():
    told = {(m.fault.what, m.fault.old, m.fault.new) for m in changes()}
    assert told >= {
        ("comparison swapped", "x < LIMIT", "x >= LIMIT"),
        (
            "twin",
            "any((x < LIMIT for x in self.rows if x))",
            "all((x < LIMIT for x in self.rows if x))",
        ),
        ("twin", "np.maximum", "np.minimum"),
        ("not or minus dropped", "not copy", "copy"),
        ("constant −1", "3", "2"),
        ("constant negated", "False", "True"),
        ("arithmetic swapped", "g * 2", "g / 2"),
        ("statement deleted", "at -= 1", "pass"),
        ("break for continue", "continue", "break"),
        ("arguments swapped", "min(len(self.rows), at)", "min(at, len(self.rows))"),
        ("call dropped", "np.maximum(x, 2.5)", "x"),
        ("None returned", "return min(len(self.rows), at)", "return None"),
    }
    assert any(what == "raise deleted" for what, _, _ in told)
    assert any(what == "if always false" and new == "False" for what, _, new in told)


def test_texts_annotations_and_what_only_type_checkers_read_are_left_alone():
    for mutant in changes():
        assert mutant.fault.within != "Stack.__repr__"
        assert "LIMIT + 2" not in mutant.fault.new
        assert '"""' not in mutant.fault.new or mutant.fault.old.startswith("def")


def test_mutants_are_the_same_for_the_same_seed_and_are_code_that_differs():
    drawn, again, others = (draw(ROOT, seed, 1, 12, ["observe", "leads"]) for seed in (3, 3, 4))
    assert drawn == again != others
    assert Counter(m.room for m in drawn) == {"observe": 12, "leads": 12}
    for mutant in drawn:
        old, new = compiled(mutant.fault)
        assert old.co_filename == new.co_filename
        assert mutant.fault.planted((ROOT / mutant.fault.file).read_text("utf-8"))
        assert verdict_of(Verdict(mutant, "survived").line()).mutant == mutant


def code(source):
    return compile(source, "x.py", "exec")


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("def f(x): return x", "def f(x): return 1", {"f"}),
        ("f = lambda x: x, lambda x: 2", "f = lambda x: x, lambda x: 1", {"<lambda>"}),
        (
            "class A:\n def f(self):\n  return lambda: 1",
            "class A:\n def f(self):\n  return lambda: 2",
            {"A.f", "A.f.<locals>.<lambda>"},
        ),
        ("def f(x=1): return x", "def f(x=2): return x", None),
        ("class A:\n x = 1", "class A:\n x = 2", None),
        ("x = 1", "x = 2", None),
    ],
)
def test_code_is_replaced_where_functions_alone_have_changed(old, new, names):
    """Else the changed module has to be imported."""
    found = replacements(code(old), code(new))
    assert (found if found is None else {key[1] for key in found}) == names


def test_marks_tell_branches_and_lambdas_apart():
    marker = Marker.__new__(Marker)
    marker.block_at, marker.count = {}, 0
    tree = ast.parse("def f(x):\n    if x:\n        return 1\n    return 2\ng = lambda: 1\n")
    tree.body = marker._block("x.py", tree.body)
    blocks = [marker.block_at["x.py", line, column] for line, column in [(2, 4), (3, 8), (4, 4)]]
    assert all(a != b for a, b in pairwise(blocks))
    assert marker.block_at["x.py", 5, 0] != marker.block_at["x.py", 5, 4]
    compile(ast.fix_missing_locations(tree), "x.py", "exec")


LISTED = [Fault(*place, why) for why, places in EQUIVALENT.items() for place in places]


@pytest.mark.parametrize("fault", LISTED, ids=lambda f: f"{f.file}: {f.old[:40]}")
def test_an_equivalent_fits_its_file_in_one_place(fault):
    fault.place_in(syntax_of(fault.file))


@lru_cache(1)
def syntax_of(file):
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def test_equivalents_are_listed_once_and_with_a_reason():
    places = [(f.file, f.within, f.old, f.new) for f in LISTED]
    assert len(places) == len({*places})
    assert all(len(why.split()) > 3 for why in EQUIVALENT)
    assert {Mutant(f, 1, (1, 0)).room for f in LISTED} <= {
        path.name for path in (ROOT / "tensorgraph").iterdir()
    } | {""}
