"""Settings for the whole suite, and where what is.

A folder holds the tests of the room of the package with its name; ``house`` those of the whole: its
structure, README, examples, and that faults are found; ``reports`` what bug reports of other
libraries made us ask, see ``reports/README.md``. Beside the tests of a room stand the tables
from which they are made, whose names end in ``_cases``: what is added to the package is added to
one of them, and to nothing else. An elementwise op needs one in ``ops/sweep/exact.py`` only.

- ``ops/elements/`` and ``ops/duals.py`` say what an op must give, independently of the engine:
  element by element in plain Python, and as numbers with derivatives.
- ``ops/sweep/`` holds every elementwise op against mpmath, over the whole range of floats; its
  ``table.py`` writes what the README says of accuracy.
- ``engine/programs.py`` holds the random graphs of ``tg.testing.strategies`` against
  ``ops/duals.py``.
- ``machine/`` holds what differs between machines: ``printed.py`` compares what is printed,
  ``needs.py`` says what must be installed, ``runs.py`` runs the tests as on other machines.
  ``same_draws.py`` makes tests independent of their order.
- ``raising.py`` tells what an error says; ``notebook.py`` executes notebooks; ``thorough.py`` says
  whether tests run at their full size.
- ``faults/`` lists faults to plant, ``faults/plant.py`` plants them; ``mutants/`` draws faults.
"""

import gc
import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.machine.needs import (  # noqa: F401  # hooks of pytest
    files_left_out,
    pytest_make_collect_report,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)

pytest_plugins = ["tests.machine.same_draws"]
collect_ignore_glob = files_left_out()

# Tests run on all cores, examples in processes of their own: more threads would wait in a queue.
# NumPy reads this when it is first imported.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# No profile looks at the clock: a slow machine is not a bug.
EACH = settings(
    deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], max_examples=10
)
settings.register_profile("dev", EACH)
settings.register_profile("ci", EACH, derandomize=True)
# What has passed is run again, where something else is another one.
settings.register_profile("machine", EACH, derandomize=True, max_examples=5)
settings.register_profile("thorough", EACH, max_examples=500)
# A planted fault has only to be found, not to be shrunk.
settings.register_profile("faults", EACH, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


def pytest_collection_finish() -> None:
    """Spare the garbage collector some 20,000 tests, through which it would go again and again."""
    _spare_what_stays()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Spare it what the tests of a file leave behind: reports, caches, what was imported."""
    if nextitem is not None and nextitem.path != item.path:
        _spare_what_stays()


def _spare_what_stays() -> None:
    gc.collect()
    gc.freeze()
