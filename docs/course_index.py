"""Week and term of the course, the functions for it, and the guide: one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.public_names import documented
from docs.rst import heading, table

WEEKS = {
    "1.2": "Course 1, week 2: basics of neural network programming",
    "1.3": "Course 1, week 3: shallow neural networks",
    "1.4": "Course 1, week 4: deep neural networks",
    "2.1": "Course 2, week 1: practical aspects of deep learning",
    "2.2": "Course 2, week 2: optimization algorithms",
    "2.3": "Course 2, week 3: hyperparameter tuning, batch normalization, softmax",
    "3.1": "Course 3, week 1: strategy: goals, metrics, human-level performance",
    "3.2": "Course 3, week 2: strategy: error analysis, mismatched data, transfer",
}

TERMS = {
    "1.2": """
    binary classification: nn.losses.binary_cross_entropy_with_logits
    logistic regression: sigmoid nn.losses.binary_cross_entropy
    sigmoid, logistic function: sigmoid nn.Sigmoid
    loss, cost function: nn.losses.binary_cross_entropy
    cross-entropy: nn.losses.binary_cross_entropy sigmoid_cross_entropy
    gradient descent: optim.SGD Tensor.assign
    learning rate: optim.SGD train.lr_range_test
    derivatives: grad derive
    computation graph: render trace
    backward pass: Tensor.backward backward
    chain rule: derive
    vectorization: matmul
    broadcasting: broadcast_to
    keepdims, rank-1 arrays: sum Tensor.reshape
    sum over the samples: sum mean
    """,
    "1.3": """
    hidden layer: nn.Linear nn.Sequential
    activation function: nn.Activation
    tanh, hyperbolic tangent: tanh nn.Tanh
    ReLU, rectified linear unit: relu nn.ReLU
    leaky ReLU: leaky_relu nn.LeakyReLU
    derivatives of activations: derive
    backpropagation: Tensor.backward derive
    dZ = A − Y: derive
    cache, saved values: render
    random initialization: nn.init.normal random.seed
    symmetry breaking: nn.init.normal
    decision boundary: diagnose.decision_boundary
    planar data, flower, moons: data.toy.flower data.toy.moons
    """,
    "1.4": """
    deep network, L layers: nn.Sequential nn.ModuleList
    forward propagation: nn.Module
    matrix dimensions: nn.Linear errors.ShapeError
    parameters: nn.Module.parameters nn.Module.named_parameters
    hyperparameters: train.search
    cost curve: train.History
    update of parameters: optim.SGD optim.Optimizer.step
    saving a model: train.save train.load
    """,
    "2.1": """
    train/dev/test sets: data.split
    bias and variance: diagnose.ladder
    basic recipe: diagnose.ladder
    L2 regularization: nn.l2_penalty optim.SGD optim.decay_groups
    weight decay: optim.AdamW optim.decay_groups
    L1 regularization: nn.l1_penalty
    Frobenius norm: norm
    dropout, inverted dropout: nn.Dropout dropout
    keep_prob: nn.Dropout
    data augmentation: data.augment.compose data.augment.flip
    early stopping: train.EarlyStopping
    normalizing inputs: data.Normalize
    vanishing gradients, exploding gradients: nn.Watch optim.clip_by_global_norm
    gradient clipping: optim.clip_by_global_norm optim.clip_by_value
    activations by initialization: diagnose.activation_histograms
    He initialization: nn.init.he_normal nn.init.he_uniform
    Xavier initialization, Glorot initialization: nn.init.xavier_normal nn.init.glorot_uniform
    numerical gradients: testing.gradcheck
    gradient checking, grad check: testing.gradcheck testing.check_op
    """,
    "2.2": """
    mini-batch gradient descent: data.Batches train.fit
    epoch, shuffling: data.Batches
    stochastic gradient descent: optim.SGD
    exponentially weighted average, EWMA, moving average: optim.EWMAMomentum
    bias correction: optim.EWMAMomentum optim.Adam
    momentum: optim.EWMAMomentum optim.HeavyBall optim.Nesterov
    RMSprop: optim.RMSprop
    paths of optimizers, ravine: optim.descent_paths
    Adam: optim.Adam update_rule
    learning rate decay: optim.schedules.inverse_time optim.schedules.exponential
    staircase decay: optim.schedules.staircase
    decay by hand: optim.schedules.Manual
    cosine schedule, warmup: optim.schedules.cosine optim.schedules.warmup
    warm restarts, cyclic rates: optim.schedules.cosine_restarts optim.schedules.cyclic
    local optima, plateaus: optim.Adam diagnose.cost_surface optim.schedules.Plateau
    Polyak averaging, average of weights: optim.EMA optim.ScheduleFreeSGD
    """,
    "2.3": """
    hyperparameter tuning: train.search
    random search, grid search: train.search train.Space
    logarithmic scale: train.log_uniform
    1 − β on a logarithmic scale: train.one_minus_log_uniform
    coarse to fine: train.search train.Search
    batch normalization: nn.BatchNorm
    gamma and beta: nn.BatchNorm affine
    running averages at test time: nn.BatchNorm nn.Module.eval
    covariate shift: nn.BatchNorm
    layer normalization: nn.LayerNorm
    multi-class classification: nn.losses.cross_entropy
    softmax: softmax nn.Softmax
    one-hot labels: one_hot
    cross-entropy of softmax: nn.losses.cross_entropy softmax_cross_entropy
    dZ = softmax − labels: derive assume
    """,
    "3.1": """
    orthogonalization: diagnose.ladder
    single number metric: diagnose.f1 diagnose.f_beta
    precision and recall: diagnose.precision diagnose.recall
    optimizing and satisficing: diagnose.select
    dev and test distributions: data.split_by_target data.alike
    size of the test set: diagnose.error_table
    changing the metric, weights of examples: nn.losses.cross_entropy
    human-level performance: diagnose.ladder
    Bayes error, avoidable bias: diagnose.ladder
    duplicates, leaks between sets: data.leaks data.duplicate_groups
    """,
    "3.2": """
    error analysis: diagnose.misclassified diagnose.error_table
    incorrectly labeled data: diagnose.suspicious_labels diagnose.apply_corrections
    confusion matrix: diagnose.confusion_matrix
    build the first system quickly: train.overfit_one_batch train.fit
    mismatched training and dev sets: data.split_by_target
    train-dev set: data.split_by_target
    data mismatch: diagnose.ladder
    artificial data synthesis: data.synthesize
    transfer learning: nn.load_matching nn.load_foreign nn.freeze nn.replace_head nn.transfer_advice
    fine-tuning: nn.unfreeze optim.path_groups
    multi-task learning: nn.MultiTask nn.losses.multi_label
    missing labels: data.Tags nn.losses.multi_label
    end-to-end learning: nn.Sequential
    learning curve: train.learning_curve
    """,
}
"""By week: terms, a colon, and where they are found: names in ``tg``."""


@dataclass(frozen=True)
class Term:
    """A term of the course, and what it leads to."""

    week: str
    words: tuple[str, ...]
    """The term and its synonyms."""
    targets: tuple[str, ...]
    """Full names of what is for it."""


def terms() -> Iterator[Term]:
    """Return the rows of the table."""
    for week, text in TERMS.items():
        for line in text.strip().splitlines():
            words, _, targets = line.strip().partition(":")
            found = (f"tensorgraph.{name}" for name in targets.split())
            yield Term(week, tuple(word.strip() for word in words.split(",")), tuple(found))


def guides_of(week: str, guides: dict[str, Path]) -> dict[str, Path]:
    """Return the guides for a week: files begin with its number, or that of the course alone."""
    return {page: script for page, script in guides.items() if _is_for(script.name, week)}


def _is_for(name: str, week: str) -> bool:
    numbers = re.match(r"(\d)_(?:(\d)_)?", name)
    course, _, number = week.partition(".")
    return numbers is not None and numbers[1] == course and numbers[2] in (None, number)


def guides_for(term: Term, guides: dict[str, Path]) -> list[str]:
    """Return the pages of a term's week that say it; if none does, all of them."""
    of_week = guides_of(term.week, guides)
    spelt = [_spelling(word) for word in term.words]
    saying = [
        page
        for page, script in of_week.items()
        if any(word in _spelling(script.read_text("utf-8")) for word in spelt)
    ]
    return saying or list(of_week)


