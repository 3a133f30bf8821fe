"""Losses: how wrong a prediction is.

==========================  ==================================================================
classes, from logits        ``tg.nn.losses.cross_entropy(logits, labels)``
their log-probabilities     ``tg.nn.losses.nll(tg.log_softmax(logits), labels)``
0 or 1, from logits         ``tg.nn.losses.binary_cross_entropy_with_logits(scores, targets)``
0 or 1, from probabilities  ``tg.nn.losses.binary_cross_entropy(probabilities, targets)``
−1 or 1, from scores        ``tg.nn.losses.hinge(scores, 2 * targets - 1)``
many labels an example      ``tg.nn.losses.multi_label(scores, targets)``
numbers                     ``tg.nn.losses.mse(u, v)``, ``tg.nn.losses.l1(u, v)``
numbers, some far off       ``tg.nn.losses.huber(u, v)``
quantiles of numbers        ``tg.nn.losses.quantile(u, v, q=0.9)``
numbers and how sure        ``tg.nn.losses.gaussian_nll(u, v, variance=0.5)``
counts                      ``tg.nn.losses.poisson_nll(u, v)``
distributions               ``tg.nn.losses.kl_divergence(tg.log_softmax(logits), one_hot)``
many easy examples          ``tg.nn.losses.focal(logits, labels)``
classes, by a margin        ``tg.nn.losses.multi_margin(logits, labels)``
regions of images           ``tg.nn.losses.dice(tg.sigmoid(logits), one_hot)``
which of two is more        ``tg.nn.losses.margin_ranking(u, v, [1, -1, 1])``
vectors, alike or not       ``tg.nn.losses.triplet_margin(A, B, A + 1)``
vectors and their partners  ``tg.nn.losses.info_nce(A, B)``
labels in order             ``tg.nn.losses.ctc(tg.log_softmax(x), [[1, 2], [2, 1]])``
==========================  ==================================================================

A *loss* belongs to one example; the *cost* J is its mean over all m examples,

    J = 1/m Σᵢ L(ŷ⁽ⁱ⁾, y⁽ⁱ⁾)

(Deep Learning Specialization, course 1, week 2). Training minimises the cost, so that is what
``reduction="mean"``, the default, returns. ``"none"`` returns the losses, ``"sum"`` their total.

Along the axis of the classes, ``cross_entropy``, ``nll`` and ``kl_divergence`` make *one* loss of
an example. The other functions compare element by element, and to each element belongs a loss. For
predictions of shape (m,) that is one an example; for shape (m, k) it is k an example, and the mean
divides by all m·k (as PyTorch's does). The course's 1/m, with the losses of an example added up, is
``reduction="sum"`` divided by m.

What does not count (an ignored class, a missing label) is left out of the sum and of what the mean
divides by. Where nothing counts at all, as in an empty batch, the cost is 0 and so is its gradient:
a NaN would spoil every weight of the network.

A prediction and its target are never broadcast against each other, and never leave the prediction's
dtype. The losses that take logits compute softmax or sigmoid themselves, exactly at ±10⁴ too; they
warn of logits that went through one before. The graph tells them: where nothing is recorded, as
under ``no_grad``, nobody knows.

To be read in this order: ``regression``, ``_common`` (from losses to a cost), ``likelihoods``,
``binary``, ``classification`` (with ``_classes``), ``focal``, ``margins``, ``contrastive``,
``overlap``, ``ctc`` (``_alignments``).
"""

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.nn.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge,
    multi_label,
)
from tensorgraph.nn.losses.classification import cross_entropy, kl_divergence, nll
from tensorgraph.nn.losses.contrastive import info_nce, nt_xent
from tensorgraph.nn.losses.ctc import ctc
from tensorgraph.nn.losses.focal import binary_focal, focal
from tensorgraph.nn.losses.likelihoods import gaussian_nll, poisson_nll
from tensorgraph.nn.losses.margins import (
    cosine_embedding,
    margin_ranking,
    multi_margin,
    triplet_margin,
)
from tensorgraph.nn.losses.overlap import dice
from tensorgraph.nn.losses.regression import huber, l1, mse, quantile

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "binary_focal", "cosine_embedding",
    "cross_entropy", "ctc", "dice", "focal", "gaussian_nll", "hinge", "huber", "info_nce",
    "kl_divergence", "l1", "margin_ranking", "mse", "multi_label", "multi_margin", "nll", "nt_xent",
    "poisson_nll", "quantile", "triplet_margin",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
