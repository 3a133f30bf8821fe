"""The training loop: steps, epochs, and what comes between them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import islice
from typing import Any, NoReturn

import numpy as np

from tensorgraph import errors
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.data.batches import Batches
from tensorgraph.distributed.processes import World
from tensorgraph.engine.arrays import copied, holds
from tensorgraph.engine.tensor import Tensor, rebind
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.settings import plain, rate_at
from tensorgraph.train.checked_cost import checked_cost
from tensorgraph.train.checkpoint_file import Checkpoint, Every, setup_of, with_state
from tensorgraph.train.divergence import cause
from tensorgraph.train.early_stopping import EarlyStopping
from tensorgraph.train.epoch_norms import Norms
from tensorgraph.train.evaluation import AT_ONCE, measure
from tensorgraph.train.example_sets import Examples, again_and_again
from tensorgraph.train.gradient_looks import Looks
from tensorgraph.train.interrupt import PASS_ON, Interrupts
from tensorgraph.train.model_inputs import ModelInputs, inputs_and_target, size_of
from tensorgraph.train.module_modes import evaluating, modes_kept
from tensorgraph.train.progress import Progress, Silence
from tensorgraph.train.random_state import RandomState
from tensorgraph.train.training_arguments import (
    Clip,
    Metrics,
    check_loss,
    checked_metrics,
    clipping,
    trained_parameters,
)
from tensorgraph.train.training_run import Callback, Run

FEWEST = 1000
"""How many training examples the honest error is measured on, if there are so many."""

INTERRUPTED = "interrupted"


class Training:
    """A run with all that it needs; for the arguments see :func:`fit`."""

    def __init__(
        self, run: Run, train: Any, dev: Any, batch_size: int | None,
        steps_per_epoch: int | None, metrics: Metrics | None, clip: Clip | None, seed: int,
        watch: bool,
    ) -> None:  # fmt: skip
        check_loss(run.loss, "fit")
        self.run, self.loss = run, run.loss
        self.metrics = checked_metrics(metrics, "fit")
        self.params = trained_parameters(run.model, run.optimizer)
        self.clip, self._clip_given = clipping(clip), clip
        self.seed = seed
        self.sets = {"train": Examples(train, "train", once=steps_per_epoch is not None)}
        if dev is not None:
            self.sets["dev"] = Examples(dev, "dev")
        fewest = max(FEWEST, len(self.sets["dev"]) if dev is not None else 0)
        self.measured = {**self.sets, "train": self.sets["train"].sample(fewest, seed)}
        self.batches = self.sets["train"].loader(batch_size, seed)
        self.steps_per_epoch = steps_per_epoch
        self.stream: Iterator[Any] = iter(())
        """The batches without end, for epochs that do not end where the data do."""
        if steps_per_epoch is not None:
            self.stream = again_and_again(self.batches)
        self.inputs = ModelInputs(run.model, "fit")
        self.buffers = run.trained.whole.buffers()
        self.norms = Norms(run.model) if watch else None
        self.callbacks: tuple[Callback, ...] = ()
        self.step_callbacks: tuple[Callback, ...] = ()
        self.early_stopping: EarlyStopping | None = None
        self.checkpoint: Checkpoint | None = None
        self.looks: Looks | None = None
        """What looks at the gradients as each epoch begins."""
        self.compiled: Compiled[..., Tensor] | None = None
        """What takes the steps, where they are compiled."""
        self.progress: Progress | Silence = Silence()
        self.interrupts = Interrupts()
        self.world = World()
        """The processes that train together."""

    @property
    def endless(self) -> list[str]:
        """The sets that may have no end, by name."""
        unknown = [name for name, examples in self.sets.items() if examples.may_be_endless]
        return [name for name in unknown if name != "train" or self.steps_per_epoch is None]

    @property
    def columns(self) -> list[str]:
        """What the history will have, norms aside."""
        measured = [f"{part}_{name}" for name in ("loss", *self.metrics) for part in self.sets]
        return ["epoch", "cost", *measured, "lr", "seconds"]

    def compile(self) -> None:
        """Let a program take the steps from the first one on.

        Raises:
            ArgumentError: each layer is watched, of which a program knows nothing.
        """
        if self.norms is not None:
            raise errors.ArgumentError(
                "fit: watch=True looks at each layer in each step, and compile=True makes them one"
                " program; leave out one of them"
            )
        self.compiled = Compiled(self.gradient_step, wait=True, at_once=True)

    @property
    def all_callbacks(self) -> dict[str, Any]:
        """The callbacks by name, as a checkpoint calls them."""
        kinds = {"callbacks": self.callbacks, "step_callbacks": self.step_callbacks}
        return {f"{kind}/{i}": f for kind, given in kinds.items() for i, f in enumerate(given)}

    # ---------------------------------------------------------------------------------- checkpoint

    def resume(self, path: str | os.PathLike[str], every: Every) -> bool:
        """Keep the run in a file from now on; go on from it if it is there, and say whether."""
        model, optimizer = self.run.model, self.run.optimizer
        parts: dict[str, Any] = {
            **self.run.trained.parts, "optimizer": optimizer,
            "random": RandomState(self.run.trained.whole), "run": self.run,
        }  # fmt: skip
        others: dict[str, Any] = {
            "batches": self.batches, "loss": self.loss, "early_stopping": self.early_stopping,
            "norms": self.norms,
        }  # fmt: skip
        parts |= with_state({**others, **self.all_callbacks})
        given: dict[str, Any] = {
            "steps_per_epoch": self.steps_per_epoch,
            "shards": getattr(self.batches, "shards", None),
        }
        given |= {f"what {name} holds": each.digest() for name, each in self.sets.items()}
        given = {name: value for name, value in given.items() if value not in (None, "")}
        setup = setup_of(
            model, optimizer, loss=self.loss, columns=self.columns, seed=self.seed,
            clip=self._clip_given,
            early_stopping=self.early_stopping, watch=self.norms is not None,
            examples={name: len(examples) for name, examples in self.sets.items()},
            batch_size=getattr(self.batches, "batch_size", None), **given,
        )  # fmt: skip
        self.checkpoint = Checkpoint(path, every, setup, parts, self.world)
        if self.checkpoint.steps and "batches" not in parts:
            raise errors.ArgumentError(
                "fit: checkpoint_every a number of steps needs batches that know their position;"
                " write train=tg.data.Batches(…), or checkpoint_every='epoch'"
            )
        resumed = self.checkpoint.resume()
        if self.run.stopped == INTERRUPTED:
            self.run.history.stopped = ""
        if self.run.goes_on:
            self.checkpoint.check_writable()
        if "batches" not in parts:  # these begin anew
            self.stream = islice(self.stream, self.run.step, None)
        return resumed

    # ------------------------------------------------------------------------------------ the loop

    def run_all(self) -> None:
        """Train until all epochs are over, or something ends it."""
        __tracebackhide__ = True  # notebooks show where the model or loss failed
        run, model = self.run, self.run.model
        broken_off = False
        ended_by: BaseException | None = None
        with self.interrupts, modes_kept(run.trained.whole):
            for module in (model, self.loss):
                # Else modules in it that are not training are meant to be so.
                if isinstance(module, Module) and not module.training:
                    module.train()
            try:
                while run.goes_on:
                    self._epoch()
            except KeyboardInterrupt:
                if self.world.size > 1:  # the others wait for this process
                    raise
                run.stop(INTERRUPTED)
                broken_off = True
            except BaseException as error:
                run.leave_history(error)
                ended_by = error
                raise
            finally:
                self.interrupts.held = True
                self.progress.close()
                run.over(KeyboardInterrupt() if run.stopped == INTERRUPTED else ended_by)
                if self.early_stopping is not None:
                    self.early_stopping.restore(run.trained)
        if run.stopped:
            self.progress.say(f"stopped: {run.stopped}")
        if PASS_ON.get() and (broken_off or self.interrupts.wished):
            raise KeyboardInterrupt

    def _epoch(self) -> None:
        run, checkpoint = self.run, self.checkpoint
        __tracebackhide__ = True
        start = time.perf_counter()
        for batch in self._batches_of_epoch():
            self._step(batch)
            if self.wished:
                run.stop(INTERRUPTED)
                if checkpoint is not None and "batches" in checkpoint.parts:
                    checkpoint.save()
                return
            if run.stopped:
                break
            if checkpoint is not None and checkpoint.steps and run.step % checkpoint.steps == 0:
                checkpoint.save()
        if run.batch < (self.steps_per_epoch or 0) and not run.stopped:
            run.stop(f"train ran out of batches after {run.step}")
        if run.batch == 0:
            if run.stopped and run.step:
                return
            raise errors.ArgumentError(
                f"fit: train holds no batches in epoch {run.epoch + 1}; an iterable has to begin"
                " anew in each epoch, as a list does"
            )
        self._end_epoch(start)
        last = run.stopped or run.epoch == run.epochs
        if checkpoint is not None and (last or not checkpoint.steps):
            checkpoint.save()
        if self.wished and not last:
            run.stop(INTERRUPTED)

    @property
    def wished(self) -> bool:
        """Whether Ctrl-C is to end the training."""
        return self.interrupts.wished

    def agree_to_stop(self) -> None:
        """Let all processes stop that train together, if a callback of one wants that."""

    def by_itself(self) -> AbstractContextManager[None]:
        """Return a block in which the model is looked at as a whole, not at its part in a batch."""
        return nullcontext()

    def _batches_of_epoch(self) -> Iterator[Any]:
        if self.steps_per_epoch is None:
            return iter(self.batches)
        return islice(self.stream, self.steps_per_epoch - self.run.batch)

    def _step(self, batch: Any) -> None:
        __tracebackhide__ = True
        run = self.run
        # Arrays never change in place, but those that somebody keeps are copied by a program.
        keep = copied if self.compiled else lambda array: array
        before = [keep(buffer._data) for buffer in self.buffers]
        given, size = self.given_in(batch), self.size_of(batch)
        cost = partial(self.cost_of, given)
        try:
            run.optimizer.zero_grad()
            if self.looks is not None and run.batch == 0:
                with self.by_itself():
                    self.looks.look(run.epoch + 1, cost)
            value = self.take(given)
        except BaseException as error:
            _put_back(self.buffers, before)
            if isinstance(error, errors.AnomalyError):
                try:
                    with self.by_itself():
                        self._diverged(error, cost)
                finally:
                    _put_back(self.buffers, before)
            self._note_smaller_batch(error, size)
            raise
        run.step, run.batch = run.step + 1, run.batch + 1
        run.cost, run.examples = run.cost + value * size, run.examples + size
        run.step_cost = value
        self.interrupts.held = False
        self.progress.step()
        if self.step_callbacks:
            run.call(self.step_callbacks)
            self.agree_to_stop()

    def size_of(self, batch: Any) -> int:
        """Return how many examples a batch has."""
        return size_of(batch)

    def given_in(self, batch: Any) -> Any:
        """Return the inputs of the model in a batch, as tensors, and the target."""
        given, target = inputs_and_target(batch)
        return self.inputs.of(given), self.inputs.target(target)

    def cost_of(self, given: Any) -> Any:
        """Return the cost of a batch, which is computed once more to look at it."""
        inputs, target = given
        return self.loss(self.run.model(*inputs), target)

    def take(self, given: Any) -> float:
        """Take a step, as it is or compiled; return the cost before it."""
        inputs, target = given
        if self.compiled is None:
            return float(self.gradient_step(inputs, target, self.hold).item())
        self.hold()
        return float(self.compiled(inputs, target).item())

    def hold(self) -> None:
        """Let no second Ctrl-C break off what comes now."""
        self.interrupts.held = True

    def gradient_step(
        self, inputs: list[Any], target: Any, hold: Callable[[], None] = lambda: None
    ) -> Any:
        """Take a step down the gradient of the cost, and return that as it was before the step."""
        __tracebackhide__ = True
        with self.norms.watch if self.norms is not None else nullcontext():
            cost = self.finite_cost(inputs, target)
            cost.backward()
        if self.clip is not None:
            self.clip(self.params)
        hold()
        self.run.optimizer.step()
        return cost

    def finite_cost(self, inputs: list[Any], target: Any) -> Tensor:
        """Return the cost, which can be minimised.

        Raises:
            AnomalyError: the cost is not finite.
        """
        __tracebackhide__ = True
        cost = checked_cost(self.loss(self.run.model(*inputs), target))
        if not holds(np.isfinite(cost._data)):
            raise errors.AnomalyError(f"the cost is {cost.item()}")
        return cost

    def _end_epoch(self, start: float) -> None:
        run = self.run
        # Of a schedule-free rule the mean of the steps is what is trained.
        at_mean = getattr(run.optimizer, "averaged", nullcontext)
        with evaluating(run.trained.whole), at_mean(), self.by_itself():
            values = {part: self.measure(examples) for part, examples in self.measured.items()}
        # What is random in a metric may differ, and all have to draw the same conclusion.
        values, seconds = self.world.broadcast(
            (values, time.perf_counter() - start), "what was measured in an epoch"
        )
        for part, found in values.items():
            if math.isnan(found["loss"]):
                self._diverged(errors.AnomalyError(f"{part}_loss is nan after this batch"), None)
        row = {f"{part}_{name}": values[part][name] for name in values["train"] for part in values}
        run.epoch += 1
        row = {"epoch": run.epoch, "cost": run.cost / run.examples, **row}
        row |= {"lr": _rate(run.optimizer), "seconds": seconds}
        run.history.append(**row, **(self.norms.take() if self.norms is not None else {}))
        run.batch, run.cost, run.examples = 0, 0.0, 0
        self.progress.row()
        run.call(self.callbacks)
        self.agree_to_stop()
        if self.early_stopping is not None:
            self.early_stopping(run)

    def measure(self, examples: Examples) -> dict[str, float]:
        """Return the loss and the metrics on examples."""
        return measure(self.inputs, self.loss, examples, self.metrics, AT_ONCE, self.world)

    def _note_smaller_batch(self, error: BaseException, size: int) -> None:
        """Add to an error that the batch is what was left over, where it may be the reason."""
        batches = self.batches
        if self.run.batch and isinstance(batches, Batches) and size < batches.batch_size:
            error.add_note(
                f"(fit: this is the last batch of the epoch, the {size} left over of"
                f" {len(batches.indices):,} examples; to leave it out write train=tg.data.Batches("
                f"x, y, batch_size={batches.batch_size}, drop_last=True))"
            )

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
        rate = _rate(run.optimizer)
        lines.append(f"cause: {cause(model, cost, rate, *self.sets.values())}")
        best = self.early_stopping.best_epoch if self.early_stopping is not None else 0
        if best:
            lines.append(f"the model has the weights of its best epoch, {best}")
        elif cost:
            lines.append("the model is as it was before that batch")
        lines.append("the epochs before stand in the error's .history")
        raise errors.DivergenceError("\n  ".join(lines), run.history) from error


def _put_back(buffers: list[Tensor], arrays: list[Any]) -> None:
    for buffer, array in zip(buffers, arrays, strict=True):
        rebind(buffer, array)


def _rate(optimizer: Optimizer) -> float:
    """Return the learning rate of the last step; NaN for a rule that has none."""
    if "lr" not in optimizer.defaults:
        return math.nan
    rate = rate_at(type(optimizer).__name__, optimizer.lr, max(optimizer.steps - 1, 0))
    return float(plain(rate))
