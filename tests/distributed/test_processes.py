"""Processes that MPI connects: the same bits however many, and how they end together."""

import json

import numpy as np
import pytest

from tests.distributed import searching
from tests.distributed.launched import ROOT, launched
from tests.distributed.runs import NETWORKS, by_hand, everything, fitted


def plain(value):
    """Return what JSON makes of a value, which keeps every bit of a float."""
    return json.loads(json.dumps(value))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {count: tmp_path_factory.mktemp(f"of_{count}") for count in (1, 2, 4)}


@pytest.fixture(scope="module")
def found(folders):
    """What one process comes to, and what two and four do together."""
    results = {1: plain(everything(folders[1]))}
    for count in (2, 4):
        code, said = launched(count, "-m", "tests.distributed.runs", "everything", folders[count])
        assert code == 0, said
        results[count] = json.loads((folders[count] / f"everything-{count}.json").read_text())
    return results


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("name", [*NETWORKS, "fit", "compiled", "gradients", "interrupted"])
def test_the_bits_are_those_of_one_process(found, name, count):
    assert found[count][name] == found[1][name]


def test_the_histories_of_all_processes_are_one(found):
    assert all(found[count]["fit"][3] for count in found)


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_faster_sum_is_the_same_but_for_the_last_digits(found, name, count):
    for fast, exact in zip(
        found[count]["fast gradients"][name], found[1]["gradients"][name], strict=True
    ):
        scale = max(map(abs, exact))
        np.testing.assert_allclose(fast, exact, rtol=0, atol=1e-12 * max(scale, 1.0))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_operations_have_the_gradient_of_the_sum_of_all_costs(found, count):
    assert found[count]["operations"] == [[]] * count


def test_a_run_goes_on_in_another_number_of_processes(found, folders):
    """The checkpoint of four processes, and then of two, ends where one would have ended."""
    never_stopped = plain(fitted("batch_norm", 4))
    code, said = launched(2, "-m", "tests.distributed.runs", "batch_norm", folders[4])
    assert code == 0, said
    assert plain(fitted("batch_norm", 4, folders[4] / "run.safetensors")) == never_stopped


def test_the_bits_are_not_those_of_another_number_of_shards(monkeypatch):
    monkeypatch.setattr("tests.distributed.runs.SHARDS", 4)
    four = by_hand("dropout", 2)
    monkeypatch.setattr("tests.distributed.runs.SHARDS", 8)
    assert by_hand("dropout", 2) != four


def test_a_search_runs_on_the_executor_of_mpi():
    program = ROOT / "tests/distributed/searching.py"
    code, said = launched(3, "-W", "error", "-m", "mpi4py.futures", program)
    assert code == 0, said
    assert json.loads(said.strip().splitlines()[-1]) == plain(searching.found())


# ------------------------------------------------------------------------------ ending together


FAILURES = {
    "raises": "ValueError: what rank 1 does not like",
    "ends": "the end of the program",
    "hangs": "has waited 3 s for the others",
    "drifts": "layers.2.weight is another in rank 1 than in rank 0",
    "differs": "rank 1: something of its own",
    "model": "rank 1 has another model than rank 0",
    "not a number": "train holds nan at [37, 0]",
}


@pytest.mark.parametrize("what", FAILURES)
def test_where_one_fails_all_end_with_one_message(what, tmp_path):
    code, said = launched(2, ROOT / "tests/distributed/failing.py", what, tmp_path / "run")
    assert code not in (0, None)
    assert said.count(FAILURES[what]) == 1, said


@pytest.mark.parametrize("what", ["stops", "interrupted"])
def test_where_one_stops_all_do(what, tmp_path):
    code, said = launched(2, ROOT / "tests/distributed/failing.py", what, tmp_path / "run")
    reason = "rank 1 has seen enough" if what == "stops" else "interrupted"
    assert code == 0, said
    assert f"all stopped: {[reason, reason]}" in said


def test_a_process_that_is_killed_ends_all_and_leaves_the_checkpoint_whole(tmp_path):
    path = tmp_path / "run.safetensors"
    code, said = launched(2, ROOT / "tests/distributed/failing.py", "killed", path)
    assert code not in (0, None)
    code, said = launched(2, ROOT / "tests/distributed/failing.py", "nothing", path)
    assert code == 0, said
