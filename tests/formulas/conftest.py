import pytest

import tensorgraph as tg


@pytest.fixture(autouse=True, scope="session")
def as_much_time_as_formulas_take():
    """Let no formula of the tests hang on how fast the machine is."""
    tg.derive.__kwdefaults__["time_limit"] = 120.0
