"""Whether a launcher started this process as one of several, or one of those started it itself.

Children inherit the variables by which a launcher tells a process which of several it is: workers
of joblib or of multiprocessing, and subprocesses. They are no members, and MPI would refuse them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from multiprocessing import parent_process

LAUNCHERS = {
    "OMPI_COMM_WORLD_SIZE": "Open MPI's mpiexec",
    "PMI_SIZE": "mpiexec",
    "MV2_COMM_WORLD_SIZE": "MVAPICH's mpiexec",
    "SLURM_STEP_NUM_TASKS": "srun",
}
"""In which variables of the environment launchers say how many processes they start."""

JOBS = "PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "SLURM_JOB_ID", "SLURM_STEP_ID"
"""In which variables they name what they start together."""

MEMBER = "TENSORGRAPH_MPI_MEMBER"
"""In which variable of its environment a member says which process it is, and of what job: so its
children find themselves to be others. What they launch is a job of its own."""


def started_by(environment: Mapping[str, str]) -> tuple[str, int] | None:
    """Return what started this process, and how many; nothing if nobody says so.

    Example:
        >>> started_by({"PMI_SIZE": "4", "PMI_RANK": "1"})
        ('mpiexec', 4)
    """
    if is_child(environment):
        return None
    for variable, launcher in LAUNCHERS.items():
        count = environment.get(variable, "")
        if count.isdecimal():
            return launcher, int(count)
    return None


def is_child(environment: Mapping[str, str]) -> bool:
    """Return whether this process is no member, but was started by one."""
    job = _job(environment)
    process, _, its_job = environment.get(MEMBER, "").partition(" ")
    inherited = process not in ("", str(os.getpid())) and job == its_job
    return inherited or job is None or parent_process() is not None


def _job(environment: Mapping[str, str]) -> str | None:
    """Return what tells this job from others; nothing where the launcher cannot be reached."""
    names = [environment.get(variable, "") for variable in JOBS]
    if "PMI_FD" in environment:  # an open connection to MPICH's launcher, closed in subprocesses
        try:
            names.append(str(os.fstat(int(environment["PMI_FD"])).st_ino))
        except (OSError, ValueError):
            return None
    return ",".join(names)


if started_by(os.environ) is not None:
    # From here on, so that children know it also where this process has not asked for the others.
    os.environ[MEMBER] = f"{os.getpid()} {_job(os.environ)}"