def _spelling(text: str) -> str:
    """Return text as Americans write it, in small letters."""
    return re.sub(r"is(?=ation|e[ds]?\b|ing\b)", "iz", text.casefold())


def words_for(page: str, guides: dict[str, Path]) -> list[str]:
    """Return what a search is to find a guide by, besides its own text."""
    return [word for t in terms() if page in guides_for(t, guides) for word in t.words]


def page(guides: dict[str, Path]) -> str:
    """Return the index, where each term leads to functions and to its guide."""
    parts = [
        heading("The course: terms, functions, guides", label="course-index"),
        "The material is the Deep Learning Specialization's first three courses. Find a week or a"
        " term: the functions lead to the reference, the guide shows them at work.\n\n",
    ]
    for week, title in WEEKS.items():
        rows = [
            (", ".join(t.words), _links(t.targets), _pages(guides_for(t, guides)))
            for t in terms()
            if t.week == week
        ]
        parts.append(heading(title, "-", label=f"week-{week}"))
        parts.append(table(rows, ("term", "functions", "guide"), "30 42 28"))
    return "".join(parts)


def _pages(pages: list[str]) -> str:
    return ", ".join(f":doc:`/{page}`" for page in pages) or "–"


def _links(targets: tuple[str, ...]) -> str:
    return ", ".join(
        f":py:obj:`{target.replace('tensorgraph', 'tg', 1)} <{target}>`" for target in targets
    )


def missing() -> list[str]:
    """Return the targets that the reference does not have."""
    known = documented()
    classes = {name: thing for name, thing in known.items() if isinstance(thing, type)}
    members = {f"{name}.{m}" for name, thing in classes.items() for m in dir(thing)}
    there = {*known, *members}
    return [target for term in terms() for target in term.targets if target not in there]
