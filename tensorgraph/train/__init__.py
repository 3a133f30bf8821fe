"""Training: ``fit``, with checks before it, and runs that can be saved and resumed.

============================  ===================================================================
see whether it can learn      ``tg.train.overfit_one_batch(model, loss, optimizer, (X, labels))``
find a learning rate          ``tg.train.lr_range_test(model, loss, optimizer, (X, labels))``
train                         ``tg.train.fit(model, loss, optimizer, (X, labels), epochs=2)``
stop early                    ``tg.train.EarlyStopping(patience=10)``, given to ``fit``
resume a run that was killed  ``checkpoint="run.safetensors"``, given to ``fit``
read what happened            ``history["train_loss"]``, ``history.plot()``
log to where others look      ``tg.train.TensorBoard("runs/first")``, one of fit's callbacks
predict and measure           ``tg.train.predict(model, X)``, ``tg.train.evaluate``
save                          ``tg.train.save("model.safetensors", model=model)``
load                          ``tg.train.load("model.safetensors", model=model)``
load another library's        ``tg.train.load_weights("model.safetensors", model)``
search hyperparameters        ``tg.train.search``, over ``tg.train.log_uniform(1e-4, 1.0)``
see whether more data helps   ``tg.train.learning_curve``
============================  ===================================================================

In come a model, a loss, an optimizer and arrays or batches; out come a trained model and a
``History``.

Read ``fitting`` and ``training_loop`` first, with ``sharded_training`` for batches in shards; they
stand on ``training_arguments`` (what is given, checked), ``example_sets`` (data as batches),
``model_inputs`` (a batch as the model takes it), ``checked_cost``, ``evaluation`` (predictions and
metrics, on ``module_modes``), ``training_run`` and ``history`` (what is known of a run),
``trained`` (all that is), ``epoch_norms``, ``early_stopping``, ``interrupt`` (Ctrl-C),
``divergence``, ``gradient_looks`` (warnings of gradients), ``progress`` and ``loggers``. Files:
``saving``, on ``state_encoding`` (nested state as JSON and arrays), ``array_file`` and
``weight_files`` (those of other tools), with ``wrong_file`` for what is none; ``checkpoint_file``
and ``random_state``. Around a run:
``overfit``, ``lr_range`` (both on ``temporary_training``), ``learning_curves``,
``hyperparameter_search`` with ``search_space``.
"""

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.train import (
    early_stopping,
    evaluation,
    fitting,
    history,
    hyperparameter_search,
    learning_curves,
    loggers,
    lr_range,
    overfit,
    random_state,
    saving,
    search_space,
    training_run,
)
from tensorgraph.train.early_stopping import *
from tensorgraph.train.evaluation import *
from tensorgraph.train.fitting import *
from tensorgraph.train.history import *
from tensorgraph.train.hyperparameter_search import *
from tensorgraph.train.learning_curves import *
from tensorgraph.train.loggers import *
from tensorgraph.train.lr_range import *
from tensorgraph.train.overfit import *
from tensorgraph.train.random_state import *
from tensorgraph.train.saving import *
from tensorgraph.train.search_space import *
from tensorgraph.train.training_run import *

__all__: list[str] = []
__all__ += early_stopping.__all__
__all__ += evaluation.__all__
__all__ += fitting.__all__
__all__ += history.__all__
__all__ += hyperparameter_search.__all__
__all__ += learning_curves.__all__
__all__ += loggers.__all__
__all__ += lr_range.__all__
__all__ += overfit.__all__
__all__ += random_state.__all__
__all__ += saving.__all__
__all__ += search_space.__all__
__all__ += training_run.__all__

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
