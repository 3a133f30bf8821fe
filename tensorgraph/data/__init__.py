"""Data preparation: sets, labels as numbers, scaled inputs, mini-batches, augmentation.

In come NumPy arrays with one row for each example, memory-mapped ones too; out come arrays again,
as training sets and as mini-batches. What is random is drawn from a seed alone: the same call gives
the same sets, batches and augmented examples.

Read ``aligned_arrays`` (what all take) and ``seeds`` first, then in the order of use: ``splitting``
with ``split_sizes``, ``target_split``, ``duplicates`` among the sets, ``labels``,
``feature_scaling``, ``batches``, ``augment``; ``similarity`` and ``synthesis`` stand alone.
"""

from typing import TYPE_CHECKING

from tensorgraph.data import (
    augment,
    batches,
    duplicates,
    feature_scaling,
    labels,
    similarity,
    splitting,
    synthesis,
    target_split,
)
from tensorgraph.data.batches import *
from tensorgraph.data.duplicates import *
from tensorgraph.data.feature_scaling import *
from tensorgraph.data.labels import *
from tensorgraph.data.similarity import *
from tensorgraph.data.splitting import *
from tensorgraph.data.synthesis import *
from tensorgraph.data.target_split import *
from tensorgraph.leads.attributes import module_hooks as _module_hooks

__all__ = ["augment"]
__all__ += batches.__all__
__all__ += duplicates.__all__
__all__ += feature_scaling.__all__
__all__ += labels.__all__
__all__ += similarity.__all__
__all__ += splitting.__all__
__all__ += synthesis.__all__
__all__ += target_split.__all__

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
