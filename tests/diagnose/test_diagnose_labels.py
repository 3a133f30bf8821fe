"""Suspicious labels against the definition, and corrections of both sets or of none."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.diagnose.array_arguments import class_numbers
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError

suspicious_labels = tg.diagnose.suspicious_labels
apply_corrections = tg.diagnose.apply_corrections


def by_definition(p, labels):
    """The off-diagonal of the confident joint, example by example, and its thresholds."""
    classes = range(len(p[0]))
    thresholds = []
    for k in classes:
        own = [row[k] for row, label in zip(p, labels, strict=True) if label == k]
        thresholds.append(sum(own) / len(own) if own else np.inf)
    found = []
    for i, (row, label) in enumerate(zip(p, labels, strict=True)):
        confident = [k for k in classes if row[k] >= thresholds[k] - 1e-12]
        if confident:
            guess = max(confident, key=lambda k: row[k])
            if guess != label:
                found.append((-(row[guess] - row[label]), i, guess))
    return [(i, guess) for _, i, guess in sorted(found)], thresholds


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(1, 30))
def test_it_is_the_definition(seed, classes, m):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(classes, 0.5), m)
    labels = rng.integers(0, classes, m)
    found = suspicious_labels(p, labels)
    expected, thresholds = by_definition(p.tolist(), labels.tolist())
    assert list(zip(found.indices.tolist(), found.suggested.tolist(), strict=True)) == expected
    assert np.allclose(found.thresholds, thresholds)
    assert np.array_equal(found.given, labels[found.indices])
    assert (np.diff(found.margin) <= 0).all()
    assert len(found) == len(expected) and found.total == m


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_probabilities_of_few_digits_are_taken_as_they_are(dtype):
    """Nothing is rounded again: sums of 4,000 of them are exact to double precision."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1], 4000).astype(dtype)
    labels = rng.integers(0, 2, 4000)
    found, wanted = (suspicious_labels(each, labels) for each in (p, p.astype(np.float64)))
    assert found.indices.tolist() == wanted.indices.tolist()
    assert found.margin.tolist() == wanted.margin.tolist()
    assert found.thresholds.tolist() == wanted.thresholds.tolist()


def test_wrong_labels_are_found_and_right_ones_left_alone():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 5, 2000)
    p = 0.9 * np.eye(5)[true] + 0.02
    labels = true.copy()
    wrong = rng.choice(2000, 60, replace=False)
    labels[wrong] = (true[wrong] + rng.integers(1, 5, 60)) % 5
    found = suspicious_labels(p, labels)
    assert set(found.indices.tolist()) == set(wrong.tolist())
    assert np.array_equal(found.suggested, true[found.indices])


def test_a_class_of_which_the_model_is_less_sure_is_not_held_against_its_examples():
    # Of class 1 the model never says more than 0.45; argmax would call all of them wrong.
    p = np.array([[0.9, 0.1]] * 6 + [[0.55, 0.45]] * 4)
    labels = np.array([0] * 6 + [1] * 4)
    assert (p.argmax(1) != labels).sum() == 4
    assert len(suspicious_labels(p, labels)) == 0
    assert suspicious_labels(p, labels).verdict == "none of 10 labels is suspicious"
    # An example that looks like class 0 through and through is suspicious still.
    p[9] = [0.95, 0.05]
    found = suspicious_labels(p, labels)
    assert found.indices.tolist() == [9] and found.suggested.tolist() == [0]


def test_two_classes_need_one_column_only():
    rng = np.random.default_rng(1)
    p, labels = rng.random(50), rng.integers(0, 2, 50)
    one = suspicious_labels(p, labels)
    two = suspicious_labels(np.stack([1 - p, p], 1), labels)
    assert np.array_equal(one.indices, two.indices)
    assert np.allclose(one.margin, two.margin)


def test_named_classes_come_back_as_names():
    p = [[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.2, 0.8]]
    found = suspicious_labels(p, ["cat", "cat", "dog", "dog"], classes=["cat", "dog"])
    assert found.given.tolist() == ["dog"] and found.suggested.tolist() == ["cat"]
    assert found.corrections([2]) == {2: "cat"}
    assert found.corrections([]) == {}
    with pytest.raises(ArgumentError, match="example 1 is not among the suspicious ones; write"):
        found.corrections([1])
    with pytest.raises(ArgumentError, match=r"example '2' is not .* as in \{'2': ...\}"):
        found.corrections("2")


def test_a_class_without_examples_is_never_suggested():
    found = suspicious_labels([[0.1, 0.1, 0.8], [0.2, 0.1, 0.7]], [0, 1])
    assert found.thresholds[2] == np.inf
    assert 2 not in found.suggested


