"""``fit``: the arguments of a training run, checked and put together."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import boolean, one_of, whole
from tensorgraph.data.batches import Batches
from tensorgraph.distributed.data_parallel import REDUCTIONS
from tensorgraph.distributed.launch import world
from tensorgraph.distributed.members import started_by
from tensorgraph.engine.modes import user_level
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.train.checkpoint_file import Every
from tensorgraph.train.early_stopping import EarlyStopping
from tensorgraph.train.example_sets import length_of
from tensorgraph.train.gradient_looks import Looks
from tensorgraph.train.history import History
from tensorgraph.train.progress import Progress
from tensorgraph.train.sharded_training import ShardedTraining
from tensorgraph.train.training_arguments import Clip, Metrics, check_model, functions
from tensorgraph.train.training_loop import Training
from tensorgraph.train.training_run import Callback, Run

__all__ = ["fit"]

ENDS = {
    "train": "steps_per_epoch=100",
    "dev": "dev=list(itertools.islice(dev, 10))",
}
"""What to write where a set has no end."""


@with_leads
def fit(
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    train: Any,
    dev: Any = None,
    *,
    epochs: int,
    batch_size: int | None = 64,
    steps_per_epoch: int | None = None,
    metrics: Metrics | None = None,
    callbacks: Iterable[Callback] = (),
    step_callbacks: Iterable[Callback] = (),
    early_stopping: EarlyStopping | None = None,
    clip: Clip | None = None,
    watch: bool = False,
    explain: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: Every = "epoch",
    compile: bool = False,
    parallel: str | None = None,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train a model; return what was measured after each epoch.

    Each step is ``cost = loss(model(x), y)``, ``cost.backward()``, ``optimizer.step()`` for one
    mini-batch. After each epoch the loss and the metrics are measured in evaluation mode, on the
    dev set and on a fixed part of the training set (as many examples as dev has, but at least
    1000): two honest numbers, of the same weights, whose difference is the variance. The mean cost
    of the epoch's mini-batches stands beside them.

    - *The learning rate* belongs to the optimizer, schedules included; one that counts epochs is
      ``schedules.per_epoch(…, steps_per_epoch=len(batches))``, and one set by hand, by a callback
      for instance, is ``schedules.Manual``.
    - *Ctrl-C* ends the training after the step that is being taken, and ``fit`` returns the history
      with ``history.stopped == "interrupted"``; nothing is lost, and no parameter is ahead of
      another. A second Ctrl-C does not wait for a long evaluation or a slow loader.
    - *A cost or gradient that is not finite* ends it with a :class:`errors.DivergenceError` that
      names the batch and what made the number; the model is as it was before that batch.
    - *Whatever error ends it*, of a metric or a callback, the loss, the data or the disk, holds the
      history of the epochs before in its attribute ``history``, and tells in which epoch it was; of
      a metric also which one, and of which set.
    - *With a checkpoint*, the run is saved in a file in the safetensors format: weights, optimizer,
      position in the data, random state, history. Where the file is there already, ``fit`` says so
      and goes on from it, to the same bits as a run that was never stopped, whatever killed it. It
      refuses a file of another setup, or of other data. To begin anew, delete the file. Batches
      that come from elsewhere are read again, up to where the run was.

    Modules that are in evaluation mode inside a model that is in training mode, such as a frozen
    batch norm, stay so. In the end each module is in the mode it was in before.

    Args:
        model: what is trained.
        loss: a function of the model's output and the target that returns one number to minimise;
            a penalty such as ``nn.l2_penalty`` may be added in it.
        optimizer: has all of the model's parameters.
        train: a tuple of arrays whose last one is the target, ``(x, y)``; a dict of arrays with the
            input under ``"x"`` and the target under ``"y"``, or several targets under keys of their
            own; ``tg.data.Batches`` of either; or another iterable of such batches that begins anew
            each time. The dtype of the model's parameters decides what it computes in: inputs of
            another floating-point dtype are converted to it, and integers too, with a warning,
            unless the model takes them for ids, as an embedding does.
        dev: the dev set, in the same form.
        epochs: after how many passes over the training set to end, those before a resumption
            included.
        batch_size: examples in a mini-batch, for arrays; ``None`` for all at once.
        steps_per_epoch: how many mini-batches are an epoch, where the data do not tell: for an
            iterable without end, for a generator, or for epochs of another length. Each epoch goes
            on where the last one ended, and data that end begin anew.
        metrics: functions of predictions and targets, both arrays, by name. Each is computed once
            of a whole set, so F1 and the like come out right.
        callbacks: functions of the :class:`Run`, called after each epoch.
        step_callbacks: the same, called after each step, as for ``nn.max_norm``.
        early_stopping: ends the training when the dev set says so, and brings back the best
            weights.
        clip: the largest norm of all gradients together, for ``optim.clip_by_global_norm``; or a
            function of the list of parameters that clips in another way.
        watch: record the norms of each layer's gradients and activations, by ``nn.Watch``.
        explain: before the first step of each epoch, let :func:`tg.explain <tensorgraph.explain>`
            look at the gradient of each parameter, and warn of those that are missing, zero, tiny,
            huge, NaN or all alike: once for each cause, with layer, reason and what to write. The
            training takes the same steps with it; a look takes the time of a few of them.
        checkpoint: the path of the file that the run is saved in; a callback's state is in it if
            the callback is an object with ``state_dict`` and ``load_state_dict``.
        checkpoint_every: ``"epoch"``, or after how many steps.
        compile: let :func:`tg.compile <tensorgraph.compile>` make each step one program, which is
            faster: ``compile=True``. The first step of each size of a mini-batch takes longer.
        parallel: let all processes that ``mpiexec`` started share each batch: ``"same_bits"``, with
            the same weights and history to the last bit however many they are, or ``"fast"``; see
            :class:`tg.distributed.DataParallel <tensorgraph.distributed.DataParallel>`. ``train``
            is then ``tg.data.Batches(…, shards=8)``. All evaluate together; the first one alone
            prints, writes the checkpoint, from which any number of them may go on, and logs.
            Callbacks of your own are called in each, which ``run.rank`` tells; if one stops the
            run, it ends in all; so does Ctrl-C.
        seed: of the order of mini-batches, for arrays, and of the choice of training examples that
            the error is measured on. Weights and dropout have ``tg.random.seed``.
        progress: print a line for each epoch, with a bar below where there is a terminal and tqdm.

    Returns:
        The history. ``history.stopped`` says why it ended before its last epoch, if it did.

    Raises:
        ArgumentError: no examples, numbers that make no sense, a metric to monitor that nobody
            measures, or a model with parameters that the optimizer lacks.
        DistributedError: with ``parallel``, the processes do not do the same.
        DivergenceError: a cost or gradient is not finite, or a dev or train loss is NaN.
        DTypeError: what is no model, no data, no loss, no early stopping; a callback that returns
            something.
        GraphError: a loss that does not depend on the model's parameters.
        OSError: the checkpoint cannot be written.
        PeerError: with ``parallel``, another process raised something.
        ShapeError: arrays of different lengths, or a loss that is not a single number.
        StateError: the checkpoint is damaged, or that of another run.

    Warns:
        GradientWarning: with ``explain``, a gradient with which training will hardly get anywhere.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn, optim
        >>> tg.random.seed(0)
        >>> x = tg.random.normal((200, 2)).numpy()
        >>> y = (x[:, 0] > x[:, 1]).astype(int)
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> history = tg.train.fit(
        ...     model, nn.losses.cross_entropy, optim.Adam(model.named_parameters(), lr=0.05),
        ...     train=(x[:150], y[:150]), dev=(x[150:], y[150:]), epochs=10, progress=False,
        ...     metrics={"error": lambda logits, y: (logits.argmax(axis=1) != y).mean()},
        ... )
        >>> list(history)
        ['epoch', 'cost', 'train_loss', 'dev_loss', 'train_error', 'dev_error', 'lr', 'seconds']
        >>> bool(history["dev_error"][-1] <= 0.1)
        True
    """
    check_model(model, "fit")
    run = Run(model, optimizer, whole(epochs, "fit: epochs", 1), loss)
    size = None if batch_size is None else whole(batch_size, "fit: batch_size", 1)
    steps = None if steps_per_epoch is None else whole(steps_per_epoch, "fit: steps_per_epoch", 1)
    cut = isinstance(train, Batches) and train.shards is not None
    _check_parallel(parallel, cut)
    kind = ShardedTraining if cut else Training
    training = kind(run, train, dev, size, steps, metrics, clip, seed, watch)
    training.callbacks = functions("callbacks", callbacks)
    training.step_callbacks = functions("step_callbacks", step_callbacks)
    if isinstance(training, ShardedTraining):
        training.share(parallel)
    if boolean(compile, "fit: compile"):
        training.compile()
    if boolean(explain, "fit: explain"):
        training.looks = Looks(model)
    if early_stopping is not None:
        if not isinstance(early_stopping, EarlyStopping):
            raise errors.DTypeError(
                f"fit: early_stopping is {errors.describe(early_stopping)}; write"
                " early_stopping=tg.train.EarlyStopping(patience=5)"
            )
        early_stopping.check(training.columns)
        early_stopping.start()
        training.early_stopping = early_stopping
    resumed = checkpoint is not None and training.resume(checkpoint, checkpoint_every)
    if progress and training.world.rank == 0:
        length = steps or length_of(training.batches)
        training.progress = Progress(run.history, length and length * epochs, run.step)
        for name in training.endless:
            training.progress.say(
                f"{name} does not tell how many batches it holds: should an epoch never end, press"
                f" Ctrl-C and write {ENDS[name]}"
            )
    if resumed:
        training.progress.say(
            f"{checkpoint} goes on after epoch {run.epoch} of {epochs}, step {run.step}"
        )
    training.run_all()
    return run.history


def _check_parallel(parallel: str | None, cut: bool) -> None:
    """Raise where processes cannot share the batches; warn where they could, and do not.

    A program that has asked for the other processes, or shares tasks out to them, knows of them.

    Raises:
        ArgumentError: the batches are not cut in shards, or there is no such reduction.

    Warns:
        UsageWarning: several processes train, each by itself.
    """
    one_of(parallel, "fit: parallel", (None, *REDUCTIONS))
    if parallel is not None and not cut:
        raise errors.ArgumentError(
            f"fit: parallel={parallel!r} shares the shards of batches, and train has none; write"
            " train=tg.data.Batches(x, y, batch_size=512, shards=8)"
        )
    launcher, count = started_by(os.environ) or ("", 1)
    knows = "mpi4py.futures" in sys.modules or world.cache_info().currsize > 0
    if parallel is None and count > 1 and not knows:
        warnings.warn(
            f"fit: {launcher} started {count} processes, and each trains by itself; write"
            " parallel='same_bits', and train=tg.data.Batches(x, y, batch_size=512, shards=8)",
            errors.UsageWarning,
            stacklevel=user_level(),
        )
