"""What ``tg.judge`` says of mistakes that somebody planted who did not know how it looks for them.

``python -m tests.teacher.test_judge_of_bank`` judges all of them, which takes some minutes, and
says of how many it names the mistake. Here are some of each chapter.
"""

import threading
from collections import Counter

import numpy as np
import pytest

import tensorgraph as tg
from tests.teacher.hand_written import MISTAKES, RIGHT

SAYS = {
    "factor": "factor|mean for sum|sum for mean|missing factor|regularisation",
    "sign": "sign",
    "transpose": "transpose|shape",
    "sum": "missing sum",
    "mean": "missing sum|sum for mean",
    "axis": "wrong axis",
    "keepdims": "shape",
    "shape": "shape",
    "padding": "shape",
    "mask": "missing mask",
    "wrong mask": "wrong mask|missing mask|wrong value|wrong layer",
    "derivative": "missing derivative|wrong derivative",
    "extra derivative": "extra derivative",
    "wrong derivative": "wrong derivative|wrong value",
    "value": "wrong value|wrong layer|missing term|wrong mask|overwritten",
    "gradient": "wrong layer|missing factor|missing mask|missing derivative",
    "regularisation": "regularisation",
    "regularised": "regularisation",
    "cross terms": "cross terms",
    "some elements": "entries",
    "overwritten": "overwritten",
    "steps": "overwritten|missing path",
    "part": "factor|missing path|missing term|overwritten",
    "term": "missing term|wrong value|regularisation",
    "left out": "entries|missing term",
    "product": "missing sum",
    "flip": "transpose|wrong value",
    "zero": "missing path|wrong mask",
}
"""Which kinds of the bank each kind of the judge's may be."""


def judged(attempt, seed=0, dtype="float64"):
    """Judge as a student does, with the names of the network and no others."""
    made = attempt.problem(seed, dtype)
    data, _ = attempt.network.data(np.random.default_rng(seed))
    names = {**made.values, **data, **made.tensors, "loss": made.loss, "grads": made.gradients}
    names["tg"] = tg
    code = compile("found = tg.judge(loss, grads)", "<student>", "exec")
    thread = threading.Thread(target=exec, args=(code, names))
    thread.start()
    thread.join()
    return names["found"]


def verdict(attempt):
    """Return whether a mistake was named, named wrongly, or not explained."""
    wrong = judged(attempt).wrong
    if not wrong:
        return "named" if "rounding" in attempt.kinds else "missed"
    first = wrong[0]
    there = first.key in attempt.first
    if first.verdict == "unexplained":
        return "unexplained, as it is" if not attempt.explainable and there else "unexplained"
    named = there and {*SAYS.get(first.kind, "").split("|")} & {*attempt.kinds}
    return "named" if named else "named otherwise"


@pytest.mark.parametrize("attempt", MISTAKES[::24], ids=str)
def test_mistakes_are_named_rightly(attempt):
    assert verdict(attempt) in ("named", "unexplained, as it is")


@pytest.mark.parametrize("attempt", RIGHT[::10], ids=str)
def test_what_is_right_is_accepted_however_it_is_written(attempt):
    assert judged(attempt)


if __name__ == "__main__":
    print(Counter(map(verdict, MISTAKES)), f"right: {sum(map(bool, map(judged, RIGHT)))}")
