"""Learning curves: would more data help?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.diagnose.model_selection import Criterion
from tensorgraph.display.figure import new_figure
from tensorgraph.display.line_chart import line_chart
from tensorgraph.display.tables import html_lines
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.random import default_generator
from tensorgraph.train.example_sets import Examples
from tensorgraph.train.fitting import fit
from tensorgraph.train.interrupt import passing_on
from tensorgraph.train.training_arguments import check_model

__all__ = ["LearningCurve", "learning_curve"]

Make = Callable[[], tuple[Module, Optimizer]]


@dataclass(frozen=True, repr=False, eq=False)
class LearningCurve:
    """What :func:`learning_curve` measured.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.train import LearningCurve
        >>> errors = np.array([0.1, 0.2]), np.array([0.4, 0.3])
        >>> LearningCurve("error", np.array([10, 100]), *errors, "more data")
          examples     train error       dev error
                10             0.1             0.4
               100             0.2             0.3
        more data
    """

    metric: str
    """What was measured."""
    sizes: NDArray[Any]
    """The number of training examples."""
    train: NDArray[Any]
    """The metric on the training examples used; NaN where a size could not be trained on."""
    dev: NDArray[Any]
    """The metric on the dev set, likewise."""
    verdict: str
    """Whether more data would help, as far as the curve shows."""

    def plot(self) -> Any:
        """Return a figure of both curves.

        Raises:
            ImportError: matplotlib is not installed.
        """
        figure = new_figure(6, 4)
        axes = figure.subplots()
        axes.plot(self.sizes, self.train, marker="o", label="train")
        axes.plot(self.sizes, self.dev, marker="o", label="dev")
        axes.set(xscale="log", xlabel="training examples", ylabel=self.metric)
        axes.set(title="learning curve")
        axes.grid(alpha=0.3)
        axes.legend()
        return figure

    def _repr_html_(self) -> str:
        lines = {"train": self.train, "dev": self.dev}
        chart = line_chart(self.metric, lines, self.sizes, "training examples")
        return chart + html_lines([self.verdict])

    def __repr__(self) -> str:
        rows = zip(self.sizes, self.train, self.dev, strict=True)
        lines = [f"{'examples':>10}  {'train ' + self.metric:>14}  {'dev ' + self.metric:>14}"]
        lines += [f"{size:>10,}  {train:>14.4g}  {dev:>14.4g}" for size, train, dev in rows]
        return "\n".join([*lines, self.verdict])


def learning_curve(
    sizes: Iterable[int],
    make: Make,
    loss: Callable[[Any, Any], Any],
    train: Any,
    dev: Any,
    *,
    epochs: int,
    optimize: str | tuple[str, str] = "loss",
    seed: int = 0,
    **options: Any,
) -> LearningCurve:
    """Train on ever larger parts of the training set; measure train and dev error of each.

    Each part holds the smaller ones, and every model begins with the same random numbers, so that
    what differs is the amount of data. Where both errors are high and close together, more data
    helps little: the problem is bias, a larger model or longer training is the remedy. Where there
    is a gap between them, and the dev error still falls, more data helps (Deep Learning
    Specialization, course 2, week 1, "Basic recipe for machine learning").

    A size that cannot be trained on or measured, such as two examples of the same class of which a
    metric wants both, is NaN, and the curve goes on.

    Args:
        sizes: numbers of training examples.
        make: makes a new model and its optimizer.
        loss: as for :func:`fit`.
        train: a tuple or dict of arrays.
        dev: as for :func:`fit`.
        epochs: as for :func:`fit`, for each size.
        optimize: what to measure, ``"loss"`` or the name of one of the ``metrics``, as for
            :func:`tg.diagnose.select`: ``("max", "score")`` where the name does not tell what is
            better.
        seed: of the choice of examples, of their order, of weights and dropout.
        **options: others for :func:`fit`, such as ``metrics`` or ``early_stopping``, which makes up
            for the fewer steps that small sets have in an epoch.

    Raises:
        ArgumentError: no sizes, one that is larger than the training set, a metric that is not
            measured, or a model that is made once only.
        Exception: what training raised at every size.

    Warns:
        UsageWarning: some sizes could not be trained on or measured; it says why.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn, optim
        >>> def make():
        ...     model = nn.Linear(20, 1)
        ...     return model, optim.Adam(model.named_parameters(), lr=0.05)
        >>> tg.random.seed(0)
        >>> x = tg.random.normal((600, 20)).numpy()
        >>> y = x.sum(axis=1, keepdims=True) + tg.random.normal((600, 1)).numpy()
        >>> train, dev = (x[:400], y[:400]), (x[400:], y[400:])
        >>> curve = tg.train.learning_curve([25, 400], make, nn.losses.mse, train, dev, epochs=100)
        >>> bool(curve.dev[0] > curve.dev[1] > curve.train[1])
        True
    """
    criterion = Criterion(optimize)
    metric = criterion.metric
    sign = 1 if criterion.direction == "min" else -1
    examples = Examples(train, "train")
    if examples.table is None:
        raise errors.DTypeError("learning_curve: train is a tuple (x, y) or a dict of arrays")
    if dev is None:
        raise errors.DTypeError("learning_curve: dev is what the curve is about; write dev=(x, y)")
    names = ["loss", *(options.get("metrics") or {})]
    if metric not in names:  # better known now than after the first training
        raise errors.ArgumentError(
            f"learning_curve: {metric!r} is not measured, of train and dev are"
            f" {errors.listing(names)}; give it in metrics={{name: function}}"
        )
    counts = sorted({whole(size, "learning_curve: a size", 1) for size in sizes})
    if not counts or counts[-1] > len(examples):
        raise errors.ArgumentError(
            f"learning_curve: sizes are numbers from 1 to {len(examples)}, the number of training"
            f" examples, not {errors.listing(counts) or 'none'}"
        )
    options = {"progress": False, **options, "epochs": epochs, "seed": seed}
    order = np.random.default_rng(seed).permutation(len(examples))
    measured = []
    failed: dict[int, Exception] = {}
    generator = default_generator()
    state = generator.state
    try:
        for count in counts:
            generator.seed(seed)
            part = examples.taken(order[:count])
            model, optimizer = _made(make)
            try:
                row = _errors(model, optimizer, loss, part, dev, options)
            except Exception as error:
                failed[count] = error
                row = {}
            measured.append([row.get(f"{of}_{metric}", np.nan) for of in ("train", "dev")])
    finally:
        generator.state = state
    _judge(failed, len(counts))
    on_train, on_dev = np.array(measured).T
    verdict = _verdict(sign * on_train, sign * on_dev)
    return LearningCurve(metric, np.array(counts), on_train, on_dev, verdict)


def _made(make: Make) -> tuple[Module, Optimizer]:
    made = make()
    if not (isinstance(made, tuple) and len(made) == 2):
        raise errors.DTypeError(
            "learning_curve: make() returns a new model and its optimizer, write return model,"
            f" optimizer; it returned {errors.describe(made)}"
        )
    check_model(made[0], "learning_curve")
    if getattr(made[1], "steps", 0):
        raise errors.ArgumentError(
            "learning_curve: make() returned a model that is trained already; let it make a new"
            " model and optimizer in each call"
        )
    return made


def _errors(
    model: Module, optimizer: Optimizer, loss: Any, part: Any, dev: Any, options: dict[str, Any]
) -> dict[str, Any]:
    """Train on a part, and return the row of the history that counts."""
    stopping = options.get("early_stopping")
    with passing_on():
        history = fit(model, loss, optimizer, part, dev, **options)
    return history.rows()[stopping.best_epoch - 1 if stopping is not None else -1]


def _judge(failed: dict[int, Exception], sizes: int) -> None:
    """Raise what went wrong at every size, warn of what went wrong at some."""
    if len(failed) == sizes:
        raise next(iter(failed.values()))
    if failed:
        why = str(next(iter(failed.values()))).split("\n")[0]
        warnings.warn(
            f"learning_curve: {errors.listing(list(failed))} examples could not be trained on or"
            f" measured ({why}); begin with a larger size",
            errors.UsageWarning,
            stacklevel=3,
        )


def _verdict(train: NDArray[Any], dev: NDArray[Any]) -> str:
    """Say what curves of errors, of which less is better, suggest."""
    known = np.isfinite(train) & np.isfinite(dev)
    train, dev = train[known], dev[known]
    if len(dev) < 2:
        return "a single size shows no trend; give several"
    gap = dev[-1] - train[-1]
    wide = gap > 0.2 * abs(dev[-1])
    falling = dev[-2] - dev[-1] > 0.05 * abs(dev[-2])
    if wide and falling:
        return "dev is well behind train, and still gains from more data: get more (variance)"
    if wide:
        return (
            "dev is well behind train, but hardly gains from more data: regularise, or look whether"
            " dev is of another kind than train"
        )
    if falling:
        return "train and dev are close and both still move: more data may help a little"
    return (
        "train and dev are close, and more data hardly helps: if the error is too high, it is bias;"
        " a larger model or longer training is the remedy"
    )
