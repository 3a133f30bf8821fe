"""The house's plan, held by the code: import direction, public names, docstrings, the registry."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import tensorgraph as tg
from tensorgraph.engine.declaration_checks import FAMILIES
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.rule import Word
from tensorgraph.fft import FFT
from tensorgraph.linalg import LINALG
from tensorgraph.ops import OPS
from tests.machine.printed import run_examples

PACKAGE = Path(tg.__file__).parent
OPTIONAL = {
    "cupy",
    "graphviz",
    "hypothesis",
    "matplotlib",
    "mpmath",
    "onnx",
    "safetensors",
    "scipy",
    "sklearn",
    "torch",
    "tqdm",
}

# A room imports from the rooms before it. What stands on one line does not see each other.
ROOMS = [
    "caller",
    "errors extras files",
    "leads",
    "arguments array_likes display engine.decorating engine.float_warnings engine.locks"
    " engine.malloc engine.nested_containers",
    "engine.observers",
    "engine.modes",
    "engine.arrays",
    "engine.summation engine.wanted_numbers",
    "engine.shapes",
    "engine.domain engine.notation engine.explain engine.rule engine.random_generator numeric",
    "engine.declaration_checks",
    "engine.op",
    "engine.graph engine.stated_facts engine.lost_gradients engine.gradient_hook"
    " engine.numeric_rule",
    "engine.operators engine.own_op",
    "engine.layers",
    "engine.tensor",
    "engine.operands",
    "engine.dispatch engine.creation engine.comparison engine.backward_pass",
    "engine.index_grids",
    "engine.autodiff engine.function_types",
    "engine.state_dict",
    "random ops",
    "linalg fft",
    "array_api transforms",
    "tree",
    "observe symbolic",
    "nn",
    "optim formulas",
    "compiler",
    "data diagnose drawing hypothesis_types",
    "differences teacher",
    "distributed",
    "train",
    "onnx sklearn testing",
]  # fmt: skip
# The rooms in a large room, in the same way.
INNER = {
    "compiler": [
        "arena bit_generators c_functions code_names conditions dataflow",
        "joined_arrays loops things_read",
        "works",
        "numpy_plan",
        "numpy_runner",
        "c",
        "best_runner returned state surroundings timing",
        "binding",
        "program",
        "guards",
        "variants",
        "summary",
        "compiled",
    ],
    "drawing": ["palette scene layout", "view", "formats explorer", "picture"],
    "formulas": [
        "facts writing",
        "algebra",
        "gradient naming verify",
        "simplifier",
        "recurrences",
        "targets constant_facts steps update_rules recorded_call",
        "derivation problem",
        "hints run_again solution",
        "of_function",
        "derive whole_graph",
    ],
    "fft": ["_records", "complex_numbers frequencies", "transforms"],
    "linalg": [
        "_matrices",
        "diagonals solves",
        "factorizations functions products spectra",
        "determinants least_squares norms",
        "_numpy_answers",
    ],
    "transforms": [
        "batched dual packing function_call linear_solve",
        "forward_call gradients joint values vmap",
        "checkpoint own_gradient root jacobians products",
        "custom_gradient implicit loops",
    ],
    "testing": [
        "closeness foreign plain_arrays promises",
        "numeric",
        "ops",
        "modules",
        "losses optimizers runs",
        "plugin strategies",
    ],
}
RANK = {room: rank for rank, line in enumerate(ROOMS) for room in line.split()}
ARRAYS_ONLY = {"data", "diagnose"}


def modules():
    names = [info.name for info in pkgutil.walk_packages(tg.__path__, "tensorgraph.")]
    return sorted(names)


def source_of(name):
    path = PACKAGE.joinpath(*name.split(".")[1:])
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")


def only_read(part):
    """Whether a statement is read by type checkers, and does not run."""
    return isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING"


@cache
def imports_of(name):
    """Return the modules of the package that a module imports when it is imported."""
    found = set()
    tree = ast.parse(source_of(name))
    tree.body = [part for part in tree.body if not only_read(part)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return {other for other in found if other.split(".")[0] == "tensorgraph"} - {name}


MODULES = modules()


def room(name):
    """Return the room a module stands in; the engine's modules are told one by one."""
    _, first, *rest = name.split(".")
    return f"engine.{rest[0]}" if first == "engine" and rest else first


# ----------------------------------------------------------------------------------- imports


def test_imports_have_no_cycle():
    order = list(TopologicalSorter({name: imports_of(name) for name in MODULES}).static_order())
    assert order.index("tensorgraph.errors") < order.index("tensorgraph.engine.op")


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name):
    for other in imports_of(name):
        assert other != "tensorgraph", f"{name} imports the whole package"
        if room(other) == room(name):
            continue
        if room(name) in ARRAYS_ONLY:
            allowed = {"errors", "extras", "files", "arguments", "array_likes", "display", "leads"}
            allowed |= ARRAYS_ONLY
            assert room(other) in allowed, f"{name} imports {other}"
        else:
            assert RANK[room(other)] < RANK[room(name)], f"{name} imports {other}"


