"""Processes that MPI connects: the same bits however many, and how they end together."""

import json

import numpy as np
import pytest

from tests.distributed import searching
from tests.distributed.drawn_runs import Drawn
from tests.distributed.launched import ROOT, launched
from tests.distributed.runs import NETWORKS, by_hand, everything, fitted
from tests.thorough import THOROUGH


def plain(value):
    """Return what JSON makes of a value, which keeps every bit of a float."""
    return json.loads(json.dumps(value))


EXACT = [*NETWORKS, "fit", "compiled", "gradients", "interrupted"]
"""What is the same to the last bit."""


def come_to(count, folder, name="everything"):
    """Return what some processes come to together."""
    code, said = launched(count, "-m", "tests.distributed.runs", name, folder)
    assert code == 0, said
    return json.loads((folder / f"{name}-{count}.json").read_text("utf-8"))


def check_close(fast, exact):
    """A faster sum is the same but for the last digits."""
    for name in NETWORKS:
        for some, all_of_it in zip(fast[name], exact[name], strict=True):
            scale = max(1.0, *map(abs, all_of_it))
            np.testing.assert_allclose(some, all_of_it, rtol=0, atol=1e-12 * scale, err_msg=name)


def test_however_many_they_are_it_comes_to_the_same(tmp_path):
    """All in one test, so that the processes are started once; and how they go on afterwards."""
    alone = plain(everything(tmp_path))
    check_close(alone["fast gradients"], alone["gradients"])
    assert alone["operations"] == [[]]
    for count in (2, 4):
        folder = tmp_path / str(count)
        folder.mkdir()
        found = come_to(count, folder)
        assert [name for name in EXACT if found[name] != alone[name]] == []
        check_close(found["fast gradients"], alone["gradients"])
        assert found["operations"] == [[]] * count
        assert found["fit"][3], "histories differ"
    # The checkpoint of four processes, then of two, then of one ends where one would have ended.
    come_to(2, folder, "batch_norm")
    resumed = fitted("batch_norm", 4, folder / "run.safetensors")
    assert plain(resumed) == plain(fitted("batch_norm", 4))


def test_drawn_trainings_come_to_the_same(tmp_path):
    """Models, optimizers, batches and ways to train them; stopped by as many others before."""
    counts, names = ((1, 3, 2, 4), 60) if THOROUGH else ((1, 3), 4)
    found = []
    for count in counts:
        code, said = launched(
            count, "-W", "ignore", "-m", "tests.distributed.drawn_runs", tmp_path, *range(names)
        )
        assert code == 0, said
        found.append(json.loads((tmp_path / f"{count}.json").read_text("utf-8")))
        for name, ways in found[-1].items():
            assert ways["resumed"] == ways["whole"], f"{count} processes: {Drawn(name)}"
            assert ways == found[0][name], f"{count} processes: {Drawn(name)}"


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
    "drifts": "layers.2.weight is another in rank 1 than in rank 0",
    "differs": "rank 1: something of its own",
    "differs in a batch": "rank 1: something of its own",
    "data": "rank 1 has other examples in its batches than rank 0",
    "model": "rank 1 has another model than rank 0",
    "callbacks": "rank 1 has other callbacks with a state than rank 0: none, not step_callbacks/0",
    "not a number": "train holds nan at [37, 0]",
}


@pytest.mark.parametrize("what", FAILURES)
def test_where_one_fails_all_end_with_one_message(what, tmp_path):
    code, said = launched(2, ROOT / "tests/distributed/failing.py", what, tmp_path / "run")
    assert code not in (0, None)
    assert said.count(FAILURES[what]) == 1, said


def test_where_some_do_not_come_the_others_end_and_name_them(tmp_path):
    code, said = launched(3, ROOT / "tests/distributed/failing.py", "hangs", tmp_path / "run")
    assert code not in (0, None)
    assert said.count("rank 0 of 3 has waited 3 s for the others in: ") == 1, said
    assert said.count("No answer from rank 1:") == 1, said


STOPS = {
    "stops": "rank 1 has seen enough",
    "interrupted": "interrupted",
    "diverges": "cause: train holds nan at [37, 0] of array 0",
}


@pytest.mark.parametrize("what", STOPS)
def test_where_one_stops_all_do_for_the_same_reason(what, tmp_path):
    code, said = launched(2, ROOT / "tests/distributed/failing.py", what, tmp_path / "run")
    assert code == 0, said
    assert said.count(STOPS[what]) == 2, said


def test_a_process_that_is_killed_ends_all_and_leaves_the_checkpoint_whole(tmp_path):
    path = tmp_path / "run.safetensors"
    code, said = launched(2, ROOT / "tests/distributed/failing.py", "killed", path)
    assert code not in (0, None)
    code, said = launched(2, ROOT / "tests/distributed/failing.py", "nothing", path)
    assert code == 0, said


def test_what_one_of_them_starts_works_alone():
    code, said = launched(2, "-m", "tests.distributed.children")
    assert code == 0 and "children: [1, 1, 1] [1, 1] 22\n" in said, said
