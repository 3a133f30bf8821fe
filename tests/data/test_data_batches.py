"""Mini-batches: what an epoch holds, resuming, and the same bits whoever prepares them."""

import json
import threading
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

from tensorgraph.data import Batches, augment, split
from tensorgraph.data.seeds import example_generators
from tensorgraph.errors import (
    ArgumentError,
    AxisError,
    DTypeError,
    ShapeError,
    StateError,
    UsageError,
)

SEEDS = st.integers(0, 2**64 - 1)


def jitter(example, rng):
    """Draw a number of numbers that differs from example to example."""
    return example + rng.standard_normal(1 + int(rng.integers(3)))[-1]


def same(first, second):
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def epochs(batches, count):
    return [[batch.copy() for batch in batches] for _ in range(count)]


# ------------------------------------------------------------------------------------- an epoch


@given(st.integers(1, 40), st.integers(1, 45), SEEDS, st.booleans(), st.booleans())
def test_an_epoch_holds_every_example_once(n, batch_size, seed, shuffle, drop_last):
    if drop_last and batch_size > n:
        return
    batches = Batches(
        np.arange(n), batch_size=batch_size, seed=seed, shuffle=shuffle, drop_last=drop_last
    )
    for epoch in range(2):
        assert batches.epoch == epoch
        found = list(batches)
        assert len(found) == len(batches) == (n // batch_size if drop_last else -(-n // batch_size))
        assert all(len(batch) == batch_size for batch in found[:-1])
        seen = np.concatenate(found)
        assert len(seen) == (n // batch_size * batch_size if drop_last else n)
        assert len(np.unique(seen)) == len(seen)
        if not shuffle:
            assert np.array_equal(seen, np.arange(len(seen)))


def test_each_epoch_has_its_own_order_and_a_seed_all_of_them():
    first, again = (epochs(Batches(np.arange(50), seed=3), 3) for _ in range(2))
    assert all(map(same, first, again))
    orders = [np.concatenate(epoch).tolist() for epoch in first]
    other = np.concatenate(epochs(Batches(np.arange(50), seed=4), 1)[0]).tolist()
    assert len({tuple(order) for order in [*orders, other, range(50)]}) == 5


def test_whole_batches_and_one_by_one():
    assert [len(batch) for batch in Batches(np.arange(7), batch_size=None)] == [7]
    assert [len(batch) for batch in Batches(np.arange(3), batch_size=1)] == [1, 1, 1]
    assert len(next(iter(Batches(np.arange(100))))) == 32


def test_batches_have_the_form_of_the_arrays():
    x, y = np.arange(12.0).reshape(6, 2), np.arange(6)
    for a, b in Batches(x, y, batch_size=4):
        assert np.array_equal(a[:, 0], 2 * b)
    for batch in Batches({"x": x, "y": y}, batch_size=4):
        assert np.array_equal(batch["x"][:, 0], 2 * batch["y"])


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_batch_is_a_copy(shuffle):
    x = np.arange(6)
    for batch in Batches(x, batch_size=None, shuffle=shuffle):
        batch[:] = 0
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


def test_indices_choose_the_rows():
    x = np.arange(100)
    rows = split(x).indices.dev
    seen = np.concatenate(list(Batches(x, indices=rows)))
    assert sorted(seen) == sorted(rows)


def test_a_memory_map_is_read_only_where_a_batch_needs_it(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (100, 2))
    batches = iter(Batches(x, batch_size=10, shuffle=False))
    assert (next(batches) == 0).all()
    x[10:20] = 1  # read when its batch is due
    second = next(batches)
    assert (second == 1).all() and not isinstance(second, np.memmap)


# ------------------------------------------------------------------------------------- resuming


@given(st.integers(1, 30), st.integers(1, 9), SEEDS, st.integers(0, 12), st.integers(0, 3))
def test_from_any_position_on_it_goes_as_if_undisturbed(n, batch_size, seed, stop, prefetch):
    def made(start=seed):
        return Batches(
            np.arange(float(n)),
            batch_size=batch_size,
            seed=start,
            augment=jitter,
            prefetch=prefetch,
        )

    undisturbed = [batch for epoch in epochs(made(), 4) for batch in epoch]
    batches, seen = made(), []
    while len(seen) < stop and batches.epoch < 2:
        for batch in batches:
            seen.append(batch)
            if len(seen) == stop:
                break
    state = json.loads(json.dumps(batches.state_dict()))
    resumed = made(start=0)
    resumed.load_state_dict(state)
    batches.load_state_dict(state)
    for rest in (batches, resumed):  # in this process, or in another one
        later = [batch for _ in range(2) for batch in rest]
        assert same(seen + later, undisturbed[: len(seen + later)])


def test_the_position_is_where_the_next_unseen_batch_starts():
    batches = Batches(np.arange(10), batch_size=4, prefetch=2)
    positions = [batches.position]
    positions.extend(batches.position for _ in batches)
    assert positions == [0, 4, 8, 10]
    assert (batches.epoch, batches.position) == (1, 0)


def test_nothing_is_left_of_an_epoch_whose_last_batch_was_seen():
    batches = Batches(np.arange(10), batch_size=5)
    for _ in batches:
        if batches.position == 10:
            break
    state = batches.state_dict()
    assert (state["epoch"], state["position"]) == (0, 10)
    batches.load_state_dict(state)
    assert list(batches) == [] and batches.epoch == 1


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_the_loop_after_one_that_was_left_early_is_a_new_epoch(taken):
    undisturbed = epochs(Batches(np.arange(10), batch_size=4, seed=5), 4)
    batches = Batches(np.arange(10), batch_size=4, seed=5)
    for epoch in range(3):
        assert same(list(islice(batches, taken)), undisturbed[epoch][:taken])
    assert same(list(batches), undisturbed[3]) and batches.epoch == 4


def test_what_was_given_can_be_looked_at():
    x, y = np.arange(6.0), np.arange(6)
    assert [a is b for a, b in zip(Batches(x, y).arrays, (x, y), strict=True)] == [True, True]
    assert Batches(x).arrays is x and Batches({"x": x}).arrays == {"x": x}
    assert Batches(x, indices=[4, 1]).indices.tolist() == [4, 1]
    assert Batches(x).indices.tolist() == [0, 1, 2, 3, 4, 5]


def test_an_iteration_that_was_overtaken_says_so():
    batches = Batches(np.arange(10), batch_size=2)
    first = iter(batches)
    next(first)
    next(iter(batches))
    with pytest.raises(UsageError, match=r"another iteration began.*make a second Batches"):
        next(first)
    third = iter(batches)
    next(third)
    batches.load_state_dict(batches.state_dict())
    with pytest.raises(UsageError, match="a state was loaded"):
        next(third)


def test_a_state_that_does_not_fit():
    batches = Batches(np.arange(10))
    state = batches.state_dict()
    for wrong, message in [
        ({}, "has the entries seed, epoch, position, examples, not none"),
        ({**state, "examples": 9}, "of 9 examples, these are 10"),
        ({**state, "position": 11}, "position 11 lies beyond the 10 examples"),
    ]:
        with pytest.raises(StateError, match=message):
            batches.load_state_dict(wrong)
    with pytest.raises(ArgumentError, match="epoch is at least 0, not -1"):
        batches.load_state_dict({**state, "epoch": -1})
    with pytest.raises(DTypeError, match=r"position is an integer, not 1\.5"):
        batches.load_state_dict({**state, "position": 1.5})
    assert batches.state_dict() == state


# -------------------------------------------------------------------- augmented, by whomever


def expected(x, seed, epoch, function=jitter):
    """Return what the definition says: each example by a generator of its own."""
    out = []
    for i, row in enumerate(x):
        key = np.array([seed, epoch], np.uint64)
        philox = np.random.Philox(key=key, counter=[0, 0, i, 1])
        out.append(function(row.copy(), np.random.Generator(philox)))
    return np.stack(out)


@given(st.integers(1, 30), st.integers(1, 31), SEEDS, st.integers(0, 3), st.integers(0, 3))
@example(3, 2, 0, 4, 0)  # more workers than there are rows
def test_augmentation_depends_on_seed_epoch_and_index_alone(n, batch_size, seed, workers, prefetch):
    x = np.arange(2.0 * n).reshape(n, 2)
    batches = Batches(
        x,
        np.arange(n),
        batch_size=batch_size,
        seed=seed,
        augment=jitter,
        workers=workers,
        prefetch=prefetch,
    )
    for epoch in range(2):
        whole = expected(x, seed, epoch)
        for examples, rows in batches:
            assert np.array_equal(examples, whole[rows])


def test_a_subset_is_augmented_as_in_the_whole():
    x = np.arange(20.0)
    rows = np.array([3, 17, 5])
    found = next(iter(Batches(x, indices=rows, shuffle=False, augment=jitter, seed=9)))
    assert np.array_equal(found, expected(x, 9, 0)[rows])


def test_processes_give_the_same_bits():
    x = np.random.default_rng(0).random((40, 8, 8)).astype(np.float32)
    function = augment.compose(augment.flip(), augment.shift(2), augment.noise(0.1))
    alone = epochs(Batches(x, augment=function, batch_size=16), 2)
    with ProcessPoolExecutor(2) as pool:
        batches = Batches(x, augment=function, batch_size=16, workers=pool, prefetch=2)
        assert all(map(same, epochs(batches, 2), alone))
        assert pool.submit(int, 3).result() == 3  # an executor that was given stays open


def test_an_image_and_its_mask_are_flipped_alike():
    x = np.random.default_rng(0).random((64, 4, 4))
    both = Batches(x, x > 0.5, augment={0: augment.flip(), 1: augment.flip()})
    for image, mask in both:
        assert np.array_equal(image > 0.5, mask)
    named = Batches({"x": x, "mask": x > 0.5}, augment={"mask": augment.flip()})
    changed = [(batch["x"] > 0.5) == batch["mask"] for batch in named]
    assert 0.1 < np.mean([part.all(axis=(1, 2)) for part in changed]) < 0.9


def test_labels_and_the_data_stay_as_they_are():
    def blank(example, rng):
        example[:] = 0
        return example

    x, y = np.ones((10, 3)), np.arange(10)
    for images, labels in Batches(x, y, augment=blank, batch_size=None, shuffle=False):
        assert (images == 0).all() and np.array_equal(labels, y)
    assert (x == 1).all()


def test_generators_of_examples_do_not_overlap():
    of = example_generators(5, 0)
    draws = np.concatenate([of(i).random(1000) for i in (0, 1, 2, 2**40)])
    assert len(np.unique(draws)) == len(draws)
    again = example_generators(5, 0)
    again(1).standard_normal(3, np.float32)  # leaves half a word behind
    assert np.array_equal(again(1).random(1000), draws[1000:2000])


# ------------------------------------------------------------------------------------- threads


def threads():
    return {t for t in threading.enumerate() if t.name.startswith(("prefetch", "augment"))}


def test_an_error_on_the_thread_is_raised_where_its_batch_is_due():
    def fails(example, rng):
        if example == 7:
            raise ZeroDivisionError("seven")
        return example

    for workers in (0, 2):
        batches = Batches(
            np.arange(12),
            batch_size=3,
            shuffle=False,
            augment=fails,
            prefetch=3,
            workers=workers,
        )
        seen = []
        with pytest.raises(ZeroDivisionError, match="seven") as caught:
            for batch in batches:
                seen.extend(batch)
        assert seen == [0, 1, 2, 3, 4, 5] and batches.position == 6
        assert caught.value.__notes__ == ["(while example 7 was augmented in epoch 0)"]
        del caught
        assert not threads()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_iteration_left_early_leaves_no_thread(workers):
    batches = Batches(np.arange(100.0), batch_size=5, augment=jitter, prefetch=4, workers=workers)
    for _ in batches:
        assert threads()
        break
    assert not threads()
    list(batches)
    assert not threads()


def test_prefetching_prepares_so_many_batches_ahead():
    built, ahead = [], threading.Event()

    def counted(example, rng):
        built.append(int(example))
        if example == 2:
            ahead.set()
        return example

    batches = iter(Batches(np.arange(10), batch_size=1, shuffle=False, augment=counted, prefetch=2))
    next(batches)
    assert ahead.wait(60)
    batches.close()
    assert built == [0, 1, 2]


# ------------------------------------------------------------------------------------ bad input


def of_two_shapes(example, rng):
    return example[:1] if example[0] == 4 else example


def of_two_dtypes(example, rng):
    return example.astype(np.float32) if example[0] == 4 else example


@pytest.mark.parametrize("workers", [0, 3])
def test_augmented_examples_must_be_alike(workers):
    x = np.arange(12.0).reshape(6, 2)
    for function, message in [
        (of_two_shapes, r"returned shape \(.,\) float64 for one example and \(.,\) float64 for"),
        (of_two_dtypes, r"returned shape \(2,\) float.. for one example and \(2,\) float.. for"),
    ]:
        with pytest.raises(ShapeError, match=message):
            list(Batches(x, augment=function, shuffle=False, workers=workers))


def test_wrong_batches():
    x = np.arange(10)
    for request, error, message in [
        (dict(batch_size=0), ArgumentError, "batch_size is at least 1, not 0"),
        (dict(batch_size=2.0), DTypeError, "batch_size is an integer, not 2.0"),
        (dict(batch_size=11, drop_last=True), ArgumentError, "drops all 10 examples"),
        (dict(prefetch=-1), ArgumentError, "prefetch is at least 0"),
        (dict(workers=-1), ArgumentError, "workers is at least 0"),
        (dict(seed="a"), DTypeError, "seed is an integer, not 'a'"),
        (dict(augment=3), DTypeError, r"augment is a function f\(example, rng\), not 3"),
        (dict(augment={1: jitter}), ArgumentError, "augment names array 1, there are array 0"),
        (dict(indices=[]), ArgumentError, "indices are empty"),
        (dict(indices=[10]), AxisError, "index 10 is not one of the 10 examples 0 … 9"),
        (dict(indices=[-1]), AxisError, "index -1 is not"),
        (dict(indices=x > 3), DTypeError, "indices are integers in one row"),
    ]:
        with pytest.raises(error, match=message):
            Batches(x, **request)
    with pytest.raises(ArgumentError, match=r"which of the arrays.*augment={'x': f}"):
        Batches({"x": x}, augment=jitter)
    with pytest.raises(ShapeError, match="array 0 has 10, array 1 has 9"):
        Batches(x, x[1:])
    with pytest.raises(ArgumentError, match="there are no examples"):
        Batches(x[:0])


def test_what_it_shows():
    batches = Batches(np.zeros(1234), batch_size=10)
    assert repr(batches) == "Batches(1,234 examples, batch_size=10, epoch=0, position=0)"
