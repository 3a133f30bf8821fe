"""Remedies for each step of the ladder, and what a step below 0 means."""

from __future__ import annotations

AVOIDABLE_BIAS = "avoidable bias"
VARIANCE = "variance"
DATA_MISMATCH = "data mismatch"
OVERFITTING_TO_DEV = "overfitting to dev"

REMEDIES: dict[str, tuple[str, ...]] = {
    AVOIDABLE_BIAS: (
        "train a bigger network",
        "train longer, or with a better optimizer (momentum, RMSprop, Adam)",
        "search for another architecture or better hyperparameters",
    ),
    VARIANCE: (
        "get more training data",
        "regularise: L2, dropout, data augmentation",
        "search for another architecture or better hyperparameters",
    ),
    DATA_MISMATCH: (
        "look at errors by hand, to see how dev examples differ from training examples",
        "collect more training data that is like the dev set",
        "make training data more like it, by artificial synthesis from many distinct sources",
    ),
    OVERFITTING_TO_DEV: ("get a bigger dev set, or a new one",),
}
"""The knobs that turn one step and, as far as that goes, no other.

Deep Learning Specialization, course 3: week 1, "Orthogonalization" and "Improving your model
performance"; week 2, "Addressing data mismatch".
"""

BELOW_0: dict[str, str] = {
    AVOIDABLE_BIAS: (
        "training does better than humans, so human error no longer tells how good one can get"
    ),
    VARIANCE: (
        "unseen examples are no harder than training examples; was the training error measured"
        " with dropout or augmentation on?"
    ),
    DATA_MISMATCH: "dev examples are easier than training examples",
    OVERFITTING_TO_DEV: "the test set happens to be easier than the dev set",
}
"""What it means that a set further up the ladder has the lower error."""
