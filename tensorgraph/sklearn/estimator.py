"""What a classifier and a regressor share: their parameters, and how they are fitted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_is_fitted,
    check_random_state,
    validate_data,
)

from tensorgraph.data.batches import Batches
from tensorgraph.errors import ArgumentError, DTypeError, UsageError, describe, listing
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses import binary_cross_entropy
from tensorgraph.nn.module import Module
from tensorgraph.optim import Adam
from tensorgraph.optim.base import Optimizer
from tensorgraph.sklearn.example_weights import (
    TARGET,
    WEIGHT,
    WeightedLoss,
    of_targets,
    relative,
)
from tensorgraph.sklearn.frames import no_objects, numbers_wanted
from tensorgraph.sklearn.model_making import made
from tensorgraph.sklearn.own_draws import own_draws
from tensorgraph.sklearn.prefixed import (
    check_known,
    check_taken,
    is_prefixed,
    settings_for,
)
from tensorgraph.train.early_stopping import EarlyStopping
from tensorgraph.train.evaluation import predict
from tensorgraph.train.fitting import fit
from tensorgraph.train.history import History
from tensorgraph.train.interrupt import passing_on
from tensorgraph.train.model_inputs import INPUT, dtype_of, takes_numbers

Array = NDArray[Any]

SEEDS = np.iinfo(np.int32).max
"""Below this number lie the seeds that are drawn from ``random_state``."""

GIVEN = (
    "model", "loss", "optimizer", "train", "dev", "epochs", "batch_size", "callbacks",
    "early_stopping", "seed", "progress", "parallel",
)  # fmt: skip
"""What an estimator itself gives to ``tg.train.fit``, or leaves out: its batches have no shards."""


class Estimator(BaseEstimator):
    """A model with all that it is trained by; :class:`Classifier` and :class:`Regressor` are two.

    A constructor keeps its arguments as they are, and nothing else: scikit-learn reads, copies and
    sets them.
    """

    _unknown: tuple[str, ...] = ()

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
        callbacks: Any = (),
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        **settings: Any,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._keep(settings)

    def _keep(self, settings: dict[str, Any]) -> None:
        """Keep further parameters as attributes like all others.

        Those that nobody takes, too: scikit-learn wants no error before ``fit``, and would make
        copies without them in which nobody sees the mistake.
        """
        for name, value in settings.items():
            setattr(self, name, value)
        unknown = tuple(name for name in settings if not is_prefixed(name))
        if unknown:
            self._unknown = unknown

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters by name, also those such as ``model__width``."""
        own: dict[str, Any] = super().get_params(deep)
        further = [name for name in vars(self) if is_prefixed(name)]
        return own | {name: getattr(self, name) for name in (*further, *self._unknown)}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, also those such as ``model__width``; return self."""
        further = {name: value for name, value in params.items() if is_prefixed(name)}
        super().set_params(**{n: value for n, value in params.items() if n not in further})
        for name, value in further.items():
            setattr(self, name, value)
        return self

    def _settings(self, owner: str) -> dict[str, Any]:
        return settings_for(owner, vars(self))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "module_")

    # ------------------------------------------------------------------------------------- fitting

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the model, and return self.

        Args:
            X: inputs with the examples along the first axis: an array, a frame, a tensor.
            y: what is to be predicted of each.
            sample_weight: how much each example counts; one of weight 0 is as if it were not there.
        """
        go_on = self.warm_start and self.__sklearn_is_fitted__()
        return self._train(X, y, sample_weight, go_on, go_on, self.epochs, self.early_stopping)

    def _train(
        self, X: Any, y: Any, sample_weight: Any, go_on: bool, known: bool, epochs: int,
        early_stopping: bool,
    ) -> Self:  # fmt: skip
        """Train for some epochs.

        Args:
            X: inputs.
            y: targets.
            sample_weight: weights of examples, or ``None``.
            go_on: whether the model is the one that there is.
            known: whether it is known what may be predicted, such as the classes.
            epochs: how many.
            early_stopping: whether a part is held out.
        """
        kind = type(self).__name__
        check_known(type(self), {name: getattr(self, name) for name in self._unknown})
        X, y = self._validated(X, y, reset=not go_on)
        targets = self._targets(y, known)
        weights = self._weights(y, X, sample_weight)
        if weights is not None:
            counts = weights > 0
            X, targets, weights = X[counts], targets[counts], relative(weights[counts], kind)
        self._check_enough(targets)
        if not go_on:
            self._random = check_random_state(self.random_state)
        seed = int(self._random.randint(SEEDS))
        with own_draws(seed), passing_on():
            if go_on:
                self._take_up()
            else:
                self._make(X)
            examples = self._examples(X, targets, weights)
            history = self._fitted_to(examples, targets, epochs, early_stopping, seed)
        self._remember(history, go_on)
        return self

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array]:
        """Return inputs and targets as arrays that scikit-learn finds sound.

        Raises:
            ValueError: of scikit-learn.
            DTypeError: strings or dates for inputs, with what to put before the estimator.
        """
        with numbers_wanted(X, type(self).__name__):
            X, y = validate_data(
                self, X, y, reset=reset, dtype="numeric", allow_nd=True,
                multi_output=self._is_table(y), y_numeric=self._numeric,
            )  # fmt: skip
            return no_objects(X), y

    def _make(self, X: Array) -> None:
        """Make the model, see that it fits the data, and make its optimizer."""
        kind = type(self).__name__
        self.module_: Module = made(self.model, self._sizes(), self._settings("model"), kind)
        self._takes_numbers = takes_numbers(self.module_, X[:1])
        self._shape = self._output_shape(X)
        self.optimizer_ = self._made_optimizer(kind)
        self._made_of, self._made_with = self._parts(), self.lr

    def _take_up(self) -> None:
        """See that the model and its optimizer are what the parameters say, and set the rate.

        Raises:
            ArgumentError: others are wanted.
        """
        before, now = self._made_of, self._parts()
        changed = [n for n in {**before, **now} if not _same(before.get(n), now.get(n))]
        if changed:
            kind = type(self).__name__
            raise ArgumentError(
                f"{kind}: {listing(changed)} was set after the model was made, which goes on as it"
                f" is; write sklearn.base.clone(…) for a new {kind}, or warm_start=False"
            )
        if not _same(self._made_with, self.lr):  # else callbacks may have set it meanwhile
            self.optimizer_.lr = self._made_with = self.lr

    def _parts(self) -> dict[str, Any]:
        """Return the parameters of which the model and its optimizer are made."""
        parameters, owners = self.get_params(deep=False), ("model", "optimizer")
        return {n: v for n, v in parameters.items() if n.partition("__")[0] in owners}

    def _output_shape(self, X: Array) -> tuple[int, ...]:
        """Return the shape of what the model makes of an example; raise if it is of no use."""
        try:
            output = predict(self.module_, self._inputs(X[:1], dtype_of(self.module_)))
        except Exception as error:
            error.add_note(
                f"({type(self).__name__}: while the model was tried on the first example, X[:1] of"
                f" shape {X[:1].shape})"
            )
            raise
        if not isinstance(output, np.ndarray):
            raise DTypeError(
                f"{type(self).__name__}: the model returns {describe(output)}; it is to return one"
                " tensor with a row for each example"
            )
        shape: tuple[int, ...] = output.shape[1:]
        self._check_output(shape)
        return shape

    def _made_optimizer(self, kind: str) -> Optimizer:
        if not callable(self.optimizer) or isinstance(self.optimizer, Optimizer):
            raise DTypeError(
                f"{kind}: the optimizer is a class, or a function of the parameters and lr, not"
                f" {describe(self.optimizer)}; write optimizer=tg.optim.Adam, lr=0.001"
            )
        settings = self._settings("optimizer")
        check_taken("optimizer", self.optimizer, settings, kind, given=("params", "lr"))
        made: Optimizer = self.optimizer(self.module_.named_parameters(), lr=self.lr, **settings)
        return made

    def _inputs(self, X: Array, dtype: np.dtype[Any]) -> Array:
        """Return inputs in the dtype that is computed in; ids for an embedding as they are.

        Raises:
            ValueError: a number is too large for it.
        """
        if not self._takes_numbers or X.dtype == dtype:
            return X
        with np.errstate(over="ignore"):
            cast: Array = check_array(X, dtype=dtype, allow_nd=True, input_name="X")
        return cast

    def _examples(self, X: Array, targets: Array, weights: Array | None) -> dict[str, Array]:
        """Return what the training loop is given: arrays by name."""
        dtype = dtype_of(self.module_)
        examples = {INPUT: self._inputs(X, dtype), TARGET: self._shaped(targets, dtype)}
        if weights is not None:
            examples[WEIGHT] = weights.astype(dtype)
        return examples

    def _fitted_to(
        self, examples: dict[str, Array], targets: Array, epochs: int, early_stopping: bool,
        seed: int,
    ) -> History:  # fmt: skip
        """Train on examples, or on most of them, and return the history."""
        kind, settings = type(self).__name__, self._settings("train")
        check_taken("train", fit, settings, kind, given=GIVEN)
        loss = self._loss(kind)
        if WEIGHT in examples:
            loss = WeightedLoss(loss, kind)
            if settings.get("metrics"):
                settings["metrics"] = of_targets(settings["metrics"])
        stop = dev = None
        if early_stopping:
            train, rest = self._held_out(targets, seed)
            dev = {key: array[rest] for key, array in examples.items()}
            examples = {key: array[train] for key, array in examples.items()}
            stop = EarlyStopping(self.patience)
        return fit(
            self.module_, loss, self.optimizer_, self._batches(examples, seed), dev, epochs=epochs,
            callbacks=self.callbacks, early_stopping=stop, seed=seed, progress=bool(self.verbose),
            **settings,
        )  # fmt: skip

    def _batches(self, examples: dict[str, Array], seed: int) -> Batches:
        """Return the mini-batches; a last one of a single example is left out.

        Whose that is, is drawn in each epoch anew. A batch norm finds no variance in it.
        """
        size, rest = self.batch_size, 0
        if isinstance(size, Integral) and size > 1:
            count = len(examples[INPUT])
            rest = count % int(size) if count > size else 0
        return Batches(examples, batch_size=size, seed=seed, drop_last=rest == 1)

    def _held_out(self, targets: Array, seed: int) -> Any:
        """Return the places of the examples that are trained on, and of those that are not.

        Raises:
            ArgumentError: there are too few for that.
        """
        try:
            return train_test_split(
                np.arange(len(targets)), test_size=self.validation_fraction, random_state=seed,
                stratify=self._strata(targets),
            )  # fmt: skip
        except ValueError as error:
            raise ArgumentError(
                f"{type(self).__name__}: early_stopping holds out a part of the examples, of"
                f" {len(targets)} that of validation_fraction={self.validation_fraction}: {error}"
            ) from error

    def _loss(self, kind: str) -> Callable[..., Any]:
        """Return the function that is minimised, of the model's output and the target."""
        if self.loss is binary_cross_entropy:
            raise UsageError(
                f"{kind}: binary_cross_entropy takes probabilities, and the model of a classifier"
                " returns logits; leave out its last Sigmoid, and write"
                " loss=tg.nn.losses.binary_cross_entropy_with_logits"
            )
        loss: Callable[..., Any] = self._default_loss() if self.loss is None else self.loss
        settings = self._settings("loss")
        if settings:
            check_taken("loss", loss, settings, kind)
            return partial(loss, **settings)
        return loss

    def _remember(self, history: History, go_on: bool) -> None:
        """Keep the history, after that of the epochs before where these go on."""
        epochs = self.n_iter_ if go_on and hasattr(self, "n_iter_") else 0
        rows = history.rows()
        if epochs and list(self.history_) == list(history):
            for row in rows:
                self.history_.append(**{**row, "epoch": row["epoch"] + epochs})
            self.history_.stopped = history.stopped
        else:
            self.history_: History = history
        self.n_iter_: int = epochs + len(rows)

    # ---------------------------------------------------------------------------------- predicting

    def _outputs(self, X: Any) -> Array:
        """Return what the model makes of inputs, in their dtype; in float64 if they are integers.

        So scikit-learn's own estimators do: what they say of an example then depends on those
        beside it by less than anybody sees.
        """
        check_is_fitted(self)
        with numbers_wanted(X, type(self).__name__):
            X = no_objects(validate_data(self, X, reset=False, dtype="numeric", allow_nd=True))
        model, dtype = self.module_, np.result_type(X.dtype, dtype_of(self.module_))
        if dtype != dtype_of(model) and self._takes_numbers:
            model = deepcopy(model).astype(dtype)
        output: Array = predict(model, self._inputs(X, dtype))
        return output

    # -------------------------------------------------------- what the two answer in their own way

    _numeric: bool
    """Whether what is predicted are numbers."""

    def _is_table(self, y: Any) -> bool:
        """Return whether there may be several targets of each example."""
        return self._numeric

    @abstractmethod
    def _targets(self, y: Any, known: bool) -> Array:
        """Return what is to be predicted as numbers, checked; note what there is."""

    def _weights(self, y: Any, X: Array, sample_weight: Any) -> Array | None:
        """Return the weight of each example; nothing where all count alike."""
        if sample_weight is None:
            return None
        weights: Array = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        return weights

    def _check_enough(self, targets: Array) -> None:
        """Raise where nothing can be learnt."""

    @abstractmethod
    def _sizes(self) -> dict[str, int]:
        """Return what a function that makes a model may be told of the data."""

    @abstractmethod
    def _check_output(self, shape: tuple[int, ...]) -> None:
        """Raise where the model does not make what is to be predicted."""

    @abstractmethod
    def _default_loss(self) -> Callable[..., Any]:
        """Return the loss where none was given."""

    @abstractmethod
    def _shaped(self, targets: Array, dtype: np.dtype[Any]) -> Array:
        """Return targets as the loss takes them."""

    def _strata(self, targets: Array) -> Array | None:
        """Return what a part of the examples is to have in the same shares as the whole."""
        return None


def _same(one: Any, other: Any) -> bool:
    """Return whether two parameters are one, or simple values that are equal."""
    return one is other or (isinstance(one, (int, float, str, tuple)) and bool(one == other))
