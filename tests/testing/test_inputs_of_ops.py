"""What is drawn for operations: axes by name, classes, numbers that differ, and of usual sizes."""

import numpy as np
import pytest
from hypothesis import find, given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.engine.domain import Integer, Real
from tensorgraph.errors import ArgumentError
from tensorgraph.testing import gradcheck, strategies


@given(strategies.inputs(signature="(n,d),(m,d)"))
def test_axes_of_one_name_have_one_length(inputs):
    x, y = inputs
    assert x.ndim == y.ndim == 2 and x.shape[1] == y.shape[1]
    assert min(x.shape + y.shape) >= 1
    gradcheck(lambda x, y: tg.square(x[:, None] - y).sum(axis=2), x, y)


@given(strategies.inputs(tg.matmul, signature="(m,k),(k,n)->(m,n)", batch=2, max_side=2))
def test_batch_axes_broadcast(inputs):
    x, y = inputs
    assert tg.matmul(x, y).shape[-2:] == (x.shape[-2], y.shape[-1])


@given(strategies.inputs(tg.class_cross_entropy, signature="(n,k),(n)", labels={"labels": "k"}))
def test_labels_are_places_of_an_axis(inputs):
    logits, labels = inputs
    assert labels.dtype == np.int64 and ((labels >= 0) & (labels < logits.shape[1])).all()
    assert tg.class_cross_entropy(logits, labels, axis=1).shape == labels.shape


@given(strategies.inputs(signature="(n,3),()", labels={1: "3"}, min_side=0))
def test_lengths_may_be_numbers_and_inputs_told_by_position(inputs):
    x, label = inputs
    assert x.shape[1] == 3 and label.shape == () and 0 <= label < 3


@pytest.mark.parametrize(
    "domain", [Real(), Real(-1, 1, avoid=(0,)), Real(0.1, 0.9), Real(2, np.inf)]
)
def test_numbers_that_differ_are_apart(domain):
    @given(strategies.arrays(domain, (4, 3), unique=True))
    def holds(array):
        gaps = np.diff(np.sort(array, axis=None))
        assert gaps.min() > 1e-3
        assert ((array >= domain.low) & (array <= domain.high)).all()
        assert all((abs(array - point) > 1e-3).all() for point in domain.avoid)

    holds()


def test_a_domain_too_small_for_numbers_that_differ():
    with pytest.raises(
        ArgumentError, match=r"does not hold 99 numbers that are 0.001 apart; widen"
    ):
        strategies.arrays(Real(0, 0.01), (99,), unique=True)


@given(st.data())
def test_no_size_is_extreme_unless_asked_for(data):
    domain = data.draw(st.sampled_from([Real(), Real(0, 1), Real(-np.inf, np.inf)]))
    x = np.abs(data.draw(strategies.arrays(domain, (8,))))
    assert ((x == 0) | ((x >= 1e-6) & (x <= 1e6))).all()


def test_extreme_numbers_are_drawn_when_asked_for():
    everything = strategies.arrays(Real(-np.inf, np.inf), (3,), extreme=True)
    found = find(everything, lambda x: bool((np.abs(x) < 1e-100).all() and (x != 0).any()))
    assert found.shape == (3,)


@pytest.mark.parametrize(
    "f, message",
    [
        (lambda: strategies.inputs(signature="n,d"), r"cannot be read; write the axes"),
        (lambda: strategies.inputs(tg.exp, signature="(n),(n)"), "exp has 1 inputs, .* names 2"),
        (
            lambda: strategies.inputs(signature="(n)", labels={0: "k"}),
            r"axis 'k', which is none of",
        ),
        (
            lambda: strategies.inputs(tg.exp, signature="(n)", labels={"y": "n"}),
            "no input 'y', but x",
        ),
        (lambda: strategies.inputs(), r"name their axes: signature="),
    ],
)
def test_refusals(f, message):
    with pytest.raises(ArgumentError, match=message):
        f()


SMALLEST = {
    "a negative sum": (lambda x, y: x.sum() < 0, [[-1.0]], [[0.0]]),
    "two rows": (lambda x, y: len(x) > 1, [[0.0], [0.0]], [[0.0]]),
    "more than 1": (lambda x, y: (y > 1).any(), [[0.0]], [[2.0]]),
    "two axes": (lambda x, y: x.shape[1] > 1, [[0.0, 0.0]], [[0.0, 0.0]]),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_what_fails_shrinks_to_what_a_person_would_write(name):
    condition, *smallest = SMALLEST[name]
    found = find(
        strategies.inputs(signature="(n,d),(m,d)"),
        lambda inputs: bool(condition(*inputs)),
        settings=settings(max_examples=500, database=None),
    )
    assert [array.tolist() for array in found] == smallest


def test_numbers_that_differ_shrink_to_small_ones():
    found = find(
        strategies.inputs(signature="(n)", unique=True),
        lambda inputs: len(inputs[0]) == 3,
        settings=settings(max_examples=500, database=None),
    )
    assert 0 in found[0] and np.abs(found[0]).max() <= 0.5


@given(strategies.arrays(Integer(0, 1), (3,)))
def test_a_single_class(array):
    assert (array == 0).all()