def test_tests_lie_in_folders_as_the_package_does():
    tests = PACKAGE.parent / "tests"
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    folders = {path.relative_to(tests).parts[0] for path in tests.rglob("test_*.py")}
    assert folders == rooms | {"house", "reports"}


def test_tests_in_reports_name_the_report_that_made_us_ask():
    """Each docstring begins with ``owner/repository#number``, or several, and says what it was."""
    number = r"[\w.-]+/[\w.-]+#\d+"
    reports = set()
    for path in (PACKAGE.parent / "tests/reports").glob("test_*.py"):
        for test in ast.parse(path.read_text("utf-8")).body:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                first = (ast.get_docstring(test) or "").split("\n")[0]
                named = re.match(rf"{number}(, {number})*: \S", first)
                assert named, f"{path.name}: {test.name} names no report"
                reports |= set(re.findall(number, named[0]))
    assert len(reports) >= 40


@pytest.mark.parametrize("outer", INNER)
def test_imports_run_one_way_inside_a_room(outer):
    rank = {room: rank for rank, line in enumerate(INNER[outer]) for room in line.split()}
    inside = [name.split(".", 3) for name in MODULES if name.startswith(f"tensorgraph.{outer}.")]
    assert {parts[2] for parts in inside} == rank.keys()
    for name in map(".".join, inside):
        for other in imports_of(name):
            first, second = (each.split(".")[1:3] for each in (name, other))
            if first[0] == second[0] and first != second:
                assert rank[second[1]] < rank[first[1]], f"{name} imports {other}"


@pytest.mark.parametrize("name", ["tensorgraph", *MODULES])
def test_functions_import_optional_dependencies_only(name):
    source = (
        (PACKAGE / "__init__.py").read_text("utf-8") if name == "tensorgraph" else source_of(name)
    )
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            else:
                continue
            assert {n.split(".")[0] for n in names} <= OPTIONAL, f"{name}:{node.lineno}"


def test_import_brings_in_nothing_optional():
    code = (
        "import sys, tensorgraph\n"
        f"print(','.join(m for m in {sorted(OPTIONAL)!r} if m in sys.modules))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        cwd=PACKAGE.parent,
        check=True,
    )
    assert run.stdout.strip() == ""


# ------------------------------------------------------------------------------- public names


def imported_names(name):
    """Return what a package's ``__init__`` takes from its own modules, or hands on ``as`` it is."""
    path = PACKAGE.joinpath(*name.split(".")[1:]) / "__init__.py"
    body = ast.parse(path.read_text("utf-8")).body
    later = [n for node in body if isinstance(node, ast.If) for n in node.body]  # when asked for
    taken = {
        alias.asname or alias.name
        for node in body + [n for n in later if getattr(n, "module", "") != "tensorgraph"]
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if node.module.startswith("tensorgraph") or alias.asname == alias.name
    }
    modules = starred(body)
    named = {n for n in taken if not n.startswith(("_", "*"))} - {m.split(".")[-1] for m in modules}
    return named.union(*(importlib.import_module(module).__all__ for module in modules))


def starred(body):
    """Return the modules all of whose public names are taken."""
    taken = [node for node in body if isinstance(node, ast.ImportFrom)]
    return [node.module for node in taken if node.names[0].name == "*"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        *".nn .nn.losses .optim .optim.schedules .data .diagnose .distributed .train".split(),
        *".sklearn .drawing".split(),
    ],
)
def test_all_is_what_is_there(name):
    package = importlib.import_module(f"tensorgraph{name}")
    assert len(package.__all__) == len(set(package.__all__))
    assert set(package.__all__) == imported_names(package.__name__)
    assert all(hasattr(package, public) for public in package.__all__)


def test_every_op_is_public_under_its_name():
    for name, op in OPS.items():
        assert getattr(tg, name) is op
    assert set(OPS) <= set(tg.__all__)


def test_star_import_works():
    namespace = {}
    exec("from tensorgraph import *", namespace)
    assert set(tg.__all__) <= set(namespace)


def test_unknown_name_of_the_package():
    with pytest.raises(AttributeError, match="module 'tensorgraph' has no attribute 'tensr'"):
        tg.tensr  # noqa: B018


# ------------------------------------------------------------------------------- docstrings


@pytest.mark.parametrize(
    "init", sorted(PACKAGE.glob("*/**/__init__.py")), ids=lambda p: p.parent.name
)
def test_a_room_says_in_which_order_its_files_are_read(init):
    told = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8")))
    files = {path.stem for path in init.parent.glob("*.py")} - {"__init__"}
    rooms = {path.parent.name for path in init.parent.glob("*/__init__.py")}
    missing = {name for name in files | rooms if not re.search(rf"\b{name}\b", told)}
    assert not missing


PLACES = {
    "": tg,
    "random.": tg.random,
    "tree.": tg.tree,
    "nn.": tg.nn,
    "nn.init.": tg.nn.init,
    "nn.losses.": tg.nn.losses,
    "optim.": tg.optim,
    "optim.schedules.": tg.optim.schedules,
    "testing.": tg.testing,
    "train.": tg.train,
    "sklearn.": tg.sklearn,
    "data.": tg.data,
    "data.augment.": tg.data.augment,
    "data.toy.": tg.data.toy,
    "diagnose.": tg.diagnose,
    "distributed.": tg.distributed,
    "drawing.": importlib.import_module("tensorgraph.drawing"),
    "onnx.": tg.onnx,
}


