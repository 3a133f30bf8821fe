"""``Regressor``: a model that predicts numbers, as one of scikit-learn's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from tensorgraph.array_likes import columns_of, text_in, to_plain
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.nn.losses import mse
from tensorgraph.sklearn.estimator import Array, Estimator
from tensorgraph.sklearn.model_making import FUNCTION

__all__ = ["Regressor"]


class Regressor(RegressorMixin, Estimator):  # scikit-learn wants mixins first
    """A model that predicts numbers, as an estimator of scikit-learn.

    One number for each example, ``y`` of shape (m,), or several, (m, k). The model returns as many;
    for one, its output may have shape (m,) or (m, 1). What it is made by, and where parameters such
    as ``model__width`` go, is said of :class:`Classifier`; a function that makes it may take
    ``n_features_in_`` and ``n_outputs_``.

    Weights are drawn for numbers around 1: targets of another size are best brought there,
    ``TransformedTargetRegressor(Regressor(…), transformer=StandardScaler())``.

    Args:
        model: an ``nn.Module``, or a function or class that makes one.
        loss: a function of outputs and targets, which have the same shape; ``None`` for the mean
            squared error.
        optimizer: a class of ``tg.optim``, or a function of parameters and ``lr``.
        lr: the learning rate, or a schedule.
        epochs: how often all examples are seen.
        batch_size: examples in a mini-batch; ``None`` for all at once. A last one of a single
            example is left out of its epoch, as a batch norm could make nothing of it.
        early_stopping: hold out a part of the examples, and stop when its loss has not fallen for a
            while; the best weights return.
        validation_fraction: how large that part is.
        patience: how many epochs a while is.
        callbacks: as for ``tg.train.fit``. They are copied with the estimator.
        warm_start: let ``fit`` go on with the model, its optimizer and its history as they are;
            with another ``lr``, if that is set meanwhile.
        random_state: an integer, a ``RandomState`` of NumPy, or ``None`` for its global one.
        verbose: print a line for each epoch.
        **settings: parameters of what it is made of, ``model__…``, ``loss__…``, ``optimizer__…``,
            ``train__…``.

    Attributes:
        n_outputs_: how many numbers are predicted of each example.
        n_features_in_: how many features an example has.
        feature_names_in_: the frame's columns, where ``X`` was a frame.
        module_: the model, trained.
        optimizer_: what trained it.
        history_: what was measured after each epoch, a :class:`tg.train.History
            <tensorgraph.train.History>`.
        n_iter_: how many epochs there were.

    Raises:
        ArgumentError: a parameter that nobody takes.
        DTypeError: what is no model or no optimizer.
        ShapeError: a model whose outputs are not those to be predicted.
        ValueError: of scikit-learn, for data that are no numbers or do not fit together.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> X = np.linspace(-1, 1, 50)[:, None]
        >>> def line(n_features_in_, n_outputs_):
        ...     return tg.nn.Linear(n_features_in_, n_outputs_)
        >>> regressor = tg.sklearn.Regressor(line, lr=0.1, epochs=50, random_state=0)
        >>> bool(regressor.fit(X, 3 * X[:, 0] + 1).score(X, 3 * X[:, 0] + 1) > 0.99)
        True
    """

    _numeric = True

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go through some examples once, and return self; further ones may follow.

        Args:
            X: inputs with the examples along the first axis.
            y: the numbers to be predicted.
            sample_weight: how much each example counts.
        """
        go_on = self.__sklearn_is_fitted__()
        return self._train(X, y, sample_weight, go_on, go_on, 1, False)

    def predict(self, X: Any) -> Array:
        """Return the predicted numbers, in the shape that ``y`` had for so many examples."""
        return self._outputs(X).reshape(-1, *self._each)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    # ----------------------------------------------------------------------------- how it is fitted

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        if isinstance(y, (list, tuple)) or hasattr(y, "dtype") or columns_of(y):
            text = text_in(to_plain(y, "Regressor: y"))
            if text is not None:
                raise DTypeError(
                    f"Regressor: y holds strings such as {text!r}; write Classifier(…), which"
                    " predicts classes, or y.astype(float) of numbers"
                )
        return super()._validated(X, y, reset)

    def _targets(self, y: Any, known: bool) -> Array:
        if y.ndim > 2:
            raise ShapeError(
                f"Regressor: y has shape {y.shape}; it holds one number for each example, shape"
                " (m,), or several, (m, k)"
            )
        if not known:
            self._each: tuple[int, ...] = y.shape[1:]
            self.n_outputs_ = math.prod(self._each)
        if y.shape[1:] != self._each:
            raise ArgumentError(
                f"Regressor: y has shape {y.shape}, and that of the examples before was"
                f" {('m', *self._each)}"
            )
        targets: Array = y
        return targets

    def _sizes(self) -> dict[str, int]:
        return {"n_features_in_": self.n_features_in_, "n_outputs_": self.n_outputs_}

    def _check_output(self, shape: tuple[int, ...]) -> None:
        if shape != (self.n_outputs_,) and not (shape == () and self.n_outputs_ == 1):
            raise ShapeError(
                f"Regressor: the model makes shape {(1, *shape)} of one example, and y has"
                f" {self.n_outputs_} for each: shape (1, {self.n_outputs_}); write {FUNCTION}"
            )

    def _default_loss(self) -> Callable[..., Any]:
        return mse

    def _shaped(self, targets: Array, dtype: np.dtype[Any]) -> Array:
        return targets.astype(dtype).reshape(-1, *self._shape)
