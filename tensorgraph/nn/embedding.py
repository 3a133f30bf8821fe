"""The embedding layer: a table of vectors, looked up by number."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import integer, whole
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, array_of
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, normal
from tensorgraph.nn.linear import parameter
from tensorgraph.nn.loading.layouts import Foreign, as_it_is
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import equal, where
from tensorgraph.ops.index import first_outside, getitem
from tensorgraph.ops.shape import expand_dims
from tensorgraph.random import Generator


class Embedding(Module):
    """E[ids]: each id, such as the number of a word, stands for a row of the table E to be learned.

    It is the product of one-hot vectors with E, without those vectors (Bengio et al. 2003, "A
    neural probabilistic language model", C(i) in section 2). Ids of shape (…) give (…, dim). An id
    that occurs several times gathers the gradients of all its places.

    The rows start as N(0, 1), so what goes into the next layer has variance 1, as inputs of a
    network should; a row is chosen, not summed, so there is no fan to divide by. Choose a smaller
    deviation where the table also serves as the weight of the output layer.

    Args:
        num_embeddings: how many ids there are: 0 … num_embeddings − 1.
        embedding_dim: the length of a row.
        init: where the table starts, see :mod:`tensorgraph.nn.init`.
        dtype: float32 unless given.
        generator: what the table is drawn from; the default one unless given.
        padding_idx: the id that fills up shorter sequences: its row starts at 0 and gets no
            gradient, so that it stays what it is.

    Raises:
        ArgumentError: a size below 1, or a ``padding_idx`` that is no id.
        DTypeError: a size that is not an integer; or, when called, ids that are not integers.
        AxisError: an id outside 0 … num_embeddings − 1. Negative ones do not count from the end.

    Example:
        >>> import tensorgraph as tg
        >>> words = tg.nn.Embedding(1000, 16)
        >>> words
        Embedding(1000 → 16, init=normal(1.0))
        >>> words([[3, 1, 4], [1, 5, 9]]).shape
        (2, 3, 16)
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
        init: Initializer = normal(1.0),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
        *,
        padding_idx: int | None = None,
    ) -> None:
        self.num_embeddings = whole(num_embeddings, "Embedding: num_embeddings", 1)
        self.embedding_dim = whole(embedding_dim, "Embedding: embedding_dim", 1)
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser, for ``repr``."""
        shape = (self.num_embeddings, self.embedding_dim)
        self.padding_idx = padding_id("Embedding", padding_idx, self.num_embeddings)
        self.weight = without_padding(parameter(init, shape, dtype, generator), self.padding_idx)
        if self.padding_idx is not None:  # a row that is used has no gradient: numeric ones differ
            self.stops_gradients = True

    def forward(self, ids: Operand) -> Tensor:
        """Return the rows of the ids."""
        numbers = checked_ids("embedding", ids, self.num_embeddings)
        rows: Tensor = getitem(self.weight, (ids if type(ids) is Tensor else numbers,))
        if self.padding_idx is not None:
            constant = expand_dims(equal(numbers, self.padding_idx), axis=-1)
            rows = where(constant, rows.detach(), rows)
        return rows

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{told_sizes(self)}, init={self.init}"


def told_sizes(layer: Any) -> str:
    """Return what ``repr`` shows of a table: its size, and the id without a gradient."""
    padding = "" if layer.padding_idx is None else f", padding_idx={layer.padding_idx}"
    return f"{layer.num_embeddings} → {layer.embedding_dim}{padding}"


def padding_id(name: str, padding_idx: int | None, count: int) -> int | None:
    """Return the id of padding, counted from 0.

    Raises:
        ArgumentError: it is none of the ids.
    """
    if padding_idx is None:
        return None
    found = integer(padding_idx, f"{name}: padding_idx")
    if not -count <= found < count:
        raise errors.ArgumentError(
            f"{name}: padding_idx={found} is not one of the {count} ids 0 … {count - 1}"
        )
    return found % count


def without_padding(weight: Tensor, padding_idx: int | None) -> Tensor:
    """Return a table whose row for padding holds zeros."""
    if padding_idx is not None:
        table = weight.numpy().copy()
        table[padding_idx] = 0
        weight.assign(table)
    return weight


def checked_ids(name: str, ids: Operand, count: int) -> Any:
    """Return ids as an array.

    Raises:
        DTypeError: they are no integers.
        AxisError: one is not in 0 … count − 1.
    """
    try:
        numbers = array_of(ids)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{here(name)}: {error}") from None
    if numbers.size == 0 and isinstance(ids, (list, tuple)):
        numbers = numbers.astype(int)  # nothing in a list is of no kind yet
    if numbers.dtype.kind not in "iu":
        raise errors.DTypeError(
            f"{here(name)}: ids are integers, not {numbers.dtype}; write .astype('int64')"
        )
    found = host_values(numbers)
    first = first_outside(found, count)
    if first is not None:
        raise errors.AxisError(
            f"{here(name)}: id {found[first]} at index {first} is not one of the {count} ids"
            f" 0 … {count - 1}{_enough(int(found.max()), count)}"
        )
    return numbers


def _enough(largest: int, count: int) -> str:
    return f"; ids up to {largest} take nn.Embedding({largest + 1}, …)" if largest >= count else ""
