"""``check_module``, ``check_function``: what is sound passes, each planted mistake is told."""

import pytest

import tensorgraph as tg
from tensorgraph.errors import CheckError
from tensorgraph.testing import check_function, check_module
from tests.testing.faulty_modules import BANK, FUNCTIONS


def broken(check, *args, **kwargs):
    """Return what is broken, by promise."""
    with pytest.raises(CheckError) as error:
        check(*args, **kwargs)
    assert str(error.value) == repr(error.value.result)
    return {kept.promise: kept.broken for kept in error.value.result.broken}


def told(fault, found):
    """Return whether exactly the promises that a mistake breaks are told, and how."""
    assert fault.promise in found, found
    for word in fault.told:
        assert word in found[fault.promise], found[fault.promise]
    assert found.keys() <= {fault.promise, *fault.also}, found


@pytest.mark.filterwarnings("ignore::tensorgraph.errors.LostGradientWarning")
@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
@pytest.mark.parametrize("name", BANK)
def test_each_mistake_in_a_module_is_found_and_named(name):
    fault = BANK[name]
    tg.random.seed(0)
    told(fault, broken(check_module, fault.subject(), *fault.inputs))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_mistake_in_a_function_is_found_and_named(name):
    fault = FUNCTIONS[name]
    told(fault, broken(check_function, fault.subject, *fault.inputs, batch_axis=0))
