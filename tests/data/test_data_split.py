"""Splits: every example in one set, sizes as asked for, labels and groups kept."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.data import split, split_by_target
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, UsageWarning

SEEDS = st.integers(0, 2**64 - 1)


def together(indices):
    return np.sort(np.concatenate(indices))


@st.composite
def counts(draw, most=60):
    """Return the sizes of a training, a dev and a test set, none of the last two 1."""
    return draw(
        st.tuples(
            st.integers(1, most),
            st.sampled_from([0, *range(2, most)]),
            st.sampled_from([0, *range(2, most)]),
        )
    )


# ------------------------------------------------------------------------------------- sizes


@given(counts(), SEEDS, st.booleans(), st.sampled_from(["none", "train", "dev", "test"]))
def test_every_example_is_in_exactly_one_set(sizes, seed, shuffle, left_open):
    n = sum(sizes)
    asked = dict(zip(("train", "dev", "test"), sizes, strict=True))
    if asked.get(left_open):  # no set is empty that is not asked to be
        del asked[left_open]
    sets = split(np.arange(n), **asked, seed=seed, shuffle=shuffle)
    assert tuple(map(len, sets.indices)) == sizes
    assert np.array_equal(together(sets.indices), np.arange(n))
    assert all(np.array_equal(a, i) for a, i in zip(sets, sets.indices, strict=True))


@given(st.integers(5, 400), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_fractions_are_met_to_within_one_example(n, a, b):
    shares = np.array([0.5, a, b]) / (0.5 + a + b)
    asked = dict(zip(("train", "dev", "test"), shares.tolist(), strict=True))
    if (shares * n < 2).any():
        return
    sizes = np.array([len(rows) for rows in split(np.zeros(n), **asked).indices])
    assert sizes.sum() == n and (np.abs(sizes - n * shares) < 1).all()


@pytest.mark.parametrize(
    "n, sizes",
    [
        (10, (6, 2, 2)),
        (1000, (600, 200, 200)),
        (1_000_000, (600_000, 200_000, 200_000)),
        (1_000_001, (980_001, 10_000, 10_000)),
        (5_000_000, (4_900_000, 50_000, 50_000)),
    ],
)
def test_the_default_follows_the_number_of_examples(n, sizes):
    sets = split(np.broadcast_to(np.float32(0), n))
    assert tuple(map(len, sets.indices)) == sizes


def test_without_shuffling_the_order_is_that_of_time():
    train, dev, test = split(np.arange(10), shuffle=False)
    assert [*train, *dev, *test] == list(range(10))


@given(SEEDS)
def test_a_seed_gives_the_same_sets_again_and_another_others(seed):
    first, again = (split(np.arange(200), seed=seed).indices for _ in range(2))
    other = split(np.arange(200), seed=(seed + 1) % 2**64).indices
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first.train, other.train)
    assert not np.array_equal(first.train, np.sort(first.train))


def test_each_example_goes_everywhere():
    often = np.zeros((20, 3))
    for seed in range(300):
        for k, rows in enumerate(split(np.arange(20), seed=seed).indices):
            often[rows, k] += 1
    assert np.abs(often / 300 - [0.6, 0.2, 0.2]).max() < 0.12


# ------------------------------------------------------------------------------- what is split


def test_several_arrays_stay_aligned_and_keep_their_kind():
    x = np.arange(60, dtype=np.float32).reshape(20, 3)
    names = np.array([f"n{i}" for i in range(20)])
    for x_part, name_part in split(x, names):
        assert x_part.dtype == np.float32
        assert [f"n{int(row[0]) // 3}" for row in x_part] == name_part.tolist()


def test_a_dict_of_arrays_gives_dicts():
    sets = split({"x": np.arange(10), "y": list(range(10))})
    assert set(sets.train) == {"x", "y"}
    assert np.array_equal(sets.dev["x"], sets.dev["y"])


def test_tensors_and_lists_are_taken_as_arrays():
    train, _, _ = split(tg.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), train=1.0, dev=0, test=0)
    assert isinstance(train, np.ndarray) and sorted(train) == [1, 2, 3, 4, 5]


def test_sets_are_copies_and_the_same_ones_each_time():
    x = np.arange(10)
    sets = split(x)
    sets.train[:] = 0
    assert x[1] == 1 and sets.train is sets.train


def test_a_memory_map_is_read_only_where_a_set_is_asked_for(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (100, 2))
    x[:] = np.arange(200).reshape(100, 2)
    sets = split(x, dev=10, test=10)
    x[:] = -1  # nothing has been read so far
    assert (sets.dev == -1).all()


# ----------------------------------------------------------------------------------- stratified


@given(counts(), st.integers(1, 8), SEEDS, st.booleans())
def test_stratified_shares_are_within_one_example_of_exact(sizes, labels, seed, shuffle):
    n = sum(sizes)
    y = np.random.default_rng(seed).integers(0, labels, n) ** 2
    if 1 < n == len(np.unique(y)):
        return
    asked = dict(zip(("train", "dev", "test"), sizes, strict=True))
    sets = split(np.arange(n), **asked, stratify=y, seed=seed, shuffle=shuffle)
    assert tuple(map(len, sets.indices)) == sizes
    assert np.array_equal(together(sets.indices), np.arange(n))
    for rows in sets.indices:
        for label in np.unique(y):
            exact = (y == label).sum() * len(rows) / n
            assert abs((y[rows] == label).sum() - exact) <= 1


def test_stratified_sets_are_shuffled():
    y = np.repeat([0, 1], 50)
    for rows in split(y, stratify=y).indices:
        assert len(np.unique(y[rows][: len(rows) // 2])) == 2


def test_stratified_by_strings():
    y = np.array(["cat", "dog", "dog", "dog"] * 10)
    sets = split(y, stratify=y.tolist(), train=0.5, dev=0.25, test=0.25)
    assert [(part == "cat").sum() for part in sets] == [5, 2, 3] or [
        (part == "cat").sum() for part in sets
    ] == [5, 3, 2]


# -------------------------------------------------------------------------------------- grouped


@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
@given(st.integers(8, 30), st.integers(2, 4), SEEDS)
def test_no_group_is_in_two_sets(groups, size, seed):
    patient = np.repeat(np.arange(groups), size)[
        np.random.default_rng(seed).permutation(groups * size)
    ]
    sets = split(np.arange(len(patient)), groups=patient, seed=seed)
    found = [set(patient[rows]) for rows in sets.indices]
    assert sum(map(len, found)) == groups
    assert np.array_equal(together(sets.indices), np.arange(len(patient)))
    wanted = np.array([0.6, 0.2, 0.2]) * len(patient)
    assert np.abs([len(rows) for rows in sets.indices] - wanted).max() <= 2 * size


def test_large_groups_do_not_all_go_to_training():
    patient = np.repeat(np.arange(20), [20] * 4 + [5] * 16)
    where = [split(patient, groups=patient, seed=seed) for seed in range(40)]
    assert 5 < sum(bool((sets.test < 4).any()) for sets in where) < 39


@pytest.mark.filterwarnings("ignore:split. no group is divided")
@pytest.mark.parametrize("sizes", [[10, 10, 10], [12, 11, 7], [12, 6, 12], [8, 10, 10, 1, 1]])
def test_groups_enough_fill_all_sets(sizes):
    for seed in range(20):
        sets = split(np.arange(30), groups=np.repeat(np.arange(len(sizes)), sizes), seed=seed)
        assert min(map(len, sets)) > 1


def test_groups_that_are_too_large_are_reported():
    patient = [0] * 80 + [1] * 10 + [2] * 10
    with pytest.warns(
        UsageWarning, match=r"far from what was asked for: train 80 \(60 asked for\)"
    ):
        split(np.arange(100), groups=patient)


# ------------------------------------------------------------------------------- bad input

WRONG = {
    "too much": (dict(train=0.5, dev=0.5, test=0.5), r"train=0.5, dev=0.5, test=0.5 add up to 1.5"),
    "too little": (dict(train=0.5, dev=0.2, test=0.2), r"up to 0.9, not to 1; leave out train="),
    "open and too much": (dict(dev=0.7, test=0.7), r"add up to 1.4, not to 1; ask for less"),
    "counts": (dict(train=5, dev=2, test=2), r"are 9 examples, but there are 20; leave out train="),
    "too many": (dict(dev=19, test=2), r"are 21 examples, but there are 20; ask for fewer"),
    "mixed": (dict(train=10, dev=0.2), r"counts or fractions, not both.*train=10, dev=4"),
    "both open": (dict(train=0.5), r"dev and test are both left open.*test=0 for none"),
    "empty": (dict(dev=0.01, test=0.2), r"the dev set would be empty.*write dev=0 if you"),
    "empty by rest": (dict(train=10, dev=10), r"the test set would be empty.*test=0"),
    "one": (dict(dev=1, test=5), r"a dev set of one example.*write dev=2 or more, or dev=0"),
    "no training": (dict(dev=10, test=10), r"none of the 20 examples is left to train on"),
    "negative": (dict(dev=-1, test=5), r"dev is at least 0, not -1"),
    "percentages": (dict(train=60, dev=20, test=20),
                    r"100 examples.*for percentages write train=0.6, dev=0.2, test=0.2"),
    "a percentage": (dict(dev=20.0, test=0.1), r"for 20 % write dev=0.2, for a count dev=20$"),
    "a part of one": (dict(dev=12.5, test=0.1), r"not 12.5; for 12.5 % write dev=0.125$"),
    "above 1": (dict(dev=1.5, test=0.1), r"dev, a fraction, is in \[0, 1\], not 1.5"),
    "NaN": (dict(dev=np.nan, test=0.1), r"dev, a fraction, is in \[0, 1\], not nan"),
    "seed": (dict(seed=-1), r"seed is at least 0, not -1"),
    "large seed": (dict(seed=2**64), r"seed is below 2\*\*64"),
    "both": (dict(stratify=[0, 1] * 10, groups=[0, 1] * 10), r"stratify= and groups= exclude"),
    "ordered groups": (dict(groups=[0, 1] * 10, shuffle=False), r"leave out shuffle=False"),
    "few groups": (dict(groups=[0, 1] * 10), r"2 groups cannot fill 3 sets"),
    "huge group": (dict(groups=[0] * 18 + [1, 2]), r"a set is left without: train 18.*dev 1 "),
    "continuous": (dict(stratify=np.linspace(0, 1, 20)), r"20 different labels.*np.digitize"),
    "NaN label": (dict(stratify=[0.0, np.nan] * 10), r"10 of 20 values are NaN.*first at index 1"),
    "None label": (dict(stratify=["a", None] * 10), r"10 of 20 values are None or NaN.*index 1"),
    "NaN among names": (dict(stratify=["a", np.nan] * 10), r"10 of 20 values are None or NaN"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_requests_name_the_fix(case):
    request, message = WRONG[case]
    with pytest.raises(ArgumentError, match=message):
        split(np.arange(20), **request)


def test_wrong_kinds():
    with pytest.raises(DTypeError, match=r"dev is a count \(an int\) or a fraction.*not '20%'"):
        split(np.arange(20), dev="20%", test=2)
    with pytest.raises(DTypeError, match=r"train is a count .* not True"):
        split(np.arange(20), train=True, test=2)
    with pytest.raises(DTypeError, match="seed is an integer, not None"):
        split(np.arange(20), seed=None)


def test_wrong_arrays():
    with pytest.raises(ShapeError, match="array 0 has 3, array 1 has 2"):
        split(np.zeros(3), np.zeros(2))
    with pytest.raises(ShapeError, match="'x' has 3, 'y' has 2"):
        split({"x": np.zeros(3), "y": np.zeros(2)})
    with pytest.raises(ShapeError, match="one row for each example, not 3"):
        split(3)
    with pytest.raises(ShapeError, match="ragged"):
        split([[1, 2], [3]])
    with pytest.raises(ArgumentError, match="no arrays"):
        split()
    with pytest.raises(ArgumentError, match="there are no examples"):
        split(np.zeros((0, 3)))
    for several in ([np.zeros((4, 3)), np.zeros(4)], (np.zeros(4), np.zeros(4))):
        with pytest.raises(ArgumentError, match=r"of 2 arrays of shapes .* argument of its own"):
            split(several)
    with pytest.raises(ShapeError, match="ragged"):
        split([np.zeros(3), np.zeros(4)])
    assert split([np.zeros(3)] * 10, dev=0, test=0).train.shape == (10, 3)
    with pytest.raises(
        ShapeError, match=r"one label for each of the 20 examples, not shape \(3,\)"
    ):
        split(np.zeros(20), stratify=[1, 2, 3])
    with pytest.raises(ArgumentError, match="a dev set of one"):
        split(np.zeros(4))


# ------------------------------------------------------------------------------ by target


def test_the_example_of_the_course_comes_out_with_its_numbers():
    web, user = np.zeros((200_000, 1), np.uint8), np.ones((10_000, 1), np.uint8)
    sets = split_by_target(web, user)
    assert [len(sets.train), len(sets.dev), len(sets.test)] == [205_000, 2_500, 2_500]
    assert (sets.train == 0).sum() == 200_000 and (sets.train == 1).sum() == 5_000
    assert (sets.dev == 1).all() and (sets.test == 1).all()


def test_train_dev_is_held_out_of_the_training_mixture():
    web, user = np.arange(20_000), np.arange(20_000, 30_000)
    sets = split_by_target(web, user, train_dev=5_000)
    assert list(map(len, sets.indices)) == [20_000, 5_000, 2_500, 2_500]
    assert np.array_equal(np.sort(np.concatenate(list(sets))), np.arange(30_000))
    assert abs((sets.train_dev >= 20_000).mean() - 0.2) < 0.02  # 5,000 of 25,000
    for drawn in (sets.dev, sets.test):  # from all of the target
        assert 20_000 <= drawn.min() < 20_100 and drawn.max() > 29_900


@given(st.integers(2, 50), st.integers(8, 50), st.integers(2, 9), SEEDS)
def test_each_example_of_either_is_in_exactly_one_set(sources, targets, train_dev, seed):
    source, target = np.arange(sources), np.arange(sources, sources + targets)
    if train_dev >= sources:
        return
    sets = split_by_target(source, target, dev=2, test=3, train_dev=train_dev, seed=seed)
    assert list(map(len, sets.indices)) == [sources + targets - 5 - train_dev, train_dev, 2, 3]
    assert all(
        np.array_equal(rows, values) for rows, values in zip(sets.indices, sets, strict=True)
    )
    assert np.array_equal(together(sets.indices), np.arange(sources + targets))
    again = split_by_target(source, target, dev=2, test=3, train_dev=train_dev, seed=seed)
    assert all(map(np.array_equal, sets.indices, again.indices))


def test_all_of_the_target_may_go_to_dev_and_test():
    sets = split_by_target(np.zeros(10), np.ones(4), dev=0.5, test=0.5)
    assert (sets.train == 0).all() and len(sets.train) == 10


def test_both_forms_of_several_arrays_by_target():
    web, user = (np.zeros((8, 2)), np.arange(8)), (np.ones((8, 2)), np.arange(8, 16))
    x, y = split_by_target(web, user).train
    assert np.array_equal(x[:, 0] == 1, y >= 8)
    sets = split_by_target(dict(x=web[1]), dict(x=user[1]))
    assert set(sets.dev) == {"x"} and sets.dev["x"].min() >= 8


def test_names_of_other_lengths_are_not_cut():
    sets = split_by_target(np.array(["a"] * 8), np.array(["long"] * 8))
    assert set(sets.train) == {"a", "long"}


def test_wrong_targets():
    with pytest.raises(ShapeError, match=r"shape \(3,\) in source and \(2,\) in target"):
        split_by_target(np.zeros((9, 3)), np.zeros((9, 2)))
    with pytest.raises(ArgumentError, match="source has 'x', target has 'y'"):
        split_by_target({"x": np.zeros(9)}, {"y": np.zeros(9)})
    with pytest.raises(ArgumentError, match="source has array 0, array 1, target has array 0"):
        split_by_target((np.zeros(9), np.zeros(9)), np.zeros(9))
    with pytest.raises(ArgumentError, match=r"of the target: .* add up to 1.2.*; ask for less"):
        split_by_target(np.zeros(9), np.zeros(9), dev=0.6, test=0.6)
    with pytest.raises(ArgumentError, match="a dev set of one"):
        split_by_target(np.zeros(9), np.zeros(4))
    with pytest.raises(ArgumentError, match=r"fewer than the 11 examples to train on.*not 11"):
        split_by_target(np.zeros(9), np.zeros(6), dev=2, test=2, train_dev=11)
    with pytest.raises(ArgumentError, match="train_dev is 0, or at least 2"):
        split_by_target(np.zeros(9), np.zeros(8), train_dev=1)
    with pytest.raises(DTypeError, match="int64 in source and <U1 in target"):
        split_by_target(np.arange(9), np.array(["a"] * 9))
    with pytest.raises(ArgumentError, match="target: there are no examples"):
        split_by_target(np.zeros(9), np.zeros(0))
