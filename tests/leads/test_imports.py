"""What is said of an import of a name that is not there."""

import importlib.util
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "from tensorgraph import cat",
            "'cat' from 'tensorgraph'; write tg.concat([x, y], axis=0)",
        ),
        ("from tensorgraph.nn import functional as F", "'tensorgraph.nn'; write tg.relu(x)"),
        ("import tensorgraph.nn.functional as F", "; write tg.relu(x)"),
        ("from tensorgraph.nn import Dense", "; write tg.nn.Linear(3, 4)"),
        ("from tensorgraph.nn import relu", "; write tg.relu"),
        ("from tensorgraph.data import DataLoader", "; write tg.data.Batches(X, labels"),
        ("from tensorgraph.utils.data import DataLoader", "'utils' from 'tensorgraph'; write"),
        ("from tensorgraph.optim.lr_scheduler import StepLR", "; write tg.optim.schedules"),
    ],
)
def test_names_from_elsewhere(line, told):
    with pytest.raises(ImportError) as caught:
        exec(line)
    assert told in str(caught.value)


@pytest.mark.parametrize("line", ["from tensorgraph import widget", "import tensorgraph.widget"])
def test_other_names_get_pythons_own_error(line):
    with pytest.raises(ImportError) as caught:
        exec(line)
    assert "; " not in str(caught.value) and "widget" in str(caught.value)


def test_other_packages_are_left_alone():
    assert importlib.util.find_spec("a_package_that_is_not_installed") is None
    assert importlib.util.find_spec("json.cat") is None


def test_the_table_is_not_read_by_an_import():
    code = (
        "import tensorgraph as tg\n"
        "from tensorgraph.leads.table import names\n"
        "hasattr(tg, 'cat'), hasattr(tg.nn, 'Dense')\n"
        "print(names.cache_info().misses)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "0"
