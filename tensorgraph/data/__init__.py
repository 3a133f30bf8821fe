"""Data preparation: sets, labels as numbers, scaled inputs, mini-batches, augmentation.

================================  ================================================================
make train, dev and test sets     ``tg.data.split(X, labels)``
split where the target is scarce  ``tg.data.split_by_target``
find examples in two sets         ``tg.data.leaks(tg.data.split(X, labels))``
keep copies in one set            ``tg.data.duplicate_groups(X)``
number the classes                ``tg.data.Classes.of(["cat", "dog", "cat"])``
number tags, several an example   ``tg.data.Tags.of([["red"], ["red", "big"]])``
undo a one-hot coding             ``tg.data.from_one_hot(np.eye(3))``
scale inputs                      ``tg.data.Normalize().fit(X)``
go through mini-batches           ``tg.data.Batches(X, labels, batch_size=4)``
change images at random           ``tg.data.Batches(images.data, augment=tg.data.augment.flip())``
compare two sets                  ``tg.data.alike(X, X)``
mix examples from two sources     ``tg.data.synthesize(X, X, size=4, weight=0.5)``
play with a set in the plane      ``tg.data.toy.moons(300)``
================================  ================================================================

In come NumPy arrays with one row for each example, memory-mapped ones too; out come arrays again,
as training sets and as mini-batches. What is random is drawn from a seed alone: the same call gives
the same sets, batches and augmented examples.

Read ``aligned_arrays`` (what all take), ``samples`` (data sets) and ``seeds`` first, then in the
order of use: ``splitting`` with ``split_sizes``, ``target_split``, ``duplicates`` among the sets,
``labels``, ``feature_scaling`` (a ``pipeline_step``), ``batches`` with ``shards``, ``augment``;
``similarity``, ``synthesis`` and ``toy`` (on ``toy_draw``) stand alone.
"""

from typing import TYPE_CHECKING

from tensorgraph.data import (
    augment,
    batches,
    duplicates,
    feature_scaling,
    labels,
    shards,
    similarity,
    splitting,
    synthesis,
    target_split,
    toy,
)
from tensorgraph.data.batches import *
from tensorgraph.data.duplicates import *
from tensorgraph.data.feature_scaling import *
from tensorgraph.data.labels import *
from tensorgraph.data.shards import *
from tensorgraph.data.similarity import *
from tensorgraph.data.splitting import *
from tensorgraph.data.synthesis import *
from tensorgraph.data.target_split import *
from tensorgraph.leads.attributes import module_hooks as _module_hooks

__all__ = ["augment", "toy"]
__all__ += batches.__all__
__all__ += duplicates.__all__
__all__ += feature_scaling.__all__
__all__ += labels.__all__
__all__ += shards.__all__
__all__ += similarity.__all__
__all__ += splitting.__all__
__all__ += synthesis.__all__
__all__ += target_split.__all__

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
