"""gradcheck cries no wolf: of correct functions it says that they are right, however nasty.

Ordinarily a few hundred draws; with ``HYPOTHESIS_PROFILE=thorough`` 100,000.
"""

import numpy as np
import pytest

from tensorgraph.errors import GradcheckError
from tensorgraph.testing import gradcheck
from tests.testing.correct_functions import FUNCTIONS, draw
from tests.thorough import THOROUGH

DRAWS = 100_000 // len(FUNCTIONS) if THOROUGH else 4
SAID_RIGHTLY = ("is not finite at these arguments", "is inf at", "is -inf at", "is nan at")
"""Of arguments at which there is no gradient."""


@pytest.mark.parametrize("case", FUNCTIONS, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore")
def test_a_right_gradient_is_not_called_wrong(case):
    for i in range(DRAWS):
        inputs = draw(case, np.random.default_rng([2026, i]))
        try:
            gradcheck(case.f, *inputs, order=1 + i % 2)
        except GradcheckError as error:
            assert any(said in str(error) for said in SAID_RIGHTLY), (inputs, str(error))
