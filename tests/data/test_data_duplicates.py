"""Copies of examples in several sets: all are found, nothing else, and groups keep them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.data import duplicate_groups, duplicates, leaks, split, split_by_target
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

NAMES = ("train", "dev", "test")
SEEDS = st.integers(0, 10_000)


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def pairs(found):
    """The pairs that were found, as (set, row, other set, its row)."""
    return {
        (leak.set, i, leak.other, j)
        for leak in found.found
        for i, j in zip(leak.rows.tolist(), leak.twins.tolist(), strict=True)
    }


# ----------------------------------------------------------------------------------- what is found


@given(SEEDS, st.integers(1, 12), st.sampled_from(["f4", "f8", "i8", "U3", "O", "M8[D]", "?"]))
def test_exact_copies_are_those_of_plain_python(seed, width, dtype):
    random = np.random.default_rng(seed)
    values = np.arange(3).astype("M8[D]" if dtype == "M8[D]" else "i8").astype(dtype)
    sets = {name: random.choice(values, (n, width)) for name, n in (("a", 7), ("b", 9), ("c", 4))}
    rows = {name: [tuple(row) for row in x.tolist()] for name, x in sets.items()}
    expected = {
        (two, i, one, rows[one].index(row))
        for one, two in (("a", "b"), ("a", "c"), ("b", "c"))
        for i, row in enumerate(rows[two])
        if row in rows[one]
    }
    found = leaks(sets)
    assert pairs(found) == expected and bool(found) == bool(expected)
    assert all(leak.exact.all() for leak in found.found)
    together = [row for part in rows.values() for row in part]
    groups = duplicate_groups(np.concatenate(list(sets.values())))
    assert groups.tolist() == [list(dict.fromkeys(together)).index(row) for row in together]


@pytest.mark.parametrize("width", [1, 3, 8, 9, 784])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_copies_that_were_rounded_are_found_and_nothing_else(width, scale):
    train, dev = numbers(0, 300, width), numbers(1, 200, width)
    if width == 1:  # which are close by chance
        train, dev = np.linspace(-0.97, 1, 300)[:, None], np.linspace(2, 3, 200)[:, None]
    rows = np.arange(0, 200, 2)
    dev[rows] = train[rows]
    dev[rows[:50]] = dev[rows[:50]].astype(np.float32)  # and so for the other 50
    found = leaks({"train": train * scale, "dev": dev * scale})
    assert len(found.found) == 1
    (leak,) = found.found
    missed = set(rows.tolist()) - set(leak.rows.tolist())
    assert set(leak.rows.tolist()) <= set(rows.tolist()) and len(missed) <= 2
    assert np.array_equal(leak.twins, leak.rows)
    assert not leak.exact[leak.rows < 100].any() and leak.exact[leak.rows >= 100].all()
    assert not leaks({"train": train, "dev": dev[1::2]})


def test_noise_is_found_to_fewer_digits():
    x = numbers(0, 500, 100)
    noisy = {"train": x, "dev": x + 1e-3 * numbers(1, 500, 100)}
    assert not leaks(noisy, digits=6)
    assert len(leaks(noisy, digits=1).found[0].rows) > 450


def test_offsets_and_large_numbers_do_not_hide_what_differs():
    seconds = 1.7e9 + np.arange(100.0)[:, None]
    assert not leaks({"train": seconds[::2], "dev": seconds[1::2]})
    assert not leaks({"train": 10**6 + np.arange(0, 99, 2), "dev": 10**6 + np.arange(1, 99, 2)})


def test_what_is_not_a_number_is_like_itself_only():
    nan, inf = np.nan, np.inf
    train = np.array([[0.0, 1.0], [nan, 1.0], [inf, 1.0], [5.0, 2.0]])
    dev = np.array([[-0.0, 1.0], [nan, 1.0], [-inf, 1.0], [nan, 3.0]])
    found = leaks({"train": train, "dev": dev})
    assert pairs(found) == {("dev", 0, "train", 0), ("dev", 1, "train", 1)}
    assert found.found[0].exact.all()


def test_sets_of_other_dtypes_and_layouts_are_compared_by_value(tmp_path):
    x = numbers(0, 50, 20).astype(np.float32)
    mapped = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, x.shape)
    mapped[:] = x
    for other in (x.astype(np.float64), np.asfortranarray(x), mapped, x.astype(">f4"), x[::1],
                  pd.DataFrame(x), tg.tensor(x), x.tolist()):  # fmt: skip
        (leak,) = leaks({"train": x, "dev": other}).found
        assert np.array_equal(leak.rows, np.arange(50)) and leak.exact.all()
    names = np.array(["a", "bcd"]), np.array(["bcd", "longer"])
    assert pairs(leaks({"train": names[0], "dev": names[1]})) == {("dev", 0, "train", 1)}
    assert pairs(leaks({"train": names[0].astype(object), "dev": names[1]})) == {
        ("dev", 0, "train", 1)
    }


@given(SEEDS, st.integers(1, 40))
def test_the_size_of_parts_does_not_matter(seed, chunk):
    x = numbers(seed % 5, 60, 12)
    x[30:] = x[:30]
    whole = duplicate_groups(x)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "CHUNK", chunk)
        assert np.array_equal(duplicate_groups(x), whole)
    assert np.array_equal(whole, np.tile(np.arange(30), 2))


def test_many_rows_are_compared_in_a_moment():
    x = numbers(0, 100_000, 10).astype(np.float32)
    x[-500:] = x[:500]
    sets = split(x, np.arange(len(x)))
    found = leaks(sets)
    shared = {name: set(part[1] % 99_500) for name, part in zip(NAMES, sets, strict=True)}
    for leak in found.found:
        assert len(leak.rows) == len(shared[leak.set] & shared[leak.other])
    assert len(found.found) == 3


# -------------------------------------------------------------------------------- which arrays


def test_the_inputs_are_compared_and_labels_are_not():
    x, y = numbers(0, 20, 3), np.arange(20)
    x[10:] = x[:10]
    assert len(leaks({"train": (x[:10], y[:10]), "dev": (x[10:], y[10:])}).found[0].rows) == 10
    assert leaks({"a": {"x": x[:10], "id": y[:10]}, "b": {"x": x[10:], "id": y[10:]}})
    assert not leaks({"a": {"z": x[:10], "id": y[:10]}, "b": {"z": x[10:], "id": y[10:]}})
    assert len(set(duplicate_groups(x, y))) == 20 and len(set(duplicate_groups(x))) == 10


@given(SEEDS)
def test_groups_keep_copies_together(seed):
    x = np.repeat(numbers(seed, 40, 4), 3, axis=0)[np.random.default_rng(seed).permutation(120)]
    assert leaks(split(x, seed=seed))
    sets = split(x, np.arange(120), groups=duplicate_groups(x), seed=seed)
    assert not leaks(sets)
    assert str(leaks(sets)) == "no example of one set stands in another one, to 4 digits"


def test_sets_without_examples_are_left_out():
    x = np.repeat(numbers(0, 10, 2), 2, axis=0)
    assert {leak.set for leak in leaks(split(x, dev=0.5, test=0)).found} <= {"dev"}
    four = split_by_target(numbers(0, 50, 2), np.repeat(numbers(1, 10, 2), 2, axis=0), train_dev=5)
    assert {leak.other for leak in leaks(four).found} <= {"train", "train_dev", "dev"}
    assert leaks(four)


def test_what_it_says():
    train = np.arange(12.0).reshape(6, 2)
    found = leaks({"train": train, "dev": train[[4, 1]] + [[0, 1e-7], [0, 0]]})
    assert str(found) == (
        "2 of 2 dev examples (100 %) stand in train too, 1 of them exactly: dev[0] is train[4],"
        " dev[1] is train[1]\nwhat was learnt by heart is measured; keep copies together:"
        " tg.data.split(x, y, groups=tg.data.duplicate_groups(x, digits=4))"
    )


def test_wrong_use():
    x = numbers(0, 10, 2)
    for call, error, message in [
        (
            lambda: leaks(x),
            DTypeError,
            r"not shape \(10, 2\) float64; write leaks\(\{\"train\": x_tr",
        ),
        (lambda: leaks({"train": x}), ArgumentError, r"train is no two sets, .*duplicate_groups"),
        (lambda: leaks({}), ArgumentError, "none is no two sets"),
        (lambda: leaks({"a": x, "b": x[:, :1]}), ShapeError, r"examples of shape \(2,\) in a and"),
        (lambda: leaks({"a": x, "b": (x, x)}), ArgumentError, "give the same arrays of both"),
        (lambda: leaks({"a": x, "b": x.astype(str)}), DTypeError, "is float64 in a and <U32 in b"),
        (lambda: leaks({"a": x, "b": x}, digits=0), ArgumentError, "digits is at least 1, not 0"),
        (lambda: duplicate_groups(), ArgumentError, "no arrays were given"),
        (lambda: duplicate_groups(x, x[:3]), ShapeError, "one row for each example"),
    ]:
        with pytest.raises(error, match=message):
            call()


def test_keys_of_64_bits_are_found_again():
    """NumPy 2.0 refuses to look for some of them in a table."""
    empty = np.zeros((2, 0), bool)
    (leak,) = leaks({"train": empty, "dev": empty}).found
    assert leak.rows.tolist() == [0, 1]
