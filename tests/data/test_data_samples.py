"""Batches of data sets that give one example at a time."""

from collections import namedtuple

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn, optim, train
from tensorgraph.data import Batches
from tensorgraph.data.samples import is_data_set

X = np.arange(14.0, dtype=np.float32).reshape(7, 2)
Y = np.array([0, 1, 2, 0, 1, 2, 0])


class DataSet:
    """A map-style data set, as PyTorch's are."""

    def __init__(self, sample, length=7):
        self.sample, self.length, self.read = sample, length, []

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        assert type(i) is int
        self.read.append(i)
        return self.sample(i)


def flat(batches):
    return [
        np.asarray(part)
        for batch in batches
        for part in (batch if isinstance(batch, tuple) else (batch,))
    ]


def test_batches_are_those_of_the_arrays_behind():
    pairs = DataSet(lambda i: (X[i], Y[i]))
    for settings in ({"seed": 3}, {"shuffle": False, "indices": [4, 2, 6]}, {"prefetch": 2}):
        expected = Batches(X, Y, batch_size=3, **settings)
        for one, other in zip(Batches(pairs, batch_size=3, **settings), expected, strict=True):
            assert type(one) is tuple
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)
                assert a.dtype == b.dtype


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (lambda i: X[i], X[:2]),
        (lambda i: i, np.array([0, 1])),
        (lambda i: [float(i), 2.0], np.array([[0.0, 2.0], [1.0, 2.0]])),
        (lambda i: ("a" * i, tg.tensor(X[i])), (np.array(["", "a"]), X[:2])),
        (lambda i: namedtuple("Pair", "x y")(X[i], Y[i]), (X[:2], Y[:2])),
        (lambda i: {"x": X[i], "y": Y[i]}, {"x": X[:2], "y": Y[:2]}),
    ],
)
def test_samples_are_stacked_in_their_form(sample, expected):
    batch = next(iter(Batches(DataSet(sample), batch_size=2, shuffle=False)))
    assert type(batch) is type(expected)
    parts = batch.items() if isinstance(batch, dict) else enumerate(batch)
    if isinstance(batch, np.ndarray):
        parts, expected = [(0, batch)], [expected]
    for key, part in parts:
        np.testing.assert_array_equal(part, expected[key])
        assert part.dtype == expected[key].dtype


def test_examples_are_read_when_their_batch_is_due():
    pairs = DataSet(lambda i: (X[i], Y[i]))
    batches = iter(Batches(pairs, batch_size=3, shuffle=False))
    assert pairs.read == [0]
    next(batches)
    assert pairs.read == [0, 0, 1, 2]


def test_a_data_set_is_augmented_and_resumed_as_arrays_are():
    def shifted(x, rng):
        return x + np.float32(rng.random())

    pairs = DataSet(lambda i: (X[i], Y[i]))
    ours, theirs = (Batches(*a, batch_size=3, augment=shifted) for a in ((pairs,), (X, Y)))
    for batches in (ours, theirs):
        next(iter(batches))
    again = Batches(pairs, batch_size=3, augment=shifted)
    again.load_state_dict(ours.state_dict())
    for a, b in zip(
        flat(again), flat(Batches(X, Y, batch_size=3, augment=shifted))[2:], strict=True
    ):
        np.testing.assert_array_equal(a, b)
    assert ours.arrays is pairs


def test_fit_takes_batches_of_a_data_set():
    pairs = DataSet(lambda i: (X[i] / 14, Y[i]))
    model = nn.Linear(2, 3)
    history = train.fit(
        model,
        nn.losses.cross_entropy,
        optim.SGD(model.parameters(), lr=0.1),
        Batches(pairs, batch_size=3),
        dev=Batches(pairs, batch_size=3),
        epochs=2,
        progress=False,
    )
    assert len(history["cost"]) == 2


@pytest.mark.parametrize(
    ("sample", "error", "message"),
    [
        (lambda i: X[i, : 1 + (i > 1)], errors.ShapeError, r"array 0 has shape \(1,\) float32 in"),
        (lambda i: X[i].astype(f"float{64 if i else 32}"), errors.ShapeError, "float64 in "),
        (lambda i: (X[i], 1 if i else 1.5), errors.ShapeError, "array 1 .* int64 in example 1"),
        (lambda i: (X[i],) * (1 + (i > 1)), errors.ArgumentError, "is a tuple of 2"),
        (lambda i: {"xyz"[i // 2]: 1}, errors.ArgumentError, "is a dict of 'y', the first"),
        (lambda i: (X[i], None), errors.DTypeError, "array 1 of an example: an array, a list"),
    ],
)  # fmt: skip
def test_samples_that_do_not_go_together(sample, error, message):
    batches = Batches(DataSet(sample), batch_size=3, shuffle=False)
    with pytest.raises(error, match=message):
        list(batches)


def test_what_a_data_set_raises_says_at_which_example():
    def sample(i):
        return X[i] if i < 2 else 1 / 0

    with pytest.raises(ZeroDivisionError) as caught:
        list(Batches(DataSet(sample), shuffle=False))
    assert caught.value.__notes__ == ["(while example 2 of the data set was read)"]


def test_an_empty_data_set():
    with pytest.raises(errors.ArgumentError, match="the data set has length 0"):
        Batches(DataSet(lambda i: i, length=0))


@pytest.mark.parametrize("array", [X, tg.tensor(X), [X, X], {"x": X}, range(3), "text"])
def test_arrays_and_lists_are_no_data_sets(array):
    assert not is_data_set(array)
