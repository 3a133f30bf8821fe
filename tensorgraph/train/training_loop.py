"""The training loop: steps, epochs, and what comes between them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from numbers import Real
from typing import Any, NoReturn

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor, rebind
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.clip import clip_by_global_norm
from tensorgraph.optim.settings import plain, rate_at
from tensorgraph.train.checkpoint_file import Checkpoint, Every, setup_of
from tensorgraph.train.divergence import cause
from tensorgraph.train.early_stopping import EarlyStopping
from tensorgraph.train.epoch_norms import Norms
from tensorgraph.train.evaluation import AT_ONCE, Metrics, evaluating, measure, modes_kept
from tensorgraph.train.example_sets import Examples, dtype_of, inputs_and_target, size_of
from tensorgraph.train.interrupt import PASS_ON, Interrupts
from tensorgraph.train.progress import Progress, Silence
from tensorgraph.train.random_state import RandomState
from tensorgraph.train.training_run import Callback, Run

Loss = Callable[[Any, Any], Any]
Clip = float | Callable[[Any], Any]
"""The largest norm of all gradients together, or a function that clips those of parameters."""

FEWEST = 1000
"""How many training examples the honest error is measured on, if there are so many."""

INTERRUPTED = "interrupted"


class Training:
    """A run with all that it needs; for the arguments see :func:`fit`."""

    def __init__(
        self, run: Run, loss: Loss, train: Any, dev: Any, batch_size: int | None, metrics: Metrics,
        clip: Clip | None, seed: int, watch: bool,
    ) -> None:  # fmt: skip
        self.run, self.loss = run, loss
        self.metrics = _checked_metrics(metrics)
        self.params = trained_parameters(run.model, run.optimizer)
        self.clip, self._clip_given = _clipping(clip), clip
        self.seed = seed
        self.sets = {"train": Examples(train, "train")}
        if dev is not None:
            self.sets["dev"] = Examples(dev, "dev")
        fewest = max(FEWEST, len(self.sets["dev"]) if dev is not None else 0)
        self.measured = {**self.sets, "train": self.sets["train"].sample(fewest, seed)}
        self.batches = self.sets["train"].loader(batch_size, seed)
        self.dtype = dtype_of(run.model)
        self.buffers = run.model.buffers()
        self.norms = Norms(run.model) if watch else None
        self.callbacks: tuple[Callback, ...] = ()
        self.step_callbacks: tuple[Callback, ...] = ()
        self.early_stopping: EarlyStopping | None = None
        self.checkpoint: Checkpoint | None = None
        self.progress: Progress | Silence = Silence()
        self.interrupts = Interrupts()

    @property
    def columns(self) -> list[str]:
        """What the history will have, norms aside."""
        measured = [f"{part}_{name}" for name in ("loss", *self.metrics) for part in self.sets]
        return ["epoch", "cost", *measured, "lr", "seconds"]

    # ---------------------------------------------------------------------------------- checkpoint

    def resume(self, path: str | os.PathLike[str], every: Every) -> bool:
        """Keep the run in a file from now on; go on from it if it is there, and say whether."""
        model, optimizer = self.run.model, self.run.optimizer
        parts: dict[str, Any] = {
            "model": model, "optimizer": optimizer, "random": RandomState(model), "run": self.run,
        }  # fmt: skip
        others: dict[str, Any] = {
            "batches": self.batches, "early_stopping": self.early_stopping, "norms": self.norms,
        }  # fmt: skip
        others |= {f"callbacks/{i}": f for i, f in enumerate(self.callbacks)}
        others |= {f"step_callbacks/{i}": f for i, f in enumerate(self.step_callbacks)}
        parts |= {name: part for name, part in others.items() if hasattr(part, "load_state_dict")}
        setup = setup_of(
            model, optimizer, loss=self.loss, columns=self.columns, seed=self.seed,
            clip=self._clip_given,
            early_stopping=self.early_stopping, watch=self.norms is not None,
            examples={name: len(examples) for name, examples in self.sets.items()},
            batch_size=getattr(self.batches, "batch_size", None),
        )  # fmt: skip
        self.checkpoint = Checkpoint(path, every, setup, parts)
        if self.checkpoint.steps and "batches" not in parts:
            raise errors.ArgumentError(
                "fit: checkpoint_every a number of steps needs batches that know their position;"
                " write train=tg.data.Batches(…), or checkpoint_every='epoch'"
            )
        resumed = self.checkpoint.resume()
        if self.run.stopped == INTERRUPTED:
            self.run.history.stopped = ""
        return resumed

    # ------------------------------------------------------------------------------------ the loop

    def run_all(self) -> None:
        """Train until all epochs are over, or something ends it."""
        run, model = self.run, self.run.model
        broken_off = False
        with modes_kept(model), self.interrupts:
            if not model.training:  # else modules in it that are not are meant to be so
                model.train()
            try:
                while run.epoch < run.epochs and not run.stopped:
                    self._epoch()
            except KeyboardInterrupt:
                run.stop(INTERRUPTED)
                broken_off = True
            finally:
                self.progress.close()
                if self.early_stopping is not None:
                    self.early_stopping.restore(model)
        if run.stopped:
            self.progress.say(f"stopped: {run.stopped}")
        if PASS_ON.get() and (broken_off or self.interrupts.wished):
            raise KeyboardInterrupt

    def _epoch(self) -> None:
        run, checkpoint = self.run, self.checkpoint
        start = time.perf_counter()
        for batch in self.batches:
            self._step(batch)
            if self.interrupts.wished:
                run.stop(INTERRUPTED)
                if checkpoint is not None and "batches" in checkpoint.parts:
                    checkpoint.save()
                return
            if run.stopped:
                break
            if checkpoint is not None and checkpoint.steps and run.step % checkpoint.steps == 0:
                checkpoint.save()
        if run.batch == 0:
            raise errors.ArgumentError(
                f"fit: train holds no batches in epoch {run.epoch + 1}; an iterable has to begin"
                " anew in each epoch, as a list does"
            )
        self._end_epoch(start)
        last = run.stopped or run.epoch == run.epochs
        if checkpoint is not None and (last or not checkpoint.steps):
            checkpoint.save()
        if self.interrupts.wished and not last:
            run.stop(INTERRUPTED)

    def _step(self, batch: Any) -> None:
        run = self.run
        before = [buffer._data for buffer in self.buffers]  # arrays are never changed in place
        inputs, target = inputs_and_target(batch, self.dtype)

        def cost() -> Any:
            return self.loss(run.model(*inputs), target)

        try:
            value = self._descend(cost)
        except BaseException as error:
            _put_back(self.buffers, before)
            if isinstance(error, errors.AnomalyError):
                try:
                    self._diverged(error, cost)
                finally:
                    _put_back(self.buffers, before)
            raise
        finally:
            self.interrupts.updating = False
        size = size_of(batch)
        run.step, run.batch = run.step + 1, run.batch + 1
        run.cost, run.examples = run.cost + value * size, run.examples + size
        self.progress.step()
        if self.step_callbacks:
            run.call(self.step_callbacks)

    def _descend(self, cost: Callable[[], Any]) -> float:
        """Take a step down the gradient of a cost, and return its value before the step."""
        optimizer = self.run.optimizer
        with self.norms.watch if self.norms is not None else nullcontext():
            optimizer.zero_grad()
            result = cost()
            value = cost_value(result)
            if not math.isfinite(value):
                raise errors.AnomalyError(f"the cost is {value}")
            result.backward()
        if self.clip is not None:
            self.clip(self.params)
        self.interrupts.updating = True
        optimizer.step()
        return value

    def _end_epoch(self, start: float) -> None:
        run = self.run
        with evaluating(run.model):
            values = {
                part: measure(run.model, self.loss, examples, self.metrics, AT_ONCE, self.dtype)
                for part, examples in self.measured.items()
            }
        for part, found in values.items():
            if math.isnan(found["loss"]):
                self._diverged(errors.AnomalyError(f"{part}_loss is nan after this batch"), None)
        row = {f"{part}_{name}": values[part][name] for name in values["train"] for part in values}
        run.epoch += 1
        row = {"epoch": run.epoch, "cost": run.cost / run.examples, **row}
        row |= {"lr": _rate(run.optimizer), "seconds": time.perf_counter() - start}
        run.history.append(**row, **(self.norms.take() if self.norms is not None else {}))
        run.batch, run.cost, run.examples = 0, 0.0, 0
        self.progress.row()
        run.call(self.callbacks)
        if self.early_stopping is not None:
            self.early_stopping(run)

    def _diverged(self, error: Exception, cost: Callable[[], Any] | None) -> NoReturn:
        """Raise the error that says where a number came from that is none."""
        run, model = self.run, self.run.model
        bad = [
            path
            for path, parameter in model.named_parameters()
            if parameter.grad is not None and not np.isfinite(parameter.grad.data).all()
        ]
        lines = [
            f"fit: epoch {run.epoch + 1}, batch {run.batch + 1 if cost else run.batch}: {error}"
        ]
        if bad:
            lines.append(f"gradients that are not finite: {errors.listing(bad)}")
        lines.append(f"cause: {cause(model, cost, *self.sets.values())}")
        best = self.early_stopping.best_epoch if self.early_stopping is not None else 0
        if best:
            lines.append(f"the model has the weights of its best epoch, {best}")
        elif cost:
            lines.append("the model is as it was before that batch")
        lines.append("the epochs before stand in the error's .history")
        raise errors.DivergenceError("\n  ".join(lines), run.history) from error


def cost_value(cost: Any) -> float:
    """Return a cost as a number.

    Raises:
        DTypeError: it is not a tensor.
        GraphError: no gradient flows from it.
        ShapeError: it is not a single number.
    """
    if type(cost) is not Tensor:
        raise errors.DTypeError(
            f"the loss returned {errors.describe(cost)}, not a tensor; compute it of the"
            " model's output with operators and tg's functions, without .item() or .numpy()"
        )
    if cost._data.size != 1:
        raise errors.ShapeError(
            f"the loss has shape {cost.shape}, it must be a single number; write"
            " reduction='mean', or .mean()"
        )
    if not cost._requires_grad:
        raise errors.GraphError(
            "the loss does not depend on any parameter of the model, so there is nothing to"
            " minimise; look for .detach(), .numpy(), tg.no_grad() or argmax on its way, and for"
            " parameters made without requires_grad=True"
        )
    return float(cost._data.item())


def _put_back(buffers: list[Tensor], arrays: list[Any]) -> None:
    for buffer, array in zip(buffers, arrays, strict=True):
        rebind(buffer, array)


def _rate(optimizer: Optimizer) -> float:
    """Return the learning rate of the last step; NaN for a rule that has none."""
    if "lr" not in optimizer.defaults:
        return math.nan
    rate = rate_at(type(optimizer).__name__, optimizer.lr, max(optimizer.steps - 1, 0))
    return float(plain(rate))


# ------------------------------------------------------------------------------------------- checks


def trained_parameters(model: Module, optimizer: Any, owner: str = "fit") -> list[Tensor]:
    """Return the model's parameters.

    Raises:
        ArgumentError: there are none, or the optimizer lacks some.
        DTypeError: the optimizer is none.
    """
    if not isinstance(optimizer, Optimizer):
        raise errors.DTypeError(
            f"{owner}: the optimizer is {errors.describe(optimizer)}; write"
            " tg.optim.Adam(model.named_parameters(), lr=0.001)"
        )
    named = model.named_parameters()
    if not named:
        raise errors.ArgumentError(
            f"{owner}: {type(model).__name__} has no parameters to train; they are the tensors with"
            " requires_grad=True in its attributes (nn.unfreeze(model) gives back what is frozen)"
        )
    trained = {id(param) for param in optimizer.params}
    lacking = [path for path, param in named if id(param) not in trained]
    if lacking:
        raise errors.ArgumentError(
            f"{owner}: the optimizer lacks {errors.listing(lacking)} of the model; make it when the"
            f" model is complete, {type(optimizer).__name__}(model.named_parameters(), …), or write"
            " requires_grad = False for what is not to be trained"
        )
    return [param for _, param in named]


def _checked_metrics(metrics: Any) -> Metrics:
    if not isinstance(metrics, Mapping):
        raise errors.DTypeError(
            f"fit: metrics are a dict of functions by name, not {errors.describe(metrics)}; write"
            ' metrics={"accuracy": lambda output, y: …}'
        )
    for name, metric in metrics.items():
        if not isinstance(name, str) or name == "loss" or not callable(metric):
            raise errors.ArgumentError(
                f"fit: the metric {name!r} is {errors.describe(metric)}; a metric has a name that"
                " is not 'loss', and is a function of predictions and targets"
            )
    return metrics


def _clipping(clip: Clip | None) -> Callable[[Any], Any] | None:
    if clip is None or callable(clip):
        return clip
    if not (isinstance(clip, Real) and float(clip) > 0):
        raise errors.ArgumentError(
            f"fit: clip is the largest norm of the gradients, a positive number, or a function of"
            f" the parameters, not {clip!r}"
        )
    largest = float(clip)
    return lambda params: clip_by_global_norm(params, largest)


def functions(name: str, given: Iterable[Callback]) -> tuple[Callback, ...]:
    """Return callbacks as a tuple.

    Raises:
        DTypeError: they are not a list of functions.
    """
    if callable(given) or not isinstance(given, Iterable):
        raise errors.DTypeError(f"fit: {name} is a list of functions; write {name}=[f]")
    found = tuple(given)
    for callback in found:
        if not callable(callback):
            raise errors.DTypeError(
                f"fit: {name} are functions of the run, not {errors.describe(callback)}"
            )
    return found
