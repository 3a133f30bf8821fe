"""Bags of embeddings: one vector for many ids."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import one_of, whole
from tensorgraph.engine.arrays import holds, host_values, placed
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, array_of, asarray
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.embedding import checked_ids, padding_id, told_sizes, without_padding
from tensorgraph.nn.init import Initializer, normal
from tensorgraph.nn.linear import parameter
from tensorgraph.nn.loading.layouts import Foreign, as_it_is
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import astype, where
from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.index import getitem
from tensorgraph.ops.order import searchsorted
from tensorgraph.ops.reduce import max, sum
from tensorgraph.ops.segments import segment_max, segment_sum
from tensorgraph.ops.shape import expand_dims
from tensorgraph.random import Generator

MODES = ("sum", "mean", "max")


class EmbeddingBag(Module):
    """The sum, mean or maximum of the rows of many ids, such as those of all words of a text.

        y[m] = Σᵢ wᵢ E[idsᵢ]    or that divided by how many there are, or their largest

    over the ids of bag m (Joulin et al. 2017, "Bag of tricks for efficient text classification",
    section 2). An empty bag gives zeros. E is a table as that of :class:`Embedding`.

    Called with ids of shape (m, n), whose rows are the bags, filled up with ``padding_idx`` if they
    are not of one length; or with all ids one after the other, and ``offsets`` of shape (m,), where
    each bag begins. The result has shape (m, embedding_dim).

    Args:
        num_embeddings: how many ids there are: 0 … num_embeddings − 1.
        embedding_dim: the length of a row.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        init: where the table starts, see :mod:`tensorgraph.nn.init`.
        dtype: float32 unless given.
        generator: what the table is drawn from; the default one unless given.
        padding_idx: the id that does not count: it is in no bag, and a mean does not divide by it.

    Raises:
        ArgumentError: a size below 1, an unknown ``mode``, a ``padding_idx`` that is no id; or,
            when called, ``offsets`` that do not start at 0 or fall.
        DTypeError: a size, or, when called, ids or offsets that are not integers.
        AxisError: when called: an id outside 0 … num_embeddings − 1.
        ShapeError: when called: shapes that do not fit as above.

    Example:
        >>> import tensorgraph as tg
        >>> bags = tg.nn.EmbeddingBag(10, 4)
        >>> bags
        EmbeddingBag(10 → 4, mode='mean', init=normal(1.0))
        >>> bags([[3, 1, 4], [1, 5, 9]]).shape
        (2, 4)
        >>> bags([3, 1, 4, 1, 5], offsets=[0, 2]).shape  # the bags 3, 1 and 4, 1, 5
        (2, 4)
    """

    foreign_arrays: ClassVar[Foreign] = {
        "embeddings": as_it_is("weight", "keras"),
        "embedding": as_it_is("weight", "flax"),
    }

    @with_leads
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        mode: str = "mean",
        init: Initializer = normal(1.0),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
        *,
        padding_idx: int | None = None,
    ) -> None:
        self.num_embeddings = whole(num_embeddings, "EmbeddingBag: num_embeddings", 1)
        self.embedding_dim = whole(embedding_dim, "EmbeddingBag: embedding_dim", 1)
        self.mode = one_of(mode, "EmbeddingBag: mode", MODES)
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser, for ``repr``."""
        shape = (self.num_embeddings, self.embedding_dim)
        self.padding_idx = padding_id("EmbeddingBag", padding_idx, self.num_embeddings)
        self.weight = without_padding(parameter(init, shape, dtype, generator), self.padding_idx)

    @with_leads
    def forward(
        self, ids: Operand, offsets: Operand | None = None, weights: Operand | None = None
    ) -> Tensor:
        """Return one row for each bag.

        Args:
            ids: of shape (m, n), or (n,) with ``offsets``.
            offsets: where each bag begins among the ids; the first at 0, the last goes to the end.
            weights: how much each id counts, of the shape of the ids; for sums only.
        """
        numbers = checked_ids("embedding_bag", ids, self.num_embeddings)
        if weights is not None:
            self._check_weights(shape_of(weights), shape_of(numbers))
        counts = numbers != (-1 if self.padding_idx is None else self.padding_idx)
        bags = _bags(shape_of(numbers), offsets)
        rows: Any = getitem(self.weight, (numbers,))
        if weights is not None:
            given: Any = weights if hasattr(weights, "dtype") else asarray(weights)
            rows = rows * expand_dims(given, axis=-1)
        if bags is None:
            return self._reduced(rows, counts)
        return self._by_bag(rows, counts, bags, shape_of(array_of(offsets))[0])

    def _check_weights(self, shape: tuple[int, ...], ids: tuple[int, ...]) -> None:
        if self.mode != "sum" or shape != ids:
            raise errors.ShapeError(
                f"{here('embedding_bag')}: weights of shape {shape} for ids of shape {ids} and"
                f" mode={self.mode!r}: they have the shape of the ids, and are for mode='sum'"
            )

    def _reduced(self, rows: Any, counts: Any) -> Tensor:
        """Return each bag's rows, of which only some count, as one row."""
        mask = counts[..., None]
        y: Tensor
        if self.mode == "max":
            if not rows.shape[1]:
                y = sum(rows, axis=1)
                return y
            some = counts.any(axis=1)[:, None]
            largest = max(where(mask | ~some[:, None], rows, -math.inf), axis=1)
            y = where(some, largest, 0)
            return y
        y = sum(where(mask, rows, 0), axis=1)
        if self.mode == "mean":
            y = y / np.maximum(counts.sum(axis=1), 1)[:, None].astype(y.dtype)
        return y

    def _by_bag(self, rows: Any, counts: Any, bags: Any, m: int) -> Tensor:
        """Return each bag's rows, which stand one after the other, as one row."""
        y: Tensor
        mask, bags = counts[:, None], placed(bags, counts)
        some = segment_sum(astype(counts, dtype=rows.dtype), bags, num_segments=m)[:, None]
        if self.mode == "max":
            largest = segment_max(where(mask, rows, -math.inf), bags, num_segments=m)
            y = where(some > 0, largest, 0)
            return y
        y = segment_sum(where(mask, rows, 0), bags, num_segments=m)
        if self.mode == "mean":
            y = y / maximum(some, 1)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{told_sizes(self)}, mode={self.mode!r}, init={self.init}"


def _bags(shape: tuple[int, ...], offsets: Operand | None) -> Any:
    """Return the bag of each id; None where each row of ids is one.

    Raises:
        ShapeError: the ids and offsets do not have one of the two forms.
    """
    name = here("embedding_bag")
    if len(shape) == 2 and offsets is None:
        return None
    if len(shape) != 1 or offsets is None:
        hint = "; write offsets=[0] for one bag" if len(shape) == 1 else ""
        raise errors.ShapeError(
            f"{name}: ids of shape {shape} must have shape (m, n), or (n,) with offsets of shape"
            f" (m,){hint}"
        )
    starts, (total,) = array_of(offsets), shape
    if starts.dtype.kind not in "iu":
        raise errors.DTypeError(f"{name}: offsets are integers, not {starts.dtype}")
    rises = starts.ndim == 1 and starts.size
    if not (rises and holds((starts[:1] == 0) & (starts[-1:] <= total)) and holds(_steps(starts))):
        raise errors.ArgumentError(
            f"{name}: offsets begin at 0, do not fall, and end at {total}, the number of ids, at"
            f" most, not {host_values(starts).tolist()}"
        )
    return searchsorted(starts, np.arange(total, like=starts), side="right") - 1


def _steps(starts: Any) -> Any:
    return starts[1:] >= starts[:-1]
