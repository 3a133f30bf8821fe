"""Which processes there are, without starting any."""

import os
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import data, errors, nn, optim
from tensorgraph.distributed import launch, members
from tensorgraph.distributed.processes import World
from tensorgraph.train import fit


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch):
    """Ask anew in each test, in an environment that nobody has started processes in."""
    for variable in (*members.LAUNCHERS, members.MEMBER, "PMI_FD"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)
    launch.world.cache_clear()
    yield
    launch.world.cache_clear()


def test_without_a_launcher_this_process_is_alone_and_needs_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    world = tg.distributed.world()
    assert (world.rank, world.size) == (0, 1)
    assert world is tg.distributed.world()
    assert world.gather(3) == [3] and world.broadcast("x") == "x"
    assert world.first(lambda: 5, "a number") == 5


@pytest.mark.parametrize("variable", members.LAUNCHERS)
def test_several_processes_without_mpi4py_are_told_what_to_install(variable, monkeypatch):
    monkeypatch.setenv(variable, "4")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ImportError, match=r"started 4 processes, .*tensorgraph-engine\[mpi\]"):
        tg.distributed.world()


def mpi_of(size, rank=0):
    comm = SimpleNamespace(Get_size=lambda: size, Get_rank=lambda: rank)
    return SimpleNamespace(COMM_WORLD=comm, Get_library_version=lambda: "Some MPI 1.0\n")


def test_the_launcher_of_another_mpi_is_told(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "4")
    monkeypatch.setattr(launch, "require", lambda name, extra: mpi_of(1))
    with pytest.raises(errors.DistributedError, match=re.escape("each is alone for MPI: mpi4py")):
        tg.distributed.world()


def test_one_process_of_a_launcher_is_alone(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "1")
    monkeypatch.setattr(launch, "require", lambda name, extra: mpi_of(1))
    assert type(tg.distributed.world()) is World


@pytest.mark.parametrize("text", ["", "many", "4.5", "-1"])
def test_what_is_no_number_of_processes_is_no_launcher(text):
    assert members.started_by({"PMI_SIZE": text}) is None


CHILD = str(os.getpid() - 1)
"""The id of a process that is not this one."""


@given(
    job=st.dictionaries(st.sampled_from([*members.JOBS, *members.LAUNCHERS]), st.text("12")),
    other=st.dictionaries(st.sampled_from(members.JOBS), st.text("34", min_size=1), min_size=1),
)
def test_what_a_member_starts_is_none_but_what_it_launches_is(job, other):
    member = {**job, members.MEMBER: f"{os.getpid()} {members._job(job)}"}
    child = {**job, members.MEMBER: f"{CHILD} {members._job(job)}"}
    assert not members.is_child(job) and not members.is_child(member)
    assert members.is_child(child) and members.started_by(child) is None
    assert not members.is_child({**child, **other})


def test_a_member_of_mpich_has_a_connection_to_its_launcher(tmp_path):
    with open(tmp_path / "one", "w") as one, open(tmp_path / "other", "w") as other:
        job = {"PMI_SIZE": "2", "PMI_FD": str(one.fileno())}
        child = {**job, members.MEMBER: f"{CHILD} {members._job(job)}"}
        assert members.started_by(job) == ("mpiexec", 2)
        assert members.is_child(child)
        assert not members.is_child({**child, "PMI_FD": str(other.fileno())})
    assert members.started_by(job) is None  # closed
    assert members.started_by({**job, "PMI_FD": "none"}) is None


def test_fit_warns_where_each_process_would_train_by_itself(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "2")
    x = np.ones((4, 1), np.float32)
    model = nn.Linear(1, 1)

    def train(**options):
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        batches = data.Batches(x, x, batch_size=4, shards=2)
        fit(model, nn.losses.mse, optimizer, batches, epochs=1, progress=False, **options)

    with pytest.warns(errors.UsageWarning, match="started 2 processes, and each trains by itself"):
        train()
    monkeypatch.setitem(sys.modules, "mpi4py.futures", SimpleNamespace())
    train()  # each is a worker with a task of its own


def test_a_deadline_is_a_time():
    world = World()
    world.deadline = 3
    assert world.deadline == 3
    with pytest.raises(errors.ArgumentError, match="above 0, not -1"):
        world.deadline = -1
