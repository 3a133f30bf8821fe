"""Batches in shards: the examples of the batch, in its order."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tensorgraph import errors
from tensorgraph.data import Batches


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 9), st.booleans(), st.integers(0, 2))
def test_shards_are_the_batch_in_parts(count, size, shards, shuffle, prefetch):
    x = np.arange(count)
    options = {"batch_size": size, "shuffle": shuffle, "seed": 3}
    cut = list(Batches(x, 2 * x, **options, shards=shards, prefetch=prefetch))
    whole = list(Batches(x, 2 * x, **options))
    assert len(cut) == len(whole)
    for parts, (rows, doubled) in zip(cut, whole, strict=True):
        assert np.array_equal(np.concatenate([part for part, _ in parts]), rows)
        assert np.array_equal(np.concatenate([part for _, part in parts]), doubled)
        assert parts.sizes == tuple(len(part) for part, _ in parts)
        assert len(parts) == min(shards, len(rows))
        assert max(parts.sizes) - min(parts.sizes) <= 1
        assert sum(parts.weights) == pytest.approx(1)


@pytest.mark.parametrize("workers", [0, 2])
def test_what_is_asked_for_later_is_augmented_as_it_would_have_been(workers):
    def noisy(example, rng):
        return example + rng.normal()

    batches = [
        Batches(np.arange(12.0), batch_size=6, augment=noisy, shards=3, workers=w)
        for w in (0, workers)
    ]
    eager = list(batches[0])
    lazy = list(batches[1].having(lambda count: [0]))
    for one, two in zip(eager, lazy, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_only_what_is_chosen_is_read():
    read = []

    class Examples:
        def __len__(self):
            return 8

        def __getitem__(self, i):
            read.append(i)
            return i

    batches = Batches(Examples(), batch_size=8, shuffle=False, shards=4)
    read.clear()
    (shards,) = batches.having(lambda count: range(1, 3))
    assert sorted(set(read)) == [2, 3, 4, 5]
    assert shards[3].tolist() == [6, 7] and sorted(set(read)) == [2, 3, 4, 5, 6, 7]


def test_they_are_a_sequence():
    (shards,) = Batches(np.arange(5), batch_size=5, shuffle=False, shards=2)
    assert shards[-1].tolist() == [3, 4] and [s.tolist() for s in shards[:1]] == [[0, 1, 2]]
    assert repr(shards) == "Shards(3 + 2 examples)"
    with pytest.raises(IndexError):
        shards[2]


@pytest.mark.parametrize(("shards", "kind"), [(0, errors.ArgumentError), (1.5, errors.DTypeError)])
def test_a_number_of_shards_is_a_whole_number_from_1(shards, kind):
    with pytest.raises(kind, match="Batches: shards"):
        Batches(np.arange(4), shards=shards)


def test_a_digest_tells_of_the_examples_and_not_of_where_they_are():
    x = np.arange(10)
    batches = Batches(x, x > 3, batch_size=4, shards=2)
    before = batches.digest()
    next(iter(batches))
    assert batches.digest() == before == Batches(x, x > 3).digest()
    texts = np.array(list("abcdefghij"), dtype=object)
    others = [
        Batches(x), Batches(x + 1, x > 3), Batches(x.astype(float), x > 3), Batches(texts, x > 3),
        Batches(x[:9], x[:9] > 3),
    ]  # fmt: skip
    assert len({before, *(other.digest() for other in others)}) == 6


def test_the_position_is_that_of_whole_batches():
    batches = Batches(np.arange(10), batch_size=4, shards=2)
    next(iter(batches))
    assert batches.state_dict()["position"] == 4
