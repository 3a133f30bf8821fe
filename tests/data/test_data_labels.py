"""Labels as numbers and back: classes, one-hot, tags of which some are missing."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.data import Classes, Tags, from_one_hot
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError

NAMES = st.lists(st.one_of(st.text(max_size=4)), min_size=1, max_size=6, unique=True)

# ------------------------------------------------------------------------------------ classes


@given(NAMES.flatmap(lambda names: st.tuples(st.just(names), st.lists(st.sampled_from(names)))))
def test_classes_there_and_back(case):
    names, labels = case
    classes = Classes(names)
    numbers = classes.encode(labels)
    assert numbers.dtype == np.int64 and [names[k] for k in numbers] == labels
    assert classes.decode(numbers) == labels
    hot = classes.one_hot(labels)
    assert hot.shape == (len(labels), len(names)) and hot.dtype == np.float32
    assert np.array_equal(from_one_hot(hot), numbers)
    assert np.array_equal(tg.one_hot(numbers, num_classes=len(names)), hot)


def test_classes_that_occur():
    assert Classes.of(["b", "a", "b"]).names == ["a", "b"]
    assert Classes.of(np.array([7, 3, 7])).names == [3, 7]
    assert Classes.of(np.array([7, 3, 7])).encode([3, 7]).tolist() == [0, 1]
    assert len(Classes.of([True, False])) == 2
    assert repr(Classes(["b", "a"])) == "Classes('b', 'a')"


def test_unknown_classes():
    classes = Classes(["cat", "dog"])
    with pytest.raises(
        ArgumentError, match=r"'cta' at index 1 is unknown; known are.*mean 'cat'\?"
    ):
        classes.encode(["dog", "cta"])
    with pytest.raises(ArgumentError, match=r"'3' at index 0 is unknown.*did you mean 3\?$"):
        Classes.of([1, 2, 3]).encode(["3"])
    with pytest.raises(ArgumentError, match=r"11 at index 0 is unknown; known are 1, 2, 3$"):
        Classes.of([1, 2, 3]).encode([11])
    with pytest.raises(ArgumentError, match=r"3 at index 0 is unknown; known are 'cat', 'dog'$"):
        classes.one_hot([3])
    with pytest.raises(AxisError, match=r"number 2 at index 1 is not one of the 2 classes 0 … 1"):
        classes.decode([0, 2])
    with pytest.raises(AxisError, match="number -1 at index 0"):
        classes.decode([-1])


def test_wrong_labels():
    for call, error, message in [
        (lambda: Classes.of(["a", None]), ArgumentError, "1 of 2 values is None or NaN.*index 1"),
        (lambda: Classes.of(["a", np.nan]), ArgumentError, "1 of 2 values is None or NaN.*index 1"),
        (lambda: Classes.of([np.nan, 1.0]), ArgumentError, "1 of 2 values is None or NaN.*index 0"),
        (lambda: Classes.of(["a", 1]), DTypeError, "several types have no order"),
        (lambda: Classes.of([]), ArgumentError, "there are no names"),
        (lambda: Classes.of([["a", "b"]] * 2), ShapeError, r"for each.*\(2, 2\).*from_one_hot"),
        (lambda: Classes(["a", "b", "a"]), ArgumentError, "'a' is there twice"),
        (lambda: Classes("ab"), DTypeError, r"names are a list, not 'ab'; write \['ab'\]"),
        (lambda: Classes(["a"]).decode([[0.9]]), DTypeError, r"write .argmax\(axis=-1\)"),
    ]:
        with pytest.raises(error, match=message):
            call()


# ------------------------------------------------------------------------------------- one-hot


@given(st.integers(1, 5), st.lists(st.integers(0, 4)), st.sampled_from([0, -1, 1]))
def test_one_hot_there_and_back(count, labels, axis):
    labels = np.array([label % count for label in labels], np.int64)
    hot = tg.one_hot(labels, num_classes=count, axis=axis)
    assert np.array_equal(from_one_hot(hot, axis), labels)
    assert np.array_equal(from_one_hot(tg.asarray(hot), axis), labels)


def test_what_is_not_one_hot():
    good = np.eye(3)
    for bad in (0.0, 0.5, np.nan):
        y = good.copy()
        y[1, 1] = bad
        with pytest.raises(
            ArgumentError, match=r"example 1 does not have one 1.*argmax\(axis=-1\)"
        ):
            from_one_hot(y)
    y = good.copy()
    y[2, 0] = 1
    with pytest.raises(ArgumentError, match="example 2"):
        from_one_hot(y)
    y[2] = [0, 0.25, 1]
    with pytest.raises(ArgumentError, match=r"example 2 .*argmax\(axis=0\)"):
        from_one_hot(y.T, axis=0)
    with pytest.raises(ArgumentError, match=r"example \(0, 1\)"):
        from_one_hot([[[0, 1], [0, 0]]])
    with pytest.raises(AxisError, match=r"axis 2 of an array of shape \(3, 3\)"):
        from_one_hot(good, axis=2)


# ---------------------------------------------------------------------------------------- tags


@st.composite
def tagged(draw):
    names = draw(NAMES)
    tags = st.lists(st.sampled_from(names), unique=True).map(
        lambda found: [name for name in names if name in found]
    )
    known = st.dictionaries(
        st.sampled_from(names), st.booleans(), min_size=1, max_size=len(names) - 1
    )
    example = st.one_of(tags, st.none(), known) if len(names) > 1 else st.one_of(tags, st.none())
    return names, draw(st.lists(example, max_size=6))


@given(tagged())
def test_tags_there_and_back(case):
    names, examples = case
    y = Tags(names).encode(examples)
    assert y.shape == (len(examples), len(names)) and y.dtype == np.float32
    assert Tags(names).decode(y) == examples
    for row, tags in zip(y, examples, strict=True):
        for value, name in zip(row, names, strict=True):
            if tags is None or (isinstance(tags, dict) and name not in tags):
                assert np.isnan(value)
            else:
                assert value == (tags[name] if isinstance(tags, dict) else name in tags)


def test_tags_that_occur():
    assert Tags.of([["b"], None, {"a": False}, {"c"}]).names == ["a", "b", "c"]
    with pytest.raises(ArgumentError, match="there are no names"):
        Tags.of([None, []])
    with pytest.raises(DTypeError, match="several types have no order"):
        Tags.of([["a", 1]])


def test_missing_tags_do_not_count_in_the_cost():
    tags = Tags(["car", "sign"])
    logits = np.array([[2.0, -1.0], [0.5, 3.0]])
    y = tags.encode([{"car": True}, ["sign"]])
    cost = tg.nn.losses.multi_label(tg.tensor(logits), y)
    losses = [np.log1p(np.exp(-2.0)), np.log1p(np.exp(0.5)), np.log1p(np.exp(-3.0))]
    assert cost.item() == pytest.approx(np.mean(losses), rel=1e-5)


def test_predictions_above_a_threshold():
    assert Tags(["a", "b"]).decode(np.array([[0.9, 0.2]]) > 0.5) == [["a"]]


def test_a_matrix_of_names_holds_no_tags():
    with pytest.raises(DTypeError, match="holds 0, 1 and NaN, not <U1"):
        Tags(["a", "b"]).decode([["a", "b"]])


def test_wrong_tags():
    tags = Tags(["car", "sign"])
    for call, error, message in [
        (lambda: tags.encode([["car"], ["cra"]]), ArgumentError, "'cra' at example 1 .*'car'"),
        (lambda: tags.encode(["car"]), DTypeError, r"of example 0 are a list, .*write \['car'\]"),
        (lambda: tags.encode([3]), DTypeError, "are a list, a dict or None, not 3"),
        (lambda: tags.encode([{"car": 2}]), ArgumentError, "'car' of example 0 is True or False"),
        (lambda: tags.encode([{"car": None}]), ArgumentError, "leave it out where nobody knows"),
        (lambda: tags.decode([[0.7, 1]]), ArgumentError, r"0.7 at \[0, 0\] is not.*> 0.5"),
        (lambda: tags.decode([[1, 0, 0]]), ShapeError, r"each of the 2 tags, not shape \(1, 3\)"),
    ]:
        with pytest.raises(error, match=message):
            call()


def test_dates_and_durations_are_no_one_hot_coding():
    for dtype in ("m8[s]", "M8[D]"):
        with pytest.raises(tg.errors.DTypeError, match=r"y holds (dates|durations)"):
            tg.data.from_one_hot(np.zeros((2, 2), dtype))
