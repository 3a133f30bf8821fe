"""Operations on tensors that several processes, or the shards of a batch, have a part of each.

A member is a process; or, in the cost that :class:`DataParallel` is given, a shard of the batch,
whatever process it is computed in. All members call the same operations in the same order.

The gradient is that of the *sum of all members' costs*, which is what data-parallel training
minimises: what one member has an effect on in others comes back to it. So the gradient of a sum is
the sum of the gradients (as in PyTorch's ``torch.distributed.nn``; mpi4jax instead takes the cost
for one that all members share, of which each would have the whole).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, NoReturn, Protocol

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.distributed.launch import world
from tensorgraph.distributed.ordered_sum import OrderedSum
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.own_op import DeclaredOp, op
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.leads.calls import with_leads

__all__ = ["allgather", "allreduce", "broadcast"]


class Group(Protocol):
    """Members that exchange arrays."""

    @property
    def member(self) -> int:
        """Which of them this is."""

    @property
    def members(self) -> int:
        """How many there are."""

    def exchange(self, array: Any, what: str) -> Sequence[Any]:
        """Return the arrays that all members gave, in order."""


class Ranks:
    """The processes as members."""

    @property
    def member(self) -> int:
        """Which of them this is."""
        return world().rank

    @property
    def members(self) -> int:
        """How many there are."""
        return world().size

    def exchange(self, array: Any, what: str) -> Sequence[Any]:
        """Return the arrays that all members gave, in order."""
        return world().gather(array, what)

    def __repr__(self) -> str:
        return "ranks"


RANKS = Ranks()

GROUP: ContextVar[Group] = ContextVar("tensorgraph_group", default=RANKS)
"""Who the members are of what is computed here."""


def ordered(arrays: Sequence[Any]) -> Any:
    """Return the sum of arrays, in the order that their number decides."""
    dtype = arrays[0].dtype
    wide = np.result_type(dtype, np.float32) if dtype.kind == "f" else dtype
    added = OrderedSum(len(arrays))
    for i, array in enumerate(arrays):
        added.add((i, i + 1), [array.astype(wide)])
    return added.total[0].astype(dtype)


def _exchanged(name: str, x: Any, group: Group) -> Sequence[Any]:
    """Return the arrays that all members gave.

    Raises:
        UsageError: the members are no longer those that it was recorded for.
    """
    if group is not GROUP.get():
        raise errors.UsageError(
            f"{name}: this was recorded for the {group!r} that had a part in it then, and is run"
            " again outside of these; run anew what recorded it"
        )
    array = np.asarray(x)
    return group.exchange(array, f"{name} of shape {array.shape}, {array.dtype}")


def _added(x: Any, *, group: Group) -> Any:
    return ordered(_exchanged("allreduce", x, group))


def _gathered(x: Any, *, group: Group) -> Any:
    return np.stack(_exchanged("allgather", x, group))


def _scattered(x: Any, *, group: Group) -> Any:
    """Return this member's row of the sum."""
    return ordered([array[group.member] for array in _exchanged("reduce_scatter", x, group)])


def _spread(x: Any, *, group: Group, root: int) -> Any:
    return _exchanged(f"broadcast from {root}", x, group)[root]


def _collected(x: Any, *, group: Group, root: int) -> Any:
    """Return the sum in one member, and zeros in the others."""
    total = ordered(_exchanged(f"reduce to {root}", x, group))
    return total if group.member == root else np.zeros_like(total)


def _alone(op: Any, size: int, operands: Any, static: Any) -> NoReturn:
    raise errors.LayerError(
        f"tg.vmap: {op.name} is done by several processes together, and not example by example;"
        " call it outside of the function, on the results of all examples"
    )


def _same_dtype(x: Any, **static: Any) -> Any:
    return x.dtype


