"""What the documentation is made from holds: its tables, references and recipes.

``make docs`` builds the site itself, where warnings are errors and every link is followed.
"""

import importlib
import inspect
import re
from operator import attrgetter
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType, SimpleNamespace

import pytest

import tensorgraph as tg
from docs import (
    course_index,
    docstrings,
    numpy_functions,
    operations,
    public_names,
    readme,
    rooms,
    site_check,
    troubleshooting,
)
from tensorgraph.ops import OPS
from tests.house.test_structure import MODULES

ROOT = Path(__file__).parents[2]


# ------------------------------------------------------------------------------------ the tables


def test_each_term_of_the_course_leads_to_something():
    assert course_index.missing() == []


def test_each_week_is_in_the_index_and_each_guide_belongs_to_a_week():
    assert course_index.TERMS.keys() == course_index.WEEKS.keys()
    guides = {path.stem: path for path in (ROOT / "examples" / "course").glob("*.py")}
    for guide in guides:
        assert course_index.words_for(guide, guides), guide


def test_the_words_that_students_look_for_are_in_the_index():
    words = {word for term in course_index.terms() for word in term.words}
    assert {"Xavier initialization", "inverted dropout", "gradient checking",
            "exponentially weighted average", "bias correction", "softmax"} <= words  # fmt: skip


def test_each_section_of_the_readme_stands_on_one_page():
    found = readme.sections((ROOT / "README.md").read_text("utf-8"))
    placed = [name for _, names in readme.PAGES.values() for name in names]
    assert sorted(placed) == sorted(found.keys() - {""})


def test_each_public_module_has_a_page():
    public = {f"tensorgraph.{name}" for name in tg.__all__ if type(getattr(tg, name)) is ModuleType}
    assert public | {"tensorgraph"} <= set(public_names.ROOMS)
    for room in public_names.ROOMS:
        assert rooms.page(room).count("\n.. auto") > 0, room


def test_each_operation_stands_in_a_family():
    placed = [name for _, names in public_names.op_families().values() for name in names]
    assert sorted(placed) == sorted(OPS)


def test_numpys_functions_are_sorted_as_they_are_answered():
    found = dict(numpy_functions.answers())
    assert found["np.exp"] == found["np.linalg.norm"] == found["np.concatenate"] == "recorded"
    assert found["np.argwhere"] == found["np.shape"] == "value"
    assert found["np.unique"] == ""


# ---------------------------------------------------------------------------- what is computed


def test_an_entry_tells_what_the_engine_derives(tmp_path):
    entry = operations.entry("sigmoid", tmp_path)
    assert "<mi>y</mi><mo>∘</mo>" in entry  # y (1 − y)
    assert "<tr><td>0</td><td>0.5</td><td>0.25</td></tr>" in entry
    assert "np.exp(-np.logaddexp(0, -x))" in entry
    assert (tmp_path / "sigmoid.svg").read_text("utf-8").startswith("<svg")
    assert "none: it does not depend smoothly" in operations.entry("argmax", tmp_path)
    assert "0 everywhere" not in operations.entry("outer", tmp_path)


# ---------------------------------------------------------------------------------- docstrings


ROLE = re.compile(r":(?:func|class|meth|mod|attr|data|exc|obj):`~?([^`]+)`")


@pytest.mark.parametrize("name", MODULES)
def test_what_docstrings_refer_to_is_there(name):
    module = importlib.import_module(name)
    for written in ROLE.findall(inspect.getsource(module)):
        target = re.sub(r".*\s<(.*)>$", r"\1", written, flags=re.DOTALL)  # words <target>
        if "{" not in target:
            assert resolves(target, module), f"{name}: {target}"


def resolves(target, module):
    """Return whether a name means something where it stands: there, in a class there, or in tg."""
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    rooms = [public_names.module(room) for room in public_names.ROOMS]
    for place in (module, *classes, *rooms, SimpleNamespace(tg=tg)):
        try:
            attrgetter(target.removesuffix("()"))(place)
        except AttributeError:
            continue
        return True
    try:
        return bool(resolve_name(target))
    except (ImportError, AttributeError):
        return False


def test_docstrings_hold_no_markup_by_accident():
    marked = docstrings.marked_up(["Take *all of ``a*b`` |x|:", "", "    y = Σ_c x*w,", "", "x_"])
    assert marked == [
        "Take \\*all of ``a*b`` \\|x\\|:",
        "",
        "::",
        "",
        "    y = Σ_c x*w,",
        "",
        "x\\_",
    ]


# ------------------------------------------------------------------------------- pages that run


@pytest.mark.filterwarnings("ignore")
def test_what_fails_in_the_troubleshooting_says_what_to_do():
    text = (ROOT / "docs" / "pages" / "troubleshooting.md").read_text("utf-8")
    blocks = troubleshooting.failing(text)
    assert len(blocks) > 10
    for code in blocks:
        last = troubleshooting.said(code).splitlines()
        assert not any(line.startswith(("NameError", "SyntaxError")) for line in last), code
    with pytest.raises(AssertionError, match="says nothing"):
        troubleshooting.said("tg.zeros(3)")


# --------------------------------------------------------------------------------- the links


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="b.html#there">1</a><a href="b.html#no">2</a><a href="c.html">3</a>'
        '<a href="#here">4</a><a href="https://example.org">5</a><img src="x.svg">'
        '<script src="https://cdn.example.org/x.js"></script></p>'
    )
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1>')
    assert list(site_check.problems(tmp_path)) == [
        "a.html: loads https://cdn.example.org/x.js from the network",
        "a.html: b.html#no: no such anchor",
        "a.html: c.html: no such file",
        "a.html: x.svg: no such file",
    ]
