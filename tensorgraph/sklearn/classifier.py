"""``Classifier``: a model that predicts classes, as one of scikit-learn's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets

from tensorgraph.array_likes import columns_of, to_plain
from tensorgraph.data.aligned_arrays import refuse_missing
from tensorgraph.errors import ArgumentError, ShapeError, listing
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses import binary_cross_entropy_with_logits, cross_entropy
from tensorgraph.ops import log_sigmoid, log_softmax, sigmoid, softmax
from tensorgraph.optim import Adam
from tensorgraph.sklearn.estimator import Array, Estimator
from tensorgraph.sklearn.model_making import FUNCTION

__all__ = ["Classifier"]


class Classifier(ClassifierMixin, Estimator):  # scikit-learn wants mixins first
    """A model that predicts classes, as an estimator of scikit-learn.

    The model returns *logits*, one for each class; for two classes it may also return a single
    one, shape (m,) or (m, 1), which is that of the second class. The labels may be whatever
    scikit-learn takes, strings too; the loss is given their numbers.

    *Several classes at once, or none* (multilabel): ``y`` is a table of shape (m, k) with a column
    of 0 and 1 for each class, as ``MultiLabelBinarizer().fit_transform(sets)`` makes it. The model
    returns k logits, of which each has a sigmoid of its own; what is predicted is such a table,
    ``classes_`` are the numbers of its columns, and ``score`` counts the examples of which all is
    right. One-hot rows are such a table, too: ``y.argmax(axis=1)`` says that there is one for each.

    *A function or a class makes the model* for the data that ``fit`` is given: it is called with
    those of ``n_features_in_``, ``n_classes_`` and ``n_outputs_`` that it has parameters for, and
    with the parameters of the estimator that begin with ``model__``. Those of ``loss__``,
    ``optimizer__`` and ``train__`` go to the loss, the optimizer and :func:`tg.train.fit
    <tensorgraph.train.fit>`, such as ``optimizer__weight_decay=0.1`` or ``train__clip=1.0``. All of
    them can be searched over.

    *A module* is a model for data of one size. ``fit`` trains a copy, which begins with the weights
    that it has (of another training, perhaps), and ``clone`` copies it, as scikit-learn does with
    all that is no estimator.

    The same ``random_state`` gives the same weights: of it are drawn the first weights, the order
    of the examples, what is dropped, and what is held out. The generators of ``tg.random`` and, for
    an integer, of NumPy go on as if nothing had been drawn.

    Args:
        model: an ``nn.Module``, or a function or class that makes one.
        loss: a function of logits and targets; ``None`` for the cross-entropy, which is the binary
            one of a single logit and of several classes at once. Of several logits the target is
            the class's number, of a single one it is 0 or 1; of a table it is the row.
        optimizer: a class of ``tg.optim``, or a function of parameters and ``lr``.
        lr: the learning rate, or a schedule.
        epochs: how often all examples are seen.
        batch_size: examples in a mini-batch; ``None`` for all at once. A last one of a single
            example is left out of its epoch, as a batch norm could make nothing of it.
        early_stopping: hold out a part of the examples, with the classes in the same shares, and
            stop when its loss has not fallen for a while; the best weights return.
        validation_fraction: how large that part is.
        patience: how many epochs a while is.
        class_weight: how much the examples of each class count, ``{class: weight}``; or
            ``"balanced"``, for weights with which all classes count alike. Of several at once a
            list with a dict for each, whose weights are multiplied.
        callbacks: as for ``tg.train.fit``. They are copied with the estimator.
        warm_start: let ``fit`` go on with the model, its optimizer and its history as they are;
            with another ``lr``, if that is set meanwhile.
        random_state: an integer, a ``RandomState`` of NumPy, or ``None`` for its global one.
        verbose: print a line for each epoch.
        **settings: parameters of what it is made of, ``model__…``, ``loss__…``, ``optimizer__…``,
            ``train__…``.

    Attributes:
        classes_: the classes, sorted.
        n_classes_: how many there are.
        n_features_in_: how many features an example has.
        feature_names_in_: the frame's columns, where ``X`` was a frame.
        module_: the model, trained.
        optimizer_: what trained it.
        history_: what was measured after each epoch, a :class:`tg.train.History
            <tensorgraph.train.History>`.
        n_iter_: how many epochs there were.

    Raises:
        ArgumentError: a single class, a parameter that nobody takes.
        DTypeError: what is no model or no optimizer.
        ShapeError: a model whose outputs are not those of the classes; lists or sets of classes.
        ValueError: of scikit-learn, for data that are no numbers or do not fit together.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> from sklearn.model_selection import cross_val_score
        >>> def network(n_features_in_, n_classes_, width=8):
        ...     hidden = nn.Linear(n_features_in_, width)
        ...     return nn.Sequential(hidden, nn.Tanh(), nn.Linear(width, n_classes_))
        >>> X, y = tg.data.toy.moons(200)
        >>> colours = [("red", "blue")[label] for label in y]
        >>> classifier = tg.sklearn.Classifier(network, lr=0.05, epochs=30, random_state=0)
        >>> classifier.fit(X, colours).predict(X[:3]).dtype.kind
        'U'
        >>> bool(cross_val_score(classifier, X, colours, cv=2).mean() > 0.85)
        True
        >>> classifier.set_params(model__width=16).get_params()["model__width"]
        16
    """

    _numeric = False
    _several: bool
    """Whether an example may have several classes at once."""

    @with_leads
    def __init__(
        self,
        model: Any,
        *,
        loss: Any = None,
        optimizer: Any = Adam,
        lr: Any = 0.001,
        epochs: int = 100,
        batch_size: int | None = 64,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        class_weight: Any = None,
        callbacks: Any = (),
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(
            model, loss=loss, optimizer=optimizer, lr=lr, epochs=epochs, batch_size=batch_size,
            early_stopping=early_stopping, validation_fraction=validation_fraction,
            patience=patience, callbacks=callbacks, warm_start=warm_start,
            random_state=random_state, verbose=verbose, **settings,
        )  # fmt: skip
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go through some examples once, and return self; further ones may follow.

        Args:
            X: inputs with the examples along the first axis.
            y: their labels.
            classes: all classes that there will be; needed at the first call.
            sample_weight: how much each example counts.
        """
        if self.class_weight == "balanced":
            raise ArgumentError(
                "Classifier.partial_fit: class_weight='balanced' needs to know how often each class"
                " occurs in all examples; write class_weight={class: weight}"
            )
        _check_partial_fit_first_call(self, classes)
        go_on = self.__sklearn_is_fitted__()
        return self._train(X, y, sample_weight, go_on, True, 1, False)

    def predict(self, X: Any) -> Array:
        """Return the class of each example, one of ``classes_``; of several at once the table."""
        scores = self.decision_function(X)
        if self._several:
            return (scores > 0).astype(np.intp)
        chosen = scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0).astype(np.intp)
        labels: Array = self.classes_[chosen]
        return labels

    def predict_proba(self, X: Any) -> Array:
        """Return the probabilities of the classes, in their order, shape (m, n_classes_).

        It is the softmax of the logits, or the sigmoid of a single one; of several classes at once
        the sigmoid of each, and the probabilities are no parts of 1.
        """
        outputs = self._outputs(X)
        if self._several:
            each: Array = sigmoid(outputs)
            return each
        if not self._single:
            probabilities: Array = softmax(outputs, axis=1)
            return probabilities
        second = sigmoid(outputs.reshape(-1))
        return np.stack([1 - second, second], axis=1)

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of the probability of each class, exact also for tiny ones."""
        outputs = self._outputs(X)
        if self._several:
            each: Array = log_sigmoid(outputs)
            return each
        if self._single:
            second = outputs.reshape(-1, 1)
            outputs = np.concatenate([np.zeros_like(second), second], axis=1)
        logarithms: Array = log_softmax(outputs, axis=1)
        return logarithms

    def decision_function(self, X: Any) -> Array:
        """Return the logits, shape (m, n_classes_).

        For two classes it is how much the second's is above the first's, shape (m,).
        """
        outputs = self._outputs(X)
        if self._single:
            return outputs.reshape(-1)
        two = len(self.classes_) == 2 and not self._several
        return outputs[:, 1] - outputs[:, 0] if two else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    # ----------------------------------------------------------------------------- how it is fitted

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        if hasattr(y, "toarray"):
            y = y.toarray()  # of sparse rows
        if isinstance(y, (list, tuple)) or hasattr(y, "dtype") or columns_of(y):
            _refuse_lists(y)
            labels = to_plain(y, "Classifier: y")
            if labels.dtype.kind in "OT":  # of numbers scikit-learn tells
                refuse_missing(labels, "Classifier: y", "leave these examples out")
        return super()._validated(X, y, reset)

    def _is_table(self, y: Any) -> bool:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y, np.dtype(object)).shape
        return len(shape) == 2 and shape[1] != 1

    def _targets(self, y: Any, known: bool) -> Array:
        check_classification_targets(y)
        several = y.ndim == 2
        if known and getattr(self, "_several", several) != several:
            held = "a table of several" if several else "one class for each example"
            raise ArgumentError(f"Classifier: y holds {held}, and that of before did not")
        self._several = several
        if several:
            return self._table(y, known)
        if not known:
            self.classes_: Array = np.unique(y)
        self.n_classes_ = len(self.classes_)
        numbers: Array = np.searchsorted(self.classes_, y).clip(max=self.n_classes_ - 1)
        unknown = self.classes_[numbers] != y
        if unknown.any():
            raise ArgumentError(
                f"Classifier: y holds {spelt(np.unique(y[unknown]))}, which is none of its"
                f" classes, {spelt(self.classes_)}"
            )
        return numbers

    def _table(self, y: Array, known: bool) -> Array:
        """Return a table of several classes, after what is known of them was noted.

        Raises:
            ArgumentError: it has another number of classes than that of before.
            ShapeError: it holds something else than 0 and 1.
        """
        if not np.isin(y, (0, 1)).all():
            raise ShapeError(
                f"Classifier: y has shape {y.shape}, and such a table holds 0 and 1: which of"
                f" {y.shape[1]} classes an example has; columns of more classes are several tasks:"
                " write MultiOutputClassifier(Classifier(…))"
            )
        if not known:
            self.classes_ = np.arange(y.shape[1])
        self.n_classes_ = len(self.classes_)
        if y.shape[1] != self.n_classes_:
            raise ArgumentError(
                f"Classifier: y has shape {y.shape}, and there are {self.n_classes_} classes,"
                f" {spelt(self.classes_)}, of which each has a column"
            )
        return y

    def _weights(self, y: Any, X: Array, sample_weight: Any) -> Array | None:
        weights: Array | None = super()._weights(y, X, sample_weight)
        if self.class_weight is None:
            return weights
        of_classes: Array = compute_sample_weight(self.class_weight, y)
        if (of_classes < 0).any():
            raise ArgumentError(
                f"Classifier: class_weight holds a weight below 0: {of_classes.min():g}"
            )
        if weights is not None:
            of_classes = weights * of_classes
        return of_classes

    def _check_enough(self, targets: Array) -> None:
        if self._several:
            return
        if self.n_classes_ < 2 or len(targets) == 0:
            raise ArgumentError(
                f"Classifier: y holds 1 class, {self.classes_.tolist()[0]!r}, and there is nothing"
                " to tell apart; give examples of two classes or more"
            )

    def _sizes(self) -> dict[str, int]:
        return {
            "n_features_in_": self.n_features_in_,
            "n_classes_": self.n_classes_,
            "n_outputs_": self.n_classes_,
        }

    def _check_output(self, shape: tuple[int, ...]) -> None:
        two = self.n_classes_ == 2 and not self._several
        self._single = two and math.prod(shape) == 1 and len(shape) <= 1
        if not self._single and shape != (self.n_classes_,):
            raise ShapeError(
                f"Classifier: the model makes shape {(1, *shape)} of one example, and y has"
                f" {self.n_classes_} classes, {spelt(self.classes_)}, of which each has a"
                f" logit: shape (1, {self.n_classes_}); write {FUNCTION}"
            )

    def _default_loss(self) -> Callable[..., Any]:
        binary = self._single or self._several
        return binary_cross_entropy_with_logits if binary else cross_entropy

    def _shaped(self, targets: Array, dtype: np.dtype[Any]) -> Array:
        if self._single or self._several:
            return targets.astype(dtype).reshape(-1, *self._shape)
        return targets

    def _strata(self, targets: Array) -> Array | None:
        return None if self._several else targets


def _refuse_lists(y: Any) -> None:
    """Raise where the classes of an example are a set, or a list of any length.

    Raises:
        ShapeError: with the line that makes a table.
    """
    if not isinstance(y, (list, tuple)):
        return
    lists = [one for one in y if isinstance(one, (list, tuple))]
    if any(isinstance(one, (set, frozenset)) for one in y) or (
        lists and (len(lists) < len(y) or len(set(map(len, lists))) > 1 or _holds_text(lists))
    ):
        raise ShapeError(
            "Classifier: y is a list of lists or sets; of several classes at once it is a table"
            " with a column of 0 and 1 for each class: write"
            " MultiLabelBinarizer().fit_transform(y)"
        )


def _holds_text(lists: list[Any]) -> bool:
    return any(len(one) > 1 and isinstance(one[0], str) for one in lists)


def spelt(labels: Array) -> str:
    """Return labels as they are written in a program, the first of many."""
    return listing([repr(label) for label in labels.tolist()])
