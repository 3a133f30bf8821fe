"""What findings say in a terminal and in a notebook, as it was looked at; see ``golden/printed``.

What has changed is to be read, and then put in the old one's place: ``python -m`` this module.
"""

from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tests.display.charts import words

GOLDEN = Path(__file__).parent / "golden" / "printed.txt"
D, data = tg.diagnose, tg.data
P = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.125, 0.875], [1, 0], [0.0625, 0.9375]])
TRUE = [0, 1, 0, 0, 1, 1]
NAMES = ["<no>", "yes"]
NAMED = [NAMES[k] for k in TRUE]
FAR = np.arange(40.0)


def rows(features):
    return np.arange(6.0 * features).reshape(6, features) / 7


def tags(**more):
    return D.error_table(
        ["1.png", "<2>.png", "3.png", "4.png"],
        {"blurry": [1, 1, 0, 1], "dog": [0, 1, 0, 0], "none": [0, 0, 0, 0]}, **more,
    )  # fmt: skip


def sets(shared):
    first, second, third = (np.arange(8.0).reshape(4, 2) + 10 * k for k in range(3))
    second[:shared] = first[:shared]
    return {"train": first, "dev": second, "test": third}


FINDINGS = {
    "calibration": lambda: D.calibration(P, TRUE, bins=4),
    "calibration, weighted": lambda: D.calibration(
        P, TRUE, bins=2, sample_weight=[1, 2, 0.5, 1, 1, 1]
    ),
    "confusion": lambda: D.confusion_matrix([0, 1, 1, 10], [0, 1, 10, 10]),
    "confusion, weighted": lambda: D.confusion_matrix(
        ["a", "b"], ["b", "b"], sample_weight=[0.5, 2]
    ),
    "error table": lambda: tags(error=0.1, effort={"blurry": 2, "dog": 1, "none": 3}),
    "error table, plain": lambda: tags(),
    "error table, no tags": lambda: D.error_table(["1", "2"], {"blurry": [0, 0]}),
    "ladder": lambda: D.ladder(human=0.01, train=0.02, dev=0.12, test=0.16, sizes={"dev": 900}),
    "ladder, noise": lambda: D.ladder(
        human=0.1, train=0.11, dev=0.12, sizes={"dev": 50, "train": 60}
    ),
    "ladder, falling": lambda: D.ladder(human=0.5, train=0.25, dev=0.25),
    "ladder, below": lambda: D.ladder(human=0.01, train=0.1, dev=0.02),
    "wrong, few columns": lambda: D.misclassified(P, TRUE, rows(2)),
    "wrong, ten columns": lambda: D.misclassified(P, TRUE, rows(10)),
    "wrong, twelve columns": lambda: D.misclassified(P, NAMED, rows(12), classes=NAMES),
    "wrong, many": lambda: D.misclassified(
        np.tile(P, (10, 1)), TRUE * 10, np.tile(rows(1), (10, 1))
    ),
    "wrong, none": lambda: D.misclassified(P[:1], TRUE[:1], rows(2)[:1]),
    "selection": lambda: D.select(
        {"a": {"f1": 0.5, "ms": 80}, "b": {"f1": 0.75, "ms": 95}, "c": {"f1": 0.9, "ms": 150}},
        optimize=("max", "f1"), satisfy={"ms": ("<=", 100)},
    ),
    "selection, none": lambda: D.select(
        [{"f1": 0.5, "ms": 180}, {"f1": 0.75, "ms": 195}],
        optimize=("max", "f1"), satisfy={"ms": ("<=", 100), "f1": (">", 0.6)},
    ),
    "labels": lambda: D.suspicious_labels(P, TRUE),
    "labels, many": lambda: D.suspicious_labels(np.tile(P, (20, 1)), NAMED * 20, classes=NAMES),
    "labels, none": lambda: D.suspicious_labels(P[:1], TRUE[:1]),
    "alike": lambda: data.alike({"x": FAR, "kind": FAR < 20}, {"x": FAR[::-1], "kind": FAR < 20}),
    "not alike": lambda: data.alike({"x": FAR, "kind": FAR < 20}, {"x": FAR + 30, "kind": FAR < 0}),
    "leaks": lambda: data.leaks(sets(3)),
    "no leaks": lambda: data.leaks(sets(0)),
    "split": lambda: data.split(np.arange(3000), seed=1),
    "split by target": lambda: data.split_by_target(np.arange(3000), np.arange(2000)),
    "synthesis": lambda: data.synthesize(np.ones((2, 4)), np.ones((3, 4)), 6, weight=0.5),
}  # fmt: skip


def told(found):
    """Return what is printed, and the words and cells of the page, without pictures."""
    page = getattr(found, "_repr_html_", found.__str__)()
    return f"{found}\n---\n{words(page)}"


@pytest.fixture(scope="module")
def golden():
    parts = GOLDEN.read_text("utf-8").split("\n=== ")[1:]
    return dict(part.split(" ===\n", 1) for part in parts)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_finding_is_told_as_it_was_looked_at(name, golden):
    assert told(FINDINGS[name]()) == golden[name].removesuffix("\n")


def test_nothing_is_kept_of_what_is_no_longer_told(golden):
    assert golden.keys() == FINDINGS.keys()


if __name__ == "__main__":
    texts = [f"\n=== {name} ===\n{told(found())}\n" for name, found in FINDINGS.items()]
    GOLDEN.write_text("".join(texts), encoding="utf-8")
