"""The embedding layer: a table of vectors, looked up by number."""

from __future__ import annotations

from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, array_of
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, normal
from tensorgraph.nn.linear import parameter
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.index import first_outside, getitem
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

    Raises:
        ArgumentError: a size below 1.
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

    @with_leads
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        init: Initializer = normal(1.0),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.num_embeddings = whole(num_embeddings, "Embedding: num_embeddings", 1)
        self.embedding_dim = whole(embedding_dim, "Embedding: embedding_dim", 1)
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser, for ``repr``."""
        shape = (self.num_embeddings, self.embedding_dim)
        self.weight = parameter(init, shape, dtype, generator)

    def forward(self, ids: Operand) -> Tensor:
        """Return the rows of the ids."""
        try:
            numbers = array_of(ids)
        except (ValueError, TypeError) as error:
            raise type(error)(f"{here('embedding')}: {error}") from None
        if numbers.size == 0 and isinstance(ids, (list, tuple)):
            numbers = numbers.astype(int)  # nothing in a list is of no kind yet
        if numbers.dtype.kind not in "iu":
            raise errors.DTypeError(
                f"{here('embedding')}: ids are integers, not {numbers.dtype};"
                " write .astype('int64')"
            )
        found = host_values(numbers)
        first = first_outside(found, self.num_embeddings)
        if first is not None:
            raise errors.AxisError(
                f"{here('embedding')}: id {found[first]} at index {first} is not one of the"
                f" {self.num_embeddings} ids 0 … {self.num_embeddings - 1}"
                + _enough(int(found.max()), self.num_embeddings)
            )
        rows: Tensor = getitem(self.weight, (ids if type(ids) is Tensor else numbers,))
        return rows

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{self.num_embeddings} → {self.embedding_dim}, init={self.init}"


def _enough(largest: int, count: int) -> str:
    return f"; ids up to {largest} take nn.Embedding({largest + 1}, …)" if largest >= count else ""
