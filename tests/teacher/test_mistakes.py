"""The bank of mistakes in hand-written backward passes is what it says it is."""

from collections import Counter

import numpy as np
import pytest

import tensorgraph as tg
from tests.teacher.hand_written import MISTAKES, NETWORKS, RIGHT
from tests.teacher.hand_written.bank import KINDS, problem

AT_LEAST = 80
NEAR = {"float64": 1e-10, "float32": 1e-4}
"""So far from the engine's gradient is right, as a part of the largest entry."""
FAR = 1e-3
"""So far from it is wrong, in either precision."""


def distances(made):
    """Return how far each gradient is from the engine's, as the first one is scaled.

    A student who divides by m at once keeps each dZ as it is, another one m times as large.
    """
    names = [*made.gradients]
    engine = dict(
        zip(names, tg.gradients(made.loss, [made.meant(name) for name in names]), strict=True)
    )
    whole = max(np.abs(gradient.numpy()).max() for gradient in engine.values())
    kept = [name for name in names if name in made.times_m]
    scales = [made.times_m, {}] if kept else [{}]
    found = [
        {
            name: distance(made.gradients[name], scale.get(name, 1) * engine[name].numpy(), whole)
            for name in names
        }
        for scale in scales
    ]
    return min(found, key=lambda far: far[kept[0]]) if kept else found[0]


def distance(hand, engine, whole):
    """Return the largest difference; one that is nothing beside the ``whole`` is only rounding."""
    if np.shape(hand) != np.shape(engine):
        return np.inf
    return np.abs(hand - engine).max() / max(np.abs(engine).max(), 1e-3 * whole)


@pytest.mark.parametrize("network", NETWORKS, ids=str)
@pytest.mark.parametrize("dtype", NEAR)
def test_the_backward_pass_is_right_before_anything_is_changed(network, dtype):
    made = problem(network, network.source, 1, dtype)
    assert max(distances(made).values()) < NEAR[dtype]


@pytest.mark.parametrize("attempt", RIGHT, ids=str)
@pytest.mark.parametrize("dtype", NEAR)
def test_what_is_written_in_another_way_is_right(attempt, dtype):
    assert max(distances(attempt.problem(1, dtype)).values()) < NEAR[dtype]


@pytest.mark.parametrize("attempt", MISTAKES, ids=str)
@pytest.mark.parametrize("dtype", NEAR)
def test_a_mistake_makes_wrong_what_it_names_and_nothing_nearer_to_the_loss(attempt, dtype):
    far = distances(attempt.problem(0, dtype))
    names = [*far]
    for fault in attempt.faults:
        for name in fault.first:
            if fault.kinds[0] == "rounding":
                assert far[name] < FAR
            else:
                assert not far[name] < FAR  # NaN is far from everything
    before = names[: min(map(names.index, attempt.first))]
    assert all(far[name] < NEAR[dtype] for name in before), far


@pytest.mark.parametrize("attempt", MISTAKES, ids=str)
def test_a_record_says_what_is_wrong_in_the_words_that_there_are(attempt):
    assert all(fault.kinds and KINDS.keys() >= {*fault.kinds} for fault in attempt.faults)


def test_there_are_enough_mistakes_of_every_kind():
    assert len(MISTAKES) >= AT_LEAST
    kinds = Counter(fault.kinds[0] for attempt in MISTAKES for fault in attempt.faults)
    assert kinds.keys() == KINDS.keys()
    every = Counter((attempt.network.name, attempt.changes) for attempt in MISTAKES + RIGHT)
    assert max(every.values()) == 1
