"""The bank of mistakes in hand-written backward passes is what it says it is."""

import inspect
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
"""So far from it is wrong."""


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


every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


def of(network, attempts):
    return (attempt for attempt in attempts if attempt.network is network)


@every_network
@pytest.mark.parametrize("dtype", NEAR)
def test_a_backward_pass_is_right_as_it_is_and_as_others_write_it(network, dtype):
    far = distances(problem(network, network.source, 1, dtype))
    assert max(far.values()) < NEAR[dtype]
    for attempt in of(network, RIGHT):
        far = distances(attempt.problem(1, dtype))
        assert max(far.values()) < NEAR[dtype], attempt


@every_network
def test_a_mistake_makes_wrong_what_it_names_and_nothing_nearer_to_the_loss(network):
    for attempt in of(network, MISTAKES):
        far = distances(attempt.problem())
        names = [*far]
        for fault in attempt.faults:
            assert fault.kinds and KINDS.keys() >= {*fault.kinds}, attempt
            rounding = fault.kinds[0] == "rounding"
            assert all((far[name] < FAR) == rounding for name in fault.first), attempt
        places = [min(map(names.index, fault.first)) for fault in attempt.faults]
        assert places == sorted(places), attempt
        assert all(far[name] < NEAR["float64"] for name in names[: places[0]]), attempt


def test_a_mistaken_pass_can_be_read_as_that_of_a_file_can():
    attempt = MISTAKES[0]
    made = attempt.problem()
    assert attempt.changes[0][1] in inspect.getsource(made.backward)
    assert made.backward(**made.values).keys() == made.gradients.keys()


def test_there_are_enough_mistakes_of_every_kind():
    assert len(MISTAKES) >= AT_LEAST
    kinds = Counter(fault.kinds[0] for attempt in MISTAKES for fault in attempt.faults)
    assert kinds.keys() == KINDS.keys()
    every = Counter((attempt.network.name, attempt.changes) for attempt in MISTAKES + RIGHT)
    assert max(every.values()) == 1
