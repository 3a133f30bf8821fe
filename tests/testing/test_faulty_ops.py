"""check_op sees what it was blind to: every operation of a bank of faulty ones, each with one."""

import pytest

from tensorgraph.errors import CheckError
from tensorgraph.testing import check_op
from tests.testing.faulty_ops import FAULTY, SOUND


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_is_found_and_told_under_the_promise_it_breaks(name):
    faulty = FAULTY[name]
    with pytest.raises(CheckError) as caught:
        check_op(faulty.op, *faulty.inputs)
    broken = {kept.promise: kept.broken for kept in caught.value.result.broken}
    assert faulty.names in broken.get(faulty.promise, ""), str(caught.value)


@pytest.mark.parametrize("name", SOUND)
def test_what_the_faults_were_planted_in_keeps_its_promises(name):
    check_op(SOUND[name].op, *SOUND[name].inputs)