ELSEWHERE = {
    "testing.Checked": "shown by check_module",
    "testing.GradcheckResult": "shown by gradcheck",
    "data.Comparison": "shown by alike",
    "data.Leak": "shown by leaks",
    "data.Leaks": "shown by leaks",
    "data.SplitIndices": "shown by split",
    "data.TargetIndices": "shown by split_by_target",
    "diagnose.Calibration": "shown by calibration",
    "diagnose.ActivationHistograms": "shown by activation_histograms",
    "diagnose.ConfusionMatrix": "shown by confusion_matrix",
    "diagnose.CostSurface": "shown by cost_surface",
    "diagnose.ErrorTable": "shown by error_table",
    "diagnose.Ladder": "shown by ladder",
    "diagnose.Misclassified": "shown by misclassified",
    "diagnose.Report": "shown by report",
    "diagnose.Selection": "shown by select",
    "diagnose.SuspiciousLabels": "shown by suspicious_labels",
    "diagnose.WeightImages": "shown by weight_images",
    "optim.DescentPaths": "shown by descent_paths",
    "optim.LBFGSResult": "shown by LBFGS",
    "train.MLflow": "runs with its package only: tests/train/test_trackers_mlflow.py",
    "train.WandB": "runs with its package only: tests/train/test_trackers_wandb.py",
}


def public_objects():
    for prefix, place in PLACES.items():
        names = getattr(place, "__all__", None) or [
            n
            for n, v in vars(place).items()
            if not n.startswith("_") and getattr(v, "__module__", None) == place.__name__
        ]
        for name in names:
            value = getattr(place, name)
            documented = (
                getattr(value, "__module__", "") != "numpy" and prefix + name not in ELSEWHERE
            )
            if callable(value) and documented and not inspect.ismodule(value):
                yield prefix + name, value


PUBLIC = dict(public_objects())
parse = doctest.DocTestParser().get_examples


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_has_a_docstring_with_an_example(name):
    docstring = inspect.getdoc(PUBLIC[name])
    assert docstring, f"tg.{name} has no docstring"
    assert docstring.splitlines()[0].endswith((".", ":")), docstring.splitlines()[0]
    assert parse(docstring), f"tg.{name} has no example"


@pytest.mark.parametrize("name", [n for n, v in PUBLIC.items() if hasattr(v, "op")])
def test_example_of_an_op_runs(name):
    docstring = PUBLIC[name].__doc__
    assert f"tg.{name}(" in docstring
    run_examples(doctest.DocTestParser().get_doctest(docstring, {}, name, None, None))


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@pytest.mark.parametrize("name", ["tensorgraph", *MODULES])
def test_examples_of_a_module_run(name):
    for test in doctest.DocTestFinder().find(importlib.import_module(name)):
        if test.examples:
            run_examples(test)


# ------------------------------------------------------------------------------- the registry


@pytest.mark.parametrize("name", REGISTRY)
def test_record_is_complete(name):
    op = REGISTRY[name]
    assert op.name == name == op.call.__name__
    assert op.call.op is op
    assert op.__doc__ and op.__doc__.strip()
    assert op.symbol and isinstance(op.symbol, str)
    assert op.family in FAMILIES
    assert all(callable(rule) or isinstance(rule, Word) for rule in op.vjp.values())
    assert set(op.domain) <= set(op.inputs)
    assert op.ref is None or isinstance(op.ref, str) or callable(op.ref)
    assert (op.body is None) or op.family in ("elementwise", "fused", "linalg")
    assert repr(op).startswith(f"<op {name}(")


@pytest.mark.parametrize("name", [n for n in MODULES if n != "tensorgraph.engine.explain"])
def test_readers_know_operations_by_their_records(name):
    source = source_of(name)
    if ".op.name" not in re.sub(r"\s", "", source):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and ".op.name" in ast.unparse(node.left):
            against = ast.unparse(node.comparators[0])
            assert not against.startswith(("'", "(", "[", "{")), f"{name}:{node.lineno}"


def test_every_record_is_behind_a_public_function_of_its_name():
    records = {name: op for name, op in REGISTRY.items() if op.family != "random"}
    functions = {**LINALG, **FFT, **OPS}
    assert records.keys() <= functions.keys()
    for name, function in functions.items():
        assert function.__name__ == name
        if name in records and not hasattr(function, "op"):
            # It takes lists or keys and sorts them, or hands out the parts of what is packed.
            sorts = records[name].starred or "mode" in inspect.signature(function).parameters
            assert sorts or name in {*LINALG, *FFT}


def test_every_extra_that_a_message_names_can_be_installed():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    named = [
        call.args[1].value
        for name in modules()
        for call in ast.walk(ast.parse(source_of(name)))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) == "require"
    ]
    assert named and set(named) <= project["optional-dependencies"].keys()
