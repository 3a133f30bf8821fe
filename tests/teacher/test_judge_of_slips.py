"""What ``tg.judge`` says of slips that are drawn at random: never that what is wrong is right."""

from functools import cache

import numpy as np
import pytest

from tests.teacher.hand_written import NETWORKS
from tests.teacher.hand_written.slips import drawn
from tests.teacher.test_judge_of_bank import judged

SLIPS = [*drawn(NETWORKS, 1, 60)]


@cache
def judgement_of(slip):
    with np.errstate(all="ignore"):
        return judged(slip)


@pytest.mark.parametrize("slip", SLIPS, ids=str)
def test_what_a_slip_makes_wrong_is_found_where_it_is_wrong(slip):
    judgement, wrong = judgement_of(slip), slip.wrong()
    assert not judgement
    assert judgement.wrong[0].key in wrong
    right = {mark.key for mark in judgement if mark.verdict == "right" and mark.scale == 1}
    assert not right & {*wrong}


def test_most_slips_are_explained():
    first = [judgement_of(slip).wrong[0].verdict for slip in SLIPS]
    assert first.count("wrong") > 0.7 * len(SLIPS)
