"""What every operation promises: one test for each property, over the whole registry.

A new op is tested as soon as it is declared; one that is not elementwise needs calls in
``op_cases.py``, and the first test says so.
"""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.testing import strategies
from tensorgraph.testing.ops import record_requirements, requirements
from tensorgraph.testing.ops.references import check_value
from tensorgraph.testing.strategies.random_graphs.kinds import DISTANCES
from tests.engine.test_random import DRAWS
from tests.ops import elements
from tests.ops.op_cases import ELEMENTWISE, EVERY, RANDOM, TABLE, cases

every_op = pytest.mark.parametrize("name", EVERY)
elementwise_op = pytest.mark.parametrize("name", ELEMENTWISE)


def test_no_operation_is_left_untested():
    known = {*ELEMENTWISE, *TABLE, *DRAWS}
    assert set(EVERY) | RANDOM <= known, "needs calls in tests/ops/op_cases.py"
    assert not known - set(EVERY) - RANDOM, "no such operation"
    for name in TABLE:
        assert hasattr(elements, name), "needs a reference in tests/ops/elements/"


# --------------------------------------------------------------------------------------- values


@elementwise_op
def test_elementwise_value_is_that_of_the_reference(name):
    op = ELEMENTWISE[name]
    if op.ref is not None:
        for case in cases(name):
            if "{" not in case.name:
                check_value(op, case)
    else:
        assert name in TABLE


@pytest.mark.parametrize("x", [0.5, 1, True, -0.0])
@elementwise_op
def test_numbers_of_python_are_taken_as_arrays_are(name, x):
    """The first exercise of a course is ``sigmoid(3)``."""
    op = ELEMENTWISE[name]
    outcomes = []
    for number in (x, np.asarray(x)):
        try:
            with np.errstate(all="ignore"):
                outcomes.append(np.asarray(op.compute((number,) * op.arity, dict(op.defaults))))
        except (tg.errors.DTypeError, TypeError) as error:
            outcomes.append(type(error))
    found, expected = outcomes
    if isinstance(expected, type):
        assert found is expected
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", TABLE)
def test_value_is_that_of_the_reference(name):
    for call in TABLE[name]:
        found = call.case.run()[1]
        expected = call.expected()
        assert len(found) == len(expected)
        for result, right in zip(found, expected, strict=True):
            result = result.numpy() if isinstance(result, tg.Tensor) else np.asarray(result)
            assert result.shape == right.shape, call
            np.testing.assert_allclose(result, right, rtol=1e-13, atol=1e-14, err_msg=str(call))


def far_from_kinks(op, inputs):
    """Return whether inputs are that, as far as a domain of each by itself cannot say."""
    distance = DISTANCES.get(op.name, lambda *inputs, **static: np.inf)
    return bool(np.min(distance(*inputs, **op.defaults), initial=np.inf) > 1e-3)


@elementwise_op
@given(data=st.data())
def test_elementwise_value_and_gradients_within_the_domain(name, data):
    op = ELEMENTWISE[name]
    inputs = data.draw(strategies.inputs(op).filter(lambda inputs: far_from_kinks(op, inputs)))
    case = requirements.Case(name, op, inputs)
    if op.ref is not None:
        check_value(op, case)
    requirements.check_gradients(case)


# ------------------------------------------------------------------------------------ gradients


@every_op
def test_gradients_of_first_and_second_order(name):
    for case in cases(name):
        requirements.check_gradients(case)


@every_op
def test_adjoint_identity(name):
    for case in cases(name):
        requirements.check_adjoint(case)


@every_op
def test_gradient_is_linear_in_its_cotangent(name):
    for case in cases(name):
        requirements.check_linearity(case)


@every_op
def test_float32_and_float64_stay_what_they_are(name):
    for case in cases(name):
        requirements.check_dtypes(case)


@pytest.mark.parametrize("number", [1, 0.5])
@pytest.mark.parametrize("name", [n for n, op in ELEMENTWISE.items() if len(op.inputs) == 2])
def test_a_number_takes_the_dtype_of_the_tensor_beside_it(name, number):
    op, x = getattr(tg, name, ELEMENTWISE[name]), tg.tensor([0.25, 0.5])
    try:
        expected = op(x, x).dtype
    except tg.errors.DTypeError:  # of integers alone
        return
    assert op(x, number).dtype == op(number, x).dtype == expected


# ------------------------------------------------------------------------- memory and its layout


@every_op
def test_layout_of_inputs_does_not_matter(name):
    for case in cases(name):
        requirements.check_layouts(case)


@every_op
def test_nothing_handed_in_is_modified_or_shared(name):
    for case in cases(name):
        requirements.check_purity(case)


@pytest.mark.parametrize("name", [name for name in EVERY if name in REGISTRY])
def test_saves_what_its_rules_read_and_nothing_else(name):
    requirements.check_saved(REGISTRY[name], cases(name))


# ------------------------------------------------------------------------- what records state


@pytest.mark.parametrize("name", [name for name in EVERY if name in REGISTRY])
def test_rules_fed_with_arrays_return_arrays(name):
    for case in cases(name):
        record_requirements.check_rules(REGISTRY[name], case)


def calls_of(name):
    """Yield calls that the record itself takes, each with its static parameters."""
    if name in ELEMENTWISE:
        yield from ((case, {}) for case in cases(name) if "{" not in case.name)
    for call in TABLE.get(name, ()):
        masks = any(np.asarray(index).dtype.kind == "b" for index in call.inputs[1:])
        if "mode" in call.static:  # of a function that is composed
            continue
        if call.static.get("axis", 0) is not None and not ("key" in call.static and masks):
            yield call.case, call.static


@pytest.mark.filterwarnings("ignore:Mean of empty slice:RuntimeWarning")
@pytest.mark.parametrize(
    "check",
    [
        record_requirements.check_inference,
        record_requirements.check_lowering,
        record_requirements.check_code,
        record_requirements.check_facts,
    ],
    ids=lambda check: check.__name__,
)
@pytest.mark.parametrize("name", [name for name, op in REGISTRY.items() if op.family != "random"])
def test_what_a_record_states_holds(name, check):
    known = list(calls_of(name))
    assert known
    for case, static in known:
        check(REGISTRY[name], case, static)


# ------------------------------------------------------------------------------- special families


@elementwise_op
def test_broadcasting_is_repeating(name):
    if ELEMENTWISE[name].arity > 1:
        for case in cases(name):
            requirements.check_broadcasting(case)


@pytest.mark.parametrize("name", [name for name, op in REGISTRY.items() if op.body is not None])
def test_what_has_a_body_equals_it(name):
    for case, static in calls_of(name):
        if all(np.size(value) for value in case.inputs) and np.max(np.abs(case.inputs[0])) < 100:
            requirements.check_body(REGISTRY[name], case, static)


def test_every_fused_op_has_a_body():
    assert all(op.body is not None for op in REGISTRY.values() if op.family == "fused")
    assert tg.softmax.op.body is not None