def test_what_is_found_prints_the_first_and_counts_the_rest():
    p = np.tile([[0.9, 0.1], [0.1, 0.9]], (60, 1))
    labels = np.tile([0, 1], 60)
    labels[:50] = 1 - labels[:50]
    found = suspicious_labels(p, labels)
    assert len(found) == 50
    assert "… and 30 more" in str(found)
    assert str(found).endswith("50 of 120 labels are suspicious (41.7 %); look at each of them")
    assert found._repr_html_().count("<tr>") == 21


def test_hostile_names_are_text():
    p = [[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.2, 0.8]]
    names = ["<b>", "</script>"]
    found = suspicious_labels(p, [names[k] for k in (0, 0, 1, 1)], classes=names)
    assert "<b>" not in found._repr_html_() and "&lt;b&gt;" in found._repr_html_()


# ------------------------------------------------------------------------------------ corrections


@given(st.data())
def test_both_sets_are_corrected_and_the_given_ones_left_alone(data):
    each = st.lists(st.integers(0, 3), min_size=1, max_size=10)
    sets = {name: np.array(data.draw(each)) for name in ("dev", "test")}
    fixes = {
        name: data.draw(st.dictionaries(st.integers(0, len(labels) - 1), st.integers(0, 3)))
        for name, labels in sets.items()
    }
    before = {name: labels.copy() for name, labels in sets.items()}
    for labels in sets.values():
        labels.flags.writeable = False
    found = apply_corrections(
        dev=(sets["dev"], fixes["dev"]), test=(sets["test"], fixes["test"]), classes=range(4)
    )
    for name in sets:
        corrected = getattr(found, name)
        assert np.array_equal(sets[name], before[name])
        assert corrected.dtype == sets[name].dtype
        for i, label in enumerate(before[name]):
            assert corrected[i] == fixes[name].get(i, label)


def test_a_longer_name_fits():
    found = apply_corrections(dev=(["ant", "bee"], {0: "beetle"}), test=(["beetle"], {}))
    assert found.dev.tolist() == ["beetle", "bee"]
    assert found.test.tolist() == ["beetle"]


REASON = "was not corrected: with other labels than {0}, {1} would no longer come from the same"
REASON += " distribution; look through"


@pytest.mark.parametrize("missing", [None, ([0, 1], None)])
@pytest.mark.parametrize("name", ["dev", "test"])
def test_one_set_alone_is_refused_with_the_reason(name, missing):
    sets = {"dev": ([0, 1], {0: 1}), "test": ([0, 1], {0: 1}), name: missing}
    reason = REASON.format(name, "test" if name == "dev" else "dev")
    with pytest.raises(ArgumentError, match=f"refused, as the {name} set {reason} the {name} set"):
        apply_corrections(**sets)
    if missing is None:
        del sets[name]
        with pytest.raises(ArgumentError, match=f"refused, as the {name} set {reason}"):
            apply_corrections(**sets)


OK = ([0, 1], {})
BAD = [
    (([0, 1], {2: 0}), AxisError, "dev has no example 2; its 2 examples are 0 … 1"),
    (([0, 1], {-1: 0}), AxisError, "dev has no example -1"),
    (([0, 1], {True: 0}), AxisError, "dev has no example True"),
    (([0, 1], {"0": 0}), AxisError, "dev has no example '0'"),
    (([0, 1], {0: 5}), ArgumentError, r"5 for dev\[0\] is not among .*; write classes=\[...\]"),
    (([0, 1], {0: "1"}), ArgumentError, r"'1' for dev\[0\] is not among the classes 0, 1"),
    (
        ([0, 1], [1, 1]),
        DTypeError,
        r"dev must be a pair, .* write dev=\(labels, \{index: class\}\)",
    ),
    ([0, 1], DTypeError, "dev must be a pair"),
    (([], {}), ArgumentError, "dev are empty"),
    (([[0, 1]] * 2, {}), ShapeError, "dev must be one class for each example"),
    ((["a"], {}), DTypeError, "dev are strings, test are not"),
]


@pytest.mark.parametrize(("dev", "kind", "message"), BAD, ids=str)
def test_bad_corrections_are_refused_with_the_fix(dev, kind, message):
    with pytest.raises(kind, match=f"^apply_corrections: .*{message}"):
        apply_corrections(dev=dev, test=OK)


def test_given_classes_are_all_there_are():
    with pytest.raises(ArgumentError, match=r"is not among the classes 0, 1, 2$"):
        apply_corrections(dev=([0, 1], {0: 3}), test=OK, classes=[0, 1, 2])


def test_numbers_of_classes_count_however_many_bits_they_have():
    assert class_numbers("f", np.array([0, 1], np.uint8), 2).dtype == np.int64