def _same_shape(x: Any, **static: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = x.shape
    return shape


_allreduce: DeclaredOp = op(
    "allreduce",
    _added,
    {"x": lambda g, group: _allreduce(g, group=group)},
    family="index",
    doc="Return the sum of what all members have.",
    batch=_alone,
    shape=_same_shape,
    dtype=_same_dtype,
)

_allgather: DeclaredOp = op(
    "allgather",
    _gathered,
    {"x": lambda g, group: _reduce_scatter(g, group=group)},
    family="index",
    doc="Return what all members have, along a new first axis.",
    batch=_alone,
    shape=lambda x, *, group: (group.members, *x.shape),
    dtype=_same_dtype,
)

_reduce_scatter: DeclaredOp = op(
    "reduce_scatter",
    _scattered,
    {"x": lambda g, group: _allgather(g, group=group)},
    family="index",
    doc="Return this member's row of the sum of what all members have.",
    batch=_alone,
    shape=lambda x, *, group: x.shape[1:],
    dtype=_same_dtype,
)

_broadcast: DeclaredOp = op(
    "broadcast",
    _spread,
    {"x": lambda g, group, root: _reduce(g, group=group, root=root)},
    family="index",
    doc="Return what one member has.",
    batch=_alone,
    shape=_same_shape,
    dtype=_same_dtype,
)

_reduce: DeclaredOp = op(
    "reduce",
    _collected,
    {"x": lambda g, group, root: _broadcast(g, group=group, root=root)},
    family="index",
    doc="Return the sum of what all members have in one of them, and zeros in the others.",
    batch=_alone,
    shape=_same_shape,
    dtype=_same_dtype,
)


@with_leads
def allreduce(x: Operand) -> Tensor:
    """Return the sum of what all members have: y = Σₖ xₖ, in each of them.

    Shape and dtype are those of x, the same in all. The sum is made in an order that depends on the
    number of members alone, so that all get the same bits; half precision is summed in single, and
    booleans are counted. The gradient is the sum of all members' gradients. A mean is
    ``allreduce(x) / world().size``.

    Raises:
        DistributedError: not all call it with the same shape and dtype, or one does not come.
        LayerError: in a function under ``tg.vmap``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.distributed.allreduce(tg.tensor([1.0, 2.0])))  # by one process
        [1. 2.]
    """
    given = asarray(x)
    counted = given.astype(np.int64) if given.dtype.kind == "b" else given
    y: Tensor = _allreduce(counted, group=GROUP.get())
    return y


@with_leads
def allgather(x: Operand) -> Tensor:
    """Return what all members have, stacked along a new first axis: y[k] = xₖ, in each of them.

    The shape is (members, …), with the shape and the dtype of x the same in all. The gradient of x
    is the sum of the gradients that all members have for it.

    Raises:
        DistributedError: not all call it with the same shape and dtype, or one does not come.
        LayerError: in a function under ``tg.vmap``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.distributed.allgather(tg.ones(3)).shape  # by one process
        (1, 3)
    """
    y: Tensor = _allgather(asarray(x), group=GROUP.get())
    return y


@with_leads
def broadcast(x: Operand, root: int = 0) -> Tensor:
    """Return what one member has: y = x of member ``root``, in each of them.

    All give an x of the same shape and dtype; what the others have is not looked at, and their
    gradient is 0. That of the root is the sum of all members' gradients.

    Raises:
        ArgumentError: there is no such member.
        DistributedError: not all call it with the same shape and dtype, or one does not come.
        LayerError: in a function under ``tg.vmap``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.distributed.broadcast(tg.tensor([1.0, 2.0])))  # by one process
        [1. 2.]
    """
    group, place = GROUP.get(), whole(root, "broadcast: root")
    if place >= group.members:
        raise errors.ArgumentError(
            f"broadcast: root is one of the {group.members} members, 0 … {group.members - 1}, not"
            f" {place}"
        )
    y: Tensor = _broadcast(asarray(x), group=group, root=place)
    return y
