"""One formula, however the loss is spelt: what ``derive`` makes of code as people write it."""

import pytest

from tests.formulas import (
    spellings_classic,
    spellings_courses,
    spellings_losses,
    spellings_models,
    spellings_statistics,
)

COLLECTIONS = (
    spellings_classic,
    spellings_courses,
    spellings_losses,
    spellings_models,
    spellings_statistics,
)
CASES = {name: case for module in COLLECTIONS for name, case in module.CASES.items()}


def lines(derivation):
    """Return the lines of a derivation, without what is told after them."""
    return [line.split("    ")[0].strip() for line in str(derivation).splitlines()]


@pytest.mark.parametrize("name", CASES)
def test_the_formula(name):
    record, wanted = CASES[name]
    found = lines(record())
    assert [line for line in wanted if line not in found] == [], "\n".join(found)
